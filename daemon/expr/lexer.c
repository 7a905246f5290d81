#include "expr/lexer.h"

#include "base/span.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define NUMBER_MAX   63 /* characters of a number */

struct sign {
        const char *text;
        int op;
        const char *cure; /* set: no sign of this language, and what to write */
};

/* longest first */
static const struct sign signs[] = {
        { "==", EXPR_OP_EQ, NULL }, { "!=", EXPR_OP_NE, NULL },    { "<=", EXPR_OP_LE, NULL },
        { ">=", EXPR_OP_GE, NULL }, { "&&", -1, "write `and`" },   { "||", -1, "write `or`" },
        { "=>", -1, "write `>=`" }, { "=<", -1, "write `<=`" },    { "=~", -1, "write `matches`" },
        { "<>", -1, "write `!=`" }, { "<", EXPR_OP_LT, NULL },     { ">", EXPR_OP_GT, NULL },
        { "+", EXPR_OP_ADD, NULL }, { "-", EXPR_OP_SUB, NULL },    { "*", EXPR_OP_MUL, NULL },
        { "/", EXPR_OP_DIV, NULL }, { "%", EXPR_OP_MOD, NULL },    { "(", SIGN_OPEN, NULL },
        { ")", SIGN_CLOSE, NULL },  { "[", SIGN_LIST_OPEN, NULL }, { "]", SIGN_LIST_CLOSE, NULL },
        { ",", SIGN_COMMA, NULL },  { "=", -1, "write `==`" },     { "!", -1, "write `not`" },
};

static const struct sign words[] = {
        { "and", EXPR_OP_AND, NULL },
        { "or", EXPR_OP_OR, NULL },
        { "not", EXPR_OP_NOT, NULL },
        { "in", EXPR_OP_IN, NULL },
        { "matches", EXPR_OP_MATCHES, NULL },
        { "null", -1, "write `missing(x)`: it is true for a field that is missing and for one that is null" },
        { "AND", -1, "write `and`" },
        { "OR", -1, "write `or`" },
        { "NOT", -1, "write `not`" },
};

static char peek(const struct lexer *l, size_t ahead) {
        size_t at = l->at + ahead;

        return at < l->c->text.n ? l->c->text.p[at] : '\0';
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static int lexer_error(const struct lexer *l, size_t at, const char *cure, const char *what, struct ww_str text) {
        return diag_error(l->c->d, expr_pos(l->c, at), cure, "%s `%.*s`", what, WW_STR_ARG(text));
}

/* One escape of a "string" at l->at. False if there is none such. */
static bool escape_take(struct lexer *l, char *ret) {
        static const char from[] = "\\\"'nt", to[] = "\\\"'\n\t";
        const char *found = peek(l, 1) ? strchr(from, peek(l, 1)) : NULL;
        char hex[3] = { peek(l, 2), 0, 0 };

        if (found) {
                *ret = to[found - from];
                l->at += 2;
                return true;
        }
        if (hex[0])
                hex[1] = peek(l, 3);
        if (peek(l, 1) != 'x' || !isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]))
                return false;
        *ret = (char)strtoul(hex, NULL, 16);
        l->at += 4;
        return true;
}

static int string_error(const struct lexer *l, size_t start) {
        bool ended = l->at >= l->c->text.n;

        return diag_error(l->c->d, expr_pos(l->c, ended ? start : l->at),
                          ended ? "close it with the same quote"
                                : "known are \\n \\t \\\\ \\\" \\xNN; write '…' for text without escapes",
                          ended ? "this text has no end" : "unknown escape `\\%c`",
                          isprint((unsigned char)peek(l, 1)) ? peek(l, 1) : '?');
}

static int string_take(struct lexer *l) {
        size_t start = l->at, n = 0;
        char quote = peek(l, 0), *out = arena_alloc(l->c->arena, l->c->text.n - start);

        if (!out)
                return -ENOMEM;
        for (l->at++; l->at < l->c->text.n;) {
                if (peek(l, 0) == quote && !(quote == '\'' && peek(l, 1) == quote)) {
                        l->at++;
                        l->token.type = TOKEN_STRING;
                        l->token.value = ww_string((struct ww_str){ out, n });
                        return 0;
                }
                if (quote == '"' && peek(l, 0) == '\\') {
                        if (!escape_take(l, &out[n++]))
                                return string_error(l, start);
                        continue;
                }
                l->at += peek(l, 0) == quote; /* '' */
                out[n++] = l->c->text.p[l->at++];
        }
        return string_error(l, start);
}

static size_t digits(const struct lexer *l, size_t ahead) {
        size_t n = 0;

        while (is_digit(peek(l, ahead + n)))
                n++;
        return n;
}

/* Length of the number at l->at, without a unit. */
static size_t number_length(const struct lexer *l) {
        size_t n = digits(l, 0), e;

        if (peek(l, n) == '.' && is_digit(peek(l, n + 1)))
                n += 1 + digits(l, n + 1);
        if (peek(l, n) != 'e' && peek(l, n) != 'E')
                return n;
        e = n + 1 + (peek(l, n + 1) == '-' || peek(l, n + 1) == '+');
        return is_digit(peek(l, e)) ? e + digits(l, e) : n;
}

