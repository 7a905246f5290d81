#pragma once
/* The engine's command socket, as the subcommands use it: one request, its answer; or a stream of lines. */
#include <jansson.h>

#include "base/jsonline.h"
#include "command/command.h"
#include "config/config.h"

struct socket_session {
        int fd;
        struct jsonline_state state;
};

/** Connects to the daemon that `config_file` describes. 0, or 1 after telling on stderr what is wrong and what to do.
 */
int socket_open(struct socket_session *s, const char *config_file);
void socket_close(struct socket_session *s);
/** Next object; timeout_ms < 0 waits for ever. 0, -EPIPE (the engine went away), -ETIMEDOUT, -errno. */
int socket_next(struct socket_session *s, int timeout_ms, json_t **ret);
/** The subjects that are live now, those that are `wanted`: as JSON if the arguments say so, else by `put`. 0, as
 *  socket_next. */
int socket_each_live(struct socket_session *s, const struct command_args *args,
                     bool (*wanted)(const struct command_args *args, const json_t *change),
                     void (*put)(const json_t *change));
/** Sends `request` (stolen; an "id" is added if it has none) and waits for the object that carries its id. */
int socket_call(struct socket_session *s, json_t *request, json_t **ret);
/** The same, and tells on stderr if it came to nothing. `request` NULL: a text spoilt it. Exit code. */
int socket_ask(struct socket_session *s, json_t *request, json_t **ret);
/** The alarm of that number as it is now; *ret NULL: it is NORM, or there is none. 0, as socket_next. */
int socket_alarm(struct socket_session *s, uint64_t id, json_t **ret);
/** A member of a request; NULL is left out. What is no UTF-8 spoils the request: *request is NULL then. */
void socket_put_text(json_t **request, const char *name, const char *value);
/** What was refused, and the cure, on stderr. */
void socket_refused(json_t *answer);
/** Sends a change (stolen; NULL: it was spoilt; `id` NULL: one is made up) and tells what became of it: the answer as
 * JSON, or `done` and a newline, or the refusal. Exit code. */
int socket_change(const char *config_file, bool json, json_t *request, const char *id, const char *done);
/** Loads the configuration; 0, or 1 after telling on stderr what is wrong with it. Warnings are for `wardwatch check`.
 */
int socket_config(struct config *ret, const char *file);
