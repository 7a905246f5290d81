/*
 * Spans: for each device and family whose level is on, where it began; and the ended ones that a window still overlaps,
 * in the order of their ends, which is the order in which they leave it.
 */
#include "correlate/trace.h"

/* a device's level of one family: a smoke detector that is hot, too, holds an alias over both twice */
static bool span_before(const struct span *a, const struct span *b) {
        if (a->alias != b->alias)
                return a->alias < b->alias;
        return a->device != b->device ? a->device < b->device : a->family < b->family;
}

static size_t open_place(const struct spans *s, const struct span *span, bool *found) {
        size_t low = 0, high = s->n_open;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (span_before(&s->open[middle], span))
                        low = middle + 1;
                else
                        high = middle;
        }
        *found = low < s->n_open && !span_before(span, &s->open[low]);
        return low;
}

static int grow(struct span **spans, uint32_t n, uint32_t *capacity) {
        uint32_t more = *capacity ? *capacity * 2 : 2;
        struct span *p;

        if (n < *capacity)
                return 0;
        p = realloc(*spans, more * sizeof *p);
        if (!p)
                return -ENOMEM;
        *spans = p;
        *capacity = more;
        return 0;
}

static int open_add(struct spans *s, struct span span) {
        bool found;
        size_t at = open_place(s, &span, &found);

        if (found)
                return -EEXIST;
        if (grow(&s->open, s->n_open, &s->open_capacity) < 0)
                return -ENOMEM;
        memmove(s->open + at + 1, s->open + at, (s->n_open - at) * sizeof *s->open);
        s->open[at] = span;
        s->n_open++;
        return 0;
}

/* ---- the only span of a key: its entry says all but the alias ---- */

static union levels *levels_of(const struct key *k) {
        return (union levels *)(uintptr_t)(k + 1);
}

static struct spans *spans_many(const struct key *k) {
        return k->spans == SPANS_MANY ? levels_of(k)->spans : NULL;
}

static bool has_one(const struct key *k) {
        return k->spans != SPANS_NONE && k->spans != SPANS_MANY;
}

static uint32_t one_alias(const struct key *k) {
        return k->spans - 1u;
}

static struct entry *one_entry(const struct correlate *c, const struct key *k) {
        return log_entry(key_rule(c, k), k, levels_of(k)->place);
}

static bool one_is(const struct correlate *c, const struct key *k, const struct entry *e, uint32_t alias) {
        const struct entry *start = one_entry(c, k);

        return one_alias(k) == alias && start->device == e->device && start->family == e->family;
}

void span_moved(struct key *k, size_t from, size_t n, size_t to) {
        if (has_one(k) && levels_of(k)->place - from < n)
                levels_of(k)->place += to - from;
}

void span_lost(struct key *k, size_t place) {
        if (has_one(k) && levels_of(k)->place == place)
                k->spans = SPANS_NONE;
}

static struct span span_of(const struct entry *e, uint32_t alias) {
        return (struct span){ e->device, (uint16_t)alias, e->family, e->at };
}

/* room for more than one */
static int spans_settle(const struct correlate *c, struct key *k) {
        struct spans *s = k->spans == SPANS_MANY ? levels_of(k)->spans : calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        r = has_one(k) ? open_add(s, span_of(one_entry(c, k), one_alias(k))) : 0;
        if (r) {
                free(s);
                return r;
        }
        k->spans = SPANS_MANY;
        levels_of(k)->spans = s;
        return 0;
}

/* -EEXIST: it is open already */
static int open_put(const struct correlate *c, struct key *k, const struct entry *e, uint32_t alias) {
        int r;

        if (k->spans == SPANS_NONE) {
                k->spans = (uint8_t)(alias + 1);
                levels_of(k)->place = (size_t)((const uint8_t *)e - k->log) / key_rule(c, k)->entry_size;
                return 0;
        }
        if (has_one(k) && one_is(c, k, e, alias))
                return -EEXIST;
        r = spans_settle(c, k);
        return r ? r : open_add(levels_of(k)->spans, span_of(e, alias));
}

/* ---- entries ---- */

static int span_open(struct correlate *c, struct key *k, struct entry *e, uint32_t alias) {
        int r = open_put(c, k, e, alias);

        if (r)
                return r == -EEXIST ? 0 : r;
        e->started |= (uint16_t)(1u << alias);
        e->pinned |= (uint16_t)(1u << alias);
        return 0;
}

static int closed_add(struct spans *s, struct span span) {
        if (s->closed_first && s->closed_first == s->n_closed)
                s->closed_first = s->n_closed = 0;
        if (grow(&s->closed, s->n_closed, &s->closed_capacity) < 0)
                return -ENOMEM;
        s->closed[s->n_closed++] = span;
        return 0;
}

static void unpin(struct entry *start, uint32_t alias) {
        if (start)
                start->pinned &= (uint16_t) ~(1u << alias);
}

/* one of many; windows count it until it leaves */
static int many_close(struct correlate *c, struct key *k, struct entry *e, uint32_t alias) {
        const struct rule *rule = key_rule(c, k);
        struct spans *s = spans_many(k);
        struct span span = span_of(e, alias);
        bool found;
        size_t at = open_place(s, &span, &found);

        if (!found || !s->open)
                return 0;
        e->ended |= (uint16_t)(1u << alias);
        if (!rule_windowed(rule))
                unpin(log_find(rule, k, s->open[at].start), alias);
        else if (closed_add(s, s->open[at]) < 0)
                return -ENOMEM;
        memmove(s->open + at, s->open + at + 1, (s->n_open - at - 1) * sizeof *s->open);
        s->n_open--;
        return 0;
}

