#pragma once
/*
 * A source: how one value is had from a message. The first of some paths that is there, a template, or a constant; then
 * its conversions, in this order: join, default, pattern, split, base, bit or mask, map, invert, as, scale and offset,
 * asset look-up.
 *
 * Missing, null and empty are three things. A field that the message does not carry is missing, and what depends on it
 * is left out; null is null ("the bridge does not know"); "" is a text. A default replaces a missing one only: also
 * what a pattern does not match, but then it is the value as it stands.
 */
#include "decode/byte_reader.h"
#include "decode/extract.h"
#include "decode/path.h"
#include "decode/placement.h"
#include "decode/valuemap.h"

#define SOURCE_PATHS_MAX  8
#define SOURCE_PIECES_MAX 16
#define SOURCE_FIELDS_MAX 32 /* named fields of one message */

enum source_as {
        SOURCE_AS_IS,
        SOURCE_AS_NUMBER,
        SOURCE_AS_BOOLEAN,
        SOURCE_AS_STRING,
};
extern const char *const source_as_names[];
extern const size_t source_as_names_n;

/* text, then the path's value */
struct source_piece {
        struct ww_str text;
        const struct path *path; /* NULL: text only */
};

struct source {
        const struct path *paths;
        size_t n_paths;
        const struct source_piece *pieces; /* template */
        size_t n_pieces;
        struct ww_value constant;      /* without paths and pieces */
        struct ww_value fallback;      /* MISSING = none */
        const struct extract *extract; /* NULL = none */
        const struct valuemap *map;
        enum source_as as;
        bool invert, scaled, secret;
        bool direct; /* a text at one of the payload's own keys is the value as it stands */
        double scale, offset;
        struct ww_str asset_field; /* .p NULL = no look-up */
        struct ww_str join;        /* between the elements of a list; .p NULL = a list is no value */
        struct diag_pos pos;
};

/* one message while it is decoded: what paths lead into */
struct source_context {
        struct document *doc; /* NULL: payload not read (yet) */
        struct arena *arena;
        const struct placement *placement;
        struct ww_str topic;
        struct ww_str captures[TOPIC_CAPTURES_MAX]; /* .p NULL = missing */
        const struct source *const *fields;         /* of the message */
        size_t n_fields;
        struct ww_value values[SOURCE_FIELDS_MAX]; /* of fields, once read */
        uint32_t known;                            /* mask of values that are */
        /* for_each: the element in hand and those around it, by level outwards */
        uint32_t items[PATH_LEVELS_MAX];        /* nodes, or DOCUMENT_NONE */
        struct ww_str keys_of[PATH_LEVELS_MAX]; /* .p NULL = none */
        const struct path_keys *keys;           /* of the message */
        uint32_t nodes[PATH_KEYS_MAX];          /* where the keys lead … */
        bool found;                             /* … once that was asked for */
        const struct byte_reader *reader;       /* of the message; NULL = none */
        bool bytes_known;
        struct byte_values bytes; /* once they are */
};

/** The value. False: it is there but cannot be what it has to be (no number, no truth value); then *ret is missing. */
bool source_read(const struct source *s, struct source_context *x, struct ww_value *ret);
/** The value as text (numbers as they were written). False if it is missing, null, or no scalar. */
bool source_text(const struct source *s, struct source_context *x, struct ww_str *ret);
/** A state. VALUEMAP_IGNORE: no event (missing, or a map's `ignore`). What fits no row is WW_STATE_UNKNOWN. */
int source_state(const struct source *s, struct source_context *x);
/** A field of the message: read once, and there until the next message or element. */
const struct ww_value *source_field(struct source_context *x, uint32_t index);
/** Forgets what was read of the element before. */
static inline void source_next_element(struct source_context *x) {
        x->known = 0;
        x->bytes_known = false;
}
/** The value that a path leads to. */
void source_path_value(const struct path *p, struct source_context *x, struct ww_value *ret);
/** What a path leads to, as text; .p NULL if there is none. */
struct ww_str source_path_text(const struct path *p, struct source_context *x);
/** How a value is had, for those who ask: what stood where, and what is done with it. `state`: it is read as one. Texts
 *  live in the context's arena. */
struct decode_origin;
void source_origin(const struct source *s, struct source_context *x, bool state, struct decode_origin *ret);
/** The path's value in words: an object is "{…}"; .p NULL if nothing is there. */
struct ww_str source_path_shown(const struct path *p, struct source_context *x);

/** True if the path leads to something, be it null or an object. */
bool source_path_present(const struct path *p, struct source_context *x);
