/* What rules.md's table says, row by row, at the boundaries. */
#include "harness.h"

#define RAISE "  raise: {hazard: theft, priority: high}\n"

static const char infant[] = "- rule: infant\n"
                             "  select:\n"
                             "    out:  {kind: tag.left, class: infant}\n"
                             "    ok:   {kind: access.granted, role: \"@maternity\", where: door.exit}\n"
                             "    exit: {kind: door.opened, where: door.exit}\n"
                             "  by: ward\n"
                             "  sequence: [not ok, out, not ok, exit]\n"
                             "  within: 60s\n"
                             "  raise: {hazard: theft, class: infant, priority: critical, procedure: code-pink}\n";

#define OUT "tag.left gw zone=W3 ward=W3 class=infant"

static void test_infant(void **state) {
        (void)state;
        harness_story(infant, "0s tag.left d2 class=infant; 30s door.opened d1; 40s tick",
                      "raise 30s infant ward=W3 critical\n");
        /* decided only when the watermark reaches the exit */
        harness_story(infant, "0s tag.left d2 class=infant; 30s door.opened d1; 31999999us tick", "");
        harness_story(infant, "0s tag.left d2 class=infant; 30s door.opened d1; 32s tick",
                      "raise 30s infant ward=W3 critical\n");
        harness_story(infant,
                      "0s tag.left d2 class=infant; 20s access.granted d1 role=nurse; 30s door.opened d1; 99s tick",
                      "");
        harness_story(infant,
                      "0s tag.left d2 class=infant; 20s access.granted d1 role=cook; 30s door.opened d1; 99s tick",
                      "raise 30s infant ward=W3 critical\n");
        /* the door is no exit; another ward's exit */
        harness_story(infant, "0s tag.left d2 class=infant; 30s door.opened d2; 31s door.opened d4; 99s tick", "");
        /* last − first < W */
        harness_story(infant, "0s tag.left d2 class=infant; 59999999us door.opened d1; 99s tick",
                      "raise 59999999us infant ward=W3 critical\n");
        harness_story(infant, "0s tag.left d2 class=infant; 60s door.opened d1; 199s tick", "");
}

static void test_infant_leading(void **state) {
        (void)state;
        /* none in (t − W, t) */
        harness_story(
                infant,
                "0s access.granted d1 role=nurse; 59999999us tag.left d2 class=infant; 61s door.opened d1; 99s tick",
                "");
        harness_story(infant,
                      "0s access.granted d1 role=nurse; 60s tag.left d2 class=infant; 61s door.opened d1; 99s tick",
                      "raise 61s infant ward=W3 critical\n");
        /* equal times: the order of arrival decides */
        harness_story(infant,
                      "10s access.granted d1 role=nurse; 10s tag.left d2 class=infant; 11s door.opened d1; 99s tick",
                      "");
        harness_story(infant,
                      "10s tag.left d2 class=infant; 10s door.opened d1; 10s access.granted d1 role=nurse; 99s tick",
                      "raise 10s infant ward=W3 critical\n");
        harness_story(infant,
                      "10s tag.left d2 class=infant; 10s access.granted d1 role=nurse; 10s door.opened d1; 99s tick",
                      "");
}

static void test_disorder(void **state) {
        (void)state;
        /* the badge arrives a second after the exit, but was read before it */
        harness_story(
                infant,
                "0s tag.left d2 class=infant; 30s door.opened d1; 29s access.granted d1 role=nurse at 31s; 99s tick",
                "");
        /* too late: what has fired stands, and is refuted */
        harness_story(
                infant,
                "0s tag.left d2 class=infant; 30s door.opened d1; 29s access.granted d1 role=nurse at 33s; 99s tick",
                "raise 30s infant ward=W3 critical\nrefuted 29s infant ward=W3 critical late\n");
        /* the exit arrives before the tag */
        harness_story(infant, "30s door.opened d1; 29s tag.left d2 class=infant at 31s; 99s tick",
                      "raise 30s infant ward=W3 critical\n");
}

