#include "command/replay_compare.h"

#include "base/buf.h"

#include <sys/queue.h>
#include <xxhash.h>

#define BUCKETS  (1u << 14)
#define WAIT_MAX 100000 /* of both sets together */
#define LOOK_MAX 1000   /* of one rule and key: the oldest are looked at */

struct waiting {
        TAILQ_ENTRY(waiting) all, alike; /* in order of their coming */
        struct waiting_list *bucket;
        bool other, ends;
        int64_t since;          /* journal time */
        struct ww_transition t; /* as far as a difference is told by it */
        char texts[];
};
TAILQ_HEAD(waiting_list, waiting);

struct replay_compare {
        int64_t near;
        int (*told)(void *userdata, const struct replay_difference *difference);
        void *userdata;
        struct waiting_list all, buckets[BUCKETS];
        size_t n;
        struct replay_compared result;
};

int replay_compare_new(struct replay_compare **ret, int64_t near,
                       int (*told)(void *userdata, const struct replay_difference *difference), void *userdata) {
        struct replay_compare *c = calloc(1, sizeof *c);

        if (!c)
                return -ENOMEM;
        c->near = near;
        c->told = told;
        c->userdata = userdata;
        TAILQ_INIT(&c->all);
        for (size_t i = 0; i < BUCKETS; i++)
                TAILQ_INIT(&c->buckets[i]);
        *ret = c;
        return 0;
}

static void waiting_free(struct replay_compare *c, struct waiting *w) {
        TAILQ_REMOVE(&c->all, w, all);
        TAILQ_REMOVE(w->bucket, w, alike);
        c->n--;
        free(w);
}

struct replay_compare *replay_compare_free(struct replay_compare *c) {
        if (!c)
                return NULL;
        while (!TAILQ_EMPTY(&c->all))
                waiting_free(c, TAILQ_FIRST(&c->all));
        free(c);
        return NULL;
}

/* ---- what is alike ---- */

/* how an episode begins, or ends; acts and timers of alarms follow from these */
static bool tells(const struct ww_transition *t, bool *ret_ends) {
        *ret_ends = t->cause == WW_CAUSE_CLEAR;
        return t->cause == WW_CAUSE_RAISE || t->cause == WW_CAUSE_CLEAR;
}

static struct waiting_list *bucket_of(struct replay_compare *c, const struct ww_transition *t) {
        uint64_t hash = XXH3_64bits_withSeed(t->alarm.key.p, t->alarm.key.n,
                                             XXH3_64bits(t->alarm.rule.p, t->alarm.rule.n));

        return &c->buckets[hash % BUCKETS];
}

static bool alike(const struct waiting *w, const struct ww_transition *t, bool ends) {
        return w->ends == ends && w->t.alarm.exercise == t->alarm.exercise &&
               ww_str_equal(w->t.alarm.rule, t->alarm.rule) && ww_str_equal(w->t.alarm.key, t->alarm.key);
}

static bool equal(const struct ww_transition *a, const struct ww_transition *b) {
        return a->time == b->time && a->alarm.priority == b->alarm.priority &&
               ww_str_equal(a->alarm.suppressed_by, b->alarm.suppressed_by);
}

static int64_t distance(const struct ww_transition *a, const struct ww_transition *b) {
        return a->time < b->time ? b->time - a->time : a->time - b->time;
}

/* ---- what waits ---- */

static struct ww_str put(char **to, struct ww_str text) {
        struct ww_str copy = { *to, text.n };

        if (text.n)
                memcpy(*to, text.p, text.n);
        *to += text.n;
        return copy;
}

