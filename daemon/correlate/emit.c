/*
 * From an item to a detection: evidence, title, place. Everything is borrowed for the call of the sink.
 */
#include "base/span.h"
#include "correlate/trace.h"

const char emit_limit_rule[] = "correlate-limit";

struct evidence_list {
        struct ww_evidence rows[WW_EVIDENCE_MAX];
        size_t n;
        const struct entry *last;
};

static struct ww_str role_of(const struct rule *rule, const struct entry *e) {
        uint16_t masks[] = { e->on & rule->condition_mask, e->on, e->off };

        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
                for (size_t i = 0; i < rule->n_aliases; i++)
                        if (masks[m] & (1u << i))
                                return rule->aliases[i].alias;
        return WW_STR_NONE;
}

/* the first and the newest are kept, the middle goes */
static void evidence_add(const struct correlate *c, const struct rule *rule, struct evidence_list *l,
                         const struct entry *e) {
        if (!e)
                return;
        if (l->n == WW_EVIDENCE_MAX)
                memmove(&l->rows[1], &l->rows[2], (--l->n - 1) * sizeof *l->rows);
        l->rows[l->n++] = (struct ww_evidence){
                .role = role_of(rule, e),
                .seq = e->at.input >> ORDER_INDEX_BITS,
                .index = e->at.input & ((1u << ORDER_INDEX_BITS) - 1),
                .time = e->at.time,
                .device = texts_text(c->texts, e->device),
                .kind = ww_str(ww_kind_name(c->rules->kinds, e->family, e->state)),
        };
        l->last = e;
}

/* The window as of `at`: events from here on are in it. The decision may come long after, and the sweep be ahead. */
static int64_t window_start(const struct correlate *c, const struct key *k, struct order at) {
        const struct rule *rule = key_rule(c, k);
        int64_t inside = order_is_event(at) ? at.time : at.time - 1;

        if (rule->window == WINDOW_TUMBLING)
                return site_window_of(c->rules->site, inside, rule->every).from;
        if (rule->window == WINDOW_SLIDING)
                return rule->within ? at.time - rule->within + 1 : WW_TIME_NONE;
        for (size_t i = log_place(rule, k, order_deadline(inside + 1)); i--;)
                if (log_entry(rule, k, i)->flags & ENTRY_FIRST)
                        return log_entry(rule, k, i)->at.time;
        return inside;
}

/* a level of the condition began by entry `i`, and lasted at `at`, though it may have ended since */
static bool was_on(const struct rule *rule, const struct key *k, size_t i, struct order at) {
        const struct entry *start = log_entry(rule, k, i);
        uint16_t left = start->started & rule->condition_mask;

        for (size_t j = i + 1; left && j < k->n_swept; j++) {
                const struct entry *e = log_entry(rule, k, j);

                if (order_compare(e->at, at) > 0)
                        break;
                if (e->device == start->device && e->family == start->family)
                        left &= (uint16_t) ~(e->ended | e->off);
        }
        return left;
}

/* everything in the window that the condition counts, and what was on */
static void evidence_window(const struct correlate *c, const struct key *k, struct order at, struct evidence_list *l) {
        const struct rule *rule = key_rule(c, k);
        int64_t from = rule->n_aggregates ? window_start(c, k, at) : WW_TIME_NONE;

        for (size_t i = 0; i < k->n_log; i++) {
                const struct entry *e = log_entry(rule, k, i);
                bool counted = rule->n_aggregates && e->at.time >= from &&
                               (entry_begun(rule, e) & rule->condition_mask);

                if (order_compare(e->at, at) > 0)
                        break;
                if ((e->on & rule->condition_mask) &&
                    (counted || was_on(rule, k, i, at) || order_compare(e->at, at) == 0))
                        evidence_add(c, rule, l, e);
        }
}

/* the first event that waits for an answer until `at` */
static const struct entry *anchor_of(const struct correlate *c, const struct key *k, struct order at) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *best = NULL;

        for (size_t i = 0; i < k->n_log; i++) {
                const struct entry *e = log_entry(rule, k, i);

                if (order_compare(e->at, at) > 0)
                        break;
                if (e->flags & ENTRY_RETAINED)
                        continue;
                if (e->on & rule->expect_mask)
                        best = NULL;
                else if (!best && (e->on & rule->after_mask) && window_leaves(c, rule, e) == at.time)
                        best = e;
        }
        return best;
}

