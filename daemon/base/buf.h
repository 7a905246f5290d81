#pragma once
/*
 * A growable byte buffer, and the one binary encoding of records and snapshots: little-endian fixed integers,
 * LEB128 varints, strings with a varint length. Writers latch -ENOMEM (`buf->error`), so a long run of puts is
 * checked once, at its end. The reader latches RD_E_SHORT the same way and then returns zeros and empty strings.
 *
 * With a flush function (buf_init_flush) the bytes are handed on whenever 1 MiB is full: a snapshot of a gigabyte
 * never stands in memory twice.
 */
#include "base/error.h"
#include <wardwatch/str.h>
#include <wardwatch/value.h>

typedef int (*buf_flush_fn)(void *userdata, const void *bytes, size_t n); /* 0 or -errno */

struct buf {
        uint8_t *p;
        size_t n, capacity;
        int error; /* 0 or the first -errno */
        buf_flush_fn flush;
        void *userdata;
};

#define BUF_INIT ((struct buf){ 0 })

void buf_init_flush(struct buf *b, buf_flush_fn flush, void *userdata);
void buf_deinit(struct buf *b); /* frees; the struct is empty and usable afterwards */
int buf_finish(struct buf *b);  /* flushes what is left; returns b->error */
static inline void buf_reset(struct buf *b) {
        b->n = 0;
        b->error = 0;
}
static inline struct ww_str buf_str(const struct buf *b) {
        return (struct ww_str){ (const char *)b->p, b->n };
}

/** Room for n more bytes; NULL (and b->error set) without memory. Does not advance b->n. */
void *buf_reserve(struct buf *b, size_t n);

void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u32(struct buf *b, uint32_t v);  /* 4 bytes LE */
void buf_put_u64(struct buf *b, uint64_t v);  /* 8 bytes LE */
void buf_put_var(struct buf *b, uint64_t v);  /* LEB128 */
void buf_put_time(struct buf *b, int64_t v);  /* zigzag LEB128 */
void buf_put_double(struct buf *b, double v); /* IEEE 754 bits, LE */
void buf_put_str(struct buf *b, struct ww_str s);
void buf_put_value(struct buf *b, struct ww_value v);

/** Text helpers. */
void buf_puts(struct buf *b, const char *z);
void buf_printf(struct buf *b, const char *format, ...) _printf_(2, 3);

#define _cleanup_buf_ _cleanup_(buf_deinit)

struct rd {
        const uint8_t *p, *end;
        bool failed; /* latched: the bytes ended, or a varint was too long */
};

static inline struct rd rd_init(struct ww_str bytes) {
        return (struct rd){ (const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n, false };
}
static inline size_t rd_left(const struct rd *r) {
        return (size_t)(r->end - r->p);
}
uint8_t rd_u8(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
uint64_t rd_var(struct rd *r);
int64_t rd_time(struct rd *r);
double rd_double(struct rd *r);
struct ww_str rd_str(struct rd *r); /* borrows */
struct ww_value rd_value(struct rd *r);
