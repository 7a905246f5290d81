/*
 * Where a detection belongs: where the newest event came from that counted, as long as the key does not say otherwise.
 * An alarm of an absence has no event of its own, or one that is long gone; its key still names the ward, the asset or
 * the device.
 */
#include "correlate/state.h"

static uint32_t zone_of_asset(const struct site *site, uint32_t asset) {
        return asset < site_asset_count(site) ? site_asset(site, asset)->zone : SITE_NONE;
}

static bool within(const struct site *site, uint32_t zone, uint32_t outer) {
        while (zone != SITE_NONE && zone != outer)
                zone = site_zone(site, zone)->parent;
        return zone == outer;
}

static void place_asset(const struct site *site, struct ww_str value, struct place *p) {
        uint32_t asset = site_asset_find(site, value);

        if (asset == SITE_NONE || asset == p->asset)
                return;
        *p = (struct place){ site_asset(site, asset)->device, asset, zone_of_asset(site, asset) };
}

static void place_device(const struct site *site, struct ww_str value, struct place *p) {
        uint32_t asset = site_asset_of_device(site, value);

        if (!ww_str_equal(value, p->device))
                *p = (struct place){ value, asset, zone_of_asset(site, asset) };
}

static void place_zone(const struct site *site, struct ww_str value, struct place *p) {
        uint32_t zone = site_zone_find(site, value);

        if (zone != SITE_NONE && !within(site, p->zone, zone))
                *p = (struct place){ WW_STR_NONE, SITE_NONE, zone };
}

int place_of(const struct correlate *c, const struct key *k, struct arena *arena, struct place *ret) {
        const struct site *site = c->rules->site;
        const struct rule *rule = key_rule(c, k);

        *ret = (struct place){ texts_text(c->texts, k->device), k->asset, zone_of_asset(site, k->asset) };
        for (size_t i = 0; i < rule->n_key; i++) {
                struct ww_str name = rule->key_names[i], value = key_part(arena, key_text(c, k), i);

                if (!value.p)
                        return -ENOMEM;
                if (ww_str_is(name, "asset"))
                        place_asset(site, value, ret);
                else if (ww_str_is(name, "device"))
                        place_device(site, value, ret);
                else if (ww_str_is(name, "zone") || site_zone_type_known(site, name))
                        place_zone(site, value, ret);
        }
        return 0;
}
