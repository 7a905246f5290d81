#pragma once
/*
 * A story: acts, events and time on a virtual clock, with a records stage of its own. What it tells is kept as lines
 * "hazard HZ-1 v1 open (open) by ann"; restart() puts the state through bytes, which changes nothing.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "alarm/alarm.h"
#include "base/span.h"
#include "records/records.h"

#define START      (INT64_C(1767261600) * WW_SECOND) /* 2026-01-01T10:00:00Z */

#define OPERATOR   ALARM_ROLE_OPERATOR
#define SUPERVISOR ALARM_ROLE_SUPERVISOR

static const char story_site[] = "site: test\n"
                                 "zones:\n"
                                 "  - {zone: floor-2, type: floor}\n"
                                 "  - {zone: W3, type: ward, in: floor-2}\n"
                                 "  - {zone: W4, type: ward, in: floor-2}\n"
                                 "  - {zone: W3-room1, in: W3}\n"
                                 "lists: {inside: [], escorted: [], staff: [chen, wu]}\n"
                                 "schedules:\n"
                                 "  rounds: {daily: [\"22:00-22:15\", \"02:00-02:15\"]}\n";

struct story {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct record_kinds *kinds;
        struct records *records;
        struct buf told, heard; /* changes; what others hear */
        json_t *bodies;         /* "HZ-1" → the last body */
        json_t *answer;
        int64_t now;
        const char *actor;
        uint64_t seq;
};

static int story_change(void *userdata, const struct ww_change *c) {
        struct story *s = userdata;
        json_t *body = json_loadb(c->body.p, c->body.n, JSON_REJECT_DUPLICATES, NULL);
        char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
        const char *number = json_string_value(json_object_get(body, "number"));

        assert_non_null(number);
        assert_true(ww_str_is(c->body, text)); /* canonical */
        free(text);
        assert_int_equal(c->time, s->now);
        assert_int_equal(c->subject, WW_SUBJECT_RECORD);
        buf_printf(&s->told, "%s v%" PRIu64 " %s: %.*s by %.*s%s%s\n", number, c->version,
                   json_string_value(json_object_get(body, "state")), WW_STR_ARG(c->what), WW_STR_ARG(c->actor),
                   c->exercise ? ", exercise" : "", c->ended ? ", over" : "");
        assert_int_equal(json_object_set_new(s->bodies, number, body), 0);
        return 0;
}

static int story_event(void *userdata, struct ww_event *e) {
        struct story *s = userdata;

        buf_printf(&s->heard, "%.*s %.*s", WW_STR_ARG(e->kind), WW_STR_ARG(e->device));
        for (size_t i = 0; i < e->n_attrs; i++)
                if (ww_str_is(e->attrs[i].name, "urgency") || ww_str_is(e->attrs[i].name, "hazard"))
                        buf_printf(&s->heard, " %.*s", WW_STR_ARG(e->attrs[i].value.string));
        buf_puts(&s->heard, "\n");
        return 0;
}

static int story_member(void *userdata, struct ww_str list, struct ww_str member, bool in) {
        struct story *s = userdata;

        buf_printf(&s->heard, "%.*s %s %.*s\n", WW_STR_ARG(list), in ? "has" : "has not", WW_STR_ARG(member));
        return 0;
}

static int story_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        struct story *s = userdata;

        assert_true(payload.n > 2);
        buf_printf(&s->heard, "sent %.*s\n", WW_STR_ARG(topic));
        return 0;
}

