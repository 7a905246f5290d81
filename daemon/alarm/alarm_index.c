/* Where alarms are kept: by id, by (rule, key, exercise), and counted by group. */
#include "alarm/alarms.h"

#define GROUP_KEY_MAX 512 /* a longer zone's name is cut: groups only decide who is first-out */

size_t alarm_key_size(struct ww_str rule, struct ww_str key) {
        return rule.n + key.n + 2;
}

void alarm_key_write(char *out, struct ww_str rule, struct ww_str key, bool exercise) {
        if (rule.n)
                memcpy(out, rule.p, rule.n);
        out[rule.n] = '\0';
        if (key.n)
                memcpy(out + rule.n + 1, key.p, key.n);
        out[rule.n + 1 + key.n] = (char)exercise;
}

struct alarm *alarm_find(const struct alarms *a, struct ww_str rule, struct ww_str key, bool exercise) {
        char place[512];
        _cleanup_free_ char *large = NULL;
        char *name = place;
        struct alarm *found;
        size_t n = alarm_key_size(rule, key);

        if (n > sizeof place) {
                name = large = malloc(n);
                if (!name)
                        return NULL;
        }
        alarm_key_write(name, rule, key, exercise);
        HASH_FIND(by_key, a->keys, name, n, found);
        return found;
}

struct alarm *alarm_new(struct ww_str rule, struct ww_str key, bool exercise) {
        _cleanup_(alarm_freep) struct alarm *alarm = calloc(1, sizeof *alarm);
        struct alarm *ret;

        if (!alarm)
                return NULL;
        machine_init(&alarm->now);
        alarm->now.exercise = exercise;
        alarm->settles = WW_TIME_NONE;
        alarm->asset = SITE_NONE;
        alarm->regrade.since = WW_TIME_NONE;
        alarm_timer_init(&alarm->timer, 0, false);
        alarm->n_key = alarm_key_size(rule, key);
        alarm->key = malloc(alarm->n_key);
        if (!alarm->key)
                return NULL;
        alarm_key_write(alarm->key, rule, key, exercise);
        alarm->now.rule = (struct ww_str){ alarm->key, rule.n };
        alarm->now.key = (struct ww_str){ alarm->key + rule.n + 1, key.n };
        ret = alarm;
        alarm = NULL;
        return ret;
}

struct alarm *alarm_free(struct alarm *alarm) {
        if (!alarm)
                return NULL;
        free(alarm->texts);
        free(alarm->marks);
        free(alarm->key);
        free(alarm);
        return NULL;
}

struct alarm *alarm_by_id(const struct alarms *a, uint64_t id) {
        struct alarm *alarm;

        HASH_FIND(by_id, a->ids, &id, sizeof id, alarm);
        return alarm;
}

int alarm_link(struct alarms *a, struct alarm *alarm) {
        int r = alarm_timer_reserve(a);

        if (r)
                return r;
        alarm->timer.id = alarm->now.id;
        HASH_ADD(by_id, a->ids, now.id, sizeof alarm->now.id, alarm);
        if (!alarm->by_id.tbl)
                return -ENOMEM;
        HASH_ADD_KEYPTR(by_key, a->keys, alarm->key, alarm->n_key, alarm);
        if (alarm->by_key.tbl)
                return 0;
        HASH_DELETE(by_id, a->ids, alarm);
        return -ENOMEM;
}

void alarm_unlink(struct alarms *a, struct alarm *alarm) {
        alarm_timer_set(a, &alarm->timer, WW_TIME_NEVER);
        alarm_place_unlink(alarm);
        alarm_source_unlink(a, alarm);
        HASH_DELETE(by_id, a->ids, alarm);
        HASH_DELETE(by_key, a->keys, alarm);
}

/* Copies the n strings one behind the other, each with a NUL, and points them there. */
static char *strings_copy(struct ww_str *const *strings, const struct ww_str *from, size_t n) {
        size_t size = 0;
        char *block, *p;

        for (size_t i = 0; i < n; i++)
                size += from[i].n + 1;
        p = block = malloc(size);
        if (!block)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                if (from[i].n)
                        memcpy(p, from[i].p, from[i].n);
                p[from[i].n] = '\0';
                *strings[i] = (struct ww_str){ p, from[i].n };
                p += from[i].n + 1;
        }
        return block;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

