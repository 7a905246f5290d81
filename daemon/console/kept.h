#pragma once
/* What outlives the process: a file of one JSON value below state.dir/console, replaced as a whole. */
#include <jansson.h>

/** `root` is stolen; NULL: no memory. Without fsync: what is kept so can be said again by whoever loses power. 0,
 * -errno.
 */
int kept_write(int dir_fd, const char *name, json_t *root);
/** A new reference; NULL: there is none, or it cannot be read. */
json_t *kept_read(int dir_fd, const char *name);
