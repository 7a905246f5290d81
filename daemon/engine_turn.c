/*
 * One turn = one transaction.
 *
 * What waits is taken in the order of its urgency (urgent messages, operators' commands, notices, bulk messages), each
 * numbered, given its journal time, written, and run through the pipeline, whose outputs are written beside it. Then
 * the commit. Only after it do acks leave, are commands answered and readers fed: nobody outside ever sees what the
 * disk does not have. From the first pipeline_input to the commit the memory is ahead of the disk; if anything fails in
 * between, the process ends (engine_fatal) and the restart replays. That is the whole of error handling in here.
 *
 * So nothing is begun that is likely to find no room: each lane ends, within a turn, too, where the map is as full as
 * closes it, and behind that commands, notices and what is due wait until something could be trimmed (`stands`).
 * Nothing is written then; readers are served, and what they report makes room. A careful start that finds a lane
 * closed stands until it could open: what ended those before may have been larger than the room that was left.
 *
 * Careful: one message a turn. The raw record is committed to meta "pending" first, with a count of how often that was
 * tried; then decoded. It is acknowledged with its turn, so the broker may send it again after a death: the start takes
 * it from "pending", and the redelivery is known as such. A record found pending twice at a start is marked skipped
 * (engine_start.c).
 */
#include "engine_feed.h"

#include "base/log.h"
#include "journal/record_json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/param.h>
#include <unistd.h>

/* Beside the journal's reserve: so lanes end as engine_intake_lanes closes them. */
static const struct journal_room lane_room[ENGINE_LANES] = {
        [ENGINE_URGENT] = { 1 - ENGINE_FILL_URGENT - JOURNAL_RESERVE, 48 },
        [ENGINE_BULK] = { 1 - ENGINE_FILL_BULK - JOURNAL_RESERVE, 80 },
};
static const struct journal_room any_room = { 0.01, 16 };

#define ROOM_NEAR 0.05 /* of the map: so near to where a lane ends, messages are taken one by one */

void engine_fatal(const char *what, int error) {
        log_error("engine-fatal", NULL, "%s: %s; ending at once, the restart replays the journal", what,
                  error == JOURNAL_E_FULL ? "journal full" : strerror(error < 0 ? -error : error));
        _exit(70);
}

void engine_turn_wanted(struct engine *e) {
        static const struct timeval at_once = { 0 };

        /* by a timer: an event that makes itself active is run again before the loop looks at anything else, and under
         * a steady load no command, no child and no sign of life would ever have its turn */
        if (e->turn_event)
                (void)event_add(e->turn_event, &at_once);
}

void engine_say(struct engine *e, const char *name, const char *subject, const char *format, ...) {
        struct engine_notice *notice = &e->notices[e->n_notices];
        va_list ap;

        if (e->n_notices == ENGINE_PENDING_MAX) {
                e->notices_dropped++;
                return;
        }
        *notice = (struct engine_notice){ .name = name, .subject = strdup(subject ? subject : "") };
        va_start(ap, format);
        if (vasprintf(&notice->text, format, ap) < 0)
                notice->text = NULL;
        va_end(ap);
        e->n_notices++;
        log_notice(name, subject, "%s", notice->text ? notice->text : "");
        engine_turn_wanted(e);
}

void engine_say_configuration(struct engine *e) {
        struct engine_notice *notice = e->n_notices ? &e->notices[e->n_notices - 1] : NULL;

        if (notice && !notice->configuration)
                notice->configuration = strdup(e->configuration);
}

static json_t *notice_body(const struct engine_notice *notice) {
        json_t *body = json_pack("{s:s, s:s}", "subject", notice->subject ? notice->subject : "", "text",
                                 notice->text ? notice->text : "");

        if (body && notice->configuration)
                (void)json_object_set_new(body, "configuration", json_string(notice->configuration));
        return body;
}

void engine_notice_deinit(struct engine_notice *notice) {
        free(notice->subject);
        free(notice->text);
        free(notice->configuration);
}

/* --- what the pipeline concludes --- */

static int engine_keep_line(struct engine *e, const struct ww_output *output) {
        json_t *body, *line;
        struct engine_line *to;

        if (e->n_lines == e->lines_capacity) {
                size_t capacity = e->lines_capacity ? e->lines_capacity * 2 : 64;
                struct engine_line *grown = realloc(e->lines, capacity * sizeof *grown);

                if (!grown)
                        return -ENOMEM;
                e->lines = grown;
                e->lines_capacity = capacity;
        }
        to = &e->lines[e->n_lines];
        *to = (struct engine_line){ .seq = output->seq, .n = output->n };
        body = engine_line_body(output);
        line = json_pack("{s:o, s:o}", "at", json_sprintf("%llu.%u", (unsigned long long)output->seq, output->n),
                         ww_output_type_name(output->type), body);
        to->text = line ? json_dumps(line, JSON_COMPACT) : NULL;
        json_decref(line);
        if (!to->text)
                return -ENOMEM;
        to->length = strlen(to->text);
        e->n_lines++;
        return 0;
}

