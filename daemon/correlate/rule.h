#pragma once
/*
 * A compiled rule set: what the loader makes of the files, and all that the matcher reads. Immutable.
 *
 * Rules are sorted by name, and a rule's number is its place there: "in (time, rule, key) order" is by this number,
 * so that neither the order of files nor of rules in a file shows anywhere.
 */
#include "base/arena.h"
#include "base/symtab.h"
#include "config/yaml.h"
#include "correlate/correlate.h"
#include "correlate/field.h"
#include "expr/expr.h"

#define RULE_ALIASES_MAX    16
#define RULE_STEPS_MAX      8
#define RULE_PARTS_MAX      WW_EVIDENCE_MAX /* events of one sequence: its evidence lists them all */
#define RULE_CAPTURES_MAX   8
#define RULE_KEY_PARTS_MAX  4
#define RULE_AGGREGATES_MAX 16
#define RULE_GUARDS_MAX     8
#define RULE_GRADES_MAX     4
#define RULE_LEVELS_SIZE    sizeof(uint64_t)
#define RULE_STRETCH_SIZE   (2 * sizeof(int64_t))
#define RULE_COURSE_SIZE    (3 * sizeof(uint32_t))
#define RULE_RUN_LIST_SIZE  (2 * sizeof(uint32_t)) /* for each part of its sequence */
#define RULE_WAIT_DEFAULT   (2 * WW_SECOND)
#define RULE_SPAN_MAX       (400 * WW_DAY)
#define RULE_KEEP_DEFAULT   (WW_HOUR)
#define RULE_KEYS_DEFAULT   1000000
#define RULE_RUNS_DEFAULT   256
#define RULE_EVENTS_DEFAULT 10000

/* one field of a selection that has to be equal to one of several values */
struct equality {
        const struct field *field;
        const struct ww_value *values; /* as YAML types them */
        const struct ww_str *texts;    /* the same as text, for fields that carry text */
        size_t n;
        const struct ww_str *marks; /* what the index looks them up by: the text, and `#` with the bits of a number */
        size_t n_marks;
        const uint32_t *lists; /* named lists: a member of any */
        size_t n_lists;
};

struct kind_choice {
        ww_family family;
        enum ww_state state; /* UNKNOWN = any value of the family */
};

struct selection {
        struct ww_str alias;
        struct diag_pos pos;
        const struct kind_choice *kinds;
        size_t n_kinds;
        bool level; /* over state kinds */
        const struct equality *equalities;
        size_t n_equalities;
        const struct expr *where; /* over the event's own fields */
        const struct expr *cross; /* reads earlier aliases of the sequence: decided at its step */
        uint32_t flags;           /* the event must have one of these; 0 = must be neither duplicate nor suspect */
        bool alarms_all;          /* alarms of all rules that read none themselves */
        const struct field *key[RULE_KEY_PARTS_MAX];
};

/* a field that each entry of a key's log keeps, because `distinct`, `cross` or the title reads it */
struct capture {
        uint16_t aliases; /* of which selections */
        const struct field *field;
};

/* what a key keeps of the events that count, for each selection and field that an aggregate reads */
enum tally_kind {
        TALLY_COUNT,
        TALLY_DISTINCT,
        TALLY_SUM,
        TALLY_ORDERED, /* the values in order: min, max, percentiles */
        TALLY_SCORE,
};
#define CAPTURE_NONE UINT8_MAX

struct tally {
        enum tally_kind kind;
        uint8_t alias, capture;
        int64_t half;    /* SCORE: the time in which it halves */
        uint32_t offset; /* in the key's tail, bytes */
};

/* what an expression reads of a tally */
enum aggregate_kind {
        AGGREGATE_COUNT,
        AGGREGATE_DISTINCT,
        AGGREGATE_RATE,
        AGGREGATE_SUM,
        AGGREGATE_AVG,
        AGGREGATE_MIN,
        AGGREGATE_MAX,
        AGGREGATE_PCT,
        AGGREGATE_SCORE,
};

struct aggregate {
        enum aggregate_kind kind;
        uint8_t tally;
        double rank; /* PCT: 0 < p <= 100 */
};

/* `score(…) >= 100`: falls by itself below the bound */
struct score_test {
        uint8_t tally;
        bool strict; /* > and <=: the bound itself is not above */
        double bound;
};

/* what `while` reads beside state selections */
enum guard_kind {
        GUARD_SCHEDULE,
        GUARD_MODE,
        GUARD_ALARM,
};

struct guard {
        enum guard_kind kind;
        uint32_t index;     /* of the site's schedule or mode; of the rule, once all are sorted */
        struct ww_str name; /* as written */
        struct diag_pos pos;
        int8_t part[4]; /* ALARM: for each part of that rule's key the same part of this one's, -1 = none */
        bool whole;     /* ALARM: all parts of that rule's key are in this one's */
};

enum rule_window {
        WINDOW_SLIDING,  /* (t − W, t] */
        WINDOW_TUMBLING, /* `every` */
        WINDOW_SESSION,  /* `gap` */
};

enum rule_condition {
        CONDITION_LEVEL,
        CONDITION_INSTANT,
        CONDITION_WHEN,
        CONDITION_SEQUENCE,
        CONDITION_EXPECT, /* per asset or per anchor */
};

