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

/* What an act may say beside the alarm's number: the first ones all acts share. */
enum { OPTION_REASON, OPTION_VERSION, OPTION_ID, OPTION_UNTIL, OPTION_FIRST_OWN };
enum { OPTION_ONE_SHOT = OPTION_FIRST_OWN };
enum { OPTION_WORK_ORDER = OPTION_FIRST_OWN, OPTION_SECOND_PERSON, OPTION_BREAK_GLASS };

#define SHARED_OPTIONS                                                                                                 \
        [OPTION_REASON] = { "--reason", 'r', "TEXT", "why; stands in the record" },                                    \
        [OPTION_VERSION] = { "--version", 'V', "N", "the version that you saw; default: the one that it has now" },    \
        [OPTION_ID] = { "--id", 0, "ID", "the request's own id: a repeat with the same id gets the first answer" }

static const struct command_option act_options[] = {
        SHARED_OPTIONS,
        { 0 },
};

static const struct command_option shelve_options[] = {
        SHARED_OPTIONS,
        [OPTION_UNTIL] = { "--until", 'u', "TIME", "when it is shown again: a span (2h), or 2026-01-31T18:00:00Z" },
        [OPTION_ONE_SHOT] = { "--one-shot", '1', NULL, "until it clears once; at the latest at the end" },
        { 0 },
};

static const struct command_option service_options[] = {
        SHARED_OPTIONS,
        [OPTION_UNTIL] = { "--until", 'u', "TIME", "when it is back by itself: a span (8h), or 2026-01-31T18:00:00Z" },
        [OPTION_WORK_ORDER] = { "--work-order", 'w', "TEXT", "the work order under which this is done" },
        [OPTION_SECOND_PERSON] = { "--second-person", 's', "NAME",
                                   "who else agreed; mandatory in a key area. Where people log in (auth.enabled) only "
                                   "the page may name one" },
        [OPTION_BREAK_GLASS] = { "--break-glass", 0, NULL,
                                 "in an emergency: without the second person; `wardwatch query glass-broken` shows "
                                 "it" },
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

static void put_switch(json_t *request, const char *name, const char *given) {
        if (request && given)
                (void)json_object_set_new(request, name, json_true());
}

static void act_put_own(json_t **request, const struct command_option *options, const struct command_args *args) {
        if (options == act_options)
                return;
        socket_put_text(request, "until", args->values[OPTION_UNTIL]);
        if (options == service_options) {
                socket_put_text(request, "work_order", args->values[OPTION_WORK_ORDER]);
                socket_put_text(request, "second_person", args->values[OPTION_SECOND_PERSON]);
                put_switch(*request, "break_glass", args->values[OPTION_BREAK_GLASS]);
        } else {
                put_switch(*request, "one_shot", args->values[OPTION_ONE_SHOT]);
        }
}

static int act_run(const char *verb, const struct command_option *options, const struct command_args *args) {
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
        act_put_own(&request, options, args);
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

#define SHARED_SYNOPSIS "[--reason TEXT] [--version N] [--id ID] [--json]"

#define ACT(symbol, verb, own, list, what, more)                                                                       \
        static int symbol##_run(const struct command_args *args) {                                                     \
                return act_run(verb, list, args);                                                                      \
        }                                                                                                              \
        const struct command command_##symbol = {                                                                      \
                .name = verb,                                                                                          \
                .synopsis = verb " ALARM " own SHARED_SYNOPSIS,                                                        \
                .help = what,                                                                                          \
                .text = more,                                                                                          \
                .options = list,                                                                                       \
                .run = symbol##_run,                                                                                   \
        }

/* One for each row of alarm_verbs[]; a test holds the two against each other. */
ACT(ack, "ack", "", act_options, "acknowledge an alarm",
    "UNACK becomes ACKED, RTNUN becomes NORM or LATCHED. Refused if the alarm rose again or its priority rose since "
    "the version that you saw. High and critical alarms need a reason.");
ACT(unack, "unack", "", act_options, "take an acknowledgement back", "ACKED becomes UNACK again; undoes a mistake.");
ACT(reset, "reset", "", act_options, "reset a latched alarm",
    "LATCHED becomes NORM; ACKED becomes NORM if the cause is an instant. Only when acknowledged. The reason is the "
    "note of the inspection.");
ACT(silence, "silence", "", act_options, "silence an alarm's sound, and nothing else",
    "It stays as it is and still waits to be acknowledged; when it is raised again, it sounds again.");
ACT(shelve, "shelve", "[--until TIME] [--one-shot] ", shelve_options, "hide an alarm for a time",
    "For supervisors, with a reason, and for no longer than `shelve_max` of the site allows. What runs beneath goes "
    "on, "
    "and at the end an alarm that is still active asks for attention again. Fire, panic, duress, infant and tamper "
    "alarms cannot be shelved.");
ACT(unshelve, "unshelve", "", act_options, "show a shelved alarm again",
    "Who does it has seen it: an alarm that is active is acknowledged by that.");
ACT(out_of_service, "out-of-service", "[--until TIME] [--work-order TEXT] [--second-person NAME] [--break-glass] ",
    service_options, "take an alarm out of service under a work order",
    "For maintenance, with a reason, a work order and an end within `out_of_service_max` of the site; in a key area "
    "with a second person, too, or, in an emergency, with --break-glass. At the end it is back by itself.");
ACT(return_to_service, "return-to-service", "", act_options, "put an alarm back into service",
    "If it is active then, it asks for attention again.");
