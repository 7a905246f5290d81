/*
 * Exports: everything that a search finds, as a file; and files that are made: case bundles, reports.
 *
 *     asked ──► counting ──► waiting ──► running ──► done
 *        │         │            │ 10 min    │ the client goes away, or somebody cancels it
 *        │         └─ failed ───┴───────────┴──► cancelled
 *        └────► making ──► waiting ──► done (and may be fetched again until it is forgotten)
 *
 * Of a search nothing is kept here: rows go from PostgreSQL to the client as he reads; while he does not, the question
 * rests. RUNNING_MAX of them run, so that others can ask, too. What is made lies in a file (work.c). Asking is recorded
 * with who asked and for what.
 */
#include "console/export_row.h"
#include "console/make.h"
#include "console/search.h"

#include "base/log.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/keyvalq_struct.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define EXPORTS_OF_ONE 5
#define EXPORTS_MAX    50
#define RUNNING_MAX    2 /* searches; there are DATABASE_CONNECTIONS */
#define KEEP           (10 * WW_MINUTE)
#define RUN_TIME       (60 * WW_MINUTE) /* nobody reads one for so long */
#define QUEUE_HIGH     ((size_t)256 * 1024)
#define QUEUE_LOW      ((size_t)64 * 1024)

enum state { COUNTING, MAKING, PREPARED, RUNNING, DONE, CANCELLED, FAILED };
static const char *const state_names[] = { "counting", "making", "waiting", "running", "done", "cancelled", "failed" };

struct export {
        struct export *next;
        struct console *console;
        char id[33], name[72];
        const struct history_what *what; /* NULL: it is made */
        const struct make *make;
        unsigned roles; /* of who asked, then */
        const char *format;
        char *filters; /* as in an address */
        enum state state;
        json_int_t rows, total; /* total −1: not counted yet */
        int64_t asked, changed; /* wall clock */
        struct query *query;
        struct work *work;
        char file[100]; /* its name */
        char trouble[WORK_TEXT_SIZE];
        struct evhttp_request *request; /* RUNNING */
        struct http_connection *connection;
        json_t *columns; /* of the first row, in their order */
};

/* --- life --- */

static void set_state(struct export *e, enum state state) {
        e->state = state;
        e->changed = clock_wall();
}

static void end_answer(struct export *e, bool whole) {
        struct http_connection *connection = e->connection;

        if (!e->request)
                return;
        if (connection)
                http_connection_watch(connection, NULL, NULL);
        e->connection = NULL;
        /* half a file must not look like a whole one */
        if (connection && !whole)
                http_connection_cut(connection);
        else
                evhttp_send_reply_end(e->request);
        e->request = NULL;
}

static void export_stop(struct export *e, enum state state) {
        if (e->query)
                query_cancel(e->query);
        e->query = NULL;
        e->work = work_free(e->work);
        end_answer(e, false);
        set_state(e, state);
}

static void export_free(struct export *e) {
        struct export **at = &e->console->exports;

        while (*at != e)
                at = &(*at)->next;
        *at = e->next;
        export_stop(e, CANCELLED);
        json_decref(e->columns);
        free(e->filters);
        free(e);
}

void exports_turn(struct console *c) {
        for (struct export *e = c->exports, *next; e; e = next) {
                int64_t age = clock_wall() - e->changed;

                next = e->next;
                if (e->state == RUNNING && age > RUN_TIME)
                        export_stop(e, CANCELLED);
                else if (e->state != RUNNING && e->state != COUNTING && e->state != MAKING && age > KEEP)
                        export_free(e);
        }
}

void exports_free(struct console *c) {
        while (c->exports)
                export_free(c->exports);
}

static json_t *describe(const struct export *e) {
        char asked[32];

        instant_format(e->asked, asked);
        return json_pack("{s:b, s:s, s:s, s:s, s:s, s:I, s:o, s:s, s:s?}", "ok", 1, "export", e->id, "what",
                         e->what ? e->what->name : e->make->name, "format", e->format, "state", state_names[e->state],
                         "rows", e->rows, "total", e->total < 0 ? json_null() : json_integer(e->total), "asked_at",
                         asked, "trouble", *e->trouble ? e->trouble : NULL);
}

