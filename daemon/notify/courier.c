#include "notify/courier_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "notify/web.h"

#include <event2/event.h>
#include <stdio.h>
#include <wardwatch/time.h>

/* --- jobs --- */

void job_free(struct job *job) {
        channel_unqueue(job);
        channel_cancel(job);
        HASH_DEL(job->courier->jobs, job);
        if (job->deadline)
                event_free(job->deadline);
        notification_deinit(&job->notification);
        buf_deinit(&job->title);
        buf_deinit(&job->text);
        buf_deinit(&job->link);
        free(job);
}

struct job *job_find(const struct courier *c, const char *key) {
        struct job *job;

        HASH_FIND(hh, c->jobs, key, strlen(key), job);
        return job;
}

static struct courier_channel *channel_find(const struct courier *c, const char *name) {
        for (size_t i = 0; i < c->n_channels; i++)
                if (strcmp(c->channels[i].config->name, name) == 0)
                        return &c->channels[i];
        return NULL;
}

static struct job *job_new(struct courier *c, struct notification *n) {
        const char *key = notification_text(n, "key");
        struct job *job = calloc(1, sizeof *job + strlen(key) + 1);
        int64_t due = notification_due(n);

        if (!job)
                return NULL;
        memcpy(job->key, key, strlen(key) + 1);
        job->courier = c;
        job->channel = channel_find(c, notification_text(n, "channel"));
        job->notification = *n;
        n->body = NULL;
        job->attempts = (unsigned)notification_number(&job->notification, "attempts");
        job->rank = notification_rank(&job->notification);
        job->due = due == WW_TIME_NONE ? clock_wall() : due;
        job->next_at = clock_boot();
        job->seen = true;
        HASH_ADD(hh, c->jobs, key, strlen(key), job);
        return job;
}

/* Nobody has to wait for what cannot be: the fallback is due at once. */
static void job_without_channel(struct job *job) {
        job->attempts++;
        log_warning("no-channel", notification_text(&job->notification, "channel"),
                    "an escalation names it, and notify.channels does not have it");
        job->courier->unknown++;
        job_ends(job, OUTCOME_REFUSED, "no such channel is configured");
}

/* Over, whoever has said so. */
static void job_over(struct job *job) {
        struct courier *c = job->courier;

        if (job->state == JOB_RUNS)
                job->gone = true; /* what has begun may end */
        else
                job_free(job);
        courier_wake(c); /* another one may have waited behind it */
}

/* A predecessor of ours may have told an attempt after we had read what there is: then the next number is ours, and
 * what we have told under its number was taken for a repeat, and is told again. */
static void job_knows(struct job *job, const struct notification *n) {
        unsigned attempts = (unsigned)notification_number(n, "attempts");
        bool taken = job->state == JOB_DONE && attempts >= job->attempts;

        job->seen = true;
        if (attempts > job->attempts)
                job->attempts = attempts;
        if (!taken)
                return;
        job->attempts++;
        job_report(job);
}

bool courier_take(struct courier *c, const struct ww_change *change) {
        struct notification n;
        struct job *job;
        bool taken = true;

        if (notification_init(&n, change)) {
                log_warning("notification-malformed", NULL, "notification %llu is not what one looks like",
                            (unsigned long long)change->id);
                return true;
        }
        job = job_find(c, notification_text(&n, "key"));
        if (change->ended) {
                if (job)
                        job_over(job);
        } else if (job) {
                job_knows(job, &n);
        } else if (HASH_COUNT(c->jobs) >= COURIER_JOBS_MAX || !(job = job_new(c, &n))) {
                c->hungry = true;
                c->refused++;
                taken = false;
        } else if (!job->channel) {
                job_without_channel(job);
        } else {
                channel_queue(job);
                courier_wake(c);
        }
        notification_deinit(&n);
        return taken;
}

void courier_forget(struct courier *c, const char *key) {
        struct job *job = job_find(c, key);

        if (job)
                job_over(job);
}

void courier_live_begin(struct courier *c) {
        c->hungry = false;
        for (struct job *job = c->jobs; job; job = job->hh.next)
                job->seen = false;
}

