#include "decode/byte_reader.h"

#include "decode/document.h"
#include "decode/number.h"

#include <stdio.h>

#define EXACT (UINT64_C(1) << 53) /* whole numbers up to here are doubles */

/* clang-format off */
const struct byte_type byte_types[] = {
        { "u8", BYTE_UNSIGNED, 1 },  { "i8", BYTE_SIGNED, 1 },
        { "u16", BYTE_UNSIGNED, 2 }, { "i16", BYTE_SIGNED, 2 },
        { "u24", BYTE_UNSIGNED, 3 }, { "i24", BYTE_SIGNED, 3 },
        { "u32", BYTE_UNSIGNED, 4 }, { "i32", BYTE_SIGNED, 4 },
        { "u64", BYTE_UNSIGNED, 8 }, { "i64", BYTE_SIGNED, 8 },
        { "f32", BYTE_FLOAT, 4 },    { "f64", BYTE_FLOAT, 8 },
        { "bcd", BYTE_BCD, 0 },      { "hex", BYTE_HEX, 0 },
        { "text", BYTE_CHARS, 0 },
};
/* clang-format on */
const size_t byte_types_n = sizeof byte_types / sizeof *byte_types;

/* one field on its way */
struct reading {
        const struct byte_field *field;
        struct ww_str bytes;
        struct arena *arena;
        struct byte_value *ret;
};

static uint64_t read_number(struct ww_str bytes, bool little) {
        uint64_t v = 0;

        for (size_t i = 0; i < bytes.n; i++)
                v = v << 8 | (unsigned char)bytes.p[little ? bytes.n - 1 - i : i];
        return v;
}

static bool is_plain(const struct byte_field *f) {
        return f->scale == 1 && f->offset == 0;
}

static void put_number(struct reading *r, double v) {
        const struct byte_field *f = r->field;

        r->ret->value = ww_number(is_plain(f) ? v : number_tidy(v * f->scale + f->offset));
}

/* A whole number beyond a double's is kept by its digits, too. */
static void put_whole(struct reading *r, uint64_t v, bool negative) {
        uint64_t size = negative ? -v : v;

        put_number(r, negative ? -(double)size : (double)size);
        if (size > EXACT && is_plain(r->field))
                r->ret->digits = ww_str(
                        arena_printf(r->arena, "%s%llu", negative ? "-" : "", (unsigned long long)size));
}

/* The bits that count, in the lowest places, and how many they are. */
static uint64_t masked(const struct byte_field *f, uint64_t v, unsigned *ret_bits) {
        int low = f->mask ? __builtin_ctzll(f->mask) : 0;

        *ret_bits = f->mask ? 64 - (unsigned)__builtin_clzll(f->mask) - (unsigned)low : 8 * f->length;
        return f->mask ? (v & f->mask) >> low : v;
}

static bool read_whole(struct reading *r) {
        const struct byte_field *f = r->field;
        uint64_t v = read_number(r->bytes, f->little);
        bool negative;
        unsigned bits;

        if (f->bit >= 0) {
                r->ret->value = ww_bool(v >> f->bit & 1);
                return true;
        }
        v = masked(f, v, &bits);
        negative = f->type->kind == BYTE_SIGNED && v >> (bits - 1) & 1;
        if (negative && bits < 64)
                v |= UINT64_MAX << bits;
        put_whole(r, v, negative);
        return true;
}

/* The shortest decimal that stands for this float: what its maker meant, not its nearest double. */
static double widen(float v) {
        char text[32];

        for (int digits = 6; digits <= 9; digits++) {
                snprintf(text, sizeof text, "%.*g", digits, (double)v);
                if (strtof(text, NULL) == v)
                        break;
        }
        return strtod(text, NULL);
}

static bool read_float(struct reading *r) {
        uint64_t bits = read_number(r->bytes, r->field->little);
        uint32_t low = (uint32_t)bits;
        float narrow;
        double v;

        memcpy(&narrow, &low, sizeof narrow);
        memcpy(&v, &bits, sizeof v);
        if (r->field->length == sizeof narrow)
                v = isfinite(narrow) ? widen(narrow) : NAN;
        put_number(r, v);
        return isfinite(r->ret->value.number);
}

/* In the order of the bytes, or the last one first. */
static struct ww_str read_hex(struct reading *r) {
        char *to;

        if (!r->field->little)
                return byte_text_hex(r->arena, r->bytes);
        to = arena_alloc(r->arena, r->bytes.n);
        for (size_t i = 0; to && i < r->bytes.n; i++)
                to[i] = r->bytes.p[r->bytes.n - 1 - i];
        return to ? byte_text_hex(r->arena, (struct ww_str){ to, r->bytes.n }) : WW_STR_NONE;
}

