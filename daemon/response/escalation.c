/*
 * Ladders: who is told when nobody acts.
 *
 * The first escalation that matches an incident becomes its ladder when it opens, and again when its priority rises;
 * then the new ladder counts from that instant. A step falls due `after` the ladder began, unless the incident has come
 * as far as its `until` says before: then it is stopped for good. When an acknowledgement expires, nobody has it in
 * hand any more: the ladder begins again. What was overdue while the engine was away fires at once, and once: that it
 * fired is part of the state.
 */
#include "response/incident.h"

#include "journal/record_json.h"
#include "response/verbs_run.h"

static const char *const until_names[] = {
        [UNTIL_ACKNOWLEDGED] = "acknowledged", [UNTIL_DISPATCHED] = "dispatched", [UNTIL_RESOLVED] = "resolved"
};

static json_t *steps_of(const struct subject *ladder) {
        return json_object_get(ladder->body, "steps");
}

static bool step_waits(const json_t *step) {
        const char *state = json_string_value(json_object_get(step, "state"));

        return state && strcmp(state, "waiting") == 0;
}

static enum until step_until(const json_t *step) {
        const char *name = json_string_value(json_object_get(step, "until"));

        for (enum until until = UNTIL_ACKNOWLEDGED; name && until <= UNTIL_RESOLVED; until++)
                if (strcmp(name, until_names[until]) == 0)
                        return until;
        return UNTIL_ACKNOWLEDGED;
}

/* --- beginning --- */

static const struct escalation *ladder_for(const struct response *r, const struct subject *incident) {
        const struct response_case of = incident_case(r, incident);

        for (size_t i = 0; i < r->rules->n_escalations; i++)
                if (rules_match(r->rules, &r->rules->escalations[i].match, &of))
                        return &r->rules->escalations[i];
        return NULL;
}

