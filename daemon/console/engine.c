/*
 *     asking      connect ──► up: status every 2 s (is it alive?), questions, notices in their order
 *     following   connect ──► {"follow"} with `from` if there is a newest line ──► lines
 *     past        once, after the first live_end of a fresh process: the lines of before, for browsers that come back
 *
 * A question has an id, and an answer that is taken once; when the connection ends, all that wait are told that none
 * came. The engine remembers what it did by the id: to ask again with it is harmless. A notice is said again until the
 * engine has it, one at a time, so that their order stays.
 */
#include "console/engine.h"

#include "base/clock.h"
#include "base/jsonline.h"
#include "base/log.h"
#include <wardwatch/time.h>

#include <event2/event.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define QUEUE_MAX    ((size_t)1024 * 1024)
#define STATUS_EVERY (2 * WW_SECOND)
#define PAST_INPUTS  1000 /* as many as surely fit the engine's queue for us */
#define PAST_LINES   4000

struct waiting {
        char id[129];
        engine_answer answer;
        void *userdata;
        int64_t until; /* boot clock */
        UT_hash_handle hh;
};

struct notice {
        struct notice *next;
        json_t *request;
};

struct engine_link {
        struct event_base *base;
        struct engine_handlers handlers;
        char path[256], prefix[24];
        struct event *tick;
        struct jsonline *ask, *follow, *past;
        struct waiting *waiting;
        struct notice *notices, **notices_end;
        size_t n_notices;
        json_t *past_lines, *end; /* end: of the live state, told when the past is known, too */
        int64_t past_since;       /* boot clock */
        json_t *status;
        uint64_t next_id, refused, notices_lost;
        int64_t heard, asked_status; /* boot clock; 0 = never */
        int64_t notice_sent;
        bool up, fresh;
};

/* --- answers --- */

static void waiting_end(struct engine_link *l, struct waiting *w, const json_t *answer) {
        HASH_DEL(l->waiting, w);
        w->answer(w->userdata, answer);
        free(w);
}

static void waiting_drop(struct engine_link *l) {
        while (l->waiting)
                waiting_end(l, l->waiting, NULL);
}

static void set_up(struct engine_link *l) {
        bool up = l->ask && l->follow && l->heard && clock_boot() - l->heard < ENGINE_SILENCE_TIME;

        if (up == l->up)
                return;
        l->up = up;
        log_notice(up ? "engine-back" : "engine-away", l->path, up ? "followed" : "no word from it");
        l->handlers.changed(l->handlers.userdata);
}

/* --- notices --- */

static void notice_send(struct engine_link *l) {
        int64_t now = clock_boot();

        if (!l->ask || !l->notices || (l->notice_sent && now - l->notice_sent < ENGINE_ANSWER_TIME))
                return;
        if (jsonline_send(l->ask, l->notices->request) == 0)
                l->notice_sent = now;
}

static void notice_drop(struct engine_link *l) {
        struct notice *n = l->notices;

        l->notices = n->next;
        if (!l->notices)
                l->notices_end = &l->notices;
        l->n_notices--;
        l->notice_sent = 0;
        json_decref(n->request);
        free(n);
}

static bool notice_answered(struct engine_link *l, const char *id, const json_t *answer) {
        const char *wanted = l->notices ? json_string_value(json_object_get(l->notices->request, "id")) : NULL;

        if (!wanted || strcmp(wanted, id) != 0)
                return false;
        if (json_is_true(json_object_get(answer, "again")))
                return true; /* it is said again after ENGINE_ANSWER_TIME */
        if (!json_is_true(json_object_get(answer, "ok")))
                log_warning("notice-refused", id, "the engine does not take it");
        notice_drop(l);
        notice_send(l);
        return true;
}

static json_t *new_id(struct engine_link *l) {
        return json_sprintf("%s-%" PRIu64, l->prefix, ++l->next_id);
}

void engine_link_notice(struct engine_link *l, const char *name, const char *subject, const char *text) {
        struct notice *n = l->n_notices < ENGINE_NOTICES_MAX ? calloc(1, sizeof *n) : NULL;

        if (!n) {
                l->notices_lost++;
                log_warning("notice-lost", subject, "%s: %s", name, text);
                return;
        }
        n->request = json_pack("{s:s, s:o, s:s, s:s, s:s}", "cmd", "notice", "id", new_id(l), "name", name, "subject",
                               subject, "text", text);
        *l->notices_end = n;
        l->notices_end = &n->next;
        l->n_notices++;
        notice_send(l);
}

