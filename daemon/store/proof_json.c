/*
 * PostgreSQL does not keep the text of a jsonb value: white space, the order and repetition of names, escapes in
 * strings and the spelling of numbers (1e3, 1000) are lost. So a digest is made from what the value means:
 *
 *   n  t  f                     null, true, false
 *   #DIGITSeEXPONENT;           a number: the value is DIGITS × 10^EXPONENT, DIGITS without zeros in front and behind,
 *                               with a minus before it if negative; zero is #0e0;
 *   "LENGTH:bytes               a string, its escapes resolved; LENGTH in decimal, in bytes
 *   [item item … ]              an array
 *   {string value … }           an object, its names in ascending order of (length, bytes), the last of equal ones
 *
 * jsonb keeps numbers as decimals of any length, so nothing is lost in them. Its own order of names is this one, too:
 * nothing needs sorting in what comes back.
 */
#include "store/proof_json.h"

#include <stdlib.h>

#define DEPTH_MAX 2100 /* jansson, which has read everything before it is sent, takes 2048 */

struct reader {
        const char *p, *end;
        struct proof_json *json;
        struct buf *out;
        unsigned depth;
};

struct member { /* offsets in `out` */
        size_t at, name, name_n, end;
};

void proof_json_deinit(struct proof_json *j) {
        buf_deinit(&j->members);
        buf_deinit(&j->sorted);
}

static bool read_value(struct reader *r);

static void skip_space(struct reader *r) {
        while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
                r->p++;
}

static bool read_char(struct reader *r, char c) {
        skip_space(r);
        if (r->p == r->end || *r->p != c)
                return false;
        r->p++;
        return true;
}

static void put_decimal(struct buf *out, long long v) {
        char digits[21], *p = digits + sizeof digits;
        unsigned long long left = v < 0 ? -(unsigned long long)v : (unsigned long long)v;

        do
                *--p = (char)('0' + left % 10);
        while ((left /= 10) > 0);
        if (v < 0)
                *--p = '-';
        buf_put(out, p, (size_t)(digits + sizeof digits - p));
}

/* --- strings --- */

static bool read_hex4(struct reader *r, uint32_t *ret) {
        uint32_t v = 0;

        if (r->end - r->p < 4)
                return false;
        for (int i = 0; i < 4; i++) {
                char c = *r->p++;
                int digit = c >= '0' && c <= '9'   ? c - '0'
                            : c >= 'a' && c <= 'f' ? c - 'a' + 10
                            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                   : -1;

                if (digit < 0)
                        return false;
                v = v << 4 | (uint32_t)digit;
        }
        *ret = v;
        return true;
}

static void put_utf8(struct buf *out, uint32_t c) {
        if (c < 0x80) {
                buf_put_u8(out, (uint8_t)c);
                return;
        }
        if (c < 0x800) {
                buf_put_u8(out, (uint8_t)(0xc0 | c >> 6));
        } else {
                if (c < 0x10000) {
                        buf_put_u8(out, (uint8_t)(0xe0 | c >> 12));
                } else {
                        buf_put_u8(out, (uint8_t)(0xf0 | c >> 18));
                        buf_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
                }
                buf_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        }
        buf_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
}

