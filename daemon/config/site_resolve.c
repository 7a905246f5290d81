/* What refers to what: zones in zones, assets in zones and below assets, devices to assets. */
#include "config/site_internal.h"

#include <stdio.h>

static const char *help_nearest(const char *nearest, const char *otherwise, char out[static 192]) {
        if (!nearest)
                return otherwise;
        (void)snprintf(out, 192, "did you mean `%s`?", nearest);
        return out;
}

static uint32_t resolve(struct site_compiler *c, struct diag_pos pos, struct ww_str id, const char *of,
                        const struct symtab *ids) {
        uint32_t symbol = symtab_find(ids, id);
        const char *nearest;
        char help[192];

        if (symbol)
                return symbol - 1;
        nearest = diag_has_room(c->d) ? site_nearest_of(ids, id) : NULL;
        (void)site_told(c, diag_error(c->d, pos, help_nearest(nearest, "define it in one of the site's files", help),
                                      "unknown %s `%.*s`", of, WW_STR_ARG(id)));
        return SITE_NONE;
}

uint32_t site_resolve_item(struct site_compiler *c, const struct yaml_node *n, const char *key, const char *of,
                           const struct symtab *ids) {
        struct ww_str id;
        int r = yaml_string(n, key, c->d, &id);

        (void)site_told(c, r);
        return r ? SITE_NONE : resolve(c, n->pos, id, of, ids);
}

uint32_t site_resolve_key(struct site_compiler *c, const struct yaml_node *n, const char *of,
                          const struct symtab *ids) {
        return resolve(c, n->key_pos, n->key, of, ids);
}

/* The zone that `key` of an entry names; SITE_NONE if the key is not there, or wrong (told). */
static uint32_t resolve_zone(struct site_compiler *c, const struct yaml_node *entry, const char *key) {
        const struct yaml_node *n = yaml_get(entry, key);

        return n ? site_resolve_item(c, n, key, "zone", c->site->zone_ids) : SITE_NONE;
}

/* a in b in a */
static int tell_ring(struct site_compiler *c, uint32_t at) {
        const struct site *s = c->site;
        _cleanup_buf_ struct buf ring = BUF_INIT;
        uint32_t zone = at;

        do {
                buf_printf(&ring, "%.*s in ", WW_STR_ARG(s->zones[zone].id));
                zone = s->zones[zone].parent;
        } while (zone != at && ring.n < SITE_RING_SHOWN);
        buf_printf(&ring, "%.*s", WW_STR_ARG(s->zones[at].id));
        return diag_error(c->d, yaml_get(c->zone_nodes[at], "in")->pos, "take one `in` out",
                          "zone `%.*s` is inside itself: %.*s", WW_STR_ARG(s->zones[at].id),
                          WW_STR_ARG(buf_str(&ring)));
}

/* Walks up once from each zone and marks what is known to end; a zone met again in the same walk is a ring. */
static int check_rings(struct site_compiler *c) {
        const struct site *s = c->site;
        _cleanup_free_ uint32_t *seen = calloc(s->n_zones ? s->n_zones : 1, sizeof *seen);

        if (!seen)
                return -ENOMEM;
        for (uint32_t start = 0; start < s->n_zones; start++) {
                uint32_t at = start, walk = start + 1;

                while (at != SITE_NONE && seen[at] == 0) {
                        seen[at] = walk;
                        at = s->zones[at].parent;
                }
                if (at != SITE_NONE && seen[at] == walk)
                        (void)site_told(c, tell_ring(c, at));
        }
        return 0;
}

static int resolve_zones(struct site_compiler *c) {
        struct site *s = c->site;
        int r;

        for (size_t i = 0; i < s->n_zones; i++)
                s->zones[i].parent = resolve_zone(c, c->zone_nodes[i], "in");
        r = check_rings(c);
        return r ? r : site_resolve_adjacent(c);
}

static int resolve_assets(struct site_compiler *c) {
        struct site *s = c->site;

        for (size_t i = 0; i < s->n_assets; i++)
                s->assets[i].zone = resolve_zone(c, c->asset_nodes[i], "zone");
        return site_resolve_parents(c);
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

                return diag_error(c->d, n->pos, "take it out of one of the two",
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
                r = site_resolve_plans(c);
        if (r == 0)
                r = resolve_assets(c);
        if (r)
                return r;
        s->device_assets = calloc(s->n_assets ? s->n_assets : 1, sizeof *s->device_assets);
        if (!s->device_assets)
                return -ENOMEM;
        for (uint32_t i = 0; r == 0 && i < s->n_assets; i++)
                r = site_told(c, resolve_device(c, i));
        if (r == 0)
                r = site_resolve_clients(c);
        return r || c->result ? r : site_check_schedules(c);
}
