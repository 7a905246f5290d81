#pragma once
/*
 * Where a device stands: its asset and zone in the site model, and what the site says about how to read it.
 *
 * An asset's `device:` is the bare name as the sensor type gives it ("ward3_door"), or, where two types use one name,
 * "TYPE/NAME" ("zigbee2mqtt/ward3_door"), which goes first. Two fields of an asset speak to decode: `kind: door` says
 * what an input or a contact of this device is, `inverted: true` turns its polarity.
 */
#include "config/site.h"
#include <wardwatch/kind.h>

struct placement {
        const struct site *site;
        /* by asset index: what events need of an asset, in one place of the memory */
        struct asset_reading {
                struct ww_str id, zone; /* zone: its id, empty = in none */
                int64_t supervision;
                ww_family family; /* WW_FAMILY_NONE = not said */
                bool inverted;
        } * readings;
        size_t n;
        bool prefixed; /* some asset names its device with a slash: "TYPE/NAME" is worth a look-up */
};

/** Checks the assets' `kind` and `inverted` too. Borrows `site`. 0, DIAG_E_USER, -ENOMEM. */
int placement_init(struct placement *p, const struct site *site, const struct ww_kinds *kinds, struct diag *d);
void placement_deinit(struct placement *p);

/** The asset of `device` as sensor type `type` names it; SITE_NONE = none. */
uint32_t placement_asset(const struct placement *p, struct ww_str type, struct ww_str device);
/** A field of the asset whose device or id is `name`; missing if there is none. */
struct ww_value placement_field(const struct placement *p, struct ww_str name, struct ww_str field);

/** The nearest kind's name, for messages; NULL if none is near. */
const char *placement_nearest_kind(const struct ww_kinds *kinds, struct ww_str name);
