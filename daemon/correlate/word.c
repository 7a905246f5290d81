#include "correlate/word.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

const struct word word_rule[] = {
        { "rule", true, "the rule's name, unique over all files: letters, digits and `-`", WORD_NAME },
        { "title", true, "what the operator reads; `{zone}`, `{device}`, `{ward}`, `{badge}` … are filled in",
          WORD_TEXT },
        { "select", true, "named selections of events: `alias: {kind: …, field: value, where: expression}`",
          WORD_SELECT },
        { "by", true, "the key: a field, a list of fields, or `{alias: field}`; without it there is one key",
          WORD_KEY },
        { "within", true, "sliding window (t − W, t]; of a sequence: last − first < W", WORD_SPAN },
        { "every", true, "tumbling window: a divisor of 24 h, or whole days, from each local midnight", WORD_SPAN },
        { "gap", true,
          "with `when`: a session, which ends so long behind its last event; in a sequence: bounds the time from event "
          "to event",
          WORD_SPAN },
        { "when", true, "comparisons over what is counted, joined by `and`, `or`, `not`", WORD_EXPRESSION },
        { "sequence", true,
          "steps in order: `a`, `a or b`, `a and b` in any order, `3 a`; `not c` before, between and after them",
          WORD_SEQUENCE },
        { "each", true, "`assets(class)`: a key for each asset of the class, heard of or not; `assets()` for all",
          WORD_ASSETS },
        { "after", true, "an alias, each of whose events starts an expectation; or `schedule(name)`, whose openings do",
          WORD_TEXT },
        { "expect", true, "the alias (or `a or b`) that has to come", WORD_TEXT },
        { "for", true, "how long it may take: a span, or `asset.supervision`", WORD_SPAN_OR_FIELD },
        { "while", true, "guard, read at the match's time: state selections, `schedule()`, `mode()`, `alarm()`",
          WORD_EXPRESSION },
        { "hold", true, "on-delay of a level: true without a break for this long; a span, or a field of the asset",
          WORD_SPAN_OR_FIELD },
        { "clear", true, "`manual`, `{quiet: span}`, or an expression; the default follows the level", WORD_CLEAR },
        { "regrade", true,
          "`[{if: expression, priority: …}, {after: 2m, priority: …}]`: the highest that holds; `after`: "
          "unacknowledged",
          WORD_REGRADES },
        { "mute", true, "alarms that are suppressed while this one is open", WORD_MUTE },
        { "raise", true, "what is raised: hazard, class, priority, procedure, legal_basis, covert", WORD_RAISE },
        { "limits", true, "bounds of the rule's state: keys, runs, events", WORD_LIMITS },
        { "wait", true, "how long disorder is waited for before a patient condition is decided; 2s", WORD_SPAN },
        { "keep", true,
          "how much of the journal primes the rule when it is new or changes; 1h. Longer windows say `partial` until "
          "they are whole",
          WORD_SPAN },
        { "incident", false, "how alarms gather into an incident", WORD_TEXT },
        { "examples", true, "event sequences and the alarms that they must give; at least one", WORD_EXAMPLES },
};
const size_t word_rule_n = COUNT(word_rule);

const struct word word_raise[] = {
        { "hazard", true, "fire, theft, robbery, explosion, sabotage, fraud, loss, disaster, system", WORD_HAZARD },
        { "class", true, "general, fire, panic, duress, infant, tamper; mandatory where a selected kind implies one",
          WORD_CLASS },
        { "priority", true, "low, medium, high, critical", WORD_PRIORITY },
        { "procedure", true, "the response procedure's name", WORD_TEXT },
        { "legal_basis", true, "the provision that the duty rests on", WORD_TEXT },
        { "weight", true, "of its alarms in a `score` of other rules; default 10, 30, 60, 100 by priority",
          WORD_NUMBER },
        { "covert", true, "true: neither sound nor echo where the threat could notice", WORD_BOOL },
};
const size_t word_raise_n = COUNT(word_raise);

const struct word word_select[] = {
        { "kind", true, "a kind, or a list of kinds; mandatory", WORD_KINDS },
        { "where", true, "an expression over the event's fields; may read earlier aliases of a sequence",
          WORD_EXPRESSION },
        { "flags", true, "only events with one of these flags: duplicate, suspect, retained, late, clock_skew, initial",
          WORD_FLAGS },
};
const size_t word_select_n = COUNT(word_select);

const struct word word_limits[] = {
        { "keys", true, "keys of this rule at most (1000000)", WORD_COUNT },
        { "runs", true, "partial sequences of one key at most (256)", WORD_COUNT },
        { "events", true, "events that one key remembers at most (10000)", WORD_COUNT },
};
const size_t word_limits_n = COUNT(word_limits);

