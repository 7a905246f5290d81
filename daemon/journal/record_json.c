/*
 * Records as JSON. A json_t that could not be made is NULL; json_object_set_new refuses a NULL value, so an object
 * under construction is built by put(), which frees it at the first failure and passes NULL on.
 */
#include "journal/record_json.h"
#include "base/span.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>

static void put(json_t **o, const char *name, json_t *value) {
        if (!*o) {
                json_decref(value);
        } else if (json_object_set_new_nocheck(*o, name, value) < 0) {
                json_decref(*o);
                *o = NULL;
        }
}

static void put_str(json_t **o, const char *name, struct ww_str s) {
        put(o, name, record_json_str(s));
}

static void put_time(json_t **o, const char *name, int64_t usec) {
        put(o, name, record_json_time(usec));
}

static void put_bool(json_t **o, const char *name, bool b) {
        put(o, name, json_boolean(b));
}

static void put_name(json_t **o, const char *name, const char *value) {
        put(o, name, json_string(value));
}

/* JSON's integers are signed here: a count above 2^63 - 1 does not occur in a life. */
static void put_count(json_t **o, const char *name, uint64_t n) {
        put(o, name, json_integer((json_int_t)n));
}

/* As text: the readers of JSON in browsers keep 53 bits of an integer. */
static void put_hash(json_t **o, const char *name, uint64_t hash) {
        char hex[17];

        (void)snprintf(hex, sizeof hex, "%016llx", (unsigned long long)hash);
        put_name(o, name, hex);
}

/* --- strings, instants, values --- */

static json_t *json_base64(struct ww_str s) {
        size_t size = sodium_base64_ENCODED_LEN(s.n, sodium_base64_VARIANT_ORIGINAL);
        char *text = malloc(size);
        json_t *o;

        if (!text)
                return NULL;
        (void)sodium_bin2base64(text, size, (const unsigned char *)s.p, s.n, sodium_base64_VARIANT_ORIGINAL);
        o = json_pack("{s:s}", "base64", text);
        free(text);
        return o;
}

/* A NUL inside is UTF-8, and JSON can say it, but many a reader of ours in C cannot: base64 as well. */
json_t *record_json_str(struct ww_str s) {
        json_t *text;

        if (s.n == 0)
                return json_string("");
        text = memchr(s.p, 0, s.n) ? NULL : json_stringn(s.p, s.n);
        return text ? text : json_base64(s);
}

json_t *record_json_time(int64_t usec) {
        char text[32];

        if (usec == WW_TIME_NONE)
                return json_null();
        instant_format(usec, text);
        return json_string(text);
}

