#include "told.h"

#include "base/buf.h"
#include "config/yaml.h"
#include <stdio.h>
#include <time.h>

struct bench {
        struct arena arena;
        struct diag diag;
        struct yaml_node *root;
};

static int parse(struct bench *b, const char *text, size_t n) {
        *b = (struct bench){ 0 };
        return yaml_parse(&b->arena, WW_STR("f.yaml"), (struct ww_str){ text, n }, &b->diag, &b->root);
}

static void bench_end(struct bench *b) {
        arena_deinit(&b->arena);
        diag_deinit(&b->diag);
}

static void assert_text(const struct yaml_node *n, const char *text) {
        assert_non_null(n);
        assert_int_equal(n->type, YAML_SCALAR);
        assert_string_equal(n->text.p, text);
}

static void a_document_becomes_a_tree_with_places(void **state) {
        static const char text[] = "# comment\n"
                                   "rule: infant\n"
                                   "select:\n"
                                   "  out:  {kind: tag.left, \"class\": 'infant'}\n"
                                   "list: [a, 2,\n"
                                   "       c]\n"
                                   "\xe7\x97\x85: \xe6\x88\xbf\n"
                                   "block: |\n"
                                   "  one\n"
                                   "  two\n";
        const struct yaml_node *out, *list, *n;
        struct bench b;

        assert_int_equal(parse(&b, text, sizeof text - 1), 0);
        assert_int_equal(b.root->type, YAML_MAPPING);
        assert_int_equal(b.root->n, 5);
        assert_text(yaml_get(b.root, "rule"), "infant");
        assert_int_equal(yaml_get(b.root, "rule")->pos.line, 2);
        assert_int_equal(yaml_get(b.root, "rule")->pos.column, 7);
        assert_int_equal(yaml_get(b.root, "rule")->key_pos.column, 1);
        out = yaml_get(yaml_get(b.root, "select"), "out");
        assert_int_equal(out->pos.line, 4);
        assert_int_equal(out->pos.column, 9);
        assert_true(yaml_get(out, "kind")->plain);
        assert_false(yaml_get(out, "class")->plain);
        assert_int_equal(yaml_get(out, "class")->pos.column, 35);
        list = yaml_get(b.root, "list");
        assert_int_equal(list->n, 3);
        n = list->first->next->next;
        assert_text(n, "c");
        assert_int_equal(n->pos.line, 6);
        assert_int_equal(n->pos.column, 8);
        assert_null(n->next);
        n = yaml_get(b.root, "\xe7\x97\x85");
        assert_int_equal(n->pos.line, 7);
        assert_int_equal(n->pos.column, 4); /* characters, not bytes */
        assert_text(yaml_get(b.root, "block"), "one\ntwo\n");
        assert_null(yaml_get(b.root, "nothing"));
        assert_null(yaml_get(list, "rule"));
        assert_null(yaml_get(NULL, "rule"));
        bench_end(&b);
}

static void nothing_is_an_empty_mapping(void **state) {
        static const char *const texts[] = { "", "\n\n", "# only a comment\n", "---\n", "--- \n...\n", "\xef\xbb\xbf" };

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                struct bench b;

                assert_int_equal(parse(&b, texts[i], strlen(texts[i])), 0);
                assert_int_equal(b.root->type, YAML_MAPPING);
                assert_int_equal(b.root->n, 0);
                bench_end(&b);
        }
}

static void a_quoted_nul_is_a_byte(void **state) {
        struct bench b;

        assert_int_equal(parse(&b, "a: \"x\\0y\"\n", 10), 0);
        assert_int_equal(yaml_get(b.root, "a")->text.n, 3);
        bench_end(&b);
}

