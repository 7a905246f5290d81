#include "store/wire.h"

#include "base/clock.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <wardwatch/time.h>

#define CHUNK       (64 * 1024) /* of a COPY stream, between two looks at what the server says */
#define RESULTS_MAX 10000       /* results that one text of statements (a migration) may bring */
#define PARAMS_MAX  16

struct wire {
        PGconn *conn;
        PGresult *result; /* of the last statement; may be NULL */
        char *chunk;      /* of a COPY that is read; may be NULL */
        int64_t wait;     /* µs without a byte from the server */
        struct wire_error error;
        uint64_t refused; /* row of a COPY stream */
};

/* --- errors --- */

static void error_set(struct wire_error *e, const char *sqlstate, const char *text) {
        size_t n = 0;

        (void)snprintf(e->sqlstate, sizeof e->sqlstate, "%s", sqlstate ? sqlstate : "");
        for (; *text && n + 1 < sizeof e->text; text++) {
                if (*text == '\n' && text[1] == '\0')
                        break;
                e->text[n++] = *text >= 0x20 && *text < 0x7f ? *text : *text == '\n' || *text == '\t' ? ' ' : '?';
        }
        e->text[n] = '\0';
}

static int wire_down(struct wire *w, const char *text) {
        error_set(&w->error, "", text);
        return WIRE_E_DOWN;
}

static int result_fault(struct wire *w, const PGresult *result) {
        const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

        error_set(&w->error, sqlstate, text ? text : PQerrorMessage(w->conn));
        w->refused = wire_fault_row(PQresultErrorField(result, PG_DIAG_CONTEXT));
        return sqlstate && PQstatus(w->conn) == CONNECTION_OK ? wire_fault(sqlstate) : WIRE_E_DOWN;
}

const struct wire_error *wire_error(const struct wire *w) {
        return &w->error;
}

uint64_t wire_refused(const struct wire *w) {
        return w->refused;
}

/* --- waiting --- */

/* Until the server has said something or takes more. */
static int wire_poll(struct wire *w, short events, int64_t deadline) {
        struct pollfd p = { .fd = PQsocket(w->conn), .events = events };

        for (;;) {
                int64_t left = deadline - clock_boot();
                int r;

                if (p.fd < 0)
                        return wire_down(w, "the connection is closed");
                if (left <= 0)
                        return wire_down(w, "the server does not answer");
                r = poll(&p, 1, (int)(left / WW_MSEC) + 1);
                if (r > 0)
                        return 0;
                if (r < 0 && errno != EINTR)
                        return -errno;
        }
}

/* Sends what is queued; reads meanwhile, because a server that waits for us to read does not read. */
static int wire_flush(struct wire *w) {
        int64_t deadline = clock_boot() + w->wait;

        for (;;) {
                int r = PQflush(w->conn), e;

                if (r == 0)
                        return 0;
                if (r < 0)
                        return wire_down(w, PQerrorMessage(w->conn));
                e = wire_poll(w, POLLIN | POLLOUT, deadline);
                if (e)
                        return e;
                if (!PQconsumeInput(w->conn))
                        return wire_down(w, PQerrorMessage(w->conn));
        }
}

/* The next result, NULL at the end of the statements. */
static int wire_result(struct wire *w, PGresult **ret) {
        int64_t deadline = clock_boot() + w->wait;

        while (PQisBusy(w->conn)) {
                int e = wire_poll(w, POLLIN, deadline);

                if (e)
                        return e;
                if (!PQconsumeInput(w->conn))
                        return wire_down(w, PQerrorMessage(w->conn));
        }
        *ret = PQgetResult(w->conn);
        return 0;
}

static int result_check(struct wire *w, PGresult *result, bool copy) {
        switch (PQresultStatus(result)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
                return 0;
        case PGRES_COPY_IN:
                return copy ? 0 : wire_down(w, "the server wants a COPY stream");
        case PGRES_FATAL_ERROR:
        case PGRES_BAD_RESPONSE:
        case PGRES_NONFATAL_ERROR:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
        case PGRES_SINGLE_TUPLE:
        case PGRES_PIPELINE_SYNC:
        case PGRES_PIPELINE_ABORTED:
                break;
        }
        return result_fault(w, result);
}

