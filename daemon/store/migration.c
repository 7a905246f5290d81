#include "store/migration.h"

#include "wardwatch-build.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define TEXT_MAX (1024 * 1024)

static _Thread_local char why_text[512];

/* "0001_history.sql" → 1; 0 = not a migration's name. */
static int name_version(const char *name) {
        size_t n = strlen(name);
        int version = 0;

        if (n < sizeof "0001_a.sql" - 1 || name[4] != '_' || strcmp(name + n - 4, ".sql") != 0)
                return 0;
        for (int i = 0; i < 4; i++) {
                if (name[i] < '0' || name[i] > '9')
                        return 0;
                version = version * 10 + (name[i] - '0');
        }
        return version;
}

static int name_compare(const void *a, const void *b) {
        return strcmp(((const struct migration *)a)->name, ((const struct migration *)b)->name);
}

static int text_read(const char *path, char **ret, size_t *ret_n) {
        _cleanup_free_ char *text = malloc(TEXT_MAX + 1);
        FILE *f = text ? fopen(path, "re") : NULL;
        size_t n;

        if (!f)
                return text ? -errno : -ENOMEM;
        n = fread(text, 1, TEXT_MAX + 1, f);
        if (ferror(f)) {
                (void)fclose(f);
                return -EIO;
        }
        (void)fclose(f);
        if (n > TEXT_MAX)
                return -EFBIG;
        text[n] = '\0';
        if (strlen(text) != n)
                return -EINVAL;
        *ret = text;
        *ret_n = n;
        text = NULL;
        return 0;
}

static int migration_read(struct migrations *m, const char *dir, const char *name) {
        struct migration *items = realloc(m->items, (m->n + 1) * sizeof *items), *item;
        char path[4096];
        XXH128_hash_t hash;
        size_t n = 0;
        int e;

        if (!items)
                return -ENOMEM;
        m->items = items;
        item = &items[m->n];
        *item = (struct migration){ .version = name_version(name), .name = strndup(name, strlen(name) - 4) };
        if (!item->name)
                return -ENOMEM;
        m->n++;
        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        e = text_read(path, &item->text, &n);
        if (e) {
                (void)snprintf(why_text, sizeof why_text, "%s: %s", name, strerror(-e));
                return e;
        }
        hash = XXH3_128bits(item->text, n);
        (void)snprintf(item->checksum, sizeof item->checksum, "%016llx%016llx", (unsigned long long)hash.high64,
                       (unsigned long long)hash.low64);
        return 0;
}

/* Sorted, they must count from 1 without a gap. */
static int migrations_check(struct migrations *m, const char *dir) {
        if (m->n == 0) {
                (void)snprintf(why_text, sizeof why_text, "%s holds no migration (0001_….sql)", dir);
                return -ENOENT;
        }
        qsort(m->items, m->n, sizeof *m->items, name_compare);
        for (size_t i = 0; i < m->n; i++) {
                if (m->items[i].version == (int)i + 1)
                        continue;
                (void)snprintf(why_text, sizeof why_text, "%s/%s.sql: number %04d is expected here", dir,
                               m->items[i].name, (int)i + 1);
                return -EINVAL;
        }
        return 0;
}

int migrations_read(struct migrations *ret, const char *dir, const char **ret_why) {
        struct migrations m = { 0 };
        DIR *d = opendir(dir);
        struct dirent *entry;
        int e = 0;

        *ret_why = why_text;
        if (!d) {
                e = -errno;
                (void)snprintf(why_text, sizeof why_text, "%s: %s", dir, strerror(-e));
                return e;
        }
        while (!e && (entry = readdir(d)) != NULL) {
                if (name_version(entry->d_name) > 0)
                        e = migration_read(&m, dir, entry->d_name);
        }
        (void)closedir(d);
        if (!e)
                e = migrations_check(&m, dir);
        if (e) {
                migrations_deinit(&m);
                return e;
        }
        *ret = m;
        return 0;
}

void migrations_deinit(struct migrations *m) {
        for (size_t i = 0; i < m->n; i++) {
                free(m->items[i].name);
                free(m->items[i].text);
        }
        free(m->items);
        *m = (struct migrations){ 0 };
}

const char *migrations_dir(void) {
        const char *dir = getenv("WARDWATCH_SCHEMA");

        if (dir && *dir)
                return dir;
        return access(WARDWATCH_DATADIR "/schema", R_OK) == 0 ? WARDWATCH_DATADIR "/schema" : WARDWATCH_SOURCE_SCHEMA;
}