/* "notify police,fire by mail: RE-1 v3 What=Burglary" */
static int story_notify(void *userdata, const json_t *report) {
        struct story *s = userdata;
        const json_t *record = json_object_get(report, "record"), *one;
        const json_int_t over = json_integer_value(json_object_get(report, "over"));
        size_t i;

        if (over) {
                buf_printf(&s->heard, "over %" JSON_INTEGER_FORMAT "\n", over);
                return 0;
        }
        buf_puts(&s->heard, "notify ");
        json_array_foreach(json_object_get(report, "to"), i, one)
                buf_printf(&s->heard, "%s%s", i ? "," : "", json_string_value(one));
        buf_puts(&s->heard, " by ");
        json_array_foreach(json_object_get(report, "by"), i, one)
                buf_printf(&s->heard, "%s%s", i ? "," : "", json_string_value(one));
        buf_printf(&s->heard, ": %s v%" JSON_INTEGER_FORMAT " %s", json_string_value(json_object_get(record, "number")),
                   json_integer_value(json_object_get(record, "version")),
                   json_string_value(json_object_get(report, "priority")));
        json_array_foreach(json_object_get(record, "fields"), i, one) {
                const char *value = json_string_value(json_object_get(one, "value"));

                buf_printf(&s->heard, " %s=%s", json_string_value(json_object_get(one, "title")), value ? value : "-");
        }
        buf_puts(&s->heard, "\n");
        return 0;
}

static bool story_listed(void *userdata, struct ww_str list, struct ww_str member, int64_t now) {
        struct story *s = userdata;

        return site_list_has(s->site, site_list_find(s->site, list), member);
}

static inline struct records_sink story_sink(struct story *s) {
        return (struct records_sink){ s,           story_change, story_event, story_member, story_publish, story_notify,
                                      story_listed };
}

static inline struct record_kinds *story_kinds(struct story *s, const char *yaml) {
        struct record_kinds *kinds = NULL;
        struct bundle bundle = { 0 };
        struct diag d = DIAG_INIT;

        assert_int_equal(bundle_add_text(&bundle, BUNDLE_RECORDS, "records.yaml", ww_str(yaml)), 0);
        assert_int_equal(bundle_seal(&bundle), 0);
        if (record_kinds_compile(&kinds, &bundle, s->site, s->symbols, &d)) {
                struct buf text = BUF_INIT;

                diag_render(&d, &text);
                print_error("%.*s\n", WW_STR_ARG(buf_str(&text)));
                fail();
        }
        diag_deinit(&d);
        bundle_deinit(&bundle);
        return kinds;
}

static inline void story_open(struct story *s, const char *yaml) {
        struct diag d = DIAG_INIT;
        struct records_sink sink = story_sink(s);

        *s = (struct story){ .now = START, .actor = "ann", .bodies = json_object() };
        assert_int_equal(bundle_add_text(&s->bundle, BUNDLE_SITE, "site.yaml", ww_str(story_site)), 0);
        assert_int_equal(bundle_seal(&s->bundle), 0);
        assert_int_equal(symtab_new(&s->symbols), 0);
        assert_int_equal(site_compile(&s->site, &s->bundle, s->symbols, &d), 0);
        diag_deinit(&d);
        s->kinds = story_kinds(s, yaml);
        assert_int_equal(records_new(&s->records, s->kinds, s->site, &sink), 0);
}

