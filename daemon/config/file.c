#include "config/file.h"
#include "base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_open(const char *path, int *ret_fd) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

/* To the end, or to `max` + 1 bytes: the size that stat tells may be stale. */
static int file_read_all(int fd, size_t max, char *text, size_t *ret_n) {
        size_t n = 0;

        while (n <= max) {
                ssize_t got = read(fd, text + n, max + 1 - n);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -errno;
                if (got == 0)
                        break;
                n += (size_t)got;
        }
        *ret_n = n;
        return n > max ? -EFBIG : 0;
}

int file_read(const char *path, size_t max, char **ret_text, size_t *ret_n) {
        _cleanup_close_ int fd = -1;
        _cleanup_free_ char *text = NULL;
        size_t n = 0;
        int r = file_open(path, &fd);

        if (r < 0)
                return r;
        text = malloc(max + 2);
        if (!text)
                return -ENOMEM;
        r = file_read_all(fd, max, text, &n);
        if (r < 0)
                return r;
        text[n] = '\0';
        *ret_text = text;
        *ret_n = n;
        text = NULL;
        return 0;
}

int file_sync_folder(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}
