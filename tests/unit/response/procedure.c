/* Steps: made, done, skipped, run and confirmed; and what they stop. */
#include "story.h"

static const char procedures[] =
        "procedures:\n"
        "  - procedure: code-pink\n"
        "    title: Infant missing\n"
        "    steps:\n"
        "      - {step: call, text: 'Call {zone} about {title}', role: operator, required: true}\n"
        "      - step: lock\n"
        "        text: Lock the exits\n"
        "        required: true\n"
        "        action: {topic: 'locks/{zone}/set', payload: '{\"lock\": true, \"for\": {incident}}',\n"
        "                 confirm: {kind: lock.locked, zone: '{zone}'}, within: 10s}\n"
        "      - {step: police, text: Call the police, role: supervisor, when: 'priority == \"critical\"',\n"
        "         link: 'https://intranet/{hazard}'}\n"
        "      - {step: light, text: Lights on, action: {topic: lights/all, payload: 'on'}}\n";

static void lock_event(struct story *s, const char *kind, const char *zone) {
        const struct ww_event event = { .kind = ww_str(kind), .zone = ww_str(zone), .device = WW_STR("lock-1") };

        assert_int_equal(response_event(s->response, &event, s->now), 0);
}

static void open_pink(struct story *s) {
        story_open(s, procedures);
        raise(s, .id = 1, .zone = "W3", .procedure = "code-pink");
}

static void test_made(void **state) {
        struct story s;

        open_pink(&s);
        told(&s, "incident 1 v1 opened by rule:smoke\nstep 1 v1 step-made by procedure\n"
                 "step 2 v1 step-made by procedure\nstep 3 v1 step-made by procedure\n");
        assert_string_equal(text(&s, "step 1", "text"), "Call W3 about Smoke!");
        assert_string_equal(text(&s, "step 2", "topic"), "locks/W3/set");
        assert_string_equal(text(&s, "step 2", "payload"), "{\"lock\": true, \"for\": 1}");
        assert_string_equal(text(&s, "step 3", "step"), "light");
        raise(&s, .id = 2, .zone = "W3", .procedure = "code-pink", .priority = WW_PRIORITY_CRITICAL);
        told(&s, "incident 1 v2 alarm-joined by rule:smoke\nstep 4 v1 step-made by procedure\n");
        assert_string_equal(text(&s, "step 4", "link"), "https://intranet/fire");
        assert_int_equal(number(&s, "step 4", "position"), 3);
        raise(&s, .id = 3, .zone = "W3", .procedure = "code-pink", .priority = WW_PRIORITY_CRITICAL);
        told(&s, "incident 1 v3 alarm-joined by rule:smoke\n");
        story_close(&s);
}

static void test_unknown_zone(void **state) {
        static const char unplaced[] =
                "procedures:\n"
                "  - procedure: code-pink\n"
                "    title: Infant missing\n"
                "    steps:\n"
                "      - {step: guards, text: 'Send two guards to {zone}, quietly'}\n"
                "      - {step: zh, text: '悄悄派两名保安到{zone}'}\n"
                "      - {step: lock, text: 'Lock the exits of {zone}', action: {topic: 'locks/{zone}/set', payload: "
                "'on'}}\n"
                "      - {step: all, text: All doors, action: {topic: locks/all, payload: '{\"for\": {incident}}'}}\n";
        struct story s;

        story_open(&s, unplaced);
        raise(&s, .id = 1, .zone = "", .procedure = "code-pink");
        assert_string_equal(text(&s, "step 1", "text"), "Send two guards to an unknown place, quietly");
        assert_string_equal(text(&s, "step 2", "text"), "悄悄派两名保安到未知地点");
        assert_string_equal(text(&s, "step 3", "text"), "Lock the exits of an unknown place");
        assert_string_equal(text(&s, "step 3", "topic"), "");
        refused(&s, OPERATOR, "{'cmd':'step-run','step':3}", "state");
        does(&s, OPERATOR, "{'cmd':'step-done','step':3,'text':'by hand'}");
        does(&s, OPERATOR, "{'cmd':'step-run','step':4}");
        story_close(&s);
}

