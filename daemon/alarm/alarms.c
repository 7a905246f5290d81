#include "alarm/alarms.h"

#include <stdio.h>

#define ACTOR_MAX 256

int alarms_new(struct alarms **ret, alarm_sink sink, void *userdata) {
        struct alarms *a = calloc(1, sizeof *a);

        if (!a)
                return -ENOMEM;
        a->sink = sink;
        a->userdata = userdata;
        a->next_id = 1;
        a->limits = site_alarms(NULL);
        *ret = a;
        return 0;
}

struct alarms *alarms_free(struct alarms *a) {
        struct alarm *alarm, *next;
        struct alarm_episode *e, *e_next;

        if (!a)
                return NULL;
        alarm_free(a->gone);
        HASH_ITER(hh, a->mutes.episodes, e, e_next) {
                HASH_DELETE(hh, a->mutes.episodes, e);
                alarm_episode_free(e);
        }
        alarm_places_free(&a->mutes);
        HASH_CLEAR(by_key, a->keys);
        HASH_ITER(by_id, a->ids, alarm, next) {
                HASH_DELETE(by_id, a->ids, alarm);
                alarm_source_unlink(a, alarm);
                alarm_free(alarm);
        }
        alarm_source_free(a);
        alarm_groups_free(a);
        free(a->heap);
        free(a);
        return NULL;
}

/* Who acknowledged, what suppresses, which work order: as the regions now are. */
static int update_marks(struct alarm *alarm, const struct ww_alarm *old, const struct alarm_change *c) {
        struct ww_str by = alarm->now.acknowledged_by, suppressed = alarm->now.suppressed_by;
        struct ww_str order = alarm->now.work_order;

        if (alarm->now.regions.acknowledged && !old->regions.acknowledged)
                by = c->actor;
        if (!alarm->now.regions.suppressed)
                suppressed = WW_STR_NONE;
        else if (c->suppressed_by)
                suppressed = *c->suppressed_by;
        if (alarm->now.regions.out_of_service != old->regions.out_of_service)
                order = c->work_order;
        if (ww_str_equal(by, alarm->now.acknowledged_by) && ww_str_equal(suppressed, alarm->now.suppressed_by) &&
            ww_str_equal(order, alarm->now.work_order))
                return 0;
        return alarm_set_marks(alarm, by, suppressed, order);
}

static int emit(struct alarms *a, const struct alarm *alarm, const struct ww_alarm *old, const struct machine_input *in,
                const struct alarm_change *c, bool annunciate) {
        struct ww_transition t = {
                .cause = in->cause,
                .old_regions = old->regions,
                .old_priority = old->version ? old->priority : alarm->now.priority,
                .annunciate = annunciate,
                .actor = c->actor,
                .reason = c->reason,
                .context = c->context,
                .time = in->time,
                .alarm = alarm->now,
                .evidence = c->evidence,
                .n_evidence = c->n_evidence,
        };

        a->transitions++;
        return a->sink(a->userdata, &t);
}

/* A NORM alarm is forgotten; its id is not used again. The caller may still look at it until the next call. */
static void forget(struct alarms *a, struct alarm *alarm) {
        alarm_unlink(a, alarm);
        alarm_free(a->gone);
        a->gone = alarm;
}

int alarm_change(struct alarms *a, struct alarm *alarm, const struct machine_input *in, const struct alarm_change *c) {
        struct ww_alarm old = alarm->now;
        bool annunciate = false;
        int r = machine_apply(&alarm->now, in, &annunciate);

        if (r)
                return r;
        if (old.regions.active != alarm->now.regions.active)
                r = alarm_group_count(a, &alarm->now, alarm->now.regions.active ? 1 : -1);
        if (!r)
                r = update_marks(alarm, &old, c);
        alarm_regrade_note(alarm, &old, in->now);
        alarm_deadline_update(a, alarm);
        if (!r)
                r = emit(a, alarm, &old, in, c, annunciate);
        if (!r && old.regions.active != alarm->now.regions.active)
                r = alarm_mute_turned(a, alarm, in->time, in->now);
        if (!r && old.regions.active != alarm->now.regions.active)
                r = alarm_source_turned(a, alarm, in->now);
        if (ww_alarm_state(&alarm->now.regions) == WW_ALARM_NORM)
                forget(a, alarm);
        return r;
}

static enum ww_cause detection_cause(enum ww_detection_what what) {
        static const uint8_t causes[] = {
                [WW_DETECTION_RAISE] = WW_CAUSE_RAISE,
                [WW_DETECTION_AGAIN] = WW_CAUSE_AGAIN,
                [WW_DETECTION_CLEAR] = WW_CAUSE_CLEAR,
                [WW_DETECTION_REGRADE] = WW_CAUSE_REGRADE,
                [WW_DETECTION_REMOVED] = WW_CAUSE_CONFIG_REMOVED,
                [WW_DETECTION_REFUTED] = WW_CAUSE_REFUTED,
        };

