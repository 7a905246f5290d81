#pragma once
/*
 * What bytes mean, declared: fields at fixed places, and a run of records that each begin with a tag.
 *
 * Each name has a number and one value; the last record that gives it counts. What lies beyond the end is missing, and
 * so is what is no value (a float that is none, a BCD digit above 9, a text that is no UTF-8). A record with a tag that
 * nobody knows ends the run, unless the records tell their length; so does one that is cut off. A reading costs one
 * pass over the bytes and, for each record, one over the rows.
 */
#include "decode/byte_text.h"
#include <wardwatch/value.h>

#define BYTE_FIELDS_MAX 64  /* names of one message: a bit mask of them has 64 */
#define BYTE_ROWS_MAX   128 /* kinds of records */
#define BYTE_TAG_MAX    8   /* bytes of a tag */
#define BYTE_LENGTH_MAX 4   /* bytes of a record's length */

enum byte_kind {
        BYTE_UNSIGNED,
        BYTE_SIGNED,
        BYTE_FLOAT,
        BYTE_BCD,  /* two digits a byte, kept as they stand */
        BYTE_HEX,  /* small letters */
        BYTE_CHARS /* up to the first zero, without blanks at the end */
};

struct byte_type {
        const char *name;
        enum byte_kind kind;
        unsigned size; /* bytes; 0: the field's `length` says */
};
extern const struct byte_type byte_types[];
extern const size_t byte_types_n;

struct byte_field {
        const struct byte_type *type;
        uint8_t number;  /* of its name */
        bool little;     /* the lowest byte first */
        int8_t bit;      /* -1: none; from 0, the lowest; the value is true or false */
        int32_t at;      /* from the beginning; negative: from the end */
        uint32_t length; /* bytes; 0: up to the end */
        uint64_t mask;   /* 0: none; what it lets through is moved down to its lowest bit */
        double scale, offset;
};

struct byte_row {
        uint64_t tag; /* the first byte highest */
        const struct byte_field *fields;
        size_t n;
        uint32_t size; /* bytes behind the tag; 0: all that are left */
};

struct byte_records {
        int32_t at;
        unsigned tag, length; /* bytes; length 0: records do not tell theirs */
        bool little;          /* of the length */
        const struct byte_row *rows;
        size_t n;
};

struct path;

struct byte_reader {
        const struct path *from; /* of a text in the document; NULL: the document's own bytes */
        enum byte_text as;
        const struct byte_field *fields;
        size_t n;
        struct byte_records records; /* n = 0: none */
};

struct byte_value {
        struct ww_value value;
        struct ww_str digits; /* of a number that a double would round, or with leading zeros; .p NULL: none */
};

struct byte_values {
        uint64_t there; /* mask of the numbers that have a value */
        struct byte_value values[BYTE_FIELDS_MAX];
};

/** Reads all of it. Texts live in `bytes` or `arena`; without memory they are missing. */
void byte_reader_read(const struct byte_reader *reader, struct ww_str bytes, struct arena *arena,
                      struct byte_values *ret);
