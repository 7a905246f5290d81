/*
 * A site file from hostile bytes: YAML, its typed readers, the site's checks and the rendering of what is wrong. What
 * is refused must have been told; what is accepted must answer every question about itself.
 */
#include "config/site.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool condition) {
        if (!condition)
                abort();
}

static void ask(const struct site *s) {
        for (uint32_t i = 0; i < site_zone_count(s); i++) {
                const struct site_zone *z = site_zone(s, i);

                must(site_zone_find(s, z->id) == i);
                must(z->type.n == 0 || site_zone_of_type(s, i, z->type) == i);
                must(site_zone_of_type(s, i, WW_STR("\1")) == SITE_NONE); /* walks to the root */
        }
        for (uint32_t i = 0; i < site_asset_count(s); i++) {
                const struct site_asset *a = site_asset(s, i);

                must(site_asset_find(s, a->id) == i);
                must(a->device.n == 0 || site_asset_of_device(s, a->device) == i);
                for (size_t k = 0; k < a->n_fields; k++)
                        must(site_asset_field(s, i, a->fields[k].name).type == a->fields[k].value.type);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        _cleanup_(symtab_freep) struct symtab *symbols = NULL;
        _cleanup_(site_freep) struct site *site = NULL;
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf told = BUF_INIT;
        struct diag diag = { .source = bundle_source, .userdata = &bundle };
        int r;

        must(symtab_new(&symbols) == 0);
        must(bundle_add_text(&bundle, BUNDLE_SITE, "f", (struct ww_str){ (const char *)bytes, n }) == 0);
        must(bundle_seal(&bundle) == 0);
        r = site_compile(&site, &bundle, symbols, &diag);
        must((r == 0 && diag.errors == 0) || (r == DIAG_E_USER && diag.errors > 0));
        if (r == 0)
                ask(site);
        diag_render(&diag, &told);
        for (size_t i = 0; i < told.n; i++)
                must(told.p[i] >= 0x20 || told.p[i] == '\n'); /* no file drives the terminal */
        diag_deinit(&diag);
        return 0;
}
