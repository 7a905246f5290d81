#include "decode/states.h"
#include "base/hash.h"
#include <wardwatch/kind.h>

#define CAPACITY_FIRST 256
#define NEIGHBOURS     16

void states_init(struct states *s, size_t max) {
        *s = (struct states){ .max = max };
}

void states_deinit(struct states *s) {
        free(s->entries);
        *s = (struct states){ .max = s->max };
}

struct states_key states_device(uint32_t owner, struct ww_str device, bool exercise) {
        const struct hash128 name = hash_bytes(device.n ? device.p : "", device.n);
        const uint64_t who = ((uint64_t)owner << 1 | exercise) * UINT64_C(0x9E3779B97F4A7C15);

        return (struct states_key){ name.low + who, name.high ^ (who << 32 | who >> 32) };
}

struct states_key states_kind(struct ww_str kind) {
        const struct hash128 name = hash_bytes(kind.n ? kind.p : "", kind.n);

        /* apart from a device of the same name */
        return (struct states_key){ name.high, ~name.low };
}

static bool same(struct states_key a, struct states_key b) {
        return a.low == b.low && a.high == b.high;
}

static bool is_free(const struct states_entry *e) {
        return !e->key.low && !e->key.high;
}

/* The entry's slot, or the free one where it would stand. */
static size_t slot_of(const struct states_entry *entries, size_t capacity, struct states_key key) {
        size_t i = key.low & (capacity - 1);

        while (!is_free(&entries[i]) && !same(entries[i].key, key))
                i = (i + 1) & (capacity - 1);
        return i;
}

bool states_is_timed(const struct states_entry *e) {
        return e->mark && e->state <= WW_STATE_ACTIVE;
}

struct states_entry *states_find(struct states *s, struct states_key key) {
        struct states_entry *e;

        if (s->n == 0)
                return NULL;
        e = &s->entries[slot_of(s->entries, s->capacity, key)];
        return is_free(e) ? NULL : e;
}

static int resize(struct states *s, size_t capacity) {
        struct states_entry *entries = calloc(capacity, sizeof(*entries));

        if (!entries)
                return -ENOMEM;
        for (size_t i = 0; i < s->capacity; i++)
                if (!is_free(&s->entries[i]))
                        entries[slot_of(entries, capacity, s->entries[i].key)] = s->entries[i];
        free(s->entries);
        s->entries = entries;
        s->capacity = capacity;
        return 0;
}

/* Takes the entry at `i` out and closes the hole: what follows moves up unless it would leave its home behind it. */
static void take_out(struct states *s, size_t i) {
        size_t mask = s->capacity - 1;

        for (size_t k = (i + 1) & mask; !is_free(&s->entries[k]); k = (k + 1) & mask) {
                size_t home = s->entries[k].key.low & mask;

                if (((k - home) & mask) < ((k - i) & mask))
                        continue;
                s->entries[i] = s->entries[k];
                i = k;
        }
        s->entries[i] = (struct states_entry){ 0 };
        s->n--;
}

/* A deadline leads to its entry and back: where all neighbours have one, the search goes on to the first without. */
static void evict_beside(struct states *s, struct states_key key) {
        size_t mask = s->capacity - 1, oldest = SIZE_MAX, seen = 0;

        for (size_t i = key.low & mask; seen < s->n && (seen < NEIGHBOURS || oldest == SIZE_MAX); i = (i + 1) & mask) {
                if (is_free(&s->entries[i]))
                        continue;
                seen++;
                if (!states_is_timed(&s->entries[i]) &&
                    (oldest == SIZE_MAX || s->entries[i].heard < s->entries[oldest].heard))
                        oldest = i;
        }
        if (oldest == SIZE_MAX)
                return;
        take_out(s, oldest);
        s->evicted++;
}

struct states_entry *states_add(struct states *s, struct states_key key) {
        struct states_entry *e;

        if (s->n >= s->max)
                evict_beside(s, key);
        else if ((s->n + 1) * 4 > s->capacity * 3 && resize(s, s->capacity ? s->capacity * 2 : CAPACITY_FIRST) < 0)
                return NULL;
        e = &s->entries[slot_of(s->entries, s->capacity, key)];
        *e = (struct states_entry){ .key = key };
        s->n++;
        return e;
}

int states_filter(struct states *s, bool (*keep)(void *userdata, uint32_t owner), void *userdata) {
        struct states_entry *entries;

        if (s->n == 0)
                return 0;
        entries = calloc(s->capacity, sizeof(*entries));
        if (!entries)
                return -ENOMEM;
        s->n = 0;
        for (size_t i = 0; i < s->capacity; i++)
                if (!is_free(&s->entries[i]) && keep(userdata, s->entries[i].owner)) {
                        entries[slot_of(entries, s->capacity, s->entries[i].key)] = s->entries[i];
                        s->n++;
                }
        free(s->entries);
        s->entries = entries;
        return 0;
}

void states_save(const struct states *s, struct buf *out) {
        size_t last = 0;

        buf_put_var(out, s->capacity);
        buf_put_var(out, s->n);
        buf_put_var(out, s->evicted);
        for (size_t i = 0; i < s->capacity; i++) {
                const struct states_entry *e = &s->entries[i];

                if (is_free(e))
                        continue;
                buf_put_var(out, i - last);
                last = i;
                buf_put_u64(out, e->key.low);
                buf_put_u64(out, e->key.high);
                buf_put_time(out, e->heard);
                buf_put_var(out, e->word);
                buf_put_u32(out, e->owner);
                buf_put_u32(out, e->state | e->mark << 8);
        }
}

static bool read_entry(struct rd *in, struct states_entry *e) {
        uint32_t packed;

        *e = (struct states_entry){ .key.low = rd_u64(in) };
        e->key.high = rd_u64(in);
        e->heard = rd_time(in);
        e->word = rd_var(in);
        e->owner = rd_u32(in);
        packed = rd_u32(in);
        e->state = packed & 0xFF;
        e->mark = packed >> 8;
        return !in->failed && !is_free(e) && e->state <= 3;
}

int states_load(struct states *s, struct rd *in) {
        struct states loaded = { .max = s->max };
        size_t slot = 0;

        loaded.capacity = rd_var(in);
        loaded.n = rd_var(in);
        loaded.evicted = rd_var(in);
        /* 23 bytes are the least that an entry takes: a forged count asks for no memory that the bytes do not back */
        if (in->failed || (loaded.capacity & (loaded.capacity - 1)) || loaded.capacity > UINT32_MAX ||
            loaded.n > s->max || loaded.n > rd_left(in) / 23 || loaded.n * 4 > loaded.capacity * 3)
                return -EBADMSG;
        if (loaded.capacity > CAPACITY_FIRST && loaded.capacity / 2 * 3 / 4 > s->max)
                return -EBADMSG;
        loaded.entries = loaded.capacity ? calloc(loaded.capacity, sizeof(*loaded.entries)) : NULL;
        if (loaded.capacity && !loaded.entries)
                return -ENOMEM;
        for (size_t i = 0; i < loaded.n; i++) {
                struct states_entry e;

                slot += rd_var(in);
                if (!read_entry(in, &e) || slot >= loaded.capacity || !is_free(&loaded.entries[slot])) {
                        free(loaded.entries);
                        return -EBADMSG;
                }
                loaded.entries[slot] = e;
        }
        free(s->entries);
        *s = loaded;
        return 0;
}
