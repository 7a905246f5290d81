/*
 * `regrade: [{after: …, priority: …}]`: an alarm that nobody answers becomes more urgent.
 *
 * Counted is the time for which it stands before the operators active and unacknowledged (state UNACK), in journal
 * time and from the beginning each time that it comes to stand so: while it is hidden nobody is asked, and so nobody
 * fails to answer. What a row has raised the priority to is a floor for every detection until somebody acknowledges;
 * the acknowledgement itself changes no priority.
 */
#include "alarm/alarms.h"

static bool same(const struct alarm_regrade *g, const struct ww_regrade_after *rows, unsigned n) {
        if (g->n != n)
                return false;
        for (unsigned i = 0; i < n; i++)
                if (g->rows[i].after != rows[i].after || g->rows[i].priority != rows[i].priority)
                        return false;
        return true;
}

void alarm_regrade_rows(struct alarm *alarm, const struct ww_detection *d) {
        struct ww_regrade_after rows[WW_REGRADE_AFTER_MAX];
        unsigned n = 0;

        for (; n < d->n_after && n < WW_REGRADE_AFTER_MAX; n++) {
                unsigned at = n;

                for (; at && rows[at - 1].after > d->after[n].after; at--)
                        rows[at] = rows[at - 1];
                rows[at] = d->after[n];
        }
        if (same(&alarm->regrade, rows, n))
                return;
        if (n)
                memcpy(alarm->regrade.rows, rows, n * sizeof *rows);
        alarm->regrade.n = n;
        alarm->regrade.done = 0; /* what is due already is due at once */
}

void alarm_regrade_note(struct alarm *alarm, const struct ww_alarm *old, int64_t now) {
        struct alarm_regrade *g = &alarm->regrade;

        if (alarm->now.regions.acknowledged)
                g->floor = 0;
        if (ww_alarm_state(&alarm->now.regions) != WW_ALARM_UNACK) {
                g->since = WW_TIME_NONE;
        } else if (ww_alarm_state(&old->regions) != WW_ALARM_UNACK) {
                g->since = now;
                g->done = 0;
        }
}

int64_t alarm_regrade_deadline(const struct alarm *alarm) {
        const struct alarm_regrade *g = &alarm->regrade;
        int64_t at;

        if (g->since == WW_TIME_NONE || g->done >= g->n ||
            __builtin_add_overflow(g->since, g->rows[g->done].after, &at))
                return WW_TIME_NEVER;
        return at;
}

int alarm_regrade_due(struct alarms *a, struct alarm *alarm, int64_t now) {
        struct alarm_regrade *g = &alarm->regrade;
        struct machine_input in = {
                .cause = WW_CAUSE_REGRADE,
                .now = now,
                .time = now,
                .priority = g->rows[g->done++].priority,
        };
        const struct alarm_change change = { .actor = WW_STR("timer"), .context = WW_STR("nobody has acknowledged") };
        int r;

        if (g->floor < in.priority)
                g->floor = in.priority;
        if (in.priority <= alarm->now.priority) {
                alarm_deadline_update(a, alarm);
                return 0;
        }
        a->regraded++;
        r = alarm_change(a, alarm, &in, &change);
        return r > 0 ? -EPROTO : r; /* UNACK takes every regrade: a bug */
}
