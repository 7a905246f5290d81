-- Figures of a year in the time of one of their parts, and questions that read what they ask for and no more.

-- Sorting what a year has rung is what takes the time: it is done in memory, and once.
DO $$
BEGIN
        IF pg_size_bytes(current_setting('work_mem')) < 32 * 1024 * 1024 THEN
                EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '32MB');
        END IF;
EXCEPTION WHEN insufficient_privilege THEN
        RAISE NOTICE 'work_mem was not raised: whoever migrates does not own the database';
END
$$;

-- Each of these is read in its order and by itself, without the rows.
CREATE INDEX figure_move_rung ON figure_move (at) INCLUDE (hazard, zone, priority, rule, key) WHERE annunciate;
CREATE INDEX figure_move_shown ON figure_move (at) INCLUDE (shown, hazard, zone) WHERE shown <> 0;
CREATE INDEX figure_move_cleared ON figure_move (at) INCLUDE (journal, rule, key, seq, n, lasted, hazard, zone) WHERE cleared;
CREATE INDEX figure_move_fault ON figure_move (at) WHERE raised AND hazard = 'system' AND asset <> '';

CREATE FUNCTION nuisance_share(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (share numeric) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT round(count(*) FILTER (WHERE i.outcome IN ('nuisance', 'false')) / nullif(count(*), 0)::numeric, 4)
        FROM (SELECT DISTINCT f.journal, f.incident FROM figure_final f WHERE f.at >= since AND f.at < until) f
        JOIN figure_incident i ON i.journal = f.journal AND i.incident = f.incident
        JOIN figure_member c ON c.journal = f.journal AND c.incident = f.incident AND c.cause
        WHERE i.disposition IS NOT NULL AND i.version > 0 AND (of_hazard = '' OR i.hazard = of_hazard)
                AND (in_zone = '' OR i.zone = ANY ((SELECT zone_list(in_zone, until))::text[]));
END;
COMMENT ON FUNCTION nuisance_share(timestamptz, timestamptz, text, text) IS 'The share of dispositions_by, of all rules and devices together; null: nothing was disposed.';

CREATE FUNCTION acknowledged_in_time(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (target interval, alarms bigint, waiting bigint, within_half numeric, within_target numeric) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT w.target, count(*), count(*) FILTER (WHERE w.ended_cause IS NULL),
                round(count(*) FILTER (WHERE w.counts AND w.took <= w.target / 2) / nullif(count(*) FILTER (WHERE w.counts), 0)::numeric, 4),
                round(count(*) FILTER (WHERE w.counts AND w.took <= w.target) / nullif(count(*) FILTER (WHERE w.counts), 0)::numeric, 4)
        FROM (SELECT x.target, x.ended_cause, coalesce(x.ended_cause, 'ACKNOWLEDGE') = 'ACKNOWLEDGE' AS counts,
                coalesce(x.waited, greatest(least(until, now()) - x.began_at, interval '0')) AS took
              FROM alarm_waits(since, until, in_zone, of_hazard) x) w
        GROUP BY w.target;
END;
COMMENT ON FUNCTION acknowledged_in_time(timestamptz, timestamptz, text, text) IS 'Of acknowledgement_times what needs no sorting: how many of all with a target were acknowledged within it, and within half of it.';

CREATE OR REPLACE FUNCTION figures(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (figure text, value numeric, unit text, target text, met boolean, definition text) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH rung AS MATERIALIZED (SELECT n.at, n.priority, n.rule, n.key FROM annunciations(since, until, in_zone, of_hazard) n),
        -- alarm_rate, of which the means are asked. Only steps in which something rang, or somebody came or left, are looked at; between
        -- two of them as many are on duty all the time. `whole`: from this step on so many more are there throughout; `part`: seconds
        -- of this step for which somebody is there besides.
        held AS (
                SELECT d.began_at, d.ended_at, date_bin('10 minutes', d.began_at, since) AS first_step, date_bin('10 minutes', d.ended_at, since) AS last_step
                FROM (SELECT lower(r) AS began_at, upper(r) AS ended_at
                      FROM (SELECT range_agg(tstzrange(s.began_at, s.ended_at)) AS held FROM shift s
                            WHERE s.began_at < until AND (s.ended_at IS NULL OR s.ended_at > since) AND s.began_at < coalesce(s.ended_at, 'infinity')
                            GROUP BY s.person) p, unnest(p.held * tstzmultirange(tstzrange(since, until))) r) d),
        marks AS (
                SELECT since AS step, 0 AS annunciated, 0 AS whole, interval '0' AS part
                UNION ALL SELECT date_bin('10 minutes', n.at, since), count(*), 0, '0' FROM rung n GROUP BY 1
                UNION ALL SELECT h.first_step, 0, 0, least(h.ended_at, h.first_step + interval '10 minutes') - h.began_at FROM held h
                UNION ALL SELECT h.first_step + interval '10 minutes', 0, 1, '0' FROM held h WHERE h.last_step > h.first_step
                UNION ALL SELECT h.last_step, 0, -1, h.ended_at - h.last_step FROM held h WHERE h.last_step > h.first_step),
        steps AS (
                SELECT m.step, sum(m.annunciated) AS annunciated, extract(epoch FROM sum(m.part)) AS part, sum(sum(m.whole)) OVER w AS whole,
                        extract(epoch FROM least(m.step + interval '10 minutes', until) - m.step) AS length,
                        extract(epoch FROM lead(m.step, 1, until) OVER w - (m.step + interval '10 minutes')) AS behind
                FROM marks m GROUP BY m.step WINDOW w AS (ORDER BY m.step)),
        mean AS MATERIALIZED (
                SELECT sum(s.annunciated) AS annunciated,
                        sum(round(s.annunciated / greatest(s.whole + s.part / s.length, 1), 3)) / ceil(extract(epoch FROM until - since) / 600) AS ten,
                        sum(s.annunciated) / nullif(sum(greatest(round(s.whole + s.part / s.length, 2), 1) * s.length
                                + greatest(s.behind, 0) * greatest(s.whole, 1)), 0) * 86400 AS day
                FROM steps s WHERE s.step < until),
        -- alarm_floods, of which the time is asked
        dense AS (
                SELECT x.*, row_number() OVER w AS i, coalesce(x.at >= lag(x.five_until) OVER w, true) AS first
                FROM (SELECT n.at, lag(n.at, 4) OVER (ORDER BY n.at) + interval '10 minutes' AS five_until,
                                lag(n.at, 10) OVER (ORDER BY n.at) > n.at - interval '10 minutes' AS eleven
                      FROM annunciations(since - interval '1 day', until, in_zone, of_hazard) n) x
                WHERE x.at < x.five_until WINDOW w AS (ORDER BY x.at, x.five_until)),
        stretched AS (SELECT *, count(*) FILTER (WHERE d.first) OVER (ORDER BY d.i) AS stretch FROM dense d),
        flood AS (
                SELECT coalesce(sum(extract(epoch FROM least(i.ended_at, until) - greatest(i.started_at, since))), 0) / extract(epoch FROM until - since) AS share
                FROM (SELECT min(s.at) FILTER (WHERE s.i >= s.eleventh) AS started_at, max(s.five_until) AS ended_at
                      FROM (SELECT *, min(t.i) FILTER (WHERE t.eleven) OVER (PARTITION BY t.stretch) AS eleventh FROM stretched t) s
                      GROUP BY s.stretch) i
                WHERE i.started_at IS NOT NULL AND i.ended_at > since),
        stood AS MATERIALIZED (SELECT count(*) AS standing, count(*) FILTER (WHERE s.stale) AS stale FROM alarm_stale(until, in_zone, of_hazard) s),
        -- alarm_standing, of which the most is asked: no need to put moments together
        most AS (
                SELECT max(b.standing + coalesce(m.moved, 0)) AS standing
                FROM (SELECT count(*) AS standing FROM alarms_at(since) a
                      WHERE 'active' = ANY (a.regions) AND a.state IN ('UNACK', 'ACKED') AND NOT a.exercise AND (of_hazard = '' OR a.hazard = of_hazard)
                        AND (in_zone = '' OR a.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))) b
                LEFT JOIN (SELECT greatest(max(x.moved), 0) AS moved FROM (
                        SELECT sum(m.shown) OVER (ORDER BY m.at) AS moved FROM figure_move m
                        WHERE m.at > since AND m.at < until AND m.shown <> 0 AND (of_hazard = '' OR m.hazard = of_hazard)
                                AND (in_zone = '' OR m.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))) x) m ON true),
        peak AS MATERIALIZED (
                SELECT coalesce(max(p.annunciated), 0) AS annunciated
                FROM (SELECT count(*) OVER (ORDER BY n.at RANGE BETWEEN '599.999999 seconds' PRECEDING AND CURRENT ROW) AS annunciated FROM rung n) p),
        -- alarm_chatter, bad_actors and alarm_priorities without their parts
        chatter AS MATERIALIZED (
                SELECT count(*) FILTER (WHERE c.third < interval '1 minute') AS chattering, count(*) FILTER (WHERE c.lasted <= interval '10 seconds') AS fleeting
                FROM (SELECT m.lasted, m.at - lag(m.at, 2) OVER (
                                PARTITION BY m.journal, hashtextextended(m.key, hashtextextended(m.rule, 0)), m.rule, m.key ORDER BY m.seq, m.n) AS third
                      FROM figure_move m
                      WHERE m.cleared AND m.at >= since AND m.at < until AND (of_hazard = '' OR m.hazard = of_hazard)
                        AND (in_zone = '' OR m.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))) c),
        actors AS (
                SELECT round(sum(t.annunciated) FILTER (WHERE t.place <= 10) / sum(t.annunciated), 4) AS share
                FROM (SELECT count(*) AS annunciated, row_number() OVER (ORDER BY count(*) DESC) AS place FROM rung n GROUP BY n.rule, n.key) t),
        priority AS MATERIALIZED (
                SELECT p.name AS priority, round(coalesce(c.annunciated, 0) / nullif(sum(c.annunciated) OVER (), 0), 4) AS share
                FROM (VALUES ('low'), ('medium'), ('high'), ('critical')) p (name)
                LEFT JOIN (SELECT n.priority, count(*) AS annunciated FROM rung n GROUP BY n.priority) c ON c.priority = p.name),
        -- response_times without its parts
        ack AS MATERIALIZED (SELECT * FROM acknowledged_in_time(since, until, in_zone, of_hazard) a),
        response AS MATERIALIZED (
                SELECT v.what, v.median FROM (
                        SELECT count(*) AS n, percentile_disc(0.5) WITHIN GROUP (ORDER BY t.to_dispatch) AS dispatch,
                                percentile_disc(0.5) WITHIN GROUP (ORDER BY t.to_arrive) AS arrive, percentile_disc(0.5) WITHIN GROUP (ORDER BY t.to_dispose) AS dispose
                        FROM incident_times(since, until, in_zone, of_hazard) t) t
                CROSS JOIN LATERAL (VALUES ('dispatch', t.dispatch), ('arrive', t.arrive), ('dispose', t.dispose)) v (what, median) WHERE t.n > 0),
        watch AS (SELECT round(avg(s.met::integer), 4) AS share FROM supervision_times(since, until, in_zone) s WHERE of_hazard IN ('', 'system')),
        nuisance AS (SELECT s.share FROM nuisance_share(since, until, in_zone, of_hazard) s WHERE s.share IS NOT NULL),
        before AS (SELECT s.share FROM nuisance_share(since - (until - since), since, in_zone, of_hazard) s)
        SELECT f.figure, f.value, f.unit, f.target, f.met, f.definition FROM (
                SELECT 1 AS place, 'alarm rate' AS figure, round(m.ten, 3) AS value, 'in 10 min' AS unit, '≤ 1' AS target, m.ten <= 1 AS met,
                        'annunciated alarms per operator on duty in 10 minutes, on average' AS definition FROM mean m
                UNION ALL SELECT 2, 'alarms a day', round(m.day, 1), 'a day', '≤ 150; from 300 on to be reduced', m.day <= 150,
                        'annunciated alarms per operator on duty in 24 hours, on average' FROM mean m
                UNION ALL SELECT 3, 'peak', p.annunciated, 'in 10 min', '≤ 10', p.annunciated <= 10,
                        'the most alarms annunciated within any 10 minutes' FROM peak p
                UNION ALL SELECT 4, 'flood', round(100 * f.share, 2), '% of the time', '< 1', f.share < 0.01,
                        'time in flood: from more than 10 alarms in 10 minutes until fewer than 5 in 10 minutes' FROM flood f
                UNION ALL SELECT 5, 'standing', s.standing, 'alarms', '< 10', s.standing < 10,
                        'active and shown at the end of the span' FROM stood s
                UNION ALL SELECT 6, 'standing, most', m.standing, 'alarms', '< 10', m.standing < 10,
                        'the most that were active and shown at any moment of the span' FROM most m
                UNION ALL SELECT 7, 'stale', s.stale, 'alarms', '< 5', s.stale < 5,
                        'active for longer than 24 hours at the end of the span' FROM stood s
                UNION ALL SELECT 8, 'chattering', c.chattering, 'times', '0', c.chattering = 0,
                        'an alarm cleared for the third time within less than a minute' FROM chatter c
                UNION ALL SELECT 9, 'fleeting', c.fleeting, 'times', '0', c.fleeting = 0,
                        'an alarm cleared within 10 seconds of becoming active' FROM chatter c
                UNION ALL SELECT 10, 'bad actors', round(100 * a.share, 1), '% of alarms', '≤ 5', a.share <= 0.05,
                        'share of the ten most frequent alarms (rule and key)' FROM actors a
                UNION ALL SELECT 11, 'low priority', round(100 * p.share, 1), '% of alarms', 'about 80', p.share >= 0.75,
                        'share of annunciated alarms; met from 75 % on' FROM priority p WHERE p.priority = 'low'
                UNION ALL SELECT 12, 'medium priority', round(100 * p.share, 1), '% of alarms', 'about 15', p.share <= 0.20,
                        'share of annunciated alarms; met up to 20 %' FROM priority p WHERE p.priority = 'medium'
                UNION ALL SELECT 13, 'high and critical priority', round(100 * sum(p.share), 1), '% of alarms', 'about 5', sum(p.share) <= 0.10,
                        'share of annunciated alarms; met up to 10 %' FROM priority p WHERE p.priority IN ('high', 'critical')
                UNION ALL SELECT 14, 'urgent, within 30 s', round(100 * a.within_half, 1), '% of alarms', '≥ 80', a.within_half >= 0.8,
                        'time to acknowledge, classes fire, panic, duress, infant' FROM ack a WHERE a.target = interval '60 seconds'
                UNION ALL SELECT 15, 'urgent, within 60 s', round(100 * a.within_target, 1), '% of alarms', '≥ 98.5', a.within_target >= 0.985,
                        'time to acknowledge, classes fire, panic, duress, infant' FROM ack a WHERE a.target = interval '60 seconds'
                UNION ALL SELECT 16, 'others, within 90 s', round(100 * a.within_half, 1), '% of alarms', '≥ 80', a.within_half >= 0.8,
                        'time to acknowledge, all other classes' FROM ack a WHERE a.target = interval '180 seconds'
                UNION ALL SELECT 17, 'others, within 180 s', round(100 * a.within_target, 1), '% of alarms', '≥ 98.5', a.within_target >= 0.985,
                        'time to acknowledge, all other classes' FROM ack a WHERE a.target = interval '180 seconds'
                UNION ALL SELECT CASE r.what WHEN 'dispatch' THEN 18 WHEN 'arrive' THEN 19 ELSE 20 END, 'time to ' || r.what,
                        round(extract(epoch FROM r.median), 1), 's, median', '', NULL, 'from the opening of an incident, of those where it happened'
                        FROM response r
                UNION ALL SELECT 21, 'supervision', round(100 * w.share, 1), '% of faults', '100', w.share >= 1,
                        'faults of supervised devices raised within the asset''s supervision time after its last good message' FROM watch w
                UNION ALL SELECT 22, 'nuisance share', round(100 * n.share, 1), '% of dispositions', 'falling', n.share <= coalesce((SELECT b.share FROM before b), n.share),
                        'causes of incidents disposed as nuisance or false; met if not more than in the span of the same length before' FROM nuisance n) f
        ORDER BY f.place;
