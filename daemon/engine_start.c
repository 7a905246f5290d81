/*
 * The start: newest good snapshot, then the replay of every input after it through the same pipeline.
 *
 * Replay writes nothing: the outputs that the pipeline gives are compared, byte for byte, with those that the journal
 * holds; a difference is a system alarm and the written ones stand. Afterwards the memory is what it was when the last
 * turn committed, and the files on the disk are journaled as a reload if their text is another.
 *
 * Then the intake is blind, from the last moment that the journal knows: what came while we were away is still at the
 * broker, and no deadline may pass on the strength of not having seen it.
 *
 * A record that was put aside by a careful start ("pending") was received but its turn never committed. It is taken
 * now; the second time it is found, it has killed the engine twice, and is taken as skipped.
 */
#include "engine_internal.h"

#include "alarm/alarm.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

#define REPLAY_INPUTS 10000
#define REPLAY_BYTES  (16 * 1024 * 1024)
#define SALVAGE_GAP   1000000 /* numbers left out after a salvage: those that were lost are not given out twice */
#define REPLAY_ALIVE  1000    /* inputs between two signs of life */

struct engine_replay {
        struct buf scratch;
        const struct journal_batch *batch;
        size_t at; /* the next written output of the input at work */
        uint64_t seq;
        uint64_t differs, first_difference;
};

/* The pipeline keeps one sink for life; while replaying it is pointed here. */
struct engine_sink {
        struct engine *engine;
        struct engine_replay *replay; /* NULL = live */
};

static struct engine_sink engine_sink;

static void engine_replay_differs(struct engine_replay *r) {
        if (r->differs++ == 0)
                r->first_difference = r->seq;
}

static int engine_replay_output(struct engine_replay *r, const struct ww_output *output) {
        const struct journal_item *item = r->at < r->batch->n ? &r->batch->items[r->at] : NULL;
        int e;

        buf_reset(&r->scratch);
        e = ww_output_encode(output, &r->scratch);
        if (e)
                return e;
        if (!item || !item->output || item->seq != output->seq || !ww_str_equal(item->record, buf_str(&r->scratch)))
                engine_replay_differs(r);
        else
                r->at++;
        return 0;
}

static int engine_sink_output(void *userdata, const struct ww_output *output) {
        const struct engine_sink *s = userdata;

        return s->replay ? engine_replay_output(s->replay, output) : engine_turn_output(s->engine, output);
}

static int engine_sink_live(void *userdata, const struct ww_alarm *alarm) {
        const struct engine_sink *s = userdata;

        return s->replay ? 0 : engine_turn_live(s->engine, alarm);
}

static const struct pipeline_sink engine_pipeline_sink = { &engine_sink, engine_sink_output, engine_sink_live };

/* --- snapshot --- */

/* Of this journal, or of the one that it was salvaged from: numbers stay. */
static int engine_try_snapshot(struct engine *e, uint64_t seq, struct snapshot_head *head) {
        _cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
        int r = snapshot_load(engine_snapshot_dir(e), seq, NULL, &engine_pipeline_sink, head, &pipeline);

        if (r)
                return r;
        if (e->salvaged.n && !e->predecessor[0]) /* the id was lost with the rest; here it is */
                memcpy(e->predecessor, head->journal_id, sizeof e->predecessor);
        if (strcmp(head->journal_id, e->predecessor) == 0)
                e->snapshot_wanted = true; /* one of our own, soon */
        else if (strcmp(head->journal_id, journal_id(e->journal)) != 0 || seq > journal_head(e->journal))
                return -ESTALE;
        e->pipeline = pipeline;
        pipeline = NULL;
        return 0;
}

static int engine_load_snapshot(struct engine *e, struct snapshot_head *head) {
        uint64_t seqs[16];
        size_t n = snapshot_list(engine_snapshot_dir(e), seqs, sizeof seqs / sizeof *seqs);

        for (size_t i = 0; i < n; i++) {
                int r = engine_try_snapshot(e, seqs[i], head);

                if (r == 0) {
                        log_info("snapshot-loaded", NULL, "state after input %" PRIu64, head->seq);
                        return 0;
                }
                log_warning("snapshot-refused", NULL, "snapshot %" PRIu64 ": %s; trying an older one", seqs[i],
                            r == -ESTALE ? "of another journal" : strerror(-r));
                if (r == -EBADMSG || r == -ESTALE) /* it must not count as one of the two that trimming stays behind */
                        snapshot_set_aside(engine_snapshot_dir(e), seqs[i]);
        }
        return -ENOENT;
}

