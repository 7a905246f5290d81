/* Windows of all kinds and what is counted in them, at their boundaries. */
#include "harness.h"

#define RAISE  "  raise: {hazard: theft, priority: high}\n"
#define DENIED "- rule: r\n  select: {a: {kind: access.denied}}\n"

/* 22:13:20 + 100 s = 22:15:00: a window of a minute begins at 40 s, 100 s, 160 s … */
static void test_tumbling_positive(void **state) {
        static const char rule[] = DENIED "  every: 1m\n  when: count(a) >= 2\n" RAISE;

        (void)state;
        /* by the event that makes it true, once a window */
        harness_story(rule, "41s access.denied x; 42s access.denied x; 43s access.denied x; 300s tick",
                      "raise 42s r  high\n");
        /* the window's first instant is inside, its end is not */
        harness_story(rule, "40s access.denied x; 99999999us access.denied x", "raise 99999999us r  high\n");
        harness_story(rule, "40s access.denied x; 100s access.denied x; 300s tick", "");
        harness_story(rule, "39999999us access.denied x; 40s access.denied x; 300s tick", "");
        /* the next window's match is a further one: an instant stays until it is reset */
        harness_story(rule, "41s access.denied x; 42s access.denied x; 101s access.denied x; 102s access.denied x",
                      "raise 42s r  high\nagain 102s r  high\n");
        /* disorder within the window, and over its edge */
        harness_story(rule, "42s access.denied x; 41s access.denied x at 42s", "raise 42s r  high\n");
        harness_story(rule, "101s access.denied x; 99s access.denied x at 101s; 98s access.denied x at 101s",
                      "raise 99s r  high\n");
}

static void test_tumbling_patient(void **state) {
        static const char rule[] = "- rule: r\n  select: {p: {kind: passage}, g: {kind: access.granted}}\n  every: 1m\n"
                                   "  when: count(p) > count(g)\n" RAISE;

        (void)state;
        /* at the window's end, when the watermark is there */
        harness_story(rule, "50s passage x; 101999999us tick", "");
        harness_story(rule, "50s passage x; 102s tick", "raise 100s r  high\n");
        /* what is late by less than `wait` counts */
        harness_story(rule, "50s passage x; 99s access.granted x at 101999999us; 102s tick", "");
        harness_story(rule, "50s passage x; 100s access.granted x; 103s tick", "raise 100s r  high\n");
        /* empty windows say nothing */
        harness_story(rule, "50s passage x; 400s tick", "raise 100s r  high\n");
}

static void test_tumbling_empty(void **state) {
        static const char rule[] = "- rule: r\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n"
                                   "  every: 1m\n  when: count(hb) < 2\n" RAISE;

        (void)state;
        /* of each asset every whole window is judged: the first begins behind the enrolment */
        harness_story(rule, "101s tick", "");
        harness_story(rule, "102s tick", "raise 100s r asset=c1 high\nraise 100s r asset=c2 high\n");
        harness_story(rule,
                      "41s device.heartbeat ctl1; 42s device.heartbeat ctl1; 43s device.heartbeat ctl2; 102s tick; "
                      "162s tick",
                      "raise 100s r asset=c2 high\nraise 160s r asset=c1 high\nagain 160s r asset=c2 high\n");
}

static void test_tumbling_spans(void **state) {
        static const char rule[] = "- rule: r\n  select: {o: {kind: door.opened}}\n  every: 1m\n"
                                   "  when: distinct(o.device) >= 2\n" RAISE;

        (void)state;
        /* a span that overlaps the window counts, however long ago it began */
        harness_story(rule, "0s door.opened d1; 250s door.opened d2; 300s tick", "raise 250s r  high\n");
        /* one that ended as the window began does not */
        harness_story(rule, "0s door.opened d1; 100s door.closed d1; 101s door.opened d2; 300s tick", "");
        harness_story(rule, "0s door.opened d1; 100000001us door.closed d1; 101s door.opened d2; 300s tick",
                      "raise 101s r  high\n");
}

