/*
 * Runs a fuzz target without a fuzzer: every file of the corpus folders, and of each a number of mutants, the same ones
 * in each run (SEED= gives others, MUTANTS= more); of what a search has found, and so has mutated, a tenth as many. So
 * the targets are part of every test run under the sanitizers; for a long search build a target with clang
 * -fsanitize=fuzzer and leave this file out.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#define FILE_MAX     (1024 * 1024)
#define MUTANTS      200
#define MUTATION_MAX 8
#define GROWTH_MAX   16

static uint64_t random_state;

static uint64_t random_next(void) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return random_state;
}

static uint64_t number_from(const char *name, uint64_t otherwise) {
        const char *text = getenv(name);

        return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* A copy of exactly n bytes, so that the sanitizer sees a read behind its end. */
static void run_once(const uint8_t *bytes, size_t n) {
        uint8_t *copy = malloc(n ? n : 1);

        if (!copy)
                abort();
        memcpy(copy, bytes, n);
        (void)LLVMFuzzerTestOneInput(copy, n);
        free(copy);
}

static size_t mutate_once(uint8_t *bytes, size_t n) {
        static const uint8_t nasty[] = { 0x00, 0x7f, 0x80, 0xff, '"', '{', '[', '\\', '-', '9' };
        size_t at = n ? random_next() % n : 0;

        switch (random_next() % 5) {
        case 0: /* a bit */
                if (n)
                        bytes[at] ^= (uint8_t)(1u << random_next() % 8);
                return n;
        case 1: /* a byte that parsers trip over */
                if (n)
                        bytes[at] = nasty[random_next() % sizeof nasty];
                return n;
        case 2: /* cut */
                return at;
        case 3: /* one byte more */
                memmove(bytes + at + 1, bytes + at, n - at);
                bytes[at] = (uint8_t)random_next();
                return n + 1;
        default: /* one byte less */
                if (n == 0)
                        return 0;
                memmove(bytes + at, bytes + at + 1, n - at - 1);
                return n - 1;
        }
}

static void run_mutants(const uint8_t *bytes, size_t n, uint64_t mutants) {
        uint8_t *mutant = malloc(n + GROWTH_MAX);

        if (!mutant)
                abort();
        for (uint64_t i = 0; i < mutants; i++) {
                uint64_t mutations = 1 + random_next() % MUTATION_MAX;
                size_t m = n;

                memcpy(mutant, bytes, n);
                for (uint64_t k = 0; k < mutations; k++)
                        m = mutate_once(mutant, m);
                run_once(mutant, m);
        }
        free(mutant);
}

static int run_file(const char *path, uint64_t mutants) {
        uint8_t *bytes = malloc(FILE_MAX);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd >= 0 && bytes ? read(fd, bytes, FILE_MAX) : -1;

        if (fd >= 0)
                close(fd);
        if (n >= 0) {
                run_once(bytes, (size_t)n);
                run_mutants(bytes, (size_t)n, mutants);
        }
        free(bytes);
        return n < 0 ? -1 : 0;
}

static uint64_t share_of(const char *name, uint64_t mutants) {
        return strncmp(name, "found-", 6) == 0 ? mutants / 10 : mutants;
}

static int run_folder(const char *folder, uint64_t mutants, unsigned *count) {
        struct dirent **names = NULL;
        int n = scandir(folder, &names, NULL, alphasort), failed = 0;

        for (int i = 0; i < n; i++) {
                char path[PATH_MAX];
                int r;

                if (names[i]->d_name[0] != '.' &&
                    snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name) < (int)sizeof path) {
                        r = run_file(path, share_of(names[i]->d_name, mutants));
                        failed |= r;
                        printf("%sok %u - %s\n", r ? "not " : "", ++*count, names[i]->d_name);
                }
                free(names[i]);
        }
        free(names);
        return n < 0 ? -1 : failed;
}

int main(int argc, char **argv) {
        uint64_t seed = number_from("SEED", 88172645463325252u), mutants = number_from("MUTANTS", MUTANTS);
        unsigned count = 0;
        int failed = 0;

        random_state = seed ? seed : 1;
        printf("# SEED=%llu MUTANTS=%llu\n", (unsigned long long)seed, (unsigned long long)mutants);
        for (int i = 1; i < argc; i++)
                failed |= run_folder(argv[i], mutants, &count);
        if (count == 0)
                printf("not ok 1 - no corpus\n");
        printf("1..%u\n", count ? count : 1);
        return failed || count == 0;
}
