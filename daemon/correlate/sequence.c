/*
 * Sequences. A run begins at each event that can take the first step, and takes for each further step the next event
 * that fits (skip till next match). A run dies when a forbidden event lies strictly between two of its steps, when
 * last − first would reach `within`, or when a step lets `gap` pass. With a forbidden event behind the last step a run
 * that has taken all of them waits for its deadline, the earlier of first + `within` and last + `gap`.
 *
 * A completion ends every run of the key, and of those that complete together the earliest first event tells it. The
 * completing event begins no run of its own.
 */
#include "correlate/state.h"

static size_t run_size(const struct rule *rule) {
        return sizeof(struct run) + rule->sequence.n * sizeof(struct order);
}

static struct run *run_at(const struct rule *rule, const struct key *k, size_t i) {
        return (struct run *)(void *)((uint8_t *)k->extra->runs + i * run_size(rule));
}

static void run_remove(const struct rule *rule, struct key *k, size_t i) {
        memmove(run_at(rule, k, i), run_at(rule, k, i + 1), (k->extra->n_runs - i - 1) * run_size(rule));
        k->extra->n_runs--;
}

static struct run *run_add(const struct rule *rule, struct key *k) {
        struct run *runs;

        if (!(k->extra->n_runs & (k->extra->n_runs - 1))) { /* full at 0 and at each power of two */
                runs = realloc(k->extra->runs, (k->extra->n_runs ? k->extra->n_runs * 2u : 1u) * run_size(rule));
                if (!runs)
                        return NULL;
                k->extra->runs = runs;
        }
        return run_at(rule, k, k->extra->n_runs++);
}

/* when a run dies, or, having taken all steps, completes: that is an absence, and blindness moves it */
static int64_t run_deadline(const struct correlate *c, const struct rule *rule, const struct run *run) {
        int64_t end = run->taken[0].time + rule->within;

        if (rule->gap && run->taken[run->step - 1].time + rule->gap < end)
                end = run->taken[run->step - 1].time + rule->gap;
        return run->step == rule->sequence.n ? watermark_absence(c, rule, end) : end;
}

struct cross_env {
        const struct correlate *c;
        const struct key *key;
        const struct run *run;
        const struct entry *own;
        uint32_t alias;
};

static struct ww_value captured_value(const struct correlate *c, const struct captured *v) {
        switch (v->type) {
        case WW_BOOL:
                return ww_bool(v->boolean);
        case WW_NUMBER:
                return ww_number(v->number);
        case WW_STRING:
                return ww_string(texts_text(c->texts, v->text));
        case WW_TIME:
                return ww_instant(v->usec);
        case WW_SPAN:
                return ww_span(v->usec);
        case WW_MISSING:
        case WW_NULL:
                return ww_missing();
        }
        return ww_missing();
}

static struct ww_value cross_load(void *userdata, uint32_t slot, uint32_t sub) {
        const struct cross_env *env = userdata;
        const struct rule *rule = key_rule(env->c, env->key);

        if (sub == env->alias)
                return captured_value(env->c, &env->own->captures[slot]);
        for (size_t i = env->run ? env->run->step : 0; i--;) {
                const struct entry *e = log_find(rule, env->key, env->run->taken[i]);

                if (e && (rule->sequence.step[i] & e->on & (1u << sub)))
                        return captured_value(env->c, &e->captures[slot]);
        }
        return ww_missing();
}

static bool cross_list_has(void *userdata, uint32_t list, struct ww_str member) {
        const struct cross_env *env = userdata;

        return site_list_has(env->c->rules->site, list, member);
}

/* the aliases of `mask` whose `where` holds for this run */
static bool fits(const struct correlate *c, const struct key *k, const struct run *run, const struct entry *e,
                 uint16_t mask) {
        const struct rule *rule = key_rule(c, k);

        for (uint32_t i = 0; i < rule->n_aliases; i++) {
                struct cross_env userdata = { c, k, run, e, i };
                struct arena scratch = ARENA_INIT;
                struct expr_env env = {
                        .userdata = &userdata, .load = cross_load, .list_has = cross_list_has, .arena = &scratch
                };
                bool ok;

                if (!(mask & (1u << i)))
                        continue;
                ok = !rule->aliases[i].cross || expr_true(rule->aliases[i].cross, &env);
                arena_deinit(&scratch);
                if (ok)
                        return true;
        }
        return false;
}

static int complete(struct correlate *c, struct key *k, const struct run *run, struct order at) {
        const struct rule *rule = key_rule(c, k);
        struct item item = { .at = at, .what = ITEM_MATCH, .n_steps = rule->sequence.n };

        memcpy(item.steps, run->taken, rule->sequence.n * sizeof *item.steps);
        k->extra->n_runs = 0;
        return episode_item(c, k, &item);
}

/* true if the run lives on */
static bool run_take(struct correlate *c, struct key *k, struct run *run, const struct entry *e, uint16_t mask) {
        const struct rule_sequence *s = &key_rule(c, k)->sequence;

        if (e->at.time >= run_deadline(c, key_rule(c, k), run))
                return false;
        if (run->step < s->n && fits(c, k, run, e, mask & s->step[run->step])) {
                run->taken[run->step++] = e->at;
                return true;
        }
        return !fits(c, k, run, e, mask & s->forbidden[run->step]);
}

