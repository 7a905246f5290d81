/*
 * The table is read from the top; the first row whose cause, state and guard fit is taken, and none means refused.
 *
 * States are the derived ones, so a row for UNACK speaks of an alarm that people see as UNACK. While an alarm is hidden
 * (SHLVD, DSUPR, OOSRV) the regions beneath go on: the rows for HIDDEN change them silently.
 */
#include "alarm/machine.h"

#define S(state) (1U << WW_ALARM_##state)
#define HIDDEN   (S(SHLVD) | S(DSUPR) | S(OOSRV))
#define SHOWN    (S(NORM) | S(UNACK) | S(ACKED) | S(RTNUN) | S(LATCHED))
#define ANY      (SHOWN | HIDDEN)

typedef bool (*machine_guard)(const struct ww_alarm *a, const struct machine_event *e);
/* Changes regions; true: attention is asked for. */
typedef bool (*machine_effect)(struct ww_alarm *a, const struct machine_event *e);

struct machine_row {
        enum ww_cause cause;
        unsigned from;
        machine_guard guard; /* NULL = always */
        machine_effect effect;
};

/* --- guards --- */

static bool is_active(const struct ww_alarm *a, const struct machine_event *e) {
        return a->regions.active;
}

static bool is_unacknowledged(const struct ww_alarm *a, const struct machine_event *e) {
        return !a->regions.acknowledged;
}

static bool is_acknowledged_active(const struct ww_alarm *a, const struct machine_event *e) {
        return a->regions.acknowledged && a->regions.active;
}

static bool is_instant(const struct ww_alarm *a, const struct machine_event *e) {
        return a->instant;
}

static bool is_resettable_beneath(const struct ww_alarm *a, const struct machine_event *e) {
        return a->regions.acknowledged && (a->regions.active ? a->instant : a->regions.latched);
}

static bool is_unprotected(const struct ww_alarm *a, const struct machine_event *e) {
        return !ww_class_protected(a->klass);
}

static bool is_suppressible(const struct ww_alarm *a, const struct machine_event *e) {
        return !a->regions.suppressed && !ww_class_protected(a->klass);
}

static bool is_shelved(const struct ww_alarm *a, const struct machine_event *e) {
        return a->regions.shelved != WW_SHELVED_NO;
}

static bool is_suppressed(const struct ww_alarm *a, const struct machine_event *e) {
        return a->regions.suppressed;
}

static bool is_out_of_service(const struct ww_alarm *a, const struct machine_event *e) {
        return a->regions.out_of_service;
}

static bool is_in_service(const struct ww_alarm *a, const struct machine_event *e) {
        return !a->regions.out_of_service;
}

static bool is_fresh(const struct ww_alarm *a, const struct machine_event *e) {
        return !a->stale;
}

static bool is_stale(const struct ww_alarm *a, const struct machine_event *e) {
        return a->stale;
}

static bool is_loud(const struct ww_alarm *a, const struct machine_event *e) {
        return !a->silenced;
}

static bool has_other_priority(const struct ww_alarm *a, const struct machine_event *e) {
        return a->priority != e->priority;
}

/* --- effects --- */

static void set_active(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.active = true;
        a->regions.latched = e->manual;
        a->instant = e->instant;
        a->priority = e->priority;
        a->raised_at = e->time;
        a->raised_count++;
}

/* Attention is wanted: from here on, what an operator saw before is out of date. */
static bool alarm_again(struct ww_alarm *a) {
        a->regions.acknowledged = false;
        a->silenced = false;
        if (a->priority > a->priority_unack)
                a->priority_unack = a->priority;
        a->alarmed_version = a->version;
        return true;
}

static bool raise_new(struct ww_alarm *a, const struct machine_event *e) {
        set_active(a, e);
        a->first_out = !e->group_active;
        a->priority_unack = e->priority;
        return alarm_again(a);
}

static bool raise_returned(struct ww_alarm *a, const struct machine_event *e) {
        set_active(a, e);
        a->first_out = !e->group_active;
        return alarm_again(a);
}

