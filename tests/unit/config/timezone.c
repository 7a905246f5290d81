#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/span.h"
#include "config/file.h"
#include "config/timezone.h"

#include <ftw.h>
#include <stdio.h>
#include <time.h>

#define ZONES_DIR "/usr/share/zoneinfo/"

static struct timezone_table *read_bytes(struct ww_str bytes) {
        struct timezone_table *z = NULL;
        const char *problem;
        int r = timezone_read(&z, bytes, &problem);

        if (r)
                fail_msg("%d: %s", r, problem);
        return z;
}

static char *read_file(const char *path, size_t *ret_n) {
        char *bytes = NULL;

        if (file_read(path, TIMEZONE_BYTES_MAX, &bytes, ret_n) < 0)
                fail_msg("cannot read %s; tzdata is needed", path);
        return bytes;
}

static struct timezone_table *read_zone(const char *name) {
        struct timezone_table *z;
        char path[128], *bytes;
        size_t n = 0;

        (void)snprintf(path, sizeof path, ZONES_DIR "%s", name);
        bytes = read_file(path, &n);
        z = read_bytes((struct ww_str){ bytes, n });
        free(bytes);
        return z;
}

static int64_t instant(const char *text) {
        int64_t t = 0;

        assert_int_equal(instant_parse(ww_str(text), 0, &t), 0);
        return t;
}

/* A time as the walls show it is written without Z. */
static void assert_time(int64_t t, const char *text) {
        char got[32];

        instant_format(t, got);
        if (instant(text) != t)
                fail_msg("%s, not %s", got, text);
}

struct row {
        const char *utc, *wall, *running;
};

static void assert_rows(const char *zone, const struct row *rows, size_t n) {
        struct timezone_table *z = read_zone(zone);

        for (size_t i = 0; i < n; i++) {
                assert_time(timezone_wall(z, instant(rows[i].utc)), rows[i].wall);
                assert_time(timezone_running(z, instant(rows[i].utc)),
                            rows[i].running ? rows[i].running : rows[i].wall);
        }
        timezone_free(z);
}

static void assert_firsts(const char *zone, const char *const (*rows)[2], size_t n) {
        struct timezone_table *z = read_zone(zone);

        for (size_t i = 0; i < n; i++)
                assert_time(timezone_first(z, instant(rows[i][0])), rows[i][1]);
        timezone_free(z);
}

#define ROWS(a) (a), sizeof(a) / sizeof *(a)

static void berlin_skips_and_doubles_an_hour(void **state) {
        static const struct row rows[] = {
                { "2026-03-29T00:59:59.999999Z", "2026-03-29T01:59:59.999999", NULL },
                { "2026-03-29T01:00:00Z", "2026-03-29T03:00:00", NULL },
                { "2026-10-25T00:59:59.999999Z", "2026-10-25T02:59:59.999999", NULL },
                { "2026-10-25T01:00:00Z", "2026-10-25T02:00:00", "2026-10-25T02:59:59.999999" },
                { "2026-10-25T01:30:00Z", "2026-10-25T02:30:00", "2026-10-25T02:59:59.999999" },
                { "2026-10-25T02:00:00Z", "2026-10-25T03:00:00", NULL },
                { "2499-07-01T12:00:00Z", "2499-07-01T14:00:00", NULL }, /* in the next cycle of 400 years */
                { "2499-12-01T12:00:00Z", "2499-12-01T13:00:00", NULL },
                { "1950-01-01T12:00:00Z", "1950-01-01T13:00:00", NULL },
        };
        static const char *const firsts[][2] = {
                { "2026-03-29T01:59:59", "2026-03-29T00:59:59Z" }, { "2026-03-29T02:00:00", "2026-03-29T01:00:00Z" },
                { "2026-03-29T02:30:00", "2026-03-29T01:00:00Z" }, { "2026-03-29T03:00:00", "2026-03-29T01:00:00Z" },
                { "2026-03-29T03:00:01", "2026-03-29T01:00:01Z" }, { "2026-10-25T02:00:00", "2026-10-25T00:00:00Z" },
                { "2026-10-25T02:30:00", "2026-10-25T00:30:00Z" }, { "2026-10-25T03:00:00", "2026-10-25T02:00:00Z" },
        };

        assert_rows("Europe/Berlin", ROWS(rows));
        assert_firsts("Europe/Berlin", ROWS(firsts));
}

