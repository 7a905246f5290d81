/*
 * What an incident was, and what was done. Some codes take a second person, who has 15 minutes to answer:
 *
 *     dispose ──► final                          one person is enough, or the glass is broken (with a reason)
 *     dispose ──► pending ──approve──► final      by another person
 *                         ──reject, or 15 min──► rejected, expired
 *
 * A later disposition of the same incident supersedes the one before; that one stays in the record.
 */
#include "response/incident.h"
#include "response/people.h"

#include "response/verbs_run.h"

#define APPROVAL_TIME (15 * WW_MINUTE)

static bool two_persons_needed(const struct disposition *code, const struct subject *incident) {
        return code->two_persons == TWO_PERSONS_ALWAYS ||
               (code->two_persons == TWO_PERSONS_CRITICAL && body_is(incident, "priority", "critical"));
}

static struct subject *in_state(const struct subject *incident, const char *state) {
        for (struct subject *s = incident->first; s; s = s->next)
                if (s->kind == WW_SUBJECT_DISPOSITION && body_is(s, "state", state))
                        return s;
        return NULL;
}

bool disposition_pending(const struct response *r, const struct subject *incident) {
        return in_state(incident, "pending") != NULL;
}

static int set_state(struct response *r, struct subject *s, const char *state, bool ended, const char *what,
                     const struct act *act) {
        body_set_name(s, "state", state);
        s->ended = ended;
        return subject_changed(r, s, what, act);
}

/* From now on it is the incident's. */
static int make_final(struct response *r, struct subject *s, const char *what, const struct act *act) {
        struct subject *incident = subject_incident(r, s), *before = in_state(incident, "final");
        int e = before ? set_state(r, before, "superseded", true, "superseded", act) : 0;

        if (!e)
                e = set_state(r, s, "final", false, what, act);
        if (e)
                return e;
        body_set_name(incident, "disposition", body_text(s, "code"));
        body_set_number(incident, "acted_version", incident->version + 1);
        return incident_turn(r, incident, incident_state(incident), "disposed", act);
}

static int ask_approval(struct response *r, struct subject *incident, const struct subject *s, const struct act *act) {
        struct subject *a = subject_new(r, WW_SUBJECT_APPROVAL, incident);

        if (!a)
                return -ENOMEM;
        body_set_number(a, "disposition", s->id);
        body_set_text(a, "asked_by", act->actor);
        body_set_time(a, "asked_at", act->now);
        body_set_time(a, "expires_at", act->now + APPROVAL_TIME);
        body_set_name(a, "answered_by", "");
        body_set_name(a, "state", "pending");
        return subject_changed(r, a, "asked", act);
}

struct disposal {
        const struct disposition *code;
        struct ww_str done;
        bool break_glass;
};

static int disposal_of(struct response_call *c, struct disposal *ret) {
        const char *names[64];
        struct ww_str code;
        size_t n = 0;
        int r = call_text(c, "code", true, &code);

        if (!r)
                r = call_text(c, "done", true, &ret->done);
        if (!r)
                r = call_bool(c, "break_glass", &ret->break_glass);
        if (r)
                return r;
        ret->code = rules_disposition(c->r->rules, code);
        if (ret->code)
                return 0;
        for (size_t i = 0; i < c->r->rules->n_dispositions && n < 64; i++)
                names[n++] = c->r->rules->dispositions[i].code.p;
        return call_refuse(c, REFUSED_MALFORMED, "there is no disposition `%.*s`; %s", WW_STR_ARG(code),
                           diag_suggest(code, names, n));
}

static struct subject *disposition_new(struct response_call *c, struct subject *incident, const struct disposal *d) {
        struct subject *s = subject_new(c->r, WW_SUBJECT_DISPOSITION, incident);

