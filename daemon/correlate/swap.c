/*
 * Other rules, between two records.
 *
 * What is new or changed may have been primed: a shadow is an instance of the new rules in which only those listen that
 * cannot take their state over; it is fed with the past, in another thread, and tells nobody. At the swap the keys of
 * rules that are as they were stay in their places, and get the number of their rule in the new set. What the shadow
 * knows comes to them by way of bytes, as in a snapshot: by name. So the swap costs what has changed, and a walk over
 * the keys.
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
        for (struct key *k = rule_first(c, rule); k; k = key_next(c, k))
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

/* ---- episodes of rules whose condition has changed ---- */

struct taken {
        struct taken *next;
        struct ww_str rule, key, device, asset;
        bool exercise;
        int64_t opened;
        uint8_t priority;
};

struct takings {
        struct arena arena;
        struct taken *first, **end;
};

static int episode_note(struct takings *t, const struct correlate *c, const struct key *k) {
        const struct site *site = c->rules->site;
        struct taken *e = arena_new(&t->arena, struct taken);

        if (!e)
                return -ENOMEM;
        e->rule = arena_copy(&t->arena, key_rule(c, k)->name);
        e->key = arena_copy(&t->arena, key_text(c, k));
        e->device = arena_copy(&t->arena, texts_text(c->texts, k->device));
        e->asset = k->asset < site_asset_count(site) ? arena_copy(&t->arena, site_asset(site, k->asset)->id)
                                                     : WW_STR("");
        e->exercise = k->flags & KEY_EXERCISE;
        e->opened = key_opened(k);
        e->priority = k->priority;
        if (!e->rule.p || !e->key.p || !e->device.p || !e->asset.p)
                return -ENOMEM;
        *t->end = e;
        t->end = &e->next;
        return 0;
}

static int episodes_note(struct takings *t, const struct correlate *c, const enum fate *fates) {
        int r = 0;

        for (size_t i = 0; i < c->rules->n; i++)
                for (const struct key *k = fates[i] == FATE_CHANGED ? rule_first(c, i) : NULL; k && !r;
                     k = key_next(c, k))
                        if (k->flags & KEY_OPEN)
                                r = episode_note(t, c, k);
        return r;
}

/* it goes over to the key that was primed; the new condition judges it from here on */
static int episode_take(struct correlate *c, const struct taken *e) {
        const struct rule *rule = correlate_rule(c->rules, e->rule);
        struct key *k;
        int r = key_get(c, rule->number, e->exercise, e->key, &k);

        if (r || !k)
                return r;
        if (key_rebase(c, k) < 0)
                return -ENOMEM;
        c->figures.episodes += !(k->flags & KEY_OPEN);
        k->flags |= KEY_OPEN | KEY_TAKEN | (k->bits & SWEEP_ROSE ? KEY_UP : 0);
        k->base->opened = e->opened;
        k->base->quiet_from = c->now;
        k->priority = e->priority;
        if (k->device)
                return 0;
        return key_place(c, k, e->device, e->asset.n ? site_asset_find(c->rules->site, e->asset) : SITE_NONE);
}

static int episodes_take(struct correlate *c, const struct takings *t) {
        int r = 0;

        for (const struct taken *e = t->first; e && !r; e = e->next)
                r = episode_take(c, e);
        return r;
}

/* ---- what was primed is told ---- */

/* A shadow knows the modes of the past, but not whose episodes were open: such a guard is asked as of the swap. */
static bool asks_alarms(const struct rule *rule) {
        for (size_t i = 0; i < rule->n_guards; i++)
                if (rule->guards[i].kind == GUARD_ALARM)
                        return true;
        return false;
}

/* an episode that the shadow opened by itself, or one that was taken over */
static int key_tell(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);
        bool taken = k->flags & KEY_TAKEN, guarded = asks_alarms(rule) && !taken;
        bool up = (k->flags & KEY_UP) && (k->bits & (guarded ? SWEEP_LEVEL : SWEEP_ROSE));
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
static int anchor_begin(struct correlate *c, struct key *k) {
        if (k->since != WW_TIME_NONE)
                return 0;
        if (key_rebase(c, k) < 0)
                return -ENOMEM;
        k->since = k->base->since = c->now;
        k->at = k->at > c->now ? k->at : c->now;
        return 0;
}

