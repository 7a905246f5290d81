#include "base/metrics_http.h"

#include "base/clock.h"
#include "base/log.h"
#include <wardwatch/time.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

/*
 * evhttp speaks HTTP; what it lacks is a bound on connections, and an end to one that drips. So the bufferevent of each
 * connection has a slot here, which holds a reference: a connection is over when evhttp has let go of its bufferevent,
 * which shows in its callbacks being gone. Without a free slot the listeners rest; the kernel's queue holds the next
 * ones. A connection that lasts too long is shut down under evhttp's feet, which then sees the end of it.
 *
 * Every answer closes the connection.
 */
#define IDLE_SECONDS 5
#define LIFE_MAX     (10 * WW_SECOND)
#define FRESH        WW_SECOND /* for so long one collection answers everybody */
#define BIND_AGAIN   5         /* s, after a port was taken */
#define BACKLOG      16

static const struct timeval sweep_interval = { .tv_usec = 250000 };

struct slot {
        struct bufferevent *bev; /* NULL = free */
        int64_t since;
};

/* the newest text; answers on their way refer to it */
struct text {
        unsigned references;
        struct buf buf;
};

struct metrics_http {
        struct event_base *base;
        struct metrics_http_options options;
        struct evhttp *http;
        struct evhttp_bound_socket *bound[2]; /* 127.0.0.1, [::1]; NULL = not */
        struct event *again, *sweep;
        struct slot slots[METRICS_HTTP_CONNECTIONS];
        struct text *text;
        int64_t collected; /* boot clock */
        double took;       /* s, the last collection */
        uint64_t scrapes;
        bool told; /* that a port is taken */
};

/* --- connections --- */

static bool slot_over(const struct slot *s) {
        bufferevent_event_cb event = NULL;

        bufferevent_getcb(s->bev, NULL, NULL, &event, NULL);
        return !event;
}

static size_t slots_used(const struct metrics_http *h) {
        size_t used = 0;

        for (size_t i = 0; i < METRICS_HTTP_CONNECTIONS; i++)
                used += h->slots[i].bev != NULL;
        return used;
}

static void slot_release(struct slot *s) {
        (void)bufferevent_decref(s->bev);
        s->bev = NULL;
}

static void listen_or_rest(struct metrics_http *h, bool listen) {
        for (size_t i = 0; i < 2; i++)
                if (h->bound[i])
                        (void)(listen ? evconnlistener_enable
                                      : evconnlistener_disable)(evhttp_bound_socket_get_listener(h->bound[i]));
}

/* Ends what has lasted too long, and finds the free slots again. Runs while there is a connection. */
static void on_sweep(evutil_socket_t fd, short what, void *userdata) {
        struct metrics_http *h = userdata;

        for (size_t i = 0; i < METRICS_HTTP_CONNECTIONS; i++) {
                struct slot *s = &h->slots[i];

                if (s->bev && slot_over(s))
                        slot_release(s);
                else if (s->bev && clock_boot() - s->since > LIFE_MAX)
                        (void)shutdown(bufferevent_getfd(s->bev), SHUT_RDWR);
        }
        listen_or_rest(h, slots_used(h) < METRICS_HTTP_CONNECTIONS);
        if (slots_used(h))
                (void)event_add(h->sweep, &sweep_interval);
}

/* evhttp is about to make a connection. Who listens has a free slot. */
static struct bufferevent *on_connection(struct event_base *base, void *userdata) {
        struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
        struct metrics_http *h = userdata;

        for (size_t i = 0; i < METRICS_HTTP_CONNECTIONS && bev; i++) {
                if (h->slots[i].bev)
                        continue;
                h->slots[i] = (struct slot){ bev, clock_boot() };
                bufferevent_incref(bev);
                break;
        }
        if (slots_used(h) == METRICS_HTTP_CONNECTIONS)
                listen_or_rest(h, false);
        if (!event_pending(h->sweep, EV_TIMEOUT, NULL))
                (void)event_add(h->sweep, &sweep_interval);
        return bev;
}

/* An answer is out, or nobody waits for it any more: the slot is free at once. */
static void on_end(struct evhttp_connection *connection, void *userdata) {
        struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
        struct metrics_http *h = userdata;

        for (size_t i = 0; i < METRICS_HTTP_CONNECTIONS; i++)
                if (h->slots[i].bev == bev)
                        slot_release(&h->slots[i]);
        listen_or_rest(h, true);
}

/* --- answers --- */

static void text_unref(const void *data, size_t n, void *userdata) {
        struct text *text = userdata;

        if (--text->references)
                return;
        buf_deinit(&text->buf);
        free(text);
}

static struct text *collect(struct metrics_http *h) {
        _cleanup_metrics_ struct metrics m = METRICS_INIT;
        struct text *text = calloc(1, sizeof *text);
        int64_t before = clock_boot();

        if (!text)
                return NULL;
        text->references = 1;
        metrics_put_process(&m);
        metrics_put_queue(&m, "metrics", slots_used(h), METRICS_HTTP_CONNECTIONS, 0);
        metrics_put(&m, METRICS_SCRAPES, (double)h->scrapes);
        metrics_put(&m, METRICS_SCRAPE_SECONDS, h->took);
        h->options.collect(h->options.userdata, &m);
        metrics_text(&m, &text->buf);
        if (text->buf.error) {
                text_unref(NULL, 0, text);
                return NULL;
        }
        h->collected = clock_boot();
        h->took = (double)(h->collected - before) / WW_SECOND;
        return text;
}