/* All values of one text; which of them is meant, the reader says. */
static void scalars_are_typed_as_the_core_schema_says(void **state) {
        static const struct {
                const char *text;
                enum ww_value_type type;
                double number;
        } rows[] = {
                { "true", WW_BOOL, 1 },       { "False", WW_BOOL, 0 },   { "null", WW_NULL, 0 },
                { "~", WW_NULL, 0 },          { "", WW_NULL, 0 },        { "on", WW_STRING, 0 },
                { "yes", WW_STRING, 0 },      { "12", WW_NUMBER, 12 },   { "-3.5", WW_NUMBER, -3.5 },
                { "1e3", WW_NUMBER, 1000 },   { "+7", WW_NUMBER, 7 },    { ".5", WW_NUMBER, 0.5 },
                { "0x1F", WW_NUMBER, 31 },    { "0o17", WW_NUMBER, 15 }, { "1e999", WW_STRING, 0 },
                { ".inf", WW_STRING, 0 },     { ".nan", WW_STRING, 0 },  { "1.2.3", WW_STRING, 0 },
                { "0x", WW_STRING, 0 },       { "1_000", WW_STRING, 0 }, { "12s", WW_STRING, 0 },
                { "e5", WW_STRING, 0 },       { "-", WW_STRING, 0 },     { "'12'", WW_STRING, 0 },
                { "\"true\"", WW_STRING, 0 }, { "''", WW_STRING, 0 },    { "nan", WW_STRING, 0 },
                { "infinity", WW_STRING, 0 },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char text[64];
                struct ww_value v;
                struct bench b;

                (void)snprintf(text, sizeof text, "{a: %s}", rows[i].text);
                if (strcmp(rows[i].text, "-") == 0)
                        (void)snprintf(text, sizeof text, "a: '-'");
                assert_int_equal(parse(&b, text, strlen(text)), 0);
                v = yaml_value(yaml_get(b.root, "a"));
                if (v.type != rows[i].type)
                        fail_msg("`%s` has type %d", rows[i].text, (int)v.type);
                if (v.type == WW_NUMBER)
                        assert_true(v.number == rows[i].number);
                if (v.type == WW_BOOL)
                        assert_int_equal(v.boolean, rows[i].number != 0);
                bench_end(&b);
        }
}

static const struct told broken[] = {
        { "a: 1\nb: 2\na: 3\n", 3, 1, "`a` is already given in line 1", "remove one of them" },
        { "a: {x: 1, y: 2, x: 3}\n", 1, 17, "`x` is already given in line 1", "remove one of them" },
        { "a: &x 1\n", 1, 4, "anchors (`&x`) are not supported",
          "write the value out where it is needed; a text that begins with & needs quotes" },
        { "a: *x\n", 1, 4, "aliases (`*x`) are not supported",
          "write the value out; a text that begins with * needs quotes" },
        { "a: !!str 1\n", 1, 4, "tags (`!!str`) are not supported",
          "leave it out; a text that begins with ! needs quotes" },
        { "a: !x {b: 1}\n", 1, 4, "tags (`!x`) are not supported", NULL },
        { "a: [&x b]\n", 1, 5, "anchors (`&x`) are not supported", NULL },
        { "a: 1\n---\nb: 2\n", 2, 1, "a second document begins here", "put it into a file of its own" },
        { "a: [1, 2\nb: 3\n", 2, 2, "the list in brackets does not go on like this; it begins in line 1", NULL },
        { "a:\n\t- b\n", 2, 1, "a tab cannot indent", "indent with blanks" },
        { "a: b: c\n", 1, 5, "no `key: value` can stand here",
          "quote a text that holds `: `, and check the indentation" },
        { "a: 'x\n", 1, 4, "what begins here has no end", "close it with the same quote" },
        { "a: \"\\q\"\n", 1, 5, "after the backslash stands what is no escape", NULL },
        { "a: 1\n b: 2\n", 2, 3, "no `key: value` can stand here", NULL },
        { "a: 1\nb\nc: 2\n", 3, 1, "a key without `: ` after it; it begins in line 2",
          "add the colon; check the indentation" },
        { "{a: 1}}\n", 1, 7, "this `}` closes nothing that is open here", NULL },
        { "a: @x\n", 1, 4, "no text can begin with `@`", "quote a text that begins with it" },
        { "ä: \"ö\"\nü: @x\n", 2, 4, "no text can begin with `@`", NULL },
        { "? [a, b]\n: c\n", 1, 3, "a list or group cannot be a key", NULL },
        { "'': 1\n", 1, 1, "a key is empty", NULL },
        { "\"a\\0b\": 1\n", 1, 1, "a key holds a NUL character", NULL },
        { "a: \x01\n", 1, 4, "control character 0x01", "remove it; in quotes it is written \"\\xNN\"" },
        { "# x\u2028b: 1\n", 1, 4, "an end of line that no editor shows",
          "remove it; in quotes it is written \"\\N\", \"\\L\", \"\\P\"" },
        { "a: 'x\xc2\x85y'\n", 1, 6, "an end of line that no editor shows", NULL },
        { "a: b\xff\n", 1, 5, "byte 0xff is not UTF-8", "save the file as UTF-8" },
        { "a: \xc0\xaf\n", 1, 4, "byte 0xc0 is not UTF-8", NULL },
        { "a: \xed\xa0\x80\n", 1, 4, "byte 0xed is not UTF-8", NULL },
        { "a: \xf4\x90\x80\x80\n", 1, 4, "byte 0xf4 is not UTF-8", NULL },
        { "# \xe7\x97\n", 1, 3, "byte 0xe7 is not UTF-8", NULL },
        { "\xff\xfe\x61\x00", 1, 1, "byte 0xff is not UTF-8", NULL },
};

