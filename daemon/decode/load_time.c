#include "decode/load.h"

const struct load_key load_time_keys[] = {
        { "path", "where the time stands; a list: the first that is there" },
        { "form",
          "auto, iso, epoch_s, epoch_ms, epoch_us; default auto: text is ISO 8601, a number's size tells its unit" },
        { "zone", "offset of a text that has none: \"+08:00\"; default Z" },
};
const size_t load_time_keys_n = sizeof load_time_keys / sizeof *load_time_keys;

int load_time(struct load *l, const struct yaml_node *n, struct type_time *time) {
        const struct yaml_node *form, *zone;
        struct source *s;
        struct ww_str text;
        int r = 0, found;

        if (n->type != YAML_MAPPING)
                return load_source(l, n, LOAD_VALUE, &time->source);
        s = arena_new(l->arena, struct source);
        if (!s)
                return -ENOMEM;
        *s = (struct source){ .scale = 1, .pos = n->pos };
        time->source = s;
        r = load_keys_check(l, n, l->what, load_time_keys, load_time_keys_n);
        if (!r && (form = yaml_get(n, "form"))) {
                r = yaml_string(form, "form", l->d, &text);
                found = r ? 0 : stamp_form_find(text);
                if (found < 0)
                        return diag_error(l->d, form->pos, diag_suggest(text, stamp_forms, stamp_forms_n),
                                          "%s: `%.*s` is no form of a time", l->what, WW_STR_ARG(text));
                time->form = (enum stamp_form)found;
        }
        if (!r && (zone = yaml_get(n, "zone"))) {
                r = yaml_string(zone, "zone", l->d, &text);
                if (!r && !stamp_offset_parse(text, &time->offset))
                        return diag_error(l->d, zone->pos, "write zone: \"+08:00\"", "%s: `%.*s` is no offset", l->what,
                                          WW_STR_ARG(text));
        }
        if (!r && !yaml_get(n, "path"))
                return diag_error(l->d, n->pos, "add `path: …`", "%s: a time has no path", l->what);
        return r ? r : load_paths(l, yaml_get(n, "path"), &s->paths, &s->n_paths);
}
