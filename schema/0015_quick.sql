-- Figures in less time: what has been over for long is not looked at one by one.

-- Which alarms stood at a moment is what began before it, less what ended: both are read in the order of an index, and
-- only what is left is looked up.
CREATE INDEX alarm_transition_began ON alarm_transition (journal, alarm, changed_at) WHERE version = 1;

CREATE OR REPLACE FUNCTION alarms_at(at timestamptz) RETURNS TABLE (
        journal integer, alarm bigint, state text, priority text, rule text, key text, title text, hazard text, class text,
        site text, zone text, asset text, device text, raised_at timestamptz, raised_count bigint, changed_at timestamptz,
        cause text, actor text, regions text[], acknowledged_at timestamptz, acknowledged_by text, shelved_until timestamptz,
        out_of_service_until timestamptz, suppressed_by text, flags text[], exercise boolean, version bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
        -- the number of an alarm that is back to normal is not used again
        WITH standing AS MATERIALIZED (
                SELECT b.journal, b.alarm FROM alarm_transition b WHERE b.version = 1 AND b.changed_at <= at
                EXCEPT
                SELECT e.journal, e.alarm FROM alarm_transition e WHERE e.new_state = 'NORM' AND e.changed_at <= at)
        SELECT s.journal, s.alarm, t.new_state, t.priority, t.rule, t.key, t.title, a.hazard, a.class, t.site, t.zone, t.asset, t.device,
                t.raised_at, t.raised_count, t.changed_at, t.cause, t.actor, t.new_regions, t.acknowledged_at, t.acknowledged_by,
                t.shelved_until, t.out_of_service_until, t.suppressed_by, t.flags, 'exercise' = ANY (t.flags), t.version
        FROM standing s
        -- limits: the few are looked up, whatever the planner thinks how many they are
        CROSS JOIN LATERAL (SELECT * FROM alarm x WHERE x.journal = s.journal AND x.alarm = s.alarm LIMIT 1) a
        CROSS JOIN LATERAL (
                SELECT * FROM alarm_transition x
                WHERE x.journal = s.journal AND x.alarm = s.alarm AND x.changed_at <= at
                ORDER BY x.version DESC LIMIT 1) t
        ORDER BY s.journal, s.alarm;
END;

-- Persons on duty: each piece of a shift is added to the steps that it reaches, instead of each step asking every shift. The
-- list of steps is long: a row that carried it along would go to the disk.
CREATE OR REPLACE FUNCTION alarm_rate(since timestamptz, until timestamptz, step interval DEFAULT '10 minutes', in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (starts timestamptz, ends timestamptz, annunciated bigint, operators numeric, per_operator numeric)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH edges AS MATERIALIZED (
                SELECT array_agg(s ORDER BY s) AS at FROM generate_series(since, until - interval '1 microsecond', step) s),
        bins AS MATERIALIZED (
                SELECT b.bin, b.starts, lead(b.starts, 1, until) OVER (ORDER BY b.bin) AS ends
                FROM unnest((SELECT e.at FROM edges e)) WITH ORDINALITY b (starts, bin)),
        duty AS MATERIALIZED (
                SELECT s.person, range_agg(tstzrange(s.began_at, s.ended_at)) AS held FROM shift s
                WHERE s.began_at < until AND (s.ended_at IS NULL OR s.ended_at > since) AND s.began_at < coalesce(s.ended_at, 'infinity')
                GROUP BY s.person),
        reached AS MATERIALIZED (
                SELECT lower(r) AS began_at, upper(r) AS ended_at, g.bin
                FROM duty d, unnest(d.held * tstzmultirange(tstzrange(since, until))) r,
                        generate_series(width_bucket(lower(r), (SELECT e.at FROM edges e)), width_bucket(upper(r), (SELECT e.at FROM edges e))) g (bin)),
        manned AS (
                SELECT b.bin, sum(extract(epoch FROM least(r.ended_at, b.ends) - greatest(r.began_at, b.starts))) / extract(epoch FROM b.ends - b.starts) AS operators
                FROM reached r JOIN bins b ON b.bin = r.bin GROUP BY b.bin, b.starts, b.ends),
        counted AS (
                SELECT width_bucket(n.at, (SELECT e.at FROM edges e)) AS bin, count(*) AS annunciated
                FROM annunciations(since, until, in_zone, of_hazard) n GROUP BY 1)
        SELECT b.starts, b.ends, coalesce(c.annunciated, 0), round(coalesce(m.operators, 0), 2),
                round(coalesce(c.annunciated, 0) / greatest(m.operators, 1), 3)
        FROM bins b LEFT JOIN counted c ON c.bin = b.bin LEFT JOIN manned m ON m.bin = b.bin
        ORDER BY b.starts;
END;

-- Compiling a plan over many partitions takes longer than running it. A role's own setting does not come to its members.
DO $$
BEGIN
        EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION WHEN insufficient_privilege THEN
        RAISE NOTICE 'jit was not switched off: whoever migrates does not own the database';
END
$$;
