#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#define BLOCK_MIN 256 /* each next block is twice as large; few, as there may be a hundred thousand arenas */
#define ALIGN     16

struct arena_block {
        struct arena_block *next;
        size_t used, capacity;
        _Alignas(ALIGN) uint8_t bytes[];
};

static struct arena_block *arena_grow(struct arena *a, size_t n) {
        size_t capacity = a->blocks ? a->blocks->capacity * 2 : BLOCK_MIN;
        struct arena_block *block;

        while (capacity < n)
                capacity *= 2;
        block = malloc(sizeof *block + capacity);
        if (!block)
                return NULL;
        block->next = a->blocks;
        block->used = 0;
        block->capacity = capacity;
        a->blocks = block;
        return block;
}

void *arena_alloc(struct arena *a, size_t n) {
        struct arena_block *block = a->blocks;
        void *p;

        n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
        if (!block || block->capacity - block->used < n)
                block = arena_grow(a, n);
        if (!block)
                return NULL;
        p = block->bytes + block->used;
        block->used += n;
        a->used += n;
        memset(p, 0, n);
        return p;
}

struct ww_str arena_copy(struct arena *a, struct ww_str s) {
        char *p = arena_alloc(a, s.n + 1);

        if (!p)
                return WW_STR_NONE;
        if (s.n)
                memcpy(p, s.p, s.n);
        return (struct ww_str){ p, s.n };
}

char *arena_printf(struct arena *a, const char *format, ...) {
        va_list ap, again;
        char *p = NULL;
        int n;

        va_start(ap, format);
        va_copy(again, ap);
        n = vsnprintf(NULL, 0, format, ap);
        va_end(ap);
        if (n >= 0)
                p = arena_alloc(a, (size_t)n + 1);
        if (p)
                (void)vsnprintf(p, (size_t)n + 1, format, again);
        va_end(again);
        return p;
}

void arena_reset(struct arena *a) {
        struct arena_block *keep = a->blocks;

        a->used = 0;
        if (!keep)
                return;
        while (keep->next) { /* the newest block is the largest */
                struct arena_block *next = keep->next;

                keep->next = next->next;
                free(next);
        }
        keep->used = 0;
}

void arena_deinit(struct arena *a) {
        arena_reset(a);
        free(a->blocks);
        *a = ARENA_INIT;
}
