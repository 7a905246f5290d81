/*
 * The watermark: up to where things are decided. Journal time − wait, and nothing else; but while the engine is blind,
 * and until blindness has ended + wait, it stands where the blindness began, because what has not been heard may yet
 * come out of the broker's queue.
 */
#include "correlate/state.h"

int64_t watermark_of(const struct correlate *c, const struct rule *rule) {
        if (c->frozen_at != WW_TIME_NONE && (c->blind || c->now < c->seen_from + rule->wait))
                return c->frozen_at - rule->wait;
        return c->now - rule->wait;
}

int64_t watermark_due(const struct correlate *c, const struct rule *rule, int64_t time) {
        if (!c->blind && c->frozen_at != WW_TIME_NONE && time < c->seen_from)
                time = c->seen_from;
        return time + rule->wait;
}

int64_t rule_horizon(const struct rule *rule) {
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
