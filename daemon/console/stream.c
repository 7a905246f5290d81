/*
 * Server-sent events: each stream is a place in the lines of live.c, and moves on when its client has read.
 *
 *     waiting ── the live state is whole ──► snapshot ──► lines ◄─► drained
 *        ▲            (or resumed: lines at once)            │
 *        └────────────── another epoch: all begin anew ──────┘     too far behind ──► cut; comes back with its id
 *
 * What goes out at once is always whole events, so that whatever comes next cannot fall into the middle of one.
 *
 * Nothing is copied for a client: its queue holds references to texts that all share, LOW bytes of them at most until
 * it has read. So a slow one costs its place, and the lines it has not read are those that everybody's ring has.
 */
#include "console/console_internal.h"

#include "wardwatch-build.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOW         ((size_t)32 * 1024)
#define BEHIND_MAX  ((size_t)256 * 1024)
#define SLICE       ((size_t)32 * 1024)
#define STREAMS_MAX 10000

enum state { WAITING, SNAPSHOT, LINES };

struct stream {
        struct stream *next;
        struct console *console;
        struct evhttp_request *request;
        struct http_connection *connection; /* NULL: its client is gone */
        struct who who;
        unsigned hidden;
        enum state state;
        uint64_t epoch, line;
        struct live_text *snapshot;
        size_t sent;   /* of the snapshot */
        char from[40]; /* where it wants to go on; "" = from the beginning */
        bool ended;
};

static void stream_pump(struct stream *s);

static void stream_free(struct stream *s) {
        struct console *c = s->console;
        struct stream **at = &c->streams;
        struct session *session = sessions_number(c->sessions, s->who.number);

        while (*at != s)
                at = &(*at)->next;
        *at = s->next;
        c->n_streams--;
        if (session && session->streams)
                session->streams--;
        if (s->connection)
                http_connection_watch(s->connection, NULL, NULL);
        live_text_unref(s->snapshot);
        evhttp_send_reply_end(s->request);
        free(s);
}

static void on_gone(void *userdata) {
        struct stream *s = userdata;

        s->connection = NULL;
        stream_free(s);
}

static void on_drained(struct evhttp_connection *connection, void *userdata) {
        struct console *c = userdata;
        struct stream *s = c->streams;

        while (s && (!s->connection || evhttp_request_get_connection(s->request) != connection))
                s = s->next;
        if (s && !s->ended)
                stream_pump(s);
}

static void put_chunk(struct stream *s, struct evbuffer *b) {
        if (evbuffer_get_length(b))
                evhttp_send_reply_chunk_with_cb(s->request, b, on_drained, s->console);
}

static void put_text(struct stream *s, const char *text, size_t n) {
        struct evbuffer *b = evbuffer_new();

        if (b && evbuffer_add(b, text, n) == 0)
                put_chunk(s, b);
        if (b)
                evbuffer_free(b);
}

static void add_shared(struct evbuffer *b, struct live_text *t, size_t from, size_t n) {
        t->references++;
        if (evbuffer_add_reference(b, t->text + from, n, live_text_release, t) < 0)
                live_text_unref(t);
}

/* --- moving on --- */

/* Who comes back is let in by what he may then. */
static void cut(struct stream *s) {
        s->ended = true;
        http_connection_cut(s->connection);
}

/* What it shows from now on; false: nothing. */
static bool stream_may(struct stream *s) {
        if (s->who.roles & ROLE_WALLBOARD)
                return true;
        s->who.roles = console_roles(s->console, s->who.name);
        s->hidden = console_hidden(&s->who);
        return s->who.key || s->who.roles;
}

static void begin_anew(struct stream *s) {
        live_text_unref(s->snapshot);
        s->snapshot = NULL;
        s->sent = 0;
        s->epoch = live_epoch(s->console->live);
        s->state = WAITING;
        if (!live_complete(s->console->live))
                return;
        if (!stream_may(s)) {
                cut(s);
                return;
        }
        if (*s->from && live_resume(s->console->live, s->from, &s->line)) {
                s->state = LINES;
        } else {
                s->snapshot = live_snapshot(s->console->live, s->hidden, &s->line);
                s->state = s->snapshot ? SNAPSHOT : WAITING;
        }
        s->from[0] = '\0';
}

/* Whole events: between two slices come beats, words of the session, or another beginning. */
static size_t slice(const struct live_text *t, size_t from) {
        const char *end = t->n - from > SLICE ? memmem(t->text + from + SLICE, t->n - from - SLICE, "\n\n", 2) : NULL;

        return end ? (size_t)(end + 2 - t->text) - from : t->n - from;
}

static void pump_snapshot(struct stream *s, struct evbuffer *b) {
        size_t n = slice(s->snapshot, s->sent);

        add_shared(b, s->snapshot, s->sent, n);
        s->sent += n;
        if (s->sent < s->snapshot->n)
                return;
        live_text_unref(s->snapshot);
        s->snapshot = NULL;
        s->state = LINES;
}

static void pump_lines(struct stream *s, struct evbuffer *b) {
        struct live *l = s->console->live;

        while (s->line < live_end(l) && evbuffer_get_length(b) < LOW) {
                struct live_text *t = live_line(l, s->line++);

                if (!(t->hidden & s->hidden))
                        add_shared(b, t, 0, t->n);
        }
}

