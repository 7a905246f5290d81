/*
 * The start: newest good snapshot, then the replay of every input after it through the same pipeline.
 *
 * Replay writes nothing: the outputs that the pipeline gives are compared, byte for byte, with those that the journal
 * holds; a difference is a system alarm and the written ones stand. Afterwards the memory is what it was when the last
 * turn committed, and the files on the disk are journaled as a reload if their text is another.
 *
 * A record that was put aside by a careful start ("pending") was acknowledged but never decoded. It is taken now; the
 * second time it is found, it has killed the engine twice, and is taken as skipped.
 */
#include "engine_internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

#define REPLAY_INPUTS 10000
#define REPLAY_BYTES  (16 * 1024 * 1024)

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

static int engine_load_snapshot(struct engine *e, struct snapshot_head *head) {
        uint64_t seqs[16], newest = journal_head(e->journal);
        size_t n = snapshot_list(engine_snapshot_dir(e), seqs, sizeof seqs / sizeof *seqs);

        for (size_t i = 0; i < n; i++) {
                int r;

                if (seqs[i] > newest) /* of a journal that is no more */
                        continue;
                r = snapshot_load(engine_snapshot_dir(e), seqs[i], journal_id(e->journal), &engine_pipeline_sink, head,
                                  &e->pipeline);
                if (r == 0) {
                        log_info("snapshot-loaded", NULL, "state after input %" PRIu64, head->seq);
                        return 0;
                }
                log_warning("snapshot-refused", NULL, "snapshot %" PRIu64 ": %s; trying an older one", seqs[i],
                            strerror(-r));
        }
        return -ENOENT;
}

/* --- rules in force at a start without a snapshot: those of the first reload record --- */

static int engine_first_rules(struct engine *e, uint64_t tail) {
        struct journal_batch batch = { 0 };
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;
        struct ww_input input;
        int64_t time = 0;
        int r = journal_read(e->journal, tail, 16, REPLAY_BYTES, &batch);

        for (size_t i = 0; !r && i < batch.n && !ruleset; i++) {
                if (batch.items[i].output || ww_input_decode(batch.items[i].record, batch.items[i].seq, &input))
                        continue;
                time = time ? time : input.time;
                if (input.type == WW_INPUT_RELOAD)
                        r = ruleset_decode(&ruleset, input.payload, &diag);
        }
        if (!r && !ruleset) {
                log_error("replay-no-rules", NULL, "the journal begins without its rules and no snapshot can be read");
                r = -EBADMSG;
        }
        if (!r)
                r = pipeline_new(&e->pipeline, ruleset, time, &engine_pipeline_sink);
        diag_deinit(&diag);
        journal_batch_deinit(&batch);
        return r > 0 ? -EBADMSG : r;
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
                e->replayed++;
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

                r = journal_read(e->journal, from, REPLAY_INPUTS, REPLAY_BYTES, &batch);
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
        return r > 0 ? -EBADMSG : r;
}

/* --- the newest messages, for telling redeliveries --- */

static void engine_remember(struct engine *e, const struct journal_batch *batch) {
        for (size_t i = 0; i < batch->n; i++) {
                struct ww_input input;

                if (batch->items[i].output || ww_input_decode(batch->items[i].record, batch->items[i].seq, &input))
                        continue;
                if (input.type != WW_INPUT_MESSAGE || input.mid == 0)
                        continue;
                for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                        if (engine_lane_origin(lane) == input.origin)
                                redelivery_note(e->sessions[lane].redelivery, input.mid, input.topic, input.payload);
                }
        }
}

static int engine_recover_redelivery(struct engine *e) {
        uint32_t window = (uint32_t)e->config->mqtt.batch * 2;
        uint64_t head = journal_head(e->journal), tail = journal_tail(e->journal);
        uint64_t from = head > (uint64_t)window * 4 ? head - (uint64_t)window * 4 : 1;
        int r = 0;

        for (size_t i = 0; i < ENGINE_LANES && !r; i++)
                r = redelivery_new(&e->sessions[i].redelivery, window);
        if (from < tail)
                from = tail;
        while (!r && head && from <= head) {
                struct journal_batch batch = { 0 };

                r = journal_read(e->journal, from, REPLAY_INPUTS, REPLAY_BYTES, &batch);
                if (!r && batch.n == 0)
                        break;
                if (!r) {
                        engine_remember(e, &batch);
                        from = batch.items[batch.n - 1].seq + 1;
                }
                journal_batch_deinit(&batch);
        }
        return r > 0 ? -EBADMSG : r;
}

