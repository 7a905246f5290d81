/* What happened: alarms, incidents, events. */
#include "report/questions.h"

/* clang-format off */
const struct question questions_alarm[] = {
        { "zone-events", "What happened in this zone?",
                "Events of the zone and of all that lies in it, as the site model in force at the end of the span has it.", NULL,
                "SELECT time, zone, device, kind, state, value_number, value_text, unit, attributes, flags FROM event\n"
                "WHERE zone IN (SELECT zone FROM zone_subtree(:'zone', :'to')) AND time >= :'from' AND time < :'to'\n"
                "ORDER BY time, seq, n LIMIT :'limit'" },
        { "zone-story", "What happened in this zone that night, and what was done about it?",
                "Alarms, incidents, notes, dispatches, records of the zone and what people did, in the order in which it happened.", "12 hours",
                "WITH here AS MATERIALIZED (SELECT zone FROM zone_subtree(:'zone', :'to')),\n"
                "incidents AS MATERIALIZED (\n"
                "  SELECT DISTINCT c.journal, c.incident FROM change c\n"
                "  WHERE c.subject = 'incident' AND c.changed_at >= :'from' AND c.changed_at < :'to' AND c.body->>'zone' IN (SELECT zone FROM here)),\n"
                "changes AS (\n"
                "  SELECT c.* FROM incidents i JOIN change c ON c.journal = i.journal AND c.incident = i.incident\n"
                "  WHERE c.changed_at >= :'from' AND c.changed_at < :'to'\n"
                "  UNION ALL\n"
                "  SELECT c.* FROM change c WHERE c.subject = 'record' AND c.changed_at >= :'from' AND c.changed_at < :'to'\n"
                "  AND c.body->'fields'->>'zone' IN (SELECT zone FROM here)\n"
                "  AND NOT EXISTS (SELECT FROM incidents i WHERE i.journal = c.journal AND i.incident = c.incident)),\n"
                "story AS (\n"
                "  SELECT changed_at, seq, n, 'alarm ' || alarm AS subject, cause AS what, zone, device, actor, reason, title AS text, new_state AS state\n"
                "  FROM alarm_transition\n"
                "  WHERE zone IN (SELECT zone FROM here) AND changed_at >= :'from' AND changed_at < :'to'\n"
                "  UNION ALL\n"
                "  SELECT changed_at, seq, n, coalesce(CASE subject WHEN 'record' THEN (body->>'kind') || ' ' || (body->>'number') END, subject || ' ' || id), what,\n"
                "         coalesce(body->>'zone', body->'fields'->>'zone'), '', actor, reason,\n"
                "         coalesce(body->>'title', body->>'text', body->>'guard', body->>'recipient', ''), coalesce(body->>'state', '') FROM changes)\n"
                "SELECT changed_at, subject, what, zone, device, actor, reason, text, state FROM story ORDER BY changed_at, seq, n LIMIT :'limit'" },
        { "alarm-story", "What became of this alarm, who did what, and why?", "", NULL,
                "SELECT changed_at, cause, actor, reason, context, old_state, new_state, priority FROM alarm_transition\n"
                "WHERE journal = :'journal' AND alarm = :'alarm' ORDER BY version" },
        { "alarm-acknowledged", "Who acknowledged this alarm, when, and how long had it waited?",
                "Each time, counted from when it began to stand unacknowledged. began_priority: at that moment; priority: when it was acknowledged.", NULL,
                "SELECT w.ended_at AS acknowledged_at, w.ended_by AS actor, w.ended_reason AS reason, w.priority AS began_priority, t.priority, w.waited\n"
                "FROM alarm_wait w LEFT JOIN LATERAL (SELECT x.priority FROM alarm_transition x\n"
                "  WHERE x.journal = w.journal AND x.alarm = w.alarm AND x.version > w.began_version AND x.cause = 'ACKNOWLEDGE'\n"
                "    AND x.changed_at = w.ended_at ORDER BY x.version LIMIT 1) t ON true\n"
                "WHERE w.journal = :'journal' AND w.alarm = :'alarm' AND w.ended_cause = 'ACKNOWLEDGE' ORDER BY w.began_version" },
        { "alarm-causes", "What caused this alarm?",
                "The events of every change, with the messages as the devices sent them (bytes in escape notation).", NULL,
                "SELECT v.seq, v.role, v.event_time, v.device, v.kind, e.sensor, e.value_number, e.attributes,\n"
                "       m.received_at, m.topic, encode(m.payload, 'escape') AS payload\n"
                "FROM alarm_evidence v\n"
                "LEFT JOIN event e ON e.journal = v.journal AND e.seq = v.event_seq AND e.idx = v.event_idx AND e.time = v.event_time\n"
                "LEFT JOIN message_raw m ON m.journal = v.journal AND m.seq = v.event_seq\n"
                "  AND m.received_at = coalesce(e.received_at, m.received_at)\n"
                "WHERE v.journal = :'journal' AND v.alarm = :'alarm' ORDER BY v.seq, v.n, v.position LIMIT :'limit'" },
        { "alarm-rules", "Which rules were in force when this alarm was raised?",
                "The text holds rules, sensor types and site model, file by file.", NULL,
                "SELECT a.rule, r.in_force_from, r.hash, encode(r.text, 'escape') AS text FROM alarm a\n"
                "JOIN ruleset_text r ON r.journal = a.journal AND r.seq <= a.seq\n"
                "WHERE a.journal = :'journal' AND a.alarm = :'alarm' ORDER BY r.seq DESC LIMIT 1" },
        { "alarms-at", "What stood on the operators' list at this moment?",
                "Alarms that were not back to normal then, as they stood then, also those that were hidden.", NULL,
                "SELECT alarm, state, priority, title, zone, device, raised_at, acknowledged_by, suppressed_by, shelved_until, version\n"
                "FROM alarms_at(:'at') WHERE :'zone' = '' OR zone = ANY ((SELECT zone_list(:'zone', :'at'))::text[])\n"
                "ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], priority), raised_at LIMIT :'limit'" },
        { "alarms-now", "What stands active and unacknowledged now?", "", NULL,
                "SELECT alarm, priority, title, zone, raised_at FROM alarms_at(now()) WHERE state = 'UNACK' ORDER BY raised_at LIMIT :'limit'" },
        { "alarms-heard", "What was to be heard in the control room, and when?", "", NULL,
                "SELECT changed_at, sound, alarm, version, cause, new_state, priority, title FROM alarm_transition\n"
                "WHERE sound NOT IN ('none', '') AND changed_at >= :'from' AND changed_at < :'to' ORDER BY seq, n LIMIT :'limit'" },
        { "alarms-suppressed", "What was suppressed by design, by what, and for how long?", "Announced: what was still true when it ended.", NULL,
                "SELECT t.alarm, t.title, t.suppressed_by, t.changed_at AS since, u.changed_at AS until, u.annunciate AS announced\n"
                "FROM alarm_transition t LEFT JOIN LATERAL (\n"
                "  SELECT changed_at, annunciate FROM alarm_transition\n"
                "  WHERE journal = t.journal AND alarm = t.alarm AND version > t.version AND suppressed_by <> t.suppressed_by\n"
                "  ORDER BY version LIMIT 1) u ON true\n"
                "WHERE t.suppressed_by <> '' AND (t.cause = 'SUPPRESS' OR NOT 'suppressed' = ANY (t.old_regions))\n"
                "  AND t.changed_at >= :'from' AND t.changed_at < :'to'\n"
                "ORDER BY t.journal, t.alarm, t.version LIMIT :'limit'" },
        { "late-acknowledgements", "Which alarms were acknowledged later than the target, or not at all, and why?",
                "Target: 60 s for fire, panic, duress and infant, 180 s for others. On duty: who was, when it began to wait; open: how "
                "many others waited then; reason: what was given in the end; priority: when it began to wait. Without an end it still "
                "waits: waited is until the end of the span.", "7 days",
                "WITH late AS MATERIALIZED (\n"
                "  SELECT * FROM alarm_waits(:'from', :'to', :'zone', :'hazard') w\n"
                "  WHERE coalesce(w.waited, :'to'::timestamptz - w.began_at) > w.target ORDER BY w.began_at LIMIT :'limit'),\n"
                "duty AS MATERIALIZED (SELECT person, began_at, ended_at FROM shift WHERE began_at < :'to' AND (ended_at IS NULL OR ended_at > :'from'))\n"
                "SELECT w.alarm, w.title, w.zone, w.hazard, w.priority, w.began_at, w.ended_at, w.ended_cause, w.ended_by, w.ended_reason AS reason,\n"
                "       coalesce(w.waited, :'to'::timestamptz - w.began_at) AS waited, w.target, o.on_duty, b.open\n"
                "FROM late w\n"
                "LEFT JOIN LATERAL (SELECT string_agg(DISTINCT s.person, ', ') AS on_duty FROM duty s\n"
                "  WHERE s.began_at <= w.began_at AND (s.ended_at IS NULL OR s.ended_at > w.began_at)) o ON true\n"
                "LEFT JOIN LATERAL (SELECT count(*) AS open FROM alarm_waits(w.began_at - interval '1 hour', w.began_at) x\n"
                "  WHERE x.ended_at IS NULL OR x.ended_at > w.began_at) b ON true\n"
                "ORDER BY w.began_at" },
        { "incidents-open", "Which incidents are not closed, who has them, and what is still to be done?", "", NULL,
                "SELECT f.incident, f.state, f.priority, f.title, i.body->>'owner' AS owner, f.opened_at,\n"
                "       (SELECT count(*) FROM (SELECT DISTINCT ON (c.id) c.body FROM change c\n"
                "          WHERE c.incident = f.incident AND c.journal = f.journal AND c.subject = 'step' ORDER BY c.id, c.version DESC) s\n"
                "        WHERE s.body->>'required' = 'true' AND s.body->>'state' NOT IN ('done', 'skipped')) AS steps_open\n"
                "FROM (SELECT * FROM figure_incident WHERE state <> 'closed' AND NOT exercise ORDER BY opened_at LIMIT :'limit') f\n"
                "CROSS JOIN LATERAL (SELECT x.body FROM change x WHERE x.subject = 'incident' AND x.id = f.incident AND x.journal = f.journal\n"
                "  ORDER BY x.version DESC LIMIT 1) i ORDER BY f.opened_at" },
        { "incident-story", "What was done about this incident, by whom, and why?", "Each change of it and of all that belongs to it.", NULL,
                "SELECT changed_at, subject, id, version, what, actor, reason, body FROM change\n"
                "WHERE journal = :'journal' AND incident = :'incident' ORDER BY seq, n LIMIT :'limit'" },
        { "incident-alarms", "Which alarms are in this incident, and which of them are causes?", "", NULL,
                "SELECT a.alarm, a.cause, a.told_by, n.state, n.title FROM incident_alarm a\n"
                "LEFT JOIN LATERAL (SELECT t.new_state AS state, t.title FROM alarm_transition t\n"
                "  WHERE t.journal = a.journal AND t.alarm = a.alarm ORDER BY t.version DESC LIMIT 1) n ON true\n"
                "WHERE a.journal = :'journal' AND a.incident = :'incident' ORDER BY a.alarm LIMIT :'limit'" },
        { "incident-known", "Who knew of this incident, and when?",
                "Alarms as they were announced in the control room and who was on duty there; each attempt to tell somebody (who was not told did not know); who "
                "acknowledged, took, was sent or wrote something.", NULL,
                "WITH members AS MATERIALIZED (SELECT journal, alarm FROM incident_alarm WHERE journal = :'journal' AND incident = :'incident')\n"
                "SELECT t.changed_at AS at, coalesce((SELECT string_agg(DISTINCT s.person, ', ') FROM shift s WHERE s.journal = t.journal\n"
                "         AND s.began_at <= t.changed_at AND (s.ended_at IS NULL OR s.ended_at > t.changed_at)), 'control room') AS who,\n"
                "       'announced: alarm ' || t.alarm AS how, t.title AS text\n"
                "FROM members m JOIN alarm_transition t ON t.journal = m.journal AND t.alarm = m.alarm WHERE t.annunciate\n"
                "UNION ALL\n"
                "SELECT t.changed_at, t.actor, lower(t.cause) || ': alarm ' || t.alarm, t.reason\n"
                "FROM members m JOIN alarm_transition t ON t.journal = m.journal AND t.alarm = m.alarm\n"
                "WHERE t.actor NOT LIKE 'rule:%' AND t.actor NOT IN ('timer', 'reload', '')\n"
                "UNION ALL\n"
                "SELECT at, recipient, CASE result WHEN 'sent' THEN 'told by ' || channel ELSE 'not told by ' || channel || ': ' || result END, answer\n"
                "FROM notification_attempt\n"
                "WHERE journal = :'journal' AND incident = :'incident'\n"
                "UNION ALL\n"
                "SELECT changed_at, CASE WHEN subject = 'dispatch' THEN coalesce(body->>'guard', actor) ELSE actor END,\n"
                "       CASE subject WHEN 'record' THEN (body->>'kind') || ' ' || (body->>'number') ELSE subject || ' ' || id END || ': ' || what,\n"
                "       coalesce(nullif(reason, ''), body->>'text', body->>'title', '')\n"
                "FROM change WHERE journal = :'journal' AND incident = :'incident' AND subject NOT IN ('notification', 'escalation')\n"
                "  AND actor NOT LIKE 'rule:%' AND actor NOT IN ('timer', 'procedure', 'incident', 'event', 'reload', '')\n"
                "ORDER BY 1, 2 LIMIT :'limit'" },
        { "incident-told", "Who was told of this incident, when, and with what result?",
                "Each attempt; state: how it stands, also where none was made.", NULL,
                "SELECT n.body->>'key' AS key, n.body->>'recipient' AS recipient, n.body->>'channel' AS channel, (n.body->>'due_at')::timestamptz AS due_at,\n"
                "       n.body->>'state' AS state, a.attempt, a.at, a.result, a.answer\n"
                "FROM (SELECT DISTINCT ON (c.id) c.id, c.body FROM change c\n"
                "  WHERE c.journal = :'journal' AND c.incident = :'incident' AND c.subject = 'notification' ORDER BY c.id, c.version DESC) n\n"
                "LEFT JOIN notification_attempt a ON a.journal = :'journal' AND a.incident = :'incident' AND a.notification = n.id\n"
                "ORDER BY n.id, a.attempt LIMIT :'limit'" },
        { "incidents-outcome", "What did the incidents turn out to be, how long did they wait, and who decided?", "", "7 days",
                "SELECT incident, hazard, zone, priority, opened_at, to_acknowledge, to_dispatch, to_arrive, to_dispose, code, outcome, done,\n"
                "       disposed_by, approved_by, break_glass\n"
                "FROM incident_times(:'from', :'to', :'zone', :'hazard') ORDER BY opened_at LIMIT :'limit'" },
        { 0 },
};
/* clang-format on */
