/*
 * Other rules, between two records.
 *
 * What is new or changed may have been primed: a shadow is an instance of the new rules in which only those listen that
 * cannot take their state over; it is fed with the past, in another thread, and tells nobody. The swap fills the rest
 * of the state into the shadow, by way of a snapshot, so that every number (of a rule, of an asset, of a captured
 * field) is found again by its name, and the shadow goes on as the instance.
 *
 * An open alarm stays with (rule, key). Where its rule is gone, or has another key, its episode is told as removed; by
 * the alarm's own rules that never is silent. Where its condition has changed, the episode goes over to the primed key
 * and ends there if the new condition is false. A level that is true in the shadow opens; an instant that has passed
 * does not.
 */
#include "correlate/save.h"

enum fate {
        FATE_KEPT,
        FATE_CHANGED, /* the same key, another condition: open episodes go over */
        FATE_REMOVED,
};

static enum fate fate_of(const struct correlate_rules *next, const struct rule *rule) {
        const struct rule *same = correlate_rule(next, rule->name);

        if (!same || same->key_hash != rule->key_hash)
                return FATE_REMOVED;
        return same->state_hash == rule->state_hash ? FATE_KEPT : FATE_CHANGED;
}

static bool is_kept(const struct correlate_rules *current, const struct rule *rule) {
        const struct rule *before = correlate_rule(current, rule->name);

        return before && before->state_hash == rule->state_hash;
}

static int open_compare(const void *a, const void *b, void *c) {
        return key_compare(c, *(struct key *const *)a, *(struct key *const *)b);
}

/* the rule's open episodes in the order of their keys; NULL without memory */
static struct key **episodes_open(struct correlate *c, size_t rule, size_t *ret_n) {
        struct key **open = calloc(c->by_rule[rule].n_keys + 1, sizeof(struct key *));

        *ret_n = 0;
        if (!open)
                return NULL;
        for (struct key *k = c->by_rule[rule].first; k; k = k->next)
                if (k->flags & KEY_OPEN)
                        open[(*ret_n)++] = k;
        qsort_r(open, *ret_n, sizeof(struct key *), open_compare, c);
        return open;
}

static int tell_removed(struct correlate *c, size_t rule) {
        size_t n;
        _cleanup_free_ struct key **open = episodes_open(c, rule, &n);
        int r = open ? 0 : -ENOMEM;

        for (size_t i = 0; i < n && !r; i++)
                r = emit_removed(c, open[i]);
        return r;
}

/* ---- shadow ---- */

int correlate_shadow(struct correlate **ret, const struct correlate_rules *current, const struct correlate_rules *next,
                     int64_t from) {
        _cleanup_(correlate_freep) struct correlate *c = NULL;
        int64_t keep = 0;
        int r = correlate_make(&c, next, from, NULL, NULL);

        if (r)
                return r;
        c->silent = true;
        for (size_t i = 0; i < next->n; i++) {
                struct rule_state *s = &c->by_rule[i];

                s->deaf_until = is_kept(current, &next->rules[i]) ? WW_TIME_NEVER : from - next->rules[i].keep;
                if (s->deaf_until != WW_TIME_NEVER && next->rules[i].keep > keep)
                        keep = next->rules[i].keep;
        }
        c->now = from - keep;
        r = keep ? correlate_enrol(c, c->now) : 0;
        if (r)
                return r;
        *ret = NULL;
        if (keep) {
                *ret = c;
                c = NULL;
        }
        return 0;
}

int64_t correlate_shadow_since(const struct correlate *shadow) {
        int64_t since = WW_TIME_NEVER;

        for (size_t i = 0; i < shadow->rules->n; i++)
                if (shadow->by_rule[i].deaf_until < since)
                        since = shadow->by_rule[i].deaf_until;
        return since;
}

int correlate_shadow_alarm(struct correlate *shadow, const struct ww_detection *alarm, uint64_t seq) {
        const struct rule *rule = correlate_rule(shadow->rules, alarm->rule);

        if (!rule || shadow->by_rule[rule->number].deaf_until != WW_TIME_NEVER)
                return 0;
        return derived_past(shadow, rule, alarm, seq);
}

/* ---- what of the old instance is not in the snapshot's way ---- */

/* An open episode goes over to the key that was primed. The new condition judges it from here on. */
static int episode_take(struct correlate *next, const struct rule *rule, const struct correlate *c,
                        const struct key *old) {
        bool level, open;
        struct key *k;
        int r = key_get(next, rule->number, old->flags & KEY_EXERCISE, key_text(c, old), &k);

        if (r || !k)
                return r;
        if (key_extend(next, k) < 0)
                return -ENOMEM;
        open = k->flags & KEY_OPEN;
        level = k->bits & SWEEP_ROSE;
        next->figures.episodes += !open;
        k->flags |= KEY_OPEN | KEY_TAKEN | (level ? KEY_UP : 0);
        k->extra->opened = key_extra(old)->opened;
        k->extra->quiet_from = next->now;
        k->priority = old->priority;
        if (!k->device) {
                k->device = texts_ref(next->texts, texts_text(c->texts, old->device));
                if (k->device == UINT32_MAX) {
                        k->device = 0;
                        return -ENOMEM;
                }
                if (old->asset < site_asset_count(c->rules->site))
                        k->asset = site_asset_find(next->rules->site, site_asset(c->rules->site, old->asset)->id);
        }
        return 0;
}

