#pragma once
/* Text that came from a device or a person, on a terminal. */

/** Prints s; what a terminal could act on (C0, DEL, and C1 in UTF-8) becomes a point. */
void plain_put(const char *s);
