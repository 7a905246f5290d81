/*
 * A batch of the journal's records into PostgreSQL, and what to do about rows that it refuses.
 *
 * The unit is the group: an input and what was concluded from it. A transaction holds whole groups and moves the cursor
 * to the last one's seq, so whatever is committed is never written again.
 *
 *   write(all)            the common case: one transaction
 *     refused             what comes before the row that PostgreSQL names is written, and its group is the bad one;
 *                         everything behind it follows at full size. Where it names none (a trigger that fires at the
 *                         statement's end): the first half is tried; if it goes in, the refused half is known to be the
 *                         other one. So the bad group is found in log2(n) steps while everything before it is committed
 *                         on the way.
 *     refused, one group  its records are written one by one, each behind a savepoint; those that PostgreSQL refuses go
 *                         to quarantine with their raw bytes, in the same transaction as the rest.
 *     refused at COMMIT   (a deferred constraint): the whole group goes to quarantine.
 *     retry               deadlock, serialization, lock, a statement that took too long: again, a few times, with a
 *                         pause that grows and half as much at once; what goes in lets the next ones grow, slowly
 *
 * What must not leave the journal is overwritten before anything else is done with a record (journal/redact.h), so
 * quarantine does not get it either.
 *
 * A record that we cannot read ourselves goes straight to quarantine and needs no search. The notice about a
 * quarantined record is said when its transaction is committed, not before.
 *
 * What must not happen: a row that is skipped without a trace, or a row that stops those behind it for ever. If even
 * the quarantine refuses a record, that is an error of the connection (down), told in the log, and nothing is skipped.
 */
#include "store/batch.h"

#include "base/clock.h"
#include "journal/redact.h"

#include <inttypes.h>
#include <stdio.h>

#define TRIES_MAX      6
#define TRIES_AHEAD    4  /* of making a partition, while readers are in the way: of one that has time … */
#define TRIES_NOW      10 /* … and of one without which rows go to the default partition for good: 8 s */
#define DAYS_AHEAD     7  /* partitions made in advance: a week in which making them may fail */
#define DAYS_BACK_MAX  62 /* an older or later date gets no partition of its own: a device or a clock is wrong */
#define DAYS_AHEAD_MAX 31
#define SAID_MAX       64 /* notices of one transaction; one for each record, further ones are found at the next start */
#define SQL_MAX        768
#define PIECE          (32 * 1024) /* of a COPY stream, sealed at once: less than a socket holds, so that none waits */

int batch_init(struct batch *b, struct wire *wire, struct outbox *outbox, const char *journal_id,
               const struct cursor *cursor, int64_t day) {
        struct outbox_notice *said = calloc(SAID_MAX, sizeof *said);

        if (!said)
                return -ENOMEM;
        *b = (struct batch){
                .wire = wire,
                .outbox = outbox,
                .cursor = *cursor,
                .day = day,
                .days_from = INT64_MAX,
                .days_to = INT64_MIN,
                .said = said,
        };
        (void)snprintf(b->journal_id, sizeof b->journal_id, "%s", journal_id);
        rows_init(&b->rows, cursor->journal);
        return seal_init(&b->seal, wire, journal_id, cursor);
}

void batch_deinit(struct batch *b) {
        rows_deinit(&b->rows);
        seal_deinit(&b->seal);
        free(b->starts);
        free(b->said);
        arena_deinit(&b->arena);
        buf_deinit(&b->redacted);
        *b = (struct batch){ 0 };
}

/* --- groups --- */

static int batch_group(struct batch *b, const struct journal_batch *in, uint64_t last) {
        if (b->capacity < in->n + 1) {
                size_t *starts = realloc(b->starts, (in->n + 1) * sizeof *starts);

                if (!starts)
                        return -ENOMEM;
                b->starts = starts;
                b->capacity = in->n + 1;
        }
        b->in = in;
        b->groups = 0;
        for (size_t i = 0; i < in->n; i++) {
                if (in->items[i].seq > last) {
                        b->starts[b->groups] = i;
                        return 0;
                }
                if (i == 0 || in->items[i].seq != in->items[i - 1].seq)
                        b->starts[b->groups++] = i;
        }
        b->starts[b->groups] = in->n;
        return 0;
}

