#include "correlate/state.h"

size_t log_place(const struct rule *rule, const struct key *k, struct order at) {
        size_t low = 0, high = k->n_log;

        if (!high || order_compare(log_entry(rule, k, high - 1)->at, at) < 0)
                return high;
        while (low < high) {
                size_t middle = (low + high) / 2;

                if (order_compare(log_entry(rule, k, middle)->at, at) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

struct entry *log_find(const struct rule *rule, const struct key *k, struct order at) {
        size_t place = log_place(rule, k, at);
        struct entry *e = place < k->n_log ? log_entry(rule, k, place) : NULL;

        return e && order_compare(e->at, at) == 0 ? e : NULL;
}

static void entry_release(struct correlate *c, const struct rule *rule, struct entry *e) {
        texts_drop(c->texts, e->device);
        for (size_t i = 0; i < rule->n_captures; i++)
                if (e->captures[i].type == WW_STRING)
                        texts_drop(c->texts, e->captures[i].text);
}

/* A log of one entry, which most have, is a piece of the pool. */
static void log_give(struct correlate *c, struct key *k) {
        if (k->log_bits == 1)
                pool_give(c->pool, k->log, key_rule(c, k)->entry_size);
        else
                free(k->log);
}

/* what is there moves over; NULL without memory */
static uint8_t *log_resize(struct correlate *c, struct key *k, uint8_t bits) {
        size_t size = key_rule(c, k)->entry_size;
        uint8_t *log;

        if (bits == 1)
                return pool_take(c->pool, size);
        log = realloc(k->log_bits == 1 ? NULL : k->log, log_capacity(bits) * size);
        if (log && k->log_bits == 1) {
                memcpy(log, k->log, size);
                log_give(c, k);
        }
        return log;
}

int log_reserve(struct correlate *c, struct key *k, uint32_t capacity) {
        const struct rule *rule = key_rule(c, k);
        uint8_t *log, bits = k->log_bits;

        while (log_capacity(bits) < capacity)
                bits++;
        if (bits == k->log_bits)
                return 0;
        log = lane_recall(c, k) < 0 ? NULL : log_resize(c, k, bits);
        if (!log)
                return -ENOMEM;
        c->figures.key_bytes += (log_capacity(bits) - log_capacity(k->log_bits)) * rule->entry_size;
        k->log = log;
        k->log_bits = bits;
        return 0;
}

struct entry *log_open(struct correlate *c, struct key *k, size_t place, struct order at) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e;

        if (k->n_log == log_capacity(k->log_bits) && log_reserve(c, k, k->n_log + 1) < 0)
                return NULL;
        e = log_entry(rule, k, place);
        memmove((uint8_t *)e + rule->entry_size, e, (k->n_log - place) * rule->entry_size);
        memset(e, 0, rule->entry_size);
        e->at = at;
        span_moved(k, place, k->n_log - place, place + 1);
        k->n_log++;
        return e;
}

/* An entry goes. The sweep's scalars behind it are from now on those in front of what follows: the entry before it, or
 * the base, which is there, takes them over. */
static void scalars_pass(const struct rule *rule, struct key *k, struct entry *gone, struct entry *before) {
        tallies_settle(rule, k, gone);
        if (gone->at.time > k->base->trimmed)
                k->base->trimmed = gone->at.time;
        if (before) {
                before->since = gone->since;
                before->bits = gone->bits;
                before->grade = gone->grade;
                if (gone->flags & ENTRY_ENDED)
                        before->since = gone->at.time;
                if (gone->flags & (ENTRY_ENDED | ENTRY_ENDED_LATER))
                        before->flags |= ENTRY_ENDED_LATER;
                return;
        }
        k->base->since = gone->since;
        k->base->bits = gone->bits;
        k->base->grade = gone->grade;
}

/* The end of a level goes, and where it began stays for another selection's sake: there it begins no more, or it would
 * go on for ever. */
static void level_forget(const struct rule *rule, struct key *k, size_t before, const struct entry *end) {
        uint16_t off = end->off & rule->level_mask;

        for (size_t i = before; off && i--;) {
                struct entry *e = log_entry(rule, k, i);

                if (e->device == end->device && e->family == end->family)
                        e->on &= (uint16_t)~off;
        }
}

void log_drop(struct correlate *c, struct key *k, size_t place) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, place);

        level_forget(rule, k, place, e);
        scalars_pass(rule, k, e, place ? log_entry(rule, k, place - 1) : NULL);
        entry_release(c, rule, e);
        span_lost(k, place);
        span_moved(k, place + 1, k->n_log - place - 1, place);
        memmove(e, (uint8_t *)e + rule->entry_size, (k->n_log - place - 1) * rule->entry_size);
        k->n_log--;
        k->n_swept -= k->n_swept > place;
        k->expire -= k->expire > place;
}

