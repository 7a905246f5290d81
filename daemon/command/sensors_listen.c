/*
 * `wardwatch sensors listen`: what the broker hands out right now, and what the types make of it. A session of its own,
 * that the broker forgets with the connection: the daemon's own sessions do not notice.
 *
 * One message a turn of the library's loop is decoded and shown before the next is read: a terminal that is slow makes
 * the broker wait, and drop, for this session only.
 */
#include "command/sensors.h"

#include "base/clock.h"
#include "base/span.h"

#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define TURN_MS   100
#define KEEPALIVE 30  /* s */
#define PAYLOAD   160 /* bytes of a payload that are shown */

enum { TOPIC, BROKER, COUNT, FOR };

static const struct command_option listen_options[] = {
        [TOPIC] = { "--topic", 't', "FILTER", "only these topics; default # (all that this user may read)" },
        [BROKER] = { "--broker", 0, "URL",
                     "mqtt://[USER[:PASSWORD]@]HOST[:PORT] or mqtts://…, instead of the configuration's" },
        [COUNT] = { "--count", 0, "N", "end after so many messages" },
        [FOR] = { "--for", 0, "SPAN", "end after so long: 10s, 5m" },
        { 0 },
};

struct address {
        char host[256], user[256], password[256];
        int port;
        bool tls;
};

struct listen {
        struct sensors s;
        struct sensors_player *player;
        struct mosquitto *mosq;
        struct address address;
        const char *filter;
        uint64_t seq, left, unexplained; /* left: messages until the end; 0 = no end */
        size_t lines;                    /* of the message in hand */
        int result;                      /* exit code, once `ended` */
        bool ended, subscribed;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
        (void)number;
        interrupted = 1;
}

static void end(struct listen *l, int result) {
        if (!l->ended)
                l->result = result;
        l->ended = true;
}

static void fail(struct listen *l, const char *what, const char *why, const char *cure) {
        if (!l->ended)
                (void)fprintf(stderr, "wardwatch sensors listen: %s: %s\n  help: %s\n", what, why, cure);
        end(l, 1);
}

/* ---- what came ---- */

static int on_event(void *userdata, const struct ww_event *e) {
        struct listen *l = userdata;

        if (l->s.args->json)
                return 0;
        (void)fputs("   ", stdout);
        sensors_put_event(e);
        (void)putchar('\n');
        l->lines++;
        return 0;
}

static void put_payload(const struct ww_input *input) {
        sensors_put(input->topic, 256);
        (void)fputs("  ", stdout);
        sensors_put(input->payload, PAYLOAD);
}

static void put_quiet(const struct sensors_message *m) {
        (void)fputs(m->reason ? "?? " : "-- ", stdout);
        if (m->reason) {
                (void)printf("%s: ", m->reason);
                sensors_put(m->detail, 200);
        } else if (m->ignored) {
                (void)fputs("ignored", stdout);
        } else {
                (void)fputs("nothing new", stdout);
                (void)fputs(m->silent.n ? ": " : "", stdout);
                sensors_put(m->silent, 200);
        }
        (void)fputs("  ", stdout);
        put_payload(m->input);
        (void)putchar('\n');
}

static int put_json(const struct sensors_message *m) {
        _cleanup_free_ char *topic = ww_str_copy(m->input->topic), *detail = ww_str_copy(m->detail);

        return topic && detail ? command_put_json(json_pack("{s:s, s:s*, s:s*, s:I, s:b}", "topic", topic, "reason",
                                                            m->reason, "detail", m->reason ? detail : NULL, "events",
                                                            (json_int_t)m->events, "ignored", m->ignored),
                                                  JSON_COMPACT)
                               : -ENOMEM;
}

static int on_decoded(void *userdata, const struct sensors_message *m) {
        struct listen *l = userdata;
        int r = 0;

        l->unexplained += m->reason != NULL;
        if (l->s.args->json)
                r = put_json(m);
        else if (!l->lines || m->reason)
                put_quiet(m);
        l->lines = 0;
        return r || fflush(stdout) == EOF ? -EPIPE : 0;
}

static bool is_own(const struct listen *l, const char *topic) {
        return strncmp(topic, "$SYS/", 5) == 0 || strncmp(topic, "wardwatch/", 10) == 0 || l->ended;
}

static void on_message(struct mosquitto *mosq, void *userdata, const struct mosquitto_message *m) {
        struct listen *l = userdata;
        int64_t now = clock_wall();
        const struct ww_input input = {
                .seq = l->seq + 1,
                .type = WW_INPUT_MESSAGE,
                .flags = m->retain ? WW_INPUT_RETAINED : 0,
                .time = now,
                .received = now,
                .topic = ww_str(m->topic),
                .payload = { m->payloadlen ? m->payload : "", (size_t)m->payloadlen },
        };
        int r;

        (void)mosq;
        if (is_own(l, m->topic))
                return;
        l->seq++;
        r = sensors_player_take(l->player, &input);
        if (r)
                end(l, sensors_exit("listen", r));
        if (l->left && --l->left == 0)
                end(l, 0);
}

