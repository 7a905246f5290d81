/*
 * Reads every record and looks whether it is what was written: checksum, form, key, and that none is missing between
 * two others. Reads in steps, a transaction each, so that a writer beside it is not held up; what was trimmed
 * meanwhile is no gap.
 */
#include "journal/journal_internal.h"

#include "base/arena.h"
#include "journal/journal_pages.h"
#include <limits.h>
#include <stdio.h>

#define STEP 1000 /* records in one transaction */

typedef void (*verify_bad_fn)(void *userdata, const char *database, uint64_t seq, uint32_t n, const char *why);

struct verify {
        struct journal *j;
        verify_bad_fn bad;
        void *userdata;
        uint64_t records;
        struct arena arena;
        uint64_t salvaged, trimmed;
        bool any;     /* of this database */
        uint64_t seq; /* the record before */
        uint32_t n;
};

static const char *why_bad(int r) {
        switch (r) {
        case RECORD_E_CHECKSUM:
                return "checksum is wrong, or it stands under another key";
        case RECORD_E_VERSION:
                return "written by a newer Wardwatch";
        case RECORD_E_MALFORMED:
                return "fields are wrong";
        default:
                return "cannot be read";
        }
}

static void tell(struct verify *v, enum journal_database database, uint64_t seq, uint32_t n, const char *why) {
        v->bad(v->userdata, journal_database_names[database], seq, n, why);
}

static void verify_input(struct verify *v, uint64_t seq, struct ww_str record) {
        struct ww_input input;
        int r = ww_input_decode(record, seq, &input);
        uint64_t before = v->any ? v->seq : v->trimmed;

        if (r)
                tell(v, JOURNAL_INPUT, seq, 0, why_bad(r));
        /* a writer beside us may have trimmed what lay between; behind a salvage numbers go on after a gap */
        if (seq > before + 1 && before > v->salvaged && before >= v->trimmed && before)
                tell(v, JOURNAL_INPUT, before + 1, 0, "missing");
}

static void verify_output(struct verify *v, uint64_t seq, uint32_t n, struct ww_str record) {
        struct ww_output output;
        uint32_t next = v->any && v->seq == seq ? v->n + 1 : 0;
        int r = ww_output_decode(record, seq, n, &v->arena, &output);

        arena_reset(&v->arena);
        if (r)
                tell(v, JOURNAL_OUTPUT, seq, n, why_bad(r));
        if (n != next && seq > v->salvaged)
                tell(v, JOURNAL_OUTPUT, seq, next, "missing");
}

static void verify_live(struct verify *v, uint64_t key, struct ww_str record) {
        int r = ww_live_check(record, key);

        if (r)
                tell(v, JOURNAL_LIVE, key, 0, why_bad(r));
}

static void verify_record(struct verify *v, enum journal_database database, uint64_t seq, uint32_t n,
                          struct ww_str record) {
        if (database == JOURNAL_INPUT)
                verify_input(v, seq, record);
        else if (database == JOURNAL_OUTPUT)
                verify_output(v, seq, n, record);
        else
                verify_live(v, seq, record);
        v->any = true;
        v->seq = seq;
        v->n = n;
        v->records++;
}

static size_t key_size(enum journal_database database) {
        return database == JOURNAL_OUTPUT ? JOURNAL_KEY_OUTPUT : JOURNAL_KEY_INPUT;
}

/* One step from the key `at`, exclusive when v->any. *ret_more says whether there may be others. */
static int verify_some(struct verify *v, enum journal_database database, MDB_cursor *cursor, bool *ret_more) {
        uint8_t at[JOURNAL_KEY_OUTPUT];
        MDB_val key = { key_size(database), at }, value;
        uint64_t seq = v->seq;
        uint32_t n = v->n;
        int rc;

        if (v->any && database == JOURNAL_OUTPUT)
                n++;
        else if (v->any)
                seq++;
        if (database == JOURNAL_OUTPUT)
                journal_key_put_output(at, seq, n);
        else
                journal_key_put(at, seq);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        for (size_t i = 0; !rc && i < STEP; i++) {
                const uint8_t *p = key.mv_data;

                if (key.mv_size != key_size(database))
                        return JOURNAL_E_DAMAGED;
                verify_record(v, database, journal_key_get(p), database == JOURNAL_OUTPUT ? journal_key_get_n(p) : 0,
                              (struct ww_str){ value.mv_data, value.mv_size });
                rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        }
        *ret_more = !rc;
        return rc == MDB_NOTFOUND ? 0 : journal_error(rc);
}

static int verify_step(struct verify *v, enum journal_database database, bool *ret_more) {
        MDB_cursor *cursor;
        MDB_txn *txn;
        int r = journal_snapshot(v->j, &txn);

        if (r)
                return r;
        r = journal_meta_u64(v->j, txn, JOURNAL_META_TRIMMED, &v->trimmed);
        if (!r)
                r = journal_meta_u64(v->j, txn, JOURNAL_META_SALVAGED, &v->salvaged);
        if (!r)
                r = journal_error(mdb_cursor_open(txn, v->j->dbi[database], &cursor));
        if (!r) {
                r = verify_some(v, database, cursor, ret_more);
                mdb_cursor_close(cursor);
        }
        mdb_txn_abort(txn);
        return r;
}

static bool on_bad_page(void *userdata, unsigned database, uint64_t page, const char *why) {
        struct verify *v = userdata;

        v->bad(v->userdata, "pages", page, 0, why);
        return true;
}

/* Pages can only be looked at while nobody writes them. */
static int verify_pages(struct verify *v) {
        struct pages_visitor visitor = { v, on_bad_page, NULL, false };
        char path[PATH_MAX];
        int held;

        if (v->j->writer || journal_lock_shown(v->j->dir) > 0)
                return 0;
        held = journal_lock_held(v->j->dir);
        if (held)
                return held > 0 ? 0 : held; /* only its owner can see whether somebody writes */
        if (snprintf(path, sizeof path, "%s/data.mdb", v->j->dir) >= (int)sizeof path)
                return -ENAMETOOLONG;
        return journal_pages_walk(path, &visitor);
}

int journal_verify(struct journal *j, verify_bad_fn bad, void *userdata, uint64_t *ret_records) {
        struct verify v = { .j = j, .bad = bad, .userdata = userdata };
        int r = verify_pages(&v);

        for (enum journal_database d = JOURNAL_INPUT; !r && d <= JOURNAL_LIVE; d++) {
                bool more = true;

                v.any = false;
                v.seq = 0;
                v.n = 0;
                while (!r && more)
                        r = verify_step(&v, d, &more);
        }
        arena_deinit(&v.arena);
        if (!r)
                *ret_records = v.records;
        return r == JOURNAL_E_DAMAGED ? -EIO : r;
}
