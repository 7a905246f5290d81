#include "report/casefile_zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUMS "SHA256SUMS"

struct casefile_zip {
        struct archive *archive;
        struct buf sums;
        size_t files;
        int64_t now;
        int fd;
        char path[PATH_MAX], part[PATH_MAX]; /* part: while it is being written; "" = not there */
};

static int failed(const struct casefile_zip *z) {
        int e = archive_errno(z->archive);

        return e > 0 ? -e : -EIO;
}

static int open_part(struct casefile_zip *z, const char *path) {
        char part[PATH_MAX];

        if ((size_t)snprintf(z->path, sizeof z->path, "%s", path) >= sizeof z->path ||
            (size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
                return -ENAMETOOLONG;
        if (access(path, F_OK) == 0)
                return -EEXIST;
        z->fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (z->fd < 0)
                return -errno;
        memcpy(z->part, part, sizeof part);
        return 0;
}

static int open_standard(struct casefile_zip *z) {
        z->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
        return z->fd < 0 ? -errno : 0;
}

int casefile_zip_new(struct casefile_zip **ret, const char *path, int64_t now) {
        _cleanup_(casefile_zip_freep) struct casefile_zip *z = calloc(1, sizeof *z);
        int r;

        if (!z)
                return -ENOMEM;
        z->fd = -1;
        z->now = now;
        r = strcmp(path, "-") == 0 ? open_standard(z) : open_part(z, path);
        if (r)
                return r;
        z->archive = archive_write_new();
        if (!z->archive)
                return -ENOMEM;
        if (archive_write_set_format_zip(z->archive) != ARCHIVE_OK ||
            archive_write_set_bytes_in_last_block(z->archive, 1) != ARCHIVE_OK ||
            archive_write_open_fd(z->archive, z->fd) != ARCHIVE_OK)
                return failed(z);
        *ret = z;
        z = NULL;
        return 0;
}

static void put_hash(struct buf *out, struct ww_str bytes) {
        unsigned char hash[crypto_hash_sha256_BYTES];

        crypto_hash_sha256(hash, (const unsigned char *)(bytes.n ? bytes.p : ""), bytes.n);
        for (size_t i = 0; i < sizeof hash; i++)
                buf_printf(out, "%02x", hash[i]);
}

static int write_entry(struct casefile_zip *z, const char *name, struct ww_str bytes) {
        struct archive_entry *entry = archive_entry_new();
        int r;

        if (!entry)
                return -ENOMEM;
        archive_entry_set_pathname(entry, name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)bytes.n);
        archive_entry_set_mtime(entry, (time_t)(z->now / WW_SECOND), 0);
        r = archive_write_header(z->archive, entry);
        archive_entry_free(entry);
        if (r != ARCHIVE_OK)
                return failed(z);
        if (bytes.n && archive_write_data(z->archive, bytes.p, bytes.n) != (la_ssize_t)bytes.n)
                return failed(z);
        z->files++;
        return 0;
}

int casefile_zip_add(struct casefile_zip *z, const char *name, struct ww_str bytes) {
        put_hash(&z->sums, bytes);
        buf_printf(&z->sums, "  %s\n", name);
        return z->sums.error ? z->sums.error : write_entry(z, name, bytes);
}

int casefile_zip_finish(struct casefile_zip *z, char ret_sha256[static 65]) {
        _cleanup_buf_ struct buf hash = BUF_INIT;
        int r = write_entry(z, SUMS, buf_str(&z->sums));

        put_hash(&hash, buf_str(&z->sums));
        r = r ? r : hash.error;
        if (!r && archive_write_close(z->archive) != ARCHIVE_OK)
                r = failed(z);
        if (!r && *z->part && fsync(z->fd) < 0)
                r = -errno;
        if (!r && *z->part && link(z->part, z->path) < 0) /* unlike rename, it replaces nothing */
                r = -errno;
        if (r)
                return r;
        memcpy(ret_sha256, hash.p, 64);
        ret_sha256[64] = 0;
        return 0;
}

size_t casefile_zip_files(const struct casefile_zip *z) {
        return z->files;
}

struct casefile_zip *casefile_zip_free(struct casefile_zip *z) {
        if (z) {
                if (z->archive)
                        (void)archive_write_free(z->archive);
                if (z->fd >= 0)
                        close(z->fd);
                if (*z->part)
                        (void)unlink(z->part);
                buf_deinit(&z->sums);
                free(z);
        }
        return NULL;
}