static void what_is_wrong_is_told_with_place_and_cure(void **state) {
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                struct bench b;

                assert_int_equal(parse(&b, broken[i].text, strlen(broken[i].text)), DIAG_E_USER);
                assert_null(b.root);
                (void)assert_told(&b.diag, "f.yaml", &broken[i]);
                bench_end(&b);
        }
}

static void all_duplicates_are_told(void **state) {
        static const char text[] = "a: 1\na: 2\nb: {c: 1, c: 2}\na: 3\n";
        struct bench b;

        assert_int_equal(parse(&b, text, sizeof text - 1), DIAG_E_USER);
        assert_int_equal(b.diag.errors, 3);
        bench_end(&b);
}

/* `n` times `open`, a scalar, `n` times `close`. */
static char *nested(const char *open, size_t n, const char *close) {
        size_t width = strlen(open), end = strlen(close);
        char *text = calloc(1, n * (width + end) + 2), *p = text;

        for (size_t i = 0; i < n; i++, p += width)
                memcpy(p, open, width);
        *p++ = 'x';
        for (size_t i = 0; i < n; i++, p += end)
                memcpy(p, close, end);
        return text;
}

static void depth_is_bounded(void **state) {
        static const struct { const char *open, *close; } rows[] = { { "[", "]" }, { "{a: ", "}" }, { "- ", "" } };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                for (size_t n = YAML_DEPTH_MAX - 1; n <= YAML_DEPTH_MAX + 1; n++) {
                        char *text = nested(rows[i].open, n, rows[i].close);
                        struct bench b;

                        assert_int_equal(parse(&b, text, strlen(text)), n <= YAML_DEPTH_MAX ? 0 : DIAG_E_USER);
                        if (n > YAML_DEPTH_MAX)
                                assert_string_equal(b.diag.messages[0].text, "nested more than 32 deep");
                        bench_end(&b);
                        free(text);
                }
}

static void brackets_in_texts_and_comments_do_not_nest(void **state) {
        static const char head[] =
                "a: '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['\n"
                "b: \"[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[\" # [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n"
                "c: 'it''s [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['\n"
                "d: don't\n";
        struct bench b;

        assert_int_equal(parse(&b, head, sizeof head - 1), 0);
        assert_int_equal(b.root->n, 4);
        bench_end(&b);
}

/* What takes a parser seconds must be refused at once, whatever hides it. The bar is generous: the machine is shared
 * and the sanitizers are slow; the quadratic case takes 9 s without them. */
