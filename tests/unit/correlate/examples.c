/* The language of examples: what it refuses, with place and cure; what it tells when something else came. */
#include "harness.h"
#include "ruleset.h"

#define RULE                                                                                                           \
        "- rule: r\n"                                                                                                  \
        "  select: {a: {kind: access.denied, role: \"@maternity\"}, o: {kind: door.opened}}\n"                         \
        "  by: badge\n"                                                                                                \
        "  within: 10s\n"                                                                                              \
        "  when: count(a) >= 2\n"                                                                                      \
        "  clear: o\n"                                                                                                 \
        "  raise: {hazard: fraud, priority: low}\n"                                                                    \
        "  examples:\n"
#define OTHER                                                                                                          \
        "- rule: other\n"                                                                                              \
        "  select: {x: {kind: door.opened}}\n"                                                                         \
        "  by: [ward, device]\n"                                                                                       \
        "  raise: {hazard: theft, priority: high}\n"                                                                   \
        "  examples:\n"                                                                                                \
        "    - {given: [\"0s x W3,d1\"], alarms: [\"0s W3,d1\"]}\n"

static const struct {
        const char *example; /* of RULE, at line 9 */
        unsigned column;
        const char *text, *help;
} broken[] = {
        { "5s", 7, "rule `r`: example: not a mapping: `5s`", "write `- given: […]` and `alarms: […]` below" },
        { "{given: [0s a 7]}", 7, "rule `r`: example: it needs `given` and `alarms`",
          "add `alarms: []` for a near miss" },
        { "{given: [], alarms: [], clear: []}", 31, "an example: unknown key `clear`", "did you mean `clears`?" },
        { "{given: 0s a 7, alarms: []}", 15, "rule `r`: example: not a list of at most 256 rows: `0s a 7`",
          "write `[30s exit W3, …]`" },
        { "{given: [a 7], alarms: []}", 16, "rule `r`: example: no time at its beginning: `a 7`",
          "write `30s exit W3`" },
        { "{given: [0s b 7], alarms: []}", 16, "rule `r`: example: no selection of the rule, and no act: `0s b 7`",
          "one of: a, o, not, reset, ack, mode, list, reload, raise, clear" },
        { "{given: [0s relaod 7], alarms: []}", 16,
          "rule `r`: example: no selection of the rule, and no act: `0s relaod 7`", "did you mean `reload`?" },
        { "{given: [0s a], alarms: []}", 16, "rule `r`: example: a key is missing: `0s a`", "write `30s exit W3`" },
        { "{given: [0s a 7 x], alarms: []}", 16, "rule `r`: example: not `field=value`: `0s a 7 x`",
          "write `30s exit W3 badge=17`" },
        { "{given: [0s a 7 at 5s], alarms: []}", 16, "rule `r`: example: no arrival after `at`: `0s a 7 at 5s`",
          "write `at +5s`" },
        { "{given: [0s ack], alarms: []}", 16, "rule `r`: example: a key is missing: `0s ack`", "write `30s exit W3`" },
        { "{given: [0s ack 7 at +5s], alarms: []}", 16,
          "rule `r`: example: there is more than belongs here: `0s ack 7 at +5s`",
          "write `9s ack W3`, with a key of this rule" },
        { "{given: [0s ack 7], alarms: []}", 16, "rule `r`: example 1: `0s ack 7`: there is no such alarm",
          "acknowledge an alarm at or behind its raise, and once" },
        { "{given: [0s a 7, 1s a 7, 2s ack 7, 3s ack 7], alarms: []}", 42,
          "rule `r`: example 1: `3s ack 7`: the alarm is not in a state in which this can be done",
          "acknowledge an alarm at or behind its raise, and once" },
        { "{given: [0s mode armd], alarms: []}", 16, "rule `r`: example: the site has no such mode: `0s mode armd`",
          "did you mean `armed`?" },
        { "{given: [0s mode holidays], alarms: []}", 16,
          "rule `r`: example: the site has no such mode: `0s mode holidays`", "modes stand in the site's `modes:`" },
        { "{given: [0s mode armed no], alarms: []}", 16, "rule `r`: example: a mode goes on or off: `0s mode armed no`",
          "write `9s mode armed`, or `9s mode armed off`" },
        { "{given: [0s list maternty add x], alarms: []}", 16,
          "rule `r`: example: the site has no such list: `0s list maternty add x`", "did you mean `maternity`?" },
        { "{given: [0s list maternity x], alarms: []}", 16,
          "rule `r`: example: a list gets a member or loses one: `0s list maternity x`",
          "write `9s list maternity add nurse`, or `… remove nurse`" },
        { "{given: [0s reload now], alarms: []}", 16,
          "rule `r`: example: there is more than belongs here: `0s reload now`", "write `9s reload`" },
        { "{given: [0s raise othr 7], alarms: []}", 16, "rule `r`: example: there is no such rule: `0s raise othr 7`",
          "did you mean `other`?" },
        { "{given: [0s raise r 7], alarms: []}", 16,
          "rule `r`: example: an example's own rule is not another one: `0s raise r 7`",
          "write the events that raise it" },
        { "{given: [0s raise other W3], alarms: []}", 16, "rule `r`: example: a key is missing: `0s raise other W3`",
          "write the parts of the key as in `by`, with a comma between and in quotes: `\"30s exit W3,B7\"`" },
        { "{given: [\"0s raise other W3,d1 asset=door\"], alarms: []}", 16,
          "rule `r`: example: the site has no such asset: `0s raise other W3,d1 asset=door`",
          "assets stand in the site's `assets:`" },
        { "{given: [\"0s raise other W3,d9 asset=door-exit\"], alarms: []}", 16,
          "rule `r`: example 1: `0s raise other W3,d9 asset=door-exit`: the key names something else than the asset",
          "write `d1`, or another asset" },
        { "{given: [\"0s raise other W3,d1 color=red\"], alarms: []}", 16,
          "rule `r`: example: there is more than belongs here: `0s raise other W3,d1 color=red`",
          "write `9s raise door-held d1`, or `9s raise door-held d1 asset=door-w3-exit`" },
        { "{given: [\"0s raise other W3,d1\", \"1s raise other W3,d1\"], alarms: []}", 40,
          "rule `r`: example 1: `1s raise other W3,d1`: this alarm is there already", "write `clear` before it" },
        { "{given: [\"0s clear other W3,d1\"], alarms: []}", 16,
          "rule `r`: example 1: `0s clear other W3,d1`: there is no such alarm", "write `raise` before it" },
        { "{given: [], alarms: [7]}", 28, "rule `r`: example: no time at its beginning: `7`", "write `30s W3`" },
        { "{given: [], alarms: [0s 7 urgent]}", 28, "rule `r`: example: no priority behind the key: `0s 7 urgent`",
          "write `30s W3`, or `30s W3 critical`" },
        { "{given: [], alarms: [], clears: [0s 7 low]}", 40,
          "rule `r`: example: there is more than belongs here: `0s 7 low`", "write `30s W3`" },
        { "{given: [], alarms: [], priorities: [0s 7]}", 44, "rule `r`: example: no priority behind the key: `0s 7`",
          "write `90s W3 critical`" },
        { "{given: [], alarms: [], mutes: []}", 38, "rule `r`: example: the rule mutes nothing",
          "add a `mute`, or take it out" },
        { "{given: [], alarms: [], start: today}", 38, "rule `r`: example: `start` is no time: `today`",
          "write `start: \"2026-03-02T23:00:00+01:00\"`" },
        { "{given: [], alarms: [], start: \"2026-03-02T23:00:00\"}", 38,
          "rule `r`: example: `start` does not say where: `2026-03-02T23:00:00`",
          "add the offset: `2026-03-02T23:00:00+01:00`, or `…Z`" },
};