/* --- the record that a careful start had put aside --- */

static int engine_take_pending(struct engine *e, uint32_t deaths, struct ww_str record) {
        struct ww_input input;

        if (ww_input_decode(record, 0, &input)) {
                log_error("pending-damaged", NULL, "the record put aside cannot be read; dropped");
                return 0;
        }
        if (deaths >= 2) {
                input.flags |= WW_INPUT_SKIPPED;
                log_error("record-skipped", NULL, "a message on a topic of %zu bytes killed the engine twice",
                          input.topic.n);
        }
        e->careful_until = 0; /* it is aside already */
        return engine_append(e, &input);
}

static int engine_recover_pending(struct engine *e) {
        _cleanup_buf_ struct buf value = BUF_INIT;
        _cleanup_buf_ struct buf again = BUF_INIT;
        int64_t careful = e->careful_until;
        struct rd in;
        uint32_t deaths;
        struct ww_str record;
        int r = journal_get_meta(e->journal, "pending", &value);

        if (r || value.n == 0)
                return r == -ENOENT ? 0 : r;
        in = rd_init(buf_str(&value));
        deaths = rd_u32(&in);
        (void)rd_u64(&in);
        record = rd_str(&in);
        buf_put_u32(&again, deaths + 1);
        buf_put_u64(&again, 0);
        buf_put_str(&again, record);
        r = journal_begin(e->journal);
        if (!r)
                r = journal_put_meta(e->journal, "pending", buf_str(&again));
        if (!r)
                r = journal_commit(e->journal);
        if (!r)
                r = engine_take_pending(e, deaths, record);
        if (!r && !e->in_turn)
                r = journal_begin(e->journal), e->in_turn = !r;
        if (!r)
                r = journal_put_meta(e->journal, "pending", WW_STR_NONE);
        e->careful_until = careful;
        return r;
}

/* --- the whole --- */

static int engine_recover_empty(struct engine *e) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;
        int64_t now = clock_wall();
        int r = config_bundle(e->config, &bundle, &diag);

        if (!r)
                r = bundle_encode(&bundle, &text);
        if (!r)
                r = ruleset_compile(&ruleset, &bundle, false, &diag);
        if (r == DIAG_E_USER) {
                _cleanup_buf_ struct buf told = BUF_INIT;

                diag_render(&diag, &told);
                log_error("rules-refused", NULL, "nothing to start with; `wardwatch check` says more");
                engine_log_lines("rules-message", buf_str(&told));
        }
        diag_deinit(&diag);
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
        return r > 0 ? -EBADMSG : r;
}

static int engine_recover_journal(struct engine *e) {
        struct snapshot_head head = { 0 };
        uint64_t tail = journal_tail(e->journal);
        uint64_t from;
        int r = engine_load_snapshot(e, &head);

        if (r == 0) {
                from = head.seq + 1;
                e->clock.time = head.time;
        } else {
                from = tail;
                r = engine_first_rules(e, tail);
        }
        if (!r && from < tail) {
                log_error("replay-gap", NULL, "inputs %" PRIu64 " to %" PRIu64 " are no longer in the journal", from,
                          tail - 1);
                from = tail;
        }
        if (!r)
                r = engine_replay(e, from);
        e->seq = e->committed = journal_head(e->journal);
        clock_journal_init(&e->clock, e->clock.time, clock_wall(), clock_boot());
        return r;
}

int engine_recover(struct engine *e) {
        int64_t before = clock_boot();
        int r = engine_recover_redelivery(e);

        engine_sink.engine = e;
        if (!r)
                r = journal_head(e->journal) ? engine_recover_journal(e) : engine_recover_empty(e);
        if (!r)
                r = engine_recover_pending(e);
        if (r)
                return r;
        log_info("recovered", NULL, "head %" PRIu64 ", %" PRIu64 " inputs replayed in %" PRId64 " ms", e->seq,
                 e->replayed, (clock_boot() - before) / WW_MSEC);
        return 0;
}
