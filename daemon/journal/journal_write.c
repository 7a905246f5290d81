/*
 * The writer: one transaction at a time, and trimming.
 *
 * LMDB copies each page that it changes, so that deleting takes pages before it gives any back, and those that a
 * transaction frees are of use two transactions later. A map that was written to its last page could not be trimmed.
 * So a turn is refused (JOURNAL_E_FULL) while a reserve is still there that only journal_trim may use, and half of it
 * a start: what a start has to write must find room, or nobody would be there to trim. What a turn
 * takes is estimated from above: all of its records on fresh pages, and the paths to them through each tree.
 */
#include "journal/journal_internal.h"

#include <sys/param.h>

#define RESERVE_MIN      32 /* pages */

#define TURN_PAGES       16.0 /* the paths of the four trees, of the names and of the free list */
#define NODE_BYTES       24   /* of an entry beside its record: header, key, pointer */
#define PAGE_BYTES_LEAST 2000 /* of a page of 4096, what at least is filled: larger records have pages of their own */
#define LIVE_BYTES       1200 /* of a live record that is still to be written: most have less */
#define LIVE_PATH        2    /* pages: its leaf is copied, and may split */

/* whole ones */
static double map_pages(const struct journal *j) {
        uint64_t pages = j->map / j->page;

        return (double)pages;
}

static double reserve_pages(const struct journal *j) {
        double part = MAX(JOURNAL_RESERVE * map_pages(j), RESERVE_MIN);

        return j->starts ? part / 2 : part;
}

static double record_pages(const struct journal *j, size_t n) {
        size_t whole = n / j->page;

        if (n + NODE_BYTES > PAGE_BYTES_LEAST)
                return (double)whole + 2;
        return (double)(n + NODE_BYTES) / PAGE_BYTES_LEAST;
}

/* However many live records are written, no leaf is copied twice. */
static int live_paths(struct journal *j) {
        MDB_stat stat;
        int rc = mdb_stat(j->txn, j->dbi[JOURNAL_LIVE], &stat);

        j->live_paths = rc ? 0 : LIVE_PATH * (double)(stat.ms_branch_pages + stat.ms_leaf_pages + 1);
        return journal_error(rc);
}

void journal_started(struct journal *j) {
        j->starts = false;
}

/* What readers hold back is seen by a reader alone. Where strangers have all places among them it is as it was known.
 */
static void look_at_readers(struct journal *j) {
        MDB_txn *txn;

        if (journal_snapshot(j, &txn))
                return;
        (void)journal_held_back(j, txn);
        mdb_txn_abort(txn);
}

int journal_begin(struct journal *j) {
        uint64_t used;
        int r;

        if (!j->writer || j->txn)
                return -EINVAL;
        look_at_readers(j);
        r = journal_error(mdb_txn_begin(j->env, NULL, 0, &j->txn));
        if (r) {
                j->txn = NULL;
                return r;
        }
        r = journal_used_pages(j, j->txn, &used);
        r = r ? r : live_paths(j);
        if (r) {
                journal_abort(j);
                return r;
        }
        j->used = used;
        j->pages_left = map_pages(j) - (double)(used + j->held_back.pages) - reserve_pages(j) - TURN_PAGES;
        j->txn_head = j->head;
        return 0;
}

static int take_pages(struct journal *j, double pages) {
        if (!j->txn)
                return -EINVAL;
        j->pages_left -= pages;
        return j->pages_left < 0 ? JOURNAL_E_FULL : 0;
}

static int put(struct journal *j, enum journal_database database, MDB_val key, struct ww_str record, unsigned flags) {
        MDB_val value = { record.n, (void *)(uintptr_t)record.p };

        return journal_error(mdb_put(j->txn, j->dbi[database], &key, &value, flags));
}

int journal_put_input(struct journal *j, uint64_t seq, struct ww_str record) {
        uint8_t key[JOURNAL_KEY_INPUT];
        int r = take_pages(j, record_pages(j, record.n));

        if (r)
                return r;
        if (seq <= j->txn_head)
                return -EINVAL;
        journal_key_put(key, seq);
        r = put(j, JOURNAL_INPUT, (MDB_val){ sizeof key, key }, record, MDB_APPEND);
        if (!r)
                j->txn_head = seq;
        return r;
}

int journal_put_output(struct journal *j, uint64_t seq, uint32_t n, struct ww_str record) {
        uint8_t key[JOURNAL_KEY_OUTPUT];
        int r = take_pages(j, record_pages(j, record.n));

        if (r)
                return r;
        journal_key_put_output(key, seq, n);
        return put(j, JOURNAL_OUTPUT, (MDB_val){ sizeof key, key }, record, MDB_APPEND);
}

int journal_put_live(struct journal *j, uint64_t id, struct ww_str record) {
        double path = MIN(LIVE_PATH, j->live_paths);
        uint8_t key[JOURNAL_KEY_LIVE];
        int r = take_pages(j, record_pages(j, record.n) + path);

        if (r)
                return r;
        j->live_paths -= path;
        journal_key_put(key, id);
        return put(j, JOURNAL_LIVE, (MDB_val){ sizeof key, key }, record, 0);
}

int journal_delete_live(struct journal *j, uint64_t id) {
        uint8_t bytes[JOURNAL_KEY_LIVE];
        MDB_val key = { sizeof bytes, bytes };
        int r = take_pages(j, 1);

        if (r)
                return r;
        journal_key_put(bytes, id);
        r = journal_error(mdb_del(j->txn, j->dbi[JOURNAL_LIVE], &key, NULL));
        return r == -ENOENT ? 0 : r;
}

