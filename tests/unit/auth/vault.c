/* The file of credentials: what is kept, what is told, and that a change is whole or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/vault.h"

#define NOW INT64_C(1767261600000000)

struct place {
        char path[64];
        int fd;
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);

        assert_true(sodium_init() >= 0);
        (void)snprintf(p->path, sizeof p->path, "/tmp/ww-vault-XXXXXX");
        assert_non_null(mkdtemp(p->path));
        p->fd = open(p->path, O_RDONLY | O_DIRECTORY);
        *state = p;
        return p->fd < 0;
}

static int teardown(void **state) {
        struct place *p = *state;

        (void)unlinkat(p->fd, "credentials", 0);
        (void)unlinkat(p->fd, "credentials.new", 0);
        (void)close(p->fd);
        (void)rmdir(p->path);
        free(p);
        return 0;
}

static void write_text(int dir_fd, const char *name, const char *text) {
        int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        (void)close(fd);
}

static void reopen(struct vault **v, int dir_fd) {
        vault_free(*v);
        assert_int_equal(vault_open(v, dir_fd), 0);
}

static void test_kept(void **state) {
        const struct place *p = *state;
        uint8_t secret[TOTP_SECRET_SIZE] = "12345678901234567890";
        char hash[VAULT_HASH_SIZE];
        struct vault *v = NULL;
        struct vault_user user;
        struct stat st;

        reopen(&v, p->fd);
        assert_int_equal(vault_count(v), 0);
        assert_int_equal(vault_hash("lamp river seven copper", hash), 0);
        assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
        assert_int_equal(vault_set_password(v, "alice", hash, "unix:root", NOW), 0);
        assert_int_equal(vault_set_totp(v, "alice", secret, "unix:root", NOW), 0);
        assert_int_equal(vault_step(v, "alice", 77), 0);
        write_text(p->fd, "credentials.new", "half of a fi"); /* of somebody who was killed */
        reopen(&v, p->fd);
        assert_true(vault_find(v, "alice", &user));
        assert_string_equal(user.hash, hash);
        assert_true(user.has_totp);
        assert_memory_equal(user.totp, secret, sizeof secret);
        assert_int_equal(user.step, 77);
        assert_int_equal(fstatat(p->fd, "credentials", &st, 0), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(vault_set_totp(v, "alice", NULL, "unix:root", NOW), 0);
        assert_true(vault_find(v, "alice", &user));
        assert_false(user.has_totp);
        assert_int_equal(vault_remove(v, "alice", "unix:root", NOW), 0);
        reopen(&v, p->fd);
        assert_false(vault_find(v, "alice", NULL));
        vault_free(v);
}

/* In order, once each, over restarts; and nothing of what they are. */
static void test_told(void **state) {
        static const char *const texts[] = { "user added by unix:root", "password changed by unix:root",
                                             "user removed by unix:root" };
        const struct place *p = *state;
        struct vault *v = NULL;
        struct vault_untold untold;
        char last[64] = "";

        reopen(&v, p->fd);
        assert_false(vault_untold(v, &untold));
        assert_int_equal(vault_set_password(v, "bob", "hash-1", "unix:root", NOW), 0);
        assert_int_equal(vault_set_password(v, "bob", "hash-2", "unix:root", NOW), 0);
        assert_int_equal(vault_remove(v, "bob", "unix:root", NOW), 0);
        for (size_t i = 0; i < 3; i++) {
                reopen(&v, p->fd);
                assert_true(vault_untold(v, &untold));
                assert_string_equal(untold.name, "bob");
                assert_string_equal(untold.text, texts[i]);
                assert_string_not_equal(untold.id, last);
                (void)snprintf(last, sizeof last, "%s", untold.id);
                assert_int_equal(vault_told(v, "auth:another:1"), 0); /* not this one */
                assert_int_equal(vault_told(v, untold.id), 0);
        }
        assert_false(vault_untold(v, &untold));
        vault_free(v);
}

static void test_not_ours(void **state) {
        static const char *const files[] = {
                "",
                "{",
                "[]",
                "{\"version\":1}",
                "{\"version\":2,\"vault\":\"x\",\"changes\":0,\"untold\":[],\"users\":{}}",
                "{\"version\":1,\"vault\":\"x\",\"changes\":0,\"untold\":[],\"users\":{\"a\":{}}}",
        };
        const struct place *p = *state;

        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
                struct vault *v = NULL;

                write_text(p->fd, "credentials", files[i]);
                assert_int_equal(vault_open(&v, p->fd), -EBADMSG);
        }
}

/* A second factor that cannot be read is no reason to let in without one. */
static void test_damaged_factor(void **state) {
        const struct place *p = *state;
        struct vault *v = NULL;
        struct vault_user user;

        write_text(p->fd, "credentials",
                   "{\"version\":1,\"vault\":\"x\",\"changes\":0,\"untold\":[],"
                   "\"users\":{\"a\":{\"hash\":\"h\",\"totp\":\"zz\"}}}");
        reopen(&v, p->fd);
        assert_true(vault_find(v, "a", &user));
        assert_true(user.has_totp);
        vault_free(v);
}

/* What cannot be written is not so, in memory either. */
static void test_no_room(void **state) {
        const struct place *p = *state;
        struct vault *v = NULL;

        reopen(&v, p->fd);
        assert_int_equal(vault_set_password(v, "bob", "hash", "unix:root", NOW), 0);
        assert_int_equal(unlinkat(p->fd, "credentials", 0), 0);
        assert_int_equal(mkdirat(p->fd, "credentials", 0700), 0);
        assert_true(vault_remove(v, "bob", "unix:root", NOW) < 0);
        assert_true(vault_find(v, "bob", NULL));
        assert_int_equal(unlinkat(p->fd, "credentials", AT_REMOVEDIR), 0);
        vault_free(v);
}

static void test_list(void **state) {
        const struct place *p = *state;
        struct vault *v = NULL;
        json_t *list;
        char *text;

        reopen(&v, p->fd);
        assert_int_equal(vault_set_password(v, "bob", "hash-b", "unix:root", NOW), 0);
        assert_int_equal(vault_set_password(v, "alice", "hash-a", "unix:root", NOW), 0);
        list = vault_list(v);
        assert_int_equal(json_array_size(list), 2);
        assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "name")), "alice");
        text = json_dumps(list, 0);
        assert_null(strstr(text, "hash"));
        free(text);
        json_decref(list);
        vault_free(v);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
                cmocka_unit_test_setup_teardown(test_told, setup, teardown),
                cmocka_unit_test_setup_teardown(test_not_ours, setup, teardown),
                cmocka_unit_test_setup_teardown(test_damaged_factor, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
                cmocka_unit_test_setup_teardown(test_list, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
