#pragma once
/*
 * Advice on a compiled rule set, in parts: what is legal, and hardly meant. Nothing here is asked when the daemon
 * starts or reloads; `wardwatch check` asks.
 */
#include "base/diag.h"
#include "correlate/rule.h"
#include "decode/decode.h"

struct rule_never {
        const struct expr *part; /* that fails */
        char why[224];           /* which one, and why */
        const char *cure;
};
/** True if `e` can never be true (`types` may be NULL): by what bounds its parts, or because two of them contradict
 * each other. `s`: the selection whose `where` it is, or NULL. */
bool rule_never(const struct correlate_rules *set, const struct decode_types *types, const struct rule *rule,
                const struct selection *s, const struct expr *e, struct rule_never *ret);
/** How far apart the selection's events are at least within one key; 0 = not known. */
int64_t rule_never_repeat(const struct decode_types *types, const struct rule *rule, const struct selection *s);

/** What is listed twice, and values that the site does not know. */
void rules_advise_values(const struct correlate_rules *set, const struct rule *rule, struct diag *d);
/** Fields of keys and selections that the sensor types do not give with the kinds that are selected. */
void rules_advise_fields(const struct correlate_rules *set, const struct decode_types *types, const struct rule *rule,
                         struct diag *d);
/** Rules that are raised only when another one is, which says as much. */
void rules_advise_shadows(const struct correlate_rules *set, struct diag *d);

/** The value of `word` of a rule, or of a key below it; where that is not, the place of the rule itself. */
const struct yaml_node *rules_advise_node(const struct rule *rule, const char *word, const char *below);
struct diag_pos rules_advise_pos(const struct rule *rule, const struct yaml_node *n);
