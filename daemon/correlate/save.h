#pragma once
/* The state of rules, as bytes: for snapshots whole, for a swap in parts. */
#include "correlate/state.h"

/** The keys of these rules (by number; NULL = all), and what the lanes hold of them. */
int save_rules(const struct correlate *c, const bool *rules, struct buf *out);
/** What save_rules wrote, beside what is there already. `strict`: every rule has to be there as it was, else -EBADMSG;
 *  else what has no rule is read over. 0, -EBADMSG, -ENOMEM. */
int save_rules_load(struct correlate *c, struct rd *in, bool strict);

/* save_key.c */
/* a rule as it was saved */
struct saved_rule {
        const struct rule *rule; /* NULL: read over */
        bool same;               /* word for word: the sweep goes on where it was */
        size_t n_captures, n_scores;
        int capture[RULE_CAPTURES_MAX]; /* → the rule's, -1 = none any more */
        int score[RULE_AGGREGATES_MAX]; /* → the rule's tally */
};
void save_key(const struct correlate *c, const struct key *k, struct buf *out);
/** *ret NULL: its rule is read over. 0, -EBADMSG, -ENOMEM. */
int save_key_load(struct correlate *c, struct rd *in, const struct saved_rule *saved, struct key **ret);
