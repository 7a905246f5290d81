#include "decode/path.h"

/* The slot that holds the key, or the free one where it would stand. `hash`: bytes_key_hash. */
static size_t keys_slot(const struct path_keys *keys, const struct bytes_key *key, uint32_t hash) {
        size_t i = hash & (2 * PATH_KEYS_MAX - 1);

        for (; keys->slots[i]; i = (i + 1) & (2 * PATH_KEYS_MAX - 1))
                if (bytes_key_equal(&keys->keys[keys->slots[i] - 1], key))
                        break;
        return i;
}

static uint8_t keys_add(struct path_keys *keys, const struct bytes_key *key) {
        size_t slot = keys_slot(keys, key, bytes_key_hash(key));

        if (!keys->slots[slot]) {
                if (keys->n == PATH_KEYS_MAX)
                        return PATH_KEY_NONE;
                keys->keys[keys->n] = *key;
                keys->slots[slot] = ++keys->n;
        }
        return (uint8_t)(keys->slots[slot] - 1);
}

void path_keys_find(const struct path_keys *keys, const struct document *doc, uint32_t *nodes) {
        uint32_t end;

        memset(nodes, 0xFF, keys->n * sizeof *nodes);
        if (doc->n == 0 || doc->nodes[0].type != DOCUMENT_OBJECT)
                return;
        end = doc->nodes[0].next;
        for (uint32_t i = 1; i < end && document_spend(doc, 1); i = doc->nodes[i + 1].next) {
                const struct document_node *node = &doc->nodes[i];
                struct bytes_key key = document_key_at(doc, i);
                uint8_t number = keys->slots[keys_slot(keys, &key, node->escaped ? bytes_key_hash(&key) : node->hash)];

                if (number)
                        nodes[number - 1] = i + 1;
        }
}

struct parse {
        struct arena *arena;
        struct ww_str text;
        const char *p, *end;
        struct diag_pos pos;
        struct diag *d;
        struct path_step steps[PATH_STEPS_MAX];
        size_t n;
};

static int complain(struct parse *p, const char *what) {
        return diag_error(p->d, p->pos, "a path is written like data.items[0].\"odd key\"", "path `%.*s`: %s",
                          WW_STR_ARG(p->text), what);
}

static bool is_word(char c) {
        return c && !strchr(" \t\"'.[]{}|,<>=", c);
}

static int keep_key(struct parse *p, struct ww_str key, struct path_step *step) {
        struct ww_str copy = arena_copy(p->arena, key);

        if (!copy.p)
                return -ENOMEM;
        step->key = bytes_key(copy);
        return 0;
}

static int parse_key(struct parse *p, struct path_step *step) {
        const char *start = p->p, *close;

        if (p->p < p->end && *p->p == '"') {
                close = memchr(start + 1, '"', (size_t)(p->end - start - 1));
                if (!close)
                        return complain(p, "a quoted key without its end");
                p->p = close + 1;
                return keep_key(p, (struct ww_str){ start + 1, (size_t)(close - start - 1) }, step);
        }
        while (p->p < p->end && is_word(*p->p))
                p->p++;
        if (p->p == start)
                return complain(p, "a key is missing");
        return keep_key(p, (struct ww_str){ start, (size_t)(p->p - start) }, step);
}

static int parse_index(struct parse *p, struct path_step *step) {
        size_t digits = 0;

        p->p++;
        for (; p->p < p->end && *p->p >= '0' && *p->p <= '9' && digits < 6; digits++, p->p++)
                step->index = step->index * 10 + (uint32_t)(*p->p - '0');
        if (digits == 0 || p->p == p->end || *p->p != ']')
                return complain(p, "an index is a number in brackets");
        p->p++;
        return 0;
}

static int parse_steps(struct parse *p) {
        bool dot = true; /* a key may begin here */

        while (p->p < p->end) {
                struct path_step *step = &p->steps[p->n];
                int r;

                if (p->n == PATH_STEPS_MAX)
                        return complain(p, "more than 16 steps");
                *step = (struct path_step){ 0 };
                if (*p->p == '[' && p->n)
                        r = parse_index(p, step);
                else if (!dot)
                        return complain(p, "a dot is missing");
                else
                        r = parse_key(p, step);
                if (r)
                        return r;
                p->n++;
                dot = p->p < p->end && *p->p == '.';
                p->p += dot;
        }
        return dot ? complain(p, p->n ? "ends in a dot" : "is empty") : 0;
}

