/* What is legal, and costs more than it needs to: told as a warning, with what would mend it. */
#include "correlate/rule_load.h"

/* `field == constant` or `field in …`, or one of their kind among the parts that `and` joins; NULL = none */
static const struct expr *equality_in(const struct expr *e) {
        const struct expr *found;

        if (!e)
                return NULL;
        if (expr_op_of(e) == EXPR_OP_AND) {
                found = equality_in(expr_child(e, 0));
                return found ? found : equality_in(expr_child(e, 1));
        }
        if (expr_op_of(e) != EXPR_OP_EQ && expr_op_of(e) != EXPR_OP_IN)
                return NULL;
        return expr_op_of(expr_child(e, 0)) == EXPR_OP_REF ? e : NULL;
}

/* The right side as it is written beside `kind`; false if it cannot be. */
static bool put_values(const struct expr *right, struct buf *out) {
        struct ww_value v = expr_constant(right);
        const struct expr *item;

        if (expr_op_of(right) == EXPR_OP_NAMED_LIST)
                return expr_print(right, out) >= 0;
        if (expr_op_of(right) != EXPR_OP_LIST) {
                buf_put(out, v.type == WW_STRING ? v.string.p : "", v.type == WW_STRING ? v.string.n : 0);
                return v.type == WW_STRING;
        }
        for (size_t i = 0; (item = expr_child(right, i)); i++) {
                if (expr_constant(item).type != WW_STRING)
                        return false;
                buf_printf(out, "%s%.*s", i ? ", " : "[", WW_STR_ARG(expr_constant(item).string));
        }
        buf_puts(out, "]");
        return true;
}

/* Rules are looked up by the texts of fields that stand beside `kind`; a `where` is asked of every event of the kind.
 */
static void advise_index(struct loader *l, const struct selection *s) {
        const struct expr *e = s->n_equalities ? NULL : equality_in(s->where);
        _cleanup_buf_ struct buf values = BUF_INIT;
        const struct field *f;
        bool list;

        if (!e || !put_values(expr_child(e, 1), &values))
                return;
        list = expr_op_of(expr_child(e, 1)) == EXPR_OP_NAMED_LIST;
        f = l->set->fields[expr_ref_of(expr_child(e, 0)).slot];
        diag_warning(l->d, s->pos,
                     arena_printf(&l->set->arena, "write `%.*s: %s%.*s%s` beside `kind`", WW_STR_ARG(f->name),
                                  list ? "\"" : "", WW_STR_ARG(buf_str(&values)), list ? "\"" : ""),
                     "selection `%s` cannot be looked up: every event of its kind is asked its `where`", s->alias.p);
}

/* an empty window: counts and sums of nothing are 0, all else is missing */
static struct ww_value nothing_call(void *userdata, uint32_t slot, uint32_t sub, const struct ww_value *args,
                                    size_t n) {
        const struct rule *rule = userdata;

        switch (rule->aggregates[sub].kind) {
        case AGGREGATE_COUNT:
        case AGGREGATE_DISTINCT:
        case AGGREGATE_RATE:
        case AGGREGATE_SUM:
        case AGGREGATE_SCORE:
                return ww_number(0);
        case AGGREGATE_AVG:
        case AGGREGATE_MIN:
        case AGGREGATE_MAX:
        case AGGREGATE_PCT:
                return ww_missing();
        }
        return ww_missing();
}

/* A key that is alarmed by nothing is never done with. */
static void advise_bounds(struct loader *l) {
        const struct rule *rule = l->rule;
        struct expr_env env = { .userdata = (void *)rule, .call = nothing_call };

        if (rule->condition != CONDITION_WHEN || rule->window != WINDOW_SLIDING || !rule->n_key || rule->each ||
            !rule->when || !expr_true(rule->when, &env))
                return;
        diag_warning(
                l->d, yaml_get(l->node, "when")->pos,
                "use `each: assets(class)` with `every`, or ask for something that has come",
                "rule `%s`: `when` stays true over an empty window, so its keys are kept up to `limits: {keys: %u}`",
                rule->name.p, rule->limit_keys);
}

void rule_advise(struct loader *l) {
        for (size_t i = 0; i < l->rule->n_aliases; i++)
                advise_index(l, &l->rule->aliases[i]);
        advise_bounds(l);
}
