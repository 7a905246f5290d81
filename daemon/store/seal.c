/*
 * Every transaction of the store brings its segment of the chain with it. So there is no moment at which a row stands
 * in the database without its digest, and after a crash on either side rows, cursor and chain are those of the same
 * transaction: nothing has to be made good.
 *
 * The digests are made from what is sent, not from what PostgreSQL gives back: a row that was changed on its way, or a
 * moment after its commit, does not fit.
 *
 *   seal_begin     a transaction begins (also one that is tried again)
 *   seal_add       rows that were sent; a record that is rolled back to its savepoint is not added
 *   seal_add_some  the same piece by piece, each on its way while the next one is added: PostgreSQL need not wait
 *   seal_write     the segment, before COMMIT
 *   seal_committed from now on it is the one that the next one refers to
 *
 * A cursor that somebody moved shows: a segment begins behind the cursor, and one that does not begin behind the last
 * segment is a hole in the chain, which `wardwatch verify` reports.
 */
#include "store/seal.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

#define COPY_HEADER  19 /* bytes before the first row: signature, flags, length of the extension */
#define COPY_TRAILER 2  /* behind the last one: ones */
#define GAP_TYPES    "iqqs"
#define SQL_MAX      512
#define SEGMENT_COPY                                                                                                   \
        "COPY wardwatch.proof_segment (journal, segment, first_seq, last_seq, sealed_at, previous, hash)" COPY_END
#define PART_COPY "COPY wardwatch.proof_part (journal, segment, relation, layout, rows, root, leaves)" COPY_END
#define COPY_END  " FROM STDIN (FORMAT binary)"

/* --- where the chain stands --- */

static int layout_find(struct wire *w, const struct proof_layout *l, int *ret) {
        const char *const values[] = { l->relation, l->columns, l->types, l->time };

        for (int i = 0; i < 2; i++) {
                int e = wire_exec_params(w,
                                         "SELECT layout FROM wardwatch.proof_layout WHERE relation = $1 AND columns = "
                                         "$2 AND types = $3 AND time = $4",
                                         values, 4);

                if (e)
                        return e;
                if (wire_value(w, 0, 0)) {
                        *ret = atoi(wire_value(w, 0, 0));
                        return 0;
                }
                e = wire_exec_params(w,
                                     "INSERT INTO wardwatch.proof_layout (relation, layout, columns, types, time)"
                                     " SELECT $1, coalesce(max(layout), 0) + 1, $2, $3, $4 FROM wardwatch.proof_layout"
                                     " WHERE relation = $1 ON CONFLICT DO NOTHING",
                                     values, 4);
                if (e)
                        return e;
        }
        return WIRE_E_RETRY; /* another store took the number: once more, with a new connection */
}

static int layouts_init(struct seal *s, struct wire *w) {
        for (size_t i = 0; i <= SEAL_GAP; i++) {
                struct seal_part *part = &s->parts[i];
                int e;

                if (i != SEAL_GAP && !*tables[i].types)
                        continue;
                e = i == SEAL_GAP ? proof_layout_init(&part->layout, "store_gap", SEAL_GAP_COLUMNS, GAP_TYPES, "")
                                  : proof_layout_init(&part->layout, tables[i].name, tables[i].columns, tables[i].types,
                                                      tables[i].time);

                if (!e)
                        e = layout_find(w, &part->layout, &part->number);
                if (e)
                        return e;
        }
        return 0;
}

static int chain_load(struct seal *s, struct wire *w, const struct cursor *cursor) {
        char sql[SQL_MAX];
        const char *hash;
        size_t n;
        int e;

        (void)snprintf(sql, sizeof sql,
                       "SELECT segment, last_seq, encode(hash, 'hex') FROM wardwatch.proof_segment WHERE journal = "
                       "%" PRId32 " ORDER BY segment DESC LIMIT 1",
                       s->journal);
        e = wire_exec(w, sql);
        if (e || wire_rows(w) == 0)
                return e;
        s->segment = strtoull(wire_value(w, 0, 0), NULL, 10);
        s->last_seq = strtoull(wire_value(w, 0, 1), NULL, 10);
        hash = wire_value(w, 0, 2);
        if (sodium_hex2bin(s->hash, sizeof s->hash, hash, strlen(hash), NULL, &n, NULL) != 0 || n != sizeof s->hash)
                memset(s->hash, 0, sizeof s->hash);
        if (s->last_seq != cursor->seq)
                log_error("chain-broken", NULL,
                          "the last segment ends at %" PRIu64 ", the cursor stands at %" PRIu64
                          ": run `wardwatch verify`",
                          s->last_seq, cursor->seq);
        return 0;
}

int seal_init(struct seal *s, struct wire *w, const char *journal_id, const struct cursor *cursor) {
        int e;

        *s = (struct seal){ .journal = cursor->journal };
        if (sodium_init() < 0 || !proof_journal_id(journal_id, s->journal_id))
                return -EINVAL;
        e = layouts_init(s, w);
        return e ? e : chain_load(s, w, cursor);
}

void seal_deinit(struct seal *s) {
        for (size_t i = 0; i <= SEAL_GAP; i++)
                proof_tree_deinit(&s->parts[i].tree);
        proof_rows_deinit(&s->rows);
        copy_deinit(&s->copy);
}

