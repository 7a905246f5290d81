#pragma once
/*
 * Memory that is given back all at once: what a turn or a compiled rule set allocates in small pieces.
 * Pieces are aligned to 16 bytes and never move. arena_reset keeps the largest block for the next turn.
 */
#include "base/error.h"
#include <wardwatch/str.h>

struct arena {
        struct arena_block *blocks;
        size_t used; /* bytes handed out since the last reset */
};

#define ARENA_INIT ((struct arena){ 0 })

void *arena_alloc(struct arena *a, size_t n);               /* zeroed; NULL without memory */
struct ww_str arena_copy(struct arena *a, struct ww_str s); /* NUL-terminated copy; .p NULL without memory */
char *arena_printf(struct arena *a, const char *format, ...) _printf_(2, 3);
void arena_reset(struct arena *a);
void arena_deinit(struct arena *a);

#define arena_new(arena, type)      ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (n)))
#define _cleanup_arena_             _cleanup_(arena_deinit)
