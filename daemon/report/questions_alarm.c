/* What happened: alarms, incidents, events. */
#include "report/questions.h"

/* clang-format off */
const struct question questions_alarm[] = {
        { "zone-events", "What happened in this zone?",
                "Events of the zone, the innermost one that a device is in, and of those whose names begin with its own and a hyphen.", NULL,
                "SELECT time, zone, device, kind, state, value_number, value_text, unit, attributes, flags FROM event\n"
                "WHERE (zone = :'zone' OR zone LIKE :'zone' || '-%') AND time >= :'from' AND time < :'to'\n"
                "ORDER BY time, seq, n LIMIT :'limit'" },

        { "alarm-story", "What became of this alarm, who did what, and why?", "", NULL,
                "SELECT changed_at, cause, actor, reason, context, old_state, new_state, priority FROM alarm_transition\n"
                "WHERE journal = :'journal' AND alarm = :'alarm' ORDER BY version" },
        { "alarm-acknowledged", "Who acknowledged this alarm, when, and how long had it waited?",
                "Each time, counted from when it began to stand unacknowledged.", NULL,
                "SELECT t.changed_at, t.actor, t.reason, t.priority, t.changed_at - u.changed_at AS waited FROM alarm_transition t\n"
                "JOIN LATERAL (\n"
                "  SELECT changed_at FROM alarm_transition\n"
                "  WHERE journal = t.journal AND alarm = t.alarm AND version < t.version\n"
                "    AND new_state IN ('UNACK', 'RTNUN') AND old_state NOT IN ('UNACK', 'RTNUN')\n"
                "  ORDER BY version DESC LIMIT 1) u ON true\n"
                "WHERE t.journal = :'journal' AND t.alarm = :'alarm' AND t.cause = 'ACKNOWLEDGE' ORDER BY t.version" },
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

        { "alarms-now", "What stands active and unacknowledged now?", "", NULL,
                "SELECT alarm, priority, title, zone, raised_at FROM alarm_now WHERE state = 'UNACK' ORDER BY raised_at LIMIT :'limit'" },
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

        { "incidents-open", "Which incidents are not closed, who has them, and what is still to be done?", "", NULL,
                "SELECT i.incident, i.state, i.priority, i.title, i.owner, i.opened_at,\n"
                "       (SELECT count(*) FROM procedure_step s\n"
                "        WHERE s.journal = i.journal AND s.incident = i.incident AND s.required AND s.state NOT IN ('done', 'skipped')) AS steps_open\n"
                "FROM incident i WHERE i.state <> 'closed' AND NOT i.exercise ORDER BY i.opened_at LIMIT :'limit'" },
        { "incident-story", "What was done about this incident, by whom, and why?", "Each change of it and of all that belongs to it.", NULL,
                "SELECT changed_at, subject, id, version, what, actor, reason, body FROM change\n"
                "WHERE journal = :'journal' AND incident = :'incident' ORDER BY seq, n LIMIT :'limit'" },
        { "incident-alarms", "Which alarms are in this incident, and which of them are causes?", "", NULL,
                "SELECT a.alarm, a.cause, a.told_by, n.state, n.title FROM incident_alarm a\n"
                "LEFT JOIN alarm_now n ON n.journal = a.journal AND n.alarm = a.alarm\n"
                "WHERE a.journal = :'journal' AND a.incident = :'incident' ORDER BY a.alarm LIMIT :'limit'" },
        { "incident-known", "Who knew of this incident, and when?",
                "Alarms as they were announced in the control room and who was on duty there; each attempt to tell somebody; who "
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
                "SELECT at, recipient, 'told by ' || channel || ': ' || result, answer FROM notification_attempt\n"
                "WHERE journal = :'journal' AND incident = :'incident'\n"
                "UNION ALL\n"
                "SELECT changed_at, CASE WHEN subject = 'dispatch' THEN coalesce(body->>'guard', actor) ELSE actor END, subject || ' ' || id || ': ' || what,\n"
                "       coalesce(nullif(reason, ''), body->>'text', body->>'title', '')\n"
                "FROM change WHERE journal = :'journal' AND incident = :'incident' AND subject NOT IN ('notification', 'escalation')\n"
                "  AND actor NOT LIKE 'rule:%' AND actor NOT IN ('timer', 'procedure', 'reload', '')\n"
                "ORDER BY 1, 2 LIMIT :'limit'" },
        { "incident-told", "Who was told of this incident, when, and with what result?", "Each attempt.", NULL,
                "SELECT n.key, n.recipient, n.channel, n.due_at, a.attempt, a.at, a.result, a.answer FROM notification n\n"
                "LEFT JOIN notification_attempt a ON a.journal = n.journal AND a.notification = n.notification\n"
                "WHERE n.journal = :'journal' AND n.incident = :'incident' ORDER BY n.notification, a.attempt LIMIT :'limit'" },
        { "incidents-outcome", "What did the incidents turn out to be, how long did they wait, and who decided?", "", "7 days",
                "SELECT i.incident, i.hazard, i.zone, i.priority, i.acknowledged_at - i.opened_at AS to_acknowledge,\n"
                "       i.resolved_at - i.opened_at AS to_resolve, d.code, d.outcome, d.done, d.by, d.approved_by, d.break_glass\n"
                "FROM incident i LEFT JOIN disposition d ON d.journal = i.journal AND d.incident = i.incident AND d.state = 'final'\n"
                "WHERE NOT i.exercise AND i.opened_at >= :'from' AND i.opened_at < :'to' ORDER BY i.opened_at LIMIT :'limit'" },
        { 0 },
};
/* clang-format on */
