#pragma once
/*
 * The tree, as the parser builds it, the resolver completes it, and the evaluator walks it. Nodes live in the rule
 * set's arena and never change after expr_compile returned.
 */
#include "expr/expr.h"
#include "expr/pattern.h"

#define EXPR_TEXT_MAX  4096 /* bytes of one expression */
#define EXPR_NODES_MAX 256
#define EXPR_DEPTH_MAX 32 /* parentheses, calls, `not`, unary minus; a chain of `or` costs nodes, not depth */
#define EXPR_ARGS_MAX  8

/* beyond enum expr_op */
enum {
        NODE_WORD = 64, /* a bare word, before the resolver decided what it is */
        NODE_NAME_ARG,  /* the name in count(a): its text, kept apart from "a" for printing */
};

struct expr {
        uint8_t op;   /* enum expr_op or NODE_* */
        uint8_t type; /* enum expr_type */
        uint8_t builtin;
        uint16_t n;
        uint16_t at;         /* offset in the text */
        struct ww_str word;  /* of REF, CALL, BUILTIN, NAMED_LIST and NODE_*, as written */
        struct expr **child; /* n of them */
        union {
                struct ww_value value;         /* CONSTANT, NODE_NAME_ARG */
                struct expr_ref ref;           /* REF, CALL */
                const struct pattern *pattern; /* MATCHES */
                uint32_t list;                 /* NAMED_LIST */
        };
};

/* what a compilation needs everywhere */
struct expr_compiler {
        struct arena *arena;
        struct ww_str text;
        struct diag_pos pos;
        const struct expr_scope *scope;
        struct diag *d;
        unsigned nodes;
};

/** The place of byte `at`; the scalar's start where it has line breaks and its source is not known. */
struct diag_pos expr_pos(const struct expr_compiler *c, size_t at);

/** NULL without memory, or after telling that there are too many (*ret_error). */
struct expr *expr_node(struct expr_compiler *c, int op, size_t at, size_t children, int *ret_error);

/* parser.c: 0, DIAG_E_USER, -ENOMEM */
int expr_parse(struct expr_compiler *c, struct expr **ret);
/* resolve.c: names, calls, types. The same returns */
int expr_resolve(struct expr_compiler *c, struct expr *e);

const char *expr_type_name(enum expr_type type); /* "a number" */
const char *expr_op_text(int op);                /* "==" */

/* builtin.c */
int expr_builtin_find(struct ww_str name, size_t n); /* its index, or -1; min and max of one argument are not ours */
int expr_builtin_check(struct expr_compiler *c, struct expr *e);
struct ww_value expr_builtin_eval(const struct expr *e, const struct ww_value *args, const struct expr_env *env);

/* eval.c, also for the functions */
struct ww_value expr_finite(double d); /* missing unless finite */
