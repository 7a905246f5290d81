#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/error.h"
#include "base/span.h"

static void spans_are_read(void **state) {
        static const struct {
                const char *text;
                int64_t usec;
        } rows[] = {
                { "0s", 0 },
                { "1us", 1 },
                { "250ms", 250 * WW_MSEC },
                { "90s", 90 * WW_SECOND },
                { "1.5h", 90 * WW_MINUTE },
                { "0.000001s", 1 },
                { "26h", 26 * WW_HOUR },
                { "400d", 400 * WW_DAY },
                { "0.999999999us", 0 },
                { "9223372036854s", INT64_C(9223372036854) * WW_SECOND },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                int64_t usec = -1;

                assert_int_equal(span_parse(ww_str(rows[i].text), &usec), 0);
                assert_int_equal(usec, rows[i].usec);
        }
}

static void what_is_no_span_is_refused(void **state) {
        static const char *const rows[] = {
                "",
                "90",
                "s",
                "-1s",
                "+1s",
                " 1s",
                "1s ",
                "1 s",
                "1S",
                "1w",
                "1.s",
                ".5s",
                "1..5s",
                "1,5s",
                "1e3s",
                "0x1s",
                "1h30m",
                "9223372036855s",
                "1234567890123456789s",
                "106751992d",
                "1.1234567890s",
                "ms",
                "1mss",
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                int64_t usec = -7;

                assert_int_equal(span_parse(ww_str(rows[i]), &usec), -EINVAL);
                assert_int_equal(usec, -7);
        }
        assert_int_equal(span_parse((struct ww_str){ "1s\0", 3 }, &(int64_t){ 0 }), -EINVAL);
}

static void spans_are_written_with_the_largest_unit(void **state) {
        static const struct {
                int64_t usec;
                const char *text;
        } rows[] = {
                { 0, "0s" },
                { 1, "1us" },
                { 1500, "1500us" },
                { WW_SECOND, "1s" },
                { 90 * WW_SECOND, "90s" },
                { 5 * WW_MINUTE, "5m" },
                { 26 * WW_HOUR, "26h" },
                { 24 * WW_HOUR, "1d" },
                { -WW_MINUTE, "-1m" },
                { INT64_MAX, "9223372036854775807us" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char text[32];
                int64_t back;

                span_format(rows[i].usec, text);
                assert_string_equal(text, rows[i].text);
                if (rows[i].usec >= 0 && rows[i].usec < INT64_MAX) {
                        assert_int_equal(span_parse(ww_str(text), &back), 0);
                        assert_int_equal(back, rows[i].usec);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(spans_are_read),
                cmocka_unit_test(what_is_no_span_is_refused),
                cmocka_unit_test(spans_are_written_with_the_largest_unit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
