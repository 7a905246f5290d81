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

struct run_list {
        struct run *first, **end;
};

struct runs {
        uint32_t n;
        struct run_list list[]; /* [i]: have taken i + 1 events */
};

static void list_put(struct run_list *l, struct run *run) {
        *(l->first ? l->end : &l->first) = run;
        l->end = &run->next;
        run->next = NULL;
}

static struct run *list_take(struct run_list *l, struct run **at) {
        struct run *run = *at;

        *at = run->next;
        if (l->end == &run->next)
                l->end = at;
        return run;
}

static int runs_put(const struct rule *rule, struct key *k, struct run *run) {
        if (!key_course(rule, k)->runs)
                key_course(rule, k)->runs = calloc(1,
                                                   sizeof *key_course(rule, k)->runs +
                                                           rule->sequence.n * sizeof *key_course(rule, k)->runs->list);
        if (!key_course(rule, k)->runs)
                return -ENOMEM;
        list_put(&key_course(rule, k)->runs->list[run_taken(run) - 1], run);
        key_course(rule, k)->runs->n++;
        return 0;
}

static void run_end(const struct rule *rule, struct key *k, struct run_list *l, struct run **at) {
        free(list_take(l, at));
        key_course(rule, k)->runs->n--;
}

void sequence_end(const struct rule *rule, struct key *k) {
        for (unsigned i = 0; key_course(rule, k)->runs && key_course(rule, k)->runs->n && i < rule->sequence.n; i++)
                while (key_course(rule, k)->runs->list[i].first)
                        run_end(rule, k, &key_course(rule, k)->runs->list[i],
                                &key_course(rule, k)->runs->list[i].first);
}

void sequence_free(const struct rule *rule, struct key *k) {
        sequence_end(rule, k);
        free(key_course(rule, k)->runs);
        key_course(rule, k)->runs = NULL;
}

/* true if runs of one list may have taken different parts, or read different events */
static bool apart(const struct rule *rule) {
        return rule->sequence.reads || (rule->guard && rule->sequence.mixed);
}

/* True if, where one run stays, so do those behind it. Where each has a fate of its own, the dead are looked for among
 * the living only when they keep newcomers out. */
static bool alike(const struct rule *rule, const struct key *k, unsigned n, uint16_t mask) {
        const struct rule_sequence *s = &rule->sequence;

        return !apart(rule) ||
               (!(mask & (s->want[n] | s->forbidden[n])) && key_course(rule, k)->runs->n < rule->limit_runs);
}

/* the event comes to the runs that have taken `n` */
static void list_meet(struct correlate *c, struct key *k, unsigned n, const struct entry *e, uint16_t mask) {
        const struct rule *rule = key_rule(c, k);
        struct run_list *l = &key_course(rule, k)->runs->list[n - 1];

        for (struct run **at = &l->first; *at;)
                switch (run_meet(c, k, *at, e, mask)) {
                case MEETING_STAYS:
                        if (alike(rule, k, n, mask))
                                return;
                        at = &(*at)->next;
                        break;
                case MEETING_TAKES:
                        list_put(l + 1, list_take(l, at));
                        break;
                case MEETING_DIES:
                        if (TRACED(c, k))
                                trace_run(c, k, *at, e);
                        run_end(rule, k, l, at);
                        break;
                }
}

/* of the runs that have taken everything the one that began first, or NULL */
static const struct run *completed(const struct rule *rule, const struct key *k) {
        const struct run *best = NULL;

        if (!key_course(rule, k)->runs || rule->sequence.forbidden[rule->sequence.n])
                return NULL;
        for (const struct run *run = key_course(rule, k)->runs->list[rule->sequence.n - 1].first; run; run = run->next)
                if (!best || order_compare(run->first, best->first) < 0)
                        best = run;
        return best;
}

/* ---- moving ---- */

static int complete(struct correlate *c, struct key *k, struct order at, struct order first, struct order last) {
        struct item item = { .at = at, .what = ITEM_MATCH, .first = first, .last = last };

        sequence_end(key_rule(c, k), k);
        return episode_item(c, k, &item);
}

static bool may_begin(const struct rule *rule, const struct key *k, const struct entry *e, bool live) {
        if (!live)
                return e->flags & ENTRY_RUN;
        return !rule->sequence.forbidden[0] || key_course(rule, k)->lead == WW_TIME_NONE ||
               e->at.time - key_course(rule, k)->lead >= rule->within;
}

