#pragma once
/*
 * A time written in a way of its own, described as strptime does: "%H:%M:%S,%m-%d-%Y". What is no directive stands as
 * it is; a blank stands for any number of blanks, none too. Numbers may have fewer digits than they could have where
 * something that is no digit follows. The whole text must be read.
 */
#include "config/timezone.h"

struct stamp_directive {
        char letter;
        const char *help;
};
extern const struct stamp_directive stamp_directives[]; /* for the reference */
extern const size_t stamp_directives_n;

#define STAMP_PATTERN_MAX 64 /* bytes */

/* what local time means */
struct stamp_local {
        const struct timezone_table *zone; /* NULL: `offset` counts */
        int offset;                        /* seconds east of UTC */
};
int64_t stamp_local_instant(struct stamp_local local, int64_t usec);

/** What is wrong with a pattern, static; NULL: nothing. It must give a date and an hour, or seconds since 1970. */
const char *stamp_pattern_check(struct ww_str pattern);
/** False if `text` is not written like that, or there is no such date. */
bool stamp_pattern_read(struct ww_str pattern, struct ww_str text, struct stamp_local local, int64_t *ret);
