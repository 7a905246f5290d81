#pragma once
/*
 * The journal: one LMDB environment in the state directory, one writer (the engine), readers by cursor.
 *
 *   input   seq u64 BE                → record (wardwatch/record.h)
 *   output  seq u64 BE, n u32 BE      → record
 *   live    alarm id u64 BE           → record
 *   meta    name                      → value (format, journal id, heads, trim mark, cursors, snapshot marks, hash)
 *
 * One engine turn is one transaction. Nothing of it is visible before journal_commit returns 0, and then it is on
 * the disk. After a failed commit the process must abort: LMDB would carry on over pages that were never written.
 */
#include "base/buf.h"
#include <wardwatch/record.h>

struct journal;

enum {
        JOURNAL_E_FULL = 1,  /* the map or the disk is full: abort the transaction, trim, close intake */
        JOURNAL_E_BUSY,      /* another process holds the writer's lock; journal_holder says who */
        JOURNAL_E_FORMAT,    /* made by a newer Wardwatch */
        JOURNAL_E_DAMAGED,   /* pages are wrong, or the records that numbers go on from */
        JOURNAL_E_TRIMMED,   /* a reader asks for what is no longer there */
        JOURNAL_E_UNCHECKED, /* a reader, and the writer has not said yet that the pages are right: try again */
};

struct journal_options {
        const char *dir; /* state directory; the environment is DIR/journal/ */
        uint64_t size;   /* map, bytes; reserved on the disk by fallocate */
        bool writer;
        bool trusting;     /* a reader that never checks pages by itself: the writer does, and it may take minutes */
        bool readers_gone; /* a writer that makes LMDB's table of readers anew; who reads beside it is not seen any more
                            */
        int64_t lock_wait; /* µs that a writer waits for its lock (2 s for a new engine) */
};

/** 0; JOURNAL_E_BUSY, _FORMAT, _DAMAGED, _UNCHECKED; -ENOSPC: the disk cannot give a new journal its size; -ENOENT: a
 * reader, and no journal yet; -errno. A journal that was not closed in order is checked page by page: about a second
 * for 2 GiB in use that are in memory, and as long as the disk takes for what is not. A process opens a journal once.
 */
int journal_open(struct journal **ret, const struct journal_options *options);
/** Why a reader got one of the positive ones: "it is damaged". */
const char *journal_refusal(int r);
/** Whether that open has checked the pages. */
bool journal_was_searched(const struct journal *j);
/** A writer's word that the pages are right, for readers that wait for it. It was given at the opening, unless the disk
 *  had no room for it; then it is tried again. False: it still has none. */
bool journal_show(struct journal *j);
/** The start of its writer is over: half of the reserve was kept for what it had to write. */
void journal_started(struct journal *j);
struct journal *journal_close(struct journal *j);
DEFINE_CLEANUP(struct journal *, journal_close)
/** Who holds the lock: "wardwatch engine, pid 123". Static buffer. */
const char *journal_holder(const char *dir);
/** 32 hex digits, made at creation. */
const char *journal_id(const struct journal *j);

/* --- the writer --- */
int journal_begin(struct journal *j);
/* The puts: 0; JOURNAL_E_FULL: abort the transaction. It comes while a reserve is left, which only journal_trim may
 * use; and at any fill, if a reader hangs in an old transaction; -EINVAL: a key not above the last one; -errno. */
int journal_put_input(struct journal *j, uint64_t seq, struct ww_str record);
int journal_put_output(struct journal *j, uint64_t seq, uint32_t n, struct ww_str record);
int journal_put_live(struct journal *j, uint64_t id, struct ww_str record);
int journal_delete_live(struct journal *j, uint64_t id);
int journal_put_meta(struct journal *j, const char *name, struct ww_str value);

#define JOURNAL_RESERVE 0.02 /* of the map: no turn takes it */

struct journal_room {
        double part;  /* of the map */
        double pages; /* and at least so many */
};
/** Whether the open transaction can still take so much, beside `live` live records that it has yet to write. False, if
 *  there is none. */
bool journal_has_room(const struct journal *j, struct journal_room room, size_t live);
int journal_commit(struct journal *j); /* 0; JOURNAL_E_FULL (nothing written, transaction gone); -EIO: abort() */
void journal_abort(struct journal *j);

/** Deletes input and its output from the front up to and including `upto`, at most `records` of them, in a transaction
 *  of its own. 0, JOURNAL_E_FULL (try fewer; one always works), -errno. *ret_deleted counts numbers. */
