/* Modes as they are written: names that are on or off, and what being on means. */
#include "config/site_internal.h"

static int read_mode_keys(struct site_compiler *c, const struct yaml_node *n, struct site_mode *mode) {
        const struct yaml_node *title = yaml_get(n, "title"), *initially = yaml_get(n, "initially"),
                               *exercise = yaml_get(n, "exercise");
        struct ww_str text;
        int r = site_keys_check(c, n, "mode", site_mode_keys, site_mode_keys_n);

        (void)site_told(c, r);
        if (initially)
                (void)site_told(c, yaml_bool(initially, "initially", c->d, &mode->initially));
        if (exercise)
                (void)site_told(c, yaml_bool(exercise, "exercise", c->d, &mode->exercise));
        if (!title || site_told(c, r = yaml_string(title, "title", c->d, &text)) || r)
                return 0;
        mode->title = arena_copy(&c->site->arena, text);
        return mode->title.p ? 0 : -ENOMEM;
}

static int read_mode(struct site_compiler *c, const struct yaml_node *n) {
        struct site *s = c->site;
        struct site_mode *modes = site_array_room(s->modes, s->n_modes, sizeof *modes);
        struct ww_str name;
        int r;

        if (!modes)
                return -ENOMEM;
        s->modes = modes;
        r = site_read_name_key(c, n, "mode", s->mode_names, &name);
        if (r)
                return r;
        modes[s->n_modes] = (struct site_mode){ .name = name, .title = WW_STR(""), .pos = n->key_pos };
        modes[s->n_modes].pos.file = c->path;
        s->n_modes++;
        return site_is_nothing(n) ? 0 : read_mode_keys(c, n, &modes[s->n_modes - 1]);
}

int site_read_modes(struct site_compiler *c, const struct yaml_node *group) {
        return site_read_group(c, group, "modes must be a group of named modes", "write `NAME: {}` for each below it",
                               read_mode);
}

size_t site_mode_count(const struct site *s) {
        return s->n_modes;
}

const struct site_mode *site_mode(const struct site *s, uint32_t index) {
        return index < s->n_modes ? &s->modes[index] : NULL;
}

uint32_t site_mode_find(const struct site *s, struct ww_str name) {
        return symtab_find(s->mode_names, name) - 1;
}
