#pragma once
/*
 * The expression language: one for `where`, `when`, `while`, `clear`, `regrade` and the guards of sensor types.
 *
 * Typed, compiled once, no loops, bounded cost, total. Grammar (lowest first):
 *
 *     or, and, not, comparison (== != < <= > >=, in, matches), + -, * / %, unary -, call, name.name, literal
 *
 * Literals: numbers, "strings" and 'strings', true, false, spans (30m), lists [a, "b"], @lists. A bare word that the
 * scope does not know is an error with the nearest name, except on the right side of a comparison with a symbolic
 * field, where it is its text (`where: door.exit` names a field; `role == pharmacist` compares with "pharmacist").
 * A comparison with a missing or null value is false, and its `not` true; x/0 is missing; arithmetic with missing is
 * missing; and/or/not take missing as false. Types that cannot meet (`"a" < 3`, a span + a string) are an error at
 * compile time where both are known, missing at run time where not. Depth at most 32, at most 256 nodes.
 *
 * What names and calls mean is the caller's: an expr_scope resolves them at compile time into slots; at run time
 * the caller's `load` fetches a slot. So decode, correlate and the tools share one language and one evaluator.
 */
#include "base/arena.h"
#include "base/diag.h"
#include <wardwatch/value.h>

/* static type; ANY = known only at run time */
enum expr_type {
        EXPR_ANY,
        EXPR_BOOL,
        EXPR_NUMBER,
        EXPR_STRING,
        EXPR_SPAN,
        EXPR_TIME,
};

/* of a call, as the scope sees it */
struct expr_arg {
        enum { EXPR_ARG_NAME, EXPR_ARG_CONSTANT, EXPR_ARG_EXPR } form;
        struct ww_str name;    /* NAME: "x.door" as written, dots and all */
        struct ww_value value; /* CONSTANT */
        enum expr_type type;   /* EXPR: its static type; it is evaluated and handed to `call` */
        struct diag_pos pos;
};

/* what a name or a call resolved to */
struct expr_ref {
        uint32_t slot; /* the caller's */
        uint32_t sub;  /* the caller's */
        enum expr_type type;
        bool values; /* of a call: names among its arguments are fields too, to be fetched like any other */
};

struct expr_scope {
        void *userdata;
        /* A dotted name. 0; EXPR_E_UNKNOWN (the compiler reports it with `nearest`); DIAG_E_USER (already told). */
        int (*name)(void *userdata, struct ww_str name, struct diag_pos pos, struct diag *d, struct expr_ref *ret);
        /* A call that the language itself does not define: count(x), schedule(pharmacy). The same returns. NULL = none.
         */
        int (*call)(void *userdata, struct ww_str function, const struct expr_arg *args, size_t n, struct diag_pos pos,
                    struct diag *d, struct expr_ref *ret);
        /* "@name": a list's number, or UINT32_MAX. NULL = lists are refused here. */
        uint32_t (*list)(void *userdata, struct ww_str name);
        /* its nearest name, for messages; NULL = none */
        const char *(*list_nearest)(void *userdata, struct ww_str name);
        /* what an unknown name may have meant, in words; may be NULL and return NULL: the nearest of `names` is told */
        const char *(*meant)(void *userdata, struct ww_str name);
        /* names for "did you mean"; may be NULL */
        const char *const *names;
        size_t n_names;
        /* an expression of several lines: the scalar as it stands in its file, for places in it */
        struct ww_str source;
};

enum {
        EXPR_E_UNKNOWN = 1,
};

/* at run time */
struct expr_env {
        void *userdata;
        struct ww_value (*load)(void *userdata, uint32_t slot, uint32_t sub);
        /* the same without a copy, for comparisons; NULL, or returning NULL: `load` does it */
        const struct ww_value *(*look)(void *userdata, uint32_t slot, uint32_t sub);
        struct ww_value (*call)(void *userdata, uint32_t slot, uint32_t sub, const struct ww_value *args, size_t n);
        bool (*list_has)(void *userdata, uint32_t list, struct ww_str member);
        /* scratch for strings that functions build; may be NULL where none are called */
        struct arena *arena;
};

struct expr;

/** Compile `text`, which stands at `pos` of its file. The result lives in `arena`. `want`: EXPR_ANY, or the type it
 *  must have. 0, DIAG_E_USER, -ENOMEM. */
int expr_compile(struct arena *arena, struct ww_str text, struct diag_pos pos, const struct expr_scope *scope,
                 enum expr_type want, struct diag *d, const struct expr **ret);
struct ww_value expr_eval(const struct expr *e, const struct expr_env *env);
/** expr_eval as a condition: missing and null are false. */
bool expr_true(const struct expr *e, const struct expr_env *env);
enum expr_type expr_type_of(const struct expr *e);
/** Canonical text ("a.x == 3 and not b"), equal for expressions that differ only in blanks; for hashes and `explain`.
 */
int expr_print(const struct expr *e, struct buf *out);
/** The place of a part of an expression: `text` and `pos` as it was compiled from, `source` as in its scope. */
struct diag_pos expr_place(const struct expr *part, struct ww_str text, struct diag_pos pos, struct ww_str source);
/** Visits every resolved reference (name or call), for dependency checks. */
void expr_each_ref(const struct expr *e, void (*visit)(void *userdata, struct expr_ref ref, bool is_call),
                   void *userdata);

/** Structure, for a compiler that recognises shapes such as `count(a) >= 3`. Children are NULL-safe. */
enum expr_op {
        EXPR_OP_CONSTANT,
        EXPR_OP_REF,
        EXPR_OP_CALL,
        EXPR_OP_BUILTIN,
        EXPR_OP_LIST,
        EXPR_OP_NAMED_LIST,
        EXPR_OP_OR,
        EXPR_OP_AND,
        EXPR_OP_NOT,
        EXPR_OP_EQ,
        EXPR_OP_NE,
        EXPR_OP_LT,
        EXPR_OP_LE,
        EXPR_OP_GT,
        EXPR_OP_GE,
        EXPR_OP_IN,
        EXPR_OP_MATCHES,
        EXPR_OP_ADD,
        EXPR_OP_SUB,
        EXPR_OP_MUL,
        EXPR_OP_DIV,
        EXPR_OP_MOD,
        EXPR_OP_NEG,
};
enum expr_op expr_op_of(const struct expr *e);
const struct expr *expr_child(const struct expr *e, size_t i);
struct ww_value expr_constant(const struct expr *e); /* CONSTANT, else missing */
struct expr_ref expr_ref_of(const struct expr *e);   /* REF, CALL */

/** How an operator is written, by enum expr_op, and its line in the reference; NULL where there is none. */
struct expr_operator {
        const char *text, *help;
};
extern const struct expr_operator expr_operators[];
extern const size_t expr_operators_n;

/** The language's own functions (lower, upper, starts_with, ends_with, contains, length, abs, round, floor, ceil, min,
 *  max, missing, number, string, default), as a table for the reference. */
struct expr_function {
        const char *name, *signature, *help;
};
extern const struct expr_function expr_functions[];
extern const size_t expr_functions_n;
