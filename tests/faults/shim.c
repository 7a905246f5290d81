/*
 * What the fault tests put between a process and its system: loaded with LD_PRELOAD, steered by a page of memory that
 * it shares with the test (faulttest/shim.py has the same layout).
 *
 *   struck   the Nth call of the kinds that are meant, in a process whose subcommand is meant, ends the process before
 * or behind the call, in the midst of a write, or fails with an error; allocations fail likewise counted  how many such
 * calls there were, so that the test knows how many points there are recorded what goes to the journal's pages and what
 * is made safe, what comes over TCP and what goes out, in one file and one order: from it the test makes the disk as a
 * power cut at any point might have left it
 *
 * What must not happen: that the shim itself allocates, or that it changes anything while nobody asks it to. The
 * environment names the folder: WARDWATCH_FAULTS with the files `control` and `record`. Without it the shim only passes
 * on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { CALL_PWRITE, CALL_SYNC, CALL_WRITE, CALL_SEND, CALL_RENAME, CALL_ALLOC };
enum action { ACTION_NONE, ACTION_KILL_BEFORE, ACTION_KILL_BEHIND, ACTION_KILL_AMID, ACTION_ERROR, ACTION_ERROR_ON };

struct control {
        char role[16];  /* the subcommand of the processes that are meant */
        uint32_t calls; /* bits of enum call */
        uint32_t action;
        int32_t error; /* errno of ACTION_ERROR and of ACTION_ERROR_ON, which goes on failing */
        _Atomic uint32_t record;
        _Atomic int64_t left; /* calls until it strikes; 0 = it does not */
        _Atomic uint64_t counted;
        _Atomic uint64_t struck; /* the process that was struck */
};

enum kind { KIND_WRITE = 1, KIND_WRITE_SAFE, KIND_SAFE, KIND_SENT, KIND_CAME, KIND_CLOSED, KIND_NAMED };

struct head {
        uint32_t kind, pid;
        int32_t fd;
        uint32_t length;
        uint64_t offset;
};

static struct control *control;
static bool meant;
static char folder[PATH_MAX];
static int record_fd = -1;
static _Atomic unsigned char class[1024]; /* of a descriptor: 0 = not looked at */
enum { CLASS_OTHER = 1, CLASS_PAGES, CLASS_PAGES_SAFE, CLASS_TCP };

