/* A device's time: its forms, its bounds. */
#include "harness.h"

#include "base/span.h"
#include "decode/stamp.h"
#include "decode/stamp_pattern.h"

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

static int64_t instant(const char *text) {
        int64_t usec = 0;

        assert_int_equal(instant_parse(ww_str(text), 0, &usec), 0);
        return usec;
}

static void test_patterns(void **state) {
        static const struct {
                const char *pattern, *text, *wanted; /* NULL: not read */
                int offset;
        } rows[] = {
                { "%H:%M:%S,%m-%d-%Y", "09:00:01,01-31-2026", "2026-01-31T09:00:01Z", 0 },
                { "%H:%M:%S,%m-%d-%Y", "9:0:1,1-31-2026", "2026-01-31T09:00:01Z", 0 },
                { "%H:%M:%S,%m-%d-%Y", "17:00:01,01-31-2026", "2026-01-31T09:00:01Z", 8 * 3600 },
                { "%H:%M:%S,%m-%d-%Y", "09:00:01,02-29-2026", NULL, 0 },
                { "%H:%M:%S,%m-%d-%Y", "09:00:01,02-29-2024", "2024-02-29T09:00:01Z", 0 },
                { "%H:%M:%S,%m-%d-%Y", "24:00:01,01-31-2026", NULL, 0 },
                { "%H:%M:%S,%m-%d-%Y", "09:60:01,01-31-2026", NULL, 0 },
                { "%H:%M:%S,%m-%d-%Y", "09:00:60,01-31-2026", "2026-01-31T09:01:00Z", 0 },
                { "%H:%M:%S,%m-%d-%Y", "09:00:01,13-31-2026", NULL, 0 },
                { "%H:%M:%S,%m-%d-%Y", "09:00:01,01-31-26", NULL, 0 },
                { "%H:%M:%S,%m-%d-%Y", "09:00:01,01-31-2026 x", NULL, 0 },
                { "%H:%M:%S,%m-%d-%Y", "09:00:01,01-31-2026 ", "2026-01-31T09:00:01Z", 0 },
                { "%H:%M:%S,%m-%d-%Y", "", NULL, 0 },
                { "%Y%m%d%H%M%S", "20260131090001", "2026-01-31T09:00:01Z", 0 },
                { "%y%m%d %H%M", "690131 0900", "2069-01-31T09:00:00Z", 0 },
                { "%d.%m.%y %H.%M", "31.01.26 09.00", "2026-01-31T09:00:00Z", 0 },
                { "%d.%m.%y %H.%M", "31.01.70 09.00", "1970-01-31T09:00:00Z", 0 },
                { "%a %b %d %H:%M:%S %Y", "Sat Jan 31 09:00:01 2026", "2026-01-31T09:00:01Z", 0 },
                { "%a %b %d %H:%M:%S %Y", "saturday  JANUARY  3 09:00:01 2026", "2026-01-03T09:00:01Z", 0 },
                { "%a %b %d %H:%M:%S %Y", "Sat Foo 31 09:00:01 2026", NULL, 0 },
                { "%d/%b/%Y:%H:%M:%S %z", "31/Jan/2026:10:00:01 +0100", "2026-01-31T09:00:01Z", 8 * 3600 },
                { "%Y-%m-%d %H:%M:%S%z", "2026-01-31 05:30:01-03:30", "2026-01-31T09:00:01Z", 0 },
                { "%Y-%m-%d %H:%M:%S%z", "2026-01-31 09:00:01Z", "2026-01-31T09:00:01Z", 3600 },
                { "%Y-%m-%d %H:%M:%S%z", "2026-01-31 17:00:01+08", "2026-01-31T09:00:01Z", 0 },
                { "%Y-%m-%d %H:%M:%S%z", "2026-01-31 17:00:01+", NULL, 0 },
                { "%Y-%m-%d %H:%M:%S%z", "2026-01-31 17:00:01", NULL, 0 },
                { "%m/%d/%Y %I:%M:%S %p", "01/31/2026 12:00:01 AM", "2026-01-31T00:00:01Z", 0 },
                { "%m/%d/%Y %I:%M:%S %p", "01/31/2026 12:00:01 pm", "2026-01-31T12:00:01Z", 0 },
                { "%m/%d/%Y %I:%M:%S %p", "01/31/2026 1:00:01PM", "2026-01-31T13:00:01Z", 0 },
                { "%m/%d/%Y %I:%M:%S %p", "01/31/2026 13:00:01 PM", NULL, 0 },
                { "%Y-%j %H:%M", "2026-031 09:00", "2026-01-31T09:00:00Z", 0 },
                { "%Y-%j %H:%M", "2026-366 09:00", NULL, 0 },
                { "%Y-%j %H:%M", "2024-366 09:00", "2024-12-31T09:00:00Z", 0 },
                { "%Y-%m-%d %H:%M:%S.%f", "2026-01-31 09:00:01.25", "2026-01-31T09:00:01.25Z", 0 },
                { "%Y-%m-%d %H:%M:%S.%f", "2026-01-31 09:00:01.123456999", "2026-01-31T09:00:01.123456Z", 0 },
                { "%Y-%m-%d %H:%M:%S.%f", "2026-01-31 09:00:01.", NULL, 0 },
                { "@%s.%f", "@1769850001.5", "2026-01-31T09:00:01.5Z", 0 },
                { "%s%%", "1769850001%", "2026-01-31T09:00:01Z", 0 },
                { "%s%%", "1769850001", NULL, 0 },
                { "%s", "999999999999", NULL, 0 }, /* behind 2200 */
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct stamp_how how = { .form = STAMP_PATTERN,
                                         .pattern = ww_str(rows[i].pattern),
                                         .offset = rows[i].offset };
                int64_t usec = 0;
                bool ok = stamp_read(ww_string(ww_str(rows[i].text)), &how, NULL, &usec);

                if (ok != (rows[i].wanted != NULL) || (ok && usec != instant(rows[i].wanted)))
                        fail_msg("%s in %s: %d %lld", rows[i].text, rows[i].pattern, ok, (long long)usec);
        }
}

