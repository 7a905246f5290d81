#pragma once
/*
 * The courier: what is due, when it is tried, and what is told of it.
 *
 *   a change of a notification ──► job ──(its channel may)──► attempt ──► result ──► report
 *                                   ▲                                       │ failed, and there is time
 *                                   └───────────── after a while ───────────┘
 *
 * Each channel has its own limits: deliveries at once, so many a minute, a breaker. What hangs in one delays no other.
 * A channel whose breaker is open does not keep anybody waiting: the first attempt of what comes meanwhile is reported
 * as failed at once, which makes the engine take the fallback, and it is tried when the channel is.
 *
 * A job lives until the journal says that its notification has ended: so what was reported and not yet journaled is not
 * delivered again. Attempts count from what the journal says; after a crash the one that was on its way is made again.
 */
#include "base/metrics.h"
#include "notify/channels.h"

#include <jansson.h>
#include <wardwatch/change.h>

struct courier;
struct event_base;

struct courier_report {
        const char *key, *channel, *answer;
        unsigned attempt;
        bool ok, final;
};

struct courier_options {
        struct event_base *base;
        const struct channels *channels; /* borrowed */
        uint64_t seed;                   /* of the jitter */
        void *userdata;
        /** Keeps the report until the engine has answered. */
        void (*report)(void *userdata, const struct courier_report *report);
        /** Is there room for one more report? While there is none, no attempt begins. */
        bool (*room)(void *userdata);
};

#define COURIER_JOBS_MAX 10000

int courier_new(struct courier **ret, const struct courier_options *options);
/** Stops what is on its way, without reporting it. */
struct courier *courier_free(struct courier *c);
DEFINE_CLEANUP(struct courier *, courier_free)

/** A change of a notification. False: there are COURIER_JOBS_MAX jobs; it was not taken, and all that is live has to be
 *  handed over again when courier_hungry says so. */
bool courier_take(struct courier *c, const struct ww_change *change);
/** All that is live is handed over between these two; what is not among it has ended while nobody looked. */
void courier_live_begin(struct courier *c);
void courier_live_end(struct courier *c);
bool courier_hungry(const struct courier *c);
/** The engine knows no such notification any more. */
void courier_forget(struct courier *c, const char *key);
/** Deliveries begin (true) or do not. */
void courier_open(struct courier *c, bool open);
void courier_metrics(const struct courier *c, struct metrics *m);
