/*
 * Syslog, RFC 5424: one datagram over UDP or to a socket of this machine, or over TCP with its length before it (RFC
 * 6587). Only TCP says that it came: the message is followed by the end of the connection, and the other side's end
 * is waited for. A datagram is delivered when the kernel has it.
 */
#include "notify/address.h"
#include "notify/transports.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wardwatch/alarm.h>
#include <wardwatch/time.h>

struct syslog_line {
        struct event_base *base;
        struct evdns_base *dns;
        struct address_server server;
        bool tcp, local;
};

struct posting {
        struct delivery *delivery;
        struct buf message;
        struct bufferevent *stream;              /* TCP */
        struct evdns_getaddrinfo_request *asked; /* UDP */
};

/* --- the message --- */

static int severity_of(const struct notification *n) {
        static const int severities[] = { [0] = 5, /* notice */
                                          [WW_PRIORITY_LOW] = 5,
                                          [WW_PRIORITY_MEDIUM] = 4, /* warning */
                                          [WW_PRIORITY_HIGH] = 2,   /* critical */
                                          [WW_PRIORITY_CRITICAL] = 1,
                                          /* alert */ };

        return severities[notification_rank(n)];
}

static void put_token(const char *text, size_t max, struct buf *out) {
        size_t n = 0;

        for (; text[n] && n < max; n++)
                buf_put_u8(out, text[n] > 0x20 && text[n] < 0x7f ? (uint8_t)text[n] : '_');
        if (!n)
                buf_puts(out, "-");
}

static void put_param(const char *name, const char *value, struct buf *out) {
        buf_printf(out, " %s=\"", name);
        for (const char *p = value; *p; p++) {
                if (strchr("\"\\]", *p))
                        buf_puts(out, "\\");
                buf_put_u8(out, (unsigned char)*p < 0x20 ? ' ' : (uint8_t)*p);
        }
        buf_puts(out, "\"");
}

static void put_time(int64_t time, struct buf *out) {
        time_t seconds = (time_t)(time / WW_SECOND);
        char text[32];
        struct tm tm;

        (void)gmtime_r(&seconds, &tm);
        if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
                buf_printf(out, "%s.%06dZ", text, (int)(time % WW_SECOND));
}

static void put_message(const struct delivery *d, struct buf *out) {
        const struct notification *n = d->notification;
        char host[256] = "", number[24];

        (void)gethostname(host, sizeof host - 1);
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)notification_number(n, "incident"));
        buf_printf(out, "<%d>1 ", (int)d->channel->facility * 8 + severity_of(n));
        put_time(d->now, out);
        buf_puts(out, " ");
        put_token(host, 255, out);
        buf_puts(out, " ");
        put_token(d->channel->app, 48, out);
        buf_printf(out, " %d notification [wardwatch@32473", (int)getpid());
        put_param("key", notification_text(n, "key"), out);
        put_param("incident", number, out);
        put_param("record", notification_record_number(n), out);
        put_param("hazard", notification_text(n, "hazard"), out);
        put_param("priority", notification_text(n, "priority"), out);
        put_param("zone", notification_text(n, "zone"), out);
        put_param("recipient", notification_text(n, "recipient"), out);
        put_param("exercise", notification_exercise(n) ? "true" : "false", out);
        put_param("covert", notification_covert(n) ? "true" : "false", out);
        buf_printf(out, "] \xEF\xBB\xBF%.*s", WW_STR_ARG(d->text));
}

/* --- on its way --- */

static void posting_free(struct posting *p) {
        if (p->stream)
                bufferevent_free(p->stream);
        buf_deinit(&p->message);
        free(p);
}

static void posting_ends(struct posting *p, enum outcome outcome, const char *answer) {
        struct delivery *d = p->delivery;

        posting_free(p);
        delivery_ended(d, outcome, "%s", answer);
}

static void send_datagram(struct posting *p, const struct sockaddr *address, socklen_t n) {
        _cleanup_close_ int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        ssize_t sent = fd < 0 ? -1 : sendto(fd, p->message.p, p->message.n, MSG_NOSIGNAL, address, n);
        int error = errno;

        if (sent == (ssize_t)p->message.n)
                posting_ends(p, OUTCOME_SENT, "handed over");
        else
                posting_ends(p, error == EMSGSIZE ? OUTCOME_REFUSED : OUTCOME_FAILED, strerror(error));
}

static void on_address(int error, struct evutil_addrinfo *found, void *userdata) {
        struct posting *p = userdata;

        if (error == EVUTIL_EAI_CANCEL) {
                posting_free(p); /* by syslog_cancel */
                return;
        }
        p->asked = NULL;
        if (error)
                posting_ends(p, OUTCOME_FAILED, evutil_gai_strerror(error));
        else
                send_datagram(p, found->ai_addr, (socklen_t)found->ai_addrlen);
        if (found)
                evutil_freeaddrinfo(found);
}