static void hostile_depth_costs_no_time(void **state) {
        static const char *const heads[] = { "", "a: |\n 'x\n" };

        for (size_t i = 0; i < 2; i++) {
                size_t n = strlen(heads[i]);
                char *text = malloc(n + 80000);
                struct timespec from, to;
                struct bench b;

                memcpy(text, heads[i], n);
                memset(text + n, '[', 80000);
                assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from), 0);
                assert_int_equal(parse(&b, text, n + 80000), DIAG_E_USER);
                assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to), 0);
                assert_true((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 < 1000);
                bench_end(&b);
                free(text);
        }
}

/* The parser compares each with all before it. A text may begin with the word where no directive can stand. */
static void directives_for_tags_are_refused(void **state) {
        static const char *const texts[] = { "%TAG !a! x\n--- {}\n", "a: 1\n...\n%TAG !a! x\n--- {}\n",
                                             "\xef\xbb\xbf# x\n%YAML 1.1\n%TAG !a! x\n--- {}\n" };
        struct bench b;

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                assert_int_equal(parse(&b, texts[i], strlen(texts[i])), DIAG_E_USER);
                assert_string_equal(b.diag.messages[0].text, "tags (`%TAG`) are not supported");
                bench_end(&b);
        }
        assert_int_equal(parse(&b, "%YAML 1.1\n---\na: |\n  %TAG\nb: x%TAG\n", 35), 0);
        assert_text(yaml_get(b.root, "a"), "%TAG\n");
        bench_end(&b);
}

static void size_is_bounded(void **state) {
        char *text = malloc(YAML_BYTES_MAX + 1);
        struct bench b;

        memset(text, '#', YAML_BYTES_MAX + 1);
        assert_int_equal(parse(&b, text, YAML_BYTES_MAX), 0);
        bench_end(&b);
        assert_int_equal(parse(&b, text, YAML_BYTES_MAX + 1), DIAG_E_USER);
        assert_int_equal(b.diag.messages[0].pos.line, 0);
        bench_end(&b);
        free(text);
}

static void many_keys_are_compared_in_time(void **state) {
        char *text = malloc(YAML_BYTES_MAX);
        size_t n = 0;
        struct bench b;

        for (unsigned i = 0; n < YAML_BYTES_MAX - 20; i++)
                n += (size_t)sprintf(text + n, "%x:\n", i);
        assert_int_equal(parse(&b, text, n), 0);
        assert_true(b.root->n > 100000);
        bench_end(&b);
        free(text);
}

/* A search from the beginning of the file for each of them would take a minute. */
static void many_texts_of_several_lines_are_found_in_time(void **state) {
        static const char item[] = "- \xc3\xa9 a\n  b\n";
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct bench b;

        while (text.n + sizeof item <= YAML_BYTES_MAX)
                buf_puts(&text, item);
        assert_int_equal(parse(&b, (const char *)text.p, text.n), 0);
        assert_true(b.root->n > 80000);
        yaml_each(one, b.root)
                assert_true(ww_str_is(one->source, "\xc3\xa9 a\n  b"));
        bench_end(&b);
}

