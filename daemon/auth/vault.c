/*
 * In memory the file is one JSON object, and a change is made to a copy of it, which takes the place of the old one
 * when it is on disk:
 *
 *     {"vault": random, "version": 1, "changes": N, "untold": [{n, name, text}],
 *      "users": {NAME: {hash, totp (hex), step, changed_at, changed_by}}}
 */
#include "auth/vault.h"

#include "base/span.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME  "credentials"
#define FILE_NEW   "credentials.new"
#define UNTOLD_MAX 10000 /* the engine has been away for years */

_Static_assert(VAULT_HASH_SIZE >= crypto_pwhash_STRBYTES, "a hash fits");

struct vault {
        int dir_fd;
        json_t *root;
};

/* --- the file --- */

static int write_all(int fd, const char *text, size_t n) {
        while (n) {
                ssize_t done = write(fd, text, n);

                if (done < 0 && errno == EINTR)
                        continue;
                if (done <= 0)
                        return done < 0 ? -errno : -EIO;
                text += done;
                n -= (size_t)done;
        }
        return 0;
}

static int write_new(int dir_fd, const char *text) {
        _cleanup_close_ int fd = -1;
        int e;

        (void)unlinkat(dir_fd, FILE_NEW, 0); /* of somebody who was killed */
        fd = openat(dir_fd, FILE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        e = write_all(fd, text, strlen(text));
        return !e && fsync(fd) < 0 ? -errno : e;
}

static int write_file(int dir_fd, const json_t *root) {
        char *text = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS);
        int e = text ? write_new(dir_fd, text) : -ENOMEM;

        if (!e && (renameat(dir_fd, FILE_NEW, dir_fd, FILE_NAME) < 0 || fsync(dir_fd) < 0))
                e = -errno;
        if (text)
                sodium_memzero(text, strlen(text));
        free(text);
        return e;
}

/* `next` is stolen; NULL: no memory. */
static int commit(struct vault *v, json_t *next) {
        int e = next ? write_file(v->dir_fd, next) : -ENOMEM;

        if (e) {
                json_decref(next);
                return e;
        }
        json_decref(v->root);
        v->root = next;
        return 0;
}

static json_t *users_of(const json_t *root) {
        return json_object_get(root, "users");
}

static bool is_vault(const json_t *root) {
        const char *name;
        json_t *user;

        if (json_integer_value(json_object_get(root, "version")) != 1 ||
            !json_is_string(json_object_get(root, "vault")) || !json_is_array(json_object_get(root, "untold")) ||
            !json_is_object(users_of(root)))
                return false;
        json_object_foreach(users_of(root), name, user) {
                const json_t *hash = json_object_get(user, "hash");

                if (!json_string_length(hash) || json_string_length(hash) >= VAULT_HASH_SIZE)
                        return false;
        }
        return true;
}

static json_t *empty(void) {
        char name[17];
        uint8_t random[8];

        randombytes_buf(random, sizeof random);
        sodium_bin2hex(name, sizeof name, random, sizeof random);
        return json_pack("{s:s, s:i, s:i, s:[], s:{}}", "vault", name, "version", 1, "changes", 0, "untold", "users");
}

