#pragma once
/*
 * An incident's states: one table, and one function that goes by it.
 *
 *     new ──take, assign──► in-progress ──hold──► on-hold ──(its time, a new alarm, resume)──► in-progress
 *                                │ resolve: the required steps are done, or a supervisor forces it
 *                                ▼
 *                            resolved ──close: disposed of where it must be──► closed ──reopen──► in-progress
 */
#include "response/response_internal.h"

enum incident_state {
        INCIDENT_NEW,
        INCIDENT_IN_PROGRESS,
        INCIDENT_ON_HOLD,
        INCIDENT_RESOLVED,
        INCIDENT_CLOSED,
        INCIDENT_STATES,
};

enum incident_event {
        INCIDENT_TAKE,
        INCIDENT_ASSIGN,
        INCIDENT_HOLD,
        INCIDENT_RESUME,
        INCIDENT_ALARM, /* another alarm joins it */
        INCIDENT_RESOLVE,
        INCIDENT_CLOSE,
        INCIDENT_REOPEN,
        INCIDENT_MERGE,
        INCIDENT_EVENTS,
};

#define ROLE_SYSTEM (1U << 31) /* timers and alarms */

struct incident_edge {
        unsigned roles; /* set of enum alarm_role, and ROLE_SYSTEM; 0: there is no such edge */
        enum incident_state to;
};
extern const struct incident_edge incident_edges[INCIDENT_STATES][INCIDENT_EVENTS];
const char *incident_state_name(enum incident_state state); /* "in-progress" */
const char *incident_event_name(enum incident_event event); /* "take" */

enum incident_state incident_state(const struct subject *incident);

/** May it happen, and by whom? 0 with the next state, REFUSED_STATE, REFUSED_ROLE. */
int incident_edge(const struct subject *incident, enum incident_event event, unsigned roles, enum incident_state *ret);
/** Its body has been set: the state, and all that follows from it. 0 or -errno. */
int incident_turn(struct response *r, struct subject *incident, enum incident_state to, const char *what,
                  const struct act *act);

struct incident_opening {
        enum ww_hazard hazard;
        enum ww_priority priority;
        struct ww_str zone, title, procedure;
        bool exercise, manual;
};
/** A new one, not told yet. NULL without memory. */
struct subject *incident_new(struct response *r, const struct incident_opening *opening, int64_t now);
/** Tells it, gathers for it, begins its procedure and its ladder. 0 or -errno. */
int incident_open(struct response *r, struct subject *incident, const struct act *act);

/* --- member.c: its alarms --- */

/** It stands in the incident from here on; `*ret` is the member for it, which is to be told after the incident, or
 * NULL: it has been one before. 0, REFUSED_LIMIT, -ENOMEM. */
int member_join(struct response *r, struct subject *incident, const struct ww_alarm *alarm, struct subject **ret);
struct subject *member_find(const struct subject *incident, uint64_t alarm); /* NULL: none of its own */
/** After a load, and a swap of the site: what is looked up often. */
void member_know(const struct response *r, struct subject *member);
/** All alarms of `from` into `to`, which is told after it. 0 or -errno. */
int members_move(struct response *r, struct subject *from, struct subject *to, const struct act *act);

/* --- incident_alarms.c: what its alarms make of it --- */

bool alarm_is_hidden(const struct ww_alarm_regions *regions);
/** One more procedure to follow, unless it is there; "": none. Its steps are made by steps_follow(). 0 or -ENOMEM. */
int incident_add_procedure(struct subject *incident, struct ww_str name);
enum ww_priority incident_priority(const struct subject *incident);
/** More is at stake: what was taken note of is not this. */
void incident_raise_priority(struct subject *incident, enum ww_priority priority);
/** After roles or alarms changed: causes are counted anew. */
void incident_count_causes(struct subject *incident);
/** A person, or all acknowledgements, took note of it. */
void incident_acknowledged(struct subject *incident, const struct act *act);

/** The hazard, priority, zone … of it, as matches see it. */
struct response_case incident_case(const struct response *r, const struct subject *incident);
/** How far it has come: what `until` of a ladder asks for. 0: nobody has taken note. */
enum until incident_progress(const struct subject *incident);
/** Does it need a disposition to be closed? */
bool incident_disposition_required(const struct response *r, const struct subject *incident);

int64_t incident_due(const struct response *r, const struct subject *incident);
int incident_fire(struct response *r, struct subject *incident, int64_t now);

/* --- what follows from an incident --- */

/** The steps of its procedures that are not made yet and apply. 0 or -errno. */
int steps_follow(struct response *r, struct subject *incident, const struct act *act);
size_t steps_open(const struct response *r, const struct subject *incident); /* required ones */
int64_t step_due(const struct response *r, const struct subject *s);
int step_fire(struct response *r, struct subject *s, int64_t now);
/** The ladder for it, if none or another one runs; steps that its progress stops. 0 or -errno. */
int escalation_follow(struct response *r, struct subject *incident, const struct act *act);
/** Nobody has it in hand any more: the ladder for it from its beginning. 0 or -errno. */
int escalation_again(struct response *r, struct subject *incident, const struct act *act);
int64_t escalation_due(const struct response *r, const struct subject *s);
int escalation_fire(struct response *r, struct subject *s, int64_t now);
/** The next step that waits does not wait any more. 0 or -errno. */
int escalation_hasten(struct response *r, struct subject *s, const struct act *act);
/** One to each recipient by each channel, but for those that are there already. 0 or -errno. */
int notify_step(struct response *r, struct subject *incident, const struct subject *ladder, size_t step,
                const struct act *act);
/** It is closed: what was not delivered is withdrawn, and where `tell` is true those who were told by a channel with
 *  `closing` are told. 0 or -errno. */
int notify_closed(struct response *r, struct subject *incident, bool tell, const struct act *act);
/** It is covert from here on, or was already: what is due by an overt channel is withheld, reports of it as well. What
 * was sent cannot be taken back. 0 or -errno. */
int notify_covert(struct response *r, struct subject *incident, const struct act *act);
/** Ended, because the threat could notice it there: sets the body, tells nobody. */
void notify_withheld(struct subject *s);
/** Where the recipient is reached by that channel, or "". */
struct ww_str notify_address(const struct response_rules *rules, struct ww_str recipient, struct ww_str channel);
int64_t approval_due(const struct response *r, const struct subject *s);
int approval_fire(struct response *r, struct subject *s, int64_t now);
/** A disposition of it waits for the second person. */
bool disposition_pending(const struct response *r, const struct subject *incident);

/* --- report.c: notifications of records, which belong to no incident --- */

struct subject *report_by_key(const struct response *r, struct ww_str key); /* NULL: there is none */
/** What is due of a covert incident by an overt channel is withheld, with all that follows. 0 or -errno. */
int report_covert(struct response *r, const struct act *act);
/** Its body has been set after an attempt: told, with all that follows. It may be forgotten then. 0 or -errno. */
int report_result(struct response *r, struct subject *s, const struct act *act);
