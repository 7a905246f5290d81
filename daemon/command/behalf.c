#include "command/behalf.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUPS_MAX 256

static const char *person_of_console;
static char person_of_machine[64];
static bool keeps;
static struct {
        bool is; /* we are somebody else for a while */
        gid_t group, groups[GROUPS_MAX];
        int n;
} away;

void behalf_set(const char *person) {
        person_of_console = person;
}

bool behalf_console(void) {
        return person_of_console;
}

const char *behalf_person(void) {
        const struct passwd *pw = person_of_console || *person_of_machine ? NULL : getpwuid(getuid());

        if (pw)
                (void)snprintf(person_of_machine, sizeof person_of_machine, "%s", pw->pw_name);
        return person_of_console ? person_of_console : *person_of_machine ? person_of_machine : NULL;
}

void behalf_config(struct config *config) {
        if (!person_of_console)
                return;
        config->database.url = config->console.database;
        config->database.password_file = config->console.database_password_file;
}

/* --- as whom --- */

static const struct passwd *user_find(const char *name) {
        return *name ? getpwnam(name) : NULL;
}

static bool user_is_ours(const char *name) {
        const struct passwd *pw = geteuid() ? user_find(name) : NULL;

        return pw && pw->pw_uid == geteuid();
}

struct behalf_login behalf_login(const struct config *config, enum behalf_need need) {
        const char *reader = config->users.console, *writer = config->users.store;
        struct behalf_login read = { config->console.database, config->console.database_password_file, NULL },
                            write = { config->database.url, config->database.password_file, NULL };

        if (behalf_console())
                return write; /* behalf_config made it the console's */
        if (geteuid() == 0 && user_find(reader))
                read.user = reader;
        if (geteuid() == 0 && user_find(writer))
                write.user = writer;
        if (!*read.url || user_is_ours(writer))
                return write;
        return user_is_ours(reader) || (need == BEHALF_READ && read.user) ? read : write;
}

void behalf_keep(void) {
        keeps = true;
}

static int become(const struct passwd *pw) {
        uid_t stays = keeps ? (uid_t)-1 : pw->pw_uid;
        gid_t stays_group = keeps ? (gid_t)-1 : pw->pw_gid;

        if (initgroups(pw->pw_name, pw->pw_gid) < 0 || setresgid(stays_group, pw->pw_gid, stays_group) < 0 ||
            setresuid(stays, pw->pw_uid, stays) < 0)
                return -errno;
        (void)setenv("HOME", pw->pw_dir, 1); /* where libpq looks for certificates */
        return 0;
}

int behalf_begin(const char *user) {
        const struct passwd *pw = user && geteuid() == 0 ? getpwnam(user) : NULL;
        int r;

        if (!pw || pw->pw_uid == 0)
                return 0;
        (void)behalf_person();
        away.group = getegid();
        away.n = keeps ? getgroups(GROUPS_MAX, away.groups) : 0;
        r = away.n < 0 ? -errno : become(getpwnam(user)); /* behalf_person may have used the place of pw */
        away.is = keeps;
        if (r) {
                (void)fprintf(stderr, "wardwatch: cannot become %s: %s\n", user, strerror(-r));
                behalf_end();
        }
        return r;
}

/* A process in which the way back failed is of no use. */
void behalf_end(void) {
        if (!away.is)
                return;
        away.is = false;
        if ((geteuid() != 0 && seteuid(0) < 0) || setegid(away.group) < 0 || setgroups((size_t)away.n, away.groups) < 0)
                _exit(EXIT_FAILURE);
}
