/*
 * Journal time.
 *
 * The wall clock is compared with what the boot clock makes of the last answer: `expected` = last journal time + boot
 * time gone by. Three regimes, one at a time:
 *
 *   follows  wall ≈ expected, or ahead of it by at most CLOCK_STEP_MAX: journal time is the wall.
 *   behind   the wall fell behind: journal time runs slower than the boot clock by a tenth until the wall has met it.
 *            A tenth, because a clock that was hours ahead (it kept local time, and was put right after the start) is
 *            met after days: whoever is to be called after five minutes must not wait for ten meanwhile.
 *   held     the wall is ahead by more than CLOCK_STEP_MAX: journal time runs by the boot clock until an operator
 *            confirms, or the wall comes back.
 *
 * A process that ends changes nothing of that, so its successor goes on in the regime that it left, and a step that
 * fell between the two is seen like any other. Only another boot of the machine begins anew: how long it was off nobody
 * knows.
 *
 * What must not happen: an answer below the one before it. Every regime adds a non-negative amount, and the wall is
 * only taken where it is not below.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"

/* A lag below this is adjtime and scheduling, not a step: taken up without a notice. */
#define LAG_SILENT (100 * WW_MSEC)
/* The two clocks may drift apart by so much of the time gone by (kernel's limit is 500 ppm). */
#define DRIFT_PART 1000
#define SLEW_PART  10

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

void clock_boot_id(char out[static CLOCK_BOOT_ID_MAX]) {
        const char *said = getenv("WARDWATCH_BOOT_ID");
        _cleanup_close_ int fd = said ? -1 : open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, out, CLOCK_BOOT_ID_MAX - 1);

        if (said) {
                n = (ssize_t)strnlen(said, CLOCK_BOOT_ID_MAX - 1);
                memcpy(out, said, (size_t)n);
        }
        out[n > 0 ? n : 0] = 0;
        out[strcspn(out, "\n")] = 0;
}

void clock_journal_init(struct clock_journal *c, int64_t last, int64_t wall, int64_t boot) {
        *c = (struct clock_journal){
                .time = wall > last ? wall : last,
                .wall = wall,
                .boot = boot,
        };
}

bool clock_journal_resume(struct clock_journal *c, const struct clock_journal *saved, int64_t last, int64_t boot) {
        int64_t gone = boot - saved->boot, since = last > saved->time ? last - saved->time : 0;

        if (gone < 0)
                return false;
        *c = *saved;
        c->time += since; /* what was given out behind the mark came by the boot clock, as near as can be told */
        c->boot += since < gone ? since : gone;
        return true;
}

/* The wall is not more than CLOCK_STEP_MAX ahead; `gone` = boot time since the last answer. */
static int64_t clock_journal_follow(struct clock_journal *c, int64_t wall, int64_t gone, enum clock_step *ret_step) {
        int64_t slewed = c->time + gone - gone / SLEW_PART;

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

int64_t clock_journal_ahead(const struct clock_journal *c) {
        return c->time - c->wall;
}
