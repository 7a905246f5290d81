#include "stages.h"

static int64_t decode_due(const struct stages *s) {
        return s->decode ? decode_deadline(s->decode) : WW_TIME_NEVER;
}

/* A state that ends by itself is heard at its deadline like a message of that time: what is due by then goes first. */
static int fire_decode(struct stages *s, int64_t due) {
        int r = correlate_time(s->correlate, due);

        return r ? r : decode_time(s->decode, s->seq, due);
}

/* When each has something to do. */
struct due {
        int64_t decode, correlate, alarms, response, records;
};

static int64_t due_first(const struct due *due) {
        int64_t first = due->correlate < due->alarms ? due->correlate : due->alarms;

        first = due->response < first ? due->response : first;
        first = due->records < first ? due->records : first;
        return due->decode < first ? due->decode : first;
}

static int fire(struct stages *s, const struct due *due, int64_t at) {
        if (at > *s->clock)
                *s->clock = at;
        if (due->correlate == at)
                return correlate_time(s->correlate, at);
        if (due->alarms == at)
                return alarms_time(s->alarms, *s->clock);
        if (due->response == at)
                return response_time(s->response, *s->clock);
        return due->records == at ? records_time(s->records, *s->clock) : fire_decode(s, at);
}

/* At its deadline: after a long silence, too, an alarm that waits for another is not decided before the other had its
 * turn. */
int stages_time(struct stages *s, int64_t now) {
        int r = 0;

        while (!r) {
                const struct due due = { decode_due(s), correlate_deadline(s->correlate), alarms_deadline(s->alarms),
                                         s->response ? response_deadline(s->response) : WW_TIME_NEVER,
                                         s->records ? records_deadline(s->records) : WW_TIME_NEVER };
                int64_t at = due_first(&due);

                if (at > now)
                        break;
                r = fire(s, &due, at);
        }
        *s->clock = now;
        return r ? r : correlate_time(s->correlate, now);
}

int stages_set_mutes(struct alarms *a, const struct correlate_rules *rules, const struct site *site, int64_t now) {
        size_t n;
        const struct ww_mute *mutes = correlate_rules_mutes(rules, &n);

        return alarms_set_mutes(a, mutes, n, site, now);
}
