/* A device's time: its forms, its bounds. */
#include "decode/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define T (INT64_C(1605991375) * WW_SECOND) /* 2020-11-21T20:42:55Z */

static void test_forms(void **state) {
        static const struct {
                const char *text; /* NULL: the number */
                double number;
                enum stamp_form form;
                int offset;
                int64_t usec; /* 0 = no time */
        } stamps[] = {
                { NULL, 1605991375, STAMP_AUTO, 0, T },
                { NULL, 1605991375.25, STAMP_AUTO, 0, T + 250000 },
                { NULL, 1646945882.47, STAMP_AUTO, 0, INT64_C(1646945882470000) },
                { NULL, 1605991375933, STAMP_AUTO, 0, T + 933000 },
                { NULL, 1605991375933444, STAMP_AUTO, 0, T + 933444 },
                { NULL, 1605991375, STAMP_EPOCH_MS, 0, T / 1000 },
                { NULL, 1605991375, STAMP_EPOCH_S, 0, T },
                { NULL, 1605991375, STAMP_ISO, 0, 0 },
                { "1605991375", 0, STAMP_AUTO, 0, T },
                { "1605991375.5", 0, STAMP_EPOCH_S, 0, T + 500000 },
                { "2020-11-21T20:42:55Z", 0, STAMP_AUTO, 0, T },
                { "2020-11-21T20:42:55.933444Z", 0, STAMP_AUTO, 0, T + 933444 },
                { "2020-11-22T04:42:55+08:00", 0, STAMP_AUTO, 0, T },
                { "2020-11-21T20:42:55", 0, STAMP_AUTO, 0, T },
                { "2020-11-22T04:42:55", 0, STAMP_AUTO, 8 * 3600, T },
                { "2020-11-21T20:42:55Z", 0, STAMP_ISO, 8 * 3600, T },
                { "2020-11-21T20:42:55Z", 0, STAMP_EPOCH_S, 0, 0 },
                { "@0.133476s", 0, STAMP_AUTO, 0, 0 },
                { "", 0, STAMP_AUTO, 0, 0 },
                { "yesterday", 0, STAMP_AUTO, 0, 0 },
                { NULL, 0, STAMP_AUTO, 0, 0 },
                { NULL, -1, STAMP_AUTO, 0, 0 },
                { NULL, 1e300, STAMP_AUTO, 0, 0 },
                { NULL, 1e300, STAMP_EPOCH_S, 0, 0 },
                { "1e999", 0, STAMP_AUTO, 0, 0 },
        };

        for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
                struct ww_value v = stamps[i].text ? ww_string(ww_str(stamps[i].text)) : ww_number(stamps[i].number);
                int64_t usec = 0;
                bool ok = stamp_read(v, &(struct stamp_how){ .form = stamps[i].form, .offset = stamps[i].offset }, NULL,
                                     &usec);

                if (ok != (stamps[i].usec != 0) || usec != stamps[i].usec)
                        fail_msg("row %zu: %d %lld", i, ok, (long long)usec);
        }
        assert_false(stamp_read((struct ww_value){ .type = WW_NULL }, &(struct stamp_how){ .form = STAMP_AUTO }, NULL,
                                &(int64_t){ 0 }));
        assert_false(stamp_read(ww_bool(true), &(struct stamp_how){ .form = STAMP_AUTO }, NULL, &(int64_t){ 0 }));
}

/* received - delay and received + 5 s are both still believed; a microsecond beyond is not. */
static void test_bounds(void **state) {
        static const struct {
                int64_t device, delay, time;
                bool skew;
        } rows[] = {
                { T, 60 * WW_SECOND, T, false },
                { T - 60 * WW_SECOND, 60 * WW_SECOND, T - 60 * WW_SECOND, false },
                { T - 60 * WW_SECOND - 1, 60 * WW_SECOND, T, true },
                { T + 5 * WW_SECOND, 60 * WW_SECOND, T + 5 * WW_SECOND, false },
                { T + 5 * WW_SECOND + 1, 60 * WW_SECOND, T, true },
                { T - 1, 0, T, true },
                { T - WW_HOUR, WW_HOUR, T - WW_HOUR, false },
                { WW_TIME_NONE, 60 * WW_SECOND, T, false },
                { 1, 60 * WW_SECOND, T, true },
                { INT64_MAX, 60 * WW_SECOND, T, true },
        };
        bool skew;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                assert_int_equal(stamp_event_time(rows[i].device, T, rows[i].delay, &skew), rows[i].time);
                assert_int_equal(skew, rows[i].skew);
        }
        /* the ends of the number line */
        stamp_event_time(5, INT64_MIN + 1, WW_HOUR, &skew);
        assert_true(skew);
        assert_int_equal(stamp_event_time(INT64_MAX, INT64_MAX, WW_HOUR, &skew), INT64_MAX);
        assert_false(skew);
}

static void test_offsets(void **state) {
        int offset = 1;

        assert_true(stamp_offset_parse(WW_STR("Z"), &offset));
        assert_int_equal(offset, 0);
        assert_true(stamp_offset_parse(WW_STR("+08:00"), &offset));
        assert_int_equal(offset, 28800);
        assert_true(stamp_offset_parse(WW_STR("-03:30"), &offset));
        assert_int_equal(offset, -12600);
        assert_true(stamp_offset_parse(WW_STR("+14:00"), &offset));
        assert_false(stamp_offset_parse(WW_STR("+15:00"), &offset));
        assert_false(stamp_offset_parse(WW_STR("+08:60"), &offset));
        assert_false(stamp_offset_parse(WW_STR("+0800"), &offset));
        assert_false(stamp_offset_parse(WW_STR("08:00"), &offset));
        assert_false(stamp_offset_parse(WW_STR(""), &offset));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_offsets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
