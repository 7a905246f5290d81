/*
 * Journal → PostgreSQL, exactly once, in a thread of its own.
 *
 * Why a thread: the exchange with PostgreSQL is a sequence (begin, copy, copy, commit) that reads best as one, and
 * libpq's connecting (names, several hosts, TLS) blocks unless one gives up its time limits. The loop stays free to
 * answer the supervisor: a PostgreSQL that hangs must not make the store look hung. The thread takes no part in the
 * loop; they share a struct of figures, the outbox and an eventfd.
 *
 * The turn:  journal open → connected → read behind the cursor → write (batch.c) → the next, or wait for more
 * An error anywhere drops the connection; after a pause that grows the turn begins anew, and the first thing that it
 * does is to ask PostgreSQL for the cursor. So a COMMIT whose answer was lost needs no care of its own: the cursor
 * tells.
 *
 * What may be stored: a record can be seen in the journal a moment before it is safe on the disk (LMDB's meta page is
 * visible to readers while it is being synced). A row of a record that a power cut then takes away would be a row that
 * was never received. So the thread goes as far as the engine has told it (the engine tells after its commit), and
 * where no engine tells, as far as it saw a second ago.
 *
 * Cursor and journal that do not fit: behind the journal's tail → the gap is recorded and told, and it goes on; ahead
 * of its head, or another record at its place → the journal was set back, nothing is written (drain_connect.c).
 */
#include "base/clock.h"
#include "base/log.h"
#include "store/drain_internal.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define READ_BYTES     (8 * 1024 * 1024) /* of records in one batch, besides database.batch_rows */
#define HEAD_EVERY     WW_SECOND         /* how often the journal's head is looked at without being told */
#define BACKOFF_MIN    (100 * WW_MSEC)
#define BACKOFF_MAX    (2 * WW_SECOND) /* a try costs next to nothing: a database that is back does not wait for us */
#define LOST_AFTER     (5 * WW_SECOND) /* a restart of the database shorter than this is no alarm */
#define BACKOFF_DOUBLE 5               /* 100 ms × 2⁵ > 2 s */

/* --- waiting --- */

/* Sleeps until woken, until PostgreSQL says something unasked, or for `usec`. */
static void drain_wait(struct drain *d, int64_t usec) {
        struct pollfd p[2] = { { .fd = d->wake_fd, .events = POLLIN },
                               { .fd = d->wire ? wire_fd(d->wire) : -1, .events = POLLIN } };
        uint64_t count;

        if (atomic_load(&d->stop))
                return;
        (void)poll(p, 2, (int)((usec + WW_MSEC - 1) / WW_MSEC));
        if (p[0].revents)
                (void)!read(d->wake_fd, &count, sizeof count);
}

/* A pause that wake-ups do not shorten; only the end does. */
static void drain_pause(struct drain *d, int64_t usec) {
        int64_t until = clock_boot() + usec;

        for (int64_t left = usec; left > 0 && !atomic_load(&d->stop); left = until - clock_boot())
                drain_wait(d, left);
}

static int64_t drain_backoff(struct drain *d) {
        unsigned doubled = d->failures < BACKOFF_DOUBLE ? d->failures : BACKOFF_DOUBLE;
        int64_t usec = BACKOFF_MIN << doubled;

        d->failures++;
        if (usec > BACKOFF_MAX)
                usec = BACKOFF_MAX;
        /* up to half of it less, so that all stores of a database do not come back at once */
        return usec - (int64_t)((uint64_t)clock_boot() * 2654435761U % (uint64_t)(usec / 2));
}

/* --- what may be stored --- */

static uint64_t drain_head(struct drain *d) {
        uint64_t told = atomic_load(&d->told), head = journal_head(d->journal);
        int64_t now = clock_boot();

        if (now - d->seen_at >= HEAD_EVERY) {
                d->safe = d->seen;
                d->seen = head;
                d->seen_at = now;
        }
        if (told > head)
                told = head;
        return told > d->safe ? told : d->safe;
}

/* --- notices about the database itself --- */

static void drain_lost(struct drain *d) {
        struct drain_figures f;

        drain_figures(d, &f);
        if (d->lost_said || !f.down_since || clock_boot() - f.down_since < LOST_AFTER)
                return;
        (void)snprintf(d->lost_id, sizeof d->lost_id, "store-lost-%" PRId64, clock_wall());
        outbox_put(d->outbox, d->lost_id, "database-lost", "postgresql", f.trouble);
        d->lost_said = d->back_owed = true;
}

