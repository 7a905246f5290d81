/*
 * Steps of procedures: what is to be done, by whom, and whether it was.
 *
 *     open ──done──► done        open ──skip, with a reason──► skipped
 *     open ──run: its command is sent──► running ──the event that it waits for──► done
 *                                           └──not in time──► failed ──run, done or skip──► …
 *
 * Steps are made from the procedure when the incident opens, and stay as they are over a reload; those whose `when`
 * holds later only are made then.
 */
#include "response/incident.h"
#include "response/people.h"

#include "response/verbs_run.h"

static const struct subject *step_made(const struct subject *incident, struct ww_str procedure, struct ww_str step) {
        for (const struct subject *s = incident->first; s; s = s->next)
                if (s->kind == WW_SUBJECT_STEP && ww_str_is(procedure, body_text(s, "procedure")) &&
                    ww_str_is(step, body_text(s, "step")))
                        return s;
        return NULL;
}

/* --- `when` --- */

static struct ww_value load_word(void *userdata, uint32_t slot, uint32_t sub) {
        const struct subject *incident = userdata;

        if (slot == STEP_WORD_EXERCISE)
                return ww_bool(incident->exercise);
        return ww_string(ww_str(body_text(incident, step_words[slot])));
}

static bool step_applies(const struct procedure_step *step, const struct subject *incident) {
        const struct expr_env env = { .userdata = (void *)incident, .load = load_word };

        return !step->when || expr_true(step->when, &env);
}

/* --- making --- */

/* False: it holds what is not known of the incident. */
static bool set_rendered(struct subject *s, const char *name, const struct subject *incident, struct ww_str text) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        bool known = text_render(incident, text, &out);

        s->failed |= out.error != 0;
        body_set_text(s, name, buf_str(&out));
        return known;
}

static void set_told(struct subject *s, const char *name, const struct subject *incident, struct ww_str text) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        text_tell(incident, text, &out);
        s->failed |= out.error != 0;
        body_set_text(s, name, buf_str(&out));
}

/* A command whose place is not known is none: it is done by hand. */
static void set_action(struct subject *s, const struct subject *incident, const struct step_action *action) {
        bool known = set_rendered(s, "topic", incident, action->topic);

        known &= set_rendered(s, "payload", incident, action->payload);
        known &= set_rendered(s, "confirm_zone", incident, action->confirm_zone);
        body_set_text(s, "confirm_kind", action->confirm_kind);
        body_set_number(s, "within", (uint64_t)action->within);
        body_set_bool(s, "action", known);
        if (!known)
                body_set_name(s, "topic", "");
}

static int step_make(struct response *r, struct subject *incident, const struct procedure *p, size_t at,
                     const struct act *act) {
        static const char *const texts[] = { "by", "confirm_kind", "confirm_zone", "note", "payload", "topic" };
        static const char *const times[] = { "done_at", "sent_at", "due" };
        const struct procedure_step *step = &p->steps[at];
        struct subject *s = subject_new(r, WW_SUBJECT_STEP, incident);

        if (!s)
                return -ENOMEM;
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                body_set_name(s, texts[i], "");
        for (size_t i = 0; i < sizeof times / sizeof *times; i++)
                body_set_time(s, times[i], WW_TIME_NONE);
        body_set_text(s, "procedure", p->name);
        body_set_text(s, "step", step->name);
        body_set_number(s, "position", at + 1);
        set_told(s, "text", incident, step->text);
        body_set_text(s, "role", step->role);
        (void)set_rendered(s, "link", incident, step->link);
        body_set_bool(s, "required", step->required);
        body_set_bool(s, "action", false);
        body_set_number(s, "within", 0);
        body_set_name(s, "state", "open");
        if (step->action.topic.n)
                set_action(s, incident, &step->action);
        return subject_changed(r, s, "step-made", act);
}

int steps_follow(struct response *r, struct subject *incident, const struct act *act) {
        const struct act made = { WW_STR("procedure"), WW_STR_NONE, act->now };
        json_t *names = json_object_get(incident->body, "procedures"), *name;
        size_t i;

        json_array_foreach(names, i, name) {
                const struct procedure *p = rules_procedure(r->rules, ww_str(json_string_value(name)));

                for (size_t k = 0; p && k < p->n; k++) {
                        int e = 0;

                        if (!step_made(incident, p->name, p->steps[k].name) && step_applies(&p->steps[k], incident))
                                e = step_make(r, incident, p, k, &made);
                        if (e)
                                return e;
                }
        }
        return 0;
}

static bool step_over(const struct subject *s) {
        return body_is(s, "state", "done") || body_is(s, "state", "skipped");
}

size_t steps_open(const struct response *r, const struct subject *incident) {
        size_t n = 0;

        for (const struct subject *s = incident->first; s; s = s->next)
                n += s->kind == WW_SUBJECT_STEP && body_true(s, "required") && !step_over(s);
        return n;
}

