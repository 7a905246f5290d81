#pragma once
/* The state of rules, as bytes: for snapshots whole, for a swap in parts. */
#include "correlate/state.h"

/** The keys of these rules (by number; NULL = all), and what the lanes hold of them. */
int save_rules(const struct correlate *c, const bool *rules, struct buf *out);
/** What save_rules wrote, beside what is there already. `strict`: every rule has to be there as it was, else -EBADMSG;
 *  else what has no rule is read over. 0, -EBADMSG, -ENOMEM. */
int save_rules_load(struct correlate *c, struct rd *in, bool strict);