/* Takes all results; keeps the last one. The first error counts. */
static int wire_results(struct wire *w) {
        int fault = 0;

        for (int i = 0; i < RESULTS_MAX; i++) {
                PGresult *result;
                int e = wire_result(w, &result);

                if (e)
                        return e;
                if (!result)
                        return fault;
                e = result_check(w, result, false);
                fault = fault ? fault : e;
                PQclear(w->result);
                w->result = result;
        }
        return wire_down(w, "the server gives no end of results");
}

/* --- connecting --- */

static void notice_ignore(void *userdata, const PGresult *result) {
        (void)userdata;
        (void)result;
}

#define TEXT(x)  TEXT_(x)
#define TEXT_(x) #x

/* What the connection string says overrides what stands before `dbname`; what stands after it cannot be overridden. */
static PGconn *connect_server(const char *url, const char *password, bool reader) {
        const char *const keys[] = { "connect_timeout",
                                     "sslmode",
                                     "keepalives_idle",
                                     "keepalives_interval",
                                     "keepalives_count",
                                     "tcp_user_timeout",
                                     "application_name",
                                     "dbname",
                                     "client_encoding",
                                     "target_session_attrs",
                                     password ? "password" : NULL,
                                     NULL };
        const char *const values[] = { TEXT(WIRE_CONNECT),
                                       "verify-full",
                                       "5",
                                       "5",
                                       "3",
                                       "15000",
                                       "wardwatch",
                                       url,
                                       "UTF8",
                                       reader ? "any" : "read-write",
                                       password,
                                       NULL };

        return PQconnectdbParams(keys, values, 1);
}

/* clang-format off */
static const char writer_settings[] =
        "SET statement_timeout = '" TEXT(WIRE_STATEMENT) "s'; SET lock_timeout = '" TEXT(WIRE_LOCK) "s';"
        "SET idle_in_transaction_session_timeout = '60s'; SET search_path = wardwatch;"
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'";

/* Whoever reads may stop in the middle for as long as somebody looks at what was read. */
static const char reader_settings[] =
        "SET default_transaction_read_only = on; SET lock_timeout = '" TEXT(WIRE_LOCK) "s';"
        "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET search_path = wardwatch";
/* clang-format on */

static int connect_check(struct wire *w, bool reader) {
        const char *encoding = PQparameterStatus(w->conn, "server_encoding");

        if (PQstatus(w->conn) != CONNECTION_OK)
                return wire_down(w, PQerrorMessage(w->conn));
        if (!encoding || strcmp(encoding, "UTF8") != 0)
                return wire_down(w, "the database's encoding is not UTF8: create it with ENCODING 'UTF8'");
        if (PQsetnonblocking(w->conn, 1) != 0)
                return wire_down(w, PQerrorMessage(w->conn));
        (void)PQsetNoticeReceiver(w->conn, notice_ignore, NULL);
        return wire_exec(w, reader ? reader_settings : writer_settings);
}

static int wire_open(struct wire **ret, const char *url, const char *password, bool reader, struct wire_error *error) {
        _cleanup_(wire_freep) struct wire *w = calloc(1, sizeof *w);
        int e;

        if (!w)
                return -ENOMEM;
        w->wait = WIRE_WAIT * WW_SECOND;
        w->conn = connect_server(url, password, reader);
        if (!w->conn)
                return -ENOMEM;
        e = connect_check(w, reader);
        if (e) {
                *error = w->error;
                return e < 0 ? e : WIRE_E_DOWN;
        }
        *ret = w;
        w = NULL;
        return 0;
}

int wire_connect(struct wire **ret, const char *url, const char *password, struct wire_error *error) {
        return wire_open(ret, url, password, false, error);
}

