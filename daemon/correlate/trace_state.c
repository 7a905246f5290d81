/*
 * How a key stands: what is on, what is counted, how far a sequence has come, what it waits for, what its guard says.
 *
 * `near` says how near the condition is, so that of all moments the one can be shown at which the least was missing: a
 * sequence by the share of its events, a comparison by its value's share of the bound, `and` by its worst side, `or` by
 * its best, what has to last by the share of the time.
 */
#include "base/span.h"
#include "correlate/trace.h"

#define HOLDS  1000
#define NEARLY 999

void trace_put_time(const struct correlate *c, int64_t time, struct buf *out) {
        char text[32];

        if (time == WW_TIME_NONE || time == WW_TIME_NEVER) {
                buf_puts(out, time == WW_TIME_NONE ? "no time" : "an open end");
                return;
        }
        if (c->trace->zero != WW_TIME_NONE && time >= c->trace->zero)
                span_format(time - c->trace->zero, text);
        else
                instant_format(time, text);
        buf_puts(out, text);
}

void trace_put_aliases(const struct rule *rule, uint16_t mask, struct buf *out) {
        const char *between = "";

        for (size_t i = 0; i < rule->n_aliases; i++)
                if (mask & (1u << i)) {
                        buf_printf(out, "%s`%.*s`", between, WW_STR_ARG(rule->aliases[i].alias));
                        between = " or ";
                }
}

static void put_between(struct buf *out) {
        if (out->n)
                buf_puts(out, "; ");
}

/* ---- counting ---- */

static const char *const aggregate_names[] = {
        [AGGREGATE_COUNT] = "count", [AGGREGATE_DISTINCT] = "distinct", [AGGREGATE_RATE] = "rate",
        [AGGREGATE_SUM] = "sum",     [AGGREGATE_AVG] = "avg",           [AGGREGATE_MIN] = "min",
        [AGGREGATE_MAX] = "max",     [AGGREGATE_PCT] = "pct",           [AGGREGATE_SCORE] = "score",
};

static void put_aggregates(const struct correlate *c, const struct key *k, int64_t time, struct buf *out) {
        const struct rule *rule = key_rule(c, k);

        for (size_t i = 0; i < rule->n_aggregates; i++) {
                const struct aggregate *a = &rule->aggregates[i];
                const struct tally *t = &rule->tallies[a->tally];
                struct ww_value v = aggregate_value(c, k, i, time);

                put_between(out);
                buf_printf(out, "%s(%.*s", aggregate_names[a->kind], WW_STR_ARG(rule->aliases[t->alias].alias));
                if (t->capture != CAPTURE_NONE && t->capture < rule->n_captures)
                        buf_printf(out, ".%.*s", WW_STR_ARG(rule->captures[t->capture].field->name));
                if (v.type == WW_NUMBER)
                        buf_printf(out, ") = %.6g", v.number);
                else
                        buf_puts(out, ") has no value");
        }
}

struct nearness {
        const struct correlate *c;
        const struct key *key;
        const struct entry *entry;
        struct order at;
};

static unsigned near_of(const struct nearness *n, const struct expr *e);

/* a value's share of the bound that it has to reach; NEARLY at most, because it has not */
static unsigned near_bound(const struct nearness *n, const struct expr *e) {
        enum expr_op op = expr_op_of(e);
        const struct expr *left = expr_child(e, 0);
        struct ww_value bound = expr_constant(expr_child(e, 1)), v = ww_missing();
        double share = 0;

        if (expr_op_of(left) == EXPR_OP_CALL && bound.type == WW_NUMBER)
                v = aggregate_value(n->c, n->key, expr_ref_of(left).sub, n->at.time);
        if (v.type == WW_NUMBER && (op == EXPR_OP_GE || op == EXPR_OP_GT) && bound.number > 0)
                share = v.number / bound.number;
        else if (v.type == WW_NUMBER && (op == EXPR_OP_LE || op == EXPR_OP_LT) && v.number > 0)
                share = bound.number / v.number;
        return share <= 0 ? 0 : share >= 1 ? NEARLY : (unsigned)(share * NEARLY);
}

