/*
 * Priming out of the journal: the one way to read it, for a reload's thread and for the replay of its record, and what
 * it asks of trimming. A reload is replayed from a snapshot before it, with all that it was primed with; so until the
 * older of two snapshots is behind the reload, its range stays. The ranges stand in meta "primings", as pairs of u64:
 * the reload's number and the first one that primed it.
 */
#include "engine_prime.h"

#define PRIME_INPUTS 2000
#define PRIME_BYTES  (1024 * 1024)

/* What was trimmed, or lost in a salvage, is not there: what is left is taken, and the replay's comparison tells. */
static int prime_read(struct engine_prime *r, struct journal_batch *batch) {
        int e = journal_read(r->journal, r->next, PRIME_INPUTS, PRIME_BYTES, batch);

        if (e == JOURNAL_E_TRIMMED) {
                e = journal_find_time(r->journal, WW_TIME_NONE, &r->next);
                if (!e)
                        e = journal_read(r->journal, r->next, PRIME_INPUTS, PRIME_BYTES, batch);
        }
        return e;
}

int engine_prime_feed(struct engine_prime *r, struct prime *prime) {
        struct journal_batch batch = { 0 };
        int e = 0;

        while (!e && r->next < r->before) {
                e = r->between ? r->between(r->userdata) : 0;
                if (!e)
                        e = prime_read(r, &batch);
                if (!e && batch.n == 0)
                        break;
                if (!e)
                        e = prime_batch(prime, &batch, r->before);
                if (!e)
                        r->next = batch.items[batch.n - 1].seq + 1;
        }
        if (!e)
                r->next = r->before;
        journal_batch_deinit(&batch);
        return e;
}

/* --- ranges that trimming leaves alone --- */

int engine_primings_load(struct engine *e) {
        _cleanup_buf_ struct buf value = BUF_INIT;
        int r = journal_get_meta(e->journal, "primings", &value);
        struct rd in = rd_init(buf_str(&value));

        e->n_primings = 0;
        while (!r && rd_left(&in) >= 16 && e->n_primings < ENGINE_PRIMINGS_MAX) {
                struct engine_priming *p = &e->primings[e->n_primings++];

                p->seq = rd_u64(&in);
                p->from = rd_u64(&in);
        }
        return r == -ENOENT ? 0 : r;
}

/* Those behind the older snapshot ask for nothing any more; of too many the two oldest become one. */
static void primings_make_room(struct engine *e) {
        size_t n = 0;

        for (size_t i = 0; i < e->n_primings; i++)
                if (e->primings[i].seq > e->trim_limit)
                        e->primings[n++] = e->primings[i];
        if (n == ENGINE_PRIMINGS_MAX) {
                if (e->primings[1].from > e->primings[0].from)
                        e->primings[1].from = e->primings[0].from;
                memmove(e->primings, e->primings + 1, --n * sizeof *e->primings);
        }
        e->n_primings = n;
}

int engine_primings_add(struct engine *e, uint64_t seq, uint64_t from) {
        _cleanup_buf_ struct buf value = BUF_INIT;

        primings_make_room(e);
        e->primings[e->n_primings++] = (struct engine_priming){ seq, from };
        for (size_t i = 0; i < e->n_primings; i++) {
                buf_put_u64(&value, e->primings[i].seq);
                buf_put_u64(&value, e->primings[i].from);
        }
        return value.error ? value.error : journal_put_meta(e->journal, "primings", buf_str(&value));
}

/* The first input that the replay of a reload behind the older snapshot reads; UINT64_MAX = none. */
static uint64_t primings_first(const struct engine *e) {
        uint64_t first = UINT64_MAX;

        for (size_t i = 0; i < e->n_primings; i++)
                if (e->primings[i].seq > e->trim_limit && e->primings[i].from < first)
                        first = e->primings[i].from;
        return first;
}

uint64_t engine_primings_limit(const struct engine *e, uint64_t limit) {
        uint64_t first = primings_first(e);

        if (e->priming_from && e->priming_from < first)
                first = e->priming_from;
        return first <= limit ? first - 1 : limit;
}

bool engine_primings_hold(const struct engine *e) {
        return primings_first(e) <= e->trim_limit;
}
