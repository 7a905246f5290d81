#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#define FLUSH_AT (1024 * 1024)

void buf_init_flush(struct buf *b, buf_flush_fn flush, void *userdata) {
        *b = (struct buf){ .flush = flush, .userdata = userdata };
}

void buf_deinit(struct buf *b) {
        free(b->p);
        *b = BUF_INIT;
}

static void buf_drain(struct buf *b) {
        if (b->n && !b->error)
                b->error = b->flush(b->userdata, b->p, b->n);
        b->n = 0;
}

int buf_finish(struct buf *b) {
        if (b->flush)
                buf_drain(b);
        return b->error;
}

void *buf_reserve(struct buf *b, size_t n) {
        size_t capacity;
        uint8_t *p;

        if (b->flush && b->n >= FLUSH_AT)
                buf_drain(b);
        if (b->n + n <= b->capacity)
                return b->p + b->n;
        capacity = b->capacity ? b->capacity * 2 : 256;
        while (capacity < b->n + n)
                capacity *= 2;
        p = realloc(b->p, capacity);
        if (!p) {
                b->error = b->error ? b->error : -ENOMEM;
                return NULL;
        }
        b->p = p;
        b->capacity = capacity;
        return b->p + b->n;
}

void buf_put_growing(struct buf *b, const void *bytes, size_t n) {
        void *to = buf_reserve(b, n);

        if (to) {
                memcpy(to, bytes, n);
                b->n += n;
        }
}

void buf_put_var_long(struct buf *b, uint64_t v) {
        uint8_t bytes[10];
        size_t n = 0;

        do {
                bytes[n] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
                v >>= 7;
                n++;
        } while (v);
        buf_put(b, bytes, n);
}

void buf_put_double(struct buf *b, double v) {
        uint64_t bits;

        memcpy(&bits, &v, sizeof bits);
        buf_put_u64(b, bits);
}

void buf_put_value(struct buf *b, struct ww_value v) {
        buf_put_u8(b, (uint8_t)v.type);
        switch (v.type) {
        case WW_MISSING:
        case WW_NULL:
                break;
        case WW_BOOL:
                buf_put_u8(b, v.boolean);
                break;
        case WW_NUMBER:
                buf_put_double(b, v.number);
                break;
        case WW_STRING:
                buf_put_str(b, v.string);
                break;
        case WW_TIME:
        case WW_SPAN:
                buf_put_time(b, v.usec);
                break;
        }
}

void buf_puts(struct buf *b, const char *z) {
        buf_put(b, z, strlen(z));
}

void buf_printf(struct buf *b, const char *format, ...) {
        va_list ap, again;
        void *to;
        int n;

        va_start(ap, format);
        va_copy(again, ap);
        n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        if (n > 0) {
                to = buf_reserve(b, (size_t)n + 1);
                if (to) {
                        (void)vsnprintf(to, (size_t)n + 1, format, again);
                        b->n += (size_t)n;
                }
        }
        va_end(again);
}

uint32_t rd_u32(struct rd *r) {
        const uint8_t *p = rd_take(r, sizeof(uint32_t));
        uint32_t v = 0;

        if (p)
                memcpy(&v, p, sizeof v);
        return le32toh(v);
}

uint64_t rd_u64(struct rd *r) {
        const uint8_t *p = rd_take(r, sizeof(uint64_t));
        uint64_t v = 0;

        if (p)
                memcpy(&v, p, sizeof v);
        return le64toh(v);
}

uint64_t rd_var_long(struct rd *r) {
        const uint8_t *p = r->p;
        uint64_t v = 0;

        for (unsigned shift = 0; !r->failed && p < r->end && shift < 64; shift += 7) {
                v |= (uint64_t)(*p & 0x7f) << shift;
                if (*p++ & 0x80)
                        continue;
                r->p = p;
                return v;
        }
        r->failed = true;
        return 0;
}

double rd_double(struct rd *r) {
        uint64_t bits = rd_u64(r);
        double v;

        memcpy(&v, &bits, sizeof v);
        return v;
}

struct ww_str rd_str(struct rd *r) {
        uint64_t n = rd_var(r);
        const uint8_t *p;

        if (n > rd_left(r)) {
                r->failed = true;
                return WW_STR_NONE;
        }
        p = rd_take(r, (size_t)n);
        return (struct ww_str){ (const char *)p, p ? (size_t)n : 0 };
}

struct ww_value rd_value(struct rd *r) {
        uint8_t type = rd_u8(r);

        switch ((enum ww_value_type)type) {
        case WW_MISSING:
                return ww_missing();
        case WW_NULL:
                return (struct ww_value){ .type = WW_NULL };
        case WW_BOOL:
                return ww_bool(rd_u8(r) != 0);
        case WW_NUMBER:
                return ww_number(rd_double(r));
        case WW_STRING:
                return ww_string(rd_str(r));
        case WW_TIME:
                return ww_instant(rd_time(r));
        case WW_SPAN:
                return ww_span(rd_time(r));
        }
        r->failed = true;
        return ww_missing();
}
