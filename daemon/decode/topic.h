#pragma once
/*
 * Topic patterns. A pattern is levels between slashes; a level is literal text, or holds captures:
 *
 *     {device}        one level                          zigbee2mqtt/{device}
 *     {device+}       one level or more (once a pattern)  zigbee2mqtt/{device+}/availability
 *     Zone{n}         part of a level, never empty       dsc/Get/Zone{n}
 *     {room?}         a level that may be missing        home/{room?}/door
 *     {base:a|b}      one of these words                 {base:zigbee2mqtt|zigbee}/bridge/state
 *
 * A leading slash is an empty first level, as in MQTT. `{room?}` and `{base:a|b}` are expanded when a pattern is read,
 * so that one written pattern becomes several simple ones; a simple pattern has literal, partial, single and multi
 * levels only.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/diag.h"

#define TOPIC_LEVELS_MAX   32 /* levels of a topic; one with more has no type */
#define TOPIC_CAPTURES_MAX 16 /* names of one sensor type */
#define TOPIC_EXPAND_MAX   64 /* simple patterns of one written pattern */
#define TOPIC_PIECES_MAX   8  /* captures in one level */

enum topic_level_kind {
        TOPIC_MULTI = 0, /* in the order of how special they are */
        TOPIC_SINGLE = 1,
        TOPIC_PARTIAL = 2,
        TOPIC_LITERAL = 3,
};

#define TOPIC_NO_CAPTURE UINT8_MAX

struct topic_piece {
        struct ww_str literal; /* before the capture */
        uint8_t capture;       /* TOPIC_NO_CAPTURE: the literal ends the level */
};

struct topic_level {
        enum topic_level_kind kind;
        struct ww_str text;               /* as written; a LITERAL's is what it matches */
        uint8_t capture;                  /* SINGLE, MULTI; LITERAL: set by {name:a|b} */
        const struct topic_piece *pieces; /* PARTIAL */
        size_t n_pieces;
};

struct topic_pattern {
        struct ww_str written;
        struct topic_level levels[TOPIC_LEVELS_MAX];
        size_t n;
        int multi;         /* index of the MULTI level, -1 = none */
        uint64_t rank;     /* higher = more special: two bits a level from the left */
        uint32_t captures; /* mask of those it sets */
};

/* the capture names of one sensor type, in order of first use */
struct topic_names {
        struct ww_str names[TOPIC_CAPTURES_MAX];
        size_t n;
};
/** -1 if there is none. */
int topic_name_find(const struct topic_names *names, struct ww_str name);

/** Reads a written pattern into simple ones (array in `arena`). New names are added to `names`.
 *  0, DIAG_E_USER, -ENOMEM. */
int topic_pattern_parse(struct arena *arena, struct ww_str text, struct diag_pos pos, struct diag *d,
                        struct topic_names *names, struct topic_pattern **ret, size_t *ret_n);

/* a topic, split once a message */
struct topic {
        struct ww_str text;
        struct bytes_key levels[TOPIC_LEVELS_MAX];
        size_t n;
};
/** False if it has too many levels. Borrows `text`. */
bool topic_split(struct topic *t, struct ww_str text);

/** True if a partial level's pieces match `level`; `captures` may be NULL. The first fit counts: each capture is as
 *  short as it can be, the last one in a level takes the rest. */
bool topic_partial_match(const struct topic_level *level, struct ww_str text, struct ww_str *captures);
/** What the captures of `p` are in `t`, which matches it. Only those of p->captures are written. */
void topic_capture(const struct topic_pattern *p, const struct topic *t, struct ww_str captures[TOPIC_CAPTURES_MAX]);
