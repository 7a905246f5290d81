/*
 * Keys of programs. A key is 256 random bits: nobody guesses it, so that its check costs no argon2id and waits for
 * nobody. It stands for an operator's name; what that operator may says the engine, what of it through a key its
 * scopes.
 */
#include "auth/auth_internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define KEY_PREFIX "wwk_" /* so that scanners of repositories find one that got lost */
#define KEY_SIZE   (sizeof KEY_PREFIX + 64)

static const char *const scopes[] = { "live", "act", "history", "figures" };

static void hash_key(const char *key, char hash[65]) {
        uint8_t bytes[32];

        (void)crypto_generichash(bytes, sizeof bytes, (const uint8_t *)key, strlen(key), NULL, 0);
        sodium_bin2hex(hash, 65, bytes, sizeof bytes);
}

static json_t *ok(const json_t *request) {
        return json_pack("{s:O?, s:b}", "id", json_object_get(request, "id"), "ok", 1);
}

void auth_key_check(struct auth_client *c, const json_t *request) {
        const char *key = auth_text(c, request, "key", AUTH_PASSWORD_MAX), *name;
        const char *source = json_string_value(json_object_get(request, "source"));
        const json_t *allowed;
        json_t *answer;
        char hash[65];

        if (!key)
                return;
        hash_key(key, hash);
        answer = ok(request);
        if (vault_key_find(c->auth->vault, hash, &name, &allowed)) {
                (void)json_object_set_new(answer, "result", json_string("yes"));
                (void)json_object_set_new(answer, "name", json_string(name));
                (void)json_object_set(answer, "scopes", (json_t *)allowed);
                c->auth->yes++;
        } else {
                (void)json_object_set_new(answer, "result", json_string("no"));
                c->auth->no++;
                log_notice("key-refused", NULL, "from %s", source ? source : c->actor);
        }
        auth_send(c, answer);
}

static bool scopes_good(const json_t *list) {
        const json_t *entry;
        size_t i, k;

        json_array_foreach(list, i, entry) {
                for (k = 0; k < sizeof scopes / sizeof *scopes; k++)
                        if (json_is_string(entry) && strcmp(json_string_value(entry), scopes[k]) == 0)
                                break;
                if (k == sizeof scopes / sizeof *scopes)
                        return false;
        }
        return json_array_size(list) > 0;
}

/* The only answer with the key: to be shown once. */
static void add(struct auth_client *c, const json_t *request, const char *name, const json_t *wanted) {
        char key[KEY_SIZE] = KEY_PREFIX, hash[65];
        uint8_t bytes[32];
        json_t *answer;
        int e;

        randombytes_buf(bytes, sizeof bytes);
        sodium_bin2hex(key + sizeof KEY_PREFIX - 1, sizeof key - sizeof KEY_PREFIX + 1, bytes, sizeof bytes);
        hash_key(key, hash);
        answer = ok(request);
        (void)json_object_set_new(answer, "key", json_string(key));
        e = vault_key_add(c->auth->vault, name, hash, wanted, c->actor, clock_wall());
        auth_done(c, request, e, answer);
        sodium_memzero(key, sizeof key);
        sodium_memzero(bytes, sizeof bytes);
}

void auth_key_add(struct auth_client *c, const json_t *request) {
        const char *name = auth_text(c, request, "name", AUTH_NAME_MAX);
        const json_t *wanted = json_object_get(request, "scopes");

        if (!name)
                return;
        if (!auth_name_good(name))
                auth_refuse(c, request, "malformed", "a name takes letters, digits, `.`, `_` and `-`",
                            "take that of an operator: `wardwatch act operator-add`");
        else if (!scopes_good(wanted))
                auth_refuse(c, request, "malformed", "`scopes` must be some of live, act, history, figures",
                            "--scopes live,history");
        else if (vault_keys(c->auth->vault) >= VAULT_KEYS_MAX)
                auth_refuse(c, request, "limit", "there are too many keys", "remove those that nobody uses");
        else
                add(c, request, name, wanted);
}

void auth_key_remove(struct auth_client *c, const json_t *request) {
        const char *name = auth_text(c, request, "name", AUTH_NAME_MAX);

        if (!name)
                return;
        if (vault_key_known(c->auth->vault, name))
                auth_done(c, request, vault_key_remove(c->auth->vault, name, c->actor, clock_wall()), ok(request));
        else
                auth_refuse(c, request, "unknown-key", "there is no key of that name",
                            "`wardwatch user key-list` shows them");
}

void auth_key_list(struct auth_client *c, const json_t *request) {
        json_t *answer = ok(request);

        (void)json_object_set_new(answer, "keys", vault_key_list(c->auth->vault));
        auth_send(c, answer);
}
