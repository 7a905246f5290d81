/*
 * What a rule concludes is an event and a state for other rules: `alarm.raised`, `alarm.cleared` and `alarm(rule)`. It
 * is delivered when the key at work is done, so that no key is swept in the middle of another's sweep; the order of
 * events does not suffer, since a derived event bears the place of its cause.
 *
 * Rules form no cycle, and are numbered in levels: a rule's alarms stand behind those that it read itself.
 */
#include "correlate/state.h"

#define ATTRS_MAX (8 + RULE_KEY_PARTS_MAX)

/* what an alarm says as an event, beside the parts of its key */
static const char *const fields[] = { "rule", "hazard", "class", "priority", "weight" };

int derived_intern(struct symtab *symbols) {
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
                if (!symtab_intern(symbols, ww_str(fields[i])))
                        return -ENOMEM;
        return 0;
}

/* one that waits for delivery; its texts live in correlate.derived_texts */
struct derived {
        struct derived *next;
        uint32_t rule;
        bool exercise, raised;
        struct order at;
        struct ww_str key;
        struct place place;
        enum ww_priority priority;
};

#define NUMBERS_LATE (1u << (ORDER_NUMBER_BITS - 1)) /* numbers from here on are of those that come late */
#define NUMBERS_GONE (3u << (ORDER_NUMBER_BITS - 2)) /* … and from here on of rules that are gone */

/* No two of one rule's alarms at one cause bear the same number. They come in the order of their causes, but for what
 * is found late: that is behind the others. */
static uint32_t number_next(struct correlate *c, const struct rule *rule, struct order at) {
        struct rule_state *s = &c->by_rule[rule->number];
        uint32_t number;

        at.derived = 0;
        if (order_compare(s->derived_at, at) < 0) {
                s->derived_at = at;
                s->n_derived = 0;
        }
        if (order_compare(s->derived_at, at) == 0)
                number = s->n_derived++ % NUMBERS_LATE;
        else
                number = NUMBERS_LATE + s->n_late++ % (NUMBERS_GONE - NUMBERS_LATE);
        return (uint32_t)rule->depth << (ORDER_RULE_BITS + ORDER_NUMBER_BITS) | rule->number << ORDER_NUMBER_BITS |
               number;
}

/* ---- other rules ---- */

#define RULE_MASK (((1u << ORDER_RULE_BITS) - 1) << ORDER_NUMBER_BITS)

/* The new numbers of the old rules. One that is gone has the number of the kept rule in front of it, and its alarms
 * stand behind that one's: numbers go by names, so what is in order stays so, but for what the first rules leave. */
struct renumbering {
        uint32_t n;
        struct {
                uint32_t number;
                bool gone;
        } to[];
};

/* a key whose log gets other orders: those of its entries are made first, for whoever else points at them */
struct renumbered {
        const struct renumbering *m;
        const struct rule *rule;
        struct key *k;
        struct order *to; /* of each entry */
};

static struct order order_renumber(const struct renumbering *m, struct order at) {
        uint32_t rule = (at.derived & RULE_MASK) >> ORDER_NUMBER_BITS;

        if (!at.derived || rule >= m->n)
                return at;
        at.derived = (at.derived & ~RULE_MASK) | m->to[rule].number << ORDER_NUMBER_BITS;
        if (m->to[rule].gone)
                at.derived |= NUMBERS_GONE;
        return at;
}

static void reference_renumber(void *userdata, struct order *at) {
        const struct renumbered *r = userdata;
        size_t place = log_place(r->rule, r->k, *at);

        if (place < r->k->n_log && order_compare(log_entry(r->rule, r->k, place)->at, *at) == 0)
                *at = r->to[place];
        else
                *at = order_renumber(r->m, *at);
}

static void entries_renumber(struct renumbered *r) {
        for (size_t i = 0; i < r->k->n_log; i++) {
                r->to[i] = order_renumber(r->m, log_entry(r->rule, r->k, i)->at);
                if (i && r->to[i].derived && order_compare(r->to[i], r->to[i - 1]) <= 0)
                        r->to[i].derived = r->to[i - 1].derived + 1;
        }
}

static int key_renumber(const struct correlate *c, const struct renumbering *m, const struct rule *rule,
                        struct key *k) {
        _cleanup_free_ struct order *to = calloc(k->n_log + 1, sizeof *to);
        struct renumbered r = { m, rule, k, to };

        if (!to)
                return -ENOMEM;
        entries_renumber(&r);
        for (size_t i = 0; i < key_extra(k)->n_pending; i++) {
                struct item *item = &key_more(k)->pending[i];

                reference_renumber(&r, &item->at);
                reference_renumber(&r, &item->first);
                reference_renumber(&r, &item->last);
        }
        if (rule->condition == CONDITION_SEQUENCE)
                sequence_orders(c, rule, k, reference_renumber, &r);
        for (size_t i = 0; i < k->n_log; i++)
                log_entry(rule, k, i)->at = to[i];
        return 0;
}

static struct renumbering *renumbering_of(const struct correlate_rules *from, const struct correlate_rules *to) {
        struct renumbering *m = calloc(1, sizeof *m + from->n * sizeof m->to[0]);
        uint32_t number = 0;

        for (size_t i = 0; m && i < from->n; i++) {
                const struct rule *same = correlate_rule(to, from->rules[i].name);

                number = same ? same->number : number;
                m->to[i].number = number;
                m->to[i].gone = !same;
        }
        if (m)
                m->n = (uint32_t)from->n;
        return m;
}

