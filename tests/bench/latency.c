/*
 * publish → alarm: one client publishes panic messages, and times how long each takes to come back to it as the line of
 * an alarm on the command socket; in turn with them it times the broker's echo, publish → the same client receives, and
 * the commit of one record to a journal of its own, on the same disk.
 *
 *     bench-latency PORT SOCKET SAMPLES DIR
 *
 * QoS 1, one sample at a time, a few milliseconds apart (never in step with anything). Each panic is another device, so
 * each is an alarm of its own. The last line of output is a JSON object, in µs.
 */
#include "journal/journal.h"

#include <mosquitto.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ECHO_TOPIC  "bench/echo"
#define SAMPLES_MAX 100000
#define PATIENCE    10000000 /* µs: an answer that takes longer is lost */

enum way {
        ECHO,
        ALARM,
        COMMIT,
        WAYS,
};

static struct probe {
        struct mosquitto *mosq;
        struct journal *journal;
        int feed;
        bool subscribed, seen;
        char wanted[64]; /* payload of the echo, or device of the alarm; "" = nothing is out */
        char line[1 << 20];
        size_t n;
        int64_t sample[WAYS][SAMPLES_MAX];
} probe;

static int64_t now(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static _Noreturn void fail(const char *what) {
        fprintf(stderr, "bench-latency: %s: %s\n", what, strerror(errno));
        exit(1);
}

static void on_subscribe(struct mosquitto *m, void *userdata, int mid, int n, const int *granted) {
        probe.subscribed = true;
}

static void on_message(struct mosquitto *m, void *userdata, const struct mosquitto_message *message) {
        if (message->payloadlen == (int)strlen(probe.wanted) &&
            memcmp(message->payload, probe.wanted, (size_t)message->payloadlen) == 0)
                probe.seen = true;
}

/* The feed's lines; the one that is waited for names the device and is a transition, not the live state. */
static void feed_read(void) {
        ssize_t n = read(probe.feed, probe.line + probe.n, sizeof probe.line - 1 - probe.n);
        char *start = probe.line, *end;

        if (n <= 0)
                fail("the engine closed the feed");
        probe.n += (size_t)n;
        probe.line[probe.n] = 0;
        while ((end = memchr(start, '\n', probe.n - (size_t)(start - probe.line)))) {
                *end = 0;
                if (strstr(start, "\"live_end\""))
                        probe.subscribed = true;
                if (probe.wanted[0] && strstr(start, "\"transition\"") && strstr(start, probe.wanted))
                        probe.seen = true;
                start = end + 1;
        }
        probe.n -= (size_t)(start - probe.line);
        memmove(probe.line, start, probe.n);
}

/* Until `until`, or until `flag` is set. */
static void wait_for(const bool *flag, int64_t until) {
        while (!*flag && now() < until) {
                struct pollfd p[2] = { { .fd = mosquitto_socket(probe.mosq), .events = POLLIN },
                                       { .fd = probe.feed, .events = POLLIN } };
                struct timespec t;
                int64_t left = until - now();

                if (mosquitto_want_write(probe.mosq))
                        p[0].events |= POLLOUT;
                t = (struct timespec){ left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0 };
                if (ppoll(p, 2, &t, NULL) < 0)
                        fail("poll");
                if (p[0].revents & POLLOUT)
                        mosquitto_loop_write(probe.mosq, 1);
                if (p[0].revents & ~POLLOUT && mosquitto_loop_read(probe.mosq, 1))
                        fail("the broker closed the connection");
                if (p[1].revents)
                        feed_read();
        }
}

static void connect_broker(int port) {
        mosquitto_lib_init();
        probe.mosq = mosquitto_new("bench-latency", true, NULL);
        if (!probe.mosq)
                fail("mosquitto_new");
        mosquitto_int_option(probe.mosq, MOSQ_OPT_TCP_NODELAY, 1);
        mosquitto_subscribe_callback_set(probe.mosq, on_subscribe);
        mosquitto_message_callback_set(probe.mosq, on_message);
        if (mosquitto_connect(probe.mosq, "127.0.0.1", port, 600))
                fail("connect");
        mosquitto_subscribe(probe.mosq, NULL, ECHO_TOPIC, 1);
        wait_for(&probe.subscribed, now() + PATIENCE);
        if (!probe.subscribed)
                fail("no subscription");
}

static void connect_feed(const char *path) {
        static const char follow[] = "{\"cmd\":\"follow\"}\n";
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        probe.feed = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (probe.feed < 0 || connect(probe.feed, (struct sockaddr *)&address, sizeof address) < 0 ||
            write(probe.feed, follow, sizeof follow - 1) < 0)
                fail(path);
        probe.subscribed = false;
        wait_for(&probe.subscribed, now() + PATIENCE);
        if (!probe.subscribed)
                fail("no live state");
}

static int64_t measure(enum way way, size_t number) {
        char topic[80], payload[200];
        int64_t start;

        if (way == ECHO) {
                snprintf(probe.wanted, sizeof probe.wanted, "{\"action\":\"emergency\",\"number\":%zu}", number);
                snprintf(topic, sizeof topic, "%s", ECHO_TOPIC);
                snprintf(payload, sizeof payload, "%s", probe.wanted);
        } else {
                snprintf(probe.wanted, sizeof probe.wanted, "panic-%06zu", number);
                snprintf(topic, sizeof topic, "zigbee/%s", probe.wanted);
                snprintf(payload, sizeof payload, "{\"action\":\"emergency\",\"battery\":100,\"linkquality\":18}");
        }
        probe.seen = false;
        start = now();
        if (mosquitto_publish(probe.mosq, NULL, topic, (int)strlen(payload), payload, 1, false))
                fail("publish");
        wait_for(&probe.seen, start + PATIENCE);
        if (!probe.seen) {
                fprintf(stderr, "bench-latency: %s did not come back\n", probe.wanted);
                exit(1);
        }
        probe.wanted[0] = 0;
        return now() - start;
}

static int64_t measure_commit(size_t number) {
        struct ww_input input = { .seq = number + 1, .type = WW_INPUT_NOTICE, .topic = WW_STR("bench") };
        _cleanup_buf_ struct buf record = BUF_INIT;
        int64_t start;
        int r = ww_input_encode(&input, &record);

        start = now();
        r = r ? r : journal_begin(probe.journal);
        r = r ? r : journal_put_input(probe.journal, input.seq, buf_str(&record));
        r = r ? r : journal_commit(probe.journal);
        if (r)
                fail("journal");
        return now() - start;
}

static void connect_journal(const char *dir) {
        const struct journal_options options = { .dir = dir, .size = 16 * 1024 * 1024, .writer = true };

        if (journal_open(&probe.journal, &options))
                fail(dir);
}

static int compare(const void *a, const void *b) {
        int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

        return (x > y) - (x < y);
}

int main(int argc, char **argv) {
        static const char *const names[WAYS] = { "echo", "alarm", "commit" };
        static const bool never;
        size_t n = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
        uint64_t random = (uint64_t)now();

        if (n < 1 || n > SAMPLES_MAX) {
                fprintf(stderr, "bench-latency PORT SOCKET SAMPLES DIR\n");
                return 2;
        }
        probe.feed = -1;
        connect_broker(atoi(argv[1]));
        connect_feed(argv[2]);
        connect_journal(argv[4]);
        for (size_t i = 0; i < n; i++) {
                for (enum way way = 0; way < WAYS; way++) {
                        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                        wait_for(&never, now() + 3000 + (int64_t)(random >> 33) % 4000);
                        probe.sample[way][i] = way == COMMIT ? measure_commit(i) : measure(way, i);
                }
        }
        for (enum way way = 0; way < WAYS; way++)
                qsort(probe.sample[way], n, sizeof(int64_t), compare);
        printf("{\"samples\":%zu", n);
        for (enum way way = 0; way < WAYS; way++)
                printf(",\"%s_p50\":%lld,\"%s_p99\":%lld,\"%s_max\":%lld", names[way],
                       (long long)probe.sample[way][n / 2], names[way], (long long)probe.sample[way][n * 99 / 100],
                       names[way], (long long)probe.sample[way][n - 1]);
        printf("}\n");
        journal_close(probe.journal);
        mosquitto_destroy(probe.mosq);
        mosquitto_lib_cleanup();
        return 0;
}