static const char session[] = "- rule: r\n  select: {p: {kind: passage}, g: {kind: access.granted}}\n  by: device\n"
                              "  gap: 5s\n  within: 60s\n  when: count(p) > count(g)\n  clear: {quiet: 30s}\n" RAISE;

static void test_session(void **state) {
        (void)state;
        /* closes `gap` behind its last event */
        harness_story(session, "0s access.granted d; 1s passage d; 2s passage d; 9s tick; 37s tick; 39s tick",
                      "raise 7s r device=d high\nclear 37s r device=d high\n");
        harness_story(session, "0s access.granted d; 1s passage d; 60s tick", "");
        /* Δ = gap is another session */
        harness_story(session, "0s passage d; 4999999us access.granted d; 60s tick", "");
        harness_story(session, "0s passage d; 5s access.granted d; 60s tick",
                      "raise 5s r device=d high\nclear 35s r device=d high\n");
        /* a later passage comes before it closes: disorder */
        harness_story(session, "0s passage d; 4s access.granted d at 6s; 60s tick", "");
        /* two at once */
        harness_story(session, "0s access.granted d; 0s passage d; 0s passage e; 60s tick",
                      "raise 5s r device=e high\nclear 35s r device=e high\n");
}

static void test_session_cap(void **state) {
        static const char rule[] = DENIED "  gap: 5s\n  within: 12s\n  when: count(a) >= 4\n" RAISE;

        (void)state;
        harness_story(rule, "0s access.denied x; 4s access.denied x; 8s access.denied x; 11999999us access.denied x",
                      "raise 11999999us r  high\n");
        harness_story(rule,
                      "0s access.denied x; 4s access.denied x; 8s access.denied x; 12s access.denied x; 16s "
                      "access.denied x; 20s access.denied x; 99s tick",
                      "");
        harness_story(rule,
                      "0s access.denied x; 4s access.denied x; 8s access.denied x; 12s access.denied x; 16s "
                      "access.denied x; 20s access.denied x; 23s access.denied x",
                      "raise 23s r  high\n");
}

