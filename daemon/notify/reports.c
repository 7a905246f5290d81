/*
 *   notify → engine   {"cmd":"reader","name":"notify"}                            at the start of a connection
 *                     {"cmd":"cursor","seq":N,"figures":{…}}                      every second, and as it is read
 *                     {"cmd":"notification-result","id":"KEY#ATTEMPT","key":…,"attempt":N,"ok":…,"final":…,
 *                      "answer":…,"channel":…}                                    until the answer with this id
 *   engine → notify   {"head":N}                                                  wake-up
 *                     {"id":…,"ok":…}                                             the answer
 *
 * Reports are sent in the order in which they came, WINDOW at once: the engine takes an attempt with a lower number
 * than the last one for a repeat.
 */
#include "notify/reports.h"

#include "base/clock.h"
#include "base/jsonline.h"
#include "base/log.h"
#include "base/metrics.h"
#include "notify/courier.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <wardwatch/time.h>

#define QUEUE_MAX    (256 * 1024)
#define REPEAT_AFTER (5 * WW_SECOND) /* a report without an answer is sent again */
#define WINDOW       32              /* on their way at once; the engine takes 64 of a client */
#define PATH_SIZE    108             /* sun_path */
#define CURSOR_EVERY (100 * WW_MSEC)

struct report {
        struct report *next;
        int64_t sent_at; /* boot clock; 0 = not on this connection */
        json_t *request;
};

struct reports {
        struct event_base *base;
        struct jsonline *line; /* NULL = not connected */
        struct event *tick;
        struct reports_handlers handlers;
        struct report *first, **last;
        size_t n;
        uint64_t told, refused;
        int64_t cursor_at;
        char path[PATH_SIZE];
};

static int reports_send(struct reports *r, json_t *object) {
        int e = object ? jsonline_send(r->line, object) : -ENOMEM;

        json_decref(object);
        return e;
}

static void reports_flow(struct reports *r) {
        int64_t now = clock_boot();
        size_t window = WINDOW;

        for (struct report *one = r->first; one && window && r->line; one = one->next, window--) {
                if (one->sent_at && now - one->sent_at < REPEAT_AFTER)
                        continue;
                if (jsonline_send(r->line, one->request) != 0)
                        return;
                one->sent_at = now;
        }
}

/* --- what the engine says --- */

static const char *report_id(const struct report *one) {
        return json_string_value(json_object_get(one->request, "id"));
}

static void report_free(struct report *one) {
        json_decref(one->request);
        free(one);
}

static void reports_drop(struct reports *r, struct report **at) {
        struct report *one = *at;

        *at = one->next;
        if (!*at)
                r->last = at;
        r->n--;
        report_free(one);
}

static void report_refused(struct reports *r, struct report *one, const json_t *error) {
        const char *name = json_string_value(json_object_get(error, "name"));
        const char *text = json_string_value(json_object_get(error, "text"));

        r->refused++;
        log_warning("report-refused", report_id(one), "%s", text ? text : "");
        if (name && (strcmp(name, "unknown") == 0 || strcmp(name, "state") == 0))
                r->handlers.forgotten(r->handlers.userdata, json_string_value(json_object_get(one->request, "key")));
}

static void reports_answer(struct reports *r, json_t *object) {
        const char *id = json_string_value(json_object_get(object, "id"));
        const json_t *error = json_object_get(object, "error");
        struct report **at = &r->first;

        while (id && *at && strcmp(report_id(*at), id) != 0)
                at = &(*at)->next;
        if (!id || !*at)
                return;
        if (!json_is_true(json_object_get(object, "ok"))) {
                if (json_is_true(json_object_get(object, "again")))
                        return; /* it is sent again after a while */
                report_refused(r, *at, error);
        } else {
                r->told++;
        }
        reports_drop(r, at);
        reports_flow(r);
}

static void on_line(void *userdata, struct jsonline *line, json_t *object) {
        struct reports *r = userdata;
        json_t *head = json_object_get(object, "head");

        (void)line;
        if (json_is_integer(head) && json_integer_value(head) >= 0)
                r->handlers.head(r->handlers.userdata, (uint64_t)json_integer_value(head));
        else
                reports_answer(r, object);
}

