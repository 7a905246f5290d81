/* Typed readers: what a value should have been, told at its place. */
#include "base/span.h"
#include "config/yaml.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define SHOWN_MAX 40 /* bytes of a wrong value that are shown */

static bool is_null(const struct yaml_node *n) {
        static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

        for (size_t i = 0; n->plain && i < sizeof nulls / sizeof *nulls; i++)
                if (ww_str_is(n->text, nulls[i]))
                        return true;
        return false;
}

/* "`abc`", "a list", "nothing": how a wrong value is named. */
static const char *shown(const struct yaml_node *n, char out[static 64]) {
        if (n->type == YAML_SEQUENCE)
                return "a list";
        if (n->type == YAML_MAPPING)
                return "a group of keys";
        if (is_null(n))
                return "nothing";
        (void)snprintf(out, 64, "`%.*s%s`", (int)(n->text.n > SHOWN_MAX ? SHOWN_MAX : n->text.n), n->text.p,
                       n->text.n > SHOWN_MAX ? "…" : "");
        return out;
}

static int wrong(const struct yaml_node *n, const char *what, const char *wanted, const char *help, struct diag *d) {
        char text[64];

        return diag_error(d, n->pos, help, "%s must be %s, not %s", what, wanted, shown(n, text));
}

int yaml_string(const struct yaml_node *n, const char *what, struct diag *d, struct ww_str *ret) {
        if (n->type != YAML_SCALAR || is_null(n))
                return wrong(n, what, "a text",
                             n->type == YAML_SCALAR    ? "write it behind the colon; \"\" is an empty text"
                             : n->type == YAML_MAPPING ? "write one text; one that begins with { needs quotes"
                                                       : "write one text; one that begins with [ or `- ` needs quotes",
                             d);
        *ret = n->text;
        return 0;
}

int yaml_bool(const struct yaml_node *n, const char *what, struct diag *d, bool *ret) {
        bool yes = n->type == YAML_SCALAR && n->plain && ww_str_is(n->text, "true");

        if (!yes && !(n->type == YAML_SCALAR && n->plain && ww_str_is(n->text, "false")))
                return wrong(n, what, "true or false",
                             "write true or false, without quotes; yes, no, on and off are plain words here", d);
        *ret = yes;
        return 0;
}

/* Decimal digits with an optional sign; false on anything else and on overflow. */
static bool parse_integer(struct ww_str text, int64_t *ret) {
        bool negative = text.n && text.p[0] == '-';
        size_t at = text.n && (text.p[0] == '-' || text.p[0] == '+');
        int64_t v = 0;

        if (at == text.n)
                return false;
        for (; at < text.n; at++) {
                if (text.p[at] < '0' || text.p[at] > '9')
                        return false;
                if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, text.p[at] - '0', &v))
                        return false;
        }
        if (!negative && v == INT64_MIN)
                return false;
        *ret = negative ? v : -v; /* counted below zero, so that INT64_MIN has room */
        return true;
}

int yaml_integer(const struct yaml_node *n, const char *what, int64_t min, int64_t max, struct diag *d, int64_t *ret) {
        char wanted[96], help[64];
        int64_t v;

        (void)snprintf(wanted, sizeof wanted, "a whole number from %" PRId64 " to %" PRId64, min, max);
        if (n->type != YAML_SCALAR || !n->plain || !parse_integer(n->text, &v))
                return wrong(n, what, wanted,
                             n->type == YAML_SCALAR && !n->plain ? "take the quotes away" : "write digits alone", d);
        if (v < min || v > max) {
                (void)snprintf(help, sizeof help, "the %s is %" PRId64, v < min ? "least" : "most",
                               v < min ? min : max);
                return wrong(n, what, wanted, help, d);
        }
        *ret = v;
        return 0;
}