/* what was last heard, or the anchor: the context of what is missing */
static void evidence_expect(const struct correlate *c, const struct key *k, struct order at, struct evidence_list *l) {
        const struct rule *rule = key_rule(c, k);
        const struct entry *best = NULL;

        for (size_t i = 0; i < k->n_log && !rule->after_mask; i++) {
                const struct entry *e = log_entry(rule, k, i);

                if (order_compare(e->at, at) > 0)
                        break;
                if (e->on & rule->expect_mask)
                        best = e;
        }
        evidence_add(c, rule, l, rule->after_mask ? anchor_of(c, k, at) : best);
}

struct evidence_steps {
        const struct correlate *c;
        const struct rule *rule;
        struct evidence_list *list;
};

static void evidence_step(void *userdata, const struct entry *e, uint16_t as) {
        const struct evidence_steps *s = userdata;

        evidence_add(s->c, s->rule, s->list, e);
        s->list->rows[s->list->n - 1].role = s->rule->aliases[__builtin_ctz(as)].alias;
}

/* The event at which it came about. Where that is no event of the condition, it is a match because it opened the guard.
 */
static void evidence_event(const struct correlate *c, const struct rule *rule, struct evidence_list *l,
                           const struct entry *e, bool match) {
        uint16_t guards = e && match && !e->on ? e->off & rule->guard_mask : 0;

        evidence_add(c, rule, l, e);
        if (guards)
                l->rows[l->n - 1].role = rule->aliases[__builtin_ctz(guards)].alias;
}

static int evidence_collect(const struct correlate *c, const struct key *k, enum ww_detection_what what,
                            const struct item *item, struct evidence_list *l) {
        const struct rule *rule = key_rule(c, k);

        if (rule->condition == CONDITION_SEQUENCE && item->what == ITEM_MATCH)
                return sequence_events(c, k, item, evidence_step, &(struct evidence_steps){ c, rule, l });
        if (what == WW_DETECTION_RAISE && rule->condition == CONDITION_EXPECT)
                evidence_expect(c, k, item->at, l);
        else if (rule->window != WINDOW_SLIDING ? item->what == ITEM_MATCH
                                                : what == WW_DETECTION_RAISE && !rule->instant)
                evidence_window(c, k, item->at, l);
        else
                evidence_event(c, rule, l, log_find(rule, k, item->at),
                               what == WW_DETECTION_RAISE || what == WW_DETECTION_AGAIN);
        return 0;
}

static void title_captured(struct correlate *c, const struct field *f, const struct captured *v, struct buf *out) {
        switch (v->type) {
        case WW_STRING: {
                struct ww_str s = texts_text(c->texts, v->text);

                buf_put(out, s.p, s.n);
                break;
        }
        case WW_NUMBER:
                buf_printf(out, "%.6g", v->number);
                break;
        case WW_BOOL:
                buf_puts(out, v->boolean ? "true" : "false");
                break;
        case WW_MISSING:
        case WW_NULL:
        case WW_TIME:
        case WW_SPAN:
                buf_printf(out, "unknown %.*s", WW_STR_ARG(f->name));
                break;
        }
}

static struct ww_str or_id(struct ww_str title, struct ww_str id) {
        return title.n ? title : id;
}

/* a part of the key; a zone or an asset of the site by its title */
static struct ww_str title_key(struct correlate *c, const struct key *k, const struct title_part *part) {
        const struct site *site = c->rules->site;
        struct ww_str id = key_part(&c->scratch, key_text(c, k), (size_t)part->key);

        if (part->field->source == FIELD_ZONE || part->field->source == FIELD_ZONE_TYPE) {
                uint32_t zone = site_zone_find(site, id);

                return zone != SITE_NONE ? or_id(site_zone(site, zone)->title, id) : id;
        }
        if (part->field->source == FIELD_ASSET || part->field->class_name) {
                uint32_t asset = site_asset_find(site, id);

                return asset != SITE_NONE ? or_id(site_asset(site, asset)->title, id) : id;
        }
        return id;
}

