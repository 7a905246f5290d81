#pragma once
/*
 * The configuration in force, as the workers read it: not the file, but the canonical text of what was checked, in
 * memory that only the supervisor can write. So a worker that dies while somebody edits the file, or leaves it broken,
 * comes up again with what was in force; and nobody has to be able to read the file but who starts the daemon.
 */
#include "config/config.h"

int supervisor_inforce_new(int *ret_fd);
/** Replaces the text; to be called before the workers are told to reload. 0 or -errno. */
int supervisor_inforce_put(int fd, const struct config *config);
