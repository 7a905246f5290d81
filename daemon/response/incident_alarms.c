/* The alarms of an incident: which are causes, which symptoms, and whether somebody has taken note. */
#include "response/incident.h"

#include "journal/record_json.h"

static json_t *alarms_of(const struct subject *incident) {
        return json_object_get(incident->body, "alarms");
}

static uint64_t id_of(const json_t *entry) {
        return (uint64_t)json_integer_value(json_object_get(entry, "id"));
}

json_t *incident_alarm(const struct subject *incident, uint64_t alarm) {
        json_t *entry;
        size_t i;

        json_array_foreach(alarms_of(incident), i, entry) {
                if (id_of(entry) == alarm)
                        return entry;
        }
        return NULL;
}

static uint32_t asset_of(const struct response *r, struct ww_str id) {
        return id.n ? site_asset_find(r->site, id) : SITE_NONE;
}

/* Below the asset of a cause: what fails with it. */
static bool is_under_cause(const struct response *r, const struct subject *incident, uint32_t asset) {
        json_t *entry;
        size_t i;

        if (asset == SITE_NONE)
                return false;
        json_array_foreach(alarms_of(incident), i, entry) {
                const char *id = json_string_value(json_object_get(entry, "asset"));
                uint32_t upper = id ? asset_of(r, ww_str(id)) : SITE_NONE;

                if (json_is_true(json_object_get(entry, "cause")) && upper != SITE_NONE &&
                    site_asset_under(r->site, asset, upper))
                        return true;
        }
        return false;
}

void incident_count_causes(struct subject *incident) {
        uint64_t causes = 0, first = 0;
        json_t *entry;
        size_t i;

        json_array_foreach(alarms_of(incident), i, entry) {
                if (!json_is_true(json_object_get(entry, "cause")))
                        continue;
                if (!causes++)
                        first = id_of(entry);
        }
        body_set_number(incident, "cause_count", causes);
        body_set(incident, "cause", first ? json_integer((json_int_t)first) : json_null());
}

static bool is_hidden(const struct ww_alarm_regions *regions) {
        return regions->suppressed || regions->shelved != WW_SHELVED_NO || regions->out_of_service;
}

int incident_add_procedure(struct subject *incident, struct ww_str name) {
        json_t *list = json_object_get(incident->body, "procedures"), *known;
        size_t i;

        if (!name.n)
                return 0;
        json_array_foreach(list, i, known) {
                if (ww_str_is(name, json_string_value(known)))
                        return 0;
        }
        return json_array_append_new(list, record_json_str(name)) < 0 ? -ENOMEM : 0;
}

static json_t *alarm_entry(const struct response *r, const struct subject *incident, const struct ww_alarm *a) {
        bool symptom = a->regions.suppressed || is_under_cause(r, incident, asset_of(r, a->asset));

        return json_pack("{s:I, s:b, s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "id", (json_int_t)a->id, "cause",
                         json_array_size(alarms_of(incident)) == 0 || !symptom, "told_by", "", "rule",
                         record_json_str(text_cut(a->rule)), "title", record_json_str(text_cut(a->title)), "priority",
                         ww_priority_name(a->priority), "asset", record_json_str(text_cut(a->asset)), "device",
                         record_json_str(text_cut(a->device)), "raised_at", record_json_time(a->raised_at));
}

/* One that was in it before, when the incident was resolved or closed meanwhile, has its entry still. */
static int add_entry(struct response *r, struct subject *incident, const struct ww_alarm *a) {
        if (incident_alarm(incident, a->id))
                return 0;
        return json_array_append_new(alarms_of(incident), alarm_entry(r, incident, a)) < 0 ? -ENOMEM : 0;
}

int incident_add_alarm(struct response *r, struct subject *incident, const struct ww_alarm *a) {
        json_t *list = alarms_of(incident);

        if (json_array_size(list) >= INCIDENT_ALARMS)
                return REFUSED_LIMIT;
        if (add_entry(r, incident, a) || incident_add_procedure(incident, a->procedure) ||
            !member_add(r, a->id, incident->id, !a->regions.acknowledged && !is_hidden(&a->regions)))
                return -ENOMEM;
        body_set_number(incident, "alarm_count", json_array_size(list));
        incident_count_causes(incident);
        return 0;
}

bool incident_unacknowledged(const struct response *r, const struct subject *incident) {
        json_t *entry;
        size_t i;

        json_array_foreach(alarms_of(incident), i, entry) {
                const struct member *m = member_find(r, id_of(entry));

                if (m && m->incident == incident->id && m->unacknowledged)
                        return true;
        }
        return false;
}

void incident_acknowledged(struct subject *incident, const struct act *act) {
        if (body_time(incident, "acknowledged_at") != WW_TIME_NONE)
                return;
        body_set_time(incident, "acknowledged_at", act->now);
        body_set_text(incident, "acknowledged_by", act->actor);
}

enum ww_priority incident_priority(const struct subject *incident) {
        enum ww_priority priority;

        return ww_priority_find(ww_str(body_text(incident, "priority")), &priority) ? priority : WW_PRIORITY_LOW;
}

