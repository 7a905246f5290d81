/* Words for codes: what the broker or the library said, and what a person can do about it. */
#include "ingress/ingress_internal.h"
#include <mqtt_protocol.h>
#include <stdio.h>

struct reason {
        int code;
        const char *words;
};

/* CONNACK; %s = user */
static const struct reason refusals[] = {
        { MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION, "the broker does not speak MQTT 5: use Mosquitto 2.0 or newer" },
        { MQTT_RC_CLIENTID_NOT_VALID, "the broker does not accept our client id: change mqtt.client_id" },
        { MQTT_RC_BAD_USERNAME_OR_PASSWORD, "wrong user or password: check mqtt.user and mqtt.password_file" },
        { MQTT_RC_NOT_AUTHORIZED,
          "not authorised: check mqtt.user, mqtt.password_file and the broker's password file" },
        { MQTT_RC_SERVER_UNAVAILABLE, "the broker says that it is not available" },
        { MQTT_RC_SERVER_BUSY, "the broker says that it is busy" },
        { MQTT_RC_BANNED, "the broker has banned us: lift the ban in the broker's configuration" },
        { MQTT_RC_BAD_AUTHENTICATION_METHOD, "the broker wants another authentication: allow user and password" },
        { MQTT_RC_PACKET_TOO_LARGE, "the broker found our CONNECT too large" },
        { MQTT_RC_QUOTA_EXCEEDED, "the broker's quota is used up: raise it for our user" },
        { MQTT_RC_RETAIN_NOT_SUPPORTED, "the broker does not keep retained messages" },
        { MQTT_RC_QOS_NOT_SUPPORTED, "the broker does not offer QoS 1, which we need" },
        { MQTT_RC_USE_ANOTHER_SERVER, "the broker asks us to use another server: change mqtt.host" },
        { MQTT_RC_SERVER_MOVED, "the broker has moved: change mqtt.host" },
        { MQTT_RC_CONNECTION_RATE_EXCEEDED, "the broker sees too many connects of ours" },
};

/* DISCONNECT from the broker */
static const struct reason farewells[] = {
        { MQTT_RC_NOT_AUTHORIZED, "the broker does not authorise us any more: check its ACL for mqtt.user" },
        { MQTT_RC_SERVER_BUSY, "the broker is busy" },
        { MQTT_RC_SERVER_SHUTTING_DOWN, "the broker is shutting down" },
        { MQTT_RC_KEEP_ALIVE_TIMEOUT, "the broker heard nothing from us for too long" },
        { MQTT_RC_SESSION_TAKEN_OVER, "another client uses our client id: give each daemon its own mqtt.client_id" },
        { MQTT_RC_RECEIVE_MAXIMUM_EXCEEDED, "the broker counted too many open messages of ours" },
        { MQTT_RC_PACKET_TOO_LARGE, "the broker found a packet of ours too large" },
        { MQTT_RC_QUOTA_EXCEEDED, "the broker's quota is used up: raise it for our user" },
        { MQTT_RC_ADMINISTRATIVE_ACTION, "an administrator of the broker ended the connection" },
        { MQTT_RC_SERVER_MOVED, "the broker has moved: change mqtt.host" },
        { MQTT_RC_MALFORMED_PACKET, "the broker could not read a packet of ours" },
        { MQTT_RC_PROTOCOL_ERROR, "the broker saw a protocol error of ours" },
};

static const char *reason_find(const struct reason *table, size_t n, int code) {
        for (size_t k = 0; k < n; k++)
                if (table[k].code == code)
                        return table[k].words;
        return NULL;
}

#define REASON_FIND(table, code) reason_find((table), sizeof(table) / sizeof(*(table)), (code))

void reason_refused(const struct ingress *i, int code, char *out, size_t size) {
        const char *words = REASON_FIND(refusals, code);

        snprintf(out, size, "connection refused for user \"%s\": %s (0x%02x)", i->user ? i->user : "",
                 words ? words : mosquitto_reason_string(code), (unsigned)code);
}

void reason_disconnected(int code, char *out, size_t size) {
        const char *words = REASON_FIND(farewells, code);

        snprintf(out, size, "%s (0x%02x)", words ? words : mosquitto_reason_string(code), (unsigned)code);
}

const char *reason_library(int rc, int error) {
        if (rc == MOSQ_ERR_ERRNO)
                return error == EPROTO ? "TLS: the peer broke the protocol" : strerror(error);
        if (rc == MOSQ_ERR_EAI)
                return "the name of mqtt.host cannot be resolved";
        if (rc == MOSQ_ERR_CONN_LOST)
                return "the broker closed the connection and gave no reason (as it does when another client comes with "
                       "our "
                       "client id)";
        return mosquitto_strerror(rc);
}
