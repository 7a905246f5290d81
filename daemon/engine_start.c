/*
 * The start: newest good snapshot, the replay of what came after it (engine_replay.c), and then the intake is blind,
 * from the last moment that the journal knows: what came while we were away is still at the broker, and no deadline may
 * pass on the strength of not having seen it. What the broker will send again is in engine_pending.c, a damaged journal
 * in engine_salvage.c. Files whose text is not the journal's are taken as a reload once the loop runs.
 */
#include "engine_internal.h"

#include "base/log.h"

#include <inttypes.h>

#define SALVAGE_GAP     1000000 /* numbers left out after a salvage: those that were lost are not given out twice */
#define SNAPSHOTS_BATCH 1024    /* names of snapshots held at a time */
#define REFUSED_NAMED   8       /* refused snapshots that are told by name */

/* --- snapshot --- */

/* A number that this journal has not given out is not of it: however many such names there are, none is opened. */
static bool engine_snapshot_ahead(const struct engine *e, uint64_t seq) {
        return !e->salvaged.n && !e->predecessor[0] && seq > journal_head(e->journal);
}

/* Of this journal, or of the one that it was salvaged from: numbers stay. */
static int engine_try_snapshot(struct engine *e, uint64_t seq, struct snapshot_head *head) {
        const struct pipeline_sink sink = engine_sink(e);
        _cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
        int r = engine_snapshot_ahead(e, seq)
                        ? -ESTALE
                        : snapshot_load(engine_snapshot_dir(e), seq, NULL, &sink, head, &pipeline);

        if (r)
                return r;
        if (e->salvaged.n && !e->predecessor[0]) /* the id was lost with the rest; here it is */
                memcpy(e->predecessor, head->journal_id, sizeof e->predecessor);
        if (strcmp(head->journal_id, e->predecessor) == 0)
                e->snapshot_wanted = true; /* one of our own, soon */
        else if (strcmp(head->journal_id, journal_id(e->journal)) != 0 || seq > journal_head(e->journal))
                return -ESTALE;
        e->pipeline = pipeline;
        e->snapshot_seq = seq;
        pipeline = NULL;
        return 0;
}

static void engine_refuse_snapshot(struct engine *e, uint64_t seq, int r) {
        const char *why = r == -ESTALE    ? "of another journal"
                          : r == -EBADMSG ? "damaged"
                          : r > 0         ? "of another version, which this one cannot take over"
                                          : strerror(-r);

        if (e->refused.n++ < REFUSED_NAMED) {
                log_warning("snapshot-refused", NULL, "snapshot %" PRIu64 ": %s; trying an older one", seq, why);
                buf_printf(&e->refused.names, "%s%020" PRIu64 " (%s)", e->refused.n > 1 ? ", " : "", seq, why);
        }
        if (r == -EBADMSG || r == -ESTALE)
                snapshot_set_aside(engine_snapshot_dir(e), seq);
}

/* 0; > 0: it is refused, the next may do; -ECANCELED: it must not be passed over. */
static int engine_weigh_snapshot(struct engine *e, uint64_t seq, struct snapshot_head *head) {
        int r = engine_try_snapshot(e, seq, head);

        worker_alive(e->worker);
        if (r == 0) {
                log_info("snapshot-loaded", NULL, "state after input %" PRIu64, head->seq);
                return 0;
        }
        if (r == SNAPSHOT_E_OTHER && !e->options.replay_other_version) {
                engine_version_unreadable(e, head);
                return -ECANCELED;
        }
        engine_refuse_snapshot(e, seq, r);
        return 1;
}

/* The newest good one, behind however many that are not. 0 also if there is none: then head->seq is 0. */
static int engine_load_snapshot(struct engine *e, struct snapshot_head *head) {
        uint64_t seqs[SNAPSHOTS_BATCH], before = UINT64_MAX;
        size_t n;

        while ((n = snapshot_list(engine_snapshot_dir(e), before, seqs, SNAPSHOTS_BATCH)) > 0) {
                for (size_t i = 0; i < n; i++) {
                        int r = engine_weigh_snapshot(e, seqs[i], head);

                        if (r <= 0)
                                return r;
                }
                before = seqs[n - 1];
        }
        *head = (struct snapshot_head){ 0 };
        return 0;
}

