#pragma once
/*
 * The site model: zones, assets, named lists. What a device is, where it is, and who may be where.
 *
 *     zones:                          assets:                              lists:
 *       - zone: W3                      - asset: door-w3-exit                maternity: [nurse-maternity, midwife]
 *         title: Ward 3 maternity         device: zigbee2mqtt/ward3_door
 *         type: ward                      class: door
 *         in: floor-2                     zone: W3
 *                                         supervision: 25h
 *                                         held_limit: 30s      # any further key is a field of the asset
 *
 * Checked against each other: an asset in an unknown zone, a zone in itself, a device named twice is an error with
 * line and nearest name. Immutable once compiled; indexes are stable for one compiled site.
 */
#include "base/symtab.h"
#include "config/bundle.h"

#define SITE_NONE UINT32_MAX

struct site_zone {
        struct ww_str id, title, type; /* type: ward, floor, building, … free */
        uint32_t parent;               /* SITE_NONE at a root */
        struct diag_pos pos;
};

struct site_field {
        uint32_t symbol;
        struct ww_str name;
        struct ww_value value; /* spans ("30s") are WW_SPAN */
};

struct site_asset {
        struct ww_str id, title, class_name, device;
        uint32_t zone, parent;           /* SITE_NONE = none */
        int64_t supervision;             /* µs; 0 = not supervised */
        const struct site_field *fields; /* further keys */
        size_t n_fields;
        struct diag_pos pos;
};

struct site;

/** Compiles all BUNDLE_SITE files together. Field names and list names are interned in `symbols`.
 *  0, DIAG_E_USER, -ENOMEM. No site file at all is an empty site, and legal. */
int site_compile(struct site **ret, const struct bundle *bundle, struct symtab *symbols, struct diag *d);
struct site *site_free(struct site *s);
DEFINE_CLEANUP(struct site *, site_free)

struct ww_str site_name(const struct site *s); /* `site: NAME`, "" if none */
size_t site_zone_count(const struct site *s);
const struct site_zone *site_zone(const struct site *s, uint32_t index);
uint32_t site_zone_find(const struct site *s, struct ww_str id);
/** The nearest zone of that type at or above `zone` ("ward", "floor", "building"); SITE_NONE if none. */
uint32_t site_zone_of_type(const struct site *s, uint32_t zone, struct ww_str type);
/** True if some zone has that type: then the word may stand in `by:`. */
bool site_zone_type_known(const struct site *s, struct ww_str type);

size_t site_asset_count(const struct site *s);
const struct site_asset *site_asset(const struct site *s, uint32_t index);
uint32_t site_asset_find(const struct site *s, struct ww_str id);
/** The asset of a device; SITE_NONE = device unknown to the site. One hash look-up; on the hot path. */
uint32_t site_asset_of_device(const struct site *s, struct ww_str device);
/** A field of an asset: id, class, zone, title, parent, supervision, or one of its further keys; missing if none. */
struct ww_value site_asset_field(const struct site *s, uint32_t asset, struct ww_str name);
bool site_class_known(const struct site *s, struct ww_str class_name);

/** Named lists: index, or SITE_NONE. */
uint32_t site_list_find(const struct site *s, struct ww_str name);
bool site_list_has(const struct site *s, uint32_t list, struct ww_str member);

/** Nearest known name, for messages; NULL if none. Static as long as the site. */
const char *site_nearest_zone(const struct site *s, struct ww_str name);
const char *site_nearest_list(const struct site *s, struct ww_str name);
const char *site_nearest_class(const struct site *s, struct ww_str name);
