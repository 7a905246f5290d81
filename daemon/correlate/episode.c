/*
 * Episodes. An item is committed when nothing can take it back: at once if it makes a positive condition true at an
 * event, else when the watermark reaches it; and always in the order of the key's items, so that one that has to wait
 * holds back those behind it. At most one episode is open for a key; what it becomes is a detection.
 */
#include "correlate/state.h"

static bool rises(const struct item *item) {
        return item->what == ITEM_RISE || item->what == ITEM_MATCH;
}

static int pending_push(struct correlate *c, struct key *k, const struct item *item) {
        struct extra *x;

        if (key_extend(c, k) < 0)
                return -ENOMEM;
        x = key_more(k);
        if (x->n_pending >= key_rule(c, k)->limit_events)
                return emit_limit(c, k->rule, LIMIT_EVENTS);
        if (!(x->n_pending & (x->n_pending - 1))) { /* full at 0 and at each power of two */
                struct item *p = realloc(x->pending, (x->n_pending ? x->n_pending * 2u : 1u) * sizeof *p);

                if (!p)
                        return -ENOMEM;
                x->pending = p;
        }
        x->pending[x->n_pending++] = *item;
        return 0;
}

/* an item of what is decided already, met again after a late event */
static bool known(const struct correlate *c, const struct key *k, const struct item *item, const struct entry *e) {
        const struct rule *rule = key_rule(c, k);

        if (!rises(item))
                return item->at.time <= key_opened(k) || !(k->flags & (KEY_OPEN | KEY_UP));
        if (order_is_event(item->at)) /* the end of a level makes nothing true */
                return !rule->positive || !e || !e->on;
        if (rule->instant || (rule->condition != CONDITION_WHEN && rule->condition != CONDITION_LEVEL))
                return true;
        return (k->flags & KEY_OPEN) || item->at.time <= key_opened(k);
}

/* It was told already, and is not told again. But a late event may have ended the level in front of it. */
static int told_item(struct correlate *c, struct key *k, struct item *item) {
        if (!c->rebuilding || item->what != ITEM_RISE)
                return 0;
        item->what = ITEM_UP;
        if (key_extra(k)->n_pending)
                return pending_push(c, k, item);
        return c->fell ? episode_commit(c, k, item) : 0;
}

int episode_item(struct correlate *c, struct key *k, const struct item *given) {
        const struct rule *rule = key_rule(c, k);
        struct item item = *given;
        const struct entry *e;
        bool eager;

        if (c->muted)
                return 0;
        item.grade = k->grade;
        if (c->rebuilding && rises(&item) && item.at.time <= key_opened(k))
                c->opened_seen = true;
        e = rises(&item) && order_is_event(item.at) ? log_find(rule, k, item.at) : NULL;
        if (e && (e->flags & ENTRY_FIRED))
                return told_item(c, k, &item);
        if (item.at.time <= watermark_of(c, rule) && !key_extra(k)->n_pending)
                return c->rebuilding && known(c, k, &item, e) ? told_item(c, k, &item) : episode_commit(c, k, &item);
        if (!rises(&item) && item.what != ITEM_FALL && !(k->flags & KEY_OPEN) && !key_extra(k)->n_pending)
                return 0; /* there is nothing that it could end or grade, and it must not keep a rise waiting */
        eager = e && rule->positive && !key_extra(k)->n_pending && episode_quiet(c, k) > item.at.time;
        return eager ? episode_commit(c, k, &item) : pending_push(c, k, &item);
}

static int open_or_again(struct correlate *c, struct key *k, const struct item *item) {
        struct entry *e = log_find(key_rule(c, k), k, item->at);

        if (e)
                e->flags |= ENTRY_FIRED;
        k->priority = item->grade;
        if (k->flags & KEY_OPEN)
                return emit(c, k, WW_DETECTION_AGAIN, item);
        k->flags |= KEY_OPEN;
        k->flags = (uint8_t)(item->at.input ? k->flags | KEY_BY_EVENT : k->flags & ~KEY_BY_EVENT);
        k->base->opened = item->at.time;
        c->opened_seen = true;
        c->figures.episodes++;
        return emit(c, k, WW_DETECTION_RAISE, item);
}

int episode_end(struct correlate *c, struct key *k, int64_t time) {
        if (!(k->flags & KEY_OPEN))
                return 0;
        k->flags &= (uint8_t)~KEY_OPEN;
        c->figures.episodes--;
        return key_rule(c, k)->read_by_others ? spells_add(c, k, k->base->opened, time) : 0;
}

/* A deadline at the time of the raise is behind it only if that was a deadline itself. */
static bool before_opening(const struct key *k, struct order at) {
        return at.time < k->base->opened || (at.time == k->base->opened && !at.input && (k->flags & KEY_BY_EVENT));
}

/* … nor does what has come late, before a match that has fired: with that it goes on. */
static bool before_match(const struct correlate *c, const struct key *k, const struct item *item) {
        return item->what == ITEM_CLEARED && key_rule(c, k)->instant && item->at.time < k->base->quiet_from;
}

