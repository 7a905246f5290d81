/* Floor plans as they are written: a picture of a part of the house, and where in it which zone is. */
#include "config/site_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PLANS_MAX  256
#define POINTS_MIN 3
#define POINTS_MAX 256
#define FORM       "write its corners in the picture's own units: `\"10,10 90,10 90,60 10,60\"`"

/* ---- a polygon ---- */

static const char *skip_blanks(const char *at) {
        return at + strspn(at, " \t\r\n");
}

/* "x,y", or "x y". False: something else. */
static bool read_point(const char **at, struct site_point *ret) {
        char *end;

        ret->x = strtod(*at, &end);
        if (end == *at)
                return false;
        *at = skip_blanks(end);
        *at += **at == ',';
        ret->y = strtod(*at, &end);
        if (end == *at || !isfinite(ret->x) || !isfinite(ret->y))
                return false;
        *at = skip_blanks(end);
        *at += **at == ',';
        return true;
}

static int read_points(struct site_compiler *c, const struct yaml_node *n, struct site_place *place) {
        struct site_point points[POINTS_MAX], *kept;
        _cleanup_free_ char *own = NULL;
        struct ww_str text;
        const char *at;
        uint32_t count = 0;
        int r = yaml_string(n, "the outline of a zone", c->d, &text);

        if (r)
                return r;
        own = ww_str_copy(text);
        if (!own)
                return -ENOMEM;
        for (at = skip_blanks(own); *at && count < POINTS_MAX; at = skip_blanks(at))
                if (!read_point(&at, &points[count++]))
                        return diag_error(c->d, n->pos, FORM, "the outline of zone `%.*s` cannot be read",
                                          WW_STR_ARG(n->key));
        if (*at || count < POINTS_MIN)
                return diag_error(c->d, n->pos, FORM, "the outline of zone `%.*s` must have %d to %d corners",
                                  WW_STR_ARG(n->key), POINTS_MIN, POINTS_MAX);
        kept = arena_array(&c->site->arena, struct site_point, count);
        if (!kept)
                return -ENOMEM;
        memcpy(kept, points, count * sizeof *points);
        place->points = kept;
        place->n_points = count;
        return 0;
}

/* ---- a plan ---- */

static int read_id(struct site_compiler *c, const struct yaml_node *entry, struct site_plan *plan) {
        const struct yaml_node *n = yaml_get(entry, "plan");
        struct ww_str id;
        int r;

        if (!n)
                return diag_error(c->d, entry->pos, "write `- plan: ID` and the other keys below it",
                                  "the entry has no `plan`");
        r = site_read_id(n, "plan", c->d, &id);
        if (r)
                return r;
        if (site_plan_find(c->site, id) != SITE_NONE)
                return diag_error(c->d, n->pos, "give each its own id", "plan `%.*s` is there already", WW_STR_ARG(id));
        plan->id = arena_copy(&c->site->arena, id);
        return plan->id.p ? 0 : -ENOMEM;
}

/* Within the folder of the file that names it. */
static int read_file(struct site_compiler *c, const struct yaml_node *entry, struct site_plan *plan) {
        const struct yaml_node *n = yaml_get(entry, "file");
        _cleanup_buf_ struct buf path = BUF_INIT;
        const char *slash;
        int r;

        if (!n)
                return diag_error(c->d, entry->pos, "name the picture: `file: plans/floor-1.svg`",
                                  "plan `%.*s` has no `file`", WW_STR_ARG(plan->id));
        r = yaml_string(n, "file", c->d, &plan->file);
        if (r)
                return r;
        if (!site_plan_file_legal(plan->file))
                return diag_error(c->d, n->pos, "an SVG file beside this one, or in a folder below it",
                                  "`%.*s` cannot be the file of a plan", WW_STR_ARG(plan->file));
        slash = memrchr(c->path.p, '/', c->path.n);
        buf_printf(&path, "%.*s%.*s", slash ? (int)(slash + 1 - c->path.p) : 0, c->path.p, WW_STR_ARG(plan->file));
        plan->file = arena_copy(&c->site->arena, plan->file);
        plan->path = arena_copy(&c->site->arena, buf_str(&path));
        return plan->file.p && plan->path.p && !path.error ? 0 : -ENOMEM;
}

