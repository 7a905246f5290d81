/*
 * PostgreSQL's history as a source: message, command and engine_input of one journal, each in the order of its number,
 * merged here, with the inputs that stand in quarantine. Cursors in one read-only transaction give a few thousand at a
 * time, so that a month costs no more memory than an hour, nothing is sorted, and what the store adds meanwhile does
 * not show.
 *
 * What begins in the middle needs what stood there: the switched modes and list members, blindness, and, if the rules
 * are to be those of the recording, the rule set in force. They come first, all at the moment at which the inputs
 * begin.
 *
 * A journal whose history itself begins in the middle was salvaged from one that was damaged, or its oldest inputs are
 * past their time. A salvaged one goes on from the site's journal before it, which may have been salvaged, too: what
 * stood is looked for back to the one whose first input brought rules.
 */
#include "command/replay_database.h"
#include "command/replay_line.h"
#include "pipeline.h"

#include <inttypes.h>
#include <stdio.h>

#define FETCH        2000
#define PRUNE        WW_DAY /* journal time and wall clock are never that far apart, but for a clock that was set */
#define ROLES_ALL    63

#define USEC(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

enum { STREAMS = 4 };
enum column { SEQ, TYPE, RECEIVED, TIME, ORIGIN, FLAGS, TOPIC, ID, PAYLOAD };

struct stream {
        struct pg_result *rows;
        size_t row; /* the next of those fetched */
        bool ended;
};

struct history {
        struct wire *wire;
        struct stream streams[STREAMS];
        struct replay_database database; /* its texts are the caller's */
        int32_t journal;
        char lineage[192]; /* SQL: it and those that it goes on from */
        int64_t begin, to; /* of the inputs; NONE, NEVER */
        int64_t start;     /* what stood before then comes first; NONE = nothing stood */
        json_t *scene;     /* inputs that come before: [{type, topic, payload}…] */
        size_t in_scene;
        uint64_t scene_seq;
        char *rules; /* of the reload before; hex */
        struct range {
                uint64_t from, before;
        } * primings; /* of the reloads */
        size_t n_primings;
        struct arena arena;
        const char *raw; /* as replay_database_open gives it */
};

static void history_close(void *userdata) {
        struct history *h = userdata;

        if (h->wire && h->raw && *h->raw)
                (void)wire_exec(h->wire, "COMMIT"); /* else what was read would not be written down */
        wire_free(h->wire);
        for (size_t i = 0; i < STREAMS; i++)
                wire_result_free(h->streams[i].rows);
        json_decref(h->scene);
        free(h->rules);
        free(h->primings);
        arena_deinit(&h->arena);
        free(h);
}

/* ---- where it begins ---- */

static int lineage_read(struct history *h) {
        int e = replay_database_ask(h->wire,
                                    "SELECT coalesce(max(r.journal), %" PRId32 ") FROM ruleset r JOIN journal a USING "
                                    "(journal) JOIN journal j USING (site) WHERE j.journal = %" PRId32
                                    " AND r.journal <= j.journal AND r.seq = 1",
                                    h->journal, h->journal);

        if (!e)
                (void)snprintf(h->lineage, sizeof h->lineage,
                               "journal IN (SELECT a.journal FROM journal a JOIN journal j USING (site) WHERE "
                               "j.journal = %" PRId32 " AND a.journal BETWEEN %s AND j.journal)",
                               h->journal, wire_value(h->wire, 0, 0));
        return e;
}

/* Asked first, as it is the rule: the oldest input of all is looked for in every partition. */
static int start_is_there(struct history *h, bool *ret) {
        int e = replay_database_ask(h->wire,
                                    "SELECT EXISTS (SELECT FROM engine_input WHERE journal = %" PRId32 " AND seq = 1)",
                                    h->journal);

        if (!e)
                *ret = *wire_value(h->wire, 0, 0) == 't';
        return e;
}

