/* What a case bundle holds, part by part: the rows of csv/NAME.csv, which are the sections of the page, too. */
#include "report/casefile.h"

/* clang-format off */

/* The incident, and those that were merged into it. */
#define INCIDENTS \
        "WITH RECURSIVE i(incident) AS (\n" \
        "  SELECT :'incident' UNION SELECT m.incident FROM incident m JOIN i ON m.merged_into = i.incident WHERE m.journal = :'journal'),\n" \
        "a AS MATERIALIZED (SELECT DISTINCT x.alarm FROM incident_alarm x JOIN i USING (incident) WHERE x.journal = :'journal'),\n" \
        "t AS MATERIALIZED (SELECT x.* FROM alarm_transition x JOIN a USING (alarm) WHERE x.journal = :'journal'),\n" \
        "c AS MATERIALIZED (SELECT x.* FROM change x JOIN i USING (incident) WHERE x.journal = :'journal')\n"
#define EVIDENCE \
        ", v AS MATERIALIZED (\n" \
        "  SELECT DISTINCT ON (x.alarm, x.event_seq, x.event_idx) x.* FROM alarm_evidence x JOIN a USING (alarm)\n" \
        "  WHERE x.journal = :'journal' ORDER BY x.alarm, x.event_seq, x.event_idx, x.seq)\n"
#define MESSAGES \
        EVIDENCE ", m AS MATERIALIZED (\n" \
        "  SELECT DISTINCT ON (r.seq) r.* FROM v JOIN event e ON e.journal = v.journal AND e.seq = v.event_seq AND e.time = v.event_time\n" \
        "  JOIN message_raw r ON r.journal = v.journal AND r.seq = v.event_seq AND r.received_at = e.received_at ORDER BY r.seq)\n"

