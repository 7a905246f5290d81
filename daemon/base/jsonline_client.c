#include "base/jsonline.h"
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The blocking side, for commands that ask one question: see jsonline.h. */

int jsonline_connect(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd, r;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
                r = -errno;
                close(fd);
                return r;
        }
        return fd;
}

int jsonline_write(int fd, json_t *object) {
        _cleanup_free_ char *text = json_dumps(object, JSON_COMPACT);
        size_t n, done = 0;

        if (!text)
                return -ENOMEM;
        n = strlen(text);
        if (n > JSONLINE_MAX)
                return -EMSGSIZE;
        /* the newline takes the place of the terminator */
        text[n++] = '\n';
        while (done < n) {
                ssize_t r = send(fd, text + done, n - done, MSG_NOSIGNAL);
                if (r < 0 && errno == EINTR)
                        continue;
                if (r < 0)
                        return -errno;
                done += (size_t)r;
        }
        return 0;
}

static int64_t now_ms(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until fd is readable or `deadline` (ms of the monotonic clock, INT64_MAX = never) has passed. */
static int wait_readable(int fd, int64_t deadline) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        for (;;) {
                int64_t left = deadline == INT64_MAX ? -1 : deadline - now_ms();
                int r;
                if (left < 0 && deadline != INT64_MAX)
                        left = 0;
                r = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
                if (r > 0)
                        return 0;
                if (r == 0)
                        return -ETIMEDOUT;
                if (errno != EINTR)
                        return -errno;
        }
}

/* Reads what there is, at least one byte. */
static int read_more(int fd, struct jsonline_state *state) {
        ssize_t r;

        if (state->n > JSONLINE_MAX)
                return -EMSGSIZE;
        if (state->capacity - state->n < 4096) {
                size_t capacity = state->capacity ? state->capacity * 2 : 16384;
                char *p = realloc(state->p, capacity);
                if (!p)
                        return -ENOMEM;
                state->p = p;
                state->capacity = capacity;
        }
        r = recv(fd, state->p + state->n, state->capacity - state->n, 0);
        if (r < 0)
                return errno == EINTR || errno == EAGAIN ? 0 : errno == ECONNRESET ? -EPIPE : -errno;
        if (r == 0)
                return -EPIPE;
        state->n += (size_t)r;
        return 0;
}

static int take_line(struct jsonline_state *state, size_t n, json_t **ret) {
        json_t *object = n <= JSONLINE_MAX ? json_loadb(state->p, n, JSON_REJECT_DUPLICATES, NULL) : NULL;

        state->n -= n + 1;
        memmove(state->p, state->p + n + 1, state->n);
        if (!json_is_object(object)) {
                json_decref(object);
                return -EBADMSG;
        }
        *ret = object;
        return 0;
}

int jsonline_read(int fd, struct jsonline_state *state, int timeout_ms, json_t **ret) {
        int64_t deadline = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
        size_t scanned = 0;

        for (;;) {
                const char *end = state->n > scanned ? memchr(state->p + scanned, '\n', state->n - scanned) : NULL;
                int r;
                if (end)
                        return take_line(state, (size_t)(end - state->p), ret);
                scanned = state->n;
                r = wait_readable(fd, deadline);
                if (r == 0)
                        r = read_more(fd, state);
                if (r < 0)
                        return r;
        }
}

void jsonline_state_free(struct jsonline_state *state) {
        free(state->p);
        *state = (struct jsonline_state){ 0 };
}
