/*
 * mqtt-sink: a subscriber that does nothing but count: the measure for what the broker and the library can deliver.
 *
 *   mqtt-sink --port P [--host H] [--user U --password W] [--client-id ID] [--receive-maximum N] [--count N]
 *             [--idle SECONDS] FILTER…
 *
 * QoS 1, MQTT 5, a session of its own that ends with it. Ends after N messages, or when none has come for the idle
 * time (from the first one on). The time runs from the first message to the last. The last line of output is a JSON
 * object; "ready" is printed when the subscription stands.
 */
#include <getopt.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct sink {
        const char *host, *user, *password, *client_id;
        int port, receive_maximum;
        uint64_t count, n, bytes;
        double idle, first, last;
        char **filters;
        int n_filters;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
        stopped = 1;
}

static double now(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_connect(struct mosquitto *m, void *userdata, int code, int flags, const mosquitto_property *props) {
        struct sink *s = userdata;

        if (code) {
                fprintf(stderr, "mqtt-sink: %s\n", mosquitto_reason_string(code));
                exit(1);
        }
        mosquitto_subscribe_multiple(m, NULL, s->n_filters, s->filters, 1, 0, NULL);
}

static void on_subscribe(struct mosquitto *m, void *userdata, int mid, int n, const int *granted) {
        puts("ready");
        fflush(stdout);
}

static void on_message(struct mosquitto *m, void *userdata, const struct mosquitto_message *message) {
        struct sink *s = userdata;

        s->bytes += (uint64_t)message->payloadlen;
        if (s->n++ == 0)
                s->first = now();
        if (s->n == s->count)
                stopped = 1;
        if (stopped || s->n % 64 == 0)
                s->last = now();
}

static const struct option options[] = {
        { "host", required_argument, NULL, 'h' },
        { "port", required_argument, NULL, 'p' },
        { "user", required_argument, NULL, 'u' },
        { "password", required_argument, NULL, 'P' },
        { "client-id", required_argument, NULL, 'i' },
        { "receive-maximum", required_argument, NULL, 'r' },
        { "count", required_argument, NULL, 'n' },
        { "idle", required_argument, NULL, 'd' },
        { 0 },
};

static void set(struct sink *s, int key, char *value) {
        switch (key) {
        case 'h':
                s->host = value;
                break;
        case 'p':
                s->port = atoi(value);
                break;
        case 'u':
                s->user = value;
                break;
        case 'P':
                s->password = value;
                break;
        case 'i':
                s->client_id = value;
                break;
        case 'r':
                s->receive_maximum = atoi(value);
                break;
        case 'n':
                s->count = strtoull(value, NULL, 10);
                break;
        case 'd':
                s->idle = strtod(value, NULL);
                break;
        default:
                exit(2);
        }
}

static int sink_connect(struct sink *s, struct mosquitto *m) {
        mosquitto_property *props = NULL;
        int rc;

        mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
        if (s->user)
                mosquitto_username_pw_set(m, s->user, s->password);
        mosquitto_property_add_int16(&props, MQTT_PROP_RECEIVE_MAXIMUM, (uint16_t)s->receive_maximum);
        mosquitto_connect_v5_callback_set(m, on_connect);
        mosquitto_subscribe_callback_set(m, on_subscribe);
        mosquitto_message_callback_set(m, on_message);
        rc = mosquitto_connect_bind_v5(m, s->host, s->port, 60, NULL, props);
        mosquitto_property_free_all(&props);
        return rc;
}

static void report(struct sink *s) {
        double seconds = s->last - s->first;

        printf("{\"messages\":%llu,\"bytes\":%llu,\"seconds\":%.3f,\"rate\":%.0f}\n", (unsigned long long)s->n,
               (unsigned long long)s->bytes, seconds, seconds > 0 ? (double)s->n / seconds : 0.0);
}

int main(int argc, char **argv) {
        struct sink s = { .host = "127.0.0.1", .port = 1883, .receive_maximum = 1000, .idle = 5 };
        struct mosquitto *m;
        double changed;
        uint64_t before = 0;
        int key, rc;

        while ((key = getopt_long(argc, argv, "", options, NULL)) != -1)
                set(&s, key, optarg);
        s.filters = argv + optind;
        s.n_filters = argc - optind;
        if (s.n_filters < 1)
                return fprintf(stderr, "mqtt-sink: name a filter\n"), 2;
        signal(SIGTERM, on_signal);
        signal(SIGINT, on_signal);
        mosquitto_lib_init();
        m = mosquitto_new(s.client_id, true, &s);
        rc = m ? sink_connect(&s, m) : MOSQ_ERR_NOMEM;
        changed = now();
        while (!rc && !stopped) {
                rc = mosquitto_loop(m, 100, 1);
                if (s.n != before || !s.n)
                        changed = now();
                before = s.n;
                if (s.n && now() - changed > s.idle)
                        stopped = 1;
        }
        if (s.last < s.first || s.n % 64)
                s.last = s.n == s.count ? s.last : changed;
        report(&s);
        if (rc)
                fprintf(stderr, "mqtt-sink: %s\n", mosquitto_strerror(rc));
        mosquitto_destroy(m);
        mosquitto_lib_cleanup();
        return rc ? 1 : 0;
}