static int resolve_capture(struct parse *p, const struct path_names *names, struct path *ret) {
        const char *known[TOPIC_CAPTURES_MAX];
        int i;

        if (p->n == 1) {
                ret->root = PATH_TOPIC;
                return 1;
        }
        i = p->steps[1].key.text.p ? topic_name_find(names->captures, p->steps[1].key.text) : -1;
        if (i < 0) {
                for (size_t k = 0; k < names->captures->n; k++)
                        known[k] = names->captures->names[k].p;
                return -diag_error(p->d, p->pos,
                                   names->captures->n ? diag_suggest(p->steps[1].key.text, known, names->captures->n)
                                                      : "capture it in the topic: zigbee2mqtt/{device}",
                                   "no topic of this sensor type captures `%.*s`", WW_STR_ARG(p->steps[1].key.text));
        }
        if (p->n > 2)
                return -complain(p, "a capture has no parts");
        ret->root = PATH_CAPTURE;
        ret->index = (uint32_t)i;
        return 2;
}

static int resolve_bytes(struct parse *p, const struct path_names *names, struct path *ret) {
        const char *known[64];
        size_t n = 0;

        if (p->n != 2 || !p->steps[1].key.text.p)
                return -complain(p, "one of the names of `bytes` belongs behind it");
        for (size_t i = 0; i < names->n_bytes; i++) {
                if (ww_str_equal(names->bytes[i], p->steps[1].key.text)) {
                        ret->root = PATH_BYTES;
                        ret->index = (uint32_t)i;
                        return 2;
                }
                if (n < sizeof known / sizeof *known)
                        known[n++] = names->bytes[i].p;
        }
        return -diag_error(p->d, p->pos, diag_suggest(p->steps[1].key.text, known, n),
                           "the message's `bytes` have no `%.*s`", WW_STR_ARG(p->steps[1].key.text));
}

/* The element in hand, or one around it; how many steps name it, 0: none of them do. */
static int resolve_element(const struct parse *p, uint8_t levels, struct path *ret) {
        size_t out = 0;
        bool key;

        while (out < p->n && ww_str_is(p->steps[out].key.text, "parent"))
                out++;
        if (out >= levels)
                return 0;
        key = p->n == out + 1 && ww_str_is(p->steps[out].key.text, "key");
        if (!out && !key && !ww_str_is(p->steps[0].key.text, "item"))
                return 0;
        ret->root = key ? PATH_KEY : PATH_ITEM;
        ret->index = (uint32_t)out;
        return (int)out + (key || !out);
}

/* How many of the steps the root takes; negative: -DIAG_E_USER or -PATH_E_UNKNOWN. */
static int resolve_root(struct parse *p, const struct path_names *names, bool strict, struct path *ret) {
        struct ww_str first = p->steps[0].key.text;
        int taken;

        for (size_t i = 0; i < names->n_fields; i++)
                if (ww_str_equal(names->fields[i], first)) {
                        ret->root = PATH_FIELD;
                        ret->index = (uint32_t)i;
                        return 1;
                }
        ret->root = PATH_PAYLOAD;
        if (ww_str_is(first, "payload"))
                return 1;
        if (ww_str_is(first, "topic"))
                return resolve_capture(p, names, ret);
        if (names->bytes && ww_str_is(first, "bytes"))
                return resolve_bytes(p, names, ret);
        taken = resolve_element(p, names->levels, ret);
        if (taken)
                return taken;
        return strict ? -PATH_E_UNKNOWN : 0;
}

int path_parse(struct arena *arena, struct ww_str text, struct diag_pos pos, struct diag *d,
               const struct path_names *names, bool strict, struct path *ret) {
        struct parse p = { .arena = arena, .text = text, .p = text.p, .end = text.p + text.n, .pos = pos, .d = d };
        struct path path = { 0 };
        struct path_step *steps;
        int r, taken;

        r = parse_steps(&p);
        if (r)
                return r;
        taken = resolve_root(&p, names, strict, &path);
        if (taken < 0)
                return -taken;
        path.n = p.n - (size_t)taken;
        if (path.n && path.root == PATH_FIELD)
                return complain(&p, "a field has no parts");
        steps = arena_array(arena, struct path_step, path.n + 1);
        path.written = arena_copy(arena, text);
        if (!steps || !path.written.p)
                return -ENOMEM;
        memcpy(steps, p.steps + taken, path.n * sizeof(*steps));
        path.steps = steps;
        path.first = PATH_KEY_NONE;
        if (path.root == PATH_PAYLOAD && path.n && steps[0].key.text.p)
                path.first = keys_add(names->keys, &steps[0].key);
        *ret = path;
        return 0;
}

uint32_t path_follow(const struct path *p, size_t step, const struct document *doc, uint32_t from) {
        for (size_t i = step; i < p->n && from != DOCUMENT_NONE; i++)
                from = p->steps[i].key.text.p ? document_member(doc, from, &p->steps[i].key)
                                              : document_item(doc, from, p->steps[i].index);
        return from;
}