/* what a trim may take */
struct trim {
        int64_t cut;     /* up to here */
        size_t before;   /* entries before this one */
        int64_t settled; /* whose deadline, or end in the window, has passed in front of this entry, which knows of it
                          */
};

static struct trim trim_of(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        struct trim t = { watermark_memory(c, rule), k->n_log, WW_TIME_NEVER };
        size_t place;

        if (rule->window == WINDOW_SESSION) { /* a session is known by its first event: they go as a whole */
                t.before = log_place(rule, k, order_deadline(t.cut + 1));
                while (t.before && (t.before == k->n_log || !(log_entry(rule, k, t.before)->flags & ENTRY_FIRST)))
                        t.before--;
        }
        if (!rule->after_mask && !(rule_windowed(rule) && (rule_holds(rule) || rule->n_score_tests)))
                return t;
        place = log_place(rule, k, order_deadline(watermark_of(c, rule) + 1));
        t.settled = place ? log_entry(rule, k, place - 1)->at.time : WW_TIME_NONE;
        return t;
}

static bool trimmable(const struct correlate *c, const struct key *k, size_t i, const struct trim *t) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *e = log_entry(rule, k, i);

        if (i >= t->before || e->at.time > t->cut || e->pinned || (e->flags & ENTRY_NEEDED) ||
            ((rule_windowed(rule) || rule->after_mask) && i >= k->expire))
                return false;
        if (t->settled != WW_TIME_NEVER && window_leaves(c, rule, e) > t->settled)
                return false;
        return rule->condition != CONDITION_EXPECT || i + 1 < k->n_log; /* what was last heard is the context */
}

/* Where a level began that has ended behind the cut: whoever sweeps again from there has to know of it. */
static void needed_mark(const struct rule *rule, struct key *k, const struct trim *t) {
        for (size_t i = 0; i < k->n_log; i++)
                log_entry(rule, k, i)->flags &= (uint8_t)~ENTRY_NEEDED;
        for (size_t i = log_place(rule, k, order_deadline(t->cut + 1)); i < k->n_log; i++) {
                const struct entry *end = log_entry(rule, k, i);
                uint16_t left = end->off & rule->level_mask; /* also where no window was open for it to be in */

                for (size_t j = i; left && j--;) {
                        struct entry *e = log_entry(rule, k, j);

                        if (e->device != end->device || e->family != end->family)
                                continue;
                        if (e->started & left)
                                e->flags |= ENTRY_NEEDED;
                        left &= (uint16_t) ~(e->started | e->off);
                }
        }
}

/* an entry that only repeats or ends a level may lie behind an open span: taken out of the middle when room is short */
static void log_compact(struct correlate *c, struct key *k, const struct trim *t) {
        const struct rule *rule = key_rule(c, k);
        size_t to = 0, expire = k->expire;

        if (rule->level_mask)
                needed_mark(rule, k, t);
        for (size_t i = 0; i < k->n_log; i++) {
                struct entry *e = log_entry(rule, k, i);

                if (trimmable(c, k, i, t) && key_rebase(c, k) == 0 && lane_recall(c, k) == 0) {
                        level_forget(rule, k, to, e);
                        scalars_pass(rule, k, e, to ? log_entry(rule, k, to - 1) : NULL);
                        entry_release(c, rule, e);
                        span_lost(k, i);
                        expire -= i < k->expire;
                        continue;
                }
                if (e->at.time <= t->cut) {
                        e->flags &= (uint8_t)~ENTRY_RUN;
                        tallies_settle(rule, k, e);
                }
                if (to != i)
                        memcpy(log_entry(rule, k, to), e, rule->entry_size);
                span_moved(k, i, 1, to);
                to++;
        }
        if (rule->condition == CONDITION_SEQUENCE)
                sequence_forget(c, rule, k, t->cut);
        k->n_swept -= k->n_log - (uint32_t)to; /* all of them had been passed */
        k->n_log = (uint32_t)to;
        k->expire = (uint32_t)expire;
}

void log_trim(struct correlate *c, struct key *k) {
        struct trim t;

        if (!k->n_log)
                return;
        t = trim_of(c, k);
        /* one by one would move the log each time: only when it is full */
        if (k->n_log < log_capacity(k->log_bits) && !trimmable(c, k, k->n_log - 1, &t))
                return;
        log_compact(c, k, &t);
        /* a long log that is nearly full again would be gone over again and again */
        if (k->log_bits > 6 && k->n_log > log_capacity(k->log_bits) / 4 * 3)
                (void)log_reserve(c, k, k->n_log * 2);
}

void log_free(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);

        for (size_t i = 0; i < k->n_log; i++)
                entry_release(c, rule, log_entry(rule, k, i));
        c->figures.key_bytes -= log_capacity(k->log_bits) * rule->entry_size;
        log_give(c, k);
        k->log = NULL;
        k->n_log = k->expire = k->log_bits = 0;
}