static int span_close(struct correlate *c, struct key *k, struct entry *e, uint32_t alias) {
        if (k->spans == SPANS_NONE || (has_one(k) && !one_is(c, k, e, alias)))
                return 0;
        if (k->spans != SPANS_MANY && rule_windowed(key_rule(c, k)) && spans_settle(c, k) < 0)
                return -ENOMEM;
        if (k->spans == SPANS_MANY)
                return many_close(c, k, e, alias);
        e->ended |= (uint16_t)(1u << alias);
        unpin(one_entry(c, k), alias);
        k->spans = SPANS_NONE;
        return 0;
}

int span_entry(struct correlate *c, struct key *k, struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        uint16_t on = e->on & rule->level_mask, off = e->off & rule->level_mask;

        e->started = e->ended = e->pinned = 0;
        if (!(on | off))
                return 0;
        for (uint32_t alias = 0; alias < rule->n_aliases; alias++) {
                int r = 0;

                if (on & (1u << alias))
                        r = span_open(c, k, e, alias);
                else if (off & (1u << alias))
                        r = span_close(c, k, e, alias);
                if (r)
                        return r;
        }
        return 0;
}

struct order span_closed_take(struct key *k) {
        struct spans *s = spans_many(k);

        return s && s->closed_first < s->n_closed ? s->closed[s->closed_first++].start : order_deadline(WW_TIME_NONE);
}

struct order span_closed_undo(struct key *k) {
        struct spans *s = spans_many(k);

        return s && s->closed_first < s->n_closed ? s->closed[--s->n_closed].start : order_deadline(WW_TIME_NONE);
}

const struct span *span_list(const struct correlate *c, const struct key *k, struct span *one, size_t *ret_n) {
        const struct spans *s = spans_many(k);

        *ret_n = s ? s->n_open : has_one(k);
        if (s)
                return s->open;
        *one = has_one(k) ? span_of(one_entry(c, k), one_alias(k)) : (struct span){ 0 };
        return one;
}

bool span_any(const struct key *k, uint16_t mask) {
        const struct spans *s = spans_many(k);

        for (size_t i = 0; s && i < s->n_open; i++)
                if (mask & (1u << s->open[i].alias))
                        return true;
        return has_one(k) && (mask & (1u << one_alias(k)));
}

bool span_counted(const struct correlate *c, const struct key *k, uint16_t mask) {
        struct span one;
        size_t n;
        const struct span *open = span_list(c, k, &one, &n);

        for (size_t i = 0; i < n; i++) {
                const struct entry *e = mask & (1u << open[i].alias) ? log_find(key_rule(c, k), k, open[i].start)
                                                                     : NULL;

                if (e && !(e->flags & ENTRY_RETAINED))
                        return true;
        }
        return false;
}

struct order span_earliest(const struct correlate *c, const struct key *k, uint16_t mask) {
        struct order best = order_deadline(WW_TIME_NEVER);
        struct span one;
        size_t n;
        const struct span *open = span_list(c, k, &one, &n);

        for (size_t i = 0; i < n; i++)
                if ((mask & (1u << open[i].alias)) && order_compare(open[i].start, best) < 0)
                        best = open[i].start;
        return best;
}

void span_reset(struct key *k) {
        struct spans *s = spans_many(k);

        if (s)
                s->n_open = s->n_closed = s->closed_first = 0;
        else
                k->spans = SPANS_NONE;
}

void span_free(struct key *k) {
        struct spans *s = spans_many(k);

        k->spans = SPANS_NONE;
        if (!s)
                return;
        free(s->open);
        free(s->closed);
        free(s);
}

/* ---- snapshots: a span is told by its start, whose entry knows the device ---- */

static void spans_save(const struct span *spans, size_t n, struct buf *out) {
        buf_put_var(out, n);
        for (size_t i = 0; i < n; i++) {
                buf_put_var(out, spans[i].alias);
                order_save(out, spans[i].start);
        }
}

void span_save(const struct correlate *c, const struct key *k, struct buf *out) {
        static const struct spans none;
        const struct spans *s = spans_many(k) ? spans_many(k) : &none;
        struct span one;
        size_t n;
        const struct span *open = span_list(c, k, &one, &n);

        spans_save(open, n, out);
        spans_save(s->n_closed ? s->closed + s->closed_first : NULL, s->n_closed ? s->n_closed - s->closed_first : 0,
                   out);
}

static int closed_put(const struct correlate *c, struct key *k, const struct entry *e, uint32_t alias) {
        int r = spans_settle(c, k);

        return r ? r : closed_add(levels_of(k)->spans, span_of(e, alias));
}

static int spans_load(struct correlate *c, struct rd *in, struct key *k,
                      int (*put)(const struct correlate *, struct key *, const struct entry *, uint32_t)) {
        uint64_t n = rd_var(in);
        int r = 0;

        if (in->failed || n > rd_left(in))
                return -EBADMSG;
        for (uint64_t i = 0; i < n && !r; i++) {
                uint64_t alias = rd_var(in);
                struct order start = order_load(in);
                const struct entry *e = in->failed ? NULL : log_find(key_rule(c, k), k, start);

                if (!e || alias >= RULE_ALIASES_MAX || !(key_rule(c, k)->level_mask & e->on & (1u << alias)))
                        return -EBADMSG;
                r = put(c, k, e, (uint32_t)alias);
                if (!r)
                        r = tallies_add(c, k, e, (uint16_t)(1u << alias));
        }
        return r == -EEXIST ? -EBADMSG : r;
}

int span_load(struct correlate *c, struct rd *in, struct key *k) {
        int r = spans_load(c, in, k, open_put);

        return r ? r : spans_load(c, in, k, closed_put);
}
