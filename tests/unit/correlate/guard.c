/* Guards: state selections, schedules, modes and other rules' alarms, in every kind of condition. */
#include "harness.h"

#define RAISE "  raise: {hazard: theft, priority: high}\n"
#define DOOR  "- rule: r\n  select: {o: {kind: door.opened}}\n  by: device\n"

static void test_schedule_level(void **state) {
        static const char rule[] = DOOR "  while: schedule(night)\n" RAISE; /* 40 s to 400 s */

        (void)state;
        harness_story(rule, "41s door.opened d1", "raise 41s r device=d1 high\n");
        /* open already when it arms */
        harness_story(rule, "0s door.opened d1; 41999999us tick; 42s tick", "raise 40s r device=d1 high\n");
        harness_story(rule, "0s door.opened d1; 39999999us door.closed d1; 90s tick", "");
        harness_story(rule, "0s door.opened d1; 40s door.closed d1; 90s tick",
                      "raise 40s r device=d1 high\nclear 40s r device=d1 high\n");
        /* its end clears nothing; the door's does */
        harness_story(rule, "390s door.opened d1; 410s tick; 420s door.closed d1; 422s tick",
                      "raise 390s r device=d1 high\nclear 7m r device=d1 high\n");
        /* the first instant is inside, the end is not */
        harness_story(rule, "400s door.opened d1; 500s tick", "");
}

static void test_schedule_hold(void **state) {
        static const char rule[] = DOOR "  hold: 30s\n  while: schedule(night)\n" RAISE;

        (void)state;
        /* the hold begins with the guard */
        harness_story(rule, "0s door.opened d1; 71s tick; 72s tick", "raise 70s r device=d1 high\n");
        /* … and its end resets it */
        harness_story(rule, "371s door.opened d1; 500s tick", "");
        harness_story(rule, "370s door.opened d1; 500s tick", "raise 400s r device=d1 high\n");
}

static void test_instants(void **state) {
        static const char pulse[] =
                "- rule: r\n  select: {a: {kind: access.denied}}\n  while: not schedule(night)\n" RAISE;
        static const char sequence[] = "- rule: r\n  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
                                       "  sequence: [a, b]\n  within: 5m\n  while: schedule(night)\n" RAISE;
        static const char when[] = "- rule: r\n  select: {a: {kind: access.denied}}\n  within: 60s\n"
                                   "  when: count(a) >= 2\n  while: schedule(night)\n" RAISE;

        (void)state;
        harness_story(pulse, "39999999us access.denied x; 40s access.denied x; 400s access.denied x",
                      "raise 39999999us r  high\nagain 400s r  high\n");
        /* of the last step only, and a step that it keeps out is not taken */
        harness_story(sequence, "0s access.denied x; 39s access.granted x; 41s access.granted x",
                      "raise 41s r  high\n");
        harness_story(sequence, "0s access.denied x; 39s access.granted x; 400s tick", "");
        harness_story(when, "20s access.denied x; 30s access.denied x; 42s tick", "raise 40s r  high\n");
}

static void test_mode(void **state) {
        static const char rule[] = DOOR "  while: mode(armed)\n" RAISE;

        (void)state;
        harness_story(rule, "0s door.opened d1; 60s tick", "");
        harness_story(rule, "0s door.opened d1; 10s mode armed on; 12s tick", "raise 10s r device=d1 high\n");
        harness_story(rule, "0s mode armed on; 1s door.opened d1; 2s mode armed off; 3s door.closed d1; 9s tick",
                      "raise 1s r device=d1 high\nclear 3s r device=d1 high\n");
        /* as of the event's time, which may be before the command */
        harness_story(rule,
                      "10s mode armed on; 9s access.denied x at 10s; 9999999us door.opened d1 at 10s; 9999999us "
                      "tick; 11s mode armed off; 10999999us door.opened d2 at 11s; 20s tick",
                      "raise 10999999us r device=d2 high\nraise 10s r device=d1 high\n");
}

