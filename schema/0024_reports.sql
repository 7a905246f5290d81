-- What was sent of a record: reports to authorities go through the notifier's channels, each attempt recorded.

CREATE INDEX change_record_sent ON change (((body->'record'->>'id')::bigint)) WHERE subject = 'notification' AND body ? 'record';

CREATE VIEW record_sent AS
SELECT journal, seq, n, (body->'record'->>'id')::bigint AS record, body->'record'->>'kind' AS kind, body->'record'->>'number' AS number,
        (body->'record'->>'version')::bigint AS version, id AS notification, body->>'recipient' AS recipient, body->>'channel' AS channel,
        body->>'address' AS address, what AS result, (body->>'attempts')::integer AS attempt, body->>'answer' AS answer,
        changed_at AS at, actor, body->'record'->'fields' AS content, exercise
FROM change WHERE subject = 'notification' AND body ? 'record';
COMMENT ON VIEW record_sent IS 'What was sent of a record (a report to an authority) to whom by which channel: one row each time it turned. result: due (an act of the record asked for it), sent (delivered; answer is what the other side said), failed (tried again), given-up, undelivered (reached this recipient by no channel), withdrawn (the record was over before), withheld (see notification). version: the record''s as it was sent, content: its fields then.';

CREATE OR REPLACE VIEW notification AS
SELECT journal, id AS notification, incident, body->>'key' AS key, body->>'ladder' AS ladder, (body->>'step')::integer AS step,
        body->>'recipient' AS recipient, body->>'channel' AS channel, body->>'address' AS address, body->>'text' AS text,
        body->>'state' AS state, (body->>'attempts')::integer AS attempts, body->>'answer' AS answer,
        (body->>'due_at')::timestamptz AS due_at, (body->>'sent_at')::timestamptz AS sent_at, exercise,
        coalesce((body->>'covert')::boolean, false) AS covert, body->'record'->>'number' AS record
FROM change_now WHERE subject = 'notification';
COMMENT ON VIEW notification IS 'Who was to be told of what, and what became of it: due, sent, failed (it is tried again), given-up, withdrawn (the incident was closed, or the record over, before), or withheld (the incident is covert, and the channel may be seen or heard where the threat is: its fallback was taken). incident or record: of what; one of them is NULL. A report to an authority is a record: see record_sent.';

CREATE OR REPLACE VIEW notification_attempt AS
SELECT journal, id AS notification, incident, body->>'key' AS key, body->>'channel' AS channel, body->>'recipient' AS recipient,
        (body->>'attempts')::integer AS attempt, what AS result, body->>'answer' AS answer, changed_at AS at, exercise,
        body->'record'->>'number' AS record
FROM change WHERE subject = 'notification' AND what NOT IN ('due', 'undelivered');
COMMENT ON VIEW notification_attempt IS 'Each attempt to deliver a notification, and the answer to it. incident or record: of what it told.';

COMMENT ON COLUMN message.skipped IS 'It was kept as it came and not decoded: it stopped the engine twice, or its signature was missing or wrong. undecoded.reason says which: skipped or spoofed.';

DO $$
BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_reader') THEN
                GRANT SELECT ON record_sent TO wardwatch_reader;
        END IF;
END
$$;
