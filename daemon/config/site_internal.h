#pragma once
/* The compiled site, shared by site.c (questions) and site_compile.c, site_resolve.c (answers). */
#include "config/site.h"
#include "config/timezone.h"
#include "config/yaml.h"

/* A list's members are symbols of their own table: membership is one look-up. */
struct site_list {
        struct ww_str name;
        struct diag_pos pos;
        struct symtab *members;
};

/* From and to, counted from the midnight at which the day of the hours begins; `to` may lie in the next day. */
struct site_span {
        int64_t from, to;
};

/* What holds on a day: no span = closed. Ascending, apart. */
struct site_hours {
        const struct site_span *spans;
        size_t n;
};

/* Dates first to last, as days since 1970-01-01, with the index of their hours (of a holiday: 0). */
struct site_dates {
        int64_t first, last;
        uint16_t hours;
};

#define SITE_RING_SHOWN 200        /* bytes of a ring of zones or assets that are told */
#define SITE_YEAR       (12 * 31)  /* days of a year, each month taken as 31 */
#define SITE_AS_WEEKDAY UINT16_MAX /* no hours of their own: the day counts as what it is */

struct site_schedule {
        struct ww_str name, title;
        struct diag_pos pos;
        struct site_hours *hours; /* [0] = closed */
        size_t n_hours;
        uint16_t weekdays[7];     /* Monday first */
        uint16_t holidays;        /* or SITE_AS_WEEKDAY */
        uint16_t *yearly;         /* SITE_YEAR of them or NULL; SITE_AS_WEEKDAY = nothing said of that date */
        struct site_dates *dates; /* ascending, apart */
        size_t n_dates;
        bool overnight; /* some hours reach into the next day */
        bool plain;     /* without special days it would be always open, or never */
        uint16_t *
                to_yearly; /* of a plain one: SITE_YEAR counts of days to the next special one of every year, or NULL */
};

struct site_holidays {
        struct site_dates *dates; /* ascending, apart */
        size_t n_dates;
        bool yearly[SITE_YEAR];
        bool any_yearly;
};

/* All that an asset is under, ascending. */
struct site_above {
        const uint32_t *assets;
        size_t n;
};

struct site {
        struct arena arena;
        struct ww_str name;
        struct site_alarms alarms;
        struct ww_kinds kinds;     /* the built-in table, or `kind_rows` */
        struct ww_kind *kind_rows; /* NULL: no kinds of its own */

        struct site_zone *zones;
        size_t n_zones;
        struct symtab *zone_ids; /* symbol = index + 1 */
        struct symtab *types;

        struct site_asset *assets;
        size_t n_assets;
        struct symtab *asset_ids; /* symbol = index + 1 */
        struct symtab *devices;
        uint32_t *device_assets;  /* by device symbol - 1 */
        struct site_above *above; /* of each asset */
        struct symtab *classes;
        struct symtab *field_names; /* that some asset has beside those that every asset can have */

        struct site_list *lists;
        size_t n_lists;
        struct symtab *list_names; /* symbol = index + 1 */

        struct timezone_table *timezone; /* NULL = UTC */
        struct site_holidays holidays;
        struct site_schedule *schedules;
        size_t n_schedules;
        struct symtab *schedule_names; /* symbol = index + 1 */

        struct site_mode *modes;
        size_t n_modes;
        struct symtab *mode_names; /* symbol = index + 1 */

        struct site_plan *plans;
        size_t n_plans;

        struct site_client *clients;
        size_t n_clients;
};

struct site_compiler {
        struct site *site;
        const struct bundle *bundle;
        struct symtab *symbols;
        struct diag *d;
        struct arena trees;                    /* the files' YAML, gone when the site is compiled */
        const struct yaml_node **zone_nodes;   /* entry of each zone, */
        const struct yaml_node **asset_nodes;  /* of each asset */
        const struct yaml_node **plan_nodes;   /* of each plan, */
        const struct yaml_node **client_nodes; /* of each client */
        struct ww_str timezone;                /* its name as first written */
        struct diag_pos alarms;                /* of `alarms:`; line 0 = not read yet */
        struct ww_str path;                    /* of the file being read; lives with the site */
        int result;                            /* 0 or DIAG_E_USER: all that is wrong is told */
};

/* A key of a site's files, as rules/README.md has it. */
struct site_key {
        const char *name, *help;
        int (*read)(struct site_compiler *c, const struct yaml_node *n); /* of a file; 0 or -errno */
};

extern const struct site_key site_file_keys[], site_zone_keys[], site_asset_keys[], site_mode_keys[], site_kind_keys[],
        site_day_keys[], site_hours_words[], site_alarms_keys[], site_plan_keys[], site_client_keys[];
extern const size_t site_file_keys_n, site_zone_keys_n, site_asset_keys_n, site_mode_keys_n, site_kind_keys_n,
        site_day_keys_n, site_hours_words_n, site_alarms_keys_n, site_plan_keys_n, site_client_keys_n;

const struct site_key *site_key_find(const struct site_key *keys, size_t n, struct ww_str name); /* NULL if none */
const char *site_key_nearest(const struct site_key *keys, size_t n, struct ww_str name);         /* NULL if none */
/** Tells of the keys of `n` that are not in the table. 0 or DIAG_E_USER. */
int site_keys_check(struct site_compiler *c, const struct yaml_node *n, const char *what, const struct site_key *keys,
                    size_t n_keys);

