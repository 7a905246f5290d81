#include "base/worker.h"
#include "base/jsonline.h"
#include "base/metrics.h"
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/*
 * The pipe in the worker's loop. `alive` is a timer of that loop and of nothing else: a thread of its own would go on
 * telling that all is well while the loop hangs.
 *
 * One line cannot wait for the loop: the sign of life out of a replay that takes longer than the supervisor's patience.
 * It goes straight to the socket.
 *
 * A worker that has no memory for the few bytes of a sign of life can do nothing that it is for: it ends at once, so
 * that the supervisor starts another one, instead of being killed as hung later.
 */
#define QUEUE_MAX (64 * 1024)

struct worker {
        struct jsonline *pipe; /* NULL: run by hand, or the supervisor is gone */
        struct event *beat;
        struct event *signals[3];
        struct worker_handlers handlers;
        uint64_t beats;
        int64_t beaten; /* s, monotonic clock */
};

static int64_t now_seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec;
}

static int send_line(struct worker *w, const char *line, int n) {
        return w->pipe ? jsonline_send_text(w->pipe, line, (size_t)n) : 0;
}

/* Short lines only: the kernel takes them whole or not at all. */
static void send_now(struct worker *w, const char *line, int n) {
        if (!w->pipe)
                return;
        /* what is queued must not be overtaken in the middle of a line */
        if (jsonline_queued(w->pipe) > 0)
                (void)jsonline_send_text(w->pipe, line, (size_t)n - 1);
        else
                (void)send(jsonline_fd(w->pipe), line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_beat(evutil_socket_t fd, short what, void *userdata) {
        struct worker *w = userdata;
        char line[64];

        w->beaten = now_seconds();
        if (send_line(w, line, snprintf(line, sizeof(line), "{\"alive\":%llu}", (unsigned long long)++w->beats)) ==
            -ENOMEM)
                w->handlers.stop(w->handlers.userdata);
}

void worker_alive(struct worker *w) {
        char line[64];
        int64_t now = now_seconds();

        if (now == w->beaten)
                return;
        w->beaten = now;
        send_now(w, line, snprintf(line, sizeof(line), "{\"alive\":%llu}\n", (unsigned long long)++w->beats));
}

void worker_ready(struct worker *w) {
        static const char line[] = "{\"ready\":true}";

        (void)send_line(w, line, sizeof(line) - 1);
}

void worker_status(struct worker *w, const char *format, ...) {
        json_t *object;
        char text[256];
        va_list args;

        va_start(args, format);
        vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        /* a cut may have split a character: then it goes as "?" */
        object = json_pack("{s:s}", "status", text);
        for (char *p = text; !object && *p; p++)
                if ((unsigned char)*p >= 0x80)
                        *p = '?';
        if (!object)
                object = json_pack("{s:s}", "status", text);
        if (w->pipe && object)
                (void)jsonline_send(w->pipe, object);
        json_decref(object);
}

void worker_metrics(const struct worker *w, struct metrics *m) {
        if (w->pipe)
                metrics_put_bytes(m, "supervisor", jsonline_queued(w->pipe), QUEUE_MAX, jsonline_refused(w->pipe));
}

static void on_line(void *userdata, struct jsonline *l, json_t *object) {
        struct worker *w = userdata;
        json_t *workers = json_object_get(object, "workers");
        const char *refused = json_string_value(json_object_get(object, "refused"));
        const char *forbidden = json_string_value(json_object_get(object, "forbidden"));

        if (json_is_true(json_object_get(object, "stop")))
                w->handlers.stop(w->handlers.userdata);
        else if (json_is_true(json_object_get(object, "reload")) && w->handlers.reload)
                w->handlers.reload(w->handlers.userdata);
        else if (json_is_array(workers) && w->handlers.workers)
                w->handlers.workers(w->handlers.userdata, workers);
        else if (refused && w->handlers.refused)
                w->handlers.refused(w->handlers.userdata, refused);
        else if (forbidden && w->handlers.forbidden)
                w->handlers.forbidden(w->handlers.userdata, forbidden);
}

static void on_closed(void *userdata, struct jsonline *l, const char *why) {
        struct worker *w = userdata;

        w->pipe = jsonline_free(w->pipe);
        if (w->handlers.closed)
                w->handlers.closed(w->handlers.userdata);
        else
                w->handlers.stop(w->handlers.userdata);
}

static void on_signal(evutil_socket_t number, short what, void *userdata) {
        struct worker *w = userdata;

        if (number != SIGHUP)
                w->handlers.stop(w->handlers.userdata);
        else if (w->handlers.reload)
                w->handlers.reload(w->handlers.userdata);
}

/* Under a supervisor it alone decides about reload and stop: a terminal's Ctrl-C reaches the workers, too, and would
 * stop them out of order. SIGTERM to one worker stays an orderly stop of that worker. */
static int catch_signals(struct worker *w, struct event_base *base, bool supervised) {
        static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
        size_t n = supervised ? 1 : 3;

        for (size_t i = 0; i < n; i++) {
                w->signals[i] = evsignal_new(base, numbers[i], on_signal, w);
                if (!w->signals[i] || evsignal_add(w->signals[i], NULL) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int start_pipe(struct worker *w, struct event_base *base, int control_fd) {
        struct jsonline_handlers handlers = { .userdata = w, .line = on_line, .closed = on_closed };
        int r;

        r = jsonline_new(&w->pipe, base, control_fd, QUEUE_MAX, &handlers);
        if (r < 0)
                return r;
        w->beat = event_new(base, -1, EV_PERSIST, on_beat, w);
        if (!w->beat || event_add(w->beat, &(struct timeval){ .tv_sec = 1 }) < 0)
                return -ENOMEM;
        return 0;
}

int worker_new(struct worker **ret, struct event_base *base, int control_fd, const struct worker_handlers *handlers) {
        _cleanup_(worker_freep) struct worker *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->handlers = *handlers;
        r = catch_signals(w, base, control_fd >= 0);
        if (r == 0 && control_fd >= 0)
                r = start_pipe(w, base, control_fd);
        if (r < 0)
                return r;
        *ret = w;
        w = NULL;
        return 0;
}

struct worker *worker_free(struct worker *w) {
        if (!w)
                return NULL;
        for (size_t i = 0; i < sizeof(w->signals) / sizeof(w->signals[0]); i++)
                if (w->signals[i])
                        event_free(w->signals[i]);
        if (w->beat)
                event_free(w->beat);
        jsonline_free(w->pipe);
        free(w);
        return NULL;
}
