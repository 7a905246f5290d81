/*
 * Followers: first what is (every alarm that is not NORM, every subject of the response that is live), then every
 * change, in the journal's order.
 *
 *   → {"cmd":"follow"}            or {"cmd":"follow","from":"SEQ.N"} to go on after a line that was seen
 *   ← {"live":{alarm}} …  {"live_change":{change}} …  {"live_end":"SEQ.N"}
 *   ← {"at":"SEQ.N","transition":{…}} …  {"at":"SEQ.N","change":{…}} …
 *   ← {"reset":true}  and the live state again, when the follower was too slow or `from` is too long ago
 *
 * A follower whose queue is full is owed nothing but the truth: the lines it misses are not kept for it; when it has
 * drained it gets a reset and the state as it is then, in pages that fit its queue. So a slow reader costs its own
 * queue and no more.
 *
 * An alarm whose line is longer than a line, or than the queue, may be is told as {"live":{"id":N,"too_long":true}}:
 * the follower learns that it is there, and nobody waits for a queue that is empty already.
 */
#include "engine_feed.h"

#include "journal/record_json.h"

#include <inttypes.h>
#include <stdio.h>

#define FOLLOW_RESUME_INPUTS 10000 /* a gap of more than this is told as a reset */

static int follow_send(struct engine_client *c, json_t *line) {
        int r = line ? jsonline_send(c->line, line) : -ENOMEM;

        json_decref(line);
        if (r) {
                c->follow = FOLLOW_BEHIND;
                c->resets++;
                c->engine->feed->resets++;
        }
        return r;
}

/* 0; nonzero: later, when the queue has drained. `id`: of what is told if its line is too long. */
static int follow_send_live(struct engine_client *c, const char *name, json_t *body, uint64_t id) {
        json_t *line = json_pack("{s:o}", name, body);
        int r = line ? jsonline_send(c->line, line) : -ENOMEM;

        json_decref(line);
        if (r == -EPIPE || r == -ENOMEM || (r == JSONLINE_E_FULL && jsonline_queued(c->line) > 0))
                return r;
        return r ? follow_send(c, json_pack("{s:{s:I, s:b}}", name, "id", (json_int_t)id, "too_long", 1)) : 0;
}

/* `key` as in the journal's live records: the pages go on by it. */
static int follow_live_one(struct engine_client *c, uint64_t key, const char *name, json_t *body) {
        if (jsonline_queued(c->line) > (size_t)c->engine->config->command.queue_max / 2) {
                json_decref(body);
                return 1; /* the other half is for the lines that come meanwhile */
        }
        if (follow_send_live(c, name, body, ww_change_key_id(key)))
                return 1;
        c->live_next = key + 1;
        return 0;
}

static int follow_live_alarm(void *userdata, const struct ww_alarm *alarm) {
        struct engine_client *c = userdata;

        return alarm->id < c->live_next ? 0 : follow_live_one(c, alarm->id, "live", record_json_alarm(alarm));
}

/* What of a record is not for everybody is asked for with `record-read`. */
static json_t *follow_change(const struct ww_change *change) {
        json_t *o = record_json_change(change);

        if (o && change->subject == WW_SUBJECT_RECORD)
                records_veil(o);
        return o;
}

static int follow_live_change(void *userdata, const struct ww_change *change) {
        return follow_live_one(userdata, ww_change_key(change->subject, change->id), "live_change",
                               follow_change(change));
}

/* One page of the live state; the next one when this has drained. An alarm that changes meanwhile is told by its line,
 * whether its page came before or comes after: the higher version is the newer. */
static void follow_live_page(struct engine_client *c) {
        uint32_t last = UINT32_MAX;

        if (alarms_each(pipeline_alarms(c->engine->pipeline), follow_live_alarm, c) ||
            pipeline_subjects_each(c->engine->pipeline, c->live_next, follow_live_change, c))
                return;
        if (follow_send(
                    c, json_pack("{s:o}", "live_end", json_sprintf("%" PRIu64 ".%u", c->engine->committed, last))) == 0)
                c->follow = FOLLOW_LIVE;
}

static void follow_live(struct engine_client *c) {
        c->follow = FOLLOW_PAGING;
        c->live_next = 0;
        follow_live_page(c);
}