/* Every read of the start. Damage that the opening did not find ends the process: a journal that was not closed in
 * order is checked page by page, and salvaged if need be. */
static int engine_read(struct engine *e, uint64_t from, size_t inputs, struct journal_batch *batch) {
        int r = journal_read(e->journal, from, inputs, REPLAY_BYTES, batch);

        if (r == JOURNAL_E_DAMAGED)
                engine_fatal("the journal is damaged", -EUCLEAN);
        return r > 0 ? -EBADMSG : r;
}

/* --- rules in force at a start without a snapshot: those of the first reload record, else those of the files --- */

static int engine_rules_of_files(struct engine *e, struct ruleset **ret, struct buf *text) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        int r = config_bundle(e->config, &bundle, &diag);

        if (!r)
                r = bundle_encode(&bundle, text);
        if (!r)
                r = ruleset_compile(ret, &bundle, false, &diag);
        if (r == DIAG_E_USER) {
                _cleanup_buf_ struct buf told = BUF_INIT;

                diag_render(&diag, &told);
                log_error("rules-refused", NULL, "nothing to start with; `wardwatch check` says more");
                engine_log_lines("rules-message", buf_str(&told));
        }
        diag_deinit(&diag);
        return r > 0 ? -EBADMSG : r;
}

static int engine_first_rules(struct engine *e, uint64_t tail) {
        struct journal_batch batch = { 0 };
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;
        struct ww_input input;
        int64_t time = 0;
        int r = engine_read(e, tail, 16, &batch);

        for (size_t i = 0; !r && i < batch.n && !ruleset; i++) {
                if (batch.items[i].output || ww_input_decode(batch.items[i].record, batch.items[i].seq, &input))
                        continue;
                time = time ? time : input.time;
                if (input.type == WW_INPUT_RELOAD && ruleset_decode(&ruleset, input.payload, &diag) < 0)
                        r = -ENOMEM;
        }
        if (!r && !ruleset) {
                _cleanup_buf_ struct buf text = BUF_INIT;

                e->rebuilt = true;
                r = engine_rules_of_files(e, &ruleset, &text);
        }
        if (!r)
                r = pipeline_new(&e->pipeline, ruleset, time, &engine_pipeline_sink);
        diag_deinit(&diag);
        journal_batch_deinit(&batch);
        return r;
}

/* --- replay --- */

static int engine_replay_input(struct engine *e, struct engine_replay *replay, const struct journal_item *item) {
        struct ww_input input;
        int r = ww_input_decode(item->record, item->seq, &input);

        replay->seq = item->seq;
        if (r) { /* damaged: passed over, as if it had never come */
                engine_replay_differs(replay);
                return 0;
        }
        e->clock.time = input.time;
        r = pipeline_input(e->pipeline, &input);
        if (r == -EBADMSG && input.type == WW_INPUT_RELOAD) { /* no rules for this version: the old ones stay */
                engine_replay_differs(replay);
                return 0;
        }
        if (r)
                return r;
        if (replay->at < replay->batch->n && replay->batch->items[replay->at].output)
                engine_replay_differs(replay); /* more was written than is concluded now */
        return 0;
}

static int engine_replay_batch(struct engine *e, struct engine_replay *replay, const struct journal_batch *batch) {
        replay->batch = batch;
        for (size_t i = 0; i < batch->n; i++) {
                int r;

                if (batch->items[i].output)
                        continue;
                replay->at = i + 1;
                r = engine_replay_input(e, replay, &batch->items[i]);
                if (r)
                        return r;
                if (++e->replayed % REPLAY_ALIVE == 0)
                        worker_alive(e->worker); /* a long replay is no hang */
        }
        return 0;
}