/* ---- the session ---- */

static void on_connect(struct mosquitto *mosq, void *userdata, int code) {
        struct listen *l = userdata;

        if (code)
                fail(l, "the broker refused the connection", mosquitto_connack_string(code),
                     "look at user and password: mqtt.user and mqtt.password_file, or --broker "
                     "mqtt://USER:PASSWORD@HOST");
        else if (mosquitto_subscribe(mosq, NULL, l->filter, 0))
                fail(l, "the broker was not asked for", l->filter, "is it an MQTT topic filter?");
}

static void on_subscribe(struct mosquitto *mosq, void *userdata, int mid, int n, const int *granted) {
        struct listen *l = userdata;

        (void)mosq;
        (void)mid;
        if (n < 1 || granted[0] >= 0x80)
                fail(l, "the broker refused the subscription to", l->filter,
                     "let this user read it, or name what it may read with --topic");
        else if (!l->subscribed)
                (void)fprintf(stderr, "listening to %s at %s:%d\n", l->filter, l->address.host, l->address.port);
        l->subscribed = true;
}

static int session_secure(struct listen *l) {
        const struct config *c = &l->s.config;
        const char *ca = c->mqtt.ca_file, *cert = c->mqtt.cert_file, *key = c->mqtt.key_file;

        if (!l->address.tls)
                return 0;
        return mosquitto_tls_set(l->mosq, *ca ? ca : NULL, *ca ? NULL : "/etc/ssl/certs", *cert ? cert : NULL,
                                 *key ? key : NULL, NULL);
}

static int session_open(struct listen *l) {
        char id[64];
        int rc;

        (void)snprintf(id, sizeof id, "wardwatch-listen-%ld", (long)getpid());
        l->mosq = mosquitto_new(id, true, l);
        if (!l->mosq)
                return MOSQ_ERR_NOMEM;
        mosquitto_connect_callback_set(l->mosq, on_connect);
        mosquitto_subscribe_callback_set(l->mosq, on_subscribe);
        mosquitto_message_callback_set(l->mosq, on_message);
        rc = l->address.user[0] ? mosquitto_username_pw_set(l->mosq, l->address.user, l->address.password) : 0;
        if (!rc)
                rc = session_secure(l);
        return rc ? rc : mosquitto_connect(l->mosq, l->address.host, l->address.port, KEEPALIVE);
}

static void session_run(struct listen *l, int64_t until) {
        int error, rc = session_open(l);

        error = errno;
        while (!rc && !l->ended && !interrupted && clock_boot() < until) {
                rc = mosquitto_loop(l->mosq, TURN_MS, 1);
                error = errno;
        }
        if (rc && !interrupted)
                fail(l, l->address.host, rc == MOSQ_ERR_ERRNO ? strerror(error) : mosquitto_strerror(rc),
                     "is the broker there? --broker mqtt://HOST:PORT names another");
        (void)mosquitto_disconnect(l->mosq);
        mosquitto_destroy(l->mosq);
}

/* ---- which broker ---- */

static bool copy(char to[static 256], const char *from, size_t n) {
        if (n >= 256)
                return false;
        memcpy(to, from, n);
        to[n] = 0;
        return true;
}

/* [USER[:PASSWORD]@]HOST[:PORT], also [::1]:1883 */
static bool parse_authority(const char *text, struct address *ret) {
        const char *at = strrchr(text, '@'), *host = at ? at + 1 : text, *bracket, *colon, *name;
        char *end = NULL;

        if (at) {
                name = memchr(text, ':', (size_t)(at - text));
                if (!copy(ret->user, text, (size_t)((name ? name : at) - text)) ||
                    !copy(ret->password, name ? name + 1 : at, name ? (size_t)(at - name - 1) : 0))
                        return false;
        }
        bracket = *host == '[' ? strchr(host, ']') : NULL;
        colon = strchr(bracket ? bracket : host, ':');
        if (!copy(ret->host, host + (bracket != NULL),
                  (size_t)((bracket ? bracket
                            : colon ? colon
                                    : host + strlen(host)) -
                           host) -
                          (bracket != NULL)))
                return false;
        if (colon)
                ret->port = (int)strtol(colon + 1, &end, 10);
        return ret->host[0] && (!colon || (end != colon + 1 && (*end == 0 || strcmp(end, "/") == 0))) &&
               ret->port > 0 && ret->port < 65536;
}

