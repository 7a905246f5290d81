/* Alarms as events for other rules: their place in the order, their fields, their waits, and circles. */
#include "harness.h"

#define SMOKE                                                                                                          \
        "- rule: smoke\n  select: {s: {kind: smoke.detected}}\n  by: ward\n"                                           \
        "  raise: {hazard: fire, class: fire, priority: high}\n"
#define DENIED                                                                                                         \
        "- rule: denied\n  select: {a: {kind: access.denied}}\n  by: device\n  clear: {quiet: 10s}\n"                  \
        "  raise: {hazard: fraud, priority: low}\n"
#define RAISE "  raise: {hazard: disaster, priority: high}\n"

static void test_chain(void **state) {
        static const char rules[] = SMOKE
                "- rule: then\n  select: {f: {kind: alarm.raised, rule: smoke}}\n  by: ward\n" RAISE;
        static const char ended[] = DENIED
                "- rule: then\n  select: {c: {kind: alarm.cleared, rule: denied}}\n  by: device\n" RAISE;

        (void)state;
        /* at the match's time, and only where the episode opens */
        harness_story(rules, "5s smoke.detected smoke1; 6s smoke.detected smoke2; 9s tick",
                      "raise 5s smoke ward=W3 high\nraise 5s then ward=W3 high\nagain 6s smoke ward=W3 high\n");
        harness_story(rules, "5s smoke.detected smoke1 +exercise",
                      "raise 5s smoke ward=W3 high exercise\nraise 5s then ward=W3 high exercise\n");
        harness_story(ended, "0s access.denied d1; 12s tick",
                      "raise 0s denied device=d1 low\nclear 10s denied device=d1 low\nraise 10s then device=d1 high\n");
}

static void test_score(void **state) {
        static const char rules[] = DENIED
                "- rule: heavy\n  select: {p: {kind: panic}}\n  by: device\n"
                "  raise: {hazard: robbery, class: panic, priority: critical, weight: 45}\n"
                "- rule: risk\n  select: {e: {kind: alarm.raised}}\n  by: ward\n  when: score(e.weight, 30m) >= 55\n"
                "  clear: score(e.weight, 30m) < 30\n" RAISE;

        (void)state;
        /* 45 and 10: the weight that the rule names, and that of its priority */
        harness_story(rules, "0s panic d1; 0s access.denied d2; 3s tick",
                      "raise 0s heavy device=d1 critical\nraise 0s denied device=d2 low\nraise 0s risk ward=W3 high\n");
        harness_story(rules, "0s panic d1; 1s access.denied d2; 5s tick",
                      "raise 0s heavy device=d1 critical\nraise 1s denied device=d2 low\n");
}

/* many assets fall silent at the same instant: each is an event of its own */
static void test_many(void **state) {
        static const char rules[] = "- rule: silent\n  select: {hb: {kind: device.heartbeat}}\n  each: assets()\n"
                                    "  expect: hb\n  for: 60s\n  raise: {hazard: system, priority: low}\n"
                                    "- rule: many\n  select: {e: {kind: alarm.raised, rule: silent}}\n  within: 10s\n"
                                    "  when: count(e) >= 7\n" RAISE;

        (void)state;
        harness_story(
                rules, "62s tick",
                "raise 1m silent asset=c1 low\nraise 1m silent asset=c2 low\nraise 1m silent asset=door-exit low\n"
                "raise 1m silent asset=door-in low\nraise 1m silent asset=door-w4 low\n"
                "raise 1m silent asset=s1 low\nraise 1m silent asset=s2 low\nraise 1m many  high\n");
}

/* a rule waits for those that it reads */
static void test_wait(void **state) {
        static const char rules[] = "- rule: slow\n  select: {a: {kind: vibration.detected}, c: {kind: code.valid}}\n"
                                    "  sequence: [a, not c]\n  within: 10s\n  wait: 5s\n"
                                    "  raise: {hazard: theft, priority: low}\n"
                                    "- rule: none\n  select: {p: {kind: panic}, e: {kind: alarm.raised, rule: slow}}\n"
                                    "  sequence: [p, not e]\n  within: 10s\n"
                                    "  raise: {hazard: theft, class: panic, priority: high}\n";

        (void)state;
        /* `slow` is decided at 15 s for 10 s; `none` waits for that, and 2 s of its own */
        harness_story(rules, "0s vibration.detected v; 5s panic p; 21999999us tick", "raise 10s slow  low\n");
        harness_story(rules, "5s panic p; 21s tick; 22s tick", "raise 15s none  high\n");
}

