#include "base/jsonline.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A jsonline may be freed by its own handlers, which run in the middle of a loop over its lines. So the struct
 * counts the calls that stand on the stack (`depth`): jsonline_free closes the connection at once, and the memory
 * goes when the last of those calls returns.
 *
 * The input buffer never holds more than one line of the greatest length: at the high watermark libevent stops
 * reading until the lines in hand are taken out. `scanned` remembers how far a newline was searched for, so a
 * sender that drips bytes costs no more than one that sends lines.
 */
struct jsonline {
        struct bufferevent *bev; /* NULL once freed */
        struct jsonline_handlers handlers;
        size_t queue_max, scanned;
        uint64_t refused;
        unsigned depth;
        bool broken; /* closed by the other side, or by a rule that it broke: no line comes or goes any more */
};

static void leave(struct jsonline *l) {
        if (--l->depth == 0 && !l->bev)
                free(l);
}

static void break_off(struct jsonline *l, const char *why) {
        if (l->broken)
                return;
        l->broken = true;
        bufferevent_disable(l->bev, EV_READ | EV_WRITE);
        if (l->handlers.closed)
                l->handlers.closed(l->handlers.userdata, l, why);
}

/* The length of the next line without its newline, or -1. */
static ssize_t next_line(struct jsonline *l, struct evbuffer *input) {
        struct evbuffer_ptr from, at;
        size_t have = evbuffer_get_length(input);

        if (l->scanned >= have || evbuffer_ptr_set(input, &from, l->scanned, EVBUFFER_PTR_SET) < 0)
                return -1;
        at = evbuffer_search(input, "\n", 1, &from);
        l->scanned = at.pos < 0 ? have : 0;
        return (ssize_t)at.pos;
}

static void take_line(struct jsonline *l, struct evbuffer *input, size_t n) {
        const char *p = (const char *)evbuffer_pullup(input, (ssize_t)n);
        json_t *object = p ? json_loadb(p, n, JSON_REJECT_DUPLICATES, NULL) : NULL;

        evbuffer_drain(input, n + 1);
        if (json_is_object(object))
                l->handlers.line(l->handlers.userdata, l, object);
        else
                break_off(l, "a line is not a JSON object");
        json_decref(object);
}

static void on_read(struct bufferevent *bev, void *userdata) {
        struct jsonline *l = userdata;
        struct evbuffer *input = bufferevent_get_input(bev);
        ssize_t n = -1;

        l->depth++;
        while (l->bev && !l->broken && (n = next_line(l, input)) >= 0)
                take_line(l, input, (size_t)n);
        if (l->bev && !l->broken && evbuffer_get_length(input) > JSONLINE_MAX)
                break_off(l, "a line is too long");
        leave(l);
}

static void on_drained(struct bufferevent *bev, void *userdata) {
        struct jsonline *l = userdata;

        l->depth++;
        if (!l->broken && l->handlers.drained)
                l->handlers.drained(l->handlers.userdata, l);
        leave(l);
}

static void on_event(struct bufferevent *bev, short what, void *userdata) {
        struct jsonline *l = userdata;

        l->depth++;
        if (what & BEV_EVENT_EOF)
                break_off(l, "closed by the other side");
        else if (what & BEV_EVENT_ERROR)
                break_off(l, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
        leave(l);
}

int jsonline_new(struct jsonline **ret, struct event_base *base, int fd, size_t queue_max,
                 const struct jsonline_handlers *h) {
        struct jsonline *l = calloc(1, sizeof(*l));

        if (!l)
                return -ENOMEM;
        l->handlers = *h;
        l->queue_max = queue_max;
        if (evutil_make_socket_nonblocking(fd) < 0 || evutil_make_socket_closeonexec(fd) < 0) {
                free(l);
                return -EBADF;
        }
        l->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
        if (!l->bev) {
                free(l);
                return -ENOMEM;
        }
        bufferevent_setcb(l->bev, on_read, on_drained, on_event, l);
        bufferevent_setwatermark(l->bev, EV_READ, 0, JSONLINE_MAX + 1);
        bufferevent_enable(l->bev, EV_READ | EV_WRITE);
        *ret = l;
        return 0;
}

/* One try, without waiting: the last answer before a close usually fits the socket's buffer. */
static void send_rest(struct jsonline *l) {
        struct evbuffer_iovec pieces[8];
        int n = evbuffer_peek(bufferevent_get_output(l->bev), -1, NULL, pieces, 8);
        struct msghdr message = { .msg_iov = pieces, .msg_iovlen = n > 8 ? 8 : (size_t)n };

        if (n > 0 && !l->broken)
                (void)sendmsg(jsonline_fd(l), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

struct jsonline *jsonline_free(struct jsonline *l) {
        if (!l || !l->bev)
                return NULL;
        send_rest(l);
        /* libevent closes the descriptor in its next turn; the other side need not wait for that */
        shutdown(jsonline_fd(l), SHUT_RDWR);
        bufferevent_setcb(l->bev, NULL, NULL, NULL, NULL);
        bufferevent_free(l->bev);
        l->bev = NULL;
        if (l->depth == 0)
                free(l);
        return NULL;
}

int jsonline_send_text(struct jsonline *l, const char *line, size_t n) {
        struct evbuffer *output;

        if (!l->bev || l->broken)
                return -EPIPE;
        if (n > JSONLINE_MAX)
                return -EMSGSIZE;
        output = bufferevent_get_output(l->bev);
        if (evbuffer_get_length(output) + n + 1 > l->queue_max) {
                l->refused++;
                return JSONLINE_E_FULL;
        }
        if (evbuffer_expand(output, n + 1) < 0)
                return -ENOMEM;
        evbuffer_add(output, line, n);
        evbuffer_add(output, "\n", 1);
        return 0;
}

int jsonline_send(struct jsonline *l, json_t *object) {
        _cleanup_free_ char *text = json_dumps(object, JSON_COMPACT);

        return text ? jsonline_send_text(l, text, strlen(text)) : -ENOMEM;
}

size_t jsonline_queued(const struct jsonline *l) {
        return l->bev ? evbuffer_get_length(bufferevent_get_output(l->bev)) : 0;
}

uint64_t jsonline_refused(const struct jsonline *l) {
        return l->refused;
}

int jsonline_fd(const struct jsonline *l) {
        return l->bev ? bufferevent_getfd(l->bev) : -1;
}
