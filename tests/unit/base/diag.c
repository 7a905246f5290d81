#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/diag.h"

static struct ww_str source(void *userdata, struct ww_str file) {
        return ww_str_is(file, "a.yaml") ? ww_str(userdata) : WW_STR_NONE;
}

static struct diag_pos at(const char *file, unsigned line, unsigned column) {
        return (struct diag_pos){ ww_str(file), line, column };
}

static void assert_renders(const struct diag *d, const char *expected) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        diag_render(d, &out);
        buf_put_u8(&out, 0);
        assert_string_equal((const char *)out.p, expected);
}

static void a_message_shows_place_source_and_cure(void **state) {
        char text[] = "first\n  widthin: 60s\r\nlast";
        struct diag d = { .source = source, .userdata = text };

        assert_int_equal(diag_error(&d, at("a.yaml", 2, 3), "did you mean `within`?", "unknown field `%s`", "widthin"),
                         DIAG_E_USER);
        assert_renders(&d, "a.yaml:2:3: error: unknown field `widthin`\n"
                           "    2 |   widthin: 60s\n"
                           "      |   ^\n"
                           "      help: did you mean `within`?\n");
        assert_int_equal(d.errors, 1);
        diag_deinit(&d);
}

static void messages_are_sorted_by_place(void **state) {
        struct diag d = DIAG_INIT;

        diag_warning(&d, at("b.yaml", 1, 1), NULL, "four");
        (void)diag_error(&d, at("a.yaml", 10, 1), NULL, "three");
        (void)diag_error(&d, at("a.yaml", 2, 9), NULL, "two");
        (void)diag_error(&d, at("a.yaml", 2, 9), NULL, "two again");
        (void)diag_error(&d, at("a.yaml", 2, 1), NULL, "one");
        (void)diag_error(&d, at("a.yaml", 0, 0), NULL, "whole file");
        (void)diag_error(&d, (struct diag_pos){ 0 }, NULL, "nowhere");
        assert_renders(&d, "error: nowhere\n"
                           "a.yaml: error: whole file\n"
                           "a.yaml:2:1: error: one\n"
                           "a.yaml:2:9: error: two\n"
                           "a.yaml:2:9: error: two again\n"
                           "a.yaml:10:1: error: three\n"
                           "b.yaml:1:1: warning: four\n");
        assert_int_equal(d.errors, 6);
        assert_int_equal(d.warnings, 1);
        diag_deinit(&d);
}

static void messages_are_bounded_but_counted(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct diag d = DIAG_INIT;
        const char *tail;

        assert_true(diag_has_room(&d));
        for (int i = 0; i < DIAG_MAX + 23; i++)
                (void)diag_error(&d, at("a.yaml", 1, 1), NULL, "number %d", i);
        (void)diag_error(&d, at("a.yaml", 1, 1), NULL, "number %d", 0); /* what is told already */
        assert_int_equal(d.n, DIAG_MAX);
        assert_false(diag_has_room(&d));
        assert_int_equal(d.errors, DIAG_MAX + 23);
        diag_render(&d, &out);
        buf_put_u8(&out, 0);
        tail = strstr((const char *)out.p, "and ");
        assert_non_null(tail);
        assert_string_equal(tail, "and 23 more\n");
        diag_deinit(&d);
}

static void no_file_drives_the_terminal(void **state) {
        char text[] = "\x1b[31mred\x07\t\xff\xc3\xa9\xc2\x9b";
        struct diag d = { .source = source, .userdata = text };

        (void)diag_error(&d, at("a.yaml", 1, 5), "x\x1b[0m", "bad \x1b]0;title\x07 name");
        assert_renders(&d, "a.yaml:1:5: error: bad ?]0;title? name\n"
                           "    1 | ?[31mred? ?\xc3\xa9?\n"
                           "      |     ^\n"
                           "      help: x?[0m\n");
        diag_deinit(&d);
}

static void the_caret_counts_cells(void **state) {
        char text[] = "\xe7\x97\x85\xe6\x88\xbf: x"; /* two wide characters */
        struct diag d = { .source = source, .userdata = text };

        (void)diag_error(&d, at("a.yaml", 1, 5), NULL, "here");
        assert_renders(&d, "a.yaml:1:5: error: here\n"
                           "    1 | \xe7\x97\x85\xe6\x88\xbf: x\n"
                           "      |       ^\n");
        diag_deinit(&d);
}

static void a_place_that_is_not_there_is_harmless(void **state) {
        char text[] = "one line";
        struct diag d = { .source = source, .userdata = text };

        (void)diag_error(&d, at("a.yaml", 7, 1), NULL, "beyond the end");
        (void)diag_error(&d, at("a.yaml", 1, 500), NULL, "beyond the line");
        (void)diag_error(&d, at("c.yaml", 1, 1), NULL, "no source");
        assert_renders(&d, "a.yaml:1:500: error: beyond the line\n"
                           "    1 | one line\n"
                           "a.yaml:7:1: error: beyond the end\n"
                           "c.yaml:1:1: error: no source\n");
        diag_deinit(&d);
}

static void the_nearest_name_is_found(void **state) {
        static const char *const names[] = { "within", "select", "sequence", "raise", "by", "hold" };
        static const struct {
                const char *name, *nearest;
        } rows[] = {
                { "widthin", "within" },
                { "wihtin", "within" },
                { "WITHIN", "within" },
                { "selct", "select" },
                { "sequense", "sequence" },
                { "b", "by" },
                { "hodl", "hold" },
                { "raises", "raise" },
                { "zzz", NULL },
                { "", NULL },
                { "until", NULL },
                { "withinwithin", NULL },
                { "0123456789012345678901234567890123456789012345678901234567890123456789", NULL },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const char *nearest = diag_nearest(ww_str(rows[i].name), names, 6);

                if (rows[i].nearest) {
                        assert_non_null(nearest);
                        assert_string_equal(nearest, rows[i].nearest);
                } else {
                        assert_null(nearest);
                }
        }
        assert_string_equal(diag_suggest(WW_STR("widthin"), names, 6), "did you mean `within`?");
        assert_string_equal(diag_suggest(WW_STR("zzz"), names, 3), "one of: within, select, sequence");
        assert_null(diag_suggest(WW_STR("zzz"), names, 0));
        assert_string_equal(diag_suggest(WW_STR("seq"), names, 6), "did you mean `sequence`?");
        assert_string_equal(diag_suggest(WW_STR("holding"), names, 6), "did you mean `hold`?");
        assert_string_equal(diag_suggest(WW_STR("zzz"), names, 1), "there is only: within");
        assert_string_equal(diag_suggest(WW_STR("a"), (const char *[]){ "b", "c" }, 2), "one of: b, c");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_message_shows_place_source_and_cure),
                cmocka_unit_test(messages_are_sorted_by_place),
                cmocka_unit_test(messages_are_bounded_but_counted),
                cmocka_unit_test(no_file_drives_the_terminal),
                cmocka_unit_test(the_caret_counts_cells),
                cmocka_unit_test(a_place_that_is_not_there_is_harmless),
                cmocka_unit_test(the_nearest_name_is_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
