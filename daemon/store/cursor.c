#include "store/cursor.h"

#include "store/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

#define SQL_MAX 512

uint64_t cursor_fingerprint(struct ww_str record) {
        uint64_t hash = XXH3_64bits(record.p, record.n);

        return hash ? hash : 1;
}

int cursor_check_schema(struct wire *w, int *ret_version) {
        const char *version;
        int e;

        *ret_version = 0;
        /* asked of the catalog first: a table that is not there would be an error like any other */
        e = wire_exec(w, "SELECT to_regclass('wardwatch.schema_migration')");
        if (e)
                return e;
        if (!wire_value(w, 0, 0))
                return CURSOR_E_SCHEMA;
        e = wire_exec(w, "SELECT max(version) FROM wardwatch.schema_migration");
        if (e)
                return e;
        version = wire_value(w, 0, 0);
        *ret_version = version ? atoi(version) : 0;
        return *ret_version == STORE_SCHEMA_VERSION ? 0 : CURSOR_E_SCHEMA;
}

/* The journal's number. Asked first: an INSERT that does nothing would still use up a number at each start. */
static int journal_number(struct wire *w, const char *journal_id, const char *site, int32_t *ret) {
        const char *const values[] = { journal_id, site };
        int e;

        for (int i = 0; i < 2; i++) {
                e = wire_exec_params(w, "SELECT journal FROM wardwatch.journal WHERE journal_id = $1::uuid", values, 1);
                if (e)
                        return e;
                if (wire_value(w, 0, 0)) {
                        *ret = atoi(wire_value(w, 0, 0));
                        return 0;
                }
                e = wire_exec_params(w,
                                     "INSERT INTO wardwatch.journal (journal_id, site) VALUES ($1::uuid, $2)"
                                     " ON CONFLICT (journal_id) DO NOTHING",
                                     values, 2);
                if (e)
                        return e;
        }
        return CURSOR_E_MOVED;
}

static int cursor_make(struct wire *w, int32_t journal, const struct cursor_origin *origin) {
        char number[16], salvaged[24];
        const char *const values[] = { number, salvaged, origin->journal_id };

        (void)snprintf(number, sizeof number, "%" PRId32, journal);
        if (!origin->journal_id || !origin->journal_id[0])
                return wire_exec_params(w,
                                        "INSERT INTO wardwatch.store_cursor (journal, seq) VALUES ($1, 0)"
                                        " ON CONFLICT (journal) DO NOTHING",
                                        values, 1);
        (void)snprintf(salvaged, sizeof salvaged, "%" PRIu64, origin->salvaged);
        return wire_exec_params(w,
                                "INSERT INTO wardwatch.store_cursor (journal, seq)"
                                " SELECT $1, coalesce((SELECT least(c.seq, $2::bigint) FROM wardwatch.store_cursor c"
                                " JOIN wardwatch.journal j USING (journal) WHERE j.journal_id = $3::uuid), 0)"
                                " ON CONFLICT (journal) DO NOTHING",
                                values, 3);
}

int cursor_load(struct wire *w, const char *journal_id, const char *site, const struct cursor_origin *origin,
                struct cursor *ret) {
        struct cursor c = { 0 };
        char sql[SQL_MAX];
        int e = journal_number(w, journal_id, site, &c.journal);

        if (!e)
                e = cursor_make(w, c.journal, origin);
        if (e)
                return e;
        (void)snprintf(sql, sizeof sql, "SELECT seq, fingerprint FROM wardwatch.store_cursor WHERE journal = %" PRId32,
                       c.journal);
        e = wire_exec(w, sql);
        if (e)
                return e;
        if (!wire_value(w, 0, 0) || !wire_value(w, 0, 1))
                return CURSOR_E_MOVED;
        c.seq = strtoull(wire_value(w, 0, 0), NULL, 10);
        c.fingerprint = (uint64_t)strtoll(wire_value(w, 0, 1), NULL, 10);
        *ret = c;
        return 0;
}

int cursor_begin(struct wire *w, const struct cursor *c, uint64_t seq, uint64_t fingerprint) {
        char sql[SQL_MAX];
        int e;

        (void)snprintf(sql, sizeof sql,
                       "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
                       "UPDATE wardwatch.store_cursor SET seq = %" PRIu64 ", fingerprint = %" PRId64
                       ", moved_at = clock_timestamp() WHERE journal = %" PRId32 " AND seq = %" PRIu64,
                       seq, (int64_t)fingerprint, c->journal, c->seq);
        e = wire_exec(w, sql);
        if (e)
                return e;
        return strcmp(wire_tag(w), "UPDATE 1") == 0 ? 0 : CURSOR_E_MOVED;
}

int cursor_commit(struct wire *w) {
        int e = wire_exec(w, "COMMIT");

        if (e)
                return e;
        /* COMMIT of a transaction that has failed is no error, and says ROLLBACK */
        return strcmp(wire_tag(w), "COMMIT") == 0 ? 0 : WIRE_E_DOWN;
}

int cursor_partitions(struct wire *w, int64_t first, int64_t last, unsigned tries) {
        char sql[SQL_MAX];
        int e;

        (void)snprintf(sql, sizeof sql,
                       "SELECT wardwatch.ensure_partitions(date '1970-01-01' + %" PRId64
                       ", date '1970-01-01' + %" PRId64 ", 1)",
                       first, last);
        do
                e = wire_exec_patiently(w, sql, tries);
        while (!e && strcmp(wire_value(w, 0, 0), "0") != 0);
        return e;
}
