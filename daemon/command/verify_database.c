/* A database as the source of segments and rows. */
#include "command/replay_database.h"
#include "command/verify_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <wardwatch/time.h>

#define COPY_HEADER  19
#define SEGMENTS_MIN 64
#define SEGMENTS_MAX 4096
#define WINDOW_ROWS  500000 /* rows of a window, beyond which no further segment is added */
#define ONE_MOMENT   "BEGIN ISOLATION LEVEL REPEATABLE READ "
#define SQL_MAX      4096

/* Each processor has a connection already, so further processes of the server only hand rows about: without them it
 * took 9.4 s for what took 13.1 s. The rows of a window are sorted in memory. */
#define ONE_PROCESS "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '192MB'"

/* --- streams --- */

static int stream_begin(struct verify_database *d, const char *sql) {
        d->begun = false;
        return wire_copy_out(d->wire, sql);
}

/* The next row; nothing at the end. */
static int stream_next(struct verify_database *d, struct ww_str *ret) {
        struct ww_str row;
        int e = wire_copy_next(d->wire, &row);

        if (!e && !d->begun && row.n >= COPY_HEADER) {
                row = (struct ww_str){ row.p + COPY_HEADER, row.n - COPY_HEADER };
                d->begun = true;
        }
        while (!e && row.n == 2) /* the trailer, or a header by itself before it */
                e = wire_copy_next(d->wire, &row);
        *ret = row;
        return e;
}

/* --- tables --- */

static const char *const guarded[] = { "change",        "change_restricted", "command",
                                       "command_reply", "message",           "quarantine" };

/* The table, or the view by which reading it is recorded: for at most one statement, before an alias. */
static const char *table_named(const struct verify_database *d, const char *relation) {
        static _Thread_local char name[80];
        bool is = false;

        if (!d->recorded && strcmp(relation, "change") == 0)
                return "(SELECT * FROM change UNION ALL SELECT * FROM change_withheld)"; /* as change_raw does */

        for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++)
                is |= strcmp(guarded[i], relation) == 0;
        (void)snprintf(name, sizeof name, "%s%s", relation, is && d->recorded ? "_raw" : "");
        return name;
}

static int moment_begin(const struct verify_database *d) {
        char sql[128];
        int e = wire_exec(d->wire, d->recorded ? ONE_MOMENT "READ WRITE" : ONE_MOMENT "READ ONLY");

        (void)snprintf(sql, sizeof sql, "SET TRANSACTION SNAPSHOT '%s'", d->snapshot);
        if (!e && *d->snapshot)
                e = wire_exec(d->wire, sql);
        return e ? e : wire_exec(d->wire, ONE_PROCESS);
}

/* --- some rows --- */

static void put_numbers(struct buf *sql, const uint64_t *numbers, size_t n) {
        buf_puts(sql, "'{");
        for (size_t i = 0; i < n; i++)
                buf_printf(sql, "%s%" PRIu64, i ? "," : "", numbers[i]);
        buf_puts(sql, "}'::bigint[]");
}

static int begin_text(struct verify_database *d, struct buf *sql) {
        buf_put_u8(sql, 0);
        return sql->error ? sql->error : stream_begin(d, (const char *)sql->p);
}

static int picked_segments_read(struct verify_database *d, struct verify_window *ret) {
        _cleanup_buf_ struct buf sql = BUF_INIT;
        size_t n = d->picks->n_segments - d->picked;
        struct ww_str row;
        int e;

        if (n == 0)
                return 0;
        n = n < SEGMENTS_MAX ? n : SEGMENTS_MAX;
        buf_printf(&sql,
                   "COPY (SELECT " VERIFY_SEGMENT_COLUMNS " FROM proof_segment s WHERE journal = %" PRId32
                   " AND segment = ANY (",
                   d->journal);
        put_numbers(&sql, d->picks->segments + d->picked, n);
        buf_puts(&sql, ") ORDER BY segment) TO STDOUT (FORMAT binary)");
        d->picked += n;
        e = begin_text(d, &sql);
        while (!e && (e = stream_next(d, &row)) == 0 && row.n > 0)
                e = verify_window_segment(ret, row);
        return e;
}

