#pragma once
/*
 * Where a value comes from: a path into the payload, the topic, or what was read before.
 *
 *     battery                      key of the payload
 *     data.friendly_name           key in a key
 *     events[0].component          item of an array
 *     ZbReceived."0500<00"         a key that is no word
 *     payload                      the whole payload (text); payload.x is x, also where a field is called x
 *     topic.device                 a capture of the topic; `topic` alone is the whole topic
 *     bytes.battery                what the message's `bytes` say
 *     item.x, key                  in a for_each: the element, its key or number
 *     parent.x, parent.key         in a for_each of several paths: the element around it; parent.parent around that
 *     door                         a field of the message, if one has that name; else a key of the payload
 */
#include "decode/document.h"
#include "decode/topic.h"

#define PATH_STEPS_MAX  16
#define PATH_LEVELS_MAX 3  /* paths of a for_each, one inside the other */
#define PATH_KEYS_MAX   64 /* of one message; a power of two */
#define PATH_KEY_NONE   UINT8_MAX

enum path_root {
        PATH_PAYLOAD,
        PATH_TOPIC,   /* whole topic */
        PATH_CAPTURE, /* `index` */
        PATH_FIELD,   /* `index` */
        PATH_BYTES,   /* `index` */
        PATH_ITEM,    /* `index`: elements outwards from the innermost */
        PATH_KEY,     /* as PATH_ITEM */
};

struct path_step {
        struct bytes_key key; /* its text's .p NULL: an index */
        uint32_t index;
};

struct path {
        enum path_root root;
        uint32_t index;
        uint8_t first; /* number of the first step among the message's keys; PATH_KEY_NONE: looked for by itself */
        const struct path_step *steps;
        size_t n;
        struct ww_str written;
};

/*
 * The keys of a payload that a message's paths begin with. A type asks for some ten of them, several times each: one
 * pass over the payload finds them all.
 */
struct path_keys {
        struct bytes_key keys[PATH_KEYS_MAX];
        uint8_t slots[2 * PATH_KEYS_MAX]; /* open addressing: number + 1, 0 = free */
        uint8_t n;
};

/* What must not be stored, of a payload: keys, `*` for each of them; an array on the way stands for its elements. */
struct path_secret {
        const struct path_step *steps;
        size_t n;
        uint64_t bits; /* document_key_bits of the first key; 0: it does not begin with one */
};

/* what names mean in one message */
struct path_names {
        const struct topic_names *captures;
        const struct ww_str *fields;
        size_t n_fields;
        const struct ww_str *bytes; /* NULL: the message has none, and `bytes` is a key as others are */
        size_t n_bytes;
        uint8_t levels; /* for_each: how many elements are around */
        struct path_keys *keys;
};

/** Reads `text`. `strict`: a bare word that is no field is refused (PATH_E_UNKNOWN), as in expressions. Steps live in
 *  `arena`. 0, DIAG_E_USER, PATH_E_UNKNOWN, -ENOMEM. */
enum {
        PATH_E_UNKNOWN = 1,
};
int path_parse(struct arena *arena, struct ww_str text, struct diag_pos pos, struct diag *d,
               const struct path_names *names, bool strict, struct path *ret);

/** Follows the steps from number `step` on, from node `from`: DOCUMENT_NONE if something on the way is missing. */
uint32_t path_follow(const struct path *p, size_t step, const struct document *doc, uint32_t from);

/** Where each key of `keys` leads in the payload, DOCUMENT_NONE = nowhere; `nodes` has room for keys->n. */
void path_keys_find(const struct path_keys *keys, const struct document *doc, uint32_t *nodes);
