/*
 * The writer's lock: an flock on DIR/writer.lock, which also holds one line on who has it. Its owner alone can open
 * that file: whoever can open one, if only to read, can lock it, too, and keep the writer out.
 *
 * Both locks belong to the open file, and a fork shares it: a snapshot child would keep the lock of an engine that
 * died. So each process that forks leaves the locks behind in the child (pthread_atfork), by closing the descriptors
 * there; the parent's stay locked.
 *
 * DIR/writer says that the writer has looked through the pages, or made them: while a journal is being checked or
 * salvaged its lock is held and this word is not given. Readers who leave the check to the writer wait for it. They
 * believe it for as long as the file has a lock for writing, which nobody can have who can only read it; and each
 * writer makes a file of its own and has it locked before it gets its name, so that no lock for reading is in its way.
 *
 * DIR/clean is written by an orderly close and removed by the next open of a writer. It says which file was closed, and
 * in which state: after a crash of the writer, or of the machine, it is not there or does not fit, and the pages are
 * checked. All that it speaks of was on the disk before it was written, and a commit changes a meta page and the file's
 * times. So it holds over a start of the machine, too.
 */
#include "journal/journal_internal.h"

#include "base/clock.h"
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
#include <xxhash.h>

#define LOCK_NAME  "writer.lock"
#define SHOWN_NAME "writer"
#define SHOWN_NEW  "writer.new"
#define DATA_NAME  "data.mdb"
#define CLEAN_NAME "clean"
#define LOCK_STEP  (20 * WW_MSEC)
#define CLEAN_MAX  192

struct journal_lock {
        int fd, shown; /* shown: -1 until it is */
        struct journal_lock *next;
};

static struct journal_lock *held;
static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t held_once = PTHREAD_ONCE_INIT;

static void held_lock(void) {
        (void)pthread_mutex_lock(&held_mutex);
}

static void held_unlock(void) {
        (void)pthread_mutex_unlock(&held_mutex);
}

static void held_forget(void) {
        for (struct journal_lock *l = held; l; l = l->next) {
                cleanup_closep(&l->fd);
                cleanup_closep(&l->shown);
        }
        held_unlock();
}

static void held_init(void) {
        (void)pthread_atfork(held_lock, held_unlock, held_forget);
}

static int lock_path(char out[static PATH_MAX], const char *dir, const char *name) {
        return snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int lock_wait(int fd, int64_t wait) {
        int64_t until = clock_boot() + wait;

        while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return -errno;
                if (clock_boot() >= until)
                        return JOURNAL_E_BUSY;
                (void)usleep((useconds_t)LOCK_STEP);
        }
        return 0;
}

/* Only for people: what goes wrong here must not keep the writer from its work. */
static void lock_sign(int fd) {
        char line[64];
        int n = snprintf(line, sizeof line, "wardwatch engine, pid %d\n", (int)getpid());

        if (ftruncate(fd, 0) == 0)
                (void)!pwrite(fd, line, (size_t)n, 0);
}

int journal_lock_take(struct journal_lock **ret, const char *dir, int64_t wait) {
        char path[PATH_MAX];
        _cleanup_close_ int fd = -1;
        struct journal_lock *lock;
        int r = lock_path(path, dir, LOCK_NAME);

        if (r)
                return r;
        (void)pthread_once(&held_once, held_init);
        fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        (void)fchmod(fd, 0600); /* versions before this one let the group read it */
        r = lock_wait(fd, wait);
        if (r)
                return r;
        lock = calloc(1, sizeof *lock);
        if (!lock)
                return -ENOMEM;
        lock_sign(fd);
        lock->fd = fd;
        lock->shown = -1;
        fd = -1;
        held_lock();
        lock->next = held;
        held = lock;
        held_unlock();
        *ret = lock;
        return 0;
}

/* A file of our own, locked before anybody else can open it. Its descriptor, or -errno. */
static int shown_make(const char *made, const char *name) {
        struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        _cleanup_close_ int fd = -1;
        int ret;

        (void)unlink(made);
        fd = open(made, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) < 0 || fchmod(fd, 0640) < 0 || rename(made, name) < 0)
                return -errno;
        ret = fd;
        fd = -1;
        return ret;
}

