/* Incidents as they open, and as people act on them. */
#include "response/incident.h"

#include "response/verbs_run.h"

struct subject *incident_new(struct response *r, const struct incident_opening *o, int64_t now) {
        static const char *const times[] = { "acknowledged_at", "closed_at", "dispatched_at", "held_until",
                                             "resolved_at" };
        static const char *const names[] = { "acknowledged_by", "disposition", "gathers", "owner" };
        struct subject *s = subject_new(r, WW_SUBJECT_INCIDENT, NULL);

        if (!s)
                return NULL;
        s->exercise = o->exercise;
        for (size_t i = 0; i < sizeof times / sizeof *times; i++)
                body_set_time(s, times[i], WW_TIME_NONE);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                body_set_name(s, names[i], "");
        body_set_name(s, "state", incident_state_name(INCIDENT_NEW));
        body_set_name(s, "hazard", ww_hazard_name(o->hazard));
        body_set_name(s, "priority", ww_priority_name(o->priority));
        body_set_text(s, "zone", o->zone);
        body_set_text(s, "title", o->title);
        body_set_time(s, "opened_at", now);
        body_set_time(s, "last_alarm_at", now);
        body_set_bool(s, "manual", o->manual);
        body_set_bool(s, "forced", false);
        body_set_bool(s, "covert", false);
        body_set(s, "merged_into", json_null());
        body_set(s, "cause", json_null());
        body_set(s, "procedures", o->procedure.n ? json_pack("[s%]", o->procedure.p, o->procedure.n) : json_array());
        body_set_number(s, "alarm_count", 0);
        body_set_number(s, "cause_count", 0);
        body_set_number(s, "acted_version", 1);
        return s;
}

int incident_open(struct response *r, struct subject *incident, const struct act *act) {
        int e = subject_changed(r, incident, "opened", act);

        if (!e)
                e = gather_note(r, incident);
        if (!e)
                e = steps_follow(r, incident, act);
        return e ? e : escalation_follow(r, incident, act);
}

struct response_case incident_case(const struct response *r, const struct subject *incident) {
        struct ww_str zone = ww_str(body_text(incident, "zone"));
        struct response_case of = {
                .zone = zone.n ? site_zone_find(r->site, zone) : SITE_NONE,
                .exercise = incident->exercise,
                .opened = body_time(incident, "opened_at"),
        };

        (void)ww_hazard_find(ww_str(body_text(incident, "hazard")), &of.hazard);
        (void)ww_priority_find(ww_str(body_text(incident, "priority")), &of.priority);
        return of;
}

enum until incident_progress(const struct subject *incident) {
        enum incident_state state = incident_state(incident);

        if (state == INCIDENT_RESOLVED || state == INCIDENT_CLOSED)
                return UNTIL_RESOLVED;
        if (body_time(incident, "dispatched_at") != WW_TIME_NONE)
                return UNTIL_DISPATCHED;
        return body_time(incident, "acknowledged_at") != WW_TIME_NONE ? UNTIL_ACKNOWLEDGED : 0;
}

bool incident_disposition_required(const struct response *r, const struct subject *incident) {
        struct response_case of = incident_case(r, incident);

        return rules_match(r->rules, &r->rules->required, &of);
}

/* --- acts --- */

/* The incident that the request names, and where the act leads. */
static int act_on(struct response_call *c, enum incident_event event, struct subject **ret,
                  enum incident_state *ret_to) {
        int r = call_kept(c, WW_SUBJECT_INCIDENT, ret);

        if (!r)
                r = incident_edge(*ret, event, c->roles, ret_to);
        if (r == REFUSED_STATE)
                return call_refuse(c, REFUSED_STATE, "incident %llu is %s", (unsigned long long)(*ret)->id,
                                   body_text(*ret, "state"));
        return r;
}

/* A person did it: what others saw before is no longer so. */
static int acted(struct response_call *c, struct subject *incident, enum incident_state to, const char *what) {
        body_set_number(incident, "acted_version", incident->version + 1);
        return incident_turn(c->r, incident, to, what, &c->act);
}

static int open_words(struct response_call *c, struct incident_opening *o) {
        struct ww_str hazard, priority;
        int r = call_text(c, "hazard", true, &hazard);

        o->priority = WW_PRIORITY_MEDIUM;
        if (!r && !ww_hazard_find(hazard, &o->hazard))
                return call_refuse(c, REFUSED_MALFORMED, "there is no hazard `%.*s`", WW_STR_ARG(hazard));
        if (!r)
                r = call_text(c, "priority", false, &priority);
        if (!r && priority.n && !ww_priority_find(priority, &o->priority))
                return call_refuse(c, REFUSED_MALFORMED, "there is no priority `%.*s`", WW_STR_ARG(priority));
        if (!r)
                r = call_text(c, "title", true, &o->title);
        if (!r)
                r = call_text(c, "zone", false, &o->zone);
        if (!r)
                r = call_text(c, "procedure", false, &o->procedure);
        return r ? r : call_bool(c, "exercise", &o->exercise);
}

