/*
 * `wardwatch act` and `wardwatch open`: what people do about incidents, and what is open. The acts are the rows of
 * response_verbs[]: a new one needs nothing here.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "command/command_internal.h"
#include "command/plain.h"
#include "command/socket.h"
#include "response/verbs.h"
#include <wardwatch/change.h>

enum { OPTION_REASON, OPTION_ID };

static const struct command_option act_options[] = {
        [OPTION_REASON] = { "--reason", 'r', "TEXT", "why; stands in the record" },
        [OPTION_ID] = { "--id", 0, "ID", "the request's own id: a repeat with the same id gets the first answer" },
        { 0 },
};

/* --- a request out of words --- */

/* Names of subjects, and these, are followed by numbers. */
static bool is_number(const char *name, const char *value) {
        static const char *const names[] = { "alarm", "attempt", "into", "version" };
        enum ww_subject subject;
        bool wanted = ww_subject_find(ww_str(name), &subject);

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                wanted = wanted || strcmp(name, names[i]) == 0;
        return wanted && *value && strspn(value, "0123456789") == strlen(value) && strlen(value) < 19;
}

static json_t *value_of(const char *name, const char *value) {
        if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
                return json_boolean(*value == 't');
        if (is_number(name, value))
                return json_integer(strtoll(value, NULL, 10));
        if (*value == '{' || *value == '[')
                return json_loads(value, 0, NULL);
        return json_string(value);
}

/* NAME=VALUE; 0, or 2 after telling. */
static int put_word(json_t *request, const char *word) {
        const char *is = strchr(word, '=');
        char name[64];
        json_t *value;

        if (!is || is == word || (size_t)(is - word) >= sizeof name) {
                (void)fprintf(stderr, "wardwatch act: `%s` is not NAME=VALUE\n  help: `wardwatch act` lists the acts\n",
                              word);
                return 2;
        }
        (void)snprintf(name, sizeof name, "%.*s", (int)(is - word), word);
        value = value_of(name, is + 1);
        if (!value || strcmp(name, "cmd") == 0 || json_object_set_new(request, name, value) < 0) {
                (void)fprintf(stderr, "wardwatch act: `%s` cannot be sent\n  help: texts are UTF-8, {…} is JSON\n",
                              word);
                return 2;
        }
        return 0;
}

static void put_verbs(void) {
        for (size_t i = 0; i < response_verbs_n; i++) {
                const struct response_verb *v = &response_verbs[i];

                if (v->roles)
                        (void)printf("%-18s %s%s\n%18s   %s\n", v->name, v->args, v->reason ? " --reason" : "", "",
                                     v->help);
        }
}

static void put_answer(json_t *answer) {
        json_t *change;
        size_t i;

        json_array_foreach(json_object_get(answer, "changes"), i, change)(void) printf(
                "%s %" JSON_INTEGER_FORMAT " %s, version %" JSON_INTEGER_FORMAT "\n",
                json_string_value(json_object_get(change, "subject")),
                json_integer_value(json_object_get(change, "id")), json_string_value(json_object_get(change, "what")),
                json_integer_value(json_object_get(change, "version")));
}

static int act_send(const struct command_args *args, json_t *request) {
        struct socket_session s;
        json_t *answer = NULL;
        int r;

        if (socket_open(&s, args->config)) {
                json_decref(request);
                return 1;
        }
        r = socket_ask(&s, request, &answer);
        if (!r) {
                r = json_is_true(json_object_get(answer, "ok")) ? 0 : 1;
                if (args->json)
                        (void)command_put_json(json_incref(answer), JSON_COMPACT);
                else if (r)
                        socket_refused(answer);
                else
                        put_answer(answer);
        }
        json_decref(answer);
        socket_close(&s);
        return r;
}

static int act_run(const struct command_args *args) {
        json_t *request;
        int r = 0;

        if (args->argc == 0) {
                put_verbs();
                return 0;
        }
        if (!response_verb_find(args->argv[0])) {
                (void)fprintf(stderr, "wardwatch act: there is no act `%s`\n  help: `wardwatch act` lists them\n",
                              args->argv[0]);
                return 2;
        }
        request = json_pack("{s:s}", "cmd", args->argv[0]);
        for (int i = 1; !r && i < args->argc; i++)
                r = put_word(request, args->argv[i]);
        if (r) {
                json_decref(request);
                return r;
        }
        socket_put_text(&request, "reason", args->values[OPTION_REASON]);
        socket_put_text(&request, "id", args->values[OPTION_ID]);
        return act_send(args, request);
}

