-- The proof does not grow for ever. What it keeps of each row, the leaf, only serves to say which row is not as it was;
-- where retention has dropped all rows of a part, its list of leaves is given up, and the root stays in the chain. Where
-- nothing but such parts is left of some segments in a row, they go, and retention_record keeps the hash by which the
-- chain goes on. `wardwatch verify` holds both against retention_record.

ALTER TABLE retention_record ADD COLUMN first_segment bigint, ADD COLUMN last_segment bigint;
COMMENT ON COLUMN retention_record.first_segment IS 'First segment of the proof that is gone; null = this row is about rows, not about segments (relation proof_segment).';
COMMENT ON COLUMN retention_record.last_segment IS 'Last segment of them; chain is its hash.';

CREATE INDEX proof_part_leaves ON proof_part (journal, relation, segment) WHERE leaves IS NOT NULL;

CREATE FUNCTION proof_bound(of_relation text, of_journal integer) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = wardwatch, pg_temp AS $$
DECLARE
        part  text;
        low   bigint;
        bound bigint := (SELECT seq + 1 FROM store_cursor WHERE journal = of_journal);
BEGIN
        FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = to_regclass('wardwatch.' || of_relation) AND c.relname <> of_relation || '_default' LOOP
                EXECUTE format('SELECT min(seq) FROM %I WHERE journal = $1', part) INTO low USING of_journal;
                bound := least(bound, low);
        END LOOP;
        RETURN bound;
END
$$;
COMMENT ON FUNCTION proof_bound(text, integer) IS 'The first input of which a partition of that table still holds a row, the default partition excepted.';
REVOKE ALL ON FUNCTION proof_bound(text, integer) FROM PUBLIC;

CREATE FUNCTION compact_proof(at_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        of     record;
        run    record;
        bound  bigint;
        n      bigint;
        given  bigint := 0;
        gone   bigint := 0;
BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('wardwatch.retention', 0));
        ALTER TABLE proof_part DISABLE TRIGGER history_row;
        ALTER TABLE proof_segment DISABLE TRIGGER history_row;
        -- lists of leaves, where all of the rows are gone
        FOR of IN SELECT relation, journal, max(range_to) AS until FROM retention_record
                  WHERE rows > 0 AND journal IS NOT NULL AND first_segment IS NULL GROUP BY 1, 2 LOOP
                CONTINUE WHEN to_regclass('wardwatch.' || of.relation || '_default') IS NULL;
                bound := proof_bound(of.relation, of.journal);
                EXECUTE format('UPDATE proof_part SET leaves = NULL WHERE journal = $1 AND relation = $2 AND segment IN ('
                        'SELECT p.segment FROM proof_part p JOIN proof_segment s USING (journal, segment)'
                        ' WHERE p.journal = $1 AND p.relation = $2 AND p.leaves IS NOT NULL AND s.last_seq < $3 AND s.sealed_at < $4'
                        ' AND NOT EXISTS (SELECT FROM %I d WHERE d.journal = $1 AND d.seq BETWEEN s.first_seq AND s.last_seq)'
                        ' ORDER BY p.segment LIMIT $5)', of.relation || '_default')
                        USING of.journal, of.relation, bound, of.until, at_most - given;
                GET DIAGNOSTICS n = ROW_COUNT;
                given := given + n;
                EXIT WHEN given >= at_most;
        END LOOP;
        -- segments in a row of which nothing is left; the last one stays, since the next one names its hash
        FOR run IN
                WITH until AS (
                        SELECT journal, max(range_to) AS time FROM retention_record WHERE rows > 0 AND first_segment IS NULL GROUP BY 1
                ), empty AS (
                        SELECT s.*, s.segment - row_number() OVER (PARTITION BY s.journal ORDER BY s.segment) AS island
                        FROM proof_segment s JOIN until u ON u.journal = s.journal AND s.sealed_at < u.time
                        WHERE NOT EXISTS (SELECT FROM proof_part p WHERE p.journal = s.journal AND p.segment = s.segment AND p.leaves IS NOT NULL)
                          AND s.segment < (SELECT max(segment) FROM proof_segment m WHERE m.journal = s.journal)
                )
                SELECT journal, min(segment) AS first, max(segment) AS last, min(first_seq) AS first_seq, max(last_seq) AS last_seq,
                       min(sealed_at) AS began, max(sealed_at) AS ended, count(*) AS segments,
                       (array_agg(hash ORDER BY segment DESC))[1] AS hash
                FROM empty GROUP BY journal, island HAVING count(*) >= 8 ORDER BY 1, 2 LIMIT 100
        LOOP
                INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq, chain,
                                              first_segment, last_segment)
                VALUES ('proof', 'proof_segment', 'segments ' || run.first || ' to ' || run.last, run.began, run.ended, '0', run.journal,
                        run.segments, run.first_seq, run.last_seq, run.hash, run.first, run.last);
                DELETE FROM proof_part WHERE journal = run.journal AND segment BETWEEN run.first AND run.last;
                DELETE FROM proof_segment WHERE journal = run.journal AND segment BETWEEN run.first AND run.last;
                gone := gone + run.segments;
        END LOOP;
        ALTER TABLE proof_part ENABLE TRIGGER history_row;
        ALTER TABLE proof_segment ENABLE TRIGGER history_row;
        RETURN given + gone;
END
$$;
COMMENT ON FUNCTION compact_proof(integer) IS 'Gives up lists of leaves, so many at most, whose rows were all dropped, and segments of which nothing is left; returns how many of both.';
REVOKE ALL ON FUNCTION compact_proof(integer) FROM PUBLIC;

DO $$
BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_writer') THEN
                GRANT EXECUTE ON FUNCTION compact_proof(integer) TO wardwatch_writer;
        END IF;
END
$$;
