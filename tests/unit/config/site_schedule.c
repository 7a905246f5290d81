#include "site_bench.h"

#include "base/span.h"
#include "config/timezone.h"

#include <stdio.h>

static void bench_start(struct bench *b, const char *text) {
        *b = (struct bench){ 0 };
        assert_int_equal(bundle_add_text(&b->bundle, BUNDLE_SITE, "site.yaml", ww_str(text)), 0);
        assert_int_equal(bundle_add_timezones(&b->bundle, 0, &b->diag), 0);
        bench_compile_well(b);
}

static int64_t instant(const char *text) {
        int64_t t = 0;

        if (ww_str_is(ww_str(text), "never"))
                return WW_TIME_NEVER;
        assert_int_equal(instant_parse(ww_str(text), 0, &t), 0);
        return t;
}

static void assert_instant(int64_t t, const char *wanted, const char *what) {
        char got[32] = "never";

        if (t != WW_TIME_NEVER)
                instant_format(t, got);
        if (t != instant(wanted))
                fail_msg("%s: %s, not %s", what, got, wanted);
}

#define STEPS 8

/* From `from` on, the edges one after the other up to the first NULL; `open` at `from`. */
struct row {
        const char *schedule;
        const char *from;
        bool open;
        const char *edges[STEPS], *openings[STEPS];
};

static void assert_row(const struct site *s, const struct row *row) {
        uint32_t schedule = site_schedule_find(s, ww_str(row->schedule));
        int64_t t = instant(row->from);
        bool open = row->open;

        assert_int_not_equal(schedule, SITE_NONE);
        assert_int_equal(site_schedule_open(s, schedule, t), open);
        for (size_t i = 0; i < STEPS && row->edges[i]; i++) {
                int64_t edge = site_schedule_edge(s, schedule, t);

                assert_instant(edge, row->edges[i], row->schedule);
                if (edge == WW_TIME_NEVER)
                        break;
                assert_int_equal(site_schedule_open(s, schedule, edge - 1), open);
                assert_int_equal(site_schedule_open(s, schedule, edge), !open);
                assert_int_equal(site_schedule_edge(s, schedule, edge - 1), edge);
                open = !open;
                t = edge;
        }
        t = instant(row->from);
        for (size_t i = 0; i < STEPS && row->openings[i]; i++) {
                t = site_schedule_opening(s, schedule, t);
                assert_instant(t, row->openings[i], row->schedule);
        }
}

static void assert_rows(const char *text, const struct row *rows, size_t n) {
        struct bench b;

        bench_start(&b, text);
        for (size_t i = 0; i < n; i++)
                assert_row(b.site, &rows[i]);
        bench_end(&b);
}

#define ROWS(a) (a), sizeof(a) / sizeof *(a)

static void hours_are_local(void **state) {
        static const struct row rows[] = {
                { "pharmacy",
                  "2026-03-27T00:00:00Z",
                  false, /* a Friday; summer time begins on Sunday */
                  { "2026-03-27T07:00:00Z", "2026-03-27T17:00:00Z", "2026-03-30T06:00:00Z", "2026-03-30T16:00:00Z" },
                  { "2026-03-27T07:00:00Z", "2026-03-30T06:00:00Z" } },
                { "pharmacy", "2026-03-27T08:00:00Z", true, { "2026-03-27T17:00:00Z" }, { "2026-03-30T06:00:00Z" } },
                { "twice",
                  "2026-07-04T00:00:00Z",
                  false,
                  { "2026-07-04T08:00:00Z", "2026-07-04T10:00:00Z", "2026-07-04T13:00:00Z", "2026-07-04T18:00:00Z",
                    "2026-07-05T08:00:00Z" } },
                { "round",
                  "2026-07-02T12:00:00Z",
                  false, /* a Thursday */
                  { "2026-07-02T22:00:00Z", "2026-07-06T22:00:00Z", "2026-07-09T22:00:00Z" } },
                { "some",
                  "2026-07-02T12:00:00Z",
                  false, /* Tuesday, Thursday, Sunday */
                  { "2026-07-05T08:00:00Z", "2026-07-05T09:00:00Z", "2026-07-07T08:00:00Z", "2026-07-07T09:00:00Z",
                    "2026-07-09T08:00:00Z" } },
        };

        assert_rows("timezone: Europe/Berlin\n"
                    "schedules:\n"
                    "  pharmacy: {mon-fri: \"08:00-18:00\"}\n"
                    "  twice: {sat-sun: [\"15:00-20:00\", 10:00-12:00]}\n"
                    "  round: {fri-mon: open}\n"
                    "  some: {tue thu sun: 10:00-11:00}\n",
                    ROWS(rows));
}

