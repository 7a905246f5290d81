#include "store/copy.h"

#include "store/escape.h"

#include <endian.h>
#include <wardwatch/time.h>

#define EPOCH_2000 INT64_C(946684800000000) /* 2000-01-01 in µs since 1970: PostgreSQL counts from there */
#define TIMESTAMP_MIN                                                                                                  \
        INT64_C(-211813488000000000) /* PostgreSQL's MIN_TIMESTAMP, 4713 BC; its latest one is behind ours */
#define OID_TEXT 25
#define HEAD     19 /* bytes before the first row: signature, flags, length of the extension */

static void put_be16(struct buf *b, uint16_t v) {
        v = htobe16(v);
        buf_put(b, &v, sizeof v);
}

static void put_be32(struct buf *b, uint32_t v) {
        v = htobe32(v);
        buf_put(b, &v, sizeof v);
}

static void put_be64(struct buf *b, uint64_t v) {
        v = htobe64(v);
        buf_put(b, &v, sizeof v);
}

void copy_begin(struct copy *c) {
        buf_reset(&c->bytes);
        c->rows = 0;
        buf_put(&c->bytes, "PGCOPY\n\377\r\n\0", 11);
        put_be32(&c->bytes, 0); /* flags: no OIDs */
        put_be32(&c->bytes, 0); /* no header extension */
}

void copy_row(struct copy *c, unsigned fields) {
        put_be16(&c->bytes, (uint16_t)fields);
        c->rows++;
}

void copy_end(struct copy *c) {
        put_be16(&c->bytes, UINT16_MAX);
}

void copy_deinit(struct copy *c) {
        buf_deinit(&c->bytes);
        c->rows = 0;
}

/* --- reading one's own stream --- */

static bool take(const struct buf *b, size_t *at, void *ret, size_t n) {
        if (b->n < *at || b->n - *at < n)
                return false;
        memcpy(ret, b->p + *at, n);
        *at += n;
        return true;
}

/* The trailer is a row of -1 fields. */
static bool take_row(const struct buf *b, size_t *at, int16_t *ret_fields) {
        uint16_t fields;

        if (!take(b, at, &fields, sizeof fields))
                return false;
        *ret_fields = (int16_t)be16toh(fields);
        return *ret_fields >= 0;
}

static bool take_field(const struct buf *b, size_t *at, struct ww_str *ret) {
        uint32_t length;
        int32_t n;

        if (!take(b, at, &length, sizeof length))
                return false;
        n = (int32_t)be32toh(length);
        *ret = WW_STR_NONE;
        if (n <= 0)
                return true;
        *ret = (struct ww_str){ (const char *)b->p + *at, (size_t)n };
        *at += (size_t)n;
        return *at <= b->n;
}

bool copy_find(const struct copy *c, uint64_t row, unsigned field, struct ww_str *ret) {
        struct ww_str value;
        size_t at = HEAD;
        int16_t fields;

        for (uint64_t i = 1; i <= row; i++) {
                if (!take_row(&c->bytes, &at, &fields))
                        return false;
                for (int16_t f = 0; f < fields; f++) {
                        if (!take_field(&c->bytes, &at, &value))
                                return false;
                        if (i == row && f == (int)field) {
                                *ret = value;
                                return true;
                        }
                }
        }
        return false;
}

/* --- fields --- */

void copy_null(struct copy *c) {
        put_be32(&c->bytes, UINT32_MAX);
}

void copy_bool(struct copy *c, bool v) {
        put_be32(&c->bytes, 1);
        buf_put_u8(&c->bytes, v);
}

void copy_integer(struct copy *c, int32_t v) {
        put_be32(&c->bytes, 4);
        put_be32(&c->bytes, (uint32_t)v);
}

void copy_bigint(struct copy *c, int64_t v) {
        put_be32(&c->bytes, 8);
        put_be64(&c->bytes, (uint64_t)v);
}

void copy_double(struct copy *c, double v) {
        uint64_t bits;

        memcpy(&bits, &v, sizeof bits);
        put_be32(&c->bytes, 8);
        put_be64(&c->bytes, bits);
}

void copy_timestamp(struct copy *c, int64_t usec) {
        int64_t t;

        if (usec == WW_TIME_NONE) {
                copy_null(c);
                return;
        }
        if (usec < TIMESTAMP_MIN + EPOCH_2000)
                t = INT64_MIN;
        else if (usec == WW_TIME_NEVER)
                t = INT64_MAX;
        else
                t = usec - EPOCH_2000;
        copy_bigint(c, t);
}

void copy_interval(struct copy *c, int64_t usec) {
        put_be32(&c->bytes, 16);
        put_be64(&c->bytes, (uint64_t)usec);
        put_be32(&c->bytes, 0); /* days */
        put_be32(&c->bytes, 0); /* months */
}

size_t copy_open(struct copy *c) {
        size_t place = c->bytes.n;

        put_be32(&c->bytes, 0);
        return place;
}

void copy_close(struct copy *c, size_t place) {
        uint32_t length = htobe32((uint32_t)(c->bytes.n - place - 4));

        if (!c->bytes.error)
                memcpy(c->bytes.p + place, &length, sizeof length);
}

void copy_bytea(struct copy *c, struct ww_str bytes) {
        put_be32(&c->bytes, (uint32_t)bytes.n);
        buf_put(&c->bytes, bytes.p, bytes.n);
}

void copy_text(struct copy *c, struct ww_str text) {
        size_t place = copy_open(c);

        escape_text(&c->bytes, text);
        copy_close(c, place);
}

void copy_name(struct copy *c, struct ww_str text) {
        size_t place = copy_open(c);

        escape_name(&c->bytes, text);
        copy_close(c, place);
}

void copy_fixed(struct copy *c, const char *text) {
        copy_bytea(c, ww_str(text));
}

void copy_jsonb(struct copy *c, struct ww_str json) {
        put_be32(&c->bytes, (uint32_t)json.n + 1);
        buf_put_u8(&c->bytes, 1); /* version of the binary form of jsonb */
        buf_put(&c->bytes, json.p, json.n);
}

void copy_texts(struct copy *c, const char *const *texts, size_t n) {
        size_t place = copy_open(c);

        put_be32(&c->bytes, n > 0); /* dimensions */
        put_be32(&c->bytes, 0);     /* no nulls */
        put_be32(&c->bytes, OID_TEXT);
        if (n > 0) {
                put_be32(&c->bytes, (uint32_t)n);
                put_be32(&c->bytes, 1); /* lower bound */
        }
        for (size_t i = 0; i < n; i++)
                copy_fixed(c, texts[i]);
        copy_close(c, place);
}