/* The list of leaves only where a row of it is picked. */
static int picked_parts_read(struct verify_database *d, struct verify_window *ret) {
        _cleanup_buf_ struct buf sql = BUF_INIT;
        const struct verify_segment *first = &ret->segments[0], *last = &ret->segments[ret->n - 1];
        struct ww_str row;
        int e;

        buf_puts(&sql, "COPY (SELECT segment, relation, layout, rows, root, CASE WHEN (relation, segment) IN"
                       " (VALUES (''::text, 0::bigint)");
        for (size_t i = 0; i < d->picks->n; i++) {
                const struct verify_pick *p = &d->picks->items[i], *before = i ? p - 1 : NULL;

                if (p->segment >= first->segment && p->segment <= last->segment &&
                    (!before || before->segment != p->segment || strcmp(before->relation, p->relation) != 0))
                        buf_printf(&sql, ", ('%s', %" PRIu64 ")", p->relation, p->segment);
        }
        buf_printf(&sql, ") THEN leaves END FROM proof_part WHERE journal = %" PRId32 " AND segment = ANY (",
                   d->journal);
        put_numbers(&sql, d->picks->segments + d->picked - ret->n, ret->n);
        buf_puts(&sql, ") ORDER BY segment, relation) TO STDOUT (FORMAT binary)");
        e = begin_text(d, &sql);
        while (!e && (e = stream_next(d, &row)) == 0 && row.n > 0)
                e = verify_window_part(ret, &d->layouts, row);
        return e;
}

static void put_places(struct buf *sql, const struct verify_pick *picks, size_t n,
                       int64_t (*of)(const struct proof_place *)) {
        buf_puts(sql, "'{");
        for (size_t i = 0; i < n; i++)
                buf_printf(sql, "%s%" PRId64, i ? "," : "", of(&picks[i].place));
        buf_puts(sql, "}'::bigint[]");
}

static int64_t place_seq(const struct proof_place *p) {
        return (int64_t)p->seq;
}

static int64_t place_n(const struct proof_place *p) {
        return p->n;
}

static int64_t place_position(const struct proof_place *p) {
        return p->position;
}

static int picked_rows(struct verify_database *d, const struct proof_layout *l, uint64_t first, uint64_t last) {
        _cleanup_buf_ struct buf sql = BUF_INIT;
        size_t n;
        const struct verify_pick *picks = verify_picks_of(d->picks, l->relation, first, last, &n);

        d->none = n == 0;
        if (d->none)
                return 0;
        buf_printf(&sql, "COPY (SELECT %s FROM %s x WHERE journal = %" PRId32 " AND seq = ANY (", l->columns,
                   table_named(d, l->relation), d->journal);
        put_places(&sql, picks, n, place_seq);
        buf_printf(&sql, ") AND (seq, %s, %s) IN (SELECT * FROM unnest(", l->n >= 0 ? "n" : "0",
                   l->position >= 0 ? "position" : "0");
        put_places(&sql, picks, n, place_seq);
        buf_puts(&sql, ", ");
        put_places(&sql, picks, n, place_n);
        buf_puts(&sql, ", ");
        put_places(&sql, picks, n, place_position);
        buf_printf(&sql, ")) ORDER BY seq%s%s) TO STDOUT (FORMAT binary)", l->n >= 0 ? ", n" : "",
                   l->position >= 0 ? ", position" : "");
        return begin_text(d, &sql);
}

/* --- segments --- */

