/*
 * What the broker will send again: the messages of the journal by which redeliveries are told, and the record that a
 * careful start had put aside ("pending").
 *
 * Meta "settled" says of each session up to which number of the journal nothing is in doubt (redelivery.h). It rides
 * along with a turn, once a second where it moves, so it is behind, and a start takes a little more for in doubt than
 * it must. A session that was cut off for days may not send the start through the whole journal: ENGINE_RECOVER_MAX is
 * as far as it goes back.
 *
 * The pending record was received, but its turn never committed. It is taken at the next start; the second time it is
 * found, it has killed the engine twice, and is taken as skipped.
 */
#include "engine_internal.h"

#include "base/log.h"

#define ENGINE_SETTLED_EVERY 4096 /* numbers of the journal */
#define ENGINE_SETTLED_AGAIN WW_SECOND
/* where there is no mark; of the last turns commands and notices may be the greater part */
#define ENGINE_RECOVER_MIN (ENGINE_LANES * REDELIVERY_LIMITS.near + 4 * ENGINE_PENDING_MAX)
#define ENGINE_RECOVER_MAX (ENGINE_LANES * REDELIVERY_LIMITS.max)

static bool settled_moves(const struct engine_session *s, uint64_t settled, bool again) {
        return settled < s->settled || settled - s->settled >= ENGINE_SETTLED_EVERY || (again && settled != s->settled);
}

void engine_settled_put(struct engine *e) {
        _cleanup_buf_ struct buf value = BUF_INIT;
        bool moved = false, again = clock_boot() - e->settled_at >= ENGINE_SETTLED_AGAIN;
        int r;

        for (size_t i = 0; i < ENGINE_LANES; i++) {
                struct engine_session *s = &e->sessions[i];
                uint64_t settled = redelivery_settled(s->redelivery, e->seq);

                if (settled_moves(s, settled, again)) {
                        s->settled = settled;
                        moved = true;
                }
                buf_put_u64(&value, s->settled);
        }
        if (!moved)
                return;
        e->settled_at = clock_boot();
        r = value.error ? value.error : journal_put_meta(e->journal, "settled", buf_str(&value));
        if (r)
                engine_fatal("cannot write a mark", r);
}

/* The first input to be read at a start, and what each session need not take from there. */
static uint64_t engine_recover_from(struct engine *e, uint64_t head) {
        _cleanup_buf_ struct buf value = BUF_INIT;
        uint64_t from = head + 1;
        uint64_t least = head > ENGINE_RECOVER_MAX ? head - ENGINE_RECOVER_MAX : 1;
        struct rd in;

        if (journal_get_meta(e->journal, "settled", &value) < 0)
                return head > ENGINE_RECOVER_MIN ? head - ENGINE_RECOVER_MIN : 1;
        in = rd_init(buf_str(&value));
        for (size_t i = 0; i < ENGINE_LANES && rd_left(&in); i++) {
                uint64_t settled = rd_u64(&in);

                e->sessions[i].settled = settled <= head ? settled : 0;
                if (e->sessions[i].settled < from)
                        from = e->sessions[i].settled + 1;
        }
        return from > least ? from : least;
}

/* Identifiers of an earlier session say nothing: in this one they belong to other messages. Nor do those that the
 * broker is done with. */
static void engine_remember_message(struct engine *e, const struct ww_input *input) {
        if (input->type != WW_INPUT_MESSAGE || input->mid == 0)
                return;
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                const struct engine_session *s = &e->sessions[lane];

                if (engine_lane_origin(lane) == input->origin && input->seq >= s->begins && input->seq > s->settled)
                        redelivery_note(s->redelivery, input->seq, input->mid, input->flags & WW_INPUT_DUP,
                                        input->topic, input->payload);
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

/* The session's mark: the first input that can be of it. */
static int engine_recover_session(struct engine *e, enum engine_lane lane) {
        _cleanup_buf_ struct buf mark = BUF_INIT;
        int r = journal_get_meta(e->journal, engine_lane_meta(lane), &mark);

        if (!r)
                buf_put_u8(&mark, 0);
        e->sessions[lane].begins = r || mark.error ? 0 : strtoull((const char *)mark.p, NULL, 10);
        if (e->sessions[lane].begins > journal_head(e->journal) + 1)
                e->sessions[lane].begins = 1; /* what it was has been lost, and numbers come again */
        return r == -ENOENT ? mark.error : r;
}

int engine_recover_redelivery(struct engine *e) {
        uint64_t head = journal_head(e->journal), tail = journal_tail(e->journal);
        uint64_t from = engine_recover_from(e, head);
        int r = 0;

        for (enum engine_lane lane = 0; lane < ENGINE_LANES && !r; lane++) {
                r = engine_recover_session(e, lane);
                if (!r)
                        r = redelivery_new(&e->sessions[lane].redelivery, &REDELIVERY_LIMITS);
        }
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
        input.time = e->clock.time; /* it is taken now; when it was received stands in it */
        e->careful_until = 0;       /* it is aside already */
        r = engine_append(e, &input);
        e->careful_until = careful;
        engine_remember_message(e, &input); /* it was never acknowledged: the broker will send it again */
        return r;
}

/* Reads it, and counts this start as one more try, before anything else: this start may be the one that it kills. */
int engine_load_pending(struct engine *e, struct engine_pending *p) {
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

int engine_recover_pending(struct engine *e, const struct engine_pending *p) {
        int r = p->value.n ? engine_take_pending(e, p->deaths, p->record) : 0;

        if (r || p->value.n == 0)
                return r;
        engine_begin(e);
        return journal_put_meta(e->journal, "pending", WW_STR_NONE);
}
