#include "decode/json_reader.h"
#include "base/utf8.h"

/*
 * The reader is a loop over values. `stack` holds the open objects and arrays; after each value the innermost one says
 * what may follow: a comma, or its end. Each step takes the place where it begins and returns the place behind what it
 * read, or NULL after an error.
 */
struct reader {
        struct document *d;
        const char *start, *end;
        const char *behind; /* the value is read: what follows it */
        uint32_t stack[DOCUMENT_DEPTH_MAX];
        unsigned depth;
        bool opened; /* nothing yet in the innermost container */
};

static const char *fail(struct reader *r, const char *p, const char *why) {
        if (!r->d->error)
                r->d->error = why;
        r->d->error_at = (uint32_t)(p - r->start);
        return NULL;
}

static inline const char *skip_blanks(const struct reader *r, const char *p) {
        while (p < r->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
                p++;
        return p;
}

static inline bool add(struct reader *r, enum document_type type, const char *p, const char *behind) {
        return document_add(r->d, type, p, (size_t)(behind - p)) != DOCUMENT_NONE;
}

static inline bool is_digit(const struct reader *r, const char *p) {
        return p < r->end && *p >= '0' && *p <= '9';
}

static bool is_hex(char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* p stands on the backslash */
static const char *read_escape(struct reader *r, const char *p) {
        if (r->end - p < 2)
                return fail(r, p, "string without an end");
        if (p[1] != 'u')
                return p[1] && strchr("\"\\/bfnrt", p[1]) ? p + 2 : fail(r, p, "unknown escape");
        if (r->end - p < 6)
                return fail(r, p, "string without an end");
        for (int i = 2; i < 6; i++)
                if (!is_hex(p[i]))
                        return fail(r, p, "unknown escape");
        return p + 6;
}

/* To the first byte that needs a look: all but ASCII without controls, quote and backslash. */
static inline const char *skip_plain(const struct reader *r, const char *p) {
        for (; r->end - p >= 8; p += 8) {
                uint64_t found = bytes_unquotable(bytes_word(p));

                if (found)
                        return p + bytes_first(found);
        }
        while (p < r->end && *p >= 0x20 && *p != '"' && *p != '\\')
                p++;
        return p;
}

/* One character that is not plain, and not the string's end. */
static const char *read_odd(struct reader *r, const char *p, bool *escaped) {
        size_t n;

        if (p == r->end)
                return fail(r, p, "string without an end");
        if (*p == '\\') {
                *escaped = true;
                return read_escape(r, p);
        }
        if ((unsigned char)*p < 0x20)
                return fail(r, p, "control character in a string");
        n = utf8_length(p, (size_t)(r->end - p));
        return n ? p + n : fail(r, p, "not UTF-8");
}

static inline const char *end_string(struct reader *r, const char *start, const char *p, bool escaped) {
        if (!add(r, DOCUMENT_STRING, start, p))
                return fail(r, p, "too many values");
        r->d->nodes[r->d->n - 1].escaped = escaped;
        return p + 1;
}

/* A string that is not plain all through: p is the first place where it is not. */
static __attribute__((noinline)) const char *read_odd_string(struct reader *r, const char *start, const char *p) {
        bool escaped = false;

        for (; p == r->end || *p != '"'; p = skip_plain(r, p)) {
                p = read_odd(r, p, &escaped);
                if (!p)
                        return NULL;
        }
        return end_string(r, start, p, escaped);
}

/* p stands behind the quote */
static inline const char *read_string(struct reader *r, const char *p) {
        const char *start = p;

        p = skip_plain(r, p);
        return p < r->end && *p == '"' ? end_string(r, start, p, false) : read_odd_string(r, start, p);
}

static inline const char *skip_digits(const struct reader *r, const char *p) {
        while (is_digit(r, p))
                p++;
        return p;
}

/* e, its sign and digits */
static const char *read_exponent(struct reader *r, const char *p) {
        const char *digits = ++p;

        if (p < r->end && (*p == '+' || *p == '-'))
                digits = ++p;
        p = skip_digits(r, p);
        return p == digits ? fail(r, p, "not a number") : p;
}

static const char *read_number(struct reader *r, const char *p) {
        const char *start = p, *digits = p + (*p == '-');

        p = skip_digits(r, digits);
        if (p == digits)
                return fail(r, p, "not a number");
        if (*digits == '0' && p > digits + 1)
                return fail(r, digits, "number with a leading zero");
        if (p < r->end && *p == '.') {
                digits = p + 1;
                p = skip_digits(r, digits);
                if (p == digits)
                        return fail(r, p, "not a number");
        }
        if (p < r->end && (*p | 0x20) == 'e' && !(p = read_exponent(r, p)))
                return NULL;
        return add(r, DOCUMENT_NUMBER, start, p) ? p : fail(r, p, "too many values");
}

static inline const char *read_word(struct reader *r, const char *p, enum document_type type, struct ww_str word) {
        if ((size_t)(r->end - p) < word.n || memcmp(p, word.p, word.n) != 0)
                return fail(r, p, "unknown word");
        return add(r, type, p, p + word.n) ? p + word.n : fail(r, p, "too many values");
}

static const char *open_container(struct reader *r, const char *p, enum document_type type) {
        if (r->depth == DOCUMENT_DEPTH_MAX)
                return fail(r, p, "nested too deep");
        if (!add(r, type, p, p))
                return fail(r, p, "too many values");
        r->stack[r->depth++] = r->d->n - 1;
        r->opened = true;
        return p + 1;
}

/* One value's beginning: a scalar is read whole, of a container only its bracket. */
static const char *read_value(struct reader *r, const char *p) {
        p = skip_blanks(r, p);
        if (p == r->end)
                return fail(r, p, r->d->n ? "ends too early" : "empty");
        r->opened = false;
        switch (*p) {
        case '{':
                return open_container(r, p, DOCUMENT_OBJECT);
        case '[':
                return open_container(r, p, DOCUMENT_ARRAY);
        case '"':
                return read_string(r, p + 1);
        case 't':
                return read_word(r, p, DOCUMENT_TRUE, WW_STR("true"));
        case 'f':
                return read_word(r, p, DOCUMENT_FALSE, WW_STR("false"));
        case 'n':
                return read_word(r, p, DOCUMENT_NULL, WW_STR("null"));
        default:
                return read_number(r, p);
        }
}

static const char *read_key(struct reader *r, const char *p) {
        struct document_node *node;

        p = skip_blanks(r, p);
        if (p == r->end)
                return fail(r, p, "ends too early");
        if (*p != '"')
                return fail(r, p, "a key must be a string");
        p = read_string(r, p + 1);
        if (!p)
                return NULL;
        node = &r->d->nodes[r->d->n - 1];
        node->head = r->end - node->p >= 8 ? bytes_low(bytes_word(node->p), node->n) : bytes_head(node->p, node->n);
        p = skip_blanks(r, p);
        return p < r->end && *p == ':' ? p + 1 : fail(r, p, "no colon behind a key");
}

static const char *close_container(struct reader *r, const char *p) {
        struct document_node *node = &r->d->nodes[r->stack[--r->depth]];

        node->next = r->d->n;
        node->n = (uint32_t)(p + 1 - node->p);
        r->opened = false;
        return p + 1;
}

/* Behind the bracket of a container or behind one of its values: closes what ends here. The place where the next value
 * begins; NULL at the end of the document, or after an error. */
static const char *advance(struct reader *r, const char *p) {
        while (r->depth) {
                bool object = r->d->nodes[r->stack[r->depth - 1]].type == DOCUMENT_OBJECT;

                p = skip_blanks(r, p);
                if (p == r->end)
                        return fail(r, p, "ends too early");
                if (*p == (object ? '}' : ']')) {
                        p = close_container(r, p);
                        continue;
                }
                if (!r->opened && *p++ != ',')
                        return fail(r, p - 1, "no comma between values");
                return object ? read_key(r, p) : p;
        }
        r->behind = p;
        return NULL;
}

int json_reader_read(struct document *d, struct ww_str text) {
        struct reader r = { .d = d, .start = text.p, .end = text.p + text.n };
        const char *p = text.p;

        document_reset(d);
        do {
                p = read_value(&r, p);
                if (p)
                        p = advance(&r, p);
        } while (p);
        if (!d->error && (p = skip_blanks(&r, r.behind)) != r.end)
                fail(&r, p, "text behind the value");
        if (!d->error)
                return 0;
        return strcmp(d->error, "out of memory") == 0 ? -ENOMEM : -EBADMSG;
}
