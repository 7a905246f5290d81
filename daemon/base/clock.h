#pragma once
/*
 * Where time comes in, and journal time.
 *
 * Journal time never runs backwards. It follows the wall clock, except: after a backward step of the wall it runs
 * on by the boot clock, slower by a tenth, until the wall meets it; a forward step of more than CLOCK_STEP_MAX is
 * not followed until confirmed. `struct clock_journal` is pure: it is handed both clocks.
 */
#include <stdbool.h>
#include <wardwatch/time.h>

int64_t clock_wall(void); /* CLOCK_REALTIME, µs */
int64_t clock_boot(void); /* CLOCK_BOOTTIME, µs */
int64_t clock_fine(void); /* CLOCK_MONOTONIC, ns: to measure by */

#define CLOCK_BOOT_ID_MAX 64
/** Which boot of the machine the boot clock is of: as WARDWATCH_BOOT_ID says, or the kernel; "" = nobody does. */
void clock_boot_id(char out[static CLOCK_BOOT_ID_MAX]);

#define CLOCK_STEP_MAX WW_HOUR

struct clock_journal {
        int64_t time;       /* last journal time given out */
        int64_t wall, boot; /* as of then */
        bool held;          /* a forward step waits for its confirmation */
        bool behind;        /* the wall is behind journal time */
};

enum clock_step {
        CLOCK_STEP_NONE = 0,
        CLOCK_STEP_BACKWARD, /* the wall went back: a notice */
        CLOCK_STEP_FORWARD, /* the wall went on by more than CLOCK_STEP_MAX: a notice, journal time runs by boot time */
};

/** `last` = the journal's newest time, or WW_TIME_NONE for an empty journal. The machine may have been off for any
 *  time, so that no step can be seen: journal time begins at the wall if that is later than `last`. */
void clock_journal_init(struct clock_journal *c, int64_t last, int64_t wall, int64_t boot);
/** A start within the boot of `saved`: it goes on from there, as if it had never ended. `last` as above. False: the
 *  boot clock shows that it is another boot, and nothing is changed. */
bool clock_journal_resume(struct clock_journal *c, const struct clock_journal *saved, int64_t last, int64_t boot);
/** Journal time for (wall, boot). Reports a step once, when it begins. */
int64_t clock_journal_now(struct clock_journal *c, int64_t wall, int64_t boot, enum clock_step *ret_step);
/** An operator confirmed the forward step: journal time jumps to the wall. */
void clock_journal_confirm(struct clock_journal *c);
/** How far journal time is before the wall clock, as of the last answer; below 0: behind it. */
int64_t clock_journal_ahead(const struct clock_journal *c);
