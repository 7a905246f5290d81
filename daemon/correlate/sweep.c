/*
 * The sweep: the condition of one key, moved over its log and the deadlines between the entries. See state.h.
 *
 * What changes by itself between two entries: an event or the end of a span leaves the window, a window closes, a score
 * falls below a bound, a guard changes, an expectation passes, a sequence's last wait ends, a level has held. At equal
 * time a deadline comes before an event, and a hold before what would end it: [since, since + hold) was true
 * throughout.
 *
 * A level has three faces: the condition as such (PURE), the condition and its guard together (LEVEL), and that it has
 * held (HELD). An episode opens by the last and is cleared by the fall of the first (ROSE: it has to be told).
 */
#include "correlate/state.h"

static int item(struct correlate *c, struct key *k, enum item_what what, struct order at) {
        struct item i = { .at = at, .what = what };

        return episode_item(c, k, &i);
}

/* ---- deadlines ---- */

int64_t sweep_hold(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *e;

        if (!rule->hold.field)
                return rule->hold.usec;
        e = log_find(rule, k, span_earliest(c, k, rule->condition_mask));
        return rule_span_of(c, &rule->hold, e ? e->asset : k->asset);
}

static int64_t hold_next(const struct correlate *c, const struct key *k) {
        int64_t hold;

        if ((k->bits & (SWEEP_LEVEL | SWEEP_HELD)) != SWEEP_LEVEL || !rule_holds(key_rule(c, k)))
                return WW_TIME_NEVER;
        hold = sweep_hold(c, k);
        return hold ? k->since + hold : WW_TIME_NEVER;
}

/* of an asset that is silent, of a schedule that has opened */
static int64_t expect_next(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        int64_t span, anchor = k->since;

        if (rule->condition != CONDITION_EXPECT || rule->after_mask)
                return WW_TIME_NEVER;
        if (rule->after_schedule == SITE_NONE && (k->bits & SWEEP_PURE))
                return WW_TIME_NEVER;
        span = rule_span_of(c, &rule->span_for, k->asset);
        if (!span || (rule->after_schedule == SITE_NONE && anchor == WW_TIME_NONE))
                return WW_TIME_NEVER;
        if (rule->after_schedule == SITE_NONE)
                return anchor + span;
        anchor = site_schedule_opening(c->rules->site, rule->after_schedule,
                                       anchor > key_stretch(rule, k)->from ? anchor : key_stretch(rule, k)->from);
        return anchor == WW_TIME_NEVER ? anchor : watermark_anchor(c, rule, anchor, span);
}

/* an expectation's deadline that passes, by whatever anchor */
static int64_t missing_next(const struct correlate *c, const struct key *k) {
        return key_rule(c, k)->after_mask ? window_next(c, k) : expect_next(c, k);
}

static bool level_condition(const struct rule *rule) {
        return !rule->instant;
}

int64_t sweep_next(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        int64_t next = time_earlier(window_next(c, k), hold_next(c, k));

        if (rule->condition == CONDITION_EXPECT)
                next = time_earlier(next, expect_next(c, k));
        else if (rule->condition == CONDITION_SEQUENCE)
                next = time_earlier(next, sequence_next(c, k));
        if (rule->n_score_tests)
                next = time_earlier(next, tallies_crossing(rule, k, k->at));
        if (rule->n_guards && level_condition(rule) && (k->bits & SWEEP_PURE))
                next = time_earlier(next, guard_next(c, k, k->at));
        return next;
}

/* ---- the condition ---- */

static int level_fall(struct correlate *c, struct key *k, struct order at) {
        bool rose = k->bits & SWEEP_ROSE;

        k->bits &= (uint8_t)~SWEEP_ROSE;
        return rose ? item(c, k, ITEM_FALL, at) : 0;
}

/* `match`: an event, or a deadline, that counts; told where the level goes on */
static int level_set(struct correlate *c, struct key *k, bool pure, struct order at, bool match, bool *told) {
        bool open = pure && guard_true(c, k, at.time);

        k->bits = (uint8_t)((k->bits & ~SWEEP_PURE) | (pure ? SWEEP_PURE : 0));
        if (!open)
                k->bits &= (uint8_t) ~(SWEEP_LEVEL | SWEEP_HELD);
        if (!pure)
                return level_fall(c, k, at);
        if (!open)
                return 0;
        if (!(k->bits & SWEEP_LEVEL)) {
                k->bits |= SWEEP_LEVEL;
                if (key_rule(c, k)->condition != CONDITION_EXPECT) /* there it is the anchor */
                        k->since = at.time;
        }
        if (!(k->bits & SWEEP_HELD) && !rule_holds(key_rule(c, k))) {
                k->bits |= SWEEP_HELD | SWEEP_ROSE;
                *told = true;
                return item(c, k, ITEM_RISE, at);
        }
        if (!match || !(k->bits & SWEEP_HELD))
                return 0;
        *told = true;
        return item(c, k, ITEM_MATCH, at);
}

