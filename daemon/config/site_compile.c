/*
 * All site files together: first every zone, asset and list is read (here and in site_read.c), then what refers to
 * what is resolved (site_resolve.c), so that the order of files and entries does not matter.
 *
 * Ownership: the YAML trees live until the second round is done; whatever the site keeps is copied into its arena or
 * its tables. Messages name files by the bundle's paths, which outlive them; entries by the site's own copy.
 */
#include "config/site_internal.h"

static int site_tables_new(struct site *s) {
        struct symtab **const tables[] = { &s->zone_ids,       &s->types,      &s->asset_ids,
                                           &s->devices,        &s->list_names, &s->classes,
                                           &s->schedule_names, &s->mode_names, &s->field_names };
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof tables / sizeof *tables; i++)
                r = symtab_new(tables[i]);
        return r;
}

int site_read_name(struct site_compiler *c, const struct yaml_node *n) {
        struct site *s = c->site;
        struct ww_str name;
        int r = site_read_id(n, "site", c->d, &name);

        if (r)
                return site_told(c, r);
        if (s->name.n && !ww_str_equal(s->name, name))
                return site_told(c, diag_error(c->d, n->pos, "take one of the two out: all files describe one site",
                                               "the site is already called `%.*s`", WW_STR_ARG(s->name)));
        s->name = arena_copy(&s->arena, name);
        return s->name.p ? 0 : -ENOMEM;
}

static int site_read_file(struct site_compiler *c, const struct bundle_file *file) {
        struct yaml_node *root;
        int r;

        c->path = arena_copy(&c->site->arena, file->path);
        if (!c->path.p)
                return -ENOMEM;
        r = yaml_parse(&c->trees, file->path, file->text, c->d, &root);
        if (r)
                return site_told(c, r);
        (void)site_told(c, site_keys_check(c, root, "site file", site_file_keys, site_file_keys_n));
        for (size_t i = 0; r == 0 && i < site_file_keys_n; i++) {
                const struct yaml_node *part = yaml_get(root, site_file_keys[i].name);

                r = part ? site_file_keys[i].read(c, part) : 0;
        }
        return r;
}

static int site_compile_all(struct site_compiler *c, const struct bundle *bundle) {
        int r = site_tables_new(c->site);

        for (size_t i = 0; r == 0 && i < bundle->n; i++)
                if (bundle->files[i].role == BUNDLE_SITE)
                        r = site_read_file(c, &bundle->files[i]);
        return r ? r : site_resolve(c);
}

int site_compile(struct site **ret, const struct bundle *bundle, struct symtab *symbols, struct diag *d) {
        _cleanup_(site_freep) struct site *s = calloc(1, sizeof *s);
        struct site_compiler c = { .site = s, .bundle = bundle, .symbols = symbols, .d = d };
        int r;

        if (!s)
                return -ENOMEM;
        s->name = WW_STR("");
        site_alarms_init(&s->alarms);
        s->kinds = *ww_kinds_builtin();
        r = site_compile_all(&c, bundle);
        arena_deinit(&c.trees);
        free(c.zone_nodes);
        free(c.asset_nodes);
        free(c.plan_nodes);
        free(c.client_nodes);
        if (r || c.result)
                return r ? r : c.result;
        *ret = s;
        s = NULL;
        return 0;
}