/* --- rows --- */

void seal_begin(struct seal *s) {
        for (size_t i = 0; i <= SEAL_GAP; i++)
                proof_tree_reset(&s->parts[i].tree);
}

/* Whole rows from the beginning of `rows` until `most` bytes are reached. */
static int part_add(struct seal *s, struct seal_part *part, struct ww_str rows, size_t most, size_t *ret) {
        size_t taken = 0;

        s->rows.layout = &part->layout;
        while (taken < rows.n && taken < most) {
                uint8_t digest[PROOF_HASH];
                struct proof_place place;
                size_t n;
                int e = proof_row(&s->rows, (struct ww_str){ rows.p + taken, rows.n - taken }, &place, digest, &n);

                if (e)
                        return e;
                proof_tree_list(&part->tree, &place, digest);
                taken += n;
        }
        *ret = taken;
        return part->tree.leaves.error;
}

struct ww_str seal_rows(struct ww_str stream) {
        return (struct ww_str){ stream.p + COPY_HEADER, stream.n - COPY_HEADER - COPY_TRAILER };
}

int seal_add_some(struct seal *s, enum table table, struct ww_str rows, size_t most, size_t *ret) {
        *ret = rows.n < most ? rows.n : most;
        return *tables[table].types ? part_add(s, &s->parts[table], rows, most, ret) : 0;
}

int seal_add(struct seal *s, const struct rows *rows) {
        size_t taken;
        int e = 0;

        for (size_t i = 0; i < TABLE_MAX_ && !e; i++) {
                if (rows->tables[i].rows > 0)
                        e = seal_add_some(s, (enum table)i, seal_rows(buf_str(&rows->tables[i].bytes)), SIZE_MAX,
                                          &taken);
        }
        return e;
}

int seal_add_gap(struct seal *s, struct ww_str bytes) {
        size_t taken;

        return part_add(s, &s->parts[SEAL_GAP], seal_rows(bytes), SIZE_MAX, &taken);
}

/* --- the segment --- */

static void segment_make(struct seal *s, const struct cursor *cursor, uint64_t last, int64_t now) {
        struct proof_segment *next = &s->next;

        next->segment = s->segment + 1;
        next->first_seq = cursor->seq + 1;
        next->last_seq = last;
        next->sealed_at = now;
        next->n_parts = 0;
        memcpy(next->journal_id, s->journal_id, sizeof next->journal_id);
        memcpy(next->previous, s->hash, PROOF_HASH);
        for (size_t i = 0; i <= SEAL_GAP; i++) {
                const struct seal_part *part = &s->parts[i];
                struct proof_part *made = &next->parts[next->n_parts];

                if (part->tree.n == 0)
                        continue;
                *made = (struct proof_part){ .relation = part->layout.relation,
                                             .columns = part->layout.columns,
                                             .types = part->layout.types,
                                             .rows = (int64_t)part->tree.n };
                proof_tree_root(&part->tree, made->root);
                next->n_parts++;
        }
        proof_segment_hash(next);
}

static struct ww_str bytes_of(const uint8_t *p, size_t n) {
        return (struct ww_str){ (const char *)p, n };
}

static int segment_send(struct seal *s, struct wire *w) {
        struct copy *c = &s->copy;

        copy_begin(c);
        copy_row(c, 7);
        copy_integer(c, s->journal);
        copy_bigint(c, (int64_t)s->next.segment);
        copy_bigint(c, (int64_t)s->next.first_seq);
        copy_bigint(c, (int64_t)s->next.last_seq);
        copy_timestamp(c, s->next.sealed_at);
        copy_bytea(c, bytes_of(s->next.previous, PROOF_HASH));
        copy_bytea(c, bytes_of(s->next.hash, PROOF_HASH));
        copy_end(c);
        return c->bytes.error ? c->bytes.error : wire_copy(w, SEGMENT_COPY, buf_str(&c->bytes));
}

static int parts_send(struct seal *s, struct wire *w) {
        struct copy *c = &s->copy;

        copy_begin(c);
        for (size_t i = 0; i <= SEAL_GAP; i++) {
                const struct seal_part *part = &s->parts[i];
                uint8_t root[PROOF_HASH];

                if (part->tree.n == 0)
                        continue;
                proof_tree_root(&part->tree, root);
                copy_row(c, 7);
                copy_integer(c, s->journal);
                copy_bigint(c, (int64_t)s->next.segment);
                copy_fixed(c, part->layout.relation);
                copy_integer(c, part->number);
                copy_bigint(c, (int64_t)part->tree.n);
                copy_bytea(c, bytes_of(root, PROOF_HASH));
                copy_bytea(c, buf_str(&part->tree.leaves));
        }
        copy_end(c);
        return c->bytes.error ? c->bytes.error : wire_copy(w, PART_COPY, buf_str(&c->bytes));
}

int seal_write(struct seal *s, struct wire *w, const struct cursor *cursor, uint64_t last, int64_t now) {
        int e;

        segment_make(s, cursor, last, now);
        e = segment_send(s, w);
        return e ? e : parts_send(s, w);
}

void seal_committed(struct seal *s) {
        s->segment = s->next.segment;
        s->last_seq = s->next.last_seq;
        memcpy(s->hash, s->next.hash, PROOF_HASH);
}
