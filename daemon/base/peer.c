#include "base/peer.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>

bool peer_of(int fd, struct peer *ret) {
        struct ucred credentials;
        socklen_t n = sizeof credentials;
        const struct passwd *pw;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &n) < 0)
                return false;
        pw = getpwuid(credentials.uid);
        *ret = (struct peer){ .uid = credentials.uid, .gid = credentials.gid, .user = pw ? pw->pw_name : NULL };
        if (pw)
                (void)snprintf(ret->name, sizeof ret->name, "unix:%s", pw->pw_name);
        else
                (void)snprintf(ret->name, sizeof ret->name, "unix:%u", (unsigned)credentials.uid);
        return true;
}
