/*
 * What `when`, `clear` and `regrade` count: kept up to date as entries come into the window and leave it, so that a
 * condition costs the same however many events the window holds.
 */
#include "correlate/state.h"

#include <xxhash.h>

static uint64_t captured_bits(const struct captured *v) {
        uint64_t bits = 0;

        switch (v->type) {
        case WW_BOOL:
                return v->boolean;
        case WW_NUMBER:
                memcpy(&bits, &v->number, sizeof bits);
                return bits;
        case WW_STRING:
                return v->text;
        case WW_TIME:
        case WW_SPAN:
                return (uint64_t)v->usec;
        case WW_MISSING:
        case WW_NULL:
                return 0;
        }
        return 0;
}

static struct multiset_slot *multiset_slot(const struct aggregate_state *a, uint64_t bits, uint32_t type) {
        uint64_t key[2] = { bits, type };
        size_t at = XXH3_64bits(key, sizeof key) & a->mask;

        while (a->slots[at].refs && (a->slots[at].bits != bits || a->slots[at].type != type))
                at = (at + 1) & a->mask;
        return &a->slots[at];
}

static int multiset_grow(struct aggregate_state *a) {
        struct aggregate_state grown = { .n = a->n, .mask = a->slots ? a->mask * 2 + 1 : 3 };

        if (a->slots && (a->n + 1) * 4 <= (a->mask + 1) * 3)
                return 0;
        grown.slots = calloc(grown.mask + 1, sizeof *grown.slots);
        if (!grown.slots)
                return -ENOMEM;
        for (size_t i = 0; a->slots && i <= a->mask; i++)
                if (a->slots[i].refs)
                        *multiset_slot(&grown, a->slots[i].bits, a->slots[i].type) = a->slots[i];
        free(a->slots);
        *a = grown;
        return 0;
}

static int multiset_add(struct aggregate_state *a, const struct captured *v) {
        struct multiset_slot *slot;

        if (multiset_grow(a) < 0)
                return -ENOMEM;
        slot = multiset_slot(a, captured_bits(v), v->type);
        if (!slot->refs)
                a->n++;
        *slot = (struct multiset_slot){ captured_bits(v), v->type, slot->refs + 1 };
        return 0;
}

static size_t slot_home(const struct aggregate_state *a, const struct multiset_slot *s) {
        uint64_t key[2] = { s->bits, s->type };

        return XXH3_64bits(key, sizeof key) & a->mask;
}

static void multiset_remove(struct aggregate_state *a, const struct captured *v) {
        struct multiset_slot *slot = multiset_slot(a, captured_bits(v), v->type);
        size_t hole = (size_t)(slot - a->slots);

        if (--slot->refs)
                return;
        a->n--;
        for (size_t at = (hole + 1) & a->mask; a->slots[at].refs; at = (at + 1) & a->mask)
                if (((at - slot_home(a, &a->slots[at])) & a->mask) >= ((at - hole) & a->mask)) {
                        a->slots[hole] = a->slots[at];
                        a->slots[at].refs = 0;
                        hole = at;
                }
        a->slots[hole].refs = 0;
}

/* a missing value is no value: it is not counted as a different one */
static bool counted(const struct captured *v) {
        return v->type != WW_MISSING && v->type != WW_NULL;
}

int aggregate_add(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask) {
        const struct rule *rule = key_rule(c, k);

        for (size_t i = 0; i < rule->n_aggregates; i++) {
                const struct aggregate *a = &rule->aggregates[i];

                if (!(mask & (1u << a->alias)))
                        continue;
                switch (a->kind) {
                case AGGREGATE_COUNT:
                        k->aggregates[i].n++;
                        break;
                case AGGREGATE_DISTINCT:
                        if (counted(&e->captures[a->capture]) &&
                            multiset_add(&k->aggregates[i], &e->captures[a->capture]) < 0)
                                return -ENOMEM;
                        break;
                }
        }
        return 0;
}

void aggregate_remove(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask) {
        const struct rule *rule = key_rule(c, k);

        for (size_t i = 0; i < rule->n_aggregates; i++) {
                const struct aggregate *a = &rule->aggregates[i];

                if (!(mask & (1u << a->alias)))
                        continue;
                switch (a->kind) {
                case AGGREGATE_COUNT:
                        k->aggregates[i].n--;
                        break;
                case AGGREGATE_DISTINCT:
                        if (counted(&e->captures[a->capture]))
                                multiset_remove(&k->aggregates[i], &e->captures[a->capture]);
                        break;
                }
        }
}

void aggregate_reset(const struct rule *rule, struct key *k) {
        for (size_t i = 0; i < rule->n_aggregates; i++) {
                k->aggregates[i].n = 0;
                if (k->aggregates[i].slots)
                        memset(k->aggregates[i].slots, 0, (k->aggregates[i].mask + 1) * sizeof(struct multiset_slot));
        }
}

void aggregate_free(const struct rule *rule, struct key *k) {
        for (size_t i = 0; i < rule->n_aggregates; i++)
                free(k->aggregates[i].slots);
        free(k->aggregates);
}

struct when_env {
        const struct rule *rule;
        const struct key *key;
        const struct entry *at;
};

static struct ww_value when_load(void *userdata, uint32_t slot, uint32_t sub) {
        const struct when_env *e = userdata;
        uint16_t bit = (uint16_t)(1u << sub);

        if (!(e->rule->level_mask & bit))
                return ww_bool(e->at && (e->at->on & bit));
        return ww_bool(span_any(e->key, bit));
}

static struct ww_value when_call(void *userdata, uint32_t slot, uint32_t sub, const struct ww_value *args, size_t n) {
        const struct when_env *e = userdata;

        return ww_number(e->key->aggregates[sub].n);
}

bool aggregate_true(const struct correlate *c, const struct key *k, const struct expr *expr, const struct entry *at) {
        struct when_env userdata = { key_rule(c, k), k, at };
        struct expr_env env = { .userdata = &userdata, .load = when_load, .call = when_call };

        return expr_true(expr, &env);
}

enum ww_priority aggregate_grade(const struct correlate *c, const struct key *k, const struct entry *at) {
        const struct rule *rule = key_rule(c, k);
        enum ww_priority best = 0;

        for (size_t i = 0; i < rule->n_grades; i++)
                if (rule->grades[i].priority > best && aggregate_true(c, k, rule->grades[i].when, at))
                        best = rule->grades[i].priority;
        return best ? best : rule->priority;
}
