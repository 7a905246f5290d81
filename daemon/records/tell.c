/* What is told elsewhere: events that rules can select, members of lists, messages, notifications. First in, first
 * out. */
#include "records/records_internal.h"

#include "base/span.h"
#include "journal/record_json.h"

#define TELLS_MAX 100000 /* within one input; beyond it something goes round in a circle */
#define ATTRS_MAX 32

/* Steals `o`. */
static int tell_push(struct records *r, enum tell_what what, json_t *o) {
        struct tell *t = o ? calloc(1, sizeof *t) : NULL;

        if (!t || r->n_tells >= TELLS_MAX) {
                int e = t ? -ELOOP : -ENOMEM;

                json_decref(o);
                free(t);
                return e;
        }
        t->what = what;
        t->o = o;
        STAILQ_INSERT_TAIL(&r->tells, t, next);
        r->n_tells++;
        return 0;
}

/* --- events --- */

/* The first field of that type: where it is, or of what. */
static const char *first_text(const struct record *rec, enum record_type type) {
        for (size_t i = 0; i < rec->kind->n_fields; i++)
                if (rec->kind->fields[i].type == type)
                        return json_string_value(json_object_get(record_fields(rec), rec->kind->fields[i].name.p));
        return NULL;
}

/* Alarms have the title, and everybody sees them: a restricted record is called by its kind. */
static json_t *title_of(const struct record *rec) {
        return json_is_true(json_object_get(rec->body, "restricted")) ? record_json_str(rec->kind->title)
                                                                      : json_string(record_text(rec, "title"));
}

static json_t *attrs_of(const struct record *rec) {
        json_t *attrs = json_pack("{s:s, s:s, s:s, s:o}", "record", record_text(rec, "kind"), "number", rec->number,
                                  "state", record_text(rec, "state"), "title", title_of(rec));

        for (size_t i = 0; attrs && i < rec->kind->n_fields; i++) {
                const struct record_field *f = &rec->kind->fields[i];
                json_t *value = json_object_get(record_fields(rec), f->name.p);

                if (f->tell && json_object_size(attrs) < ATTRS_MAX - 8 &&
                    (json_is_string(value) || json_is_number(value) || json_is_boolean(value)))
                        (void)json_object_set(attrs, f->name.p, value);
        }
        return attrs;
}

static json_t *event_of(const struct record *rec, const char *kind, json_t *device, json_t *attrs) {
        bool hidden = json_is_true(json_object_get(rec->body, "restricted"));
        const char *zone = hidden ? NULL : first_text(rec, RECORD_ZONE),
                   *asset = hidden ? NULL : first_text(rec, RECORD_ASSET);

        return json_pack("{s:s, s:o, s:o, s:s, s:s, s:b}", "kind", kind, "device", device, "attrs", attrs, "zone",
                         zone ? zone : "", "asset", asset ? asset : "", "exercise", rec->exercise);
}

/* Where an event did it, it happened; otherwise where the record is. */
int tell_change(struct records *r, const struct record *rec, const char *what, const struct record_by *by) {
        const char *kind = rec->version == 1 ? "record.opened" : rec->over ? "record.ended" : "record.changed";
        json_t *attrs = attrs_of(rec), *o;

        if (!attrs || json_object_set_new(attrs, "act", json_string(what)) ||
            json_object_set_new(attrs, "actor", json_string(rec->actor))) {
                json_decref(attrs);
                return -ENOMEM;
        }
        o = event_of(rec, kind, json_string(rec->number), attrs);
        if (o && by->zone.n &&
            (json_object_set_new(o, "zone", record_json_str(by->zone)) ||
             json_object_set_new(o, "asset", record_json_str(by->asset)))) {
                json_decref(o);
                return -ENOMEM;
        }
        return tell_push(r, TELL_EVENT, o);
}

int tell_clock(struct records *r, const struct record *rec, const struct record_clock *c, bool overdue, bool again) {
        json_t *attrs = attrs_of(rec);
        json_t *o;
        const char *hazard = c->hazard == WW_HAZARD_MAX_ ? "none" : ww_hazard_name(c->hazard);

        if (!attrs || json_object_set_new(attrs, "clock", record_json_str(c->name)) ||
            json_object_set_new(attrs, "due", record_json_str(c->title)) ||
            json_object_set_new(attrs, "hazard", json_string(hazard)) ||
            json_object_set_new(attrs, "urgency", json_string(ww_priority_name(c->priority)))) {
                json_decref(attrs);
                return -ENOMEM;
        }
        o = event_of(rec, overdue ? "record.overdue" : "record.met",
                     json_sprintf("%s/%.*s", rec->number, WW_STR_ARG(c->name)), attrs);
        if (o && again && json_object_set_new(o, "retained", json_true())) {
                json_decref(o);
                return -ENOMEM;
        }
        return tell_push(r, TELL_EVENT, o);
}

