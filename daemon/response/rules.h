#pragma once
/* Compiled: what the files of paths.response say. Immutable. */
#include "base/arena.h"
#include "expr/expr.h"
#include "response/response.h"

#define PROCEDURE_STEPS_MAX  64
#define ESCALATION_STEPS_MAX 16
#define ESCALATION_TO_MAX    16 /* recipients of a step, and channels */
#define POST_MANNING_MAX     16

/* What a step's `when` may speak of, by slot of the expression. */
enum {
        STEP_WORD_HAZARD,
        STEP_WORD_PRIORITY,
        STEP_WORD_TITLE,
        STEP_WORD_ZONE,
        STEP_WORD_EXERCISE,
        STEP_WORDS,
};
extern const char *const step_words[STEP_WORDS];

struct step_action {
        struct ww_str topic, payload; /* topic.n = 0: no action */
        struct ww_str confirm_kind;   /* of the event that confirms it; "" = none is awaited */
        struct ww_str confirm_zone;   /* may hold {zone} */
        int64_t within;               /* µs; until the event must be here */
};

struct procedure_step {
        struct ww_str name, text, role, link;
        bool required;
        const struct expr *when; /* NULL: always */
        struct step_action action;
};

/* Each entry begins with its name and where it stands: rules_link.c goes by that. */
struct procedure {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title;
        struct procedure_step *steps;
        size_t n;
};

enum two_persons {
        TWO_PERSONS_NEVER,
        TWO_PERSONS_CRITICAL, /* of incidents of that priority */
        TWO_PERSONS_ALWAYS,
};

struct disposition {
        struct ww_str code;
        struct diag_pos pos;
        struct ww_str title, outcome; /* genuine, nuisance, false, test, drill, duplicate */
        bool report;
        enum two_persons two_persons;
};

/* What holds of an incident; a part that is empty restricts nothing. */
struct response_match {
        uint32_t hazards, priorities; /* sets of 1 << number */
        const uint32_t *zones;        /* or below one of them */
        size_t n_zones;
        uint32_t schedule; /* SITE_NONE */
        int exercise;      /* -1: either */
};

enum until {
        UNTIL_ACKNOWLEDGED = 1,
        UNTIL_DISPATCHED = 2,
        UNTIL_RESOLVED = 3,
};

struct escalation_step {
        int64_t after; /* µs behind the opening */
        struct ww_str to[ESCALATION_TO_MAX], by[ESCALATION_TO_MAX];
        size_t n_to, n_by;
        enum until until;
};

struct escalation {
        struct ww_str name;
        struct diag_pos pos;
        struct response_match match;
        struct escalation_step *steps;
        size_t n;
};

struct channel {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title, fallback;
        bool closing; /* tells who was told that it is over, too */
        bool overt;   /* may be seen or heard where the threat is: nothing covert goes there */
};

struct recipient {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title;
        struct ww_str channels[ESCALATION_TO_MAX], addresses[ESCALATION_TO_MAX];
        size_t n;
};

struct manning {
        uint32_t schedule; /* SITE_NONE: always */
        int64_t persons;
};

struct post {
        struct ww_str name;
        struct diag_pos pos;
        struct ww_str title, zone; /* zone "": none */
        int64_t persons;
        struct manning manning[POST_MANNING_MAX]; /* the first whose hours last holds; none: nobody watches */
        size_t n_manning;
};

struct response_rules {
        struct arena arena;
        const struct site *site;
        bool given; /* some file was there */
        bool gather_given, required_given, handover_given;
        struct ww_str gather_by; /* type of zone; "" = the alarm's own */
        int64_t gather_within, hold_max;
        int64_t handover_within; /* µs until a handover that nobody accepts is overdue */
        enum ww_priority from;
        struct response_match required; /* incidents that need a disposition to be closed */
        struct procedure *procedures;
        struct disposition *dispositions;
        struct escalation *escalations;
        struct channel *channels;
        struct recipient *recipients;
        struct post *posts;
        size_t n_procedures, n_dispositions, n_escalations, n_channels, n_recipients, n_posts;
};

const struct procedure *rules_procedure(const struct response_rules *rules, struct ww_str name); /* NULL */
const struct disposition *rules_disposition(const struct response_rules *rules, struct ww_str code);
const struct channel *rules_channel(const struct response_rules *rules, struct ww_str name);
const struct recipient *rules_recipient(const struct response_rules *rules, struct ww_str name);
const struct post *rules_post(const struct response_rules *rules, struct ww_str name);

/* An incident, as matches see it. */
struct response_case {
        enum ww_hazard hazard;
        enum ww_priority priority;
        uint32_t zone; /* SITE_NONE */
        bool exercise;
        int64_t opened;
};
bool rules_match(const struct response_rules *rules, const struct response_match *match,
                 const struct response_case *of);
