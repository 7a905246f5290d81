/* Sequences, shape by shape, at their boundaries; with the events that each alarm carries. */
#include "harness.h"

static const char *const kinds[] = { "access.denied", "access.granted", "credential", "code.valid" };

/* "0s a; 1s b at 3s" → rows of the harness: an alias is the kind that it selects */
static void rows_put(struct buf *out, const char *story) {
        char *copy = strdup(story), *save = NULL;

        for (char *row = strtok_r(copy, ";", &save); row; row = strtok_r(NULL, ";", &save)) {
                char time[32], what[32];
                int n = 0;

                assert_int_equal(sscanf(row, " %31s %31s%n", time, what, &n), 2);
                if (what[1] == 0)
                        buf_printf(out, "%s %s r%s\n", time, kinds[what[0] - 'a'], row + n);
                else
                        buf_printf(out, "%s\n", row);
        }
        free(copy);
}

/* "1s a@0s b@1s; 3s …" → what the harness prints */
static void alarms_put(struct buf *out, const char *alarms) {
        char *copy = strdup(alarms), *save = NULL;

        for (char *row = strtok_r(copy, ";", &save); row; row = strtok_r(NULL, ";", &save)) {
                char time[32];
                int n = 0;

                assert_int_equal(sscanf(row, " %31s%n", time, &n), 1);
                buf_printf(out, "%s %s r  high%s\n", out->n ? "again" : "raise", time, row + n);
        }
        buf_put_u8(out, 0);
        free(copy);
}

static void select_put(struct buf *out, const char *aliases) {
        for (const char *p = aliases; *p; p++)
                buf_printf(out, "%s%c: {kind: %s}", p == aliases ? "" : ", ", *p, kinds[*p - 'a']);
}

static void play(const char *rules, const char *story, const char *alarms, bool snapshots) {
        _cleanup_buf_ struct buf rows = BUF_INIT, want = BUF_INIT;
        struct harness h;
        char *save = NULL;

        rows_put(&rows, story);
        buf_puts(&rows, "999s tick");
        buf_put_u8(&rows, 0);
        alarms_put(&want, alarms);
        harness_init(&h, rules);
        h.evidence = true;
        for (char *row = strtok_r((char *)rows.p, "\n", &save); row; row = strtok_r(NULL, "\n", &save)) {
                harness_row(&h, row);
                if (snapshots)
                        harness_snapshot(&h);
        }
        harness_expect(&h, (const char *)want.p);
        harness_deinit(&h);
}

struct row {
        const char *aliases, *sequence, *more, *story, *alarms;
};

static void rule_put(struct buf *out, const struct row *row) {
        buf_puts(out, "- rule: r\n  select: {");
        select_put(out, row->aliases);
        buf_printf(out, "}\n  sequence: %s\n  within: 10s\n%s", row->sequence, row->more);
        buf_puts(out, "  raise: {hazard: theft, priority: high}\n");
        buf_put_u8(out, 0);
}

static void play_row(const struct row *row) {
        _cleanup_buf_ struct buf rules = BUF_INIT;

        rule_put(&rules, row);
        print_message("# %s: %s\n", row->sequence, row->story);
        play((const char *)rules.p, row->story, row->alarms, false);
        play((const char *)rules.p, row->story, row->alarms, true);
}

static void play_rows(const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++)
                play_row(&rows[i]);
}

