#pragma once
/*
 * Which system calls a worker may make: groups of names, a filter of libseccomp's made from them.
 *
 * Three answers. What is in the worker's groups is let through. What no honest way through this program comes to, and
 * an intruder needs (`syscalls_fatal`), kills the process: the supervisor starts the next one, and the death is an
 * alarm. Everything else gets ENOSYS, as from an older kernel: a new C library tries a new call first and falls back,
 * and must not take the alarms down by it.
 */
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum syscalls_group {
        SYSCALLS_BASIC,   /* memory, time, threads, descriptors, signals to itself */
        SYSCALLS_FILES,   /* open, read, look at */
        SYSCALLS_KEEP,    /* make, rename, remove, cut, flush */
        SYSCALLS_NET,     /* sockets of the families UNIX, INET, INET6 and NETLINK */
        SYSCALLS_LISTEN,  /* bind, listen, accept */
        SYSCALLS_SIGNAL,  /* kill */
        SYSCALLS_FORK,    /* processes of its own, without namespaces */
        SYSCALLS_RUN,     /* programs, and what programs need */
        SYSCALLS_CONFINE, /* narrower rules for a helper */
        SYSCALLS_GROUPS
};

struct syscalls_group_row {
        const char *name, *help;
        const char *const *calls; /* NULL-terminated; a name that this machine has not is passed over */
};

extern const struct syscalls_group_row syscalls_groups[SYSCALLS_GROUPS];
extern const char *const syscalls_fatal[]; /* NULL-terminated */

/** Does the kernel filter? */
bool syscalls_supported(void);
/** For this thread and all that it starts. `groups`: bits 1 << enum. no_new_privs must be set. 0 or -errno. */
int syscalls_enforce(unsigned groups);
