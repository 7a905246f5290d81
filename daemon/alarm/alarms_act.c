/* Operators' acts: who may, what must be said, and whether the operator saw what he acts on. */
#include "alarm/alarms_internal.h"

#define SHELVE_MAX_DEFAULT         (8 * WW_HOUR) /* one shift */
#define OUT_OF_SERVICE_MAX_DEFAULT (30 * WW_DAY)

#define DESK                       (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_ADMINISTRATOR)
#define BOARD                      (ALARM_ROLE_SUPERVISOR | ALARM_ROLE_ADMINISTRATOR)
#define SHOP                       (ALARM_ROLE_MAINTENANCE | ALARM_ROLE_ADMINISTRATOR)

/* clang-format off */
const struct alarm_refusal alarm_refusals[ALARM_E_MAX_] = {
        [ALARM_E_UNKNOWN] = { "unknown-alarm", "there is no alarm of that number that is not normal", "`wardwatch alarms` lists them" },
        [ALARM_E_STATE] = { "state", "the alarm is not in a state in which this can be done", "look at its state; it may have changed meanwhile" },
        [ALARM_E_CHANGED] = { "changed", "it was raised again, or its priority rose, since the version that you saw", "look at it again and repeat with its version" },
        [ALARM_E_VERSION_NEEDED] = { "version-needed", "an acknowledgement carries the version that you saw", "give `version`" },
        [ALARM_E_REASON_NEEDED] = { "reason-needed", "this needs a reason", "give `reason`: what you saw or did" },
        [ALARM_E_ROLE] = { "role", "your role does not allow this", "ask somebody who may" },
        [ALARM_E_PROTECTED] = { "protected", "fire, panic, duress, infant and tamper alarms cannot be shelved", "acknowledge it, or take the device out of service under a work order" },
        [ALARM_E_LIMIT] = { "limit", "that is no time ahead, or longer than is allowed", "choose an earlier end" },
        [ALARM_E_WORK_ORDER_NEEDED] = { "work-order-needed", "out of service needs a work order", "give `work_order`" },
        [ALARM_E_SECOND_PERSON_NEEDED] = { "second-person-needed", "a key area needs a second person", "give `second_person`, another than yourself" },
};

struct act_rule {
        enum ww_cause verb;
        unsigned roles;
        bool version;  /* must be said */
        bool reason;   /* always; an acknowledgement only for high and critical */
        int (*check)(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act, int64_t now);
};
/* clang-format on */

static int check_ack(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act, int64_t now) {
        return alarm->priority >= WW_PRIORITY_HIGH && act->reason.n == 0 ? ALARM_E_REASON_NEEDED : 0;
}

static int check_until(const struct alarm_act *act, int64_t now, int64_t max) {
        return act->until <= now || act->until - now > max ? ALARM_E_LIMIT : 0;
}

static int check_shelve(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act,
                        int64_t now) {
        if (ww_class_protected(alarm->klass))
                return ALARM_E_PROTECTED;
        if (act->one_shot && act->until == WW_TIME_NONE)
                return 0; /* ends at the next clear */
        return check_until(act, now, a->limits.shelve_max ? a->limits.shelve_max : SHELVE_MAX_DEFAULT);
}

static int check_out(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act, int64_t now) {
        if (act->work_order.n == 0)
                return ALARM_E_WORK_ORDER_NEEDED;
        if (act->key_area && (act->second_person.n == 0 || ww_str_equal(act->second_person, act->actor)))
                return ALARM_E_SECOND_PERSON_NEEDED;
        return check_until(act, now,
                           a->limits.out_of_service_max ? a->limits.out_of_service_max : OUT_OF_SERVICE_MAX_DEFAULT);
}

static const struct act_rule act_rules[] = {
        { WW_CAUSE_ACKNOWLEDGE, DESK, true, false, check_ack },
        { WW_CAUSE_UNACKNOWLEDGE, DESK, false, false, NULL },
        { WW_CAUSE_RESET, DESK, false, true, NULL },
        { WW_CAUSE_SILENCE, DESK, false, false, NULL },
        { WW_CAUSE_SHELVE, BOARD, false, true, check_shelve },
        { WW_CAUSE_UNSHELVE, BOARD, false, false, NULL },
        { WW_CAUSE_OUT_OF_SERVICE, SHOP, false, true, check_out },
        { WW_CAUSE_RETURN_TO_SERVICE, SHOP, false, false, NULL },
};

static const struct act_rule *act_rule(enum ww_cause verb) {
        for (size_t i = 0; i < sizeof act_rules / sizeof *act_rules; i++) {
                if (act_rules[i].verb == verb)
                        return &act_rules[i];
        }
        return NULL;
}

static struct machine_event act_event(const struct alarm_act *act, int64_t now) {
        return (struct machine_event){
                .cause = act->verb, .one_shot = act->one_shot, .until = act->until, .time = now, .now = now
        };
}

/* In the order in which a person wants to hear it: may I, can it be done, is it still what I saw, what is missing. */
static int act_check(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act, int64_t now) {
        const struct act_rule *rule = act_rule(act->verb);
        struct machine_event event = act_event(act, now);

        if (!rule || !(act->roles & rule->roles))
                return ALARM_E_ROLE;
        if (act->verb == WW_CAUSE_SHELVE && ww_class_protected(alarm->klass))
                return ALARM_E_PROTECTED;
        if (!machine_allows(alarm, &event))
                return ALARM_E_STATE;
        if (rule->version && act->version == 0)
                return ALARM_E_VERSION_NEEDED;
        if (act->version && act->version < alarm->alarmed_version)
                return ALARM_E_CHANGED;
        if (rule->reason && act->reason.n == 0)
                return ALARM_E_REASON_NEEDED;
        return rule->check ? rule->check(a, alarm, act, now) : 0;
}

static int act_remember(struct alarm_entry *entry, const struct alarm_act *act) {
        if (act->verb == WW_CAUSE_ACKNOWLEDGE)
                return alarm_entry_set(&entry->acknowledged_by, &entry->alarm.acknowledged_by, act->actor);
        if (act->verb == WW_CAUSE_OUT_OF_SERVICE)
                return alarm_entry_set(&entry->work_order, &entry->alarm.work_order, act->work_order);
        return 0;
}

int alarms_act(struct alarms *a, const struct alarm_act *act, int64_t now, const struct ww_alarm **ret_alarm) {
        struct alarm_entry *entry = alarm_table_by_id(a, act->alarm);
        struct alarm_change change = { .event = act_event(act, now), .actor = act->actor, .reason = act->reason };
        int r;

        if (ret_alarm)
                *ret_alarm = entry ? &entry->alarm : NULL;
        if (!entry)
                return ALARM_E_UNKNOWN;
        r = act_check(a, &entry->alarm, act, now);
        if (!r)
                r = act_remember(entry, act);
        if (r)
                return r;
        r = alarms_change(a, entry,
                          &change); /* allowed: act_check asked the machine; the entry lives until the next call */
        return r > 0 ? ALARM_E_STATE : r;
}
