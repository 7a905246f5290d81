/*
 * What is in a key's window, and what leaves it.
 *
 * Sliding: each event leaves on its own, W behind its time; a span that has ended, W behind its end. Tumbling and
 * session windows are open (SWEEP_WINDOW) from `from` on and lose everything at once when they close; spans that still
 * last stay. A tumbling window opens by the first event in it, by a span that overlaps its beginning, or, where there
 * is a key for each asset, by itself. A session opens by an event and closes `gap` behind its last one (`to`), or
 * `within` behind its first.
 */
#include "correlate/state.h"

uint16_t entry_instants(const struct rule *rule, const struct entry *e) {
        return e->flags & ENTRY_RETAINED ? 0 : (uint16_t)(e->on & (uint16_t)~rule->level_mask);
}

/* what begins here and is counted, is a step or an answer: not what was there before */
uint16_t entry_begun(const struct rule *rule, const struct entry *e) {
        return e->flags & ENTRY_RETAINED ? 0 : (uint16_t)(entry_instants(rule, e) | e->started);
}

/* ---- sliding, and the anchors of an expectation ---- */

/* the first entry that has something to lose, or NULL; those before it are passed */
static const struct entry *expire_first(const struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);

        for (; k->expire < k->n_swept; k->expire++) {
                const struct entry *e = log_entry(rule, k, k->expire);

                if (rule->after_mask ? (entry_begun(rule, e) & rule->after_mask)
                                     : (rule_windowed(rule) && (entry_instants(rule, e) | e->ended)))
                        return e;
        }
        return NULL;
}

/* a span that began at `start` is counted no more, and no window needs it */
static void span_uncount(struct correlate *c, struct key *k, struct order start, uint32_t alias) {
        struct entry *e = log_find(key_rule(c, k), k, start);

        if (!e)
                return;
        tallies_remove(c, k, e, (uint16_t)(1u << alias));
        e->pinned &= (uint16_t) ~(1u << alias);
}

static void expire_one(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        struct entry *e = log_entry(rule, k, k->expire++);

        if (rule->after_mask)
                return;
        tallies_remove(c, k, e, entry_instants(rule, e));
        for (uint32_t alias = 0; alias < rule->n_aliases; alias++)
                if (e->ended & (1u << alias))
                        span_uncount(c, k, span_closed_take(k), alias);
}

int64_t window_leaves(const struct correlate *c, const struct rule *rule, const struct entry *e) {
        int64_t time = e->at.time + rule_horizon(rule);

        return rule->after_mask ? watermark_absence(c, rule, time) : time;
}

static int64_t expire_next(const struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *e = rule->after_mask || rule_windowed(rule) ? expire_first(c, k) : NULL;

        return e ? window_leaves(c, rule, e) : WW_TIME_NEVER;
}

void window_anchor_pass(struct correlate *c, struct key *k) {
        expire_one(c, k);
}

/* the entry has left the window as of `time`, or before the sweep came to any entry (NONE) */
static bool left_by(const struct rule *rule, const struct entry *e, int64_t time) {
        return time == WW_TIME_NONE || e->at.time + rule_horizon(rule) <= time;
}

int window_retreat(struct correlate *c, struct key *k, size_t place) {
        const struct rule *rule = key_rule(c, k);
        int64_t time = place ? log_entry(rule, k, place - 1)->at.time : WW_TIME_NONE;
        size_t at = k->expire < place ? k->expire : place;
        int r = 0;

        for (size_t i = k->expire > place ? k->expire : place; i < k->n_swept; i++) { /* behind the newcomer */
                const struct entry *e = log_entry(rule, k, i + 1);

                tallies_remove(c, k, e, entry_instants(rule, e));
        }
        for (; at && !left_by(rule, log_entry(rule, k, at - 1), time) && !r; at--) {
                const struct entry *e = log_entry(rule, k, at - 1);

                r = tallies_add(c, k, e, entry_instants(rule, e));
        }
        k->expire = (uint32_t)at;
        k->n_swept = (uint32_t)place;
        return r;
}

