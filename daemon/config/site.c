#include "config/site_internal.h"

struct site *site_free(struct site *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->n_lists; i++)
                symtab_free(s->lists[i].members);
        for (size_t i = 0; i < s->n_schedules; i++) {
                free(s->schedules[i].hours);
                free(s->schedules[i].dates);
        }
        symtab_free(s->zone_ids);
        symtab_free(s->types);
        symtab_free(s->asset_ids);
        symtab_free(s->devices);
        symtab_free(s->classes);
        symtab_free(s->field_names);
        symtab_free(s->list_names);
        symtab_free(s->schedule_names);
        symtab_free(s->mode_names);
        free(s->zones);
        free(s->assets);
        free(s->device_assets);
        free(s->above);
        free(s->lists);
        free(s->schedules);
        free(s->holidays.dates);
        free(s->modes);
        free(s->plans);
        free(s->clients);
        timezone_free(s->timezone);
        arena_deinit(&s->arena);
        free(s);
        return NULL;
}

/* Symbols count from 1; 0 = none becomes SITE_NONE. */
static uint32_t index_of(const struct symtab *t, struct ww_str name) {
        return symtab_find(t, name) - 1;
}

_Static_assert((uint32_t)0 - 1 == SITE_NONE, "no symbol must be no index");

struct ww_str site_name(const struct site *s) {
        return s->name;
}

size_t site_zone_count(const struct site *s) {
        return s->n_zones;
}

const struct site_zone *site_zone(const struct site *s, uint32_t index) {
        return index < s->n_zones ? &s->zones[index] : NULL;
}

uint32_t site_zone_find(const struct site *s, struct ww_str id) {
        return index_of(s->zone_ids, id);
}

uint32_t site_zone_of_type(const struct site *s, uint32_t zone, struct ww_str type) {
        while (zone < s->n_zones && !ww_str_equal(s->zones[zone].type, type))
                zone = s->zones[zone].parent;
        return zone < s->n_zones ? zone : SITE_NONE;
}

bool site_zone_type_known(const struct site *s, struct ww_str type) {
        return symtab_find(s->types, type) != 0;
}

size_t site_asset_count(const struct site *s) {
        return s->n_assets;
}

const struct site_asset *site_asset(const struct site *s, uint32_t index) {
        return index < s->n_assets ? &s->assets[index] : NULL;
}

uint32_t site_asset_find(const struct site *s, struct ww_str id) {
        return index_of(s->asset_ids, id);
}

uint32_t site_asset_of_device(const struct site *s, struct ww_str device) {
        uint32_t symbol = symtab_find(s->devices, device);

        return symbol ? s->device_assets[symbol - 1] : SITE_NONE;
}

static struct ww_value text_or_missing(struct ww_str text) {
        return text.n ? ww_string(text) : ww_missing();
}

static struct ww_value asset_id(const struct site *s, const struct site_asset *a) {
        return ww_string(a->id);
}

static struct ww_value asset_title(const struct site *s, const struct site_asset *a) {
        return text_or_missing(a->title);
}

static struct ww_value asset_class(const struct site *s, const struct site_asset *a) {
        return text_or_missing(a->class_name);
}

static struct ww_value asset_device(const struct site *s, const struct site_asset *a) {
        return text_or_missing(a->device);
}

static struct ww_value asset_zone(const struct site *s, const struct site_asset *a) {
        return a->zone == SITE_NONE ? ww_missing() : ww_string(s->zones[a->zone].id);
}

static struct ww_value asset_parent(const struct site *s, const struct site_asset *a) {
        return a->parent == SITE_NONE ? ww_missing() : ww_string(s->assets[a->parent].id);
}

static struct ww_value asset_supervision(const struct site *s, const struct site_asset *a) {
        return a->supervision ? ww_span(a->supervision) : ww_missing();
}

