/*
 * Tokens to a tree, by precedence:
 *
 *     or < and < not < comparison (one, not a chain) < + - < * / % < unary - < call, name, literal, ( )
 *
 * Names stay words here; the resolver knows what they mean. Depth counts what nests, so that the recursion of every
 * later pass is bounded by EXPR_NODES_MAX and that of this one by EXPR_DEPTH_MAX.
 */
#include "expr/lexer.h"

struct parser {
        struct lexer lexer;
        unsigned depth;
};

static int parse_or(struct parser *p, struct expr **ret);
static int parse_unary(struct parser *p, struct expr **ret);

static struct expr_compiler *compiler(struct parser *p) {
        return p->lexer.c;
}

static const struct token *token(const struct parser *p) {
        return &p->lexer.token;
}

static bool at_sign(const struct parser *p, int op) {
        return token(p)->type == TOKEN_SIGN && token(p)->op == op;
}

static int next(struct parser *p) {
        return lexer_next(&p->lexer);
}

static int deeper(struct parser *p) {
        if (p->depth == EXPR_DEPTH_MAX)
                return diag_error(compiler(p)->d, expr_pos(compiler(p), token(p)->at),
                                  "split it into two rules or fields", "nested more than %d deep", EXPR_DEPTH_MAX);
        p->depth++;
        return 0;
}

static int unexpected(struct parser *p, const char *wanted, const char *cure) {
        const struct token *t = token(p);
        struct ww_str found = t->text;

        if (!found.n && t->type != TOKEN_END) {
                found = (struct ww_str){ compiler(p)->text.p + t->at, p->lexer.at - t->at };
        }
        if (t->type == TOKEN_END)
                return diag_error(compiler(p)->d, expr_pos(compiler(p), t->at), cure,
                                  "the expression ends where %s is missing", wanted);
        return diag_error(compiler(p)->d, expr_pos(compiler(p), t->at), cure, "found `%s%.*s` where %s was expected",
                          t->type == TOKEN_LIST ? "@" : "", WW_STR_ARG(found), wanted);
}

static int expect(struct parser *p, int op, const char *wanted, const char *cure) {
        return at_sign(p, op) ? next(p) : unexpected(p, wanted, cure);
}

/* a node with up to two children */
static int join(struct parser *p, int op, size_t at, struct expr *left, struct expr *right, struct expr **ret) {
        int r = 0;
        struct expr *e = expr_node(compiler(p), op, at, right ? 2 : 1, &r);

        if (!e)
                return r;
        e->child[0] = left;
        if (right)
                e->child[1] = right;
        *ret = e;
        return 0;
}

static int parse_leaf(struct parser *p, int op, struct ww_value value, struct expr **ret) {
        int r = 0;
        struct expr *e = expr_node(compiler(p), op, token(p)->at, 0, &r);

        if (!e)
                return r;
        e->word = token(p)->text;
        if (op == EXPR_OP_CONSTANT)
                e->value = value;
        *ret = e;
        return next(p);
}

/* what stands between ( ) or [ ], up to `max`, each read by `item` */
static int parse_items(struct parser *p, int close, size_t max, int (*item)(struct parser *, struct expr **),
                       struct expr **items, size_t *ret_n) {
        size_t n = 0;
        int r = next(p);

        while (!r && !at_sign(p, close)) {
                if (n == max)
                        return diag_error(compiler(p)->d, expr_pos(compiler(p), token(p)->at),
                                          close == SIGN_CLOSE ? "close the call with `)`"
                                                              : "a long list belongs into a named list: `x in @list`",
                                          "more than %zu items", max);
                if (n)
                        r = expect(p, SIGN_COMMA, close == SIGN_CLOSE ? "`,` or `)`" : "`,` or `]`",
                                   close == SIGN_CLOSE ? "close the call with `)`" : "close the list with `]`");
                if (!r)
                        r = item(p, &items[n++]);
        }
        *ret_n = n;
        return r ? r : next(p);
}

static int parse_group(struct parser *p, int op, struct ww_str word, size_t at, struct expr **items, size_t n,
                       struct expr **ret) {
        int r = 0;
        struct expr *e = expr_node(compiler(p), op, at, n, &r);

        if (!e)
                return r;
        e->word = word;
        if (n)
                memcpy(e->child, items, n * sizeof *items);
        *ret = e;
        return 0;
}