static int start_read(struct history *h) {
        bool there = false;
        int e = start_is_there(h, &there);
        int64_t first;

        h->start = h->begin;
        if (!e && !there)
                e = replay_database_ask(
                        h->wire,
                        "SELECT seq, " USEC(
                                "journal_time") " FROM input WHERE journal = %" PRId32
                                                " AND seq = (SELECT min(seq) FROM input WHERE journal = %" PRId32
                                                " AND type <> 'quarantined')",
                        h->journal, h->journal);
        if (e || there || !wire_rows(h->wire))
                return e;
        first = strtoll(wire_value(h->wire, 0, 1), NULL, 10);
        if (h->start != WW_TIME_NONE && h->start >= first)
                return 0;
        h->start = first;
        (void)fprintf(stderr,
                      "wardwatch: history of journal %" PRId32
                      " begins at input %s: the rules, modes and lists of then come first, what rules had counted and "
                      "alarms that stood do not\n",
                      h->journal, wire_value(h->wire, 0, 0));
        return 0;
}

/* ---- what stood ---- */

/* A mode or a member as the answer to its command had it; and blindness as its last notice did. */
static int scene_add(struct history *h, const char *type, const char *topic, json_t *body) {
        char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
        int e = text ? json_array_append_new(
                               h->scene, json_pack("{s:s, s:s, s:s}", "type", type, "topic", topic, "payload", text))
                     : -1;

        free(text);
        json_decref(body);
        return e ? -ENOMEM : 0;
}

static int scene_answer(struct history *h, const char *reply) {
        json_t *answer = json_loads(reply, 0, NULL), *mode = json_object_get(answer, "mode");
        json_t *list = json_object_get(answer, "list"), *body = NULL;

        if (mode)
                body = json_pack("{s:s, s:i, s:O, s:O}", "cmd", "mode", "roles", ROLES_ALL, "name",
                                 json_object_get(mode, "name"), "on", json_object_get(mode, "on"));
        else if (list)
                body = json_pack("{s:s, s:i, s:O, s:O, s:O, s:O*}", "cmd", "list", "roles", ROLES_ALL, "name",
                                 json_object_get(list, "name"), "member", json_object_get(list, "member"), "add",
                                 json_object_get(list, "in"), "until", json_object_get(list, "until"));
        json_decref(answer);
        return body ? scene_add(h, "command", "history", body) : 0;
}

static int scene_commands(struct history *h) {
        int e = replay_database_ask(
                h->wire,
                "SELECT r.reply::text FROM command%s c JOIN command_reply%s r USING (journal, seq) WHERE %s AND "
                "c.name IN ('mode', 'list') AND r.ok AND c.journal_time < to_timestamp(0) + "
                "interval '1 microsecond' * %" PRId64 " ORDER BY journal, seq",
                h->raw, h->raw, h->lineage, h->start);

        for (size_t i = 0; !e && i < wire_rows(h->wire); i++)
                e = scene_answer(h, wire_value(h->wire, i, 0));
        return e;
}

static int scene_blind(struct history *h) {
        int e = replay_database_ask(
                h->wire,
                "SELECT name FROM engine_input WHERE %s AND type = 'notice' AND name IN "
                "('intake-blind', 'intake-sighted') AND journal_time < to_timestamp(0) + interval '1 microsecond' "
                "* %" PRId64 " ORDER BY journal DESC, seq DESC LIMIT 1",
                h->lineage, h->start);
        const char *name = e ? NULL : wire_value(h->wire, 0, 0);

        if (name && strcmp(name, "intake-blind") == 0)
                e = scene_add(h, "notice", name, json_object());
        return e;
}

static int scene_rules(struct history *h) {
        int e = replay_database_ask(
                h->wire,
                "SELECT text FROM ruleset JOIN rule_text USING (hash) WHERE %s AND in_force_from < to_timestamp(0) "
                "+ interval '1 microsecond' * %" PRId64 " ORDER BY journal DESC, seq DESC LIMIT 1",
                h->lineage, h->start);

        if (e || !wire_rows(h->wire))
                return e;
        h->rules = strdup(wire_value(h->wire, 0, 0));
        return h->rules ? 0 : -ENOMEM;
}

