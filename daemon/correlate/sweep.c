/*
 * The sweep: the condition of one key, moved over its log and the deadlines between the entries. See state.h.
 *
 * What changes by itself between two entries: an event or the end of a span leaves the window, an expectation passes,
 * a sequence's last wait ends, a level has held. At equal time a deadline comes before an event, and a hold before
 * what would end it: [since, since + hold) was true throughout.
 */
#include "correlate/state.h"

static int item(struct correlate *c, struct key *k, enum item_what what, struct order at) {
        struct item i = { .at = at, .what = what };

        return episode_item(c, k, &i);
}

/* ---- what leaves the window, or passes ---- */

static uint16_t instants(const struct rule *rule, const struct entry *e) {
        return e->flags & ENTRY_RETAINED ? 0 : (uint16_t)(e->on & (uint16_t)~rule->level_mask);
}

/* the first entry that has something to lose, or NULL; those before it are passed */
static struct entry *expire_first(const struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);

        for (; k->expire < k->n_swept; k->expire++) {
                struct entry *e = log_entry(rule, k, k->expire);

                if (rule->after_mask
                            ? (!(e->flags & ENTRY_RETAINED) && ((instants(rule, e) | e->started) & rule->after_mask))
                            : (rule_windowed(rule) && (instants(rule, e) | e->ended)))
                        return e;
        }
        return NULL;
}

static int64_t expire_next(const struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *e = rule->after_mask || rule_windowed(rule) ? expire_first(c, k) : NULL;

        if (!e)
                return WW_TIME_NEVER;
        return rule->after_mask ? watermark_absence(c, rule, e->at.time + rule_horizon(rule))
                                : e->at.time + rule_horizon(rule);
}

static void expire_one(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, k->expire++);

        if (rule->after_mask)
                return;
        aggregate_remove(c, k, e, instants(rule, e));
        for (uint32_t alias = 0; alias < rule->n_aliases; alias++)
                if (e->ended & (1u << alias)) {
                        struct entry *start = log_find(rule, k, span_closed_take(k));

                        if (!start)
                                continue;
                        aggregate_remove(c, k, start, (uint16_t)(1u << alias));
                        start->pinned &= (uint16_t) ~(1u << alias);
                }
}

/* ---- the condition ---- */

static int64_t hold_of(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *e;

        if (!rule->hold.field)
                return rule->hold.usec;
        e = log_find(rule, k, span_earliest(k, rule->condition_mask));
        return rule_span_of(c, &rule->hold, e ? e->asset : k->asset);
}

static bool has_hold(const struct rule *rule) {
        return rule->hold.usec || rule->hold.field;
}

static int64_t hold_next(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        int64_t hold;

        if (!has_hold(rule) || (k->bits & (SWEEP_LEVEL | SWEEP_HELD)) != SWEEP_LEVEL)
                return WW_TIME_NEVER;
        hold = hold_of(c, k);
        return hold ? k->since + hold : WW_TIME_NEVER;
}

static int64_t expect_next(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        int64_t span;

        if (!rule->each || (k->bits & SWEEP_LEVEL))
                return WW_TIME_NEVER;
        span = rule_span_of(c, &rule->span_for, k->asset);
        return span ? k->since + span : WW_TIME_NEVER;
}

static int64_t earlier(int64_t a, int64_t b) {
        return a < b ? a : b;
}

int64_t sweep_next(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        int64_t next = earlier(expire_next(c, (struct key *)k), earlier(hold_next(c, k), expect_next(c, k)));

        return rule->condition == CONDITION_SEQUENCE ? earlier(next, sequence_next(c, k)) : next;
}

static int level_set(struct correlate *c, struct key *k, bool level, struct order at, bool *told) {
        if (level && !(k->bits & SWEEP_LEVEL)) {
                k->bits |= SWEEP_LEVEL;
                k->since = at.time;
        }
        if (level && !(k->bits & SWEEP_HELD) && !has_hold(key_rule(c, k))) {
                k->bits |= SWEEP_HELD;
                *told = true;
                return item(c, k, ITEM_RISE, at);
        }
        if (!level && (k->bits & SWEEP_LEVEL)) {
                bool held = k->bits & SWEEP_HELD;

                k->bits &= (uint8_t) ~(SWEEP_LEVEL | SWEEP_HELD);
                return held ? item(c, k, ITEM_FALL, at) : 0;
        }
        return 0;
}

