/* Files and folders into a bundle. Names are sorted by bytes, so that one tree gives one bundle on every machine. */
#include "config/bundle.h"
#include "config/file.h"
#include "config/yaml.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#define FOLDER_DEPTH_MAX 16 /* also what ends a loop of symbolic links */

/* What could not be done with a path; the path is copied, because the diag outlives the caller's. */
static int bundle_tell(struct bundle *b, struct diag *d, const char *path, const char *help, const char *problem) {
        struct ww_str copy = arena_copy(&b->arena, ww_str(path));

        if (!copy.p)
                return -ENOMEM;
        return diag_error(d, (struct diag_pos){ .file = copy }, help, "%s", problem);
}

static int bundle_tell_errno(struct bundle *b, struct diag *d, const char *path, int error) {
        if (error == -ENOMEM)
                return error;
        if (error == -ENOENT)
                return bundle_tell(b, d, path, "create it, or mend the path in the configuration",
                                   "no such file or folder");
        if (error == -EACCES)
                return bundle_tell(b, d, path, "let the daemon's user read it", "may not be read");
        if (error == -EFBIG)
                return bundle_tell(b, d, path, "split it: a folder of files counts as one", "is larger than 1 MiB");
        return bundle_tell(b, d, path, NULL, strerror(-error));
}

static int bundle_add_file(struct bundle *b, enum bundle_role role, const char *path, struct diag *d) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        int r = file_read(path, YAML_BYTES_MAX, &text, &n);

        if (r == 0)
                r = bundle_add_text(b, role, path, (struct ww_str){ text, n });
        if (r == -E2BIG)
                return bundle_tell(b, d, path, "join some", "one file too many: 4096 are allowed in all");
        return r == 0 ? 0 : bundle_tell_errno(b, d, path, r);
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

static int bundle_add_folder(struct bundle *b, enum bundle_role role, const char *path, unsigned depth, struct diag *d);

static int bundle_add_entry(struct bundle *b, enum bundle_role role, const char *folder, const char *name,
                            unsigned depth, struct diag *d) {
        _cleanup_free_ char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s%s%s", folder, name_ends(folder, "/") ? "" : "/", name) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (stat(path, &st) < 0)
                return bundle_tell_errno(b, d, path, -errno);
        if (S_ISDIR(st.st_mode))
                return bundle_add_folder(b, role, path, depth + 1, d);
        if (!name_ends(name, ".yaml") && !name_ends(name, ".yml"))
                return 0;
        return bundle_add_file(b, role, path, d);
}

/* All that is wrong in a folder is told, so DIAG_E_USER does not end the round. */
static int bundle_add_folder(struct bundle *b, enum bundle_role role, const char *path, unsigned depth,
                             struct diag *d) {
        struct dirent **entries;
        int n, result = 0;

        if (depth > FOLDER_DEPTH_MAX)
                return bundle_tell(b, d, path, "look for a symbolic link to a folder above it",
                                   "folders are nested more than 16 deep");
        n = scandir(path, &entries, wanted, by_bytes);
        if (n < 0)
                return bundle_tell_errno(b, d, path, -errno);
        for (int i = 0; i < n; i++) {
                if (result >= 0) {
                        int r = bundle_add_entry(b, role, path, entries[i]->d_name, depth, d);

                        result = r ? r : result;
                }
                free(entries[i]);
        }
        free(entries);
        return result;
}

int bundle_add_path(struct bundle *b, enum bundle_role role, const char *path, struct diag *d) {
        struct stat st;

        if (stat(path, &st) < 0)
                return bundle_tell_errno(b, d, path, -errno);
        if (S_ISDIR(st.st_mode))
                return bundle_add_folder(b, role, path, 1, d);
        return bundle_add_file(b, role, path, d);
}
