#pragma once
/* Where `wardwatch verify` reads from. */
#include "command/replay_source.h"
#include "store/verify.h"

/* A row by which an export is chosen. */
struct verify_pick {
        char relation[32];
        struct proof_place place; /* its day does not count */
        uint64_t segment;         /* 0 = older than the proof */
};

/* Some rows, in the order of (relation, seq, n, position), each once. */
struct verify_picks {
        struct verify_pick *items;
        size_t n, capacity;
        uint64_t *segments; /* of the chain, what it takes to prove them; ascending */
        size_t n_segments, segments_capacity;
        size_t older; /* rows without a segment */
};

/* A database: one moment of it, one journal at a time. An auditor's login will do, where the server takes writes: what
 * it reads of messages, commands and quarantined records is recorded. */
struct verify_database {
        struct wire *wire;
        int32_t journal;
        uint64_t segment, to; /* the segment read last; no input behind `to` is asked for */
        uint64_t until;       /* nor a segment behind this one */
        char snapshot[64];    /* of another connection, whose moment this one sees; "" = its own */
        size_t limit;         /* segments that are asked for at a time */
        struct ww_str chunk;
        bool begun;                       /* the header of a COPY stream is behind us */
        bool recorded;                    /* its login may read some tables only through views that record it */
        bool none;                        /* there are no rows to be read */
        const struct verify_picks *picks; /* NULL = all */
        size_t picked;                    /* of their segments, how many were read */
        struct verify_layouts layouts;
        struct verify_dropped *dropped; /* by what retention says of all journals */
        size_t n_dropped;
};

struct verify_dropped {
        char relation[64];
        int32_t journal;
        uint64_t first, last;                 /* seq */
        int64_t from_day, to_day;             /* days since 1970, to_day not included */
        uint64_t first_segment, last_segment; /* of the proof itself; 0 = it is about rows */
        uint8_t chain[PROOF_HASH];            /* the last segment's hash */
};

struct verify_journal {
        int32_t journal;
        char id[40], site[65];
        uint64_t cursor;
};

/** Connects and begins a transaction that sees one moment. 0; REPLAY_E_TOLD; -errno. */
int verify_database_open(struct verify_database *d, const struct replay_database *database);
void verify_database_close(struct verify_database *d);
/** One more connection that sees the same moment, for another thread; layouts are `from`'s. `from` stays open longer.
 */
int verify_database_open_beside(struct verify_database *d, const struct verify_database *from,
                                const struct replay_database *database);
/** Makes the moment known to others: *ret is for verify_database_open_beside. False: this server cannot. */
bool verify_database_share(struct verify_database *d);
/** The journals, the caller's to free. */
int verify_database_journals(struct verify_database *d, struct verify_journal **ret, size_t *ret_n);
/** Begins with a journal at the segment that holds input `from`. */
int verify_database_begin(struct verify_database *d, int32_t journal, uint64_t from, uint64_t to,
                          struct verify_source *ret);
/** Which segments of a journal hold inputs `from` to `to`: *ret_last 0 = none. */
int verify_database_segments(struct verify_database *d, int32_t journal, uint64_t from, uint64_t to,
                             uint64_t *ret_first, uint64_t *ret_last);
/** Begins with segments behind `after`, up to `until`; *ret_before: the last one that there is up to `after`, segment 0
 * = there is none. */
int verify_database_begin_range(struct verify_database *d, int32_t journal, uint64_t after, uint64_t until,
                                struct verify_segment *ret_before, struct verify_source *ret);
/** The same, but only these rows (borrowed; verify_picks_place was called). */
void verify_database_begin_picked(struct verify_database *d, int32_t journal, const struct verify_picks *picks,
                                  struct verify_source *ret);
/** Does a row of retention_record say that the row was dropped? */
bool verify_database_dropped(const struct verify_database *d, const char *relation, const struct proof_place *place,
                             bool dated);
/** Takes the hash from hex; what is none is one that fits nothing. */
void verify_dropped_chain(struct verify_dropped *r, const char *hex);
/** Was it so that of this segment's part all rows had been dropped? */
bool verify_database_given_up(const struct verify_database *d, const char *relation,
                              const struct verify_segment *segment);
/** Do rows of retention_record say that the segments between these were removed, and lead from one to the other? */
bool verify_database_removed(const struct verify_database *d, const struct verify_segment *last,
                             const struct verify_segment *next);
/** Was that segment removed; and if its hash was kept, was it this one? */
bool verify_database_removed_at(const struct verify_database *d, uint64_t segment, const uint8_t hash[PROOF_HASH]);
/** Rows in front of `first` and behind `last`: *ret_before, *ret_after of the table. */
int verify_database_outside(struct verify_database *d, const char *relation, uint64_t first, uint64_t last,
                            uint64_t *ret_before, uint64_t *ret_after);

/** Adds a row, in any order. 0; -ENOMEM; -ERANGE: they are VERIFY_PICKS_MAX. */
#define VERIFY_PICKS_MAX 500000
int verify_picks_add(struct verify_picks *p, const char *relation, const struct proof_place *place);
/** When all were added: finds their segments. */
int verify_picks_place(struct verify_picks *p, struct verify_database *d, int32_t journal);
/** Adds the segments behind each up to the one that a checkpoint confirms. 0, -ENOMEM. */
struct verify_checkpoints;
int verify_picks_reach(struct verify_picks *p, const struct verify_checkpoints *checkpoints,
                       const uint8_t journal_id[16]);
void verify_picks_deinit(struct verify_picks *p);
/** Those of a table from `first` to `last`: *ret_n of them. */
const struct verify_pick *verify_picks_of(const struct verify_picks *p, const char *relation, uint64_t first,
                                          uint64_t last, size_t *ret_n);