/** Notes that something was told; passes a negative errno on, everything else is 0. */
static inline int site_told(struct site_compiler *c, int r) {
        if (r > 0)
                c->result = r;
        return r < 0 ? r : 0;
}

/** Room for one more behind `n`: the array, perhaps elsewhere; NULL without memory (the old one is still there). */
void *site_array_room(void *array, size_t n, size_t size);

/** An id of a site, zone or asset: 1 to 128 bytes without blanks, `=`, `,` and control characters. 0, DIAG_E_USER. */
int site_read_id(const struct yaml_node *n, const char *what, struct diag *d, struct ww_str *ret);

/** An optional text, copied for the site; "" if the key is not there or wrong (told). 0 or -ENOMEM. */
int site_read_text(struct site_compiler *c, const struct yaml_node *entry, const char *key, struct ww_str *ret);

/** True for nothing behind the key: `drill:`. */
bool site_is_nothing(const struct yaml_node *n);

/** The key of a named thing that rules write (letters, digits, -), new in `names` and kept by it. 0, DIAG_E_USER,
 *  -ENOMEM. */
int site_read_name_key(struct site_compiler *c, const struct yaml_node *n, const char *what, struct symtab *names,
                       struct ww_str *ret);
/** Reads each value of a group (if it is none: `problem`); what is wrong is told, the next one read all the same. 0 or
 * -errno. */
int site_read_group(struct site_compiler *c, const struct yaml_node *group, const char *problem, const char *help,
                    int (*read)(struct site_compiler *c, const struct yaml_node *n));

/* The days that a key of a schedule or a holiday speaks of. */
enum site_days_kind {
        SITE_DAYS_NONE,
        SITE_DAYS_WEEK,
        SITE_DAYS_HOLIDAYS,
        SITE_DAYS_YEARLY, /* 12-24, 12-24..01-06: of every year */
        SITE_DAYS_DATES,  /* 2026-12-24, 2026-12-24..2027-01-06 */
};

struct site_days {
        enum site_days_kind kind;
        unsigned week;       /* bit 0 = Monday */
        int64_t first, last; /* dates: days since 1970; yearly: day in SITE_YEAR, last < first over New Year */
};

/** 0, DIAG_E_USER. */
int site_read_days(struct site_compiler *c, const struct yaml_node *n, struct site_days *ret);
int site_read_dates(struct site_compiler *c, const struct yaml_node *n, struct site_days *ret);
extern const char *const site_weekdays[7]; /* "mon" … */

/** `08:00-12:00`, a list of these, `open` or `closed`. 0, DIAG_E_USER, -ENOMEM. */
int site_read_hours(struct site_compiler *c, const struct yaml_node *n, struct site_hours *ret);

/** Adds a range to a growing array, which must keep its ranges apart. 0, DIAG_E_USER, -ENOMEM. */
int site_dates_add(struct site_compiler *c, struct site_dates **dates, size_t *n, struct site_dates add,
                   struct diag_pos pos);

/** Reads one part of a file into the site; what is wrong is told. 0 or -errno. */
int site_read_name(struct site_compiler *c, const struct yaml_node *n);
int site_read_zones(struct site_compiler *c, const struct yaml_node *list);
int site_read_assets(struct site_compiler *c, const struct yaml_node *list);
int site_read_lists(struct site_compiler *c, const struct yaml_node *group);
int site_read_timezone(struct site_compiler *c, const struct yaml_node *n);
int site_read_modes(struct site_compiler *c, const struct yaml_node *group);
int site_read_clients(struct site_compiler *c, const struct yaml_node *list);
int site_read_plans(struct site_compiler *c, const struct yaml_node *list);
int site_read_alarms(struct site_compiler *c, const struct yaml_node *group);
int site_read_kinds(struct site_compiler *c, const struct yaml_node *list);
int site_read_schedules(struct site_compiler *c, const struct yaml_node *group);
int site_read_holidays(struct site_compiler *c, const struct yaml_node *group);

void site_alarms_init(struct site_alarms *ret);

/** The further keys of an asset. 0, DIAG_E_USER, -ENOMEM. */
int site_read_fields(struct site_compiler *c, const struct yaml_node *entry, struct site_asset *asset);

/** The name of a table nearest to `name`, or NULL. */
const char *site_nearest_of(const struct symtab *t, struct ww_str name);

/** The index that an item refers to; SITE_NONE if it is wrong (told). */
uint32_t site_resolve_item(struct site_compiler *c, const struct yaml_node *n, const char *key, const char *of,
                           const struct symtab *ids);
/** The same of the key of an item. */
uint32_t site_resolve_key(struct site_compiler *c, const struct yaml_node *n, const char *of, const struct symtab *ids);
/** The zones of all plans. 0 or -errno. */
int site_resolve_clients(struct site_compiler *c);
int site_resolve_plans(struct site_compiler *c);
/** `parent` of all assets, and what each is under. 0 or -errno. */
int site_resolve_parents(struct site_compiler *c);
/** `adjacent` of all zones. 0 or -errno. */
int site_resolve_adjacent(struct site_compiler *c);

/** What can be said of schedules once all files are read; warns. 0 or -ENOMEM. */
int site_check_schedules(struct site_compiler *c);
/** Finds out what questions need not find out each time. 0 or -ENOMEM. */
int site_schedule_prepare(struct site *s, struct site_schedule *p);

/** What refers to what, once all files are read. 0 or -errno. */
int site_resolve(struct site_compiler *c);
