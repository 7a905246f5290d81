/* Questions about what was: a search becomes a statement, its rows one answer. */
#include "console/console_internal.h"
#include "console/history.h"
#include "console/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX   ((size_t)8 * 1024 * 1024)
#define DEVICES_BACK (7 * WW_DAY)

/* --- collecting rows --- */

struct rows {
        struct call *call;
        struct query *query;
        struct buf text;
        size_t n, limit;
        char last[120]; /* the place of the last row */
        bool more, full;
};

static void rows_free(struct rows *r) {
        buf_deinit(&r->text);
        free(r);
}

static void on_row(void *userdata, const char *text, size_t n) {
        struct rows *r = userdata;
        const char *end = memchr(text, '\n', n);
        size_t place = end ? (size_t)(end - text) : 0;

        if (!end || r->n >= r->limit || r->text.n + n > ANSWER_MAX) {
                r->more = true;
                return;
        }
        buf_puts(&r->text, r->n++ ? "," : "");
        buf_put(&r->text, end + 1, n - place - 1);
        (void)snprintf(r->last, sizeof r->last, "%.*s", (int)place, text);
}

void search_failed(struct call *call, enum query_result result, const char *why) {
        if (result == QUERY_AWAY)
                api_refuse(call, 503, "database-away", "history cannot be asked now",
                           "try again in a while; what is now goes on being shown");
        else if (strstr(why, "statement timeout"))
                api_refuse(call, 503, "too-long", "that takes too long", "ask for a shorter time");
        else
                api_refuse(call, 400, "malformed", why, "look at the filters");
}

static void on_end(void *userdata, enum query_result result, const char *why) {
        struct rows *r = userdata;
        struct call *call = r->call;
        _cleanup_buf_ struct buf answer = BUF_INIT;

        call->gone = NULL;
        if (result != QUERY_DONE) {
                rows_free(r);
                search_failed(call, result, why);
                return;
        }
        buf_puts(&answer, "{\"rows\":[");
        buf_put(&answer, r->text.p, r->text.n);
        if (r->more)
                buf_printf(&answer, "],\"next\":\"%s\"}", r->last);
        else
                buf_puts(&answer, "],\"next\":null}");
        rows_free(r);
        if (answer.error)
                api_refuse(call, 503, "no-memory", "there is no memory", "ask for less");
        else
                api_text(call, 200, "application/json", (const char *)answer.p, answer.n);
}

static void on_gone(struct call *call) {
        struct rows *r = call->state;

        query_cancel(r->query);
        rows_free(r);
        api_refuse(call, 503, "gone", "nobody waits any more", ""); /* frees what evhttp let go */
}

static void ask(struct call *call, struct history_query *q, const struct history_what *w, size_t limit) {
        const char *sql = history_sql(q, w, limit + 1);
        struct rows *r = sql ? calloc(1, sizeof *r) : NULL;
        const struct query_handlers handlers = { r, on_row, on_end };

        if (r) {
                r->call = call;
                r->limit = limit;
                r->query = database_ask(call->console->database, call->who.name, sql, (const char *const *)q->values,
                                        q->n, &handlers);
        }
        if (!r || !r->query) {
                free(r);
                api_refuse(call, 429, "busy", "too many ask already", "try again in a while");
                return;
        }
        call->state = r;
        call->gone = on_gone;
        if (call->connection)
                http_connection_attend(call->connection);
}

/* --- the search --- */

static bool is_time(const char *text) {
        int64_t t;

        return instant_parse(ww_str(text), 0, &t) == 0;
}