static int segments_read(struct verify_database *d, struct verify_window *ret) {
        char sql[SQL_MAX];
        struct ww_str row;
        int64_t rows = 0;
        bool full = false;
        int e;

        if (d->picks)
                return picked_segments_read(d, ret);
        (void)snprintf(sql, sizeof sql,
                       "COPY (SELECT " VERIFY_SEGMENT_COLUMNS " FROM proof_segment s WHERE journal = %" PRId32
                       " AND segment > %" PRIu64 " AND segment <= %" PRIu64 " AND first_seq <= %" PRIu64
                       " ORDER BY segment LIMIT %zu) TO STDOUT (FORMAT binary)",
                       d->journal, d->segment, d->until, d->to, d->limit);
        e = stream_begin(d, sql);
        while (!e && (e = stream_next(d, &row)) == 0 && row.n > 0) {
                if (full)
                        continue; /* of the next window */
                e = verify_window_segment(ret, row);
                if (e)
                        break;
                rows += ret->segments[ret->n - 1].rows;
                full = rows > WINDOW_ROWS || rows < 0;
                if (full && ret->n > 1)
                        ret->n--;
        }
        return e;
}

static int parts_read(struct verify_database *d, struct verify_window *ret) {
        char sql[SQL_MAX];
        struct ww_str row;
        int e;

        if (d->picks)
                return picked_parts_read(d, ret);
        (void)snprintf(sql, sizeof sql,
                       "COPY (SELECT " VERIFY_PART_COLUMNS " FROM proof_part WHERE journal = %" PRId32
                       " AND segment BETWEEN %" PRIu64 " AND %" PRIu64
                       " ORDER BY segment, relation) TO STDOUT (FORMAT binary)",
                       d->journal, ret->segments[0].segment, ret->segments[ret->n - 1].segment);
        e = stream_begin(d, sql);
        while (!e && (e = stream_next(d, &row)) == 0 && row.n > 0)
                e = verify_window_part(ret, &d->layouts, row);
        return e;
}

static int database_window(void *userdata, struct verify_window *ret) {
        struct verify_database *d = userdata;
        int e = segments_read(d, ret);

        if (e || ret->n == 0)
                return e;
        e = parts_read(d, ret);
        d->segment = ret->segments[ret->n - 1].segment;
        d->limit = ret->n * 2 < SEGMENTS_MIN ? SEGMENTS_MIN : ret->n * 2 > SEGMENTS_MAX ? SEGMENTS_MAX : ret->n * 2;
        return e;
}

/* --- rows --- */

static int database_rows(void *userdata, const struct proof_layout *layout, uint64_t first, uint64_t last) {
        const char *seq = strcmp(layout->relation, "store_gap") == 0 ? "first_seq" : "seq";
        struct verify_database *d = userdata;
        char sql[SQL_MAX];
        int e;

        if (d->picks)
                return picked_rows(d, layout, first, last);
        (void)snprintf(sql, sizeof sql,
                       "COPY (SELECT %s FROM %s x WHERE journal = %" PRId32 " AND %s BETWEEN %" PRIu64 " AND %" PRIu64
                       " ORDER BY %s%s%s) TO STDOUT (FORMAT binary)",
                       layout->columns, table_named(d, layout->relation), d->journal, seq, first, last, seq,
                       layout->n >= 0 ? ", n" : "", layout->position >= 0 ? ", position" : "");
        e = stream_begin(d, sql);
        if (e && strncmp(wire_error(d->wire)->sqlstate, "42", 2) == 0) {
                /* a column or the table is gone: the others can still be read */
                e = wire_exec(d->wire, "ROLLBACK");
                if (!e)
                        e = moment_begin(d);
                return e ? e : WIRE_E_DATA;
        }
        return e;
}

static int database_row(void *userdata, struct ww_str *ret) {
        struct verify_database *d = userdata;

        *ret = WW_STR_NONE;
        return d->none ? 0 : stream_next(d, ret);
}

static const char *database_error(void *userdata) {
        struct verify_database *d = userdata;

        return wire_error(d->wire)->text;
}

/* --- the database --- */

