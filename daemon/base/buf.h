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
#include <endian.h>
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

/* Where there is room the bytes go in here; the rest is in buf.c. */
void buf_put_growing(struct buf *b, const void *bytes, size_t n);
void buf_put_var_long(struct buf *b, uint64_t v);

static inline void buf_put(struct buf *b, const void *bytes, size_t n) {
        if (n == 0)
                return;
        if (b->capacity - b->n < n) {
                buf_put_growing(b, bytes, n);
                return;
        }
        memcpy(b->p + b->n, bytes, n);
        b->n += n;
}
static inline void buf_put_u8(struct buf *b, uint8_t v) {
        buf_put(b, &v, 1);
}
static inline void buf_put_u32(struct buf *b, uint32_t v) { /* 4 bytes LE */
        v = htole32(v);
        buf_put(b, &v, sizeof v);
}
static inline void buf_put_u64(struct buf *b, uint64_t v) { /* 8 bytes LE */
        v = htole64(v);
        buf_put(b, &v, sizeof v);
}
static inline void buf_put_var(struct buf *b, uint64_t v) { /* LEB128 */
        if (v < 0x80)
                buf_put_u8(b, (uint8_t)v);
        else
                buf_put_var_long(b, v);
}
static inline void buf_put_time(struct buf *b, int64_t v) { /* zigzag LEB128 */
        buf_put_var(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
void buf_put_double(struct buf *b, double v); /* IEEE 754 bits, LE */
static inline void buf_put_str(struct buf *b, struct ww_str s) {
        buf_put_var(b, s.n);
        buf_put(b, s.p, s.n);
}
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
uint64_t rd_var_long(struct rd *r);

/** Takes n bytes, or latches the failure and returns NULL. */
static inline const uint8_t *rd_take(struct rd *r, size_t n) {
        const uint8_t *p = r->p;

        if (r->failed || rd_left(r) < n) {
                r->failed = true;
                return NULL;
        }
        r->p += n;
        return p;
}
static inline uint8_t rd_u8(struct rd *r) {
        const uint8_t *p = rd_take(r, 1);

        return p ? *p : 0;
}
static inline uint64_t rd_var(struct rd *r) {
        if (r->failed || r->p == r->end || *r->p >= 0x80)
                return rd_var_long(r);
        return *r->p++;
}
static inline int64_t rd_time(struct rd *r) {
        uint64_t z = rd_var(r);

        return (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
}
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
double rd_double(struct rd *r);
struct ww_str rd_str(struct rd *r); /* borrows */
struct ww_value rd_value(struct rd *r);
