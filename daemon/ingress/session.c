/*
 * What the protocol says: the properties of CONNECT, the callbacks of the library, SUBSCRIBE, the fence.
 *
 * Properties. mosquitto_connect_async() takes none, and MQTT 5 without "session expiry" ends the session with the
 * connection. The call that takes them, mosquitto_connect_bind_v5(), stores them and then blocks in connect(); given
 * a keepalive that the library refuses (1 to 4 s) it stores them and returns. The test of CONNECT on the wire holds
 * us to it.
 *
 * Callbacks run under a lock of the library and with its state half changed: they write down what came, and
 * session_advance() acts upon it when the library has returned. Only messages go straight to the sink.
 *
 * The probe. Once a connection is live a message goes to a topic that nobody may publish to: a broker that takes it has
 * no ACL. Some brokers end the connection of who tries, with an answer or without (Mosquitto 2.0.11 does with
 * max_queued_messages 0), so for ten minutes no other connection is tried, unless the answer was yes.
 *
 * Log lines. The library tells some things in its log only: that a PUBLISH carries DUP, and why TLS failed. A line
 * costs a formatted string for each packet, so the callback is set from the connect until the first message that is
 * not a redelivery (the broker sends those first), or the fence.
 */
#include "ingress/connector.h"
#include "ingress/ingress_internal.h"
#include <mqtt_protocol.h>
#include <stdio.h>
#include <unistd.h>

#define SESSION_PROBE_AGAIN        (10 * WW_MINUTE)
#define SESSION_UNPRIMED_KEEPALIVE 1 /* s: refused by the library, see above */

