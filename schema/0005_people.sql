-- People on duty: shifts, approvals, and what a shift hands over, item by item.

CREATE VIEW shift AS
SELECT journal, id AS shift, body->>'person' AS person, body->>'post' AS post, body->>'state' AS state,
        (body->>'began_at')::timestamptz AS began_at, (body->>'ended_at')::timestamptz AS ended_at,
        NULLIF(body->>'accepted_by', '') AS accepted_by, (body->>'left_open')::integer AS left_open, what = 'ended-unaccepted' AS unaccepted
FROM change_now WHERE subject = 'shift';
COMMENT ON VIEW shift IS 'Who was on duty, where and when; unaccepted: it ended with left_open items that nobody had accepted, and the alarms that were acknowledged asked again.';

CREATE VIEW handover_item AS
SELECT h.journal, h.id AS handover, i->>'item' AS item, i->>'why' AS why, i->>'text' AS text,
        NULLIF(i->>'accepted_by', '') AS accepted_by, (i->>'accepted_at')::timestamptz AS accepted_at
FROM change_now h, jsonb_array_elements(h.body->'items') i WHERE h.subject = 'handover';
COMMENT ON VIEW handover_item IS 'What shifts handed over: incident:7, alarm:12, dispatch:3, approval:2, and who accepted each of them.';

CREATE VIEW approval AS
SELECT journal, id AS approval, incident, (body->>'disposition')::bigint AS disposition, (body->>'operator')::bigint AS operator,
        body->'roles' AS roles, body->>'asked_by' AS asked_by, (body->>'asked_at')::timestamptz AS asked_at,
        NULLIF(body->>'answered_by', '') AS answered_by, body->>'state' AS state, changed_at, reason
FROM change_now WHERE subject = 'approval';
COMMENT ON VIEW approval IS 'What takes a second person: a disposition, or the roles of an operator; state pending, approved, rejected, expired, or void.';

DO $$
BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_reader') THEN
                GRANT SELECT ON ALL TABLES IN SCHEMA wardwatch TO wardwatch_reader;
        END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_writer') THEN
                GRANT SELECT ON ALL TABLES IN SCHEMA wardwatch TO wardwatch_writer;
        END IF;
END
$$;
