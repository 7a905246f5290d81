/* Typed readers of the files' words. */
#include "response/rules_load.h"

#include <stdio.h>

#define NAME_MAX_BYTES 64
#define KEYS_MAX       24

struct diag_pos rules_pos(const struct rules_loader *l, const struct yaml_node *n) {
        return (struct diag_pos){ l->path, n->pos.line, n->pos.column };
}

/* A word that is misspelt is told alone: perhaps it is the one that is missing. */
static bool has_all(struct rules_loader *l, const struct yaml_node *n, const char *what, const struct rules_key *keys,
                    size_t n_keys, bool tell) {
        bool all = true;

        for (size_t i = 0; i < n_keys; i++) {
                char help[200];

                if (!keys[i].must || yaml_get(n, keys[i].name))
                        continue;
                all = false;
                (void)snprintf(help, sizeof help, "add `%s: …`: %s", keys[i].name, keys[i].help);
                if (tell)
                        l->result = diag_error(l->d, n->pos, help, "%s has no `%s`", what, keys[i].name);
        }
        return all;
}

bool rules_mapping(struct rules_loader *l, const struct yaml_node *n, const char *what, const struct rules_key *keys,
                   size_t n_keys) {
        const char *names[KEYS_MAX] = { NULL };

        if (n->type != YAML_MAPPING) {
                l->result = diag_error(l->d, n->pos, "write its words below it, each as `WORD: value`",
                                       "%s must be a group of words", what);
                return false;
        }
        for (size_t i = 0; i < n_keys && i < KEYS_MAX; i++)
                names[i] = keys[i].name;
        if (yaml_known_keys(n, what, names, n_keys, l->d) == 0)
                return has_all(l, n, what, keys, n_keys, true);
        l->result = DIAG_E_USER;
        return has_all(l, n, what, keys, n_keys, false);
}

int rules_entries(struct rules_loader *l, const struct yaml_node *list, const char *what, void **array, size_t *n,
                  size_t size, int (*read)(struct rules_loader *l, const struct yaml_node *n, void *to)) {
        char help[80];
        int r = 0;

        if (list->type == YAML_SCALAR && list->plain && list->text.n == 0)
                return 0;
        if (list->type != YAML_SEQUENCE) {
                (void)snprintf(help, sizeof help, "write each as `- %s: …`, with its words below", what);
                return rules_told(l, diag_error(l->d, list->pos, help, "here a list is wanted"));
        }
        yaml_each(item, list) {
                char *grown = reallocarray(*array, *n + 1, size);

                if (!grown)
                        return -ENOMEM;
                *array = grown;
                memset(grown + *n * size, 0, size);
                ++*n; /* counted before it is read: what it holds is freed in any case */
                r = rules_told(l, read(l, item, grown + (*n - 1) * size));
                if (r)
                        return r;
        }
        return 0;
}

