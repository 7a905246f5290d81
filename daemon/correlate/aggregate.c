/* What `when`, `clear` and `regrade` say at a moment: expressions over what is counted (tally.c) and what is on. */
#include "correlate/trace.h"

struct when_env {
        const struct rule *rule;
        const struct key *key;
        const struct entry *at;
        int64_t now, length;
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

        return tally_read(e->rule, e->key, &e->rule->aggregates[sub], e->now, e->length);
}

/* `now` lies behind a tumbling window's end when that is judged */
static int64_t length_of(const struct rule *rule, const struct key *k) {
        const struct stretch *x = key_stretch(rule, k);

        if (rule->window == WINDOW_TUMBLING && x->to > x->from)
                return x->to - x->from;
        return rule->within ? rule->within : 1;
}

struct ww_value aggregate_value(const struct correlate *c, const struct key *k, size_t i, int64_t now) {
        const struct rule *rule = key_rule(c, k);

        return tally_read(rule, k, &rule->aggregates[i], now, length_of(rule, k));
}

bool aggregate_true(const struct correlate *c, const struct key *k, const struct expr *expr, struct order at,
                    const struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        struct when_env userdata = { rule, k, e, at.time, length_of(rule, k) };
        struct expr_env env = { .userdata = &userdata, .load = when_load, .call = when_call };

        return expr_true(expr, &env);
}

enum ww_priority aggregate_grade(const struct correlate *c, const struct key *k, struct order at,
                                 const struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        enum ww_priority best = 0;

        for (size_t i = 0; i < rule->n_grades; i++)
                if (rule->grades[i].priority > best && aggregate_true(c, k, rule->grades[i].when, at, e))
                        best = rule->grades[i].priority;
        return best ? best : rule->priority;
}
