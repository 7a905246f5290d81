/*
 * The door of the stage: events, time and resets come in here; blindness in blind.c.
 */
#include "correlate/trace.h"

static void keys_free(struct correlate *c) {
        if (c->lanes)
                lanes_drop_all(c);
        for (size_t i = 0; c->by_rule && i < c->rules->n; i++)
                while (c->by_rule[i].first)
                        key_free(c, rule_first(c, i));
}

struct correlate *correlate_free(struct correlate *c) {
        if (!c)
                return NULL;
        keys_free(c);
        lanes_free(c->lanes);
        texts_free(c->texts);
        standing_free(c->standing);
        lost_free(c->lost);
        arena_deinit(&c->derived_texts);
        arena_deinit(&c->scratch);
        free(c->table);
        free(c->by_rule);
        free(c->heap);
        pool_free(c->pool);
        free(c->matches.p);
        free(c->skipped.p);
        free(c->held);
        buf_deinit(&c->text);
        free(c->ops);
        meter_deinit(&c->meter);
        free(c);
        return NULL;
}

/* an expectation for each asset of each rule with `each` */
int correlate_enrol(struct correlate *c, int64_t now) {
        for (uint32_t i = 0; i < c->rules->n && !c->only; i++) {
                const struct rule *rule = &c->rules->rules[i];

                if (c->by_rule[i].deaf_until == WW_TIME_NEVER)
                        continue;
                if (!rule->each && rule->after_schedule != SITE_NONE) {
                        int r = key_enrol(c, i, WW_STR_NONE, SITE_NONE, now);

                        if (r)
                                return r;
                }
                for (size_t j = 0; rule->each && j < rule->n_assets; j++) {
                        int r = key_enrol(c, i, site_asset(c->rules->site, rule->assets[j])->id, rule->assets[j], now);

                        if (r)
                                return r;
                }
        }
        return 0;
}

int correlate_make(struct correlate **ret, const struct correlate_rules *rules, int64_t now, correlate_sink sink,
                   void *userdata) {
        _cleanup_(correlate_freep) struct correlate *c = calloc(1, sizeof *c);
        int r;

        if (!c)
                return -ENOMEM;
        c->rules = rules;
        c->sink = sink;
        c->userdata = userdata;
        c->now = now;
        c->table_mask = 63;
        c->table = pool_table(c->table_mask + 1, sizeof *c->table);
        c->by_rule = calloc(rules->n + 1, sizeof *c->by_rule);
        if (!c->table || !c->by_rule || meter_init(&c->meter, rules->n))
                return -ENOMEM;
        c->matches.meter = &c->meter;
        for (size_t i = 0; i < rules->n; i++)
                c->by_rule[i].deaf_until = c->by_rule[i].partial_until = WW_TIME_NONE;
        r = pool_new(&c->pool);
        if (!r)
                r = texts_new(&c->texts);
        if (!r)
                r = lanes_new(&c->lanes);
        if (!r)
                r = standing_new(&c->standing, rules->site);
        if (!r && !(c->lost = lost_new()))
                r = -ENOMEM;
        if (r)
                return r;
        *ret = c;
        c = NULL;
        return 0;
}

int correlate_new(struct correlate **ret, const struct correlate_rules *rules, int64_t now, correlate_sink sink,
                  void *userdata) {
        _cleanup_(correlate_freep) struct correlate *c = NULL;
        int r = correlate_make(&c, rules, now, sink, userdata);

        if (!r)
                r = correlate_enrol(c, now);
        if (r)
                return r;
        *ret = c;
        c = NULL;
        return 0;
}

static int due(struct correlate *c, struct key *k) {
        uint32_t rule = k->rule;
        int64_t began;
        int r;

        meter_next(&c->meter);
        began = meter_begin(&c->meter);
        r = apply_due(c, k);
        meter_end(&c->meter, rule, began);
        return r;
}

int correlate_time(struct correlate *c, int64_t now) {
        /* step by step: what comes of a deadline does not depend on how far apart the records are */
        for (int64_t next; !blind_now(c) && c->n_heap && (next = timers_due(c)) <= now;) {
                int r;

                if (next > c->now)
                        c->now = next;
                r = due(c, key_at(c, c->heap[0].key));
                if (!r)
                        r = derived_deliver(c);
                if (r)
                        return r;
        }
        if (now > c->now)
                c->now = now;
        return 0;
}

int64_t correlate_deadline(const struct correlate *c) {
        return blind_now(c) ? WW_TIME_NEVER : timers_due(c);
}

int64_t correlate_absence(const struct correlate *c, int64_t after, int64_t until) {
        return blind_now(c) ? WW_TIME_NEVER : timers_absence(c, after, until);
}

/* ---- events ---- */