/* 12, 1.5, 1e-3, 30m */
static int number_take(struct lexer *l) {
        size_t start = l->at, n = number_length(l), unit = 0;
        struct ww_str text;
        char digits_z[NUMBER_MAX + 1];

        while (is_letter(peek(l, n + unit)) || is_digit(peek(l, n + unit)))
                unit++;
        text = (struct ww_str){ l->c->text.p + start, n + unit };
        l->at += text.n;
        if (text.n > NUMBER_MAX)
                return diag_error(l->c->d, expr_pos(l->c, start), "round it", "a number of more than %d characters",
                                  NUMBER_MAX);
        if (unit) {
                l->token.type = TOKEN_SPAN;
                l->token.value = ww_span(0);
                if (span_parse(text, &l->token.value.usec) == 0)
                        return 0;
                return lexer_error(l, start, "a span is a number and us, ms, s, m, h or d; put a text into quotes",
                                   "this is neither a number nor a span:", text);
        }
        memcpy(digits_z, text.p, text.n);
        digits_z[text.n] = '\0';
        l->token.type = TOKEN_NUMBER;
        l->token.value = ww_number(strtod(digits_z, NULL));
        if (isfinite(l->token.value.number))
                return 0;
        return lexer_error(l, start, "the largest is about 1.8e308", "this number is too large:", text);
}

/* `."0500<00"`: length of the quoted part at l->at + ahead, 0 if it does not end */
static size_t quoted_length(const struct lexer *l, size_t ahead) {
        for (size_t n = 1; l->at + ahead + n < l->c->text.n; n++)
                if (peek(l, ahead + n) == '"')
                        return n + 1;
        return 0;
}

/* How much the word goes on at l->at + n; 0 = it ends. */
static size_t word_more(const struct lexer *l, size_t n) {
        char c = peek(l, n), next = peek(l, n + 1);

        if (is_letter(c) || is_digit(c))
                return 1;
        if ((c == '-' || c == '.') && (is_letter(next) || is_digit(next)))
                return 2;
        if (c == '.' && next == '"')
                return quoted_length(l, n + 1) ? 1 + quoted_length(l, n + 1) : 0;
        if (c == '[' && digits(l, n + 1) && peek(l, n + 1 + digits(l, n + 1)) == ']')
                return digits(l, n + 1) + 2;
        return 0;
}

static struct ww_str word_text(struct lexer *l) {
        struct ww_str text = { l->c->text.p + l->at, 1 };

        for (size_t more; (more = word_more(l, text.n)) != 0;)
                text.n += more;
        l->at += text.n;
        return text;
}

static int sign_found(struct lexer *l, const struct sign *s) {
        l->token.type = TOKEN_SIGN;
        l->token.op = s->op;
        l->token.text = ww_str(s->text);
        return s->cure ? lexer_error(l, l->token.at, s->cure, "not a sign of this language:", l->token.text) : 0;
}

static int word_take(struct lexer *l) {
        struct ww_str text = word_text(l);

        l->token.text = text;
        for (size_t i = 0; i < COUNT(words); i++)
                if (ww_str_is(text, words[i].text))
                        return sign_found(l, &words[i]);
        l->token.type = ww_str_is(text, "true") ? TOKEN_TRUE : ww_str_is(text, "false") ? TOKEN_FALSE : TOKEN_WORD;
        return 0;
}

static int list_take(struct lexer *l) {
        l->at++;
        if (!is_letter(peek(l, 0)) && !is_digit(peek(l, 0)))
                return lexer_error(l, l->token.at, "write `x in @list`", "a list's name is missing after", WW_STR("@"));
        l->token.type = TOKEN_LIST;
        l->token.text = word_text(l);
        return 0;
}

static int sign_take(struct lexer *l) {
        struct ww_str left = { l->c->text.p + l->at, l->c->text.n - l->at };

        for (size_t i = 0; i < COUNT(signs); i++) {
                size_t n = strlen(signs[i].text);

                if (left.n >= n && memcmp(left.p, signs[i].text, n) == 0) {
                        l->at += n;
                        return sign_found(l, &signs[i]);
                }
        }
        return diag_error(l->c->d, expr_pos(l->c, l->at), "put text into quotes", "unexpected character `%c`",
                          isprint((unsigned char)left.p[0]) ? left.p[0] : '?');
}

int lexer_next(struct lexer *l) {
        while (peek(l, 0) == ' ' || peek(l, 0) == '\t' || peek(l, 0) == '\n' || peek(l, 0) == '\r')
                l->at++;
        l->token = (struct token){ .type = TOKEN_END, .at = l->at };
        if (l->at == l->c->text.n)
                return 0;
        if (is_digit(peek(l, 0)))
                return number_take(l);
        if (peek(l, 0) == '"' || peek(l, 0) == '\'')
                return string_take(l);
        if (is_letter(peek(l, 0)))
                return word_take(l);
        return peek(l, 0) == '@' ? list_take(l) : sign_take(l);
}
