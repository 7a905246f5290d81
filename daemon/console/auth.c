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
        struct waiting *next;
        uint64_t id;
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
};

static void waiting_end(struct auth_link *l, struct waiting **at, const json_t *answer) {
        struct waiting *w = *at;

        *at = w->next;
        l->n--;
        w->answer(w->userdata, answer);
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

static void on_closed(void *userdata, struct jsonline *line, const char *why) {
        struct auth_link *l = userdata;

        l->line = jsonline_free(line);
        while (l->waiting)
                waiting_end(l, &l->waiting, NULL);
}

static void on_tick(evutil_socket_t fd, short what, void *userdata) {
        struct auth_link *l = userdata;

        for (struct waiting **at = &l->waiting; *at;) {
                if (clock_boot() > (*at)->until)
                        waiting_end(l, at, NULL);
                else
                        at = &(*at)->next;
        }
}

static bool connected(struct auth_link *l) {
        const struct jsonline_handlers handlers = { l, on_line, on_closed, NULL };
        int fd = l->line ? -1 : jsonline_connect(l->path);

        if (fd >= 0 && jsonline_new(&l->line, l->base, fd, QUEUE_MAX, &handlers) != 0)
                l->line = NULL;
        return l->line;
}

void auth_link_ask(struct auth_link *l, json_t *request, auth_answer answer, void *userdata) {
        struct waiting *w = request && connected(l) && l->n < AUTH_WAITING_MAX ? calloc(1, sizeof *w) : NULL;

        if (w) {
                *w = (struct waiting){ l->waiting, ++l->next_id, answer, userdata, clock_boot() + AUTH_ANSWER_TIME };
                (void)json_object_set_new(request, "id", json_sprintf("%llu", (unsigned long long)w->id));
        }
        if (!w || jsonline_send(l->line, request) != 0) {
                free(w);
                answer(userdata, NULL);
        } else {
                l->waiting = w;
                l->n++;
        }
        json_decref(request);
}

int auth_link_new(struct auth_link **ret, struct event_base *base, const char *path) {
        static const struct timeval second = { .tv_sec = 1 };
        struct auth_link *l = calloc(1, sizeof *l);

        if (!l)
                return -ENOMEM;
        l->base = base;
        (void)snprintf(l->path, sizeof l->path, "%s", path);
        l->tick = event_new(base, -1, EV_PERSIST, on_tick, l);
        if (!l->tick || event_add(l->tick, &second) < 0) {
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
        while (l->waiting)
                waiting_end(l, &l->waiting, NULL);
        if (l->tick)
                event_free(l->tick);
        free(l);
        return NULL;
}
