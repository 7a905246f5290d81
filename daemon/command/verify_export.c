#include "command/verify_export.h"

#include "base/clock.h"
#include "command/verify_checkpoint.h"
#include "store/export.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct job {
        struct export_reader reader;
        struct verify_layouts layouts;
        struct verify_checkpoints checkpoints;
        struct verify_print *print;
        struct verify_database dropped; /* only what retention says */
        struct verify_journal journal;
        struct verify v;
        const char *keys;
        uint64_t *findings, broken, anchored, loose; /* segments confirmed by a checkpoint; ends that are not */
        struct verify_segment last;
};

/* --- what stands in front --- */

static void text_take(json_t *o, const char *name, char *ret, size_t size) {
        const char *text = json_string_value(json_object_get(o, name));

        (void)snprintf(ret, size, "%s", text ? text : "");
}

static uint64_t number_take(json_t *o, const char *name) {
        return (uint64_t)json_integer_value(json_object_get(o, name));
}

static int journal_take(struct job *job, json_t *o) {
        char about[80];

        job->journal.journal = (int32_t)number_take(o, "journal");
        job->journal.cursor = number_take(o, "cursor");
        text_take(o, "id", job->journal.id, sizeof job->journal.id);
        text_take(o, "site", job->journal.site, sizeof job->journal.site);
        text_take(o, "about", about, sizeof about);
        job->v.journal = job->dropped.journal = job->journal.journal;
        job->v.selected = json_is_true(json_object_get(o, "selected"));
        job->v.whole = !job->v.selected && number_take(o, "from") <= 1;
        return proof_journal_id(job->journal.id, job->v.journal_id) ? 0 : -EBADMSG;
}

static int layout_take(struct job *job, json_t *o) {
        char relation[64], columns[1024], types[64], time[64];
        int e;

        text_take(o, "relation", relation, sizeof relation);
        text_take(o, "columns", columns, sizeof columns);
        text_take(o, "types", types, sizeof types);
        text_take(o, "time", time, sizeof time);
        e = verify_layouts_add(&job->layouts, relation, (int)number_take(o, "layout"), columns, types, time);
        return e == -EINVAL ? -EBADMSG : e;
}

static int dropped_take(struct job *job, json_t *o) {
        struct verify_database *d = &job->dropped;
        struct verify_dropped *more = reallocarray(d->dropped, d->n_dropped + 1, sizeof *more);

        if (!more)
                return -ENOMEM;
        d->dropped = more;
        more = &d->dropped[d->n_dropped++];
        *more = (struct verify_dropped){ .journal = job->journal.journal,
                                         .first = number_take(o, "first_seq"),
                                         .last = number_take(o, "last_seq"),
                                         .from_day = (int64_t)number_take(o, "from_day"),
                                         .to_day = (int64_t)number_take(o, "to_day"),
                                         .first_segment = number_take(o, "first_segment"),
                                         .last_segment = number_take(o, "last_segment") };
        verify_dropped_chain(more, json_string_value(json_object_get(o, "chain")));
        text_take(o, "relation", more->relation, sizeof more->relation);
        return 0;
}

static int json_take(struct job *job, int (*take)(struct job *, json_t *)) {
        json_t *o = json_loadb(job->reader.body.p, job->reader.body.n, 0, NULL);
        int e = o ? take(job, o) : -EBADMSG;

        json_decref(o);
        return e;
}

static int front_read(struct job *job) {
        struct export_reader *r = &job->reader;
        int e = 0;

        for (; e >= 0; export_next(r)) {
                switch ((int)r->kind) {
                case EXPORT_JOURNAL:
                        e = json_take(job, journal_take);
                        break;
                case EXPORT_CHECKPOINT:
                        e = verify_checkpoints_line(&job->checkpoints, r->body);
                        break;
                case EXPORT_LAYOUT:
                        e = json_take(job, layout_take);
                        break;
                case EXPORT_DROPPED:
                        e = json_take(job, dropped_take);
                        break;
                default:
                        return 0;
                }
                if (e == -EBADMSG) {
                        job->broken++;
                        e = 0;
                }
        }
        return e;
}

/* --- the rest --- */

static void job_found(void *userdata, const struct verify_finding *finding) {
        struct job *job = userdata;

        ++*job->findings;
        verify_print_finding(job->print, finding);
}

static void loose_end(struct job *job, uint64_t next) {
        if (job->last.segment > 0 && next != job->last.segment + 1 && job->anchored != job->last.segment)
                job->loose++;
}

static int job_window(void *userdata, struct verify *v, const struct verify_window *window) {
        struct job *job = userdata;

        verify_checkpoints_window(&job->checkpoints, v, window);
        for (size_t i = 0; i < window->n; i++) {
                loose_end(job, window->segments[i].segment);
                job->last = window->segments[i];
                if (verify_checkpoints_confirm(&job->checkpoints, v, &job->last))
                        job->anchored = job->last.segment;
        }
        return 0;
}

