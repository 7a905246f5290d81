/* Bags of values against the plainest of models. */
#include "correlate/multiset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VALUES 5000

static uint64_t seed = 88172645463325252u;

static uint64_t below(uint64_t n) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed % n;
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

static void check(const struct ordered *o, const double *all, size_t n) {
        double *sorted = malloc((n + 1) * sizeof *sorted);

        memcpy(sorted, all, n * sizeof *all);
        qsort(sorted, n, sizeof *sorted, compare);
        assert_int_equal(ordered_count(o), n);
        for (size_t i = 0; i < n; i++)
                assert_true(ordered_at(o, i) >= sorted[i] && ordered_at(o, i) <= sorted[i]);
        free(sorted);
}

static void test_ordered(void **state) {
        static double all[VALUES];
        struct ordered *o = NULL;
        size_t n = 0;

        (void)state;
        assert_int_equal(ordered_count(o), 0);
        for (int i = 0; i < 40000; i++) {
                bool add = !n || (n < VALUES && below(i < 20000 ? 3 : 4) != 0 && i % 20000 < 15000);

                if (add) {
                        all[n] = (double)below(700) - 350;
                        assert_int_equal(ordered_add(&o, all[n]), 0);
                        n++;
                } else {
                        size_t at = below(n);

                        ordered_remove(o, all[at]);
                        all[at] = all[--n];
                }
                if (i % 500 == 0)
                        check(o, all, n);
        }
        check(o, all, n);
        ordered_reset(o);
        assert_int_equal(ordered_count(o), 0);
        assert_int_equal(ordered_add(&o, 7), 0);
        assert_true(ordered_at(o, 0) >= 7 && ordered_at(o, 0) <= 7);
        ordered_free(o);
}

static void test_multiset(void **state) {
        static uint32_t refs[1000];
        struct multiset m = { 0 };
        uint32_t different = 0;

        (void)state;
        for (int i = 0; i < 100000; i++) {
                uint64_t v = below(1000);

                if (refs[v] && below(2)) {
                        multiset_remove(&m, v, 1);
                        different -= !--refs[v];
                } else {
                        assert_int_equal(multiset_add(&m, v, 1), 0);
                        different += !refs[v]++;
                }
                assert_int_equal(m.n, different);
        }
        /* the type is part of the value */
        multiset_reset(&m);
        assert_int_equal(multiset_add(&m, 1, 1) | multiset_add(&m, 1, 2), 0);
        assert_int_equal(m.n, 2);
        multiset_free(&m);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_ordered), cmocka_unit_test(test_multiset) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
