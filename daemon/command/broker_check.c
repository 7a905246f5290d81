/*
 * Whether the broker refuses what it must: a handful of short connections, each with one question.
 *
 * The topic that nobody may publish to is the engine's own probe (ingress/session.c); MQTT 5 answers a PUBLISH of QoS 1
 * with a reason code, 0x87 where the ACL says no.
 */
#include "command/broker.h"

#include "base/clock.h"
#include "command/command_internal.h"
#include "config/config.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENCE (10 * WW_SECOND) /* for one answer */

struct visit {
        const struct config *config;
        struct mosquitto *mosq;
        int connack, puback; /* reason codes; -1: no answer yet */
        bool gone;
};

static void on_connect(struct mosquitto *mosq, void *userdata, int code, int flags, const mosquitto_property *props) {
        ((struct visit *)userdata)->connack = code;
}

static void on_publish(struct mosquitto *mosq, void *userdata, int mid, int code, const mosquitto_property *props) {
        ((struct visit *)userdata)->puback = code;
}

static void on_disconnect(struct mosquitto *mosq, void *userdata, int code, const mosquitto_property *props) {
        ((struct visit *)userdata)->gone = true;
}

static const char *set(const char *text) {
        return *text ? text : NULL;
}

static int secure(struct visit *v) {
        const struct config *c = v->config;
        int rc;

        if (!c->mqtt.tls)
                return 0;
        rc = *c->mqtt.ca_file ? 0 : mosquitto_int_option(v->mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
        if (!rc)
                rc = mosquitto_tls_set(v->mosq, set(c->mqtt.ca_file), *c->mqtt.ca_file ? NULL : "/etc/ssl/certs",
                                       set(c->mqtt.cert_file), set(c->mqtt.key_file), NULL);
        return rc ? rc : mosquitto_tls_opts_set(v->mosq, 1, "tlsv1.2", NULL);
}

static void await(struct visit *v, const int *answer) {
        int64_t until = clock_boot() + PATIENCE;

        while (*answer < 0 && !v->gone && clock_boot() < until)
                if (mosquitto_loop(v->mosq, 100, 1) != MOSQ_ERR_SUCCESS)
                        v->gone = true;
}

static void leave(struct visit *v) {
        if (v->mosq && !v->gone) {
                (void)mosquitto_disconnect_v5(v->mosq, 0, NULL);
                (void)mosquitto_loop(v->mosq, 100, 1);
        }
        mosquitto_destroy(v->mosq);
}

/* With the words of the library if it cannot be reached. connack is the broker's answer. */
static bool enter(struct visit *v, const char *user, const char *password, char why[static 128]) {
        char id[64];
        int rc;

        (void)snprintf(id, sizeof id, "wardwatch-check-%d", (int)getpid());
        v->connack = v->puback = -1;
        v->mosq = mosquitto_new(id, true, v);
        if (!v->mosq)
                return false;
        rc = mosquitto_int_option(v->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        if (!rc && user)
                rc = mosquitto_username_pw_set(v->mosq, user, password);
        if (!rc)
                rc = secure(v);
        mosquitto_connect_v5_callback_set(v->mosq, on_connect);
        mosquitto_publish_v5_callback_set(v->mosq, on_publish);
        mosquitto_disconnect_v5_callback_set(v->mosq, on_disconnect);
        if (!rc)
                rc = mosquitto_connect_bind_v5(v->mosq, v->config->mqtt.host, (int)v->config->mqtt.port, 30, NULL,
                                               NULL);
        if (rc)
                (void)snprintf(why, 128, "%s:%d: %s", v->config->mqtt.host, (int)v->config->mqtt.port,
                               rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
        else
                await(v, &v->connack);
        if (!rc && v->connack < 0)
                (void)snprintf(why, 128, "the broker gave no answer");
        return !rc && v->connack >= 0;
}

/* True if the broker took it. One that ends the connection of who tries has refused, too. */
static bool publishes(struct visit *v, const char *topic) {
        static const char words[] = "a question of `wardwatch broker check`";

        v->puback = -1;
        if (mosquitto_publish_v5(v->mosq, NULL, topic, (int)strlen(words), words, 1, false, NULL))
                return false;
        await(v, &v->puback);
        return v->puback >= 0 && v->puback < 0x80;
}

/* ---- what is tried ---- */

struct report {
        bool json, good;
        json_t *list;
};

static void tell(struct report *r, const char *what, bool good, const char *cure) {
        r->good = r->good && good;
        if (r->json)
                (void)json_array_append_new(
                        r->list, json_pack("{s:s, s:b, s:s*}", "what", what, "good", good, "help", good ? NULL : cure));
        else
                (void)printf("%-4s  %s\n%s%s%s", good ? "good" : "OPEN", what,
                             good ? "" : "      help: ", good ? "" : cure, good ? "" : "\n");
}

static bool try_stranger(const struct config *config, struct report *r, const char *user, const char *password,
                         const char *what, const char *cure) {
        struct visit v = { .config = config };
        char why[128] = "", topic[128];
        bool reached = enter(&v, user, password, why), in = reached && v.connack < 0x80;

        if (!reached) {
                (void)fprintf(stderr, "wardwatch broker check: %s\n  help: check mqtt.host, mqtt.port and mqtt.tls\n",
                              why);
        } else {
                tell(r, what, !in, cure);
                (void)snprintf(topic, sizeof topic, "wardwatch-refused/%s", config->site.name);
                if (in)
                        tell(r, "  … and may not publish, at least", !publishes(&v, topic),
                             "`wardwatch broker acl` writes the ACL: name it as acl_file in the broker's listener");
        }
        leave(&v);
        return reached;
}

static void try_own(const struct config *config, struct report *r, const char *password) {
        struct visit v = { .config = config };
        char why[128] = "", topic[128];
        bool in = enter(&v, config->mqtt.user, password, why) && v.connack < 0x80;

        tell(r, "mqtt.user may connect", in, "its password: mosquitto_passwd at the broker, and mqtt.password_file");
        if (in) {
                (void)snprintf(topic, sizeof topic, "wardwatch/%s/check", config->site.name);
                tell(r, "mqtt.user may publish to its own topics", publishes(&v, topic),
                     "`wardwatch broker acl` writes the ACL; reload the broker when it has changed");
                (void)snprintf(topic, sizeof topic, "wardwatch-refused/%s", config->site.name);
                tell(r, "mqtt.user may publish to no others", v.gone || !publishes(&v, topic),
                     "`wardwatch broker acl` writes the ACL: name it as acl_file in the broker's listener");
        }
        leave(&v);
}

static int own_password(const struct config *config, char **ret) {
        struct diag d = DIAG_INIT;
        int r = *config->mqtt.password_file ? config_secret(config->mqtt.password_file, &d, ret) : 0;

        command_put_diag(&d);
        diag_deinit(&d);
        return r;
}

bool broker_check(const struct config *config, bool json) {
        struct report r = { .json = json, .good = true, .list = json_array() };
        char *password = NULL;
        bool reached;

        if (!config->mqtt.user[0]) {
                (void)fprintf(stderr, "wardwatch broker check: Wardwatch itself has no name at the broker\n  help: set "
                                      "mqtt.user and mqtt.password_file\n");
                json_decref(r.list);
                return false;
        }
        (void)mosquitto_lib_init();
        reached = try_stranger(config, &r, NULL, NULL, "nobody connects without a name", "allow_anonymous false");
        if (reached)
                (void)try_stranger(config, &r, config->mqtt.user, "certainly not the password",
                                   "nobody connects with a wrong password", "password_file in the broker's listener");
        if (reached && own_password(config, &password) == 0)
                try_own(config, &r, password);
        else
                r.good = false;
        if (password)
                explicit_bzero(password, strlen(password));
        free(password);
        (void)mosquitto_lib_cleanup();
        if (json)
                (void)command_put_json(json_pack("{s:b, s:O}", "good", r.good, "tried", r.list), JSON_COMPACT);
        json_decref(r.list);
        return r.good;
}
