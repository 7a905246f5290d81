-- Restricted records that were stored before they had a table of their own (0016) stood in `change`, where every reader
-- may select. They are withheld now: moved to change_withheld, as they are. To the proof both are one table: `verify` reads
-- them together, so each row still has the digest that the chain says.

CREATE TABLE change_withheld (LIKE change INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (changed_at);
ALTER TABLE change_withheld ADD PRIMARY KEY (journal, seq, n, changed_at);
CREATE TABLE change_withheld_default PARTITION OF change_withheld DEFAULT;
COMMENT ON TABLE change_withheld IS 'Changes of restricted records that were stored before change_restricted was there; read them through record_restricted. To the proof they are rows of change. Partitioned by month of changed_at.';

CREATE VIEW change_raw AS
SELECT * FROM (SELECT * FROM change UNION ALL SELECT * FROM change_withheld) c WHERE (SELECT record_access('change_raw'));
COMMENT ON VIEW change_raw IS 'Changes, as the proof covers them. Reading it is recorded.';

INSERT INTO stored_table (name, class, period, time_column, writes, readers) VALUES
        ('change_withheld', 'alarms', 'month', 'changed_at', '{}', '{}'),
        ('change_raw', NULL, NULL, NULL, '{}', '{wardwatch_auditor,wardwatch_console}');

CREATE OR REPLACE VIEW record_restricted AS
SELECT journal, id AS record, version, body->>'kind' AS kind, body->>'number' AS number, body->>'state' AS state, ended,
        body->'fields' AS fields, what, actor, reason, exercise, changed_at
FROM (SELECT * FROM change_restricted UNION ALL SELECT * FROM change_withheld) c
WHERE (SELECT record_access('record_restricted'));

CREATE FUNCTION withhold_restricted() RETURNS bigint LANGUAGE plpgsql SET search_path = wardwatch, pg_temp AS $$
DECLARE
        month date;
        moved bigint;
BEGIN
        FOR month IN SELECT DISTINCT date_trunc('month', changed_at AT TIME ZONE 'UTC')::date FROM change
                     WHERE subject = 'record' AND (body->>'restricted')::boolean AND changed_at BETWEEN '2020-01-01' AND '2100-01-01' LOOP
                CONTINUE WHEN to_regclass('wardwatch.change_withheld_' || to_char(month, 'YYYYMM')) IS NOT NULL;
                EXECUTE format('CREATE TABLE %I PARTITION OF change_withheld FOR VALUES FROM (%L) TO (%L)', 'change_withheld_' || to_char(month, 'YYYYMM'),
                               month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        END LOOP;
        ALTER TABLE change DISABLE TRIGGER history_row;
        WITH taken AS (DELETE FROM change WHERE subject = 'record' AND (body->>'restricted')::boolean RETURNING *)
        INSERT INTO change_withheld SELECT * FROM taken;
        GET DIAGNOSTICS moved = ROW_COUNT;
        ALTER TABLE change ENABLE TRIGGER history_row;
        RETURN moved;
END
$$;
COMMENT ON FUNCTION withhold_restricted() IS 'Moves restricted records out of change, where they stood before they had a table of their own; returns how many. The owner''s.';
REVOKE ALL ON FUNCTION withhold_restricted() FROM PUBLIC;

DO $$
DECLARE
        moved bigint := withhold_restricted();
BEGIN
        IF moved > 0 THEN
                RAISE NOTICE '% changes of restricted records were moved out of the sight of readers', moved;
        END IF;
END
$$;