/* A number is read by its digits. */
static void test_pattern_of_number(void **state) {
        struct stamp_how how = { .form = STAMP_PATTERN, .pattern = WW_STR("%Y%m%d%H%M%S") };
        int64_t usec = 0;

        assert_true(stamp_read(ww_number(20260131090001), &how, NULL, &usec));
        assert_int_equal(usec, instant("2026-01-31T09:00:01Z"));
        assert_false(stamp_read(ww_number(1e300), &how, NULL, &usec));
}

static void test_pattern_check(void **state) {
        static const struct {
                const char *pattern, *why; /* NULL: right */
        } rows[] = {
                { "%s", NULL },
                { "%Y-%m-%d %H", NULL },
                { "%y%j%I%p", NULL },
                { "%Y-%b-%d %H", NULL },
                { "%H:%M:%S", "it gives no date: %Y or %y, and %m or %b with %d, or %j" },
                { "%m-%d %H", "it gives no date: %Y or %y, and %m or %b with %d, or %j" },
                { "%Y-%m-%d", "it gives no hour: %H, or %I with %p" },
                { "%Y-%m-%d %I", "it gives no hour: %H, or %I with %p" },
                { "%Y-%Q", "a percent sign without one of the letters of the reference" },
                { "%Y-%m-%d %H%", "a percent sign without one of the letters of the reference" },
                { "%%%s0123456789012345678901234567890123456789012345678901234567890", "it is longer than 64 bytes" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const char *why = stamp_pattern_check(ww_str(rows[i].pattern));

                if (!why != !rows[i].why || (why && strcmp(why, rows[i].why) != 0))
                        fail_msg("%s: %s", rows[i].pattern, why ? why : "right");
        }
}

#define TYPE(zone)                                                                                                     \
        "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\ntime: {path: t, zone: " zone "}\ndelay: 7d\nmessages:\n"     \
        "  - {message: m, events: [{kind: panic}]}\n"

/* Local time of a zone, with its summer time: from the type, and from the site. */
static void check_zone(const char *types, const char *site) {
        static const struct {
                const char *now, *text, *time; /* NULL: not believed */
        } rows[] = {
                { "2026-01-31T09:00:00Z", "2026-01-31T10:00:00", "2026-01-31T09:00:00Z" },
                { "2026-07-31T09:00:00Z", "2026-07-31T11:00:00", "2026-07-31T09:00:00Z" },
                { "2026-07-31T09:00:00Z", "2026-07-31T09:00:00Z", "2026-07-31T09:00:00Z" },
                { "2026-07-31T09:00:00Z", "2026-07-31T17:00:00+08:00", "2026-07-31T09:00:00Z" },
                { "2026-07-31T09:00:00Z", "1785488400", "2026-07-31T09:00:00Z" },
                { "2026-10-25T00:30:00Z", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z" }, /* is there twice */
                { "2026-07-31T09:00:00Z", "2026-07-31T13:00:00", NULL },
        };
        _cleanup_harness_ struct harness h;
        struct diag diag = DIAG_INIT;

        harness_begin(&h, site);
        assert_int_equal(bundle_add_text(&h.bundle, BUNDLE_SENSORS, "types.yaml", ww_str(types)), 0);
        assert_int_equal(bundle_add_timezones(&h.bundle, 0, &diag), 0);
        assert_int_equal(harness_compile(&h, false), 0);
        assert_int_equal(decode_new(&h.decode, h.types, harness_take, &h), 0);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                bool believed = rows[i].time;
                char payload[64];

                snprintf(payload, sizeof payload, "{\"t\":\"%s\"}", rows[i].text);
                h.now = instant(rows[i].now);
                assert_int_equal(harness_send(&h, "t/d", payload), 0);
                if (h.events[0].time != (believed ? instant(rows[i].time) : h.now) ||
                    !(h.events[0].flags & WW_EVENT_CLOCK_SKEW) != believed)
                        fail_msg("%s: %lld", rows[i].text, (long long)h.events[0].time);
        }
        diag_deinit(&diag);
}

static void test_zone(void **state) {
        check_zone(TYPE("Europe/Berlin"), NULL);
        check_zone(TYPE("Europe/Berlin"), "timezone: America/New_York\n");
        check_zone(TYPE("site"), "timezone: Europe/Berlin\n");
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
                cmocka_unit_test(test_patterns),
                cmocka_unit_test(test_pattern_of_number),
                cmocka_unit_test(test_pattern_check),
                cmocka_unit_test(test_zone),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_offsets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