static void test_repetition(void **state) {
        static const struct row rows[] = {
                { "a", "[3 a]", "", "0s a; 1s a; 2s a", "2s a@0s a@1s a@2s" },
                { "a", "[3 a]", "", "0s a; 1s a", "" },
                { "a", "[1 a]", "", "0s a; 1s a", "0s a@0s; 1s a@1s" },
                /* the completing event begins no run, and completion ends all */
                { "a", "[2 a]", "", "0s a; 1s a; 2s a; 3s a; 4s a", "1s a@0s a@1s; 3s a@2s a@3s" },
                /* of the same time, in the order of arrival */
                { "a", "[3 a]", "", "0s a; 0s a; 0s a", "0s a@0s a@0s a@0s" },
                /* last − first < within, for each beginning */
                { "a", "[3 a]", "", "0s a; 5s a; 9999999us a", "9999999us a@0s a@5s a@9999999us" },
                { "a", "[3 a]", "", "0s a; 5s a; 10s a", "" },
                { "a", "[3 a]", "", "0s a; 5s a; 10s a; 14s a", "14s a@5s a@10s a@14s" },
                /* further ones are skipped */
                { "ab", "[3 a, b]", "", "0s a; 1s a; 2s a; 3s a; 4s b", "4s a@0s a@1s a@2s b@4s" },
                { "ab", "[3 a, b]", "", "0s a; 1s a; 2s b; 3s a; 4s b", "4s a@0s a@1s a@3s b@4s" },
                { "ab", "[b, 2 a, b]", "", "0s b; 1s a; 2s b; 3s a; 4s b", "4s b@0s a@1s a@3s b@4s" },
                { "ab", "[3 a or b]", "", "0s b; 1s a; 2s b", "2s b@0s a@1s b@2s" },
                { "abc", "[2 a or b, c]", "", "0s b; 1s c; 2s b; 3s c", "3s b@0s b@2s c@3s" },
                /* `gap` is from event to event, also within a step */
                { "a", "[3 a]", "  gap: 5s\n", "0s a; 4s a; 8999999us a", "8999999us a@0s a@4s a@8999999us" },
                { "a", "[3 a]", "  gap: 5s\n", "0s a; 4s a; 9s a; 13s a", "" },
                { "ab", "[2 a, b]", "  gap: 5s\n", "0s a; 1s a; 4s a; 6s b", "6s a@1s a@4s b@6s" },
        };

        (void)state;
        play_rows(rows, sizeof rows / sizeof *rows);
}

static void test_and(void **state) {
        static const struct row rows[] = {
                { "ab", "[a and b]", "", "0s a; 1s b", "1s a@0s b@1s" },
                { "ab", "[a and b]", "", "0s b; 1s a", "1s b@0s a@1s" },
                { "ab", "[a and b]", "", "0s b; 0s a", "0s b@0s a@0s" },
                { "ab", "[a and b]", "", "0s a; 1s a; 2s a; 3s b", "3s a@0s b@3s" },
                { "ab", "[a and b]", "", "0s a; 10s b", "" },
                { "ab", "[a and b]", "", "0s a; 9s a; 10s b", "10s a@9s b@10s" },
                { "abc", "[a and b and c]", "", "0s c; 1s b; 2s c; 3s a", "3s c@0s b@1s a@3s" },
                { "abc", "[a and b and c]", "", "0s c; 1s c; 2s b", "" },
                { "ab", "[2 a and b]", "", "0s a; 1s b; 2s a", "2s a@0s b@1s a@2s" },
                { "ab", "[2 a and b]", "", "0s b; 1s a; 2s b; 3s a", "3s b@0s a@1s a@3s" },
                { "abcd", "[c, a and b, d]", "", "0s a; 1s c; 2s b; 3s d; 4s a; 5s d", "5s c@1s b@2s a@4s d@5s" },
                { "ab", "[a and b, a]", "", "0s a; 1s a; 2s b; 3s a", "3s a@0s b@2s a@3s" },
                { "abc", "[a and b and c]", "  gap: 5s\n", "0s a; 4s b; 8s c", "8s a@0s b@4s c@8s" },
                { "abc", "[a and b and c]", "  gap: 5s\n", "0s a; 4s b; 9s c; 99s tick", "" },
        };

        (void)state;
        play_rows(rows, sizeof rows / sizeof *rows);
}