static const char probing[] = "- rule: probing\n"
                              "  select: {x: {kind: access.denied}}\n"
                              "  by: badge\n"
                              "  within: 5m\n"
                              "  when: distinct(x.door) >= 3\n"
                              "  clear: {quiet: 10m}\n"
                              "  raise: {hazard: fraud, priority: medium}\n";

static void test_window(void **state) {
        (void)state;
        harness_story(probing,
                      "0s access.denied r badge=7 door=A; 1s access.denied r badge=7 door=B; 2s access.denied r "
                      "badge=7 door=B;"
                      "3s access.denied r badge=8 door=C; 299999999us access.denied r badge=7 door=C",
                      "raise 299999999us probing badge=7 medium\n");
        harness_story(probing,
                      "0s access.denied r badge=7 door=A; 1s access.denied r badge=7 door=B; 300s access.denied r "
                      "badge=7 door=C",
                      "");
        /* further matches are evidence; quiet counts from the fall */
        harness_story(probing,
                      "0s access.denied r badge=7 door=A; 1s access.denied r badge=7 door=B; 2s access.denied r "
                      "badge=7 door=C;"
                      "3s access.denied r badge=7 door=A; 901999999us tick; 903s tick",
                      "raise 2s probing badge=7 medium\nagain 3s probing badge=7 medium\nclear 901s probing badge=7 "
                      "medium\n");
        /* key missing */
        harness_story(probing, "0s access.denied r door=A; 1s access.denied r door=B; 2s access.denied r door=C", "");
        /* positive: decided on arrival, in whatever order */
        harness_story(probing,
                      "3s access.denied r badge=7 door=A; 2s access.denied r badge=7 door=B at 3s; 1s access.denied r "
                      "badge=7 "
                      "door=C at 3s",
                      "raise 3s probing badge=7 medium\n");
}

static const char fire[] = "- rule: fire\n"
                           "  select: {d: {kind: smoke.detected}, m: {kind: callpoint.pressed}}\n"
                           "  by: building\n"
                           "  within: 60s\n"
                           "  when: distinct(d.device) >= 2 or count(m) >= 1\n"
                           "  clear: manual\n"
                           "  raise: {hazard: fire, class: fire, priority: critical}\n";

static void test_spans(void **state) {
        (void)state;
        /* a detector still in alarm counts, however long ago it tripped */
        harness_story(fire, "0s smoke.detected smoke1; 1h smoke.detected smoke2",
                      "raise 1h fire building=B1 critical\n");
        /* one that ended counts until its end + W */
        harness_story(fire, "0s smoke.detected smoke1; 100s smoke.cleared smoke1; 159999999us smoke.detected smoke2",
                      "raise 159999999us fire building=B1 critical\n");
        harness_story(fire, "0s smoke.detected smoke1; 100s smoke.cleared smoke1; 160s smoke.detected smoke2", "");
        /* the same detector twice is one */
        harness_story(fire, "0s smoke.detected smoke1; 1s smoke.cleared smoke1; 2s smoke.detected smoke1", "");
        /* the condition falls at the end + W of the first of the two */
        harness_story(
                fire,
                "0s smoke.detected smoke1; 1s smoke.detected smoke2; 10s smoke.cleared smoke1; 71s tick; 72s tick",
                "raise 1s fire building=B1 critical\nclear 70s fire building=B1 critical\n");
}

static const char held[] = "- rule: held\n"
                           "  select: {o: {kind: door.opened}}\n"
                           "  by: device\n"
                           "  hold: asset.held_limit\n" RAISE;

