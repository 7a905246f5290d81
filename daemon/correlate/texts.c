/*
 * A text is a piece of a pool, and its number is the piece's. One too long for that lies elsewhere.
 */
#include "correlate/texts.h"

#include "base/pool.h"

#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#define NEAR_MAX 4096

struct text {
        uint32_t refs, hash, n;
        char near[]; /* n ≤ NEAR_MAX */
};

/* of a longer one: where its bytes are, behind the head */
#define FAR_AT   16
#define FAR_SIZE (FAR_AT + sizeof(char *))

struct texts {
        struct pool *pool;
        uint32_t *slots; /* number, 0 = empty */
        size_t mask, used;
};

int texts_new(struct texts **ret) {
        struct texts *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->mask = 63;
        s->slots = calloc(s->mask + 1, sizeof *s->slots);
        if (!s->slots || pool_new(&s->pool) < 0) {
                free(s->slots);
                free(s);
                return -ENOMEM;
        }
        *ret = s;
        return 0;
}

static struct text *text_at(const struct texts *s, uint32_t number) {
        return pool_at(s->pool, number);
}

static char **far_of(struct text *t) {
        return t->n > NEAR_MAX ? (char **)(void *)((char *)t + FAR_AT) : NULL;
}

static const char *bytes_of(struct text *t) {
        return far_of(t) ? *far_of(t) : t->near;
}

static size_t size_of(size_t n) {
        return n > NEAR_MAX ? FAR_SIZE : sizeof(struct text) + n;
}

struct texts *texts_free(struct texts *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i <= s->mask; i++) {
                struct text *t = text_at(s, s->slots[i]);

                if (t && far_of(t))
                        free(*far_of(t));
        }
        pool_free(s->pool);
        free(s->slots);
        free(s);
        return NULL;
}

static size_t slot_of(const struct texts *s, uint32_t hash, struct ww_str text) {
        size_t at = hash & s->mask;

        for (; s->slots[at]; at = (at + 1) & s->mask) {
                struct text *t = text_at(s, s->slots[at]);

                if (t->hash == hash && t->n == text.n && memcmp(bytes_of(t), text.p, text.n) == 0)
                        break;
        }
        return at;
}

static int grow_slots(struct texts *s) {
        size_t mask = s->mask * 2 + 1;
        uint32_t *slots;

        if (s->used * 2 <= s->mask)
                return 0;
        slots = pool_table(mask + 1, sizeof *slots);
        if (!slots)
                return -ENOMEM;
        for (size_t i = 0; i <= s->mask; i++)
                if (s->slots[i]) {
                        size_t at = text_at(s, s->slots[i])->hash & mask;

                        while (slots[at])
                                at = (at + 1) & mask;
                        slots[at] = s->slots[i];
                }
        free(s->slots);
        s->slots = slots;
        s->mask = mask;
        return 0;
}

static struct text *text_make(struct texts *s, struct ww_str text, uint32_t hash) {
        struct text *t = text.n < UINT32_MAX ? pool_take(s->pool, size_of(text.n)) : NULL;
        char *bytes;

        if (!t)
                return NULL;
        *t = (struct text){ .refs = 1, .hash = hash, .n = (uint32_t)text.n };
        bytes = t->near;
        if (far_of(t))
                bytes = *far_of(t) = malloc(text.n);
        if (!bytes) {
                pool_give(s->pool, t, size_of(text.n));
                return NULL;
        }
        memcpy(bytes, text.p, text.n);
        return t;
}

uint32_t texts_ref(struct texts *s, struct ww_str text) {
        uint32_t hash;
        struct text *t;
        size_t at;

        if (!text.n)
                return TEXTS_NONE;
        if (grow_slots(s) < 0)
                return UINT32_MAX;
        hash = (uint32_t)XXH3_64bits(text.p, text.n);
        at = slot_of(s, hash, text);
        if (s->slots[at]) {
                text_at(s, s->slots[at])->refs++;
                return s->slots[at];
        }
        t = text_make(s, text, hash);
        if (!t)
                return UINT32_MAX;
        s->slots[at] = pool_number(t);
        s->used++;
        return s->slots[at];
}

void texts_hold(struct texts *s, uint32_t number) {
        if (number)
                text_at(s, number)->refs++;
}

/* backward shift, so that no tombstones gather */
static void slot_remove(struct texts *s, size_t hole) {
        for (size_t at = (hole + 1) & s->mask; s->slots[at]; at = (at + 1) & s->mask) {
                size_t home = text_at(s, s->slots[at])->hash & s->mask;

                if (((at - home) & s->mask) >= ((at - hole) & s->mask)) {
                        s->slots[hole] = s->slots[at];
                        hole = at;
                }
        }
        s->slots[hole] = 0;
}

void texts_drop(struct texts *s, uint32_t number) {
        struct text *t = text_at(s, number);

        if (!t || --t->refs)
                return;
        slot_remove(s, slot_of(s, t->hash, texts_text(s, number)));
        s->used--;
        if (far_of(t))
                free(*far_of(t));
        pool_give(s->pool, t, size_of(t->n));
}

struct ww_str texts_text(const struct texts *s, uint32_t number) {
        struct text *t = text_at(s, number);

        return t ? (struct ww_str){ bytes_of(t), t->n } : WW_STR_NONE;
}
