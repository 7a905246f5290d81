#pragma once
/*
 * How often those may ask who have no name: so many in an hour from one address, and so many in all. What was not used
 * is not saved up beyond an hour's worth. Time is an argument (boot clock, µs).
 *
 * An address of IPv6 counts by its network (/64), of which one household has one. Addresses are kept in memory alone,
 * as many as QUOTA_ADDRESSES; the one that asked least of late is forgotten first, and the limit in all holds anyhow.
 */
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUOTA_ADDRESSES 1024

struct quota;

/** Both at least 1. 0 or -ENOMEM. */
int quota_new(struct quota **ret, int64_t per_address, int64_t in_all);
struct quota *quota_free(struct quota *q);
DEFINE_CLEANUP(struct quota *, quota_free)
/** May it ask once more? True: that was one of its askings. */
bool quota_take(struct quota *q, const char *address, int64_t now);
