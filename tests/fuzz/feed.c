/*
 * The feed as the console reads it: hostile bytes through the framing of lines, and what is a line into the picture of
 * what is. It tells the picture as JSON and as events, for each that may see less.
 */
#include "base/jsonline.h"
#include "console/live.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct reading {
        struct live *live;
        struct jsonline *line;
        struct event_base *base;
};

static void on_line(void *userdata, struct jsonline *l, json_t *object) {
        struct reading *r = userdata;

        if (json_is_true(json_object_get(object, "reset")))
                live_reset(r->live);
        (void)live_take(r->live, object);
}

static void on_closed(void *userdata, struct jsonline *l, const char *why) {
        struct reading *r = userdata;

        r->line = jsonline_free(l);
        (void)event_base_loopbreak(r->base);
}

static void tell(struct live *live) {
        for (unsigned hidden = 0; hidden < LIVE_CLASSES; hidden++) {
                uint64_t next;
                struct live_text *text = live_snapshot(live, hidden, &next);
                json_t *json = live_json(live, hidden);
                char *words = json ? json_dumps(json, 0) : NULL;

                if (!text || !words || next != live_end(live))
                        abort();
                live_text_unref(text);
                free(words);
                json_decref(json);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        struct reading r = { .base = event_base_new() };
        const struct jsonline_handlers handlers = { .userdata = &r, .line = on_line, .closed = on_closed };
        int fds[2];

        (void)signal(SIGPIPE, SIG_IGN);
        if (n > 100000) /* what a socket takes at once */
                n = 100000;
        if (!r.base || live_new(&r.live) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                abort();
        (void)evutil_make_socket_nonblocking(fds[0]);
        if (jsonline_new(&r.line, r.base, fds[0], 65536, &handlers) || write(fds[1], bytes, n) != (ssize_t)n)
                abort();
        (void)close(fds[1]);
        (void)event_base_dispatch(r.base);
        tell(r.live);
        (void)live_free(r.live);
        (void)jsonline_free(r.line);
        event_base_free(r.base);
        return 0;
}
