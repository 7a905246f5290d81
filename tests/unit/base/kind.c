#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include <stdio.h>
#include <wardwatch/alarm.h>

static const char *name_of(const struct ww_kind *k, int which) {
        return which == 0 ? k->family : which == 1 ? k->active : k->normal;
}

static void every_name_is_unique_and_well_formed(void **state) {
        const struct ww_kinds *kinds = ww_kinds_builtin();

        for (size_t i = 0; i < kinds->n; i++)
                for (int which = 0; which < 3; which++) {
                        const char *name = name_of(&kinds->rows[i], which);

                        if (!name)
                                continue;
                        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._"), strlen(name));
                        for (size_t j = 0; j < kinds->n; j++)
                                for (int other = 0; other < 3; other++) {
                                        const char *b = name_of(&kinds->rows[j], other);

                                        if (j != i && b && strcmp(name, b) == 0)
                                                fail_msg("`%s` stands in two rows", name);
                                }
                }
}

static void rows_are_whole(void **state) {
        const struct ww_kinds *kinds = ww_kinds_builtin();

        for (size_t i = 0; i < kinds->n; i++) {
                const struct ww_kind *k = &kinds->rows[i];

                assert_true(k->help && *k->help);
                if (k->nature == WW_NATURE_STATE) {
                        assert_non_null(k->normal);
                        assert_string_not_equal(k->family, k->active);
                        assert_string_not_equal(k->active, k->normal);
                } else {
                        assert_null(k->normal);
                        assert_string_equal(k->family, k->active);
                }
                assert_true(!k->unit || k->nature == WW_NATURE_MEASUREMENT);
        }
}

static void every_name_is_found(void **state) {
        static const enum ww_state states[] = { WW_STATE_UNKNOWN, WW_STATE_ACTIVE, WW_STATE_NORMAL };
        const struct ww_kinds *kinds = ww_kinds_builtin();
        /* the same rows elsewhere: a vocabulary that a site extended */
        struct ww_kind rows[256];
        const struct ww_kinds extended = { rows, kinds->n };

        memcpy(rows, kinds->rows, kinds->n * sizeof *rows);
        for (size_t i = 0; i < kinds->n; i++)
                for (int which = 0; which < 3; which++) {
                        const char *name = name_of(&rows[i], which);
                        enum ww_state expected = rows[i].nature == WW_NATURE_STATE ? states[which] : WW_STATE_PULSE;
                        enum ww_state s = 77;
                        ww_family f = 7777;

                        if (!name)
                                continue;
                        assert_true(ww_kind_find(kinds, ww_str(name), &f, &s));
                        assert_int_equal(f, i);
                        assert_int_equal(s, expected);
                        assert_string_equal(ww_kind_name(kinds, f, s), name);
                        assert_true(ww_kind_find(&extended, ww_str(name), &f, &s));
                        assert_int_equal(f, i);
                        assert_int_equal(s, expected);
                }
}

static void what_is_no_kind_is_not_found(void **state) {
        static const char *const rows[] = { "", "doors", "door.", "door.open", "Door", "door.opened ", "?" };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                enum ww_state s = 77;
                ww_family f = 7777;

                assert_false(ww_kind_find(ww_kinds_builtin(), ww_str(rows[i]), &f, &s));
                assert_int_equal(f, 7777);
        }
        assert_false(ww_kind_find(ww_kinds_builtin(), WW_STR_NONE, &(ww_family){ 0 }, &(enum ww_state){ 0 }));
        assert_string_equal(ww_kind_name(ww_kinds_builtin(), WW_FAMILY_NONE, WW_STATE_ACTIVE), "?");
}

/* What the rule packs and the design's examples write. */
static void the_words_of_the_rules_are_there(void **state) {
        static const struct {
                const char *name;
                enum ww_nature nature;
                enum ww_class implies;
        } rows[] = {
                { "door.opened", WW_NATURE_STATE, WW_CLASS_GENERAL },
                { "smoke.detected", WW_NATURE_STATE, WW_CLASS_FIRE },
                { "callpoint.pressed", WW_NATURE_PULSE, WW_CLASS_FIRE },
                { "panic", WW_NATURE_PULSE, WW_CLASS_PANIC },
                { "duress", WW_NATURE_PULSE, WW_CLASS_DURESS },
                { "tamper.detected", WW_NATURE_STATE, WW_CLASS_TAMPER },
                { "tag.left", WW_NATURE_PULSE, WW_CLASS_GENERAL },
                { "access.granted", WW_NATURE_PULSE, WW_CLASS_GENERAL },
                { "access.denied", WW_NATURE_PULSE, WW_CLASS_GENERAL },
                { "passage", WW_NATURE_PULSE, WW_CLASS_GENERAL },
                { "cabinet.opened", WW_NATURE_STATE, WW_CLASS_GENERAL },
                { "device.heartbeat", WW_NATURE_PULSE, WW_CLASS_GENERAL },
                { "device.offline", WW_NATURE_STATE, WW_CLASS_GENERAL },
                { "patrol.scanned", WW_NATURE_PULSE, WW_CLASS_GENERAL },
                { "alarm.raised", WW_NATURE_PULSE, WW_CLASS_GENERAL },
                { "temperature", WW_NATURE_MEASUREMENT, WW_CLASS_GENERAL },
                { "battery.low", WW_NATURE_STATE, WW_CLASS_GENERAL },
                { "battery.level", WW_NATURE_MEASUREMENT, WW_CLASS_GENERAL },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct ww_kinds *kinds = ww_kinds_builtin();
                enum ww_state s;
                ww_family f;

                assert_true(ww_kind_find(kinds, ww_str(rows[i].name), &f, &s));
                assert_int_equal(kinds->rows[f].nature, rows[i].nature);
                assert_int_equal(kinds->rows[f].implies, rows[i].implies);
        }
}

static void classes_have_names(void **state) {
        for (int c = 0; c < WW_CLASS_MAX_; c++) {
                enum ww_class back = WW_CLASS_MAX_;

                assert_true(ww_class_find(ww_str(ww_class_name((enum ww_class)c)), &back));
                assert_int_equal(back, c);
                assert_int_equal(ww_class_protected(back), c != WW_CLASS_GENERAL);
        }
        assert_string_equal(ww_class_name((enum ww_class)99), "?");
        assert_false(ww_class_find(WW_STR("Fire"), &(enum ww_class){ 0 }));
        assert_string_equal(ww_state_name(WW_STATE_PULSE), "pulse");
        assert_string_equal(ww_state_name((enum ww_state)99), "?");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_name_is_unique_and_well_formed),
                cmocka_unit_test(rows_are_whole),
                cmocka_unit_test(every_name_is_found),
                cmocka_unit_test(what_is_no_kind_is_not_found),
                cmocka_unit_test(the_words_of_the_rules_are_there),
                cmocka_unit_test(classes_have_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