static size_t attrs_put(json_t *attrs, struct ww_attr out[static ATTRS_MAX]) {
        const char *name;
        json_t *value;
        size_t n = 0;

        json_object_foreach(attrs, name, value) {
                if (n == ATTRS_MAX)
                        break;
                out[n].name = ww_str(name);
                out[n].symbol = 0;
                out[n].value = json_is_string(value)    ? ww_string(ww_str(json_string_value(value)))
                               : json_is_boolean(value) ? ww_bool(json_is_true(value))
                                                        : ww_number(json_number_value(value));
                n++;
        }
        return n;
}

static int event_tell(struct records *r, json_t *o, int64_t now) {
        const char *sensor = json_string_value(json_object_get(o, "sensor"));
        struct ww_attr attrs[ATTRS_MAX];
        struct ww_event event = {
                .time = now,
                .received = now,
                .device_time = WW_TIME_NONE,
                .kind = ww_str(json_string_value(json_object_get(o, "kind"))),
                .device = ww_str(json_string_value(json_object_get(o, "device"))),
                .zone = ww_str(json_string_value(json_object_get(o, "zone"))),
                .asset = ww_str(json_string_value(json_object_get(o, "asset"))),
                .sensor = sensor ? ww_str(sensor) : WW_STR("records"),
                .flags = (json_is_true(json_object_get(o, "exercise")) ? WW_EVENT_EXERCISE : 0U) |
                         (json_is_true(json_object_get(o, "retained")) ? WW_EVENT_RETAINED : 0U),
                .attrs = attrs,
        };

        event.n_attrs = attrs_put(json_object_get(o, "attrs"), attrs);
        return r->sink.event(r->sink.userdata, &event);
}

/* --- notifications --- */

/* Every field with its title, in the order of the kind: a recipient knows neither. */
static json_t *fields_told(const struct record *rec) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < rec->kind->n_fields; i++) {
                const struct record_field *f = &rec->kind->fields[i];
                json_t *value = json_object_get(record_fields(rec), f->name.p);

                if (value && !json_is_null(value) &&
                    json_array_append_new(list, json_pack("{s:o, s:o, s:O}", "field", record_json_str(f->name), "title",
                                                          record_json_str(f->title), "value", value))) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

static json_t *words_told(const struct ww_str *words, size_t n) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++)
                (void)json_array_append_new(list, record_json_str(words[i]));
        return list;
}

static json_t *record_told(const struct record *rec) {
        return json_pack("{s:o, s:I, s:s, s:o, s:s, s:s, s:I}", "fields", fields_told(rec), "id", (json_int_t)rec->id,
                         "kind", record_text(rec, "kind"), "kind_title", record_json_str(rec->kind->title), "number",
                         rec->number, "title", record_text(rec, "title"), "version", (json_int_t)rec->version);
}

int tell_notify(struct records *r, const struct record *rec, const struct record_notify *n) {
        const char *whom = n->field == SIZE_MAX ? NULL
                                                : json_string_value(json_object_get(
                                                          record_fields(rec), rec->kind->fields[n->field].name.p));
        const char *zone = first_text(rec, RECORD_ZONE),
                   *hazard = json_string_value(json_object_get(record_fields(rec), "hazard"));
        const struct ww_str one = ww_str(whom);

        if (n->field != SIZE_MAX && !one.n)
                return 0; /* it goes by hand */
        return tell_push(r, TELL_NOTIFY,
                         json_pack("{s:s, s:o, s:b, s:s, s:I, s:s, s:o, s:o, s:s}", "actor", rec->actor, "by",
                                   words_told(n->by, n->n_by), "exercise", rec->exercise, "hazard",
                                   hazard ? hazard : "", "incident", (json_int_t)rec->incident, "priority",
                                   ww_priority_name(n->priority), "record", record_told(rec), "to",
                                   one.n ? words_told(&one, 1) : words_told(n->to, n->n_to), "zone", zone ? zone : ""));
}

int tell_over(struct records *r, const struct record *rec) {
        bool told = false;

        for (size_t i = 0; rec->kind && i < rec->kind->n_acts; i++)
                told = told || rec->kind->acts[i].notify.n_by;
        return told ? tell_push(r, TELL_NOTIFY,
                                json_pack("{s:s, s:I}", "actor", rec->actor, "over", (json_int_t)rec->id))
                    : 0;
}

