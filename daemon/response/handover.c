/*
 * The handover of a shift.
 *
 *     offer: all that is open ──accept, item by item or all──► accepted: the shift may end, incidents change hands
 *               │ nobody in time: an incident opens, whose ladder tells those who are to know
 *               ├──another offer of the same shift──► withdrawn
 *               └──a day──► lapsed
 */
#include "response/incident.h"
#include "response/people.h"

#include "journal/record_json.h"
#include "response/verbs_run.h"

#define LAPSES WW_DAY

static json_t *items_of(const struct subject *s) {
        return json_object_get(s->body, "items");
}

static bool item_open(const json_t *item) {
        return json_is_null(json_object_get(item, "accepted_at"));
}

static size_t items_open(const struct subject *s) {
        size_t n = 0, i;
        json_t *item;

        json_array_foreach(items_of(s), i, item) n += item_open(item);
        return n;
}

static int handover_end(struct response *r, struct subject *s, const char *state, const struct act *act) {
        body_set_name(s, "state", state);
        return people_end(r, s, state, act);
}

/* --- offering --- */

static int on_duty(struct response_call *c, struct subject **ret) {
        *ret = shift_of(c->r, c->act.actor);
        return *ret ? 0 : call_refuse(c, REFUSED_STATE, "you are not on duty: `shift-begin`");
}

static void set_offer(struct response_call *c, struct subject *s, const struct subject *shift, struct ww_str to,
                      struct ww_str text) {
        body_set_text(s, "from", c->act.actor);
        body_set_text(s, "to", to);
        body_set_text(s, "text", text);
        body_set_number(s, "shift", shift->id);
        body_set_name(s, "post", body_text(shift, "post"));
        body_set_name(s, "state", "offered");
        body_set_time(s, "offered_at", c->act.now);
        body_set_time(s, "due_at", c->act.now + c->r->rules->handover_within);
        body_set_bool(s, "overdue", false);
        body_set(s, "incident", json_null());
        body_set_name(s, "accepted_by", "");
        body_set_time(s, "accepted_at", WW_TIME_NONE);
        body_set(s, "notes", json_array());
}

static int offer(struct response_call *c, const struct subject *shift, struct ww_str to, struct ww_str text) {
        struct subject *s;
        json_t *items;
        size_t more;
        int r = handover_items(c->r, &items, &more);

        if (r)
                return r;
        s = subject_new(c->r, WW_SUBJECT_HANDOVER, NULL);
        if (!s) {
                json_decref(items);
                return -ENOMEM;
        }
        set_offer(c, s, shift, to, text);
        body_set(s, "items", items);
        body_set_number(s, "more", more);
        body_set_number(s, "open", items_open(s));
        return subject_changed(c->r, s, "offered", &c->act);
}

int verb_handover_offer(struct response_call *c) {
        struct subject *shift, *before;
        struct ww_str to, text;
        int r = on_duty(c, &shift);

        if (!r)
                r = call_text(c, "to", false, &to);
        if (!r)
                r = call_text(c, "text", false, &text);
        if (!r && ww_str_equal(to, c->act.actor))
                r = REFUSED_SAME_PERSON;
        before = people_find(c->r, WW_SUBJECT_HANDOVER, "from", c->act.actor);
        if (!r && !before)
                r = people_room(c, WW_SUBJECT_HANDOVER, HANDOVERS_MAX);
        if (!r && before)
                r = handover_end(c->r, before, "withdrawn", &c->act);
        return r ? r : offer(c, shift, to, text);
}

/* --- accepting --- */

static int may_accept(struct response_call *c, const struct subject *s) {
        struct subject *shift;

        if (ww_str_is(c->act.actor, body_text(s, "from")))
                return REFUSED_SAME_PERSON;
        if (!body_is(s, "to", "") && !ww_str_is(c->act.actor, body_text(s, "to")) &&
            !(c->roles & ALARM_ROLE_SUPERVISOR))
                return call_refuse(c, REFUSED_ROLE, "it is offered to %s", body_text(s, "to"));
        return on_duty(c, &shift);
}

static json_t *item_named(const struct subject *s, const char *name) {
        json_t *item;
        size_t i;

        json_array_foreach(items_of(s), i, item) {
                if (strcmp(json_string_value(json_object_get(item, "item")), name) == 0)
                        return item;
        }
        return NULL;
}

static bool is_all(const json_t *names) {
        const char *first = json_string_value(json_array_get(names, 0));

        return json_array_size(names) == 1 && first && strcmp(first, "all") == 0;
}

/* Each must be one of it before any is accepted. */
static int items_wanted(struct response_call *c, const struct subject *s, json_t **ret) {
        json_t *name;
        size_t i;
        int r = call_words(c, "items", true, ret);

        if (r || is_all(*ret))
                return r;
        if (!json_array_size(*ret))
                r = call_refuse(c, REFUSED_MALFORMED, "`items` names none; `all` are all");
        json_array_foreach(*ret, i, name) {
                if (!r && !item_named(s, json_string_value(name)))
                        r = call_refuse(c, REFUSED_UNKNOWN, "`%.60s` is none of its items", json_string_value(name));
        }
        if (r)
                json_decref(*ret);
        return r;
}

