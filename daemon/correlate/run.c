#include "correlate/run.h"

static size_t n_reads(const struct rule *rule) {
        return (size_t)__builtin_popcount(rule->sequence.reads);
}

static bool keeps_last(const struct rule *rule) {
        return rule->gap || rule->sequence.forbidden[rule->sequence.n];
}

static size_t run_bytes(const struct rule *rule) {
        return sizeof(struct run) + (keeps_last(rule) + n_reads(rule)) * sizeof(struct order);
}

struct run *run_new(const struct correlate *c, const struct rule *rule, struct order first) {
        struct run *run = pool_take(c->pool, run_bytes(rule));

        if (!run)
                return NULL;
        memset(run, 0, run_bytes(rule));
        run->first = first;
        if (keeps_last(rule))
                run->more[0] = first;
        return run;
}

void run_free(const struct correlate *c, const struct rule *rule, struct run *run) {
        pool_give(c->pool, run, run_bytes(rule));
}

struct order run_last(const struct rule *rule, const struct run *run) {
        return keeps_last(rule) ? run->more[0] : run->first;
}

int64_t run_deadline(const struct correlate *c, const struct rule *rule, const struct run *run) {
        int64_t end = run->first.time + rule->within;

        if (rule->gap && run_last(rule, run).time + rule->gap < end)
                end = run_last(rule, run).time + rule->gap;
        return run_taken(run) == rule->sequence.n ? watermark_absence(c, rule, end) : end;
}

struct cross_env {
        const struct correlate *c;
        const struct key *key;
        const struct run *run; /* NULL: none yet */
        const struct entry *own;
        uint32_t alias;
};

/* where in run->more the alias has its place */
static size_t read_place(const struct rule *rule, uint32_t alias) {
        return keeps_last(rule) + (size_t)__builtin_popcount(rule->sequence.reads & ((1u << alias) - 1));
}

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
        const struct entry *e = env->own;

        if (sub != env->alias)
                e = env->run ? log_find(rule, env->key, env->run->more[read_place(rule, sub)]) : NULL;
        return e ? captured_value(env->c, &e->captures[slot]) : ww_missing();
}

static bool cross_list_has(void *userdata, uint32_t list, struct ww_str member) {
        const struct cross_env *env = userdata;

        return standing_list_has(env->c->standing, list, member, env->own->at.time);
}

static struct ww_value cross_call(void *userdata, uint32_t slot, uint32_t sub, const struct ww_value *args, size_t n) {
        const struct cross_env *env = userdata;

        return field_call((enum field_call)slot, env->c->rules->site, args);
}

static bool cross_holds(struct cross_env *env) {
        _cleanup_arena_ struct arena scratch = ARENA_INIT;
        struct expr_env e = {
                .userdata = env, .load = cross_load, .call = cross_call, .list_has = cross_list_has, .arena = &scratch
        };

        return expr_true(key_rule(env->c, env->key)->aliases[env->alias].cross, &e);
}

uint16_t run_fits(const struct correlate *c, const struct key *k, const struct run *run, const struct entry *e,
                  uint16_t mask) {
        uint32_t left = mask & key_rule(c, k)->sequence.crossed;
        uint16_t fit = mask & (uint16_t)~left;

        for (; left; left &= left - 1) {
                struct cross_env env = { c, k, run, e, (uint32_t)__builtin_ctz(left) };

                if (cross_holds(&env))
                        fit |= (uint16_t)(1u << env.alias);
        }
        return fit;
}

/* the parts of the step that is to be taken, without those that are */
static uint64_t parts_left(const struct rule_sequence *s, const struct run *run) {
        return ~run->taken & (UINT64_MAX >> (64 - s->end[run_taken(run)]));
}