static struct ww_str title_place(const struct site *site, const struct place *p, const struct field *f) {
        if (f->source == FIELD_ZONE)
                return p->zone == SITE_NONE ? WW_STR_NONE
                                            : or_id(site_zone(site, p->zone)->title, site_zone(site, p->zone)->id);
        if (f->source == FIELD_SITE)
                return site_name(site);
        if (f->source == FIELD_ASSET && p->asset < site_asset_count(site))
                return or_id(site_asset(site, p->asset)->title, site_asset(site, p->asset)->id);
        return p->device;
}

static void title_render(struct correlate *c, const struct key *k, const struct place *place, const struct entry *e,
                         struct buf *out) {
        const struct rule *rule = key_rule(c, k);
        const struct captured missing = { .type = WW_MISSING };

        for (size_t i = 0; i < rule->n_title; i++) {
                const struct title_part *part = &rule->title[i];
                struct ww_str text = part->text;

                if (part->capture >= 0) {
                        title_captured(c, part->field, e ? &e->captures[part->capture] : &missing, out);
                        continue;
                }
                if (part->field)
                        text = part->key >= 0 ? title_key(c, k, part) : title_place(c->rules->site, place, part->field);
                if (part->field && !text.n)
                        buf_printf(out, "unknown %.*s", WW_STR_ARG(part->field->name));
                buf_put(out, text.p, text.n);
        }
}

static uint32_t flags_of(const struct correlate *c, const struct key *k, const struct item *item,
                         enum ww_detection_what what) {
        const struct rule *rule = key_rule(c, k);
        uint32_t flags = 0;
        bool late = c->rebuilding && item->at.time < watermark_of(c, rule);

        flags |= rule->instant ? WW_DETECTION_INSTANT : 0;
        flags |= rule->clear == CLEAR_MANUAL || (rule->instant && rule->clear == CLEAR_DEFAULT) ? WW_DETECTION_MANUAL
                                                                                                : 0;
        flags |= item->at.time < key_extra(k)->partial_until || item->at.time < c->by_rule[k->rule].partial_until
                         ? WW_DETECTION_PARTIAL
                         : 0;
        flags |= k->flags & KEY_EXERCISE ? WW_DETECTION_EXERCISE : 0;
        flags |= rule->covert ? WW_DETECTION_COVERT : 0;
        flags |= rule->silent ? WW_DETECTION_SILENT : 0;
        flags |= rule->link ? WW_DETECTION_LINK : 0;
        return flags | (late || what == WW_DETECTION_REFUTED ? WW_DETECTION_LATE : 0);
}

static void place_remember(struct correlate *c, struct key *k, const struct entry *e) {
        if (!e || key_rule(c, k)->each)
                return;
        texts_hold(c->texts, e->device);
        texts_drop(c->texts, k->device);
        k->device = e->device;
        k->asset = e->asset;
}

/* what else was so: the guard's values, and the time that made it an alarm */
static void context_render(struct correlate *c, const struct key *k, enum ww_detection_what what,
                           const struct item *item, struct buf *out) {
        const struct rule *rule = key_rule(c, k);
        char span[32];

        if (what != WW_DETECTION_RAISE && what != WW_DETECTION_AGAIN)
                return;
        guard_print(c, k, item->at.time, out);
        if (order_is_event(item->at))
                return;
        if (rule->condition == CONDITION_EXPECT && k->since != WW_TIME_NONE) {
                span_format(rule_span_of(c, &rule->span_for, k->asset), span);
                buf_printf(out, "%snothing came for %s", out->n ? "; " : "", span);
        } else if (rule_holds(rule)) {
                span_format(item->at.time - k->since, span);
                buf_printf(out, "%sheld for %s", out->n ? "; " : "", span);
        }
}

