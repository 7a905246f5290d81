-- The store gives way to readers, a disposition no longer costs a plan of its own, and what comes at once is derived at once.
--
-- Who makes or drops partitions of several tables in one transaction holds, exclusively, what it has done already while it
-- waits for the next; a reader of two tables, who came the other way round, then waits for it in turn, and PostgreSQL may end
-- the reader. So a transaction touches one table, waits for no more than one reader, and not for long: whoever calls tries again.

CREATE FUNCTION ensure_partitions(first date, last date, at_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
        part  record;
        child text;
        made  integer := 0;
BEGIN
        IF last - first > 100 THEN
                RAISE EXCEPTION 'at most 100 days at a time';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('wardwatch.ensure_partitions', 0));
        FOR part IN
                SELECT s.name, s.period, p.start::date AS start, (p.start + ('1 ' || s.period)::interval)::date AS stop
                FROM stored_table s,
                     generate_series(date_trunc(s.period, first::timestamp), last::timestamp, ('1 ' || s.period)::interval) p(start)
                WHERE s.period IS NOT NULL ORDER BY p.start, s.name
        LOOP
                EXIT WHEN made = at_most;
                child := part.name || '_' || to_char(part.start, CASE part.period WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
                CONTINUE WHEN to_regclass('wardwatch.' || quote_ident(child)) IS NOT NULL;
                BEGIN
                        -- made apart and attached: the parent stays readable and writable, and only the default partition is waited for
                        EXECUTE format('CREATE TABLE wardwatch.%I (LIKE wardwatch.%I INCLUDING ALL)', child, part.name);
                        EXECUTE format('ALTER TABLE wardwatch.%I ATTACH PARTITION wardwatch.%I FOR VALUES FROM (%L) TO (%L)',
                                       part.name, child, part.start::timestamp AT TIME ZONE 'UTC',
                                       part.stop::timestamp AT TIME ZONE 'UTC');
                        made := made + 1;
                EXCEPTION WHEN check_violation THEN
                        NULL; -- the default partition has rows of that time already: it keeps them
                END;
        END LOOP;
        RETURN made;
END
$$;
COMMENT ON FUNCTION ensure_partitions(date, date, integer) IS 'The same, so many at most. One at a time, each in a transaction of its own, cannot deadlock with a reader.';
REVOKE ALL ON FUNCTION ensure_partitions(date, date, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION ensure_partitions(first date, last date) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$ SELECT ensure_partitions(first, last, NULL) $$;
COMMENT ON FUNCTION ensure_partitions(date, date) IS 'Makes the partitions of every partitioned table from the first to the last day, where there is none. Returns how many tables it made. All in one transaction: for a database that nobody reads meanwhile.';

DO $$
BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_writer') THEN
                GRANT EXECUTE ON FUNCTION ensure_partitions(date, date, integer) TO wardwatch_writer;
        END IF;
END
$$;

CREATE OR REPLACE FUNCTION apply_retention(at_most integer) RETURNS SETOF retention_record
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
        p     retention_due%ROWTYPE;
        done  retention_record%ROWTYPE;
        count text;
        gone  text[] := '{}';
BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('wardwatch.retention', 0));
        FOR p IN WITH due AS MATERIALIZED (SELECT * FROM retention_due WHERE held IS NULL)
                 SELECT * FROM due WHERE relation = (SELECT relation FROM due ORDER BY range_to, relation LIMIT 1) ORDER BY range_to LIMIT at_most LOOP
                -- nothing may come to it between counting and dropping; readers may still read
                EXECUTE format('LOCK TABLE %I IN SHARE MODE', p.partition);
                count := CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('wardwatch.' || p.relation) AND attname = 'journal')
                        THEN 'SELECT journal, count(*) AS rows, min(seq) AS first, max(seq) AS last FROM %I GROUP BY journal'
                        ELSE 'SELECT NULL::integer AS journal, count(*) AS rows, NULL::bigint AS first, NULL::bigint AS last FROM %I HAVING count(*) > 0' END;
                FOR done IN EXECUTE format('INSERT INTO retention_record (class, relation, partition, range_from, range_to, keep, journal, rows, first_seq, last_seq, chain)'
                        ' SELECT $1, $2, $3, $4, $5, $6, c.journal, coalesce(c.rows, 0), c.first, c.last, partition_chain($2, $4, $5)'
                        ' FROM (SELECT) one LEFT JOIN (' || count || ') c ON true RETURNING *', p.partition)
                        USING p.class, p.relation, p.partition, p.range_from, p.range_to, p.keep
                LOOP
                        RETURN NEXT done;
                END LOOP;
                gone := gone || p.partition;
                -- what is derived goes with what it was derived from
                IF p.relation = 'alarm_transition' THEN
                        DELETE FROM figure_move WHERE at >= p.range_from AND at < p.range_to;
                        DELETE FROM figure_wait WHERE began_at >= p.range_from AND began_at < p.range_to;
                        DELETE FROM figure_alarm WHERE changed_at >= p.range_from AND changed_at < p.range_to;
                ELSIF p.relation = 'change' THEN
                        DELETE FROM figure_final WHERE at >= p.range_from AND at < p.range_to;
                        DELETE FROM figure_member c USING figure_incident i WHERE c.journal = i.journal AND c.incident = i.incident
                                AND i.opened_at >= p.range_from AND i.opened_at < p.range_to;
                        DELETE FROM figure_incident WHERE opened_at >= p.range_from AND opened_at < p.range_to;
                END IF;
        END LOOP;
        -- at last, because from the first one on nobody reads the table
        FOR i IN 1 .. cardinality(gone) LOOP
                EXECUTE format('DROP TABLE %I', gone[i]);
        END LOOP;
