#pragma once
/* What the files of this stage share. Nobody else includes it. */
#include "base/buf.h"
#include "ingress/ingress.h"
#include <event2/event.h>
#include <mosquitto.h>

#define INGRESS_WHY_MAX 256         /* bytes of a reason in words, with its NUL */
#define INGRESS_WINDOW  (32 * 1024) /* bytes of the socket that are looked at at a time: two bites of the engine */

struct connector;

struct ingress {
        struct event_base *base;
        struct ingress_sink sink;

        /* copies of the options; strings owned, NULL = not set */
        char *name, *host, *client_id, *user, *password, *ca_file, *cert_file, *key_file;
        char *fence_topic, *own_prefix; /* own_prefix: "wardwatch/SITE/" */
        char *probe_topic;              /* NULL = no probe */
        char **filters;                 /* the caller's, then the fence topic */
        size_t n_filters;
        int port, batch;
        bool tls;
        size_t packet_max;
        int64_t keepalive, session_expiry, backoff_min, backoff_max;

        /* the life of the session */
        enum ingress_state state;
        bool started, paused, session_known;
        uint32_t attempts;           /* failed ones in a row */
        uint64_t random;             /* state of the jitter's generator */
        int fence_mid;               /* of the fence's PUBLISH: that it is refused ends the session, others may be */
        char fence[40];              /* payload of the fence or echo that is on its way, "" = none */
        char why[INGRESS_WHY_MAX];   /* the newest words of the library or the broker */
        char error[INGRESS_WHY_MAX]; /* figures' last_error */

        /* the connection: a fresh library object each time */
        struct mosquitto *mosq;      /* NULL = none, or in the connector's hands */
        struct connector *connector; /* a connect in a thread of its own, NULL = none */
        bool lost;                   /* a callback saw the end; acted upon after the library has returned */
        bool logging;                /* the library's log callback is set (it costs a formatted line for each packet) */
        bool dup;                    /* of the PUBLISH whose line was logged last */
        bool draining;               /* released acks are still queued: nothing may be taken until they are out */
        uint8_t *window;             /* INGRESS_WINDOW, a look at what waits in the socket (direct.c) */
        struct buf acks;             /* of messages that the library has not seen; `acked` bytes of it have left */
        size_t acked;
        bool amid;               /* the library may have read a part of a packet */
        bool by_library;         /* it has handed over a message since the last release */
        bool reading;            /* mosquitto_loop_read() is on the stack */
        size_t unanswered;       /* messages of ours, QoS 1, that the broker has not acknowledged */
        bool probe_due, probing; /* the fence is back; the probe is out */
        int probe_mid;           /* of its PUBLISH */
        int64_t probe_from;      /* none before */
        bool connack, suback;    /* arrived, not acted upon yet */
        bool buffered;           /* TLS: decrypted bytes may wait inside the library */
        size_t in_hand;          /* messages handed on since the last release */
        size_t consumed;         /* bytes of the PUBLISH that the newest read handed over */
        bool seen;               /* the newest read handed over a PUBLISH */
        int sink_error;          /* the sink's answer to a message, 0 = fine */
        int64_t now;             /* of the call that is on the stack */

        int64_t began_at;     /* of the attempt */
        int64_t connected_at; /* 0 = not */
        int64_t heard_at;     /* bytes came, or were there to be read */
        int64_t asked_at;     /* a ping went out, 0 = none is open */
        int64_t message_at;   /* a message came, or the fence went out */
        int64_t fence_at;     /* the fence or echo that is on its way went out */
        int64_t proven_at;    /* the newest that is back went out, 0 = none is */
        int64_t proven_in;    /* so long it took */
        int64_t draining_at;
        int64_t attempt_at; /* when the next attempt is due */

        uint64_t unread;          /* messages of this connection, released, whose acks the broker may not have read */
        uint64_t asked, asked_to; /* so many of them, up to that number, the answer will speak for */
        uint64_t read;            /* up to that number, since ingress_new(), it has read them */
        int asking;               /* mid of the question, 0 = none is out */
        int64_t ask_at;           /* though they are few */