static int scene_read(struct history *h) {
        int e;

        h->scene = json_array();
        if (!h->scene)
                return -ENOMEM;
        if (h->start == WW_TIME_NONE)
                return 0;
        e = h->database.recorded ? scene_rules(h) : 0;
        if (!e)
                e = scene_blind(h);
        return e ? e : scene_commands(h);
}

/* ---- what primed the reloads ---- */

static int primings_read(struct history *h) {
        int e = replay_database_ask(h->wire,
                                    "SELECT seq, primed FROM engine_input WHERE journal = %" PRId32
                                    " AND type = 'reload' AND primed <> '' ORDER BY seq",
                                    h->journal);
        size_t n = e ? 0 : wire_rows(h->wire);

        h->primings = calloc(n + 1, sizeof *h->primings);
        for (size_t i = 0; h->primings && i < n; i++) {
                struct ww_prime prime;

                if (ww_prime_parse(ww_str(wire_value(h->wire, i, 1)), &prime))
                        h->primings[h->n_primings++] = (struct range){ prime.from_seq,
                                                                       strtoull(wire_value(h->wire, i, 0), NULL, 10) };
        }
        return e ? e : h->primings ? 0 : -ENOMEM;
}

static bool history_primes(void *userdata, uint64_t seq) {
        const struct history *h = userdata;

        for (size_t i = 0; i < h->n_primings; i++)
                if (seq >= h->primings[i].from && seq < h->primings[i].before)
                        return true;
        return false;
}

/* ---- the inputs ---- */

/* `time` BETWEEN …, or nothing */
static void between(char *sql, size_t size, const char *column, int64_t from, int64_t to) {
        size_t n = 0;

        sql[0] = 0;
        if (from != WW_TIME_NONE)
                n = (size_t)snprintf(sql, size, " AND %s >= to_timestamp(0) + interval '1 microsecond' * %" PRId64,
                                     column, from);
        if (to != WW_TIME_NEVER)
                (void)snprintf(sql + n, size - n, " AND %s < to_timestamp(0) + interval '1 microsecond' * %" PRId64,
                               column, to);
}

#define TIMES USEC("received_at") ", " USEC("journal_time")

/* columns as in enum column */
static const struct {
        const char *columns, *table, *more;
        bool ranged, dated, raw; /* has a journal_time; is kept by days of received_at; raw: a table of such */
} stream_rows[STREAMS] = {
        { "seq, 'message', " TIMES ", origin, retained::int + 2 * duplicate::int + 4 * skipped::int + "
          "8 * coalesce(signed, false)::int, topic, "
          "CASE WHEN skipped AND (journal, seq) IN (SELECT u.journal, u.seq FROM undecoded u WHERE u.reason = "
          "'" PIPELINE_SPOOFED "') THEN '" PIPELINE_SPOOFED "' ELSE '' END, payload",
          "message", "", true, true, true },
        { "seq, 'command', " TIMES ", origin, 0, actor, command_id, convert_to(request::text, 'UTF8')", "command", "",
          true, false, true },
        { "seq, type, " TIMES ", origin, 0, CASE type WHEN 'reload' THEN stood ELSE name END, primed, body",
          "engine_input", "", true, false, false },
        { "seq, 'record', 0, 0, '', 0, '', '', record", "quarantine", " AND n = -1", false, false, true },
};

static int cursors_open(struct history *h) {
        char range[256], days[256];
        int e = replay_database_ask(h->wire, "SET enable_sort = off; SET jit = off");

        between(range, sizeof range, "journal_time", h->begin, h->to);
        between(days, sizeof days, "received_at", h->begin == WW_TIME_NONE ? WW_TIME_NONE : h->begin - PRUNE,
                h->to == WW_TIME_NEVER ? WW_TIME_NEVER : h->to + PRUNE);
        for (int i = 0; i < STREAMS && !e; i++)
                e = replay_database_ask(
                        h->wire,
                        "DECLARE stream%d NO SCROLL CURSOR FOR SELECT %s FROM %s%s WHERE journal = %" PRId32
                        "%s%s%s ORDER BY seq",
                        i, stream_rows[i].columns, stream_rows[i].table, stream_rows[i].raw ? h->raw : "", h->journal,
                        stream_rows[i].more, stream_rows[i].ranged ? range : "", stream_rows[i].dated ? days : "");
        return e;
}