static int read_plan(struct site_compiler *c, const struct yaml_node *entry) {
        struct site *s = c->site;
        struct site_plan plan = { .zone = SITE_NONE, .pos = entry->pos };
        struct site_plan *plans;
        const struct yaml_node **nodes;
        int r = site_keys_check(c, entry, "plan", site_plan_keys, site_plan_keys_n);

        r = r ? r : read_id(c, entry, &plan);
        r = r ? r : read_file(c, entry, &plan);
        r = r ? r : site_read_text(c, entry, "title", &plan.title);
        if (r)
                return r;
        if (s->n_plans == PLANS_MAX)
                return diag_error(c->d, entry->pos, "leave some out", "a site has at most %d plans", PLANS_MAX);
        plans = site_array_room(s->plans, s->n_plans, sizeof *plans);
        if (!plans)
                return -ENOMEM;
        s->plans = plans;
        nodes = site_array_room(c->plan_nodes, s->n_plans, sizeof *nodes);
        if (!nodes)
                return -ENOMEM;
        c->plan_nodes = nodes;
        plan.pos.file = c->path;
        nodes[s->n_plans] = entry;
        plans[s->n_plans++] = plan;
        return 0;
}

int site_read_plans(struct site_compiler *c, const struct yaml_node *list) {
        int r = 0;

        if (list->type != YAML_SEQUENCE)
                return site_is_nothing(list)
                               ? 0
                               : site_told(c, diag_error(c->d, list->pos, "write each plan as `- plan: ID`",
                                                         "plans must be a list"));
        yaml_each(entry, list)
                if (r == 0)
                        r = site_told(c, read_plan(c, entry));
        return r;
}

/* ---- once all zones are read ---- */

static int resolve_place(struct site_compiler *c, const struct yaml_node *n, struct site_place *place) {
        place->zone = site_resolve_key(c, n, "zone", c->site->zone_ids);
        return place->zone == SITE_NONE ? 0 : site_told(c, read_points(c, n, place));
}

static int resolve_plan(struct site_compiler *c, struct site_plan *plan, const struct yaml_node *entry) {
        const struct yaml_node *zone = yaml_get(entry, "zone"), *zones = yaml_get(entry, "zones");
        struct site_place *places;
        int r = 0;

        if (zone)
                plan->zone = site_resolve_item(c, zone, "zone", "zone", c->site->zone_ids);
        if (!zones || site_is_nothing(zones))
                return 0;
        if (zones->type != YAML_MAPPING)
                return site_told(c, diag_error(c->d, zones->pos, "write `ZONE: \"x,y x,y x,y\"` for each below it",
                                               "zones of a plan must be a group of outlines"));
        places = arena_array(&c->site->arena, struct site_place, zones->n ? zones->n : 1);
        if (!places)
                return -ENOMEM;
        yaml_each(n, zones)
                if (r == 0)
                        r = resolve_place(c, n, &places[plan->n_places++]);
        plan->places = places;
        return r;
}

int site_resolve_plans(struct site_compiler *c) {
        int r = 0;

        for (size_t i = 0; r == 0 && i < c->site->n_plans; i++)
                r = resolve_plan(c, &c->site->plans[i], c->plan_nodes[i]);
        return r;
}

/* ---- questions ---- */

size_t site_plan_count(const struct site *s) {
        return s->n_plans;
}

const struct site_plan *site_plan(const struct site *s, uint32_t index) {
        return index < s->n_plans ? &s->plans[index] : NULL;
}

uint32_t site_plan_find(const struct site *s, struct ww_str id) {
        for (size_t i = 0; i < s->n_plans; i++)
                if (ww_str_equal(s->plans[i].id, id))
                        return (uint32_t)i;
        return SITE_NONE;
}

static bool ends_with(struct ww_str text, const char *end) {
        size_t n = strlen(end);

        return text.n > n && memcmp(text.p + text.n - n, end, n) == 0;
}

/* Nothing of it may lead out of the folder: the console hands it out. */
bool site_plan_file_legal(struct ww_str file) {
        const char *part = file.p, *end = file.p + file.n;

        if (!ends_with(file, ".svg") || file.n > 255 || memchr(file.p, 0, file.n) || memchr(file.p, '\\', file.n))
                return false;
        while (part <= end) {
                const char *slash = memchr(part, '/', (size_t)(end - part));
                size_t n = (size_t)((slash ? slash : end) - part);

                if (n == 0 || part[0] == '.')
                        return false;
                part += n + 1;
        }
        return true;
}
