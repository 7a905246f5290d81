#pragma once
/*
 * The words of the rule language, one row each: what the loader knows, what it refuses until it is supported, the
 * reference that `wardwatch rules --reference` prints, and the schema for editors.
 */
#include <stdbool.h>
#include <stddef.h>

/* what stands behind a word, for the schema; the loader says more */
enum word_shape {
        WORD_ANY,
        WORD_NAME, /* small letters, digits and `-` */
        WORD_TEXT,
        WORD_TEXTS, /* a text, or a list of them */
        WORD_BOOL,
        WORD_NUMBER,
        WORD_COUNT,
        WORD_SPAN,
        WORD_SPAN_OR_FIELD,
        WORD_EXPRESSION,
        WORD_KINDS,
        WORD_FLAGS,
        WORD_HAZARD,
        WORD_HAZARDS,
        WORD_CLASS,
        WORD_CLASSES,
        WORD_PRIORITY,
        WORD_ASSET,  /* the word `asset` */
        WORD_ASSETS, /* `assets(class)` */
        WORD_SELECT,
        WORD_KEY,
        WORD_SEQUENCE,
        WORD_CLEAR,
        WORD_REGRADES,
        WORD_MUTE,
        WORD_MATCH,
        WORD_RAISE,
        WORD_LIMITS,
        WORD_EXAMPLES,
        WORD_ROWS,
        WORD_FIELDS,
};

struct word {
        const char *name;
        bool supported;
        const char *help; /* Markdown, as the two below */
        enum word_shape shape;
        const char *standard; /* what holds without it, `must` = it has to be there; of a function where it may stand */
        const char *takes;    /* if the shape says too little; of a function its result, of an act the whole row */
};

#define WORD_NAMES_MAX 32

extern const struct word word_rule[]; /* keys of a rule */
extern const size_t word_rule_n;
extern const struct word word_raise[]; /* keys of `raise` */
extern const size_t word_raise_n;
extern const struct word word_select[]; /* keys of a selection that are not fields */
extern const size_t word_select_n;
extern const struct word word_clear[]; /* keys of `clear` */
extern const size_t word_clear_n;
extern const struct word word_regrade[]; /* keys of a row of `regrade` */
extern const size_t word_regrade_n;
extern const struct word word_mute[]; /* keys of `mute` */
extern const size_t word_mute_n;
extern const struct word word_match[]; /* keys of its `match` */
extern const size_t word_match_n;
extern const struct word word_limits[]; /* keys of `limits` */
extern const size_t word_limits_n;
extern const struct word word_call[]; /* functions of `when` */
extern const size_t word_call_n;
extern const struct word word_example[]; /* keys of an example */
extern const size_t word_example_n;
extern const struct word word_act[]; /* what a row of `given` says that is no event */
extern const size_t word_act_n;

/* how much of something one rule may have */
struct word_bound {
        unsigned most;
        const char *what;
};
extern const struct word_bound word_bounds[];
extern const size_t word_bounds_n;

/** What stands behind it, in words. */
const char *word_takes(const struct word *word);
const struct word *word_find(const struct word *words, size_t n, const char *name, size_t name_n);
/** Their names, for messages; returns how many. */
size_t word_names(const struct word *words, size_t n, const char *names[static WORD_NAMES_MAX]);
