/*
 * Sequences. A run begins at each event that a part of the first step takes, and takes for each further part the next
 * event that fits (skip till next match); the parts of one step in any order, an event the first that it fits of those
 * not yet taken. A run dies when a forbidden event lies strictly between two of its steps, when last − first would
 * reach `within`, or when `gap` passes between two of its events. With a forbidden event behind the last step a run
 * that has taken all of them waits for its deadline, the earlier of first + `within` and last + `gap`.
 *
 * A completion ends every run of the key, and of those that complete together the earliest first event tells it. The
 * completing event begins no run of its own.
 *
 * Runs stand in lists, one for each number of events taken; an event looks only into those whose next part or whose
 * forbidden aliases it fits. Unless a `where` reads another event (or a guard keeps some of several different parts
 * from being taken), all runs of a list have taken the same parts: of two runs the one that began earlier has always
 * taken what the other has, and maybe more. So an event that one of the list takes, or dies of, does the same to all,
 * and each run is touched as often as it has parts. They stand in the order in which they began and in which they will
 * die of `within` or `gap`: the dead are at the front.
 *
 *     [a, b, c]      list 1: a4 a5      list 2: a1,b3 a2,b3      c completes list 2, a1 tells it; b moves list 1
 *
 * What a run has taken is not kept, but for what a `where` reads: to tell it, the run goes over the log once more.
 */
#include "correlate/trace.h"

static struct run *run_at(const struct correlate *c, uint32_t number) {
        return pool_at(c->pool, number);
}

static void list_put(const struct correlate *c, struct run_list *l, struct run *run) {
        uint32_t number = pool_number(run);

        run->next = POOL_NONE;
        if (l->last)
                run_at(c, l->last)->next = number;
        else
                l->first = number;
        l->last = number;
}

/* `before`: the one in front of it, NULL if it is the first */
static void list_take(struct run_list *l, struct run *before, const struct run *run) {
        *(before ? &before->next : &l->first) = run->next;
        if (!run->next)
                l->last = pool_number(before);
}

static void runs_put(const struct correlate *c, const struct rule *rule, struct key *k, struct run *run) {
        struct course *course = key_course(rule, k);

        list_put(c, &course->list[run_taken(run) - 1], run);
        course->n++;
}

static void run_end(const struct correlate *c, const struct rule *rule, struct key *k, struct run_list *l,
                    struct run *before, struct run *run) {
        list_take(l, before, run);
        run_free(c, rule, run);
        key_course(rule, k)->n--;
}

void sequence_end(const struct correlate *c, const struct rule *rule, struct key *k) {
        struct course *course = key_course(rule, k);

        for (unsigned i = 0; course->n && i < rule->sequence.n; i++)
                while (course->list[i].first)
                        run_end(c, rule, k, &course->list[i], NULL, run_at(c, course->list[i].first));
}

/* true if runs of one list may have taken different parts, or read different events */
static bool apart(const struct rule *rule) {
        return rule->sequence.reads || (rule->guard && rule->sequence.mixed);
}

/* True if, where one run stays, so do those behind it. Where each has a fate of its own, the dead are looked for among
 * the living only when they keep newcomers out. */
static bool alike(const struct rule *rule, const struct key *k, unsigned n, uint16_t mask) {
        const struct rule_sequence *s = &rule->sequence;

        return !apart(rule) || (!(mask & (s->want[n] | s->forbidden[n])) && key_course(rule, k)->n < rule->limit_runs);
}

/* the event comes to the runs that have taken `n` */
static void list_meet(struct correlate *c, struct key *k, unsigned n, const struct entry *e, uint16_t mask) {
        const struct rule *rule = key_rule(c, k);
        struct run_list *l = &key_course(rule, k)->list[n - 1];
        struct run *before = NULL, *next;

        for (struct run *run = run_at(c, l->first); run; run = next) {
                next = run_at(c, run->next);
                switch (run_meet(c, k, run, e, mask)) {
                case MEETING_STAYS:
                        if (alike(rule, k, n, mask))
                                return;
                        before = run;
                        break;
                case MEETING_TAKES:
                        list_take(l, before, run);
                        list_put(c, l + 1, run);
                        break;
                case MEETING_DIES:
                        if (TRACED(c, k))
                                trace_run(c, k, run, e);
                        run_end(c, rule, k, l, before, run);
                        break;
                }
        }
}

