#pragma once
/*
 * The site model: zones, assets, named lists, schedules and modes. What a device is, where it is, who may be where, and
 * what holds when.
 *
 *     timezone: Europe/Berlin
 *     zones:                          assets:                              lists:
 *       - zone: W3                      - asset: door-w3-exit                maternity: [nurse-maternity, midwife]
 *         title: Ward 3 maternity         device: zigbee2mqtt/ward3_door   holidays:
 *         type: ward                      class: door                        12-25: Christmas Day
 *         in: floor-2                     zone: W3                         schedules:
 *         key_area: true                  parent: [gateway, ups]             pharmacy:
 *         adjacent: [W4]                  supervision: 25h                     mon-fri: "08:00-18:00"
 *     modes:                              held_limit: 30s                      holidays: closed
 *       drill: {exercise: true}                                              night: {daily: "22:00-06:00"}
 *
 * Checked against each other: an asset in an unknown zone, a zone in itself, a device named twice is an error with
 * line and nearest name. Immutable once compiled; indexes are stable for one compiled site.
 */
#include "base/symtab.h"
#include "config/bundle.h"

#include <wardwatch/alarm.h>
#include <wardwatch/kind.h>
#include <wardwatch/time.h>

#define SITE_NONE UINT32_MAX

struct site_zone {
        struct ww_str id, title, type; /* type: ward, floor, building, … free */
        uint32_t parent;               /* SITE_NONE at a root */
        bool key_area;                 /* where more is at stake: a pharmacy, a nursery, a server room */
        const uint32_t *adjacent;      /* symmetric, ascending: one step leads from each to the other */
        uint32_t n_adjacent;
        struct diag_pos pos;
};

struct site_field {
        uint32_t symbol;
        struct ww_str name;
        struct ww_value value; /* spans ("30s") are WW_SPAN */
};

struct site_asset {
        struct ww_str id, title, class_name, device;
        uint32_t zone;           /* SITE_NONE = none */
        uint32_t parent;         /* the first of `parents`; SITE_NONE = none */
        const uint32_t *parents; /* what it depends on, in the order written */
        uint32_t n_parents;
        int64_t supervision;             /* µs; 0 = not supervised */
        const struct site_field *fields; /* further keys */
        size_t n_fields;
        struct diag_pos pos;
};

struct site_mode {
        struct ww_str name, title;
        bool initially; /* on when nobody has said anything yet */
        bool exercise;  /* while it is on, what happens is a drill */
        struct diag_pos pos;
};

struct site_point {
        double x, y; /* in the units of the picture's viewBox */
};

/* Where a zone is in a plan. */
struct site_place {
        uint32_t zone;
        const struct site_point *points; /* the corners of a polygon, in order; at least three */
        uint32_t n_points;
};

struct site_plan {
        struct ww_str id, title;
        struct ww_str file; /* as written */
        struct ww_str path; /* of the picture, as the configuration led to it */
        uint32_t zone;      /* what it is a plan of; SITE_NONE = nothing said */
        const struct site_place *places;
        size_t n_places;
        struct diag_pos pos;
};

/* What a client of the broker fixes of its topics: {gateway} is gw-w3. */
struct site_capture {
        struct ww_str name, value;
};

/* Who connects to the broker, and for what it speaks there. */
struct site_client {
        struct ww_str user, title;                          /* user: with `{device}` or `{asset}` in it, `each` */
        const struct ww_str *sensors, *publish, *subscribe; /* names of types; topic filters */
        size_t n_sensors, n_publish, n_subscribe;
        const struct site_capture *fixed;
        size_t n_fixed;
        const uint32_t *assets; /* with a device, ascending */
        size_t n_assets;
        bool selects; /* for these assets; else for whatever its types tell of */
        bool each;    /* one client for each of them */
        struct diag_pos pos;
};

#define SITE_FIRST_OUT_MAX 8

/* How alarms are treated here: `alarms:` of the site, or what holds without it. Spans in µs. */
struct site_alarms {
        int64_t acknowledge_expires[WW_PRIORITY_CRITICAL + 1]; /* an acknowledgement holds so long; 0 = for good */
        int64_t shelve_max[WW_HAZARD_MAX_];                    /* 0 = never */
        int64_t out_of_service_max;
        uint32_t reason_required;                       /* to acknowledge: set of 1 << enum ww_priority */
        struct ww_str first_out_by[SITE_FIRST_OUT_MAX]; /* types of zones, whose alarms of a hazard are one group */
        size_t n_first_out_by;
};

/* [from, to) */
struct site_window {
        int64_t from, to;
};

struct site;
struct timezone_table;

/** Compiles all BUNDLE_SITE files together. Field names and list names are interned in `symbols`.
 *  0, DIAG_E_USER, -ENOMEM. No site file at all is an empty site, and legal. */
int site_compile(struct site **ret, const struct bundle *bundle, struct symtab *symbols, struct diag *d);
struct site *site_free(struct site *s);
DEFINE_CLEANUP(struct site *, site_free)

