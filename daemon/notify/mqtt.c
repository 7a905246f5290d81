/*
 * MQTT: a connection of its own, published with QoS 1; the broker's acknowledgement says that it is delivered.
 *
 * libmosquitto's connecting blocks (names, TLS), so the connection lives in a thread: it connects, reads and writes,
 * and comes back by itself. The loop and the thread share a state, a list of acknowledgements and an eventfd.
 *
 *     beginning ──connected──► up ◄──► down
 *
 * While it is beginning, deliveries wait; while it is down they fail at once, so that the fallback need not wait.
 */
#include "base/log.h"
#include "notify/address.h"
#include "notify/template.h"
#include "notify/transports.h"

#include <event2/event.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define KEEPALIVE 15 /* s */
#define AGAIN     1  /* s between two tries of the first connection */
#define ACKS_MAX  64 /* more than the deliveries at once of a channel */

enum line_state {
        LINE_BEGINNING,
        LINE_UP,
        LINE_DOWN,
};

struct ack {
        int mid, reason;
};

struct line {
        const struct channel_config *channel;
        struct address_server server;
        struct mosquitto *mosquitto;
        struct event *woken;
        int wake_fd;
        pthread_t thread;
        bool started;
        atomic_bool stop;
        struct sending *sendings; /* of the loop alone */

        pthread_mutex_t lock;
        enum line_state state;
        char trouble[128];
        struct ack acks[ACKS_MAX];
        size_t n_acks;
};

struct sending {
        struct line *line;
        struct delivery *delivery;
        int mid; /* 0: it waits for the connection */
        struct sending *next;
};

/* --- the thread --- */

static void line_wake(struct line *l) {
        const uint64_t one = 1;

        (void)!write(l->wake_fd, &one, sizeof one);
}

static void line_set(struct line *l, enum line_state state, const char *trouble) {
        (void)pthread_mutex_lock(&l->lock);
        l->state = state;
        (void)snprintf(l->trouble, sizeof l->trouble, "%s", trouble);
        (void)pthread_mutex_unlock(&l->lock);
        line_wake(l);
}

static void on_connect(struct mosquitto *m, void *userdata, int rc, int flags, const mosquitto_property *p) {
        (void)m;
        (void)flags;
        (void)p;
        line_set(userdata, rc ? LINE_DOWN : LINE_UP, rc ? mosquitto_reason_string(rc) : "");
}

static void on_disconnect(struct mosquitto *m, void *userdata, int rc, const mosquitto_property *p) {
        (void)m;
        (void)p;
        line_set(userdata, LINE_DOWN, rc ? mosquitto_strerror(rc) : "disconnected");
}

static void on_publish(struct mosquitto *m, void *userdata, int mid, int reason, const mosquitto_property *p) {
        struct line *l = userdata;

        (void)m;
        (void)p;
        (void)pthread_mutex_lock(&l->lock);
        if (l->n_acks < ACKS_MAX)
                l->acks[l->n_acks++] = (struct ack){ mid, reason };
        (void)pthread_mutex_unlock(&l->lock);
        line_wake(l);
}

static void line_rest(struct line *l) {
        const struct timespec part = { .tv_nsec = 50 * 1000 * 1000 };

        for (int i = 0; i < AGAIN * 20 && !atomic_load(&l->stop); i++)
                (void)nanosleep(&part, NULL);
}

