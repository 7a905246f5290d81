/*
 * What comes in goes into a key: an event as an entry of its log, or journal time as the next of its deadlines.
 */
#include "correlate/trace.h"

static struct captured capture_of(struct correlate *c, struct ww_value v, int *error) {
        struct captured out = { .type = v.type };

        switch (v.type) {
        case WW_BOOL:
                out.boolean = v.boolean;
                break;
        case WW_NUMBER:
                out.number = v.number;
                break;
        case WW_STRING:
                out.text = texts_ref(c->texts, v.string);
                if (out.text == UINT32_MAX) {
                        *error = -ENOMEM;
                        out = (struct captured){ .type = WW_MISSING };
                }
                break;
        case WW_TIME:
        case WW_SPAN:
                out.usec = v.usec;
                break;
        case WW_MISSING:
        case WW_NULL:
                break;
        }
        return out;
}

static int entry_fill(struct correlate *c, struct key *k, struct entry *e, const struct op *op) {
        const struct rule *rule = key_rule(c, k);
        int r = 0;

        if (!e->device) {
                texts_hold(c->texts, op->device);
                e->device = op->device;
        }
        e->asset = op->asset;
        e->family = op->family;
        e->state = op->state;
        e->flags |= op->flags;
        e->on |= op->on;
        e->off = (uint16_t)((e->off | op->off) & ~e->on);
        for (size_t i = 0; i < rule->n_captures && op->event; i++)
                if ((rule->captures[i].aliases & op->on) && e->captures[i].type == WW_MISSING)
                        e->captures[i] = capture_of(c, field_load(rule->captures[i].field, c->rules->site, op->event),
                                                    &r);
        return r;
}

/* `known`: up to there it has been concluded; from `from` on it is told anew */
static int rebuild(struct correlate *c, struct key *k, size_t place, int64_t known, struct order from, bool newcomer) {
        int64_t at = k->at;
        int r;

        episode_drop_from(k, from);
        c->rebuilding = true;
        c->opened_seen = c->fell = false;
        r = sweep_rebuild(c, k, place, known, newcomer);
        if (!r)
                r = sweep_advance(c, k, at);
        c->rebuilding = false;
        return r ? r : episode_after_rebuild(c, k, from);
}

int apply_again(struct correlate *c, struct key *k, int64_t known) {
        const struct rule *rule = key_rule(c, k);
        struct order from = order_deadline(known + 1);

        if (!rule_absence(rule) || k->at <= known)
                return 0;
        return rebuild(c, k, log_place(rule, k, from), known, from, false);
}

int apply_guard(struct correlate *c, struct key *k, int64_t time) {
        struct order from = order_deadline(time);
        int r = 0;

        if (k->at >= time && k->at != WW_TIME_NONE)
                r = rebuild(c, k, log_place(key_rule(c, k), k, from), time - 1, from, false);
        return r ? r : apply_arm(c, k);
}

/* At the limit the oldest eighth goes at once, so that no event pays for all. */
static int shed(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        size_t drop = rule->limit_events / 8 + 1;
        int r;

        if (k->n_log < rule->limit_events)
                return 0;
        r = emit_limit(c, k->rule, LIMIT_EVENTS);
        for (size_t i = 0; i < k->n_log && drop && !r;) {
                const struct entry *e = log_entry(rule, k, i);

                if (e->pinned) {
                        i++;
                        continue;
                }
                if (key_extend(c, k) < 0 || lane_recall(c, k) < 0)
                        return -ENOMEM;
                key_more(k)->partial_until = e->at.time + rule_horizon(rule);
                log_drop(c, k, i);
                c->meter.rules[k->rule].shed++;
                drop--;
        }
        return r ? r : sweep_rebuild(c, k, k->n_log, WW_TIME_NEVER, false);
}

/* the end of a level that the key does not hold */
static bool ends_nothing(const struct correlate *c, const struct key *k, const struct op *op) {
        struct span one;
        size_t n;
        const struct span *open = span_list(c, k, &one, &n);

        for (size_t i = 0; i < n; i++)
                if ((op->off & (1u << open[i].alias)) && open[i].device == op->device && open[i].family == op->family)
                        return false;
        return !op->on;
}

