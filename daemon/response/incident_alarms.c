/* What becomes of an incident as its alarms come, change and go, and whether somebody has taken note. */
#include "response/incident.h"

#include "journal/record_json.h"

bool alarm_is_hidden(const struct ww_alarm_regions *regions) {
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

/* An alarm that stands in it already. */
static int standing_changed(struct response *r, struct standing *m, const struct ww_transition *t,
                            const struct act *act) {
        struct subject *incident = subject_find(r, WW_SUBJECT_INCIDENT, m->incident);
        const struct ww_alarm *a = &t->alarm;
        bool was = m->unacknowledged, rises, open;

        standing_set(r, m, !a->regions.acknowledged && !alarm_is_hidden(&a->regions));
        if (ww_alarm_state(&a->regions) == WW_ALARM_NORM)
                standing_remove(r, m);
        open = incident && !incident->ended && incident_state(incident) != INCIDENT_RESOLVED;
        if (!open)
                return 0;
        rises = a->priority > incident_priority(incident) && !alarm_is_hidden(&a->regions);
        if (rises) {
                incident_raise_priority(incident, a->priority);
                return tell(r, incident, "priority-raised", false, act);
        }
        if ((t->cause == WW_CAUSE_ACK_EXPIRED || t->cause == WW_CAUSE_SHIFT_ENDED) && t->annunciate &&
            body_time(incident, "acknowledged_at") != WW_TIME_NONE)
                return expired(r, incident, act);
        if (!was || incident->asking || body_time(incident, "acknowledged_at") != WW_TIME_NONE)
                return 0;
        incident_acknowledged(incident, act);
        return tell(r, incident, "acknowledged", false, act);
}

static int joins(struct response *r, struct subject *incident, const struct ww_transition *t, const struct act *act) {
        const struct ww_alarm *a = &t->alarm;
        bool covert = body_true(incident, "covert");
        struct subject *member;
        int e = member_join(r, incident, a, &member);

        if (e)
                return e < 0 ? e : 0;
        body_set_time(incident, "last_alarm_at", act->now);
        if (a->priority > incident_priority(incident) && !alarm_is_hidden(&a->regions))
                incident_raise_priority(incident, a->priority);
        e = tell(r, incident, "alarm-joined", true, act);
        if (!e && member)
                e = subject_changed(r, member, "joined", act);
        return e || covert || !body_true(incident, "covert") ? e : notify_covert(r, incident, act);
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
        struct subject *incident = e ? NULL : incident_new(r, &opening, act->now), *member;

        if (e)
                return e;
        e = incident ? member_join(r, incident, a, &member) : -ENOMEM;
        if (!e && !a->zone.n)
                body_set_text(incident, "gathers", a->rule);
        if (!e)
                e = incident_open(r, incident, act);
        return e ? e : subject_changed(r, member, "joined", act);
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
static bool is_resolved(const struct response *r, const struct standing *m) {
        const struct subject *incident = subject_find(r, WW_SUBJECT_INCIDENT, m->incident);

        return !incident || incident_state(incident) == INCIDENT_RESOLVED;
}

int response_transition(struct response *r, const struct ww_transition *t, int64_t now) {
        const struct act act = { t->actor, t->reason, now };
        struct standing *m = standing_find(r, t->alarm.id);
        int e = flood_transition(r, t, now);

        if (m && t->annunciate && is_resolved(r, m)) {
                standing_remove(r, m);
                m = NULL;
        }
        if (!e)
                e = m ? standing_changed(r, m, t, &act) : gather(r, t, &act);
        response_free_gone(r);
        return e;
}