/* --- notices --- */

static void batch_say(struct batch *b, const struct journal_item *item, const char *error) {
        struct outbox_notice *notice;
        char part[16] = "input";

        if (b->n_said == SAID_MAX)
                return;
        notice = &b->said[b->n_said++];
        if (item->output)
                (void)snprintf(part, sizeof part, "%" PRIu32, item->n);
        (void)snprintf(notice->id, sizeof notice->id, "store-%s-row-%" PRIu64 "-%s", b->journal_id, item->seq, part);
        (void)snprintf(notice->subject, sizeof notice->subject, "record %" PRIu64 ".%s", item->seq, part);
        (void)snprintf(notice->text, sizeof notice->text, "the record is kept in quarantine: %s", error);
}

static void batch_said(struct batch *b) {
        for (size_t i = 0; i < b->n_said; i++)
                outbox_put(b->outbox, b->said[i].id, "row-quarantined", b->said[i].subject, b->said[i].text);
        b->n_said = 0;
}

/* --- rows --- */

/* Record `i` as it may leave; until the next one. */
static int batch_item(struct batch *b, size_t i, struct journal_item *ret) {
        arena_reset(&b->arena);
        return redact_item(b->in, i, &b->arena, &b->redacted, ret);
}

/* Adds the record's rows, or its row in quarantine if it cannot be read. */
static int batch_add(struct batch *b, const struct journal_item *item) {
        int e = rows_add(&b->rows, item);

        if (e != ROWS_E_UNREADABLE)
                return e;
        batch_say(b, item, b->rows.error);
        b->figures.quarantined++;
        return rows_add_quarantine(&b->rows, item, "WW001", b->rows.error);
}

/* One table's rows. A piece is sealed while PostgreSQL is busy with the one before. */
static int copy_sealed(struct batch *b, enum table table, struct ww_str stream) {
        struct ww_str rows = seal_rows(stream), head = { stream.p, (size_t)(rows.p - stream.p) };
        int e = wire_copy_put(b->wire, head);

        while (!e && rows.n > 0) {
                size_t n;

                e = seal_add_some(&b->seal, table, rows, PIECE, &n);
                if (!e)
                        e = wire_copy_put(b->wire, (struct ww_str){ rows.p, n });
                rows.p += n;
                rows.n -= n;
        }
        return e ? e : wire_copy_put(b->wire, (struct ww_str){ rows.p, (size_t)(stream.p + stream.n - rows.p) });
}

static int batch_copy(struct batch *b, enum table table, bool sealed) {
        struct ww_str stream = buf_str(&b->rows.tables[table].bytes);
        char sql[SQL_MAX];
        int e;

        (void)snprintf(sql, sizeof sql, "COPY wardwatch.%s (%s) FROM STDIN (FORMAT binary)", tables[table].name,
                       tables[table].columns);
        e = wire_copy_in(b->wire, sql);
        if (!e)
                e = sealed ? copy_sealed(b, table, stream) : wire_copy_put(b->wire, stream);
        if (!e)
                e = wire_copy_end(b->wire);
        if (e == WIRE_E_DATA)
                b->refused = rows_seq(&b->rows, table, wire_refused(b->wire));
        return e;
}

/* `sealed`: row by row as they go; what may be taken back to a savepoint is sealed afterwards. */
static int batch_send(struct batch *b, bool sealed) {
        int e = rows_finish(&b->rows);

        for (size_t i = 0; i < TABLE_MAX_ && !e; i++) {
                if (b->rows.tables[i].rows > 0)
                        e = batch_copy(b, (enum table)i, sealed);
        }
        return e || sealed ? e : seal_add(&b->seal, &b->rows);
}

/* --- partitions --- */

static int64_t min64(int64_t a, int64_t b) {
        return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b) {
        return a > b ? a : b;
}

int batch_partitions_ahead(struct batch *b, int64_t today) {
        int e = cursor_partitions(b->wire, today - 1, today + DAYS_AHEAD, TRIES_AHEAD);

        if (e)
                return e;
        b->day = today;
        b->days_from = min64(b->days_from, today - 1);
        b->days_to = max64(b->days_to, today + DAYS_AHEAD);
        return 0;
}

