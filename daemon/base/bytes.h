#pragma once
/*
 * Text, eight bytes at a time: a word holds the first of them in its lowest byte, on every machine. A search gives a
 * word with the high bit of the bytes that were found; only the first one is certain, those above it may be wrong.
 */
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES_EACH UINT64_C(0x0101010101010101)
#define BYTES_HIGH UINT64_C(0x8080808080808080)

static inline uint64_t bytes_word(const char *p) {
        uint64_t word;

        memcpy(&word, p, sizeof word);
        return le64toh(word);
}

/** The first eight of `n` bytes, zeros behind them. */
static inline uint64_t bytes_head(const char *p, size_t n) {
        uint64_t word = 0;

        if (n >= sizeof word)
                return bytes_word(p);
        for (size_t i = 0; i < n; i++)
                word |= (uint64_t)(unsigned char)p[i] << (8 * i);
        return word;
}

/** The lowest `n` ≤ 8 bytes of a word. */
static inline uint64_t bytes_low(uint64_t word, size_t n) {
        return n >= sizeof word ? word : word & ((UINT64_C(1) << (8 * n)) - 1);
}

/** Which bytes are `c`. */
static inline uint64_t bytes_find(uint64_t word, unsigned char c) {
        uint64_t x = word ^ (c * BYTES_EACH);

        return (x - BYTES_EACH) & ~x & BYTES_HIGH;
}

/** Which bytes are below `c` ≤ 0x80, or beyond ASCII. */
static inline uint64_t bytes_outside(uint64_t word, unsigned char c) {
        return ((word - c * BYTES_EACH) | word) & BYTES_HIGH;
}

/** Which bytes a JSON string cannot hold as they are, or that end it: controls, quote and backslash; also those beyond
 *  ASCII. */
static inline uint64_t bytes_unquotable(uint64_t word) {
        uint64_t quote = (word ^ ('"' * BYTES_EACH)) - BYTES_EACH, slash = (word ^ ('\\' * BYTES_EACH)) - BYTES_EACH;

        return ((word - 0x20 * BYTES_EACH) | quote | slash | word) & BYTES_HIGH;
}

/** Where the first found byte stands, from 0. `found` is not 0. */
static inline unsigned bytes_first(uint64_t found) {
        return (unsigned)__builtin_ctzll(found) / 8;
}
