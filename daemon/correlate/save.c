/*
 * Snapshots. A snapshot changes nothing: what comes after a load is to the letter what would have come without. So
 * the sweep's place is written as it is, runs, spans and all; it cannot be had from the log again, because a run may
 * have died of an entry that is trimmed by now, or an entry may have been swept while what followed it was not known.
 * Only what is counted is counted anew. Everything is written by name (rules, families, assets, captured fields),
 * because numbers are only good inside one process.
 *
 * The same bytes carry the state over to other rules (`correlate_swap`): there a rule that is gone, or whose state
 * hash differs, is read over. One whose state is kept but that says something else (what it counts in `clear` or
 * `regrade`, say) sweeps over the log again, silently.
 */
#include "correlate/save.h"

#define SAVE_VERSION     4
#define LOG_CAPACITY_MAX (1u << 25)

static void captured_save(const struct correlate *c, struct buf *out, const struct captured *v) {
        buf_put_u8(out, (uint8_t)v->type);
        switch (v->type) {
        case WW_BOOL:
                buf_put_u8(out, v->boolean);
                break;
        case WW_NUMBER:
                buf_put_double(out, v->number);
                break;
        case WW_STRING:
                buf_put_str(out, texts_text(c->texts, v->text));
                break;
        case WW_TIME:
        case WW_SPAN:
                buf_put_time(out, v->usec);
                break;
        case WW_MISSING:
        case WW_NULL:
                break;
        }
}

static struct captured captured_load(struct correlate *c, struct rd *in) {
        struct captured v = { .type = rd_u8(in) };

        switch (v.type) {
        case WW_BOOL:
                v.boolean = rd_u8(in);
                break;
        case WW_NUMBER:
                v.number = rd_double(in);
                break;
        case WW_STRING:
                v.text = texts_ref(c->texts, rd_str(in));
                in->failed |= v.text == UINT32_MAX;
                break;
        case WW_TIME:
        case WW_SPAN:
                v.usec = rd_time(in);
                break;
        case WW_MISSING:
        case WW_NULL:
                break;
        default:
                in->failed = true;
        }
        if (in->failed && v.type == WW_STRING)
                v = (struct captured){ .type = WW_MISSING };
        return v;
}

static void asset_save(const struct correlate *c, struct buf *out, uint32_t asset) {
        buf_put_str(out,
                    asset < site_asset_count(c->rules->site) ? site_asset(c->rules->site, asset)->id : WW_STR_NONE);
}

static uint32_t asset_load(const struct correlate *c, struct rd *in) {
        struct ww_str id = rd_str(in);

        return id.n ? site_asset_find(c->rules->site, id) : SITE_NONE;
}

static void entry_save(const struct correlate *c, const struct rule *rule, struct buf *out, const struct entry *e) {
        order_save(out, e->at);
        buf_put_str(out, texts_text(c->texts, e->device));
        asset_save(c, out, e->asset);
        buf_put_str(out, ww_str(c->rules->kinds->rows[e->family].family));
        buf_put_u8(out, e->state);
        buf_put_u8(out, e->flags);
        buf_put_var(out, e->on);
        buf_put_var(out, e->off);
        buf_put_var(out, e->started);
        buf_put_var(out, e->ended);
        buf_put_var(out, e->pinned);
        buf_put_u8(out, e->bits);
        buf_put_u8(out, e->grade);
        buf_put_time(out, e->since);
        for (size_t i = 0; i < rule->n_captures; i++)
                captured_save(c, out, &e->captures[i]);
}

static void item_save(struct buf *out, const struct item *item) {
        order_save(out, item->at);
        buf_put_u8(out, (uint8_t)item->what);
        buf_put_u8(out, item->grade);
        order_save(out, item->first);
}

