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

static void act_show(const json_t *alarm) {
        (void)printf("%s  %s  ", json_string_value(json_object_get(alarm, "priority")),
                     json_string_value(json_object_get(alarm, "state")));
        plain_put(json_string_value(json_object_get(alarm, "title")));
        (void)putchar('\n');
}

static int act_version(struct socket_session *s, const struct command_args *args, json_int_t id, json_t *request) {
        json_t *alarm;
        int r;

        if (args->values[OPTION_VERSION]) {
                json_object_set_new(request, "version", json_integer(strtoll(args->values[OPTION_VERSION], NULL, 10)));
                return 0;
        }
        r = socket_alarm(s, (uint64_t)id, &alarm);
        if (r) {
                (void)fprintf(stderr, "wardwatch: no answer: %s\n  help: nothing was changed\n", strerror(-r));
                return 1;
        }
        if (!alarm && args->values[OPTION_ID]) /* perhaps a repeat: the first answer is wanted, whatever it is now */
                return 0;
        if (!alarm) {
                (void)fprintf(stderr, "refused: there is no alarm %" JSON_INTEGER_FORMAT " that is not normal\n", id);
                return 1;
        }
        if (!args->json)
                act_show(alarm);
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
        socket_put_text(&request, "reason", args->values[OPTION_REASON]);
        socket_put_text(&request, "id", args->values[OPTION_ID]);
        r = request ? act_version(&s, args, id, request) : 0;
        if (r)
                json_decref(request);
        else
                r = socket_ask(&s, request, &answer);
        if (!r)
                r = act_answer(args, answer);
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
    "the version that you saw. High and critical alarms need a reason.");
ACT(unack, "unack", "take an acknowledgement back", "ACKED becomes UNACK again; undoes a mistake.");
ACT(reset, "reset", "reset a latched alarm",
    "LATCHED becomes NORM; ACKED becomes NORM if the cause is an instant. Only when acknowledged. The reason is the "
    "note of the inspection.");
