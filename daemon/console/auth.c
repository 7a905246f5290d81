/*
 * A question waits for its answer here, and is asked again of a process that was started anew in between: a log-in
 * comes late rather than not at all. Only a change is not: it may have been done, and its answer lost.
 */
#include "console/auth.h"

#include "base/clock.h"
#include "base/jsonline.h"
#include <wardwatch/time.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX ((size_t)256 * 1024)

struct waiting {
        struct waiting *next; /* oldest first */
        uint64_t id;
        json_t *request; /* NULL: it must not be asked twice */
        auth_answer answer;
        void *userdata;
        int64_t until; /* boot clock */
};

struct auth_link {
        struct event_base *base;
        char path[256];
        struct jsonline *line;
        struct event *tick;
        struct waiting *waiting;
        size_t n;
        uint64_t next_id;
        int64_t away; /* boot clock, since when it cannot be reached; 0 = it can */
};

static void waiting_end(struct auth_link *l, struct waiting **at, const json_t *answer) {
        struct waiting *w = *at;

        *at = w->next;
        l->n--;
        w->answer(w->userdata, answer);
        json_decref(w->request);
        free(w);
}

static void on_line(void *userdata, struct jsonline *line, json_t *object) {
        struct auth_link *l = userdata;
        const char *text = json_string_value(json_object_get(object, "id"));
        uint64_t id = text ? strtoull(text, NULL, 10) : 0;

        for (struct waiting **at = &l->waiting; *at; at = &(*at)->next) {
                if ((*at)->id == id) {
                        waiting_end(l, at, object);
                        return;
                }
        }
}

/* Those that are told of it may ask something new: it goes to the end, and is not among them. */
static void drop(struct auth_link *l, bool (*due)(const struct auth_link *l, const struct waiting *w)) {
        const uint64_t last = l->next_id;

        for (struct waiting **at = &l->waiting; *at && (*at)->id <= last;) {
                if (due(l, *at))
                        waiting_end(l, at, NULL);
                else
                        at = &(*at)->next;
        }
}

static bool only_once(const struct auth_link *l, const struct waiting *w) {
        return !w->request;
}

static bool too_long(const struct auth_link *l, const struct waiting *w) {
        return clock_boot() > w->until || (l->away && clock_boot() - l->away > AUTH_AWAY_TIME);
}

static bool all(const struct auth_link *l, const struct waiting *w) {
        return true;
}

static void on_closed(void *userdata, struct jsonline *line, const char *why) {
        struct auth_link *l = userdata;

        l->line = jsonline_free(line);
        drop(l, only_once);
}

/* Connects if it must, and then asks all that wait. */
static bool connected(struct auth_link *l) {
        const struct jsonline_handlers handlers = { l, on_line, on_closed, NULL };
        int fd = l->line ? -1 : jsonline_connect(l->path);

        if (l->line)
                return true;
        if (fd >= 0 && jsonline_new(&l->line, l->base, fd, QUEUE_MAX, &handlers) != 0)
                l->line = NULL;
        if (!l->line && !l->away)
                l->away = clock_boot();
        if (!l->line)
                return false;
        l->away = 0;
        for (const struct waiting *w = l->waiting; w; w = w->next)
                if (w->request)
                        (void)jsonline_send(l->line, w->request);
        return true;
}

static void on_tick(evutil_socket_t fd, short what, void *userdata) {
        struct auth_link *l = userdata;

        if (l->waiting)
                (void)connected(l);
        drop(l, too_long);
}

static bool again(const json_t *request) {
        static const char *const changes_nothing[] = { "check", "check-key", "who" };
        const char *cmd = json_string_value(json_object_get(request, "cmd"));

        for (size_t i = 0; cmd && i < sizeof changes_nothing / sizeof *changes_nothing; i++)
                if (strcmp(cmd, changes_nothing[i]) == 0)
                        return true;
        return false;
}

static bool put(struct auth_link *l, json_t *request, auth_answer answer, void *userdata) {
        bool there = *l->path && connected(l), keeps = again(request);
        struct waiting *w = l->n < AUTH_WAITING_MAX && *l->path && (there || keeps) ? calloc(1, sizeof *w) : NULL;
        struct waiting **at = &l->waiting;

        if (!w)
                return false;
        *w = (struct waiting){ NULL, ++l->next_id, NULL, answer, userdata, clock_boot() + AUTH_ANSWER_TIME };
        (void)json_object_set_new(request, "id", json_sprintf("%llu", (unsigned long long)w->id));
        if (there && jsonline_send(l->line, request) != 0) {
                free(w);
                return false;
        }
        w->request = keeps ? json_incref(request) : NULL;
        while (*at)
                at = &(*at)->next;
        *at = w;
        l->n++;
        return true;
}

void auth_link_ask(struct auth_link *l, json_t *request, auth_answer answer, void *userdata) {
        if (!request || !put(l, request, answer, userdata))
                answer(userdata, NULL);
        json_decref(request);
}

int auth_link_new(struct auth_link **ret, struct event_base *base, const char *path) {
        static const struct timeval interval = { .tv_usec = 500000 };
        struct auth_link *l = calloc(1, sizeof *l);

        if (!l)
                return -ENOMEM;
        l->base = base;
        (void)snprintf(l->path, sizeof l->path, "%s", path);
        l->tick = event_new(base, -1, EV_PERSIST, on_tick, l);
        if (!l->tick || event_add(l->tick, &interval) < 0) {
                auth_link_free(l);
                return -ENOMEM;
        }
        *ret = l;
        return 0;
}

struct auth_link *auth_link_free(struct auth_link *l) {
        if (!l)
                return NULL;
        jsonline_free(l->line);
        l->line = NULL;
        drop(l, all);
        if (l->tick)
                event_free(l->tick);
        free(l);
        return NULL;
}
