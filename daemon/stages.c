#include "stages.h"

static int fire(struct correlate *c, struct alarms *a, int64_t *clock, int64_t correlate, int64_t alarms) {
        int64_t due = correlate < alarms ? correlate : alarms;

        if (due > *clock)
                *clock = due;
        return correlate <= alarms ? correlate_time(c, due) : alarms_time(a, *clock);
}

/* At its deadline: after a long silence, too, an alarm that waits for another is not decided before the other had its
 * turn. */
int stages_time(struct correlate *c, struct alarms *a, int64_t *clock, int64_t now) {
        int r = 0;

        while (!r) {
                int64_t correlate = correlate_deadline(c);
                int64_t alarms = alarms_deadline(a);

                if (correlate > now && alarms > now)
                        break;
                r = fire(c, a, clock, correlate, alarms);
        }
        *clock = now;
        return r ? r : correlate_time(c, now);
}

int stages_set_mutes(struct alarms *a, const struct correlate_rules *rules, const struct site *site, int64_t now) {
        size_t n;
        const struct ww_mute *mutes = correlate_rules_mutes(rules, &n);

        return alarms_set_mutes(a, mutes, n, site, now);
}
