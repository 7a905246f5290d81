/* Operators, guards, shifts and their handover. */
#include "story.h"

#include "response/verbs.h"

#define ADMIN ALARM_ROLE_ADMINISTRATOR

static const char posts[] = "posts:\n"
                            "  - {post: control-room, persons: 2}\n"
                            "  - {post: gate}\n"
                            "handover: {within: 10m}\n"
                            "channels:\n"
                            "  - {channel: desk}\n"
                            "recipients:\n"
                            "  - {recipient: head}\n"
                            "escalations:\n"
                            "  - escalation: staff\n"
                            "    match: {hazard: system}\n"
                            "    steps:\n"
                            "      - {after: 0s, to: head, by: desk}\n";

/* --- every verb by every role --- */

static bool is_refused_for_role(struct story *s, const char *verb, unsigned roles) {
        char request[200];

        (void)snprintf(request, sizeof request, "{'cmd':'%s','reason':'because'}", verb);
        put(s, roles, request);
        return strcmp(json_string_value(json_object_get(json_object_get(s->answer, "error"), "name")), "role") == 0;
}

static void test_roles(void **state) {
        struct story s;
        size_t n = 0;

        story_open(&s, posts);
        for (size_t i = 0; i < response_verbs_n; i++) {
                const struct response_verb *v = &response_verbs[i];

                for (unsigned role = 1; v->roles && role <= ALARM_ROLE_ADMINISTRATOR; role <<= 1, n++) {
                        if (v->roles & role && strcmp(v->name, "shift-begin") == 0)
                                continue; /* takes no words: it would begin */
                        assert_int_equal(is_refused_for_role(&s, v->name, role), !(v->roles & role));
                }
        }
        assert_true(n > 30 * 6);
        told(&s, "");
        story_close(&s);
}

/* --- operators --- */

static void test_operators(void **state) {
        struct story s;

        story_open(&s, posts);
        refused(&s, OPERATOR, "{'cmd':'operator-add','name':'bob'}", "role");
        refused(&s, ADMIN, "{'cmd':'operator-add','name':'b b'}", "malformed");
        refused(&s, ADMIN, "{'cmd':'operator-add','name':'timer'}", "malformed");
        refused(&s, ADMIN, "{'cmd':'operator-add','name':'rule:x'}", "malformed");
        refused(&s, ADMIN, "{'cmd':'operator-add','name':'bob','may':['king']}", "malformed");
        does(&s, ADMIN, "{'cmd':'operator-add','name':'bob','title':'Bob','may':'operator, maintenance'}");
        told(&s, "operator 1 v1 added by ann\n");
        refused(&s, ADMIN, "{'cmd':'operator-add','name':'bob'}", "state");
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), OPERATOR | ALARM_ROLE_MAINTENANCE);
        assert_int_equal(response_operator_roles(s.response, WW_STR("bo")), 0);
        refused(&s, ADMIN, "{'cmd':'operator-roles','operator':'bob','may':[]}", "reason-needed");
        does(&s, ADMIN, "{'cmd':'operator-roles','operator':'bob','may':['auditor'],'reason':'moved'}");
        told(&s, "operator 1 v2 roles-changed by ann\n");
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), ALARM_ROLE_AUDITOR);
        restart(&s);
        does(&s, ADMIN, "{'cmd':'operator-remove','operator':1,'reason':'left'}");
        told(&s, "operator 1 v3 removed by ann, ended\n");
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), 0);
        refused(&s, ADMIN, "{'cmd':'operator-remove','operator':'bob','reason':'left'}", "unknown");
        does(&s, ADMIN, "{'cmd':'operator-add','name':'bob'}");
        told(&s, "operator 2 v1 added by ann\n"); /* another one */
        live(&s, "operator 2\n");
        story_close(&s);
}

