#include "snapshot.h"
#include "config/file.h"
#include "version.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define SNAPSHOT_DIGITS    20
#define SNAPSHOT_BYTES_MAX (INT64_C(16) << 30) /* none of ours comes near it, and no start reads more for one */

static const char snapshot_magic[8] = "WWSNAP01";

struct snapshot_file {
        int fd;
        XXH3_state_t *hash;
};

static int snapshot_write_all(int fd, const void *bytes, size_t n) {
        const char *p = bytes;

        while (n) {
                ssize_t w = write(fd, p, n);

                if (w < 0 && errno == EINTR)
                        continue;
                if (w < 0)
                        return -errno;
                p += w;
                n -= (size_t)w;
        }
        return 0;
}

static int snapshot_flush(void *userdata, const void *bytes, size_t n) {
        struct snapshot_file *file = userdata;

        XXH3_64bits_update(file->hash, bytes, n);
        return snapshot_write_all(file->fd, bytes, n);
}

static void snapshot_put_head(struct buf *out, const struct snapshot_head *head) {
        buf_put(out, snapshot_magic, sizeof snapshot_magic);
        buf_put_u32(out, SNAPSHOT_FORMAT);
        buf_put_str(out, ww_str(head->version));
        buf_put_str(out, ww_str(head->journal_id));
        buf_put_u64(out, head->seq);
        buf_put_time(out, head->time);
}

static int snapshot_put_body(struct buf *out, const struct pipeline *p) {
        _cleanup_buf_ struct buf bundle = BUF_INIT;
        int r = bundle_encode(&pipeline_ruleset(p)->bundle, &bundle);

        if (r)
                return r;
        buf_put_str(out, buf_str(&bundle));
        r = pipeline_save(p, out);
        return r ? r : buf_finish(out);
}

static int snapshot_write_fd(int fd, const struct snapshot_head *head, const struct pipeline *p) {
        struct snapshot_file file = { fd, XXH3_createState() };
        _cleanup_buf_ struct buf out = BUF_INIT;
        _cleanup_buf_ struct buf tail = BUF_INIT;
        int r;

        if (!file.hash)
                return -ENOMEM;
        XXH3_64bits_reset(file.hash);
        buf_init_flush(&out, snapshot_flush, &file);
        snapshot_put_head(&out, head);
        r = snapshot_put_body(&out, p);
        buf_put_u64(&tail, XXH3_64bits_digest(file.hash));
        XXH3_freeState(file.hash);
        if (!r)
                r = tail.error ? tail.error : snapshot_write_all(fd, tail.p, tail.n);
        if (!r && fsync(fd) < 0)
                r = -errno;
        return r;
}

static int snapshot_make_folder(const char *dir) {
        char parent[PATH_MAX];

        if (mkdir(dir, 0750) < 0)
                return errno == EEXIST ? 0 : -errno;
        if (snprintf(parent, sizeof parent, "%s/..", dir) < (int)sizeof parent)
                (void)file_sync_folder(parent);
        return 0;
}

int snapshot_write(const char *dir, const struct snapshot_head *head, const struct pipeline *p) {
        char name[PATH_MAX], temporary[PATH_MAX];
        _cleanup_close_ int fd = -1;
        int r = snapshot_make_folder(dir);

        if (r)
                return r;
        (void)snprintf(name, sizeof name, "%s/%020" PRIu64 ".snapshot", dir, head->seq);
        (void)snprintf(temporary, sizeof temporary, "%s/%020" PRIu64 ".new", dir, head->seq);
        fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
        if (fd < 0)
                return -errno;
        r = snapshot_write_fd(fd, head, p);
        if (!r && rename(temporary, name) < 0)
                r = -errno;
        if (r) {
                (void)unlink(temporary);
                return r;
        }
        return file_sync_folder(dir);
}

int snapshot_fork(const struct snapshot_ground *ground, const struct snapshot_head *head, const struct pipeline *p,
                  pid_t *ret_pid) {
        pid_t parent = getpid(), pid;
        int r = snapshot_make_folder(ground->dir); /* the child may write in it, but not make it */

        if (r)
                return r;
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (getppid() != parent) /* it died before it could take us along */
                        _exit(1);
                (void)setpriority(PRIO_PROCESS, 0, 10);
                if (ground->enter)
                        (void)ground->enter(ground->userdata); /* one that fails leaves us what the engine may */
                r = snapshot_write(ground->dir, head, p);
                _exit(r == -ENOSPC || r == -EDQUOT ? SNAPSHOT_EXIT_FULL : r ? 1 : 0);
        }
        *ret_pid = pid;
        return 0;
}

/* SEQ, exactly as it is written, and the ending. */
static bool snapshot_name(const char *name, const char *ending, uint64_t *ret) {
        char *end;

        if (strspn(name, "0123456789") != SNAPSHOT_DIGITS)
                return false;
        *ret = strtoull(name, &end, 10);
        return strcmp(end, ending) == 0;
}

/* Into the list, newest first; of a full one the oldest falls out. */
static size_t snapshot_insert(uint64_t *seqs, size_t n, size_t max, uint64_t seq) {
        size_t at = n;

        while (at > 0 && seqs[at - 1] < seq)
                at--;
        if (at == max)
                return n;
        n = n < max ? n + 1 : max;
        memmove(seqs + at + 1, seqs + at, (n - at - 1) * sizeof *seqs);
        seqs[at] = seq;
        return n;
}