/* the clearing expression: told when it becomes true; where it reads a pulse, each time */
static int clear_set(struct correlate *c, struct key *k, struct order at, const struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        bool was = k->bits & SWEEP_CLEARED, now;

        if (!rule->clear_expr)
                return 0;
        now = aggregate_true(c, k, rule->clear_expr, e);
        k->bits = (uint8_t)((k->bits & ~SWEEP_CLEARED) | (now ? SWEEP_CLEARED : 0));
        if (!now || (was && !(e && (e->on & rule->clear_mask & ~rule->level_mask))))
                return 0;
        return item(c, k, ITEM_CLEARED, at);
}

static int evaluate(struct correlate *c, struct key *k, struct order at, const struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        uint8_t grade = rule->n_grades ? (uint8_t)aggregate_grade(c, k, e) : (uint8_t)rule->priority;
        bool regraded = grade != k->grade, told = false, level;
        int r = 0;

        k->grade = grade;
        if (rule->condition == CONDITION_WHEN || rule->condition == CONDITION_LEVEL) {
                level = rule->condition == CONDITION_WHEN ? aggregate_true(c, k, rule->when, e)
                                                          : span_any(k, rule->condition_mask);
                r = level_set(c, k, level, at, &told);
                if (!r && !told && e && (k->bits & SWEEP_HELD) &&
                    ((instants(rule, e) | e->started) & rule->condition_mask)) {
                        told = true;
                        r = item(c, k, ITEM_MATCH, at);
                }
        } else if (rule->condition == CONDITION_INSTANT && e && (instants(rule, e) & rule->condition_mask)) {
                told = true;
                r = item(c, k, ITEM_MATCH, at);
        }
        if (!r && regraded && !told)
                r = item(c, k, ITEM_GRADE, at);
        return r ? r : clear_set(c, k, at, e);
}

/* ---- moving ---- */

static int expect_deadline(struct correlate *c, struct key *k, int64_t time) {
        bool was = k->bits & SWEEP_LEVEL;

        if (key_rule(c, k)->after_mask)
                expire_one(c, k);
        k->bits |= SWEEP_LEVEL | SWEEP_HELD;
        return item(c, k, was ? ITEM_MATCH : ITEM_RISE, order_deadline(time));
}

int sweep_deadline(struct correlate *c, struct key *k, int64_t time) {
        const struct rule *rule = key_rule(c, k);

        if (time > k->at)
                k->at = time;
        if (rule->condition == CONDITION_EXPECT)
                return expect_deadline(c, k, time);
        if (hold_next(c, k) <= time) {
                k->bits |= SWEEP_HELD;
                return item(c, k, ITEM_RISE, order_deadline(time));
        }
        if (rule->condition == CONDITION_SEQUENCE && sequence_next(c, k) <= time)
                return sequence_deadline(c, k, time);
        while (expire_next(c, k) <= time)
                expire_one(c, k);
        return evaluate(c, k, order_deadline(time), NULL);
}

int sweep_advance(struct correlate *c, struct key *k, int64_t time) {
        int64_t next;

        while ((next = sweep_next(c, k)) <= time) {
                int r = sweep_deadline(c, k, next);

                if (r)
                        return r;
        }
        if (time > k->at)
                k->at = time;
        return 0;
}

static int expect_entry(struct correlate *c, struct key *k, const struct entry *e, size_t i, bool live) {
        const struct rule *rule = key_rule(c, k);

        if ((e->flags & ENTRY_RETAINED) || !((instants(rule, e) | e->started) & rule->expect_mask))
                return 0;
        if (rule->after_mask)
                k->expire = (uint32_t)i; /* every anchor before it is answered */
        if (e->at.time > k->since || !rule->each)
                k->since = e->at.time;
        if (!live || !(k->bits & SWEEP_LEVEL))
                return 0;
        k->bits &= (uint8_t) ~(SWEEP_LEVEL | SWEEP_HELD);
        return item(c, k, ITEM_FALL, e->at);
}

static int entry_structure(struct correlate *c, struct key *k, size_t i, uint16_t *ret_begun) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, i);
        int r = span_entry(c, k, e);

        k->n_swept = (uint32_t)i + 1;
        *ret_begun = instants(rule, e) | e->started;
        if (!r && rule->n_aggregates)
                r = aggregate_add(c, k, e, *ret_begun);
        return r;
}

