#include "expr/node.h"

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Folding moves blanks and line breaks, and nothing else: so it is the character before which as many others stand. */
static struct diag_pos pos_folded(const struct expr_compiler *c, size_t at) {
        struct ww_str s = c->scope->source;
        struct diag_pos pos = c->pos;
        size_t i = 0, before = 0;

        for (size_t k = 0; k < at && k < c->text.n; k++)
                before += !is_blank(c->text.p[k]);
        if (s.p[0] == '>' || s.p[0] == '|') { /* its first line is no part of it */
                const char *end = memchr(s.p, '\n', s.n);

                i = end ? (size_t)(end - s.p) : s.n;
        }
        for (; i < s.n && (before || is_blank(s.p[i])); i++) {
                before -= !is_blank(s.p[i]);
                pos.column += ((unsigned char)s.p[i] & 0xc0) != 0x80;
                if (s.p[i] == '\n') {
                        pos.line++;
                        pos.column = 1;
                }
        }
        return i < s.n ? pos : c->pos;
}

struct diag_pos expr_pos(const struct expr_compiler *c, size_t at) {
        struct diag_pos pos = c->pos;

        if (!pos.line || !pos.column)
                return pos;
        if (c->scope->source.n)
                return pos_folded(c, at);
        if (c->text.n && memchr(c->text.p, '\n', c->text.n))
                return pos;
        for (size_t i = 0; i < at && i < c->text.n; i++) /* columns count characters */
                pos.column += ((unsigned char)c->text.p[i] & 0xc0) != 0x80;
        return pos;
}

struct diag_pos expr_place(const struct expr *part, struct ww_str text, struct diag_pos pos, struct ww_str source) {
        const struct expr_scope scope = { .source = source };
        const struct expr_compiler c = { .text = text, .pos = pos, .scope = &scope };

        return expr_pos(&c, part->at);
}

struct expr *expr_node(struct expr_compiler *c, int op, size_t at, size_t children, int *ret_error) {
        struct expr *e;

        if (c->nodes == EXPR_NODES_MAX) {
                *ret_error = diag_error(c->d, expr_pos(c, at), "a long list belongs into a named list: `x in @list`",
                                        "an expression of more than %d parts", EXPR_NODES_MAX);
                return NULL;
        }
        c->nodes++;
        *ret_error = -ENOMEM;
        e = arena_new(c->arena, struct expr);
        if (!e)
                return NULL;
        e->op = (uint8_t)op;
        e->at = (uint16_t)at;
        e->n = (uint16_t)children;
        if (children) {
                e->child = arena_array(c->arena, struct expr *, children);
                if (!e->child)
                        return NULL;
        }
        *ret_error = 0;
        return e;
}

const char *expr_type_name(enum expr_type type) {
        static const char *const names[] = {
                [EXPR_ANY] = "anything",  [EXPR_BOOL] = "a condition", [EXPR_NUMBER] = "a number",
                [EXPR_STRING] = "a text", [EXPR_SPAN] = "a span",      [EXPR_TIME] = "an instant",
        };

        return names[type];
}

/* Names and strings of the tree point into the text: it has to live as long as the tree. */
static int compile(struct expr_compiler *c, enum expr_type want, const struct expr **ret) {
        struct expr *e;
        int r = expr_parse(c, &e);

        if (!r)
                r = expr_resolve(c, e);
        if (r)
                return r;
        if (want != EXPR_ANY && e->type != EXPR_ANY && e->type != want)
                return diag_error(c->d, expr_pos(c, e->at),
                                  want == EXPR_BOOL ? "write a comparison, such as `x == 3`"
                                                    : "number(x) and string(x) make the one of the other",
                                  "%s is wanted here, this is %s", expr_type_name(want),
                                  expr_type_name((enum expr_type)e->type));
        *ret = e;
        return 0;
}

int expr_compile(struct arena *arena, struct ww_str text, struct diag_pos pos, const struct expr_scope *scope,
                 enum expr_type want, struct diag *d, const struct expr **ret) {
        struct expr_compiler c = { .arena = arena, .pos = pos, .scope = scope, .d = d };

        if (text.n > EXPR_TEXT_MAX)
                return diag_error(d, pos, "split it into two rules or fields", "an expression of more than %d bytes",
                                  EXPR_TEXT_MAX);
        c.text = arena_copy(arena, text);
        return c.text.p ? compile(&c, want, ret) : -ENOMEM;
}

enum expr_type expr_type_of(const struct expr *e) {
        return (enum expr_type)e->type;
}

enum expr_op expr_op_of(const struct expr *e) {
        return e->op == NODE_NAME_ARG ? EXPR_OP_CONSTANT : (enum expr_op)e->op;
}

const struct expr *expr_child(const struct expr *e, size_t i) {
        return e && i < e->n ? e->child[i] : NULL;
}

struct ww_value expr_constant(const struct expr *e) {
        return e && expr_op_of(e) == EXPR_OP_CONSTANT ? e->value : ww_missing();
}

struct expr_ref expr_ref_of(const struct expr *e) {
        return e && (e->op == EXPR_OP_REF || e->op == EXPR_OP_CALL) ? e->ref : (struct expr_ref){ 0 };
}

void expr_each_ref(const struct expr *e, void (*visit)(void *userdata, struct expr_ref ref, bool is_call),
                   void *userdata) {
        if (e->op == EXPR_OP_REF || e->op == EXPR_OP_CALL)
                visit(userdata, e->ref, e->op == EXPR_OP_CALL);
        for (size_t i = 0; i < e->n; i++)
                expr_each_ref(e->child[i], visit, userdata);
}
