/* A reload that is primed, point by point: what came before counts as if the rules had always been there. */
#include "reload_run.h"

enum { COUNTING = 1, HELD = 2, SILENT = 4, MANY = 5, LONG = 6, NIGHT = 7, STAFF = 8 };

/* None but one, in that form. */
static struct set only(unsigned rule, unsigned form) {
        struct set set = { .site = 0 };

        for (size_t i = 0; i < FORMS; i++)
                set.form[i] = i == rule ? form : 2;
        return set;
}

static size_t causes(const struct run *run, enum ww_cause cause, const char *rule) {
        struct arena arena = ARENA_INIT;
        size_t n = 0;

        for (size_t i = 0; i < run->n; i++) {
                const struct journal_item *item = &run->items[i];
                struct ww_output output;

                if (!item->output || ww_output_decode(item->record, item->seq, item->n, &arena, &output))
                        continue;
                n += output.type == WW_OUTPUT_TRANSITION && output.transition.cause == cause &&
                     ww_str_is(output.transition.alarm.rule, rule);
        }
        arena_deinit(&arena);
        return n;
}

static void what_came_before_counts(void **state) {
        struct run *run = run_new(only(COUNTING, 2));

        message(run, WW_SECOND, "d1", "{\"badge\":\"b1\"}");
        message(run, WW_SECOND, "d1", "{\"badge\":\"b1\"}");
        reload(run, WW_SECOND, only(COUNTING, 1), true); /* three in 90 s */
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "counting"), 0);
        message(run, WW_SECOND, "d1", "{\"badge\":\"b1\"}");
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "counting"), 1);
        run_free(run);
}

static void a_level_that_is_on_opens_at_the_swap(void **state) {
        struct run *run = run_new(only(HELD, 2));

        message(run, WW_SECOND, "d1", "{\"door\":\"open\"}");
        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        message(run, WW_SECOND, "d2", "{\"door\":\"shut\"}");
        reload(run, 5 * WW_SECOND, only(HELD, 1), true); /* longer than `wait`: the closing is decided */
        assert_int_equal(run->opened, 1);
        message(run, WW_SECOND, "d1", "{\"door\":\"shut\"}");
        pass(run, 10 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_CLEAR, "held"), 1);
        run_free(run);
}

/* The next site knows where a device is; the event that was written did not. */
static void places_are_those_of_the_next_site(void **state) {
        struct run *run = run_new(only(HELD, 2));
        struct set set = only(HELD, 0);

        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        set.site = 1; /* there d2 may be held for 40 s, not 20 s */
        reload(run, 10 * WW_SECOND, set, true);
        pass(run, 15 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "held"), 0);
        pass(run, 30 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "held"), 1);
        run_free(run);
}

/* Whoever reloads while the broker is away must not be told that everything is silent. */
static void nobody_is_silent_while_nothing_is_heard(void **state) {
        struct run *run = run_new(only(SILENT, 2));

        message(run, WW_SECOND, "c1", "{\"life\":1}");
        notice(run, WW_SECOND, "intake-blind");
        pass(run, 2 * WW_HOUR); /* longer than what is primed */
        reload(run, WW_SECOND, only(SILENT, 0), true);
        pass(run, 10 * WW_MINUTE);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "silent"), 0);
        notice(run, WW_SECOND, "intake-sighted");
        pass(run, 80 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "silent"), 0);
        pass(run, 20 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "silent"), 2);
        run_free(run);
}

/* Alarms of a rule that stays are events of the past for one that reads them. */
static void alarms_of_before_count(void **state) {
        struct run *run;
        struct set set = only(HELD, 1);

        run = run_new(set);
        message(run, WW_SECOND, "d1", "{\"door\":\"open\"}");
        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        set.form[MANY] = 1; /* three in 5 minutes */
        reload(run, WW_SECOND, set, true);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "many"), 0);
        message(run, WW_SECOND, "d3", "{\"door\":\"open\"}");
        pass(run, 10 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "many"), 1);
        run_free(run);
}

