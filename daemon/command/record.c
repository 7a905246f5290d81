/*
 * `wardwatch record` and `wardwatch records`: acts on records, and what is open. The kinds are the site's files: what
 * there is to do with one is read from them, and the engine judges it.
 */
#include <stdio.h>
#include <string.h>

#include "command/command_internal.h"
#include "command/plain.h"
#include "command/socket.h"
#include "config/bundle.h"
#include "records/kinds_load.h"
#include "records/records.h"

enum { OPTION_REASON, OPTION_ID, OPTION_VERSION, OPTION_EXERCISE };

static const struct command_option record_options[] = {
        [OPTION_REASON] = { "--reason", 'r', "TEXT", "why; stands in the record" },
        [OPTION_ID] = { "--id", 0, "ID", "the request's own id: a repeat with the same id gets the first answer" },
        [OPTION_VERSION] = { "--version", 'V', "N", "the version that you saw: refused if it changed since" },
        [OPTION_EXERCISE] = { "--exercise", 0, NULL, "a new one is of a drill, and kept out of figures" },
        { 0 },
};

/* --- what there is --- */

struct kinds {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct record_kinds *kinds;
};

static void kinds_deinit(struct kinds *k) {
        record_kinds_free(k->kinds);
        site_free(k->site);
        symtab_free(k->symbols);
        bundle_deinit(&k->bundle);
}

/* 0, or 1 after telling. */
static int kinds_read(struct kinds *k, const char *file) {
        struct config config;
        struct diag d = DIAG_INIT;
        int r = socket_config(&config, file);

        if (r)
                return 1;
        r = config_bundle(&config, &k->bundle, &d);
        if (!r)
                r = symtab_new(&k->symbols);
        if (!r)
                r = site_compile(&k->site, &k->bundle, k->symbols, &d);
        if (!r)
                r = record_kinds_compile(&k->kinds, &k->bundle, k->site, k->symbols, &d);
        if (r)
                command_put_diag(&d);
        diag_deinit(&d);
        config_deinit(&config);
        return r ? 1 : 0;
}

static void put_kinds(const struct record_kinds *kinds) {
        for (size_t i = 0; i < kinds->n_kinds; i++) {
                const struct record_kind *k = &kinds->kinds[i];

                (void)printf("%-20.*s %.*s%s\n", WW_STR_ARG(k->name), WW_STR_ARG(k->title),
                             k->read ? "  (restricted)" : "");
        }
}

static void put_states(const struct record_kind *k, uint32_t set) {
        const char *comma = "";

        for (size_t i = 0; i < k->n_states; i++)
                if (set & 1U << i) {
                        (void)printf("%s%.*s", comma, WW_STR_ARG(k->states[i].name));
                        comma = ", ";
                }
}

static void put_names(const char *what, const struct ww_str *names, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void)printf("%s %.*s", i ? "," : what, WW_STR_ARG(names[i]));
}

/* What to write behind it, as NAME=VALUE. */
static void put_brings(const struct record_act *a) {
        (void)printf("%20s", "");
        put_names(" has to bring", a->brings, a->n_brings);
        put_names(a->n_brings ? "; may bring" : " may bring", a->takes, a->n_takes);
        put_names(a->n_brings || a->n_takes ? "; must be there after it:" : " must be there after it:", a->must,
                  a->n_must);
        put_names(a->n_brings || a->n_takes || a->n_must ? "; of the entry" : " of the entry", a->words, a->n_words);
        (void)printf("%s\n", a->n_words ? ", the first of them always" : "");
}

static void put_act(const struct record_kind *k, const struct record_act *a) {
        const char *comma = "";

        (void)printf("  %-18.*s %.*s\n%21s", WW_STR_ARG(a->name), WW_STR_ARG(a->title), "");
        if (a->opens)
                (void)printf("a new one");
        else
                put_states(k, a->from);
        if (a->to != SIZE_MAX)
                (void)printf(" -> %.*s", WW_STR_ARG(k->states[a->to].name));
        (void)printf("; by ");
        for (size_t i = 0; i < KINDS_ROLES; i++)
                if (a->roles & 1U << i) {
                        (void)printf("%s%s", comma, kinds_roles[i]);
                        comma = ", ";
                }
        (void)printf("%s%s", a->roles ? "" : "nobody, but its event", a->reason ? "; with --reason" : "");
        put_names("; not by who did", a->other_than, a->n_other_than);
        (void)putchar('\n');
        if (a->n_takes || a->n_words || a->n_must || a->n_brings)
                put_brings(a);
}

