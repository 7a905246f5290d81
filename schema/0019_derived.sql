-- Figures of months and years in a moment: what they count is kept ready, one narrow row for each thing that is counted.
--
-- Days cannot be summed up: a percentile, a peak of any ten minutes, a zone with all that lies in it and a share of the ten
-- most frequent do not add. So the tables below hold the things themselves, each with what its figures ask for, and a figure
-- reads one of them by time. They hold nothing that is not in the history, and are made from it by triggers, in the
-- transaction that brings the rows: no figure is ever behind, and a row that comes late counts like any other.
--
-- What each row must be says a view (`…_told`) over the history. In the usual order (version after version) a trigger reads
-- nothing but the newest row; anything else, and a rebuild, takes the rows of that alarm or incident anew out of the view.
-- figures_differ() compares the two. Nobody but the owner's functions can write here, and history does not depend on it.

-- A time as the engine writes it; NULL instead of an error for what is none: no row of history may fail for what it says.
CREATE FUNCTION time_of(text text) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = wardwatch, pg_temp AS $$
BEGIN
        IF text IS NULL THEN
                RETURN NULL;
        END IF;
        RETURN text::timestamptz;
EXCEPTION WHEN data_exception THEN
        RETURN NULL;
END
$$;
COMMENT ON FUNCTION time_of(text) IS 'A time that is written in a body; NULL = it is none.';

-- ---------------------------------------------------------------------------------------------------------------------
-- What the rows must be.

CREATE VIEW figure_alarm_told AS
SELECT t.journal, t.alarm, a.hazard, a.class,
        CASE WHEN t.began_at IS NOT NULL THEN tstzrange(t.began_at, CASE WHEN t.ended_at IS NOT NULL THEN greatest(t.began_at, t.ended_at) END) END AS stood
FROM (SELECT x.journal, x.alarm, min(x.changed_at) FILTER (WHERE x.version = 1) AS began_at, min(x.changed_at) FILTER (WHERE x.new_state = 'NORM') AS ended_at
      FROM alarm_transition x GROUP BY x.journal, x.alarm) t
LEFT JOIN alarm a USING (journal, alarm);
COMMENT ON VIEW figure_alarm_told IS 'What figure_alarm must hold, out of the history.';

CREATE VIEW figure_move_told AS
SELECT t.journal, t.alarm, t.version, t.seq, t.n, t.changed_at AS at, t.cause, t.priority, t.rule, t.key, t.title, a.hazard, a.class, t.site, t.zone,
        t.asset, t.device, t.annunciate,
        (CASE WHEN 'active' = ANY (t.new_regions) AND t.new_state IN ('UNACK', 'ACKED') THEN 1 ELSE 0 END)::smallint
                - (CASE WHEN 'active' = ANY (t.old_regions) AND t.old_state IN ('UNACK', 'ACKED') THEN 1 ELSE 0 END)::smallint AS shown,
        'active' = ANY (t.new_regions) AND NOT 'active' = ANY (t.old_regions) AS raised,
        'active' = ANY (t.old_regions) AND NOT 'active' = ANY (t.new_regions) AND t.cause = 'CLEAR' AS cleared,
        CASE WHEN 'active' = ANY (t.old_regions) AND NOT 'active' = ANY (t.new_regions) AND t.cause = 'CLEAR' THEN t.changed_at - b.changed_at END AS lasted
FROM alarm_transition t LEFT JOIN alarm a USING (journal, alarm)
LEFT JOIN LATERAL (
        SELECT x.changed_at FROM alarm_transition x
        WHERE x.journal = t.journal AND x.alarm = t.alarm AND x.version < t.version AND x.changed_at <= t.changed_at
                AND 'active' = ANY (x.new_regions) AND NOT 'active' = ANY (x.old_regions)
        ORDER BY x.version DESC LIMIT 1) b ON t.cause = 'CLEAR'
WHERE NOT 'exercise' = ANY (t.flags);
COMMENT ON VIEW figure_move_told IS 'What figure_move must hold, out of the history.';

CREATE VIEW figure_wait_told AS
SELECT w.journal, w.alarm, w.began_version, w.began_at, w.priority, w.rule, w.title, w.hazard, w.class, w.zone, w.device, w.ended_at, w.ended_cause, w.ended_by,
        w.ended_reason
FROM alarm_wait w WHERE NOT w.exercise;
COMMENT ON VIEW figure_wait_told IS 'What figure_wait must hold, out of the history.';

CREATE VIEW figure_incident_told AS
SELECT k.journal, k.incident, o.opened_at, i.body->>'hazard' AS hazard, i.body->>'zone' AS zone, i.body->>'priority' AS priority, i.body->>'title' AS title,
        i.body->>'state' AS state, coalesce(i.exercise, false) AS exercise, i.body->>'merged_into' IS NOT NULL AS merged,
        time_of(i.body->>'acknowledged_at') AS acknowledged_at, d.sent_at, d.arrived_at, f.disposition, f.disposed_at, f.code, f.outcome, f.done, f.disposed_by,
        f.approved_by, f.break_glass
FROM (SELECT DISTINCT c.journal, c.incident FROM change c
      WHERE c.subject IN ('incident', 'dispatch', 'disposition') AND c.incident IS NOT NULL) k
LEFT JOIN LATERAL (
        SELECT x.changed_at AS opened_at FROM change x
        WHERE x.subject = 'incident' AND x.id = k.incident AND x.journal = k.journal AND x.version = 1 LIMIT 1) o ON true
LEFT JOIN LATERAL (
        SELECT x.body, x.exercise FROM change x WHERE x.subject = 'incident' AND x.id = k.incident AND x.journal = k.journal
        ORDER BY x.version DESC LIMIT 1) i ON true
LEFT JOIN LATERAL (
        SELECT min(time_of(x.body->>'sent_at')) AS sent_at, min(time_of(x.body->>'arrived_at')) AS arrived_at FROM change x
        WHERE x.incident = k.incident AND x.journal = k.journal AND x.subject = 'dispatch') d ON true
LEFT JOIN LATERAL (
        SELECT x.id AS disposition, time_of(x.body->>'at') AS disposed_at, x.body->>'code' AS code, x.body->>'outcome' AS outcome, x.body->>'done' AS done,
                x.body->>'by' AS disposed_by, nullif(x.body->>'approved_by', '') AS approved_by, CASE x.body->>'break_glass' WHEN 'true' THEN true WHEN 'false' THEN false END AS break_glass
        FROM (SELECT DISTINCT ON (y.id) y.id, y.body FROM change y
                WHERE y.incident = k.incident AND y.journal = k.journal AND y.subject = 'disposition' ORDER BY y.id, y.version DESC) x
        WHERE x.body->>'state' = 'final' ORDER BY x.id DESC LIMIT 1) f ON true;
COMMENT ON VIEW figure_incident_told IS 'What figure_incident must hold, out of the history.';

CREATE VIEW figure_final_told AS
SELECT c.journal, c.seq, c.n, c.incident, c.changed_at AS at FROM change c
WHERE c.subject = 'disposition' AND c.body->>'state' = 'final' AND NOT c.exercise AND c.incident IS NOT NULL;
COMMENT ON VIEW figure_final_told IS 'What figure_final must hold, out of the history.';