        if (!s)
                return NULL;
        body_set_text(s, "code", d->code->code);
        body_set_text(s, "title", d->code->title);
        body_set_text(s, "outcome", d->code->outcome);
        body_set_bool(s, "report", d->code->report);
        body_set_text(s, "done", d->done);
        body_set_text(s, "why", c->act.reason);
        body_set_text(s, "by", c->act.actor);
        body_set_time(s, "at", c->act.now);
        body_set_name(s, "approved_by", "");
        body_set_time(s, "approved_at", WW_TIME_NONE);
        body_set_bool(s, "break_glass", d->break_glass);
        body_set(s, "amendments", json_array());
        return s;
}

int verb_dispose(struct response_call *c) {
        struct subject *incident, *s;
        struct disposal d;
        int r = call_subject(c, WW_SUBJECT_INCIDENT, &incident);

        if (!r)
                r = disposal_of(c, &d);
        if (!r)
                r = call_room(c, incident, WW_SUBJECT_DISPOSITION);
        if (!r && disposition_pending(c->r, incident))
                r = REFUSED_APPROVAL_PENDING;
        if (r)
                return r;
        d.break_glass &= two_persons_needed(d.code, incident);
        s = disposition_new(c, incident, &d);
        if (!s)
                return -ENOMEM;
        if (d.break_glass || !two_persons_needed(d.code, incident))
                return make_final(c->r, s, d.break_glass ? "glass-broken" : "disposed", &c->act);
        r = set_state(c->r, s, "pending", false, "proposed", &c->act);
        return r ? r : ask_approval(c->r, incident, s, &c->act);
}

/* --- the second person --- */

/* What belongs to no incident is forgotten with it. */
static int answer(struct response *r, struct subject *a, const char *state, const struct act *act) {
        body_set_text(a, "answered_by", act->actor);
        body_set_name(a, "state", state);
        if (!a->incident)
                return people_end(r, a, state, act);
        return set_state(r, a, state, true, state, act);
}

#define PERSON (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR)

/* *ret_disposition NULL: an operator's roles are asked for. */
static int asked_of(struct response_call *c, struct subject **ret, struct subject **ret_disposition) {
        int r = call_subject(c, WW_SUBJECT_APPROVAL, ret);

        *ret_disposition = NULL;
        if (r)
                return r;
        if (alarm_same_person(c->act.actor, ww_str(body_text(*ret, "asked_by"))))
                return REFUSED_SAME_PERSON;
        if (!(*ret)->incident)
                return operator_approver(c, *ret);
        if (!(c->roles & PERSON))
                return REFUSED_ROLE;
        *ret_disposition = subject_find(c->r, WW_SUBJECT_DISPOSITION, body_number(*ret, "disposition"));
        return *ret_disposition ? 0 : REFUSED_UNKNOWN;
}

int verb_approve(struct response_call *c) {
        struct subject *a, *s;
        int r = asked_of(c, &a, &s);

        if (!r && !s)
                return operator_approve(c, a);
        if (!r)
                r = answer(c->r, a, "approved", &c->act);
        if (r)
                return r;
        body_set_text(s, "approved_by", c->act.actor);
        body_set_time(s, "approved_at", c->act.now);
        return make_final(c->r, s, "approved", &c->act);
}

int verb_reject(struct response_call *c) {
        struct subject *a, *s;
        int r = asked_of(c, &a, &s);

        if (!r)
                r = answer(c->r, a, "rejected", &c->act);
        return r || !s ? r : set_state(c->r, s, "rejected", true, "rejected", &c->act);
}

int64_t approval_due(const struct response *r, const struct subject *s) {
        return s->ended ? WW_TIME_NEVER : body_time(s, "expires_at");
}

int approval_fire(struct response *r, struct subject *a, int64_t now) {
        struct subject *s = subject_find(r, WW_SUBJECT_DISPOSITION, body_number(a, "disposition"));
        int e = answer(r, a, "expired", &ACT_TIMER(now));

        return e || !s ? e : set_state(r, s, "expired", true, "expired", &ACT_TIMER(now));
}