/* The state goes through bytes into a fresh stage. */
static inline void restart(struct story *s) {
        struct buf first = BUF_INIT, second = BUF_INIT;
        struct records_sink sink = story_sink(s);
        struct records *next;
        struct rd in;

        assert_int_equal(records_tell(s->records, s->now), 0);
        assert_int_equal(records_save(s->records, &first), 0);
        assert_int_equal(records_new(&next, s->kinds, s->site, &sink), 0);
        in = rd_init(buf_str(&first));
        assert_int_equal(records_load(next, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        assert_int_equal(records_save(next, &second), 0);
        assert_true(ww_str_equal(buf_str(&first), buf_str(&second)));
        assert_int_equal(records_deadline(next), records_deadline(s->records));
        records_free(s->records);
        s->records = next;
        buf_deinit(&first);
        buf_deinit(&second);
}

static inline void story_close(struct story *s) {
        restart(s);
        records_free(s->records);
        record_kinds_free(s->kinds);
        site_free(s->site);
        symtab_free(s->symbols);
        bundle_deinit(&s->bundle);
        buf_deinit(&s->told);
        buf_deinit(&s->heard);
        json_decref(s->bodies);
        json_decref(s->answer);
}

static inline void is_text(struct buf *is, const char *lines) {
        buf_put_u8(is, 0);
        assert_string_equal((char *)is->p, lines);
        buf_reset(is);
}

/* Exactly these lines since the last call. */
static inline void told(struct story *s, const char *lines) {
        assert_int_equal(records_tell(s->records, s->now), 0);
        is_text(&s->told, lines);
}

static inline void heard(struct story *s, const char *lines) {
        assert_int_equal(records_tell(s->records, s->now), 0);
        is_text(&s->heard, lines);
}

static inline json_t *field(const struct story *s, const char *number, const char *name) {
        return json_object_get(json_object_get(json_object_get(s->bodies, number), "fields"), name);
}

static inline const char *text(const struct story *s, const char *number, const char *name) {
        const char *t = json_string_value(field(s, number, name));

        assert_non_null(t);
        return t;
}

/* --- time --- */

static inline void wait_for(struct story *s, int64_t span) {
        int64_t to = s->now + span;

        assert_int_equal(records_tell(s->records, s->now), 0);
        while (records_deadline(s->records) <= to) {
                if (records_deadline(s->records) > s->now)
                        s->now = records_deadline(s->records);
                assert_int_equal(records_time(s->records, s->now), 0);
        }
        s->now = to;
}

/* --- people; requests are JSON with ' for " --- */

static inline json_t *request_of(const char *request) {
        char *copy = strdup(request);
        json_t *o;

        for (char *p = copy; *p; p++)
                *p = *p == '\'' ? '"' : *p;
        o = json_loads(copy, 0, NULL);
        free(copy);
        assert_non_null(o);
        return o;
}

static inline void put(struct story *s, unsigned roles, const char *kind, const char *act, const char *record,
                       const char *fields, const char *reason) {
        const struct records_who who = { ww_str(s->actor), roles, false, s->now };
        json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:s*, s:s*}", "cmd", "record", "kind", kind, "act", act, "fields",
                              request_of(fields), "record", record, "reason", reason);

        json_decref(s->answer);
        s->answer = NULL;
        assert_int_equal(records_command(s->records, o, &who, &s->answer), 0);
        json_decref(o);
}

static inline void does(struct story *s, unsigned roles, const char *kind, const char *act, const char *record,
                        const char *fields, const char *reason) {
        put(s, roles, kind, act, record, fields, reason);
        if (!json_is_true(json_object_get(s->answer, "ok"))) {
                print_error("%s %s: %s\n", kind, act, json_dumps(s->answer, 0));
                fail();
        }
}

/* Nothing changes, not a byte; `word` stands in the refusal. */
static inline void refused(struct story *s, unsigned roles, const char *kind, const char *act, const char *record,
                           const char *fields, const char *reason, const char *name, const char *word) {
        struct records_figures f1, f2;
        json_t *error;

        records_figures(s->records, &f1);
        put(s, roles, kind, act, record, fields, reason);
        records_figures(s->records, &f2);
        error = json_object_get(s->answer, "error");
        assert_non_null(error);
        assert_string_equal(json_string_value(json_object_get(error, "name")), name);
        assert_true(json_string_length(json_object_get(error, "cure")) > 0);
        if (!strstr(json_string_value(json_object_get(error, "text")), word))
                assert_string_equal(json_string_value(json_object_get(error, "text")), word);
        assert_int_equal(f2.refused, f1.refused + 1);
        assert_int_equal(f2.changes, f1.changes);
        assert_int_equal(f2.open, f1.open);
}

/* --- devices --- */

static inline void event(struct story *s, const char *kind, const char *device, const char *zone, const char *badge) {
        struct ww_attr attr = { .name = WW_STR("badge"), .value = ww_string(ww_str(badge)) };
        struct ww_event e = { .seq = ++s->seq,
                              .time = s->now,
                              .received = s->now,
                              .kind = ww_str(kind),
                              .device = ww_str(device),
                              .asset = ww_str(device),
                              .zone = ww_str(zone),
                              .sensor = WW_STR("desk/1"),
                              .attrs = &attr,
                              .n_attrs = badge ? 1 : 0 };

        assert_true(ww_kind_find(ww_kinds_builtin(), e.kind, &e.family, &e.state));
        assert_int_equal(records_event(s->records, &e, s->now), 0);
}
