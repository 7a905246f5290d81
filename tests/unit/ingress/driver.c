/*
 * A session on a leash: reads one command per line, tells one JSON object per line. The tests in
 * tests/integration/test_ingress.py and test_acks.py hold the leash.
 *
 *   --host H --port P --client-id ID [--user U] [--password W] [--ca F] [--tls] [--batch N] [--keepalive MS]
 *   [--backoff-min MS] [--backoff-max MS] [--packet-max N] [--known] [--auto] [--quiet]
 *   [--send-buffer BYTES] FILTER…
 *
 *   take N    at most N messages now         → {"event":"took","n":…}
 *   release | pause | resume | stop | quit
 *   auto on|off   on: every readable socket is taken from and released at once
 *   figures                                  → {"event":"figures",…}
 */
#include "base/clock.h"
#include "ingress/ingress.h"
#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct driver {
        struct event_base *base;
        struct ingress *ingress;
        bool automatic, quiet;
        int send_buffer; /* bytes, 0 = the kernel's choice */
        size_t in_line;
        char line[256];
};

static void say(json_t *object) {
        char *text = json_dumps(object, JSON_COMPACT);

        puts(text ? text : "{}");
        fflush(stdout);
        free(text);
        json_decref(object);
}

static int on_message(void *userdata, struct ingress *i, const struct ingress_message *m) {
        struct driver *d = userdata;

        if (!d->quiet)
                say(json_pack("{s:s, s:s%, s:s%, s:b, s:b, s:i}", "event", "message", "topic", m->topic.p, m->topic.n,
                              "payload", m->payload.n ? m->payload.p : "", m->payload.n, "retained", m->retained, "dup",
                              m->dup, "mid", (int)m->mid));
        return 0;
}

/* The library keeps its socket to itself, so every TCP socket of this process gets the small buffer. */
static void shrink(int bytes) {
        for (int fd = 3; fd < 64; fd++) {
                int kind = 0;
                socklen_t n = sizeof(kind);

                if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &kind, &n) == 0 && kind == IPPROTO_TCP)
                        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
        }
}

static void on_state(void *userdata, struct ingress *i, enum ingress_state old, enum ingress_state state,
                     const char *why) {
        struct driver *d = userdata;

        if (d->send_buffer && state == INGRESS_CATCHING_UP)
                shrink(d->send_buffer);
        say(json_pack("{s:s, s:s, s:s, s:s}", "event", "state", "old", ingress_state_name(old), "state",
                      ingress_state_name(state), "why", why));
}

static void on_connected(void *userdata, struct ingress *i) {
}

static void on_session_lost(void *userdata, struct ingress *i) {
        say(json_pack("{s:s}", "event", "session-lost"));
}

static void take(struct driver *d, size_t max, bool tell) {
        int n = ingress_take(d->ingress, max, clock_boot());

        if (tell)
                say(json_pack("{s:s, s:i}", "event", "took", "n", n));
}

static void on_readable(void *userdata, struct ingress *i) {
        struct driver *d = userdata;

        if (d->automatic) {
                take(d, 65535, false);
                ingress_release(d->ingress);
        } else if (ingress_state(i) == INGRESS_CONNECTING) {
                take(d, 1, false);
        }
}

static void figures(struct driver *d) {
        struct ingress_figures f;

        ingress_figures(d->ingress, clock_boot(), &f);
        say(json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "event", "figures", "messages",
                      (json_int_t)f.messages, "duplicates", (json_int_t)f.duplicates, "acks_held",
                      (json_int_t)f.acks_held, "connects", (json_int_t)f.connects, "disconnects",
                      (json_int_t)f.disconnects, "own_topics", (json_int_t)f.own_topics, "session_lost",
                      (json_int_t)f.session_lost, "acks_unread", (json_int_t)f.acks_unread, "acks_read",
                      (json_int_t)ingress_acks_read(d->ingress), "last_error", f.last_error));
}

static void obey(struct driver *d, char *line) {
        char *argument = strchr(line, ' ');
        int64_t now = clock_boot();

        if (argument)
                *argument++ = 0;
        if (strcmp(line, "take") == 0 && argument)
                take(d, strtoul(argument, NULL, 10), true);
        else if (strcmp(line, "release") == 0)
                ingress_release(d->ingress);
        else if (strcmp(line, "pause") == 0)
                ingress_pause(d->ingress);
        else if (strcmp(line, "resume") == 0)
                ingress_resume(d->ingress, now);
        else if (strcmp(line, "stop") == 0)
                ingress_stop(d->ingress);
        else if (strcmp(line, "auto") == 0 && argument)
                d->automatic = strcmp(argument, "on") == 0;
        else if (strcmp(line, "figures") == 0)
                figures(d);
        else if (strcmp(line, "quit") == 0)
                event_base_loopbreak(d->base);
        else
                say(json_pack("{s:s, s:s}", "event", "unknown-command", "line", line));
}