/* Who runs an emptied folder's journal anew knows of its old snapshots: told is who has a journal. */
static int engine_recover_refused(struct engine *e, const struct snapshot_head *snapshot, int64_t last) {
        _cleanup_buf_ struct buf words = BUF_INIT;

        if (e->refused.n == 0)
                return 0;
        buf_printf(&words, "%" PRIu64 " refused: %.*s", e->refused.n, WW_STR_ARG(buf_str(&e->refused.names)));
        if (e->refused.n > REFUSED_NAMED)
                buf_printf(&words, " and %" PRIu64 " more", e->refused.n - REFUSED_NAMED);
        buf_printf(&words, "; the state is that of snapshot %" PRIu64 " and what came after it", snapshot->seq);
        buf_put(&words, "", 1);
        return words.error ? words.error : engine_append_notice(e, "snapshot-refused", last, (const char *)words.p);
}

/* --- rules in force at a start without a snapshot: those of the first reload record, else those of the files --- */

static int engine_rules_of_files(struct engine *e, struct ruleset **ret, struct buf *text) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        int r = config_bundle(e->config, &bundle, &diag);

        if (!r)
                r = bundle_encode(&bundle, text);
        worker_alive(e->worker); /* reading and compiling are each long on a machine that others fill */
        if (!r)
                r = ruleset_compile(ret, &bundle, false, &diag);
        worker_alive(e->worker);
        if (r == DIAG_E_USER) {
                _cleanup_buf_ struct buf told = BUF_INIT;

                diag_render(&diag, &told);
                log_error("rules-refused", NULL, "nothing to start with; `wardwatch check` says more");
                engine_log_lines("rules-message", buf_str(&told));
        }
        diag_deinit(&diag);
        return r > 0 ? -EBADMSG : r;
}

/* The first records with an input among them: before it outputs may stand alone. */
static int engine_read_first(struct engine *e, uint64_t from, struct journal_batch *batch) {
        for (;;) {
                int r = engine_read(e, from, 16, batch);

                if (r || batch->n == 0)
                        return r;
                for (size_t i = 0; i < batch->n; i++)
                        if (!batch->items[i].output)
                                return 0;
                from = batch->items[batch->n - 1].seq + 1;
        }
}

static int engine_first_rules(struct engine *e, uint64_t tail) {
        const struct pipeline_sink sink = engine_sink(e);
        struct journal_batch batch = { 0 };
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;
        struct ww_input input;
        int64_t time = 0;
        int r = engine_read_first(e, tail, &batch);

        for (size_t i = 0; !r && i < batch.n && !ruleset; i++) {
                if (batch.items[i].output || ww_input_decode(batch.items[i].record, batch.items[i].seq, &input))
                        continue;
                time = time ? time : input.time;
                if (input.type == WW_INPUT_RELOAD && ruleset_decode(&ruleset, input.payload, &diag) < 0)
                        r = -ENOMEM;
        }
        worker_alive(e->worker);
        if (!r && !ruleset) {
                _cleanup_buf_ struct buf text = BUF_INIT;

                e->rebuilt = true;
                r = engine_rules_of_files(e, &ruleset, &text);
        }
        if (!r)
                r = pipeline_new(&e->pipeline, ruleset, time, &sink);
        diag_deinit(&diag);
        journal_batch_deinit(&batch);
        return r;
}

/* --- a notice of the start, at a time of its own --- */

int engine_append_notice(struct engine *e, const char *name, int64_t time, const char *words) {
        json_t *body = json_pack("{s:s, s:s}", "subject", "", "text", words);
        _cleanup_free_ char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
        struct ww_input input = { .type = WW_INPUT_NOTICE,
                                  .time = time,
                                  .received = clock_wall(),
                                  .topic = ww_str(name),
                                  .payload = ww_str(text) };

        json_decref(body);
        log_notice(name, NULL, "%s", words);
        return text ? engine_append(e, &input) : -ENOMEM;
}