static uint64_t session_random(struct ingress *i) {
        uint64_t z = (i->random += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

int session_keepalive(const struct ingress *i) {
        int64_t seconds = i->keepalive * 2 / 3 / WW_SECOND;

        return (int)(seconds < 5 ? 5 : seconds > 65535 ? 65535 : seconds);
}

static uint32_t session_seconds(int64_t span) {
        int64_t seconds = (span + WW_SECOND - 1) / WW_SECOND;

        return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds; /* the largest means "never" */
}

static void on_log(struct mosquitto *mosq, void *userdata, int level, const char *line) {
        struct ingress *i = userdata;
        const char *publish;

        if (level == MOSQ_LOG_ERR) {
                ingress_blame(i, "%s", line);
                return;
        }
        publish = strstr(line, " received PUBLISH (d");
        if (publish)
                i->dup = publish[strlen(" received PUBLISH (d")] == '1';
}

static void on_connect(struct mosquitto *mosq, void *userdata, int code, int flags, const mosquitto_property *props) {
        struct ingress *i = userdata;
        char words[INGRESS_WHY_MAX];
        bool present = flags & 1, lost;

        if (code) {
                reason_refused(i, code, words, sizeof(words));
                ingress_blame(i, "%s", words);
                i->lost = true;
                return;
        }
        i->connack = true;
        i->connected_at = i->message_at = i->now;
        i->figures.connects++;
        lost = i->session_known && !present;
        i->session_known = true;
        i->sink.connected(i->sink.userdata, i);
        ingress_enter(i, INGRESS_CATCHING_UP, present ? "connected, session present" : "connected, new session");
        if (!lost)
                return;
        i->figures.session_lost++;
        i->sink.session_lost(i->sink.userdata, i);
}

static void on_disconnect(struct mosquitto *mosq, void *userdata, int code, const mosquitto_property *props) {
        struct ingress *i = userdata;
        char words[INGRESS_WHY_MAX];
        int error = errno;

        if (code >= 0x80)
                reason_disconnected(code, words, sizeof(words));
        else
                snprintf(words, sizeof(words), "%s", reason_library(code, error));
        ingress_blame(i, "%s", words);
        i->lost = true;
}

static void on_subscribe(struct mosquitto *mosq, void *userdata, int mid, int n, const int *granted,
                         const mosquitto_property *props) {
        struct ingress *i = userdata;

        for (int k = 0; k < n && (size_t)k < i->n_filters; k++) {
                if (granted[k] >= 1 && granted[k] < 0x80)
                        continue;
                ingress_blame(i, "the broker refused the subscription to %s: %s: let user \"%s\" read it at QoS 1",
                              i->filters[k], granted[k] ? mosquitto_reason_string(granted[k]) : "QoS 0 only",
                              i->user ? i->user : "");
                i->lost = true;
                return;
        }
        i->suback = true;
}

static void on_publish(struct mosquitto *mosq, void *userdata, int mid, int code, const mosquitto_property *props) {
        struct ingress *i = userdata;

        /* of QoS 0 it is called when the message is written */
        if (i->reading && i->unanswered)
                i->unanswered--;
        reading_answered(i, mid);
        if (i->probing && mid == i->probe_mid) {
                i->probing = false;
                i->probe_from = code >= 0x80 ? i->probe_from : i->now;
                i->sink.probed(i->sink.userdata, i, code >= 0x80);
                return;
        }
        if (code < 0x80 || mid != i->fence_mid)
                return;
        ingress_blame(i, "the broker refused our message to %s: %s: let user \"%s\" read and write it", i->fence_topic,
                      mosquitto_reason_string(code), i->user ? i->user : "");
        i->lost = true;
}

/* Own topics are not anybody's sensor. Only our own fence or echo of this very connection says something. */
static void session_own(struct ingress *i, const struct ingress_message *m) {
        i->figures.own_topics++;
        if (!ww_str_is(m->topic, i->fence_topic) || !i->fence[0] || !ww_str_is(m->payload, i->fence))
                return;
        i->fence[0] = 0;
        i->proven_at = i->fence_at;
        i->proven_in = i->now - i->fence_at;
        if (i->state == INGRESS_CATCHING_UP) {
                i->probe_due = i->probe_topic && i->now >= i->probe_from;
                reading_fence(i);
                ingress_enter(i, INGRESS_LIVE, "fence is back");
        }
}

static bool topic_begins(struct ww_str topic, const char *prefix) {
        size_t n = strlen(prefix);

        return topic.n >= n && memcmp(topic.p, prefix, n) == 0;
}

static bool session_is_own(const struct ingress *i, struct ww_str topic) {
        return (i->probe_topic && ww_str_is(topic, i->probe_topic)) || topic_begins(topic, "$SYS/") ||
               topic_begins(topic, i->own_prefix);
}

void session_message(struct ingress *i, const struct ingress_message *m) {
        int r;

        i->seen = true;
        i->dup = m->dup;
        i->message_at = i->now;
        if (i->sink_error)
                return;
        if (session_is_own(i, m->topic)) {
                session_own(i, m);
                return;
        }
        i->in_hand++;
        i->figures.messages++;
        i->figures.bytes += m->topic.n + m->payload.n;
        i->figures.duplicates += m->dup;
        r = i->sink.message(i->sink.userdata, i, m);
        if (r)
                i->sink_error = r;
}

static void on_message(struct mosquitto *mosq, void *userdata, const struct mosquitto_message *m) {
        struct ingress *i = userdata;
        struct ingress_message message = { .topic = ww_str(m->topic),
                                           .payload = { m->payload, (size_t)m->payloadlen },
                                           .retained = m->retain,
                                           .dup = i->logging && i->dup,
                                           .mid = (uint16_t)m->mid };

        i->consumed = message.topic.n + message.payload.n + 4;
        i->by_library = true;
        session_message(i, &message);
}

static int session_prime(struct ingress *i, struct mosquitto *mosq) {
        mosquitto_property *props = NULL;
        int rc;

        rc = mosquitto_property_add_int32(&props, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
                                          session_seconds(i->session_expiry));
        if (!rc)
                rc = mosquitto_property_add_int16(&props, MQTT_PROP_RECEIVE_MAXIMUM, (uint16_t)i->batch);
        if (!rc)
                rc = mosquitto_property_add_int32(&props, MQTT_PROP_MAXIMUM_PACKET_SIZE, (uint32_t)i->packet_max);
        if (!rc) {
                rc = mosquitto_connect_bind_v5(mosq, i->host, i->port, SESSION_UNPRIMED_KEEPALIVE, NULL, props);
                rc = rc == MOSQ_ERR_INVAL ? 0 : rc ? rc : MOSQ_ERR_PROTOCOL;
        }
        mosquitto_property_free_all(&props);
        return rc;
}

/* The library says "invalid arguments" for a file that cannot be read: say which. */
static bool session_readable(struct ingress *i, const char *key, const char *file) {
        if (!file || access(file, R_OK) == 0)
                return true;
        ingress_blame(i, "%s: cannot read %s: %s", key, file, strerror(errno));
        return false;
}

static int session_secure(struct ingress *i, struct mosquitto *mosq) {
        int rc;

        if (!session_readable(i, "mqtt.ca_file", i->ca_file) || !session_readable(i, "mqtt.cert_file", i->cert_file) ||
            !session_readable(i, "mqtt.key_file", i->key_file))
                return MOSQ_ERR_TLS;
        if (i->ca_file)
                rc = mosquitto_tls_set(mosq, i->ca_file, NULL, i->cert_file, i->key_file, NULL);
        else {
                rc = mosquitto_int_option(mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
                if (!rc)
                        rc = mosquitto_tls_set(mosq, NULL, "/etc/ssl/certs", i->cert_file, i->key_file, NULL);
        }
        if (!rc)
                rc = mosquitto_tls_opts_set(mosq, 1, "tlsv1.2", NULL); /* and newer; the peer is verified */
        if (!rc)
                rc = mosquitto_tls_insecure_set(mosq, false);
        return rc;
}

/* The library takes a name's first address on which connect() does not fail at once, and that is an IPv6 address that
 * leads nowhere in many a hospital. So every second attempt in a row leaves from an IPv4 address. */
static int session_prefer_v4(struct ingress *i, struct mosquitto *mosq) {
        return connector_is_numeric(i->host) ? 0 : mosquitto_string_option(mosq, MOSQ_OPT_BIND_ADDRESS, "0.0.0.0");
}

static void session_callbacks(struct mosquitto *mosq) {
        mosquitto_connect_v5_callback_set(mosq, on_connect);
        mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
        mosquitto_subscribe_v5_callback_set(mosq, on_subscribe);
        mosquitto_publish_v5_callback_set(mosq, on_publish);
        mosquitto_message_callback_set(mosq, on_message);
}

int session_prepare(struct ingress *i, struct mosquitto **ret) {
        struct mosquitto *mosq = mosquitto_new(i->client_id, false, i);
        int rc;

        if (!mosq)
                return errno == ENOMEM ? MOSQ_ERR_NOMEM : MOSQ_ERR_INVAL;
        rc = mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        if (!rc)
                rc = mosquitto_threaded_set(mosq, true); /* what keeps the acks in the queue */
        if (!rc && !i->tls)
                rc = mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY,
                                          1); /* a turn's acks are one write: none to wait for */
        if (!rc && i->user)
                rc = mosquitto_username_pw_set(mosq, i->user, i->password);
        if (!rc && i->tls)
                rc = session_secure(i, mosq);
        if (!rc && i->attempts % 2)
                rc = session_prefer_v4(i, mosq);
        if (!rc)
                rc = session_prime(i, mosq);
        if (rc) {
                mosquitto_destroy(mosq);
                return rc;
        }
        session_callbacks(mosq);
        *ret = mosq;
        return 0;
}

void session_watch(struct ingress *i, bool on) {
        mosquitto_log_callback_set(i->mosq, on ? on_log : NULL);
        i->logging = on;
        i->dup = false;
}

int session_publish(struct ingress *i, int *ret_mid, const char *topic, struct ww_str payload, int qos, bool retain) {
        int rc = mosquitto_publish_v5(i->mosq, ret_mid, topic, (int)payload.n, payload.p, qos, retain, NULL);

        i->unanswered += rc == 0 && qos > 0;
        return rc;
}

void session_fence(struct ingress *i) {
        int rc;

        snprintf(i->fence, sizeof(i->fence), "%016llx%016llx", (unsigned long long)session_random(i),
                 (unsigned long long)i->now);
        rc = session_publish(i, &i->fence_mid, i->fence_topic, ww_str(i->fence), 1, false);
        if (rc) {
                ingress_blame(i, "the fence cannot be sent: %s", reason_library(rc, errno));
                i->lost = true;
        }
        i->message_at = i->fence_at = i->now;
}

static void session_probe(struct ingress *i) {
        static const char words[] = "nobody may publish here: a broker that takes this has no ACL";

        i->probe_from = i->now + SESSION_PROBE_AGAIN;
        i->probing = !session_publish(i, &i->probe_mid, i->probe_topic, ww_str(words), 1, false);
}

static void session_subscribe(struct ingress *i) {
        int rc = mosquitto_subscribe_multiple(i->mosq, NULL, (int)i->n_filters, i->filters, 1, 0, NULL);

        if (rc) {
                ingress_blame(i, "SUBSCRIBE cannot be sent: %s", reason_library(rc, errno));
                i->lost = true;
        }
}

void session_advance(struct ingress *i) {
        if (i->logging && ((i->seen && !i->dup) || i->state == INGRESS_LIVE))
                session_watch(i, false);
        if (i->connack)
                session_subscribe(i);
        i->connack = false;
        if (i->suback)
                session_fence(i);
        i->suback = false;
        if (i->probe_due)
                session_probe(i);
        i->probe_due = false;
}

int64_t session_jitter(struct ingress *i, int64_t span) {
        return span / 2 + (int64_t)(session_random(i) % (uint64_t)(span / 2 + 1));
}