static int emit_with(struct correlate *c, struct key *k, enum ww_detection_what what, const struct item *item,
                     struct evidence_list *list) {
        const struct rule *rule = key_rule(c, k);
        _cleanup_buf_ struct buf title = BUF_INIT, context = BUF_INIT;
        struct ww_detection d = {
                .what = what,
                .flags = flags_of(c, k, item, what),
                .rule = rule->name,
                .rule_hash = rule->hash,
                .key = key_text(c, k),
                .hazard = rule->hazard,
                .klass = rule->klass,
                .priority = k->priority,
                .procedure = rule->procedure,
                .legal_basis = rule->legal_basis,
                .site = site_name(c->rules->site),
                .time = item->at.time,
                .evidence = list->rows,
                .n_evidence = list->n,
                .after = rule->after,
                .n_after = rule->n_after,
        };
        struct place place;
        int r = place_of(c, k, &c->scratch, &place);

        if (r)
                return r;
        d.device = place.device;
        if (place.zone != SITE_NONE)
                d.zone = site_zone(c->rules->site, place.zone)->id;
        if (place.asset < site_asset_count(c->rules->site))
                d.asset = site_asset(c->rules->site, place.asset)->id;
        title_render(c, k, &place, list->last, &title);
        context_render(c, k, what, item, &context);
        if (title.error || context.error)
                return title.error ? title.error : context.error;
        d.title = buf_str(&title);
        d.context = buf_str(&context);
        c->figures.detections++;
        c->meter.rules[k->rule].detections++;
        if (TRACED(c, k))
                trace_told(c, &d);
        r = c->silent ? 0 : c->sink(c->userdata, &d);
        arena_reset(&c->scratch);
        return r;
}

int emit(struct correlate *c, struct key *k, enum ww_detection_what what, const struct item *item) {
        struct evidence_list list = { .n = 0 };
        int r = evidence_collect(c, k, what, item, &list);

        if (r)
                return r;
        if (what == WW_DETECTION_RAISE || what == WW_DETECTION_AGAIN)
                place_remember(c, k, list.last);
        r = emit_with(c, k, what, item, &list);
        if (!r && (what == WW_DETECTION_RAISE || what == WW_DETECTION_CLEAR))
                r = derived_note(c, k, what == WW_DETECTION_RAISE, item->at);
        return r;
}

int emit_removed(struct correlate *c, struct key *k) {
        struct evidence_list list = { .n = 0 };

        return emit_with(c, k, WW_DETECTION_REMOVED, &(struct item){ .at = order_deadline(c->now) }, &list);
}

static const struct limit_row {
        enum emit_limit limit;
        size_t bound; /* in the rule */
        const char *name, *text;
} limit_rows[] = {
        { LIMIT_KEYS, offsetof(struct rule, limit_keys), "keys", "keys: the oldest go, or newcomers are refused" },
        { LIMIT_RUNS, offsetof(struct rule, limit_runs), "runs",
          "partial sequences for one key: newcomers are refused" },
        { LIMIT_EVENTS, offsetof(struct rule, limit_events), "events", "events for one key: the oldest are dropped" },
};

static const struct limit_row *limit_find(enum emit_limit limit) {
        const struct limit_row *row = limit_rows;

        while (row->limit != limit)
                row++;
        return row;
}

static uint32_t limit_bound(const struct rule *rule, const struct limit_row *row) {
        return *(const uint32_t *)(const void *)((const uint8_t *)rule + row->bound);
}

int emit_limit(struct correlate *c, uint32_t number, enum emit_limit limit) {
        const struct rule *rule = &c->rules->rules[number];
        _cleanup_buf_ struct buf key = BUF_INIT, title = BUF_INIT;
        const struct limit_row *row = limit_find(limit);
        struct ww_detection d = {
                .what = WW_DETECTION_RAISE,
                .flags = WW_DETECTION_INSTANT | WW_DETECTION_MANUAL,
                .rule = ww_str(emit_limit_rule),
                .rule_hash = rule->hash,
                .hazard = WW_HAZARD_SYSTEM,
                .klass = WW_CLASS_GENERAL,
                .priority = WW_PRIORITY_HIGH,
                .site = site_name(c->rules->site),
                .time = c->now,
        };

        if (c->trace && c->traced == rule)
                trace_limit(c, row->text);
        if (c->silent || c->by_rule[number].told & limit)
                return 0;
        c->by_rule[number].told |= limit;
        key_put_part(&key, WW_STR("rule"), rule->name);
        key_put_part(&key, WW_STR("limit"), ww_str(row->name));
        buf_printf(&title, "Rule %s has reached its limit of %u %s", rule->name.p, limit_bound(rule, row), row->text);
        if (key.error || title.error)
                return -ENOMEM;
        d.key = buf_str(&key);
        d.title = buf_str(&title);
        c->figures.detections++;
        return c->sink(c->userdata, &d);
}
