#pragma once
/* A text in double quotes, in which two quotes stand for one, as in RFC 4180. */
#include "base/arena.h"

/** *p stands on the first quote, and behind the last one afterwards. The text lies where it was, or in `arena`. 0;
 *  -EBADMSG if the quotes have no end; -ENOMEM. */
int quoted_read(struct arena *arena, const char **p, const char *end, struct ww_str *ret);
