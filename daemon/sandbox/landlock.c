#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Headers of a distribution are older than the kernels that it runs on: what came after version 1 stands here by its
 * number, which the kernel keeps for ever (Documentation/userspace-api/landlock.rst).
 */
#define FS_REFER      (UINT64_C(1) << 13) /* 2 */
#define FS_TRUNCATE   (UINT64_C(1) << 14) /* 3 */
#define FS_IOCTL_DEV  (UINT64_C(1) << 15) /* 5 */
#define NET_BIND      (UINT64_C(1) << 0)  /* 4 */
#define NET_CONNECT   (UINT64_C(1) << 1)  /* 4 */
#define SCOPE_SOCKETS (UINT64_C(1) << 0)  /* 6: abstract ones */
#define SCOPE_SIGNALS (UINT64_C(1) << 1)  /* 6 */

#define ABI_NET       4
#define ABI_SCOPE     6
#define RULE_PORT     2

struct ruleset_attr {
        uint64_t fs, net, scoped;
};

struct port_attr {
        uint64_t access, port;
};

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN   (READ | LANDLOCK_ACCESS_FS_EXECUTE)
#define WRITE (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define KEEP                                                                                                           \
        (WRITE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |          \
         LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_REFER)
#define SOCKETS (WRITE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE)
/* of what is no folder */
#define OF_FILE                                                                                                        \
        (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE |     \
         FS_IOCTL_DEV)

static const uint64_t rights[] = {
        [LANDLOCK_READ] = READ, [LANDLOCK_RUN] = RUN,         [LANDLOCK_WRITE] = WRITE,
        [LANDLOCK_KEEP] = KEEP, [LANDLOCK_SOCKETS] = SOCKETS,
};

/* All that a version can hold back: version 1 has thirteen, then one more in 2, 3 and 5. */
static uint64_t known(int abi) {
        uint64_t fs = FS_REFER - 1;

        if (abi >= 2)
                fs |= FS_REFER;
        if (abi >= 3)
                fs |= FS_TRUNCATE;
        if (abi >= 5)
                fs |= FS_IOCTL_DEV;
        return fs;
}

int landlock_abi(void) {
        long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

        return abi < 0 ? 0 : (int)abi;
}

const char *landlock_lacks(int abi) {
        if (abi == 0)
                return "the kernel has no Landlock: files and ports are held back by users and modes alone";
        if (abi < 3)
                return "the kernel's Landlock is older than version 3: files may be cut, and ports are open";
        if (abi < ABI_NET)
                return "the kernel's Landlock is older than version 4: TCP ports are open";
        if (abi < ABI_SCOPE)
                return "the kernel's Landlock is older than version 6: processes of the same user may be signalled";
        return NULL;
}

int landlock_begin(int abi, const struct landlock_options *options) {
        struct ruleset_attr attr = { .fs = known(abi) };
        size_t size = sizeof attr.fs;
        long fd;

        if (abi >= ABI_NET) {
                attr.net = NET_BIND | (options->connect ? 0 : NET_CONNECT);
                size = sizeof attr.fs + sizeof attr.net;
        }
        if (abi >= ABI_SCOPE) {
                attr.scoped = SCOPE_SOCKETS | (options->signals ? 0 : SCOPE_SIGNALS);
                size = sizeof attr;
        }
        fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0);
        return fd < 0 ? -errno : (int)fd;
}

int landlock_allow_path(int set, int abi, const char *path, enum landlock_right right) {
        _cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
        struct landlock_path_beneath_attr attr = { .allowed_access = rights[right] & known(abi), .parent_fd = fd };
        struct stat st;

        if (fd < 0)
                return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISDIR(st.st_mode))
                attr.allowed_access &= OF_FILE;
        return syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) < 0 ? -errno : 0;
}

int landlock_allow_folder(int set, int abi, int folder, enum landlock_right right) {
        const struct landlock_path_beneath_attr attr = { .allowed_access = rights[right] & known(abi),
                                                         .parent_fd = folder };

        return syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) < 0 ? -errno : 0;
}

int landlock_allow_port(int set, int abi, uint16_t port, bool listen) {
        struct port_attr attr = { .access = listen ? NET_BIND : NET_CONNECT, .port = port };

        if (abi < ABI_NET)
                return 0;
        return syscall(SYS_landlock_add_rule, set, RULE_PORT, &attr, 0) < 0 ? -errno : 0;
}

int landlock_enforce(int set) {
        int r = syscall(SYS_landlock_restrict_self, set, 0) < 0 ? -errno : 0;

        (void)close(set);
        return r;
}
