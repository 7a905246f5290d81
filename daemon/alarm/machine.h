#pragma once
/*
 * The alarm state machine (ISA-18.2, IEC 62682), as orthogonal regions.
 *
 * One table says which event may happen in which state, under which guard, with which effect on the regions; one
 * function, machine_apply, changes an alarm. Nobody else writes a region, a priority or a version.
 */
#include <wardwatch/alarm.h>

#include "alarm/alarm.h"

struct machine_event {
        enum ww_cause cause;
        enum ww_priority priority; /* RAISE, AGAIN, REGRADE: that of the detection */
        bool instant, manual;      /* RAISE, AGAIN: of the condition */
        bool one_shot;             /* SHELVE */
        int64_t until;             /* SHELVE, OUT_OF_SERVICE; WW_TIME_NONE = without end */
        int64_t time;              /* RAISE: match time */
        int64_t now;               /* journal time */
        bool group_active;         /* RAISE: something of its first-out group is active */
};

enum {
        MACHINE_E_REFUSED = 1, /* the event does not apply to this state: an operator is told, a detection is dropped */
};

/** Applies the event: regions, priorities, counters and version of `alarm`. *ret_annunciate: the operator's attention
 *  is asked for. 0, or MACHINE_E_REFUSED with nothing changed. */
int machine_apply(struct ww_alarm *alarm, const struct machine_event *event, bool *ret_annunciate);

/** True if the event may happen to `alarm` as it stands. */
bool machine_allows(const struct ww_alarm *alarm, const struct machine_event *event);