        struct event *linger; /* on linger_fd, NULL = none */
        int linger_fd;        /* the connection before, as long as the broker reads from it; -1 = none */
        int64_t linger_until;

        struct event *read_event, *write_event, *timer;
        int fd; /* that the events watch, -1 = none */

        struct ingress_figures figures;
};

/* ingress.c */
void ingress_enter(struct ingress *i, enum ingress_state state, const char *why);
/** A sentence for people into i->why; the first one of a connection's end stays. */
void ingress_blame(struct ingress *i, const char *format, ...) _printf_(2, 3);

/* link.c: the socket, its events and deadlines */
int link_open(struct ingress *i, int64_t now);
/** Drop the connection, with every ack that is still queued. Harmless without one. */
void link_close(struct ingress *i);
/** The connection failed: close it, say why, plan the next attempt. */
void link_fail(struct ingress *i);
void link_arm(struct ingress *i);
/** Let everything that is queued leave. Only when nothing is in hand. */
void link_flush(struct ingress *i);
/** Bytes that wait in the socket, 0 = none. */
size_t link_unread(const struct ingress *i);
void link_timer(evutil_socket_t fd, short what, void *userdata);
void link_readable(evutil_socket_t fd, short what, void *userdata);
void link_writable(evutil_socket_t fd, short what, void *userdata);
void link_plan(struct ingress *i, int64_t at);

/** Something waits to be written. */
bool link_want_write(const struct ingress *i);

/* linger.c: a connection's end, after which the broker has read all of ours */
/** The connection's socket once more, -1 = there is none. The caller's. */
int linger_hold(const struct ingress *i);
/** Take `fd` (-1 = none) and wait in the loop until the broker has closed it; the next connection begins behind that.
 */
void linger_begin(struct ingress *i, int fd);
/** Wait no longer. Harmless without one. */
void linger_end(struct ingress *i);
/** The same for who has no loop any more: waits here, `usec` at most, and closes it. */
void linger_wait(int fd, int64_t usec);

/* reading.c: how far the broker has read our acks */
/** The acks of `n` messages are on their way. */
void reading_released(struct ingress *i, size_t n);
/** Ask, if it is time; leaves with the next flush. */
void reading_ask(struct ingress *i);
/** The broker has answered our message `mid`. */
void reading_answered(struct ingress *i, int mid);
/** The fence is back. */
void reading_fence(struct ingress *i);

/* direct.c: messages past the library. What stands at the front of the socket after it: nothing to be read now, a whole
 * packet for the library, or a part of one (also: nobody knows). */
enum direct_front {
        DIRECT_NOTHING,
        DIRECT_WHOLE,
        DIRECT_PART,
};
/** Hands on messages until `max` are in hand. May set lost or sink_error. */
enum direct_front direct_read(struct ingress *i, size_t max);
/** The body of a packet whose first byte is `head`, as a message that points into it. False: not a PUBLISH of QoS 0 or
 * 1 that is right in every part. */
bool direct_publish(uint8_t head, struct ww_str body, struct ingress_message *ret);

/* session.c: what the protocol says */
/** Hand a message on, or look at it if it is of our own topics. */
void session_message(struct ingress *i, const struct ingress_message *m);
/** Queue a message of ours. 0 or a code of the library's. */
int session_publish(struct ingress *i, int *ret_mid, const char *topic, struct ww_str payload, int qos, bool retain);
int session_prepare(struct ingress *i, struct mosquitto **ret);
/** Keepalive for the wire, seconds. */
int session_keepalive(const struct ingress *i);
/** Answer what has arrived: SUBSCRIBE after CONNACK, the fence after SUBACK. */
void session_advance(struct ingress *i);
/** Send ourselves a message behind all that the broker has for us: the fence, or an echo. */
void session_fence(struct ingress *i);
/** Listen to the library's log, or stop it. Not from a callback. */
void session_watch(struct ingress *i, bool on);
/** span/2 to span, µs. */
int64_t session_jitter(struct ingress *i, int64_t span);

/* reason.c: words for codes */
void reason_refused(const struct ingress *i, int code, char *out, size_t size);
void reason_disconnected(int code, char *out, size_t size);
const char *reason_library(int rc, int error);