/* the clearing expression: told when it becomes true, or is where something matches; where it reads a pulse, each
 * time */
static int clear_set(struct correlate *c, struct key *k, struct order at, const struct entry *e, bool matched) {
        const struct rule *rule = key_rule(c, k);
        bool was = k->bits & SWEEP_CLEARED, now;

        if (!rule->clear_expr)
                return 0;
        now = aggregate_true(c, k, rule->clear_expr, at, e);
        k->bits = (uint8_t)((k->bits & ~SWEEP_CLEARED) | (now ? SWEEP_CLEARED : 0));
        if (!now || (was && !matched && !(e && (e->on & rule->clear_mask & ~rule->level_mask))))
                return 0;
        return item(c, k, ITEM_CLEARED, at);
}

/* the condition as such; of an expectation it is kept */
static bool pure_now(const struct correlate *c, const struct key *k, struct order at, const struct entry *e) {
        const struct rule *rule = key_rule(c, k);

        if (rule->condition == CONDITION_WHEN)
                return aggregate_true(c, k, rule->when, at, e);
        if (rule->condition == CONDITION_LEVEL)
                return span_any(k, rule->condition_mask);
        return k->bits & SWEEP_PURE;
}

static int condition_set(struct correlate *c, struct key *k, struct order at, const struct entry *e, bool match,
                         bool *told) {
        const struct rule *rule = key_rule(c, k);

        if (level_condition(rule))
                return level_set(c, k, pure_now(c, k, at, e), at, match, told);
        if (rule->condition != CONDITION_INSTANT || !match || !guard_true(c, k, at.time))
                return 0;
        *told = true;
        return item(c, k, ITEM_MATCH, at);
}

static int evaluate(struct correlate *c, struct key *k, struct order at, const struct entry *e, bool match) {
        const struct rule *rule = key_rule(c, k);
        uint8_t grade = rule->n_grades ? (uint8_t)aggregate_grade(c, k, at, e) : (uint8_t)rule->priority;
        bool regraded = grade != k->grade, told = false;
        int r;

        k->grade = grade;
        r = condition_set(c, k, at, e, match, &told);
        if (!r && regraded && !told)
                r = item(c, k, ITEM_GRADE, at);
        return r ? r : clear_set(c, k, at, e, told);
}

/* in a window that closes, true by spans that overlap its beginning: no event made it so */
static bool true_by_spans(const struct correlate *c, const struct key *k, struct order at) {
        const struct rule *rule = key_rule(c, k);

        return (rule->level_mask & rule->condition_mask) && aggregate_true(c, k, rule->when, at, NULL);
}

/* `when` in a window that closes: at most one match in each, at the event that makes it true if more of them cannot
 * make it false, else at the end */
static int window_judge(struct correlate *c, struct key *k, struct order at, const struct entry *e, bool was) {
        const struct rule *rule = key_rule(c, k);
        bool asked = (k->bits & (SWEEP_WINDOW | SWEEP_DONE)) == SWEEP_WINDOW && (!e || (rule->positive && !was));

        if (!e && !rule->each && window_empty(c, k)) /* a session of levels that had no length */
                asked = false;
        if (asked && aggregate_true(c, k, rule->when, at, e)) {
                int r;

                k->bits |= SWEEP_DONE;
                if (!guard_true(c, k, at.time)) /* it is read here, and nowhere else in the window */
                        return e ? 0 : clear_set(c, k, at, NULL, false);
                k->grade = rule->n_grades ? (uint8_t)aggregate_grade(c, k, at, e) : (uint8_t)rule->priority;
                r = item(c, k, ITEM_MATCH, at);
                if (r)
                        return r;
        }
        return e ? 0 : clear_set(c, k, at, NULL, false);
}

static bool windows_close(const struct rule *rule) {
        return rule->window != WINDOW_SLIDING;
}

/* ---- moving ---- */

static int expect_deadline(struct correlate *c, struct key *k, int64_t time) {
        const struct rule *rule = key_rule(c, k);

        if (rule->after_mask)
                window_anchor_pass(c, k);
        if (rule->after_schedule != SITE_NONE)
                key_stretch(rule, k)->from = site_schedule_opening(
                        c->rules->site, rule->after_schedule,
                        k->since > key_stretch(rule, k)->from ? k->since : key_stretch(rule, k)->from);
        k->bits |= SWEEP_PURE;
        return evaluate(c, k, order_deadline(time), NULL, true);
}

