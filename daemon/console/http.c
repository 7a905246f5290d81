/*
 * evhttp makes connections and loses them as it likes; what is counted and bounded here hangs on their bufferevents:
 *
 *     accepted ──► reading ──► answering ──► idle ──► reading …
 *                    │ 10 s       │            │ 75 s
 *                    └── cut ◄────┴── closed ──┘
 *
 * The bufferevent of each connection has a struct here, which holds a reference to it. A request begins with its first
 * byte (a callback of the input buffer) and ends when evhttp calls with the whole of it; from then to the end of the
 * answer no deadline runs. To cut a connection its socket is shut down under evhttp's feet, which then sees the end of
 * it. A connection that ended without a request is found by the sweep: evhttp has taken its callbacks off the
 * bufferevent.
 *
 * evhttp accepts without saying from where: the address is looked at in the same turn of the loop, before anything of
 * the connection is read.
 */
#include "console/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "console/tls.h"
#include <wardwatch/time.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG       128
#define STREAM_SNDBUF (64 * 1024)
#define STREAM_INPUT  1024

static const struct timeval sweep_interval = { .tv_usec = 500000 };

enum state { READING, IDLE, ANSWERING, STREAMING };

struct http_connection {
        struct http_connection *next;
        struct http *http;
        struct bufferevent *bev;
        enum state state;
        int64_t since; /* boot clock, of the state */
        char address[HTTP_ADDRESS_SIZE];
        void (*closed)(void *userdata);
        void *userdata;
        bool fresh; /* its address is not known yet */
        bool cut;
        bool attended;
};

struct http {
        struct event_base *base;
        struct http_options options;
        struct evhttp *http;
        struct evhttp_bound_socket *bound;
        struct event *fresh, *sweep;
        struct tls *tls; /* NULL: plain */
        struct http_connection *connections;
        size_t n;
        uint64_t turned_away_address, turned_away_slow, turned_away_files;
        int64_t paused; /* boot clock, since when nobody is let in for want of descriptors; 0 = no */
};

static struct http *the_one; /* a listener's errors are told to evhttp, which knows nothing of us */

/* --- connections --- */

static void set_state(struct http_connection *c, enum state state) {
        c->state = state;
        c->since = clock_boot();
}

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *userdata) {
        struct http_connection *c = userdata;

        if (info->n_added && c->state == IDLE)
                set_state(c, READING);
}

static void listen_or_rest(struct http *h) {
        struct evconnlistener *l = h->bound ? evhttp_bound_socket_get_listener(h->bound) : NULL;

        if (l)
                (void)(h->n < h->options.connections && !h->paused ? evconnlistener_enable : evconnlistener_disable)(l);
}

static void connection_free(struct http_connection *c) {
        struct http *h = c->http;
        struct http_connection **at = &h->connections;

        while (*at != c)
                at = &(*at)->next;
        *at = c->next;
        h->n--;
        if (c->closed)
                c->closed(c->userdata);
        (void)evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
        (void)bufferevent_decref(c->bev);
        free(c);
        listen_or_rest(h);
}

static bool connection_over(const struct http_connection *c) {
        bufferevent_event_cb event = NULL;

        bufferevent_getcb(c->bev, NULL, NULL, &event, NULL);
        return !event;
}

void http_connection_cut(struct http_connection *c) {
        evutil_socket_t fd = bufferevent_getfd(c->bev);

        c->cut = true;
        if (fd >= 0)
                (void)shutdown(fd, SHUT_RDWR);
}

/* What it costs least: one that has said nothing yet, or rests between two requests, the longest of them first; else
 * the youngest, whatever it does. */
static struct http_connection *expendable(const struct http *h) {
        struct http_connection *found = NULL;

        for (struct http_connection *c = h->connections; c; c = c->next) { /* youngest first */
                bool rests = c->state == READING || c->state == IDLE;

                if (!c->cut && (!found || (rests && (found->state > IDLE || c->since < found->since))))
                        found = c;
        }
        return found;
}

/* There is no descriptor for a connection that waits. It would be offered again and again: so nobody is let in for a
 * second, and another makes room. */
static void on_accept_error(struct evconnlistener *l, void *userdata) {
        int error = EVUTIL_SOCKET_ERROR();
        struct http *h = the_one;
        struct http_connection *c = expendable(h);

        if (!h->paused && !h->turned_away_files)
                log_warning("console-files", NULL, "no connection can be taken: %s", strerror(error));
        h->turned_away_files++;
        h->paused = clock_boot();
        if (c)
                http_connection_cut(c);
        listen_or_rest(h);
}