/* ---- tumbling and session ---- */

static int64_t close_time(const struct rule *rule, const struct key *k) {
        const struct stretch *x = key_stretch(rule, k);

        if (rule->window == WINDOW_TUMBLING)
                return x->to;
        return time_earlier(x->to + rule->gap, x->from + rule->within);
}

static void tumbling_open(struct correlate *c, struct key *k, int64_t time) {
        const struct rule *rule = key_rule(c, k);
        struct site_window w = site_window_of(c->rules->site, time, rule->every);

        key_stretch(rule, k)->from = w.from;
        key_stretch(rule, k)->to = w.to;
        k->bits |= SWEEP_WINDOW;
}

void window_enrol(struct correlate *c, struct key *k, int64_t now) {
        if (key_rule(c, k)->window != WINDOW_TUMBLING)
                return;
        tumbling_open(c, k, now);
        if (key_stretch(key_rule(c, k), k)->from < now) /* not whole: it is not judged */
                k->bits |= SWEEP_DONE;
        k->base->bits = k->bits;
}

/* after a reset: the window as it was in front of the log's first entry */
void window_base(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        struct base base = key_base(rule, k);

        if (rule->window == WINDOW_TUMBLING && (base.bits & SWEEP_WINDOW))
                tumbling_open(c, k, base.trimmed != WW_TIME_NONE ? base.trimmed : base.since);
}

bool window_empty(const struct correlate *c, const struct key *k) {
        return !expire_first(c, (struct key *)k) && !span_counted(c, k, key_rule(c, k)->condition_mask);
}

void window_close(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);

        while (expire_first(c, k))
                expire_one(c, k);
        k->bits &= (uint8_t) ~(SWEEP_WINDOW | SWEEP_DONE);
        if (rule->window == WINDOW_TUMBLING && (rule->each || span_counted(c, k, rule->condition_mask)))
                tumbling_open(c, k, key_stretch(rule, k)->to);
}

/* spans that end here, as the window begins or outside of one */
static void overlaps_none(struct correlate *c, struct key *k, struct entry *e) {
        const struct rule *rule = key_rule(c, k);

        for (uint32_t alias = (uint32_t)rule->n_aliases; alias--;)
                if (e->ended & (1u << alias))
                        span_uncount(c, k, span_closed_undo(k), alias);
        e->ended = 0;
}

void window_entry(struct correlate *c, struct key *k, struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        uint16_t begun = entry_begun(rule, e) & rule->condition_mask;

        if (rule->window == WINDOW_SLIDING)
                return;
        e->flags &= (uint8_t)~ENTRY_FIRST;
        if (begun && !(k->bits & SWEEP_WINDOW)) {
                e->flags |= ENTRY_FIRST;
                k->bits |= SWEEP_WINDOW;
                key_stretch(rule, k)->from = e->at.time;
                if (rule->window == WINDOW_TUMBLING)
                        tumbling_open(c, k, e->at.time);
        }
        if (e->ended && (!(k->bits & SWEEP_WINDOW) || e->at.time == key_stretch(rule, k)->from)) {
                overlaps_none(c, k, e);
                if (rule->window == WINDOW_TUMBLING && !rule->each && window_empty(c, k))
                        k->bits &= (uint8_t) ~(SWEEP_WINDOW | SWEEP_DONE); /* nothing is left that it was opened for */
        }
        if (begun && rule->window == WINDOW_SESSION)
                key_stretch(rule, k)->to = e->at.time;
}

/* ---- all kinds ---- */

int64_t window_next(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);

        if (rule->window == WINDOW_SLIDING)
                return expire_next(c, (struct key *)k);
        return k->bits & SWEEP_WINDOW ? close_time(rule, k) : WW_TIME_NEVER;
}

void window_pass(struct correlate *c, struct key *k, int64_t until) {
        const struct rule *rule = key_rule(c, k);

        while (window_next(c, k) <= until)
                if (rule->window == WINDOW_SLIDING)
                        expire_one(c, k);
                else
                        window_close(c, k);
}