/* It has held: whatever ends it at this very moment comes behind. What leaves the window now no longer grades it. */
static int hold_deadline(struct correlate *c, struct key *k, int64_t time) {
        const struct rule *rule = key_rule(c, k);
        struct order at = order_deadline(time);
        bool more = window_next(c, k) <= time || (rule->n_guards && guard_next(c, k, time - 1) <= time) ||
                    (rule->n_score_tests && tallies_crossing(rule, k, time - 1) <= time);
        int r;

        k->at = time > k->at ? time : k->at;
        k->bits |= SWEEP_HELD | SWEEP_ROSE;
        window_pass(c, k, time);
        if (rule->n_grades)
                k->grade = (uint8_t)aggregate_grade(c, k, at, NULL);
        r = item(c, k, ITEM_RISE, at);
        if (!r)
                r = clear_set(c, k, at, NULL, true);
        return r || !more ? r : evaluate(c, k, at, NULL, false);
}

int sweep_deadline(struct correlate *c, struct key *k, int64_t time) {
        const struct rule *rule = key_rule(c, k);
        int r;

        if (hold_next(c, k) <= time)
                return hold_deadline(c, k, time);
        if (rule->condition == CONDITION_EXPECT && missing_next(c, k) <= time) {
                k->at = time > k->at ? time : k->at;
                return expect_deadline(c, k, time);
        }
        k->at = time > k->at ? time : k->at;
        if (rule->condition == CONDITION_SEQUENCE && sequence_next(c, k) <= time)
                return sequence_deadline(c, k, time);
        if (windows_close(rule)) {
                r = window_judge(c, k, order_deadline(time), NULL, false);
                window_close(c, k);
                return r;
        }
        window_pass(c, k, time);
        return evaluate(c, k, order_deadline(time), NULL, false);
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

static void expect_answer(struct correlate *c, struct key *k, const struct entry *e, size_t i) {
        const struct rule *rule = key_rule(c, k);

        if (!(entry_begun(rule, e) & rule->expect_mask))
                return;
        if (rule->after_mask)
                k->expire = (uint32_t)i; /* every anchor before it is answered */
        if (e->at.time > k->since || rule->after_mask)
                k->since = e->at.time;
        k->bits &= (uint8_t)~SWEEP_PURE;
}

static int entry_structure(struct correlate *c, struct key *k, size_t i) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, i);
        int r = span_entry(c, k, e);

        k->n_swept = (uint32_t)i + 1;
        if (!r && rule->n_tallies)
                r = tallies_add(c, k, e, entry_begun(rule, e));
        window_entry(c, k, e);
        if (rule->condition == CONDITION_EXPECT)
                expect_answer(c, k, e, i);
        return r;
}

int sweep_entry(struct correlate *c, struct key *k, size_t i) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, i);
        bool was = windows_close(rule) && true_by_spans(c, k, e->at);
        int r = entry_structure(c, k, i);
        uint16_t begun = entry_begun(rule, e);

        if (!r && rule->condition == CONDITION_SEQUENCE)
                r = sequence_entry(c, k, e, begun, true);
        if (!r)
                r = windows_close(rule)
                            ? window_judge(c, k, e->at, e, was)
                            : evaluate(c, k, e->at, e,
                                       rule->condition != CONDITION_EXPECT && (begun & rule->condition_mask));
        e = log_entry(rule, k, i);
        e->since = k->since;
        e->bits = k->bits;
        e->grade = k->grade;
        return r;
}

int sweep_again(struct correlate *c, struct key *k, int64_t time) {
        int r;

        if (!level_condition(key_rule(c, k)) || !(k->bits & SWEEP_PURE))
                return 0;
        r = sweep_advance(c, k, time);
        return r ? r : evaluate(c, k, order_deadline(time), NULL, false);
}

/* ---- again over the log ---- */

/* `until`: the time up to which deadlines behind the entry are known to have passed */
static int fill(struct correlate *c, struct key *k, size_t i, int64_t until) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, i);
        int r;

        window_pass(c, k, e->at.time);
        r = entry_structure(c, k, i);
        if (!r && rule->condition == CONDITION_SEQUENCE) {
                r = sequence_entry(c, k, e, entry_begun(rule, e), false);
                if ((e->flags & ENTRY_ENDED_LATER) && e->since <= until)
                        sequence_end(c, rule, k);
                else
                        e->flags &= (uint8_t)~ENTRY_ENDED_LATER; /* what comes in between may undo it */
        }
        k->since = e->since;
        k->bits = e->bits;
        k->grade = e->grade;
        k->at = e->at.time;
        return r;
}