int wire_connect_reader(struct wire **ret, const char *url, const char *password, struct wire_error *error) {
        return wire_open(ret, url, password, true, error);
}

struct wire *wire_free(struct wire *w) {
        if (w) {
                PQclear(w->result);
                PQfreemem(w->chunk);
                PQfinish(w->conn);
                free(w);
        }
        return NULL;
}

void wire_set_wait(struct wire *w, int64_t usec) {
        w->wait = usec;
}

int wire_fd(const struct wire *w) {
        return PQsocket(w->conn);
}

int wire_idle(struct wire *w) {
        if (!PQconsumeInput(w->conn) || PQstatus(w->conn) != CONNECTION_OK)
                return wire_down(w, PQerrorMessage(w->conn));
        return 0;
}

/* --- asking --- */

int wire_exec(struct wire *w, const char *sql) {
        int e;

        if (!PQsendQuery(w->conn, sql))
                return wire_down(w, PQerrorMessage(w->conn));
        e = wire_flush(w);
        return e ? e : wire_results(w);
}

int wire_exec_params(struct wire *w, const char *sql, const char *const *values, size_t n) {
        int e;

        if (n > PARAMS_MAX)
                return -EINVAL;
        if (!PQsendQueryParams(w->conn, sql, (int)n, NULL, values, NULL, NULL, 0))
                return wire_down(w, PQerrorMessage(w->conn));
        e = wire_flush(w);
        return e ? e : wire_results(w);
}

const char *wire_tag(const struct wire *w) {
        return w->result ? PQcmdStatus(w->result) : "";
}

size_t wire_rows(const struct wire *w) {
        return wire_result_rows(w->result);
}

const char *wire_value(const struct wire *w, size_t row, size_t column) {
        return wire_result_value(w->result, row, column);
}

struct pg_result *wire_take(struct wire *w) {
        PGresult *result = w->result;

        w->result = NULL;
        return result;
}

size_t wire_result_rows(const struct pg_result *result) {
        return result ? (size_t)PQntuples(result) : 0;
}

const char *wire_result_value(const struct pg_result *result, size_t row, size_t column) {
        if (row >= wire_result_rows(result) || column >= (size_t)PQnfields(result))
                return NULL;
        return PQgetisnull(result, (int)row, (int)column) ? NULL : PQgetvalue(result, (int)row, (int)column);
}

struct pg_result *wire_result_free(struct pg_result *result) {
        PQclear(result);
        return NULL;
}

/* --- a stream of rows --- */

size_t wire_result_columns(const struct pg_result *result) {
        return result ? (size_t)PQnfields(result) : 0;
}

const char *wire_result_name(const struct pg_result *result, size_t column) {
        return PQfname(result, (int)column);
}

uint32_t wire_result_type(const struct pg_result *result, size_t column) {
        return PQftype(result, (int)column);
}

struct pg_cancel *wire_cancel_new(struct wire *w) {
        return PQgetCancel(w->conn);
}

void wire_cancel(struct pg_cancel *cancel) {
        char error[256];

        if (cancel)
                (void)PQcancel(cancel, error, sizeof error);
}

struct pg_cancel *wire_cancel_free(struct pg_cancel *cancel) {
        PQfreeCancel(cancel);
        return NULL;
}

static void stream_stop(struct wire *w) {
        struct pg_cancel *cancel = wire_cancel_new(w);

        wire_cancel(cancel);
        wire_cancel_free(cancel);
}

/* One result of the stream: a row, or the end with none, which tells the columns if nobody has. */
static int stream_result(struct wire *w, const PGresult *result, bool told, wire_row_fn row, void *userdata) {
        ExecStatusType status = PQresultStatus(result);

        if (status == PGRES_SINGLE_TUPLE || (status == PGRES_TUPLES_OK && !told))
                return row(userdata, result);
        return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ? 0 : result_fault(w, result);
}

