/*
 * What comes late, and what stands at the same instant: the order of the events decides, not that of their arrival,
 * but for what has fired already.
 */
#include "harness.h"

#define RAISE "  raise: {hazard: theft, class: fire, priority: high}\n"

/* the deadline of an older event, that came later, stands at the time of the raise: in front of it */
static void test_end_at_the_raise_s_own_time(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {b: {kind: tip}}\n  within: 500ms\n  when: count(b) >= 1\n" RAISE,
                      "1100ms tip d1 at 1200ms; 600ms tip d1 at 1599999us; 90s tick",
                      "raise 1100ms r  high\nagain 600ms r  high\nclear 1600ms r  high\n");
}

static void test_guard_that_changes_over_an_empty_window(void **state) {
        (void)state;
        harness_story(
                "- rule: r0\n  select: {s: {kind: tip}}\n  each: assets(door)\n  after: schedule(night)\n  expect: s\n"
                "  for: 8s\n" RAISE "- rule: w0\n  select: {c: {kind: tip}}\n  within: 5s\n  when: count(c) < 2\n  "
                "while: not alarm(r0)\n" RAISE,
                "39s tip d9; 43s tip d2; 91999999us tip d3; 99999999us tick",
                "raise 39s w0  high\nclear 43s w0  high\nraise 44s w0  high\n"
                "raise 48s r0 asset=door-exit high\nraise 48s r0 asset=door-w4 high\n");
        /* it is known when the log has forgotten what left the window before, and clears nothing */
        harness_story(
                "- rule: r0\n  select: {s: {kind: tip}}\n  each: assets(door)\n  after: schedule(night)\n  expect: s\n"
                "  for: 15s\n  wait: 10s\n" RAISE "- rule: w0\n  select: {c: {kind: tip}}\n  within: 5s\n"
                "  when: count(c) < 2\n  while: not alarm(r0)\n" RAISE,
                "39s tip d9; 43s tip d2; 60s tip d9; 99s tick",
                "raise 39s w0  high\nclear 43s w0  high\nraise 44s w0  high\n"
                "raise 55s r0 asset=door-exit high\nraise 55s r0 asset=door-w4 high\n");
}

static void test_span_is_remembered_for_a_late_session(void **state) {
        (void)state;
        harness_story(
                "- rule: r\n  select: {b: {kind: door.opened}}\n  within: 300ms\n  gap: 100ms\n  when: count(b) == "
                "2\n" RAISE,
                "600002us door.opened d9 badge=2; 900002us door.opened d9 badge=3; 2700002us door.opened d3; "
                "3100001us door.closed d9; 2200002us door.opened d2 at 4200001us; 5500001us door.opened d9; 90s tick",
                "raise 2300002us r  high\n");
}

static void test_retained_state_before_an_anchor(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {p: {kind: door.closed}, s: {kind: door.opened}}\n  after: p\n  expect: s\n"
                      "  for: 1ms\n" RAISE,
                      "40018998us door.closed d1; 40016999us door.opened d1 at 40019998us +retained; 122s tick",
                      "raise 40019998us r  high\n");
}

static void test_many_short_episodes_as_a_guard(void **state) {
        (void)state;
        harness_story("- rule: r2\n  select: {a: {kind: access.denied}}\n  by: asset\n  clear: {quiet: 2ms}\n" RAISE
                      "- rule: w0\n  select: {a: {kind: smoke.detected}}\n  by: device\n  while: alarm(r2)\n" RAISE,
                      "15001us smoke.detected smoke1; 23001us access.denied d1; 26001us access.denied d1; "
                      "30002us access.denied d1; 37002us access.denied d1; 39002us access.denied d1; 82s tick",
                      "raise 23001us r2 asset=door-exit high\nclear 25001us r2 asset=door-exit high\n"
                      "raise 26001us r2 asset=door-exit high\nclear 28001us r2 asset=door-exit high\n"
                      "raise 30002us r2 asset=door-exit high\nclear 32002us r2 asset=door-exit high\n"
                      "raise 37002us r2 asset=door-exit high\nclear 39002us r2 asset=door-exit high\n"
                      "raise 39002us r2 asset=door-exit high\nclear 41002us r2 asset=door-exit high\n"
                      "raise 23001us w0 device=smoke1 high\nagain 26001us w0 device=smoke1 high\n"
                      "again 30002us w0 device=smoke1 high\nagain 37002us w0 device=smoke1 high\n");
}

static void test_alarms_of_one_instant_are_all_heard(void **state) {
        (void)state;
        harness_story(
                "- rule: r1\n  select: {s: {kind: door.opened}}\n  each: assets(door)\n  expect: s\n  for: 300ms\n"
                "  while: schedule(night)\n" RAISE "- rule: s0\n  select: {a: {kind: alarm.raised}}\n" RAISE,
                "40s door.opened d1; 126s tick",
                "raise 40s r1 asset=door-exit high\nraise 40s s0  high\nraise 40s r1 asset=door-in high\n"
                "again 40s s0  high\nraise 40s r1 asset=door-w4 high\nagain 40s s0  high\n"
                "clear 40s r1 asset=door-exit high\nraise 40300ms r1 asset=door-exit high\n"
                "again 40300ms s0  high\n");
}

