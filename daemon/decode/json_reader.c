#include "decode/json_reader.h"
#include "base/utf8.h"

/*
 * The reader is a loop over values. `stack` holds the open objects and arrays; after each value the innermost one says
 * what may follow: a comma, or its end.
 */
struct reader {
        struct document *d;
        const char *start, *p, *end;
        uint32_t stack[DOCUMENT_DEPTH_MAX];
        unsigned depth;
};

static bool fail(struct reader *r, const char *why) {
        if (!r->d->error)
                r->d->error = why;
        r->d->error_at = (uint32_t)(r->p - r->start);
        return false;
}

static void skip_blanks(struct reader *r) {
        while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
                r->p++;
}

static bool add(struct reader *r, enum document_type type, const char *p, size_t n) {
        return document_add(r->d, type, p, n) != DOCUMENT_NONE || fail(r, "too many values");
}

static bool is_digit(const struct reader *r, const char *p) {
        return p < r->end && *p >= '0' && *p <= '9';
}

static bool is_hex(char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* r->p stands on the backslash */
static bool read_escape(struct reader *r) {
        if (r->end - r->p < 2)
                return fail(r, "string without an end");
        if (r->p[1] != 'u') {
                if (!r->p[1] || !strchr("\"\\/bfnrt", r->p[1]))
                        return fail(r, "unknown escape");
                r->p += 2;
                return true;
        }
        if (r->end - r->p < 6)
                return fail(r, "string without an end");
        for (int i = 2; i < 6; i++)
                if (!is_hex(r->p[i]))
                        return fail(r, "unknown escape");
        r->p += 6;
        return true;
}

/* a byte of a string that needs no look: ASCII but controls, quote and backslash */
static inline bool is_plain(unsigned char c) {
        return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static bool read_string(struct reader *r) {
        const char *start = ++r->p;
        bool escaped = false;

        for (;;) {
                size_t n;

                while (r->p < r->end && is_plain((unsigned char)*r->p))
                        r->p++;
                if (r->p == r->end)
                        return fail(r, "string without an end");
                if (*r->p == '"')
                        break;
                if (*r->p == '\\') {
                        escaped = true;
                        if (!read_escape(r))
                                return false;
                        continue;
                }
                if ((unsigned char)*r->p < 0x20)
                        return fail(r, "control character in a string");
                n = utf8_length(r->p, (size_t)(r->end - r->p));
                if (n == 0)
                        return fail(r, "not UTF-8");
                r->p += n;
        }
        if (!add(r, DOCUMENT_STRING, start, (size_t)(r->p - start)))
                return false;
        r->d->nodes[r->d->n - 1].escaped = escaped;
        r->p++;
        return true;
}

static bool read_digits(struct reader *r) {
        if (!is_digit(r, r->p))
                return fail(r, "not a number");
        while (is_digit(r, r->p))
                r->p++;
        return true;
}

static bool read_number(struct reader *r) {
        const char *start = r->p;

        if (*r->p == '-')
                r->p++;
        if (r->p < r->end && *r->p == '0' && is_digit(r, r->p + 1))
                return fail(r, "number with a leading zero");
        if (!read_digits(r))
                return false;
        if (r->p < r->end && *r->p == '.') {
                r->p++;
                if (!read_digits(r))
                        return false;
        }
        if (r->p < r->end && (*r->p | 0x20) == 'e') {
                r->p++;
                if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
                        r->p++;
                if (!read_digits(r))
                        return false;
        }
        return add(r, DOCUMENT_NUMBER, start, (size_t)(r->p - start));
}

static bool read_word(struct reader *r, enum document_type type, const char *word) {
        size_t n = strlen(word);

        if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
                return fail(r, "unknown word");
        r->p += n;
        return add(r, type, r->p - n, n);
}

static bool open_container(struct reader *r, enum document_type type) {
        if (r->depth == DOCUMENT_DEPTH_MAX)
                return fail(r, "nested too deep");
        if (!add(r, type, r->p, 0))
                return false;
        r->stack[r->depth++] = r->d->n - 1;
        r->p++;
        return true;
}

/* One value's beginning: a scalar is read whole, of a container only its bracket. */
static bool read_value(struct reader *r) {
        skip_blanks(r);
        if (r->p == r->end)
                return fail(r, r->d->n ? "ends too early" : "empty");
        switch (*r->p) {
        case '{':
                return open_container(r, DOCUMENT_OBJECT);
        case '[':
                return open_container(r, DOCUMENT_ARRAY);
        case '"':
                return read_string(r);
        case 't':
                return read_word(r, DOCUMENT_TRUE, "true");
        case 'f':
                return read_word(r, DOCUMENT_FALSE, "false");
        case 'n':
                return read_word(r, DOCUMENT_NULL, "null");
        default:
                return read_number(r);
        }
}

static bool read_key(struct reader *r) {
        skip_blanks(r);
        if (r->p == r->end)
                return fail(r, "ends too early");
        if (*r->p != '"')
                return fail(r, "a key must be a string");
        if (!read_string(r))
                return false;
        skip_blanks(r);
        if (r->p == r->end || *r->p != ':')
                return fail(r, "no colon behind a key");
        r->p++;
        return true;
}

static void close_container(struct reader *r) {
        struct document_node *node = &r->d->nodes[r->stack[--r->depth]];

        r->p++;
        node->next = r->d->n;
        node->n = (uint32_t)(r->p - node->p);
}

/* Behind the bracket of a container or behind one of its values: closes what ends here, and leaves r->p where the next
 * value begins. False at the end of the document or on an error. */
static bool advance(struct reader *r, bool opened) {
        while (r->depth) {
                bool object = r->d->nodes[r->stack[r->depth - 1]].type == DOCUMENT_OBJECT;

                skip_blanks(r);
                if (r->p == r->end)
                        return fail(r, "ends too early");
                if (*r->p == (object ? '}' : ']')) {
                        close_container(r);
                        opened = false;
                        continue;
                }
                if (!opened && *r->p++ != ',') {
                        r->p--;
                        return fail(r, "no comma between values");
                }
                return !object || read_key(r);
        }
        return false;
}

int json_reader_read(struct document *d, struct ww_str text) {
        struct reader r = { .d = d, .start = text.p, .p = text.p, .end = text.p + text.n };
        bool more = true;

        document_reset(d);
        while (more) {
                uint32_t before = d->n;

                if (!read_value(&r))
                        break;
                more = advance(&r, r.depth && r.stack[r.depth - 1] == before);
        }
        if (!d->error) {
                skip_blanks(&r);
                if (r.p != r.end)
                        fail(&r, "text behind the value");
        }
        if (!d->error)
                return 0;
        return strcmp(d->error, "out of memory") == 0 ? -ENOMEM : -EBADMSG;
}
