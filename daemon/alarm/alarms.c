/*
 * The alarms of one engine: detections and timers become events of the state machine, changes become transitions.
 *
 * An alarm lives from the first raise until it is NORM; the next raise of the same (rule, key) is another alarm with
 * another id. Deadlines (an acknowledgement that expires, timed shelving, the end of out of service) are absolute
 * journal times, so a restart changes none of them, and overdue ones fire at once.
 */
#include "alarm/alarms_internal.h"

static bool is_gone(const struct ww_alarm *alarm) {
        return ww_alarm_state(&alarm->regions) == WW_ALARM_NORM;
}

int alarms_new(struct alarms **ret, alarm_sink sink, void *userdata) {
        struct alarms *a = calloc(1, sizeof *a);

        if (!a)
                return -ENOMEM;
        a->sink = sink;
        a->userdata = userdata;
        a->deadline = WW_TIME_NEVER;
        *ret = a;
        return 0;
}

void alarms_forget_gone(struct alarms *a) {
        a->gone_entry = alarm_entry_free(a->gone_entry);
}

struct alarms *alarms_free(struct alarms *a) {
        struct alarm_entry *entry, *next;
        struct alarm_group *group, *next_group;

        if (!a)
                return NULL;
        HASH_ITER(by_id, a->by_id, entry, next) {
                alarm_table_remove(a, entry);
                alarm_entry_free(entry);
        }
        HASH_ITER(hh, a->groups, group, next_group) {
                HASH_DEL(a->groups, group);
                free(group);
        }
        alarms_forget_gone(a);
        free(a);
        return NULL;
}

void alarms_set_limits(struct alarms *a, const struct alarm_limits *limits) {
        a->limits = *limits;
        a->deadline_dirty = true;
}

/* --- the one way to change an alarm --- */

static int alarms_tell(struct alarms *a, const struct alarm_entry *entry, const struct alarm_change *change,
                       const struct ww_alarm *old, bool annunciate) {
        struct ww_transition transition = {
                .cause = change->event.cause,
                .old_regions = old->regions,
                .old_priority = old->priority,
                .annunciate = annunciate,
                .actor = change->actor,
                .reason = change->reason,
                .time = change->event.time,
                .alarm = entry->alarm,
                .evidence = change->evidence,
                .n_evidence = change->n_evidence,
        };

        a->transitions++;
        return a->sink(a->userdata, &transition);
}

int alarms_change(struct alarms *a, struct alarm_entry *entry, const struct alarm_change *change) {
        struct ww_alarm old = entry->alarm;
        bool annunciate;
        int r;

        alarms_forget_gone(a);
        r = machine_apply(&entry->alarm, &change->event, &annunciate);
        if (r)
                return r;
        alarm_group_count(entry);
        a->deadline_dirty = true;
        if (is_gone(&entry->alarm)) {
                alarm_table_remove(a, entry);
                a->gone_entry = entry;
        }
        return alarms_tell(a, entry, change, &old, annunciate);
}

/* --- detections --- */

static const enum ww_cause detection_causes[] = {
        [WW_DETECTION_RAISE] = WW_CAUSE_RAISE,
        [WW_DETECTION_AGAIN] = WW_CAUSE_AGAIN,
        [WW_DETECTION_CLEAR] = WW_CAUSE_CLEAR,
        [WW_DETECTION_REGRADE] = WW_CAUSE_REGRADE,
        [WW_DETECTION_REMOVED] = WW_CAUSE_CONFIG_REMOVED,
        [WW_DETECTION_REFUTED] = WW_CAUSE_REFUTED,
};

static enum ww_cause detection_cause(const struct ww_detection *d, const struct ww_alarm *alarm) {
        if (d->what == WW_DETECTION_AGAIN && !alarm->regions.active)
                return WW_CAUSE_RAISE; /* a latched level that rises again within its episode */
        return detection_causes[d->what];
}

int alarms_detection(struct alarms *a, const struct ww_detection *d, int64_t now) {
        struct alarm_entry *entry = alarm_table_by_key(a, d->rule, d->key, d->flags & WW_DETECTION_EXERCISE);
        bool opens = d->what == WW_DETECTION_RAISE || d->what == WW_DETECTION_AGAIN;
        struct alarm_change change = {
                .event = {
                        .priority = d->priority,
                        .instant = d->flags & WW_DETECTION_INSTANT,
                        .manual = d->flags & WW_DETECTION_MANUAL,
                        .time = d->time,
                        .now = now,
                },
                .evidence = d->evidence,
                .n_evidence = d->n_evidence,
        };
        struct buf actor = BUF_INIT;
        int r = 0;

        if (!entry && !opens)
                return 0; /* what is NORM already has nothing to clear */
        if (!entry)
                entry = alarm_table_add(a, d, 0);
        else if (opens)
                r = alarm_entry_describe(entry, d);
        if (!entry || r)
                return -ENOMEM;
        buf_printf(&actor, "rule:%.*s", WW_STR_ARG(d->rule));
        change.actor = buf_str(&actor);
        change.event.cause = detection_cause(d, &entry->alarm);
        change.event.group_active = alarm_group_active(entry);
        r = actor.error ? actor.error : alarms_change(a, entry, &change);
        buf_deinit(&actor);
        return r > 0 ? 0 : r; /* what the state does not allow leaves no trace: a clear of what is clear */
}

