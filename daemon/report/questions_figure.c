/* How well it goes: the figures, each with its definition in the comment of its function. */
#include "report/questions.h"

/* clang-format off */
const struct question questions_figure[] = {
        { "floods", "When were there more alarms than anybody can look at?", "As the engine said it then.", "30 days",
                "SELECT body->>'started_at' AS since, body->>'ended_at' AS until, (body->>'peak')::integer AS peak FROM change_now\n"
                "WHERE subject = 'flood' AND changed_at >= :'from' AND changed_at < :'to' ORDER BY id LIMIT :'limit'" },
        { 0 },
};
/* clang-format on */
