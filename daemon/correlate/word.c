#include "correlate/word.h"

#include "correlate/rule.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

const struct word word_rule[] = {
        { "rule", true, "the rule's name, unique over all files; the alarm has it, too", "a-z, 0-9 and `-`, at most 64",
          "must", WORD_NAME },
        { "title", true, "what the operator reads; `{zone}`, `{device}`, `{ward}`, `{badge}` … are filled in", "a text",
          "the rule's name", WORD_TEXT },
        { "select", true, "named selections of events: `alias: {kind: …, field: value, where: expression}`",
          "a mapping", "must", WORD_SELECT },
        { "by", true, "the key: a rule has one state, and one alarm, for each value of it",
          "a field, a list of them, or `{alias: field}`", "one key for all", WORD_KEY },
        { "within", true, "sliding window (t − W, t]; of a sequence: last − first < W", "a span", NULL, WORD_SPAN },
        { "every", true, "tumbling window, from each local midnight", "a span that divides 24 h, or whole days", NULL,
          WORD_SPAN },
        { "gap", true,
          "with `when`: a session, which ends so long behind its last event; in a sequence: bounds the time from event "
          "to event",
          "a span", NULL, WORD_SPAN },
        { "when", true, "condition: comparisons over what is counted, joined by `and`, `or`, `not`", "an expression",
          NULL, WORD_EXPRESSION },
        { "sequence", true,
          "condition: steps in order: `a`, `a or b`, `a and b` in any order, `3 a`; `not c` before, between and after "
          "them",
          "a list of steps", NULL, WORD_SEQUENCE },
        { "each", true,
          "a key for each asset of the class, heard of or not; `assets()` for all; with `expect` or `every`",
          "`assets(class)`", NULL, WORD_ASSETS },
        { "after", true, "an alias, each of whose events starts an expectation; or `schedule(name)`, whose openings do",
          "an alias, or `schedule(name)`", NULL, WORD_TEXT },
        { "expect", true, "condition: what has to come, after `after` or for `each`", "an alias, or `a or b`", NULL,
          WORD_TEXT },
        { "for", true, "how long it may take to come", "a span, or `asset.f`", "must, with `expect`",
          WORD_SPAN_OR_FIELD },
        { "while", true, "guard, read at the match's time: aliases of states, `schedule()`, `mode()`, `alarm()`",
          "an expression", "always", WORD_EXPRESSION },
        { "hold", true, "on-delay of a level: true without a break for this long", "a span, or `asset.f`", "at once",
          WORD_SPAN_OR_FIELD },
        { "clear", true, "when the alarm's condition ends", "`manual`, `{quiet: span}`, or an expression",
          "a level: when it is false; an instant: `manual`", WORD_CLEAR },
        { "regrade", true, "other priorities, and when: the highest that holds counts", "a list of rows",
          "`raise`'s priority", WORD_REGRADES },
        { "mute", true, "alarms of other rules that are suppressed while this one is open", "a mapping", NULL,
          WORD_MUTE },
        { "raise", true, "what is raised", "a mapping", "must", WORD_RAISE },
        { "limits", true, "bounds of the rule's state", "a mapping", NULL, WORD_LIMITS },
        { "wait", true, "how long disorder is waited for before a patient condition is decided", "a span", "2s",
          WORD_SPAN },
        { "keep", true,
          "how much of the journal primes the rule when it is new or changes; longer windows say `partial` until they "
          "are whole",
          "a span", "1h", WORD_SPAN },
        { "incident", false, "how alarms gather into an incident", NULL, NULL, WORD_TEXT },
        { "examples", true, "event sequences and the alarms that they must give", "a list", "must", WORD_EXAMPLES },
};
const size_t word_rule_n = COUNT(word_rule);