static void rules_of(char *out, size_t size, const char *example) {
        snprintf(out, size, RULE "    - %s\n" OTHER, example);
}

static void hold(const char *rules, size_t n) {
        _cleanup_buf_ struct buf told = BUF_INIT;
        struct harness h;
        size_t run;

        assert_int_equal(harness_compile(&h, rules), 0);
        (void)ruleset_examples(h.rules, &h.diag, &run);
        diag_render(&h.diag, &told);
        if (told.n)
                fail_msg("%.*s", WW_STR_ARG(buf_str(&told)));
        assert_int_equal(run, n);
        harness_deinit(&h);
}

static void test_broken(void **state) {
        (void)state;
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
                char rules[4096];
                struct harness h;
                size_t run;

                rules_of(rules, sizeof rules, broken[i].example);
                assert_int_equal(harness_compile(&h, rules), 0);
                assert_int_equal(ruleset_examples(h.rules, &h.diag, &run), DIAG_E_USER);
                assert_int_equal(h.diag.errors, 1);
                assert_string_equal(h.diag.messages[0].text, broken[i].text);
                assert_string_equal(h.diag.messages[0].help, broken[i].help);
                assert_int_equal(h.diag.messages[0].pos.line, 9);
                assert_int_equal(h.diag.messages[0].pos.column, broken[i].column);
                harness_deinit(&h);
        }
}