int sweep_entry(struct correlate *c, struct key *k, size_t i) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, i);
        uint16_t begun;
        int r = entry_structure(c, k, i, &begun);

        if (!r && rule->condition == CONDITION_SEQUENCE)
                r = sequence_entry(c, k, e, e->flags & ENTRY_RETAINED ? 0 : begun, true);
        if (!r && rule->condition == CONDITION_EXPECT)
                r = expect_entry(c, k, e, i, true);
        if (!r)
                r = evaluate(c, k, e->at, e);
        e = log_entry(rule, k, i);
        e->since = k->since;
        e->bits = k->bits;
        e->grade = k->grade;
        return r;
}

/* ---- again over the log ---- */

/* `until`: the time up to which deadlines behind the entry are known to have passed */
static int fill(struct correlate *c, struct key *k, size_t i, int64_t until) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, i);
        uint16_t begun;
        int r;

        while (expire_next(c, k) <= e->at.time)
                expire_one(c, k);
        r = entry_structure(c, k, i, &begun);
        if (!r && rule->condition == CONDITION_SEQUENCE) {
                r = sequence_entry(c, k, e, e->flags & ENTRY_RETAINED ? 0 : begun, false);
                if ((e->flags & ENTRY_ENDED_LATER) && e->since <= until)
                        sequence_end(rule, k);
                else
                        e->flags &= (uint8_t)~ENTRY_ENDED_LATER; /* what comes in between may undo it */
        }
        if (!r && rule->condition == CONDITION_EXPECT)
                r = expect_entry(c, k, e, i, false);
        k->since = e->since;
        k->bits = e->bits;
        k->grade = e->grade;
        k->at = e->at.time;
        return r;
}

static void reset(struct correlate *c, struct key *k) {
        aggregate_reset(key_rule(c, k), k);
        span_reset(k);
        sequence_end(key_rule(c, k), k);
        k->expire = k->n_swept = 0;
        k->lead = WW_TIME_NONE;
        k->since = k->base_since;
        k->bits = k->base_bits;
        k->grade = k->base_grade;
        k->at = WW_TIME_NONE;
}

/* What the sweep concludes up to there is known already. Trimmed entries may have left the window since the scalars
 * were taken: so the condition is looked at once more, silently. */
static int approach(struct correlate *c, struct key *k, int64_t known) {
        int r;

        c->muted = true;
        r = sweep_advance(c, k, known);
        if (!r)
                r = evaluate(c, k, order_deadline(known), NULL);
        c->muted = false;
        return r;
}

int sweep_rebuild(struct correlate *c, struct key *k, size_t place, int64_t known) {
        int r = 0;

        reset(c, k);
        for (size_t i = 0; i < place && !r; i++)
                r = fill(c, k, i,
                         known != WW_TIME_NEVER && i + 1 < place ? log_entry(key_rule(c, k), k, i + 1)->at.time
                                                                 : known);
        if (r || known == WW_TIME_NEVER)
                return r;
        r = approach(c, k, known);
        for (size_t i = place; i < k->n_log && !r; i++) {
                r = sweep_advance(c, k, log_entry(key_rule(c, k), k, i)->at.time);
                if (!r)
                        r = sweep_entry(c, k, i);
        }
        return r;
}

void sweep_settle(struct correlate *c, struct key *k, int64_t at) {
        while (expire_next(c, k) <= at)
                expire_one(c, k);
        k->at = at;
}

/* ---- snapshots ---- */

void sweep_save(const struct correlate *c, const struct key *k, struct buf *out) {
        buf_put_time(out, k->lead);
        buf_put_var(out, k->n_swept);
        buf_put_var(out, k->expire);
        sequence_save(key_rule(c, k), k, out);
        span_save(k, out);
}

int sweep_load(struct correlate *c, struct rd *in, struct key *k) {
        const struct rule *rule = k ? key_rule(c, k) : NULL;
        int64_t lead = time_load(in);
        uint64_t swept = rd_var(in), expire = rd_var(in);
        int r;

        if (in->failed || lead == WW_TIME_NEVER || (k && (swept > k->n_log || expire > swept)))
                return -EBADMSG;
        r = sequence_load(in, rule, k);
        if (!r)
                r = span_load(c, in, k);
        if (r || !k)
                return r;
        k->lead = lead;
        k->n_swept = (uint32_t)swept;
        k->expire = (uint32_t)expire;
        for (size_t i = expire; i < swept && !r; i++) {
                const struct entry *e = log_entry(rule, k, i);

                r = aggregate_add(c, k, e, instants(rule, e));
        }
        return r;
}