static int layouts_read(struct verify_database *d) {
        int e = replay_database_ask(d->wire, "SELECT relation, layout, columns, types, time FROM proof_layout"
                                             " ORDER BY relation, layout");

        for (size_t i = 0; i < wire_rows(d->wire) && !e; i++)
                e = verify_layouts_add(&d->layouts, wire_value(d->wire, i, 0), atoi(wire_value(d->wire, i, 1)),
                                       wire_value(d->wire, i, 2), wire_value(d->wire, i, 3), wire_value(d->wire, i, 4));
        return e;
}

void verify_dropped_chain(struct verify_dropped *r, const char *hex) {
        size_t n;

        if (!hex || sodium_hex2bin(r->chain, PROOF_HASH, hex, strlen(hex), NULL, &n, NULL) != 0 || n != PROOF_HASH)
                memset(r->chain, 0, PROOF_HASH);
}

static int dropped_read(struct verify_database *d) {
        int e = replay_database_ask(
                d->wire,
                "SELECT CASE relation WHEN 'change_withheld' THEN 'change' ELSE relation END, journal, first_seq, "
                "last_seq, floor(extract(epoch FROM range_from) / 86400)::bigint,"
                " ceil(extract(epoch FROM range_to) / 86400)::bigint, coalesce(first_segment, 0), "
                "coalesce(last_segment, 0),"
                " encode(chain, 'hex') FROM retention_record WHERE journal IS NOT NULL AND first_seq IS NOT NULL"
                " AND range_to <= dropped_at - keep ORDER BY journal, first_segment");
        size_t n = wire_rows(d->wire);

        if (e)
                return e;
        d->dropped = calloc(n + 1, sizeof *d->dropped);
        if (!d->dropped)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                struct verify_dropped *r = &d->dropped[d->n_dropped++];

                (void)snprintf(r->relation, sizeof r->relation, "%s", wire_value(d->wire, i, 0));
                r->journal = atoi(wire_value(d->wire, i, 1));
                r->first = strtoull(wire_value(d->wire, i, 2), NULL, 10);
                r->last = strtoull(wire_value(d->wire, i, 3), NULL, 10);
                r->from_day = strtoll(wire_value(d->wire, i, 4), NULL, 10);
                r->to_day = strtoll(wire_value(d->wire, i, 5), NULL, 10);
                r->first_segment = strtoull(wire_value(d->wire, i, 6), NULL, 10);
                r->last_segment = strtoull(wire_value(d->wire, i, 7), NULL, 10);
                verify_dropped_chain(r, wire_value(d->wire, i, 8));
        }
        return 0;
}

bool verify_database_dropped(const struct verify_database *d, const char *relation, const struct proof_place *place,
                             bool dated) {
        for (size_t i = 0; i < d->n_dropped; i++) {
                const struct verify_dropped *r = &d->dropped[i];

                if (r->journal == d->journal && place->seq >= r->first && place->seq <= r->last &&
                    (!dated || (place->day >= r->from_day && place->day < r->to_day)) &&
                    strcmp(r->relation, relation) == 0)
                        return true;
        }
        return false;
}

/* Partitions were dropped up to a day: what was sealed before it had its rows in them. */
bool verify_database_given_up(const struct verify_database *d, const char *relation,
                              const struct verify_segment *segment) {
        for (size_t i = 0; i < d->n_dropped; i++) {
                const struct verify_dropped *r = &d->dropped[i];

                if (r->journal == d->journal && r->first_segment == 0 && segment->sealed_at < r->to_day * WW_DAY &&
                    strcmp(r->relation, relation) == 0)
                        return true;
        }
        return false;
}

/* The stretch that it was removed with; NULL = it was not. */
static const struct verify_dropped *removed_with(const struct verify_database *d, uint64_t segment) {
        for (size_t i = 0; i < d->n_dropped; i++) {
                const struct verify_dropped *r = &d->dropped[i];

                if (r->journal == d->journal && r->first_segment > 0 && r->first_segment <= segment &&
                    segment <= r->last_segment)
                        return r;
        }
        return NULL;
}

