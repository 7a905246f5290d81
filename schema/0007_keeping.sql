-- How long history is kept, in which pieces, and who may read it.
--
-- One table says it for each relation: stored_table. Everything else follows from its rows, by settle(), which
-- `wardwatch migrate` calls after each migration: owner, rights, and the triggers that refuse a change. So a migration
-- that makes a table adds its row, and grants nothing by itself.
--
-- Every table that grows without end is now partitioned, by day or by month. A partition is what retention drops: whole,
-- at once, written down in retention_record, and never while something holds it.

-- ---------------------------------------------------------------------------------------------------------------------
-- Views are put aside until their tables stand again; they come back as they were.

CREATE TEMP TABLE kept_view ON COMMIT DROP AS
SELECT c.oid AS age, c.relname::text AS name, pg_get_viewdef(c.oid) AS definition, obj_description(c.oid, 'pg_class') AS meaning
FROM pg_class c WHERE c.relnamespace = 'wardwatch'::regnamespace AND c.relkind = 'v';

DO $$
DECLARE
        v record;
BEGIN
        FOR v IN SELECT name FROM kept_view ORDER BY age DESC LOOP
                EXECUTE format('DROP VIEW %I', v.name);
        END LOOP;
END
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- What becomes of each table.

CREATE TABLE retention_class (
        class  text PRIMARY KEY,
        covers text NOT NULL
);
COMMENT ON TABLE retention_class IS 'Kinds of history that are kept for the same time.';
COMMENT ON COLUMN retention_class.class IS 'Name of the class; the configuration key is retention.CLASS.';
COMMENT ON COLUMN retention_class.covers IS 'What belongs to it.';

INSERT INTO retention_class VALUES
        ('raw', 'messages as they came, and what could not be explained or stored'),
        ('events', 'what messages say, in the vocabulary of the rules'),
        ('alarms', 'alarms, incidents and all that was done about them'),
        ('acts', 'what people asked for, the answers, and who read what is recorded'),
        ('system', 'the engine''s own inputs and notices');

CREATE TABLE retention_setting (
        class  text NOT NULL REFERENCES retention_class,
        what   text NOT NULL CHECK (what IN ('keep', 'least')),
        span   interval CHECK (span > interval '0'),
        set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        set_by text NOT NULL DEFAULT session_user,
        PRIMARY KEY (class, what, set_at)
);
COMMENT ON TABLE retention_setting IS 'How long a class is kept, each time that it was set; the newest holds. The view retention shows what holds now.';
COMMENT ON COLUMN retention_setting.class IS 'The class.';
COMMENT ON COLUMN retention_setting.what IS 'keep: how long it is kept. least: the shortest that keep may be set to; only the owner sets it.';
COMMENT ON COLUMN retention_setting.span IS 'The time; null = for ever.';
COMMENT ON COLUMN retention_setting.set_at IS 'When it was set (clock of the database).';
COMMENT ON COLUMN retention_setting.set_by IS 'Login that set it.';

INSERT INTO retention_setting (class, what, span) VALUES
        ('raw', 'least', '90 days'), ('raw', 'keep', '400 days'),
        ('events', 'least', '90 days'), ('events', 'keep', '1100 days'),
        ('alarms', 'least', '1095 days'), ('alarms', 'keep', '3660 days'),
        ('acts', 'least', '1095 days'), ('acts', 'keep', '3660 days'),
        ('system', 'least', '90 days'), ('system', 'keep', '1100 days');

