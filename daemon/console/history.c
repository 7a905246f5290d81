#include "console/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_PLACE                                                                                                       \
        { "zone", "x.zone = ANY(@::text[])" }, { "device", "x.device = @" }, {                                         \
                "asset", "x.asset = @"                                                                                 \
        }
#define EXERCISE                                                                                                       \
        { "exercise", "x.exercise = @::boolean" }
#define FLAGGED                                                                                                        \
        { "exercise", "('exercise' = ANY(x.flags)) = @::boolean" }
#define RECORDS                                                                                                        \
        { "record", "x.record = @::bigint" }, EXERCISE, {                                                              \
                "state", "x.state = @"                                                                                 \
        }

/* clang-format off */
const struct history_what history_whats[] = {
        { "alarms", "alarm", "raised_at", "x.alarm", "x.journal",
          { BY_PLACE, EXERCISE, { "hazard", "x.hazard = @" }, { "priority", "x.priority = @" }, { "rule", "x.rule = @" },
            { "alarm", "x.alarm = @::bigint" }, { "text", "(x.title || ' ' || x.key) ILIKE @" } } },
        { "transitions", "alarm_transition", "changed_at", "x.seq", "x.n",
          { BY_PLACE, FLAGGED, { "priority", "x.priority = @" }, { "rule", "x.rule = @" }, { "alarm", "x.alarm = @::bigint" },
            { "state", "x.new_state = @" }, { "kind", "x.cause = @" }, { "person", "@ IN (x.actor, x.acknowledged_by)" },
            { "text", "(x.title || ' ' || x.key || ' ' || x.reason) ILIKE @" } } },
        { "evidence", "alarm_evidence", "event_time", "x.seq", "x.n * 1000 + x.position",
          { { "device", "x.device = @" }, { "alarm", "x.alarm = @::bigint" }, { "kind", "x.kind = @" },
            { "text", "x.role ILIKE @" } } },
        { "events", "event", "time", "x.seq", "x.n",
          { BY_PLACE, FLAGGED, { "kind", "x.kind = @" }, { "state", "x.state = @" },
            { "person", "(x.attributes->>'actor' = @ OR x.attributes->>'user' = @ OR x.attributes->>'badge' = @)" },
            { "text", "(x.value_text || ' ' || coalesce(x.attributes::text, '')) ILIKE @" } } },
        { "messages", "message_raw", "received_at", "x.seq", "x.journal",
          { { "device", "x.topic LIKE '%' || @ || '%'" }, { "text", "(x.topic || ' ' || encode(x.payload, 'escape')) ILIKE @" } } },
        { "undecoded", "undecoded", "received_at", "x.seq", "x.n",
          { { "kind", "x.reason = @" }, { "text", "(x.sensor || ' ' || x.detail) ILIKE @" } } },
        { "incidents", "incident", "opened_at", "x.incident", "x.journal",
          { { "zone", "x.zone = ANY(@::text[])" }, EXERCISE, { "hazard", "x.hazard = @" }, { "priority", "x.priority = @" },
            { "state", "x.state = @" }, { "incident", "x.incident = @::bigint" }, { "kind", "x.disposition = @" },
            { "person", "@ IN (x.owner, x.acknowledged_by, x.actor)" }, { "text", "x.title ILIKE @" } } },
        { "changes", "change", "changed_at", "x.seq", "x.n",
          { EXERCISE, { "kind", "@ IN (x.subject, x.what)" }, { "incident", "x.incident = @::bigint" }, { "person", "x.actor = @" },
            { "zone", "x.body->>'zone' = ANY(@::text[])" }, { "state", "x.body->>'state' = @" },
            { "text", "(x.reason || ' ' || x.body::text) ILIKE @" } } },
        { "notices", "notice", "journal_time", "x.seq", "x.n",
          { { "kind", "x.name = @" }, { "text", "(x.subject || ' ' || x.text) ILIKE @" } },
          .withheld = "x.name <> ALL(@::text[])" },
        { "commands", "command_answered", "journal_time", "x.seq", "x.journal",
          { { "kind", "x.name = @" }, { "person", "x.actor = @" }, { "alarm", "(x.request->>'alarm')::bigint = @::bigint" },
            { "incident", "(x.request->>'incident')::bigint = @::bigint" }, { "text", "(x.request::text || ' ' || x.reply::text) ILIKE @" } }, .audit = true },
        { "notifications", "notification", "due_at", "x.notification", "x.journal",
          { EXERCISE, { "incident", "x.incident = @::bigint" }, { "state", "x.state = @" }, { "kind", "x.channel = @" },
            { "person", "x.recipient = @" }, { "text", "x.text ILIKE @" } } },
        { "record-sendings", "record_sent",
          "at", "x.seq", "x.n",
          { { "record", "x.record = @::bigint" }, EXERCISE, { "kind", "x.kind = @" }, { "state", "x.result = @" },
            { "person", "x.recipient = @" }, { "text", "(x.number || ' ' || x.answer) ILIKE @" } } },
        { "rulesets", "ruleset", "in_force_from", "x.seq", "x.n", { { "text", "x.hash ILIKE @" } } },
        { "records", "record", "changed_at", "x.record", "x.journal",
          { RECORDS, { "kind", "x.kind = @" }, { "incident", "x.incident = @::bigint" }, { "person", "@ IN (x.actor, x.opened_by)" },
            { "open", "x.open = @::boolean" }, { "overdue", "x.overdue = @::boolean" },
            { "text", "(coalesce(x.title, '') || ' ' || x.number || ' ' || x.fields::text) ILIKE @" } } },
        { "record-versions", "record_history", "changed_at", "x.seq", "x.n",
          { RECORDS, { "kind", "x.kind = @" }, { "person", "x.actor = @" },
            { "text", "(x.number || ' ' || x.reason || ' ' || x.fields::text) ILIKE @" } } },
        /* not by their names from outside */
        { "records-restricted", "record_restricted", "changed_at", "x.record", "x.version",
          { RECORDS, { "text", "(x.number || ' ' || x.reason || ' ' || x.fields::text) ILIKE @" } }, .own_route = true },
        { "audit",
          "(SELECT journal, seq, -1 AS n, journal_time AS time, actor AS person, name, "
          "CASE WHEN ok THEN 'done' WHEN ok IS NULL THEN 'unanswered' ELSE 'refused' END AS result, "
          "request::text AS text, reply AS answer FROM command_answered WHERE name <> 'notice' "
          "UNION ALL SELECT journal, seq, n, journal_time, subject, name, '', text, NULL FROM notice "
          "UNION ALL SELECT journal, seq, n, in_force_from, '', 'rules-in-force', '', hash, NULL FROM ruleset)",
          "time", "x.seq", "x.n",
          { { "person", "x.person = @" }, { "kind", "x.name = @" }, { "text", "(x.name || ' ' || x.text) ILIKE @" } }, .own_route = true },
        { "devices",
          "(SELECT DISTINCT ON (device) journal, time, device, sensor, zone, asset, kind, state, value_number, value_text, unit, "
          "attributes, flags FROM event WHERE time > @ ORDER BY device, time DESC)",
          "time", "abs(hashtext(x.device)::bigint)", "x.journal",
          { { "device", "x.device = @" }, { "zone", "x.zone = ANY(@::text[])" } }, .own_route = true },
};
/* clang-format on */
const size_t history_whats_n = sizeof history_whats / sizeof *history_whats;