int engine_turn_output(void *userdata, const struct ww_output *output) {
        struct engine *e = userdata;
        int r;

        buf_reset(&e->scratch);
        r = ww_output_encode(output, &e->scratch);
        if (!r)
                r = journal_put_output(e->journal, output->seq, output->n, buf_str(&e->scratch));
        e->turn_bytes += e->scratch.n;
        if (r)
                return r;
        if (output->type == WW_OUTPUT_PUBLISH)
                return engine_publish_keep(e, &output->publish);
        if (output->type == WW_OUTPUT_REPLY && e->answering && !e->answering->reply)
                e->answering->reply = strndup(output->reply.body.p, output->reply.body.n);
        if (engine_feed_wants_lines(e) && engine_line_told(output->type))
                return engine_keep_line(e, output);
        return 0;
}

/* An alarm may change a hundred times in one turn; what is journaled as live is how it stands at its end. So with the
 * subjects of the response, whose keys are above those of alarms. */
int engine_turn_changed(struct engine *e, uint64_t key) {
        if (e->n_changed && e->changed[e->n_changed - 1] == key)
                return 0;
        if (e->n_changed == e->changed_capacity) {
                size_t capacity = e->changed_capacity ? e->changed_capacity * 2 : 64;
                uint64_t *grown = realloc(e->changed, capacity * sizeof *grown);

                if (!grown)
                        return -ENOMEM;
                e->changed = grown;
                e->changed_capacity = capacity;
        }
        e->changed[e->n_changed++] = key;
        return 0;
}

int engine_turn_live(void *userdata, const struct ww_alarm *alarm) {
        return engine_turn_changed(userdata, alarm->id);
}

static int engine_encode_change(void *userdata, const struct ww_change *change) {
        struct engine *e = userdata;

        return ww_change_encode(change, &e->scratch);
}

/* 0; -ENOENT: it is not live. */
static int engine_encode_live(struct engine *e, uint64_t key) {
        const struct ww_alarm *alarm;

        if (ww_change_key_subject(key))
                return pipeline_subject_find(e->pipeline, key, engine_encode_change, e);
        alarm = alarms_find(pipeline_alarms(e->pipeline), key);
        return alarm ? ww_alarm_encode(alarm, &e->scratch) : -ENOENT;
}

static int engine_put_live(struct engine *e, uint64_t key) {
        int r;

        buf_reset(&e->scratch);
        r = engine_encode_live(e, key);
        if (r == -ENOENT)
                return journal_delete_live(e->journal, key);
        e->turn_bytes += e->scratch.n;
        return r ? r : journal_put_live(e->journal, key, buf_str(&e->scratch));
}

static int compare_ids(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static void engine_put_changed(struct engine *e) {
        if (e->n_changed)
                qsort(e->changed, e->n_changed, sizeof *e->changed, compare_ids);
        for (size_t i = 0; i < e->n_changed; i++) {
                int r = i && e->changed[i] == e->changed[i - 1] ? 0 : engine_put_live(e, e->changed[i]);

                if (r)
                        engine_fatal("cannot write a live record", r);
        }
        e->n_changed = 0;
}

/* --- taking in --- */

void engine_begin(struct engine *e) {
        int r;

        if (e->in_turn)
                return;
        r = journal_begin(e->journal);
        if (r)
                engine_fatal("cannot begin a transaction of the journal", r);
        e->in_turn = true;
        e->looks = false;
        e->turn_inputs = e->turn_bytes = 0;
}

static bool engine_room(struct engine *e, struct journal_room room) {
        bool begun = e->in_turn;

        engine_begin(e);
        e->looks |= !begun;
        return journal_has_room(e->journal, room, e->n_changed);
}

/* For what is no message. */
static bool engine_any_room(struct engine *e, bool held) {
        bool room = !held && engine_room(e, any_room);

        if (!room && !e->stands && !e->stood)
                log_warning("journal-stands", e->config->state.dir,
                            "there is no room for what is due: it waits until something can be trimmed");
        e->stands |= !room;
        return room;
}

/* Nothing was put. */
static void engine_look_end(struct engine *e) {
        if (!e->in_turn || !e->looks)
                return;
        journal_abort(e->journal);
        e->in_turn = false;
}

static void engine_commit(struct engine *e) {
        int64_t before, took;
        int r;

        engine_put_changed(e);
        before = clock_boot();
        r = journal_commit(e->journal);
        if (r)
                engine_fatal("cannot commit to the journal", r);
        took = clock_boot() - before;
        e->commit_time += took;
        if (took > e->commit_worst)
                e->commit_worst = took;
        e->in_turn = false;
        e->bytes_unseen += e->turn_bytes;
        e->committed = e->seq;
        e->turns++;
}

/* Marks ride along with a turn; they are worth no commit of their own. */
static void engine_take_sessions(struct engine *e) {
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                struct engine_session *s = &e->sessions[lane];
                char begins[24];
                int r;

                if (!s->known || s->known_written)
                        continue;
                (void)snprintf(begins, sizeof begins, "%" PRIu64, s->begins ? s->begins : 1);
                r = journal_put_meta(e->journal, engine_lane_meta(lane), ww_str(begins));
                if (r)
                        engine_fatal("cannot write a mark", r);
                s->known_written = true;
        }
}

