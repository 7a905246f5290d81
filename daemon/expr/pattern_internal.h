#pragma once
#include "expr/pattern.h"

enum step_op {
        STEP_BYTE,  /* this byte */
        STEP_SET,   /* a byte of the set */
        STEP_SPLIT, /* go on at +x and at +y */
        STEP_JUMP,  /* go on at +x */
        STEP_FIRST, /* ^ */
        STEP_LAST,  /* $ */
        STEP_MATCH,
};

/* Offsets are relative, so that a piece of the program may be moved and copied. */
struct step {
        uint8_t op, byte;
        uint16_t set;
        int16_t x, y;
};

struct byte_set {
        uint64_t bits[4];
};

static inline bool byte_set_has(const struct byte_set *s, uint8_t byte) {
        return s->bits[byte >> 6] >> (byte & 63) & 1;
}

#define PATTERN_SETS_MAX 64

struct pattern {
        uint16_t n_steps;
        const struct step *steps;
        const struct byte_set *sets;
};
