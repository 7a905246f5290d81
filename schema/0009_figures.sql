-- Figures: how well alarms are handled, and the site model that questions about zones go by.
--
-- Every figure of the design's table is a function of a span [since, until), of a zone with all that lies in it ('' =
-- everywhere) and of a hazard ('' = all). None of them reads more of `event` than single rows by their index. Exercises
-- are kept out of all of them. Bodies are bound when they are made: no search_path can lead them astray.

CREATE TABLE site_zone (
        journal  integer NOT NULL,
        seq      bigint NOT NULL,
        zone     text NOT NULL,
        parent   text NOT NULL,
        title    text NOT NULL,
        type     text NOT NULL,
        key_area boolean NOT NULL,
        PRIMARY KEY (journal, seq, zone)
);
COMMENT ON TABLE site_zone IS 'The zones of each site model that was in force: the store reads them out of the reload with the same seq.';
COMMENT ON COLUMN site_zone.journal IS 'The journal.';
COMMENT ON COLUMN site_zone.seq IS 'The reload''s seq, as in ruleset.';
COMMENT ON COLUMN site_zone.zone IS 'The zone.';
COMMENT ON COLUMN site_zone.parent IS 'The zone that it lies in; empty = none.';
COMMENT ON COLUMN site_zone.title IS 'Its title.';
COMMENT ON COLUMN site_zone.type IS 'Its type: ward, floor, building …';
COMMENT ON COLUMN site_zone.key_area IS 'True: a key area, or a part of one.';

CREATE TABLE site_asset (
        journal     integer NOT NULL,
        seq         bigint NOT NULL,
        asset       text NOT NULL,
        title       text NOT NULL,
        class       text NOT NULL,
        device      text NOT NULL,
        zone        text NOT NULL,
        supervision interval,
        PRIMARY KEY (journal, seq, asset)
);
COMMENT ON TABLE site_asset IS 'The assets of each site model that was in force: the store reads them out of the reload with the same seq.';
COMMENT ON COLUMN site_asset.journal IS 'The journal.';
COMMENT ON COLUMN site_asset.seq IS 'The reload''s seq, as in ruleset.';
COMMENT ON COLUMN site_asset.asset IS 'The asset.';
COMMENT ON COLUMN site_asset.title IS 'Its title; empty = none.';
COMMENT ON COLUMN site_asset.class IS 'Its class: door, smoke, panic …';
COMMENT ON COLUMN site_asset.device IS 'The device that speaks for it; empty = none.';
COMMENT ON COLUMN site_asset.zone IS 'The zone that it is in; empty = none.';
COMMENT ON COLUMN site_asset.supervision IS 'It must be heard from within this time; NULL = it is not supervised.';

INSERT INTO stored_table (name, writes, readers) VALUES
        ('site_zone', '{INSERT}', '{wardwatch_reader}'), ('site_asset', '{INSERT}', '{wardwatch_reader}');

CREATE INDEX alarm_transition_ended ON alarm_transition (journal, alarm, changed_at) WHERE new_state = 'NORM';

-- ---------------------------------------------------------------------------------------------------------------------
-- The site model at a moment.

CREATE FUNCTION site_at(at timestamptz) RETURNS TABLE (journal integer, seq bigint, in_force_from timestamptz)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT DISTINCT ON (j.site) r.journal, r.seq, r.in_force_from FROM ruleset r JOIN journal j ON j.journal = r.journal
        WHERE EXISTS (SELECT FROM site_zone z WHERE z.journal = r.journal AND z.seq = r.seq)
        ORDER BY j.site, r.in_force_from > at, abs(extract(epoch FROM r.in_force_from - at)), r.seq DESC;
END;
COMMENT ON FUNCTION site_at(timestamptz) IS 'Of each site the reload whose site model was in force at that moment; of a moment before the first one that is stored, that one.';

CREATE FUNCTION zone_subtree(root text, at timestamptz) RETURNS TABLE (zone text)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH RECURSIVE tree AS (
                SELECT root AS zone
                UNION
                SELECT z.zone FROM tree t JOIN site_zone z ON z.parent = t.zone AND t.zone <> ''
                JOIN site_at(at) s ON s.journal = z.journal AND s.seq = z.seq)
        SELECT tree.zone FROM tree;
END;
COMMENT ON FUNCTION zone_subtree(text, timestamptz) IS 'The zone and all that lie in it, by the site model in force at that moment.';

-- As an array, of which a figure asks once: a set would be one more table in the order of its joins.
CREATE FUNCTION zone_list(root text, at timestamptz) RETURNS text[]
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT array_agg(t.zone) FROM zone_subtree(root, at) t;
END;
COMMENT ON FUNCTION zone_list(text, timestamptz) IS 'zone_subtree as an array.';

CREATE VIEW zone_tree AS
SELECT z.journal, z.zone, z.parent, z.title, z.type, z.key_area, s.in_force_from
FROM site_zone z JOIN site_at(now()) s ON s.journal = z.journal AND s.seq = z.seq;
COMMENT ON VIEW zone_tree IS 'The zones of the site model that is in force now, each with the zone that it lies in.';

CREATE VIEW asset AS
SELECT a.journal, a.asset, a.title, a.class, a.device, a.zone, a.supervision, s.in_force_from
FROM site_asset a JOIN site_at(now()) s ON s.journal = a.journal AND s.seq = a.seq;
COMMENT ON VIEW asset IS 'The assets of the site model that is in force now.';

-- ---------------------------------------------------------------------------------------------------------------------
-- What stood at a moment.