CREATE TABLE stored_table (
        name        text PRIMARY KEY,
        class       text REFERENCES retention_class,
        period      text CHECK (period IN ('day', 'month')),
        time_column text,
        writes      text[] NOT NULL,
        readers     text[] NOT NULL,
        hidden      text[] NOT NULL DEFAULT '{}',
        history     boolean NOT NULL DEFAULT true,
        CHECK ((period IS NULL) = (time_column IS NULL)),
        CHECK (period IS NOT NULL OR class IS NULL)
);
COMMENT ON TABLE stored_table IS 'What is decided about each table: how long it is kept, in which pieces, and who may do what. A view stands here if not every reader may read it.';
COMMENT ON COLUMN stored_table.name IS 'Name of the table or view.';
COMMENT ON COLUMN stored_table.class IS 'Class of retention; null = kept for ever.';
COMMENT ON COLUMN stored_table.period IS 'Partitioned by day or month (UTC); null = one piece.';
COMMENT ON COLUMN stored_table.time_column IS 'Column whose time decides on the partition.';
COMMENT ON COLUMN stored_table.writes IS 'What wardwatch_writer may do beside reading: INSERT, UPDATE.';
COMMENT ON COLUMN stored_table.readers IS 'Roles that may SELECT; wardwatch_reader: also all who are in it.';
COMMENT ON COLUMN stored_table.hidden IS 'Columns that readers may not select.';
COMMENT ON COLUMN stored_table.history IS 'A trigger refuses UPDATE, DELETE and TRUNCATE, whoever asks.';

CREATE TABLE retention_record (
        record     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        dropped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        dropped_by text NOT NULL DEFAULT session_user,
        class      text NOT NULL,
        relation   text NOT NULL,
        partition  text NOT NULL,
        range_from timestamptz NOT NULL,
        range_to   timestamptz NOT NULL,
        keep       interval NOT NULL,
        journal    integer,
        rows       bigint NOT NULL,
        first_seq  bigint,
        last_seq   bigint,
        chain      bytea
);
COMMENT ON TABLE retention_record IS 'What was dropped because its time was over: a row for each partition and journal.';
COMMENT ON COLUMN retention_record.record IS 'Number of the row.';
COMMENT ON COLUMN retention_record.dropped_at IS 'When (clock of the database).';
COMMENT ON COLUMN retention_record.dropped_by IS 'Login that had it dropped.';
COMMENT ON COLUMN retention_record.class IS 'Class of retention.';
COMMENT ON COLUMN retention_record.relation IS 'The table.';
COMMENT ON COLUMN retention_record.partition IS 'Its partition that is gone.';
COMMENT ON COLUMN retention_record.range_from IS 'Beginning of the time that it covered.';
COMMENT ON COLUMN retention_record.range_to IS 'End of it, not included.';
COMMENT ON COLUMN retention_record.keep IS 'How long the class was kept at that time.';
COMMENT ON COLUMN retention_record.journal IS 'The journal; null = the partition held no rows, or the table knows no journal.';
COMMENT ON COLUMN retention_record.rows IS 'Rows of that journal that are gone.';
COMMENT ON COLUMN retention_record.first_seq IS 'Lowest seq among them; null = none.';
COMMENT ON COLUMN retention_record.last_seq IS 'Highest seq among them; null = none.';
COMMENT ON COLUMN retention_record.chain IS 'Last hash of the chain over these rows, by which what is left can still be verified; null = they were not chained.';

CREATE SEQUENCE access_number;
COMMENT ON SEQUENCE access_number IS 'Numbers access_record. It is not set back with a transaction: a missing number is a reading that was rolled back.';

