#pragma once
/* Columns for a terminal: as wide as the first rows need, which are kept until that is known. */
#include "report/answer.h"

struct answer_table {
        size_t n, rows;
        size_t width[INQUIRY_COLUMNS_MAX];
        bool right[INQUIRY_COLUMNS_MAX]; /* numbers */
        bool known;                      /* the widths: rows go straight out */
        struct buf cells;                /* of the rows that are kept, the head first: each ends with a zero */
};

void answer_table_deinit(struct answer_table *t);
/** 0, -ENOMEM. */
int answer_table_begin(struct answer_table *t, const struct inquiry_column *columns, size_t n);
/** Appends to `out` what can be written already. */
int answer_table_row(struct answer_table *t, const char *const *values, struct buf *out);
/** The rows that are still kept. */
int answer_table_flush(struct answer_table *t, struct buf *out);
