/*
 * PUBLISH straight from the socket.
 *
 * The library reads a packet's head byte by byte and writes each ack by itself: five system calls a message, which was
 * half of what a message cost the engine. So what waits in the socket is looked at here (MSG_PEEK), messages that are
 * whole and in order are handed on, and only what was handed on is taken out. Everything else stays for the library:
 * the handshake, answers, pings, a packet that has not come whole or is larger than the window, one that is wrong,
 * and the end of the connection. With TLS it reads all, since only it has the key.
 *
 * Boundaries. Two read one stream, so each must leave off at the end of a packet. We do. The library does if the packet
 * was whole and it reads one (it reads as many as it has messages of ours unanswered, if those are more). Otherwise it
 * is `amid`, and reads alone until it has handed over a PUBLISH by a call that read one packet.
 *
 * Acks leave in the order of the messages (MQTT 5, 4.6.0): ours in one write (link_flush), then what the library has
 * queued. So once it has handed over a message it goes on alone until the release (`by_library`).
 */
#include "ingress/ingress_internal.h"
#include <mqtt_protocol.h>
#include <sys/socket.h>

struct packet {
        uint8_t head;
        const uint8_t *body;
        size_t length; /* of the body */
        size_t whole;
};

/* MQTT's variable byte integer, four bytes at most. False: not whole, or wrong. */
static bool take_varint(const uint8_t **p, const uint8_t *end, size_t *ret) {
        *ret = 0;
        for (unsigned shift = 0; shift < 28 && *p < end; shift += 7) {
                uint8_t byte = *(*p)++;

                *ret |= (size_t)(byte & 0x7f) << shift;
                if (!(byte & 0x80))
                        return true;
        }
        return false;
}

static bool take_u16(const uint8_t **p, const uint8_t *end, uint16_t *ret) {
        if (end - *p < 2)
                return false;
        *ret = (uint16_t)((*p)[0] << 8 | (*p)[1]);
        *p += 2;
        return true;
}

static bool take_bytes(const uint8_t **p, const uint8_t *end, size_t n, struct ww_str *ret) {
        if ((size_t)(end - *p) < n)
                return false;
        *ret = (struct ww_str){ (const char *)*p, n };
        *p += n;
        return true;
}

/* Whether a packet stands whole at the front. */
static bool packet_read(const uint8_t *p, size_t n, struct packet *ret) {
        const uint8_t *at = p + 1, *end = p + n;

        if (n < 2 || !take_varint(&at, end, &ret->length) || (size_t)(end - at) < ret->length)
                return false;
        ret->head = *p;
        ret->body = at;
        ret->whole = (size_t)(at - p) + ret->length;
        return true;
}

static bool topic_is_right(struct ww_str topic) {
        return topic.n > 0 && !memchr(topic.p, '+', topic.n) && !memchr(topic.p, '#', topic.n) &&
               mosquitto_validate_utf8(topic.p, (int)topic.n) == MOSQ_ERR_SUCCESS;
}

bool direct_publish(uint8_t head, struct ww_str body, struct ingress_message *ret) {
        const uint8_t *p = (const uint8_t *)body.p, *end = p + body.n;
        unsigned qos = head >> 1 & 3;
        struct ww_str properties;
        uint16_t length;
        size_t n;

        *ret = (struct ingress_message){ .retained = head & 1, .dup = head & 8 };
        if ((head & 0xf0) != CMD_PUBLISH || qos > 1 || (ret->dup && qos == 0))
                return false;
        if (!take_u16(&p, end, &length) || !take_bytes(&p, end, length, &ret->topic) || !topic_is_right(ret->topic))
                return false;
        if (qos && (!take_u16(&p, end, &ret->mid) || ret->mid == 0))
                return false;
        if (!take_varint(&p, end, &n) || !take_bytes(&p, end, n, &properties))
                return false;
        return take_bytes(&p, end, (size_t)(end - p), &ret->payload);
}

static void direct_ack(struct ingress *i, uint16_t mid) {
        const uint8_t ack[4] = { CMD_PUBACK, 2, (uint8_t)(mid >> 8), (uint8_t)mid };

        if (mid)
                buf_put(&i->acks, ack, sizeof(ack));
}

/* Hands on what it can of the window; how many bytes that was. */
static size_t direct_window(struct ingress *i, size_t n, size_t max, enum direct_front *ret) {
        struct ingress_message message;
        struct packet packet;
        size_t at = 0;

        while (!i->sink_error && i->in_hand < max) {
                if (at == n) {
                        *ret = DIRECT_NOTHING;
                        return at;
                }
                if (!packet_read(i->window + at, n - at, &packet)) {
                        *ret = DIRECT_PART;
                        return at;
                }
                if (!direct_publish(packet.head, (struct ww_str){ (const char *)packet.body, packet.length },
                                    &message)) {
                        *ret = DIRECT_WHOLE;
                        return at;
                }
                session_message(i, &message);
                direct_ack(i, message.mid);
                at += packet.whole;
        }
        *ret = DIRECT_NOTHING;
        return at;
}

enum direct_front direct_read(struct ingress *i, size_t max) {
        enum direct_front front;
        ssize_t n;
        size_t used;

        if (!i->connected_at || i->amid || i->by_library)
                return DIRECT_PART;
        n = recv(i->fd, i->window, INGRESS_WINDOW, MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
                return DIRECT_NOTHING;
        if (n <= 0)
                return DIRECT_PART; /* the library says what it is */
        used = direct_window(i, (size_t)n, max, &front);
        /* of bytes that were seen there all are there */
        if (used && recv(i->fd, NULL, used, MSG_TRUNC | MSG_DONTWAIT) != (ssize_t)used)
                i->lost = true;
        if (i->acks.error)
                i->sink_error = i->acks.error;
        if (!i->lost)
                session_advance(i);
        return front;
}