int journal_trim(struct journal *j, uint64_t upto, size_t records, size_t *ret_deleted);
/** Part of the map that cannot be written to now, 0 to 1: in use, or freed and still to be seen by a reader. */
double journal_fill(struct journal *j);
/** What of that was in use, as journal_fill or the last turn found it: the part that trimming can free. */
double journal_used(const struct journal *j);
/** Bytes; less than was asked for, where the disk had no more. */
uint64_t journal_map(const struct journal *j);
/** Frees slots of dead readers; kills (SIGKILL) a reader whose transaction holds back pages for 5 s. Every second.
 *  Reads the boot clock. */
int journal_reader_check(struct journal *j);

/* --- everybody --- */
/* newest committed seq, and the oldest still there, of inputs and of outputs; 0 = empty */
uint64_t journal_head(struct journal *j);
uint64_t journal_tail(struct journal *j);
int journal_get_meta(struct journal *j, const char *name, struct buf *out); /* 0, -ENOENT, -errno */

/* borrowed from the batch */
struct journal_item {
        uint64_t seq;
        uint32_t n; /* output only */
        bool output;
        struct ww_str record;
};

/* a copy: no transaction stays open behind it */
struct journal_batch {
        struct buf bytes;
        struct journal_item *items;
        size_t n, capacity;
};
void journal_batch_deinit(struct journal_batch *b);

/** Copies inputs `from`…, each followed by its outputs, until `inputs` of them or `bytes` are reached; never splits an
 *  input from its outputs. Outputs whose input could not be salvaged come alone, in their place, and count as one. An
 * empty batch = nothing newer. 0, JOURNAL_E_TRIMMED, JOURNAL_E_DAMAGED, -ESTALE (a reader's
 * journal was replaced by a salvaged one: open again), -errno. May be called in any thread, beside a writer's
 * transaction. */
int journal_read(struct journal *j, uint64_t from, size_t inputs, size_t bytes, struct journal_batch *ret);
/** The oldest input whose journal time is `time` or later, by bisection; the head + 1 if there is none. It may be a
 * number that stands for nothing: the input is the next one that there is. Any thread, as above. 0, -errno,
 *  JOURNAL_E_DAMAGED. */
int journal_find_time(struct journal *j, int64_t time, uint64_t *ret_seq);
/** All live records. */
int journal_read_live(struct journal *j, struct journal_batch *ret);

struct journal_status {
        char id[33];
        uint64_t head, tail, map_bytes, used_bytes, free_bytes, disk_bytes;
        uint64_t inputs, outputs, live;
        unsigned readers, readers_max;
};
int journal_status(struct journal *j, struct journal_status *ret);

/** Reads every record and checks checksum, order and form. `bad` is called for each bad one. 0, -errno. */
int journal_verify(struct journal *j,
                   void (*bad)(void *userdata, const char *database, uint64_t seq, uint32_t n, const char *why),
                   void *userdata, uint64_t *ret_records);

/* names in `meta` that journal_salvage writes into the new journal, for those who go on with it */
#define JOURNAL_META_SALVAGED    "salvaged"    /* newest seq saved: up to here records may be missing */
#define JOURNAL_META_PREDECESSOR "predecessor" /* the damaged one's id, 32 hex digits; absent if lost, too */
#define JOURNAL_META_SALVAGE     "salvage"     /* one sentence of counts; emptied by the engine once it has told */

/** The number under one of these names, 0 = not there. 0, JOURNAL_E_DAMAGED, -errno. */
int journal_get_meta_u64(struct journal *j, const char *name, uint64_t *ret);

/* what journal_salvage saved, and what it could not */
struct journal_salvaged {
        char aside[256]; /* where the damaged one lies now: "DIR/journal.damaged-1" */
        uint64_t inputs, outputs, live;
        uint64_t bad_records; /* lost, or found under another key than their own */
        uint64_t bad_pages;
};

/** After JOURNAL_E_DAMAGED: makes a new journal, with a new id, of every record of the damaged one whose checksum is
 *  right, moves the damaged one aside, and puts the new one in its place; a crash at any point leaves one of the two.
 *  Sequence numbers stay, some may be missing; cursors are not taken over. Nobody may have it open. `size` as in
 *  journal_options; less if the disk cannot give it twice. 0, JOURNAL_E_BUSY, JOURNAL_E_FULL, -errno. */
int journal_salvage(const char *dir, uint64_t size, struct journal_salvaged *ret);
