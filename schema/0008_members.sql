-- An incident's alarms are subjects of their own (`member`): an alarm that joins is one small row, and the incident's row
-- does not grow with it. Rows that were written before have them in their body.

CREATE OR REPLACE VIEW incident AS
SELECT journal, id AS incident, version, body->>'state' AS state, body->>'hazard' AS hazard, body->>'priority' AS priority,
        body->>'zone' AS zone, body->>'title' AS title, body->>'owner' AS owner, body->>'disposition' AS disposition,
        (body->>'manual')::boolean AS manual, (body->>'forced')::boolean AS forced, exercise,
        (body->>'opened_at')::timestamptz AS opened_at, (body->>'last_alarm_at')::timestamptz AS last_alarm_at,
        (body->>'acknowledged_at')::timestamptz AS acknowledged_at, body->>'acknowledged_by' AS acknowledged_by,
        (body->>'dispatched_at')::timestamptz AS dispatched_at, (body->>'held_until')::timestamptz AS held_until,
        (body->>'resolved_at')::timestamptz AS resolved_at, (body->>'closed_at')::timestamptz AS closed_at,
        (body->>'cause')::bigint AS cause, (body->>'alarm_count')::integer AS alarm_count,
        (body->>'cause_count')::integer AS cause_count, (body->>'merged_into')::bigint AS merged_into,
        coalesce(body->'alarms', (SELECT jsonb_agg(m.body - 'alarm' || jsonb_build_object('id', m.body->'alarm') ORDER BY m.id)
                                  FROM (SELECT DISTINCT ON (c.id) c.id, c.body FROM change c
                                        WHERE c.incident = change_now.id AND c.journal = change_now.journal AND c.subject = 'member'
                                        ORDER BY c.id, c.version DESC) m), '[]'::jsonb) AS alarms,
        body->'procedures' AS procedures, changed_at, what, actor, reason
FROM change_now WHERE subject = 'incident';

CREATE OR REPLACE VIEW incident_alarm AS
SELECT journal, incident, (body->>'alarm')::bigint AS alarm, (body->>'cause')::boolean AS cause, body->>'told_by' AS told_by, exercise,
        body->>'rule' AS rule, body->>'title' AS title, body->>'priority' AS priority, body->>'asset' AS asset,
        body->>'device' AS device, (body->>'raised_at')::timestamptz AS raised_at
FROM (SELECT DISTINCT ON (journal, incident, id) * FROM change WHERE subject = 'member'
      ORDER BY journal, incident, id, version DESC) m
UNION ALL
SELECT journal, id, (a->>'id')::bigint, (a->>'cause')::boolean, a->>'told_by', exercise, a->>'rule', a->>'title', a->>'priority',
        a->>'asset', a->>'device', (a->>'raised_at')::timestamptz
FROM change_now, jsonb_array_elements(body->'alarms') a WHERE subject = 'incident';
COMMENT ON VIEW incident_alarm IS 'Which alarm is in which incident, as it was when it joined, and whether it is a cause or a symptom; told_by: who said so, empty = the engine.';
COMMENT ON TABLE change IS 'Each change of an incident, a member (an alarm of an incident), step, note, disposition, approval, dispatch, operator, guard, shift, handover, escalation, notification or flood. Partitioned by month of changed_at.';
