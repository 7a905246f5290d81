/*
 * Lanes: the newest states of each device and family, and which keys' levels they hold. A selection over a state kind
 * is a level of a key while the device's newest event matches it there; so an event ends what the one before it held,
 * under whatever key and rule that was, without anybody having to look through rules.
 *
 * A lane remembers its events as long as one may still come in between (behind the watermark only the newest). One
 * that does holds its levels until the next, and ends those of the one before.
 */
#include "correlate/state.h"

#include <xxhash.h>

#define LANES_MAX      1000000
#define LANE_ITEMS_MAX 1024

struct lane_item {
        struct order at;
        uint8_t state;
        uint32_t n;
        struct lane_match *held;
};

struct lane {
        struct lane *next, *previous; /* least recently touched first */
        uint64_t hash;
        uint32_t device;
        ww_family family;
        bool exercise;
        uint32_t n, capacity;
        struct lane_item *items;
};

struct lanes {
        struct lane **table;
        size_t mask, n;
        struct lane *first, *last;
};

int lanes_new(struct lanes **ret) {
        struct lanes *l = calloc(1, sizeof *l);

        if (!l)
                return -ENOMEM;
        l->mask = 63;
        l->table = calloc(l->mask + 1, sizeof(struct lane *));
        if (!l->table) {
                free(l);
                return -ENOMEM;
        }
        *ret = l;
        return 0;
}

size_t lanes_count(const struct lanes *l, size_t *ret_max) {
        *ret_max = LANES_MAX;
        return l->n;
}

struct lanes *lanes_free(struct lanes *l) {
        if (!l)
                return NULL;
        free(l->table);
        free(l);
        return NULL;
}

static uint64_t lane_hash(uint32_t device, ww_family family, bool exercise) {
        uint64_t key[2] = { device, (uint64_t)family << 1 | exercise };

        return XXH3_64bits(key, sizeof key);
}

static size_t lane_slot(const struct lanes *l, uint64_t hash, uint32_t device, ww_family family, bool exercise) {
        size_t at = hash & l->mask;

        for (; l->table[at]; at = (at + 1) & l->mask) {
                const struct lane *lane = l->table[at];

                if (lane->device == device && lane->family == family && lane->exercise == exercise)
                        break;
        }
        return at;
}

static void list_remove(struct lanes *l, struct lane *lane) {
        *(lane->previous ? &lane->previous->next : &l->first) = lane->next;
        *(lane->next ? &lane->next->previous : &l->last) = lane->previous;
}

static void list_append(struct lanes *l, struct lane *lane) {
        lane->previous = l->last;
        lane->next = NULL;
        *(l->last ? &l->last->next : &l->first) = lane;
        l->last = lane;
}

static void item_drop(struct lane *lane, size_t i) {
        struct lane_item *item = &lane->items[i];

        for (size_t j = 0; j < item->n; j++)
                item->held[j].key->pins--;
        free(item->held);
        memmove(item, item + 1, (lane->n - i - 1) * sizeof *item);
        lane->n--;
}

static void lane_drop(struct correlate *c, struct lane *lane) {
        struct lanes *l = c->lanes;
        size_t hole = lane_slot(l, lane->hash, lane->device, lane->family, lane->exercise);

        while (lane->n)
                item_drop(lane, lane->n - 1);
        for (size_t at = (hole + 1) & l->mask; l->table[at]; at = (at + 1) & l->mask)
                if (((at - (l->table[at]->hash & l->mask)) & l->mask) >= ((at - hole) & l->mask)) {
                        l->table[hole] = l->table[at];
                        hole = at;
                }
        l->table[hole] = NULL;
        l->n--;
        list_remove(l, lane);
        texts_drop(c->texts, lane->device);
        free(lane->items);
        free(lane);
}

void lanes_drop_all(struct correlate *c) {
        while (c->lanes->first)
                lane_drop(c, c->lanes->first);
}

static int64_t cut_of(const struct correlate *c) {
        const struct rule slowest = { .wait = c->rules->wait_max };

        return watermark_of(c, &slowest);
}

static void lane_prune(const struct correlate *c, struct lane *lane) {
        int64_t cut = cut_of(c);

        while (lane->n > 1 && (lane->items[1].at.time <= cut || lane->n > LANE_ITEMS_MAX))
                item_drop(lane, 0);
}