/* --- acts --- */

static void step_set_state(struct response *r, struct subject *s, const char *state) {
        body_set_name(s, "state", state);
        subject_wait(r, s, strcmp(state, "running") == 0);
}

/* One that is not over, of an incident that is not, and by somebody of its role. */
static int step_of(struct response_call *c, struct subject **ret) {
        static const struct {
                const char *name;
                unsigned role;
        } roles[] = {
                { "operator", ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR },
                { "supervisor", ALARM_ROLE_SUPERVISOR },
                { "maintenance", ALARM_ROLE_MAINTENANCE | ALARM_ROLE_SUPERVISOR },
        };
        int r = call_subject(c, WW_SUBJECT_STEP, ret);

        if (r)
                return r;
        for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
                if (body_is(*ret, "role", roles[i].name) && !(c->roles & roles[i].role))
                        return call_refuse(c, REFUSED_ROLE, "the step is for a %s", roles[i].name);
        if (step_over(*ret))
                return call_refuse(c, REFUSED_STATE, "step %llu is %s", (unsigned long long)(*ret)->id,
                                   body_text(*ret, "state"));
        return 0;
}

static int step_end(struct response *r, struct subject *s, const char *state, const char *what, const struct act *act) {
        step_set_state(r, s, state);
        body_set_time(s, "due", WW_TIME_NONE);
        body_set_time(s, "done_at", act->now);
        body_set_text(s, "by", act->actor);
        return subject_changed(r, s, what, act);
}

int verb_step_done(struct response_call *c) {
        struct subject *s;
        struct ww_str text;
        int r = step_of(c, &s);

        if (!r)
                r = call_text(c, "text", false, &text);
        if (r)
                return r;
        body_set_text(s, "note", text);
        return step_end(c->r, s, "done", "step-done", &c->act);
}

int verb_step_skip(struct response_call *c) {
        struct subject *s;
        int r = step_of(c, &s);

        return r ? r : step_end(c->r, s, "skipped", "step-skipped", &c->act);
}

/* The command leaves with the turn's commit, and then the answer of the field is waited for. */
int verb_step_run(struct response_call *c) {
        struct response *r = c->r;
        struct subject *s;
        int e = step_of(c, &s);

        if (e)
                return e;
        if (!body_true(s, "action") || body_is(s, "state", "running"))
                return call_refuse(c, REFUSED_STATE,
                                   body_true(s, "action") ? "its command is on its way" : "it has no command");
        if (!r->sink.publish)
                return REFUSED_NO_WAY_OUT;
        e = r->sink.publish(r->sink.userdata, ww_str(body_text(s, "topic")), ww_str(body_text(s, "payload")));
        if (e)
                return e;
        body_set_time(s, "sent_at", c->act.now);
        if (body_is(s, "confirm_kind", ""))
                return step_end(r, s, "done", "step-run", &c->act);
        step_set_state(r, s, "running");
        body_set_time(s, "due", c->act.now + (int64_t)body_number(s, "within"));
        return subject_changed(r, s, "step-run", &c->act);
}

/* --- the field's answer --- */

static bool step_confirmed_by(const struct subject *s, const struct ww_event *event) {
        const char *zone = body_text(s, "confirm_zone");

        return ww_str_is(event->kind, body_text(s, "confirm_kind")) && (!*zone || ww_str_is(event->zone, zone));
}

/* All steps that wait for it, in the order of their numbers. */
static struct subject *next_confirmed(struct response *r, const struct ww_event *event) {
        struct subject *s, *first = NULL;

        TAILQ_FOREACH(s, &r->running, queue) {
                if (step_confirmed_by(s, event) && subject_live(r, s) && (!first || s->id < first->id))
                        first = s;
        }
        return first;
}

int response_event(struct response *r, const struct ww_event *event, int64_t now) {
        const struct act act = { WW_STR("event"), WW_STR_NONE, now };
        struct subject *s;
        int e = r->next_id[WW_SUBJECT_GUARD] && guard_event(event) ? guard_scanned(r, event, &act) : 0;

        while (!e && r->waiting && (s = next_confirmed(r, event))) {
                body_set_text(s, "note", event->device);
                e = step_end(r, s, "done", "step-confirmed", &act);
        }
        return e;
}

int64_t step_due(const struct response *r, const struct subject *s) {
        return body_is(s, "state", "running") ? body_time(s, "due") : WW_TIME_NEVER;
}

int step_fire(struct response *r, struct subject *s, int64_t now) {
        step_set_state(r, s, "failed");
        body_set_time(s, "due", WW_TIME_NONE);
        return subject_changed(r, s, "step-unconfirmed", &ACT_TIMER(now));
}
