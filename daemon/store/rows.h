#pragma once
/*
 * The journal's records as rows: one COPY stream for each table. Pure: no clock, no connection.
 *
 * Records are added in the journal's order, an input before what was concluded from it. A record gives one row or
 * several (a transition brings its evidence, the first one also the alarm); all of them or, on an error, none.
 */
#include "base/arena.h"
#include "journal/journal.h"
#include "store/copy.h"
#include "store/table.h"

enum {
        ROWS_E_UNREADABLE = 1, /* the record's checksum, version or form is wrong: rows_error says which */
};

struct rows {
        int32_t journal; /* number in the database */
        struct copy tables[TABLE_MAX_];
        size_t n; /* rows in all */

        /* days since 1970 of the partitioned rows; first > last = none */
        int64_t first_day, last_day;

        /* of the input whose outputs follow */
        int64_t received, time;
        struct arena arena;
        const char *error;
};

void rows_init(struct rows *r, int32_t journal);
void rows_deinit(struct rows *r);
void rows_reset(struct rows *r); /* forgets the rows */

/** 0, ROWS_E_UNREADABLE (no row added), -ENOMEM. */
int rows_add(struct rows *r, const struct journal_item *item);
/** A row in quarantine for a record that could not be written. `sqlstate`: five characters. */
int rows_add_quarantine(struct rows *r, const struct journal_item *item, const char *sqlstate, const char *error);
/** The seq of row `row` (from 1) of a table's stream; 0 = there is no such row. */
uint64_t rows_seq(const struct rows *r, enum table table, uint64_t row);
/** Ends the streams: they can be sent. 0, -ENOMEM. */
int rows_finish(struct rows *r);