/* two forgotten ones go for each new one, so that those of devices that have gone do not stay for ever */
static void lanes_reclaim(struct correlate *c) {
        for (int i = 0; i < 2 && c->lanes->first; i++) {
                struct lane *lane = c->lanes->first;

                lane_prune(c, lane);
                if (lane->n == 1 && (lane->items[0].n || lane->items[0].at.time > cut_of(c))) {
                        list_remove(c->lanes, lane);
                        list_append(c->lanes, lane);
                        continue;
                }
                if (lane->n <= 1)
                        lane_drop(c, lane);
        }
}

static int table_grow(struct lanes *l) {
        size_t mask = l->mask * 2 + 1;
        struct lane **table;

        if (l->n * 2 <= l->mask)
                return 0;
        table = calloc(mask + 1, sizeof(struct lane *));
        if (!table)
                return -ENOMEM;
        for (size_t i = 0; i <= l->mask; i++)
                if (l->table[i]) {
                        size_t at = l->table[i]->hash & mask;

                        while (table[at])
                                at = (at + 1) & mask;
                        table[at] = l->table[i];
                }
        free(l->table);
        l->table = table;
        l->mask = mask;
        return 0;
}

/* takes over the reference to `device` */
static int lane_get(struct correlate *c, uint32_t device, ww_family family, bool exercise, struct lane **ret) {
        struct lanes *l = c->lanes;
        uint64_t hash = lane_hash(device, family, exercise);
        struct lane *lane = l->table[lane_slot(l, hash, device, family, exercise)];

        *ret = lane;
        if (lane) {
                texts_drop(c->texts, device);
                if (l->last != lane) {
                        list_remove(l, lane);
                        list_append(l, lane);
                }
                return 0;
        }
        if (!c->loading)
                lanes_reclaim(c);
        if (l->n >= LANES_MAX) {
                texts_drop(c->texts, device);
                c->figures.refused++;
                return 0;
        }
        lane = table_grow(l) < 0 ? NULL : calloc(1, sizeof *lane);
        if (!lane) {
                texts_drop(c->texts, device);
                return -ENOMEM;
        }
        lane->hash = hash;
        lane->device = device;
        lane->family = family;
        lane->exercise = exercise;
        l->table[lane_slot(l, hash, device, family, exercise)] = lane;
        list_append(l, lane);
        l->n++;
        *ret = lane;
        return 0;
}

static int item_insert(struct lane *lane, size_t place, struct order at, uint8_t state, const struct lane_match *held,
                       size_t n) {
        struct lane_item item = { .at = at, .state = state, .n = (uint32_t)n };

        if (lane->n == lane->capacity) {
                uint32_t capacity = lane->capacity ? lane->capacity * 2 : 2;
                struct lane_item *items = realloc(lane->items, capacity * sizeof *items);

                if (!items)
                        return -ENOMEM;
                lane->items = items;
                lane->capacity = capacity;
        }
        if (n) {
                item.held = malloc(n * sizeof *held);
                if (!item.held)
                        return -ENOMEM;
                memcpy(item.held, held, n * sizeof *held);
                for (size_t i = 0; i < n; i++)
                        held[i].key->pins++;
        }
        memmove(&lane->items[place + 1], &lane->items[place], (lane->n - place) * sizeof item);
        lane->items[place] = item;
        lane->n++;
        return 0;
}

static uint16_t held_mask(const struct lane_item *item, const struct key *k) {
        for (size_t i = 0; item && i < item->n; i++)
                if (item->held[i].key == k)
                        return item->held[i].mask;
        return 0;
}

static int ops_add(struct correlate *c, struct op op) {
        size_t at;

        if (c->n_ops == c->ops_capacity) {
                size_t capacity = c->ops_capacity ? c->ops_capacity * 2 : 64;
                struct op *ops = realloc(c->ops, capacity * sizeof *ops);

                if (!ops)
                        return -ENOMEM;
                c->ops = ops;
                c->ops_capacity = capacity;
        }
        for (at = c->n_ops; at; at--) {
                int r = order_compare(c->ops[at - 1].at, op.at);

                if (r < 0 || (!r && key_compare(c, c->ops[at - 1].key, op.key) <= 0))
                        break;
        }
        memmove(c->ops + at + 1, c->ops + at, (c->n_ops - at) * sizeof op);
        c->ops[at] = op;
        c->n_ops++;
        return 0;
}

