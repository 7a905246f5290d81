/*
 * A session's life, seen from the engine: started, taken from, released, paused, stopped.
 *
 *   closed ──► connecting ──► catching up ──► live
 *     ▲            │               │            │      backoff: min, doubled up to max, half of it random
 *     └────────────┴───────────────┴────────────┘
 *
 * A turn: readable → ingress_take (messages to the sink, acks pile up in the library) → the engine commits →
 * ingress_release (the acks leave). A take that handed nothing on releases by itself: what it read was protocol, or
 * our own topics. Between take and release nothing is written to the socket.
 *
 * The sink is called from inside the library: it must not call back into this session, except for its name and
 * figures.
 */
#include "base/clock.h"
#include "ingress/ingress_internal.h"
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#define LINGER_AT_STOP WW_SECOND

static const char *const state_names[] = {
        [INGRESS_CLOSED] = "closed",
        [INGRESS_CONNECTING] = "connecting",
        [INGRESS_CATCHING_UP] = "catching up",
        [INGRESS_LIVE] = "live",
};

const char *ingress_state_name(enum ingress_state state) {
        return (size_t)state < sizeof(state_names) / sizeof(*state_names) ? state_names[state] : "?";
}

void ingress_enter(struct ingress *i, enum ingress_state state, const char *why) {
        enum ingress_state old = i->state;

        if (old == state)
                return;
        i->state = state;
        i->sink.state(i->sink.userdata, i, old, state, why);
}

void ingress_blame(struct ingress *i, const char *format, ...) {
        va_list args;

        if (i->why[0])
                return;
        va_start(args, format);
        vsnprintf(i->why, sizeof(i->why), format, args);
        va_end(args);
}

