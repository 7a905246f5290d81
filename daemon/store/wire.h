#pragma once
/*
 * One connection to PostgreSQL, used by one thread. Every wait has an end (WIRE_WAIT), so a server that is stopped, cut
 * off or stuck costs that long and no more; the connection is then of no use and is dropped, never reset.
 *
 * Errors are sorted by what the caller has to do, not by what went wrong (the table is in wire_fault.c).
 */
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wardwatch/str.h>

struct pg_cancel;
struct pg_result;
struct wire;

enum {
        WIRE_E_DOWN = 1, /* lost, hung, full, read-only, not permitted: drop the connection, come back later */
        WIRE_E_RETRY,    /* deadlock, serialization, lock or statement timeout: roll back and try the same again */
        WIRE_E_DATA,     /* this row is refused and will be refused again */
};

#define WIRE_CONNECT   10 /* s, for each host of the connection string */
#define WIRE_STATEMENT 25 /* s, the server's own limit for a statement */
#define WIRE_LOCK      5  /* s, the server's own limit for a lock */
#define WIRE_WAIT      30 /* s without a byte from the server, longer than its own limits */

struct wire_error {
        char sqlstate[6]; /* "" = none */
        char text[512];   /* one line, printable ASCII; of several hosts each says why not */
};

/** What an SQLSTATE asks for: WIRE_E_*. */
int wire_fault(const char *sqlstate);
/** The row, from 1, that an error's context names ("COPY event, line 7, column time", in the server's language); 0 =
 *  none. */
uint64_t wire_fault_row(const char *context);

/** `url`: libpq connection string or URI; `password` NULL = none. Only a server that takes writes, in UTF8. Defaults
 *  where `url` says nothing: sslmode=verify-full, keepalives, tcp_user_timeout. 0, WIRE_E_DOWN (*error says why),
 *  -ENOMEM. */
int wire_connect(struct wire **ret, const char *url, const char *password, struct wire_error *error);
/** The same for one who only reads: any server will do, and nothing ends a transaction that waits. */
int wire_connect_reader(struct wire **ret, const char *url, const char *password, struct wire_error *error);
struct wire *wire_free(struct wire *w); /* returns NULL */
DEFINE_CLEANUP(struct wire *, wire_free)

/** Instead of WIRE_WAIT, in µs: a migration may take its time. */
void wire_set_wait(struct wire *w, int64_t usec);
const struct wire_error *wire_error(const struct wire *w); /* of the last call that failed */
int wire_fd(const struct wire *w);
/** While nothing is asked: has the server closed? 0 or WIRE_E_DOWN. */
int wire_idle(struct wire *w);

/** One or more statements. 0, WIRE_E_*. The last statement's command tag ("UPDATE 1") and first row are kept until the
 *  next call. */
int wire_exec(struct wire *w, const char *sql);
/** The same with parameters as text ($1 …); one statement. */
int wire_exec_params(struct wire *w, const char *sql, const char *const *values, size_t n);
/** One statement outside of a transaction, which may wait for a lock: it is the one that gives way. If it waited in
 *  vain the same again, `tries_max` times in all, with pauses of 40 ms to 1 s. 0, WIRE_E_*. */
int wire_exec_patiently(struct wire *w, const char *sql, unsigned tries_max);
/** 20 ms, 40, 80 … up to 640 with up to half more, so that two that met once do not meet again. */
void wire_pause(unsigned tries);
/** Whether another session was in the way of the call that failed with `e` (deadlock, serialization, a lock not had in
 *  time): rolled back, the same may well succeed. */
bool wire_was_in_the_way(const struct wire *w, int e);
const char *wire_tag(const struct wire *w);
size_t wire_rows(const struct wire *w);
const char *wire_value(const struct wire *w, size_t row, size_t column); /* NULL = SQL null, or no such row */

/** The rows of the last statement, the caller's from here on: they outlive further calls. NULL if there are none. */
struct pg_result *wire_take(struct wire *w);
size_t wire_result_rows(const struct pg_result *result);
const char *wire_result_value(const struct pg_result *result, size_t row, size_t column); /* NULL = SQL null */
struct pg_result *wire_result_free(struct pg_result *result);                             /* returns NULL */

/** One row of a stream; `result` holds just it, as row 0, and is gone after the call. The first call has the columns
 *  and no row. Not 0: enough, the statement is cancelled and the stream returns that. */
typedef int (*wire_row_fn)(void *userdata, const struct pg_result *result);
/** One statement with parameters as text, whose rows are handed on as they come: a result of any size passes through.
 *  0, WIRE_E_*, or what `row` returned. */
int wire_stream(struct wire *w, const char *sql, const char *const *values, size_t n, wire_row_fn row, void *userdata);
size_t wire_result_columns(const struct pg_result *result);
const char *wire_result_name(const struct pg_result *result, size_t column);
uint32_t wire_result_type(const struct pg_result *result, size_t column); /* OID of pg_type */

/** Ends what the connection is busy with, from any thread: that call returns WIRE_E_RETRY (57014). Made while the
 *  connection lives; NULL without memory. */
struct pg_cancel *wire_cancel_new(struct wire *w);
void wire_cancel(struct pg_cancel *cancel);
struct pg_cancel *wire_cancel_free(struct pg_cancel *cancel); /* returns NULL */

/** COPY … FROM STDIN with the whole stream. 0, WIRE_E_*. */
int wire_copy(struct wire *w, const char *sql, struct ww_str stream);
/** The same piece by piece: what is put is on its way while the next piece is made. 0, WIRE_E_*: after an error of the
 *  first or the second no further call belongs to it. */
int wire_copy_in(struct wire *w, const char *sql);
int wire_copy_put(struct wire *w, struct ww_str bytes);
int wire_copy_end(struct wire *w);
/** The row of the stream, from 1, that the last refusal named; 0 = it named none, or none that we understand. */
uint64_t wire_refused(const struct wire *w);
/** COPY … TO STDOUT. 0, WIRE_E_*. Then wire_copy_next until it gives nothing; no other call in between. */
int wire_copy_out(struct wire *w, const char *sql);
/** The next row, borrowed until the next call; of the binary format the first one has the header in front, and the
 *  trailer is one by itself. Nothing (ret->n = 0) at the end. 0, WIRE_E_*. */
int wire_copy_next(struct wire *w, struct ww_str *ret);