const struct word word_clear[] = {
        { "quiet", true, "false, or without a match, for so long; a span, or a field of the asset",
          WORD_SPAN_OR_FIELD },
};
const size_t word_clear_n = COUNT(word_clear);

const struct word word_regrade[] = {
        { "if", true, "an expression as in `when`", WORD_EXPRESSION },
        { "after", true, "a time unacknowledged, counted from the alarm", WORD_SPAN },
        { "priority", true, "low, medium, high, critical", WORD_PRIORITY },
};
const size_t word_regrade_n = COUNT(word_regrade);

const struct word word_mute[] = {
        { "match", true, "which alarms: by rule, hazard, class; what is not named is any", WORD_MATCH },
        { "under", true, "`asset`: only of assets that depend on this alarm's own", WORD_ASSET },
        { "settle", true, "how long an alarm is held back that could turn out to be muted; 0s to 1d", WORD_SPAN },
};
const size_t word_mute_n = COUNT(word_mute);

const struct word word_match[] = {
        { "rule", true, "a rule, or a list of rules", WORD_TEXTS },
        { "hazard", true, "a hazard, or a list of hazards", WORD_HAZARDS },
        { "class", true, "a class, or a list of classes; only `general` can be muted", WORD_CLASSES },
};
const size_t word_match_n = COUNT(word_match);

const struct word word_call[] = {
        { "count", true, "`count(a)`: events and overlapping spans of `a` in the window" },
        { "distinct", true, "`distinct(a.f)`: different values of the field `f` among them" },
        { "sum", true, "`sum(a.f)`: sum of the field, exact to nine decimals" },
        { "avg", true, "`avg(a.f)`: its mean" },
        { "min", true, "`min(a.f)`: its least value" },
        { "max", true, "`max(a.f)`: its greatest value" },
        { "pct", true, "`pct(a.f, 95)`: the value that 95 % do not exceed (nearest rank)" },
        { "rate", true, "`rate(a)`: events a second, over the window" },
        { "score", true,
          "`score(a.f, 30m)`: sum of the field that halves in 30 minutes; `score(a, 30m)`: each event counts 1" },
        { "schedule", true, "`schedule(name)`: it is open" },
        { "mode", true, "`mode(name)`: it is on" },
        { "alarm", true, "`alarm(rule)`: an episode of that rule is open, equal on the parts that both keys have" },
};
const size_t word_call_n = COUNT(word_call);

const struct word word_example[] = {
        { "given", true, "list of `TIME ALIAS KEY [field=value …] [at +ARRIVAL]`, and of acts", WORD_ROWS },
        { "alarms", true, "list of `TIME KEY [PRIORITY]`: every raise, at its match time", WORD_ROWS },
        { "clears", true, "list of `TIME KEY`: every clear; not checked without it", WORD_ROWS },
        { "priorities", true, "list of `TIME KEY PRIORITY`: every later change of priority; not checked without it",
          WORD_ROWS },
        { "mutes", true,
          "list of `TIME RULE KEY`: alarms of other rules that this rule's `mute` suppresses; not checked without it",
          WORD_ROWS },
        { "with", true, "fields of the asset, for `hold: asset.f` and `for: asset.f`", WORD_FIELDS },
        { "start", true, "when it begins, for schedules: `\"2026-03-02T23:00:00+01:00\"`", WORD_TEXT },
        { "until", true, "how long the clock runs; the default is the last time named plus the rule's spans",
          WORD_SPAN },
};
const size_t word_example_n = COUNT(word_example);

const struct word word_act[] = {
        { "not", true, "`TIME not ALIAS KEY`: the level ends" },
        { "reset", true, "`TIME reset KEY`: the operator acknowledges the alarm, if need be, and resets it" },
        { "ack", true, "`TIME ack KEY`: the operator acknowledges the alarm" },
        { "mode", true, "`TIME mode NAME` and `TIME mode NAME off`: a mode goes on, off" },
        { "list", true, "`TIME list NAME add MEMBER` and `… remove MEMBER`: a named list changes" },
        { "reload", true, "`TIME reload`: restart and reload of the same rules; nothing may change" },
        { "raise", true, "`TIME raise RULE KEY [asset=ID]`: an alarm of another rule begins" },
        { "clear", true, "`TIME clear RULE KEY`: it ends" },
};
const size_t word_act_n = COUNT(word_act);

size_t word_names(const struct word *words, size_t n, const char *names[static WORD_NAMES_MAX]) {
        size_t i = 0;

        for (; i < n && i < WORD_NAMES_MAX; i++)
                names[i] = words[i].name;
        return i;
}

const struct word *word_find(const struct word *words, size_t n, const char *name, size_t name_n) {
        for (size_t i = 0; i < n; i++)
                if (strlen(words[i].name) == name_n && memcmp(words[i].name, name, name_n) == 0)
                        return &words[i];
        return NULL;
}
