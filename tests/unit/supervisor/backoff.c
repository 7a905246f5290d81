#include "supervisor_backoff.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka.h needs the three above
#include <cmocka.h>

#define MAX (30 * WW_SECOND)

static void test_pause_doubles(void **state) {
        struct supervisor_backoff b;
        int64_t now = WW_HOUR, expected = SUPERVISOR_BACKOFF_MIN;

        supervisor_backoff_init(&b, MAX);
        for (int i = 0; i < 9; i++, expected *= 2) {
                supervisor_backoff_start(&b, now);
                assert_int_equal(supervisor_backoff_death(&b, now), expected);
                now += expected;
        }
        /* 0.1 s × 2⁹ would be 51 s */
        for (int i = 0; i < 3; i++) {
                supervisor_backoff_start(&b, now);
                assert_int_equal(supervisor_backoff_death(&b, now), MAX);
        }
        assert_int_equal(b.restarts, 12);
}

static void test_running_well_begins_anew(void **state) {
        struct supervisor_backoff b;

        supervisor_backoff_init(&b, MAX);
        for (int i = 0; i < 4; i++) {
                supervisor_backoff_start(&b, 0);
                supervisor_backoff_death(&b, 0);
        }
        supervisor_backoff_start(&b, 0);
        assert_int_equal(supervisor_backoff_death(&b, SUPERVISOR_BACKOFF_WELL - 1), 16 * SUPERVISOR_BACKOFF_MIN);
        supervisor_backoff_start(&b, WW_HOUR);
        assert_int_equal(supervisor_backoff_death(&b, WW_HOUR + SUPERVISOR_BACKOFF_WELL), SUPERVISOR_BACKOFF_MIN);
        supervisor_backoff_start(&b, 2 * WW_HOUR);
        assert_int_equal(supervisor_backoff_death(&b, 2 * WW_HOUR), 2 * SUPERVISOR_BACKOFF_MIN);
}

static void test_small_maximum(void **state) {
        struct supervisor_backoff b;

        supervisor_backoff_init(&b, 10);
        for (int i = 0; i < 3; i++) {
                supervisor_backoff_start(&b, 0);
                assert_int_equal(supervisor_backoff_death(&b, 0), 10);
        }
}

static void test_careful_after_two_deaths(void **state) {
        struct supervisor_backoff b;

        supervisor_backoff_init(&b, MAX);
        assert_false(supervisor_backoff_careful(&b));
        supervisor_backoff_death(&b, 0);
        assert_false(supervisor_backoff_careful(&b));
        supervisor_backoff_death(&b, SUPERVISOR_BACKOFF_CAREFUL + 1);
        assert_false(supervisor_backoff_careful(&b));
        supervisor_backoff_death(&b, 2 * SUPERVISOR_BACKOFF_CAREFUL + 1);
        assert_true(supervisor_backoff_careful(&b));
        supervisor_backoff_death(&b, 3 * SUPERVISOR_BACKOFF_CAREFUL + 2);
        assert_false(supervisor_backoff_careful(&b));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pause_doubles),
                cmocka_unit_test(test_running_well_begins_anew),
                cmocka_unit_test(test_small_maximum),
                cmocka_unit_test(test_careful_after_two_deaths),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
