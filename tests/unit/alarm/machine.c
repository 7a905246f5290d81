/* The table of the state machine: every derived state × every event, and every combination of regions × every event. */
#include "alarm/machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the three above
#include <cmocka.h>

#define REGIONS (2 * 2 * 2 * 3 * 2 * 2)
#define NOW     (1000 * WW_SECOND)

static struct ww_alarm_regions regions_of(unsigned i) {
        return (struct ww_alarm_regions){
                .active = i & 1,
                .acknowledged = i >> 1 & 1,
                .latched = i >> 2 & 1,
                .suppressed = i >> 3 & 1,
                .out_of_service = i >> 4 & 1,
                .shelved = (enum ww_shelved)(i >> 5),
        };
}

static struct ww_alarm alarm_of(struct ww_alarm_regions regions, bool instant) {
        struct ww_alarm a;

        machine_init(&a);
        a.id = 1;
        a.version = 10;
        a.alarmed_version = 8;
        a.raised_count = 1;
        a.priority = a.priority_unack = WW_PRIORITY_MEDIUM;
        a.regions = regions;
        a.instant = instant;
        if (regions.shelved != WW_SHELVED_NO)
                a.shelved_until = NOW + WW_HOUR;
        if (regions.out_of_service)
                a.out_of_service_until = NOW + WW_DAY;
        return a;
}

static struct machine_input input_of(enum ww_cause cause) {
        return (struct machine_input){
                .cause = cause,
                .now = NOW,
                .time = NOW,
                .priority = WW_PRIORITY_MEDIUM,
                .evidence = true,
                .shelved = WW_SHELVED_TIMED,
                .until = NOW + WW_HOUR,
        };
}

/* One row: from a state that people see, an event, to a state; REFUSED = nothing changes. */
#define REFUSED WW_ALARM_STATE_MAX_

enum variant { LEVEL, LEVEL_MANUAL, INSTANT_MANUAL };

struct row {
        enum ww_alarm_state from;
        enum ww_cause cause;
        enum variant variant;
        enum ww_priority priority;
        enum ww_alarm_state to;
        bool attention;
};

#define P  WW_PRIORITY_MEDIUM
#define UP WW_PRIORITY_HIGH
#define DN WW_PRIORITY_LOW

