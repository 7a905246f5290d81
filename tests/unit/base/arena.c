#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/arena.h"

static void pieces_are_zeroed_aligned_and_apart(void **state) {
        _cleanup_arena_ struct arena a = ARENA_INIT;
        unsigned char *pieces[2000];

        for (size_t i = 0; i < 2000; i++) {
                size_t n = i % 97;

                pieces[i] = arena_alloc(&a, n);
                assert_non_null(pieces[i]);
                assert_int_equal((uintptr_t)pieces[i] % 16, 0);
                for (size_t k = 0; k < n; k++)
                        assert_int_equal(pieces[i][k], 0);
                memset(pieces[i], (int)(i & 0xff), n);
        }
        for (size_t i = 0; i < 2000; i++)
                for (size_t k = 0; k < i % 97; k++)
                        assert_int_equal(pieces[i][k], i & 0xff);
}

static void a_piece_may_be_larger_than_a_block(void **state) {
        _cleanup_arena_ struct arena a = ARENA_INIT;
        unsigned char *small = arena_alloc(&a, 10), *large = arena_alloc(&a, 3 * 1024 * 1024);

        assert_non_null(small);
        assert_non_null(large);
        memset(large, 1, 3 * 1024 * 1024);
        assert_int_equal(small[0], 0);
}

static void copies_end_with_nul(void **state) {
        _cleanup_arena_ struct arena a = ARENA_INIT;
        struct ww_str s = arena_copy(&a, (struct ww_str){ "hello", 4 }), none = arena_copy(&a, WW_STR_NONE);

        assert_int_equal(s.n, 4);
        assert_string_equal(s.p, "hell");
        assert_int_equal(none.n, 0);
        assert_string_equal(none.p, "");
        assert_string_equal(arena_printf(&a, "%s=%d", "x", 12), "x=12");
}

static void a_reset_arena_is_used_again(void **state) {
        _cleanup_arena_ struct arena a = ARENA_INIT;
        unsigned char *p;

        for (int round = 0; round < 100; round++) {
                for (int i = 0; i < 100; i++) {
                        p = arena_alloc(&a, 1000);
                        assert_non_null(p);
                        assert_int_equal(p[0] | p[999], 0); /* zeroed again */
                        memset(p, 0xff, 1000);
                }
                assert_true(a.used >= 100 * 1000);
                arena_reset(&a);
                assert_int_equal(a.used, 0);
        }
        arena_deinit(&a);
        arena_deinit(&a); /* twice is fine */
        assert_non_null(arena_alloc(&a, 1));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
                cmocka_unit_test(a_piece_may_be_larger_than_a_block),
                cmocka_unit_test(copies_end_with_nul),
                cmocka_unit_test(a_reset_arena_is_used_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