/* The refill of a database that was away has days that are gone by. They get their partitions before the first of their
 * rows: afterwards the default partition would hold some, and keep the day. */
static int batch_partitions(struct batch *b) {
        int64_t first = max64(b->rows.first_day, b->day - DAYS_BACK_MAX);
        int64_t last = min64(b->rows.last_day, b->day + DAYS_AHEAD_MAX);
        int e;

        if (first > last || (first >= b->days_from && last <= b->days_to))
                return 0;
        first = min64(first, b->days_from);
        last = max64(last, b->days_to);
        e = cursor_partitions(b->wire, first, last, TRIES_NOW);
        /* the range counts as made even if not: one failure, not one for each batch */
        b->days_from = first;
        b->days_to = last;
        return e == WIRE_E_DATA || e == WIRE_E_RETRY ? 0 : e;
}

/* --- transactions --- */

static void batch_moved(struct batch *b, size_t to, size_t records, size_t rows) {
        const struct journal_item *item = &b->in->items[b->starts[to - 1]];

        b->cursor.seq = item->seq;
        b->cursor.fingerprint = cursor_fingerprint(item->record);
        b->figures.transactions++;
        b->figures.records += records;
        b->figures.rows += rows;
        seal_committed(&b->seal);
        batch_said(b);
}

static int batch_begin(struct batch *b, size_t to) {
        const struct journal_item *item = &b->in->items[b->starts[to - 1]];

        seal_begin(&b->seal);
        return cursor_begin(b->wire, &b->cursor, item->seq, cursor_fingerprint(item->record));
}

/* The segment of the chain goes with the rows: both are there, or neither. */
static int batch_commit(struct batch *b, uint64_t last) {
        int e = seal_write(&b->seal, b->wire, &b->cursor, last, clock_wall());

        return e ? e : cursor_commit(b->wire);
}

/* Groups `from` to before `to` in one transaction. */
static int batch_try(struct batch *b, size_t from, size_t to) {
        uint64_t quarantined = b->figures.quarantined;
        int e = 0;

        b->n_said = 0;
        b->refused = 0;
        rows_reset(&b->rows);
        for (size_t i = b->starts[from]; i < b->starts[to] && !e; i++) {
                struct journal_item item;

                e = batch_item(b, i, &item);
                if (!e)
                        e = batch_add(b, &item);
        }
        if (!e)
                e = batch_partitions(b);
        if (!e)
                e = batch_begin(b, to);
        if (!e)
                e = batch_send(b, true);
        if (!e)
                e = batch_commit(b, b->in->items[b->starts[to - 1]].seq);
        if (e)
                b->figures.quarantined = quarantined;
        else
                batch_moved(b, to, b->starts[to] - b->starts[from], b->rows.n);
        return e;
}

static int batch_quarantine(struct batch *b, const struct journal_item *item, const struct wire_error *error) {
        int e;

        rows_reset(&b->rows);
        e = rows_add_quarantine(&b->rows, item, error->sqlstate, error->text);
        if (!e)
                e = batch_send(b, false);
        batch_say(b, item, error->text);
        b->figures.quarantined++;
        return e;
}

/* One record behind a savepoint. */
static int batch_record(struct batch *b, const struct journal_item *item) {
        struct wire_error error;
        int e = wire_exec(b->wire, "SAVEPOINT record");

        rows_reset(&b->rows);
        if (!e)
                e = batch_add(b, item);
        if (!e)
                e = batch_send(b, false);
        if (!e)
                return wire_exec(b->wire, "RELEASE record");
        if (e != WIRE_E_DATA)
                return e;
        error = *wire_error(b->wire);
        e = wire_exec(b->wire, "ROLLBACK TO record");
        return e ? e : batch_quarantine(b, item, &error);
}

