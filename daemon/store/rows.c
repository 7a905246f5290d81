#include "store/rows.h"

#include "store/escape.h"
#include "store/rows_internal.h"

#include <endian.h>
#include <jansson.h>

#define YEAR_4000                                                                                                      \
        (INT64_C(64060588800) * WW_SECOND) /* a date behind it is noise and belongs to the default partition */

void rows_init(struct rows *r, int32_t journal) {
        *r = (struct rows){ .journal = journal };
        rows_reset(r);
}

void rows_deinit(struct rows *r) {
        for (size_t i = 0; i < TABLE_MAX_; i++)
                copy_deinit(&r->tables[i]);
        arena_deinit(&r->arena);
}

void rows_reset(struct rows *r) {
        for (size_t i = 0; i < TABLE_MAX_; i++)
                copy_begin(&r->tables[i]);
        r->n = 0;
        r->first_day = INT64_MAX;
        r->last_day = INT64_MIN;
}

struct copy *rows_begin(struct rows *r, enum table table, uint64_t seq, int64_t n) {
        struct copy *c = &r->tables[table];

        copy_row(c, tables[table].fields);
        copy_integer(c, r->journal);
        copy_bigint(c, (int64_t)seq);
        if (n >= 0)
                copy_integer(c, (int32_t)n);
        r->n++;
        return c;
}

void rows_note_day(struct rows *r, int64_t usec) {
        int64_t day = usec / WW_DAY;

        if (usec < 0 || usec > YEAR_4000)
                return;
        if (day < r->first_day)
                r->first_day = day;
        if (day > r->last_day)
                r->last_day = day;
}

/* A command or a reply as jsonb. The engine writes only what jansson has read, so the other branch is for a forged or
 * damaged record; it must not be refused either. JSON_REJECT_DUPLICATES: jsonb would keep only one of them. */
static void copy_json(struct copy *c, struct ww_str text) {
        json_t *json = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
        size_t place;

        if (json_is_object(json)) {
                copy_jsonb(c, text);
        } else {
                place = copy_open(c);
                buf_put_u8(&c->bytes, 1);
                escape_json(&c->bytes, text);
                copy_close(c, place);
        }
        json_decref(json);
}

static void copy_verb(struct copy *c, struct ww_str text) {
        json_t *json = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
        const char *verb = json_string_value(json_object_get(json, "cmd"));

        copy_text(c, ww_str(verb));
        json_decref(json);
}

static void add_message(struct rows *r, const struct ww_input *input) {
        struct copy *c = rows_begin(r, TABLE_MESSAGE, input->seq, -1);

        copy_timestamp(c, input->received);
        copy_timestamp(c, input->time);
        copy_fixed(c, ww_origin_name(input->origin));
        copy_bool(c, input->flags & WW_INPUT_RETAINED);
        copy_bool(c, input->flags & WW_INPUT_DUP);
        copy_bool(c, input->flags & WW_INPUT_SKIPPED);
        copy_text(c, input->topic);
        copy_bytea(c, input->payload);
        copy_bool(c, input->flags & WW_INPUT_SIGNED);
}

static void add_command(struct rows *r, const struct ww_input *input) {
        struct copy *c = rows_begin(r, TABLE_COMMAND, input->seq, -1);

        copy_timestamp(c, input->received);
        copy_timestamp(c, input->time);
        copy_fixed(c, ww_origin_name(input->origin));
        copy_name(c, input->topic);
        copy_name(c, input->id);
        copy_verb(c, input->payload);
        copy_json(c, input->payload);
}

static void add_engine_input(struct rows *r, const struct ww_input *input) {
        struct copy *c = rows_begin(r, TABLE_ENGINE_INPUT, input->seq, -1);
        bool reload = input->type == WW_INPUT_RELOAD;

        copy_timestamp(c, input->received);
        copy_timestamp(c, input->time);
        copy_fixed(c, ww_origin_name(input->origin));
        copy_fixed(c, ww_input_type_name(input->type));
        copy_text(c, reload ? WW_STR_NONE : input->topic);
        copy_bytea(c, input->payload);
        copy_text(c, reload ? input->id : WW_STR_NONE);
        copy_text(c, reload ? input->topic : WW_STR_NONE);
}

static int add_input(struct rows *r, const struct ww_input *input) {
        r->received = input->received;
        r->time = input->time;
        rows_note_day(r, input->received);
        rows_note_day(r, input->time);
        switch (input->type) {
        case WW_INPUT_MESSAGE:
                add_message(r, input);
                break;
        case WW_INPUT_COMMAND:
                add_command(r, input);
                break;
        case WW_INPUT_TIME:
        case WW_INPUT_RELOAD:
        case WW_INPUT_NOTICE:
                add_engine_input(r, input);
                break;
        }
        return input->type == WW_INPUT_RELOAD ? rows_add_site(r, input->seq, input->payload) : 0;
}

static void add_reply(struct rows *r, const struct ww_output *output) {
        struct copy *c = rows_begin(r, TABLE_COMMAND_REPLY, output->seq, output->n);

        copy_timestamp(c, r->time);
        copy_name(c, output->reply.id);
        copy_bool(c, output->reply.ok);
        copy_json(c, output->reply.body);
}

