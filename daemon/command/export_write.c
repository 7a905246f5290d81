#include "command/export_write.h"

#include "command/replay_database.h"
#include "store/export.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

struct job {
        const struct export_request *request;
        struct export_result *result;
        struct verify_database database;
        struct verify_checkpoints checkpoints;
        struct export_writer writer;
        struct verify_journal journal;
        uint8_t journal_id[16];
};

/* --- what stands in front --- */

static int journal_choose(struct job *job) {
        const char *wanted = job->request->database->journal;
        struct verify_journal *all = NULL;
        size_t n = 0, i;
        int e = verify_database_journals(&job->database, &all, &n);

        if (e)
                return e;
        for (i = n; i > 0 && wanted && all[i - 1].journal != atoi(wanted); i--)
                ;
        if (i > 0)
                job->journal = all[i - 1];
        free(all);
        if (i == 0)
                return replay_database_tell("it holds no such journal",
                                            "`SELECT * FROM wardwatch.journal` shows those it has");
        job->result->journal = job->journal.journal;
        return proof_journal_id(job->journal.id, job->journal_id) ? 0 : -EINVAL;
}

static int checkpoints_load(struct job *job) {
        const char *path = job->request->checkpoints;
        int e = *path ? verify_checkpoints_read(&job->checkpoints, path, false) : 0;

        return e ? e : verify_checkpoints_ready(&job->checkpoints, NULL);
}

static void put_json(struct job *job, enum export_frame kind, json_t *o) {
        char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

        if (text)
                export_put(&job->writer, kind, ww_str(text));
        else
                job->writer.out->error = -ENOMEM;
        free(text);
        json_decref(o);
}

static void put_journal(struct job *job) {
        const struct export_request *r = job->request;

        put_json(job, EXPORT_JOURNAL,
                 json_pack("{s:i, s:s, s:s, s:b, s:s, s:I, s:I, s:I}", "journal", (int)job->journal.journal, "id",
                           job->journal.id, "site", job->journal.site, "selected", r->picks != NULL, "about", r->about,
                           "from", (json_int_t)r->from, "to", (json_int_t)r->to, "cursor",
                           (json_int_t)job->journal.cursor));
}

static bool segment_picked(const struct verify_picks *p, uint64_t segment) {
        size_t low = 0, high = p->n_segments;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (p->segments[middle] < segment)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < p->n_segments && p->segments[low] == segment;
}

static void put_line(struct job *job, const struct buf *line) {
        if (line->error)
                job->writer.out->error = line->error;
        else
                export_put(&job->writer, EXPORT_CHECKPOINT, (struct ww_str){ (char *)line->p, line->n - 1 });
}

static void put_checkpoints(struct job *job) {
        _cleanup_buf_ struct buf line = BUF_INIT;
        const struct verify_checkpoints *c = &job->checkpoints;

        for (size_t i = 0; i < c->keys.n; i++) {
                buf_reset(&line);
                proof_handover_line(&c->keys.handovers[i], &line);
                put_line(job, &line);
        }
        for (size_t i = 0; i < c->n; i++) {
                if (memcmp(c->items[i].journal_id, job->journal_id, 16) != 0 ||
                    (job->request->picks &&
                     (c->superseded[i] || !segment_picked(job->request->picks, c->items[i].segment))))
                        continue;
                buf_reset(&line);
                proof_checkpoint_line(&c->items[i], &line);
                put_line(job, &line);
                job->result->checkpoints++;
        }
}

static json_t *dropped_json(const struct verify_dropped *d) {
        char chain[2 * PROOF_HASH + 1];
        json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I}", "relation", d->relation, "first_seq", (json_int_t)d->first,
                              "last_seq", (json_int_t)d->last, "from_day", (json_int_t)d->from_day, "to_day",
                              (json_int_t)d->to_day);

        if (o && d->first_segment > 0)
                (void)json_object_update_new(o,
                                             json_pack("{s:I, s:I, s:s}", "first_segment", (json_int_t)d->first_segment,
                                                       "last_segment", (json_int_t)d->last_segment, "chain",
                                                       sodium_bin2hex(chain, sizeof chain, d->chain, PROOF_HASH)));
        return o;
}

