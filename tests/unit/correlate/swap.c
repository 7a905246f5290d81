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

static void test_removed(void **state) {
        (void)state;
        story("0s panic b; 1s panic a", PANIC("high"), "30s panic b", COUNTING("3"),
              "raise 0s button device=b high\nraise 1s button device=a high\nremoved 20s button device=a high\n"
              "removed 20s button device=b high\n");
        /* another condition is another state */
        story("0s access.denied r badge=7; 1s access.denied r badge=7", COUNTING("2"), "21s access.denied r badge=7",
              COUNTING("3"), "raise 1s counting badge=7 low\nremoved 20s counting badge=7 low\n");
        /* an expectation that is new begins with the swap */
        story("0s tick", PANIC("high"), "111s tick; 112s tick", SILENT, "raise 110s silent asset=c1 high\n");
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

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_kept), cmocka_unit_test(test_removed),
                                            cmocka_unit_test(test_broken_snapshots) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