END;

-- How far the record reaches back is asked of each class, not of each partition.
CREATE OR REPLACE FUNCTION compliance(since timestamptz, until timestamptz, in_zone text DEFAULT '')
RETURNS TABLE (duty text, what text, value numeric, unit text, target text, met boolean, detail text) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH assets AS MATERIALIZED (
                SELECT a.* FROM site_asset a JOIN site_at(until) s ON s.journal = a.journal AND s.seq = a.seq
                WHERE a.device <> '' AND (in_zone = '' OR a.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))),
        watch AS MATERIALIZED (SELECT count(*) AS n, count(*) FILTER (WHERE s.met IS NOT TRUE) AS late FROM supervision_times(since, until, in_zone) s),
        ack AS MATERIALIZED (SELECT * FROM acknowledged_in_time(since, until, in_zone) a),
        incidents AS MATERIALIZED (SELECT * FROM incident_times(since, until, in_zone) i),
        shifts AS MATERIALIZED (SELECT * FROM shift s WHERE s.began_at < until AND (s.ended_at IS NULL OR s.ended_at > since)),
        told AS MATERIALIZED (
                SELECT c.what FROM change c WHERE c.subject = 'notification' AND c.changed_at >= since AND c.changed_at < until AND NOT c.exercise)
        SELECT f.duty, f.what, f.value, f.unit, f.target, f.met, f.detail FROM (
                SELECT 1 AS place, 'supervision' AS duty, 'devices that are not supervised' AS what, count(*) FILTER (WHERE a.supervision IS NULL)::numeric AS value,
                        'devices' AS unit, '0' AS target, count(*) FILTER (WHERE a.supervision IS NULL) = 0 AS met,
                        'of ' || count(*) || ' in the site model at the end of the span' AS detail FROM assets a
                UNION ALL SELECT 2, 'supervision', 'faults raised later than the device''s supervision time', w.late, 'faults', '0', w.late = 0,
                        'of ' || w.n || ' faults' FROM watch w
                UNION ALL SELECT 3, 'supervision', 'intake blind or without the broker', round(coalesce(sum(extract(epoch FROM b.lasted)), 0), 1), 's', '0',
                        count(*) = 0, count(*) || ' times' FROM blind_spans(since, until) b
                UNION ALL SELECT 4, 'response', 'urgent alarms acknowledged within 30 s', round(100 * a.within_half, 1), '%', '≥ 80', a.within_half >= 0.8,
                        a.alarms || ' alarms of fire, panic, duress, infant' FROM ack a WHERE a.target = interval '60 seconds'
                UNION ALL SELECT 5, 'response', 'urgent alarms acknowledged within 60 s', round(100 * a.within_target, 1), '%', '≥ 98.5', a.within_target >= 0.985,
                        a.waiting || ' not acknowledged' FROM ack a WHERE a.target = interval '60 seconds'
                UNION ALL SELECT 6, 'response', 'other alarms acknowledged within 90 s', round(100 * a.within_half, 1), '%', '≥ 80', a.within_half >= 0.8,
                        a.alarms || ' alarms' FROM ack a WHERE a.target = interval '180 seconds'
                UNION ALL SELECT 7, 'response', 'other alarms acknowledged within 180 s', round(100 * a.within_target, 1), '%', '≥ 98.5', a.within_target >= 0.985,
                        a.waiting || ' not acknowledged' FROM ack a WHERE a.target = interval '180 seconds'
                UNION ALL SELECT 8, 'response', 'people who could not be told', count(*) FILTER (WHERE t.what = 'given-up'), 'notifications', '0',
                        count(*) FILTER (WHERE t.what = 'given-up') = 0, count(*) FILTER (WHERE t.what = 'sent') || ' were told' FROM told t
                UNION ALL SELECT 9, 'duties', 'incidents without a disposition a day after their opening',
                        count(*) FILTER (WHERE coalesce(i.to_dispose, least(until, now()) - i.opened_at) > interval '1 day'), 'incidents', '0',
                        count(*) FILTER (WHERE coalesce(i.to_dispose, least(until, now()) - i.opened_at) > interval '1 day') = 0,
                        'of ' || count(*) || ' opened in the span' FROM incidents i
                UNION ALL SELECT 10, 'duties', 'shifts that nobody took over', count(*) FILTER (WHERE s.unaccepted), 'shifts', '0',
                        count(*) FILTER (WHERE s.unaccepted) = 0, 'of ' || count(*) || ' shifts' FROM shifts s
                UNION ALL SELECT 11, 'duties', 'decisions that wait for a second person', count(*), 'decisions', '0', count(*) = 0,
                        'as it stands now; asked before the end of the span' FROM approval a WHERE a.state = 'pending' AND a.asked_at < until
                UNION ALL SELECT 12, 'record', 'records set aside', count(*), 'records', '0', count(*) = 0, 'rows of quarantine' FROM quarantine q
                        WHERE q.quarantined_at >= since AND q.quarantined_at < until
                UNION ALL SELECT 13, 'record', 'inputs lost before they were stored', coalesce(sum(g.last_seq - g.first_seq + 1), 0), 'inputs', '0', count(*) = 0,
                        count(*) || ' gaps' FROM store_gap g WHERE g.recorded_at >= since AND g.recorded_at < until
                UNION ALL SELECT 14, 'retention', p.class || ', reaches back', floor(extract(epoch FROM until - p.range_from) / 86400), 'days',
                        coalesce('≤ ' || floor(extract(epoch FROM r.keep) / 86400) || ', at least ' || floor(extract(epoch FROM r.least) / 86400), ''),
                        NULL, 'oldest partition of ' || array_to_string(r.tables, ', ')
                        FROM (SELECT s.class, min(s.range_from) AS range_from FROM stored_partition s WHERE s.range_from < until GROUP BY s.class) p
                        JOIN retention r USING (class)
                UNION ALL SELECT 15, 'retention', 'partitions whose time is over and that nothing holds', count(*), 'partitions', '0', count(*) = 0,
                        'longer than a day ago; as it stands now' FROM retention_due d WHERE d.held IS NULL AND d.range_to < now() - d.keep - interval '1 day'
                UNION ALL SELECT 16, 'retention', 'partitions dropped', count(DISTINCT (r.relation, r.partition)), 'partitions', '', NULL,
                        'rows of retention_record' FROM retention_record r WHERE r.dropped_at >= since AND r.dropped_at < until) f
        ORDER BY f.place, f.what;