/* a row is there, or the stream has ended */
static int stream_fill(struct history *h, int i) {
        struct stream *s = &h->streams[i];
        int e;

        if (s->ended || s->row < wire_result_rows(s->rows))
                return 0;
        s->rows = wire_result_free(s->rows);
        s->row = 0;
        e = replay_database_ask(h->wire, "FETCH %d FROM stream%d", FETCH, i);
        if (e)
                return e;
        s->rows = wire_take(h->wire);
        s->ended = wire_result_rows(s->rows) == 0;
        return 0;
}

static struct ww_str value(const struct stream *s, enum column column) {
        const char *text = wire_result_value(s->rows, s->row, column);

        return ww_str(text ? text : "");
}

static int64_t number(const struct stream *s, enum column column) {
        return strtoll(value(s, column).p, NULL, 10);
}

/* the stream with the next input; NULL: there is none */
static int streams_next(struct history *h, struct stream **ret) {
        *ret = NULL;
        for (int i = 0; i < STREAMS; i++) {
                struct stream *s = &h->streams[i];
                int e = stream_fill(h, i);

                if (e)
                        return e;
                if (!s->ended && (!*ret || number(s, SEQ) < number(*ret, SEQ)))
                        *ret = s;
        }
        return 0;
}

static int input_type(const char *name, enum ww_input_type *ret) {
        for (enum ww_input_type type = WW_INPUT_MESSAGE; type <= WW_INPUT_NOTICE; type++)
                if (strcmp(name, ww_input_type_name(type)) == 0) {
                        *ret = type;
                        return 0;
                }
        return replay_database_tell("a kind of input that this version does not know", "use the newer Wardwatch");
}

static enum ww_origin input_origin(const char *name) {
        enum ww_origin origin = WW_ORIGIN_ENGINE;

        for (enum ww_origin o = WW_ORIGIN_ENGINE; o <= WW_ORIGIN_SOCKET; o++)
                if (strcmp(name, ww_origin_name(o)) == 0)
                        origin = o;
        return origin;
}

static int input_words(struct history *h, const struct stream *s, struct ww_input *ret) {
        int e = replay_line_unescape(value(s, TOPIC), &h->arena, &ret->topic);

        if (!e)
                e = replay_line_unescape(value(s, ID), &h->arena, &ret->id);
        return e ? e : replay_line_unhex(value(s, PAYLOAD), &h->arena, &ret->payload);
}

static int input_row(struct history *h, const struct stream *s, struct ww_input *ret) {
        int64_t flags = number(s, FLAGS);
        int e;

        *ret = (struct ww_input){
                .seq = (uint64_t)number(s, SEQ),
                .origin = input_origin(value(s, ORIGIN).p),
                .flags = (flags & 1 ? WW_INPUT_RETAINED : 0) | (flags & 2 ? WW_INPUT_DUP : 0) |
                         (flags & 4 ? WW_INPUT_SKIPPED : 0) | (flags & 8 ? WW_INPUT_SIGNED : 0),
                .received = number(s, RECEIVED),
                .time = number(s, TIME),
        };
        e = input_type(value(s, TYPE).p, &ret->type);
        return e ? e : input_words(h, s, ret);
}

/* As it stands in the journal; one that cannot be read was passed over there, too. */
static int input_record(struct history *h, const struct stream *s, struct ww_input *ret, bool *ret_there) {
        struct ww_str record;
        int e = replay_line_unhex(value(s, PAYLOAD), &h->arena, &record);

        if (e)
                return e;
        *ret_there = ww_input_decode(record, (uint64_t)number(s, SEQ), ret) == 0 &&
                     (h->begin == WW_TIME_NONE || ret->time >= h->begin) && ret->time < h->to;
        return 0;
}

static int input_next(struct history *h, struct ww_input *ret) {
        bool there = true;
        int e;

        do {
                struct stream *s;

                e = streams_next(h, &s);
                if (e || !s)
                        return e ? e : REPLAY_E_END;
                arena_reset(&h->arena);
                e = strcmp(value(s, TYPE).p, "record") == 0 ? input_record(h, s, ret, &there) : input_row(h, s, ret);
                s->row++;
        } while (!e && !there);
        return e == -EBADMSG ? replay_database_tell("a row holds bytes that the store did not write",
                                                    "somebody has changed it")
                             : e;
}

