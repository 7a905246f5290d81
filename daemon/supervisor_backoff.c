#include "supervisor_backoff.h"

void supervisor_backoff_init(struct supervisor_backoff *b, int64_t max) {
        *b = (struct supervisor_backoff){ .max = max, .deaths = { WW_TIME_NONE, WW_TIME_NONE } };
}

void supervisor_backoff_start(struct supervisor_backoff *b, int64_t now) {
        b->started = now;
}

int64_t supervisor_backoff_death(struct supervisor_backoff *b, int64_t now) {
        int64_t pause = SUPERVISOR_BACKOFF_MIN;

        b->restarts++;
        b->deaths[1] = b->deaths[0];
        b->deaths[0] = now;
        if (b->pause > 0 && now - b->started < SUPERVISOR_BACKOFF_WELL)
                pause = b->pause > b->max / 2 ? b->max : b->pause * 2;
        b->pause = pause > b->max ? b->max : pause;
        return b->pause;
}

bool supervisor_backoff_careful(const struct supervisor_backoff *b) {
        return b->deaths[1] != WW_TIME_NONE && b->deaths[0] - b->deaths[1] <= SUPERVISOR_BACKOFF_CAREFUL;
}