const struct word word_raise[] = {
        { "hazard", true, "what it endangers", "a hazard", "must", WORD_HAZARD },
        { "class", true, "alarms of every class but `general` can be neither muted nor shelved", "a class",
          "general; must, where a selected kind implies one", WORD_CLASS },
        { "priority", true, "how urgent it is", "a priority", "must", WORD_PRIORITY },
        { "procedure", true, "the response procedure's name", "a text", NULL, WORD_TEXT },
        { "legal_basis", true, "the provision that the duty rests on", "a text", NULL, WORD_TEXT },
        { "weight", true, "of its alarms in a `score` of other rules", "a number above 0", "by priority", WORD_NUMBER },
        { "covert", true, "true: neither sound nor echo where the threat could notice", "true or false", "false",
          WORD_BOOL },
};
const size_t word_raise_n = COUNT(word_raise);

const struct word word_select[] = {
        { "kind", true, "which kind of event; all states, or all pulses", "a kind, or a list of kinds", "must",
          WORD_KINDS },
        { "where", true, "an expression over the event's fields; may read earlier aliases of a sequence",
          "an expression", NULL, WORD_EXPRESSION },
        { "flags", true, "only events that have one of these", "a flag, or a list of them",
          "none that is `duplicate` or `suspect`", WORD_FLAGS },
};
const size_t word_select_n = COUNT(word_select);

const struct word word_clear[] = {
        { "quiet", true, "off-delay: false for so long; of an instant: no match for so long", "a span, or `asset.f`",
          "must", WORD_SPAN_OR_FIELD },
};
const size_t word_clear_n = COUNT(word_clear);

const struct word word_regrade[] = {
        { "if", true, "this priority while the expression holds", "an expression", "`if` or `after`", WORD_EXPRESSION },
        { "after", true, "this priority once nobody has acknowledged for so long, counted from when the alarm was told",
          "a span from 1s", "`if` or `after`", WORD_SPAN },
        { "priority", true, "which", "a priority", "must", WORD_PRIORITY },
};
const size_t word_regrade_n = COUNT(word_regrade);

const struct word word_mute[] = {
        { "match", true, "which alarms; of several words all have to hold", "a mapping", "must", WORD_MATCH },
        { "under", true, "`asset`: only what hangs on this alarm's asset by `parent`", "`asset`", "anywhere",
          WORD_ASSET },
        { "settle", true,
          "what may be missed before this alarm is known waits for so long, and the mute outlasts its alarm by it",
          "a span up to 1d", "0s", WORD_SPAN },
};
const size_t word_mute_n = COUNT(word_mute);

const struct word word_match[] = {
        { "rule", true, "alarms of these rules", "a rule, or a list of them", NULL, WORD_TEXTS },
        { "hazard", true, "alarms of these hazards", "a hazard, or a list of them", NULL, WORD_HAZARDS },
        { "class", true, "alarms of this class", "`general`: the others are never muted", NULL, WORD_CLASSES },
};
const size_t word_match_n = COUNT(word_match);

const struct word word_limits[] = {
        { "keys", true, "keys of this rule; the oldest without an open alarm or expectation makes room",
          "1 to 10000000", "1000000", WORD_COUNT },
        { "runs", true, "partial sequences of one key; a newcomer is refused", "1 to 10000000", "256", WORD_COUNT },
        { "events", true, "events that one key remembers; the oldest is dropped, and the alarm says `partial`",
          "1 to 10000000", "10000", WORD_COUNT },
};
const size_t word_limits_n = COUNT(word_limits);