static int close_episode(struct correlate *c, struct key *k, const struct item *item) {
        int r;

        if (!(k->flags & KEY_OPEN) || before_opening(k, item->at) || before_match(c, k, item))
                return 0; /* what lies before an episode does not end it */
        r = episode_end(c, k, item->at.time);
        return r ? r : emit(c, k, WW_DETECTION_CLEAR, item);
}

/* from the last match in time, which need not be the last that came */
static void quiet_begin(struct key *k, int64_t time) {
        if (!(k->flags & KEY_OPEN) || time > k->base->quiet_from)
                k->base->quiet_from = time;
}

static int commit_fall(struct correlate *c, struct key *k, const struct item *item) {
        if ((k->flags & KEY_OPEN) && before_opening(k, item->at))
                return 0; /* found late, before the rise that has fired: the level is what came of that */
        c->fell = c->fell || (k->flags & KEY_UP);
        k->flags &= (uint8_t)~KEY_UP;
        switch (key_rule(c, k)->clear) {
        case CLEAR_DEFAULT:
        case CLEAR_MANUAL: /* latched by the alarm; the condition follows the level */
                return close_episode(c, k, item);
        case CLEAR_QUIET:
                quiet_begin(k, item->at.time);
                return 0;
        case CLEAR_EXPR:
                return 0;
        }
        return 0;
}

int episode_commit(struct correlate *c, struct key *k, const struct item *item) {
        const struct rule *rule = key_rule(c, k);

        if (key_rebase(c, k) < 0)
                return -ENOMEM;
        switch (item->what) {
        case ITEM_RISE:
                k->flags |= KEY_UP;
                return open_or_again(c, k, item);
        case ITEM_UP:
                if (k->flags & KEY_UP)
                        return 0;
                k->flags |= KEY_UP;
                return k->flags & KEY_OPEN ? 0 : open_or_again(c, k, item);
        case ITEM_MATCH:
                if (!rule->instant && !(k->flags & KEY_OPEN))
                        return 0;
                quiet_begin(k, item->at.time);
                return open_or_again(c, k, item);
        case ITEM_FALL:
                return commit_fall(c, k, item);
        case ITEM_CLEARED:
                return close_episode(c, k, item);
        case ITEM_GRADE:
                if (!(k->flags & KEY_OPEN) || item->grade == k->priority)
                        return 0;
                k->priority = item->grade;
                return emit(c, k, WW_DETECTION_REGRADE, item);
        }
        return 0;
}

int episode_pending_first(struct correlate *c, struct key *k) {
        struct extra *x = key_more(k);
        struct item first = x->pending[0];

        memmove(x->pending, x->pending + 1, --x->n_pending * sizeof first);
        return episode_commit(c, k, &first);
}

void episode_drop_from(struct key *k, struct order at) {
        struct extra *x = key_more(k);

        while (x && x->n_pending && order_compare(x->pending[x->n_pending - 1].at, at) >= 0)
                x->n_pending--;
}

int64_t episode_quiet(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        int64_t quiet;

        if (rule->clear != CLEAR_QUIET || !(k->flags & KEY_OPEN) || (!rule->instant && (k->flags & KEY_UP)))
                return WW_TIME_NEVER;
        quiet = rule_span_of(c, &rule->quiet, k->asset);
        return quiet ? watermark_seen(c, texts_text(c->texts, k->device), k->asset, k->base->quiet_from, quiet)
                     : WW_TIME_NEVER;
}

int episode_quiet_over(struct correlate *c, struct key *k, int64_t time) {
        return close_episode(c, k, &(struct item){ .at = order_deadline(time), .what = ITEM_CLEARED });
}

/* What has been committed stands; but a level is what it is now, and a refuted alarm is told. */
int episode_after_rebuild(struct correlate *c, struct key *k, struct order from) {
        const struct rule *rule = key_rule(c, k);
        struct item item = { .at = from, .what = ITEM_FALL, .grade = k->grade };
        bool held = k->bits & SWEEP_HELD, rose = k->bits & SWEEP_ROSE;
        int64_t opened = key_opened(k), trimmed = key_base(rule, k).trimmed;
        int r = 0;

        if ((k->flags & KEY_OPEN) && opened >= from.time && !c->opened_seen &&
            (!rule->n_aggregates || trimmed == WW_TIME_NONE || trimmed <= opened - rule_horizon(rule)))
                r = emit(c, k, WW_DETECTION_REFUTED, &item);
        if (r || rule->instant || key_extra(k)->n_pending)
                return r;
        if (!rose && (k->flags & KEY_UP)) {
                if (opened > item.at.time)
                        item.at = order_deadline(opened);
                return episode_commit(c, k, &item);
        }
        if (held && !(k->flags & (KEY_UP | KEY_OPEN))) {
                item.what = ITEM_RISE;
                return episode_commit(c, k, &item);
        }
        return 0;
}
