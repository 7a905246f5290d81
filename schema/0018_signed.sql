-- Who signed the rule sets that were in force. A signature is a command, `rules-sign`, that the daemon took; it names the
-- set by its hash, and counts for each time that this set comes into force after it.

CREATE INDEX command_rules_sign ON command ((request->>'hash'), seq) WHERE name = 'rules-sign';

CREATE VIEW rules_signature AS
SELECT c.journal, c.seq, c.journal_time AS signed_at, c.actor AS person, c.request->>'hash' AS hash, c.request->>'reason' AS reason,
        c.request->'added' AS added, c.request->'removed' AS removed, c.request->'changed' AS changed
FROM command c JOIN command_reply r USING (journal, seq, journal_time) WHERE c.name = 'rules-sign' AND r.ok;
COMMENT ON VIEW rules_signature IS 'Who signed a rule set, and why; added, removed and changed are the names of the rules by which it differed from the set that was in force then, 500 of each at most.';

CREATE VIEW ruleset_signed AS
SELECT r.journal, r.seq, r.in_force_from, r.hash, s.persons IS NOT NULL AS signed, s.persons, l.signed_at, l.reason, l.added, l.removed, l.changed
FROM ruleset r
LEFT JOIN LATERAL (SELECT array_agg(DISTINCT g.person ORDER BY g.person) AS persons FROM rules_signature g
                   WHERE g.hash = r.hash AND g.journal = r.journal AND g.seq < r.seq) s ON true
LEFT JOIN LATERAL (SELECT * FROM rules_signature g WHERE g.hash = r.hash AND g.journal = r.journal AND g.seq < r.seq
                   ORDER BY g.seq DESC LIMIT 1) l ON true;
COMMENT ON VIEW ruleset_signed IS 'Which rule set came into force when, and who had signed it before: persons are all who did, the rest is the newest signature; signed false = nobody had.';
