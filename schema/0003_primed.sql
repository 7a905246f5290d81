-- Beside a reload: what its new and changed rules were primed with, so that history says all that it was concluded from.

ALTER TABLE engine_input ADD COLUMN primed text NOT NULL DEFAULT '';
ALTER TABLE engine_input ADD COLUMN stood text NOT NULL DEFAULT '';
COMMENT ON COLUMN engine_input.primed IS 'Of a reload: "prime FROM_SEQ FROM_TIME": its new and changed rules were fed with the inputs from FROM_SEQ on, and counted their `keep` back from FROM_TIME (microseconds since 1970); empty = none had to be.';
COMMENT ON COLUMN engine_input.stood IS 'Of such a reload: blindness, modes and list members before the first of these inputs, as JSON; else empty.';

ALTER TABLE ruleset ADD COLUMN complete_from timestamptz;
COMMENT ON COLUMN ruleset.complete_from IS 'From when on every window is whole; until then alarms of those that look back further than they were primed say partial. NULL = all are.';