static void sao_paulo_skipped_and_doubled_midnight(void **state) {
        static const struct row rows[] = {
                { "2018-11-04T02:59:59Z", "2018-11-03T23:59:59", NULL },
                { "2018-11-04T03:00:00Z", "2018-11-04T01:00:00", NULL },
                { "2019-02-17T01:59:59Z", "2019-02-16T23:59:59", NULL },
                { "2019-02-17T02:30:00Z", "2019-02-16T23:30:00", "2019-02-16T23:59:59.999999" },
                { "2019-02-17T03:00:00Z", "2019-02-17T00:00:00", NULL },
                { "2026-11-08T03:00:00Z", "2026-11-08T00:00:00", NULL }, /* summer time is no more */
        };
        static const char *const firsts[][2] = {
                { "2018-11-04T00:00:00", "2018-11-04T03:00:00Z" },
                { "2018-11-04T00:59:00", "2018-11-04T03:00:00Z" },
                { "2019-02-17T00:00:00", "2019-02-17T03:00:00Z" },
        };

        assert_rows("America/Sao_Paulo", ROWS(rows));
        assert_firsts("America/Sao_Paulo", ROWS(firsts));
}

static void lord_howe_shifts_by_half_an_hour(void **state) {
        static const struct row rows[] = {
                { "2026-04-04T14:59:59Z", "2026-04-05T01:59:59", NULL },
                { "2026-04-04T15:00:00Z", "2026-04-05T01:30:00", "2026-04-05T01:59:59.999999" },
                { "2026-04-04T15:30:00Z", "2026-04-05T02:00:00", NULL },
                { "2026-10-03T15:30:00Z", "2026-10-04T02:30:00", NULL },
        };
        static const char *const firsts[][2] = {
                { "2026-10-04T02:15:00", "2026-10-03T15:30:00Z" },
                { "2026-04-05T01:45:00", "2026-04-04T14:45:00Z" },
        };

        assert_rows("Australia/Lord_Howe", ROWS(rows));
        assert_firsts("Australia/Lord_Howe", ROWS(firsts));
}

static void samoa_left_out_a_day(void **state) {
        static const struct row rows[] = {
                { "2011-12-30T09:59:59Z", "2011-12-29T23:59:59", NULL },
                { "2011-12-30T10:00:00Z", "2011-12-31T00:00:00", NULL },
        };
        static const char *const firsts[][2] = {
                { "2011-12-30T00:00:00", "2011-12-30T10:00:00Z" },
                { "2011-12-30T17:00:00", "2011-12-30T10:00:00Z" },
                { "2011-12-31T00:00:00", "2011-12-30T10:00:00Z" },
        };

        assert_rows("Pacific/Apia", ROWS(rows));
        assert_firsts("Pacific/Apia", ROWS(firsts));
}

static void shanghai_and_utc_stay_as_they_are(void **state) {
        static const struct row shanghai[] = {
                { "2026-07-01T00:00:00Z", "2026-07-01T08:00:00", NULL },
                { "2200-07-01T00:00:00Z", "2200-07-01T08:00:00", NULL },
                { "1990-07-01T00:00:00Z", "1990-07-01T09:00:00", NULL }, /* had summer time then */
        };
        static const struct row utc[] = { { "2026-07-01T00:00:00Z", "2026-07-01T00:00:00", NULL } };

        assert_rows("Asia/Shanghai", ROWS(shanghai));
        assert_rows("UTC", ROWS(utc));
        assert_time(timezone_wall(NULL, instant(utc[0].utc)), utc[0].wall);
        assert_time(timezone_running(NULL, instant(utc[0].utc)), utc[0].wall);
        assert_time(timezone_first(NULL, instant(utc[0].wall)), utc[0].utc);
}

/* --- against the C library --- */

static uint64_t seed = 88172645463325252;

static uint64_t random_next(void) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed;
}

static int64_t random_second(int64_t from, int64_t to) {
        return from + (int64_t)(random_next() % (uint64_t)(to - from));
}

static bool agrees(const struct timezone_table *z, int64_t second) {
        time_t t = (time_t)second;
        struct tm tm;

        return localtime_r(&t, &tm) && timezone_wall(z, second * WW_SECOND) == (second + tm.tm_gmtoff) * WW_SECOND;
}

#define YEAR_1900 (-INT64_C(2208988800))
#define YEAR_2500 INT64_C(16725225600)

/* first and running are the two sides of one thing, and running is the maximum of wall. */
static void assert_forward(const struct timezone_table *z, int64_t t, int64_t d) {
        int64_t running = timezone_running(z, t), wall = timezone_wall(z, t);

        assert_true(running >= wall);
        assert_true(timezone_first(z, running) <= t);
        assert_true(timezone_first(z, running + 1) > t);
        assert_true(timezone_running(z, t + d) >= running);
        assert_true(timezone_running(z, t + d) >= timezone_wall(z, t));
        assert_int_equal(timezone_first(z, wall + d) <= t, wall + d <= running);
        assert_int_equal(timezone_first(z, wall - d) <= t, wall - d <= running);
}

static unsigned zones;