bool verify_database_removed_at(const struct verify_database *d, uint64_t segment, const uint8_t hash[PROOF_HASH]) {
        const struct verify_dropped *r = removed_with(d, segment);

        return r && (segment < r->last_segment || memcmp(r->chain, hash, PROOF_HASH) == 0);
}

/* Stretch after stretch, without a hole in segments or inputs. */
bool verify_database_removed(const struct verify_database *d, const struct verify_segment *last,
                             const struct verify_segment *next) {
        uint64_t segment = last->segment + 1, seq = last->segment ? last->last_seq + 1 : 0;
        const struct verify_dropped *r = NULL;

        while (segment < next->segment) {
                r = removed_with(d, segment);
                if (!r || r->first_segment != segment || (seq > 0 && r->first != seq))
                        return false;
                segment = r->last_segment + 1;
                seq = r->last + 1;
        }
        return r && segment == next->segment && seq == next->first_seq &&
               memcmp(r->chain, next->previous, PROOF_HASH) == 0;
}

int verify_database_open(struct verify_database *d, const struct replay_database *database) {
        int e = replay_database_open(&d->wire, database, NULL, NULL);

        if (!e)
                e = replay_database_ask(d->wire, "SELECT has_table_privilege('wardwatch.message', 'SELECT')");
        if (!e)
                d->recorded = *wire_value(d->wire, 0, 0) == 'f';
        if (!e && moment_begin(d))
                e = replay_database_tell(wire_error(d->wire)->text, "an auditor's login needs a server that takes "
                                                                    "writes: what it reads is recorded");
        if (!e)
                e = layouts_read(d);
        return e ? e : dropped_read(d);
}

void verify_database_close(struct verify_database *d) {
        if (d->wire && d->recorded)
                (void)wire_exec(d->wire, "COMMIT");
        d->wire = wire_free(d->wire);
        verify_layouts_deinit(&d->layouts);
        free(d->dropped);
}

bool verify_database_share(struct verify_database *d) {
        if (wire_exec(d->wire, "SELECT pg_export_snapshot()") == 0 && wire_value(d->wire, 0, 0)) {
                (void)snprintf(d->snapshot, sizeof d->snapshot, "%s", wire_value(d->wire, 0, 0));
                return true;
        }
        (void)wire_exec(d->wire, "ROLLBACK");
        (void)moment_begin(d);
        return false;
}

int verify_database_open_beside(struct verify_database *d, const struct verify_database *from,
                                const struct replay_database *database) {
        int e = replay_database_open(&d->wire, database, NULL, NULL);

        d->recorded = from->recorded;
        d->layouts = from->layouts;
        memcpy(d->snapshot, from->snapshot, sizeof d->snapshot);
        return e ? e : moment_begin(d);
}

int verify_database_journals(struct verify_database *d, struct verify_journal **ret, size_t *ret_n) {
        struct verify_journal *all;
        int e = replay_database_ask(d->wire, "SELECT journal, journal_id, site, coalesce(seq, 0) FROM journal"
                                             " LEFT JOIN store_cursor USING (journal) ORDER BY journal");
        size_t n = wire_rows(d->wire);

        if (e)
                return e;
        all = calloc(n + 1, sizeof *all);
        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                all[i].journal = atoi(wire_value(d->wire, i, 0));
                (void)snprintf(all[i].id, sizeof all[i].id, "%s", wire_value(d->wire, i, 1));
                (void)snprintf(all[i].site, sizeof all[i].site, "%s", wire_value(d->wire, i, 2));
                all[i].cursor = strtoull(wire_value(d->wire, i, 3), NULL, 10);
        }
        *ret = all;
        *ret_n = n;
        return 0;
}

