/*
 * Some rows with their proof: of the chain it takes the segments that hold them, and behind each those up to the next
 * one that a checkpoint confirms. What lies between proves nothing about them, so an export of an incident that was
 * taken up again after a year is not a year long.
 */
#include "command/replay_database.h"
#include "command/verify_checkpoint.h"
#include "command/verify_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define AT_ONCE 10000 /* inputs that the database is asked for in one statement */

static int room(void **items, size_t n, size_t *capacity, size_t size) {
        size_t wanted = *capacity ? *capacity * 2 : 256;
        void *more;

        if (n < *capacity)
                return 0;
        more = reallocarray(*items, wanted, size);
        if (!more)
                return -ENOMEM;
        *items = more;
        *capacity = wanted;
        return 0;
}

int verify_picks_add(struct verify_picks *p, const char *relation, const struct proof_place *place) {
        int e = p->n == VERIFY_PICKS_MAX ? -ERANGE : room((void **)&p->items, p->n, &p->capacity, sizeof *p->items);

        if (e)
                return e;
        p->items[p->n] = (struct verify_pick){ .place = *place };
        (void)snprintf(p->items[p->n].relation, sizeof p->items[p->n].relation, "%s", relation);
        p->n++;
        return 0;
}

void verify_picks_deinit(struct verify_picks *p) {
        free(p->items);
        free(p->segments);
        *p = (struct verify_picks){ 0 };
}

static int pick_compare(const void *a, const void *b) {
        const struct verify_pick *x = a, *y = b;
        int order = strcmp(x->relation, y->relation);

        return order ? order : proof_place_compare(&x->place, &y->place);
}

static void sort(struct verify_picks *p) {
        size_t kept = 0;

        if (p->n > 0)
                qsort(p->items, p->n, sizeof *p->items, pick_compare);
        for (size_t i = 0; i < p->n; i++) {
                if (kept == 0 || pick_compare(&p->items[i], &p->items[kept - 1]) != 0)
                        p->items[kept++] = p->items[i];
        }
        p->n = kept;
}

const struct verify_pick *verify_picks_of(const struct verify_picks *p, const char *relation, uint64_t first,
                                          uint64_t last, size_t *ret_n) {
        size_t from = 0, to;

        while (from < p->n && (strcmp(p->items[from].relation, relation) != 0 || p->items[from].place.seq < first))
                from++;
        for (to = from; to < p->n && strcmp(p->items[to].relation, relation) == 0 && p->items[to].place.seq <= last;)
                to++;
        *ret_n = to - from;
        return p->items + from;
}

/* --- their segments --- */

static int segment_add(struct verify_picks *p, uint64_t segment) {
        int e;

        if (p->n_segments > 0 && p->segments[p->n_segments - 1] >= segment)
                return 0;
        e = room((void **)&p->segments, p->n_segments, &p->segments_capacity, sizeof *p->segments);
        if (!e)
                p->segments[p->n_segments++] = segment;
        return e;
}

/* Rows `from` to `to`, all of one relation or not: the answer comes in their order. */
static int place_some(struct verify_picks *p, struct verify_database *d, int32_t journal, size_t from, size_t to) {
        _cleanup_buf_ struct buf sql = BUF_INIT;
        int e;

        buf_puts(&sql, "SELECT s.segment FROM unnest('{");
        for (size_t i = from; i < to; i++)
                buf_printf(&sql, "%s%" PRIu64, i > from ? "," : "", p->items[i].place.seq);
        buf_printf(&sql,
                   "}'::bigint[]) WITH ORDINALITY k(seq, i) LEFT JOIN LATERAL (SELECT segment, first_seq FROM"
                   " proof_segment WHERE journal = %" PRId32
                   " AND last_seq >= k.seq ORDER BY last_seq LIMIT 1) s ON s.first_seq <= k.seq ORDER BY k.i",
                   journal);
        buf_put_u8(&sql, 0);
        if (sql.error)
                return sql.error;
        e = wire_exec(d->wire, (const char *)sql.p);
        if (e)
                return e < 0 ? e : replay_database_tell(wire_error(d->wire)->text, "the log of the database says more");
        for (size_t i = from; i < to; i++) {
                const char *segment = wire_value(d->wire, i - from, 0);

                p->items[i].segment = segment ? strtoull(segment, NULL, 10) : 0;
        }
        return 0;
}

static int by_number(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return x < y ? -1 : x > y;
}

/* The segments of all of them, once each; a row without one is not picked. */
static int segments_collect(struct verify_picks *p) {
        uint64_t *all = calloc(p->n + 1, sizeof *all);
        size_t kept = 0;
        int e = 0;

        if (!all)
                return -ENOMEM;
        for (size_t i = 0; i < p->n; i++) {
                if (p->items[i].segment == 0) {
                        p->older++;
                        continue;
                }
                all[kept] = p->items[i].segment;
                p->items[kept++] = p->items[i];
        }
        p->n = kept;
        qsort(all, kept, sizeof *all, by_number);
        for (size_t i = 0; i < kept && !e; i++)
                e = segment_add(p, all[i]);
        free(all);
        return e;
}

int verify_picks_place(struct verify_picks *p, struct verify_database *d, int32_t journal) {
        int e = 0;

        sort(p);
        for (size_t i = 0; i < p->n && !e; i += AT_ONCE)
                e = place_some(p, d, journal, i, p->n - i < AT_ONCE ? p->n : i + AT_ONCE);
        return e ? e : segments_collect(p);
}

int verify_picks_reach(struct verify_picks *p, const struct verify_checkpoints *checkpoints,
                       const uint8_t journal_id[16]) {
        struct verify_picks made = { 0 };
        int e = 0;

        for (size_t i = 0; i < p->n_segments && !e; i++) {
                uint64_t segment = p->segments[i];
                const struct proof_checkpoint *c = verify_checkpoints_after(checkpoints, journal_id, segment);

                do {
                        e = segment_add(&made, segment);
                } while (!e && c && segment++ < c->segment);
        }
        free(p->segments);
        p->segments = made.segments;
        p->n_segments = made.n_segments;
        p->segments_capacity = made.segments_capacity;
        return e;
}
