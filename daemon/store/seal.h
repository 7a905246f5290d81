#pragma once
/*
 * The chain as the store makes it: one segment for each transaction, in that transaction. See seal.c.
 */
#include "store/cursor.h"
#include "store/proof_segment.h"
#include "store/rows.h"

#define SEAL_GAP         TABLE_MAX_ /* store_gap, which has no row in tables[] */
#define SEAL_GAP_COLUMNS "journal, first_seq, last_seq, reason"
#define SEAL_GAP_COPY    "COPY wardwatch.store_gap (" SEAL_GAP_COLUMNS ") FROM STDIN (FORMAT binary)"

struct seal_part {
        struct proof_layout layout;
        int number; /* of the layout in the database */
        struct proof_tree tree;
};

struct seal {
        uint8_t journal_id[16];
        int32_t journal;
        uint64_t segment, last_seq; /* the last one that is committed; 0 = none yet */
        uint8_t hash[PROOF_HASH];   /* its hash */
        struct proof_rows rows;
        struct seal_part parts[TABLE_MAX_ + 1];
        struct proof_segment next; /* the one in hand */
        struct copy copy;
};

/** Reads where the chain stands, and makes the layouts known that the database does not know yet. `journal_id` is
 *  32 hex digits. 0, WIRE_E_*, -errno. */
int seal_init(struct seal *s, struct wire *w, const char *journal_id, const struct cursor *cursor);
void seal_deinit(struct seal *s);

void seal_begin(struct seal *s); /* a transaction: forgets what was added */
/** Adds every row of `rows` (after rows_finish). 0, -errno. */
int seal_add(struct seal *s, const struct rows *rows);
/** The rows of a COPY stream: without what stands before the first and behind the last one. */
struct ww_str seal_rows(struct ww_str stream);
/** Adds rows from the beginning of `rows`, until `most` bytes are reached. *ret: how many bytes are taken, which may be
 *  more: whole rows. 0, -errno. */
int seal_add_some(struct seal *s, enum table table, struct ww_str rows, size_t most, size_t *ret);
/** Adds a row of store_gap, as the COPY stream `bytes` has it. */
int seal_add_gap(struct seal *s, struct ww_str bytes);
/** Writes the segment of the inputs up to `last`, those behind `cursor`. */
int seal_write(struct seal *s, struct wire *w, const struct cursor *cursor, uint64_t last, int64_t now);
void seal_committed(struct seal *s);