static int parse_call(struct parser *p, struct ww_str word, size_t at, struct expr **ret) {
        struct expr *args[EXPR_ARGS_MAX];
        size_t n = 0;
        int r = deeper(p);

        if (!r)
                r = parse_items(p, SIGN_CLOSE, EXPR_ARGS_MAX, parse_or, args, &n);
        if (r)
                return r;
        p->depth--;
        return parse_group(p, EXPR_OP_CALL, word, at, args, n, ret);
}

/* A word: a name, or a call where `(` follows. */
static int parse_word(struct parser *p, struct expr **ret) {
        struct ww_str word = token(p)->text;
        size_t at = token(p)->at;
        int r = parse_leaf(p, NODE_WORD, ww_missing(), ret);

        if (r || !at_sign(p, SIGN_OPEN))
                return r;
        compiler(p)->nodes--; /* the leaf becomes the call */
        return parse_call(p, word, at, ret);
}

/* an item of [a, "b", -3] */
static int parse_item(struct parser *p, struct expr **ret) {
        bool minus = at_sign(p, EXPR_OP_SUB);
        enum token_type type = token(p)->type;

        if (minus)
                return parse_unary(p, ret);
        if (type == TOKEN_WORD)
                return parse_leaf(p, NODE_WORD, ww_missing(), ret);
        if (type == TOKEN_NUMBER || type == TOKEN_STRING || type == TOKEN_SPAN)
                return parse_leaf(p, EXPR_OP_CONSTANT, token(p)->value, ret);
        return unexpected(p, "a word, a text, a number or a span", "a list holds constants only");
}

static int parse_list(struct parser *p, struct expr **ret) {
        struct expr *items[EXPR_NODES_MAX];
        size_t n = 0, at = token(p)->at;
        int r = parse_items(p, SIGN_LIST_CLOSE, EXPR_NODES_MAX, parse_item, items, &n);

        return r ? r : parse_group(p, EXPR_OP_LIST, WW_STR_NONE, at, items, n, ret);
}

static int parse_parentheses(struct parser *p, struct expr **ret) {
        int r = deeper(p);

        if (!r)
                r = next(p);
        if (!r)
                r = parse_or(p, ret);
        if (!r)
                r = expect(p, SIGN_CLOSE, "`)`", "every `(` needs its `)`");
        p->depth--;
        return r;
}

static int parse_primary(struct parser *p, struct expr **ret) {
        const struct token *t = token(p);

        switch (t->type) {
        case TOKEN_NUMBER:
        case TOKEN_SPAN:
        case TOKEN_STRING:
                return parse_leaf(p, EXPR_OP_CONSTANT, t->value, ret);
        case TOKEN_TRUE:
        case TOKEN_FALSE:
                return parse_leaf(p, EXPR_OP_CONSTANT, ww_bool(t->type == TOKEN_TRUE), ret);
        case TOKEN_WORD:
                return parse_word(p, ret);
        case TOKEN_LIST:
                return unexpected(p, "a value", "a named list stands right of `in` only: `x in @list`");
        case TOKEN_SIGN:
                if (t->op == SIGN_OPEN)
                        return parse_parentheses(p, ret);
                if (t->op == SIGN_LIST_OPEN)
                        return unexpected(p, "a value", "a list stands right of `in` only: `x in [a, b]`");
                break;
        case TOKEN_END:
                break;
        }
        return unexpected(p, "a value", "write a name, a number, a span such as 5m, or a text in quotes");
}

/* A minus before a number is the number's. */
static int parse_unary(struct parser *p, struct expr **ret) {
        size_t at = token(p)->at;
        struct expr *e;
        int r;

        if (!at_sign(p, EXPR_OP_SUB))
                return parse_primary(p, ret);
        r = deeper(p);
        if (!r)
                r = next(p);
        if (!r)
                r = parse_unary(p, &e);
        if (r)
                return r;
        p->depth--;
        if (e->op != EXPR_OP_CONSTANT || (e->value.type != WW_NUMBER && e->value.type != WW_SPAN))
                return join(p, EXPR_OP_NEG, at, e, NULL, ret);
        if (e->value.type == WW_NUMBER)
                e->value.number = -e->value.number;
        else
                e->value.usec = -e->value.usec; /* never INT64_MIN: a span that is read is not negative */
        e->at = (uint16_t)at;
        *ret = e;
        return 0;
}