const struct history_what *history_find(const char *name) {
        for (size_t i = 0; i < history_whats_n; i++)
                if (strcmp(history_whats[i].name, name) == 0)
                        return &history_whats[i];
        return NULL;
}

bool history_personal(const char *notice) {
        size_t n = strlen(notice);

        for (const char *p = HISTORY_PERSONAL + 1; *p; p += strcspn(p, ",}") + 1)
                if (strcspn(p, ",}") == n && memcmp(p, notice, n) == 0)
                        return true;
        return false;
}

const char *history_condition(const struct history_what *w, const char *filter) {
        for (size_t i = 0; i < sizeof w->filters / sizeof *w->filters && w->filters[i].name; i++)
                if (strcmp(w->filters[i].name, filter) == 0)
                        return w->filters[i].condition;
        return NULL;
}

/* --- the statement --- */

static size_t value_add(struct history_query *q, const char *value) {
        char *copy = q->n < DATABASE_PARAMS_MAX ? strdup(value) : NULL;

        if (!copy)
                return 0;
        q->values[q->n++] = copy;
        return q->n;
}

static void put_condition(struct history_query *q, const char *condition, size_t number) {
        for (const char *p = condition; *p; p++) {
                if (*p == '@')
                        buf_printf(&q->sql, "$%zu", number);
                else
                        buf_put(&q->sql, p, 1);
        }
}

/* A place and the row, with a line's end between them. */
bool history_begin(struct history_query *q, const struct history_what *w, bool count, const char *value) {
        size_t number;

        *q = (struct history_query){ 0 };
        number = value ? value_add(q, value) : 0;
        if (count)
                buf_puts(&q->sql, "SELECT count(*)::text FROM ");
        else
                buf_printf(&q->sql,
                           "SELECT to_char(x.%s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || '|' || "
                           "x.journal || '|' || (%s) || '|' || (%s) || E'\\n' || row_to_json(x)::text FROM ",
                           w->time, w->key1, w->key2);
        put_condition(q, w->from, number);
        buf_puts(&q->sql, " AS x");
        return !value || number;
}

bool history_filter(struct history_query *q, const char *condition, const char *value) {
        size_t number = value_add(q, value);

        if (!number)
                return false;
        buf_puts(&q->sql, q->where ? " AND " : " WHERE ");
        put_condition(q, condition, number);
        q->where = true;
        return !q->sql.error;
}

bool history_after(struct history_query *q, const struct history_what *w, const char *place) {
        char time[40], number[3][24];
        char condition[300];
        size_t first;

        if (sscanf(place, "%39[0-9TZ:.-]|%20[0-9]|%20[0-9]|%20[0-9-]", time, number[0], number[1], number[2]) != 4)
                return false;
        first = value_add(q, time);
        for (size_t i = 0; first && i < 3; i++)
                if (!value_add(q, number[i]))
                        return false;
        if (!first)
                return false;
        (void)snprintf(condition, sizeof condition,
                       "%s(x.%s, x.journal, %s, %s) < ($%zu::timestamptz, $%zu::integer, $%zu::bigint, $%zu::bigint)",
                       q->where ? " AND " : " WHERE ", w->time, w->key1, w->key2, first, first + 1, first + 2,
                       first + 3);
        buf_puts(&q->sql, condition);
        q->where = true;
        return true;
}

const char *history_sql(struct history_query *q, const struct history_what *w, size_t limit) {
        buf_printf(&q->sql, " ORDER BY x.%s DESC, x.journal DESC, %s DESC, %s DESC", w->time, w->key1, w->key2);
        if (limit)
                buf_printf(&q->sql, " LIMIT %zu", limit);
        buf_put_u8(&q->sql, 0);
        return q->sql.error ? NULL : (const char *)q->sql.p;
}

void history_deinit(struct history_query *q) {
        for (size_t i = 0; i < q->n; i++)
                free(q->values[i]);
        buf_deinit(&q->sql);
}