/* Numbers below those of the inputs: what stood comes before all of them. */
static void scene_place(struct history *h, struct ww_input *ret) {
        ret->seq = ++h->scene_seq;
        ret->time = ret->received = h->start;
}

static int scene_next(struct history *h, struct ww_input *ret) {
        const json_t *row = json_array_get(h->scene, h->in_scene++);

        *ret = (struct ww_input){
                .topic = ww_str(json_string_value(json_object_get(row, "topic"))),
                .payload = ww_str(json_string_value(json_object_get(row, "payload"))),
        };
        scene_place(h, ret);
        return input_type(json_string_value(json_object_get(row, "type")), &ret->type);
}

static int rules_next(struct history *h, struct ww_input *ret) {
        _cleanup_free_ char *text = h->rules;

        h->rules = NULL;
        arena_reset(&h->arena);
        *ret = (struct ww_input){ .type = WW_INPUT_RELOAD };
        scene_place(h, ret);
        return replay_line_unhex(ww_str(text), &h->arena, &ret->payload);
}

static int history_next(void *userdata, struct ww_input *ret) {
        struct history *h = userdata;

        if (h->rules)
                return rules_next(h, ret);
        if (h->in_scene < json_array_size(h->scene))
                return scene_next(h, ret);
        return input_next(h, ret);
}

/* ---- alarms by number ---- */

static int history_alarm(void *userdata, uint64_t id, struct replay_alarm *ret) {
        struct history *h = userdata;
        int e = replay_database_ask(h->wire,
                                    "SELECT rule, key, exercise FROM alarm WHERE %s AND alarm = %" PRIu64
                                    " ORDER BY journal DESC LIMIT 1",
                                    h->lineage, id);

        if (e)
                return e;
        if (!wire_rows(h->wire))
                return REPLAY_E_END;
        ret->exercise = wire_value(h->wire, 0, 2)[0] == 't';
        e = replay_line_unescape(ww_str(wire_value(h->wire, 0, 0)), &h->arena, &ret->rule);
        return e ? e : replay_line_unescape(ww_str(wire_value(h->wire, 0, 1)), &h->arena, &ret->key);
}

/* What was never stored cannot be replayed: it is said, and the rest goes on. */
static int gaps_tell(struct history *h) {
        int e = replay_database_ask(h->wire,
                                    "SELECT first_seq, last_seq, reason FROM store_gap WHERE journal = %" PRId32
                                    " ORDER BY first_seq",
                                    h->journal);

        for (size_t i = 0; !e && i < wire_rows(h->wire); i++)
                (void)fprintf(stderr, "wardwatch: history has no inputs %s to %s: %s\n", wire_value(h->wire, i, 0),
                              wire_value(h->wire, i, 1), wire_value(h->wire, i, 2));
        return e;
}

/* ---- opening ---- */

static int history_begin(struct history *h) {
        int e = replay_database_open(&h->wire, &h->database, &h->journal, &h->raw);

        if (!e)
                e = lineage_read(h);
        if (!e)
                e = start_read(h);
        if (!e)
                e = scene_read(h);
        if (!e && h->database.recorded)
                e = primings_read(h);
        if (!e)
                e = gaps_tell(h);
        return e ? e : cursors_open(h);
}

int replay_history_open(struct replay_source *ret, const struct replay_database *database,
                        const struct replay_range *range) {
        struct history *h = calloc(1, sizeof *h);
        int e;

        if (!h)
                return -ENOMEM;
        h->database = *database;
        h->begin = range->from == WW_TIME_NONE ? WW_TIME_NONE : range->from - range->warm_up;
        h->to = range->to;
        e = history_begin(h);
        if (e) {
                history_close(h);
                return e;
        }
        *ret = (struct replay_source){ h, history_next, history_alarm, history_close, range->from, history_primes };
        return 0;
}
