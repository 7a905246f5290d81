/* Absence and blindness, at the boundaries. */
#include "harness.h"

#define RAISE "  raise: {hazard: theft, priority: high}\n"

static const char after[] = "- rule: after\n  select: {p: {kind: access.denied}, s: {kind: patrol.scanned}}\n"
                            "  by: device\n  after: p\n  expect: s\n  for: 30s\n" RAISE;
static const char trailing[] = "- rule: trailing\n  select: {a: {kind: access.denied}, c: {kind: code.valid}}\n"
                               "  sequence: [a, not c]\n  within: 30s\n" RAISE;

static void test_moved(void **state) {
        (void)state;
        /* it stands at the end + wait, and is decided when the watermark is there */
        harness_story(after, "0s access.denied d; 10s blind; 60s seen; 63999999us tick", "");
        harness_story(after, "0s access.denied d; 10s blind; 60s seen; 64s tick", "raise 62s after device=d high\n");
        /* half-open there as everywhere */
        harness_story(after, "0s access.denied d; 10s blind; 60s seen; 61999999us patrol.scanned d; 99s tick", "");
        harness_story(after, "0s access.denied d; 10s blind; 60s seen; 62s patrol.scanned d; 99s tick",
                      "raise 62s after device=d high\nclear 62s after device=d high\n");
        /* before it, but it came behind it */
        harness_story(after, "0s access.denied d; 10s blind; 60s seen; 61999999us patrol.scanned d at 63s; 99s tick",
                      "");
        /* out of the backlog: at its receive time, or with a time of its own */
        harness_story(after, "0s access.denied d; 10s blind; 50s patrol.scanned d; 60s seen; 99s tick", "");
        harness_story(after, "0s access.denied d; 10s blind; 20s patrol.scanned d at 50s; 60s seen; 99s tick", "");
        harness_story(after, "0s access.denied d; 10s blind; 10m seen; 20s patrol.scanned d at 602500ms; 700s tick",
                      "");
        /* each that waits passes for itself */
        harness_story(after, "0s access.denied d; 3s access.denied d; 10s blind; 60s seen; 99s tick",
                      "raise 62s after device=d high\nagain 62s after device=d high\n");
}

static void test_which(void **state) {
        (void)state;
        /* what was decided stands */
        harness_story(after, "0s access.denied d; 32s blind; 60s seen; 61s patrol.scanned d; 99s tick",
                      "raise 30s after device=d high\nclear 61s after device=d high\n");
        harness_story(after, "0s access.denied d; 31999999us blind; 60s seen; 61s patrol.scanned d; 99s tick", "");
        harness_story(after, "0s access.denied d; 30s blind; 60s seen; 61s patrol.scanned d; 99s tick", "");
        harness_story(after, "0s access.denied d; 30s blind; 60s seen; 99s tick", "raise 62s after device=d high\n");
        /* the last that moves, the first that does not */
        harness_story(after, "0s access.denied d; 10s blind; 28000001us seen; 30s patrol.scanned d; 99s tick", "");
        harness_story(after, "0s access.denied d; 10s blind; 28s seen; 30s patrol.scanned d; 99s tick",
                      "raise 30s after device=d high\nclear 30s after device=d high\n");
        /* anchors inside */
        harness_story(after, "10s blind; 20s access.denied d; 25s seen; 49999999us patrol.scanned d; 99s tick", "");
        harness_story(after, "10s blind; 20s access.denied d; 25s seen; 50s patrol.scanned d; 99s tick",
                      "raise 50s after device=d high\nclear 50s after device=d high\n");
        harness_story(after, "10s blind; 20s access.denied d; 60s seen; 99s tick", "raise 62s after device=d high\n");
}

