#include "decode/json_reader.h"
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * The reader is a loop over values. `stack` holds the open objects and arrays; after each value the innermost one says
 * what may follow: a comma, or its end. Each step takes the place where it begins and returns the place behind what it
 * read, or NULL after an error.
 *
 * It reads a copy with zeros behind it (document_keep). A zero is nothing that may stand anywhere, so every step stops
 * there by itself, and only then asks whether this is the end or a zero in the text.
 */
struct reader {
        struct document *d;
        const char *start, *end;
        const char *behind; /* the value is read: what follows it */
        uint32_t stack[DOCUMENT_DEPTH_MAX];
        unsigned depth;
        uint64_t keys; /* the bits of the document's own, as document_keys() has them */
        char closing;  /* what ends the innermost container */
        bool opened;   /* nothing stands in it yet */
};

static const char *fail(struct reader *r, const char *p, const char *why) {
        if (!r->d->error)
                r->d->error = why;
        r->d->error_at = (uint32_t)(p - r->start);
        return NULL;
}

static inline bool is_blank(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *skip_blanks(const char *p) {
        while (is_blank(*p))
                p++;
        return p;
}

/* The same where no blank is likely, but one certain character. */
static inline const char *skip_blanks_to(const char *p, char likely) {
        return *p == likely ? p : skip_blanks(p);
}

static inline bool add(struct reader *r, enum document_type type, const char *p, const char *behind) {
        return document_add(r->d, type, p, (size_t)(behind - p)) != DOCUMENT_NONE;
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
#ifdef __SSE2__
static inline const char *skip_plain(const char *p) {
        for (;; p += sizeof(__m128i)) {
                __m128i x = _mm_loadu_si128((const __m128i *)p);
                __m128i end = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('"')),
                                           _mm_cmpeq_epi8(x, _mm_set1_epi8('\\')));
                /* as signed bytes those beyond ASCII are below the controls */
                int found = _mm_movemask_epi8(_mm_or_si128(end, _mm_cmplt_epi8(x, _mm_set1_epi8(0x20))));

                if (found)
                        return p + __builtin_ctz((unsigned)found);
        }
}
#else
static inline const char *skip_plain(const char *p) {
        uint64_t found;

        while (!(found = bytes_unquotable(bytes_word(p))))
                p += sizeof found;
        return p + bytes_first(found);
}
#endif

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

        for (; *p != '"'; p = skip_plain(p)) {
                p = read_odd(r, p, &escaped);
                if (!p)
                        return NULL;
        }
        return end_string(r, start, p, escaped);
}

/* p stands behind the quote */
static inline const char *read_string(struct reader *r, const char *p) {
        const char *start = p;

        p = skip_plain(p);
        return *p == '"' ? end_string(r, start, p, false) : read_odd_string(r, start, p);
}

static inline const char *skip_digits(const char *p) {
        while (*p >= '0' && *p <= '9')
                p++;
        return p;
}

/* e, its sign and digits */
static const char *read_exponent(struct reader *r, const char *p) {
        const char *digits = ++p;

        if (*p == '+' || *p == '-')
                digits = ++p;
        p = skip_digits(p);
        return p == digits ? fail(r, p, "not a number") : p;
}

static const char *read_number(struct reader *r, const char *p) {
        const char *start = p, *digits = p + (*p == '-');

        p = skip_digits(digits);
        if (p == digits)
                return fail(r, p, "not a number");
        if (*digits == '0' && p > digits + 1)
                return fail(r, digits, "number with a leading zero");
        if (*p == '.') {
                digits = p + 1;
                p = skip_digits(digits);
                if (p == digits)
                        return fail(r, p, "not a number");
        }
        if ((*p | 0x20) == 'e' && !(p = read_exponent(r, p)))
                return NULL;
        return add(r, DOCUMENT_NUMBER, start, p) ? p : fail(r, p, "too many values");
}

