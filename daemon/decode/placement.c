#include "decode/placement.h"

#include <stdio.h>

const char *placement_nearest_kind(const struct ww_kinds *kinds, struct ww_str name) {
        _cleanup_free_ const char **names = calloc(kinds->n * 3 + 1, sizeof(*names));
        size_t n = 0;

        if (!names)
                return NULL;
        for (size_t i = 0; i < kinds->n; i++) {
                names[n++] = kinds->rows[i].family;
                names[n++] = kinds->rows[i].active;
                if (kinds->rows[i].normal)
                        names[n++] = kinds->rows[i].normal;
        }
        return diag_nearest(name, names, n);
}

static int read_kind(const struct site_asset *asset, struct ww_str name, const struct ww_kinds *kinds, struct diag *d,
                     struct asset_reading *ret) {
        enum ww_state state;
        const char *nearest;
        char help[128];

        if (ww_kind_find(kinds, name, &ret->family, &state) && (state == WW_STATE_UNKNOWN || state == WW_STATE_PULSE))
                return 0;
        ret->family = WW_FAMILY_NONE;
        nearest = placement_nearest_kind(kinds, name);
        snprintf(help, sizeof help,
                 nearest ? "did you mean `%s`?" : "name a state, a pulse or a measurement: door, panic, pressure …",
                 nearest);
        return diag_error(d, asset->pos, help, "asset `%.*s`: kind `%.*s` is no kind that an asset can have",
                          WW_STR_ARG(asset->id), WW_STR_ARG(name));
}

static int read_asset(const struct site *site, const struct site_asset *asset, const struct ww_kinds *kinds,
                      struct diag *d, struct asset_reading *ret) {
        int r = 0;

        *ret = (struct asset_reading){ .id = asset->id, .supervision = asset->supervision, .family = WW_FAMILY_NONE };
        if (asset->zone != SITE_NONE)
                ret->zone = site_zone(site, asset->zone)->id;
        for (size_t i = 0; i < asset->n_fields; i++) {
                const struct site_field *f = &asset->fields[i];

                if (ww_str_is(f->name, "inverted") && f->value.type == WW_BOOL)
                        ret->inverted = f->value.boolean;
                else if (ww_str_is(f->name, "inverted"))
                        r = diag_error(d, asset->pos, "write true or false", "asset `%.*s`: inverted is no truth value",
                                       WW_STR_ARG(asset->id));
                else if (ww_str_is(f->name, "kind") && f->value.type == WW_STRING)
                        r = read_kind(asset, f->value.string, kinds, d, ret);
        }
        return r;
}

int placement_init(struct placement *p, const struct site *site, const struct ww_kinds *kinds, struct diag *d) {
        size_t n = site_asset_count(site);
        int result = 0;

        *p = (struct placement){ .site = site, .n = n };
        p->readings = calloc(n + 1, sizeof(*p->readings));
        if (!p->readings)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const struct site_asset *asset = site_asset(site, (uint32_t)i);
                int r;

                p->prefixed |= asset->device.n && memchr(asset->device.p, '/', asset->device.n);
                r = read_asset(site, asset, kinds, d, &p->readings[i]);
                result = r ? r : result;
        }
        return result;
}

void placement_deinit(struct placement *p) {
        free(p->readings);
        *p = (struct placement){ 0 };
}

uint32_t placement_asset(const struct placement *p, struct ww_str type, struct ww_str device) {
        char name[512];
        uint32_t asset;

        if (p->n == 0)
                return SITE_NONE;
        if (p->prefixed && type.n + 1 + device.n <= sizeof name) {
                memcpy(name, type.p, type.n);
                name[type.n] = '/';
                memcpy(name + type.n + 1, device.p, device.n);
                asset = site_asset_of_device(p->site, (struct ww_str){ name, type.n + 1 + device.n });
                if (asset != SITE_NONE)
                        return asset;
        }
        return site_asset_of_device(p->site, device);
}

struct ww_value placement_field(const struct placement *p, struct ww_str name, struct ww_str field) {
        uint32_t asset = site_asset_of_device(p->site, name);

        if (asset == SITE_NONE)
                asset = site_asset_find(p->site, name);
        return asset == SITE_NONE ? ww_missing() : site_asset_field(p->site, asset, field);
}
