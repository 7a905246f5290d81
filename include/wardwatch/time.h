#pragma once
/*
 * Time in Wardwatch is int64_t microseconds since 1970-01-01 UTC (an instant) or microseconds (a span).
 * Only the loop reads clocks; everything else is handed an instant.
 */
#include <stdint.h>

#define WW_TIME_NONE  INT64_MIN /* "no such instant"; sorts before all others */
#define WW_TIME_NEVER INT64_MAX /* a deadline that does not come */

#define WW_USEC       INT64_C(1)
#define WW_MSEC       INT64_C(1000)
#define WW_SECOND     INT64_C(1000000)
#define WW_MINUTE     (60 * WW_SECOND)
#define WW_HOUR       (60 * WW_MINUTE)
#define WW_DAY        (24 * WW_HOUR)