static bool read_bcd(struct reading *r) {
        struct ww_str digits = read_hex(r);
        double v;

        if (!digits.p || !document_number(digits, &v))
                return false;
        for (size_t i = 0; i < digits.n; i++)
                if (digits.p[i] > '9')
                        return false;
        if (is_plain(r->field))
                r->ret->digits = digits;
        put_number(r, v);
        return true;
}

static bool put_text(struct reading *r, struct ww_str text) {
        r->ret->value = ww_string(document_cut(text, DOCUMENT_STRING_MAX));
        return text.p && document_text_valid(text);
}

static struct ww_str read_chars(const struct reading *r) {
        struct ww_str text = r->bytes;
        const char *zero = memchr(text.p, 0, text.n);

        text.n = zero ? (size_t)(zero - text.p) : text.n;
        while (text.n && text.p[text.n - 1] == ' ')
                text.n--;
        return text;
}

static bool read_value(struct reading *r) {
        switch (r->field->type->kind) {
        case BYTE_UNSIGNED:
        case BYTE_SIGNED:
                return read_whole(r);
        case BYTE_FLOAT:
                return read_float(r);
        case BYTE_BCD:
                return read_bcd(r);
        case BYTE_HEX:
                return put_text(r, read_hex(r));
        case BYTE_CHARS:
                return put_text(r, read_chars(r));
        }
        return false;
}

/* The field's bytes among `bytes`; false if they are not all there. */
static bool find_bytes(const struct byte_field *f, struct ww_str bytes, struct ww_str *ret) {
        int64_t n = (int64_t)bytes.n, at = f->at < 0 ? n + f->at : f->at, length = f->length ? f->length : n - at;

        if (at < 0 || length <= 0 || at + length > n)
                return false;
        *ret = (struct ww_str){ bytes.p + at, (size_t)length };
        return true;
}

static void read_fields(const struct byte_field *fields, size_t n, struct ww_str bytes, struct arena *arena,
                        struct byte_values *ret) {
        for (size_t i = 0; i < n; i++) {
                struct byte_value value = { .value = ww_missing() };
                struct reading r = { .field = &fields[i], .arena = arena, .ret = &value };

                if (!find_bytes(&fields[i], bytes, &r.bytes) || !read_value(&r))
                        continue;
                ret->values[fields[i].number] = value;
                ret->there |= UINT64_C(1) << fields[i].number;
        }
}

static const struct byte_row *find_row(const struct byte_records *records, uint64_t tag) {
        for (size_t i = 0; i < records->n; i++)
                if (records->rows[i].tag == tag)
                        return &records->rows[i];
        return NULL;
}

/* Takes the next `n` bytes; false if there are not so many. */
static bool take(struct ww_str *rest, size_t n, struct ww_str *ret) {
        if (rest->n < n)
                return false;
        *ret = (struct ww_str){ rest->p, n };
        rest->p += n;
        rest->n -= n;
        return true;
}

/* How long the record behind its tag is; false at the end of the run. */
static bool record_size(const struct byte_records *records, const struct byte_row *row, struct ww_str *rest,
                        size_t *ret) {
        struct ww_str length;

        if (records->length) {
                if (!take(rest, records->length, &length))
                        return false;
                *ret = read_number(length, records->little);
                return true;
        }
        if (row)
                *ret = row->size ? row->size : rest->n;
        return row;
}

static void read_records(const struct byte_records *records, struct ww_str bytes, struct arena *arena,
                         struct byte_values *ret) {
        int64_t at = records->at < 0 ? (int64_t)bytes.n + records->at : records->at;
        struct ww_str rest, tag, body;

        if (at < 0 || at > (int64_t)bytes.n)
                return;
        rest = (struct ww_str){ bytes.p + at, bytes.n - (size_t)at };
        while (take(&rest, records->tag, &tag)) {
                const struct byte_row *row = find_row(records, read_number(tag, false));
                size_t size;

                if (!record_size(records, row, &rest, &size) || !take(&rest, size, &body))
                        return;
                if (row)
                        read_fields(row->fields, row->n, body, arena, ret);
        }
}

void byte_reader_read(const struct byte_reader *reader, struct ww_str bytes, struct arena *arena,
                      struct byte_values *ret) {
        ret->there = 0;
        read_fields(reader->fields, reader->n, bytes, arena, ret);
        if (reader->records.n)
                read_records(&reader->records, bytes, arena, ret);
}