static bool raise_hidden(struct ww_alarm *a, const struct machine_event *e) {
        set_active(a, e);
        return false;
}

static bool set_priority(struct ww_alarm *a, const struct machine_event *e) {
        bool higher = e->priority > a->priority;

        a->priority = e->priority;
        return higher;
}

static bool again_unack(struct ww_alarm *a, const struct machine_event *e) {
        return e->priority > a->priority && set_priority(a, e) ? alarm_again(a) : false;
}

/* A same or lower priority never drops an acknowledgement; an instant that has to be reset is a new fact each time. */
static bool again_acked(struct ww_alarm *a, const struct machine_event *e) {
        bool higher = e->priority > a->priority && set_priority(a, e);

        return higher || (e->instant && e->manual) ? alarm_again(a) : false;
}

static bool again_hidden(struct ww_alarm *a, const struct machine_event *e) {
        if (e->priority > a->priority)
                a->priority = e->priority;
        return false;
}

static bool regrade_shown(struct ww_alarm *a, const struct machine_event *e) {
        return set_priority(a, e) && a->regions.active ? alarm_again(a) : false;
}

static bool regrade_hidden(struct ww_alarm *a, const struct machine_event *e) {
        (void)set_priority(a, e);
        return false;
}

static bool clear(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.active = false;
        if (a->regions.shelved == WW_SHELVED_ONE_SHOT)
                a->regions.shelved = WW_SHELVED_NO;
        return false;
}

static bool acknowledge(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.acknowledged = true;
        a->priority_unack = a->priority;
        a->acknowledged_at = e->now;
        return false;
}

static bool unacknowledge(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.acknowledged = false;
        a->priority_unack = a->priority;
        return false;
}

static bool expire(struct ww_alarm *a, const struct machine_event *e) {
        return alarm_again(a);
}

static bool reset(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.active = false;
        a->regions.latched = false;
        return false;
}

static bool shelve(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.shelved = e->one_shot ? WW_SHELVED_ONE_SHOT : WW_SHELVED_TIMED;
        a->shelved_until = e->until;
        return false;
}

static bool unshelve(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.shelved = WW_SHELVED_NO;
        a->shelved_until = WW_TIME_NONE;
        if (a->regions.active)
                (void)acknowledge(a, e);
        return false;
}

/* What was hidden and is still true asks for attention as if it were new. */
static bool reappear(struct ww_alarm *a) {
        return a->regions.active ? alarm_again(a) : false;
}

static bool end_shelving(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.shelved = WW_SHELVED_NO;
        a->shelved_until = WW_TIME_NONE;
        return reappear(a);
}

static bool suppress(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.suppressed = true;
        return false;
}

static bool unsuppress(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.suppressed = false;
        return reappear(a);
}

static bool take_out(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.out_of_service = true;
        a->out_of_service_until = e->until;
        return false;
}

static bool put_back(struct ww_alarm *a, const struct machine_event *e) {
        a->regions.out_of_service = false;
        a->out_of_service_until = WW_TIME_NONE;
        return reappear(a);
}

static bool silence(struct ww_alarm *a, const struct machine_event *e) {
        a->silenced = true;
        return false;
}

static bool lose_source(struct ww_alarm *a, const struct machine_event *e) {
        a->stale = true;
        return false;
}

static bool regain_source(struct ww_alarm *a, const struct machine_event *e) {
        a->stale = false;
        return false;
}

static bool note(struct ww_alarm *a, const struct machine_event *e) {
        return false;
}