static json_t *names_json(const struct ww_str *names, size_t n) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++)
                if (json_array_append_new(list, record_json_str(names[i])) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

static json_t *steps_json(const struct escalation *e, int64_t now) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < e->n; i++) {
                const struct escalation_step *step = &e->steps[i];
                json_t *one = json_pack("{s:o, s:s, s:s, s:o, s:o}", "due", record_json_time(now + step->after),
                                        "until", until_names[step->until], "state", "waiting", "to",
                                        names_json(step->to, step->n_to), "by", names_json(step->by, step->n_by));

                if (json_array_append_new(list, one) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

static uint64_t ladder_runs(const struct subject *incident, struct ww_str name) {
        uint64_t n = 0;

        for (const struct subject *s = incident->first; s; s = s->next)
                n += s->kind == WW_SUBJECT_ESCALATION && ww_str_is(name, body_text(s, "ladder"));
        return n;
}

static int ladder_begin(struct response *r, struct subject *incident, const struct escalation *e,
                        const struct act *act) {
        uint64_t run = ladder_runs(incident, e->name) + 1;
        struct subject *s = subject_new(r, WW_SUBJECT_ESCALATION, incident);

        if (!s)
                return -ENOMEM;
        body_set_text(s, "ladder", e->name);
        body_set_number(s, "run", run);
        body_set_text(s, "hazard", ww_str(body_text(incident, "hazard")));
        body_set_text(s, "priority", ww_str(body_text(incident, "priority")));
        body_set_time(s, "started_at", act->now);
        body_set(s, "steps", steps_json(e, act->now));
        body_set_name(s, "state", "running");
        return subject_changed(r, s, "begun", act);
}

/* --- going on --- */

/* Over, when no step waits any more. */
static int ladder_changed(struct response *r, struct subject *s, const char *what, const char *over,
                          const struct act *act) {
        json_t *step;
        size_t i;

        s->ended = true;
        json_array_foreach(steps_of(s), i, step) s->ended &= !step_waits(step);
        if (s->ended)
                body_set_name(s, "state", over);
        return subject_changed(r, s, what, act);
}

/* Stops what waits for less than has been reached; returns how many. */
static size_t ladder_stop(struct subject *s, enum until reached) {
        size_t n = 0, i;
        json_t *step;

        json_array_foreach(steps_of(s), i, step) {
                if (!step_waits(step) || step_until(step) > reached)
                        continue;
                s->failed |= json_object_set_new(step, "state", json_string("stopped")) < 0;
                n++;
        }
        return n;
}

/* The ladder that the incident had last, running or not. */
static struct subject *ladder_last(const struct subject *incident) {
        for (struct subject *s = incident->first; s; s = s->next)
                if (s->kind == WW_SUBJECT_ESCALATION)
                        return s;
        return NULL;
}

/* It goes on, for more than it began for. */
static int ladder_regrade(struct response *r, struct subject *s, const struct subject *incident,
                          const struct act *act) {
        body_set_name(s, "priority", body_text(incident, "priority"));
        return subject_changed(r, s, "regraded", act);
}

/* Is another one to begin? Once for each priority that the incident rises to. */
static bool ladder_begins(const struct subject *last, const struct subject *incident, const struct escalation *wanted,
                          enum until reached) {
        if (!wanted || reached >= UNTIL_RESOLVED)
                return false;
        return !last || (!body_is(last, "priority", body_text(incident, "priority")) &&
                         (last->ended || !ww_str_is(wanted->name, body_text(last, "ladder"))));
}

/* Another one from now on, without the steps that wait for less than has been reached. */
static int ladder_replace(struct response *r, struct subject *incident, const struct escalation *wanted,
                          const struct act *act) {
        struct subject *last = ladder_last(incident);
        int e = 0;

        if (last && !last->ended && ladder_stop(last, UNTIL_RESOLVED))
                e = ladder_changed(r, last, "stopped", "replaced", act);
        if (!e)
                e = ladder_begin(r, incident, wanted, act);
        last = ladder_last(incident);
        return !e && ladder_stop(last, incident_progress(incident)) ? ladder_changed(r, last, "stopped", "stopped", act)
                                                                    : e;
}

int escalation_follow(struct response *r, struct subject *incident, const struct act *act) {
        const struct escalation *wanted = incident->ended ? NULL : ladder_for(r, incident);
        struct subject *last = ladder_last(incident);
        enum until reached = incident_progress(incident);
        bool begins = ladder_begins(last, incident, wanted, reached);
        int e = 0;

        if (begins)
                return ladder_replace(r, incident, wanted, act);

        if (last && !last->ended) {
                if (ladder_stop(last, reached))
                        e = ladder_changed(r, last, "stopped", "stopped", act);
                else if (!body_is(last, "priority", body_text(incident, "priority")))
                        e = ladder_regrade(r, last, incident, act);
        }
        return e;
}

int escalation_again(struct response *r, struct subject *incident, const struct act *act) {
        const struct escalation *wanted = incident->ended ? NULL : ladder_for(r, incident);

        return wanted && incident_progress(incident) < UNTIL_RESOLVED ? ladder_replace(r, incident, wanted, act) : 0;
}

int64_t escalation_due(const struct response *r, const struct subject *s) {
        int64_t first = WW_TIME_NEVER;
        json_t *step;
        size_t i;

        json_array_foreach(steps_of(s), i, step) {
                if (step_waits(step) && json_time(step, "due") < first)
                        first = json_time(step, "due");
        }
        return first;
}

int escalation_fire(struct response *r, struct subject *s, int64_t now) {
        struct subject *incident = subject_incident(r, s);
        json_t *step;
        size_t i;

        json_array_foreach(steps_of(s), i, step) {
                int e;

                if (!step_waits(step) || json_time(step, "due") > now)
                        continue;
                if (json_object_set_new(step, "state", json_string("fired")) < 0)
                        return -ENOMEM;
                e = ladder_changed(r, s, "step-fired", "done", &ACT_TIMER(now));
                return e ? e : notify_step(r, incident, s, i + 1, &ACT_TIMER(now));
        }
        return 0;
}

int escalation_hasten(struct response *r, struct subject *s, const struct act *act) {
        json_t *step, *first = NULL;
        size_t i;

        json_array_foreach(steps_of(s), i, step) {
                if (step_waits(step) && (!first || json_time(step, "due") < json_time(first, "due")))
                        first = step;
        }
        if (!first || json_time(first, "due") <= act->now)
                return 0;
        if (json_object_set_new(first, "due", record_json_time(act->now)) < 0)
                return -ENOMEM;
        return subject_changed(r, s, "hastened", act);
}

int verb_escalation_stop(struct response_call *c) {
        struct subject *s;
        int r = call_subject(c, WW_SUBJECT_ESCALATION, &s);

        if (r)
                return r;
        (void)ladder_stop(s, UNTIL_RESOLVED);
        return ladder_changed(c->r, s, "stopped-by-hand", "stopped", &c->act);
}
