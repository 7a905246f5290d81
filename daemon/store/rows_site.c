/*
 * The site model of a reload as rows, so that questions about a zone can go by the model that was in force: its zones
 * and assets, read out of the very text that the reload carries. Nothing else of the text is looked at, and a text that
 * cannot be read gives no rows: the engine has taken it, and whatever is wrong with it is the engine's to say.
 */
#include "config/site.h"
#include "store/rows_internal.h"

static void add_zone(struct rows *r, uint64_t seq, const struct site *site, uint32_t index) {
        const struct site_zone *zone = site_zone(site, index);
        const struct site_zone *parent = zone->parent == SITE_NONE ? NULL : site_zone(site, zone->parent);
        struct copy *c = rows_begin(r, TABLE_SITE_ZONE, seq, -1);

        copy_name(c, zone->id);
        copy_name(c, parent ? parent->id : WW_STR_NONE);
        copy_text(c, zone->title);
        copy_text(c, zone->type);
        copy_bool(c, site_zone_key_area(site, index));
}

static void add_asset(struct rows *r, uint64_t seq, const struct site *site, uint32_t index) {
        const struct site_asset *asset = site_asset(site, index);
        struct copy *c = rows_begin(r, TABLE_SITE_ASSET, seq, -1);

        copy_name(c, asset->id);
        copy_text(c, asset->title);
        copy_text(c, asset->class_name);
        copy_name(c, asset->device);
        copy_name(c, asset->zone == SITE_NONE ? WW_STR_NONE : site_zone(site, asset->zone)->id);
        if (asset->supervision)
                copy_interval(c, asset->supervision);
        else
                copy_null(c);
}

static void add_site(struct rows *r, uint64_t seq, const struct site *site) {
        for (size_t i = 0; i < site_zone_count(site); i++)
                add_zone(r, seq, site, (uint32_t)i);
        for (size_t i = 0; i < site_asset_count(site); i++)
                add_asset(r, seq, site, (uint32_t)i);
}

int rows_add_site(struct rows *r, uint64_t seq, struct ww_str text) {
        _cleanup_(symtab_freep) struct symtab *symbols = NULL;
        _cleanup_(site_freep) struct site *site = NULL;
        struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        int e = symtab_new(&symbols);

        if (!e)
                e = bundle_decode(text, &bundle);
        if (!e)
                e = site_compile(&site, &bundle, symbols, &diag);
        if (!e)
                add_site(r, seq, site);
        diag_deinit(&diag);
        site = site_free(site); /* before what it borrows from */
        bundle_deinit(&bundle);
        return e == -ENOMEM ? e : 0;
}