/* --- asking --- */

void engine_link_ask(struct engine_link *l, json_t *request, engine_answer answer, void *userdata) {
        struct waiting *w = l->ask && HASH_COUNT(l->waiting) < ENGINE_WAITING_MAX ? calloc(1, sizeof *w) : NULL;
        const char *id;

        if (!w || !request) {
                free(w);
                json_decref(request);
                l->refused++;
                answer(userdata, NULL);
                return;
        }
        if (!json_object_get(request, "id"))
                (void)json_object_set_new(request, "id", new_id(l));
        id = json_string_value(json_object_get(request, "id"));
        (void)snprintf(w->id, sizeof w->id, "%s", id ? id : "");
        *w = (struct waiting){ .answer = answer, .userdata = userdata, .until = clock_boot() + ENGINE_ANSWER_TIME };
        (void)snprintf(w->id, sizeof w->id, "%s", id ? id : "");
        HASH_ADD_STR(l->waiting, id, w);
        if (jsonline_send(l->ask, request) != 0) {
                l->refused++;
                waiting_end(l, w, NULL);
        }
        json_decref(request);
}

bool engine_link_busy(const struct engine_link *l, const char *id) {
        struct waiting *w;

        HASH_FIND_STR(l->waiting, id, w);
        return w;
}

static void on_status(void *userdata, const json_t *answer) {
        struct engine_link *l = userdata;
        json_t *status = json_object_get(answer, "status");

        if (!status)
                return;
        json_decref(l->status);
        l->status = json_incref(status);
}

static void ask_status(struct engine_link *l) {
        int64_t now = clock_boot();

        if (!l->ask || now - l->asked_status < STATUS_EVERY)
                return;
        l->asked_status = now;
        engine_link_ask(l, json_pack("{s:s}", "cmd", "status"), on_status, l);
}

static void on_ask_line(void *userdata, struct jsonline *line, json_t *object) {
        struct engine_link *l = userdata;
        const char *id = json_string_value(json_object_get(object, "id"));
        struct waiting *w = NULL;

        l->heard = clock_boot();
        set_up(l);
        if (!id || notice_answered(l, id, object))
                return;
        HASH_FIND_STR(l->waiting, id, w);
        if (w)
                waiting_end(l, w, object);
}

static void on_ask_closed(void *userdata, struct jsonline *line, const char *why) {
        struct engine_link *l = userdata;

        l->ask = jsonline_free(line);
        l->notice_sent = 0;
        set_up(l);
        waiting_drop(l);
}

/* --- the past --- */

static void past_end(struct engine_link *l, bool whole) {
        l->handlers.line(l->handlers.userdata, l->end);
        if (whole)
                l->handlers.past(l->handlers.userdata, l->past_lines);
        json_decref(l->end);
        l->end = NULL;
        json_decref(l->past_lines);
        l->past_lines = NULL;
        l->past = jsonline_free(l->past);
}

static void on_past_line(void *userdata, struct jsonline *line, json_t *object) {
        struct engine_link *l = userdata;

        if (json_object_get(object, "at") && json_array_size(l->past_lines) < PAST_LINES)
                (void)json_array_append(l->past_lines, object);
        else
                past_end(l, json_object_get(object, "status") != NULL); /* or a reset: too much, or too long ago */
}

static void on_past_closed(void *userdata, struct jsonline *line, const char *why) {
        past_end(userdata, false);
}

static int open_line(struct engine_link *l, struct jsonline **ret, const struct jsonline_handlers *handlers) {
        int fd = jsonline_connect(l->path);

        if (fd < 0)
                return fd;
        if (jsonline_new(ret, l->base, fd, QUEUE_MAX, handlers) == 0)
                return 0;
        *ret = NULL;
        return -ENOMEM;
}

static void send_now(struct jsonline *line, json_t *request) {
        if (request)
                (void)jsonline_send(line, request);
        json_decref(request);
}

/* `end`: of the live state. False: it cannot be asked for. The answer to `status` comes behind the lines that were
 * asked for before it. */
static bool past_begin(struct engine_link *l, const char *at, json_t *end) {
        const struct jsonline_handlers handlers = { l, on_past_line, on_past_closed, NULL };
        uint64_t seq = strtoull(at, NULL, 10);

        if (l->past || seq < 2 || open_line(l, &l->past, &handlers))
                return false;
        l->past_since = clock_boot();
        l->end = json_incref(end);
        l->past_lines = json_array();
        send_now(l->past, json_pack("{s:s, s:o}", "cmd", "follow", "from",
                                    json_sprintf("%" PRIu64 ".0", seq > PAST_INPUTS ? seq - PAST_INPUTS : 1)));
        send_now(l->past, json_pack("{s:s, s:s}", "cmd", "status", "id", "past"));
        return true;
}

