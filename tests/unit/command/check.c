#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "capture.h"
#include "command/command.h"
#include <ftw.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

struct bench {
        char dir[64], config[96];
        struct capture c;
};

static void write_file(const struct bench *b, const char *name, const char *text) {
        char path[128];
        FILE *f;

        (void)snprintf(path, sizeof path, "%s/%s", b->dir, name);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static int bench_start(void **state) {
        static struct bench b;

        b = (struct bench){ .dir = "/tmp/wardwatch-check-XXXXXX" };
        assert_non_null(mkdtemp(b.dir));
        (void)snprintf(b.config, sizeof b.config, "%s/wardwatch.yaml", b.dir);
        write_file(&b, "wardwatch.yaml",
                   "mqtt: {urgent: [panic/#], bulk: [sensor/#]}\n"
                   "paths: {sensors: [], rules: [], site: site.yaml}\n");
        write_file(&b, "site.yaml", "zones: [{zone: W3, type: ward}]\nassets: [{asset: a, zone: W3}]\n");
        *state = &b;
        return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static int bench_end(void **state) {
        struct bench *b = *state;

        return nftw(b->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void run(struct bench *b, const char *option, const char *other) {
        const char *const words[] = { "wardwatch", "check", "-c", b->config, option, option ? other : NULL, NULL };

        capture_run(&b->c, command_run, words);
}

static void what_is_good_is_said_so(void **state) {
        struct bench *b = *state;

        run(b, NULL, NULL);
        assert_int_equal(b->c.code, 0);
        assert_string_equal(b->c.out,
                            "good: 0 sensor types, 0 rules with 0 examples, 1 zones, 1 assets; warnings: 2\n");
        assert_non_null(strstr(b->c.err, "warning: no rules: nothing will ever raise an alarm\n"));
}

static void an_error_in_the_site_has_place_source_and_cure(void **state) {
        struct bench *b = *state;
        char expected[512];

        write_file(b, "site.yaml", "zones:\n  - zone: W3\n    tipe: ward\n");
        run(b, NULL, NULL);
        assert_int_equal(b->c.code, 1);
        (void)snprintf(expected, sizeof expected,
                       "%s/site.yaml:3:5: error: zone: unknown key `tipe`\n"
                       "    3 |     tipe: ward\n"
                       "      |     ^\n"
                       "      help: did you mean `type`?\n"
                       "errors: 1, warnings: 0\n",
                       b->dir);
        assert_string_equal(b->c.err, expected);
        assert_string_equal(b->c.out, "");
}

static void an_error_in_the_configuration_is_told_without_its_line(void **state) {
        struct bench *b = *state;
        char expected[512];

        write_file(b, "wardwatch.yaml", "mqtt: {urgent: [u], bulk: [b], password: hunter2}\n");
        run(b, NULL, NULL);
        assert_int_equal(b->c.code, 1);
        assert_null(strstr(b->c.err, "hunter2"));
        (void)snprintf(expected, sizeof expected, "%s:1:32: error: a secret does not stand in this file", b->config);
        assert_int_equal(strncmp(b->c.err, expected, strlen(expected)), 0);
}

static void a_missing_file_is_an_error(void **state) {
        struct bench *b = *state;
        char path[128];

        (void)snprintf(path, sizeof path, "%s/site.yaml", b->dir);
        assert_int_equal(remove(path), 0);
        run(b, NULL, NULL);
        assert_int_equal(b->c.code, 1);
        assert_non_null(strstr(b->c.err, "site.yaml: error: no such file or folder\n"));
        assert_int_equal(remove(b->config), 0);
        run(b, NULL, NULL);
        assert_int_equal(b->c.code, 1);
        assert_non_null(strstr(b->c.err, "wardwatch.yaml: error: no such file\n"));
}

static void json_says_the_same(void **state) {
        struct bench *b = *state;
        json_t *answer, *message;

        run(b, "--json", NULL);
        assert_int_equal(b->c.code, 0);
        answer = json_loads(b->c.out, 0, NULL);
        assert_true(json_is_true(json_object_get(answer, "ok")));
        assert_int_equal(json_integer_value(json_object_get(answer, "zones")), 1);
        assert_int_equal(strlen(json_string_value(json_object_get(answer, "hash"))), 32);
        json_decref(answer);

        write_file(b, "site.yaml", "zones: [{zone: a, in: b}]\n");
        run(b, "--json", NULL);
        assert_int_equal(b->c.code, 1);
        assert_string_equal(b->c.err, "");
        answer = json_loads(b->c.out, 0, NULL);
        assert_true(json_is_false(json_object_get(answer, "ok")));
        assert_int_equal(json_integer_value(json_object_get(answer, "errors")), 1);
        message = json_array_get(json_object_get(answer, "messages"), 0);
        assert_string_equal(json_string_value(json_object_get(message, "text")), "unknown zone `b`");
        assert_int_equal(json_integer_value(json_object_get(message, "line")), 1);
        assert_int_equal(json_integer_value(json_object_get(message, "column")), 23);
        json_decref(answer);
}

static void the_printed_configuration_checks_and_prints_the_same(void **state) {
        struct bench *b = *state;
        static char first[64 * 1024];

        run(b, "--print", NULL);
        assert_int_equal(b->c.code, 0);
        memcpy(first, b->c.out, sizeof first);
        write_file(b, "wardwatch.yaml", first);
        run(b, "--print", NULL);
        assert_int_equal(b->c.code, 0);
        assert_string_equal(b->c.out, first);
        assert_non_null(strstr(first, "  keepalive: 10s\n"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(what_is_good_is_said_so, bench_start, bench_end),
                cmocka_unit_test_setup_teardown(an_error_in_the_site_has_place_source_and_cure, bench_start, bench_end),
                cmocka_unit_test_setup_teardown(an_error_in_the_configuration_is_told_without_its_line, bench_start,
                                                bench_end),
                cmocka_unit_test_setup_teardown(a_missing_file_is_an_error, bench_start, bench_end),
                cmocka_unit_test_setup_teardown(json_says_the_same, bench_start, bench_end),
                cmocka_unit_test_setup_teardown(the_printed_configuration_checks_and_prints_the_same, bench_start,
                                                bench_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
