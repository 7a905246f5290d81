/*
 * Figures: the named questions of daemon/report, each with what it means, asked over the role that reads.
 *
 * An answer is gathered whole and says so if it was cut. CSV is written so that a spreadsheet takes nothing in it for
 * a formula.
 */
#include "console/console_internal.h"
#include "console/search.h"
#include "report/question.h"
#include "report/report.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX ((size_t)8 * 1024 * 1024)

/* --- the catalogue --- */

/* Who read what is for logins of the database that are auditors' own: the console's is not. */
static bool served(const struct question *q) {
        return !strstr(q->sql, "access_log");
}

/* What each person did: whoever does not see the audit does not see it here. */
static bool may_see(const struct call *call, const struct question *q) {
        return !question_is_audit(q) || (call->who.roles & ROLES_AUDIT);
}

static json_t *tell_params(const struct question *q) {
        json_t *list = json_array();

        for (int p = 0; p < QUESTION_PARAMS; p++)
                if (question_uses(q, (enum question_param)p))
                        (void)json_array_append_new(
                                list, json_pack("{s:s, s:s, s:s, s:b}", "name", question_params[p].name, "type",
                                                question_params[p].type, "help", question_params[p].help, "required",
                                                question_params[p].fallback == NULL));
        return list;
}

/* As the first report that has the question draws it. */
static const struct report_section *drawn(const char *question) {
        const struct report *r;

        for (size_t i = 0; (r = report_at(i)); i++)
                for (const struct report_section *s = r->sections; s->title; s++)
                        if (strcmp(s->question, question) == 0 && s->chart != REPORT_TABLE)
                                return s;
        return NULL;
}

static json_t *tell_figure(const struct question *q) {
        static const char *const charts[] = { NULL, "bars", "line", "pareto", "percentiles" };
        const struct report_section *s = drawn(q->name);
        json_t *limit = s && s->limit > 0 ? json_real(s->limit) : json_null();

        return json_pack("{s:s, s:s, s:s, s:o, s:s?, s:s?, s:s?, s:o}", "name", q->name, "title", q->title,
                         "definition", q->answers, "parameters", tell_params(q), "chart", s ? charts[s->chart] : NULL,
                         "label", s ? s->label : NULL, "value", s ? s->value : NULL, "limit", limit);
}

void on_figures(struct call *call) {
        json_t *list = json_array();
        const struct question *q;

        for (size_t i = 0; (q = question_at(i)); i++)
                if (served(q) && may_see(call, q))
                        (void)json_array_append_new(list, tell_figure(q));
        api_answer(call, 200, json_pack("{s:o}", "figures", list));
}

/* --- gathering --- */

struct figure {
        struct call *call;
        struct query *query;
        struct buf columns, rows;
        size_t n;
        bool csv, more;
};

static void figure_free(struct figure *f) {
        buf_deinit(&f->columns);
        buf_deinit(&f->rows);
        free(f);
}

static void put_cell(struct buf *out, const json_t *value, bool csv) {
        char *text = csv && json_is_string(value) ? strdup(json_string_value(value))
                     : csv && json_is_null(value) ? strdup("")
                                                  : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

        if (!text)
                out->error = -ENOMEM;
        else if (csv) {
                bool formula = json_is_string(value) && *text && strchr("=+-@\t\r", *text);

                buf_puts(out, formula ? "\"'" : "\"");
                for (const char *p = text; *p; p++)
                        buf_printf(out, *p == '"' ? "\"%c" : "%c", *p);
                buf_puts(out, "\"");
        } else {
                buf_puts(out, text);
        }
        free(text);
}

static void put_names(struct figure *f, json_t *row) {
        const char *name;
        json_t *value;
        size_t i = 0;

        json_object_foreach(row, name, value) {
                json_t *text = json_string(name);

                buf_puts(&f->columns, i++ ? "," : "");
                put_cell(&f->columns, text, f->csv);
                json_decref(text);
        }
}

static void on_row(void *userdata, const char *text, size_t n) {
        struct figure *f = userdata;
        json_t *row, *value;
        const char *name;
        size_t i = 0;

        if (f->rows.n + n > ANSWER_MAX) {
                f->more = true;
                return;
        }
        row = json_loadb(text, n, JSON_ALLOW_NUL, NULL);
        if (!f->n++)
                put_names(f, row);
        else if (!f->csv)
                buf_puts(&f->rows, ",");
        buf_puts(&f->rows, f->csv ? "" : "[");
        json_object_foreach(row, name, value) {
                buf_puts(&f->rows, i++ ? "," : "");
                put_cell(&f->rows, value, f->csv);
        }
        buf_puts(&f->rows, f->csv ? "\r\n" : "]");
        json_decref(row);
}

