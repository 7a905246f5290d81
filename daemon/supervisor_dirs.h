#pragma once
/* The directories that the workers need, with the owner and the mode that let each of them do its work and no more. */
#include "config/config.h"

/** Makes what is missing of state.dir, state.dir/journal and state.run_dir, and as root hands them to users.engine and
 *  the group they share. 0, or -errno after telling in the log what to do. */
int supervisor_dirs_make(const struct config *config);
