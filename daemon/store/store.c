/*
 * The store process: journal → PostgreSQL.
 *
 *   thread   drain.c    reads the journal behind the cursor, writes rows and cursor, survives what PostgreSQL does
 *   loop     this file  answers the supervisor every second; link.c speaks with the engine
 *
 * Rights: it reads the journal and writes to the database; it listens nowhere but for its metrics. It dies at any point
 * without harm: the next one asks PostgreSQL where it was.
 *
 * An orderly stop waits a little for the transaction in hand. If that does not end (a server that hangs), the process
 * leaves anyway: what was not committed is written again.
 */
#include "store/store.h"

#include "base/log.h"
#include "base/metrics_http.h"
#include "base/worker.h"
#include "store/drain.h"
#include "store/metrics.h"

#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>
#include <wardwatch/time.h>

#define STOP_WAIT (3 * WW_SECOND)

struct store {
        struct event_base *base;
        struct worker *worker;
        struct link *link;
        struct event *second, *moved;
        struct drain *drain;
        struct metrics_http *metrics;
        struct outbox outbox;
        char status[160];
        int code;
};

static void store_stop(void *userdata) {
        struct store *s = userdata;

        (void)event_base_loopbreak(s->base);
}

static void store_reload(void *userdata) {
        (void)userdata;
        /* the password file is read at each connection; what else concerns the store takes effect at a restart */
        log_notice("reload", NULL, "the next connection reads the password file again");
}

static void store_head(void *userdata, uint64_t seq) {
        struct store *s = userdata;

        drain_wake(s->drain, seq);
}

static void store_collect(void *userdata, struct metrics *m) {
        struct store *s = userdata;
        struct drain_figures f;

        drain_figures(s->drain, &f);
        store_metrics_put(m, &f, &s->outbox, s->link);
        worker_metrics(s->worker, m);
}

static bool store_position(void *userdata, uint64_t *ret_seq, json_t **ret_figures) {
        _cleanup_metrics_ struct metrics m = METRICS_INIT;
        struct store *s = userdata;
        struct drain_figures f;

        drain_figures(s->drain, &f);
        if (!f.known)
                return false;
        store_metrics_put(&m, &f, &s->outbox, s->link);
        *ret_seq = f.cursor;
        *ret_figures = store_metrics_report(&m, &f);
        return true;
}

static bool store_checkpoint(void *userdata, struct link_checkpoint *c) {
        struct store *s = userdata;
        struct drain_figures f;

        drain_figures(s->drain, &f);
        if (f.checkpoint == c->number)
                return false;
        c->text = drain_checkpoint_text(s->drain);
        c->number = f.checkpoint;
        c->seq = f.checkpoint_seq;
        return c->text != NULL;
}

static void store_last(void *userdata, uint64_t seq) {
        struct store *s = userdata;

        drain_last(s->drain, seq);
}

/* Says what changed, not that a second has passed. */
static void store_status(struct store *s, const struct drain_figures *f) {
        char text[sizeof s->status];

        if (f->connected)
                (void)snprintf(text, sizeof text, "storing");
        else
                (void)snprintf(text, sizeof text, "waiting: %.140s", f->trouble);
        if (strcmp(text, s->status) == 0)
                return;
        memcpy(s->status, text, sizeof text);
        worker_status(s->worker, "%s", text);
}

static void store_second(evutil_socket_t fd, short events, void *userdata) {
        struct store *s = userdata;
        struct drain_figures f;

        (void)fd;
        (void)events;
        drain_figures(s->drain, &f);
        store_status(s, &f);
        if (f.replaced) {
                s->code = EXIT_FAILURE; /* the supervisor starts us on the journal that is there now */
                store_stop(s);
        }
}

static void store_moved(evutil_socket_t fd, short events, void *userdata) {
        struct store *s = userdata;
        uint64_t count;

        (void)events;
        (void)!read(fd, &count, sizeof count);
        link_report(s->link);
}

static int store_setup(struct store *s, const struct config *config, int control_fd) {
        const struct worker_handlers handlers = { .userdata = s, .reload = store_reload, .stop = store_stop };
        const struct link_handlers link = { .userdata = s,
                                            .head = store_head,
                                            .position = store_position,
                                            .checkpoint = store_checkpoint,
                                            .last = store_last };
        const struct metrics_http_options metrics = {
                .key = "metrics.store", .port = config->metrics.store, .userdata = s, .collect = store_collect
        };
        const struct timeval second = { .tv_sec = 1 };
        char path[4096];
        int e;

        s->base = event_base_new();
        if (!s->base)
                return -ENOMEM;
        e = worker_new(&s->worker, s->base, control_fd, &handlers);
        if (e)
                return e;
        e = drain_new(&s->drain, config, &s->outbox);
        if (e)
                return e;
        (void)snprintf(path, sizeof path, "%s/wardwatch.sock", config->state.run_dir);
        e = link_new(&s->link, s->base, path, &s->outbox, &link);
        if (e)
                return e;
        s->second = event_new(s->base, -1, EV_PERSIST, store_second, s);
        s->moved = event_new(s->base, drain_fd(s->drain), EV_READ | EV_PERSIST, store_moved, s);
        if (!s->second || event_add(s->second, &second) != 0 || !s->moved || event_add(s->moved, NULL) != 0)
                return -ENOMEM;
        return metrics_http_new(&s->metrics, s->base, &metrics);
}

static void store_teardown(struct store *s) {
        /* before the descriptor that it watches is closed */
        if (s->moved)
                event_free(s->moved);
        if (!drain_free(s->drain, STOP_WAIT)) {
                log_warning("stop", NULL,
                            "PostgreSQL does not answer: leaving the transaction in hand; it is written again");
                _exit(s->code);
        }
        metrics_http_free(s->metrics);
        link_free(s->link);
        worker_free(s->worker);
        if (s->second)
                event_free(s->second);
        if (s->base)
                event_base_free(s->base);
}

int store_main(const struct config *config, int control_fd) {
        struct store s = { .outbox = OUTBOX_INIT, .code = EXIT_SUCCESS };
        int e;

        if (!config->database.url[0]) {
                log_error("no-database", NULL, "database.url is not set: nothing to store to");
                return EXIT_FAILURE;
        }
        e = store_setup(&s, config, control_fd);
        if (e) {
                log_error("store-start", NULL, "%s", strerror(-e));
                s.code = EXIT_FAILURE;
        } else {
                worker_ready(s.worker);
                (void)event_base_dispatch(s.base);
        }
        store_teardown(&s);
        return s.code;
}
