#include "supervisor_inforce.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Workers open it anew by /proc/self/fd, each with a position of its own, and without the right to write. */
int supervisor_inforce_new(int *ret_fd) {
        int fd = memfd_create("wardwatch.yaml", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (fchmod(fd, 0444) < 0) {
                int r = -errno;
                close(fd);
                return r;
        }
        *ret_fd = fd;
        return 0;
}

int supervisor_inforce_put(int fd, const struct config *config) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        size_t done = 0;
        int r = config_print(config, &text);

        while (r == 0 && done < text.n) {
                ssize_t n = pwrite(fd, text.p + done, text.n - done, (off_t)done);
                if (n < 0 && errno != EINTR)
                        return -errno;
                done += n > 0 ? (size_t)n : 0;
        }
        if (r < 0)
                return r;
        return ftruncate(fd, (off_t)text.n) < 0 ? -errno : 0;
}