/* --- the question --- */

static bool begin_query(struct export *e, bool count, struct history_query *q, char why[SEARCH_WHY]) {
        struct evkeyvalq filters;
        bool ok;

        if (!history_begin(q, e->what, count, NULL) || evhttp_parse_query_str(e->filters, &filters) < 0) {
                (void)snprintf(why, SEARCH_WHY, "`query` cannot be read");
                return false;
        }
        ok = search_withhold(q, e->what, e->roles) && search_filters(e->console, q, e->what, &filters, why);
        evhttp_clear_headers(&filters);
        return ok;
}

static bool ask(struct export *e, struct history_query *q, bool count, const struct query_handlers *handlers) {
        const char *sql;

        if (count)
                buf_put_u8(&q->sql, 0);
        sql = count ? (q->sql.error ? NULL : (const char *)q->sql.p) : history_sql(q, e->what, 0);
        e->query = sql ? (count ? database_ask : database_ask_long)(e->console->database, e->name, sql,
                                                                    (const char *const *)q->values, q->n, handlers)
                       : NULL;
        return e->query;
}

static void on_counted(void *userdata, const char *text, size_t n) {
        struct export *e = userdata;

        e->total = strtoll(text, NULL, 10);
}

static void on_count_end(void *userdata, enum query_result result, const char *why) {
        struct export *e = userdata;

        e->query = NULL;
        /* too much to be counted can still be fetched */
        set_state(e, result == QUERY_AWAY ? FAILED : PREPARED);
}

/* --- rows as they go --- */

static void on_drained(struct evhttp_connection *connection, void *userdata) {
        struct console *c = userdata;

        for (struct export *e = c->exports; e; e = e->next)
                if (e->query && e->connection && e->state == RUNNING &&
                    http_connection_queued(e->connection) < QUEUE_LOW)
                        query_pause(e->query, false);
}

static void on_row(void *userdata, const char *text, size_t n) {
        struct export *e = userdata;
        const char *end = memchr(text, '\n', n);
        struct evbuffer *b = end ? evbuffer_new() : NULL;

        if (!b)
                return;
        n -= (size_t)(end + 1 - text);
        if (strcmp(e->format, "csv") == 0) {
                export_row_csv(b, &e->columns, end + 1, n);
        } else {
                (void)evbuffer_add(b, end + 1, n);
                (void)evbuffer_add(b, "\n", 1);
        }
        e->rows++;
        evhttp_send_reply_chunk_with_cb(e->request, b, on_drained, e->console);
        evbuffer_free(b);
        if (e->connection && http_connection_queued(e->connection) > QUEUE_HIGH)
                query_pause(e->query, true);
}

static void on_end(void *userdata, enum query_result result, const char *why) {
        struct export *e = userdata;

        e->query = NULL;
        if (result != QUERY_DONE)
                log_warning("console-export", e->name, "%s", why);
        end_answer(e, result == QUERY_DONE);
        set_state(e, result == QUERY_DONE ? DONE : FAILED);
}

static void on_gone(void *userdata) {
        struct export *e = userdata;

        e->connection = NULL;
        export_stop(e, CANCELLED);
}

/* --- routes --- */

static struct export *find(struct call *call) {
        struct export *e = call->console->exports;

        while (e && (strcmp(e->id, call->param) != 0 || strcmp(e->name, call->who.name) != 0))
                e = e->next;
        if (!e)
                api_refuse(call, 404, "unknown", "there is no such export of yours", "GET /api/v1/exports lists them");
        return e;
}

void on_exports(struct call *call) {
        json_t *list = json_array();

        for (const struct export *e = call->console->exports; e; e = e->next)
                if (strcmp(e->name, call->who.name) == 0)
                        (void)json_array_append_new(list, describe(e));
        api_answer(call, 200, json_pack("{s:o}", "exports", list));
}

static struct export *export_new(struct call *call) {
        const char *filters = json_string_value(json_object_get(call->body, "query"));
        struct export *e = calloc(1, sizeof *e);
        uint8_t bytes[16];

