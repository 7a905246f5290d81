#pragma once
/* Random histories: made, played into a rule set, and told when an answer is wrong. */
#include "harness.h"

#define EVENTS_MAX 48
#define KINDS      3
#define WINDOW     (10 * WW_SECOND)
#define WAIT       (2 * WW_SECOND)
#define BLIND_MAX  4

static uint64_t seed;

static inline uint64_t random_next(void) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed;
}

static inline uint64_t below(uint64_t n) {
        return random_next() % n;
}

struct sample {
        int64_t time, arrival;
        uint64_t seq;
        int kind; /* a, b, c; a shape's guard opens, closes */
        int value;
};

struct history {
        struct sample all[EVENTS_MAX];
        size_t n;
        struct {
                int64_t from, to;
        } blind[BLIND_MAX];
        size_t n_blind;
};

static const char *const kinds[KINDS + 2] = { "access.denied", "access.granted", "credential", "door.opened",
                                              "door.closed" };

static inline int by_arrival(const void *a, const void *b) {
        const struct sample *x = a, *y = b;

        return x->arrival != y->arrival ? (x->arrival > y->arrival ? 1 : -1) : (x->seq > y->seq) - (x->seq < y->seq);
}

static inline int by_time(const void *a, const void *b) {
        const struct sample *x = a, *y = b;

        return x->time != y->time ? (x->time > y->time ? 1 : -1) : (x->seq > y->seq) - (x->seq < y->seq);
}

static inline void history_make(struct history *h, size_t most, bool disorder, int64_t delay_max) {
        int64_t t = T0;

        h->n = 4 + below(most - 4);
        h->n_blind = 0;
        for (size_t i = 0; i < h->n; i++) {
                t += (int64_t)below(4) * WW_SECOND;
                if (!below(8))
                        t += below(2) ? 1 : WW_SECOND - 1;
                h->all[i] =
                        (struct sample){ .time = t, .arrival = t, .kind = (int)below(KINDS), .value = (int)below(4) };
                if (disorder)
                        h->all[i].arrival += (int64_t)below((uint64_t)(delay_max / WW_MSEC)) * WW_MSEC;
        }
        qsort(h->all, h->n, sizeof *h->all, by_arrival);
        for (size_t i = 0; i < h->n; i++)
                h->all[i].seq = i + 1;
}

/* without intake for a while, now and then; ends and deadlines often meet */
static inline void history_blind(struct history *h) {
        int64_t t = T0;

        for (h->n_blind = 0; h->n_blind < BLIND_MAX; h->n_blind++) {
                t += (int64_t)below(20) * WW_SECOND + (int64_t)below(3) - 1;
                t = t < T0 ? T0 : t;
                h->blind[h->n_blind].from = t;
                t += (int64_t)below(15) * WW_SECOND + (below(4) ? 0 : 1);
                h->blind[h->n_blind].to = t;
        }
}

/* where the deadline of an absence stands: as long as it is undecided when a blindness begins, it moves */
static inline int64_t moved(const struct history *h, int64_t deadline) {
        for (size_t i = 0; i < h->n_blind; i++)
                if (deadline + WAIT > h->blind[i].from && deadline < h->blind[i].to + WAIT)
                        deadline = h->blind[i].to + WAIT;
        return deadline;
}

static inline void feed(struct harness *h, const struct sample *s) {
        char value[8];
        struct ww_attr attr = { .name = WW_STR("badge"), .symbol = symtab_find(h->symbols, WW_STR("badge")) };
        struct ww_event e = { .time = s->time,
                              .received = s->arrival,
                              .seq = s->seq,
                              .kind = ww_str(kinds[s->kind]),
                              .device = WW_STR("r") };

        snprintf(value, sizeof value, "%d", s->value);
        attr.value = ww_string(ww_str(value));
        e.attrs = &attr;
        e.n_attrs = 1;
        harness_event_finish(h, &e);
        assert_int_equal(correlate_time(h->correlate, s->arrival), 0);
        assert_int_equal(correlate_event(h->correlate, &e), 0);
}

/* the beginnings and ends of blindness up to `until`; *at = how many have been */
static inline void play_blind(struct harness *h, const struct history *history, size_t *at, int64_t until,
                              bool snapshots) {
        for (; *at < history->n_blind * 2; ++*at) {
                bool begins = *at % 2 == 0;
                int64_t t = begins ? history->blind[*at / 2].from : history->blind[*at / 2].to;

                if (t > until)
                        return;
                assert_int_equal(correlate_time(h->correlate, t), 0);
                assert_int_equal(correlate_blind(h->correlate, begins, t), 0);
                if (snapshots)
                        harness_snapshot(h);
        }
}

static inline void play(struct harness *h, const struct history *history, bool snapshots) {
        int64_t end = history->all[history->n - 1].arrival;
        size_t blind = 0;

        for (size_t i = 0; i < history->n; i++) {
                play_blind(h, history, &blind, history->all[i].arrival, snapshots);
                feed(h, &history->all[i]);
                if (snapshots)
                        harness_snapshot(h);
        }
        play_blind(h, history, &blind, INT64_MAX, snapshots);
        if (history->n_blind && history->blind[history->n_blind - 1].to > end)
                end = history->blind[history->n_blind - 1].to;
        for (int i = 0; i < 60; i++)
                assert_int_equal(correlate_time(h->correlate, end + i * WW_SECOND), 0);
}

static inline void tell(const struct history *h, uint64_t from) {
        print_message("seed %" PRIu64 "\n", from);
        for (size_t i = 0; i < h->n; i++)
                print_message("  %" PRId64 " %c badge=%d at %" PRId64 "\n", h->all[i].time - T0,
                              "abcOC"[h->all[i].kind], h -> all[i].value, h->all[i].arrival - T0);
        for (size_t i = 0; i < h->n_blind; i++)
                print_message("  blind %" PRId64 " to %" PRId64 "\n", h->blind[i].from - T0, h->blind[i].to - T0);
}

static inline void compare(const struct history *h, uint64_t from, struct buf *want, struct buf *got,
                           const char *what) {
        if (ww_str_equal(buf_str(want), buf_str(got)))
                return;
        tell(h, from);
        printf("%s: expected\n%.*sgot\n%.*s", what, WW_STR_ARG(buf_str(want)), WW_STR_ARG(buf_str(got)));
        fail();
}

static inline void history_seed(void) {
        const char *given = getenv("WARDWATCH_SEED");

        seed = given ? strtoull(given, NULL, 10) : 88172645463325252u;
}