/* Careful: the record is on the disk, and counted, before anything looks into it. What this turn has concluded before
 * it goes to the disk with it; engine_append has put the live alarms there. */
static void engine_append_pending(struct engine *e, struct ww_str record) {
        _cleanup_buf_ struct buf pending = BUF_INIT;
        int r;

        engine_take_sessions(e); /* it may be the first of one */
        buf_put_u32(&pending, 1);
        buf_put_u64(&pending, e->seq);
        buf_put_str(&pending, record);
        r = pending.error ? pending.error : journal_put_meta(e->journal, "pending", buf_str(&pending));
        if (!r)
                r = journal_commit(e->journal);
        if (!r)
                r = journal_begin(e->journal);
        if (!r)
                r = journal_put_meta(e->journal, "pending", WW_STR_NONE);
        if (r)
                engine_fatal("cannot put a record aside", r);
}

int engine_append(struct engine *e, struct ww_input *input) {
        bool aside = e->careful_until && input->type == WW_INPUT_MESSAGE;
        int r;

        engine_begin(e);
        e->looks = false;
        if (!input->time) {
                input->time = engine_now(e, &input->received);
                engine_assure_gate(e, input->time);
        }
        input->seq = ++e->seq;
        if (aside)
                engine_put_changed(e); /* before: it encodes into the same scratch */
        buf_reset(&e->scratch);
        r = ww_input_encode(input, &e->scratch);
        if (r)
                return r;
        e->turn_bytes += e->scratch.n;
        e->turn_inputs++;
        if (aside)
                engine_append_pending(e, buf_str(&e->scratch));
        r = journal_put_input(e->journal, input->seq, buf_str(&e->scratch));
        return r ? r : pipeline_input(e->pipeline, input);
}

/* An absence that was due before the link's end was seen has made it so already. */
static bool notice_is_known(struct engine *e, const struct engine_notice *notice) {
        int64_t wall;

        if (strcmp(notice->name, "intake-blind") != 0)
                return false;
        engine_assure_gate(e, engine_now(e, &wall));
        return pipeline_blind(e->pipeline);
}

static void engine_take_notices(struct engine *e) {
        size_t i;

        /* engine_now may add notices while these are taken */
        for (i = 0; i < e->n_notices && engine_any_room(e, e->held); i++) {
                struct engine_notice *notice = &e->notices[i];
                json_t *body = notice_body(notice);
                char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
                struct ww_input input = {
                        .type = WW_INPUT_NOTICE,
                        .topic = ww_str(notice->name),
                        .payload = ww_str(text ? text : "{}"),
                };
                int r = notice_is_known(e, notice) ? 0 : engine_append(e, &input);

                if (r)
                        engine_fatal("cannot take a notice", r);
                free(text);
                json_decref(body);
                engine_notice_deinit(notice);
        }
        e->n_notices -= i;
        memmove(e->notices, e->notices + i, e->n_notices * sizeof *e->notices);
}

static void engine_take_commands(struct engine *e) {
        for (size_t i = 0; i < e->n_commands; i++) {
                struct engine_command *command = &e->commands[i];
                struct ww_str known = pipeline_known_reply(e->pipeline, ww_str(command->actor), ww_str(command->id));
                struct ww_input input = {
                        .type = WW_INPUT_COMMAND,
                        .origin = WW_ORIGIN_SOCKET,
                        .topic = ww_str(command->actor),
                        .id = ww_str(command->id),
                        .payload = ww_str(command->body),
                };
                size_t before;
                int r;

                if (known.n) {
                        command->reply = strndup(known.p, known.n);
                        continue;
                }
                if (!engine_any_room(e, e->held)) {
                        command->reply = engine_verbs_full(e->feed, command->id);
                        continue;
                }
                before = e->turn_bytes;
                e->answering = command;
                r = engine_append(e, &input);
                e->answering = NULL;
                if (r)
                        engine_fatal("cannot take a command", r);
                command->written = e->turn_bytes - before;
                engine_signed_note(e, command);
        }
}

