/*
 * Room in the journal: snapshots make the past unnecessary for a restart, trimming then deletes it in small steps.
 *
 * Trimmed is only what is behind the older of two snapshots, behind the cursors of the readers (engine_readers.c), and
 * older than journal.keep, which yields when the map is 70 % full; and nothing that a replay from that snapshot primes
 * a reload with. Nothing that PostgreSQL does not have is ever deleted: with the database away for long the map fills,
 * the lanes close (engine_intake.c), and the broker queues.
 */
#include "engine_prime.h"

#include "base/log.h"
#include "version.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>

#define TRIM_STEP        2000            /* inputs in one transaction */
#define TRIM_TIME        (100 * WW_MSEC) /* for trimming, in one look */
#define SNAPSHOT_MIN     1000            /* inputs between two snapshots, however full the map */
#define SNAPSHOT_RETRY   WW_MINUTE       /* after one that failed */
#define SNAPSHOT_PRESSED (500 * WW_MSEC) /* between two tries while the map fills: less than a tick */
#define FILL_LAST        0.97            /* of the map: behind it nothing but a start takes pages that are held back */
#define SNAPSHOT_SHARE   0.15            /* of the map filled since the last snapshot: the next is due */

const char *engine_snapshot_dir(const struct engine *e) {
        static char dir[PATH_MAX];

        (void)snprintf(dir, sizeof dir, "%s/snapshots", e->config->state.dir);
        return dir;
}

/* At the start: the one that was loaded (none = 0), and the next older one. */
static void engine_space_marks(struct engine *e) {
        uint64_t older;

        e->trim_limit = snapshot_list(engine_snapshot_dir(e), e->snapshot_seq, &older, 1) ? older : 0;
}

/* What the engine has not written or loaded itself is no mark, and does not stay. */
static void engine_space_written(struct engine *e, uint64_t seq) {
        if (seq != e->snapshot_seq) {
                e->trim_limit = e->snapshot_seq;
                e->snapshot_seq = seq;
        }
        snapshot_prune(engine_snapshot_dir(e), e->snapshot_seq, e->trim_limit);
}

void engine_space_init(struct engine *e) {
        engine_readers_load(e);
        e->snapshots.done = WW_TIME_NONE;
        if (engine_primings_load(e))
                log_warning("primings", NULL, "cannot be read: a replay may prime with less than was there");
        engine_space_marks(e);
}

/* --- snapshots --- */

static struct snapshot_head engine_snapshot_head(const struct engine *e) {
        struct snapshot_head head = { .seq = e->committed, .time = pipeline_now(e->pipeline) };

        (void)snprintf(head.journal_id, sizeof head.journal_id, "%s", journal_id(e->journal));
        (void)snprintf(head.version, sizeof head.version, "%s", version_running());
        return head;
}

/* The map is filling, and what the two newest snapshots leave behind is not worth trimming, or may not be trimmed
 * because a reload lies before them. */
static bool engine_snapshot_presses(const struct engine *e, double fill) {
        return fill >= ENGINE_FILL_KEEP && (e->trim_limit + SNAPSHOT_MIN < e->committed || engine_primings_hold(e));
}

static bool engine_snapshot_due(struct engine *e, double fill) {
        uint64_t since = e->committed - e->snapshot_seq;
        int64_t ago = clock_boot() - e->snapshot_at;
        bool presses = engine_snapshot_presses(e, fill);

        if (e->snapshot_pid || ago < (!e->snapshot_failed ? 0 : presses ? SNAPSHOT_PRESSED : SNAPSHOT_RETRY))
                return false;
        if (e->snapshot_wanted)
                return true;
        if (presses && ago > SNAPSHOT_PRESSED) {
                e->mark_wanted = since == 0; /* with the lanes closed nothing else would make the second one differ */
                return since > 0;
        }
        if (since < SNAPSHOT_MIN)
                return false;
        return since >= (uint64_t)e->config->journal.snapshot_inputs || fill - e->snapshot_fill >= SNAPSHOT_SHARE;
}

/* Told once, until one succeeds: a full disk is one fact, however often it is tried. */
static void engine_snapshot_fails(struct engine *e, const char *what, int code) {
        e->snapshots.failed++;
        if (!e->snapshot_failed)
                engine_say(e, "snapshot-failed", NULL, "%s %d; it is tried again", what, code);
        e->snapshot_failed = true;
}

static void engine_snapshot_start(struct engine *e, double fill) {
        struct snapshot_head head = engine_snapshot_head(e);
        int64_t before = clock_boot();
        const struct snapshot_ground ground = { engine_snapshot_dir(e), e->options.snapshot_enter, e->config };
        int r = snapshot_fork(&ground, &head, e->pipeline, &e->snapshot_pid);

        e->snapshot_at = clock_boot();
        e->snapshots.pause = e->snapshot_at - before;
        if (r) {
                e->snapshot_pid = 0;
                engine_snapshot_fails(e, "cannot be begun: error", -r);
                return;
        }
        e->snapshot_pid_seq = head.seq;
        e->snapshot_fill = fill;
}

