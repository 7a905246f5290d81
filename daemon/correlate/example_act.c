/*
 * What happens in an example beside its events, and what is heard of it: detections of this stage, transitions of the
 * alarm stage. An alarm of another rule is an episode that is opened by hand in the very matcher, so that everything
 * that reads alarms (selections, `alarm()`, mutes) hears of it as of any other.
 */
#include "correlate/example.h"

int example_advance(struct example_runner *r, int64_t now) {
        return r->stage ? r->stage->time(r->alarms, r->c, now) : correlate_time(r->c, now);
}

/* ---- what is heard ---- */

int example_collect(void *userdata, const struct ww_detection *d) {
        struct example_runner *r = userdata;
        bool own = ww_str_equal(d->rule, r->rule->name), raise = d->what == WW_DETECTION_RAISE;
        int e = 0;

        if (own && (raise || d->what == WW_DETECTION_CLEAR))
                example_note(r, raise ? EXAMPLE_ALARMS : EXAMPLE_CLEARS,
                             &(struct example_outcome){ .time = d->time - r->e->start,
                                                        .rule = r->rule,
                                                        .key = d->key,
                                                        .priority = raise ? d->priority : 0 });
        r->match_time = d->time;
        if (r->stage)
                e = r->stage->detection(r->alarms, d);
        r->match_time = WW_TIME_NONE;
        return e;
}

/* "RULE KEY", or "RULE"; "RULE (pending)" is not decided yet */
static bool names_rule(struct ww_str by, struct ww_str rule) {
        if (by.n < rule.n || memcmp(by.p, rule.p, rule.n) != 0)
                return false;
        by = (struct ww_str){ by.p + rule.n, by.n - rule.n };
        return !by.n || (by.p[0] == ' ' && !ww_str_is(by, " (pending)"));
}

/* An alarm and what mutes it have a match time each: it is muted from the later on. */
static void note_mute(struct example_runner *r, const struct ww_transition *t) {
        int64_t time = r->match_time == WW_TIME_NONE ? t->time : r->match_time;
        struct example_outcome outcome = { .rule = correlate_rule(r->set, t->alarm.rule), .key = t->alarm.key };

        if ((t->cause != WW_CAUSE_RAISE && t->cause != WW_CAUSE_SUPPRESS) || !t->alarm.regions.suppressed ||
            !outcome.rule || !names_rule(t->alarm.suppressed_by, r->rule->name))
                return;
        outcome.time = (time > t->alarm.raised_at ? time : t->alarm.raised_at) - r->e->start;
        example_note(r, EXAMPLE_MUTES, &outcome);
}

int example_collect_transition(void *userdata, const struct ww_transition *t) {
        struct example_runner *r = userdata;

        if (!ww_str_equal(t->alarm.rule, r->rule->name))
                note_mute(r, t);
        else if (t->cause != WW_CAUSE_RAISE && t->alarm.priority != t->old_priority)
                example_note(
                        r, EXAMPLE_PRIORITIES,
                        &(struct example_outcome){ t->time - r->e->start, r->rule, t->alarm.key, t->alarm.priority });
        return 0;
}

/* ---- operators ---- */

static int act(struct example_runner *r, enum ww_cause verb, const struct example_row *row, const char **ret_refused) {
        return r->stage->act(r->alarms, verb, r->rule->name, row->key, correlate_exercise(r->c), ret_refused);
}

static int play_ack(struct example_runner *r, const struct example_row *row) {
        const char *refused = NULL;
        int e = act(r, WW_CAUSE_ACKNOWLEDGE, row, &refused);

        if (e || !refused)
                return e;
        return diag_error(r->d, row->node->pos, "acknowledge an alarm at or behind its raise, and once",
                          "rule `%s`: example %zu: `%.*s`: %s", r->rule->name.p, r->number, WW_STR_ARG(row->node->text),
                          refused);
}

/* as a person does it: what is not acknowledged cannot be reset */
static int play_reset(struct example_runner *r, const struct example_row *row) {
        const char *refused = NULL;
        int e = 0;

        if (r->stage) {
                e = act(r, WW_CAUSE_ACKNOWLEDGE, row, &refused);
                refused = NULL;
                if (!e)
                        e = act(r, WW_CAUSE_RESET, row, &refused);
        }
        if (e || refused)
                return e;
        return correlate_reset(r->c, r->rule->name, row->key, correlate_exercise(r->c), r->e->start + row->time);
}

/* ---- another rule's alarm ---- */

static int wrong(struct example_runner *r, const struct example_row *row, const char *help, const char *what) {
        return diag_error(r->d, row->node->pos, help, "rule `%s`: example %zu: `%.*s`: %s", r->rule->name.p, r->number,
                          WW_STR_ARG(row->node->text), what);
}

