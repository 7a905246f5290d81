#pragma once
/*
 * A map from what a device says to what it means: many to one, letter case folded, with a default. Keys are compared as
 * text, and as numbers where both are numbers (`1` finds 1.0); true, false and null are found by these words, an empty
 * text by two quotes (YAML has no empty keys: '""': no press).
 */
#include "decode/document.h"

#define VALUEMAP_ROWS_MAX 256

struct valuemap_row {
        struct ww_str text; /* folded */
        bool numeric;
        double number;
        struct ww_value result;
        int state; /* in a state's map: enum ww_state, or VALUEMAP_IGNORE */
};

#define VALUEMAP_IGNORE (-1)

struct valuemap {
        struct valuemap_row *rows;
        size_t n;
        const struct valuemap_row *other; /* the row "*"; NULL = none */
};

/** The row for `v` (any type but missing), or `other`, or NULL. */
const struct valuemap_row *valuemap_find(const struct valuemap *m, const struct ww_value *v);
/** Fills text, numeric and number of a row from a key as it is written. 0, -ENOMEM. */
int valuemap_row_key(struct arena *arena, struct ww_str key, struct valuemap_row *row);
/** ASCII case-insensitive. `folded` is in lower case already. */
bool valuemap_text_is(struct ww_str text, struct ww_str folded);
/** "true on yes 1 …" → *ret; false if it is none of the words for a truth value. */
bool valuemap_boolean(const struct ww_value *v, bool *ret);
/** The words, for the reference. */
extern const char valuemap_true_words[], valuemap_false_words[];
