/* `time`: where a device's time stands, how it is written, and what it means without an offset. */
#include "decode/load.h"
#include "decode/stamp_pattern.h"

const struct load_key load_time_keys[] = {
        { "path", "where the time stands; a list: the first that is there" },
        { "form", "auto, iso, epoch_s, epoch_ms, epoch_us, or a pattern such as \"%H:%M:%S,%m-%d-%Y\"; default auto: "
                  "text is ISO 8601, a number's size tells its unit" },
        { "zone", "of a text without an offset: \"+08:00\", Europe/Berlin, or `site`, the site's own; default Z" },
};
const size_t load_time_keys_n = sizeof load_time_keys / sizeof *load_time_keys;

static int load_form(struct load *l, const struct yaml_node *n, struct stamp_how *how) {
        const char *why;
        int r = yaml_string(n, "form", l->d, &how->pattern), found;

        if (r)
                return r;
        if (memchr(how->pattern.p, '%', how->pattern.n)) {
                why = stamp_pattern_check(how->pattern);
                how->form = STAMP_PATTERN;
                return why ? diag_error(l->d, n->pos, "write it like \"%H:%M:%S,%m-%d-%Y\"", "%s: form `%.*s`: %s",
                                        l->what, WW_STR_ARG(how->pattern), why)
                           : 0;
        }
        found = stamp_form_find(how->pattern);
        if (found < 0)
                return diag_error(l->d, n->pos, diag_suggest(how->pattern, stamp_forms, stamp_forms_n),
                                  "%s: `%.*s` is no form of a time", l->what, WW_STR_ARG(how->pattern));
        how->form = (enum stamp_form)found;
        return 0;
}

static int add_zone(struct load *l, const struct yaml_node *n, struct ww_str name, const struct bundle_file *data,
                    const struct timezone_table **ret) {
        struct decode_types *t = l->types;
        struct type_zone *zones = realloc(t->zones, (t->n_zones + 1) * sizeof *zones);
        struct timezone_table *table;
        const char *problem;
        int r;

        if (!zones)
                return -ENOMEM;
        t->zones = zones;
        r = timezone_read(&table, data->text, &problem);
        if (r == -EBADMSG)
                return diag_error(l->d, n->pos, "install the package tzdata anew",
                                  "the data of time zone `%.*s` is of no use: %s", WW_STR_ARG(name), problem);
        if (r)
                return r;
        zones[t->n_zones++] = (struct type_zone){ name, table };
        *ret = table;
        return 0;
}

static int load_named_zone(struct load *l, const struct yaml_node *n, struct ww_str name, struct stamp_how *how) {
        const struct bundle_file *data = bundle_timezone(l->bundle, name);

        for (size_t i = 0; i < l->types->n_zones; i++)
                if (ww_str_equal(l->types->zones[i].name, name)) {
                        how->zone = l->types->zones[i].table;
                        return 0;
                }
        return data ? add_zone(l, n, name, data, &how->zone)
                    : diag_error(l->d, n->pos, "write zone: \"+08:00\", Europe/Berlin, or site",
                                 "%s: `%.*s` is no offset, and there is no data of such a time zone", l->what,
                                 WW_STR_ARG(name));
}

static int load_zone(struct load *l, const struct yaml_node *n, struct stamp_how *how) {
        struct ww_str text;
        int r = yaml_string(n, "zone", l->d, &text);

        how->site = !r && ww_str_is(text, "site");
        if (r || how->site || stamp_offset_parse(text, &how->offset))
                return r;
        return load_named_zone(l, n, text, how);
}

int load_time(struct load *l, const struct yaml_node *n, struct type_time *time) {
        const struct yaml_node *form, *zone;
        struct source *s;
        int r;

        if (n->type != YAML_MAPPING)
                return load_source(l, n, LOAD_VALUE, &time->source);
        s = arena_new(l->arena, struct source);
        if (!s)
                return -ENOMEM;
        *s = (struct source){ .scale = 1, .pos = n->pos };
        time->source = s;
        r = load_keys_check(l, n, l->what, load_time_keys, load_time_keys_n);
        if (!r && (form = yaml_get(n, "form")))
                r = load_form(l, form, &time->how);
        if (!r && (zone = yaml_get(n, "zone")))
                r = load_zone(l, zone, &time->how);
        if (!r && !yaml_get(n, "path"))
                return diag_error(l->d, n->pos, "add `path: …`", "%s: a time has no path", l->what);
        return r ? r : load_paths(l, yaml_get(n, "path"), &s->paths, &s->n_paths);
}
