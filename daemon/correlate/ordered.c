/*
 * Numbers in order, in blocks of at most BLOCK: a value is found by the blocks' last values and then within its block,
 * and only one block is moved. A rank is found by walking over the blocks.
 */
#include "correlate/multiset.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 256

struct block {
        uint32_t n, capacity;
        double v[];
};

struct ordered {
        size_t n, n_blocks, capacity;
        struct block **blocks;
};

static struct block *block_resize(struct block *b, uint32_t capacity) {
        struct block *grown = realloc(b, sizeof *b + capacity * sizeof *b->v);

        if (!grown)
                return NULL;
        grown->n = b ? grown->n : 0;
        grown->capacity = capacity;
        return grown;
}

/* the first block whose last value is not below `v`, else the last one */
static size_t block_of(const struct ordered *o, double v) {
        size_t low = 0, high = o->n_blocks - 1;

        while (low < high) {
                size_t middle = (low + high) / 2;
                const struct block *b = o->blocks[middle];

                if (b->v[b->n - 1] < v)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static uint32_t place_of(const struct block *b, double v) {
        uint32_t low = 0, high = b->n;

        while (low < high) {
                uint32_t middle = (low + high) / 2;

                if (b->v[middle] < v)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static int block_insert(struct ordered *o, size_t at, struct block *b) {
        if (o->n_blocks == o->capacity) {
                size_t capacity = o->capacity ? o->capacity * 2 : 1;
                struct block **blocks = realloc(o->blocks, capacity * sizeof *blocks);

                if (!blocks)
                        return -ENOMEM;
                o->blocks = blocks;
                o->capacity = capacity;
        }
        memmove(o->blocks + at + 1, o->blocks + at, (o->n_blocks - at) * sizeof *o->blocks);
        o->blocks[at] = b;
        o->n_blocks++;
        return 0;
}

/* the upper half goes into a block of its own */
static int block_split(struct ordered *o, size_t at) {
        struct block *lower = o->blocks[at], *upper = block_resize(NULL, BLOCK);

        if (!upper)
                return -ENOMEM;
        if (block_insert(o, at + 1, upper) < 0) {
                free(upper);
                return -ENOMEM;
        }
        upper->n = lower->n / 2;
        lower->n -= upper->n;
        memcpy(upper->v, lower->v + lower->n, upper->n * sizeof *upper->v);
        return 0;
}

/* room for one more in block `at` */
static int block_room(struct ordered *o, size_t at) {
        struct block *b = o->blocks[at];

        if (b->n < b->capacity)
                return 0;
        if (b->capacity == BLOCK)
                return block_split(o, at);
        b = block_resize(b, b->capacity * 2);
        if (!b)
                return -ENOMEM;
        o->blocks[at] = b;
        return 0;
}

static int first_block(struct ordered *o) {
        struct block *b = block_resize(NULL, 4);

        if (!b || block_insert(o, 0, b) < 0) {
                free(b);
                return -ENOMEM;
        }
        return 0;
}

int ordered_add(struct ordered **o, double v) {
        struct block *b;
        size_t at;
        uint32_t place;

        if (!*o)
                *o = calloc(1, sizeof **o);
        if (!*o || (!(*o)->n_blocks && first_block(*o) < 0))
                return -ENOMEM;
        at = (*o)->n ? block_of(*o, v) : 0;
        if (block_room(*o, at) < 0)
                return -ENOMEM;
        if ((*o)->n)
                at = block_of(*o, v);
        b = (*o)->blocks[at];
        place = place_of(b, v);
        memmove(b->v + place + 1, b->v + place, (b->n - place) * sizeof *b->v);
        b->v[place] = v;
        b->n++;
        (*o)->n++;
        return 0;
}

void ordered_remove(struct ordered *o, double v) {
        size_t at = block_of(o, v);
        struct block *b = o->blocks[at];
        uint32_t place = place_of(b, v);

        memmove(b->v + place, b->v + place + 1, (b->n - place - 1) * sizeof *b->v);
        b->n--;
        o->n--;
        if (b->n || o->n_blocks == 1)
                return;
        free(b);
        memmove(o->blocks + at, o->blocks + at + 1, (o->n_blocks - at - 1) * sizeof *o->blocks);
        o->n_blocks--;
}

void ordered_reset(struct ordered *o) {
        if (!o)
                return;
        for (size_t i = 1; i < o->n_blocks; i++)
                free(o->blocks[i]);
        if (o->n_blocks) {
                o->n_blocks = 1;
                o->blocks[0]->n = 0;
        }
        o->n = 0;
}

void ordered_free(struct ordered *o) {
        if (!o)
                return;
        for (size_t i = 0; i < o->n_blocks; i++)
                free(o->blocks[i]);
        free(o->blocks);
        free(o);
}

size_t ordered_count(const struct ordered *o) {
        return o ? o->n : 0;
}

double ordered_at(const struct ordered *o, size_t i) {
        size_t at = 0;

        if (i + 1 == o->n) /* the greatest is asked for most often */
                return o->blocks[o->n_blocks - 1]->v[o->blocks[o->n_blocks - 1]->n - 1];
        while (i >= o->blocks[at]->n)
                i -= o->blocks[at++]->n;
        return o->blocks[at]->v[i];
}
