#pragma once
/* Rows of an export as CSV, RFC 4180. */
#include <jansson.h>
#include <stddef.h>

struct evbuffer;

/** Appends a row, an object as text; before the first one a line with the names of its columns. `columns`: NULL at
 * first; those of the first row, which all others are written by. */
void export_row_csv(struct evbuffer *b, json_t **columns, const char *text, size_t n);
