/* What is counted for each rule, and how the time that rules take is estimated. */
#include "harness.h"

#define RAISE "  raise: {hazard: theft, priority: high}\n"
#define NEAR  "- rule: near\n  select: {x: {kind: access.denied, where: device != z}}\n  by: badge\n" RAISE

static struct correlate_rule_figures figures_of(const struct harness *h, const char *rule) {
        struct correlate_rule_figures f;
        struct ww_str name;

        for (size_t i = 0; i < correlate_rules_count(h->rules); i++) {
                correlate_rule_figures(h->correlate, i, &name, &f);
                if (ww_str_is(name, rule))
                        return f;
        }
        fail_msg("no rule %s", rule);
        return (struct correlate_rule_figures){ 0 };
}

static void test_events(void **state) {
        struct correlate_rule_figures f;
        struct harness h;

        (void)state;
        harness_init(&h, NEAR);
        /* of another kind; as it should be; not matched; without a badge; behind the watermark */
        harness_play(&h, "0s panic r badge=1; 0s access.denied r badge=1; 1s access.denied z badge=1; "
                         "2s access.denied r; 10s access.denied r badge=2; 3s access.denied r badge=3 at 10s");
        f = figures_of(&h, "near");
        assert_int_equal(f.seen, 5);
        assert_int_equal(f.matched, 4);
        assert_int_equal(f.skipped, 1);
        assert_int_equal(f.late, 1);
        assert_int_equal(f.detections, 2);
        harness_expect(&h, "raise 0s near badge=1 high\nraise 10s near badge=2 high\n");
        harness_deinit(&h);
}

static void test_limits(void **state) {
        static const char rules[] =
                "- rule: keys\n  select: {x: {kind: access.denied}}\n  by: badge\n  within: 1m\n"
                "  when: count(x) >= 9\n  limits: {keys: 2}\n" RAISE
                "- rule: full\n  select: {x: {kind: access.denied}}\n  by: badge\n  limits: {keys: 1}\n"
                "  clear: manual\n" RAISE
                "- rule: events\n  select: {x: {kind: access.denied}}\n  within: 1m\n  when: count(x) >= 9\n"
                "  limits: {events: 2}\n" RAISE
                "- rule: runs\n  select: {x: {kind: access.denied}, y: {kind: access.granted}}\n  within: 1m\n"
                "  sequence: [x, y]\n  limits: {runs: 1}\n" RAISE;
        struct correlate_rule_figures f;
        struct harness h;

        (void)state;
        harness_init(&h, rules);
        harness_play(&h, "0s access.denied r badge=1; 1s access.denied r badge=2; 2s access.denied r badge=3; "
                         "3s access.denied r badge=4");
        f = figures_of(&h, "keys");
        assert_int_equal(f.keys, 2);
        assert_int_equal(f.keys_max, 2);
        assert_int_equal(f.evicted, 2);
        assert_int_equal(f.refused, 0);
        f = figures_of(&h, "full"); /* an open episode does not go */
        assert_int_equal(f.keys, 1);
        assert_int_equal(f.evicted, 0);
        assert_int_equal(f.refused, 3);
        assert_int_equal(figures_of(&h, "events").shed, 2);
        assert_int_equal(figures_of(&h, "runs").runs_refused, 3);
        harness_deinit(&h);
}

static void test_counts_go_with_the_name(void **state) {
        struct harness h, other;

        (void)state;
        harness_init(&h, NEAR);
        harness_play(&h, "0s access.denied r badge=1; 1s access.denied z badge=1");
        assert_int_equal(harness_compile(&other,
                                         "- rule: aaa\n  select: {x: {kind: tip}}\n  by: device\n" RAISE
                                         "- rule: near\n  select: {x: {kind: access.denied}}\n  by: device\n" RAISE),
                         0);
        assert_int_equal(correlate_swap(h.correlate, other.rules, NULL, T0 + WW_SECOND), 0);
        other.correlate = h.correlate;
        h.correlate = NULL;
        harness_play(&other, "2s access.denied z badge=1");
        assert_int_equal(figures_of(&other, "near").seen, 3);
        assert_int_equal(figures_of(&other, "near").matched, 2);
        assert_int_equal(figures_of(&other, "aaa").seen, 0);
        harness_deinit(&other);
        harness_deinit(&h);
}

/* --- time --- */

static int64_t now, asked;

/* A microsecond goes by between two looks at it. */
static int64_t clock_of_the_test(void) {
        asked++;
        return now += 1000;
}

static void play_many(struct harness *h, int events, bool metered) {
        harness_init(h, NEAR);
        if (metered)
                correlate_meter(h->correlate, clock_of_the_test);
        for (int i = 0; i < events; i++) {
                char row[64];

                (void)snprintf(row, sizeof row, "%ds access.denied r badge=%d", i, i % 100);
                harness_row(h, row);
        }
}

static void test_time_is_estimated_and_changes_nothing(void **state) {
        enum { EVENTS = 64 * 200 };
        struct harness plain, metered;

        (void)state;
        play_many(&plain, EVENTS, false);
        assert_int_equal(figures_of(&plain, "near").busy, 0);
        play_many(&metered, EVENTS, true);
        /* each event is in the rule twice: its selection is asked, and the key takes it */
        assert_in_range(figures_of(&metered, "near").busy, EVENTS * 2 * 1000 * 9 / 10, EVENTS * 2 * 1000 * 11 / 10);
        assert_in_range(asked, EVENTS / 64 * 4 * 9 / 10, EVENTS / 64 * 4 * 11 / 10);
        buf_put_u8(&plain.out, 0);
        harness_expect(&metered, (const char *)plain.out.p);
        harness_deinit(&plain);
        harness_deinit(&metered);
}

/* Traffic with a rhythm of 64: only one of two rules is in it each time, and both are seen. */
static void test_no_rhythm_hides_a_rule(void **state) {
        static const char rules[] = "- rule: often\n  select: {x: {kind: access.denied}}\n  by: device\n" RAISE
                                    "- rule: seldom\n  select: {x: {kind: tip}}\n  by: device\n" RAISE;
        struct harness h;
        uint64_t often, seldom;

        (void)state;
        harness_init(&h, rules);
        correlate_meter(h.correlate, clock_of_the_test);
        for (int i = 0; i < 64 * 640; i++) {
                char row[64];

                (void)snprintf(row, sizeof row, "%ds %s r", i, i % 64 ? "access.denied" : "tip");
                harness_row(&h, row);
        }
        often = figures_of(&h, "often").busy;
        seldom = figures_of(&h, "seldom").busy;
        assert_true(seldom > 0);
        assert_in_range(often / seldom, 63 / 4, 63 * 4);
        harness_deinit(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_events),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_counts_go_with_the_name),
                cmocka_unit_test(test_time_is_estimated_and_changes_nothing),
                cmocka_unit_test(test_no_rhythm_hides_a_rule),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