CREATE FUNCTION alarms_at(at timestamptz) RETURNS TABLE (
        journal integer, alarm bigint, state text, priority text, rule text, key text, title text, hazard text, class text,
        site text, zone text, asset text, device text, raised_at timestamptz, raised_count bigint, changed_at timestamptz,
        cause text, actor text, regions text[], acknowledged_at timestamptz, acknowledged_by text, shelved_until timestamptz,
        out_of_service_until timestamptz, suppressed_by text, flags text[], exercise boolean, version bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT a.journal, a.alarm, t.new_state, t.priority, t.rule, t.key, t.title, a.hazard, a.class, t.site, t.zone, t.asset, t.device,
                t.raised_at, t.raised_count, t.changed_at, t.cause, t.actor, t.new_regions, t.acknowledged_at, t.acknowledged_by,
                t.shelved_until, t.out_of_service_until, t.suppressed_by, t.flags, 'exercise' = ANY (t.flags), t.version
        FROM alarm a CROSS JOIN LATERAL (
                SELECT * FROM alarm_transition x
                WHERE x.journal = a.journal AND x.alarm = a.alarm AND x.changed_at <= at
                ORDER BY x.version DESC LIMIT 1) t
        -- the number of an alarm that is back to normal is not used again
        WHERE NOT EXISTS (
                SELECT FROM alarm_transition e
                WHERE e.journal = a.journal AND e.alarm = a.alarm AND e.new_state = 'NORM' AND e.changed_at <= at);
END;
COMMENT ON FUNCTION alarms_at(timestamptz) IS 'Every alarm that was not back to normal at that moment, as it stood then: what was on the operators'' list, and what was hidden from it.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Annunciations: what asked for somebody's attention.

CREATE VIEW annunciation AS
SELECT t.journal, t.alarm, t.version, t.changed_at AS at, t.cause, t.priority, t.rule, t.key, t.title, a.hazard, a.class, t.site, t.zone,
        t.asset, t.device
FROM alarm_transition t LEFT JOIN alarm a USING (journal, alarm)
WHERE t.annunciate AND NOT 'exercise' = ANY (t.flags);
COMMENT ON VIEW annunciation IS 'Each time an alarm asked for the operators'' attention, also a silent one; exercises left out.';

CREATE FUNCTION annunciations(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS SETOF annunciation LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT * FROM annunciation n
        WHERE n.at >= since AND n.at < until AND (of_hazard = '' OR n.hazard = of_hazard)
                AND (in_zone = '' OR n.zone = ANY ((SELECT zone_list(in_zone, until))::text[]));
END;
COMMENT ON FUNCTION annunciations(timestamptz, timestamptz, text, text) IS 'Annunciations of a span [since, until), of a zone with all that lies in it, of a hazard.';

CREATE FUNCTION alarm_rate(since timestamptz, until timestamptz, step interval DEFAULT '10 minutes', in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (starts timestamptz, ends timestamptz, annunciated bigint, operators numeric, per_operator numeric)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH edges AS MATERIALIZED (
                SELECT array_agg(s ORDER BY s) AS at FROM generate_series(since, until - interval '1 microsecond', step) s),
        duty AS MATERIALIZED (
                SELECT s.person, range_agg(tstzrange(s.began_at, s.ended_at)) AS held FROM shift s
                WHERE s.began_at < until AND (s.ended_at IS NULL OR s.ended_at > since) AND s.began_at < coalesce(s.ended_at, 'infinity')
                GROUP BY s.person),
        counted AS (
                SELECT width_bucket(n.at, e.at) AS bin, count(*) AS annunciated FROM edges e, annunciations(since, until, in_zone, of_hazard) n
                GROUP BY 1),
        bins AS (
                SELECT b.bin, b.starts, coalesce(e.at[b.bin + 1], until) AS ends
                FROM edges e, unnest(e.at) WITH ORDINALITY b (starts, bin))
        SELECT b.starts, b.ends, coalesce(c.annunciated, 0), round(d.operators, 2),
                round(coalesce(c.annunciated, 0) / greatest(d.operators, 1), 3)
        FROM bins b LEFT JOIN counted c USING (bin)
        CROSS JOIN LATERAL (
                SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0) / extract(epoch FROM b.ends - b.starts) AS operators
                FROM duty, unnest(duty.held * tstzmultirange(tstzrange(b.starts, b.ends))) r) d
        ORDER BY b.starts;
END;
COMMENT ON FUNCTION alarm_rate(timestamptz, timestamptz, interval, text, text) IS 'Alarm rate: annunciated alarms per operator in each step from since on. Operators: persons on duty, averaged over the step; where that is fewer than one, one is counted. Target: at most 1 in 10 minutes; at most 150 a day, 300 must be reduced.';

CREATE FUNCTION alarm_peak(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (at timestamptz, annunciated bigint) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT w.at, w.n FROM (
                SELECT n.at, count(*) OVER (ORDER BY n.at RANGE BETWEEN '599.999999 seconds' PRECEDING AND CURRENT ROW) AS n
                FROM annunciations(since, until, in_zone, of_hazard) n) w
        ORDER BY w.n DESC, w.at LIMIT 1;
END;
COMMENT ON FUNCTION alarm_peak(timestamptz, timestamptz, text, text) IS 'Peak: the most alarms annunciated within any 10 minutes of the span, and when these ended. No row: none was annunciated. Target: at most 10.';

CREATE FUNCTION alarm_floods(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (started_at timestamptz, ended_at timestamptz, lasted interval, peak bigint, annunciated bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH rung AS MATERIALIZED (SELECT n.at FROM annunciations(since - interval '1 day', until, in_zone, of_hazard) n),
        steps AS (SELECT r.at, 1 AS d FROM rung r UNION ALL SELECT r.at + interval '10 minutes', -1 FROM rung r),
        counted AS (
                SELECT s.at, s.d, sum(s.d) OVER w AS n, row_number() OVER w AS i FROM steps s
                WINDOW w AS (ORDER BY s.at, s.d ROWS UNBOUNDED PRECEDING)),
        marked AS (
                SELECT *, CASE WHEN c.d = 1 AND c.n > 10 THEN true WHEN c.n < 5 THEN false END AS mark FROM counted c),
        spelled AS (SELECT *, count(m.mark) OVER (ORDER BY m.i) AS spell FROM marked m),
        known AS (
                SELECT s.at, s.d, s.n, s.i, first_value(s.mark) OVER (PARTITION BY s.spell ORDER BY s.i) IS TRUE AS flood,
                        lead(s.at) OVER (ORDER BY s.i) AS next_at
                FROM spelled s),
        turned AS (SELECT *, sum((NOT k.flood)::integer) OVER (ORDER BY k.i) AS calm FROM known k),
        islands AS (
                SELECT min(t.at) AS started_at, max(t.next_at) AS ended_at, max(t.n) AS peak, count(*) FILTER (WHERE t.d = 1) AS annunciated
                FROM turned t WHERE t.flood GROUP BY t.calm)
        SELECT i.started_at, CASE WHEN i.ended_at < until THEN i.ended_at END,
                least(i.ended_at, until) - greatest(i.started_at, since), i.peak, i.annunciated
        FROM islands i WHERE i.ended_at > since ORDER BY i.started_at;
END;
COMMENT ON FUNCTION alarm_floods(timestamptz, timestamptz, text, text) IS 'Floods: a flood starts when more than 10 alarms were annunciated within 10 minutes and ends when fewer than 5 were. ended_at NULL: it still was at the end of the span; lasted: the part within the span. Looks back one day for one that began before. Target: less than 1 % of the time.';

CREATE FUNCTION alarm_standing(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (at timestamptz, standing bigint) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH moves AS (
                SELECT since AS at, count(*) AS d FROM alarms_at(since) a
                WHERE 'active' = ANY (a.regions) AND a.state IN ('UNACK', 'ACKED') AND NOT a.exercise
                        AND (of_hazard = '' OR a.hazard = of_hazard) AND (in_zone = '' OR a.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))
                UNION ALL
                SELECT t.changed_at, (CASE WHEN 'active' = ANY (t.new_regions) AND t.new_state IN ('UNACK', 'ACKED') THEN 1 ELSE 0 END)
                        - (CASE WHEN 'active' = ANY (t.old_regions) AND t.old_state IN ('UNACK', 'ACKED') THEN 1 ELSE 0 END)
                FROM alarm_transition t LEFT JOIN alarm a USING (journal, alarm)
                WHERE t.changed_at > since AND t.changed_at < until AND NOT 'exercise' = ANY (t.flags)
                        AND (of_hazard = '' OR a.hazard = of_hazard) AND (in_zone = '' OR t.zone = ANY ((SELECT zone_list(in_zone, until))::text[])))
        SELECT m.at, sum(sum(m.d)) OVER (ORDER BY m.at)::bigint FROM moves m GROUP BY m.at ORDER BY m.at;
END;
COMMENT ON FUNCTION alarm_standing(timestamptz, timestamptz, text, text) IS 'Standing alarms: how many were active and shown (neither shelved, suppressed nor out of service), from since on and from each change on.';

CREATE FUNCTION alarm_stale(at timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (journal integer, alarm bigint, priority text, title text, hazard text, zone text, device text, state text, active_since timestamptz, stale boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT a.journal, a.alarm, a.priority, a.title, a.hazard, a.zone, a.device, a.state, b.changed_at, at - b.changed_at > interval '24 hours'
        FROM alarms_at(at) a CROSS JOIN LATERAL (
                SELECT t.changed_at FROM alarm_transition t
                WHERE t.journal = a.journal AND t.alarm = a.alarm AND t.version <= a.version AND 'active' = ANY (t.new_regions)
                        AND NOT 'active' = ANY (t.old_regions)
                ORDER BY t.version DESC LIMIT 1) b
        WHERE 'active' = ANY (a.regions) AND a.state IN ('UNACK', 'ACKED') AND NOT a.exercise AND (of_hazard = '' OR a.hazard = of_hazard)
                AND (in_zone = '' OR a.zone = ANY ((SELECT zone_list(in_zone, at))::text[]))
        ORDER BY b.changed_at;
END;
COMMENT ON FUNCTION alarm_stale(timestamptz, text, text) IS 'Standing alarms at a moment: active and shown; stale: active for longer than 24 hours. Target: fewer than 10 standing, fewer than 5 stale.';

CREATE FUNCTION alarm_chatter(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (rule text, key text, title text, zone text, device text, cleared bigint, chattering bigint, fleeting bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH cleared AS (
                SELECT t.rule, t.key, t.title, t.zone, t.device, t.changed_at,
                        t.changed_at - lag(t.changed_at, 2) OVER (PARTITION BY t.journal, t.rule, t.key ORDER BY t.seq, t.n) AS third,
                        t.changed_at - b.changed_at AS lasted
                FROM alarm_transition t LEFT JOIN alarm a USING (journal, alarm)
                LEFT JOIN LATERAL (
                        SELECT x.changed_at FROM alarm_transition x
                        WHERE x.journal = t.journal AND x.alarm = t.alarm AND x.version < t.version AND x.changed_at <= t.changed_at
                                AND 'active' = ANY (x.new_regions)
                                AND NOT 'active' = ANY (x.old_regions)
                        ORDER BY x.version DESC LIMIT 1) b ON true
                WHERE t.changed_at >= since AND t.changed_at < until AND 'active' = ANY (t.old_regions) AND NOT 'active' = ANY (t.new_regions)
                        AND t.cause = 'CLEAR' AND NOT 'exercise' = ANY (t.flags) AND (of_hazard = '' OR a.hazard = of_hazard)
                        AND (in_zone = '' OR t.zone = ANY ((SELECT zone_list(in_zone, until))::text[])))
        SELECT c.rule, c.key, max(c.title), max(c.zone), max(c.device), count(*), count(*) FILTER (WHERE c.third < interval '1 minute'),
                count(*) FILTER (WHERE c.lasted <= interval '10 seconds')
        FROM cleared c GROUP BY c.rule, c.key
        HAVING bool_or(c.third < interval '1 minute') OR bool_or(c.lasted <= interval '10 seconds')
        ORDER BY 7 DESC, 8 DESC, 1, 2;
END;
COMMENT ON FUNCTION alarm_chatter(timestamptz, timestamptz, text, text) IS 'Chattering: how often an alarm cleared for the third time within less than a minute. Fleeting: how often it cleared within 10 seconds of becoming active. Target: none of either.';

CREATE FUNCTION bad_actors(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (place bigint, rule text, key text, title text, zone text, device text, annunciated bigint, share numeric, cumulated numeric)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH counted AS (
                SELECT n.rule, n.key, max(n.title) AS title, max(n.zone) AS zone, max(n.device) AS device, count(*) AS annunciated
                FROM annunciations(since, until, in_zone, of_hazard) n GROUP BY n.rule, n.key)
        SELECT row_number() OVER w, c.rule, c.key, c.title, c.zone, c.device, c.annunciated, round(c.annunciated / sum(c.annunciated) OVER (), 4),
                round(sum(c.annunciated) OVER w / sum(c.annunciated) OVER (), 4)
        FROM counted c WINDOW w AS (ORDER BY c.annunciated DESC, c.rule, c.key ROWS UNBOUNDED PRECEDING) ORDER BY 1;
END;
COMMENT ON FUNCTION bad_actors(timestamptz, timestamptz, text, text) IS 'Bad actors: alarms (rule and key) by how often they were annunciated, with their share of all. Target: the ten most frequent together at most 5 %.';

CREATE FUNCTION alarm_priorities(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (priority text, annunciated bigint, share numeric, target numeric) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT p.name, count(n.at), round(count(n.at) / nullif(sum(count(n.at)) OVER (), 0), 4), p.target
        FROM (VALUES (1, 'low', 0.80), (2, 'medium', 0.15), (3, 'high', 0.05), (4, 'critical', NULL)) p (place, name, target)
        LEFT JOIN annunciations(since, until, in_zone, of_hazard) n ON n.priority = p.name
        GROUP BY p.place, p.name, p.target ORDER BY p.place;
END;
COMMENT ON FUNCTION alarm_priorities(timestamptz, timestamptz, text, text) IS 'Priorities: annunciated alarms by priority. Target: about 80 % low, 15 % medium, 5 % high and critical together.';

CREATE FUNCTION alarm_counts(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (hazard text, zone text, annunciated bigint, alarms bigint, high bigint) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT n.hazard, n.zone, count(*), count(DISTINCT (n.journal, n.alarm)), count(*) FILTER (WHERE n.priority IN ('high', 'critical'))
        FROM annunciations(since, until, in_zone, of_hazard) n GROUP BY GROUPING SETS ((n.hazard), (n.hazard, n.zone))
        ORDER BY n.hazard, n.zone NULLS FIRST;
END;
COMMENT ON FUNCTION alarm_counts(timestamptz, timestamptz, text, text) IS 'Annunciated alarms by hazard (zone NULL) and by hazard and zone.';

-- ---------------------------------------------------------------------------------------------------------------------
-- How long things took.

CREATE VIEW alarm_wait AS
SELECT t.journal, t.alarm, t.version AS began_version, t.changed_at AS began_at, t.priority, t.rule, t.key, t.title, a.hazard, a.class,
        t.zone, t.device, 'exercise' = ANY (t.flags) AS exercise, u.changed_at AS ended_at, u.cause AS ended_cause, u.actor AS ended_by,
        u.reason AS ended_reason, u.changed_at - t.changed_at AS waited
FROM alarm_transition t LEFT JOIN alarm a USING (journal, alarm)
LEFT JOIN LATERAL (
        SELECT * FROM alarm_transition x
        WHERE x.journal = t.journal AND x.alarm = t.alarm AND x.version > t.version AND x.changed_at >= t.changed_at
                AND x.new_state NOT IN ('UNACK', 'RTNUN')
        ORDER BY x.version LIMIT 1) u ON true
WHERE t.new_state IN ('UNACK', 'RTNUN') AND t.old_state NOT IN ('UNACK', 'RTNUN');
COMMENT ON VIEW alarm_wait IS 'Each time that an alarm stood unacknowledged, whether active or gone already, and what ended that: an acknowledgement, or that it was hidden (shelved, suppressed, out of service); NULL = it still stands.';

CREATE FUNCTION response_target(class text) RETURNS interval LANGUAGE sql IMMUTABLE
RETURN CASE WHEN class IN ('fire', 'panic', 'duress', 'infant') THEN interval '60 seconds' ELSE interval '180 seconds' END;
COMMENT ON FUNCTION response_target(text) IS 'Within this time 98.5 % of the alarms of a class are to be acknowledged, and 80 % within half of it: 60 s for fire, panic, duress and infant, 180 s for others.';

CREATE FUNCTION alarm_waits(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (journal integer, alarm bigint, began_at timestamptz, priority text, rule text, title text, hazard text, class text,
        zone text, device text, ended_at timestamptz, ended_cause text, ended_by text, ended_reason text, waited interval, target interval)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT w.journal, w.alarm, w.began_at, w.priority, w.rule, w.title, w.hazard, w.class, w.zone, w.device, w.ended_at, w.ended_cause,
                w.ended_by, w.ended_reason, w.waited, response_target(w.class)
        FROM alarm_wait w
        WHERE w.began_at >= since AND w.began_at < until AND NOT w.exercise AND (of_hazard = '' OR w.hazard = of_hazard)
                AND (in_zone = '' OR w.zone = ANY ((SELECT zone_list(in_zone, until))::text[]));
END;
COMMENT ON FUNCTION alarm_waits(timestamptz, timestamptz, text, text) IS 'alarm_wait of those that began in the span, exercises left out, with the time within which 98.5 % are to be acknowledged.';

CREATE FUNCTION acknowledgement_times(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (target interval, hazard text, zone text, alarms bigint, acknowledged bigint, waiting bigint, withdrawn bigint,
        median interval, p80 interval, p985 interval, within_half numeric, within_target numeric, met boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH w AS (
                SELECT *, coalesce(x.ended_cause, 'ACKNOWLEDGE') = 'ACKNOWLEDGE' AS counts,
                        coalesce(x.waited, greatest(least(until, now()) - x.began_at, interval '0')) AS took
                FROM alarm_waits(since, until, in_zone, of_hazard) x),
        g AS (
                SELECT w.target, w.hazard, w.zone, count(*) AS alarms, count(*) FILTER (WHERE w.ended_cause = 'ACKNOWLEDGE') AS acknowledged,
                        count(*) FILTER (WHERE w.ended_cause IS NULL) AS waiting, count(*) FILTER (WHERE NOT w.counts) AS withdrawn,
                        percentile_disc(0.5) WITHIN GROUP (ORDER BY w.took) FILTER (WHERE w.counts) AS median,
                        percentile_disc(0.8) WITHIN GROUP (ORDER BY w.took) FILTER (WHERE w.counts) AS p80,
                        percentile_disc(0.985) WITHIN GROUP (ORDER BY w.took) FILTER (WHERE w.counts) AS p985,
                        count(*) FILTER (WHERE w.counts) AS n,
                        count(*) FILTER (WHERE w.counts AND w.took <= w.target / 2) AS half,
                        count(*) FILTER (WHERE w.counts AND w.took <= w.target) AS whole
                FROM w GROUP BY GROUPING SETS ((w.target), (w.target, w.hazard), (w.target, w.hazard, w.zone)))
        SELECT g.target, g.hazard, g.zone, g.alarms, g.acknowledged, g.waiting, g.withdrawn, g.median, g.p80, g.p985,
                round(g.half / nullif(g.n, 0)::numeric, 4), round(g.whole / nullif(g.n, 0)::numeric, 4),
                g.half >= 0.8 * g.n AND g.whole >= 0.985 * g.n
        FROM g ORDER BY g.target, g.hazard NULLS FIRST, g.zone NULLS FIRST;
END;
COMMENT ON FUNCTION acknowledgement_times(timestamptz, timestamptz, text, text) IS 'Time to acknowledge, of alarms that began to stand unacknowledged in the span: all (hazard and zone NULL), by hazard, by hazard and zone. waiting: not acknowledged yet, counted with the time until the end of the span; withdrawn: hidden before anybody acknowledged, counted in no percentile. Target: 80 % within half of target, 98.5 % within it.';

CREATE FUNCTION incident_times(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (journal integer, incident bigint, hazard text, zone text, priority text, title text, opened_at timestamptz,
        to_acknowledge interval, to_dispatch interval, to_arrive interval, to_dispose interval, state text, code text, outcome text, done text,
        disposed_by text, approved_by text, break_glass boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH opened AS MATERIALIZED (
                SELECT c.journal, c.id, c.changed_at AS opened_at FROM change c
                WHERE c.subject = 'incident' AND c.version = 1 AND c.changed_at >= since AND c.changed_at < until)
        SELECT o.journal, o.id, i.body->>'hazard', i.body->>'zone', i.body->>'priority', i.body->>'title', o.opened_at,
                (i.body->>'acknowledged_at')::timestamptz - o.opened_at, d.sent_at - o.opened_at, d.arrived_at - o.opened_at,
                f.at - o.opened_at, i.body->>'state', f.code, f.outcome, f.done, f.by, f.approved_by, f.break_glass
        FROM opened o
        CROSS JOIN LATERAL (
                SELECT x.body, x.exercise FROM change x WHERE x.subject = 'incident' AND x.id = o.id AND x.journal = o.journal
                        AND x.changed_at >= o.opened_at
                ORDER BY x.version DESC LIMIT 1) i
        LEFT JOIN LATERAL (
                SELECT min((x.body->>'sent_at')::timestamptz) AS sent_at, min((x.body->>'arrived_at')::timestamptz) AS arrived_at FROM change x
                WHERE x.incident = o.id AND x.journal = o.journal AND x.subject = 'dispatch' AND x.changed_at >= o.opened_at) d ON true
        LEFT JOIN LATERAL (
                SELECT (x.body->>'at')::timestamptz AS at, x.body->>'code' AS code, x.body->>'outcome' AS outcome, x.body->>'done' AS done,
                        x.body->>'by' AS by, nullif(x.body->>'approved_by', '') AS approved_by, (x.body->>'break_glass')::boolean AS break_glass
                FROM (SELECT DISTINCT ON (y.id) y.id, y.body FROM change y
                        WHERE y.incident = o.id AND y.journal = o.journal AND y.subject = 'disposition'
                                AND y.changed_at >= o.opened_at ORDER BY y.id, y.version DESC) x
                WHERE x.body->>'state' = 'final' ORDER BY x.id DESC LIMIT 1) f ON true
        WHERE NOT i.exercise AND i.body->>'merged_into' IS NULL AND (of_hazard = '' OR i.body->>'hazard' = of_hazard)
                AND (in_zone = '' OR i.body->>'zone' = ANY ((SELECT zone_list(in_zone, until))::text[]));
END;
COMMENT ON FUNCTION incident_times(timestamptz, timestamptz, text, text) IS 'Incidents opened in the span, exercises and merged ones left out: how long after their opening they were first acknowledged, a guard was sent and arrived, and they were disposed; NULL = not yet, or never.';

CREATE FUNCTION response_times(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (what text, hazard text, zone text, incidents bigint, happened bigint, median interval, p80 interval, p985 interval)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH t AS MATERIALIZED (SELECT * FROM incident_times(since, until, in_zone, of_hazard)),
        k AS (
                SELECT v.place, v.what, t.hazard, t.zone, v.took FROM t CROSS JOIN LATERAL (VALUES
                        (1, 'acknowledge', t.to_acknowledge), (2, 'dispatch', t.to_dispatch), (3, 'arrive', t.to_arrive),
                        (4, 'dispose', t.to_dispose)) v (place, what, took))
        SELECT k.what, k.hazard, k.zone, count(*), count(k.took), percentile_disc(0.5) WITHIN GROUP (ORDER BY k.took),
                percentile_disc(0.8) WITHIN GROUP (ORDER BY k.took), percentile_disc(0.985) WITHIN GROUP (ORDER BY k.took)
        FROM k GROUP BY GROUPING SETS ((k.place, k.what), (k.place, k.what, k.hazard), (k.place, k.what, k.hazard, k.zone))
        ORDER BY k.place, k.hazard NULLS FIRST, k.zone NULLS FIRST;
END;
COMMENT ON FUNCTION response_times(timestamptz, timestamptz, text, text) IS 'Time to acknowledge, to dispatch, to arrive, to dispose, of incidents opened in the span, counted from their opening: all (hazard and zone NULL), by hazard, by hazard and zone. happened: how many of them were; the percentiles are of these.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Supervision, outcomes.

CREATE FUNCTION supervision_times(since timestamptz, until timestamptz, in_zone text DEFAULT '')
RETURNS TABLE (journal integer, alarm bigint, class text, asset text, device text, zone text, last_heard timestamptz, raised_at timestamptz,
        took interval, target interval, met boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT t.journal, t.alarm, s.class, t.asset, s.device, t.zone, e.received_at, t.changed_at, t.changed_at - e.received_at, s.supervision,
                t.changed_at - e.received_at <= s.supervision + interval '1 second'
        FROM alarm_transition t JOIN alarm a USING (journal, alarm)
        CROSS JOIN LATERAL (
                SELECT x.* FROM site_asset x JOIN site_at(t.changed_at) m ON m.journal = x.journal AND m.seq = x.seq
                WHERE x.journal = t.journal AND x.asset = t.asset AND x.supervision IS NOT NULL) s
        LEFT JOIN LATERAL (
                SELECT v.received_at FROM event v
                WHERE v.device = s.device AND v.time <= t.changed_at AND v.time > t.changed_at - interval '40 days' AND v.seq < t.seq
                        AND v.journal = t.journal AND v.kind <> 'device.offline'
                ORDER BY v.time DESC LIMIT 1) e ON true
        WHERE a.hazard = 'system' AND t.asset <> '' AND t.changed_at >= since AND t.changed_at < until AND NOT 'exercise' = ANY (t.flags)
                AND 'active' = ANY (t.new_regions) AND NOT 'active' = ANY (t.old_regions)
                AND NOT EXISTS (
                        SELECT FROM alarm_evidence v WHERE v.journal = t.journal AND v.seq = t.seq AND v.n = t.n AND v.changed_at = t.changed_at
                                AND v.kind NOT IN ('device.heartbeat', 'device.offline'))
                AND (in_zone = '' OR t.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))
        ORDER BY t.changed_at;
END;
COMMENT ON FUNCTION supervision_times(timestamptz, timestamptz, text) IS 'Supervision: of each fault raised because a supervised device was gone, how long after its last good message; last_heard NULL: it had not been heard from for 40 days. Target: the asset''s `supervision`; by class 90 s, 180 s, 30 min or 25 h.';

CREATE FUNCTION dispositions_by(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (rule text, device text, disposed bigint, genuine bigint, nuisance bigint, wrong bigint, share numeric) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH final AS MATERIALIZED (
                SELECT DISTINCT c.journal, c.incident FROM change c
                WHERE c.subject = 'disposition' AND c.changed_at >= since AND c.changed_at < until AND c.body->>'state' = 'final' AND NOT c.exercise),
        known AS MATERIALIZED (
                SELECT f.journal, f.incident, d.outcome, i.body FROM final f
                CROSS JOIN LATERAL (
                        SELECT x.body->>'outcome' AS outcome FROM (
                                SELECT DISTINCT ON (y.id) y.id, y.body, y.changed_at FROM change y
                                WHERE y.incident = f.incident AND y.journal = f.journal AND y.subject = 'disposition'
                                ORDER BY y.id, y.version DESC) x
                        WHERE x.body->>'state' = 'final' ORDER BY x.id DESC LIMIT 1) d
                CROSS JOIN LATERAL (
                        SELECT x.body FROM change x WHERE x.subject = 'incident' AND x.id = f.incident AND x.journal = f.journal
                        ORDER BY x.version DESC LIMIT 1) i
                WHERE (of_hazard = '' OR i.body->>'hazard' = of_hazard)
                        AND (in_zone = '' OR i.body->>'zone' = ANY ((SELECT zone_list(in_zone, until))::text[])))
        SELECT m.rule, m.device, count(*), count(*) FILTER (WHERE k.outcome = 'genuine'), count(*) FILTER (WHERE k.outcome = 'nuisance'),
                count(*) FILTER (WHERE k.outcome = 'false'), round(count(*) FILTER (WHERE k.outcome IN ('nuisance', 'false')) / count(*)::numeric, 4)
        FROM known k CROSS JOIN LATERAL (
                SELECT x.body->>'rule' AS rule, x.body->>'device' AS device, (x.body->>'cause')::boolean AS cause FROM (
                        SELECT DISTINCT ON (y.id) y.id, y.body FROM change y
                        WHERE y.incident = k.incident AND y.journal = k.journal AND y.subject = 'member' ORDER BY y.id, y.version DESC) x
                UNION ALL
                SELECT x->>'rule', x->>'device', (x->>'cause')::boolean FROM jsonb_array_elements(k.body->'alarms') x) m
        WHERE m.cause GROUP BY GROUPING SETS ((), (m.rule), (m.device), (m.rule, m.device))
        HAVING count(*) > 0 ORDER BY count(*) FILTER (WHERE k.outcome IN ('nuisance', 'false')) DESC, 1 NULLS FIRST, 2 NULLS FIRST;
END;
COMMENT ON FUNCTION dispositions_by(timestamptz, timestamptz, text, text) IS 'Nuisance share: what the causes of incidents disposed in the span turned out to be, in all (rule and device NULL), by rule, by device, and by both. share: nuisance and false ones of all. Target: falling.';

-- ---------------------------------------------------------------------------------------------------------------------
-- All figures in one table, and what the law and the standing orders ask for.

CREATE FUNCTION blind_spans(since timestamptz, until timestamptz)
RETURNS TABLE (name text, subject text, began_at timestamptz, ended_at timestamptz, lasted interval) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT b.name, b.subject, b.journal_time, e.journal_time, least(coalesce(e.journal_time, until), until) - greatest(b.journal_time, since)
        FROM notice b LEFT JOIN LATERAL (
                SELECT x.journal_time FROM notice x
                WHERE x.journal = b.journal AND (x.seq, x.n) > (b.seq, b.n) AND (b.name, x.name) IN
                        (('intake-blind', 'intake-sighted'), ('intake-lost', 'intake-back')) AND (x.name = 'intake-sighted' OR x.subject = b.subject)
                ORDER BY x.seq, x.n LIMIT 1) e ON true
        WHERE b.name IN ('intake-blind', 'intake-lost') AND b.journal_time < until AND (e.journal_time IS NULL OR e.journal_time > since)
        ORDER BY b.journal, b.seq, b.n;
END;
COMMENT ON FUNCTION blind_spans(timestamptz, timestamptz) IS 'When the intake was blind, or the broker out of reach; ended_at NULL: it still is; lasted: the part within the span.';

CREATE FUNCTION figures(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (figure text, value numeric, unit text, target text, met boolean, definition text) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH rate AS MATERIALIZED (SELECT * FROM alarm_rate(since, until, interval '10 minutes', in_zone, of_hazard)),
        mean AS MATERIALIZED (
                SELECT sum(r.annunciated) AS annunciated, avg(r.per_operator) AS ten,
                        sum(r.annunciated) / nullif(sum(greatest(r.operators, 1) * extract(epoch FROM r.ends - r.starts)), 0) * 86400 AS day
                FROM rate r),
        flood AS (SELECT coalesce(sum(extract(epoch FROM f.lasted)), 0) / extract(epoch FROM until - since) AS share
                FROM alarm_floods(since, until, in_zone, of_hazard) f),
        stood AS MATERIALIZED (SELECT count(*) AS standing, count(*) FILTER (WHERE s.stale) AS stale FROM alarm_stale(until, in_zone, of_hazard) s),
        most AS (SELECT max(s.standing) AS standing FROM alarm_standing(since, until, in_zone, of_hazard) s),
        chatter AS MATERIALIZED (
                SELECT coalesce(sum(c.chattering), 0) AS chattering, coalesce(sum(c.fleeting), 0) AS fleeting
                FROM alarm_chatter(since, until, in_zone, of_hazard) c),
        actors AS (SELECT max(b.cumulated) FILTER (WHERE b.place <= 10) AS share FROM bad_actors(since, until, in_zone, of_hazard) b),
        priority AS MATERIALIZED (SELECT * FROM alarm_priorities(since, until, in_zone, of_hazard)),
        ack AS MATERIALIZED (SELECT * FROM acknowledgement_times(since, until, in_zone, of_hazard) a WHERE a.hazard IS NULL AND a.zone IS NULL),
        response AS MATERIALIZED (SELECT * FROM response_times(since, until, in_zone, of_hazard) r WHERE r.hazard IS NULL AND r.zone IS NULL),
        watch AS (SELECT round(avg(s.met::integer), 4) AS share FROM supervision_times(since, until, in_zone) s WHERE of_hazard IN ('', 'system')),
        nuisance AS (SELECT d.share FROM dispositions_by(since, until, in_zone, of_hazard) d WHERE d.rule IS NULL AND d.device IS NULL),
        before AS (SELECT d.share FROM dispositions_by(since - (until - since), since, in_zone, of_hazard) d WHERE d.rule IS NULL AND d.device IS NULL)
        SELECT f.figure, f.value, f.unit, f.target, f.met, f.definition FROM (
                SELECT 1 AS place, 'alarm rate' AS figure, round(m.ten, 3) AS value, 'in 10 min' AS unit, '≤ 1' AS target, m.ten <= 1 AS met,
                        'annunciated alarms per operator on duty in 10 minutes, on average' AS definition FROM mean m
                UNION ALL SELECT 2, 'alarms a day', round(m.day, 1), 'a day', '≤ 150; from 300 on to be reduced', m.day <= 150,
                        'annunciated alarms per operator on duty in 24 hours, on average' FROM mean m
                UNION ALL SELECT 3, 'peak', coalesce((SELECT p.annunciated FROM alarm_peak(since, until, in_zone, of_hazard) p), 0), 'in 10 min',
                        '≤ 10', coalesce((SELECT p.annunciated FROM alarm_peak(since, until, in_zone, of_hazard) p), 0) <= 10,
                        'the most alarms annunciated within any 10 minutes'
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
                        FROM response r WHERE r.what <> 'acknowledge'
                UNION ALL SELECT 21, 'supervision', round(100 * w.share, 1), '% of faults', '100', w.share >= 1,
                        'faults of supervised devices raised within the asset''s supervision time after its last good message' FROM watch w
                UNION ALL SELECT 22, 'nuisance share', round(100 * n.share, 1), '% of dispositions', 'falling', n.share <= coalesce((SELECT b.share FROM before b), n.share),
                        'causes of incidents disposed as nuisance or false; met if not more than in the span of the same length before' FROM nuisance n) f
        ORDER BY f.place;
END;
COMMENT ON FUNCTION figures(timestamptz, timestamptz, text, text) IS 'Every figure of a span with its target and whether it was met; NULL = nothing to measure, or no target.';

CREATE FUNCTION compliance(since timestamptz, until timestamptz, in_zone text DEFAULT '')
RETURNS TABLE (duty text, what text, value numeric, unit text, target text, met boolean, detail text) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH assets AS MATERIALIZED (
                SELECT a.* FROM site_asset a JOIN site_at(until) s ON s.journal = a.journal AND s.seq = a.seq
                WHERE a.device <> '' AND (in_zone = '' OR a.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))),
        watch AS MATERIALIZED (SELECT count(*) AS n, count(*) FILTER (WHERE s.met IS NOT TRUE) AS late FROM supervision_times(since, until, in_zone) s),
        ack AS MATERIALIZED (SELECT * FROM acknowledgement_times(since, until, in_zone) a WHERE a.hazard IS NULL AND a.zone IS NULL),
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
                UNION ALL SELECT 14, 'retention', p.class || ', reaches back', floor(extract(epoch FROM until - min(p.range_from)) / 86400), 'days',
                        coalesce('≤ ' || floor(extract(epoch FROM r.keep) / 86400) || ', at least ' || floor(extract(epoch FROM r.least) / 86400), ''),
                        NULL, 'oldest partition of ' || array_to_string(r.tables, ', ')
                        FROM stored_partition p JOIN retention r USING (class) WHERE p.range_from < until GROUP BY p.class, r.keep, r.least, r.tables
                UNION ALL SELECT 15, 'retention', 'partitions whose time is over and that nothing holds', count(*), 'partitions', '0', count(*) = 0,
                        'longer than a day ago; as it stands now' FROM retention_due d WHERE d.held IS NULL AND d.range_to < now() - d.keep - interval '1 day'
                UNION ALL SELECT 16, 'retention', 'partitions dropped', count(DISTINCT (r.relation, r.partition)), 'partitions', '', NULL,
                        'rows of retention_record' FROM retention_record r WHERE r.dropped_at >= since AND r.dropped_at < until) f
        ORDER BY f.place, f.what;
END;
COMMENT ON FUNCTION compliance(timestamptz, timestamptz, text) IS 'What the standing orders ask for: supervision, response times, duties that are overdue, the record and how far it reaches back; met NULL = nothing to measure, or no target.';

CREATE FUNCTION alarms_by_law(since timestamptz, until timestamptz)
RETURNS TABLE (legal_basis text, hazard text, rule text, alarms bigint, last_raised_at timestamptz) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT a.legal_basis, a.hazard, a.rule, count(*), max(a.raised_at) FROM alarm a
        WHERE a.legal_basis <> '' AND a.raised_at >= since AND a.raised_at < until AND NOT a.exercise
        GROUP BY a.legal_basis, a.hazard, a.rule ORDER BY a.legal_basis, a.hazard, a.rule;
END;
COMMENT ON FUNCTION alarms_by_law(timestamptz, timestamptz) IS 'Alarms raised in the span, by the law, rule or standard behind them.';
