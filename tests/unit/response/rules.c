/* The files that ship, and what the guide shows, compile; and what no file says has its defaults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/file.h"
#include "response/rules_load.h"

static void source_file(const char *name, char **ret) {
        const char *source = getenv("WARDWATCH_SOURCE");
        char path[512];
        size_t n;

        assert_non_null(source);
        (void)snprintf(path, sizeof path, "%s/%s", source, name);
        assert_int_equal(file_read(path, 1024 * 1024, ret, &n), 0);
}

struct set {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct response_rules *rules;
};

static void compile(struct set *s) {
        struct diag d = DIAG_INIT;
        struct buf told = BUF_INIT;
        char path[512];

        (void)snprintf(path, sizeof path, "%s/rules/site", getenv("WARDWATCH_SOURCE"));
        assert_int_equal(bundle_add_path(&s->bundle, BUNDLE_SITE, path, &d), 0);
        assert_int_equal(bundle_seal(&s->bundle), 0);
        assert_int_equal(symtab_new(&s->symbols), 0);
        assert_int_equal(site_compile(&s->site, &s->bundle, s->symbols, &d), 0);
        if (response_rules_compile(&s->rules, &s->bundle, s->site, &d)) {
                diag_render(&d, &told);
                print_error("%.*s\n", WW_STR_ARG(buf_str(&told)));
                fail();
        }
        buf_deinit(&told);
        diag_deinit(&d);
}

static void set_free(struct set *s) {
        response_rules_free(s->rules);
        site_free(s->site);
        symtab_free(s->symbols);
        bundle_deinit(&s->bundle);
}

static void test_defaults(void **state) {
        const struct response_case any = { .zone = SITE_NONE, .priority = WW_PRIORITY_LOW, .exercise = true };
        struct set s = { 0 };

        compile(&s);
        assert_false(s.rules->given);
        assert_int_equal(s.rules->from, WW_PRIORITY_MEDIUM);
        assert_int_equal(s.rules->gather_within, 30 * WW_MINUTE);
        assert_int_equal(s.rules->handover_within, 15 * WW_MINUTE);
        assert_int_equal(s.rules->n_dispositions, 12);
        assert_int_equal(rules_disposition(s.rules, WW_STR("false-device"))->two_persons, TWO_PERSONS_CRITICAL);
        assert_true(rules_match(s.rules, &s.rules->required, &any)); /* all need one */
        assert_int_equal(response_rules_count(s.rules), 0);
        set_free(&s);
}

static void test_shipped(void **state) {
        struct diag d = DIAG_INIT;
        struct set s = { 0 };
        char path[512];

        (void)snprintf(path, sizeof path, "%s/rules/response", getenv("WARDWATCH_SOURCE"));
        assert_int_equal(bundle_add_path(&s.bundle, BUNDLE_RESPONSE, path, &d), 0);
        compile(&s);
        assert_non_null(rules_procedure(s.rules, WW_STR("code-pink")));
        assert_int_equal(s.rules->n_escalations, 3);
        set_free(&s);
}

/* Every block of the guide's chapter, together, is a file. */
static void test_guide(void **state) {
        struct buf blocks = BUF_INIT;
        struct set s = { 0 };
        char *text, *at, *end;
        size_t n = 0;

        source_file("rules/README.md", &text);
        at = strstr(text, "\n## The response\n");
        end = at ? strstr(at + 1, "\n## ") : NULL;
        assert_non_null(end);
        *end = 0;
        for (at = strstr(at, "\n```yaml\n"); at; at = strstr(at, "\n```yaml\n"), n++) {
                char *block = at + 9, *stop = strstr(block, "```");

                assert_non_null(stop);
                buf_put(&blocks, block, (size_t)(stop - block));
                at = stop;
        }
        assert_int_equal(n, 5);
        assert_int_equal(bundle_add_text(&s.bundle, BUNDLE_RESPONSE, "README.md", buf_str(&blocks)), 0);
        compile(&s);
        assert_int_equal(s.rules->procedures[0].steps[1].action.within, 10 * WW_SECOND);
        assert_int_equal(s.rules->escalations[0].steps[1].until, UNTIL_DISPATCHED);
        assert_int_equal(s.rules->handover_within, 10 * WW_MINUTE);
        set_free(&s);
        buf_deinit(&blocks);
        free(text);
}

static void test_match(void **state) {
        const char *yaml = "escalations:\n"
                           "  - escalation: a\n"
                           "    match: {hazard: [fire, theft], priority: high, zone: W3, schedule: pharmacy}\n"
                           "    steps: [{after: 1s, to: p, by: c}]\n"
                           "  - {escalation: b, steps: [{after: 1s, to: p, by: c}]}\n"
                           "posts: [{post: p}]\n"
                           "channels: [{channel: c}]\n";
        struct set s = { 0 };
        struct response_case of = { .hazard = WW_HAZARD_THEFT, .priority = WW_PRIORITY_HIGH };

        assert_int_equal(bundle_add_text(&s.bundle, BUNDLE_RESPONSE, "r.yaml", ww_str(yaml)), 0);
        compile(&s);
        of.zone = site_zone_find(s.site, WW_STR("W3-r1")); /* below W3 */
        assert_int_not_equal(of.zone, SITE_NONE);
        of.opened = INT64_C(1767610800) * WW_SECOND; /* Monday 2026-01-05, noon in Berlin */
        assert_true(rules_match(s.rules, &s.rules->escalations[0].match, &of));
        of.hazard = WW_HAZARD_FRAUD;
        assert_false(rules_match(s.rules, &s.rules->escalations[0].match, &of));
        of.hazard = WW_HAZARD_FIRE;
        of.opened += 12 * WW_HOUR;
        assert_false(rules_match(s.rules, &s.rules->escalations[0].match, &of));
        of.opened -= 12 * WW_HOUR;
        of.zone = site_zone_find(s.site, WW_STR("W2"));
        assert_false(rules_match(s.rules, &s.rules->escalations[0].match, &of));
        assert_true(rules_match(s.rules, &s.rules->escalations[1].match, &of));
        of.exercise = true; /* drills tell nobody, unless a ladder says so */
        assert_false(rules_match(s.rules, &s.rules->escalations[1].match, &of));
        set_free(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_shipped),
                cmocka_unit_test(test_guide),
                cmocka_unit_test(test_match),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
