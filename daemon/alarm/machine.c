#include "alarm/machine.h"

#define IN(state) (1u << WW_ALARM_##state)

enum {
        SHOWN = IN(NORM) | IN(UNACK) | IN(ACKED) | IN(RTNUN) | IN(LATCHED),
        HIDDEN = IN(SHLVD) | IN(DSUPR) | IN(OOSRV),
        EVERY = SHOWN | HIDDEN,
};

struct row {
        unsigned states; /* derived states in which it may happen */
        bool (*guard)(const struct ww_alarm *a, const struct machine_input *in); /* NULL = always */
        bool (*effect)(struct ww_alarm *a, const struct machine_input *in);      /* returns whether it sounds */
};

void machine_init(struct ww_alarm *a) {
        *a = (struct ww_alarm){
                .priority = WW_PRIORITY_LOW,
                .priority_unack = WW_PRIORITY_LOW,
                .regions = { .acknowledged = true },
                .raised_at = WW_TIME_NONE,
                .changed_at = WW_TIME_NONE,
                .acknowledged_at = WW_TIME_NONE,
                .shelved_until = WW_TIME_NONE,
                .out_of_service_until = WW_TIME_NONE,
        };
}

/* What an operator acknowledges must have been seen with this: acts with an older version are refused. */
static void alarm_anew(struct ww_alarm *a) {
        a->alarmed_version = a->version + 1;
        a->silenced = false;
}

static void set_unacknowledged(struct ww_alarm *a) {
        if (a->regions.acknowledged)
                a->priority_unack = a->priority;
        a->regions.acknowledged = false;
}

static void set_acknowledged(struct ww_alarm *a, int64_t now) {
        if (!a->regions.acknowledged)
                a->acknowledged_at = now;
        a->regions.acknowledged = true;
        a->priority_unack = a->priority;
}

/* Returns whether it rose. */
static bool set_priority(struct ww_alarm *a, enum ww_priority priority) {
        bool rose = priority > a->priority;

        a->priority = priority;
        if (a->regions.acknowledged || a->priority_unack < priority)
                a->priority_unack = priority;
        return rose;
}

/* Visible again while active: whoever looks sees an alarm that wants an answer. */
static bool uncover(struct ww_alarm *a) {
        if (machine_hidden(&a->regions) || !a->regions.active)
                return false;
        set_unacknowledged(a);
        alarm_anew(a);
        return true;
}

/* An instant that waits for its reset, and comes again. */
static bool repeats(const struct ww_alarm *a, const struct machine_input *in) {
        return in->instant && in->manual && a->regions.acknowledged;
}

bool machine_raises(const struct ww_alarm *a, const struct machine_input *in) {
        return (in->cause == WW_CAUSE_RAISE || in->cause == WW_CAUSE_AGAIN) && (!a->regions.active || repeats(a, in));
}

/* Before the effect: what it does not see is not announced. */
static void hold_back(struct ww_alarm *a, const struct machine_input *in) {
        if (in->suppress && !ww_class_protected(a->klass))
                a->regions.suppressed = true;
}

static bool again(struct ww_alarm *a, const struct machine_input *in) {
        bool repeated = repeats(a, in);
        bool rose = set_priority(a, in->priority);

        if (repeated) {
                hold_back(a, in);
                a->raised_count++;
                a->raised_at = in->time;
        }
        if (!rose && !repeated)
                return false;
        alarm_anew(a);
        if (!machine_hidden(&a->regions))
                set_unacknowledged(a);
        return true;
}

static bool effect_raise(struct ww_alarm *a, const struct machine_input *in) {
        if (a->regions.active)
                return again(a, in);
        hold_back(a, in);
        a->regions.active = true;
        a->regions.latched = a->regions.latched || (in->manual && !in->instant);
        a->instant = in->instant;
        a->first_out = in->first_out;
        a->stale = in->stale;
        a->raised_count++;
        a->raised_at = in->time;
        (void)set_priority(a, in->priority);
        alarm_anew(a);
        if (!machine_hidden(&a->regions))
                set_unacknowledged(a);
        return true;
}

