/* The record itself: rules in force, what is missing, what devices and intake did. */
#include "report/questions.h"

/* clang-format off */
const struct question questions_record[] = {
        { "rules-at", "Which rule set was in force at this moment?", "Its text: `--format json`, or the column text of ruleset_text.", NULL,
                "SELECT DISTINCT ON (journal) journal, seq, in_force_from, hash, rules, sensors, assets, zones, complete_from FROM ruleset\n"
                "WHERE in_force_from <= :'at' ORDER BY journal, seq DESC LIMIT :'limit'" },
        { "rule-text", "What did this rule say at this moment?",
                "Out of the rule set that was in force then; no text: it had no such rule.", NULL,
                "SELECT DISTINCT ON (journal) journal, seq, in_force_from, hash,\n"
                "       rtrim(substring(encode(text, 'escape') FROM '- rule: ' || :'rule' || '(?!\\S)[^\\n]*(?:\\n(?: [^\\n]*)?)*'), chr(10)) AS text FROM ruleset_text\n"
                "WHERE in_force_from <= :'at' ORDER BY journal, seq DESC LIMIT :'limit'" },
        { "rule-versions", "Which versions of this rule raised alarms, and when?",
                "rule_hash names the very text of the rule; another one is another version.", "1 year",
                "SELECT rule, rule_hash, min(raised_at) AS first_alarm, max(raised_at) AS last_alarm, count(*) AS alarms FROM alarm\n"
                "WHERE (:'rule' = '' OR rule = :'rule') AND raised_at >= :'from' AND raised_at < :'to'\n"
                "GROUP BY rule, rule_hash ORDER BY rule, first_alarm LIMIT :'limit'" },
        { "statutory", "Which reports to authorities were due, and when was each sent and received?",
                "Records of the kind `report` that were begun before the end of the span and were open in it, or are. sent_at: signed; delivered_at: reached the authority by the notifier. in time: what the notifier sends (it has an addressee) when it was delivered or confirmed before its deadline, what goes by hand when it was sent; empty: it still may be.", "30 days",
                "WITH mine AS (SELECT * FROM record WHERE kind = 'report' AND NOT exercise AND opened_at < :'to' AND (open OR since >= :'from')),\n"
                "done AS (\n"
                "  SELECT h.journal, h.record, min(h.changed_at) FILTER (WHERE h.state = 'sent') AS sent_at,\n"
                "         min(h.changed_at) FILTER (WHERE h.what = 'delivered') AS delivered_at,\n"
                "         min(h.changed_at) FILTER (WHERE h.state = 'received') AS received_at FROM record_history h JOIN mine USING (journal, record) GROUP BY 1, 2),\n"
                "arrived AS (\n"
                "  SELECT m.*, " QUESTION_INSTANT("m.fields->>'deadline'") " AS deadline, d.sent_at, d.delivered_at, d.received_at,\n"
                "         CASE WHEN coalesce(m.fields->>'addressee', '') = '' THEN d.sent_at ELSE least(d.delivered_at, d.received_at) END AS there_at\n"
                "  FROM mine m LEFT JOIN done d USING (journal, record))\n"
                "SELECT m.number, m.fields->>'what' AS what, m.fields->>'authority' AS authority, m.fields->>'legal_basis' AS legal_basis, m.state, m.opened_at,\n"
                "       m.deadline, m.sent_at, m.delivered_at, m.received_at,\n"
                "       CASE WHEN coalesce(m.there_at, least(:'to'::timestamptz, now())) > m.deadline THEN false WHEN m.there_at IS NOT NULL THEN true END AS in_time,\n"
                "       m.fields->>'receipt' AS receipt, m.incident\n"
                "FROM arrived m\n"
                "WHERE (:'zone' = '' OR m.fields->>'zone' IN (SELECT zone FROM zone_subtree(:'zone', :'to')))\n"
                "ORDER BY m.deadline, m.number LIMIT :'limit'" },
        { "record-story", "What became of this record, who did what with it, and how did it stand each time?",
                "Every version: reports, holds, evidence, inspections, visitors … also of those that are over. changed: the fields that are otherwise than before. Of restricted kinds see record_restricted.", "10 years",
                "SELECT h.changed_at, h.number, h.version, h.what, h.actor, h.reason, h.state,\n"
                "       (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each(h.fields) f\n"
                "        WHERE f.value IS DISTINCT FROM h.before->f.key) AS changed\n"
                "FROM (SELECT x.*, lag(x.fields) OVER (PARTITION BY x.journal, x.record ORDER BY x.version) AS before FROM record_history x\n"
                "      WHERE :'record' = '' OR x.number = :'record') h\n"
                "WHERE h.changed_at >= :'from' AND h.changed_at < :'to' ORDER BY h.changed_at, h.seq, h.n LIMIT :'limit'" },
        { "custody", "Who went into which place that was closed off, and through whose hands did which evidence go?",
                "Each entry of the logs of scene holds and evidence, in their order, with who wrote it; entry: what was said.", "1 year",
                "SELECT (e.value->>'at')::timestamptz AS at, r.kind, r.number, r.title, r.fields->>'zone' AS zone, e.value->>'by' AS written_by,\n"
                "       e.value - 'at' - 'by' AS entry, coalesce(r.fields->>'holder', r.fields->>'keeper') AS now_with, r.state, r.incident\n"
                "FROM record r CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(coalesce(r.fields->'custody', r.fields->'entries'))\n"
                "  WHEN 'array' THEN coalesce(r.fields->'custody', r.fields->'entries') ELSE '[]' END) e\n"
                "WHERE r.kind IN ('scene-hold', 'evidence') AND NOT r.exercise AND (e.value->>'at')::timestamptz >= :'from' AND (e.value->>'at')::timestamptz < :'to'\n"
                "  AND (:'record' = '' OR r.number = :'record') ORDER BY at, r.number LIMIT :'limit'" },
        { "legal-holds", "Which legal holds were in force, on whose order, what do they keep, and who lifted them?",
                "Those that were in force within the span. What they keep is not dropped by retention; an empty incident, zone and person: all of their time.", "10 years",
                "SELECT number, fields->>'why' AS why, " QUESTION_INSTANT("fields->>'begin'") " AS keeps_from,\n"
                "       " QUESTION_INSTANT("fields->>'end'") " AS keeps_to,\n"
                "       fields->>'incident' AS incident, fields->>'zone' AS zone, fields->>'person' AS person, opened_at AS held_at, \"by\"->'hold'->>'by' AS held_by,\n"
                "       (\"by\"->'lift'->>'at')::timestamptz AS lifted_at, \"by\"->'lift'->>'by' AS lifted_by, CASE WHEN what = 'lift' THEN reason END AS lifted_because\n"
                "FROM record WHERE kind = 'legal-hold' AND NOT exercise AND opened_at < :'to' AND (open OR (\"by\"->'lift'->>'at')::timestamptz >= :'from')\n"
                "ORDER BY opened_at LIMIT :'limit'" },
        { "reports-sent", "What was sent of which record to whom, by which channel, how often was it tried, and what did the other side answer?",
                "Reports to authorities and other records with `notify`; a row for each recipient and channel of each sending. answer: of the channel; receipt: what the authority gave.", "30 days",
                "WITH sent AS (SELECT c.journal, c.seq, c.n, c.id, c.what, c.changed_at, c.body, c.body->'record' AS r FROM change c\n"
                "  WHERE c.subject = 'notification' AND c.body ? 'record' AND NOT c.exercise AND c.changed_at >= :'from' AND c.changed_at < :'to'),\n"
                "each AS (\n"
                "  SELECT journal, id, (array_agg(r ORDER BY seq, n))[1] AS r, min(changed_at) AS asked_at, max((body->>'attempts')::integer) AS attempts,\n"
                "         min(changed_at) FILTER (WHERE what = 'sent') AS delivered_at, (array_agg(what ORDER BY seq DESC, n DESC))[1] AS result,\n"
                "         (array_agg(body ORDER BY seq DESC, n DESC))[1] AS last FROM sent GROUP BY journal, id)\n"
                "SELECT e.r->>'number' AS number, e.r->>'kind' AS kind, e.r->>'version' AS version, e.last->>'recipient' AS recipient,\n"
                "       e.last->>'channel' AS channel, e.asked_at, e.attempts, e.delivered_at, e.result, e.last->>'answer' AS answer,\n"
                "       n.body->'fields'->>'receipt' AS receipt, n.body->>'state' AS state\n"
                "FROM each e LEFT JOIN LATERAL (SELECT c.body FROM change c WHERE c.journal = e.journal AND c.subject = 'record'\n"
                "  AND c.id = (e.r->>'id')::bigint ORDER BY c.version DESC LIMIT 1) n ON true\n"
                "ORDER BY e.asked_at, e.id LIMIT :'limit'" },
        { "rule-changes", "When were rules changed, and what would another text have altered?",
                "Each reload. For what a change would have altered, replay that time with both: wardwatch replay --database CONNINFO --from … --to … --compare RULES.", "1 year",
                "SELECT journal, seq, in_force_from, lead(in_force_from) OVER (PARTITION BY journal ORDER BY seq) AS in_force_to, hash, rules,\n"
                "       rules - lag(rules) OVER (PARTITION BY journal ORDER BY seq) AS more_rules, complete_from FROM ruleset\n"
                "WHERE in_force_from >= :'from' AND in_force_from < :'to' ORDER BY journal, seq LIMIT :'limit'" },
        { "rules-signed", "Who signed the rules that came into force, and why?",
                "Each reload; `signed` false: nobody had answered for that set before.", "1 year",
                "SELECT journal, seq, in_force_from, hash, signed, array_to_string(persons, ', ') AS persons, signed_at, reason, added, removed, changed FROM ruleset_signed\n"
                "WHERE in_force_from >= :'from' AND in_force_from < :'to' ORDER BY journal, seq LIMIT :'limit'" },
        { "configuration-at", "Which configuration was in force at this moment?",
                "Every key with its value, as the last start or reload before it took it over; secrets by the names of their files.", NULL,
                "SELECT DISTINCT ON (journal) journal, seq, in_force_from, hash, text FROM configuration\n"
                "WHERE in_force_from <= :'at' ORDER BY journal, seq DESC LIMIT :'limit'" },
        { "undecoded", "Which messages did nothing explain?", "", NULL,
                "SELECT u.received_at, u.reason, u.sensor, u.detail, m.topic, encode(m.payload, 'escape') AS payload FROM undecoded u\n"
                "JOIN message_raw m ON m.journal = u.journal AND m.seq = u.seq AND m.received_at = u.received_at\n"
                "WHERE u.received_at >= :'from' AND u.received_at < :'to' ORDER BY u.received_at, u.seq, u.n LIMIT :'limit'" },
        { "blind", "When was the intake blind, or the broker out of reach?", "An empty end: it still is.", "7 days",
                "SELECT name, subject, began_at, ended_at, lasted FROM blind_spans(:'from', :'to') LIMIT :'limit'" },
        { "device-story", "What did this device say?", "", NULL,
                "SELECT time, kind, state, value_number, value_text, unit, zone, attributes, flags FROM event\n"
                "WHERE device = :'device' AND time >= :'from' AND time < :'to' ORDER BY time, seq, n LIMIT :'limit'" },
        { "notices", "What did the system say about itself?", "Log-ins and credentials are questions of their own.", NULL,
                "SELECT journal_time, name, subject, text FROM notice\n"
                "WHERE name NOT IN ('login', 'login-refused', 'logout', 'session-locked', 'key-used', 'history-exported', 'credentials-changed')\n"
                "  AND journal_time >= :'from' AND journal_time < :'to' ORDER BY journal, seq, n LIMIT :'limit'" },
        { "quarantined", "Was anything set aside?", "No row is the right answer.", NULL,
                "SELECT journal, seq, n, sqlstate, error, quarantined_at FROM quarantine ORDER BY journal, seq, n LIMIT :'limit'" },
        { "trimmed", "Were inputs trimmed before they were stored?", "No row is the right answer.", NULL,
                "SELECT journal, first_seq, last_seq, reason, recorded_at FROM store_gap ORDER BY journal, first_seq LIMIT :'limit'" },
        { "missing", "Is anything missing?",
                "Inputs of the span whose number stands nowhere, as spans between those that do; what retention dropped is not missing. It reads each number, so the whole "
                "record takes its time: `--from 2000-01-01`. Whether what is there was changed says `wardwatch verify`. No row is the right answer.", "7 days",
                "WITH asked AS MATERIALIZED (\n"
                "  SELECT f.journal, coalesce((SELECT max(i.seq) FROM input i WHERE i.journal = f.journal AND i.seq < f.first), 0) AS after,\n"
                "         coalesce((SELECT min(i.seq) FROM input i WHERE i.journal = f.journal AND i.seq >= f.first AND i.received_at >= :'to'), f.cursor + 1) AS before\n"
                "  FROM (SELECT c.journal, c.seq AS cursor,\n"
                "               coalesce((SELECT min(i.seq) FROM input i WHERE i.journal = c.journal AND i.received_at >= :'from'), c.seq + 1) AS first\n"
                "        FROM store_cursor c OFFSET 0) f),\n"
                "counted AS (\n"
                "  SELECT a.journal, greatest(i.block * 16384, a.after + 1) AS seq, least(i.block * 16384 + 16383, a.before - 1) AS last, i.rows, i.sum\n"
                "  FROM asked a CROSS JOIN LATERAL (\n"
                "    SELECT i.seq / 16384 AS block, count(*) AS rows, sum((i.seq % 16384)::integer) AS sum FROM input i\n"
                "    WHERE i.journal = a.journal AND i.seq > a.after AND i.seq < a.before GROUP BY 1) i),\n"
                "blocks AS MATERIALIZED (\n"
                "  SELECT journal, seq, last, rows = last - seq + 1 AND 2 * sum = (seq % 16384 + last % 16384) * rows AS whole FROM counted),\n"
                "stored AS (\n"
                "  SELECT journal, seq, last FROM blocks WHERE whole\n"
                "  UNION ALL SELECT b.journal, n.seq, n.seq FROM blocks b CROSS JOIN LATERAL (\n"
                "    SELECT i.seq FROM input i WHERE i.journal = b.journal AND i.seq >= b.seq AND i.seq <= b.last OFFSET 0) n WHERE NOT b.whole\n"
                "  UNION ALL SELECT a.journal, g.first_seq, g.last_seq FROM asked a\n"
                "  JOIN store_gap g ON g.journal = a.journal AND g.last_seq > a.after AND g.first_seq < a.before\n"
                "  UNION ALL SELECT a.journal, r.first_seq, r.last_seq FROM asked a\n"
                "  JOIN retention_record r ON r.journal = a.journal AND r.last_seq > a.after AND r.first_seq < a.before\n"
                "    AND r.relation IN ('message', 'command', 'engine_input', 'quarantine')\n"
                "  UNION ALL SELECT journal, after, after FROM asked UNION ALL SELECT journal, before, NULL FROM asked),\n"
                "ordered AS (\n"
                "  SELECT journal, seq, max(last) OVER (PARTITION BY journal ORDER BY seq, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before\n"
                "  FROM stored)\n"
                "SELECT journal, before + 1 AS first_seq, seq - 1 AS last_seq FROM ordered WHERE seq > before + 1 ORDER BY 1, 2 LIMIT :'limit'" },
        { "device-gaps", "Which devices number their messages, and which numbers never came?", "", "7 days",
                "SELECT time, device, kind, zone, attributes FROM event\n"
                "WHERE kind IN ('gap', 'device.restart') AND (:'device' = '' OR device = :'device') AND time >= :'from' AND time < :'to'\n"
                "ORDER BY time LIMIT :'limit'" },
        { "access", "Who read what is recorded when it is read?", "Commands, raw messages, quarantined records, and this list.", "7 days",
                "SELECT access, at, role, person, application, client, what, query FROM access_log\n"
                "WHERE at >= :'from' AND at < :'to' ORDER BY access LIMIT :'limit'" },
        { "access-lost", "Which readings were rolled back?", "No row is the right answer.", NULL,
                "SELECT before + 1 AS first_missing, access - 1 AS last_missing, at FROM (\n"
                "  SELECT access, at, lag(access) OVER (ORDER BY access) AS before FROM access_log) a\n"
                "WHERE access > before + 1 ORDER BY access LIMIT :'limit'" },
        { "retention", "How long is what kept?", "", NULL,
                "SELECT class, keep, least, tables, set_by, set_at FROM retention ORDER BY class LIMIT :'limit'" },
        { "retention-dropped", "What was dropped because its time was over, and by whom?", "", "1 year",
                "SELECT dropped_at, dropped_by, relation, range_from, range_to, journal, rows, first_seq, last_seq FROM retention_record\n"
                "WHERE dropped_at >= :'from' AND dropped_at < :'to' ORDER BY record LIMIT :'limit'" },
        { "retention-due", "What is due to be dropped, and what holds it?", "", NULL,
                "SELECT relation, range_from, range_to, held FROM retention_due ORDER BY range_to, relation LIMIT :'limit'" },
        { 0 },
};
/* clang-format on */
