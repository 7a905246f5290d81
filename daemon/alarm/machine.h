#pragma once
/*
 * The alarm state machine of ISA-18.2, as orthogonal regions. machine_apply is the only function that changes the
 * state of an alarm; everything that may happen is a row of its table: in which derived states, under which guard,
 * with which effect.
 *
 * Invariants: the version grows by exactly one per change and by none when refused; an unacknowledged alarm becomes
 * acknowledged only by a person; nothing asks for attention while hidden (out of service, suppressed, shelved); no
 * cause leads to NORM while an acknowledgement is due.
 */
#include "alarm/alarm.h"

struct machine_input {
        enum ww_cause cause;
        int64_t now;  /* journal time */
        int64_t time; /* match time of a detection, else journal time */
        /* of a detection */
        enum ww_priority priority;
        bool instant, manual;
        bool first_out; /* nothing of the alarm's group is active */
        bool evidence;  /* there is new evidence: a change even if nothing else differs */
        bool suppress;  /* what would sound is suppressed by design from the start */
        bool other;     /* SUPPRESS: suppressed already, now by something else */
        bool stale;     /* RAISE, AGAIN: where it comes from cannot be heard */
        /* SHELVE, OUT_OF_SERVICE */
        enum ww_shelved shelved;
        int64_t until;
};

static inline bool machine_hidden(const struct ww_alarm_regions *r) {
        return r->out_of_service || r->suppressed || r->shelved != WW_SHELVED_NO;
}

/** An alarm before its first raise: normal, acknowledged, version 0. */
void machine_init(struct ww_alarm *alarm);

/** Would it raise the alarm anew: begin, or come again to those who had answered it? */
bool machine_raises(const struct ww_alarm *alarm, const struct machine_input *in);

/** The states that the event may lead to from `state`, as a set of 1 << enum ww_alarm_state, whatever the regions
 *  beneath; 0: it is refused, or says nothing. *ret_sounds: those in which it then may ask for attention. */
unsigned machine_outcomes(enum ww_alarm_state state, enum ww_cause cause, unsigned *ret_sounds);

/** 0 (changed; *ret_annunciate tells whether it asks for attention), ALARM_E_STATE or ALARM_E_PROTECTED (nothing
 * changed). For a detection ALARM_E_STATE means that it says nothing new. */
int machine_apply(struct ww_alarm *alarm, const struct machine_input *in, bool *ret_annunciate);
