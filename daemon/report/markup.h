#pragma once
/*
 * HTML for pages that stand alone: a report, a case bundle. What stands in the record is text, never markup.
 */
#include "base/buf.h"

/** As character data or in an attribute's quotes. Controls, and what could turn the direction of writing round, are
 *  shown as U+FFFD. */
void markup_text(struct buf *out, struct ww_str text);