static void test_alarm_of_an_absence_has_its_key_s_place(void **state) {
        (void)state;
        harness_story("- rule: r0\n  select: {b: {kind: tip}}\n  by: [ward, badge]\n  within: 2s\n"
                      "  when: distinct(b.device) < 1\n" RAISE
                      "- rule: s0\n  select: {a: {kind: alarm.raised}}\n  by: ward\n" RAISE,
                      "26000002us tip d2 badge=1; 30000003us tip d2; 60s tick",
                      "raise 28000002us r0 ward=W3,badge=1 high\nraise 28000002us s0 ward=W3 high\n");
}

static void test_session_true_by_spans_alone(void **state) {
        (void)state;
        harness_story(
                "- rule: r\n  select: {a: {kind: door.closed}}\n  within: 8s\n  gap: 3s\n  when: count(a) > 2\n" RAISE,
                "21s door.closed d3; 24s door.closed d1; 34999999us door.closed d9; 37999999us door.closed d2; 189s "
                "tick",
                "raise 34999999us r  high\nagain 40999999us r  high\n");
}

static void test_guard_at_a_window_s_end(void **state) {
        static const char rules[] = "- rule: r\n  select: {a: {kind: credential}}\n  every: 4s\n  when: count(a) >= 2\n"
                                    "  while: not mode(armed)\n" RAISE;

        (void)state;
        harness_story(rules,
                      "500ms mode armed on; 1s credential d1; 3s credential d1; 3000003us mode armed off; 111s tick",
                      "");
        harness_story(
                rules,
                "500ms mode armed on; 1s credential d1; 3s credential d1; 3000003us mode armed off; 4s credential d1; "
                "111s tick",
                "");
}

static void test_clear_of_an_expectation_over_blindness(void **state) {
        (void)state;
        harness_story(
                "- rule: r\n  select: {p: {kind: smoke.detected, where: badge != \"2\"}, s: {kind: smoke.detected}}\n"
                "  after: p\n  expect: s\n  for: 5s\n" RAISE,
                "3s smoke.detected d1 badge=3; 15999999us smoke.detected d1 badge=2; "
                "24999999us smoke.detected d9 badge=2; 36s smoke.detected d1 badge=3; "
                "48999998us smoke.detected d3 badge=2; 49s blind; 60s seen; 90s tick",
                "raise 8s r  high\nclear 24999999us r  high\nraise 41s r  high\nclear 48999998us r  high\n");
}

static void test_session_that_begins_with_no_length(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {a: {kind: access.denied}, b: {kind: door.closed}}\n  within: 500ms\n  "
                      "gap: 300ms\n"
                      "  when: count(b) < 2 or distinct(a.device) == 2\n" RAISE,
                      "1400ms door.closed d1; 1400ms door.opened d1; 1699998us access.denied d1; 90s tick",
                      "raise 1900ms r  high\n");
}

/* a newer one is known, though it holds nothing, and other devices have been heard since */
static void test_old_state_takes_nothing_back(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {a: {kind: smoke.detected}}\n  by: device\n" RAISE,
                      "10s smoke.cleared d9; 20s smoke.cleared d1; 21s smoke.cleared d2; 22s smoke.cleared d3; "
                      "9s smoke.detected d9 at 60s; 70s tick",
                      "");
}

/* it is what it was at the last whole millisecond: not below the bound yet */
static void test_score_between_milliseconds_at_a_guard_s_change(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {a: {kind: access.denied}}\n  when: score(a, 1s) >= 0.5\n"
                      "  while: mode(armed)\n" RAISE,
                      "0s access.denied d1; 1000500us mode armed on; 9s tick",
                      "raise 1000500us r  high\nclear 1001ms r  high\n");
}

static void test_mode_that_changes_often(void **state) {
        (void)state;
        harness_story("- rule: r\n  select: {a: {kind: access.denied}}\n  while: mode(armed)\n" RAISE,
                      "1s mode armed on; 1100ms mode armed off; 1200ms mode armed on; 1300ms mode armed off; "
                      "1400ms mode armed on; 1500ms mode armed off; 1600ms mode armed on; 1700ms mode armed off; "
                      "1800ms mode armed on; 1900ms mode armed off; 1050ms access.denied d1 at 2s; "
                      "1150ms access.denied d1 at 2s; 9s tick",
                      "raise 1050ms r  high\n");
}

