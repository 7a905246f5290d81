#pragma once
/*
 * Many small things of few sizes, alive for as long as each likes: a piece costs its size, rounded up to 4 bytes, and
 * no more. Each has a number, which is half as wide as a pointer, for lists and tables that point to millions of them.
 *
 * Pieces never move. One of a size that is a multiple of 8 is aligned to 8 bytes, any other to 4. What is given back
 * serves the next of the same size; the memory itself goes back with the pool.
 */
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct pool;

#define POOL_PIECE_MAX (32 * 1024)
#define POOL_NONE      0 /* the number of no piece */

int pool_new(struct pool **ret); /* 0 or -ENOMEM */
struct pool *pool_free(struct pool *p);

/** `size` bytes, not cleared; NULL without memory, or beyond POOL_PIECE_MAX. */
void *pool_take(struct pool *p, size_t size);
/** `piece` from pool_take with that size; NULL is fine. */
void pool_give(struct pool *p, void *piece, size_t size);

/** A table of n × size zeros, in which one looks here and there: large pages, if it fills some. Freed by free(). */
void *pool_table(size_t n, size_t size);

#define POOL_CHUNK_BITS  16
#define POOL_NUMBER_BITS (POOL_CHUNK_BITS - 2) /* of a number, the place in its chunk; the chunk's above them */

/* the beginning of a chunk */
struct pool_chunk {
        uint32_t index;
        uint32_t place, n; /* in its block, of so many chunks */
};

/* what pool_at needs: the first member of a pool */
struct pool_chunks {
        struct pool_chunk **all;
};

/** The piece with that number, which is not POOL_NONE. */
static inline void *pool_piece(const struct pool *p, uint32_t number) {
        const struct pool_chunks *chunks = (const void *)p;

        return (uint32_t *)(void *)chunks->all[number >> POOL_NUMBER_BITS] +
               (number & ((UINT32_C(1) << POOL_NUMBER_BITS) - 1));
}

/** The piece with that number; NULL for POOL_NONE. */
static inline void *pool_at(const struct pool *p, uint32_t number) {
        return number ? pool_piece(p, number) : NULL;
}

/** Its number; POOL_NONE for NULL. */
static inline uint32_t pool_number(const void *piece) {
        uintptr_t place = (uintptr_t)piece & ((UINT32_C(1) << POOL_CHUNK_BITS) - 1);
        const struct pool_chunk *chunk = (const void *)((const char *)piece - place);

        return piece ? chunk->index << POOL_NUMBER_BITS | (uint32_t)(place / sizeof(uint32_t)) : POOL_NONE;
}

DEFINE_CLEANUP(struct pool *, pool_free)
