/*
 * The journal's blocks on the disk.
 *
 * They are reserved when a writer opens the journal, so that the disk cannot be full in the middle of a turn. If the
 * disk cannot give them, a new journal is refused (-ENOSPC). One that holds records is opened with as much as there is,
 * so that it is full sooner, and in the one way that everybody is prepared for.
 *
 * A reserved block that was never written makes the first commit into it wait for the file system's own journal: 2 to
 * 8 ms were measured on ext4, against 0.1 to 0.4 ms for a block that was written before. So the file is filled with
 * zeros ahead of its use; its size says how far that went. One open fills at most FILL_MAX, so that a start stays
 * short; a larger map is finished by later ones.
 */
#include "journal/journal_internal.h"

#include <fcntl.h>
#include <sys/param.h>
#include <unistd.h>

#define FILL_MAX  (UINT64_C(1) << 30) /* about a second on a disk of today */
#define FILL_STEP ((size_t)1 << 20)
#define FILL_SYNC ((size_t)64 << 20)

static bool no_space(int error) {
        return error == ENOSPC || error == EDQUOT;
}

/* Half of it, and half of that, down to what the file has already. */
static int reserve_less(struct journal *j, int fd, uint64_t file, uint64_t size, uint64_t *ret_size) {
        uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

        while ((size /= 2) > file) {
                size -= size % page;
                if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0)
                        break;
                if (!no_space(errno))
                        return -errno;
        }
        *ret_size = MAX(size, file - file % page);
        return journal_error(mdb_env_set_mapsize(j->env, *ret_size));
}

static int fill(int fd, uint64_t from, uint64_t to) {
        uint8_t *zeros = calloc(1, FILL_STEP);
        int r = zeros ? 0 : -ENOMEM;

        while (!r && from < to) {
                ssize_t n = pwrite(fd, zeros, MIN(FILL_STEP, to - from), (off_t)from);

                if (n < 0 && errno != EINTR)
                        r = no_space(errno) ? 1 : -errno; /* without blocks to reserve: it goes without zeros */
                else if (n > 0)
                        from += (uint64_t)n;
                if (!r && from % FILL_SYNC == 0 && fdatasync(fd) < 0) /* in pieces: who waits sees that it goes on */
                        r = -errno;
        }
        free(zeros);
        if (r >= 0 && fdatasync(fd) < 0)
                r = -errno;
        return r < 0 ? r : 0;
}

int journal_disk_reserve(struct journal *j, uint64_t size) {
        struct stat st;
        uint64_t file;
        int fd, r = 0;

        if (mdb_env_get_fd(j->env, &fd) || fstat(fd, &st) < 0)
                return -EIO;
        file = (uint64_t)st.st_size;
        if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) < 0) {
                if (errno == EOPNOTSUPP)
                        return 0;
                if (!no_space(errno))
                        return -errno;
                (void)!ftruncate(fd, st.st_size); /* gives back what a part of the reservation took */
                r = j->head ? reserve_less(j, fd, file, size, &size) : -ENOSPC;
        }
        if (r || file >= size)
                return r;
        return fill(fd, file, MIN(size, file + FILL_MAX));
}

static bool all_zero(const uint8_t *p, size_t n) {
        return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

int journal_disk_release(int fd) {
        uint8_t *bytes = malloc(FILL_STEP);
        struct stat st;
        off_t end;
        int r = 0;

        if (!bytes)
                return -ENOMEM;
        if (fstat(fd, &st) < 0)
                r = -errno;
        for (end = r ? 0 : st.st_size; end > 0;) {
                off_t from = (end - 1) / (off_t)FILL_STEP * (off_t)FILL_STEP;
                ssize_t n = pread(fd, bytes, (size_t)(end - from), from);

                if (n != end - from || !all_zero(bytes, (size_t)n))
                        break;
                end = from;
        }
        free(bytes);
        if (!r && ftruncate(fd, end) < 0)
                r = -errno;
        return r;
}
