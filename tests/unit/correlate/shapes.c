/*
 * Sequences of every shape over random histories, against a naive reference that follows each run alone. See random.c.
 */
#include "history.h"

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
        bool guarded; /* the last event counts only while the door is open */
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
        s->guarded = !below(3);
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

static bool open_at(const struct history *h, const struct sample *e) {
        bool open = false;

        for (const struct sample *p = h->all; p < e; p++)
                open = p->kind < KINDS ? open : p->kind == KINDS;
        return open;
}

/* true if it takes a part of the step */
static bool step_take(const struct history *h, const struct shape *s, struct outcome *o, int step, unsigned *taken,
                      const struct sample *e) {
        bool last = step == s->n - 1 && __builtin_popcount(*taken) == s->n_parts[step] - 1;

        if (last && s->guarded && !open_at(h, e))
                return false;
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
                if (step < s->n && step_take(h, s, &o, step, &taken, e)) {
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
        if (s->guarded)
                buf_puts(out, "    o: {kind: door.opened}\n  while: o\n");
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
        for (size_t i = 0; i < history.n && s->guarded; i++)
                if (!below(4))
                        history.all[i].kind = KINDS + (int)below(2);
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

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sequence),
                cmocka_unit_test(test_shapes),
        };

        history_seed();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