static void key_save(const struct correlate *c, const struct rule *rule, struct buf *out, const struct key *k) {
        const int64_t times[] = { k->at,     k->since,      k->base_since,    k->trimmed,
                                  k->opened, k->quiet_from, k->partial_until, k->heap ? k->armed : WW_TIME_NEVER };

        buf_put_str(out, key_text(k));
        buf_put_u8(out, k->flags);
        for (size_t i = 0; i < sizeof times / sizeof *times; i++)
                buf_put_time(out, times[i]);
        buf_put_u8(out, k->bits);
        buf_put_u8(out, k->grade);
        buf_put_u8(out, k->base_bits);
        buf_put_u8(out, k->base_grade);
        buf_put_u8(out, k->priority);
        buf_put_str(out, texts_text(c->texts, k->device));
        asset_save(c, out, k->asset);
        buf_put_var(out, k->log_capacity); /* a full log is trimmed: when that is, must not change */
        buf_put_var(out, k->n_log);
        for (size_t i = 0; i < k->n_log; i++)
                entry_save(c, rule, out, log_entry(rule, k, i));
        buf_put_var(out, k->n_pending);
        for (size_t i = 0; i < k->n_pending; i++)
                item_save(out, &k->pending[i]);
        sweep_save(c, k, out);
}

int correlate_save(const struct correlate *c, struct buf *out) {
        const uint64_t figures[] = { c->figures.events,     c->figures.matched, c->figures.skipped_key_missing,
                                     c->figures.detections, c->figures.evicted, c->figures.refused };
        uint32_t mark = 0;

        buf_put_u8(out, SAVE_VERSION);
        buf_put_time(out, c->now);
        (void)blind_save(c, out);
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
                buf_put_var(out, figures[i]);
        buf_put_var(out, c->figures.keys);
        buf_put_var(out, c->rules->n);
        for (size_t i = 0; i < c->rules->n; i++) {
                const struct rule *rule = &c->rules->rules[i];

                buf_put_str(out, rule->name);
                buf_put_u64(out, rule->state_hash);
                buf_put_u64(out, rule->hash);
                buf_put_var(out, c->by_rule[i].told);
                buf_put_var(out, rule->n_captures);
                for (size_t j = 0; j < rule->n_captures; j++)
                        buf_put_str(out, rule->captures[j].field->name);
                buf_put_var(out, c->by_rule[i].n_keys);
                for (struct key *k = c->by_rule[i].first; k; k = k->next) {
                        k->mark = mark++;
                        key_save(c, rule, out, k);
                }
        }
        return lanes_save(c, out);
}

/* ---- loading ---- */

/* a rule as it was saved */
struct saved_rule {
        const struct rule *rule; /* NULL: read over */
        bool same;               /* word for word: the sweep goes on where it was */
        uint32_t number;
        size_t n_captures;
        int capture[RULE_CAPTURES_MAX]; /* → the rule's, -1 = none any more */
};

static void captures_load(struct correlate *c, struct rd *in, const struct saved_rule *saved, struct entry *e) {
        for (size_t i = 0; i < saved->n_captures; i++) {
                struct captured v = captured_load(c, in);

                if (e && saved->capture[i] >= 0)
                        e->captures[saved->capture[i]] = v;
                else if (v.type == WW_STRING)
                        texts_drop(c->texts, v.text);
        }
}

