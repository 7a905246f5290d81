/* Records in the flow: what the stage hears of incidents, what it tells the others, and commands. */
#include "pipeline_internal.h"

#include "journal/record_json.h"

#define RECORD_INDEX 0x10000U /* of events, behind those of the message at work */
#define ATTRS_MAX    32

/* An event of a record goes the way of all events. */
static int pipeline_on_record_event(void *userdata, struct ww_event *event) {
        struct pipeline *p = userdata;
        const struct site *site = p->ruleset->site;
        struct ww_attr attrs[ATTRS_MAX];

        event->seq = p->input->seq;
        event->index = RECORD_INDEX + p->n;
        event->site = site_name(site);
        event->asset_index = event->asset.n ? site_asset_find(site, event->asset) : SITE_NONE;
        (void)ww_kind_find(site_kinds(site), event->kind, &event->family, &event->state);
        for (size_t i = 0; i < event->n_attrs && i < ATTRS_MAX; i++) {
                attrs[i] = event->attrs[i];
                attrs[i].symbol = symtab_find(p->ruleset->symbols, attrs[i].name);
        }
        event->attrs = attrs;
        return pipeline_event(p, event);
}

static int pipeline_on_member(void *userdata, struct ww_str list, struct ww_str member, bool in) {
        struct pipeline *p = userdata;
        int r = correlate_list(p->correlate, list, member, in, WW_TIME_NEVER);

        return r == CORRELATE_E_UNKNOWN ? 0 : r; /* the list was taken out of the site meanwhile */
}

/* A report to an authority is worth an acknowledgement of the broker. */
static int pipeline_on_record_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        struct ww_output output = { .type = WW_OUTPUT_PUBLISH,
                                    .publish = { .topic = topic, .payload = payload, .qos = 1 } };

        return pipeline_put(userdata, &output);
}

static int pipeline_on_record_notify(void *userdata, const json_t *report) {
        struct pipeline *p = userdata;

        return response_report(p->response, report, p->now);
}

struct listed {
        struct ww_str list, member;
        int64_t now;
        bool in;
};

/* The files' members stand first; what a command said of one counts. */
static int listed_visit(void *userdata, struct ww_str list, struct ww_str member, bool add, int64_t until) {
        struct listed *l = userdata;

        if (!ww_str_equal(list, l->list) || !ww_str_equal(member, l->member))
                return 0;
        l->in = add && until > l->now;
        return 1;
}

static bool pipeline_on_listed(void *userdata, struct ww_str list, struct ww_str member, int64_t now) {
        const struct pipeline *p = userdata;
        const struct site *site = p->ruleset->site;
        uint32_t of = site_list_find(site, list);
        struct listed l = { list, member, now, of != SITE_NONE && site_list_has(site, of, member) };

        (void)correlate_members_each(p->correlate, listed_visit, &l);
        return l.in;
}

struct records_sink pipeline_records_sink(struct pipeline *p) {
        return (struct records_sink){ p,
                                      pipeline_on_change,
                                      pipeline_on_record_event,
                                      pipeline_on_member,
                                      pipeline_on_record_publish,
                                      pipeline_on_record_notify,
                                      pipeline_on_listed };
}

/* --- incidents --- */

struct told_change {
        struct pipeline *p;
        const struct ww_change *change;
};

static int pipeline_on_incident(void *userdata, const struct ww_change *incident) {
        struct told_change *t = userdata;

        return records_incident(t->p->records, t->change, incident, t->p->now);
}

int pipeline_records_change(struct pipeline *p, const struct ww_change *change) {
        struct told_change t = { p, change };
        int r;

        if (change->subject == WW_SUBJECT_INCIDENT)
                return records_incident(p->records, change, change, p->now);
        if (change->subject == WW_SUBJECT_NOTIFICATION)
                return records_notified(p->records, change);
        if (change->subject != WW_SUBJECT_DISPOSITION)
                return 0;
        r = response_find(p->response, ww_change_key(WW_SUBJECT_INCIDENT, change->incident), pipeline_on_incident, &t);
        return r == -ENOENT ? 0 : r;
}

/* --- what people do --- */

int pipeline_record(struct pipeline *p, const struct ww_input *input, json_t *body) {
        const struct records_who who = {
                .actor = input->topic,
                .roles = (unsigned)json_integer_value(json_object_get(body, "roles")),
                .exercise = correlate_exercise(p->correlate),
                .now = input->time,
        };
        json_t *answer = NULL;
        int r = records_command(p->records, body, &who, &answer);

        if (r)
                return r;
        if (json_object_set_new(answer, "id", record_json_str(input->id)) < 0) {
                json_decref(answer);
                return -ENOMEM;
        }
        return pipeline_reply(p, input, answer);
}

/* --- what is live --- */

int pipeline_subjects_each(const struct pipeline *p, uint64_t from, response_visit visit, void *userdata) {
        int r = response_each(p->response, from, visit, userdata);

        return r ? r : records_each(p->records, from, visit, userdata);
}

int pipeline_subject_find(const struct pipeline *p, uint64_t key, response_visit visit, void *userdata) {
        return ww_change_key_subject(key) == WW_SUBJECT_RECORD ? records_find(p->records, key, visit, userdata)
                                                               : response_find(p->response, key, visit, userdata);
}
