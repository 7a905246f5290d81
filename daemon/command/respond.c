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

#define NAMES_MAX 16
#define NAME_SIZE 64

/* What a verb's words are called, in the order of its help: "incident until [version]"; where it is one of two, both.
 */
struct names {
        char all[NAMES_MAX][NAME_SIZE];
        size_t n;
};

static void names_of(const struct response_verb *verb, struct names *ret) {
        const char *at = verb->args + strspn(verb->args, " []");

        for (ret->n = 0; *at && ret->n < NAMES_MAX; at += strspn(at, " []")) {
                size_t n = strcspn(at, " []");

                (void)snprintf(ret->all[ret->n++], NAME_SIZE, "%.*s", (int)n, at);
                at += n;
        }
}

/* Is it `name`, or "name|other"? */
static bool name_is(const char *names, const char *name, size_t n) {
        for (; *names; names += strcspn(names, "|"), names += *names == '|')
                if (strcspn(names, "|") == n && strncmp(names, name, n) == 0)
                        return true;
        return false;
}

static bool name_given(const json_t *request, const char *names) {
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)request, name, value) {
                if (name_is(names, name, strlen(name)))
                        return true;
        }
        return false;
}

static int words_wrong(const struct response_verb *verb, const char *word, const char *what) {
        (void)fprintf(stderr, "wardwatch act: `%s` %s\n  help: %s %s\n", word, what, verb->name, verb->args);
        return 2;
}

/* A word alone stands for the first name that is not given yet: `incident-hold 7 30m`. NULL after telling. */
static const char *name_next(const struct response_verb *verb, const struct names *names, const json_t *request,
                             const char *word) {
        for (size_t i = 0; i < names->n; i++) {
                if (name_given(request, names->all[i]))
                        continue;
                if (!strchr(names->all[i], '|'))
                        return names->all[i];
                (void)words_wrong(verb, word, "may be one of two: write NAME=VALUE");
                return NULL;
        }
        (void)words_wrong(verb, word, "is one word too many");
        return NULL;
}

/* How many bytes before `=` are a name of the verb's; 0: the word is a value alone. */
static size_t name_length(const struct names *names, const char *word) {
        size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz_");

        if (word[n] != '=' || n == 0)
                return 0;
        for (size_t i = 0; i < names->n; i++)
                if (name_is(names->all[i], word, n))
                        return n;
        return name_is("version", word, n) ? n : 0;
}

/* NAME=VALUE, or VALUE; 0, or 2 after telling. */
static int put_word(const struct response_verb *verb, const struct names *names, json_t *request, const char *word) {
        size_t n = name_length(names, word);
        const char *next = n ? word : name_next(verb, names, request, word);
        char name[NAME_SIZE];
        json_t *value;

        if (!next)
                return 2;
        (void)snprintf(name, sizeof name, "%.*s", n ? (int)n : NAME_SIZE - 1, next);
        value = value_of(name, n ? word + n + 1 : word);
        if (!value || json_object_set_new(request, name, value) < 0)
                return words_wrong(verb, word, "cannot be sent: texts are UTF-8, {…} is JSON");
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
        const struct response_verb *verb;
        struct names names;
        json_t *request;
        int r = 0;

        if (args->argc == 0) {
                put_verbs();
                return 0;
        }
        verb = response_verb_find(args->argv[0]);
        if (!verb) {
                (void)fprintf(
                        stderr,
                        "wardwatch act: there is no act `%s`\n  help: `wardwatch act` lists them; holds, evidence, "
                        "reports, inspections and the like are `wardwatch record`\n",
                        args->argv[0]);
                return 2;
        }
        names_of(verb, &names);
        request = json_pack("{s:s}", "cmd", verb->name);
        for (int i = 1; !r && i < args->argc; i++)
                r = put_word(verb, &names, request, args->argv[i]);
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
        .synopsis = "act [VERB [VALUE|NAME=VALUE …] [--reason TEXT] [--id ID]] [--json]",
        .help = "act on incidents, steps, notes, dispositions, guards; without a verb: what there is",
        .text = "Example: wardwatch act incident-hold 7 30m --reason \"the police are on site\". Values stand in the "
                "order in which the list of acts names them, or with their name: incident=7 version=3. Numbers, true "
                "and false are written as such; {…} and […] are JSON; everything else is text. The version is the one "
                "that you saw: the act is "
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
        if (json_object_get(body, "wanted"))
                (void)printf("  %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT,
                             json_integer_value(json_object_get(body, "there")),
                             json_integer_value(json_object_get(body, "wanted")));
        (void)printf("%s\n", json_is_true(json_object_get(change, "exercise")) ? "  (exercise)" : "");
}

static bool is_wanted(const struct command_args *args, const json_t *change) {
        const char *subject = json_string_value(json_object_get(change, "subject"));

        for (int i = 0; i < args->argc; i++)
                if (subject && strcmp(subject, args->argv[i]) == 0)
                        return true;
        return args->argc == 0;
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
                                      "escalation, notification, post …\n",
                                      args->argv[i]);
                        return 2;
                }
        if (socket_open(&s, args->config))
                return 1;
        r = socket_each_live(&s, args, is_wanted, put_subject);
        if (r)
                (void)fprintf(stderr, "wardwatch: no answer: %s\n  help: look at `wardwatch status`\n", strerror(-r));
        socket_close(&s);
        return r ? 1 : 0;
}

const struct command command_open = {
        .name = "open",
        .synopsis = "open [SUBJECT …] [--json]",
        .help = "list what is open: incidents, their steps, notes, approvals, guards, ladders, posts",
        .text = "One line for each, or with --json the whole of it. `wardwatch open incident` lists the incidents "
                "alone, `wardwatch open post` who is where people must be, and how many should be. What is over stands "
                "in PostgreSQL: the views incident, procedure_step, disposition.",
        .run = open_run,
};