/* it ended a level of the condition as well, but that is not why it is a match */
static void test_evidence_of_the_event_that_opened_a_guard(void **state) {
        (void)state;
        harness_story_at("- rule: r\n  select: {a: {kind: arm.armed}, g: {kind: arm.armed, where: 'badge == \"1\"'}}\n"
                         "  by: ward\n  while: not g\n" RAISE,
                         "1s arm.armed d2; 3s arm.armed d1 badge=1; 5s arm.disarmed d1; 9s tick",
                         "raise 1s r ward=W3 high a@1s\nagain 5s r ward=W3 high g@5s\n", true, __FILE__, __LINE__);
}

static void test_clear_before_a_match_that_has_fired(void **state) {
        static const char rules[] = "- rule: r\n  select: {a: {kind: access.denied}, z: {kind: access.granted}}\n"
                                    "  clear: z\n" RAISE;

        (void)state;
        harness_story(rules, "1s access.denied d1; 5s access.denied d1; 4s access.granted d1 at 5500ms; 9s tick",
                      "raise 1s r  high\nagain 5s r  high\n");
        harness_story(rules, "1s access.denied d1; 4s access.denied d1; 5s access.granted d1 at 5500ms; 9s tick",
                      "raise 1s r  high\nagain 4s r  high\nclear 5s r  high\n");
}

/* The rise is older than all that the log remembers, and its guard has fallen since: another change of the guard
 * decides nothing early. */
static void test_guard_falls_after_all_that_is_remembered(void **state) {
        (void)state;
        harness_story("- rule: q\n  select: {p: {kind: credential}}\n  by: device\n  when: score(p, 1s) > 0.9\n" RAISE
                      "- rule: w\n  select: {a: {kind: credential}, b: {kind: access.granted}}\n  by: badge\n"
                      "  within: 2s\n  when: count(b) >= distinct(a.badge)\n  while: not alarm(q)\n" RAISE,
                      "5s credential d1 badge=3; 10s credential d3; 12s credential d1 badge=3; 13s tick; 17s tick",
                      "raise 5s q device=d1 high\nclear 5153ms q device=d1 high\nraise 10s q device=d3 high\n"
                      "raise 7s w badge=3 high\nraise 12s q device=d1 high\nclear 10153ms q device=d3 high\n"
                      "again 10153ms w badge=3 high\nclear 12164ms q device=d1 high\nclear 12s w badge=3 high\n");
}

/* the end was heard before the beginning: nothing comes of the moment in which only that is known */
static void test_level_whose_end_is_known(void **state) {
        (void)state;
        harness_story(
                "- rule: r\n  select: {b: {kind: door.opened}}\n  within: 8ms\n  when: distinct(b.device) >= 2\n" RAISE,
                "11ms door.closed d1; 22ms door.opened d2; 2ms door.opened d1 at 1s; 9s tick", "");
}

#define THREE                                                                                                          \
        "- rule: r\n  select: {b: {kind: [smoke.detected, door.opened]}}\n  within: 300ms\n  when: count(b) >= 3\n"

/* A late end lies before a rise that was told as a further match: behind that end the level is true again. */
static void test_end_before_a_rise_that_was_told(void **state) {
        static const char story[] = "1100ms smoke.detected d9; 1200ms smoke.detected d1; 1701ms smoke.detected d2; "
                                    "3500ms door.opened d1; 1700ms smoke.cleared d9 at 3699ms; 9s tick";

        (void)state;
        harness_story(THREE "  clear: {quiet: 100ms}\n" RAISE, story,
                      "raise 1701ms r  high\nagain 3500ms r  high\n"); /* the match that was told keeps it open */
        harness_story(THREE RAISE, story,
                      "raise 1701ms r  high\nagain 3500ms r  high\nclear 2s r  high\nraise 3500ms r  high\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_end_at_the_raise_s_own_time),
                cmocka_unit_test(test_guard_that_changes_over_an_empty_window),
                cmocka_unit_test(test_span_is_remembered_for_a_late_session),
                cmocka_unit_test(test_retained_state_before_an_anchor),
                cmocka_unit_test(test_many_short_episodes_as_a_guard),
                cmocka_unit_test(test_alarms_of_one_instant_are_all_heard),
                cmocka_unit_test(test_alarm_of_an_absence_has_its_key_s_place),
                cmocka_unit_test(test_session_true_by_spans_alone),
                cmocka_unit_test(test_guard_at_a_window_s_end),
                cmocka_unit_test(test_clear_of_an_expectation_over_blindness),
                cmocka_unit_test(test_session_that_begins_with_no_length),
                cmocka_unit_test(test_old_state_takes_nothing_back),
                cmocka_unit_test(test_score_between_milliseconds_at_a_guard_s_change),
                cmocka_unit_test(test_mode_that_changes_often),
                cmocka_unit_test(test_evidence_of_the_event_that_opened_a_guard),
                cmocka_unit_test(test_clear_before_a_match_that_has_fired),
                cmocka_unit_test(test_guard_falls_after_all_that_is_remembered),
                cmocka_unit_test(test_level_whose_end_is_known),
                cmocka_unit_test(test_end_before_a_rise_that_was_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
