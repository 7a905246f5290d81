/*
 * Inhibition, from the rules to the alarms: it does not leak at the start, children are not announced before their
 * parent is known to be down, and all of it can be tried on a virtual clock.
 */
#include "../correlate/harness.h"
#include "alarm/alarms.h"

static const char site[] = "site: s\nzones:\n  - {zone: z}\nassets:\n"
                           "  - {asset: gw, device: gw, class: gateway, zone: z}\n"
                           "  - {asset: d1, device: d1, class: detector, parent: gw, zone: z}\n"
                           "  - {asset: d2, device: d2, class: detector, parent: gw, zone: z}\n"
                           "  - {asset: d3, device: d3, class: detector, zone: z}\n";
static const char rules[] = "- rule: gateway-offline\n  select: {hb: {kind: device.heartbeat}}\n"
                            "  each: assets(gateway)\n  expect: hb\n  for: 70s\n"
                            "  mute: {match: {rule: offline}, under: asset, settle: 20s}\n"
                            "  raise: {hazard: system, priority: high}\n"
                            "- rule: offline\n  select: {hb: {kind: device.heartbeat}}\n"
                            "  each: assets(detector)\n  expect: hb\n  for: 60s\n"
                            "  raise: {hazard: system, priority: low}\n";

struct bench {
        struct harness h;
        struct alarms *alarms;
        int64_t now;
        struct buf out;
};

static int on_detection(void *userdata, const struct ww_detection *d) {
        struct bench *b = userdata;

        return alarms_detection(b->alarms, d, b->now);
}

static int on_transition(void *userdata, const struct ww_transition *t) {
        struct bench *b = userdata;
        char span[32];

        span_format(b->now - T0, span);
        buf_printf(&b->out, "%s %.*s %s%s\n", span, WW_STR_ARG(t->alarm.asset),
                   ww_alarm_state_name(ww_alarm_state(&t->alarm.regions)), t->annunciate ? " !" : "");
        return 0;
}

/* as the pipeline does: what is due fires in the order of its deadline */
static void until(struct bench *b, int64_t now) {
        for (;;) {
                int64_t correlate = correlate_deadline(b->h.correlate), alarms = alarms_deadline(b->alarms);

                if ((correlate < alarms ? correlate : alarms) > now)
                        break;
                b->now = correlate < alarms ? correlate : alarms;
                if (correlate <= alarms)
                        assert_int_equal(correlate_time(b->h.correlate, b->now), 0);
                else
                        assert_int_equal(alarms_time(b->alarms, b->now), 0);
        }
        b->now = now;
        assert_int_equal(correlate_time(b->h.correlate, now), 0);
}

static void heard(struct bench *b, const char *time, const char *device) {
        char row[64];

        until(b, T0 + harness_span(time));
        snprintf(row, sizeof row, "%s device.heartbeat %s", time, device);
        harness_row(&b->h, row);
}

static void begin(struct bench *b) {
        const struct ww_mute *mutes;
        size_t n;

        memset(b, 0, sizeof *b);
        assert_int_equal(harness_compile_for(&b->h, site, rules), 0);
        assert_int_equal(correlate_new(&b->h.correlate, b->h.rules, T0, on_detection, b), 0);
        assert_int_equal(alarms_new(&b->alarms, on_transition, b), 0);
        mutes = correlate_rules_mutes(b->h.rules, &n);
        assert_int_equal(n, 1);
        assert_int_equal(alarms_set_mutes(b->alarms, mutes, n, b->h.site, T0), 0);
}

static void end(struct bench *b, const char *expected) {
        buf_put_u8(&b->out, 0);
        assert_string_equal((char *)b->out.p, expected);
        buf_deinit(&b->out);
        alarms_free(b->alarms);
        harness_deinit(&b->h);
}

/* Nobody was ever heard: the children are due first, and only what has no gateway is announced. */
static void inhibition_does_not_leak_at_the_start(void **state) {
        struct bench b;

        (void)state;
        begin(&b);
        until(&b, T0 + 200 * WW_SECOND);
        end(&b, "62s d1 DSUPR\n62s d2 DSUPR\n62s d3 UNACK !\n72s gw UNACK !\n72s d1 DSUPR\n72s d2 DSUPR\n");
}

/* The gateway lives: after `settle` its children are announced after all. */
static void a_child_whose_parent_lives_is_announced(void **state) {
        struct bench b;

        (void)state;
        begin(&b);
        heard(&b, "50s", "gw");
        heard(&b, "55s", "d3");
        heard(&b, "56s", "d2");
        until(&b, T0 + 100 * WW_SECOND);
        end(&b, "62s d1 DSUPR\n82s d1 UNACK !\n");
}

/* The gateway comes back before its children: what is still true is announced again. */
static void what_is_still_true_is_announced_again(void **state) {
        struct bench b;

        (void)state;
        begin(&b);
        heard(&b, "1s", "d3");
        until(&b, T0 + 90 * WW_SECOND);
        heard(&b, "100s", "d3");
        heard(&b, "100s", "gw");
        heard(&b, "101s", "d2");
        until(&b, T0 + 130 * WW_SECOND);
        end(&b, "62s d1 DSUPR\n62s d2 DSUPR\n63s d3 UNACK !\n72s gw UNACK !\n72s d1 DSUPR\n72s d2 DSUPR\n"
                "102s d3 RTNUN\n102s gw RTNUN\n103s d2 DSUPR\n122s d1 UNACK !\n122s d2 NORM\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(inhibition_does_not_leak_at_the_start),
                cmocka_unit_test(a_child_whose_parent_lives_is_announced),
                cmocka_unit_test(what_is_still_true_is_announced_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