static void test_again(void **state) {
        (void)state;
        harness_story(
                after,
                "0s access.denied d; 10s blind; 40s seen; 41s blind; 70s seen; 71999999us patrol.scanned d; 99s tick",
                "");
        harness_story(after, "0s access.denied d; 10s blind; 40s seen; 41s blind; 70s seen; 99s tick",
                      "raise 72s after device=d high\n");
        /* moved to 42 s, which is decided at 44 s */
        harness_story(after, "0s access.denied d; 10s blind; 40s seen; 43999999us blind; 70s seen; 99s tick",
                      "raise 72s after device=d high\n");
        harness_story(after, "0s access.denied d; 10s blind; 40s seen; 44s blind; 70s seen; 99s tick",
                      "raise 42s after device=d high\n");
        /* not reached by the first */
        harness_story(after, "0s access.denied d; 5s blind; 10s seen; 25s blind; 40s seen; 99s tick",
                      "raise 42s after device=d high\n");
}

/* many: the oldest are given up, or joined where they hang together */
static void test_many(void **state) {
        static const char *const steps[] = { "1s", "5s" };

        (void)state;
        for (size_t i = 0; i < 2; i++) {
                int64_t t = 10 * WW_SECOND, step = harness_span(steps[i]);
                struct harness h;

                harness_init(&h, after);
                harness_play(&h, "0s access.denied d");
                for (int n = 0; n < 200; n++, t += step) {
                        assert_int_equal(correlate_time(h.correlate, T0 + t), 0);
                        assert_int_equal(correlate_blind(h.correlate, n % 2 == 0, T0 + t), 0);
                        harness_snapshot(&h);
                }
                assert_int_equal(correlate_time(h.correlate, T0 + t + WW_MINUTE), 0);
                /* with 1 s between them it is never decided: the last ends at 209 s. With 5 s at the first end behind
                 */
                harness_expect(&h, i ? "raise 37s after device=d high\n" : "raise 211s after device=d high\n");
                harness_deinit(&h);
        }
}

static void test_ahead(void **state) {
        (void)state;
        /* an event that is ahead of journal time has had the sweep pass the deadline already */
        harness_story(
                after,
                "0s access.denied d; 31s access.denied d at 30s; 31s blind; 60s seen; 61s patrol.scanned d; 99s tick",
                "");
        harness_story(after, "0s access.denied d; 31s access.denied d at 30s; 31s blind; 60s seen; 99s tick",
                      "raise 62s after device=d high\nagain 62s after device=d high\n");
        harness_story(after, "0s access.denied d; 31s patrol.scanned d at 30s; 31s blind; 60s seen; 99s tick", "");
        /* the other end: an answer that lies behind the moved deadline, heard before that stood */
        harness_story(after, "0s access.denied d; 10s blind; 64s patrol.scanned d at 60s; 60s seen; 99s tick",
                      "raise 62s after device=d high\nclear 64s after device=d high\n");
        harness_story(trailing,
                      "0s access.denied v; 31s access.denied v at 30s; 31s blind; 60s seen; 61s code.valid k; "
                      "99s tick",
                      "");
        harness_story(trailing, "0s access.denied v; 10s blind; 64s code.valid k at 60s; 60s seen; 99s tick",
                      "raise 62s trailing  high\n");
}