const struct command command_act = {
        .name = "act",
        .synopsis = "act [VERB [NAME=VALUE …] [--reason TEXT] [--id ID]] [--json]",
        .help = "act on incidents, steps, notes, dispositions, guards; without a verb: what there is",
        .text = "Example: wardwatch act incident-take incident=7 version=3. Numbers, true and false are written as "
                "such; {…} and […] are JSON; everything else is text. The version is the one that you saw: the act is "
                "refused if somebody else acted since. What was done, by whom, when and why is in the record.",
        .options = act_options,
        .run = act_run,
};

/* --- what is open --- */

static void put_subject(const json_t *change) {
        static const char *const members[] = { "state", "status", "priority", "name", "person",  "guard", "from", "to",
                                               "title", "text",   "step",     "code", "channel", "zone",  "post" };
        const json_t *body = json_object_get(change, "body");
        json_int_t incident = json_integer_value(json_object_get(change, "incident"));

        (void)printf("%-12s %5" JSON_INTEGER_FORMAT "  ", json_string_value(json_object_get(change, "subject")),
                     json_integer_value(json_object_get(change, "id")));
        if (incident)
                (void)printf("incident %-5" JSON_INTEGER_FORMAT, incident);
        else
                (void)printf("%14s", "");
        (void)printf(" v%-4" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(change, "version")));
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
                const char *text = json_string_value(json_object_get(body, members[i]));

                if (text && *text) {
                        (void)printf("  ");
                        plain_put(text);
                }
        }
        (void)printf("%s\n", json_is_true(json_object_get(change, "exercise")) ? "  (exercise)" : "");
}

static bool is_wanted(const struct command_args *args, const json_t *change) {
        const char *subject = json_string_value(json_object_get(change, "subject"));

        for (int i = 0; i < args->argc; i++)
                if (subject && strcmp(subject, args->argv[i]) == 0)
                        return true;
        return args->argc == 0;
}

static int open_lines(struct socket_session *s, const struct command_args *args) {
        json_t *request = json_pack("{s:s}", "cmd", "follow");
        int r = request ? jsonline_write(s->fd, request) : -ENOMEM;
        bool end = false;

        json_decref(request);
        while (!r && !end) {
                json_t *line = NULL, *change;

                r = socket_next(s, 10000, &line);
                change = json_object_get(line, "live_change");
                end = json_object_get(line, "live_end") != NULL;
                if (change && is_wanted(args, change) && args->json)
                        (void)command_put_json(json_incref(change), JSON_COMPACT);
                else if (change && is_wanted(args, change))
                        put_subject(change);
                json_decref(line);
        }
        return r;
}

static int open_run(const struct command_args *args) {
        struct socket_session s;
        enum ww_subject subject;
        int r;

        for (int i = 0; i < args->argc; i++)
                if (!ww_subject_find(ww_str(args->argv[i]), &subject)) {
                        (void)fprintf(stderr,
                                      "wardwatch open: there is no `%s`\n  help: incident, step, note, "
                                      "disposition, approval, dispatch, operator, guard, shift, handover, "
                                      "escalation, notification …\n",
                                      args->argv[i]);
                        return 2;
                }
        if (socket_open(&s, args->config))
                return 1;
        r = open_lines(&s, args);
        if (r)
                (void)fprintf(stderr, "wardwatch: no answer: %s\n  help: look at `wardwatch status`\n", strerror(-r));
        socket_close(&s);
        return r ? 1 : 0;
}

const struct command command_open = {
        .name = "open",
        .synopsis = "open [SUBJECT …] [--json]",
        .help = "list what is open: incidents, their steps, notes, approvals, guards, ladders",
        .text = "One line for each, or with --json the whole of it. `wardwatch open incident` lists the incidents "
                "alone. What is over stands in PostgreSQL: the views incident, procedure_step, disposition.",
        .run = open_run,
};
