#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "capture.h"
#include "command/command_internal.h"

static const struct command_option options[] = {
        { "--force", 'f', NULL, "a flag" },
        { "--reason", 'r', "TEXT", "a value" },
        { "--from", 0, "N", "a value without a letter" },
        { 0 },
};
static const struct command row = { .name = "try", .options = options };
static struct command_args args;

static int parse(int argc, char **argv) {
        return command_parse(&row, argc, argv, &args);
}

static const char *text_of(const char *value) {
        return value ? value : "(none)";
}

/* words → config, json, --force, --reason, --from, positional words joined by | */
static const struct {
        const char *words[10];
        const char *expected;
} good[] = {
        { { NULL }, "D 0 (none) (none) (none) " },
        { { "a", "b" }, "D 0 (none) (none) (none) a|b|" },
        { { "-f" }, "D 0  (none) (none) " },
        { { "--force", "a" }, "D 0  (none) (none) a|" },
        { { "-r", "x" }, "D 0 (none) x (none) " },
        { { "-rx" }, "D 0 (none) x (none) " },
        { { "-r", "-f" }, "D 0 (none) -f (none) " }, /* what follows is the value */
        { { "--reason=x=y" }, "D 0 (none) x=y (none) " },
        { { "--reason=" }, "D 0 (none)  (none) " },
        { { "--reason", "--" }, "D 0 (none) -- (none) " },
        { { "-fr", "x" }, "D 0  x (none) " },
        { { "-frx" }, "D 0  x (none) " },
        { { "--from", "3", "--from", "4" }, "D 0 (none) (none) 4 " }, /* the last one counts */
        { { "a", "--json", "b" }, "D 1 (none) (none) (none) a|b|" },
        { { "-c", "/x", "a" }, "/x 0 (none) (none) (none) a|" },
        { { "--config=/x" }, "/x 0 (none) (none) (none) " },
        { { "-fc", "/x" }, "/x 0  (none) (none) " },
        { { "--", "--force", "-x" }, "D 0 (none) (none) (none) --force|-x|" },
        { { "-" }, "D 0 (none) (none) (none) -|" },
        { { "" }, "D 0 (none) (none) (none) |" },
};

static void words_become_options(void **state) {
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                static struct capture c;
                char got[256];
                int n;

                capture_run(&c, parse, good[i].words);
                assert_int_equal(c.code, 0);
                n = snprintf(got, sizeof got, "%s %d %s %s %s ",
                             strcmp(args.config, command_default_config()) == 0 ? "D" : args.config, args.json,
                             text_of(args.values[0]), text_of(args.values[1]), text_of(args.values[2]));
                for (int k = 0; k < args.argc; k++)
                        n += snprintf(got + n, sizeof got - (size_t)n, "%s|", args.argv[k]);
                assert_string_equal(got, good[i].expected);
                assert_string_equal(c.err, "");
        }
}

static const struct {
        const char *words[4];
        const char *err;
} bad[] = {
        { { "--forse" }, "wardwatch try: unknown option `--forse`\n  help: did you mean `--force`?\n" },
        { { "--confg", "x" }, "wardwatch try: unknown option `--confg`\n  help: did you mean `--config`?\n" },
        { { "--zzz" },
          "wardwatch try: unknown option `--zzz`\n  help: one of: --force, --reason, --from, --config, --json, "
          "--help\n" },
        { { "-x" }, "wardwatch try: unknown option `-x`\n" },
        { { "-fx" }, "wardwatch try: unknown option `-fx`\n" },
        { { "--force=yes" }, "wardwatch try: an option that takes no value: `--force=yes`\n" },
        { { "--reason" }, "wardwatch try: no value for `--reason`\n" },
        { { "a", "-r" }, "wardwatch try: no value for `-r`\n" },
        { { "-c" }, "wardwatch try: no value for `-c`\n" },
};

static void wrong_words_are_told(void **state) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                static struct capture c;

                capture_run(&c, parse, bad[i].words);
                assert_int_equal(c.code, 2);
                if (strncmp(c.err, bad[i].err, strlen(bad[i].err)) != 0)
                        fail_msg("row %zu: %s", i, c.err);
                assert_non_null(strstr(c.err, "  help: "));
                assert_string_equal(c.out, "");
        }
}

static void help_is_asked_for(void **state) {
        static const char *const rows[][4] = { { "-h" }, { "--help" }, { "a", "-fh" } };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                static struct capture c;

                capture_run(&c, parse, rows[i]);
                assert_int_equal(c.code, 1);
        }
}

static void the_command_line_is_routed(void **state) {
        static const struct {
                const char *words[6];
                int code;
                const char *out, *err; /* beginnings */
        } rows[] = {
                { { "wardwatch" }, 2, "", "wardwatch COMMAND [OPTIONS]\n" },
                { { "wardwatch", "--help" }, 0, "wardwatch COMMAND [OPTIONS]\n", "" },
                { { "wardwatch", "--version" }, 0, "wardwatch ", "" },
                { { "wardwatch", "chekc" },
                  2,
                  "",
                  "wardwatch: unknown command `chekc`\n  help: did you mean `check`?\n" },
                { { "wardwatch", "zzzzzz" },
                  2,
                  "",
                  "wardwatch: unknown command `zzzzzz`\n  help: see `wardwatch --help`\n" },
                { { "wardwatch", "--chek" }, 2, "", "wardwatch: unknown command `--chek`\n" },
                { { "wardwatch", "help", "check" }, 0, "wardwatch check [-c FILE]", "" },
                { { "wardwatch", "check", "--help" }, 0, "wardwatch check [-c FILE]", "" },
                { { "wardwatch", "help", "config" }, 0, "Keys of wardwatch.yaml", "" },
                { { "wardwatch", "help", "kinds" }, 0, "family", "" },
                { { "wardwatch", "help", "chekc" },
                  2,
                  "",
                  "wardwatch help: nothing is known about `chekc`\n  help: did you mean `check`?\n" },
                { { "wardwatch", "help", "kinds", "--man" },
                  2,
                  "",
                  "wardwatch help: nothing is known about `kinds`\n" },
                { { "wardwatch", "check", "x" }, 2, "", "wardwatch check: unexpected word `x`\n" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                static struct capture c;

                capture_run(&c, command_run, rows[i].words);
                if (c.code != rows[i].code || strncmp(c.out, rows[i].out, strlen(rows[i].out)) != 0 ||
                    strncmp(c.err, rows[i].err, strlen(rows[i].err)) != 0)
                        fail_msg("row %zu: %d, `%.200s`, `%.200s`", i, c.code, c.out, c.err);
                if (!*rows[i].out)
                        assert_string_equal(c.out, "");
                if (!*rows[i].err)
                        assert_string_equal(c.err, "");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_become_options),
                cmocka_unit_test(wrong_words_are_told),
                cmocka_unit_test(help_is_asked_for),
                cmocka_unit_test(the_command_line_is_routed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
