#include "base/log.h"
#include "base/worker.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What a worker gives up before it does anything. The order matters: a change of user clears the parent-death signal
 * and needs the rights that no_new_privs and an empty set of capabilities take away; and the parent may have died
 * before the signal was asked for, so it is looked at afterwards.
 */

static int fail(const char *name, int error, const char *what) {
        char subject[64];

        snprintf(subject, sizeof(subject), "worker=%s", name);
        log_error("worker-enter", subject, "%s: %s", what, strerror(-error));
        return error;
}

static int tell_unknown_user(const char *name, const char *user) {
        char subject[64];

        snprintf(subject, sizeof(subject), "worker=%s", name);
        log_error("worker-user", subject,
                  "there is no user \"%s\" on this machine: create it, or set users.%s in the configuration to one "
                  "that exists (\"\" keeps the user that starts the daemon)",
                  user, name);
        return -ENOENT;
}

bool worker_may_change_user(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

        return syscall(SYS_capget, &header, sets) == 0 &&
               sets[CAP_TO_INDEX(CAP_SETUID)].effective & CAP_TO_MASK(CAP_SETUID);
}

/* For good: real, effective and saved ids, and the supplementary groups of the new user only. */
static int drop_user(const char *name, const char *user) {
        struct passwd entry, *found = NULL;
        char bytes[16384];
        int r = getpwnam_r(user, &entry, bytes, sizeof(bytes), &found);

        if (!found)
                return r ? fail(name, -r, "looking up the user") : tell_unknown_user(name, user);
        if (initgroups(user, entry.pw_gid) < 0 || setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) < 0 ||
            setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) < 0)
                return fail(name, -errno, "changing the user");
        return 0;
}

/* Through the groups of now and the rights of then. A process in which something failed half way is of no use. */
static int open_as(uid_t uid, const char *path) {
        uid_t own = geteuid();
        int fd, e;

        if (seteuid(uid) < 0)
                return -errno;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        e = errno;
        if (seteuid(own) < 0)
                _exit(1);
        return fd < 0 ? -e : fd;
}

int worker_open_folder(const char *user, const char *path) {
        struct passwd entry, *found = NULL;
        char bytes[16384];
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0)
                return fd;
        if (errno != EACCES || !user || !*user || !worker_may_change_user())
                return -errno;
        (void)getpwnam_r(user, &entry, bytes, sizeof(bytes), &found);
        return found ? open_as(entry.pw_uid, path) : -EACCES;
}

/* The other end's process id is that of the supervisor, from the moment it made the pair. */
static int check_parent(const char *name, int control_fd) {
        struct ucred peer = { 0 };
        socklen_t n = sizeof(peer);

        if (getsockopt(control_fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
                return fail(name, -errno, "the control descriptor is not the supervisor's socket");
        if (getppid() != peer.pid)
                return fail(name, -ESRCH, "the supervisor is gone");
        return 0;
}

static void set_signals(bool supervised) {
        struct sigaction ignore = { .sa_handler = SIG_IGN };
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        sigaction(SIGPIPE, &ignore, NULL);
        if (!supervised)
                return;
        sigaction(SIGINT, &ignore, NULL);
        sigaction(SIGHUP, &ignore, NULL);
}

/* Before the user is changed, because the bounding set is root's to narrow, and the kept ones would be lost with it. */
static void bound_capabilities(uint64_t keep) {
        for (unsigned i = 0; i < 64; i++)
                if (!(keep & UINT64_C(1) << i))
                        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
        (void)prctl(PR_SET_KEEPCAPS, keep != 0, 0, 0, 0);
}

/* Of those that there are, only `keep`: of root, too, where no user is set. */
static int drop_capabilities(const char *name, uint64_t keep) {
        struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if (syscall(SYS_capget, &head, data) < 0)
                return fail(name, -errno, "asking for capabilities");
        for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
                data[i].permitted &= (uint32_t)(keep >> 32 * i);
                data[i].effective = data[i].permitted;
                data[i].inheritable = 0;
        }
        return syscall(SYS_capset, &head, data) < 0 ? fail(name, -errno, "giving up capabilities") : 0;
}

int worker_enter(const char *name, const char *user, uint64_t capabilities, int control_fd) {
        struct rlimit core = { 0, RLIM_INFINITY };
        int r;

        bound_capabilities(capabilities);
        if (user && *user && worker_may_change_user() && (r = drop_user(name, user)) < 0)
                return r;
        r = drop_capabilities(name, capabilities);
        if (r < 0)
                return r;
        if (geteuid() != 0 && setuid(0) == 0)
                return fail(name, -EPERM, "the rights of root could be taken back");
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return fail(name, -errno, "giving up new privileges");
        /* a core file would carry passwords to the disk; an administrator may raise the soft limit again */
        if (getrlimit(RLIMIT_CORE, &core) == 0) {
                core.rlim_cur = 0;
                setrlimit(RLIMIT_CORE, &core);
        }
        umask(0007);
        set_signals(control_fd >= 0);
        if (control_fd < 0)
                return 0;
        if (fcntl(control_fd, F_SETFD, FD_CLOEXEC) < 0)
                return fail(name, -errno, "the control descriptor");
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                return fail(name, -errno, "asking to die with the supervisor");
        return check_parent(name, control_fd);
}
