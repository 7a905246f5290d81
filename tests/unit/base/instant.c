#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/error.h"
#include "base/span.h"
#include <time.h>

static void instants_are_read(void **state) {
        static const struct {
                const char *text;
                int offset;
                int64_t usec;
        } rows[] = {
                { "1970-01-01T00:00:00Z", 0, 0 },
                { "1970-01-01T00:00:00", 0, 0 },
                { "1970-01-01T00:00:00", 8 * 3600, -8 * WW_HOUR },
                { "1970-01-01T00:00:00Z", 8 * 3600, 0 }, /* its own offset wins */
                { "1970-01-01t00:00:00z", 0, 0 },
                { "1970-01-01 00:00:01", 0, WW_SECOND },
                { "1970-01-01T01:00:00+01:00", 0, 0 },
                { "1970-01-01T01:00:00+0100", 0, 0 },
                { "1970-01-01T01:00:00+01", 0, 0 },
                { "1969-12-31T18:30:00-05:30", 0, 0 },
                { "1969-12-31T23:59:59.999999Z", 0, -1 },
                { "2000-02-29T12:00:00Z", 0, INT64_C(951825600) * WW_SECOND },
                { "2024-02-29T00:00:00Z", 0, INT64_C(1709164800) * WW_SECOND },
                { "2016-12-31T23:59:60Z", 0, INT64_C(1483228800) * WW_SECOND },
                { "2026-01-31T09:00:00.5Z", 0, INT64_C(1769850000) * WW_SECOND + 500000 },
                { "2026-01-31T09:00:00,123456789Z", 0, INT64_C(1769850000) * WW_SECOND + 123456 },
                { "2026-01-31T09:00Z", 0, INT64_C(1769850000) * WW_SECOND },
                { "0001-01-01T00:00:00Z", 0, INT64_C(-62135596800) * WW_SECOND },
                { "9999-12-31T23:59:59Z", 0, INT64_C(253402300799) * WW_SECOND },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                int64_t usec = -7;

                assert_int_equal(instant_parse(ww_str(rows[i].text), rows[i].offset, &usec), 0);
                assert_int_equal(usec, rows[i].usec);
        }
}

static void what_is_no_instant_is_refused(void **state) {
        static const char *const rows[] = {
                "",
                "2026",
                "2026-01-31",
                "2026-01-31T",
                "2026-1-31T09:00:00Z",
                "2026-13-01T09:00:00Z",
                "2026-00-01T09:00:00Z",
                "2026-01-00T09:00:00Z",
                "2026-01-32T09:00:00Z",
                "2026-04-31T09:00:00Z",
                "2026-02-29T09:00:00Z", /* no leap year */
                "1900-02-29T09:00:00Z", /* a century is none */
                "0000-01-01T00:00:00Z",
                "0001-01-01T00:00:00+14:00",
                "9999-12-31T23:59:59-12:00",
                "9999-12-31T23:59:60Z",
                "2026-01-31T24:00:00Z",
                "2026-01-31T09:60:00Z",
                "2026-01-31T09:00:61Z",
                "2026-01-31T09:00:00.Z",
                "2026-01-31T09:00:00.1234567890Z",
                "2026-01-31T09:00:00ZZ",
                "2026-01-31T09:00:00 Z",
                "2026-01-31T09:00:00+",
                "2026-01-31T09:00:00+1",
                "2026-01-31T09:00:00+01:",
                "2026-01-31T09:00:00+24:00",
                "2026-01-31T09:00:00+01:60",
                "-026-01-31T09:00:00Z",
                "2026-01-31X09:00:00Z",
                "31.01.2026 09:00:00",
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                int64_t usec = -7;

                assert_int_equal(instant_parse(ww_str(rows[i]), 0, &usec), -EINVAL);
                assert_int_equal(usec, -7);
        }
}

static void instants_are_written(void **state) {
        char text[32];

        instant_format(0, text);
        assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
        instant_format(-1, text);
        assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
        instant_format(INT64_C(1769850000) * WW_SECOND + 123456, text);
        assert_string_equal(text, "2026-01-31T09:00:00.123456Z");
        /* what a damaged record may hold still has its width */
        instant_format(WW_TIME_NONE, text);
        assert_string_equal(text, "0001-01-01T00:00:00.000000Z");
        instant_format(WW_TIME_NEVER, text);
        assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
}

/* The C library's calendar is the oracle, a day at a time over 800 years, at a time of day that moves. */
static void every_day_agrees_with_the_c_library(void **state) {
        for (int64_t day = -146097; day <= 146097; day++) {
                time_t seconds = (time_t)(day * 86400 + (day & 0xffff) % 86400);
                char text[32], expected[40];
                struct tm tm;
                int64_t back;

                assert_non_null(gmtime_r(&seconds, &tm));
                assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000Z", &tm) > 0);
                instant_format((int64_t)seconds * WW_SECOND, text);
                assert_string_equal(text, expected);
                assert_int_equal(instant_parse(ww_str(text), 0, &back), 0);
                assert_int_equal(back, (int64_t)seconds * WW_SECOND);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(instants_are_read),
                cmocka_unit_test(what_is_no_instant_is_refused),
                cmocka_unit_test(instants_are_written),
                cmocka_unit_test(every_day_agrees_with_the_c_library),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