static void *line_run(void *userdata) {
        struct line *l = userdata;

        while (!atomic_load(&l->stop)) {
                int rc = mosquitto_connect(l->mosquitto, l->server.host, atoi(l->server.port), KEEPALIVE);

                if (rc == MOSQ_ERR_SUCCESS)
                        rc = mosquitto_loop_forever(l->mosquitto, 500, 1);
                if (rc != MOSQ_ERR_SUCCESS)
                        line_set(l, LINE_DOWN, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
                line_rest(l);
        }
        return NULL;
}

/* --- the loop --- */

static void sending_free(struct sending *s) {
        struct sending **at = &s->line->sendings;

        while (*at != s)
                at = &(*at)->next;
        *at = s->next;
        free(s);
}

static void sending_ends(struct sending *s, enum outcome outcome, const char *answer) {
        struct delivery *d = s->delivery;

        sending_free(s);
        delivery_ended(d, outcome, "%s", answer);
}

/* What a word of a notification puts into a topic is one level of it, and no wildcard. */
static void topic_put(const struct delivery *d, struct buf *out) {
        struct ww_str pattern = ww_str(d->channel->topic);

        for (size_t i = 0; i < pattern.n;) {
                const char *brace = memchr(pattern.p + i, '{', pattern.n - i);
                size_t end = brace ? (size_t)(brace - pattern.p) : pattern.n;
                const char *close = brace ? memchr(brace, '}', pattern.n - end) : NULL;
                size_t from;

                buf_put(out, pattern.p + i, end - i);
                if (!brace)
                        return;
                from = out->n;
                i = close ? (size_t)(close - pattern.p) + 1 : pattern.n;
                template_put((struct ww_str){ brace, i - end }, d->notification, WW_STR_NONE, out);
                for (size_t k = from; k < out->n; k++)
                        if (strchr("/+#", out->p[k]))
                                out->p[k] = '_';
        }
}

static int publish(struct sending *s) {
        const struct delivery *d = s->delivery;
        _cleanup_buf_ struct buf topic = BUF_INIT;
        _cleanup_buf_ struct buf body = BUF_INIT;
        mosquitto_property *properties = NULL;
        int rc = MOSQ_ERR_NOMEM;

        topic_put(d, &topic);
        buf_put_u8(&topic, 0);
        if (!topic.error && delivery_body(d, &body) == 0 &&
            mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, "key",
                                               notification_text(d->notification, "key")) == MOSQ_ERR_SUCCESS)
                rc = mosquitto_publish_v5(s->line->mosquitto, &s->mid, (const char *)topic.p, (int)body.n, body.p,
                                          (int)d->channel->qos, false, properties);
        mosquitto_property_free_all(&properties);
        return rc;
}

static void sending_begins(struct sending *s) {
        int rc = publish(s);

        if (rc)
                sending_ends(s, rc == MOSQ_ERR_PAYLOAD_SIZE || rc == MOSQ_ERR_INVAL ? OUTCOME_REFUSED : OUTCOME_FAILED,
                             mosquitto_strerror(rc));
}

static void line_acknowledged(struct line *l, struct ack ack) {
        struct sending *s = l->sendings;

        while (s && s->mid != ack.mid)
                s = s->next;
        if (!s)
                return;
        if (ack.reason < 0x80)
                sending_ends(s, OUTCOME_SENT, "acknowledged");
        else
                sending_ends(s, ack.reason == MQTT_RC_QUOTA_EXCEEDED ? OUTCOME_FAILED : OUTCOME_REFUSED,
                             mosquitto_reason_string(ack.reason));
}

static void on_woken(evutil_socket_t fd, short events, void *userdata) {
        char trouble[sizeof((struct line *)0)->trouble];
        struct line *l = userdata;
        struct ack acks[ACKS_MAX];
        enum line_state state;
        uint64_t count;
        size_t n;

        (void)events;
        (void)!read(fd, &count, sizeof count);
        (void)pthread_mutex_lock(&l->lock);
        state = l->state;
        memcpy(trouble, l->trouble, sizeof trouble);
        n = l->n_acks;
        memcpy(acks, l->acks, sizeof acks);
        l->n_acks = 0;
        (void)pthread_mutex_unlock(&l->lock);
        for (size_t i = 0; i < n; i++)
                line_acknowledged(l, acks[i]);
        for (struct sending *s = l->sendings, *next; s && state != LINE_BEGINNING; s = next) {
                next = s->next;
                if (state == LINE_DOWN)
                        sending_ends(s, OUTCOME_FAILED, trouble);
                else if (!s->mid)
                        sending_begins(s);
        }
}

/* --- a channel --- */