static int episodes_take(struct correlate *next, struct correlate *c) {
        for (size_t i = 0; i < c->rules->n; i++) {
                const struct rule *rule = &c->rules->rules[i];

                if (fate_of(next->rules, rule) != FATE_CHANGED)
                        continue;
                for (const struct key *k = c->by_rule[i].first; k; k = k->next) {
                        int r = k->flags & KEY_OPEN ? episode_take(next, correlate_rule(next->rules, rule->name), c, k)
                                                    : 0;

                        if (r)
                                return r;
                }
        }
        return 0;
}

/* ---- what was primed is told ---- */

/* an episode that the shadow opened by itself, or one that was taken over */
static int key_tell(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        bool taken = k->flags & KEY_TAKEN, up = k->flags & KEY_UP;
        struct item item = { .at = order_deadline(c->now), .what = ITEM_FALL, .grade = k->grade };
        int r = 0;

        k->flags &= (uint8_t)~KEY_TAKEN;
        if (!taken && (rule->instant || !up))
                r = episode_end(c, k, c->now); /* it has passed, and nobody was told */
        else if (!taken)
                r = emit(c, k, WW_DETECTION_RAISE, &item);
        else if (!rule->instant && !up)
                r = episode_commit(c, k, &item);
        return r ? r : apply_arm(c, k);
}

/* an asset that was never heard of: its clock begins now */
static void anchor_begin(struct key *k, int64_t now) {
        if (k->since != WW_TIME_NONE || !k->extra)
                return;
        k->since = k->extra->base_since = now;
        k->at = k->at > now ? k->at : now;
}

static int rule_tell(struct correlate *c, size_t rule) {
        size_t n;
        _cleanup_free_ struct key **open = episodes_open(c, rule, &n);
        int r = open ? 0 : -ENOMEM;

        for (size_t i = 0; i < n && !r; i++)
                r = key_tell(c, open[i]);
        for (struct key *k = c->by_rule[rule].first; k && !r; k = k->next) {
                anchor_begin(k, c->now);
                r = apply_arm(c, k);
        }
        return r;
}

/* a window that looks back further than was primed is told as partial until it is whole */
static void rule_partial(struct correlate *c, const struct rule *rule, bool primed) {
        int64_t since = primed ? c->now - rule->keep : c->now, whole = since + rule_horizon(rule);

        c->by_rule[rule->number].partial_until = whole > c->now ? whole : WW_TIME_NONE;
}

static int primed_tell(struct correlate *c, const struct correlate_rules *before, bool primed) {
        int r = 0;

        for (size_t i = 0; i < c->rules->n && !r; i++) {
                if (is_kept(before, &c->rules->rules[i]))
                        continue;
                c->by_rule[i].deaf_until = WW_TIME_NONE;
                rule_partial(c, &c->rules->rules[i], primed);
                r = rule_tell(c, i);
        }
        return r;
}

int64_t correlate_partial_until(const struct correlate *c) {
        int64_t until = WW_TIME_NONE;

        for (size_t i = 0; i < c->rules->n; i++)
                if (c->by_rule[i].partial_until > until)
                        until = c->by_rule[i].partial_until;
        return until > c->now ? until : WW_TIME_NONE;
}

/* ---- the swap ---- */

/* an asset that the site has no longer expects nothing */
static int drop_strays(struct correlate *c) {
        for (size_t i = 0; i < c->rules->n && !c->only; i++) {
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

static int removed_tell(struct correlate *c, const struct correlate_rules *rules) {
        int r = 0;

        for (size_t i = 0; i < c->rules->n && !r; i++)
                if (fate_of(rules, &c->rules->rules[i]) == FATE_REMOVED)
                        r = tell_removed(c, i);
        return r;
}

/* all that the old instance knows, in the new one */
static int take_over(struct correlate *next, struct correlate *c) {
        _cleanup_buf_ struct buf state = BUF_INIT;
        struct rd in;
        int r = correlate_save(c, &state);

        if (r)
                return r;
        in = rd_init(buf_str(&state));
        next->sink = c->sink;
        next->userdata = c->userdata;
        next->silent = false;
        next->only = c->only;
        next->with = c->with;
        next->n_with = c->n_with;
        for (size_t i = 0; i < next->rules->n; i++)
                if (is_kept(c->rules, &next->rules->rules[i]))
                        next->by_rule[i].deaf_until = WW_TIME_NONE;
        r = save_load(next, &in, false);
        return r ? r : episodes_take(next, c);
}

int correlate_swap(struct correlate *c, const struct correlate_rules *rules, struct correlate *shadow, int64_t now) {
        _cleanup_(correlate_freep) struct correlate *next = shadow;
        const struct correlate_rules *before = c->rules;
        struct correlate old;
        int r;

        c->now = now > c->now ? now : c->now;
        r = removed_tell(c, rules);
        if (!r && !next)
                r = correlate_make(&next, rules, c->now, c->sink, c->userdata);
        if (!r)
                r = take_over(next, c);
        if (r)
                return r;
        old = *c; /* the handle stays where it is; what it held goes */
        *c = *next;
        *next = old;
        timers_rebuild(c);
        r = drop_strays(c);
        if (!r)
                r = correlate_enrol(c, c->now);
        if (!r)
                r = primed_tell(c, before, shadow != NULL);
        return r ? r : derived_deliver(c);
}