/* --- following --- */

static void on_follow_line(void *userdata, struct jsonline *line, json_t *object) {
        struct engine_link *l = userdata;
        const char *end = json_string_value(json_object_get(object, "live_end"));

        l->heard = clock_boot();
        if (json_object_get(object, "reset"))
                l->handlers.reset(l->handlers.userdata);
        else if (!end || !l->fresh || !past_begin(l, end, object))
                l->handlers.line(l->handlers.userdata, object);
        l->fresh &= !end;
        set_up(l);
}

static void on_follow_closed(void *userdata, struct jsonline *line, const char *why) {
        struct engine_link *l = userdata;

        l->follow = jsonline_free(line);
        set_up(l);
}

static void follow_begin(struct engine_link *l) {
        const struct jsonline_handlers handlers = { l, on_follow_line, on_follow_closed, NULL };
        const char *at = l->handlers.at(l->handlers.userdata);

        if (open_line(l, &l->follow, &handlers))
                return;
        if (*at) {
                send_now(l->follow, json_pack("{s:s, s:s}", "cmd", "follow", "from", at));
                return;
        }
        l->handlers.reset(l->handlers.userdata);
        send_now(l->follow, json_pack("{s:s}", "cmd", "follow"));
}

/* --- life --- */

static void expire(struct engine_link *l) {
        int64_t now = clock_boot();
        struct waiting *w, *next;

        HASH_ITER(hh, l->waiting, w, next) {
                if (now > w->until)
                        waiting_end(l, w, NULL);
        }
}

static void on_tick(evutil_socket_t fd, short what, void *userdata) {
        const struct jsonline_handlers asking = { userdata, on_ask_line, on_ask_closed, NULL };
        struct engine_link *l = userdata;

        if (!l->ask)
                (void)open_line(l, &l->ask, &asking);
        if (!l->follow)
                follow_begin(l);
        if (l->past && clock_boot() - l->past_since > ENGINE_SILENCE_TIME)
                past_end(l, false);
        ask_status(l);
        notice_send(l);
        expire(l);
        set_up(l);
}

int engine_link_new(struct engine_link **ret, struct event_base *base, const char *path,
                    const struct engine_handlers *handlers) {
        static const struct timeval interval = { .tv_usec = 500000 };
        struct engine_link *l = calloc(1, sizeof *l);
        uint8_t random[8];

        if (!l)
                return -ENOMEM;
        l->base = base;
        l->handlers = *handlers;
        l->fresh = true;
        l->notices_end = &l->notices;
        (void)snprintf(l->path, sizeof l->path, "%s", path);
        randombytes_buf(random, sizeof random);
        (void)snprintf(l->prefix, sizeof l->prefix, "c-");
        sodium_bin2hex(l->prefix + 2, sizeof l->prefix - 2, random, sizeof random);
        l->tick = event_new(base, -1, EV_PERSIST, on_tick, l);
        if (!l->tick || event_add(l->tick, &interval) < 0) {
                engine_link_free(l);
                return -ENOMEM;
        }
        on_tick(-1, 0, l);
        *ret = l;
        return 0;
}

struct engine_link *engine_link_free(struct engine_link *l) {
        if (!l)
                return NULL;
        jsonline_free(l->ask);
        jsonline_free(l->follow);
        jsonline_free(l->past);
        l->ask = l->follow = l->past = NULL;
        waiting_drop(l);
        while (l->notices)
                notice_drop(l);
        json_decref(l->past_lines);
        json_decref(l->end);
        json_decref(l->status);
        if (l->tick)
                event_free(l->tick);
        free(l);
        return NULL;
}

bool engine_link_up(const struct engine_link *l) {
        return l->up;
}

int64_t engine_link_age(const struct engine_link *l) {
        return l->heard ? clock_boot() - l->heard : -1;
}

const json_t *engine_link_status(const struct engine_link *l) {
        return l->status;
}

void engine_link_figures(const struct engine_link *l, struct engine_figures *ret) {
        *ret = (struct engine_figures){ HASH_COUNT(l->waiting), l->n_notices, l->refused, l->notices_lost };
}
