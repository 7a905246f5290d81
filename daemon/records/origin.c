/* What makes records, or does their acts, without a person: events and incidents. */
#include "records/records_internal.h"

#include "base/span.h"

#include "response/rules.h"

/* --- does an event belong to a record? --- */

static bool zone_around(const struct site *site, const json_t *zones, const char *inner) {
        uint32_t zone = inner ? site_zone_find(site, ww_str(inner)) : SITE_NONE;
        size_t i;
        json_t *item;

        if (!zones || zone == SITE_NONE)
                return false;
        if (json_is_array(zones)) {
                json_array_foreach(zones, i, item) if (zone_around(site, item, inner)) return true;
                return false;
        }
        for (; zone != SITE_NONE; zone = site_zone(site, zone)->parent)
                if (ww_str_is(site_zone(site, zone)->id, json_string_value(zones)))
                        return true;
        return false;
}

static bool pair_holds(const struct records *r, const struct record *rec, const struct record_pair *p,
                       const struct ww_event *event, int64_t now, bool around) {
        const struct record_field *f = p->field == SIZE_MAX ? NULL : &rec->kind->fields[p->field];
        const json_t *is = f ? json_object_get(record_fields(rec), f->name.p) : json_object_get(rec->body, "number");
        json_t *value = source_event(event, p->source, now);
        bool holds = source_equal(is, value);

        if (!holds && around && f && (f->type == RECORD_ZONE || f->type == RECORD_ZONES))
                holds = zone_around(r->site, is, json_string_value(value));
        json_decref(value);
        return holds;
}

static bool on_holds(const struct records *r, const struct record *rec, const struct record_on *on,
                     const struct ww_event *event, int64_t now) {
        for (size_t i = 0; i < on->match.n; i++)
                if (!pair_holds(r, rec, &on->match.pairs[i], event, now, false))
                        return false;
        for (size_t i = 0; i < on->unless.n; i++)
                if (pair_holds(r, rec, &on->unless.pairs[i], event, now, true))
                        return false;
        return true;
}

static bool on_is(const struct record_on *on, const struct ww_event *event) {
        return on->given && on->family == event->family && on->state == event->state;
}

/* --- an event does an act --- */

static struct record_by by_event(const struct ww_event *event, int64_t now) {
        return (struct record_by){ WW_STR("event"), WW_STR(""), now, event->zone, event->asset };
}

/* What the act brings, out of the event. */
static int given_of(const struct record_act *a, const struct ww_event *event, int64_t now, json_t **ret) {
        json_t *given = json_object();

        for (size_t i = 0; given && i < a->fields.n; i++) {
                json_t *value = source_event(event, a->fields.pairs[i].source, now);

                if (value)
                        (void)json_object_set_new(given, a->fields.pairs[i].name.p, value);
        }
        *ret = given;
        return given ? 0 : -ENOMEM;
}

static int event_acts(struct records *r, struct record *rec, const struct record_act *a, const struct ww_event *event,
                      int64_t now) {
        const struct record_by by = by_event(event, now);
        struct record_draft draft = { .kind = rec->kind, .act = a };
        struct field_why why;
        json_t *given;
        int e = given_of(a, event, now, &given);

        if (!e)
                e = record_draft_fill(r, &draft, rec, given, &by, &why);
        if (!e)
                e = record_draft_do(r, &draft, rec, &by, rec->exercise, &rec);
        else if (e > 0)
                e = 0; /* what it brings is not enough: nothing happens */
        record_draft_deinit(&draft);
        json_decref(given);
        return e;
}

static const struct record_act *act_of_event(const struct records *r, const struct record *rec,
                                             const struct ww_event *event, int64_t now) {
        size_t state = record_state(rec);

        for (size_t i = 0; state != SIZE_MAX && i < rec->kind->n_acts; i++) {
                const struct record_act *a = &rec->kind->acts[i];

                if (!a->opens && on_is(&a->on, event) && a->from & 1U << state && on_holds(r, rec, &a->on, event, now))
                        return a;
        }
        return NULL;
}

static bool kind_waits(const struct record_kind *kind, const struct ww_event *event) {
        for (size_t i = 0; i < kind->n_acts; i++)
                if (on_is(&kind->acts[i].on, event))
                        return true;
        return false;
}

/* --- an event makes a record --- */

static int event_opens(struct records *r, const struct record_kind *kind, const struct record_opens *o,
                       const struct ww_event *event, int64_t now) {
        const struct record_by by = by_event(event, now);
        struct record *rec;
        json_t *fields;
        int e = 0;

        if (!record_room(r, kind)) {
                r->full++;
                return 0;
        }
        fields = json_object();
        if (!fields)
                return -ENOMEM;
        for (size_t i = 0; !e && i < o->fields.n; i++)
                e = source_fill(r, kind, fields, o->fields.pairs[i].field,
                                source_event(event, o->fields.pairs[i].source, now), now);
        rec = record_begin(r, kind, fields, o->to, &by);
        if (e || !rec)
                return e ? e : -ENOMEM;
        rec->exercise = event->flags & WW_EVENT_EXERCISE;
        return record_changed(r, rec, "opened", &by);
}

