#pragma once
/* Who is at the other end of a local socket: the kernel says it. */
#include <stdbool.h>
#include <sys/types.h>

struct peer {
        uid_t uid;
        gid_t gid;
        const char *user; /* until the next look-up of a user; NULL: the machine knows none of that number */
        char name[80];    /* "unix:root"; "unix:1000" where it knows none */
};

/** False: the kernel names nobody. */
bool peer_of(int fd, struct peer *ret);