static void hours_over_midnight_belong_to_the_day_they_begin(void **state) {
        static const struct row rows[] = {
                { "night",
                  "2026-07-01T12:00:00Z",
                  false,
                  { "2026-07-01T20:00:00Z", "2026-07-02T04:00:00Z", "2026-07-02T20:00:00Z" } },
                { "night", "2026-07-01T00:00:00Z", true, { "2026-07-01T04:00:00Z" }, { "2026-07-01T20:00:00Z" } },
                { "friday",
                  "2026-07-03T12:00:00Z",
                  false, /* Saturday is a holiday and closed, but not Friday's night */
                  { "2026-07-03T20:00:00Z", "2026-07-04T04:00:00Z", "2026-07-10T20:00:00Z" } },
                { "saturday",
                  "2026-07-03T12:00:00Z",
                  false,
                  { "2026-07-11T20:00:00Z", "2026-07-12T04:00:00Z", "2026-07-18T20:00:00Z" } },
        };

        assert_rows("timezone: Europe/Berlin\n"
                    "holidays: {2026-07-04: Fourth}\n"
                    "schedules:\n"
                    "  night: {daily: \"22:00-06:00\"}\n"
                    "  friday: {fri: \"22:00-06:00\", holidays: closed}\n"
                    "  saturday: {sat: \"22:00-06:00\", holidays: closed}\n",
                    ROWS(rows));
}

static void the_more_special_day_goes_first(void **state) {
        static const struct row rows[] = {
                { "pharmacy",
                  "2026-12-23T18:00:00Z",
                  false, /* a Wednesday */
                  { "2026-12-24T08:00:00Z", "2026-12-24T12:00:00Z", "2026-12-28T08:00:00Z", "2026-12-28T18:00:00Z" } },
                { "pharmacy",
                  "2027-12-23T18:00:00Z",
                  false, /* Christmas Eve of any other year is closed */
                  { "2027-12-27T08:00:00Z" } },
                { "visits",
                  "2026-12-24T22:00:00Z",
                  false, /* Friday and Saturday like Sunday */
                  { "2026-12-25T10:00:00Z", "2026-12-25T20:00:00Z", "2026-12-26T10:00:00Z", "2026-12-26T20:00:00Z",
                    "2026-12-27T10:00:00Z", "2026-12-27T20:00:00Z", "2026-12-28T15:00:00Z" } },
                { "whatever", "2026-12-24T22:00:00Z", false, { "2026-12-25T08:00:00Z" } },
                { "vacation", "2026-07-31T12:00:00Z", true, { "2026-07-31T18:00:00Z", "2026-08-17T08:00:00Z" } },
                { "new-year",
                  "2026-12-20T12:00:00Z",
                  true,
                  { "2026-12-24T00:00:00Z", "2027-01-03T00:00:00Z", "2027-12-24T00:00:00Z", "2028-01-03T00:00:00Z" } },
                { "only-holidays",
                  "2026-12-20T12:00:00Z",
                  false,
                  { "2026-12-25T00:00:00Z", "2026-12-27T00:00:00Z", "2027-12-25T00:00:00Z", "2027-12-26T00:00:00Z" } },
        };

        assert_rows("holidays: {12-25: Christmas Day, 2026-12-26: Boxing Day}\n"
                    "schedules:\n"
                    "  pharmacy: {mon-fri: 08:00-18:00, holidays: closed, 12-24: closed, 2026-12-24: 08:00-12:00}\n"
                    "  visits: {mon-sat: 15:00-20:00, sun: 10:00-20:00, holidays: like sun}\n"
                    "  whatever: {mon-fri: 08:00-18:00}\n"
                    "  vacation: {mon-fri: 08:00-18:00, 2026-08-01..2026-08-14: closed}\n"
                    "  new-year: {daily: open, 12-24..01-02: closed}\n"
                    "  only-holidays: {holidays: open}\n",
                    ROWS(rows));
}