static void on_closed(void *userdata, struct jsonline *line, const char *why) {
        struct reports *r = userdata;

        (void)line;
        log_notice("engine-lost", NULL, "%s", why ? why : "the engine closed the connection");
        r->line = jsonline_free(r->line);
}

/* --- what the notifier says --- */

static void reports_connect(struct reports *r) {
        const struct jsonline_handlers handlers = { .userdata = r, .line = on_line, .closed = on_closed };
        int fd = jsonline_connect(r->path);

        if (fd < 0 || jsonline_new(&r->line, r->base, fd, QUEUE_MAX, &handlers) != 0)
                return;
        for (struct report *one = r->first; one; one = one->next)
                one->sent_at = 0;
        (void)reports_send(r, json_pack("{s:s, s:s}", "cmd", "reader", "name", "notify"));
        log_notice("engine-connected", NULL, "%s", r->path);
}

static void reports_position(struct reports *r) {
        json_t *figures = NULL;
        uint64_t seq;

        if (!r->line || !r->handlers.position(r->handlers.userdata, &seq, &figures))
                return;
        r->cursor_at = clock_boot();
        (void)reports_send(r,
                           json_pack("{s:s, s:I, s:o?}", "cmd", "cursor", "seq", (json_int_t)seq, "figures", figures));
}

void reports_cursor(struct reports *r) {
        if (clock_boot() - r->cursor_at >= CURSOR_EVERY)
                reports_position(r);
}

void reports_put(struct reports *r, const struct courier_report *report) {
        struct report *one = calloc(1, sizeof *one);

        if (one)
                one->request = json_pack("{s:s, s:o, s:s, s:I, s:b, s:b, s:s, s:s}", "cmd", "notification-result", "id",
                                         json_sprintf("%s#%u", report->key, report->attempt), "key", report->key,
                                         "attempt", (json_int_t)report->attempt, "ok", report->ok, "final",
                                         report->final, "answer", report->answer, "channel", report->channel);
        if (!one || !one->request) {
                log_error("report-lost", report->key, "no memory: it is delivered again after a restart");
                free(one);
                return;
        }
        *r->last = one;
        r->last = &one->next;
        r->n++;
        reports_flow(r);
}

bool reports_room(const struct reports *r) {
        return r->n < REPORTS_MAX;
}

void reports_metrics(const struct reports *r, struct metrics *m) {
        metrics_put(m, METRICS_NOTIFY_ENGINE, r->line != NULL);
        metrics_put(m, METRICS_NOTIFY_REPORTED, (double)r->told);
        metrics_put_queue(m, "reports", r->n, REPORTS_MAX, r->refused);
        if (r->line)
                metrics_put_bytes(m, "engine", jsonline_queued(r->line), QUEUE_MAX, jsonline_refused(r->line));
}

static void on_tick(evutil_socket_t fd, short events, void *userdata) {
        struct reports *r = userdata;

        (void)fd;
        (void)events;
        if (!r->line)
                reports_connect(r);
        reports_position(r);
        reports_flow(r);
}

int reports_new(struct reports **ret, struct event_base *base, const char *path,
                const struct reports_handlers *handlers) {
        const struct timeval interval = { .tv_sec = 1 };
        _cleanup_(reports_freep) struct reports *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->last = &r->first;
        if ((size_t)snprintf(r->path, sizeof r->path, "%s", path) >= sizeof r->path)
                return -ENAMETOOLONG;
        r->base = base;
        r->handlers = *handlers;
        r->tick = event_new(base, -1, EV_PERSIST, on_tick, r);
        if (!r->tick || event_add(r->tick, &interval) != 0)
                return -ENOMEM;
        event_active(r->tick, EV_TIMEOUT, 0);
        *ret = r;
        r = NULL;
        return 0;
}

struct reports *reports_free(struct reports *r) {
        if (!r)
                return NULL;
        if (r->tick)
                event_free(r->tick);
        r->line = jsonline_free(r->line);
        while (r->first)
                reports_drop(r, &r->first);
        free(r);
        return NULL;
}
