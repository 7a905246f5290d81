/*
 *   store → engine   {"cmd":"reader","name":"store"}                          at the start of a connection
 *                    {"cmd":"cursor","seq":N,"figures":{…}}                   after each batch, and every second
 *                    {"cmd":"checkpoint","seq":N,"text":"…"}                  the newest: at the start, and each new
 * one
 *                    {"cmd":"notice","id":…,"name":…,"subject":…,"text":…}    until the answer with this id
 *   engine → store   {"head":N}                                               wake-up; several may come as one
 *                    {"last":N}                                               it stops: a checkpoint up to N, soon
 *                    {"id":…,"ok":…}                                          the answer; with "again": not now
 *
 * The engine needs the cursor to know what it may trim: a report that is late, or lost with a connection, is no harm.
 */
#include "store/link.h"

#include "base/clock.h"
#include "base/jsonline.h"
#include "base/log.h"
#include "base/metrics.h"

#include <event2/event.h>
#include <stdio.h>
#include <wardwatch/time.h>

#define QUEUE_MAX    (256 * 1024)
#define REPEAT_AFTER (5 * WW_SECOND) /* a notice without an answer is sent again */
#define PATH_SIZE    108             /* sun_path */

struct link {
        struct event_base *base;
        struct jsonline *line; /* NULL = not connected */
        struct event *tick;
        struct outbox *outbox;
        uint64_t checkpoint; /* the last one that this engine was told */
        struct link_handlers handlers;
        char path[PATH_SIZE];
};

static int link_send(struct link *l, json_t *object) {
        int e = object ? jsonline_send(l->line, object) : -ENOMEM;

        json_decref(object);
        return e;
}

static void link_notice(struct link *l) {
        int64_t now = clock_boot();
        struct outbox_notice n;

        if (outbox_next(l->outbox, now - REPEAT_AFTER, now, &n))
                (void)link_send(l, json_pack("{s:s, s:s, s:s, s:s, s:s}", "cmd", "notice", "id", n.id, "name", n.name,
                                             "subject", n.subject, "text", n.text));
}

/* --- what the engine says --- */

static void link_answer(struct link *l, json_t *object) {
        const char *id = json_string_value(json_object_get(object, "id"));
        json_t *ok = json_object_get(object, "ok");

        if (json_is_true(json_object_get(object, "again")))
                return; /* it is said again after REPEAT_AFTER */
        if (!id || !*id || !outbox_answered(l->outbox, id))
                return;
        if (!json_is_true(ok))
                log_warning("notice-refused", id, "%s",
                            json_string_value(json_object_get(json_object_get(object, "error"), "text")));
        link_notice(l);
}

static void link_line(void *userdata, struct jsonline *line, json_t *object) {
        struct link *l = userdata;
        json_t *head = json_object_get(object, "head"), *last = json_object_get(object, "last");

        (void)line;
        if (json_is_integer(last) && json_integer_value(last) >= 0)
                l->handlers.last(l->handlers.userdata, (uint64_t)json_integer_value(last));
        else if (json_is_integer(head) && json_integer_value(head) >= 0)
                l->handlers.head(l->handlers.userdata, (uint64_t)json_integer_value(head));
        else
                link_answer(l, object);
}

static void link_closed(void *userdata, struct jsonline *line, const char *why) {
        struct link *l = userdata;

        log_notice("engine-lost", NULL, "%s", why ? why : "the engine closed the connection");
        l->line = jsonline_free(line);
}

/* --- what the store says --- */

static void link_connect(struct link *l) {
        const struct jsonline_handlers handlers = { .userdata = l, .line = link_line, .closed = link_closed };
        int fd = jsonline_connect(l->path);

        if (fd < 0)
                return;
        if (jsonline_new(&l->line, l->base, fd, QUEUE_MAX, &handlers) != 0)
                return;
        outbox_rewind(l->outbox);
        l->checkpoint = 0;
        (void)link_send(l, json_pack("{s:s, s:s}", "cmd", "reader", "name", "store"));
        log_notice("engine-connected", NULL, "%s", l->path);
}

static void link_checkpoint(struct link *l) {
        struct link_checkpoint c = { .number = l->checkpoint };

        if (!l->handlers.checkpoint(l->handlers.userdata, &c))
                return;
        if (link_send(l, json_pack("{s:s, s:I, s:s}", "cmd", "checkpoint", "seq", (json_int_t)c.seq, "text", c.text)) ==
            0)
                l->checkpoint = c.number;
        free(c.text);
}

void link_report(struct link *l) {
        json_t *figures = NULL;
        uint64_t seq;

        if (!l->line)
                return;
        /* a cursor that has not been read yet is not 0: nothing is said about it */
        if (l->handlers.position(l->handlers.userdata, &seq, &figures))
                (void)link_send(
                        l, json_pack("{s:s, s:I, s:o?}", "cmd", "cursor", "seq", (json_int_t)seq, "figures", figures));
        link_checkpoint(l);
}

void link_metrics(const struct link *l, struct metrics *m) {
        metrics_put(m, METRICS_STORE_ENGINE, l->line != NULL);
        if (l->line)
                metrics_put_bytes(m, "engine", jsonline_queued(l->line), QUEUE_MAX, jsonline_refused(l->line));
}

static void link_tick(evutil_socket_t fd, short events, void *userdata) {
        struct link *l = userdata;

        (void)fd;
        (void)events;
        if (!l->line)
                link_connect(l);
        link_report(l);
        if (l->line)
                link_notice(l);
}

int link_new(struct link **ret, struct event_base *base, const char *path, struct outbox *outbox,
             const struct link_handlers *handlers) {
        const struct timeval interval = { .tv_sec = 1 };
        _cleanup_(link_freep) struct link *l = calloc(1, sizeof *l);

        if (!l)
                return -ENOMEM;
        if ((size_t)snprintf(l->path, sizeof l->path, "%s", path) >= sizeof l->path)
                return -ENAMETOOLONG;
        l->base = base;
        l->outbox = outbox;
        l->handlers = *handlers;
        l->tick = event_new(base, -1, EV_PERSIST, link_tick, l);
        if (!l->tick || event_add(l->tick, &interval) != 0)
                return -ENOMEM;
        *ret = l;
        l = NULL;
        return 0;
}

struct link *link_free(struct link *l) {
        if (l) {
                if (l->tick)
                        event_free(l->tick);
                l->line = jsonline_free(l->line);
                free(l);
        }
        return NULL;
}
