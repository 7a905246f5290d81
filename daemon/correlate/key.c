/*
 * Keys: one open-addressing table over (rule, exercise, text), and for each rule a list from the least to the most
 * recently touched key. The list gives keys back that nothing remembers any more (two at most for each newcomer, so
 * that no event pays for many), finds the one to evict at the rule's limit, and is the order in which keys are saved.
 */
#include "correlate/state.h"

#include <stdio.h>
#include <xxhash.h>

#define EVICT_TRIES 64

const struct extra extra_none = { .partial_until = WW_TIME_NONE };

/* by the rule's name: its number changes with other rules */
static uint32_t hash_of(const struct rule *rule, bool exercise, struct ww_str text) {
        return (uint32_t)XXH3_64bits_withSeed(text.p ? text.p : "", text.n, rule->name_hash ^ exercise);
}

static uint32_t hash_of_key(const struct correlate *c, const struct key *k) {
        return hash_of(key_rule(c, k), k->flags & KEY_EXERCISE, key_text(c, k));
}

/* by what the place does not tell of it */
static uint8_t tag_of(uint32_t hash) {
        return (uint8_t)(hash >> 24);
}

/* where the key is, or may be put */
static size_t slot_of(const struct correlate *c, uint32_t hash, uint32_t rule, bool exercise, struct ww_str text) {
        size_t at = hash & c->table_mask;

        for (; c->table[at].key; at = (at + 1) & c->table_mask) {
                const struct key *k = c->table[at].tag == tag_of(hash) ? key_at(c, c->table[at].key) : NULL;

                if (k && k->rule == rule && !(k->flags & KEY_EXERCISE) == !exercise &&
                    ww_str_equal(key_text(c, k), text))
                        break;
        }
        return at;
}

static size_t slot_of_key(const struct correlate *c, const struct key *k) {
        size_t at = hash_of_key(c, k) & c->table_mask;

        while (c->table[at].key != pool_number(k))
                at = (at + 1) & c->table_mask;
        return at;
}

struct key *key_find(const struct correlate *c, uint32_t rule, bool exercise, struct ww_str text) {
        uint32_t hash = hash_of(&c->rules->rules[rule], exercise, text);

        return key_at(c, c->table[slot_of(c, hash, rule, exercise, text)].key);
}

void key_expect(const struct correlate *c, uint32_t rule, bool exercise, struct ww_str text) {
        __builtin_prefetch(&c->table[hash_of(&c->rules->rules[rule], exercise, text) & c->table_mask], 1);
}

static void table_put(struct correlate *c, uint32_t hash, uint32_t key) {
        size_t at = hash & c->table_mask;

        while (c->table[at].key)
                at = (at + 1) & c->table_mask;
        c->table[at] = (struct key_slot){ key, tag_of(hash) };
}

/* by the rules' lists: they go through memory nearly in its order, the old table would not */
int keys_reserve(struct correlate *c, size_t n) {
        size_t mask = c->table_mask;
        struct key_slot *table;

        while ((c->figures.keys + n) * 2 > mask)
                mask = mask * 2 + 1;
        if (mask == c->table_mask)
                return 0;
        table = pool_table(mask + 1, sizeof *table);
        if (!table)
                return -ENOMEM;
        free(c->table);
        c->table = table;
        c->table_mask = mask;
        for (size_t i = 0; i < c->rules->n; i++)
                for (const struct key *k = rule_first(c, i); k; k = key_next(c, k))
                        table_put(c, hash_of_key(c, k), pool_number(k));
        return 0;
}

static void table_remove(struct correlate *c, size_t hole) {
        for (size_t at = (hole + 1) & c->table_mask; c->table[at].key; at = (at + 1) & c->table_mask) {
                size_t home = hash_of_key(c, key_at(c, c->table[at].key)) & c->table_mask;

                if (((at - home) & c->table_mask) >= ((at - hole) & c->table_mask)) {
                        c->table[hole] = c->table[at];
                        hole = at;
                }
        }
        c->table[hole] = (struct key_slot){ 0 };
}

