/*
 * From libyaml's events to a tree.
 *
 * A frame stands for each open list or mapping; a mapping's frame also holds the key that waits for its value. The
 * frames are a fixed array, so that depth is bounded by construction. The first thing wrong ends the reading: after
 * it, positions of further errors would be guesses. Only duplicate keys are all told.
 */
#include "config/yaml.h"
#include "config/yaml_guard.h"
#include "config/yaml_problem.h"

#include <stdio.h>
#include <yaml.h>

struct frame {
        struct yaml_node *node, *last;
        bool has_key;
        struct ww_str key;
        struct diag_pos key_pos;
};

struct builder {
        struct arena *arena;
        struct diag *d;
        struct ww_str file, text;
        yaml_parser_t parser;
        struct yaml_node *root;
        struct frame frames[YAML_DEPTH_MAX];
        size_t depth;
        unsigned documents;
        bool ended;
        size_t line, line_at; /* where the last search in the text was: a file of many searches is read once */
};

static struct diag_pos builder_pos(const struct builder *b, const yaml_mark_t *mark) {
        return (struct diag_pos){ b->file, (unsigned)mark->line + 1, (unsigned)mark->column + 1 };
}

/* A tag as people write it. */
static const char *tag_shown(const char *tag, char out[static 64]) {
        static const char core[] = "tag:yaml.org,2002:";

        if (strncmp(tag, core, sizeof core - 1) != 0)
                return tag;
        (void)snprintf(out, 64, "!!%s", tag + sizeof core - 1);
        return out;
}

static int builder_refuse_marks(struct builder *b, const yaml_event_t *e, const yaml_char_t *anchor,
                                const yaml_char_t *tag) {
        char shown[64];

        if (anchor)
                return diag_error(b->d, builder_pos(b, &e->start_mark),
                                  "write the value out where it is needed; a text that begins with & needs quotes",
                                  "anchors (`&%s`) are not supported", (const char *)anchor);
        if (tag)
                return diag_error(b->d, builder_pos(b, &e->start_mark),
                                  "leave it out; a text that begins with ! needs quotes",
                                  "tags (`%s`) are not supported", tag_shown((const char *)tag, shown));
        return 0;
}

/* Hangs a node into the innermost open list or mapping. */
static void builder_attach(struct builder *b, struct yaml_node *node) {
        struct frame *f;

        if (b->depth == 0) {
                b->root = node;
                return;
        }
        f = &b->frames[b->depth - 1];
        if (f->node->type == YAML_MAPPING) {
                node->key = f->key;
                node->key_pos = f->key_pos;
                f->has_key = false;
        }
        if (f->last)
                f->last->next = node;
        else
                f->node->first = node;
        f->last = node;
        f->node->n++;
}

static bool builder_wants_key(const struct builder *b) {
        const struct frame *f = b->depth ? &b->frames[b->depth - 1] : NULL;

        return f && f->node->type == YAML_MAPPING && !f->has_key;
}

static int builder_key(struct builder *b, const yaml_event_t *e) {
        struct frame *f = &b->frames[b->depth - 1];
        struct ww_str text = { (const char *)e->data.scalar.value, e->data.scalar.length };

        f->key_pos = builder_pos(b, &e->start_mark);
        if (text.n == 0)
                return diag_error(b->d, f->key_pos, "give it a name", "a key is empty");
        if (memchr(text.p, '\0', text.n))
                return diag_error(b->d, f->key_pos, "take `\\0` out", "a key holds a NUL character");
        f->key = arena_copy(b->arena, text);
        f->has_key = true;
        return f->key.p ? 0 : -ENOMEM;
}

static struct yaml_node *builder_node(struct builder *b, const yaml_event_t *e, enum yaml_type type) {
        struct yaml_node *node = arena_new(b->arena, struct yaml_node);

        if (node) {
                node->type = type;
                node->pos = builder_pos(b, &e->start_mark);
        }
        return node;
}

/* Marks count lines and characters; the text is UTF-8. */
static size_t byte_at(struct builder *b, const yaml_mark_t *mark) {
        struct ww_str text = b->text;
        size_t at, column = 0;

        if (mark->line < b->line)
                b->line = b->line_at = 0;
        for (; b->line_at < text.n && b->line < mark->line; b->line_at++)
                b->line += text.p[b->line_at] == '\n';
        for (at = b->line_at; at < text.n && column < mark->column; at++)
                column += at + 1 == text.n || ((unsigned char)text.p[at + 1] & 0xc0) != 0x80;
        return at;
}

static struct ww_str between(struct builder *b, const yaml_mark_t *from, const yaml_mark_t *to) {
        size_t first = byte_at(b, from), last = byte_at(b, to);

        return (struct ww_str){ b->text.p + first, last > first ? last - first : 0 };
}

static int builder_scalar(struct builder *b, const yaml_event_t *e) {
        struct yaml_node *node;
        int r = builder_refuse_marks(b, e, e->data.scalar.anchor, e->data.scalar.tag);

        if (r)
                return r;
        if (builder_wants_key(b))
                return builder_key(b, e);
        node = builder_node(b, e, YAML_SCALAR);
        if (!node)
                return -ENOMEM;
        node->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        node->text = arena_copy(b->arena, (struct ww_str){ (const char *)e->data.scalar.value, e->data.scalar.length });
        if (!node->text.p)
                return -ENOMEM;
        if (e->end_mark.line != e->start_mark.line)
                node->source = between(b, &e->start_mark, &e->end_mark);
        builder_attach(b, node);
        return 0;
}

