/*
 * A text is a piece of a pool, and its number is the piece's. One too long for that lies elsewhere.
 */
#include "correlate/texts.h"

#include "base/pool.h"

#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#define NEAR_MAX 4096
#define FAR      UINT16_MAX

/* A million of them may be there: a hash is had again from the bytes, which are at hand whenever one is asked for. */
struct text {
        uint32_t refs;
        uint16_t n;  /* FAR: longer than NEAR_MAX */
        char near[]; /* n bytes; of a longer one `struct far`, FAR_AT behind the head */
};

struct far {
        char *bytes;
        size_t n;
};

#define FAR_AT sizeof(struct text)
_Static_assert(FAR_AT % _Alignof(struct far) == 0 && (FAR_AT + sizeof(struct far)) % 8 == 0, "a piece of the pool");

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

static struct far *far_of(struct text *t) {
        return t->n == FAR ? (struct far *)(void *)((char *)t + FAR_AT) : NULL;
}

static struct ww_str str_of(struct text *t) {
        const struct far *far = far_of(t);

        return far ? (struct ww_str){ far->bytes, far->n } : (struct ww_str){ t->near, t->n };
}

static uint32_t hash_of(struct ww_str text) {
        return (uint32_t)XXH3_64bits(text.p, text.n);
}

static size_t size_of(size_t n) {
        return n > NEAR_MAX ? FAR_AT + sizeof(struct far) : offsetof(struct text, near) + n;
}

struct texts *texts_free(struct texts *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i <= s->mask; i++) {
                struct text *t = text_at(s, s->slots[i]);

                if (t && far_of(t))
                        free(far_of(t)->bytes);
        }
        pool_free(s->pool);
        free(s->slots);
        free(s);
        return NULL;
}

static size_t slot_of(const struct texts *s, struct ww_str text) {
        size_t at = hash_of(text) & s->mask;

        while (s->slots[at] && !ww_str_equal(str_of(text_at(s, s->slots[at])), text))
                at = (at + 1) & s->mask;
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
                        size_t at = hash_of(str_of(text_at(s, s->slots[i]))) & mask;

                        while (slots[at])
                                at = (at + 1) & mask;
                        slots[at] = s->slots[i];
                }
        free(s->slots);
        s->slots = slots;
        s->mask = mask;
        return 0;
}

/* its place, where the bytes go; NULL without memory */
static char *far_make(struct text *t, size_t n) {
        struct far *far = far_of(t);

        *far = (struct far){ malloc(n), n };
        return far->bytes;
}

static struct text *text_make(struct texts *s, struct ww_str text) {
        bool near = text.n <= NEAR_MAX;
        struct text *t = pool_take(s->pool, size_of(text.n));
        char *bytes;

        if (!t)
                return NULL;
        t->refs = 1;
        t->n = near ? (uint16_t)text.n : FAR;
        bytes = near ? t->near : far_make(t, text.n);
        if (!bytes) {
                pool_give(s->pool, t, size_of(text.n));
                return NULL;
        }
        memcpy(bytes, text.p, text.n);
        return t;
}

uint32_t texts_ref(struct texts *s, struct ww_str text) {
        struct text *t;
        size_t at;

        if (!text.n)
                return TEXTS_NONE;
        if (grow_slots(s) < 0)
                return UINT32_MAX;
        at = slot_of(s, text);
        if (s->slots[at]) {
                text_at(s, s->slots[at])->refs++;
                return s->slots[at];
        }
        t = text_make(s, text);
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
                size_t home = hash_of(str_of(text_at(s, s->slots[at]))) & s->mask;

                if (((at - home) & s->mask) >= ((at - hole) & s->mask)) {
                        s->slots[hole] = s->slots[at];
                        hole = at;
                }
        }
        s->slots[hole] = 0;
}

void texts_drop(struct texts *s, uint32_t number) {
        struct text *t = text_at(s, number);
        struct ww_str text;

        if (!t || --t->refs)
                return;
        text = str_of(t);
        slot_remove(s, slot_of(s, text));
        s->used--;
        if (far_of(t))
                free(far_of(t)->bytes);
        pool_give(s->pool, t, size_of(text.n));
}

struct ww_str texts_text(const struct texts *s, uint32_t number) {
        struct text *t = text_at(s, number);

        return t ? str_of(t) : WW_STR_NONE;
}
