#pragma once
/*
 * The record against its proof: every segment against the one before it, every row against its leaf. See verify.c.
 */
#include "base/arena.h"
#include "store/proof_segment.h"
#include "store/wire.h"

enum verify_kind {
        VERIFY_ROW_ALTERED,
        VERIFY_ROW_DELETED,
        VERIFY_ROW_INSERTED,
        VERIFY_TABLE_ALTERED,
        VERIFY_LEAVES_ALTERED,
        VERIFY_PART_ALTERED,
        VERIFY_SEGMENT_ALTERED,
        VERIFY_SEGMENT_DELETED,
        VERIFY_CURSOR_MOVED,
        VERIFY_CHAIN_DELETED,
        VERIFY_CHECKPOINT_ALTERED,
        VERIFY_CHECKPOINT_DELETED,
        VERIFY_CHECKPOINT_CONTRADICTS,
        VERIFY_CHECKPOINT_UNSIGNED,
        VERIFY_EXPORT_ALTERED,
        VERIFY_KINDS_,
};

struct verify_finding {
        enum verify_kind kind;
        int32_t journal;
        const char *relation;     /* "" = none */
        uint64_t segment;         /* 0 = none */
        struct proof_place place; /* of a row; seq 0 = none */
        const char *text;         /* one sentence for people */
};

struct verify_table {
        const char *relation;
        uint64_t rows, dropped;
};

#define VERIFY_TABLES_MAX PROOF_PARTS_MAX

struct verify_figures {
        uint64_t segments, rows, dropped;
        uint64_t absent;  /* rows that are not part of a selection */
        uint64_t removed; /* segments of which nothing is left */
        uint64_t found[VERIFY_KINDS_];
        uint64_t first_seq, last_seq; /* what the segments cover */
        struct verify_table tables[VERIFY_TABLES_MAX];
        size_t n_tables;
};

struct verify_segment {
        uint64_t segment, first_seq, last_seq;
        int64_t sealed_at; /* µs since 1970 */
        uint8_t previous[PROOF_HASH], hash[PROOF_HASH];
        int64_t rows;         /* of its parts */
        size_t part, n_parts; /* its parts in the window */
};

struct verify_part {
        const struct verify_segment *segment;
        const struct proof_layout *layout; /* NULL = none of that number */
        const char *relation;
        int64_t rows;
        uint8_t root[PROOF_HASH];
        struct ww_str leaves; /* .p NULL = given up */
        bool unlisted;        /* its list of leaves is missing or is not the tree's */
};

/* Some segments in a row, with their parts. */
struct verify_window {
        struct verify_segment *segments;
        struct verify_part *parts; /* in the order of the segments */
        size_t n, n_parts, capacity, parts_capacity;
        struct arena arena;
};

/* Where segments and rows come from: a database, or an export of one. */
struct verify_source {
        void *userdata;
        /** The next segments; none at the end. 0, WIRE_E_*, -errno. */
        int (*window)(void *userdata, struct verify_window *ret);
        /** Begins the rows of a table from `first` to `last`, by seq, n and position. */
        int (*rows)(void *userdata, const struct proof_layout *layout, uint64_t first, uint64_t last);
        /** The next of them in COPY format, borrowed until the next call; nothing (ret->n = 0) at the end. */
        int (*row)(void *userdata, struct ww_str *ret);
        const char *(*error)(void *userdata);
};

struct verify_layouts {
        struct proof_layout *items;
        int *numbers;
        size_t n, capacity;
};

struct verify {
        struct verify_source source;
        int32_t journal;
        uint8_t journal_id[16];
        bool whole;    /* from the first segment on: what is before it is missing */
        bool selected; /* only some rows, and of the chain what it takes to prove them: the rest is not missing */
        const struct verify_layouts *layouts;
        void *userdata;
        void (*found)(void *userdata, const struct verify_finding *finding);
        /** After each window; may be NULL. Also where each segment can be compared with what is known elsewhere. */
        int (*progress)(void *userdata, struct verify *v, const struct verify_window *window);
        /** A row that is missing: was it dropped by a recorded retention? `dated`: place->day counts. May be NULL. */
        bool (*dropped)(void *userdata, const char *relation, const struct proof_place *place, bool dated);
        /** A part without rows, whose list was given up: had retention come to it? May be NULL. */
        bool (*given_up)(void *userdata, const char *relation, const struct verify_segment *segment);
        /** Segments between `last` (segment 0: none before it) and `next` that are missing: were they removed, with the
         *  hash that `next` names as the last one's? May be NULL. */
        bool (*removed)(void *userdata, const struct verify_segment *last, const struct verify_segment *next);
        /** The same of one segment, of which a checkpoint says that it had this hash. May be NULL. */
        bool (*removed_at)(void *userdata, uint64_t segment, const uint8_t hash[PROOF_HASH]);
        struct verify_figures figures;

        /* its own */
        struct verify_window window;
        struct verify_segment last; /* the segment before the window; segment 0 = none */
        struct proof_rows rows;
        struct proof_tree tree;
};

/** What is wrong in two words: "row altered". */
const char *verify_kind_name(enum verify_kind kind);

/** Tells all that is found. 0 when it has come to the end, whatever was found; WIRE_E_*; -errno. */
int verify_run(struct verify *v);
void verify_deinit(struct verify *v);

int verify_layouts_add(struct verify_layouts *l, const char *relation, int number, const char *columns,
                       const char *types, const char *time);
void verify_layouts_deinit(struct verify_layouts *l);
const struct proof_layout *verify_layout_find(const struct verify_layouts *l, const char *relation, int number);
/** Its number; 0 = it is none of them. */
int verify_layout_number(const struct verify_layouts *l, const struct proof_layout *layout);

/** For a source: a segment and a part at the window's end, from a row in COPY format of the columns that
 *  VERIFY_SEGMENT_COLUMNS (of proof_segment s) and VERIFY_PART_COLUMNS name. The bytes are copied. 0, -ENOMEM,
 * -EBADMSG. */
#define VERIFY_SEGMENT_COLUMNS                                                                                         \
        "segment, first_seq, last_seq, sealed_at, previous, hash, (SELECT coalesce(sum(rows), 0)::bigint"              \
        " FROM wardwatch.proof_part p WHERE p.journal = s.journal AND p.segment = s.segment)"
#define VERIFY_PART_COLUMNS "segment, relation, layout, rows, root, leaves"
int verify_window_segment(struct verify_window *w, struct ww_str row);
int verify_window_part(struct verify_window *w, const struct verify_layouts *layouts, struct ww_str row);
/** The segment of an input; NULL = none of the window. */
const struct verify_segment *verify_window_at(const struct verify_window *w, uint64_t seq);
void verify_window_reset(struct verify_window *w);

/* between the files of it */
void verify_tell(struct verify *v, enum verify_kind kind, const char *relation, uint64_t segment,
                 const struct proof_place *place, const char *format, ...) _printf_(6, 7);
int verify_table(struct verify *v, const char *relation, uint64_t first, uint64_t last);
