#pragma once
/*
 * Asking: one connection to PostgreSQL, one question at a time, whose rows are handed on as they come. It blocks, so a
 * process with a loop asks in a thread of its own; only inquiry_cancel may be called from another thread.
 */
#include "report/question.h"

#include <stdint.h>

struct inquiry;

enum inquiry_type { /* of a column, as far as a writer has to know */
                    INQUIRY_TEXT,
                    INQUIRY_BOOL,   /* t, f */
                    INQUIRY_NUMBER, /* as JSON writes it, but NaN, Infinity, -Infinity */
                    INQUIRY_TIME,   /* RFC 3339, or infinity, -infinity */
                    INQUIRY_JSON,
                    INQUIRY_ARRAY, /* {a,b}: PostgreSQL's own text */
};

struct inquiry_column {
        const char *name;
        enum inquiry_type type;
};

#define INQUIRY_COLUMNS_MAX 64

struct inquiry_sink {
        void *userdata;
        /* Once, before the rows. Not 0 ends it, as below. Both borrow. */
        int (*columns)(void *userdata, const struct inquiry_column *columns, size_t n);
        /* One row, its values as text; NULL = SQL null. Not 0: enough; the statement is cancelled. */
        int (*row)(void *userdata, const char *const *values, size_t n);
};

enum {
        INQUIRY_E_DOWN = 1, /* no database, lost, not permitted, a schema that is not there: inquiry_error */
        INQUIRY_E_TIMEOUT,  /* it took too long, or was cancelled */
        INQUIRY_E_VALUE,    /* a value that its type does not take, or one is missing */
        INQUIRY_E_SINK,     /* the sink had enough */
};

struct inquiry_options {
        const char *url;      /* conninfo; a role that reads will do */
        const char *password; /* NULL = none */
        const char *person;   /* who asks, for what is recorded when it is read; NULL = not known */
        const char *timezone; /* of times without offset, of days, and of the times in answers; NULL = UTC */
        int64_t timeout;      /* µs for a statement; 0 = INQUIRY_TIMEOUT */
};

#define INQUIRY_TIMEOUT (60 * WW_SECOND)

/** Connects. 0; INQUIRY_E_DOWN, INQUIRY_E_VALUE (no such time zone) with *ret_error (static until the next call of the
 *  thread); -ENOMEM. */
int inquiry_open(struct inquiry **ret, const struct inquiry_options *options, const char **ret_error);
struct inquiry *inquiry_free(struct inquiry *i); /* returns NULL */
DEFINE_CLEANUP(struct inquiry *, inquiry_free)

/** Asks. `values`: by parameter, NULL = what the question does without it; of `from` also a span ("8h"): so long before
 *  `to`. 0; INQUIRY_E_*; -errno. After INQUIRY_E_DOWN the connection is of no further use. */
int inquiry_ask(struct inquiry *i, const struct question *q, const char *const values[QUESTION_PARAMS],
                const struct inquiry_sink *sink);
/** What is wrong, in one line; how to put it right. Of the last call that failed. */
const char *inquiry_error(const struct inquiry *i);
const char *inquiry_cure(const struct inquiry *i);

/** From any thread, while `i` lives: ends the statement that runs, which then returns INQUIRY_E_TIMEOUT. */
void inquiry_cancel(struct inquiry *i);