static bool guard_again(const struct ww_alarm *a, const struct machine_input *in) {
        return in->evidence || !a->regions.active || in->priority != a->priority || repeats(a, in);
}

static bool guard_regrade(const struct ww_alarm *a, const struct machine_input *in) {
        return in->priority != a->priority;
}

static bool effect_regrade(struct ww_alarm *a, const struct machine_input *in) {
        bool rose = set_priority(a, in->priority) && a->regions.active;

        if (!rose)
                return false;
        alarm_anew(a);
        if (!machine_hidden(&a->regions))
                set_unacknowledged(a);
        return true;
}

static bool guard_active(const struct ww_alarm *a, const struct machine_input *in) {
        return a->regions.active;
}

static void unshelve(struct ww_alarm *a) {
        a->regions.shelved = WW_SHELVED_NO;
        a->shelved_until = WW_TIME_NONE;
}

static bool effect_clear(struct ww_alarm *a, const struct machine_input *in) {
        a->regions.active = false;
        if (a->regions.shelved == WW_SHELVED_ONE_SHOT)
                unshelve(a);
        return false;
}

/* A condition that ends because nobody watches it any more has to be seen, also by those who had acknowledged it, and
 * after it was hidden. */
static bool effect_removed(struct ww_alarm *a, const struct machine_input *in) {
        (void)effect_clear(a, in);
        set_unacknowledged(a);
        alarm_anew(a);
        return true;
}

static bool effect_note(struct ww_alarm *a, const struct machine_input *in) {
        return false;
}

static bool guard_unacknowledged(const struct ww_alarm *a, const struct machine_input *in) {
        return !a->regions.acknowledged;
}

static bool effect_acknowledge(struct ww_alarm *a, const struct machine_input *in) {
        set_acknowledged(a, in->now);
        return false;
}

static bool effect_unacknowledge(struct ww_alarm *a, const struct machine_input *in) {
        set_unacknowledged(a);
        a->silenced = false;
        if (in->cause == WW_CAUSE_UNACKNOWLEDGE)
                return false; /* who takes it back is there */
        alarm_anew(a);
        return true;
}

static bool guard_reset(const struct ww_alarm *a, const struct machine_input *in) {
        return a->regions.acknowledged && (a->regions.active ? a->instant : a->regions.latched);
}

static bool effect_reset(struct ww_alarm *a, const struct machine_input *in) {
        a->regions.latched = false;
        return effect_clear(a, in);
}

static bool guard_shelve(const struct ww_alarm *a, const struct machine_input *in) {
        return in->shelved != WW_SHELVED_NO;
}

static bool effect_shelve(struct ww_alarm *a, const struct machine_input *in) {
        a->regions.shelved = in->shelved;
        a->shelved_until = in->until;
        return false;
}

static bool guard_shelved(const struct ww_alarm *a, const struct machine_input *in) {
        return a->regions.shelved != WW_SHELVED_NO;
}

/* By hand: who unshelves it has seen it. */
static bool effect_unshelve(struct ww_alarm *a, const struct machine_input *in) {
        unshelve(a);
        if (a->regions.active && !machine_hidden(&a->regions))
                set_acknowledged(a, in->now);
        return false;
}

static bool effect_shelving_ended(struct ww_alarm *a, const struct machine_input *in) {
        unshelve(a);
        return uncover(a);
}

static bool guard_suppress(const struct ww_alarm *a, const struct machine_input *in) {
        return a->regions.suppressed == in->other;
}

static bool effect_suppress(struct ww_alarm *a, const struct machine_input *in) {
        a->regions.suppressed = true;
        return false;
}

static bool guard_suppressed(const struct ww_alarm *a, const struct machine_input *in) {
        return a->regions.suppressed;
}

static bool effect_unsuppress(struct ww_alarm *a, const struct machine_input *in) {
        a->regions.suppressed = false;
        return uncover(a);
}

static bool guard_in_service(const struct ww_alarm *a, const struct machine_input *in) {
        return !a->regions.out_of_service;
}

