/*
 * What words mean, and whether types can meet.
 *
 * A word right of == or != (or in a list) beside a symbolic value (a text, or a field whose type is known only at run
 * time) is its own text, unless the scope lists it among its names: `role == pharmacist`. The scope is not asked there
 * about a plain word, because a scope may take any word for a field that a device might send. A dotted word is asked
 * for first (`other.badge != first.badge`), and is text if the scope does not know it (`kind == door.opened`).
 */
#include "expr/node.h"

static int resolve(struct expr_compiler *c, struct expr *e);

static int fail(struct expr_compiler *c, const struct expr *e, const char *cure, const char *what, struct ww_str word) {
        return diag_error(c->d, expr_pos(c, e->at), cure, "%s `%.*s`", what, WW_STR_ARG(word));
}

static int refer(struct expr_compiler *c, struct expr *e) {
        struct expr_ref ref = { 0 };
        int r = c->scope->name ? c->scope->name(c->scope->userdata, e->word, expr_pos(c, e->at), c->d, &ref)
                               : EXPR_E_UNKNOWN;

        if (r)
                return r;
        e->op = EXPR_OP_REF;
        e->ref = ref;
        e->type = (uint8_t)ref.type;
        return 0;
}

static int resolve_word(struct expr_compiler *c, struct expr *e) {
        int r = refer(c, e);
        const char *cure;

        if (r != EXPR_E_UNKNOWN)
                return r;
        cure = c->scope->meant ? c->scope->meant(c->scope->userdata, e->word) : NULL;
        if (!cure)
                cure = diag_suggest(e->word, c->scope->names, c->scope->names ? c->scope->n_names : 0);
        if (!cure)
                cure = memchr(e->word.p, '-', e->word.n) ? "a minus needs a blank on each side; text needs quotes"
                                                         : "text needs quotes";
        return fail(c, e, cure, "unknown name", e->word);
}

static void become_text(struct expr *e) {
        struct ww_str word = e->word;

        e->op = EXPR_OP_CONSTANT;
        e->type = EXPR_STRING;
        e->value = ww_string(word);
}

static bool listed(const struct expr_scope *scope, struct ww_str word) {
        for (size_t i = 0; scope->names && i < scope->n_names; i++)
                if (ww_str_is(word, scope->names[i]))
                        return true;
        return false;
}

static bool symbolic(const struct expr *e) {
        return (e->op == EXPR_OP_REF || e->op == EXPR_OP_CALL || e->op == EXPR_OP_BUILTIN) &&
               (e->type == EXPR_ANY || e->type == EXPR_STRING);
}

/* a word beside a symbolic value */
static int resolve_symbol(struct expr_compiler *c, struct expr *e) {
        int r = EXPR_E_UNKNOWN;

        if (memchr(e->word.p, '.', e->word.n) || listed(c->scope, e->word))
                r = refer(c, e);
        if (r == EXPR_E_UNKNOWN) {
                become_text(e);
                return 0;
        }
        return r;
}

static bool may_be(const struct expr *e, enum expr_type type) {
        return e->type == EXPR_ANY || e->type == type;
}

static int refuse_pair(struct expr_compiler *c, const struct expr *e, const char *cure) {
        return diag_error(c->d, expr_pos(c, e->at), cure, "`%s` cannot take %s and %s", expr_op_text(e->op),
                          expr_type_name((enum expr_type)e->child[0]->type),
                          expr_type_name((enum expr_type)e->child[1]->type));
}

static int check_logic(struct expr_compiler *c, struct expr *e) {
        e->type = EXPR_BOOL;
        for (size_t i = 0; i < e->n; i++)
                if (!may_be(e->child[i], EXPR_BOOL))
                        return diag_error(c->d, expr_pos(c, e->child[i]->at), "write a comparison, such as `x == 3`",
                                          "`%s` takes conditions, this is %s", expr_op_text(e->op),
                                          expr_type_name((enum expr_type)e->child[i]->type));
        return 0;
}

static const char *pair_cure(const struct expr *a, const struct expr *b) {
        if (a->type + b->type == EXPR_STRING + EXPR_NUMBER && a->type != b->type)
                return "number(x) makes a number of a text, string(x) a text of a number";
        if (a->type == EXPR_SPAN || b->type == EXPR_SPAN)
                return "spans have a unit (30s, 5m) and meet spans; counts and sums are plain numbers";
        return "both sides have to be of one type";
}

static int check_comparison(struct expr_compiler *c, struct expr *e) {
        const struct expr *a = e->child[0], *b = e->child[1];
        bool order = e->op != EXPR_OP_EQ && e->op != EXPR_OP_NE;

        e->type = EXPR_BOOL;
        if (a->type && b->type && a->type != b->type)
                return refuse_pair(c, e, pair_cure(a, b));
        if (order && (a->type == EXPR_BOOL || b->type == EXPR_BOOL))
                return refuse_pair(c, e, "conditions have no order: use == or !=");
        return 0;
}

