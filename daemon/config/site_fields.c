/*
 * Further keys of an asset: typed as YAML types them, and a plain scalar that reads as a span ("30s") is a span,
 * because rules compare it with spans. A quoted one stays a text.
 */
#include "base/span.h"
#include "config/site_internal.h"

#include <stdio.h>

#define FIELDS_MAX 64
#define NAME_BYTES 64

static bool is_asset_key(struct ww_str name) {
        return site_key_find(site_asset_keys, site_asset_keys_n, name) != NULL;
}

/* Names that rules can write: held_limit. */
static bool is_field_name(struct ww_str name) {
        if (name.n == 0 || name.n > NAME_BYTES || (name.p[0] >= '0' && name.p[0] <= '9'))
                return false;
        for (size_t i = 0; i < name.n; i++)
                if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
                      name.p[i] == '_'))
                        return false;
        return true;
}

/* A key of our own, misspelt, would otherwise become a field in silence. */
static int check_field(struct site_compiler *c, const struct yaml_node *n) {
        const char *nearest = site_key_nearest(site_asset_keys, site_asset_keys_n, n->key);
        char help[64];

        if (ww_str_is(n->key, "id"))
                return diag_error(c->d, n->key_pos, "the id is what stands after `asset:`", "`id` cannot be a field");
        if (!is_field_name(n->key))
                return diag_error(c->d, n->key_pos, "lower-case letters, digits and _, at most 64",
                                  "`%.*s` cannot be a field's name", WW_STR_ARG(n->key));
        if (n->type != YAML_SCALAR)
                return diag_error(c->d, n->pos, "use a named list for several values", "field `%.*s` must be one value",
                                  WW_STR_ARG(n->key));
        if (nearest && n->key.n > 3) {
                (void)snprintf(help, sizeof help, "did you mean `%s`?", nearest);
                diag_warning(c->d, n->key_pos, help, "`%.*s` is taken as a field of the asset", WW_STR_ARG(n->key));
        }
        return 0;
}

static int field_value(struct site_compiler *c, const struct yaml_node *n, struct ww_value *ret) {
        struct ww_value v = yaml_value(n);
        int64_t span;

        if (v.type == WW_STRING && n->plain && span_parse(n->text, &span) == 0)
                v = ww_span(span);
        if (v.type == WW_STRING) {
                v.string = arena_copy(&c->site->arena, v.string);
                if (!v.string.p)
                        return -ENOMEM;
        }
        *ret = v;
        return 0;
}

static int read_field(struct site_compiler *c, const struct yaml_node *n, struct site_field *ret) {
        int r = check_field(c, n);

        if (r)
                return r;
        ret->symbol = symtab_intern(c->symbols, n->key);
        ret->name = arena_copy(&c->site->arena, n->key);
        if (!ret->symbol || !ret->name.p || !symtab_intern(c->site->field_names, n->key))
                return -ENOMEM;
        return field_value(c, n, &ret->value);
}

int site_read_fields(struct site_compiler *c, const struct yaml_node *entry, struct site_asset *asset) {
        struct site_field *fields;
        size_t n = 0;

        yaml_each(item, entry)
                n += !is_asset_key(item->key);
        if (n > FIELDS_MAX)
                return diag_error(c->d, entry->pos, "take those out that no rule reads",
                                  "the asset has %zu fields of its own, more than %d", n, FIELDS_MAX);
        fields = arena_array(&c->site->arena, struct site_field, n ? n : 1);
        if (!fields)
                return -ENOMEM;
        asset->fields = fields;
        yaml_each(item, entry) {
                int r;

                if (is_asset_key(item->key))
                        continue;
                r = read_field(c, item, &fields[asset->n_fields]);
                if (r < 0)
                        return r;
                if (r == 0)
                        asset->n_fields++;
                (void)site_told(c, r);
        }
        return 0;
}
