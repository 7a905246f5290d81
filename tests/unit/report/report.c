#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "report/chart.h"
#include "report/report.h"
#include <string.h>

static void rows_are_whole(void **state) {
        const struct report *r;

        for (size_t i = 0; (r = report_at(i)); i++) {
                size_t n = 0;

                assert_ptr_equal(report_find(r->name), r);
                for (; r->sections[n].title; n++) {
                        const struct report_section *s = &r->sections[n];

                        if (!question_find(s->question))
                                fail_msg("%s: there is no question %s", r->name, s->question);
                        assert_int_equal(s->chart == REPORT_TABLE, s->value == NULL);
                        /* a report has no alarm or incident to ask for */
                        assert_false(question_uses(question_find(s->question), QUESTION_ALARM));
                        assert_false(question_uses(question_find(s->question), QUESTION_INCIDENT));
                }
                assert_in_range(n, 1, REPORT_SECTIONS);
        }
}

static void numbers_and_intervals(void **state) {
        static const struct {
                const char *text;
                double value;
        } good[] = {
                { "0", 0 },
                { "-2.5", -2.5 },
                { "00:01:02.5", 62.5 },
                { "-00:00:30", -30 },
                { "1 day 00:00:01", 86401 },
                { "3 days", 3 * 86400.0 },
                { "1 mon 1 day", 31 * 86400.0 },
                { "25:00:00", 90000 },
        };
        static const char *const bad[] = { "", "abc", "1 fortnight", "NaN", "12x", "door-1" };
        double v;

        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                assert_true(report_number(good[i].text, &v));
                assert_true(v == good[i].value);
        }
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                assert_false(report_number(bad[i], &v));
        assert_false(report_number(NULL, &v));
}

/* How often `what` is in `text`. */
static size_t times(const char *text, const char *what) {
        size_t n = 0;

        for (; (text = strstr(text, what)); text += strlen(what))
                n++;
        return n;
}

static void colour_is_what_is_beyond(void **state) {
        const struct chart_point points[] = { { "a", 1, 0, false }, { "<b>", 3, 10, true }, { "c", 0, 20, false } };
        const struct chart c = { "t", points, 3, 2, 30, "end", false };
        void (*const draw[])(const struct chart *c, struct buf *out) = { chart_bars, chart_line };

        for (size_t i = 0; i < 2; i++) {
                _cleanup_buf_ struct buf out = BUF_INIT;

                draw[i](&c, &out);
                buf_put_u8(&out, 0);
                assert_int_equal(times((char *)out.p, "class=\"x\""), 1);
                assert_int_equal(times((char *)out.p, "class=\"l\""), 1);
                assert_non_null(strstr((char *)out.p, "<desc>a: 1; &lt;b&gt;: 3 (beyond target); c: 0</desc>"));
                assert_null(strstr((char *)out.p, "<b>"));
        }
}

static void nothing_can_be_drawn(void **state) {
        const struct chart c = { "t", NULL, 0, 0, 0, "", false };
        _cleanup_buf_ struct buf out = BUF_INIT;

        chart_bars(&c, &out);
        chart_line(&c, &out);
        chart_pareto(&c, 0, &out);
        chart_percentiles("t", NULL, 0, &out);
        buf_put_u8(&out, 0);
        assert_int_equal(times((char *)out.p, "</svg>"), 4);
        assert_null(strstr((char *)out.p, "nan"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_are_whole),
                cmocka_unit_test(numbers_and_intervals),
                cmocka_unit_test(colour_is_what_is_beyond),
                cmocka_unit_test(nothing_can_be_drawn),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
