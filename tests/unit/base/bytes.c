/* Eight bytes at a time find what one after the other finds: each byte at each place among all its neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/bytes.h"
#include "base/hash.h"

#include <xxhash.h>

static unsigned first(const char *text, bool (*is)(unsigned char c)) {
        unsigned i = 0;

        while (i < 8 && !is((unsigned char)text[i]))
                i++;
        return i;
}

static bool is_slash(unsigned char c) {
        return c == '/';
}

static bool is_outside(unsigned char c) {
        return c < 0x20 || c >= 0x80;
}

static bool is_unquotable(unsigned char c) {
        return is_outside(c) || c == '"' || c == '\\';
}

static unsigned place(uint64_t found) {
        return found ? bytes_first(found) : 8;
}

static void check(const char *text) {
        uint64_t word = bytes_word(text);

        assert_int_equal(place(bytes_find(word, '/')), first(text, is_slash));
        assert_int_equal(place(bytes_outside(word, 0x20)), first(text, is_outside));
        assert_int_equal(place(bytes_unquotable(word)), first(text, is_unquotable));
}

static void the_first_is_found(void **state) {
        for (int a = 0; a < 256; a++)
                for (int b = 0; b < 256; b++)
                        for (int at = 0; at < 8; at++) {
                                char text[8];

                                memset(text, at % 2 ? '.' : b, sizeof text);
                                text[at] = (char)a;
                                text[(at + 1) % 8] = (char)b;
                                check(text);
                        }
}

static void the_head_is_the_text_and_zeros(void **state) {
        static const char text[] = "abcdefghij";

        for (size_t n = 0; n < sizeof text; n++) {
                char want[8] = { 0 };

                memcpy(want, text, n < 8 ? n : 8);
                assert_true(bytes_head(text, n) == bytes_word(want));
                assert_true(bytes_low(bytes_word(text), n) == bytes_word(want));
        }
}

static void the_hash_is_that_of_the_library(void **state) {
        char text[600];

        for (size_t n = 0; n < sizeof text; n++) {
                XXH128_hash_t want = XXH3_128bits(text, n);
                struct hash128 got = hash_bytes(text, n);

                text[n] = (char)(n * 7);
                assert_true(hash_text((struct ww_str){ text, n }) == XXH3_64bits(text, n));
                assert_true(got.low == want.low64 && got.high == want.high64);
        }
        assert_true(hash_text(WW_STR_NONE) == XXH3_64bits("", 0));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_first_is_found),
                cmocka_unit_test(the_head_is_the_text_and_zeros),
                cmocka_unit_test(the_hash_is_that_of_the_library),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
