#pragma once
/* What the files of the journal share. Nobody else includes it. */
#include "journal/journal.h"

#include <lmdb.h>
#include <sys/stat.h>

enum journal_database {
        JOURNAL_INPUT,
        JOURNAL_OUTPUT,
        JOURNAL_LIVE,
        JOURNAL_META,
        JOURNAL_DATABASES,
};

#define JOURNAL_KEY_INPUT  8
#define JOURNAL_KEY_OUTPUT 12
#define JOURNAL_KEY_LIVE   8
#define JOURNAL_FORMAT     1

/* names in `meta` that are the journal's own */
#define JOURNAL_META_FORMAT  "format"
#define JOURNAL_META_ID      "journal-id" /* 32 hex digits, and their checksum */
#define JOURNAL_META_TRIMMED "trimmed"    /* newest seq that was deleted */

/* A reader whose transaction lags, as it was first seen. */
struct journal_laggard {
        int pid;
        uint64_t thread, txn;
        int64_t since; /* boot clock, µs */
};

#define JOURNAL_LAGGARDS 16

struct journal {
        MDB_env *env;
        MDB_dbi dbi[JOURNAL_DATABASES];
        char *dir; /* DIR/journal */
        char id[33];
        bool writer;
        bool searched; /* its pages were checked in this open */
        struct journal_lock *lock;
        uint64_t map, page; /* bytes */
        ino_t inode;        /* of data.mdb: a salvaged journal is another file */

        /* writer: the open transaction, what it may still take, and the numbers at both ends */
        MDB_txn *txn;
        double pages_left; /* pages, estimated from above */
        uint64_t used;     /* pages, as it was known last */
        bool starts;       /* a part of the reserve is the start's */
        struct journal_held_back {
                uint64_t oldest, upto; /* transactions: the oldest that was read; counted up to here */
                uint64_t pages;        /* that were freed since */
        } held_back;
        double live_paths; /* pages of the tree of live records that it has not counted yet as copied or split */
        uint64_t head, tail, trimmed;
        uint64_t txn_head;

        struct journal_laggard laggards[JOURNAL_LAGGARDS];
        size_t n_laggards;
};

extern const char *const journal_database_names[JOURNAL_DATABASES];

/** LMDB's answer as ours: 0, JOURNAL_E_FULL, JOURNAL_E_DAMAGED, -errno. */
int journal_error(int rc);

/** A read transaction of the newest commit. Whoever opens it ends it with mdb_txn_abort before it returns. */
int journal_snapshot(struct journal *j, MDB_txn **ret);

/* keys are big-endian, so that byte order is the order of numbers */
void journal_key_put(uint8_t *to, uint64_t seq);
uint64_t journal_key_get(const uint8_t *from);
void journal_key_put_output(uint8_t to[static JOURNAL_KEY_OUTPUT], uint64_t seq, uint32_t n);
uint32_t journal_key_get_n(const uint8_t *from); /* of an output's key */

/** A number of `meta`, 0 if it is not there; stored with its complement, so that no bit of it flips unseen. */
int journal_meta_u64(struct journal *j, MDB_txn *txn, const char *name, uint64_t *ret);
int journal_meta_put_u64(struct journal *j, MDB_txn *txn, const char *name, uint64_t v);
/** The id in a value of JOURNAL_META_ID. False: it is not what was written. */
bool journal_identity_check(struct ww_str value, char ret[static 33]);
/** Pages in use, from the counters that LMDB keeps for each tree: no walk. */
int journal_used_pages(struct journal *j, MDB_txn *txn, uint64_t *ret);

/* --- journal_ends.c --- */

/** Newest and oldest number that an input or an output has, as the transaction sees them; 0 = there is none. The head
 * is never below the trim mark. */
int journal_ends(struct journal *j, MDB_txn *txn, uint64_t *ret_head, uint64_t *ret_tail, uint64_t *ret_trimmed);
/** Whether the records at both ends stand under their own numbers. 0, JOURNAL_E_DAMAGED, -errno. */
int journal_ends_check(struct journal *j, MDB_txn *txn);

/* --- journal_readers.c --- */

/** Counts in j->held_back the pages that were freed and that a reader can still see; `txn` is one of them. 0, -errno.
 */
int journal_held_back(struct journal *j, MDB_txn *txn);

/* --- journal_lock.c --- */

/** The writer's lock, waiting up to `wait` µs for it. 0, JOURNAL_E_BUSY, -errno. */
int journal_lock_take(struct journal_lock **ret, const char *dir, int64_t wait);
struct journal_lock *journal_lock_drop(struct journal_lock *lock);
/** Tells readers that the file is looked through, for as long as the lock is held; once. False: the disk has no room
 * for one more file, say; that keeps nobody from writing. */
bool journal_lock_show(struct journal_lock *lock, const char *dir);
/** Whether a writer has the journal now: 1; 0; -errno, such as -EACCES: only its owner can see it. */
int journal_lock_held(const char *dir);
/** Whether its writer tells that it has looked through it: 1; 0; -errno. */
int journal_lock_shown(const char *dir);

/** A mark that a writer closed in order, and that nobody has written to the file since. */
void journal_clean_put(const char *dir);
bool journal_clean_take(const char *dir, bool remove);

/* --- journal_disk.c --- */

/** Gives the map its blocks. 0, -ENOSPC (a new journal), -errno. May make the map smaller. */
int journal_disk_reserve(struct journal *j, uint64_t size);
/** Gives back what lies behind the last byte that is not zero: for a file that nobody writes any more. */
int journal_disk_release(int fd);

/* --- journal_salvage.c --- */

/** Puts a salvaged journal in its place, if a crash came between the two renames. */
int journal_salvage_finish(const char *state);
