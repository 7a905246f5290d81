/*
 * The journal is opened, or saved first. Both may read all of it: seconds for what is in memory, minutes for what is on
 * a slow disk, and more than the supervisor waits for a sign of life. So both are done in a thread, while this one says
 * that it lives.
 */
#include "engine_internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <time.h>

/* A thread that did hardly anything for so long hangs: a mutex that a reader holds, a disk that does not answer. To
 * look through 100 MiB takes more. */
#define WORK_STILL  (2 * WW_MINUTE)
#define WORK_LITTLE (100 * WW_MSEC) /* of a processor's time */

struct engine_work {
        struct engine *e;
        const struct journal_options *options;
        int (*call)(struct engine_work *w);
        struct journal_salvaged saved;
        int result;
};

static int engine_work_open(struct engine_work *w) {
        return journal_open(&w->e->journal, w->options);
}

static int engine_work_salvage(struct engine_work *w) {
        return journal_salvage(w->options->dir, w->options->size, &w->saved);
}

static void *engine_work_thread(void *userdata) {
        struct engine_work *w = userdata;

        w->result = w->call(w);
        return NULL;
}

/* Processor time that it has used, µs; what it was when it has ended meanwhile. */
static int64_t engine_work_used(pthread_t thread, int64_t before) {
        struct timespec used;
        clockid_t clock;

        if (pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &used) < 0)
                return before;
        return used.tv_sec * WW_SECOND + used.tv_nsec / 1000;
}

static int engine_work_do(struct engine_work *w, int (*call)(struct engine_work *w)) {
        int64_t moved = clock_boot(), used = 0;
        struct timespec until;
        pthread_t thread;
        int r;

        w->call = call;
        r = -pthread_create(&thread, NULL, engine_work_thread, w);
        if (r)
                return r;
        do {
                int64_t now = engine_work_used(thread, used);

                if (now - used >= WORK_LITTLE) {
                        moved = clock_boot();
                        used = now;
                }
                if (clock_boot() - moved < WORK_STILL)
                        worker_alive(w->e->worker);
                (void)clock_gettime(CLOCK_MONOTONIC, &until);
                until.tv_sec++;
        } while (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == ETIMEDOUT);
        return w->result;
}

/* The new journal says in its own pages what became of the old one; the start reads it there (engine_start.c). */
static int engine_journal_salvage(struct engine_work *w) {
        int r;

        log_error("journal-damaged", w->options->dir, "the journal cannot be read: saving what is right in it");
        r = engine_work_do(w, engine_work_salvage);
        if (!r)
                log_notice("journal-salvaged", w->saved.aside,
                           "%" PRIu64 " inputs, %" PRIu64 " outputs, %" PRIu64 " alarms saved; the rest lies there",
                           w->saved.inputs, w->saved.outputs, w->saved.live);
        return r;
}

static int engine_journal_any(struct engine_work *w) {
        int r = engine_work_do(w, engine_work_open);

        if (r != JOURNAL_E_DAMAGED)
                return r;
        r = engine_journal_salvage(w);
        return r ? r : engine_work_do(w, engine_work_open);
}

static void engine_journal_tell(struct engine *e, const char *dir, int r, int64_t took) {
        if (!r)
                log_info("journal-opened", dir, "%s, %" PRId64 " ms",
                         journal_was_searched(e->journal) ? "looked through page by page" : "new, or closed in order",
                         took / WW_MSEC);
        else if (r == JOURNAL_E_BUSY)
                log_error("journal-busy", dir, "another process writes this journal: %s", journal_holder(dir));
        else
                log_error("journal-open", dir, "cannot open the journal: %s",
                          r < 0 ? strerror(-r) : "damaged, full, or of a newer version");
}

int engine_journal_open(struct engine *e) {
        const struct journal_options options = {
                .dir = e->config->state.dir,
                .size = (uint64_t)e->config->journal.size,
                .writer = true,
                .readers_gone = e->options.readers_gone,
                .lock_wait = 2 * WW_SECOND,
        };
        struct engine_work work = { .e = e, .options = &options };
        uint64_t share = options.size / 50; /* of the map: a turn never comes near the margin of a lane */
        int64_t before = clock_boot();
        int r = engine_journal_any(&work);

        engine_journal_tell(e, options.dir, r, clock_boot() - before);
        e->turn_bytes_max = share < 4 * 1024 * 1024 ? (size_t)share : 4 * 1024 * 1024;
        return r;
}
