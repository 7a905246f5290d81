#pragma once
/*
 * JSON into a document, in one pass and without recursion. Strict (RFC 8259): no comments, no trailing commas, no NaN,
 * no text behind the value, valid UTF-8, bounded depth and count. Whether a number fits a double is asked only when
 * somebody wants it: `1e999` in a field that nobody reads must not hide a panic button.
 */
#include "decode/document.h"

/** Reads `text` into `d` (reset first). 0, -EBADMSG (d->error and d->error_at tell), -ENOMEM. Borrows `text`. */
int json_reader_read(struct document *d, struct ww_str text);
