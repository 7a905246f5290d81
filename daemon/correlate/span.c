/*
 * Spans: for each device and family whose level is on, where it began; and the ended ones that a window still overlaps,
 * in the order of their ends, which is the order in which they leave it.
 */
#include "correlate/state.h"

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

static int span_open(struct spans *s, struct entry *e, uint32_t alias) {
        int r = open_add(s, (struct span){ e->device, (uint16_t)alias, e->family, e->at });

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

static int span_close(struct correlate *c, struct key *k, struct entry *e, uint32_t alias) {
        const struct rule *rule = key_rule(c, k);
        struct spans *s = k->extra->spans;
        struct entry *start;
        bool found;
        size_t at = open_place(s, &(struct span){ e->device, (uint16_t)alias, e->family, e->at }, &found);

        if (!found || !s->open)
                return 0;
        e->ended |= (uint16_t)(1u << alias);
        start = log_find(rule, k, s->open[at].start);
        if (rule_windowed(rule)) {
                if (closed_add(s, s->open[at]) < 0)
                        return -ENOMEM;
        } else if (start) {
                start->pinned &= (uint16_t) ~(1u << alias);
        }
        memmove(s->open + at, s->open + at + 1, (s->n_open - at - 1) * sizeof *s->open);
        s->n_open--;
        return 0;
}

int span_entry(struct correlate *c, struct key *k, struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        uint16_t on = e->on & rule->level_mask, off = e->off & rule->level_mask;

        e->started = e->ended = e->pinned = 0;
        if (!(on | off))
                return 0;
        if (!k->extra->spans)
                k->extra->spans = calloc(1, sizeof *k->extra->spans);
        if (!k->extra->spans)
                return -ENOMEM;
        for (uint32_t alias = 0; alias < rule->n_aliases; alias++) {
                int r = 0;

                if (on & (1u << alias))
                        r = span_open(k->extra->spans, e, alias);
                else if (off & (1u << alias))
                        r = span_close(c, k, e, alias);
                if (r)
                        return r;
        }
        return 0;
}

struct order span_closed_take(struct key *k) {
        struct spans *s = key_extra(k)->spans;

        return s && s->closed_first < s->n_closed ? s->closed[s->closed_first++].start : order_deadline(WW_TIME_NONE);
}

struct order span_closed_undo(struct key *k) {
        struct spans *s = key_extra(k)->spans;

        return s && s->closed_first < s->n_closed ? s->closed[--s->n_closed].start : order_deadline(WW_TIME_NONE);
}

bool span_any(const struct key *k, uint16_t mask) {
        const struct spans *s = key_extra(k)->spans;

        for (size_t i = 0; s && i < s->n_open; i++)
                if (mask & (1u << s->open[i].alias))
                        return true;
        return false;
}

bool span_counted(const struct correlate *c, const struct key *k, uint16_t mask) {
        const struct spans *s = key_extra(k)->spans;

        for (size_t i = 0; s && i < s->n_open; i++) {
                const struct entry *e = mask & (1u << s->open[i].alias) ? log_find(key_rule(c, k), k, s->open[i].start)
                                                                        : NULL;

                if (e && !(e->flags & ENTRY_RETAINED))
                        return true;
        }
        return false;
}

struct order span_earliest(const struct key *k, uint16_t mask) {
        struct order best = order_deadline(WW_TIME_NEVER);
        const struct spans *s = key_extra(k)->spans;

        for (size_t i = 0; s && i < s->n_open; i++)
                if ((mask & (1u << s->open[i].alias)) && order_compare(s->open[i].start, best) < 0)
                        best = s->open[i].start;
        return best;
}

void span_reset(struct key *k) {
        if (k->extra && k->extra->spans)
                k->extra->spans->n_open = k->extra->spans->n_closed = k->extra->spans->closed_first = 0;
}

void span_free(struct key *k) {
        if (!k->extra->spans)
                return;
        free(k->extra->spans->open);
        free(k->extra->spans->closed);
        free(k->extra->spans);
        k->extra->spans = NULL;
}

/* ---- snapshots: a span is told by its start, whose entry knows the device ---- */

static void spans_save(const struct span *spans, size_t n, struct buf *out) {
        buf_put_var(out, n);
        for (size_t i = 0; i < n; i++) {
                buf_put_var(out, spans[i].alias);
                order_save(out, spans[i].start);
        }
}

void span_save(const struct key *k, struct buf *out) {
        static const struct spans none;
        const struct spans *s = key_extra(k)->spans ? key_extra(k)->spans : &none;

        spans_save(s->open, s->n_open, out);
        spans_save(s->n_closed ? s->closed + s->closed_first : NULL, s->n_closed - s->closed_first, out);
}

static int spans_load(struct correlate *c, struct rd *in, struct key *k, int (*add)(struct spans *, struct span)) {
        uint64_t n = rd_var(in);
        int r = 0;

        if (in->failed || n > rd_left(in))
                return -EBADMSG;
        if (k && n && !k->extra->spans) {
                k->extra->spans = calloc(1, sizeof *k->extra->spans);
                if (!k->extra->spans)
                        return -ENOMEM;
        }
        for (uint64_t i = 0; i < n && !r; i++) {
                uint64_t alias = rd_var(in);
                struct order start = order_load(in);
                const struct entry *e = k && !in->failed ? log_find(key_rule(c, k), k, start) : NULL;

                if (in->failed || alias >= RULE_ALIASES_MAX)
                        return -EBADMSG;
                if (!k)
                        continue;
                if (!e || !(key_rule(c, k)->level_mask & e->on & (1u << alias)))
                        return -EBADMSG;
                r = add(k->extra->spans, (struct span){ e->device, (uint16_t)alias, e->family, start });
                if (!r)
                        r = tallies_add(c, k, e, (uint16_t)(1u << alias));
        }
        return r == -EEXIST ? -EBADMSG : r;
}

int span_load(struct correlate *c, struct rd *in, struct key *k) {
        int r = spans_load(c, in, k, open_add);

        return r ? r : spans_load(c, in, k, closed_add);
}
