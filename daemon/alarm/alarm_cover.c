/*
 * What mutes an alarm?
 *
 * An episode is in force from its opening until `settle` after its end; alarms raised before its opening are muted as
 * well, from then on. So an alarm raised at t is muted by every episode that is in force and whose end lies behind t.
 *
 * `under` goes up the asset's parents: an asset is down if an episode stands on it, or if all that it depends on is
 * down; an alarm is muted if all parents of its asset are down, by whichever muting rules match it. Until when: the
 * latest of what is enough, the earliest of what is needed. Chains are walked in a loop, and where they fork each asset
 * answers once for a question (`visit`), so that the way up costs no more than the number of assets above.
 */
#include "alarm/alarms.h"

struct question {
        struct alarm_mutes *mutes;
        const struct ww_alarm *alarm;
        const struct ww_mute *slowest; /* of what could come */
};

static const struct alarm_cover no_cover = { NULL, WW_TIME_NONE };

const struct ww_mute *alarm_mute_row(const struct alarm_mutes *m, struct ww_str rule) {
        for (size_t i = 0; i < m->n; i++)
                if (ww_str_equal(m->rows[i].rule, rule))
                        return &m->rows[i];
        return NULL;
}

static bool names(const struct ww_mute *row, struct ww_str rule) {
        for (size_t i = 0; i < row->n_rules; i++)
                if (ww_str_equal(row->rules[i], rule))
                        return true;
        return row->n_rules == 0;
}

bool alarm_mute_matches(const struct ww_mute *row, const struct ww_alarm *alarm) {
        if (ww_class_protected(alarm->klass) || (!row->under && ww_str_equal(row->rule, alarm->rule)))
                return false;
        if (row->hazards && !(row->hazards >> alarm->hazard & 1))
                return false;
        if (row->classes && !(row->classes >> alarm->klass & 1))
                return false;
        return names(row, alarm->rule);
}

static bool counts(const struct alarm_episode *e, const struct ww_alarm *alarm) {
        return e->exercise == alarm->exercise && e->alarm != alarm->id && alarm_mute_matches(e->row, alarm);
}

/* One of the two is enough. At equal ends the older alarm names it: the answer depends on no order of lists. */
static struct alarm_cover later(struct alarm_cover x, struct alarm_cover y) {
        if (!x.by || !y.by)
                return x.by ? x : y;
        if (x.end != y.end)
                return x.end > y.end ? x : y;
        return x.by->alarm <= y.by->alarm ? x : y;
}

/* Both are needed. */
static struct alarm_cover sooner(struct alarm_cover x, struct alarm_cover y) {
        if (!x.by || !y.by)
                return no_cover;
        return x.end <= y.end ? x : y;
}

static struct alarm_cover cover_of(const struct question *q, const struct alarm_episode *list) {
        struct alarm_cover best = no_cover;

        for (const struct alarm_episode *e = list; e; e = e->place_next)
                if (counts(e, q->alarm))
                        best = later(best, (struct alarm_cover){ e, e->end });
        return best;
}

static struct alarm_cover cover_above(const struct question *q, uint32_t asset);

static struct alarm_cover cover_at(const struct question *q, uint32_t asset) {
        struct alarm_place *place = &q->mutes->places[asset];

        if (place->visit == q->mutes->visit)
                return place->cover;
        place->visit = q->mutes->visit;
        place->cover = no_cover;
        place->cover = later(cover_of(q, place->episodes), cover_above(q, asset));
        return place->cover;
}

static struct alarm_cover cover_above(const struct question *q, uint32_t asset) {
        struct alarm_cover best = no_cover, all;
        const uint32_t *parents;
        size_t n;

        while (parents = alarm_place_parents(q->mutes->site, asset, &n), n == 1) {
                asset = parents[0];
                best = later(best, cover_of(q, q->mutes->places[asset].episodes));
        }
        if (n == 0)
                return best;
        all = cover_at(q, parents[0]);
        for (size_t i = 1; i < n; i++)
                all = sooner(all, cover_at(q, parents[i]));
        return later(best, all);
}

struct alarm_cover alarm_cover(struct alarm_mutes *m, const struct alarm *alarm, int64_t raised_at) {
        struct question q = { .mutes = m, .alarm = &alarm->now };
        struct alarm_cover cover;

        if (!m->episodes)
                return no_cover;
        m->visit++;
        cover = cover_of(&q, m->everywhere);
        if (alarm->asset != SITE_NONE)
                cover = later(cover, cover_above(&q, alarm->asset));
        return cover.by && cover.end > raised_at ? cover : no_cover;
}

bool alarm_cover_has(const struct alarm_mutes *m, const struct alarm *alarm, const struct alarm_episode *e) {
        if (!counts(e, &alarm->now))
                return false;
        return !e->row->under || (alarm->asset != SITE_NONE && e->asset != SITE_NONE &&
                                  site_asset_under(m->site, alarm->asset, e->asset));
}

/* --- what could come --- */

static int64_t slowness(const struct ww_mute *row) {
        return row ? row->settle + row->wait : 0;
}

static void await(struct question *q, const struct ww_mute *row) {
        if (row->settle > 0 && slowness(row) > slowness(q->slowest))
                q->slowest = row;
}

static bool opens_for(const struct ww_mute *row, uint32_t asset) {
        size_t from = 0, to = row->n_assets;

        while (from < to) {
                size_t at = from + (to - from) / 2;

                if (row->assets[at] == asset)
                        return true;
                if (row->assets[at] < asset)
                        from = at + 1;
                else
                        to = at;
        }
        return row->any;
}

static bool can_open(struct question *q, uint32_t asset) {
        bool can = false;

        for (size_t i = 0; i < q->mutes->n; i++) {
                const struct ww_mute *row = &q->mutes->rows[i];

                if (!row->under || !alarm_mute_matches(row, q->alarm) || !opens_for(row, asset))
                        continue;
                await(q, row);
                can = true;
        }
        return can;
}

static bool can_above(struct question *q, uint32_t asset);

static bool can_at(struct question *q, uint32_t asset) {
        struct alarm_place *place = &q->mutes->places[asset];
        bool here;

        if (place->visit == q->mutes->visit)
                return place->can;
        place->visit = q->mutes->visit;
        place->can = false;
        here = can_open(q, asset); /* what is above may be slower still */
        place->can = can_above(q, asset) || here;
        return place->can;
}

static bool can_above(struct question *q, uint32_t asset) {
        const uint32_t *parents;
        bool can = false, all;
        size_t n;

        while (parents = alarm_place_parents(q->mutes->site, asset, &n), n == 1) {
                asset = parents[0];
                can = can_open(q, asset) || can;
        }
        all = n > 0;
        for (size_t i = 0; i < n; i++)
                all = can_at(q, parents[i]) && all;
        return can || all;
}

const struct ww_mute *alarm_cover_awaited(struct alarm_mutes *m, const struct alarm *alarm) {
        struct question q = { .mutes = m, .alarm = &alarm->now };

        m->visit++;
        if (alarm->asset == SITE_NONE || !can_above(&q, alarm->asset))
                q.slowest = NULL;
        for (size_t i = 0; i < m->n; i++) {
                const struct ww_mute *row = &m->rows[i];

                if (!row->under && (row->any || row->n_assets) && alarm_mute_matches(row, &alarm->now))
                        await(&q, row);
        }
        return q.slowest;
}