static bool address_parse(const char *url, struct address *ret) {
        const struct {
                const char *scheme;
                int port;
                bool tls;
        } schemes[] = { { "mqtt://", 1883, false }, { "mqtts://", 8883, true }, { "", 1883, false } };

        for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
                if (strncmp(url, schemes[i].scheme, strlen(schemes[i].scheme)) == 0) {
                        *ret = (struct address){ .port = schemes[i].port, .tls = schemes[i].tls };
                        return !(i == 2 && strstr(url, "://")) && parse_authority(url + strlen(schemes[i].scheme), ret);
                }
        return false;
}

static int address_configured(const struct config *c, struct address *ret) {
        struct diag diag = DIAG_INIT;
        _cleanup_free_ char *password = NULL;
        int r = *c->mqtt.password_file ? config_secret(c->mqtt.password_file, &diag, &password) : 0;

        if (r > 0)
                command_put_diag(&diag);
        diag_deinit(&diag);
        if (r)
                return 1;
        *ret = (struct address){ .port = (int)c->mqtt.port, .tls = c->mqtt.tls };
        (void)snprintf(ret->host, sizeof ret->host, "%s", c->mqtt.host);
        (void)snprintf(ret->user, sizeof ret->user, "%s", c->mqtt.user);
        (void)snprintf(ret->password, sizeof ret->password, "%s", password ? password : "");
        if (password)
                explicit_bzero(password, strlen(password));
        return 0;
}

/* ---- the command ---- */

static int listen_session(struct listen *l, int64_t until) {
        const struct sensors_watch watch = { .userdata = l, .event = on_event, .message = on_decoded };
        const struct sigaction action = { .sa_handler = on_signal };
        int r = sensors_player_new(&l->player, l->s.rules, &watch);

        if (r)
                return sensors_exit("listen", r);
        (void)sigaction(SIGINT, &action, NULL);
        (void)sigaction(SIGTERM, &action, NULL);
        (void)mosquitto_lib_init();
        session_run(l, until);
        (void)mosquitto_lib_cleanup();
        sensors_player_free(l->player);
        if (!l->result)
                (void)fprintf(stderr, "%llu messages, %llu not explained\n", (unsigned long long)l->seq,
                              (unsigned long long)l->unexplained);
        return l->result;
}

static int listen_options_read(const struct command_args *args, struct listen *l, int64_t *ret_until) {
        const char *count = args->values[COUNT], *span = args->values[FOR];
        char *end = NULL;
        int64_t wait = 0;

        if (args->argc)
                return sensors_usage("listen", "it takes no word", "--topic 'home/#' names topics");
        if (count && (l->left = strtoull(count, &end, 10), *end || !l->left || count[0] == '-'))
                return sensors_usage("listen", "--count takes a number", "--count 10");
        if (span && (span_parse(ww_str(span), &wait) || !wait))
                return sensors_usage("listen", "--for takes a span", "--for 10s");
        *ret_until = span ? clock_boot() + wait : INT64_MAX;
        l->filter = args->values[TOPIC] ? args->values[TOPIC] : "#";
        if (mosquitto_sub_topic_check(l->filter))
                return sensors_usage("listen", "--topic is no MQTT topic filter", "home/+/door, or home/#");
        if (args->values[BROKER] && !address_parse(args->values[BROKER], &l->address))
                return sensors_usage("listen", "--broker cannot be read", "mqtt://USER:PASSWORD@HOST:1883");
        return 0;
}

static int listen_run(const struct command_args *args) {
        struct listen l = { .seq = 0 };
        int64_t until = INT64_MAX;
        int r = listen_options_read(args, &l, &until);

        if (r)
                return r;
        r = sensors_open(&l.s, "listen", args);
        if (r)
                return r;
        r = args->values[BROKER] ? 0 : address_configured(&l.s.config, &l.address);
        if (!r)
                r = listen_session(&l, until);
        explicit_bzero(l.address.password, sizeof l.address.password);
        sensors_close(&l.s);
        return r;
}

const struct command command_sensors_listen = {
        .name = "sensors listen",
        .synopsis = "sensors listen [--topic FILTER] [--broker URL] [--count N] [--for SPAN] [--json]",
        .help = "messages as they come from the broker, with what the types make of them",
        .text = "Connects with a client id and a session of its own, at QoS 0, and shows the events of each message, "
                "one "
                "a line. `??` marks a message that no type explains, `--` one that told nothing new. The daemon need "
                "not run, and does not notice. What a type knows of a device begins anew with each start: first states "
                "are told as such. Ends by Ctrl-C, after --count messages or after --for.",
        .options = listen_options,
        .run = listen_run,
};