static struct text *fresh_text(struct metrics_http *h) {
        if (h->text && clock_boot() - h->collected < FRESH)
                return h->text;
        if (h->text)
                text_unref(NULL, 0, h->text);
        h->text = collect(h);
        return h->text;
}

static void refuse(struct evhttp_request *request, int code, const char *reason) {
        struct evbuffer *body = evbuffer_new();

        if (body)
                (void)evbuffer_add_printf(body, "%s; metrics are at GET /metrics\n", reason);
        (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain");
        evhttp_send_reply(request, code, reason, body);
        if (body)
                evbuffer_free(body);
}

static void answer(struct metrics_http *h, struct evhttp_request *request) {
        struct text *text;
        struct evbuffer *body;

        h->scrapes++;
        text = fresh_text(h);
        body = text ? evbuffer_new() : NULL;
        if (!body || evbuffer_add_reference(body, text->buf.p, text->buf.n, text_unref, text) < 0) {
                refuse(request, 503, "no memory");
        } else {
                text->references++;
                (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                                        METRICS_CONTENT_TYPE);
                evhttp_send_reply(request, 200, "OK", body);
        }
        if (body)
                evbuffer_free(body);
}

static void on_request(struct evhttp_request *request, void *userdata) {
        const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
        struct metrics_http *h = userdata;

        evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_end, h);
        (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
        if (!path || strcmp(path, "/metrics") != 0)
                refuse(request, 404, "nothing is here");
        else if (evhttp_request_get_command(request) != EVHTTP_REQ_GET) {
                (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET");
                refuse(request, 405, "only GET");
        } else
                answer(h, request);
}

/* --- listening --- */

/* Loopback is all that this file can listen at. NULL and errno. */
static struct evconnlistener *bind_loopback(struct event_base *base, uint16_t port, bool v6) {
        const struct sockaddr_in four = { .sin_family = AF_INET,
                                          .sin_port = htons(port),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        const struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                          .sin6_port = htons(port),
                                          .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE |
                               (v6 ? (unsigned)LEV_OPT_BIND_IPV6ONLY : 0);
        const void *at = v6 ? (const void *)&six : &four;

        return evconnlistener_new_bind(base, NULL, NULL, flags, BACKLOG, at, v6 ? sizeof six : sizeof four);
}

/* True if it is to be tried again. A machine may have no IPv6. */
static bool listen_at(struct metrics_http *h, bool v6) {
        struct evconnlistener *l;
        char where[32];

        if (h->bound[v6])
                return false;
        (void)snprintf(where, sizeof where, "%s:%d", v6 ? "[::1]" : "127.0.0.1", (int)h->options.port);
        l = bind_loopback(h->base, (uint16_t)h->options.port, v6);
        h->bound[v6] = l ? evhttp_bind_listener(h->http, l) : NULL;
        if (h->bound[v6]) {
                log_info("metrics", where, "GET /metrics");
                return false;
        }
        if (v6 && errno != EADDRINUSE)
                return false;
        if (!h->told)
                log_warning("metrics-port", where,
                            "cannot listen: %s; everything else goes on, and it is tried again. If another program has "
                            "this port, set %s to a free one, or to `off`",
                            strerror(errno), h->options.key);
        h->told = true;
        return true;
}

static void on_again(evutil_socket_t fd, short what, void *userdata) {
        static const struct timeval later = { .tv_sec = BIND_AGAIN };
        struct metrics_http *h = userdata;
        bool again = listen_at(h, false);

        if (listen_at(h, true) || again)
                (void)event_add(h->again, &later);
}

static int setup(struct metrics_http *h) {
        h->http = evhttp_new(h->base);
        h->again = evtimer_new(h->base, on_again, h);
        h->sweep = evtimer_new(h->base, on_sweep, h);
        if (!h->http || !h->again || !h->sweep)
                return -ENOMEM;
        evhttp_set_bevcb(h->http, on_connection, h);
        evhttp_set_gencb(h->http, on_request, h);
        evhttp_set_timeout(h->http, IDLE_SECONDS);
        evhttp_set_max_headers_size(h->http, METRICS_HTTP_HEADERS);
        evhttp_set_max_body_size(h->http, METRICS_HTTP_HEADERS);
        evhttp_set_allowed_methods(h->http, UINT16_MAX); /* on_request says what the others may do */
        on_again(-1, 0, h);
        return 0;
}

int metrics_http_new(struct metrics_http **ret, struct event_base *base, const struct metrics_http_options *options) {
        struct metrics_http *h;

        *ret = NULL;
        if (options->port == 0)
                return 0;
        h = calloc(1, sizeof *h);
        if (!h)
                return -ENOMEM;
        h->base = base;
        h->options = *options;
        if (setup(h)) {
                metrics_http_free(h);
                return -ENOMEM;
        }
        *ret = h;
        return 0;
}

struct metrics_http *metrics_http_free(struct metrics_http *h) {
        if (!h)
                return NULL;
        if (h->http)
                evhttp_free(h->http);
        for (size_t i = 0; i < METRICS_HTTP_CONNECTIONS; i++)
                if (h->slots[i].bev)
                        slot_release(&h->slots[i]);
        if (h->text)
                text_unref(NULL, 0, h->text);
        if (h->again)
                event_free(h->again);
        if (h->sweep)
                event_free(h->sweep);
        free(h);
        return NULL;
}
