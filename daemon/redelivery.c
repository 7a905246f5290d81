#include "redelivery.h"

#include <xxhash.h>

struct redelivery_entry {
        uint32_t hash, stamp; /* stamp 0 = never used */
};

struct redelivery {
        uint32_t window, count;
        struct redelivery_entry by_mid[UINT16_MAX + 1];
};

int redelivery_new(struct redelivery **ret, uint32_t window) {
        struct redelivery *r;

        if (window < 1 || window > REDELIVERY_WINDOW)
                return -EINVAL;
        r = calloc(1, sizeof *r); /* pages that no identifier touches are never there */
        if (!r)
                return -ENOMEM;
        r->window = window;
        *ret = r;
        return 0;
}

struct redelivery *redelivery_free(struct redelivery *r) {
        free(r);
        return NULL;
}

static uint32_t redelivery_hash(struct ww_str topic, struct ww_str payload) {
        return (uint32_t)XXH3_64bits_withSeed(payload.p, payload.n, XXH3_64bits(topic.p, topic.n));
}

void redelivery_note(struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload) {
        r->count++;
        if (r->count == 0) /* wrapped after 2^32 messages: age is a difference, only 0 is special */
                r->count = 1;
        r->by_mid[mid] = (struct redelivery_entry){ redelivery_hash(topic, payload), r->count };
}

void redelivery_forget(struct redelivery *r) {
        memset(r->by_mid, 0, sizeof r->by_mid);
}

bool redelivery_is(const struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload) {
        const struct redelivery_entry *entry = &r->by_mid[mid];

        return entry->stamp && r->count - entry->stamp < r->window && entry->hash == redelivery_hash(topic, payload);
}
