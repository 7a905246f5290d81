#pragma once
/*
 * What the ways out have in common: one row of transports[] for each kind of channel.
 *
 * A transport begins a delivery and says later, once, how it ended (delivery_ended). It never blocks, it needs no time
 * limit of its own (the courier cancels), and it decides nothing: whether there is another attempt is the courier's.
 */
#include "notify/channels.h"
#include "notify/notification.h"

struct event_base;
struct delivery;
struct web;

enum outcome {
        OUTCOME_SENT,    /* the other side has said that it has it */
        OUTCOME_FAILED,  /* it may go well later: no connection, busy, no answer */
        OUTCOME_REFUSED, /* it never will: this address, this text, this request */
        OUTCOMES,
};

#define DELIVERY_ANSWER_MAX 256

struct delivery {
        const struct channel_config *channel;
        const struct notification *notification;
        unsigned attempt;
        struct ww_str title, text, link; /* made from the channel's templates */
        int64_t now;                     /* wall clock, µs, at the beginning */

        void *line;  /* of the channel: what the transport's `open` made */
        void *state; /* of the transport, while the delivery is on its way */
        void *userdata;
        void (*ended)(struct delivery *d, enum outcome outcome, const char *answer);
};

/** `answer`: what the other side said, or what hindered; one line is made of it, cut at DELIVERY_ANSWER_MAX. */
void delivery_ended(struct delivery *d, enum outcome outcome, const char *format, ...) _printf_(3, 4);
/** What is sent to programs: the channel's format. 0 or -ENOMEM. */
int delivery_body(const struct delivery *d, struct buf *out);

struct transport_ground {
        struct event_base *base;
        struct web *web; /* the one libcurl of the process */
};

struct transport {
        /** What the channel keeps for all its deliveries. NULL: nothing. 0 or -errno. */
        int (*open)(void **ret, const struct channel_config *channel, const struct transport_ground *ground);
        void (*close)(void *line);
        /** Begins; may end before it returns. -errno: it has not begun. */
        int (*send)(struct delivery *d);
        /** Stops what has begun and has not ended, without delivery_ended. */
        void (*cancel)(struct delivery *d);
};

extern const struct transport *const transports[CHANNEL_KINDS];