static int ingress_copy(char **ret, const char *text) {
        if (!text || !*text)
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

/* "wardwatch/SITE/fence/bulk" → "wardwatch/SITE/": what other sites publish may well be a sensor of ours. */
static int ingress_copy_prefix(char **ret, const char *topic) {
        const char *slash = strchr(topic, '/');

        slash = slash ? strchr(slash + 1, '/') : NULL;
        if (!slash)
                return -EINVAL;
        *ret = strndup(topic, (size_t)(slash + 1 - topic));
        return *ret ? 0 : -ENOMEM;
}

static int ingress_copy_filters(struct ingress *i, const struct ingress_options *o) {
        i->filters = calloc(o->n_filters + 1, sizeof(*i->filters));
        if (!i->filters)
                return -ENOMEM;
        for (size_t k = 0; k < o->n_filters; k++) {
                i->filters[i->n_filters] = strdup(o->filters[k]);
                if (!i->filters[i->n_filters])
                        return -ENOMEM;
                i->n_filters++;
        }
        i->filters[i->n_filters] = strdup(o->fence_topic);
        return i->filters[i->n_filters++] ? 0 : -ENOMEM;
}

static int ingress_copy_strings(struct ingress *i, const struct ingress_options *o) {
        const struct {
                char **ret;
                const char *text;
        } strings[] = {
                { &i->name, o->name },
                { &i->host, o->host },
                { &i->client_id, o->client_id },
                { &i->user, o->user },
                { &i->password, o->password },
                { &i->ca_file, o->ca_file },
                { &i->cert_file, o->cert_file },
                { &i->key_file, o->key_file },
                { &i->fence_topic, o->fence_topic },
                { &i->probe_topic, o->probe_topic },
        };
        int r = 0;

        for (size_t k = 0; !r && k < sizeof(strings) / sizeof(*strings); k++)
                r = ingress_copy(strings[k].ret, strings[k].text);
        if (!r)
                r = ingress_copy_prefix(&i->own_prefix, o->fence_topic);
        return r ? r : ingress_copy_filters(i, o);
}

static bool ingress_options_fit(const struct ingress_options *o) {
        return o->name && o->host && *o->host && o->client_id && *o->client_id && o->fence_topic && o->port > 0 &&
               o->port <= 65535 && o->batch > 0 && o->batch <= 65535 && o->packet_max > 0 &&
               o->packet_max <= UINT32_MAX && o->keepalive > 0 && o->session_expiry >= 0 && o->backoff_min > 0 &&
               o->backoff_max >= o->backoff_min;
}

/* Two sessions, and two daemons, must not retry in step. */
static uint64_t ingress_seed(const char *client_id) {
        uint64_t seed = (uint64_t)clock_boot();

        while (*client_id)
                seed = (seed ^ (unsigned char)*client_id++) * UINT64_C(0x100000001b3);
        return seed;
}

static int ingress_init(struct ingress *i, struct event_base *base, const struct ingress_options *o) {
        i->base = base;
        i->port = o->port;
        i->tls = o->tls;
        i->batch = o->batch;
        i->packet_max = o->packet_max;
        i->keepalive = o->keepalive;
        i->session_expiry = o->session_expiry;
        i->backoff_min = o->backoff_min;
        i->backoff_max = o->backoff_max;
        i->session_known = o->session_known;
        i->random = ingress_seed(o->client_id);
        i->timer = evtimer_new(base, link_timer, i);
        i->window = malloc(INGRESS_WINDOW);
        return i->timer && i->window ? ingress_copy_strings(i, o) : -ENOMEM;
}

int ingress_new(struct ingress **ret, struct event_base *base, const struct ingress_options *options,
                const struct ingress_sink *sink) {
        _cleanup_(ingress_freep) struct ingress *i = NULL;
        int r;

        if (!ingress_options_fit(options))
                return -EINVAL;
        i = calloc(1, sizeof(*i));
        if (!i)
                return -ENOMEM;
        mosquitto_lib_init();
        i->sink = *sink;
        i->fd = i->linger_fd = -1;
        r = ingress_init(i, base, options);
        if (r)
                return r;
        *ret = i;
        i = NULL;
        return 0;
}

static void ingress_free_strings(struct ingress *i) {
        char *const strings[] = { i->name,      i->host,     i->client_id,   i->user,       i->password,   i->ca_file,
                                  i->cert_file, i->key_file, i->fence_topic, i->own_prefix, i->probe_topic };

        if (i->password)
                explicit_bzero(i->password, strlen(i->password));
        for (size_t k = 0; k < sizeof(strings) / sizeof(*strings); k++)
                free(strings[k]);
        for (size_t k = 0; k < i->n_filters; k++)
                free(i->filters[k]);
        free(i->filters);
}

struct ingress *ingress_free(struct ingress *i) {
        if (!i)
                return NULL;
        linger_end(i);
        link_close(i);
        free(i->window);
        buf_deinit(&i->acks);
        if (i->timer)
                event_free(i->timer);
        ingress_free_strings(i);
        free(i);
        mosquitto_lib_cleanup();
        return NULL;
}

int ingress_start(struct ingress *i, int64_t now) {
        if (i->started)
                return 0;
        i->started = true;
        return i->paused ? 0 : link_open(i, now);
}

/* One call of the library reads one packet, or all that one TLS record brought; more if that many messages of ours are
 * unanswered. */
static int ingress_read(struct ingress *i, bool whole) {
        bool one = i->unanswered <= 1;
        int rc;

        i->seen = false;
        i->consumed = 0;
        errno = 0;
        i->reading = true;
        rc = mosquitto_loop_read(i->mosq, 1);
        i->reading = false;
        i->amid = !one || !(whole || i->seen);
        if (rc) {
                ingress_blame(i, "%s", reason_library(rc, errno));
                i->lost = true;
        }
        if (!i->lost)
                session_advance(i);
        return i->lost ? MOSQ_ERR_CONN_LOST : 0;
}

static bool ingress_may_read(const struct ingress *i, size_t max) {
        return !i->lost && !i->sink_error && i->in_hand < max;
}

/* How much is unread is asked once for what came, not once for each packet: the sizes are counted down instead, and a
 * little short, so that at worst one read finds nothing. */
static void ingress_read_alone(struct ingress *i, size_t max) {
        size_t unread = link_unread(i);

        if (unread == 0)
                ingress_read(i, false); /* the peer's FIN, or an error */
        while (unread > 0 && ingress_may_read(i, max)) {
                if (ingress_read(i, false))
                        return;
                if (i->seen && unread > i->consumed)
                        unread -= i->consumed;
                else
                        unread = link_unread(i);
        }
}

static void ingress_read_plain(struct ingress *i, size_t max) {
        while (ingress_may_read(i, max)) {
                switch (direct_read(i, max)) {
                case DIRECT_NOTHING:
                        return;
                case DIRECT_WHOLE:
                        ingress_read(i, true);
                        break;
                case DIRECT_PART:
                        ingress_read_alone(i, max);
                        return;
                }
        }
}

/* A TLS record that has left the socket may hold many packets: only a read that finds nothing says that it is empty.
 * What is left there when `max` is reached raises no event of the socket's; link_arm() sees to it. */
static void ingress_read_tls(struct ingress *i, size_t max) {
        i->buffered = true;
        while (i->buffered && ingress_may_read(i, max)) {
                if (ingress_read(i, false))
                        return;
                i->buffered = i->seen || link_unread(i) > 0;
        }
}

static void ingress_read_all(struct ingress *i, size_t max) {
        if (!ingress_may_read(i, max))
                return;
        if (link_unread(i) > 0)
                i->heard_at = i->now;
        if (i->tls)
                ingress_read_tls(i, max);
        else
                ingress_read_plain(i, max);
}

int ingress_take(struct ingress *i, size_t max, int64_t now) {
        size_t before = i->in_hand, limit = before + max;
        size_t taken;

        i->now = now;
        if (!i->mosq || i->draining || i->fd < 0)
                return 0;
        ingress_read_all(i, limit < (size_t)i->batch ? limit : (size_t)i->batch);
        taken = i->in_hand - before;
        if (i->sink_error)
                return i->sink_error;
        if (i->lost) {
                link_fail(i);
                return (int)taken;
        }
        if (i->in_hand == 0)
                link_flush(i);
        link_arm(i);
        return (int)taken;
}

int ingress_release(struct ingress *i) {
        size_t n = i->in_hand;

        if (i->sink_error)
                return i->sink_error;
        i->in_hand = 0;
        i->now = clock_boot();
        reading_released(i, n);
        link_flush(i);
        link_arm(i);
        return 0;
}

int ingress_publish(struct ingress *i, struct ww_str topic, struct ww_str payload, int qos, bool retain) {
        char *name;
        int rc;

        if (!i->connected_at || i->lost)
                return -ENOTCONN;
        name = ww_str_copy(topic);
        if (!name)
                return -ENOMEM;
        rc = payload.n > INT_MAX ? MOSQ_ERR_PAYLOAD_SIZE : session_publish(i, NULL, name, payload, qos, retain);
        free(name);
        i->figures.published += rc == 0;
        return rc == MOSQ_ERR_NOMEM ? -ENOMEM : rc == MOSQ_ERR_NO_CONN ? -ENOTCONN : rc ? -EINVAL : 0;
}

static void ingress_leave(struct ingress *i, const char *why) {
        event_del(i->timer);
        link_close(i);
        ingress_enter(i, INGRESS_CLOSED, why);
}

/* With acks in hand or on their way it would carry out acks, or wait behind them. */
void ingress_echo(struct ingress *i, int64_t now) {
        i->now = now;
        if (i->state != INGRESS_LIVE || i->lost || i->fence[0] || i->in_hand || i->draining)
                return;
        session_fence(i);
        if (i->lost)
                link_fail(i);
        else
                link_flush(i);
}

int64_t ingress_proven(const struct ingress *i, int64_t *ret_took) {
        *ret_took = i->proven_in;
        return i->state == INGRESS_LIVE ? i->proven_at : 0;
}

void ingress_pause(struct ingress *i) {
        int fd;

        if (i->paused)
                return;
        i->paused = true;
        i->now = clock_boot();
        link_flush(i);
        fd = linger_hold(i);
        ingress_leave(i, "paused");
        linger_begin(i, fd);
}

void ingress_resume(struct ingress *i, int64_t now) {
        if (!i->paused)
                return;
        i->paused = false;
        i->attempts = 0;
        if (i->started && !i->linger)
                link_open(i, now);
}

void ingress_stop(struct ingress *i) {
        int fd = linger_hold(i);

        i->started = false;
        if (i->connected_at && i->in_hand == 0 && !i->draining && mosquitto_disconnect_v5(i->mosq, 0, NULL) == 0)
                mosquitto_loop_write(i->mosq, 1);
        ingress_leave(i, "stopped");
        linger_end(i);
        linger_wait(fd, LINGER_AT_STOP);
}

enum ingress_state ingress_state(const struct ingress *i) {
        return i->state;
}

const char *ingress_name(const struct ingress *i) {
        return i->name;
}

void ingress_figures(const struct ingress *i, int64_t now, struct ingress_figures *ret) {
        *ret = i->figures;
        ret->acks_held = i->in_hand;
        ret->acks_unread = i->unread;
        ret->last_error = i->error;
        ret->connected_for = i->connected_at ? now - i->connected_at : 0;
}
