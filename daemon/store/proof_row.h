#pragma once
/*
 * The digest of a row, from PostgreSQL's binary COPY format: the same on its way into the database and out of it. See
 * proof_row.c.
 */
#include "store/proof_json.h"

#include <sodium.h>

#define PROOF_HASH 32 /* bytes of every digest: BLAKE2b-256 */

/* Where a row stands: among the rows of its table, ascending. */
struct proof_place {
        uint64_t seq;
        int64_t n, position; /* 0 where the table has no such column */
        int64_t day;         /* of its partition, days since 1970; 0 where there is none, or the time is infinite */
};

struct proof_layout {
        char relation[64], columns[1024], types[64], time[64];
        int seq, n, position, day;              /* number of the column; -1 = none */
        crypto_generichash_blake2b_state begun; /* with what all rows of the layout begin with */
};

/** `time`: the column by whose day the table is partitioned, "" = none. 0; -EINVAL: too long, no seq, not a letter for
 *  each column, no such time. */
int proof_layout_init(struct proof_layout *l, const char *relation, const char *columns, const char *types,
                      const char *time);

/* A stream in COPY format, row by row. */
struct proof_rows {
        const struct proof_layout *layout;
        struct proof_json json;
        struct buf canonical;
};

void proof_rows_deinit(struct proof_rows *r);

/** Digest and place of the row at the beginning of `bytes`; *ret_n: how many bytes it has. 0; -ENOMEM; -EBADMSG: it is
 *  no row of this layout. */
int proof_row(struct proof_rows *r, struct ww_str bytes, struct proof_place *ret_place, uint8_t ret_digest[PROOF_HASH],
              size_t *ret_n);

int proof_place_compare(const struct proof_place *a, const struct proof_place *b); /* by seq, n, position */
