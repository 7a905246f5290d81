/* What the matcher tells whoever watches a rule: why it fired, and why it did not. */
#include "harness.h"

static const char *const whats[] = {
        [CORRELATE_SAID_TAKEN] = "taken", [CORRELATE_SAID_MISSED] = "missed", [CORRELATE_SAID_KEYLESS] = "keyless",
        [CORRELATE_SAID_LATE] = "late",   [CORRELATE_SAID_STATE] = "state",   [CORRELATE_SAID_TIME] = "time",
        [CORRELATE_SAID_ENDED] = "ended", [CORRELATE_SAID_TOLD] = "told",     [CORRELATE_SAID_LIMIT] = "limit",
};

static void say(void *userdata, const struct correlate_saying *s) {
        struct buf *out = userdata;
        char span[32];

        span_format(s->time - T0, span);
        buf_printf(out, "%s %s [%.*s] %.*s", span, whats[s->what], WW_STR_ARG(s->key), WW_STR_ARG(s->text));
        if (s->what == CORRELATE_SAID_STATE || s->what == CORRELATE_SAID_TIME)
                buf_printf(out, " (%u%s)", s->near, s->guarded ? ", guarded" : "");
        buf_puts(out, "\n");
}

static void watch_at(const char *rules, const char *rule, const char *story, const char *expected, const char *file,
                     int line) {
        _cleanup_buf_ struct buf told = BUF_INIT;
        const struct correlate_trace trace = { &told, T0, say };
        struct harness h;

        harness_init(&h, rules);
        assert_int_equal(correlate_trace_rule(h.correlate, ww_str(rule), &trace), 0);
        harness_play(&h, story);
        buf_reset(&h.out);
        buf_put(&h.out, told.p, told.n);
        harness_expect_at(&h, expected, file, line);
        harness_deinit(&h);
}
#define watch(rules, rule, story, expected) watch_at(rules, rule, story, expected, __FILE__, __LINE__)

#define RAISE                               "  raise: {hazard: theft, priority: high}\n"

static void selections_say_in_what_an_event_differs(void **state) {
        static const char rules[] =
                "- rule: r\n"
                "  select: {x: {kind: access.denied, role: [nurse, guard], where: \"badge != '9'\"}}\n"
                "  by: zone\n" RAISE;

        watch(rules, "r",
              "1s access.denied d1 role=nurse badge=7; 2s access.denied d1 role=cook; 3s access.denied d1 "
              "role=guard "
              "badge=9; 4s access.denied far role=guard badge=1; 5s access.granted d1 role=nurse; "
              "6s access.denied d1 role=nurse badge=1 +suspect",
              "1s taken [zone=W3-hall] access.denied of d1 is `x`\n"
              "1s told [zone=W3-hall] the alarm is raised, high\n"
              "1s state [zone=W3-hall] its alarm is open since 1s (1000)\n"
              "2s missed [] access.denied of d1 is not `x`: its role is cook, not nurse or guard\n"
              "3s missed [] access.denied of d1 is not `x`: `where` does not hold: badge != \"9\"\n"
              "4s keyless [] access.denied of far is `x`, but has no `zone` to keep it under: the site says nothing of "
              "this device, or the message nothing of it\n"
              "6s missed [] access.denied of d1 is not `x`: it is flagged duplicate or suspect, which no selection "
              "takes "
              "unasked\n");
}

static void counts_say_how_much_is_missing(void **state) {
        static const char rules[] = "- rule: r\n"
                                    "  select: {x: {kind: access.denied}}\n"
                                    "  by: badge\n"
                                    "  within: 60s\n"
                                    "  when: count(x) >= 4 and distinct(x.device) >= 2\n"
                                    "  while: mode(armed)\n" RAISE;

        watch(rules, "r",
              "1s access.denied d1 badge=7; 2s access.denied d2 badge=7; 3s access.denied d2 badge=7; 4s access.denied "
              "d2 "
              "badge=7; 5s mode armed on; 8s tick",
              "1s taken [badge=7] access.denied of d1 is `x`\n"
              "1s state [badge=7] count(x) = 1; distinct(x.device) = 1; count(x) >= 4 and distinct(x.device) >= 2 does "
              "not "
              "hold; `while` does not hold (mode(armed): no) (249, guarded)\n"
              "2s taken [badge=7] access.denied of d2 is `x`\n"
              "2s state [badge=7] count(x) = 2; distinct(x.device) = 2; count(x) >= 4 and distinct(x.device) >= 2 does "
              "not "
              "hold; `while` does not hold (mode(armed): no) (499, guarded)\n"
              "3s taken [badge=7] access.denied of d2 is `x`\n"
              "3s state [badge=7] count(x) = 3; distinct(x.device) = 2; count(x) >= 4 and distinct(x.device) >= 2 does "
              "not "
              "hold; `while` does not hold (mode(armed): no) (749, guarded)\n"
              "4s taken [badge=7] access.denied of d2 is `x`\n"
              "4s state [badge=7] count(x) = 4; distinct(x.device) = 2; count(x) >= 4 and distinct(x.device) >= 2 "
              "holds; "
              "`while` does not hold (mode(armed): no) (999, guarded)\n"
              "5s told [badge=7] the alarm is raised, high (mode(armed): yes)\n"
              "5s time [badge=7] count(x) = 4; distinct(x.device) = 2; count(x) >= 4 and distinct(x.device) >= 2 "
              "holds; "
              "`while` holds (mode(armed): yes); its alarm is open since 5s (1000)\n");
}