static void reset(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        struct base base = key_base(rule, k);

        tallies_reset(rule, k);
        span_reset(k);
        k->expire = k->n_swept = 0;
        k->since = base.since;
        k->bits = base.bits;
        k->grade = base.grade;
        k->at = WW_TIME_NONE;
        if (rule->condition == CONDITION_SEQUENCE) {
                sequence_end(c, rule, k);
                key_course(rule, k)->lead = WW_TIME_NONE;
        }
        if (rule_stretches(rule))
                *key_stretch(rule, k) = (struct stretch){ WW_TIME_NONE, WW_TIME_NONE };
        window_base(c, k);
}

/* Trimmed entries may have left the window since the scalars were taken. Nothing leaves a window that closes, nor a
 * score, which would be looked at between its milliseconds; and a key without a past has no condition yet. */
static bool may_have_left(const struct rule *rule, const struct key *k) {
        if (windows_close(rule) || rule->n_score_tests)
                return false;
        return k->n_swept || key_base(rule, k).trimmed != WW_TIME_NONE || rule->each;
}

static bool fall_pending(const struct key *k) {
        const struct extra *x = key_extra(k);

        for (size_t i = 0; i < x->n_pending; i++)
                if (x->pending[i].what == ITEM_FALL)
                        return true;
        return false;
}

/* A rise that was told, and whose level goes on, may be older than what the log and the guards remember: its guard may
 * have fallen since, so that nothing in here shows it. */
static bool rose_before(const struct key *k, int64_t known) {
        return (k->bits & SWEEP_PURE) && (k->flags & KEY_UP) && key_opened(k) <= known && !fall_pending(k);
}

/* What the sweep concludes up to there is known already: so what has left since is looked at silently. */
static int approach(struct correlate *c, struct key *k, int64_t known) {
        int r;

        c->muted = true;
        r = sweep_advance(c, k, known);
        if (!r && may_have_left(key_rule(c, k), k))
                r = evaluate(c, k, order_deadline(known), NULL, false);
        c->muted = false;
        if (!r && level_condition(key_rule(c, k)) && rose_before(k, known))
                k->bits |= SWEEP_ROSE;
        return r;
}

static int fill_all(struct correlate *c, struct key *k, size_t place, int64_t known) {
        int r = 0;

        reset(c, k);
        for (size_t i = 0; i < place && !r; i++)
                r = fill(c, k, i,
                         known != WW_TIME_NEVER && i + 1 < place ? log_entry(key_rule(c, k), k, i + 1)->at.time
                                                                 : known);
        return r;
}

/* the same, from the other side */
static int retreat(struct correlate *c, struct key *k, size_t place) {
        const struct entry *before = place ? log_entry(key_rule(c, k), k, place - 1) : NULL;
        struct base base = key_base(key_rule(c, k), k);

        k->since = before ? before->since : base.since;
        k->bits = before ? before->bits : base.bits;
        k->grade = before ? before->grade : base.grade;
        k->at = before ? before->at.time : WW_TIME_NONE;
        return window_retreat(c, k, place);
}

int sweep_rebuild(struct correlate *c, struct key *k, size_t place, int64_t known, bool newcomer) {
        bool back = newcomer && rule_retreats(key_rule(c, k)) && k->n_swept + 1 == k->n_log;
        int r = back ? retreat(c, k, place) : fill_all(c, k, place, known);

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
        window_pass(c, k, at);
        k->at = at;
}

/* ---- snapshots ---- */

void sweep_save(const struct correlate *c, const struct key *k, struct buf *out) {
        const struct rule *rule = key_rule(c, k);

        buf_put_var(out, k->n_swept);
        buf_put_var(out, k->expire);
        if (rule->condition == CONDITION_SEQUENCE)
                sequence_save(c, rule, k, out);
        if (rule->level_mask)
                span_save(c, k, out);
}

static int counted_load(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        int r = 0;

        for (size_t i = k->expire; i < k->n_swept && !r; i++) {
                const struct entry *e = log_entry(rule, k, i);

                r = tallies_add(c, k, e, entry_instants(rule, e));
        }
        return r;
}

int sweep_load(struct correlate *c, struct rd *in, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        uint64_t swept = rd_var(in), expire = rd_var(in);
        int r = 0;

        if (in->failed || swept > k->n_log || expire > swept)
                return -EBADMSG;
        if (rule->condition == CONDITION_SEQUENCE)
                r = sequence_load(c, in, rule, k);
        if (!r && rule->level_mask)
                r = span_load(c, in, k);
        if (r)
                return r;
        k->n_swept = (uint32_t)swept;
        k->expire = (uint32_t)expire;
        r = counted_load(c, k);
        return r ? r : in->failed ? -EBADMSG : 0;
}