size_t snapshot_list(const char *dir, uint64_t before, uint64_t *seqs, size_t max) {
        DIR *d = opendir(dir);
        struct dirent *entry;
        uint64_t seq;
        size_t n = 0;

        while (d && (entry = readdir(d))) {
                if (snapshot_name(entry->d_name, ".snapshot", &seq) && seq < before)
                        n = snapshot_insert(seqs, n, max, seq);
        }
        if (d)
                closedir(d);
        return n;
}

/* A snapshot that is not one of those, or what a child that was killed at its work has left. */
static bool snapshot_superfluous(const char *name, uint64_t newest, uint64_t older) {
        uint64_t seq;

        if (snapshot_name(name, ".snapshot", &seq))
                return seq != newest && seq != older;
        return snapshot_name(name, ".new", &seq);
}

void snapshot_prune(const char *dir, uint64_t newest, uint64_t older) {
        DIR *d = opendir(dir);
        struct dirent *entry;
        char name[PATH_MAX];

        while (d && (entry = readdir(d))) {
                if (!snapshot_superfluous(entry->d_name, newest, older))
                        continue;
                (void)snprintf(name, sizeof name, "%s/%s", dir, entry->d_name);
                (void)unlink(name);
        }
        if (d)
                closedir(d);
}

void snapshot_set_aside(const char *dir, uint64_t seq) {
        char name[PATH_MAX], aside[PATH_MAX];

        (void)snprintf(name, sizeof name, "%s/%020" PRIu64 ".snapshot", dir, seq);
        (void)snprintf(aside, sizeof aside, "%s/refused", dir);
        (void)rename(name, aside);
}

/* What this version itself has written, and cannot read, is of no use to anybody; what another one has is to it. */
static int snapshot_unusable(const struct snapshot_head *head) {
        return strcmp(head->version, version_running()) == 0 ? -EBADMSG : SNAPSHOT_E_OTHER;
}

static int snapshot_get_head(struct rd *in, const char *journal_id, struct snapshot_head *ret) {
        struct ww_str version, id;
        uint32_t format;

        if (rd_left(in) < sizeof snapshot_magic || memcmp(in->p, snapshot_magic, sizeof snapshot_magic) != 0)
                return -EBADMSG;
        in->p += sizeof snapshot_magic;
        format = rd_u32(in);
        version = rd_str(in);
        (void)snprintf(ret->version, sizeof ret->version, "%.*s", WW_STR_ARG(version));
        if (format != SNAPSHOT_FORMAT)
                return snapshot_unusable(ret);
        id = rd_str(in);
        (void)snprintf(ret->journal_id, sizeof ret->journal_id, "%.*s", WW_STR_ARG(id));
        ret->seq = rd_u64(in);
        ret->time = rd_time(in);
        if (in->failed || (journal_id && strcmp(ret->journal_id, journal_id) != 0))
                return -EBADMSG;
        return 0;
}

static int snapshot_get_body(struct rd *in, const struct pipeline_sink *sink, const struct snapshot_head *head,
                             struct pipeline **ret) {
        _cleanup_(pipeline_freep) struct pipeline *p = NULL;
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset;
        int r = ruleset_decode(&ruleset, rd_str(in), &diag);

        diag_deinit(&diag);
        if (r)
                return r < 0 ? r : -EBADMSG;
        r = pipeline_new(&p, ruleset, head->time, sink);
        if (!r)
                r = pipeline_load(p, in);
        if (r)
                return r;
        if (rd_left(in))
                return -EBADMSG;
        *ret = p;
        p = NULL;
        return 0;
}

static int snapshot_parse(struct ww_str bytes, uint64_t seq, const char *journal_id, const struct pipeline_sink *sink,
                          struct snapshot_head *ret_head, struct pipeline **ret) {
        struct rd in = rd_init(bytes), tail = rd_init((struct ww_str){ bytes.p + bytes.n - 8, 8 });
        int r;

        if (memcmp(bytes.p, snapshot_magic, sizeof snapshot_magic) != 0 ||
            rd_u64(&tail) != XXH3_64bits(bytes.p, bytes.n - 8))
                return -EBADMSG;
        in.end -= 8;
        r = snapshot_get_head(&in, journal_id, ret_head);
        if (!r && ret_head->seq != seq) /* a copy under another number: trimming goes by the names */
                r = -EBADMSG;
        if (r)
                return r;
        r = snapshot_get_body(&in, sink, ret_head, ret);
        return r == -EBADMSG ? snapshot_unusable(ret_head) : r;
}

int snapshot_load(const char *dir, uint64_t seq, const char *journal_id, const struct pipeline_sink *sink,
                  struct snapshot_head *ret_head, struct pipeline **ret) {
        char name[PATH_MAX];
        _cleanup_close_ int fd = -1;
        struct stat st;
        void *map;
        int r;

        (void)snprintf(name, sizeof name, "%s/%020" PRIu64 ".snapshot", dir, seq);
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a FIFO must not hold the start up */
        if (fd < 0 && (errno == ELOOP || errno == ENXIO))
                return -EBADMSG;
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_size < 64 || st.st_size > SNAPSHOT_BYTES_MAX)
                return -EBADMSG;
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        if (map == MAP_FAILED)
                return -errno;
        ret_head->seq = seq;
        r = snapshot_parse((struct ww_str){ map, (size_t)st.st_size }, seq, journal_id, sink, ret_head, ret);
        (void)munmap(map, (size_t)st.st_size);
        return r;
}
