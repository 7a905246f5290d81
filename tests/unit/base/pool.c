#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/pool.h"

#include <stdbool.h>
#include <string.h>

#define PIECES 60000 /* of all sizes: more than a block holds */

static size_t size_of(size_t i) {
        return i % 1000 ? 1 + i * 7 % 300 : 1 + i * 13 % POOL_PIECE_MAX;
}

static bool filled_with(const unsigned char *piece, size_t n, unsigned char byte) {
        for (size_t i = 0; i < n; i++)
                if (piece[i] != byte)
                        return false;
        return true;
}

static void pieces_are_aligned_apart_and_known_by_number(void **state) {
        _cleanup_(pool_freep) struct pool *p = NULL;
        _cleanup_free_ unsigned char **pieces = calloc(PIECES, sizeof *pieces);

        assert_non_null(pieces);
        assert_int_equal(pool_new(&p), 0);
        for (size_t i = 0; i < PIECES; i++) {
                pieces[i] = pool_take(p, size_of(i));
                assert_non_null(pieces[i]);
                assert_int_equal((uintptr_t)pieces[i] % ((size_of(i) + 3) / 4 % 2 ? 4 : 8), 0);
                memset(pieces[i], (int)(i & 0xff), size_of(i));
        }
        for (size_t i = 0; i < PIECES; i++) {
                assert_true(filled_with(pieces[i], size_of(i), i & 0xff));
                assert_ptr_equal(pool_at(p, pool_number(pieces[i])), pieces[i]);
        }
}

static void what_is_given_back_serves_again(void **state) {
        _cleanup_(pool_freep) struct pool *p = NULL;
        _cleanup_free_ unsigned char **pieces = calloc(PIECES, sizeof *pieces);

        assert_non_null(pieces);
        assert_int_equal(pool_new(&p), 0);
        for (size_t i = 0; i < PIECES; i++)
                pieces[i] = pool_take(p, size_of(i));
        for (size_t i = 0; i < PIECES; i += 2)
                pool_give(p, pieces[i], size_of(i));
        for (size_t i = 0; i < PIECES; i += 2) {
                pieces[i] = pool_take(p, size_of(i));
                assert_non_null(pieces[i]);
                memset(pieces[i], 2, size_of(i));
        }
        for (size_t i = 1; i < PIECES; i += 2)
                memset(pieces[i], 1, size_of(i));
        for (size_t i = 0; i < PIECES; i++)
                assert_true(filled_with(pieces[i], size_of(i), i % 2 ? 1 : 2));
}

static void one_given_back_is_the_next_of_its_size(void **state) {
        _cleanup_(pool_freep) struct pool *p = NULL;
        void *piece;

        assert_int_equal(pool_new(&p), 0);
        piece = pool_take(p, 100);
        assert_non_null(pool_take(p, 100));
        pool_give(p, piece, 100);
        assert_ptr_equal(pool_take(p, 98), piece);
        assert_ptr_not_equal(pool_take(p, 98), piece);
}

static void nothing_has_the_number_of_nothing(void **state) {
        _cleanup_(pool_freep) struct pool *p = NULL;

        assert_int_equal(pool_new(&p), 0);
        assert_null(pool_at(p, POOL_NONE));
        assert_int_equal(pool_number(NULL), POOL_NONE);
        assert_int_not_equal(pool_number(pool_take(p, 1)), POOL_NONE);
        pool_give(p, NULL, 8);
}

static void there_is_a_largest_piece(void **state) {
        _cleanup_(pool_freep) struct pool *p = NULL;
        unsigned char *piece;

        assert_int_equal(pool_new(&p), 0);
        assert_null(pool_take(p, POOL_PIECE_MAX + 1));
        piece = pool_take(p, POOL_PIECE_MAX);
        assert_non_null(piece);
        memset(piece, 1, POOL_PIECE_MAX);
        pool_give(p, piece, POOL_PIECE_MAX);
}

static void a_table_is_of_zeros(void **state) {
        static const size_t sizes[] = { 64, 4096, (1 << 21) - 8, 1 << 21, 3 << 20, 4 << 20 };

        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                _cleanup_free_ unsigned char *table = pool_table(sizes[i] / 8, 8);

                assert_non_null(table);
                assert_true(filled_with(table, sizes[i], 0));
                memset(table, 1, sizes[i]);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pieces_are_aligned_apart_and_known_by_number),
                cmocka_unit_test(what_is_given_back_serves_again),
                cmocka_unit_test(one_given_back_is_the_next_of_its_size),
                cmocka_unit_test(nothing_has_the_number_of_nothing),
                cmocka_unit_test(there_is_a_largest_piece),
                cmocka_unit_test(a_table_is_of_zeros),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
