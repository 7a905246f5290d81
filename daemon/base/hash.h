#pragma once
/*
 * The hash of short texts, for look-ups: XXH3, as in the journal and the snapshots, but without the call through a
 * shared library, which costs as much as the hash of a device's name does.
 */
#include <stdint.h>
#include <wardwatch/str.h>

struct hash128 {
        uint64_t low, high;
};

uint64_t hash_text(struct ww_str text);             /* XXH3_64bits */
struct hash128 hash_bytes(const void *p, size_t n); /* XXH3_128bits */