static void put_field(const struct record_kind *k, const struct record_field *f) {
        (void)printf("  %-18.*s %-10s %.*s%s", WW_STR_ARG(f->name), record_types[f->type].name, WW_STR_ARG(f->title),
                     f->must ? "; must be there" : "");
        if (f->in) {
                (void)printf("; must be there when ");
                put_states(k, f->in);
        }
        for (size_t i = 0; i < f->n_words; i++)
                (void)printf("%s%.*s", i ? ", " : ": ", WW_STR_ARG(f->words[i]));
        (void)putchar('\n');
}

static int put_kind(const struct record_kinds *kinds, const char *name) {
        const struct record_kind *k = record_kind_find(kinds, ww_str(name));

        if (!k) {
                (void)fprintf(stderr,
                              "wardwatch record: there is no kind `%s`\n  help: `wardwatch record` lists them\n", name);
                return 2;
        }
        (void)printf("%.*s: %.*s\n\nacts\n", WW_STR_ARG(k->name), WW_STR_ARG(k->title));
        for (size_t i = 0; i < k->n_acts; i++)
                put_act(k, &k->acts[i]);
        (void)printf(
                "  %-18s change fields, with --reason; nothing is overwritten: the version before stays\n\nfields\n",
                "amend");
        for (size_t i = 0; i < k->n_fields; i++)
                put_field(k, &k->fields[i]);
        return 0;
}

static int show(const struct command_args *args) {
        struct kinds k = { 0 };
        int r = kinds_read(&k, args->config);

        if (!r && args->argc == 0)
                put_kinds(k.kinds);
        else if (!r)
                r = put_kind(k.kinds, args->argv[0]);
        kinds_deinit(&k);
        return r;
}

/* --- an act --- */

/* NAME=VALUE; 0, or 2 after telling. */
static int put_word(json_t *fields, const char *word) {
        const char *is = strchr(word, '=');
        char name[64];
        json_t *value;

        if (!is || is == word || (size_t)(is - word) >= sizeof name) {
                (void)fprintf(stderr,
                              "wardwatch record: `%s` is not NAME=VALUE\n  help: `wardwatch record KIND` lists "
                              "the fields\n",
                              word);
                return 2;
        }
        (void)snprintf(name, sizeof name, "%.*s", (int)(is - word), word);
        value = is[1] == '{' || is[1] == '[' ? json_loads(is + 1, 0, NULL) : json_string(is + 1);
        if (!value || json_object_set_new(fields, name, value) < 0) {
                (void)fprintf(stderr, "wardwatch record: `%s` cannot be sent\n  help: texts are UTF-8, {…} is JSON\n",
                              word);
                return 2;
        }
        return 0;
}

static json_t *request_of(const struct command_args *args, int *ret) {
        json_t *fields = json_object();
        int first = args->argc > 2 && !strchr(args->argv[2], '=') ? 3 : 2;
        json_t *request;

        *ret = 0;
        for (int i = first; !*ret && i < args->argc; i++)
                *ret = put_word(fields, args->argv[i]);
        request = json_pack("{s:s, s:s, s:s, s:o}", "cmd", "record", "kind", args->argv[0], "act", args->argv[1],
                            "fields", fields);
        if (first == 3)
                socket_put_text(&request, "record", args->argv[2]);
        socket_put_text(&request, "reason", args->values[OPTION_REASON]);
        socket_put_text(&request, "id", args->values[OPTION_ID]);
        if (request && args->values[OPTION_VERSION])
                (void)json_object_set_new(request, "version",
                                          json_integer(strtoll(args->values[OPTION_VERSION], NULL, 10)));
        if (request && args->values[OPTION_EXERCISE])
                (void)json_object_set_new(request, "exercise", json_true());
        return request;
}

static void put_changes(const json_t *answer) {
        json_t *change;
        size_t i;

        json_array_foreach(json_object_get(answer, "changes"), i, change)(void)
                printf("%s %s is now %s, version %" JSON_INTEGER_FORMAT "\n",
                       json_string_value(json_object_get(change, "kind")),
                       json_string_value(json_object_get(change, "number")),
                       json_string_value(json_object_get(change, "state")),
                       json_integer_value(json_object_get(change, "version")));
}

static int put_answer(const struct command_args *args, json_t *answer) {
        bool ok = json_is_true(json_object_get(answer, "ok"));

        if (args->json)
                (void)command_put_json(json_incref(answer), JSON_COMPACT);
        else if (!ok)
                socket_refused(answer);
        else
                put_changes(answer);
        return ok ? 0 : 1;
}