-- An incident's alarms are subjects of their own; in rows that were written before they were, they are in its body.
CREATE VIEW figure_member_told AS
SELECT m.journal, m.incident, m.id AS member, m.version, coalesce(m.body->'cause' = 'true', false) AS cause, m.body->>'rule' AS rule, m.body->>'device' AS device
FROM (SELECT DISTINCT ON (y.journal, y.incident, y.id) y.journal, y.incident, y.id, y.version, y.body FROM change y
      WHERE y.subject = 'member' AND y.incident IS NOT NULL ORDER BY y.journal, y.incident, y.id, y.version DESC) m
UNION ALL
SELECT i.journal, i.id, -x.place, 0, coalesce(x.alarm->'cause' = 'true', false), x.alarm->>'rule', x.alarm->>'device'
FROM (SELECT DISTINCT ON (y.journal, y.id) y.journal, y.id, y.body FROM change y
      WHERE y.subject = 'incident' ORDER BY y.journal, y.id, y.version DESC) i
CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(i.body->'alarms') WHEN 'array' THEN i.body->'alarms' ELSE '[]' END) WITH ORDINALITY x (alarm, place);
COMMENT ON VIEW figure_member_told IS 'What figure_member must hold, out of the history.';

-- ---------------------------------------------------------------------------------------------------------------------
-- The rows.

CREATE TABLE figure_alarm (
        journal    integer NOT NULL,
        alarm      bigint NOT NULL,
        hazard     text,
        class      text,
        stood      tstzrange,
        version    bigint NOT NULL DEFAULT 0,
        changed_at timestamptz NOT NULL DEFAULT '-infinity',
        active_at  timestamptz,
        waits      boolean NOT NULL DEFAULT false,
        PRIMARY KEY (journal, alarm)
) WITH (fillfactor = 80);
COMMENT ON TABLE figure_alarm IS 'Derived: of each alarm from when to when it was not back to normal, and what the next transition must know. Not history; see "How figures are kept ready".';
COMMENT ON COLUMN figure_alarm.journal IS 'The journal.';
COMMENT ON COLUMN figure_alarm.alarm IS 'The alarm.';
COMMENT ON COLUMN figure_alarm.hazard IS 'Its hazard; null = its first raise is not in this database.';
COMMENT ON COLUMN figure_alarm.class IS 'Its class; null likewise.';
COMMENT ON COLUMN figure_alarm.stood IS 'From its first raise until it was back to normal, that moment not included; without an end = it is not; null = its first raise is not known.';
COMMENT ON COLUMN figure_alarm.version IS 'Its newest transition; 0 = none.';
COMMENT ON COLUMN figure_alarm.changed_at IS 'Journal time of that.';
COMMENT ON COLUMN figure_alarm.active_at IS 'When it became active last.';
COMMENT ON COLUMN figure_alarm.waits IS 'It stands unacknowledged.';
CREATE INDEX figure_alarm_stood ON figure_alarm USING gist (stood);

CREATE TABLE figure_move (
        journal    integer NOT NULL,
        alarm      bigint NOT NULL,
        version    bigint NOT NULL,
        seq        bigint NOT NULL,
        n          integer NOT NULL,
        at         timestamptz NOT NULL,
        cause      text NOT NULL,
        priority   text NOT NULL,
        rule       text NOT NULL,
        key        text NOT NULL,
        title      text NOT NULL,
        hazard     text,
        class      text,
        site       text NOT NULL,
        zone       text NOT NULL,
        asset      text NOT NULL,
        device     text NOT NULL,
        annunciate boolean NOT NULL,
        shown      smallint NOT NULL,
        raised     boolean NOT NULL,
        cleared    boolean NOT NULL,
        lasted     interval,
        PRIMARY KEY (journal, alarm, version, at)
);
COMMENT ON TABLE figure_move IS 'Derived: each transition of alarms, exercises left out, with what figures count of it: annunciated, shown, cleared. Not history.';
COMMENT ON COLUMN figure_move.journal IS 'The journal.';
COMMENT ON COLUMN figure_move.alarm IS 'The alarm.';
COMMENT ON COLUMN figure_move.version IS 'The transition.';
COMMENT ON COLUMN figure_move.seq IS 'Input that brought it.';
COMMENT ON COLUMN figure_move.n IS 'Number of the conclusion within that input.';
COMMENT ON COLUMN figure_move.at IS 'Journal time.';
COMMENT ON COLUMN figure_move.cause IS 'Cause of the transition.';
COMMENT ON COLUMN figure_move.priority IS 'Priority after it.';
COMMENT ON COLUMN figure_move.rule IS 'Name of the rule.';
COMMENT ON COLUMN figure_move.key IS 'What the rule counts by.';
COMMENT ON COLUMN figure_move.title IS 'Title.';
COMMENT ON COLUMN figure_move.hazard IS 'The alarm''s hazard; null = its first raise is not in this database.';
COMMENT ON COLUMN figure_move.class IS 'The alarm''s class; null likewise.';
COMMENT ON COLUMN figure_move.site IS 'Site.';
COMMENT ON COLUMN figure_move.zone IS 'Zone of the transition.';
COMMENT ON COLUMN figure_move.asset IS 'Asset.';
COMMENT ON COLUMN figure_move.device IS 'Device.';
COMMENT ON COLUMN figure_move.annunciate IS 'It asked for attention.';
COMMENT ON COLUMN figure_move.shown IS '1: with it one more was active and shown; -1: one less; 0: as many as before.';
COMMENT ON COLUMN figure_move.raised IS 'Its condition began.';
COMMENT ON COLUMN figure_move.cleared IS 'Its condition ended.';
COMMENT ON COLUMN figure_move.lasted IS 'How long it had been active then; null = it did not end, or its beginning is not known.';
CREATE INDEX figure_move_at ON figure_move (at);

CREATE TABLE figure_wait (
        journal       integer NOT NULL,
        alarm         bigint NOT NULL,
        began_version bigint NOT NULL,
        began_at      timestamptz NOT NULL,
        priority      text NOT NULL,
        rule          text NOT NULL,
        title         text NOT NULL,
        hazard        text,
        class         text,
        zone          text NOT NULL,
        device        text NOT NULL,
        ended_at      timestamptz,
        ended_cause   text,
        ended_by      text,
        ended_reason  text,
        PRIMARY KEY (journal, alarm, began_version, began_at)
) WITH (fillfactor = 80);
COMMENT ON TABLE figure_wait IS 'Derived: each time that an alarm stood unacknowledged, exercises left out, and what ended that; as the view alarm_wait. Not history.';
COMMENT ON COLUMN figure_wait.journal IS 'The journal.';
COMMENT ON COLUMN figure_wait.alarm IS 'The alarm.';
COMMENT ON COLUMN figure_wait.began_version IS 'The transition with which it began.';
COMMENT ON COLUMN figure_wait.began_at IS 'When.';
COMMENT ON COLUMN figure_wait.priority IS 'Priority then.';
COMMENT ON COLUMN figure_wait.rule IS 'Name of the rule.';
COMMENT ON COLUMN figure_wait.title IS 'Title then.';
COMMENT ON COLUMN figure_wait.hazard IS 'The alarm''s hazard; null = its first raise is not in this database.';
COMMENT ON COLUMN figure_wait.class IS 'The alarm''s class; null likewise.';
COMMENT ON COLUMN figure_wait.zone IS 'Zone.';
COMMENT ON COLUMN figure_wait.device IS 'Device.';
COMMENT ON COLUMN figure_wait.ended_at IS 'When it ended; null = it still stands.';
COMMENT ON COLUMN figure_wait.ended_cause IS 'By which transition: ACKNOWLEDGE, or it was hidden.';
COMMENT ON COLUMN figure_wait.ended_by IS 'Who did it.';
COMMENT ON COLUMN figure_wait.ended_reason IS 'The reason that was given.';
CREATE INDEX figure_wait_began ON figure_wait (began_at);

