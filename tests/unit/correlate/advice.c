/* Rules that are legal and could be better: what `check` says of them. */
#include "harness.h"

#define RAISE "  raise: {hazard: theft, priority: high}\n"

static const struct {
        const char *rules;
        unsigned line, column;
        const char *text, *help; /* NULL: nothing is said */
} rows[] = {
        { "- rule: r\n  select: {a: {kind: access.denied, where: role == cook and number > 3}}\n" RAISE, 2, 12,
          "selection `a` cannot be looked up: every event of its kind is asked its `where`",
          "write `role: cook` beside `kind`" },
        { "- rule: r\n  select: {a: {kind: access.denied, role: cook, where: number > 3}}\n" RAISE, 0, 0, NULL, NULL },
        { "- rule: r\n  select: {a: {kind: access.denied, where: number > 3}}\n" RAISE, 0, 0, NULL, NULL },
        { "- rule: r\n  select: {a: {kind: access.denied}}\n  by: badge\n  within: 5m\n  when: count(a) < 3\n" RAISE, 5,
          9, "rule `r`: `when` stays true over an empty window, so its keys are kept up to `limits: {keys: 1000000}`",
          "use `each: assets(class)` with `every`, or ask for something that has come" },
        { "- rule: r\n  select: {a: {kind: access.denied}}\n  by: badge\n  within: 5m\n  when: count(a) in [1, "
          "2]\n" RAISE,
          0, 0, NULL, NULL },
        { "- rule: r\n  select: {a: {kind: temperature}}\n  by: device\n  within: 5m\n  when: max(a.value) < 3\n" RAISE,
          0, 0, NULL, NULL },
        /* a child is announced before its parent can be known to be down */
        { "- rule: p\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n  for: 90s\n"
          "  mute: {match: {rule: c}, under: asset, settle: 10s}\n" RAISE
          "- rule: c\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(lock)\n  expect: hb\n  for: 60s\n" RAISE,
          6, 3, "rule `p`: `lock-1` is alarmed by `c` before its parent `c1` can be known to be down",
          "lengthen `settle`, or shorten the parent's time" },
        { "- rule: p\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n  for: 70s\n"
          "  mute: {match: {rule: c}, under: asset, settle: 10s}\n" RAISE
          "- rule: c\n  select: {hb: {kind: device.heartbeat}}\n  each: assets(lock)\n  expect: hb\n  for: 60s\n" RAISE,
          0, 0, NULL, NULL },
};

static void test_advice(void **state) {
        static const char site[] = "site: s\nzones:\n  - {zone: z}\nassets:\n"
                                   "  - {asset: c1, device: c, class: controller, zone: z}\n"
                                   "  - {asset: lock-1, device: l, class: lock, parent: c1, zone: z, number: 1}\n";

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct diag_message *m = NULL;
                struct harness h;

                assert_int_equal(harness_compile_for(&h, site, rows[i].rules), 0);
                for (size_t j = 0; j < h.diag.n; j++)
                        if (!strstr(h.diag.messages[j].text, "no sensor type and no asset"))
                                m = &h.diag.messages[j];
                if (!rows[i].text) {
                        assert_null(m);
                } else {
                        assert_non_null(m);
                        assert_int_equal(m->level, DIAG_WARNING);
                        assert_string_equal(m->text, rows[i].text);
                        assert_string_equal(m->help, rows[i].help);
                        assert_int_equal(m->pos.line, rows[i].line);
                        assert_int_equal(m->pos.column, rows[i].column);
                }
                harness_deinit(&h);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_advice) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