END;

-- What must be there is made of the whole history where a time is asked that only comes out when it is made. Of a short span
-- the few alarms and incidents that may be in it (`keys`) are looked up, and only they are made.
DROP FUNCTION figure_tables();
CREATE FUNCTION figure_tables() RETURNS TABLE (name text, subject text, columns text, within text, keys text) LANGUAGE sql IMMUTABLE BEGIN ATOMIC
        VALUES
                ('figure_alarm', 'alarm', 'journal, alarm, hazard, class, stood, version, changed_at, active_at, waits', 'lower(stood) >= $1 AND lower(stood) < $2',
                        'SELECT DISTINCT journal, alarm FROM alarm_transition WHERE version = 1 AND changed_at >= $1 AND changed_at < $2'),
                ('figure_move', 'alarm', 'journal, alarm, version, seq, n, at, cause, priority, rule, key, title, hazard, class, site, zone, asset, device, annunciate, shown, raised, cleared, lasted',
                        'at >= $1 AND at < $2', NULL),
                ('figure_wait', 'alarm', 'journal, alarm, began_version, began_at, priority, rule, title, hazard, class, zone, device, ended_at, ended_cause, ended_by, ended_reason',
                        'began_at >= $1 AND began_at < $2', NULL),
                ('figure_incident', 'incident', 'journal, incident, opened_at, hazard, zone, priority, title, state, exercise, merged, acknowledged_at, sent_at, arrived_at, disposition, disposed_at, code, outcome, done, disposed_by, approved_by, break_glass, version',
                        'opened_at >= $1 AND opened_at < $2',
                        'SELECT DISTINCT journal, id AS incident FROM change WHERE subject = ''incident'' AND version = 1 AND changed_at >= $1 AND changed_at < $2'),
                ('figure_final', 'incident', 'journal, seq, n, incident, at', 'at >= $1 AND at < $2', NULL),
                ('figure_member', 'incident', 'journal, incident, member, version, cause, rule, device',
                        '(journal, incident) IN (SELECT i.journal, i.incident FROM figure_incident i WHERE i.opened_at >= $1 AND i.opened_at < $2)',
                        'SELECT i.journal, i.incident FROM figure_incident i WHERE i.opened_at >= $1 AND i.opened_at < $2');
