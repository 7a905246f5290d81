#pragma once
/*
 * What of the history can be searched, by what, and the statement that does it: one table. Values never stand in the
 * statement; they go beside it.
 */
#include "base/buf.h"
#include "console/database.h"

#define HISTORY_ROWS_MAX 1000

struct history_filter {
        const char *name;      /* of the question's parameter */
        const char *condition; /* `@` = the value */
};

/* Notices that tell what a person did: who sees the audit has them, nobody else. */
#define HISTORY_PERSONAL "{login,login-refused,logout,session-locked,key-used,history-exported,credentials-changed}"
/** Is it one of these? */
bool history_personal(const char *notice);

struct history_what {
        const char *name;
        const char *from;        /* FROM … AS x */
        const char *time;        /* the column that it is ordered by */
        const char *key1, *key2; /* with `journal` and the time they tell one row from another */
        struct history_filter filters[14];
        bool own_route;       /* not of /history: who may is another question there */
        bool audit;           /* what each person did: for those who see the audit */
        const char *withheld; /* of others: a condition on rows, its @ being HISTORY_PERSONAL; NULL = they see all */
};
extern const struct history_what history_whats[];
extern const size_t history_whats_n;

const struct history_what *history_find(const char *name);                       /* NULL: none */
const char *history_condition(const struct history_what *w, const char *filter); /* NULL: it has none of that name */

struct history_query {
        struct buf sql;
        char *values[DATABASE_PARAMS_MAX];
        size_t n;
        bool where;
};

/** `count`: how many instead of which; `value`: of `@` in `from`, or NULL. */
bool history_begin(struct history_query *q, const struct history_what *w, bool count, const char *value);
/** False: too many, or no memory. `value` is copied. */
bool history_filter(struct history_query *q, const char *condition, const char *value);
/** Behind the row whose place that is, "time|journal|key|key". False: it is none. */
bool history_after(struct history_query *q, const struct history_what *w, const char *place);
/** Newest first; `limit` 0: all. NULL without memory. */
const char *history_sql(struct history_query *q, const struct history_what *w, size_t limit);
void history_deinit(struct history_query *q);