int alarm_set_texts(struct alarm *alarm, const struct ww_alarm *f) {
        struct ww_alarm *to = &alarm->now;
        const struct ww_str from[] = { f->title, f->procedure, f->legal_basis, f->site, f->zone, f->asset, f->device };
        struct ww_str *const strings[] = { &to->title, &to->procedure, &to->legal_basis, &to->site,
                                           &to->zone,  &to->asset,     &to->device };
        char *block = strings_copy(strings, from, COUNT(from));

        if (!block)
                return -ENOMEM;
        free(alarm->texts);
        alarm->texts = block;
        return 0;
}

int alarm_set_marks(struct alarm *alarm, struct ww_str acknowledged_by, struct ww_str suppressed_by,
                    struct ww_str work_order) {
        struct ww_alarm *to = &alarm->now;
        const struct ww_str from[] = { acknowledged_by, suppressed_by, work_order };
        struct ww_str *const strings[] = { &to->acknowledged_by, &to->suppressed_by, &to->work_order };
        char *block = strings_copy(strings, from, COUNT(from));

        if (!block)
                return -ENOMEM;
        free(alarm->marks);
        alarm->marks = block;
        return 0;
}

/* The ward or area that it is in, where the site has one; a zone that the site does not know is one by itself. */
static struct ww_str group_zone(const struct alarms *a, const struct ww_alarm *alarm) {
        const struct site *site = a->mutes.site;
        uint32_t zone = site ? site_zone_find(site, alarm->zone) : SITE_NONE;

        return zone == SITE_NONE ? alarm->zone : site_zone(site, site_zone_first_out(site, zone))->id;
}

static size_t group_key(const struct alarms *a, const struct ww_alarm *alarm, char key[static GROUP_KEY_MAX]) {
        struct ww_str zone = group_zone(a, alarm);
        size_t n = zone.n < GROUP_KEY_MAX - 2 ? zone.n : GROUP_KEY_MAX - 2;

        key[0] = (char)alarm->hazard;
        key[1] = (char)alarm->exercise;
        if (n)
                memcpy(key + 2, zone.p, n);
        return n + 2;
}

static struct alarm_group *group_find(const struct alarms *a, const char *key, size_t n) {
        struct alarm_group *found;

        HASH_FIND(hh, a->groups, key, n, found);
        return found;
}

bool alarm_group_quiet(const struct alarms *a, const struct ww_alarm *alarm) {
        char key[GROUP_KEY_MAX];

        return !group_find(a, key, group_key(a, alarm, key));
}

int alarm_group_count(struct alarms *a, const struct ww_alarm *alarm, int by) {
        char key[GROUP_KEY_MAX];
        size_t n = group_key(a, alarm, key);
        struct alarm_group *g = group_find(a, key, n);

        if (!g && by > 0) {
                g = calloc(1, sizeof *g + n);
                if (!g)
                        return -ENOMEM;
                memcpy(g->key, key, n);
                g->n_key = n;
                HASH_ADD_KEYPTR(hh, a->groups, g->key, g->n_key, g);
                if (!g->hh.tbl) {
                        free(g);
                        return -ENOMEM;
                }
        }
        if (!g)
                return 0;
        g->active += (size_t)by;
        if (!g->active) {
                HASH_DELETE(hh, a->groups, g);
                free(g);
        }
        return 0;
}

void alarm_groups_free(struct alarms *a) {
        struct alarm_group *g, *next;

        HASH_ITER(hh, a->groups, g, next) {
                HASH_DELETE(hh, a->groups, g);
                free(g);
        }
}

int alarm_groups_renew(struct alarms *a) {
        int r = 0;

        alarm_groups_free(a);
        for (const struct alarm *alarm = a->ids; alarm && !r; alarm = alarm->by_id.next)
                if (alarm->now.regions.active)
                        r = alarm_group_count(a, &alarm->now, 1);
        return r;
}
