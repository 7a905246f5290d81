/*
 * Lanes: the newest states of each device and family, and which keys' levels they hold. A selection over a state kind
 * is a level of a key while the device's newest event matches it there; so an event ends what the one before it held,
 * under whatever key and rule that was, without anybody having to look through rules.
 *
 * A lane remembers its events as long as one may still come in between (behind the watermark only the newest). One
 * that does holds its levels until the next, and ends those of the one before.
 *
 * There is a lane for nearly every device, and nearly every one has one event, which holds one level of a key that
 * knows of no other. Such an event is not kept twice: the lane reads it in the key's log (LANE_KEY), whose entry is
 * marked `lent`. It takes it back when an event of its own comes, and before the entry moves or goes:
 *
 *     lane of d1 ──▶ key ──▶ log: e1 (lent)          lane of d2 ──▶ e7, e9 ──▶ keys
 */
#include "correlate/lane.h"

#include <xxhash.h>

#define LANES_MAX      1000000
#define LANE_ITEMS_MAX 1024
#define LANE_KEEP      WW_HOUR /* what is later than that may pass for the newest state of a device that holds nothing */

int lanes_new(struct lanes **ret) {
        struct lanes *l = calloc(1, sizeof *l);

        if (!l)
                return -ENOMEM;
        l->mask = 63;
        l->table = calloc(l->mask + 1, sizeof *l->table);
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

static size_t lane_slot(const struct correlate *c, uint32_t device, ww_family family, bool exercise) {
        const struct lanes *l = c->lanes;
        size_t at = lane_hash(device, family, exercise) & l->mask;

        for (; l->table[at]; at = (at + 1) & l->mask) {
                const struct lane *lane = lane_at(c, l->table[at]);

                if (lane->device == device && lane->family == family && lane->exercise == exercise)
                        break;
        }
        return at;
}

static size_t lane_home(const struct correlate *c, uint32_t number, size_t mask) {
        const struct lane *lane = lane_at(c, number);

        return lane_hash(lane->device, lane->family, lane->exercise) & mask;
}

static void list_remove(struct correlate *c, struct lane *lane) {
        *(lane->previous ? &lane_at(c, lane->previous)->next : &c->lanes->first) = lane->next;
        *(lane->next ? &lane_at(c, lane->next)->previous : &c->lanes->last) = lane->previous;
}

static void list_append(struct correlate *c, struct lane *lane) {
        uint32_t number = pool_number(lane);

        lane->previous = c->lanes->last;
        lane->next = POOL_NONE;
        *(c->lanes->last ? &lane_at(c, c->lanes->last)->next : &c->lanes->first) = number;
        c->lanes->last = number;
}

static struct entry *lent_entry(const struct correlate *c, const struct lane *lane) {
        const struct key *k = key_at(c, lane->place);

        return log_entry(key_rule(c, k), k, 0);
}

const struct lane_item *lane_read(const struct correlate *c, const struct lane *lane, size_t i,
                                  struct lane_item *room) {
        const struct entry *e;

        if (lane->items != LANE_KEY)
                return lane_item(c, lane, i);
        e = lent_entry(c, lane);
        *room = (struct lane_item){ .one = { lane->place, lane->mask }, .at = e->at, .n = 1, .state = e->state };
        return room;
}

int lane_own(struct correlate *c, struct lane *lane) {
        struct lane_item *item;

        if (lane->items != LANE_KEY)
                return 0;
        item = pool_take(c->pool, sizeof *item);
        if (!item)
                return -ENOMEM;
        (void)lane_read(c, lane, 0, item);
        lent_entry(c, lane)->lent = false;
        lane->items = LANE_ONE;
        lane->place = pool_number(item);
        return 0;
}

void lane_lend(struct correlate *c, struct lane *lane) {
        struct lane_item *item = lane->items == LANE_ONE ? lane_item(c, lane, 0) : NULL;
        struct key *k = item && item->n == 1 ? held_key(c, item, 0) : NULL;
        struct entry *e = k && k->log_bits == 1 && k->n_log ? log_entry(key_rule(c, k), k, 0) : NULL;

        if (!e || order_compare(e->at, item->at) != 0 || e->device != lane->device || e->family != lane->family ||
            e->state != item->state)
                return;
        e->lent = true;
        lane->mask = item->one.mask;
        lane->items = LANE_KEY;
        lane->place = pool_number(k);
        pool_give(c->pool, item, sizeof *item);
}

int lane_recall(struct correlate *c, const struct key *k) {
        const struct entry *e = k->log_bits == 1 && k->n_log ? log_entry(key_rule(c, k), k, 0) : NULL;

        if (!e || !e->lent)
                return 0;
        return lane_own(c, lane_at(c, c->lanes->table[lane_slot(c, e->device, e->family, k->flags & KEY_EXERCISE)]));
}

static void item_drop(struct correlate *c, struct lane *lane, size_t i) {
        struct lane_item *item = lane_item(c, lane, i);
        struct lane_items *many = lane->items == LANE_MANY ? lane_many(c, lane) : NULL;

        for (size_t j = 0; j < item->n; j++)
                held_key(c, item, j)->pins--;
        if (item->n > 1)
                free(item->many);
        if (!many) {
                lane->items = LANE_EMPTY;
                return;
        }
        memmove(item, item + 1, (many->n - i - 1) * sizeof *item);
        many->n--;
}

/* all of them, and their room */
static void items_free(struct correlate *c, struct lane *lane) {
        bool many = lane->items == LANE_MANY;

        if (lane->items == LANE_KEY) {
                lent_entry(c, lane)->lent = false;
                key_at(c, lane->place)->pins--;
                return;
        }
        while (lane_n(c, lane))
                item_drop(c, lane, lane_n(c, lane) - 1);
        if (many)
                free(lane_many(c, lane));
        pool_give(c->pool, pool_at(c->pool, lane->place),
                  many ? sizeof(struct lane_items *) : sizeof(struct lane_item));
}

static void table_remove(const struct correlate *c, size_t hole) {
        struct lanes *l = c->lanes;

        for (size_t at = (hole + 1) & l->mask; l->table[at]; at = (at + 1) & l->mask)
                if (((at - lane_home(c, l->table[at], l->mask)) & l->mask) >= ((at - hole) & l->mask)) {
                        l->table[hole] = l->table[at];
                        hole = at;
                }
        l->table[hole] = POOL_NONE;
        l->n--;
}

static void lane_drop(struct correlate *c, struct lane *lane) {
        items_free(c, lane);
        table_remove(c, lane_slot(c, lane->device, lane->family, lane->exercise));
        list_remove(c, lane);
        texts_drop(c->texts, lane->device);
        pool_give(c->pool, lane, sizeof *lane);
}

void lanes_drop_all(struct correlate *c) {
        while (c->lanes->first)
                lane_drop(c, lane_first(c));
}

static int64_t cut_of(const struct correlate *c) {
        const struct rule slowest = { .wait = c->rules->wait_max };

        return watermark_of(c, &slowest);
}

static void lane_prune(struct correlate *c, struct lane *lane) {
        int64_t cut = cut_of(c);

        while (lane_n(c, lane) > 1 && (lane_item(c, lane, 1)->at.time <= cut || lane_n(c, lane) > LANE_ITEMS_MAX))
                item_drop(c, lane, 0);
}

/* its only event holds something, or is not long past */
static bool asked(const struct correlate *c, const struct lane *lane) {
        const struct lane_item *item;
        struct lane_item room;

        if (lane_n(c, lane) != 1)
                return false;
        item = lane_read(c, lane, 0, &room);
        return item->n || item->at.time > cut_of(c) - LANE_KEEP;
}

/* two forgotten ones go for each new one, so that those of devices that have gone do not stay for ever */
static void lanes_reclaim(struct correlate *c) {
        for (int i = 0; i < 2 && c->lanes->first; i++) {
                struct lane *lane = lane_first(c);

                lane_prune(c, lane);
                if (asked(c, lane)) {
                        list_remove(c, lane);
                        list_append(c, lane);
                } else if (lane_n(c, lane) <= 1) {
                        lane_drop(c, lane);
                }
        }
}

static int table_grow(struct correlate *c) {
        struct lanes *l = c->lanes;
        size_t mask = l->mask * 2 + 1;
        uint32_t *table;

        if (l->n * 2 <= l->mask)
                return 0;
        table = pool_table(mask + 1, sizeof *table);
        if (!table)
                return -ENOMEM;
        for (size_t i = 0; i <= l->mask; i++)
                if (l->table[i]) {
                        size_t at = lane_home(c, l->table[i], mask);

                        while (table[at])
                                at = (at + 1) & mask;
                        table[at] = l->table[i];
                }
        free(l->table);
        l->table = table;
        l->mask = mask;
        return 0;
}

static struct lane *lane_make(struct correlate *c, uint32_t device, ww_family family, bool exercise) {
        struct lane *lane = table_grow(c) < 0 ? NULL : pool_take(c->pool, sizeof *lane);

        if (!lane)
                return NULL;
        *lane = (struct lane){ .device = device, .family = family, .exercise = exercise };
        c->lanes->table[lane_slot(c, device, family, exercise)] = pool_number(lane);
        list_append(c, lane);
        c->lanes->n++;
        return lane;
}

int lane_get(struct correlate *c, uint32_t device, ww_family family, bool exercise, struct lane **ret) {
        struct lanes *l = c->lanes;
        struct lane *lane = lane_at(c, l->table[lane_slot(c, device, family, exercise)]);

        *ret = lane;
        if (lane) {
                texts_drop(c->texts, device);
                if (lane->next) {
                        list_remove(c, lane);
                        list_append(c, lane);
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
        *ret = lane_make(c, device, family, exercise);
        if (*ret)
                return 0;
        texts_drop(c->texts, device);
        return -ENOMEM;
}

/* from the one that it has to many */
static int items_spread(struct correlate *c, struct lane *lane) {
        struct lane_items *items = malloc(sizeof *items + 2 * sizeof *items->all);
        struct lane_items **many = items ? pool_take(c->pool, sizeof *many) : NULL;

        if (!many) {
                free(items);
                return -ENOMEM;
        }
        *many = items;
        items->n = 1;
        items->capacity = 2;
        items->all[0] = *lane_item(c, lane, 0);
        pool_give(c->pool, lane_item(c, lane, 0), sizeof(struct lane_item));
        lane->items = LANE_MANY;
        lane->place = pool_number(many);
        return 0;
}

static int items_grow(struct correlate *c, const struct lane *lane) {
        struct lane_items *items = lane_many(c, lane), **many = pool_piece(c->pool, lane->place);
        uint32_t capacity = items->n ? items->n * 2 : 2;

        if (items->n < items->capacity)
                return 0;
        items = realloc(items, sizeof *items + capacity * sizeof *items->all);
        if (!items)
                return -ENOMEM;
        items->capacity = capacity;
        *many = items;
        return 0;
}

/* for one more */
static int items_room(struct correlate *c, struct lane *lane) {
        if (lane->items == LANE_MANY)
                return items_grow(c, lane);
        if (lane->items == LANE_ONE)
                return items_spread(c, lane);
        if (!lane->place)
                lane->place = pool_number(pool_take(c->pool, sizeof(struct lane_item)));
        return lane->place ? 0 : -ENOMEM;
}

int lane_item_hold(struct lane_item *item, const struct lane_match *held, size_t n) {
        struct lane_held *all = NULL;

        if (item->n + n > LANE_HELD_MAX || (n && item->n + n > 1 && !(all = malloc((item->n + n) * sizeof *all))))
                return -ENOMEM;
        for (size_t i = 0; all && i < item->n; i++)
                all[i] = *item_held(item, i);
        for (size_t i = 0; i < n; i++) {
                *(all ? &all[item->n + i] : &item->one) = (struct lane_held){ pool_number(held[i].key), held[i].mask };
                held[i].key->pins++;
        }
        if (all && item->n > 1)
                free(item->many);
        if (all)
                item->many = all;
        item->n += (uint32_t)n & LANE_HELD_MAX;
        return 0;
}

int lane_insert(struct correlate *c, struct lane *lane, size_t place, struct order at, uint8_t state,
                const struct lane_match *held, size_t n) {
        struct lane_item item = { .at = at, .state = state };

        if (items_room(c, lane) < 0 || lane_item_hold(&item, held, n) < 0)
                return -ENOMEM;
        if (lane->items == LANE_MANY) {
                struct lane_items *many = lane_many(c, lane);

                memmove(&many->all[place + 1], &many->all[place], (many->n - place) * sizeof item);
                many->n++;
        } else {
                lane->items = LANE_ONE;
        }
        *lane_item(c, lane, place) = item;
        return 0;
}

static uint16_t held_mask(const struct lane_item *item, const struct key *k) {
        for (size_t i = 0; item && i < item->n; i++)
                if (item_held(item, i)->key == pool_number(k))
                        return item_held(item, i)->mask;
        return 0;
}

/* By key, those of one in the order in which they are added. */
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
        for (at = c->n_ops; at && key_compare(c, c->ops[at - 1].key, op.key) > 0; at--)
                ;
        memmove(c->ops + at + 1, c->ops + at, (c->n_ops - at) * sizeof op);
        c->ops[at] = op;
        c->n_ops++;
        return 0;
}

/* What stood before a newcomer is remembered as long as any rule waits. A rule knows of it as long as it waits itself,
 * so that its alarms do not depend on others' waits. */
static bool stood(const struct correlate *c, const struct key *k, const struct lane_item *after) {
        return !after || after->at.time > watermark_of(c, key_rule(c, k));
}

/* the state behind a newcomer, as far as the rule knows of it; NULL: none */
static const struct lane_item *item_after(const struct correlate *c, const struct lane *lane, size_t place,
                                          const struct key *k) {
        size_t i = place + 1;

        while (i + 1 < lane_n(c, lane) && !stood(c, k, lane_item(c, lane, i + 1)))
                i++;
        return i < lane_n(c, lane) ? lane_item(c, lane, i) : NULL;
}

/* Where the new level ends, if that is known already. It is told before the level begins: else there would be a moment
 * at which it seems to go on, and what that makes true would be told. */
static int level_end(struct correlate *c, const struct lane *lane, struct op op, const struct lane_item *after) {
        op.off = after ? (uint16_t)(op.on & ~held_mask(after, op.key)) : 0;
        if (!op.off)
                return 0;
        op.on = 0;
        op.at = after->at;
        op.state = after->state;
        op.flags = 0; /* that an older state was retained says nothing of this one */
        op.event = NULL;
        op.stale = after != lane_item(c, lane, lane_n(c, lane) - 1);
        return ops_add(c, op);
}

/* what the new item at `place` begins, goes on with and ends */
static int lane_ops(struct correlate *c, const struct lane *lane, size_t place, struct op base) {
        const struct lane_item *own = lane_item(c, lane, place);
        const struct lane_item *before = place ? own - 1 : NULL, *next = place + 1 < lane_n(c, lane) ? own + 1 : NULL;
        int r = 0;

        base.stale = place + 1 < lane_n(c, lane);
        for (size_t i = 0; i < own->n && !r; i++) {
                struct op op = base;

                op.key = held_key(c, own, i);
                op.on = item_held(own, i)->mask;
                r = level_end(c, lane, op, item_after(c, lane, place, op.key));
                op.off = stood(c, op.key, next) ? (uint16_t)(held_mask(before, op.key) & ~op.on) : 0;
                if (!r)
                        r = ops_add(c, op);
        }
        for (size_t i = 0; before && i < before->n && !r; i++)
                if (!held_mask(own, held_key(c, before, i)) && stood(c, held_key(c, before, i), next)) {
                        struct op op = base;

                        op.key = held_key(c, before, i);
                        op.off = item_held(before, i)->mask;
                        r = ops_add(c, op);
                }
        return r;
}

/* A rule whose key the event has not got is not told of it: what the state before held there, goes on. */
static int held_keep(struct correlate *c, const struct lane_item *before, const struct lane_item *after) {
        int r = 0;

        for (size_t i = 0; before && i < before->n && !r; i++) {
                struct lane_match kept = { held_key(c, before, i), 0 };

                for (size_t j = 0; j < c->skipped.n && stood(c, kept.key, after); j++)
                        if (c->skipped.p[j].rule == kept.key->rule)
                                kept.mask |= (uint16_t)(1u << c->skipped.p[j].alias) & item_held(before, i)->mask;
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
        if (lane_own(c, lane) < 0)
                return -ENOMEM;
        lane_prune(c, lane);
        for (place = lane_n(c, lane); place && order_compare(lane_item(c, lane, place - 1)->at, base.at) > 0; place--)
                ;
        if (place && order_compare(lane_item(c, lane, place - 1)->at, base.at) == 0)
                return 0;
        r = c->skipped.n ? held_keep(c, place ? lane_item(c, lane, place - 1) : NULL,
                                     place < lane_n(c, lane) ? lane_item(c, lane, place) : NULL)
                         : 0;
        if (!r)
                r = lane_insert(c, lane, place, base.at, base.state, c->held, c->n_held);
        return r ? r : lane_ops(c, lane, place, base);
}

void lanes_settle(struct correlate *c) {
        if (c->lanes->last)
                lane_lend(c, lane_at(c, c->lanes->last));
}
