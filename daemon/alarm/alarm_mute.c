/*
 * Mutes at work.
 *
 * An alarm that matches a mute is suppressed by design while an episode of the muting rule is in force (alarm_cover.c).
 * Which comes first is chance: a door controller fails, and its doors are missed a moment before it is. So an alarm
 * that something could come to mute is raised pending: suppressed, for `settle`. Then it is muted, or it is announced.
 *
 *     raise ──► pending ──settle over──► announced ──the mute opens──► muted ──it has outlasted its episode──►
 * announced │          └──the mute opens──► muted                           ▲ └──it is open
 * already───────────────────────────────────────────┘
 *
 * Times: what is in force is a question of match times. Decisions that wait are taken when nothing that could change
 * them can come any more: at that match time + the muting rule's `wait`, in journal time. They do not stand still while
 * the intake is blind: then an alarm is announced that might have been muted, never the other way round.
 *
 * Nothing here looks at what operators do to the muting alarm; the machine does to the muted one what the table of its
 * states says, and announces what is still true when nothing suppresses it any more.
 */
#include "alarm/alarms.h"
#include "base/span.h"

static int64_t after(int64_t time, int64_t span) {
        int64_t at;

        return __builtin_add_overflow(time, span, &at) ? WW_TIME_NEVER : at;
}

static void name_episode(struct buf *out, const struct alarm_episode *e) {
        buf_printf(out, "%.*s", WW_STR_ARG(e->rule));
        if (e->key_text.n) {
                buf_puts(out, " ");
                buf_put(out, e->key_text.p, e->key_text.n);
        }
}

static void name_awaited(struct buf *out, const struct ww_mute *row) {
        buf_printf(out, "%.*s (pending)", WW_STR_ARG(row->rule));
}

/* When is it settled what becomes of an alarm that was raised then? WW_TIME_NONE: it is already. */
static int64_t settles_at(const struct ww_mute *awaited, int64_t raised_at, int64_t now) {
        int64_t at = awaited ? after(after(raised_at, awaited->settle), awaited->wait) : now;

        return at > now ? at : WW_TIME_NONE;
}

/* --- changes of a muted alarm --- */

/* `text` is what suppresses it from now on. No record if that is what suppressed it before. */
static int put_suppressed(struct alarms *a, struct alarm *alarm, const struct buf *text, const struct buf *context,
                          struct ww_str actor, int64_t now) {
        const struct ww_str by = buf_str(text);
        struct machine_input in = { .cause = WW_CAUSE_SUPPRESS, .now = now, .time = now };
        const struct alarm_change change = { .actor = actor, .context = buf_str(context), .suppressed_by = &by };
        int r;

        if (text->error || context->error)
                return -ENOMEM;
        in.other = alarm->now.regions.suppressed;
        if (in.other && ww_str_equal(by, alarm->now.suppressed_by)) {
                alarm_deadline_update(a, alarm);
                return 0;
        }
        r = alarm_change(a, alarm, &in, &change);
        return r > 0 ? -EPROTO : r; /* no mute matches a protected class: a bug */
}

static int suppress(struct alarms *a, struct alarm *alarm, const struct alarm_episode *by, struct ww_str actor,
                    int64_t now) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        _cleanup_buf_ struct buf context = BUF_INIT;
        char opened[32];

        instant_format(by->opened, opened);
        name_episode(&text, by);
        buf_printf(&context, "muted by alarm %llu, since %s", (unsigned long long)by->alarm, opened);
        alarm->by = by;
        a->muted++;
        return put_suppressed(a, alarm, &text, &context, actor, now);
}

static int suppress_pending(struct alarms *a, struct alarm *alarm, const struct ww_mute *awaited, struct ww_str actor,
                            int64_t now) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        _cleanup_buf_ struct buf context = BUF_INIT;

        name_awaited(&text, awaited);
        return put_suppressed(a, alarm, &text, &context, actor, now);
}

static int unsuppress(struct alarms *a, struct alarm *alarm, struct ww_str actor, int64_t now) {
        _cleanup_buf_ struct buf context = BUF_INIT;
        const struct machine_input in = { .cause = WW_CAUSE_UNSUPPRESS, .now = now, .time = now };
        struct alarm_change change = { .actor = actor };
        int r;

        buf_puts(&context, "was suppressed by ");
        buf_put(&context, alarm->now.suppressed_by.p, alarm->now.suppressed_by.n);
        change.context = buf_str(&context);
        alarm->by = NULL;
        alarm->settles = WW_TIME_NONE;
        r = context.error ? context.error : alarm_change(a, alarm, &in, &change);
        return r > 0 ? -EPROTO : r; /* who is suppressed can be unsuppressed: a bug */
}

