#pragma once
/*
 * A circuit breaker: after so many failures in a row an endpoint is left alone for a while, then asked once.
 *
 *     closed ──limit failures──► open ──pause──► half-open (one probe) ──it fails──► open
 *        ▲                                            └──it goes well──┐
 *        └─────────────────────────────────────────────────────────────┘
 *
 * Pure: time is an argument, in µs of any one clock.
 */
#include <stdbool.h>
#include <stdint.h>

enum breaker_state {
        BREAKER_CLOSED,
        BREAKER_OPEN,
        BREAKER_HALF_OPEN,
        BREAKER_STATES,
};

extern const char *const breaker_state_names[BREAKER_STATES];

struct breaker {
        unsigned limit; /* failures in a row that open it */
        int64_t pause;  /* µs that it stays open */
        enum breaker_state state;
        unsigned failures;
        int64_t until; /* open: when a probe is due */
        bool probing;  /* half-open: it is on its way */
        uint64_t opened;
};

void breaker_init(struct breaker *b, unsigned limit, int64_t pause);
/** May one begin now? An open one whose pause is over becomes half-open by this question. */
bool breaker_allows(struct breaker *b, int64_t now);
/** When it is worth asking again; WW_TIME_NEVER: when the probe has ended. */
int64_t breaker_next(const struct breaker *b, int64_t now);
void breaker_begins(struct breaker *b);
void breaker_ends(struct breaker *b, bool ok, int64_t now);
