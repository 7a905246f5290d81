#pragma once
/* Units in which devices speak, and what makes the unit of a kind of them: value × scale + offset. */
#include <wardwatch/str.h>

struct unit {
        const char *name, *to; /* `to`: as in the table of kinds */
        double scale, offset;
};
extern const struct unit units[]; /* grouped by `to` */
extern const size_t units_n;

/** NULL: no conversion is known. */
const struct unit *unit_find(struct ww_str name, struct ww_str to);
