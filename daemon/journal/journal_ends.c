/*
 * The numbers at both ends of the journal: those that a writer goes on from, and trimming begins with.
 *
 * They are the keys of the first and the last records, of inputs and of outputs. Mostly both say the same. Outputs
 * reach further where inputs could not be salvaged; a number that only an output has is given out as well: a writer
 * that gave it out again would find its place taken.
 *
 * A bit that flips in the last key leaves it in its order, so that the walk over the pages has nothing to say, and
 * would make the writer go on from a number that nobody gave out. So at both ends the record's checksum, which covers
 * its key, is looked at before a writer begins.
 */
#include "journal/journal_internal.h"

#include "base/arena.h"
#include <sys/param.h>

struct ends {
        uint64_t first, last; /* 0 = there is none */
};

static int end_get(MDB_cursor *cursor, MDB_cursor_op op, size_t n_key, uint64_t *ret) {
        MDB_val key, value;
        int rc = mdb_cursor_get(cursor, &key, &value, op);

        if (rc == MDB_NOTFOUND)
                *ret = 0;
        else if (rc)
                return journal_error(rc);
        else if (key.mv_size != n_key)
                return JOURNAL_E_DAMAGED;
        else
                *ret = journal_key_get(key.mv_data);
        return 0;
}

static int ends_get(struct journal *j, MDB_txn *txn, enum journal_database database, size_t n_key, struct ends *ret) {
        MDB_cursor *cursor;
        int r = journal_error(mdb_cursor_open(txn, j->dbi[database], &cursor));

        if (r)
                return r;
        r = end_get(cursor, MDB_FIRST, n_key, &ret->first);
        r = r ? r : end_get(cursor, MDB_LAST, n_key, &ret->last);
        mdb_cursor_close(cursor);
        return r;
}

int journal_ends(struct journal *j, MDB_txn *txn, uint64_t *ret_head, uint64_t *ret_tail, uint64_t *ret_trimmed) {
        struct ends inputs = { 0 }, outputs = { 0 };
        uint64_t trimmed = 0;
        int r = ends_get(j, txn, JOURNAL_INPUT, JOURNAL_KEY_INPUT, &inputs);

        r = r ? r : ends_get(j, txn, JOURNAL_OUTPUT, JOURNAL_KEY_OUTPUT, &outputs);
        r = r ? r : journal_meta_u64(j, txn, JOURNAL_META_TRIMMED, &trimmed);
        if (r)
                return r;
        *ret_head = MAX(MAX(inputs.last, outputs.last), trimmed);
        *ret_tail = !outputs.first || (inputs.first && inputs.first < outputs.first) ? inputs.first : outputs.first;
        *ret_trimmed = trimmed;
        return 0;
}

/* --- whether they can be believed --- */

static int input_check(const MDB_val *key, struct ww_str record) {
        struct ww_input input;

        return ww_input_decode(record, journal_key_get(key->mv_data), &input);
}

static int output_check(const MDB_val *key, struct ww_str record) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct ww_output output;

        return ww_output_decode(record, journal_key_get(key->mv_data), journal_key_get_n(key->mv_data), &arena,
                                &output);
}

typedef int (*end_check_fn)(const MDB_val *key, struct ww_str record);

static int end_check(MDB_cursor *cursor, MDB_cursor_op op, end_check_fn check) {
        MDB_val key, value;
        int rc = mdb_cursor_get(cursor, &key, &value, op), r;

        if (rc)
                return rc == MDB_NOTFOUND ? 0 : journal_error(rc);
        r = check(&key, (struct ww_str){ value.mv_data, value.mv_size });
        /* of a newer version, or a form that we do not know: the bytes are those that were written */
        return r == RECORD_E_CHECKSUM ? JOURNAL_E_DAMAGED : r < 0 ? r : 0;
}

static int ends_check(struct journal *j, MDB_txn *txn, enum journal_database database, end_check_fn check) {
        MDB_cursor *cursor;
        int r = journal_error(mdb_cursor_open(txn, j->dbi[database], &cursor));

        if (r)
                return r;
        r = end_check(cursor, MDB_FIRST, check);
        r = r ? r : end_check(cursor, MDB_LAST, check);
        mdb_cursor_close(cursor);
        return r;
}

int journal_ends_check(struct journal *j, MDB_txn *txn) {
        int r = ends_check(j, txn, JOURNAL_INPUT, input_check);

        return r ? r : ends_check(j, txn, JOURNAL_OUTPUT, output_check);
}
