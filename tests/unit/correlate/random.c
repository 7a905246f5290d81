/*
 * Thousands of random histories. A naive reference looks at the whole history for each answer; times lie on a grid, so
 * that Δ = W and equal times happen all the time. And every history is run twice, undisturbed and through a snapshot
 * at every event: the detections must be the same to the letter.
 *
 * The seed is printed; WARDWATCH_SEED repeats one.
 */
#include "history.h"

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
        size_t told = 0;

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
                told += plain.out.n;
                harness_deinit(&plain);
                harness_deinit(&saved);
        }
        assert_true(told > 0);
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
        size_t told = 0;

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
                        size_t k = below(4);
                        int64_t back = n % 3 == 1 ? (int64_t)below(3) * (WW_SECOND - 1)
                                       : n % 3    ? (int64_t)below(5) * WW_SECOND
                                                  : 0;

                        t += (int64_t)below(3) * WW_SECOND;
                        snprintf(row, sizeof row, "%" PRId64 "us %s %s at %" PRId64 "us", t > back ? t - back : t,
                                 states[k], devices[(k / 2) * 2 + below(2)], t);
                        buf_printf(&story, "%s\n", row);
                        strcpy(copy, row);
                        harness_row(&plain, row);
                        harness_row(&saved, copy);
                        harness_snapshot(&saved);
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
                told += plain.out.n;
                harness_deinit(&plain);
                harness_deinit(&saved);
        }
        assert_true(told > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_when),
                cmocka_unit_test(test_after),
                cmocka_unit_test(test_snapshots),
                cmocka_unit_test(test_level_snapshots),
        };

        history_seed();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