bool engine_line_told(enum ww_output_type type) {
        return type == WW_OUTPUT_TRANSITION || type == WW_OUTPUT_NOTICE || type == WW_OUTPUT_CHANGE;
}

json_t *engine_line_body(const struct ww_output *output) {
        if (output->type == WW_OUTPUT_TRANSITION)
                return record_json_transition(&output->transition);
        if (output->type == WW_OUTPUT_CHANGE)
                return follow_change(&output->change);
        return record_json_output(output);
}

static int follow_past_item(struct engine_client *c, const struct journal_item *item, struct arena *arena) {
        struct ww_output output;
        json_t *body;

        if (!item->output || ww_output_decode(item->record, item->seq, item->n, arena, &output))
                return 0;
        if (!engine_line_told(output.type))
                return 0;
        body = engine_line_body(&output);
        return follow_send(c, json_pack("{s:o, s:o}", "at", json_sprintf("%" PRIu64 ".%u", item->seq, item->n),
                                        ww_output_type_name(output.type), body));
}

/* Lines after (seq, n) from the journal. Nonzero: the follower needs a reset. */
static int follow_past(struct engine_client *c, uint64_t seq, uint32_t n) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct journal_batch batch = { 0 };
        struct engine *e = c->engine;
        int r;

        if (seq == 0 || seq > e->committed || e->committed - seq > FOLLOW_RESUME_INPUTS)
                return -ESTALE;
        r = journal_read(e->journal, seq, FOLLOW_RESUME_INPUTS + 1, SIZE_MAX, &batch);
        for (size_t i = 0; !r && i < batch.n; i++) {
                if (batch.items[i].seq > seq || batch.items[i].n > n)
                        r = follow_past_item(c, &batch.items[i], &arena);
                arena_reset(&arena);
        }
        journal_batch_deinit(&batch);
        return r;
}

static void follow_reset(struct engine_client *c) {
        if (follow_send(c, json_pack("{s:b}", "reset", 1)) == 0)
                follow_live(c);
}

void engine_follow_start(struct engine_client *c, json_t *request) {
        const char *from = json_string_value(json_object_get(request, "from"));
        uint64_t seq;
        uint32_t n;

        if (c->follow == FOLLOW_NOT)
                c->engine->feed->n_followers++;
        c->follow = FOLLOW_LIVE;
        if (!from)
                follow_live(c);
        else if (sscanf(from, "%" SCNu64 ".%" SCNu32, &seq, &n) != 2 || follow_past(c, seq, n))
                follow_reset(c);
}

void engine_follow_drained(struct engine_client *c) {
        if (c->follow == FOLLOW_BEHIND)
                follow_reset(c);
        else if (c->follow == FOLLOW_PAGING)
                follow_live_page(c);
}

static void follow_line(struct engine_client *c, const struct engine_line *line) {
        if (c->follow == FOLLOW_NOT || c->follow == FOLLOW_BEHIND ||
            jsonline_send_text(c->line, line->text, line->length) == 0)
                return;
        c->follow = FOLLOW_BEHIND;
        c->resets++;
        c->engine->feed->resets++;
        if (jsonline_queued(c->line) == 0) /* the line alone was too long: there is nothing to wait for */
                follow_reset(c);
}

void engine_follow_lines(struct engine_feed *feed) {
        struct engine *e = feed->engine;

        for (size_t i = 0; i < e->n_lines; i++) {
                for (struct engine_client *c = feed->clients; c; c = c->next)
                        follow_line(c, &e->lines[i]);
                free(e->lines[i].text);
        }
        e->n_lines = 0;
}

/* A reader that has not been told yet; a full queue means that it has a head to read anyway. */
void engine_follow_heads(struct engine_feed *feed) {
        char text[64];
        int n = snprintf(text, sizeof text, "{\"head\":%" PRIu64 "}", feed->engine->committed);

        for (struct engine_client *c = feed->clients; c; c = c->next) {
                if (c->reader[0] && c->told < feed->engine->committed && jsonline_queued(c->line) == 0 &&
                    jsonline_send_text(c->line, text, (size_t)n) == 0)
                        c->told = feed->engine->committed;
        }
}
