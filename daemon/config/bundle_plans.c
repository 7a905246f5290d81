/*
 * The pictures of floor plans stay files: nothing that is concluded depends on them, so a bundle does not carry them,
 * and a replay elsewhere does without. That they are there, and are pictures, is found out here, when files are
 * gathered.
 */
#include "config/bundle.h"
#include "config/file.h"
#include "config/site.h"
#include "config/yaml.h"

#include <dirent.h>
#include <stdio.h>

#define PICTURE_MAX (1024 * 1024)
#define HEAD        4096 /* bytes in which `<svg` begins */

static int is_picture(const struct dirent *entry) {
        size_t n = strlen(entry->d_name);

        return n > 4 && strcmp(entry->d_name + n - 4, ".svg") == 0;
}

/* Into `out`: "did you mean …?"; false if no picture of the folder has a name like it. */
static bool nearest(const char *path, size_t given, char *out, size_t size) {
        const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *names[256], *best;
        _cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
        size_t below = given - strlen(name); /* the part of what was written that is the folder */
        struct dirent **entries = NULL;
        int n = folder ? scandir(folder, &entries, is_picture, alphasort) : -1;

        for (int i = 0; i < n && i < 256; i++)
                names[i] = entries[i]->d_name;
        best = n > 0 ? diag_nearest(ww_str(name), names, n < 256 ? (size_t)n : 256) : NULL;
        if (best)
                (void)snprintf(out, size, "did you mean `%.*s%s`?", (int)below, path + strlen(path) - given, best);
        for (int i = 0; i < n; i++)
                free(entries[i]);
        if (n >= 0)
                free(entries);
        return best != NULL;
}

static int check_picture(struct diag *d, const struct yaml_node *file, const char *path) {
        _cleanup_free_ char *text = NULL;
        char help[512];
        size_t n = 0;
        int r = file_read(path, PICTURE_MAX, &text, &n);

        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return diag_error(d, file->pos,
                                  nearest(path, file->text.n, help, sizeof help)
                                          ? help
                                          : "put the picture there, up to 1 MiB, readable by the daemon's user",
                                  "%s: %s", path, strerror(-r));
        if (!memmem(text, n < HEAD ? n : HEAD, "<svg", 4))
                return diag_error(d, file->pos, "export the plan as SVG", "%s is no SVG picture", path);
        return 0;
}

static int check_plan(const struct bundle_file *site, const struct yaml_node *plan, struct diag *d) {
        const struct yaml_node *file = plan->type == YAML_MAPPING ? yaml_get(plan, "file") : NULL;
        const char *slash = memrchr(site->path.p, '/', site->path.n);
        _cleanup_free_ char *path = NULL;

        if (!file || file->type != YAML_SCALAR || !site_plan_file_legal(file->text))
                return 0; /* told when it is compiled */
        if (asprintf(&path, "%.*s%.*s", slash ? (int)(slash + 1 - site->path.p) : 0, site->path.p,
                     WW_STR_ARG(file->text)) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        return check_picture(d, file, path);
}

static int check_file(const struct bundle_file *site, struct diag *d) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct diag silent = DIAG_INIT;
        const struct yaml_node *plans;
        struct yaml_node *root;
        int r = yaml_parse(&arena, site->path, site->text, &silent, &root), result = 0;

        diag_deinit(&silent);
        if (r)
                return r > 0 ? 0 : r;
        plans = root->type == YAML_MAPPING ? yaml_get(root, "plans") : NULL;
        if (!plans || plans->type != YAML_SEQUENCE)
                return 0;
        yaml_each(plan, plans) {
                r = result >= 0 ? check_plan(site, plan, d) : 0;
                result = r ? r : result;
        }
        return result;
}

int bundle_check_plans(const struct bundle *b, size_t from, struct diag *d) {
        int result = 0;

        for (size_t i = from; result >= 0 && i < b->n; i++)
                if (b->files[i].role == BUNDLE_SITE) {
                        int r = check_file(&b->files[i], d);

                        result = r ? r : result;
                }
        return result;
}
