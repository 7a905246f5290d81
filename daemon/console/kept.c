#include "console/kept.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BESIDE_SIZE 64

static int write_text(int dir_fd, const char *name, const char *text) {
        _cleanup_close_ int fd = -1;
        size_t n = strlen(text);
        char beside[BESIDE_SIZE];

        (void)snprintf(beside, sizeof beside, "%s.new", name);
        (void)unlinkat(dir_fd, beside, 0);
        fd = openat(dir_fd, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        for (size_t done = 0; done < n;) {
                ssize_t r = write(fd, text + done, n - done);

                if (r < 0 && errno == EINTR)
                        continue;
                if (r <= 0)
                        return r < 0 ? -errno : -EIO;
                done += (size_t)r;
        }
        return renameat(dir_fd, beside, dir_fd, name) < 0 ? -errno : 0;
}

int kept_write(int dir_fd, const char *name, json_t *root) {
        char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
        int r = text ? write_text(dir_fd, name, text) : -ENOMEM;

        free(text);
        json_decref(root);
        return r;
}

json_t *kept_read(int dir_fd, const char *name) {
        int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
        json_t *root = f ? json_loadf(f, 0, NULL) : NULL;

        if (f)
                (void)fclose(f);
        else if (fd >= 0)
                (void)close(fd);
        return root;
}
