#pragma once
/* The compiled kinds of records: what rules/records says. Names and texts live in the arena. */
#include "alarm/alarm.h"
#include "base/arena.h"
#include "config/site.h"
#include "response/rules.h"

#define KINDS_MAX          100
#define KIND_FIELDS_MAX    40
#define KIND_STATES_MAX    16
#define KIND_ACTS_MAX      24
#define KIND_CLOCKS_MAX    8
#define KIND_OPENS_MAX     8
#define RECORD_ENTRY_WORDS 8    /* of an entry of a log */
#define KIND_OPEN_MAX      1000 /* open records of a kind, unless it says otherwise */

/* The order is that of record_types[]. */
enum record_type {
        RECORD_TEXT,
        RECORD_TEXTS,
        RECORD_NUMBER,
        RECORD_BOOL,
        RECORD_TIME,
        RECORD_DATE,
        RECORD_SPAN,
        RECORD_PERSON,
        RECORD_ZONE,
        RECORD_ZONES,
        RECORD_ASSET,
        RECORD_DEVICE,
        RECORD_INCIDENT,
        RECORD_ALARM,
        RECORD_CHOICE,
        RECORD_CHECKLIST,
        RECORD_REFERENCE,
        RECORD_FILE,
        RECORD_SCHEDULE,
        RECORD_MEMBER,
        RECORD_SIGNATURE,
        RECORD_LOG,
        RECORD_TYPE_MAX_,
};

/* One row a type: its word, what it holds, and who sets it. */
struct record_type_row {
        const char *name, *help;
};
extern const struct record_type_row record_types[RECORD_TYPE_MAX_];

struct record_kind;

struct record_field {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title;
        enum record_type type;
        bool must; /* at the opening */
        bool fixed;
        bool tell;
        int64_t max;          /* bytes of a text, entries of a list; 0 = the usual */
        uint32_t in;          /* set of states in which it has to be there */
        struct ww_str *words; /* of a choice; items of a checklist */
        size_t n_words;
        struct ww_str of;   /* kind of a reference, list of a member */
        struct ww_str unit; /* of a number */
        double least, most; /* of a number; -INFINITY, INFINITY */
        struct ww_str *states;
        size_t n_states;
};

/* While the record stands in the state, what the field `member` holds is in the site's list. */
struct record_membership {
        struct ww_str list, member, only_if; /* `only_if`: a field of type bool, or "" */
        size_t member_field, if_field;       /* SIZE_MAX: none */
};

struct record_state {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title;
        bool over;
        struct record_membership *lists;
        size_t n_lists;
};

/* `name: source`. */
struct record_pair {
        struct ww_str name, source;
        size_t field; /* of the kind that is filled; SIZE_MAX: none */
};

struct record_pairs {
        struct record_pair *pairs;
        size_t n;
};

/* An event that does something. */
struct record_on {
        bool given;
        ww_family family;
        enum ww_state state;
        struct ww_str kind;
        struct record_pairs match;  /* field of the record: what the event has there, equal */
        struct record_pairs unless; /* field of the record: not if the event's is it, or lies in it */
};

struct record_makes {
        struct ww_str name; /* of the kind; "" = none */
        const struct record_kind *kind;
        struct record_pairs fields;
        struct ww_str *given; /* fields of the new one that the request brings */
        size_t n_given;
};

/* Who is told by an act, through the channels of the response. */
struct record_notify {
        struct diag_pos pos;
        struct ww_str *to, *by; /* recipients or posts; channels. n_by = 0: nobody is told */
        size_t n_to, n_by;
        struct ww_str whom; /* the field of type `choice` that names the recipient, or "" */
        size_t field;       /* it; SIZE_MAX: none */
        enum ww_priority priority;
};

struct record_act {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title;
        struct ww_str *from_names, to_name;
        size_t n_from;
        bool opens;    /* makes a new record */
        uint32_t from; /* set of states; all that are not over, if none is named */
        size_t to;     /* SIZE_MAX: stays as it is */
        unsigned roles;
        bool reason, takes_listed; /* `takes: []` is a list, too: nothing */
        struct ww_str *takes, *must, *brings, *other_than;
        size_t n_takes, n_must, n_brings, n_other_than;
        struct ww_str sign, log, ticks, publish, done_name;
        struct ww_str *words; /* of an entry of `log`; none: any */
        size_t n_words;
        size_t done;                /* SIZE_MAX */
        struct record_pairs fields; /* from the event, when `on` */
        struct record_on on;
        struct record_makes makes;
        struct record_notify notify;
};

struct record_clock {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title, at, to_name, *in_names;
        size_t n_in;
        int64_t after;
        uint32_t in;
        size_t field; /* SIZE_MAX: since the state was entered */
        size_t to;    /* SIZE_MAX */
        enum ww_hazard hazard;
        enum ww_priority priority;
};

enum record_when {
        RECORD_WHEN_OPENED,
        RECORD_WHEN_RESOLVED,
        RECORD_WHEN_DISPOSED,
        RECORD_WHEN_CLOSED,
};

/* What makes a record without a person's act. Exactly one of `on`, `plan`, `incident`. */
struct record_opens {
        struct diag_pos pos;
        struct record_on on;
        struct ww_str plan;
        const struct record_kind *plan_kind;
        struct ww_str *while_names, schedule, every, begin;
        size_t n_while;
        uint32_t while_in; /* states of the plan */
        bool incident;
        struct response_match match;
        enum record_when when;
        struct ww_str *codes;
        size_t n_codes;
        struct record_pairs fields;
        struct ww_str to_name;
        size_t to; /* the state in which it begins */
};

struct record_kind {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title, number, label;
        size_t label_field;
        int64_t duty, max;
        unsigned read; /* roles; 0 = everybody */
        struct record_field *fields;
        struct record_state *states;
        struct record_act *acts;
        struct record_clock *clocks;
        struct record_opens *opens;
        size_t n_fields, n_states, n_acts, n_clocks, n_opens;
};

struct record_kinds {
        struct response_rules host; /* its arena, its site, and what matches incidents: the loader's parts go by it */
        struct record_kind *kinds;
        size_t n_kinds;
        const struct yaml_node **examples; /* `examples:` of each file; they live in the arena */
        size_t n_examples;
        uint8_t *families; /* 1: some kind waits for events of this family */
        size_t n_families;
};

const struct record_kind *record_kind_find(const struct record_kinds *kinds, struct ww_str name);
size_t record_kind_field(const struct record_kind *kind, struct ww_str name); /* SIZE_MAX if there is none */
size_t record_kind_state(const struct record_kind *kind, struct ww_str name);
const struct record_act *record_kind_act(const struct record_kind *kind, struct ww_str name);