static void on_sweep(evutil_socket_t fd, short what, void *userdata) {
        struct http *h = userdata;
        int64_t now = clock_boot();

        if (h->paused && now - h->paused > WW_SECOND) {
                h->paused = 0;
                listen_or_rest(h);
        }
        for (struct http_connection *c = h->connections, *next; c; c = next) {
                int64_t limit = c->state == READING ? HTTP_REQUEST_TIME : HTTP_IDLE_TIME;

                next = c->next;
                if (connection_over(c)) {
                        connection_free(c);
                } else if (!c->cut && (c->state == READING || c->state == IDLE) && now - c->since > limit * WW_SECOND) {
                        h->turned_away_slow += c->state == READING;
                        http_connection_cut(c);
                }
        }
}

static void read_address(struct http_connection *c) {
        struct sockaddr_storage peer;
        socklen_t n = sizeof peer;
        const struct sockaddr_in *four = (const struct sockaddr_in *)&peer;
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&peer;

        c->fresh = false;
        if (getpeername(bufferevent_getfd(c->bev), (struct sockaddr *)&peer, &n) < 0)
                return;
        if (peer.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
                (void)inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], c->address, sizeof c->address);
        else if (peer.ss_family == AF_INET6)
                (void)inet_ntop(AF_INET6, &six->sin6_addr, c->address, sizeof c->address);
        else
                (void)inet_ntop(AF_INET, &four->sin_addr, c->address, sizeof c->address);
}

static size_t count_address(const struct http *h, const char *address) {
        size_t n = 0;

        for (const struct http_connection *c = h->connections; c; c = c->next)
                n += !c->cut && strcmp(c->address, address) == 0;
        return n;
}

static void on_fresh(evutil_socket_t fd, short what, void *userdata) {
        struct http *h = userdata;

        for (struct http_connection *c = h->connections; c; c = c->next) {
                if (!c->fresh)
                        continue;
                read_address(c);
                if (count_address(h, c->address) <= h->options.connections_per_address)
                        continue;
                h->turned_away_address++;
                http_connection_cut(c);
        }
}

/* evhttp is about to make a connection, and gives it a socket when this returns. */
static struct bufferevent *on_connection(struct event_base *base, void *userdata) {
        struct http *h = userdata;
        struct http_connection *c = calloc(1, sizeof *c);
        struct bufferevent *bev = h->tls ? tls_bufferevent(h->tls, base)
                                         : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

        if (!c || !bev || !evbuffer_add_cb(bufferevent_get_input(bev), on_input, c)) {
                if (bev)
                        bufferevent_free(bev);
                free(c);
                return NULL;
        }
        *c = (struct http_connection){ .next = h->connections, .http = h, .bev = bev, .fresh = true };
        bufferevent_incref(bev);
        h->connections = c;
        h->n++;
        set_state(c, READING);
        listen_or_rest(h);
        event_active(h->fresh, EV_TIMEOUT, 0);
        return bev;
}

static struct http_connection *connection_of(struct http *h, struct evhttp_request *request) {
        struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));
        struct http_connection *c = h->connections;

        while (c && c->bev != bev)
                c = c->next;
        return c;
}

static void on_closed(struct evhttp_connection *connection, void *userdata) {
        struct http *h = userdata;
        struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
        struct http_connection *c = h->connections;

        while (c && c->bev != bev)
                c = c->next;
        if (c)
                connection_free(c);
}

static void on_complete(struct evhttp_request *request, void *userdata) {
        struct http *h = userdata;
        struct http_connection *c = evhttp_request_get_connection(request) ? connection_of(h, request) : NULL;

        if (!c)
                return;
        c->closed = NULL;
        if (c->attended)
                bufferevent_setwatermark(c->bev, EV_READ, 0, 0);
        c->attended = false;
        set_state(c, IDLE);
}

const char *http_connection_address(const struct http_connection *c) {
        return c->address;
}

void http_connection_watch(struct http_connection *c, void (*closed)(void *userdata), void *userdata) {
        c->closed = closed;
        c->userdata = userdata;
}

size_t http_connection_queued(const struct http_connection *c) {
        return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* evhttp reads nothing while it waits for an answer, and so hears of no end; and what it does not expect to read ends
 * the process. So its reader is taken off until it puts it back itself. */
void http_connection_attend(struct http_connection *c) {
        bufferevent_data_cb write;
        bufferevent_event_cb event;
        void *userdata;

        bufferevent_getcb(c->bev, NULL, &write, &event, &userdata);
        bufferevent_setcb(c->bev, NULL, write, event, userdata);
        bufferevent_setwatermark(c->bev, EV_READ, 0, STREAM_INPUT);
        c->attended = true;
        (void)bufferevent_enable(c->bev, EV_READ);
}

/* Whoever streams has nothing more to say: what comes all the same is not kept, and stops being read. */
void http_connection_stream(struct http_connection *c) {
        static const struct timeval write_time = { .tv_sec = 30 };
        const int bytes = STREAM_SNDBUF;

        set_state(c, STREAMING);
        (void)setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
        bufferevent_setwatermark(c->bev, EV_READ, 0, STREAM_INPUT);
        (void)bufferevent_set_timeouts(c->bev, NULL, &write_time);
        (void)bufferevent_enable(c->bev, EV_READ);
}

/* --- what no browser sends --- */

static size_t count_header(struct evhttp_request *request, const char *name) {
        const struct evkeyval *header;
        size_t n = 0;

        TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
        n += strcasecmp(header->key, name) == 0;
        return n;
}

static const char *malformed(struct evhttp_request *request) {
        if (count_header(request, "Transfer-Encoding"))
                return "Transfer-Encoding is not taken";
        if (count_header(request, "Content-Length") > 1)
                return "one Content-Length";
        if (count_header(request, "Host") != 1)
                return "one Host";
        if (evhttp_request_get_uri(request)[0] != '/')
                return "an address begins with /";
        if (evhttp_request_get_evhttp_uri(request) == NULL ||
            evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request)) == NULL)
                return "an address that cannot be read";
        return NULL;
}