        return (enum ww_cause)causes[what];
}

/* What a raise says about its alarm; a further match of an active alarm adds evidence and leaves this alone. */
static int describe(struct alarms *a, struct alarm *alarm, const struct ww_detection *d) {
        const struct ww_alarm from = {
                .title = d->title,
                .procedure = d->procedure,
                .legal_basis = d->legal_basis,
                .site = d->site,
                .zone = d->zone,
                .asset = d->asset,
                .device = d->device,
        };
        int r = alarm_set_texts(alarm, &from);

        if (r)
                return r;
        alarm_place_link(&a->mutes, alarm);
        r = alarm_source_link(a, alarm);
        if (r)
                return r;
        alarm->silent = d->flags & WW_DETECTION_SILENT;
        alarm->link = d->flags & WW_DETECTION_LINK;
        alarm->now.rule_hash = d->rule_hash;
        alarm->now.hazard = d->hazard;
        alarm->now.klass = d->klass;
        alarm->now.covert = d->flags & WW_DETECTION_COVERT;
        alarm->now.partial = d->flags & WW_DETECTION_PARTIAL;
        return 0;
}

static int begin(struct alarms *a, const struct ww_detection *d, struct alarm **ret) {
        _cleanup_(alarm_freep) struct alarm *alarm = alarm_new(d->rule, d->key, d->flags & WW_DETECTION_EXERCISE);
        int r;

        if (!alarm)
                return -ENOMEM;
        alarm->now.id = a->next_id;
        alarm->now.hazard = d->hazard;
        r = alarm_link(a, alarm);
        if (r)
                return r;
        a->next_id++;
        *ret = alarm;
        alarm = NULL;
        return 0;
}

/* The raise of an alarm that may have to be held back. */
static int apply_raise(struct alarms *a, struct alarm *alarm, const struct machine_input *in,
                       const struct alarm_change *c) {
        struct machine_input held = *in;
        struct alarm_change change = *c;
        struct alarm_hold hold;
        struct ww_str by;
        int r = alarm_mute_hold(a, alarm, in->time, in->now, &hold);

        by = buf_str(&hold.text);
        held.suppress = by.n > 0;
        change.suppressed_by = held.suppress ? &by : NULL;
        if (!r)
                r = alarm_change(a, alarm, &held, &change);
        if (!r)
                r = alarm_mute_raised(a, alarm, &hold, in->now);
        buf_deinit(&hold.text);
        return r;
}

static int apply_detection(struct alarms *a, struct alarm *alarm, const struct ww_detection *d, int64_t now) {
        struct machine_input in = {
                .cause = detection_cause(d->what),
                .now = now,
                .time = d->time,
                .priority = d->priority > alarm->regrade.floor ? d->priority : alarm->regrade.floor,
                .instant = d->flags & WW_DETECTION_INSTANT,
                .manual = d->flags & WW_DETECTION_MANUAL,
                .evidence = d->n_evidence > 0,
        };
        struct alarm_change c = { .context = d->context, .evidence = d->evidence, .n_evidence = d->n_evidence };
        bool raises = machine_raises(&alarm->now, &in);
        char actor[ACTOR_MAX];
        int n = snprintf(actor, sizeof actor, "rule:%.*s", WW_STR_ARG(d->rule)), r = 0;

        c.actor = (struct ww_str){ actor, n < ACTOR_MAX ? (size_t)n : ACTOR_MAX - 1 };
        alarm_regrade_rows(alarm, d);
        if (raises && !alarm->now.regions.active) {
                r = describe(a, alarm, d);
                in.first_out = alarm_group_quiet(a, &alarm->now);
                in.stale = alarm_source_stale(a, alarm);
        }
        if (!r)
                r = raises ? apply_raise(a, alarm, &in, &c) : alarm_change(a, alarm, &in, &c);
        if (r > 0) /* it says nothing new, but its rows may be new */
                alarm_deadline_update(a, alarm);
        return r > 0 ? 0 : r;
}

static void bury(struct alarms *a) {
        a->gone = alarm_free(a->gone);
}

int alarms_detection(struct alarms *a, const struct ww_detection *d, int64_t now) {
        struct alarm *alarm = alarm_find(a, d->rule, d->key, d->flags & WW_DETECTION_EXERCISE);
        int r;

        bury(a);
        if (!alarm && d->what != WW_DETECTION_RAISE && d->what != WW_DETECTION_AGAIN)
                return 0; /* nothing is open that this could be about */
        if (!alarm) {
                r = begin(a, d, &alarm);
                if (r)
                        return r;
        }
        return apply_detection(a, alarm, d, now);
}