static int engine_replay(struct engine *e, uint64_t from) {
        struct engine_replay replay = { .scratch = BUF_INIT };
        uint64_t head = journal_head(e->journal);
        int r = 0;

        engine_sink.replay = &replay;
        while (!r && from <= head) {
                struct journal_batch batch = { 0 };

                r = engine_read(e, from, REPLAY_INPUTS, &batch);
                if (!r && batch.n == 0)
                        break;
                if (!r)
                        r = engine_replay_batch(e, &replay, &batch);
                if (!r)
                        from = batch.items[batch.n - 1].seq + 1;
                journal_batch_deinit(&batch);
        }
        engine_sink.replay = NULL;
        buf_deinit(&replay.scratch);
        e->replay_differs = replay.differs;
        if (replay.differs)
                engine_say(e, "replay-differs", NULL, "%" PRIu64 " outputs, the first at input %" PRIu64,
                           replay.differs, replay.first_difference);
        return r;
}

/* --- the newest messages, for telling redeliveries --- */

static void engine_remember_message(struct engine *e, const struct ww_input *input) {
        if (input->type != WW_INPUT_MESSAGE || input->mid == 0)
                return;
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                if (engine_lane_origin(lane) == input->origin)
                        redelivery_note(e->sessions[lane].redelivery, input->mid, input->topic, input->payload);
        }
}

static void engine_remember(struct engine *e, const struct journal_batch *batch) {
        for (size_t i = 0; i < batch->n; i++) {
                struct ww_input input;

                if (!batch->items[i].output &&
                    ww_input_decode(batch->items[i].record, batch->items[i].seq, &input) == 0)
                        engine_remember_message(e, &input);
        }
}

static int engine_recover_redelivery(struct engine *e) {
        uint64_t head = journal_head(e->journal), tail = journal_tail(e->journal);
        /* unacknowledged messages are in the last turns, of which commands and notices may be the greater part */
        uint64_t back = ENGINE_LANES * REDELIVERY_WINDOW + 4 * ENGINE_PENDING_MAX;
        uint64_t from = head > back ? head - back : 1;
        int r = 0;

        for (size_t i = 0; i < ENGINE_LANES && !r; i++)
                r = redelivery_new(&e->sessions[i].redelivery, REDELIVERY_WINDOW);
        if (from < tail)
                from = tail;
        while (!r && head && from <= head) {
                struct journal_batch batch = { 0 };

                r = engine_read(e, from, REPLAY_INPUTS, &batch);
                if (!r && batch.n == 0)
                        break;
                if (!r) {
                        engine_remember(e, &batch);
                        from = batch.items[batch.n - 1].seq + 1;
                }
                journal_batch_deinit(&batch);
        }
        return r;
}

/* --- the record that a careful start had put aside --- */

static int engine_take_pending(struct engine *e, uint32_t deaths, struct ww_str record) {
        int64_t careful = e->careful_until;
        struct ww_input input;
        int r;

        if (ww_input_decode(record, 0, &input)) {
                log_error("pending-damaged", NULL, "the record put aside cannot be read; dropped");
                return 0;
        }
        if (deaths >= 2) {
                input.flags |= WW_INPUT_SKIPPED;
                log_error("record-skipped", NULL, "a message on a topic of %zu bytes killed the engine twice",
                          input.topic.n);
        }
        input.time = e->clock.time;         /* it is taken now; when it was received stands in it */
        engine_remember_message(e, &input); /* it was never acknowledged: the broker will send it again */
        e->careful_until = 0;               /* it is aside already */
        r = engine_append(e, &input);
        e->careful_until = careful;
        return r;
}

struct engine_pending {
        struct buf value;
        struct ww_str record; /* in `value`; empty = none */
        uint32_t deaths;
};

/* Reads it, and counts this start as one more try, before anything else: this start may be the one that it kills. */
static int engine_load_pending(struct engine *e, struct engine_pending *p) {
        _cleanup_buf_ struct buf again = BUF_INIT;
        struct rd in;
        int r = journal_get_meta(e->journal, "pending", &p->value);

        if (r || p->value.n == 0)
                return r == -ENOENT ? 0 : r;
        in = rd_init(buf_str(&p->value));
        p->deaths = rd_u32(&in);
        (void)rd_u64(&in);
        p->record = rd_str(&in);
        buf_put_u32(&again, p->deaths + 1);
        buf_put_u64(&again, 0);
        buf_put_str(&again, p->record);
        r = again.error ? again.error : journal_begin(e->journal);
        if (!r)
                r = journal_put_meta(e->journal, "pending", buf_str(&again));
        return r ? r : journal_commit(e->journal);
}

