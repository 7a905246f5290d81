#pragma once
/*
 * The cursor: how far this journal has arrived in the database. It is moved in the transaction that writes the rows, by
 * compare-and-set; so rows and cursor are there together or not at all, and a second store, or an older connection of
 * our own that is still in its COMMIT, makes one of the two fail instead of writing rows twice.
 *
 * All functions return 0, WIRE_E_*, CURSOR_E_* or -errno; what PostgreSQL said is in wire_error().
 */
#include "store/wire.h"

enum {
        CURSOR_E_MOVED = 16, /* it is not where we left it: read it again */
        CURSOR_E_SCHEMA,     /* the schema is missing, older or newer than STORE_SCHEMA_VERSION */
};

struct cursor {
        int32_t journal;      /* the journal's number in this database */
        uint64_t seq;         /* everything up to here is there */
        uint64_t fingerprint; /* of that input's record; 0 = not known */
};

uint64_t cursor_fingerprint(struct ww_str record); /* never 0 */

/** CURSOR_E_SCHEMA: *ret_version is what the database has, 0 = nothing. */
int cursor_check_schema(struct wire *w, int *ret_version);
/* where a journal comes from that was salvaged from another one; all zero = from nowhere */
struct cursor_origin {
        const char *journal_id; /* of the other one; NULL or "" = none */
        uint64_t salvaged;      /* newest seq that was taken over */
};

/** The journal's number and cursor; makes both if the database has never seen this journal. What the other journal had
 *  already brought here is not brought again under this one's name: the cursor begins where the other one's stands. */
int cursor_load(struct wire *w, const char *journal_id, const char *site, const struct cursor_origin *origin,
                struct cursor *ret);
/** Begins the transaction and moves the cursor from `c` to (seq, fingerprint), as yet uncommitted. */
int cursor_begin(struct wire *w, const struct cursor *c, uint64_t seq, uint64_t fingerprint);
/** WIRE_E_DOWN if the outcome is not known. */
int cursor_commit(struct wire *w);
/** Partitions for `first` to `last` (days since 1970), each in a transaction of its own, which gives way to readers and
 * is tried `tries` times. 0, WIRE_E_*; those that were made before an error stay. */
int cursor_partitions(struct wire *w, int64_t first, int64_t last, unsigned tries);
