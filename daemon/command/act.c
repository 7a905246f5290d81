/*
 * The operators' acts on one alarm: acknowledge, unacknowledge, reset and the rest are rows of one table.
 *
 * An act carries the version that the operator saw. Without --version the alarm is read first and its version taken:
 * what is printed before the act is what is acted on.
 */
#include <stdio.h>
#include <string.h>

#include "command/command_internal.h"
#include "command/plain.h"
#include "command/socket.h"

enum { OPTION_REASON, OPTION_VERSION, OPTION_ID };

static const struct command_option act_options[] = {
        { "--reason", 'r', "TEXT", "why; mandatory for high and critical alarms" },
        { "--version", 'V', "N", "the version that you saw; default: the one that it has now" },
        { "--id", 0, "ID", "the request's own id: a repeat with the same id gets the first answer" },
        { 0 },
};

/* The alarm as it is now, or NULL. */
static json_t *act_find(struct socket_session *s, json_int_t id) {
        json_t *request = json_pack("{s:s}", "cmd", "follow"), *found = NULL;
        int r = jsonline_write(s->fd, request);

        json_decref(request);
        while (!r) {
                json_t *line = NULL, *alarm;

                r = socket_next(s, 10000, &line);
                alarm = json_object_get(line, "live");
                if (alarm && json_integer_value(json_object_get(alarm, "id")) == id)
                        found = json_incref(alarm);
                if (json_object_get(line, "live_end"))
                        r = 1;
                json_decref(line);
        }
        return found;
}

static int act_answer(const struct command_args *args, json_t *answer) {
        json_t *alarm = json_object_get(answer, "alarm");
        bool ok = json_is_true(json_object_get(answer, "ok"));

        if (args->json) {
                (void)command_put_json(json_incref(answer), JSON_COMPACT);
        } else if (ok) {
                (void)printf("alarm %" JSON_INTEGER_FORMAT " is now %s, version %" JSON_INTEGER_FORMAT "\n",
                             json_integer_value(json_object_get(alarm, "id")),
                             json_string_value(json_object_get(alarm, "state")),
                             json_integer_value(json_object_get(alarm, "version")));
        } else {
                socket_refused(answer);
        }
        return ok ? 0 : 1;
}

static int act_version(struct socket_session *s, const struct command_args *args, json_int_t id, json_t *request) {
        json_t *alarm;

        if (args->values[OPTION_VERSION]) {
                json_object_set_new(request, "version", json_integer(strtoll(args->values[OPTION_VERSION], NULL, 10)));
                return 0;
        }
        alarm = act_find(s, id);
        if (!alarm && args->values[OPTION_ID]) /* perhaps a repeat: the first answer is wanted, whatever it is now */
                return 0;
        if (!alarm) {
                (void)fprintf(stderr, "refused: there is no alarm %" JSON_INTEGER_FORMAT " that is not normal\n", id);
                return 1;
        }
        if (!args->json) {
                (void)printf("%s  %s  ", json_string_value(json_object_get(alarm, "priority")),
                             json_string_value(json_object_get(alarm, "state")));
                plain_put(json_string_value(json_object_get(alarm, "title")));
                (void)putchar('\n');
        }
        json_object_set(request, "version", json_object_get(alarm, "version"));
        json_decref(alarm);
        return 0;
}

static int act_run(const char *verb, const struct command_args *args) {
        struct socket_session s;
        json_t *request, *answer = NULL;
        char *end = NULL;
        json_int_t id = args->argc == 1 ? strtoll(args->argv[0], &end, 10) : 0;
        int r;

        if (id <= 0 || *end) {
                (void)fprintf(stderr, "wardwatch %s: give one alarm's number\n  help: `wardwatch alarms` lists them\n",
                              verb);
                return 2;
        }
        if (socket_open(&s, args->config))
                return 1;
        request = json_pack("{s:s, s:I}", "cmd", verb, "alarm", id);
        if (args->values[OPTION_REASON])
                json_object_set_new(request, "reason", json_string(args->values[OPTION_REASON]));
        if (args->values[OPTION_ID])
                json_object_set_new(request, "id", json_string(args->values[OPTION_ID]));
        r = act_version(&s, args, id, request);
        if (r) {
                json_decref(request);
        } else {
                r = socket_call(&s, request, &answer);
                if (r)
                        (void)fprintf(stderr,
                                      "wardwatch: no answer: %s\n  help: repeat with the same --id to learn what "
                                      "became of it\n",
                                      strerror(-r));
                r = r ? 1 : act_answer(args, answer);
        }
        json_decref(answer);
        socket_close(&s);
        return r;
}

#define ACT(symbol, verb, what, more)                                                                                  \
        static int symbol##_run(const struct command_args *args) {                                                     \
                return act_run(verb, args);                                                                            \
        }                                                                                                              \
        const struct command command_##symbol = {                                                                      \
                .name = verb,                                                                                          \
                .synopsis = verb " ALARM [--reason TEXT] [--version N] [--id ID] [--json]",                            \
                .help = what,                                                                                          \
                .text = more,                                                                                          \
                .options = act_options,                                                                                \
                .run = symbol##_run,                                                                                   \
        }

ACT(ack, "ack", "acknowledge an alarm",
    "UNACK becomes ACKED, RTNUN becomes NORM or LATCHED. Refused if the alarm rose again or its priority rose since "
    "the "
    "version that you saw. High and critical alarms need a reason.");
ACT(unack, "unack", "take an acknowledgement back", "ACKED becomes UNACK again; undoes a mistake.");
ACT(reset, "reset", "reset a latched alarm",
    "LATCHED becomes NORM; ACKED becomes NORM if the cause is an instant. Only when acknowledged. The reason is the "
    "note "
    "of the inspection.");