int held_add(struct correlate *c, struct lane_match m) {
        if (c->n_held == c->held_capacity) {
                size_t capacity = c->held_capacity ? c->held_capacity * 2 : 64;
                struct lane_match *held = realloc(c->held, capacity * sizeof *held);

                if (!held)
                        return -ENOMEM;
                c->held = held;
                c->held_capacity = capacity;
        }
        c->held[c->n_held++] = m;
        return 0;
}

static int match_key(struct correlate *c, const struct match *m, const struct ww_event *event, struct key **ret) {
        const struct rule *rule = &c->rules->rules[m->rule];
        struct correlate_rule_figures *figures = &c->meter.rules[m->rule];
        bool exercise = event->flags & WW_EVENT_EXERCISE;

        *ret = NULL;
        if (c->only && rule != c->only)
                return 0;
        if (event->received < c->by_rule[m->rule].deaf_until || (c->derived_deep && rule->aliases[m->alias].alarms_all))
                return 0;
        figures->matched++;
        figures->late += event->time < watermark_of(c, rule);
        if (!key_format(c, rule, &rule->aliases[m->alias], event, &c->text)) {
                c->figures.skipped_key_missing++;
                figures->skipped++;
                return c->text.error ? c->text.error : matches_add(&c->skipped, *m);
        }
        if (!rule->each && rule->after_schedule == SITE_NONE)
                return key_get(c, m->rule, exercise, buf_str(&c->text), ret);
        *ret = key_find(c, m->rule, exercise, buf_str(&c->text));
        return c->text.error;
}

/* matches come by rule; within one, keys go by their text */
static void held_sort(struct correlate *c) {
        for (size_t i = 1; i < c->n_held; i++)
                for (size_t j = i; j && key_compare(c, c->held[j - 1].key, c->held[j].key) > 0; j--) {
                        struct lane_match m = c->held[j];

                        c->held[j] = c->held[j - 1];
                        c->held[j - 1] = m;
                }
}

/* the keys that the event goes to, with the selections it matches there; by (rule, key) */
static int held_collect(struct correlate *c, const struct ww_event *event) {
        size_t first = 0;

        c->n_held = c->skipped.n = 0;
        for (size_t i = 0; i < c->matches.n; i++) {
                struct key *k;
                size_t at;
                int r = match_key(c, &c->matches.p[i], event, &k);

                if (r)
                        return r;
                if (!k)
                        continue;
                if (i && c->matches.p[i].rule != c->matches.p[i - 1].rule)
                        first = c->n_held;
                for (at = first; at < c->n_held && c->held[at].key != k; at++)
                        ;
                if (at < c->n_held)
                        c->held[at].mask |= (uint16_t)(1u << c->matches.p[i].alias);
                else
                        r = held_add(c, (struct lane_match){ k, (uint16_t)(1u << c->matches.p[i].alias) });
                if (r)
                        return r;
                k->pins++; /* a later newcomer of this event must not push it out */
        }
        return 0;
}

static void held_release(struct correlate *c) {
        for (size_t i = 0; i < c->n_held; i++)
                c->held[i].key->pins -= (uint32_t)__builtin_popcount(c->held[i].mask);
}

static int measured_op(struct correlate *c, const struct op *op) {
        uint32_t rule = op->key->rule;
        int64_t began = meter_begin(&c->meter);
        int r = apply_op(c, op);

        meter_end(&c->meter, rule, began);
        return r;
}

static int event_instant(struct correlate *c, const struct ww_event *event) {
        struct op op = {
                .at = c->at,
                .state = (uint8_t)event->state,
                .flags = event->flags & WW_EVENT_RETAINED ? ENTRY_RETAINED : 0,
                .event = event,
                .asset = event->asset_index,
                .family = event->family,
        };
        int r = 0;

        op.device = texts_ref(c->texts, event->device);
        if (op.device == UINT32_MAX)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_held && !r; i++) {
                op.key = c->held[i].key;
                op.on = c->held[i].mask;
                r = measured_op(c, &op);
        }
        texts_drop(c->texts, op.device);
        return r;
}

static int event_level(struct correlate *c, const struct ww_event *event) {
        int r;

        c->n_ops = 0;
        r = lanes_event(c, event);
        for (size_t i = 0; i < c->n_ops && !r; i++)
                r = measured_op(c, &c->ops[i]);
        lanes_settle(c);
        return r;
}

int correlate_deliver(struct correlate *c, const struct ww_event *event, bool level) {
        return level ? event_level(c, event) : event_instant(c, event);
}

int correlate_select(struct correlate *c, const struct ww_event *event) {
        bool level = index_level_family(c->rules->index, event->family);
        int r;

        if (c->trace)
                trace_event(c, event);
        r = index_find(c->rules->index, c->standing, event, &c->matches);
        if (r)
                return r;
        if (!c->matches.n && !level)
                return 0;
        c->figures.matched += c->matches.n != 0;
        if (level && (event->state == WW_STATE_UNKNOWN ||
                      (!c->matches.n && (event->flags & (WW_EVENT_SUSPECT | WW_EVENT_DUPLICATE)))))
                return 0;
        r = held_collect(c, event);
        held_release(c);
        held_sort(c);
        if (r)
                return r;
        return correlate_deliver(c, event, level);
}