/** The vocabulary here: the built-in kinds, and behind them the site's own (`kinds:`). As long as the site. */
const struct ww_kinds *site_kinds(const struct site *s);
struct ww_str site_name(const struct site *s); /* `site: NAME`, "" if none */
/** How alarms are treated; of NULL what holds without a site. Lives as long as the site. */
const struct site_alarms *site_alarms(const struct site *s);
/** What its clocks show; NULL = UTC. Lives as long as the site. */
const struct timezone_table *site_timezone(const struct site *s);
size_t site_zone_count(const struct site *s);
const struct site_zone *site_zone(const struct site *s, uint32_t index);
uint32_t site_zone_find(const struct site *s, struct ww_str id);
/** The nearest zone of that type at or above `zone` ("ward", "floor", "building"); SITE_NONE if none. */
uint32_t site_zone_of_type(const struct site *s, uint32_t zone, struct ww_str type);
/** The zone in whose group an alarm of `zone` may be the first: the nearest one at or above it of a type in
 *  `first_out_by`, else itself. */
uint32_t site_zone_first_out(const struct site *s, uint32_t zone);
/** True if the zone is a key area, or a part of one. */
bool site_zone_key_area(const struct site *s, uint32_t zone);
/** True if some zone has that type: then the word may stand in `by:`. */
bool site_zone_type_known(const struct site *s, struct ww_str type);

/** True if one of the two names the other in `adjacent`. */
bool site_zones_adjacent(const struct site *s, uint32_t a, uint32_t b);

/** How many steps by `adjacent` lead from the one zone to the other, those of the zones that they are part of counted
 * as their own; 0 where one is the other or a part of it; SITE_NONE: none do. O(zones). */
uint32_t site_zones_steps(const struct site *s, uint32_t from, uint32_t to);

size_t site_asset_count(const struct site *s);
const struct site_asset *site_asset(const struct site *s, uint32_t index);
uint32_t site_asset_find(const struct site *s, struct ww_str id);
/** The asset of a device; SITE_NONE = device unknown to the site. One hash look-up; on the hot path. */
uint32_t site_asset_of_device(const struct site *s, struct ww_str device);
/** A field of an asset: id, class, zone, title, parent, supervision, or one of its further keys; missing if none. */
struct ww_value site_asset_field(const struct site *s, uint32_t asset, struct ww_str name);
/** True if some asset has that field, or every asset can have it. */
bool site_asset_field_known(const struct site *s, struct ww_str name);
/** True if some way up the parents leads from `asset` to `ancestor`; no asset is under itself. O(log n). */
bool site_asset_under(const struct site *s, uint32_t asset, uint32_t ancestor);
bool site_class_known(const struct site *s, struct ww_str class_name);

/** Named lists: index, or SITE_NONE. */
uint32_t site_list_find(const struct site *s, struct ww_str name);
struct ww_str site_list_name(const struct site *s, uint32_t list); /* "" if there is none */
bool site_list_has(const struct site *s, uint32_t list, struct ww_str member);

/** Schedules: index, or SITE_NONE. */
size_t site_schedule_count(const struct site *s);
uint32_t site_schedule_find(const struct site *s, struct ww_str name);
struct ww_str site_schedule_name(const struct site *s, uint32_t schedule);  /* "" if there is none */
struct ww_str site_schedule_title(const struct site *s, uint32_t schedule); /* "" if it has none */
struct diag_pos site_schedule_pos(const struct site *s, uint32_t schedule);
/** True while the hours last, their first instant included, their end not. No such schedule is never open. On the hot
 *  path: two look-ups of a date. */
bool site_schedule_open(const struct site *s, uint32_t schedule, int64_t t);
/** The first instant after `t` at which site_schedule_open differs from what it is at `t`; WW_TIME_NEVER. */
int64_t site_schedule_edge(const struct site *s, uint32_t schedule, int64_t t);
/** The first beginning of hours after `t`; WW_TIME_NEVER. Hours that meet are one. Hours of which nothing is left,
 *  because the clock is put forward over them, begin at the instant of that: an anchor is never lost. */
int64_t site_schedule_opening(const struct site *s, uint32_t schedule, int64_t t);

/** Modes: index, or SITE_NONE. Whether one is on is not part of the site: it changes by command. */
size_t site_mode_count(const struct site *s);
const struct site_mode *site_mode(const struct site *s, uint32_t index);
uint32_t site_mode_find(const struct site *s, struct ww_str name);

/** Floor plans, in the order written: index, or SITE_NONE. */
size_t site_plan_count(const struct site *s);
const struct site_plan *site_plan(const struct site *s, uint32_t index);
uint32_t site_plan_find(const struct site *s, struct ww_str id);
/** Clients of the broker, in the order written. */
size_t site_client_count(const struct site *s);
const struct site_client *site_client(const struct site *s, size_t index); /* NULL behind the last */
/** True if a plan's picture may be called so: an SVG in the folder of the file that names it, or below it. */
bool site_plan_file_legal(struct ww_str file);

/** True if windows of that length can be laid: it divides 24 hours, or is a whole number of days up to 3660. */
bool site_every_legal(int64_t every);
/** The window of a legal length that holds `t`. Counted in elapsed time from each local date's first instant and cut
 *  at the next one's; N days are N local dates, counted from 1970-01-01. */
struct site_window site_window_of(const struct site *s, int64_t t, int64_t every);

/** Nearest known name, for messages; NULL if none. Static as long as the site. */
const char *site_nearest_zone(const struct site *s, struct ww_str name);
const char *site_nearest_field(const struct site *s, struct ww_str name); /* of assets */
const char *site_nearest_asset(const struct site *s, struct ww_str name);
const char *site_nearest_list(const struct site *s, struct ww_str name);
const char *site_nearest_class(const struct site *s, struct ww_str name);
const char *site_nearest_schedule(const struct site *s, struct ww_str name);
const char *site_nearest_mode(const struct site *s, struct ww_str name);
