#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "alarm/alarm_verbs.h"
#include "base/error.h"
#include "command/command_internal.h"
#include "config/file.h"
#include <stdio.h>
#include <string.h>

static void assert_whole(const struct command *row) {
        assert_true(row->name && *row->name);
        assert_true(row->help && *row->help);
        assert_true(!row->run == (row->parts != NULL)); /* it runs, or its parts do */
        if (!row->hidden) {
                assert_true(row->text && *row->text);
                assert_int_equal(strncmp(row->synopsis, row->name, strlen(row->name)), 0);
        }
}

static void rows_are_whole(void **state) {
        for (size_t i = 0; i < command_table_n; i++) {
                const struct command *row = command_table[i];

                assert_whole(row);
                assert_ptr_equal(command_find(row->name), row); /* no other row of that name comes first */
                for (size_t k = 0; row->parts && row->parts[k]; k++) {
                        assert_whole(row->parts[k]);
                        assert_null(row->parts[k]->parts);
                        assert_int_equal(strncmp(row->parts[k]->name, row->name, strlen(row->name)), 0);
                        assert_ptr_equal(command_part(row, command_part_word(row->parts[k])), row->parts[k]);
                }
        }
}

static void assert_apart(const struct command_option *options) {
        size_t n = 0;

        for (; options && options[n].name; n++) {
                assert_int_equal(strncmp(options[n].name, "--", 2), 0);
                assert_true(options[n].help && *options[n].help);
                for (size_t k = 0; command_common[k].name; k++) {
                        assert_string_not_equal(options[n].name, command_common[k].name);
                        assert_true(!options[n].letter || options[n].letter != command_common[k].letter);
                }
                for (size_t k = 0; k < n; k++) {
                        assert_string_not_equal(options[n].name, options[k].name);
                        assert_true(!options[n].letter || options[n].letter != options[k].letter);
                }
        }
        assert_true(n <= COMMAND_OPTIONS_MAX);
}

static void options_do_not_collide(void **state) {
        for (size_t i = 0; i < command_table_n; i++) {
                const struct command *row = command_table[i];

                assert_apart(row->options);
                for (size_t k = 0; row->parts && row->parts[k]; k++)
                        assert_apart(row->parts[k]->options);
        }
}

/* What the engine takes, people can type; the row's name is the verb's. */
static void every_act_is_a_command(void **state) {
        for (size_t i = 0; i < alarm_verbs_n; i++) {
                const struct command *row = command_find(alarm_verbs[i].name);
                bool until = alarm_verbs[i].cause == WW_CAUSE_SHELVE || alarm_verbs[i].cause == WW_CAUSE_OUT_OF_SERVICE;

                assert_non_null(row);
                assert_false(row->hidden);
                assert_string_equal(row->name, alarm_verbs[i].name);
                assert_int_equal(strstr(row->synopsis, "--until") != NULL, until);
        }
}

static void assert_kept(void (*put)(struct buf *out), const char *name) {
        const char *source = getenv("WARDWATCH_SOURCE");
        _cleanup_buf_ struct buf made = BUF_INIT;
        _cleanup_free_ char *kept = NULL;
        char path[512];
        size_t n;

        assert_non_null(source);
        (void)snprintf(path, sizeof path, "%s/contrib/man/%s", source, name);
        assert_int_equal(file_read(path, 1024 * 1024, &kept, &n), 0);
        put(&made);
        buf_put_u8(&made, 0);
        assert_int_equal(made.error, 0);
        if (strcmp((const char *)made.p, kept) != 0)
                fail_msg("contrib/man/%s is not what the tables say: make it again with `wardwatch help --man`", name);
}

static void the_kept_man_pages_are_those_of_the_tables(void **state) {
        assert_kept(command_man_commands, "wardwatch.1");
        assert_kept(command_man_config, "wardwatch.yaml.5");
}

/* The page's example must be a configuration. */
static void the_example_of_the_man_page_loads(void **state) {
        _cleanup_buf_ struct buf page = BUF_INIT;
        char path[] = "/tmp/wardwatch-man-XXXXXX";
        struct config config = { 0 };
        struct diag diag = DIAG_INIT;
        char *from, *to;
        FILE *f;

        command_man_config(&page);
        buf_put_u8(&page, 0);
        from = strstr((char *)page.p, "\n.nf\n");
        assert_non_null(from);
        from += strlen("\n.nf\n");
        to = strstr(from, ".fi\n");
        assert_non_null(to);
        f = fdopen(mkstemp(path), "w");
        assert_non_null(f);
        assert_int_equal(fwrite(from, 1, (size_t)(to - from), f), (size_t)(to - from));
        assert_int_equal(fclose(f), 0);
        assert_int_equal(config_load(&config, path, &diag), 0);
        assert_int_equal(diag.warnings, 0);
        config_deinit(&config);
        diag_deinit(&diag);
        assert_int_equal(remove(path), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_are_whole),
                cmocka_unit_test(options_do_not_collide),
                cmocka_unit_test(every_act_is_a_command),
                cmocka_unit_test(the_kept_man_pages_are_those_of_the_tables),
                cmocka_unit_test(the_example_of_the_man_page_loads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