static void longer_windows_say_when_they_are_whole(void **state) {
        struct run *run = run_new(only(LONG, 2));
        int64_t until;

        pass(run, 2 * WW_HOUR);
        assert_true(pipeline_partial_until(run->pipeline) == WW_TIME_NONE);
        reload(run, WW_SECOND, only(LONG, 0), true);
        until = pipeline_partial_until(run->pipeline);
        assert_true(until > run->now + 59 * WW_MINUTE && until <= run->now + 61 * WW_MINUTE);
        pass(run, 62 * WW_MINUTE);
        take(run, (struct ww_input){ .type = WW_INPUT_TIME });
        assert_true(pipeline_partial_until(run->pipeline) == WW_TIME_NONE);
        run_free(run);
}

/* What was switched long before, and within what is primed. */
static void modes_are_those_of_the_past(void **state) {
        struct run *run = run_new(only(NIGHT, 2));

        night(run, WW_SECOND, true);
        pass(run, 3 * WW_HOUR);
        message(run, WW_SECOND, "d1", "{\"door\":\"open\"}");
        night(run, WW_SECOND, false);
        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        reload(run, 5 * WW_SECOND, only(NIGHT, 0), true);
        assert_int_equal(run->opened, 1); /* d1 rose at night; the guard's fall clears nothing */
        night(run, WW_SECOND, true);
        pass(run, 5 * WW_SECOND);
        take(run, (struct ww_input){ .type = WW_INPUT_TIME });
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "night"), 2);
        run_free(run);
}

static void members_are_those_of_the_past(void **state) {
        struct run *run = run_new(only(STAFF, 2));

        staff(run, WW_SECOND, "b1", "\"add\":true");
        pass(run, 3 * WW_HOUR);
        for (int i = 0; i < 2; i++)
                for (char badge = '0'; badge < '3'; badge++)
                        message(run, WW_SECOND, "d1",
                                badge == '0'   ? "{\"badge\":\"b0\"}"
                                : badge == '1' ? "{\"badge\":\"b1\"}"
                                               : "{\"badge\":\"b2\"}");
        reload(run, 5 * WW_SECOND, only(STAFF, 0), true);
        assert_int_equal(run->opened, 2); /* b0 by the site's file, b1 by the command */
        run_free(run);
}

/* A record that says something else than it must is refused, and changes nothing. */
static void a_record_that_stood_on_nothing_is_refused(void **state) {
        struct run *run = run_new(only(HELD, 2));
        struct set set = only(HELD, 1);
        struct bundle bundle = bundle_of(&set);
        struct buf text = BUF_INIT;
        struct ww_input input = { .type = WW_INPUT_RELOAD,
                                  .seq = 1,
                                  .time = START,
                                  .id = WW_STR("prime 1 1767225600000000"),
                                  .topic = WW_STR("{no json") };

        assert_int_equal(bundle_encode(&bundle, &text), 0);
        input.payload = buf_str(&text);
        assert_int_equal(pipeline_input(run->pipeline, &input), -EBADMSG);
        assert_string_not_equal(pipeline_ruleset(run->pipeline)->bundle.hash, bundle.hash);
        input.topic = WW_STR("{\"blind\":false,\"modes\":[{\"name\":\"none\",\"on\":true}],\"lists\":[7]}");
        assert_int_equal(pipeline_input(run->pipeline, &input), 0);
        assert_string_equal(pipeline_ruleset(run->pipeline)->bundle.hash, bundle.hash);
        bundle_deinit(&bundle);
        buf_deinit(&text);
        run_free(run);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_came_before_counts),
                cmocka_unit_test(a_level_that_is_on_opens_at_the_swap),
                cmocka_unit_test(places_are_those_of_the_next_site),
                cmocka_unit_test(nobody_is_silent_while_nothing_is_heard),
                cmocka_unit_test(alarms_of_before_count),
                cmocka_unit_test(longer_windows_say_when_they_are_whole),
                cmocka_unit_test(modes_are_those_of_the_past),
                cmocka_unit_test(members_are_those_of_the_past),
                cmocka_unit_test(a_record_that_stood_on_nothing_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