static void test_trailing(void **state) {
        static const char gap[] =
                "- rule: t\n  select: {a: {kind: access.denied}, b: {kind: credential}, c: {kind: code.valid}}\n"
                "  sequence: [a, b, not c]\n  within: 30s\n  gap: 10s\n" RAISE;
        static const char inner[] =
                "- rule: t\n  select: {a: {kind: access.denied}, b: {kind: credential}, c: {kind: code.valid}}\n"
                "  sequence: [not c, a, not c, b]\n  within: 30s\n" RAISE;

        (void)state;
        harness_story(trailing, "0s access.denied v; 10s blind; 50s code.valid k; 60s seen; 99s tick", "");
        harness_story(trailing, "0s access.denied v; 10s blind; 60s seen; 61999999us code.valid k; 99s tick", "");
        harness_story(trailing, "0s access.denied v; 10s blind; 60s seen; 62s code.valid k; 99s tick",
                      "raise 62s trailing  high\n");
        harness_story(trailing, "0s access.denied v; 32s blind; 60s seen; 61s code.valid k; 99s tick",
                      "raise 30s trailing  high\n");
        /* it is remembered for so long */
        harness_story(trailing, "0s access.denied v; 10s blind; 600s seen; 602500ms access.denied v; 700s tick",
                      "raise 602s trailing  high\nagain 632500ms trailing  high\n");
        harness_story(gap, "0s access.denied r; 5s credential r; 12s blind; 40s seen; 41s code.valid k; 99s tick", "");
        harness_story(gap, "0s access.denied r; 5s credential r; 12s blind; 40s seen; 99s tick", "raise 42s t  high\n");
        /* steps are decided by events: theirs stay */
        harness_story(gap, "0s access.denied r; 5s blind; 10s credential r; 40s seen; 99s tick", "");
        harness_story(gap, "0s access.denied r; 5s blind; 9999999us credential r; 40s seen; 99s tick",
                      "raise 42s t  high\n");
        harness_story(inner, "0s access.denied r; 10s blind; 30s credential r; 40s seen; 99s tick", "");
        harness_story(inner, "0s access.denied r; 10s blind; 29s credential r; 40s seen; 99s tick",
                      "raise 29s t  high\n");
        harness_story(inner, "0s code.valid k; 10s blind; 30s access.denied r; 31s credential r; 40s seen; 99s tick",
                      "raise 31s t  high\n");
}

static void test_order(void **state) {
        static const char rules[] =
                "- rule: b\n  select: {p: {kind: access.denied}, s: {kind: patrol.scanned}}\n  by: device\n"
                "  after: p\n  expect: s\n  for: 20s\n" RAISE
                "- rule: a\n  select: {p: {kind: access.denied}, s: {kind: patrol.scanned}}\n  by: device\n"
                "  after: p\n  expect: s\n  for: 30s\n" RAISE;

        (void)state;
        harness_story(
                rules, "0s access.denied z; 1s access.denied y; 10s blind; 60s seen; 99s tick",
                "raise 62s a device=y high\nraise 62s a device=z high\nraise 62s b device=y high\nraise 62s b device=z "
                "high\n");
        /* one that is not moved, between */
        harness_story(
                rules, "0s access.denied z; 31s access.denied y; 40s blind; 48s seen; 99s tick",
                "raise 20s b device=z high\nraise 30s a device=z high\nraise 51s b device=y high\nraise 61s a device=y "
                "high\n");
}

static void test_evidence(void **state) {
        (void)state;
        /* the first that was left without an answer */
        harness_story_at(after,
                         "0s access.denied d; 1s patrol.scanned d; 2s access.denied d; 3s access.denied d; 10s blind; "
                         "60s seen; 64s tick",
                         "raise 62s after device=d high p@2s\nagain 62s after device=d high\n", true, __FILE__,
                         __LINE__);
}

static void test_each(void **state) {
        static const char silent[] =
                "- rule: silent\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n"
                "  for: asset.supervision\n" RAISE;

        (void)state;
        /* an asset that is not heard: from the end of each blindness */
        harness_story(silent, "50s blind; 200s seen; 210s blind; 220s seen; 311s tick; 312s tick",
                      "raise 310s silent asset=c1 high\n");
        /* one that is heard again after the alarm */
        harness_story(silent, "92s tick; 100s blind; 200s seen; 210s device.heartbeat ctl1; 213s tick",
                      "raise 90s silent asset=c1 high\nclear 210s silent asset=c1 high\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_moved), cmocka_unit_test(test_which),    cmocka_unit_test(test_again),
                cmocka_unit_test(test_many),  cmocka_unit_test(test_ahead),    cmocka_unit_test(test_trailing),
                cmocka_unit_test(test_order), cmocka_unit_test(test_evidence), cmocka_unit_test(test_each),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
