#include "notify/courier_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "notify/backoff.h"
#include "notify/template.h"

#include <event2/event.h>
#include <stdio.h>
#include <wardwatch/time.h>

#define ROOM_AGAIN WW_SECOND /* until there may be room for reports again */

/* --- those who wait --- */

void channel_queue(struct job *job) {
        struct courier_channel *ch = job->channel;

        job->state = JOB_WAITS;
        job->previous = NULL;
        job->next = ch->waiting;
        if (job->next)
                job->next->previous = job;
        ch->waiting = job;
        ch->n_waiting++;
}

void channel_unqueue(struct job *job) {
        struct courier_channel *ch = job->channel;

        if (!ch || job->state != JOB_WAITS)
                return;
        if (job->previous)
                job->previous->next = job->next;
        else
                ch->waiting = job->next;
        if (job->next)
                job->next->previous = job->previous;
        job->next = job->previous = NULL;
        ch->n_waiting--;
}

static bool job_before(const struct job *a, const struct job *b) {
        return a->rank != b->rank ? a->rank > b->rank : a->notification.id < b->notification.id;
}

/* One before it, of the same incident to the same recipient, that is not over: an update must not overtake its alert.
 */
static const struct job *job_behind(const struct job *job) {
        json_t *one;
        size_t i;

        json_array_foreach(json_object_get(job->notification.body, "earlier"), i, one) {
                const char *key = json_string_value(json_object_get(one, "key"));
                const struct job *before = key ? job_find(job->courier, key) : NULL;

                if (before && before->channel == job->channel && before->state != JOB_DONE)
                        return before;
        }
        return NULL;
}

/* The most urgent of those whose time has come; *ret_next: when the next one's will have come. */
static struct job *channel_first(const struct courier_channel *ch, int64_t now, int64_t *ret_next) {
        struct job *first = NULL;

        for (struct job *job = ch->waiting; job; job = job->next) {
                if (job->next_at > now)
                        *ret_next = job->next_at < *ret_next ? job->next_at : *ret_next;
                else if ((!first || job_before(job, first)) && !job_behind(job))
                        first = job;
        }
        return first;
}

/* --- an attempt --- */

static void attempt_clean(struct job *job) {
        if (job->deadline)
                (void)event_del(job->deadline);
        buf_deinit(&job->title);
        buf_deinit(&job->text);
        buf_deinit(&job->link);
}

static void on_deadline(evutil_socket_t fd, short events, void *userdata) {
        struct job *job = userdata;
        struct courier *c = job->courier;

        (void)fd;
        (void)events;
        job->channel->transport->cancel(&job->delivery);
        job->delivery.ended(&job->delivery, OUTCOME_FAILED, "no answer in time");
        courier_wake(c);
}

static void on_ended(struct delivery *d, enum outcome outcome, const char *answer) {
        struct job *job = d->userdata;
        struct courier_channel *ch = job->channel;
        struct courier *c = job->courier;

        ch->running--;
        breaker_ends(&ch->breaker, outcome != OUTCOME_FAILED, clock_boot());
        attempt_clean(job);
        job->state = JOB_DONE;
        if (job->gone)
                job_free(job);
        else
                job_ends(job, outcome, answer);
        courier_wake(c);
}

static int attempt_prepare(struct job *job) {
        const struct channel_config *config = job->channel->config;

        if (template_fits(ww_str(config->link), &job->notification))
                template_put(ww_str(config->link), &job->notification, WW_STR_NONE, &job->link);
        template_put(ww_str(config->title), &job->notification, buf_str(&job->link), &job->title);
        template_put(ww_str(config->text), &job->notification, buf_str(&job->link), &job->text);
        if (!job->deadline)
                job->deadline = evtimer_new(job->courier->options.base, on_deadline, job);
        if (!job->deadline || job->link.error || job->title.error || job->text.error)
                return -ENOMEM;
        job->delivery = (struct delivery){
                .channel = config,
                .notification = &job->notification,
                .attempt = job->attempts,
                .title = buf_str(&job->title),
                .text = buf_str(&job->text),
                .link = buf_str(&job->link),
                .now = clock_wall(),
                .line = job->channel->line,
                .userdata = job,
                .ended = on_ended,
        };
        /* without a mark the title begins with the blank behind it */
        while (job->delivery.title.n && *job->delivery.title.p == ' ') {
                job->delivery.title.p++;
                job->delivery.title.n--;
        }
        return 0;
}

static void attempt_begin(struct job *job) {
        const int64_t timeout = job->channel->config->timeout;
        const struct timeval limit = { .tv_sec = timeout / WW_SECOND, .tv_usec = timeout % WW_SECOND };
        int r;

        channel_unqueue(job);
        job->state = JOB_RUNS;
        job->attempts++;
        job->channel->running++;
        breaker_begins(&job->channel->breaker);
        r = attempt_prepare(job);
        if (!r)
                r = event_add(job->deadline, &limit) == 0 ? 0 : -ENOMEM;
        if (!r)
                r = job->channel->transport->send(&job->delivery);
        if (r) {
                job->delivery.userdata = job;
                on_ended(&job->delivery, OUTCOME_FAILED, strerror(-r));
        }
}