        if (!e)
                return NULL;
        randombytes_buf(bytes, sizeof bytes);
        sodium_bin2hex(e->id, sizeof e->id, bytes, sizeof bytes);
        (void)snprintf(e->name, sizeof e->name, "%s", call->who.name);
        e->console = call->console;
        e->roles = call->who.roles;
        e->total = -1;
        e->filters = strdup(filters ? filters : "");
        e->asked = e->changed = clock_wall();
        e->next = call->console->exports;
        call->console->exports = e;
        return e;
}

static bool too_many(const struct call *call) {
        size_t all = 0, own = 0;

        for (const struct export *e = call->console->exports; e; e = e->next) {
                bool open = e->state <= RUNNING;

                all++;
                own += open && strcmp(e->name, call->who.name) == 0;
        }
        return own >= EXPORTS_OF_ONE || all >= EXPORTS_MAX;
}

static void prepare(struct call *call, struct export *e) {
        const struct query_handlers handlers = { e, on_counted, on_count_end };
        struct history_query q = { 0 };
        char why[SEARCH_WHY] = "";

        if (!begin_query(e, true, &q, why)) {
                api_refuse(call, 400, "malformed", why, "see GET /api/v1/openapi.yaml");
                export_free(e);
        } else if (!ask(e, &q, true, &handlers)) {
                api_refuse(call, 429, "busy", "too many ask already", "try again in a while");
                export_free(e);
        } else {
                console_record(call->console, "history-exported", call->who.name, "%s as %s: %.120s", e->what->name,
                               e->format, *e->filters ? e->filters : "all");
                api_answer(call, 200, describe(e));
        }
        history_deinit(&q);
}

/* --- what is made --- */

static void on_progress(void *userdata, uint64_t done, uint64_t total) {
        struct export *e = userdata;

        e->rows = (json_int_t)done;
        e->total = (json_int_t)total;
}

static void on_made(void *userdata, enum work_result result, const char *text, const char *cure) {
        struct export *e = userdata;

        if (result == WORK_DONE) {
                e->rows = e->total = e->total < 0 ? 1 : e->total;
                set_state(e, PREPARED);
                return;
        }
        (void)snprintf(e->trouble, sizeof e->trouble, "%s", *text ? text : "it could not be made");
        e->work = work_free(e->work);
        set_state(e, FAILED);
}

/* A word of its own in the body, and one like the others in an address. */
static bool add_format(struct call *call, struct evkeyvalq *query) {
        const json_t *format = json_object_get(call->body, "format");

        return !format ||
               (json_is_string(format) && evhttp_add_header(query, "format", json_string_value(format)) == 0);
}

static void make(struct call *call, struct export *e, const struct make *m) {
        const struct work_handlers handlers = { e, on_progress, on_made };
        char why[MAKE_WHY] = "`query` cannot be read";
        struct evkeyvalq query;
        json_t *words = NULL;

        TAILQ_INIT(&query);
        if (evhttp_parse_query_str(e->filters, &query) == 0 && add_format(call, &query))
                words = make_words(m, &query, why);
        e->make = m;
        e->format = words ? make_format(m, &query) : "";
        make_file_name(m, &query, e->file);
        evhttp_clear_headers(&query);
        if (!words) {
                api_refuse(call, 400, "malformed", why, "see GET /api/v1/openapi.yaml");
                export_free(e);
        } else if (!(e->work = work_begin(call->console->works, e->name, words, &handlers))) {
                api_refuse(call, 429, "busy", "too much is being made, or the disk is full", "try again in a while");
                export_free(e);
        } else {
                set_state(e, MAKING);
                console_record(call->console, "history-exported", e->name, "%s as %s: %.120s", m->name, e->format,
                               e->filters);
                api_answer(call, 200, describe(e));
        }
}

/* --- asking --- */

