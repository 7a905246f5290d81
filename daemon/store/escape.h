#pragma once
/*
 * Hostile bytes as PostgreSQL text, losslessly.
 *
 * A text column holds valid UTF-8 without NUL. A device's topic or name need not be either, so text is written in
 * PostgreSQL's own `escape` notation: a backslash is doubled; NUL, and every byte that is no part of a valid UTF-8
 * character, is `\nnn` (octal). What has none of these stands as it is. `decode(column, 'escape')` gives the bytes
 * back.
 */
#include "base/buf.h"

#define ESCAPE_CUT 512 /* bytes of a name in an indexed column; a B-tree entry has at most 2704 */

/** True if `s` can stand as it is: valid UTF-8 (as PostgreSQL sees it), no NUL, no backslash. */
bool escape_plain(struct ww_str s);

/** Appends `s` in escape notation. */
void escape_text(struct buf *out, struct ww_str s);

/** The same, and a JSON string's quotes and escapes around it. */
void escape_json(struct buf *out, struct ww_str s);

/** As escape_text, but a name longer than ESCAPE_CUT bytes is cut at a character's end and ends in `…` and 16 hex
 * digits of the XXH3 hash of the whole, so that different names stay different. */
void escape_name(struct buf *out, struct ww_str s);
