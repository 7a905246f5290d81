-- Beside a change of an alarm: what held when it came about.
--
-- A constant default: PostgreSQL adds the column without writing the table anew, and rows that are there read as ''.

ALTER TABLE alarm_transition ADD COLUMN context text NOT NULL DEFAULT '';
COMMENT ON COLUMN alarm_transition.context IS 'One line about it: the rule''s guard values and timers, the muting alarm''s number, or what it was suppressed by until now; empty = none.';
COMMENT ON COLUMN alarm_transition.actor IS 'rule:NAME, timer, reload, or the operator.';
COMMENT ON COLUMN alarm_transition.suppressed_by IS 'Rule and key of the alarm that mutes it; RULE (pending) while it is not settled whether that rule will; empty = none.';