static void prepare_search(struct call *call, struct export *e, const struct history_what *w) {
        const char *format = api_word(call, "format", 10);

        if (format && (strcmp(format, "csv") == 0 || strcmp(format, "jsonl") == 0)) {
                e->what = w;
                e->format = strcmp(format, "csv") == 0 ? "csv" : "jsonl";
                (void)snprintf(e->file, sizeof e->file, "wardwatch-%s.%s", w->name, e->format);
                prepare(call, e);
                return;
        }
        if (format)
                api_refuse(call, 400, "malformed", "`format` is csv or jsonl", "see GET /api/v1/openapi.yaml");
        export_free(e);
}

void on_export(struct call *call) {
        const char *what = api_word(call, "what", 40);
        const struct history_what *w = what ? search_what(what) : NULL;
        const struct make *m = what && (strcmp(what, "case") == 0 || strcmp(what, "report") == 0) ? make_find(what)
                                                                                                  : NULL;
        struct export *e;

        if (!what)
                return;
        if (!w && !m) {
                api_refuse(call, 400, "malformed", "`what` cannot be exported", "see GET /api/v1/openapi.yaml");
                return;
        }
        if ((w && !search_may(call, w)) || !search_ready(call))
                return;
        e = too_many(call) ? NULL : export_new(call);
        if (!e)
                api_refuse(call, 429, "limit", "there are too many exports", "finish or cancel some");
        else if (m)
                make(call, e, m);
        else
                prepare_search(call, e, w);
}

void on_export_progress(struct call *call) {
        const struct export *e = find(call);

        if (e)
                api_answer(call, 200, describe(e));
}

void on_export_cancel(struct call *call) {
        struct export *e = find(call);

        if (!e)
                return;
        if (e->state <= RUNNING)
                export_stop(e, CANCELLED);
        api_done(call);
}

static void send_start(struct export *e) {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(e->request);
        char name[160];

        (void)snprintf(name, sizeof name, "attachment; filename=\"%s\"", e->file);
        answer_headers(e->console, e->request, true);
        (void)evhttp_add_header(headers, "Content-Type",
                                strcmp(e->format, "csv") == 0 ? make_type(e->format) : "application/jsonl");
        (void)evhttp_add_header(headers, "Content-Disposition", name);
        (void)evhttp_add_header(headers, "Connection", "close");
        e->console->answered[2]++;
        evhttp_send_reply_start(e->request, 200, "OK");
        http_connection_stream(e->connection);
        http_connection_watch(e->connection, on_gone, e);
}

static bool too_many_run(const struct console *c) {
        size_t n = 0;

        for (const struct export *e = c->exports; e; e = e->next)
                n += e->state == RUNNING;
        return n >= RUNNING_MAX;
}

static void send_rows(struct call *call, struct export *e) {
        const struct query_handlers handlers = { e, on_row, on_end };
        struct history_query q = { 0 };
        char why[SEARCH_WHY] = "";

        if (e->query)
                query_cancel(e->query); /* the count: it takes longer than the client wants to wait */
        e->query = NULL;
        if (!begin_query(e, false, &q, why) || !ask(e, &q, false, &handlers)) {
                api_refuse(call, 429, "busy", "too many ask already", "try again in a while");
        } else {
                e->request = call->request;
                e->connection = call->connection;
                set_state(e, RUNNING);
                api_release(call);
                send_start(e);
        }
        history_deinit(&q);
}

static void send_file(struct call *call, struct export *e) {
        int64_t size;
        int file = work_file(e->work, &size);

        set_state(e, DONE);
        api_file(call, make_type(e->format), e->file, true, file, size);
}

void on_export_data(struct call *call) {
        struct export *e = find(call);

        if (!e)
                return;
        if (e->make && e->work && (e->state == PREPARED || e->state == DONE))
                send_file(call, e);
        else if (e->state == MAKING)
                api_refuse(call, 409, "state", "it is being made", "GET /api/v1/exports/{export} says how far it is");
        else if (e->state > PREPARED || !call->connection)
                api_refuse(call, 409, "state",
                           e->make ? *e->trouble ? e->trouble : "it was stopped" : "it was fetched already",
                           "ask for another export");
        else if (too_many_run(call->console))
                api_refuse(call, 429, "busy", "others are being fetched", "try again when they are done");
        else
                send_rows(call, e);
}
