#pragma once
/*
 * The file: state.dir/auth/credentials, 0600. Replaced as a whole (written beside, synced, renamed, folder synced), so
 * that whoever is killed leaves the old one or the new one. It holds what the engine has not been told yet, too: a
 * change and the notice of it are one write.
 */
#include "auth/totp.h"
#include "base/error.h"
#include <jansson.h>

#define VAULT_HASH_SIZE 128 /* crypto_pwhash_STRBYTES */
#define VAULT_USERS_MAX 1000

struct vault;

struct vault_user {
        char hash[VAULT_HASH_SIZE];
        bool has_totp;
        uint8_t totp[TOTP_SECRET_SIZE];
        uint64_t step; /* of the last code that was used */
        bool given;    /* the password is what somebody else gave: it is to be changed */
};

/* A change that the engine has not been told of; oldest first. */
struct vault_untold {
        char id[64], name[72], text[160];
};

/** The file in the folder `dir_fd` (borrowed), or an empty one. 0, -EBADMSG (it is there, and is none of ours), -errno.
 */
int vault_open(struct vault **ret, int dir_fd);
struct vault *vault_free(struct vault *v);
DEFINE_CLEANUP(struct vault *, vault_free)

/** argon2id with the limits for people who wait. 0 or -ENOMEM. */
int vault_hash(const char *password, char out[VAULT_HASH_SIZE]);

size_t vault_count(const struct vault *v);
bool vault_find(const struct vault *v, const char *name, struct vault_user *ret); /* ret NULL: is he there */
/** [{name, totp, changed_at, changed_by}], by name; a new reference, NULL without memory. */
json_t *vault_list(const struct vault *v);

/* Each: 0 and on disk, or -errno and nothing changed. `by`: who did it; `now`: wall clock, µs. */
/** Given, unless `by` is the user's own name. */
int vault_set_password(struct vault *v, const char *name, const char *hash, const char *by, int64_t now);
/** `secret` NULL: none any more. */
int vault_set_totp(struct vault *v, const char *name, const uint8_t *secret, const char *by, int64_t now);
int vault_remove(struct vault *v, const char *name, const char *by, int64_t now);
int vault_step(struct vault *v, const char *name, uint64_t step);

/* Keys of programs: 256 random bits, of which the hash is kept; each in the name of an operator. */
#define VAULT_KEYS_MAX 200
/** The key with that hash; `ret_name` and `ret_scopes` borrowed until the next change. */
bool vault_key_find(const struct vault *v, const char *hash, const char **ret_name, const json_t **ret_scopes);
size_t vault_keys(const struct vault *v);
bool vault_key_known(const struct vault *v, const char *name);
/** `scopes`: an array, borrowed. One key for a name. */
int vault_key_add(struct vault *v, const char *name, const char *hash, const json_t *scopes, const char *by,
                  int64_t now);
int vault_key_remove(struct vault *v, const char *name, const char *by, int64_t now);
/** [{name, scopes, changed_at, changed_by}]; a new reference, NULL without memory. */
json_t *vault_key_list(const struct vault *v);

bool vault_untold(const struct vault *v, struct vault_untold *ret);
int vault_told(struct vault *v, const char *id);
