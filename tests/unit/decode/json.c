/* The JSON reader: what it takes, what it refuses, and that neither depends on what lies behind the text. */
#include "decode/json_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char deep32[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";
static const char deep33[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

static const struct {
        const char *text;
        size_t n; /* 0: strlen */
        const char *error;
} inputs[] = {
        { "{}", 0, NULL },
        { "[]", 0, NULL },
        { " \t\r\n{ \"a\" : [ 1 , 2 ] } ", 0, NULL },
        { "0", 0, NULL },
        { "-0.5e+10", 0, NULL },
        { "1E400", 0, NULL }, /* valid JSON; no double, which is its reader's affair */
        { "1e999", 0, NULL },
        { "\"\"", 0, NULL },
        { "\"\\u0041\\n\\\"\\/\"", 0, NULL },
        { "\"\xF0\x9F\x98\x80 \xE4\xB8\xAD\"", 0, NULL },
        { "\"\x7F\"", 0, NULL },
        { "true", 0, NULL },
        { "null", 0, NULL },
        { "{\"a\":{\"b\":{}},\"c\":[[],[{}]]}", 0, NULL },
        { deep32, 0, NULL },
        { deep33, 0, "nested too deep" },
        { "", 0, "empty" },
        { "   ", 0, "empty" },
        { "{", 0, "ends too early" },
        { "[", 0, "ends too early" },
        { "[1", 0, "ends too early" },
        { "[1,", 0, "ends too early" },
        { "{\"a\"", 0, "no colon behind a key" },
        { "{\"a\":", 0, "ends too early" },
        { "{\"a\":1", 0, "ends too early" },
        { "{\"a\":1,", 0, "ends too early" },
        { "[1,]", 0, "not a number" },
        { "[,1]", 0, "not a number" },
        { "{,}", 0, "a key must be a string" },
        { "{\"a\":1,}", 0, "a key must be a string" },
        { "{a:1}", 0, "a key must be a string" },
        { "{1:1}", 0, "a key must be a string" },
        { "{'a':1}", 0, "a key must be a string" },
        { "{\"a\" 1}", 0, "no colon behind a key" },
        { "{\"a\":1 \"b\":2}", 0, "no comma between values" },
        { "[1 2]", 0, "no comma between values" },
        { "[1}", 0, "no comma between values" },
        { "{\"a\":1]", 0, "no comma between values" },
        { "]", 0, "not a number" },
        { "1 1", 0, "text behind the value" },
        { "{}x", 0, "text behind the value" },
        { "[]]", 0, "text behind the value" },
        { "\"a\"\"", 0, "text behind the value" },
        { "true1", 0, "text behind the value" },
        { "tru", 0, "unknown word" },
        { "True", 0, "not a number" },
        { "nul", 0, "unknown word" },
        { "NaN", 0, "not a number" },
        { "Infinity", 0, "not a number" },
        { "-Infinity", 0, "not a number" },
        { "+1", 0, "not a number" },
        { ".5", 0, "not a number" },
        { "1.", 0, "not a number" },
        { "1e", 0, "not a number" },
        { "1e+", 0, "not a number" },
        { "-", 0, "not a number" },
        { "01", 0, "number with a leading zero" },
        { "-01", 0, "number with a leading zero" },
        { "0012345678", 0, "number with a leading zero" },
        { "0x10", 0, "text behind the value" },
        { "\"", 0, "string without an end" },
        { "\"abc", 0, "string without an end" },
        { "\"abc\\", 0, "string without an end" },
        { "\"abc\\\"", 0, "string without an end" },
        { "\"\\u12", 0, "string without an end" },
        { "\"\\u12G4\"", 0, "unknown escape" },
        { "\"\\x41\"", 0, "unknown escape" },
        { "\"\\", 0, "string without an end" },
        { "\"a\nb\"", 0, "control character in a string" },
        { "\"a\x1F\"", 0, "control character in a string" },
        { "\"a\0b\"", 5, "control character in a string" },
        { "\"a\\\0\"", 5, "unknown escape" },
        { "\0", 1, "not a number" },
        { "1\0", 2, "text behind the value" },
        { "{\"a\":1}\0", 8, "text behind the value" },
        { "\"\xFF\"", 0, "not UTF-8" },
        { "\"\x80\"", 0, "not UTF-8" },
        { "\"\xC0\x80\"", 0, "not UTF-8" },         /* NUL in two bytes */
        { "\"\xE0\x80\x80\"", 0, "not UTF-8" },     /* overlong */
        { "\"\xED\xA0\x80\"", 0, "not UTF-8" },     /* surrogate */
        { "\"\xF4\x90\x80\x80\"", 0, "not UTF-8" }, /* beyond U+10FFFF */
        { "\"\xF5\x80\x80\x80\"", 0, "not UTF-8" },
        { "\"\xE4\xB8\"", 0, "not UTF-8" }, /* cut off by the quote */
        { "\"\xE4\xB8", 0, "not UTF-8" },   /* cut off by the end */
        { "\xEF\xBB\xBF{}", 0, "not a number" },
        { "// x\n1", 0, "not a number" },
        { "{\"a\":/**/1}", 0, "not a number" },
};

/* A copy of exactly n bytes on the heap, so that a step beyond the end is seen. */
static int read_tight(struct document *d, const char *text, size_t n, char **ret_copy) {
        char *copy = malloc(n ? n : 1);

        assert_non_null(copy);
        memcpy(copy, text, n);
        *ret_copy = copy;
        return json_reader_read(d, (struct ww_str){ copy, n });
}

static void test_inputs(void **state) {
        struct arena arena = ARENA_INIT;
        uint32_t steps = DOCUMENT_STEPS_MAX;
        struct document d;

        document_init(&d, &arena, &steps);
        for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
                size_t n = inputs[i].n ? inputs[i].n : strlen(inputs[i].text);
                _cleanup_free_ char *copy = NULL;
                int r = read_tight(&d, inputs[i].text, n, &copy);

                if (r != (inputs[i].error ? -EBADMSG : 0) || (inputs[i].error && strcmp(d.error, inputs[i].error) != 0))
                        fail_msg("%s: %d %s", inputs[i].text, r, d.error ? d.error : "");
                assert_true(d.error_at <= n);
        }
        document_deinit(&d);
        arena_deinit(&arena);
}