static int check_in(struct expr_compiler *c, struct expr *e) {
        const struct expr *a = e->child[0], *list = e->child[1];

        e->type = EXPR_BOOL;
        if (list->op == EXPR_OP_NAMED_LIST && !may_be(a, EXPR_STRING))
                return refuse_pair(c, e, "members of a named list are texts");
        for (size_t i = 0; i < list->n; i++)
                if (a->type && list->child[i]->type != a->type)
                        return diag_error(c->d, expr_pos(c, list->child[i]->at), pair_cure(a, list->child[i]),
                                          "%s is never in a list with %s", expr_type_name((enum expr_type)a->type),
                                          expr_type_name((enum expr_type)list->child[i]->type));
        return 0;
}

static int check_matches(struct expr_compiler *c, struct expr *e) {
        const struct expr *b = e->child[1];
        const char *why = NULL;
        size_t at = 0;
        bool raw;
        int r;

        e->type = EXPR_BOOL;
        if (!may_be(e->child[0], EXPR_STRING))
                return refuse_pair(c, e, "string(x) makes a text of a number");
        if (b->op != EXPR_OP_CONSTANT || b->value.type != WW_STRING)
                return diag_error(c->d, expr_pos(c, b->at), "write x matches '^a[0-9]+$'",
                                  "`matches` takes a pattern in quotes");
        r = pattern_compile(c->arena, b->value.string, &e->pattern, &why, &at);
        if (r != PATTERN_E_WRONG)
                return r;
        raw = b->at + b->value.string.n + 1 < c->text.n &&
              memcmp(c->text.p + b->at + 1, b->value.string.p, b->value.string.n) == 0;
        return diag_error(c->d, expr_pos(c, raw ? b->at + 1u + at : b->at),
                          "patterns are Perl's; behind a `\\` a sign is taken as it is",
                          "this pattern is wrong: `%.*s`: %s", WW_STR_ARG(b->value.string), why);
}

struct arithmetic {
        uint8_t op, left, right, result;
};

/* what can meet; all else cannot */
static const struct arithmetic arithmetic[] = {
        { EXPR_OP_ADD, EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER }, { EXPR_OP_ADD, EXPR_SPAN, EXPR_SPAN, EXPR_SPAN },
        { EXPR_OP_ADD, EXPR_TIME, EXPR_SPAN, EXPR_TIME },       { EXPR_OP_ADD, EXPR_SPAN, EXPR_TIME, EXPR_TIME },
        { EXPR_OP_SUB, EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER }, { EXPR_OP_SUB, EXPR_SPAN, EXPR_SPAN, EXPR_SPAN },
        { EXPR_OP_SUB, EXPR_TIME, EXPR_SPAN, EXPR_TIME },       { EXPR_OP_SUB, EXPR_TIME, EXPR_TIME, EXPR_SPAN },
        { EXPR_OP_MUL, EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER }, { EXPR_OP_MUL, EXPR_SPAN, EXPR_NUMBER, EXPR_SPAN },
        { EXPR_OP_MUL, EXPR_NUMBER, EXPR_SPAN, EXPR_SPAN },     { EXPR_OP_DIV, EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER },
        { EXPR_OP_DIV, EXPR_SPAN, EXPR_NUMBER, EXPR_SPAN },     { EXPR_OP_DIV, EXPR_SPAN, EXPR_SPAN, EXPR_NUMBER },
        { EXPR_OP_MOD, EXPR_NUMBER, EXPR_NUMBER, EXPR_NUMBER }, { EXPR_OP_MOD, EXPR_SPAN, EXPR_SPAN, EXPR_SPAN },
};

/* The one result that the known types leave, ANY where they leave several. */
static int check_arithmetic(struct expr_compiler *c, struct expr *e) {
        unsigned found = 0;

        for (size_t i = 0; i < sizeof arithmetic / sizeof *arithmetic; i++) {
                const struct arithmetic *a = &arithmetic[i];

                if (a->op != e->op || !may_be(e->child[0], a->left) || !may_be(e->child[1], a->right))
                        continue;
                e->type = found && e->type != a->result ? EXPR_ANY : a->result;
                found++;
        }
        return found ? 0 : refuse_pair(c, e, pair_cure(e->child[0], e->child[1]));
}

static int check_negation(struct expr_compiler *c, struct expr *e) {
        e->type = e->child[0]->type;
        if (may_be(e->child[0], EXPR_NUMBER) || e->type == EXPR_SPAN)
                return 0;
        return diag_error(c->d, expr_pos(c, e->at), "number(x) makes a number of a text", "`-` cannot take %s",
                          expr_type_name((enum expr_type)e->type));
}

static int resolve_list(struct expr_compiler *c, struct expr *e) {
        for (size_t i = 0; i < e->n; i++) {
                if (e->child[i]->op == NODE_WORD)
                        become_text(e->child[i]);
                if (e->child[i]->op != EXPR_OP_CONSTANT)
                        return diag_error(c->d, expr_pos(c, e->child[i]->at), "compare one by one: `x == a or x == b`",
                                          "a list holds constants only");
                if (resolve(c, e->child[i]))
                        return DIAG_E_USER;
        }
        return 0;
}

