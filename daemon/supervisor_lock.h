#pragma once
/*
 * One daemon a state directory: a flock on DIR/supervisor.lock that ends with the process, whatever ends it. The
 * file's text says who holds it; it is only told, never trusted.
 */
#include "base/error.h"
#include <sys/types.h>

enum {
        SUPERVISOR_LOCK_E_HELD = 1,
};

/** Takes the lock for the life of *ret_fd. If another holds it, `holder` gets its words ("pid 12, since …").
 *  0, SUPERVISOR_LOCK_E_HELD, -errno. */
int supervisor_lock_take(const char *dir, int *ret_fd, char holder[static 128]);
/** The file alone, for a supervisor that may not make it: 0, -errno. */
int supervisor_lock_make(const char *dir, uid_t uid, gid_t gid);
