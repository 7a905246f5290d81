/*
 * Goes the way of a worker into its sandbox, and tries there one thing.
 *
 *   sandbox-probe CONFIG WORKER ACT [ARGUMENT]
 *
 * Prints "ok" or the name of the error, exit code 0. What kills the process does so for the caller to see.
 */
#include "command/enter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int ended(long r) {
        return r < 0 ? -errno : 0;
}

static int try_open(const char *path, int flags) {
        int fd = open(path, flags | O_CLOEXEC, 0600);

        return fd < 0 ? -errno : close(fd);
}

static int try_read(const char *path) {
        return try_open(path, O_RDONLY);
}

static int try_write(const char *path) {
        return try_open(path, O_WRONLY);
}

static int try_create(const char *path) {
        return try_open(path, O_WRONLY | O_CREAT | O_EXCL);
}

static int try_remove(const char *path) {
        return ended(unlink(path));
}

static int try_truncate(const char *path) {
        return ended(truncate(path, 0));
}

static int try_symlink(const char *path) {
        return ended(symlink("/etc/shadow", path));
}

static int try_chdir_root(const char *path) {
        return ended(chroot(path));
}

static int try_run(const char *path) {
        char *argv[] = { (char *)path, NULL }, *environment[] = { NULL };
        int status;
        pid_t pid = fork();

        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void)execve(path, argv, environment);
                _exit(errno);
        }
        if (waitpid(pid, &status, 0) < 0)
                return -errno;
        return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static int try_become(const char *path) {
        char *argv[] = { (char *)path, NULL }, *environment[] = { NULL };

        return ended(execve(path, argv, environment));
}

static int try_fork(const char *argument) {
        pid_t pid = fork();

        (void)argument;
        if (pid == 0)
                _exit(0);
        return pid < 0 ? -errno : ended(waitpid(pid, NULL, 0));
}

static void *thread(void *userdata) {
        return userdata;
}

static int try_thread(const char *argument) {
        pthread_t t;
        int r = pthread_create(&t, NULL, thread, NULL);

        (void)argument;
        return r ? -r : -pthread_join(t, NULL);
}

static struct sockaddr_in loopback(const char *port) {
        return (struct sockaddr_in){ .sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

static int try_connect(const char *port) {
        const struct sockaddr_in to = loopback(port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        return fd < 0 ? -errno : ended(connect(fd, (const struct sockaddr *)&to, sizeof to));
}

static int try_listen(const char *port) {
        const struct sockaddr_in at = loopback(port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

        if (fd < 0)
                return -errno;
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        return ended(bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 ? -1 : listen(fd, 1));
}

static int try_unix(const char *path) {
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
        return fd < 0 ? -errno : ended(connect(fd, (const struct sockaddr *)&to, sizeof to));
}

static int try_packet(const char *argument) {
        (void)argument;
        return ended(socket(AF_PACKET, SOCK_RAW, 0));
}

static int try_vsock(const char *argument) {
        (void)argument;
        return ended(socket(AF_VSOCK, SOCK_STREAM, 0));
}

static int try_resolve(const char *name) {
        struct addrinfo *list = NULL;

        if (getaddrinfo(name, NULL, NULL, &list) != 0)
                return -EHOSTUNREACH;
        freeaddrinfo(list);
        return 0;
}

static int try_ptrace(const char *pid) {
        return ended(ptrace(PTRACE_ATTACH, atoi(pid), NULL, NULL));
}

static int try_memory(const char *pid) {
        char byte;
        struct iovec here = { &byte, 1 }, there = { &byte, 1 };

        return ended(process_vm_readv(atoi(pid), &here, 1, &there, 1, 0));
}

static int try_signal(const char *pid) {
        return ended(kill(atoi(pid), 0));
}

static int try_mount(const char *path) {
        return ended(mount("none", path, "tmpfs", 0, NULL));
}

static int try_namespace(const char *argument) {
        (void)argument;
        return ended(unshare(CLONE_NEWUSER));
}

static int try_clone_namespace(const char *argument) {
        (void)argument;
        return ended(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
}

static int try_bpf(const char *argument) {
        union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY };

        (void)argument;
        return ended(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}

static int try_uring(const char *argument) {
        (void)argument;
        return ended(syscall(SYS_io_uring_setup, 1, NULL));
}

static int try_module(const char *argument) {
        return ended(syscall(SYS_init_module, NULL, 0, argument));
}

static int try_keys(const char *argument) {
        (void)argument;
        return ended(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

/* a call that this program has never heard of */
static int try_unknown(const char *argument) {
        (void)argument;
        return ended(syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
}

static int try_type(const char *argument) {
        return ended(ioctl(0, TIOCSTI, argument));
}

static int try_setuid(const char *argument) {
        (void)argument;
        return ended(setuid(0) == 0 && getuid() == 0 ? 0 : -1);
}

static int try_core(const char *argument) {
        struct rlimit limit = { 0 };

        (void)argument;
        return getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_cur != 0 ? -EPERM : 0;
}

static const struct {
        const char *name;
        int (*call)(const char *argument);
} acts[] = {
        { "read", try_read },
        { "write", try_write },
        { "create", try_create },
        { "remove", try_remove },
        { "truncate", try_truncate },
        { "symlink", try_symlink },
        { "chroot", try_chdir_root },
        { "run", try_run },
        { "become", try_become },
        { "fork", try_fork },
        { "thread", try_thread },
        { "connect", try_connect },
        { "listen", try_listen },
        { "unix", try_unix },
        { "packet", try_packet },
        { "vsock", try_vsock },
        { "resolve", try_resolve },
        { "ptrace", try_ptrace },
        { "memory", try_memory },
        { "signal", try_signal },
        { "mount", try_mount },
        { "namespace", try_namespace },
        { "clone-namespace", try_clone_namespace },
        { "bpf", try_bpf },
        { "uring", try_uring },
        { "module", try_module },
        { "keys", try_keys },
        { "unknown", try_unknown },
        { "type", try_type },
        { "setuid", try_setuid },
        { "core", try_core },
};

static int act(const char *name, const char *argument) {
        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
                if (strcmp(acts[i].name, name) == 0)
                        return acts[i].call(argument);
        return -EINVAL;
}

/* The user that a worker has by the configuration. */
static const char *user_of(const struct config *config, const char *worker) {
        return strcmp(worker, "engine") == 0    ? config->users.engine
               : strcmp(worker, "store") == 0   ? config->users.store
               : strcmp(worker, "notify") == 0  ? config->users.notify
               : strcmp(worker, "console") == 0 ? config->users.console
                                                : config->users.auth;
}

int main(int argc, char **argv) {
        struct config config = { 0 };
        struct diag d = DIAG_INIT;
        int r;

        if (argc < 4 || config_load(&config, argv[1], &d) != 0)
                return 2;
        if (strcmp(argv[2], "snapshot") == 0)
                r = sandbox_enter_snapshot(&config);
        else
                r = enter_worker(&config, argv[2], user_of(&config, argv[2]), -1, -1, NULL);
        if (r < 0)
                _exit(3);
        r = act(argv[3], argc > 4 ? argv[4] : "");
        (void)printf("%s\n", r < 0 ? strerrorname_np(-r) : "ok");
        (void)fflush(stdout);
        _exit(0);
}