static int record_run(const struct command_args *args) {
        struct socket_session s;
        json_t *request, *answer = NULL;
        int r;

        if (args->argc < 2)
                return show(args);
        request = request_of(args, &r);
        if (!r && socket_open(&s, args->config))
                r = 1;
        if (r) {
                json_decref(request);
                return r;
        }
        r = socket_ask(&s, request, &answer);
        if (!r)
                r = put_answer(args, answer);
        json_decref(answer);
        socket_close(&s);
        return r;
}

const struct command command_record = {
        .name = "record",
        .synopsis = "record [KIND [ACT [NUMBER] [NAME=VALUE …] [--reason TEXT] [--version N] [--id ID] [--exercise]]] "
                    "[--json]",
        .help = "act on a record: inspections, hazards, visitors, tips, reports; without an act: what there is",
        .text = "Example: wardwatch record hazard rectify HZ-3 measure=\"door closer renewed\". An act without a "
                "number "
                "makes a new record. The kinds, their fields and acts are those of paths.records; `wardwatch record "
                "KIND` shows one. Times may be spans from now (8h), lists are words with commas between them, {…} is "
                "JSON.",
        .options = record_options,
        .run = record_run,
};

/* --- what is open --- */

static void put_clocks(const json_t *clocks) {
        const char *name;
        json_t *clock;

        json_object_foreach((json_t *)(uintptr_t)clocks, name, clock) {
                const char *due = json_string_value(json_object_get(clock, "due"));

                (void)printf("  %s %s %.16s", name,
                             json_is_true(json_object_get(clock, "overdue")) ? "OVERDUE since" : "due", due ? due : "");
        }
}

static void put_record(const json_t *change) {
        const json_t *body = json_object_get(change, "body");
        const char *title = json_string_value(json_object_get(body, "title"));

        (void)printf(
                "%-14s %-16s %-14s v%-4" JSON_INTEGER_FORMAT " ", json_string_value(json_object_get(body, "number")),
                json_string_value(json_object_get(body, "kind")), json_string_value(json_object_get(body, "state")),
                json_integer_value(json_object_get(change, "version")));
        plain_put(title ? title : "(restricted)");
        put_clocks(json_object_get(body, "clocks"));
        (void)printf("%s\n", json_is_true(json_object_get(change, "exercise")) ? "  (exercise)" : "");
}

static bool is_wanted(const struct command_args *args, const json_t *change) {
        const json_t *body = json_object_get(change, "body");
        const char *kind = json_string_value(json_object_get(body, "kind"));
        const char *subject = json_string_value(json_object_get(change, "subject"));

        if (!subject || strcmp(subject, "record") != 0 || !kind)
                return false;
        for (int i = 0; i < args->argc; i++)
                if (strcmp(kind, args->argv[i]) == 0)
                        return true;
        return args->argc == 0;
}

/* The whole of one; of a restricted record the reading is recorded. */
static int record_show(struct socket_session *s, const char *number) {
        json_t *answer = NULL;
        int r = socket_ask(s, json_pack("{s:s, s:s}", "cmd", "record-read", "record", number), &answer);

        if (!r && !json_is_true(json_object_get(answer, "ok"))) {
                socket_refused(answer);
                r = 1;
        } else if (!r) {
                (void)command_put_json(json_incref(json_object_get(answer, "record")), JSON_INDENT(2));
        }
        json_decref(answer);
        return r;
}

enum { OPTION_SHOW };

static const struct command_option records_options[] = {
        [OPTION_SHOW] = { "--show", 's', "NUMBER", "the whole of that record; the reading is recorded" },
        { 0 },
};

static int records_run(const struct command_args *args) {
        struct socket_session s;
        int r;

        if (socket_open(&s, args->config))
                return 1;
        if (args->values[OPTION_SHOW]) {
                r = record_show(&s, args->values[OPTION_SHOW]);
                socket_close(&s);
                return r;
        }
        r = socket_each_live(&s, args, is_wanted, put_record);
        if (r)
                (void)fprintf(stderr, "wardwatch: no answer: %s\n  help: look at `wardwatch status`\n", strerror(-r));
        socket_close(&s);
        return r ? 1 : 0;
}

const struct command command_records = {
        .name = "records",
        .synopsis = "records [KIND …] [--show NUMBER] [--json]",
        .help = "list the records that are open, with what is due",
        .text = "One line for each, or with --json the whole of it. Of restricted ones only number, state and clocks "
                "are "
                "listed; --show asks for one, which needs its role and is recorded. What is over stands in PostgreSQL: "
                "the view record.",
        .options = records_options,
        .run = records_run,
};
