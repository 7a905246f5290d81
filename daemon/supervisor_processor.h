#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** What a process's first thread, whose loop gives the signs of life, got of the processors since its birth. */
struct supervisor_processor {
        int64_t ran;    /* µs on one */
        int64_t queued; /* µs ready and on none; a wait counts from its end on */
        bool ready;     /* it is on one now, or waits for one */
};

/** From /proc/PID/schedstat and /proc/PID/stat; all 0 where the kernel does not say. */
void supervisor_processor_read(pid_t pid, struct supervisor_processor *ret);

/** True if `silence` µs without a sign of life are explained by that: since `before` it was ready for nearly all of
 * them, or is ready now, and hardly ran. */
bool supervisor_processor_starved(pid_t pid, const struct supervisor_processor *before, int64_t silence);
