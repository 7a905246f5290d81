#pragma once
/*
 * Keys with texts: "door=open; batt=82", "temp: 21.5, hum: 40", `name="Ward 3",open=1`.
 *
 * A pair ends at any character of `between`, a key at the first of `is`. Blanks around both are no part of them. A text
 * in double quotes may hold what else would end it; two quotes in it stand for one. A pair without its `is` is no pair,
 * and the payload none of this format.
 */
#include "decode/format.h"

/** One object of texts. `text` is UTF-8, not empty, without blanks around. 0; -EBADMSG (d->error, d->error_at);
 *  -ENOMEM. */
int pairs_reader_read(struct document *d, struct ww_str text, const struct format_options *options);
