#pragma once
/*
 * One batch of the journal into the database, whatever PostgreSQL thinks of its rows. See batch.c.
 */
#include "store/cursor.h"
#include "store/outbox.h"
#include "store/rows.h"
#include "store/seal.h"

struct batch_figures {
        uint64_t rows, records, transactions, quarantined, retries;
};

struct batch {
        struct wire *wire;     /* borrowed */
        struct outbox *outbox; /* borrowed */
        struct cursor cursor;  /* moves with each transaction */
        struct rows rows;
        struct seal seal;
        struct batch_figures figures;
        char journal_id[33];
        int64_t day;                /* today, days since 1970 */
        int64_t days_from, days_to; /* partitions that are known to be there; from > to = none */
        size_t *starts;             /* where each input's group begins in `in`; [groups] = the end */
        size_t groups, capacity;
        const struct journal_batch *in;
        size_t most;                /* groups in one transaction; 0 = all that there are */
        uint64_t refused;           /* seq of the row that PostgreSQL named when it refused the last try; 0 = none */
        struct outbox_notice *said; /* notices of the transaction in hand */
        size_t n_said;
        struct arena arena;  /* of the record in hand … */
        struct buf redacted; /* … if something of it must not leave */
};

/** 0, WIRE_E_*, -errno. */
int batch_init(struct batch *b, struct wire *wire, struct outbox *outbox, const char *journal_id,
               const struct cursor *cursor, int64_t day);
void batch_deinit(struct batch *b);

/** Writes the items of `in` whose seq is at most `last`, in one transaction if nothing is wrong with them; b->cursor
 *  tells how far it came, also after an error. 0, WIRE_E_DOWN, CURSOR_E_MOVED, -errno: the connection is to be dropped.
 */
int batch_write(struct batch *b, const struct journal_batch *in, uint64_t last);

/** Passes over what the journal has trimmed, up to and including `last`, and records the gap. */
int batch_gap(struct batch *b, uint64_t last, const char *reason);

/** Partitions for `today` and the days ahead. A failure is no hindrance: rows go to the default partition. */
int batch_partitions_ahead(struct batch *b, int64_t today);
