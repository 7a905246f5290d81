#pragma once
/*
 * Spans and instants as text. A span is a whole or decimal number with a unit: us, ms, s, m, h, d ("90s", "1.5h",
 * "250ms"); a bare number is refused, because nobody agrees on its unit. Instants are RFC 3339.
 */
#include <wardwatch/str.h>
#include <wardwatch/time.h>

/** 0, or -EINVAL. Negative spans are refused. */
int span_parse(struct ww_str text, int64_t *ret_usec);
/** "90s", "5m", "26h": the largest unit that divides it. */
void span_format(int64_t usec, char out[static 32]);

/** RFC 3339 / ISO 8601 with offset or Z; without one, `default_offset_seconds` east of UTC is taken. 1 to 9 decimals.
 *  0, or -EINVAL. */
int instant_parse(struct ww_str text, int default_offset_seconds, int64_t *ret_usec);
/** "2026-01-31T09:00:00.123456Z"; six decimals always, so that text order is time order. */
void instant_format(int64_t usec, char out[static 32]);