/* what the new item at `place` begins, goes on with and ends */
static int lane_ops(struct correlate *c, const struct lane *lane, size_t place, struct op base) {
        const struct lane_item *own = &lane->items[place];
        const struct lane_item *before = place ? own - 1 : NULL, *after = place + 1 < lane->n ? own + 1 : NULL;
        int r = 0;

        base.stale = place + 1 < lane->n;
        for (size_t i = 0; i < own->n && !r; i++) {
                struct op op = base;

                op.key = own->held[i].key;
                op.on = own->held[i].mask;
                op.off = (uint16_t)(held_mask(before, op.key) & ~op.on);
                r = ops_add(c, op);
                op.off = after ? (uint16_t)(op.on & ~held_mask(after, op.key)) : 0;
                if (r || !op.off)
                        continue;
                op.on = 0;
                op.at = after->at;
                op.state = after->state;
                op.flags = 0; /* that an older state was retained says nothing of this one */
                op.event = NULL;
                op.stale = place + 2 < lane->n;
                r = ops_add(c, op);
        }
        for (size_t i = 0; before && i < before->n && !r; i++)
                if (!held_mask(own, before->held[i].key)) {
                        struct op op = base;

                        op.key = before->held[i].key;
                        op.off = before->held[i].mask;
                        r = ops_add(c, op);
                }
        return r;
}

/* A rule whose key the event has not got is not told of it: what the state before held there, goes on. */
static int held_keep(struct correlate *c, const struct lane_item *before) {
        int r = 0;

        for (size_t i = 0; before && i < before->n && !r; i++) {
                struct lane_match kept = { before->held[i].key, 0 };

                for (size_t j = 0; j < c->skipped.n; j++)
                        if (c->skipped.p[j].rule == kept.key->rule)
                                kept.mask |= (uint16_t)(1u << c->skipped.p[j].alias) & before->held[i].mask;
                for (size_t j = 0; j < c->n_held && kept.mask; j++)
                        if (c->held[j].key == kept.key) {
                                c->held[j].mask |= kept.mask;
                                kept.mask = 0;
                        }
                if (kept.mask)
                        r = held_add(c, kept);
        }
        return r;
}

int lanes_event(struct correlate *c, const struct ww_event *event) {
        struct op base = {
                .at = c->at,
                .state = (uint8_t)event->state,
                .flags = event->flags & WW_EVENT_RETAINED ? ENTRY_RETAINED : 0,
                .event = event,
                .asset = event->asset_index,
                .family = event->family,
        };
        struct lane *lane;
        size_t place;
        int r;

        base.device = texts_ref(c->texts, event->device);
        if (base.device == UINT32_MAX)
                return -ENOMEM;
        r = lane_get(c, base.device, event->family, event->flags & WW_EVENT_EXERCISE, &lane);
        if (r || !lane)
                return r;
        base.device = lane->device;
        lane_prune(c, lane);
        for (place = lane->n; place && order_compare(lane->items[place - 1].at, base.at) > 0; place--)
                ;
        if (place && order_compare(lane->items[place - 1].at, base.at) == 0)
                return 0;
        r = c->skipped.n ? held_keep(c, place ? &lane->items[place - 1] : NULL) : 0;
        if (!r)
                r = item_insert(lane, place, base.at, base.state, c->held, c->n_held);
        return r ? r : lane_ops(c, lane, place, base);
}

/* true if some state of it holds a level of these rules */
static bool lane_holds(const struct lane *lane, const bool *rules) {
        for (size_t i = 0; i < lane->n; i++)
                for (size_t j = 0; j < lane->items[i].n; j++)
                        if (rules[lane->items[i].held[j].key->rule])
                                return true;
        return false;
}

static void item_save(const struct lane_item *item, const bool *rules, struct buf *out) {
        size_t n = 0;

        for (size_t j = 0; j < item->n; j++)
                n += !rules || rules[item->held[j].key->rule];
        order_save(out, item->at);
        buf_put_u8(out, item->state);
        buf_put_var(out, n);
        for (size_t j = 0; j < item->n; j++) {
                if (rules && !rules[item->held[j].key->rule])
                        continue;
                buf_put_var(out, item->held[j].key->mark);
                buf_put_var(out, item->held[j].mask);
        }
}

