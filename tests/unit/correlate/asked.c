/*
 * What the users of other correlation engines ask for. What has to do with mutes is in tests/unit/alarm/inhibition.c.
 */
#include "harness.h"

#define RAISE "  raise: {hazard: theft, priority: high}\n"
#define HELD  "- rule: held\n  select: {o: {kind: door.opened}}\n  by: device\n  hold: 30s\n" RAISE
#define SILENT                                                                                                         \
        "- rule: silent\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n"         \
        "  for: 60s\n" RAISE
#define ALONE                                                                                                          \
        "- rule: alone\n  select: {a: {kind: vibration.detected}, c: {kind: code.valid}}\n  sequence: [a, not c]\n"    \
        "  within: 40s\n" RAISE
#define QUIET "- rule: quiet\n  select: {x: {kind: access.denied}}\n  by: badge\n  clear: {quiet: 50s}\n" RAISE
#define EVERY "- rule: hourly\n  select: {x: {kind: tip}}\n  every: 1m\n  when: count(x) < 2\n" RAISE
#define SCORE "- rule: risk\n  select: {x: {kind: credential}}\n  when: score(x, 20s) >= 2\n" RAISE

/* a timer of every sort, under way at 20 s */
static const char timers[] = HELD SILENT ALONE QUIET EVERY SCORE;
static const char before[] =
        "0s door.opened d1; 5s vibration.detected v; 6s access.denied r badge=7; 7s device.heartbeat ctl1; "
        "8s tip t; 9s credential x; 10s credential x; 11s credential x; 20s tick";
static const char after[] = "300s tick";

static void outcome(struct harness *h, struct buf *out) {
        assert_true(h->out.n > 0);
        buf_reset(out);
        buf_put(out, h->out.p, h->out.n);
        buf_put_u8(out, 0);
}

static void test_timers_survive_restart_and_reload(void **state) {
        _cleanup_buf_ struct buf plain = BUF_INIT, saved = BUF_INIT;
        struct harness h, other;

        (void)state;
        harness_init(&h, timers);
        harness_play(&h, before);
        harness_play(&h, after);
        outcome(&h, &plain);
        harness_deinit(&h);

        harness_init(&h, timers);
        harness_play(&h, before);
        harness_snapshot(&h);
        harness_play(&h, after);
        outcome(&h, &saved);
        assert_string_equal((char *)saved.p, (char *)plain.p);
        harness_deinit(&h);

        /* other rules beside them, in front and behind, so that every number changes */
        harness_init(&h, timers);
        harness_play(&h, before);
        assert_int_equal(harness_compile(&other,
                                         "- rule: aa\n  select: {p: {kind: panic}}\n"
                                         "  raise: {hazard: robbery, class: panic, priority: low}\n" HELD SILENT ALONE
                                                 QUIET EVERY SCORE "- rule: zz\n  select: {p: {kind: panic}}\n"
                                         "  raise: {hazard: robbery, class: panic, priority: low}\n"),
                         0);
        assert_int_equal(correlate_swap(h.correlate, other.rules, NULL, T0 + 20 * WW_SECOND), 0);
        harness_play(&h, after);
        outcome(&h, &saved);
        assert_string_equal((char *)saved.p, (char *)plain.p);
        correlate_free(h.correlate);
        h.correlate = NULL;
        harness_deinit(&other);
        harness_deinit(&h);
}

/* what is tried on the past is what would have happened: in one go, or record by record with the time between */
static void test_history_gives_what_the_day_gave(void **state) {
        _cleanup_buf_ struct buf live = BUF_INIT, again = BUF_INIT;
        struct harness h;

        (void)state;
        harness_init(&h, timers);
        h.evidence = true;
        harness_play(&h, before);
        for (int t = 21; t <= 300; t++)
                assert_int_equal(correlate_time(h.correlate, T0 + t * WW_SECOND), 0);
        outcome(&h, &live);
        harness_deinit(&h);
        harness_init(&h, timers);
        h.evidence = true;
        harness_play(&h, before);
        harness_play(&h, after);
        outcome(&h, &again);
        assert_string_equal((char *)again.p, (char *)live.p);
        harness_deinit(&h);
}

/* a clock that is fast (up to 5 s are believed) moves nothing: the watermark is the journal's time */
static void test_a_fast_clock_makes_nobody_late(void **state) {
        static const char rule[] = "- rule: r\n  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
                                   "  sequence: [a, not b]\n  within: 10s\n" RAISE;

        (void)state;
        harness_story(
                rule,
                "0s access.denied r; 5s credential fast at 0s; 9s code.valid fast at 4s; 5s access.granted r; 60s "
                "tick",
                "");
}

