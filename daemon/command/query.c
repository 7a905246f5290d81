/* `wardwatch query`: the questions of daemon/report/, put to the database. */
#include "command/query.h"
#include "command/behalf.h"
#include "command/command_internal.h"
#include "command/socket.h"
#include "report/answer.h"

#include <stdio.h>
#include <string.h>

enum {
        OPTION_FROM, /* as enum question_param, so that a value's place is its parameter's */
        OPTION_FORMAT = QUESTION_PARAMS,
        OPTION_TIMEZONE,
        OPTION_DATABASE,
        OPTION_SQL,
};

/* The parameters in the order of enum question_param; test_command_table holds their names against each other. */
static const struct command_option query_options[] = {
        { "--from", 0, "TIME",
          "from this time on, included: 2026-01-31T22:00Z, yesterday, or 8h: so long before --to" },
        { "--to", 0, "TIME", "up to this time, not included: 2026-01-31T22:00Z, or 8h: so long ago; now unless given" },
        { "--at", 0, "TIME", "at this moment: 2026-01-31T22:00Z, yesterday, or 8h: so long ago; now unless given" },
        { "--zone", 'z', "ZONE", "in this zone and all that lie in it" },
        { "--hazard", 0, "HAZARD", "of this hazard: fire, theft …" },
        { "--operator", 'o', "NAME", "of this person" },
        { "--rule", 'r', "RULE", "of this rule" },
        { "--device", 0, "DEVICE", "of this device" },
        { "--journal", 0, "N", "of this journal; the newest unless given" },
        { "--alarm", 'a', "N", "the alarm's number" },
        { "--incident", 'i', "N", "the incident's number" },
        { "--record", 0, "NUMBER", "of this record: EV-2026-1" },
        { "--limit", 'n', "N", "rows at most; 1000 unless given" },
        { "--format", 'f', "FORMAT", "table, csv or json" },
        { "--timezone", 0, "ZONE", "of days and of times without offset; UTC unless given" },
        { "--database", 'd', "CONNINFO", "another database than the configuration's" },
        { "--sql", 0, NULL, "print the SQL for psql, ask nothing" },
        { 0 },
};

static int tell(int code, const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch query: %s\n  help: %s\n", what, cure);
        return code;
}

/* --- the list --- */

static void put_params(const struct question *q, struct buf *out) {
        size_t n = 0;

        for (int p = 0; p < QUESTION_PARAMS; p++) {
                if (!question_uses(q, (enum question_param)p) || p == QUESTION_LIMIT || p == QUESTION_JOURNAL)
                        continue;
                buf_printf(out, "%s--%s%s", n++ ? " " : "  (", question_params[p].name,
                           question_params[p].fallback ? "" : " N");
        }
        buf_puts(out, n ? ")\n" : "\n");
}

static void put_list(struct buf *out) {
        const struct question *q;

        for (size_t i = 0; (q = question_at(i)); i++) {
                buf_printf(out, "%-22s  %s", q->name, q->title);
                put_params(q, out);
        }
}

static json_t *question_json(const struct question *q) {
        json_t *params = json_array();

        for (int p = 0; p < QUESTION_PARAMS; p++)
                if (question_uses(q, (enum question_param)p))
                        (void)json_array_append_new(params, json_string(question_params[p].name));
        return json_pack("{s:s, s:s, s:s, s:o, s:s}", "name", q->name, "title", q->title, "answers", q->answers,
                         "parameters", params, "sql", q->sql);
}

static int list_json(void) {
        json_t *list = json_array();
        const struct question *q;

        for (size_t i = 0; (q = question_at(i)); i++)
                (void)json_array_append_new(list, question_json(q));
        return command_put_json(list, JSON_INDENT(2)) ? 1 : 0;
}

static int list(bool json) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (json)
                return list_json();
        put_list(&text);
        return command_put(&text, false);
}

static int print_sql(const struct question *only) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        const struct question *q;

        for (size_t i = 0; (q = question_at(i)); i++)
                if (!only || q == only) {
                        buf_puts(&text, text.n ? "\n" : "");
                        question_print_sql(q, &text);
                }
        return command_put(&text, false);
}

/* --- asking --- */

#define TOLD (INQUIRY_E_SINK + 1) /* beside INQUIRY_E_*: it stands on stderr */