static void test_hold(void **state) {
        (void)state;
        harness_story(held, "0s door.opened d1; 31s tick; 32s tick; 40s door.closed d1; 42s tick",
                      "raise 30s held device=d1 high\nclear 40s held device=d1 high\n");
        /* closed at the very limit: the deadline comes first */
        harness_story(held, "0s door.opened d1; 30s door.closed d1; 40s tick",
                      "raise 30s held device=d1 high\nclear 30s held device=d1 high\n");
        harness_story(held, "0s door.opened d1; 29999999us door.closed d1; 40s tick", "");
        /* no limit, no alarm */
        harness_story(held, "0s door.opened d2; 1h tick", "");
        /* its end arrives late, but before it is decided */
        harness_story(held, "0s door.opened d1; 29s door.closed d1 at 31s; 40s tick", "");
}

static const char silent[] = "- rule: silent\n"
                             "  select: {hb: {kind: device.heartbeat}}\n"
                             "  each: assets(controller)\n"
                             "  expect: hb\n"
                             "  for: asset.supervision\n"
                             "  raise: {hazard: system, priority: high}\n";

static void test_expect(void **state) {
        (void)state;
        /* never heard: from the enrolment */
        harness_story(silent, "91999999us tick", "");
        harness_story(silent, "92s tick; 182s tick", "raise 90s silent asset=c1 high\nraise 3m silent asset=c2 high\n");
        harness_story(silent, "10s device.heartbeat ctl1; 101s tick; 102s tick", "raise 100s silent asset=c1 high\n");
        /* at the very deadline it is too late */
        harness_story(silent, "90s device.heartbeat ctl1; 93s tick",
                      "raise 90s silent asset=c1 high\nclear 90s silent asset=c1 high\n");
        harness_story(silent, "89999999us device.heartbeat ctl1; 93s tick", "");
        /* a drill's heartbeat is none */
        harness_story(silent, "50s device.heartbeat ctl1 +exercise; 93s tick", "raise 90s silent asset=c1 high\n");
}

static void test_blind(void **state) {
        (void)state;
        harness_story(silent, "50s blind; 200s seen; 290s tick; 291s tick; 292s tick",
                      "raise 290s silent asset=c1 high\n");
        harness_story(silent, "50s blind; 200s tick; 210s device.heartbeat ctl1; 220s seen; 311s tick; 312s tick",
                      "raise 310s silent asset=c1 high\n");
        /* what the backlog refutes is not raised */
        harness_story(infant,
                      "0s tag.left d2 class=infant; 30s door.opened d1; 31s blind; 29s access.granted d1 role=nurse at "
                      "50s; 60s "
                      "seen; 99s tick",
                      "");
        harness_story(infant,
                      "0s tag.left d2 class=infant; 30s door.opened d1; 31s blind; 60s seen; 61s tick; 62s tick",
                      "raise 30s infant ward=W3 critical\n");
        /* clearing stands still */
        harness_story("- rule: q\n  select: {p: {kind: access.denied}}\n  clear: {quiet: 10s}\n" RAISE,
                      "0s access.denied v; 4s blind; 30s seen; 37s tick; 38s tick",
                      "raise 0s q  high\nclear 36s q  high\n");
}

static void test_exercise(void **state) {
        (void)state;
        harness_story(
                infant,
                "0s tag.left d2 class=infant; 10s access.granted d1 role=nurse +exercise; 30s door.opened d1; 99s tick",
                "raise 30s infant ward=W3 critical\n");
        harness_story(infant, "0s tag.left d2 class=infant +exercise; 30s door.opened d1; 99s tick", "");
        harness_story(infant, "0s tag.left d2 class=infant +exercise; 30s door.opened d1 +exercise; 99s tick",
                      "raise 30s infant ward=W3 critical exercise\n");
}

static void test_flags(void **state) {
        static const char both[] = "- rule: bad\n  select: {x: {kind: access.denied, flags: suspect}}\n" RAISE
                                   "- rule: good\n  select: {x: {kind: access.denied}}\n" RAISE;

        (void)state;
        harness_story(both, "0s access.denied r +suspect", "raise 0s bad  high\n");
        harness_story(both, "0s access.denied r", "raise 0s good  high\n");
        harness_story(both, "0s access.denied r +duplicate", "");
}