/* of the runs that have taken everything the one that began first, or NULL */
static const struct run *completed(const struct correlate *c, const struct rule *rule, const struct key *k) {
        const struct run *best = NULL;

        if (rule->sequence.forbidden[rule->sequence.n])
                return NULL;
        for (const struct run *run = run_at(c, key_course(rule, k)->list[rule->sequence.n - 1].first); run;
             run = run_at(c, run->next))
                if (!best || order_compare(run->first, best->first) < 0)
                        best = run;
        return best;
}

/* ---- moving ---- */

static int complete(struct correlate *c, struct key *k, struct order at, struct order first, struct order last) {
        struct item item = { .at = at, .what = ITEM_MATCH, .first = first, .last = last };

        sequence_end(c, key_rule(c, k), k);
        return episode_item(c, k, &item);
}

static bool may_begin(const struct rule *rule, const struct key *k, const struct entry *e, bool live) {
        if (!live)
                return e->flags & ENTRY_RUN;
        return !rule->sequence.forbidden[0] || key_course(rule, k)->lead == WW_TIME_NONE ||
               e->at.time - key_course(rule, k)->lead >= rule->within;
}

enum { BEGIN_NOT, BEGIN_RUN };

/* What becomes of a run that has taken its first event: BEGIN_RUN, BEGIN_NOT, -errno. */
static int admit(struct correlate *c, struct key *k, struct entry *e, bool live) {
        const struct rule *rule = key_rule(c, k);

        if (live && key_course(rule, k)->n >= rule->limit_runs) {
                c->figures.refused++;
                c->meter.rules[k->rule].runs_refused++;
                return emit_limit(c, k->rule, LIMIT_RUNS);
        }
        e->flags |= ENTRY_RUN;
        if (rule->sequence.n > 1 || rule->sequence.forbidden[1])
                return BEGIN_RUN;
        e->flags |= ENTRY_ENDED;
        return live ? complete(c, k, e->at, e->at, e->at) : BEGIN_NOT;
}

static int begin(struct correlate *c, struct key *k, struct entry *e, uint16_t mask, bool live) {
        const struct rule *rule = key_rule(c, k);
        struct run *run;
        int r;

        if (!(mask & rule->sequence.want[0]) || !may_begin(rule, k, e, live))
                return 0;
        run = run_new(c, rule, e->at);
        if (!run)
                return -ENOMEM;
        r = run_may_take(c, k, run, e, mask) && run_take(c, k, run, e, mask) ? admit(c, k, e, live) : BEGIN_NOT;
        if (r == BEGIN_RUN)
                runs_put(c, rule, k, run);
        else
                run_free(c, rule, run);
        return r < 0 ? r : 0;
}

int sequence_entry(struct correlate *c, struct key *k, struct entry *e, uint16_t mask, bool live) {
        const struct rule *rule = key_rule(c, k);
        const struct run *done;
        int r;

        if (live)
                e->flags &= (uint8_t) ~(ENTRY_RUN | ENTRY_ENDED | ENTRY_ENDED_LATER);
        /* from the end, so that no run meets the event twice */
        for (unsigned n = key_course(rule, k)->n ? rule->sequence.n : 0; n; n--)
                list_meet(c, k, n, e, mask);
        done = completed(c, rule, k);
        if (done && live) {
                e->flags |= ENTRY_ENDED;
                r = complete(c, k, e->at, done->first, e->at);
        } else {
                r = begin(c, k, e, mask, live);
        }
        if (!live && (done || (e->flags & ENTRY_ENDED)))
                sequence_end(c, rule, k);
        if (run_fits(c, k, NULL, e, mask & rule->sequence.forbidden[0]))
                key_course(rule, k)->lead = e->at.time;
        return r;
}

const struct run *sequence_farthest(const struct correlate *c, const struct rule *rule, const struct key *k) {
        const struct course *course = key_course(rule, k);

        for (unsigned n = rule->sequence.n; n; n--)
                if (course->list[n - 1].first)
                        return run_at(c, course->list[n - 1].first);
        return NULL;
}

