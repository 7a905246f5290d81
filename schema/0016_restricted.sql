-- Restricted records are out of sight: not by a view that leaves them out of a table that everybody reads, but in a table
-- of their own. `change` stays what every reader, view and question may read whole.
--
-- What was stored before stays where it is, since the chain of the proof says that it is there. The views leave it out.

CREATE TABLE change_restricted (LIKE change INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (changed_at);
ALTER TABLE change_restricted ADD PRIMARY KEY (journal, seq, n, changed_at);
CREATE TABLE change_restricted_default PARTITION OF change_restricted DEFAULT;
CREATE INDEX change_restricted_record ON change_restricted (id, version);
CREATE INDEX change_restricted_time ON change_restricted (changed_at);
COMMENT ON TABLE change_restricted IS 'Each change of a restricted record, as in change; read it through record_restricted. Partitioned by month of changed_at.';

CREATE VIEW change_restricted_raw AS
SELECT * FROM change_restricted WHERE (SELECT record_access('change_restricted_raw'));
COMMENT ON VIEW change_restricted_raw IS 'Changes of restricted records, as the proof covers them. Reading it is recorded.';

INSERT INTO stored_table (name, class, period, time_column, writes, readers) VALUES
        ('change_restricted',     'alarms', 'month', 'changed_at', '{INSERT}', '{}'),
        ('change_restricted_raw', NULL, NULL, NULL, '{}', '{wardwatch_auditor,wardwatch_console}');

CREATE OR REPLACE VIEW record_restricted AS
SELECT journal, id AS record, version, body->>'kind' AS kind, body->>'number' AS number, body->>'state' AS state, ended,
        body->'fields' AS fields, what, actor, reason, exercise, changed_at
FROM (SELECT * FROM change_restricted UNION ALL
      SELECT * FROM change WHERE subject = 'record' AND (body->>'restricted')::boolean) c
WHERE (SELECT record_access('record_restricted'));
COMMENT ON VIEW record_restricted IS 'Each version of restricted records. Reading it is recorded.';

DO $$
DECLARE
        before bigint := (SELECT count(*) FROM change WHERE subject = 'record' AND (body->>'restricted')::boolean);
BEGIN
        IF before > 0 THEN
                RAISE WARNING '% changes of restricted records were stored before this migration and stay in change, where readers see them', before;
        END IF;
END
$$;