/* The typed readers: what a value of `a` is taken for, and what is said of one that cannot be. */
static void numbers_are_read_or_refused(void **state) {
        static const struct {
                const char *text, *message; /* NULL = good */
                double number;
        } rows[] = {
                { "{a: 1.5}", NULL, 1.5 },
                { "{a: -2e3}", NULL, -2000 },
                { "{a: '1'}", "x must be a number, not `1`", 0 },
                { "{a: one}", "x must be a number, not `one`", 0 },
                { "{a: 1e999}", "x must be a number, not `1e999`", 0 },
                { "{a: .nan}", "x must be a number, not `.nan`", 0 },
                { "{a: [1]}", "x must be a number, not a list", 0 },
                { "{a: {b: 1}}", "x must be a number, not a group of keys", 0 },
                { "{a: ~}", "x must be a number, not nothing", 0 },
                { "{a: 0123456789012345678901234567890123456789012345678901234567890123456789}",
                  "x must be a number, not `0123456789012345678901234567890123456789…`", 0 },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                double number = -7;
                struct bench b;

                assert_int_equal(parse(&b, rows[i].text, strlen(rows[i].text)), 0);
                assert_int_equal(yaml_number(yaml_get(b.root, "a"), "x", &b.diag, &number),
                                 rows[i].message ? DIAG_E_USER : 0);
                if (rows[i].message) {
                        assert_string_equal(b.diag.messages[0].text, rows[i].message);
                        assert_true(number == -7);
                } else {
                        assert_true(number == rows[i].number);
                }
                bench_end(&b);
        }
}

static void integers_stop_at_their_ends(void **state) {
        static const struct {
                const char *text;
                int64_t min, max, number;
                bool good;
        } rows[] = {
                { "{a: 9223372036854775807}", INT64_MIN, INT64_MAX, INT64_MAX, true },
                { "{a: -9223372036854775808}", INT64_MIN, INT64_MAX, INT64_MIN, true },
                { "{a: 9223372036854775808}", INT64_MIN, INT64_MAX, 0, false },
                { "{a: -9223372036854775809}", INT64_MIN, INT64_MAX, 0, false },
                { "{a: 10}", 1, 10, 10, true },
                { "{a: 11}", 1, 10, 0, false },
                { "{a: 0}", 1, 10, 0, false },
                { "{a: +3}", 1, 10, 3, true },
                { "{a: 3.0}", 1, 10, 0, false },
                { "{a: '3'}", 1, 10, 0, false },
                { "{a: 0x3}", 1, 10, 0, false },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                int64_t number = -7;
                struct bench b;

                assert_int_equal(parse(&b, rows[i].text, strlen(rows[i].text)), 0);
                assert_int_equal(yaml_integer(yaml_get(b.root, "a"), "x", rows[i].min, rows[i].max, &b.diag, &number),
                                 rows[i].good ? 0 : DIAG_E_USER);
                assert_true(number == (rows[i].good ? rows[i].number : -7));
                bench_end(&b);
        }
}

static void unknown_keys_are_all_told(void **state) {
        static const char *const names[] = { "within", "select" };
        struct bench b;

        assert_int_equal(parse(&b, "{selct: 1, within: 2, withn: 3}", 31), 0);
        assert_int_equal(yaml_known_keys(b.root, "rule `r`", names, 2, &b.diag), DIAG_E_USER);
        assert_int_equal(b.diag.errors, 2);
        assert_string_equal(b.diag.messages[0].text, "rule `r`: unknown key `selct`");
        assert_string_equal(b.diag.messages[0].help, "did you mean `select`?");
        assert_int_equal(b.diag.messages[1].pos.column, 23);
        bench_end(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_document_becomes_a_tree_with_places),
                cmocka_unit_test(nothing_is_an_empty_mapping),
                cmocka_unit_test(a_quoted_nul_is_a_byte),
                cmocka_unit_test(scalars_are_typed_as_the_core_schema_says),
                cmocka_unit_test(what_is_wrong_is_told_with_place_and_cure),
                cmocka_unit_test(numbers_are_read_or_refused),
                cmocka_unit_test(integers_stop_at_their_ends),
                cmocka_unit_test(unknown_keys_are_all_told),
                cmocka_unit_test(all_duplicates_are_told),
                cmocka_unit_test(depth_is_bounded),
                cmocka_unit_test(brackets_in_texts_and_comments_do_not_nest),
                cmocka_unit_test(hostile_depth_costs_no_time),
                cmocka_unit_test(directives_for_tags_are_refused),
                cmocka_unit_test(size_is_bounded),
                cmocka_unit_test(many_keys_are_compared_in_time),
                cmocka_unit_test(many_texts_of_several_lines_are_found_in_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
