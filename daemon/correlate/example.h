#pragma once
/* A rule's examples, as read from its file. */
#include "correlate/state.h"

#define EXAMPLE_ROWS_MAX   256
#define EXAMPLE_FIELDS_MAX 16
#define EXAMPLE_START      (INT64_C(1700000000) * WW_SECOND)

enum example_act {
        EXAMPLE_EVENT,
        EXAMPLE_END, /* `not ALIAS`: the level ends */
        EXAMPLE_RESET,
};

struct example_row {
        enum example_act act;
        int64_t time, arrival; /* from the start */
        uint32_t alias;
        struct ww_str key; /* canonical */
        struct ww_attr attrs[EXAMPLE_FIELDS_MAX];
        size_t n_attrs;
        struct selection_field fields[EXAMPLE_FIELDS_MAX]; /* those written as field=value */
        size_t n_fields;
        enum ww_priority priority; /* expected rows; 0 = any */
};

struct example {
        const struct yaml_node *node, *alarms, *clears;
        struct example_row given[EXAMPLE_ROWS_MAX], raised[EXAMPLE_ROWS_MAX], cleared[EXAMPLE_ROWS_MAX];
        size_t n_given, n_raised, n_cleared;
        struct site_field with[EXAMPLE_FIELDS_MAX];
        size_t n_with;
        int64_t until; /* from the start */
};

/** 0, DIAG_E_USER, -ENOMEM. Texts live in `arena` and the rule's file. */
int example_parse(const struct correlate_rules *set, const struct rule *rule, const struct yaml_node *node,
                  struct arena *arena, struct diag *d, struct example *ret);
