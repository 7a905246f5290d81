#pragma once
/*
 * The questions that people ask the record, each by a name: one table, from which `wardwatch query`, the reports, the
 * console and the guide in schema/README.md are made.
 *
 * A question's SQL is written as psql reads it: `:'from'` is a parameter. Which parameters a question has follows from
 * its SQL; what they are is a table of its own.
 */
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum question_param {
        QUESTION_FROM,
        QUESTION_TO,
        QUESTION_AT,
        QUESTION_ZONE,
        QUESTION_HAZARD,
        QUESTION_OPERATOR,
        QUESTION_RULE,
        QUESTION_DEVICE,
        QUESTION_JOURNAL,
        QUESTION_ALARM,
        QUESTION_INCIDENT,
        QUESTION_RECORD,
        QUESTION_LIMIT,
        QUESTION_PARAMS,
};

struct question_param_row {
        const char *name;     /* "from", as in :'from' and --from */
        const char *type;     /* of PostgreSQL */
        const char *value;    /* placeholder in help: "TIME" */
        const char *fallback; /* SQL of what holds when nobody says; NULL = it must be given */
        const char *example;  /* for \set in psql */
        const char *help;
};

extern const struct question_param_row question_params[QUESTION_PARAMS];

struct question {
        const char *name;    /* "zone-events" */
        const char *title;   /* the question, ends with ? */
        const char *answers; /* how to read the answer, one or two sentences; "" = it needs none */
        const char *span;    /* what stands for `from` when nobody says: so long before `to`; an interval */
        const char *sql;     /* without a semicolon */
};

#define QUESTION_SPAN "24 hours"

/** The tables are several, for the length of files only. NULL behind the last question. */
const struct question *question_at(size_t index);
const struct question *question_find(const char *name);
/** "did you mean `x`?", or the names; static until the next call. */
const char *question_suggest(const char *name);
/** It tells what each person did: commands, log-ins, credentials, who read what. */
bool question_is_audit(const struct question *q);
bool question_uses(const struct question *q, enum question_param param);
/** The parameter of that name; QUESTION_PARAMS if there is none. */
enum question_param question_param_find(const char *name);

/** The SQL for the server: each parameter that is given (not NULL) as $1 …, its value put into `ret_values`, others as
 *  their fallback. 0; QUESTION_E_MISSING (*ret_missing: it must be given); -ENOMEM. */
enum { QUESTION_E_MISSING = 1 };
int question_compose(const struct question *q, const char *const values[QUESTION_PARAMS], struct buf *out,
                     const char *ret_values[QUESTION_PARAMS], size_t *ret_n, enum question_param *ret_missing);

/** For psql: the question as a comment, and its SQL as it stands here. */
void question_print_sql(const struct question *q, struct buf *out);
