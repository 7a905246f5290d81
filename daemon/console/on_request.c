/*
 * The second person. An act that names one is not sent until that person has agreed, in a session of his own: a name
 * that somebody types is no consent.
 *
 *     asked ── the other agrees ──► sent to the engine, whose answer both get
 *       └── the other, or who asked, says no; 15 min ──► gone, nothing was done
 *
 * They are kept in state.dir/console/requests: one who has been asked is asked still after this process was started
 * anew. What was agreed to is gone from there before it is sent: it is never done twice. That somebody agreed is
 * recorded, with both sessions.
 */
#include "base/log.h"
#include "console/console_internal.h"
#include "console/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME    "requests"
#define REQUESTS_MAX 64
#define REQUEST_TIME (15 * WW_MINUTE) /* as the engine's approvals */

struct second {
        struct second *next; /* oldest first */
        uint64_t number, session;
        char name[72], other[72], act[CALL_PARAM_SIZE];
        json_t *request; /* as the engine gets it */
        int64_t until;   /* wall clock */
};

static void second_free(struct console *c, struct second *s) {
        struct second **at = &c->seconds;

        while (*at != s)
                at = &(*at)->next;
        *at = s->next;
        json_decref(s->request);
        free(s);
}

/* --- the file --- */

static void write_file(struct console *c) {
        json_t *list = json_array();
        int r;

        for (const struct second *s = c->seconds; s; s = s->next)
                (void)json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:O}", "number",
                                                            (json_int_t)s->number, "session", (json_int_t)s->session,
                                                            "name", s->name, "other", s->other, "act", s->act, "until",
                                                            (json_int_t)s->until, "request", s->request));
        r = kept_write(
                c->dir_fd, FILE_NAME,
                json_pack("{s:i, s:I, s:o}", "version", 1, "last", (json_int_t)c->last_second, "requests", list));
        if (r)
                log_warning("console-requests", NULL, "cannot be kept: %s; a restart loses who was asked",
                            strerror(-r));
}

static void copy_text(const json_t *o, const char *name, char *out, size_t size) {
        const char *text = json_string_value(json_object_get(o, name));

        (void)snprintf(out, size, "%s", text ? text : "");
}

static struct second *read_one(const json_t *o) {
        struct second *s = calloc(1, sizeof *s);

        if (!s)
                return NULL;
        s->number = (uint64_t)json_integer_value(json_object_get(o, "number"));
        s->session = (uint64_t)json_integer_value(json_object_get(o, "session"));
        s->until = json_integer_value(json_object_get(o, "until"));
        copy_text(o, "name", s->name, sizeof s->name);
        copy_text(o, "other", s->other, sizeof s->other);
        copy_text(o, "act", s->act, sizeof s->act);
        s->request = json_incref(json_object_get(o, "request"));
        if (s->number && *s->name && *s->other && *s->act && json_is_object(s->request) && clock_wall() <= s->until)
                return s;
        json_decref(s->request);
        free(s);
        return NULL;
}

void seconds_read(struct console *c) {
        json_t *root = kept_read(c->dir_fd, FILE_NAME), *one;
        struct second **at = &c->seconds;
        size_t i;

        c->last_second = (uint64_t)json_integer_value(json_object_get(root, "last"));
        json_array_foreach(json_object_get(root, "requests"), i, one) {
                *at = i < REQUESTS_MAX ? read_one(one) : NULL;
                if (*at)
                        at = &(*at)->next;
        }
        json_decref(root);
}

/* --- life --- */

/* It is answered, or too old. */
static void second_over(struct console *c, struct second *s) {
        second_free(c, s);
        write_file(c);
}

void seconds_turn(struct console *c) {
        for (struct second *s = c->seconds, *next; s; s = next) {
                next = s->next;
                if (clock_wall() > s->until)
                        second_over(c, s);
        }
}

void seconds_free(struct console *c) {
        while (c->seconds)
                second_free(c, c->seconds);
}

static json_t *describe(const struct second *s, const struct who *who) {
        char until[32];

        instant_format(s->until, until);
        return json_pack("{s:I, s:s, s:O?, s:O?, s:s, s:s, s:s, s:b}", "request", (json_int_t)s->number, "act", s->act,
                         "alarm", json_object_get(s->request, "alarm"), "reason", json_object_get(s->request, "reason"),
                         "asked_by", s->name, "second_person", s->other, "expires_at", until, "mine",
                         strcmp(s->name, who->name) == 0);
}