void channel_cancel(struct job *job) {
        if (job->state != JOB_RUNS)
                return;
        if (job->delivery.state)
                job->channel->transport->cancel(&job->delivery);
        job->channel->running--;
        attempt_clean(job);
}

/* --- what becomes of it --- */

static bool job_in_time(const struct job *job, int64_t wall) {
        return wall < job->due + job->channel->config->give_up_after;
}

void job_report(struct job *job) {
        struct courier *c = job->courier;
        const struct courier_report report = { .key = job->key,
                                               .channel = notification_text(&job->notification, "channel"),
                                               .answer = job->answer,
                                               .attempt = job->attempts,
                                               .ok = job->outcome == OUTCOME_SENT,
                                               .final = job->final };

        c->options.report(c->options.userdata, &report);
}

static void channel_count(struct courier_channel *ch, const struct job *job) {
        bool ok = job->outcome == OUTCOME_SENT;

        ch->sent += ok;
        ch->failed += !ok;
        ch->given_up += !ok && job->final;
        if (!ok)
                (void)snprintf(ch->trouble, sizeof ch->trouble, "%s", job->answer);
}

void job_ends(struct job *job, enum outcome outcome, const char *answer) {
        struct courier_channel *ch = job->channel;

        job->state = JOB_DONE;
        job->outcome = outcome;
        job->final = outcome != OUTCOME_FAILED || !ch || !job_in_time(job, clock_wall());
        (void)snprintf(job->answer, sizeof job->answer, "%s", answer);
        if (ch)
                channel_count(ch, job);
        job_report(job);
        if (job->final)
                return;
        job->failures++;
        job->next_at = clock_boot() + backoff_wait(job->failures, ch->config->retry_min, ch->config->retry_max,
                                                   job->courier->options.seed, job->notification.id);
        channel_queue(job);
}

/* Behind one that fails: it comes after that, but who could be told by another channel does not wait for it. */
static bool job_held_up(const struct job *job) {
        const struct job *before = job_behind(job);

        return before && before->failures;
}

/* Nobody waits who could be told by another channel: of all if this one is left alone, else of those that are held up.
 */
static void channel_shed(struct courier_channel *ch, int64_t now, bool all) {
        char answer[DELIVERY_ANSWER_MAX + 64];

        (void)snprintf(answer, sizeof answer, "not tried, the channel fails: %s", ch->trouble);
        for (struct job *job = ch->waiting, *next; job; job = next) {
                next = job->next;
                if (job->attempts || job->next_at > now || !(all || job_held_up(job)) ||
                    !ch->courier->options.room(ch->courier->options.userdata))
                        continue;
                channel_unqueue(job);
                job->attempts++;
                job_ends(job, OUTCOME_FAILED, answer);
        }
}

static int64_t earlier(int64_t a, int64_t b) {
        return a < b ? a : b;
}

int64_t channel_pump(struct courier_channel *ch, int64_t now) {
        if (ch->n_waiting > 1)
                channel_shed(ch, now, false);
        for (;;) {
                int64_t next = WW_TIME_NEVER, token = bucket_next(&ch->bucket, now);
                struct job *job = channel_first(ch, now, &next);

                if (!job)
                        return next;
                if (!ch->courier->options.room(ch->courier->options.userdata))
                        return now + ROOM_AGAIN;
                if (!breaker_allows(&ch->breaker, now)) {
                        channel_shed(ch, now, true);
                        return earlier(breaker_next(&ch->breaker, now), next);
                }
                if (ch->running >= (size_t)ch->config->concurrency)
                        return next;
                if (token > now)
                        return earlier(token, next);
                (void)bucket_take(&ch->bucket, now);
                attempt_begin(job);
        }
}

/* --- life --- */

int channel_open(struct courier_channel *ch, struct courier *c, const struct channel_config *config,
                 const struct transport_ground *ground) {
        *ch = (struct courier_channel){ .courier = c, .config = config, .transport = transports[config->kind] };
        if (config->kind == CHANNEL_SCREEN) {
                bucket_init(&ch->bucket, 60000, 1000);
                breaker_init(&ch->breaker, 1, WW_SECOND);
        } else {
                bucket_init(&ch->bucket, config->rate, config->burst);
                breaker_init(&ch->breaker, (unsigned)config->breaker_failures, config->breaker_pause);
        }
        return ch->transport->open ? ch->transport->open(&ch->line, config, ground) : 0;
}

void channel_close(struct courier_channel *ch) {
        if (ch->transport && ch->transport->close && ch->line)
                ch->transport->close(ch->line);
}
