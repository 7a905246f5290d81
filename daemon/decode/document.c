#include "decode/document.h"
#include "base/utf8.h"

#include <math.h>

#define NUMBER_MAX 128 /* bytes; a longer one is none */

void document_init(struct document *d, struct arena *arena, uint32_t *steps) {
        *d = (struct document){ .arena = arena, .steps = steps };
}

void document_deinit(struct document *d) {
        free(d->nodes);
        free(d->text);
        *d = (struct document){ 0 };
}

const char *document_keep(struct document *d, struct ww_str text) {
        if (text.n + DOCUMENT_PADDING > d->text_capacity) {
                size_t capacity = (text.n + DOCUMENT_PADDING) * 2;
                char *copy = realloc(d->text, capacity);

                if (!copy)
                        return NULL;
                d->text = copy;
                d->text_capacity = capacity;
        }
        if (text.n)
                memcpy(d->text, text.p, text.n);
        memset(d->text + text.n, 0, DOCUMENT_PADDING);
        return d->text;
}

bool document_grow(struct document *d) {
        uint32_t capacity = d->capacity ? d->capacity * 2 : 256;
        struct document_node *nodes;

        if (d->n >= DOCUMENT_NODES_MAX) {
                d->error = "too many values";
                return false;
        }
        nodes = realloc(d->nodes, capacity * sizeof(*nodes));
        if (!nodes) {
                d->error = "out of memory";
                return false;
        }
        d->nodes = nodes;
        d->capacity = capacity;
        return true;
}

bool document_text_valid(struct ww_str s) {
        size_t i = 0;

        while (i < s.n) {
                size_t n;

                if (s.n - i >= 8 && !bytes_outside(bytes_word(s.p + i), 1)) {
                        i += 8;
                        continue;
                }
                n = s.p[i] == '\0' ? 0 : utf8_length(s.p + i, s.n - i);
                if (n == 0)
                        return false;
                i += n;
        }
        return true;
}

struct ww_str document_shorten(struct ww_str s, size_t max) {
        s.n = max;
        while (s.n && ((unsigned char)s.p[s.n] & 0xC0) == 0x80)
                s.n--;
        return s;
}