static void a_guard_that_asks_twice_is_told_once(void **state) {
        static const char rules[] = "- rule: r\n"
                                    "  select: {x: {kind: access.denied}}\n"
                                    "  while: mode(armed) and schedule(night) or mode(armed) and mode(drill)\n" RAISE;

        watch(rules, "r", "1s mode armed on; 41s access.denied d1",
              "41s taken [] access.denied of d1 is `x`\n"
              "41s told [] the alarm is raised, high (mode(armed): yes; schedule(night): yes; mode(drill): no)\n"
              "41s state [] `while` holds (mode(armed): yes; schedule(night): yes; mode(drill): no); its alarm is open "
              "since 41s (1000)\n");
}

static void sequences_say_how_far_they_are(void **state) {
        static const char rules[] = "- rule: r\n"
                                    "  select: {ok: {kind: access.granted}, out: {kind: credential}, exit: {kind: "
                                    "code.valid}}\n"
                                    "  by: device\n"
                                    "  sequence: [not ok, out, not ok, exit]\n"
                                    "  within: 60s\n" RAISE;

        watch(rules, "r",
              "1s credential d; 20s access.granted d; 30s credential d; 100s credential d; 161s code.valid d",
              "1s taken [device=d] credential of d is `out`\n"
              "1s state [device=d] a sequence has taken 1 of 2 events since 1s, the next is `exit`, unless `ok` comes, "
              "before "
              "61s (499)\n"
              "20s taken [device=d] access.granted of d is `ok`\n"
              "20s ended [device=d] the sequence that began at 1s and had taken 1 of 2 events is over: `ok` came, "
              "which must "
              "not\n"
              "20s state [device=d] no sequence is under way, the next is `out`; `ok` came at 20s: none begins before "
              "80s "
              "(0)\n"
              "30s taken [device=d] credential of d is `out`\n"
              "30s state [device=d] no sequence is under way, the next is `out`; `ok` came at 20s: none begins before "
              "80s "
              "(0)\n"
              "100s taken [device=d] credential of d is `out`\n"
              "100s state [device=d] a sequence has taken 1 of 2 events since 100s, the next is `exit`, unless `ok` "
              "comes, "
              "before 160s (499)\n"
              "161s taken [device=d] code.valid of d is `exit`\n"
              "161s ended [device=d] the sequence that began at 100s and had taken 1 of 2 events is over: the next had "
              "to "
              "come before 160s\n"
              "161s state [device=d] no sequence is under way, the next is `out` (0)\n");
}

static void levels_say_how_long_they_have_to_last(void **state) {
        static const char rules[] = "- rule: r\n"
                                    "  select: {o: {kind: door.opened}}\n"
                                    "  by: device\n"
                                    "  hold: 30s\n" RAISE;

        watch(rules, "r",
              "1s door.opened d; 2s door.opened d; 20s door.closed d; 40s door.opened d; 90s tick; 91s door.closed d",
              "1s taken [device=d] door.opened of d is `o`\n"
              "1s state [device=d] `o` is on at d since 1s; it holds since 1s and has to for 30s, until 31s (500)\n"
              "2s taken [device=d] door.opened of d is `o`, which was on already: it goes on, and begins nothing\n"
              "2s state [device=d] `o` is on at d since 1s; it holds since 1s and has to for 30s, until 31s (516)\n"
              "20s taken [device=d] door.closed of d ends `o`\n"
              "20s state [device=d] `o` is not on (0)\n"
              "40s taken [device=d] door.opened of d is `o`\n"
              "40s state [device=d] `o` is on at d since 40s; it holds since 40s and has to for 30s, until 70s (500)\n"
              "70s told [device=d] the alarm is raised, high (held for 30s)\n"
              "70s time [device=d] `o` is on at d since 40s; its alarm is open since 70s (1000)\n"
              "91s taken [device=d] door.closed of d ends `o`\n"
              "91s state [device=d] `o` is not on; what became so at 91s is decided at 93s, when nothing earlier can "
              "come "
              "any more; its alarm is open since 70s (0)\n");

        /* the asset says how long */
        watch("- rule: r\n  select: {o: {kind: door.opened}}\n  by: device\n  hold: asset.held_limit\n" RAISE, "r",
              "1s door.opened d1",
              "1s taken [device=d1] door.opened of d1 is `o`\n"
              "1s state [device=d1] `o` is on at d1 since 1s; it holds since 1s and has to for 30s, until 31s (500)\n");
}