/* The call that this one stands before. */
#define REAL(name)                                                                                                     \
        static __typeof__(&name) real;                                                                                 \
        if (!real)                                                                                                     \
        *(void **)&real = dlsym(RTLD_NEXT, #name)

static int open_quietly(const char *name, int flags) {
        char path[PATH_MAX + 16];

        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

/* The second word of the command line. */
static void read_role(char *out, size_t size) {
        char line[256] = "";
        int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
        long n = fd < 0 ? 0 : syscall(SYS_read, fd, line, sizeof line - 1);

        if (fd >= 0)
                (void)syscall(SYS_close, fd);
        if (n > 0 && strlen(line) + 1 < (size_t)n)
                (void)snprintf(out, size, "%s", line + strlen(line) + 1);
}

__attribute__((constructor)) static void begin(void) {
        const char *name = getenv("WARDWATCH_FAULTS");
        char role[32] = "";
        void *page;
        int fd;

        if (!name)
                return;
        (void)snprintf(folder, sizeof folder, "%s", name);
        fd = open_quietly("control", O_RDWR);
        if (fd < 0)
                return;
        page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)syscall(SYS_close, fd);
        if (page == MAP_FAILED)
                return;
        read_role(role, sizeof role);
        control = page;
        meant = role[0] && strncmp(role, control->role, sizeof control->role) == 0;
        if (meant && control->record)
                record_fd = open_quietly("record", O_WRONLY | O_APPEND);
}

/* --- striking --- */

static void die(void) {
        (void)syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
        for (;;)
                (void)syscall(SYS_pause);
}

/* What is to become of this call. */
static enum action strike(enum call call) {
        int64_t left;

        if (!meant || !(control->calls & (1U << call)))
                return ACTION_NONE;
        control->counted++;
        if (control->action == ACTION_ERROR_ON && control->struck == (uint64_t)syscall(SYS_getpid))
                return ACTION_ERROR_ON;
        left = control->left;
        if (left <= 0 || atomic_fetch_sub(&control->left, 1) != 1)
                return ACTION_NONE;
        control->struck = (uint64_t)syscall(SYS_getpid);
        if (control->action == ACTION_KILL_BEFORE)
                die();
        return control->action;
}

/* Carries out `call_it`, or what is to be instead. */
#define STRUCK(kind, failed, call_it)                                                                                  \
        __extension__({                                                                                                \
                enum action action_ = strike(kind);                                                                    \
                __typeof__(call_it) result_ = failed;                                                                  \
                if (action_ >= ACTION_ERROR)                                                                           \
                        errno = control->error;                                                                        \
                else                                                                                                   \
                        result_ = call_it;                                                                             \
                if (action_ == ACTION_KILL_BEHIND || action_ == ACTION_KILL_AMID)                                      \
                        die();                                                                                         \
                result_;                                                                                               \
        })

/* The same of a write, of which half is done if the process dies amid. */
#define STRUCK_WRITE(kind, call_whole, call_half)                                                                      \
        __extension__({                                                                                                \
                enum action action_ = strike(kind);                                                                    \
                ssize_t result_ = -1;                                                                                  \
                if (action_ >= ACTION_ERROR)                                                                           \
                        errno = control->error;                                                                        \
                else                                                                                                   \
                        result_ = action_ == ACTION_KILL_AMID ? call_half : call_whole;                                \
                if (action_ == ACTION_KILL_BEHIND || action_ == ACTION_KILL_AMID)                                      \
                        die();                                                                                         \
                result_;                                                                                               \
        })

/* --- recording --- */

static unsigned char classify(int fd) {
        char link[64], path[PATH_MAX];
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        unsigned char found = CLASS_OTHER;
        long n, saved = errno;

        if (fd < 0 || fd >= (int)sizeof class)
                return CLASS_OTHER;
        if (class[fd])
                return class[fd];
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        n = syscall(SYS_readlink, link, path, sizeof path - 1);
        path[n > 0 ? n : 0] = 0;
        if (strstr(path, "/journal/data.mdb"))
                found = fcntl(fd, F_GETFL) & O_DSYNC ? CLASS_PAGES_SAFE : CLASS_PAGES;
        else if (getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
                 (address.ss_family == AF_INET || address.ss_family == AF_INET6))
                found = CLASS_TCP;
        class[fd] = found;
        errno = (int)saved;
        return found;
}

static void record(enum kind kind, int fd, uint64_t offset, const struct iovec *parts, int count) {
        struct head head = { .kind = kind, .pid = (uint32_t)syscall(SYS_getpid), .fd = fd, .offset = offset };
        struct iovec all[65] = { { &head, sizeof head } };
        int saved = errno;

        for (int i = 0; i < count && i < 64; i++) {
                all[1 + i] = parts[i];
                head.length += (uint32_t)parts[i].iov_len;
        }
        (void)syscall(SYS_writev, record_fd, all, 1 + (count < 64 ? count : 64));
        errno = saved;
}

static void record_bytes(enum kind kind, int fd, uint64_t offset, const void *bytes, size_t n) {
        struct iovec part = { (void *)(uintptr_t)bytes, n };

        record(kind, fd, offset, &part, 1);
}

static void record_written(int fd, uint64_t offset, const struct iovec *parts, int count) {
        unsigned char found;

        if (record_fd < 0)
                return;
        found = classify(fd);
        if (found == CLASS_PAGES || found == CLASS_PAGES_SAFE)
                record(found == CLASS_PAGES ? KIND_WRITE : KIND_WRITE_SAFE, fd, offset, parts, count);
        else if (found == CLASS_TCP)
                record(KIND_SENT, fd, 0, parts, count);
}

static void record_one(int fd, uint64_t offset, const void *bytes, size_t n) {
        struct iovec part = { (void *)(uintptr_t)bytes, n };

        record_written(fd, offset, &part, 1);
}

static ssize_t record_came(int fd, const void *bytes, ssize_t n) {
        if (record_fd >= 0 && n > 0 && classify(fd) == CLASS_TCP)
                record_bytes(KIND_CAME, fd, 0, bytes, (size_t)n);
        return n;
}

/* --- the calls --- */

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
        REAL(pwrite64);
        record_one(fd, (uint64_t)at, bytes, n);
        return STRUCK_WRITE(CALL_PWRITE, real(fd, bytes, n, at), real(fd, bytes, n / 2, at));
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
        return pwrite64(fd, bytes, n, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
        REAL(pwritev64);
        record_written(fd, (uint64_t)at, parts, count);
        return STRUCK_WRITE(CALL_PWRITE, real(fd, parts, count, at), real(fd, parts, count / 2, at));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
        return pwritev64(fd, parts, count, at);
}

/* LMDB writes some pages where the descriptor stands. */
static uint64_t position(int fd) {
        long at = syscall(SYS_lseek, fd, 0, SEEK_CUR);

        return at < 0 ? 0 : (uint64_t)at;
}

ssize_t write(int fd, const void *bytes, size_t n) {
        REAL(write);
        if (record_fd >= 0)
                record_one(fd, position(fd), bytes, n);
        return STRUCK_WRITE(CALL_WRITE, real(fd, bytes, n), real(fd, bytes, n / 2));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
        REAL(writev);
        if (record_fd >= 0)
                record_written(fd, position(fd), parts, count);
        return STRUCK_WRITE(CALL_WRITE, real(fd, parts, count), real(fd, parts, count / 2));
}

ssize_t send(int fd, const void *bytes, size_t n, int flags) {
        REAL(send);
        record_one(fd, 0, bytes, n);
        return STRUCK_WRITE(CALL_SEND, real(fd, bytes, n, flags), real(fd, bytes, n / 2, flags));
}

ssize_t sendto(int fd, const void *bytes, size_t n, int flags, __CONST_SOCKADDR_ARG address, socklen_t size) {
        REAL(sendto);
        record_one(fd, 0, bytes, n);
        return STRUCK_WRITE(CALL_SEND, real(fd, bytes, n, flags, address, size),
                            real(fd, bytes, n / 2, flags, address, size));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
        REAL(sendmsg);
        record_written(fd, 0, message->msg_iov, (int)message->msg_iovlen);
        return STRUCK(CALL_SEND, -1, real(fd, message, flags));
}

ssize_t read(int fd, void *bytes, size_t n) {
        REAL(read);
        return record_came(fd, bytes, real(fd, bytes, n));
}

ssize_t recv(int fd, void *bytes, size_t n, int flags) {
        REAL(recv);
        return record_came(fd, bytes, real(fd, bytes, n, flags));
}

int close(int fd) {
        REAL(close);
        if (fd >= 0 && fd < (int)sizeof class) {
                if (record_fd >= 0 && class[fd] == CLASS_TCP)
                        record_bytes(KIND_CLOSED, fd, 0, NULL, 0);
                class[fd] = 0;
        }
        return real(fd);
}

/* Safe is what had been written before a sync that succeeded. */
static int record_safe(int fd, int r) {
        if (record_fd >= 0 && r == 0 && classify(fd) == CLASS_PAGES)
                record_bytes(KIND_SAFE, fd, 0, NULL, 0);
        return r;
}

int fdatasync(int fd) {
        REAL(fdatasync);
        return record_safe(fd, STRUCK(CALL_SYNC, -1, real(fd)));
}

int fsync(int fd) {
        REAL(fsync);
        return record_safe(fd, STRUCK(CALL_SYNC, -1, real(fd)));
}

int ftruncate64(int fd, off64_t size) {
        REAL(ftruncate64);
        return STRUCK(CALL_RENAME, -1, real(fd, size));
}

int ftruncate(int fd, off_t size) {
        return ftruncate64(fd, size);
}

int unlink(const char *path) {
        REAL(unlink);
        return STRUCK(CALL_RENAME, -1, real(path));
}

int mkdir(const char *path, mode_t mode) {
        REAL(mkdir);
        return STRUCK(CALL_RENAME, -1, real(path, mode));
}

/* A file that gets its name is kept for the test under the number of its record. */
static void record_named(int dir, const char *name) {
        static _Atomic unsigned number;
        char kept[PATH_MAX + 32];
        unsigned n;

        if (record_fd < 0)
                return;
        n = number++;
        (void)snprintf(kept, sizeof kept, "%s/named.%ld.%u", folder, syscall(SYS_getpid), n);
        if (syscall(SYS_linkat, dir, name, AT_FDCWD, kept, 0) == 0)
                record_bytes(KIND_NAMED, (int)n, 0, name, strlen(name));
}

int rename(const char *from, const char *to) {
        int r;
        REAL(rename);

        r = STRUCK(CALL_RENAME, -1, real(from, to));
        if (r == 0)
                record_named(AT_FDCWD, to);
        return r;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
        int r;
        REAL(renameat);

        r = STRUCK(CALL_RENAME, -1, real(from_dir, from, to_dir, to));
        if (r == 0)
                record_named(to_dir, to);
        return r;
}

/* --- allocations --- */

static bool refused(void) {
        if (strike(CALL_ALLOC) < ACTION_ERROR)
                return false;
        errno = ENOMEM;
        return true;
}

void *malloc(size_t n) {
        REAL(malloc);
        return refused() ? NULL : real(n);
}

void *realloc(void *old, size_t n) {
        REAL(realloc);
        return refused() ? NULL : real(old, n);
}

/* dlsym may allocate itself, by calloc alone: the first bytes come from here and are never given back. */
void *calloc(size_t count, size_t n) {
        static __typeof__(&calloc) real;
        static bool looking;
        static _Alignas(16) char first[4096];
        static size_t used;

        if (!real && looking) {
                void *p = first + used;

                used += (count * n + 15) / 16 * 16;
                return used <= sizeof first ? p : NULL;
        }
        if (!real) {
                looking = true;
                *(void **)&real = dlsym(RTLD_NEXT, "calloc");
        }
        return refused() ? NULL : real(count, n);
}
