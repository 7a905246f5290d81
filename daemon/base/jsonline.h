#pragma once
/*
 * One JSON object per line over a stream socket: the framing of the command socket, the feed and the control pipe.
 *
 * A line is at most JSONLINE_MAX bytes; a longer one, or one that is not an object, is an error that ends the
 * connection. The output queue is bounded: jsonline_send returns JSONLINE_E_FULL and queues nothing when it is over
 * its limit, so that the caller decides what a slow reader loses.
 */
#include "base/error.h"
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct jsonline;

#define JSONLINE_MAX (256 * 1024)

enum {
        JSONLINE_E_FULL = 1,
};

struct jsonline_handlers {
        void *userdata;
        void (*line)(void *userdata, struct jsonline *l, json_t *object); /* borrowed */
        /* The other side closed, or broke the rules (`why`). The handler may jsonline_free(l). */
        void (*closed)(void *userdata, struct jsonline *l, const char *why);
        void (*drained)(void *userdata, struct jsonline *l); /* queue empty again; NULL = not interested */
};

/** Takes over `fd` (on success). `queue_max`: bytes. The process must ignore SIGPIPE, as the supervisor and every
 *  worker do. 0, -EBADF, -ENOMEM. */
int jsonline_new(struct jsonline **ret, struct event_base *base, int fd, size_t queue_max,
                 const struct jsonline_handlers *h);
/** Tries once to send what is queued, then closes. May be called by l's own handlers; no handler is called later.
 *  Returns NULL. */
struct jsonline *jsonline_free(struct jsonline *l);
DEFINE_CLEANUP(struct jsonline *, jsonline_free)
int jsonline_send(struct jsonline *l, json_t *object); /* borrows; 0, JSONLINE_E_FULL, -EPIPE, -EMSGSIZE, -ENOMEM */
int jsonline_send_text(struct jsonline *l, const char *line, size_t n); /* one line, without its newline */
size_t jsonline_queued(const struct jsonline *l);
uint64_t jsonline_refused(const struct jsonline *l); /* lines that did not fit the queue */
int jsonline_fd(const struct jsonline *l);

/** Blocking client for the CLI (jsonline_client.c): connect to a Unix socket, send one object, read lines. */
int jsonline_connect(const char *path); /* fd, or -errno */
int jsonline_write(int fd, json_t *object);
/** One object from fd; `state` keeps what was read beyond the line (zeroed at first, freed with jsonline_state_free).
   0, -EPIPE at the end, -ETIMEDOUT, -EBADMSG (not an object), -EMSGSIZE, -errno. timeout_ms < 0: for ever. */
struct jsonline_state {
        char *p;
        size_t n, capacity;
};
int jsonline_read(int fd, struct jsonline_state *state, int timeout_ms, json_t **ret);
void jsonline_state_free(struct jsonline_state *state);