/* clang-format off */
static const struct row rows[] = {
        { WW_ALARM_NORM,    WW_CAUSE_RAISE, LEVEL,          P,  WW_ALARM_UNACK, true },
        { WW_ALARM_LATCHED, WW_CAUSE_RAISE, LEVEL_MANUAL,   P,  WW_ALARM_UNACK, true },
        { WW_ALARM_RTNUN,   WW_CAUSE_RAISE, LEVEL,          P,  WW_ALARM_UNACK, true },
        { WW_ALARM_UNACK,   WW_CAUSE_RAISE, LEVEL,          P,  WW_ALARM_UNACK, false },
        { WW_ALARM_UNACK,   WW_CAUSE_AGAIN, LEVEL,          P,  WW_ALARM_UNACK, false },
        { WW_ALARM_UNACK,   WW_CAUSE_AGAIN, LEVEL,          DN, WW_ALARM_UNACK, false },
        { WW_ALARM_UNACK,   WW_CAUSE_AGAIN, LEVEL,          UP, WW_ALARM_UNACK, true },
        { WW_ALARM_UNACK,   WW_CAUSE_AGAIN, INSTANT_MANUAL, P,  WW_ALARM_UNACK, false },
        { WW_ALARM_ACKED,   WW_CAUSE_AGAIN, LEVEL,          P,  WW_ALARM_ACKED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_AGAIN, LEVEL,          DN, WW_ALARM_ACKED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_AGAIN, LEVEL,          UP, WW_ALARM_UNACK, true },
        { WW_ALARM_ACKED,   WW_CAUSE_AGAIN, LEVEL_MANUAL,   P,  WW_ALARM_ACKED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_AGAIN, INSTANT_MANUAL, P,  WW_ALARM_UNACK, true },
        { WW_ALARM_ACKED,   WW_CAUSE_RAISE, LEVEL,          P,  WW_ALARM_ACKED, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_AGAIN, LEVEL,          P,  WW_ALARM_UNACK, true },
        { WW_ALARM_ACKED,   WW_CAUSE_REGRADE, LEVEL,        UP, WW_ALARM_UNACK, true },
        { WW_ALARM_ACKED,   WW_CAUSE_REGRADE, LEVEL,        DN, WW_ALARM_ACKED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_REGRADE, LEVEL,        UP, WW_ALARM_UNACK, true },
        { WW_ALARM_RTNUN,   WW_CAUSE_REGRADE, LEVEL,        UP, WW_ALARM_RTNUN, false },
        { WW_ALARM_ACKED,   WW_CAUSE_REGRADE, LEVEL,        P,  REFUSED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_ACKNOWLEDGE, LEVEL,    P,  WW_ALARM_ACKED, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_ACKNOWLEDGE, LEVEL,    P,  WW_ALARM_NORM, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_ACKNOWLEDGE, LEVEL_MANUAL, P, WW_ALARM_LATCHED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_ACKNOWLEDGE, LEVEL,    P,  REFUSED, false },
        { WW_ALARM_LATCHED, WW_CAUSE_ACKNOWLEDGE, LEVEL_MANUAL, P, REFUSED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_UNACKNOWLEDGE, LEVEL,  P,  WW_ALARM_UNACK, false },
        { WW_ALARM_UNACK,   WW_CAUSE_UNACKNOWLEDGE, LEVEL,  P,  REFUSED, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_UNACKNOWLEDGE, LEVEL,  P,  REFUSED, false },
        { WW_ALARM_LATCHED, WW_CAUSE_UNACKNOWLEDGE, LEVEL_MANUAL, P, REFUSED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_CLEAR, LEVEL,          P,  WW_ALARM_RTNUN, false },
        { WW_ALARM_ACKED,   WW_CAUSE_CLEAR, LEVEL,          P,  WW_ALARM_NORM, false },
        { WW_ALARM_ACKED,   WW_CAUSE_CLEAR, LEVEL_MANUAL,   P,  WW_ALARM_LATCHED, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_CLEAR, LEVEL,          P,  REFUSED, false },
        { WW_ALARM_LATCHED, WW_CAUSE_CLEAR, LEVEL_MANUAL,   P,  REFUSED, false },
        { WW_ALARM_LATCHED, WW_CAUSE_RESET, LEVEL_MANUAL,   P,  WW_ALARM_NORM, false },
        { WW_ALARM_ACKED,   WW_CAUSE_RESET, INSTANT_MANUAL, P,  WW_ALARM_NORM, false },
        { WW_ALARM_ACKED,   WW_CAUSE_RESET, LEVEL,          P,  REFUSED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_RESET, LEVEL_MANUAL,   P,  REFUSED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_RESET, INSTANT_MANUAL, P,  REFUSED, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_RESET, LEVEL_MANUAL,   P,  REFUSED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_ACK_EXPIRED, LEVEL,    P,  WW_ALARM_UNACK, true },
        { WW_ALARM_UNACK,   WW_CAUSE_ACK_EXPIRED, LEVEL,    P,  REFUSED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_SHIFT_ENDED, LEVEL,    P,  WW_ALARM_UNACK, true },
        { WW_ALARM_UNACK,   WW_CAUSE_SHIFT_ENDED, LEVEL,    P,  REFUSED, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_SHIFT_ENDED, LEVEL,    P,  REFUSED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_SHELVE, LEVEL,         P,  WW_ALARM_SHLVD, false },
        { WW_ALARM_ACKED,   WW_CAUSE_SHELVE, LEVEL,         P,  WW_ALARM_SHLVD, false },
        { WW_ALARM_RTNUN,   WW_CAUSE_SHELVE, LEVEL,         P,  WW_ALARM_SHLVD, false },
        { WW_ALARM_LATCHED, WW_CAUSE_SHELVE, LEVEL_MANUAL,  P,  WW_ALARM_SHLVD, false },
        { WW_ALARM_NORM,    WW_CAUSE_SHELVE, LEVEL,         P,  REFUSED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_UNSHELVE, LEVEL,       P,  REFUSED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_SUPPRESS, LEVEL,       P,  WW_ALARM_DSUPR, false },
        { WW_ALARM_UNACK,   WW_CAUSE_OUT_OF_SERVICE, LEVEL, P,  WW_ALARM_OOSRV, false },
        { WW_ALARM_UNACK,   WW_CAUSE_RETURN_TO_SERVICE, LEVEL, P, REFUSED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_SILENCE, LEVEL,        P,  WW_ALARM_UNACK, false },
        { WW_ALARM_ACKED,   WW_CAUSE_SILENCE, LEVEL,        P,  REFUSED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_SOURCE_LOST, LEVEL,    P,  WW_ALARM_ACKED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_SOURCE_BACK, LEVEL,    P,  REFUSED, false },
        { WW_ALARM_ACKED,   WW_CAUSE_REFUTED, LEVEL,        P,  WW_ALARM_ACKED, false },
        { WW_ALARM_UNACK,   WW_CAUSE_CONFIG_REMOVED, LEVEL, P,  WW_ALARM_RTNUN, true },
        { WW_ALARM_ACKED,   WW_CAUSE_CONFIG_REMOVED, LEVEL, P,  WW_ALARM_RTNUN, true },
        { WW_ALARM_RTNUN,   WW_CAUSE_CONFIG_REMOVED, LEVEL, P,  REFUSED, false },
};
/* clang-format on */

