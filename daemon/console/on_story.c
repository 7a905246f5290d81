/*
 * One alarm, one incident, one moment: what is now comes from the feed, what was from PostgreSQL, in one statement that
 * makes the whole answer. Without a database what is now is still answered, and `partial` says so.
 */
#include "console/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* $1: the journal's id, $2: the number */
static const char alarm_sql[] =
        "WITH j AS (SELECT journal FROM journal WHERE journal_id = $1::uuid), "
        "t AS (SELECT * FROM alarm_transition WHERE journal = (SELECT journal FROM j) AND alarm = $2::bigint), "
        "last AS (SELECT * FROM t ORDER BY version DESC LIMIT 1) "
        "SELECT json_build_object("
        "'story', (SELECT coalesce(json_agg(s ORDER BY version), '[]') FROM (SELECT t.*, "
        "(SELECT coalesce(json_agg(json_build_object('role', e.role, 'seq', e.event_seq, 'index', e.event_idx, 'time', "
        "e.event_time, 'device', e.device, 'kind', e.kind, 'event', (SELECT row_to_json(v) FROM event v WHERE "
        "v.journal = "
        "e.journal AND v.seq = e.event_seq AND v.idx = e.event_idx AND v.time = e.event_time LIMIT 1)) ORDER BY "
        "e.position), '[]') FROM alarm_evidence e WHERE e.journal = t.journal AND e.seq = t.seq AND e.n = t.n) AS "
        "evidence "
        "FROM t) s), "
        "'earlier', (SELECT coalesce(json_agg(a ORDER BY raised_at DESC), '[]') FROM (SELECT n.alarm, n.raised_at, "
        "n.rule, "
        "n.key, n.title, n.zone, n.priority, n.covert, (SELECT i.disposition FROM incident i JOIN incident_alarm ia "
        "USING "
        "(journal, "
        "incident) WHERE ia.journal = n.journal AND ia.alarm = n.alarm ORDER BY i.incident DESC LIMIT 1) AS "
        "disposition "
        "FROM alarm n, last WHERE n.journal = last.journal AND n.alarm <> last.alarm AND n.rule = last.rule AND (n.key "
        "= "
        "last.key OR n.zone = last.zone) ORDER BY n.raised_at DESC LIMIT 20) a), "
        "'incidents', (SELECT coalesce(json_agg(incident), '[]') FROM incident_alarm WHERE journal = (SELECT journal "
        "FROM "
        "j) AND alarm = $2::bigint), "
        "'told', (SELECT coalesce(json_agg(n ORDER BY due_at), '[]') FROM notification n WHERE n.journal = (SELECT "
        "journal "
        "FROM j) AND n.incident IN (SELECT incident FROM incident_alarm WHERE journal = (SELECT journal FROM j) AND "
        "alarm = "
        "$2::bigint)))::text";

static const char incident_sql[] =
        "WITH j AS (SELECT journal FROM journal WHERE journal_id = $1::uuid) "
        "SELECT json_build_object("
        "'changes', (SELECT coalesce(json_agg(json_build_object('subject', subject, 'id', id, 'version', version, "
        "'incident', incident, 'exercise', exercise, 'ended', ended, 'time', changed_at, 'what', what, 'actor', actor, "
        "'reason', reason, 'body', body) ORDER BY seq, n), '[]') FROM change WHERE journal = (SELECT journal FROM j) "
        "AND "
        "incident = $2::bigint), "
        "'alarms', (SELECT coalesce(json_agg(a ORDER BY first_raised_at), '[]') FROM alarm_now a WHERE a.journal = "
        "(SELECT "
        "journal FROM j) AND a.alarm IN (SELECT alarm FROM incident_alarm WHERE journal = (SELECT journal FROM j) AND "
        "incident = $2::bigint)))::text";

/* $1: the moment; of the journal that was written then */
static const char moment_sql[] =
        "WITH j AS (SELECT journal FROM alarm_transition WHERE changed_at <= $1::timestamptz ORDER BY changed_at DESC "
        "LIMIT "
        "1) SELECT json_build_object('time', $1::timestamptz, "
        "'alarms', (SELECT coalesce(json_agg(a ORDER BY raised_at), '[]') FROM (SELECT DISTINCT ON (alarm) * FROM "
        "alarm_transition WHERE journal = (SELECT journal FROM j) AND changed_at <= $1::timestamptz ORDER BY alarm, "
        "version "
        "DESC) a WHERE new_state <> 'NORM'), "
        "'changes', (SELECT coalesce(json_agg(c ORDER BY changed_at), '[]') FROM (SELECT DISTINCT ON (subject, id) * "
        "FROM "
        "change WHERE journal = (SELECT journal FROM j) AND changed_at <= $1::timestamptz ORDER BY subject, id, "
        "version "
        "DESC) c WHERE NOT ended))::text";

struct story {
        struct call *call;
        struct query *query;
        json_t *now; /* NULL: none */
        json_t *past;
};

static void story_free(struct story *s) {
        json_decref(s->now);
        json_decref(s->past);
        free(s);
}

static void on_row(void *userdata, const char *text, size_t n) {
        struct story *s = userdata;

        json_decref(s->past);
        s->past = json_loadb(text, n, 0, NULL);
}

static bool is_moment(const struct call *call) {
        return call->route->run == on_moment;
}

/* --- what is covert --- */

