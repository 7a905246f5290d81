#pragma once
/*
 * Landlock: what of the file system, and which TCP ports, this process and those that it starts may still reach.
 *
 * A set of rules is begun, filled, and put in force for good. What a kernel does not know is left out of the set, so
 * that an older one holds what it can; landlock_lacks() says what that is.
 */
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum landlock_right {
        LANDLOCK_READ,    /* files and folders */
        LANDLOCK_RUN,     /* READ, and execute */
        LANDLOCK_WRITE,   /* READ, and write into files that are there */
        LANDLOCK_KEEP,    /* WRITE, and make, rename and remove files and folders */
        LANDLOCK_SOCKETS, /* make, replace and remove sockets and what lies beside them */
};

struct landlock_options {
        bool signals; /* may send signals to processes outside */
        bool connect; /* TCP to any port */
};

/** The kernel's version of the interface, 0 = it has none, or it is switched off. */
int landlock_abi(void);
/** What a kernel of that version cannot hold back, as words; NULL = nothing. */
const char *landlock_lacks(int abi);

/** A set in which nothing is allowed: its descriptor, or -errno. */
int landlock_begin(int abi, const struct landlock_options *options);
/** All beneath `path`; one that does not exist is left out. 0 or -errno. */
int landlock_allow_path(int set, int abi, const char *path, enum landlock_right right);
/** All beneath what `folder`, a descriptor, stands for; it stays the caller's. 0 or -errno. */
int landlock_allow_folder(int set, int abi, int folder, enum landlock_right right);
/** Connects to, or listens at, a TCP port. Without effect below version 4. 0 or -errno. */
int landlock_allow_port(int set, int abi, uint16_t port, bool listen);
/** For this thread and all that it starts; no_new_privs must be set. Closes the set. 0 or -errno. */
int landlock_enforce(int set);
