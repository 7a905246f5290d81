/*
 * Readers: a copy of what one transaction sees. No transaction outlives the call, because the pages that an old one
 * can see cannot be used again, and the map would fill up behind it.
 */
#include "journal/journal_internal.h"

#include <limits.h>
#include <stdio.h>
#include <sys/param.h>
#include <unistd.h>

#define ITEMS_FIRST 64

void journal_batch_deinit(struct journal_batch *b) {
        buf_deinit(&b->bytes);
        free(b->items);
        *b = (struct journal_batch){ 0 };
}

/* The record's place is kept as an offset until the batch is whole: the buffer moves as it grows. */
static int batch_add(struct journal_batch *b, uint64_t seq, uint32_t n, bool output, MDB_val record) {
        if (b->n == b->capacity) {
                size_t capacity = b->capacity ? b->capacity * 2 : ITEMS_FIRST;
                struct journal_item *items = reallocarray(b->items, capacity, sizeof *items);

                if (!items)
                        return -ENOMEM;
                b->items = items;
                b->capacity = capacity;
        }
        b->items[b->n] = (struct journal_item){ seq, n, output, { NULL, record.mv_size } };
        buf_put(&b->bytes, record.mv_data, record.mv_size);
        if (b->bytes.error)
                return b->bytes.error;
        b->n++;
        return 0;
}

static void batch_finish(struct journal_batch *b) {
        const char *at = (const char *)b->bytes.p;

        for (size_t i = 0; i < b->n; i++) {
                b->items[i].record.p = at;
                at += b->items[i].record.n;
        }
}

static int batch_end(struct journal_batch *b, MDB_txn *txn, int r) {
        mdb_txn_abort(txn);
        if (r)
                b->n = 0;
        else
                batch_finish(b);
        return r;
}

/* A salvaged journal is a new file under the old name: who still reads the old one would wait for ever. */
static int read_begin(struct journal *j, struct journal_batch *b, MDB_txn **ret) {
        char path[PATH_MAX];
        struct stat st;

        b->n = 0;
        buf_reset(&b->bytes);
        if (!j->writer && snprintf(path, sizeof path, "%s/data.mdb", j->dir) < (int)sizeof path &&
            (stat(path, &st) < 0 || st.st_ino != j->inode))
                return -ESTALE;
        return journal_snapshot(j, ret);
}

/* What a cursor stands on. */
struct reading_place {
        MDB_cursor *cursor;
        MDB_val key, value;
        size_t n_key;
        bool at_record;
        uint64_t seq; /* UINT64_MAX behind the last one */
};

/*
 * Both databases side by side. The unit is the number: an input and its outputs. Where an input could not be salvaged,
 * its outputs stand alone: they were concluded, perhaps told to people, and a reader gets them in their place.
 */
struct reading {
        struct reading_place input, output;
};

static int reading_open(struct journal *j, MDB_txn *txn, struct reading *ret) {
        int rc = mdb_cursor_open(txn, j->dbi[JOURNAL_INPUT], &ret->input.cursor);

        if (!rc)
                rc = mdb_cursor_open(txn, j->dbi[JOURNAL_OUTPUT], &ret->output.cursor);
        ret->input.n_key = JOURNAL_KEY_INPUT;
        ret->output.n_key = JOURNAL_KEY_OUTPUT;
        return journal_error(rc);
}

static void reading_close(struct reading *r) {
        if (r->output.cursor)
                mdb_cursor_close(r->output.cursor);
        if (r->input.cursor)
                mdb_cursor_close(r->input.cursor);
}

static int place_move(struct reading_place *p, MDB_cursor_op op) {
        int rc = mdb_cursor_get(p->cursor, &p->key, &p->value, op);

        p->seq = UINT64_MAX;
        p->at_record = rc == 0;
        if (rc)
                return rc == MDB_NOTFOUND ? 0 : journal_error(rc);
        if (p->key.mv_size != p->n_key)
                return JOURNAL_E_DAMAGED;
        p->seq = journal_key_get(p->key.mv_data);
        return 0;
}

static int place_seek(struct reading_place *p, uint64_t seq) {
        uint8_t bytes[JOURNAL_KEY_OUTPUT];

        journal_key_put_output(bytes, seq, 0); /* an input's key is its beginning */
        p->key = (MDB_val){ p->n_key, bytes };
        return place_move(p, MDB_SET_RANGE);
}

/* The input `seq`, if it is there, and its outputs. */
static int reading_number(struct reading *r, uint64_t seq, struct journal_batch *b) {
        int e = 0;

        if (r->input.at_record && r->input.seq == seq) {
                e = batch_add(b, seq, 0, false, r->input.value);
                e = e ? e : place_move(&r->input, MDB_NEXT);
        }
        while (!e && r->output.at_record && r->output.seq == seq) {
                e = batch_add(b, seq, journal_key_get_n(r->output.key.mv_data), true, r->output.value);
                e = e ? e : place_move(&r->output, MDB_NEXT);
        }
        return e;
}

static int read_numbers(struct reading *r, uint64_t from, size_t inputs, size_t bytes, struct journal_batch *b) {
        int e = place_seek(&r->input, from);

        e = e ? e : place_seek(&r->output, from);
        for (size_t i = 0; !e && i < inputs && (i == 0 || b->bytes.n < bytes); i++) {
                if (!r->input.at_record && !r->output.at_record)
                        break;
                e = reading_number(r, MIN(r->input.seq, r->output.seq), b);
        }
        return e;
}

