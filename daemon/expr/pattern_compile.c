/* Pattern text to program. Errors are latched with their place; the first one stands. */
#include "expr/pattern_internal.h"

#include <ctype.h>

#define NESTING_MAX 16
#define REPEAT_MAX  255

struct writer {
        struct ww_str text;
        size_t at;
        unsigned nesting, n, n_sets;
        const char *why; /* latched */
        size_t why_at;
        struct step steps[PATTERN_CODE_MAX];
        struct byte_set sets[PATTERN_SETS_MAX];
};

static void parse_alternatives(struct writer *w);

static void fail(struct writer *w, const char *why, size_t at) {
        if (w->why)
                return;
        w->why = why;
        w->why_at = at;
}

static bool left(const struct writer *w) {
        return !w->why && w->at < w->text.n;
}

static char peek(const struct writer *w) {
        return w->at < w->text.n ? w->text.p[w->at] : '\0';
}

static bool take(struct writer *w, char c) {
        if (!left(w) || peek(w) != c)
                return false;
        w->at++;
        return true;
}

/* Room for `count` steps at `at`; what stands there moves up. False (latched) if the program is full. */
static bool room(struct writer *w, unsigned at, unsigned count) {
        if (w->why)
                return false;
        if (w->n + count > PATTERN_CODE_MAX) {
                fail(w, "the pattern is too large: fewer or smaller repetitions", w->at ? w->at - 1 : 0);
                return false;
        }
        memmove(&w->steps[at + count], &w->steps[at], (w->n - at) * sizeof *w->steps);
        w->n += count;
        return true;
}

static void put(struct writer *w, unsigned at, struct step s) {
        if (room(w, at, 1))
                w->steps[at] = s;
}

static void set_add(struct byte_set *s, unsigned first, unsigned last) {
        for (unsigned b = first; b <= last; b++)
                s->bits[b >> 6] |= UINT64_C(1) << (b & 63);
}

static void put_set(struct writer *w, const struct byte_set *s) {
        unsigned i = 0;

        while (i < w->n_sets && memcmp(&w->sets[i], s, sizeof *s) != 0)
                i++;
        if (i == PATTERN_SETS_MAX) {
                fail(w, "too many different bracket expressions", w->at - 1);
                return;
        }
        w->sets[i] = *s;
        w->n_sets += i == w->n_sets;
        put(w, w->n, (struct step){ .op = STEP_SET, .set = (uint16_t)i });
}

/* The first byte of a character out of `first`, then its continuation bytes. */
static void put_character(struct writer *w, const struct byte_set *first) {
        struct byte_set more = { 0 };

        set_add(&more, 0x80, 0xbf);
        put_set(w, first);
        put(w, w->n, (struct step){ .op = STEP_SPLIT, .x = 1, .y = 3 });
        put_set(w, &more);
        put(w, w->n, (struct step){ .op = STEP_JUMP, .x = -2 });
}

/* all but `s`, as first bytes of characters */
static struct byte_set set_others(const struct byte_set *s) {
        struct byte_set others = { 0 };

        for (unsigned b = 0; b < 256; b++)
                if (!byte_set_has(s, (uint8_t)b) && (b < 0x80 || b >= 0xc0))
                        set_add(&others, b, b);
        return others;
}

struct class_name {
        const char *name;
        int (*is)(int);
};

static const struct class_name class_names[] = {
        { "alpha", isalpha }, { "digit", isdigit }, { "alnum", isalnum }, { "space", isspace },
        { "upper", isupper }, { "lower", islower }, { "punct", ispunct }, { "xdigit", isxdigit },
};

static void set_add_class(struct byte_set *s, int (*is)(int)) {
        for (int b = 0; b < 0x80; b++)
                if (is(b))
                        set_add(s, (unsigned)b, (unsigned)b);
}

/* \d \w \s, as a set; false if `c` is none of them */
static bool set_add_escape(struct byte_set *s, char c) {
        if (c != 'd' && c != 'w' && c != 's')
                return false;
        set_add_class(s, c == 'd' ? isdigit : c == 'w' ? isalnum : isspace);
        if (c == 'w')
                set_add(s, '_', '_');
        return true;
}

