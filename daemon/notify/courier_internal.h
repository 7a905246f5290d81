#pragma once
/* Shared by courier.c (what is due) and courier_channel.c (what one channel may do, and its attempts). */
#include "notify/breaker.h"
#include "notify/bucket.h"
#include "notify/courier.h"
#include "notify/transport.h"

#include <uthash.h>

struct courier_channel;

enum job_state {
        JOB_WAITS,
        JOB_RUNS,
        JOB_DONE, /* reported for good: it waits for the journal to say so */
};

struct job {
        struct courier *courier;
        struct courier_channel *channel; /* NULL: none has this name */
        struct notification notification;
        struct job *next, *previous; /* of the channel's jobs that wait */
        enum job_state state;
        unsigned attempts, failures; /* made; failed in this process, for the backoff */
        unsigned rank;
        int64_t due;     /* wall clock */
        int64_t next_at; /* boot clock */
        bool seen;       /* between live_begin and live_end */
        bool gone;       /* freed when its attempt ends */

        /* of the last attempt, as reported */
        enum outcome outcome;
        bool final;
        char answer[DELIVERY_ANSWER_MAX];

        struct delivery delivery;
        struct buf title, text, link;
        struct event *deadline;
        UT_hash_handle hh;
        char key[];
};

struct courier_channel {
        struct courier *courier;
        const struct channel_config *config;
        const struct transport *transport;
        void *line;
        struct bucket bucket;
        struct breaker breaker;
        struct job *waiting;
        size_t n_waiting, running;
        uint64_t sent, failed, given_up;
        char trouble[DELIVERY_ANSWER_MAX]; /* the last failure's answer */
};

struct courier {
        struct courier_options options;
        struct web *web;
        struct job *jobs;
        struct courier_channel *channels;
        size_t n_channels;
        struct event *tick;
        bool open, hungry, acting;
        uint64_t unknown, refused;
};

/* --- courier.c --- */
struct job *job_find(const struct courier *c, const char *key);
void job_free(struct job *job);
/** Something has changed: looks at all channels soon, from the loop. */
void courier_wake(struct courier *c);

/* --- courier_channel.c --- */
int channel_open(struct courier_channel *ch, struct courier *c, const struct channel_config *config,
                 const struct transport_ground *ground);
void channel_close(struct courier_channel *ch);
void channel_queue(struct job *job);   /* it waits */
void channel_unqueue(struct job *job); /* if it waits */
/** Begins what may begin. Returns when it is worth looking again, boot clock; WW_TIME_NEVER: when something happens. */
int64_t channel_pump(struct courier_channel *ch, int64_t now);
void channel_cancel(struct job *job); /* if it runs */
/** Reports the attempt, and what becomes of the job. */
void job_ends(struct job *job, enum outcome outcome, const char *answer);
void job_report(struct job *job); /* once more, as it ended */
