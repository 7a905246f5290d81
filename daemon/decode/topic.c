#include "decode/topic.h"

/* one level as it is read, before expansion: the alternatives of {name:a|b}, or one */
struct raw_level {
        struct topic_level level;
        struct ww_str alternatives[TOPIC_EXPAND_MAX]; /* n_alternatives = 0: `level` as it stands */
        size_t n_alternatives;
        bool optional;
};

struct parse {
        struct arena *arena;
        struct ww_str text;
        struct diag_pos pos;
        struct diag *d;
        struct topic_names *names;
        struct raw_level *levels;
        size_t n;
        int multi;
};

int topic_name_find(const struct topic_names *names, struct ww_str name) {
        for (size_t i = 0; i < names->n; i++)
                if (ww_str_equal(names->names[i], name))
                        return (int)i;
        return -1;
}

static int complain(struct parse *p, const char *help, const char *what) {
        return diag_error(p->d, p->pos, help, "topic `%.*s`: %s", WW_STR_ARG(p->text), what);
}

static bool name_valid(struct ww_str s) {
        for (size_t i = 0; i < s.n; i++)
                if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_' || (i && s.p[i] >= '0' && s.p[i] <= '9')))
                        return false;
        return s.n > 0 && s.n <= 64;
}

/* the number of a capture's name, made if it is new */
static int name_number(struct parse *p, struct ww_str name, uint8_t *ret) {
        int i = topic_name_find(p->names, name);

        if (!name_valid(name))
                return complain(p, "a name is made of a-z, 0-9 and _: {device}", "this is no name of a capture");
        if (i < 0) {
                struct ww_str copy = arena_copy(p->arena, name);

                if (p->names->n == TOPIC_CAPTURES_MAX)
                        return complain(p, "a sensor type has at most 16 of them", "too many captures");
                if (!copy.p)
                        return -ENOMEM;
                i = (int)p->names->n;
                p->names->names[p->names->n++] = copy;
        }
        *ret = (uint8_t)i;
        return 0;
}

static int parse_alternatives(struct parse *p, struct ww_str body, const char *colon, struct raw_level *raw) {
        struct ww_str name = { body.p, (size_t)(colon - body.p) };
        const char *at = colon + 1, *end = body.p + body.n;

        raw->level.kind = TOPIC_LITERAL;
        while (at <= end) {
                const char *bar = memchr(at, '|', (size_t)(end - at));
                struct ww_str word = { at, (size_t)((bar ? bar : end) - at) };

                if (word.n == 0 || raw->n_alternatives == TOPIC_EXPAND_MAX)
                        return complain(p, "write {name:one|other}", "empty or too many words of a capture");
                raw->alternatives[raw->n_alternatives++] = word;
                at += word.n + 1;
        }
        return name_number(p, name, &raw->level.capture);
}

/* A level that is one capture and nothing else. */
static int parse_whole(struct parse *p, struct ww_str body, struct raw_level *raw) {
        const char *colon = memchr(body.p, ':', body.n);

        if (colon)
                return parse_alternatives(p, body, colon, raw);
        raw->level.kind = TOPIC_SINGLE;
        if (body.n && body.p[body.n - 1] == '?') {
                raw->optional = true;
                body.n--;
        } else if (body.n && body.p[body.n - 1] == '+') {
                if (p->multi >= 0)
                        return complain(p, "only one capture of a topic may end in +", "two captures of many levels");
                p->multi = (int)p->n;
                raw->level.kind = TOPIC_MULTI;
                body.n--;
        }
        return name_number(p, body, &raw->level.capture);
}

static int parse_piece(struct parse *p, struct ww_str level, size_t *at, struct topic_piece *piece) {
        const char *open = memchr(level.p + *at, '{', level.n - *at), *close;
        int r;

        piece->literal.p = level.p + *at;
        piece->capture = TOPIC_NO_CAPTURE;
        if (!open) {
                piece->literal.n = level.n - *at;
                *at = level.n;
                return 0;
        }
        piece->literal.n = (size_t)(open - piece->literal.p);
        close = memchr(open, '}', level.n - (size_t)(open - level.p));
        if (!close)
                return complain(p, "every { needs its }", "capture without an end");
        r = name_number(p, (struct ww_str){ open + 1, (size_t)(close - open - 1) }, &piece->capture);
        *at = (size_t)(close - level.p) + 1;
        return r;
}