const struct ww_alarm *alarms_find(const struct alarms *a, uint64_t id) {
        struct alarm *alarm = alarm_by_id(a, id);

        return alarm ? &alarm->now : NULL;
}

int alarms_act(struct alarms *a, const struct alarm_act *act, int64_t now, const struct ww_alarm **ret_alarm) {
        struct alarm *alarm = alarm_by_id(a, act->alarm);
        struct alarm_change c = { .actor = act->actor, .reason = act->reason, .work_order = act->work_order };
        _cleanup_buf_ struct buf context = BUF_INIT;
        struct machine_input in;
        int r;

        bury(a);
        if (ret_alarm)
                *ret_alarm = alarm ? &alarm->now : NULL;
        if (!alarm)
                return ALARM_E_UNKNOWN;
        r = alarm_act_check(a, &alarm->now, act, now, &in);
        if (r)
                return r;
        if (alarm_act_breaks_glass(a, &alarm->now, act))
                buf_printf(&context, "without a second person: glass broken");
        else if (act->verb == WW_CAUSE_OUT_OF_SERVICE && act->second_person.n)
                buf_printf(&context, "second person: %.*s", WW_STR_ARG(act->second_person));
        c.context = buf_str(&context);
        return context.error ? context.error : alarm_change(a, alarm, &in, &c);
}

int alarms_unaccept(struct alarms *a, int64_t now) {
        const struct machine_input in = { .cause = WW_CAUSE_SHIFT_ENDED, .now = now, .time = now };
        const struct alarm_change c = { .actor = WW_STR("timer"),
                                        .context = WW_STR("nobody has accepted what was open") };
        int r = 0;

        bury(a);
        for (struct alarm *alarm = a->ids; alarm && !r; alarm = alarm->by_id.next)
                if (ww_alarm_state(&alarm->now.regions) == WW_ALARM_ACKED)
                        r = alarm_change(a, alarm, &in, &c);
        return r > 0 ? -EPROTO : r; /* whoever is ACKED can be unacknowledged: a bug */
}

static int fire_alarm(struct alarms *a, struct alarm *alarm, int64_t now) {
        struct machine_input in = {
                .cause = alarm_deadline_cause(a, alarm),
                .now = now,
                .time = alarm->timer.deadline,
        };
        const struct alarm_change c = { .actor = WW_STR("timer") };
        int r;

        if (in.cause == WW_CAUSE_UNSUPPRESS)
                return alarm_mute_settled(a, alarm, now);
        if (in.cause == WW_CAUSE_REGRADE)
                return alarm_regrade_due(a, alarm, now);
        r = alarm_change(a, alarm, &in, &c);
        return r > 0 ? -EPROTO : r; /* a deadline of a state that it is not in: a bug */
}

static int fire(struct alarms *a, struct alarm_timer *timer, int64_t now) {
        char *at = (char *)timer;

        if (timer->episode)
                return alarm_episode_over(a, (struct alarm_episode *)(at - offsetof(struct alarm_episode, timer)), now);
        return fire_alarm(a, (struct alarm *)(at - offsetof(struct alarm, timer)), now);
}

int alarms_time(struct alarms *a, int64_t now) {
        int r = 0;

        bury(a);
        while (!r && a->n_heap && a->heap[0]->deadline <= now)
                r = fire(a, a->heap[0], now);
        return r;
}

int64_t alarms_deadline(const struct alarms *a) {
        return a->n_heap ? a->heap[0]->deadline : WW_TIME_NEVER;
}

/* The table keeps the order of insertion, and ids only grow. */
int alarms_each(const struct alarms *a, int (*visit)(void *userdata, const struct ww_alarm *alarm), void *userdata) {
        int r = 0;

        for (struct alarm *alarm = a->ids; alarm && !r; alarm = alarm->by_id.next)
                r = visit(userdata, &alarm->now);
        return r;
}

void alarms_figures(const struct alarms *a, struct alarms_figures *ret) {
        struct alarms_figures f = {
                .transitions = a->transitions,
                .muted = a->muted,
                .regraded = a->regraded,
                .muting = HASH_CNT(hh, a->mutes.episodes),
        };

        for (const struct alarm *alarm = a->ids; alarm; alarm = alarm->by_id.next) {
                const struct ww_alarm_regions *r = &alarm->now.regions;

                f.alarms++;
                f.active += r->active;
                f.unacknowledged += !r->acknowledged && !machine_hidden(r);
                f.shelved += r->shelved != WW_SHELVED_NO;
                f.suppressed += r->suppressed;
                f.pending += r->suppressed && !alarm->by;
                f.out_of_service += r->out_of_service;
        }
        *ret = f;
}
