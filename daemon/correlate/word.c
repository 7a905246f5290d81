#include "correlate/word.h"

#include "correlate/rule.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

const struct word word_rule[] = {
        { "rule", true, "the rule's name, unique over all files; the alarm has it, too", WORD_NAME, "must", NULL },
        { "title", true, "what the operator reads; `{zone}`, `{device}`, `{ward}`, `{badge}` … are filled in",
          WORD_TEXT, "the rule's name", NULL },
        { "select", true, "named selections of events: `alias: {kind: …, field: value, where: expression}`",
          WORD_SELECT, "must", NULL },
        { "by", true, "the key: a rule has one state, and one alarm, for each value of it", WORD_KEY, "one key for all",
          NULL },
        { "within", true, "sliding window (t − W, t]; of a sequence: last − first < W", WORD_SPAN, NULL, NULL },
        { "every", true, "tumbling window, from each local midnight", WORD_SPAN, NULL,
          "a span that divides 24 h, or whole days" },
        { "gap", true,
          "with `when`: a session, which ends so long behind its last event; in a sequence: bounds the time from event "
          "to event",
          WORD_SPAN, NULL, NULL },
        { "when", true, "condition: comparisons over what is counted, joined by `and`, `or`, `not`", WORD_EXPRESSION,
          NULL, NULL },
        { "sequence", true,
          "condition: steps in order: `a`, `a or b`, `a and b` in any order, `3 a`; `not c` before, between and after "
          "them",
          WORD_SEQUENCE, NULL, NULL },
        { "each", true,
          "a key for each asset of the class, heard of or not; `assets()` for all; with `expect` or `every`",
          WORD_ASSETS, NULL, NULL },
        { "after", true, "an alias, each of whose events starts an expectation; or `schedule(name)`, whose openings do",
          WORD_TEXT, NULL, "an alias, or `schedule(name)`" },
        { "expect", true, "condition: what has to come, after `after` or for `each`", WORD_TEXT, NULL,
          "an alias, or `a or b`" },
        { "for", true, "how long it may take to come", WORD_SPAN_OR_FIELD, "must, with `expect`", NULL },
        { "while", true, "guard, read at the match's time: aliases of states, `schedule()`, `mode()`, `alarm()`",
          WORD_EXPRESSION, "always", NULL },
        { "hold", true, "on-delay of a level: true without a break for this long", WORD_SPAN_OR_FIELD, "at once",
          NULL },
        { "clear", true, "when the alarm's condition ends", WORD_CLEAR,
          "a level: when it is false; an instant: `manual`", NULL },
        { "regrade", true, "other priorities, and when: the highest that holds counts", WORD_REGRADES,
          "`raise`'s priority", NULL },
        { "mute", true, "alarms of other rules that are suppressed while this one is open", WORD_MUTE, NULL, NULL },
        { "raise", true, "what is raised", WORD_RAISE, "must", NULL },
        { "limits", true, "bounds of the rule's state", WORD_LIMITS, NULL, NULL },
        { "wait", true, "how long disorder is waited for before a patient condition is decided", WORD_SPAN, "2s",
          NULL },
        { "keep", true,
          "how much of the journal primes the rule when it is new or changes; longer windows say `partial` until they "
          "are whole",
          WORD_SPAN, "1h", NULL },
        { "incident", false, "how alarms gather into an incident", WORD_TEXT, NULL, NULL },
        { "examples", true, "event sequences and the alarms that they must give", WORD_EXAMPLES, "must", NULL },
};
const size_t word_rule_n = COUNT(word_rule);

const struct word word_raise[] = {
        { "hazard", true, "what it endangers", WORD_HAZARD, "must", NULL },
        { "class", true, "alarms of every class but `general` can be neither muted nor shelved", WORD_CLASS,
          "general; must, where a selected kind implies one", NULL },
        { "priority", true, "how urgent it is", WORD_PRIORITY, "must", NULL },
        { "procedure", true, "the response procedure's name", WORD_TEXT, NULL, NULL },
        { "legal_basis", true, "the provision that the duty rests on", WORD_TEXT, NULL, NULL },
        { "weight", true, "of its alarms in a `score` of other rules", WORD_NUMBER, "by priority", "a number above 0" },
        { "covert", true, "true: neither sound nor echo where the threat could notice", WORD_BOOL,
          "true for the classes panic and duress", NULL },
};
const size_t word_raise_n = COUNT(word_raise);

