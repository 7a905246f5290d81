#include "notify/breaker.h"

#include <wardwatch/time.h>

const char *const breaker_state_names[BREAKER_STATES] = {
        [BREAKER_CLOSED] = "closed",
        [BREAKER_OPEN] = "open",
        [BREAKER_HALF_OPEN] = "half-open",
};

void breaker_init(struct breaker *b, unsigned limit, int64_t pause) {
        *b = (struct breaker){ .limit = limit, .pause = pause };
}

bool breaker_allows(struct breaker *b, int64_t now) {
        if (b->state == BREAKER_OPEN && now >= b->until)
                b->state = BREAKER_HALF_OPEN;
        return b->state == BREAKER_CLOSED || (b->state == BREAKER_HALF_OPEN && !b->probing);
}

int64_t breaker_next(const struct breaker *b, int64_t now) {
        if (b->state == BREAKER_OPEN)
                return b->until > now ? b->until : now;
        return b->state == BREAKER_HALF_OPEN && b->probing ? WW_TIME_NEVER : now;
}

void breaker_begins(struct breaker *b) {
        b->probing = b->state == BREAKER_HALF_OPEN;
}

void breaker_ends(struct breaker *b, bool ok, int64_t now) {
        b->probing = false;
        if (ok) {
                b->failures = 0;
                b->state = BREAKER_CLOSED;
                return;
        }
        b->failures++;
        if (b->state == BREAKER_OPEN || (b->state == BREAKER_CLOSED && b->failures < b->limit))
                return; /* of several that were on their way, the first one has opened it */
        b->state = BREAKER_OPEN;
        b->until = now + b->pause;
        b->opened++;
}
