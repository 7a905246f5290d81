/* Records of the department's duties: what was due, who was in the house, what people told. */
#include "report/questions.h"

/* Each record of a kind as its latest version left it, of those that changed after `from`: all that were opened since.
 */
#define NEWEST(kind)                                                                                                   \
        "(SELECT DISTINCT ON (journal, id) * FROM change\n"                                                            \
        "  WHERE subject = 'record' AND body->>'kind' = '" kind                                                        \
        "' AND changed_at >= :'from' ORDER BY journal, id, version DESC)"
#define OPENED_IN "(body->>'opened_at')::timestamptz >= :'from' AND (body->>'opened_at')::timestamptz < :'to'"

/* clang-format off */
const struct question questions_duty[] = {
        { "records-overdue", "Which duties were overdue, and when did somebody act on them?", "An empty acted_at: nobody has.", "30 days",
                "SELECT overdue_at, kind, number, clock, acted_at, exercise FROM record_overdue\n"
                "WHERE overdue_at >= :'from' AND overdue_at < :'to' ORDER BY overdue_at, number LIMIT :'limit'" },
        { "hidden-dangers", "Which hidden dangers were found, who had them put right, and who rechecked?", "By the time at which they were found.", "1 year",
                "SELECT body->>'number' AS number, (body->>'opened_at')::timestamptz AS found_at, body->>'title' AS what,\n"
                "       body->'fields'->>'zone' AS zone, body->'fields'->>'level' AS level, body->'fields'->>'owner' AS owner,\n"
                "       " QUESTION_INSTANT("body->'fields'->>'due_at'") " AS due_at, body->>'state' AS state, (body->'by'->'rectify'->>'at')::timestamptz AS rectified_at,\n"
                "       body->'by'->'rectify'->>'by' AS rectified_by, body->'by'->'recheck'->>'by' AS rechecked_by, body->>'origin' AS found_in\n"
                "FROM " NEWEST("hazard") " h\n"
                "WHERE NOT exercise AND " OPENED_IN "\n"
                "  AND (:'zone' = '' OR body->'fields'->>'zone' IN (SELECT zone FROM zone_subtree(:'zone', :'to'))) ORDER BY found_at, number LIMIT :'limit'" },
        { "visitors", "Which visitors were in the house, until when might they stay, and where else was their badge seen?",
                "strays: zones that the permit does not name.", "7 days",
                "SELECT body->>'number' AS number, (body->>'opened_at')::timestamptz AS came_at, body->>'title' AS name, body->'fields'->>'badge' AS badge,\n"
                "       body->'fields'->>'host' AS host, body->'fields'->'zones' AS zones,\n"
                "       " QUESTION_INSTANT("body->'fields'->>'valid_until'") " AS valid_until,\n"
                "       body->>'state' AS state, CASE WHEN ended THEN changed_at END AS ended_at,\n"
                "       (SELECT string_agg(DISTINCT s->>'zone', ', ') FROM jsonb_array_elements(CASE jsonb_typeof(body->'fields'->'strays') WHEN 'array' THEN body->'fields'->'strays' END) s) AS strays\n"
                "FROM " NEWEST("visitor") " v\n"
                "WHERE " OPENED_IN "\n"
                "ORDER BY came_at, number LIMIT :'limit'" },
        { "tips", "How many hints came, what were they worth, and how long did whoever gave them wait?",
                "By month and outcome, those without one by their state; seconds, median. Target: weighed within 15 minutes, answered within 7 days.", "1 year",
                "SELECT date_trunc('month', (body->>'opened_at')::timestamptz)::date AS month, coalesce(body->'fields'->>'outcome', body->>'state') AS outcome, count(*) AS hints,\n"
                "       count(*) FILTER (WHERE coalesce(body->'fields'->>'from', '') = '') AS anonymous,\n"
                "       round(extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY (body->'by'->'triage'->>'at')::timestamptz - (body->>'opened_at')::timestamptz))) AS weighed_after,\n"
                "       round(extract(epoch FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY (body->'by'->'answer'->>'at')::timestamptz - (body->>'opened_at')::timestamptz))) AS answered_after\n"
                "FROM " NEWEST("tip") " t\n"
                "WHERE NOT exercise AND " OPENED_IN "\n"
                "GROUP BY 1, 2 ORDER BY 1, 2 LIMIT :'limit'" },
        { 0 },
};
/* clang-format on */
