/* Files and folders into a bundle. Names are sorted by bytes, so that one tree gives one bundle on every machine. */
#include "config/bundle.h"
#include "config/file.h"
#include "config/yaml.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#define FOLDER_DEPTH_MAX 16 /* also what ends a loop of symbolic links */

/* One call of bundle_add_path. Messages name the path that the caller gave, because only that outlives them; what was
 * met below it stands in the text. */
struct adder {
        struct bundle *b;
        enum bundle_role role;
        const char *top;
        struct diag *d;
};

static int tell(const struct adder *a, const char *path, const char *help, const char *problem) {
        struct diag_pos pos = { .file = ww_str(a->top) };

        if (strcmp(path, a->top) == 0)
                return diag_error(a->d, pos, help, "%s", problem);
        return diag_error(a->d, pos, help, "%s: %s", path, problem);
}

static int tell_errno(const struct adder *a, const char *path, int error) {
        if (error == -ENOMEM)
                return error;
        if (error == -ENOENT)
                return tell(a, path, "create it, or mend the path in the configuration", "no such file or folder");
        if (error == -EACCES)
                return tell(a, path,
                            "let the daemon's user read it; a running engine needs a restart to look elsewhere than at "
                            "its start",
                            "may not be read");
        if (error == -EFBIG)
                return tell(a, path, "split it: a folder of files counts as one", "is larger than 1 MiB");
        if (error == -EINVAL)
                return tell(a, path, "name a file, or a folder of files", "is neither a file nor a folder");
        return tell(a, path, "look at the file with the daemon's rights", strerror(-error));
}

static int add_file(const struct adder *a, const char *path) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        int r = file_read(path, YAML_BYTES_MAX, &text, &n);

        if (r < 0)
                return tell_errno(a, path, r);
        r = bundle_add_text(a->b, a->role, path, (struct ww_str){ text, n });
        return r == -E2BIG ? tell(a, path, "join some", "one file too many: 4096 are allowed in all") : r;
}

static bool name_ends(const char *name, const char *end) {
        size_t n = strlen(name), m = strlen(end);

        return n > m && strcmp(name + n - m, end) == 0;
}

static int wanted(const struct dirent *entry) {
        return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(const struct adder *a, const char *path, unsigned depth);

static int add_entry(const struct adder *a, const char *folder, const char *name, unsigned depth) {
        _cleanup_free_ char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s%s%s", folder, name_ends(folder, "/") ? "" : "/", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (stat(path, &st) < 0)
                return tell_errno(a, path, -errno);
        if (S_ISDIR(st.st_mode))
                return add_folder(a, path, depth + 1);
        if (!name_ends(name, ".yaml") && !name_ends(name, ".yml"))
                return 0;
        return add_file(a, path);
}

/* All that is wrong in a folder is told, so DIAG_E_USER does not end the round. */
static int add_folder(const struct adder *a, const char *path, unsigned depth) {
        struct dirent **entries;
        int n, result = 0;

        if (depth > FOLDER_DEPTH_MAX)
                return tell(a, path, "look for a symbolic link to a folder above it",
                            "folders are nested more than 16 deep");
        n = scandir(path, &entries, wanted, by_bytes);
        if (n < 0)
                return tell_errno(a, path, -errno);
        for (int i = 0; i < n; i++) {
                if (result >= 0) {
                        int r = add_entry(a, path, entries[i]->d_name, depth);

                        result = r ? r : result;
                }
                free(entries[i]);
        }
        free(entries);
        return result;
}

int bundle_add_path(struct bundle *b, enum bundle_role role, const char *path, struct diag *d) {
        const struct adder a = { b, role, path, d };
        size_t from = b->n;
        struct stat st;
        int r, zones, plans;

        if (stat(path, &st) < 0)
                return tell_errno(&a, path, -errno);
        r = S_ISDIR(st.st_mode) ? add_folder(&a, path, 1) : add_file(&a, path);
        zones = r >= 0 ? bundle_add_timezones(b, from, d) : 0;
        plans = r >= 0 && zones >= 0 ? bundle_check_plans(b, from, d) : 0;
        return zones ? zones : plans ? plans : r;
}
