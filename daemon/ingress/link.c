/*
 * The socket under a session: its events, its deadlines, its end.
 *
 * Acks. The library queues PUBACK before it calls us, and writes its queue in the order in which it was filled; those
 * of messages that went past it (direct.c) are ours to write, before its queue, which is at the end of a packet then.
 * So the whole queue may leave only while nothing is in hand: SUBSCRIBE, the fence and PINGREQ that are wanted
 * meanwhile wait for the release (a turn is short; a commit that does not come within the keepalive costs the
 * connection, and the broker redelivers). Released acks that the socket does not take at once are `draining`: until
 * they are out nothing is taken, since new acks would leave with them.
 *
 * An object of the library is used for one connection. Destroying it closes the socket without writing what is
 * queued, which is what a full journal and a lost link need.
 *
 * Silence. After two thirds of the keepalive without traffic the library pings; half a keepalive later without a
 * byte from the peer we call it dead. Bytes that we have not read yet are no silence.
 */
#include "base/clock.h"
#include "ingress/connector.h"
#include "ingress/ingress_internal.h"
#include <sys/ioctl.h>
#include <sys/socket.h>

#define LINK_TICK     WW_SECOND
#define LINK_STABLE   (10 * WW_SECOND) /* a connection that held so long was a good one: backoff begins anew */
#define LINK_PATIENCE 3                /* keepalives without a message that a fence may take */

void link_plan(struct ingress *i, int64_t at) {
        int64_t now = clock_boot();
        int64_t wait = at > now ? at - now : 0;
        struct timeval tv = { wait / WW_SECOND, wait % WW_SECOND };

        event_add(i->timer, &tv);
}

size_t link_unread(const struct ingress *i) {
        int n = 0;

        if (!i->mosq || mosquitto_socket(i->mosq) < 0 || ioctl(mosquitto_socket(i->mosq), FIONREAD, &n) < 0)
                return 0;
        return n > 0 ? (size_t)n : 0;
}

static void link_unwatch(struct ingress *i) {
        if (i->read_event)
                event_free(i->read_event);
        if (i->write_event)
                event_free(i->write_event);
        i->read_event = i->write_event = NULL;
        i->fd = -1;
}

static int link_watch(struct ingress *i) {
        int fd = mosquitto_socket(i->mosq);

        link_unwatch(i);
        if (fd < 0)
                return -ENOTCONN;
        i->read_event = event_new(i->base, fd, EV_READ, link_readable, i);
        i->write_event = event_new(i->base, fd, EV_WRITE, link_writable, i);
        i->fd = fd;
        return i->read_event && i->write_event ? 0 : -ENOMEM;
}

/* Both events are one-shot: whoever does not take is not called again and again. */
void link_arm(struct ingress *i) {
        if (!i->mosq || i->fd < 0)
                return;
        if (!i->draining && i->in_hand < (size_t)i->batch)
                event_add(i->read_event, NULL);
        if (i->buffered && !i->draining && i->in_hand < (size_t)i->batch)
                event_active(i->read_event, EV_READ, 0);
        if (i->in_hand == 0 && link_want_write(i))
                event_add(i->write_event, NULL);
}

void link_close(struct ingress *i) {
        link_unwatch(i);
        if (i->connector)
                i->connector = connector_abandon(i->connector);
        if (i->mosq)
                mosquitto_destroy(i->mosq);
        i->mosq = NULL;
        if (i->connected_at)
                i->figures.disconnects++;
        buf_reset(&i->acks);
        i->in_hand = i->acked = i->unanswered = 0;
        i->amid = i->by_library = false;
        i->unread = 0; /* what the broker has not read it sends again first of all */
        i->asking = 0;
        i->probe_due = i->probing = false;
        i->draining = i->lost = i->connack = i->suback = i->logging = i->dup = i->buffered = false;
        i->connected_at = i->asked_at = i->fence_at = i->proven_at = 0;
        i->fence[0] = 0;
}

static int64_t link_backoff(struct ingress *i) {
        int64_t span = i->backoff_min;

        for (uint32_t k = 0; k < i->attempts && span < i->backoff_max; k++)
                span *= 2;
        if (span > i->backoff_max)
                span = i->backoff_max;
        return session_jitter(i, span);
}

void link_fail(struct ingress *i) {
        int64_t now = i->now;

        if (i->connected_at && now - i->connected_at >= LINK_STABLE)
                i->attempts = 0;
        i->attempt_at = now + link_backoff(i);
        i->attempts++;
        if (!i->why[0])
                ingress_blame(i, "the connection ended without a reason");
        link_close(i);
        memcpy(i->error, i->why, sizeof(i->error));
        link_plan(i, i->attempt_at);
        ingress_enter(i, INGRESS_CLOSED, i->error);
}

static void link_fail_with(struct ingress *i, const char *why) {
        ingress_blame(i, "%s", why);
        link_fail(i);
}

static void link_connected(struct ingress *i, struct mosquitto *mosq, int rc, int error) {
        i->connector = NULL;
        i->mosq = mosq;
        if (rc) {
                ingress_blame(i, "%s:%d: %s", i->host, i->port, reason_library(rc, error));
                link_fail(i);
                return;
        }
        session_watch(i, true);
        i->heard_at = i->began_at = i->now;
        if (link_watch(i) < 0) {
                link_fail_with(i, "no socket to watch");
                return;
        }
        link_arm(i);
}

static void link_thread_done(void *userdata, struct mosquitto *mosq, int rc, int error, const char *words) {
        struct ingress *i = userdata;

        i->now = clock_boot();
        mosquitto_user_data_set(mosq, i);
        if (words[0])
                ingress_blame(i, "%s", words);
        link_connected(i, mosq, rc, error);
}

