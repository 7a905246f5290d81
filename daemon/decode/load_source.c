#include "decode/load.h"

#include <stdio.h>

const struct load_key load_source_keys[] = {
        { "path", "where the value stands; a list: the first that is there" },
        { "template", "text with paths in braces: \"{uuid}/{major}\"; missing if one of them is" },
        { "const", "a fixed value" },
        { "default", "the value where nothing is there; null and \"\" are something" },
        { "join", "the elements of a list as one text with this between them: \", \"; of an empty list nothing" },
        { "pattern", "a regular expression: its first group, or all that it matches; missing if it does not match" },
        { "split", "{by: \":\", part: 1}: one piece of the text; missing if there are not so many" },
        { "base", "the text is a number of this base, 2 to 36" },
        { "bit", "one bit of a whole number, from 0, the lowest: true or false" },
        { "mask", "the bits of a whole number that count, 0xf0; moved down to the lowest of them" },
        { "map", "what the device's words mean: {open: active, closed: normal, '\"\"': ignore, \"*\": unknown}" },
        { "invert", "true: turns a truth value or a state round" },
        { "as", "number, boolean or string: \"80.00\" as number is 80" },
        { "scale", "the number is multiplied by it" },
        { "offset", "then this is added" },
        { "asset_field", "the value names an asset of the site (id or device); take this field of it" },
        { "redact", "true, in `fields` only: may be tested, never stored" },
};
const size_t load_source_keys_n = sizeof load_source_keys / sizeof *load_source_keys;

static const char *const state_words[] = { "active", "normal", "unknown", "ignore" };
static const int state_values[] = { WW_STATE_ACTIVE, WW_STATE_NORMAL, WW_STATE_UNKNOWN, VALUEMAP_IGNORE };

int load_keys_check(struct load *l, const struct yaml_node *n, const char *what, const struct load_key *keys,
                    size_t n_keys) {
        const char *names[64];

        for (size_t i = 0; i < n_keys; i++)
                names[i] = keys[i].name;
        return yaml_known_keys(n, what, names, n_keys, l->d);
}

/* A secret field may be tested, but nothing that leaves may be made of it; a capture must be set by some topic. */
static int check_reach(struct load *l, const struct yaml_node *n, const struct path *p, bool leaves) {
        if (p->root == PATH_CAPTURE && !(l->captures & (1u << p->index)))
                return diag_error(l->d, n->pos, "add the capture to a topic of this message, or give another path",
                                  "%s: no topic of it captures `%.*s`", l->what,
                                  WW_STR_ARG(l->names.captures->names[p->index]));
        if (leaves && load_is_secret(l, p))
                return diag_error(l->d, n->pos, "take it out here, or out of `redact`",
                                  "%s: `%.*s` is redacted: it must not be stored", l->what, WW_STR_ARG(p->written));
        if (leaves && p->root == PATH_FIELD && (l->secret & (1u << p->index)))
                return diag_error(l->d, n->pos, "a redacted field may stand in `where`, `match` and `check` only",
                                  "%s: field `%.*s` must not be stored", l->what, WW_STR_ARG(l->field_names[p->index]));
        return 0;
}

static int parse_path(struct load *l, const struct yaml_node *n, struct ww_str text, bool leaves, struct path *ret) {
        int r = path_parse(l->arena, text, n->pos, l->d, &l->names, false, ret);

        return r ? r : check_reach(l, n, ret, leaves);
}

int load_path(struct load *l, const struct yaml_node *n, struct path *ret) {
        struct ww_str text;
        int r = yaml_string(n, "path", l->d, &text);

        return r ? r : parse_path(l, n, text, false, ret);
}

static int paths_of(struct load *l, const struct yaml_node *n, size_t max, bool leaves, const struct path **ret,
                    size_t *ret_n) {
        struct path *paths;
        struct ww_str text;
        size_t count = n->type == YAML_SEQUENCE ? n->n : 1, i = 0;
        const struct yaml_node *item = n->type == YAML_SEQUENCE ? n->first : n;
        int r;

        if (count == 0 || count > max)
                return diag_error(l->d, n->pos, count ? "take those out that never come" : "write `path: data.value`",
                                  "%s: between 1 and %zu paths are needed", l->what, max);
        paths = arena_array(l->arena, struct path, count);
        if (!paths)
                return -ENOMEM;
        for (; i < count; i++, item = item->next) {
                r = yaml_string(item, "path", l->d, &text);
                r = r ? r : parse_path(l, item, text, leaves, &paths[i]);
                if (r)
                        return r;
        }
        *ret = paths;
        *ret_n = count;
        return 0;
}

int load_paths(struct load *l, const struct yaml_node *n, const struct path **ret, size_t *ret_n) {
        return paths_of(l, n, 32, false, ret, ret_n);
}

