-- Beside a change of an alarm: what it sounded like in the control room.
--
-- A constant default, as in 0002. Rows that are there already do not say: what sounds is the daemon's to know.

ALTER TABLE alarm_transition ADD COLUMN sound text NOT NULL DEFAULT '';
COMMENT ON COLUMN alarm_transition.sound IS 'What was to be heard at it: none, low, medium, high or critical; by the class at least what it needs. Empty = written before there was this column.';
COMMENT ON COLUMN alarm_transition.annunciate IS 'It asked for the operator''s attention; sound says how.';
