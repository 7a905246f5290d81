#include "correlate/rule_load.h"

/* `by` (or one of its items) is a field for every alias, or a mapping alias → field */
static int load_part_mapping(struct loader *l, const struct yaml_node *node, size_t part) {
        struct selection *all = (struct selection *)l->rule->aliases;
        int r = 0;

        yaml_each(n, node) {
                int alias = rule_load_alias(l, n->key, n->key_pos), error = 0;
                struct ww_str text;

                if (alias < 0 || yaml_string(n, rule_load_what(l, "by"), l->d, &text)) {
                        r = DIAG_E_USER;
                        continue;
                }
                all[alias].key[part] = rule_load_field(l, text, n->pos, &error);
                r = rule_load_worse(r, error);
                if (!l->rule->key_names[part].n && all[alias].key[part])
                        l->rule->key_names[part] = all[alias].key[part]->name;
        }
        for (size_t i = 0; i < l->rule->n_aliases && !r; i++)
                if (!all[i].key[part])
                        r = diag_error(l->d, node->pos, "name a field for each selection",
                                       "rule `%s`: `by` says nothing about selection `%s`", l->rule->name.p,
                                       all[i].alias.p);
        return r;
}

static int load_part(struct loader *l, const struct yaml_node *n) {
        struct selection *all = (struct selection *)l->rule->aliases;
        size_t part = l->rule->n_key;
        const struct field *f;
        int r = 0;

        if (part == RULE_KEY_PARTS_MAX)
                return diag_error(l->d, n->pos, "leave out what follows from the others",
                                  "rule `%s`: more than %d parts in a key", l->rule->name.p, RULE_KEY_PARTS_MAX);
        l->rule->n_key++;
        if (n->type == YAML_MAPPING)
                return load_part_mapping(l, n, part);
        if (n->type != YAML_SCALAR)
                return diag_error(l->d, n->pos, "write `by: ward`, `by: [ward, badge]` or `by: {a: f, b: g}`",
                                  "rule `%s`: a part of the key is a field", l->rule->name.p);
        f = rule_load_field(l, n->text, n->pos, &r);
        if (!f)
                return r;
        l->rule->key_names[part] = f->name;
        for (size_t i = 0; i < l->rule->n_aliases; i++)
                all[i].key[part] = f;
        return 0;
}

/* `each` has the asset as its key */
static int load_each_key(struct loader *l, const struct yaml_node *by) {
        static const struct yaml_node asset = { .type = YAML_SCALAR, .plain = true, .text = { "asset", 5 } };

        if (by && (by->type != YAML_SCALAR || !ww_str_is(by->text, "asset")))
                return diag_error(l->d, by->pos, "take `by` out", "rule `%s`: with `each` the key is the asset",
                                  l->rule->name.p);
        return load_part(l, &asset);
}

int rule_load_key(struct loader *l) {
        const struct yaml_node *by = yaml_get(l->node, "by");
        int r = 0;

        if (yaml_get(l->node, "each"))
                return load_each_key(l, by);
        if (!by)
                return 0;
        if (by->type != YAML_SEQUENCE)
                return load_part(l, by);
        yaml_each(n, by)
                r = rule_load_worse(r, load_part(l, n));
        return r;
}

/* title: "{word}" is a part of the key, or a field of the newest event that counted */
static int title_word(struct loader *l, struct title_part *part, struct ww_str word, struct diag_pos pos) {
        int r = 0;

        part->key = part->capture = -1;
        for (size_t i = 0; i < l->rule->n_key; i++)
                if (ww_str_equal(l->rule->key_names[i], word)) {
                        part->key = (int)i;
                        part->field = field_resolve(&l->set->arena, l->set->site, l->set->symbols, word, &(bool){ 0 });
                        return part->field ? 0 : -ENOMEM;
                }
        part->field = rule_load_field(l, word, pos, &r);
        if (!part->field)
                return r;
        if (part->field->source == FIELD_ZONE || part->field->source == FIELD_ASSET ||
            part->field->source == FIELD_DEVICE || part->field->source == FIELD_SITE)
                return 0;
        part->capture = rule_load_capture(l, UINT16_MAX, part->field, pos);
        return part->capture < 0 ? DIAG_E_USER : 0;
}

static int title_parse(struct loader *l, struct ww_str text, struct diag_pos pos, struct title_part *parts) {
        size_t at = 0;
        int r = 0;

        while (at < text.n) {
                const char *open = memchr(text.p + at, '{', text.n - at);
                size_t end = open ? (size_t)(open - text.p) : text.n;
                const char *close;

                if (end > at)
                        parts[l->rule->n_title++] =
                                (struct title_part){ .text = { text.p + at, end - at }, .key = -1, .capture = -1 };
                if (!open)
                        break;
                close = memchr(open, '}', text.n - end);
                if (!close || close == open + 1)
                        return diag_error(l->d, pos, "write `{ward}`", "rule `%s`: `{` in the title without its word",
                                          l->rule->name.p);
                r = rule_load_worse(r, title_word(l, &parts[l->rule->n_title++],
                                                  (struct ww_str){ open + 1, (size_t)(close - open) - 1 }, pos));
                at = (size_t)(close - text.p) + 1;
        }
        return r;
}

int rule_load_title(struct loader *l) {
        const struct yaml_node *n = yaml_get(l->node, "title");
        struct title_part *parts;
        struct ww_str text = l->rule->name;
        int r = 0;

        if (n)
                r = yaml_string(n, rule_load_what(l, "title"), l->d, &text);
        if (r)
                return r;
        if (text.n > 512)
                return diag_error(l->d, n ? n->pos : l->rule->pos, "shorten it",
                                  "rule `%s`: the title is longer than 512 bytes", l->rule->name.p);
        text = arena_copy(&l->set->arena, text);
        parts = arena_array(&l->set->arena, struct title_part, text.n + 1);
        if (!text.p || !parts)
                return -ENOMEM;
        l->rule->title = parts;
        return title_parse(l, text, n ? rule_load_text_pos(n) : l->rule->pos, parts);
}