int verb_incident_open(struct response_call *c) {
        struct incident_opening o = { .manual = true };
        struct subject *incident;
        int r = open_words(c, &o);

        if (r)
                return r;
        if (o.zone.n && site_zone_find(c->r->site, o.zone) == SITE_NONE)
                return call_refuse(c, REFUSED_MALFORMED, "the site has no zone `%.*s`", WW_STR_ARG(o.zone));
        if (o.procedure.n && !rules_procedure(c->r->rules, o.procedure))
                return call_refuse(c, REFUSED_MALFORMED, "there is no procedure `%.*s`", WW_STR_ARG(o.procedure));
        if (c->r->incidents - c->r->closed >= INCIDENT_OPEN_MAX)
                return call_refuse(c, REFUSED_LIMIT, "%d incidents are open", INCIDENT_OPEN_MAX);
        incident = incident_new(c->r, &o, c->act.now);
        return incident ? incident_open(c->r, incident, &c->act) : -ENOMEM;
}

int verb_incident_take(struct response_call *c) {
        struct subject *incident;
        enum incident_state to;
        int r = act_on(c, INCIDENT_TAKE, &incident, &to);

        if (r)
                return r;
        body_set_text(incident, "owner", c->act.actor);
        incident_acknowledged(incident, &c->act);
        return acted(c, incident, to, "taken");
}

int verb_incident_assign(struct response_call *c) {
        struct subject *incident;
        enum incident_state to;
        struct ww_str owner;
        int r = act_on(c, INCIDENT_ASSIGN, &incident, &to);

        if (!r)
                r = call_text(c, "owner", true, &owner);
        if (r)
                return r;
        body_set_text(incident, "owner", owner);
        return acted(c, incident, to, "assigned");
}

int verb_incident_hold(struct response_call *c) {
        struct subject *incident;
        enum incident_state to;
        int64_t until;
        int r = act_on(c, INCIDENT_HOLD, &incident, &to);

        if (!r)
                r = call_until(c, "until", &until);
        if (r)
                return r;
        if (until == WW_TIME_NONE || until <= c->act.now)
                return call_refuse(c, REFUSED_MALFORMED, "`until` must be a time ahead, or a span such as 30m");
        if (until > c->act.now + c->r->rules->hold_max)
                return call_refuse(c, REFUSED_LIMIT, "it may rest for %lld minutes",
                                   (long long)(c->r->rules->hold_max / WW_MINUTE));
        body_set_time(incident, "held_until", until);
        return acted(c, incident, to, "held");
}

int verb_incident_resume(struct response_call *c) {
        struct subject *incident;
        enum incident_state to;
        int r = act_on(c, INCIDENT_RESUME, &incident, &to);

        return r ? r : acted(c, incident, to, "resumed");
}

/* Open steps stop it, unless a supervisor says why not. */
static int resolve_steps(struct response_call *c, const struct subject *incident, bool force) {
        size_t open = steps_open(c->r, incident);

        if (!open)
                return 0;
        if (!force)
                return call_refuse(c, REFUSED_STEPS_OPEN, "%zu", open);
        if (!(c->roles & ALARM_ROLE_SUPERVISOR))
                return REFUSED_ROLE;
        return c->act.reason.n ? 0 : REFUSED_REASON;
}

int verb_incident_resolve(struct response_call *c) {
        struct subject *incident;
        enum incident_state to;
        bool force;
        int r = act_on(c, INCIDENT_RESOLVE, &incident, &to);

        if (!r)
                r = call_bool(c, "force", &force);
        if (!r)
                r = resolve_steps(c, incident, force);
        if (r)
                return r;
        body_set_bool(incident, "forced", steps_open(c->r, incident) > 0);
        body_set_time(incident, "resolved_at", c->act.now);
        incident_acknowledged(incident, &c->act);
        return acted(c, incident, to, "resolved");
}

static const struct subject *live_dispatch(const struct response *r, const struct subject *incident) {
        for (const struct subject *s = incident->first; s; s = s->next)
                if (s->kind == WW_SUBJECT_DISPATCH && subject_live(r, s))
                        return s;
        return NULL;
}

/* Names the first few. */
static int refuse_asking(struct response_call *c, const struct subject *incident) {
        enum { NAMED = 5 };
        _cleanup_buf_ struct buf names = BUF_INIT;
        size_t n = 0;

        for (const struct subject *s = incident->members; s; s = s->next) {
                const struct standing *m = standing_find(c->r, s->alarm);

                if (m && m->unacknowledged && m->incident == incident->id && n++ < NAMED)
                        buf_printf(&names, "%s%llu", n > 1 ? ", " : "", (unsigned long long)s->alarm);
        }
        if (n > NAMED)
                buf_printf(&names, " and %zu more", n - NAMED);
        return names.error ? names.error : call_refuse(c, REFUSED_UNACKNOWLEDGED, "%.*s", WW_STR_ARG(buf_str(&names)));
}