/* Every beginning of a valid text is refused or valid by itself, and read without a step beyond its end. */
static void test_truncated(void **state) {
        static const char text[] = "{\"a\":[1.5e3,true,null,{\"\\u00e4\\\\\":\"\xC3\xA4\"}],\"b\":\"x\"}";
        struct arena arena = ARENA_INIT;
        uint32_t steps = DOCUMENT_STEPS_MAX;
        struct document d;

        document_init(&d, &arena, &steps);
        for (size_t n = 0; n < sizeof text - 1; n++) {
                _cleanup_free_ char *copy = NULL;

                assert_int_equal(read_tight(&d, text, n, &copy), -EBADMSG);
        }
        assert_int_equal(json_reader_read(&d, WW_STR(text)), 0);
        document_deinit(&d);
        arena_deinit(&arena);
}

static uint32_t member(const struct document *d, uint32_t object, const char *name) {
        struct bytes_key key = bytes_key(ww_str(name));

        return document_member(d, object, &key);
}

static struct ww_value value_of(const struct document *d, uint32_t node) {
        struct ww_value v;

        document_value(d, node, &v);
        return v;
}

static void test_access(void **state) {
        static const char text[] =
                "{\"n\":-12.50,\"s\":\"a\\u0000b\\ud83d\\ude00\\ud800x\\udc00\",\"o\":{\"k\":[10,[20],{\"z\":30}]},"
                "\"d\":1,\"d\":2,\"e\\u006bey\":7,\"big\":1e999,\"t\":true,\"nul\":null,\"empty\":\"\"}";
        struct arena arena = ARENA_INIT;
        uint32_t steps = DOCUMENT_STEPS_MAX;
        struct document d;
        uint32_t k;

        document_init(&d, &arena, &steps);
        assert_int_equal(json_reader_read(&d, WW_STR(text)), 0);
        assert_true(value_of(&d, member(&d, 0, "n")).number == -12.5);
        assert_true(ww_str_is(document_text(&d, member(&d, 0, "n")), "-12.50"));
        /* a NUL and halves of pairs come out as U+FFFD, a pair as its character */
        assert_true(ww_str_is(value_of(&d, member(&d, 0, "s")).string, "a\xEF\xBF\xBD"
                                                                       "b\xF0\x9F\x98\x80\xEF\xBF\xBDx\xEF\xBF\xBD"));
        k = member(&d, member(&d, 0, "o"), "k");
        assert_true(value_of(&d, document_item(&d, k, 0)).number == 10);
        assert_true(value_of(&d, document_item(&d, document_item(&d, k, 1), 0)).number == 20);
        assert_true(value_of(&d, member(&d, document_item(&d, k, 2), "z")).number == 30);
        assert_int_equal(document_item(&d, k, 3), DOCUMENT_NONE);
        assert_int_equal(member(&d, k, "z"), DOCUMENT_NONE);
        /* the last of two equal keys */
        assert_true(value_of(&d, member(&d, 0, "d")).number == 2);
        assert_true(value_of(&d, member(&d, 0, "ekey")).number == 7);
        assert_int_equal(value_of(&d, member(&d, 0, "big")).type, WW_MISSING);
        /* missing, null and empty are three things */
        assert_int_equal(value_of(&d, member(&d, 0, "gone")).type, WW_MISSING);
        assert_int_equal(value_of(&d, member(&d, 0, "nul")).type, WW_NULL);
        assert_int_equal(value_of(&d, member(&d, 0, "empty")).type, WW_STRING);
        assert_int_equal(value_of(&d, member(&d, 0, "empty")).string.n, 0);
        document_deinit(&d);
        arena_deinit(&arena);
}