/* The notifier's word and not the record's own: records may wait for it. */
static int tell_notified(struct records *r, const json_t *body, const char *kind) {
        static const char *const copied[] = { "answer", "attempts", "channel", "key", "recipient" };
        const json_t *record = json_object_get(body, "record");
        const char *number = json_string_value(json_object_get(record, "number"));
        json_t *attrs = json_pack("{s:O, s:O, s:O}", "number", json_object_get(record, "number"), "record",
                                  json_object_get(record, "kind"), "title", json_object_get(record, "title"));

        for (size_t i = 0; attrs && i < sizeof copied / sizeof *copied; i++)
                (void)json_object_set(attrs, copied[i], json_object_get(body, copied[i]));
        if (!attrs)
                return -ENOMEM;
        return tell_push(r, TELL_EVENT,
                         json_pack("{s:s, s:s, s:o, s:O, s:s, s:O, s:s}", "kind", kind, "device", number, "attrs",
                                   attrs, "zone", json_object_get(body, "zone"), "asset", "", "exercise",
                                   json_object_get(body, "exercise"), "sensor", "notify"));
}

int records_notified(struct records *r, const struct ww_change *notification) {
        bool sent = ww_str_is(notification->what, "sent");
        json_t *body;
        int e = 0;

        if (!notification->ended || notification->incident) /* those of incidents are most, and not ours */
                return 0;
        body = json_loadb(notification->body.p, notification->body.n, 0, NULL);
        if (!body)
                return -ENOMEM;
        if (json_object_get(body, "record") && (sent || ww_str_is(notification->what, "undelivered")))
                e = tell_notified(r, body, sent ? "record.delivered" : "record.undelivered");
        json_decref(body);
        return e;
}

/* --- lists and messages --- */

int tell_member(struct records *r, struct ww_str list, const char *member, bool in) {
        return tell_push(r, TELL_MEMBER,
                         json_pack("{s:s%, s:s, s:b}", "list", list.p, list.n, "member", member, "in", in));
}

/* `{number}` and `{record}` of a topic; what is no level of a topic becomes `-`. */
static int topic_render(const struct record *rec, struct ww_str topic, struct buf *out) {
        for (size_t i = 0; i < topic.n; i++) {
                struct ww_str rest = { topic.p + i, topic.n - i };
                bool number = rest.n >= 8 && memcmp(rest.p, "{number}", 8) == 0;

                if (number || (rest.n >= 8 && memcmp(rest.p, "{record}", 8) == 0)) {
                        for (const char *p = number ? rec->number : record_text(rec, "kind"); *p; p++)
                                buf_put_u8(out, strchr("+#/", *p) ? '-' : (uint8_t)*p);
                        i += 7;
                } else {
                        buf_put_u8(out, (uint8_t)topic.p[i]);
                }
        }
        buf_put_u8(out, 0);
        return out->error;
}

int tell_publish(struct records *r, const struct record *rec, struct ww_str topic) {
        _cleanup_buf_ struct buf to = BUF_INIT;
        int e = topic_render(rec, topic, &to);

        return e ? e
                 : tell_push(r, TELL_PUBLISH, json_pack("{s:s, s:O}", "topic", (const char *)to.p, "body", rec->body));
}

static int publish_tell(struct records *r, json_t *o) {
        char *text = json_dumps(json_object_get(o, "body"), JSON_COMPACT | JSON_SORT_KEYS);
        int e = text ? r->sink.publish(r->sink.userdata, ww_str(json_string_value(json_object_get(o, "topic"))),
                                       ww_str(text))
                     : -ENOMEM;

        free(text);
        return e;
}

static int tell_one(struct records *r, const struct tell *t, int64_t now) {
        switch (t->what) {
        case TELL_EVENT:
                return event_tell(r, t->o, now);
        case TELL_MEMBER:
                return r->sink.member(r->sink.userdata, ww_str(json_string_value(json_object_get(t->o, "list"))),
                                      ww_str(json_string_value(json_object_get(t->o, "member"))),
                                      json_is_true(json_object_get(t->o, "in")));
        case TELL_PUBLISH:
                return publish_tell(r, t->o);
        case TELL_NOTIFY:
                return r->sink.notify(r->sink.userdata, t->o);
        }
        return -EINVAL;
}

int records_tell(struct records *r, int64_t now) {
        int e = 0;

        while (!e && !STAILQ_EMPTY(&r->tells)) {
                struct tell *t = STAILQ_FIRST(&r->tells);

                STAILQ_REMOVE_HEAD(&r->tells, next);
                e = tell_one(r, t, now);
                json_decref(t->o);
                free(t);
        }
        r->n_tells = 0;
        return e;
}

void tells_free(struct records *r) {
        while (!STAILQ_EMPTY(&r->tells)) {
                struct tell *t = STAILQ_FIRST(&r->tells);

                STAILQ_REMOVE_HEAD(&r->tells, next);
                json_decref(t->o);
                free(t);
        }
}
