#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include <wardwatch/alarm.h>

static void hazards_and_priorities_go_both_ways(void **state) {
        static const char *const hazards[] = { "fire",  "theft", "robbery",  "explosion", "sabotage",
                                               "fraud", "loss",  "disaster", "system" };

        for (int h = 0; h < WW_HAZARD_MAX_; h++) {
                enum ww_hazard back = WW_HAZARD_MAX_;

                assert_string_equal(ww_hazard_name((enum ww_hazard)h), hazards[h]);
                assert_true(ww_hazard_find(ww_str(hazards[h]), &back));
                assert_int_equal(back, h);
        }
        for (int p = WW_PRIORITY_LOW; p <= WW_PRIORITY_CRITICAL; p++) {
                enum ww_priority back = 0;

                assert_true(ww_priority_find(ww_str(ww_priority_name((enum ww_priority)p)), &back));
                assert_int_equal(back, p);
        }
        assert_false(ww_hazard_find(WW_STR("Fire"), &(enum ww_hazard){ 0 }));
        assert_false(ww_priority_find(WW_STR(""), &(enum ww_priority){ 0 }));
}

static void a_number_from_a_damaged_record_has_a_name(void **state) {
        assert_string_equal(ww_hazard_name((enum ww_hazard)200), "?");
        assert_string_equal(ww_priority_name((enum ww_priority)0), "?");
        assert_string_equal(ww_priority_name((enum ww_priority) - 1), "?");
        assert_string_equal(ww_alarm_state_name((enum ww_alarm_state)99), "?");
        assert_string_equal(ww_cause_name((enum ww_cause)0), "?");
        assert_string_equal(ww_cause_name(WW_CAUSE_MAX_), "?");
}

/* All 96 combinations of regions against the order of the table in words: first that holds. */
static void the_state_is_the_first_that_holds(void **state) {
        for (int bits = 0; bits < 32; bits++)
                for (int shelved = 0; shelved < 3; shelved++) {
                        const struct ww_alarm_regions r = {
                                .active = bits & 1,
                                .acknowledged = bits & 2,
                                .latched = bits & 4,
                                .suppressed = bits & 8,
                                .out_of_service = bits & 16,
                                .shelved = (enum ww_shelved)shelved,
                        };
                        const struct {
                                bool holds;
                                enum ww_alarm_state state;
                        } order[] = {
                                { r.out_of_service, WW_ALARM_OOSRV },
                                { r.suppressed, WW_ALARM_DSUPR },
                                { shelved != 0, WW_ALARM_SHLVD },
                                { r.active && !r.acknowledged, WW_ALARM_UNACK },
                                { r.active && r.acknowledged, WW_ALARM_ACKED },
                                { !r.active && !r.acknowledged, WW_ALARM_RTNUN },
                                { !r.active && r.acknowledged && r.latched, WW_ALARM_LATCHED },
                                { true, WW_ALARM_NORM },
                        };
                        size_t i = 0;

                        while (!order[i].holds)
                                i++;
                        assert_int_equal(ww_alarm_state(&r), order[i].state);
                }
}

static void states_and_causes_have_names(void **state) {
        for (int s = 0; s < WW_ALARM_STATE_MAX_; s++)
                assert_string_not_equal(ww_alarm_state_name((enum ww_alarm_state)s), "?");
        for (int c = 1; c < WW_CAUSE_MAX_; c++)
                assert_string_not_equal(ww_cause_name((enum ww_cause)c), "?");
        assert_string_equal(ww_alarm_state_name(WW_ALARM_UNACK), "UNACK");
        assert_string_equal(ww_cause_name(WW_CAUSE_CONFIG_REMOVED), "CONFIG_REMOVED");
}

/* By priority, but who calls for help is never a low sound; hidden, silenced and acknowledged ones are none. */
static void what_sounds_goes_by_priority_and_class(void **state) {
        struct ww_alarm a = { .priority = WW_PRIORITY_LOW, .priority_unack = WW_PRIORITY_MEDIUM };
        struct ww_transition t = { .alarm = a };

        assert_int_equal(ww_alarm_sound(&a), WW_SOUND_MEDIUM); /* RTNUN: it still wants its acknowledgement */
        a.regions.active = true;
        assert_int_equal(ww_alarm_sound(&a), WW_SOUND_MEDIUM);
        a.klass = WW_CLASS_DURESS;
        assert_string_equal(ww_sound_name(ww_alarm_sound(&a)), "high");
        a.priority_unack = WW_PRIORITY_CRITICAL;
        assert_string_equal(ww_sound_name(ww_alarm_sound(&a)), "critical");
        a.silenced = true;
        assert_string_equal(ww_sound_name(ww_alarm_sound(&a)), "none");
        a.silenced = false;
        a.regions.acknowledged = true;
        assert_int_equal(ww_alarm_sound(&a), WW_SOUND_NONE);
        a.regions = (struct ww_alarm_regions){ .active = true, .suppressed = true };
        assert_int_equal(ww_alarm_sound(&a), WW_SOUND_NONE);

        assert_int_equal(ww_transition_sound(&t), WW_SOUND_NONE);
        t.annunciate = true;
        assert_int_equal(ww_transition_sound(&t), WW_SOUND_LOW);
        t.alarm.klass = WW_CLASS_FIRE;
        assert_int_equal(ww_transition_sound(&t), WW_SOUND_HIGH);
        for (int s = 0; s <= WW_SOUND_CRITICAL; s++)
                assert_string_not_equal(ww_sound_name((enum ww_sound)s), "?");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hazards_and_priorities_go_both_ways),
                cmocka_unit_test(a_number_from_a_damaged_record_has_a_name),
                cmocka_unit_test(the_state_is_the_first_that_holds),
                cmocka_unit_test(states_and_causes_have_names),
                cmocka_unit_test(what_sounds_goes_by_priority_and_class),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
