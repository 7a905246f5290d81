#include "supervisor_dirs.h"
#include "base/log.h"
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 *   state.dir           engine : journal group   0750   snapshots; the store passes through it
 *   state.dir/journal   engine : journal group   2770   readers of LMDB write their slots into its lock file
 *   state.run_dir       engine : command.group   2755   the command socket, which inherits the group
 *
 * The journal group is the primary group of users.store, or that of users.engine where the store has no user of its
 * own: then the engine need not be a member of anything, and the set-group-id bit gives each new file that group.
 * Started as an ordinary user, everything simply belongs to it.
 */

static int tell(const char *path, const char *what, int error) {
        log_error("directory", path, "%s: %s", what, strerror(-error));
        return error;
}

/* Every part of the path; those that are there already stay as they are. */
static int make_all(const char *path, mode_t mode) {
        char part[PATH_MAX];
        size_t n = strlen(path);

        if (n >= sizeof(part))
                return tell(path, "cannot be made", -ENAMETOOLONG);
        for (size_t i = 1; i <= n; i++) {
                if (path[i] != '/' && path[i] != '\0')
                        continue;
                memcpy(part, path, i);
                part[i] = '\0';
                if (mkdir(part, i == n ? mode : 0755) < 0 && errno != EEXIST)
                        return tell(path, "cannot be made; make it, or set state.dir and state.run_dir to others",
                                    -errno);
        }
        return 0;
}

/* Through a descriptor, so that what is checked is what is changed. */
static int make_one(const char *path, mode_t mode, uid_t uid, gid_t gid) {
        _cleanup_close_ int fd = -1;
        int r = make_all(path, mode);

        if (r < 0)
                return r;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return tell(path, "cannot be opened", -errno);
        if (geteuid() != 0)
                return faccessat(fd, ".", W_OK | X_OK, 0) < 0 ? tell(path, "cannot be written to", -errno) : 0;
        /* the mode last: a change of owner clears the set-group-id bit */
        if (fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0)
                return tell(path, "owner and mode cannot be set", -errno);
        return 0;
}

static int find_user(const char *key, const char *name, uid_t *uid, gid_t *gid) {
        const struct passwd *user;

        if (!*name)
                return 0;
        user = getpwnam(name);
        if (!user) {
                log_error("directory", key,
                          "there is no user \"%s\" on this machine: create it, or set %s to one that exists (\"\" "
                          "keeps the user that starts the daemon)",
                          name, key);
                return -ENOENT;
        }
        *uid = user->pw_uid;
        *gid = user->pw_gid;
        return 0;
}

static int find_group(const char *name, gid_t *gid) {
        const struct group *group;

        if (!*name)
                return 0;
        group = getgrnam(name);
        if (!group) {
                log_error("directory", "command.group", "there is no group \"%s\" on this machine", name);
                return -ENOENT;
        }
        *gid = group->gr_gid;
        return 0;
}

int supervisor_dirs_make(const struct config *config) {
        uid_t engine = geteuid(), store = geteuid();
        gid_t engine_group = getegid(), journal_group, command_group;
        char journal[PATH_MAX];
        int r;

        r = find_user("users.engine", geteuid() == 0 ? config->users.engine : "", &engine, &engine_group);
        if (r < 0)
                return r;
        journal_group = command_group = engine_group;
        r = find_user("users.store", geteuid() == 0 ? config->users.store : "", &store, &journal_group);
        if (r == 0)
                r = find_group(geteuid() == 0 ? config->command.group : "", &command_group);
        if (r < 0)
                return r;
        if ((size_t)snprintf(journal, sizeof(journal), "%s/journal", config->state.dir) >= sizeof(journal))
                return tell(config->state.dir, "cannot be made", -ENAMETOOLONG);
        r = make_one(config->state.dir, 0750, engine, journal_group);
        if (r == 0)
                r = make_one(journal, 02770, engine, journal_group);
        if (r == 0)
                r = make_one(config->state.run_dir, 02755, engine, command_group);
        return r;
}