static int rule_tell(struct correlate *c, size_t rule) {
        size_t n;
        _cleanup_free_ struct key **open = episodes_open(c, rule, &n);
        int r = open ? 0 : -ENOMEM;

        for (struct key *k = rule_first(c, rule); k && !r; k = key_next(c, k)) {
                r = anchor_begin(c, k);
                if (!r && asks_alarms(&c->rules->rules[rule]))
                        r = sweep_again(c, k, c->now);
        }
        for (size_t i = 0; i < n && !r; i++)
                r = key_tell(c, open[i]);
        for (struct key *k = rule_first(c, rule); k && !r; k = key_next(c, k))
                r = apply_arm(c, k);
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

/* `here`: room for a mark on each asset of the site */
static int rule_drop_strays(struct correlate *c, const struct rule *rule, bool *here) {
        size_t n = site_asset_count(c->rules->site);
        int r = 0;

        memset(here, 0, n);
        for (size_t i = 0; i < rule->n_assets; i++)
                here[rule->assets[i]] = true;
        for (struct key *k = rule_first(c, rule->number), *next; k && !r; k = next) {
                next = key_next(c, k);
                if (k->asset < n && here[k->asset])
                        continue;
                if (k->flags & KEY_OPEN)
                        r = emit_removed(c, k);
                if (!r && !k->pins)
                        key_free(c, k);
        }
        return r;
}

/* an asset that the site has no longer expects nothing */
static int drop_strays(struct correlate *c) {
        _cleanup_free_ bool *here = calloc(site_asset_count(c->rules->site) + 1, 1);
        int r = here ? 0 : -ENOMEM;

        for (size_t i = 0; i < c->rules->n && !c->only && !r; i++)
                if (c->rules->rules[i].each)
                        r = rule_drop_strays(c, &c->rules->rules[i], here);
        return r;
}

static int removed_tell(struct correlate *c, const enum fate *fates) {
        int r = 0;

        for (size_t i = 0; i < c->rules->n && !r; i++)
                if (fates[i] == FATE_REMOVED)
                        r = tell_removed(c, i);
        return r;
}

static int keys_drop(struct correlate *c, const bool *rules) {
        int r = lanes_let_go(c, rules);

        for (size_t i = 0; i < c->rules->n && !r; i++)
                while (rules[i] && c->by_rule[i].first)
                        key_free(c, rule_first(c, i));
        return r;
}

/* where each asset of the old site stands in the new one; NULL: where it stood, or no memory (*ret) */
static uint32_t *assets_map(const struct site *from, const struct site *to, int *ret) {
        uint32_t *map = calloc(site_asset_count(from) + 1, sizeof *map);
        bool same = site_asset_count(from) <= site_asset_count(to);

        *ret = map ? 0 : -ENOMEM;
        for (uint32_t i = 0; map && i < site_asset_count(from); i++) {
                map[i] = site_asset_find(to, site_asset(from, i)->id);
                same = same && map[i] == i;
        }
        if (same) {
                free(map);
                map = NULL;
        }
        return map;
}

static void key_renumber(struct correlate *c, struct key *k, uint32_t number, const uint32_t *assets, size_t n) {
        const struct rule *rule = &c->rules->rules[number];

        k->rule = (uint16_t)number;
        timers_renumber(c, k);
        if (!assets)
                return;
        k->asset = k->asset < n ? assets[k->asset] : SITE_NONE;
        for (size_t i = 0; i < k->n_log; i++) {
                struct entry *e = log_entry(rule, k, i);

                e->asset = e->asset < n ? assets[e->asset] : SITE_NONE;
        }
}

static int figures_renumber(struct correlate *c, const struct correlate_rules *before) {
        struct correlate_rule_figures *figures = calloc(c->rules->n + 1, sizeof *figures);

        if (!figures)
                return -ENOMEM;
        for (size_t i = 0; i < c->rules->n; i++) {
                const struct rule *old = correlate_rule(before, c->rules->rules[i].name);

                if (old)
                        figures[i] = c->meter.rules[old->number];
        }
        free(c->meter.rules);
        c->meter.rules = figures;
        return 0;
}

/* The keys stay where they are; what changes is the number of their rule. */
static int rules_renumber(struct correlate *c, const struct correlate_rules *rules) {
        const struct correlate_rules *before = c->rules;
        struct rule_state *by_rule = calloc(rules->n + 1, sizeof *by_rule);
        size_t n_assets = site_asset_count(before->site);
        int r;
        _cleanup_free_ uint32_t *assets = assets_map(before->site, rules->site, &r);

        if (!by_rule || r) {
                free(by_rule);
                return -ENOMEM;
        }
        c->rules = rules;
        for (uint32_t i = 0; i < rules->n; i++) {
                const struct rule *old = correlate_rule(before, rules->rules[i].name);

                by_rule[i].deaf_until = by_rule[i].partial_until = WW_TIME_NONE;
                if (!old || old->state_hash != rules->rules[i].state_hash)
                        continue;
                by_rule[i] = c->by_rule[old->number];
                for (struct key *k = rule_first(c, old->number); k; k = key_next(c, k))
                        key_renumber(c, k, i, assets, n_assets);
        }
        free(c->by_rule);
        c->by_rule = by_rule;
        return figures_renumber(c, before);
}

static int standing_move(struct correlate *c, const struct site *site) {
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        struct standing *next = NULL;
        struct rd in;
        int r = standing_save(c->standing, &bytes);

        if (!r)
                r = standing_new(&next, site);
        if (r)
                return r;
        in = rd_init(buf_str(&bytes));
        r = standing_load(next, &in);
        if (r) {
                standing_free(next);
                return r;
        }
        standing_free(c->standing);
        c->standing = next;
        return 0;
}

static int bytes_load(struct correlate *c, const struct buf *bytes) {
        struct rd in = rd_init(buf_str(bytes));

        return bytes->n ? save_rules_load(c, &in, false) : 0;
}

static int shadow_bytes(const struct correlate *shadow, struct buf *out) {
        _cleanup_free_ bool *heard = calloc(shadow->rules->n + 1, 1);

        if (!heard)
                return -ENOMEM;
        for (size_t i = 0; i < shadow->rules->n; i++)
                heard[i] = shadow->by_rule[i].deaf_until != WW_TIME_NEVER;
        return save_rules(shadow, heard, out);
}

/* a swap at work */
struct swap {
        struct correlate *c;
        const struct correlate_rules *rules;
        enum fate *fates;
        bool *gone;     /* old rules whose keys do not stay where they are */
        bool *reworded; /* … but are swept again, because the rule says something else about the same state */
        bool moved;     /* kinds have other numbers */
        struct takings takings;
        struct buf kept, primed;
};

/* Kinds of the site's own may have other numbers in its next model. What is kept goes by way of bytes then, too: there
 * kinds stand by name. */
static bool kinds_moved(const struct ww_kinds *before, const struct ww_kinds *next) {
        for (size_t i = ww_kinds_builtin()->n; i < before->n; i++)
                if (i >= next->n || strcmp(before->rows[i].family, next->rows[i].family) != 0)
                        return true;
        return false;
}

static int swap_plan(struct swap *s) {
        const struct correlate_rules *before = s->c->rules;

        s->moved = kinds_moved(before->kinds, s->rules->kinds);

        s->fates = calloc(before->n + 1, sizeof *s->fates);
        s->gone = calloc(before->n + 1, 1);
        s->reworded = calloc(before->n + 1, 1);
        if (!s->fates || !s->gone || !s->reworded)
                return -ENOMEM;
        s->takings.end = &s->takings.first;
        for (size_t i = 0; i < before->n; i++) {
                const struct rule *same = correlate_rule(s->rules, before->rules[i].name);

                s->fates[i] = fate_of(s->rules, &before->rules[i]);
                s->reworded[i] = s->fates[i] == FATE_KEPT && (s->moved || same->hash != before->rules[i].hash);
                s->gone[i] = s->fates[i] != FATE_KEPT || s->reworded[i];
        }
        return 0;
}

static void swap_deinit(struct swap *s) {
        free(s->fates);
        free(s->gone);
        free(s->reworded);
        arena_deinit(&s->takings.arena);
        buf_deinit(&s->kept);
        buf_deinit(&s->primed);
}

static int swap_state(struct swap *s, const struct correlate *shadow) {
        struct correlate *c = s->c;
        int r = removed_tell(c, s->fates);

        if (!r)
                r = episodes_note(&s->takings, c, s->fates);
        if (!r)
                r = derived_renumber(c, s->rules);
        if (!r)
                r = save_rules(c, s->reworded, &s->kept);
        if (!r && shadow)
                r = shadow_bytes(shadow, &s->primed);
        if (!r)
                r = keys_drop(c, s->gone);
        if (!r && s->moved)
                lanes_drop_all(c);
        if (!r)
                r = standing_move(c, s->rules->site);
        if (!r)
                r = rules_renumber(c, s->rules);
        if (!r)
                r = bytes_load(c, &s->kept);
        if (!r)
                r = bytes_load(c, &s->primed);
        return r ? r : episodes_take(c, &s->takings);
}

int correlate_swap(struct correlate *c, const struct correlate_rules *rules, struct correlate *shadow, int64_t now) {
        struct swap s = { .c = c, .rules = rules };
        const struct correlate_rules *before = c->rules;
        bool primed = shadow != NULL;
        int r;

        c->now = now > c->now ? now : c->now;
        r = swap_plan(&s);
        if (!r)
                r = swap_state(&s, shadow);
        swap_deinit(&s);
        correlate_free(shadow);
        if (r)
                return r;
        if (c->trace)
                (void)correlate_trace_rule(c, c->traced->name, c->trace);
        timers_rebuild(c);
        r = drop_strays(c);
        if (!r)
                r = correlate_enrol(c, c->now);
        if (!r)
                r = primed_tell(c, before, primed);
        return r ? r : derived_deliver(c);
}