/* [:digit:] inside brackets; the [ is taken */
static void bracket_class(struct writer *w, struct byte_set *s) {
        size_t start = ++w->at;

        while (left(w) && islower((unsigned char)peek(w)))
                w->at++;
        for (size_t i = 0; i < sizeof class_names / sizeof *class_names; i++)
                if (ww_str_is((struct ww_str){ w->text.p + start, w->at - start }, class_names[i].name)) {
                        set_add_class(s, class_names[i].is);
                        if (!take(w, ':') || !take(w, ']'))
                                fail(w, "close it with `:]`", w->at);
                        return;
                }
        fail(w, "known are alpha, digit, alnum, space, upper, lower, punct, xdigit", start);
}

/* one plain or escaped character; false if it was a class and is done */
static bool bracket_character(struct writer *w, struct byte_set *s, uint8_t *ret) {
        char c = w->text.p[w->at++];

        if (c == '\\' && left(w)) {
                c = w->text.p[w->at++];
                if (set_add_escape(s, c))
                        return false;
                if (isalnum((unsigned char)c))
                        fail(w, "unknown escape", w->at - 2);
        } else if (c == '[' && peek(w) == ':') {
                bracket_class(w, s);
                return false;
        }
        if ((unsigned char)c >= 0x80)
                fail(w, "brackets hold ASCII only: write (а|б) for other characters", w->at - 1);
        *ret = (uint8_t)c;
        return true;
}

static void parse_bracket(struct writer *w) {
        size_t start = w->at - 1;
        bool negated = take(w, '^'), first = true;
        struct byte_set s = { 0 };

        for (; left(w) && (first || peek(w) != ']'); first = false) {
                uint8_t low, high;

                if (!bracket_character(w, &s, &low))
                        continue;
                high = low;
                if (peek(w) == '-' && w->at + 1 < w->text.n && w->text.p[w->at + 1] != ']') {
                        w->at++;
                        if (!bracket_character(w, &s, &high) || high < low)
                                fail(w, "this range runs backwards", w->at - 1);
                }
                set_add(&s, low, high);
        }
        if (!take(w, ']'))
                fail(w, "this `[` has no `]`", start);
        if (!negated) {
                put_set(w, &s);
                return;
        }
        s = set_others(&s);
        put_character(w, &s);
}

static void parse_escape(struct writer *w) {
        struct byte_set s = { 0 };
        char c;

        if (!left(w)) {
                fail(w, "a `\\` at the end escapes nothing", w->at - 1);
                return;
        }
        c = w->text.p[w->at++];
        if (set_add_escape(&s, c))
                put_set(w, &s);
        else if (isalnum((unsigned char)c))
                fail(w, "unknown escape: known are \\d \\w \\s and \\ before punctuation", w->at - 2);
        else
                put(w, w->n, (struct step){ .op = STEP_BYTE, .byte = (uint8_t)c });
}

static void parse_group(struct writer *w) {
        size_t start = w->at - 1;

        if (w->nesting++ == NESTING_MAX)
                fail(w, "parentheses nested too deeply", start);
        else
                parse_alternatives(w);
        w->nesting--;
        if (!take(w, ')'))
                fail(w, "this `(` has no `)`", start);
}

static void parse_atom(struct writer *w) {
        struct byte_set none = { 0 }, any = set_others(&none);
        char c = w->text.p[w->at++];

        switch (c) {
        case '.':
                put_character(w, &any);
                return;
        case '[':
                parse_bracket(w);
                return;
        case '(':
                parse_group(w);
                return;
        case '\\':
                parse_escape(w);
                return;
        case '^':
        case '$':
                put(w, w->n, (struct step){ .op = c == '^' ? STEP_FIRST : STEP_LAST });
                return;
        case '*':
        case '+':
        case '?':
        case '{':
                fail(w, "nothing to repeat: write \\ before it to mean the character", w->at - 1);
                return;
        default:
                put(w, w->n, (struct step){ .op = STEP_BYTE, .byte = (uint8_t)c });
        }
}

static void repeat_any(struct writer *w, unsigned start) {
        int n = (int)(w->n - start);

        put(w, start, (struct step){ .op = STEP_SPLIT, .x = 1, .y = (int16_t)(n + 2) });
        put(w, w->n, (struct step){ .op = STEP_JUMP, .x = (int16_t)(-n - 1) });
}

static void repeat_optional(struct writer *w, unsigned start) {
        int n = (int)(w->n - start);

        put(w, start, (struct step){ .op = STEP_SPLIT, .x = 1, .y = (int16_t)(n + 1) });
}

/* a copy of the n steps at `from`, at the end; returns where */
static unsigned copy(struct writer *w, unsigned from, unsigned n) {
        unsigned to = w->n;

        if (room(w, to, n))
                memcpy(&w->steps[to], &w->steps[from], n * sizeof *w->steps);
        return to;
}

