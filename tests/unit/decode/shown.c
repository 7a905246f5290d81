/* What rules/README.md shows of sensor types is so. */
#include "harness.h"

static char *read_readme(void) {
        char path[512];
        char *text = calloc(1, 1 << 20);
        FILE *f;

        assert_non_null(getenv("WARDWATCH_SOURCE"));
        assert_non_null(text);
        snprintf(path, sizeof path, "%s/rules/README.md", getenv("WARDWATCH_SOURCE"));
        f = fopen(path, "r");
        assert_non_null(f);
        assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
        fclose(f);
        return text;
}

/* Every sensor type that the section shows is right, and its examples come true. */
static void test_samples(void **state) {
        _cleanup_free_ char *readme = read_readme();
        char *at = strstr(readme, "## Sensor types\n"), *end;
        size_t n = 0;

        assert_non_null(at);
        end = strstr(at + 3, "\n## ");
        if (end)
                *end = 0;
        while ((at = strstr(at, "```yaml\nsensor: "))) {
                _cleanup_harness_ struct harness h;
                char *close = strstr(at + 8, "```");
                int r;

                assert_non_null(close);
                harness_begin(&h, NULL);
                assert_int_equal(bundle_add_text(&h.bundle, BUNDLE_SENSORS, "sample.yaml",
                                                 (struct ww_str){ at + 8, (size_t)(close - at - 8) }),
                                 0);
                r = harness_compile(&h, true);
                harness_print(&h);
                assert_int_equal(r, 0);
                at = close + 3;
                n++;
        }
        assert_true(n >= 3);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_samples) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
