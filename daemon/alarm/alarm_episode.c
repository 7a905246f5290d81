/* Where the episodes of muting rules are kept: by key, and in the list of their asset. */
#include "alarm/alarms.h"

struct alarm_episode *alarm_episode_free(struct alarm_episode *e) {
        if (!e)
                return NULL;
        free(e->key);
        free(e);
        return NULL;
}

struct alarm_episode *alarm_episode_find(const struct alarms *a, const struct alarm *alarm) {
        struct alarm_episode *found;

        HASH_FIND(hh, a->mutes.episodes, alarm->key, alarm->n_key, found);
        return found;
}

struct alarm_episode *alarm_episode_named(const struct alarms *a, struct ww_str rule, struct ww_str key,
                                          bool exercise) {
        _cleanup_free_ char *place = malloc(alarm_key_size(rule, key));
        struct alarm_episode *found;

        if (!place)
                return NULL;
        alarm_key_write(place, rule, key, exercise);
        HASH_FIND(hh, a->mutes.episodes, place, alarm_key_size(rule, key), found);
        return found;
}

/* The key as alarms have it, and behind it the asset. */
static int name(struct alarm_episode *e, struct ww_str rule, struct ww_str key, struct ww_str asset) {
        e->n_key = alarm_key_size(rule, key);
        e->key = malloc(e->n_key + asset.n);
        if (!e->key)
                return -ENOMEM;
        alarm_key_write(e->key, rule, key, e->exercise);
        if (asset.n)
                memcpy(e->key + e->n_key, asset.p, asset.n);
        e->rule = (struct ww_str){ e->key, rule.n };
        e->key_text = (struct ww_str){ e->key + rule.n + 1, key.n };
        e->asset_id = (struct ww_str){ e->key + e->n_key, asset.n };
        return 0;
}

static int link_episode(struct alarms *a, struct alarm_episode *e) {
        int r = alarm_timer_reserve(a);

        if (r)
                return r;
        HASH_ADD_KEYPTR(hh, a->mutes.episodes, e->key, e->n_key, e);
        if (!e->hh.tbl)
                return -ENOMEM;
        alarm_place_link_episode(&a->mutes, e);
        return 0;
}

int alarm_episode_new(struct alarms *a, const struct ww_mute *row, const struct alarm *alarm,
                      struct alarm_episode **ret) {
        _cleanup_(alarm_episode_freep) struct alarm_episode *e = calloc(1, sizeof *e);
        int r;

        if (!e)
                return -ENOMEM;
        e->row = row;
        e->exercise = alarm->now.exercise;
        e->alarm = alarm->now.id;
        e->opened = alarm->now.raised_at;
        e->end = WW_TIME_NEVER;
        alarm_timer_init(&e->timer, e->alarm, true);
        r = name(e, alarm->now.rule, alarm->now.key, alarm->now.asset);
        if (!r)
                r = link_episode(a, e);
        if (r)
                return r;
        *ret = e;
        e = NULL;
        return 0;
}

int alarm_episode_restore(struct alarms *a, const struct alarm_episode *from) {
        _cleanup_(alarm_episode_freep) struct alarm_episode *e = calloc(1, sizeof *e);
        int64_t over = from->timer.deadline;
        int r;

        if (!e)
                return -ENOMEM;
        *e = *from;
        e->key = NULL;
        alarm_timer_init(&e->timer, e->alarm, true);
        r = name(e, from->rule, from->key_text, from->asset_id);
        if (!r)
                r = link_episode(a, e);
        if (r)
                return r;
        alarm_timer_set(a, &e->timer, over);
        e = NULL;
        return 0;
}

void alarm_episode_unlink(struct alarms *a, struct alarm_episode *e) {
        alarm_timer_set(a, &e->timer, WW_TIME_NEVER);
        alarm_place_unlink_episode(e);
        HASH_DELETE(hh, a->mutes.episodes, e);
        e->row = NULL;
}
