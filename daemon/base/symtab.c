#include "base/symtab.h"
#include "base/arena.h"
#include "base/hash.h"

#define SLOTS_WORD 32         /* slots for a word of the filter: at most a quarter of them holds names */
#define SLOTS_MIN  SLOTS_WORD /* a power of two; few, as a site may have many lists of one member */
#define NAMES_MIN  (SLOTS_MIN / 4)

/* The mark is a part of the name's hash: other names are told apart without looking at them. */
struct slot {
        uint32_t symbol; /* 0 = free */
        uint32_t mark;
};

/* Open addressing over symbol numbers; the names themselves stand in an arena and never move. */
struct symtab {
        struct arena arena;
        struct ww_str *names; /* names[symbol - 1] */
        uint32_t n, capacity;
        struct slot *slots;
        size_t n_slots;
        uint64_t *filter; /* a bit for each name, eight times as many as names: most strangers need no more than this */
};

int symtab_new(struct symtab **ret) {
        _cleanup_(symtab_freep) struct symtab *t = calloc(1, sizeof *t);

        if (!t)
                return -ENOMEM;
        t->slots = calloc(SLOTS_MIN, sizeof *t->slots);
        t->filter = calloc(SLOTS_MIN / SLOTS_WORD, sizeof *t->filter);
        if (!t->slots || !t->filter)
                return -ENOMEM;
        t->n_slots = SLOTS_MIN;
        *ret = t;
        t = NULL;
        return 0;
}

struct symtab *symtab_free(struct symtab *t) {
        if (!t)
                return NULL;
        arena_deinit(&t->arena);
        free(t->names);
        free(t->slots);
        free(t->filter);
        free(t);
        return NULL;
}

static uint32_t symtab_mark(uint64_t hash) {
        return (uint32_t)(hash >> 32);
}

static bool slot_is(const struct symtab *t, const struct slot *slot, uint64_t hash, struct ww_str name) {
        return slot->mark == symtab_mark(hash) && ww_str_equal(t->names[slot->symbol - 1], name);
}

/* The slot that holds `name`, or the free one where it would go. */
static struct slot *symtab_slot(const struct symtab *t, uint64_t hash, struct ww_str name) {
        size_t at = hash & (t->n_slots - 1);

        while (t->slots[at].symbol && !slot_is(t, &t->slots[at], hash, name))
                at = (at + 1) & (t->n_slots - 1);
        return &t->slots[at];
}

static uint64_t *filter_word(const struct symtab *t, uint64_t hash) {
        return &t->filter[(hash >> 38) & (t->n_slots / SLOTS_WORD - 1)];
}

static uint64_t filter_bit(uint64_t hash) {
        return UINT64_C(1) << (hash >> 32 & 63);
}

static void symtab_put(struct symtab *t, uint32_t symbol) {
        struct ww_str name = t->names[symbol - 1];
        uint64_t hash = hash_text(name);

        *filter_word(t, hash) |= filter_bit(hash);
        *symtab_slot(t, hash, name) = (struct slot){ symbol, symtab_mark(hash) };
}

static int symtab_grow_slots(struct symtab *t) {
        struct slot *old = t->slots;
        struct slot *slots = calloc(t->n_slots * 2, sizeof *slots);
        uint64_t *filter = calloc(t->n_slots * 2 / SLOTS_WORD, sizeof *filter);

        if (!slots || !filter) {
                free(slots);
                free(filter);
                return -ENOMEM;
        }
        free(t->filter);
        t->filter = filter;
        t->slots = slots;
        t->n_slots *= 2;
        for (uint32_t symbol = 1; symbol <= t->n; symbol++)
                symtab_put(t, symbol);
        free(old);
        return 0;
}

static int symtab_grow_names(struct symtab *t) {
        uint32_t capacity = t->capacity ? t->capacity * 2 : NAMES_MIN;
        struct ww_str *names = reallocarray(t->names, capacity, sizeof *names);

        if (!names)
                return -ENOMEM;
        t->names = names;
        t->capacity = capacity;
        return 0;
}

static int symtab_make_room(struct symtab *t) {
        int r = 0;

        if (t->n == t->capacity)
                r = symtab_grow_names(t);
        if (r == 0 && ((size_t)t->n + 1) * 4 > t->n_slots)
                r = symtab_grow_slots(t);
        return r;
}

uint32_t symtab_intern(struct symtab *t, struct ww_str name) {
        uint32_t found = symtab_find(t, name);
        struct ww_str copy;

        if (found)
                return found;
        if (symtab_make_room(t) < 0)
                return 0;
        copy = arena_copy(&t->arena, name);
        if (!copy.p)
                return 0;
        t->names[t->n] = copy;
        t->n++;
        symtab_put(t, t->n);
        return t->n;
}

uint32_t symtab_find(const struct symtab *t, struct ww_str name) {
        uint64_t hash = hash_text(name);

        return *filter_word(t, hash) & filter_bit(hash) ? symtab_slot(t, hash, name)->symbol : 0;
}

struct ww_str symtab_name(const struct symtab *t, uint32_t symbol) {
        return symbol && symbol <= t->n ? t->names[symbol - 1] : WW_STR("");
}

uint32_t symtab_count(const struct symtab *t) {
        return t->n;
}
