/*
 * Guards (`while`), read as of a moment of event time: state selections of the key itself, schedules of the site,
 * modes, and whether another rule's episode is open for what the two keys have in common.
 *
 * Modes and episodes change while the sweep of a key may be ahead of them; both remember their last changes, so that
 * the sweep can ask for any moment that is not decided yet, and finds each change as a deadline (guard_next). Whoever
 * changes one calls apply_guard for the keys that it concerns.
 */
#include "correlate/state.h"

struct guard_env {
        const struct correlate *c;
        const struct key *key;
        int64_t time;
};

/* ---- other rules' episodes ---- */

/* equal on the parts that both keys have */
static bool shares(const struct correlate *c, const struct guard *g, const struct key *own, const struct key *other) {
        if ((own->flags ^ other->flags) & KEY_EXERCISE)
                return false;
        for (size_t i = 0; i < key_rule(c, other)->n_key; i++)
                if (g->part[i] >= 0 && !ww_str_equal(key_part_raw(key_text(c, other), i),
                                                     key_part_raw(key_text(c, own), (size_t)g->part[i])))
                        return false;
        return true;
}

/* the other rule's key, where it has no part that ours has not */
static struct key *other_key(const struct correlate *c, const struct guard *g, const struct key *own) {
        const struct rule *rule = &c->rules->rules[g->index];
        _cleanup_buf_ struct buf text = BUF_INIT;

        for (size_t i = 0; i < rule->n_key; i++) {
                struct ww_str value = key_part_raw(key_text(c, own), (size_t)g->part[i]);

                if (i)
                        buf_put_u8(&text, ',');
                buf_put(&text, rule->key_names[i].p, rule->key_names[i].n);
                buf_put(&text, value.p, value.n);
        }
        return text.error ? NULL : key_find(c, g->index, own->flags & KEY_EXERCISE, buf_str(&text));
}

static bool alarm_open(const struct correlate *c, const struct guard *g, const struct key *own, int64_t time) {
        const struct key *k;

        if (g->whole) {
                k = other_key(c, g, own);
                return k && spells_open(k, time);
        }
        for (k = rule_first(c, g->index); k; k = key_next(c, k))
                if (k->base && shares(c, g, own, k) && spells_open(k, time))
                        return true;
        return false;
}

static int64_t alarm_next(const struct correlate *c, const struct guard *g, const struct key *own, int64_t after) {
        int64_t next = WW_TIME_NEVER;
        const struct key *k;

        if (g->whole) {
                k = other_key(c, g, own);
                return k ? spells_next(k, after) : next;
        }
        for (k = rule_first(c, g->index); k; k = key_next(c, k))
                if (k->base && shares(c, g, own, k))
                        next = time_earlier(spells_next(k, after), next);
        return next;
}

/* ---- reading ---- */

static struct ww_value guard_load(void *userdata, uint32_t slot, uint32_t sub) {
        const struct guard_env *e = userdata;

        return ww_bool(span_any(e->key, (uint16_t)(1u << sub)));
}

static bool guard_value(const struct correlate *c, const struct key *k, const struct guard *g, int64_t time) {
        switch (g->kind) {
        case GUARD_SCHEDULE:
                return site_schedule_open(c->rules->site, g->index, time);
        case GUARD_MODE:
                return standing_mode(c->standing, g->index, time);
        case GUARD_ALARM:
                return alarm_open(c, g, k, time);
        }
        return false;
}

static struct ww_value guard_call(void *userdata, uint32_t slot, uint32_t sub, const struct ww_value *args, size_t n) {
        const struct guard_env *e = userdata;

        return ww_bool(guard_value(e->c, e->key, &key_rule(e->c, e->key)->guards[sub], e->time));
}

bool guard_true(const struct correlate *c, const struct key *k, int64_t time) {
        struct guard_env userdata = { c, k, time };
        struct expr_env env = { .userdata = &userdata, .load = guard_load, .call = guard_call };

        return !key_rule(c, k)->guard || expr_true(key_rule(c, k)->guard, &env);
}

int64_t guard_next(const struct correlate *c, const struct key *k, int64_t after) {
        const struct rule *rule = key_rule(c, k);
        int64_t next = WW_TIME_NEVER;

        for (size_t i = 0; i < rule->n_guards; i++) {
                const struct guard *g = &rule->guards[i];
                int64_t time = g->kind == GUARD_SCHEDULE ? site_schedule_edge(c->rules->site, g->index, after)
                               : g->kind == GUARD_MODE   ? standing_mode_next(c->standing, g->index, after)
                                                         : alarm_next(c, g, k, after);

                next = time_earlier(time, next);
        }
        return next;
}

/* ---- changes ---- */

int guard_mode_changed(struct correlate *c, uint32_t mode, int64_t time) {
        int r = 0;

        for (size_t i = 0; i < c->rules->n; i++) {
                const struct rule *rule = &c->rules->rules[i];
                bool reads = false;

                for (size_t j = 0; j < rule->n_guards; j++)
                        reads = reads || (rule->guards[j].kind == GUARD_MODE && rule->guards[j].index == mode);
                for (struct key *k = reads ? rule_first(c, i) : NULL; k && !r; k = key_next(c, k))
                        r = apply_guard(c, k, time);
        }
        return r;
}

static int reader_changed(struct correlate *c, uint32_t reader, const struct guard *g, const struct key *other,
                          int64_t time) {
        int r = 0;

        for (struct key *k = rule_first(c, reader); k && !r; k = key_next(c, k))
                if (shares(c, g, k, other))
                        r = apply_guard(c, k, time);
        return r;
}

int guard_alarm_changed(struct correlate *c, const struct key *other, int64_t time) {
        int r = 0;

        for (size_t i = 0; i < key_rule(c, other)->n_askers && !r; i++) {
                uint32_t asker = key_rule(c, other)->askers[i];
                const struct rule *rule = &c->rules->rules[asker];

                for (size_t j = 0; j < rule->n_guards && !r; j++)
                        if (rule->guards[j].kind == GUARD_ALARM && rule->guards[j].index == other->rule)
                                r = reader_changed(c, asker, &rule->guards[j], other, time);
        }
        return r;
}

void guard_print(const struct correlate *c, const struct key *k, int64_t time, struct buf *out) {
        static const char *const names[] = { "schedule", "mode", "alarm" };
        const struct rule *rule = key_rule(c, k);

        for (uint32_t i = 0; i < rule->n_aliases; i++)
                if (rule->guard_mask & (1u << i))
                        buf_printf(out, "%s%.*s: %s", out->n ? "; " : "", WW_STR_ARG(rule->aliases[i].alias),
                                   span_any(k, (uint16_t)(1u << i)) ? "yes" : "no");
        for (size_t i = 0; i < rule->n_guards; i++) {
                const struct guard *g = &rule->guards[i];

                buf_printf(out, "%s%s(%.*s): %s", out->n ? "; " : "", names[g->kind], WW_STR_ARG(g->name),
                           guard_value(c, k, g, time) ? "yes" : "no");
        }
}