static void test_levels(void **state) {
        static const char any[] = "- rule: smoke\n  select: {d: {kind: smoke.detected}}\n  by: ward\n"
                                  "  raise: {hazard: fire, class: fire, priority: high}\n";

        (void)state;
        harness_story(any,
                      "0s smoke.detected smoke1; 1s smoke.detected smoke2; 2s smoke.cleared smoke1; 9s tick; 10s "
                      "smoke.cleared smoke2; 12s tick",
                      "raise 0s smoke ward=W3 high\nagain 1s smoke ward=W3 high\nclear 10s smoke ward=W3 high\n");
        /* a fire that began while we were away */
        harness_story(any, "0s smoke.detected smoke1 +retained", "raise 0s smoke ward=W3 high\n");
        /* unknown changes nothing; a bad closing frame neither */
        harness_story(any, "0s smoke.detected smoke1; 1s smoke.cleared smoke1 +suspect; 9s tick",
                      "raise 0s smoke ward=W3 high\n");
}

static void test_expect_after(void **state) {
        static const char rule[] =
                "- rule: patrol\n  select: {p: {kind: panic}, s: {kind: patrol.scanned}}\n  after: p\n"
                "  expect: s\n  for: 5m\n  raise: {hazard: robbery, class: panic, priority: high}\n";

        (void)state;
        harness_story(rule, "0s panic b; 301s tick; 302s tick", "raise 5m patrol  high\n");
        harness_story(rule, "0s panic b; 299999999us patrol.scanned s; 400s tick", "");
        harness_story(rule, "0s panic b; 300s patrol.scanned s; 400s tick",
                      "raise 5m patrol  high\nclear 5m patrol  high\n");
        /* one event answers all that wait; each passes for itself */
        harness_story(rule, "0s panic b; 10s panic b; 20s patrol.scanned s; 400s tick", "");
        harness_story(rule, "0s panic b; 10s panic b; 400s tick", "raise 5m patrol  high\nagain 310s patrol  high\n");
        /* an answer before the anchor is none, at the same µs the order decides */
        harness_story(rule, "5s patrol.scanned s; 5s panic b; 400s tick", "raise 305s patrol  high\n");
        harness_story(rule, "5s panic b; 5s patrol.scanned s; 400s tick", "");
}

static void test_trailing(void **state) {
        static const char rule[] = "- rule: t\n  select: {a: {kind: vibration.detected}, c: {kind: code.valid}}\n"
                                   "  sequence: [a, not c]\n  within: 30s\n" RAISE;
        static const char gap[] =
                "- rule: t\n  select: {a: {kind: access.denied}, b: {kind: credential}, c: {kind: code.valid}}\n"
                "  sequence: [a, b, not c]\n  within: 30s\n  gap: 10s\n" RAISE;

        (void)state;
        harness_story(rule, "0s vibration.detected v; 29999999us code.valid k; 99s tick", "");
        harness_story(rule, "0s vibration.detected v; 30s code.valid k; 99s tick", "raise 30s t  high\n");
        harness_story(gap, "0s access.denied r; 5s credential r; 99s tick", "raise 15s t  high\n");
        harness_story(gap, "0s access.denied r; 9999999us credential r; 99s tick", "raise 19999999us t  high\n");
        harness_story(gap, "0s access.denied r; 10s credential r; 99s tick", "");
}

static void test_cross(void **state) {
        static const char rule[] = "- rule: two\n  select:\n    first: {kind: access.granted}\n"
                                   "    other: {kind: access.granted, where: other.badge != first.badge}\n"
                                   "  by: device\n  sequence: [first, other]\n  within: 10s\n" RAISE;

        (void)state;
        harness_story(rule, "0s access.granted r badge=1; 1s access.granted r badge=1; 2s access.granted r badge=2",
                      "raise 2s two device=r high\n");
        harness_story(rule, "0s access.granted r badge=1; 1s access.granted r badge=1", "");
}

