/*
 * The notify process: journal → the world outside.
 *
 *   follower.c   reads the journal: what is due, what has ended
 *   courier.c    decides what is tried when; courier_channel.c does it, within the limits of each channel
 *   webhook.c mail.c mqtt.c syslog.c program.c    the ways out
 *   reports.c    tells the engine what became of each attempt; the engine decides what follows
 *
 * It keeps nothing on a disk: what is due and not reported is live in the journal. It dies at any point without harm;
 * the next one delivers what was not reported, so that a notification may come twice, with the same key.
 *
 * One loop, in which nothing waits: an endpoint that hangs holds up its own delivery and no other.
 */
#include "notify/notify.h"

#include "base/log.h"
#include "base/metrics_http.h"
#include "base/worker.h"
#include "notify/courier.h"
#include "notify/follower.h"
#include "notify/reports.h"

#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>

struct notify {
        struct event_base *base;
        struct worker *worker;
        const struct config *config;
        struct channels *channels;
        struct courier *courier;
        struct reports *reports;
        struct follower *follower;
        struct metrics_http *metrics;
        int code;
};

static void notify_stop(void *userdata) {
        struct notify *n = userdata;

        (void)event_base_loopbreak(n->base);
}

/* --- journal → courier --- */

static void on_live_begin(void *userdata) {
        struct notify *n = userdata;

        courier_live_begin(n->courier);
}

static void on_live_end(void *userdata) {
        struct notify *n = userdata;

        courier_live_end(n->courier);
}

static void on_change(void *userdata, const struct ww_change *change) {
        struct notify *n = userdata;

        (void)courier_take(n->courier, change);
}

static void on_moved(void *userdata) {
        struct notify *n = userdata;

        courier_open(n->courier, follower_safe(n->follower));
        reports_cursor(n->reports);
        if (courier_hungry(n->courier))
                follower_again(n->follower);
}

static void on_replaced(void *userdata) {
        struct notify *n = userdata;

        log_notice("journal-replaced", NULL, "another journal stands there: starting afresh");
        n->code = EXIT_FAILURE; /* the supervisor starts us on the journal that is there now */
        notify_stop(n);
}

/* --- courier → engine --- */

static void on_report(void *userdata, const struct courier_report *report) {
        struct notify *n = userdata;

        reports_put(n->reports, report);
}

static bool has_room(void *userdata) {
        struct notify *n = userdata;

        return reports_room(n->reports);
}

/* --- engine → journal, courier --- */

static void on_head(void *userdata, uint64_t seq) {
        struct notify *n = userdata;

        follower_head(n->follower, seq);
}

static void on_forgotten(void *userdata, const char *key) {
        struct notify *n = userdata;

        courier_forget(n->courier, key);
}

static void notify_collect(void *userdata, struct metrics *m) {
        const struct notify *n = userdata;

        follower_metrics(n->follower, m);
        courier_metrics(n->courier, m);
        reports_metrics(n->reports, m);
}

static bool on_position(void *userdata, uint64_t *ret_seq, json_t **ret_figures) {
        _cleanup_metrics_ struct metrics m = METRICS_INIT;
        struct notify *n = userdata;
        json_t *root;

        if (!follower_position(n->follower, ret_seq))
                return false;
        notify_collect(n, &m);
        root = json_object();
        if (root && metrics_status(&m, root) == 0) {
                json_t *readers = json_object_get(json_object_get(root, "feed"), "readers");

                *ret_figures = json_incref(json_object_get(readers, "notify"));
                (void)json_object_set(*ret_figures, "queues", json_object_get(root, "queues"));
        }
        json_decref(root);
        return true;
}

static void on_scrape(void *userdata, struct metrics *m) {
        const struct notify *n = userdata;

        notify_collect(userdata, m);
        worker_metrics(n->worker, m);
}

/* --- life --- */

static int notify_channels(const struct config *config, struct channels **ret) {
        struct diag d = DIAG_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct channels *channels = calloc(1, sizeof *channels);
        int r = channels ? channels_load(channels, config->notify.channels, config->site.name, &d) : -ENOMEM;

        diag_render(&d, &text);
        if (text.n)
                (void)fprintf(stderr, "%.*s", WW_STR_ARG(buf_str(&text)));
        diag_deinit(&d);
        *ret = channels;
        return r;
}

