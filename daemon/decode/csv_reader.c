#include "decode/csv_reader.h"

#include "decode/quoted.h"

struct reader {
        struct document *d;
        const struct format_options *options;
        const char *start, *end;
        struct ww_str names[FORMAT_COLUMNS_MAX]; /* of the columns */
        size_t n_names;
};

static int fail(struct reader *r, const char *p, const char *why) {
        r->d->error = r->d->error ? r->d->error : why;
        r->d->error_at = (uint32_t)(p - r->start);
        return strcmp(r->d->error, "out of memory") == 0 ? -ENOMEM : -EBADMSG;
}

static bool ends_line(const char *p, const char *end) {
        return p == end || *p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n'));
}

static int read_field(struct reader *r, const char **p, struct ww_str *ret) {
        const char *start = *p, *at = start;
        int result;

        if (at < r->end && *at == '"') {
                result = quoted_read(r->d->arena, &at, r->end, ret);
                if (result)
                        return result == -ENOMEM ? result : fail(r, start, "quotes without an end");
                if (!ends_line(at, r->end) && *at != r->options->separator)
                        return fail(r, at, "something behind the quotes");
        } else {
                while (!ends_line(at, r->end) && *at != r->options->separator)
                        at++;
                *ret = (struct ww_str){ start, (size_t)(at - start) };
        }
        *p = at;
        return 0;
}

static int take_name(struct reader *r, size_t column, struct ww_str field) {
        if (column < FORMAT_COLUMNS_MAX)
                r->names[column] = field;
        r->n_names = column < FORMAT_COLUMNS_MAX ? column + 1 : FORMAT_COLUMNS_MAX;
        return 0;
}

static int take_field(struct reader *r, size_t column, struct ww_str field) {
        uint32_t key;

        if (column >= r->n_names)
                return 0;
        key = document_add(r->d, DOCUMENT_STRING, r->names[column].p, r->names[column].n);
        if (key == DOCUMENT_NONE || document_add(r->d, DOCUMENT_STRING, field.p, field.n) == DOCUMENT_NONE)
                return fail(r, r->start, "too many values");
        document_set_key(&r->d->nodes[key], bytes_head(r->names[column].p, r->names[column].n));
        return 0;
}

static int pass_field(struct reader *r, size_t column, struct ww_str field) {
        return 0;
}

/* The fields up to the line's end, and the place behind that. */
static int read_fields(struct reader *r, const char **p, int (*take)(struct reader *, size_t, struct ww_str)) {
        struct ww_str field;
        int result;

        for (size_t column = 0;; column++) {
                result = read_field(r, p, &field);
                result = result ? result : take(r, column, field);
                if (result || ends_line(*p, r->end))
                        break;
                ++*p;
        }
        while (!result && *p < r->end && (**p == '\n' || **p == '\r'))
                ++*p;
        return result;
}

static int read_line(struct reader *r, const char **p) {
        uint32_t line = document_add(r->d, DOCUMENT_OBJECT, *p, 0);
        int result;

        if (line == DOCUMENT_NONE)
                return fail(r, *p, "too many values");
        result = read_fields(r, p, take_field);
        r->d->nodes[line].next = r->d->n;
        return result;
}

/* One line alone: its object takes the array's place. */
static void lift(struct document *d) {
        memmove(d->nodes, d->nodes + 1, (d->n - 1) * sizeof *d->nodes);
        d->n--;
        for (uint32_t i = 0; i < d->n; i++)
                d->nodes[i].next--;
}

static int read_header(struct reader *r, const char **p) {
        bool named = r->options->n_columns;

        if (named)
                memcpy(r->names, r->options->columns, r->options->n_columns * sizeof *r->names);
        r->n_names = r->options->n_columns;
        return r->options->header ? read_fields(r, p, named ? pass_field : take_name) : 0;
}

int csv_reader_read(struct document *d, struct ww_str text, const struct format_options *options) {
        struct reader r = { .d = d, .options = options, .start = text.p, .end = text.p + text.n };
        const char *p = text.p;
        size_t lines = 0;
        int result;

        if (document_add(d, DOCUMENT_ARRAY, text.p, text.n) == DOCUMENT_NONE)
                return fail(&r, p, "too many values");
        result = read_header(&r, &p);
        for (; !result && p < r.end; lines++)
                result = read_line(&r, &p);
        if (result)
                return result;
        d->nodes[0].next = d->n;
        if (lines == 0 && !options->list)
                return fail(&r, p, "no line behind the header");
        if (lines == 1 && !options->list)
                lift(d);
        return 0;
}