/* --- timers --- */

struct alarm_timer {
        int64_t at;
        enum ww_cause cause;
};

static void timer_earlier(struct alarm_timer *timer, int64_t at, enum ww_cause cause) {
        if (at != WW_TIME_NONE && at < timer->at)
                *timer = (struct alarm_timer){ at, cause };
}

static struct alarm_timer alarm_timer(const struct alarms *a, const struct ww_alarm *alarm) {
        struct alarm_timer timer = { WW_TIME_NEVER, 0 };
        int64_t expiry = a->limits.ack_expiry[alarm->priority];

        if (alarm->regions.shelved != WW_SHELVED_NO)
                timer_earlier(&timer, alarm->shelved_until, WW_CAUSE_SHELVING_ENDED);
        if (alarm->regions.out_of_service)
                timer_earlier(&timer, alarm->out_of_service_until, WW_CAUSE_RETURN_TO_SERVICE);
        if (expiry && ww_alarm_state(&alarm->regions) == WW_ALARM_ACKED && alarm->acknowledged_at != WW_TIME_NONE)
                timer_earlier(&timer, alarm->acknowledged_at + expiry, WW_CAUSE_ACK_EXPIRED);
        return timer;
}

/* The alarm whose timer is the earliest, the lower id first; NULL if none runs. */
static struct alarm_entry *alarms_next_timer(const struct alarms *a, struct alarm_timer *ret) {
        struct alarm_entry *first = NULL;

        ret->at = WW_TIME_NEVER;
        for (struct alarm_entry *entry = a->by_id; entry; entry = entry->by_id.next) {
                struct alarm_timer timer = alarm_timer(a, &entry->alarm);

                if (timer.at < ret->at) {
                        *ret = timer;
                        first = entry;
                }
        }
        return first;
}

int64_t alarms_deadline(const struct alarms *a) {
        struct alarms *cache = (struct alarms *)a; /* the cached minimum is no part of the state */
        struct alarm_timer timer;

        if (a->deadline_dirty) {
                (void)alarms_next_timer(a, &timer);
                cache->deadline = timer.at;
                cache->deadline_dirty = false;
        }
        return a->deadline;
}

int alarms_time(struct alarms *a, int64_t now) {
        while (alarms_deadline(a) <= now) {
                struct alarm_timer timer;
                struct alarm_entry *entry = alarms_next_timer(a, &timer);
                struct alarm_change change = {
                        .event = { .cause = timer.cause, .time = timer.at, .now = now },
                        .actor = WW_STR("timer"),
                };
                int r = alarms_change(a, entry, &change);

                if (r)
                        return r < 0 ? r : -EPROTO; /* a timer that the machine refuses would fire for ever */
        }
        return 0;
}

/* --- looking --- */

const struct ww_alarm *alarms_find(const struct alarms *a, uint64_t id) {
        const struct alarm_entry *entry = alarm_table_by_id(a, id);

        return entry ? &entry->alarm : NULL;
}

int alarms_each(const struct alarms *a, int (*visit)(void *userdata, const struct ww_alarm *alarm), void *userdata) {
        int r = 0;

        for (const struct alarm_entry *entry = a->by_id; entry && !r; entry = entry->by_id.next)
                r = visit(userdata, &entry->alarm);
        return r;
}

void alarms_figures(const struct alarms *a, struct alarms_figures *ret) {
        *ret = (struct alarms_figures){ .alarms = HASH_CNT(by_id, a->by_id), .transitions = a->transitions };
        for (const struct alarm_entry *entry = a->by_id; entry; entry = entry->by_id.next) {
                const struct ww_alarm_regions *regions = &entry->alarm.regions;

                ret->unacknowledged += !regions->acknowledged;
                ret->active += regions->active;
                ret->shelved += regions->shelved != WW_SHELVED_NO;
                ret->suppressed += regions->suppressed;
                ret->out_of_service += regions->out_of_service;
        }
}
