/* One key of a snapshot: its log, where its sweep stands, its episode. See save.c. */
#include "correlate/save.h"

#define LOG_BITS_MAX 26

/* the instants of what a key has behind it, or elsewhere */
struct instants {
        int64_t opened, quiet_from, partial_until, lead, from, to;
};

static struct instants instants_of(const struct rule *rule, const struct key *k) {
        struct base base = key_base(rule, k);
        struct instants i = { base.opened, base.quiet_from, key_extra(k)->partial_until, WW_TIME_NONE, 0, 0 };

        if (rule->condition == CONDITION_SEQUENCE)
                i.lead = key_course(rule, k)->lead;
        if (rule_stretches(rule)) {
                i.from = key_stretch(rule, k)->from;
                i.to = key_stretch(rule, k)->to;
        }
        return i;
}

static void instants_save(const struct instants *i, struct buf *out) {
        buf_put_time(out, i->opened);
        buf_put_time(out, i->quiet_from);
        buf_put_time(out, i->partial_until);
        buf_put_time(out, i->lead);
        buf_put_time(out, i->from);
        buf_put_time(out, i->to);
}

static struct instants instants_load(struct rd *in) {
        struct instants i = { .opened = time_load(in) };

        i.quiet_from = time_load(in);
        i.partial_until = time_load(in);
        i.lead = time_load(in);
        i.from = time_load(in);
        i.to = time_load(in);
        return i;
}

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
        order_save(out, item->last);
}

void save_key(const struct correlate *c, const struct key *k, struct buf *out) {
        const struct rule *rule = key_rule(c, k);
        const struct extra *x = key_extra(k);
        struct base base = key_base(rule, k);
        struct instants instants = instants_of(rule, k);

        buf_put_str(out, key_text(c, k));
        buf_put_u8(out, k->flags & (uint8_t)~KEY_EXTENDED);
        buf_put_time(out, k->at);
        buf_put_time(out, k->since);
        buf_put_time(out, base.since);
        buf_put_time(out, base.trimmed);
        instants_save(&instants, out);
        order_save(out, timers_armed(c, k));
        buf_put_u8(out, k->bits);
        buf_put_u8(out, k->grade);
        buf_put_u8(out, base.bits);
        buf_put_u8(out, base.grade);
        buf_put_u8(out, k->priority);
        buf_put_str(out, texts_text(c->texts, k->device));
        asset_save(c, out, k->asset);
        buf_put_u8(out, k->log_bits); /* a full log is trimmed: when that is, must not change */
        buf_put_var(out, k->n_log);
        for (size_t i = 0; i < k->n_log; i++)
                entry_save(c, rule, out, log_entry(rule, k, i));
        buf_put_var(out, x->n_pending);
        for (size_t i = 0; i < x->n_pending; i++)
                item_save(out, &x->pending[i]);
        spells_save(k, out);
        tallies_save(rule, k, out);
        sweep_save(c, k, out);
}

/* ---- loading ---- */

static void captures_load(struct correlate *c, struct rd *in, const struct saved_rule *saved, struct entry *e) {
        for (size_t i = 0; i < saved->n_captures; i++) {
                struct captured v = captured_load(c, in);

                if (saved->capture[i] >= 0)
                        e->captures[saved->capture[i]] = v;
                else if (v.type == WW_STRING)
                        texts_drop(c->texts, v.text);
        }
}

/* one entry, but for its captures and its device, which is borrowed */
static bool entry_read(const struct correlate *c, struct rd *in, struct entry *ret, struct ww_str *ret_device) {
        struct entry e = { .at = order_load(in) };
        struct ww_str family;
        enum ww_state state;
        uint8_t saved_state;

        *ret_device = rd_str(in);
        e.asset = asset_load(c, in);
        family = rd_str(in);
        saved_state = rd_u8(in);
        e.state = saved_state & 0x7f;
        e.flags = rd_u8(in);
        e.on = (uint16_t)rd_var(in);
        e.off = (uint16_t)rd_var(in);
        e.started = (uint16_t)rd_var(in);
        e.ended = (uint16_t)rd_var(in);
        e.pinned = (uint16_t)rd_var(in);
        e.bits = rd_u8(in);
        e.grade = rd_u8(in);
        e.since = time_load(in);
        if (in->failed || e.since == WW_TIME_NEVER || saved_state > WW_STATE_PULSE ||
            !ww_kind_find(c->rules->kinds, family, &e.family, &state))
                return false;
        *ret = e;
        return true;
}

/* true if it may stand behind those that the key has */
static bool entry_fits(const struct rule *rule, const struct key *k, const struct entry *e) {
        return !((e->on | e->off | e->started | e->ended | e->pinned) >> rule->n_aliases) &&
               (!k->n_log || order_compare(log_entry(rule, k, k->n_log - 1)->at, e->at) < 0);
}

static int entry_load(struct correlate *c, struct rd *in, const struct saved_rule *saved, struct key *k) {
        struct entry read, *e;
        struct ww_str device;

        if (!entry_read(c, in, &read, &device) || !entry_fits(saved->rule, k, &read))
                return -EBADMSG;
        e = log_open(c, k, k->n_log, read.at);
        if (!e)
                return -ENOMEM;
        read.device = texts_ref(c->texts, device);
        if (read.device == UINT32_MAX)
                return -ENOMEM;
        memcpy(e, &read, offsetof(struct entry, captures));
        captures_load(c, in, saved, e);
        return in->failed ? -EBADMSG : 0;
}

