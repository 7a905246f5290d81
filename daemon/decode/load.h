#pragma once
/*
 * From YAML to sensor types. load.c reads files and types; load_message.c messages; load_event.c events; load_source.c
 * values; load_format.c, load_time.c what their names say. What is wrong goes into the diag with its place and a cure,
 * and reading goes on, so that one run tells everything.
 */
#include "decode/type.h"

/* a key of the language, with its line in the reference */
struct load_key {
        const char *name, *help;
};
extern const struct load_key load_type_keys[], load_message_keys[], load_event_keys[], load_source_keys[],
        load_time_keys[], load_pairs_keys[], load_csv_keys[], load_bytes_keys[], load_byte_field_keys[],
        load_records_keys[], load_split_keys[], load_number_keys[];
extern const size_t load_type_keys_n, load_message_keys_n, load_event_keys_n, load_source_keys_n, load_time_keys_n,
        load_pairs_keys_n, load_csv_keys_n, load_bytes_keys_n, load_byte_field_keys_n, load_records_keys_n,
        load_split_keys_n, load_number_keys_n;

struct load {
        struct decode_types *types;
        const struct bundle *bundle;
        struct arena *arena;
        struct diag *d;
        struct type *type;
        /* of the message that is being read */
        struct path_names names;
        struct ww_str field_names[SOURCE_FIELDS_MAX];
        struct ww_str byte_names[BYTE_FIELDS_MAX];
        uint32_t secret;   /* mask of fields that must not leave */
        uint32_t captures; /* mask of captures that its topics set */
        const struct type_message *message;
        const char *what; /* "sensor `x`, message `y`", for messages */
};

/* after a step: out with -errno; what was told to the user is kept while reading goes on */
#define LOAD_MERGE(r, result)                                                                                          \
        do {                                                                                                           \
                if ((r) < 0)                                                                                           \
                        return (r);                                                                                    \
                (result) = (r) ? (r) : (result);                                                                       \
        } while (0)

enum load_use {
        LOAD_VALUE,  /* may leave: an attribute, a value, an identity */
        LOAD_STATE,  /* the results of its map are states */
        LOAD_NUMBER, /* a measurement */
        LOAD_SECRET, /* a field: may be `redact: true` */
};

int load_keys_check(struct load *l, const struct yaml_node *n, const char *what, const struct load_key *keys,
                    size_t n_keys);
int load_path(struct load *l, const struct yaml_node *n, struct path *ret);
int load_paths(struct load *l, const struct yaml_node *n, const struct path **ret, size_t *ret_n);
int load_source(struct load *l, const struct yaml_node *n, enum load_use use, const struct source **ret);
/** `attributes`; `parent`: those that hold for all of the message's events, or NULL. */
int load_attributes(struct load *l, const struct yaml_node *n, const struct type_attr *parent, size_t n_parent,
                    const struct type_attr **ret, size_t *ret_n);
int load_condition(struct load *l, const struct yaml_node *n, const struct expr **ret);
/** `type`: the type's mapping. `index`: the message's number. */
int load_message(struct load *l, const struct yaml_node *n, const struct yaml_node *type, uint32_t index,
                 struct type_message *m);
int load_time(struct load *l, const struct yaml_node *n, struct type_time *time);
/** `bytes`; behind the formats and before what names its fields. `levels`: how many elements are around. */
int load_bytes(struct load *l, const struct yaml_node *n, size_t levels, struct type_message *m);
/** What of a value's mapping takes a part of it; *ret stays NULL where there is none. */
int load_extract(struct load *l, const struct yaml_node *n, const struct extract **ret);
/** A mask of bits: 0x0f, not 0. */
int load_mask(struct load *l, const struct yaml_node *n, uint64_t *ret);
/** `format`; `n` may be NULL. */
int load_formats(struct load *l, const struct yaml_node *n, struct type_message *m);
int load_events(struct load *l, const struct yaml_node *n, struct type_message *message);
/** redact.c: `redact` of a type or message, added to what its type says (`parent`). */
int load_redact(struct load *l, const struct yaml_node *n, const struct path_secret *parent, size_t n_parent,
                const struct path_secret **ret, size_t *ret_n);
/** Adds what the message's fields with `redact: true` are made of. 0 or -ENOMEM. */
int load_redact_fields(struct load *l, struct type_message *m);
/** True if `p` leads to something that the message in hand must not let be stored. */
bool load_is_secret(const struct load *l, const struct path *p);
/** `number`: of the message or its type. */
int load_number(struct load *l, const struct yaml_node *n, struct type_number *number);
/** All files of the bundle. 0, DIAG_E_USER, -ENOMEM. */
int load_bundle(struct decode_types *types, const struct bundle *bundle, struct diag *d);
