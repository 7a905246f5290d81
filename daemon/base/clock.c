/*
 * Journal time.
 *
 * The wall clock is compared with what the boot clock makes of the last answer: `expected` = last journal time + boot
 * time gone by. Three regimes, one at a time:
 *
 *   follows  wall ≈ expected, or ahead of it by at most CLOCK_STEP_MAX: journal time is the wall.
 *   behind   the wall fell behind: journal time runs at half the boot clock's speed until the wall has met it. Half,
 *            not zero, so that timers still fire; not full, so that the two meet.
 *   held     the wall is ahead by more than CLOCK_STEP_MAX: journal time runs by the boot clock until an operator
 *            confirms, or the wall comes back.
 *
 * What must not happen: an answer below the one before it. Every regime adds a non-negative amount, and the wall is
 * only taken where it is not below.
 */
#include "base/clock.h"

#include <time.h>

/* A lag below this is adjtime and scheduling, not a step: taken up without a notice. */
#define LAG_SILENT (100 * WW_MSEC)
/* The two clocks may drift apart by so much of the time gone by (kernel's limit is 500 ppm). */
#define DRIFT_PART 1000

static int64_t clock_read(clockid_t id) {
        struct timespec ts = { 0 };

        (void)clock_gettime(id, &ts);
        return (int64_t)ts.tv_sec * WW_SECOND + ts.tv_nsec / 1000;
}

int64_t clock_wall(void) {
        return clock_read(CLOCK_REALTIME);
}

int64_t clock_boot(void) {
        return clock_read(CLOCK_BOOTTIME);
}

int64_t clock_fine(void) {
        struct timespec ts = { 0 };

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void clock_journal_init(struct clock_journal *c, int64_t last, int64_t wall, int64_t boot) {
        *c = (struct clock_journal){
                .time = wall > last ? wall : last,
                .wall = wall,
                .boot = boot,
        };
}

/* The wall is not more than CLOCK_STEP_MAX ahead; `gone` = boot time since the last answer. */
static int64_t clock_journal_follow(struct clock_journal *c, int64_t wall, int64_t gone, enum clock_step *ret_step) {
        int64_t slewed = c->time + gone / 2;

        if (!c->behind && wall < c->time + gone - gone / DRIFT_PART - LAG_SILENT) {
                c->behind = true;
                *ret_step = CLOCK_STEP_BACKWARD;
        }
        if (!c->behind)
                return wall > c->time ? wall : c->time;
        c->behind = wall < slewed;
        return c->behind ? slewed : wall;
}

int64_t clock_journal_now(struct clock_journal *c, int64_t wall, int64_t boot, enum clock_step *ret_step) {
        int64_t gone = boot > c->boot ? boot - c->boot : 0;
        int64_t expected = c->time + gone;
        enum clock_step step = CLOCK_STEP_NONE;

        if (wall - expected > CLOCK_STEP_MAX) {
                if (!c->held)
                        step = CLOCK_STEP_FORWARD;
                c->held = true;
                c->behind = false;
                c->time = expected;
        } else {
                c->held = false;
                c->time = clock_journal_follow(c, wall, gone, &step);
        }
        c->wall = wall;
        c->boot = boot;
        *ret_step = step;
        return c->time;
}

void clock_journal_confirm(struct clock_journal *c) {
        if (c->held && c->wall > c->time)
                c->time = c->wall;
        c->held = false;
}
