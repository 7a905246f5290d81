#pragma once
/* Where `wardwatch verify` reads from. */
#include "command/replay_source.h"
#include "store/verify.h"

/* A database: one moment of it, one journal at a time. */
struct verify_database {
        struct wire *wire;
        int32_t journal;
        uint64_t segment, to; /* the segment read last; no input behind `to` is asked for */
        size_t limit;         /* segments that are asked for at a time */
        struct ww_str chunk;
        bool begun; /* the header of a COPY stream is behind us */
        struct verify_layouts layouts;
        struct verify_dropped *dropped; /* by what retention says of all journals */
        size_t n_dropped;
};

struct verify_dropped {
        char relation[64];
        int32_t journal;
        uint64_t first, last;     /* seq */
        int64_t from_day, to_day; /* days since 1970, to_day not included */
};

struct verify_journal {
        int32_t journal;
        char id[40], site[65];
        uint64_t cursor;
};

/** Connects and begins a transaction that sees one moment. 0; REPLAY_E_TOLD; -errno. */
int verify_database_open(struct verify_database *d, const struct replay_database *database);
void verify_database_close(struct verify_database *d);
/** The journals, the caller's to free. */
int verify_database_journals(struct verify_database *d, struct verify_journal **ret, size_t *ret_n);
/** Begins with a journal at the segment that holds input `from`. */
int verify_database_begin(struct verify_database *d, int32_t journal, uint64_t from, uint64_t to,
                          struct verify_source *ret);
/** Does a row of retention_record say that the row was dropped? */
bool verify_database_dropped(const struct verify_database *d, const char *relation, const struct proof_place *place,
                             bool dated);
/** Rows in front of `first` and behind `last`: *ret_before, *ret_after of the table. */
int verify_database_outside(struct verify_database *d, const char *relation, uint64_t first, uint64_t last,
                            uint64_t *ret_before, uint64_t *ret_after);
