#include "alarm/alarms_internal.h"

struct alarm_entry *alarm_table_by_id(const struct alarms *a, uint64_t id) {
        struct alarm_entry *entry;

        HASH_FIND(by_id, a->by_id, &id, sizeof id, entry);
        return entry;
}

/* rule NUL key NUL exercise: neither has a NUL in it (rule names are checked, keys escape). */
static char *alarm_index(struct ww_str rule, struct ww_str key, bool exercise, size_t *ret_n) {
        size_t n = rule.n + key.n + 3;
        char *index = malloc(n);

        if (!index)
                return NULL;
        memcpy(index, rule.p ? rule.p : "", rule.n);
        index[rule.n] = 0;
        memcpy(index + rule.n + 1, key.p ? key.p : "", key.n);
        index[rule.n + 1 + key.n] = 0;
        index[n - 1] = (char)exercise;
        *ret_n = n;
        return index;
}

struct alarm_entry *alarm_table_by_key(const struct alarms *a, struct ww_str rule, struct ww_str key, bool exercise) {
        struct alarm_entry *entry = NULL;
        size_t n;
        _cleanup_free_ char *index = alarm_index(rule, key, exercise, &n);

        if (index)
                HASH_FIND(by_key, a->by_key, index, n, entry);
        return entry;
}

static struct ww_str strings_put(char **at, struct ww_str s) {
        struct ww_str copy = { *at, s.n };

        if (s.n)
                memcpy(*at, s.p, s.n);
        (*at)[s.n] = 0;
        *at += s.n + 1;
        return copy;
}

int alarm_entry_describe(struct alarm_entry *entry, const struct ww_detection *d) {
        const struct ww_str from[] = { d->rule, d->key,  d->title, d->procedure, d->legal_basis,
                                       d->site, d->zone, d->asset, d->device };
        struct ww_alarm *alarm = &entry->alarm;
        struct ww_str *const to[] = { &alarm->rule, &alarm->key,  &alarm->title, &alarm->procedure, &alarm->legal_basis,
                                      &alarm->site, &alarm->zone, &alarm->asset, &alarm->device };
        size_t n = 0;
        char *strings, *at;

        for (size_t i = 0; i < sizeof from / sizeof *from; i++)
                n += from[i].n + 1;
        strings = at = malloc(n);
        if (!strings)
                return -ENOMEM;
        for (size_t i = 0; i < sizeof from / sizeof *from; i++)
                *to[i] = strings_put(&at, from[i]);
        free(entry->strings);
        entry->strings = strings;
        alarm->rule_hash = d->rule_hash;
        alarm->hazard = d->hazard;
        alarm->klass = d->klass;
        alarm->covert = d->flags & WW_DETECTION_COVERT;
        alarm->partial = d->flags & WW_DETECTION_PARTIAL;
        alarm->exercise = d->flags & WW_DETECTION_EXERCISE;
        return 0;
}

int alarm_entry_set(char **owned, struct ww_str *view, struct ww_str text) {
        char *copy = malloc(text.n + 1);

        if (!copy)
                return -ENOMEM;
        if (text.n)
                memcpy(copy, text.p, text.n);
        copy[text.n] = 0;
        free(*owned);
        *owned = copy;
        *view = (struct ww_str){ copy, text.n };
        return 0;
}

/* --- first-out groups --- */

static struct alarm_group *alarm_group_get(struct alarms *a, const struct ww_alarm *alarm) {
        size_t n = alarm->zone.n + 1;
        struct alarm_group *group = malloc(sizeof *group + n), *found;

        if (!group)
                return NULL;
        *group = (struct alarm_group){ .n = n };
        group->key[0] = (char)alarm->hazard;
        memcpy(group->key + 1, alarm->zone.p ? alarm->zone.p : "", alarm->zone.n);
        HASH_FIND(hh, a->groups, group->key, n, found);
        if (found) {
                free(group);
                return found;
        }
        HASH_ADD_KEYPTR(hh, a->groups, group->key, group->n, group); /* as many as there are zones × hazards */
        return group;
}

bool alarm_group_active(const struct alarm_entry *entry) {
        return entry->group->active > (entry->counted ? 1 : 0);
}

void alarm_group_count(struct alarm_entry *entry) {
        if (entry->alarm.regions.active == entry->counted)
                return;
        entry->counted = entry->alarm.regions.active;
        if (entry->counted)
                entry->group->active++;
        else
                entry->group->active--;
}

/* --- life --- */

struct alarm_entry *alarm_entry_free(struct alarm_entry *entry) {
        if (!entry)
                return NULL;
        free(entry->strings);
        free(entry->index);
        free(entry->acknowledged_by);
        free(entry->suppressed_by);
        free(entry->work_order);
        free(entry);
        return NULL;
}

struct alarm_entry *alarm_table_add(struct alarms *a, const struct ww_detection *d, uint64_t id) {
        struct alarm_entry *entry = calloc(1, sizeof *entry);

        if (!entry)
                return NULL;
        entry->alarm.regions.acknowledged = true; /* NORM until the machine says otherwise */
        entry->alarm.acknowledged_at = WW_TIME_NONE;
        entry->alarm.shelved_until = entry->alarm.out_of_service_until = WW_TIME_NONE;
        entry->alarm.priority = entry->alarm.priority_unack = d->priority;
        entry->index = alarm_index(d->rule, d->key, d->flags & WW_DETECTION_EXERCISE, &entry->n_index);
        if (!entry->index || alarm_entry_describe(entry, d))
                return alarm_entry_free(entry);
        entry->group = alarm_group_get(a, &entry->alarm);
        if (!entry->group)
                return alarm_entry_free(entry);
        entry->alarm.id = id ? id : a->last_id + 1;
        if (entry->alarm.id > a->last_id)
                a->last_id = entry->alarm.id;
        HASH_ADD(by_id, a->by_id, alarm.id, sizeof entry->alarm.id, entry);
        HASH_ADD_KEYPTR(by_key, a->by_key, entry->index, entry->n_index, entry);
        return entry;
}

void alarm_table_remove(struct alarms *a, struct alarm_entry *entry) {
        HASH_DELETE(by_id, a->by_id, entry);
        HASH_DELETE(by_key, a->by_key, entry);
}
