/* The waits between attempts: doubled, bounded, spread, and the same for the same seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <wardwatch/time.h>

#include "notify/backoff.h"

static void test_doubled_and_bounded(void **state) {
        int64_t whole = 2 * WW_SECOND;

        for (unsigned failures = 1; failures <= 100; failures++) {
                for (uint64_t id = 0; id < 100; id++) {
                        int64_t wait = backoff_wait(failures, 2 * WW_SECOND, WW_MINUTE, 7, id);

                        assert_in_range(wait, whole / 2, whole);
                }
                whole = whole * 2 < WW_MINUTE ? whole * 2 : WW_MINUTE;
        }
}

static void test_largest(void **state) {
        assert_in_range(backoff_wait(1000000, WW_HOUR, INT64_MAX / 2, 1, 1), INT64_MAX / 4, INT64_MAX / 2);
        assert_in_range(backoff_wait(3, WW_HOUR, WW_SECOND, 1, 1), WW_SECOND / 2, WW_SECOND);
}

static void test_spread(void **state) {
        unsigned buckets[4] = { 0 };

        assert_int_equal(backoff_wait(3, WW_SECOND, WW_HOUR, 5, 9), backoff_wait(3, WW_SECOND, WW_HOUR, 5, 9));
        assert_int_not_equal(backoff_wait(3, WW_SECOND, WW_HOUR, 5, 9), backoff_wait(3, WW_SECOND, WW_HOUR, 6, 9));
        for (uint64_t id = 0; id < 1000; id++) {
                int64_t below = 4 * WW_SECOND - backoff_wait(3, WW_SECOND, WW_HOUR, 5, id);

                buckets[below * 4 / (2 * WW_SECOND + 1)]++;
        }
        for (int i = 0; i < 4; i++)
                assert_in_range(buckets[i], 200, 300);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_doubled_and_bounded),
                cmocka_unit_test(test_largest),
                cmocka_unit_test(test_spread),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