static struct ww_alarm_regions regions_in(enum ww_alarm_state state, enum variant variant) {
        return (struct ww_alarm_regions){
                .active = state == WW_ALARM_UNACK || state == WW_ALARM_ACKED,
                .acknowledged = state == WW_ALARM_ACKED || state == WW_ALARM_LATCHED || state == WW_ALARM_NORM,
                .latched = variant == LEVEL_MANUAL,
        };
}

static void test_rows(void **state) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row *row = &rows[i];
                struct ww_alarm a = alarm_of(regions_in(row->from, row->variant), row->variant == INSTANT_MANUAL);
                struct ww_alarm old = a;
                struct machine_input in = input_of(row->cause);
                bool attention = false;
                int r;

                in.priority = row->priority;
                in.instant = row->variant == INSTANT_MANUAL;
                in.manual = row->variant != LEVEL;
                assert_int_equal(ww_alarm_state(&a.regions), row->from);
                r = machine_apply(&a, &in, &attention);
                if (row->to == REFUSED) {
                        if (r != ALARM_E_STATE)
                                fail_msg("row %zu was not refused", i);
                        assert_memory_equal(&a, &old, sizeof a);
                        continue;
                }
                if (r || ww_alarm_state(&a.regions) != row->to || attention != row->attention)
                        fail_msg("row %zu: %d %s %d", i, r, ww_alarm_state_name(ww_alarm_state(&a.regions)), attention);
        }
}

/* what holds of every change, whatever the regions */
static void check_invariants(const struct ww_alarm *old, const struct ww_alarm *a, const struct machine_input *in,
                             bool attention) {
        bool by_person = in->cause == WW_CAUSE_ACKNOWLEDGE || in->cause == WW_CAUSE_UNSHELVE;

        assert_int_equal(a->version, old->version + 1);
        assert_int_equal(a->changed_at, NOW);
        if (machine_hidden(&a->regions))
                assert_false(attention);
        if (a->regions.acknowledged && !old->regions.acknowledged)
                assert_true(by_person);
        if (ww_alarm_state(&a->regions) == WW_ALARM_NORM)
                assert_true(old->regions.acknowledged || by_person);
        if (attention)
                assert_true(!a->regions.acknowledged && a->alarmed_version == a->version && !a->silenced);
        if (machine_hidden(&a->regions) && in->cause == WW_CAUSE_RAISE)
                assert_int_equal(a->regions.acknowledged, old->regions.acknowledged);
        assert_true(a->alarmed_version <= a->version);
        assert_true(a->regions.acknowledged ? a->priority_unack == a->priority : a->priority_unack >= a->priority);
        assert_int_equal(a->regions.shelved == WW_SHELVED_NO, a->shelved_until == WW_TIME_NONE);
        assert_int_equal(!a->regions.out_of_service, a->out_of_service_until == WW_TIME_NONE);
        if (in->cause == WW_CAUSE_CLEAR)
                assert_true(!attention && a->regions.acknowledged == old->regions.acknowledged &&
                            a->regions.shelved != WW_SHELVED_ONE_SHOT);
}

static unsigned check_all(const struct machine_input *in, bool instant, enum ww_class klass) {
        unsigned changes = 0;

        for (unsigned i = 0; i < REGIONS; i++) {
                struct ww_alarm a = alarm_of(regions_of(i), instant), old;
                bool attention = false;
                int r;

                a.klass = klass;
                old = a;
                r = machine_apply(&a, in, &attention);
                if (r) {
                        assert_memory_equal(&a, &old, sizeof a);
                        continue;
                }
                changes++;
                check_invariants(&old, &a, in, attention);
        }
        return changes;
}

static void test_invariants_over_all_regions(void **state) {
        for (int cause = WW_CAUSE_RAISE; cause < WW_CAUSE_MAX_; cause++)
                for (unsigned variant = 0; variant < 96; variant++) {
                        struct machine_input in = input_of((enum ww_cause)cause);

                        in.priority = (enum ww_priority)(WW_PRIORITY_LOW + variant % 3);
                        in.instant = variant / 3 & 1;
                        in.manual = variant / 6 & 1;
                        in.shelved = variant / 12 & 1 ? WW_SHELVED_ONE_SHOT : WW_SHELVED_TIMED;
                        in.suppress = variant / 24 & 1;
                        in.other = variant / 48 & 1;
                        if (!check_all(&in, in.instant, WW_CLASS_GENERAL))
                                assert_true(cause == WW_CAUSE_REGRADE || cause == WW_CAUSE_SOURCE_BACK);
                }
}