/* a device that says that it goes, or comes back */
static int link_event(struct correlate *c, const struct ww_event *event) {
        int64_t keep = c->now - c->rules->quiet_max - c->rules->wait_max - WW_MINUTE;

        if (event->state == WW_STATE_UNKNOWN || (event->flags & (WW_EVENT_SUSPECT | WW_EVENT_DUPLICATE)))
                return 0;
        return lost_set(c->lost, event->device, event->state == WW_STATE_ACTIVE, event->time, keep);
}

bool correlate_device_lost(const struct correlate *c, struct ww_str device) {
        struct lost_span span;

        return device.n && lost_next(c->lost, device, WW_TIME_NEVER - 1, &span);
}

bool correlate_tells_link(const struct correlate *c, const struct ww_event *event) {
        return event->family == c->rules->link_family && event->family != WW_FAMILY_NONE;
}

int correlate_event(struct correlate *c, const struct ww_event *event) {
        int r;

        c->figures.events++;
        c->figures.late += !!(event->flags & WW_EVENT_LATE);
        meter_next(&c->meter);
        c->at = order_of(event);
        r = event->family == c->rules->link_family ? link_event(c, event) : 0;
        if (!r)
                r = correlate_select(c, event);
        return r ? r : derived_deliver(c);
}

/* ---- what commands set ---- */

int correlate_mode(struct correlate *c, struct ww_str name, bool on, int64_t now) {
        uint32_t mode = site_mode_find(c->rules->site, name);
        int r = 0;

        if (mode == SITE_NONE)
                return CORRELATE_E_UNKNOWN;
        if (now > c->now)
                c->now = now;
        if (standing_mode_set(c->standing, mode, on, c->now))
                r = guard_mode_changed(c, mode, c->now);
        return r ? r : derived_deliver(c);
}

bool correlate_mode_on(const struct correlate *c, uint32_t mode) {
        return standing_mode(c->standing, mode, WW_TIME_NEVER);
}

bool correlate_exercise(const struct correlate *c) {
        return standing_exercise(c->standing, WW_TIME_NEVER);
}

int correlate_list(struct correlate *c, struct ww_str name, struct ww_str member, bool add, int64_t until) {
        uint32_t list = site_list_find(c->rules->site, name);
        int r;

        if (list == SITE_NONE)
                return CORRELATE_E_UNKNOWN;
        r = standing_list_set(c->standing, list, member, add, until);
        return r == STANDING_E_FULL ? CORRELATE_E_FULL : r;
}

/* ---- reset ---- */

const struct rule *correlate_rule(const struct correlate_rules *set, struct ww_str name) {
        for (size_t low = 0, high = set->n; low < high;) {
                size_t middle = (low + high) / 2;
                int r = ww_str_compare(set->rules[middle].name, name);

                if (!r)
                        return &set->rules[middle];
                *(r < 0 ? &low : &high) = r < 0 ? middle + 1 : middle;
        }
        return NULL;
}

int correlate_reset(struct correlate *c, struct ww_str name, struct ww_str text, bool exercise, int64_t now) {
        bool limit = ww_str_is(name, emit_limit_rule);
        const struct rule *rule = correlate_rule(c->rules, limit ? key_part(&c->scratch, text, 0) : name);
        struct key *k;
        int r;

        arena_reset(&c->scratch);
        if (limit && rule)
                c->by_rule[rule->number].told = 0;
        if (limit || !rule)
                return 0;
        k = key_find(c, rule->number, exercise, text);
        if (!k || !(k->flags & KEY_OPEN) || (!rule->instant && (k->flags & KEY_UP)))
                return 0;
        r = episode_end(c, k, now);
        if (!r)
                r = derived_note(c, k, false, order_deadline(now));
        if (!r)
                r = apply_arm(c, k);
        return r ? r : derived_deliver(c);
}

void correlate_figures(const struct correlate *c, struct correlate_figures *ret) {
        *ret = c->figures;
        ret->timers = c->n_heap;
        ret->lanes = lanes_count(c->lanes, &ret->lanes_max);
}

void correlate_rule_figures(const struct correlate *c, size_t rule, struct ww_str *ret_name,
                            struct correlate_rule_figures *ret) {
        *ret = c->meter.rules[rule];
        ret->keys = c->by_rule[rule].n_keys;
        ret->keys_max = c->rules->rules[rule].limit_keys;
        *ret_name = c->rules->rules[rule].name;
}

void correlate_meter(struct correlate *c, int64_t (*clock)(void)) {
        c->meter.clock = clock;
}
