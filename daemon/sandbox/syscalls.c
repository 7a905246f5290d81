#include "sandbox/syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>

/* clang-format off */
static const char *const basic[] = {
        "arch_prctl", "brk", "clock_getres", "clock_gettime", "clock_nanosleep", "close", "close_range", "dup", "dup2", "dup3",
        "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "exit",
        "exit_group", "fcntl", "futex", "futex_waitv", "get_robust_list", "getcpu", "getegid", "geteuid", "getgid", "getgroups",
        "getitimer", "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresuid", "getrlimit",
        "getrusage", "getsid", "gettid", "gettimeofday", "getuid", "lseek", "madvise", "membarrier", "memfd_create", "mincore",
        "mlock", "mlock2", "mmap", "mprotect", "mremap", "msync", "munlock", "munmap", "nanosleep", "pipe", "pipe2", "poll",
        "ppoll", "prctl", "pread64", "preadv", "preadv2", "prlimit64", "pselect6", "pwrite64", "pwritev", "pwritev2", "read",
        "readv", "restart_syscall", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
        "rt_sigtimedwait", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getparam",
        "sched_getscheduler", "sched_setaffinity", "sched_setparam", "sched_setscheduler", "sched_yield", "select",
        "set_robust_list", "set_tid_address", "setpriority", "setrlimit", "sigaltstack", "sysinfo", "tgkill", "time",
        "timerfd_create", "timerfd_gettime", "timerfd_settime", "times", "umask", "uname", "write", "writev", NULL,
};
static const char *const files[] = {
        "access", "chdir", "faccessat", "faccessat2", "fadvise64", "fchdir", "flock", "fstat", "fstatfs", "getcwd", "getdents64",
        "lstat", "newfstatat", "open", "openat", "openat2", "readahead", "readlink", "readlinkat", "stat", "statfs", "statx", NULL,
};
static const char *const keep[] = {
        "chmod", "copy_file_range", "fallocate", "fchmod", "fchmodat", "fchown", "fdatasync", "fsync", "ftruncate", "link",
        "linkat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "rmdir", "sync_file_range", "syncfs", "truncate",
        "unlink", "unlinkat", "utimensat", NULL,
};
static const char *const net[] = {
        "connect", "getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg", "recvmsg", "sendfile", "sendmmsg",
        "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair", NULL,
};
static const char *const listening[] = { "accept", "accept4", "bind", "listen", NULL };
static const char *const signals[] = { "kill", "pidfd_open", "pidfd_send_signal", NULL };
static const char *const forking[] = { "fork", "setpgid", "setsid", "vfork", "wait4", "waitid", NULL };
static const char *const running[] = {
        "alarm", "capget", "chown", "creat", "execve", "fchownat", "fgetxattr", "flistxattr", "getpgid", "getxattr", "inotify_add_watch",
        "inotify_init1", "inotify_rm_watch", "ioctl", "ioprio_get", "ioprio_set", "lchown", "lgetxattr", "listxattr", "llistxattr",
        "mknod", "mknodat", "munlockall", "pause", "personality", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "semctl", "semget", "semop",
        "setfsgid", "setfsuid", "setgid", "setgroups", "setitimer", "setregid", "setresgid", "setresuid", "setreuid", "setuid",
        "shmat", "shmctl", "shmdt", "shmget", "signalfd", "signalfd4", "splice", "symlink", "symlinkat", "sync", "tee",
        "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime", "tkill", "utime", "utimes",
        "vmsplice", NULL,
};
static const char *const confining[] = {
        "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp", NULL,
};

const struct syscalls_group_row syscalls_groups[SYSCALLS_GROUPS] = {
        [SYSCALLS_BASIC]   = { "basic", "memory, time, threads, descriptors", basic },
        [SYSCALLS_FILES]   = { "files", "open, read, look at", files },
        [SYSCALLS_KEEP]    = { "keep", "make, rename, remove, cut, flush", keep },
        [SYSCALLS_NET]     = { "net", "sockets of the families UNIX, INET, INET6 and NETLINK", net },
        [SYSCALLS_LISTEN]  = { "listen", "bind, listen, accept", listening },
        [SYSCALLS_SIGNAL]  = { "signal", "kill", signals },
        [SYSCALLS_FORK]    = { "fork", "processes of its own, without namespaces", forking },
        [SYSCALLS_RUN]     = { "run", "programs, and what programs need", running },
        [SYSCALLS_CONFINE] = { "confine", "narrower rules for a helper", confining },
};

