#pragma once
/* How long to wait before the next attempt. Pure: the jitter comes from a seed. */
#include <stdint.h>

/** µs to wait after the `failures`th failure in a row (from 1): doubled from `min` up to `max`, and of that between the
 *  half and the whole, by (seed, id, failures), so that what failed together does not come back together. */
int64_t backoff_wait(unsigned failures, int64_t min, int64_t max, uint64_t seed, uint64_t id);