static const struct {
        const char *name;
        struct ww_value (*get)(const struct site *s, const struct site_asset *a);
} asset_fields[] = {
        { "id", asset_id },
        { "title", asset_title },
        { "class", asset_class },
        { "device", asset_device },
        { "zone", asset_zone },
        { "parent", asset_parent },
        { "supervision", asset_supervision },
};

struct ww_value site_asset_field(const struct site *s, uint32_t asset, struct ww_str name) {
        const struct site_asset *a = site_asset(s, asset);

        if (!a)
                return ww_missing();
        for (size_t i = 0; i < sizeof asset_fields / sizeof *asset_fields; i++)
                if (ww_str_is(name, asset_fields[i].name))
                        return asset_fields[i].get(s, a);
        for (size_t i = 0; i < a->n_fields; i++)
                if (ww_str_equal(name, a->fields[i].name))
                        return a->fields[i].value;
        return ww_missing();
}

bool site_asset_field_known(const struct site *s, struct ww_str name) {
        for (size_t i = 0; i < sizeof asset_fields / sizeof *asset_fields; i++)
                if (ww_str_is(name, asset_fields[i].name))
                        return true;
        return symtab_find(s->field_names, name) != 0;
}

static bool is_among(const uint32_t *sorted, size_t n, uint32_t index) {
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (sorted[middle] < index)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < n && sorted[low] == index;
}

bool site_zones_adjacent(const struct site *s, uint32_t a, uint32_t b) {
        return a < s->n_zones && is_among(s->zones[a].adjacent, s->zones[a].n_adjacent, b);
}

bool site_asset_under(const struct site *s, uint32_t asset, uint32_t ancestor) {
        return asset < s->n_assets && is_among(s->above[asset].assets, s->above[asset].n, ancestor);
}

bool site_class_known(const struct site *s, struct ww_str class_name) {
        return symtab_find(s->classes, class_name) != 0;
}

uint32_t site_list_find(const struct site *s, struct ww_str name) {
        return index_of(s->list_names, name);
}

struct ww_str site_list_name(const struct site *s, uint32_t list) {
        return list < s->n_lists ? s->lists[list].name : WW_STR("");
}

bool site_list_has(const struct site *s, uint32_t list, struct ww_str member) {
        return list < s->n_lists && symtab_find(s->lists[list].members, member) != 0;
}

/* The names of a table, compared one at a time: no array of them is needed, and the table keeps them alive. */
const char *site_nearest_of(const struct symtab *t, struct ww_str name) {
        const char *best = NULL;

        for (uint32_t symbol = 1; symbol <= symtab_count(t); symbol++) {
                const char *pair[] = { best, symtab_name(t, symbol).p };

                if (best)
                        best = diag_nearest(name, pair, 2);
                else
                        best = diag_nearest(name, pair + 1, 1);
        }
        return best;
}

const char *site_nearest_zone(const struct site *s, struct ww_str name) {
        return site_nearest_of(s->zone_ids, name);
}

const char *site_nearest_asset(const struct site *s, struct ww_str name) {
        return site_nearest_of(s->asset_ids, name);
}

const char *site_nearest_field(const struct site *s, struct ww_str name) {
        const char *best = site_nearest_of(s->field_names, name);

        for (size_t i = 0; i < sizeof asset_fields / sizeof *asset_fields; i++) {
                const char *pair[] = { asset_fields[i].name, best };

                best = diag_nearest(name, pair, best ? 2 : 1);
        }
        return best;
}

const char *site_nearest_list(const struct site *s, struct ww_str name) {
        return site_nearest_of(s->list_names, name);
}

const char *site_nearest_class(const struct site *s, struct ww_str name) {
        return site_nearest_of(s->classes, name);
}

const char *site_nearest_schedule(const struct site *s, struct ww_str name) {
        return site_nearest_of(s->schedule_names, name);
}

const char *site_nearest_mode(const struct site *s, struct ww_str name) {
        return site_nearest_of(s->mode_names, name);
}