/* One group, record by record; `all`: every record goes to quarantine, for the reason `all` gives. */
static int batch_apart(struct batch *b, size_t group, const struct wire_error *all) {
        uint64_t quarantined = b->figures.quarantined;
        size_t records = b->starts[group + 1] - b->starts[group];
        int e = batch_begin(b, group + 1);

        b->n_said = 0;
        for (size_t i = b->starts[group]; i < b->starts[group + 1] && !e; i++) {
                struct journal_item item;

                e = batch_item(b, i, &item);
                if (!e)
                        e = all ? batch_quarantine(b, &item, all) : batch_record(b, &item);
        }
        if (!e)
                e = batch_commit(b, b->in->items[b->starts[group]].seq);
        if (e)
                b->figures.quarantined = quarantined;
        else
                batch_moved(b, group + 1, records, records);
        return e;
}

/* A group that was refused as a whole. */
static int batch_refused(struct batch *b, size_t group) {
        struct wire_error error;
        int e = batch_apart(b, group, NULL);

        if (e != WIRE_E_DATA)
                return e;
        error = *wire_error(b->wire);
        e = wire_exec(b->wire, "ROLLBACK");
        if (!e)
                e = batch_apart(b, group, &error);
        return e == WIRE_E_DATA ? WIRE_E_DOWN : e;
}

/* The group of the row that was named, if it is one of those that were tried. */
static bool batch_named(const struct batch *b, size_t from, size_t to, size_t *ret) {
        for (size_t group = from; b->refused && group < to; group++) {
                if (b->in->items[b->starts[group]].seq == b->refused) {
                        *ret = group;
                        return true;
                }
        }
        return false;
}

/* Less at once, after a try that found the server too slow or in somebody's way. */
static void batch_shrink(struct batch *b, size_t tried) {
        b->most = tried > 1 ? tried / 2 : 1;
}

static void batch_grow(struct batch *b) {
        if (b->most)
                b->most += b->most / 8 + 1;
        if (b->most > b->groups)
                b->most = 0;
}

/* What to try of the groups before `bad`, which are known to be refused together. */
static size_t batch_part(size_t from, size_t bad, bool named) {
        return named && bad - 1 > from ? bad - 1 : from + (bad - from + 1) / 2;
}

int batch_write(struct batch *b, const struct journal_batch *in, uint64_t last) {
        size_t from = 0, bad = 0; /* groups from `from` to before `bad` are known to be refused together */
        bool named = false;       /* it is the last one of them */
        unsigned tries = 0;
        int e = batch_group(b, in, last);

        while (!e && from < b->groups) {
                size_t to = bad > from ? batch_part(from, bad, named) : b->groups, group;
                bool apart = bad == from + 1;

                if (b->most && to - from > b->most)
                        to = from + b->most;
                e = apart ? batch_refused(b, from) : batch_try(b, from, to);
                if (!e) {
                        from = to;
                        tries = 0;
                        batch_grow(b);
                        continue;
                }
                if (e != WIRE_E_DATA && (e != WIRE_E_RETRY || ++tries == TRIES_MAX))
                        break;
                if (e == WIRE_E_RETRY) {
                        b->figures.retries++;
                        batch_shrink(b, to - from);
                        wire_pause(tries);
                } else {
                        named = batch_named(b, from, to, &group);
                        bad = named ? group + 1 : to;
                }
                e = wire_exec(b->wire, "ROLLBACK");
        }
        return e == WIRE_E_RETRY ? WIRE_E_DOWN : e;
}

/* --- gaps --- */

int batch_gap(struct batch *b, uint64_t last, const char *reason) {
        struct copy gap = { 0 };
        int e;

        copy_begin(&gap);
        copy_row(&gap, 4);
        copy_integer(&gap, b->cursor.journal);
        copy_bigint(&gap, (int64_t)b->cursor.seq + 1);
        copy_bigint(&gap, (int64_t)last);
        copy_text(&gap, ww_str(reason));
        copy_end(&gap);
        e = gap.bytes.error;
        seal_begin(&b->seal);
        if (!e)
                e = cursor_begin(b->wire, &b->cursor, last, 0);
        if (!e)
                e = wire_copy(b->wire, SEAL_GAP_COPY, buf_str(&gap.bytes));
        if (!e)
                e = seal_add_gap(&b->seal, buf_str(&gap.bytes));
        if (!e)
                e = batch_commit(b, last);
        copy_deinit(&gap);
        if (e)
                return e;
        seal_committed(&b->seal);
        b->cursor.seq = last;
        b->cursor.fingerprint = 0;
        return 0;
}
