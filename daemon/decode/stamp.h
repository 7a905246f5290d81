#pragma once
/*
 * A device's own time: reading it, and whether to believe it.
 *
 * A device may honestly say a time up to `delay` before the message came (it buffers, it samples) and up to 5 s after
 * it (its clock runs ahead). Anything else is a clock that nobody set: the event then stands at its receive time,
 * flagged clock_skew, and what the device said is kept beside it.
 *
 * A text without an offset is local time: of a fixed offset, or of a time zone with its summer time. Of an hour that
 * is there twice the first one is meant, which the bounds above turn down when it was the second.
 */
#include "config/timezone.h"
#include <wardwatch/value.h>

#define STAMP_AHEAD_MAX (5 * WW_SECOND)

enum stamp_form {
        STAMP_AUTO, /* ISO 8601 text, or epoch: the unit is told by its size */
        STAMP_ISO,
        STAMP_EPOCH_S, /* also with a fraction */
        STAMP_EPOCH_MS,
        STAMP_EPOCH_US,
        STAMP_PATTERN, /* as stamp_pattern.h has it */
};

struct stamp_how {
        enum stamp_form form;
        struct ww_str pattern;             /* of STAMP_PATTERN */
        int offset;                        /* seconds east of UTC, of a text without an offset */
        const struct timezone_table *zone; /* NULL: `offset` counts */
        bool site;                         /* the zone is the site's own */
};

/** -1 if there is none: auto, iso, epoch_s, epoch_ms, epoch_us. */
int stamp_form_find(struct ww_str name);
extern const char *const stamp_forms[];
extern const size_t stamp_forms_n;

/** Reads a value as an instant. `site`: the site's time zone, NULL = UTC. Numbers may be text. False if it is no
 *  instant between 1970 and 2200. */
bool stamp_read(struct ww_value v, const struct stamp_how *how, const struct timezone_table *site, int64_t *ret);

/** "+08:00", "-03:30", "Z" → seconds east. False if it is none. */
bool stamp_offset_parse(struct ww_str text, int *ret);

/** The event's time for a device's time (WW_TIME_NONE = it said none); *ret_skew is set if it was not believed. */
int64_t stamp_event_time(int64_t device_time, int64_t received, int64_t delay, bool *ret_skew);
