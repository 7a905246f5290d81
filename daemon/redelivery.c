#include "redelivery.h"

#include <xxhash.h>

/* Where a message stands in the order in which the broker counted: rounds, and identifiers within one. */
struct place {
        uint32_t round; /* 0 = nowhere */
        uint16_t mid;
};

struct redelivery_entry {
        uint32_t hash, round; /* round 0 = never used */
};

struct redelivery {
        uint32_t identifiers, window;
        uint64_t connection;
        struct place at; /* of this connection's newest message, nowhere = none came yet */
        struct place newest;
        struct redelivery_entry by_mid[UINT16_MAX + 1];
};

static const struct place beginning = { 1, 0 };

int redelivery_new(struct redelivery **ret, uint32_t identifiers, uint32_t window) {
        struct redelivery *r;

        if (window < 1 || window >= identifiers || identifiers > REDELIVERY_IDENTIFIERS)
                return -EINVAL;
        r = calloc(1, sizeof *r); /* pages that no identifier touches are never there */
        if (!r)
                return -ENOMEM;
        r->identifiers = identifiers;
        r->window = window;
        r->newest = beginning;
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

static uint64_t place_number(const struct redelivery *r, struct place place) {
        return (uint64_t)place.round * r->identifiers + place.mid;
}

/* Where `mid` comes next behind a place. */
static struct place place_behind(struct place place, uint16_t mid) {
        return (struct place){ place.round + (mid <= place.mid), mid };
}

static struct place redelivery_before(struct redelivery *r, uint64_t connection) {
        if (r->connection != connection)
                r->at = (struct place){ 0 };
        r->connection = connection;
        return r->at.round ? r->at : r->newest;
}

void redelivery_note(struct redelivery *r, uint64_t connection, uint16_t mid, struct ww_str topic,
                     struct ww_str payload) {
        r->at = place_behind(redelivery_before(r, connection), mid);
        if (place_number(r, r->at) > place_number(r, r->newest))
                r->newest = r->at;
        r->by_mid[mid] = (struct redelivery_entry){ redelivery_hash(topic, payload), r->at.round };
}

void redelivery_forget(struct redelivery *r) {
        memset(r->by_mid, 0, sizeof r->by_mid);
        r->at = (struct place){ 0 };
        r->newest = beginning;
}

bool redelivery_is(struct redelivery *r, uint64_t connection, uint16_t mid, struct ww_str topic,
                   struct ww_str payload) {
        const struct redelivery_entry *entry = &r->by_mid[mid];
        struct place before = redelivery_before(r, connection), there = { entry->round, mid };

        if (!entry->round || entry->hash != redelivery_hash(topic, payload))
                return false;
        if (r->at.round ? there.round != place_behind(before, mid).round
                        : place_number(r, r->newest) - place_number(r, there) >= r->window)
                return false;
        r->at = there;
        return true;
}
