#pragma once
/*
 * Text, eight bytes at a time: a word holds the first of them in its lowest byte, on every machine. A search gives a
 * word with the high bit of the bytes that were found; only the first one is certain, those above it may be wrong.
 */
#include <endian.h>
#include <wardwatch/str.h>

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

/** Where the first found byte stands, from 0. `found` is not 0. */
static inline unsigned bytes_first(uint64_t found) {
        return (unsigned)__builtin_ctzll(found) / 8;
}

/** Which bytes a JSON string cannot hold as they are, or that end it: controls, quote and backslash; also those beyond
 *  ASCII, which want a closer look. */
static inline uint64_t bytes_unquotable(uint64_t word) {
        uint64_t quote = (word ^ ('"' * BYTES_EACH)) - BYTES_EACH, slash = (word ^ ('\\' * BYTES_EACH)) - BYTES_EACH;

        return ((word - 0x20 * BYTES_EACH) | quote | slash | word) & BYTES_HIGH;
}

/* A name that is looked for, or looked up: most others are told apart by its first eight bytes and its length. */
struct bytes_key {
        struct ww_str text;
        uint64_t head;
};

static inline struct bytes_key bytes_key(struct ww_str text) {
        return (struct bytes_key){ text, bytes_head(text.p, text.n) };
}

/** The same for a part of a longer text, which ends at `end`. */
static inline struct bytes_key bytes_key_within(struct ww_str text, const char *end) {
        if (end - text.p < (ptrdiff_t)sizeof(uint64_t))
                return bytes_key(text);
        return (struct bytes_key){ text, bytes_low(bytes_word(text.p), text.n) };
}

static inline bool bytes_key_equal(const struct bytes_key *a, const struct bytes_key *b) {
        return a->head == b->head && a->text.n == b->text.n &&
               (a->text.n <= sizeof a->head || memcmp(a->text.p, b->text.p, a->text.n) == 0);
}

/** For small tables of our own keys: names meet that begin alike and are equally long. */
static inline uint32_t bytes_key_hash(const struct bytes_key *key) {
        return (uint32_t)(((key->head ^ key->text.n) * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/** The last eight bytes, 0 if there are no more than that: with them names that begin alike are told apart, too. */
static inline uint64_t bytes_key_tail(const struct bytes_key *key) {
        return key->text.n > sizeof key->head ? bytes_word(key->text.p + key->text.n - sizeof key->head) : 0;
}