/* Also once after a start: a store that was restarted meanwhile does not know what its predecessor said. */
static void drain_back(struct drain *d) {
        char id[96];

        if (!d->back_owed)
                return;
        (void)snprintf(id, sizeof id, "store-back-%" PRId64, clock_wall());
        outbox_put(d->outbox, id, "database-back", "postgresql", "rows are being stored again");
        d->back_owed = d->lost_said = false;
}

/* --- the turn --- */

static void drain_count(struct drain *d, uint64_t head) {
        const struct batch_figures *now = &d->batch.figures;

        const uint64_t one = 1;
        bool moved;

        (void)pthread_mutex_lock(&d->lock);
        moved = d->figures.cursor != d->batch.cursor.seq;
        d->figures.head = head;
        d->figures.cursor = d->batch.cursor.seq;
        d->figures.rows += now->rows;
        d->figures.records += now->records;
        d->figures.transactions += now->transactions;
        d->figures.quarantined += now->quarantined;
        d->figures.retries += now->retries;
        (void)pthread_mutex_unlock(&d->lock);
        d->batch.figures = (struct batch_figures){ 0 };
        if (moved)
                (void)!write(d->moved_fd, &one, sizeof one);
}

/* What the loop is to publish: a new one, or the last of an earlier life. */
static void drain_show_checkpoint(struct drain *d) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        const uint64_t one = 1;

        if (checkpoint_text(&d->checkpoint, &text) != 0 || text.n == 0)
                return;
        buf_put_u8(&text, 0);
        if (text.error)
                return; /* without memory: the next one is shown */
        free(d->checkpoint_text);
        d->checkpoint_text = strdup((const char *)text.p);
        d->figures.checkpoint = d->checkpoint.last.number;
        d->figures.checkpoint_seq = d->checkpoint.last.seq;
        (void)!write(d->moved_fd, &one, sizeof one);
}

static void drain_seal(struct drain *d, bool at_once) {
        uint64_t made = d->checkpoint.made, failed = d->checkpoint.failed, last = atomic_load(&d->last);

        checkpoint_turn(&d->checkpoint, &d->batch.seal, at_once || (last > 0 && d->batch.cursor.seq >= last));
        if (last > 0 && d->checkpoint.last.seq >= last)
                atomic_store(&d->last, 0);
        (void)pthread_mutex_lock(&d->lock);
        d->figures.checkpoints += d->checkpoint.made - made;
        d->figures.checkpoints_failed += d->checkpoint.failed - failed;
        d->figures.checkpoint_at = d->checkpoint.last.time;
        if (d->figures.checkpoint != d->checkpoint.last.number)
                drain_show_checkpoint(d);
        (void)pthread_mutex_unlock(&d->lock);
}

static void drain_count_time(struct drain *d, int64_t took) {
        (void)pthread_mutex_lock(&d->lock);
        d->figures.write_time += took;
        (void)pthread_mutex_unlock(&d->lock);
}

/* The journal no longer has what comes after the cursor. */
static int drain_gap(struct drain *d) {
        uint64_t tail = journal_tail(d->journal), first = d->batch.cursor.seq + 1;
        char id[96], subject[64], text[200];
        int e;

        if (tail <= first)
                return 0;
        (void)snprintf(text, sizeof text,
                       "inputs %" PRIu64 " to %" PRIu64 " were trimmed from the journal before they were stored", first,
                       tail - 1);
        e = batch_gap(&d->batch, tail - 1, text);
        if (e)
                return e;
        (void)snprintf(id, sizeof id, "store-%s-gap-%" PRIu64, journal_id(d->journal), first);
        (void)snprintf(subject, sizeof subject, "inputs %" PRIu64 " to %" PRIu64, first, tail - 1);
        outbox_put(d->outbox, id, "store-gap", subject, text);
        log_error("store-gap", subject, "%s", text);
        return 0;
}

static int drain_idle(struct drain *d) {
        bool told = atomic_load(&d->told) > d->batch.cursor.seq;

        drain_wait(d, HEAD_EVERY);
        if (!told && atomic_load(&d->told) > d->batch.cursor.seq)
                drain_pause(d, d->config->database.batch_wait); /* company for the first row after a lull */
        return wire_idle(d->wire);
}

static int drain_turn(struct drain *d) {
        uint64_t head = drain_head(d);
        int64_t began;
        int e;

        drain_count(d, head);
        drain_seal(d, false);
        if (head <= d->batch.cursor.seq)
                return drain_idle(d);
        e = journal_read(d->journal, d->batch.cursor.seq + 1, (size_t)d->config->database.batch_rows, READ_BYTES,
                         &d->read);
        if (e == JOURNAL_E_TRIMMED)
                return drain_gap(d);
        if (e)
                return e < 0 ? e : -EIO;
        began = clock_boot();
        e = batch_write(&d->batch, &d->read, head);
        drain_count_time(d, clock_boot() - began);
        drain_count(d, head);
        return e;
}