static int check_zone(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        const char *name = path + sizeof ZONES_DIR - 1;
        struct timezone_table *z;
        size_t n = 0;
        char *bytes;

        if (type != FTW_F || *name < 'A' || *name > 'Z' || strncmp(name, "Factory", 7) == 0)
                return 0;
        bytes = read_file(path, &n);
        z = read_bytes((struct ww_str){ bytes, n });
        free(bytes);
        assert_int_equal(setenv("TZ", name, 1), 0);
        tzset();
        for (int i = 0; i < 300; i++) {
                int64_t t = random_second(YEAR_1900, i < 200 ? INT64_C(4102444800) : YEAR_2500);

                if (!agrees(z, t))
                        fail_msg("%s at %lld", name, (long long)t);
                assert_forward(z, t * WW_SECOND + 1, random_second(1, 7200 * WW_SECOND));
        }
        timezone_free(z);
        zones++;
        return 0;
}

static void every_zone_agrees_with_the_c_library(void **state) {
        assert_int_equal(nftw(ZONES_DIR, check_zone, 16, FTW_PHYS), 0);
        assert_true(zones > 300);
}

/* --- made files --- */

struct made {
        char bytes[512];
        size_t n;
};

static void put(struct made *m, const void *p, size_t n) {
        assert_true(m->n + n <= sizeof m->bytes);
        memcpy(m->bytes + m->n, p, n);
        m->n += n;
}

static void put_header(struct made *m, char version, char times) {
        char header[44] = "TZif";

        header[4] = version;
        header[35] = times;
        header[39] = 1; /* types */
        header[43] = 4; /* bytes of names */
        put(m, header, sizeof header);
}

/* A zone without entries: `offset` in the file's last two bytes, and a rule. */
static struct made make(int offset, const char *rule) {
        const char type[] = { (char)(offset >> 24), (char)(offset >> 16), (char)(offset >> 8), (char)offset, 0, 0 };
        struct made m = { 0 };

        put_header(&m, '2', 0);
        put(&m, "\0\0\0\0\0\0AAA", 10);
        put_header(&m, '2', 0);
        put(&m, type, sizeof type);
        put(&m, "AAA", 4);
        put(&m, "\n", 1);
        put(&m, rule, strlen(rule));
        put(&m, "\n", 1);
        return m;
}

static void rules_agree_with_the_c_library(void **state) {
        static const struct {
                int offset;
                const char *rule;
        } rows[] = {
                { 0, "UTC0" },
                { 3600, "CET-1CEST,M3.5.0,M10.5.0/3" },
                { -18000, "EST5EDT,M3.2.0,M11.1.0" },
                { 37800, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0" },
                { -10800, "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1" },
                { 7200, "EET-2EEST,M3.4.4/50,M10.4.4/50" },
                { 0, "AAA0BBB,J60/0,J300/0" },
                { 0, "AAA0BBB,59/12,299/12:30:15" },
                { 12600, "AAA-3:30BBB-4:30,J79/24,J263/24" },
                { 3600, "IST-1GMT0,M10.5.0,M3.5.0/1" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct made m = make(rows[i].offset, rows[i].rule);
                struct timezone_table *z = read_bytes((struct ww_str){ m.bytes, m.n });

                assert_int_equal(setenv("TZ", rows[i].rule, 1), 0);
                tzset();
                for (int k = 0; k < 2000; k++) {
                        int64_t t = random_second(0, YEAR_2500);

                        if (!agrees(z, t))
                                fail_msg("%s at %lld", rows[i].rule, (long long)t);
                        assert_forward(z, t * WW_SECOND, random_second(1, 7200 * WW_SECOND));
                }
                timezone_free(z);
        }
}

/* Its end and its next beginning are one moment. The C library shows standard time around New Year. */
static void summer_time_may_last_all_the_year(void **state) {
        struct made m = make(-10800, "XXX3EDT4,0/0,J365/23");
        struct timezone_table *z = read_bytes((struct ww_str){ m.bytes, m.n });

        for (int k = 0; k < 2000; k++) {
                int64_t t = random_second(0, YEAR_2500) * WW_SECOND;

                assert_int_equal(timezone_wall(z, t), t - 4 * WW_HOUR);
        }
        timezone_free(z);
}

static void assert_refused(struct ww_str bytes, const char *problem) {
        struct timezone_table *z = NULL;
        const char *told = NULL;

        assert_int_equal(timezone_read(&z, bytes, &told), -EBADMSG);
        assert_null(z);
        assert_non_null(told);
        if (problem && strcmp(told, problem) != 0)
                fail_msg("`%s`, not `%s`", told, problem);
}

static void wrong_rules_are_refused(void **state) {
        static const char *const rules[] = {
                "CET",
                "C-1",
                "CET-25",
                "CET-1CEST",
                "CET-1CEST,M3.5.0",
                "CET-1X,J1,2",
                "CET-1CEST,,",
                "CET-1,",
                "<CET-1",
                "CET-1CEST,M13.5.0,M10.5.0",
                " CET-1",
                "CET-1:60",
                "<+1>-1x",
                "CET-1CEST,J0,J5",
                "CET-1CEST,M3.6.0,M10.5.0",
                "CET-",
                "CET-1CEST,M0.1.0,M10.5.0",
                "CET-1CEST,M3.0.0,M10.5.0",
                "CET-1CEST,M3.5.7,M10.5.0",
                "CET-1CEST,366,J5",
                "CET-1CEST,M3.5.0/168,M10.5.0",
                "CET-1CEST,M3.5.0,M10.5.0 ",
        };

        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
                struct made m = make(3600, rules[i]);

                assert_refused((struct ww_str){ m.bytes, m.n }, "the rule at its end cannot be read");
        }
}

/* At which byte of a made file what is written, and what is then told. */
static void wrong_files_are_refused(void **state) {
        static const struct {
                size_t at;
                char byte;
                const char *problem;
        } rows[] = {
                { 0, 'X', "it is no TZif file" },
                { 4, '\0', "it is of version 1: only 32 bits and no rule for the future" },
                { 35, 100, "it is cut off" },
                { 54, 'X', "it is no TZif file" },
                { 54 + 43, 0, "it has no types of local time" },
                { 54 + 39, 0, "it has no types of local time" },
                { 54 + 31, 1, "it counts leap seconds" },
                { 54 + 23, 2, "its indicators are wrong" },
                { 54 + 27, 2, "its indicators are wrong" },
                { 54 + 44, 1, "a type of local time is out of range" },
                { 54 + 48, 2, "a type of local time is out of range" },
                { 54 + 49, 4, "a name of local time is not there" },
                { 54 + 53, 'A', "a name of local time is not there" },
                { 54 + 54, ' ', "the rule at its end is not there" },
                { 54 + 55, '\n', "there is something behind its end" },
                { 54 + 47, 1, "the rule at its end does not fit its last entry" },
        };
        struct made m = make(0, "AAA0 and room behind it"), good = make(0, "AAA0");

        timezone_free(read_bytes((struct ww_str){ good.bytes, good.n }));
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct made bad = rows[i].at == 54 + 47 ? good : m;

                bad.bytes[rows[i].at] = rows[i].byte;
                assert_refused((struct ww_str){ bad.bytes, bad.n }, rows[i].problem);
        }
        for (size_t n = 0; n < good.n; n++)
                assert_refused((struct ww_str){ good.bytes, n }, NULL);
}