/* --- asking --- */

static struct second *second_new(struct call *call, json_t *request, const char *other) {
        struct console *c = call->console;
        struct second *s = calloc(1, sizeof *s), **at = &c->seconds;
        size_t n = 0;

        for (; *at; at = &(*at)->next)
                n++;
        if (!s || n >= REQUESTS_MAX) {
                free(s);
                return NULL;
        }
        s->number = ++c->last_second;
        s->session = call->who.number;
        s->request = json_incref(request);
        s->until = clock_wall() + REQUEST_TIME;
        (void)snprintf(s->name, sizeof s->name, "%s", call->who.name);
        (void)snprintf(s->other, sizeof s->other, "%s", other);
        (void)snprintf(s->act, sizeof s->act, "%s", call->param);
        *at = s;
        write_file(c);
        return s;
}

/* The same act again is the same request. */
static struct second *asked_already(const struct console *c, const json_t *request) {
        struct second *s = c->seconds;

        while (s && !json_equal(json_object_get(s->request, "id"), json_object_get(request, "id")))
                s = s->next;
        return s;
}

bool second_ask(struct call *call, json_t *request) {
        const char *other = json_string_value(json_object_get(request, "second_person"));
        struct second *s;

        if (!other || !*other)
                return false;
        if (call->who.key || strcmp(other, call->who.name) == 0) {
                api_refuse(call, call->who.key ? 403 : 409, call->who.key ? "people" : "same-person",
                           "the second person must be another one, and ask as a person", "name a colleague");
        } else if (!(console_roles(call->console, other) & ~(unsigned)ROLE_UNTOLD)) {
                api_refuse(call, 409, "unknown-operator", "the second person is no operator with a role",
                           "GET /api/v1/operators lists them");
        } else if (!(s = asked_already(call->console, request)) && !(s = second_new(call, request, other))) {
                api_refuse(call, 429, "busy", "too many wait for a second person", "have some answered");
        } else {
                api_answer(call, 409,
                           json_pack("{s:b, s:O, s:{s:s, s:s, s:s}, s:o}", "ok", 0, "id",
                                     json_object_get(call->body, "id"), "error", "name", "second-person-asked", "text",
                                     "the second person has been asked, and must agree in a session of their own",
                                     "cure", "it is done when they agree; within 15 minutes", "request",
                                     describe(s, &call->who)));
        }
        json_decref(request);
        return true;
}

/* --- answering --- */

static struct second *find(struct call *call) {
        struct second *s = call->console->seconds;
        json_int_t number;

        if (!api_number(call, &number))
                return NULL;
        while (s && (s->number != (uint64_t)number ||
                     (strcmp(s->name, call->who.name) != 0 && strcmp(s->other, call->who.name) != 0)))
                s = s->next;
        if (!s)
                api_refuse(call, 404, "unknown", "there is no such request to you or of yours",
                           "GET /api/v1/requests lists them; after 15 minutes they are gone");
        return s;
}

void on_requests(struct call *call) {
        json_t *list = json_array();

        for (const struct second *s = call->console->seconds; s; s = s->next)
                if (strcmp(s->name, call->who.name) == 0 || strcmp(s->other, call->who.name) == 0)
                        (void)json_array_append_new(list, describe(s, &call->who));
        api_answer(call, 200, json_pack("{s:o}", "requests", list));
}

void on_agree(struct call *call) {
        struct second *s = find(call);
        json_t *request;

        if (!s)
                return;
        if (strcmp(s->other, call->who.name) != 0 || s->session == call->who.number) {
                api_refuse(call, 409, "same-person", "the second person must be another one, in another session",
                           "let the person who was named answer");
                return;
        }
        console_record(call->console, "second-person", s->name, "%s agrees to %s of alarm %lld; sessions %llu and %llu",
                       s->other, s->act, (long long)json_integer_value(json_object_get(s->request, "alarm")),
                       (unsigned long long)s->session, (unsigned long long)call->who.number);
        request = json_incref(s->request);
        second_over(call->console, s);
        act_send(call, request);
}

void on_refuse(struct call *call) {
        struct second *s = find(call);

        if (!s)
                return;
        console_record(call->console, "second-person", s->name, "%s says no to %s of alarm %lld", call->who.name,
                       s->act, (long long)json_integer_value(json_object_get(s->request, "alarm")));
        second_over(call->console, s);
        api_done(call);
}