/* --- the thread --- */

static void drain_failed(struct drain *d, int e) {
        if (e == CURSOR_E_MOVED)
                (void)drain_trouble(d, "cursor-moved", "somebody else has moved the cursor: reading it again");
        else if (e < 0)
                (void)drain_trouble(d, "store-error", "%s", strerror(-e));
        else if (e != DRAIN_E_TROUBLE && d->wire)
                (void)drain_trouble(d, "database-lost", "%s", wire_error(d->wire)->text);
        drain_disconnect(d);
        drain_lost(d);
        drain_pause(d, drain_backoff(d));
        drain_lost(d);
}

static void *drain_run(void *userdata) {
        struct drain *d = userdata;

        while (!atomic_load(&d->stop)) {
                int e = drain_journal(d);

                if (drain_replaced(d)) {
                        log_notice("journal-replaced", NULL, "another journal stands in %s: starting afresh",
                                   d->config->state.dir);
                        (void)pthread_mutex_lock(&d->lock);
                        d->figures.replaced = true;
                        (void)pthread_mutex_unlock(&d->lock);
                        break;
                }
                if (!e)
                        e = drain_connect(d);
                if (!e)
                        e = drain_turn(d);
                if (e) {
                        drain_failed(d, e);
                        continue;
                }
                d->failures = 0;
                drain_back(d);
        }
        if (d->wire)
                drain_seal(d, true);
        drain_disconnect(d);
        atomic_store(&d->ended, true);
        return NULL;
}

static int drain_start(struct drain *d) {
        sigset_t all, old;
        int r;

        /* signals are the loop's */
        (void)sigfillset(&all);
        (void)pthread_sigmask(SIG_SETMASK, &all, &old);
        r = pthread_create(&d->thread, NULL, drain_run, d);
        (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
        d->started = r == 0;
        return -r;
}

int drain_new(struct drain **ret, const struct config *config, struct outbox *outbox) {
        struct drain *d = calloc(1, sizeof *d);
        int e;

        if (!d)
                return -ENOMEM;
        d->config = config;
        d->outbox = outbox;
        d->back_owed = true;
        d->figures.down_since = clock_boot();
        (void)pthread_mutex_init(&d->lock, NULL);
        d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        d->moved_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        e = d->wake_fd < 0 || d->moved_fd < 0 ? -errno : drain_start(d);
        if (e) {
                (void)drain_free(d, 0);
                return e;
        }
        *ret = d;
        return 0;
}

static void drain_signal(struct drain *d) {
        const uint64_t one = 1;

        (void)!write(d->wake_fd, &one, sizeof one);
}

bool drain_free(struct drain *d, int64_t wait) {
        int64_t until = clock_boot() + wait;

        if (!d)
                return true;
        atomic_store(&d->stop, true);
        if (d->started) {
                struct timespec t = { .tv_nsec = 5 * 1000 * 1000 };

                drain_signal(d);
                while (!atomic_load(&d->ended) && clock_boot() < until)
                        (void)nanosleep(&t, NULL);
                if (!atomic_load(&d->ended))
                        return false;
                (void)pthread_join(d->thread, NULL);
        }
        cleanup_closep(&d->wake_fd);
        cleanup_closep(&d->moved_fd);
        journal_close(d->journal);
        journal_batch_deinit(&d->read);
        (void)pthread_mutex_destroy(&d->lock);
        free(d->checkpoint_text);
        free(d);
        return true;
}

void drain_wake(struct drain *d, uint64_t head) {
        atomic_store(&d->told, head);
        drain_signal(d);
}

void drain_last(struct drain *d, uint64_t seq) {
        atomic_store(&d->last, seq);
        drain_signal(d);
}

char *drain_checkpoint_text(struct drain *d) {
        char *text;

        (void)pthread_mutex_lock(&d->lock);
        text = d->checkpoint_text ? strdup(d->checkpoint_text) : NULL;
        (void)pthread_mutex_unlock(&d->lock);
        return text;
}

int drain_fd(const struct drain *d) {
        return d->moved_fd;
}

void drain_figures(struct drain *d, struct drain_figures *ret) {
        (void)pthread_mutex_lock(&d->lock);
        *ret = d->figures;
        (void)pthread_mutex_unlock(&d->lock);
}