static int place(struct example_runner *r, const struct example_row *row, struct key *k) {
        const struct site *site = r->set->site;
        struct ww_str device = row->asset < site_asset_count(site) ? site_asset(site, row->asset)->device : WW_STR_NONE;

        for (size_t i = 0; i < row->rule->n_key && !device.n; i++)
                if (ww_str_is(row->rule->key_names[i], "device"))
                        device = key_part(r->arena, row->key, i);
        return key_place(r->c, k, device, row->asset);
}

/* a key that names a device or an asset says where the alarm is: `asset=` can say no other thing */
static int check_place(struct example_runner *r, const struct example_row *row) {
        const struct site *site = r->set->site;
        const struct site_asset *asset = row->asset < site_asset_count(site) ? site_asset(site, row->asset) : NULL;

        for (size_t i = 0; i < row->rule->n_key && asset; i++) {
                bool device = ww_str_is(row->rule->key_names[i], "device");
                struct ww_str own = device ? asset->device : asset->id;

                if ((!device && !ww_str_is(row->rule->key_names[i], "asset")) ||
                    ww_str_equal(key_part(r->arena, row->key, i), own))
                        continue;
                return wrong(r, row, arena_printf(r->arena, "write `%.*s`, or another asset", WW_STR_ARG(own)),
                             "the key names something else than the asset");
        }
        return 0;
}

static int play_raise(struct example_runner *r, const struct example_row *row, const struct item *item) {
        struct correlate *c = r->c;
        struct key *k = NULL;
        int e = check_place(r, row);

        if (!e)
                e = key_get(c, row->rule->number, correlate_exercise(c), row->key, &k);
        if (e || !k)
                return e;
        if (k->flags & KEY_OPEN)
                return wrong(r, row, "write `clear` before it", "this alarm is there already");
        if (key_rebase(c, k) < 0)
                return -ENOMEM;
        k->base->quiet_from = item->at.time;
        e = place(r, row, k);
        if (!e)
                e = episode_commit(c, k, item);
        return e ? e : derived_deliver(c);
}

static int play_clear(struct example_runner *r, const struct example_row *row, const struct item *item) {
        struct correlate *c = r->c;
        struct key *k = key_find(c, row->rule->number, correlate_exercise(c), row->key);
        int e;

        if (!k || !(k->flags & KEY_OPEN))
                return wrong(r, row, "write `raise` before it", "there is no such alarm");
        k->flags &= (uint8_t)~KEY_UP;
        e = episode_commit(c, k, item);
        return e ? e : derived_deliver(c);
}

/* ---- reload ---- */

/* as after a restart, then as after a reload in which no rule has changed */
static int play_reload(struct example_runner *r, int64_t now) {
        _cleanup_(correlate_freep) struct correlate *next = NULL;
        _cleanup_buf_ struct buf state = BUF_INIT;
        struct rd in;
        int e = correlate_save(r->c, &state);

        if (!e)
                e = correlate_make(&next, r->set, now, example_collect, r);
        if (e)
                return e;
        next->only = r->c->only;
        next->trace = r->c->trace;
        next->traced = r->c->traced;
        next->with = r->c->with;
        next->n_with = r->c->n_with;
        in = rd_init(buf_str(&state));
        e = correlate_load(next, &in);
        if (e)
                return e;
        correlate_free(r->c);
        r->c = next;
        next = NULL;
        if (r->stage)
                e = r->stage->swap(r->alarms);
        return e ? e : correlate_swap(r->c, r->set, NULL, now);
}

int example_play_act(struct example_runner *r, const struct example_row *row, uint64_t number) {
        int64_t now = r->e->start + row->time;
        const struct item item = {
                .at = { .time = now, .input = number << ORDER_INDEX_BITS },
                .what = row->act == EXAMPLE_RAISE ? ITEM_RISE : ITEM_CLEARED,
                .grade = (uint8_t)row->rule->priority,
        };

        switch (row->act) {
        case EXAMPLE_RESET:
                return play_reset(r, row);
        case EXAMPLE_ACK:
                return play_ack(r, row);
        case EXAMPLE_MODE:
                return correlate_mode(r->c, row->name, row->on, now);
        case EXAMPLE_LIST:
                return correlate_list(r->c, row->name, row->member, row->on, WW_TIME_NEVER);
        case EXAMPLE_RELOAD:
                return play_reload(r, now);
        case EXAMPLE_RAISE:
                return play_raise(r, row, &item);
        case EXAMPLE_CLEAR:
                return play_clear(r, row, &item);
        case EXAMPLE_EVENT:
        case EXAMPLE_END:
                break;
        }
        return 0;
}
