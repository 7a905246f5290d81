/*
 * Evaluation: total, without allocation (but for lower, upper and string, in the caller's arena, and within `matches`),
 * at most EXPR_NODES_MAX steps deep and wide. What cannot be computed is missing, and what is missing is no condition.
 */
#include "expr/node.h"

#include <math.h>

struct ww_value expr_finite(double d) {
        return isfinite(d) ? ww_number(d) : ww_missing();
}

static bool is_none(const struct ww_value *v) {
        return v->type == WW_MISSING || v->type == WW_NULL;
}

static bool holds(struct ww_value v) {
        return v.type == WW_BOOL && v.boolean;
}

/* <0, 0, >0; both of one type, and no NaN */
static int order(const struct ww_value *a, const struct ww_value *b) {
        switch (a->type) {
        case WW_NUMBER:
                return (a->number > b->number) - (a->number < b->number);
        case WW_STRING:
                return ww_str_compare(a->string, b->string);
        case WW_TIME:
        case WW_SPAN:
                return (a->usec > b->usec) - (a->usec < b->usec);
        case WW_BOOL:
                return (int)a->boolean - (int)b->boolean;
        case WW_MISSING:
        case WW_NULL:
                break;
        }
        return 0;
}

static bool is_nan(const struct ww_value *v) {
        return v->type == WW_NUMBER && isnan(v->number);
}

enum truth {
        TRUTH_FALSE = false,
        TRUTH_TRUE = true,
        TRUTH_MISSING,
};

static struct ww_value truth_value(enum truth t) {
        return t == TRUTH_MISSING ? ww_missing() : ww_bool(t == TRUTH_TRUE);
}

static enum truth compare(int op, const struct ww_value *a, const struct ww_value *b) {
        int r;

        if (is_none(a) || is_none(b) || is_nan(a) || is_nan(b))
                return TRUTH_FALSE;
        if (a->type != b->type || (a->type == WW_BOOL && op != EXPR_OP_EQ && op != EXPR_OP_NE))
                return TRUTH_MISSING;
        if (a->type == WW_STRING && (op == EXPR_OP_EQ || op == EXPR_OP_NE))
                return ww_str_equal(a->string, b->string) == (op == EXPR_OP_EQ);
        r = order(a, b);
        switch (op) {
        case EXPR_OP_EQ:
                return r == 0;
        case EXPR_OP_NE:
                return r != 0;
        case EXPR_OP_LT:
                return r < 0;
        case EXPR_OP_LE:
                return r <= 0;
        case EXPR_OP_GT:
                return r > 0;
        default:
                return r >= 0;
        }
}

static struct ww_value numbers(int op, double a, double b) {
        switch (op) {
        case EXPR_OP_ADD:
                return expr_finite(a + b);
        case EXPR_OP_SUB:
                return expr_finite(a - b);
        case EXPR_OP_MUL:
                return expr_finite(a * b);
        case EXPR_OP_DIV:
                return b == 0 ? ww_missing() : expr_finite(a / b);
        default:
                return b == 0 ? ww_missing() : expr_finite(fmod(a, b));
        }
}

static struct ww_value span_of(double usec) {
        return usec > -9.2e18 && usec < 9.2e18 ? ww_span((int64_t)usec) : ww_missing();
}

/* spans and instants */
static struct ww_value times(int op, struct ww_value a, struct ww_value b) {
        bool instant = (a.type == WW_TIME) != (b.type == WW_TIME);
        bool failed;
        int64_t v;

        if (op == EXPR_OP_ADD || op == EXPR_OP_SUB) {
                failed = op == EXPR_OP_ADD ? __builtin_add_overflow(a.usec, b.usec, &v)
                                           : __builtin_sub_overflow(a.usec, b.usec, &v);
                if (failed || (b.type == WW_TIME && (op == EXPR_OP_ADD ? a.type == WW_TIME : a.type != WW_TIME)))
                        return ww_missing();
                return instant ? ww_instant(v) : ww_span(v);
        }
        if (a.type != WW_SPAN || b.type != WW_SPAN || b.usec == 0 || (b.usec == -1 && a.usec == INT64_MIN))
                return ww_missing();
        if (op == EXPR_OP_DIV)
                return ww_number((double)a.usec / (double)b.usec);
        return op == EXPR_OP_MOD ? ww_span(a.usec % b.usec) : ww_missing();
}

static struct ww_value calculate(int op, struct ww_value a, struct ww_value b) {
        bool time_a = a.type == WW_TIME || a.type == WW_SPAN, time_b = b.type == WW_TIME || b.type == WW_SPAN;

        if (a.type == WW_NUMBER && b.type == WW_NUMBER)
                return numbers(op, a.number, b.number);
        if (time_a && time_b)
                return times(op, a, b);
        if (a.type == WW_SPAN && b.type == WW_NUMBER && op == EXPR_OP_MUL)
                return span_of((double)a.usec * b.number);
        if (a.type == WW_SPAN && b.type == WW_NUMBER && op == EXPR_OP_DIV && b.number != 0)
                return span_of((double)a.usec / b.number);
        if (a.type == WW_NUMBER && b.type == WW_SPAN && op == EXPR_OP_MUL)
                return span_of(a.number * (double)b.usec);
        return ww_missing();
}