static int entry_load(struct correlate *c, struct rd *in, const struct saved_rule *saved, struct key *k) {
        struct order at = order_load(in);
        struct ww_str device = rd_str(in), family;
        uint32_t asset = asset_load(c, in);
        struct entry *e = NULL, read;
        enum ww_state state;

        family = rd_str(in);
        read.state = rd_u8(in);
        read.flags = rd_u8(in);
        read.on = (uint16_t)rd_var(in);
        read.off = (uint16_t)rd_var(in);
        read.started = (uint16_t)rd_var(in);
        read.ended = (uint16_t)rd_var(in);
        read.pinned = (uint16_t)rd_var(in);
        read.bits = rd_u8(in);
        read.grade = rd_u8(in);
        read.since = time_load(in);
        in->failed |= read.since == WW_TIME_NEVER;
        if (in->failed || !ww_kind_find(c->rules->kinds, family, &read.family, &state))
                return -EBADMSG;
        if (k && ((read.on | read.off | read.started | read.ended | read.pinned) >> saved->rule->n_aliases ||
                  read.state > WW_STATE_PULSE))
                return -EBADMSG;
        if (k && k->n_log && order_compare(log_entry(saved->rule, k, k->n_log - 1)->at, at) >= 0)
                return -EBADMSG;
        if (k) {
                e = log_open(c, k, k->n_log, at);
                if (!e)
                        return -ENOMEM;
                e->device = texts_ref(c->texts, device);
                if (e->device == UINT32_MAX) {
                        e->device = 0;
                        return -ENOMEM;
                }
                e->asset = asset;
                e->family = read.family;
                e->state = read.state;
                e->flags = read.flags;
                e->on = read.on;
                e->off = read.off;
                e->started = read.started;
                e->ended = read.ended;
                e->pinned = read.pinned;
                e->bits = read.bits;
                e->grade = read.grade;
                e->since = read.since;
        }
        captures_load(c, in, saved, e);
        return in->failed ? -EBADMSG : 0;
}

static int items_load(struct rd *in, struct key *k) {
        uint64_t n = rd_var(in);
        size_t capacity = 1;

        if (in->failed || n > UINT16_MAX || n > rd_left(in))
                return -EBADMSG;
        while (capacity < n)
                capacity *= 2;
        if (k && n) {
                k->pending = calloc(capacity, sizeof *k->pending);
                if (!k->pending)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
                struct item item = { .at = order_load(in) };

                item.what = rd_u8(in);
                item.grade = rd_u8(in);
                item.first = order_load(in);
                if (k)
                        k->pending[k->n_pending++] = item;
        }
        return in->failed ? -EBADMSG : 0;
}

struct scalars {
        uint8_t flags, bits, grade, base_bits, base_grade, priority;
        int64_t times[8];
};

static void scalars_set(struct key *k, const struct scalars *s) {
        k->bits = s->bits;
        k->grade = s->grade;
        k->since = s->times[1];
        k->opened = s->times[4];
        k->quiet_from = s->times[5];
        k->partial_until = s->times[6];
        k->priority = s->priority;
        k->flags = s->flags;
}

static int key_settle(struct correlate *c, struct key *k, const struct scalars *s, bool same) {
        int r;

        k->trimmed = s->times[3];
        k->base_since = s->times[2];
        k->base_bits = s->base_bits;
        k->base_grade = s->base_grade;
        r = same ? 0 : sweep_rebuild(c, k, k->n_log, WW_TIME_NEVER);
        if (r)
                return r;
        if (!same)
                sweep_settle(c, k, s->times[0]);
        k->at = s->times[0];
        scalars_set(k, s);
        c->figures.episodes += !!(k->flags & KEY_OPEN);
        return timers_arm(c, k, s->times[7]);
}

static int key_load(struct correlate *c, struct rd *in, const struct saved_rule *saved, struct key **ret) {
        struct ww_str text = rd_str(in), device;
        struct scalars s = { .flags = rd_u8(in) };
        struct key *k = NULL;
        uint32_t asset;
        uint64_t n, capacity;
        int r = 0;

        for (size_t i = 0; i < sizeof s.times / sizeof *s.times; i++)
                s.times[i] = time_load(in);
        s.bits = rd_u8(in);
        s.grade = rd_u8(in);
        s.base_bits = rd_u8(in);
        s.base_grade = rd_u8(in);
        s.priority = rd_u8(in);
        device = rd_str(in);
        asset = asset_load(c, in);
        capacity = rd_var(in);
        n = rd_var(in);
        if (in->failed || n > rd_left(in) || n > capacity || capacity > LOG_CAPACITY_MAX)
                return -EBADMSG;
        if (saved->rule)
                r = key_get(c, saved->number, s.flags & KEY_EXERCISE, text, &k);
        if (!r && k && k->n_log)
                return -EBADMSG;
        if (!r && k) {
                k->device = texts_ref(c->texts, device);
                k->asset = asset;
                r = log_reserve(c, k, (uint32_t)capacity);
        }
        for (size_t i = 0; i < n && !r; i++)
                r = entry_load(c, in, saved, k);
        if (!r)
                r = items_load(in, k);
        if (!r)
                r = sweep_load(c, in, saved->same ? k : NULL);
        if (!r && k)
                r = key_settle(c, k, &s, saved->same);
        *ret = k;
        return r;
}

