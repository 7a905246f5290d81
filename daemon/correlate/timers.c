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

static bool before(const struct correlate *c, const struct timer *a, const struct timer *b) {
        if (a->due != b->due)
                return a->due < b->due;
        if (a->time != b->time)
                return a->time < b->time;
        if (a->input != b->input)
                return a->input < b->input;
        return key_compare(c, key_at(c, a->key), key_at(c, b->key)) < 0;
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

        return t ? (struct order){ t->time, t->input, 0 } : order_deadline(WW_TIME_NEVER);
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

int timers_arm(struct correlate *c, struct key *k, struct order at) {
        struct timer t = { .time = at.time, .input = at.input, .key = pool_number(k) };

        if (at.time == WW_TIME_NEVER) {
                timers_disarm(c, k);
                return 0;
        }
        if (k->heap && order_compare(timers_armed(c, k), at) == 0)
                return 0;
        if (!k->heap && c->n_heap == c->heap_capacity) {
                size_t capacity = c->heap_capacity ? c->heap_capacity * 2 : 64;
                struct timer *heap = realloc(c->heap, capacity * sizeof *heap);

                if (!heap)
                        return -ENOMEM;
                c->heap = heap;
                c->heap_capacity = capacity;
        }
        t.due = watermark_due(c, key_rule(c, k), at.time);
        if (!k->heap)
                sift_up(c, c->n_heap++, t);
        else
                settle(c, k->heap - 1, t);
        return 0;
}

/* after blindness every timer is due anew */
void timers_rebuild(struct correlate *c) {
        for (size_t i = 0; i < c->n_heap; i++)
                c->heap[i].due = watermark_due(c, key_rule(c, key_at(c, c->heap[i].key)), c->heap[i].time);
        for (size_t i = c->n_heap / 2; i--;)
                sift_down(c, i, c->heap[i]);
}
