#include "notify/bucket.h"

#include <wardwatch/time.h>

/* Not a count that somebody must fill, but the instant at which it is full: each token taken moves that on by one
 * interval, and there is a token as long as it lies no further ahead than all but one of them take. */

void bucket_init(struct bucket *b, int64_t per_minute, int64_t burst) {
        *b = (struct bucket){ .interval = WW_MINUTE / per_minute, .burst = burst, .filled = 0 };
}

int64_t bucket_next(const struct bucket *b, int64_t now) {
        int64_t free_at = b->filled - (b->burst - 1) * b->interval;

        return free_at > now ? free_at : now;
}

bool bucket_take(struct bucket *b, int64_t now) {
        if (bucket_next(b, now) > now)
                return false;
        b->filled = (b->filled > now ? b->filled : now) + b->interval;
        return true;
}