/* What holds for an alarm after an episode came or went: told if it differs from what held. */
static int review(struct alarms *a, struct alarm *alarm, struct ww_str actor, int64_t now) {
        struct alarm_cover cover = alarm_cover(&a->mutes, alarm, alarm->now.raised_at);
        const struct ww_mute *awaited;

        if (alarm->by && !alarm->by->row)
                alarm->by = NULL; /* it is gone */
        if (cover.by)
                return alarm->by ? 0 : suppress(a, alarm, cover.by, actor, now);
        alarm->by = NULL;
        if (!alarm->now.regions.suppressed)
                return 0;
        awaited = alarm->settles == WW_TIME_NONE ? NULL : alarm_cover_awaited(&a->mutes, alarm);
        return awaited ? suppress_pending(a, alarm, awaited, actor, now) : unsuppress(a, alarm, actor, now);
}

/* Everyone that the row can mute, above whom an episode has come or gone. */
static int review_reach(struct alarms *a, const struct ww_mute *row, const struct alarm_episode *e, struct ww_str actor,
                        int64_t now) {
        _cleanup_free_ uint64_t *ids = NULL;
        size_t n = 0;
        int r = alarm_place_reach(a, row->under, e->asset, &ids, &n);

        for (size_t i = 0; i < n && !r; i++) {
                struct alarm *alarm = alarm_by_id(a, ids[i]);

                if (alarm->now.exercise == e->exercise && alarm_mute_matches(row, &alarm->now))
                        r = review(a, alarm, actor, now);
        }
        return r;
}

/* --- the muting alarm: its episodes --- */

static struct ww_str actor_of(struct buf *out, struct ww_str rule) {
        buf_printf(out, "rule:%.*s", WW_STR_ARG(rule));
        return buf_str(out);
}

/* The same key can come again with another asset: what it muted there is reviewed as if it had ended. */
static int move(struct alarms *a, struct alarm_episode **e, const struct alarm *alarm, struct ww_str actor,
                int64_t now) {
        _cleanup_(alarm_episode_freep) struct alarm_episode *old = *e;
        const struct ww_mute *row = old->row;
        int r;

        alarm_episode_unlink(a, old);
        r = alarm_episode_new(a, row, alarm, e);
        return r ? r : review_reach(a, row, old, actor, now);
}

static int open_episode(struct alarms *a, const struct ww_mute *row, struct alarm *alarm, int64_t now) {
        struct alarm_episode *e = alarm_episode_find(a, alarm);
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct ww_str actor = actor_of(&text, row->rule);
        int r = text.error;

        if (!r && !e)
                r = alarm_episode_new(a, row, alarm, &e);
        else if (!r && !ww_str_equal(e->asset_id, alarm->now.asset))
                r = move(a, &e, alarm, actor, now);
        if (r)
                return r;
        alarm_timer_set(a, &e->timer, WW_TIME_NEVER);
        e->alarm = e->timer.id = alarm->now.id;
        e->opened = alarm->now.raised_at;
        e->end = WW_TIME_NEVER;
        return review_reach(a, row, e, actor, now);
}

static void close_episode(struct alarms *a, struct alarm_episode *e, int64_t time, int64_t now) {
        int64_t over;

        e->end = after(time, e->row->settle);
        over = after(e->end, e->row->wait);
        alarm_timer_set(a, &e->timer, over > now ? over : now);
}

int alarm_mute_turned(struct alarms *a, struct alarm *alarm, int64_t time, int64_t now) {
        const struct ww_mute *row = alarm_mute_row(&a->mutes, alarm->now.rule);
        struct alarm_episode *e;

        if (!row)
                return 0;
        if (alarm->now.regions.active)
                return open_episode(a, row, alarm, now);
        e = alarm_episode_find(a, alarm);
        if (e)
                close_episode(a, e, time, now);
        return 0;
}

int alarm_episode_over(struct alarms *a, struct alarm_episode *e, int64_t now) {
        _cleanup_(alarm_episode_freep) struct alarm_episode *gone = e;
        const struct ww_mute *row = e->row;

        alarm_episode_unlink(a, e);
        return review_reach(a, row, gone, WW_STR("timer"), now);
}

/* --- the muted alarm --- */

