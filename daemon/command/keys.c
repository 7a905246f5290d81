/*
 * `wardwatch keys`: the key that signs checkpoints. It is written once, to a file that only its owner reads.
 *
 * `rotate` makes the next one. The old key's file is not touched: it signs until the configuration names the new one
 * and the store starts again, and is then to be destroyed.
 */
#include "command/command_internal.h"
#include "config/config.h"
#include "store/proof_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* `text`: the lines behind the key. */
static int key_write(const char *path, const uint8_t seed[crypto_sign_SEEDBYTES], const struct buf *text) {
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        struct buf file = BUF_INIT;
        int e = 0;

        if (fd < 0)
                return -errno;
        proof_put_hex(&file, seed, crypto_sign_SEEDBYTES);
        buf_puts(&file, "\n");
        buf_put(&file, text->p, text->n);
        if (file.error)
                e = file.error;
        else if (write(fd, file.p, file.n) != (ssize_t)file.n || fsync(fd) < 0)
                e = errno ? -errno : -ENOSPC;
        if (file.p)
                sodium_memzero(file.p, file.n);
        buf_deinit(&file);
        return e;
}

static void key_make(uint8_t seed[crypto_sign_SEEDBYTES], struct proof_key *key) {
        randombytes_buf(seed, crypto_sign_SEEDBYTES);
        (void)crypto_sign_seed_keypair(key->public, key->secret, seed);
}

/* Writes it and prints its public half. */
static int key_give(const char *path, const uint8_t seed[crypto_sign_SEEDBYTES], const struct proof_key *key,
                    const struct buf *text) {
        char public[2 * crypto_sign_PUBLICKEYBYTES + 1];
        int e = text->error ? text->error : key_write(path, seed, text);

        if (e) {
                (void)fprintf(stderr, "wardwatch keys: %s: %s%s\n", path, strerror(-e),
                              e == -EEXIST ? "\n  help: a key is never overwritten: name another file" : "");
                return 1;
        }
        (void)printf("%s\n", sodium_bin2hex(public, sizeof public, key->public, sizeof key->public));
        return 0;
}

static int keys_new(const char *path) {
        const struct buf none = BUF_INIT;
        uint8_t seed[crypto_sign_SEEDBYTES];
        struct proof_key key;
        int r;

        key_make(seed, &key);
        r = key_give(path, seed, &key, &none);
        sodium_memzero(seed, sizeof seed);
        sodium_memzero(&key, sizeof key);
        return r;
}

/* --- the next one --- */

static int old_read(const char *path, struct proof_key *key, struct buf *handovers) {
        struct diag d = DIAG_INIT;
        char *file = NULL;
        int e = config_secret(path, &d, &file);

        if (!e && !proof_key_read(key, file))
                e = diag_error(&d, (struct diag_pos){ .file = ww_str(path) },
                               "name the file that `wardwatch keys new` wrote", "is no key");
        if (!e && strchr(file, '\n')) {
                buf_puts(handovers, strchr(file, '\n') + 1);
                buf_puts(handovers, "\n");
        }
        if (file)
                sodium_memzero(file, strlen(file));
        free(file);
        if (e)
                command_put_diag(&d);
        diag_deinit(&d);
        return e;
}

static int keys_rotate(const char *old, const char *path) {
        _cleanup_buf_ struct buf handovers = BUF_INIT;
        uint8_t seed[crypto_sign_SEEDBYTES];
        struct proof_key before, key;
        int r = 1;

        if (old_read(old, &before, &handovers) == 0) {
                key_make(seed, &key);
                proof_handover_write(&before, &key, &handovers);
                r = key_give(path, seed, &key, &handovers);
        }
        sodium_memzero(seed, sizeof seed);
        sodium_memzero(&key, sizeof key);
        sodium_memzero(&before, sizeof before);
        if (r == 0)
                (void)fprintf(stderr, "Name it in proof.key, start the store again, then destroy %s.\n", old);
        return r;
}

static int keys_run(const struct command_args *args) {
        bool new = args->argc == 2 && strcmp(args->argv[0], "new") == 0;
        bool rotate = args->argc == 3 && strcmp(args->argv[0], "rotate") == 0;

        if (!new && !rotate) {
                (void)fprintf(stderr, "wardwatch keys: `keys new FILE` or `keys rotate OLD NEW`\n");
                return 2;
        }
        if (sodium_init() < 0)
                return 1;
        return new ? keys_new(args->argv[1]) : keys_rotate(args->argv[1], args->argv[2]);
}

static const struct command_option keys_options[] = { { 0 } };

const struct command command_keys = {
        .name = "keys",
        .synopsis = "keys new FILE | keys rotate OLD NEW",
        .help = "make the key that signs checkpoints of the hash chain, or the one that follows it",
        .text = "Writes a new key to FILE, which must not be there yet, readable by its owner alone (give it to the "
                "user of "
                "the store, and name it in proof.key), and prints its public half. Keep that where the database's "
                "owner "
                "cannot change it: `verify --key` takes it. `rotate` writes a new key to NEW, with the word of both "
                "keys "
                "that it follows the one in OLD. When proof.key names it and the store has started again, `verify` "
                "follows "
                "from either key to the other one, and refuses what the old one signs from then on.",
        .options = keys_options,
        .run = keys_run,
};
