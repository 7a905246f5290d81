#pragma once
/*
 * Reports: a name, the span that it is about, and sections, each a named question with how to draw its answer. One
 * table (reports.c); a report that is wanted beside is one row more.
 *
 * A report is gathered whole, so that every format says the same: at most REPORT_ROWS rows a section.
 */
#include "base/arena.h"
#include "report/inquiry.h"

#define REPORT_ROWS     5000
#define REPORT_SECTIONS 24
#define REPORT_NO_TABLE SIZE_MAX /* the chart says it all; text has the table all the same */

enum report_chart {
        REPORT_TABLE, /* no chart */
        REPORT_BARS,  /* one bar a row */
        REPORT_LINE,  /* values in their order, between them a line */
        REPORT_PARETO,
        REPORT_PERCENTILES, /* median, p80, p985 of each row */
};

struct report_section {
        const char *title;
        const char *question;
        enum report_chart chart;
        const char *label, *value; /* columns that are drawn */
        double limit;              /* the target's limit; above it is beyond target; 0 = none */
        size_t rows;               /* of the table and of a Pareto chart; 0 = all; REPORT_NO_TABLE */
};

struct report {
        const char *name, *title, *period;     /* period: of date_trunc: day, week, month */
        const struct report_section *sections; /* ends with an empty row */
};

const struct report *report_at(size_t index); /* NULL behind the last one */
const struct report *report_find(const char *name);

struct report_rows { /* the answer to a section */
        const struct report_section *section;
        const struct question *question;
        struct inquiry_column columns[INQUIRY_COLUMNS_MAX];
        size_t n_columns, n;
        const char *const *rows[REPORT_ROWS]; /* NULL = SQL null */
        bool more;                            /* there were more rows than that */
};

struct report_made {
        const struct report *report;
        const char *from, *to, *zone, *hazard; /* as PostgreSQL writes times */
        struct arena arena;
        struct report_rows *sections;
        size_t n;
};

/** Asks all that the report needs. `values`: from, to, zone, hazard; without from and to the last whole period. 0;
 *  INQUIRY_E_* (inquiry_error says it); -ENOMEM. */
int report_make(struct report_made *ret, const struct report *r, struct inquiry *i,
                const char *const values[QUESTION_PARAMS]);
void report_made_deinit(struct report_made *m);

/** How many of the rows a table has. */
size_t report_rows_shown(const struct report_rows *rows);
/** Column of that name; SIZE_MAX. */
size_t report_column(const struct report_rows *rows, const char *name);
/** A number, or an interval in seconds; false: neither, or null. */
bool report_number(const char *text, double *ret);

typedef void (*report_write_fn)(const struct report_made *m, struct buf *out);
/** html, text, csv or json; NULL: there is no such format. */
report_write_fn report_format(const char *name);

void report_write_html(const struct report_made *m, struct buf *out);
void report_write_text(const struct report_made *m, struct buf *out);
void report_write_csv(const struct report_made *m, struct buf *out); /* section, row, column, value */
void report_write_json(const struct report_made *m, struct buf *out);
