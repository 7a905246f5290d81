/*
 * Other rules, between two records. The state goes over by way of a snapshot, so that every number (of a rule, of an
 * asset, of a captured field) is found again by its name. An episode whose rule is gone, or whose state cannot be
 * kept, is told as removed: by the alarm's own rules that never is silent.
 */
#include "correlate/save.h"

static bool keeps(const struct correlate_rules *next, const struct rule *rule) {
        const struct rule *same = correlate_rule(next, rule->name);

        return same && same->state_hash == rule->state_hash;
}

static int open_compare(const void *a, const void *b, void *c) {
        return key_compare(c, *(struct key *const *)a, *(struct key *const *)b);
}

/* the open episodes of one rule, told in the order of their keys */
static int tell_removed(struct correlate *c, size_t rule) {
        _cleanup_free_ struct key **open = calloc(c->by_rule[rule].n_keys + 1, sizeof(struct key *));
        size_t n = 0;
        int r = 0;

        if (!open)
                return -ENOMEM;
        for (struct key *k = c->by_rule[rule].first; k; k = k->next)
                if (k->flags & KEY_OPEN)
                        open[n++] = k;
        qsort_r(open, n, sizeof(struct key *), open_compare, c);
        for (size_t i = 0; i < n && !r; i++)
                r = emit_removed(c, open[i]);
        return r;
}

/* an asset that the site has no longer expects nothing */
static int drop_strays(struct correlate *c) {
        for (size_t i = 0; i < c->rules->n; i++) {
                const struct rule *rule = &c->rules->rules[i];

                for (struct key *k = c->by_rule[i].first, *next; rule->each && k; k = next) {
                        bool here = false;

                        next = k->next;
                        for (size_t j = 0; j < rule->n_assets && !here; j++)
                                here = rule->assets[j] == k->asset;
                        if (here)
                                continue;
                        if (k->flags & KEY_OPEN) {
                                int r = emit_removed(c, k);

                                if (r)
                                        return r;
                        }
                        if (!k->pins)
                                key_free(c, k);
                }
        }
        return 0;
}

int correlate_swap(struct correlate *c, const struct correlate_rules *rules, struct correlate *shadow, int64_t now) {
        _cleanup_(correlate_freep) struct correlate *next = NULL;
        _cleanup_buf_ struct buf state = BUF_INIT;
        struct correlate old;
        struct rd in;
        int r = 0;

        c->now = now > c->now ? now : c->now;
        for (size_t i = 0; i < c->rules->n && !r; i++)
                if (!keeps(rules, &c->rules->rules[i]))
                        r = tell_removed(c, i);
        if (!r)
                r = correlate_save(c, &state);
        if (!r)
                r = correlate_make(&next, rules, c->now, c->sink, c->userdata);
        if (r)
                return r;
        in = rd_init(buf_str(&state));
        r = save_load(next, &in, false);
        if (r)
                return r;
        old = *c; /* the handle stays where it is; what it held goes */
        *c = *next;
        *next = old;
        r = drop_strays(c);
        return r ? r : correlate_enrol(c, c->now);
}

int correlate_shadow(struct correlate **ret, const struct correlate_rules *current, const struct correlate_rules *next,
                     int64_t from) {
        *ret = NULL;
        return 0;
}

int64_t correlate_shadow_since(const struct correlate *shadow) {
        return WW_TIME_NEVER;
}

int correlate_shadow_alarm(struct correlate *shadow, const struct ww_detection *alarm, uint64_t seq) {
        return 0;
}

int64_t correlate_partial_until(const struct correlate *c) {
        return WW_TIME_NONE;
}