static int builder_open(struct builder *b, const yaml_event_t *e, enum yaml_type type, const yaml_char_t *anchor,
                        const yaml_char_t *tag) {
        struct yaml_node *node;
        int r = builder_refuse_marks(b, e, anchor, tag);

        if (r)
                return r;
        if (builder_wants_key(b))
                return diag_error(b->d, builder_pos(b, &e->start_mark),
                                  "a key is one word; quote it if it holds [ or {", "a list or group cannot be a key");
        if (b->depth == YAML_DEPTH_MAX)
                return diag_error(b->d, builder_pos(b, &e->start_mark), "flatten it", "nested more than %d deep",
                                  YAML_DEPTH_MAX);
        node = builder_node(b, e, type);
        if (!node)
                return -ENOMEM;
        builder_attach(b, node);
        b->frames[b->depth++] = (struct frame){ .node = node };
        return 0;
}

static int compare_keys(const void *pa, const void *pb) {
        const struct yaml_node *a = *(const struct yaml_node *const *)pa;
        const struct yaml_node *b = *(const struct yaml_node *const *)pb;
        int r = ww_str_compare(a->key, b->key);

        if (r)
                return r;
        if (a->key_pos.line != b->key_pos.line)
                return a->key_pos.line < b->key_pos.line ? -1 : 1;
        return a->key_pos.column < b->key_pos.column ? -1 : 1;
}

/* Sorted, because a mapping of 100,000 keys is legal. */
static int builder_check_keys(struct builder *b, const struct yaml_node *mapping) {
        _cleanup_free_ const struct yaml_node **keys = NULL;
        size_t n = 0;
        int r = 0;

        if (mapping->n < 2)
                return 0;
        keys = calloc(mapping->n, sizeof *keys);
        if (!keys)
                return -ENOMEM;
        yaml_each(item, mapping)
                keys[n++] = item;
        qsort(keys, n, sizeof *keys, compare_keys);
        for (size_t i = 1; i < n; i++)
                if (ww_str_equal(keys[i]->key, keys[i - 1]->key))
                        r = diag_error(b->d, keys[i]->key_pos, "remove one of them",
                                       "`%.*s` is already given in line %u", WW_STR_ARG(keys[i]->key),
                                       keys[i - 1]->key_pos.line);
        return r;
}

static int builder_close(struct builder *b) {
        struct yaml_node *node = b->frames[--b->depth].node;

        return node->type == YAML_MAPPING ? builder_check_keys(b, node) : 0;
}

static int builder_event(struct builder *b, const yaml_event_t *e) {
        switch (e->type) {
        case YAML_DOCUMENT_START_EVENT:
                if (b->documents++ > 0)
                        return diag_error(b->d, builder_pos(b, &e->start_mark), "put it into a file of its own",
                                          "a second document begins here");
                return 0;
        case YAML_SCALAR_EVENT:
                return builder_scalar(b, e);
        case YAML_SEQUENCE_START_EVENT:
                return builder_open(b, e, YAML_SEQUENCE, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        case YAML_MAPPING_START_EVENT:
                return builder_open(b, e, YAML_MAPPING, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                return builder_close(b);
        case YAML_ALIAS_EVENT:
                return diag_error(b->d, builder_pos(b, &e->start_mark),
                                  "write the value out; a text that begins with * needs quotes",
                                  "aliases (`*%s`) are not supported", (const char *)e->data.alias.anchor);
        case YAML_STREAM_END_EVENT:
                b->ended = true;
                return 0;
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
                return 0;
        }
        return 0;
}

static int builder_run(struct builder *b) {
        int r = 0, told = 0;

        while (!b->ended) {
                yaml_event_t event;

                if (!yaml_parser_parse(&b->parser, &event))
                        return yaml_problem_tell(&b->parser, b->file, b->text, b->d);
                r = builder_event(b, &event);
                if (r == DIAG_E_USER && (event.type == YAML_MAPPING_END_EVENT)) { /* duplicate keys: go on */
                        told = r;
                        r = 0;
                }
                yaml_event_delete(&event);
                if (r)
                        return r;
        }
        return told;
}

static bool node_is_nothing(const struct yaml_node *n) {
        return !n || (n->type == YAML_SCALAR && n->plain && n->text.n == 0);
}

int yaml_parse(struct arena *arena, struct ww_str file, struct ww_str text, struct diag *d, struct yaml_node **ret) {
        struct builder b = { .arena = arena, .d = d, .file = file, .text = text };
        int r = yaml_guard_check(file, text, d);

        if (r)
                return r;
        if (!yaml_parser_initialize(&b.parser))
                return -ENOMEM;
        yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&b.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
        r = builder_run(&b);
        yaml_parser_delete(&b.parser);
        if (r)
                return r;
        if (node_is_nothing(b.root)) {
                b.root = arena_new(arena, struct yaml_node);
                if (!b.root)
                        return -ENOMEM;
                b.root->type = YAML_MAPPING;
                b.root->pos = (struct diag_pos){ file, 1, 1 };
        }
        *ret = b.root;
        return 0;
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key) {
        if (!mapping || mapping->type != YAML_MAPPING)
                return NULL;
        yaml_each(item, mapping)
                if (ww_str_is(item->key, key))
                        return item;
        return NULL;
}