/* The path between braces, which gets its own piece. */
static int piece_path(struct load *l, const struct yaml_node *n, struct ww_str text, bool leaves,
                      struct source_piece *piece) {
        struct path *path = arena_new(l->arena, struct path);

        piece->path = path;
        return path ? parse_path(l, n, text, leaves, path) : -ENOMEM;
}

static int load_template(struct load *l, const struct yaml_node *n, struct ww_str text, bool leaves, struct source *s) {
        struct source_piece *pieces = arena_array(l->arena, struct source_piece, SOURCE_PIECES_MAX);
        const char *p = text.p, *end = text.p + text.n;
        int r;

        if (!pieces)
                return -ENOMEM;
        s->pieces = pieces;
        while (p < end) {
                const char *open = memchr(p, '{', (size_t)(end - p));
                const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;

                if (s->n_pieces == SOURCE_PIECES_MAX)
                        return diag_error(l->d, n->pos, "shorten it", "%s: a template of more than 16 pieces", l->what);
                if (open && !close)
                        return diag_error(l->d, n->pos, "every { needs its }", "%s: template `%.*s` has no end",
                                          l->what, WW_STR_ARG(text));
                pieces[s->n_pieces].text = (struct ww_str){ p, (size_t)((open ? open : end) - p) };
                if (open) {
                        r = piece_path(l, n, (struct ww_str){ open + 1, (size_t)(close - open - 1) }, leaves,
                                       &pieces[s->n_pieces]);
                        if (r)
                                return r;
                }
                s->n_pieces++;
                p = open ? close + 1 : end;
        }
        return 0;
}

static int state_of(struct load *l, const struct yaml_node *n, int *ret) {
        for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++)
                if (n->type == YAML_SCALAR && ww_str_is(n->text, state_words[i])) {
                        *ret = state_values[i];
                        return 0;
                }
        return diag_error(l->d, n->pos,
                          diag_suggest(n->type == YAML_SCALAR ? n->text : WW_STR(""), state_words,
                                       sizeof state_words / sizeof *state_words),
                          "%s: `%.*s` is not a state", l->what, WW_STR_ARG(n->text));
}

static int load_map(struct load *l, const struct yaml_node *n, bool states, const struct valuemap **ret) {
        struct valuemap *m = arena_new(l->arena, struct valuemap);
        int r = 0;

        if (n->type != YAML_MAPPING || n->n == 0 || n->n > VALUEMAP_ROWS_MAX)
                return diag_error(l->d, n->pos, "write {open: active, closed: normal}",
                                  "%s: a map needs between 1 and 256 rows", l->what);
        if (!m || !(m->rows = arena_array(l->arena, struct valuemap_row, n->n)))
                return -ENOMEM;
        yaml_each(item, n) {
                struct valuemap_row *row = &m->rows[m->n++];

                if (states)
                        r = state_of(l, item, &row->state);
                else if (item->type != YAML_SCALAR)
                        r = diag_error(l->d, item->pos, "write {open: door_open}", "%s: a map leads to one word each",
                                       l->what);
                row->result = states ? ww_missing() : yaml_value(item);
                r = r ? r : valuemap_row_key(l->arena, item->key, row);
                if (r)
                        return r;
                if (ww_str_is(item->key, "*")) {
                        m->other = row;
                        row->text = WW_STR("\x01"); /* no device says this */
                }
        }
        *ret = m;
        return 0;
}

static int load_as(struct load *l, const struct yaml_node *n, struct source *s) {
        struct ww_str text;
        int r = yaml_string(n, "as", l->d, &text);

        for (size_t i = 1; !r && i < source_as_names_n; i++)
                if (ww_str_is(text, source_as_names[i])) {
                        s->as = (enum source_as)i;
                        return 0;
                }
        return r ? r
                 : diag_error(l->d, n->pos, diag_suggest(text, source_as_names + 1, source_as_names_n - 1),
                              "%s: `%.*s` is nothing that a value can be taken as", l->what, WW_STR_ARG(text));
}

/* where the value comes from: exactly one of path, template, const */
static int load_origin(struct load *l, const struct yaml_node *n, bool leaves, struct source *s) {
        const struct yaml_node *path = yaml_get(n, "path"), *template = yaml_get(n, "template"),
                               *constant = yaml_get(n, "const");
        struct ww_str text;
        int r;

        if (!path + !template + !constant != 2)
                return diag_error(l->d, n->pos, "give one of `path`, `template`, `const`",
                                  "%s: a value comes from one place", l->what);
        if (path)
                return paths_of(l, path, SOURCE_PATHS_MAX, leaves, &s->paths, &s->n_paths);
        if (constant) {
                s->constant = yaml_value(constant);
                return 0;
        }
        r = yaml_string(template, "template", l->d, &text);
        return r ? r : load_template(l, template, text, leaves, s);
}