static void list_remove(struct correlate *c, struct rule_state *s, struct key *k) {
        *(k->previous ? &key_at(c, k->previous)->next : &s->first) = k->next;
        *(k->next ? &key_at(c, k->next)->previous : &s->last) = k->previous;
        k->next = k->previous = POOL_NONE;
}

static void list_append(struct correlate *c, struct rule_state *s, struct key *k) {
        uint32_t number = pool_number(k);

        k->previous = s->last;
        *(s->last ? &key_at(c, s->last)->next : &s->first) = number;
        s->last = number;
}

void key_touch(struct correlate *c, struct key *k) {
        struct rule_state *s = &c->by_rule[k->rule];

        if (s->last == pool_number(k))
                return;
        list_remove(c, s, k);
        list_append(c, s, k);
}

int key_place(struct correlate *c, struct key *k, struct ww_str device, uint32_t asset) {
        uint32_t number = texts_ref(c->texts, device);

        if (number == UINT32_MAX)
                return -ENOMEM;
        texts_drop(c->texts, k->device);
        k->device = number;
        k->asset = asset;
        return 0;
}

/* without its log, which is counted as it grows; tallies are aligned to 8 bytes */
static size_t key_bytes(const struct rule *rule, size_t text_n) {
        size_t granule = rule->n_tallies ? 8 : 4;

        return (key_text_at(rule) + text_n + granule - 1) / granule * granule;
}

static size_t base_bytes(const struct key *k) {
        return k->flags & KEY_EXTENDED ? sizeof(struct extra) : k->base ? sizeof(struct base) : 0;
}

static void base_free(struct correlate *c, struct key *k) {
        c->figures.key_bytes -= base_bytes(k);
        pool_give(c->pool, k->base, base_bytes(k));
}

int key_rebase(struct correlate *c, struct key *k) {
        if (k->base)
                return 0;
        k->base = pool_take(c->pool, sizeof *k->base);
        if (!k->base)
                return -ENOMEM;
        *k->base = base_none(key_rule(c, k));
        c->figures.key_bytes += sizeof *k->base;
        return 0;
}

int key_extend(struct correlate *c, struct key *k) {
        struct extra *extra;

        if (k->flags & KEY_EXTENDED)
                return 0;
        extra = pool_take(c->pool, sizeof *extra);
        if (!extra)
                return -ENOMEM;
        *extra = extra_none;
        extra->base = key_base(key_rule(c, k), k);
        base_free(c, k);
        k->base = &extra->base;
        k->flags |= KEY_EXTENDED;
        c->figures.key_bytes += sizeof *extra;
        return 0;
}

static void extra_free(struct correlate *c, struct key *k) {
        struct extra *extra = key_more(k);

        if (extra) {
                free(extra->past);
                free(extra->pending);
        }
        base_free(c, k);
}

void key_free(struct correlate *c, struct key *k) {
        const struct rule *rule = key_rule(c, k);

        timers_disarm(c, k);
        table_remove(c, slot_of_key(c, k));
        list_remove(c, &c->by_rule[k->rule], k);
        c->by_rule[k->rule].n_keys--;
        c->figures.keys--;
        c->figures.key_bytes -= key_bytes(rule, k->text_n);
        c->figures.episodes -= !!(k->flags & KEY_OPEN);
        log_free(c, k);
        texts_drop(c->texts, k->device);
        tallies_free(rule, k);
        span_free(k);
        if (rule->condition == CONDITION_SEQUENCE)
                sequence_end(c, rule, k);
        extra_free(c, k);
        pool_give(c->pool, k, key_bytes(rule, k->text_n));
}

