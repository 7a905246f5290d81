#pragma once
/* Text that came from a device or a person, on a terminal. */
#include <stddef.h>
#include <stdio.h>

/** Prints s; what a terminal could act on (C0, DEL, and C1 in UTF-8) becomes a point. */
void plain_put(const char *s);

void plain_put_to(FILE *f, const char *s);

/** plain_put, then blanks up to `columns` characters of UTF-8. */
void plain_put_column(const char *s, size_t columns);
