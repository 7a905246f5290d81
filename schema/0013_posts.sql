-- Posts that are to be manned (`manning` in rules/response): each span in which the same people were there.

CREATE VIEW post_staffing AS
SELECT journal, body->>'name' AS post, body->>'zone' AS zone, body->>'state' AS state, (body->>'wanted')::integer AS wanted,
        (body->>'there')::integer AS there, body->'people' AS people, changed_at AS since,
        lead(changed_at) OVER (PARTITION BY journal, id ORDER BY version) AS until
FROM change WHERE subject = 'post' AND NOT exercise;
COMMENT ON VIEW post_staffing IS 'Who was at a post that is to be manned, span by span: manned, understaffed, or unwatched (the rules do not ask any more); wanted: how many were to be there; until NULL: it still is so.';

COMMENT ON TABLE change IS 'Each change of an incident, a member (an alarm of an incident), step, note, disposition, approval, dispatch, operator, guard, shift, handover, escalation, notification, flood, record or post. Partitioned by month of changed_at.';