/* What a difference is told by; the rest of the change is not kept: there may be many that wait. */
static int waiting_add(struct replay_compare *c, bool other, bool ends, const struct ww_transition *t) {
        const struct ww_alarm *a = &t->alarm;
        struct waiting *w = calloc(1, sizeof *w + a->rule.n + a->key.n + a->title.n + a->suppressed_by.n);
        char *texts = w ? w->texts : NULL;

        if (!w)
                return -ENOMEM;
        w->other = other;
        w->ends = ends;
        w->since = a->changed_at;
        w->t.cause = t->cause;
        w->t.time = t->time;
        w->t.alarm.exercise = a->exercise;
        w->t.alarm.priority = a->priority;
        w->t.alarm.hazard = a->hazard;
        w->t.alarm.rule = put(&texts, a->rule);
        w->t.alarm.key = put(&texts, a->key);
        w->t.alarm.title = put(&texts, a->title);
        w->t.alarm.suppressed_by = put(&texts, a->suppressed_by);
        w->bucket = bucket_of(c, t);
        TAILQ_INSERT_TAIL(&c->all, w, all);
        TAILQ_INSERT_TAIL(w->bucket, w, alike);
        c->n++;
        return 0;
}

static int tell(struct replay_compare *c, const struct waiting *first, const struct waiting *other) {
        struct replay_difference d = {
                .change = !first   ? REPLAY_APPEARS
                          : !other ? REPLAY_VANISHES
                                   : REPLAY_MOVED,
                .ends = first ? first->ends : other->ends,
                .now = first ? &first->t : NULL,
                .another = other ? &other->t : NULL,
        };

        if (!d.ends)
                c->result.alarms[d.change]++;
        else if (d.change == REPLAY_MOVED)
                c->result.ends++;
        /* an alarm that is not there does not end either: once is enough */
        return d.ends && d.change != REPLAY_MOVED ? 0 : c->told(c->userdata, &d);
}

static bool pair(const struct waiting *a, const struct waiting *b) {
        return a->other != b->other && alike(a, &b->t, b->ends);
}

/* true if another of w's set is nearer to `at` than w is */
static bool taken(const struct waiting *w, const struct waiting *at) {
        const struct waiting *x;
        size_t looked = 0;

        TAILQ_FOREACH(x, w->bucket, alike) {
                if (x != w && pair(x, at) && distance(&x->t, &at->t) < distance(&w->t, &at->t))
                        return true;
                if (++looked == LOOK_MAX)
                        break;
        }
        return false;
}

/* the nearest of the other set's, unless one of w's own has more right to it */
static struct waiting *nearest(const struct replay_compare *c, const struct waiting *w) {
        struct waiting *at, *best = NULL;
        size_t looked = 0;

        TAILQ_FOREACH(at, w->bucket, alike) {
                if (pair(w, at) && distance(&at->t, &w->t) < c->near &&
                    (!best || distance(&at->t, &w->t) < distance(&best->t, &w->t)) && !taken(w, at))
                        best = at;
                if (++looked == LOOK_MAX)
                        break;
        }
        return best;
}

/* the oldest has waited long enough */
static int judge(struct replay_compare *c) {
        struct waiting *w = TAILQ_FIRST(&c->all), *best = nearest(c, w);
        int r = tell(c, w->other ? best : w, w->other ? w : best);

        if (best)
                waiting_free(c, best);
        waiting_free(c, w);
        return r;
}

int replay_compare_until(struct replay_compare *c, int64_t time) {
        int r = 0;

        while (!r && !TAILQ_EMPTY(&c->all) && (time == WW_TIME_NEVER || TAILQ_FIRST(&c->all)->since < time - c->near))
                r = judge(c);
        return r;
}

int replay_compare_add(struct replay_compare *c, bool other, const struct ww_transition *t) {
        struct waiting *at;
        bool ends;
        int r = 0;

        if (!tells(t, &ends))
                return 0;
        TAILQ_FOREACH(at, bucket_of(c, t), alike) {
                if (at->other != other && alike(at, t, ends) && equal(&at->t, t)) {
                        c->result.alarms[REPLAY_SAME] += !ends;
                        waiting_free(c, at);
                        return 0;
                }
        }
        if (c->n >= WAIT_MAX) {
                c->result.crowded = true;
                r = judge(c);
        }
        return r ? r : waiting_add(c, other, ends, t);
}

void replay_compare_result(const struct replay_compare *c, struct replay_compared *ret) {
        *ret = c->result;
}