static void test_not(void **state) {
        static const struct row rows[] = {
                /* leading: none in (t − W, t) before the first event; within the step nothing is forbidden */
                { "abc", "[not c, a and b]", "", "0s c; 9999999us a; 11s b; 20s b", "" },
                { "abc", "[not c, a and b]", "", "0s c; 10s a; 11s b", "11s a@10s b@11s" },
                { "abc", "[not c, a and b]", "", "1s a; 2s c; 3s b", "3s a@1s b@3s" },
                { "ac", "[not c, 3 a]", "", "1s a; 2s c; 3s a; 4s a", "4s a@1s a@3s a@4s" },
                /* inner: from the last event of one step to the first of the next */
                { "abcd", "[a and b, not c, d]", "", "0s a; 1s c; 2s b; 3s d", "3s a@0s b@2s d@3s" },
                { "abcd", "[a and b, not c, d]", "", "0s a; 1s b; 2s c; 3s d", "" },
                { "abcd", "[d, not c, a and b]", "", "0s d; 1s c; 2s b; 3s a", "" },
                { "abcd", "[d, not c, a and b]", "", "0s d; 1s b; 2s c; 3s a", "3s d@0s b@1s a@3s" },
                { "abc", "[2 a, not c, 2 b]", "", "0s a; 1s c; 2s a; 3s b; 4s c; 5s b", "5s a@0s a@2s b@3s b@5s" },
                { "abc", "[2 a, not c, 2 b]", "", "0s a; 1s a; 2s c; 3s b; 4s b", "" },
                { "abc", "[2 a, not c, 2 b]", "", "0s a; 1s a; 2s c; 3s a; 4s b; 5s b", "5s a@1s a@3s b@4s b@5s" },
                /* what takes a step does not forbid it */
                { "ab", "[2 a, not a, b]", "", "0s a; 1s a; 2s b", "2s a@0s a@1s b@2s" },
                { "ab", "[2 a, not a, b]", "", "0s a; 1s a; 2s a; 3s b", "3s a@1s a@2s b@3s" },
                /* trailing */
                { "ac", "[2 a, not c]", "", "0s a; 1s a; 99s tick", "10s a@0s a@1s" },
                { "ac", "[2 a, not c]", "", "0s a; 1s c; 2s a; 99s tick", "10s a@0s a@2s" },
                { "ac", "[2 a, not c]", "", "0s a; 1s a; 9999999us c; 99s tick", "" },
                { "ac", "[2 a, not c]", "", "0s a; 1s a; 10s c; 99s tick", "10s a@0s a@1s" },
                { "abc", "[a and b, not c]", "  gap: 4s\n", "0s b; 3s a; 99s tick", "7s b@0s a@3s" },
                { "abc", "[not c, 2 a, not c, b, not c]", "", "0s a; 1s a; 2s b; 99s tick", "10s a@0s a@1s b@2s" },
        };

        (void)state;
        play_rows(rows, sizeof rows / sizeof *rows);
}

static void test_disorder(void **state) {
        static const struct row rows[] = {
                { "abc", "[a and b, not c, a]", "", "0s b; 1s a; 3s a; 2s c at 4s", "" },
                { "abc", "[a and b, not c, a]", "", "0s b; 2s a; 3s a; 1s c at 4s", "3s b@0s a@2s a@3s" },
                { "ac", "[not c, 2 a]", "", "1s a; 2s a; 0s c at 3s", "" },
                { "ac", "[not c, 2 a]", "", "0s a; 2s a; 1s c at 3s", "2s a@0s a@2s" },
                { "ac", "[3 a, not c]", "", "0s a; 2s a; 1s a at 3s; 99s tick", "10s a@0s a@1s a@2s" },
                /* without `not` it is decided on arrival, in whatever order */
                { "ab", "[2 a, b]", "", "2s b; 0s a at 2s; 1s a at 3s", "2s a@0s a@1s b@2s" },
                { "ab", "[a and b]", "", "2s b; 1s a at 3s", "2s a@1s b@2s" },
                /* but where a further event may take the place of another, and `gap` counts from it */
                { "abc", "[a, b, c]", "  gap: 5s\n", "0s a; 4s b; 8s c; 1s b at 5s", "" },
                { "abc", "[a, b, c]", "  gap: 5s\n", "0s a; 4s b; 8s c; 7s b at 9s", "8s a@0s b@4s c@8s" },
        };

        (void)state;
        play_rows(rows, sizeof rows / sizeof *rows);
}

