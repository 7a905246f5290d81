#pragma once
/*
 * A sensor type, compiled: what the loader (load.c) makes of YAML and decode.c runs. All of it lives in the arena of
 * struct decode_types and never changes.
 */
#include "config/bundle.h"
#include "config/yaml.h"
#include "decode/decode.h"
#include "decode/format.h"
#include "decode/source.h"
#include "decode/stamp.h"
#include "decode/states.h"
#include "decode/trie.h"
#include "expr/expr.h"

#define TYPE_MESSAGES_MAX  256
#define TYPE_EVENTS_MAX    64 /* entries of one message */
#define TYPE_ATTRS_MAX     32 /* of one event: the message's and its own */
#define TYPE_DELAY         (60 * WW_SECOND)
#define TYPE_DEVICE_MAX    256 /* bytes of a device's name */
#define TYPE_NUMBER_WITHIN (10 * WW_MINUTE)

/* attributes of events that no file writes down */
enum type_own_attr {
        TYPE_ATTR_FIRST, /* of a gap: the first and the last missing number */
        TYPE_ATTR_LAST,
        TYPE_ATTR_GATEWAY, /* of a link that went with its gateway: the gateway's asset */
        TYPE_OWN_ATTRS,
};

struct type_attr {
        struct ww_str name;
        uint32_t symbol;
        const struct source *source;
};

struct type_class {
        struct ww_str name; /* of the asset */
        ww_family family;
};

struct type_event {
        ww_family family;
        enum ww_nature nature;
        enum ww_state fixed; /* UNKNOWN: `state` says */
        const struct source *state, *value, *device;
        struct ww_str unit;
        const struct expr *where;
        const struct type_class *classes;
        size_t n_classes;
        bool by_asset; /* the asset's `kind`, `inverted` and class decide too */
        bool required;
        bool children;          /* of a gateway's link: the devices behind it go along */
        bool momentary;         /* a state that never ends by itself: each message counts */
        bool with_value;        /* a state that is another one with another value */
        int64_t repeat_within;  /* 0 = each one counts */
        int64_t restores_after; /* of a state that its device does not end; 0 = it does */
        const struct type_attr *attrs;
        size_t n_attrs;
};

/* `match`: the field is one of these texts */
struct type_match {
        struct path path;
        const struct ww_str *texts;
        size_t n;
};

struct type_time {
        const struct source *source; /* NULL: the message's arrival */
        struct stamp_how how;
};

/* the device's own counter (numbering.h) */
struct type_number {
        const struct source *source; /* NULL: it has none */
        uint64_t modulo;
        int64_t within;  /* how long a number counts as seen */
        bool of_element; /* each element of a for_each has its own */
};

/* a written topic, and what it stands for */
struct type_topic {
        struct diag_pos pos;
        const struct topic_pattern *patterns;
        size_t n;
};

struct type_message {
        struct ww_str name;
        struct diag_pos pos;
        const struct type_topic *topics;
        size_t n_topics;
        uint8_t formats[4]; /* indexes of the types' formats */
        size_t n_formats;
        const struct byte_reader *bytes; /* NULL = none */
        const struct path *has, *lacks;
        size_t n_has, n_lacks;
        const struct path_keys *keys;
        const struct type_match *matches;
        size_t n_matches;
        const struct expr *where, *check;
        bool ignore;
        bool alive;                  /* the message shows that the device lives */
        const struct path *for_each; /* each inside the one before */
        size_t n_for_each;
        const struct expr *only;
        const struct source *const *fields;
        size_t n_fields;
        const struct source *device;
        struct type_time time;
        int64_t delay;
        struct type_number number;
        const struct type_attr *attrs;
        size_t n_attrs;
        const struct type_event *events;
        size_t n_events;
        const struct path_secret *secrets; /* the type's too */
        size_t n_secrets;
};

struct type {
        struct ww_str name;   /* "zigbee2mqtt" */
        struct ww_str sensor; /* "zigbee2mqtt/1" */
        struct ww_str title;  /* for people; empty = none */
        uint32_t owner;       /* hash of the name: whose state it is */
        struct diag_pos pos;
        struct topic_names captures;
        const struct type_message *messages;
        size_t n_messages;
        const struct path_secret *secrets;
        size_t n_secrets;
        const struct yaml_node *examples;
};

struct type_zone {
        struct ww_str name;
        struct timezone_table *table;
};

struct decode_types {
        struct arena arena;
        struct type *types;
        size_t n, capacity;
        struct trie *trie;
        struct format_use formats[FORMAT_USES_MAX]; /* each with its options; messages share them */
        size_t n_formats;
        struct type_zone *zones; /* that times name */
        size_t n_zones;
        const struct path **refs; /* slots of expressions */
        size_t n_refs, refs_capacity;
        bool secrets; /* some message has any */
        struct placement placement;
        const struct site *site;
        struct symtab *symbols;
        const struct ww_kinds *kinds;
        struct ww_str (*kind_names)[4];           /* by family and state */
        struct states_key *family_states;         /* by family: its half of a state's key */
        ww_family heartbeat;                      /* device.heartbeat; WW_FAMILY_NONE if the vocabulary has none */
        struct states_key drift_states;           /* as number_states */
        struct states_key number_states;          /* a counter's half of its key */
        ww_family gap;                            /* as heartbeat */
        ww_family link;                           /* device.link, as heartbeat */
        ww_family described;                      /* device.described, as heartbeat */
        struct ww_attr own_attrs[TYPE_OWN_ATTRS]; /* names of attributes that no file writes down */
};