static int rule_load(struct correlate *c, struct rd *in, bool strict, struct saved_rule *saved, uint64_t *ret_n) {
        struct ww_str name = rd_str(in);
        uint64_t state_hash = rd_u64(in), hash = rd_u64(in), told = rd_var(in), captures = rd_var(in);
        const struct rule *rule = correlate_rule(c->rules, name);

        *saved = (struct saved_rule){ .n_captures = captures };
        if (in->failed || captures > RULE_CAPTURES_MAX)
                return -EBADMSG;
        if (rule && rule->state_hash == state_hash) {
                saved->rule = rule;
                saved->same = rule->hash == hash;
                saved->number = rule->number;
                c->by_rule[rule->number].told = (uint32_t)told;
        } else if (strict) {
                return -EBADMSG;
        }
        for (size_t i = 0; i < captures; i++) {
                struct ww_str field = rd_str(in);

                saved->capture[i] = -1;
                for (size_t j = 0; saved->rule && j < rule->n_captures; j++)
                        if (ww_str_equal(rule->captures[j].field->name, field))
                                saved->capture[i] = (int)j;
        }
        *ret_n = rd_var(in);
        return in->failed ? -EBADMSG : 0;
}

static int head_load(struct correlate *c, struct rd *in) {
        uint64_t *figures[] = { &c->figures.events,     &c->figures.matched, &c->figures.skipped_key_missing,
                                &c->figures.detections, &c->figures.evicted, &c->figures.refused };
        int r;

        if (rd_u8(in) != SAVE_VERSION)
                return -EBADMSG;
        c->now = time_load(in);
        r = blind_load(c, in);
        if (r)
                return r;
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
                *figures[i] = rd_var(in);
        return in->failed ? -EBADMSG : 0;
}

static int load_all(struct correlate *c, struct rd *in, bool strict) {
        _cleanup_free_ struct key **keys = NULL;
        uint64_t n_keys, n_rules;
        size_t at = 0;
        int r = head_load(c, in);

        n_keys = rd_var(in);
        n_rules = rd_var(in);
        if (r || in->failed || n_keys > rd_left(in) || n_rules > rd_left(in))
                return -EBADMSG;
        keys = calloc(n_keys + 1, sizeof(struct key *));
        if (!keys)
                return -ENOMEM;
        for (size_t i = 0; i < n_rules; i++) {
                struct saved_rule saved;
                uint64_t n = 0;

                r = rule_load(c, in, strict, &saved, &n);
                for (size_t j = 0; j < n && !r; j++)
                        r = at < n_keys ? key_load(c, in, &saved, &keys[at++]) : -EBADMSG;
                if (r)
                        return r;
        }
        return lanes_load(c, in, keys, at);
}

int save_load(struct correlate *c, struct rd *in, bool strict) {
        int r;

        c->loading = true;
        r = load_all(c, in, strict);
        c->loading = false;
        return r;
}

int correlate_load(struct correlate *c, struct rd *in) {
        for (size_t i = 0; i < c->rules->n; i++)
                while (c->by_rule[i].first)
                        key_free(c, c->by_rule[i].first);
        return save_load(c, in, true);
}
