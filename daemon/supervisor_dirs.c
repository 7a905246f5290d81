#include "supervisor_dirs.h"
#include "base/log.h"
#include "base/worker.h"
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 *   state.dir           engine : journal group   2750   snapshots; the store passes through it
 *   state.dir/journal   engine : journal group   2750   readers of LMDB write their slots into its lock file, and make
 * none state.dir/auth      auth   : its group       0700   the credentials; opened before the user is changed
 *   state.run_dir       engine : command.group   2755   the command socket, which inherits the group
 *   state.run_dir/auth  auth   : console's group 0750   the socket where passwords are checked
 *
 * The journal group is the primary group of users.store, where there is no store that of users.notify, or that of
 * users.engine where they have no user of their own; a notifier beside a store is a member of it: then the engine need
 * not be a member of anything, and the set-group-id bit gives that group to each new file, and to the journal that
 * takes the place of a damaged one. Started as an ordinary user, everything simply belongs to it.
 *
 * Giving away wants root. A supervisor that may change users and nothing else (contrib/systemd) finds all of it made by
 * `wardwatch run --prepare`, and its lock, too, which stands in the engine's folder. It may not even name the
 * set-group-id bit (RestrictSUIDSGID=), and no worker may.
 */

struct place {
        const char *path;
        mode_t mode;
        uid_t uid;
        gid_t gid;
        const char *mark; /* an entry that shows whose it is, NULL = the path does */
};

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
                if (mkdir(part, i == n ? mode & 0777 : 0755) < 0 && errno != EEXIST)
                        return tell(path, "cannot be made: make it, or set state.dir and state.run_dir to others",
                                    -errno);
        }
        return 0;
}

static bool is_empty(int fd) {
        _cleanup_close_ int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const struct dirent *entry;
        DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
        bool empty = true;

        if (!dir)
                return false;
        copy = -1;
        while (empty && (entry = readdir(dir)))
                empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        closedir(dir);
        return empty;
}

/* Empty, or with the entry that only we put there. Somebody's /tmp or /run must not be made ours by a slip in the
 * configuration. And a folder in one of a worker's could be his, put there in the place of another one's: what he wrote
 * into it is given to nobody. */
static bool is_ours(int fd, const struct place *place, const struct stat *st) {
        if (!place->mark)
                return st->st_uid == place->uid || st->st_uid == 0 || is_empty(fd);
        return faccessat(fd, place->mark, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || is_empty(fd);
}

static bool is_right(const struct stat *st, const struct place *place) {
        return st->st_uid == place->uid && st->st_gid == place->gid && (st->st_mode & 07777) == place->mode;
}

static int take_over(int fd, const struct place *place) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                return tell(place->path, "cannot be looked at", -errno);
        if (is_right(&st, place))
                return 0;
        if (is_ours(fd, place, &st))
                /* the mode last: a change of owner clears the set-group-id bit */
                return fchown(fd, place->uid, place->gid) < 0 || fchmod(fd, place->mode) < 0
                               ? tell(place->path,
                                      "owner and mode cannot be set: let root do it once, by `wardwatch run --prepare "
                                      "USER`",
                                      -errno)
                               : 0;
        if (st.st_uid != place->uid && place->uid != 0)
                return tell(place->path,
                            place->mark ? "holds other things and belongs to another user than users.engine: give it "
                                          "to that user, or set state.dir and state.run_dir to others"
                                        : "belongs to another user than its worker and is not empty: look who filled "
                                          "it, and give it to the worker's user with all that is in it (chown -R)",
                            -EPERM);
        return 0;
}

/* Another's, closed to a supervisor that is not root: it was made right before, or root has to. */
static int look_at(const struct place *place) {
        struct stat st;

        if (lstat(place->path, &st) == 0 && S_ISDIR(st.st_mode) && is_right(&st, place))
                return 0;
        return tell(place->path, "is not as its worker needs it: let root do it, by `wardwatch run --prepare USER`",
                    -EACCES);
}

/* A folder without a mark stands in one of a worker's, who could put a link there in its place: to whatever he would
 * like to be given. */
static int open_one(const struct place *place) {
        bool inner = !place->mark && worker_may_change_user();

        return open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (inner ? O_NOFOLLOW : 0));
}

