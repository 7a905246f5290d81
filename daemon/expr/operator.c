/* The operators: how they are written, for messages and `explain`, and what the reference says of them. */
#include "expr/node.h"

const struct expr_operator expr_operators[] = {
        [EXPR_OP_OR] = { "or", "one or both hold" },
        [EXPR_OP_AND] = { "and", "both hold" },
        [EXPR_OP_NOT] = { "not", "it does not hold; true of a comparison with a missing value" },
        [EXPR_OP_EQ] = { "==", "equal; a bare word on the right of a field is its text: `role == guard`" },
        [EXPR_OP_NE] = { "!=", "both are there, and not equal" },
        [EXPR_OP_LT] = { "<", "less; of texts by their bytes" },
        [EXPR_OP_LE] = { "<=", "less or equal" },
        [EXPR_OP_GT] = { ">", "greater" },
        [EXPR_OP_GE] = { ">=", "greater or equal" },
        [EXPR_OP_IN] = { "in", "one of a list: `x in [1, 2]`, `role in @maternity`" },
        [EXPR_OP_MATCHES] = { "matches", "a regular expression is found in the text" },
        [EXPR_OP_ADD] = { "+", "sum of numbers or of spans; of an instant and a span an instant" },
        [EXPR_OP_SUB] = { "-", "difference; of two instants a span; in front of a number its negative" },
        [EXPR_OP_MUL] = { "*", "product; of a span and a number a span" },
        [EXPR_OP_DIV] = { "/", "quotient; of two spans a number; by 0 it is missing" },
        [EXPR_OP_MOD] = { "%", "remainder; by 0 it is missing" },
        [EXPR_OP_NEG] = { "-", NULL },
};
const size_t expr_operators_n = sizeof expr_operators / sizeof *expr_operators;

const char *expr_op_text(int op) {
        return op >= 0 && (size_t)op < expr_operators_n && expr_operators[op].text ? expr_operators[op].text : "";
}