static void hours_that_meet_are_one(void **state) {
        static const struct row rows[] = {
                { "week",
                  "2026-07-01T12:00:00Z",
                  true,
                  { "2026-07-04T00:00:00Z", "2026-07-06T00:00:00Z", "2026-07-11T00:00:00Z" },
                  { "2026-07-06T00:00:00Z", "2026-07-13T00:00:00Z" } },
                { "always", "2026-07-01T12:00:00Z", true, { "never" }, { "never" } },
                { "shifts", "2026-07-01T12:00:00Z", true, { "never" }, { "never" } },
                { "rarely",
                  "2026-07-01T12:00:00Z",
                  true,
                  { "2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z" },
                  { "2026-12-26T00:00:00Z" } },
                { "noon",
                  "2026-07-01T00:00:00Z",
                  false,
                  { "2026-07-01T08:00:00Z", "2026-07-01T18:00:00Z" },
                  { "2026-07-01T08:00:00Z", "2026-07-02T08:00:00Z" } },
        };

        assert_rows("holidays: {12-25: Christmas}\n"
                    "schedules:\n"
                    "  week: {mon-fri: open}\n"
                    "  always: {daily: open}\n"
                    "  shifts: {daily: [22:00-06:00, 06:00-14:00, 14:00-22:00]}\n"
                    "  rarely: {daily: open, holidays: closed}\n"
                    "  noon: {daily: [12:00-18:00, 08:00-12:00]}\n",
                    ROWS(rows));
}

static void a_skipped_time_is_the_next_that_exists(void **state) {
        static const struct row rows[] = {
                /* of 02:15 to 02:45 nothing is left, but the opening is not lost */
                { "patrol",
                  "2026-03-29T00:30:00Z",
                  false,
                  { "2026-03-30T00:15:00Z", "2026-03-30T00:45:00Z" },
                  { "2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z" } },
                { "into", "2026-03-29T00:30:00Z", true, { "2026-03-29T01:00:00Z", "2026-03-29T23:00:00Z" } },
                { "out-of", "2026-03-29T00:30:00Z", false, { "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z" } },
                { "night", "2026-03-28T20:00:00Z", false, { "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z" } },
                /* one closes and the other opens at the same instant */
                { "both",
                  "2026-03-29T00:30:00Z",
                  true,
                  { "2026-03-29T02:00:00Z" },
                  { "2026-03-29T01:00:00Z", "2026-03-29T23:00:00Z" } },
        };

        assert_rows("timezone: Europe/Berlin\n"
                    "schedules:\n"
                    "  patrol: {daily: 02:15-02:45}\n"
                    "  into: {daily: 01:00-02:30}\n"
                    "  out-of: {daily: 02:30-04:00}\n"
                    "  night: {daily: 22:00-06:00}\n"
                    "  both: {daily: [01:00-02:30, 02:45-04:00]}\n",
                    ROWS(rows));
}

static void a_doubled_time_is_the_first(void **state) {
        static const struct row rows[] = {
                { "patrol",
                  "2026-10-24T23:00:00Z",
                  false,
                  { "2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-26T01:15:00Z" },
                  { "2026-10-25T00:15:00Z", "2026-10-26T01:15:00Z" } },
                { "patrol", "2026-10-25T01:20:00Z", false, { "2026-10-26T01:15:00Z" } },
                { "into", "2026-10-24T22:30:00Z", false, { "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z" } },
                { "out-of", "2026-10-24T22:30:00Z", false, { "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z" } },
                { "night", "2026-10-24T19:00:00Z", false, { "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z" } },
        };

        assert_rows("timezone: Europe/Berlin\n"
                    "schedules:\n"
                    "  patrol: {daily: 02:15-02:45}\n"
                    "  into: {daily: 01:00-02:30}\n"
                    "  out-of: {daily: 02:30-04:00}\n"
                    "  night: {daily: 22:00-06:00}\n",
                    ROWS(rows));
}

/* Midnight itself was skipped and doubled in Brazil; Samoa left out a Friday. */
static void midnight_may_be_missing(void **state) {
        static const struct row brazil[] = {
                { "sunday", "2018-11-03T12:00:00Z", false, { "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z" } },
                { "sunday", "2019-02-16T12:00:00Z", false, { "2019-02-17T03:00:00Z", "2019-02-18T03:00:00Z" } },
                { "late", "2019-02-16T12:00:00Z", false, { "2019-02-17T01:30:00Z", "2019-02-17T03:00:00Z" } },
        };
        static const struct row samoa[] = {
                { "friday",
                  "2011-12-24T12:00:00Z",
                  false,
                  { "2012-01-05T10:00:00Z" },
                  { "2011-12-30T10:00:00Z", "2012-01-05T10:00:00Z" } },
                { "thursday", "2011-12-29T12:00:00Z", true, { "2011-12-30T10:00:00Z" } },
        };

        assert_rows("timezone: America/Sao_Paulo\n"
                    "schedules: {sunday: {sun: open}, late: {sat: 23:30-24:00}}\n",
                    ROWS(brazil));
        assert_rows("timezone: Pacific/Apia\n"
                    "schedules: {friday: {fri: open}, thursday: {thu: 00:00-24:00}}\n",
                    ROWS(samoa));
}

