/* Zones, assets and lists as they are written; what refers to another entry waits for site_resolve.c. */
#include "config/site_internal.h"

#include <stdio.h>

#define ID_MAX 128

void *site_array_room(void *array, size_t n, size_t size) {
        if (n && (n < 16 || (n & (n - 1)) != 0)) /* full only at powers of two from 16 on */
                return array;
        return reallocarray(array, n < 16 ? 16 : n * 2, size);
}

static bool id_char(char c) {
        return (unsigned char)c > 0x20 && c != 0x7f && c != '=' && c != ',';
}

int site_read_id(const struct yaml_node *n, const char *what, struct diag *d, struct ww_str *ret) {
        struct ww_str id;
        int r = yaml_string(n, what, d, &id);

        if (r)
                return r;
        if (id.n == 0 || id.n > ID_MAX)
                return diag_error(d, n->pos, id.n ? "what people read goes into `title`" : "give it an id",
                                  "%s must have 1 to %d bytes", what, ID_MAX);
        for (size_t i = 0; i < id.n; i++)
                if (!id_char(id.p[i]))
                        return diag_error(d, n->pos, "write `-` in their place; what people read goes into `title`",
                                          "%s may not hold blanks, `=` or `,`", what);
        *ret = id;
        return 0;
}

bool site_is_nothing(const struct yaml_node *n) {
        return n->type == YAML_SCALAR && n->plain && n->text.n == 0;
}

int site_read_group(struct site_compiler *c, const struct yaml_node *group, const char *problem, const char *help,
                    int (*read)(struct site_compiler *c, const struct yaml_node *n)) {
        int r = 0;

        if (site_is_nothing(group))
                return 0;
        if (group->type != YAML_MAPPING)
                return site_told(c, diag_error(c->d, group->pos, help, "%s", problem));
        yaml_each(item, group)
                if (r == 0)
                        r = site_told(c, read(c, item));
        return r;
}

static bool is_name(struct ww_str name) {
        for (size_t i = 0; i < name.n; i++) {
                char c = name.p[i];

                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c == '-' && i)))
                        return false;
        }
        return name.n && name.n <= ID_MAX;
}

int site_read_name_key(struct site_compiler *c, const struct yaml_node *n, const char *what, struct symtab *names,
                       struct ww_str *ret) {
        uint32_t symbol;

        if (!is_name(n->key))
                return diag_error(c->d, n->key_pos, "letters, digits and -; what people read goes into `title`",
                                  "`%.*s` cannot be the name of a %s", WW_STR_ARG(n->key), what);
        if (symtab_find(names, n->key))
                return diag_error(c->d, n->key_pos, "give each its own name", "%s `%.*s` is there already", what,
                                  WW_STR_ARG(n->key));
        symbol = symtab_intern(names, n->key);
        *ret = symtab_name(names, symbol);
        return symbol ? 0 : -ENOMEM;
}

/* A list, or nothing after the key, which is an empty one. */
static bool is_list(struct site_compiler *c, const struct yaml_node *n, const char *what, const char *help) {
        if (n->type == YAML_SEQUENCE || site_is_nothing(n))
                return true;
        (void)site_told(c, diag_error(c->d, n->pos, help, "%s must be a list", what));
        return false;
}

/* The id of an entry, not used before, as the table keeps it. */
static int read_new_id(struct site_compiler *c, const struct yaml_node *entry, const char *key, struct symtab *ids,
                       struct ww_str *ret) {
        const struct yaml_node *n = yaml_get(entry, key);
        struct ww_str id = WW_STR_NONE;
        char help[96];
        uint32_t symbol;
        int r;

        (void)snprintf(help, sizeof help, "write `- %s: ID` and the other keys below it", key);
        if (!n)
                return diag_error(c->d, entry->pos, help, "the entry has no `%s`", key);
        r = site_read_id(n, key, c->d, &id);
        if (r)
                return r;
        if (symtab_find(ids, id))
                return diag_error(c->d, n->pos, "give each its own id", "%s `%.*s` is there already", key,
                                  WW_STR_ARG(id));
        symbol = symtab_intern(ids, id);
        *ret = symtab_name(ids, symbol);
        return symbol ? 0 : -ENOMEM;
}

int site_read_text(struct site_compiler *c, const struct yaml_node *entry, const char *key, struct ww_str *ret) {
        const struct yaml_node *n = yaml_get(entry, key);
        struct ww_str text = WW_STR("");
        int r = n ? yaml_string(n, key, c->d, &text) : 0;

        if (r)
                return site_told(c, r);
        *ret = arena_copy(&c->site->arena, text);
        return ret->p ? 0 : -ENOMEM;
}

/* A word that many entries share ("ward", "door"): kept once, in its table. */
static int read_word(struct site_compiler *c, const struct yaml_node *entry, const char *key, struct symtab *words,
                     struct ww_str *ret) {
        const struct yaml_node *n = yaml_get(entry, key);
        struct ww_str word = WW_STR_NONE;
        uint32_t symbol;
        int r;

        *ret = WW_STR("");
        if (!n)
                return 0;
        r = site_read_id(n, key, c->d, &word);
        if (r)
                return site_told(c, r);
        symbol = symtab_intern(words, word);
        *ret = symtab_name(words, symbol);
        return symbol ? 0 : -ENOMEM;
}

static int read_key_area(struct site_compiler *c, const struct yaml_node *entry, bool *ret) {
        const struct yaml_node *n = yaml_get(entry, "key_area");

        return n ? site_told(c, yaml_bool(n, "key_area", c->d, ret)) : 0;
}