static bool is_link(const char *path) {
        struct stat st;

        return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Through a descriptor, so that what is checked is what is changed. */
static int make_one(const struct place *place) {
        _cleanup_close_ int fd = -1;
        int r = make_all(place->path, place->mode);

        if (r < 0)
                return r;
        fd = open_one(place);
        if (fd < 0 && errno == EACCES && worker_may_change_user())
                return look_at(place);
        if (fd < 0 && is_link(place->path))
                return tell(place->path,
                            "is a link, which its worker could have put there: put a folder in its place, or mount one",
                            -ELOOP);
        if (fd < 0)
                return tell(place->path, "cannot be opened", -errno);
        if (worker_may_change_user())
                return take_over(fd, place);
        return faccessat(fd, ".", W_OK | X_OK, 0) < 0 ? tell(place->path, "cannot be written to", -errno) : 0;
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

static bool in_group(const char *name, gid_t gid) {
        const struct passwd *user = getpwnam(name);
        gid_t groups[256];
        int n = sizeof(groups) / sizeof(groups[0]);

        if (!user || getgrouplist(name, user->pw_gid, groups, &n) < 0)
                return false;
        while (n > 0)
                if (groups[--n] == gid)
                        return true;
        return false;
}

/* Of the notifier, who reads the journal beside the store. */
static int check_member(const struct config *config, gid_t gid) {
        const char *name = config->users.notify;

        if (!*name || in_group(name, gid))
                return 0;
        log_error("directory", "users.notify",
                  "user \"%s\" may not read the journal: make it a member of the group of users.store (usermod -aG "
                  "GROUP %s), or give both the same user",
                  name, name);
        return -EPERM;
}

struct owners {
        uid_t engine, auth, console;
        gid_t journal_group, command_group, auth_group, console_group;
};

/* An ordinary user cannot give anything away: all is its own. */
static int find_owners(const struct config *config, struct owners *ret) {
        uid_t reader;
        int r;

        *ret = (struct owners){ geteuid(), geteuid(), geteuid(), getegid(), getegid(), getegid(), getegid() };
        if (!worker_may_change_user())
                return 0;
        r = find_user("users.engine", config->users.engine, &ret->engine, &ret->journal_group);
        ret->command_group = ret->journal_group;
        if (r == 0 && *config->database.url)
                r = find_user("users.store", config->users.store, &reader, &ret->journal_group);
        else if (r == 0 && *config->notify.channels)
                r = find_user("users.notify", config->users.notify, &reader, &ret->journal_group);
        if (r == 0 && *config->database.url && *config->notify.channels)
                r = check_member(config, ret->journal_group);
        if (r == 0)
                r = find_group(config->command.group, &ret->command_group);
        if (r == 0 && config->auth.enabled)
                r = find_user("users.auth", config->users.auth, &ret->auth, &ret->auth_group);
        if (r == 0 && (config->auth.enabled || *config->console.listen))
                r = find_user("users.console", config->users.console, &ret->console, &ret->console_group);
        return r;
}

static bool below(const char *dir, const char *name, char out[static PATH_MAX]) {
        return (size_t)snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

int supervisor_dirs_make(const struct config *config) {
        char journal[PATH_MAX], auth[PATH_MAX], run_auth[PATH_MAX], console[PATH_MAX];
        struct owners owners;
        int r = find_owners(config, &owners);

        if (r < 0)
                return r;
        if (!below(config->state.dir, "journal", journal) || !below(config->state.dir, "auth", auth) ||
            !below(config->state.run_dir, "auth", run_auth) || !below(config->state.dir, "console", console))
                return tell(config->state.dir, "cannot be made", -ENAMETOOLONG);
        const struct {
                struct place place;
                bool wanted;
        } places[] = {
                { { config->state.dir, 02750, owners.engine, owners.journal_group, "journal" }, true },
                { { journal, 02750, owners.engine, owners.journal_group, NULL }, true },
                { { config->state.run_dir, 02755, owners.engine, owners.command_group, "wardwatch.sock" }, true },
                { { auth, 0700, owners.auth, owners.auth_group, NULL }, config->auth.enabled },
                { { run_auth, 0750, owners.auth, owners.console_group, NULL }, config->auth.enabled },
                { { console, 0700, owners.console, owners.console_group, NULL }, *config->console.listen },
        };

        for (size_t i = 0; r == 0 && i < sizeof places / sizeof *places; i++)
                r = places[i].wanted ? make_one(&places[i].place) : 0;
        return r;
}
