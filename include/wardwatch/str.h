#pragma once
/*
 * A borrowed run of bytes: not NUL-terminated, not owned, possibly empty, possibly with NUL inside.
 * Every string that crosses a stage is one of these; it lives as long as the call that hands it over,
 * unless the function that returns it says otherwise.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ww_str {
        const char *p;
        size_t n;
};

#define WW_STR(literal) ((struct ww_str){ (literal), sizeof(literal) - 1 })
#define WW_STR_NONE     ((struct ww_str){ NULL, 0 })

/** printf("%.*s", WW_STR_ARG(s)) */
#define WW_STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct ww_str ww_str(const char *z) {
        return (struct ww_str){ z, z ? strlen(z) : 0 };
}

static inline bool ww_str_equal(struct ww_str a, struct ww_str b) {
        return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool ww_str_is(struct ww_str a, const char *z) {
        return ww_str_equal(a, ww_str(z));
}

/** A copy of its own, NUL-terminated, for free(); NULL without memory. */
static inline char *ww_str_copy(struct ww_str s) {
        char *copy = malloc(s.n + 1);

        if (!copy)
                return NULL;
        if (s.n)
                memcpy(copy, s.p, s.n);
        copy[s.n] = 0;
        return copy;
}

/** Byte order, shorter first on a tie; <0, 0, >0. */
static inline int ww_str_compare(struct ww_str a, struct ww_str b) {
        size_t n = a.n < b.n ? a.n : b.n;
        int r = n ? memcmp(a.p, b.p, n) : 0;
        return r ? r : (a.n > b.n) - (a.n < b.n);
}
