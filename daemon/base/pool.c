/*
 * Chunks are 64 KiB and aligned to it, so that a piece finds the head of its chunk, and with it its number. A new piece
 * is what was given back of its class, else the next of the newest chunk. What is left of a chunk that has no room for
 * a piece is kept for smaller ones. A class holds one size up to 512 bytes, and a quarter of a doubling above.
 *
 * Chunks come in blocks, each as large as all before it, up to 8 MiB: there may be very many pools that need no more
 * than a chunk. A block of 2 MiB or more is of large pages: a restart is spared the faults of 512 small ones for each,
 * and a look at one of a million pieces finds its page.
 */
#include "base/pool.h"

#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define SIZE_C(n)  ((size_t)(n))
#define GRANULE    4
#define CHUNK      (SIZE_C(1) << POOL_CHUNK_BITS)
#define CHUNKS_MAX (UINT32_C(1) << (32 - POOL_NUMBER_BITS))
#define HEAD       16
#define BLOCK      128 /* chunks */
#define PAGE       (SIZE_C(1) << 21)
#define FINE_MAX   512
#define FINE       (FINE_MAX / GRANULE + 1)
#define STEPS      4                  /* of a doubling */
#define CLASSES    (FINE + STEPS * 6) /* 512 × 2⁶ = POOL_PIECE_MAX */

struct pool {
        struct pool_chunks chunks;
        uint32_t n, capacity;
        size_t next, end; /* in the newest chunk */
        uint32_t given[CLASSES];
};

int pool_new(struct pool **ret) {
        struct pool *p = calloc(1, sizeof *p);

        if (!p)
                return -ENOMEM;
        *ret = p;
        return 0;
}

struct pool *pool_free(struct pool *p) {
        if (!p)
                return NULL;
        for (uint32_t i = 0; i < p->n; i++)
                ASAN_UNPOISON_MEMORY_REGION(p->chunks.all[i], CHUNK);
        for (uint32_t i = p->n; i--;) /* the others are part of it */
                if (!p->chunks.all[i]->place)
                        free(p->chunks.all[i]);
        free(p->chunks.all);
        free(p);
        return NULL;
}

/* the class of a size, and the size of its pieces */
static size_t class_of(size_t size, size_t *ret_size) {
        size_t doubling = 0, step;

        if (size <= FINE_MAX) {
                *ret_size = (size + GRANULE - 1) / GRANULE * GRANULE;
                return *ret_size / GRANULE;
        }
        while (size > SIZE_C(FINE_MAX) << (doubling + 1))
                doubling++;
        step = (SIZE_C(FINE_MAX) << doubling) / STEPS;
        *ret_size = (size + step - 1) / step * step;
        return FINE + doubling * STEPS + *ret_size / step - STEPS - 1;
}

static void given_put(struct pool *p, size_t class, void *piece, size_t size) {
        ASAN_UNPOISON_MEMORY_REGION(piece, GRANULE);
        *(uint32_t *)piece = p->given[class];
        p->given[class] = pool_number(piece);
        ASAN_POISON_MEMORY_REGION(piece, size);
}

static void *given_take(struct pool *p, size_t class, size_t size) {
        uint32_t *piece = pool_at(p, p->given[class]);

        if (!piece)
                return NULL;
        ASAN_UNPOISON_MEMORY_REGION(piece, size);
        p->given[class] = *piece;
        return piece;
}

static int chunks_grow(struct pool *p) {
        uint32_t capacity = p->capacity ? p->capacity * 2 : 8;
        struct pool_chunk **all;

        if (p->n < p->capacity)
                return 0;
        all = p->n < CHUNKS_MAX ? realloc(p->chunks.all, capacity * sizeof *all) : NULL;
        if (!all)
                return -ENOMEM;
        p->chunks.all = all;
        p->capacity = capacity;
        return 0;
}

/* the rest of the newest chunk, for pieces that fit */
static void rest_keep(struct pool *p) {
        while (p->end - p->next >= GRANULE) {
                size_t rest = p->end - p->next, size = rest < FINE_MAX ? rest : FINE_MAX;

                if (p->next % 8 && size % 8 == 0) /* a class of a multiple of 8 is aligned to it */
                        size = GRANULE;
                given_put(p, size / GRANULE, (char *)p->chunks.all[p->n - 1] + p->next, size);
                p->next += size;
        }
}

/* whole pages of 2 MiB; where there are no such pages, small ones do */
static void *large_pages(size_t n) {
        void *p = aligned_alloc(PAGE, n);

        if (p)
                (void)madvise(p, n, MADV_HUGEPAGE);
        return p;
}

void *pool_table(size_t n, size_t size) {
        size_t bytes = n * size / PAGE * PAGE;
        void *p;

        if (bytes < n * size || n > SIZE_MAX / size)
                return calloc(n, size);
        p = large_pages(bytes);
        return p ? memset(p, 0, bytes) : NULL;
}

/* its first chunk; NULL without memory */
static struct pool_chunk *block_new(uint32_t n) {
        struct pool_chunk *chunk = CHUNK * n % PAGE ? aligned_alloc(CHUNK, CHUNK * n) : large_pages(CHUNK * n);

        if (!chunk)
                return NULL;
        chunk->place = 0;
        chunk->n = n;
        return chunk;
}

static struct pool_chunk *chunk_next(struct pool *p) {
        struct pool_chunk *last = p->n ? p->chunks.all[p->n - 1] : NULL, *chunk;

        if (!last || last->place + 1 == last->n)
                return block_new(p->n < 1 ? 1 : p->n < BLOCK ? p->n : BLOCK);
        chunk = (void *)((char *)last + CHUNK);
        chunk->place = last->place + 1;
        chunk->n = last->n;
        return chunk;
}

static int chunk_add(struct pool *p) {
        struct pool_chunk *chunk = chunks_grow(p) < 0 ? NULL : chunk_next(p);

        if (!chunk)
                return -ENOMEM;
        rest_keep(p);
        chunk->index = p->n;
        p->chunks.all[p->n++] = chunk;
        p->next = HEAD;
        p->end = CHUNK;
        ASAN_POISON_MEMORY_REGION((char *)chunk + HEAD, CHUNK - HEAD);
        return 0;
}

void *pool_take(struct pool *p, size_t size) {
        size_t class, pad;
        void *piece;

        if (size > POOL_PIECE_MAX)
                return NULL;
        class = class_of(size ? size : 1, &size);
        piece = given_take(p, class, size);
        if (piece)
                return piece;
        pad = size % 8 ? 0 : p->next % 8;
        if (p->end - p->next < size + pad) {
                if (chunk_add(p) < 0)
                        return NULL;
                pad = 0;
        }
        if (pad)
                given_put(p, 1, (char *)p->chunks.all[p->n - 1] + p->next, pad);
        piece = (char *)p->chunks.all[p->n - 1] + p->next + pad;
        p->next += pad + size;
        ASAN_UNPOISON_MEMORY_REGION(piece, size);
        return piece;
}

void pool_give(struct pool *p, void *piece, size_t size) {
        size_t class;

        if (!piece)
                return;
        class = class_of(size ? size : 1, &size);
        given_put(p, class, piece, size);
}