static bool evictable(const struct rule *rule, const struct key *k) {
        return !(k->flags & KEY_OPEN) && !k->pins && !rule->each && rule->after_schedule == SITE_NONE &&
               !key_extra(k)->n_pending && !(rule->after_mask && k->expire < k->n_log);
}

/* nothing that it holds can matter any more */
static bool spent(const struct correlate *c, const struct rule *rule, const struct key *k) {
        return evictable(rule, k) && !span_any(k, UINT16_MAX) && !(k->bits & (SWEEP_PURE | SWEEP_ROSE)) &&
               (!(k->bits & SWEEP_WINDOW) || window_next(c, k) <= watermark_of(c, rule)) &&
               (!k->n_log || log_entry(rule, k, k->n_log - 1)->at.time <= watermark_memory(c, rule)) &&
               (!rule->n_score_tests || tallies_spent(rule, k, watermark_of(c, rule))) && !spells_asked(c, k);
}

static void reclaim(struct correlate *c, const struct rule *rule, struct rule_state *s) {
        for (int i = 0; i < 2 && s->first; i++) {
                struct key *k = key_at(c, s->first);

                if (spent(c, rule, k))
                        key_free(c, k);
                else if (!evictable(rule, k))
                        key_touch(c, k);
                else
                        return;
        }
}

/* true if there is room for a newcomer */
static bool evict(struct correlate *c, const struct rule *rule, struct rule_state *s) {
        for (int i = 0; i < EVICT_TRIES && s->n_keys >= rule->limit_keys; i++) {
                struct key *k = key_at(c, s->first);

                if (evictable(rule, k)) {
                        key_free(c, k);
                        c->figures.evicted++;
                        c->meter.rules[rule->number].evicted++;
                } else {
                        key_touch(c, k);
                }
        }
        return s->n_keys < rule->limit_keys;
}

static struct key *key_make(struct correlate *c, uint32_t rule, bool exercise, struct ww_str text) {
        const struct rule *r = &c->rules->rules[rule];
        size_t bytes = key_bytes(r, text.n);
        struct key *k = text.n <= UINT16_MAX ? pool_take(c->pool, bytes) : NULL;

        if (!k)
                return NULL;
        memset(k, 0, bytes);
        k->rule = (uint16_t)rule;
        if (r->each && key_rebase(c, k) < 0) {
                pool_give(c->pool, k, bytes);
                return NULL;
        }
        k->flags |= exercise ? KEY_EXERCISE : 0;
        k->at = WW_TIME_NONE;
        if (r->condition == CONDITION_SEQUENCE)
                key_course(r, k)->lead = WW_TIME_NONE;
        k->asset = SITE_NONE;
        k->priority = (uint8_t)r->priority;
        k->grade = (uint8_t)r->priority;
        k->text_n = (uint16_t)text.n;
        memcpy((char *)k + key_text_at(r), text.p ? text.p : "", text.n);
        return k;
}

int key_get(struct correlate *c, uint32_t rule, bool exercise, struct ww_str text, struct key **ret) {
        const struct rule *r = &c->rules->rules[rule];
        struct rule_state *s = &c->by_rule[rule];
        uint32_t hash = hash_of(r, exercise, text);
        struct key *k = key_at(c, c->table[slot_of(c, hash, rule, exercise, text)].key);

        *ret = k;
        if (k)
                return 0;
        if (!c->loading)
                reclaim(c, r, s);
        if (s->n_keys >= r->limit_keys && !c->loading) {
                int e = emit_limit(c, rule, LIMIT_KEYS);

                if (e)
                        return e;
                if (!evict(c, r, s)) {
                        c->figures.refused++;
                        c->meter.rules[rule].refused++;
                        return 0;
                }
        }
        k = keys_reserve(c, 1) < 0 ? NULL : key_make(c, rule, exercise, text);
        if (!k)
                return -ENOMEM;
        table_put(c, hash, pool_number(k));
        list_append(c, s, k);
        s->n_keys++;
        c->figures.keys++;
        c->figures.key_bytes += key_bytes(r, text.n);
        *ret = k;
        return 0;
}