static void the_last_date_is_the_end(void **state) {
        static const struct row rows[] = {
                { "once",
                  "2026-01-01T00:00:00Z",
                  false,
                  { "2199-12-31T08:00:00Z", "2199-12-31T09:00:00Z", "never" },
                  { "2199-12-31T08:00:00Z", "never" } },
                { "leap", "2096-03-01T12:00:00Z", false, { "2104-02-29T08:00:00Z", "2104-02-29T09:00:00Z" } },
        };

        assert_rows("schedules: {once: {2199-12-31: 08:00-09:00}, leap: {02-29: 08:00-09:00}}\n", ROWS(rows));
}

/* Open does not change between edges, and all that is asked at the ends of time is answered. */
static void edges_are_all_that_changes(void **state) {
        static const int64_t far[] = { INT64_MIN, -WW_DAY * 400000, WW_DAY * 4000000, TIMEZONE_LIMIT - 1, INT64_MAX };
        struct bench b;

        bench_start(&b,
                    "timezone: Australia/Lord_Howe\n"
                    "holidays: {04-06: Easter Monday, 2026-10-05: Labour Day}\n"
                    "schedules:\n"
                    "  a: {mon-fri: [00:10-01:40, 01:45-02:20, 23:50-00:05], sat: 21:00-01:50, holidays: like sat}\n");
        for (int64_t t = instant("2026-04-01T00:00:00Z"), edge = t; t < instant("2026-10-20T00:00:00Z");
             t += 5 * WW_MINUTE) {
                if (t == edge)
                        edge = site_schedule_edge(b.site, 0, t);
                assert_true(edge > t);
                assert_int_equal(site_schedule_edge(b.site, 0, t), edge);
                assert_int_equal(edge == t + 5 * WW_MINUTE,
                                 site_schedule_open(b.site, 0, t) != site_schedule_open(b.site, 0, t + 5 * WW_MINUTE));
        }
        for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
                (void)site_schedule_open(b.site, 0, far[i]);
                assert_true(far[i] == INT64_MAX || site_schedule_edge(b.site, 0, far[i]) > far[i]);
                assert_true(far[i] == INT64_MAX || site_schedule_opening(b.site, 0, far[i]) > far[i]);
        }
        assert_false(site_schedule_open(b.site, SITE_NONE, 0));
        assert_int_equal(site_schedule_edge(b.site, SITE_NONE, 0), WW_TIME_NEVER);
        assert_int_equal(site_schedule_opening(b.site, SITE_NONE, 0), WW_TIME_NEVER);
        bench_end(&b);
}

/* Days on which nothing can change are passed over: each edge is the one that asking hour by hour finds. */
static void rare_edges_are_found(void **state) {
        struct bench b;

        bench_start(&b, "holidays: {12-25: Christmas, 2099-06-01..2099-06-03: Jubilee, 12-31..01-01: New Year}\n"
                        "schedules:\n"
                        "  a: {daily: open, holidays: closed}\n"
                        "  b: {02-29: 08:00-09:00, 2096-02-29: closed, 2100-03-01: 22:00-06:00}\n"
                        "  c: {daily: open, 02-28: 20:00-05:00, 02-29: 10:00-12:00, 2099-06-02: closed}\n"
                        "  d: {daily: [22:00-06:00, 06:00-22:00], holidays: 22:00-06:00}\n");
        for (uint32_t i = 0; i < 4; i++) {
                int64_t t = instant("2095-12-24T00:00:00Z"), edge = site_schedule_edge(b.site, i, t);
                bool open = site_schedule_open(b.site, i, t);

                for (; t < instant("2105-02-01T00:00:00Z"); t += WW_HOUR) {
                        if (site_schedule_open(b.site, i, t) != open) {
                                assert_int_equal(t, edge);
                                open = !open;
                                edge = site_schedule_edge(b.site, i, t);
                        }
                        assert_true(edge > t);
                        assert_int_equal(site_schedule_edge(b.site, i, t), edge);
                }
        }
        bench_end(&b);
}

