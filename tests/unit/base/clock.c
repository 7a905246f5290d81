#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/clock.h"

#define T0 (INT64_C(1769850000) * WW_SECOND)

struct bench {
        struct clock_journal c;
        int64_t wall, boot, last;
        int backward, forward;
};

static struct bench bench_at(int64_t last) {
        struct bench b = { .wall = T0, .boot = 500 * WW_SECOND, .last = INT64_MIN };

        clock_journal_init(&b.c, last, b.wall, b.boot);
        return b;
}

/* Both clocks go on by `span`, the wall by `step` besides; every answer is at least the one before. */
static int64_t pass(struct bench *b, int64_t span, int64_t step) {
        enum clock_step told;
        int64_t t;

        b->boot += span;
        b->wall += span + step;
        t = clock_journal_now(&b->c, b->wall, b->boot, &told);
        assert_true(t >= b->last);
        b->last = t;
        b->backward += told == CLOCK_STEP_BACKWARD;
        b->forward += told == CLOCK_STEP_FORWARD;
        return t;
}

static void journal_time_follows_the_wall(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        assert_int_equal(pass(&b, 0, 0), T0);
        for (int i = 1; i <= 1000; i++)
                assert_int_equal(pass(&b, WW_SECOND, 0), T0 + i * WW_SECOND);
        assert_int_equal(b.backward + b.forward, 0);
}

static void a_start_after_a_stop_is_no_step(void **state) {
        struct bench late = bench_at(T0 - 30 * WW_DAY), early;

        assert_int_equal(pass(&late, 0, 0), T0);
        assert_int_equal(late.backward + late.forward, 0);
        early = bench_at(T0 + WW_MINUTE); /* the journal is ahead of the wall */
        assert_int_equal(pass(&early, 0, 0), T0 + WW_MINUTE);
        assert_int_equal(early.backward, 1);
        assert_true(early.c.behind);
}

static void a_backward_step_is_slewed_until_the_wall_meets_it(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);
        int64_t t = pass(&b, WW_SECOND, 0);

        assert_int_equal(pass(&b, WW_SECOND, -10 * WW_SECOND), t + WW_SECOND / 2);
        assert_int_equal(b.backward, 1);
        assert_true(b.c.behind);
        for (int i = 0; i < 17; i++) { /* half speed: they meet 20 s after the step */
                pass(&b, WW_SECOND, 0);
                assert_true(b.c.behind);
        }
        for (int i = 0; i < 3; i++)
                pass(&b, WW_SECOND, 0);
        assert_false(b.c.behind);
        assert_int_equal(b.last, b.wall);
        pass(&b, WW_SECOND, 0);
        assert_int_equal(b.last, b.wall);
        assert_int_equal(b.backward, 1); /* told once */
        assert_int_equal(b.forward, 0);
}

static void a_backward_step_is_told_though_time_went_on_more_than_it(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        pass(&b, WW_SECOND, 0);
        pass(&b, 60 * WW_SECOND, -10 * WW_SECOND);
        assert_int_equal(b.backward, 1);
        assert_int_equal(b.last, b.wall);
        assert_false(b.c.behind);
}

static void a_small_lag_is_no_step(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        for (int i = 0; i < 100; i++)
                pass(&b, WW_SECOND, -50 * WW_MSEC);
        assert_int_equal(b.backward, 0);
        assert_int_equal(b.last, b.wall);
        /* the two clocks drift apart by 400 ppm in an idle hour */
        pass(&b, WW_HOUR, -WW_HOUR * 4 / 10000);
        assert_int_equal(b.backward, 0);
        /* back by less than is told, between two calls at once: time stands, it does not go back */
        pass(&b, 0, -80 * WW_MSEC);
        assert_int_equal(b.backward, 0);
}

static void a_forward_step_up_to_the_limit_is_followed(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        pass(&b, WW_SECOND, 0);
        pass(&b, WW_SECOND, CLOCK_STEP_MAX); /* Δ = W is inside */
        assert_int_equal(b.last, b.wall);
        assert_int_equal(b.forward, 0);
}

static void a_forward_step_beyond_the_limit_waits_for_confirmation(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);
        int64_t t = pass(&b, WW_SECOND, 0);

        assert_int_equal(pass(&b, WW_SECOND, CLOCK_STEP_MAX + 1), t + WW_SECOND);
        assert_int_equal(b.forward, 1);
        assert_true(b.c.held);
        assert_int_equal(pass(&b, 9 * WW_SECOND, 0), t + 10 * WW_SECOND); /* runs by the boot clock */
        assert_int_equal(b.forward, 1);
        clock_journal_confirm(&b.c);
        pass(&b, 0, 0);
        assert_int_equal(b.last, b.wall);
        pass(&b, WW_SECOND, 0);
        assert_int_equal(b.last, b.wall);
        assert_int_equal(b.forward, 1);
        assert_false(b.c.held);
}

static void a_forward_step_that_is_taken_back_is_forgotten(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        pass(&b, WW_SECOND, 0);
        pass(&b, WW_SECOND, 365 * WW_DAY);
        assert_true(b.c.held);
        pass(&b, WW_SECOND, -365 * WW_DAY);
        assert_false(b.c.held);
        assert_int_equal(b.last, b.wall);
        assert_int_equal(b.backward, 0);
        assert_int_equal(b.forward, 1);
}

static void a_step_forward_while_behind_is_held(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        pass(&b, WW_SECOND, 0);
        pass(&b, WW_SECOND, -WW_MINUTE);
        assert_true(b.c.behind);
        pass(&b, WW_SECOND, 3 * WW_HOUR);
        assert_true(b.c.held);
        assert_false(b.c.behind);
        assert_int_equal(b.forward, 1);
}

static void confirming_nothing_changes_nothing(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        pass(&b, WW_SECOND, 0);
        clock_journal_confirm(&b.c);
        pass(&b, WW_SECOND, 0);
        assert_int_equal(b.last, b.wall);
        pass(&b, WW_SECOND, -WW_MINUTE);
        clock_journal_confirm(&b.c);
        pass(&b, WW_SECOND, 0);
        assert_true(b.c.behind);
}

static void the_boot_clock_never_runs_backwards_here(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);

        pass(&b, WW_SECOND, 0);
        b.boot -= 10 * WW_SECOND;
        pass(&b, 0, 0);
        assert_int_equal(b.last, b.wall);
}

static void clocks_are_read(void **state) {
        assert_true(clock_wall() > T0 / 2);
        assert_true(clock_boot() > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(journal_time_follows_the_wall),
                cmocka_unit_test(a_start_after_a_stop_is_no_step),
                cmocka_unit_test(a_backward_step_is_slewed_until_the_wall_meets_it),
                cmocka_unit_test(a_backward_step_is_told_though_time_went_on_more_than_it),
                cmocka_unit_test(a_small_lag_is_no_step),
                cmocka_unit_test(a_forward_step_up_to_the_limit_is_followed),
                cmocka_unit_test(a_forward_step_beyond_the_limit_waits_for_confirmation),
                cmocka_unit_test(a_forward_step_that_is_taken_back_is_forgotten),
                cmocka_unit_test(a_step_forward_while_behind_is_held),
                cmocka_unit_test(confirming_nothing_changes_nothing),
                cmocka_unit_test(the_boot_clock_never_runs_backwards_here),
                cmocka_unit_test(clocks_are_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
