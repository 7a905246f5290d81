/* The directories and the lock of a daemon. */
#include "supervisor_dirs.h"
#include "supervisor_lock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka.h needs the three above
#include <cmocka.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
        char root[64], state[96], run[96];
        struct config config;
};

static void place_init(struct place *p, const char *engine, const char *store) {
        *p = (struct place){ .root = "/tmp/ww-places-XXXXXX" };
        assert_non_null(mkdtemp(p->root));
        snprintf(p->state, sizeof(p->state), "%s/a/b/state", p->root);
        snprintf(p->run, sizeof(p->run), "%s/run/", p->root);
        p->config.state.dir = p->state;
        p->config.state.run_dir = p->run;
        p->config.users.engine = engine;
        p->config.users.store = store;
        p->config.users.notify = "";
        p->config.notify.channels = "";
        p->config.command.group = "";
        p->config.database.url = "host=/nowhere";
        p->config.users.auth = "";
        p->config.users.console = "";
        p->config.console.listen = "";
}

static void place_deinit(struct place *p) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", p->root);
        assert_int_equal(system(command), 0);
}

static struct stat look(const char *dir, const char *name) {
        char path[128];
        struct stat st;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        assert_int_equal(stat(path, &st), 0);
        return st;
}

static void test_directories_are_made(void **state) {
        struct place p;

        place_init(&p, "", "");
        /* twice: what is there already is no error */
        for (int i = 0; i < 2; i++) {
                assert_int_equal(supervisor_dirs_make(&p.config), 0);
                assert_true(S_ISDIR(look(p.state, "journal").st_mode));
                assert_true(S_ISDIR(look(p.run, ".").st_mode));
                assert_int_equal(look(p.state, ".").st_mode & 0007, 0);
        }
        place_deinit(&p);
}

/* Who reads the journal beside the store is in its group, or is told to be. */
static void test_notifier_beside_store(void **state) {
        struct place p;

        if (geteuid() != 0)
                skip();
        place_init(&p, "daemon", "nobody");
        p.config.notify.channels = "/nowhere";
        p.config.users.notify = "daemon";
        assert_int_equal(supervisor_dirs_make(&p.config), -EPERM);
        p.config.users.notify = "nobody";
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        p.config.database.url = "";
        p.config.users.notify = "daemon"; /* alone: the group is its own */
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        assert_int_equal(look(p.state, "journal").st_gid, getpwnam("daemon")->pw_gid);
        place_deinit(&p);
}

static void test_rights_of_users(void **state) {
        const struct passwd *user;
        struct stat st;
        struct place p;
        uid_t engine;
        gid_t store;

        if (geteuid() != 0)
                skip();
        assert_non_null(user = getpwnam("daemon"));
        engine = user->pw_uid;
        assert_non_null(user = getpwnam("nobody"));
        store = user->pw_gid;
        place_init(&p, "daemon", "nobody");
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        st = look(p.state, "journal");
        assert_int_equal(st.st_uid, engine);
        assert_int_equal(st.st_gid, store);
        assert_int_equal(st.st_mode & 07777, 02750);
        st = look(p.state, ".");
        assert_int_equal(st.st_uid, engine);
        assert_int_equal(st.st_gid, store);
        assert_int_equal(st.st_mode & 07777, 02750);
        st = look(p.run, ".");
        assert_int_equal(st.st_uid, engine);
        assert_int_equal(st.st_mode & 07777, 02755);
        place_deinit(&p);
}

