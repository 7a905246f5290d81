/* Other rules while events go on, and snapshots that are broken. */
#include "harness.h"

#define COUNTING(n)                                                                                                    \
        "- rule: counting\n  select: {a: {kind: access.denied}}\n  by: badge\n  within: 60s\n  when: count(a) >= " n   \
        "\n  raise: {hazard: fraud, priority: low}\n"
#define PANIC(priority)                                                                                                \
        "- rule: button\n  select: {p: {kind: panic}}\n  by: device\n"                                                 \
        "  raise: {hazard: robbery, class: panic, priority: " priority "}\n"
#define HELD                                                                                                           \
        "- rule: held\n  select: {o: {kind: door.opened}}\n  by: device\n  hold: asset.held_limit\n"                   \
        "  raise: {hazard: theft, priority: low}\n"
#define SILENT                                                                                                         \
        "- rule: silent\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n"         \
        "  for: asset.supervision\n  raise: {hazard: system, priority: high}\n"

/* the rules of `other` take over; both sets live until the end */
static void swap(struct harness *h, struct harness *other, const char *rules, const char *at) {
        assert_int_equal(harness_compile(other, rules), 0);
        assert_int_equal(correlate_time(h->correlate, T0 + harness_span(at)), 0);
        assert_int_equal(correlate_swap(h->correlate, other->rules, NULL, T0 + harness_span(at)), 0);
}

static void story(const char *before, const char *rules, const char *then, const char *rules2, const char *expected) {
        struct harness h, other;

        harness_init(&h, rules);
        harness_play(&h, before);
        swap(&h, &other, rules2, "20s");
        harness_play(&h, then);
        harness_expect(&h, expected);
        correlate_free(h.correlate);
        h.correlate = NULL;
        harness_deinit(&other);
        harness_deinit(&h);
}

static void test_kept(void **state) {
        (void)state;
        /* a window, a hold, an expectation and an open episode go on, though numbers and other rules change */
        story("0s access.denied r badge=7; 1s access.denied r badge=7", COUNTING("3"), "59s access.denied r badge=7",
              "- rule: aaa\n  select: {a: {kind: tip}}\n  raise: {hazard: fraud, priority: low}\n" COUNTING("3"),
              "raise 59s counting badge=7 low\n");
        story("0s door.opened d1", HELD, "32s tick; 40s door.closed d1; 42s tick", PANIC("high") HELD,
              "raise 30s held device=d1 low\nclear 40s held device=d1 low\n");
        story("10s device.heartbeat ctl1", SILENT, "102s tick", SILENT PANIC("high"),
              "raise 100s silent asset=c1 high\n");
        story("0s panic b", PANIC("high"), "30s panic b", PANIC("critical"),
              "raise 0s button device=b high\nagain 30s button device=b critical\n");
}

/* Alarms of two rules have one cause, and the rules have other numbers when the second comes to be decided. */
static void test_kept_reader_of_alarms(void **state) {
        static const char rules[] =
                "- rule: r1\n  select: {a: {kind: credential}, z: {kind: credential}}\n  by: badge\n"
                "  clear: z\n  raise: {hazard: theft, priority: high}\n"
                "- rule: r2\n  select: {b: {kind: credential}}\n  by: asset\n"
                "  raise: {hazard: theft, priority: high}\n"
                "- rule: s0\n  select: {a: {kind: alarm.raised}}\n"
                "  raise: {hazard: theft, priority: high}\n";
        char more[1024];

        (void)state;
        snprintf(more, sizeof more, "%s%s", COUNTING("9"), rules);
        story("18700002us credential d9 badge=2; 18800002us credential d1 badge=2", rules, "22s tick", more,
              "raise 18700002us r1 badge=2 high\nraise 18700002us s0  high\n"
              "raise 18800002us r2 asset=door-exit high\nagain 18800002us s0  high\n"
              "clear 18700002us r1 badge=2 high\nraise 18800002us r1 badge=2 high\nagain 18800002us s0  high\n"
              "clear 18800002us r1 badge=2 high\n");
}