int journal_put_meta(struct journal *j, const char *name, struct ww_str value) {
        MDB_val key = { strlen(name), (void *)(uintptr_t)name };
        int r = take_pages(j, record_pages(j, value.n) + 1);

        return r ? r : put(j, JOURNAL_META, key, value, 0);
}

bool journal_has_room(const struct journal *j, struct journal_room room, size_t live) {
        double records = (double)live;
        double pages = records * record_pages(j, LIVE_BYTES) + MIN(LIVE_PATH * records, j->live_paths);

        return j->txn && j->pages_left - pages >= MAX(room.part * map_pages(j), room.pages);
}

int journal_commit(struct journal *j) {
        MDB_txn *txn = j->txn;
        uint64_t trimmed;
        int r;

        if (!txn)
                return -EINVAL;
        j->txn = NULL;
        r = journal_error(mdb_txn_commit(txn));
        if (r)
                return r == JOURNAL_E_FULL ? r : -EIO;
        if (j->txn_head != j->head) {
                j->head = j->txn_head;
                if (j->tail == 0) {
                        r = journal_snapshot(j, &txn);
                        if (r)
                                return -EIO;
                        r = journal_ends(j, txn, &j->head, &j->tail, &trimmed);
                        mdb_txn_abort(txn);
                        if (r)
                                return -EIO;
                }
        }
        return 0;
}

void journal_abort(struct journal *j) {
        if (j->txn)
                mdb_txn_abort(j->txn);
        j->txn = NULL;
}

/* --- trimming --- */

/* The front of a database. */
struct trim_front {
        MDB_cursor *cursor;
        uint64_t seq; /* of the first record, UINT64_MAX = there is none */
};

struct trim {
        struct trim_front inputs, outputs;
        size_t n;      /* numbers deleted */
        uint64_t last; /* the newest of them */
};

static int front_look(struct trim_front *f) {
        MDB_val key, value;
        int rc = mdb_cursor_get(f->cursor, &key, &value, MDB_FIRST);

        f->seq = rc ? UINT64_MAX : journal_key_get(key.mv_data);
        return rc == MDB_NOTFOUND ? 0 : journal_error(rc);
}

static int front_open(struct trim_front *f, struct journal *j, MDB_txn *txn, enum journal_database database) {
        int rc = mdb_cursor_open(txn, j->dbi[database], &f->cursor);

        return rc ? journal_error(rc) : front_look(f);
}

static void front_close(struct trim_front *f) {
        if (f->cursor)
                mdb_cursor_close(f->cursor);
}

/* All that has this number. */
static int front_delete(struct trim_front *f, uint64_t seq) {
        int r = 0;

        while (!r && f->seq == seq) {
                r = journal_error(mdb_cursor_del(f->cursor, 0));
                r = r ? r : front_look(f);
        }
        return r;
}

/* Number by number: an input and its outputs, or outputs whose input could not be salvaged. */
static int trim_numbers(struct trim *t, uint64_t upto, size_t records) {
        int r = 0;

        while (!r && t->n < records) {
                uint64_t seq = t->inputs.seq < t->outputs.seq ? t->inputs.seq : t->outputs.seq;

                if (seq == UINT64_MAX || seq > upto)
                        break;
                r = front_delete(&t->inputs, seq);
                r = r ? r : front_delete(&t->outputs, seq);
                t->last = seq;
                t->n++;
        }
        return r;
}

static int trim_front(struct trim *t, struct journal *j, MDB_txn *txn, uint64_t upto, size_t records) {
        int r = front_open(&t->inputs, j, txn, JOURNAL_INPUT);

        r = r ? r : front_open(&t->outputs, j, txn, JOURNAL_OUTPUT);
        r = r ? r : trim_numbers(t, upto, records);
        front_close(&t->outputs);
        front_close(&t->inputs);
        return r;
}

int journal_trim(struct journal *j, uint64_t upto, size_t records, size_t *ret_deleted) {
        uint64_t head = j->head, tail = j->tail, trimmed = j->trimmed;
        struct trim t = { .n = 0 };
        MDB_txn *txn;
        int r;

        if (!j->writer || j->txn)
                return -EINVAL;
        r = journal_error(mdb_txn_begin(j->env, NULL, 0, &txn));
        if (r)
                return r;
        r = trim_front(&t, j, txn, upto, records);
        if (!r && t.n)
                r = journal_meta_put_u64(j, txn, JOURNAL_META_TRIMMED, t.last);
        if (!r && t.n)
                r = journal_ends(j, txn, &head, &tail, &trimmed);
        if (r || t.n == 0) {
                mdb_txn_abort(txn);
                if (!r)
                        *ret_deleted = 0;
                return r;
        }
        r = journal_error(mdb_txn_commit(txn));
        if (r)
                return r == JOURNAL_E_FULL ? r : -EIO;
        j->head = head;
        j->tail = tail;
        j->trimmed = trimmed;
        *ret_deleted = t.n;
        return 0;
}

/* Where strangers have all places among the readers, it is as it was at the last turn. */
double journal_fill(struct journal *j) {
        MDB_txn *txn;

        if (journal_snapshot(j, &txn) == 0) {
                (void)journal_used_pages(j, txn, &j->used);
                (void)journal_held_back(j, txn);
                mdb_txn_abort(txn);
        }
        return (double)(j->used + j->held_back.pages) / map_pages(j);
}

double journal_used(const struct journal *j) {
        return (double)j->used / map_pages(j);
}

uint64_t journal_map(const struct journal *j) {
        return j->map;
}
