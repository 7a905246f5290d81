/* Ladders, notifications, and what becomes of them. */
#include "story.h"

static const char ladders[] = "escalations:\n"
                              "  - escalation: inferno\n"
                              "    match: {hazard: fire, priority: critical}\n"
                              "    steps: [{after: 0s, to: chief, by: [mail, desk]}]\n"
                              "  - escalation: fire\n"
                              "    match: {hazard: [fire], zone: W3}\n"
                              "    steps:\n"
                              "      - {after: 0s, to: control-room, by: desk}\n"
                              "      - {after: 60s, to: chief, by: mail, until: dispatched}\n"
                              "      - {after: 5m, to: chief, by: sms, until: resolved}\n"
                              "  - escalation: night\n"
                              "    match: {schedule: night}\n"
                              "    steps: [{after: 1s, to: control-room, by: desk}]\n"
                              "  - escalation: practice\n"
                              "    match: {exercise: true}\n"
                              "    steps: [{after: 1s, to: control-room, by: desk}]\n"
                              "channels:\n"
                              "  - {channel: desk}\n"
                              "  - {channel: mail, fallback: sms}\n"
                              "  - {channel: sms, closing: true}\n"
                              "recipients:\n"
                              "  - {recipient: chief, address: {mail: chief@example.org, sms: '+49 30 1'}}\n"
                              "posts: [{post: control-room, persons: 2}]\n";

#define OPENED "incident 1 v1 opened by rule:smoke\nescalation 1 v1 begun by rule:smoke\n"

static void open_fire(struct story *s) {
        story_open(s, ladders);
        raise(s, .id = 1, .zone = "W3-room1");
        told(s, OPENED);
        wait_for(s, 0);
        told(s, "escalation 1 v2 step-fired by timer\nnotification 1 v1 due by timer\n");
}

static void test_ladder(void **state) {
        struct story s;

        open_fire(&s);
        assert_string_equal(text(&s, "notification 1", "key"), "1/fire/1/control-room/desk");
        wait_for(&s, WW_MINUTE - 1);
        restart(&s);
        told(&s, "");
        wait_for(&s, 1);
        told(&s, "escalation 1 v3 step-fired by timer\nnotification 2 v1 due by timer\n");
        assert_string_equal(text(&s, "notification 2", "address"), "chief@example.org");
        assert_string_equal(text(&s, "notification 2", "fallback"), "sms");
        assert_string_equal(text(&s, "notification 2", "text"), "incident 1, high, fire: Smoke! (W3-room1)");
        wait_for(&s, 4 * WW_MINUTE);
        told(&s, "escalation 1 v4 step-fired by timer, ended\nnotification 3 v1 due by timer\n");
        assert_string_equal(text(&s, "escalation 1", "state"), "done");
        story_close(&s);
}

/* A step waits for less than has been reached. */
static void test_until(void **state) {
        struct story s;

        story_open(&s, ladders);
        raise(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'incident-take','incident':1}"); /* before anything fired */
        told(&s, OPENED "escalation 1 v2 stopped by ann\nincident 1 v2 taken by ann\n");
        wait_for(&s, WW_MINUTE); /* nobody was sent */
        told(&s, "escalation 1 v3 step-fired by timer\nnotification 1 v1 due by timer\n");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        told(&s, "escalation 1 v4 stopped by ann, ended\nincident 1 v3 resolved by ann\n");
        wait_for(&s, WW_HOUR);
        told(&s, "");
        story_close(&s);
}

/* What was overdue while the engine was away fires at once, and once. */
static void test_overdue(void **state) {
        struct story s;

        open_fire(&s);
        s.now += WW_HOUR;
        assert_int_equal(response_time(s.response, s.now), 0);
        told(&s, "escalation 1 v3 step-fired by timer\nnotification 2 v1 due by timer\n"
                 "escalation 1 v4 step-fired by timer, ended\nnotification 3 v1 due by timer\n");
        restart(&s);
        assert_int_equal(response_deadline(s.response), WW_TIME_NEVER);
        story_close(&s);
}

static void test_pick(void **state) {
        struct story s;

        story_open(&s, ladders);
        raise(&s, .id = 1, .zone = "W4"); /* by day, elsewhere: none */
        told(&s, "incident 1 v1 opened by rule:smoke\n");
        raise(&s, .id = 2, .zone = "W4", .exercise = true);
        told(&s, "incident 2 v1 opened by rule:smoke, exercise\nescalation 1 v1 begun by rule:smoke, exercise\n");
        wait_for(&s, WW_SECOND);
        assert_true(json_is_true(json_object_get(body(&s, "notification 1"), "exercise")));
        assert_non_null(strstr(text(&s, "notification 1", "text"), "EXERCISE"));
        wait_for(&s, 12 * WW_HOUR);
        buf_reset(&s.told);
        raise(&s, .id = 3, .zone = "W4"); /* at 22:00 */
        told(&s, "incident 3 v1 opened by rule:smoke\nescalation 2 v1 begun by rule:smoke\n");
        assert_string_equal(text(&s, "escalation 2", "ladder"), "night");
        story_close(&s);
}

