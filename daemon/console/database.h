#pragma once
/*
 * Questions to PostgreSQL as the role that only reads: a few connections, each with one question at a time, in the
 * loop.
 *
 * A question is one statement whose rows have one column of text. It can be paused (its client does not read) and
 * cancelled (its client is gone): then the server is told, too.
 */
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct event_base;
struct query;

#define DATABASE_CONNECTIONS    4
#define DATABASE_WAITING_MAX    64
#define DATABASE_PARAMS_MAX     24
#define DATABASE_STATEMENT      15 /* s, the server's limit for one statement */
#define DATABASE_STATEMENT_TEXT "15s"

enum query_result { QUERY_DONE, QUERY_FAILED, QUERY_AWAY, QUERY_CANCELLED };

struct query_handlers {
        void *userdata;
        void (*row)(void *userdata, const char *text, size_t n);
        /* Once, at the end; `why`: one line. The query is gone after it. */
        void (*end)(void *userdata, enum query_result result, const char *why);
};

struct database_figures {
        size_t running, waiting;
        uint64_t done, failed, cancelled, refused;
};

/** `url` without password (NULL = none). Connects when it is asked, and every few seconds to see whether it is there.
 */
int database_new(struct database **ret, struct event_base *base, const char *url, const char *password);
struct database *database_free(struct database *d); /* ends all queries, with QUERY_AWAY */
bool database_up(const struct database *d);
/** One statement, in the name of `person`, with its parameters as text. NULL: too many wait (`end` is not called). */
struct query *database_ask(struct database *d, const char *person, const char *sql, const char *const *values, size_t n,
                           const struct query_handlers *handlers);
/** One whose rows take as long as its client reads: the server's limit for a statement does not hold for it. */
struct query *database_ask_long(struct database *d, const char *person, const char *sql, const char *const *values,
                                size_t n, const struct query_handlers *handlers);
/** No `end` is called any more. */
void query_cancel(struct query *q);
void query_pause(struct query *q, bool pause);
void database_figures(const struct database *d, struct database_figures *ret);