int journal_read(struct journal *j, uint64_t from, size_t inputs, size_t bytes, struct journal_batch *ret) {
        struct reading reading = { 0 };
        uint64_t trimmed = 0;
        MDB_txn *txn;
        int r = read_begin(j, ret, &txn);

        if (r)
                return r;
        r = journal_meta_u64(j, txn, JOURNAL_META_TRIMMED, &trimmed);
        if (!r && trimmed && from <= trimmed)
                r = JOURNAL_E_TRIMMED;
        if (!r)
                r = reading_open(j, txn, &reading);
        if (!r)
                r = read_numbers(&reading, from, inputs, bytes, ret);
        reading_close(&reading);
        return batch_end(ret, txn, r);
}

/* --- by time --- */

/* The first input from `seq` on that can be read: its number and its journal time. */
static int find_from(MDB_cursor *cursor, uint64_t seq, uint64_t *ret_seq, int64_t *ret_time) {
        uint8_t bytes[JOURNAL_KEY_INPUT];
        MDB_val key = { sizeof bytes, bytes }, value;
        struct ww_input input;
        int rc;

        journal_key_put(bytes, seq);
        for (rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE); !rc;
             rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
                if (key.mv_size != JOURNAL_KEY_INPUT)
                        return JOURNAL_E_DAMAGED;
                *ret_seq = journal_key_get(key.mv_data);
                if (ww_input_decode((struct ww_str){ value.mv_data, value.mv_size }, *ret_seq, &input))
                        continue;
                *ret_time = input.time;
                return 0;
        }
        return journal_error(rc);
}

/* All before `low` are older than `time`, none from `high` on is. */
static int find_between(MDB_cursor *cursor, int64_t time, uint64_t low, uint64_t high, uint64_t *ret) {
        while (low < high) {
                uint64_t middle = low + (high - low) / 2, seq = middle;
                int64_t at = WW_TIME_NONE;
                int r = find_from(cursor, middle, &seq, &at);

                if (r && r != -ENOENT)
                        return r;
                if (r || at >= time)
                        high = middle;
                else
                        low = seq + 1;
        }
        *ret = low;
        return 0;
}

int journal_find_time(struct journal *j, int64_t time, uint64_t *ret_seq) {
        uint64_t head, tail, trimmed;
        MDB_cursor *cursor;
        MDB_txn *txn;
        int r = journal_snapshot(j, &txn);

        if (r)
                return r;
        r = journal_ends(j, txn, &head, &tail, &trimmed);
        if (!r)
                r = journal_error(mdb_cursor_open(txn, j->dbi[JOURNAL_INPUT], &cursor));
        if (!r) {
                r = find_between(cursor, time, tail ? tail : head + 1, head + 1, ret_seq);
                mdb_cursor_close(cursor);
        }
        mdb_txn_abort(txn);
        return r;
}

static int read_all_live(struct journal *j, MDB_txn *txn, struct journal_batch *b) {
        MDB_cursor *cursor;
        MDB_val key, value;
        int e = 0, rc = mdb_cursor_open(txn, j->dbi[JOURNAL_LIVE], &cursor);

        if (rc)
                return journal_error(rc);
        while (!e && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
                e = key.mv_size == JOURNAL_KEY_LIVE ? batch_add(b, journal_key_get(key.mv_data), 0, false, value)
                                                    : JOURNAL_E_DAMAGED;
        mdb_cursor_close(cursor);
        return e || rc == MDB_NOTFOUND ? e : journal_error(rc);
}

int journal_read_live(struct journal *j, struct journal_batch *ret) {
        MDB_txn *txn;
        int r = read_begin(j, ret, &txn);

        return r ? r : batch_end(ret, txn, read_all_live(j, txn, ret));
}

int journal_get_meta(struct journal *j, const char *name, struct buf *out) {
        MDB_val key = { strlen(name), (void *)(uintptr_t)name }, value;
        MDB_txn *txn;
        int r = journal_snapshot(j, &txn);

        if (r)
                return r;
        r = journal_error(mdb_get(txn, j->dbi[JOURNAL_META], &key, &value));
        if (!r) {
                buf_put(out, value.mv_data, value.mv_size);
                r = out->error;
        }
        mdb_txn_abort(txn);
        return r;
}

int journal_get_meta_u64(struct journal *j, const char *name, uint64_t *ret) {
        MDB_txn *txn;
        int r = journal_snapshot(j, &txn);

        if (r)
                return r;
        r = journal_meta_u64(j, txn, name, ret);
        mdb_txn_abort(txn);
        return r;
}

/* --- ends --- */

static void read_ends(struct journal *j, uint64_t *ret_head, uint64_t *ret_tail) {
        uint64_t trimmed;
        MDB_txn *txn;

        *ret_head = *ret_tail = 0;
        if (journal_snapshot(j, &txn))
                return;
        (void)journal_ends(j, txn, ret_head, ret_tail, &trimmed);
        mdb_txn_abort(txn);
}

uint64_t journal_head(struct journal *j) {
        uint64_t head = j->head, tail;

        if (!j->writer)
                read_ends(j, &head, &tail);
        return head;
}

uint64_t journal_tail(struct journal *j) {
        uint64_t head, tail = j->tail;

        if (!j->writer)
                read_ends(j, &head, &tail);
        return tail;
}
