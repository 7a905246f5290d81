#pragma once
/*
 * What was heard last: one entry for each state of each device, for each pulse whose radio repeats are folded, for each
 * device's own counter, and for what a device said of itself.
 *
 * Problem: a bridge repeats a device's whole state with every battery report, and the broker repeats retained ones at
 * every reconnect. Only a change is an event. So the last value of (sensor type, device, kind) is remembered here.
 *
 * An entry is 40 bytes; its key is made of 128 bits of XXH3 over the names, so that names need not be kept: of a
 * million entries two meet with a probability of 1e-27. The table doubles up to a fixed capacity. When it is full a
 * newcomer takes the place of the entry heard longest ago among the 16 beside its own place: that device's next report
 * is told once more, as a first one. Nothing is ever swallowed by a full table. An entry with a deadline (restore.h)
 * stays.
 *
 * Determinism: which entry goes depends on the layout, so the snapshot keeps the layout as it is; a table that is
 * loaded behaves like the one that was saved.
 */
#include "base/buf.h"

#define STATES_MAX (UINT32_C(1) << 20) /* entries; 40 bytes each, table at most 3/4 full: 80 MiB */

struct states_key {
        uint64_t low, high;
};

struct states_entry {
        struct states_key key; /* {0, 0} = free */
        int64_t heard;         /* µs: of a state when it was heard, of a pulse when it was told */
        uint64_t word;         /* of a counter its last number and window (numbering.h); of a description its hash; of a
                                * link that went with its gateway the gateway's hash; of a state that changes with its
                                * value the value's, 0 = not heard; else 0 */
        uint32_t owner;        /* hash of the sensor type's name */
        uint32_t state : 8;    /* enum ww_state */
        uint32_t mark : 24;    /* of a counter: the message that moved it; of a state with a deadline: its place + 1 */
};

#define STATES_MARK(x) ((uint32_t)((x)&0xFFFFFFu))

struct states {
        struct states_entry *entries;
        size_t n, capacity, max; /* max: entries, not slots */
        uint64_t evicted;
};

void states_init(struct states *s, size_t max);
void states_deinit(struct states *s);

/** The two halves of a key: whose state it is, and which. Each is a hash of its own, because a message has one device
 * and some kinds, and the kinds are few. */
struct states_key states_device(uint32_t owner, struct ww_str device, bool exercise);
struct states_key states_kind(struct ww_str kind);
static inline struct states_key states_key(struct states_key device, struct states_key kind) {
        struct states_key key = { device.low ^ kind.low, device.high ^ kind.high };

        key.low += !key.low && !key.high;
        return key;
}

/** The entry for this key is looked for soon: its place is fetched meanwhile. */
static inline void states_expect(const struct states *s, struct states_key key) {
        if (s->n)
                __builtin_prefetch(&s->entries[key.low & (s->capacity - 1)], 1);
}

/** NULL if it is not known. */
struct states_entry *states_find(struct states *s, struct states_key key);
/** Adds an entry that is not there. NULL without memory. Pointers from before are void. */
struct states_entry *states_add(struct states *s, struct states_key key);
/** Drops all entries whose owner `keep` refuses. 0, -ENOMEM (nothing dropped). */
int states_filter(struct states *s, bool (*keep)(void *userdata, uint32_t owner), void *userdata);

/** Of entries whose `mark` is a place among deadlines, and not a counter's: see restore.h. */
bool states_is_timed(const struct states_entry *e);

static inline size_t states_bytes(const struct states *s) {
        return s->capacity * sizeof(struct states_entry);
}

void states_save(const struct states *s, struct buf *out);
int states_load(struct states *s, struct rd *in); /* into an initialised one; 0, -EBADMSG, -ENOMEM */
