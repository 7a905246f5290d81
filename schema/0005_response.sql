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
