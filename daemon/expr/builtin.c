/* The language's own functions: one table. A new one is a row, a function below and a test. */
#include "expr/node.h"

#include <math.h>
#include <stdio.h>

enum builtin {
        LOWER,
        UPPER,
        STARTS_WITH,
        ENDS_WITH,
        CONTAINS,
        LENGTH,
        ABS,
        ROUND,
        FLOOR,
        CEIL,
        MIN,
        MAX,
        MISSING,
        NUMBER,
        STRING,
        DEFAULT,
};

const struct expr_function expr_functions[] = {
        [LOWER] = { "lower", "lower(text)", "the text with A-Z as a-z" },
        [UPPER] = { "upper", "upper(text)", "the text with a-z as A-Z" },
        [STARTS_WITH] = { "starts_with", "starts_with(text, text)", "does the first begin with the second" },
        [ENDS_WITH] = { "ends_with", "ends_with(text, text)", "does the first end with the second" },
        [CONTAINS] = { "contains", "contains(text, text)", "is the second somewhere in the first" },
        [LENGTH] = { "length", "length(text)", "its number of characters" },
        [ABS] = { "abs", "abs(number or span)", "without its sign" },
        [ROUND] = { "round", "round(number)", "to the nearest whole number, halves away from zero" },
        [FLOOR] = { "floor", "floor(number)", "the largest whole number that is not above it" },
        [CEIL] = { "ceil", "ceil(number)", "the smallest whole number that is not below it" },
        [MIN] = { "min", "min(a, b, …)", "the smallest of two or more numbers, or of spans" },
        [MAX] = { "max", "max(a, b, …)", "the largest of two or more numbers, or of spans" },
        [MISSING] = { "missing", "missing(x)", "true if x is missing or null" },
        [NUMBER] = { "number", "number(x)", "a text as a number (missing if it is none), a condition as 1 or 0" },
        [STRING] = { "string", "string(x)", "a number or a condition as text" },
        [DEFAULT] = { "default", "default(x, y)", "x, or y if x is missing or null" },
};
const size_t expr_functions_n = sizeof expr_functions / sizeof *expr_functions;

/* what the arguments must be, and what comes out */
struct shape {
        uint8_t min, max, arg, result;
};

static const struct shape shapes[] = {
        [LOWER] = { 1, 1, EXPR_STRING, EXPR_STRING },
        [UPPER] = { 1, 1, EXPR_STRING, EXPR_STRING },
        [STARTS_WITH] = { 2, 2, EXPR_STRING, EXPR_BOOL },
        [ENDS_WITH] = { 2, 2, EXPR_STRING, EXPR_BOOL },
        [CONTAINS] = { 2, 2, EXPR_STRING, EXPR_BOOL },
        [LENGTH] = { 1, 1, EXPR_STRING, EXPR_NUMBER },
        [ABS] = { 1, 1, EXPR_ANY, EXPR_ANY },
        [ROUND] = { 1, 1, EXPR_NUMBER, EXPR_NUMBER },
        [FLOOR] = { 1, 1, EXPR_NUMBER, EXPR_NUMBER },
        [CEIL] = { 1, 1, EXPR_NUMBER, EXPR_NUMBER },
        [MIN] = { 2, EXPR_ARGS_MAX, EXPR_ANY, EXPR_ANY },
        [MAX] = { 2, EXPR_ARGS_MAX, EXPR_ANY, EXPR_ANY },
        [MISSING] = { 1, 1, EXPR_ANY, EXPR_BOOL },
        [NUMBER] = { 1, 1, EXPR_ANY, EXPR_NUMBER },
        [STRING] = { 1, 1, EXPR_ANY, EXPR_STRING },
        [DEFAULT] = { 2, 2, EXPR_ANY, EXPR_ANY },
};

int expr_builtin_find(struct ww_str name, size_t n) {
        for (size_t i = 0; i < expr_functions_n; i++)
                if (ww_str_is(name, expr_functions[i].name))
                        return (i == MIN || i == MAX) && n == 1 ? -1 : (int)i;
        return -1;
}

static const char *usage(struct expr_compiler *c, const struct expr *e) {
        const char *text = arena_printf(c->arena, "write `%s`", expr_functions[e->builtin].signature);

        return text ? text : expr_functions[e->builtin].signature;
}

static int refuse(struct expr_compiler *c, const struct expr *e, const struct expr *arg, const char *why) {
        return diag_error(c->d, expr_pos(c, arg->at), usage(c, e), "`%s` cannot take %s%s",
                          expr_functions[e->builtin].name, expr_type_name((enum expr_type)arg->type), why);
}

/* abs, min, max, default: the type that the arguments have in common */
static int check_same(struct expr_compiler *c, struct expr *e) {
        for (size_t i = 0; i < e->n; i++) {
                uint8_t type = e->child[i]->type;

                if (e->builtin != DEFAULT && type && type != EXPR_NUMBER && type != EXPR_SPAN)
                        return refuse(c, e, e->child[i], "");
                if (e->type && type && type != e->type)
                        return refuse(c, e, e->child[i], " beside what stands before it");
                e->type = e->type ? e->type : type;
        }
        for (size_t i = 0; i < e->n; i++)
                if (!e->child[i]->type)
                        e->type = EXPR_ANY;
        return 0;
}

int expr_builtin_check(struct expr_compiler *c, struct expr *e) {
        const struct shape *s = &shapes[e->builtin];

        e->type = s->result;
        if (e->n < s->min || e->n > s->max)
                return diag_error(c->d, expr_pos(c, e->at), usage(c, e), "`%s` does not take %u arguments",
                                  expr_functions[e->builtin].name, e->n);
        for (size_t i = 0; i < e->n && s->arg; i++)
                if (e->child[i]->type && e->child[i]->type != s->arg)
                        return refuse(c, e, e->child[i], "");
        return s->result || e->builtin == MISSING ? 0 : check_same(c, e);
}