/* JSON has no NaN and no infinity: such a number is told by its name. */
static json_t *json_number(double d) {
        if (isfinite(d))
                return json_real(d);
        return json_string(isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
}

json_t *record_json_value(struct ww_value v) {
        char text[32];

        switch (v.type) {
        case WW_BOOL:
                return json_boolean(v.boolean);
        case WW_NUMBER:
                return json_number(v.number);
        case WW_STRING:
                return record_json_str(v.string);
        case WW_TIME:
                return record_json_time(v.usec);
        case WW_SPAN:
                span_format(v.usec, text);
                return json_string(text);
        case WW_MISSING:
        case WW_NULL:
                break;
        }
        return json_null();
}

/* Names of the set bits, in the order of the table. */
struct flag_name {
        uint32_t bit;
        const char *name;
};

static json_t *json_flags(const struct flag_name *names, size_t n, uint32_t flags) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < n; i++)
                if ((flags & names[i].bit) && json_array_append_new(list, json_string(names[i].name)) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

#define JSON_FLAGS(table, flags) json_flags((table), sizeof(table) / sizeof *(table), (flags))

/* --- input --- */

static const struct flag_name input_flags[] = {
        { WW_INPUT_RETAINED, "retained" },
        { WW_INPUT_DUP, "dup" },
        { WW_INPUT_SKIPPED, "skipped" },
        { WW_INPUT_SIGNED, "signed" },
};

json_t *record_json_input(const struct ww_input *input) {
        json_t *o = json_object();

        put_count(&o, "seq", input->seq);
        put_name(&o, "type", ww_input_type_name(input->type));
        put_name(&o, "origin", ww_origin_name(input->origin));
        put(&o, "flags", JSON_FLAGS(input_flags, input->flags));
        put_count(&o, "mid", input->mid);
        put_time(&o, "time", input->time);
        put_time(&o, "received", input->received);
        put_str(&o, "topic", input->topic);
        put_str(&o, "id", input->id);
        put_str(&o, "payload", input->payload);
        return o;
}

/* --- event --- */

static const struct flag_name event_flags[] = {
        { WW_EVENT_RETAINED, "retained" }, { WW_EVENT_LATE, "late" },         { WW_EVENT_CLOCK_SKEW, "clock_skew" },
        { WW_EVENT_SUSPECT, "suspect" },   { WW_EVENT_EXERCISE, "exercise" }, { WW_EVENT_DUPLICATE, "duplicate" },
        { WW_EVENT_INITIAL, "initial" },
};

/* A device may name two attributes alike, or with bytes that are not UTF-8: a list loses nothing. */
static json_t *json_attrs(const struct ww_event *event) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < event->n_attrs; i++) {
                json_t *o = json_object();

                put_str(&o, "name", event->attrs[i].name);
                put(&o, "value", record_json_value(event->attrs[i].value));
                if (json_array_append_new(list, o) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

json_t *record_json_event(const struct ww_event *event) {
        json_t *o = json_object();

        put_count(&o, "seq", event->seq);
        put_count(&o, "index", event->index);
        put_time(&o, "time", event->time);
        put_time(&o, "received", event->received);
        put_time(&o, "device_time", event->device_time);
        put_str(&o, "kind", event->kind);
        put_name(&o, "state", ww_state_name(event->state));
        put(&o, "flags", JSON_FLAGS(event_flags, event->flags));
        put_str(&o, "site", event->site);
        put_str(&o, "zone", event->zone);
        put_str(&o, "asset", event->asset);
        put_str(&o, "device", event->device);
        put_str(&o, "sensor", event->sensor);
        put(&o, "value", record_json_value(event->value));
        put_str(&o, "unit", event->unit);
        put(&o, "attrs", json_attrs(event));
        return o;
}

/* --- alarm --- */

static json_t *json_priority(enum ww_priority priority) {
        return priority ? json_string(ww_priority_name(priority)) : json_null();
}

static const char *shelved_name(enum ww_shelved shelved) {
        switch (shelved) {
        case WW_SHELVED_NO:
                return "no";
        case WW_SHELVED_TIMED:
                return "timed";
        case WW_SHELVED_ONE_SHOT:
                return "one-shot";
        }
        return "?";
}

static json_t *json_regions(const struct ww_alarm_regions *r) {
        json_t *o = json_object();

        put_bool(&o, "active", r->active);
        put_bool(&o, "acknowledged", r->acknowledged);
        put_bool(&o, "latched", r->latched);
        put_name(&o, "shelved", shelved_name(r->shelved));
        put_bool(&o, "suppressed", r->suppressed);
        put_bool(&o, "out_of_service", r->out_of_service);
        return o;
}

static void put_alarm_names(json_t **o, const struct ww_alarm *a) {
        put_count(o, "id", a->id);
        put_name(o, "state", ww_alarm_state_name(ww_alarm_state(&a->regions)));
        put_str(o, "rule", a->rule);
        put_hash(o, "rule_hash", a->rule_hash);
        put_str(o, "key", a->key);
        put_str(o, "title", a->title);
        put_str(o, "procedure", a->procedure);
        put_str(o, "legal_basis", a->legal_basis);
        put_str(o, "site", a->site);
        put_str(o, "zone", a->zone);
        put_str(o, "asset", a->asset);
        put_str(o, "device", a->device);
        put_name(o, "hazard", ww_hazard_name(a->hazard));
        put_name(o, "class", ww_class_name(a->klass));
        put(o, "priority", json_priority(a->priority));
        put(o, "priority_unack", json_priority(a->priority_unack));
}

static void put_alarm_marks(json_t **o, const struct ww_alarm *a) {
        put(o, "regions", json_regions(&a->regions));
        put_bool(o, "instant", a->instant);
        put_bool(o, "first_out", a->first_out);
        put_bool(o, "silenced", a->silenced);
        put_bool(o, "stale", a->stale);
        put_bool(o, "exercise", a->exercise);
        put_bool(o, "covert", a->covert);
        put_name(o, "sound", ww_sound_name(ww_alarm_sound(a)));
        put_bool(o, "partial", a->partial);
}

json_t *record_json_alarm(const struct ww_alarm *a) {
        json_t *o = json_object();

        put_alarm_names(&o, a);
        put_alarm_marks(&o, a);
        put_count(&o, "raised_count", a->raised_count);
        put_count(&o, "version", a->version);
        put_count(&o, "alarmed_version", a->alarmed_version);
        put_time(&o, "raised_at", a->raised_at);
        put_time(&o, "changed_at", a->changed_at);
        put_time(&o, "acknowledged_at", a->acknowledged_at);
        put_str(&o, "acknowledged_by", a->acknowledged_by);
        put_time(&o, "shelved_until", a->shelved_until);
        put_time(&o, "out_of_service_until", a->out_of_service_until);
        put_str(&o, "suppressed_by", a->suppressed_by);
        put_str(&o, "work_order", a->work_order);
        return o;
}

static json_t *json_evidence(const struct ww_transition *t) {
        json_t *list = json_array();

        for (size_t i = 0; list && i < t->n_evidence; i++) {
                const struct ww_evidence *e = &t->evidence[i];
                json_t *o = json_object();

                put_str(&o, "role", e->role);
                put_count(&o, "seq", e->seq);
                put_count(&o, "index", e->index);
                put_time(&o, "time", e->time);
                put_str(&o, "device", e->device);
                put_str(&o, "kind", e->kind);
                if (json_array_append_new(list, o) < 0) {
                        json_decref(list);
                        return NULL;
                }
        }
        return list;
}

json_t *record_json_transition(const struct ww_transition *t) {
        json_t *o = json_object();

        put_name(&o, "cause", ww_cause_name(t->cause));
        put_time(&o, "time", t->time);
        put_str(&o, "actor", t->actor);
        put_str(&o, "reason", t->reason);
        put_str(&o, "context", t->context);
        put_bool(&o, "annunciate", t->annunciate);
        put_name(&o, "sound", ww_sound_name(ww_transition_sound(t)));
        put_name(&o, "old_state", ww_alarm_state_name(ww_alarm_state(&t->old_regions)));
        put(&o, "old_regions", json_regions(&t->old_regions));
        put(&o, "old_priority", json_priority(t->old_priority));
        put(&o, "alarm", record_json_alarm(&t->alarm));
        put(&o, "evidence", json_evidence(t));
        return o;
}

/* --- output --- */

static json_t *json_reply(const struct ww_reply *reply) {
        json_t *o = json_object();

        put_str(&o, "id", reply->id);
        put_bool(&o, "ok", reply->ok);
        put_str(&o, "body", reply->body);
        return o;
}

static json_t *json_notice(const struct ww_notice *notice) {
        json_t *o = json_object();

        put_str(&o, "name", notice->name);
        put_str(&o, "subject", notice->subject);
        put_str(&o, "text", notice->text);
        return o;
}

static json_t *json_undecoded(const struct ww_undecoded *undecoded) {
        json_t *o = json_object();

        put_str(&o, "reason", undecoded->reason);
        put_str(&o, "sensor", undecoded->sensor);
        put_str(&o, "detail", undecoded->detail);
        return o;
}

static json_t *json_ruleset(const struct ww_ruleset *ruleset) {
        json_t *o = json_object();

        put_str(&o, "hash", ruleset->hash);
        put_count(&o, "rules", ruleset->rules);
        put_count(&o, "sensors", ruleset->sensors);
        put_count(&o, "assets", ruleset->assets);
        put_count(&o, "zones", ruleset->zones);
        put_time(&o, "complete", ruleset->complete);
        return o;
}

/* What is no JSON object was not written by us: it is shown as the text that it is. */
static json_t *json_body(struct ww_str body) {
        json_t *o = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL);

        if (json_is_object(o))
                return o;
        json_decref(o);
        return record_json_str(body);
}

json_t *record_json_change(const struct ww_change *c) {
        json_t *o = json_object();

        put_name(&o, "subject", ww_subject_name(c->subject));
        put_count(&o, "id", c->id);
        put_count(&o, "version", c->version);
        put(&o, "incident", c->incident ? json_integer((json_int_t)c->incident) : json_null());
        put_bool(&o, "exercise", c->exercise);
        put_bool(&o, "ended", c->ended);
        put_time(&o, "time", c->time);
        put_str(&o, "what", c->what);
        put_str(&o, "actor", c->actor);
        put_str(&o, "reason", c->reason);
        put(&o, "body", json_body(c->body));
        return o;
}

static json_t *json_redaction(const struct ww_redaction *redaction) {
        static const char *const forms[] = {
                [WW_REDACT_CHARS] = "chars", [WW_REDACT_TEXT] = "text", [WW_REDACT_NUMBER] = "number"
        };
        json_t *list = json_array(), *body = json_object();

        for (size_t i = 0; list && i < redaction->n; i++) {
                json_t *o = json_object();

                put_count(&o, "at", redaction->spans[i].at);
                put_count(&o, "n", redaction->spans[i].n);
                put_name(&o, "form", forms[redaction->spans[i].form]);
                if (json_array_append_new(list, o) < 0) {
                        json_decref(list);
                        list = NULL;
                }
        }
        put(&body, "spans", list);
        return body;
}

static json_t *json_publish(const struct ww_publish *publish) {
        json_t *o = json_object();

        put_str(&o, "topic", publish->topic);
        put_str(&o, "payload", publish->payload);
        put_count(&o, "qos", publish->qos);
        put_bool(&o, "retain", publish->retain);
        return o;
}

static json_t *json_output_body(const struct ww_output *output) {
        switch (output->type) {
        case WW_OUTPUT_EVENT:
                return record_json_event(&output->event);
        case WW_OUTPUT_TRANSITION:
                return record_json_transition(&output->transition);
        case WW_OUTPUT_REPLY:
                return json_reply(&output->reply);
        case WW_OUTPUT_NOTICE:
                return json_notice(&output->notice);
        case WW_OUTPUT_UNDECODED:
                return json_undecoded(&output->undecoded);
        case WW_OUTPUT_RULESET:
                return json_ruleset(&output->ruleset);
        case WW_OUTPUT_CHANGE:
                return record_json_change(&output->change);
        case WW_OUTPUT_REDACTION:
                return json_redaction(&output->redaction);
        case WW_OUTPUT_PUBLISH:
                return json_publish(&output->publish);
        }
        return json_null();
}

/* The body stands under the type's name: {"seq": 7, "n": 0, "type": "event", "event": {…}} */
json_t *record_json_output(const struct ww_output *output) {
        const char *type = ww_output_type_name(output->type);
        json_t *o = json_object();

        put_count(&o, "seq", output->seq);
        put_count(&o, "n", output->n);
        put_name(&o, "type", type);
        put(&o, type, json_output_body(output));
        return o;
}
