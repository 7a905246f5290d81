#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Where the kernel says what a process got. They are opened before it takes another user, from when on its folder in
 * /proc may be hidden (ProtectProc=invisible), and say it to whoever has them open. */
struct supervisor_processor_files {
        int schedstat, stat; /* -1: the kernel does not say */
};
#define SUPERVISOR_PROCESSOR_FILES_NONE ((struct supervisor_processor_files){ -1, -1 })

/** What a process's first thread, whose loop gives the signs of life, got of the processors since its birth. */
struct supervisor_processor {
        int64_t ran;    /* µs on one */
        int64_t queued; /* µs ready and on none; a wait counts from its end on */
        bool ready;     /* it is on one now, or waits for one */
};

/** /proc/PID/schedstat and /proc/PID/stat. */
void supervisor_processor_open(pid_t pid, struct supervisor_processor_files *ret);
/** May be called again. */
void supervisor_processor_close(struct supervisor_processor_files *files);

/** All 0 where the kernel does not say. */
void supervisor_processor_read(const struct supervisor_processor_files *files, struct supervisor_processor *ret);

/** True if `silence` µs without a sign of life are explained by that: since `before` it was ready for nearly all of
 * them, or is ready now, and hardly ran. */
bool supervisor_processor_starved(const struct supervisor_processor_files *files,
                                  const struct supervisor_processor *before, int64_t silence);
