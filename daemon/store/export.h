#pragma once
/*
 * The record with its proof in one file, to be checked away from the database. See export.c.
 */
#include "store/copy.h"
#include "store/verify.h"

#define EXPORT_BEGINS "wardwatch-export-1\n"
#define EXPORT_HEAD   5 /* bytes of a frame before its body */

enum export_frame {
        EXPORT_JOURNAL = 'J',
        EXPORT_CHECKPOINT = 'C',
        EXPORT_LAYOUT = 'L',
        EXPORT_DROPPED = 'D',
        EXPORT_SEGMENT = 'S',
        EXPORT_PART = 'P',
        EXPORT_TABLE = 'T',
        EXPORT_ROW = 'R',
        EXPORT_END = 'E',
};

/* Writes what a verification reads. */
struct export_writer {
        struct buf *out; /* borrowed; latches errors */
        crypto_generichash_blake2b_state hash;
        uint64_t frames;
        struct verify_source inner;
        const struct verify_layouts *layouts;
        struct copy row;
};

void export_writer_init(struct export_writer *w, struct buf *out);
void export_writer_deinit(struct export_writer *w);
void export_put(struct export_writer *w, enum export_frame kind, struct ww_str body);
void export_put_layouts(struct export_writer *w, const struct verify_layouts *layouts);
/** A source that gives what `inner` gives, and writes it. Borrows both. */
struct verify_source export_tee(struct export_writer *w, const struct verify_source *inner,
                                const struct verify_layouts *layouts);
/** The last frame. 0, -errno of the buffer. */
int export_end(struct export_writer *w);

/* A file, mapped. */
struct export_reader {
        const char *bytes;
        size_t size, at;
        crypto_generichash_blake2b_state hash;
        uint64_t frames;
        enum export_frame kind; /* of the frame in front of us; 0 = the file ends, or is broken */
        struct ww_str body;
        bool ended;     /* the last frame was read, and says what was read before it */
        uint64_t stray; /* frames that stand where none belong */
        const struct verify_layouts *layouts;
};

enum { EXPORT_E_OTHER = 1 /* it is no export */ };

/** 0; EXPORT_E_OTHER; -errno. */
int export_reader_open(struct export_reader *r, const char *path);
void export_reader_close(struct export_reader *r);
/** Goes on to the next frame: r->kind and r->body, which is borrowed from the reader. */
void export_next(struct export_reader *r);
/** From the frame in front of us on. */
struct verify_source export_source(struct export_reader *r, const struct verify_layouts *layouts);
