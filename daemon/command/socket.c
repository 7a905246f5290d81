#include "command/socket.h"

#include <poll.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 10000

int socket_config(struct config *ret, const char *file) {
        _cleanup_buf_ struct buf told = BUF_INIT;
        struct diag diag = DIAG_INIT;
        int r = config_load(ret, file, &diag);

        if (r)
                diag_render(&diag, &told);
        if (told.n)
                (void)fwrite(told.p, 1, told.n, stderr);
        diag_deinit(&diag);
        if (r < 0)
                (void)fprintf(stderr, "wardwatch: %s: %s\n", file, strerror(-r));
        return r ? 1 : 0;
}

int socket_open(struct socket_session *s, const char *config_file) {
        struct config config = { 0 };
        char path[256];
        int fd;

        *s = (struct socket_session){ .fd = -1 };
        if (socket_config(&config, config_file))
                return 1;
        (void)snprintf(path, sizeof path, "%s/wardwatch.sock", config.state.run_dir);
        config_deinit(&config);
        fd = jsonline_connect(path);
        if (fd < 0) {
                (void)fprintf(stderr, "wardwatch: cannot reach the daemon at %s: %s\n  help: %s\n", path, strerror(-fd),
                              fd == -EACCES ? "you must be root, the daemon's user, or a member of `command.group`"
                                            : "is it running? `wardwatch run -c FILE` starts it");
                return 1;
        }
        s->fd = fd;
        return 0;
}

void socket_close(struct socket_session *s) {
        if (s->fd >= 0)
                (void)close(s->fd);
        jsonline_state_free(&s->state);
        *s = (struct socket_session){ .fd = -1 };
}

int socket_next(struct socket_session *s, int timeout_ms, json_t **ret) {
        return jsonline_read(s->fd, &s->state, timeout_ms, ret);
}

static json_t *socket_new_id(void) {
        unsigned char bytes[16] = { 0 };
        char text[33];

        (void)!getrandom(bytes, sizeof bytes, 0); /* short reads leave zeros: still new with the rest */
        for (size_t i = 0; i < sizeof bytes; i++)
                (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
        return json_string(text);
}

int socket_call(struct socket_session *s, json_t *request, json_t **ret) {
        json_t *id = json_object_get(request, "id");
        int r;

        if (id)
                json_incref(id);
        else
                json_object_set(request, "id", id = socket_new_id());
        r = jsonline_write(s->fd, request);
        json_decref(request);
        while (!r) {
                json_t *answer = NULL;

                r = socket_next(s, ANSWER_TIMEOUT_MS, &answer);
                if (!r && json_equal(json_object_get(answer, "id"), id)) {
                        *ret = answer;
                        break;
                }
                json_decref(answer);
        }
        json_decref(id);
        return r;
}
