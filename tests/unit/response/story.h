#pragma once
/*
 * A story: alarms, people's commands and time, on a virtual clock, with a response stage of its own. What it tells is
 * kept as lines "incident 1 v1 opened by rule:smoke", members of incidents apart from all else; restart() puts the
 * state through bytes, which changes nothing.
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
#include "response/response.h"

#define START      (INT64_C(1767261600) * WW_SECOND) /* 2026-01-01T10:00:00Z */

#define OPERATOR   ALARM_ROLE_OPERATOR
#define SUPERVISOR ALARM_ROLE_SUPERVISOR
#define WORKER     0U

static const char story_site[] = "site: test\n"
                                 "zones:\n"
                                 "  - {zone: floor-2, type: floor}\n"
                                 "  - {zone: W3, type: ward, in: floor-2}\n"
                                 "  - {zone: W4, type: ward, in: floor-2}\n"
                                 "  - {zone: W3-room1, in: W3}\n"
                                 "assets:\n"
                                 "  - {asset: gateway, zone: W3}\n"
                                 "  - {asset: tag, zone: W3, parent: gateway}\n"
                                 "schedules:\n"
                                 "  night: {daily: \"22:00-06:00\"}\n";

struct story {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct response_rules *rules;
        struct response *response;
        struct buf told, members, published;
        json_t *bodies; /* "incident 1" → the last body */
        json_t *answer;
        int64_t now;
        const char *actor;
        bool no_way_out;
        const struct ww_alarm *alarms; /* that are not NORM */
        size_t n_alarms;
        unsigned unaccepted; /* shifts that ended so */
};

static int story_change(void *userdata, const struct ww_change *c) {
        struct story *s = userdata;
        char name[64];
        json_t *body = json_loadb(c->body.p, c->body.n, JSON_REJECT_DUPLICATES, NULL);
        char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);

        assert_true(json_is_object(body));
        assert_true(ww_str_is(c->body, text)); /* canonical */
        free(text);
        assert_int_equal(c->time, s->now);
        (void)snprintf(name, sizeof name, "%s %" PRIu64, ww_subject_name(c->subject), c->id);
        buf_printf(c->subject == WW_SUBJECT_MEMBER ? &s->members : &s->told, "%s v%" PRIu64 " %.*s by %.*s%s%s\n", name,
                   c->version, WW_STR_ARG(c->what), WW_STR_ARG(c->actor), c->exercise ? ", exercise" : "",
                   c->ended ? ", ended" : "");
        assert_int_equal(json_object_set_new(s->bodies, name, body), 0);
        return 0;
}

static int story_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        struct story *s = userdata;

        buf_printf(&s->published, "%.*s %.*s\n", WW_STR_ARG(topic), WW_STR_ARG(payload));
        return 0;
}

static int story_alarms(void *userdata, int (*visit)(void *to, const struct ww_alarm *alarm), void *to) {
        const struct story *s = userdata;
        int r = 0;

        for (size_t i = 0; !r && i < s->n_alarms; i++)
                r = visit(to, &s->alarms[i]);
        return r;
}

static int story_unaccept(void *userdata, int64_t now) {
        struct story *s = userdata;

        assert_int_equal(now, s->now);
        s->unaccepted++;
        return 0;
}

static int story_staffing(void *userdata, const struct response_staffing *staffing) {
        struct story *s = userdata;

        buf_printf(&s->told, "event %.*s %s %" PRIu64 "/%" PRIu64 "\n", WW_STR_ARG(staffing->post),
                   staffing->understaffed ? "understaffed" : "manned", staffing->there, staffing->wanted);
        return 0;
}

static inline struct response_sink story_sink(struct story *s) {
        return (struct response_sink){
                s, story_change, s->no_way_out ? NULL : story_publish, story_alarms, story_unaccept, story_staffing
        };
}