/* Who acknowledged it did not look again: from the ladder's beginning, once. */
static void test_expired(void **state) {
        const struct of one = { .id = 1, .zone = "W3-room1" }, other = { .id = 2, .zone = "W3-room1" };
        struct story s;

        open_fire(&s);
        raise(&s, .id = 2, .zone = "W3-room1");
        acknowledge(&s, .id = 1, .zone = "W3-room1");
        acknowledge(&s, .id = 2, .zone = "W3-room1");
        buf_reset(&s.told);
        wait_for(&s, 30 * WW_MINUTE);
        buf_reset(&s.told);
        restart(&s);
        transition(&s, &one, WW_CAUSE_ACK_EXPIRED, ACKED, UNACK, true);
        transition(&s, &other, WW_CAUSE_ACK_EXPIRED, ACKED, UNACK, true);
        told(&s, "incident 1 v4 acknowledgement-expired by rule:smoke\nescalation 2 v1 begun by rule:smoke\n");
        wait_for(&s, 0);
        told(&s, "escalation 2 v2 step-fired by timer\nnotification 4 v1 due by timer\n");
        assert_string_equal(text(&s, "notification 4", "key"), "1/fire.2/1/control-room/desk");
        acknowledge(&s, .id = 1, .zone = "W3-room1");
        told(&s, "");
        acknowledge(&s, .id = 2, .zone = "W3-room1");
        told(&s, "incident 1 v5 acknowledged by ann\n");
        story_close(&s);
}

/* The priority rises: another ladder, from now on. */
static void test_regrade(void **state) {
        const struct of risen = { .id = 1, .zone = "W3-room1", .priority = WW_PRIORITY_CRITICAL };
        struct story s;

        open_fire(&s);
        acknowledge(&s, .id = 1, .zone = "W3-room1");
        told(&s, "incident 1 v2 acknowledged by ann\n");
        wait_for(&s, 30 * WW_SECOND);
        transition(&s, &risen, WW_CAUSE_REGRADE, ACKED, UNACK, true);
        told(&s, "escalation 1 v3 stopped by rule:smoke, ended\nescalation 2 v1 begun by rule:smoke\n"
                 "incident 1 v3 priority-raised by rule:smoke\n");
        assert_string_equal(text(&s, "escalation 1", "state"), "replaced");
        wait_for(&s, WW_MINUTE);
        told(&s, "escalation 2 v2 step-fired by timer, ended\nnotification 2 v1 due by timer\n"
                 "notification 3 v1 due by timer\n");
        assert_string_equal(text(&s, "notification 3", "key"), "1/inferno/1/chief/desk");
        raise(&s, .id = 2, .zone = "W3-room1", .priority = WW_PRIORITY_CRITICAL); /* once for each priority */
        told(&s, "incident 1 v4 alarm-joined by rule:smoke\n");
        story_close(&s);
}

