/* The decay of scores, bit for bit, and where they cross a bound. */
#include "correlate/score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <wardwatch/time.h>

#include <cmocka.h>

static void test_decay(void **state) {
        (void)state;
        assert_true(score_decay(0, WW_HOUR) >= 1 && score_decay(0, WW_HOUR) <= 1);
        assert_true(score_decay(WW_HOUR, WW_HOUR) >= 0.5 && score_decay(WW_HOUR, WW_HOUR) <= 0.5);
        assert_true(score_decay(63 * WW_HOUR, WW_HOUR) > 0);
        assert_true(score_decay(64 * WW_HOUR, WW_HOUR) <= 0);
        for (int64_t t = 0; t < 10 * WW_HOUR; t += 37 * WW_SECOND + 11) {
                double want = exp2(-(double)t / (double)WW_HOUR), got = score_decay(t, WW_HOUR);

                assert_true(fabs(got - want) <= 1e-15 * want);
        }
}

/* the same bits in every build: three values, written down */
static void test_bits(void **state) {
        (void)state;
        assert_true(score_decay(WW_SECOND, 3 * WW_SECOND) - 0x1.965fea53d6e3dp-1 <= 0);
        assert_true(score_decay(WW_SECOND, 3 * WW_SECOND) - 0x1.965fea53d6e3dp-1 >= 0);
        assert_true(score_decay(7, 10) - 0x1.3b2c47bff832ap-1 <= 0 && score_decay(7, 10) - 0x1.3b2c47bff832ap-1 >= 0);
}

static void test_crossing(void **state) {
        (void)state;
        /* 200 is 100 at exactly one halving: from the next millisecond on it is below, at that one no longer above */
        assert_int_equal(score_crossing(200, 0, WW_HOUR, 100, false, 0), WW_HOUR + WW_MSEC);
        assert_int_equal(score_crossing(200, 0, WW_HOUR, 100, true, 0), WW_HOUR);
        assert_int_equal(score_crossing(200, 0, WW_HOUR, 100, false, WW_HOUR), WW_HOUR + WW_MSEC);
        assert_int_equal(score_crossing(200, 0, WW_HOUR, 100, false, WW_HOUR + WW_MSEC), WW_TIME_NEVER);
        assert_int_equal(score_crossing(50, 0, WW_HOUR, 100, false, 0), WW_TIME_NEVER);
        assert_int_equal(score_crossing(50, 0, WW_HOUR, 0, false, 0), WW_TIME_NEVER);
        assert_int_equal(score_crossing(50, 0, WW_HOUR, 0, true, 0), 64 * WW_HOUR);
        /* on whole milliseconds, whatever the event's time */
        assert_int_equal(score_crossing(200, 123456, WW_SECOND, 100, true, 0) % WW_MSEC, 0);
        for (int i = 1; i < 2000; i++) {
                double s = 100 + i * 1.7;
                int64_t t = score_crossing(s, 77, 30 * WW_MINUTE, 100, false, 0);

                assert_true(s * score_decay(t - 77, 30 * WW_MINUTE) < 100);
                assert_true(s * score_decay(t - WW_MSEC - 77, 30 * WW_MINUTE) >= 100);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_decay), cmocka_unit_test(test_bits),
                                            cmocka_unit_test(test_crossing) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
