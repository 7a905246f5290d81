#include "notify/backoff.h"

/* SplitMix64's finisher: neighbours differ in half of their bits. */
static uint64_t mix(uint64_t x) {
        x += 0x9e3779b97f4a7c15U;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
        return x ^ (x >> 31);
}

int64_t backoff_wait(unsigned failures, int64_t min, int64_t max, uint64_t seed, uint64_t id) {
        int64_t wait = min;

        for (unsigned i = 1; i < failures && wait < max; i++)
                wait = wait > max / 2 ? max : wait * 2;
        if (wait > max)
                wait = max;
        return wait - (int64_t)(mix(mix(seed ^ mix(id)) + failures) % (uint64_t)(wait / 2 + 1));
}