static void test_results(void **state) {
        struct story s;

        open_fire(&s);
        refused(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/9/x/y','attempt':1,'ok':true}", "unknown");
        refused(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/1/control-room/desk','ok':true}", "malformed");
        does(&s, WORKER,
             "{'cmd':'notification-result','key':'1/fire/1/control-room/desk','attempt':1,'ok':false,'answer':'no'}");
        told(&s, "notification 1 v2 failed by ann\n");
        does(&s, WORKER,
             "{'cmd':'notification-result','key':'1/fire/1/control-room/desk','attempt':1,'ok':true,'answer':'no'}");
        told(&s, ""); /* that attempt was told */
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/1/control-room/desk','attempt':2,'ok':true}");
        told(&s, "notification 1 v3 sent by ann, ended\n");
        refused(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/1/control-room/desk','attempt':3,'ok':true}",
                "state");
        story_close(&s);
}

/* The channel fails: its fallback at once; then, if there is none, the next step. */
static void test_fallback(void **state) {
        struct story s;

        open_fire(&s);
        wait_for(&s, WW_MINUTE);
        told(&s, "escalation 1 v3 step-fired by timer\nnotification 2 v1 due by timer\n");
        does(&s, WORKER,
             "{'cmd':'notification-result','key':'1/fire/2/chief/mail','attempt':1,'ok':false,'final':true}");
        told(&s, "notification 2 v2 given-up by ann, ended\nnotification 3 v1 due by ann\n");
        assert_string_equal(text(&s, "notification 3", "channel"), "sms");
        assert_string_equal(text(&s, "notification 3", "address"), "+49 30 1");
        restart(&s);
        does(&s, WORKER,
             "{'cmd':'notification-result','key':'1/fire/2/chief/sms','attempt':1,'ok':false,'final':true}");
        told(&s, "notification 3 v2 given-up by ann, ended\nescalation 1 v4 hastened by ann\n");
        wait_for(&s, 0);
        told(&s, "escalation 1 v5 step-fired by timer, ended\nnotification 4 v1 due by timer\n");
        story_close(&s);
}

/* It will be tried again, and somebody is told meanwhile: once, however often it fails. */
static void test_fallback_meanwhile(void **state) {
        struct story s;

        open_fire(&s);
        wait_for(&s, WW_MINUTE);
        told(&s, "escalation 1 v3 step-fired by timer\nnotification 2 v1 due by timer\n");
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/2/chief/mail','attempt':1,'ok':false}");
        told(&s, "notification 2 v2 failed by ann\nnotification 3 v1 due by ann\n");
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/2/chief/mail','attempt':2,'ok':false}");
        told(&s, "notification 2 v3 failed by ann\n");
        restart(&s);
        does(&s, WORKER,
             "{'cmd':'notification-result','key':'1/fire/2/chief/mail','attempt':3,'ok':false,'final':true}");
        told(&s, "notification 2 v4 given-up by ann, ended\n");
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/2/chief/sms','attempt':1,'ok':false}");
        told(&s, "notification 3 v2 failed by ann\n"); /* it has no fallback, and is not given up */
        story_close(&s);
}

/* What is covert is not told where the threat may see or hear it; the record says so, and the fallback has it. */
static const char covert_ladders[] =
        "escalations:\n"
        "  - escalation: all\n"
        "    steps: [{after: 0s, to: chief, by: [ward, siren]}, {after: 5m, to: chief, by: sms}]\n"
        "channels: [{channel: ward, overt: true, fallback: sms}, {channel: siren, overt: true}, {channel: sms}]\n"
        "recipients: [{recipient: chief}]\n";

static void test_covert(void **state) {
        struct story s;

        story_open(&s, covert_ladders);
        raise(&s, .id = 1, .zone = "W3", .covert = true);
        assert_true(json_is_true(json_object_get(body(&s, "incident 1"), "covert")));
        buf_reset(&s.told);
        wait_for(&s, 0);
        told(&s, "escalation 1 v2 step-fired by timer\n"
                 "notification 1 v1 withheld by timer, ended\nnotification 2 v1 due by timer\n"
                 "notification 3 v1 withheld by timer, ended\n" /* and has no fallback: the next step is due */
                 "escalation 1 v3 hastened by timer\nescalation 1 v4 step-fired by timer, ended\n"
                 "notification 4 v1 due by timer\n");
        assert_string_equal(text(&s, "notification 1", "channel"), "ward");
        assert_string_equal(text(&s, "notification 2", "channel"), "sms");
        assert_string_equal(text(&s, "notification 2", "text"), "COVERT: incident 1, high, fire: Smoke! (W3)");
        assert_true(json_is_true(json_object_get(body(&s, "notification 2"), "covert")));
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/all/1/chief/sms','attempt':1,'ok':true}");
        refused(&s, WORKER, "{'cmd':'notification-result','key':'1/all/1/chief/ward','attempt':1,'ok':true}", "state");
        story_close(&s);
}

/* An incident that becomes covert takes back what is not delivered yet. */
static void test_covert_later(void **state) {
        struct story s;

        story_open(&s, covert_ladders);
        raise(&s, .id = 1, .zone = "W3");
        wait_for(&s, 0);
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/all/1/chief/siren','attempt':1,'ok':true}");
        buf_reset(&s.told);
        raise(&s, .id = 2, .zone = "W3", .covert = true);
        told(&s, "incident 1 v2 alarm-joined by rule:smoke\nnotification 1 v2 withheld by rule:smoke, ended\n"
                 "notification 3 v1 due by rule:smoke\n");
        assert_string_equal(text(&s, "notification 3", "channel"), "sms");
        raise(&s, .id = 3, .zone = "W3", .covert = true);
        told(&s, "incident 1 v3 alarm-joined by rule:smoke\n");
        story_close(&s);
}

/* Names hold dashes; each step to each recipient by each channel has a key of its own. */
static void test_keys(void **state) {
        static const char dashes[] = "escalations:\n"
                                     "  - escalation: all\n"
                                     "    steps: [{after: 0s, to: [chief, chief-a], by: [a-sms, sms]}]\n"
                                     "channels: [{channel: a-sms}, {channel: sms}]\n"
                                     "recipients: [{recipient: chief}, {recipient: chief-a}]\n";
        struct story s;

        story_open(&s, dashes);
        raise(&s, .id = 1, .zone = "W3");
        wait_for(&s, 0);
        assert_string_equal(text(&s, "notification 1", "key"), "1/all/1/chief/a-sms");
        assert_string_equal(text(&s, "notification 2", "key"), "1/all/1/chief/sms");
        assert_string_equal(text(&s, "notification 3", "key"), "1/all/1/chief-a/a-sms");
        assert_string_equal(text(&s, "notification 4", "key"), "1/all/1/chief-a/sms");
        story_close(&s);
}

/* Those who were told that it began are told that it is over, where the channel says so; each way once, and what is
 * not delivered yet is withdrawn. */
static void test_closing(void **state) {
        struct story s;

        open_fire(&s);
        wait_for(&s, 5 * WW_MINUTE);
        assert_string_equal(text(&s, "notification 3", "key"), "1/fire/3/chief/sms");
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/fire/3/chief/sms','attempt':1,'ok':true}");
        does(&s, OPERATOR, "{'cmd':'incident-take','incident':1}");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        does(&s, OPERATOR, "{'cmd':'dispose','incident':1,'code':'test','done':'nothing','reason':'it was a test'}");
        buf_reset(&s.told);
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        told(&s, "incident 1 v5 closed by ann, ended\nnotification 2 v2 withdrawn by ann, ended\n"
                 "notification 1 v2 withdrawn by ann, ended\nnotification 4 v1 due by ann\n");
        assert_string_equal(text(&s, "notification 4", "key"), "1/closed/5/3/chief/sms");
        assert_string_equal(text(&s, "notification 4", "text"), "closed: incident 1, high, fire: Smoke! (W3-room1)");
        assert_true(json_is_true(json_object_get(json_object_get(s.bodies, "notification 4"), "closed")));
        assert_int_equal(json_array_size(json_object_get(json_object_get(s.bodies, "notification 4"), "earlier")), 1);
        restart(&s);
        does(&s, WORKER, "{'cmd':'notification-result','key':'1/closed/5/3/chief/sms','attempt':1,'ok':true}");
        told(&s, "notification 4 v2 sent by ann, ended\n");
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'smoke again'}");
        buf_reset(&s.told);
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        told(&s, "incident 1 v7 resolved by ann\nincident 1 v8 closed by ann, ended\nnotification 5 v1 due by ann\n");
        wait_for(&s, 2 * WW_DAY); /* forgotten: what is due then, is not any more */
        told(&s, "notification 5 v2 withdrawn by timer, ended\n");
        story_close(&s);
}

static void test_stop(void **state) {
        struct story s;

        open_fire(&s);
        refused(&s, OPERATOR, "{'cmd':'escalation-stop','escalation':1}", "reason-needed");
        does(&s, OPERATOR, "{'cmd':'escalation-stop','escalation':1,'reason':'chief is here'}");
        told(&s, "escalation 1 v3 stopped-by-hand by ann, ended\n");
        wait_for(&s, WW_HOUR);
        told(&s, "");
        story_close(&s);
}

/* Nothing fires for a closed one. */
static void test_closed(void **state) {
        struct story s;

        open_fire(&s);
        does(&s, OPERATOR, "{'cmd':'incident-open','hazard':'fire','title':'the other','zone':'W4'}");
        does(&s, OPERATOR, "{'cmd':'incident-merge','incident':1,'into':2,'reason':'one fire'}");
        wait_for(&s, WW_HOUR);
        told(&s, "incident 2 v1 opened by ann\nescalation 1 v3 stopped by ann, ended\n"
                 "incident 1 v2 merged by ann, ended\n"
                 "notification 1 v2 withdrawn by ann, ended\nincident 2 v2 merged-with by ann\n");
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ladder),   cmocka_unit_test(test_until),
                cmocka_unit_test(test_overdue),  cmocka_unit_test(test_pick),
                cmocka_unit_test(test_regrade),  cmocka_unit_test(test_results),
                cmocka_unit_test(test_fallback), cmocka_unit_test(test_stop),
                cmocka_unit_test(test_closed),   cmocka_unit_test(test_fallback_meanwhile),
                cmocka_unit_test(test_covert),   cmocka_unit_test(test_covert_later),
                cmocka_unit_test(test_keys),     cmocka_unit_test(test_closing),
                cmocka_unit_test(test_expired),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
