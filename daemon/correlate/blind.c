/*
 * Blindness: journal time in which nothing was heard. Where it begins, every absence that is not decided yet loses its
 * deadline; where it ends, the deadline stands again, at the end + wait (watermark.c says which and why).
 *
 * The sweep of a key may be ahead of the watermark, because events come up to some seconds ahead of journal time. What
 * it has concluded there of deadlines that now move is concluded anew.
 *
 * The spans are kept, because a late event has the sweep go over old deadlines again, and it must find them where they
 * were. Of too many the oldest is given up; one that the next follows so closely that deadlines moved from the one
 * into the other is joined with it instead.
 */
#include "correlate/state.h"

static void spans_make_room(struct correlate *c) {
        struct blind_span *first = c->blind, *second = first + 1;

        if (c->n_blind < BLIND_SPANS_MAX)
                return;
        if (second->from < first->to + 2 * c->rules->wait_max)
                second->from = first->from;
        memmove(first, second, --c->n_blind * sizeof *first);
}

/* of an asset's key, which has a base */
static void bits_set(struct correlate *c, struct key *k, uint8_t bits, int64_t since) {
        const struct rule *rule = key_rule(c, k);

        k->bits = k->base->bits = bits;
        k->since = k->base->since = since;
        for (size_t i = 0; i < k->n_log; i++) {
                struct entry *e = log_entry(rule, k, i);

                e->bits = bits;
                e->since = since;
        }
}

/* Of an asset nothing was to be heard: its expectation begins anew. Silence that was told before goes on, unless
 * something came of it meanwhile. */
static void each_unblind(struct correlate *c, struct key *k, int64_t to) {
        struct extra *x = key_more(k);
        bool silent = (k->flags & KEY_OPEN) && !key_extra(k)->n_pending;

        if (x)
                x->n_pending = x->n_pending && (k->flags & KEY_OPEN) && x->pending[0].what == ITEM_FALL;
        if (k->since != WW_TIME_NONE)
                bits_set(c, k, silent ? SWEEP_PURE | SWEEP_LEVEL | SWEEP_HELD | SWEEP_ROSE : 0,
                         k->since < to ? to : k->since);
}

static void key_unblind(struct correlate *c, struct key *k, int64_t to) {
        const struct rule *rule = key_rule(c, k);

        if (rule->each && rule->condition == CONDITION_EXPECT && rule->after_schedule == SITE_NONE)
                each_unblind(c, k, to);
}

static int key_begin(struct correlate *c, struct key *k) {
        return apply_again(c, k, watermark_of(c, key_rule(c, k)));
}

static int key_end(struct correlate *c, struct key *k) {
        const struct blind_span *last = &c->blind[c->n_blind - 1];
        int r = apply_again(c, k, last->to + key_rule(c, k)->wait - 1);

        key_unblind(c, k, last->to);
        return r ? r : apply_arm(c, k);
}

static int keys_each(struct correlate *c, size_t rule, int (*act)(struct correlate *, struct key *)) {
        int r = 0;

        for (struct key *k = rule_first(c, rule); k && !r; k = key_next(c, k))
                r = act(c, k);
        return r;
}

static int rules_begin(struct correlate *c) {
        int r = 0;

        for (size_t i = 0; i < c->rules->n && !r; i++)
                if (rule_absence(&c->rules->rules[i])) /* for the others nothing moves */
                        r = keys_each(c, i, key_begin);
        return r;
}

static int rules_end(struct correlate *c) {
        int r = 0;

        for (size_t i = 0; i < c->rules->n && !r; i++)
                r = keys_each(c, i, key_end);
        return r;
}

int correlate_blind(struct correlate *c, bool blind, int64_t now) {
        int r;

        if (now > c->now)
                c->now = now;
        if (blind == blind_now(c))
                return 0;
        if (blind) {
                spans_make_room(c);
                c->blind[c->n_blind++] = (struct blind_span){ c->now, WW_TIME_NEVER };
                return rules_begin(c);
        }
        c->blind[c->n_blind - 1].to = c->now;
        r = rules_end(c);
        timers_rebuild(c);
        return r;
}

int blind_save(const struct correlate *c, struct buf *out) {
        buf_put_var(out, c->n_blind);
        for (size_t i = 0; i < c->n_blind; i++) {
                buf_put_time(out, c->blind[i].from);
                buf_put_time(out, c->blind[i].to);
        }
        return out->error;
}

int blind_load(struct correlate *c, struct rd *in) {
        uint64_t n = rd_var(in);
        int64_t after = WW_TIME_NONE;

        if (in->failed || n > BLIND_SPANS_MAX)
                return -EBADMSG;
        for (size_t i = 0; i < n; i++) {
                struct blind_span span = { .from = time_load(in) };

                span.to = time_load(in);
                if (in->failed || span.from == WW_TIME_NONE || span.from < after || span.to < span.from ||
                    span.from > c->now || (span.to == WW_TIME_NEVER ? i + 1 < n : span.to > c->now))
                        return -EBADMSG;
                c->blind[i] = span;
                after = span.to;
        }
        c->n_blind = n;
        return 0;
}