static void test_aggregates(void **state) {
        static const struct {
                const char *when, *story, *expected;
        } rows[] = {
                { "sum(t.value) >= 30", "0s temperature x value=10.5; 1s temperature x value=19.5; 3s tick",
                  "raise 1s r  high\n" },
                /* ten times a tenth is one */
                { "sum(t.value) == 1",
                  "0s temperature x value=0.1; 0s temperature x value=0.1; 0s temperature x value=0.1; 0s temperature "
                  "x "
                  "value=0.1; 0s temperature x value=0.1; 0s temperature x value=0.1; 0s temperature x value=0.1; 0s "
                  "temperature x value=0.1; 0s temperature x value=0.1; 1s temperature x value=0.1; 4s tick",
                  "raise 1s r  high\n" },
                { "sum(t.value) < 0", "0s temperature x value=5; 1s temperature x value=-6; 9s tick; 12s tick",
                  "raise 1s r  high\n" },
                { "avg(t.value) > 20", "0s temperature x value=20; 1s temperature x value=21; 9s tick; 12s tick",
                  "raise 1s r  high\n" },
                { "avg(t.value) < 1000", "0s passage x; 3s tick", "" },
                { "min(t.value) < 2",
                  "0s temperature x value=1; 5s temperature x value=8; 10s tick; 11s temperature x value=3; 13s tick",
                  "raise 0s r  high\nagain 5s r  high\nclear 10s r  high\n" },
                { "max(t.value) >= 9", "0s temperature x value=9; 1s temperature x value=1; 12s tick",
                  "raise 0s r  high\nagain 1s r  high\nclear 10s r  high\n" },
                { "pct(t.value, 50) >= 5",
                  "0s temperature x value=9; 1s temperature x value=1; 2s temperature x value=5; 4s tick",
                  "raise 0s r  high\nclear 1s r  high\nraise 2s r  high\n" },
                { "pct(t.value, 100) == 9", "0s temperature x value=9; 1s temperature x value=1; 3s tick",
                  "raise 0s r  high\nagain 1s r  high\n" },
                { "rate(t) >= 0.2", "0s temperature x value=1; 1s temperature x value=2", "raise 1s r  high\n" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char rule[256];

                snprintf(rule, sizeof rule,
                         "- rule: r\n  select: {t: {kind: [temperature, passage]}}\n  within: 10s\n  when: \"%s\"\n"
                         "  clear: \"not (%s)\"\n" RAISE,
                         rows[i].when, rows[i].when);
                harness_story(rule, rows[i].story, rows[i].expected);
        }
}

static void test_score(void **state) {
        static const char rule[] = "- rule: r\n  select: {e: {kind: measurement}}\n  by: device\n"
                                   "  when: score(e.value, 10s) >= 100\n  clear: score(e.value, 10s) < 50\n"
                                   "  regrade: [{if: \"score(e.value, 10s) > 150\", priority: critical}]\n" RAISE;

        (void)state;
        /* 60 falls to 30 in ten seconds, and 70 more make it 100 */
        harness_story(rule, "0s measurement d value=60; 10s measurement d value=69.99; 30s tick", "");
        harness_story(rule, "0s measurement d value=60; 10s measurement d value=70; 19999ms tick",
                      "raise 10s r device=d high\n");
        /* it comes down by itself: below 50 at the first millisecond behind the second halving */
        harness_story(rule, "0s measurement d value=60; 10s measurement d value=70; 22s tick",
                      "raise 10s r device=d high\n");
        harness_story(rule, "0s measurement d value=60; 10s measurement d value=70; 22001ms tick",
                      "raise 10s r device=d high\nclear 20001ms r device=d high\n");
        harness_story(rule, "0s measurement d value=200; 40s tick",
                      "raise 0s r device=d critical\nregrade 4151ms r device=d high\nclear 20001ms r device=d high\n");
        /* an event that comes late by less than `wait` is folded in its place */
        harness_story(rule, "10s measurement d value=70; 9s measurement d value=30 at 11s; 11s tick", "");
        harness_story(rule, "10s measurement d value=70; 9999ms measurement d value=31 at 11s; 11s tick",
                      "raise 10s r device=d high\n");
        /* a weight that is missing, no number or negative adds nothing */
        harness_story(rule, "0s measurement d; 1s measurement d value=-500; 2s measurement d value=100",
                      "raise 2s r device=d high\n");
}

/* it falls at the very millisecond at which it has held */
static void test_score_hold(void **state) {
        static const char rule[] = DENIED "  hold: 1ms\n  when: score(a, 1ms) >= 0.9\n" RAISE;

        (void)state;
        harness_story(rule, "3ms access.denied x; 9s tick", "raise 4ms r  high\nclear 4ms r  high\n");
        /* what falls within a millisecond falls at its end */
        harness_story(rule, "2999us access.denied x; 9s tick", "raise 3999us r  high\nclear 4ms r  high\n");
}

static void test_score_counts(void **state) {
        static const char rule[] = DENIED "  when: score(a, 1h) >= 3\n" RAISE;

        (void)state;
        harness_story(rule, "0s access.denied x; 0s access.denied x; 0s access.denied x", "raise 0s r  high\n");
        harness_story(rule, "0s access.denied x; 1s access.denied x; 2s access.denied x; 3s access.denied x",
                      "raise 3s r  high\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tumbling_positive), cmocka_unit_test(test_tumbling_patient),
                cmocka_unit_test(test_tumbling_empty),    cmocka_unit_test(test_tumbling_spans),
                cmocka_unit_test(test_session),           cmocka_unit_test(test_session_cap),
                cmocka_unit_test(test_aggregates),        cmocka_unit_test(test_score),
                cmocka_unit_test(test_score_counts),      cmocka_unit_test(test_score_hold),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