static int parse_partial(struct parse *p, struct ww_str level, struct raw_level *raw) {
        struct topic_piece *pieces = arena_array(p->arena, struct topic_piece, TOPIC_PIECES_MAX);
        size_t n = 0;
        int r;

        if (!pieces)
                return -ENOMEM;
        for (size_t at = 0; at < level.n;) {
                if (n == TOPIC_PIECES_MAX)
                        return complain(p, "capture the whole level, and take it apart in the message",
                                        "too many captures in one level");
                r = parse_piece(p, level, &at, &pieces[n]);
                if (r)
                        return r;
                if (n && pieces[n].literal.n == 0)
                        return complain(p, "put a character between them", "two captures touch each other");
                n++;
        }
        raw->level.kind = TOPIC_PARTIAL;
        raw->level.pieces = pieces;
        raw->level.n_pieces = n;
        return 0;
}

static int parse_level(struct parse *p, struct ww_str level) {
        struct raw_level *raw = &p->levels[p->n];
        const char *close = level.n ? memchr(level.p, '}', level.n) : NULL;

        raw->level = (struct topic_level){ .kind = TOPIC_LITERAL, .text = level, .capture = TOPIC_NO_CAPTURE };
        if (level.n && (memchr(level.p, '#', level.n) || (level.n == 1 && *level.p == '+')))
                return complain(p, "write {name} for one level, {name+} for many", "MQTT wildcards have no name");
        if (!close && (!level.n || !memchr(level.p, '{', level.n)))
                return 0;
        if (level.p[0] == '{' && close == level.p + level.n - 1)
                return parse_whole(p, (struct ww_str){ level.p + 1, level.n - 2 }, raw);
        return parse_partial(p, level, raw);
}

static int parse_levels(struct parse *p) {
        const char *at = p->text.p, *end = p->text.p + p->text.n;

        for (;;) {
                const char *slash = memchr(at, '/', (size_t)(end - at));
                int r;

                if (p->n == TOPIC_LEVELS_MAX)
                        return complain(p, "capture many levels with {name+}", "more than 32 levels");
                r = parse_level(p, (struct ww_str){ at, (size_t)((slash ? slash : end) - at) });
                if (r)
                        return r;
                p->n++;
                if (!slash)
                        return 0;
                at = slash + 1;
        }
}

static size_t choices(const struct raw_level *raw) {
        return raw->optional ? 2 : raw->n_alternatives ? raw->n_alternatives : 1;
}

/* Simple pattern number `number`: each level's choice is a digit of it. */
static void expand(const struct parse *p, size_t number, struct topic_pattern *out) {
        *out = (struct topic_pattern){ .written = p->text, .multi = -1 };
        for (size_t i = 0; i < p->n; i++) {
                const struct raw_level *raw = &p->levels[i];
                size_t choice = number % choices(raw);
                struct topic_level level = raw->level;

                number /= choices(raw);
                if (raw->optional && choice == 1)
                        continue;
                if (raw->n_alternatives)
                        level.text = raw->alternatives[choice];
                if (level.kind == TOPIC_MULTI)
                        out->multi = (int)out->n;
                if (level.capture != TOPIC_NO_CAPTURE)
                        out->captures |= 1u << level.capture;
                for (size_t k = 0; k < level.n_pieces; k++)
                        if (level.pieces[k].capture != TOPIC_NO_CAPTURE)
                                out->captures |= 1u << level.pieces[k].capture;
                out->rank |= (uint64_t)level.kind << (62 - 2 * out->n);
                out->levels[out->n++] = level;
        }
}