const struct word word_call[] = {
        { "count", true, "`count(a)`: events and overlapping spans of `a` in the window", "a number",
          "`when`, `clear`, `regrade`" },
        { "distinct", true, "`distinct(a.f)`: different values of the field `f` among them", "a number",
          "`when`, `clear`, `regrade`" },
        { "sum", true, "`sum(a.f)`: sum of the field, exact to nine decimals", "a number",
          "`when`, `clear`, `regrade`" },
        { "avg", true, "`avg(a.f)`: its mean", "a number", "`when`, `clear`, `regrade`" },
        { "min", true, "`min(a.f)`: its least value", "a number", "`when`, `clear`, `regrade`" },
        { "max", true, "`max(a.f)`: its greatest value", "a number", "`when`, `clear`, `regrade`" },
        { "pct", true, "`pct(a.f, 95)`: the value that 95 % do not exceed (nearest rank)", "a number",
          "`when`, `clear`, `regrade`" },
        { "rate", true, "`rate(a)`: events a second, over the window", "a number", "`when`, `clear`, `regrade`" },
        { "score", true,
          "`score(a.f, 30m)`: sum of the field that halves in 30 minutes; `score(a, 30m)`: each event counts 1; only "
          "compared with a constant",
          "a number", "`when`, `clear`, `regrade`" },
        { "schedule", true, "`schedule(name)`: it is open", "true or false", "`while`" },
        { "mode", true, "`mode(name)`: it is on", "true or false", "`while`" },
        { "alarm", true, "`alarm(rule)`: an episode of that rule is open, equal on the parts that both keys have",
          "true or false", "`while`" },
};
const size_t word_call_n = COUNT(word_call);

const struct word word_example[] = {
        { "given", true, "events, and acts: `TIME ALIAS KEY [field=value …] [at +ARRIVAL]`", "a list of rows", "must",
          WORD_ROWS },
        { "alarms", true, "every raise, at its match time: `TIME KEY [PRIORITY]`", "a list of rows", "must",
          WORD_ROWS },
        { "clears", true, "every clear: `TIME KEY`", "a list of rows", "not checked", WORD_ROWS },
        { "priorities", true, "every later change of priority: `TIME KEY PRIORITY`", "a list of rows", "not checked",
          WORD_ROWS },
        { "mutes", true, "alarms of other rules that this rule's `mute` suppresses: `TIME RULE KEY`", "a list of rows",
          "not checked", WORD_ROWS },
        { "with", true, "fields of the asset, for `hold: asset.f` and `for: asset.f`", "a mapping", NULL, WORD_FIELDS },
        { "start", true, "when it begins, for schedules: `\"2026-03-02T23:00:00+01:00\"`", "an instant", NULL,
          WORD_TEXT },
        { "until", true, "how long the clock runs", "a span", "the last time named plus the rule's spans", WORD_SPAN },
};
const size_t word_example_n = COUNT(word_example);

const struct word word_act[] = {
        { "not", true, "the level ends", "`TIME not ALIAS KEY`", NULL },
        { "reset", true, "the operator acknowledges the alarm, if need be, and resets it", "`TIME reset KEY`", NULL },
        { "ack", true, "the operator acknowledges the alarm", "`TIME ack KEY`", NULL },
        { "mode", true, "a mode goes on, off", "`TIME mode NAME`, `TIME mode NAME off`", NULL },
        { "list", true, "a named list changes", "`TIME list NAME add MEMBER`, `… remove MEMBER`", NULL },
        { "reload", true, "restart and reload of the same rules; nothing may change", "`TIME reload`", NULL },
        { "raise", true, "an alarm of another rule begins", "`TIME raise RULE KEY [asset=ID]`", NULL },
        { "clear", true, "it ends", "`TIME clear RULE KEY`", NULL },
};
const size_t word_act_n = COUNT(word_act);

const struct word_bound word_bounds[] = {
        { RULE_ALIASES_MAX, "selections" },
        { RULE_KEY_PARTS_MAX, "parts of a key" },
        { RULE_STEPS_MAX, "steps of a sequence" },
        { RULE_PARTS_MAX, "events that the steps of a sequence take" },
        { RULE_AGGREGATES_MAX, "calls that count" },
        { RULE_GUARDS_MAX, "calls in `while`" },
        { RULE_CAPTURES_MAX, "fields that have to be remembered, for a title or a later step" },
        { RULE_GRADES_MAX, "rows of `regrade`" },
};
const size_t word_bounds_n = COUNT(word_bounds);

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