/* clang-format off */
static const struct machine_row machine_rows[] = {
        { WW_CAUSE_RAISE,              S(NORM) | S(LATCHED),        NULL,                   raise_new },
        { WW_CAUSE_RAISE,              S(RTNUN),                    NULL,                   raise_returned },
        { WW_CAUSE_RAISE,              S(UNACK),                    NULL,                   again_unack },
        { WW_CAUSE_RAISE,              S(ACKED),                    NULL,                   again_acked },
        { WW_CAUSE_RAISE,              HIDDEN,                      is_active,              again_hidden },
        { WW_CAUSE_RAISE,              HIDDEN,                      NULL,                   raise_hidden },
        { WW_CAUSE_AGAIN,              S(UNACK),                    NULL,                   again_unack },
        { WW_CAUSE_AGAIN,              S(ACKED),                    NULL,                   again_acked },
        { WW_CAUSE_AGAIN,              HIDDEN,                      is_active,              again_hidden },
        { WW_CAUSE_REGRADE,            SHOWN & ~S(NORM),            has_other_priority,     regrade_shown },
        { WW_CAUSE_REGRADE,            HIDDEN,                      has_other_priority,     regrade_hidden },
        { WW_CAUSE_CLEAR,              ANY,                         is_active,              clear },
        { WW_CAUSE_CONFIG_REMOVED,     ANY,                         is_active,              clear },
        { WW_CAUSE_ACKNOWLEDGE,        S(UNACK) | S(RTNUN),         NULL,                   acknowledge },
        { WW_CAUSE_ACKNOWLEDGE,        HIDDEN,                      is_unacknowledged,      acknowledge },
        { WW_CAUSE_UNACKNOWLEDGE,      S(ACKED),                    NULL,                   unacknowledge },
        { WW_CAUSE_UNACKNOWLEDGE,      HIDDEN,                      is_acknowledged_active, unacknowledge },
        { WW_CAUSE_ACK_EXPIRED,        S(ACKED),                    NULL,                   expire },
        { WW_CAUSE_RESET,              S(LATCHED),                  NULL,                   reset },
        { WW_CAUSE_RESET,              S(ACKED),                    is_instant,             reset },
        { WW_CAUSE_RESET,              HIDDEN,                      is_resettable_beneath,  reset },
        { WW_CAUSE_SHELVE,             SHOWN & ~S(NORM),            is_unprotected,         shelve },
        { WW_CAUSE_UNSHELVE,           HIDDEN,                      is_shelved,             unshelve },
        { WW_CAUSE_SHELVING_ENDED,     HIDDEN,                      is_shelved,             end_shelving },
        { WW_CAUSE_SUPPRESS,           ANY,                         is_suppressible,        suppress },
        { WW_CAUSE_UNSUPPRESS,         HIDDEN,                      is_suppressed,          unsuppress },
        { WW_CAUSE_OUT_OF_SERVICE,     ANY,                         is_in_service,          take_out },
        { WW_CAUSE_RETURN_TO_SERVICE,  HIDDEN,                      is_out_of_service,      put_back },
        { WW_CAUSE_SILENCE,            S(UNACK),                    is_loud,                silence },
        { WW_CAUSE_SOURCE_LOST,        ANY,                         is_fresh,               lose_source },
        { WW_CAUSE_SOURCE_BACK,        ANY,                         is_stale,               regain_source },
        { WW_CAUSE_REFUTED,            ANY,                         NULL,                   note },
};
/* clang-format on */

static const struct machine_row *machine_row(const struct ww_alarm *a, const struct machine_event *e) {
        unsigned state = 1U << ww_alarm_state(&a->regions);

        for (size_t i = 0; i < sizeof machine_rows / sizeof *machine_rows; i++) {
                const struct machine_row *row = &machine_rows[i];

                if (row->cause == e->cause && (row->from & state) && (!row->guard || row->guard(a, e)))
                        return row;
        }
        return NULL;
}

bool machine_allows(const struct ww_alarm *alarm, const struct machine_event *event) {
        return machine_row(alarm, event) != NULL;
}

int machine_apply(struct ww_alarm *alarm, const struct machine_event *event, bool *ret_annunciate) {
        const struct machine_row *row = machine_row(alarm, event);
        bool attention;

        if (!row)
                return MACHINE_E_REFUSED;
        alarm->version++;
        alarm->changed_at = event->now;
        attention = row->effect(alarm, event);
        *ret_annunciate = attention && ww_alarm_state(&alarm->regions) == WW_ALARM_UNACK;
        return 0;
}