/* Who decides is made by two; neither of them is the one who gains. */
static void test_roles_that_decide(void **state) {
        struct story s;

        story_open(&s, posts);
        does(&s, ADMIN, "{'cmd':'operator-add','name':'bob','may':['operator','supervisor']}");
        told(&s, "operator 1 v1 added by ann\napproval 1 v1 asked by ann\n");
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), OPERATOR);
        refused(&s, ADMIN, "{'cmd':'operator-roles','operator':'bob','may':['administrator'],'reason':'x'}",
                "approval-pending");
        refused(&s, ADMIN, "{'cmd':'approve','approval':1}", "same-person");
        s.actor = "bob";
        refused(&s, ADMIN, "{'cmd':'approve','approval':1}", "same-person");
        s.actor = "cleo";
        refused(&s, SUPERVISOR, "{'cmd':'approve','approval':1}", "role");
        restart(&s);
        does(&s, ADMIN, "{'cmd':'approve','approval':1}");
        told(&s, "approval 1 v2 approved by cleo, ended\noperator 1 v2 roles-approved by cleo\n");
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), OPERATOR | SUPERVISOR);
        assert_string_equal(text(&s, "operator 1", "approved_by"), "cleo");
        does(&s, ADMIN, "{'cmd':'operator-roles','operator':'bob','may':['supervisor'],'reason':'less is enough'}");
        told(&s, "operator 1 v3 roles-changed by cleo\n");
        does(&s, ADMIN, "{'cmd':'operator-roles','operator':'bob','may':['administrator'],'reason':'x'}");
        wait_for(&s, 15 * WW_MINUTE);
        told(&s, "approval 2 v1 asked by cleo\napproval 2 v2 expired by timer, ended\n");
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), SUPERVISOR);
        live(&s, "operator 1\n");
        story_close(&s);
}

static void test_rejected_and_removed(void **state) {
        struct story s;

        story_open(&s, posts);
        does(&s, ADMIN, "{'cmd':'operator-add','name':'bob','may':['integrator']}");
        s.actor = "cleo";
        does(&s, ADMIN, "{'cmd':'reject','approval':1,'reason':'no'}");
        told(&s, "operator 1 v1 added by ann\napproval 1 v1 asked by ann\napproval 1 v2 rejected by cleo, ended\n");
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), 0);
        does(&s, ADMIN, "{'cmd':'operator-roles','operator':'bob','may':['integrator'],'reason':'yes'}");
        does(&s, ADMIN, "{'cmd':'operator-remove','operator':'bob','reason':'left'}");
        told(&s,
             "approval 2 v1 asked by cleo\napproval 2 v2 void by cleo, ended\noperator 1 v2 removed by cleo, ended\n");
        live(&s, "");
        story_close(&s);
}

static void test_broken_glass(void **state) {
        struct story s;

        story_open(&s, posts);
        refused(&s, ADMIN, "{'cmd':'operator-add','name':'bob','may':['supervisor'],'break_glass':true}",
                "reason-needed");
        does(&s, ADMIN,
             "{'cmd':'operator-add','name':'bob','may':['supervisor'],'break_glass':true,'reason':'nobody else is "
             "here'}");
        told(&s, "operator 1 v1 added-glass-broken by ann\n");
        assert_true(json_is_true(json_object_get(body(&s, "operator 1"), "break_glass")));
        assert_int_equal(response_operator_roles(s.response, WW_STR("bob")), SUPERVISOR);
        does(&s, ADMIN,
             "{'cmd':'operator-roles','operator':'bob','may':['operator'],'break_glass':true,'reason':'over'}");
        told(&s, "operator 1 v2 roles-changed by ann\n"); /* there was no glass to break */
        story_close(&s);
}

/* --- guards --- */

