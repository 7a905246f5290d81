/*
 * Replay: every input after the snapshot, through the same pipeline as when it was taken.
 *
 * Nothing is written: the outputs that the pipeline gives are compared, byte for byte, with those that the journal
 * holds; a difference is a system alarm and the written ones stand. Afterwards the memory is what it was when the last
 * turn committed.
 */
#include "engine_prime.h"

#include <inttypes.h>

#define REPLAY_ALIVE 1000 /* inputs between two signs of life */

struct engine_replay {
        struct buf scratch;
        const struct journal_batch *batch;
        size_t at; /* the next written output of the input at work */
        uint64_t seq;
        uint64_t differs, first_difference;
};

/* The next written output of the input at work. */
static const struct journal_item *engine_replay_written(const struct engine_replay *r) {
        const struct journal_item *item = r->at < r->batch->n ? &r->batch->items[r->at] : NULL;

        return item && item->output && item->seq == r->seq ? item : NULL;
}

static void engine_replay_differs(struct engine_replay *r) {
        if (r->differs++ == 0)
                r->first_difference = r->seq;
}

static int engine_replay_output(struct engine_replay *r, const struct ww_output *output) {
        const struct journal_item *item = engine_replay_written(r);
        int e;

        buf_reset(&r->scratch);
        e = ww_output_encode(output, &r->scratch);
        if (e)
                return e;
        if (!item || !ww_str_equal(item->record, buf_str(&r->scratch)))
                engine_replay_differs(r);
        else
                r->at++;
        return 0;
}

/* The pipeline keeps one sink for life: while replaying it compares, afterwards it writes. */
static int engine_sink_output(void *userdata, const struct ww_output *output) {
        struct engine *e = userdata;

        return e->replay ? engine_replay_output(e->replay, output) : engine_turn_output(e, output);
}

static int engine_sink_live(void *userdata, const struct ww_alarm *alarm) {
        struct engine *e = userdata;

        return e->replay ? 0 : engine_turn_live(e, alarm);
}

static int engine_sink_live_change(void *userdata, uint64_t key) {
        struct engine *e = userdata;

        return e->replay ? 0 : engine_turn_changed(e, key);
}

static int engine_replay_alive(void *userdata) {
        struct engine *e = userdata;

        worker_alive(e->worker);
        return 0;
}

/* Only a replay asks: a live reload brings what it was primed with. */
static int engine_sink_prime(void *userdata, struct prime *prime, uint64_t from_seq, uint64_t before_seq) {
        struct engine *e = userdata;
        struct engine_prime read = { e->journal, from_seq, before_seq, engine_replay_alive, e };
        int r = engine_prime_feed(&read, prime);

        if (r == JOURNAL_E_DAMAGED)
                engine_fatal("the journal is damaged", -EUCLEAN);
        return r > 0 ? -EIO : r;
}

struct pipeline_sink engine_sink(struct engine *e) {
        return (struct pipeline_sink){ e, engine_sink_output, engine_sink_live, engine_sink_prime,
                                       engine_sink_live_change };
}

/* Every read of the start. Damage that the opening did not find ends the process: a journal that was not closed in
 * order is checked page by page, and salvaged if need be. */
int engine_read(struct engine *e, uint64_t from, size_t inputs, struct journal_batch *batch) {
        int r = journal_read(e->journal, from, inputs, REPLAY_BYTES, batch);

        if (r == JOURNAL_E_DAMAGED)
                engine_fatal("the journal is damaged", -EUCLEAN);
        return r > 0 ? -EBADMSG : r;
}

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
        if (engine_replay_written(replay))
                engine_replay_differs(replay); /* more was written than is concluded now */
        return 0;
}

/* Outputs whose input was lost: concluded, and perhaps told, but not part of the state any more. */
static void engine_replay_alone(struct engine_replay *replay, uint64_t seq) {
        if (replay->seq == seq)
                return;
        replay->seq = seq;
        engine_replay_differs(replay);
}

static int engine_replay_batch(struct engine *e, struct engine_replay *replay, const struct journal_batch *batch) {
        replay->batch = batch;
        for (size_t i = 0; i < batch->n; i++) {
                int r;

                if (batch->items[i].output) {
                        engine_replay_alone(replay, batch->items[i].seq);
                        continue;
                }
                replay->at = i + 1;
                r = engine_replay_input(e, replay, &batch->items[i]);
                if (r)
                        return r;
                if (++e->replayed % REPLAY_ALIVE == 0)
                        worker_alive(e->worker); /* a long replay is no hang */
        }
        return 0;
}

int engine_replay(struct engine *e, uint64_t from) {
        struct engine_replay replay = { .scratch = BUF_INIT };
        uint64_t head = journal_head(e->journal);
        int r = 0;

        e->replay = &replay;
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
        e->replay = NULL;
        buf_deinit(&replay.scratch);
        e->replay_differs = replay.differs;
        e->replay_first = replay.first_difference;
        if (replay.differs)
                engine_say(e, "replay-differs", NULL, "%" PRIu64 " outputs, the first at input %" PRIu64,
                           replay.differs, replay.first_difference);
        return r;
}
