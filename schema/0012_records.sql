-- Records of the kinds that rules/records describes: inspections, hidden dangers, visitors, hints, reports, evidence …
--
-- They are rows of `change` with the subject `record`; the views below show them as people look for them. A kind that is
-- new needs nothing here. What is restricted is in a view of its own, and reading it is recorded.

CREATE OR REPLACE VIEW change_now AS
SELECT DISTINCT ON (journal, subject, id) *
FROM change WHERE NOT (subject = 'record' AND coalesce((body->>'restricted')::boolean, false))
ORDER BY journal, subject, id, version DESC;
COMMENT ON VIEW change_now IS 'Every subject as its latest change left it, also those that are over; without restricted records.';

CREATE INDEX change_record ON change ((body->>'kind'), changed_at) WHERE subject = 'record';

CREATE VIEW record AS
SELECT journal, id AS record, body->>'kind' AS kind, body->>'number' AS number, version, body->>'state' AS state,
        body->>'title' AS title, NOT ended AS open, body->'fields' AS fields,
        jsonb_path_exists(body, '$.clocks.*.overdue ? (@ == true)') AS overdue, body->'clocks' AS clocks, body->'by' AS by,
        (body->>'opened_at')::timestamptz AS opened_at, body->>'opened_by' AS opened_by, (body->>'since')::timestamptz AS since,
        body->>'origin' AS origin, incident, exercise, changed_at, what, actor, reason
FROM change_now WHERE subject = 'record';
COMMENT ON VIEW record IS 'Records as they stand, also those that are over; fields holds what rules/records names, by says of each act who did it last and when, clocks what is due.';

CREATE VIEW record_history AS
SELECT journal, seq, n, id AS record, body->>'kind' AS kind, body->>'number' AS number, version, body->>'state' AS state,
        body->'fields' AS fields, what, actor, reason, exercise, changed_at
FROM change WHERE subject = 'record' AND NOT coalesce((body->>'restricted')::boolean, false);
COMMENT ON VIEW record_history IS 'Each version of each record: what was done, by whom, when and why, and how it stood then.';

CREATE VIEW record_overdue AS
SELECT h.journal, h.record, h.kind, h.number, h.what AS clock, h.changed_at AS overdue_at,
        (SELECT min(m.changed_at) FROM record_history m
         WHERE m.journal = h.journal AND m.record = h.record AND m.version > h.version AND m.actor <> 'timer') AS acted_at, h.exercise
FROM record_history h WHERE h.actor = 'timer' AND h.what NOT IN ('opened', 'planned');
COMMENT ON VIEW record_overdue IS 'Each time that a clock of a record ran out, and when somebody acted on it after that.';

CREATE VIEW record_restricted AS
SELECT journal, id AS record, version, body->>'kind' AS kind, body->>'number' AS number, body->>'state' AS state, ended,
        body->'fields' AS fields, what, actor, reason, exercise, changed_at
FROM change WHERE subject = 'record' AND (body->>'restricted')::boolean AND (SELECT record_access('record_restricted'));
COMMENT ON VIEW record_restricted IS 'Each version of restricted records. Reading it is recorded.';

INSERT INTO stored_table (name, writes, readers) VALUES ('record_restricted', '{}', '{wardwatch_auditor,wardwatch_console}');

-- ---------------------------------------------------------------------------------------------------------------------
-- Legal holds stop retention: of the time that they name in every table, and of themselves.

CREATE OR REPLACE FUNCTION partition_held(relation text, range_from timestamptz, range_to timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = wardwatch, pg_temp AS $$
        SELECT format('legal hold %s: %s', number, title) FROM record
        WHERE kind = 'legal-hold' AND open AND NOT exercise
          AND (((fields->>'begin')::timestamptz < range_to AND (fields->>'end')::timestamptz >= range_from)
               OR (relation = 'change' AND changed_at >= range_from AND changed_at < range_to))
        ORDER BY record LIMIT 1
$$;