static int items_load(struct correlate *c, struct rd *in, struct key *k) {
        uint64_t n = rd_var(in);
        size_t capacity = 1;

        if (in->failed || n > rd_left(in))
                return -EBADMSG;
        while (capacity < n)
                capacity *= 2;
        if (n) {
                if (key_extend(c, k) < 0)
                        return -ENOMEM;
                key_more(k)->pending = calloc(capacity, sizeof *key_more(k)->pending);
                if (!key_more(k)->pending)
                        return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
                struct item item = { .at = order_load(in) };

                item.what = rd_u8(in);
                item.grade = rd_u8(in);
                item.first = order_read(in);
                item.last = order_read(in);
                key_more(k)->pending[key_more(k)->n_pending++] = item;
        }
        return in->failed ? -EBADMSG : 0;
}

struct scalars {
        uint8_t flags, bits, grade, priority;
        int64_t at, since;
        struct base base;
        struct instants instants;
        struct order armed;
};

static void scalars_set(const struct rule *rule, struct key *k, const struct scalars *s) {
        k->at = s->at;
        k->bits = s->bits;
        k->grade = s->grade;
        k->since = s->since;
        k->priority = s->priority;
        k->flags = (uint8_t)((k->flags & KEY_EXTENDED) | (s->flags & ~KEY_EXTENDED));
        if (key_more(k))
                key_more(k)->partial_until = s->instants.partial_until;
        if (rule->condition == CONDITION_SEQUENCE)
                key_course(rule, k)->lead = s->instants.lead;
        if (rule_stretches(rule))
                *key_stretch(rule, k) = (struct stretch){ s->instants.from, s->instants.to };
}

static bool base_is(const struct base *a, const struct base *b) {
        return a->since == b->since && a->trimmed == b->trimmed && a->opened == b->opened &&
               a->quiet_from == b->quiet_from && a->bits == b->bits && a->grade == b->grade;
}

static int base_set(struct correlate *c, struct key *k, const struct base *base, bool open) {
        struct base none = base_none(key_rule(c, k));

        if (!k->base && !open && base_is(base, &none))
                return 0;
        if (key_rebase(c, k) < 0)
                return -ENOMEM;
        *k->base = *base;
        return 0;
}

/* One whose rule says something else: what is counted for that is counted anew. */
static int key_resweep(struct correlate *c, struct key *k, const struct scalars *s) {
        int r = sweep_rebuild(c, k, k->n_log, WW_TIME_NEVER, false);

        if (!r)
                sweep_settle(c, k, s->at);
        return r;
}

struct saved_key {
        struct ww_str text, device;
        struct scalars scalars;
        uint32_t asset;
        uint8_t log_bits;
        uint64_t n;
};

static int saved_key_read(const struct correlate *c, struct rd *in, struct saved_key *ret) {
        struct scalars *s = &ret->scalars;

        ret->text = rd_str(in);
        s->flags = rd_u8(in);
        s->at = time_load(in);
        s->since = time_load(in);
        s->base.since = time_load(in);
        s->base.trimmed = time_load(in);
        s->instants = instants_load(in);
        s->base.opened = s->instants.opened;
        s->base.quiet_from = s->instants.quiet_from;
        s->armed = order_read(in);
        s->bits = rd_u8(in);
        s->grade = rd_u8(in);
        s->base.bits = rd_u8(in);
        s->base.grade = rd_u8(in);
        s->priority = rd_u8(in);
        ret->device = rd_str(in);
        ret->asset = asset_load(c, in);
        ret->log_bits = rd_u8(in);
        ret->n = rd_var(in);
        if (in->failed || ret->n > rd_left(in) || ret->log_bits > LOG_BITS_MAX || ret->n > log_capacity(ret->log_bits))
                return -EBADMSG;
        return 0;
}

static int key_fill(struct correlate *c, struct rd *in, const struct saved_rule *saved, const struct saved_key *s,
                    struct key *k) {
        struct rd scores;
        int r = key_place(c, k, s->device, s->asset);

        if (!r && s->scalars.instants.partial_until != WW_TIME_NONE)
                r = key_extend(c, k);
        if (!r && s->n)
                r = log_reserve(c, k, (uint32_t)log_capacity(s->log_bits));
        for (size_t i = 0; i < s->n && !r; i++)
                r = entry_load(c, in, saved, k);
        if (!r)
                r = items_load(c, in, k);
        if (!r)
                r = spells_load(c, in, k);
        scores = *in;
        if (!r)
                r = tallies_load(in, saved->rule, k, saved->score, saved->n_scores);
        if (!r)
                r = base_set(c, k, &s->scalars.base, s->scalars.flags & KEY_OPEN);
        if (r)
                return r;
        r = saved->same ? sweep_load(c, in, k) : key_resweep(c, k, &s->scalars);
        if (!r && saved->same) /* what was counted anew is in them already */
                r = tallies_load(&scores, saved->rule, k, saved->score, saved->n_scores);
        scalars_set(saved->rule, k, &s->scalars);
        c->figures.episodes += !!(k->flags & KEY_OPEN);
        return r ? r : timers_arm(c, k, s->scalars.armed);
}

int save_key_load(struct correlate *c, struct rd *all, const struct saved_rule *saved, struct key **ret) {
        struct rd in = rd_init(rd_str(all));
        struct saved_key s = { 0 };
        struct key *k = NULL;
        int r;

        *ret = NULL;
        if (all->failed)
                return -EBADMSG;
        if (!saved->rule)
                return 0;
        r = saved_key_read(c, &in, &s);
        if (!r)
                r = key_get(c, saved->rule->number, s.scalars.flags & KEY_EXERCISE, s.text, &k);
        if (r)
                return r;
        if (!k || k->n_log)
                return -EBADMSG;
        *ret = k;
        r = key_fill(c, &in, saved, &s, k);
        if (!r && (in.failed || (saved->same && rd_left(&in))))
                r = -EBADMSG;
        return r;
}