static int resolve_named_list(struct expr_compiler *c, struct expr *e) {
        const char *near;

        if (!c->scope->list)
                return fail(c, e, "write the members: `x in [a, b]`", "named lists are not known here:", e->word);
        e->list = c->scope->list(c->scope->userdata, e->word);
        if (e->list != UINT32_MAX)
                return 0;
        near = c->scope->list_nearest ? c->scope->list_nearest(c->scope->userdata, e->word) : NULL;
        return diag_error(c->d, expr_pos(c, e->at),
                          near ? arena_printf(c->arena, "did you mean `@%s`?", near)
                               : "lists stand under `lists:` in the site's files",
                          "unknown list `@%.*s`", WW_STR_ARG(e->word));
}

/* One argument of a call of the scope's. */
static int resolve_arg(struct expr_compiler *c, struct expr *e, struct expr_arg *ret) {
        int r;

        *ret = (struct expr_arg){ .pos = expr_pos(c, e->at) };
        if (e->op == NODE_WORD) {
                ret->form = EXPR_ARG_NAME;
                ret->name = e->word;
                become_text(e);
                e->op = NODE_NAME_ARG;
                return 0;
        }
        r = resolve(c, e);
        ret->form = e->op == EXPR_OP_CONSTANT ? EXPR_ARG_CONSTANT : EXPR_ARG_EXPR;
        ret->value = expr_constant(e);
        ret->type = (enum expr_type)e->type;
        return r;
}

static int unknown_call(struct expr_compiler *c, const struct expr *e) {
        const char *names[32];
        size_t n = 0;

        for (; n < expr_functions_n && n < 32; n++)
                names[n] = expr_functions[n].name;
        return fail(c, e, diag_suggest(e->word, names, n), "unknown function", e->word);
}

static int resolve_scope_call(struct expr_compiler *c, struct expr *e) {
        struct expr_arg args[EXPR_ARGS_MAX];
        struct expr_ref ref = { 0 };
        int r = 0;

        if (!c->scope->call)
                return unknown_call(c, e);
        for (size_t i = 0; i < e->n && !r; i++)
                r = resolve_arg(c, e->child[i], &args[i]);
        if (!r)
                r = c->scope->call(c->scope->userdata, e->word, args, e->n, expr_pos(c, e->at), c->d, &ref);
        if (r)
                return r == EXPR_E_UNKNOWN ? unknown_call(c, e) : r;
        e->ref = ref;
        e->type = (uint8_t)ref.type;
        for (size_t i = 0; i < e->n && ref.values && !r; i++)
                if (e->child[i]->op == NODE_NAME_ARG) {
                        e->child[i]->op = NODE_WORD;
                        r = resolve(c, e->child[i]);
                }
        return r;
}

static int resolve_call(struct expr_compiler *c, struct expr *e) {
        int builtin = expr_builtin_find(e->word, e->n), r = 0;

        if (builtin < 0)
                return resolve_scope_call(c, e);
        e->op = EXPR_OP_BUILTIN;
        e->builtin = (uint8_t)builtin;
        for (size_t i = 0; i < e->n && !r; i++)
                r = resolve(c, e->child[i]);
        return r ? r : expr_builtin_check(c, e);
}

static enum expr_type type_of_value(struct ww_value v) {
        static const uint8_t types[] = {
                [WW_MISSING] = EXPR_ANY,   [WW_NULL] = EXPR_ANY,  [WW_BOOL] = EXPR_BOOL, [WW_NUMBER] = EXPR_NUMBER,
                [WW_STRING] = EXPR_STRING, [WW_TIME] = EXPR_TIME, [WW_SPAN] = EXPR_SPAN,
        };

        return (enum expr_type)types[v.type];
}

static int check(struct expr_compiler *c, struct expr *e) {
        if (e->op <= EXPR_OP_NOT)
                return check_logic(c, e);
        if (e->op <= EXPR_OP_GE)
                return check_comparison(c, e);
        if (e->op == EXPR_OP_IN)
                return check_in(c, e);
        if (e->op == EXPR_OP_MATCHES)
                return check_matches(c, e);
        return e->op == EXPR_OP_NEG ? check_negation(c, e) : check_arithmetic(c, e);
}

static int resolve(struct expr_compiler *c, struct expr *e) {
        int r = 0;

        switch ((int)e->op) {
        case NODE_WORD:
                return resolve_word(c, e);
        case EXPR_OP_CONSTANT:
                e->type = (uint8_t)type_of_value(e->value);
                return 0;
        case EXPR_OP_CALL:
                return resolve_call(c, e);
        case EXPR_OP_LIST:
                return resolve_list(c, e);
        case EXPR_OP_NAMED_LIST:
                return resolve_named_list(c, e);
        default:
                break;
        }
        for (size_t i = 0; i < e->n && !r; i++) {
                bool symbol = i == 1 && (e->op == EXPR_OP_EQ || e->op == EXPR_OP_NE) && e->child[1]->op == NODE_WORD &&
                              symbolic(e->child[0]);

                r = symbol ? resolve_symbol(c, e->child[i]) : resolve(c, e->child[i]);
        }
        return r ? r : check(c, e);
}

int expr_resolve(struct expr_compiler *c, struct expr *e) {
        return resolve(c, e);
}