static unsigned near_of(const struct nearness *n, const struct expr *e) {
        enum expr_op op = expr_op_of(e);
        unsigned a, b;

        if (aggregate_true(n->c, n->key, e, n->at, n->entry))
                return HOLDS;
        if (op != EXPR_OP_AND && op != EXPR_OP_OR)
                return near_bound(n, e);
        a = near_of(n, expr_child(e, 0));
        b = near_of(n, expr_child(e, 1));
        return op == EXPR_OP_AND ? (a < b ? a : b) : (a > b ? a : b);
}

static unsigned state_when(const struct correlate *c, const struct key *k, int64_t time, struct buf *out) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *last = k->n_swept ? log_entry(rule, k, k->n_swept - 1) : NULL;
        struct nearness n = { c, k, last && last->at.time == time ? last : NULL, order_deadline(time) };
        unsigned near;

        if (n.entry)
                n.at = n.entry->at;
        put_aggregates(c, k, time, out);
        near = near_of(&n, rule->when);
        put_between(out);
        (void)expr_print(rule->when, out);
        buf_puts(out, near == HOLDS ? " holds" : " does not hold");
        return near;
}

/* ---- levels ---- */

static void put_levels(const struct correlate *c, const struct key *k, uint16_t mask, struct buf *out) {
        const struct rule *rule = key_rule(c, k);
        struct span one;
        size_t n;
        const struct span *open = span_list(c, k, &one, &n);

        for (size_t i = 0; i < n; i++) {
                const struct span *s = &open[i];

                if (!(mask & (1u << s->alias)))
                        continue;
                put_between(out);
                buf_printf(out, "`%.*s` is on at %.*s since ", WW_STR_ARG(rule->aliases[s->alias].alias),
                           WW_STR_ARG(texts_text(c->texts, s->device)));
                trace_put_time(c, s->start.time, out);
        }
        if (mask && !span_any(k, mask)) {
                put_between(out);
                trace_put_aliases(rule, mask, out);
                buf_puts(out, " is not on");
        }
}

/* ---- sequences ---- */

static unsigned state_sequence(const struct correlate *c, const struct key *k, int64_t time, struct buf *out) {
        const struct rule *rule = key_rule(c, k);
        const struct rule_sequence *s = &rule->sequence;
        const struct run *run = sequence_farthest(c, rule, k);
        unsigned taken = run ? run_taken(run) : 0;
        int64_t lead = key_course(rule, k)->lead;

        put_between(out);
        if (run) {
                buf_printf(out, "a sequence has taken %u of %u events since ", taken, s->n);
                trace_put_time(c, run->first.time, out);
        } else {
                buf_puts(out, "no sequence is under way");
        }
        if (taken < s->n) {
                buf_puts(out, ", the next is ");
                trace_put_aliases(rule, s->want[taken], out);
        }
        if (run && s->forbidden[taken]) {
                buf_puts(out, taken == s->n ? ", and it completes unless " : ", unless ");
                trace_put_aliases(rule, s->forbidden[taken], out);
                buf_puts(out, " comes");
        }
        if (run) {
                buf_puts(out, taken == s->n ? " before " : ", before ");
                trace_put_time(c, run_deadline(c, rule, run), out);
        } else if (s->forbidden[0] && lead != WW_TIME_NONE && time - lead < rule->within) {
                trace_put_aliases(rule, s->forbidden[0], (buf_puts(out, "; "), out));
                buf_puts(out, " came at ");
                trace_put_time(c, lead, out);
                buf_puts(out, ": none begins before ");
                trace_put_time(c, lead + rule->within, out);
        }
        return s->n ? taken * NEARLY / s->n : 0;
}

/* ---- expectations ---- */

static unsigned share_of(int64_t part, int64_t whole) {
        if (whole <= 0 || part <= 0)
                return 0;
        return part >= whole ? NEARLY : (unsigned)((double)part / (double)whole * NEARLY);
}

