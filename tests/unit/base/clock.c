#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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

        assert_int_equal(pass(&b, WW_SECOND, -10 * WW_SECOND), t + WW_SECOND * 9 / 10);
        assert_int_equal(b.backward, 1);
        assert_true(b.c.behind);
        for (int i = 0; i < 97; i++) { /* slower by a tenth: they meet 100 s after the step */
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
        pass(&b, 60 * WW_SECOND, -5 * WW_SECOND);
        assert_int_equal(b.backward, 1);
        assert_int_equal(b.last, b.wall);
        assert_false(b.c.behind);
}

/* The clock's chip keeps local time, and NTP puts it right 20 s after the start. */
static void what_is_due_in_minutes_comes_in_minutes_though_the_clock_was_hours_ahead(void **state) {
        static const int64_t ahead[] = { 8 * WW_HOUR, 365 * WW_DAY };

        for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
                struct bench b = bench_at(T0 - ahead[i] - WW_DAY); /* the machine was off: nobody knows */
                int64_t due, began;

                pass(&b, 20 * WW_SECOND, 0);
                pass(&b, WW_SECOND, -ahead[i]);
                assert_int_equal(b.backward, 1);
                assert_in_range(clock_journal_ahead(&b.c), ahead[i] - WW_SECOND, ahead[i]);
                due = b.last + 300 * WW_SECOND;
                began = b.boot;
                while (b.last < due)
                        pass(&b, WW_SECOND, 0);
                assert_in_range(b.boot - began, 300 * WW_SECOND, 334 * WW_SECOND);
                assert_int_equal(b.backward, 1);
        }
}

/* The process ends, `span` goes by, and another one begins: with the mark that was left `behind` before its end. */
static void restart(struct bench *b, int64_t behind, int64_t span, int64_t step) {
        struct clock_journal saved = b->c, next;

        pass(b, behind, 0);
        b->boot += span;
        b->wall += span + step;
        assert_true(clock_journal_resume(&next, &saved, b->last, b->boot));
        b->c = next;
}

static void a_step_that_was_not_followed_is_not_followed_by_the_next_process(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);
        int64_t t = pass(&b, WW_SECOND, 0);

        pass(&b, WW_SECOND, 8 * WW_HOUR);
        assert_true(b.c.held);
        restart(&b, WW_MINUTE, 10 * WW_SECOND, 0);
        assert_int_equal(pass(&b, WW_SECOND, 0), t + 72 * WW_SECOND);
        assert_true(b.c.held);
        assert_int_equal(b.forward, 1); /* it was told */
        clock_journal_confirm(&b.c);
        restart(&b, WW_MINUTE, WW_DAY, 0);
        assert_int_equal(pass(&b, 0, 0), b.wall);
        assert_int_equal(b.forward, 1);
}

static void a_step_between_two_processes_is_seen(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);
        int64_t t = pass(&b, WW_SECOND, 0);

        restart(&b, WW_MINUTE, 10 * WW_SECOND, 8 * WW_HOUR);
        assert_int_equal(pass(&b, WW_SECOND, 0), t + 71 * WW_SECOND);
        assert_int_equal(b.forward, 1);
        restart(&b, WW_MINUTE, 10 * WW_SECOND, -9 * WW_HOUR);
        assert_int_equal(b.backward, 0);
        pass(&b, WW_SECOND, 0);
        assert_int_equal(b.backward, 1);
        assert_true(b.c.behind);
        restart(&b, WW_MINUTE, 10 * WW_SECOND, 0);
        pass(&b, WW_SECOND, 0);
        assert_int_equal(b.backward, 1); /* it was told */
        assert_true(b.c.behind);
}

/* A step of less than an hour was followed behind the mark: nothing goes back. */
static void a_mark_that_is_late_does_no_harm(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);
        struct clock_journal saved, next;

        pass(&b, WW_SECOND, 0);
        saved = b.c;
        pass(&b, WW_SECOND, WW_HOUR / 2);
        b.boot += WW_SECOND;
        b.wall += WW_SECOND;
        assert_true(clock_journal_resume(&next, &saved, b.last, b.boot));
        b.c = next;
        assert_int_equal(pass(&b, 0, 0), b.wall);
        assert_int_equal(b.backward + b.forward, 0);
}

static void another_boot_begins_anew(void **state) {
        struct bench b = bench_at(WW_TIME_NONE);
        struct clock_journal next = { .time = 7 };

        pass(&b, WW_HOUR, 0);
        assert_false(clock_journal_resume(&next, &b.c, b.last, 30 * WW_SECOND));
        assert_int_equal(next.time, 7);
}

static void a_boot_has_a_name(void **state) {
        char kernel[CLOCK_BOOT_ID_MAX], again[CLOCK_BOOT_ID_MAX], said[CLOCK_BOOT_ID_MAX];

        clock_boot_id(kernel);
        clock_boot_id(again);
        assert_string_equal(kernel, again);
        assert_null(strchr(kernel, '\n'));
        assert_int_equal(setenv("WARDWATCH_BOOT_ID", "0123456789abcdef0123456789abcdef", 1), 0);
        clock_boot_id(said);
        assert_string_equal(said, "0123456789abcdef0123456789abcdef");
        assert_int_equal(unsetenv("WARDWATCH_BOOT_ID"), 0);
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
                cmocka_unit_test(what_is_due_in_minutes_comes_in_minutes_though_the_clock_was_hours_ahead),
                cmocka_unit_test(a_step_that_was_not_followed_is_not_followed_by_the_next_process),
                cmocka_unit_test(a_step_between_two_processes_is_seen),
                cmocka_unit_test(a_mark_that_is_late_does_no_harm),
                cmocka_unit_test(another_boot_begins_anew),
                cmocka_unit_test(a_boot_has_a_name),
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
