#pragma once
/*
 * A YAML document as a tree in which every node knows its line and column.
 *
 * Built on libyaml's events. Refused, with a message: more than 1 MiB, nesting beyond 32 (checked on the raw bytes
 * first: libyaml needs 9 s for 80 KB of `[`), aliases and anchors, tags, duplicate keys, more than one document,
 * bytes that are not UTF-8. Scalars stay text; the reader of a field says what type it wants, and a plain scalar is
 * told from a quoted one (`plain`), so that `on` can be a word.
 */
#include "base/arena.h"
#include "base/diag.h"

enum yaml_type {
        YAML_SCALAR,
        YAML_SEQUENCE,
        YAML_MAPPING,
};

struct yaml_node {
        enum yaml_type type;
        struct diag_pos pos;
        bool plain;              /* scalar written without quotes */
        struct ww_str text;      /* scalar; NUL-terminated */
        struct ww_str source;    /* scalar of several lines: as it stands in the file's text, which is borrowed */
        struct yaml_node *first; /* of a sequence: its items; of a mapping: its values */
        struct yaml_node *next;  /* sibling */
        struct ww_str key;       /* of a mapping's value */
        struct diag_pos key_pos;
        size_t n; /* number of items or pairs */
};

#define YAML_BYTES_MAX (1024 * 1024)
#define YAML_DEPTH_MAX 32

/** Parse one file's text. The tree lives in `arena` and copies all text. An empty document is an empty mapping.
 *  0, DIAG_E_USER (told in `d`), -ENOMEM. */
int yaml_parse(struct arena *arena, struct ww_str file, struct ww_str text, struct diag *d, struct yaml_node **ret);

/** The value of `key` in a mapping, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

#define yaml_each(item, parent)                                                                                        \
        for (const struct yaml_node *item = (parent) ? (parent)->first : NULL; item; item = item->next)

/** Typed readers: 0, or DIAG_E_USER with a message that names the key and the type wanted. `what`: "rule `x`: within".
 */
int yaml_string(const struct yaml_node *n, const char *what, struct diag *d, struct ww_str *ret);
int yaml_bool(const struct yaml_node *n, const char *what, struct diag *d, bool *ret); /* true, false only */
int yaml_integer(const struct yaml_node *n, const char *what, int64_t min, int64_t max, struct diag *d, int64_t *ret);
int yaml_number(const struct yaml_node *n, const char *what, struct diag *d, double *ret);
int yaml_span(const struct yaml_node *n, const char *what, int64_t min, int64_t max, struct diag *d, int64_t *ret);
/** A scalar as it would be typed by YAML 1.2's core schema: bool, number, null, else string. */
struct ww_value yaml_value(const struct yaml_node *n);
/** Refuses keys of a mapping that are not in `names`, each with the nearest one. 0 or DIAG_E_USER. */
int yaml_known_keys(const struct yaml_node *mapping, const char *what, const char *const *names, size_t n,
                    struct diag *d);