static int engine_recover_pending(struct engine *e, const struct engine_pending *p) {
        int r = p->value.n ? engine_take_pending(e, p->deaths, p->record) : 0;

        if (r || p->value.n == 0)
                return r;
        engine_begin(e);
        return journal_put_meta(e->journal, "pending", WW_STR_NONE);
}

/* --- a notice of the start, at a time of its own --- */

static int engine_append_notice(struct engine *e, const char *name, int64_t time, const char *words) {
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

/* --- a journal that had to be salvaged, or lost its beginning --- */

static int engine_note_changed(void *userdata, const struct ww_alarm *alarm) {
        return engine_turn_live(userdata, alarm);
}

/* `live` may hold alarms that the state does not know, and lack others: every one is written anew. */
static int engine_rewrite_live(struct engine *e) {
        struct journal_batch batch = { 0 };
        int r = journal_read_live(e->journal, &batch);

        if (r == JOURNAL_E_DAMAGED)
                engine_fatal("the journal is damaged", -EUCLEAN);
        for (size_t i = 0; !r && i < batch.n; i++)
                r = engine_turn_live(e, &(struct ww_alarm){ .id = batch.items[i].seq });
        journal_batch_deinit(&batch);
        return r ? r : alarms_each(pipeline_alarms(e->pipeline), engine_note_changed, e);
}

/* The alarm about it, and the mark that it was raised, are one transaction. */
static int engine_recover_salvaged(struct engine *e) {
        _cleanup_free_ char *words = strndup(e->salvaged.p ? (char *)e->salvaged.p : "", e->salvaged.n);
        int r;

        if (!words)
                return -ENOMEM;
        if (!*words && !e->rebuilt)
                return 0;
        e->snapshot_wanted = true;
        r = engine_append_notice(e, "journal-damaged", 0,
                                 *words ? words : "no snapshot can be read: the state begins with the oldest record");
        if (!r && e->predecessor[0])
                r = journal_put_meta(e->journal, JOURNAL_META_PREDECESSOR, ww_str(e->predecessor));
        if (!r)
                r = journal_put_meta(e->journal, JOURNAL_META_SALVAGE, WW_STR_NONE);
        return r ? r : engine_rewrite_live(e);
}

static int engine_load_salvaged(struct engine *e) {
        _cleanup_buf_ struct buf id = BUF_INIT;
        int r = journal_get_meta(e->journal, JOURNAL_META_SALVAGE, &e->salvaged);

        if (!r || r == -ENOENT)
                r = journal_get_meta(e->journal, JOURNAL_META_PREDECESSOR, &id);
        (void)snprintf(e->predecessor, sizeof e->predecessor, "%.*s", WW_STR_ARG(buf_str(&id)));
        return r == -ENOENT ? 0 : r;
}

/* --- the whole --- */

static int engine_recover_empty(struct engine *e) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct ruleset *ruleset = NULL;
        int64_t now = clock_wall();
        int r = engine_rules_of_files(e, &ruleset, &text);

        clock_journal_init(&e->clock, WW_TIME_NONE, now, clock_boot());
        if (!r)
                r = pipeline_new(&e->pipeline, ruleset, now, &engine_pipeline_sink);
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
        if (!r)
                r = engine_replay(e, from);
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
        clock_journal_init(&e->clock, last, clock_wall(), clock_boot());
        engine_space_trim(e); /* a journal that is full to its reserve takes no record before this */
        return engine_recover_blind(e, last);
}

int engine_recover(struct engine *e) {
        struct engine_pending pending = { .value = BUF_INIT };
        struct snapshot_head snapshot = { 0 };
        int64_t before = clock_boot();
        int r = engine_recover_redelivery(e);

        engine_sink.engine = e;
        if (!r)
                r = engine_load_salvaged(e);
        if (!r)
                r = engine_load_pending(e, &pending);
        if (!r && engine_load_snapshot(e, &snapshot))
                snapshot = (struct snapshot_head){ 0 };
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
