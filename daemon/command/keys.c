/* `wardwatch keys`: the key that signs checkpoints. It is written once, to a file that only its owner reads. */
#include "command/command_internal.h"
#include "store/proof_checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void hex_of(const uint8_t *p, size_t n, char *ret) {
        for (size_t i = 0; i < n; i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", p[i]);
}

static int key_write(const char *path, const char *seed) {
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        char line[2 * crypto_sign_SEEDBYTES + 2];
        int n = snprintf(line, sizeof line, "%s\n", seed), e = 0;

        if (fd < 0)
                return -errno;
        if (write(fd, line, (size_t)n) != n || fsync(fd) < 0)
                e = errno ? -errno : -ENOSPC;
        sodium_memzero(line, sizeof line);
        return e;
}

static int keys_new(const char *path) {
        char seed[2 * crypto_sign_SEEDBYTES + 1], public[2 * crypto_sign_PUBLICKEYBYTES + 1];
        uint8_t bytes[crypto_sign_SEEDBYTES];
        struct proof_key key;
        int e;

        randombytes_buf(bytes, sizeof bytes);
        hex_of(bytes, sizeof bytes, seed);
        (void)proof_key_read(&key, seed);
        hex_of(key.public, sizeof key.public, public);
        e = key_write(path, seed);
        sodium_memzero(bytes, sizeof bytes);
        sodium_memzero(seed, sizeof seed);
        sodium_memzero(&key, sizeof key);
        if (e) {
                (void)fprintf(stderr, "wardwatch keys: %s: %s%s\n", path, strerror(-e),
                              e == -EEXIST ? "\n  help: a key is never overwritten: name another file" : "");
                return 1;
        }
        (void)printf("%s\n", public);
        return 0;
}

static int keys_run(const struct command_args *args) {
        if (args->argc != 2 || strcmp(args->argv[0], "new") != 0) {
                (void)fprintf(stderr, "wardwatch keys: `keys new FILE` is all that there is\n");
                return 2;
        }
        return sodium_init() < 0 ? 1 : keys_new(args->argv[1]);
}

static const struct command_option keys_options[] = { { 0 } };

const struct command command_keys = {
        .name = "keys",
        .synopsis = "keys new FILE",
        .help = "make the key that signs checkpoints of the hash chain",
        .text = "Writes a new key to FILE, which must not be there yet, readable by its owner alone (give it to the "
                "user of "
                "the store, and name it in proof.key), and prints its public half. Keep that where the database's "
                "owner "
                "cannot change it: `verify --key` takes it.",
        .options = keys_options,
        .run = keys_run,
};
