#pragma once
/* A token bucket: so many at once, then so many a minute. Pure: time is an argument, in µs of any one clock. */
#include <stdbool.h>
#include <stdint.h>

struct bucket {
        int64_t interval; /* µs for one token */
        int64_t burst;    /* tokens that it holds */
        int64_t filled;   /* when the bucket will be full again */
};

void bucket_init(struct bucket *b, int64_t per_minute, int64_t burst);
/** When there will be a token; not later than `now` if there is one. */
int64_t bucket_next(const struct bucket *b, int64_t now);
/** Takes one if there is one. */
bool bucket_take(struct bucket *b, int64_t now);