/* [-+]?(digits)(.digits)?([eE][-+]?digits)?, finite. strtod alone would take hex, inf and nan. */
static bool parse_number(struct ww_str text, double *ret) {
        size_t at = text.n && (text.p[0] == '-' || text.p[0] == '+'), digits = 0;
        char copy[64], *end;
        double v;

        if (text.n == 0 || text.n >= sizeof copy)
                return false;
        for (size_t i = at; i < text.n; i++) {
                bool sign = (text.p[i] == '-' || text.p[i] == '+') && i > at && strchr("eE", text.p[i - 1]);

                if (!sign && !strchr("0123456789.eE", text.p[i]))
                        return false;
                digits += text.p[i] >= '0' && text.p[i] <= '9';
        }
        memcpy(copy, text.p, text.n);
        copy[text.n] = '\0';
        v = strtod(copy, &end);
        if (digits == 0 || *end != '\0' || end != copy + text.n || !isfinite(v))
                return false;
        *ret = v;
        return true;
}

int yaml_number(const struct yaml_node *n, const char *what, struct diag *d, double *ret) {
        if (n->type != YAML_SCALAR || !n->plain || !parse_number(n->text, ret))
                return wrong(n, what, "a number",
                             n->type == YAML_SCALAR && !n->plain ? "take the quotes away"
                                                                 : "digits, with a point before decimals",
                             d);
        return 0;
}

int yaml_span(const struct yaml_node *n, const char *what, int64_t min, int64_t max, struct diag *d, int64_t *ret) {
        char from[32], to[32], wanted[128], help[64];
        int64_t v, bare;

        if (n->type != YAML_SCALAR || span_parse(n->text, &v) < 0)
                return wrong(n, what, "a span such as 90s, 5m or 26h",
                             n->type == YAML_SCALAR && parse_integer(n->text, &bare)
                                     ? "give it a unit: us, ms, s, m, h or d"
                                     : "units are us, ms, s, m, h and d",
                             d);
        if (v < min || v > max) {
                span_format(min, from);
                span_format(max, to);
                (void)snprintf(wanted, sizeof wanted, max == INT64_MAX ? "at least %s" : "from %s to %s", from, to);
                (void)snprintf(help, sizeof help, "the %s is %s", v < min ? "shortest" : "longest",
                               v < min ? from : to);
                return wrong(n, what, wanted, help, d);
        }
        *ret = v;
        return 0;
}

/* 0x1F and 0o17 of the core schema */
static bool parse_based(struct ww_str text, double *ret) {
        int base = text.n > 2 && text.p[0] == '0' ? (text.p[1] == 'x' ? 16 : text.p[1] == 'o' ? 8 : 0) : 0;
        double v = 0;

        if (base == 0 || text.n > 15)
                return false;
        for (size_t i = 2; i < text.n; i++) {
                char c = text.p[i];
                int digit = c >= '0' && c <= '9'   ? c - '0'
                            : c >= 'a' && c <= 'f' ? c - 'a' + 10
                            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                   : 99;

                if (digit >= base)
                        return false;
                v = v * base + digit;
        }
        *ret = v;
        return true;
}

struct ww_value yaml_value(const struct yaml_node *n) {
        static const char *const trues[] = { "true", "True", "TRUE" }, *const falses[] = { "false", "False", "FALSE" };
        double number;

        if (n->type != YAML_SCALAR)
                return ww_missing();
        if (!n->plain)
                return ww_string(n->text);
        if (is_null(n))
                return (struct ww_value){ .type = WW_NULL };
        for (size_t i = 0; i < 3; i++) {
                if (ww_str_is(n->text, trues[i]))
                        return ww_bool(true);
                if (ww_str_is(n->text, falses[i]))
                        return ww_bool(false);
        }
        if (parse_number(n->text, &number) || parse_based(n->text, &number))
                return ww_number(number);
        return ww_string(n->text);
}

int yaml_known_keys(const struct yaml_node *mapping, const char *what, const char *const *names, size_t n,
                    struct diag *d) {
        int r = 0;

        if (mapping->type != YAML_MAPPING)
                return wrong(mapping, what, "a group of keys",
                             "write its keys below it, indented, or in braces: {key: value}", d);
        yaml_each(item, mapping) {
                bool known = false;

                for (size_t i = 0; i < n && !known; i++)
                        known = ww_str_is(item->key, names[i]);
                if (!known)
                        r = diag_error(d, item->key_pos, diag_suggest(item->key, names, n), "%s: unknown key `%.*s`",
                                       what, WW_STR_ARG(item->key));
        }
        return r;
}