CREATE TABLE figure_incident (
        journal         integer NOT NULL,
        incident        bigint NOT NULL,
        opened_at       timestamptz,
        hazard          text,
        zone            text,
        priority        text,
        title           text,
        state           text,
        exercise        boolean NOT NULL DEFAULT false,
        merged          boolean NOT NULL DEFAULT false,
        acknowledged_at timestamptz,
        sent_at         timestamptz,
        arrived_at      timestamptz,
        disposition     bigint,
        disposed_at     timestamptz,
        code            text,
        outcome         text,
        done            text,
        disposed_by     text,
        approved_by     text,
        break_glass     boolean,
        version         bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (journal, incident)
) WITH (fillfactor = 60);
COMMENT ON TABLE figure_incident IS 'Derived: each incident with the times that figures ask for. Not history.';
COMMENT ON COLUMN figure_incident.journal IS 'The journal.';
COMMENT ON COLUMN figure_incident.incident IS 'The incident.';
COMMENT ON COLUMN figure_incident.opened_at IS 'When it was opened; null = that is not in this database.';
COMMENT ON COLUMN figure_incident.hazard IS 'Its hazard, as it stands now, like all that follows.';
COMMENT ON COLUMN figure_incident.zone IS 'Its zone.';
COMMENT ON COLUMN figure_incident.priority IS 'Its priority.';
COMMENT ON COLUMN figure_incident.title IS 'Its title.';
COMMENT ON COLUMN figure_incident.state IS 'Its state.';
COMMENT ON COLUMN figure_incident.exercise IS 'It is of a drill.';
COMMENT ON COLUMN figure_incident.merged IS 'It was merged into another one.';
COMMENT ON COLUMN figure_incident.acknowledged_at IS 'When it was acknowledged first.';
COMMENT ON COLUMN figure_incident.sent_at IS 'When a guard was sent first.';
COMMENT ON COLUMN figure_incident.arrived_at IS 'When a guard arrived first.';
COMMENT ON COLUMN figure_incident.disposition IS 'The disposition that holds; null = there is none.';
COMMENT ON COLUMN figure_incident.disposed_at IS 'When it was made.';
COMMENT ON COLUMN figure_incident.code IS 'Its code.';
COMMENT ON COLUMN figure_incident.outcome IS 'Its outcome: genuine, nuisance, false …';
COMMENT ON COLUMN figure_incident.done IS 'What was done.';
COMMENT ON COLUMN figure_incident.disposed_by IS 'Who made it.';
COMMENT ON COLUMN figure_incident.approved_by IS 'The second person.';
COMMENT ON COLUMN figure_incident.break_glass IS 'It was made without waiting for the second person.';
COMMENT ON COLUMN figure_incident.version IS 'The incident''s newest change; 0 = none yet.';
CREATE INDEX figure_incident_opened ON figure_incident (opened_at);

CREATE TABLE figure_final (
        journal  integer NOT NULL,
        seq      bigint NOT NULL,
        n        integer NOT NULL,
        incident bigint NOT NULL,
        at       timestamptz NOT NULL,
        PRIMARY KEY (journal, seq, n, at)
);
COMMENT ON TABLE figure_final IS 'Derived: each time that a disposition became final, exercises left out. Not history.';
COMMENT ON COLUMN figure_final.journal IS 'The journal.';
COMMENT ON COLUMN figure_final.seq IS 'Input that brought it.';
COMMENT ON COLUMN figure_final.n IS 'Number of the conclusion within that input.';
COMMENT ON COLUMN figure_final.incident IS 'The incident.';
COMMENT ON COLUMN figure_final.at IS 'Journal time.';
CREATE INDEX figure_final_at ON figure_final (at);

CREATE TABLE figure_member (
        journal  integer NOT NULL,
        incident bigint NOT NULL,
        member   bigint NOT NULL,
        version  bigint NOT NULL,
        cause    boolean NOT NULL,
        rule     text,
        device   text,
        PRIMARY KEY (journal, incident, member)
);
COMMENT ON TABLE figure_member IS 'Derived: the alarms of incidents, and which of them are causes. Not history.';
COMMENT ON COLUMN figure_member.journal IS 'The journal.';
COMMENT ON COLUMN figure_member.incident IS 'The incident.';
COMMENT ON COLUMN figure_member.member IS 'Number of the member; negative: its place in the body of an incident of before there were members.';
COMMENT ON COLUMN figure_member.version IS 'The member''s newest change; 0 = it is in a body.';
COMMENT ON COLUMN figure_member.cause IS 'It is a cause; else a symptom.';
COMMENT ON COLUMN figure_member.rule IS 'The alarm''s rule.';
COMMENT ON COLUMN figure_member.device IS 'The alarm''s device.';

INSERT INTO stored_table (name, writes, readers, history)
SELECT name, '{}', '{wardwatch_reader}', false
FROM unnest(ARRAY['figure_alarm', 'figure_move', 'figure_wait', 'figure_incident', 'figure_final', 'figure_member']) name;

-- ---------------------------------------------------------------------------------------------------------------------
-- Out of the views: one alarm, one incident, or all of them (NULL).

CREATE FUNCTION figure_tables() RETURNS TABLE (name text, subject text, columns text, within text) LANGUAGE sql IMMUTABLE BEGIN ATOMIC
        VALUES
                ('figure_alarm', 'alarm', 'journal, alarm, hazard, class, stood', 'lower(stood) >= $1 AND lower(stood) < $2'),
                ('figure_move', 'alarm', 'journal, alarm, version, seq, n, at, cause, priority, rule, key, title, hazard, class, site, zone, asset, device, annunciate, shown, raised, cleared, lasted',
                        'at >= $1 AND at < $2'),
                ('figure_wait', 'alarm', 'journal, alarm, began_version, began_at, priority, rule, title, hazard, class, zone, device, ended_at, ended_cause, ended_by, ended_reason',
                        'began_at >= $1 AND began_at < $2'),
                ('figure_incident', 'incident', 'journal, incident, opened_at, hazard, zone, priority, title, state, exercise, merged, acknowledged_at, sent_at, arrived_at, disposition, disposed_at, code, outcome, done, disposed_by, approved_by, break_glass',
                        'opened_at >= $1 AND opened_at < $2'),
                ('figure_final', 'incident', 'journal, seq, n, incident, at', 'at >= $1 AND at < $2'),
                ('figure_member', 'incident', 'journal, incident, member, version, cause, rule, device',
                        '(journal, incident) IN (SELECT i.journal, i.incident FROM figure_incident i WHERE i.opened_at >= $1 AND i.opened_at < $2)');
