/*
 * mqtt-load: the generator of the fault tests and benchmarks. Publishes messages that carry (device, number) with
 * QoS 1, and writes down each one that the broker has acknowledged. Whatever happens to the broker, a message is
 * sent again under its identifier until it is acknowledged; so the log is the list that must arrive.
 *
 *   mqtt-load --port P [--host H] [--user U --password-file F] [--client-id ID] [--count N] [--rate R] [--devices D]
 *             [--topic TEMPLATE] [--payload TEMPLATE] [--window W] [--first K] [--log FILE] [--again FILE]
 *             [--seconds S] [--give-up SECONDS]
 *
 * Templates: {device} counts 0 to D-1, {number} counts up for each device from K, {time} is the wall clock at
 * publishing, µs. Rate 0 = as fast as the window allows. The log has a line "device number" for each ack, the file of
 * --again one for each message that was sent again: a broker may take it as one more, as QoS 1 allows. After S seconds
 * nothing new is published, however many of N there are, and what is out is waited for; --give-up waits for nothing.
 * The last line of output is a JSON object.
 *
 * It speaks MQTT 5 itself, since a library costs several system calls a message and the generator must not be the
 * bottleneck. Packets are made into one buffer and written together. `ring` holds what is not acknowledged, in order
 * of publishing; after a reconnect all of it goes out again, in that order, with DUP.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND       INT64_C(1000000)
#define OUT_MAX      (256 * 1024)
#define PACKET_MAX   8192
#define RETRY        (SECOND / 10)
#define WAIT_MAX     (SECOND / 10)
#define ANSWER_LIMIT (10 * SECOND) /* without a byte from the broker while acks are due: connect anew */

struct item {
        uint64_t index; /* of all messages, from 0 */
        int64_t time;   /* wall clock, µs */
        bool acked;
};

struct load {
        const char *host, *user, *client_id, *topic, *payload;
        char *password;
        int port;
        uint64_t count, first, devices;
        double rate;
        uint32_t window, open_max; /* open_max: the broker's Receive Maximum, if smaller */
        int64_t give_up, seconds;  /* µs since `began` */
        FILE *log, *again;

        int fd, wake; /* wake: bytes that must have come before the loop wakes for them */
        bool connected;
        struct item *ring;           /* window entries, index % window */
        uint64_t head, tail, resent; /* head..tail not acknowledged; resent: next to send, <= tail */
        uint64_t acked, reconnects;
        int64_t began, heard, retry_at;
        uint8_t out[OUT_MAX];
        size_t out_n;
        uint8_t in[65536];
        size_t in_n;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number) {
        stopped = 1;
}