static unsigned state_expect(const struct correlate *c, const struct key *k, int64_t time, struct buf *out) {
        const struct rule *rule = key_rule(c, k);
        int64_t span = rule_span_of(c, &rule->span_for, k->asset);
        char text[32];

        put_between(out);
        if (k->bits & SWEEP_PURE) {
                trace_put_aliases(rule, rule->expect_mask, out);
                buf_puts(out, " has not come in time");
                return HOLDS;
        }
        if (!span) {
                buf_puts(out, "the asset has no time in which it has to come: nothing is expected");
                return 0;
        }
        if (rule->after_mask && window_next(c, k) == WW_TIME_NEVER) {
                buf_puts(out, "nothing is awaited: no ");
                trace_put_aliases(rule, rule->after_mask, out);
                buf_puts(out, " without its answer");
                return 0;
        }
        span_format(span, text);
        trace_put_aliases(rule, rule->expect_mask, out);
        buf_printf(out, " has to come within %s", text);
        if (rule->after_mask) {
                buf_puts(out, ", before ");
                trace_put_time(c, window_next(c, k), out);
                return share_of(time + span - window_next(c, k), span);
        }
        if (k->since != WW_TIME_NONE) {
                buf_puts(out, " of ");
                trace_put_time(c, k->since, out);
                return share_of(time - k->since, span);
        }
        return 0;
}

/* ---- the whole ---- */

static unsigned state_condition(const struct correlate *c, const struct key *k, int64_t time, struct buf *out) {
        const struct rule *rule = key_rule(c, k);

        switch (rule->condition) {
        case CONDITION_WHEN:
                put_levels(c, k, rule->level_mask & rule->condition_mask, out);
                return state_when(c, k, time, out);
        case CONDITION_SEQUENCE:
                return state_sequence(c, k, time, out);
        case CONDITION_EXPECT:
                return state_expect(c, k, time, out);
        case CONDITION_LEVEL:
                put_levels(c, k, rule->condition_mask, out);
                return span_any(k, rule->condition_mask) ? HOLDS : 0;
        case CONDITION_INSTANT:
                break;
        }
        return HOLDS; /* each event is a match */
}

static void state_guard(const struct correlate *c, const struct key *k, int64_t time, struct buf *out,
                        struct correlate_saying *saying) {
        _cleanup_buf_ struct buf guard = BUF_INIT;

        if (!key_rule(c, k)->guard)
                return;
        saying->guarded = !guard_true(c, k, time);
        guard_print(c, k, time, &guard);
        put_between(out);
        buf_printf(out, "`while` %s (%.*s)", saying->guarded ? "does not hold" : "holds", WW_STR_ARG(buf_str(&guard)));
        if (saying->guarded && saying->near == HOLDS)
                saying->near = NEARLY;
}

static void state_hold(const struct correlate *c, const struct key *k, int64_t time, struct buf *out,
                       struct correlate_saying *saying) {
        int64_t hold = sweep_hold(c, k);
        char span[32];

        if (!hold || (k->bits & (SWEEP_LEVEL | SWEEP_HELD)) != SWEEP_LEVEL)
                return;
        span_format(hold, span);
        put_between(out);
        buf_puts(out, "it holds since ");
        trace_put_time(c, k->since, out);
        buf_printf(out, " and has to for %s, until ", span);
        trace_put_time(c, k->since + hold, out);
        saying->near = HOLDS / 2 + share_of(time - k->since, hold) / 2;
}

static void state_pending(const struct correlate *c, const struct key *k, struct buf *out) {
        const struct extra *x = key_extra(k);
        const struct rule *rule = key_rule(c, k);

        if (!x->n_pending)
                return;
        put_between(out);
        buf_puts(out, "what became so at ");
        trace_put_time(c, x->pending[0].at.time, out);
        buf_puts(out, " is decided at ");
        trace_put_time(c, watermark_due(c, rule, x->pending[0].at.time), out);
        buf_puts(out, ", when nothing earlier can come any more");
}

void trace_state(const struct correlate *c, const struct key *k, int64_t time, struct buf *out,
                 struct correlate_saying *saying) {
        saying->near = state_condition(c, k, time, out);
        state_hold(c, k, time, out, saying);
        state_guard(c, k, time, out, saying);
        state_pending(c, k, out);
        if (blind_now(c)) {
                put_between(out);
                buf_puts(out, "the intake is blind: nothing is decided by what does not come");
        }
        if (k->flags & KEY_OPEN) {
                put_between(out);
                buf_puts(out, "its alarm is open since ");
                trace_put_time(c, key_opened(k), out);
        }
}
