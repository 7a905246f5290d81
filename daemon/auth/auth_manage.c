/* What root and the daemon's own user do about credentials. */
#include "auth/auth_internal.h"

#include "auth/password.h"
#include "base/clock.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

void auth_done(struct auth_client *c, const json_t *request, int e, json_t *answer) {
        if (e) {
                json_decref(answer);
                auth_refuse(c, request, "not-kept", strerror(-e), "look at the disk of state.dir, and repeat");
                return;
        }
        auth_send(c, answer);
        auth_tell(c->auth);
}

static json_t *ok(const json_t *request) {
        return json_pack("{s:O?, s:b}", "id", json_object_get(request, "id"), "ok", 1);
}

/* NULL after refusing. */
static const char *name_of(struct auth_client *c, const json_t *request, bool known) {
        const char *name = auth_text(c, request, "name", AUTH_NAME_MAX);

        if (!name)
                return NULL;
        if (!auth_name_good(name)) {
                auth_refuse(c, request, "malformed", "a name takes letters, digits, `.`, `_` and `-`",
                            "choose another");
                return NULL;
        }
        if (vault_find(c->auth->vault, name, NULL) == known)
                return name;
        auth_refuse(c, request, known ? "unknown-user" : "user-exists",
                    known ? "there is no user of that name" : "there is a user of that name already",
                    known ? "`wardwatch user list` shows them; `wardwatch user add` makes one"
                          : "`wardwatch user passwd` gives a new password");
        return NULL;
}

static void set_password(struct auth_client *c, const json_t *request, bool known) {
        const char *name = name_of(c, request, known), *password;
        const json_t *value = json_object_get(request, "password");
        char hash[VAULT_HASH_SIZE], why[160];
        int e;

        if (!name)
                return;
        password = json_is_string(value) ? json_string_value(value) : "";
        if (!password_good(name, password, why, sizeof why)) {
                auth_refuse(c, request, "weak", why, "take four or more words that have nothing to do with each other");
                return;
        }
        e = vault_hash(password, hash);
        if (!e)
                e = vault_set_password(c->auth->vault, name, hash, c->actor, clock_wall());
        auth_done(c, request, e, ok(request));
}

static void manage_add(struct auth_client *c, const json_t *request) {
        if (vault_count(c->auth->vault) >= VAULT_USERS_MAX)
                auth_refuse(c, request, "limit", "there are too many users", "remove those who are gone");
        else
                set_password(c, request, false);
}

static void manage_passwd(struct auth_client *c, const json_t *request) {
        set_password(c, request, true);
}

static void manage_totp(struct auth_client *c, const json_t *request) {
        const char *name = name_of(c, request, true);
        bool off = json_is_true(json_object_get(request, "off"));
        uint8_t secret[TOTP_SECRET_SIZE];
        int e;

        if (!name)
                return;
        randombytes_buf(secret, sizeof secret);
        e = vault_set_totp(c->auth->vault, name, off ? NULL : secret, c->actor, clock_wall());
        auth_done(c, request, e, off ? ok(request) : auth_factor_answer(request, name, secret));
        sodium_memzero(secret, sizeof secret);
}

static void manage_remove(struct auth_client *c, const json_t *request) {
        const char *name = name_of(c, request, true);

        if (name)
                auth_done(c, request, vault_remove(c->auth->vault, name, c->actor, clock_wall()), ok(request));
}

static void manage_list(struct auth_client *c, const json_t *request) {
        json_t *answer = ok(request);

        if (answer && json_object_set_new(answer, "users", vault_list(c->auth->vault)) == 0)
                auth_send(c, answer);
        else
                json_decref(answer);
}

/* For the console: no more than whether, and since when. */
void auth_who(struct auth_client *c, const json_t *request) {
        json_t *answer = ok(request), *list = vault_list(c->auth->vault), *one;
        size_t i;

        json_array_foreach(list, i, one)(void) json_object_del(one, "changed_by");
        if (answer && json_object_set_new(answer, "users", list) == 0)
                auth_send(c, answer);
        else
                json_decref(answer);
}

bool auth_manage(struct auth_client *c, const char *cmd, const json_t *request) {
        static const struct {
                const char *name;
                void (*run)(struct auth_client *c, const json_t *request);
        } verbs[] = {
                { "add", manage_add },
                { "passwd", manage_passwd },
                { "totp", manage_totp },
                { "remove", manage_remove },
                { "list", manage_list },
                { "key-add", auth_key_add },
                { "key-remove", auth_key_remove },
                { "key-list", auth_key_list },
        };

        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
                if (strcmp(cmd, verbs[i].name) == 0) {
                        verbs[i].run(c, request);
                        return true;
                }
        }
        return false;
}