static void test_done(void **state) {
        struct story s;

        open_pink(&s);
        refused(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}", "steps-open");
        refused(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1,'force':true,'reason':'x'}", "role");
        refused(&s, SUPERVISOR, "{'cmd':'incident-resolve','incident':1,'force':true}", "reason-needed");
        refused(&s, ALARM_ROLE_MAINTENANCE, "{'cmd':'step-done','step':1}", "role");
        does(&s, OPERATOR, "{'cmd':'step-done','step':1,'text':'nurse Li says the tag fell off'}");
        refused(&s, OPERATOR, "{'cmd':'step-done','step':1}", "state");
        refused(&s, OPERATOR, "{'cmd':'step-skip','step':2}", "reason-needed");
        refused(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}", "steps-open");
        does(&s, OPERATOR, "{'cmd':'step-skip','step':2,'reason':'doors are watched'}");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        assert_true(json_is_false(json_object_get(body(&s, "incident 1"), "forced")));
        assert_string_equal(text(&s, "step 1", "note"), "nurse Li says the tag fell off");
        assert_string_equal(text(&s, "step 2", "by"), "ann");
        story_close(&s);
}

static void test_forced(void **state) {
        struct story s;

        open_pink(&s);
        does(&s, SUPERVISOR, "{'cmd':'incident-resolve','incident':1,'force':true,'reason':'found at once'}");
        assert_true(json_is_true(json_object_get(body(&s, "incident 1"), "forced")));
        story_close(&s);
}

/* A command goes out, and the field says that it is done; or says nothing. */
static void test_run(void **state) {
        struct story s;

        open_pink(&s);
        refused(&s, OPERATOR, "{'cmd':'step-run','step':1}", "state");
        does(&s, OPERATOR, "{'cmd':'step-run','step':2}");
        buf_put_u8(&s.published, 0);
        assert_string_equal((char *)s.published.p, "locks/W3/set {\"lock\": true, \"for\": 1}\n");
        refused(&s, OPERATOR, "{'cmd':'step-run','step':2}", "state");
        lock_event(&s, "lock.unlocked", "W3");
        lock_event(&s, "lock.locked", "W4");
        assert_string_equal(text(&s, "step 2", "state"), "running");
        restart(&s);
        wait_for(&s, 10 * WW_SECOND - 1);
        lock_event(&s, "lock.locked", "W3");
        assert_string_equal(text(&s, "step 2", "state"), "done");
        assert_string_equal(text(&s, "step 2", "note"), "lock-1");
        does(&s, OPERATOR, "{'cmd':'step-run','step':3}"); /* nothing is awaited */
        assert_string_equal(text(&s, "step 3", "state"), "done");
        wait_for(&s, WW_MINUTE);
        told(&s, "incident 1 v1 opened by rule:smoke\nstep 1 v1 step-made by procedure\n"
                 "step 2 v1 step-made by procedure\nstep 3 v1 step-made by procedure\nstep 2 v2 step-run by ann\n"
                 "step 2 v3 step-confirmed by event\nstep 3 v2 step-run by ann\n");
        story_close(&s);
}

static void test_unconfirmed(void **state) {
        struct response_figures f;
        struct story s;

        open_pink(&s);
        does(&s, OPERATOR, "{'cmd':'step-run','step':2}");
        response_figures(s.response, s.now, &f);
        assert_int_equal(f.waiting, 1);
        wait_for(&s, 10 * WW_SECOND);
        assert_string_equal(text(&s, "step 2", "state"), "failed");
        response_figures(s.response, s.now, &f);
        assert_int_equal(f.waiting, 0);
        lock_event(&s, "lock.locked", "W3"); /* too late: a person looks */
        assert_string_equal(text(&s, "step 2", "state"), "failed");
        refused(&s, SUPERVISOR, "{'cmd':'incident-resolve','incident':1}", "steps-open");
        does(&s, OPERATOR, "{'cmd':'step-run','step':2}"); /* again */
        lock_event(&s, "lock.locked", "W3");
        assert_string_equal(text(&s, "step 2", "state"), "done");
        story_close(&s);
}