static struct ww_value change_case(struct ww_str s, bool upper, const struct expr_env *env) {
        char first = upper ? 'a' : 'A', last = upper ? 'z' : 'Z', *p;
        size_t i = 0;

        while (i < s.n && (s.p[i] < first || s.p[i] > last))
                i++;
        if (i == s.n)
                return ww_string(s);
        p = env->arena ? arena_alloc(env->arena, s.n) : NULL;
        if (!p)
                return ww_missing();
        memcpy(p, s.p, s.n);
        for (; i < s.n; i++)
                if (p[i] >= first && p[i] <= last)
                        p[i] = (char)(p[i] ^ 0x20);
        return ww_string((struct ww_str){ p, s.n });
}

static bool starts(struct ww_str a, struct ww_str b) {
        return a.n >= b.n && (b.n == 0 || memcmp(a.p, b.p, b.n) == 0);
}

static bool ends(struct ww_str a, struct ww_str b) {
        return a.n >= b.n && (b.n == 0 || memcmp(a.p + a.n - b.n, b.p, b.n) == 0);
}

static double characters(struct ww_str s) {
        size_t n = 0;

        for (size_t i = 0; i < s.n; i++)
                n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
        return (double)n;
}

/* Texts: lower, upper, starts_with, ends_with, contains, length. */
static struct ww_value eval_text(const struct expr *e, const struct ww_value *args, const struct expr_env *env) {
        struct ww_str a, b = WW_STR_NONE;

        for (size_t i = 0; i < e->n; i++)
                if (args[i].type != WW_STRING)
                        return ww_missing();
        a = args[0].string;
        b = e->n > 1 ? args[1].string : b;
        switch ((int)e->builtin) {
        case LOWER:
        case UPPER:
                return change_case(a, e->builtin == UPPER, env);
        case STARTS_WITH:
                return ww_bool(starts(a, b));
        case ENDS_WITH:
                return ww_bool(ends(a, b));
        case CONTAINS:
                return ww_bool(b.n == 0 || (a.n && memmem(a.p, a.n, b.p, b.n)));
        default:
                return ww_number(characters(a));
        }
}

static struct ww_value eval_absolute(struct ww_value v) {
        if (v.type == WW_NUMBER)
                return ww_number(fabs(v.number));
        if (v.type == WW_SPAN && v.usec != INT64_MIN)
                return ww_span(v.usec < 0 ? -v.usec : v.usec);
        return ww_missing();
}

static struct ww_value eval_whole(int builtin, struct ww_value v) {
        if (v.type != WW_NUMBER)
                return ww_missing();
        return ww_number(builtin == ROUND ? round(v.number) : builtin == FLOOR ? floor(v.number) : ceil(v.number));
}

static struct ww_value eval_extreme(const struct expr *e, const struct ww_value *args) {
        struct ww_value best = args[0];

        for (size_t i = 0; i < e->n; i++) {
                bool less;

                if (args[i].type != best.type || (best.type != WW_NUMBER && best.type != WW_SPAN))
                        return ww_missing();
                less = best.type == WW_NUMBER ? args[i].number < best.number : args[i].usec < best.usec;
                if (i && less == (e->builtin == MIN))
                        best = args[i];
        }
        return best;
}

/* The whole text has to be a decimal number: no blanks, no hexadecimal, no "inf". */
static struct ww_value eval_number(struct ww_value v) {
        char z[64], *end;
        double d;

        if (v.type == WW_NUMBER)
                return v;
        if (v.type == WW_BOOL)
                return ww_number(v.boolean);
        if (v.type != WW_STRING || v.string.n == 0 || v.string.n >= sizeof z)
                return ww_missing();
        for (size_t i = 0; i < v.string.n; i++)
                if (!v.string.p[i] || !strchr("0123456789.eE+-", v.string.p[i]))
                        return ww_missing();
        memcpy(z, v.string.p, v.string.n);
        z[v.string.n] = '\0';
        d = strtod(z, &end);
        return end == z + v.string.n ? expr_finite(d) : ww_missing();
}

static struct ww_value eval_string(struct ww_value v, const struct expr_env *env) {
        char *p;

        if (v.type == WW_STRING)
                return v;
        if (v.type == WW_BOOL)
                return ww_string(v.boolean ? WW_STR("true") : WW_STR("false"));
        if (v.type != WW_NUMBER || !env->arena)
                return ww_missing();
        p = arena_alloc(env->arena, 32);
        if (!p)
                return ww_missing();
        for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back the same */
                (void)snprintf(p, 32, "%.*g", digits, v.number);
                if (strtod(p, NULL) == v.number)
                        break;
        }
        return ww_string(ww_str(p));
}

struct ww_value expr_builtin_eval(const struct expr *e, const struct ww_value *args, const struct expr_env *env) {
        bool none = args[0].type == WW_MISSING || args[0].type == WW_NULL;

        switch ((int)e->builtin) {
        case ABS:
                return eval_absolute(args[0]);
        case ROUND:
        case FLOOR:
        case CEIL:
                return eval_whole(e->builtin, args[0]);
        case MIN:
        case MAX:
                return eval_extreme(e, args);
        case MISSING:
                return ww_bool(none);
        case NUMBER:
                return eval_number(args[0]);
        case STRING:
                return eval_string(args[0], env);
        case DEFAULT:
                return none ? args[1] : args[0];
        default:
                return eval_text(e, args, env);
        }
}