static int connect_to(struct inquiry **ret, const struct query_database *database, const char **error) {
        _cleanup_free_ char *password = NULL;
        struct diag diag = DIAG_INIT;
        struct inquiry_options options = { .url = database->url,
                                           .person = behalf_person(),
                                           .timezone = database->timezone };
        int e = *database->password_file ? config_secret(database->password_file, &diag, &password) : 0;

        if (e > 0)
                command_put_diag(&diag);
        diag_deinit(&diag);
        if (e)
                return TOLD;
        options.password = password;
        e = inquiry_open(ret, &options, error);
        if (password)
                explicit_bzero(password, strlen(password));
        return e;
}

int query_open(struct inquiry **ret, const struct query_database *database) {
        const char *error = NULL;
        int e = behalf_begin(database->user) ? TOLD : connect_to(ret, database, &error);

        behalf_end();
        if (e == TOLD)
                return 1;
        if (e == INQUIRY_E_VALUE)
                return tell(2, error, "a name of the time zone database: Europe/Berlin, Asia/Shanghai");
        if (e > 0)
                return tell(1, error, DATABASE_HELP);
        return e ? tell(1, strerror(-e), "try again") : 0;
}

static int put_out(void *userdata, struct ww_str bytes) {
        (void)userdata;
        return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n ? 0 : -EPIPE;
}

int query_failed(const struct inquiry *i, int e) {
        if (e == INQUIRY_E_SINK)
                return 1; /* nobody reads any more */
        if (e < 0)
                return tell(1, strerror(-e), "try again");
        return tell(e == INQUIRY_E_VALUE ? 2 : 1, inquiry_error(i), inquiry_cure(i));
}

static int ask(const struct query_database *database, const struct question *q, const char *const *values,
               enum answer_format format) {
        _cleanup_(inquiry_freep) struct inquiry *i = NULL;
        _cleanup_(answer_freep) struct answer *a = NULL;
        int r = query_open(&i, database), e;

        if (r)
                return r;
        e = answer_new(&a, format, put_out, NULL);
        if (!e)
                e = inquiry_ask(i, q, values, answer_sink(a));
        if (e)
                return query_failed(i, e);
        return answer_finish(a) || fflush(stdout) ? 1 : 0;
}

/* Options that the question does not have would be ignored without a word. */
static int check_params(const struct question *q, const char *const *values) {
        char text[128];

        for (int p = 0; p < QUESTION_PARAMS; p++)
                if (values[p] && !question_uses(q, (enum question_param)p)) {
                        (void)snprintf(text, sizeof text, "%s does not ask for --%s", q->name, question_params[p].name);
                        return tell(2, text, "`wardwatch query` lists what each question asks for");
                }
        return 0;
}

int query_config(struct config *config, struct query_database *ret, const struct command_args *args,
                 const char *database, const char *timezone) {
        struct behalf_login login;

        *ret = (struct query_database){ .url = database, .password_file = "", .timezone = timezone };
        if (database)
                return 0;
        if (socket_config(config, args->config))
                return 1;
        login = behalf_login(config, BEHALF_READ);
        ret->url = login.url;
        ret->password_file = login.password_file;
        ret->user = login.user;
        if (!*ret->url)
                return tell(1, "the configuration names no database",
                            "write database.url, or name one with --database");
        return 0;
}

static int query_run(const struct command_args *args) {
        const struct question *q = args->argc ? question_find(args->argv[0]) : NULL;
        const char *format = args->values[OPTION_FORMAT] ? args->values[OPTION_FORMAT] : args->json ? "json" : "table";
        struct query_database database;
        struct config config = { 0 };
        int r;

        if (args->argc && !q)
                return tell(2, "there is no question of that name", question_suggest(args->argv[0]));
        if (args->values[OPTION_SQL])
                return print_sql(q);
        if (!q)
                return list(args->json);
        if (answer_format_find(format) == ANSWER_FORMATS)
                return tell(2, "there is no such format", "one of: table, csv, json");
        r = check_params(q, args->values);
        if (!r)
                r = query_config(&config, &database, args, args->values[OPTION_DATABASE],
                                 args->values[OPTION_TIMEZONE]);
        if (!r)
                r = ask(&database, q, args->values, answer_format_find(format));
        config_deinit(&config);
        return r;
}

const struct command command_query = {
        .name = "query",
        .synopsis = "query [NAME] [--from TIME] [--to TIME] [--zone ZONE] … [--format table|csv|json] [--sql]",
        .help = "ask the history in PostgreSQL one of the questions that it has names for",
        .text = "Without a name it lists the questions and what each asks for. Answers come as a table, as CSV or as "
                "JSON, "
                "row by row, so that they may be of any length; --limit 1000000 asks for more than the first thousand. "
                "--sql prints a question's SQL for psql, of all of them without a name: it reads parameters as psql's "
                "variables. A role that may read is enough: name it with --database.",
        .options = query_options,
        .run = query_run,
};