/* decided on arrival is what further events cannot make false */
static void test_patience(void **state) {
        static const struct {
                struct row row;
                bool positive;
        } rows[] = {
                { { "ab", "[a, b, a]", "", NULL, NULL }, true },
                { { "ab", "[3 a, b]", "", NULL, NULL }, true },
                { { "ab", "[a and b and a]", "", NULL, NULL }, true },
                { { "a", "[3 a]", "  gap: 5s\n", NULL, NULL }, true },
                { { "ab", "[a and b]", "  gap: 5s\n", NULL, NULL }, true },
                { { "ab", "[a, b, a]", "  gap: 5s\n", NULL, NULL }, false },
                { { "ab", "[not b, 3 a]", "", NULL, NULL }, false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                _cleanup_buf_ struct buf rules = BUF_INIT;
                struct harness h;

                rule_put(&rules, &rows[i].row);
                harness_init(&h, (const char *)rules.p);
                assert_int_equal(h.rules->rules[0].positive, rows[i].positive);
                harness_deinit(&h);
        }
}

/* what is no sequence is told with its place and a cure */
static void test_refused(void **state) {
        static const struct {
                const char *sequence;
                uint32_t column;
                const char *text, *help;
        } rows[] = {
                { "[0 a, b]", 14, "rule `r`: `0 a` is no step", "write `a`, `a or b`, `a and b`, `3 a` or `not c`" },
                { "[a, 3x b]", 17, "rule `r`: `3x b` is no step", "write `a`, `a or b`, `a and b`, `3 a` or `not c`" },
                { "[a, 3]", 17, "rule `r`: `3` is no step", "write `a`, `a or b`, `a and b`, `3 a` or `not c`" },
                { "[a and, b]", 14, "rule `r`: `a and` is no step",
                  "write `a`, `a or b`, `a and b`, `3 a` or `not c`" },
                { "[a b]", 14, "rule `r`: `a b` is no step", "write `a`, `a or b`, `a and b`, `3 a` or `not c`" },
                { "[a and b or a, b]", 14, "rule `r`: `a and b or a` mixes `and` and `or`",
                  "make a selection of several kinds, or two rules" },
                { "[40 a, 25 b]", 20, "rule `r`: a sequence takes at most 64 events",
                  "count many events: `when: count(a) >= 100`" },
                { "[99999999999 a, b]", 14, "rule `r`: a sequence takes at most 64 events",
                  "count many events: `when: count(a) >= 100`" },
                { "[a, b, a, b, a, b, a, b, a]", 38, "rule `r`: more than 8 steps", "split the rule" },
                { "[not 3 a, b]", 14, "rule `r`: `3 a` has to be a selection, or several joined by `or`",
                  "write `a` or `a or b`" },
                { "[not a and b, b]", 14, "rule `r`: `a and b` has to be a selection, or several joined by `or`",
                  "write `a` or `a or b`" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row row = { "ab", rows[i].sequence, "", NULL, NULL };
                _cleanup_buf_ struct buf rules = BUF_INIT;
                const struct diag_message *m;
                struct harness h;

                rule_put(&rules, &row);
                assert_int_equal(harness_compile(&h, (const char *)rules.p), DIAG_E_USER);
                assert_int_equal(h.diag.n, 1);
                m = &h.diag.messages[0];
                assert_string_equal(m->text, rows[i].text);
                assert_string_equal(m->help, rows[i].help);
                assert_int_equal(m->pos.line, 3);
                assert_int_equal(m->pos.column, rows[i].column);
                harness_deinit(&h);
        }
}

#define TWO                                                                                                            \
        "- rule: r\n  select:\n"                                                                                       \
        "    a: {kind: access.denied}\n"                                                                               \
        "    b: {kind: access.granted, where: %s}\n"                                                                   \
        "%s  sequence: %s\n  within: 10s\n  raise: {hazard: theft, priority: high}\n"

static const char third[] = "    c: {kind: credential}\n";

static void test_cross(void **state) {
        static const struct {
                const char *where, *more, *sequence, *story, *alarms;
        } rows[] = {
                { "b.badge != a.badge", "", "[a, b]", "0s a badge=1; 1s b badge=1; 2s b badge=2", "2s a@0s b@2s" },
                /* each run for itself */
                { "b.badge == a.badge", "", "[a, b]", "0s a badge=1; 1s a badge=2; 2s b badge=2; 3s b badge=1",
                  "2s a@1s b@2s" },
                /* among the parts of one step: what was taken before */
                { "b.badge != a.badge", "", "[a and b]", "0s a badge=1; 1s b badge=1; 2s b badge=2", "2s a@0s b@2s" },
                { "b.badge != a.badge", "", "[a and b]", "0s b badge=1; 1s a badge=2", "" },
                { "not b.badge == a.badge", "", "[a and b]", "0s b badge=1; 1s a badge=2", "1s b@0s a@1s" },
                /* of several the newest that was taken */
                { "b.badge == a.badge", "", "[2 a, b]",
                  "0s a badge=1; 1s a badge=2; 2s a badge=3; 3s b badge=1; 4s b badge=2", "4s a@0s a@1s b@4s" },
                { "b.badge == a.badge", "", "[a, 2 b]", "0s a badge=1; 1s b badge=1; 2s b badge=2; 3s b badge=1",
                  "3s a@0s b@1s b@3s" },
                /* what forbids may read what was taken */
                { "b.badge == a.badge", third, "[a, not b, c]", "0s a badge=1; 1s b badge=2; 2s c", "2s a@0s c@2s" },
                { "b.badge == a.badge", third, "[a, not b, c]", "0s a badge=1; 1s b badge=1; 2s c", "" },
                { "b.badge == a.badge", third, "[a, not b, c]", "0s a badge=1; 1s a badge=2; 2s b badge=1; 3s c",
                  "3s a@1s c@3s" },
                { "b.badge == a.badge", "", "[a, not b]", "0s a badge=1; 1s a badge=2; 2s b badge=1; 99s tick",
                  "11s a@1s" },
                { "b.badge == a.badge", "", "[a, not b]", "0s a badge=1; 1s a badge=2; 2s b badge=2; 99s tick",
                  "10s a@0s" },
                /* patient, since another event may yet come between and be taken instead */
                { "b.badge == c.badge", third, "[a, c, b]", "0s a; 2s c badge=2; 3s b badge=2; 1s c badge=3 at 4s",
                  "" },
                { "b.badge == c.badge", third, "[a, c, b]", "0s a; 2s c badge=2; 3s b badge=3; 1s c badge=3 at 4s",
                  "3s a@0s c@1s b@3s" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char rules[1024];

                snprintf(rules, sizeof rules, TWO, rows[i].where, rows[i].more, rows[i].sequence);
                print_message("# %s: %s\n", rows[i].sequence, rows[i].story);
                play(rules, rows[i].story, rows[i].alarms, false);
                play(rules, rows[i].story, rows[i].alarms, true);
        }
}

/* an event that fits several parts takes the first that is free, and has the name of that in the evidence */
static void test_overlap(void **state) {
        static const char rule[] = "- rule: r\n  select:\n    one: {kind: access.granted}\n"
                                   "    other: {kind: access.granted, where: other.badge != one.badge}\n"
                                   "    chief: {kind: access.granted, role: chief}\n"
                                   "  sequence: %s\n  within: 10s\n  raise: {hazard: theft, priority: high}\n";
        static const struct {
                const char *sequence, *story, *alarms;
        } rows[] = {
                { "[one and other and chief]", "0s b badge=1 role=chief; 1s b badge=1 role=chief; 2s b badge=2",
                  "2s one@0s chief@1s other@2s" },
                { "[one and other and chief]", "0s b badge=1; 1s b badge=2; 2s b badge=3 role=chief",
                  "2s one@0s other@1s chief@2s" },
                { "[chief, one and other]", "0s b badge=1 role=chief; 1s b badge=2; 2s b badge=1",
                  "2s chief@0s one@1s other@2s" },
                { "[one, other or chief]", "0s b badge=1; 1s b badge=1 role=chief", "1s one@0s chief@1s" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char rules[1024];

                snprintf(rules, sizeof rules, rule, rows[i].sequence);
                play(rules, rows[i].story, rows[i].alarms, false);
                play(rules, rows[i].story, rows[i].alarms, true);
        }
}

/* a step over a state is its rise; what was retained takes none */
static void test_rise(void **state) {
        static const char rule[] = "- rule: r\n  select: {o: {kind: door.opened}}\n  sequence: [3 o]\n  within: 10s\n"
                                   "  raise: {hazard: theft, priority: high}\n";

        (void)state;
        play(rule, "0s door.opened d1; 1s door.opened d1; 2s door.opened d2; 3s door.closed d1", "", false);
        play(rule, "0s door.opened d1; 1s door.closed d1; 2s door.opened d2; 3s door.opened d1", "3s o@0s o@2s o@3s",
             false);
        play(rule, "0s door.opened d1 +retained; 1s door.opened d2; 2s door.opened d4", "", false);
}

/* the guard is of the last part: while it is false the event does not take it, and the run goes on */
static void test_while(void **state) {
        static const char rule[] = "- rule: r\n  select:\n    a: {kind: access.denied}\n    b: {kind: access.granted}\n"
                                   "    o: {kind: door.opened}\n  sequence: %s\n  within: 10s\n  while: o\n"
                                   "  raise: {hazard: theft, priority: high}\n";
        static const struct {
                const char *sequence, *story, *alarms;
        } rows[] = {
                { "[2 a, b]", "0s a; 1s a; 2s b; 3s door.opened d1; 4s b", "4s a@0s a@1s b@4s" },
                { "[2 a, b]", "0s door.opened d1; 0s a; 1s a; 2s door.closed d1; 3s b", "" },
                { "[2 a, b]", "0s a; 1s a; 2s b; 2s door.opened d1 at 3s", "" },
                { "[2 a, b]", "0s a; 1s a; 2s b; 1s door.opened d1 at 3s", "2s a@0s a@1s b@2s" },
                { "[a and b]", "0s a; 1s b; 2s door.opened d1; 3s a", "3s b@1s a@3s" },
                { "[2 a, not b]", "0s a; 1s a; 2s door.opened d1; 3s a; 4s a; 99s tick", "10s a@0s a@3s" },
                { "[2 a, not b]", "0s a; 1s a; 2s b; 3s door.opened d1; 4s a; 5s door.closed d1; 99s tick",
                  "10s a@0s a@4s" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char rules[1024];

                snprintf(rules, sizeof rules, rule, rows[i].sequence);
                print_message("# %s: %s\n", rows[i].sequence, rows[i].story);
                play(rules, rows[i].story, rows[i].alarms, false);
                play(rules, rows[i].story, rows[i].alarms, true);
        }
}

/* at the limit a newcomer is refused; what is over does not count, even behind one that lives */
static void test_limit(void **state) {
        static const char two[] = "- rule: r\n  select: {a: {kind: access.denied}, b: {kind: access.granted}}\n"
                                  "  sequence: [a, b]\n  within: 10s\n  limits: {runs: 2}\n"
                                  "  raise: {hazard: theft, priority: high}\n";
        static const char three[] = "- rule: r\n  select:\n    a: {kind: access.denied}\n"
                                    "    b: {kind: access.granted, where: b.badge == a.badge}\n"
                                    "    c: {kind: credential}\n"
                                    "  sequence: [a, b, c]\n  within: 10s\n  limits: {runs: 2}\n"
                                    "  raise: {hazard: theft, priority: high}\n";

        (void)state;
        harness_story(two, "0s access.denied r; 1s access.denied r; 2s access.denied r; 10500ms access.granted r",
                      "raise 2s correlate-limit rule=r,limit=runs high\nraise 10500ms r  high\n");
        harness_story(two, "0s access.denied r; 1s access.denied r; 2s access.denied r; 11s access.granted r",
                      "raise 2s correlate-limit rule=r,limit=runs high\n");
        harness_story(two, "0s access.denied r; 1s access.denied r; 10s access.denied r; 19s access.granted r",
                      "raise 19s r  high\n");
        harness_story(three,
                      "0s access.denied r badge=1; 1s access.denied r badge=2; 2s access.granted r badge=2; "
                      "3s access.granted r badge=1; 10500ms access.denied r badge=3; 12s access.granted r badge=3; "
                      "13s credential r; 99s tick",
                      "raise 13s r  high\n");
}

static void test_longest(void **state) {
        static const char rule[] = "- rule: r\n  select: {a: {kind: access.denied}}\n  sequence: [63 a, a]\n"
                                   "  within: 100s\n  raise: {hazard: theft, priority: high}\n";
        _cleanup_buf_ struct buf story = BUF_INIT, alarms = BUF_INIT;

        (void)state;
        buf_puts(&alarms, "63s");
        for (int i = 0; i < 64; i++) {
                char span[32];

                span_format(i * WW_SECOND, span);
                buf_printf(&story, "%s%ds a", i ? ";" : "", i);
                buf_printf(&alarms, " a@%s", span);
        }
        buf_put_u8(&story, 0);
        buf_put_u8(&alarms, 0);
        play(rule, (const char *)story.p, (const char *)alarms.p, true);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_repetition), cmocka_unit_test(test_and),      cmocka_unit_test(test_not),
                cmocka_unit_test(test_disorder),   cmocka_unit_test(test_patience), cmocka_unit_test(test_refused),
                cmocka_unit_test(test_cross),      cmocka_unit_test(test_overlap),  cmocka_unit_test(test_rise),
                cmocka_unit_test(test_while),      cmocka_unit_test(test_limit),    cmocka_unit_test(test_longest),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