END;
COMMENT ON FUNCTION figure_tables() IS 'The derived tables: whose rows they are, their columns that the view NAME_told gives, and which rows belong to a span.';

CREATE FUNCTION derive(of_subject text, of_journal integer, of_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        these text := CASE WHEN of_id IS NULL THEN 'true' ELSE format('journal = %s AND %I = %s', of_journal, of_subject, of_id) END;
        t     record;
BEGIN
        FOR t IN SELECT * FROM figure_tables() f WHERE f.subject = of_subject LOOP
                EXECUTE format('DELETE FROM %I WHERE %s', t.name, these);
                EXECUTE format('INSERT INTO %1$I (%2$s) SELECT %2$s FROM %1$I_told WHERE %3$s', t.name, t.columns, these);
        END LOOP;
        -- what the next row must know
        IF of_subject = 'alarm' THEN
                EXECUTE format('UPDATE figure_alarm f SET version = l.version, changed_at = l.changed_at, active_at = l.active_at, waits = l.waits FROM ('
                        ' SELECT DISTINCT ON (journal, alarm) journal, alarm, version, max(changed_at) OVER w AS changed_at, new_state IN (''UNACK'', ''RTNUN'') AS waits,'
                        '  max(changed_at) FILTER (WHERE ''active'' = ANY (new_regions) AND NOT ''active'' = ANY (old_regions)) OVER w AS active_at'
                        ' FROM alarm_transition WHERE %s WINDOW w AS (PARTITION BY journal, alarm) ORDER BY journal, alarm, version DESC) l'
                        ' WHERE f.journal = l.journal AND f.alarm = l.alarm', these);
        ELSE
                EXECUTE format('UPDATE figure_incident f SET version = l.version FROM (SELECT journal, id, max(version) AS version FROM change'
                        ' WHERE subject = ''incident'' AND %s GROUP BY journal, id) l WHERE f.journal = l.journal AND f.incident = l.id', these);
        END IF;
END
$$;
COMMENT ON FUNCTION derive(text, integer, bigint) IS 'Makes the derived rows of an alarm or an incident anew out of the history; of all where the number is NULL.';
REVOKE ALL ON FUNCTION derive(text, integer, bigint) FROM PUBLIC;

CREATE FUNCTION figures_rebuild() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
        SELECT derive('alarm', NULL, NULL), derive('incident', NULL, NULL)
$$;
COMMENT ON FUNCTION figures_rebuild() IS 'Makes all derived rows anew out of the history; for the owner. Nobody needs it as long as figures_differ finds nothing.';
REVOKE ALL ON FUNCTION figures_rebuild() FROM PUBLIC;

CREATE FUNCTION figures_differ(since timestamptz, until timestamptz) RETURNS TABLE (derived text, in_history boolean, line jsonb)
LANGUAGE plpgsql STABLE SET search_path = wardwatch, pg_temp AS $$
DECLARE
        t record;
BEGIN
        FOR t IN SELECT * FROM figure_tables() LOOP
                RETURN QUERY EXECUTE format('WITH told AS MATERIALIZED (SELECT %2$s FROM %1$I_told WHERE %3$s), kept AS MATERIALIZED (SELECT %2$s FROM %1$I WHERE %3$s)'
                        ' SELECT %1$L::text, true, to_jsonb(x) FROM (SELECT * FROM told EXCEPT ALL SELECT * FROM kept) x'
                        ' UNION ALL SELECT %1$L, false, to_jsonb(x) FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM told) x',
                        t.name, t.columns, t.within) USING since, until;
        END LOOP;
END
$$;
COMMENT ON FUNCTION figures_differ(timestamptz, timestamptz) IS 'What figures count of a span, held against the history: rows that only the history gives (in_history), and rows that only a derived table has. No row is the right answer.';

-- ---------------------------------------------------------------------------------------------------------------------
-- As rows of history come.

CREATE FUNCTION derive_from_alarm() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
BEGIN
        INSERT INTO figure_alarm (journal, alarm, hazard, class) VALUES (NEW.journal, NEW.alarm, NEW.hazard, NEW.class) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN -- its transitions were first
                PERFORM derive('alarm', NEW.journal, NEW.alarm);
        END IF;
        RETURN NULL;
END
$$;
COMMENT ON FUNCTION derive_from_alarm() IS 'Trigger of alarm: keeps ready what figures count.';
REVOKE ALL ON FUNCTION derive_from_alarm() FROM PUBLIC;

CREATE FUNCTION derive_from_transition() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        a          figure_alarm%ROWTYPE;
        was_active boolean := 'active' = ANY (NEW.old_regions);
        is_active  boolean := 'active' = ANY (NEW.new_regions);
        waited     boolean := NEW.old_state IN ('UNACK', 'RTNUN');
        is_waiting boolean := NEW.new_state IN ('UNACK', 'RTNUN');
        is_exercise boolean := 'exercise' = ANY (NEW.flags);
        has_cleared boolean := was_active AND NOT is_active AND NEW.cause = 'CLEAR';
BEGIN
        SELECT * INTO a FROM figure_alarm f WHERE f.journal = NEW.journal AND f.alarm = NEW.alarm;
        IF NOT FOUND OR a.version >= NEW.version OR a.changed_at > NEW.changed_at THEN -- out of order
                -- of several that came at once the first has brought the others along
                IF is_exercise OR NOT EXISTS (
                        SELECT FROM figure_move m
                        WHERE m.journal = NEW.journal AND m.alarm = NEW.alarm AND m.version = NEW.version AND m.at = NEW.changed_at) THEN
                        PERFORM derive('alarm', NEW.journal, NEW.alarm);
                END IF;
                RETURN NULL;
        END IF;
        IF NOT is_exercise THEN
                INSERT INTO figure_move VALUES (NEW.journal, NEW.alarm, NEW.version, NEW.seq, NEW.n, NEW.changed_at, NEW.cause, NEW.priority, NEW.rule, NEW.key,
                        NEW.title, a.hazard, a.class, NEW.site, NEW.zone, NEW.asset, NEW.device, NEW.annunciate,
                        (is_active AND NEW.new_state IN ('UNACK', 'ACKED'))::integer - (was_active AND NEW.old_state IN ('UNACK', 'ACKED'))::integer,
                        is_active AND NOT was_active, has_cleared, CASE WHEN has_cleared THEN NEW.changed_at - a.active_at END);
        END IF;
        IF a.waits AND NOT is_waiting THEN
                UPDATE figure_wait w SET ended_at = NEW.changed_at, ended_cause = NEW.cause, ended_by = NEW.actor, ended_reason = NEW.reason
                WHERE w.journal = NEW.journal AND w.alarm = NEW.alarm AND w.ended_at IS NULL;
        ELSIF is_waiting AND NOT waited AND NOT is_exercise THEN
                INSERT INTO figure_wait (journal, alarm, began_version, began_at, priority, rule, title, hazard, class, zone, device)
                VALUES (NEW.journal, NEW.alarm, NEW.version, NEW.changed_at, NEW.priority, NEW.rule, NEW.title, a.hazard, a.class, NEW.zone, NEW.device);
        END IF;
        IF NEW.version = 1 OR NEW.new_state = 'NORM' AND upper_inf(a.stood) THEN
                a.stood := tstzrange(CASE NEW.version WHEN 1 THEN NEW.changed_at ELSE lower(a.stood) END, CASE NEW.new_state WHEN 'NORM' THEN NEW.changed_at END);
        END IF;
        UPDATE figure_alarm f SET version = NEW.version, changed_at = NEW.changed_at, waits = is_waiting, stood = a.stood,
                active_at = CASE WHEN is_active AND NOT was_active THEN NEW.changed_at ELSE a.active_at END
        WHERE f.journal = NEW.journal AND f.alarm = NEW.alarm;
        RETURN NULL;
END
$$;
COMMENT ON FUNCTION derive_from_transition() IS 'Trigger of alarm_transition: keeps ready what figures count.';
REVOKE ALL ON FUNCTION derive_from_transition() FROM PUBLIC;

CREATE FUNCTION derive_from_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        known bigint;
BEGIN
        IF NEW.subject = 'member' THEN
                INSERT INTO figure_member AS m VALUES (NEW.journal, NEW.incident, NEW.id, NEW.version, coalesce(NEW.body->'cause' = 'true', false),
                        NEW.body->>'rule', NEW.body->>'device')
                ON CONFLICT (journal, incident, member) DO UPDATE SET version = EXCLUDED.version, cause = EXCLUDED.cause, rule = EXCLUDED.rule, device = EXCLUDED.device
                WHERE m.version < EXCLUDED.version;
                RETURN NULL;
        END IF;
        SELECT f.version INTO known FROM figure_incident f WHERE f.journal = NEW.journal AND f.incident = NEW.incident;
        IF NOT FOUND AND NEW.subject = 'incident' AND NEW.version = 1 AND NEW.id = NEW.incident AND NOT NEW.body ? 'alarms' THEN
                INSERT INTO figure_incident (journal, incident, opened_at, hazard, zone, priority, title, state, exercise, merged, acknowledged_at, version)
                VALUES (NEW.journal, NEW.incident, NEW.changed_at, NEW.body->>'hazard', NEW.body->>'zone', NEW.body->>'priority', NEW.body->>'title', NEW.body->>'state',
                        NEW.exercise, NEW.body->>'merged_into' IS NOT NULL, time_of(NEW.body->>'acknowledged_at'), 1);
        ELSIF NEW.subject = 'incident' AND NEW.version > known AND known > 0 AND NOT NEW.body ? 'alarms' THEN
                UPDATE figure_incident f SET hazard = NEW.body->>'hazard', zone = NEW.body->>'zone', priority = NEW.body->>'priority', title = NEW.body->>'title',
                        state = NEW.body->>'state', exercise = NEW.exercise, merged = NEW.body->>'merged_into' IS NOT NULL,
                        acknowledged_at = time_of(NEW.body->>'acknowledged_at'), version = NEW.version
                WHERE f.journal = NEW.journal AND f.incident = NEW.incident;
        ELSIF NEW.subject = 'dispatch' AND known > 0 THEN
                UPDATE figure_incident f SET sent_at = least(f.sent_at, time_of(NEW.body->>'sent_at')), arrived_at = least(f.arrived_at, time_of(NEW.body->>'arrived_at'))
                WHERE f.journal = NEW.journal AND f.incident = NEW.incident;
        ELSIF NEW.subject = 'incident' AND NEW.version < known AND NEW.version > 1 AND NOT NEW.body ? 'alarms' THEN
                RETURN NULL; -- neither its first change nor its newest
        ELSE -- a disposition, or out of order
                PERFORM derive('incident', NEW.journal, NEW.incident);
        END IF;
        RETURN NULL;
END
$$;
COMMENT ON FUNCTION derive_from_change() IS 'Trigger of change: keeps ready what figures count.';
REVOKE ALL ON FUNCTION derive_from_change() FROM PUBLIC;

CREATE TRIGGER derive AFTER INSERT ON alarm FOR EACH ROW EXECUTE FUNCTION derive_from_alarm();
CREATE TRIGGER derive AFTER INSERT ON alarm_transition FOR EACH ROW EXECUTE FUNCTION derive_from_transition();
CREATE TRIGGER derive AFTER INSERT ON change FOR EACH ROW
WHEN (NEW.incident IS NOT NULL AND NEW.subject IN ('incident', 'member', 'dispatch', 'disposition')) EXECUTE FUNCTION derive_from_change();

SELECT figures_rebuild();
ANALYZE figure_alarm, figure_move, figure_wait, figure_incident, figure_final, figure_member;

-- ---------------------------------------------------------------------------------------------------------------------
-- The figures, out of them. What each means stays as it was.

CREATE OR REPLACE FUNCTION annunciations(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS SETOF annunciation LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT m.journal, m.alarm, m.version, m.at, m.cause, m.priority, m.rule, m.key, m.title, m.hazard, m.class, m.site, m.zone, m.asset, m.device
        FROM figure_move m
        WHERE m.annunciate AND m.at >= since AND m.at < until AND (of_hazard = '' OR m.hazard = of_hazard)
                AND (in_zone = '' OR m.zone = ANY ((SELECT zone_list(in_zone, until))::text[]));
END;

CREATE OR REPLACE FUNCTION alarms_at(at timestamptz) RETURNS TABLE (
        journal integer, alarm bigint, state text, priority text, rule text, key text, title text, hazard text, class text,
        site text, zone text, asset text, device text, raised_at timestamptz, raised_count bigint, changed_at timestamptz,
        cause text, actor text, regions text[], acknowledged_at timestamptz, acknowledged_by text, shelved_until timestamptz,
        out_of_service_until timestamptz, suppressed_by text, flags text[], exercise boolean, version bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
        -- the number of an alarm that is back to normal is not used again
        WITH standing AS MATERIALIZED (SELECT f.journal, f.alarm, lower(f.stood) AS began_at FROM figure_alarm f WHERE f.stood @> at)
        SELECT s.journal, s.alarm, t.new_state, t.priority, t.rule, t.key, t.title, a.hazard, a.class, t.site, t.zone, t.asset, t.device,
                t.raised_at, t.raised_count, t.changed_at, t.cause, t.actor, t.new_regions, t.acknowledged_at, t.acknowledged_by,
                t.shelved_until, t.out_of_service_until, t.suppressed_by, t.flags, 'exercise' = ANY (t.flags), t.version
        FROM standing s
        -- limits: the few are looked up, whatever the planner thinks how many they are
        CROSS JOIN LATERAL (SELECT * FROM alarm x WHERE x.journal = s.journal AND x.alarm = s.alarm LIMIT 1) a
        CROSS JOIN LATERAL (
                SELECT * FROM alarm_transition x
                WHERE x.journal = s.journal AND x.alarm = s.alarm AND x.changed_at <= at AND x.changed_at >= s.began_at
                ORDER BY x.version DESC LIMIT 1) t
        ORDER BY s.journal, s.alarm;
END;

CREATE OR REPLACE FUNCTION alarm_standing(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (at timestamptz, standing bigint) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH moves AS (
                SELECT since AS at, count(*) AS d FROM alarms_at(since) a
                WHERE 'active' = ANY (a.regions) AND a.state IN ('UNACK', 'ACKED') AND NOT a.exercise
                        AND (of_hazard = '' OR a.hazard = of_hazard) AND (in_zone = '' OR a.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))
                UNION ALL
                SELECT m.at, m.shown FROM figure_move m
                WHERE m.at > since AND m.at < until AND (of_hazard = '' OR m.hazard = of_hazard)
                        AND (in_zone = '' OR m.zone = ANY ((SELECT zone_list(in_zone, until))::text[])))
        SELECT m.at, sum(sum(m.d)) OVER (ORDER BY m.at)::bigint FROM moves m GROUP BY m.at ORDER BY m.at;
END;

CREATE OR REPLACE FUNCTION alarm_chatter(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (rule text, key text, title text, zone text, device text, cleared bigint, chattering bigint, fleeting bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH cleared AS (
                SELECT m.rule, m.key, m.title, m.zone, m.device, m.lasted,
                        m.at - lag(m.at, 2) OVER (PARTITION BY m.journal, m.rule, m.key ORDER BY m.seq, m.n) AS third
                FROM figure_move m
                WHERE m.cleared AND m.at >= since AND m.at < until AND (of_hazard = '' OR m.hazard = of_hazard)
                        AND (in_zone = '' OR m.zone = ANY ((SELECT zone_list(in_zone, until))::text[])))
        SELECT c.rule, c.key, max(c.title), max(c.zone), max(c.device), count(*), count(*) FILTER (WHERE c.third < interval '1 minute'),
                count(*) FILTER (WHERE c.lasted <= interval '10 seconds')
        FROM cleared c GROUP BY c.rule, c.key
        HAVING bool_or(c.third < interval '1 minute') OR bool_or(c.lasted <= interval '10 seconds')
        ORDER BY 7 DESC, 8 DESC, 1, 2;
END;

CREATE OR REPLACE FUNCTION alarm_waits(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (journal integer, alarm bigint, began_at timestamptz, priority text, rule text, title text, hazard text, class text,
        zone text, device text, ended_at timestamptz, ended_cause text, ended_by text, ended_reason text, waited interval, target interval)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT w.journal, w.alarm, w.began_at, w.priority, w.rule, w.title, w.hazard, w.class, w.zone, w.device, w.ended_at, w.ended_cause,
                w.ended_by, w.ended_reason, w.ended_at - w.began_at, response_target(w.class)
        FROM figure_wait w
        WHERE w.began_at >= since AND w.began_at < until AND (of_hazard = '' OR w.hazard = of_hazard)
                AND (in_zone = '' OR w.zone = ANY ((SELECT zone_list(in_zone, until))::text[]));
END;

CREATE OR REPLACE FUNCTION incident_times(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (journal integer, incident bigint, hazard text, zone text, priority text, title text, opened_at timestamptz,
        to_acknowledge interval, to_dispatch interval, to_arrive interval, to_dispose interval, state text, code text, outcome text, done text,
        disposed_by text, approved_by text, break_glass boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT i.journal, i.incident, i.hazard, i.zone, i.priority, i.title, i.opened_at, i.acknowledged_at - i.opened_at, i.sent_at - i.opened_at,
                i.arrived_at - i.opened_at, i.disposed_at - i.opened_at, i.state, i.code, i.outcome, i.done, i.disposed_by, i.approved_by, i.break_glass
        FROM figure_incident i
        WHERE i.opened_at >= since AND i.opened_at < until AND NOT i.exercise AND NOT i.merged AND (of_hazard = '' OR i.hazard = of_hazard)
                AND (in_zone = '' OR i.zone = ANY ((SELECT zone_list(in_zone, until))::text[]));
END;

CREATE OR REPLACE FUNCTION dispositions_by(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (rule text, device text, disposed bigint, genuine bigint, nuisance bigint, wrong bigint, share numeric) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT c.rule, c.device, count(*), count(*) FILTER (WHERE i.outcome = 'genuine'), count(*) FILTER (WHERE i.outcome = 'nuisance'),
                count(*) FILTER (WHERE i.outcome = 'false'), round(count(*) FILTER (WHERE i.outcome IN ('nuisance', 'false')) / count(*)::numeric, 4)
        FROM (SELECT DISTINCT f.journal, f.incident FROM figure_final f WHERE f.at >= since AND f.at < until) f
        JOIN figure_incident i ON i.journal = f.journal AND i.incident = f.incident
        JOIN figure_member c ON c.journal = f.journal AND c.incident = f.incident AND c.cause
        WHERE i.disposition IS NOT NULL AND i.version > 0 AND (of_hazard = '' OR i.hazard = of_hazard)
                AND (in_zone = '' OR i.zone = ANY ((SELECT zone_list(in_zone, until))::text[]))
        GROUP BY GROUPING SETS ((), (c.rule), (c.device), (c.rule, c.device))
        HAVING count(*) > 0 ORDER BY count(*) FILTER (WHERE i.outcome IN ('nuisance', 'false')) DESC, 1 NULLS FIRST, 2 NULLS FIRST;
END;

-- Steps, annunciations and pieces of shifts are put on one heap and added up by step: no join that a planner could take for small.
CREATE OR REPLACE FUNCTION alarm_rate(since timestamptz, until timestamptz, step interval DEFAULT '10 minutes', in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (starts timestamptz, ends timestamptz, annunciated bigint, operators numeric, per_operator numeric)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH edges AS MATERIALIZED (
                SELECT array_agg(s ORDER BY s) AS at FROM generate_series(since, until - interval '1 microsecond', step) s),
        bins AS (
                SELECT b.bin, b.starts, lead(b.starts, 1, until) OVER (ORDER BY b.bin) AS ends
                FROM unnest((SELECT e.at FROM edges e)) WITH ORDINALITY b (starts, bin)),
        duty AS (
                SELECT s.person, range_agg(tstzrange(s.began_at, s.ended_at)) AS held FROM shift s
                WHERE s.began_at < until AND (s.ended_at IS NULL OR s.ended_at > since) AND s.began_at < coalesce(s.ended_at, 'infinity')
                GROUP BY s.person),
        held AS (
                SELECT lower(r) AS began_at, upper(r) AS ended_at, width_bucket(lower(r), (SELECT e.at FROM edges e)) AS first_bin,
                        width_bucket(upper(r), (SELECT e.at FROM edges e)) AS last_bin
                FROM duty d, unnest(d.held * tstzmultirange(tstzrange(since, until))) r),
        heap AS (
                SELECT b.bin, b.starts, b.ends, 0 AS annunciated, NULL::numeric AS manned FROM bins b
                UNION ALL
                SELECT width_bucket(n.at, (SELECT e.at FROM edges e)), NULL, NULL, 1, NULL FROM annunciations(since, until, in_zone, of_hazard) n
                UNION ALL
                SELECT g.bin, NULL, NULL, 0, extract(epoch FROM least(h.ended_at, coalesce((SELECT e.at FROM edges e)[g.bin + 1], until))
                        - greatest(h.began_at, (SELECT e.at FROM edges e)[g.bin]))
                FROM held h, generate_series(h.first_bin, h.last_bin) g (bin)),
        added AS (
                SELECT max(h.starts) AS starts, max(h.ends) AS ends, sum(h.annunciated)::bigint AS annunciated,
                        sum(h.manned) / extract(epoch FROM max(h.ends) - max(h.starts)) AS operators
                FROM heap h GROUP BY h.bin)
        SELECT a.starts, a.ends, a.annunciated, round(coalesce(a.operators, 0), 2), round(a.annunciated / greatest(a.operators, 1), 3)
        FROM added a ORDER BY a.starts;
END;

-- Immutable, which `timestamptz - interval` is not: a bound that is known when a query is planned leaves partitions out of the plan.
CREATE FUNCTION hours_before(at timestamptz, hours integer) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = wardwatch, pg_temp
RETURN at - make_interval(hours => hours);
COMMENT ON FUNCTION hours_before(timestamptz, integer) IS 'So many hours before a moment, whatever the time zone.';

-- Not part of the query that asks for it: it is planned only where it is needed.
CREATE FUNCTION last_heard(of_journal integer, of_device text, before_seq bigint, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = wardwatch, pg_temp AS $$
BEGIN
        RETURN (SELECT v.received_at FROM event v
                WHERE v.device = of_device AND v.time <= at AND v.time > at - interval '40 days' AND v.seq < before_seq AND v.journal = of_journal
                        AND v.kind <> 'device.offline'
                ORDER BY v.time DESC LIMIT 1);
END
$$;
COMMENT ON FUNCTION last_heard(integer, text, bigint, timestamptz) IS 'When a device was last heard in the 40 days before a moment, by what came before that input; NULL = not at all.';

CREATE OR REPLACE FUNCTION supervision_times(since timestamptz, until timestamptz, in_zone text DEFAULT '')
RETURNS TABLE (journal integer, alarm bigint, class text, asset text, device text, zone text, last_heard timestamptz, raised_at timestamptz,
        took interval, target interval, met boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
        -- the site models, each with the time in which site_at() gives it
        WITH models AS MATERIALIZED (
                SELECT m.journal, m.seq, CASE WHEN row_number() OVER w = 1 THEN '-infinity' ELSE m.in_force_from END AS valid_from,
                        lead(m.in_force_from, 1, 'infinity') OVER w AS valid_to
                FROM (SELECT DISTINCT ON (j.site, r.in_force_from) j.site, r.journal, r.seq, r.in_force_from FROM ruleset r JOIN journal j ON j.journal = r.journal
                      WHERE EXISTS (SELECT FROM site_zone z WHERE z.journal = r.journal AND z.seq = r.seq)
                      ORDER BY j.site, r.in_force_from, r.seq DESC) m
                WINDOW w AS (PARTITION BY m.site ORDER BY m.in_force_from)),
        faults AS MATERIALIZED (
                SELECT t.journal, t.alarm, t.seq, t.at, t.asset, t.zone, s.class, s.device, s.supervision FROM figure_move t
                JOIN models m ON m.journal = t.journal AND m.valid_from <= t.at AND m.valid_to > t.at
                JOIN site_asset s ON s.journal = m.journal AND s.seq = m.seq AND s.asset = t.asset AND s.supervision IS NOT NULL
                WHERE t.hazard = 'system' AND t.asset <> '' AND t.raised AND t.at >= since AND t.at < until
                        AND NOT EXISTS (
                                SELECT FROM alarm_evidence v WHERE v.journal = t.journal AND v.seq = t.seq AND v.n = t.n AND v.changed_at = t.at
                                        AND v.kind NOT IN ('device.heartbeat', 'device.offline'))
                        AND (in_zone = '' OR t.zone = ANY ((SELECT zone_list(in_zone, until))::text[])))
        -- nearly always it was heard in the day before; the bounds of the whole span leave the partitions of other times out of the plan
        SELECT h.journal, h.alarm, h.class, h.asset, h.device, h.zone, h.heard, h.at, h.at - h.heard, h.supervision, h.at - h.heard <= h.supervision + interval '1 second'
        FROM (SELECT f.*, CASE WHEN d.received_at IS NOT NULL THEN d.received_at ELSE last_heard(f.journal, f.device, f.seq, f.at) END AS heard
              FROM faults f
              LEFT JOIN LATERAL (
                SELECT v.received_at FROM event v
                WHERE v.device = f.device AND v.time <= f.at AND v.time > f.at - interval '1 day' AND v.seq < f.seq AND v.journal = f.journal
                        AND v.kind <> 'device.offline' AND v.time > hours_before(since, 25) AND v.time < until
                ORDER BY v.time DESC LIMIT 1) d ON true OFFSET 0) h
        ORDER BY h.at;
END;

-- One pattern for all names: one that is made of each name would be compiled for each partition.
CREATE OR REPLACE VIEW stored_partition AS
SELECT s.class, s.name AS relation, c.relname::text AS partition, p.start AT TIME ZONE 'UTC' AS range_from,
        (p.start + ('1 ' || s.period)::interval) AT TIME ZONE 'UTC' AS range_to, pg_total_relation_size(c.oid) AS bytes
FROM stored_table s
JOIN pg_inherits i ON i.inhparent = to_regclass('wardwatch.' || s.name)
JOIN pg_class c ON c.oid = i.inhrelid,
LATERAL (SELECT CASE WHEN starts_with(c.relname::text, s.name || '_') AND substr(c.relname::text, length(s.name) + 2) ~ '^\d{6}(\d\d)?$'
        THEN to_date(rpad(substr(c.relname::text, length(s.name) + 2), 8, '01'), 'YYYYMMDD')::timestamp END AS start) p
WHERE s.period IS NOT NULL AND p.start IS NOT NULL;

-- Whether something holds a partition is asked of those whose time is over, and of nothing but legal holds.
CREATE OR REPLACE VIEW retention_due AS
SELECT d.class, d.relation, d.partition, d.range_from, d.range_to, d.bytes, d.keep, partition_held(d.relation, d.range_from, d.range_to) AS held
FROM (SELECT p.class, p.relation, p.partition, p.range_from, p.range_to, p.bytes, r.keep
      FROM stored_partition p JOIN retention r USING (class) WHERE p.range_to <= now() - r.keep OFFSET 0) d;

CREATE OR REPLACE FUNCTION partition_held(relation text, range_from timestamptz, range_to timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = wardwatch, pg_temp AS $$
        SELECT format('legal hold %s: %s', h.body->>'number', h.body->>'title')
        FROM (SELECT DISTINCT ON (c.journal, c.id) c.journal, c.id, c.changed_at, c.ended, c.exercise, c.body FROM change c
              WHERE c.subject = 'record' AND c.body->>'kind' = 'legal-hold' AND NOT coalesce((c.body->>'restricted')::boolean, false)
              ORDER BY c.journal, c.id, c.version DESC) h
        WHERE NOT h.ended AND NOT h.exercise
          AND (((h.body->'fields'->>'begin')::timestamptz < range_to AND (h.body->'fields'->>'end')::timestamptz >= range_from)
               OR (relation = 'change' AND h.changed_at >= range_from AND h.changed_at < range_to))
        ORDER BY h.id LIMIT 1
$$;

-- What is derived goes with what it was derived from.
CREATE OR REPLACE FUNCTION apply_retention(at_most integer) RETURNS SETOF retention_record
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        p     retention_due%ROWTYPE;
        done  retention_record%ROWTYPE;
        count text;
BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('wardwatch.retention', 0));
        FOR p IN SELECT * FROM retention_due WHERE held IS NULL ORDER BY range_to, relation LIMIT at_most LOOP
                -- nothing may come to it between counting and dropping
                EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', p.partition);
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
                EXECUTE format('DROP TABLE %I', p.partition);
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
END
$$;

-- Five within 10 minutes: from the fifth until the first of them is 10 minutes old. Such times that overlap are one stretch, and a
-- flood is the part of a stretch from the first moment on at which there were eleven.
CREATE OR REPLACE FUNCTION alarm_floods(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (started_at timestamptz, ended_at timestamptz, lasted interval, peak bigint, annunciated bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
        WITH rung AS MATERIALIZED (
                SELECT n.at, count(*) OVER (ORDER BY n.at RANGE BETWEEN '599.999999 seconds' PRECEDING AND CURRENT ROW) AS n,
                        lag(n.at, 4) OVER (ORDER BY n.at) + interval '10 minutes' AS five_until,
                        lag(n.at, 10) OVER (ORDER BY n.at) > n.at - interval '10 minutes' AS eleven
                FROM annunciations(since - interval '1 day', until, in_zone, of_hazard) n),
        dense AS (
                SELECT r.*, row_number() OVER w AS i, coalesce(r.at >= lag(r.five_until) OVER w, true) AS first
                FROM rung r WHERE r.at < r.five_until WINDOW w AS (ORDER BY r.at, r.five_until)),
        stretched AS (SELECT *, count(*) FILTER (WHERE d.first) OVER (ORDER BY d.i) AS stretch FROM dense d),
        flooded AS (SELECT *, bool_or(s.eleven) OVER (PARTITION BY s.stretch ORDER BY s.i) AS flood FROM stretched s),
        islands AS (
                SELECT min(f.at) AS started_at, max(f.five_until) AS ended_at, max(f.n) AS peak, count(*) AS annunciated
                FROM flooded f WHERE f.flood GROUP BY f.stretch)
        SELECT i.started_at, CASE WHEN i.ended_at < until THEN i.ended_at END,
                least(i.ended_at, until) - greatest(i.started_at, since), i.peak, i.annunciated
        FROM islands i WHERE i.ended_at > since ORDER BY i.started_at;
END;

CREATE OR REPLACE FUNCTION figures(since timestamptz, until timestamptz, in_zone text DEFAULT '', of_hazard text DEFAULT '')
RETURNS TABLE (figure text, value numeric, unit text, target text, met boolean, definition text) LANGUAGE sql STABLE BEGIN ATOMIC
        WITH rate AS MATERIALIZED (SELECT * FROM alarm_rate(since, until, interval '10 minutes', in_zone, of_hazard)),
        mean AS MATERIALIZED (
                SELECT sum(r.annunciated) AS annunciated, avg(r.per_operator) AS ten,
                        sum(r.annunciated) / nullif(sum(greatest(r.operators, 1) * extract(epoch FROM r.ends - r.starts)), 0) * 86400 AS day
                FROM rate r),
        flood AS (SELECT coalesce(sum(extract(epoch FROM f.lasted)), 0) / extract(epoch FROM until - since) AS share
                FROM alarm_floods(since, until, in_zone, of_hazard) f),
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
        peak AS MATERIALIZED (SELECT coalesce(max(p.annunciated), 0) AS annunciated FROM alarm_peak(since, until, in_zone, of_hazard) p),
        chatter AS MATERIALIZED (
                SELECT coalesce(sum(c.chattering), 0) AS chattering, coalesce(sum(c.fleeting), 0) AS fleeting
                FROM alarm_chatter(since, until, in_zone, of_hazard) c),
        actors AS (SELECT max(b.cumulated) FILTER (WHERE b.place <= 10) AS share FROM bad_actors(since, until, in_zone, of_hazard) b),
        priority AS MATERIALIZED (SELECT * FROM alarm_priorities(since, until, in_zone, of_hazard)),
        -- acknowledgement_times and response_times without their parts
        ack AS MATERIALIZED (
                SELECT w.target, round(count(*) FILTER (WHERE w.counts AND w.took <= w.target / 2) / nullif(count(*) FILTER (WHERE w.counts), 0)::numeric, 4) AS within_half,
                        round(count(*) FILTER (WHERE w.counts AND w.took <= w.target) / nullif(count(*) FILTER (WHERE w.counts), 0)::numeric, 4) AS within_target
                FROM (SELECT x.target, coalesce(x.ended_cause, 'ACKNOWLEDGE') = 'ACKNOWLEDGE' AS counts,
                        coalesce(x.waited, greatest(least(until, now()) - x.began_at, interval '0')) AS took
                      FROM alarm_waits(since, until, in_zone, of_hazard) x) w
                GROUP BY w.target),
        response AS MATERIALIZED (
                SELECT v.what, v.median FROM (
                        SELECT count(*) AS n, percentile_disc(0.5) WITHIN GROUP (ORDER BY t.to_dispatch) AS dispatch,
                                percentile_disc(0.5) WITHIN GROUP (ORDER BY t.to_arrive) AS arrive, percentile_disc(0.5) WITHIN GROUP (ORDER BY t.to_dispose) AS dispose
                        FROM incident_times(since, until, in_zone, of_hazard) t) t
                CROSS JOIN LATERAL (VALUES ('dispatch', t.dispatch), ('arrive', t.arrive), ('dispose', t.dispose)) v (what, median) WHERE t.n > 0),
        watch AS (SELECT round(avg(s.met::integer), 4) AS share FROM supervision_times(since, until, in_zone) s WHERE of_hazard IN ('', 'system')),
        nuisance AS (SELECT d.share FROM dispositions_by(since, until, in_zone, of_hazard) d WHERE d.rule IS NULL AND d.device IS NULL),
        before AS (SELECT d.share FROM dispositions_by(since - (until - since), since, in_zone, of_hazard) d WHERE d.rule IS NULL AND d.device IS NULL)
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

-- The end of each time that the intake was blind is the nearest notice of its end: one pass, from the newest notice to the oldest.
CREATE OR REPLACE FUNCTION blind_spans(since timestamptz, until timestamptz)
RETURNS TABLE (name text, subject text, began_at timestamptz, ended_at timestamptz, lasted interval) LANGUAGE sql STABLE BEGIN ATOMIC
        SELECT b.name, b.subject, b.journal_time, b.ended_at, least(coalesce(b.ended_at, until), until) - greatest(b.journal_time, since)
        FROM (SELECT n.journal, n.seq, n.n, n.name, n.subject, n.journal_time, CASE n.name
                WHEN 'intake-blind' THEN min(n.journal_time) FILTER (WHERE n.name = 'intake-sighted')
                        OVER (PARTITION BY n.journal ORDER BY n.seq DESC, n.n DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                WHEN 'intake-lost' THEN min(n.journal_time) FILTER (WHERE n.name = 'intake-back')
                        OVER (PARTITION BY n.journal, n.subject ORDER BY n.seq DESC, n.n DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) END AS ended_at
              FROM notice n WHERE n.name IN ('intake-blind', 'intake-sighted', 'intake-lost', 'intake-back')) b
        WHERE b.name IN ('intake-blind', 'intake-lost') AND b.journal_time < until AND (b.ended_at IS NULL OR b.ended_at > since)
        ORDER BY b.journal, b.seq, b.n;
END;