/* Those that were open before it: what an event makes, it does not act on. */
int records_event(struct records *r, const struct ww_event *event, int64_t now) {
        uint64_t last = r->next_id;
        struct record *rec, *next;
        int e = 0;

        if (event->family >= r->kinds->n_families || !r->kinds->families[event->family] ||
            event->flags & WW_EVENT_DUPLICATE || ww_str_is(event->sensor, "records"))
                return 0;
        for (size_t k = 0; !e && k < r->kinds->n_kinds; k++) {
                const struct record_kind *kind = &r->kinds->kinds[k];

                if (kind_waits(kind, event))
                        for (rec = TAILQ_FIRST(&r->all); !e && rec && rec->id <= last; rec = next) {
                                const struct record_act *a = rec->kind == kind ? act_of_event(r, rec, event, now)
                                                                               : NULL;

                                next = TAILQ_NEXT(rec, order);
                                e = a ? event_acts(r, rec, a, event, now) : 0;
                        }
                for (size_t i = 0; !e && i < kind->n_opens; i++)
                        if (on_is(&kind->opens[i].on, event))
                                e = event_opens(r, kind, &kind->opens[i], event, now);
        }
        records_free_gone(r);
        return e;
}

/* --- incidents --- */

/* Without a look inside: incidents change often, and few changes make anything. */
static bool when_may_hold(const struct record_opens *o, const struct ww_change *change) {
        static const char *const whats[] = {
                [RECORD_WHEN_OPENED] = "opened", [RECORD_WHEN_RESOLVED] = "resolved", [RECORD_WHEN_CLOSED] = "closed"
        };

        if (!o->incident)
                return false;
        if (o->when == RECORD_WHEN_DISPOSED)
                return change->subject == WW_SUBJECT_DISPOSITION && !ww_str_is(change->what, "amended");
        return change->subject == WW_SUBJECT_INCIDENT && ww_str_is(change->what, whats[o->when]);
}

static bool when_holds(const struct record_opens *o, const struct ww_change *change, const json_t *body) {
        const char *code = json_string_value(json_object_get(body, "code"));
        const char *state = json_string_value(json_object_get(body, "state"));

        if (!when_may_hold(o, change) || o->when != RECORD_WHEN_DISPOSED)
                return when_may_hold(o, change);
        if (!state || strcmp(state, "final") != 0)
                return false;
        for (size_t i = 0; i < o->n_codes; i++)
                if (code && ww_str_is(o->codes[i], code))
                        return true;
        return o->n_codes == 0;
}

static bool may_open(const struct records *r, const struct ww_change *change) {
        for (size_t k = 0; k < r->kinds->n_kinds; k++)
                for (size_t i = 0; i < r->kinds->kinds[k].n_opens; i++)
                        if (when_may_hold(&r->kinds->kinds[k].opens[i], change))
                                return true;
        return false;
}

static enum ww_hazard hazard_of(const json_t *body) {
        const char *name = json_string_value(json_object_get(body, "hazard"));

        for (enum ww_hazard h = 0; h < WW_HAZARD_MAX_; h++)
                if (name && strcmp(name, ww_hazard_name(h)) == 0)
                        return h;
        return WW_HAZARD_SYSTEM;
}

static enum ww_priority priority_of(const json_t *body) {
        const char *name = json_string_value(json_object_get(body, "priority"));

        for (enum ww_priority p = WW_PRIORITY_LOW; p <= WW_PRIORITY_CRITICAL; p++)
                if (name && strcmp(name, ww_priority_name(p)) == 0)
                        return p;
        return WW_PRIORITY_LOW;
}

static struct response_case case_of(const struct records *r, const struct ww_change *incident, const json_t *body) {
        const char *zone = json_string_value(json_object_get(body, "zone"));

        return (struct response_case){
                .hazard = hazard_of(body),
                .priority = priority_of(body),
                .zone = zone ? site_zone_find(r->site, ww_str(zone)) : SITE_NONE,
                .exercise = incident->exercise,
                .opened = record_time_of(body, "opened_at"),
        };
}

static int incident_opens(struct records *r, const struct record_kind *kind, const struct record_opens *o,
                          const struct ww_change *incident, json_t *body, int64_t now) {
        const struct record_by by = { .actor = WW_STR("incident"), .now = now };
        struct record *rec;
        json_t *fields;
        int e = 0;

        if (!record_room(r, kind)) {
                r->full++;
                return 0;
        }
        fields = json_object();
        if (!fields)
                return -ENOMEM;
        for (size_t i = 0; !e && i < o->fields.n; i++)
                e = source_fill(r, kind, fields, o->fields.pairs[i].field,
                                source_incident(incident, body, o->fields.pairs[i].source, now), now);
        rec = record_begin(r, kind, fields, o->to, &by);
        if (e || !rec)
                return e ? e : -ENOMEM;
        rec->exercise = incident->exercise;
        rec->incident = incident->id;
        return record_changed(r, rec, "opened", &by);
}

int records_incident(struct records *r, const struct ww_change *change, const struct ww_change *incident, int64_t now) {
        json_t *body, *whole;
        struct response_case of;
        int e;

        if (!may_open(r, change))
                return 0;
        body = json_loadb(change->body.p, change->body.n, 0, NULL);
        whole = json_loadb(incident->body.p, incident->body.n, 0, NULL);
        of = case_of(r, incident, whole);
        e = body && whole ? 0 : -ENOMEM;
        for (size_t k = 0; k < r->kinds->n_kinds; k++)
                for (size_t i = 0; !e && i < r->kinds->kinds[k].n_opens; i++) {
                        const struct record_opens *o = &r->kinds->kinds[k].opens[i];

                        if (when_holds(o, change, body) && rules_match(&r->kinds->host, &o->match, &of))
                                e = incident_opens(r, &r->kinds->kinds[k], o, incident, whole, now);
                }
        json_decref(body);
        json_decref(whole);
        return e;
}
