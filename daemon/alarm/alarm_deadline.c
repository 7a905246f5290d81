/*
 * Deadlines: a binary heap by (deadline, id), so that timers fire in one order whatever the order of their making.
 * An alarm's deadline is worked out from its own fields and so needs no saving.
 */
#include "alarm/alarms.h"

static bool before(const struct alarm_timer *a, const struct alarm_timer *b) {
        if (a->deadline != b->deadline)
                return a->deadline < b->deadline;
        return a->id != b->id ? a->id < b->id : a->episode < b->episode;
}

static void put(struct alarms *a, struct alarm_timer *timer, size_t at) {
        a->heap[at] = timer;
        timer->place = at;
}

static void sift(struct alarms *a, struct alarm_timer *timer, size_t at) {
        size_t child;

        for (; at && before(timer, a->heap[(at - 1) / 2]); at = (at - 1) / 2)
                put(a, a->heap[(at - 1) / 2], at);
        while ((child = 2 * at + 1) < a->n_heap) {
                if (child + 1 < a->n_heap && before(a->heap[child + 1], a->heap[child]))
                        child++;
                if (!before(a->heap[child], timer))
                        break;
                put(a, a->heap[child], at);
                at = child;
        }
        put(a, timer, at);
}

static void stop(struct alarms *a, struct alarm_timer *timer) {
        size_t at = timer->place;
        struct alarm_timer *last;

        if (at == ALARM_HEAP_NONE)
                return;
        timer->place = ALARM_HEAP_NONE;
        last = a->heap[--a->n_heap];
        if (last != timer)
                sift(a, last, at);
}

void alarm_timer_init(struct alarm_timer *timer, uint64_t id, bool episode) {
        *timer = (struct alarm_timer){
                .deadline = WW_TIME_NEVER, .id = id, .episode = episode, .place = ALARM_HEAP_NONE
        };
}

int alarm_timer_reserve(struct alarms *a) {
        size_t wanted = HASH_CNT(by_id, a->ids) + HASH_CNT(hh, a->mutes.episodes) + 1;
        size_t capacity = a->heap_capacity ? a->heap_capacity * 2 : 64;
        struct alarm_timer **heap;

        if (wanted <= a->heap_capacity)
                return 0;
        heap = reallocarray(a->heap, capacity, sizeof *heap);
        if (!heap)
                return -ENOMEM;
        a->heap = heap;
        a->heap_capacity = capacity;
        return 0;
}

void alarm_timer_set(struct alarms *a, struct alarm_timer *timer, int64_t deadline) {
        if (deadline == timer->deadline)
                return;
        stop(a, timer);
        timer->deadline = deadline;
        if (deadline != WW_TIME_NEVER)
                sift(a, timer, a->n_heap++);
}

static int64_t expiry(const struct alarms *a, const struct ww_alarm *alarm) {
        int64_t span = a->limits->acknowledge_expires[alarm->priority], at;

        if (span <= 0 || ww_alarm_state(&alarm->regions) != WW_ALARM_ACKED || alarm->acknowledged_at == WW_TIME_NONE ||
            __builtin_add_overflow(alarm->acknowledged_at, span, &at))
                return WW_TIME_NEVER;
        return at;
}

static int64_t earliest(const struct alarms *a, const struct alarm *alarm, enum ww_cause *ret_cause) {
        const struct ww_alarm *now = &alarm->now;
        const struct {
                bool waits;
                int64_t at;
                enum ww_cause cause;
        } rows[] = {
                { true, expiry(a, now), WW_CAUSE_ACK_EXPIRED },
                { now->regions.shelved != WW_SHELVED_NO, now->shelved_until, WW_CAUSE_SHELVING_ENDED },
                { now->regions.out_of_service, now->out_of_service_until, WW_CAUSE_RETURN_TO_SERVICE },
                { alarm->settles != WW_TIME_NONE, alarm->settles, WW_CAUSE_UNSUPPRESS },
                { true, alarm_regrade_deadline(alarm), WW_CAUSE_REGRADE },
        };
        int64_t at = WW_TIME_NEVER;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                if (!rows[i].waits || rows[i].at >= at)
                        continue;
                at = rows[i].at;
                *ret_cause = rows[i].cause;
        }
        return at;
}

enum ww_cause alarm_deadline_cause(const struct alarms *a, const struct alarm *alarm) {
        enum ww_cause cause = WW_CAUSE_ACK_EXPIRED;

        (void)earliest(a, alarm, &cause);
        return cause;
}

void alarm_deadline_update(struct alarms *a, struct alarm *alarm) {
        enum ww_cause cause;

        alarm_timer_set(a, &alarm->timer, earliest(a, alarm, &cause));
}
