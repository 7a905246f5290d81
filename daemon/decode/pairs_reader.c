#include "decode/pairs_reader.h"

#include "decode/quoted.h"

struct reader {
        struct document *d;
        const char *start, *end;
        bool between[256], is[256]; /* the signs, by character */
};

static int fail(struct reader *r, const char *p, const char *why) {
        r->d->error = r->d->error ? r->d->error : why;
        r->d->error_at = (uint32_t)(p - r->start);
        return strcmp(r->d->error, "out of memory") == 0 ? -ENOMEM : -EBADMSG;
}

static void mark(bool signs[256], struct ww_str text) {
        for (size_t i = 0; i < text.n; i++)
                signs[(unsigned char)text.p[i]] = true;
}

static inline bool has(const bool signs[256], char c) {
        return signs[(unsigned char)c];
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

static const char *skip_blanks(const struct reader *r, const char *p) {
        while (p < r->end && is_blank(*p))
                p++;
        return p;
}

/* What lies between, without the blanks at its end. */
static struct ww_str cut(const char *start, const char *end) {
        while (end > start && (is_blank(end[-1]) || end[-1] == '\r'))
                end--;
        return (struct ww_str){ start, (size_t)(end - start) };
}

static bool add(struct reader *r, struct ww_str text, bool key) {
        uint32_t node = document_add(r->d, DOCUMENT_STRING, text.p, text.n);

        if (node != DOCUMENT_NONE && key)
                document_set_key(&r->d->nodes[node], bytes_head(text.p, text.n));
        return node != DOCUMENT_NONE;
}

/* The key, and the place behind its `is`. A blank may end a pair and yet stand before the `is`. */
static int read_key(struct reader *r, const char **p) {
        const char *start = *p, *at = start, *stop;

        while (at < r->end && !has(r->is, *at) && !has(r->between, *at))
                at++;
        stop = skip_blanks(r, at);
        if (stop == r->end || !has(r->is, *stop))
                return fail(r, at, "a key without a value");
        if (at == start)
                return fail(r, start, "a value without a key");
        *p = stop + 1;
        return add(r, cut(start, at), true) ? 0 : fail(r, start, "too many values");
}

/* The text, and the place behind it. */
static int read_text(struct reader *r, const char **p) {
        const char *start = skip_blanks(r, *p), *at = start;
        struct ww_str text;
        int result;

        if (at < r->end && *at == '"') {
                result = quoted_read(r->d->arena, &at, r->end, &text);
                if (result)
                        return result == -ENOMEM ? result : fail(r, start, "quotes without an end");
                at = skip_blanks(r, at);
                if (at < r->end && !has(r->between, *at) && !has(r->between, at[-1]))
                        return fail(r, at, "something behind the quotes");
        } else {
                while (at < r->end && !has(r->between, *at))
                        at++;
                text = cut(start, at);
        }
        *p = at;
        return add(r, text, false) ? 0 : fail(r, start, "too many values");
}

int pairs_reader_read(struct document *d, struct ww_str text, const struct format_options *options) {
        struct reader r = { .d = d, .start = text.p, .end = text.p + text.n };
        const char *p = text.p;
        int result = 0;

        mark(r.between, options->between);
        mark(r.is, options->is);
        if (document_add(d, DOCUMENT_OBJECT, text.p, text.n) == DOCUMENT_NONE)
                return fail(&r, p, "too many values");
        while (!result) {
                while (p < r.end && (has(r.between, *p) || is_blank(*p)))
                        p++;
                if (p == r.end)
                        break;
                result = read_key(&r, &p);
                result = result ? result : read_text(&r, &p);
        }
        d->nodes[0].next = d->n;
        return result;
}
