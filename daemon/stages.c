#include "stages.h"

static int64_t decode_due(const struct stages *s) {
        return s->decode ? decode_deadline(s->decode) : WW_TIME_NEVER;
}

/* A state that ends by itself is heard at its deadline like a message of that time: what is due by then goes first. */
static int fire_decode(struct stages *s, int64_t due) {
        int r = correlate_time(s->correlate, due);

        return r ? r : decode_time(s->decode, s->seq, due);
}

static int fire(struct stages *s, int64_t decode, int64_t correlate, int64_t alarms) {
        int64_t due = correlate < alarms ? correlate : alarms;

        due = decode < due ? decode : due;
        if (due > *s->clock)
                *s->clock = due;
        if (correlate == due)
                return correlate_time(s->correlate, due);
        return alarms == due ? alarms_time(s->alarms, *s->clock) : fire_decode(s, due);
}

/* At its deadline: after a long silence, too, an alarm that waits for another is not decided before the other had its
 * turn. */
int stages_time(struct stages *s, int64_t now) {
        int r = 0;

        while (!r) {
                int64_t decode = decode_due(s);
                int64_t correlate = correlate_deadline(s->correlate);
                int64_t alarms = alarms_deadline(s->alarms);

                if (decode > now && correlate > now && alarms > now)
                        break;
                r = fire(s, decode, correlate, alarms);
        }
        *s->clock = now;
        return r ? r : correlate_time(s->correlate, now);
}

int stages_set_mutes(struct alarms *a, const struct correlate_rules *rules, const struct site *site, int64_t now) {
        size_t n;
        const struct ww_mute *mutes = correlate_rules_mutes(rules, &n);

        return alarms_set_mutes(a, mutes, n, site, now);
}
