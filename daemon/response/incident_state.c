/* The machine of incidents, as a table, and what follows from a change of state. */
#include "response/incident.h"

#define PERSON     (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR)
#define SUPERVISOR ALARM_ROLE_SUPERVISOR

static const char *const state_names[INCIDENT_STATES] = {
        [INCIDENT_NEW] = "new",           [INCIDENT_IN_PROGRESS] = "in-progress", [INCIDENT_ON_HOLD] = "on-hold",
        [INCIDENT_RESOLVED] = "resolved", [INCIDENT_CLOSED] = "closed",
};

static const char *const event_names[INCIDENT_EVENTS] = {
        [INCIDENT_TAKE] = "take",     [INCIDENT_ASSIGN] = "assign", [INCIDENT_HOLD] = "hold",
        [INCIDENT_RESUME] = "resume", [INCIDENT_ALARM] = "alarm",   [INCIDENT_RESOLVE] = "resolve",
        [INCIDENT_CLOSE] = "close",   [INCIDENT_REOPEN] = "reopen", [INCIDENT_MERGE] = "merge",
};

const struct incident_edge incident_edges[INCIDENT_STATES][INCIDENT_EVENTS] = {
        [INCIDENT_NEW] = {
                [INCIDENT_TAKE] = { PERSON, INCIDENT_IN_PROGRESS },
                [INCIDENT_ASSIGN] = { PERSON, INCIDENT_IN_PROGRESS },
                [INCIDENT_ALARM] = { ROLE_SYSTEM, INCIDENT_NEW },
                [INCIDENT_RESOLVE] = { PERSON, INCIDENT_RESOLVED },
                [INCIDENT_MERGE] = { PERSON, INCIDENT_CLOSED },
        },
        [INCIDENT_IN_PROGRESS] = {
                [INCIDENT_TAKE] = { PERSON, INCIDENT_IN_PROGRESS },
                [INCIDENT_ASSIGN] = { PERSON, INCIDENT_IN_PROGRESS },
                [INCIDENT_HOLD] = { PERSON, INCIDENT_ON_HOLD },
                [INCIDENT_ALARM] = { ROLE_SYSTEM, INCIDENT_IN_PROGRESS },
                [INCIDENT_RESOLVE] = { PERSON, INCIDENT_RESOLVED },
                [INCIDENT_MERGE] = { PERSON, INCIDENT_CLOSED },
        },
        [INCIDENT_ON_HOLD] = {
                [INCIDENT_TAKE] = { PERSON, INCIDENT_IN_PROGRESS },
                [INCIDENT_ASSIGN] = { PERSON, INCIDENT_IN_PROGRESS },
                [INCIDENT_RESUME] = { PERSON | ROLE_SYSTEM, INCIDENT_IN_PROGRESS },
                [INCIDENT_ALARM] = { ROLE_SYSTEM, INCIDENT_IN_PROGRESS },
                [INCIDENT_RESOLVE] = { PERSON, INCIDENT_RESOLVED },
                [INCIDENT_MERGE] = { PERSON, INCIDENT_CLOSED },
        },
        [INCIDENT_RESOLVED] = {
                [INCIDENT_CLOSE] = { PERSON, INCIDENT_CLOSED },
                [INCIDENT_REOPEN] = { SUPERVISOR, INCIDENT_IN_PROGRESS },
                [INCIDENT_MERGE] = { PERSON, INCIDENT_CLOSED },
        },
        [INCIDENT_CLOSED] = {
                [INCIDENT_REOPEN] = { SUPERVISOR, INCIDENT_IN_PROGRESS },
        },
};

const char *incident_state_name(enum incident_state state) {
        return state_names[state];
}

const char *incident_event_name(enum incident_event event) {
        return event_names[event];
}

enum incident_state incident_state(const struct subject *incident) {
        for (enum incident_state state = 0; state < INCIDENT_STATES; state++)
                if (body_is(incident, "state", state_names[state]))
                        return state;
        return INCIDENT_NEW;
}

int incident_edge(const struct subject *incident, enum incident_event event, unsigned roles, enum incident_state *ret) {
        const struct incident_edge *edge = &incident_edges[incident_state(incident)][event];

        if (!edge->roles)
                return REFUSED_STATE;
        if (!(edge->roles & roles))
                return REFUSED_ROLE;
        *ret = edge->to;
        return 0;
}

/* --- what follows --- */

/* Timers of what belongs to it stand while it is closed. */
static void incident_timers(struct response *r, struct subject *incident) {
        for (struct subject *s = incident->first; s; s = s->next)
                subject_timer(r, s);
        subject_keep(r, incident, incident->ended);
}

/* What is forgotten is not live any more, and that is told. */
static int forget(struct response *r, struct subject *incident, const struct act *act) {
        int e = notify_closed(r, incident, false, act);

        if (!e)
                e = covert_note(r, incident->id);
        if (e)
                return e;
        subject_forget(r, incident);
        r->closed--;
        r->forgotten++;
        return 0;
}

static int forget_oldest(struct response *r, const struct act *act) {
        struct subject *oldest = TAILQ_FIRST(&r->ended);

        return oldest ? forget(r, oldest, act) : 0;
}

static void incident_set_ended(struct response *r, struct subject *incident, bool ended) {
        if (incident->ended == ended)
                return;
        incident->ended = ended;
        if (ended)
                r->closed++;
        else
                r->closed--;
}

int incident_turn(struct response *r, struct subject *incident, enum incident_state to, const char *what,
                  const struct act *act) {
        bool was = incident->ended;
        int e;

        body_set_name(incident, "state", state_names[to]);
        if (to != INCIDENT_ON_HOLD)
                body_set_time(incident, "held_until", WW_TIME_NONE);
        if (to == INCIDENT_IN_PROGRESS)
                body_set_time(incident, "resolved_at", WW_TIME_NONE);
        body_set_time(incident, "closed_at", to == INCIDENT_CLOSED ? act->now : WW_TIME_NONE);
        incident_set_ended(r, incident, to == INCIDENT_CLOSED);
        e = escalation_follow(r, incident, act);
        if (!e)
                e = subject_changed(r, incident, what, act);
        if (e || was == incident->ended)
                return e;
        incident_timers(r, incident);
        if (!incident->ended)
                return gather_note(r, incident);
        e = gather_drop(r, incident);
        if (!e)
                e = notify_closed(r, incident, strcmp(what, "closed") == 0, act);
        return !e && r->closed > INCIDENT_KEEP_MAX ? forget_oldest(r, act) : e;
}

int64_t incident_due(const struct response *r, const struct subject *incident) {
        switch (incident_state(incident)) {
        case INCIDENT_ON_HOLD:
                return body_time(incident, "held_until");
        case INCIDENT_CLOSED:
                return body_time(incident, "closed_at") + INCIDENT_KEEP;
        case INCIDENT_NEW:
        case INCIDENT_IN_PROGRESS:
        case INCIDENT_RESOLVED:
        case INCIDENT_STATES:
                break;
        }
        return WW_TIME_NEVER;
}

int incident_fire(struct response *r, struct subject *incident, int64_t now) {
        if (incident_state(incident) == INCIDENT_ON_HOLD)
                return incident_turn(r, incident, INCIDENT_IN_PROGRESS, "hold-ended", &ACT_TIMER(now));
        return forget(r, incident, &ACT_TIMER(now));
}
