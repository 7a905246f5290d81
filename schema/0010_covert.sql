-- What is told of an incident says whether it is covert, and what an overt channel did not get.

CREATE OR REPLACE VIEW notification AS
SELECT journal, id AS notification, incident, body->>'key' AS key, body->>'ladder' AS ladder, (body->>'step')::integer AS step,
        body->>'recipient' AS recipient, body->>'channel' AS channel, body->>'address' AS address, body->>'text' AS text,
        body->>'state' AS state, (body->>'attempts')::integer AS attempts, body->>'answer' AS answer,
        (body->>'due_at')::timestamptz AS due_at, (body->>'sent_at')::timestamptz AS sent_at, exercise,
        coalesce((body->>'covert')::boolean, false) AS covert
FROM change_now WHERE subject = 'notification';
COMMENT ON VIEW notification IS 'Who was to be told of what, and what became of it: due, sent, failed (it is tried again), given-up, withdrawn (the incident was closed before), or withheld (the incident is covert, and the channel may be seen or heard where the threat is: its fallback was taken).';

CREATE OR REPLACE VIEW incident_note AS
SELECT journal, id AS note, incident, body->>'text' AS text, body->>'by' AS by, (body->>'at')::timestamptz AS at,
        body->'attachment'->>'name' AS attachment, body->'attachment'->>'sha256' AS sha256,
        (body->'attachment'->>'size')::bigint AS size, body->'attachment'->>'where' AS kept_at, body->'amendments' AS amendments, exercise,
        body->'attachment'->>'type' AS media_type
FROM change_now WHERE subject = 'note';