static void test_absence(void **state) {
        static const char rule[] =
                "- rule: more-out\n  select: {p: {kind: passage}, g: {kind: access.granted}}\n  by: device\n"
                "  within: 5s\n  when: count(p) > count(g)\n  clear: {quiet: 30s}\n" RAISE;

        (void)state;
        /* not positive: waits for the watermark */
        harness_story(rule, "0s passage r; 1s tick", "");
        harness_story(rule, "0s passage r; 2s tick", "raise 0s more-out device=r high\n");
        harness_story(rule, "0s passage r; 0s access.granted r at 1s; 2s tick", "raise 0s more-out device=r high\n");
}

static void test_manual_instant(void **state) {
        static const char rule[] = "- rule: p\n  select: {x: {kind: panic}}\n  by: device\n"
                                   "  raise: {hazard: robbery, class: panic, priority: critical}\n";

        (void)state;
        harness_story(rule, "0s panic b; 5s panic b; 6s reset p device=b; 7s panic b",
                      "raise 0s p device=b critical\nagain 5s p device=b critical\nraise 7s p device=b critical\n");
}

static void test_limits(void **state) {
        static const char rule[] = "- rule: p\n  select: {x: {kind: access.denied}}\n  by: badge\n  within: 1m\n"
                                   "  when: count(x) >= 3\n  limits: {keys: 2}\n" RAISE;

        (void)state;
        harness_story(
                rule,
                "0s access.denied r badge=1; 1s access.denied r badge=2; 2s access.denied r badge=3; 3s access.denied "
                "r "
                "badge=2; 4s access.denied r badge=2; 5s access.denied r badge=3; 6s access.denied r badge=3",
                "raise 2s correlate-limit rule=p,limit=keys high\nraise 4s p badge=2 high\nraise 6s p badge=3 high\n");
}

static void test_regrade(void **state) {
        static const char rule[] =
                "- rule: p\n  select: {x: {kind: access.denied}}\n  within: 10s\n  when: count(x) >= 2\n"
                "  regrade: [{if: count(x) >= 3, priority: critical}]\n" RAISE;

        (void)state;
        harness_story(rule, "0s access.denied r; 1s access.denied r; 2s access.denied r; 99s tick",
                      "raise 1s p  high\nagain 2s p  critical\nregrade 10s p  high\nclear 11s p  high\n");
}

/* what a title wants and nobody knows is named */
static void test_title(void **state) {
        static const char rule[] = "- rule: p\n  title: 'Panic {device} in {ward}, {zone}, by {badge}'\n"
                                   "  select: {x: {kind: panic}}\n  by: device\n"
                                   "  raise: {hazard: robbery, class: panic, priority: high}\n";
        struct harness h;
        char row[] = "0s panic stranger";

        (void)state;
        harness_init(&h, rule);
        h.titles = true;
        harness_row(&h, row);
        assert_true(ww_str_is(buf_str(&h.out), "raise 0s p device=stranger high \"Panic stranger in unknown ward, "
                                               "unknown zone, by unknown badge\"\n"));
        harness_deinit(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_infant),   cmocka_unit_test(test_infant_leading),
                cmocka_unit_test(test_disorder), cmocka_unit_test(test_window),
                cmocka_unit_test(test_spans),    cmocka_unit_test(test_hold),
                cmocka_unit_test(test_expect),   cmocka_unit_test(test_blind),
                cmocka_unit_test(test_exercise), cmocka_unit_test(test_flags),
                cmocka_unit_test(test_levels),   cmocka_unit_test(test_expect_after),
                cmocka_unit_test(test_trailing), cmocka_unit_test(test_cross),
                cmocka_unit_test(test_absence),  cmocka_unit_test(test_manual_instant),
                cmocka_unit_test(test_limits),   cmocka_unit_test(test_regrade),
                cmocka_unit_test(test_title),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