/* The credentials are those of one user; their door is open to another, and to nobody else. */
static void test_rights_of_auth(void **state) {
        const struct passwd *auth, *console;
        struct stat st;
        struct place p;
        uid_t uid;

        if (geteuid() != 0)
                skip();
        place_init(&p, "daemon", "nobody");
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        st = look(p.state, ".");
        assert_int_equal(st.st_nlink, 3); /* the journal and no other: it is not asked for */
        p.config.auth.enabled = true;
        p.config.users.auth = "mail";
        p.config.users.console = "games";
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        assert_non_null(auth = getpwnam("mail"));
        uid = auth->pw_uid;
        assert_non_null(console = getpwnam("games"));
        st = look(p.state, "auth");
        assert_int_equal(st.st_uid, uid);
        assert_int_equal(st.st_mode & 0777, 0700);
        st = look(p.run, "auth");
        assert_int_equal(st.st_uid, uid);
        assert_int_equal(st.st_gid, console->pw_gid);
        assert_int_equal(st.st_mode & 0777, 0750);
        p.config.users.console = "no-such-user";
        assert_int_equal(supervisor_dirs_make(&p.config), -ENOENT);
        place_deinit(&p);
}

/* The engine owns the folder around them, and root gives away what it finds there. */
static void test_what_a_worker_links_to_is_not_given_to_him(void **state) {
        static const char *const names[] = { "journal", "auth", "console" };
        char here[128], aside[160], victim[128];
        struct place p;

        if (geteuid() != 0)
                skip();
        place_init(&p, "daemon", "nobody");
        p.config.auth.enabled = true;
        p.config.console.listen = "127.0.0.1:1";
        p.config.users.auth = "mail";
        p.config.users.console = "games";
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        snprintf(victim, sizeof(victim), "%s/victim", p.root);
        assert_int_equal(mkdir(victim, 0755), 0);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                snprintf(here, sizeof(here), "%s/%s", p.state, names[i]);
                snprintf(aside, sizeof(aside), "%s.aside", here);
                assert_int_equal(rename(here, aside), 0);
                assert_int_equal(symlink(victim, here), 0);
                assert_int_equal(supervisor_dirs_make(&p.config), -ELOOP);
                assert_int_equal(look(p.root, "victim").st_uid, 0);
                assert_int_equal(look(p.root, "victim").st_mode & 07777, 0755);
                assert_int_equal(unlink(here), 0);
                assert_int_equal(rename(aside, here), 0);
        }
        place_deinit(&p);
}

/* As above, with a folder in the other's place. */
static void test_what_a_worker_wrote_is_given_to_nobody(void **state) {
        char auth[128], aside[160], planted[160];
        struct place p;

        if (geteuid() != 0)
                skip();
        place_init(&p, "daemon", "nobody");
        p.config.auth.enabled = true;
        p.config.users.auth = "mail";
        p.config.users.console = "games";
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        snprintf(auth, sizeof(auth), "%s/auth", p.state);
        snprintf(aside, sizeof(aside), "%s.aside", auth);
        snprintf(planted, sizeof(planted), "%s/credentials", auth);
        assert_int_equal(rename(auth, aside), 0);
        assert_int_equal(mkdir(auth, 0755), 0);
        assert_int_equal(chown(auth, getpwnam("daemon")->pw_uid, 0), 0);
        assert_int_equal(mkdir(planted, 0755), 0);
        assert_int_equal(supervisor_dirs_make(&p.config), -EPERM);
        assert_int_equal(look(p.state, "auth").st_uid, getpwnam("daemon")->pw_uid);
        /* empty, it can do no harm */
        assert_int_equal(rmdir(planted), 0);
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        assert_int_equal(look(p.state, "auth").st_uid, getpwnam("mail")->pw_uid);
        place_deinit(&p);
}

static void put_file(const char *dir, const char *name) {
        char path[128];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        assert_non_null(f = fopen(path, "w"));
        fclose(f);
}