static void test_no_way_out(void **state) {
        struct story s;

        open_pink(&s);
        s.no_way_out = true;
        restart(&s);
        refused(&s, OPERATOR, "{'cmd':'step-run','step':2}", "no-way-out");
        story_close(&s);
}

/* Its timers rest while the incident is closed. */
static void test_closed_meanwhile(void **state) {
        struct story s;

        open_pink(&s);
        does(&s, OPERATOR, "{'cmd':'step-run','step':2}");
        does(&s, SUPERVISOR, "{'cmd':'incident-resolve','incident':1,'force':true,'reason':'x'}");
        does(&s, OPERATOR, "{'cmd':'dispose','incident':1,'code':'nuisance','done':'nothing','reason':'x'}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        wait_for(&s, WW_MINUTE);
        assert_string_equal(text(&s, "step 2", "state"), "running");
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'x'}");
        wait_for(&s, 0);
        assert_string_equal(text(&s, "step 2", "state"), "failed");
        story_close(&s);
}

/* Other rules: the steps that are there stay as they are. */
static void test_swap(void **state) {
        struct response_rules *none;
        struct bundle empty = { 0 };
        struct diag d = DIAG_INIT;
        struct story s;

        open_pink(&s);
        assert_int_equal(response_rules_compile(&none, &empty, s.site, &d), 0);
        assert_int_equal(response_swap(s.response, none, s.site, s.now), 0);
        response_rules_free(s.rules);
        s.rules = none;
        does(&s, OPERATOR, "{'cmd':'step-run','step':2}");
        lock_event(&s, "lock.locked", "W3");
        assert_string_equal(text(&s, "step 2", "state"), "done");
        raise(&s, .id = 2, .zone = "W3", .procedure = "code-pink");
        assert_int_equal(number(&s, "incident 1", "alarm_count"), 2);
        story_close(&s);
}

/* --- notes --- */

static void test_notes(void **state) {
        struct story s;

        open_pink(&s);
        refused(&s, OPERATOR, "{'cmd':'note','incident':1,'text':''}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'note','incident':9,'text':'x'}", "unknown");
        refused(&s, OPERATOR, "{'cmd':'note','incident':1,'text':'x','attachment':{'name':'a.jpg'}}", "malformed");
        refused(&s, OPERATOR,
                "{'cmd':'note','incident':1,'text':'x','attachment':{'name':'a.jpg','sha256':"
                "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855','size':0,'where':'/evidence/1',"
                "'type':'a picture'}}",
                "malformed");
        does(&s, OPERATOR,
             "{'cmd':'note','incident':1,'text':'<b>seen</b>','attachment':{'name':'a.jpg','sha256':"
             "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855','size':0,'where':'/evidence/1',"
             "'type':'image/jpeg'}}");
        assert_string_equal(
                json_string_value(json_object_get(json_object_get(body(&s, "note 1"), "attachment"), "type")),
                "image/jpeg");
        assert_string_equal(text(&s, "note 1", "text"), "<b>seen</b>"); /* data, not markup */
        s.actor = "bob";
        for (int i = 0; i < 50; i++)
                does(&s, OPERATOR, "{'cmd':'amend','note':1,'text':'and more'}");
        refused(&s, OPERATOR, "{'cmd':'amend','note':1,'text':'and more'}", "limit");
        assert_int_equal(json_array_size(json_object_get(body(&s, "note 1"), "amendments")), 50);
        assert_string_equal(text(&s, "note 1", "by"), "ann");
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_made),
                cmocka_unit_test(test_unknown_zone),
                cmocka_unit_test(test_done),
                cmocka_unit_test(test_forced),
                cmocka_unit_test(test_run),
                cmocka_unit_test(test_unconfirmed),
                cmocka_unit_test(test_no_way_out),
                cmocka_unit_test(test_swap),
                cmocka_unit_test(test_closed_meanwhile),
                cmocka_unit_test(test_notes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
