#pragma once
/* What is made by a process of its own (work.c): the subcommand, and which words of an address it takes. */
#include "console/console_internal.h"

#define MAKE_WHY     160
#define MAKE_OPTIONS 8

struct make {
        const char *name;                  /* of the table */
        const char *words[4];              /* the subcommand, and what it is always given */
        const char *subject;               /* the word of the address that stands behind; NULL = none */
        const char *options[MAKE_OPTIONS]; /* words of the address that are options of the same name */
        const char *from;                  /* `from`, if none is said; NULL = the subcommand's own */
        const char *const *formats;        /* that `format` may be, the first if none is said; NULL = it has one only */
        const char *format;                /* that one */
};

const struct make *make_find(const char *name); /* NULL: none */
/** The words for an address' query. NULL: `why` says what is wrong with it. */
json_t *make_words(const struct make *m, const struct evkeyvalq *query, char why[MAKE_WHY]);
/** The format of the query, which make_words took; static. */
const char *make_format(const struct make *m, const struct evkeyvalq *query);
const char *make_type(const char *format); /* Content-Type */
/** What it is called when it is kept: "wardwatch-case-5.zip". */
void make_file_name(const struct make *m, const struct evkeyvalq *query, char out[100]);
/** Refuses a call whose work was refused or failed. */
void make_refuse(struct call *call, enum work_result result, const char *text, const char *cure);
