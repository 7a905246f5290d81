/*
 * Guards sent to incidents: sent ──arrived──► on-scene ──done──► done; cancelled before that. The times are the
 * record's own; the incident keeps when the first was sent, which ladders wait for.
 */
#include "response/incident.h"
#include "response/people.h"

#include "response/verbs_run.h"

static struct subject *guard_of(const struct response *r, const struct subject *dispatch) {
        return subject_find(r, WW_SUBJECT_GUARD, body_number(dispatch, "guard_id"));
}

/* --- sending --- */

static int sent_to(struct response_call *c, struct subject **ret) {
        int r = call_subject(c, WW_SUBJECT_INCIDENT, ret);

        if (!r && incident_state(*ret) == INCIDENT_RESOLVED)
                r = call_refuse(c, REFUSED_STATE, "incident %llu is resolved", (unsigned long long)(*ret)->id);
        return r ? r : call_room(c, *ret, WW_SUBJECT_DISPATCH);
}

static int who_is_free(struct response_call *c, struct subject **ret) {
        int r = call_person(c, WW_SUBJECT_GUARD, ret);

        if (r || body_is(*ret, "status", "free"))
                return r;
        return call_refuse(c, REFUSED_STATE, "%s is %s", body_text(*ret, "name"), body_text(*ret, "status"));
}

static int incident_sent(struct response *r, struct subject *incident, const struct act *act) {
        if (body_time(incident, "dispatched_at") == WW_TIME_NONE)
                body_set_time(incident, "dispatched_at", act->now);
        incident_acknowledged(incident, act);
        body_set_number(incident, "acted_version", incident->version + 1);
        return incident_turn(r, incident, incident_state(incident), "guard-sent", act);
}

int verb_dispatch(struct response_call *c) {
        struct subject *incident, *guard, *s;
        struct ww_str text;
        int r = sent_to(c, &incident);

        if (!r)
                r = who_is_free(c, &guard);
        if (!r)
                r = call_text(c, "text", false, &text);
        if (r)
                return r;
        s = subject_new(c->r, WW_SUBJECT_DISPATCH, incident);
        if (!s)
                return -ENOMEM;
        body_set_name(s, "guard", body_text(guard, "name"));
        body_set_number(s, "guard_id", guard->id);
        body_set_name(s, "zone", body_text(incident, "zone"));
        body_set_text(s, "text", text);
        body_set_name(s, "state", "sent");
        body_set_text(s, "sent_by", c->act.actor);
        body_set_time(s, "sent_at", c->act.now);
        body_set_time(s, "arrived_at", WW_TIME_NONE);
        body_set_time(s, "done_at", WW_TIME_NONE);
        r = subject_changed(c->r, s, "sent", &c->act);
        if (!r)
                r = guard_turn(c->r, guard, "assigned", s->id, &c->act);
        return r ? r : incident_sent(c->r, incident, &c->act);
}

/* --- what becomes of it --- */

int dispatch_arrived(struct response *r, struct subject *s, const struct act *act) {
        struct subject *guard = guard_of(r, s);
        int e;

        body_set_name(s, "state", "on-scene");
        body_set_time(s, "arrived_at", act->now);
        e = subject_changed(r, s, "arrived", act);
        return e || !guard ? e : guard_turn(r, guard, "on-scene", s->id, act);
}

int verb_arrived(struct response_call *c) {
        struct subject *s, *guard;
        int r = call_subject(c, WW_SUBJECT_DISPATCH, &s);

        if (!r && !body_is(s, "state", "sent"))
                r = call_refuse(c, REFUSED_STATE, "dispatch %llu is %s", (unsigned long long)s->id,
                                body_text(s, "state"));
        if (r)
                return r;
        guard = guard_of(c->r, s);
        if (guard && !body_is(s, "zone", ""))
                body_set_name(guard, "zone", body_text(s, "zone"));
        return dispatch_arrived(c->r, s, &c->act);
}

static int over(struct response_call *c, struct subject *s, const char *state) {
        struct subject *guard = guard_of(c->r, s);
        int r;

        body_set_name(s, "state", state);
        body_set_time(s, "done_at", c->act.now);
        s->ended = true;
        r = subject_changed(c->r, s, state, &c->act);
        return r || !guard ? r : guard_turn(c->r, guard, "free", 0, &c->act);
}

int verb_dispatch_done(struct response_call *c) {
        struct subject *s;
        struct ww_str text;
        int r = call_subject(c, WW_SUBJECT_DISPATCH, &s);

        if (!r && !body_is(s, "state", "on-scene"))
                r = call_refuse(c, REFUSED_STATE, "nobody has arrived: say `arrived`, or `dispatch-cancel`");
        if (!r)
                r = call_text(c, "text", false, &text);
        if (r)
                return r;
        body_set_text(s, "result", text);
        return over(c, s, "done");
}

int verb_dispatch_cancel(struct response_call *c) {
        struct subject *s;
        int r = call_subject(c, WW_SUBJECT_DISPATCH, &s);

        return r ? r : over(c, s, "cancelled");
}
