#include "stages.h"

/* The stages in the order of the flow: of what is due at the same instant the earlier stage goes first. */
struct due {
        int64_t correlate, alarms, response;
};

static int64_t earliest(const struct due *due) {
        int64_t first = due->correlate < due->alarms ? due->correlate : due->alarms;

        return first < due->response ? first : due->response;
}

/* At its deadline: after a long silence, too, an alarm that waits for another is not decided before the other had its
 * turn. */
int stages_time(struct correlate *c, struct alarms *a, struct response *response, int64_t *clock, int64_t now) {
        int r = 0;

        while (!r) {
                const struct due due = { correlate_deadline(c), alarms_deadline(a),
                                         response ? response_deadline(response) : WW_TIME_NEVER };
                int64_t at = earliest(&due);

                if (at > now)
                        break;
                if (at > *clock)
                        *clock = at;
                if (due.correlate == at)
                        r = correlate_time(c, at);
                else
                        r = due.alarms == at ? alarms_time(a, *clock) : response_time(response, *clock);
        }
        *clock = now;
        return r ? r : correlate_time(c, now);
}

int stages_set_mutes(struct alarms *a, const struct correlate_rules *rules, const struct site *site, int64_t now) {
        size_t n;
        const struct ww_mute *mutes = correlate_rules_mutes(rules, &n);

        return alarms_set_mutes(a, mutes, n, site, now);
}
