#pragma once
/* The compiled site, shared by site.c (questions) and site_compile.c, site_resolve.c (answers). */
#include "config/site.h"
#include "config/yaml.h"

/* A list's members are symbols of their own table: membership is one look-up. */
struct site_list {
        struct ww_str name;
        struct diag_pos pos;
        struct symtab *members;
};

struct site {
        struct arena arena;
        struct ww_str name;

        struct site_zone *zones;
        size_t n_zones;
        struct symtab *zone_ids; /* symbol = index + 1 */
        struct symtab *types;

        struct site_asset *assets;
        size_t n_assets;
        struct symtab *asset_ids; /* symbol = index + 1 */
        struct symtab *devices;
        uint32_t *device_assets; /* by device symbol - 1 */
        struct symtab *classes;

        struct site_list *lists;
        size_t n_lists;
        struct symtab *list_names; /* symbol = index + 1 */
};

struct site_compiler {
        struct site *site;
        struct symtab *symbols;
        struct diag *d;
        struct arena trees;                   /* the files' YAML, gone when the site is compiled */
        const struct yaml_node **zone_nodes;  /* entry of each zone, */
        const struct yaml_node **asset_nodes; /* of each asset */
        struct ww_str path;                   /* of the file being read; lives with the site */
        int result;                           /* 0 or DIAG_E_USER: all that is wrong is told */
};

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

/** Reads one part of a file into the site; what is wrong is told. 0 or -errno. */
int site_read_zones(struct site_compiler *c, const struct yaml_node *list);
int site_read_assets(struct site_compiler *c, const struct yaml_node *list);
int site_read_lists(struct site_compiler *c, const struct yaml_node *group);

/** The further keys of an asset. 0, DIAG_E_USER, -ENOMEM. */
int site_read_fields(struct site_compiler *c, const struct yaml_node *entry, struct site_asset *asset);

/** The name of a table nearest to `name`, or NULL. */
const char *site_nearest_of(const struct symtab *t, struct ww_str name);

/** What refers to what, once all files are read. 0 or -errno. */
int site_resolve(struct site_compiler *c);