static void test_removed(void **state) {
        (void)state;
        story("0s panic b; 1s panic a", PANIC("high"), "30s panic b", COUNTING("3"),
              "raise 0s button device=b high\nraise 1s button device=a high\nremoved 20s button device=a high\n"
              "removed 20s button device=b high\n");
        /* another key is another alarm */
        story("0s access.denied r badge=7; 1s access.denied r badge=7", COUNTING("2"), "21s access.denied r badge=7",
              "- rule: counting\n  select: {a: {kind: access.denied}}\n  by: device\n  within: 60s\n"
              "  when: count(a) >= 3\n  raise: {hazard: fraud, priority: low}\n",
              "raise 1s counting badge=7 low\nremoved 20s counting badge=7 low\n");
        /* an expectation that is new begins with the swap */
        story("0s tick", PANIC("high"), "111s tick; 112s tick", SILENT, "raise 110s silent asset=c1 high\n");
}

/* ---- primed with the past: the shadow hears the same story before the swap at 20 s ---- */

static void primed(const char *rules, const char *before, const char *rules2, const char *then, const char *expected) {
        struct harness h, other;

        harness_init(&h, rules);
        harness_play(&h, before);
        assert_int_equal(harness_compile(&other, rules2), 0);
        assert_int_equal(correlate_shadow(&other.correlate, h.rules, other.rules, T0 + 20 * WW_SECOND), 0);
        assert_non_null(other.correlate);
        harness_play(&other, before);
        assert_int_equal(other.out.n, 0);
        assert_int_equal(correlate_time(h.correlate, T0 + 20 * WW_SECOND), 0);
        assert_int_equal(correlate_time(other.correlate, T0 + 20 * WW_SECOND), 0);
        assert_int_equal(correlate_swap(h.correlate, other.rules, other.correlate, T0 + 20 * WW_SECOND), 0);
        other.correlate = NULL;
        harness_play(&h, then);
        harness_expect(&h, expected);
        correlate_free(h.correlate);
        h.correlate = NULL;
        harness_deinit(&other);
        harness_deinit(&h);
}

#define LEVEL(more)                                                                                                    \
        "- rule: open\n  select: {o: {kind: door.opened}}\n  by: device\n" more                                        \
        "  raise: {hazard: theft, priority: low}\n"

static void test_primed_window(void **state) {
        (void)state;
        /* what came before counts */
        primed(PANIC("high"), "0s access.denied r badge=7; 1s access.denied r badge=7", PANIC("high") COUNTING("3"),
               "21s access.denied r badge=7", "raise 21s counting badge=7 low\n");
        /* the alarm stays with rule and key, and goes on under the new condition */
        primed(COUNTING("2"), "0s access.denied r badge=7; 1s access.denied r badge=7; 2s access.denied r badge=7",
               COUNTING("3"), "21s access.denied r badge=7; 63s tick; 90s tick",
               "raise 1s counting badge=7 low\nagain 2s counting badge=7 low\nagain 21s counting badge=7 low\n"
               "clear 61s counting badge=7 low\n");
        /* … or ends there, if that is false */
        primed(COUNTING("2"), "0s access.denied r badge=7; 1s access.denied r badge=7", COUNTING("3"), "90s tick",
               "raise 1s counting badge=7 low\nclear 20s counting badge=7 low\n");
        /* a level that is true opens at the swap; what has passed is not told */
        primed(COUNTING("3"), "0s access.denied r badge=7; 1s access.denied r badge=7", COUNTING("2"), "90s tick",
               "raise 20s counting badge=7 low\nclear 1m counting badge=7 low\n");
        primed(COUNTING("3"), "0s panic b", COUNTING("3") PANIC("low"), "21s panic b",
               "raise 21s button device=b low\n");
}

static void test_primed_level(void **state) {
        (void)state;
        primed(PANIC("low"), "0s door.opened d1; 1s door.opened d2; 2s door.closed d2", PANIC("low") LEVEL(""),
               "30s door.closed d1; 40s tick", "raise 20s open device=d1 low\nclear 30s open device=d1 low\n");
        /* both rules hold the same door: its closing ends both */
        primed(HELD, "0s door.opened d1", HELD LEVEL("  hold: 25s\n"), "28s tick; 35s door.closed d1; 40s tick",
               "raise 25s open device=d1 low\nraise 30s held device=d1 low\nclear 35s held device=d1 low\n"
               "clear 35s open device=d1 low\n");
}

