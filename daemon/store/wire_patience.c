/* Statements that give way: what was ended because it waited for a lock is tried again after a pause that grows. */
#include "base/clock.h"
#include "store/wire.h"

#include <string.h>
#include <time.h>
#include <wardwatch/time.h>

#define STATEMENT_TIMEOUT "57014"
#define PAUSE_DOUBLED_MAX 5 /* 20 ms × 2⁵ = 640 ms: a reader of one table is seldom there for longer */

void wire_pause(unsigned tries) {
        int64_t usec = (20 * WW_MSEC) << (tries < PAUSE_DOUBLED_MAX ? tries : PAUSE_DOUBLED_MAX);
        struct timespec t;

        usec += (int64_t)((uint64_t)clock_boot() * 2654435761U % (uint64_t)(usec / 2));
        t = (struct timespec){ .tv_sec = usec / WW_SECOND, .tv_nsec = usec % WW_SECOND * 1000 };
        (void)nanosleep(&t, NULL);
}

/* A statement that ran for too long would do so again, and one that was cancelled by hand shall not. */
bool wire_was_in_the_way(const struct wire *w, int e) {
        return e == WIRE_E_RETRY && strcmp(wire_error(w)->sqlstate, STATEMENT_TIMEOUT) != 0;
}

int wire_exec_patiently(struct wire *w, const char *sql, unsigned tries_max) {
        int e = wire_exec(w, sql);

        for (unsigned tries = 1; wire_was_in_the_way(w, e) && tries < tries_max; tries++) {
                wire_pause(tries);
                e = wire_exec(w, sql);
        }
        return e;
}
