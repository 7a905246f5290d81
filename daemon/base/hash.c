#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_text(struct ww_str text) {
        return XXH3_64bits(text.p ? text.p : "", text.n);
}

struct hash128 hash_bytes(const void *p, size_t n) {
        XXH128_hash_t h = XXH3_128bits(p, n);

        return (struct hash128){ h.low64, h.high64 };
}