static int line_prepare(struct line *l) {
        const struct channel_config *c = l->channel;
        char id[128];

        (void)snprintf(id, sizeof id, "%s%s", *c->client_id ? c->client_id : "wardwatch-notify-",
                       *c->client_id ? "" : c->name);
        l->mosquitto = mosquitto_new(id, true, l);
        if (!l->mosquitto)
                return -ENOMEM;
        (void)mosquitto_int_option(l->mosquitto, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        (void)mosquitto_threaded_set(l->mosquitto, true);
        (void)mosquitto_reconnect_delay_set(l->mosquitto, 1, 10, true);
        mosquitto_connect_v5_callback_set(l->mosquitto, on_connect);
        mosquitto_disconnect_v5_callback_set(l->mosquitto, on_disconnect);
        mosquitto_publish_v5_callback_set(l->mosquitto, on_publish);
        if (*c->user && mosquitto_username_pw_set(l->mosquitto, c->user, c->password))
                return -ENOMEM;
        if (strncmp(c->url, "mqtts:", 6) == 0 &&
            mosquitto_tls_set(l->mosquitto, *c->ca_file ? c->ca_file : NULL, *c->ca_file ? NULL : "/etc/ssl/certs",
                              NULL, NULL, NULL))
                return -EINVAL;
        return 0;
}

static int line_start(struct line *l) {
        sigset_t all, old;
        int r;

        (void)sigfillset(&all); /* signals are the loop's */
        (void)pthread_sigmask(SIG_SETMASK, &all, &old);
        r = pthread_create(&l->thread, NULL, line_run, l);
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
        l->started = r == 0;
        return -r;
}

static void mqtt_close(void *userdata) {
        struct line *l = userdata;
        struct timespec until;

        atomic_store(&l->stop, true);
        if (l->started) {
                (void)mosquitto_disconnect(l->mosquitto);
                (void)clock_gettime(CLOCK_REALTIME, &until);
                until.tv_sec += 2;
                if (pthread_timedjoin_np(l->thread, NULL, &until) != 0)
                        return; /* in a connect that hangs: it keeps what it uses, the process ends anyway */
        }
        if (l->woken)
                event_free(l->woken);
        if (l->mosquitto)
                mosquitto_destroy(l->mosquitto);
        while (l->sendings)
                sending_free(l->sendings);
        cleanup_closep(&l->wake_fd);
        (void)pthread_mutex_destroy(&l->lock);
        free(l);
}

static int mqtt_open(void **ret, const struct channel_config *channel, const struct transport_ground *ground) {
        const char *port = strncmp(channel->url, "mqtts:", 6) == 0 ? "8883" : "1883";
        struct line *l = calloc(1, sizeof *l);
        int r = 0;

        if (!l)
                return -ENOMEM;
        l->channel = channel;
        (void)pthread_mutex_init(&l->lock, NULL);
        (void)mosquitto_lib_init();
        l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (!address_server(channel->url, port, &l->server))
                r = -EINVAL;
        if (!r)
                r = l->wake_fd < 0 ? -errno : line_prepare(l);
        if (!r) {
                l->woken = event_new(ground->base, l->wake_fd, EV_READ | EV_PERSIST, on_woken, l);
                r = l->woken && event_add(l->woken, NULL) == 0 ? line_start(l) : -ENOMEM;
        }
        if (r)
                mqtt_close(l);
        else
                *ret = l;
        return r;
}

static int mqtt_send(struct delivery *d) {
        struct line *l = d->line;
        struct sending *s = calloc(1, sizeof *s), **end = &l->sendings;

        if (!s)
                return -ENOMEM;
        *s = (struct sending){ .line = l, .delivery = d };
        while (*end) /* in order */
                end = &(*end)->next;
        *end = s;
        d->state = s;
        line_wake(l);
        return 0;
}

static void mqtt_cancel(struct delivery *d) {
        sending_free(d->state);
        d->state = NULL;
}

const struct transport transport_mqtt = {
        .open = mqtt_open, .close = mqtt_close, .send = mqtt_send, .cancel = mqtt_cancel
};
