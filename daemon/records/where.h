#pragma once
/* Where a record is: for alarms, whose device it may be (HZ-3, or HZ-3/rectify of one of its clocks). */
#include "records/records.h"

/** The zone of its first field of that type; "" if there is none, no such record is open, or the record is restricted.
 *  Borrowed until it changes. */
struct ww_str records_zone(const struct records *r, struct ww_str device);