static int engine_recover_blind(struct engine *e, int64_t last) {
        if (pipeline_blind(e->pipeline) || e->config->mqtt.urgent.n + e->config->mqtt.bulk.n == 0)
                return 0;
        return engine_append_notice(e, "intake-blind", last, "started; absence and supervision stand still");
}

/* --- the whole --- */

static int engine_recover_empty(struct engine *e) {
        const struct pipeline_sink sink = engine_sink(e);
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct ruleset *ruleset = NULL;
        int64_t now = clock_wall();
        int r = engine_rules_of_files(e, &ruleset, &text);

        clock_journal_init(&e->clock, WW_TIME_NONE, now, clock_boot());
        clock_boot_id(e->boot_id);
        if (!r)
                r = pipeline_new(&e->pipeline, ruleset, now, &sink);
        if (!r)
                r = engine_version_claim(e);
        if (!r) {
                /* the pipeline's own beginning: assets are enrolled at this very instant, in the replay, too */
                struct ww_input input = {
                        .type = WW_INPUT_RELOAD, .time = now, .received = now, .payload = buf_str(&text)
                };

                r = engine_append(e, &input);
        }
        return r ? r : engine_recover_blind(e, now);
}

static int engine_recover_state(struct engine *e, const struct snapshot_head *snapshot) {
        uint64_t tail = journal_tail(e->journal), head = journal_head(e->journal);
        uint64_t from = snapshot->seq ? snapshot->seq + 1 : tail;
        int r = 0;

        e->clock.time = snapshot->time;
        if (!e->pipeline)
                r = engine_first_rules(e, tail);
        if (!r && from < tail) {
                log_error("replay-gap", NULL, "inputs %" PRIu64 " to %" PRIu64 " are no longer in the journal", from,
                          tail - 1);
                from = tail;
        }
        engine_version_look(e, from, snapshot);
        if (!r)
                r = engine_replay(e, from);
        if (!r)
                r = engine_version_judge(e);
        e->seq = e->committed = head > snapshot->seq ? head : snapshot->seq;
        if (e->salvaged.n)
                e->seq += SALVAGE_GAP;
        return r;
}

static int engine_recover_journal(struct engine *e, const struct snapshot_head *snapshot) {
        int r = engine_recover_state(e, snapshot);
        int64_t last = e->clock.time;

        if (r)
                return r;
        engine_clock_recover(e, last);
        engine_space_trim(e); /* a journal that is full to its reserve takes no record before this */
        r = engine_version_claim(e);
        if (!r)
                r = engine_recover_refused(e, snapshot, last);
        return r ? r : engine_recover_blind(e, last);
}

int engine_recover(struct engine *e) {
        struct engine_pending pending = { .value = BUF_INIT };
        struct snapshot_head snapshot = { 0 };
        int64_t before = clock_boot();
        int r = engine_recover_redelivery(e);

        if (!r)
                r = engine_load_salvaged(e);
        if (!r)
                r = engine_load_pending(e, &pending);
        if (!r)
                r = engine_load_snapshot(e, &snapshot);
        worker_alive(e->worker);
        engine_space_init(e);
        if (!r)
                r = e->pipeline || journal_head(e->journal) ? engine_recover_journal(e, &snapshot)
                                                            : engine_recover_empty(e);
        if (!r)
                r = engine_recover_salvaged(e);
        if (!r)
                r = engine_recover_pending(e, &pending);
        buf_deinit(&pending.value);
        if (r)
                return r > 0 ? -EBADMSG : r;
        log_info("recovered", NULL, "head %" PRIu64 ", %" PRIu64 " inputs replayed in %" PRId64 " ms", e->seq,
                 e->replayed, (clock_boot() - before) / WW_MSEC);
        return 0;
}
