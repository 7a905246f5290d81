#pragma once
/*
 * Two rule sets over one recording: which alarms would appear with the other one, which would vanish, which would come
 * at another time, with another priority, muted or no longer muted.
 *
 * An alarm of one set waits for its like of the other for `near` of journal time. What is equal goes out silently. What
 * has waited in vain is paired with the nearest in time of the same rule and key that waits, too: it moved. What is
 * left alone has vanished, or appears. Only what waits is kept.
 */
#include <wardwatch/record.h>

struct replay_compare;

enum replay_change {
        REPLAY_SAME,
        REPLAY_APPEARS,
        REPLAY_VANISHES,
        REPLAY_MOVED,
        REPLAY_CHANGES_,
};

/* Of the changes only cause, time and of the alarm rule, key, title, hazard, priority, exercise and suppressed_by. */
struct replay_difference {
        enum replay_change change;
        bool ends;                           /* it is about how an episode ends, not how it begins */
        const struct ww_transition *now;     /* with the first set; NULL: APPEARS */
        const struct ww_transition *another; /* with the other; NULL: VANISHES */
};

struct replay_compared {
        uint64_t alarms[REPLAY_CHANGES_]; /* by what became of them */
        uint64_t ends;                    /* alarms of both that end otherwise */
        bool crowded;                     /* more waited than are kept: some were judged before `near` had passed */
};

/** `told`: 0 or an answer that ends it. */
int replay_compare_new(struct replay_compare **ret, int64_t near,
                       int (*told)(void *userdata, const struct replay_difference *difference), void *userdata);
struct replay_compare *replay_compare_free(struct replay_compare *c);

/** A change of an alarm, with the other set or with the first. 0, -ENOMEM, what `told` answered. */
int replay_compare_add(struct replay_compare *c, bool other, const struct ww_transition *t);
/** What waits since before `time` is judged; WW_TIME_NEVER: all. */
int replay_compare_until(struct replay_compare *c, int64_t time);
void replay_compare_result(const struct replay_compare *c, struct replay_compared *ret);