static void test_absence_neither_early_nor_forgotten(void **state) {
        (void)state;
        /* not before its time, though the message is under way */
        harness_story(SILENT, "59s device.heartbeat ctl1 at 61s; 59s device.heartbeat ctl2 at 61999ms; 90s tick", "");
        /* never heard of */
        harness_story(SILENT, "61999ms tick", "");
        harness_story(SILENT, "62s tick", "raise 1m silent asset=c1 high\nraise 1m silent asset=c2 high\n");
}

static void test_an_outage_is_nobodys_silence(void **state) {
        (void)state;
        harness_story(SILENT, "50s blind; 10m seen; 605s device.heartbeat ctl1; 606s device.heartbeat ctl2; 662s tick",
                      "");
        harness_story(SILENT, "50s blind; 10m seen; 605s device.heartbeat ctl1; 662s tick",
                      "raise 11m silent asset=c2 high\n");
}

static void test_what_is_missing_has_a_context(void **state) {
        struct harness h;

        (void)state;
        harness_init(&h, SILENT);
        h.evidence = true;
        harness_play(&h, "10s device.heartbeat ctl1; 72s tick");
        harness_expect(&h, "raise 1m silent asset=c2 high\nraise 70s silent asset=c1 high hb@10s\n");
        harness_deinit(&h);
        /* … also where it is over by the time it is decided */
        harness_init(&h, HELD);
        h.evidence = h.titles = true;
        harness_play(&h, "0s door.opened d1; 31s door.closed d1; 40s tick");
        harness_expect(&h,
                       "raise 30s held device=d1 high \"held\" o@0s\nclear 31s held device=d1 high \"held\" o@31s\n");
        harness_deinit(&h);
        harness_init(&h, ALONE);
        h.evidence = true;
        harness_play(&h, "10s vibration.detected v; 52s tick");
        harness_expect(&h, "raise 50s alone  high a@10s\n");
        harness_deinit(&h);
}

static void test_a_schedule_that_opens_sees_what_is_open(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {o: {kind: door.opened}}\n  by: device\n  while: schedule(night)\n" RAISE,
                      "0s door.opened d1; 42s tick", "raise 40s r device=d1 high\n");
}

static void test_equal_times_have_an_order(void **state) {
        static const char rule[] = "- rule: r\n  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
                                   "  sequence: [a, b]\n  within: 10s\n" RAISE;

        (void)state;
        harness_story(rule, "5s access.denied r; 5s access.granted r", "raise 5s r  high\n");
        harness_story(rule, "5s access.granted r; 5s access.denied r; 60s tick", "");
        /* a deadline comes before an event of its time */
        harness_story(SILENT, "60s device.heartbeat ctl1; 60s device.heartbeat ctl2; 70s tick",
                      "raise 1m silent asset=c1 high\nraise 1m silent asset=c2 high\nclear 1m silent asset=c1 high\n"
                      "clear 1m silent asset=c2 high\n");
}

static void test_no_cap_is_silent(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {x: {kind: access.denied}}\n  by: badge\n  within: 1m\n"
                      "  when: count(x) >= 9\n  limits: {keys: 1}\n" RAISE,
                      "0s access.denied r badge=1; 1s access.denied r badge=2",
                      "raise 1s correlate-limit rule=r,limit=keys high\n");
        harness_story("- rule: r\n  select: {x: {kind: access.denied}}\n  within: 1m\n"
                      "  when: count(x) >= 5\n  limits: {events: 2}\n" RAISE,
                      "0s access.denied r; 1s access.denied r; 2s access.denied r",
                      "raise 2s correlate-limit rule=r,limit=events high\n");
        harness_story("- rule: r\n  select: {x: {kind: access.denied}, y: {kind: access.granted}}\n  within: 1m\n"
                      "  sequence: [x, y]\n  limits: {runs: 1}\n" RAISE,
                      "0s access.denied r; 1s access.denied r", "raise 1s correlate-limit rule=r,limit=runs high\n");
}

static void test_a_score_comes_down(void **state) {
        (void)state;
        /* 3 falls below 2 after 20 s · log2(1.5) */
        harness_story(SCORE, "0s credential x; 0s credential x; 0s credential x; 60s tick",
                      "raise 0s risk  high\nagain 0s risk  high\nclear 11700ms risk  high\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_timers_survive_restart_and_reload),
                cmocka_unit_test(test_history_gives_what_the_day_gave),
                cmocka_unit_test(test_a_fast_clock_makes_nobody_late),
                cmocka_unit_test(test_absence_neither_early_nor_forgotten),
                cmocka_unit_test(test_an_outage_is_nobodys_silence),
                cmocka_unit_test(test_what_is_missing_has_a_context),
                cmocka_unit_test(test_a_schedule_that_opens_sees_what_is_open),
                cmocka_unit_test(test_equal_times_have_an_order),
                cmocka_unit_test(test_no_cap_is_silent),
                cmocka_unit_test(test_a_score_comes_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
