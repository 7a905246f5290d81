#pragma once
/* Stands in for what correlate does not offer yet: the muting rules, and what changes by command. */
#include "correlate/correlate.h"

enum { CORRELATE_E_UNKNOWN = 1 };

const struct ww_mute *correlate_rules_mutes(const struct correlate_rules *rules, size_t *ret_n);
int correlate_mode(struct correlate *c, struct ww_str mode, bool on, int64_t now);
int correlate_list(struct correlate *c, struct ww_str list, struct ww_str member, bool add, int64_t until, int64_t now);
bool correlate_exercise(const struct correlate *c);
/** Is that mode of the site on? */
bool correlate_mode_on(const struct correlate *c, uint32_t mode);