static void test_protected_classes_are_never_hidden_by_people_or_rules(void **state) {
        for (int klass = WW_CLASS_FIRE; klass < WW_CLASS_MAX_; klass++) {
                struct machine_input shelve = input_of(WW_CAUSE_SHELVE), suppress = input_of(WW_CAUSE_SUPPRESS);

                assert_int_equal(check_all(&shelve, false, (enum ww_class)klass), 0);
                assert_int_equal(check_all(&suppress, false, (enum ww_class)klass), 0);
        }
}

/* A raise that is held back: the alarm begins, and nobody is asked; what nothing may hide sounds all the same. */
static void test_a_raise_that_is_held_back(void **state) {
        for (int klass = 0; klass < WW_CLASS_MAX_; klass++)
                for (int instant = 0; instant < 2; instant++) {
                        struct ww_alarm a = alarm_of((struct ww_alarm_regions){ .acknowledged = true }, false);
                        struct machine_input in = input_of(WW_CAUSE_RAISE);
                        bool attention = false, open = ww_class_protected((enum ww_class)klass);

                        a.klass = (enum ww_class)klass;
                        a.regions.active = in.instant = in.manual = instant; /* an instant that comes again */
                        in.suppress = true;
                        assert_true(machine_raises(&a, &in));
                        assert_int_equal(machine_apply(&a, &in, &attention), 0);
                        assert_int_equal(ww_alarm_state(&a.regions), open ? WW_ALARM_UNACK : WW_ALARM_DSUPR);
                        assert_int_equal(attention, open);
                        assert_true(a.regions.active && a.raised_at == NOW && a.raised_count == 2);
                        assert_int_equal(a.regions.acknowledged, !open);
                }
}

/* One mute takes over from another; nothing takes over from none. */
static void test_suppressed_by_something_else(void **state) {
        struct ww_alarm a = alarm_of((struct ww_alarm_regions){ .active = true }, false);
        struct machine_input in = input_of(WW_CAUSE_SUPPRESS);
        bool attention;

        in.other = true;
        assert_int_equal(machine_apply(&a, &in, &attention), ALARM_E_STATE);
        in.other = false;
        assert_int_equal(machine_apply(&a, &in, &attention), 0);
        assert_int_equal(machine_apply(&a, &in, &attention), ALARM_E_STATE);
        in.other = true;
        assert_int_equal(machine_apply(&a, &in, &attention), 0);
        assert_int_equal(ww_alarm_state(&a.regions), WW_ALARM_DSUPR);
}

static enum ww_alarm_state after(struct ww_alarm_regions regions, enum ww_cause cause, bool *attention) {
        struct ww_alarm a = alarm_of(regions, false);
        struct machine_input in = input_of(cause);

        *attention = false;
        assert_int_equal(machine_apply(&a, &in, attention), 0);
        return ww_alarm_state(&a.regions);
}

static void test_coming_out_of_hiding(void **state) {
        struct ww_alarm_regions shelved = { .active = true, .shelved = WW_SHELVED_TIMED }, normal = shelved, muted;
        bool attention;

        assert_int_equal(after(shelved, WW_CAUSE_UNSHELVE, &attention), WW_ALARM_ACKED);
        assert_false(attention);
        assert_int_equal(after(shelved, WW_CAUSE_SHELVING_ENDED, &attention), WW_ALARM_UNACK);
        assert_true(attention);
        shelved.acknowledged = true;
        assert_int_equal(after(shelved, WW_CAUSE_SHELVING_ENDED, &attention), WW_ALARM_UNACK);
        assert_true(attention);
        normal.active = false;
        assert_int_equal(after(normal, WW_CAUSE_SHELVING_ENDED, &attention), WW_ALARM_RTNUN);
        assert_false(attention);
        muted = shelved;
        muted.suppressed = true;
        assert_int_equal(after(muted, WW_CAUSE_SHELVING_ENDED, &attention), WW_ALARM_DSUPR);
        assert_false(attention);
        shelved.shelved = WW_SHELVED_ONE_SHOT;
        assert_int_equal(after(shelved, WW_CAUSE_CLEAR, &attention), WW_ALARM_NORM);
        shelved.acknowledged = false;
        assert_int_equal(after(shelved, WW_CAUSE_CLEAR, &attention), WW_ALARM_RTNUN);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_invariants_over_all_regions),
                cmocka_unit_test(test_protected_classes_are_never_hidden_by_people_or_rules),
                cmocka_unit_test(test_a_raise_that_is_held_back),
                cmocka_unit_test(test_suppressed_by_something_else),
                cmocka_unit_test(test_coming_out_of_hiding),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