static bool job_dropped(void *userdata, const char *relation, const struct proof_place *place, bool dated) {
        struct job *job = userdata;

        return verify_database_dropped(&job->dropped, relation, place, dated);
}

static bool job_given_up(void *userdata, const char *relation, const struct verify_segment *segment) {
        const struct job *job = userdata;

        return verify_database_given_up(&job->dropped, relation, segment);
}

static bool job_removed(void *userdata, const struct verify_segment *last, const struct verify_segment *next) {
        const struct job *job = userdata;

        return verify_database_removed(&job->dropped, last, next);
}

static bool job_removed_at(void *userdata, uint64_t segment, const uint8_t hash[PROOF_HASH]) {
        const struct job *job = userdata;

        return verify_database_removed_at(&job->dropped, segment, hash);
}

static void end_check(struct job *job) {
        uint64_t stray = job->reader.stray + job->broken;

        if (!job->reader.ended)
                verify_tell(&job->v, VERIFY_EXPORT_ALTERED, "", 0, NULL,
                            "the file is not as it was written, or not to its end");
        if (stray > 0)
                verify_tell(&job->v, VERIFY_EXPORT_ALTERED, "", 0, NULL,
                            "%" PRIu64 " records of the file stand where none belong, or cannot be read", stray);
}

static void notes(struct job *job, size_t held) {
        const struct verify_figures *f = &job->v.figures;
        char key[2 * crypto_sign_PUBLICKEYBYTES + 1];

        if (job->v.selected)
                verify_print_note(job->print,
                                  "some rows, with what it takes to prove them; %" PRIu64
                                  " more rows of the same transactions are not part of this export",
                                  f->absent);
        verify_print_note(job->print, "%zu checkpoints were held against it", held);
        for (size_t i = 0; i < job->checkpoints.n && !job->keys; i++) {
                if (i > 0 && memcmp(job->checkpoints.items[i].key, job->checkpoints.items[i - 1].key,
                                    sizeof job->checkpoints.items[i].key) == 0)
                        continue;
                (void)sodium_bin2hex(key, sizeof key, job->checkpoints.items[i].key, crypto_sign_PUBLICKEYBYTES);
                verify_print_note(job->print, "signed with the key %s: is it yours?", key);
        }
        if (job->loose > 0)
                verify_print_note(job->print,
                                  "%" PRIu64 " stretches of the chain end without a checkpoint: nothing from outside "
                                  "the database confirms them",
                                  job->loose);
}

static int job_run(struct job *job) {
        int64_t began = clock_boot();
        size_t held;
        int e;

        verify_print_journal(job->print, &job->journal);
        job->v.source = export_source(&job->reader, &job->layouts);
        e = verify_run(&job->v);
        if (e)
                return e;
        loose_end(job, 0);
        end_check(job);
        held = verify_checkpoints_end(&job->checkpoints, &job->v);
        if (job->checkpoints.bad > 0)
                verify_tell(&job->v, VERIFY_CHECKPOINT_ALTERED, "", 0, NULL,
                            "%" PRIu64 " checkpoints are not signed by the key", job->checkpoints.bad);
        if (job->checkpoints.retired > 0)
                verify_tell(&job->v, VERIFY_CHECKPOINT_UNSIGNED, "", 0, NULL,
                            "%" PRIu64 " checkpoints are signed by a key that had been retired before",
                            job->checkpoints.retired);
        notes(job, held);
        verify_print_figures(job->print, &job->journal, &job->v.figures, clock_boot() - began);
        return 0;
}

static int opened(const char *path, int e) {
        if (e)
                (void)fprintf(stderr, "wardwatch verify: %s: %s\n", path,
                              e < 0 ? strerror(-e) : "it is no export; `wardwatch export` makes one");
        return e ? REPLAY_E_TOLD : 0;
}

int verify_export(const char *path, const char *checkpoints, const char *keys, struct verify_print *print,
                  uint64_t *findings, bool *selected) {
        struct job job = { .print = print, .keys = keys, .findings = findings };
        int e = opened(path, export_reader_open(&job.reader, path));

        job.v = (struct verify){ .layouts = &job.layouts,
                                 .userdata = &job,
                                 .found = job_found,
                                 .progress = job_window,
                                 .dropped = job_dropped,
                                 .given_up = job_given_up,
                                 .removed = job_removed,
                                 .removed_at = job_removed_at };
        if (!e)
                e = front_read(&job);
        if (!e)
                e = checkpoints ? verify_checkpoints_read(&job.checkpoints, checkpoints, false) : 0;
        if (!e)
                e = verify_checkpoints_ready(&job.checkpoints, keys);
        if (!e)
                e = job_run(&job);
        *selected = job.v.selected;
        export_reader_close(&job.reader);
        verify_deinit(&job.v);
        verify_layouts_deinit(&job.layouts);
        verify_checkpoints_deinit(&job.checkpoints);
        free(job.dropped.dropped);
        return e;
}