/* {m,n}: copies behind the original, which then goes. `max` < 0: no upper bound. */
static void repeat_counted(struct writer *w, unsigned start, int min, int max) {
        unsigned n = w->n - start;

        for (int i = 0; i < min; i++)
                copy(w, start, n);
        if (max < 0) {
                unsigned at = copy(w, start, n);

                if (!w->why)
                        repeat_any(w, at);
        }
        for (int i = min; i < max && !w->why; i++) {
                unsigned at = copy(w, start, n);

                if (!w->why)
                        repeat_optional(w, at);
        }
        if (w->why)
                return;
        memmove(&w->steps[start], &w->steps[start + n], (w->n - start - n) * sizeof *w->steps);
        w->n -= n;
}

static int parse_count(struct writer *w) {
        size_t start = w->at;
        int v = 0;

        while (left(w) && isdigit((unsigned char)peek(w))) {
                v = v * 10 + (w->text.p[w->at++] - '0');
                if (v > REPEAT_MAX) {
                        fail(w, "at most 255 repetitions", start);
                        return 0;
                }
        }
        if (w->at == start)
                fail(w, "a count is missing: {2}, {2,} or {2,5}", start);
        return v;
}

static void parse_braces(struct writer *w, unsigned start) {
        size_t at = w->at - 1;
        int min = parse_count(w), max = min;

        if (take(w, ','))
                max = peek(w) == '}' ? -1 : parse_count(w);
        if (!take(w, '}') || (max >= 0 && max < min))
                fail(w, "write {2}, {2,} or {2,5}", at);
        if (!w->why)
                repeat_counted(w, start, min, max);
}

static void parse_repeated(struct writer *w) {
        unsigned start = w->n;

        parse_atom(w);
        while (left(w)) {
                if (take(w, '*')) {
                        repeat_any(w, start);
                } else if (take(w, '+')) {
                        int n = (int)(w->n - start);

                        put(w, w->n, (struct step){ .op = STEP_SPLIT, .x = (int16_t)-n, .y = 1 });
                } else if (take(w, '?')) {
                        repeat_optional(w, start);
                } else if (take(w, '{')) {
                        parse_braces(w, start);
                } else {
                        return;
                }
        }
}

static void parse_alternatives(struct writer *w) {
        unsigned start = w->n, jump, jumps[PATTERN_TEXT_MAX], n_jumps = 0;

        for (;;) {
                while (left(w) && peek(w) != '|' && peek(w) != ')')
                        parse_repeated(w);
                if (!take(w, '|'))
                        break;
                put(w, start, (struct step){ .op = STEP_SPLIT, .x = 1, .y = (int16_t)(w->n - start + 2) });
                jump = w->n;
                put(w, jump, (struct step){ .op = STEP_JUMP });
                jumps[n_jumps++] = jump;
                start = w->n;
        }
        for (unsigned i = 0; i < n_jumps && !w->why; i++)
                w->steps[jumps[i]].x = (int16_t)(w->n - jumps[i]);
}

static int pattern_keep(struct arena *arena, const struct writer *w, const struct pattern **ret) {
        struct pattern *p = arena_new(arena, struct pattern);
        struct step *steps = arena_array(arena, struct step, w->n);
        struct byte_set *sets = arena_array(arena, struct byte_set, w->n_sets);

        if (!p || !steps || !sets)
                return -ENOMEM;
        memcpy(steps, w->steps, w->n * sizeof *steps);
        memcpy(sets, w->sets, w->n_sets * sizeof *sets);
        *p = (struct pattern){ (uint16_t)w->n, steps, sets };
        *ret = p;
        return 0;
}

int pattern_compile(struct arena *arena, struct ww_str text, const struct pattern **ret, const char **ret_why,
                    size_t *ret_at) {
        struct writer *w = calloc(1, sizeof *w);
        int r;

        if (!w)
                return -ENOMEM;
        w->text = text;
        if (text.n > PATTERN_TEXT_MAX)
                fail(w, "a pattern has at most 256 bytes", PATTERN_TEXT_MAX);
        parse_alternatives(w);
        if (w->at < text.n)
                fail(w, "this `)` has no `(`", w->at);
        put(w, w->n, (struct step){ .op = STEP_MATCH });
        if (w->why) {
                *ret_why = w->why;
                *ret_at = w->why_at;
        }
        r = w->why ? -EINVAL : pattern_keep(arena, w, ret);
        free(w);
        return r;
}