static struct channels *channels_free(struct channels *channels) {
        if (channels)
                channels_deinit(channels);
        free(channels);
        return NULL;
}

static int notify_courier(struct notify *n, const struct channels *channels, struct courier **ret) {
        struct courier_options options = {
                .base = n->base, .channels = channels, .userdata = n, .report = on_report, .room = has_room
        };

        if (sodium_init() < 0)
                return -EIO;
        randombytes_buf(&options.seed, sizeof options.seed);
        return courier_new(ret, &options);
}

/* What is on its way is broken off, and made again with the same key by the channels as they are now. */
static void notify_take(struct notify *n, struct channels *channels, struct courier *courier) {
        (void)courier_free(n->courier);
        (void)channels_free(n->channels);
        n->channels = channels;
        n->courier = courier;
        follower_again(n->follower);
        worker_status(n->worker, "%zu channels", channels->n);
        log_notice("channels", n->config->notify.channels, "%zu channels are in force", channels->n);
}

static void on_reload(void *userdata) {
        struct notify *n = userdata;
        struct courier *courier = NULL;
        struct channels *channels;
        int r = notify_channels(n->config, &channels);

        if (!r && channels->hash == n->channels->hash) {
                (void)channels_free(channels);
                return;
        }
        if (!r)
                r = notify_courier(n, channels, &courier);
        if (r) {
                log_error("channels", n->config->notify.channels, "not taken: the channels stay as they were");
                (void)channels_free(channels);
                return;
        }
        notify_take(n, channels, courier);
}

static int notify_setup(struct notify *n, const struct config *config, int control_fd) {
        const struct worker_handlers worker = { .userdata = n, .stop = notify_stop, .reload = on_reload };
        const struct follower_handlers follower = { .userdata = n,
                                                    .live_begin = on_live_begin,
                                                    .live_end = on_live_end,
                                                    .change = on_change,
                                                    .moved = on_moved,
                                                    .replaced = on_replaced };
        const struct reports_handlers reports = {
                .userdata = n, .head = on_head, .position = on_position, .forgotten = on_forgotten
        };
        const struct metrics_http_options metrics = {
                .key = "metrics.notify", .port = config->metrics.notify, .userdata = n, .collect = on_scrape
        };
        char path[4096];
        int r;

        n->base = event_base_new();
        r = n->base ? worker_new(&n->worker, n->base, control_fd, &worker) : -ENOMEM;
        if (!r)
                r = notify_channels(config, &n->channels);
        if (r > 0)
                log_error("channels", config->notify.channels, "no channels: nothing is delivered until this is right");
        if (!r)
                r = notify_courier(n, n->channels, &n->courier);
        (void)snprintf(path, sizeof path, "%s/wardwatch.sock", config->state.run_dir);
        if (!r)
                r = reports_new(&n->reports, n->base, path, &reports);
        if (!r)
                r = follower_new(&n->follower, n->base, config, &follower);
        return r ? r : metrics_http_new(&n->metrics, n->base, &metrics);
}

static void notify_teardown(struct notify *n) {
        metrics_http_free(n->metrics);
        (void)follower_free(n->follower);
        (void)courier_free(n->courier);
        (void)reports_free(n->reports);
        (void)channels_free(n->channels);
        worker_free(n->worker);
        if (n->base)
                event_base_free(n->base);
}

int notify_main(const struct config *config, int control_fd) {
        struct notify n = { .config = config, .code = EXIT_SUCCESS };
        int r;

        if (!config->notify.channels[0]) {
                log_error("no-channels", NULL, "notify.channels is not set: there is nobody to tell");
                return EXIT_FAILURE;
        }
        r = notify_setup(&n, config, control_fd);
        if (r) {
                log_error("notify-start", NULL, "%s", r < 0 ? strerror(-r) : "see above");
                n.code = EXIT_FAILURE;
        } else {
                worker_ready(n.worker);
                worker_status(n.worker, "%zu channels", n.channels->n);
                (void)event_base_dispatch(n.base);
        }
        notify_teardown(&n);
        return n.code;
}