/* what a guard reads of rules that were kept is known at the swap only */
static void test_primed_guard(void **state) {
        (void)state;
        primed(PANIC("low"), "0s panic d1; 5s door.opened d1", PANIC("low") LEVEL("  while: alarm(button)\n"),
               "24s tick; 30s door.closed d1; 40s tick",
               "raise 0s button device=d1 low\nraise 20s open device=d1 low\nclear 30s open device=d1 low\n");
        primed(PANIC("low"), "0s panic d1; 5s door.opened d1", PANIC("low") LEVEL("  while: not alarm(button)\n"),
               "24s tick; 30s door.closed d1; 40s tick", "raise 0s button device=d1 low\n");
}

/* a level that has ended, and is not decided yet, is not told */
static void test_primed_ended(void **state) {
        (void)state;
        primed(PANIC("low"), "0s door.opened d1; 19s door.closed d1", PANIC("low") LEVEL(""), "40s tick", "");
}

static void test_primed_expect(void **state) {
        (void)state;
        /* the last one heard is the anchor; who was never heard begins with the swap */
        primed(PANIC("low"), "5s device.heartbeat ctl1", PANIC("low") SILENT, "97s tick; 202s tick",
               "raise 95s silent asset=c1 high\nraise 200s silent asset=c2 high\n");
        /* silent for too long already */
        primed(PANIC("low"), "0s device.heartbeat ctl1",
               PANIC("low") "- rule: quiet\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n"
                            "  expect: hb\n  for: 10s\n  raise: {hazard: system, priority: high}\n",
               "32s tick", "raise 20s quiet asset=c1 high\nraise 30s quiet asset=c2 high\n");
}

/* a window longer than what was primed is told as partial until it is whole */
static void test_partial(void **state) {
        static const char rule[] = "- rule: long\n  select: {a: {kind: access.denied}}\n  by: badge\n  within: 60s\n"
                                   "  keep: 10s\n  when: count(a) >= 2\n  raise: {hazard: fraud, priority: low}\n";

        (void)state;
        /* the event at 5 s lies before `keep`; whole at 20 − 10 + 60 */
        primed(PANIC("low"), "5s access.denied r badge=7; 15s access.denied r badge=8", rule,
               "21s access.denied r badge=7; 22s access.denied r badge=8; 70s access.denied r badge=7",
               "raise 22s long badge=8 low partial\nraise 70s long badge=7 low\n");
}

/* every prefix, and every byte changed: refused or read, never worse */
static void test_broken_snapshots(void **state) {
        static const char rules[] = COUNTING("2") PANIC("high") HELD SILENT;
        _cleanup_buf_ struct buf good = BUF_INIT;
        struct harness h;

        (void)state;
        harness_init(&h, rules);
        harness_play(&h, "0s door.opened d1; 1s access.denied r badge=7; 2s access.denied r badge=7; 3s panic b; 4s "
                         "device.heartbeat ctl1");
        assert_int_equal(correlate_save(h.correlate, &good), 0);
        for (size_t n = 0; n < good.n; n++) {
                struct correlate *c = NULL;
                struct rd in = rd_init((struct ww_str){ (const char *)good.p, n });

                assert_int_equal(correlate_new(&c, h.rules, T0, harness_sink, &h), 0);
                assert_int_equal(correlate_load(c, &in), -EBADMSG);
                correlate_free(c);
        }
        for (size_t n = 0; n < good.n; n++) {
                struct correlate *c = NULL;
                struct rd in = rd_init(buf_str(&good));
                int r;

                good.p[n] ^= (uint8_t)(1u << n % 8);
                assert_int_equal(correlate_new(&c, h.rules, T0, harness_sink, &h), 0);
                r = correlate_load(c, &in);
                assert_true(r == 0 || r == -EBADMSG || r == -ENOMEM);
                correlate_free(c);
                good.p[n] ^= (uint8_t)(1u << n % 8);
        }
        harness_deinit(&h);
}