static int item_accept(struct subject *s, json_t *item, const struct act *act) {
        if (!item_open(item))
                return 0;
        s->failed |= json_object_set_new(item, "accepted_at", record_json_time(act->now)) < 0 ||
                     json_object_set_new(item, "accepted_by", record_json_str(act->actor)) < 0;
        return 0;
}

static void items_accept(struct subject *s, const json_t *names, const struct act *act) {
        json_t *entry;
        size_t i;

        if (is_all(names)) {
                json_array_foreach(items_of(s), i, entry)(void) item_accept(s, entry, act);
                return;
        }
        json_array_foreach(names, i, entry)(void) item_accept(s, item_named(s, json_string_value(entry)), act);
}

static void note_add(struct subject *s, struct ww_str text, const struct act *act) {
        if (text.n)
                s->failed |= json_array_append_new(json_object_get(s->body, "notes"),
                                                   json_pack("{s:o, s:o, s:o}", "at", record_json_time(act->now), "by",
                                                             record_json_str(act->actor), "text",
                                                             record_json_str(text))) < 0;
}

/* Incidents of who goes are those of who comes. */
static int owners_change(struct response *r, const struct subject *s, const struct act *act) {
        json_t *item;
        size_t i;

        json_array_foreach(items_of(s), i, item) {
                static const char kind[] = "incident:";
                const char *name = json_string_value(json_object_get(item, "item"));
                struct subject *incident;
                int e;

                if (strncmp(name, kind, sizeof kind - 1) != 0)
                        continue;
                incident = subject_find(r, WW_SUBJECT_INCIDENT, strtoull(name + sizeof kind - 1, NULL, 10));
                if (!incident || !subject_live(r, incident) || !body_is(incident, "owner", body_text(s, "from")))
                        continue;
                body_set_text(incident, "owner", ww_str(json_string_value(json_object_get(item, "accepted_by"))));
                body_set_number(incident, "acted_version", incident->version + 1);
                e = incident_turn(r, incident, incident_state(incident), "handed-over", act);
                if (e)
                        return e;
        }
        return 0;
}

static int accepted(struct response *r, struct subject *s, const struct act *act) {
        struct subject *shift = subject_find(r, WW_SUBJECT_SHIFT, body_number(s, "shift"));
        int e;

        body_set_text(s, "accepted_by", act->actor);
        body_set_time(s, "accepted_at", act->now);
        e = owners_change(r, s, act);
        if (!e && shift && subject_live(r, shift)) {
                body_set_text(shift, "accepted_by", act->actor);
                body_set_time(shift, "accepted_at", act->now);
                e = subject_changed(r, shift, "handed-over", act);
        }
        return e ? e : handover_end(r, s, "accepted", act);
}

int verb_handover_accept(struct response_call *c) {
        struct subject *s;
        struct ww_str text;
        json_t *names;
        int r = call_subject(c, WW_SUBJECT_HANDOVER, &s);

        if (!r)
                r = may_accept(c, s);
        if (!r)
                r = call_text(c, "text", false, &text);
        if (!r && json_array_size(json_object_get(s->body, "notes")) >= 100)
                r = call_refuse(c, REFUSED_LIMIT, "accept `all`");
        if (!r)
                r = items_wanted(c, s, &names);
        if (r)
                return r;
        items_accept(s, names, &c->act);
        note_add(s, text, &c->act);
        json_decref(names);
        body_set_number(s, "open", items_open(s));
        return items_open(s) ? subject_changed(c->r, s, "partly-accepted", &c->act) : accepted(c->r, s, &c->act);
}

/* --- nobody does --- */

int64_t handover_due(const struct response *r, const struct subject *s) {
        if (s->ended)
                return WW_TIME_NEVER;
        return body_true(s, "overdue") ? body_time(s, "due_at") + LAPSES : body_time(s, "due_at");
}

static struct subject *overdue_incident(struct response *r, const struct subject *s, int64_t now) {
        char title[200];
        struct incident_opening opening = { .hazard = WW_HAZARD_SYSTEM,
                                            .priority = WW_PRIORITY_HIGH,
                                            .zone = WW_STR("") };
        struct subject *incident;

        (void)snprintf(title, sizeof title, "Nobody accepts the shift of %.64s", body_text(s, "from"));
        opening.title = ww_str(title);
        incident = incident_new(r, &opening, now);
        if (incident) /* by itself: no alarm without a zone joins it */
                body_set_name(incident, "gathers", "shift/handover");
        return incident;
}

int handover_fire(struct response *r, struct subject *s, int64_t now) {
        const struct act act = ACT_TIMER(now);
        struct subject *incident;
        int e;

        if (body_true(s, "overdue"))
                return handover_end(r, s, "lapsed", &act);
        incident = overdue_incident(r, s, now);
        if (!incident)
                return -ENOMEM;
        body_set_bool(s, "overdue", true);
        body_set_number(s, "incident", incident->id);
        e = incident_open(r, incident, &act);
        return e ? e : subject_changed(r, s, "overdue", &act);
}
