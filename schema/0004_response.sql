-- What people and procedures did about alarms.
--
-- One table for all of it: each row is one change of one subject (an incident, a step, a note, a guard …) and holds the
-- whole subject as it stands after the change. So the history of a subject is its rows by version, and what holds now is
-- the newest of them: the views below.

CREATE TABLE change (
        journal    integer NOT NULL,
        seq        bigint NOT NULL,
        n          integer NOT NULL,
        changed_at timestamptz NOT NULL,
        subject    text NOT NULL,
        id         bigint NOT NULL,
        version    bigint NOT NULL,
        incident   bigint,
        what       text NOT NULL,
        ended      boolean NOT NULL,
        exercise   boolean NOT NULL,
        actor      text NOT NULL,
        reason     text NOT NULL,
        body       jsonb NOT NULL,
        PRIMARY KEY (journal, seq, n)
);
COMMENT ON TABLE change IS 'Each change of an incident, step, note, disposition, approval, dispatch, operator, guard, shift, handover, escalation, notification or flood.';
COMMENT ON COLUMN change.journal IS 'The journal.';
COMMENT ON COLUMN change.seq IS 'The input that it was concluded from: of a person''s act, its command.';
COMMENT ON COLUMN change.n IS 'Its place among the conclusions of that input.';
COMMENT ON COLUMN change.changed_at IS 'Journal time of the change.';
COMMENT ON COLUMN change.subject IS 'What changed: incident, step, note …';
COMMENT ON COLUMN change.id IS 'Its number; each subject counts from 1.';
COMMENT ON COLUMN change.version IS 'Counts its changes from 1 without a gap.';
COMMENT ON COLUMN change.incident IS 'The incident that it belongs to; an incident names itself; NULL = none.';
COMMENT ON COLUMN change.what IS 'What happened: opened, taken, step-done …';
COMMENT ON COLUMN change.ended IS 'True: with this change it is over.';
COMMENT ON COLUMN change.exercise IS 'True: of a drill; kept out of figures.';
COMMENT ON COLUMN change.actor IS 'Who did it: a person, timer, rule:NAME, or procedure.';
COMMENT ON COLUMN change.reason IS 'The reason that the person gave; empty = none.';
COMMENT ON COLUMN change.body IS 'The whole subject after the change.';

CREATE INDEX change_subject ON change (subject, id, version);
CREATE INDEX change_incident ON change (incident) WHERE incident IS NOT NULL;
CREATE INDEX change_time ON change (changed_at);

CREATE TRIGGER history_row BEFORE UPDATE OR DELETE ON change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER history_table BEFORE TRUNCATE ON change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------------------------------------------------------------
-- Views: the newest version of each subject, with the members of its body as columns.

CREATE VIEW change_now AS
SELECT DISTINCT ON (journal, subject, id) *
FROM change ORDER BY journal, subject, id, version DESC;
COMMENT ON VIEW change_now IS 'Every subject as its latest change left it, also those that are over.';

CREATE VIEW incident AS
SELECT journal, id AS incident, version, body->>'state' AS state, body->>'hazard' AS hazard, body->>'priority' AS priority,
        body->>'zone' AS zone, body->>'title' AS title, body->>'owner' AS owner, body->>'disposition' AS disposition,
        (body->>'manual')::boolean AS manual, (body->>'forced')::boolean AS forced, exercise,
        (body->>'opened_at')::timestamptz AS opened_at, (body->>'last_alarm_at')::timestamptz AS last_alarm_at,
        (body->>'acknowledged_at')::timestamptz AS acknowledged_at, body->>'acknowledged_by' AS acknowledged_by,
        (body->>'dispatched_at')::timestamptz AS dispatched_at, (body->>'held_until')::timestamptz AS held_until,
        (body->>'resolved_at')::timestamptz AS resolved_at, (body->>'closed_at')::timestamptz AS closed_at,
        (body->>'cause')::bigint AS cause, (body->>'alarm_count')::integer AS alarm_count,
        (body->>'cause_count')::integer AS cause_count, (body->>'merged_into')::bigint AS merged_into,
        body->'alarms' AS alarms, body->'procedures' AS procedures, changed_at, what, actor, reason
FROM change_now WHERE subject = 'incident';
COMMENT ON VIEW incident IS 'Incidents as they stand: state new, in-progress, on-hold, resolved or closed; alarms is a list of {id, cause, rule, title, priority, asset, device, raised_at, told_by}.';

CREATE VIEW incident_alarm AS
SELECT i.journal, i.incident, (a->>'id')::bigint AS alarm, (a->>'cause')::boolean AS cause, a->>'told_by' AS told_by, i.exercise
FROM incident i, jsonb_array_elements(i.alarms) a;
COMMENT ON VIEW incident_alarm IS 'Which alarm is in which incident, and whether it is a cause or a symptom; told_by: who said so, empty = the engine.';

CREATE VIEW incident_note AS
SELECT journal, id AS note, incident, body->>'text' AS text, body->>'by' AS by, (body->>'at')::timestamptz AS at,
        body->'attachment'->>'name' AS attachment, body->'attachment'->>'sha256' AS sha256,
        (body->'attachment'->>'size')::bigint AS size, body->'attachment'->>'where' AS kept_at, body->'amendments' AS amendments, exercise
