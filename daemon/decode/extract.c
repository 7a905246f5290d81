#include "decode/extract.h"

#include <math.h>

static struct ww_str next_piece(struct ww_str *rest, struct ww_str by) {
        const char *end = rest->n ? memmem(rest->p, rest->n, by.p, by.n) : NULL;
        struct ww_str piece = { rest->p, end ? (size_t)(end - rest->p) : rest->n };

        *rest = end ? (struct ww_str){ end + by.n, rest->n - piece.n - by.n } : WW_STR_NONE;
        return piece;
}

static bool split(const struct extract *e, struct ww_str *text) {
        struct ww_str rest = *text, piece;
        int part = e->part;

        if (part < 0) {
                for (; rest.p; part++)
                        next_piece(&rest, e->by);
                rest = *text;
        }
        if (part < 0)
                return false;
        do {
                piece = next_piece(&rest, e->by);
        } while (part-- && rest.p);
        *text = piece;
        return part < 0;
}

static int digit_of(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        c |= 0x20;
        return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

static bool read_base(struct ww_str text, int base, struct ww_value *v) {
        size_t i = base == 16 && text.n > 2 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x' ? 2 : 0;
        uint64_t number = 0;

        if (i == text.n)
                return false;
        for (; i < text.n; i++) {
                int digit = digit_of(text.p[i]);

                if (digit >= base || __builtin_mul_overflow(number, (uint64_t)base, &number) ||
                    __builtin_add_overflow(number, (uint64_t)digit, &number))
                        return false;
        }
        *v = ww_number((double)number);
        return true;
}

static enum extract_result of_text(const struct extract *e, struct ww_str text, struct ww_value *v) {
        if (!text.p)
                return EXTRACT_BAD;
        if (e->pattern) {
                int r = pattern_find(e->pattern, text, &text);

                if (r <= 0)
                        return r ? EXTRACT_BAD : EXTRACT_MISSING;
        }
        if (e->by.n && !split(e, &text))
                return EXTRACT_MISSING;
        if (e->base)
                return read_base(text, e->base, v) ? EXTRACT_DONE : EXTRACT_BAD;
        *v = ww_string(text);
        return EXTRACT_DONE;
}

static bool whole(const struct ww_value *v, uint64_t *ret) {
        double number;

        if (v->type == WW_NUMBER)
                number = v->number;
        else if (v->type != WW_STRING || !document_number(v->string, &number))
                return false;
        if (number != floor(number) || number < -0x1p63 || number >= 0x1p64)
                return false;
        *ret = number < 0 ? (uint64_t)(int64_t)number : (uint64_t)number;
        return true;
}

static enum extract_result of_number(const struct extract *e, struct ww_value *v) {
        uint64_t bits;

        if (!whole(v, &bits))
                return EXTRACT_BAD;
        if (e->bit >= 0)
                *v = ww_bool(bits >> e->bit & 1);
        else
                *v = ww_number((double)((bits & e->mask) >> __builtin_ctzll(e->mask)));
        return EXTRACT_DONE;
}

enum extract_result extract_value(const struct extract *e, struct ww_str text, struct ww_value *v) {
        enum extract_result r = EXTRACT_DONE;

        if (v->type == WW_NULL)
                return r;
        if (e->pattern || e->by.n || e->base)
                r = of_text(e, text, v);
        if (r == EXTRACT_DONE && (e->bit >= 0 || e->mask))
                r = of_number(e, v);
        if (r != EXTRACT_DONE)
                *v = ww_missing();
        return r;
}
