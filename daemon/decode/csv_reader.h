#pragma once
/*
 * Lines of fields (RFC 4180): a field in double quotes may hold the separator, line breaks and doubled quotes. Lines
 * end in LF or CRLF; empty ones are passed over. A line becomes an object by the columns' names: what it has more is
 * left out, what it has less is missing. One line is the object itself unless a list is wanted; several are an array.
 */
#include "decode/format.h"

/** As pairs_reader_read. */
int csv_reader_read(struct document *d, struct ww_str text, const struct format_options *options);
