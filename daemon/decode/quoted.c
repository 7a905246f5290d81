#include "decode/quoted.h"

/* Behind the closing quote; NULL = none. *ret_doubled: how many quotes stand twice. */
static const char *find_end(const char *p, const char *end, size_t *ret_doubled) {
        for (*ret_doubled = 0; (p = memchr(p, '"', (size_t)(end - p))); p += 2, ++*ret_doubled)
                if (p + 1 == end || p[1] != '"')
                        return p + 1;
        return NULL;
}

int quoted_read(struct arena *arena, const char **p, const char *end, struct ww_str *ret) {
        const char *start = *p + 1, *behind;
        size_t doubled, n = 0;
        char *to;

        behind = find_end(start, end, &doubled);
        if (!behind)
                return -EBADMSG;
        *p = behind;
        *ret = (struct ww_str){ start, (size_t)(behind - 1 - start) };
        if (!doubled)
                return 0;
        to = arena_alloc(arena, ret->n);
        if (!to)
                return -ENOMEM;
        for (size_t i = 0; i < ret->n; i++) {
                to[n++] = ret->p[i];
                i += ret->p[i] == '"';
        }
        *ret = (struct ww_str){ to, n };
        return 0;
}