/* 0 or a code of the library's. */
static int link_connect(struct ingress *i, struct mosquitto *mosq) {
        int rc;

        if (!connector_is_numeric(i->host)) {
                if (connector_start(&i->connector, i->base, mosq, i->host, i->port, session_keepalive(i),
                                    link_thread_done, i) == 0)
                        return 0;
                mosquitto_destroy(mosq);
                return MOSQ_ERR_NOMEM;
        }
        i->mosq = mosq;
        session_watch(i, true);
        rc = mosquitto_connect_async(mosq, i->host, i->port, session_keepalive(i));
        if (!rc)
                link_connected(i, mosq, 0, 0);
        return rc;
}

int link_open(struct ingress *i, int64_t now) {
        struct mosquitto *mosq = NULL;
        int rc;

        i->now = i->began_at = now;
        i->why[0] = 0;
        ingress_enter(i, INGRESS_CONNECTING, i->host);
        link_plan(i, now + LINK_TICK);
        errno = 0;
        rc = session_prepare(i, &mosq);
        if (!rc)
                rc = link_connect(i, mosq);
        if (rc) {
                ingress_blame(i, "%s:%d: %s", i->host, i->port, reason_library(rc, errno));
                link_fail(i);
        }
        return 0;
}

bool link_want_write(const struct ingress *i) {
        return i->acks.n > 0 || mosquitto_want_write(i->mosq);
}

/* Our acks, in one write. 0 or a code of the library's. */
static int link_write_acks(struct ingress *i) {
        while (i->acked < i->acks.n) {
                ssize_t n = send(i->fd, i->acks.p + i->acked, i->acks.n - i->acked, MSG_DONTWAIT | MSG_NOSIGNAL);

                if (n < 0)
                        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : MOSQ_ERR_ERRNO;
                i->acked += (size_t)n;
        }
        buf_reset(&i->acks);
        i->acked = 0;
        return 0;
}

void link_flush(struct ingress *i) {
        int rc = 0;

        if (!i->mosq || i->in_hand)
                return;
        i->by_library = false;
        if (!link_want_write(i))
                return;
        errno = 0;
        rc = link_write_acks(i);
        if (!rc && i->acks.n == 0 && mosquitto_want_write(i->mosq))
                rc = mosquitto_loop_write(i->mosq, 1);
        if (rc)
                ingress_blame(i, "%s", reason_library(rc, errno));
        if (rc || i->lost) {
                link_fail(i);
                return;
        }
        if (!link_want_write(i))
                i->draining = false;
        else if (!i->draining && i->connected_at) {
                i->draining = true;
                i->draining_at = i->now;
        }
        link_arm(i);
}

void link_readable(evutil_socket_t fd, short what, void *userdata) {
        struct ingress *i = userdata;

        i->heard_at = clock_boot();
        i->sink.readable(i->sink.userdata, i);
}

void link_writable(evutil_socket_t fd, short what, void *userdata) {
        struct ingress *i = userdata;

        i->now = clock_boot();
        link_flush(i);
}

/* Only the library makes a PINGREQ. It puts it into the queue, so nothing may be in hand. */
static void link_ping(struct ingress *i) {
        bool wanted;
        int rc;

        if (i->in_hand || i->draining || !i->connected_at)
                return;
        wanted = link_want_write(i);
        rc = mosquitto_loop_misc(i->mosq);
        if (rc || i->lost) {
                link_fail_with(i, rc == MOSQ_ERR_KEEPALIVE ? "the broker does not answer" : reason_library(rc, errno));
                return;
        }
        if (!wanted && mosquitto_want_write(i->mosq))
                i->asked_at = i->now;
        link_flush(i);
}

/* The sentence that ends the connection, or NULL. */
static const char *link_verdict(const struct ingress *i) {
        int64_t now = i->now;

        if (!i->connected_at)
                return now - i->began_at > i->keepalive ? "the broker does not answer: check mqtt.host and mqtt.port"
                                                        : NULL;
        if (i->draining && now - i->draining_at > i->keepalive)
                return "the broker does not read our acks";
        if (i->asked_at && i->heard_at < i->asked_at && now - i->asked_at >= i->keepalive / 2)
                return "the broker does not answer";
        if (i->state == INGRESS_CATCHING_UP && i->in_hand == 0 && now - i->message_at > LINK_PATIENCE * i->keepalive)
                return "our fence does not come back: let our user read and write wardwatch/# in the broker's ACL";
        return NULL;
}

static int64_t link_next_check(const struct ingress *i) {
        int64_t at = i->now + LINK_TICK;

        if (i->asked_at && i->heard_at < i->asked_at && i->asked_at + i->keepalive / 2 < at)
                at = i->asked_at + i->keepalive / 2;
        return at;
}

void link_timer(evutil_socket_t fd, short what, void *userdata) {
        struct ingress *i = userdata;
        const char *verdict;

        i->now = clock_boot();
        if (i->paused || !i->started)
                return;
        if (i->state == INGRESS_CLOSED) {
                if (i->now >= i->attempt_at)
                        link_open(i, i->now);
                else
                        link_plan(i, i->attempt_at);
                return;
        }
        if (link_unread(i) > 0)
                i->heard_at = i->now;
        verdict = link_verdict(i);
        if (verdict) {
                link_fail_with(i, verdict);
                return;
        }
        if (i->mosq)
                link_ping(i);
        reading_ask(i);
        link_flush(i);
        if (i->state != INGRESS_CLOSED)
                link_plan(i, link_next_check(i));
}