static void put_dropped(struct job *job) {
        for (size_t i = 0; i < job->database.n_dropped && !job->request->picks; i++) {
                const struct verify_dropped *d = &job->database.dropped[i];

                if (d->journal == job->journal.journal)
                        put_json(job, EXPORT_DROPPED, dropped_json(d));
        }
}

/* --- the rest, as it is verified --- */

static void job_found(void *userdata, const struct verify_finding *finding) {
        struct job *job = userdata;

        job->result->findings++;
        if (job->request->print)
                verify_print_finding(job->request->print, finding);
}

static int job_window(void *userdata, struct verify *v, const struct verify_window *window) {
        struct job *job = userdata;

        verify_checkpoints_window(&job->checkpoints, v, window);
        return 0;
}

static bool job_dropped(void *userdata, const char *relation, const struct proof_place *place, bool dated) {
        struct job *job = userdata;

        return verify_database_dropped(&job->database, relation, place, dated);
}

static bool job_given_up(void *userdata, const char *relation, const struct verify_segment *segment) {
        const struct job *job = userdata;

        return verify_database_given_up(&job->database, relation, segment);
}

static bool job_removed(void *userdata, const struct verify_segment *last, const struct verify_segment *next) {
        const struct job *job = userdata;

        return verify_database_removed(&job->database, last, next);
}

static bool job_removed_at(void *userdata, uint64_t segment, const uint8_t hash[PROOF_HASH]) {
        const struct job *job = userdata;

        return verify_database_removed_at(&job->database, segment, hash);
}

static int source_begin(struct job *job, struct verify_source *ret) {
        const struct export_request *r = job->request;
        int e;

        if (!r->picks)
                return verify_database_begin(&job->database, job->journal.journal, r->from, r->to, ret);
        e = verify_picks_place(r->picks, &job->database, job->journal.journal);
        if (!e)
                e = verify_picks_reach(r->picks, &job->checkpoints, job->journal_id);
        if (!e)
                verify_database_begin_picked(&job->database, job->journal.journal, r->picks, ret);
        job->result->older = r->picks->older;
        return e;
}

static int job_run(struct job *job) {
        struct verify v = { .journal = job->journal.journal,
                            .whole = job->request->from <= 1 && !job->request->picks,
                            .selected = job->request->picks != NULL,
                            .layouts = &job->database.layouts,
                            .userdata = job,
                            .found = job_found,
                            .progress = job_window,
                            .dropped = job_dropped,
                            .given_up = job_given_up,
                            .removed = job_removed,
                            .removed_at = job_removed_at };
        struct verify_source source;
        int e = source_begin(job, &source);

        if (e)
                return e;
        memcpy(v.journal_id, job->journal_id, sizeof v.journal_id);
        put_journal(job);
        put_checkpoints(job);
        export_put_layouts(&job->writer, &job->database.layouts);
        put_dropped(job);
        v.source = export_tee(&job->writer, &source, &job->database.layouts);
        e = verify_run(&v);
        if (e > 0)
                e = replay_database_tell(wire_error(job->database.wire)->text, "the log of the database says more");
        job->result->figures = v.figures;
        if (v.last.segment > job->checkpoints.reached)
                job->result->unconfirmed = v.last.segment - job->checkpoints.reached;
        verify_deinit(&v);
        return e ? e : export_end(&job->writer);
}

int export_write(const struct export_request *request, struct buf *out, struct export_result *ret) {
        struct job job = { .request = request, .result = ret };
        int e = sodium_init() < 0 ? -EINVAL : verify_database_open(&job.database, request->database);

        *ret = (struct export_result){ 0 };
        export_writer_init(&job.writer, out);
        if (!e)
                e = journal_choose(&job);
        if (!e)
                e = checkpoints_load(&job);
        if (!e)
                e = job_run(&job);
        export_writer_deinit(&job.writer);
        verify_checkpoints_deinit(&job.checkpoints);
        verify_database_close(&job.database);
        return e;
}