CREATE TABLE access_record (
        access      bigint NOT NULL DEFAULT nextval('wardwatch.access_number'),
        at          timestamptz NOT NULL DEFAULT clock_timestamp(),
        role        text NOT NULL DEFAULT session_user,
        person      text NOT NULL,
        application text NOT NULL,
        client      inet,
        what        text NOT NULL,
        query       text NOT NULL,
        PRIMARY KEY (access, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE access_record IS 'Who read what is recorded when it is read: commands, raw messages, quarantined records, and this table.';
COMMENT ON COLUMN access_record.access IS 'Number of the reading. One that is missing was rolled back, and then the server''s log has it; up to 32 may be missing after the server crashed.';
COMMENT ON COLUMN access_record.at IS 'When (clock of the database).';
COMMENT ON COLUMN access_record.role IS 'Login.';
COMMENT ON COLUMN access_record.person IS 'Person, if the program that reads for others says so (SET wardwatch.person); empty = it did not.';
COMMENT ON COLUMN access_record.application IS 'Name that the program gave itself (application_name).';
COMMENT ON COLUMN access_record.client IS 'Address of the client; null = a socket on the same machine.';
COMMENT ON COLUMN access_record.what IS 'The view that was read.';
COMMENT ON COLUMN access_record.query IS 'The statement, at most 4000 characters of it.';

CREATE TABLE rule_text (
        hash       text PRIMARY KEY,
        sha256     bytea NOT NULL,
        text       bytea NOT NULL,
        first_seen timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE rule_text IS 'Each rule set that ever was in force, once, with its whole text; kept for ever.';
COMMENT ON COLUMN rule_text.hash IS 'Hash over the canonical text, as in ruleset.';
COMMENT ON COLUMN rule_text.sha256 IS 'SHA-256 over the same text.';
COMMENT ON COLUMN rule_text.text IS 'Rules, sensor types and site model: a bundle of files with binary lengths between them.';
COMMENT ON COLUMN rule_text.first_seen IS 'When it was stored first (clock of the database).';

-- The views at the end are among them: those whose reading is recorded.
INSERT INTO stored_table (name, class, period, time_column, writes, readers, hidden) VALUES
        ('message',          'raw',    'day',   'received_at',    '{INSERT}', '{wardwatch_reader}', '{payload}'),
        ('undecoded',        'raw',    'day',   'received_at',    '{INSERT}', '{wardwatch_reader}', '{}'),
        ('quarantine',       'raw',    'month', 'quarantined_at', '{INSERT}', '{wardwatch_reader}', '{record}'),
        ('event',            'events', 'day',   'time',           '{INSERT}', '{wardwatch_reader}', '{}'),
        ('alarm',            'alarms', 'month', 'raised_at',      '{INSERT}', '{wardwatch_reader}', '{}'),
        ('alarm_transition', 'alarms', 'month', 'changed_at',     '{INSERT}', '{wardwatch_reader}', '{}'),
        ('alarm_evidence',   'alarms', 'month', 'changed_at',     '{INSERT}', '{wardwatch_reader}', '{}'),
        ('change',           'alarms', 'month', 'changed_at',     '{INSERT}', '{wardwatch_reader}', '{}'),
        ('command',          'acts',   'month', 'journal_time',   '{INSERT}', '{}',                 '{}'),
        ('command_reply',    'acts',   'month', 'journal_time',   '{INSERT}', '{}',                 '{}'),
        ('access_record',    'acts',   'month', 'at',             '{}',       '{}',                 '{}'),
        ('engine_input',     'system', 'month', 'journal_time',   '{INSERT}', '{wardwatch_reader}', '{}'),
        ('notice',           'system', 'month', 'journal_time',   '{INSERT}', '{wardwatch_reader}', '{}'),
        ('ruleset',           NULL, NULL, NULL, '{INSERT}', '{wardwatch_reader}', '{}'),
        ('rule_text',         NULL, NULL, NULL, '{}',       '{wardwatch_reader}', '{}'),
        ('journal',           NULL, NULL, NULL, '{INSERT}', '{wardwatch_reader}', '{}'),
        ('store_gap',         NULL, NULL, NULL, '{INSERT}', '{wardwatch_reader}', '{}'),
        ('stored_table',      NULL, NULL, NULL, '{}',       '{wardwatch_reader}', '{}'),
        ('retention_class',   NULL, NULL, NULL, '{}',       '{wardwatch_reader}', '{}'),
        ('retention_setting', NULL, NULL, NULL, '{}',       '{wardwatch_reader}', '{}'),
        ('retention_record',  NULL, NULL, NULL, '{}',       '{wardwatch_reader}', '{}'),
        ('command_answered',  NULL, NULL, NULL, '{}', '{wardwatch_auditor,wardwatch_console}', '{}'),
        ('message_raw',       NULL, NULL, NULL, '{}', '{wardwatch_auditor,wardwatch_console}', '{}'),
        ('quarantine_raw',    NULL, NULL, NULL, '{}', '{wardwatch_auditor,wardwatch_console}', '{}'),
        ('access_log',        NULL, NULL, NULL, '{}', '{wardwatch_auditor}', '{}');
INSERT INTO stored_table (name, writes, readers, history) VALUES
        ('store_cursor', '{INSERT,UPDATE}', '{wardwatch_reader}', false),
        ('schema_migration', '{}', '{wardwatch_reader}', false);

-- ---------------------------------------------------------------------------------------------------------------------
-- Partitions: made ahead. Whatever falls outside them goes to the default one and is not refused.

CREATE OR REPLACE FUNCTION ensure_partitions(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
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
                child := part.name || '_' || to_char(part.start, CASE part.period WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
                CONTINUE WHEN to_regclass('wardwatch.' || quote_ident(child)) IS NOT NULL;
                BEGIN
                        -- made apart and attached: the parent stays readable and writable meanwhile
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
COMMENT ON FUNCTION ensure_partitions(date, date) IS 'Makes the partitions of every partitioned table from the first to the last day, where there is none. Returns how many tables it made.';

-- alarm_evidence has no time of its own yet: that of the change that it belongs to.
ALTER TABLE alarm_evidence ADD COLUMN changed_at timestamptz;
ALTER TABLE alarm_evidence DISABLE TRIGGER USER;
UPDATE alarm_evidence e SET changed_at = t.changed_at FROM alarm_transition t
WHERE t.journal = e.journal AND t.seq = e.seq AND t.n = e.n;
UPDATE alarm_evidence SET changed_at = event_time WHERE changed_at IS NULL; -- the change is in quarantine
ALTER TABLE alarm_evidence ALTER COLUMN changed_at SET NOT NULL;
COMMENT ON COLUMN alarm_evidence.changed_at IS 'Journal time of the change, as in alarm_transition.';

-- The tables that were whole are made anew in pieces, and their rows moved.
DO $$
DECLARE
        t      record;
        bounds record;
        day    date;
BEGIN
        FOR t IN
                SELECT s.name, s.time_column, obj_description(c.oid, 'pg_class') AS meaning, n.columns AS key
                FROM stored_table s JOIN pg_class c ON c.oid = to_regclass('wardwatch.' || s.name) AND c.relkind = 'r',
                LATERAL (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) AS columns
                         FROM pg_index i, unnest(i.indkey::int[]) WITH ORDINALITY k(attnum, place), pg_attribute a
                         WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.attnum) n
                WHERE s.period IS NOT NULL
        LOOP
                EXECUTE format('ALTER TABLE %I RENAME TO moved', t.name);
                EXECUTE format('CREATE TABLE %I (LIKE moved INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (%I)',
                               t.name, t.time_column);
                EXECUTE format('COMMENT ON TABLE %I IS %L', t.name, t.meaning || ' Partitioned by month of ' || t.time_column || '.');
                EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', t.name || '_default', t.name);
                -- months of the rows that are there, a date far off excepted
                FOR day IN EXECUTE format('SELECT DISTINCT date_trunc(''month'', %I AT TIME ZONE ''UTC'')::date FROM moved'
                                          ' WHERE %1$I BETWEEN ''2020-01-01'' AND ''2100-01-01''', t.time_column)
                LOOP
                        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', t.name || '_' || to_char(day, 'YYYYMM'),
                                       t.name, day::timestamp AT TIME ZONE 'UTC', (day + interval '1 month') AT TIME ZONE 'UTC');
                END LOOP;
                EXECUTE format('INSERT INTO %I SELECT * FROM moved', t.name);
                DROP TABLE moved;
                EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (%s, %I)', t.name, t.key, t.time_column);
        END LOOP;
END
$$;

CREATE TABLE access_record_default PARTITION OF access_record DEFAULT;

-- ---------------------------------------------------------------------------------------------------------------------
-- Indexes of the tables that were made anew, and those by which auditors ask: this person, these acknowledgements.

CREATE INDEX command_id ON command (command_id);
CREATE INDEX command_time ON command (journal_time);
CREATE INDEX command_actor ON command (actor, journal_time);
CREATE INDEX command_refused ON command_reply (journal_time) WHERE NOT ok;
CREATE INDEX alarm_raised_at ON alarm (raised_at);
CREATE INDEX alarm_zone ON alarm (zone, raised_at);
CREATE INDEX alarm_rule ON alarm (rule, raised_at);
CREATE INDEX alarm_device ON alarm (device, raised_at);
CREATE INDEX alarm_transition_alarm ON alarm_transition (journal, alarm, version DESC);
CREATE INDEX alarm_transition_changed_at ON alarm_transition (changed_at);
CREATE INDEX alarm_transition_acknowledged ON alarm_transition (changed_at) WHERE cause = 'ACKNOWLEDGE';
CREATE INDEX alarm_transition_actor ON alarm_transition (actor, changed_at);
CREATE INDEX alarm_evidence_alarm ON alarm_evidence (journal, alarm);
CREATE INDEX alarm_evidence_event ON alarm_evidence (journal, event_seq);
CREATE INDEX notice_time ON notice (journal_time);
CREATE INDEX notice_name ON notice (name, journal_time);
CREATE INDEX change_subject ON change (subject, id, version);
CREATE INDEX change_incident ON change (incident) WHERE incident IS NOT NULL;
CREATE INDEX change_time ON change (changed_at);
CREATE INDEX change_actor ON change (actor, changed_at);
CREATE INDEX access_record_at ON access_record (at);
CREATE INDEX retention_record_seq ON retention_record (relation, journal, first_seq);

-- ---------------------------------------------------------------------------------------------------------------------
-- Rule sets: their text outlives the input that brought it.

CREATE FUNCTION keep_rule_text() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
BEGIN
        IF EXISTS (SELECT FROM rule_text WHERE hash = NEW.hash) THEN
                RETURN NULL;
        END IF;
        INSERT INTO rule_text (hash, sha256, text)
        SELECT NEW.hash, sha256(i.body), i.body FROM engine_input i
        WHERE i.journal = NEW.journal AND i.seq = NEW.seq AND i.journal_time = NEW.in_force_from AND i.type = 'reload'
        ON CONFLICT DO NOTHING;
        RETURN NULL;
END
$$;
COMMENT ON FUNCTION keep_rule_text() IS 'Trigger of ruleset: keeps the text of a rule set that was not seen before.';
CREATE TRIGGER keep_rule_text AFTER INSERT ON ruleset FOR EACH ROW EXECUTE FUNCTION keep_rule_text();
REVOKE ALL ON FUNCTION keep_rule_text() FROM PUBLIC;

INSERT INTO rule_text (hash, sha256, text)
SELECT DISTINCT ON (r.hash) r.hash, sha256(i.body), i.body
FROM ruleset r JOIN engine_input i USING (journal, seq) WHERE i.type = 'reload' ORDER BY r.hash, r.journal, r.seq;

-- ---------------------------------------------------------------------------------------------------------------------
-- Reading that is recorded.

CREATE FUNCTION record_access(what text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        number bigint;
        person text := coalesce(current_setting('wardwatch.person', true), '');
BEGIN
        IF current_setting('transaction_read_only')::boolean THEN
                RAISE EXCEPTION 'reading % is recorded, and this transaction is read-only', what
                        USING ERRCODE = 'read_only_sql_transaction', HINT = 'SET default_transaction_read_only = off; not on a standby server';
        END IF;
        number := nextval('access_number');
        -- the log keeps it also if the transaction is rolled back
        RAISE LOG 'wardwatch access %: % by % (%)', number, what, session_user, person;
        INSERT INTO access_record (access, person, application, client, what, query)
        VALUES (number, person, coalesce(current_setting('application_name', true), ''), inet_client_addr(), what,
                left(coalesce(current_query(), ''), 4000));
        RETURN true;
END
$$;
COMMENT ON FUNCTION record_access(text) IS 'Writes down that what is read, by whom; true. Views call it as (SELECT record_access(...)), which is once for each statement.';
REVOKE ALL ON FUNCTION record_access(text) FROM PUBLIC;

-- ---------------------------------------------------------------------------------------------------------------------
-- Views: the old ones again, then the new.

DO $$
DECLARE
        v record;
BEGIN
        FOR v IN SELECT name, definition, meaning FROM kept_view WHERE name NOT IN ('command_answered', 'ruleset_text') ORDER BY age LOOP
                EXECUTE format('CREATE VIEW %I AS %s', v.name, v.definition);
                EXECUTE format('COMMENT ON VIEW %I IS %L', v.name, v.meaning);
        END LOOP;
END
$$;

CREATE VIEW command_answered AS
SELECT c.journal, c.seq, c.journal_time, c.actor, c.command_id, c.name, c.request, r.ok, r.reply
FROM command c LEFT JOIN command_reply r USING (journal, seq, journal_time)
WHERE (SELECT record_access('command_answered'));
COMMENT ON VIEW command_answered IS 'Commands with their answers. Reading it is recorded.';

CREATE VIEW message_raw AS
SELECT * FROM message WHERE (SELECT record_access('message_raw'));
COMMENT ON VIEW message_raw IS 'Messages with their bytes. Reading it is recorded.';

CREATE VIEW quarantine_raw AS
SELECT * FROM quarantine WHERE (SELECT record_access('quarantine_raw'));
COMMENT ON VIEW quarantine_raw IS 'Quarantined records with their bytes. Reading it is recorded.';

CREATE VIEW access_log AS
SELECT * FROM access_record WHERE (SELECT record_access('access_log'));
COMMENT ON VIEW access_log IS 'Who read what is recorded. Reading it is recorded, too.';

CREATE VIEW ruleset_text AS
SELECT r.journal, r.seq, r.in_force_from, r.hash, t.text
FROM ruleset r LEFT JOIN rule_text t USING (hash);
COMMENT ON VIEW ruleset_text IS 'Rule sets with their whole text: a bundle of files with binary lengths between them; read it with encode(text, ''escape'').';

CREATE VIEW retention AS
SELECT c.class, k.span AS keep, l.span AS least, k.set_at, k.set_by,
        (SELECT array_agg(name ORDER BY name) FROM stored_table s WHERE s.class = c.class) AS tables, c.covers
FROM retention_class c
LEFT JOIN LATERAL (SELECT * FROM retention_setting s WHERE s.class = c.class AND s.what = 'keep' ORDER BY set_at DESC LIMIT 1) k ON true
LEFT JOIN LATERAL (SELECT * FROM retention_setting s WHERE s.class = c.class AND s.what = 'least' ORDER BY set_at DESC LIMIT 1) l ON true;
COMMENT ON VIEW retention IS 'How long each class is kept now (null: for ever), and the shortest that it may be set to.';

CREATE VIEW stored_partition AS
SELECT s.class, s.name AS relation, c.relname::text AS partition, p.start AT TIME ZONE 'UTC' AS range_from,
        (p.start + ('1 ' || s.period)::interval) AT TIME ZONE 'UTC' AS range_to, pg_total_relation_size(c.oid) AS bytes
FROM stored_table s
JOIN pg_inherits i ON i.inhparent = to_regclass('wardwatch.' || s.name)
JOIN pg_class c ON c.oid = i.inhrelid,
LATERAL (SELECT CASE WHEN c.relname ~ ('^' || s.name || '_\d{6}(\d\d)?$')
        THEN to_date(rpad(substr(c.relname, length(s.name) + 2), 8, '01'), 'YYYYMMDD')::timestamp END AS start) p
WHERE s.period IS NOT NULL AND p.start IS NOT NULL;
COMMENT ON VIEW stored_partition IS 'The partitions that there are, with their time and their size on the disk.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Retention.

CREATE FUNCTION partition_held(relation text, range_from timestamptz, range_to timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = wardwatch, pg_temp AS $$ SELECT NULL::text $$;
COMMENT ON FUNCTION partition_held(text, timestamptz, timestamptz) IS 'Why this time of this table must not be dropped, in one sentence; null = nothing holds it.';

CREATE FUNCTION partition_chain(relation text, range_from timestamptz, range_to timestamptz) RETURNS bytea
LANGUAGE sql STABLE SET search_path = wardwatch, pg_temp AS $$ SELECT NULL::bytea $$;
COMMENT ON FUNCTION partition_chain(text, timestamptz, timestamptz) IS 'Last hash of the chain over what a partition holds; null = it is not chained.';

CREATE VIEW retention_due AS
SELECT p.class, p.relation, p.partition, p.range_from, p.range_to, p.bytes, r.keep, partition_held(p.relation, p.range_from, p.range_to) AS held
FROM stored_partition p JOIN retention r USING (class) WHERE p.range_to <= now() - r.keep;
COMMENT ON VIEW retention_due IS 'Partitions whose time is over, and why those are held that are.';

CREATE FUNCTION set_retention(of_class text, to_span interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        now_set retention%ROWTYPE;
BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('wardwatch.retention', 0));
        SELECT * INTO now_set FROM retention WHERE class = of_class;
        IF NOT FOUND THEN
                RAISE EXCEPTION 'there is no class of retention %', of_class USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF to_span < now_set.least THEN
                RAISE EXCEPTION 'class % must be kept for % at least, not %', of_class, now_set.least, to_span
                        USING ERRCODE = 'insufficient_privilege',
                        HINT = 'the owner may allow less: INSERT INTO wardwatch.retention_setting (class, what, span) VALUES (…, ''least'', …)';
        END IF;
        IF to_span IS NOT DISTINCT FROM now_set.keep THEN
                RETURN false;
        END IF;
        INSERT INTO retention_setting (class, what, span) VALUES (of_class, 'keep', to_span);
        RETURN true;
END
$$;
COMMENT ON FUNCTION set_retention(text, interval) IS 'Sets how long a class is kept (null: for ever), not below its least; true if that is a change. The store calls it with what the configuration says.';
REVOKE ALL ON FUNCTION set_retention(text, interval) FROM PUBLIC;

CREATE FUNCTION apply_retention(at_most integer) RETURNS SETOF retention_record
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
        END LOOP;
END
$$;
COMMENT ON FUNCTION apply_retention(integer) IS 'Drops partitions whose time is over and that nothing holds, the oldest first, so many at most; returns what it wrote to retention_record.';
REVOKE ALL ON FUNCTION apply_retention(integer) FROM PUBLIC;

-- ---------------------------------------------------------------------------------------------------------------------
-- Roles. Give a login one of them: writer to the daemon, console and auditor to what and who reads; reader is what both
-- of these may, and enough for dashboards. wardwatch_owner owns everything, and what must be done with an owner's
-- rights is done by its functions.

DO $$
DECLARE
        name text;
BEGIN
        FOREACH name IN ARRAY ARRAY['wardwatch_owner', 'wardwatch_writer', 'wardwatch_reader', 'wardwatch_console', 'wardwatch_auditor'] LOOP
                BEGIN
                        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                        END IF;
                EXCEPTION WHEN insufficient_privilege THEN
                        RAISE NOTICE 'role % was not made: whoever migrates may not create roles', name;
                END;
        END LOOP;
        FOREACH name IN ARRAY ARRAY['wardwatch_console', 'wardwatch_auditor'] LOOP
                BEGIN
                        IF EXISTS (SELECT FROM pg_roles WHERE rolname = name) AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_reader') THEN
                                EXECUTE format('GRANT wardwatch_reader TO %I', name);
                        END IF;
                EXCEPTION WHEN insufficient_privilege THEN
                        RAISE NOTICE 'role % was not made a reader: whoever migrates may not grant roles', name;
                END;
        END LOOP;
END
$$;

CREATE FUNCTION settle() RETURNS void LANGUAGE plpgsql SET search_path = wardwatch, pg_temp AS $$
DECLARE
        ours  text[] := ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname IN ('wardwatch_writer', 'wardwatch_reader', 'wardwatch_console', 'wardwatch_auditor'));
        writer boolean := 'wardwatch_writer' = ANY (ours);
        r     record;
        role  text;
        shown text;
BEGIN
        FOREACH role IN ARRAY ours LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA wardwatch TO %I', role);
                EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA wardwatch FROM %I', role);
        END LOOP;
        FOR r IN
                SELECT c.oid, c.relname::text AS name, c.relkind, s.name IS NOT NULL AS decided, s.period, coalesce(s.history, false) AS history,
                       coalesce(s.writes, '{}') AS writes, coalesce(s.hidden, '{}') AS hidden,
                       coalesce(s.readers, CASE c.relkind WHEN 'v' THEN '{wardwatch_reader}'::text[] ELSE '{}' END) AS readers
                FROM pg_class c LEFT JOIN stored_table s ON s.name = c.relname
                WHERE c.relnamespace = 'wardwatch'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
        LOOP
                IF r.history AND r.relkind <> 'v' AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = r.oid AND tgname = 'history_row') THEN
                        EXECUTE format('CREATE TRIGGER history_row BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', r.name);
                        EXECUTE format('CREATE TRIGGER history_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', r.name);
                END IF;
                IF writer THEN
                        EXECUTE format('GRANT %s ON %I TO wardwatch_writer', array_to_string('SELECT'::text || r.writes, ', '), r.name);
                END IF;
                SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO shown FROM pg_attribute
                WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped AND NOT attname = ANY (r.hidden);
                FOREACH role IN ARRAY r.readers LOOP
                        CONTINUE WHEN NOT role = ANY (ours);
                        EXECUTE format('GRANT SELECT %s ON %I TO %I', CASE WHEN r.hidden = '{}' THEN '' ELSE '(' || shown || ')' END, r.name, role);
                END LOOP;
        END LOOP;
        -- the default partitions are where a wrong date goes: they refuse a change like their parents
        FOR r IN
                SELECT c.relname::text AS name FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
                JOIN stored_table s ON s.name = p.relname AND s.history
                WHERE c.relnamespace = 'wardwatch'::regnamespace AND c.relkind = 'r' AND NOT EXISTS (
                        SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'history_table')
        LOOP
                EXECUTE format('CREATE TRIGGER history_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', r.name);
        END LOOP;
        -- everything belongs to the owner, if whoever migrates may give it away
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_owner') AND pg_has_role('wardwatch_owner', 'MEMBER') THEN
                IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'wardwatch' AND nspowner = 'wardwatch_owner'::regrole) THEN
                        ALTER SCHEMA wardwatch OWNER TO wardwatch_owner;
                END IF;
                FOR r IN
                        SELECT format('ALTER %s %I OWNER TO wardwatch_owner',
                                      CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname) AS sql
                        FROM pg_class c
                        WHERE relnamespace = 'wardwatch'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND relowner <> 'wardwatch_owner'::regrole
                          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i' AND c.relkind = 'S')
                        UNION ALL
                        SELECT format('ALTER FUNCTION %s OWNER TO wardwatch_owner', oid::regprocedure) FROM pg_proc
                        WHERE pronamespace = 'wardwatch'::regnamespace AND proowner <> 'wardwatch_owner'::regrole
                LOOP
                        EXECUTE r.sql;
                END LOOP;
        END IF;
END
$$;
COMMENT ON FUNCTION settle() IS 'Gives each relation its owner, its rights and its triggers, as stored_table says; called after each migration.';
REVOKE ALL ON FUNCTION settle() FROM PUBLIC;
REVOKE ALL ON FUNCTION ensure_partitions(date, date) FROM PUBLIC;

DO $$
DECLARE
        g record;
BEGIN
        FOR g IN SELECT * FROM (VALUES
                ('wardwatch_writer', 'ensure_partitions(date, date)'), ('wardwatch_writer', 'set_retention(text, interval)'),
                ('wardwatch_writer', 'apply_retention(integer)'), ('wardwatch_writer', 'record_access(text)'),
                ('wardwatch_console', 'record_access(text)'), ('wardwatch_auditor', 'record_access(text)')) g(role, what)
        LOOP
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = g.role) THEN
                        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', g.what, g.role);
                END IF;
        END LOOP;
END
$$;