static int begin(struct correlate *c, struct key *k, struct entry *e, uint16_t mask, bool live) {
        const struct rule *rule = key_rule(c, k);
        _cleanup_free_ struct run *run = NULL;
        int r;

        if (!(mask & rule->sequence.want[0]) || !may_begin(rule, k, e, live))
                return 0;
        run = run_new(rule, e->at);
        if (!run)
                return -ENOMEM;
        if (!run_may_take(c, k, run, e, mask) || !run_take(c, k, run, e, mask))
                return 0;
        if (live && key_course(rule, k)->runs && key_course(rule, k)->runs->n >= rule->limit_runs) {
                c->figures.refused++;
                c->meter.rules[k->rule].runs_refused++;
                return emit_limit(c, k->rule, LIMIT_RUNS);
        }
        e->flags |= ENTRY_RUN;
        if (rule->sequence.n == 1 && !rule->sequence.forbidden[1]) {
                e->flags |= ENTRY_ENDED;
                return live ? complete(c, k, e->at, e->at, e->at) : 0;
        }
        r = runs_put(rule, k, run);
        if (!r)
                run = NULL;
        return r;
}

int sequence_entry(struct correlate *c, struct key *k, struct entry *e, uint16_t mask, bool live) {
        const struct rule *rule = key_rule(c, k);
        const struct run *done;
        int r;

        if (live)
                e->flags &= (uint8_t) ~(ENTRY_RUN | ENTRY_ENDED | ENTRY_ENDED_LATER);
        /* from the end, so that no run meets the event twice */
        for (unsigned n = key_course(rule, k)->runs && key_course(rule, k)->runs->n ? rule->sequence.n : 0; n; n--)
                list_meet(c, k, n, e, mask);
        done = completed(rule, k);
        if (done && live) {
                e->flags |= ENTRY_ENDED;
                r = complete(c, k, e->at, done->first, e->at);
        } else {
                r = begin(c, k, e, mask, live);
        }
        if (!live && (done || (e->flags & ENTRY_ENDED)))
                sequence_end(rule, k);
        if (run_fits(c, k, NULL, e, mask & rule->sequence.forbidden[0]))
                key_course(rule, k)->lead = e->at.time;
        return r;
}

const struct run *sequence_farthest(const struct rule *rule, const struct key *k) {
        const struct runs *runs = key_course(rule, k)->runs;

        for (unsigned n = runs ? rule->sequence.n : 0; n; n--)
                if (runs->list[n - 1].first)
                        return runs->list[n - 1].first;
        return NULL;
}

void sequence_forget(const struct rule *rule, struct key *k, int64_t cut) {
        for (unsigned i = 0; key_course(rule, k)->runs && i < rule->sequence.n; i++)
                for (struct run **at = &key_course(rule, k)->runs->list[i].first; *at;)
                        if ((*at)->first.time <= cut)
                                run_end(rule, k, &key_course(rule, k)->runs->list[i], at);
                        else
                                at = &(*at)->next;
}

/* the run that waits behind its last step and is due first; of several the one that began first */
static const struct run *waiting(const struct correlate *c, const struct key *k) {
        const struct rule *rule = key_rule(c, k);
        const struct run *run = key_course(rule, k)->runs ? key_course(rule, k)->runs->list[rule->sequence.n - 1].first
                                                          : NULL,
                         *best = run;
        int64_t due = run ? run_deadline(c, rule, run) : WW_TIME_NEVER;

        if (!apart(rule))
                return best;
        for (; run; run = run->next) {
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
        return complete(c, k, order_deadline(time), run->first, run->last);
}

int sequence_events(const struct correlate *c, const struct key *k, const struct item *item,
                    void (*visit)(void *userdata, const struct entry *e, uint16_t as), void *userdata) {
        const struct rule *rule = key_rule(c, k);
        _cleanup_free_ struct run *run = run_new(rule, item->first);

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
        return 0;
}

void sequence_orders(const struct rule *rule, struct key *k, void (*visit)(void *userdata, struct order *at),
                     void *userdata) {
        struct runs *runs = key_course(rule, k)->runs;

        for (unsigned i = 0; runs && i < rule->sequence.n; i++)
                for (struct run *run = runs->list[i].first; run; run = run->next)
                        run_orders(rule, run, visit, userdata);
}

/* ---- snapshots ---- */

void sequence_save(const struct rule *rule, const struct key *k, struct buf *out) {
        buf_put_var(out, key_course(rule, k)->runs ? key_course(rule, k)->runs->n : 0);
        for (unsigned i = 0; key_course(rule, k)->runs && i < rule->sequence.n; i++)
                for (const struct run *run = key_course(rule, k)->runs->list[i].first; run; run = run->next)
                        run_save(rule, run, out);
}

int sequence_load(struct rd *in, const struct rule *rule, struct key *k) {
        uint64_t n = rd_var(in);
        int r = 0;

        if (in->failed || n > rd_left(in))
                return -EBADMSG;
        for (uint64_t i = 0; i < n && !r; i++) {
                _cleanup_free_ struct run *run = NULL;

                r = run_load(in, rule, &run);
                if (!r)
                        r = runs_put(rule, k, run);
                if (!r)
                        run = NULL;
        }
        return r;
}