static void on_request(struct evhttp_request *request, void *userdata) {
        struct http *h = userdata;
        struct http_connection *c = connection_of(h, request);
        const char *wrong = malformed(request);

        evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_closed, h);
        if (!c || c->cut || wrong) {
                (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
                evhttp_send_reply(request, 400, wrong ? wrong : "Bad Request", NULL);
                return;
        }
        set_state(c, ANSWERING);
        evhttp_request_set_on_complete_cb(request, on_complete, h);
        h->options.request(h->options.userdata, request, c);
}

/* --- life --- */

static int bind_at(const char *where) {
        struct sockaddr_storage address;
        int n = sizeof address, one = 1;
        _cleanup_close_ int fd = -1;

        if (evutil_parse_sockaddr_port(where, (struct sockaddr *)&address, &n) < 0)
                return -EINVAL;
        fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
            setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) < 0 ||
            bind(fd, (struct sockaddr *)&address, (socklen_t)n) < 0)
                return -errno;
        n = fd;
        fd = -1;
        return n;
}

int http_bind(const char *where) {
        int fd = bind_at(where);

        if (fd < 0)
                log_error("console-listen", where,
                          "cannot listen: %s; set console.listen to an address and port that are free", strerror(-fd));
        return fd;
}

static int listen_at(struct http *h) {
        struct evconnlistener *l = evconnlistener_new(
                h->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, h->options.fd);

        if (!l) {
                int r = -errno;

                (void)close(h->options.fd);
                return r;
        }
        h->bound = evhttp_bind_listener(h->http, l);
        evconnlistener_set_error_cb(l, on_accept_error);
        return h->bound ? 0 : -ENOMEM;
}

static int setup(struct http *h) {
        int r = 0;

        h->http = evhttp_new(h->base);
        h->fresh = event_new(h->base, -1, 0, on_fresh, h);
        h->sweep = event_new(h->base, -1, EV_PERSIST, on_sweep, h);
        if (!h->http || !h->fresh || !h->sweep || event_add(h->sweep, &sweep_interval) < 0)
                return -ENOMEM;
        if (*h->options.tls_cert)
                r = tls_new(&h->tls, h->options.tls_cert, h->options.tls_key);
        if (r)
                return r;
        evhttp_set_bevcb(h->http, on_connection, h);
        evhttp_set_gencb(h->http, on_request, h);
        evhttp_set_timeout(h->http, 2 * HTTP_IDLE_TIME); /* ours are shorter */
        evhttp_set_max_headers_size(h->http, HTTP_HEADERS_MAX);
        evhttp_set_max_body_size(h->http, HTTP_BODY_MAX);
        evhttp_set_default_content_type(h->http, NULL);
        evhttp_set_allowed_methods(h->http, UINT16_MAX); /* the routes say which */
        r = listen_at(h);
        if (r)
                log_error("console-listen", NULL, "cannot listen: %s", strerror(-r));
        return r;
}

int http_new(struct http **ret, struct event_base *base, const struct http_options *options) {
        struct http *h = calloc(1, sizeof *h);
        int r;

        if (!h)
                return -ENOMEM;
        h->base = base;
        h->options = *options;
        the_one = h;
        r = setup(h);
        if (r) {
                http_free(h);
                return r;
        }
        *ret = h;
        return 0;
}

struct http *http_free(struct http *h) {
        if (!h)
                return NULL;
        if (h->http)
                evhttp_free(h->http);
        h->bound = NULL;
        while (h->connections) {
                h->connections->closed = NULL;
                connection_free(h->connections);
        }
        if (h->fresh)
                event_free(h->fresh);
        if (h->sweep)
                event_free(h->sweep);
        tls_free(h->tls);
        free(h);
        return NULL;
}

int http_reload(struct http *h) {
        return h->tls ? tls_reload(h->tls) : 0;
}

bool http_is_tls(const struct http *h) {
        return h->tls;
}

void http_figures(const struct http *h, struct http_figures *ret) {
        *ret = (struct http_figures){ h->n, h->turned_away_address, h->turned_away_slow, h->turned_away_files };
}
