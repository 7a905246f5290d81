#pragma once
/*
 * Ingress: bytes and acks, nothing else. One MQTT 5 session (urgent or bulk) on libmosquitto, driven by a libevent
 * loop that is ours, so that acks leave only when ingress_release() is called after the journal's commit.
 *
 * Life of a session: closed → (name resolved) connecting → connected → subscribed → fence sent → live (fence back),
 * and back to closed on any error, with backoff and jitter. The fence is a message to ourselves that queues behind
 * the backlog: until it returns the intake is blind. An echo is the same on a live session, when the engine has to know
 * that nothing waits at the broker.
 */
#include "base/error.h"
#include <wardwatch/str.h>
#include <wardwatch/time.h>

struct event_base;
struct ingress;

enum ingress_state {
        INGRESS_CLOSED, /* waiting for the next attempt, or paused */
        INGRESS_CONNECTING,
        INGRESS_CATCHING_UP, /* connected, fence not back yet: blind */
        INGRESS_LIVE,
};
const char *ingress_state_name(enum ingress_state state);

/* borrowed for the call */
struct ingress_message {
        struct ww_str topic, payload;
        bool retained;
        bool dup;     /* the broker says that it sent it before; known for what a reconnect redelivers, else false */
        uint16_t mid; /* packet identifier: the broker redelivers under the same one; 0 = QoS 0, never redelivered */
};

struct ingress_options {
        const char *name; /* "urgent", "bulk" */
        const char *host;
        int port;
        const char *client_id, *user, *password; /* user NULL or "" = anonymous */
        bool tls;
        const char *ca_file, *cert_file, *key_file;
        const char *const *filters;
        size_t n_filters;
        const char *fence_topic; /* "wardwatch/SITE/fence/bulk": own topics are never handed on */
        int64_t keepalive, session_expiry, backoff_min, backoff_max; /* µs; a dead peer is seen within 1.5 keepalive */
        int batch;                                                   /* Receive Maximum */
        size_t packet_max;                                           /* Maximum Packet Size, bytes */
        const char *probe_topic; /* where the broker must refuse us; NULL = it is not tried */
        bool session_known;      /* a session existed before this start: "session present" is expected */
};

/* Called from inside this stage: none of them may call back into the session, except for its name, state and figures;
 * `readable` may do all but free it. */
struct ingress_sink {
        void *userdata;
        /* A message of ours is in hand and not acknowledged. Called from ingress_take only. Not 0: nothing more is
         * taken or released, and ingress_take returns it. */
        int (*message)(void *userdata, struct ingress *i, const struct ingress_message *m);
        /* Every change of state, with the reason (library's or broker's words). */
        void (*state)(void *userdata, struct ingress *i, enum ingress_state old, enum ingress_state new_state,
                      const char *why);
        /* CONNACK, each time, before the first message. */
        void (*connected)(void *userdata, struct ingress *i);
        /* CONNACK without "session present" where one was expected: messages may be missing. Called after the change to
         * CATCHING_UP and before the first message. */
        void (*session_lost)(void *userdata, struct ingress *i);
        /* Something can be read: the engine should begin a turn. */
        void (*readable)(void *userdata, struct ingress *i);
        /* What the broker said to a message to options.probe_topic, once a connection, when it is live. May be NULL
         * without that topic. */
        void (*probed)(void *userdata, struct ingress *i, bool refused);
};

int ingress_new(struct ingress **ret, struct event_base *base, const struct ingress_options *options,
                const struct ingress_sink *sink);
struct ingress *ingress_free(struct ingress *i);
DEFINE_CLEANUP(struct ingress *, ingress_free)

/** Start connecting. `now`, here and below: boot clock, µs. */
int ingress_start(struct ingress *i, int64_t now);
/** Read what the socket has, at most `max` messages, calling sink->message for each. Returns how many, or the sink's
 *  error. Acks for them are queued and do not leave; at most `batch` messages are in hand. A connection that ends
 *  meanwhile is told through sink->state; what was handed on before stays valid and will come again. */
int ingress_take(struct ingress *i, size_t max, int64_t now);
/** After the commit of all that was taken: let the acks leave. 0, or the sink's earlier error. */
int ingress_release(struct ingress *i);
/** Queues a message for the broker; it leaves with the next release. `qos` 0 or 1, not kept over the connection's end.
 *  0, -ENOTCONN if there is none, -ENOMEM, -EINVAL (a topic with wildcards, a payload that is too large). */
int ingress_publish(struct ingress *i, struct ww_str topic, struct ww_str payload, int qos, bool retain);
/** Close the socket without flushing acks (journal full); the broker queues and will redeliver. */
void ingress_pause(struct ingress *i);
void ingress_resume(struct ingress *i, int64_t now);
/** Orderly: DISCONNECT, session kept by the broker. Acks must have been released. */
void ingress_stop(struct ingress *i);

/** Ask the broker for proof that nothing waits there: a message to ourselves, behind all that it has for us. Only
 * between a release and the next take, and only one is on its way: another is not sent before it is back. */
void ingress_echo(struct ingress *i, int64_t now);
/** The moment up to which all that the broker had for us is known to have been handed on: when the newest echo (or the
 *  fence) that is back was sent; how long it took, µs. 0 = not live. */
int64_t ingress_proven(const struct ingress *i, int64_t *ret_took);

/** How far the broker has read our acks, as far as we know: up to this of the messages that were handed on, counted
 * from 1 since ingress_new(); all of those that came on this connection. We ask it by ourselves. */
uint64_t ingress_acks_read(const struct ingress *i);

enum ingress_state ingress_state(const struct ingress *i);
const char *ingress_name(const struct ingress *i);
struct ingress_figures {
        uint64_t messages, bytes, duplicates, acks_held, connects, disconnects, own_topics, session_lost, published;
        uint64_t acks_unread;   /* messages of this connection whose acks the broker is not known to have read */
        const char *last_error; /* "" = none */
        int64_t connected_for;  /* µs, 0 = not */
};
void ingress_figures(const struct ingress *i, int64_t now, struct ingress_figures *ret);
