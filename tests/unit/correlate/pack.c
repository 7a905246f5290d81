/* The rules that come with it: they compile with the site and the sensor types, and their examples hold. And the
 * reference in rules/README.md has a row for every word. */
#include "correlate/word.h"
#include "decode/decode.h"
#include "harness.h"
#include "ruleset.h"

static void source_path(const char *name, char out[static 512]) {
        const char *root = getenv("WARDWATCH_SOURCE");

        snprintf(out, 512, "%s/%s", root ? root : ".", name);
}

static void add(struct bundle *b, enum bundle_role role, const char *name, struct diag *d) {
        char path[512];

        source_path(name, path);
        assert_int_equal(bundle_add_path(b, role, path, d), 0);
}

static void no_messages(struct diag *d, const char *what, int r) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        diag_render(d, &out);
        if (r || d->errors || d->warnings)
                printf("%s: %d\n%.*s", what, r, WW_STR_ARG(buf_str(&out)));
        assert_int_equal(r, 0);
        assert_int_equal(d->errors + d->warnings, 0);
}

static void check_folder(const char *folder, size_t least) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct diag d = DIAG_INIT;
        struct symtab *symbols;
        struct site *site;
        struct decode_types *types;
        struct correlate_rules *rules;
        size_t run = 0;

        add(&bundle, BUNDLE_SITE, "rules/site", &d);
        add(&bundle, BUNDLE_SENSORS, "rules/sensors", &d);
        add(&bundle, BUNDLE_RULES, folder, &d);
        assert_int_equal(bundle_seal(&bundle), 0);
        d.source = bundle_source;
        d.userdata = &bundle;
        assert_int_equal(symtab_new(&symbols), 0);
        no_messages(&d, "site", site_compile(&site, &bundle, symbols, &d));
        no_messages(&d, "sensors", decode_types_compile(&types, &bundle, site, symbols, ww_kinds_builtin(), false, &d));
        no_messages(&d, "rules", correlate_rules_compile(&rules, &bundle, site, symbols, ww_kinds_builtin(), &d));
        no_messages(&d, "examples", ruleset_examples(rules, &d, &run));
        assert_true(run > correlate_rules_count(rules) && run >= least);
        correlate_rules_free(rules);
        decode_types_free(types);
        site_free(site);
        symtab_free(symbols);
        diag_deinit(&d);
}

static void test_pack(void **state) {
        (void)state;
        check_folder("rules/hospital", 30);
}

static void test_samples(void **state) {
        (void)state;
        check_folder("tests/rules", 12);
}

static char *readme(void) {
        char path[512], *text = calloc(1, 256 * 1024);
        FILE *f;

        source_path("rules/README.md", path);
        f = fopen(path, "r");
        assert_non_null(f);
        assert_non_null(text);
        assert_true(fread(text, 1, 256 * 1024 - 1, f) > 0);
        fclose(f);
        return text;
}

static void has_rows(const char *text, const struct word *words, size_t n) {
        for (size_t i = 0; i < n; i++) {
                char row[512];

                snprintf(row, sizeof row, "| `%s` | %s%s |", words[i].name, words[i].help,
                         words[i].supported ? "" : " (not supported by this version)");
                if (!strstr(text, row))
                        fail_msg("rules/README.md lacks the row:\n%s", row);
        }
}

static void test_reference(void **state) {
        char *text = readme();

        (void)state;
        has_rows(text, word_rule, word_rule_n);
        has_rows(text, word_select, word_select_n);
        has_rows(text, word_raise, word_raise_n);
        has_rows(text, word_limits, word_limits_n);
        has_rows(text, word_call, word_call_n);
        has_rows(text, word_example, word_example_n);
        for (size_t i = 0; i < field_words_n; i++) {
                char row[256];

                snprintf(row, sizeof row, "| `%s` | %s |", field_words[i].name, field_words[i].help);
                if (!strstr(text, row))
                        fail_msg("rules/README.md lacks the row:\n%s", row);
        }
        free(text);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_pack), cmocka_unit_test(test_samples),
                                            cmocka_unit_test(test_reference) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
