#pragma once
/* The fork and exec of a worker or a check, and how a process ended as words. */
#include "base/error.h"
#include "supervisor_processor.h"
#include <stdbool.h>
#include <sys/types.h>

struct supervisor_spawn {
        const char *executable; /* NULL = the running one */
        const char *name;       /* the subcommand */
        int config_fd;          /* the configuration in force */
        bool careful, replay_other_version;
        bool readers_gone; /* for the engine: store and notifier were ended, and wait for it */
};

/** EXECUTABLE NAME --control-fd N -c /proc/self/fd/M [--careful] [--replay-other-version] [--readers-gone].
 * 0 or -errno; a failing exec shows as exit code 127. The control descriptor and the processor's files are the
 * caller's. */
int supervisor_spawn(const struct supervisor_spawn *s, pid_t *ret_pid, int *ret_control_fd,
                     struct supervisor_processor_files *ret_processor);

/** EXECUTABLE check -c CONFIG, its words on stderr. 0 or -errno. */
int supervisor_spawn_check(const char *executable, const char *config, pid_t *ret_pid);

/** A wait status: "exit code 1", "killed by signal 9 (Killed)". */
void supervisor_spawn_ending(int status, char out[static 64]);
