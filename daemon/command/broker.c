/* `wardwatch broker`: who may publish what there, and whether it refuses everybody else. */
#include "command/broker.h"

#include "command/command_internal.h"
#include "command/replay_side.h"
#include "command/socket.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- acl, users ---- */

enum { OPTION_OUTPUT, OPTION_SIMULATOR };

static const struct command_option acl_options[] = {
        [OPTION_OUTPUT] = { "--output", 'o', "FILE",
                            "into this file, replaced at once; owner and mode stay, a new one has 0640" },
        [OPTION_SIMULATOR] = { "--simulator", 0, "USER", "for trials: a user who may publish what every device may" },
        { 0 },
};

static int no_words(const struct command_args *args, const char *name) {
        if (!args->argc)
                return 0;
        (void)fprintf(stderr, "wardwatch broker %s: unexpected word `%s`\n  help: name the file with --config\n", name,
                      args->argv[0]);
        return 2;
}

static int with_rights(const struct command_args *args,
                       int (*then)(const struct command_args *args, const struct config *config,
                                   const struct broker_rights *rights)) {
        struct broker_rights rights = { NULL, NULL };
        struct config config = { 0 };
        struct diag d = DIAG_INIT;
        struct ruleset *rules = NULL;
        int r = 1;

        if (socket_config(&config, args->config))
                return 1;
        if (!replay_side_rules(&rules, &config, NULL)) {
                int failed = broker_rights_of(&rights, &config, rules, &d);

                command_put_diag(&d);
                r = failed ? 1 : then(args, &config, &rights);
        }
        broker_rights_deinit(&rights);
        diag_deinit(&d);
        ruleset_free(rules);
        config_deinit(&config);
        return r;
}

/* The broker, who reads it, is another user: whoever may read the one before may read this one. */
static int keep_rights(int fd, const char *path) {
        struct stat st;

        if (lstat(path, &st) < 0)
                return errno == ENOENT ? 0 : -1;
        return S_ISREG(st.st_mode) && (fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 0777) < 0) ? -1
                                                                                                                  : 0;
}

/* Beside it, then renamed: a broker that reads it meanwhile has the old one or the new one. */
static int write_file(const char *path, const struct buf *text) {
        _cleanup_free_ char *beside = NULL;
        int fd, r = 0;

        if (asprintf(&beside, "%s.new", path) < 0)
                return 1;
        fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (fd < 0 || keep_rights(fd, path) < 0 || write(fd, text->p, text->n) != (ssize_t)text->n || fsync(fd) < 0 ||
            rename(beside, path) < 0)
                r = errno ? errno : EIO;
        if (fd >= 0)
                (void)close(fd);
        if (r)
                (void)fprintf(stderr, "wardwatch broker acl: %s: %s\n  help: name a file that you may write\n", path,
                              strerror(r));
        return r ? 1 : 0;
}

static int put_acl(const struct command_args *args, const struct config *config, const struct broker_rights *rights) {
        const char *output = args->values[OPTION_OUTPUT];
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (!config->mqtt.user[0]) {
                (void)fprintf(stderr, "wardwatch broker acl: Wardwatch itself has no name at the broker\n  help: set "
                                      "mqtt.user and mqtt.password_file\n");
                return 1;
        }
        if (args->json)
                return command_put_json(json_incref(rights->users), JSON_COMPACT) ? 1 : 0;
        broker_acl_text(rights, config->site.name, args->values[OPTION_SIMULATOR], config, &text);
        if (broker_rights_shared(rights))
                (void)fprintf(stderr,
                              "%zu topics are shared by several devices, and no ACL can tell those apart: the comments "
                              "name them\n",
                              broker_rights_shared(rights));
        return output ? write_file(output, &text) : command_put(&text, false);
}

static int acl_run(const struct command_args *args) {
        int r = no_words(args, "acl");

        return r ? r : with_rights(args, put_acl);
}

const struct command command_broker_acl = {
        .name = "broker acl",
        .synopsis = "broker acl [--output FILE] [--simulator USER] [--json]",
        .help = "who may publish and read what, as the broker's acl_file",
        .text = "Out of `clients` of the site, the topics of their sensor types, and what Wardwatch itself reads and "
                "says: each client may publish to the topics of its own devices, and nothing else is allowed to "
                "anybody. Topics that several devices share are told, because no ACL can say whose message it is. "
                "Make it anew when the site changes, and reload the broker.",
        .options = acl_options,
        .run = acl_run,
};

static const struct command_option users_options[] = {
        { "--devices", 0, NULL, "without Wardwatch's own, whose password is in a file of its own" },
        { 0 },
};

static int put_users(const struct command_args *args, const struct config *config, const struct broker_rights *rights) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        const char *user;
        json_t *value;

        json_object_foreach(rights->users, user, value) {
                if (!args->values[0] || strcmp(user, config->mqtt.user) != 0)
                        buf_printf(&text, "%s\n", user);
        }
        return command_put(&text, false);
}

static int users_run(const struct command_args *args) {
        int r = no_words(args, "users");

        return r ? r : with_rights(args, put_users);
}

const struct command command_broker_users = {
        .name = "broker users",
        .synopsis = "broker users [--devices]",
        .help = "the names that the ACL knows, one a line: each wants a password at the broker",
        .text = "For `mosquitto_passwd`: a name without a password there cannot connect.",
        .options = users_options,
        .run = users_run,
};

/* ---- check ---- */

static int check_run(const struct command_args *args) {
        struct config config = { 0 };
        int r = no_words(args, "check");

        if (r)
                return r;
        if (socket_config(&config, args->config))
                return 1;
        r = broker_check(&config, args->json) ? 0 : 1;
        config_deinit(&config);
        return r;
}

const struct command command_broker_check = {
        .name = "broker check",
        .synopsis = "broker check [--json]",
        .help = "does the broker refuse what it must?",
        .text = "Connects without a name, with a wrong password, and as mqtt.user; and tries to publish to a topic "
                "that "
                "nobody may publish to, and to Wardwatch's own. The messages have no meaning to anybody. Exit code: 0 "
                "all is as it must be; 1 something is open, or the broker cannot be reached; 2 usage.",
        .run = check_run,
};

static const struct command *const parts[] = { &command_broker_acl, &command_broker_users, &command_broker_check,
                                               NULL };

const struct command command_broker = {
        .name = "broker",
        .synopsis = "broker acl|users|check …",
        .help = "the broker's rights: made from the site, and tried",
        .text = "A sensor's message is believed, so the broker must see to it that nobody else sends it. `acl` writes "
                "who may publish what, `users` who wants a password, `check` tries whether the broker refuses the "
                "rest; the engine tries that at each connection, too (mqtt.self_test).",
        .parts = parts,
};
