#include "supervisor_lock.h"
#include "base/clock.h"
#include "base/span.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The holder writes right after it locked; who comes in between finds an empty file. */
static int read_holder(int fd, char holder[static 128]) {
        ssize_t n = pread(fd, holder, 127, 0);

        holder[n > 0 ? n : 0] = '\0';
        holder[strcspn(holder, "\n")] = '\0';
        for (char *p = holder; *p; p++)
                if (*p < ' ' || *p > '~')
                        *p = '?';
        if (!holder[0])
                (void)snprintf(holder, 128, "a process that has just started");
        return SUPERVISOR_LOCK_E_HELD;
}

static int write_holder(int fd) {
        char text[128], since[32];
        int n;

        instant_format(clock_wall(), since);
        n = snprintf(text, sizeof(text), "pid %d, since %s\n", (int)getpid(), since);
        if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0)
                return -errno;
        return 0;
}

int supervisor_lock_take(const char *dir, int *ret_fd, char holder[static 128]) {
        _cleanup_close_ int fd = -1;
        char path[PATH_MAX];
        int r;

        if ((size_t)snprintf(path, sizeof(path), "%s/supervisor.lock", dir) >= sizeof(path))
                return -ENAMETOOLONG;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? read_holder(fd, holder) : -errno;
        r = write_holder(fd);
        if (r < 0)
                return r;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

int supervisor_lock_make(const char *dir, uid_t uid, gid_t gid) {
        _cleanup_close_ int fd = -1;
        char path[PATH_MAX];

        if ((size_t)snprintf(path, sizeof(path), "%s/supervisor.lock", dir) >= sizeof(path))
                return -ENAMETOOLONG;
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        return fd < 0 || fchown(fd, uid, gid) < 0 ? -errno : 0;
}