static void test_state(void **state) {
        static const char rule[] =
                "- rule: r\n  select: {o: {kind: door.opened}, armed: {kind: arm.armed}}\n  by: ward\n"
                "  while: armed\n" RAISE;

        (void)state;
        harness_story(rule, "0s arm.armed d2; 5s door.opened d1; 7s tick", "raise 5s r ward=W3 high\n");
        harness_story(rule, "0s door.opened d1; 5s arm.armed d2; 7s tick", "raise 5s r ward=W3 high\n");
        /* another ward's */
        harness_story(rule, "0s arm.armed d4; 5s door.opened d1; 99s tick", "");
        /* patient: it was disarmed before, and the message comes a second later */
        harness_story(rule, "0s arm.armed d2; 5s door.opened d1; 4s arm.disarmed d2 at 6s; 99s tick", "");
        /* disarming clears nothing */
        harness_story(rule,
                      "0s arm.armed d2; 5s door.opened d1; 8s arm.disarmed d2; 99s tick; 100s door.closed d1; "
                      "102s tick",
                      "raise 5s r ward=W3 high\nclear 100s r ward=W3 high\n");
}

#define FIRE                                                                                                           \
        "- rule: fire\n  select: {s: {kind: smoke.detected}}\n  by: ward\n"                                            \
        "  raise: {hazard: fire, class: fire, priority: critical}\n"

static void test_alarm(void **state) {
        static const char rule[] = FIRE DOOR "  while: not alarm(fire)\n" RAISE;
        static const char same[] = FIRE "- rule: r\n  select: {o: {kind: door.opened}}\n  by: [ward, device]\n"
                                        "  while: alarm(fire)\n" RAISE;

        (void)state;
        /* no part in common: any ward's */
        harness_story(rule, "0s smoke.detected smoke1; 5s door.opened d4; 20s tick",
                      "raise 0s fire ward=W3 critical\n");
        harness_story(rule, "0s smoke.detected smoke1; 5s smoke.cleared smoke1; 6s door.opened d4; 20s tick",
                      "raise 0s fire ward=W3 critical\nclear 5s fire ward=W3 critical\nraise 6s r device=d4 high\n");
        /* [opened, closed) */
        harness_story(rule, "0s smoke.detected smoke1; 5s door.opened d4; 5s smoke.cleared smoke1; 20s tick",
                      "raise 0s fire ward=W3 critical\nclear 5s fire ward=W3 critical\nraise 5s r device=d4 high\n");
        /* the same ward */
        harness_story(same, "0s smoke.detected smoke1; 5s door.opened d4; 6s door.opened d1; 20s tick",
                      "raise 0s fire ward=W3 critical\nraise 6s r ward=W3,device=d1 high\n");
        /* a door that is open when the fire begins; a fire whose message comes late */
        harness_story(same, "0s door.opened d1; 5s smoke.detected smoke1; 20s tick",
                      "raise 5s fire ward=W3 critical\nraise 5s r ward=W3,device=d1 high\n");
        harness_story(same, "5s door.opened d1; 4s smoke.detected smoke1 at 6s; 5500ms door.closed d1 at 6s; 20s tick",
                      "raise 4s fire ward=W3 critical\nraise 5s r ward=W3,device=d1 high\n"
                      "clear 5500ms r ward=W3,device=d1 high\n");
        /* a drill's fire is none */
        harness_story(same, "0s smoke.detected smoke1 +exercise; 5s door.opened d1; 20s tick",
                      "raise 0s fire ward=W3 critical exercise\n");
}

static void test_expect(void **state) {
        static const char rule[] = "- rule: r\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n"
                                   "  expect: hb\n  for: 30s\n  while: schedule(night)\n" RAISE;

        (void)state;
        /* silent since long before the guard opens */
        harness_story(rule, "41s tick; 42s tick", "raise 40s r asset=c1 high\nraise 40s r asset=c2 high\n");
        harness_story(rule, "20s device.heartbeat ctl1; 20s device.heartbeat ctl2; 51s tick; 52s tick",
                      "raise 50s r asset=c1 high\nraise 50s r asset=c2 high\n");
}