int lanes_save(const struct correlate *c, const bool *rules, struct buf *out) {
        size_t n = 0;

        for (const struct lane *lane = c->lanes->first; lane; lane = lane->next)
                n += !rules || lane_holds(lane, rules);
        buf_put_var(out, n);
        for (const struct lane *lane = c->lanes->first; lane; lane = lane->next) {
                if (rules && !lane_holds(lane, rules))
                        continue;
                buf_put_str(out, texts_text(c->texts, lane->device));
                buf_put_str(out, ww_str(c->rules->kinds->rows[lane->family].family));
                buf_put_u8(out, lane->exercise);
                buf_put_var(out, lane->n);
                for (size_t i = 0; i < lane->n; i++)
                        item_save(&lane->items[i], rules, out);
        }
        return out->error;
}

void lanes_let_go(struct correlate *c, const bool *rules) {
        for (struct lane *lane = c->lanes->first; lane; lane = lane->next)
                for (size_t i = 0; i < lane->n; i++) {
                        struct lane_item *item = &lane->items[i];
                        uint32_t n = 0;

                        for (size_t j = 0; j < item->n; j++)
                                if (rules[item->held[j].key->rule])
                                        item->held[j].key->pins--;
                                else
                                        item->held[n++] = item->held[j];
                        item->n = n;
                }
}

/* Of a swap, where the lane may be there already: an event that both know holds what it held in either. */
static int item_merge(struct lane *lane, struct order at, uint8_t state, const struct lane_match *held, size_t n) {
        size_t place = lane->n;
        struct lane_match *all;
        struct lane_item *item;

        while (place && order_compare(lane->items[place - 1].at, at) > 0)
                place--;
        if (!place || order_compare(lane->items[place - 1].at, at) != 0)
                return item_insert(lane, place, at, state, held, n);
        item = &lane->items[place - 1];
        all = n ? realloc(item->held, (item->n + n) * sizeof *all) : item->held;
        if (n && !all)
                return -ENOMEM;
        item->held = all;
        for (size_t i = 0; i < n; i++) {
                all[item->n++] = held[i];
                held[i].key->pins++;
        }
        return 0;
}

static int item_load(struct rd *in, struct lane *lane, struct key **keys, size_t n_keys) {
        struct order at = order_load(in);
        uint8_t state = rd_u8(in);
        uint64_t n = rd_var(in);
        struct lane_match *held;
        size_t kept = 0;
        int r = 0;

        if (in->failed || n > rd_left(in))
                return -EBADMSG;
        held = calloc(n + 1, sizeof *held);
        if (!held)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                uint64_t number = rd_var(in), mask = rd_var(in);

                if (number >= n_keys || mask > UINT16_MAX)
                        r = -EBADMSG;
                else if (keys[number]) /* its rule may be gone by a swap */
                        held[kept++] = (struct lane_match){ keys[number], (uint16_t)mask };
        }
        if (!r && !in->failed)
                r = item_merge(lane, at, state, held, kept);
        free(held);
        return in->failed ? -EBADMSG : r;
}

int lanes_load(struct correlate *c, struct rd *in, struct key **keys, size_t n_keys) {
        uint64_t n = rd_var(in);

        for (uint64_t i = 0; i < n; i++) {
                struct ww_str device = rd_str(in), family = rd_str(in);
                bool exercise = rd_u8(in);
                uint64_t items = rd_var(in);
                enum ww_state state;
                ww_family number;
                struct lane *lane;
                uint32_t text;
                int r;

                if (in->failed || items > rd_left(in) || !ww_kind_find(c->rules->kinds, family, &number, &state))
                        return -EBADMSG;
                text = texts_ref(c->texts, device);
                r = text == UINT32_MAX ? -ENOMEM : lane_get(c, text, number, exercise, &lane);
                if (r || !lane)
                        return r ? r : -EBADMSG;
                for (uint64_t j = 0; j < items; j++) {
                        r = item_load(in, lane, keys, n_keys);
                        if (r)
                                return r;
                }
        }
        return in->failed ? -EBADMSG : 0;
}