static void on_command(evutil_socket_t fd, short what, void *userdata) {
        struct driver *d = userdata;
        char c;
        ssize_t n;

        while ((n = read(fd, &c, 1)) == 1) {
                if (c != '\n' && d->in_line < sizeof(d->line) - 1) {
                        d->line[d->in_line++] = c;
                        continue;
                }
                d->line[d->in_line] = 0;
                d->in_line = 0;
                obey(d, d->line);
        }
        if (n == 0)
                event_base_loopbreak(d->base);
}

static const struct option options[] = {
        { "host", required_argument, NULL, 'h' },
        { "port", required_argument, NULL, 'p' },
        { "client-id", required_argument, NULL, 'i' },
        { "user", required_argument, NULL, 'u' },
        { "password", required_argument, NULL, 'P' },
        { "ca", required_argument, NULL, 'c' },
        { "tls", no_argument, NULL, 't' },
        { "batch", required_argument, NULL, 'b' },
        { "keepalive", required_argument, NULL, 'k' },
        { "backoff-min", required_argument, NULL, 'm' },
        { "backoff-max", required_argument, NULL, 'M' },
        { "packet-max", required_argument, NULL, 'x' },
        { "known", no_argument, NULL, 'n' },
        { "auto", no_argument, NULL, 'a' },
        { "quiet", no_argument, NULL, 'q' },
        { "send-buffer", required_argument, NULL, 's' },
        { 0 },
};

static void set(struct ingress_options *o, struct driver *d, int key, char *value) {
        switch (key) {
        case 'h':
                o->host = value;
                break;
        case 'p':
                o->port = atoi(value);
                break;
        case 'i':
                o->client_id = value;
                break;
        case 'u':
                o->user = value;
                break;
        case 'P':
                o->password = value;
                break;
        case 'c':
                o->ca_file = value;
                break;
        case 't':
                o->tls = true;
                break;
        case 'b':
                o->batch = atoi(value);
                break;
        case 'k':
                o->keepalive = atoll(value) * WW_MSEC;
                break;
        case 'm':
                o->backoff_min = atoll(value) * WW_MSEC;
                break;
        case 'M':
                o->backoff_max = atoll(value) * WW_MSEC;
                break;
        case 'x':
                o->packet_max = strtoul(value, NULL, 10);
                break;
        case 'n':
                o->session_known = true;
                break;
        case 'a':
                d->automatic = true;
                break;
        case 'q':
                d->quiet = true;
                break;
        case 's':
                d->send_buffer = atoi(value);
                break;
        default:
                exit(2);
        }
}

static size_t threads(void) {
        DIR *d = opendir("/proc/self/task");
        struct dirent *e;
        size_t n = 0;

        while (d && (e = readdir(d)))
                n += e->d_name[0] != '.';
        if (d)
                closedir(d);
        return n;
}

/* A look-up that was let go ends by itself and frees what it has: only then can leaks be counted. */
static void wait_for_threads(void) {
        int64_t end = clock_boot() + 10 * WW_SECOND;

        while (threads() > 1 && clock_boot() < end)
                usleep(1000);
}

int main(int argc, char **argv) {
        struct driver d = { .base = event_base_new() };
        struct ingress_options o = { .name = "test",
                                     .host = "127.0.0.1",
                                     .client_id = "ww-test",
                                     .fence_topic = "wardwatch/site/fence/test",
                                     .keepalive = 10 * WW_SECOND,
                                     .session_expiry = WW_HOUR,
                                     .backoff_min = 100 * WW_MSEC,
                                     .backoff_max = WW_SECOND,
                                     .batch = 100,
                                     .packet_max = 65536 };
        const struct ingress_sink sink = { .userdata = &d,
                                           .message = on_message,
                                           .state = on_state,
                                           .connected = on_connected,
                                           .session_lost = on_session_lost,
                                           .readable = on_readable };
        struct event *commands = event_new(d.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_command, &d);
        int key, r;

        while ((key = getopt_long(argc, argv, "", options, NULL)) != -1)
                set(&o, &d, key, optarg);
        o.filters = (const char *const *)argv + optind;
        o.n_filters = (size_t)(argc - optind);
        r = ingress_new(&d.ingress, d.base, &o, &sink);
        if (r < 0) {
                fprintf(stderr, "ingress_new: %s\n", strerror(-r));
                return 1;
        }
        fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
        event_add(commands, NULL);
        ingress_start(d.ingress, clock_boot());
        event_base_dispatch(d.base);
        ingress_free(d.ingress);
        event_free(commands);
        event_base_free(d.base);
        wait_for_threads();
        return 0;
}
