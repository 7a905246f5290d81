/* So many at once, then so many a minute: counted over an hour against the bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <wardwatch/time.h>

#include "notify/bucket.h"

static void test_burst_then_rate(void **state) {
        int64_t now = 1000 * WW_SECOND, taken = 0;
        struct bucket b;

        bucket_init(&b, 60, 5);
        for (int i = 0; i < 5; i++)
                assert_true(bucket_take(&b, now));
        assert_false(bucket_take(&b, now));
        assert_int_equal(bucket_next(&b, now), now + WW_SECOND);
        assert_false(bucket_take(&b, now + WW_SECOND - 1));
        for (int64_t at = now; at < now + WW_HOUR; at += 10 * WW_MSEC)
                taken += bucket_take(&b, at);
        assert_int_equal(taken, 3599);
}

static void test_filled_again(void **state) {
        int64_t now = WW_HOUR;
        struct bucket b;

        bucket_init(&b, 30, 3);
        for (int i = 0; i < 3; i++)
                assert_true(bucket_take(&b, now));
        now += WW_HOUR; /* never more than the burst, however long nobody came */
        for (int i = 0; i < 3; i++)
                assert_true(bucket_take(&b, now));
        assert_false(bucket_take(&b, now));
        assert_int_equal(bucket_next(&b, now), now + 2 * WW_SECOND);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_burst_then_rate),
                cmocka_unit_test(test_filled_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
