/*
 * The flood of alarms, per site: it starts when more than 10 were annunciated within 10 min, and ends when fewer than 5
 * were. Exercises do not count, nor does what sounds again only because a shift ended: nothing happened. Of more than
 * FLOOD_RING in 10 min the oldest are forgotten: the rate says "at least".
 */
#include "response/response_internal.h"

#define FLOOD_SPAN   (10 * WW_MINUTE)
#define FLOOD_STARTS 10 /* above */
#define FLOOD_ENDS   5  /* below */
#define FLUTTER_SPAN WW_MINUTE
#define FLUTTERS_MAX 10000

static void flood_prune(struct flood *f, int64_t now) {
        while (f->n && f->times[f->first] <= now - FLOOD_SPAN) {
                f->first = (f->first + 1) % FLOOD_RING;
                f->n--;
        }
}

static void flood_add(struct flood *f, int64_t now) {
        flood_prune(f, now);
        if (f->n == FLOOD_RING) {
                f->first = (f->first + 1) % FLOOD_RING;
                f->n--;
        }
        f->times[(f->first + f->n++) % FLOOD_RING] = now;
}

unsigned flood_rate(const struct response *r, int64_t now) {
        const struct flood *f = &r->flood;
        size_t old = 0;

        while (old < f->n && f->times[(f->first + old) % FLOOD_RING] <= now - FLOOD_SPAN)
                old++;
        return (unsigned)(f->n - old);
}

/* --- the flood as a subject --- */

static int flood_start(struct response *r, int64_t now) {
        struct subject *s = subject_new(r, WW_SUBJECT_FLOOD, NULL);

        if (!s)
                return -ENOMEM;
        body_set_time(s, "ended_at", WW_TIME_NONE);
        body_set_number(s, "peak", r->flood.n);
        body_set_time(s, "started_at", now);
        r->flood.subject = s->id;
        return subject_changed(r, s, "started", &ACT_TIMER(now));
}

/* The rate falls below the bound when so many are left that came last. */
int64_t flood_due(const struct response *r, const struct subject *s) {
        const struct flood *f = &r->flood;

        if (s->ended || f->n < FLOOD_ENDS)
                return s->ended ? WW_TIME_NEVER : s->changed_at;
        return f->times[(f->first + f->n - FLOOD_ENDS) % FLOOD_RING] + FLOOD_SPAN;
}

int flood_fire(struct response *r, struct subject *s, int64_t now) {
        int e;

        body_set_time(s, "ended_at", now);
        body_set_number(s, "peak", r->flood.peak);
        r->flood.subject = 0;
        r->flood.peak = 0;
        s->ended = true;
        e = subject_changed(r, s, "ended", &ACT_TIMER(now));
        if (!e)
                subject_forget(r, s);
        return e;
}

static int flood_annunciated(struct response *r, int64_t now) {
        struct flood *f = &r->flood;
        struct subject *s;

        flood_add(f, now);
        if (!f->subject && f->n <= FLOOD_STARTS)
                return 0;
        if (f->n > f->peak)
                f->peak = (unsigned)f->n;
        if (!f->subject)
                return flood_start(r, now);
        s = subject_find(r, WW_SUBJECT_FLOOD, f->subject);
        if (s)
                subject_timer(r, s);
        return 0;
}

/* --- chatter --- */

/* The first ones have been still for longest: what is old goes, and at the bound the oldest. */
static void flutter_forget(struct flood *f, int64_t now) {
        struct flutter *x, *next;

        HASH_ITER(hh, f->flutters, x, next) {
                if (x->cleared[2] > now - FLUTTER_SPAN && HASH_COUNT(f->flutters) < FLUTTERS_MAX)
                        return;
                HASH_DELETE(hh, f->flutters, x);
                free(x);
        }
}

static int flutter_put(struct flood *f, struct flutter *x) {
        HASH_ADD(hh, f->flutters, key, sizeof x->key, x);
        if (x->hh.tbl)
                return 0;
        free(x);
        return -ENOMEM;
}

