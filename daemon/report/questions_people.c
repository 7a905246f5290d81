/* What people did, may do, and were on duty for. */
#include "report/questions.h"

/* clang-format off */
const struct question questions_people[] = {
        { "operator-acts", "What did this person do?",
                "Every act, also those that were refused (ok is false). Name as it stands in the record: alice, or unix:root for a user of the machine. act: of a record its kind and act; subject: on what, as its kind and number; of a new record or person what it is called.", "7 days",
                "SELECT journal_time, actor, CASE WHEN name = 'record' THEN (request->>'kind') || ' ' || (request->>'act') ELSE name END AS act, ok,\n"
                "       coalesce(request->>'record', (SELECT k || ' ' || (request->>k) FROM unnest(ARRAY['alarm', 'incident', 'dispatch', 'step', 'note',\n"
                "           'disposition', 'approval', 'handover', 'shift', 'escalation', 'operator', 'guard']) WITH ORDINALITY o (k, place)\n"
                "         WHERE request ? k ORDER BY place LIMIT 1), request->>'name', reply->'changes'->0->>'number',\n"
                "         (reply->'changes'->0->>'subject') || ' ' || (reply->'changes'->0->>'id'), '') AS subject,\n"
                "       request->>'reason' AS reason, reply->'error'->>'text' AS refused, request FROM command_answered\n"
                "WHERE (:'operator' = '' OR actor = :'operator') AND name NOT IN ('notice', 'cursor', 'reader')\n"
                "  AND journal_time >= :'from' AND journal_time < :'to' ORDER BY journal, seq LIMIT :'limit'" },
        { "acts-refused", "What did people try, and were refused?", "", "7 days",
                "SELECT journal_time, actor, name, request->>'alarm' AS alarm, reply->'error'->>'text' AS error FROM command_answered\n"
                "WHERE NOT ok AND journal_time >= :'from' AND journal_time < :'to' ORDER BY journal, seq LIMIT :'limit'" },
        { "on-duty", "Who was on duty, and was what they left accepted?", "", "7 days",
                "SELECT person, post, began_at, ended_at, accepted_by, left_open, unaccepted FROM shift\n"
                "WHERE began_at < :'to' AND (ended_at IS NULL OR ended_at >= :'from') ORDER BY began_at LIMIT :'limit'" },
        { "posts-understaffed", "When did which post have fewer people than it should, and who was there?", "", "7 days",
                "SELECT post, zone, since, until, wanted, there, people FROM post_staffing\n"
                "WHERE state = 'understaffed' AND since < :'to' AND (until IS NULL OR until >= :'from') ORDER BY since, post LIMIT :'limit'" },
        { "handovers", "What was handed over, and who accepted each of it?", "", "7 days",
                "SELECT h.handover, h.offered_at, h.from_person, h.state, i.item, i.why, i.text, i.accepted_by, i.accepted_at\n"
                "FROM handover h JOIN handover_item i ON i.journal = h.journal AND i.handover = h.handover\n"
                "WHERE h.offered_at >= :'from' AND h.offered_at < :'to' ORDER BY h.handover, i.item LIMIT :'limit'" },
        { "glass-broken", "What was done without the second person that it takes, by whom, and why?",
                "Dispositions, roles, and what was taken out of service in a key area.", "1 year",
                "SELECT changed_at, actor, lower(replace(cause, '_', '-')) AS act, 'alarm ' || alarm AS subject, title, zone, reason FROM alarm_transition\n"
                "WHERE cause = 'OUT_OF_SERVICE' AND context LIKE 'without a second person%' AND changed_at >= :'from' AND changed_at < :'to'\n"
                "UNION ALL\n"
                "SELECT changed_at, actor, CASE subject WHEN 'disposition' THEN 'dispose' ELSE what END, CASE subject WHEN 'disposition' THEN 'incident ' || incident ELSE subject || ' ' || id END,\n"
                "       coalesce(body->>'title', ''), '', reason FROM change\n"
                "WHERE what LIKE '%glass-broken' AND changed_at >= :'from' AND changed_at < :'to' ORDER BY changed_at, subject LIMIT :'limit'" },
        { "operators", "Who may do what, since when, and who agreed?",
                "Each change of an operator; a glass that was broken stands out.", "10 years",
                "SELECT changed_at, what, body->>'name' AS name, body->'roles' AS roles, actor, body->>'approved_by' AS approved_by, reason\n"
                "FROM change WHERE subject = 'operator' AND changed_at >= :'from' AND changed_at < :'to' ORDER BY seq, n LIMIT :'limit'" },
        { "credentials", "Whose credentials changed?", "The record says that, and never what they are.", "1 year",
                "SELECT journal_time, subject, text FROM notice\n"
                "WHERE name = 'credentials-changed' AND journal_time >= :'from' AND journal_time < :'to' ORDER BY journal_time LIMIT :'limit'" },
        { "logins", "Who logged in and out, was refused, came with a key, or exported history?",
                "Person as it was typed: a name that is refused may be nobody's.", "7 days",
                "SELECT at, what, person, source, session, text FROM login\n"
                "WHERE (:'operator' = '' OR person = :'operator') AND at >= :'from' AND at < :'to' ORDER BY at, seq, n LIMIT :'limit'" },
        { "switches", "Who switched a mode, or changed a list, and why?", "", "7 days",
                "SELECT journal_time, actor, name, request->>'name' AS subject, request->>'member' AS member,\n"
                "       coalesce(request->>'on', request->>'add') AS value, request->>'until' AS until, request->>'reason' AS reason, ok\n"
                "FROM command_answered WHERE name IN ('mode', 'list') AND journal_time >= :'from' AND journal_time < :'to'\n"
                "ORDER BY journal, seq LIMIT :'limit'" },
        { "guards", "How long did guards take, by hazard?", "Seconds, median. Who arrived more than a day after the end of the span counts as not arrived.", "30 days",
                "SELECT i.hazard, count(*) AS sent, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.sent_at - i.opened_at)) AS to_send,\n"
                "       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.arrived_at - d.sent_at)) AS to_arrive\n"
                "FROM (SELECT c.journal, c.incident, c.id, min(c.changed_at) FILTER (WHERE c.version = 1) AS sent_at,\n"
                "             min((c.body->>'arrived_at')::timestamptz) FILTER (WHERE c.what = 'arrived') AS arrived_at FROM change c\n"
                "      WHERE c.subject = 'dispatch' AND NOT c.exercise AND c.changed_at >= :'from' AND c.changed_at < :'to'::timestamptz + interval '1 day'\n"
                "      GROUP BY c.journal, c.incident, c.id) d\n"
                "JOIN figure_incident i ON i.journal = d.journal AND i.incident = d.incident\n"
                "WHERE d.sent_at >= :'from' AND d.sent_at < :'to' GROUP BY i.hazard ORDER BY i.hazard LIMIT :'limit'" },
        { 0 },
};
/* clang-format on */