FROM change_now WHERE subject = 'note';
COMMENT ON VIEW incident_note IS 'What people wrote down, with what they added later: a list of {at, by, text}.';

CREATE VIEW procedure_step AS
SELECT journal, id AS step, incident, body->>'procedure' AS procedure, (body->>'position')::integer AS position, body->>'step' AS name,
        body->>'text' AS text, body->>'state' AS state, (body->>'required')::boolean AS required, body->>'role' AS role,
        body->>'by' AS by, (body->>'done_at')::timestamptz AS done_at, body->>'note' AS note, reason,
        NULLIF(body->>'topic', '') AS topic, NULLIF(body->>'payload', '') AS payload, (body->>'sent_at')::timestamptz AS sent_at, exercise
FROM change_now WHERE subject = 'step';
COMMENT ON VIEW procedure_step IS 'Steps of procedures: state open, running (its command is sent), done, skipped (reason says why) or failed (nothing confirmed it in time).';

CREATE VIEW disposition AS
SELECT journal, id AS disposition, incident, body->>'code' AS code, body->>'title' AS title, body->>'outcome' AS outcome,
        body->>'state' AS state, (body->>'report')::boolean AS report, body->>'done' AS done, body->>'why' AS why, body->>'by' AS by,
        (body->>'at')::timestamptz AS at, NULLIF(body->>'approved_by', '') AS approved_by,
        (body->>'approved_at')::timestamptz AS approved_at, (body->>'break_glass')::boolean AS break_glass,
        body->'amendments' AS amendments, exercise
FROM change_now WHERE subject = 'disposition';
COMMENT ON VIEW disposition IS 'What incidents turned out to be. The one that holds has the state final; pending waits for the second person; rejected, expired and superseded ones stay.';

CREATE VIEW dispatch AS
SELECT journal, id AS dispatch, incident, body->>'guard' AS guard, body->>'state' AS state, (body->>'sent_at')::timestamptz AS sent_at,
        (body->>'arrived_at')::timestamptz AS arrived_at, (body->>'done_at')::timestamptz AS done_at, body, exercise
FROM change_now WHERE subject = 'dispatch';
COMMENT ON VIEW dispatch IS 'Guards sent to incidents.';

CREATE VIEW operator AS
SELECT journal, id AS operator, body->>'name' AS name, body->>'title' AS title, body->'roles' AS roles, body->>'state' AS state,
        NOT ended AS active, changed_at, actor, body
FROM change_now WHERE subject = 'operator';
COMMENT ON VIEW operator IS 'People who may log in, and what they may do.';

CREATE VIEW guard AS
SELECT journal, id AS guard, body->>'name' AS name, body->>'status' AS status, body->>'zone' AS zone, body->>'post' AS post, changed_at, body
FROM change_now WHERE subject = 'guard';
COMMENT ON VIEW guard IS 'Guards as they stand.';

CREATE VIEW handover AS
SELECT journal, id AS handover, body->>'state' AS state, body->>'from' AS from_person, body->>'to' AS to_person,
        (body->>'offered_at')::timestamptz AS offered_at, (body->>'accepted_at')::timestamptz AS accepted_at, body->'items' AS items, body
FROM change_now WHERE subject = 'handover';
COMMENT ON VIEW handover IS 'Shifts handed over, with every open item that was accepted.';

CREATE VIEW escalation AS
SELECT journal, id AS escalation, incident, body->>'ladder' AS ladder, body->>'state' AS state, body->>'priority' AS priority,
        (body->>'started_at')::timestamptz AS started_at, body->'steps' AS steps, exercise
FROM change_now WHERE subject = 'escalation';
COMMENT ON VIEW escalation IS 'Ladders of incidents: steps is a list of {due, until, to, by, state: waiting, fired or stopped}.';

CREATE VIEW notification AS
SELECT journal, id AS notification, incident, body->>'key' AS key, body->>'ladder' AS ladder, (body->>'step')::integer AS step,
        body->>'recipient' AS recipient, body->>'channel' AS channel, body->>'address' AS address, body->>'text' AS text,
        body->>'state' AS state, (body->>'attempts')::integer AS attempts, body->>'answer' AS answer,
        (body->>'due_at')::timestamptz AS due_at, (body->>'sent_at')::timestamptz AS sent_at, exercise
FROM change_now WHERE subject = 'notification';
COMMENT ON VIEW notification IS 'Who was to be told of what, and what became of it: due, sent, failed (it is tried again), given-up, or withdrawn (the incident was closed before).';

CREATE VIEW notification_attempt AS
SELECT journal, id AS notification, incident, body->>'key' AS key, body->>'channel' AS channel, body->>'recipient' AS recipient,
        (body->>'attempts')::integer AS attempt, what AS result, body->>'answer' AS answer, changed_at AS at, exercise
FROM change WHERE subject = 'notification' AND what <> 'due';
COMMENT ON VIEW notification_attempt IS 'Each attempt to deliver a notification, and the answer to it.';

DO $$
BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_reader') THEN
                GRANT SELECT ON ALL TABLES IN SCHEMA wardwatch TO wardwatch_reader;
        END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wardwatch_writer') THEN
                GRANT SELECT ON ALL TABLES IN SCHEMA wardwatch TO wardwatch_writer;
                GRANT INSERT ON change TO wardwatch_writer;
        END IF;
END
$$;
