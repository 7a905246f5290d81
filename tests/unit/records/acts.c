/* People's acts, what a record must hold, clocks, bounds, other kinds. */
#include "story.h"

static const char hazards[] =
        "records:\n"
        "  - record: hazard\n"
        "    number: HZ-{year}-{n}\n"
        "    max: 2\n"
        "    fields:\n"
        "      - {field: what, type: text, must: true, max: 40}\n"
        "      - {field: zone, type: zone}\n"
        "      - {field: level, type: choice, words: [minor, major], tell: true}\n"
        "      - {field: due_at, type: time}\n"
        "      - {field: measure, type: text, in: [closed]}\n"
        "      - {field: recheck, type: signature}\n"
        "      - {field: notes, type: log, max: 2}\n"
        "      - {field: list, type: checklist, words: [door, lamp]}\n"
        "    states: [{state: open}, {state: rectified}, {state: closed, over: true}]\n"
        "    acts:\n"
        "      - {act: report, from: []}\n"
        "      - {act: rectify, from: [open], to: rectified, takes: [measure]}\n"
        "      - {act: recheck, from: [rectified], to: closed, takes: [], sign: recheck, other_than: [rectify]}\n"
        "      - {act: reject, from: [rectified], to: open, roles: [supervisor], reason: true}\n"
        "      - {act: write, takes: [], log: notes}\n"
        "      - {act: look, takes: [], check: list, done: rectified}\n"
        "    clocks:\n"
        "      - {clock: due, in: [open], at: due_at, hazard: disaster, priority: high}\n"
        "      - {clock: recheck, in: [rectified], after: 7d, hazard: disaster}\n";

#define HZ1 "HZ-2026-1"

static void test_life(void **state) {
        struct story s;

        story_open(&s, hazards);
        does(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'door does not close', 'zone': 'W3', 'due_at': '2h'}",
             NULL);
        told(&s, HZ1 " v1 open: report by ann\n");
        heard(&s, "record.opened " HZ1 "\n");
        restart(&s);
        assert_string_equal(text(&s, HZ1, "due_at"), "2026-01-01T12:00:00.000000Z");
        wait_for(&s, 2 * WW_HOUR - 1);
        told(&s, "");
        wait_for(&s, 1);
        told(&s, HZ1 " v2 open: due by timer\n");
        heard(&s, "record.overdue " HZ1 "/due disaster high\nrecord.changed " HZ1 "\n");
        restart(&s);
        does(&s, OPERATOR, "hazard", "rectify", HZ1, "{'measure': 'new closer'}", NULL);
        told(&s, HZ1 " v3 rectified: rectify by ann\n");
        heard(&s, "record.met " HZ1 "/due disaster high\nrecord.changed " HZ1 "\n");
        refused(&s, OPERATOR, "hazard", "recheck", HZ1, "{}", NULL, "same-person", "ann did `rectify`");
        s.actor = "bob";
        does(&s, OPERATOR, "hazard", "recheck", HZ1, "{}", NULL);
        told(&s, HZ1 " v4 closed: recheck by bob, over\n");
        assert_string_equal(json_string_value(json_object_get(field(&s, HZ1, "recheck"), "by")), "bob");
        heard(&s, "record.ended " HZ1 "\n");
        refused(&s, OPERATOR, "hazard", "rectify", HZ1, "{}", NULL, "unknown", HZ1);
        assert_int_equal(records_deadline(s.records), WW_TIME_NEVER);
        story_close(&s);
}