static struct verify_source source_of(struct verify_database *d) {
        return (struct verify_source){ .userdata = d,
                                       .window = database_window,
                                       .rows = database_rows,
                                       .row = database_row,
                                       .error = database_error };
}

int verify_database_segments(struct verify_database *d, int32_t journal, uint64_t from, uint64_t to,
                             uint64_t *ret_first, uint64_t *ret_last) {
        int e = replay_database_ask(d->wire,
                                    "SELECT coalesce(min(segment), 0), coalesce(max(segment), 0) FROM proof_segment"
                                    " WHERE journal = %" PRId32 " AND last_seq >= %" PRIu64
                                    " AND first_seq <= %" PRIu64,
                                    journal, from, to);

        if (e)
                return e;
        *ret_first = strtoull(wire_value(d->wire, 0, 0), NULL, 10);
        *ret_last = strtoull(wire_value(d->wire, 0, 1), NULL, 10);
        return 0;
}

static int segment_before(struct verify_database *d, uint64_t after, struct verify_segment *ret) {
        struct verify_window window = { 0 };
        char sql[SQL_MAX];
        struct ww_str row;
        int e;

        *ret = (struct verify_segment){ 0 };
        (void)snprintf(sql, sizeof sql,
                       "COPY (SELECT " VERIFY_SEGMENT_COLUMNS " FROM proof_segment s WHERE journal = %" PRId32
                       " AND segment <= %" PRIu64 " ORDER BY segment DESC LIMIT 1) TO STDOUT (FORMAT binary)",
                       d->journal, after);
        e = stream_begin(d, sql);
        while (!e && (e = stream_next(d, &row)) == 0 && row.n > 0)
                e = verify_window_segment(&window, row);
        if (!e && window.n > 0)
                *ret = window.segments[0];
        free(window.segments);
        arena_deinit(&window.arena);
        return e;
}

int verify_database_begin_range(struct verify_database *d, int32_t journal, uint64_t after, uint64_t until,
                                struct verify_segment *ret_before, struct verify_source *ret) {
        d->journal = journal;
        d->segment = after;
        d->until = until;
        d->to = INT64_MAX;
        d->limit = SEGMENTS_MIN;
        *ret = source_of(d);
        return segment_before(d, after, ret_before);
}

int verify_database_begin(struct verify_database *d, int32_t journal, uint64_t from, uint64_t to,
                          struct verify_source *ret) {
        uint64_t first, last;
        int e = verify_database_segments(d, journal, from, INT64_MAX, &first, &last);

        if (e)
                return e;
        d->journal = journal;
        d->segment = from <= 1 || first == 0 ? 0 : first - 1;
        d->until = INT64_MAX;
        d->to = to;
        d->limit = SEGMENTS_MIN;
        *ret = source_of(d);
        return 0;
}

void verify_database_begin_picked(struct verify_database *d, int32_t journal, const struct verify_picks *picks,
                                  struct verify_source *ret) {
        d->journal = journal;
        d->picks = picks;
        d->picked = 0;
        *ret = source_of(d);
}

int verify_database_outside(struct verify_database *d, const char *relation, uint64_t first, uint64_t last,
                            uint64_t *ret_before, uint64_t *ret_after) {
        const char *seq = strcmp(relation, "store_gap") == 0 ? "first_seq" : "seq", *table = table_named(d, relation);
        int e = replay_database_ask(d->wire,
                                    "SELECT (SELECT count(*) FROM %s x WHERE journal = %" PRId32 " AND %s < %" PRIu64
                                    "), (SELECT count(*) FROM %s x WHERE journal = %" PRId32 " AND %s > %" PRIu64 ")",
                                    table, d->journal, seq, first, table, d->journal, seq, last);

        if (e)
                return e;
        *ret_before = strtoull(wire_value(d->wire, 0, 0), NULL, 10);
        *ret_after = strtoull(wire_value(d->wire, 0, 1), NULL, 10);
        return 0;
}