enum rule_clear {
        CLEAR_DEFAULT,
        CLEAR_EXPR,
        CLEAR_QUIET,
        CLEAR_MANUAL,
};

/* a span that may be an asset's field */
struct rule_span {
        int64_t usec;
        const struct field *field; /* NULL = usec */
};

/* Each part takes one event. Parts of one step are taken in any order: `a and b` are two, `3 a` three equal ones. */
struct rule_sequence {
        uint16_t part[RULE_PARTS_MAX];          /* aliases, any of which takes it */
        uint8_t end[RULE_PARTS_MAX];            /* after so many events: where the step ends that is to be taken */
        uint16_t want[RULE_PARTS_MAX + 1];      /* … aliases of all its parts */
        uint16_t forbidden[RULE_PARTS_MAX + 1]; /* … none of these before it; [n]: none behind the last */
        uint16_t crossed, reads;                /* aliases with a `cross`; aliases that one reads of another event */
        uint8_t n, n_steps;
        bool negated;
        bool mixed; /* the last step has different parts */
};

struct rule_grade {
        const struct expr *when;
        enum ww_priority priority;
};

struct title_part {
        struct ww_str text; /* literal, if field and key are none */
        const struct field *field;
        int key;     /* part of the key, -1 = none */
        int capture; /* -1 = none */
};

struct rule {
        uint32_t number;
        struct ww_str name;
        const struct yaml_node *node; /* as read, for the places of its words */
        uint64_t name_hash;
        struct diag_pos pos;
        uint64_t hash;       /* of the whole canonical rule */
        uint64_t state_hash; /* of what its state depends on */
        uint64_t key_hash;   /* of `by` and `each`: while it stays, an open alarm stays */
        const struct title_part *title;
        size_t n_title;

        const struct selection *aliases;
        size_t n_aliases;
        uint16_t level_mask;     /* aliases over state kinds */
        uint16_t condition_mask; /* aliases that the condition reads */
        uint16_t clear_mask;     /* aliases that only `clear` reads */
        uint16_t guard_mask;     /* state aliases that `while` reads */

        struct ww_str key_names[RULE_KEY_PARTS_MAX];
        size_t n_key;

        enum rule_condition condition;
        bool instant;  /* the condition is an instant, else a level */
        bool positive; /* further events cannot make it false: decided on arrival */
        enum rule_window window;
        int64_t within, gap, every;
        int64_t wait; /* its own and the largest of the rules that it reads */
        int64_t keep; /* how much of the journal primes it */
        struct rule_span hold, span_for, quiet;
        const struct expr *when;
        const struct expr *guard; /* `while` */
        const struct guard *guards;
        size_t n_guards;
        const struct aggregate *aggregates;
        const struct tally *tallies;
        const struct score_test *score_tests;
        size_t n_aggregates, n_tallies, n_score_tests;
        size_t tail_size; /* bytes behind a key: RULE_LEVELS_SIZE if it has levels, tallies, a stretch, a course */
        size_t stretch_at, course_at;
        struct rule_sequence sequence;
        uint16_t expect_mask, after_mask;
        bool each;               /* a key for each asset */
        uint32_t after_schedule; /* SITE_NONE = none */
        const uint32_t *assets;  /* of the site, sorted by id */
        size_t n_assets;
        enum rule_clear clear;
        const struct expr *clear_expr;
        struct rule_grade grades[RULE_GRADES_MAX];
        size_t n_grades;

        struct ww_regrade_after after[WW_REGRADE_AFTER_MAX];
        size_t n_after;
        const struct ww_mute *mute; /* alarms that are suppressed while this rule's episode is open; NULL = none */
        struct diag_pos mute_pos;
        bool reads_alarms, read_by_others; /* selects alarm.*, or asks for alarm(); is asked for */
        uint32_t *askers;                  /* rules whose guard asks for alarm(this one), by number */
        size_t n_askers;
        uint8_t depth; /* 1 + that of the deepest rule whose alarms it reads */

        struct capture captures[RULE_CAPTURES_MAX];
        size_t n_captures;
        size_t entry_size;

        enum ww_hazard hazard;
        enum ww_class klass;
        enum ww_priority priority;
        struct ww_str procedure, legal_basis;
        bool covert;
        bool silent;   /* tells of an asset that gives no sign of life */
        bool link;     /* tells of devices that cannot be reached */
        double weight; /* of its alarms as events */
        uint32_t limit_keys, limit_runs, limit_events;
        const struct yaml_node *examples;
};

struct index;

struct correlate_rules {
        struct arena arena;
        const struct site *site;
        struct symtab *symbols;
        const struct ww_kinds *kinds;
        struct rule *rules;
        size_t n;
        const struct field **fields; /* slots of `where` */
        size_t n_fields, fields_capacity;
        struct index *index;
        struct ww_mute *mutes;
        size_t n_mutes;
        int64_t wait_min, wait_max; /* 0 without rules */
        ww_family alarm_family[2];  /* alarm.cleared, alarm.raised */
        ww_family link_family;      /* device.offline, device.online */
        int64_t quiet_max;
};

extern const double rule_weights[WW_PRIORITY_CRITICAL + 1];

/* slots of `when`, `clear`, `regrade` and `while`: (slot, sub) */
enum {
        SLOT_AGGREGATE, /* sub = its number */
        SLOT_ALIAS,     /* sub = its number: the level, or the instant */
        SLOT_GUARD,     /* sub = its number */
};