static int read_file(struct vault *v) {
        int fd = openat(v->dir_fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        FILE *f;

        if (fd < 0 && errno == ENOENT) {
                v->root = empty();
                return v->root ? 0 : -ENOMEM;
        }
        f = fd < 0 ? NULL : fdopen(fd, "r");
        if (!f)
                return -errno;
        v->root = json_loadf(f, JSON_REJECT_DUPLICATES, NULL);
        (void)fclose(f);
        return is_vault(v->root) ? 0 : -EBADMSG;
}

int vault_open(struct vault **ret, int dir_fd) {
        _cleanup_(vault_freep) struct vault *v = calloc(1, sizeof *v);
        int e;

        if (!v)
                return -ENOMEM;
        v->dir_fd = dir_fd;
        e = read_file(v);
        if (e)
                return e;
        *ret = v;
        v = NULL;
        return 0;
}

struct vault *vault_free(struct vault *v) {
        if (v)
                json_decref(v->root);
        free(v);
        return NULL;
}

/* --- looking --- */

int vault_hash(const char *password, char out[VAULT_HASH_SIZE]) {
        return crypto_pwhash_str(out, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
                       ? 0
                       : -ENOMEM;
}

size_t vault_count(const struct vault *v) {
        return json_object_size(users_of(v->root));
}

static bool read_totp(const json_t *user, struct vault_user *ret) {
        const json_t *text = json_object_get(user, "totp");
        size_t n = 0;

        if (!json_is_string(text))
                return false;
        (void)sodium_hex2bin(ret->totp, sizeof ret->totp, json_string_value(text), json_string_length(text), NULL, &n,
                             NULL);
        return true; /* what is damaged fits no code, rather than letting in without one */
}

bool vault_find(const struct vault *v, const char *name, struct vault_user *ret) {
        const json_t *user = json_object_get(users_of(v->root), name);

        if (!user || !ret)
                return user;
        *ret = (struct vault_user){ .step = (uint64_t)json_integer_value(json_object_get(user, "step")) };
        (void)snprintf(ret->hash, sizeof ret->hash, "%s", json_string_value(json_object_get(user, "hash")));
        ret->has_totp = read_totp(user, ret);
        ret->given = json_is_true(json_object_get(user, "given"));
        return true;
}

json_t *vault_list(const struct vault *v) {
        char *names_text = json_dumps(users_of(v->root), JSON_SORT_KEYS | JSON_COMPACT);
        json_t *sorted = names_text ? json_loads(names_text, 0, NULL) : NULL, *list = json_array(), *user;
        const char *name;

        json_object_foreach(sorted, name, user) {
                json_t *one = json_pack("{s:s, s:b, s:b, s:O?, s:O?}", "name", name, "totp",
                                        json_is_string(json_object_get(user, "totp")), "given",
                                        json_is_true(json_object_get(user, "given")), "changed_at",
                                        json_object_get(user, "changed_at"), "changed_by",
                                        json_object_get(user, "changed_by"));

                (void)json_array_append_new(list, one);
        }
        if (names_text)
                sodium_memzero(names_text, strlen(names_text));
        free(names_text);
        json_decref(sorted);
        return list;
}

/* --- changing: on a copy --- */

struct change {
        json_t *root, *user; /* user NULL: not there yet */
        bool failed;
};

static struct change begin(const struct vault *v, const char *name) {
        struct change c = { .root = json_deep_copy(v->root) };

        c.user = json_object_get(users_of(c.root), name);
        c.failed = !c.root;
        return c;
}

static void put(struct change *c, const char *name, json_t *value) {
        c->failed |= json_object_set_new(c->user, name, value) < 0;
}

/* What the engine is to journal: that it changed, and who did it. */
static void note(struct change *c, const char *name, const char *what, const char *by, int64_t now) {
        json_t *untold = json_object_get(c->root, "untold");
        json_int_t n = json_integer_value(json_object_get(c->root, "changes")) + 1;
        char text[160], at[32];

        (void)snprintf(text, sizeof text, "%s by %s", what, by);
        instant_format(now, at);
        c->failed |= json_object_set_new(c->root, "changes", json_integer(n)) < 0;
        if (json_array_size(untold) < UNTOLD_MAX)
                c->failed |= json_array_append_new(
                                     untold, json_pack("{s:I, s:s, s:s}", "n", n, "name", name, "text", text)) < 0;
        if (!c->user)
                return;
        put(c, "changed_at", json_string(at));
        put(c, "changed_by", json_string(by));
}

static int end(struct vault *v, struct change *c) {
        if (!c->failed)
                return commit(v, c->root);
        json_decref(c->root);
        return -ENOMEM;
}

int vault_set_password(struct vault *v, const char *name, const char *hash, const char *by, int64_t now) {
        struct change c = begin(v, name);
        bool known = c.user;

        if (!known) {
                c.failed |= json_object_set_new(users_of(c.root), name, json_object()) < 0;
                c.user = json_object_get(users_of(c.root), name);
        }
        put(&c, "hash", json_string(hash));
        put(&c, "given", json_boolean(strcmp(by, name) != 0));
        note(&c, name, known ? "password changed" : "user added", by, now);
        return end(v, &c);
}

int vault_set_totp(struct vault *v, const char *name, const uint8_t *secret, const char *by, int64_t now) {
        struct change c = begin(v, name);
        char hex[2 * TOTP_SECRET_SIZE + 1];

        if (secret) {
                sodium_bin2hex(hex, sizeof hex, secret, TOTP_SECRET_SIZE);
                put(&c, "totp", json_string(hex));
                sodium_memzero(hex, sizeof hex);
        } else {
                (void)json_object_del(c.user, "totp");
        }
        (void)json_object_del(c.user, "step");
        note(&c, name, secret ? "second factor set" : "second factor taken away", by, now);
        return end(v, &c);
}

int vault_remove(struct vault *v, const char *name, const char *by, int64_t now) {
        struct change c = begin(v, name);

        (void)json_object_del(users_of(c.root), name);
        c.user = NULL;
        note(&c, name, "user removed", by, now);
        return end(v, &c);
}

int vault_step(struct vault *v, const char *name, uint64_t step) {
        struct change c = begin(v, name);

        put(&c, "step", json_integer((json_int_t)step));
        return end(v, &c);
}

/* --- keys of programs: {"keys": {NAME: {hash, scopes, changed_at, changed_by}}}; a file of before has none --- */

static json_t *keys_of(const json_t *root) {
        return json_object_get(root, "keys");
}

bool vault_key_find(const struct vault *v, const char *hash, const char **ret_name, const json_t **ret_scopes) {
        const char *name;
        json_t *key;

        json_object_foreach(keys_of(v->root), name, key) {
                const char *other = json_string_value(json_object_get(key, "hash"));

                if (!other || strcmp(other, hash) != 0) /* hashes: how long it takes says nothing about the key */
                        continue;
                *ret_name = name;
                *ret_scopes = json_object_get(key, "scopes");
                return true;
        }
        return false;
}

size_t vault_keys(const struct vault *v) {
        return json_object_size(keys_of(v->root));
}

bool vault_key_known(const struct vault *v, const char *name) {
        return json_object_get(keys_of(v->root), name);
}

int vault_key_add(struct vault *v, const char *name, const char *hash, const json_t *scopes, const char *by,
                  int64_t now) {
        struct change c = begin(v, name);

        if (!keys_of(c.root))
                c.failed |= json_object_set_new(c.root, "keys", json_object()) < 0;
        c.failed |= json_object_set_new(keys_of(c.root), name, json_object()) < 0;
        c.user = json_object_get(keys_of(c.root), name);
        put(&c, "hash", json_string(hash));
        put(&c, "scopes", json_deep_copy(scopes));
        note(&c, name, "key added", by, now);
        return end(v, &c);
}

int vault_key_remove(struct vault *v, const char *name, const char *by, int64_t now) {
        struct change c = begin(v, name);

        (void)json_object_del(keys_of(c.root), name);
        c.user = NULL;
        note(&c, name, "key removed", by, now);
        return end(v, &c);
}

json_t *vault_key_list(const struct vault *v) {
        json_t *list = json_array(), *key;
        const char *name;

        json_object_foreach(keys_of(v->root), name, key)(void) json_array_append_new(
                list, json_pack("{s:s, s:O?, s:O?, s:O?}", "name", name, "scopes", json_object_get(key, "scopes"),
                                "changed_at", json_object_get(key, "changed_at"), "changed_by",
                                json_object_get(key, "changed_by")));
        return list;
}

/* --- what the engine is to know --- */

bool vault_untold(const struct vault *v, struct vault_untold *ret) {
        const json_t *first = json_array_get(json_object_get(v->root, "untold"), 0);
        const char *name = json_string_value(json_object_get(first, "name"));
        const char *text = json_string_value(json_object_get(first, "text"));

        if (!first)
                return false;
        (void)snprintf(ret->id, sizeof ret->id, "auth:%s:%lld", json_string_value(json_object_get(v->root, "vault")),
                       (long long)json_integer_value(json_object_get(first, "n")));
        (void)snprintf(ret->name, sizeof ret->name, "%s", name ? name : "");
        (void)snprintf(ret->text, sizeof ret->text, "%s", text ? text : "");
        return true;
}

int vault_told(struct vault *v, const char *id) {
        struct vault_untold first;
        struct change c;

        if (!vault_untold(v, &first) || strcmp(first.id, id) != 0)
                return 0;
        c = begin(v, first.name);
        c.failed |= json_array_remove(json_object_get(c.root, "untold"), 0) < 0;
        return end(v, &c);
}
