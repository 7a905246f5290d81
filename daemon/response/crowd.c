/*
 * A bound on open incidents. Nobody has ten thousand of them in hand: they are what a flood left behind, or a desk that
 * closes nothing. One more alarm must still open its own, so others are closed, and that is told: those whose alarms
 * are all over come first, then the lower priority, then the oldest. A hundredth goes at once, so that a flood at the
 * bound does not look at all of them for each alarm.
 */
#include "response/incident.h"

#define CROWD_SHARE 100

struct crowded {
        struct subject *incident;
        bool asks; /* an alarm of it is not over */
        enum ww_priority priority;
        int64_t last;
};

static int compare_crowded(const void *a, const void *b) {
        const struct crowded *x = a, *y = b;

        if (x->asks != y->asks)
                return x->asks ? 1 : -1;
        if (x->priority != y->priority)
                return x->priority > y->priority ? 1 : -1;
        if (x->last != y->last)
                return x->last > y->last ? 1 : -1;
        return (x->incident->id > y->incident->id) - (x->incident->id < y->incident->id);
}

static size_t collect(const struct response *r, struct crowded *all) {
        struct subject *s;
        size_t n = 0;

        TAILQ_FOREACH(s, &r->of_kind[WW_SUBJECT_INCIDENT], order) {
                if (s->version && !s->ended)
                        all[n++] = (struct crowded){ s, s->standing > 0, incident_case(r, s).priority,
                                                     body_time(s, "last_alarm_at") };
        }
        return n;
}

int crowd_room(struct response *r, const struct act *act) {
        const struct act crowded = { WW_STR("timer"), WW_STR("too many incidents are open"), act->now };
        _cleanup_free_ struct crowded *all = NULL;
        size_t n = r->incidents - r->closed, go;
        int e = 0;

        if (n < INCIDENT_OPEN_MAX)
                return 0;
        all = calloc(n, sizeof *all);
        if (!all)
                return -ENOMEM;
        n = collect(r, all);
        qsort(all, n, sizeof *all, compare_crowded);
        go = n / CROWD_SHARE;
        for (size_t i = 0; !e && i < go; i++) {
                r->crowded++;
                e = incident_turn(r, all[i].incident, INCIDENT_CLOSED, "crowded-out", &crowded);
        }
        return e;
}
