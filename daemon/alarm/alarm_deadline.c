/*
 * Deadlines: a binary heap by (deadline, id), so that timers fire in one order whatever the order of their making.
 * A deadline is worked out from the alarm's own fields and so needs no saving.
 */
#include "alarm/alarms.h"

static bool before(const struct alarm *a, const struct alarm *b) {
        return a->deadline != b->deadline ? a->deadline < b->deadline : a->now.id < b->now.id;
}

static void put(struct alarms *a, struct alarm *alarm, size_t at) {
        a->heap[at] = alarm;
        alarm->heap = at;
}

static void sift(struct alarms *a, struct alarm *alarm, size_t at) {
        size_t child;

        for (; at && before(alarm, a->heap[(at - 1) / 2]); at = (at - 1) / 2)
                put(a, a->heap[(at - 1) / 2], at);
        while ((child = 2 * at + 1) < a->n_heap) {
                if (child + 1 < a->n_heap && before(a->heap[child + 1], a->heap[child]))
                        child++;
                if (!before(a->heap[child], alarm))
                        break;
                put(a, a->heap[child], at);
                at = child;
        }
        put(a, alarm, at);
}

void alarm_deadline_remove(struct alarms *a, struct alarm *alarm) {
        size_t at = alarm->heap;
        struct alarm *last;

        if (at == ALARM_HEAP_NONE)
                return;
        alarm->heap = ALARM_HEAP_NONE;
        last = a->heap[--a->n_heap];
        if (last != alarm)
                sift(a, last, at);
}

int alarm_deadline_reserve(struct alarms *a) {
        size_t wanted = HASH_CNT(by_id, a->ids) + 1, capacity = a->heap_capacity ? a->heap_capacity * 2 : 64;
        struct alarm **heap;

        if (wanted <= a->heap_capacity)
                return 0;
        heap = reallocarray(a->heap, capacity, sizeof *heap);
        if (!heap)
                return -ENOMEM;
        a->heap = heap;
        a->heap_capacity = capacity;
        return 0;
}

static int64_t expiry(const struct alarms *a, const struct ww_alarm *alarm) {
        int64_t span = a->limits.ack_expiry[alarm->priority], at;

        if (span <= 0 || ww_alarm_state(&alarm->regions) != WW_ALARM_ACKED || alarm->acknowledged_at == WW_TIME_NONE ||
            __builtin_add_overflow(alarm->acknowledged_at, span, &at))
                return WW_TIME_NEVER;
        return at;
}

static int64_t earliest(const struct alarms *a, const struct ww_alarm *alarm, enum ww_cause *ret_cause) {
        int64_t at = expiry(a, alarm);

        *ret_cause = WW_CAUSE_ACK_EXPIRED;
        if (alarm->regions.shelved != WW_SHELVED_NO && alarm->shelved_until < at) {
                at = alarm->shelved_until;
                *ret_cause = WW_CAUSE_SHELVING_ENDED;
        }
        if (alarm->regions.out_of_service && alarm->out_of_service_until < at) {
                at = alarm->out_of_service_until;
                *ret_cause = WW_CAUSE_RETURN_TO_SERVICE;
        }
        return at;
}

enum ww_cause alarm_deadline_cause(const struct alarms *a, const struct alarm *alarm) {
        enum ww_cause cause;

        (void)earliest(a, &alarm->now, &cause);
        return cause;
}

void alarm_deadline_update(struct alarms *a, struct alarm *alarm) {
        enum ww_cause cause;
        int64_t at = earliest(a, &alarm->now, &cause);

        if (at == alarm->deadline)
                return;
        alarm_deadline_remove(a, alarm);
        alarm->deadline = at;
        if (at != WW_TIME_NEVER)
                sift(a, alarm, a->n_heap++);
}
