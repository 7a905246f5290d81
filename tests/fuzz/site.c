/*
 * A site file from hostile bytes: YAML, its typed readers, the site's checks and the rendering of what is wrong. What
 * is refused must have been told; what is accepted must answer every question about itself.
 */
#include "config/site.h"
#include "config/timezone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool condition) {
        if (!condition)
                abort();
}

/* The time zone Z of the corpus: Berlin's rule, without its history. */
#define ZONE_HEADER "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
#define ZONE_TYPE   "\0\0\x0e\x10\0\0CET\0"
static const char zone[] = ZONE_HEADER ZONE_TYPE ZONE_HEADER ZONE_TYPE "\nCET-1CEST,M3.5.0,M10.5.0/3\n";

/* Instants near the turns of summer time, and far away. */
static const int64_t times[] = {
        INT64_MIN,          -1, 0, 1774746000 * WW_SECOND, 1774746000 * WW_SECOND - 1, 1792890000 * WW_SECOND,
        TIMEZONE_LIMIT / 2,
};

static void ask_schedule(const struct site *s, uint32_t schedule, int64_t t) {
        int64_t edge = site_schedule_edge(s, schedule, t), opening = site_schedule_opening(s, schedule, t);
        struct site_window w = site_window_of(s, t, WW_HOUR);

        must(edge > t && opening > t);
        must(edge == WW_TIME_NEVER ||
             site_schedule_open(s, schedule, edge) != site_schedule_open(s, schedule, edge - 1));
        must(w.from < w.to && (t == INT64_MIN || (w.from <= t && t < w.to)));
}

static void ask_names(const struct site *s) {
        for (uint32_t i = 0; i < site_schedule_count(s); i++) {
                must(site_schedule_find(s, site_schedule_name(s, i)) == i);
                for (size_t k = 0; k < sizeof times / sizeof *times; k++)
                        ask_schedule(s, i, times[k]);
        }
        for (uint32_t i = 0; i < site_mode_count(s); i++)
                must(site_mode_find(s, site_mode(s, i)->name) == i);
}

static void ask(const struct site *s) {
        for (uint32_t i = 0; i < site_zone_count(s); i++) {
                const struct site_zone *z = site_zone(s, i);

                must(site_zone_find(s, z->id) == i);
                must(z->type.n == 0 || site_zone_of_type(s, i, z->type) == i);
                must(site_zone_of_type(s, i, WW_STR("\1")) == SITE_NONE); /* walks to the root */
                for (uint32_t k = 0; k < z->n_adjacent; k++)
                        must(z->adjacent[k] != i && site_zones_adjacent(s, z->adjacent[k], i));
        }
        for (uint32_t i = 0; i < site_asset_count(s); i++) {
                const struct site_asset *a = site_asset(s, i);

                must(site_asset_find(s, a->id) == i);
                must(a->device.n == 0 || site_asset_of_device(s, a->device) == i);
                must(!site_asset_under(s, i, i));
                for (uint32_t k = 0; k < a->n_parents; k++)
                        must(site_asset_under(s, i, a->parents[k]));
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
        must(bundle_add_text(&bundle, BUNDLE_TIMEZONE, "Z", (struct ww_str){ zone, sizeof zone - 1 }) == 0);
        must(bundle_seal(&bundle) == 0);
        r = site_compile(&site, &bundle, symbols, &diag);
        must((r == 0 && diag.errors == 0) || (r == DIAG_E_USER && diag.errors > 0));
        if (r == 0) {
                ask(site);
                ask_names(site);
        }
        diag_render(&diag, &told);
        for (size_t i = 0; i < told.n; i++)
                must(told.p[i] >= 0x20 || told.p[i] == '\n'); /* no file drives the terminal */
        diag_deinit(&diag);
        return 0;
}
