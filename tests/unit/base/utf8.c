/* Every code point reads back, and every form that is none is refused: against the encoding's arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/utf8.h"

/* `c` in `length` bytes, be that too many for it */
static void encode(uint32_t c, size_t length, char out[static 4]) {
        static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

        for (size_t i = length; i-- > 1; c >>= 6)
                out[i] = (char)(0x80 | (c & 0x3f));
        out[0] = (char)(marks[length] | c);
}

static size_t shortest(uint32_t c) {
        return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static void every_code_point_has_one_form(void **state) {
        for (uint32_t c = 0; c < 0x200000; c++) {
                for (size_t length = shortest(c); length <= 4; length++) {
                        bool good = length == shortest(c) && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
                        char text[4];

                        if (length == 1)
                                text[0] = (char)c;
                        else
                                encode(c, length, text);
                        if (utf8_length(text, length) != (good ? length : 0))
                                fail_msg("U+%04X in %zu bytes", c, length);
                }
        }
}

static void a_cut_or_broken_character_is_none(void **state) {
        for (size_t length = 2; length <= 4; length++) {
                static const uint32_t samples[] = { 0, 0, 0xe4, 0x20ac, 0x1f6d1 };
                char text[4];

                for (size_t n = 1; n < length; n++) {
                        encode(samples[length], length, text);
                        assert_int_equal(utf8_length(text, n), 0);
                        text[n] = 'a';
                        assert_int_equal(utf8_length(text, length), 0);
                        encode(samples[length], length, text);
                        text[n] = (char)0xc3;
                        assert_int_equal(utf8_length(text, length), 0);
                }
        }
        for (int byte = 0x80; byte < 0xc2; byte++)
                assert_int_equal(utf8_length((char[]){ (char)byte, (char)0x80, 0, 0 }, 4), 0);
}

static void what_follows_does_not_matter(void **state) {
        assert_int_equal(utf8_length("a\xff", 2), 1);
        assert_int_equal(utf8_length("\0", 1), 1);
        assert_int_equal(utf8_length("\xc3\xa4\xff", 3), 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_code_point_has_one_form),
                cmocka_unit_test(a_cut_or_broken_character_is_none),
                cmocka_unit_test(what_follows_does_not_matter),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
