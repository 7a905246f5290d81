-- What auditors asked: which moment a priority is of, what a word stands for. And partitions whose size nobody asks for
-- are not measured: pg_total_relation_size is volatile, so each of them was, also where the column was not read.

CREATE FUNCTION relation_bytes(relation oid) RETURNS bigint LANGUAGE sql STABLE SET search_path = wardwatch, pg_temp AS $$
        SELECT pg_total_relation_size(relation)
$$;
COMMENT ON FUNCTION relation_bytes(oid) IS 'Size of a table on the disk with its indexes; measured only where it is asked for.';

CREATE OR REPLACE VIEW stored_partition AS
SELECT s.class, s.name AS relation, c.relname::text AS partition, p.start AT TIME ZONE 'UTC' AS range_from,
        (p.start + ('1 ' || s.period)::interval) AT TIME ZONE 'UTC' AS range_to, relation_bytes(c.oid) AS bytes
FROM stored_table s
JOIN pg_inherits i ON i.inhparent = to_regclass('wardwatch.' || s.name)
JOIN pg_class c ON c.oid = i.inhrelid,
LATERAL (SELECT CASE WHEN starts_with(c.relname::text, s.name || '_') AND substr(c.relname::text, length(s.name) + 2) ~ '^\d{6}(\d\d)?$'
        THEN to_date(rpad(substr(c.relname::text, length(s.name) + 2), 8, '01'), 'YYYYMMDD')::timestamp END AS start) p
WHERE s.period IS NOT NULL AND p.start IS NOT NULL;

COMMENT ON VIEW alarm_wait IS 'Each time that an alarm stood unacknowledged, whether active or gone already, and what ended that: an acknowledgement, or that it was hidden (shelved, suppressed, out of service); NULL = it still stands. priority, title, zone and device: when it began (began_version of alarm_transition).';
COMMENT ON VIEW disposition IS 'What incidents turned out to be. The one that holds has the state final; pending waits for the second person; rejected, expired and superseded ones stay. outcome: genuine, nuisance, false, test, drill or duplicate; code: the site''s own word for it; done: what was done; why: the reason; report: it is to be reported to an authority.';
COMMENT ON VIEW notification IS 'Who was to be told of what, and what became of it: due, sent, failed (it is tried again), given-up, withdrawn (the incident was closed, or the record over, before), or withheld (the incident is covert, or became so before it was sent, and the channel may be seen or heard where the threat is: its fallback was taken). incident or record: of what; one of them is NULL. A report to an authority is a record: see record_sent. key: INCIDENT/LADDER/STEP/RECIPIENT/CHANNEL, of a record record-ID.VERSION-RECIPIENT/CHANNEL.';
COMMENT ON VIEW notification_attempt IS 'Each attempt to deliver a notification, and the answer to it; also that it was withheld or withdrawn, which is no attempt. incident or record: of what it told.';
COMMENT ON COLUMN command.actor IS 'Who: a person who logged in by name, unix:NAME for a user of the machine as the socket''s peer proved it.';
COMMENT ON COLUMN command.request IS 'The whole command; its roles are those of the actor when it came, as bits: operator 1, supervisor 2, maintenance 4, auditor 8, integrator 16, administrator 32; 2147483647 = root or the daemon''s user, who may all. One that is no JSON is a JSON string in escape notation.';