bool rules_name(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str *ret) {
        const struct yaml_node *value = yaml_get(n, key);
        struct ww_str name = WW_STR("");
        bool good;

        if (yaml_string(value, key, l->d, &name)) {
                l->result = DIAG_E_USER;
                return false;
        }
        good = name.n > 0 && name.n <= NAME_MAX_BYTES;
        for (size_t i = 0; i < name.n; i++)
                good = good && ((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
                                name.p[i] == '-');
        if (!good)
                l->result = diag_error(l->d, value->pos, "use small letters, digits and `-`, at most 64",
                                       "`%.*s` cannot name a %s", WW_STR_ARG(name), key);
        *ret = name;
        return good;
}

void rules_text(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str *ret) {
        const struct yaml_node *value = yaml_get(n, key);

        if (value)
                (void)rules_told(l, yaml_string(value, key, l->d, ret));
}

void rules_bool(struct rules_loader *l, const struct yaml_node *n, const char *key, bool *ret) {
        const struct yaml_node *value = yaml_get(n, key);

        if (value)
                (void)rules_told(l, yaml_bool(value, key, l->d, ret));
}

void rules_span(struct rules_loader *l, const struct yaml_node *n, const char *key, int64_t least, int64_t *ret) {
        const struct yaml_node *value = yaml_get(n, key);

        if (value)
                (void)rules_told(l, yaml_span(value, key, least, RULES_SPAN_MAX, l->d, ret));
}

static int word_of(struct rules_loader *l, const struct yaml_node *value, const char *key, const char *const *words,
                   size_t n_words) {
        struct ww_str word;

        if (yaml_string(value, key, l->d, &word)) {
                l->result = DIAG_E_USER;
                return -1;
        }
        for (size_t i = 0; i < n_words; i++)
                if (ww_str_is(word, words[i]))
                        return (int)i;
        l->result = diag_error(l->d, value->pos, diag_suggest(word, words, n_words), "%s: there is no `%.*s`", key,
                               WW_STR_ARG(word));
        return -1;
}

int rules_word(struct rules_loader *l, const struct yaml_node *n, const char *key, const char *const *words,
               size_t n_words) {
        const struct yaml_node *value = yaml_get(n, key);

        return value ? word_of(l, value, key, words, n_words) : -1;
}

void rules_texts(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str *ret,
                 size_t *ret_n) {
        const struct yaml_node *value = yaml_get(n, key);

        *ret_n = 0;
        if (!value)
                return;
        if (value->type != YAML_SEQUENCE) {
                if (!yaml_string(value, key, l->d, &ret[0]))
                        *ret_n = 1;
                else
                        l->result = DIAG_E_USER;
                return;
        }
        yaml_each(item, value) {
                if (*ret_n == ESCALATION_TO_MAX) {
                        l->result = diag_error(l->d, item->pos, "spread them over several steps", "%s: more than %d",
                                               key, ESCALATION_TO_MAX);
                        return;
                }
                if (!yaml_string(item, key, l->d, &ret[*ret_n]))
                        ++*ret_n;
                else
                        l->result = DIAG_E_USER;
        }
}

/* --- what an incident may be --- */

/* A set of numbers whose names are `words`; the first has the number `first`. */
static uint32_t read_set(struct rules_loader *l, const struct yaml_node *n, const char *key, const char *const *words,
                         size_t n_words, unsigned first) {
        const struct yaml_node *value = yaml_get(n, key), *item;
        uint32_t set = 0;

        if (!value)
                return 0;
        for (item = value->type == YAML_SEQUENCE ? value->first : value; item;
             item = value->type == YAML_SEQUENCE ? item->next : NULL) {
                int at = word_of(l, item, key, words, n_words);

                if (at >= 0)
                        set |= 1U << ((unsigned)at + first);
        }
        return set;
}

static int read_zones(struct rules_loader *l, const struct yaml_node *n, struct response_match *ret) {
        struct ww_str ids[ESCALATION_TO_MAX];
        uint32_t *zones;
        size_t count;

        rules_texts(l, n, "zone", ids, &count);
        if (!count)
                return 0;
        zones = arena_array(&l->rules->arena, uint32_t, count);
        if (!zones)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++) {
                const char *near = site_nearest_zone(l->site, ids[i]);

                zones[i] = site_zone_find(l->site, ids[i]);
                if (zones[i] != SITE_NONE)
                        continue;
                l->result = diag_error(l->d, yaml_get(n, "zone")->pos,
                                       near ? arena_printf(&l->rules->arena, "did you mean `%s`?", near)
                                            : "name it under `zones:` in a file of the site",
                                       "the site has no zone `%.*s`", WW_STR_ARG(ids[i]));
        }
        ret->zones = zones;
        ret->n_zones = count;
        return 0;
}

uint32_t rules_schedule(struct rules_loader *l, const struct yaml_node *n) {
        struct ww_str name = WW_STR("");
        uint32_t schedule;
        const char *near;

        rules_text(l, n, "schedule", &name);
        if (!name.n)
                return SITE_NONE;
        schedule = site_schedule_find(l->site, name);
        near = site_nearest_schedule(l->site, name);
        if (schedule == SITE_NONE)
                l->result = diag_error(l->d, yaml_get(n, "schedule")->pos,
                                       near ? arena_printf(&l->rules->arena, "did you mean `%s`?", near)
                                            : "name it under `schedules:` in a file of the site",
                                       "the site has no schedule `%.*s`", WW_STR_ARG(name));
        return schedule;
}

int rules_match_load(struct rules_loader *l, const struct yaml_node *n, struct response_match *ret) {
        const char *hazards[WW_HAZARD_MAX_], *priorities[WW_PRIORITY_CRITICAL];
        bool exercise = false;

        for (enum ww_hazard h = 0; h < WW_HAZARD_MAX_; h++)
                hazards[h] = ww_hazard_name(h);
        for (enum ww_priority p = WW_PRIORITY_LOW; p <= WW_PRIORITY_CRITICAL; p++)
                priorities[p - 1] = ww_priority_name(p);
        ret->hazards = read_set(l, n, "hazard", hazards, WW_HAZARD_MAX_, 0);
        ret->priorities = read_set(l, n, "priority", priorities, WW_PRIORITY_CRITICAL, WW_PRIORITY_LOW);
        rules_bool(l, n, "exercise", &exercise);
        ret->exercise = exercise;
        ret->schedule = rules_schedule(l, n);
        return read_zones(l, n, ret);
}
