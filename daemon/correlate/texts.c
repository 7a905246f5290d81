#include "correlate/texts.h"

#include <xxhash.h>

struct string {
        char *p;
        uint32_t n, refs;
        uint64_t hash;
        uint32_t next_free;
};

struct texts {
        struct string *all; /* from 1 */
        uint32_t n, capacity, free_list;
        uint32_t *slots; /* number, 0 = empty */
        size_t mask, used, bytes;
};

int texts_new(struct texts **ret) {
        struct texts *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->mask = 63;
        s->n = 1;
        s->slots = calloc(s->mask + 1, sizeof *s->slots);
        if (!s->slots) {
                free(s);
                return -ENOMEM;
        }
        *ret = s;
        return 0;
}

struct texts *texts_free(struct texts *s) {
        if (!s)
                return NULL;
        for (uint32_t i = 1; i < s->n; i++)
                free(s->all[i].p);
        free(s->all);
        free(s->slots);
        free(s);
        return NULL;
}

static size_t slot_of(const struct texts *s, uint64_t hash, struct ww_str text) {
        size_t at = hash & s->mask;

        for (; s->slots[at]; at = (at + 1) & s->mask) {
                const struct string *e = &s->all[s->slots[at]];

                if (e->hash == hash && e->n == text.n && memcmp(e->p, text.p, text.n) == 0)
                        break;
        }
        return at;
}

static int grow_slots(struct texts *s) {
        size_t mask = s->mask * 2 + 1;
        uint32_t *slots;

        if (s->used * 2 <= s->mask)
                return 0;
        slots = calloc(mask + 1, sizeof *slots);
        if (!slots)
                return -ENOMEM;
        for (size_t i = 0; i <= s->mask; i++)
                if (s->slots[i]) {
                        size_t at = s->all[s->slots[i]].hash & mask;

                        while (slots[at])
                                at = (at + 1) & mask;
                        slots[at] = s->slots[i];
                }
        free(s->slots);
        s->slots = slots;
        s->mask = mask;
        return 0;
}

static uint32_t number_take(struct texts *s) {
        uint32_t number = s->free_list;

        if (number) {
                s->free_list = s->all[number].next_free;
                return number;
        }
        if (s->n >= s->capacity) {
                uint32_t capacity = s->capacity ? s->capacity * 2 : 64;
                struct string *all = realloc(s->all, capacity * sizeof *all);

                if (!all)
                        return 0;
                s->all = all;
                s->capacity = capacity;
        }
        return s->n++;
}

uint32_t texts_ref(struct texts *s, struct ww_str text) {
        uint64_t hash;
        uint32_t number;
        size_t at;
        char *p;

        if (!text.n)
                return TEXTS_NONE;
        if (grow_slots(s) < 0)
                return UINT32_MAX;
        hash = XXH3_64bits(text.p, text.n);
        at = slot_of(s, hash, text);
        if (s->slots[at]) {
                s->all[s->slots[at]].refs++;
                return s->slots[at];
        }
        p = malloc(text.n);
        number = p ? number_take(s) : 0;
        if (!number) {
                free(p);
                return UINT32_MAX;
        }
        memcpy(p, text.p, text.n);
        s->all[number] = (struct string){ .p = p, .n = (uint32_t)text.n, .refs = 1, .hash = hash };
        s->slots[at] = number;
        s->used++;
        s->bytes += text.n;
        return number;
}

void texts_hold(struct texts *s, uint32_t number) {
        if (number)
                s->all[number].refs++;
}

/* backward shift, so that no tombstones gather */
static void slot_remove(struct texts *s, size_t hole) {
        for (size_t at = (hole + 1) & s->mask; s->slots[at]; at = (at + 1) & s->mask) {
                size_t home = s->all[s->slots[at]].hash & s->mask;

                if (((at - home) & s->mask) >= ((at - hole) & s->mask)) {
                        s->slots[hole] = s->slots[at];
                        hole = at;
                }
        }
        s->slots[hole] = 0;
}

void texts_drop(struct texts *s, uint32_t number) {
        struct string *e;

        if (!number)
                return;
        e = &s->all[number];
        if (--e->refs)
                return;
        slot_remove(s, slot_of(s, e->hash, (struct ww_str){ e->p, e->n }));
        s->used--;
        s->bytes -= e->n;
        free(e->p);
        *e = (struct string){ .next_free = s->free_list };
        s->free_list = number;
}

struct ww_str texts_text(const struct texts *s, uint32_t number) {
        return number ? (struct ww_str){ s->all[number].p, s->all[number].n } : WW_STR_NONE;
}

size_t texts_bytes(const struct texts *s) {
        return s->bytes + s->n * sizeof *s->all + (s->mask + 1) * sizeof *s->slots;
}
