/*
 * The watermark: up to where things are decided. Journal time − wait, and nothing else; but while the engine is blind,
 * and until blindness has ended + wait, it stands where the blindness began, because what has not been heard may yet
 * come out of the broker's queue.
 *
 * What comes out of it may bear the time at which it came (a device without a clock). So an absence that was not
 * decided when the blindness began gets a later deadline: the end + wait, from where the queue is known to be empty.
 *
 *                  from                      to
 *     ──────┬───────┼─────────────────────────┼───────┬──────
 *      from − wait                                to + wait
 *     decided ]( every deadline in here … ──────▶ [ stands here; from there on each where it is
 *
 * If another blindness begins before that is decided, it moves again. All of it is a function of the spans alone.
 */
#include "correlate/state.h"

#define UNHEARD_DEPTH 8 /* gateways behind gateways */

/* the end, as far as absence goes */
static int64_t over(const struct blind_span *span, int64_t wait) {
        return span->to == WW_TIME_NEVER ? WW_TIME_NEVER : span->to + wait;
}

static int64_t watermark_at(const struct correlate *c, int64_t wait, int64_t time) {
        for (size_t i = c->n_blind; i-- && time < over(&c->blind[i], wait);)
                time = c->blind[i].from;
        return time - wait;
}

int64_t watermark_of(const struct correlate *c, const struct rule *rule) {
        return watermark_at(c, rule->wait, c->now);
}

int64_t correlate_watermark(const struct correlate *c, int64_t now) {
        return watermark_at(c, RULE_WAIT_DEFAULT, now);
}

bool correlate_late(const struct correlate *c, int64_t time) {
        return time < watermark_at(c, RULE_WAIT_DEFAULT, c->now);
}

int64_t watermark_due(const struct correlate *c, const struct rule *rule, int64_t time) {
        if (c->n_blind && !blind_now(c) && time < c->blind[c->n_blind - 1].to)
                time = c->blind[c->n_blind - 1].to;
        return time + rule->wait;
}

int64_t watermark_absence(const struct correlate *c, const struct rule *rule, int64_t deadline) {
        if (!c->n_blind || deadline >= over(&c->blind[c->n_blind - 1], rule->wait))
                return deadline;
        for (size_t i = 0; i < c->n_blind; i++)
                if (deadline > c->blind[i].from - rule->wait && deadline < over(&c->blind[i], rule->wait))
                        deadline = over(&c->blind[i], rule->wait);
        return deadline;
}

/* Nothing was to be heard of an asset meanwhile: its clock starts anew. */
int64_t watermark_anchor(const struct correlate *c, const struct rule *rule, int64_t anchor, int64_t span) {
        if (!rule->each)
                return watermark_absence(c, rule, anchor + span);
        for (size_t i = 0; i < c->n_blind; i++) {
                const struct blind_span *b = &c->blind[i];

                if (anchor + span <= b->from - rule->wait || anchor >= b->to)
                        continue;
                if (b->to == WW_TIME_NEVER)
                        return WW_TIME_NEVER;
                anchor = b->to;
        }
        return anchor + span;
}

int64_t watermark_memory(const struct correlate *c, const struct rule *rule) {
        int64_t time = watermark_of(c, rule);

        if (!rule_absence(rule))
                return time - rule_horizon(rule);
        for (size_t i = c->n_blind; i-- && time < over(&c->blind[i], rule->wait);)
                if (c->blind[i].from - rule->wait < time)
                        time = c->blind[i].from - rule->wait;
        return time - rule_horizon(rule);
}

/* The first span behind `time` in which nobody heard of the device: of itself, or of what it hangs on alone. */
static bool unheard_next(const struct correlate *c, struct ww_str device, uint32_t asset, int64_t time,
                         struct lost_span *ret) {
        const struct site *site = c->rules->site;
        struct lost_span span, best = { WW_TIME_NEVER, WW_TIME_NEVER };

        for (size_t i = 0; i < c->n_blind; i++)
                if (c->blind[i].to > time) {
                        best = (struct lost_span){ c->blind[i].from, c->blind[i].to };
                        break;
                }
        for (int depth = 0; depth < UNHEARD_DEPTH; depth++) {
                if (lost_next(c->lost, device, time, &span) && span.from < best.from)
                        best = span;
                if (asset >= site_asset_count(site) || site_asset(site, asset)->n_parents != 1)
                        break;
                asset = site_asset(site, asset)->parent;
                device = site_asset(site, asset)->device;
        }
        *ret = best;
        return best.from != WW_TIME_NEVER;
}

int64_t watermark_seen(const struct correlate *c, struct ww_str device, uint32_t asset, int64_t from, int64_t span) {
        struct lost_span unheard;

        while (unheard_next(c, device, asset, from, &unheard) && unheard.from < from + span) {
                if (unheard.from > from)
                        span -= unheard.from - from;
                if (unheard.to == WW_TIME_NEVER) /* how long is not known: to be looked at again */
                        return (c->now > unheard.from ? c->now : unheard.from) + span;
                from = unheard.to;
        }
        return from + span;
}

int64_t rule_horizon(const struct rule *rule) {
        if (rule->window == WINDOW_TUMBLING)
                return rule->every < WW_DAY ? rule->every
                                            : rule->every + rule->every / 24 + 2 * WW_HOUR; /* local days */
        return rule->after_mask ? rule->span_for.usec : rule->within;
}

int64_t rule_span_of(const struct correlate *c, const struct rule_span *span, uint32_t asset) {
        struct ww_value v = ww_missing();
        struct ww_str name;

        if (!span->field)
                return span->usec;
        name = span->field->tail;
        for (size_t i = 0; i < c->n_with; i++)
                if (ww_str_equal(c->with[i].name, name))
                        v = c->with[i].value;
        if (v.type == WW_MISSING && asset < site_asset_count(c->rules->site))
                v = site_asset_field(c->rules->site, asset, name);
        return v.type == WW_SPAN && v.usec > 0 && v.usec <= RULE_SPAN_MAX ? v.usec : 0;
}