const struct word word_select[] = {
        { "kind", true, "which kind of event; all states, or all pulses", WORD_KINDS, "must", NULL },
        { "where", true, "an expression over the event's fields; may read earlier aliases of a sequence",
          WORD_EXPRESSION, NULL, NULL },
        { "flags", true, "only events that have one of these", WORD_FLAGS, "none that is `duplicate` or `suspect`",
          NULL },
};
const size_t word_select_n = COUNT(word_select);

const struct word word_clear[] = {
        { "quiet", true, "off-delay: false for so long; of an instant: no match for so long", WORD_SPAN_OR_FIELD,
          "must", NULL },
};
const size_t word_clear_n = COUNT(word_clear);

const struct word word_regrade[] = {
        { "if", true, "this priority while the expression holds", WORD_EXPRESSION, "`if` or `after`", NULL },
        { "after", true, "this priority once nobody has acknowledged for so long, counted from when the alarm was told",
          WORD_SPAN, "`if` or `after`", "a span from 1s" },
        { "priority", true, "which", WORD_PRIORITY, "must", NULL },
};
const size_t word_regrade_n = COUNT(word_regrade);

const struct word word_mute[] = {
        { "match", true, "which alarms; of several words all have to hold", WORD_MATCH, "must", NULL },
        { "under", true, "`asset`: only what hangs on this alarm's asset by `parent`", WORD_ASSET, "anywhere", NULL },
        { "settle", true,
          "what may be missed before this alarm is known waits for so long, and the mute outlasts its alarm by it",
          WORD_SPAN, "0s", "a span up to 1d" },
};
const size_t word_mute_n = COUNT(word_mute);

const struct word word_match[] = {
        { "rule", true, "alarms of these rules", WORD_TEXTS, NULL, "a rule, or a list of them" },
        { "hazard", true, "alarms of these hazards", WORD_HAZARDS, NULL, NULL },
        { "class", true, "alarms of this class", WORD_CLASSES, NULL, "`general`: the others are never muted" },
};
const size_t word_match_n = COUNT(word_match);

const struct word word_limits[] = {
        { "keys", true, "keys of this rule; the oldest without an open alarm or expectation makes room", WORD_COUNT,
          "1000000", NULL },
        { "runs", true, "partial sequences of one key; a newcomer is refused", WORD_COUNT, "256", NULL },
        { "events", true, "events that one key remembers; the oldest is dropped, and the alarm says `partial`",
          WORD_COUNT, "10000", NULL },
};
const size_t word_limits_n = COUNT(word_limits);

const struct word word_call[] = {
        { "count", true, "`count(a)`: events and overlapping spans of `a` in the window", WORD_ANY,
          "`when`, `clear`, `regrade`", "a number" },
        { "distinct", true, "`distinct(a.f)`: different values of the field `f` among them", WORD_ANY,
          "`when`, `clear`, `regrade`", "a number" },
        { "sum", true, "`sum(a.f)`: sum of the field, exact to nine decimals", WORD_ANY, "`when`, `clear`, `regrade`",
          "a number" },
        { "avg", true, "`avg(a.f)`: its mean", WORD_ANY, "`when`, `clear`, `regrade`", "a number" },
        { "min", true, "`min(a.f)`: its least value", WORD_ANY, "`when`, `clear`, `regrade`", "a number" },
        { "max", true, "`max(a.f)`: its greatest value", WORD_ANY, "`when`, `clear`, `regrade`", "a number" },
        { "pct", true, "`pct(a.f, 95)`: the value that 95 % do not exceed (nearest rank)", WORD_ANY,
          "`when`, `clear`, `regrade`", "a number" },
        { "rate", true, "`rate(a)`: events a second, over the window", WORD_ANY, "`when`, `clear`, `regrade`",
          "a number" },
        { "score", true,
          "`score(a.f, 30m)`: sum of the field that halves in 30 minutes; `score(a, 30m)`: each event counts 1; only "
          "compared with a constant",
          WORD_ANY, "`when`, `clear`, `regrade`", "a number" },
        { "schedule", true, "`schedule(name)`: it is open", WORD_ANY, "`while`", "true or false" },
        { "mode", true, "`mode(name)`: it is on", WORD_ANY, "`while`", "true or false" },
        { "alarm", true, "`alarm(rule)`: an episode of that rule is open, equal on the parts that both keys have",
          WORD_ANY, "`while`", "true or false" },
};
const size_t word_call_n = COUNT(word_call);