static void on_written(struct bufferevent *stream, void *userdata) {
        (void)userdata;
        if (evbuffer_get_length(bufferevent_get_output(stream)) == 0)
                (void)shutdown(bufferevent_getfd(stream), SHUT_WR);
}

static void on_read(struct bufferevent *stream, void *userdata) {
        struct evbuffer *in = bufferevent_get_input(stream);

        (void)userdata;
        (void)evbuffer_drain(in, evbuffer_get_length(in));
}

static void on_stream(struct bufferevent *stream, short what, void *userdata) {
        struct posting *p = userdata;
        int dns = bufferevent_socket_get_dns_error(stream), error = EVUTIL_SOCKET_ERROR();

        if (what & BEV_EVENT_CONNECTED) {
                (void)bufferevent_write(stream, p->message.p, p->message.n);
        } else if (what & BEV_EVENT_EOF && evbuffer_get_length(bufferevent_get_output(stream)) == 0) {
                posting_ends(p, OUTCOME_SENT, "taken");
        } else {
                posting_ends(p, OUTCOME_FAILED,
                             dns                    ? evutil_gai_strerror(dns)
                             : what & BEV_EVENT_EOF ? "the other side closed before it had all"
                                                    : strerror(error));
        }
}

static int begin_tcp(struct posting *p, const struct syslog_line *line) {
        _cleanup_buf_ struct buf framed = BUF_INIT;

        buf_printf(&framed, "%zu ", p->message.n);
        buf_put(&framed, p->message.p, p->message.n);
        if (framed.error)
                return framed.error;
        buf_deinit(&p->message);
        p->message = framed;
        framed = BUF_INIT;
        p->stream = bufferevent_socket_new(line->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
        if (!p->stream)
                return -ENOMEM;
        bufferevent_setcb(p->stream, on_read, on_written, on_stream, p);
        (void)bufferevent_enable(p->stream, EV_READ | EV_WRITE);
        (void)bufferevent_socket_connect_hostname(p->stream, line->dns, AF_UNSPEC, line->server.host,
                                                  atoi(line->server.port));
        return 0; /* what hinders comes as an event */
}

static int begin_udp(struct posting *p, const struct syslog_line *line) {
        const struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };

        struct evdns_getaddrinfo_request *asked = evdns_getaddrinfo(line->dns, line->server.host, line->server.port,
                                                                    &hints, on_address, p);

        if (asked) /* else it has answered already, and the posting is gone */
                p->asked = asked;
        return 0;
}

static int begin_local(struct posting *p, const struct syslog_line *line) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        memcpy(address.sun_path, line->server.host, strlen(line->server.host) + 1);
        send_datagram(p, (const struct sockaddr *)&address, sizeof address);
        return 0;
}

static int syslog_send(struct delivery *d) {
        const struct syslog_line *line = d->line;
        struct posting *p = calloc(1, sizeof *p);
        int r;

        if (!p)
                return -ENOMEM;
        p->delivery = d;
        put_message(d, &p->message);
        r = p->message.error;
        if (!r) {
                d->state = p;
                r = line->local ? begin_local(p, line) : line->tcp ? begin_tcp(p, line) : begin_udp(p, line);
        }
        if (r) {
                d->state = NULL;
                posting_free(p);
        }
        return r;
}

static void syslog_cancel(struct delivery *d) {
        struct posting *p = d->state;

        d->state = NULL;
        if (p->asked)
                evdns_getaddrinfo_cancel(p->asked); /* calls on_address */
        else
                posting_free(p);
}

/* --- a channel --- */

static void syslog_close(void *userdata) {
        struct syslog_line *line = userdata;

        if (line->dns)
                evdns_base_free(line->dns, 0);
        free(line);
}

static int syslog_open(void **ret, const struct channel_config *channel, const struct transport_ground *ground) {
        struct syslog_line *line = calloc(1, sizeof *line);

        if (!line)
                return -ENOMEM;
        line->base = ground->base;
        line->tcp = strncmp(channel->url, "tcp:", 4) == 0;
        line->local = strncmp(channel->url, "unix:", 5) == 0;
        line->dns = evdns_base_new(ground->base, EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
        if (!line->dns)
                line->dns = evdns_base_new(ground->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE); /* addresses, then */
        if (!line->dns || !address_server(channel->url, line->tcp ? "601" : "514", &line->server) ||
            (line->local && strlen(line->server.host) >= sizeof((struct sockaddr_un *)0)->sun_path)) {
                syslog_close(line);
                return -EINVAL;
        }
        *ret = line;
        return 0;
}

const struct transport transport_syslog = {
        .open = syslog_open, .close = syslog_close, .send = syslog_send, .cancel = syslog_cancel
};