static int load_conversion(struct load *l, const struct yaml_node *n, enum load_use use, struct source *s) {
        const struct yaml_node *x;
        int r = 0;

        if ((x = yaml_get(n, "default")))
                s->fallback = yaml_value(x);
        if ((x = yaml_get(n, "join")))
                r = yaml_string(x, "join", l->d, &s->join);
        r = r ? r : load_extract(l, n, &s->extract);
        if (!r && (x = yaml_get(n, "map")))
                r = load_map(l, x, use == LOAD_STATE, &s->map);
        if (!r && (x = yaml_get(n, "invert")))
                r = yaml_bool(x, "invert", l->d, &s->invert);
        if (!r && (x = yaml_get(n, "as")))
                r = load_as(l, x, s);
        if (!r && (x = yaml_get(n, "scale")))
                r = yaml_number(x, "scale", l->d, &s->scale);
        if (!r && (x = yaml_get(n, "offset")))
                r = yaml_number(x, "offset", l->d, &s->offset);
        if (!r && (x = yaml_get(n, "asset_field")))
                r = yaml_string(x, "asset_field", l->d, &s->asset_field);
        if (!r && (x = yaml_get(n, "redact")))
                r = yaml_bool(x, "redact", l->d, &s->secret);
        if (!r && s->secret && use != LOAD_SECRET)
                r = diag_error(l->d, n->pos, "leave it out here: what is not named is not stored",
                               "%s: only a field of `fields` can be redacted", l->what);
        if (!r && s->as == SOURCE_AS_IS && s->invert && use != LOAD_STATE)
                s->as = SOURCE_AS_BOOLEAN;
        if (!r && s->as == SOURCE_AS_IS && (yaml_get(n, "scale") || yaml_get(n, "offset")))
                s->as = SOURCE_AS_NUMBER;
        s->scaled = s->scale != 1 || s->offset != 0;
        return r;
}

static bool is_direct(const struct source *s) {
        return s->n_paths && s->paths->first != PATH_KEY_NONE && s->paths->n == 1 && !s->map && !s->extract &&
               !s->asset_field.p && !s->join.p && (s->as == SOURCE_AS_IS || s->as == SOURCE_AS_STRING);
}

int load_source(struct load *l, const struct yaml_node *n, enum load_use use, const struct source **ret) {
        struct source *s = arena_new(l->arena, struct source);
        bool leaves = use == LOAD_VALUE || use == LOAD_NUMBER;
        int r;

        if (!s)
                return -ENOMEM;
        *s = (struct source){ .scale = 1, .pos = n->pos, .as = use == LOAD_NUMBER ? SOURCE_AS_NUMBER : SOURCE_AS_IS };
        if (n->type == YAML_MAPPING) {
                r = load_keys_check(l, n, l->what, load_source_keys, load_source_keys_n);
                r = r ? r : load_conversion(l, n, use, s);
                /* what is made of a secret field is secret only if its own line says so */
                r = r ? r : load_origin(l, n, leaves || (use == LOAD_SECRET && !s->secret), s);
        } else if (n->type == YAML_SCALAR && memchr(n->text.p, '{', n->text.n)) {
                r = load_template(l, n, n->text, leaves || use == LOAD_SECRET, s);
        } else {
                r = paths_of(l, n, SOURCE_PATHS_MAX, leaves || use == LOAD_SECRET, &s->paths, &s->n_paths);
        }
        s->direct = !r && is_direct(s);
        *ret = s;
        return r;
}

int load_attributes(struct load *l, const struct yaml_node *n, const struct type_attr *parent, size_t n_parent,
                    const struct type_attr **ret, size_t *ret_n) {
        struct type_attr *attrs;
        size_t count = n_parent;
        int r = 0, result = 0;

        if (n && n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, "write {badge: uid}", "%s: attributes are names with paths", l->what);
        if (n_parent + (n ? n->n : 0) > TYPE_ATTRS_MAX)
                return diag_error(l->d, n ? n->pos : (struct diag_pos){ 0 }, "keep those that rules read",
                                  "%s: more than 32 attributes", l->what);
        attrs = arena_array(l->arena, struct type_attr, count + (n ? n->n : 0) + 1);
        if (!attrs)
                return -ENOMEM;
        if (n_parent)
                memcpy(attrs, parent, n_parent * sizeof(*attrs));
        yaml_each(item, n) {
                size_t at = 0;

                while (at < count && !ww_str_equal(attrs[at].name, item->key))
                        at++;
                attrs[at] = (struct type_attr){ .name = item->key };
                attrs[at].symbol = symtab_intern(l->types->symbols, item->key);
                r = load_source(l, item, LOAD_VALUE, &attrs[at].source);
                if (r < 0 || !attrs[at].symbol)
                        return -ENOMEM;
                result = r ? r : result;
                count += at == count;
        }
        *ret = attrs;
        *ret_n = count;
        return result;
}