/* The disk has no room for a third snapshot, and without one the journal gets none: the lanes would stay closed. */
static void engine_snapshot_make_room(struct engine *e) {
        if (!e->trim_limit || !engine_snapshot_presses(e, journal_used(e->journal)))
                return;
        snapshot_prune(engine_snapshot_dir(e), e->snapshot_seq, 0);
        e->trim_limit = 0;
        log_warning("snapshot-room", NULL,
                    "the older of two snapshots was deleted, because the disk had no room for a third");
}

void engine_space_child(struct engine *e) {
        int status;

        if (!e->snapshot_pid || waitpid(e->snapshot_pid, &status, WNOHANG) != e->snapshot_pid)
                return;
        e->snapshot_pid = 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
                engine_snapshot_fails(e, "the child ended with status", status);
                if (WIFEXITED(status) && WEXITSTATUS(status) == SNAPSHOT_EXIT_FULL)
                        engine_snapshot_make_room(e);
                return;
        }
        e->snapshot_wanted = e->snapshot_failed = false;
        e->snapshots.written++;
        e->snapshots.took = clock_boot() - e->snapshot_at;
        e->snapshots.done = clock_wall();
        engine_space_written(e, e->snapshot_pid_seq);
        log_info("snapshot", NULL, "state after input %" PRIu64 " in %" PRId64 " ms", e->snapshot_pid_seq,
                 e->snapshots.took / WW_MSEC);
        engine_space_look(e); /* who waits for room waits for this */
}

void engine_space_snapshot_at_stop(struct engine *e) {
        struct snapshot_head head = engine_snapshot_head(e);
        int r;

        if (e->snapshot_seq == e->committed && !e->snapshot_wanted)
                return;
        r = snapshot_write(engine_snapshot_dir(e), &head, e->pipeline);
        if (r)
                log_error("snapshot-failed", NULL, "%s; the next start replays", strerror(-r));
        else
                engine_space_written(e, head.seq);
}

/* --- trimming --- */

/* The newest seq that is older than journal.keep, looking at TRIM_STEP inputs from the tail at most. */
static uint64_t engine_trim_old(struct engine *e, uint64_t tail, uint64_t limit) {
        struct journal_batch batch = { 0 };
        int64_t oldest = e->clock.time - e->config->journal.keep;
        uint64_t upto = 0;

        if (journal_read(e->journal, tail, TRIM_STEP, 1024 * 1024, &batch) == 0) {
                for (size_t i = 0; i < batch.n; i++) {
                        struct ww_input input;

                        if (batch.items[i].seq > limit)
                                break;
                        if (!batch.items[i].output &&
                            ww_input_decode(batch.items[i].record, batch.items[i].seq, &input) == 0 &&
                            input.time >= oldest)
                                break;
                        upto = batch.items[i].seq;
                }
        }
        journal_batch_deinit(&batch);
        return upto;
}

static uint64_t engine_trim_limit(const struct engine *e, double used) {
        return engine_primings_limit(e, engine_readers_limit(e, e->trim_limit, used));
}

/* `used`: what a reader holds back (a backup) is no reason to part with anything; trimming would not bring it back. It
 * takes pages itself, and the last ones are a start's. */
static size_t engine_trim_step(struct engine *e, double fill, double used) {
        uint64_t tail = journal_tail(e->journal);
        uint64_t limit = engine_trim_limit(e, used);
        size_t step = TRIM_STEP, deleted = 0;
        int r;

        if (tail == 0 || limit < tail)
                return 0;
        if (fill > used && fill >= FILL_LAST)
                return 0;
        if (used < ENGINE_FILL_KEEP)
                limit = engine_trim_old(e, tail, limit);
        if (limit < tail)
                return 0;
        while ((r = journal_trim(e->journal, limit, step, &deleted)) == JOURNAL_E_FULL && step > 1)
                step = 1; /* where 2000 do not fit, one does */
        if (r && r != JOURNAL_E_FULL)
                engine_fatal("cannot trim the journal", r < 0 ? r : -EUCLEAN);
        return deleted;
}

void engine_space_trim(struct engine *e) {
        int64_t until = clock_boot() + TRIM_TIME;

        size_t deleted;

        do {
                double fill = journal_fill(e->journal);

                deleted = engine_trim_step(e, fill, journal_used(e->journal));
        } while (deleted > 0 && clock_boot() < until);
}

void engine_space_look(struct engine *e) {
        double used;

        engine_space_trim(e);
        engine_intake_lanes(e, journal_fill(e->journal));
        used = journal_used(e->journal);
        if (engine_snapshot_due(e, used))
                engine_snapshot_start(e, used);
        e->bytes_unseen = 0;
}

void engine_space_tick(struct engine *e) {
        bool shown;

        (void)journal_reader_check(e->journal); /* says nothing that the next check would not say */
        engine_space_look(e);
        shown = journal_show(e->journal);
        if (!shown && !e->unshown)
                log_warning("journal-unshown", e->config->state.dir,
                            "the disk has no room for one more file: store and notifier, when they start, wait for it");
        e->unshown = !shown;
}