/* `alarm.*` without a rule sees only alarms of rules that read none */
static void test_levels(void **state) {
        static const char rules[] = SMOKE
                "- rule: first\n  select: {e: {kind: alarm.raised}}\n  by: ward\n" RAISE
                "- rule: second\n  select: {e: {kind: alarm.raised, rule: [first, smoke]}}\n  by: ward\n  within: 10s\n"
                "  when: count(e) >= 2\n" RAISE;

        (void)state;
        harness_story(rules, "0s smoke.detected smoke1; 9s tick",
                      "raise 0s smoke ward=W3 high\nraise 0s first ward=W3 high\nraise 0s second ward=W3 high\n");
}

static void test_snapshot(void **state) {
        static const char rules[] = SMOKE
                "- rule: twice\n  select: {f: {kind: alarm.raised, rule: smoke}}\n  by: ward\n"
                "  within: 60s\n  when: count(f) >= 2\n" RAISE;
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        struct harness h;
        struct rd in;

        (void)state;
        harness_init(&h, rules);
        harness_play(&h, "0s smoke.detected smoke1; 5s smoke.cleared smoke1; 8s tick");
        assert_int_equal(correlate_save(h.correlate, &bytes), 0);
        correlate_free(h.correlate);
        assert_int_equal(correlate_new(&h.correlate, h.rules, T0, harness_sink, &h), 0);
        in = rd_init(buf_str(&bytes));
        assert_int_equal(correlate_load(h.correlate, &in), 0);
        harness_play(&h, "9s smoke.detected smoke1");
        harness_expect(&h, "raise 0s smoke ward=W3 high\nclear 5s smoke ward=W3 high\nraise 9s smoke ward=W3 high\n"
                           "raise 9s twice ward=W3 high\n");
        harness_deinit(&h);
}

static void refused(const char *rules, const char *text) {
        struct harness h;

        assert_int_equal(harness_compile(&h, rules), DIAG_E_USER);
        diag_render(&h.diag, &h.out);
        buf_put_u8(&h.out, 0);
        if (!strstr((char *)h.out.p, text))
                fail_msg("%s", (char *)h.out.p);
        harness_deinit(&h);
}

static void test_circles(void **state) {
        (void)state;
        refused("- rule: a\n  select: {e: {kind: alarm.raised, rule: a}}\n" RAISE,
                "rules depend on each other in a circle: a → a");
        refused("- rule: a\n  select: {e: {kind: alarm.raised, rule: b}}\n" RAISE
                "- rule: b\n  select: {o: {kind: panic}}\n  while: alarm(a)\n"
                "  raise: {hazard: robbery, class: panic, priority: high}\n",
                "rules depend on each other in a circle: a → b → a");
        refused("- rule: a\n  select: {e: {kind: alarm.raised, rule: b}}\n  mute: {match: {rule: b}}\n" RAISE
                "- rule: b\n  select: {o: {kind: access.denied}}\n" RAISE,
                "rules depend on each other in a circle: a → b → a");
        refused("- rule: a\n  select: {e: {kind: alarm.raised, rule: smoke}}\n" RAISE SMOKE
                "- rule: b\n  select: {e: {kind: alarm.raised, rule: smok}}\n" RAISE,
                "did you mean `smoke`?");
        refused(SMOKE "- rule: b\n  select: {o: {kind: access.denied}}\n  while: alarm(smokey)\n" RAISE,
                "did you mean `smoke`?");
        refused(SMOKE "- rule: b\n  select: {o: {kind: access.denied}}\n  mute: {match: {rule: smoke}}\n" RAISE,
                "never muted");
}

static void test_mutes(void **state) {
        static const char rules[] =
                "- rule: down\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n"
                "  for: 60s\n  mute: {match: {rule: silent}, under: asset, settle: 10s}\n"
                "  raise: {hazard: system, priority: high}\n"
                "- rule: silent\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(door)\n  expect: hb\n"
                "  for: 60s\n  raise: {hazard: system, priority: low}\n";
        const struct ww_mute *mutes;
        struct harness h;
        size_t n;

        (void)state;
        harness_init(&h, rules);
        mutes = correlate_rules_mutes(h.rules, &n);
        assert_int_equal(n, 1);
        assert_true(ww_str_is(mutes[0].rule, "down"));
        assert_int_equal(mutes[0].n_rules, 1);
        assert_true(mutes[0].under && !mutes[0].any);
        assert_int_equal(mutes[0].settle, 10 * WW_SECOND);
        assert_int_equal(mutes[0].wait, 2 * WW_SECOND);
        assert_int_equal(mutes[0].n_assets, 2);
        assert_true(mutes[0].assets[0] < mutes[0].assets[1]);
        harness_deinit(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_chain), cmocka_unit_test(test_score),   cmocka_unit_test(test_many),
                cmocka_unit_test(test_wait),  cmocka_unit_test(test_levels),  cmocka_unit_test(test_snapshot),
                cmocka_unit_test(test_mutes), cmocka_unit_test(test_circles),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