/* What must be over before it is. */
static int close_check(struct response_call *c, const struct subject *incident) {
        const struct subject *dispatch = live_dispatch(c->r, incident);

        if (dispatch)
                return call_refuse(c, REFUSED_STATE, "a guard is still sent to it: dispatch %llu",
                                   (unsigned long long)dispatch->id);
        if (incident->asking && call_edition(c) >= EDITION_ACKNOWLEDGED)
                return refuse_asking(c, incident);
        if (disposition_pending(c->r, incident))
                return REFUSED_APPROVAL_PENDING;
        if (incident_disposition_required(c->r, incident) && body_is(incident, "disposition", ""))
                return REFUSED_DISPOSITION_NEEDED;
        return 0;
}

int verb_incident_close(struct response_call *c) {
        struct subject *incident;
        enum incident_state to;
        int r = act_on(c, INCIDENT_CLOSE, &incident, &to);

        if (!r)
                r = close_check(c, incident);
        return r ? r : acted(c, incident, to, "closed");
}

int verb_incident_reopen(struct response_call *c) {
        struct subject *incident;
        enum incident_state to;
        int r = act_on(c, INCIDENT_REOPEN, &incident, &to);

        if (r)
                return r;
        if (json_is_integer(json_object_get(incident->body, "merged_into")))
                return call_refuse(c, REFUSED_STATE, "it goes on as incident %llu",
                                   (unsigned long long)body_number(incident, "merged_into"));
        body_set_text(incident, "owner", c->act.actor);
        return acted(c, incident, to, "reopened");
}

/* --- two that are one --- */

/* The one that goes on is as grave as the graver of the two, and as fresh as the fresher: what was taken note of in it
 * may not have been this. */
static int move_weight(struct subject *from, struct subject *to) {
        json_t *name;
        size_t i;

        if (body_time(from, "last_alarm_at") > body_time(to, "last_alarm_at"))
                body_set_time(to, "last_alarm_at", body_time(from, "last_alarm_at"));
        if (incident_priority(from) > incident_priority(to))
                incident_raise_priority(to, incident_priority(from));
        json_array_foreach(json_object_get(from->body, "procedures"), i, name) {
                if (incident_add_procedure(to, ww_str(json_string_value(name))))
                        return -ENOMEM;
        }
        return 0;
}

static int merge_into(struct response_call *c, struct subject *from, struct subject **ret) {
        uint64_t id;
        int r = call_number(c, "into", true, &id);

        if (r)
                return r;
        *ret = subject_find(c->r, WW_SUBJECT_INCIDENT, id);
        if (!*ret || *ret == from || (*ret)->ended || (*ret)->exercise != from->exercise)
                return call_refuse(c, REFUSED_UNKNOWN, "`into` must be another open incident%s",
                                   from->exercise ? ", and a drill" : ", and no drill");
        if (incident_state(*ret) == INCIDENT_RESOLVED && incident_state(from) != INCIDENT_RESOLVED)
                return call_refuse(c, REFUSED_STATE, "incident %llu is resolved, and this is not",
                                   (unsigned long long)id);
        if (body_number(*ret, "alarm_count") + body_number(from, "alarm_count") > INCIDENT_ALARMS)
                return call_refuse(c, REFUSED_LIMIT, "an incident may have %d alarms", INCIDENT_ALARMS);
        return 0;
}

/* Alarms of its own place join it again, if the other one had taken them. */
static int merged_with(struct response_call *c, struct subject *into) {
        int r = acted(c, into, incident_state(into), "merged-with");

        if (!r)
                r = steps_follow(c->r, into, &c->act);
        return r ? r : gather_note(c->r, into);
}

int verb_incident_merge(struct response_call *c) {
        struct subject *from, *into;
        enum incident_state to;
        int r = act_on(c, INCIDENT_MERGE, &from, &to);

        if (!r)
                r = merge_into(c, from, &into);
        if (!r && live_dispatch(c->r, from))
                r = call_refuse(c, REFUSED_STATE, "a guard is still sent to it");
        if (!r && disposition_pending(c->r, from))
                r = REFUSED_APPROVAL_PENDING;
        if (r)
                return r;
        r = members_move(c->r, from, into, &c->act);
        if (!r)
                r = move_weight(from, into);
        body_set_number(from, "merged_into", into->id);
        if (!r)
                r = acted(c, from, to, "merged");
        if (!r)
                r = merged_with(c, into);
        return r || !body_true(into, "covert") ? r : notify_covert(c->r, into, &c->act);
}

int verb_incident_cause(struct response_call *c) {
        struct subject *incident, *member;
        uint64_t alarm;
        bool cause;
        int r = call_subject(c, WW_SUBJECT_INCIDENT, &incident);

        if (!r)
                r = call_number(c, "alarm", true, &alarm);
        if (!r)
                r = call_bool(c, "cause", &cause);
        if (r)
                return r;
        member = member_find(incident, alarm);
        if (!member)
                return call_refuse(c, REFUSED_UNKNOWN, "alarm %llu is not in incident %llu", (unsigned long long)alarm,
                                   (unsigned long long)incident->id);
        body_set_bool(member, "cause", cause);
        body_set_text(member, "told_by", c->act.actor);
        r = subject_changed(c->r, member, cause ? "cause-told" : "symptom-told", &c->act);
        if (r)
                return r;
        incident_count_causes(incident);
        return acted(c, incident, incident_state(incident), cause ? "cause-told" : "symptom-told");
}