static void expectations_say_until_when(void **state) {
        static const char rules[] = "- rule: r\n"
                                    "  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
                                    "  by: device\n"
                                    "  after: a\n"
                                    "  expect: b\n"
                                    "  for: 30s\n" RAISE;

        watch(rules, "r", "1s access.denied d; 11s access.granted d; 20s access.denied d; 60s tick",
              "1s taken [device=d] access.denied of d is `a`\n"
              "1s state [device=d] `b` has to come within 30s, before 31s (0)\n"
              "11s taken [device=d] access.granted of d is `b`\n"
              "11s state [device=d] nothing is awaited: no `a` without its answer (0)\n"
              "20s taken [device=d] access.denied of d is `a`\n"
              "20s state [device=d] `b` has to come within 30s, before 50s (0)\n"
              "50s told [device=d] the alarm is raised, high (nothing came for 30s)\n"
              "50s time [device=d] `b` has not come in time; its alarm is open since 50s (1000)\n");
}

static void what_comes_too_late_and_limits_are_told(void **state) {
        static const char rules[] = "- rule: r\n"
                                    "  select: {x: {kind: access.denied}}\n"
                                    "  by: badge\n"
                                    "  within: 10s\n"
                                    "  when: count(x) >= 2\n"
                                    "  limits: {keys: 1}\n" RAISE;

        watch(rules, "r",
              "100s access.denied d badge=1; 50s access.denied d badge=1 at 101s; 102s access.denied d badge=2",
              "100s taken [badge=1] access.denied of d is `x`\n"
              "100s state [badge=1] count(x) = 1; count(x) >= 2 does not hold (499)\n"
              "50s late [badge=1] access.denied of d is `x`, but came too late: what it could have changed is decided "
              "and "
              "forgotten\n"
              "102s limit [] the rule has reached its limit of keys: the oldest go, or newcomers are refused\n"
              "102s taken [badge=2] access.denied of d is `x`\n"
              "102s state [badge=2] count(x) = 1; count(x) >= 2 does not hold (499)\n");
}

/* Rules are others behind a swap: the watcher goes on with the one of the same name, or has nobody to watch. */
static void watching_goes_on_over_a_swap(void **state) {
        static const char rules[] = "- rule: r\n"
                                    "  select: {x: {kind: access.denied}}\n"
                                    "  by: device\n" RAISE;
        _cleanup_buf_ struct buf told = BUF_INIT;
        const struct correlate_trace trace = { &told, T0, say };
        struct harness h;

        harness_init(&h, rules);
        assert_int_equal(correlate_trace_rule(h.correlate, WW_STR("s"), &trace), CORRELATE_E_UNKNOWN);
        assert_int_equal(correlate_trace_rule(h.correlate, WW_STR("r"), &trace), 0);
        harness_swap(&h);
        harness_play(&h, "1s access.denied d");
        assert_true(told.n > 0);
        buf_reset(&told);
        assert_int_equal(correlate_trace_rule(h.correlate, WW_STR("r"), NULL), 0);
        harness_play(&h, "2s access.denied d");
        assert_int_equal(told.n, 0);
        harness_deinit(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(selections_say_in_what_an_event_differs),
                cmocka_unit_test(counts_say_how_much_is_missing),
                cmocka_unit_test(a_guard_that_asks_twice_is_told_once),
                cmocka_unit_test(sequences_say_how_far_they_are),
                cmocka_unit_test(levels_say_how_long_they_have_to_last),
                cmocka_unit_test(expectations_say_until_when),
                cmocka_unit_test(what_comes_too_late_and_limits_are_told),
                cmocka_unit_test(watching_goes_on_over_a_swap),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
