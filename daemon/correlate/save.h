#pragma once
/* Loading of a snapshot into an empty instance, for correlate_load and correlate_swap. */
#include "correlate/state.h"

/** `strict`: every rule has to be there as it was, else -EBADMSG; else what has no rule is read over. */
int save_load(struct correlate *c, struct rd *in, bool strict);