static bool read_unicode(struct reader *r, struct buf *out) {
        uint32_t c, low;

        if (!read_hex4(r, &c))
                return false;
        if (c >= 0xd800 && c < 0xdc00) {
                if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u')
                        return false;
                r->p += 2;
                if (!read_hex4(r, &low) || low < 0xdc00 || low > 0xdfff)
                        return false;
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        put_utf8(out, c);
        return true;
}

static bool read_escape(struct reader *r, struct buf *out) {
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *at;

        if (r->p == r->end || *r->p == '\0')
                return false;
        if (*r->p == 'u') {
                r->p++;
                return read_unicode(r, out);
        }
        at = strchr(from, *r->p++);
        if (!at)
                return false;
        buf_put_u8(out, (uint8_t)to[at - from]);
        return true;
}

/* Resolved into `sorted`, which no object uses while a string is read, because its length stands before it. */
static bool read_string(struct reader *r, size_t *ret_name, size_t *ret_n) {
        struct buf *text = &r->json->sorted;

        if (!read_char(r, '"'))
                return false;
        buf_reset(text);
        for (;;) {
                const char *from = r->p;

                while (r->p < r->end && *r->p != '"' && *r->p != '\\')
                        r->p++;
                buf_put(text, from, (size_t)(r->p - from));
                if (r->p == r->end)
                        return false;
                if (*r->p++ == '"')
                        break;
                if (!read_escape(r, text))
                        return false;
        }
        buf_put_u8(r->out, '"');
        put_decimal(r->out, (long long)text->n);
        buf_put_u8(r->out, ':');
        *ret_name = r->out->n;
        *ret_n = text->n;
        buf_put(r->out, text->p, text->n);
        return !text->error;
}

/* --- numbers --- */

static bool is_digit(const struct reader *r) {
        return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool read_exponent(struct reader *r, long long *exponent) {
        long long v = 0;
        bool minus = false;

        if (r->p == r->end || (*r->p != 'e' && *r->p != 'E'))
                return true;
        r->p++;
        if (r->p < r->end && (*r->p == '-' || *r->p == '+'))
                minus = *r->p++ == '-';
        if (!is_digit(r))
                return false;
        for (; is_digit(r); r->p++) {
                if (v < 1000000000) /* PostgreSQL refuses far smaller ones */
                        v = v * 10 + (*r->p - '0');
        }
        *exponent += minus ? -v : v;
        return true;
}

static bool read_number(struct reader *r) {
        size_t start = r->out->n, first, last;
        long long exponent = 0;
        bool fraction = false;

        buf_put_u8(r->out, '#');
        if (*r->p == '-')
                buf_put_u8(r->out, (uint8_t)*r->p++);
        first = last = r->out->n;
        if (!is_digit(r))
                return false;
        for (; r->p < r->end && (is_digit(r) || (*r->p == '.' && !fraction)); r->p++) {
                if (*r->p == '.') {
                        fraction = true;
                        continue;
                }
                exponent -= fraction;
                if (*r->p == '0' && r->out->n == first)
                        continue; /* in front */
                buf_put_u8(r->out, (uint8_t)*r->p);
                if (*r->p != '0')
                        last = r->out->n;
        }
        if (!read_exponent(r, &exponent))
                return false;
        if (r->out->error)
                return false;
        if (last == first) {
                r->out->n = start;
                buf_puts(r->out, "#0e0;");
                return true;
        }
        exponent += (long long)(r->out->n - last);
        r->out->n = last;
        buf_put_u8(r->out, 'e');
        put_decimal(r->out, exponent);
        buf_put_u8(r->out, ';');
        return true;
}

/* --- arrays and objects --- */

static bool read_array(struct reader *r) {
        buf_put_u8(r->out, '[');
        if (!read_char(r, ']')) {
                do {
                        if (!read_value(r))
                                return false;
                } while (read_char(r, ','));
                if (!read_char(r, ']'))
                        return false;
        }
        buf_put_u8(r->out, ']');
        return true;
}

static int name_compare(const struct buf *out, const struct member *a, const struct member *b) {
        if (a->name_n != b->name_n)
                return a->name_n < b->name_n ? -1 : 1;
        return memcmp(out->p + a->name, out->p + b->name, a->name_n);
}

static int member_compare(const void *a, const void *b, void *out) {
        const struct member *x = a, *y = b;
        int c = name_compare(out, x, y);

        return c ? c : x->at < y->at ? -1 : 1;
}

/* Members `m` stand in `out` from `start` to its end: puts them in order, and keeps the last of equal names. */
static void object_order(struct reader *r, size_t start, struct member *m, size_t n) {
        struct buf *sorted = &r->json->sorted;
        bool ordered = true;

        for (size_t i = 1; i < n && ordered; i++)
                ordered = name_compare(r->out, &m[i - 1], &m[i]) < 0;
        if (ordered)
                return;
        qsort_r(m, n, sizeof *m, member_compare, r->out);
        buf_reset(sorted);
        for (size_t i = 0; i < n; i++) {
                if (i + 1 == n || name_compare(r->out, &m[i], &m[i + 1]) != 0)
                        buf_put(sorted, r->out->p + m[i].at, m[i].end - m[i].at);
        }
        r->out->n = start;
        buf_put(r->out, sorted->p, sorted->n);
        if (sorted->error)
                r->out->error = sorted->error;
}

static bool read_members(struct reader *r, size_t *n) {
        do {
                struct member m = { .at = r->out->n };

                if (!read_string(r, &m.name, &m.name_n) || !read_char(r, ':') || !read_value(r))
                        return false;
                m.end = r->out->n;
                buf_put(&r->json->members, &m, sizeof m);
                (*n)++;
        } while (read_char(r, ','));
        return read_char(r, '}');
}

static bool read_object(struct reader *r) {
        struct buf *members = &r->json->members;
        size_t start, base = members->n, n = 0;

        buf_put_u8(r->out, '{');
        start = r->out->n;
        if (!read_char(r, '}')) {
                if (!read_members(r, &n) || members->error || r->out->error)
                        return false;
                object_order(r, start, (struct member *)(void *)(members->p + base), n);
                members->n = base;
        }
        buf_put_u8(r->out, '}');
        return true;
}

static bool read_word(struct reader *r, const char *word) {
        size_t n = strlen(word);

        if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
                return false;
        r->p += n;
        buf_put_u8(r->out, (uint8_t)*word);
        return true;
}

static bool read_any(struct reader *r) {
        size_t name, n;

        skip_space(r);
        if (r->p == r->end)
                return false;
        switch (*r->p) {
        case '{':
                r->p++;
                return read_object(r);
        case '[':
                r->p++;
                return read_array(r);
        case '"':
                return read_string(r, &name, &n);
        case 'n':
                return read_word(r, "null");
        case 't':
                return read_word(r, "true");
        case 'f':
                return read_word(r, "false");
        default:
                return read_number(r);
        }
}

static bool read_value(struct reader *r) {
        bool ok;

        if (++r->depth > DEPTH_MAX)
                return false;
        ok = read_any(r);
        r->depth--;
        return ok;
}

void proof_json_put(struct proof_json *j, struct ww_str text, struct buf *out) {
        struct reader r = { .p = text.p, .end = text.p + text.n, .json = j, .out = out };
        size_t start = out->n;

        buf_reset(&j->members);
        if (read_value(&r)) {
                skip_space(&r);
                if (r.p == r.end)
                        return;
        }
        if (out->error)
                return;
        out->n = start;
        buf_put_u8(out, '!');
        buf_put(out, text.p, text.n);
}