int derived_renumber(struct correlate *c, const struct correlate_rules *rules) {
        _cleanup_free_ struct renumbering *m = renumbering_of(c->rules, rules);

        int r = m ? 0 : -ENOMEM;

        for (size_t i = 0; i < c->rules->n && !r; i++)
                if (c->rules->rules[i].reads_alarms)
                        for (struct key *k = rule_first(c, i); k && !r; k = key_next(c, k))
                                r = key_renumber(c, m, &c->rules->rules[i], k);
        return r;
}

int derived_note(struct correlate *c, const struct key *k, bool raised, struct order at) {
        const struct rule *rule = key_rule(c, k);
        struct derived *d;

        if (!rule->read_by_others)
                return 0;
        d = arena_new(&c->derived_texts, struct derived);
        if (!d)
                return -ENOMEM;
        d->rule = k->rule;
        d->exercise = k->flags & KEY_EXERCISE;
        d->raised = raised;
        d->at = at;
        d->at.derived = number_next(c, rule, at);
        d->key = arena_copy(&c->derived_texts, key_text(c, k));
        d->priority = k->priority;
        if (!d->key.p || place_of(c, k, &c->derived_texts, &d->place) < 0)
                return -ENOMEM;
        d->place.device = arena_copy(&c->derived_texts, d->place.device);
        if (!d->place.device.p)
                return -ENOMEM;
        *(c->derived_last ? &c->derived_last->next : &c->derived) = d;
        c->derived_last = d;
        return 0;
}

static void attr_put(const struct correlate *c, struct ww_event *e, struct ww_attr *attrs, struct ww_str name,
                     struct ww_value value) {
        attrs[e->n_attrs++] =
                (struct ww_attr){ .name = name, .symbol = symtab_find(c->rules->symbols, name), .value = value };
}

static void attrs_make(struct correlate *c, const struct derived *d, struct ww_event *e, struct ww_attr *attrs) {
        const struct rule *rule = &c->rules->rules[d->rule];
        const struct ww_value values[] = { ww_string(rule->name), ww_string(ww_str(ww_hazard_name(rule->hazard))),
                                           ww_string(ww_str(ww_class_name(rule->klass))),
                                           ww_string(ww_str(ww_priority_name(d->priority))),
                                           ww_number(rule->weight ? rule->weight : rule_weights[d->priority]) };

        for (size_t i = 0; i < rule->n_key; i++)
                attr_put(c, e, attrs, rule->key_names[i], ww_string(key_part(&c->derived_texts, d->key, i)));
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
                attr_put(c, e, attrs, ww_str(fields[i]), values[i]);
        e->attrs = attrs;
}

static int deliver(struct correlate *c, const struct derived *d) {
        const struct site *site = c->rules->site;
        struct ww_attr attrs[ATTRS_MAX];
        struct ww_event e = {
                .seq = d->at.input >> ORDER_INDEX_BITS,
                .index = d->at.input & ((1u << ORDER_INDEX_BITS) - 1),
                .time = d->at.time,
                .received = c->now,
                .device_time = WW_TIME_NONE,
                .family = c->rules->alarm_family[d->raised],
                .kind = d->raised ? WW_STR("alarm.raised") : WW_STR("alarm.cleared"),
                .state = WW_STATE_PULSE,
                .flags = d->exercise ? WW_EVENT_EXERCISE : 0,
                .site = site_name(site),
                .device = d->place.device,
                .asset_index = d->place.asset,
        };
        int r;

        if (d->place.asset < site_asset_count(site))
                e.asset = site_asset(site, d->place.asset)->id;
        if (d->place.zone != SITE_NONE)
                e.zone = site_zone(site, d->place.zone)->id;
        attrs_make(c, d, &e, attrs);
        c->at = d->at;
        c->derived_deep = c->rules->rules[d->rule].reads_alarms;
        r = correlate_select(c, &e);
        c->derived_deep = false;
        return r;
}

int derived_past(struct correlate *c, const struct rule *rule, const struct ww_detection *alarm, uint64_t seq) {
        struct derived d = {
                .rule = rule->number,
                .exercise = alarm->flags & WW_DETECTION_EXERCISE,
                .raised = alarm->what == WW_DETECTION_RAISE,
                .at = { .time = alarm->time, .input = seq << ORDER_INDEX_BITS },
                .key = alarm->key,
                .place = { alarm->device, site_asset_find(c->rules->site, alarm->asset),
                           site_zone_find(c->rules->site, alarm->zone) },
                .priority = alarm->priority,
        };
        int r;

        d.at.derived = number_next(c, rule, d.at);
        r = deliver(c, &d);
        if (!r)
                r = derived_deliver(c);
        return r;
}

int derived_deliver(struct correlate *c) {
        int r = 0;

        while (c->derived && !r) {
                const struct derived *d = c->derived;
                const struct key *k = key_find(c, d->rule, d->exercise, d->key);

                c->derived = d->next;
                c->derived_last = c->derived ? c->derived_last : NULL;
                if (k)
                        r = guard_alarm_changed(c, k, d->at.time);
                if (!r)
                        r = deliver(c, d);
        }
        if (!c->derived)
                arena_reset(&c->derived_texts);
        return r;
}
