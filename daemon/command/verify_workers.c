/*
 * The chain is cut into stretches of segments; each thread takes the next one that nobody has, reads it over its own
 * connection, and holds it against the segment before it. So what the threads find together is what one would have
 * found alone: a hole between two stretches belongs to the later one.
 *
 * All connections see one moment, the one of the connection that cut (pg_export_snapshot).
 */
#include "command/verify_workers.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#define STRETCHES     8 /* for each thread: they end at about the same time */
#define STRETCH_LEAST 4 /* segments */

struct shared {
        const struct verify_workers *workers;
        struct verify *v; /* what is asked for, and in the end what was found */
        uint64_t first, last, stretch;

        pthread_mutex_t telling, window; /* v's handlers; the second one is held while the first one is taken */
        pthread_mutex_t lock;            /* what follows, and what was found */
        uint64_t next;                   /* the first segment that nobody has taken */
        int error;
};

static void found(void *userdata, const struct verify_finding *finding) {
        struct shared *s = userdata;

        (void)pthread_mutex_lock(&s->telling);
        s->v->found(s->v->userdata, finding);
        (void)pthread_mutex_unlock(&s->telling);
}

static int progress(void *userdata, struct verify *v, const struct verify_window *window) {
        struct shared *s = userdata;
        int e;

        (void)pthread_mutex_lock(&s->window);
        e = s->v->progress ? s->v->progress(s->v->userdata, v, window) : 0;
        (void)pthread_mutex_unlock(&s->window);
        return e;
}

static bool dropped(void *userdata, const char *relation, const struct proof_place *place, bool dated) {
        struct shared *s = userdata;

        return s->v->dropped && s->v->dropped(s->v->userdata, relation, place, dated);
}

static bool given_up(void *userdata, const char *relation, const struct verify_segment *segment) {
        struct shared *s = userdata;

        return s->v->given_up && s->v->given_up(s->v->userdata, relation, segment);
}

static bool removed(void *userdata, const struct verify_segment *last, const struct verify_segment *next) {
        struct shared *s = userdata;

        return s->v->removed && s->v->removed(s->v->userdata, last, next);
}

static bool removed_at(void *userdata, uint64_t segment, const uint8_t hash[PROOF_HASH]) {
        struct shared *s = userdata;

        return s->v->removed_at && s->v->removed_at(s->v->userdata, segment, hash);
}

/* --- what was found --- */

static struct verify_table *table_of(struct verify_figures *f, const char *relation) {
        for (size_t i = 0; i < f->n_tables; i++) {
                if (strcmp(f->tables[i].relation, relation) == 0)
                        return &f->tables[i];
        }
        if (f->n_tables == VERIFY_TABLES_MAX)
                return &f->tables[f->n_tables - 1];
        f->tables[f->n_tables] = (struct verify_table){ .relation = relation };
        return &f->tables[f->n_tables++];
}

static void figures_add(struct verify_figures *sum, const struct verify_figures *f) {
        sum->segments += f->segments;
        sum->rows += f->rows;
        sum->dropped += f->dropped;
        sum->absent += f->absent;
        sum->removed += f->removed;
        for (size_t i = 0; i < VERIFY_KINDS_; i++)
                sum->found[i] += f->found[i];
        for (size_t i = 0; i < f->n_tables; i++) {
                struct verify_table *t = table_of(sum, f->tables[i].relation);

                t->rows += f->tables[i].rows;
                t->dropped += f->tables[i].dropped;
        }
        if (f->first_seq > 0 && (sum->first_seq == 0 || f->first_seq < sum->first_seq))
                sum->first_seq = f->first_seq;
        if (f->last_seq > sum->last_seq)
                sum->last_seq = f->last_seq;
}

/* --- a thread --- */

static bool stretch_take(struct shared *s, uint64_t *ret_after, uint64_t *ret_until) {
        bool is;

        (void)pthread_mutex_lock(&s->lock);
        is = !s->error && s->next <= s->last;
        *ret_after = s->next - 1;
        *ret_until = s->last - s->next < s->stretch ? s->last : s->next + s->stretch - 1;
        s->next = is ? *ret_until + 1 : s->next;
        (void)pthread_mutex_unlock(&s->lock);
        return is;
}

static int stretch_verify(struct shared *s, struct verify_database *d, uint64_t after, uint64_t until) {
        struct verify v = { .journal = s->v->journal,
                            .whole = s->v->whole,
                            .layouts = s->v->layouts,
                            .userdata = s,
                            .found = found,
                            .progress = progress,
                            .dropped = dropped,
                            .given_up = given_up,
                            .removed = removed,
                            .removed_at = removed_at };
        int e;

        memcpy(v.journal_id, s->v->journal_id, sizeof v.journal_id);
        e = verify_database_begin_range(d, v.journal, after, until, &v.last, &v.source);
        if (after + 1 == s->first)
                v.last.segment = 0; /* what is before it was not asked for */
        if (!e)
                e = verify_run(&v);
        (void)pthread_mutex_lock(&s->lock);
        figures_add(&s->v->figures, &v.figures);
        if (v.figures.segments > 0 && v.last.segment > s->v->last.segment)
                s->v->last = v.last;
        (void)pthread_mutex_unlock(&s->lock);
        verify_deinit(&v);
        return e;
}

static void stretches_verify(struct shared *s, struct verify_database *d, int e) {
        uint64_t after, until;

        while (!e && stretch_take(s, &after, &until))
                e = stretch_verify(s, d, after, until);
        (void)pthread_mutex_lock(&s->lock);
        if (e > 0 && e != REPLAY_E_TOLD && !s->error)
                e = replay_database_tell(wire_error(d->wire)->text, "the log of the database says more");
        if (!s->error)
                s->error = e;
        (void)pthread_mutex_unlock(&s->lock);
}

static void *worker(void *userdata) {
        struct shared *s = userdata;
        struct verify_database d = { 0 };
        int e = verify_database_open_beside(&d, s->workers->database, s->workers->where);

        stretches_verify(s, &d, e);
        d.layouts = (struct verify_layouts){ 0 }; /* the other connection's */
        verify_database_close(&d);
        return NULL;
}

static int threads_run(struct shared *s, unsigned n) {
        pthread_t threads[VERIFY_JOBS_MAX];
        unsigned started = 0;
        int e = 0;

        for (; started < n && !e; started += e == 0)
                e = pthread_create(&threads[started], NULL, worker, s);
        for (unsigned i = 0; i < started; i++)
                (void)pthread_join(threads[i], NULL);
        return started == 0 ? -e : s->error; /* fewer than wanted do as well */
}

int verify_workers_run(const struct verify_workers *w, struct verify *v) {
        struct shared s = { .workers = w,
                            .v = v,
                            .telling = PTHREAD_MUTEX_INITIALIZER,
                            .window = PTHREAD_MUTEX_INITIALIZER,
                            .lock = PTHREAD_MUTEX_INITIALIZER };
        bool several = w->jobs > 1 && *w->database->snapshot;
        int e = verify_database_segments(w->database, v->journal, w->from, w->to, &s.first, &s.last);

        w->database->journal = v->journal;
        if (e || s.last == 0)
                return e;
        s.first = v->whole ? 1 : s.first;
        s.next = s.first;
        s.stretch = s.last - s.first + 1;
        if (several)
                s.stretch /= w->jobs * STRETCHES;
        if (s.stretch < STRETCH_LEAST)
                s.stretch = STRETCH_LEAST;
        if (several && s.last - s.first >= s.stretch)
                return threads_run(&s, w->jobs);
        stretches_verify(&s, w->database, 0);
        return s.error;
}