void courier_live_end(struct courier *c) {
        struct job *job, *next;

        HASH_ITER(hh, c->jobs, job, next) {
                if (!job->seen && job->state != JOB_RUNS)
                        job_free(job);
        }
}

bool courier_hungry(const struct courier *c) {
        return c->hungry && HASH_COUNT(c->jobs) < COURIER_JOBS_MAX / 2;
}

/* --- when --- */

static void courier_arm(struct courier *c, int64_t wait) {
        const struct timeval t = { .tv_sec = wait / WW_SECOND, .tv_usec = wait % WW_SECOND };

        (void)event_add(c->tick, &t);
}

void courier_wake(struct courier *c) {
        if (!c->acting)
                courier_arm(c, 0);
}

static void on_tick(evutil_socket_t fd, short events, void *userdata) {
        int64_t now = clock_boot(), next = WW_TIME_NEVER;
        struct courier *c = userdata;

        (void)fd;
        (void)events;
        if (!c->open)
                return;
        c->acting = true;
        for (size_t i = 0; i < c->n_channels; i++) {
                int64_t at = channel_pump(&c->channels[i], now);

                next = at < next ? at : next;
        }
        c->acting = false;
        now = clock_boot();
        if (next != WW_TIME_NEVER)
                courier_arm(c, next > now ? next - now : 0);
}

void courier_open(struct courier *c, bool open) {
        if (open && !c->open)
                courier_wake(c);
        c->open = open;
}

/* --- life --- */

static int open_channels(struct courier *c) {
        const struct transport_ground ground = { .base = c->options.base, .web = c->web };
        const struct channels *channels = c->options.channels;

        c->channels = calloc(channels->n + 1, sizeof *c->channels);
        if (!c->channels)
                return -ENOMEM;
        for (size_t i = 0; i < channels->n; i++) {
                int r = channel_open(&c->channels[i], c, &channels->items[i], &ground);

                c->n_channels++;
                if (r) {
                        log_error("channel", channels->items[i].name, "cannot be made ready: %s", strerror(-r));
                        return r;
                }
        }
        return 0;
}

int courier_new(struct courier **ret, const struct courier_options *options) {
        _cleanup_(courier_freep) struct courier *c = calloc(1, sizeof *c);
        int r;

        if (!c)
                return -ENOMEM;
        c->options = *options;
        c->tick = evtimer_new(options->base, on_tick, c);
        r = c->tick ? web_new(&c->web, options->base) : -ENOMEM;
        if (!r)
                r = open_channels(c);
        if (r)
                return r;
        *ret = c;
        c = NULL;
        return 0;
}

struct courier *courier_free(struct courier *c) {
        struct job *job, *next;

        if (!c)
                return NULL;
        HASH_ITER(hh, c->jobs, job, next) {
                job_free(job);
        }
        for (size_t i = 0; i < c->n_channels; i++)
                channel_close(&c->channels[i]);
        (void)web_free(c->web);
        if (c->tick)
                event_free(c->tick);
        free(c->channels);
        free(c);
        return NULL;
}

void courier_metrics(const struct courier *c, struct metrics *m) {
        metrics_put_queue(m, "notifications", HASH_COUNT(c->jobs), COURIER_JOBS_MAX, c->refused);
        metrics_put(m, METRICS_NOTIFY_UNKNOWN, (double)c->unknown);
        for (size_t i = 0; i < c->n_channels; i++) {
                const struct courier_channel *ch = &c->channels[i];
                struct ww_str name = ww_str(ch->config->name);

                metrics_put_of(m, METRICS_NOTIFY_SENT, name, (double)ch->sent);
                metrics_put_of(m, METRICS_NOTIFY_FAILED, name, (double)ch->failed);
                metrics_put_of(m, METRICS_NOTIFY_GIVEN_UP, name, (double)ch->given_up);
                metrics_put_of(m, METRICS_NOTIFY_WAITING, name, (double)ch->n_waiting);
                metrics_put_of(m, METRICS_NOTIFY_RUNNING, name, (double)ch->running);
                metrics_put_of(m, METRICS_NOTIFY_OPENED, name, (double)ch->breaker.opened);
                metrics_put_state(m, METRICS_NOTIFY_BREAKER, name, breaker_state_names, BREAKER_STATES,
                                  ch->breaker.state);
        }
}
