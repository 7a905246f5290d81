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

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_lost), cmocka_unit_test(test_disorder),
                                            cmocka_unit_test(test_gateway) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
