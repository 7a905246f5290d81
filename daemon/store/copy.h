#pragma once
/*
 * Writer of PostgreSQL's binary COPY format: a signature, rows of counted fields in network byte order, a trailer.
 *
 * Each copy_* below writes one field. The caller begins a row with the number of fields that it then writes; a row that
 * turns out impossible is taken back with copy_undo. Without memory the buffer latches its error.
 */
#include "base/buf.h"

struct copy {
        struct buf bytes;
        size_t rows;
};

/* a place to come back to */
struct copy_mark {
        size_t n, rows;
};

void copy_begin(struct copy *c); /* empties it and writes the signature */
void copy_row(struct copy *c, unsigned fields);
void copy_end(struct copy *c);
void copy_deinit(struct copy *c);

static inline struct copy_mark copy_mark(const struct copy *c) {
        return (struct copy_mark){ c->bytes.n, c->rows };
}
static inline void copy_undo(struct copy *c, struct copy_mark mark) {
        c->bytes.n = mark.n;
        c->rows = mark.rows;
}

void copy_null(struct copy *c);
void copy_bool(struct copy *c, bool v);
void copy_integer(struct copy *c, int32_t v);
void copy_bigint(struct copy *c, int64_t v);
void copy_double(struct copy *c, double v);
/** An instant, µs since 1970. WW_TIME_NONE = null, WW_TIME_NEVER = infinity, before 4713 BC = -infinity. */
void copy_timestamp(struct copy *c, int64_t usec);
/** A span in µs as an interval. */
void copy_interval(struct copy *c, int64_t usec);
void copy_bytea(struct copy *c, struct ww_str bytes);
void copy_text(struct copy *c, struct ww_str text);                  /* store/escape.h */
void copy_name(struct copy *c, struct ww_str text);                  /* escaped and bounded: indexed columns */
void copy_fixed(struct copy *c, const char *text);                   /* our own words: no escaping */
void copy_jsonb(struct copy *c, struct ww_str json);                 /* valid JSON, valid UTF-8 */
void copy_texts(struct copy *c, const char *const *texts, size_t n); /* text[] of our own words */

/** A field whose length is known only afterwards: open, append to c->bytes, close. */
size_t copy_open(struct copy *c);
void copy_close(struct copy *c, size_t place);

/** The bytes of field `field` (from 0) of row `row` (from 1, as PostgreSQL counts them); empty for a null. False: the
 *  stream has no such field. */
bool copy_find(const struct copy *c, uint64_t row, unsigned field, struct ww_str *ret);
