/* The rules that come with it: they compile with the site and the sensor types, and their examples hold. What
 * rules/README.md shows of rules is held to the same. */
#include "decode/decode.h"
#include "harness.h"
#include "records/records.h"
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
                fail_msg("%s: %d\n%.*s", what, r, WW_STR_ARG(buf_str(&out)));
}

/* rules/README.md's own, where the pack stands beside them */
static bool of_readme(void *userdata, struct ww_str name, struct ww_str file) {
        (void)userdata, (void)name;
        return ww_str_is(file, "README.md");
}

static int play(const struct correlate_rules *rules, bool readme, struct diag *d, size_t *ret_run) {
        struct correlate_examples_result result = { 0 };
        int r = ruleset_test(rules, &(struct correlate_examples){ .wanted = readme ? of_readme : NULL }, d, &result);

        *ret_run = result.run;
        return r;
}

/* Takes the bundle. The number of rules; of examples in *ret_run, NULL: they are not run. */
static size_t check_bundle(struct bundle *bundle, bool readme, size_t *ret_run) {
        struct diag d = { .source = bundle_source, .userdata = bundle };
        struct symtab *symbols;
        struct site *site;
        struct decode_types *types;
        struct record_kinds *records;
        struct correlate_rules *rules;
        size_t n;

        assert_int_equal(bundle_seal(bundle), 0);
        assert_int_equal(symtab_new(&symbols), 0);
        no_messages(&d, "site", site_compile(&site, bundle, symbols, &d));
        no_messages(&d, "sensors", decode_types_compile(&types, bundle, site, symbols, ww_kinds_builtin(), false, &d));
        /* they give fields that rules read */
        no_messages(&d, "records", record_kinds_compile(&records, bundle, site, symbols, &d));
        no_messages(&d, "rules", correlate_rules_compile(&rules, bundle, site, symbols, ww_kinds_builtin(), &d));
        if (ret_run)
                no_messages(&d, "examples", play(rules, readme, &d, ret_run));
        n = correlate_rules_count(rules);
        correlate_rules_free(rules);
        record_kinds_free(records);
        decode_types_free(types);
        site_free(site);
        symtab_free(symbols);
        diag_deinit(&d);
        bundle_deinit(bundle);
        return n;
}

static void check_folder(const char *site, const char *const *rules, size_t least) {
        struct bundle bundle = { 0 };
        struct diag d = DIAG_INIT;
        size_t run = 0, n;

        add(&bundle, BUNDLE_SITE, site, &d);
        add(&bundle, BUNDLE_SENSORS, "rules/sensors", &d);
        if (strcmp(site, "rules/site") == 0)
                add(&bundle, BUNDLE_RECORDS, "rules/records", &d);
        for (; *rules; rules++)
                add(&bundle, BUNDLE_RULES, *rules, &d);
        n = check_bundle(&bundle, false, &run);
        assert_true(run > n && run >= least);
}

static void test_pack(void **state) {
        (void)state;
        check_folder("rules/site", (const char *const[]){ "rules/hospital", NULL }, 200);
}

static void test_samples(void **state) {
        (void)state;
        check_folder("tests/rules/site",
                     (const char *const[]){ "tests/rules/samples.yaml", "tests/rules/features.yaml", NULL }, 130);
}

/* ---- rules/README.md ---- */

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

/* the first word of a rule behind `at` begins here: "  within: 5m"; NULL: none does */
static char *next_word(char *at) {
        for (; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
                if (strncmp(at, "  ", 2) == 0 && at[2] >= 'a' && at[2] <= 'z')
                        return at;
        return NULL;
}

/* what the rule said of that word goes */
static void word_drop(char *rule, const char *word) {
        size_t n = strcspn(word, ":") + 1;
        char *at = next_word(rule), *end;

        while (at && strncmp(at, word, n) != 0)
                at = next_word(at + 1);
        if (!at)
                return;
        end = next_word(at + 1);
        if (end)
                memmove(at, end, strlen(end) + 1);
        else
                *at = 0;
}

/* A block begins a rule, or goes on with the one before: what it says replaces what that said. */
static char *rule_grow(char *rule, char *block) {
        char *grown;

        if (strncmp(block, "- rule: ", 8) == 0) {
                free(rule);
                return strdup(block);
        }
        assert_non_null(rule);
        assert_ptr_equal(next_word(block), block);
        for (char *word = block; word; word = next_word(word + 1))
                word_drop(rule, word);
        assert_true(asprintf(&grown, "%s%s", rule, block) > 0);
        free(rule);
        return grown;
}

/* beside the example hospital's rules, whose alarms it may read */
static bool check_block(const char *text) {
        struct bundle bundle = { 0 };
        struct diag d = DIAG_INIT;
        bool told = strstr(text, "\n  examples:") != NULL;
        size_t run = 0;

        add(&bundle, BUNDLE_SITE, "rules/site", &d);
        add(&bundle, BUNDLE_SENSORS, "rules/sensors", &d);
        add(&bundle, BUNDLE_RECORDS, "rules/records", &d);
        add(&bundle, BUNDLE_RULES, "rules/hospital", &d);
        assert_int_equal(bundle_add_text(&bundle, BUNDLE_RULES, "README.md", ww_str(text)), 0);
        check_bundle(&bundle, true, told ? &run : NULL);
        return told;
}

static void test_tutorial(void **state) {
        char *text = readme(), *at = strstr(text, "\n## Rules\n"), *rule = NULL;
        bool told = true;
        size_t n = 0;

        (void)state;
        assert_non_null(at);
        while ((at = strstr(at, "\n```yaml\n"))) {
                char *block = at + 9, *end = strstr(block, "```");

                assert_non_null(end);
                *end = 0;
                if (strncmp(block, "- rule: ", 8) == 0 && !told)
                        fail_msg("this rule ends without examples:\n%s", rule);
                rule = rule_grow(rule, block);
                told = check_block(rule);
                at = end + 1;
                n++;
        }
        assert_true(told && n >= 35);
        free(rule);
        free(text);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_pack), cmocka_unit_test(test_samples),
                                            cmocka_unit_test(test_tutorial) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