void sequence_forget(const struct correlate *c, const struct rule *rule, struct key *k, int64_t cut) {
        for (unsigned i = 0; i < rule->sequence.n; i++) {
                struct run_list *l = &key_course(rule, k)->list[i];
                struct run *before = NULL, *next;

                for (struct run *run = run_at(c, l->first); run; run = next) {
                        next = run_at(c, run->next);
                        if (run->first.time <= cut)
                                run_end(c, rule, k, l, before, run);
                        else
                                before = run;
                }
        }
}

/* the run that waits behind its last step and is due first; of several the one that began first */
static const struct run *waiting(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        const struct run *run = run_at(c, key_course(rule, k)->list[rule->sequence.n - 1].first), *best = run;
        int64_t due = run ? run_deadline(c, rule, run) : WW_TIME_NEVER;

        if (!apart(rule))
                return best;
        for (; run; run = run_at(c, run->next)) {
                int64_t time = run_deadline(c, rule, run);

                if (time < due || (time == due && order_compare(run->first, best->first) < 0)) {
                        best = run;
                        due = time;
                }
        }
        return best;
}

int64_t sequence_next(const struct correlate *c, const struct key *k) {
        const struct run *run = waiting(c, k);

        return run ? run_deadline(c, key_rule(c, k), run) : WW_TIME_NEVER;
}

int sequence_deadline(struct correlate *c, struct key *k, int64_t time) {
        const struct rule *rule = key_rule(c, k);
        const struct run *run = waiting(c, k);

        if (!run)
                return 0;
        if (k->n_swept) {
                struct entry *last = log_entry(rule, k, k->n_swept - 1);

                last->flags |= ENTRY_ENDED_LATER;
                last->since = time;
        }
        return complete(c, k, order_deadline(time), run->first, run_last(rule, run));
}

int sequence_events(const struct correlate *c, const struct key *k, const struct item *item,
                    void (*visit)(void *userdata, const struct entry *e, uint16_t as), void *userdata) {
        const struct rule *rule = key_rule(c, k);
        struct run *run = run_new(c, rule, item->first);

        if (!run)
                return -ENOMEM;
        for (size_t i = log_place(rule, k, item->first); i < k->n_swept && run_taken(run) < rule->sequence.n; i++) {
                const struct entry *e = log_entry(rule, k, i);
                int behind = order_compare(e->at, item->last);
                uint16_t as;

                if (behind > 0)
                        break;
                if (behind && run_taken(run) + 1 == rule->sequence.n)
                        continue; /* the guard was false */
                as = run_take(c, k, run, e, entry_begun(rule, e));
                if (as)
                        visit(userdata, e, as);
        }
        run_free(c, rule, run);
        return 0;
}

void sequence_orders(const struct correlate *c, const struct rule *rule, struct key *k,
                     void (*visit)(void *userdata, struct order *at), void *userdata) {
        for (unsigned i = 0; i < rule->sequence.n; i++)
                for (struct run *run = run_at(c, key_course(rule, k)->list[i].first); run; run = run_at(c, run->next))
                        run_orders(rule, run, visit, userdata);
}

/* ---- snapshots ---- */

void sequence_save(const struct correlate *c, const struct rule *rule, const struct key *k, struct buf *out) {
        const struct course *course = key_course(rule, k);

        buf_put_var(out, course->n);
        for (unsigned i = 0; i < rule->sequence.n; i++)
                for (const struct run *run = run_at(c, course->list[i].first); run; run = run_at(c, run->next))
                        run_save(rule, run, out);
}

int sequence_load(const struct correlate *c, struct rd *in, const struct rule *rule, struct key *k) {
        uint64_t n = rd_var(in);
        int r = 0;

        if (in->failed || n > rd_left(in))
                return -EBADMSG;
        for (uint64_t i = 0; i < n && !r; i++) {
                struct run *run;

                r = run_load(c, in, rule, &run);
                if (!r)
                        runs_put(c, rule, k, run);
        }
        return r;
}
