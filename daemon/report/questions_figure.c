/* How well it goes: the figures. Each is a function of the database, whose comment is its definition. */
#include "report/questions.h"

#define WHERE "(:'from', :'to', :'zone', :'hazard')"

/* clang-format off */
const struct question questions_figure[] = {
        { "figures", "How well are alarms handled?", "Each figure with its target; met: empty where there is nothing to measure, or no target.", "7 days",
                "SELECT figure, value, unit, target, met, definition FROM figures" WHERE " LIMIT :'limit'" },
        { "compliance", "Are supervision, response times, duties, record and retention as they must be?", "", "30 days",
                "SELECT duty, what, value, unit, target, met, detail FROM compliance(:'from', :'to', :'zone') LIMIT :'limit'" },
        { "alarm-rate", "How many alarms does each operator get in 10 minutes?",
                "Operators: persons on duty, averaged; fewer than one count as one. Target: at most 1.", NULL,
                "SELECT starts, annunciated, operators, per_operator FROM alarm_rate(:'from', :'to', '10 minutes', :'zone', :'hazard') LIMIT :'limit'" },
        { "alarm-days", "How many alarms does each operator get in a day?",
                "Steps of 24 hours from the beginning of the span on. Target: at most 150 for each operator who is on duty all day; from 300 on they must be reduced.", "30 days",
                "SELECT starts, annunciated, operators, per_operator FROM alarm_rate(:'from', :'to', '1 day', :'zone', :'hazard') LIMIT :'limit'" },
        { "alarm-hours", "At which hours do alarms come?", "Hours of the day, all days of the span together.", "7 days",
                "SELECT h.hour, count(n.at) AS annunciated FROM generate_series(0, 23) h (hour)\n"
                "LEFT JOIN annunciations" WHERE " n ON extract(hour FROM n.at) = h.hour\n"
                "GROUP BY h.hour ORDER BY h.hour LIMIT :'limit'" },
        { "alarm-peak", "When did most alarms come within 10 minutes?", "at: the end of these 10 minutes. Target: at most 10.", "7 days",
                "SELECT at, annunciated FROM alarm_peak" WHERE " LIMIT :'limit'" },
        { "floods", "When were there more alarms than anybody can look at?",
                "From more than 10 in 10 minutes until fewer than 5 in 10 minutes. An empty end: it still was at the end of the span. Target: less than 1 % of the time.", "30 days",
                "SELECT started_at, ended_at, lasted, peak, annunciated FROM alarm_floods" WHERE " LIMIT :'limit'" },
        { "alarm-standing", "How many alarms were active and shown, from when to when?", "Target: fewer than 10.", "7 days",
                "SELECT at, standing FROM alarm_standing" WHERE " LIMIT :'limit'" },
        { "alarm-stale", "Which alarms were active at this moment, and for longer than a day?", "Target: fewer than 10 active, fewer than 5 stale.", NULL,
                "SELECT alarm, priority, title, hazard, zone, device, state, active_since, stale FROM alarm_stale(:'at', :'zone', :'hazard') LIMIT :'limit'" },
        { "alarm-chatter", "Which alarms chatter, or are gone before anybody can look?",
                "Chattering: cleared for the third time within less than a minute. Fleeting: cleared within 10 seconds. Target: none.", "7 days",
                "SELECT rule, key, title, zone, device, cleared, chattering, fleeting FROM alarm_chatter" WHERE " LIMIT :'limit'" },
        { "bad-actors", "Which alarms come most often?", "Target: the ten most frequent together at most 5 %.", "30 days",
                "SELECT place, rule, key, title, zone, device, annunciated, share, cumulated FROM bad_actors" WHERE " LIMIT :'limit'" },
        { "alarm-priorities", "How many alarms of each priority?", "Target: about 80 % low, 15 % medium, 5 % high and critical.", "30 days",
                "SELECT priority, annunciated, share, target FROM alarm_priorities" WHERE " LIMIT :'limit'" },
        { "alarm-counts", "How many alarms of which hazard, and where?", "An empty zone: all of that hazard.", "30 days",
                "SELECT hazard, zone, annunciated, alarms, high FROM alarm_counts" WHERE " LIMIT :'limit'" },
        { "acknowledge-times", "How long did alarms wait to be acknowledged?",
                "Empty hazard and zone: all with that target. Target: 80 % within half of it, 98.5 % within it.", "30 days",
                "SELECT target, hazard, zone, alarms, acknowledged, waiting, withdrawn, median, p80, p985, within_half, within_target, met\n"
                "FROM acknowledgement_times" WHERE " LIMIT :'limit'" },
        { "response-times", "How long until somebody acknowledged, was sent, arrived and disposed?",
                "Of incidents, counted from their opening. Empty hazard and zone: all.", "30 days",
                "SELECT what, hazard, zone, incidents, happened, median, p80, p985 FROM response_times" WHERE " LIMIT :'limit'" },
        { "supervision", "How soon was it noticed that a device was gone?", "Target: the device's supervision time.", "30 days",
                "SELECT raised_at, asset, class, device, zone, last_heard, took, target, met FROM supervision_times(:'from', :'to', :'zone') LIMIT :'limit'" },
        { "nuisance-rules", "Which rules raise alarms for nothing?", "share: nuisance and false ones of all that were disposed. Target: falling.", "90 days",
                "SELECT rule, disposed, genuine, nuisance, wrong AS \"false\", share FROM dispositions_by" WHERE "\n"
                "WHERE rule IS NOT NULL AND device IS NULL ORDER BY nuisance + wrong DESC, rule LIMIT :'limit'" },
        { "nuisance-devices", "Which devices raise most alarms for nothing?", "share: nuisance and false ones of all that were disposed. Target: falling.", "90 days",
                "SELECT device, disposed, genuine, nuisance, wrong AS \"false\", share FROM dispositions_by" WHERE "\n"
                "WHERE device IS NOT NULL AND rule IS NULL ORDER BY nuisance + wrong DESC, device LIMIT :'limit'" },
        { "duties", "Were inspections done and hidden dangers removed when they were due?",
                "By kind of record: closed in the span; in time: without having been overdue; overdue: still open at the end of it. Target: all in time.", "30 days",
                "WITH mine AS (\n"
                "  SELECT journal, id, changed_at, ended, actor, what, body->>'kind' AS kind FROM change\n"
                "  WHERE subject = 'record' AND NOT exercise AND NOT coalesce((body->>'restricted')::boolean, false) AND changed_at < :'to'\n"
                "    AND (:'zone' = '' OR body->'fields'->>'zone' IN (SELECT zone FROM zone_subtree(:'zone', :'to')))),\n"
                "late AS MATERIALIZED (SELECT DISTINCT journal, id, kind FROM mine WHERE actor = 'timer' AND what NOT IN ('opened', 'planned')),\n"
                "due AS (\n"
                "  SELECT e.kind, true AS closed, EXISTS (SELECT FROM late l WHERE l.journal = e.journal AND l.id = e.id) AS late\n"
                "  FROM (SELECT DISTINCT journal, id, kind FROM mine WHERE ended AND changed_at >= :'from') e\n"
                "  UNION ALL\n"
                "  SELECT kind, false, true FROM late l WHERE NOT EXISTS (\n"
                "    SELECT FROM change c WHERE c.subject = 'record' AND c.id = l.id AND c.journal = l.journal AND c.ended AND c.changed_at < :'to'))\n"
                "SELECT kind, count(*) FILTER (WHERE closed) AS closed, count(*) FILTER (WHERE NOT late) AS in_time,\n"
                "       count(*) FILTER (WHERE NOT closed) AS overdue, round(count(*) FILTER (WHERE NOT late) / count(*)::numeric, 4) AS share,\n"
                "       NOT bool_or(late) AS met FROM due GROUP BY kind ORDER BY kind LIMIT :'limit'" },
        { "figures-differ", "Is what figures count what the history says?", "Each row that only one of the two has. No row is the right answer.", "7 days",
                "SELECT derived, in_history, line FROM figures_differ(:'from', :'to') LIMIT :'limit'" },
        { "alarms-by-law", "Which alarms had a law or standard behind them?", "", "30 days",
                "SELECT legal_basis, hazard, rule, alarms, last_raised_at FROM alarms_by_law(:'from', :'to') LIMIT :'limit'" },
        { "zones", "Which zones are there, and what lies in what?", "As the site model that is in force has it.", NULL,
                "SELECT zone, parent, title, type, key_area FROM zone_tree\n"
                "WHERE :'zone' = '' OR zone IN (SELECT zone FROM zone_subtree(:'zone', now())) ORDER BY zone LIMIT :'limit'" },
        { 0 },
};
/* clang-format on */
