-- The history of everything that Wardwatch heard and concluded.
--
-- One row for each record of the journal, named by (journal, seq) for what came in and (journal, seq, n) for what was
-- concluded from it. Rows are inserted and never changed: a trigger refuses it, whoever asks. The one exception is
-- store_cursor, the place up to which the journal has arrived here.
--
-- Text columns hold PostgreSQL's own `escape` notation: a backslash is doubled, a byte that is no UTF-8 and a zero byte
-- are \nnn (octal). decode(column, 'escape') gives back the very bytes. Times are UTC.
--
-- This file is run by `wardwatch migrate`, once, in one transaction, with search_path = wardwatch.

CREATE TABLE journal (
        journal    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        journal_id uuid NOT NULL UNIQUE,
        site       text NOT NULL,
        first_seen timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE journal IS 'One row for each journal that ever wrote here: one engine, until its journal is made anew.';
COMMENT ON COLUMN journal.journal IS 'Number of the journal in this database; the first part of every key.';
COMMENT ON COLUMN journal.journal_id IS 'The journal''s own identity, made when it was created.';
COMMENT ON COLUMN journal.site IS 'Name of the site (configuration key site.name) when the journal was first seen.';
COMMENT ON COLUMN journal.first_seen IS 'When the store first met this journal (clock of the database).';

CREATE TABLE store_cursor (
        journal     integer PRIMARY KEY REFERENCES journal,
        seq         bigint NOT NULL,
        fingerprint bigint NOT NULL DEFAULT 0,
        moved_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE store_cursor IS 'How far each journal has arrived. Moved in the same transaction as the rows: the only table that is updated.';
COMMENT ON COLUMN store_cursor.journal IS 'The journal.';
COMMENT ON COLUMN store_cursor.seq IS 'Every input up to this one, and all that was concluded from it, stands in these tables; 0 = nothing yet.';
COMMENT ON COLUMN store_cursor.fingerprint IS 'Checksum (XXH3) of that input''s record: finds a journal that was set back to an older copy; 0 = not known.';
COMMENT ON COLUMN store_cursor.moved_at IS 'When it was moved last (clock of the database).';

CREATE TABLE store_gap (
        journal     integer NOT NULL REFERENCES journal,
        first_seq   bigint NOT NULL,
        last_seq    bigint NOT NULL,
        reason      text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (journal, first_seq)
);
COMMENT ON TABLE store_gap IS 'Inputs that the journal had trimmed before they could be stored here. Empty unless the database was away longer than the journal reaches, or was restored from a backup older than that.';
COMMENT ON COLUMN store_gap.journal IS 'The journal.';
COMMENT ON COLUMN store_gap.first_seq IS 'First input that is missing here.';
COMMENT ON COLUMN store_gap.last_seq IS 'Last input that is missing here.';
COMMENT ON COLUMN store_gap.reason IS 'Why, in one sentence.';
COMMENT ON COLUMN store_gap.recorded_at IS 'When the gap was found (clock of the database).';

CREATE TABLE message (
        journal      integer NOT NULL,
        seq          bigint NOT NULL,
        received_at  timestamptz NOT NULL,
        journal_time timestamptz NOT NULL,
        origin       text NOT NULL,
        retained     boolean NOT NULL,
        duplicate    boolean NOT NULL,
        skipped      boolean NOT NULL,
        topic        text NOT NULL,
        payload      bytea NOT NULL,
        PRIMARY KEY (journal, seq, received_at)
) PARTITION BY RANGE (received_at);
COMMENT ON TABLE message IS 'Every MQTT message as it came, whether or not anything was concluded from it. Partitioned by day of received_at.';
COMMENT ON COLUMN message.journal IS 'The journal.';
COMMENT ON COLUMN message.seq IS 'Number of the input in the journal; the order of all things.';
COMMENT ON COLUMN message.received_at IS 'Wall clock at intake.';
COMMENT ON COLUMN message.journal_time IS 'Journal time: as received_at, but never runs backwards when the clock is set.';
COMMENT ON COLUMN message.origin IS 'MQTT session that brought it: urgent or bulk.';
COMMENT ON COLUMN message.retained IS 'The broker had kept it: it tells a state that began earlier.';
COMMENT ON COLUMN message.duplicate IS 'The broker marked it as sent before (MQTT DUP).';
COMMENT ON COLUMN message.skipped IS 'It stopped the engine twice and was set aside undecoded.';
COMMENT ON COLUMN message.topic IS 'MQTT topic (escape notation).';
COMMENT ON COLUMN message.payload IS 'The bytes, unchanged.';

CREATE TABLE engine_input (
        journal      integer NOT NULL,
        seq          bigint NOT NULL,
        received_at  timestamptz NOT NULL,
        journal_time timestamptz NOT NULL,
        origin       text NOT NULL,
        type         text NOT NULL,
        name         text NOT NULL,
        body         bytea NOT NULL,
        PRIMARY KEY (journal, seq)
);
COMMENT ON TABLE engine_input IS 'Inputs that the engine made itself: a deadline that passed, a reload, a notice of its own. With message and command every seq is accounted for.';
COMMENT ON COLUMN engine_input.journal IS 'The journal.';
COMMENT ON COLUMN engine_input.seq IS 'Number of the input in the journal.';
COMMENT ON COLUMN engine_input.received_at IS 'Wall clock when it was made.';
COMMENT ON COLUMN engine_input.journal_time IS 'Journal time.';
COMMENT ON COLUMN engine_input.origin IS 'Where it was made: engine, or the session that it concerns.';
COMMENT ON COLUMN engine_input.type IS 'time, reload or notice.';
COMMENT ON COLUMN engine_input.name IS 'Name of the notice; else empty.';
COMMENT ON COLUMN engine_input.body IS 'Of a reload the whole text of sensor types, rules and site model; of a notice its JSON.';

CREATE TABLE command (
        journal      integer NOT NULL,
        seq          bigint NOT NULL,
        received_at  timestamptz NOT NULL,
        journal_time timestamptz NOT NULL,
        origin       text NOT NULL,
        actor        text NOT NULL,
        command_id   text NOT NULL,
        name         text NOT NULL,
        request      jsonb NOT NULL,
        PRIMARY KEY (journal, seq)
);
COMMENT ON TABLE command IS 'What operators and workers asked for. The answers are in command_reply; command_answered shows both.';
COMMENT ON COLUMN command.journal IS 'The journal.';
COMMENT ON COLUMN command.seq IS 'Number of the input in the journal.';
COMMENT ON COLUMN command.received_at IS 'Wall clock when it came.';
COMMENT ON COLUMN command.journal_time IS 'Journal time.';
COMMENT ON COLUMN command.origin IS 'Where it came from: socket.';
COMMENT ON COLUMN command.actor IS 'Who: user id and name as the socket''s peer proved it, and the operator.';
COMMENT ON COLUMN command.command_id IS 'The client''s own id: a repeat with the same id is answered, not done again.';
COMMENT ON COLUMN command.name IS 'The verb: ack, unack, reset, shelve, notice and so on.';
COMMENT ON COLUMN command.request IS 'The whole command. One that is no JSON is a JSON string in escape notation.';

CREATE TABLE command_reply (
        journal      integer NOT NULL,
        seq          bigint NOT NULL,
        n            integer NOT NULL,
        journal_time timestamptz NOT NULL,
        command_id   text NOT NULL,
        ok           boolean NOT NULL,
        reply        jsonb NOT NULL,
        PRIMARY KEY (journal, seq, n)
);
COMMENT ON TABLE command_reply IS 'What commands were answered.';
COMMENT ON COLUMN command_reply.journal IS 'The journal.';
COMMENT ON COLUMN command_reply.seq IS 'The command''s seq.';
COMMENT ON COLUMN command_reply.n IS 'Number of the conclusion within the input, from 0.';
COMMENT ON COLUMN command_reply.journal_time IS 'Journal time of the command.';
COMMENT ON COLUMN command_reply.command_id IS 'The client''s id of the command.';
COMMENT ON COLUMN command_reply.ok IS 'Done, or refused.';
COMMENT ON COLUMN command_reply.reply IS 'The whole answer as it was sent.';

CREATE TABLE event (
        journal      integer NOT NULL,
        seq          bigint NOT NULL,
        n            integer NOT NULL,
        idx          integer NOT NULL,
        time         timestamptz NOT NULL,
        received_at  timestamptz NOT NULL,
        device_time  timestamptz,
        site         text NOT NULL,
        zone         text NOT NULL,
        asset        text NOT NULL,
        device       text NOT NULL,
        sensor       text NOT NULL,
        kind         text NOT NULL,
        state        text NOT NULL,
        value_number double precision,
        value_text   text,
        unit         text NOT NULL,
        attributes   jsonb,
        flags        text[] NOT NULL,
        PRIMARY KEY (journal, seq, n, time)
) PARTITION BY RANGE (time);
COMMENT ON TABLE event IS 'What a message says, in the vocabulary of the rules. A message may give several, or none. Partitioned by day of time.';
COMMENT ON COLUMN event.journal IS 'The journal.';
COMMENT ON COLUMN event.seq IS 'The message''s seq.';
COMMENT ON COLUMN event.n IS 'Number of the conclusion within the input, from 0.';
COMMENT ON COLUMN event.idx IS 'Number of the event within the message, from 0: what alarm_evidence refers to.';
COMMENT ON COLUMN event.time IS 'When it happened: the device''s time if that is plausible, else the time of receipt.';
COMMENT ON COLUMN event.received_at IS 'Wall clock at intake of the message.';
COMMENT ON COLUMN event.device_time IS 'The time as the device said it, plausible or not.';
COMMENT ON COLUMN event.site IS 'Site.';
COMMENT ON COLUMN event.zone IS 'Zone of the device in the site model; empty = not known.';
COMMENT ON COLUMN event.asset IS 'Asset of the device in the site model; empty = the device is not in it.';
COMMENT ON COLUMN event.device IS 'The device (escape notation; longer than 512 bytes is cut, see README).';
COMMENT ON COLUMN event.sensor IS 'Sensor type and version that explained the message.';
COMMENT ON COLUMN event.kind IS 'Kind of event: door.opened, panic, temperature.';
COMMENT ON COLUMN event.state IS 'active, normal, pulse or unknown.';
COMMENT ON COLUMN event.value_number IS 'Value, if it is a number, a truth value (1, 0) or a span in seconds.';
COMMENT ON COLUMN event.value_text IS 'Value, if it is text, a truth value (true, false), a span or an instant.';
COMMENT ON COLUMN event.unit IS 'Unit of the value; empty = none.';
COMMENT ON COLUMN event.attributes IS 'Further fields (badge, direction, floor). Null = none.';
COMMENT ON COLUMN event.flags IS 'retained, late, clock-skew, suspect, exercise, duplicate, initial.';

CREATE TABLE undecoded (
        journal     integer NOT NULL,
        seq         bigint NOT NULL,
        n           integer NOT NULL,
        received_at timestamptz NOT NULL,
        reason      text NOT NULL,
        sensor      text NOT NULL,
        detail      text NOT NULL,
        PRIMARY KEY (journal, seq, n, received_at)
) PARTITION BY RANGE (received_at);
COMMENT ON TABLE undecoded IS 'Messages, or parts of one, that no sensor type could explain. Partitioned by day of received_at.';
COMMENT ON COLUMN undecoded.journal IS 'The journal.';
COMMENT ON COLUMN undecoded.seq IS 'The message''s seq.';
COMMENT ON COLUMN undecoded.n IS 'Number of the conclusion within the input, from 0.';
COMMENT ON COLUMN undecoded.received_at IS 'Wall clock at intake of the message.';
COMMENT ON COLUMN undecoded.reason IS 'Short name of the reason: no-type, bad-json, skipped and so on.';
COMMENT ON COLUMN undecoded.sensor IS 'Sensor type that tried; empty = none.';
COMMENT ON COLUMN undecoded.detail IS 'The reason in one line (escape notation; may quote the device).';

CREATE TABLE alarm (
        journal     integer NOT NULL,
        alarm       bigint NOT NULL,
        seq         bigint NOT NULL,
        n           integer NOT NULL,
        raised_at   timestamptz NOT NULL,
        rule        text NOT NULL,
        rule_hash   bigint NOT NULL,
        key         text NOT NULL,
        title       text NOT NULL,
        hazard      text NOT NULL,
        class       text NOT NULL,
        priority    text NOT NULL,
        procedure   text NOT NULL,
        legal_basis text NOT NULL,
        site        text NOT NULL,
        zone        text NOT NULL,
        asset       text NOT NULL,
        device      text NOT NULL,
        exercise    boolean NOT NULL,
        covert      boolean NOT NULL,
        PRIMARY KEY (journal, alarm)
);
COMMENT ON TABLE alarm IS 'One row for each alarm, as it was when it was raised for the first time. What became of it is in alarm_transition; alarm_now shows how it stands.';
COMMENT ON COLUMN alarm.journal IS 'The journal.';
COMMENT ON COLUMN alarm.alarm IS 'Number of the alarm, counted in this journal.';
COMMENT ON COLUMN alarm.seq IS 'Input that raised it.';
COMMENT ON COLUMN alarm.n IS 'Number of the conclusion within that input.';
COMMENT ON COLUMN alarm.raised_at IS 'When the rule''s condition was met, by the time of the events.';
COMMENT ON COLUMN alarm.rule IS 'Name of the rule; system/… for what the system says about itself.';
COMMENT ON COLUMN alarm.rule_hash IS 'Hash of the rule''s canonical text: the very version that fired.';
COMMENT ON COLUMN alarm.key IS 'What the rule counts by (ward=W3); the same rule and key is the same alarm.';
COMMENT ON COLUMN alarm.title IS 'Title as shown to the operator.';
COMMENT ON COLUMN alarm.hazard IS 'Hazard: fire, theft, robbery and so on.';
COMMENT ON COLUMN alarm.class IS 'Class: general, or fire, panic, duress, infant, tamper, which can be neither shelved nor muted.';
COMMENT ON COLUMN alarm.priority IS 'low, medium, high or critical.';
COMMENT ON COLUMN alarm.procedure IS 'Procedure to follow; empty = none.';
COMMENT ON COLUMN alarm.legal_basis IS 'Law, rule or standard behind it; empty = none.';
COMMENT ON COLUMN alarm.site IS 'Site of the last event that counted.';
COMMENT ON COLUMN alarm.zone IS 'Zone of the last event that counted.';
COMMENT ON COLUMN alarm.asset IS 'Asset of the last event that counted.';
COMMENT ON COLUMN alarm.device IS 'Device of the last event that counted.';
COMMENT ON COLUMN alarm.exercise IS 'Raised in a drill.';
COMMENT ON COLUMN alarm.covert IS 'Covert: neither sound nor echo where the threat could notice it.';

CREATE TABLE alarm_transition (
        journal              integer NOT NULL,
        seq                  bigint NOT NULL,
        n                    integer NOT NULL,
        alarm                bigint NOT NULL,
        version              bigint NOT NULL,
        changed_at           timestamptz NOT NULL,
        time                 timestamptz NOT NULL,
        cause                text NOT NULL,
        actor                text NOT NULL,
        reason               text NOT NULL,
        old_state            text NOT NULL,
        new_state            text NOT NULL,
        old_regions          text[] NOT NULL,
        new_regions          text[] NOT NULL,
        old_priority         text NOT NULL,
        priority             text NOT NULL,
        priority_unack       text NOT NULL,
        annunciate           boolean NOT NULL,
        rule                 text NOT NULL,
        key                  text NOT NULL,
        title                text NOT NULL,
        site                 text NOT NULL,
        zone                 text NOT NULL,
        asset                text NOT NULL,
        device               text NOT NULL,
        raised_at            timestamptz,
        raised_count         bigint NOT NULL,
        acknowledged_at      timestamptz,
        acknowledged_by      text NOT NULL,
        shelved_until        timestamptz,
        out_of_service_until timestamptz,
        suppressed_by        text NOT NULL,
        work_order           text NOT NULL,
        flags                text[] NOT NULL,
        PRIMARY KEY (journal, seq, n)
);
COMMENT ON TABLE alarm_transition IS 'Every change of every alarm: what was, what is, why, who.';
COMMENT ON COLUMN alarm_transition.journal IS 'The journal.';
COMMENT ON COLUMN alarm_transition.seq IS 'Input that brought the change.';
COMMENT ON COLUMN alarm_transition.n IS 'Number of the conclusion within that input, from 0.';
COMMENT ON COLUMN alarm_transition.alarm IS 'The alarm.';
COMMENT ON COLUMN alarm_transition.version IS 'Version of the alarm after the change; grows by one each time.';
COMMENT ON COLUMN alarm_transition.changed_at IS 'Journal time of the change.';
COMMENT ON COLUMN alarm_transition.time IS 'Time of the events for what a rule found; journal time for what a person or a timer did.';
COMMENT ON COLUMN alarm_transition.cause IS 'RAISE, CLEAR, ACKNOWLEDGE, SHELVE and so on.';
COMMENT ON COLUMN alarm_transition.actor IS 'rule:NAME, timer, or the operator.';
COMMENT ON COLUMN alarm_transition.reason IS 'The operator''s reason; empty = none.';
COMMENT ON COLUMN alarm_transition.old_state IS 'State people saw before: NORM, UNACK, ACKED, RTNUN, LATCHED, SHLVD, DSUPR or OOSRV (ISA-18.2).';
COMMENT ON COLUMN alarm_transition.new_state IS 'State people see after it.';
COMMENT ON COLUMN alarm_transition.old_regions IS 'What held before: active, acknowledged, latched, shelved-timed, shelved-one-shot, suppressed, out-of-service.';
COMMENT ON COLUMN alarm_transition.new_regions IS 'What holds after it, in the same words.';
COMMENT ON COLUMN alarm_transition.old_priority IS 'Priority before.';
COMMENT ON COLUMN alarm_transition.priority IS 'Priority after it.';
COMMENT ON COLUMN alarm_transition.priority_unack IS 'Highest priority that nobody has acknowledged; empty = none.';
COMMENT ON COLUMN alarm_transition.annunciate IS 'It was to be sounded.';
COMMENT ON COLUMN alarm_transition.rule IS 'Name of the rule.';
COMMENT ON COLUMN alarm_transition.key IS 'What the rule counts by.';
COMMENT ON COLUMN alarm_transition.title IS 'Title as shown after the change.';
COMMENT ON COLUMN alarm_transition.site IS 'Site of the last event that counted.';
COMMENT ON COLUMN alarm_transition.zone IS 'Zone of the last event that counted.';
COMMENT ON COLUMN alarm_transition.asset IS 'Asset of the last event that counted.';
COMMENT ON COLUMN alarm_transition.device IS 'Device of the last event that counted.';
COMMENT ON COLUMN alarm_transition.raised_at IS 'Time of the last raise, by the time of the events.';
COMMENT ON COLUMN alarm_transition.raised_count IS 'How often it was raised, 1 at the first time.';
COMMENT ON COLUMN alarm_transition.acknowledged_at IS 'When it was acknowledged last; null = never.';
COMMENT ON COLUMN alarm_transition.acknowledged_by IS 'Who acknowledged it last; empty = nobody.';
COMMENT ON COLUMN alarm_transition.shelved_until IS 'End of timed shelving; null = not shelved by time.';
COMMENT ON COLUMN alarm_transition.out_of_service_until IS 'End of being out of service; null = in service.';
COMMENT ON COLUMN alarm_transition.suppressed_by IS 'Rule and episode that suppress it; empty = none.';
COMMENT ON COLUMN alarm_transition.work_order IS 'Work order for being out of service; empty = none.';
COMMENT ON COLUMN alarm_transition.flags IS 'instant, first-out, silenced, stale, exercise, covert, partial, as they stand after the change.';

CREATE TABLE alarm_evidence (
        journal     integer NOT NULL,
        seq         bigint NOT NULL,
        n           integer NOT NULL,
        position    integer NOT NULL,
        alarm       bigint NOT NULL,
        role        text NOT NULL,
        event_seq   bigint NOT NULL,
        event_idx   integer NOT NULL,
        event_time  timestamptz NOT NULL,
        device      text NOT NULL,
        kind        text NOT NULL,
        PRIMARY KEY (journal, seq, n, position)
);
COMMENT ON TABLE alarm_evidence IS 'The events that brought a change of an alarm.';
COMMENT ON COLUMN alarm_evidence.journal IS 'The journal.';
COMMENT ON COLUMN alarm_evidence.seq IS 'Input that brought the change.';
COMMENT ON COLUMN alarm_evidence.n IS 'Number of the change within that input: the row of alarm_transition.';
COMMENT ON COLUMN alarm_evidence.position IS 'Order of the evidence, from 0, oldest first.';
COMMENT ON COLUMN alarm_evidence.alarm IS 'The alarm.';
COMMENT ON COLUMN alarm_evidence.role IS 'Name that the rule gives to this event.';
COMMENT ON COLUMN alarm_evidence.event_seq IS 'The event''s seq.';
COMMENT ON COLUMN alarm_evidence.event_idx IS 'The event''s idx.';
COMMENT ON COLUMN alarm_evidence.event_time IS 'The event''s time: with it the event is found in one partition.';
COMMENT ON COLUMN alarm_evidence.device IS 'The event''s device.';
COMMENT ON COLUMN alarm_evidence.kind IS 'The event''s kind.';

CREATE TABLE notice (
        journal      integer NOT NULL,
        seq          bigint NOT NULL,
        n            integer NOT NULL,
        journal_time timestamptz NOT NULL,
        name         text NOT NULL,
        subject      text NOT NULL,
        text         text NOT NULL,
        PRIMARY KEY (journal, seq, n)
);
COMMENT ON TABLE notice IS 'What people should know about the system itself and what is no alarm.';
COMMENT ON COLUMN notice.journal IS 'The journal.';
COMMENT ON COLUMN notice.seq IS 'Input that brought it.';
COMMENT ON COLUMN notice.n IS 'Number of the conclusion within that input, from 0.';
COMMENT ON COLUMN notice.journal_time IS 'Journal time.';
COMMENT ON COLUMN notice.name IS 'Name of the kind of notice: intake-lost, store-gap and so on.';
COMMENT ON COLUMN notice.subject IS 'What it is about: a session, a rule, a record.';
COMMENT ON COLUMN notice.text IS 'One sentence for people.';

CREATE TABLE ruleset (
        journal       integer NOT NULL,
        seq           bigint NOT NULL,
        n             integer NOT NULL,
        in_force_from timestamptz NOT NULL,
        hash          text NOT NULL,
        rules         bigint NOT NULL,
        sensors       bigint NOT NULL,
        assets        bigint NOT NULL,
        zones         bigint NOT NULL,
        PRIMARY KEY (journal, seq, n)
);
COMMENT ON TABLE ruleset IS 'Which rule set was in force from when. Its text is the body of engine_input with the same journal and seq; ruleset_text shows it.';
COMMENT ON COLUMN ruleset.journal IS 'The journal.';
COMMENT ON COLUMN ruleset.seq IS 'The reload''s seq: in force for every input from here to the next row.';
COMMENT ON COLUMN ruleset.n IS 'Number of the conclusion within that input, from 0.';
COMMENT ON COLUMN ruleset.in_force_from IS 'Journal time from which it was in force.';
COMMENT ON COLUMN ruleset.hash IS 'Hash over the canonical text, 32 hex digits: the same text has the same hash.';
COMMENT ON COLUMN ruleset.rules IS 'Number of rules.';
COMMENT ON COLUMN ruleset.sensors IS 'Number of sensor types.';
COMMENT ON COLUMN ruleset.assets IS 'Number of assets in the site model.';
COMMENT ON COLUMN ruleset.zones IS 'Number of zones in the site model.';

CREATE TABLE quarantine (
        journal        integer NOT NULL,
        seq            bigint NOT NULL,
        n              integer NOT NULL,
        record         bytea NOT NULL,
        sqlstate       text NOT NULL,
        error          text NOT NULL,
        quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (journal, seq, n)
);
COMMENT ON TABLE quarantine IS 'Records of the journal that could not be written as rows, with their raw bytes. Normally empty.';
COMMENT ON COLUMN quarantine.journal IS 'The journal.';
COMMENT ON COLUMN quarantine.seq IS 'The record''s seq.';
COMMENT ON COLUMN quarantine.n IS 'Number of the conclusion within the input; -1 = the input itself.';
COMMENT ON COLUMN quarantine.record IS 'The record as it stands in the journal.';
COMMENT ON COLUMN quarantine.sqlstate IS 'Error code of PostgreSQL; WW001 = the record cannot be read.';
COMMENT ON COLUMN quarantine.error IS 'The error in one line.';
COMMENT ON COLUMN quarantine.quarantined_at IS 'When (clock of the database).';

-- ---------------------------------------------------------------------------------------------------------------------
-- The obvious questions: what did this device say, what happened in this zone, what happened then.

CREATE INDEX message_received_at ON message USING brin (received_at);
CREATE INDEX event_device ON event (device, time);
CREATE INDEX event_zone ON event (zone, time) WHERE zone <> '';
CREATE INDEX event_time ON event USING brin (time);
CREATE INDEX undecoded_received_at ON undecoded USING brin (received_at);
CREATE INDEX command_id ON command (command_id);
CREATE INDEX command_time ON command (journal_time);
CREATE INDEX alarm_raised_at ON alarm (raised_at);
CREATE INDEX alarm_zone ON alarm (zone, raised_at);
CREATE INDEX alarm_rule ON alarm (rule, raised_at);
CREATE INDEX alarm_transition_alarm ON alarm_transition (journal, alarm, version DESC);
CREATE INDEX alarm_transition_changed_at ON alarm_transition (changed_at);
CREATE INDEX alarm_evidence_alarm ON alarm_evidence (journal, alarm);
CREATE INDEX alarm_evidence_event ON alarm_evidence (journal, event_seq);
CREATE INDEX notice_time ON notice (journal_time);

-- ---------------------------------------------------------------------------------------------------------------------
-- Partitions: one a day (UTC), made ahead. Whatever falls outside them goes to the default one and is not refused.

CREATE TABLE message_default PARTITION OF message DEFAULT;
COMMENT ON TABLE message_default IS 'Messages whose date has no partition of its own.';
CREATE TABLE event_default PARTITION OF event DEFAULT;
COMMENT ON TABLE event_default IS 'Events whose date has no partition of its own.';
CREATE TABLE undecoded_default PARTITION OF undecoded DEFAULT;
COMMENT ON TABLE undecoded_default IS 'Undecoded messages whose date has no partition of its own.';

CREATE FUNCTION ensure_partitions(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wardwatch, pg_temp AS $$
DECLARE
        parent text;
        child  text;
        day    date;
        made   integer := 0;
BEGIN
        IF last - first > 100 THEN
                RAISE EXCEPTION 'at most 100 days at a time';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('wardwatch.ensure_partitions', 0));
        FOR i IN 0 .. last - first LOOP
                day := first + i;
                FOREACH parent IN ARRAY ARRAY['message', 'event', 'undecoded'] LOOP
                        child := parent || '_' || to_char(day, 'YYYYMMDD');
                        CONTINUE WHEN to_regclass('wardwatch.' || quote_ident(child)) IS NOT NULL;
                        BEGIN
                                -- made apart and attached: the parent stays readable and writable meanwhile
                                EXECUTE format('CREATE TABLE wardwatch.%I (LIKE wardwatch.%I INCLUDING ALL)', child, parent);
                                EXECUTE format('ALTER TABLE wardwatch.%I ATTACH PARTITION wardwatch.%I FOR VALUES FROM (%L) TO (%L)',
                                               parent, child, day::timestamp AT TIME ZONE 'UTC',
                                               (day + 1)::timestamp AT TIME ZONE 'UTC');
                                made := made + 1;
                        EXCEPTION WHEN check_violation THEN
                                NULL; -- the default partition has rows of that day already: it keeps them
                        END;
                END LOOP;
        END LOOP;
        RETURN made;
END
$$;
COMMENT ON FUNCTION ensure_partitions(date, date) IS 'Makes the daily partitions of message, event and undecoded from the first to the last day, where there is none. Returns how many tables it made.';

-- ---------------------------------------------------------------------------------------------------------------------
-- History is inserted, never changed.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
        RAISE EXCEPTION 'history is not changed: % of %', lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger of every table but store_cursor: refuses update, delete and truncate.';

DO $$
DECLARE
        name text;
BEGIN
        FOREACH name IN ARRAY ARRAY['journal', 'store_gap', 'message', 'engine_input', 'command', 'command_reply', 'event', 'undecoded',
                                    'alarm', 'alarm_transition', 'alarm_evidence', 'notice', 'ruleset', 'quarantine'] LOOP
                EXECUTE format('CREATE TRIGGER history_row BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
                EXECUTE format('CREATE TRIGGER history_table BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
        END LOOP;
END
$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Views.

CREATE VIEW alarm_now AS
SELECT DISTINCT ON (t.journal, t.alarm)
        t.journal, t.alarm, t.new_state AS state, t.priority, t.priority_unack, t.rule, t.key, t.title, a.hazard, a.class, a.procedure,
        a.legal_basis, t.site, t.zone, t.asset, t.device, a.raised_at AS first_raised_at, t.raised_at, t.raised_count, t.changed_at,
        t.cause, t.actor, t.reason, t.new_regions AS regions, t.acknowledged_at, t.acknowledged_by, t.shelved_until,
        t.out_of_service_until, t.suppressed_by, t.work_order, t.flags, t.version
FROM alarm_transition t LEFT JOIN alarm a USING (journal, alarm)
ORDER BY t.journal, t.alarm, t.version DESC;
COMMENT ON VIEW alarm_now IS 'Every alarm as its latest transition left it, also those back to NORM. What the alarm table holds is null for an alarm whose first raise is not in this database.';

CREATE VIEW command_answered AS
SELECT c.journal, c.seq, c.journal_time, c.actor, c.command_id, c.name, c.request, r.ok, r.reply
FROM command c LEFT JOIN command_reply r USING (journal, seq);
COMMENT ON VIEW command_answered IS 'Commands with their answers.';

CREATE VIEW ruleset_text AS
SELECT r.journal, r.seq, r.in_force_from, r.hash, i.body AS text
FROM ruleset r LEFT JOIN engine_input i USING (journal, seq);
COMMENT ON VIEW ruleset_text IS 'Rule sets with their whole text: a bundle of files with binary lengths between them; read it with encode(text, ''escape'').';

CREATE VIEW input AS
SELECT journal, seq, received_at, journal_time, 'message' AS type FROM message
UNION ALL SELECT journal, seq, received_at, journal_time, 'command' FROM command
UNION ALL SELECT journal, seq, received_at, journal_time, type FROM engine_input
UNION ALL SELECT journal, seq, NULL, NULL, 'quarantined' FROM quarantine WHERE n = -1;
COMMENT ON VIEW input IS 'Every input of every journal, whichever table holds it: each seq up to the cursor stands here once, or in store_gap.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Rights: the owner migrates, the writer inserts, readers read. Give a login one of the two group roles.

DO $$
DECLARE
        name text;
BEGIN
        FOREACH name IN ARRAY ARRAY['wardwatch_writer', 'wardwatch_reader'] LOOP
                BEGIN
                        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                        END IF;
                        EXECUTE format('GRANT USAGE ON SCHEMA wardwatch TO %I', name);
                        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA wardwatch TO %I', name);
                EXCEPTION WHEN insufficient_privilege THEN
                        RAISE NOTICE 'role % was not made: the owner may not create roles', name;
                END;
        END LOOP;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_writer') THEN
                GRANT INSERT ON journal, store_cursor, store_gap, message, engine_input, command, command_reply, event, undecoded, alarm,
                        alarm_transition, alarm_evidence, notice, ruleset, quarantine TO wardwatch_writer;
                GRANT UPDATE ON store_cursor TO wardwatch_writer;
        END IF;
        REVOKE EXECUTE ON FUNCTION ensure_partitions(date, date) FROM PUBLIC;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_writer') THEN
                GRANT EXECUTE ON FUNCTION ensure_partitions(date, date) TO wardwatch_writer;
        END IF;
END
$$;
