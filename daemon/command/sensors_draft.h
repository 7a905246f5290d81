#pragma once
/*
 * A draft of a type, from messages: they are sorted into groups that look alike (sensors_draft_topic.c,
 * sensors_draft_split.c), of each
 * group's payloads every field with its values is noted (sensors_draft_field.c), a table of well-known words says what
 * a field may be (sensors_draft_guess.c), and all of it is written as YAML (sensors_draft_print.c).
 */
#include "command/sensors.h"

#include "decode/topic.h"

#define DRAFT_SAMPLES_MAX  5000
#define DRAFT_GROUPS_MAX   64
#define DRAFT_FIELDS_MAX   48 /* of one group */
#define DRAFT_VALUES_MAX   8  /* different values of a field that are kept */
#define DRAFT_EXAMPLES_MAX 4  /* messages of a group that become an example */

enum draft_format {
        DRAFT_JSON,
        DRAFT_PAIRS,
        DRAFT_TEXT,
        DRAFT_EMPTY,
        DRAFT_BYTES, /* no text */
};

struct draft_sample {
        struct ww_str topic, payload; /* in the draft's arena */
        bool retained;
        int64_t time;
        enum draft_format format;
        json_t *body; /* JSON, PAIRS: what it holds; TEXT: the text; NULL: nothing that has fields */
};

struct draft_field {
        char *path; /* as in YAML: `data."odd key"` */
        char *key;  /* its last word, in lower case, letters and digits only */
        json_t *values;
        size_t seen; /* messages that have it */
        bool list;   /* of objects: for_each */
};

/* what a field may be */
enum draft_role {
        DRAFT_NOTHING,
        DRAFT_STATE,
        DRAFT_MEASURE,
        DRAFT_PULSE,
        DRAFT_TIME,
        DRAFT_DEVICE,
        DRAFT_ATTRIBUTE,
};
struct draft_guess {
        enum draft_role role;
        const char *kind; /* family; of ATTRIBUTE its name */
        bool inverted;    /* the device's "true" is our normal */
        bool sure;        /* the word stood there as it is */
};

struct draft_level {
        struct ww_str text;  /* of the first sample */
        const char *capture; /* NULL: always the same */
        bool guessed;        /* nothing has shown that it varies */
};

struct draft_group {
        char *key;
        enum draft_format format;
        struct draft_sample **samples;
        size_t n, capacity;
        struct draft_level levels[TOPIC_LEVELS_MAX];
        size_t n_levels;
        bool device; /* a level is the device's */
        struct draft_field fields[DRAFT_FIELDS_MAX];
        size_t n_fields;
        const char *match_key, *match_word; /* in a sample: what tells its messages from others; NULL = nothing */
        const char *list;                   /* path of the list whose elements they are about (for_each); NULL */
        char name[32];                      /* of the message */
};

struct draft {
        struct arena arena;
        struct draft_sample *samples;
        size_t n_samples;
        uint64_t left_out;
        struct draft_group *groups;
        size_t n_groups;
        char sensor[65];
};

/** Keeps a copy of a message. 0, -ENOMEM. */
int draft_add(struct draft *d, const struct ww_input *input);
/** Format and body of a sample. */
void draft_read(struct draft *d, struct draft_sample *sample);
/** Sorts the samples into groups with their topics. 0, -ENOMEM. */
int draft_group(struct draft *d);
/** Adds a sample to a group. 0, -ENOMEM. */
int draft_push(struct draft_group *g, struct draft_sample *sample);
/** Groups whose messages say in a field which of several shapes they have become several. 0, -ENOMEM. */
int draft_split(struct draft *d);
/** The fields of a group. 0, -ENOMEM. */
int draft_fields(struct draft_group *g);
void draft_deinit(struct draft *d);

/** What the field may be; `level`: the topic's last word where the payload is a bare value. */
struct draft_guess draft_guess(const struct draft_field *field);
/** The word of a topic or payload as the table has it. False: it is none. */
bool draft_word_known(struct ww_str word);
/** Lower case, letters and digits only. `out` has `size` bytes. */
void draft_normalise(struct ww_str word, char *out, size_t size);
/** What a state's word may mean: active, normal, or "unknown". */
const char *draft_state_word(const char *value);
/** True if sensor types read this value as a state by themselves. */
bool draft_state_usual(const json_t *value);
/** A number, or a text that is one. */
bool draft_is_number(const json_t *value);
/** A time, by its value. */
bool draft_is_time(const json_t *value, int64_t *ret);

/** The type without its examples; then with those that `events` gives: text of `examples:` by group. */
void draft_print(const struct draft *d, const char *const *examples, struct buf *out);
/** Given samples and what they gave, as one example. */
void draft_print_given(const struct draft_group *g, const struct draft_sample *sample, int64_t at, struct buf *out);
void draft_print_event(const struct ww_event *e, struct buf *out);
/** The device's own time of a sample, or NONE. */
int64_t draft_time_of(const struct draft_group *g, const struct draft_sample *sample);
/** The field that is the device's own time, or its name; NULL. */
const struct draft_field *draft_field_of(const struct draft_group *g, enum draft_role role);