static int64_t now_boot(void) {
        struct timespec t;

        clock_gettime(CLOCK_BOOTTIME, &t);
        return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

static int64_t now_wall(void) {
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

/* --- packets --- */

static size_t put_length(uint8_t *out, size_t length) {
        size_t n = 0;

        do {
                out[n] = length & 127;
                length >>= 7;
                if (length)
                        out[n] |= 128;
                n++;
        } while (length);
        return n;
}

static size_t put_string(uint8_t *out, const char *text, size_t n) {
        out[0] = (uint8_t)(n >> 8);
        out[1] = (uint8_t)n;
        memcpy(out + 2, text, n);
        return n + 2;
}

static void connect_packet(struct load *l) {
        static const uint8_t head[] = { 0, 4, 'M', 'Q', 'T', 'T', 5 };
        uint8_t body[PACKET_MAX];
        size_t n = sizeof(head);

        memcpy(body, head, n);
        body[n++] = (uint8_t)((l->user ? 0x80 : 0) | (l->password ? 0x40 : 0)); /* not a clean start */
        body[n++] = 0;
        body[n++] = 0;                               /* no keepalive */
        memcpy(body + n, "\x05\x11\0\0\x0e\x10", 6); /* session expiry 3600 s */
        n += 6;
        n += put_string(body + n, l->client_id, strlen(l->client_id));
        if (l->user)
                n += put_string(body + n, l->user, strlen(l->user));
        if (l->password)
                n += put_string(body + n, l->password, strlen(l->password));
        l->out[0] = 0x10;
        l->out_n = 1 + put_length(l->out + 1, n);
        memcpy(l->out + l->out_n, body, n);
        l->out_n += n;
}

static size_t fill(char *out, size_t size, const char *template, unsigned long long device, unsigned long long number,
                   long long time) {
        size_t n = 0;

        while (*template && n + 24 < size) {
                if (*template != '{')
                        out[n++] = *template ++;
                else if (strncmp(template, "{device}", 8) == 0) {
                        n += (size_t)sprintf(out + n, "%llu", device);
                        template += 8;
                } else if (strncmp(template, "{number}", 8) == 0) {
                        n += (size_t)sprintf(out + n, "%llu", number);
                        template += 8;
                } else if (strncmp(template, "{time}", 6) == 0) {
                        n += (size_t)sprintf(out + n, "%lld", time);
                        template += 6;
                } else
                        out[n++] = *template ++;
        }
        return n;
}

static uint64_t item_device(const struct load *l, const struct item *i) {
        return i->index % l->devices;
}

static uint64_t item_number(const struct load *l, const struct item *i) {
        return l->first + i->index / l->devices;
}

static void write_line(const struct load *l, FILE *file, const struct item *i) {
        fprintf(file, "%llu %llu\n", (unsigned long long)item_device(l, i), (unsigned long long)item_number(l, i));
}

static uint16_t item_mid(const struct item *i) {
        return (uint16_t)(i->index % 65535 + 1);
}

static void publish_packet(struct load *l, const struct item *i, bool dup) {
        char topic[PACKET_MAX / 4], payload[PACKET_MAX / 2];
        size_t nt = fill(topic, sizeof(topic), l->topic, item_device(l, i), item_number(l, i), i->time);
        size_t np = fill(payload, sizeof(payload), l->payload, item_device(l, i), item_number(l, i), i->time);
        uint8_t *p = l->out + l->out_n;

        *p++ = dup ? 0x3a : 0x32;
        p += put_length(p, 2 + nt + 2 + 1 + np);
        p += put_string(p, topic, nt);
        *p++ = (uint8_t)(item_mid(i) >> 8);
        *p++ = (uint8_t)item_mid(i);
        *p++ = 0;
        memcpy(p, payload, np);
        l->out_n = (size_t)(p + np - l->out);
}

/* --- the connection --- */

static void drop(struct load *l, int64_t now) {
        if (l->fd >= 0)
                close(l->fd);
        if (l->connected)
                l->reconnects++;
        l->fd = -1;
        l->connected = false;
        l->out_n = l->in_n = 0;
        l->retry_at = now + RETRY;
}

static void dial(struct load *l, int64_t now) {
        struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
        char port[8];
        int one = 1;

        snprintf(port, sizeof(port), "%d", l->port);
        l->retry_at = now + RETRY;
        if (getaddrinfo(l->host, port, &hints, &list))
                return;
        l->fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (l->fd >= 0 && connect(l->fd, list->ai_addr, list->ai_addrlen) < 0) {
                close(l->fd);
                l->fd = -1;
        }
        freeaddrinfo(list);
        if (l->fd < 0)
                return;
        fcntl(l->fd, F_SETFL, O_NONBLOCK);
        setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        connect_packet(l);
        l->heard = now;
        l->resent = l->head;
        l->wake = 1;
}

static void acknowledged(struct load *l, uint16_t mid) {
        for (uint64_t k = l->head; k < l->tail; k++) {
                struct item *i = &l->ring[k % l->window];

                if (i->acked || item_mid(i) != mid)
                        continue;
                i->acked = true;
                l->acked++;
                if (l->log)
                        write_line(l, l->log, i);
                break;
        }
        while (l->head < l->tail && l->ring[l->head % l->window].acked)
                l->head++;
        if (l->resent < l->head)
                l->resent = l->head;
}

/* Receive Maximum among CONNACK's properties; they are walked by their lengths. */
static void connack(struct load *l, const uint8_t *p, size_t n) {
        static const uint8_t lengths[] = { [0x11] = 4, [0x13] = 2, [0x21] = 2, [0x22] = 2, [0x24] = 1,
                                           [0x25] = 1, [0x27] = 4, [0x28] = 1, [0x29] = 1, [0x2a] = 1 };

        if (n < 3 || p[1]) {
                fprintf(stderr, "mqtt-load: connection refused, reason 0x%02x\n", n > 1 ? p[1] : 0);
                exit(1);
        }
        l->connected = true;
        l->open_max = l->window;
        for (size_t k = 3; k + 1 < n && p[k] < sizeof(lengths) && lengths[p[k]]; k += 1 + lengths[p[k]])
                if (p[k] == 0x21 && k + 2 < n && (uint32_t)(p[k + 1] << 8 | p[k + 2]) < l->open_max)
                        l->open_max = (uint32_t)(p[k + 1] << 8 | p[k + 2]);
}

/* False: the broker says farewell, or nonsense. */
static bool packet(struct load *l, uint8_t first, const uint8_t *body, size_t n) {
        switch (first >> 4) {
        case 2:
                connack(l, body, n);
                return true;
        case 4:
                if (n < 2)
                        return false;
                if (n > 2 && body[2] >= 0x80) {
                        fprintf(stderr, "mqtt-load: publishing refused, reason 0x%02x\n", body[2]);
                        exit(1);
                }
                acknowledged(l, (uint16_t)(body[0] << 8 | body[1]));
                return true;
        default:
                return first >> 4 == 13;
        }
}

static bool parse(struct load *l) {
        size_t at = 0;

        while (l->in_n - at >= 2) {
                size_t n = l->in[at + 1]; /* nothing that we are sent is longer than 127 bytes */

                if (n & 128)
                        return false;
                if (l->in_n - at < 2 + n)
                        break;
                if (!packet(l, l->in[at], l->in + at + 2, n))
                        return false;
                at += 2 + n;
        }
        memmove(l->in, l->in + at, l->in_n - at);
        l->in_n -= at;
        return true;
}

static void receive(struct load *l, int64_t now) {
        ssize_t n = read(l->fd, l->in + l->in_n, sizeof(l->in) - l->in_n);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        if (n > 0) {
                l->in_n += (size_t)n;
                l->heard = now;
        }
        if (n <= 0 || !parse(l))
                drop(l, now);
}

static void transmit(struct load *l, int64_t now) {
        ssize_t n = l->out_n ? write(l->fd, l->out, l->out_n) : 0;

        if (n < 0 && errno != EAGAIN && errno != EINTR)
                drop(l, now);
        if (n <= 0)
                return;
        memmove(l->out, l->out + n, l->out_n - (size_t)n);
        l->out_n -= (size_t)n;
}

/* --- what is due --- */

static uint64_t due(const struct load *l, int64_t now) {
        double n = l->rate > 0 ? (double)(now - l->began) / 1e6 * l->rate : (double)l->count;

        return n >= (double)l->count ? l->count : (uint64_t)n;
}

static void produce(struct load *l, int64_t now) {
        uint64_t limit = due(l, now);

        while (l->connected && l->out_n + PACKET_MAX < OUT_MAX && l->resent - l->head < l->open_max) {
                struct item *i = &l->ring[l->resent % l->window];
                bool again = l->resent < l->tail;

                if (!again && (l->tail >= limit || l->tail - l->head >= l->window))
                        return;
                if (!again)
                        *i = (struct item){ .index = l->tail++, .time = now_wall() };
                if (!i->acked)
                        publish_packet(l, i, again);
                if (!i->acked && again && l->again)
                        write_line(l, l->again, i);
                l->resent++;
        }
}

/* µs, 0 to WAIT_MAX. */
static int64_t wait_time(const struct load *l, int64_t now) {
        int64_t next = now + WAIT_MAX;

        if (l->fd < 0)
                next = l->retry_at;
        else if (l->rate > 0 && l->tail < l->count && l->tail - l->head < l->open_max)
                next = l->began + (int64_t)((double)(l->tail + 1) / l->rate * 1e6);
        return next <= now ? 0 : next - now > WAIT_MAX ? WAIT_MAX : next - now;
}

/* At full speed acks are worth a wake-up only many at a time: a quarter of what is open, while more than that is. A new
 * connection's first answer is one packet. */
static void wake_for(struct load *l) {
        int bytes = l->rate <= 0 && l->connected && l->tail < l->count && l->tail - l->head > l->open_max / 2
                            ? (int)l->open_max
                            : 1;

        if (bytes != l->wake && l->fd >= 0) {
                setsockopt(l->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
                l->wake = bytes;
        }
}

static void turn(struct load *l, int64_t now) {
        struct pollfd p = { .fd = l->fd };
        struct timespec wait = { 0 };

        if (now - l->began >= l->seconds)
                l->count = l->tail;
        if (l->fd < 0 && now >= l->retry_at)
                dial(l, now);
        if (l->fd >= 0)
                produce(l, now);
        p.fd = l->fd;
        p.events = (short)(POLLIN | (l->out_n ? POLLOUT : 0));
        wake_for(l);
        wait.tv_nsec = wait_time(l, now) * 1000;
        if (ppoll(&p, l->fd >= 0, &wait, NULL) < 0)
                return;
        now = now_boot();
        if (p.revents & (POLLIN | POLLHUP | POLLERR))
                receive(l, now);
        if (l->fd >= 0 && (p.revents & POLLOUT))
                transmit(l, now);
        if (l->fd >= 0 && (l->head < l->tail || !l->connected) && now - l->heard > ANSWER_LIMIT)
                drop(l, now);
}

static int report(const struct load *l) {
        double seconds = (double)(now_boot() - l->began) / 1e6;

        printf("{\"published\":%llu,\"acknowledged\":%llu,\"seconds\":%.3f,\"rate\":%.0f,\"reconnects\":%llu}\n",
               (unsigned long long)l->tail, (unsigned long long)l->acked, seconds, (double)l->acked / seconds,
               (unsigned long long)l->reconnects);
        return l->acked == l->count ? 0 : 3;
}

/* --- options --- */

static char *read_line(const char *file) {
        FILE *f = fopen(file, "re");
        char *line = NULL;
        size_t size = 0;

        if (!f || getline(&line, &size, f) < 0) {
                fprintf(stderr, "mqtt-load: cannot read %s\n", file);
                exit(2);
        }
        line[strcspn(line, "\n")] = 0;
        fclose(f);
        return line;
}

static const struct option options[] = {
        { "host", required_argument, NULL, 'h' },      { "port", required_argument, NULL, 'p' },
        { "user", required_argument, NULL, 'u' },      { "password-file", required_argument, NULL, 'P' },
        { "client-id", required_argument, NULL, 'i' }, { "count", required_argument, NULL, 'n' },
        { "rate", required_argument, NULL, 'r' },      { "devices", required_argument, NULL, 'd' },
        { "topic", required_argument, NULL, 't' },     { "topic-template", required_argument, NULL, 't' },
        { "payload", required_argument, NULL, 'm' },   { "window", required_argument, NULL, 'w' },
        { "first", required_argument, NULL, 'f' },     { "log", required_argument, NULL, 'l' },
        { "again", required_argument, NULL, 'a' },     { "give-up", required_argument, NULL, 'g' },
        { "seconds", required_argument, NULL, 's' },   { 0 },
};

static FILE *open_list(const char *file) {
        FILE *f = fopen(file, "we");

        if (!f) {
                perror(file);
                exit(2);
        }
        return f;
}

static void set(struct load *l, int key, char *value) {
        switch (key) {
        case 'h':
                l->host = value;
                break;
        case 'p':
                l->port = atoi(value);
                break;
        case 'u':
                l->user = value;
                break;
        case 'P':
                l->password = read_line(value);
                break;
        case 'i':
                l->client_id = value;
                break;
        case 'n':
                l->count = strtoull(value, NULL, 10);
                break;
        case 'r':
                l->rate = strtod(value, NULL);
                break;
        case 'd':
                l->devices = strtoull(value, NULL, 10);
                break;
        case 't':
                l->topic = value;
                break;
        case 'm':
                l->payload = value;
                break;
        case 'w':
                l->window = (uint32_t)strtoul(value, NULL, 10);
                break;
        case 'f':
                l->first = strtoull(value, NULL, 10);
                break;
        case 'l':
                l->log = open_list(value);
                break;
        case 'a':
                l->again = open_list(value);
                break;
        case 'g':
                l->give_up = (int64_t)(strtod(value, NULL) * 1e6);
                break;
        case 's':
                l->seconds = (int64_t)(strtod(value, NULL) * 1e6);
                break;
        default:
                exit(2);
        }
}

static struct load load = {
        .host = "127.0.0.1",
        .port = 1883,
        .client_id = "mqtt-load",
        .topic = "load/{device}",
        .payload = "{\"device\":\"d{device}\",\"number\":{number},\"temperature\":21.5,\"time\":{time}}",
        .count = 1000,
        .devices = 100,
        .window = 1000,
        .give_up = INT64_MAX / 2,
        .seconds = INT64_MAX / 2,
        .fd = -1,
};

int main(int argc, char **argv) {
        struct load *l = &load;
        int key;

        while ((key = getopt_long(argc, argv, "", options, NULL)) != -1)
                set(l, key, optarg);
        if (l->window < 1 || l->window > 60000 || l->devices < 1 || optind != argc) {
                fprintf(stderr, "mqtt-load: window is 1 to 60000, devices at least 1, no further arguments\n");
                return 2;
        }
        l->ring = calloc(l->window, sizeof(*l->ring));
        if (!l->ring)
                return 1;
        signal(SIGTERM, on_signal);
        signal(SIGINT, on_signal);
        signal(SIGPIPE, SIG_IGN);
        l->began = now_boot();
        while (!stopped && l->acked < l->count && now_boot() - l->began < l->give_up)
                turn(l, now_boot());
        key = report(l);
        if ((l->log && fclose(l->log) != 0) || (l->again && fclose(l->again) != 0)) {
                perror("mqtt-load: log");
                return 1;
        }
        free(l->ring);
        free(l->password);
        return key;
}