static void test_dispatch(void **state) {
        struct story s;

        story_open(&s, posts);
        raise(&s, .id = 1, .zone = "W3");
        refused(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li'}", "unknown");
        refused(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'assigned'}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'free','zone':'W9'}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'free','post':'gat'}", "malformed");
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'off'}");
        refused(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li'}", "state");
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'free','post':'gate'}");
        told(&s, "incident 1 v1 opened by rule:smoke\nguard 1 v1 added by ann\nguard 1 v2 status by ann\n");
        does(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li','text':'look at room 1'}");
        told(&s, "dispatch 1 v1 sent by ann\nguard 1 v3 assigned by ann\nincident 1 v2 guard-sent by ann\n");
        assert_string_equal(text(&s, "incident 1", "acknowledged_by"), "ann");
        refused(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':1}", "state");
        refused(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'off'}", "state");
        refused(&s, OPERATOR, "{'cmd':'dispatch-done','dispatch':1}", "state");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        refused(&s, OPERATOR, "{'cmd':'incident-close','incident':1}", "state");
        restart(&s);
        wait_for(&s, 2 * WW_MINUTE);
        does(&s, OPERATOR, "{'cmd':'arrived','dispatch':1}");
        told(&s, "incident 1 v3 resolved by ann\ndispatch 1 v2 arrived by ann\nguard 1 v4 on-scene by ann\n");
        assert_string_equal(text(&s, "guard 1", "zone"), "W3");
        refused(&s, OPERATOR, "{'cmd':'arrived','dispatch':1}", "state");
        does(&s, OPERATOR, "{'cmd':'dispatch-done','dispatch':1,'text':'toast'}");
        told(&s, "dispatch 1 v3 done by ann, ended\nguard 1 v5 free by ann\n");
        assert_string_equal(text(&s, "dispatch 1", "sent_at"), "2026-01-01T10:00:00.000000Z");
        assert_string_equal(text(&s, "dispatch 1", "arrived_at"), "2026-01-01T10:02:00.000000Z");
        refused(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li'}", "state"); /* resolved */
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'gone'}");
        told(&s, "guard 1 v6 gone by ann, ended\n");
        story_close(&s);
}

static void test_called_back(void **state) {
        struct story s;

        story_open(&s, posts);
        raise(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'free'}");
        does(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li'}");
        refused(&s, OPERATOR, "{'cmd':'dispatch-cancel','dispatch':1}", "reason-needed");
        does(&s, OPERATOR, "{'cmd':'dispatch-cancel','dispatch':1,'reason':'nothing there'}");
        assert_string_equal(text(&s, "guard 1", "status"), "free");
        assert_string_equal(text(&s, "dispatch 1", "state"), "cancelled");
        refused(&s, OPERATOR, "{'cmd':'dispatch-cancel','dispatch':1,'reason':'x'}", "state");
        story_close(&s);
}

static void scan(struct story *s, const char *who, const char *zone) {
        const struct ww_attr attr = { .name = WW_STR("badge"), .value = ww_string(ww_str(who)) };
        const struct ww_event event = {
                .kind = WW_STR("patrol.scanned"), .zone = ww_str(zone), .attrs = &attr, .n_attrs = 1
        };

        assert_int_equal(response_event(s->response, &event, s->now), 0);
}

static void test_checkpoints(void **state) {
        struct story s;

        story_open(&s, posts);
        scan(&s, "B7", "W4"); /* of nobody */
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'off','badge':'B7'}");
        refused(&s, OPERATOR, "{'cmd':'guard-status','name':'wu','status':'free','badge':'B7'}", "state");
        scan(&s, "B8", "W4");
        told(&s, "guard 1 v1 added by ann\n");
        scan(&s, "B7", "W4");
        told(&s, "guard 1 v2 free by event\n");
        scan(&s, "B7", "W4"); /* nothing new */
        told(&s, "");
        scan(&s, "B7", "floor-2");
        told(&s, "guard 1 v3 seen by event\n");
        raise(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li'}");
        buf_reset(&s.told);
        scan(&s, "B7", "W4"); /* on his way */
        told(&s, "guard 1 v5 seen by event\n");
        scan(&s, "li", "W3-room1"); /* within the ward */
        told(&s, "dispatch 1 v2 arrived by event\nguard 1 v6 on-scene by event\n");
        assert_string_equal(text(&s, "guard 1", "zone"), "W3-room1");
        story_close(&s);
}

/* A ladder that waits for a guard stops when one is sent. */
static void test_until_dispatched(void **state) {
        static const char yaml[] = "channels:\n"
                                   "  - {channel: desk}\n"
                                   "recipients:\n"
                                   "  - {recipient: head}\n"
                                   "escalations:\n"
                                   "  - escalation: life\n"
                                   "    steps:\n"
                                   "      - {after: 60s, to: head, by: desk, until: dispatched}\n";
        struct story s;

        story_open(&s, yaml);
        raise(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'free'}");
        does(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li'}");
        wait_for(&s, WW_HOUR);
        assert_string_equal(text(&s, "escalation 1", "state"), "stopped");
        assert_null(json_object_get(s.bodies, "notification 1"));
        story_close(&s);
}

/* --- shifts --- */

static void test_shift(void **state) {
        struct story s;

        story_open(&s, posts);
        refused(&s, OPERATOR, "{'cmd':'shift-end'}", "state");
        refused(&s, OPERATOR, "{'cmd':'shift-begin','post':'control'}", "malformed");
        does(&s, OPERATOR, "{'cmd':'shift-begin','post':'control-room'}");
        refused(&s, OPERATOR, "{'cmd':'shift-begin'}", "state");
        s.actor = "bob";
        refused(&s, OPERATOR, "{'cmd':'shift-end','shift':1}", "role");
        does(&s, SUPERVISOR, "{'cmd':'shift-end','shift':1}");
        told(&s, "shift 1 v1 begun by ann\nshift 1 v2 ended by bob, ended\n");
        assert_int_equal(s.unaccepted, 0); /* nothing was open */
        story_close(&s);
}

static void test_shift_that_nobody_accepts(void **state) {
        struct story s;

        story_open(&s, posts);
        does(&s, OPERATOR, "{'cmd':'shift-begin'}");
        raise(&s, .id = 1, .zone = "W3");
        acknowledge(&s, .id = 1, .zone = "W3");
        buf_reset(&s.told);
        does(&s, OPERATOR, "{'cmd':'shift-end'}");
        told(&s, "shift 1 v2 ended-unaccepted by ann, ended\n");
        assert_int_equal(number(&s, "shift 1", "left_open"), 1);
        assert_int_equal(s.unaccepted, 1);
        live(&s, "incident 1\n");
        story_close(&s);
}

static const struct ww_alarm shown[] = {
        { .id = 1, .title = { "Smoke!", sizeof("Smoke!") - 1 }, .regions = { .active = true } },
        { .id = 2, .title = { "Seen", sizeof("Seen") - 1 }, .regions = { .active = true, .acknowledged = true } },
        { .id = 3,
          .title = { "Shelved", sizeof("Shelved") - 1 },
          .regions = { .acknowledged = true, .shelved = WW_SHELVED_TIMED } },
        { .id = 4,
          .title = { "Broken", sizeof("Broken") - 1 },
          .regions = { .acknowledged = true, .out_of_service = true } },
        { .id = 5, .title = { "Muted", sizeof("Muted") - 1 }, .regions = { .active = true, .suppressed = true } },
};

static const char *item_at(const struct story *s, const char *handover, size_t i, const char *member) {
        return json_string_value(
                json_object_get(json_array_get(json_object_get(body(s, handover), "items"), i), member));
}

static void offered(struct story *s) {
        story_open(s, posts);
        s->alarms = shown;
        s->n_alarms = 5;
        refused(s, OPERATOR, "{'cmd':'handover-offer','to':'bob'}", "state"); /* not on duty */
        does(s, OPERATOR, "{'cmd':'shift-begin'}");
        raise(s, .id = 1, .zone = "W3");
        does(s, OPERATOR, "{'cmd':'incident-take','incident':1}");
        does(s, OPERATOR, "{'cmd':'guard-status','name':'li','status':'free'}");
        does(s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'li'}");
        refused(s, OPERATOR, "{'cmd':'handover-offer','to':'ann'}", "same-person");
        buf_reset(&s->told);
        does(s, OPERATOR, "{'cmd':'handover-offer','to':'bob','text':'quiet but for W3'}");
        told(s, "handover 1 v1 offered by ann\n");
}

static void test_handover(void **state) {
        static const char *const items[] = { "incident:1", "dispatch:1", "alarm:1", "alarm:3", "alarm:4" };
        struct story s;

        offered(&s);
        assert_int_equal(json_array_size(json_object_get(body(&s, "handover 1"), "items")), 5);
        for (size_t i = 0; i < 5; i++)
                assert_string_equal(item_at(&s, "handover 1", i, "item"), items[i]);
        assert_string_equal(item_at(&s, "handover 1", 3, "why"), "shelved");
        refused(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':'all'}", "same-person");
        s.actor = "cleo";
        refused(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':'all'}", "role");
        s.actor = "bob";
        refused(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':'all'}", "state"); /* not on duty */
        does(&s, OPERATOR, "{'cmd':'shift-begin'}");
        refused(&s, OPERATOR, "{'cmd':'handover-accept','handover':1}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':[]}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':['incident:1','alarm:2']}", "unknown");
        does(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':['incident:1'],'text':'I know'}");
        told(&s, "shift 2 v1 begun by bob\nhandover 1 v2 partly-accepted by bob\n");
        assert_int_equal(number(&s, "handover 1", "open"), 4);
        restart(&s);
        does(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':'all'}");
        told(&s,
             "incident 1 v4 handed-over by bob\nshift 1 v2 handed-over by bob\nhandover 1 v3 accepted by bob, ended\n");
        assert_string_equal(text(&s, "incident 1", "owner"), "bob");
        s.actor = "ann";
        does(&s, OPERATOR, "{'cmd':'shift-end'}");
        told(&s, "shift 1 v3 ended by ann, ended\n");
        assert_int_equal(s.unaccepted, 0);
        story_close(&s);
}

/* What came up in the hours since is nobody's. */
static void test_stays_on(void **state) {
        struct story s;

        offered(&s);
        s.actor = "bob";
        does(&s, OPERATOR, "{'cmd':'shift-begin'}");
        does(&s, OPERATOR, "{'cmd':'handover-accept','handover':1,'items':'all'}");
        wait_for(&s, 20 * WW_MINUTE + 1);
        s.actor = "ann";
        does(&s, OPERATOR, "{'cmd':'shift-end'}");
        assert_int_equal(s.unaccepted, 1);
        story_close(&s);
}

/* A new offer takes the place of the old one: the list is as things stand then. */
static void test_offered_again(void **state) {
        struct story s;

        offered(&s);
        s.n_alarms = 0;
        does(&s, OPERATOR, "{'cmd':'handover-offer'}");
        told(&s, "handover 1 v2 withdrawn by ann, ended\nhandover 2 v1 offered by ann\n");
        assert_int_equal(json_array_size(json_object_get(body(&s, "handover 2"), "items")), 2);
        s.actor = "cleo"; /* to anybody */
        does(&s, OPERATOR, "{'cmd':'shift-begin'}");
        does(&s, OPERATOR, "{'cmd':'handover-accept','handover':2,'items':'incident:1,dispatch:1'}");
        assert_string_equal(text(&s, "handover 2", "state"), "accepted");
        story_close(&s);
}

/* Nobody comes: that is an incident, and its ladder begins. */
static void test_overdue(void **state) {
        struct story s;

        offered(&s);
        wait_for(&s, 10 * WW_MINUTE - 1);
        told(&s, "");
        restart(&s);
        wait_for(&s, 1);
        told(&s, "incident 2 v1 opened by timer\nescalation 1 v1 begun by timer\nhandover 1 v2 overdue by timer\n"
                 "escalation 1 v2 step-fired by timer, ended\nnotification 1 v1 due by timer\n");
        assert_string_equal(text(&s, "incident 2", "hazard"), "system");
        assert_int_equal(number(&s, "handover 1", "incident"), 2);
        wait_for(&s, WW_DAY);
        told(&s, "handover 1 v3 lapsed by timer, ended\n");
        story_close(&s);
}

/* An incident opened by hand, a case that is far from full: the list says how much it leaves out. */
static void test_too_much_is_open(void **state) {
        static struct ww_alarm many[600];
        struct story s;

        story_open(&s, posts);
        for (size_t i = 0; i < 600; i++)
                many[i] = (struct ww_alarm){ .id = i + 1, .title = WW_STR("x"), .regions = { .active = true } };
        s.alarms = many;
        s.n_alarms = 600;
        does(&s, OPERATOR, "{'cmd':'shift-begin'}");
        does(&s, OPERATOR, "{'cmd':'handover-offer'}");
        assert_int_equal(json_array_size(json_object_get(body(&s, "handover 1"), "items")), 500);
        assert_int_equal(number(&s, "handover 1", "more"), 100);
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_roles),
                cmocka_unit_test(test_operators),
                cmocka_unit_test(test_roles_that_decide),
                cmocka_unit_test(test_rejected_and_removed),
                cmocka_unit_test(test_broken_glass),
                cmocka_unit_test(test_dispatch),
                cmocka_unit_test(test_called_back),
                cmocka_unit_test(test_checkpoints),
                cmocka_unit_test(test_until_dispatched),
                cmocka_unit_test(test_shift),
                cmocka_unit_test(test_shift_that_nobody_accepts),
                cmocka_unit_test(test_handover),
                cmocka_unit_test(test_stays_on),
                cmocka_unit_test(test_offered_again),
                cmocka_unit_test(test_overdue),
                cmocka_unit_test(test_too_much_is_open),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