/* without the alarm stage what needs it is refused, and the rest holds */
static void test_alone(void **state) {
        static const char *const examples[][2] = {
                { "{given: [0s a 7, 1s a 7, 5s reset 7], alarms: [1s 7]}", NULL },
                { "{given: [0s ack 7], alarms: []}",
                  "rule `r`: example: there is no alarm to acknowledge here: `0s ack 7`" },
                { "{given: [], alarms: [], priorities: []}", "rule `r`: example: there are no alarms here" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
                char rules[4096];
                struct harness h;
                size_t run;

                rules_of(rules, sizeof rules, examples[i][0]);
                assert_int_equal(harness_compile(&h, rules), 0);
                assert_int_equal(harness_examples(&h, &run), examples[i][1] ? DIAG_E_USER : 0);
                assert_int_equal(h.diag.n, examples[i][1] != NULL);
                if (examples[i][1])
                        assert_string_equal(h.diag.messages[0].text, examples[i][1]);
                harness_deinit(&h);
        }
}

/* each list is held against what came, and told as a whole */
static void test_differences(void **state) {
        static const char rules[] = "- rule: dead\n"
                                    "  select: {gone: {kind: device.offline}}\n"
                                    "  by: device\n"
                                    "  mute: {match: {rule: other}}\n"
                                    "  regrade: [{after: 1m, priority: high}, {after: 2m, priority: critical}]\n"
                                    "  raise: {hazard: system, priority: low}\n"
                                    "  examples:\n"
                                    "    - given: [0s gone c, \"5s raise other W3,d1\", 90s ack c, 2m not gone c]\n"
                                    "      alarms: []\n"
                                    "      clears: []\n"
                                    "      priorities: [1m c critical]\n"
                                    "      mutes: [\"5s other W3,d2\"]\n"
                                    "    - given: [0s gone c, \"5s raise other W3,d1\", 90s ack c, 2m not gone c]\n"
                                    "      alarms: [0s c low]\n"
                                    "      clears: [2m c]\n"
                                    "      priorities: [1m c high]\n"
                                    "      mutes: [\"5s other W3,d1\"]\n" OTHER;
        static const char *const want[] = {
                "rule `dead`: example 1: expected alarms [], got [0s c low]",
                "rule `dead`: example 1: expected clears [], got [2m c]",
                "rule `dead`: example 1: expected priorities [1m c critical], got [1m c high]",
                "rule `dead`: example 1: expected mutes [5s other W3,d2], got [5s other W3,d1]",
        };
        struct harness h;
        size_t run;

        (void)state;
        assert_int_equal(harness_compile(&h, rules), 0);
        assert_int_equal(ruleset_examples(h.rules, &h.diag, &run), DIAG_E_USER);
        assert_int_equal(run, 3);
        assert_int_equal(h.diag.n, sizeof want / sizeof *want);
        for (size_t i = 0; i < h.diag.n; i++) {
                assert_string_equal(h.diag.messages[i].text, want[i]);
                assert_int_equal(h.diag.messages[i].pos.line, 9 + i);
        }
        harness_deinit(&h);
}

/* what a rule's examples conclude does not depend on its neighbours */
static void test_neighbours(void **state) {
        static const char rules[] =
                "- rule: all\n"
                "  select: {e: {kind: alarm.raised}}\n"
                "  by: rule\n"
                "  raise: {hazard: disaster, priority: high}\n"
                "  examples:\n"
                "    - {given: [\"0s raise other W3,d1 asset=door-exit\"], alarms: [0s other]}\n"
                "    - {given: [0s e z], alarms: [0s z]}\n"
                "- rule: silent\n"
                "  select: {hb: {kind: device.heartbeat}}\n"
                "  each: assets(controller)\n"
                "  expect: hb\n"
                "  for: 1m\n"
                "  raise: {hazard: system, priority: low}\n"
                "  examples:\n" /* c2 is not named: it is not there; nor is it after a reload */
                "    - {given: [0s hb c1, 30s reload, 5m hb c1], alarms: [1m c1], clears: [5m c1]}\n" OTHER;

        (void)state;
        hold(rules, 4);
}

/* a selection named like an act is what it is; a drill's alarms are alarms of the drill */
static void test_names_and_drills(void **state) {
        static const char rules[] =
                "- rule: r\n"
                "  select: {clear: {kind: door.closed}, list: {kind: access.denied}}\n"
                "  by: zone\n"
                "  sequence: [list, clear]\n"
                "  within: 1m\n"
                "  raise: {hazard: fraud, priority: low}\n"
                "  examples:\n"
                "    - {given: [0s list W3, 5s clear W3], alarms: [5s W3]}\n"
                "    - {given: [0s mode drill, 1s list W3, 5s clear W3, 9s ack W3, 10s reset W3], alarms: [5s W3]}\n"
                "    - {given: [0s list W3, 1s mode drill, 5s clear W3], alarms: []}\n"
                "    - {given: [0s list W3, 1s mode drill, 2s mode drill off, 5s clear W3], alarms: [5s W3]}\n";

        (void)state;
        hold(rules, 4);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_broken), cmocka_unit_test(test_alone),
                                            cmocka_unit_test(test_differences), cmocka_unit_test(test_neighbours),
                                            cmocka_unit_test(test_names_and_drills) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
