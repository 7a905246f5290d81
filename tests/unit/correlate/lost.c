/* A device that cannot be heard: its silence clears nothing. */
#include "harness.h"

#define QUIET                                                                                                          \
        "- rule: q\n  select: {p: {kind: access.denied}}\n  by: device\n  clear: {quiet: 10s}\n"                       \
        "  raise: {hazard: theft, priority: high}\n"

static void test_lost(void **state) {
        (void)state;
        harness_story(QUIET, "0s access.denied d1; 11s tick; 12s tick",
                      "raise 0s q device=d1 high\nclear 10s q device=d1 high\n");
        /* four seconds were heard, six are left when it is back */
        harness_story(QUIET,
                      "0s access.denied d1; 4s device.offline d1; 100s tick; 200s device.online d1; 207s tick; "
                      "208s tick",
                      "raise 0s q device=d1 high\nclear 206s q device=d1 high\n");
        /* lost at the very end is too late; another device is no matter */
        harness_story(QUIET, "0s access.denied d1; 10s device.offline d1; 12s tick",
                      "raise 0s q device=d1 high\nclear 10s q device=d1 high\n");
        harness_story(QUIET, "0s access.denied d1; 4s device.offline d2; 12s tick",
                      "raise 0s q device=d1 high\nclear 10s q device=d1 high\n");
        harness_story(QUIET, "0s access.denied d1; 9999999us device.offline d1; 99s tick",
                      "raise 0s q device=d1 high\n");
        /* twice, and blind in between */
        harness_story(QUIET,
                      "0s access.denied d1; 2s device.offline d1; 20s device.online d1; 23s device.offline d1; 30s "
                      "blind; 40s device.online d1; 60s seen; 66s tick; 67s tick",
                      "raise 0s q device=d1 high\nclear 65s q device=d1 high\n");
}

/* a link that is told late, but before it is decided */
static void test_disorder(void **state) {
        (void)state;
        harness_story(QUIET, "0s access.denied d1; 9s device.offline d1 at 11s; 99s tick",
                      "raise 0s q device=d1 high\n");
}

/* a reader behind a gateway is lost with it */
static void test_gateway(void **state) {
        static const char site[] = "site: s\nzones:\n  - {zone: z}\nassets:\n  - {asset: g, device: gw, zone: z}\n"
                                   "  - {asset: r, device: rd, parent: g, zone: z}\n";
        struct harness h;

        (void)state;
        harness_init_for(&h, site, QUIET);
        harness_play(&h, "0s access.denied rd; 4s device.offline gw; 90s tick; 100s device.online gw; 109s tick");
        harness_expect(&h, "raise 0s q device=rd high\nclear 106s q device=rd high\n");
        harness_deinit(&h);
}

#define RULE(name, select, more)                                                                                       \
        "- rule: " name "\n  select: {x: {" select "}}\n" more "  raise: {hazard: system, priority: low"

/* which rules are the supervision, and which alarms nobody may hear */
static void test_marks(void **state) {
        static const struct {
                const char *rule, *story, *expected;
        } rows[] = {
                { RULE("r", "kind: device.offline", "  by: device\n") "}\n", "0s device.offline d1",
                  "raise 0s r device=d1 low link\n" },
                { RULE("r", "kind: device.link", "  by: device\n  hold: 5s\n") "}\n", "0s device.offline d1; 9s tick",
                  "raise 5s r device=d1 low link\n" },
                { RULE("r", "kind: trouble.detected", "  by: device\n") "}\n", "0s trouble.detected d1",
                  "raise 0s r device=d1 low\n" },
                { RULE("r", "kind: access.denied",
                       "  each: assets(controller)\n  expect: x\n  for: asset.supervision\n") "}\n",
                  "100s tick", "raise 90s r asset=c1 low silent\n" },
                { RULE("r", "kind: device.heartbeat", "  each: assets(controller)\n  expect: x\n  for: 90s\n") "}\n",
                  "95s tick", "raise 90s r asset=c1 low silent\nraise 90s r asset=c2 low silent\n" },
                { RULE("r", "kind: patrol.scanned", "  each: assets(controller)\n  expect: x\n  for: 90s\n") "}\n",
                  "95s tick", "raise 90s r asset=c1 low\nraise 90s r asset=c2 low\n" }, /* a missed round is no fault */
                { RULE("r", "kind: panic", "  by: device\n") ", class: panic}\n", "0s panic d1",
                  "raise 0s r device=d1 low covert\n" },
                { RULE("r", "kind: duress", "  by: device\n") ", class: duress}\n", "0s duress d1",
                  "raise 0s r device=d1 low covert\n" },
                { RULE("r", "kind: panic", "  by: device\n") ", class: panic, covert: false}\n", "0s panic d1",
                  "raise 0s r device=d1 low\n" },
                { RULE("r", "kind: button", "  by: device\n") ", covert: true}\n", "0s button d1",
                  "raise 0s r device=d1 low covert\n" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct harness h;

                harness_init(&h, rows[i].rule);
                h.marks = true;
                harness_play(&h, rows[i].story);
                harness_expect(&h, rows[i].expected);
                harness_deinit(&h);
        }
}

/* what was said last, though it comes in another order */
static void test_lost_now(void **state) {
        static const struct {
                const char *story;
                bool lost;
        } rows[] = {
                { "0s access.denied d1", false },
                { "0s device.offline d1", true },
                { "0s device.offline d2", false },
                { "0s device.offline d1; 5s device.online d1", false },
                { "0s device.offline d1; 5s device.online d1; 2s device.offline d1 at 6s", false },
                { "0s device.offline d1; 5s device.online d1; 7s device.offline d1", true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct harness h;

                harness_init(&h, QUIET);
                harness_play(&h, rows[i].story);
                assert_int_equal(correlate_device_lost(h.correlate, WW_STR("d1")), rows[i].lost);
                harness_deinit(&h);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_lost), cmocka_unit_test(test_disorder),
                                            cmocka_unit_test(test_gateway), cmocka_unit_test(test_marks),
                                            cmocka_unit_test(test_lost_now) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
