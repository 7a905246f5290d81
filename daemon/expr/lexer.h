#pragma once
/*
 * Text to tokens.
 *
 * A word is a dotted name: letters, digits, `_`, bytes of UTF-8, a `-` that stands before a letter or digit
 * (`open-day`; a minus therefore needs blanks), an index `[0]` and a quoted part (`a."0500<00"`). Strings are as in
 * YAML: 'raw, with '' for a quote' and "with \n \t \\ \" \xNN".
 */
#include "expr/node.h"

enum token_type {
        TOKEN_END,
        TOKEN_NUMBER,
        TOKEN_SPAN,
        TOKEN_STRING,
        TOKEN_WORD,
        TOKEN_LIST, /* @name; text is without the @ */
        TOKEN_SIGN, /* operator or bracket; op tells which */
        TOKEN_TRUE,
        TOKEN_FALSE,
};

/* signs that are no enum expr_op */
enum {
        SIGN_OPEN = 100,
        SIGN_CLOSE,
        SIGN_LIST_OPEN,
        SIGN_LIST_CLOSE,
        SIGN_COMMA,
};

struct token {
        enum token_type type;
        int op; /* SIGN: enum expr_op or SIGN_* */
        size_t at;
        struct ww_str text;    /* as written */
        struct ww_value value; /* NUMBER, SPAN, STRING */
};

struct lexer {
        struct expr_compiler *c;
        size_t at;
        struct token token; /* the current one */
};

/** On to the next token. 0, DIAG_E_USER, -ENOMEM. */
int lexer_next(struct lexer *l);
