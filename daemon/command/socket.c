#include "command/socket.h"

#include "command/behalf.h"
#include "command/command_internal.h"
#include "command/plain.h"

#include <poll.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 10000

int socket_config(struct config *ret, const char *file) {
        struct diag diag = DIAG_INIT;
        int r = config_load(ret, file, &diag);

        if (r)
                command_put_diag(&diag);
        diag_deinit(&diag);
        if (r < 0)
                (void)fprintf(stderr, "wardwatch: %s: %s\n", file, strerror(-r));
        if (!r)
                behalf_config(ret);
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

int socket_ask(struct socket_session *s, json_t *request, json_t **ret) {
        int r;

        if (!request) {
                (void)fprintf(stderr, "wardwatch: that is no UTF-8\n  help: names and reasons are text\n");
                return 2;
        }
        r = socket_call(s, request, ret);
        if (r)
                (void)fprintf(stderr,
                              "wardwatch: no answer: %s\n  help: repeat with the same --id to learn what became "
                              "of it\n",
                              strerror(-r));
        return r ? 1 : 0;
}

int socket_alarm(struct socket_session *s, uint64_t id, json_t **ret) {
        json_t *request = json_pack("{s:s}", "cmd", "follow");
        int r = request ? jsonline_write(s->fd, request) : -ENOMEM;
        bool end = false;

        *ret = NULL;
        json_decref(request);
        while (!r && !end) {
                json_t *line = NULL, *live;

                r = socket_next(s, ANSWER_TIMEOUT_MS, &line);
                live = json_object_get(line, "live");
                if (live && (uint64_t)json_integer_value(json_object_get(live, "id")) == id && !*ret)
                        *ret = json_incref(live);
                end = json_object_get(line, "live_end") != NULL;
                json_decref(line);
        }
        if (r) {
                json_decref(*ret);
                *ret = NULL;
        }
        return r;
}

void socket_put_text(json_t **request, const char *name, const char *value) {
        if (!*request || !value || json_object_set_new(*request, name, json_string(value)) == 0)
                return;
        json_decref(*request);
        *request = NULL;
}

void socket_refused(json_t *answer) {
        json_t *error = json_object_get(answer, "error");
        const char *why = json_string_value(json_object_get(error, "text"));
        const char *cure = json_string_value(json_object_get(error, "cure"));

        (void)fputs("refused: ", stderr);
        plain_put_to(stderr, why ? why : "no reason given");
        (void)fputs("\n  help: ", stderr);
        plain_put_to(stderr, cure ? cure : "");
        (void)fputs("\n", stderr);
}

static int socket_changed(json_t *answer, bool json, const char *done) {
        bool ok = json_is_true(json_object_get(answer, "ok"));

        if (json)
                (void)command_put_json(json_incref(answer), JSON_COMPACT);
        else if (ok)
                (void)puts(done);
        else
                socket_refused(answer);
        return ok ? 0 : 1;
}

int socket_change(const char *config_file, bool json, json_t *request, const char *id, const char *done) {
        struct socket_session s;
        json_t *answer = NULL;
        int r;

        socket_put_text(&request, "id", id);
        if (socket_open(&s, config_file)) {
                json_decref(request);
                return 1;
        }
        r = socket_ask(&s, request, &answer);
        if (!r)
                r = socket_changed(answer, json, done);
        json_decref(answer);
        socket_close(&s);
        return r;
}

int socket_each_live(struct socket_session *s, const struct command_args *args,
                     bool (*wanted)(const struct command_args *args, const json_t *change),
                     void (*put)(const json_t *change)) {
        json_t *request = json_pack("{s:s}", "cmd", "follow");
        int r = request ? jsonline_write(s->fd, request) : -ENOMEM;
        bool end = false;

        json_decref(request);
        while (!r && !end) {
                json_t *line = NULL, *change;

                r = socket_next(s, 10000, &line);
                change = json_object_get(line, "live_change");
                end = json_object_get(line, "live_end") != NULL;
                if (change && wanted(args, change) && args->json)
                        (void)command_put_json(json_incref(change), JSON_COMPACT);
                else if (change && wanted(args, change))
                        put(change);
                json_decref(line);
        }
        return r;
}
