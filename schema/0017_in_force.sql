-- Who came in and what they took along; and which configuration was in force.

CREATE VIEW login AS
SELECT journal, seq, n, journal_time AS at, name AS what, subject AS person,
        substring(text FROM '^(?:a person |a screen |no such key, |a code that is none, )?from ([^ ,]+)') AS source,
        substring(text FROM ', session ([0-9]+)$')::bigint AS session, text
FROM notice WHERE name IN ('login', 'login-refused', 'logout', 'session-locked', 'key-used', 'history-exported');
COMMENT ON VIEW login IS 'Who logged in and out, was refused, came with a key, and exported history: login, login-refused, logout, session-locked, key-used or history-exported; person is the name that was given, also one that there is not.';

CREATE VIEW configuration AS
SELECT journal, seq, journal_time AS in_force_from, name AS what, encode(sha256(convert_to(text, 'UTF8')), 'hex') AS hash, text
FROM (SELECT journal, seq, journal_time, name, convert_from(body, 'UTF8')::jsonb->>'configuration' AS text
      FROM engine_input WHERE type = 'notice' AND name IN ('engine-started', 'configuration-changed')) i
WHERE text IS NOT NULL;
COMMENT ON VIEW configuration IS 'Which configuration was in force: the whole of it at each start, and after each reload that changed it; every key with its value, secrets by the names of their files.';
