/*
 * Thousands of random histories. A naive reference looks at the whole history for each answer; times lie on a grid, so
 * that Δ = W and equal times happen all the time. And every history is run twice, undisturbed and through a snapshot
 * at every event: the detections must be the same to the letter.
 *
 * The seed is printed; WARDWATCH_SEED repeats one.
 */
#include "harness.h"

#define EVENTS_MAX 48
#define KINDS      3
#define WINDOW     (10 * WW_SECOND)
#define WAIT       (2 * WW_SECOND)
#define BLIND_MAX  4

static uint64_t seed;

static uint64_t random_next(void) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed;
}

static uint64_t below(uint64_t n) {
        return random_next() % n;
}

struct sample {
        int64_t time, arrival;
        uint64_t seq;
        int kind; /* a, b, c */
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

static const char *const kinds[KINDS] = { "access.denied", "access.granted", "credential" };

static int by_arrival(const void *a, const void *b) {
        const struct sample *x = a, *y = b;

        return x->arrival != y->arrival ? (x->arrival > y->arrival ? 1 : -1) : (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_time(const void *a, const void *b) {
        const struct sample *x = a, *y = b;

        return x->time != y->time ? (x->time > y->time ? 1 : -1) : (x->seq > y->seq) - (x->seq < y->seq);
}

static void history_make(struct history *h, size_t most, bool disorder, int64_t delay_max) {
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
static void history_blind(struct history *h) {
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
static int64_t moved(const struct history *h, int64_t deadline) {
        for (size_t i = 0; i < h->n_blind; i++)
                if (deadline + WAIT > h->blind[i].from && deadline < h->blind[i].to + WAIT)
                        deadline = h->blind[i].to + WAIT;
        return deadline;
}

static void feed(struct harness *h, const struct sample *s) {
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

/* ---- the reference ---- */

static int count_in(const struct history *h, int kind, int64_t t, size_t upto) {
        int n = 0;

        for (size_t i = 0; i < upto; i++)
                n += h->all[i].kind == kind && h->all[i].time <= t && h->all[i].time > t - WINDOW;
        return n;
}

static int distinct_in(const struct history *h, int kind, int64_t t, size_t upto) {
        int n = 0;

        for (int v = 0; v < 4; v++)
                for (size_t i = 0; i < upto; i++)
                        if (h->all[i].kind == kind && h->all[i].value == v && h->all[i].time <= t &&
                            h->all[i].time > t - WINDOW) {
                                n++;
                                break;
                        }
        return n;
}

typedef bool (*condition)(const struct history *h, int64_t t, size_t upto);

static bool many(const struct history *h, int64_t t, size_t upto) {
        return count_in(h, 0, t, upto) >= 3;
}
static bool various(const struct history *h, int64_t t, size_t upto) {
        return distinct_in(h, 0, t, upto) >= 2 || count_in(h, 1, t, upto) >= 3;
}
static bool unanswered(const struct history *h, int64_t t, size_t upto) {
        return count_in(h, 0, t, upto) > count_in(h, 1, t, upto) && !(distinct_in(h, 2, t, upto) >= 2);
}

static void print_edge(struct buf *out, const char *what, int64_t t) {
        char span[32];

        span_format(t - T0, span);
        buf_printf(out, "%s %s r  high\n", what, span);
}

static void look(const struct history *h, condition c, int64_t t, size_t upto, bool *level, struct buf *out) {
        bool now = c(h, t, upto);

        if (now != *level)
                print_edge(out, now ? "raise" : "clear", t);
        *level = now;
}

/* looks at every instant at which anything can change: each event, and each one's leaving */
static void reference_when(const struct history *h, condition c, struct buf *out) {
        int64_t last = WW_TIME_NONE;
        bool level = false;

        for (size_t i = 0; i <= h->n; i++) {
                int64_t to = i < h->n ? h->all[i].time : INT64_MAX;

                for (;;) { /* leavings in (last, to] */
                        int64_t next = INT64_MAX;

                        for (size_t j = 0; j < i; j++) {
                                int64_t leaves = h->all[j].time + WINDOW;

                                if (leaves > last && leaves <= to && leaves < next)
                                        next = leaves;
                        }
                        if (next == INT64_MAX)
                                break;
                        last = next;
                        look(h, c, next, i, &level, out);
                }
                if (i == h->n)
                        break;
                look(h, c, to, i + 1, &level, out);
        }
}

/* ---- sequences ---- */

#define STEPS_MAX 4
#define PARTS_MAX 4

/* a sequence as it is written, and as it is meant: masks of kinds */
struct shape {
        char text[128];
        int step[STEPS_MAX][PARTS_MAX], n_parts[STEPS_MAX], n;
        int forbidden[STEPS_MAX + 1]; /* before step i; [n] behind the last */
        int64_t gap;                  /* 0 = none */
        int reader;                   /* this kind's badge is compared with the newest `a` that was taken; 0 = none */
        bool same;                    /* … has to be the same, else a different one */
        bool used[KINDS];
};

static int kind_read(struct shape *s, const char *word) {
        int kind = word[0] - 'a';

        assert_true(kind >= 0 && kind < KINDS && !word[1]);
        s->used[kind] = true;
        return 1 << kind;
}

static void step_read(struct shape *s, char *text) {
        char *save = NULL, *word = strtok_r(text, " ", &save);
        bool negated = strcmp(word, "not") == 0, or = false;
        int *n = &s->n_parts[s->n], times = 1;

        for (word = negated ? strtok_r(NULL, " ", &save) : word; word; word = strtok_r(NULL, " ", &save)) {
                if (word[0] >= '0' && word[0] <= '9') {
                        times = atoi(word);
                } else if (strcmp(word, "or") == 0 || strcmp(word, "and") == 0) {
                        or = word[0] == 'o';
                        times = 1;
                } else if (negated) {
                        s->forbidden[s->n] |= kind_read(s, word);
                } else {
                        int kind = kind_read(s, word);

                        for (int i = 0; or &&i < *n; i++)
                                s->step[s->n][i] |= kind;
                        for (int i = 0; ! or &&i < times; i++)
                                s->step[s->n][(*n)++] = kind;
                }
        }
        s->n += !negated;
}

static void shape_read(struct shape *s) {
        char copy[128], *save = NULL;

        snprintf(copy, sizeof copy, "%s", s->text);
        for (char *step = strtok_r(copy, "[],", &save); step; step = strtok_r(NULL, "[],", &save))
                step_read(s, step);
}

static const char *const fixed[] = {
        "[a, b]",
        "[a, a, b]",
        "[a, not c, b]",
        "[not c, a, b]",
        "[not c, a, not c, b]",
        "[a, b, not c]",
        "[not b, a]",
        "[a, not c]",
        "[3 a]",
        "[a and b and c]",
        "[2 a, not c, 2 b or c]",
        "[not c, a and b, not c, 2 a, not b]",
        "[not a, 2 b and c, not a]",
};

static void step_make(char *out, size_t n) {
        char first = (char)('a' + below(KINDS)), second = (char)('a' + below(KINDS));

        switch (below(5)) {
        case 0:
                snprintf(out, n, "%d %c", 1 + (int)below(3), first);
                break;
        case 1:
                snprintf(out, n, "%d %c or %c", 1 + (int)below(3), first, second);
                break;
        case 2:
                snprintf(out, n, "%c and %c", first, second);
                break;
        case 3:
                snprintf(out, n, "2 %c and %c", first, second);
                break;
        default:
                snprintf(out, n, "%c", first);
        }
}

static void shape_make(struct shape *s) {
        size_t steps = 1 + below(3), at = 1;

        strcpy(s->text, "[");
        for (size_t i = 0; i <= steps; i++) {
                char step[32];

                if (!below(3))
                        at += (size_t)snprintf(s->text + at, sizeof s->text - at, "not %c, ",
                                               (int)('a' + below(KINDS)));
                step_make(step, sizeof step);
                if (i < steps)
                        at += (size_t)snprintf(s->text + at, sizeof s->text - at, "%s, ", step);
        }
        strcpy(s->text + at - 2, "]");
        s->gap = below(2) ? 0 : (int64_t)(2 + below(6)) * WW_SECOND;
        s->reader = (int)below(KINDS);
        s->same = below(2);
}

struct outcome {
        bool fires;
        struct sample first, last; /* last: of a deadline, seq 0 */
        struct sample taken[STEPS_MAX * PARTS_MAX];
        int n_taken;
};

static bool fits(const struct shape *s, const struct outcome *o, const struct sample *e, int mask) {
        if (!(mask & (1 << e->kind)) || !s->reader || e->kind != s->reader)
                return mask & (1 << e->kind);
        for (int i = o->n_taken; i--;)
                if (o->taken[i].kind == 0)
                        return (o->taken[i].value == e->value) == s->same;
        return false;
}

/* true if it takes a part of the step */
static bool step_take(const struct shape *s, struct outcome *o, int step, unsigned *taken, const struct sample *e) {
        for (int i = 0; i < s->n_parts[step]; i++)
                if (!(*taken & (1u << i)) && fits(s, o, e, s->step[step][i])) {
                        *taken |= 1u << i;
                        o->taken[o->n_taken++] = *e;
                        return true;
                }
        return false;
}

static int64_t run_end(const struct history *h, const struct shape *s, const struct outcome *o, int step) {
        int64_t end = o->first.time + WINDOW, last = o->taken[o->n_taken - 1].time;

        if (s->gap && last + s->gap < end)
                end = last + s->gap;
        return step == s->n ? moved(h, end) : end;
}

/* what becomes of the run that begins at event i, alone */
static struct outcome run_alone(const struct history *h, const struct shape *s, size_t i) {
        struct outcome o = { .first = h->all[i] };
        unsigned taken = 0;
        int step = 0;

        for (size_t j = 0; j < i; j++)
                if (fits(s, &o, &h->all[j], s->forbidden[0]) && h->all[j].time > h->all[i].time - WINDOW)
                        return o;
        for (size_t j = i; j < h->n; j++) {
                const struct sample *e = &h->all[j];

                if (j > i && e->time >= run_end(h, s, &o, step))
                        break;
                if (step < s->n && step_take(s, &o, step, &taken, e)) {
                        if (taken + 1 == 1u << s->n_parts[step]) {
                                step++;
                                taken = 0;
                        }
                        if (step == s->n && !s->forbidden[step])
                                break;
                } else if (j == i || (!taken && fits(s, &o, e, s->forbidden[step]))) {
                        return o;
                }
        }
        o.fires = step == s->n;
        if (o.fires)
                o.last = s->forbidden[step] ? (struct sample){ .time = run_end(h, s, &o, step) }
                                            : o.taken[o.n_taken - 1];
        return o;
}

static void print_outcome(struct buf *out, const struct outcome *o, bool first) {
        char span[32];

        span_format(o->last.time - T0, span);
        buf_printf(out, "%s %s r  high", first ? "raise" : "again", span);
        for (int i = 0; i < o->n_taken; i++) {
                span_format(o->taken[i].time - T0, span);
                buf_printf(out, " %c@%s", "abc"[o->taken[i].kind], span);
        }
        buf_puts(out, "\n");
}

/* the earliest completion ends every run that had begun by then; then the next of those that begin later */
static void reference_sequence(const struct history *h, const struct shape *s, struct buf *out) {
        struct sample after = { .time = WW_TIME_NONE };

        for (;;) {
                struct outcome best = { 0 };

                for (size_t i = 0; i < h->n; i++) {
                        struct outcome o = run_alone(h, s, i);

                        if (!o.fires || by_time(&o.first, &after) <= 0)
                                continue;
                        if (!best.fires || by_time(&o.last, &best.last) < 0)
                                best = o;
                }
                if (!best.fires)
                        return;
                print_outcome(out, &best, !out->n);
                after = best.last;
        }
}

/* `expect: b, after: a, for: WINDOW`: a level from the first deadline that passes until the next answer */
static void reference_after(const struct history *h, struct buf *out) {
        size_t anchor = 0; /* those before it are answered or have passed */
        bool level = false;

        for (size_t i = 0; i <= h->n; i++) {
                int64_t to = i < h->n ? h->all[i].time : INT64_MAX;

                for (; anchor < i; anchor++) {
                        int64_t deadline = moved(h, h->all[anchor].time + WINDOW);

                        if (h->all[anchor].kind != 0)
                                continue;
                        if (deadline > to)
                                break;
                        print_edge(out, level ? "again" : "raise", deadline);
                        level = true;
                }
                if (i == h->n || h->all[i].kind != 1)
                        continue;
                if (level)
                        print_edge(out, "clear", to);
                level = false;
                anchor = i;
        }
}

/* ---- comparing ---- */

static void snapshot(struct harness *h) {
        _cleanup_buf_ struct buf state = BUF_INIT;
        struct rd in;

        assert_int_equal(correlate_save(h->correlate, &state), 0);
        correlate_free(h->correlate);
        h->correlate = NULL;
        assert_int_equal(correlate_new(&h->correlate, h->rules, T0, harness_sink, h), 0);
        in = rd_init(buf_str(&state));
        assert_int_equal(correlate_load(h->correlate, &in), 0);
        assert_int_equal(rd_left(&in), 0);
}

/* the beginnings and ends of blindness up to `until`; *at = how many have been */
static void play_blind(struct harness *h, const struct history *history, size_t *at, int64_t until, bool snapshots) {
        for (; *at < history->n_blind * 2; ++*at) {
                bool begins = *at % 2 == 0;
                int64_t t = begins ? history->blind[*at / 2].from : history->blind[*at / 2].to;

                if (t > until)
                        return;
                assert_int_equal(correlate_time(h->correlate, t), 0);
                assert_int_equal(correlate_blind(h->correlate, begins, t), 0);
                if (snapshots)
                        snapshot(h);
        }
}

static void play(struct harness *h, const struct history *history, bool snapshots) {
        int64_t end = history->all[history->n - 1].arrival;
        size_t blind = 0;

        for (size_t i = 0; i < history->n; i++) {
                play_blind(h, history, &blind, history->all[i].arrival, snapshots);
                feed(h, &history->all[i]);
                if (snapshots)
                        snapshot(h);
        }
        play_blind(h, history, &blind, INT64_MAX, snapshots);
        if (history->n_blind && history->blind[history->n_blind - 1].to > end)
                end = history->blind[history->n_blind - 1].to;
        for (int i = 0; i < 60; i++)
                assert_int_equal(correlate_time(h->correlate, end + i * WW_SECOND), 0);
}

static void tell(const struct history *h, uint64_t from) {
        print_message("seed %" PRIu64 "\n", from);
        for (size_t i = 0; i < h->n; i++)
                print_message("  %" PRId64 " %c badge=%d at %" PRId64 "\n", h->all[i].time - T0, "abc"[h->all[i].kind],
                              h -> all[i].value, h->all[i].arrival - T0);
        for (size_t i = 0; i < h->n_blind; i++)
                print_message("  blind %" PRId64 " to %" PRId64 "\n", h->blind[i].from - T0, h->blind[i].to - T0);
}

static void strip(struct buf *out, const char *prefix) {
        size_t n = strlen(prefix), to = 0;

        for (size_t i = 0; i < out->n;) {
                size_t end = i;

                while (out->p[end++] != '\n')
                        ;
                if (memcmp(out->p + i, prefix, n) != 0) {
                        memmove(out->p + to, out->p + i, end - i);
                        to += end - i;
                }
                i = end;
        }
        out->n = to;
}

static void compare(const struct history *h, uint64_t from, struct buf *want, struct buf *got, const char *what) {
        if (ww_str_equal(buf_str(want), buf_str(got)))
                return;
        tell(h, from);
        printf("%s: expected\n%.*sgot\n%.*s", what, WW_STR_ARG(buf_str(want)), WW_STR_ARG(buf_str(got)));
        fail();
}

static void against_reference(const char *rules, const char *what, bool disorder, condition c) {
        _cleanup_buf_ struct buf want = BUF_INIT;
        struct history history;
        struct harness h;
        uint64_t from = seed;

        history_make(&history, EVENTS_MAX, disorder, 1900 * WW_MSEC);
        if (!c && below(2))
                history_blind(&history);
        harness_init(&h, rules);
        play(&h, &history, false);
        qsort(history.all, history.n, sizeof *history.all, by_time);
        if (c) {
                reference_when(&history, c, &want);
                strip(&h.out, "again");
        } else {
                reference_after(&history, &want);
        }
        compare(&history, from, &want, &h.out, what);
        harness_deinit(&h);
}

static void test_when(void **state) {
        static const struct {
                const char *when, *select;
                condition c;
                bool patient;
        } rows[] = {
                { "count(a) >= 3", "{a: {kind: access.denied}}", many, false },
                { "distinct(a.badge) >= 2 or count(b) >= 3", "{a: {kind: access.denied}, b: {kind: access.granted}}",
                  various, false },
                { "count(a) > count(b) and not distinct(c.badge) >= 2",
                  "{a: {kind: access.denied}, b: {kind: access.granted}, c: {kind: credential}}", unanswered, true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                for (int n = 0; n < 400; n++) {
                        char rules[512];

                        snprintf(rules, sizeof rules,
                                 "- rule: r\n  select: %s\n  within: 10s\n  when: %s\n"
                                 "  raise: {hazard: theft, priority: high}\n",
                                 rows[i].select, rows[i].when);
                        against_reference(rules, rows[i].when, rows[i].patient && n % 2, rows[i].c);
                }
}

static void shape_rules(const struct shape *s, struct buf *out) {
        buf_puts(out, "- rule: r\n  select:\n");
        for (int i = 0; i < KINDS; i++) {
                if (!s->used[i])
                        continue;
                buf_printf(out, "    %c: {kind: %s", "abc"[i], kinds[i]);
                if (s->reader && s->reader == i)
                        buf_printf(out, ", where: %c.badge %s a.badge", "abc"[i], s -> same ? "==" : "!=");
                buf_puts(out, "}\n");
        }
        buf_printf(out, "  within: 10s\n  sequence: %s\n", s->text);
        if (s->gap)
                buf_printf(out, "  gap: %ds\n", (int)(s->gap / WW_SECOND));
        buf_puts(out, "  raise: {hazard: theft, priority: high}\n");
        buf_put_u8(out, 0);
}

/* `a` may have been taken before the reader comes: else its `where` is refused */
static bool readable(const struct shape *s) {
        bool seen = false;

        for (int i = 0; i <= s->n; i++) {
                if (s->forbidden[i] & (1 << s->reader))
                        return seen;
                for (int j = 0; i < s->n && j < s->n_parts[i]; j++)
                        seen = seen || (s->step[i][j] & 1);
                for (int j = 0; i < s->n && j < s->n_parts[i]; j++)
                        if (s->step[i][j] & (1 << s->reader))
                                return seen;
        }
        return false;
}

/* What is decided on arrival may, in disorder, be told of an event that another one comes before; but that there is an
 * alarm, or none, is the same. */
static void shape_play(struct shape *s, bool disorder, bool snapshots) {
        _cleanup_buf_ struct buf rules = BUF_INIT, want = BUF_INIT;
        struct history history;
        struct harness h;
        uint64_t from = seed;

        shape_read(s);
        if (!readable(s))
                s->reader = 0;
        shape_rules(s, &rules);
        history_make(&history, below(2) ? EVENTS_MAX : 10, disorder, 1900 * WW_MSEC);
        if (below(2))
                history_blind(&history);
        harness_init(&h, (const char *)rules.p);
        h.evidence = true;
        play(&h, &history, snapshots);
        qsort(history.all, history.n, sizeof *history.all, by_time);
        reference_sequence(&history, s, &want);
        if (disorder && h.rules->rules[0].positive && want.n && h.out.n)
                want.n = h.out.n = 0;
        compare(&history, from, &want, &h.out, (const char *)rules.p);
        harness_deinit(&h);
}

static void test_sequence(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
                for (int n = 0; n < 200; n++) {
                        struct shape s = { .gap = n % 4 / 2 * 4 * WW_SECOND };

                        snprintf(s.text, sizeof s.text, "%s", fixed[i]);
                        shape_play(&s, n % 2, false);
                }
}

/* any sequence that can be written */
static void test_shapes(void **state) {
        (void)state;
        for (int n = 0; n < 4000; n++) {
                struct shape s = { .n = 0 };

                shape_make(&s);
                shape_play(&s, n % 2, n % 4 < 2);
        }
}

static void test_after(void **state) {
        static const char rules[] =
                "- rule: r\n  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n  after: a\n  expect: b\n"
                "  for: 10s\n  raise: {hazard: theft, priority: high}\n";

        (void)state;
        for (int n = 0; n < 600; n++)
                against_reference(rules, "after", n % 2, NULL);
}

/* many rules at once, disorder and late events: through a snapshot at every event, and undisturbed */
static void test_snapshots(void **state) {
        static const char rules[] =
                "- rule: a-count\n  select: {a: {kind: access.denied}}\n  by: badge\n  within: 10s\n  when: count(a) "
                ">= 2\n"
                "  clear: {quiet: 4s}\n  raise: {hazard: theft, priority: high}\n"
                "- rule: b-distinct\n  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n  within: 10s\n"
                "  when: distinct(a.badge) > count(b)\n  regrade: [{if: count(a) >= 4, priority: critical}]\n"
                "  raise: {hazard: theft, priority: high}\n"
                "- rule: c-hold\n  select: {a: {kind: access.denied}}\n  within: 10s\n  when: count(a) >= 2\n  hold: "
                "5s\n"
                "  raise: {hazard: theft, priority: high}\n"
                "- rule: d-sequence\n"
                "  select:\n    a: {kind: access.denied}\n    b: {kind: access.granted, where: b.badge != a.badge}\n"
                "    c: {kind: credential}\n"
                "  sequence: [not c, a, not c, b, not c]\n  within: 10s\n  gap: 6s\n  raise: {hazard: theft, priority: "
                "high}\n"
                "- rule: e-after\n  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n  by: badge\n  "
                "after: a\n"
                "  expect: b\n  for: 7s\n  raise: {hazard: theft, priority: high}\n"
                "- rule: f-each\n  select: {b: {kind: access.granted}}\n  each: assets(controller)\n  expect: b\n  "
                "for: 9s\n"
                "  raise: {hazard: theft, priority: high}\n"
                "- rule: g-plain\n  title: Badge {badge} at {device}\n  select: {c: {kind: credential}}\n  clear: "
                "{quiet: 5s}\n"
                "  raise: {hazard: theft, priority: high}\n"
                "- rule: h-clear\n  select: {c: {kind: credential}, b: {kind: access.granted}}\n  clear: b\n"
                "  raise: {hazard: theft, priority: high}\n"
                "- rule: i-capped\n  select: {c: {kind: credential}, a: {kind: access.denied}}\n  by: badge\n  within: "
                "10s\n"
                "  when: count(c) + count(a) >= 3\n  limits: {keys: 2, events: 4}\n  raise: {hazard: theft, priority: "
                "high}\n";

        (void)state;
        for (int n = 0; n < 400; n++) {
                struct history history;
                struct harness plain, saved;
                uint64_t from = seed;

                history_make(&history, EVENTS_MAX, n % 2, n % 4 == 1 ? 1900 * WW_MSEC : 15 * WW_SECOND);
                if (n % 3 == 0)
                        history_blind(&history);
                harness_init(&plain, rules);
                harness_init(&saved, rules);
                plain.evidence = saved.evidence = plain.titles = saved.titles = true;
                play(&plain, &history, false);
                play(&saved, &history, true);
                compare(&history, from, &plain.out, &saved.out, "snapshot");
                harness_deinit(&plain);
                harness_deinit(&saved);
        }
}

static const char *const states[] = { "door.opened", "door.closed", "smoke.detected", "smoke.cleared" };
static const char *const devices[] = { "d1", "d2", "smoke1", "smoke2" };

/* levels of several devices, with disorder and late events */
static void test_level_snapshots(void **state) {
        static const char rules[] =
                "- rule: a-any\n  select: {o: {kind: door.opened}}\n  by: ward\n  raise: {hazard: theft, priority: "
                "high}\n"
                "- rule: b-held\n  select: {o: {kind: door.opened}}\n  by: device\n  hold: 5s\n"
                "  raise: {hazard: theft, priority: high}\n"
                "- rule: c-two\n  select: {d: {kind: [smoke.detected, door.opened]}}\n  by: ward\n  within: 10s\n"
                "  when: distinct(d.device) >= 2\n  clear: {quiet: 3s}\n"
                "  raise: {hazard: fire, class: fire, priority: high}\n"
                "- rule: d-then\n  select: {o: {kind: door.opened}, d: {kind: smoke.detected}}\n  by: ward\n"
                "  sequence: [o, not d, o]\n  within: 10s\n  raise: {hazard: fire, class: fire, priority: high}\n"
                "- rule: e-clear\n  select: {o: {kind: door.opened}, d: {kind: smoke.detected}}\n  by: ward\n  clear: "
                "d\n"
                "  raise: {hazard: fire, class: fire, priority: high}\n";

        (void)state;
        for (int n = 0; n < 400; n++) {
                _cleanup_buf_ struct buf story = BUF_INIT;
                struct harness plain, saved;
                uint64_t from = seed;
                int64_t t = 0;

                harness_init(&plain, rules);
                harness_init(&saved, rules);
                plain.evidence = saved.evidence = true;
                for (int i = 0; i < 40; i++) {
                        char row[128], copy[128];
                        _cleanup_buf_ struct buf bytes = BUF_INIT;
                        size_t k = below(4);
                        int64_t back = n % 3 == 1 ? (int64_t)below(3) * (WW_SECOND - 1)
                                       : n % 3    ? (int64_t)below(5) * WW_SECOND
                                                  : 0;
                        struct rd in;

                        t += (int64_t)below(3) * WW_SECOND;
                        snprintf(row, sizeof row, "%" PRId64 "us %s %s at %" PRId64 "us", t > back ? t - back : t,
                                 states[k], devices[(k / 2) * 2 + below(2)], t);
                        buf_printf(&story, "%s\n", row);
                        strcpy(copy, row);
                        harness_row(&plain, row);
                        harness_row(&saved, copy);
                        assert_int_equal(correlate_save(saved.correlate, &bytes), 0);
                        correlate_free(saved.correlate);
                        saved.correlate = NULL;
                        assert_int_equal(correlate_new(&saved.correlate, saved.rules, T0, harness_sink, &saved), 0);
                        in = rd_init(buf_str(&bytes));
                        assert_int_equal(correlate_load(saved.correlate, &in), 0);
                }
                for (int i = 0; i < 60; i++) {
                        assert_int_equal(correlate_time(plain.correlate, T0 + t + i * WW_SECOND), 0);
                        assert_int_equal(correlate_time(saved.correlate, T0 + t + i * WW_SECOND), 0);
                }
                if (!ww_str_equal(buf_str(&plain.out), buf_str(&saved.out)))
                        printf("seed %" PRIu64 "\n%.*sundisturbed\n%.*sthrough snapshots\n%.*s", from,
                               WW_STR_ARG(buf_str(&story)), WW_STR_ARG(buf_str(&plain.out)),
                               WW_STR_ARG(buf_str(&saved.out)));
                assert_true(ww_str_equal(buf_str(&plain.out), buf_str(&saved.out)));
                harness_deinit(&plain);
                harness_deinit(&saved);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_when),  cmocka_unit_test(test_sequence),  cmocka_unit_test(test_shapes),
                cmocka_unit_test(test_after), cmocka_unit_test(test_snapshots), cmocka_unit_test(test_level_snapshots),
        };
        const char *given = getenv("WARDWATCH_SEED");

        seed = given ? strtoull(given, NULL, 10) : 88172645463325252u;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