static const struct casefile_part parts[] = {
        { CASEFILE_FACTS, { "incident", "The incident", "As it stood when the bundle was made.", NULL,
                "SELECT incident, title, hazard, priority, zone, state, disposition, owner, opened_at, acknowledged_at, acknowledged_by,\n"
                "       dispatched_at, resolved_at, closed_at, manual, forced, exercise, alarm_count, cause_count, merged_into, journal\n"
                "FROM incident WHERE journal = :'journal' AND incident = :'incident'" } },
        { CASEFILE_TABLE, { "story", "The story", "Every change of its alarms and of what people did about them, in order.", NULL,
                INCIDENTS
                "SELECT at, who, what, text FROM (\n"
                "  SELECT changed_at AS at, seq, n, actor AS who, 'alarm ' || alarm || ': ' || lower(cause) AS what,\n"
                "         concat_ws(' · ', title, old_state || ' → ' || new_state, nullif(reason, ''), nullif(context, '')) AS text FROM t\n"
                "  UNION ALL\n"
                "  SELECT changed_at, seq, n, actor, subject || ' ' || id || ': ' || what,\n"
                "         concat_ws(' · ', nullif(body->>'title', ''), nullif(body->>'text', ''), nullif(body->>'guard', ''),\n"
                "                   nullif(body->>'recipient', ''), nullif(body->>'channel', ''), nullif(body->>'answer', ''), nullif(reason, '')) FROM c\n"
                ") s ORDER BY at, seq, n LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "alarms", "Its alarms", "A cause is what happened; a symptom is what came of it.", NULL,
                INCIDENTS
                "SELECT x.alarm, CASE WHEN ia.cause THEN 'cause' ELSE 'symptom' END AS role, x.title, x.rule, x.hazard, x.class, x.priority, x.zone, x.asset,\n"
                "       x.device, x.key, x.raised_at, n.state, x.legal_basis, x.procedure, x.exercise, x.covert\n"
                "FROM a JOIN alarm x ON x.journal = :'journal' AND x.alarm = a.alarm\n"
                "LEFT JOIN alarm_now n ON n.journal = x.journal AND n.alarm = x.alarm\n"
                "LEFT JOIN LATERAL (SELECT bool_or(y.cause) AS cause FROM incident_alarm y JOIN i USING (incident) WHERE y.journal = x.journal AND y.alarm = x.alarm) ia ON true\n"
                "ORDER BY x.raised_at, x.alarm LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "evidence", "What raised them", "The events by which the rules decided; message: the number of the message that said it.", NULL,
                INCIDENTS EVIDENCE
                "SELECT v.event_time AS time, v.alarm, v.role, v.device, e.zone, e.asset, v.kind, e.state, e.value_number, e.value_text, e.unit,\n"
                "       e.attributes, e.flags, e.sensor, e.received_at, v.event_seq AS message\n"
                "FROM v LEFT JOIN event e ON e.journal = v.journal AND e.seq = v.event_seq AND e.idx = v.event_idx AND e.time = v.event_time\n"
                "ORDER BY v.event_time, v.event_seq, v.event_idx, v.alarm LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "known", "Who knew what, when", "Who was on duty when an alarm was announced, who was told and what came of it, who acted.", NULL,
                INCIDENTS
                "SELECT at, who, how, text FROM (\n"
                "  SELECT t.changed_at AS at, coalesce((SELECT string_agg(DISTINCT s.person, ', ') FROM shift s WHERE s.journal = t.journal\n"
                "           AND s.began_at <= t.changed_at AND (s.ended_at IS NULL OR s.ended_at > t.changed_at)), 'control room') AS who,\n"
                "         'announced: alarm ' || t.alarm AS how, t.title AS text FROM t WHERE t.annunciate\n"
                "  UNION ALL\n"
                "  SELECT changed_at, actor, lower(cause) || ': alarm ' || alarm, reason FROM t\n"
                "  WHERE actor NOT LIKE 'rule:%' AND actor NOT IN ('timer', 'reload', '')\n"
                "  UNION ALL\n"
                "  SELECT changed_at, body->>'recipient', CASE what WHEN 'sent' THEN 'told by ' || (body->>'channel')\n"
                "         ELSE 'not told by ' || (body->>'channel') || ': ' || what END, body->>'answer' FROM c\n"
                "  WHERE subject = 'notification' AND what <> 'due'\n"
                "  UNION ALL\n"
                "  SELECT changed_at, CASE WHEN subject = 'dispatch' THEN coalesce(body->>'guard', actor) ELSE actor END,\n"
                "         CASE subject WHEN 'record' THEN (body->>'kind') || ' ' || (body->>'number') ELSE subject || ' ' || id END || ': ' || what, coalesce(nullif(reason, ''), body->>'text', body->>'title', '') FROM c\n"
                "  WHERE subject NOT IN ('notification', 'escalation') AND actor NOT LIKE 'rule:%' AND actor NOT IN ('timer', 'procedure', 'incident', 'event', 'reload', '')\n"
                ") k ORDER BY at, who LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "steps", "The procedure, step by step", "", NULL,
                INCIDENTS
                "SELECT s.procedure, s.position, s.name, s.text, s.required, s.role, s.state, s.by, s.done_at, s.note, s.reason, s.topic, s.payload, s.sent_at\n"
                "FROM procedure_step s JOIN i USING (incident) WHERE s.journal = :'journal' ORDER BY s.incident, s.procedure, s.position LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "dispatches", "Who was sent", "", NULL,
                INCIDENTS
                "SELECT d.guard, d.state, d.sent_at, d.arrived_at, d.done_at FROM dispatch d JOIN i USING (incident)\n"
                "WHERE d.journal = :'journal' ORDER BY d.sent_at LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "told", "Who was told, and what came of it", "Each attempt.", NULL,
                INCIDENTS
                "SELECT body->>'due_at' AS due_at, changed_at AS at, what AS result, body->>'recipient' AS recipient, body->>'channel' AS channel,\n"
                "       body->>'address' AS address, (body->>'attempts')::integer AS attempt, body->>'text' AS text, body->>'answer' AS answer\n"
                "FROM c WHERE subject = 'notification' ORDER BY seq, n LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "notes", "Notes and attachments", "sha256: checksum of the attachment as it was when it was noted; the file itself is kept where kept_at says.", NULL,
                INCIDENTS
                "SELECT n.at, n.by, n.text, n.attachment, n.sha256, n.size, n.kept_at, n.amendments FROM incident_note n JOIN i USING (incident)\n"
                "WHERE n.journal = :'journal' ORDER BY n.at LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "records", "Evidence, custody, holds and reports", "Each change of a record that belongs to the incident.", NULL,
                INCIDENTS
                "SELECT changed_at, id AS record, body->>'kind' AS kind, version, what, actor, reason, body FROM c WHERE subject = 'record' ORDER BY seq, n LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "dispositions", "What it turned out to be", "The one that holds is final; earlier ones stay.", NULL,
                INCIDENTS
                "SELECT d.at, d.code, d.title, d.outcome, d.state, d.done, d.why, d.by, d.approved_by, d.approved_at, d.break_glass, d.amendments\n"
                "FROM disposition d JOIN i USING (incident) WHERE d.journal = :'journal' ORDER BY d.at LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "acts", "What people asked of the system", "The commands behind the changes, with their answers.", NULL,
                INCIDENTS
                "SELECT x.journal_time AS at, x.actor, x.name, x.request, x.ok, x.reply, x.seq FROM command_answered x\n"
                "WHERE x.journal = :'journal' AND x.seq IN (SELECT seq FROM t UNION SELECT seq FROM c)\n"
                "  AND x.journal_time >= (SELECT min(changed_at) FROM (SELECT changed_at FROM t UNION ALL SELECT changed_at FROM c) y)\n"
                "ORDER BY x.seq LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "duty", "Who was on duty", "", NULL,
                INCIDENTS
                "SELECT s.person, s.post, s.began_at, s.ended_at, s.accepted_by FROM shift s,\n"
                "  (SELECT min(changed_at) AS first, max(changed_at) AS last FROM (SELECT changed_at FROM t UNION ALL SELECT changed_at FROM c) y) w\n"
                "WHERE s.journal = :'journal' AND s.began_at <= w.last AND (s.ended_at IS NULL OR s.ended_at >= w.first) ORDER BY s.began_at LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "surroundings", "What else happened there", "Events of the incident's zone and of all that lies in it, from a quarter of an hour before its first alarm to its end.", NULL,
                INCIDENTS
                "SELECT e.time, e.zone, e.asset, e.device, e.kind, e.state, e.value_number, e.value_text, e.unit, e.attributes, e.flags, e.seq AS message\n"
                "FROM event e, (SELECT min(raised_at) - interval '15 minutes' AS first FROM t) w,\n"
                "  (SELECT zone, opened_at, coalesce(closed_at, resolved_at, now()) AS last FROM incident WHERE journal = :'journal' AND incident = :'incident') z\n"
                "WHERE e.journal = :'journal' AND z.zone <> '' AND e.zone IN (SELECT x.zone FROM zone_subtree(z.zone, z.opened_at) x)\n"
                "  AND e.time >= w.first AND e.time < z.last ORDER BY e.time, e.seq, e.n LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "rules", "The rules that raised them", "rule_set: the text that was in force, rules/RULE_SET.txt.", NULL,
                INCIDENTS
                "SELECT DISTINCT x.rule, x.rule_hash, x.legal_basis, r.hash AS rule_set, r.in_force_from\n"
                "FROM a JOIN alarm x ON x.journal = :'journal' AND x.alarm = a.alarm\n"
                "JOIN LATERAL (SELECT hash, in_force_from FROM ruleset s WHERE s.journal = x.journal AND s.seq <= x.seq ORDER BY s.seq DESC LIMIT 1) r ON true\n"
                "ORDER BY x.rule, r.in_force_from LIMIT :'limit'" } },
        { CASEFILE_TABLE, { "messages", "The messages as they came", "messages/SEQ.bin has the very bytes; the CSV has them in escape notation.", NULL,
                INCIDENTS MESSAGES
                "SELECT seq AS message, received_at, origin, retained, duplicate, topic, length(payload) AS bytes, encode(sha256(payload), 'hex') AS sha256,\n"
                "       encode(payload, 'escape') AS payload FROM m ORDER BY seq LIMIT :'limit'" } },
        { CASEFILE_FILES, { "message-files", "", "", NULL,
                INCIDENTS MESSAGES
                "SELECT 'messages/' || seq || '.bin', encode(payload, 'hex') FROM m ORDER BY seq LIMIT :'limit'" } },
        { CASEFILE_FILES, { "rule-files", "", "", NULL,
                INCIDENTS
                "SELECT DISTINCT ON (r.hash) 'rules/' || r.hash || '.txt', encode(x.text, 'hex') FROM a JOIN alarm y ON y.journal = :'journal' AND y.alarm = a.alarm\n"
                "JOIN LATERAL (SELECT hash FROM ruleset s WHERE s.journal = y.journal AND s.seq <= y.seq ORDER BY s.seq DESC LIMIT 1) r ON true\n"
                "JOIN rule_text x USING (hash) LIMIT :'limit'" } },
};

