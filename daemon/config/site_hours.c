/* Hours of a day as they are written: "08:00-12:00", a list of these, `open` for the whole day, `closed` for none. */
#include "config/site_internal.h"

#define SPANS_MAX 48 /* one for each half hour */

static const char time_help[] = "write hours as \"08:00-18:00\"; 24:00 is the end of the day";

/* HH:MM up to 24:00; -1 if it is none. */
static int64_t parse_time(struct ww_str text) {
        int v[4];

        if (text.n != 5 || text.p[2] != ':')
                return -1;
        for (size_t i = 0; i < 4; i++) {
                v[i] = text.p[i + (i > 1)] - '0';
                if (v[i] < 0 || v[i] > 9)
                        return -1;
        }
        if (v[2] > 5 || v[0] * 10 + v[1] > 24 || (v[0] * 10 + v[1] == 24 && (v[2] || v[3])))
                return -1;
        return (v[0] * 10 + v[1]) * WW_HOUR + (v[2] * 10 + v[3]) * WW_MINUTE;
}

static int read_time(struct site_compiler *c, const struct yaml_node *n, struct ww_str text, int64_t *ret) {
        *ret = parse_time(text);
        return *ret < 0 ? diag_error(c->d, n->pos, time_help, "`%.*s` is no time of day", WW_STR_ARG(text)) : 0;
}

/* An end that is not after the beginning is in the next day. */
static int read_span(struct site_compiler *c, const struct yaml_node *n, struct site_span *ret) {
        const char *dash;
        struct ww_str text;
        int r = yaml_string(n, "hours", c->d, &text);

        if (r)
                return r;
        dash = memchr(text.p, '-', text.n);
        if (!dash)
                return diag_error(c->d, n->pos, time_help, "`%.*s` is not from when to when", WW_STR_ARG(text));
        r = read_time(c, n, (struct ww_str){ text.p, (size_t)(dash - text.p) }, &ret->from);
        if (r == 0)
                r = read_time(c, n, (struct ww_str){ dash + 1, text.n - (size_t)(dash - text.p) - 1 }, &ret->to);
        if (r)
                return r;
        if (ret->from == WW_DAY)
                return diag_error(c->d, n->pos, "write 00:00 at the next day", "hours cannot begin at 24:00");
        if (ret->from == ret->to)
                return diag_error(c->d, n->pos, "the whole day is `open` or \"00:00-24:00\"", "`%.*s` lasts no time",
                                  WW_STR_ARG(text));
        if (ret->to < ret->from)
                ret->to += WW_DAY;
        return 0;
}

/* Into the place where it belongs. */
static int add_span(struct site_compiler *c, const struct yaml_node *n, struct site_span *spans, size_t *count,
                    struct site_span add) {
        size_t at = *count;

        while (at && spans[at - 1].from > add.from)
                at--;
        if ((at && spans[at - 1].to > add.from) || (at < *count && spans[at].from < add.to))
                return diag_error(c->d, n->pos, "join them, or end one where the other begins",
                                  "`%.*s` overlaps other hours of the day", WW_STR_ARG(n->text));
        memmove(spans + at + 1, spans + at, (*count - at) * sizeof *spans);
        spans[at] = add;
        (*count)++;
        return 0;
}

static int read_spans(struct site_compiler *c, const struct yaml_node *first, size_t n, struct site_hours *ret) {
        struct site_span *spans = arena_array(&c->site->arena, struct site_span, n ? n : 1);
        size_t count = 0;

        if (!spans)
                return -ENOMEM;
        for (const struct yaml_node *item = first; n; item = item->next, n--) {
                struct site_span span = { 0 };
                int r = read_span(c, item, &span);

                if (r == 0)
                        r = add_span(c, item, spans, &count, span);
                if (r)
                        return r;
        }
        *ret = (struct site_hours){ spans, count };
        return 0;
}

int site_read_hours(struct site_compiler *c, const struct yaml_node *n, struct site_hours *ret) {
        static const struct site_span whole_day = { 0, WW_DAY };

        if (n->type == YAML_MAPPING)
                return diag_error(c->d, n->pos, time_help, "hours cannot be a group of keys");
        if (n->type == YAML_SEQUENCE && (n->n == 0 || n->n > SPANS_MAX))
                return diag_error(c->d, n->pos, "write `closed` for none", "a day has from 1 to %d hours", SPANS_MAX);
        if (n->type == YAML_SEQUENCE)
                return read_spans(c, n->first, n->n, ret);
        *ret = (struct site_hours){ 0 };
        if (ww_str_is(n->text, "closed"))
                return 0;
        if (!ww_str_is(n->text, "open"))
                return read_spans(c, n, 1, ret);
        *ret = (struct site_hours){ &whole_day, 1 };
        return 0;
}
