/*
 * One timer for each key that waits for something: a binary heap ordered by (due, place in the one order, rule, key).
 * Due is when journal time lets the deadline pass (time + the rule's wait, later after blindness); with one `wait` for
 * all, that is the one order, in which every key's deadlines of a time precede every key's events of that time. A timer
 * may be armed too early, never too late: what fires looks again.
 */
#include "correlate/state.h"

int key_compare(const struct correlate *c, const struct key *a, const struct key *b) {
        int r;

        if (a->rule != b->rule)
                return a->rule < b->rule ? -1 : 1;
        r = ww_str_compare(key_text(c, a), key_text(c, b));
        return r ? r : (int)(a->flags & KEY_EXERCISE) - (int)(b->flags & KEY_EXERCISE);
}

static int64_t due_of(const struct correlate *c, const struct timer *t) {
        return watermark_due(c, &c->rules->rules[t->rule], t->time);
}

static uint64_t input_of(const struct correlate *c, const struct timer *t) {
        return key_extra(key_at(c, t->key))->armed;
}

/* with one `wait` for all, who is due earlier is who waits for the earlier time */
static bool before(const struct correlate *c, const struct timer *a, const struct timer *b) {
        int64_t a_due = 0, b_due = 0;
        uint64_t a_input, b_input;

        if (c->rules->wait_min != c->rules->wait_max) {
                a_due = due_of(c, a);
                b_due = due_of(c, b);
        }
        if (a_due != b_due)
                return a_due < b_due;
        if (a->time != b->time)
                return a->time < b->time;
        a_input = input_of(c, a);
        b_input = input_of(c, b);
        if (a_input != b_input)
                return a_input < b_input;
        return key_compare(c, key_at(c, a->key), key_at(c, b->key)) < 0;
}

int64_t timers_due(const struct correlate *c) {
        return c->n_heap ? due_of(c, c->heap) : WW_TIME_NEVER;
}

/* Nobody below is due earlier: whole branches need no look. */
static int64_t absence_from(const struct correlate *c, size_t i, int64_t after, int64_t until) {
        int64_t due = i < c->n_heap ? due_of(c, &c->heap[i]) : WW_TIME_NEVER, left, right;

        if (due > until || i >= c->n_heap)
                return WW_TIME_NEVER;
        if (due > after && rule_expects(&c->rules->rules[c->heap[i].rule]))
                return due;
        left = absence_from(c, 2 * i + 1, after, until);
        right = absence_from(c, 2 * i + 2, after, left < until ? left : until);
        return left < right ? left : right;
}

int64_t timers_absence(const struct correlate *c, int64_t after, int64_t until) {
        return after < until ? absence_from(c, 0, after, until) : WW_TIME_NEVER;
}

static void place(struct correlate *c, size_t i, struct timer t) {
        c->heap[i] = t;
        key_at(c, t.key)->heap = (uint32_t)i + 1;
}

static void sift_up(struct correlate *c, size_t i, struct timer t) {
        while (i && before(c, &t, &c->heap[(i - 1) / 2])) {
                place(c, i, c->heap[(i - 1) / 2]);
                i = (i - 1) / 2;
        }
        place(c, i, t);
}

static void sift_down(struct correlate *c, size_t i, struct timer t) {
        for (size_t child; (child = 2 * i + 1) < c->n_heap; i = child) {
                if (child + 1 < c->n_heap && before(c, &c->heap[child + 1], &c->heap[child]))
                        child++;
                if (!before(c, &c->heap[child], &t))
                        break;
                place(c, i, c->heap[child]);
        }
        place(c, i, t);
}

static void settle(struct correlate *c, size_t i, struct timer t) {
        if (i && before(c, &t, &c->heap[(i - 1) / 2]))
                sift_up(c, i, t);
        else
                sift_down(c, i, t);
}

struct order timers_armed(const struct correlate *c, const struct key *k) {
        const struct timer *t = k->heap ? &c->heap[k->heap - 1] : NULL;

        return t ? (struct order){ t->time, input_of(c, t), 0 } : order_deadline(WW_TIME_NEVER);
}

void timers_disarm(struct correlate *c, struct key *k) {
        size_t i = k->heap - 1;
        struct timer last;

        if (!k->heap)
                return;
        k->heap = 0;
        last = c->heap[--c->n_heap];
        if (key_at(c, last.key) != k)
                settle(c, i, last);
}

/* for one more */
static int room(struct correlate *c) {
        size_t capacity = c->heap_capacity ? c->heap_capacity * 2 : 64;
        struct timer *heap;

        if (c->n_heap < c->heap_capacity)
                return 0;
        heap = realloc(c->heap, capacity * sizeof *heap);
        if (!heap)
                return -ENOMEM;
        c->heap = heap;
        c->heap_capacity = capacity;
        return 0;
}

int timers_arm(struct correlate *c, struct key *k, struct order at) {
        struct timer t = { .time = at.time, .key = pool_number(k), .rule = k->rule };

        if (at.time == WW_TIME_NEVER) {
                timers_disarm(c, k);
                return 0;
        }
        if (k->heap && order_compare(timers_armed(c, k), at) == 0)
                return 0;
        if ((!k->heap && room(c) < 0) || (at.input && key_extend(c, k) < 0))
                return -ENOMEM;
        if (key_more(k))
                key_more(k)->armed = at.input;
        if (!k->heap)
                sift_up(c, c->n_heap++, t);
        else
                settle(c, k->heap - 1, t);
        return 0;
}

void timers_renumber(struct correlate *c, const struct key *k) {
        if (k->heap)
                c->heap[k->heap - 1].rule = k->rule;
}

void timers_rebuild(struct correlate *c) {
        for (size_t i = c->n_heap / 2; i--;)
                sift_down(c, i, c->heap[i]);
}