/* After the first fault, or when the caller has enough, the rest is taken and dropped: the connection stays of use. */
static int stream_results(struct wire *w, wire_row_fn row, void *userdata) {
        bool told = false;
        int fault = 0;

        for (;;) {
                PGresult *result;
                int e = wire_result(w, &result);

                if (e || !result)
                        return e ? e : fault;
                if (!fault) {
                        fault = stream_result(w, result, told, row, userdata);
                        if (fault && PQresultStatus(result) == PGRES_SINGLE_TUPLE)
                                stream_stop(w);
                        told = true;
                }
                PQclear(result);
        }
}

int wire_stream(struct wire *w, const char *sql, const char *const *values, size_t n, wire_row_fn row, void *userdata) {
        int e;

        if (n > PARAMS_MAX)
                return -EINVAL;
        if (!PQsendQueryParams(w->conn, sql, (int)n, NULL, values, NULL, NULL, 0) || !PQsetSingleRowMode(w->conn))
                return wire_down(w, PQerrorMessage(w->conn));
        e = wire_flush(w);
        return e ? e : stream_results(w, row, userdata);
}

/* --- COPY --- */

static int copy_begin_server(struct wire *w, const char *sql, ExecStatusType wanted) {
        PGresult *result;
        int e;

        if (!PQsendQuery(w->conn, sql))
                return wire_down(w, PQerrorMessage(w->conn));
        e = wire_flush(w);
        if (!e)
                e = wire_result(w, &result);
        if (e)
                return e;
        if (PQresultStatus(result) == wanted) {
                PQclear(result);
                return 0;
        }
        e = result ? result_check(w, result, false) : 0;
        PQclear(result);
        if (!e)
                return wire_down(w, "the server begins no COPY stream");
        (void)wire_results(w); /* what is left of the failed statement; its error is known */
        return e;
}

int wire_copy_in(struct wire *w, const char *sql) {
        return copy_begin_server(w, sql, PGRES_COPY_IN);
}

/* libpq keeps a copy of what the socket does not take; a chunk at a time keeps that small. */
int wire_copy_put(struct wire *w, struct ww_str bytes) {
        int e = 0;

        while (bytes.n > 0 && !e) {
                size_t chunk = bytes.n < CHUNK ? bytes.n : CHUNK;
                int r = PQputCopyData(w->conn, bytes.p, (int)chunk);

                if (r < 0)
                        return wire_down(w, PQerrorMessage(w->conn));
                if (r > 0) {
                        bytes.p += chunk;
                        bytes.n -= chunk;
                }
                e = wire_flush(w);
        }
        return e;
}

int wire_copy_end(struct wire *w) {
        int e, r;

        while ((r = PQputCopyEnd(w->conn, NULL)) == 0) {
                e = wire_flush(w);
                if (e)
                        return e;
        }
        if (r < 0)
                return wire_down(w, PQerrorMessage(w->conn));
        e = wire_flush(w);
        return e ? e : wire_results(w);
}

int wire_copy(struct wire *w, const char *sql, struct ww_str stream) {
        int e = wire_copy_in(w, sql);

        if (!e)
                e = wire_copy_put(w, stream);
        return e ? e : wire_copy_end(w);
}

int wire_copy_out(struct wire *w, const char *sql) {
        return copy_begin_server(w, sql, PGRES_COPY_OUT);
}

int wire_copy_next(struct wire *w, struct ww_str *ret) {
        int64_t deadline = 0; /* most rows are there already: no clock is read for them */
        int n;

        PQfreemem(w->chunk);
        w->chunk = NULL;
        while ((n = PQgetCopyData(w->conn, &w->chunk, 1)) == 0) {
                int e;

                deadline = deadline ? deadline : clock_boot() + w->wait;
                e = wire_poll(w, POLLIN, deadline);

                if (e)
                        return e;
                if (!PQconsumeInput(w->conn))
                        return wire_down(w, PQerrorMessage(w->conn));
        }
        if (n == -2)
                return wire_down(w, PQerrorMessage(w->conn));
        *ret = n > 0 ? (struct ww_str){ w->chunk, (size_t)n } : WW_STR_NONE;
        return n > 0 ? 0 : wire_results(w);
}