/* Every row of the record from which the parts above are made, but those of who was on duty. */
static const struct question rows = { "rows", "", "", NULL,
        INCIDENTS MESSAGES
        ", w AS (SELECT min(raised_at) - interval '15 minutes' AS first FROM t),\n"
        "z AS (SELECT zone, opened_at, coalesce(closed_at, resolved_at, now()) AS last FROM incident WHERE journal = :'journal' AND incident = :'incident'),\n"
        "s AS (SELECT seq FROM t UNION SELECT seq FROM c),\n"
        "f AS (SELECT min(changed_at) AS first FROM (SELECT changed_at FROM t UNION ALL SELECT changed_at FROM c) y),\n"
        "r AS (SELECT DISTINCT l.seq, l.n FROM a JOIN alarm x ON x.journal = :'journal' AND x.alarm = a.alarm\n"
        "  JOIN LATERAL (SELECT seq, n FROM ruleset q WHERE q.journal = x.journal AND q.seq <= x.seq ORDER BY q.seq DESC LIMIT 1) l ON true)\n"
        "SELECT relation, seq, n, position, :'journal' AS journal FROM (\n"
        "  SELECT 'alarm' AS relation, x.seq, x.n, 0 AS position FROM alarm x JOIN a USING (alarm) WHERE x.journal = :'journal'\n"
        "  UNION SELECT 'alarm_transition', seq, n, 0 FROM t\n"
        "  UNION SELECT 'alarm_evidence', x.seq, x.n, x.position FROM alarm_evidence x JOIN a USING (alarm) WHERE x.journal = :'journal'\n"
        "  UNION SELECT 'event', e.seq, e.n, 0 FROM v JOIN event e ON e.journal = v.journal AND e.seq = v.event_seq AND e.idx = v.event_idx AND e.time = v.event_time\n"
        "  UNION SELECT 'event', e.seq, e.n, 0 FROM event e, w, z WHERE e.journal = :'journal' AND z.zone <> ''\n"
        "    AND e.zone IN (SELECT y.zone FROM zone_subtree(z.zone, z.opened_at) y) AND e.time >= w.first AND e.time < z.last\n"
        "  UNION SELECT 'message', seq, 0, 0 FROM m\n"
        "  UNION SELECT 'change', seq, n, 0 FROM c\n"
        "  UNION SELECT 'command', x.seq, 0, 0 FROM command_raw x, f WHERE x.journal = :'journal' AND x.seq IN (SELECT seq FROM s) AND x.journal_time >= f.first\n"
        "  UNION SELECT 'command_reply', x.seq, x.n, 0 FROM command_reply_raw x, f WHERE x.journal = :'journal' AND x.seq IN (SELECT seq FROM s) AND x.journal_time >= f.first\n"
        "  UNION SELECT 'ruleset', seq, n, 0 FROM r\n"
        "  UNION SELECT 'engine_input', seq, 0, 0 FROM r\n"
        ") p ORDER BY relation, seq, n, position" };
/* clang-format on */

const struct question *casefile_rows(void) {
        return &rows;
}

const struct casefile_part *casefile_part_at(size_t index) {
        return index < sizeof parts / sizeof *parts ? &parts[index] : NULL;
}