/* too old to hold a place: behind what the log remembers */
static bool outdated(const struct correlate *c, const struct key *k, const struct op *op) {
        const struct rule *rule = key_rule(c, k);

        if (op->at.time > watermark_memory(c, rule))
                return false;
        if (rule->each)
                return op->at.time <= k->since;
        if ((op->on | op->off) & rule->level_mask)
                return op->stale || ends_nothing(c, k, op);
        return op->at.time < watermark_of(c, rule);
}

int apply_op(struct correlate *c, const struct op *op) {
        struct key *k = op->key;
        const struct rule *rule = key_rule(c, k);
        struct entry *e;
        size_t place;
        bool merged, in_order;
        int r;

        if (outdated(c, k, op)) {
                if (TRACED(c, k))
                        trace_late(c, op);
                return 0;
        }
        key_touch(c, k);
        log_trim(c, k);
        r = shed(c, k);
        if (r || k->n_log >= 2 * (size_t)rule->limit_events)
                return r;
        place = log_place(rule, k, op->at);
        merged = place < k->n_log && order_compare(log_entry(rule, k, place)->at, op->at) == 0;
        in_order = place == k->n_log && op->at.time >= k->at;
        if (in_order)
                r = sweep_advance(c, k, op->at.time);
        e = merged ? log_entry(rule, k, place) : log_open(c, k, place, op->at);
        if (!e)
                return -ENOMEM;
        if (!r)
                r = entry_fill(c, k, e, op);
        if (TRACED(c, k))
                trace_taken(c, op);
        if (!r)
                r = in_order ? sweep_entry(c, k, place) : rebuild(c, k, place, op->at.time, op->at, !merged);
        if (TRACED(c, k))
                trace_behind(c, op);
        return r ? r : apply_arm(c, k);
}

/* the sweep's next deadline, if anything could come of it */
static int64_t sweep_due(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        bool idle = rule->n_aggregates && rule->condition != CONDITION_SEQUENCE &&
                    !(k->bits & (SWEEP_PURE | SWEEP_ROSE)) && (rule->positive || rule->condition != CONDITION_WHEN) &&
                    !(rule->window != WINDOW_SLIDING && (rule->level_mask & rule->condition_mask)) &&
                    !((k->flags & KEY_OPEN) && (rule->clear_expr || rule->n_grades));

        if (rule->condition == CONDITION_SEQUENCE && !rule->n_aggregates)
                return sequence_next(c, k);
        return idle ? WW_TIME_NEVER : sweep_next(c, k);
}

/* what is derived from an event goes with it: the rules' numbers order them */
static struct order pending_due(const struct key *k) {
        const struct extra *x = key_extra(k);

        return x->n_pending ? (struct order){ x->pending[0].at.time, x->pending[0].at.input, 0 }
                            : order_deadline(WW_TIME_NEVER);
}

static struct order earliest(int64_t deadline, int64_t other, struct order pending) {
        struct order least = order_deadline(time_earlier(deadline, other));

        return order_compare(pending, least) < 0 ? pending : least;
}

int apply_arm(struct correlate *c, struct key *k) {
        struct order due = earliest(sweep_due(c, k), episode_quiet(c, k), pending_due(k));

        if (k->heap && due.time != WW_TIME_NEVER && order_compare(timers_armed(c, k), due) < 0)
                return 0; /* wakes too early, and looks again */
        return timers_arm(c, k, due);
}

/* one deadline: the timer comes again for the next, so that other keys' deadlines between them keep their order */
int apply_due(struct correlate *c, struct key *k) {
        int64_t sweep = sweep_due(c, k), quiet = episode_quiet(c, k);
        struct order pending = pending_due(k), next = earliest(sweep, quiet, pending);
        int r = 0;

        /* armed too early: what is due before it, of other keys, comes first */
        if (order_compare(next, timers_armed(c, k)) <= 0 && next.time <= watermark_of(c, key_rule(c, k))) {
                if (quiet == next.time)
                        r = episode_quiet_over(c, k, quiet);
                else if (order_compare(pending, next) == 0)
                        r = episode_pending_first(c, k);
                else
                        r = sweep_deadline(c, k, sweep);
        }
        if (r)
                return r;
        if (TRACED(c, k))
                trace_time(c, k, next.time);
        timers_disarm(c, k);
        return apply_arm(c, k);
}