static int hex4(const char *p) {
        int v = 0;

        for (int i = 0; i < 4; i++) {
                char c = p[i];

                v = v * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        return v;
}

static size_t put_utf8(char *to, uint32_t c) {
        if (c < 0x80) {
                to[0] = (char)c;
                return 1;
        }
        if (c < 0x800) {
                to[0] = (char)(0xC0 | (c >> 6));
                to[1] = (char)(0x80 | (c & 0x3F));
                return 2;
        }
        if (c < 0x10000) {
                to[0] = (char)(0xE0 | (c >> 12));
                to[1] = (char)(0x80 | ((c >> 6) & 0x3F));
                to[2] = (char)(0x80 | (c & 0x3F));
                return 3;
        }
        to[0] = (char)(0xF0 | (c >> 18));
        to[1] = (char)(0x80 | ((c >> 12) & 0x3F));
        to[2] = (char)(0x80 | ((c >> 6) & 0x3F));
        to[3] = (char)(0x80 | (c & 0x3F));
        return 4;
}

/* \uXXXX at p (behind the u): the character, and how many bytes of the text it took. */
static uint32_t unicode(const char *p, const char *end, size_t *ret_taken) {
        uint32_t c = (uint32_t)hex4(p);

        *ret_taken = 4;
        if (c == 0 || (c >= 0xDC00 && c <= 0xDFFF))
                return 0xFFFD;
        if (c < 0xD800 || c > 0xDBFF)
                return c;
        if (end - p >= 10 && p[4] == '\\' && p[5] == 'u') {
                uint32_t low = (uint32_t)hex4(p + 6);

                if (low >= 0xDC00 && low <= 0xDFFF) {
                        *ret_taken = 10;
                        return 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                }
        }
        return 0xFFFD;
}

static char simple_escape(char c) {
        switch (c) {
        case 'b':
                return '\b';
        case 'f':
                return '\f';
        case 'n':
                return '\n';
        case 'r':
                return '\r';
        case 't':
                return '\t';
        default:
                return c;
        }
}

/* The reader has checked the escapes; the result is never longer than the text. Stops soon behind `max`. */
static size_t unescape(struct ww_str s, size_t max, char *to) {
        const char *p = s.p, *end = s.p + s.n;
        size_t n = 0;

        while (p < end && n <= max) {
                size_t taken;

                if (*p != '\\') {
                        to[n++] = *p++;
                } else if (p[1] != 'u') {
                        to[n++] = simple_escape(p[1]);
                        p += 2;
                } else {
                        n += put_utf8(to + n, unicode(p + 2, end, &taken));
                        p += 2 + taken;
                }
        }
        return n;
}

struct ww_str document_string(const struct document *d, uint32_t node) {
        const struct document_node *x = &d->nodes[node];
        struct ww_str s = { x->p, x->n };
        char *to;

        if (!x->escaped)
                return document_cut(s, DOCUMENT_STRING_MAX);
        to = arena_alloc(d->arena, s.n < DOCUMENT_STRING_MAX ? s.n : DOCUMENT_STRING_MAX + 4);
        if (!to)
                return WW_STR_NONE;
        return document_cut((struct ww_str){ to, unescape(s, DOCUMENT_STRING_MAX, to) }, DOCUMENT_STRING_MAX);
}

struct bytes_key document_escaped_key(const struct document *d, uint32_t node) {
        return bytes_key(document_spend(d, 8) ? document_string(d, node) : WW_STR_NONE);
}

uint32_t document_member(const struct document *d, uint32_t object, const struct bytes_key *key) {
        uint32_t found = DOCUMENT_NONE, end;

        if (object == DOCUMENT_NONE || d->nodes[object].type != DOCUMENT_OBJECT)
                return DOCUMENT_NONE;
        end = d->nodes[object].next;
        for (uint32_t i = object + 1; i < end && document_spend(d, 1); i = d->nodes[i + 1].next) {
                struct bytes_key at = document_key_at(d, i);

                if (bytes_key_equal(&at, key))
                        found = i + 1;
        }
        return found;
}

uint64_t document_keys(struct document *d) {
        const struct document_node *nodes = d->nodes;
        uint64_t keys = 0;

        if (d->keys_known)
                return d->keys;
        if (!d->n || nodes->type != DOCUMENT_OBJECT)
                keys = UINT64_MAX;
        for (uint32_t i = 1; keys != UINT64_MAX && i < nodes->next; i = nodes[i + 1].next)
                keys |= nodes[i].escaped ? UINT64_MAX : document_key_bits(nodes[i].hash);
        d->keys = keys;
        d->keys_known = true;
        return keys;
}

uint32_t document_item(const struct document *d, uint32_t array, uint32_t index) {
        uint32_t end;

        if (array == DOCUMENT_NONE || d->nodes[array].type != DOCUMENT_ARRAY)
                return DOCUMENT_NONE;
        end = d->nodes[array].next;
        for (uint32_t i = array + 1; i < end && document_spend(d, 1); i = d->nodes[i].next)
                if (index-- == 0)
                        return i;
        return DOCUMENT_NONE;
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* Digits, into the mantissa; it may wrap when there are more than 19 of them. */
static const char *scan_digits(const char *p, const char *end, uint64_t *mantissa) {
        for (; p < end && is_digit(*p); p++)
                *mantissa = *mantissa * 10 + (uint64_t)(*p - '0');
        return p;
}

static const char *scan_exponent(const char *p, const char *end, int *exponent) {
        bool negative = p < end && *p == '-';
        int e = 0;

        if (p < end && (*p == '-' || *p == '+'))
                p++;
        if (p == end)
                return NULL;
        for (; p < end && is_digit(*p); p++)
                e = e < 100000 ? e * 10 + (*p - '0') : e;
        *exponent += negative ? -e : e;
        return p;
}

/* What stands behind the digits of a whole number: a fraction, an exponent. `digits`: how many there are. False: not a
 * number at all. */
static bool scan_rest(const char *p, const char *end, uint64_t *mantissa, ptrdiff_t *digits, int *exponent) {
        if (p < end && *p == '.') {
                const char *point = p++;

                p = scan_digits(p, end, mantissa);
                *exponent = (int)(point + 1 - p);
                *digits += p - point - 1;
        }
        if (*digits && p < end && (*p == 'e' || *p == 'E'))
                p = scan_exponent(p + 1, end, exponent);
        return *digits && p == end;
}

/* What no product of two exact doubles gives. */
static bool read_long_number(struct ww_str text, double *ret) {
        char copy[NUMBER_MAX];
        double v;

        memcpy(copy, text.p, text.n);
        copy[text.n] = 0;
        v = strtod(copy, NULL);
        if (!isfinite(v))
                return false;
        *ret = v;
        return true;
}

bool document_number(struct ww_str text, double *ret) {
        static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                         1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
        const char *start = text.p, *end = text.p + text.n, *p;
        uint64_t mantissa = 0;
        ptrdiff_t digits;
        int e = 0;
        double v;

        if (text.n == 0 || text.n >= NUMBER_MAX)
                return false;
        start += *start == '-' || *start == '+';
        p = scan_digits(start, end, &mantissa);
        digits = p - start;
        if ((p < end || !digits) && !scan_rest(p, end, &mantissa, &digits, &e))
                return false;
        if (digits > 19 || mantissa > UINT64_C(1) << 53 || e < -22 || e > 22)
                return read_long_number(text, ret);
        v = (double)(int64_t)mantissa;
        if (e) /* both are exact, so one rounding gives the nearest double */
                v = e < 0 ? v / powers[-e] : v * powers[e];
        *ret = text.p[0] == '-' ? -v : v;
        return true;
}

struct ww_str document_text(const struct document *d, uint32_t node) {
        const struct document_node *x;

        if (node == DOCUMENT_NONE)
                return WW_STR_NONE;
        x = &d->nodes[node];
        switch ((enum document_type)x->type) {
        case DOCUMENT_OBJECT:
        case DOCUMENT_ARRAY:
                return WW_STR_NONE;
        case DOCUMENT_STRING:
                return document_string(d, node);
        case DOCUMENT_NUMBER:
        case DOCUMENT_NULL:
        case DOCUMENT_TRUE:
        case DOCUMENT_FALSE:
                break;
        }
        return document_cut((struct ww_str){ x->p, x->n }, DOCUMENT_STRING_MAX);
}

/* Into place, field by field: this and what hands it on is where a message's time goes. */
void document_value(const struct document *d, uint32_t node, struct ww_value *ret) {
        const struct document_node *x;

        ret->type = WW_MISSING;
        if (node == DOCUMENT_NONE)
                return;
        x = &d->nodes[node];
        switch ((enum document_type)x->type) {
        case DOCUMENT_NULL:
                ret->type = WW_NULL;
                break;
        case DOCUMENT_TRUE:
        case DOCUMENT_FALSE:
                ret->type = WW_BOOL;
                ret->boolean = x->type == DOCUMENT_TRUE;
                break;
        case DOCUMENT_NUMBER:
                if (document_number((struct ww_str){ x->p, x->n }, &ret->number))
                        ret->type = WW_NUMBER;
                break;
        case DOCUMENT_STRING:
                ret->type = WW_STRING;
                ret->string = document_string(d, node);
                break;
        case DOCUMENT_OBJECT:
        case DOCUMENT_ARRAY:
                break;
        }
}