static void put_escaped(struct buf *out, struct ww_str s) {
        for (size_t i = 0; i < s.n; i++) {
                if (s.p[i] == ',' || s.p[i] == '\\')
                        buf_put_u8(out, '\\');
                buf_put_u8(out, (uint8_t)s.p[i]);
        }
}

void key_put_part(struct buf *out, struct ww_str name, struct ww_str value) {
        if (out->n)
                buf_put_u8(out, ',');
        buf_put(out, name.p, name.n);
        buf_put_u8(out, '=');
        put_escaped(out, value);
}

static bool value_text(struct ww_value v, char buffer[static 40], struct ww_str *ret) {
        switch (v.type) {
        case WW_STRING:
                *ret = v.string;
                return true;
        case WW_NUMBER:
                *ret = (struct ww_str){ buffer, (size_t)snprintf(buffer, 40, "%.17g", v.number) };
                return true;
        case WW_BOOL:
                *ret = v.boolean ? WW_STR("true") : WW_STR("false");
                return true;
        case WW_MISSING:
        case WW_NULL:
        case WW_TIME:
        case WW_SPAN:
                return false;
        }
        return false;
}

bool key_format(const struct correlate *c, const struct rule *rule, const struct selection *s,
                const struct ww_event *event, struct buf *out) {
        buf_reset(out);
        for (size_t i = 0; i < rule->n_key; i++) {
                char buffer[40];
                struct ww_str text;

                if (!value_text(field_load(s->key[i], c->rules->site, event), buffer, &text) || text.n > 512)
                        return false;
                key_put_part(out, rule->key_names[i], text);
        }
        return true;
}

struct ww_str key_part_raw(struct ww_str text, size_t part) {
        size_t from = 0, to = 0;

        for (; to < text.n && (part || text.p[to] != ','); to++) {
                if (text.p[to] == '\\') {
                        to++;
                } else if (text.p[to] == ',') {
                        part--;
                        from = to + 1;
                }
        }
        to = to < text.n ? to : text.n;
        while (from < to && (part || text.p[from] != '='))
                from++;
        return (struct ww_str){ text.p + from, to - from };
}

struct ww_str key_part(struct arena *scratch, struct ww_str text, size_t part) {
        struct ww_str raw = key_part_raw(text, part);
        char *out = arena_alloc(scratch, raw.n + 1);
        size_t n = 0;

        if (!out)
                return WW_STR_NONE;
        for (size_t i = 1; i < raw.n; i++) { /* behind the `=` */
                if (raw.p[i] == '\\' && i + 1 < raw.n)
                        i++;
                out[n++] = raw.p[i];
        }
        return (struct ww_str){ out, n };
}

int key_enrol(struct correlate *c, uint32_t rule, struct ww_str asset, uint32_t index, int64_t now) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        const struct rule *enrolled = &c->rules->rules[rule];
        const struct site *site = c->rules->site;
        struct key *k;
        int r;

        if (asset.n)
                key_put_part(&text, WW_STR("asset"), asset);
        if (text.error)
                return text.error;
        if (key_find(c, rule, false, buf_str(&text)))
                return 0;
        r = key_get(c, rule, false, buf_str(&text), &k);
        if (r || !k)
                return r;
        r = key_place(c, k, index < site_asset_count(site) ? site_asset(site, index)->device : WW_STR_NONE, index);
        if (!r)
                r = key_rebase(c, k);
        if (r)
                return r;
        k->since = k->base->since = k->at = now;
        if (c->silent && enrolled->condition == CONDITION_EXPECT &&
            enrolled->after_schedule == SITE_NONE) /* primed: heard of in the past, or enrolled by the swap */
                k->since = k->base->since = WW_TIME_NONE;
        window_enrol(c, k, now);
        return apply_arm(c, k);
}