/* openings at 100 s and, every day, 86 400 s later */
static void test_after_schedule(void **state) {
        static const char rule[] = "- rule: r\n  select: {scan: {kind: patrol.scanned}}\n  each: assets(controller)\n"
                                   "  after: schedule(rounds)\n  expect: scan\n  for: 30s\n" RAISE;
        static const char one[] = "- rule: r\n  select: {scan: {kind: patrol.scanned}}\n  after: schedule(rounds)\n"
                                  "  expect: scan\n  for: 30s\n" RAISE;

        (void)state;
        harness_story(one, "131s tick; 132s tick", "raise 130s r  high\n");
        harness_story(one, "99999999us patrol.scanned p; 132s tick", "raise 130s r  high\n");
        harness_story(one, "100s patrol.scanned p; 132s tick", "");
        harness_story(one, "129999999us patrol.scanned p; 132s tick", "");
        harness_story(one, "130s patrol.scanned p; 132s tick", "raise 130s r  high\nclear 130s r  high\n");
        harness_story(one, "86532s tick", "raise 130s r  high\nagain 86530s r  high\n");
        /* a drill's scan answers nothing, and begins no clock */
        harness_story(one, "110s patrol.scanned p +exercise; 132s tick", "raise 130s r  high\n");
        harness_story(rule, "110s patrol.scanned ctl2; 132s tick", "raise 130s r asset=c1 high\n");
        /* blind when it opened: with `each` the clock begins at the end, else the deadline moves to the end + wait */
        harness_story(rule, "90s blind; 110s seen; 110s patrol.scanned ctl2; 141s tick; 142s tick",
                      "raise 140s r asset=c1 high\n");
        harness_story(one, "120s blind; 140s seen; 143s tick; 144s tick", "raise 142s r  high\n");
}

static void test_lists(void **state) {
        static const char rule[] = "- rule: r\n  select: {a: {kind: access.granted, role: \"@maternity\"}}\n"
                                   "  by: device\n" RAISE;

        (void)state;
        harness_story(rule, "0s access.granted x role=nurse; 1s access.granted y role=cook",
                      "raise 0s r device=x high\n");
        harness_story(rule,
                      "0s list maternity add cook; 1s access.granted y role=cook; 2s list maternity remove nurse; 3s "
                      "access.granted x role=nurse; 4s list maternity remove cook; 5s access.granted z role=cook; 6s "
                      "list maternity add nurse; 7s access.granted x role=nurse",
                      "raise 1s r device=y high\nraise 7s r device=x high\n");
        /* a permit: until then, and no longer */
        harness_story(rule,
                      "0s list maternity add cook 10s; 9999999us access.granted x role=cook; 10s access.granted y "
                      "role=cook",
                      "raise 9999999us r device=x high\n");
}

/* what a `where` can ask of zones */
static void test_zones(void **state) {
        static const char site[] =
                "site: s\nzones:\n  - {zone: B1, key_area: true}\n  - {zone: W3, in: B1, adjacent: [W4]}\n"
                "  - {zone: W4, in: B1}\n  - {zone: W5}\nassets:\n"
                "  - {asset: a3, device: d3, zone: W3}\n  - {asset: a4, device: d4, zone: W4}\n"
                "  - {asset: a5, device: d5, zone: W5}\n  - {asset: a1, device: d1, zone: B1}\n";
        static const char rules[] =
                "- rule: in\n  select: {a: {kind: tip, where: \"inside(zone, 'B1')\"}}\n  by: device\n" RAISE
                "- rule: key\n  select: {a: {kind: panic, where: zone.key_area}}\n  by: device\n"
                "  raise: {hazard: theft, class: panic, priority: high}\n"
                "- rule: next\n  select:\n    a: {kind: access.denied}\n"
                "    b: {kind: access.denied, where: 'adjacent(b.zone, a.zone)'}\n"
                "  sequence: [a, b]\n  within: 1m\n" RAISE;
        struct harness h;

        (void)state;
        harness_init_for(&h, site, rules);
        harness_play(&h, "0s tip d3; 1s tip d5; 2s tip d1; 3s tip nowhere; 4s panic d3; 5s panic d1");
        harness_expect(&h, "raise 0s in device=d3 high\nraise 2s in device=d1 high\nraise 5s key device=d1 high\n");
        harness_play(&h, "10s access.denied d3; 11s access.denied d5; 12s access.denied d4");
        harness_expect(&h, "raise 12s next  high\n");
        harness_deinit(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_schedule_level), cmocka_unit_test(test_schedule_hold),
                cmocka_unit_test(test_instants),       cmocka_unit_test(test_mode),
                cmocka_unit_test(test_state),          cmocka_unit_test(test_alarm),
                cmocka_unit_test(test_expect),         cmocka_unit_test(test_after_schedule),
                cmocka_unit_test(test_lists),          cmocka_unit_test(test_zones),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