/* `yaml` NULL: no file. */
static inline void story_open(struct story *s, const char *yaml) {
        struct diag d = DIAG_INIT;
        struct response_sink sink;

        *s = (struct story){ .now = START, .actor = "ann", .bodies = json_object() };
        assert_int_equal(bundle_add_text(&s->bundle, BUNDLE_SITE, "site.yaml", ww_str(story_site)), 0);
        if (yaml)
                assert_int_equal(bundle_add_text(&s->bundle, BUNDLE_RESPONSE, "response.yaml", ww_str(yaml)), 0);
        assert_int_equal(bundle_seal(&s->bundle), 0);
        assert_int_equal(symtab_new(&s->symbols), 0);
        assert_int_equal(site_compile(&s->site, &s->bundle, s->symbols, &d), 0);
        if (response_rules_compile(&s->rules, &s->bundle, s->site, &d)) {
                struct buf text = BUF_INIT;

                diag_render(&d, &text);
                print_error("%.*s\n", WW_STR_ARG(buf_str(&text)));
                fail();
        }
        diag_deinit(&d);
        sink = story_sink(s);
        assert_int_equal(response_new(&s->response, s->rules, s->site, &sink), 0);
}

/* The state goes through bytes into a fresh stage. */
static inline void restart(struct story *s) {
        struct buf first = BUF_INIT, second = BUF_INIT;
        struct response_sink sink = story_sink(s);
        struct response *next;
        struct rd in;

        assert_int_equal(response_save(s->response, &first), 0);
        assert_int_equal(response_new(&next, s->rules, s->site, &sink), 0);
        in = rd_init(buf_str(&first));
        assert_int_equal(response_load(next, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        assert_int_equal(response_save(next, &second), 0);
        assert_true(ww_str_equal(buf_str(&first), buf_str(&second)));
        assert_int_equal(response_deadline(next), response_deadline(s->response));
        response_free(s->response);
        s->response = next;
        buf_deinit(&first);
        buf_deinit(&second);
}

static inline void story_close(struct story *s) {
        restart(s);
        response_free(s->response);
        response_rules_free(s->rules);
        site_free(s->site);
        symtab_free(s->symbols);
        bundle_deinit(&s->bundle);
        buf_deinit(&s->told);
        buf_deinit(&s->members);
        buf_deinit(&s->published);
        json_decref(s->bodies);
        json_decref(s->answer);
}

/* --- what was told --- */

/* Exactly these lines since the last call. */
static inline void told(struct story *s, const char *lines) {
        buf_put_u8(&s->told, 0);
        assert_string_equal((char *)s->told.p, lines);
        buf_reset(&s->told);
}

/* The same of members. */
static inline void members_told(struct story *s, const char *lines) {
        buf_put_u8(&s->members, 0);
        assert_string_equal((char *)s->members.p, lines);
        buf_reset(&s->members);
}

static inline json_t *body(const struct story *s, const char *name) {
        json_t *o = json_object_get(s->bodies, name);

        assert_non_null(o);
        return o;
}

static inline const char *text(const struct story *s, const char *name, const char *member) {
        const char *t = json_string_value(json_object_get(body(s, name), member));

        assert_non_null(t);
        return t;
}

static inline json_int_t number(const struct story *s, const char *name, const char *member) {
        json_t *o = json_object_get(body(s, name), member);

        assert_true(json_is_integer(o));
        return json_integer_value(o);
}

/* --- alarms --- */

struct of {
        uint64_t id;
        const char *rule, *zone, *asset, *procedure;
        enum ww_hazard hazard;
        enum ww_priority priority;
        bool exercise, covert;
};

static inline void transition(struct story *s, const struct of *o, enum ww_cause cause, struct ww_alarm_regions before,
                              struct ww_alarm_regions after, bool annunciate) {
        char actor[64] = "";
        struct ww_transition t = {
                .cause = cause,
                .old_regions = before,
                .annunciate = annunciate,
                .time = s->now,
                .alarm = { .id = o->id,
                           .rule = ww_str(o->rule ? o->rule : "smoke"),
                           .key = WW_STR("k"),
                           .title = WW_STR("Smoke!"),
                           .zone = ww_str(o->zone),
                           .asset = ww_str(o->asset),
                           .procedure = ww_str(o->procedure),
                           .hazard = o->hazard,
                           .priority = o->priority ? o->priority : WW_PRIORITY_HIGH,
                           .regions = after,
                           .exercise = o->exercise,
                           .covert = o->covert,
                           .raised_at = s->now },
        };

        (void)snprintf(actor, sizeof actor, "%s%s", cause == WW_CAUSE_ACKNOWLEDGE ? "" : "rule:",
                       cause == WW_CAUSE_ACKNOWLEDGE ? s->actor
                       : o->rule                     ? o->rule
                                                     : "smoke");
        t.actor = ww_str(actor);
        assert_int_equal(response_transition(s->response, &t, s->now), 0);
}

#define NORMAL              ((struct ww_alarm_regions){ .acknowledged = true })
#define UNACK               ((struct ww_alarm_regions){ .active = true })
#define ACKED               ((struct ww_alarm_regions){ .active = true, .acknowledged = true })
#define MUTED               ((struct ww_alarm_regions){ .active = true, .suppressed = true })
#define HIDDEN              ((struct ww_alarm_regions){ .active = true, .shelved = WW_SHELVED_TIMED })

#define raise(s, ...)       transition((s), &(struct of){ __VA_ARGS__ }, WW_CAUSE_RAISE, NORMAL, UNACK, true)
#define acknowledge(s, ...) transition((s), &(struct of){ __VA_ARGS__ }, WW_CAUSE_ACKNOWLEDGE, UNACK, ACKED, false)
#define clear(s, ...)       transition((s), &(struct of){ __VA_ARGS__ }, WW_CAUSE_CLEAR, ACKED, NORMAL, false)

/* --- time --- */

static inline void wait_for(struct story *s, int64_t span) {
        int64_t to = s->now + span;

        while (response_deadline(s->response) <= to) {
                if (response_deadline(s->response) > s->now)
                        s->now = response_deadline(s->response);
                assert_int_equal(response_time(s->response, s->now), 0);
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

static inline void put(struct story *s, unsigned roles, const char *request) {
        json_t *o = request_of(request);

        json_decref(s->answer);
        s->answer = NULL;
        assert_int_equal(response_command(s->response, o, ww_str(s->actor), roles, s->now, &s->answer), 0);
        json_decref(o);
}

static inline void does(struct story *s, unsigned roles, const char *request) {
        put(s, roles, request);
        if (!json_is_true(json_object_get(s->answer, "ok"))) {
                print_error("%s: %s\n", request, json_dumps(s->answer, 0));
                fail();
        }
}

/* Nothing changes, not a byte. */
static inline void refused(struct story *s, unsigned roles, const char *request, const char *name) {
        struct buf before = BUF_INIT, after = BUF_INIT;
        struct response_figures f1, f2;
        json_t *error;

        response_figures(s->response, s->now, &f1);
        assert_int_equal(response_save(s->response, &before), 0);
        put(s, roles, request);
        response_figures(s->response, s->now, &f2);
        assert_int_equal(response_save(s->response, &after), 0);
        assert_int_equal(f2.refused, f1.refused + 1);
        assert_int_equal(f2.changes, f1.changes);
        assert_int_equal(before.n, after.n);
        error = json_object_get(s->answer, "error");
        assert_string_equal(json_string_value(json_object_get(error, "name")), name);
        assert_true(json_string_length(json_object_get(error, "text")) > 0);
        assert_true(json_string_length(json_object_get(error, "cure")) > 0);
        buf_deinit(&before);
        buf_deinit(&after);
}

/* The live subjects by their names; members go with their incident. */
static inline int story_live(void *userdata, const struct ww_change *c) {
        if (c->subject == WW_SUBJECT_MEMBER)
                return 0;
        buf_printf(userdata, "%s %" PRIu64 "\n", ww_subject_name(c->subject), c->id);
        return 0;
}

static inline void live(struct story *s, const char *lines) {
        struct buf out = BUF_INIT;

        assert_int_equal(response_each(s->response, 0, story_live, &out), 0);
        buf_put_u8(&out, 0);
        assert_string_equal((char *)out.p, lines);
        buf_deinit(&out);
}
