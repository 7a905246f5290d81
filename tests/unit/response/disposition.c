/* Dispositions: one person, two persons, the broken glass. */
#include "story.h"

static const char codes[] = "dispositions:\n"
                            "  - {code: genuine, outcome: genuine, report: true}\n"
                            "  - {code: false-device, outcome: false, two_persons: critical}\n"
                            "  - {code: duplicate, outcome: duplicate, two_persons: always}\n";

#define DISPOSE(code) "{'cmd':'dispose','incident':1,'code':'" code "','done':'looked','reason':'dust'}"

static void open_incident(struct story *s, enum ww_priority priority) {
        story_open(s, codes);
        raise(s, .id = 1, .zone = "W3", .priority = priority);
        told(s, "incident 1 v1 opened by rule:smoke\n");
}

static void test_one_person(void **state) {
        struct story s;

        open_incident(&s, WW_PRIORITY_HIGH);
        refused(&s, OPERATOR, DISPOSE("genuin"), "malformed");
        assert_non_null(strstr(json_string_value(json_object_get(json_object_get(s.answer, "error"), "text")),
                               "did you mean `genuine`?"));
        refused(&s, OPERATOR, "{'cmd':'dispose','incident':1,'code':'genuine','reason':'x'}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'dispose','incident':1,'code':'genuine','done':'x'}", "reason-needed");
        does(&s, OPERATOR, DISPOSE("false-device"));
        told(&s, "disposition 1 v1 disposed by ann\nincident 1 v2 disposed by ann\n");
        assert_string_equal(text(&s, "incident 1", "disposition"), "false-device");
        assert_string_equal(text(&s, "disposition 1", "outcome"), "false");
        assert_string_equal(text(&s, "disposition 1", "why"), "dust");
        does(&s, OPERATOR, DISPOSE("genuine")); /* on second thoughts */
        told(&s, "disposition 1 v2 superseded by ann, ended\ndisposition 2 v1 disposed by ann\n"
                 "incident 1 v3 disposed by ann\n");
        assert_true(json_is_true(json_object_get(body(&s, "disposition 2"), "report")));
        does(&s, OPERATOR, "{'cmd':'amend','disposition':2,'text':'file 12/26'}");
        told(&s, "disposition 2 v2 amended by ann\n");
        story_close(&s);
}

static void test_two_persons(void **state) {
        struct story s;

        open_incident(&s, WW_PRIORITY_CRITICAL);
        does(&s, OPERATOR, DISPOSE("false-device"));
        told(&s, "disposition 1 v1 proposed by ann\napproval 1 v1 asked by ann\n");
        assert_string_equal(text(&s, "incident 1", "disposition"), "");
        refused(&s, OPERATOR, DISPOSE("genuine"), "approval-pending");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        refused(&s, OPERATOR, "{'cmd':'incident-close','incident':1}", "approval-pending");
        refused(&s, SUPERVISOR, "{'cmd':'approve','approval':1}", "same-person");
        s.actor = "unix:ann"; /* whichever way she comes in */
        refused(&s, SUPERVISOR, "{'cmd':'approve','approval':1}", "same-person");
        restart(&s);
        s.actor = "bob";
        does(&s, OPERATOR, "{'cmd':'approve','approval':1}");
        told(&s, "incident 1 v2 resolved by ann\napproval 1 v2 approved by bob, ended\n"
                 "disposition 1 v2 approved by bob\nincident 1 v3 disposed by bob\n");
        assert_string_equal(text(&s, "disposition 1", "by"), "ann");
        assert_string_equal(text(&s, "disposition 1", "approved_by"), "bob");
        refused(&s, OPERATOR, "{'cmd':'approve','approval':1}", "state");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        story_close(&s);
}

static void test_rejected_and_expired(void **state) {
        struct story s;

        open_incident(&s, WW_PRIORITY_MEDIUM);
        does(&s, OPERATOR, DISPOSE("duplicate"));
        s.actor = "bob";
        refused(&s, OPERATOR, "{'cmd':'reject','approval':1}", "reason-needed");
        does(&s, OPERATOR, "{'cmd':'reject','approval':1,'reason':'it is another door'}");
        told(&s, "disposition 1 v1 proposed by ann\napproval 1 v1 asked by ann\n"
                 "approval 1 v2 rejected by bob, ended\ndisposition 1 v2 rejected by bob, ended\n");
        does(&s, OPERATOR, DISPOSE("duplicate"));
        wait_for(&s, 15 * WW_MINUTE - 1);
        told(&s, "disposition 2 v1 proposed by bob\napproval 2 v1 asked by bob\n");
        restart(&s);
        wait_for(&s, 1);
        told(&s, "approval 2 v2 expired by timer, ended\ndisposition 2 v2 expired by timer, ended\n");
        s.actor = "ann";
        refused(&s, OPERATOR, "{'cmd':'approve','approval':2}", "state");
        assert_string_equal(text(&s, "incident 1", "disposition"), "");
        story_close(&s);
}

static void test_broken_glass(void **state) {
        struct story s;

        open_incident(&s, WW_PRIORITY_CRITICAL);
        does(&s, OPERATOR,
             "{'cmd':'dispose','incident':1,'code':'false-device','done':'reset','reason':'alone','break_glass':true}");
        told(&s, "disposition 1 v1 glass-broken by ann\nincident 1 v2 disposed by ann\n");
        assert_true(json_is_true(json_object_get(body(&s, "disposition 1"), "break_glass")));
        /* where none is needed none is broken */
        does(&s, OPERATOR,
             "{'cmd':'dispose','incident':1,'code':'genuine','done':'x','reason':'x','break_glass':true}");
        assert_true(json_is_false(json_object_get(body(&s, "disposition 2"), "break_glass")));
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_person),
                cmocka_unit_test(test_two_persons),
                cmocka_unit_test(test_rejected_and_expired),
                cmocka_unit_test(test_broken_glass),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
