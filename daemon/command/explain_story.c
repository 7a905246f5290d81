/* Where the changes of an alarm stand: a dump of the journal, the journal itself, PostgreSQL's history. */
#include "command/explain.h"

#include "base/arena.h"
#include "command/replay_database.h"
#include "command/replay_line.h"
#include "command/socket.h"
#include "journal/journal.h"
#include "journal/record_json.h"

#include <inttypes.h>
#include <stdio.h>

#define BATCH_INPUTS 2000
#define BATCH_BYTES  ((size_t)1 << 20)

static bool is_of(const json_t *transition, uint64_t alarm) {
        const json_t *id = json_object_get(json_object_get(transition, "alarm"), "id");

        return json_is_integer(id) && (uint64_t)json_integer_value(id) == alarm;
}

/* ---- a dump ---- */

static int line_take(const char *line, size_t n, uint64_t alarm, json_t *ret) {
        json_t *parsed = strstr(line, "\"transition\"") ? json_loadb(line, n, 0, NULL) : NULL;
        json_t *record = json_object_get(parsed, "record");
        json_t *transition = json_object_get(record ? record : parsed, "transition");
        int r = 0;

        if (transition && is_of(transition, alarm))
                r = json_array_append(ret, transition) ? -ENOMEM : 0;
        json_decref(parsed);
        return r;
}

int explain_story_file(const char *file, uint64_t alarm, json_t *ret) {
        FILE *f = fopen(file, "re");
        _cleanup_free_ char *line = NULL;
        size_t capacity = 0;
        ssize_t n;
        int r = 0;

        if (!f) {
                (void)fprintf(stderr, "%s: error: %s\n  help: name a dump of the journal\n", file, strerror(errno));
                return REPLAY_E_TOLD;
        }
        while (!r && (n = getline(&line, &capacity, f)) >= 0)
                r = line_take(line, (size_t)n, alarm, ret);
        (void)fclose(f);
        return r;
}

/* ---- the journal ---- */

static int item_take(const struct journal_item *item, struct arena *arena, uint64_t alarm, json_t *ret) {
        struct ww_output output;
        int r;

        if (!item->output)
                return 0;
        arena_reset(arena);
        r = ww_output_decode(item->record, item->seq, item->n, arena, &output);
        if (r || output.type != WW_OUTPUT_TRANSITION || output.transition.alarm.id != alarm)
                return r < 0 ? r : 0;
        return json_array_append_new(ret, record_json_transition(&output.transition)) ? -ENOMEM : 0;
}

int explain_story_journal(const char *dir, uint64_t alarm, json_t *ret) {
        const struct journal_options options = { .dir = dir };
        struct journal_batch batch = { 0 };
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct journal *j = NULL;
        uint64_t next;
        int r = journal_open(&j, &options);

        if (r) /* somebody else's, or none: history may have it */
                return 0;
        for (next = journal_tail(j); !r && next;) {
                r = journal_read(j, next, BATCH_INPUTS, BATCH_BYTES, &batch);
                if (r || batch.n == 0)
                        break;
                for (size_t i = 0; i < batch.n && !r; i++)
                        r = item_take(&batch.items[i], &arena, alarm, ret);
                next = batch.items[batch.n - 1].seq + 1;
        }
        journal_batch_deinit(&batch);
        journal_close(j);
        return r < 0 ? r : 0; /* what is damaged, or trimmed meanwhile, is not there */
}

/* ---- the daemon ---- */

int explain_story_live(const char *config_file, uint64_t alarm, json_t *ret) {
        struct socket_session s;
        json_t *live = NULL;
        int r;

        if (socket_open(&s, config_file))
                return REPLAY_E_TOLD;
        r = socket_alarm(&s, alarm, &live);
        if (live)
                r = json_array_append_new(ret, json_pack("{s:s, s:O, s:O, s:O}", "cause", "now", "alarm", live,
                                                         "old_state", json_object_get(live, "state"), "old_priority",
                                                         json_object_get(live, "priority")));
        json_decref(live);
        socket_close(&s);
        return r ? -EIO : 0;
}

/* ---- PostgreSQL ---- */

#define ISO(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

/* clang-format off */
static const char story_sql[] =
        "SELECT json_build_object('cause', t.cause, 'time', " ISO("t.time") ", 'actor', t.actor, 'reason', t.reason, "
        "'context', t.context, 'annunciate', t.annunciate, 'old_state', t.old_state, 'old_priority', t.old_priority, "
        "'evidence', "
        "(SELECT coalesce(json_agg(json_build_object('role', e.role, 'seq', e.event_seq, 'index', e.event_idx, "
        "'time', " ISO("e.event_time") ", 'device', e.device, 'kind', e.kind, "
        "'value', coalesce(v.value_text, v.value_number::text), 'unit', v.unit, 'attrs', v.attributes) "
        "ORDER BY e.position), '[]') "
        "FROM alarm_evidence e LEFT JOIN event v ON v.journal = e.journal AND v.seq = e.event_seq AND "
        "v.idx = e.event_idx AND v.time = e.event_time "
        "WHERE e.journal = t.journal AND e.seq = t.seq AND e.n = t.n), "
        "'alarm', json_build_object('id', t.alarm, 'version', t.version, 'state', t.new_state, 'rule', t.rule, "
        "'rule_hash', lpad(to_hex(a.rule_hash), 16, '0'), 'key', t.key, 'title', t.title, 'priority', t.priority, "
        "'procedure', a.procedure, 'legal_basis', a.legal_basis, 'hazard', a.hazard, "
        "'raised_at', " ISO("t.raised_at") ", 'changed_at', " ISO("t.changed_at") ", "
        "'suppressed_by', t.suppressed_by))::text "
        "FROM alarm_transition t JOIN alarm a USING (journal, alarm) "
        "WHERE t.journal = %" PRId32 " AND t.alarm = %" PRIu64 " ORDER BY t.version";
/* clang-format on */

/* Text of the tables is in escape notation; the journal's is not. */
static json_t *unescaped(json_t *value, struct arena *arena) {
        const char *name;
        struct ww_str bytes;
        json_t *part;
        size_t i;

        if (json_is_string(value))
                return replay_line_unescape(ww_str(json_string_value(value)), arena, &bytes) ? json_incref(value)
                                                                                             : record_json_str(bytes);
        json_object_foreach(value, name, part) json_object_set_new(value, name, unescaped(part, arena));
        json_array_foreach(value, i, part) json_array_set_new(value, i, unescaped(part, arena));
        return json_incref(value);
}

int explain_story_database(const struct replay_database *database, uint64_t alarm, json_t *ret) {
        _cleanup_(wire_freep) struct wire *w = NULL;
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        int32_t journal = 0;
        int e = replay_database_open(&w, database, &journal, NULL);

        if (!e)
                e = replay_database_ask(w, story_sql, journal, alarm);
        for (size_t i = 0; !e && i < wire_rows(w); i++) {
                json_t *row = json_loads(wire_value(w, i, 0), 0, NULL);

                e = row && json_array_append_new(ret, unescaped(row, &arena)) == 0 ? 0 : -ENOMEM;
                json_decref(row);
        }
        return e;
}
