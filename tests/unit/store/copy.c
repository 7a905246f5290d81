#include "store/copy.h"

#include "store/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEAD 19 /* signature, flags, length of the extension */

static struct copy c;

static int setup(void **state) {
        copy_begin(&c);
        return 0;
}

static int teardown(void **state) {
        copy_deinit(&c);
        return 0;
}

static void assert_bytes(size_t from, struct ww_str want) {
        assert_int_equal(c.bytes.error, 0);
        assert_int_equal(c.bytes.n - from, want.n);
        assert_memory_equal(c.bytes.p + from, want.p, want.n);
}

#define BYTES(from, literal) assert_bytes(from, WW_STR(literal))

static void test_empty(void **state) {
        BYTES(0, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0");
        copy_end(&c);
        BYTES(HEAD, "\377\377");
        assert_int_equal(c.rows, 0);
}

static void test_row(void **state) {
        copy_row(&c, 3);
        copy_integer(&c, -2);
        copy_null(&c);
        copy_bool(&c, true);
        assert_int_equal(c.rows, 1);
        BYTES(HEAD, "\0\3\0\0\0\4\377\377\377\376\377\377\377\377\0\0\0\1\1");
}

static void test_numbers(void **state) {
        copy_bigint(&c, INT64_C(0x0102030405060708));
        BYTES(HEAD, "\0\0\0\10\1\2\3\4\5\6\7\10");
        setup(state);
        copy_double(&c, 1.0);
        BYTES(HEAD, "\0\0\0\10\x3f\xf0\0\0\0\0\0\0");
        setup(state);
        copy_double(&c, -INFINITY);
        BYTES(HEAD, "\0\0\0\10\xff\xf0\0\0\0\0\0\0");
}

static void test_interval(void **state) {
        copy_interval(&c, 90 * WW_SECOND);
        BYTES(HEAD, "\0\0\0\20\0\0\0\0\5\135\112\200\0\0\0\0\0\0\0\0");
}

/* PostgreSQL counts from 2000, and has an earliest and a latest instant. */
static void test_timestamp(void **state) {
        copy_timestamp(&c, INT64_C(946684800000001));
        BYTES(HEAD, "\0\0\0\10\0\0\0\0\0\0\0\1");
        setup(state);
        copy_timestamp(&c, 0);
        BYTES(HEAD, "\0\0\0\10\xff\xfc\xa2\xfe\xc4\xc8\x20\x00");
        setup(state);
        copy_timestamp(&c, WW_TIME_NONE);
        BYTES(HEAD, "\377\377\377\377");
        setup(state);
        copy_timestamp(&c, WW_TIME_NONE + 1);
        BYTES(HEAD, "\0\0\0\10\x80\0\0\0\0\0\0\0");
        setup(state);
        copy_timestamp(&c, WW_TIME_NEVER);
        BYTES(HEAD, "\0\0\0\10\x7f\xff\xff\xff\xff\xff\xff\xff");
        setup(state);
        copy_timestamp(&c, WW_TIME_NEVER - 1); /* year 294247: PostgreSQL knows it still */
        BYTES(HEAD, "\0\0\0\10\x7f\xfc\xa2\xfe\xc4\xc8\x1f\xfe");
}

static void test_text(void **state) {
        copy_text(&c, WW_STR("a\0b"));
        BYTES(HEAD, "\0\0\0\6a\\000b");
        setup(state);
        copy_bytea(&c, WW_STR("a\0\xff"));
        BYTES(HEAD, "\0\0\0\3a\0\xff");
        setup(state);
        copy_jsonb(&c, WW_STR("{}"));
        BYTES(HEAD, "\0\0\0\3\1{}");
        setup(state);
        copy_text(&c, WW_STR_NONE);
        BYTES(HEAD, "\0\0\0\0");
}

static void test_texts(void **state) {
        const char *const two[] = { "late", "x" };

        copy_texts(&c, NULL, 0);
        BYTES(HEAD, "\0\0\0\14\0\0\0\0\0\0\0\0\0\0\0\31");
        setup(state);
        copy_texts(&c, two, 2);
        BYTES(HEAD, "\0\0\0\41\0\0\0\1\0\0\0\0\0\0\0\31\0\0\0\2\0\0\0\1\0\0\0\4late\0\0\0\1x");
}

/* A row is found again in what was written; behind the last one there is none. */
static void test_find(void **state) {
        struct ww_str value;

        copy_row(&c, 2);
        copy_text(&c, WW_STR("first"));
        copy_integer(&c, 7);
        copy_row(&c, 3);
        copy_null(&c);
        copy_text(&c, WW_STR("second"));
        copy_text(&c, WW_STR_NONE);
        assert_false(copy_find(&c, 3, 0, &value));
        copy_end(&c);
        assert_true(copy_find(&c, 1, 0, &value));
        assert_true(ww_str_equal(value, WW_STR("first")));
        assert_true(copy_find(&c, 2, 1, &value));
        assert_true(ww_str_equal(value, WW_STR("second")));
        assert_true(copy_find(&c, 2, 0, &value));
        assert_int_equal(value.n, 0);
        assert_true(copy_find(&c, 2, 2, &value));
        assert_int_equal(value.n, 0);
        assert_false(copy_find(&c, 1, 2, &value));
        assert_false(copy_find(&c, 0, 0, &value));
        assert_false(copy_find(&c, 3, 0, &value));
        assert_false(copy_find(&c, UINT64_MAX, 0, &value));
        c.bytes.n -= 5; /* cut short within the last field */
        assert_false(copy_find(&c, 2, 2, &value));
}

static void test_undo(void **state) {
        struct copy_mark mark;

        copy_row(&c, 1);
        copy_null(&c);
        mark = copy_mark(&c);
        copy_row(&c, 1);
        copy_text(&c, WW_STR("taken back"));
        copy_undo(&c, mark);
        assert_int_equal(c.rows, 1);
        BYTES(HEAD, "\0\1\377\377\377\377");
}

static void test_seq_field(void **state) {
        assert_int_equal(table_seq_field(TABLE_MESSAGE), 1);
        assert_int_equal(table_seq_field(TABLE_ALARM), 2);
        assert_int_equal(table_seq_field(TABLE_ALARM_EVIDENCE), 1); /* and not event_seq */
        for (size_t i = 0; i < TABLE_MAX_; i++)
                assert_in_range(table_seq_field((enum table)i), 1, 2);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_empty), TEST(test_row),   TEST(test_numbers), TEST(test_interval), TEST(test_timestamp),
                TEST(test_text),  TEST(test_texts), TEST(test_undo),    TEST(test_find),     TEST(test_seq_field),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