static struct ww_value negate(struct ww_value v) {
        if (v.type == WW_NUMBER)
                return ww_number(-v.number);
        return v.type == WW_SPAN && v.usec != INT64_MIN ? ww_span(-v.usec) : ww_missing();
}

static struct ww_value member(const struct expr *list, struct ww_value v, const struct expr_env *env) {
        if (list->op == EXPR_OP_NAMED_LIST)
                return ww_bool(v.type == WW_STRING && env->list_has &&
                               env->list_has(env->userdata, list->list, v.string));
        for (size_t i = 0; i < list->n; i++)
                if (compare(EXPR_OP_EQ, &v, &list->child[i]->value) == TRUTH_TRUE)
                        return ww_bool(true);
        return ww_bool(false);
}

static struct ww_value call(const struct expr *e, const struct expr_env *env) {
        struct ww_value args[EXPR_ARGS_MAX] = { { .type = WW_MISSING } };

        for (size_t i = 0; i < e->n; i++)
                args[i] = expr_eval(e->child[i], env);
        if (e->op == EXPR_OP_BUILTIN)
                return expr_builtin_eval(e, args, env);
        return env->call ? env->call(env->userdata, e->ref.slot, e->ref.sub, args, e->n) : ww_missing();
}

static struct ww_value matches(const struct pattern *p, struct ww_value a) {
        int r = a.type == WW_STRING ? pattern_match(p, a.string) : 0;

        if (r < 0 || (a.type != WW_STRING && !is_none(&a)))
                return ww_missing();
        return ww_bool(r > 0);
}

/* The value where it stands, or made in `own`. */
static const struct ww_value *look(const struct expr *e, const struct expr_env *env, struct ww_value *own) {
        const struct ww_value *v = NULL;

        if (e->op == EXPR_OP_CONSTANT)
                return &e->value;
        if (e->op == EXPR_OP_REF && env->look)
                v = env->look(env->userdata, e->ref.slot, e->ref.sub);
        if (v)
                return v;
        *own = expr_eval(e, env);
        return own;
}

static enum truth eval_compare(const struct expr *e, const struct expr_env *env) {
        struct ww_value a, b;
        const struct ww_value *left = look(e->child[0], env, &a);

        return compare(e->op, left, look(e->child[1], env, &b));
}

static struct ww_value eval_binary(const struct expr *e, const struct expr_env *env) {
        struct ww_value a = expr_eval(e->child[0], env);

        if (e->op == EXPR_OP_IN)
                return member(e->child[1], a, env);
        if (e->op == EXPR_OP_MATCHES)
                return matches(e->pattern, a);
        if (e->op == EXPR_OP_NEG)
                return negate(a);
        return calculate(e->op, a, expr_eval(e->child[1], env));
}

struct ww_value expr_eval(const struct expr *e, const struct expr_env *env) {
        switch ((int)e->op) {
        case EXPR_OP_CONSTANT:
        case NODE_NAME_ARG:
                return e->value;
        case EXPR_OP_REF:
                return env->load ? env->load(env->userdata, e->ref.slot, e->ref.sub) : ww_missing();
        case EXPR_OP_CALL:
        case EXPR_OP_BUILTIN:
                return call(e, env);
        case EXPR_OP_OR:
        case EXPR_OP_AND:
        case EXPR_OP_NOT:
                return ww_bool(expr_true(e, env));
        case EXPR_OP_EQ:
        case EXPR_OP_NE:
        case EXPR_OP_LT:
        case EXPR_OP_LE:
        case EXPR_OP_GT:
        case EXPR_OP_GE:
                return truth_value(eval_compare(e, env));
        case EXPR_OP_LIST:
        case EXPR_OP_NAMED_LIST:
                return ww_missing(); /* they stand right of `in` only */
        default:
                return eval_binary(e, env);
        }
}

/* What a condition mostly is does not become a value first. */
bool expr_true(const struct expr *e, const struct expr_env *env) {
        switch ((int)e->op) {
        case EXPR_OP_OR:
                return expr_true(e->child[0], env) || expr_true(e->child[1], env);
        case EXPR_OP_AND:
                return expr_true(e->child[0], env) && expr_true(e->child[1], env);
        case EXPR_OP_NOT:
                return !expr_true(e->child[0], env);
        case EXPR_OP_EQ:
        case EXPR_OP_NE:
        case EXPR_OP_LT:
        case EXPR_OP_LE:
        case EXPR_OP_GT:
        case EXPR_OP_GE:
                return eval_compare(e, env) == TRUTH_TRUE;
        default:
                return holds(expr_eval(e, env));
        }
}