static int flutter_cleared(struct flood *f, const struct ww_alarm *a, int64_t now) {
        uint64_t key = XXH3_64bits_withSeed(a->key.p ? a->key.p : "", a->key.n,
                                            XXH3_64bits(a->rule.p ? a->rule.p : "", a->rule.n));
        struct flutter *x;

        HASH_FIND(hh, f->flutters, &key, sizeof key, x);
        if (x) {
                HASH_DELETE(hh, f->flutters, x);
        } else {
                x = calloc(1, sizeof *x);
                if (!x)
                        return -ENOMEM;
                *x = (struct flutter){ .key = key, .cleared = { WW_TIME_NONE, WW_TIME_NONE, WW_TIME_NONE } };
        }
        x->cleared[0] = x->cleared[1];
        x->cleared[1] = x->cleared[2];
        x->cleared[2] = now;
        flutter_forget(f, now);
        return flutter_put(f, x);
}

size_t flood_chattering(const struct response *r, int64_t now) {
        struct flutter *x, *next;
        size_t n = 0;

        HASH_ITER(hh, r->flood.flutters, x, next)
                n += x->cleared[0] > now - FLUTTER_SPAN;
        return n;
}

int flood_transition(struct response *r, const struct ww_transition *t, int64_t now) {
        int e = 0;

        if (t->alarm.exercise)
                return 0;
        if (t->old_regions.active && !t->alarm.regions.active)
                e = flutter_cleared(&r->flood, &t->alarm, now);
        if (!e && t->annunciate && t->cause != WW_CAUSE_SHIFT_ENDED)
                e = flood_annunciated(r, now);
        return e;
}

/* --- life --- */

/* In their order, which is part of the state. */
static int flutters_save(const struct flood *f, struct buf *out) {
        struct flutter *x, *next;

        buf_put_var(out, HASH_COUNT(f->flutters));
        HASH_ITER(hh, f->flutters, x, next) {
                buf_put_u64(out, x->key);
                for (size_t k = 0; k < 3; k++)
                        buf_put_time(out, x->cleared[k]);
        }
        return out->error;
}

int flood_save(const struct response *r, struct buf *out) {
        const struct flood *f = &r->flood;

        buf_put_var(out, f->subject);
        buf_put_var(out, f->peak);
        buf_put_var(out, f->n);
        for (size_t i = 0; i < f->n; i++)
                buf_put_time(out, f->times[(f->first + i) % FLOOD_RING]);
        return flutters_save(f, out);
}

static int flutters_load(struct flood *f, struct rd *in) {
        uint64_t n = rd_var(in);

        for (uint64_t i = 0; i < n && !in->failed; i++) {
                struct flutter *x = calloc(1, sizeof *x);

                if (!x)
                        return -ENOMEM;
                x->key = rd_u64(in);
                for (size_t k = 0; k < 3; k++)
                        x->cleared[k] = rd_time(in);
                if (flutter_put(f, x))
                        return -ENOMEM;
        }
        return 0;
}

int flood_load(struct response *r, struct rd *in) {
        struct flood *f = &r->flood;
        struct subject *s;
        int e;

        f->subject = rd_var(in);
        f->peak = (unsigned)rd_var(in);
        f->n = rd_var(in);
        if (f->n > FLOOD_RING)
                return -EBADMSG;
        for (size_t i = 0; i < f->n; i++)
                f->times[i] = rd_time(in);
        e = flutters_load(f, in);
        s = f->subject ? subject_find(r, WW_SUBJECT_FLOOD, f->subject) : NULL;
        if (s) /* its end is counted from these */
                subject_timer(r, s);
        return e;
}

void flood_free(struct response *r) {
        struct flutter *x, *next;

        HASH_ITER(hh, r->flood.flutters, x, next) {
                HASH_DELETE(hh, r->flood.flutters, x);
                free(x);
        }
}