/* takes the event in every run; the first that is complete, or NULL */
static struct run *runs_take(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask) {
        const struct rule *rule = key_rule(c, k);
        struct run *done = NULL;

        for (size_t i = 0; i < k->extra->n_runs;) {
                struct run *run = run_at(rule, k, i);

                if (!run_take(c, k, run, e, mask)) {
                        run_remove(rule, k, i);
                        continue;
                }
                if (!done && run->step == rule->sequence.n && !rule->sequence.forbidden[run->step])
                        done = run; /* runs stand in the order of their first events; none before it is removed now */
                i++;
        }
        return done;
}

static bool may_begin(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask, bool live) {
        const struct rule *rule = key_rule(c, k);

        if (!live)
                return e->flags & ENTRY_RUN;
        if (!fits(c, k, NULL, e, mask & rule->sequence.step[0]))
                return false;
        return !rule->sequence.forbidden[0] || k->extra->lead == WW_TIME_NONE ||
               e->at.time - k->extra->lead >= rule->within;
}

static int begin(struct correlate *c, struct key *k, struct entry *e, bool live) {
        const struct rule *rule = key_rule(c, k);
        struct run *run;

        if (k->extra->n_runs >= rule->limit_runs && live) {
                c->figures.refused++;
                return emit_limit(c, k->rule, LIMIT_RUNS);
        }
        run = run_add(rule, k);
        if (!run)
                return -ENOMEM;
        run->step = 1;
        run->taken[0] = e->at;
        e->flags |= ENTRY_RUN;
        if (rule->sequence.n > 1 || rule->sequence.forbidden[1] || !live)
                return 0;
        e->flags |= ENTRY_ENDED;
        return complete(c, k, run, e->at);
}

int sequence_entry(struct correlate *c, struct key *k, struct entry *e, uint16_t mask, bool live) {
        const struct rule *rule = key_rule(c, k);
        struct run *done;
        int r = 0;

        if (live)
                e->flags &= (uint8_t) ~(ENTRY_RUN | ENTRY_ENDED | ENTRY_ENDED_LATER);
        done = runs_take(c, k, e, mask);
        if (done && live) {
                e->flags |= ENTRY_ENDED;
                r = complete(c, k, done, e->at);
        } else if (may_begin(c, k, e, mask, live)) {
                r = begin(c, k, e, live);
        }
        if (!live && (done || (e->flags & ENTRY_ENDED)))
                k->extra->n_runs = 0;
        if (fits(c, k, NULL, e, mask & rule->sequence.forbidden[0]))
                k->extra->lead = e->at.time;
        return r;
}

void sequence_forget(const struct rule *rule, struct key *k, int64_t cut) {
        for (size_t i = 0; i < k->extra->n_runs;)
                if (run_at(rule, k, i)->taken[0].time <= cut)
                        run_remove(rule, k, i);
                else
                        i++;
}

/* the run that waits behind its last step and is due first: the one with the earliest first event */
static struct run *waiting(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        struct run *best = NULL;

        for (size_t i = 0; i < k->extra->n_runs && rule->sequence.forbidden[rule->sequence.n]; i++) {
                struct run *run = run_at(rule, k, i);

                if (run->step == rule->sequence.n &&
                    (!best || run_deadline(c, rule, run) < run_deadline(c, rule, best)))
                        best = run;
        }
        return best;
}

int64_t sequence_next(const struct correlate *c, const struct key *k) {
        const struct run *run = waiting(c, k);

        return run ? run_deadline(c, key_rule(c, k), run) : WW_TIME_NEVER;
}

int sequence_deadline(struct correlate *c, struct key *k, int64_t time) {
        const struct rule *rule = key_rule(c, k);
        struct run *run = waiting(c, k);

        if (!run)
                return 0;
        if (k->n_swept) {
                struct entry *last = log_entry(rule, k, k->n_swept - 1);

                last->flags |= ENTRY_ENDED_LATER;
                last->since = time;
        }
        return complete(c, k, run, order_deadline(time));
}

/* ---- snapshots ---- */

void sequence_save(const struct rule *rule, const struct key *k, struct buf *out) {
        buf_put_var(out, k->extra->n_runs);
        for (size_t i = 0; i < k->extra->n_runs; i++) {
                const struct run *run = run_at(rule, k, i);

                buf_put_var(out, run->step);
                for (size_t j = 0; j < run->step; j++)
                        order_save(out, run->taken[j]);
        }
}

static int run_load(struct rd *in, const struct rule *rule, struct key *k) {
        uint64_t step = rd_var(in);
        struct order taken[RULE_STEPS_MAX];
        struct run *run;

        if (in->failed || !step || step > (k ? rule->sequence.n : RULE_STEPS_MAX))
                return -EBADMSG;
        for (size_t i = 0; i < step; i++)
                taken[i] = order_load(in);
        if (in->failed || !k)
                return in->failed ? -EBADMSG : 0;
        run = run_add(rule, k);
        if (!run)
                return -ENOMEM;
        run->step = (uint32_t)step;
        memcpy(run->taken, taken, step * sizeof *taken);
        return 0;
}

int sequence_load(struct rd *in, const struct rule *rule, struct key *k) {
        uint64_t n = rd_var(in);
        int r = 0;

        if (in->failed || n > UINT16_MAX || n > rd_left(in))
                return -EBADMSG;
        for (size_t i = 0; i < n && !r; i++)
                r = run_load(in, rule, k);
        return r;
}
