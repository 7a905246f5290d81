/* Canonical text: one blank around operators, only the parentheses that are needed, texts in double quotes. */
#include "expr/node.h"

#include "base/span.h"

#include <math.h>
#include <stdio.h>

/* binds tighter = higher; what is no operator binds tightest */
static int strength(const struct expr *e) {
        if (e->op == EXPR_OP_OR)
                return 1;
        if (e->op == EXPR_OP_AND)
                return 2;
        if (e->op == EXPR_OP_NOT)
                return 3;
        if (e->op >= EXPR_OP_EQ && e->op <= EXPR_OP_MATCHES)
                return 4;
        if (e->op == EXPR_OP_ADD || e->op == EXPR_OP_SUB)
                return 5;
        if (e->op == EXPR_OP_MUL || e->op == EXPR_OP_DIV || e->op == EXPR_OP_MOD)
                return 6;
        return e->op == EXPR_OP_NEG ? 7 : 8;
}

static void print_text(struct ww_str s, struct buf *out) {
        buf_puts(out, "\"");
        for (size_t i = 0; i < s.n; i++) {
                unsigned char c = (unsigned char)s.p[i];

                if (c == '"' || c == '\\')
                        buf_printf(out, "\\%c", c);
                else if (c < 0x20 || c == 0x7f)
                        buf_printf(out, "\\x%02x", c);
                else
                        buf_put(out, &c, 1);
        }
        buf_puts(out, "\"");
}

static void print_number(double d, struct buf *out) {
        char text[32];

        for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back the same */
                (void)snprintf(text, sizeof text, "%.*g", digits, d);
                if (strtod(text, NULL) == d)
                        break;
        }
        buf_puts(out, text);
}

static void print_value(struct ww_value v, struct buf *out) {
        char text[32];

        switch (v.type) {
        case WW_BOOL:
                buf_puts(out, v.boolean ? "true" : "false");
                return;
        case WW_NUMBER:
                print_number(v.number, out);
                return;
        case WW_STRING:
                print_text(v.string, out);
                return;
        case WW_SPAN:
                span_format(v.usec, text);
                buf_puts(out, text);
                return;
        case WW_TIME:
        case WW_MISSING:
        case WW_NULL:
                return; /* the language has no literals of these */
        }
}

static void print(const struct expr *e, struct buf *out);

static void print_child(const struct expr *e, bool brackets, struct buf *out) {
        buf_puts(out, brackets ? "(" : "");
        print(e, out);
        buf_puts(out, brackets ? ")" : "");
}

static void print_items(const struct expr *e, const char *open, const char *close, struct buf *out) {
        buf_puts(out, open);
        for (size_t i = 0; i < e->n; i++) {
                buf_puts(out, i ? ", " : "");
                print(e->child[i], out);
        }
        buf_puts(out, close);
}

static void print_operator(const struct expr *e, struct buf *out) {
        int own = strength(e);
        bool comparison = own == 4;

        if (e->op == EXPR_OP_NOT || e->op == EXPR_OP_NEG) {
                buf_puts(out, e->op == EXPR_OP_NOT ? "not " : "-");
                print_child(e->child[0], strength(e->child[0]) < own, out);
                return;
        }
        print_child(e->child[0], strength(e->child[0]) < own + comparison, out);
        buf_printf(out, " %s ", expr_op_text(e->op));
        print_child(e->child[1], strength(e->child[1]) <= own, out);
}

static void print(const struct expr *e, struct buf *out) {
        switch ((int)e->op) {
        case EXPR_OP_CONSTANT:
                print_value(e->value, out);
                return;
        case EXPR_OP_NAMED_LIST:
                buf_puts(out, "@");
                buf_put(out, e->word.p, e->word.n);
                return;
        case EXPR_OP_REF:
        case NODE_NAME_ARG:
                buf_put(out, e->word.p, e->word.n);
                return;
        case EXPR_OP_CALL:
        case EXPR_OP_BUILTIN:
                buf_put(out, e->word.p, e->word.n);
                print_items(e, "(", ")", out);
                return;
        case EXPR_OP_LIST:
                print_items(e, "[", "]", out);
                return;
        default:
                print_operator(e, out);
        }
}

int expr_print(const struct expr *e, struct buf *out) {
        print(e, out);
        return out->error;
}
