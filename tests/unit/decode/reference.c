/*
 * The reference in rules/README.md is what the code knows: each table there is the one that is made here. With
 * WARDWATCH_PRINT set the test prints them, to be pasted.
 */
#include "base/buf.h"
#include "decode/load.h"
#include "harness.h"

static void put_keys(struct buf *out, const struct load_key *keys, size_t n) {
        buf_puts(out, "| key | |\n| --- | --- |\n");
        for (size_t i = 0; i < n; i++)
                buf_printf(out, "| `%s` | %s |\n", keys[i].name, keys[i].help);
}

static void put_formats(struct buf *out) {
        buf_puts(out, "| format | |\n| --- | --- |\n");
        for (size_t i = 0; i < format_count; i++)
                buf_printf(out, "| `%s` | %s |\n", format_table[i].name, format_table[i].help);
}

static void put_words(struct buf *out) {
        buf_printf(out, "| | words |\n| --- | --- |\n| active | %s |\n| normal | %s |\n", valuemap_true_words,
                   valuemap_false_words);
}

static void put_kinds(struct buf *out) {
        const struct ww_kinds *kinds = ww_kinds_builtin();

        buf_puts(out, "| kind | values | |\n| --- | --- | --- |\n");
        for (size_t i = 0; i < kinds->n; i++) {
                const struct ww_kind *k = &kinds->rows[i];

                if (k->nature == WW_NATURE_STATE)
                        buf_printf(out, "| `%s` | `%s`, `%s` | %s |\n", k->family, k->active, k->normal, k->help);
                else if (k->nature == WW_NATURE_PULSE)
                        buf_printf(out, "| `%s` | pulse | %s |\n", k->family, k->help);
                else
                        buf_printf(out, "| `%s` | number%s%s | %s |\n", k->family, k->unit ? ", " : "",
                                   k->unit ? k->unit : "", k->help);
        }
}

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

static void check(const char *what, struct buf *table) {
        _cleanup_free_ char *readme = read_readme();

        buf_put_u8(table, 0);
        if (getenv("WARDWATCH_PRINT"))
                fprintf(stderr, "## %s\n%s\n", what, (const char *)table->p);
        else if (!strstr(readme, (const char *)table->p))
                fail_msg("rules/README.md lacks this table (%s):\n%s", what, (const char *)table->p);
}

static void test_keys(void **state) {
        static const struct {
                const char *what;
                const struct load_key *keys;
                const size_t *n;
        } tables[] = {
                { "type", load_type_keys, &load_type_keys_n },
                { "message", load_message_keys, &load_message_keys_n },
                { "event", load_event_keys, &load_event_keys_n },
                { "value", load_source_keys, &load_source_keys_n },
                { "time", load_time_keys, &load_time_keys_n },
        };

        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
                _cleanup_buf_ struct buf table = BUF_INIT;

                put_keys(&table, tables[i].keys, *tables[i].n);
                check(tables[i].what, &table);
        }
}

static void test_rest(void **state) {
        _cleanup_buf_ struct buf formats = BUF_INIT, words = BUF_INIT, kinds = BUF_INIT;

        put_formats(&formats);
        check("formats", &formats);
        put_words(&words);
        check("words", &words);
        put_kinds(&kinds);
        check("kinds", &kinds);
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
        assert_int_equal(n, 2);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_keys), cmocka_unit_test(test_rest),
                                            cmocka_unit_test(test_samples) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
