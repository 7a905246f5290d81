#pragma once
/* A rule's examples: as read from its file (example_parse.c, example_row.c), played (example.c, example_act.c), and
 * what came held against what was expected (example_outcome.c). */
#include "correlate/state.h"

#define EXAMPLE_ROWS_MAX   256
#define EXAMPLE_FIELDS_MAX 16
#define EXAMPLE_START      (INT64_C(1700000000) * WW_SECOND) /* unless the example has its own */

enum example_act {
        EXAMPLE_EVENT,
        EXAMPLE_END, /* `not ALIAS`: the level ends */
        EXAMPLE_RESET,
        EXAMPLE_ACK,
        EXAMPLE_MODE,
        EXAMPLE_LIST,
        EXAMPLE_RELOAD,
        EXAMPLE_RAISE, /* an episode of another rule */
        EXAMPLE_CLEAR,
};

struct example_row {
        enum example_act act;
        const struct yaml_node *node;
        int64_t time, arrival; /* from the start */
        uint32_t alias;
        const struct rule *rule; /* whose key it is */
        struct ww_str key;       /* canonical */
        struct ww_attr attrs[EXAMPLE_FIELDS_MAX];
        size_t n_attrs;
        struct selection_field fields[EXAMPLE_FIELDS_MAX]; /* those written as field=value */
        size_t n_fields;
        struct ww_str name, member; /* of a mode or a list */
        bool on;                    /* the mode goes on, the member comes */
        uint32_t asset;             /* of an alarm that is raised */
};

/* what may be said of an example's outcome */
enum example_what {
        EXAMPLE_ALARMS,
        EXAMPLE_CLEARS,
        EXAMPLE_PRIORITIES,
        EXAMPLE_MUTES,
        EXAMPLE_LISTS,
};

struct example_outcome {
        int64_t time; /* from the start */
        const struct rule *rule;
        struct ww_str key;
        enum ww_priority priority; /* expected: 0 = any */
};

struct example_list {
        const struct yaml_node *node;                      /* expected: NULL = not checked */
        struct example_outcome rows[EXAMPLE_ROWS_MAX + 1]; /* one more than may be expected: too many is not enough */
        size_t n;
};

struct example {
        const struct yaml_node *node;
        struct example_row *given;
        size_t n_given;
        struct example_list want[EXAMPLE_LISTS];
        struct site_field with[EXAMPLE_FIELDS_MAX];
        size_t n_with;
        int64_t start, until; /* until: from the start */
};

struct example_parser {
        const struct correlate_rules *set;
        const struct rule *rule;
        struct arena *arena;
        struct diag *d;
        bool staged; /* the alarm stage is there */
};

struct example_runner {
        const struct correlate_rules *set;
        const struct rule *rule;
        const struct correlate_stage *stage; /* NULL: none */
        struct example *e;
        struct diag *d;
        struct arena *arena;
        struct correlate *c;
        void *alarms;       /* the stage's own */
        int64_t match_time; /* of the detection at hand; NONE: none is */
        size_t number;
        struct example_list got[EXAMPLE_LISTS];
        const struct correlate_examples *options;
        struct correlate_trace trace;
        struct buf *told; /* what happened, in words */
};

/** 0, DIAG_E_USER, -ENOMEM. Texts live in the arena and the rule's file. */
int example_parse(const struct example_parser *p, const struct yaml_node *node, struct example *ret);

/* example_row.c */
int example_parse_given(const struct example_parser *p, const struct yaml_node *n, struct example_row *row);
int example_parse_expected(const struct example_parser *p, const struct yaml_node *n, enum example_what what,
                           struct example_outcome *row);
int example_bad(const struct example_parser *p, const struct yaml_node *n, const char *help, const char *what);

/* example_act.c */
/** Journal time goes on, in all stages that are there. */
int example_advance(struct example_runner *r, int64_t now);
/** A row that is no event, when its time has come; the `number`th that happens. */
int example_play_act(struct example_runner *r, const struct example_row *row, uint64_t number);
int example_collect(void *userdata, const struct ww_detection *d);
int example_collect_transition(void *userdata, const struct ww_transition *t);

/* example_outcome.c */
void example_note(struct example_runner *r, enum example_what what, const struct example_outcome *outcome);
/** 0, or DIAG_E_USER with each list that differs told. */
int example_judge(struct example_runner *r);
