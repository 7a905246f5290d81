/* Commands as JSON: what they become, and what is wrong with them in words. */
#include "alarm/alarm_verbs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the three above
#include <cmocka.h>

#define NOW (INT64_C(1000000) * WW_SECOND)

static int parse(const char *text, struct alarm_act *ret, char why[256], json_t **ret_body) {
        *ret_body = json_loads(text, 0, NULL);
        assert_non_null(*ret_body);
        why[0] = '\0';
        return alarm_verb_parse(*ret_body, WW_STR("ann"), NOW, ret, why, 256);
}

static void test_whole_commands(void **state) {
        struct alarm_act act;
        char why[256];
        json_t *body;

        assert_int_equal(parse("{\"cmd\":\"out-of-service\",\"alarm\":7,\"version\":3,\"roles\":4,\"reason\":\"r\","
                               "\"until\":\"2h\",\"work_order\":\"w\",\"second_person\":\"bob\"}",
                               &act, why, &body),
                         0);
        assert_int_equal(act.verb, WW_CAUSE_OUT_OF_SERVICE);
        assert_int_equal(act.alarm, 7);
        assert_int_equal(act.version, 3);
        assert_int_equal(act.roles, ALARM_ROLE_MAINTENANCE);
        assert_int_equal(act.until, NOW + 2 * WW_HOUR);
        assert_true(ww_str_is(act.reason, "r") && ww_str_is(act.work_order, "w") &&
                    ww_str_is(act.second_person, "bob") && ww_str_is(act.actor, "ann") && !act.break_glass);
        json_decref(body);
        assert_int_equal(parse("{\"cmd\":\"out-of-service\",\"alarm\":7,\"break_glass\":true}", &act, why, &body), 0);
        assert_true(act.break_glass);
        json_decref(body);
        assert_int_equal(parse("{\"cmd\":\"shelve\",\"alarm\":1,\"one_shot\":true}", &act, why, &body), 0);
        assert_true(act.one_shot && act.until == WW_TIME_NONE);
        json_decref(body);
        assert_int_equal(parse("{\"cmd\":\"shelve\",\"alarm\":1,\"until\":\"1970-01-13T00:00:00Z\"}", &act, why, &body),
                         0);
        assert_int_equal(act.until, 12 * WW_DAY);
        json_decref(body);
}

static void test_every_verb_of_the_table(void **state) {
        for (size_t i = 0; i < alarm_verbs_n; i++) {
                json_t *body = json_pack("{s:s, s:i}", "cmd", alarm_verbs[i].name, "alarm", 1);
                struct alarm_act act;
                char why[256];

                assert_int_equal(alarm_verb_parse(body, WW_STR("ann"), NOW, &act, why, sizeof why), 0);
                assert_int_equal(act.verb, alarm_verbs[i].cause);
                json_decref(body);
        }
}

static void test_mistakes_are_told(void **state) {
        static const char *const rows[][2] = {
                { "{}", "no such command" },
                { "{\"cmd\":3}", "no such command" },
                { "{\"cmd\":\"RAISE\",\"alarm\":1}", "no such command" },
                { "{\"cmd\":\"ack\"}", "`alarm` is missing" },
                { "{\"cmd\":\"ack\",\"alarm\":\"1\"}", "`alarm` must be" },
                { "{\"cmd\":\"ack\",\"alarm\":-1}", "`alarm` must be" },
                { "{\"cmd\":\"ack\",\"alarm\":1.5}", "`alarm` must be" },
                { "{\"cmd\":\"ack\",\"alarm\":1,\"version\":\"x\"}", "`version` must be" },
                { "{\"cmd\":\"ack\",\"alarm\":1,\"reason\":[]}", "`reason` must be a string" },
                { "{\"cmd\":\"shelve\",\"alarm\":1,\"until\":\"soon\"}", "`until` must be" },
                { "{\"cmd\":\"shelve\",\"alarm\":1,\"until\":5}", "`until` must be" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct alarm_act act;
                char why[256];
                json_t *body;

                assert_int_equal(parse(rows[i][0], &act, why, &body), -1);
                if (!strstr(why, rows[i][1]))
                        fail_msg("%s: %s", rows[i][0], why);
                json_decref(body);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_whole_commands),
                cmocka_unit_test(test_every_verb_of_the_table),
                cmocka_unit_test(test_mistakes_are_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