static int read_zone(struct site_compiler *c, const struct yaml_node *entry) {
        struct site *s = c->site;
        struct site_zone zone = { .parent = SITE_NONE, .pos = entry->pos };
        const struct yaml_node **nodes;
        struct site_zone *zones;
        int r;

        r = site_keys_check(c, entry, "zone", site_zone_keys, site_zone_keys_n);
        if (r)
                return r;
        zones = site_array_room(s->zones, s->n_zones, sizeof *zones);
        if (!zones)
                return -ENOMEM;
        s->zones = zones;
        nodes = site_array_room(c->zone_nodes, s->n_zones, sizeof *nodes);
        if (!nodes)
                return -ENOMEM;
        c->zone_nodes = nodes;
        r = read_new_id(c, entry, "zone", s->zone_ids, &zone.id);
        if (r)
                return r;
        zone.pos.file = c->path;
        nodes[s->n_zones] = entry;
        zones[s->n_zones] = zone;
        s->n_zones++; /* from here on it counts, even with a wrong title: others refer to it */
        r = read_key_area(c, entry, &zones[s->n_zones - 1].key_area);
        if (r == 0)
                r = site_read_text(c, entry, "title", &zones[s->n_zones - 1].title);
        return r ? r : read_word(c, entry, "type", s->types, &zones[s->n_zones - 1].type);
}

int site_read_zones(struct site_compiler *c, const struct yaml_node *list) {
        int r = 0;

        if (!is_list(c, list, "zones", "write each zone as `- zone: ID`"))
                return 0;
        yaml_each(entry, list)
                if (r == 0)
                        r = site_told(c, read_zone(c, entry));
        return r;
}

static int read_asset_keys(struct site_compiler *c, const struct yaml_node *entry, struct site_asset *asset) {
        const struct yaml_node *supervision = yaml_get(entry, "supervision");
        int r = site_read_text(c, entry, "title", &asset->title);

        if (r == 0)
                r = site_read_text(c, entry, "device", &asset->device);
        if (r == 0)
                r = read_word(c, entry, "class", c->site->classes, &asset->class_name);
        if (r == 0 && supervision)
                r = site_told(
                        c, yaml_span(supervision, "supervision", WW_SECOND, 400 * WW_DAY, c->d, &asset->supervision));
        return r ? r : site_told(c, site_read_fields(c, entry, asset));
}

static int read_asset(struct site_compiler *c, const struct yaml_node *entry) {
        struct site *s = c->site;
        const struct yaml_node **nodes;
        struct site_asset *assets;
        struct ww_str id;
        int r;

        if (entry->type != YAML_MAPPING)
                return diag_error(c->d, entry->pos, "write it as `- asset: ID` with its keys below",
                                  "an asset must be a group of keys");
        assets = site_array_room(s->assets, s->n_assets, sizeof *assets);
        if (!assets)
                return -ENOMEM;
        s->assets = assets;
        nodes = site_array_room(c->asset_nodes, s->n_assets, sizeof *nodes);
        if (!nodes)
                return -ENOMEM;
        c->asset_nodes = nodes;
        r = read_new_id(c, entry, "asset", s->asset_ids, &id);
        if (r)
                return r;
        assets[s->n_assets] = (struct site_asset){
                .id = id, .zone = SITE_NONE, .parent = SITE_NONE, .pos = { c->path, entry->pos.line, entry->pos.column }
        };
        nodes[s->n_assets] = entry;
        s->n_assets++;
        return read_asset_keys(c, entry, &assets[s->n_assets - 1]);
}

int site_read_assets(struct site_compiler *c, const struct yaml_node *list) {
        int r = 0;

        if (!is_list(c, list, "assets", "write each asset as `- asset: ID`"))
                return 0;
        yaml_each(entry, list)
                if (r == 0)
                        r = site_told(c, read_asset(c, entry));
        return r;
}

static int read_members(struct site_compiler *c, const struct yaml_node *list, struct symtab *members) {
        int r = 0;

        if (!is_list(c, list, "a named list", "write `NAME: [one, two]`"))
                return 0;
        yaml_each(item, list) {
                struct ww_str member;

                r = yaml_string(item, "a member of a list", c->d, &member);
                if (r == 0 && symtab_find(members, member))
                        diag_warning(c->d, item->pos, "take one of them out", "`%.*s` is in the list already",
                                     WW_STR_ARG(member));
                if (r == 0 && !symtab_intern(members, member))
                        return -ENOMEM;
                (void)site_told(c, r);
        }
        return 0;
}

static int read_list(struct site_compiler *c, const struct yaml_node *list) {
        struct site *s = c->site;
        struct site_list *lists = site_array_room(s->lists, s->n_lists, sizeof *lists);
        uint32_t symbol;

        if (!lists)
                return -ENOMEM;
        s->lists = lists;
        symbol = symtab_find(s->list_names, list->key);
        if (symbol)
                return diag_error(c->d, list->key_pos, "join the two", "list `%.*s` is there already (%.*s:%u)",
                                  WW_STR_ARG(list->key), WW_STR_ARG(lists[symbol - 1].pos.file),
                                  lists[symbol - 1].pos.line);
        symbol = symtab_intern(s->list_names, list->key);
        if (!symbol || !symtab_intern(c->symbols, list->key))
                return -ENOMEM;
        lists[s->n_lists] = (struct site_list){ .name = symtab_name(s->list_names, symbol), .pos = list->key_pos };
        s->n_lists++;
        if (symtab_new(&lists[s->n_lists - 1].members) < 0)
                return -ENOMEM;
        return read_members(c, list, lists[s->n_lists - 1].members);
}

int site_read_lists(struct site_compiler *c, const struct yaml_node *group) {
        return site_read_group(c, group, "lists must be a group of named lists", "write `NAME: [one, two]` below it",
                               read_list);
}