/* A run of operators of one level, from the left. */
static int parse_run(struct parser *p, int first, int last, int (*operand)(struct parser *, struct expr **),
                     struct expr **ret) {
        struct expr *left = NULL, *right = NULL;
        int r = operand(p, &left);

        while (!r && token(p)->type == TOKEN_SIGN && token(p)->op >= first && token(p)->op <= last) {
                int op = token(p)->op;
                size_t at = token(p)->at;

                r = next(p);
                if (!r)
                        r = operand(p, &right);
                if (!r)
                        r = join(p, op, at, left, right, &left);
        }
        if (!r)
                *ret = left;
        return r;
}

static int parse_product(struct parser *p, struct expr **ret) {
        return parse_run(p, EXPR_OP_MUL, EXPR_OP_MOD, parse_unary, ret);
}

static int parse_sum(struct parser *p, struct expr **ret) {
        return parse_run(p, EXPR_OP_ADD, EXPR_OP_SUB, parse_product, ret);
}

/* right of `in`: a list or @list */
static int parse_members(struct parser *p, struct expr **ret) {
        if (at_sign(p, SIGN_LIST_OPEN))
                return parse_list(p, ret);
        if (token(p)->type == TOKEN_LIST)
                return parse_leaf(p, EXPR_OP_NAMED_LIST, ww_missing(), ret);
        return unexpected(p, "a list", "write `x in [a, b]` or `x in @list`");
}

static bool at_comparison(const struct parser *p) {
        return token(p)->type == TOKEN_SIGN && token(p)->op >= EXPR_OP_EQ && token(p)->op <= EXPR_OP_MATCHES;
}

static int parse_comparison(struct parser *p, struct expr **ret) {
        struct expr *left, *right;
        size_t at;
        int op, r = parse_sum(p, &left);

        if (r)
                return r;
        *ret = left;
        if (at_sign(p, EXPR_OP_NOT))
                return unexpected(p, "an operator", "write `not x in […]`");
        if (!at_comparison(p))
                return 0;
        op = token(p)->op;
        at = token(p)->at;
        r = next(p);
        if (!r)
                r = op == EXPR_OP_IN ? parse_members(p, &right) : parse_sum(p, &right);
        if (!r)
                r = join(p, op, at, left, right, ret);
        if (!r && at_comparison(p))
                return unexpected(p, "`and` or `or`", "comparisons do not chain: write `a < b and b < c`");
        return r;
}

static int parse_not(struct parser *p, struct expr **ret) {
        size_t at = token(p)->at;
        struct expr *e;
        int r;

        if (!at_sign(p, EXPR_OP_NOT))
                return parse_comparison(p, ret);
        r = deeper(p);
        if (!r)
                r = next(p);
        if (!r)
                r = parse_not(p, &e);
        p->depth--;
        return r ? r : join(p, EXPR_OP_NOT, at, e, NULL, ret);
}

static int parse_and(struct parser *p, struct expr **ret) {
        return parse_run(p, EXPR_OP_AND, EXPR_OP_AND, parse_not, ret);
}

static int parse_or(struct parser *p, struct expr **ret) {
        return parse_run(p, EXPR_OP_OR, EXPR_OP_OR, parse_and, ret);
}

int expr_parse(struct expr_compiler *c, struct expr **ret) {
        struct parser p = { .lexer = { .c = c } };
        struct expr *e;
        int r = next(&p);

        if (!r && token(&p)->type == TOKEN_END)
                return diag_error(c->d, expr_pos(c, 0), "write a condition, or leave the key out",
                                  "an empty expression");
        if (!r)
                r = parse_or(&p, &e);
        if (!r && token(&p)->type != TOKEN_END)
                r = unexpected(&p, "an operator or the end", "put text with blanks into quotes");
        if (!r)
                *ret = e;
        return r;
}