bool journal_lock_show(struct journal_lock *lock, const char *dir) {
        char made[PATH_MAX], name[PATH_MAX];
        int fd;

        if (lock->shown >= 0)
                return true;
        if (lock_path(made, dir, SHOWN_NEW) || lock_path(name, dir, SHOWN_NAME))
                return false;
        fd = shown_make(made, name);
        if (fd < 0)
                return false;
        held_lock();
        lock->shown = fd;
        held_unlock();
        return true;
}

struct journal_lock *journal_lock_drop(struct journal_lock *lock) {
        if (!lock)
                return NULL;
        held_lock();
        for (struct journal_lock **at = &held; *at; at = &(*at)->next)
                if (*at == lock) {
                        *at = lock->next;
                        break;
                }
        held_unlock();
        cleanup_closep(&lock->shown);
        cleanup_closep(&lock->fd);
        free(lock);
        return NULL;
}

/* The descriptor, or -errno. */
static int lock_open(const char *dir, const char *name) {
        char path[PATH_MAX];
        int fd, r = lock_path(path, dir, name);

        if (r)
                return r;
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int journal_lock_held(const char *dir) {
        _cleanup_close_ int fd = lock_open(dir, LOCK_NAME);

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        return flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

int journal_lock_shown(const char *dir) {
        struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
        _cleanup_close_ int fd = lock_open(dir, SHOWN_NAME);

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        return fcntl(fd, F_OFD_GETLK, &lock) < 0 ? -errno : lock.l_type == F_WRLCK;
}

const char *journal_holder(const char *dir) {
        static char line[64];
        char path[PATH_MAX];
        _cleanup_close_ int fd = -1;
        ssize_t n = -1;

        if (snprintf(path, sizeof path, "%s/journal/%s", dir, LOCK_NAME) < (int)sizeof path)
                fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
                n = read(fd, line, sizeof line - 1);
        if (n <= 0)
                return "an unknown process";
        line[n] = 0;
        line[strcspn(line, "\n")] = 0;
        return line;
}

/* --- the mark of an orderly close: the file as it was left --- */

/* Of both meta pages, and what lies around them. */
static bool head_hash(int fd, uint64_t *ret) {
        size_t n = 2 * (size_t)sysconf(_SC_PAGESIZE);
        _cleanup_free_ uint8_t *bytes = malloc(n);

        if (!bytes || pread(fd, bytes, n, 0) != (ssize_t)n)
                return false;
        *ret = XXH3_64bits(bytes, n);
        return true;
}

/* Whoever writes to the file after the close changes its times, and LMDB does not when it is closed. */
static bool clean_text(const char *dir, char out[static CLEAN_MAX]) {
        char path[PATH_MAX];
        _cleanup_close_ int fd = -1;
        struct stat st;
        uint64_t hash;

        if (lock_path(path, dir, DATA_NAME))
                return false;
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0 || !head_hash(fd, &hash))
                return false;
        (void)snprintf(out, CLEAN_MAX, "%llu %lld %lld.%09ld %lld.%09ld %016llx\n", (unsigned long long)st.st_ino,
                       (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                       (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec, (unsigned long long)hash);
        return true;
}

void journal_clean_put(const char *dir) {
        char path[PATH_MAX], text[CLEAN_MAX];
        _cleanup_close_ int fd = -1;

        if (lock_path(path, dir, CLEAN_NAME) || !clean_text(dir, text))
                return;
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
        if (fd >= 0)
                (void)!write(fd, text, strlen(text));
}

bool journal_clean_take(const char *dir, bool remove) {
        char path[PATH_MAX], text[CLEAN_MAX], mark[CLEAN_MAX];
        _cleanup_close_ int fd = -1;
        ssize_t n = -1;

        if (lock_path(path, dir, CLEAN_NAME))
                return false;
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
                n = read(fd, mark, sizeof mark - 1);
        if (remove)
                (void)unlink(path);
        if (n <= 0 || !clean_text(dir, text))
                return false;
        mark[n] = 0;
        return strcmp(mark, text) == 0;
}