static bool effect_out_of_service(struct ww_alarm *a, const struct machine_input *in) {
        a->regions.out_of_service = true;
        a->out_of_service_until = in->until;
        return false;
}

static bool guard_out_of_service(const struct ww_alarm *a, const struct machine_input *in) {
        return a->regions.out_of_service;
}

static bool effect_return(struct ww_alarm *a, const struct machine_input *in) {
        a->regions.out_of_service = false;
        a->out_of_service_until = WW_TIME_NONE;
        return uncover(a);
}

static bool guard_loud(const struct ww_alarm *a, const struct machine_input *in) {
        return !a->silenced;
}

static bool effect_silence(struct ww_alarm *a, const struct machine_input *in) {
        a->silenced = true;
        return false;
}

static bool guard_source(const struct ww_alarm *a, const struct machine_input *in) {
        return a->stale != (in->cause == WW_CAUSE_SOURCE_LOST);
}

static bool effect_source(struct ww_alarm *a, const struct machine_input *in) {
        a->stale = in->cause == WW_CAUSE_SOURCE_LOST;
        return false;
}

static const struct row rows[WW_CAUSE_MAX_] = {
        [WW_CAUSE_RAISE] = { EVERY, guard_again, effect_raise },
        [WW_CAUSE_AGAIN] = { EVERY, guard_again, effect_raise },
        [WW_CAUSE_CLEAR] = { EVERY, guard_active, effect_clear },
        [WW_CAUSE_REGRADE] = { EVERY, guard_regrade, effect_regrade },
        [WW_CAUSE_ACKNOWLEDGE] = { EVERY, guard_unacknowledged, effect_acknowledge },
        [WW_CAUSE_UNACKNOWLEDGE] = { IN(ACKED), NULL, effect_unacknowledge },
        [WW_CAUSE_RESET] = { EVERY, guard_reset, effect_reset },
        [WW_CAUSE_ACK_EXPIRED] = { IN(ACKED), NULL, effect_unacknowledge },
        [WW_CAUSE_SHELVE] = { SHOWN & ~IN(NORM), guard_shelve, effect_shelve },
        [WW_CAUSE_UNSHELVE] = { HIDDEN, guard_shelved, effect_unshelve },
        [WW_CAUSE_SHELVING_ENDED] = { HIDDEN, guard_shelved, effect_shelving_ended },
        [WW_CAUSE_SUPPRESS] = { EVERY, guard_suppress, effect_suppress },
        [WW_CAUSE_UNSUPPRESS] = { HIDDEN, guard_suppressed, effect_unsuppress },
        [WW_CAUSE_OUT_OF_SERVICE] = { EVERY, guard_in_service, effect_out_of_service },
        [WW_CAUSE_RETURN_TO_SERVICE] = { HIDDEN, guard_out_of_service, effect_return },
        [WW_CAUSE_SILENCE] = { IN(UNACK) | IN(RTNUN), guard_loud, effect_silence },
        [WW_CAUSE_SOURCE_LOST] = { EVERY, guard_source, effect_source },
        [WW_CAUSE_SOURCE_BACK] = { EVERY, guard_source, effect_source },
        [WW_CAUSE_CONFIG_REMOVED] = { EVERY, guard_active, effect_removed },
        [WW_CAUSE_REFUTED] = { EVERY, NULL, effect_note },
        [WW_CAUSE_SHIFT_ENDED] = { IN(ACKED), NULL, effect_unacknowledge },
};

int machine_apply(struct ww_alarm *a, const struct machine_input *in, bool *ret_annunciate) {
        const struct row *row = &rows[in->cause];
        bool sounds;

        if ((in->cause == WW_CAUSE_SHELVE || in->cause == WW_CAUSE_SUPPRESS) && ww_class_protected(a->klass))
                return ALARM_E_PROTECTED;
        if (!(row->states & 1u << ww_alarm_state(&a->regions)) || (row->guard && !row->guard(a, in)))
                return ALARM_E_STATE;
        sounds = row->effect(a, in);
        a->version++;
        a->changed_at = in->now;
        *ret_annunciate = sounds && !machine_hidden(&a->regions);
        return 0;
}