END;
COMMENT ON FUNCTION figure_tables() IS 'The derived tables: whose rows they are, their columns that the view NAME_told gives, which rows belong to a span, and the keys of all that may; null: the view finds them by itself.';

CREATE OR REPLACE FUNCTION figures_differ(since timestamptz, until timestamptz) RETURNS TABLE (derived text, in_history boolean, line jsonb)
LANGUAGE plpgsql STABLE SET search_path = wardwatch, pg_temp AS $$
DECLARE
        t    record;
        told text;
BEGIN
        FOR t IN SELECT * FROM figure_tables() LOOP
                told := CASE WHEN t.keys IS NOT NULL AND until <= since + interval '31 days'
                        THEN format('(%s) k CROSS JOIN LATERAL (SELECT * FROM %I_told x WHERE x.journal = k.journal AND x.%I = k.%3$I OFFSET 0) t',
                                    t.keys, t.name, t.subject)
                        ELSE format('%I_told t', t.name) END;
                RETURN QUERY EXECUTE format('WITH told AS MATERIALIZED (SELECT %3$s FROM (SELECT t.* FROM %2$s) t WHERE %4$s), kept AS MATERIALIZED (SELECT %3$s FROM %1$I WHERE %4$s)'
                        ' SELECT %1$L::text, true, to_jsonb(x) FROM (SELECT * FROM told EXCEPT ALL SELECT * FROM kept) x'
                        ' UNION ALL SELECT %1$L, false, to_jsonb(x) FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM told) x',
                        t.name, told, t.columns, t.within) USING since, until;
        END LOOP;
END
$$;