const struct word word_example[] = {
        { "given", true, "events, and acts: `TIME ALIAS KEY [field=value …] [at +ARRIVAL]`", WORD_ROWS, "must", NULL },
        { "alarms", true, "every raise, at its match time: `TIME KEY [PRIORITY]`", WORD_ROWS, "must", NULL },
        { "clears", true, "every clear: `TIME KEY`", WORD_ROWS, "not checked", NULL },
        { "priorities", true, "every later change of priority: `TIME KEY PRIORITY`", WORD_ROWS, "not checked", NULL },
        { "mutes", true, "alarms of other rules that this rule's `mute` suppresses: `TIME RULE KEY`", WORD_ROWS,
          "not checked", NULL },
        { "with", true, "fields of the asset, for `hold: asset.f` and `for: asset.f`", WORD_FIELDS, NULL, NULL },
        { "start", true, "when it begins, for schedules: `\"2026-03-02T23:00:00+01:00\"`", WORD_TEXT, NULL,
          "an instant" },
        { "until", true, "how long the clock runs", WORD_SPAN, "the last time named plus the rule's spans", NULL },
};
const size_t word_example_n = COUNT(word_example);

const struct word word_act[] = {
        { "not", true, "the level ends", WORD_ANY, NULL, "`TIME not ALIAS KEY`" },
        { "reset", true, "the operator acknowledges the alarm, if need be, and resets it", WORD_ANY, NULL,
          "`TIME reset KEY`" },
        { "ack", true, "the operator acknowledges the alarm", WORD_ANY, NULL, "`TIME ack KEY`" },
        { "mode", true, "a mode goes on, off", WORD_ANY, NULL, "`TIME mode NAME`, `TIME mode NAME off`" },
        { "list", true, "a named list changes", WORD_ANY, NULL, "`TIME list NAME add MEMBER`, `… remove MEMBER`" },
        { "reload", true, "restart and reload of the same rules; nothing may change", WORD_ANY, NULL, "`TIME reload`" },
        { "raise", true, "an alarm of another rule begins", WORD_ANY, NULL, "`TIME raise RULE KEY [asset=ID]`" },
        { "clear", true, "it ends", WORD_ANY, NULL, "`TIME clear RULE KEY`" },
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

static const char *const shapes[] = {
        [WORD_ANY] = "",
        [WORD_NAME] = "a-z, 0-9 and `-`, at most 64",
        [WORD_TEXT] = "a text",
        [WORD_TEXTS] = "a text, or a list of them",
        [WORD_BOOL] = "true or false",
        [WORD_NUMBER] = "a number",
        [WORD_COUNT] = "1 to 10000000",
        [WORD_SPAN] = "a span",
        [WORD_SPAN_OR_FIELD] = "a span, or `asset.f`",
        [WORD_EXPRESSION] = "an expression",
        [WORD_KINDS] = "a kind, or a list of kinds",
        [WORD_FLAGS] = "a flag, or a list of them",
        [WORD_HAZARD] = "a hazard",
        [WORD_HAZARDS] = "a hazard, or a list of them",
        [WORD_CLASS] = "a class",
        [WORD_CLASSES] = "a class, or a list of them",
        [WORD_PRIORITY] = "a priority",
        [WORD_ASSET] = "`asset`",
        [WORD_ASSETS] = "`assets(class)`",
        [WORD_SELECT] = "a mapping",
        [WORD_KEY] = "a field, a list of them, or `{alias: field}`",
        [WORD_SEQUENCE] = "a list of steps",
        [WORD_CLEAR] = "`manual`, `{quiet: span}`, or an expression",
        [WORD_REGRADES] = "a list of rows",
        [WORD_MUTE] = "a mapping",
        [WORD_MATCH] = "a mapping",
        [WORD_RAISE] = "a mapping",
        [WORD_LIMITS] = "a mapping",
        [WORD_EXAMPLES] = "a list",
        [WORD_ROWS] = "a list of rows",
        [WORD_FIELDS] = "a mapping",
};

const char *word_takes(const struct word *word) {
        return word->takes ? word->takes : shapes[word->shape];
}

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