static void add_notice(struct rows *r, const struct ww_output *output) {
        struct copy *c = rows_begin(r, TABLE_NOTICE, output->seq, output->n);

        copy_timestamp(c, r->time);
        copy_name(c, output->notice.name);
        copy_text(c, output->notice.subject);
        copy_text(c, output->notice.text);
}

static void add_undecoded(struct rows *r, const struct ww_output *output) {
        struct copy *c = rows_begin(r, TABLE_UNDECODED, output->seq, output->n);

        copy_timestamp(c, r->received);
        copy_text(c, output->undecoded.reason);
        copy_text(c, output->undecoded.sensor);
        copy_text(c, output->undecoded.detail);
}

static void add_ruleset(struct rows *r, const struct ww_output *output) {
        struct copy *c = rows_begin(r, TABLE_RULESET, output->seq, output->n);

        copy_timestamp(c, r->time);
        copy_name(c, output->ruleset.hash);
        copy_bigint(c, output->ruleset.rules);
        copy_bigint(c, output->ruleset.sensors);
        copy_bigint(c, output->ruleset.assets);
        copy_bigint(c, output->ruleset.zones);
        copy_timestamp(c, output->ruleset.complete);
}

/* The records stage says so in the body; of other subjects nothing is restricted. */
static bool change_is_restricted(const struct ww_change *change) {
        json_t *body;
        bool restricted;

        if (change->subject != WW_SUBJECT_RECORD)
                return false;
        body = json_loadb(change->body.p ? change->body.p : "", change->body.n, 0, NULL);
        restricted = json_is_true(json_object_get(body, "restricted"));
        json_decref(body);
        return restricted;
}

static void add_change(struct rows *r, const struct ww_output *output) {
        const struct ww_change *change = &output->change;
        enum table table = change_is_restricted(change) ? TABLE_CHANGE_RESTRICTED : TABLE_CHANGE;
        struct copy *c = rows_begin(r, table, output->seq, output->n);

        copy_timestamp(c, change->time);
        copy_fixed(c, ww_subject_name(change->subject));
        copy_bigint(c, (int64_t)change->id);
        copy_bigint(c, (int64_t)change->version);
        if (change->incident)
                copy_bigint(c, (int64_t)change->incident);
        else
                copy_null(c);
        copy_text(c, change->what);
        copy_bool(c, change->ended);
        copy_bool(c, change->exercise);
        copy_name(c, change->actor);
        copy_text(c, change->reason);
        copy_json(c, change->body);
}

static void add_output(struct rows *r, const struct ww_output *output) {
        switch (output->type) {
        case WW_OUTPUT_EVENT:
                rows_add_event(r, output->seq, output->n, &output->event);
                break;
        case WW_OUTPUT_TRANSITION:
                rows_add_transition(r, output->seq, output->n, &output->transition);
                break;
        case WW_OUTPUT_REPLY:
                add_reply(r, output);
                break;
        case WW_OUTPUT_NOTICE:
                add_notice(r, output);
                break;
        case WW_OUTPUT_UNDECODED:
                add_undecoded(r, output);
                break;
        case WW_OUTPUT_RULESET:
                add_ruleset(r, output);
                break;
        case WW_OUTPUT_CHANGE:
                add_change(r, output);
                break;
        case WW_OUTPUT_REDACTION: /* done to the message: redact.h */
                break;
        case WW_OUTPUT_PUBLISH: /* what we said to a device is no history; the journal keeps it for as long as it keeps
                                 */
                break;
        }
}

static const char *const record_errors[] = {
        [RECORD_E_CHECKSUM] = "the record's checksum is wrong",
        [RECORD_E_VERSION] = "the record was written by a newer Wardwatch",
        [RECORD_E_MALFORMED] = "the record is malformed",
};

int rows_add(struct rows *r, const struct journal_item *item) {
        struct ww_input input;
        struct ww_output output;
        int e;

        arena_reset(&r->arena);
        if (item->output)
                e = ww_output_decode(item->record, item->seq, item->n, &r->arena, &output);
        else
                e = ww_input_decode(item->record, item->seq, &input);
        if (e < 0)
                return e;
        if (e > 0) {
                r->error = record_errors[e];
                return ROWS_E_UNREADABLE;
        }
        if (!item->output)
                return add_input(r, &input);
        add_output(r, &output);
        return 0;
}

int rows_add_quarantine(struct rows *r, const struct journal_item *item, const char *sqlstate, const char *error) {
        struct copy *c = rows_begin(r, TABLE_QUARANTINE, item->seq, -1);

        copy_integer(c, item->output ? (int32_t)item->n : -1);
        copy_bytea(c, item->record);
        copy_fixed(c, sqlstate);
        copy_text(c, ww_str(error));
        return c->bytes.error;
}

uint64_t rows_seq(const struct rows *r, enum table table, uint64_t row) {
        struct ww_str value;
        uint64_t seq;

        if (!copy_find(&r->tables[table], row, table_seq_field(table), &value) || value.n != sizeof seq)
                return 0;
        memcpy(&seq, value.p, sizeof seq);
        return be64toh(seq);
}

int rows_finish(struct rows *r) {
        int e = 0;

        for (size_t i = 0; i < TABLE_MAX_; i++) {
                copy_end(&r->tables[i]);
                if (r->tables[i].bytes.error)
                        e = r->tables[i].bytes.error;
        }
        return e;
}