/* A directory with other people's things is not made ours by a slip in the configuration. */
static void test_shared_directory_is_left_alone(void **state) {
        struct place p;

        if (geteuid() != 0)
                skip();
        place_init(&p, "", "");
        assert_int_equal(mkdir(p.run, 0777), 0);
        assert_int_equal(chmod(p.run, 01777), 0);
        put_file(p.run, "else");
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        assert_int_equal(look(p.run, ".").st_mode & 07777, 01777);
        /* and a user who does not own it cannot have it */
        p.config.users.engine = "daemon";
        assert_int_equal(supervisor_dirs_make(&p.config), -EPERM);
        assert_int_equal(look(p.run, ".").st_uid, 0);
        assert_int_equal(look(p.run, ".").st_mode & 07777, 01777);
        /* our own is put right, though it is not empty */
        put_file(p.run, "wardwatch.sock");
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        assert_int_equal(look(p.run, ".").st_mode & 07777, 02755);
        assert_int_not_equal(look(p.run, ".").st_uid, 0);
        place_deinit(&p);
}

static void test_unknown_user(void **state) {
        struct place p;

        if (geteuid() != 0)
                skip();
        place_init(&p, "", "no-such-user-here");
        assert_int_equal(supervisor_dirs_make(&p.config), -ENOENT);
        /* of no account where there is no store */
        p.config.database.url = "";
        assert_int_equal(supervisor_dirs_make(&p.config), 0);
        place_deinit(&p);
}

static void test_directory_cannot_be_made(void **state) {
        char file[128];
        struct place p;
        FILE *f;

        place_init(&p, "", "");
        snprintf(file, sizeof(file), "%s/a", p.root);
        assert_non_null(f = fopen(file, "w"));
        fclose(f);
        assert_int_equal(supervisor_dirs_make(&p.config), -ENOTDIR);
        place_deinit(&p);
}

static void test_lock_is_exclusive(void **state) {
        char holder[128] = "", expected[64];
        int fd = -1, second = -1;
        struct place p;

        place_init(&p, "", "");
        assert_int_equal(supervisor_lock_take(p.root, &fd, holder), 0);
        assert_int_equal(supervisor_lock_take(p.root, &second, holder), SUPERVISOR_LOCK_E_HELD);
        assert_int_equal(second, -1);
        snprintf(expected, sizeof(expected), "pid %d, since 2", (int)getpid());
        assert_int_equal(strncmp(holder, expected, strlen(expected)), 0);
        assert_null(strchr(holder, '\n'));
        close(fd);
        assert_int_equal(supervisor_lock_take(p.root, &second, holder), 0);
        close(second);
        place_deinit(&p);
}

static void test_holder_text_is_not_trusted(void **state) {
        char holder[128] = "", path[128], junk[500];
        int fd = -1, second = -1;
        struct place p;
        FILE *f;

        place_init(&p, "", "");
        assert_int_equal(supervisor_lock_take(p.root, &fd, holder), 0);
        snprintf(path, sizeof(path), "%s/supervisor.lock", p.root);
        memset(junk, '\033', sizeof(junk));
        assert_non_null(f = fopen(path, "w"));
        assert_int_equal(fwrite(junk, 1, sizeof(junk), f), sizeof(junk));
        fclose(f);
        assert_int_equal(supervisor_lock_take(p.root, &second, holder), SUPERVISOR_LOCK_E_HELD);
        assert_int_equal(strlen(holder), 127);
        assert_null(strchr(holder, '\033'));
        assert_int_equal(truncate(path, 0), 0);
        assert_int_equal(supervisor_lock_take(p.root, &second, holder), SUPERVISOR_LOCK_E_HELD);
        assert_string_equal(holder, "a process that has just started");
        close(fd);
        place_deinit(&p);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_directories_are_made),
                cmocka_unit_test(test_rights_of_users),
                cmocka_unit_test(test_rights_of_auth),
                cmocka_unit_test(test_what_a_worker_links_to_is_not_given_to_him),
                cmocka_unit_test(test_what_a_worker_wrote_is_given_to_nobody),
                cmocka_unit_test(test_shared_directory_is_left_alone),
                cmocka_unit_test(test_unknown_user),
                cmocka_unit_test(test_directory_cannot_be_made),
                cmocka_unit_test(test_lock_is_exclusive),
                cmocka_unit_test(test_holder_text_is_not_trusted),
                cmocka_unit_test(test_notifier_beside_store),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