#define KINDS(list) "kinds: [" list "]\nassets: [{asset: w, device: w, class: bed}]\n"
#define BED         "{kind: bed, nature: state, active: bed.left, normal: bed.occupied}"
#define OTHER       "{kind: aaa.first, nature: pulse}"
#define LEFT                                                                                                           \
        "- rule: left\n  select: {b: {kind: bed.left}}\n  by: device\n  hold: 30s\n"                                   \
        "  raise: {hazard: loss, priority: low}\n"

/* the kinds of `site` take over; each event's family is the one of the set in force */
static void swap_site(struct harness *h, struct harness *other, const char *site, const char *rules) {
        if (harness_compile_for(other, site, rules)) {
                diag_render(&other->diag, &other->out);
                fail_msg("%.*s", WW_STR_ARG(buf_str(&other->out)));
        }
        assert_int_equal(correlate_time(h->correlate, T0 + 20 * WW_SECOND), 0);
        assert_int_equal(correlate_swap(h->correlate, other->rules, NULL, T0 + 20 * WW_SECOND), 0);
}

static void bed(struct harness *h, const struct harness *of, int64_t at, bool left) {
        struct ww_event e = { .seq = (uint64_t)at + 1,
                              .time = T0 + at,
                              .received = T0 + at,
                              .device_time = WW_TIME_NONE,
                              .kind = ww_str(left ? "bed.left" : "bed.occupied"),
                              .device = WW_STR("w"),
                              .sensor = WW_STR("t/1"),
                              .asset_index = SITE_NONE };

        assert_true(ww_kind_find(site_kinds(of->site), e.kind, &e.family, &e.state));
        assert_int_equal(correlate_time(h->correlate, e.time), 0);
        assert_int_equal(correlate_event(h->correlate, &e), 0);
}

/* A level of a kind of the site's own goes on where its number is another one; where it is another kind, it does not.
 */
static void test_kinds_moved(void **state) {
        static const struct {
                const char *site, *expected;
        } rows[] = {
                { KINDS(OTHER ", " BED), "raise 30s left device=w low\nclear 40s left device=w low\n" },
                { KINDS(BED), "raise 30s left device=w low\nclear 40s left device=w low\n" },
                { KINDS(BED ", " OTHER), "raise 30s left device=w low\nclear 40s left device=w low\n" },
                { KINDS(OTHER ", {kind: bed, nature: state, active: bed.left, normal: bed.occupied}, "
                              "{kind: cot, nature: state, active: cot.left, normal: cot.occupied}"),
                  "raise 30s left device=w low\nclear 40s left device=w low\n" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct harness h, other;

                harness_init_for(&h, KINDS(BED), LEFT);
                bed(&h, &h, 0, true);
                swap_site(&h, &other, rows[i].site, LEFT);
                bed(&h, &other, 40 * WW_SECOND, false);
                assert_int_equal(correlate_time(h.correlate, T0 + 42 * WW_SECOND), 0);
                harness_expect(&h, rows[i].expected);
                correlate_free(h.correlate);
                h.correlate = NULL;
                harness_deinit(&other);
                harness_deinit(&h);
        }
}

/* Active and normal change places: what was there before says nothing any more. */
static void test_kinds_redefined(void **state) {
        struct harness h, other;

        (void)state;
        harness_init_for(&h, KINDS(BED), LEFT);
        bed(&h, &h, 0, true);
        swap_site(&h, &other, KINDS("{kind: bed, nature: state, active: bed.occupied, normal: bed.left}"), LEFT);
        assert_int_equal(correlate_time(h.correlate, T0 + WW_HOUR), 0);
        harness_expect(&h, "");
        correlate_free(h.correlate);
        h.correlate = NULL;
        harness_deinit(&other);
        harness_deinit(&h);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_kept),         cmocka_unit_test(test_kept_reader_of_alarms),
                cmocka_unit_test(test_removed),      cmocka_unit_test(test_primed_window),
                cmocka_unit_test(test_primed_level), cmocka_unit_test(test_primed_guard),
                cmocka_unit_test(test_primed_ended), cmocka_unit_test(test_primed_expect),
                cmocka_unit_test(test_partial),      cmocka_unit_test(test_broken_snapshots),
                cmocka_unit_test(test_kinds_moved),  cmocka_unit_test(test_kinds_redefined),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
