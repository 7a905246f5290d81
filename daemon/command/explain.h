#pragma once
/* Why an alarm came, and why one did not. */
#include "command/replay_command.h"

#include <jansson.h>

struct ruleset;

/* what the rule of that name did, over the inputs of a replay */
struct explain_watch {
        const char *rule;
        const char *key;   /* canonical, or the value of its only part; NULL = all */
        const char *place; /* where the rule stands */
        int64_t from, to;  /* event time: what is shown */
        bool json;
        bool quiet; /* only lines as they come: neither a heading nor what it comes to in the end */
};

/** Replays, and tells. 0, REPLAY_E_TOLD, -errno. */
int explain_watch_run(const struct explain_watch *watch, const struct config *config,
                      const struct replay_options *options);

/** Where a rule stands: "rules/hospital/theft.yaml:12"; its hash; and the µs that it looks back. False: the rules have
 *  none of that name. */
bool explain_rule_place(const struct ruleset *rules, const char *rule, struct buf *out, uint64_t *ret_hash,
                        int64_t *ret_span);

/* explain_story.c: the changes of one alarm as objects of record_json_transition(), oldest first; an empty array: it is
 * not there. 0, REPLAY_E_TOLD, -errno. */
int explain_story_file(const char *file, uint64_t alarm, json_t *ret);
int explain_story_journal(const char *dir, uint64_t alarm, json_t *ret);
/* As it is now, of the daemon over its socket: one object, of cause `now`. */
int explain_story_live(const char *config_file, uint64_t alarm, json_t *ret);
int explain_story_database(const struct replay_database *database, uint64_t alarm, json_t *ret);

/** explain_alarm.c: tells the story of an alarm, and of the rule around the last time it was raised where the inputs
 * can be replayed. 0, REPLAY_E_TOLD, -errno. */
int explain_alarm_run(uint64_t alarm, const struct config *config, struct replay_options *options, bool json);

/* explain_notice.c */
struct buf;
/** What a notice means and what to do, by its name or by its alarm's rule ("system/intake-lost"). False: there is none.
 */
bool explain_notice(const char *name, struct buf *out);
/** The same of all of them, as the operations guide has it (Markdown). */
void explain_notices(struct buf *out);