static void times_must_ascend(void **state) {
        size_t n = 0, at = 0;
        char *bytes = read_file(ZONES_DIR "Europe/Berlin", &n);

        for (size_t i = 44; i + 4 < n && !at; i++)
                at = memcmp(bytes + i, "TZif", 4) == 0 ? i + 44 : 0;
        assert_true(at > 0);
        memcpy(bytes + at + 8, bytes + at, 8); /* the second time is the first */
        assert_refused((struct ww_str){ bytes, n }, "its times do not ascend");
        free(bytes);
}

static void the_ends_of_time_are_bounded(void **state) {
        static const int64_t far[] = { INT64_MIN, INT64_MIN + 1, -TIMEZONE_LIMIT, TIMEZONE_LIMIT, INT64_MAX };
        struct timezone_table *z = read_zone("Europe/Berlin");

        for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
                int64_t bounded = far[i] < 0 ? -TIMEZONE_LIMIT : TIMEZONE_LIMIT;

                assert_in_range(timezone_wall(z, far[i]) - bounded + WW_DAY, 0, 2 * WW_DAY);
                assert_in_range(timezone_running(z, far[i]) - bounded + WW_DAY, 0, 2 * WW_DAY);
                assert_in_range(timezone_first(z, far[i]) - bounded + WW_DAY, 0, 2 * WW_DAY);
                assert_int_equal(timezone_first(NULL, far[i]), bounded);
        }
        timezone_free(z);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(berlin_skips_and_doubles_an_hour),
                cmocka_unit_test(sao_paulo_skipped_and_doubled_midnight),
                cmocka_unit_test(lord_howe_shifts_by_half_an_hour),
                cmocka_unit_test(samoa_left_out_a_day),
                cmocka_unit_test(shanghai_and_utc_stay_as_they_are),
                cmocka_unit_test(every_zone_agrees_with_the_c_library),
                cmocka_unit_test(rules_agree_with_the_c_library),
                cmocka_unit_test(summer_time_may_last_all_the_year),
                cmocka_unit_test(wrong_rules_are_refused),
                cmocka_unit_test(wrong_files_are_refused),
                cmocka_unit_test(times_must_ascend),
                cmocka_unit_test(the_ends_of_time_are_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