static void answer(struct call *call, const struct figure *f) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        buf_puts(&out, f->csv ? "" : "{\"columns\":[");
        buf_put(&out, f->columns.p, f->columns.n);
        buf_puts(&out, f->csv ? "\r\n" : "],\"rows\":[");
        buf_put(&out, f->rows.p, f->rows.n);
        if (!f->csv)
                buf_printf(&out, "],\"more\":%s}", f->more ? "true" : "false");
        if (out.error || f->rows.error || f->columns.error)
                api_refuse(call, 503, "no-memory", "there is no memory", "ask for less");
        else if (f->csv && f->more) /* a file that was cut looks like a whole one */
                api_refuse(call, 413, "too-large", "that is more than 8 MiB",
                           "ask for a shorter time, or with `limit`");
        else
                api_text(call, 200, f->csv ? "text/csv; charset=utf-8" : "application/json", (const char *)out.p,
                         out.n);
}

static void on_end(void *userdata, enum query_result result, const char *why) {
        struct figure *f = userdata;
        struct call *call = f->call;

        call->gone = NULL;
        if (result == QUERY_DONE)
                answer(call, f);
        else
                search_failed(call, result, why);
        figure_free(f);
}

static void on_gone(struct call *call) {
        struct figure *f = call->state;

        query_cancel(f->query);
        figure_free(f);
        api_refuse(call, 503, "gone", "nobody waits any more", ""); /* frees what evhttp let go */
}

/* --- asking --- */

static bool wrong_value(enum question_param p, const char *value) {
        const char *type = question_params[p].type;
        int64_t t;

        if (strcmp(type, "timestamptz") == 0)
                return instant_parse(ww_str(value), 0, &t) != 0;
        if (strcmp(type, "text") != 0)
                return strspn(value, "0123456789") != strlen(value) || strlen(value) > 18;
        return strlen(value) > 512;
}

/* The address' words, which must all be the question's. False after refusing. */
static bool take_values(struct call *call, const struct question *q, const char *values[QUESTION_PARAMS]) {
        const struct evkeyval *e;
        char text[120];

        for (e = call->query->tqh_first; e; e = e->next.tqe_next) {
                enum question_param p = question_param_find(e->key);

                if (strcmp(e->key, "format") == 0 || !*e->value)
                        continue;
                if (p < QUESTION_PARAMS && question_uses(q, p) && !wrong_value(p, e->value)) {
                        values[p] = e->value;
                        continue;
                }
                (void)snprintf(text, sizeof text, "`%.40s` is %s", e->key,
                               p < QUESTION_PARAMS && question_uses(q, p) ? "not of its type" : "no word of this one");
                api_refuse(call, 400, "malformed", text, "see `parameters` in GET /api/v1/figures");
                return false;
        }
        return true;
}

static void ask(struct call *call, const char *sql, const char *const *values, size_t n) {
        const char *format = api_query(call, "format");
        struct figure *f = calloc(1, sizeof *f);
        const struct query_handlers handlers = { f, on_row, on_end };

        if (f) {
                f->call = call;
                f->csv = format && strcmp(format, "csv") == 0;
                f->query = database_ask(call->console->database, call->who.name, sql, values, n, &handlers);
        }
        if (!f || !f->query) {
                free(f);
                api_refuse(call, 429, "busy", "too many ask already", "try again in a while");
                return;
        }
        call->state = f;
        call->gone = on_gone;
        if (call->connection)
                http_connection_attend(call->connection);
}

void on_figure(struct call *call) {
        const struct question *q = question_find(call->param);
        const char *values[QUESTION_PARAMS] = { 0 }, *sent[QUESTION_PARAMS];
        _cleanup_buf_ struct buf inner = BUF_INIT, sql = BUF_INIT;
        enum question_param missing;
        char text[80];
        size_t n;
        int r;

        if (!q || !served(q)) {
                api_refuse(call, 404, "unknown", q ? "this is an auditor's own" : "there is no such figure",
                           q ? "`wardwatch query`, with a login of the role wardwatch_auditor"
                             : "see GET /api/v1/figures");
                return;
        }
        if (!may_see(call, q)) {
                api_refuse(call, 403, "role", "what each person did is for auditors and administrators",
                           "GET /api/v1/figures lists what you may ask");
                return;
        }
        if (!take_values(call, q, values) || !search_ready(call))
                return;
        r = question_compose(q, values, &inner, sent, &n, &missing);
        if (r == QUESTION_E_MISSING) {
                (void)snprintf(text, sizeof text, "`%s` must be given", question_params[missing].name);
                api_refuse(call, 400, "malformed", text, question_params[missing].help);
                return;
        }
        buf_printf(&sql, "SELECT row_to_json(x)::text FROM (%s) x", r ? "" : (const char *)inner.p);
        buf_put_u8(&sql, 0);
        if (r || sql.error)
                api_refuse(call, 503, "no-memory", "there is no memory", "try again");
        else
                ask(call, (const char *)sql.p, sent, n);
}