static void test_what_is_not_right_is_refused(void **state) {
        struct story s;

        story_open(&s, hazards);
        refused(&s, OPERATOR, "hazerd", "report", NULL, "{}", NULL, "unknown-kind", "did you mean `hazard`");
        refused(&s, OPERATOR, "hazard", "reprot", NULL, "{}", NULL, "unknown-act", "did you mean `report`");
        refused(&s, OPERATOR, "hazard", "report", NULL, "{}", NULL, "incomplete", "`what` is missing");
        refused(&s, OPERATOR, "hazard", "report", NULL, "{'waht': 'x'}", NULL, "incomplete", "did you mean `what`");
        refused(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x', 'zone': 'W33'}", NULL, "incomplete", "`W3`");
        refused(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x', 'level': 'big'}", NULL, "incomplete",
                "minor, major");
        refused(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x', 'due_at': 'soon'}", NULL, "incomplete",
                "`due_at`");
        refused(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x', 'recheck': 'me'}", NULL, "incomplete",
                "by acts alone");
        refused(&s, OPERATOR, "hazard", "report", NULL, "{'what': '12345678901234567890123456789012345678901'}", NULL,
                "incomplete", "40 bytes");
        refused(&s, ALARM_ROLE_AUDITOR, "hazard", "report", NULL, "{'what': 'x'}", NULL, "role", "role");
        refused(&s, OPERATOR, "hazard", "rectify", "HZ-7", "{}", NULL, "unknown", "HZ-7");
        does(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x'}", NULL);
        refused(&s, OPERATOR, "hazard", "recheck", HZ1, "{}", NULL, "state", "is `open`");
        refused(&s, OPERATOR, "hazard", "rectify", HZ1, "{'zone': 'W3'}", NULL, "incomplete",
                "not brought by this act");
        does(&s, OPERATOR, "hazard", "rectify", HZ1, "{}", NULL);
        refused(&s, OPERATOR, "hazard", "reject", HZ1, "{}", "no", "role", "role");
        refused(&s, SUPERVISOR, "hazard", "reject", HZ1, "{}", NULL, "reason-needed", "reason");
        s.actor = "bob";
        refused(&s, OPERATOR, "hazard", "recheck", HZ1, "{}", NULL, "incomplete", "`measure` is missing");
        refused(&s, OPERATOR, "hazard", "amend", HZ1, "{'level': 'minor'}", NULL, "reason-needed", "reason");
        does(&s, OPERATOR, "hazard", "amend", HZ1, "{'level': 'minor', 'measure': 'lamp'}", "forgotten");
        does(&s, OPERATOR, "hazard", "recheck", HZ1, "{}", NULL);
        story_close(&s);
}

static void test_a_log_only_grows(void **state) {
        struct story s;

        story_open(&s, hazards);
        does(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x'}", NULL);
        refused(&s, OPERATOR, "hazard", "write", HZ1, "{}", NULL, "incomplete", "nothing to add");
        does(&s, OPERATOR, "hazard", "write", HZ1, "{'text': 'seen'}", NULL);
        refused(&s, OPERATOR, "hazard", "amend", HZ1, "{'notes': []}", "x", "incomplete", "by acts alone");
        s.actor = "bob";
        does(&s, OPERATOR, "hazard", "write", HZ1, "{'text': 'again', 'place': 'cellar'}", NULL);
        refused(&s, OPERATOR, "hazard", "write", HZ1, "{'text': 'more'}", NULL, "incomplete", "full");
        assert_int_equal(json_array_size(field(&s, HZ1, "notes")), 2);
        assert_string_equal(json_string_value(json_object_get(json_array_get(field(&s, HZ1, "notes"), 1), "by")),
                            "bob");
        story_close(&s);
}

static void test_a_checklist_is_answered(void **state) {
        struct story s;

        story_open(&s, hazards);
        does(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x'}", NULL);
        refused(&s, OPERATOR, "hazard", "look", HZ1, "{'item': 'window'}", NULL, "incomplete", "item");
        refused(&s, OPERATOR, "hazard", "look", HZ1, "{'item': 'door', 'result': 'good'}", NULL, "incomplete",
                "ok, bad");
        does(&s, OPERATOR, "hazard", "look", HZ1, "{'item': 'lamp', 'result': 'bad', 'note': 'dark'}", NULL);
        does(&s, OPERATOR, "hazard", "look", HZ1, "{'item': 'door'}", NULL);
        told(&s, HZ1 " v1 open: report by ann\n" HZ1 " v2 open: look by ann\n" HZ1 " v3 rectified: look by ann\n");
        assert_int_equal(json_integer_value(json_object_get(json_array_get(field(&s, HZ1, "list"), 1), "skipped")), 1);
        story_close(&s);
}

static const char rounds[] =
        "records:\n"
        "  - record: round\n"
        "    number: R-{n}\n"
        "    fields:\n"
        "      - {field: what, type: text, must: true, fixed: true}\n"
        "      - {field: guard, type: member, of: staff}\n"
        "      - {field: badge, type: text}\n"
        "      - {field: alone, type: bool}\n"
        "      - {field: doors, type: number, unit: doors, least: 1, most: 20}\n"
        "      - {field: seen, type: log}\n"
        "    states:\n"
        "      - state: open\n"
        "        list: [{name: inside, member: badge}, {name: escorted, member: badge, if: alone}]\n"
        "      - {state: over, over: true}\n"
        "    acts:\n"
        "      - {act: begin, from: []}\n"
        "      - {act: change}\n"
        "      - {act: note, takes: [], log: seen, words: [place, text]}\n"
        "      - {act: end, to: over, takes: []}\n";

static void test_what_an_act_takes(void **state) {
        struct story s;

        story_open(&s, rounds);
        does(&s, OPERATOR, "round", "begin", NULL, "{'what': 'night', 'doors': '7'}", NULL);
        refused(&s, OPERATOR, "round", "end", "R-1", "{'badge': 'V-1'}", NULL, "incomplete", "is not brought by this");
        refused(&s, OPERATOR, "round", "change", "R-1", "{'what': 'day'}", NULL, "incomplete",
                "is not brought by this");
        does(&s, OPERATOR, "round", "change", "R-1", "{'doors': 8}", NULL);
        refused(&s, OPERATOR, "round", "change", "R-1", "{'doors': 0}", NULL, "incomplete", "from 1 to 20 doors");
        refused(&s, OPERATOR, "round", "change", "R-1", "{'doors': 20.5}", NULL, "incomplete", "from 1 to 20 doors");
        refused(&s, OPERATOR, "round", "change", "R-1", "{'doors': '1e999'}", NULL, "incomplete", "must be a number");
        does(&s, OPERATOR, "round", "change", "R-1", "{'guard': 'chen'}", NULL);
        refused(&s, OPERATOR, "round", "change", "R-1", "{'guard': 'nobody'}", NULL, "incomplete", "list `staff`");
        refused(&s, OPERATOR, "round", "note", "R-1", "{'text': 'quiet'}", NULL, "incomplete", "`place` is missing");
        refused(&s, OPERATOR, "round", "note", "R-1", "{'place': 'roof', 'txet': 'quiet'}", NULL, "incomplete",
                "did you mean `text`");
        does(&s, OPERATOR, "round", "note", "R-1", "{'place': 'roof', 'text': 'quiet'}", NULL);
        restart(&s);
        story_close(&s);
}

static void test_members_of_several_lists(void **state) {
        struct story s;

        story_open(&s, rounds);
        does(&s, OPERATOR, "round", "begin", NULL, "{'what': 'night', 'badge': 'V-1', 'alone': true}", NULL);
        heard(&s, "inside has V-1\nescorted has V-1\nrecord.opened R-1\n");
        restart(&s);
        does(&s, OPERATOR, "round", "change", "R-1", "{'alone': false}", NULL);
        heard(&s, "escorted has not V-1\nrecord.changed R-1\n");
        does(&s, OPERATOR, "round", "change", "R-1", "{'badge': 'V-2'}", NULL);
        heard(&s, "inside has not V-1\ninside has V-2\nrecord.changed R-1\n");
        does(&s, OPERATOR, "round", "end", "R-1", "{}", NULL);
        heard(&s, "inside has not V-2\nrecord.ended R-1\n");
        story_close(&s);
}

static void test_too_many_are_refused(void **state) {
        struct records_figures f;
        struct story s;

        story_open(&s, hazards);
        does(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x'}", NULL);
        does(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'y'}", NULL);
        refused(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'z'}", NULL, "limit", "2");
        records_figures(s.records, &f);
        assert_int_equal(f.full, 1);
        assert_int_equal(f.open, 2);
        story_close(&s);
}

/* A deadline that is put off, and one that other kinds no longer know. */
static void test_other_kinds(void **state) {
        struct record_kinds *next;
        struct story s;

        story_open(&s, hazards);
        does(&s, OPERATOR, "hazard", "report", NULL, "{'what': 'x', 'due_at': '1h'}", NULL);
        wait_for(&s, WW_HOUR);
        heard(&s, "record.opened " HZ1 "\nrecord.overdue " HZ1 "/due disaster high\nrecord.changed " HZ1 "\n");
        does(&s, OPERATOR, "hazard", "amend", HZ1, "{'due_at': '1h'}", "waiting for parts");
        heard(&s, "record.met " HZ1 "/due disaster high\nrecord.changed " HZ1 "\n");
        wait_for(&s, WW_HOUR);
        heard(&s, "record.overdue " HZ1 "/due disaster high\nrecord.changed " HZ1 "\n");
        next = story_kinds(
                &s, "records:\n  - {record: other, fields: [{field: a, type: text}], states: [{state: b}], acts: "
                    "[{act: open, from: []}]}\n");
        assert_int_equal(records_swap(s.records, next, s.site, s.now), 0);
        record_kinds_free(s.kinds);
        s.kinds = next;
        assert_int_equal(records_deadline(s.records), WW_TIME_NEVER);
        refused(&s, OPERATOR, "hazard", "rectify", HZ1, "{}", NULL, "unknown-kind", "hazard");
        restart(&s);
        next = story_kinds(&s, hazards);
        assert_int_equal(records_swap(s.records, next, s.site, s.now), 0);
        record_kinds_free(s.kinds);
        s.kinds = next;
        heard(&s, "record.overdue " HZ1 "/due disaster high\n"); /* rules that are new hear of it */
        does(&s, OPERATOR, "hazard", "rectify", HZ1, "{}", NULL);
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_life),
                cmocka_unit_test(test_what_is_not_right_is_refused),
                cmocka_unit_test(test_a_log_only_grows),
                cmocka_unit_test(test_a_checklist_is_answered),
                cmocka_unit_test(test_what_an_act_takes),
                cmocka_unit_test(test_members_of_several_lists),
                cmocka_unit_test(test_too_many_are_refused),
                cmocka_unit_test(test_other_kinds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