/* Its lines are gone from the ring, or it has stopped reading: it comes back and goes on by its id. */
static bool too_far(const struct stream *s) {
        return s->state == LINES && live_behind(s->console->live, s->line) > BEHIND_MAX &&
               http_connection_queued(s->connection) > 0;
}

static void stream_pump(struct stream *s) {
        struct evbuffer *b;

        if (!s->connection || s->ended)
                return;
        if (s->state == WAITING || s->epoch != live_epoch(s->console->live) ||
            (s->state == SNAPSHOT && s->line < live_first(s->console->live)) ||
            (s->state == LINES && s->line < live_first(s->console->live)))
                begin_anew(s);
        if (!s->ended && too_far(s)) {
                s->console->streams_dropped++;
                cut(s);
        }
        if (s->ended || s->state == WAITING || http_connection_queued(s->connection) >= LOW || !(b = evbuffer_new()))
                return;
        if (s->state == SNAPSHOT)
                pump_snapshot(s, b);
        if (s->state == LINES)
                pump_lines(s, b);
        put_chunk(s, b);
        evbuffer_free(b);
}

void streams_flush(struct console *c) {
        for (struct stream *s = c->streams, *next; s; s = next) {
                next = s->next;
                stream_pump(s);
        }
}

/* --- what is no line --- */

void streams_beat(struct console *c) {
        json_t *beat = console_beat(c);
        char *data = beat ? json_dumps(beat, JSON_COMPACT) : NULL, *text = NULL;
        int n = data ? asprintf(&text, "event: beat\ndata: %s\n\n", data) : -1;

        for (struct stream *s = c->streams; n > 0 && s; s = s->next)
                if (s->connection && !s->ended && http_connection_queued(s->connection) < LOW)
                        put_text(s, text, (size_t)n);
        json_decref(beat);
        free(data);
        if (n >= 0)
                free(text);
}

static void stream_end(struct stream *s) {
        s->ended = true;
        stream_free(s);
}

void streams_session(struct console *c, uint64_t number, const char *data, bool end) {
        char text[256];
        int n = snprintf(text, sizeof text, "event: session\ndata: %s\n\n", data);

        for (struct stream *s = c->streams, *next; s; s = next) {
                next = s->next;
                if (s->who.number != number || !s->connection)
                        continue;
                put_text(s, text, (size_t)n);
                if (end)
                        stream_end(s);
        }
}

/* What was shown and may not be any more goes with the next `reset`. */
void streams_rights(struct console *c, const char *name) {
        for (struct stream *s = c->streams; s; s = s->next) {
                unsigned hidden = s->hidden;

                if (!s->connection || s->ended || !name || strcmp(s->who.name, name) != 0)
                        continue;
                if (!stream_may(s)) {
                        cut(s);
                } else if (s->hidden != hidden) {
                        s->from[0] = '\0';
                        s->state = WAITING;
                }
        }
}

void streams_keys(struct console *c, const char *name) {
        for (struct stream *s = c->streams; s; s = s->next)
                if (s->connection && !s->ended && s->who.key && (!name || strcmp(s->who.name, name) == 0))
                        cut(s);
}

void streams_end(struct console *c) {
        while (c->streams)
                stream_end(c->streams);
}

/* --- beginning --- */

static void send_hello(struct stream *s) {
        char now[32], text[256];
        int n;

        instant_format(clock_wall(), now);
        n = snprintf(text, sizeof text,
                     "retry: 1000\n\nevent: hello\ndata: {\"version\":\"%s\",\"session\":%llu,\"now\":\"%s\"}\n\n",
                     WARDWATCH_VERSION, (unsigned long long)s->who.number, now);
        put_text(s, text, (size_t)n);
}

void stream_begin(struct call *call) {
        struct console *c = call->console;
        const char *from = evhttp_find_header(evhttp_request_get_input_headers(call->request), "Last-Event-ID");
        struct stream *s = c->n_streams < STREAMS_MAX && call->connection ? calloc(1, sizeof *s) : NULL;
        struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);

        if (!s) {
                api_refuse(call, 503, "limit", "there are too many streams", "close some");
                return;
        }
        if (!from)
                from = api_query(call, "from");
        *s = (struct stream){ c->streams, c, call->request, call->connection, call->who, console_hidden(&call->who) };
        s->who.session = NULL;
        (void)snprintf(s->from, sizeof s->from, "%s", from ? from : "");
        c->streams = s;
        c->n_streams++;
        if (call->who.session)
                call->who.session->streams++;
        api_release(call);
        answer_headers(c, s->request, true);
        (void)evhttp_add_header(headers, "Content-Type", "text/event-stream");
        (void)evhttp_add_header(headers, "Connection", "close");
        (void)evhttp_add_header(headers, "X-Accel-Buffering", "no"); /* a proxy must not wait for more */
        c->answered[2]++;
        evhttp_send_reply_start(s->request, 200, "OK");
        http_connection_stream(s->connection);
        http_connection_watch(s->connection, on_gone, s);
        send_hello(s);
        stream_pump(s);
}