int alarm_mute_hold(struct alarms *a, const struct alarm *alarm, int64_t time, int64_t now, struct alarm_hold *ret) {
        struct alarm_hold hold = { .settles = WW_TIME_NONE, .text = BUF_INIT };
        const struct ww_mute *awaited;

        if (a->mutes.n && !ww_class_protected(alarm->now.klass)) {
                hold.by = alarm_cover(&a->mutes, alarm, time).by;
                awaited = alarm_cover_awaited(&a->mutes, alarm);
                hold.settles = settles_at(awaited, time, now);
                if (hold.by)
                        name_episode(&hold.text, hold.by);
                else if (hold.settles != WW_TIME_NONE)
                        name_awaited(&hold.text, awaited);
        }
        *ret = hold;
        return hold.text.error;
}

int alarm_mute_raised(struct alarms *a, struct alarm *alarm, const struct alarm_hold *hold, int64_t now) {
        alarm->by = hold->by;
        alarm->settles = hold->settles;
        a->muted += hold->by != NULL;
        alarm_deadline_update(a, alarm);
        if (hold->by || hold->settles != WW_TIME_NONE || !alarm->now.regions.suppressed)
                return 0;
        return unsuppress(a, alarm, WW_STR("timer"), now); /* what it was suppressed by ended before this raise */
}

int alarm_mute_settled(struct alarms *a, struct alarm *alarm, int64_t now) {
        alarm->settles = WW_TIME_NONE;
        alarm_deadline_update(a, alarm);
        return alarm->by ? 0 : unsuppress(a, alarm, WW_STR("timer"), now);
}

/* --- other rules --- */

static void leave_places(struct alarms *a) {
        for (struct alarm *alarm = a->ids; alarm; alarm = alarm->by_id.next)
                alarm_place_unlink(alarm);
        for (struct alarm_episode *e = a->mutes.episodes; e; e = e->hh.next)
                alarm_place_unlink_episode(e);
}

/* An episode goes on under its rule's new row. Those of rules that mute no longer are returned, for alarms name them.
 */
static struct alarm_episode *renew_episodes(struct alarms *a) {
        struct alarm_episode *e, *next, *gone = NULL;

        HASH_ITER(hh, a->mutes.episodes, e, next) {
                const struct ww_mute *row = alarm_mute_row(&a->mutes, e->rule);

                if (row) {
                        e->row = row;
                        alarm_place_link_episode(&a->mutes, e);
                } else {
                        alarm_episode_unlink(a, e);
                        e->place_next = gone;
                        gone = e;
                }
        }
        return gone;
}

/* A rule that has come to mute does so with the alarms that are active already. */
static int adopt_episodes(struct alarms *a) {
        int r = 0;

        for (struct alarm *alarm = a->ids; alarm && !r; alarm = alarm->by_id.next) {
                const struct ww_mute *row = alarm->now.regions.active ? alarm_mute_row(&a->mutes, alarm->now.rule)
                                                                      : NULL;
                struct alarm_episode *e;

                if (row && !alarm_episode_find(a, alarm))
                        r = alarm_episode_new(a, row, alarm, &e);
        }
        return r;
}

static int review_everyone(struct alarms *a, int64_t now) {
        struct alarm *alarm, *next;
        int r = 0;

        HASH_ITER(by_id, a->ids, alarm, next) {
                if (alarm->settles != WW_TIME_NONE)
                        alarm->settles = settles_at(alarm_cover_awaited(&a->mutes, alarm), alarm->now.raised_at, now);
                alarm_deadline_update(a, alarm);
                if (alarm->by && alarm->by->row && !alarm_cover_has(&a->mutes, alarm, alarm->by))
                        alarm->by = NULL; /* it is in force, but not for this alarm any more */
                r = review(a, alarm, WW_STR("reload"), now);
                if (r)
                        return r;
        }
        return 0;
}

int alarms_set_mutes(struct alarms *a, const struct ww_mute *mutes, size_t n, const struct site *site, int64_t now) {
        struct alarm_episode *gone, *next;
        int r;

        leave_places(a);
        alarm_places_free(&a->mutes);
        a->mutes.rows = mutes;
        a->mutes.n = n;
        a->limits = site_alarms(site);
        r = alarm_places_new(&a->mutes, site);
        if (r)
                return r;
        for (struct alarm *alarm = a->ids; alarm; alarm = alarm->by_id.next)
                alarm_place_link(&a->mutes, alarm);
        gone = renew_episodes(a);
        r = alarm_groups_renew(a);
        if (!r)
                r = adopt_episodes(a);
        if (!r)
                r = review_everyone(a, now);
        if (!r)
                r = alarm_source_renew(a, now);
        for (; gone; gone = next) {
                next = gone->place_next;
                alarm_episode_free(gone);
        }
        return r;
}