static void engine_take_time(struct engine *e) {
        struct ww_input input = { .type = WW_INPUT_TIME };
        int64_t wall;
        int r;

        if (e->turn_inputs && e->in_turn)
                return;
        if (!e->mark_wanted && pipeline_deadline(e->pipeline) > engine_now(e, &wall))
                return;
        if (!engine_any_room(e, e->held && !e->mark_wanted)) /* with a mark something can be trimmed */
                return;
        e->mark_wanted = false;
        if (e->held) { /* nothing falls due by it */
                input.time = pipeline_now(e->pipeline);
                input.received = clock_wall();
        }
        r = engine_append(e, &input);
        if (r)
                engine_fatal("cannot take a deadline", r);
}

/* The largest message has room, too: twice, as a careful start takes it. */
static struct journal_room engine_lane_room(const struct engine *e, enum engine_lane lane) {
        struct journal_room room = lane_room[lane];
        double size = (double)journal_map(e->journal);

        room.part = MAX(room.part, MIN(2 * (double)e->config->mqtt.packet_max / size, lane_room[ENGINE_BULK].part));
        return room;
}

static size_t engine_take_bite(struct engine *e, enum engine_lane lane, size_t max) {
        struct journal_room room = engine_lane_room(e, lane), near = { room.part + ROOM_NEAR, 2 * room.pages };

        if (!e->sessions[lane].ingress || e->sessions[lane].closed)
                return 0;
        if (engine_room(e, near))
                return engine_intake_take(e, lane, max);
        if (engine_room(e, room))
                return engine_intake_take(e, lane, 1);
        if (e->turn_inputs) /* what they take is estimated from above; a turn of its own knows */
                engine_turn_wanted(e);
        else
                engine_intake_close(e, lane);
        return 0;
}

/* Bulk comes in small bites, so that an urgent message never waits for more than one of them. */
static void engine_take_messages(struct engine *e) {
        int64_t until = clock_boot() + ENGINE_TURN_TIME;
        size_t budget = e->careful_until ? 1 : ENGINE_TURN_MESSAGES;
        size_t bite = e->careful_until ? 1 : ENGINE_TURN_BITE;
        size_t taken = 0, n;

        do {
                n = engine_take_bite(e, ENGINE_URGENT, MIN(bite, budget - taken));
                if (n < bite && taken + n < budget)
                        n += engine_take_bite(e, ENGINE_BULK, MIN(bite, budget - taken - n));
                taken += n;
        } while (n && taken < budget && e->turn_bytes < e->turn_bytes_max && clock_boot() < until);
        if (n)
                engine_turn_wanted(e); /* there may be more */
}

static void engine_deadline_set(struct engine *e) {
        int64_t deadline = pipeline_deadline(e->pipeline);
        int64_t wall, wait;
        struct timeval tv;

        if (deadline == WW_TIME_NEVER || e->stands) { /* the tick tries again */
                event_del(e->deadline_event);
                return;
        }
        wait = deadline - engine_now(e, &wall);
        if (wait < 0)
                wait = 0;
        if (wait > WW_HOUR) /* looked at again by then: clocks may have stepped */
                wait = WW_HOUR;
        wait += WW_MSEC; /* timers of the loop are no finer, and must not come before the deadline */
        tv = (struct timeval){ .tv_sec = wait / WW_SECOND, .tv_usec = wait % WW_SECOND };
        event_add(e->deadline_event, &tv);
}

void engine_turn(struct engine *e) {
        if (e->stopping)
                return;
        e->stood = e->stands;
        e->stands = false;
        engine_take_commands(e);
        engine_take_notices(e);
        engine_take_messages(e);
        engine_take_notices(e);
        engine_take_time(e);
        engine_look_end(e);
        if (e->in_turn) {
                engine_readers_put(e);
                engine_take_sessions(e);
                engine_settled_put(e);
                engine_clock_put(e);
                engine_commit(e);
        }
        engine_publish_committed(e); /* leaves with the acks */
        engine_intake_release(e);
        engine_feed_committed(e);
        engine_deadline_set(e);
        engine_assure_look(e);
        if (e->bytes_unseen > (size_t)e->config->journal.size / 100)
                engine_space_look(e);
}
