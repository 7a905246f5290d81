#include "sandbox/sandbox.h"
#include "base/log.h"
#include "config/config_internal.h"
#include "sandbox/sandbox_table.h"

#include <libgen.h>
#include <libpq-fe.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * Landlock first, then the filter of system calls, which lets no more of Landlock's calls through. Nothing has been
 * started yet: both hold for the thread that asks and for all that come from it.
 *
 * A path is allowed as it is at the start. What is replaced by renaming later (a certificate, the journal that is moved
 * aside) is another file: there the folder is allowed. Of files in /etc that is too much, unless the worker has a user
 * of its own.
 */

struct set {
        const struct config *config;
        unsigned worker;
        int abi, fd;
        int folder; /* the worker's own in state.dir, -1 = by its path */
};

static const struct config_key *find_key(const char *name) {
        for (size_t i = 0; i < config_keys_n; i++)
                if (strcmp(config_keys[i].name, name) == 0)
                        return &config_keys[i];
        return NULL;
}

static int find_worker(const char *name) {
        for (int i = 0; i < SANDBOX_WORKERS; i++)
                if (strcmp(sandbox_workers[i].name, name) == 0)
                        return i;
        return -1;
}

/* --- files --- */

/* Of a folder that lies at the top (/etc, /tmp) too much would be allowed: there only the file itself is. */
static int allow_parent(const struct set *s, const char *path, enum landlock_right right) {
        char folder[PATH_MAX];

        if ((size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder)
                return -ENAMETOOLONG;
        (void)dirname(folder);
        return strchr(folder + 1, '/') ? landlock_allow_path(s->fd, s->abi, folder, right) : 0;
}

static int allow_folder(const struct set *s, const char *path, enum landlock_right right) {
        char real[PATH_MAX];
        int r = landlock_allow_path(s->fd, s->abi, path, right);

        if (!r)
                r = allow_parent(s, path, right);
        return r || !realpath(path, real) || strcmp(real, path) == 0 ? r : allow_parent(s, real, right);
}

static int allow_conninfo(const struct set *s, const char *text, enum landlock_right right) {
        static const char *const words[] = { "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "passfile" };
        PQconninfoOption *options = *text ? PQconninfoParse(text, NULL) : NULL;
        int r = 0;

        for (const PQconninfoOption *o = options; o && o->keyword; o++)
                for (size_t i = 0; r == 0 && o->val && i < sizeof words / sizeof *words; i++)
                        if (strcmp(o->keyword, words[i]) == 0 && o->val[0] == '/')
                                r = landlock_allow_path(s->fd, s->abi, o->val, right);
        PQconninfoFree(options);
        return r;
}

static const char *user_of(const struct config *config, int worker) {
        char name[32];
        const struct config_key *key;

        (void)snprintf(name, sizeof name, "users.%s", sandbox_workers[worker].name);
        key = find_key(name);
        return key ? *(const char *const *)config_at_const(config, key) : "";
}

/* One that is configured counts for nothing where the supervisor could not change to it. */
static bool is_alone(const struct set *s) {
        const char *name = user_of(s->config, (int)s->worker);
        const struct passwd *user = *name ? getpwnam(name) : NULL;
        bool alone = user && user->pw_uid && user->pw_uid == geteuid();

        for (int i = 0; alone && i < SANDBOX_WORKERS; i++)
                alone = i == (int)s->worker || strcmp(user_of(s->config, i), name) != 0;
        return alone;
}

static int allow_one(const struct set *s, const struct sandbox_path_row *row, const char *path) {
        char whole[PATH_MAX];

        if (!*path)
                return 0;
        if ((size_t)snprintf(whole, sizeof whole, "%s%s", path, row->beneath ? row->beneath : "") >= sizeof whole)
                return -ENAMETOOLONG;
        if (s->folder >= 0 && row->beneath && strcmp(row->what, "state.dir") == 0)
                return landlock_allow_folder(s->fd, s->abi, s->folder, row->right);
        if (row->of == SANDBOX_ALONE && !is_alone(s))
                return 0;
        if (row->of == SANDBOX_CONNINFO)
                return allow_conninfo(s, path, row->right);
        if (row->of == SANDBOX_FOLDER)
                return allow_folder(s, whole, row->right);
        return landlock_allow_path(s->fd, s->abi, whole, row->right);
}

static int allow_home(const struct set *s, const struct sandbox_path_row *row) {
        const struct passwd *user = getpwuid(geteuid());
        char path[PATH_MAX];

        if (!user || (size_t)snprintf(path, sizeof path, "%s%s", user->pw_dir, row->what + 1) >= sizeof path)
                return 0;
        return allow_one(s, row, path);
}

static int allow_row(const struct set *s, const struct sandbox_path_row *row) {
        const struct config_key *key = find_key(row->what);
        const struct config_list *list;
        int r = 0;

        if (row->what[0] == '/')
                return allow_one(s, row, row->what);
        if (row->what[0] == '~')
                return allow_home(s, row);
        if (!key)
                return -EINVAL;
        if (key->type != CONFIG_PATHS)
                return allow_one(s, row, *(const char *const *)config_at_const(s->config, key));
        list = config_at_const(s->config, key);
        for (size_t i = 0; r == 0 && i < list->n; i++)
                r = allow_one(s, row, list->items[i]);
        return r;
}

/* --- ports --- */

/* "5432", "5432,5433", or nothing for libpq's own. */
static int allow_list(const struct set *s, const char *text) {
        int r = 0;

        while (r == 0) {
                unsigned long port = *text && *text != ',' ? strtoul(text, NULL, 10) : 5432;

                r = landlock_allow_port(s->fd, s->abi, (uint16_t)port, false);
                text = strchr(text, ',');
                if (!text++)
                        break;
        }
        return r;
}

static int allow_database(const struct set *s, const char *text) {
        PQconninfoOption *options = *text ? PQconninfoParse(text, NULL) : NULL;
        const char *port = getenv("PGPORT");
        int r = 0;

        if (!options)
                return 0;
        port = port ? port : "";
        for (const PQconninfoOption *o = options; o->keyword; o++)
                if (strcmp(o->keyword, "port") == 0 && o->val)
                        port = o->val;
        r = allow_list(s, port);
        PQconninfoFree(options);
        return r;
}

static int allow_port(const struct set *s, const struct sandbox_port_row *row) {
        const struct config_key *key = find_key(row->what);
        const char *text;
        int64_t port;

        if (!key)
                return landlock_allow_port(s->fd, s->abi, (uint16_t)strtoul(row->what, NULL, 10), row->listen);
        if (key->type == CONFIG_STRING) {
                text = *(const char *const *)config_at_const(s->config, key);
                if (!row->listen)
                        return allow_database(s, text);
                text = strrchr(text, ':');
                port = text ? strtol(text + 1, NULL, 10) : 0;
        } else {
                port = *(const int64_t *)config_at_const(s->config, key);
        }
        return port ? landlock_allow_port(s->fd, s->abi, (uint16_t)port, row->listen) : 0;
}

/* A service of libpq's may lead to any port. */
static bool connects_anywhere(const struct config *config, unsigned worker) {
        const char *text = worker == SANDBOX_STORE     ? config->database.url
                           : worker == SANDBOX_CONSOLE ? config->console.database
                                                       : "";

        return sandbox_workers[worker].connect || strstr(text, "service=") || (*text && getenv("PGSERVICE"));
}

/* --- all of it --- */

static int fill(const struct set *s) {
        unsigned bit = 1U << s->worker;
        int r = 0;

        for (size_t i = 0; r == 0 && i < sandbox_paths_n; i++)
                if (sandbox_paths[i].workers & bit)
                        r = allow_row(s, &sandbox_paths[i]);
        for (size_t i = 0; r == 0 && i < sandbox_ports_n; i++)
                if (sandbox_ports[i].workers & bit)
                        r = allow_port(s, &sandbox_ports[i]);
        return r;
}

static int enforce_landlock(const struct config *config, unsigned worker, int abi, int folder) {
        const struct landlock_options options = { .signals = sandbox_workers[worker].signals,
                                                  .connect = connects_anywhere(config, worker) };
        struct set s = { .config = config, .worker = worker, .abi = abi, .folder = folder };
        int r;

        s.fd = landlock_begin(abi, &options);
        if (s.fd < 0)
                return s.fd;
        r = fill(&s);
        if (r == 0)
                return landlock_enforce(s.fd);
        (void)close(s.fd);
        return r;
}

static int fail(const char *worker, int error, const char *what) {
        char subject[64];

        (void)snprintf(subject, sizeof subject, "worker=%s", worker);
        log_error("sandbox", subject, "%s: %s; put it right, or set sandbox.mode to `off` until it is", what,
                  strerror(-error));
        return error;
}

static bool tell_lacks(const struct config *config, const char *worker, int abi, struct sandbox_result *ret) {
        const char *landlock = landlock_lacks(abi);
        const char *filter = syscalls_supported() ? NULL : "the kernel does not filter system calls";
        char subject[64];

        (void)snprintf(ret->lacks, sizeof ret->lacks, "%s%s%s", landlock ? landlock : "",
                       landlock && filter ? "; " : "", filter ? filter : "");
        if (!ret->lacks[0])
                return false;
        (void)snprintf(subject, sizeof subject, "worker=%s", worker);
        if (strcmp(config->sandbox.mode, "required") == 0) {
                log_error("sandbox-degraded", subject,
                          "%s: sandbox.mode is `required`; start a newer kernel, or set it to `when-available`",
                          ret->lacks);
                return true;
        }
        log_warning("sandbox-degraded", subject, "%s", ret->lacks);
        return false;
}

int sandbox_enter(const struct config *config, const char *worker, int folder, struct sandbox_result *ret) {
        int i = find_worker(worker), abi = landlock_abi(), r = 0;

        *ret = (struct sandbox_result){ .on = strcmp(config->sandbox.mode, "off") != 0 };
        if (i < 0 || !ret->on)
                return i < 0 ? -EINVAL : 0;
        if (tell_lacks(config, worker, abi, ret))
                return -ENOSYS;
        /* what the process holds in memory is not for others of the same user, nor for a core file */
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
                return fail(worker, -errno, "closing the memory to others");
        if (abi > 0)
                r = enforce_landlock(config, (unsigned)i, abi, folder);
        if (r < 0)
                return fail(worker, r, "holding back files and ports");
        if (syscalls_supported())
                r = syscalls_enforce(sandbox_workers[i].syscalls);
        return r < 0 ? fail(worker, r, "holding back system calls") : 0;
}

int sandbox_enter_snapshot(const struct config *config) {
        int abi = landlock_abi(), r = 0;

        if (strcmp(config->sandbox.mode, "off") == 0)
                return 0;
        if (abi > 0)
                r = enforce_landlock(config, SANDBOX_SNAPSHOT, abi, -1);
        return r == 0 && syscalls_supported() ? syscalls_enforce(sandbox_workers[SANDBOX_SNAPSHOT].syscalls) : r;
}

uint64_t sandbox_capabilities(const struct config *config, const char *worker) {
        const char *colon = strrchr(config->console.listen, ':');
        long port = colon ? strtol(colon + 1, NULL, 10) : 0;

        return strcmp(worker, "console") == 0 && port > 0 && port < 1024 ? UINT64_C(1) << CAP_NET_BIND_SERVICE : 0;
}
