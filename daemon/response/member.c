/*
 * The alarms of an incident, each a subject of its own: one that joins is a small record beside the incident's, however
 * many are in it already.
 *
 * A member says what its alarm was when it joined, and whether it is a cause or a symptom: a rule muted it, or its
 * asset lies below that of a cause, or a person said so. It stays when the alarm is over. When incidents are merged,
 * the one that goes on gets members of its own for the alarms of the other.
 */
#include "response/incident.h"

static uint32_t asset_of(const struct response *r, struct ww_str id) {
        return id.n ? site_asset_find(r->site, id) : SITE_NONE;
}

void member_know(const struct response *r, struct subject *s) {
        s->alarm = body_number(s, "alarm");
        s->asset = asset_of(r, ww_str(body_text(s, "asset")));
        if (s->of->alarm < s->alarm)
                s->of->alarm = s->alarm;
}

/* Alarms are numbered as they come: a new one is looked for in vain without looking. */
struct subject *member_find(const struct subject *incident, uint64_t alarm) {
        struct subject *s = alarm > incident->alarm ? NULL : incident->members;

        while (s && s->alarm != alarm)
                s = s->next;
        return s;
}

/* Below the asset of a cause: what fails with it. */
static bool is_under_cause(const struct response *r, const struct subject *incident, uint32_t asset) {
        for (const struct subject *s = asset == SITE_NONE ? NULL : incident->members; s; s = s->next)
                if (s->asset != SITE_NONE && site_asset_under(r->site, asset, s->asset) && body_true(s, "cause"))
                        return true;
        return false;
}

static struct subject *member_new(struct response *r, struct subject *incident, const struct ww_alarm *a) {
        bool first = !incident->members;
        bool symptom = a->regions.suppressed || is_under_cause(r, incident, asset_of(r, a->asset));
        struct subject *s = subject_new(r, WW_SUBJECT_MEMBER, incident);

        if (!s)
                return NULL;
        body_set_number(s, "alarm", a->id);
        body_set_bool(s, "cause", first || !symptom);
        body_set_name(s, "told_by", "");
        body_set_text(s, "rule", text_cut(a->rule));
        body_set_text(s, "title", text_cut(a->title));
        body_set_name(s, "priority", ww_priority_name(a->priority));
        body_set_text(s, "asset", text_cut(a->asset));
        body_set_text(s, "device", text_cut(a->device));
        body_set_bool(s, "covert", a->covert);
        body_set_time(s, "raised_at", a->raised_at);
        member_know(r, s);
        return s;
}

static void count(struct subject *incident, const struct subject *s) {
        body_set_number(incident, "alarm_count", body_number(incident, "alarm_count") + 1);
        if (body_true(s, "covert"))
                body_set_bool(incident, "covert", true);
        if (!body_true(s, "cause"))
                return;
        body_set_number(incident, "cause_count", body_number(incident, "cause_count") + 1);
        if (json_is_null(json_object_get(incident->body, "cause")))
                body_set_number(incident, "cause", s->alarm);
}

/* One that was in it before, when the incident was resolved or closed meanwhile, is its member still. */
int member_join(struct response *r, struct subject *incident, const struct ww_alarm *a, struct subject **ret) {
        *ret = NULL;
        if (!member_find(incident, a->id)) {
                if (body_number(incident, "alarm_count") >= INCIDENT_ALARMS)
                        return REFUSED_LIMIT;
                *ret = member_new(r, incident, a);
                if (!*ret)
                        return -ENOMEM;
                count(incident, *ret);
        }
        if (incident_add_procedure(incident, a->procedure))
                return -ENOMEM;
        return standing_add(r, a->id, incident, !a->regions.acknowledged && !alarm_is_hidden(&a->regions));
}

void incident_count_causes(struct subject *incident) {
        uint64_t causes = 0, first = 0;

        for (const struct subject *s = incident->members; s; s = s->next) /* the newest first */
                if (body_true(s, "cause")) {
                        causes++;
                        first = s->alarm;
                }
        body_set_number(incident, "cause_count", causes);
        body_set(incident, "cause", causes ? json_integer((json_int_t)first) : json_null());
}

/* --- two incidents that are one --- */

static int member_copy(struct response *r, const struct subject *s, struct subject *to, const struct act *act) {
        struct subject *copy = subject_new(r, WW_SUBJECT_MEMBER, to);
        json_t *body = copy ? json_deep_copy(s->body) : NULL;

        if (!body)
                return -ENOMEM;
        json_decref(copy->body);
        copy->body = body;
        member_know(r, copy);
        count(to, copy);
        return subject_changed(r, copy, "moved", act);
}

int members_move(struct response *r, struct subject *from, struct subject *to, const struct act *act) {
        const struct subject *all[INCIDENT_ALARMS];
        size_t n = 0;

        for (const struct subject *s = from->members; s && n < INCIDENT_ALARMS; s = s->next)
                all[n++] = s;
        while (n--) {
                struct standing *standing = standing_find(r, all[n]->alarm);
                int e = member_find(to, all[n]->alarm) ? 0 : member_copy(r, all[n], to, act);

                if (e)
                        return e;
                if (standing && standing->incident == from->id)
                        standing_move(r, standing, to);
        }
        return 0;
}

/* --- from a state in which an incident held its alarms itself --- */

static int member_from_old(struct response *r, struct subject *incident, const json_t *entry, const struct act *act) {
        struct subject *s = subject_new(r, WW_SUBJECT_MEMBER, incident);
        json_t *body = s ? json_deep_copy(entry) : NULL;

        if (!body)
                return -ENOMEM;
        json_decref(s->body);
        s->body = body;
        body_set(s, "alarm", json_incref(json_object_get(entry, "id")));
        body_set_bool(s, "covert", body_true(incident, "covert"));
        (void)json_object_del(s->body, "id");
        member_know(r, s);
        return subject_changed(r, s, "joined", act);
}

static int incident_from_old(struct response *r, struct subject *incident, const struct act *act) {
        json_t *alarms = json_incref(json_object_get(incident->body, "alarms")), *entry;
        size_t i;
        int e = 0;

        if (!alarms)
                return 0;
        (void)json_object_del(incident->body, "alarms");
        json_array_foreach(alarms, i, entry) e = e ? e : member_from_old(r, incident, entry, act);
        json_decref(alarms);
        /* one that is closed is told again when it is reopened */
        return e || incident->ended ? e : subject_changed(r, incident, "alarms-apart", act);
}

int members_from_old(struct response *r, int64_t now) {
        const struct act act = ACT_TIMER(now);
        struct subject *s;
        int e = 0;

        r->old_members = false;
        TAILQ_FOREACH(s, &r->of_kind[WW_SUBJECT_INCIDENT], order)
        e = e ? e : incident_from_old(r, s, &act);
        return e;
}