static void windows_begin_with_the_date(void **state) {
        static const struct {
                const char *t;
                int64_t every;
                const char *from, *to;
        } rows[] = {
                { "2026-07-01T09:59:59Z", 6 * WW_HOUR, "2026-07-01T04:00:00Z", "2026-07-01T10:00:00Z" },
                { "2026-07-01T10:00:00Z", 6 * WW_HOUR, "2026-07-01T10:00:00Z", "2026-07-01T16:00:00Z" },
                { "2026-07-01T10:00:00Z", 24 * WW_HOUR, "2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z" },
                /* a day of 23 hours: elapsed time counts, and the last window is cut */
                { "2026-03-29T03:59:00Z", 6 * WW_HOUR, "2026-03-28T23:00:00Z", "2026-03-29T05:00:00Z" },
                { "2026-03-29T21:00:00Z", 6 * WW_HOUR, "2026-03-29T17:00:00Z", "2026-03-29T22:00:00Z" },
                { "2026-03-29T22:00:00Z", 6 * WW_HOUR, "2026-03-29T22:00:00Z", "2026-03-30T04:00:00Z" },
                { "2026-03-29T03:00:00Z", WW_DAY, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z" },
                /* a day of 25 hours has a short fifth one */
                { "2026-10-25T22:30:00Z", 6 * WW_HOUR, "2026-10-25T22:00:00Z", "2026-10-25T23:00:00Z" },
                { "2026-10-25T01:30:00Z", 15 * WW_MINUTE, "2026-10-25T01:30:00Z", "2026-10-25T01:45:00Z" },
                /* 1970-01-01 was a Thursday */
                { "2026-07-01T12:00:00Z", 7 * WW_DAY, "2026-06-24T22:00:00Z", "2026-07-01T22:00:00Z" },
                { "2026-07-01T22:00:00Z", 7 * WW_DAY, "2026-07-01T22:00:00Z", "2026-07-08T22:00:00Z" },
                { "1969-12-31T12:00:00Z", 2 * WW_DAY, "1969-12-29T23:00:00Z", "1969-12-31T23:00:00Z" },
        };
        static const int64_t legal[] = { 1, WW_SECOND, 15 * WW_MINUTE, 8 * WW_HOUR, WW_DAY, 3 * WW_DAY, 3660 * WW_DAY };
        static const int64_t illegal[] = {
                0, -WW_HOUR, 7 * WW_HOUR, 25 * WW_HOUR, 36 * WW_HOUR, 7 * WW_MINUTE, 3661 * WW_DAY, INT64_MAX
        };
        struct bench b;

        bench_start(&b, "timezone: Europe/Berlin\n");
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct site_window w = site_window_of(b.site, instant(rows[i].t), rows[i].every);

                assert_instant(w.from, rows[i].from, rows[i].t);
                assert_instant(w.to, rows[i].to, rows[i].t);
        }
        for (size_t i = 0; i < sizeof legal / sizeof *legal; i++)
                assert_true(site_every_legal(legal[i]));
        for (size_t i = 0; i < sizeof illegal / sizeof *illegal; i++)
                assert_false(site_every_legal(illegal[i]));
        bench_end(&b);
}

/* Laid end to end, whatever the clocks do. */
static void windows_leave_no_gap(void **state) {
        static const char *const zones[] = { "timezone: America/Sao_Paulo\n", "timezone: Pacific/Apia\n",
                                             "timezone: America/St_Johns\n", "timezone: Africa/Casablanca\n", "" };
        static const int64_t lengths[] = { WW_HOUR, 8 * WW_HOUR, WW_DAY, 3 * WW_DAY };

        for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
                struct bench b;

                bench_start(&b, zones[z]);
                for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                        struct site_window w = site_window_of(b.site, instant("2009-01-01T00:00:00Z"), lengths[i]);

                        while (w.to < instant("2020-01-01T00:00:00Z")) {
                                struct site_window next = site_window_of(b.site, w.to, lengths[i]);
                                struct site_window same = site_window_of(b.site, w.to - 1, lengths[i]);

                                assert_true(w.from < w.to);
                                assert_true(next.from == w.to);
                                assert_true(same.from == w.from && same.to == w.to);
                                w = next;
                        }
                }
                bench_end(&b);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hours_are_local),
                cmocka_unit_test(hours_over_midnight_belong_to_the_day_they_begin),
                cmocka_unit_test(the_more_special_day_goes_first),
                cmocka_unit_test(hours_that_meet_are_one),
                cmocka_unit_test(a_skipped_time_is_the_next_that_exists),
                cmocka_unit_test(a_doubled_time_is_the_first),
                cmocka_unit_test(midnight_may_be_missing),
                cmocka_unit_test(the_last_date_is_the_end),
                cmocka_unit_test(edges_are_all_that_changes),
                cmocka_unit_test(rare_edges_are_found),
                cmocka_unit_test(windows_begin_with_the_date),
                cmocka_unit_test(windows_leave_no_gap),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
