/* What refers to what: zones in zones, assets in zones and below assets, devices to assets. */
#include "config/site_internal.h"

#include <stdio.h>

static const char *help_nearest(const char *nearest, const char *otherwise, char out[static 192]) {
        if (!nearest)
                return otherwise;
        (void)snprintf(out, 192, "did you mean `%s`?", nearest);
        return out;
}

/* The index that `key` of an entry refers to; SITE_NONE if the key is not there, or wrong (told). */
static uint32_t resolve_reference(struct site_compiler *c, const struct yaml_node *entry, const char *key,
                                  const char *of, uint32_t (*find)(const struct site *s, struct ww_str id),
                                  const struct symtab *ids) {
        const struct yaml_node *n = yaml_get(entry, key);
        const char *nearest;
        struct ww_str id;
        char help[192];
        uint32_t index;
        int r;

        if (!n)
                return SITE_NONE;
        r = yaml_string(n, key, c->d, &id);
        if (r) {
                (void)site_told(c, r);
                return SITE_NONE;
        }
        index = find(c->site, id);
        if (index != SITE_NONE)
                return index;
        nearest = c->d->n < DIAG_MAX ? site_nearest_of(ids, id) : NULL; /* a search that nobody would read */
        (void)site_told(c, diag_error(c->d, n->pos, help_nearest(nearest, "define it in one of the site's files", help),
                                      "unknown %s `%.*s`", of, WW_STR_ARG(id)));
        return SITE_NONE;
}

struct parents {
        uint32_t (*parent)(const struct site *s, uint32_t index);
        size_t n;
        const struct yaml_node **nodes;
        const char *what, *key; /* "zone", "in" */
};

static uint32_t zone_parent(const struct site *s, uint32_t index) {
        return s->zones[index].parent;
}

static uint32_t asset_parent(const struct site *s, uint32_t index) {
        return s->assets[index].parent;
}

/* Walks up once from each entry and marks what is known to end; an entry met again in the same walk is a ring. */
static int check_rings(struct site_compiler *c, const struct parents *p) {
        _cleanup_free_ uint32_t *seen = calloc(p->n ? p->n : 1, sizeof *seen);

        if (!seen)
                return -ENOMEM;
        for (uint32_t start = 0; start < p->n; start++) {
                uint32_t at = start, walk = start + 1;

                while (at != SITE_NONE && seen[at] == 0) {
                        seen[at] = walk;
                        at = p->parent(c->site, at);
                }
                if (at != SITE_NONE && seen[at] == walk) {
                        const struct yaml_node *n = yaml_get(p->nodes[at], p->key);

                        (void)site_told(c,
                                        diag_error(c->d, n->pos, "break the ring", "the %s is inside itself", p->what));
                }
        }
        return 0;
}

static int resolve_zones(struct site_compiler *c) {
        struct site *s = c->site;
        const struct parents zones = { zone_parent, s->n_zones, c->zone_nodes, "zone", "in" };

        for (size_t i = 0; i < s->n_zones; i++)
                s->zones[i].parent = resolve_reference(c, c->zone_nodes[i], "in", "zone", site_zone_find, s->zone_ids);
        return check_rings(c, &zones);
}

static int resolve_assets(struct site_compiler *c) {
        struct site *s = c->site;
        const struct parents assets = { asset_parent, s->n_assets, c->asset_nodes, "asset", "parent" };

        for (size_t i = 0; i < s->n_assets; i++) {
                const struct yaml_node *entry = c->asset_nodes[i];

                s->assets[i].zone = resolve_reference(c, entry, "zone", "zone", site_zone_find, s->zone_ids);
                s->assets[i].parent = resolve_reference(c, entry, "parent", "asset", site_asset_find, s->asset_ids);
        }
        return check_rings(c, &assets);
}

static int resolve_device(struct site_compiler *c, uint32_t asset) {
        struct site *s = c->site;
        struct ww_str device = s->assets[asset].device;
        uint32_t symbol;

        if (device.n == 0)
                return 0;
        symbol = symtab_find(s->devices, device);
        if (symbol) {
                const struct yaml_node *n = yaml_get(c->asset_nodes[asset], "device");
                const struct site_asset *other = &s->assets[s->device_assets[symbol - 1]];

                return diag_error(c->d, n->pos, "a device belongs to one asset",
                                  "device `%.*s` already belongs to asset `%.*s` in line %u", WW_STR_ARG(device),
                                  WW_STR_ARG(other->id), other->pos.line);
        }
        symbol = symtab_intern(s->devices, device);
        if (!symbol)
                return -ENOMEM;
        s->device_assets[symbol - 1] = asset;
        return 0;
}

int site_resolve(struct site_compiler *c) {
        struct site *s = c->site;
        int r = resolve_zones(c);

        if (r == 0)
                r = resolve_assets(c);
        if (r)
                return r;
        s->device_assets = calloc(s->n_assets ? s->n_assets : 1, sizeof *s->device_assets);
        if (!s->device_assets)
                return -ENOMEM;
        for (uint32_t i = 0; r == 0 && i < s->n_assets; i++)
                r = site_told(c, resolve_device(c, i));
        return r;
}