static inline const char *read_word(struct reader *r, const char *p, enum document_type type, struct ww_str word) {
        if (memcmp(p, word.p, word.n) != 0)
                return fail(r, p, "unknown word");
        return add(r, type, p, p + word.n) ? p + word.n : fail(r, p, "too many values");
}

static const char *open_container(struct reader *r, const char *p, enum document_type type) {
        if (r->depth == DOCUMENT_DEPTH_MAX)
                return fail(r, p, "nested too deep");
        if (!add(r, type, p, p))
                return fail(r, p, "too many values");
        r->stack[r->depth++] = r->d->n - 1;
        r->closing = type == DOCUMENT_OBJECT ? '}' : ']';
        r->opened = true;
        return p + 1;
}

/* One value's beginning: a scalar is read whole, of a container only its bracket. */
static const char *read_value(struct reader *r, const char *p) {
        p = skip_blanks_to(p, '"');
        r->opened = false;
        if (*p == '"') /* most are */
                return read_string(r, p + 1);
        if (p == r->end)
                return fail(r, p, r->d->n ? "ends too early" : "empty");
        switch (*p) {
        case '{':
                return open_container(r, p, DOCUMENT_OBJECT);
        case '[':
                return open_container(r, p, DOCUMENT_ARRAY);
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

        p = skip_blanks_to(p, '"');
        if (*p != '"')
                return fail(r, p, p == r->end ? "ends too early" : "a key must be a string");
        p = read_string(r, p + 1);
        if (!p)
                return NULL;
        node = &r->d->nodes[r->d->n - 1];
        document_set_key(node, bytes_low(bytes_word(node->p), node->n));
        if (r->depth == 1)
                r->keys |= node->escaped ? UINT64_MAX : document_key_bits(node->hash);
        p = skip_blanks_to(p, ':');
        return *p == ':' ? p + 1 : fail(r, p, "no colon behind a key");
}

static const char *close_container(struct reader *r, const char *p) {
        struct document_node *nodes = r->d->nodes, *node = &nodes[r->stack[--r->depth]];

        node->next = r->d->n;
        node->n = (uint32_t)(p + 1 - node->p);
        r->opened = false;
        if (r->depth)
                r->closing = nodes[r->stack[r->depth - 1]].type == DOCUMENT_OBJECT ? '}' : ']';
        return p + 1;
}

/* Behind the bracket of a container or behind one of its values: closes what ends here. The place where the next value
 * begins; NULL at the end of the document, or after an error. */
static const char *advance(struct reader *r, const char *p) {
        for (; r->depth; p = close_container(r, p)) {
                p = skip_blanks_to(p, ',');
                if (*p == r->closing)
                        continue;
                if (!r->opened && *p++ != ',')
                        return fail(r, p - 1, p - 1 == r->end ? "ends too early" : "no comma between values");
                return r->closing == '}' ? read_key(r, p) : p;
        }
        r->behind = p;
        return NULL;
}

int json_reader_read(struct document *d, struct ww_str text) {
        const char *p = document_keep(d, text);
        struct reader r; /* member by member: clearing the stack costs as much as a key does */

        r.d = d;
        r.start = p;
        r.end = p + text.n;
        r.behind = NULL;
        r.depth = 0;
        r.keys = 0;
        r.closing = 0;
        r.opened = false;

        document_reset(d);
        if (!p)
                return -ENOMEM;
        do {
                p = read_value(&r, p);
                if (p)
                        p = advance(&r, p);
        } while (p);
        if (!d->error && (p = skip_blanks(r.behind)) != r.end)
                fail(&r, p, "text behind the value");
        d->keys = r.keys;
        d->keys_known = !d->error && d->nodes[0].type == DOCUMENT_OBJECT;
        if (!d->error)
                return 0;
        return strcmp(d->error, "out of memory") == 0 ? -ENOMEM : -EBADMSG;
}