static bool row_covert(const json_t *row, bool alarm) {
        const json_t *flags = json_object_get(row, "flags"), *flag;
        size_t i;

        json_array_foreach(flags, i, flag) if (strcmp(json_string_value(flag), "covert") == 0) return true;
        return live_class_of(row, alarm) & LIVE_COVERT;
}

static bool any_covert(const json_t *list, bool alarm) {
        const json_t *row;
        size_t i;

        json_array_foreach(list, i, row) if (row_covert(row, alarm)) return true;
        return false;
}

/* One that was covert at any time is so as a whole, also when it is long over: its number is then as unknown to him as
 * one that there never was. */
static bool is_hidden(const struct call *call, const json_t *now, const json_t *past) {
        bool alarm = call->route->run == on_alarm;

        if (!(console_hidden(&call->who) & LIVE_COVERT))
                return false;
        return any_covert(json_object_get(past, "story"), true) || any_covert(json_object_get(past, "alarms"), true) ||
               any_covert(json_object_get(past, "changes"), false) ||
               (alarm ? row_covert(now, true) : any_covert(now, false));
}

/* Others of the kind that were covert are not told either. */
static void drop_covert(const struct call *call, json_t *past) {
        json_t *earlier = json_object_get(past, "earlier");

        if (!(console_hidden(&call->who) & LIVE_COVERT))
                return;
        for (size_t i = json_array_size(earlier); i > 0; i--)
                if (row_covert(json_array_get(earlier, i - 1), true))
                        (void)json_array_remove(earlier, i - 1);
}

/* --- the answer --- */

static void answer_unknown(struct call *call) {
        api_refuse(call, 404, "unknown", "nothing is known of that number", "GET /api/v1/history finds it");
}

/* {now, partial, story …}; of what nobody knows nothing is told. */
static void answer(struct call *call, json_t *now, json_t *past) {
        json_t *o;
        const char *list = call->route->run == on_alarm ? "story" : "changes";

        if (is_hidden(call, now, past)) {
                answer_unknown(call);
                return;
        }
        drop_covert(call, past);
        o = past ? json_incref(past) : json_object();
        if (!json_is_object(json_object_get(o, "x")) && !past)
                (void)json_object_set_new(o, list, json_array());
        if (!is_moment(call)) {
                (void)json_object_set(o, "now", now ? now : json_null());
                (void)json_object_set_new(o, "partial", json_boolean(!past));
        }
        if (past && !is_moment(call) && !json_array_size(json_object_get(o, list)) && !json_array_size(now) &&
            !json_object_size(now)) {
                json_decref(o);
                answer_unknown(call);
                return;
        }
        api_answer(call, 200, o);
}

static void on_end(void *userdata, enum query_result result, const char *why) {
        struct story *s = userdata;
        struct call *call = s->call;

        call->gone = NULL;
        if (result != QUERY_DONE && (is_moment(call) || result == QUERY_FAILED))
                search_failed(call, result, why);
        else
                answer(call, s->now, result == QUERY_DONE ? s->past : NULL);
        story_free(s);
}

static void on_gone(struct call *call) {
        struct story *s = call->state;

        query_cancel(s->query);
        story_free(s);
        api_refuse(call, 503, "gone", "nobody waits any more", "");
}

/* `now` is stolen. */
static void tell(struct call *call, const char *sql, const char *const *values, size_t n, json_t *now) {
        struct story *s = calloc(1, sizeof *s);
        const struct query_handlers handlers = { s, on_row, on_end };

        if (s && database_up(call->console->database) && (values[0] || is_moment(call))) {
                s->call = call;
                s->now = now;
                s->query = database_ask(call->console->database, call->who.name, sql, values, n, &handlers);
                if (s->query) {
                        call->state = s;
                        call->gone = on_gone;
                        if (call->connection)
                                http_connection_attend(call->connection);
                        return;
                }
        }
        free(s);
        answer(call, now, NULL);
        json_decref(now);
}

static const char *journal_of(const struct call *call) {
        return json_string_value(
                json_object_get(json_object_get(engine_link_status(call->console->engine), "journal"), "id"));
}

void on_alarm(struct call *call) {
        json_int_t id;
        const json_t *now;

        if (!api_number(call, &id))
                return;
        now = live_alarm(call->console->live, id);
        tell(call, alarm_sql, (const char *const[]){ journal_of(call), call->param }, 2, json_incref((json_t *)now));
}

struct belongs {
        json_int_t incident;
        json_t *list;
};

static int visit(void *userdata, const json_t *change) {
        struct belongs *b = userdata;

        if (json_integer_value(json_object_get(change, "incident")) == b->incident)
                (void)json_array_append(b->list, (json_t *)change);
        return 0;
}

void on_incident(struct call *call) {
        struct belongs b = { 0 };

        if (!api_number(call, &b.incident))
                return;
        b.list = json_array();
        (void)live_each(call->console->live, NULL, visit, &b);
        tell(call, incident_sql, (const char *const[]){ journal_of(call), call->param }, 2, b.list);
}

void on_moment(struct call *call) {
        const char *time = api_query(call, "time");
        int64_t t;

        if (!time || instant_parse(ww_str(time), 0, &t))
                api_refuse(call, 400, "malformed", "`time` must be a time such as 2026-01-31T18:00:00Z", "give one");
        else if (search_ready(call))
                tell(call, moment_sql, &time, 1, NULL);
}

void on_live(struct call *call) {
        if (live_complete(call->console->live))
                api_answer(call, 200, live_json(call->console->live, console_hidden(&call->who)));
        else
                api_refuse(call, 503, "engine-away", "what is now is not known yet", "try again in a while");
}
