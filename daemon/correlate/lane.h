#pragma once
/* A lane as it is kept: see lane.c. */
#include "correlate/state.h"

struct lane_held {
        uint32_t key;
        uint16_t mask;
};

struct lane_item {
        union {
                struct lane_held one;   /* n = 1 */
                struct lane_held *many; /* n > 1 */
        };
        struct order at;
        uint32_t n : 24, state : 8;
};
#define LANE_HELD_MAX ((1u << 24) - 1)

struct lane_items {
        uint32_t n, capacity;
        struct lane_item all[];
};

/* where the lane's events are */
enum {
        LANE_EMPTY,
        LANE_ONE,  /* one, in a piece of correlate.pool */
        LANE_MANY, /* behind a pointer that is such a piece */
        LANE_KEY,  /* one, which holds one key and is the only entry of its log: it is read there */
};

struct lane {
        uint32_t next, previous; /* least recently touched first */
        uint32_t device;
        uint32_t place; /* LANE_KEY: the key; else the piece, which an empty one may have, too */
        ww_family family;
        uint16_t mask; /* LANE_KEY: what is held of the key */
        bool exercise;
        uint8_t items; /* LANE_ */
};

struct lanes {
        uint32_t *table; /* of lanes, 0 = empty */
        size_t mask, n;
        uint32_t first, last;
};

static inline struct lane *lane_at(const struct correlate *c, uint32_t number) {
        return pool_at(c->pool, number);
}

static inline struct lane *lane_first(const struct correlate *c) {
        return lane_at(c, c->lanes->first);
}

static inline struct lane *lane_next(const struct correlate *c, const struct lane *lane) {
        return lane_at(c, lane->next);
}

static inline struct lane_items *lane_many(const struct correlate *c, const struct lane *lane) {
        struct lane_items *const *many = pool_piece(c->pool, lane->place);

        return *many;
}

static inline size_t lane_n(const struct correlate *c, const struct lane *lane) {
        return lane->items == LANE_MANY ? lane_many(c, lane)->n : lane->items != LANE_EMPTY;
}

/* not of a LANE_KEY */
static inline struct lane_item *lane_item(const struct correlate *c, const struct lane *lane, size_t i) {
        return lane->items == LANE_MANY ? &lane_many(c, lane)->all[i] : pool_piece(c->pool, lane->place);
}

static inline const struct lane_held *item_held(const struct lane_item *item, size_t i) {
        return item->n > 1 ? &item->many[i] : &item->one;
}

static inline struct key *held_key(const struct correlate *c, const struct lane_item *item, size_t i) {
        return pool_piece(c->pool, item_held(item, i)->key);
}

/** For reading, of any lane; `room` for one that is read elsewhere. Borrowed until the next change. */
const struct lane_item *lane_read(const struct correlate *c, const struct lane *lane, size_t i, struct lane_item *room);
/** The lane has its events itself. 0 or -ENOMEM. */
int lane_own(struct correlate *c, struct lane *lane);
/** … or lets a key have its only one, if that can be. */
void lane_lend(struct correlate *c, struct lane *lane);

/** Takes over the reference to `device`. *ret NULL: there are too many. 0 or -ENOMEM. */
int lane_get(struct correlate *c, uint32_t device, ww_family family, bool exercise, struct lane **ret);
/** Room for an event more, at `place`, that holds these. 0 or -ENOMEM. */
int lane_insert(struct correlate *c, struct lane *lane, size_t place, struct order at, uint8_t state,
                const struct lane_match *held, size_t n);
/** n more levels. 0 or -ENOMEM. */
int lane_item_hold(struct lane_item *item, const struct lane_match *held, size_t n);
