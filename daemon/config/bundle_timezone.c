/*
 * The time zone that a site names goes into the bundle as bytes, so that a journal is replayed with the very data that
 * was in force, on a machine with other data or none. Read here, when files are gathered; compiling reads the bundle.
 */
#include "config/bundle.h"
#include "config/file.h"
#include "config/timezone.h"
#include "config/yaml.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <strings.h>

#define ZONES_DIR  "/usr/share/zoneinfo"
#define DEPTH_MAX  3 /* America/Argentina/Ushuaia */
#define NAME_BYTES 64

static bool is_zone_name(struct ww_str name) {
        for (size_t i = 0; i < name.n; i++) {
                char c = name.p[i];
                bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

                if (!letter && (i == 0 || !c || !strchr("0123456789_+-/", c)))
                        return false;
        }
        return name.n && name.n < NAME_BYTES;
}

/* --- the nearest name --- */

struct search {
        struct ww_str wanted;
        char best[2 * NAME_BYTES];
};

static bool ends_with_word(struct ww_str name, struct ww_str word) {
        return name.n > word.n && name.p[name.n - word.n - 1] == '/' &&
               strncasecmp(name.p + name.n - word.n, word.p, word.n) == 0;
}

/* `Berlin` alone is as near as can be. */
static void search_name(struct search *s, const char *name) {
        const char *pair[] = { s->best, name };

        if (ends_with_word(ww_str(name), s->wanted) || diag_nearest(s->wanted, pair, 2) == name)
                (void)snprintf(s->best, sizeof s->best, "%s", name);
}

/* Not the copies with and without leap seconds, and no notes: names of zones and their folders begin with a capital. */
static int wanted(const struct dirent *entry) {
        return entry->d_name[0] >= 'A' && entry->d_name[0] <= 'Z';
}

static void search_folder(struct search *s, const char *folder, unsigned depth) {
        char path[PATH_MAX], name[2 * NAME_BYTES];
        struct dirent **entries;
        int n;

        (void)snprintf(path, sizeof path, "%s/%s", ZONES_DIR, folder);
        n = scandir(path, &entries, wanted, alphasort);
        for (int i = 0; i < n; i++) {
                int bytes = snprintf(name, sizeof name, "%s%s%s", folder, *folder ? "/" : "", entries[i]->d_name);

                free(entries[i]);
                if (bytes >= (int)sizeof name)
                        continue;
                search_name(s, name);
                if (depth < DEPTH_MAX)
                        search_folder(s, name, depth + 1);
        }
        if (n >= 0)
                free(entries);
}

static int tell_unknown(struct diag *d, struct diag_pos pos, struct ww_str name) {
        struct search s = { .wanted = name };
        char help[4 * NAME_BYTES];

        search_folder(&s, "", 1);
        (void)snprintf(help, sizeof help, "did you mean `%s`?", s.best);
        return diag_error(d, pos, s.best[0] ? help : "a name such as Europe/Berlin; the data is of the package tzdata",
                          "unknown time zone `%.*s`", WW_STR_ARG(name));
}

/* --- reading --- */

const struct bundle_file *bundle_timezone(const struct bundle *b, struct ww_str name) {
        for (size_t i = 0; i < b->n; i++)
                if (b->files[i].role == BUNDLE_TIMEZONE && ww_str_equal(b->files[i].path, name))
                        return &b->files[i];
        return NULL;
}

static int add_zone(struct bundle *b, struct diag *d, struct diag_pos pos, struct ww_str name) {
        char path[sizeof ZONES_DIR + NAME_BYTES], zone[NAME_BYTES];
        _cleanup_free_ char *bytes = NULL;
        size_t n = 0;
        int r;

        if (bundle_timezone(b, name) || ww_str_is(name, "UTC"))
                return 0;
        if (!is_zone_name(name))
                return tell_unknown(d, pos, name);
        (void)snprintf(zone, sizeof zone, "%.*s", WW_STR_ARG(name));
        (void)snprintf(path, sizeof path, "%s/%s", ZONES_DIR, zone);
        r = file_read(path, TIMEZONE_BYTES_MAX, &bytes, &n);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return tell_unknown(d, pos, name);
        r = bundle_add_text(b, BUNDLE_TIMEZONE, zone, (struct ww_str){ bytes, n });
        return r == -E2BIG ? diag_error(d, pos, "join some", "one file too many for the time zone") : r;
}

/* A site's own. */
static int add_site_zone(struct bundle *b, const struct yaml_node *root, struct diag *d) {
        const struct yaml_node *n = root->type == YAML_MAPPING ? yaml_get(root, "timezone") : NULL;

        return n && n->type == YAML_SCALAR && n->text.n ? add_zone(b, d, n->pos, n->text) : 0;
}

/* Those of the times of sensor types: `time: {zone: Europe/Berlin}`, wherever it stands. An offset, and `site`, want no
 * data. */
static int add_time_zones(struct bundle *b, const struct yaml_node *n, struct diag *d) {
        const struct yaml_node *time = n->type == YAML_MAPPING ? yaml_get(n, "time") : NULL;
        const struct yaml_node *zone = time && time->type == YAML_MAPPING ? yaml_get(time, "zone") : NULL;
        int r, result = 0;

        if (zone && zone->type == YAML_SCALAR && is_zone_name(zone->text) && !ww_str_is(zone->text, "site") &&
            !ww_str_is(zone->text, "Z"))
                result = add_zone(b, d, zone->pos, zone->text);
        for (const struct yaml_node *child = n->first; result >= 0 && child; child = child->next) {
                r = add_time_zones(b, child, d);
                result = r ? r : result;
        }
        return result;
}

/* What is wrong with the file otherwise is told when it is compiled. */
static int add_zones_of(struct bundle *b, size_t file, struct diag *d) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct diag silent = DIAG_INIT;
        struct yaml_node *root;
        int r = yaml_parse(&arena, b->files[file].path, b->files[file].text, &silent, &root);

        diag_deinit(&silent);
        if (r)
                return r > 0 ? 0 : r;
        return b->files[file].role == BUNDLE_SITE ? add_site_zone(b, root, d) : add_time_zones(b, root, d);
}

int bundle_add_timezones(struct bundle *b, size_t from, struct diag *d) {
        size_t n = b->n;
        int result = 0;

        for (size_t i = from; result >= 0 && i < n; i++)
                if (b->files[i].role == BUNDLE_SITE || b->files[i].role == BUNDLE_SENSORS) {
                        int r = add_zones_of(b, i, d);

                        result = r ? r : result;
                }
        return result;
}