END
$$;
COMMENT ON FUNCTION apply_retention(integer) IS 'Drops partitions of one table whose time is over and that nothing holds, the oldest first, so many at most; returns what it wrote to retention_record. Again and again, until there is none.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Derived rows, by statements that a session plans once. What was made of text (EXECUTE) was planned for each disposition
-- anew, over all partitions.

CREATE FUNCTION disposition_in_force(of_journal integer, of_incident bigint)
RETURNS TABLE (disposition bigint, disposed_at timestamptz, code text, outcome text, done text, disposed_by text, approved_by text, break_glass boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT x.id, time_of(x.body->>'at'), x.body->>'code', x.body->>'outcome', x.body->>'done', x.body->>'by', nullif(x.body->>'approved_by', ''),
                CASE x.body->>'break_glass' WHEN 'true' THEN true WHEN 'false' THEN false END
        FROM (SELECT DISTINCT ON (y.id) y.id, y.body FROM change y
                WHERE y.incident = of_incident AND y.journal = of_journal AND y.subject = 'disposition' ORDER BY y.id, y.version DESC) x
        WHERE x.body->>'state' = 'final' ORDER BY x.id DESC LIMIT 1;
END;
COMMENT ON FUNCTION disposition_in_force(integer, bigint) IS 'The disposition of an incident that holds, out of the history; no row: none does.';

-- The columns behind those that figures count are what the next row must know.
CREATE OR REPLACE VIEW figure_alarm_told AS
SELECT t.journal, t.alarm, a.hazard, a.class,
        CASE WHEN t.began_at IS NOT NULL THEN tstzrange(t.began_at, CASE WHEN t.ended_at IS NOT NULL THEN greatest(t.began_at, t.ended_at) END) END AS stood,
        t.version, t.changed_at, t.active_at, t.waits
FROM (SELECT x.journal, x.alarm, min(x.changed_at) FILTER (WHERE x.version = 1) AS began_at, min(x.changed_at) FILTER (WHERE x.new_state = 'NORM') AS ended_at,
             max(x.version) AS version, max(x.changed_at) AS changed_at,
             max(x.changed_at) FILTER (WHERE 'active' = ANY (x.new_regions) AND NOT 'active' = ANY (x.old_regions)) AS active_at,
             (array_agg(x.new_state ORDER BY x.version DESC))[1] IN ('UNACK', 'RTNUN') AS waits
      FROM alarm_transition x GROUP BY x.journal, x.alarm) t
LEFT JOIN alarm a USING (journal, alarm);

CREATE OR REPLACE VIEW figure_incident_told AS
SELECT k.journal, k.incident, o.opened_at, i.body->>'hazard' AS hazard, i.body->>'zone' AS zone, i.body->>'priority' AS priority, i.body->>'title' AS title,
        i.body->>'state' AS state, coalesce(i.exercise, false) AS exercise, i.body->>'merged_into' IS NOT NULL AS merged,
        time_of(i.body->>'acknowledged_at') AS acknowledged_at, d.sent_at, d.arrived_at, f.disposition, f.disposed_at, f.code, f.outcome, f.done, f.disposed_by,
        f.approved_by, f.break_glass, coalesce(i.version, 0) AS version
FROM (SELECT DISTINCT c.journal, c.incident FROM change c
      WHERE c.subject IN ('incident', 'dispatch', 'disposition') AND c.incident IS NOT NULL) k
LEFT JOIN LATERAL (
        SELECT x.changed_at AS opened_at FROM change x
        WHERE x.subject = 'incident' AND x.id = k.incident AND x.journal = k.journal AND x.version = 1 LIMIT 1) o ON true
LEFT JOIN LATERAL (
        SELECT x.body, x.exercise, x.version FROM change x WHERE x.subject = 'incident' AND x.id = k.incident AND x.journal = k.journal
        ORDER BY x.version DESC LIMIT 1) i ON true
LEFT JOIN LATERAL (
        SELECT min(time_of(x.body->>'sent_at')) AS sent_at, min(time_of(x.body->>'arrived_at')) AS arrived_at FROM change x
        WHERE x.incident = k.incident AND x.journal = k.journal AND x.subject = 'dispatch') d ON true
LEFT JOIN LATERAL disposition_in_force(k.journal, k.incident) f ON true;

CREATE FUNCTION derive_alarm(of_journal integer, of_alarm bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
        DELETE FROM figure_alarm f WHERE f.journal = of_journal AND f.alarm = of_alarm;
        DELETE FROM figure_move f WHERE f.journal = of_journal AND f.alarm = of_alarm;
        DELETE FROM figure_wait f WHERE f.journal = of_journal AND f.alarm = of_alarm;
        INSERT INTO figure_alarm SELECT * FROM figure_alarm_told t WHERE t.journal = of_journal AND t.alarm = of_alarm;
        INSERT INTO figure_move SELECT * FROM figure_move_told t WHERE t.journal = of_journal AND t.alarm = of_alarm;
        INSERT INTO figure_wait SELECT * FROM figure_wait_told t WHERE t.journal = of_journal AND t.alarm = of_alarm;
END
$$;
COMMENT ON FUNCTION derive_alarm(integer, bigint) IS 'Makes the derived rows of an alarm anew out of the history.';
REVOKE ALL ON FUNCTION derive_alarm(integer, bigint) FROM PUBLIC;

CREATE FUNCTION derive_incident(of_journal integer, of_incident bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
        DELETE FROM figure_incident f WHERE f.journal = of_journal AND f.incident = of_incident;
        DELETE FROM figure_final f WHERE f.journal = of_journal AND f.incident = of_incident;
        DELETE FROM figure_member f WHERE f.journal = of_journal AND f.incident = of_incident;
        INSERT INTO figure_incident SELECT * FROM figure_incident_told t WHERE t.journal = of_journal AND t.incident = of_incident;
        INSERT INTO figure_final SELECT * FROM figure_final_told t WHERE t.journal = of_journal AND t.incident = of_incident;
        INSERT INTO figure_member SELECT * FROM figure_member_told t WHERE t.journal = of_journal AND t.incident = of_incident;
END
$$;
COMMENT ON FUNCTION derive_incident(integer, bigint) IS 'Makes the derived rows of an incident anew out of the history.';
REVOKE ALL ON FUNCTION derive_incident(integer, bigint) FROM PUBLIC;

CREATE INDEX figure_final_incident ON figure_final (journal, incident);

CREATE OR REPLACE FUNCTION figures_rebuild() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
        DELETE FROM figure_alarm;
        DELETE FROM figure_move;
        DELETE FROM figure_wait;
        DELETE FROM figure_incident;
        DELETE FROM figure_final;
        DELETE FROM figure_member;
        INSERT INTO figure_alarm SELECT * FROM figure_alarm_told;
        INSERT INTO figure_move SELECT * FROM figure_move_told;
        INSERT INTO figure_wait SELECT * FROM figure_wait_told;
        INSERT INTO figure_incident SELECT * FROM figure_incident_told;
        INSERT INTO figure_final SELECT * FROM figure_final_told;
        INSERT INTO figure_member SELECT * FROM figure_member_told;
$$;

CREATE OR REPLACE FUNCTION figure_tables() RETURNS TABLE (name text, subject text, columns text, within text) LANGUAGE sql IMMUTABLE BEGIN ATOMIC
        VALUES
                ('figure_alarm', 'alarm', 'journal, alarm, hazard, class, stood, version, changed_at, active_at, waits', 'lower(stood) >= $1 AND lower(stood) < $2'),
                ('figure_move', 'alarm', 'journal, alarm, version, seq, n, at, cause, priority, rule, key, title, hazard, class, site, zone, asset, device, annunciate, shown, raised, cleared, lasted',
                        'at >= $1 AND at < $2'),
                ('figure_wait', 'alarm', 'journal, alarm, began_version, began_at, priority, rule, title, hazard, class, zone, device, ended_at, ended_cause, ended_by, ended_reason',
                        'began_at >= $1 AND began_at < $2'),
                ('figure_incident', 'incident', 'journal, incident, opened_at, hazard, zone, priority, title, state, exercise, merged, acknowledged_at, sent_at, arrived_at, disposition, disposed_at, code, outcome, done, disposed_by, approved_by, break_glass, version',
                        'opened_at >= $1 AND opened_at < $2'),
                ('figure_final', 'incident', 'journal, seq, n, incident, at', 'at >= $1 AND at < $2'),
                ('figure_member', 'incident', 'journal, incident, member, version, cause, rule, device',
                        '(journal, incident) IN (SELECT i.journal, i.incident FROM figure_incident i WHERE i.opened_at >= $1 AND i.opened_at < $2)');
END;

CREATE OR REPLACE FUNCTION derive_from_alarm() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
BEGIN
        INSERT INTO figure_alarm (journal, alarm, hazard, class) VALUES (NEW.journal, NEW.alarm, NEW.hazard, NEW.class) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN -- its transitions were first
                PERFORM derive_alarm(NEW.journal, NEW.alarm);
        END IF;
        RETURN NULL;
END
$$;

-- Once for all rows that come at once: a row that one transaction writes a thousand times over is looked for among all its versions.
CREATE OR REPLACE FUNCTION derive_from_transition() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        a           figure_alarm%ROWTYPE;
        t           record;
        anew        boolean;
        none_before bigint; -- no wait that began with it, or before, is open
        was_active  boolean;
        is_active   boolean;
        is_waiting  boolean;
        is_exercise boolean;
        has_cleared boolean;
BEGIN
        FOR t IN SELECT x.*, lag(x.alarm) OVER w IS NULL AS is_first, lead(x.alarm) OVER w IS NULL AS is_last FROM came x
                WINDOW w AS (PARTITION BY x.journal, x.alarm ORDER BY x.version, x.changed_at) ORDER BY x.journal, x.alarm, x.version, x.changed_at
        LOOP
                IF t.is_first THEN
                        anew := false;
                        none_before := 0;
                        SELECT * INTO a FROM figure_alarm f WHERE f.journal = t.journal AND f.alarm = t.alarm;
                END IF;
                CONTINUE WHEN anew;
                IF a.version IS NULL OR a.version >= t.version OR a.changed_at > t.changed_at THEN -- out of order
                        PERFORM derive_alarm(t.journal, t.alarm);
                        anew := true; -- with all that came
                        CONTINUE;
                END IF;
                was_active := 'active' = ANY (t.old_regions);
                is_active := 'active' = ANY (t.new_regions);
                is_waiting := t.new_state IN ('UNACK', 'RTNUN');
                is_exercise := 'exercise' = ANY (t.flags);
                has_cleared := was_active AND NOT is_active AND t.cause = 'CLEAR';
                IF NOT is_exercise THEN
                        INSERT INTO figure_move VALUES (t.journal, t.alarm, t.version, t.seq, t.n, t.changed_at, t.cause, t.priority, t.rule, t.key,
                                t.title, a.hazard, a.class, t.site, t.zone, t.asset, t.device, t.annunciate,
                                (is_active AND t.new_state IN ('UNACK', 'ACKED'))::integer - (was_active AND t.old_state IN ('UNACK', 'ACKED'))::integer,
                                is_active AND NOT was_active, has_cleared, CASE WHEN has_cleared THEN t.changed_at - a.active_at END);
                END IF;
                IF a.waits AND NOT is_waiting THEN
                        UPDATE figure_wait w SET ended_at = t.changed_at, ended_cause = t.cause, ended_by = t.actor, ended_reason = t.reason
                        WHERE w.journal = t.journal AND w.alarm = t.alarm AND w.began_version > none_before AND w.ended_at IS NULL;
                        none_before := t.version;
                ELSIF is_waiting AND t.old_state NOT IN ('UNACK', 'RTNUN') AND NOT is_exercise THEN
                        INSERT INTO figure_wait (journal, alarm, began_version, began_at, priority, rule, title, hazard, class, zone, device)
                        VALUES (t.journal, t.alarm, t.version, t.changed_at, t.priority, t.rule, t.title, a.hazard, a.class, t.zone, t.device);
                END IF;
                IF t.version = 1 OR t.new_state = 'NORM' AND upper_inf(a.stood) THEN
                        a.stood := tstzrange(CASE t.version WHEN 1 THEN t.changed_at ELSE lower(a.stood) END, CASE t.new_state WHEN 'NORM' THEN t.changed_at END);
                END IF;
                a.version := t.version;
                a.changed_at := t.changed_at;
                a.waits := is_waiting;
                IF is_active AND NOT was_active THEN
                        a.active_at := t.changed_at;
                END IF;
                IF t.is_last THEN
                        UPDATE figure_alarm f SET version = a.version, changed_at = a.changed_at, waits = a.waits, stood = a.stood, active_at = a.active_at
                        WHERE f.journal = t.journal AND f.alarm = t.alarm;
                END IF;
        END LOOP;
        RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION derive_from_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
        i           figure_incident%ROWTYPE;
        c           record;
        anew        boolean;
        is_disposed boolean;
BEGIN
        INSERT INTO figure_member AS m
        SELECT DISTINCT ON (x.journal, x.incident, x.id) x.journal, x.incident, x.id, x.version, coalesce(x.body->'cause' = 'true', false), x.body->>'rule', x.body->>'device'
        FROM came x WHERE x.subject = 'member' AND x.incident IS NOT NULL ORDER BY x.journal, x.incident, x.id, x.version DESC
        ON CONFLICT (journal, incident, member) DO UPDATE SET version = EXCLUDED.version, cause = EXCLUDED.cause, rule = EXCLUDED.rule, device = EXCLUDED.device
        WHERE m.version < EXCLUDED.version;
        FOR c IN SELECT x.*, lag(x.incident) OVER w IS NULL AS is_first, lead(x.incident) OVER w IS NULL AS is_last FROM came x
                WHERE x.incident IS NOT NULL AND x.subject IN ('incident', 'dispatch', 'disposition')
                WINDOW w AS (PARTITION BY x.journal, x.incident ORDER BY x.seq, x.n) ORDER BY x.journal, x.incident, x.seq, x.n
        LOOP
                IF c.is_first THEN
                        anew := false;
                        is_disposed := false;
                        SELECT * INTO i FROM figure_incident f WHERE f.journal = c.journal AND f.incident = c.incident;
                END IF;
                CONTINUE WHEN anew;
                IF c.subject = 'incident' AND NOT c.body ? 'alarms' AND (c.version > i.version AND i.version > 0 OR
                        i.version IS NULL AND c.version = 1 AND c.id = c.incident) THEN
                        IF i.version IS NULL THEN
                                INSERT INTO figure_incident (journal, incident, opened_at) VALUES (c.journal, c.incident, c.changed_at) RETURNING * INTO i;
                        END IF;
                        i.hazard := c.body->>'hazard';
                        i.zone := c.body->>'zone';
                        i.priority := c.body->>'priority';
                        i.title := c.body->>'title';
                        i.state := c.body->>'state';
                        i.exercise := c.exercise;
                        i.merged := c.body->>'merged_into' IS NOT NULL;
                        i.acknowledged_at := time_of(c.body->>'acknowledged_at');
                        i.version := c.version;
                ELSIF c.subject = 'dispatch' AND i.version > 0 THEN
                        i.sent_at := least(i.sent_at, time_of(c.body->>'sent_at'));
                        i.arrived_at := least(i.arrived_at, time_of(c.body->>'arrived_at'));
                ELSIF c.subject = 'disposition' AND i.version > 0 THEN
                        IF NOT is_disposed THEN
                                SELECT h.disposition, h.disposed_at, h.code, h.outcome, h.done, h.disposed_by, h.approved_by, h.break_glass
                                INTO i.disposition, i.disposed_at, i.code, i.outcome, i.done, i.disposed_by, i.approved_by, i.break_glass
                                FROM disposition_in_force(c.journal, c.incident) h;
                                is_disposed := true; -- with all that came
                        END IF;
                        INSERT INTO figure_final SELECT c.journal, c.seq, c.n, c.incident, c.changed_at
                        WHERE c.body->>'state' = 'final' AND NOT c.exercise ON CONFLICT DO NOTHING; -- out of order an earlier row has brought it
                ELSIF c.subject = 'incident' AND c.version < i.version AND c.version > 1 AND NOT c.body ? 'alarms' THEN
                        NULL; -- neither its first change nor its newest
                ELSE -- out of order
                        PERFORM derive_incident(c.journal, c.incident);
                        anew := true; -- with all that came
                        CONTINUE;
                END IF;
                IF c.is_last THEN
                        UPDATE figure_incident f SET hazard = i.hazard, zone = i.zone, priority = i.priority, title = i.title, state = i.state, exercise = i.exercise,
                                merged = i.merged, acknowledged_at = i.acknowledged_at, sent_at = i.sent_at, arrived_at = i.arrived_at, disposition = i.disposition,
                                disposed_at = i.disposed_at, code = i.code, outcome = i.outcome, done = i.done, disposed_by = i.disposed_by, approved_by = i.approved_by,
                                break_glass = i.break_glass, version = i.version
                        WHERE f.journal = c.journal AND f.incident = c.incident;
                END IF;
        END LOOP;
        RETURN NULL;
END
$$;

DROP TRIGGER derive ON alarm_transition;
CREATE TRIGGER derive AFTER INSERT ON alarm_transition REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION derive_from_transition();
DROP TRIGGER derive ON change;
CREATE TRIGGER derive AFTER INSERT ON change REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION derive_from_change();

DROP FUNCTION derive(text, integer, bigint);