uint16_t run_take(const struct correlate *c, const struct key *k, struct run *run, const struct entry *e,
                  uint16_t mask) {
        const struct rule *rule = key_rule(c, k);
        const struct rule_sequence *s = &rule->sequence;
        uint64_t left = mask & s->want[run_taken(run)] ? parts_left(s, run) : 0;
        uint16_t as = 0;

        while (left && !(as = run_fits(c, k, run, e, mask & s->part[__builtin_ctzll(left)])))
                left &= left - 1;
        if (!as)
                return 0;
        run->taken |= left & -left;
        if (keeps_last(rule))
                run->more[0] = e->at;
        for (uint32_t read = as & s->reads; read; read &= read - 1)
                run->more[read_place(rule, (uint32_t)__builtin_ctz(read))] = e->at;
        return as;
}

bool run_may_take(const struct correlate *c, const struct key *k, const struct run *run, const struct entry *e,
                  uint16_t mask) {
        const struct rule_sequence *s = &key_rule(c, k)->sequence;
        unsigned n = run_taken(run);

        return (mask & s->want[n]) && (n + 1 < s->n || guard_true(c, k, e->at.time));
}

enum meeting run_meet(const struct correlate *c, const struct key *k, struct run *run, const struct entry *e,
                      uint16_t mask) {
        const struct rule *rule = key_rule(c, k);

        if (e->at.time >= run_deadline(c, rule, run))
                return MEETING_DIES;
        if (run_may_take(c, k, run, e, mask) && run_take(c, k, run, e, mask))
                return MEETING_TAKES;
        return run_fits(c, k, run, e, mask & rule->sequence.forbidden[run_taken(run)]) ? MEETING_DIES : MEETING_STAYS;
}

/* ---- snapshots ---- */

void run_orders(const struct rule *rule, struct run *run, void (*visit)(void *userdata, struct order *at),
                void *userdata) {
        visit(userdata, &run->first);
        for (size_t i = 0; i < keeps_last(rule) + n_reads(rule); i++)
                visit(userdata, &run->more[i]);
}

void run_save(const struct rule *rule, const struct run *run, struct buf *out) {
        buf_put_var(out, run->taken);
        order_save(out, run->first);
        order_save(out, run_last(rule, run));
        buf_put_var(out, n_reads(rule));
        for (size_t i = 0; i < n_reads(rule); i++)
                order_save(out, run->more[keeps_last(rule) + i]);
}

/* a run as it was saved, whatever its rule keeps of it */
struct saved_run {
        uint64_t taken, n_reads;
        struct order first, last, read[RULE_ALIASES_MAX];
};

static int run_read(struct rd *in, struct saved_run *saved) {
        saved->taken = rd_var(in);
        saved->first = order_load(in);
        saved->last = order_load(in);
        saved->n_reads = rd_var(in);
        if (in->failed || saved->n_reads > RULE_ALIASES_MAX)
                return -EBADMSG;
        for (uint64_t i = 0; i < saved->n_reads; i++)
                saved->read[i] = order_load(in);
        return in->failed ? -EBADMSG : 0;
}

static bool run_valid(const struct rule *rule, const struct saved_run *saved) {
        const struct rule_sequence *s = &rule->sequence;

        return s->n && saved->taken && !(saved->taken & ~(UINT64_MAX >> (64 - s->n))) &&
               saved->n_reads == n_reads(rule) &&
               ((unsigned)__builtin_popcountll(saved->taken) < s->n || s->forbidden[s->n]);
}

int run_load(const struct correlate *c, struct rd *in, const struct rule *rule, struct run **ret) {
        struct saved_run saved;
        struct run *run;
        int r = run_read(in, &saved);

        if (r)
                return r;
        if (!run_valid(rule, &saved))
                return -EBADMSG;
        run = run_new(c, rule, saved.first);
        if (!run)
                return -ENOMEM;
        run->taken = saved.taken;
        if (keeps_last(rule))
                run->more[0] = saved.last;
        memcpy(run->more + keeps_last(rule), saved.read, n_reads(rule) * sizeof *saved.read);
        *ret = run;
        return 0;
}