static void test_numbers(void **state) {
        static const struct {
                const char *text;
                bool ok;
                double value;
        } numbers[] = {
                { "0", true, 0 },
                { "80.00", true, 80 },
                { "0012", true, 12 },
                { "+5", true, 5 },
                { "-0.1", true, -0.1 },
                { "1646945882.47", true, 1646945882.47 },
                { "9007199254740993", true, 9007199254740993.0 },
                { "0.30000000000000004", true, 0.30000000000000004 },
                { "123456789012345678901234567890", true, 123456789012345678901234567890.0 },
                { "1e22", true, 1e22 },
                { "1e23", true, 1e23 },
                { "5e-324", true, 5e-324 },
                { "1e-999", true, 0 },
                { "1.7976931348623157e308", true, 1.7976931348623157e308 },
                { "1e309", false, 0 },
                { "1e999999999999", false, 0 },
                { "", false, 0 },
                { ".", false, 0 },
                { "1e", false, 0 },
                { "1e+", false, 0 },
                { "1 ", false, 0 },
                { " 1", false, 0 },
                { "1,5", false, 0 },
                { "0x10", false, 0 },
                { "nan", false, 0 },
                { "inf", false, 0 },
                { "12C", false, 0 },
        };

        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
                double v = -1;

                if (document_number(ww_str(numbers[i].text), &v) != numbers[i].ok ||
                    (numbers[i].ok && v != numbers[i].value))
                        fail_msg("%s: %.17g", numbers[i].text, v);
        }
}

/* More values than a document may hold, and the largest number of them. */
static void test_bounds(void **state) {
        struct arena arena = ARENA_INIT;
        uint32_t steps = DOCUMENT_STEPS_MAX;
        size_t n = DOCUMENT_NODES_MAX * 2;
        _cleanup_free_ char *text = malloc(n + 2);
        struct document d;

        assert_non_null(text);
        document_init(&d, &arena, &steps);
        text[0] = '[';
        for (size_t i = 1; i < n; i += 2) {
                text[i] = '0';
                text[i + 1] = ',';
        }
        text[n] = ']';
        text[n - 1] = '0';
        assert_int_equal(json_reader_read(&d, (struct ww_str){ text, n + 1 }), -EBADMSG);
        assert_string_equal(d.error, "too many values");
        /* one array and DOCUMENT_NODES_MAX - 1 items fit */
        text[2 * (DOCUMENT_NODES_MAX - 1)] = ']';
        assert_int_equal(json_reader_read(&d, (struct ww_str){ text, 2 * (DOCUMENT_NODES_MAX - 1) + 1 }), 0);
        assert_int_equal(d.n, DOCUMENT_NODES_MAX);
        document_deinit(&d);
        arena_deinit(&arena);
}

static void test_long_strings(void **state) {
        struct arena arena = ARENA_INIT;
        uint32_t steps = DOCUMENT_STEPS_MAX;
        char text[6 * DOCUMENT_STRING_MAX];
        struct document d;
        struct ww_str s;

        document_init(&d, &arena, &steps);
        /* an odd byte first, so that the cut falls into a character */
        text[0] = '"';
        text[1] = 'x';
        for (size_t i = 2; i < sizeof text - 1; i += 2)
                memcpy(text + i, "\xC3\xA4", 2);
        text[sizeof text - 2] = '"';
        assert_int_equal(json_reader_read(&d, (struct ww_str){ text, sizeof text - 1 }), 0);
        s = document_string(&d, 0);
        assert_int_equal(s.n, DOCUMENT_STRING_MAX - 1);
        assert_true(document_text_valid(s));
        /* and where it is escaped */
        memcpy(text + 1, "\\n", 2);
        text[3] = 'y';
        assert_int_equal(json_reader_read(&d, (struct ww_str){ text, sizeof text - 1 }), 0);
        s = document_string(&d, 0);
        assert_in_range(s.n, DOCUMENT_STRING_MAX - 3, DOCUMENT_STRING_MAX);
        assert_true(document_text_valid(s));
        document_deinit(&d);
        arena_deinit(&arena);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_inputs),  cmocka_unit_test(test_truncated), cmocka_unit_test(test_access),
                cmocka_unit_test(test_numbers), cmocka_unit_test(test_bounds),    cmocka_unit_test(test_long_strings),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
