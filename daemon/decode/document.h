#pragma once
/*
 * A payload, read once: a flat array of nodes in the order of the text, each a slice of the payload.
 *
 * An object's node is followed by key, value, key, value …; an array's by its items; `next` of every node is the index
 * behind its subtree, so a reader skips what it does not want without looking at it. Nothing is converted: numbers stay
 * text until somebody wants a number, strings stay escaped until somebody wants the string (then they are unescaped
 * into the arena). A document lives until the payload or the arena goes, or the next one is read.
 *
 * Where a key stands twice in one object the last one counts, as in the parsers that the makers of devices use.
 * A look-up costs as many steps as it passes keys, and a message has a budget of them: a payload of thousands of keys
 * that a type asks for a hundred times must not hold up the ones behind it. The payload's own keys are gone through
 * once, for all of a message's paths (path.h).
 *
 * No string that leaves here carries a NUL or a broken UTF-8 sequence: "\u0000" and half a surrogate pair become
 * U+FFFD.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include <wardwatch/value.h>

#define DOCUMENT_NONE        UINT32_MAX
#define DOCUMENT_NODES_MAX   16384u         /* nodes of one payload; more is a bad payload */
#define DOCUMENT_DEPTH_MAX   32u            /* nesting; deeper is a bad payload */
#define DOCUMENT_PAYLOAD_MAX (256u * 1024u) /* bytes that are read; a larger payload is a bad one */
#define DOCUMENT_STEPS_MAX   100000u /* keys and items looked at for one message; then nothing is found any more */
#define DOCUMENT_STRING_MAX  4096u   /* bytes of one string as a value; the rest is cut at a character's end */

enum document_type {
        DOCUMENT_NULL,
        DOCUMENT_FALSE,
        DOCUMENT_TRUE,
        DOCUMENT_NUMBER,
        DOCUMENT_STRING,
        DOCUMENT_OBJECT,
        DOCUMENT_ARRAY,
};

struct document_node {
        const char *p; /* the text: a string's without its quotes */
        uint64_t head; /* of a key: its first eight bytes as written (bytes_head), so that most others are told apart */
        uint32_t n;
        uint32_t next; /* index behind this node's subtree */
        uint32_t hash; /* of a key: bytes_key_hash as written */
        uint8_t type;  /* enum document_type */
        bool escaped;  /* string with a backslash in it */
};

struct document {
        struct document_node *nodes;
        uint32_t n, capacity;
        uint64_t keys;       /* document_keys() … */
        bool keys_known;     /* … once asked for */
        struct ww_str bytes; /* what the payload's text stands for, of the formats of bytes; .p NULL: not such a one */
        char *text;          /* a copy of the payload, for readers that want zeros behind it */
        size_t text_capacity;
        struct arena *arena; /* borrowed: where strings are unescaped */
        uint32_t *steps;     /* borrowed: what is left of DOCUMENT_STEPS_MAX, shared by a message's documents */
        const char *error;   /* of the last read that failed: what is wrong … */
        uint32_t error_at;   /* … and at which byte, from 0 */
};

void document_init(struct document *d, struct arena *arena, uint32_t *steps);
void document_deinit(struct document *d);

/** Empties the document for the next payload; the memory stays. */
static inline void document_reset(struct document *d) {
        d->n = 0;
        d->keys_known = false;
        d->bytes = WW_STR_NONE;
        d->error = NULL;
        d->error_at = 0;
}

#define DOCUMENT_PADDING 16 /* zeros: a reader may take so many bytes at the text's end */
/** A copy of `text` with the padding behind it, until the next one. NULL without memory. */
const char *document_keep(struct document *d, struct ww_str text);

/** Makes room for a node; false when it is full or without memory (d->error tells which). */
bool document_grow(struct document *d);

/** Appends a node; its index, or DOCUMENT_NONE. */
static inline uint32_t document_add(struct document *d, enum document_type type, const char *p, size_t n) {
        if (d->n == d->capacity && !document_grow(d))
                return DOCUMENT_NONE;
        d->nodes[d->n] = (struct document_node){ .p = p, .n = (uint32_t)n, .next = d->n + 1, .type = (uint8_t)type };
        return d->n++;
}

/** Takes that many from the budget; false, and none are left, if there are not so many. */
static inline bool document_spend(const struct document *d, uint32_t steps) {
        bool enough = *d->steps >= steps;

        *d->steps = enough ? *d->steps - steps : 0;
        return enough;
}

/** The node is a key whose first eight bytes are these. */
static inline void document_set_key(struct document_node *node, uint64_t head) {
        const struct bytes_key key = { { node->p, node->n }, head };

        node->head = head;
        node->hash = bytes_key_hash(&key);
}

/** The key at `node`. One that is escaped is unescaped into the arena, for eight steps. */
struct bytes_key document_escaped_key(const struct document *d, uint32_t node);
static inline struct bytes_key document_key_at(const struct document *d, uint32_t node) {
        const struct document_node *x = &d->nodes[node];

        return x->escaped ? document_escaped_key(d, node) : (struct bytes_key){ { x->p, x->n }, x->head };
}

/** The value of `key` in node `object`; DOCUMENT_NONE if there is none or `object` is not one. */
uint32_t document_member(const struct document *d, uint32_t object, const struct bytes_key *key);
/** The bits of all of the payload's own keys. A key of which a bit (document_key_bits of its hash) is not among them is
 * not there. All bits if the payload is no object. */
uint64_t document_keys(struct document *d);
static inline uint64_t document_key_bits(uint32_t hash) {
        return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63);
}
/** Item `index` of node `array`, from 0; DOCUMENT_NONE if there is none or `array` is not one. */
uint32_t document_item(const struct document *d, uint32_t array, uint32_t index);

/** The node as a value: a string is borrowed from the payload or the arena; a number that no double can hold, an
 *  object, an array and DOCUMENT_NONE are WW_MISSING. */
void document_value(const struct document *d, uint32_t node, struct ww_value *ret);
/** The node as text: numbers as they were written, "true", "false", "null"; .p NULL for objects and arrays. */
struct ww_str document_text(const struct document *d, uint32_t node);
/** A string node's characters; also for keys. */
struct ww_str document_string(const struct document *d, uint32_t node);

/** Reads a decimal number (JSON's grammar, also with a leading + or zeros) that fills `text`. False if it is none, or
 * no finite double. */
bool document_number(struct ww_str text, double *ret);
struct ww_str document_shorten(struct ww_str s, size_t max); /* of one that is too long */
/** Cuts `s` to at most `max` bytes, at the end of a character. */
static inline struct ww_str document_cut(struct ww_str s, size_t max) {
        return s.n <= max ? s : document_shorten(s, max);
}
/** True if `s` is valid UTF-8 without NUL. */
bool document_text_valid(struct ww_str s);