static void take_no_note(struct subject *incident) {
        body_set_time(incident, "acknowledged_at", WW_TIME_NONE);
        body_set_name(incident, "acknowledged_by", "");
        body_set_number(incident, "acted_version", incident->version + 1);
}

void incident_raise_priority(struct subject *incident, enum ww_priority priority) {
        body_set_name(incident, "priority", ww_priority_name(priority));
        take_no_note(incident);
}

static int tell(struct response *r, struct subject *incident, const char *what, bool joined, const struct act *act) {
        enum incident_state to = incident_state(incident);
        int e;

        if (joined && incident_edge(incident, INCIDENT_ALARM, ROLE_SYSTEM, &to))
                return 0;
        e = incident_turn(r, incident, to, what, act);
        return e ? e : steps_follow(r, incident, act);
}

/* Who had acknowledged it has not looked again, or has gone. */
static int expired(struct response *r, struct subject *incident, const struct act *act) {
        int e;

        take_no_note(incident);
        e = tell(r, incident, "acknowledgement-expired", false, act);
        return e ? e : escalation_again(r, incident, act);
}

/* An alarm that is in it already. */
static int member_changed(struct response *r, struct member *m, const struct ww_transition *t, const struct act *act) {
        struct subject *incident = subject_find(r, WW_SUBJECT_INCIDENT, m->incident);
        const struct ww_alarm *a = &t->alarm;
        bool was = m->unacknowledged, rises, open;

        m->unacknowledged = !a->regions.acknowledged && !is_hidden(&a->regions);
        if (ww_alarm_state(&a->regions) == WW_ALARM_NORM)
                member_remove(r, m);
        open = incident && !incident->ended && incident_state(incident) != INCIDENT_RESOLVED;
        if (!open)
                return 0;
        rises = a->priority > incident_priority(incident) && !is_hidden(&a->regions);
        if (rises) {
                incident_raise_priority(incident, a->priority);
                return tell(r, incident, "priority-raised", false, act);
        }
        if ((t->cause == WW_CAUSE_ACK_EXPIRED || t->cause == WW_CAUSE_SHIFT_ENDED) && t->annunciate &&
            body_time(incident, "acknowledged_at") != WW_TIME_NONE)
                return expired(r, incident, act);
        if (!was || incident_unacknowledged(r, incident) || body_time(incident, "acknowledged_at") != WW_TIME_NONE)
                return 0;
        incident_acknowledged(incident, act);
        return tell(r, incident, "acknowledged", false, act);
}

static int joins(struct response *r, struct subject *incident, const struct ww_transition *t, const struct act *act) {
        const struct ww_alarm *a = &t->alarm;
        int e = incident_add_alarm(r, incident, a);

        if (e)
                return e < 0 ? e : 0;
        body_set_time(incident, "last_alarm_at", act->now);
        if (a->priority > incident_priority(incident) && !is_hidden(&a->regions))
                incident_raise_priority(incident, a->priority);
        return tell(r, incident, "alarm-joined", true, act);
}

static int opens(struct response *r, const struct ww_transition *t, const struct act *act) {
        const struct ww_alarm *a = &t->alarm;
        const struct incident_opening opening = {
                .hazard = a->hazard,
                .priority = a->priority,
                .zone = text_cut(a->zone),
                .title = text_cut(a->title),
                .exercise = a->exercise,
        };
        int e = crowd_room(r, act);
        struct subject *incident = e ? NULL : incident_new(r, &opening, act->now);

        if (e)
                return e;
        e = incident ? incident_add_alarm(r, incident, a) : -ENOMEM;
        if (!e && !a->zone.n)
                body_set_text(incident, "gathers", a->rule);
        return e ? e : incident_open(r, incident, act);
}

/* An alarm that is in no open incident. */
static int gather(struct response *r, const struct ww_transition *t, const struct act *act) {
        bool asks = t->annunciate, muted = t->cause == WW_CAUSE_RAISE && t->alarm.regions.suppressed;
        struct subject *incident;
        int e;

        if (!asks && !muted)
                return 0;
        e = gather_find(r, &t->alarm, act->now, &incident);
        if (e)
                return e;
        if (incident)
                return joins(r, incident, t, act);
        return asks && t->alarm.priority >= r->rules->from ? opens(r, t, act) : 0;
}

/* What was resolved is not, if its alarm comes again: that is another incident. */
static bool is_resolved(const struct response *r, const struct member *m) {
        const struct subject *incident = subject_find(r, WW_SUBJECT_INCIDENT, m->incident);

        return !incident || incident_state(incident) == INCIDENT_RESOLVED;
}

int response_transition(struct response *r, const struct ww_transition *t, int64_t now) {
        const struct act act = { t->actor, t->reason, now };
        struct member *m = member_find(r, t->alarm.id);
        int e = flood_transition(r, t, now);

        if (m && t->annunciate && is_resolved(r, m)) {
                member_remove(r, m);
                m = NULL;
        }
        if (!e)
                e = m ? member_changed(r, m, t, &act) : gather(r, t, &act);
        response_free_gone(r);
        return e;
}