int topic_pattern_parse(struct arena *arena, struct ww_str text, struct diag_pos pos, struct diag *d,
                        struct topic_names *names, struct topic_pattern **ret, size_t *ret_n) {
        struct parse p = { .arena = arena, .pos = pos, .d = d, .names = names, .multi = -1 };
        /* 35 KB that nobody needs afterwards: in the arena they would outweigh all the rest of the types */
        _cleanup_free_ struct raw_level *levels = calloc(TOPIC_LEVELS_MAX, sizeof(*levels));
        struct topic_pattern *patterns;
        size_t n = 1;
        int r;

        p.text = arena_copy(arena, text);
        p.levels = levels;
        if (!p.text.p || !p.levels)
                return -ENOMEM;
        if (text.n == 0)
                return complain(&p, "write one such as home/{device}", "is empty");
        r = parse_levels(&p);
        if (r)
                return r;
        for (size_t i = 0; i < p.n; i++) {
                n *= choices(&p.levels[i]);
                if (n > TOPIC_EXPAND_MAX)
                        return complain(&p, "write several topics", "stands for more than 64 patterns");
        }
        patterns = arena_array(arena, struct topic_pattern, n);
        if (!patterns)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                expand(&p, i, &patterns[i]);
        *ret = patterns;
        *ret_n = n;
        return 0;
}

/* The next slash, or `end`. */
static const char *find_slash(const char *p, const char *end) {
        for (; end - p >= 8; p += 8) {
                uint64_t found = bytes_find(bytes_word(p), '/');

                if (found)
                        return p + bytes_first(found);
        }
        while (p < end && *p != '/')
                p++;
        return p;
}

bool topic_split(struct topic *t, struct ww_str text) {
        const char *at = text.p, *end = text.p + text.n, *slash;

        t->text = text;
        t->n = 0;
        if (!text.p)
                return false;
        for (;; at = slash + 1) {
                if (t->n == TOPIC_LEVELS_MAX)
                        return false;
                slash = find_slash(at, end);
                t->levels[t->n++] = bytes_key_within((struct ww_str){ at, (size_t)(slash - at) }, end);
                if (slash == end)
                        return true;
        }
}

static const char *find(const char *p, const char *end, struct ww_str literal) {
        return p <= end ? memmem(p, (size_t)(end - p), literal.p, literal.n) : NULL;
}

bool topic_partial_match(const struct topic_level *level, struct ww_str text, struct ww_str *captures) {
        const struct topic_piece *pieces = level->pieces;
        const char *p = text.p, *end = text.p + text.n;

        if (text.n < pieces[0].literal.n || memcmp(p, pieces[0].literal.p, pieces[0].literal.n) != 0)
                return false;
        p += pieces[0].literal.n;
        for (size_t i = 0; i < level->n_pieces && pieces[i].capture != TOPIC_NO_CAPTURE; i++) {
                const char *stop = end, *next = end;

                if (i + 1 < level->n_pieces) {
                        struct ww_str literal = pieces[i + 1].literal;

                        /* the last literal stands at the level's end, the others where they come first */
                        if (pieces[i + 1].capture == TOPIC_NO_CAPTURE)
                                stop = (size_t)(end - p) > literal.n ? end - literal.n : NULL;
                        else
                                stop = find(p + 1, end, literal);
                        if (!stop || memcmp(stop, literal.p, literal.n) != 0)
                                return false;
                        next = stop + literal.n;
                }
                if (stop <= p)
                        return false;
                if (captures)
                        captures[pieces[i].capture] = (struct ww_str){ p, (size_t)(stop - p) };
                p = next;
        }
        return true;
}

/* Levels `first` to `last` with the slashes between them. */
static struct ww_str levels_text(const struct topic *t, size_t first, size_t last) {
        const struct ww_str *from = &t->levels[first].text, *to = &t->levels[last].text;

        return (struct ww_str){ from->p, (size_t)(to->p + to->n - from->p) };
}

void topic_capture(const struct topic_pattern *p, const struct topic *t, struct ww_str captures[TOPIC_CAPTURES_MAX]) {
        size_t at = 0, many = t->n - p->n + 1;

        for (size_t i = 0; i < p->n; i++) {
                const struct topic_level *level = &p->levels[i];
                size_t last = at + (level->kind == TOPIC_MULTI ? many : 1) - 1;

                if (level->kind == TOPIC_PARTIAL)
                        topic_partial_match(level, t->levels[at].text, captures);
                else if (level->capture != TOPIC_NO_CAPTURE)
                        captures[level->capture] = levels_text(t, at, last);
                at = last + 1;
        }
}
