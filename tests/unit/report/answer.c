#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "report/answer.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct inquiry_column columns[] = {
        { "at", INQUIRY_TIME }, { "name", INQUIRY_TEXT }, { "n", INQUIRY_NUMBER },
        { "ok", INQUIRY_BOOL }, { "body", INQUIRY_JSON },
};
#define N (sizeof columns / sizeof *columns)

static const char *const plain_row[N] = { "2026-01-31 22:00:00.5+00", "door", "17", "t", "{\"a\": 1}" };
static const char *const hostile_row[N] = { "infinity", "=cmd|\"x\",\r\n\x1b[2J\xc2\x9b\xff", "NaN", "f", NULL };

static int collect(void *userdata, struct ww_str bytes) {
        buf_put(userdata, bytes.p, bytes.n);
        return 0;
}

/* What comes of these rows; the caller frees it. */
static char *written(enum answer_format format, const char *const *const *rows, size_t n) {
        _cleanup_(answer_freep) struct answer *a = NULL;
        struct buf out = BUF_INIT;
        const struct inquiry_sink *sink;

        assert_int_equal(answer_new(&a, format, collect, &out), 0);
        sink = answer_sink(a);
        assert_int_equal(sink->columns(sink->userdata, columns, N), 0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(sink->row(sink->userdata, rows[i], N), 0);
        assert_int_equal(answer_finish(a), 0);
        assert_int_equal(answer_rows(a), n);
        buf_put_u8(&out, 0);
        return (char *)out.p;
}

static void json_is_json(void **state) {
        const char *const *const rows[] = { plain_row, hostile_row };
        _cleanup_free_ char *one = written(ANSWER_JSON, rows, 1), *none = written(ANSWER_JSON, rows, 0);
        _cleanup_free_ char *both = NULL;
        const char *const tame[N] = { "infinity", "\"\\\n", "NaN", "f", NULL };
        const char *const *const tame_rows[] = { plain_row, tame };
        json_t *parsed;

        assert_string_equal(one, "[\n{\"at\":\"2026-01-31T22:00:00.5Z\",\"name\":\"door\",\"n\":17,\"ok\":true,"
                                 "\"body\":{\"a\": 1}}\n]\n");
        assert_string_equal(none, "[]\n");
        both = written(ANSWER_JSON, tame_rows, 2);
        parsed = json_loads(both, 0, NULL);
        assert_int_equal(json_array_size(parsed), 2);
        assert_string_equal(json_string_value(json_object_get(json_array_get(parsed, 1), "name")), "\"\\\n");
        assert_string_equal(json_string_value(json_object_get(json_array_get(parsed, 1), "n")), "NaN");
        assert_true(json_is_null(json_object_get(json_array_get(parsed, 1), "body")));
        json_decref(parsed);
}

static void times_have_their_zone(void **state) {
        static const char *const cases[][2] = {
                { "2026-01-31 22:00:00+00", "\"2026-01-31T22:00:00Z\"" },
                { "2026-01-31 22:00:00+05:30", "\"2026-01-31T22:00:00+05:30\"" },
                { "2026-01-31 22:00:00.000001-08", "\"2026-01-31T22:00:00.000001-08:00\"" },
                { "-infinity", "\"-infinity\"" },
                { "0044-03-15 12:00:00+00 BC", "\"0044-03-15T12:00:00+00 BC\"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_buf_ struct buf out = BUF_INIT;

                answer_json_value(&out, INQUIRY_TIME, cases[i][0]);
                buf_put_u8(&out, 0);
                assert_string_equal((char *)out.p, cases[i][1]);
        }
}

static void csv_is_quoted_and_no_formula(void **state) {
        const char *const *const rows[] = { plain_row, hostile_row };
        _cleanup_free_ char *text = written(ANSWER_CSV, rows, 2);

        assert_string_equal(text, "at,name,n,ok,body\r\n"
                                  "2026-01-31 22:00:00.5+00,door,17,t,\"{\"\"a\"\": 1}\"\r\n"
                                  "infinity,\"'=cmd|\"\"x\"\",\r\n\x1b[2J\xc2\x9b\xff\",NaN,f,\r\n");
}

static void numbers_may_be_negative(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        answer_csv_value(&out, INQUIRY_NUMBER, "-5");
        answer_csv_value(&out, INQUIRY_TEXT, "-5");
        buf_put_u8(&out, 0);
        assert_string_equal((char *)out.p, "-5\"'-5\"");
}

static void a_terminal_is_safe(void **state) {
        const char *const *const rows[] = { plain_row, hostile_row };
        _cleanup_free_ char *text = written(ANSWER_TABLE, rows, 2);

        assert_non_null(strstr(text, "\n2026-01-31 22:00:00.5+00  door                17  t   {\"a\": 1}\n"));
        assert_non_null(strstr(text, "=cmd|\"x\",...[2J.."));
        assert_non_null(strstr(text, "\n(2 rows)\n"));
        assert_null(strchr(text, 0x1b));
        assert_null(strchr(text, '\r'));
}

/* Beyond the rows that the widths are taken from, each goes straight out. */
static void a_table_of_any_length(void **state) {
        const char *const *rows[ANSWER_LOOK + 50];
        _cleanup_free_ char *text = NULL;
        size_t lines = 0;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                rows[i] = i == ANSWER_LOOK + 10 ? hostile_row : plain_row;
        text = written(ANSWER_TABLE, rows, sizeof rows / sizeof *rows);
        for (const char *p = text; (p = strchr(p, '\n')); p++)
                lines++;
        assert_int_equal(lines, ANSWER_LOOK + 50 + 3);
}

static int full(void *userdata, struct ww_str bytes) {
        return bytes.n > 0;
}

static void who_has_enough_is_heard(void **state) {
        _cleanup_(answer_freep) struct answer *a = NULL;

        assert_int_equal(answer_new(&a, ANSWER_CSV, full, NULL), 0);
        assert_int_not_equal(answer_sink(a)->columns(a, columns, N), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(json_is_json),
                cmocka_unit_test(times_have_their_zone),
                cmocka_unit_test(csv_is_quoted_and_no_formula),
                cmocka_unit_test(numbers_may_be_negative),
                cmocka_unit_test(a_terminal_is_safe),
                cmocka_unit_test(a_table_of_any_length),
                cmocka_unit_test(who_has_enough_is_heard),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