/* {"a","b"} as PostgreSQL reads it. */
static char *array_of(const json_t *list) {
        _cleanup_buf_ struct buf b = BUF_INIT;
        const json_t *entry;
        size_t i;

        buf_puts(&b, "{");
        json_array_foreach(list, i, entry) {
                buf_puts(&b, i ? ",\"" : "\"");
                for (const char *p = json_string_value(entry); p && *p; p++)
                        buf_printf(&b, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
                buf_puts(&b, "\"");
        }
        buf_put(&b, "}", 2);
        return b.error ? NULL : strdup((char *)b.p);
}

/* What contains it: `%` and `_` are letters here. */
static char *pattern_of(const char *text) {
        _cleanup_buf_ struct buf b = BUF_INIT;

        buf_puts(&b, "%");
        for (; *text; text++)
                buf_printf(&b, strchr("%_\\", *text) ? "\\%c" : "%c", *text);
        buf_put(&b, "%", 2);
        return b.error ? NULL : strdup((char *)b.p);
}

static char *value_of(struct console *c, const char *name, const char *value) {
        json_t *zones;
        char *text;

        if (strcmp(name, "text") == 0)
                return pattern_of(value);
        if (strcmp(name, "zone") != 0)
                return strdup(value);
        zones = site_below(c, value);
        text = array_of(zones);
        json_decref(zones);
        return text;
}

static const char *wrong_value(const char *name, const char *value) {
        static const char *const numbers[] = { "alarm", "incident", "record" };
        static const char *const choices[] = { "exercise", "open", "overdue" };

        for (size_t i = 0; i < 3; i++) {
                if (strcmp(name, numbers[i]) == 0 &&
                    (strspn(value, "0123456789") != strlen(value) || strlen(value) > 18))
                        return "must be a number";
                if (strcmp(name, choices[i]) == 0 && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
                        return "must be true or false";
        }
        return strlen(value) > 512 ? "is too long" : NULL;
}

/* One parameter; what is wrong with it, in `why`. */
static bool put_filter(struct console *c, struct history_query *q, const struct history_what *w, const char *name,
                       const char *value, char why[SEARCH_WHY]) {
        const char *condition = history_condition(w, name), *wrong = wrong_value(name, value);
        char *text;
        bool ok;

        if (!condition || wrong) {
                (void)snprintf(why, SEARCH_WHY, "`%.40s` %s", name, condition ? wrong : "is no filter of this");
                return false;
        }
        text = value_of(c, name, value);
        ok = text && history_filter(q, condition, text);
        free(text);
        if (!ok)
                (void)snprintf(why, SEARCH_WHY, "too many filters");
        return ok;
}

static bool put_time(struct history_query *q, const struct history_what *w, const char *name, const char *value,
                     char why[SEARCH_WHY]) {
        char condition[80];

        (void)snprintf(condition, sizeof condition, "x.%s %s @::timestamptz", w->time,
                       strcmp(name, "from") == 0 ? ">=" : "<");
        if (is_time(value) && history_filter(q, condition, value))
                return true;
        (void)snprintf(why, SEARCH_WHY, "`%s` must be a time such as 2026-01-31T18:00:00Z", name);
        return false;
}

bool search_filters(struct console *c, struct history_query *q, const struct history_what *w,
                    const struct evkeyvalq *query, char why[SEARCH_WHY]) {
        const struct evkeyval *e;

        for (e = query->tqh_first; e; e = e->next.tqe_next) {
                bool time = strcmp(e->key, "from") == 0 || strcmp(e->key, "to") == 0;

                if (strcmp(e->key, "limit") == 0 || strcmp(e->key, "after") == 0 || strcmp(e->key, "since") == 0 ||
                    !*e->value)
                        continue;
                if (time ? !put_time(q, w, e->key, e->value, why) : !put_filter(c, q, w, e->key, e->value, why))
                        return false;
        }
        return true;
}

bool search_withhold(struct history_query *q, const struct history_what *w, unsigned roles) {
        return !w->withheld || (roles & ROLES_AUDIT) || history_filter(q, w->withheld, HISTORY_PERSONAL);
}

bool search_may(struct call *call, const struct history_what *w) {
        if (!w->audit || (call->who.roles & ROLES_AUDIT))
                return true;
        api_refuse(call, 403, "role", "what each person did is for auditors and administrators",
                   "what became of an alarm or an incident, and by whom, is in `transitions` and `changes`");
        return false;
}

static size_t limit_of(const struct call *call) {
        const char *text = api_query(call, "limit");
        long limit = text ? strtol(text, NULL, 10) : 100;

        return limit < 1 ? 1 : limit > HISTORY_ROWS_MAX ? HISTORY_ROWS_MAX : (size_t)limit;
}

bool search_ready(struct call *call) {
        if (database_up(call->console->database))
                return true;
        search_failed(call, QUERY_AWAY, "");
        return false;
}

/* `value`: of `@` in what is searched; `kind`: of records. Each may be NULL. */
static void search(struct call *call, const struct history_what *w, const char *value, const char *kind) {
        const char *after = api_query(call, "after");
        struct history_query q;
        char why[SEARCH_WHY] = "";

        if (!search_ready(call))
                return;
        if (!history_begin(&q, w, false, value) || (kind && !history_filter(&q, "x.kind = @", kind)) ||
            !search_withhold(&q, w, call->who.roles) || !search_filters(call->console, &q, w, call->query, why))
                api_refuse(call, 400, "malformed", *why ? why : "no memory", "see GET /api/v1/openapi.yaml");
        else if (after && !history_after(&q, w, after))
                api_refuse(call, 400, "malformed", "`after` is no place", "take `next` of the page before");
        else
                ask(call, &q, w, limit_of(call));
        history_deinit(&q);
}

const struct history_what *search_what(const char *name) {
        const struct history_what *w = history_find(name);

        return w && !w->own_route ? w : NULL;
}

void on_history(struct call *call) {
        const struct history_what *w = search_what(call->param);

        if (w && search_may(call, w))
                search(call, w, NULL, NULL);
        else if (!w)
                api_refuse(call, 404, "unknown", "that is nothing that can be searched",
                           "see `what` in GET /api/v1/openapi.yaml");
}

void on_audit(struct call *call) {
        search(call, history_find("audit"), NULL, NULL);
}

void on_devices(struct call *call) {
        const char *since = api_query(call, "since");
        char text[32];

        instant_format(clock_wall() - DEVICES_BACK, text);
        if (since && !is_time(since))
                api_refuse(call, 400, "malformed", "`since` must be a time such as 2026-01-31T18:00:00Z",
                           "leave it out for a week");
        else
                search(call, history_find("devices"), since ? since : text, NULL);
}

void search_records(struct call *call, const char *what, const char *kind) {
        search(call, history_find(what), NULL, kind);
}