const char *const syscalls_fatal[] = {
        "acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime", "delete_module", "finit_module",
        "fsconfig", "fsmount", "fsopen", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl",
        "kcmp", "kexec_file_load", "kexec_load", "keyctl", "mount", "mount_setattr", "move_mount", "move_pages",
        "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root", "process_madvise", "process_vm_readv",
        "process_vm_writev", "ptrace", "quotactl", "quotactl_fd", "reboot", "request_key", "setdomainname", "sethostname", "setns",
        "settimeofday", "swapoff", "swapon", "syslog", "umount2", "unshare", "userfaultfd", "vhangup", NULL,
};
/* clang-format on */

/* A build with AddressSanitizer looks for leaks in a thread that stops the others by ptrace, and asks its own name. */
#ifdef __SANITIZE_ADDRESS__
static const char *const sanitizer[] = { "getdents", "personality", "ptrace", "wait4", NULL };
#else
static const char *const sanitizer[] = { NULL };
#endif

#define NAMESPACES                                                                                                     \
        (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)
#define WORD UINT64_C(0xffffffff)

static bool is_among(const char *name, const char *const *names) {
        while (*names && strcmp(*names, name) != 0)
                names++;
        return *names != NULL;
}

static int rule(scmp_filter_ctx ctx, uint32_t action, const char *name, const struct scmp_arg_cmp *arg) {
        int number = seccomp_syscall_resolve_name(name);

        /* a negative number is one that this machine has under another name, or not at all */
        return number < 0 ? 0 : seccomp_rule_add_array(ctx, action, number, arg ? 1 : 0, arg);
}

static int rules(scmp_filter_ctx ctx, uint32_t action, const char *const *names, const char *const *but) {
        int r = 0;

        for (; r == 0 && *names; names++)
                if (!is_among(*names, but))
                        r = rule(ctx, action, *names, NULL);
        return r;
}

/* Of a thread always; of a process where it may have some, and never into namespaces of its own. */
static int allow_clone(scmp_filter_ctx ctx, bool processes) {
        struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
        struct scmp_arg_cmp plain = SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES, 0);

#ifdef __SANITIZE_ADDRESS__
        processes = true;
#endif
        return rule(ctx, SCMP_ACT_ALLOW, "clone", processes ? &plain : &thread);
}

static int allow_sockets(scmp_filter_ctx ctx) {
        static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
        struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_GT, AF_NETLINK);
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof families / sizeof *families; i++) {
                struct scmp_arg_cmp family = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]);

                r = rule(ctx, SCMP_ACT_ALLOW, "socket", &family);
        }
        return r ? r : rule(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", &other);
}

/* Not all: one of them types into the terminal that started the daemon. */
static int allow_ioctls(scmp_filter_ctx ctx) {
        static const unsigned long requests[] = { FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ };
        int r = 0;

        for (size_t i = 0; r == 0 && i < sizeof requests / sizeof *requests; i++) {
                struct scmp_arg_cmp request = SCMP_A1(SCMP_CMP_MASKED_EQ, WORD, requests[i]);

                r = rule(ctx, SCMP_ACT_ALLOW, "ioctl", &request);
        }
        return r;
}

static int fill(scmp_filter_ctx ctx, unsigned groups) {
        static const char *const exec[] = { "execve", "execveat", NULL };
        static const char *const none[] = { NULL };
        bool runs = groups & 1U << SYSCALLS_RUN;
        int r = rules(ctx, SCMP_ACT_KILL_PROCESS, syscalls_fatal, sanitizer);

        if (!r)
                r = rules(ctx, SCMP_ACT_ALLOW, sanitizer, none);
        for (size_t i = 0; r == 0 && i < SYSCALLS_GROUPS; i++)
                if (groups & 1U << i)
                        r = rules(ctx, SCMP_ACT_ALLOW, syscalls_groups[i].calls, sanitizer);
        if (!r)
                r = allow_clone(ctx, groups & 1U << SYSCALLS_FORK);
        if (!r && groups & 1U << SYSCALLS_NET)
                r = allow_sockets(ctx);
        if (!r && !runs)
                r = allow_ioctls(ctx);
        if (!r && !runs)
                r = rules(ctx, SCMP_ACT_KILL_PROCESS, exec, none);
        return r;
}

bool syscalls_supported(void) {
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}

int syscalls_enforce(unsigned groups) {
        scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
        int r;

        if (!ctx)
                return -ENOMEM;
        r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        if (!r)
                r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE,
                                     2); /* a tree: the cost of a call is that of 8 tests */
        if (!r)
                r = fill(ctx, groups);
        if (!r)
                r = seccomp_load(ctx);
        seccomp_release(ctx);
        return r;
}
