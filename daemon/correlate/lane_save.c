/* Lanes in a snapshot, and in a swap, which saves and lets go those of some rules. */
#include "correlate/lane.h"

/* what it holds of these rules; NULL: of all */
static size_t item_count(const struct correlate *c, const struct lane_item *item, const bool *rules) {
        size_t n = 0;

        for (size_t j = 0; j < item->n; j++)
                n += !rules || rules[held_key(c, item, j)->rule];
        return n;
}

/* true if some state of it holds a level of these rules */
static bool lane_holds(const struct correlate *c, const struct lane *lane, const bool *rules) {
        struct lane_item room;

        for (size_t i = 0; i < lane_n(c, lane); i++)
                if (item_count(c, lane_read(c, lane, i, &room), rules))
                        return true;
        return false;
}

static void item_save(const struct correlate *c, const struct lane_item *item, const bool *rules, struct buf *out) {
        order_save(out, item->at);
        buf_put_u8(out, item->state);
        buf_put_var(out, item_count(c, item, rules));
        for (size_t j = 0; j < item->n; j++) {
                const struct key *k = held_key(c, item, j);

                if (rules && !rules[k->rule])
                        continue;
                buf_put_var(out, k->mark);
                buf_put_var(out, item_held(item, j)->mask);
        }
}

int lanes_save(const struct correlate *c, const bool *rules, struct buf *out) {
        struct lane_item room;
        size_t n = 0;

        for (const struct lane *lane = lane_first(c); lane; lane = lane_next(c, lane))
                n += !rules || lane_holds(c, lane, rules);
        buf_put_var(out, n);
        for (const struct lane *lane = lane_first(c); lane; lane = lane_next(c, lane)) {
                if (rules && !lane_holds(c, lane, rules))
                        continue;
                buf_put_str(out, texts_text(c->texts, lane->device));
                buf_put_str(out, ww_str(c->rules->kinds->rows[lane->family].family));
                buf_put_u8(out, lane->exercise);
                buf_put_var(out, lane_n(c, lane));
                for (size_t i = 0; i < lane_n(c, lane); i++)
                        item_save(c, lane_read(c, lane, i, &room), rules, out);
        }
        return out->error;
}

static void item_let_go(struct correlate *c, struct lane_item *item, const bool *rules) {
        struct lane_held *many = item->n > 1 ? item->many : NULL, *held = many ? many : &item->one;
        uint32_t n = 0;

        for (size_t j = 0; j < item->n; j++) {
                struct key *k = key_at(c, held[j].key);

                if (rules[k->rule])
                        k->pins--;
                else
                        held[n++] = held[j];
        }
        item->n = n & LANE_HELD_MAX;
        if (!many || n > 1)
                return;
        if (n)
                item->one = many[0];
        free(many);
}

int lanes_let_go(struct correlate *c, const bool *rules) {
        for (struct lane *lane = lane_first(c); lane; lane = lane_next(c, lane)) {
                if (lane->items == LANE_KEY && !rules[key_at(c, lane->place)->rule])
                        continue;
                if (lane_own(c, lane) < 0)
                        return -ENOMEM;
                for (size_t i = 0; i < lane_n(c, lane); i++)
                        item_let_go(c, lane_item(c, lane, i), rules);
        }
        return 0;
}

/* Of a swap, where the lane may be there already: an event that both know holds what it held in either. */
static int item_merge(struct correlate *c, struct lane *lane, struct order at, uint8_t state,
                      const struct lane_match *held, size_t n) {
        size_t place = lane_n(c, lane);

        while (place && order_compare(lane_item(c, lane, place - 1)->at, at) > 0)
                place--;
        if (!place || order_compare(lane_item(c, lane, place - 1)->at, at) != 0)
                return lane_insert(c, lane, place, at, state, held, n);
        return lane_item_hold(lane_item(c, lane, place - 1), held, n);
}

static int item_load(struct correlate *c, struct rd *in, struct lane *lane, struct key **keys, size_t n_keys) {
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
                r = item_merge(c, lane, at, state, held, kept);
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
                if (!r && !lane)
                        r = -EBADMSG;
                if (!r)
                        r = lane_own(c, lane);
                for (uint64_t j = 0; j < items && !r; j++)
                        r = item_load(c, in, lane, keys, n_keys);
                if (r)
                        return r;
                lane_lend(c, lane);
        }
        return in->failed ? -EBADMSG : 0;
}
