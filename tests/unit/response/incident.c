/* Alarms gather into incidents, and people act on them: every state, every event. */
#include "story.h"

#include "response/incident.h"

static const char gather[] = "incidents: {gather: {by: ward, within: 10m}, from: medium, hold_max: 1h}\n"
                             "required: {priority: [critical]}\n";

static void test_gather(void **state) {
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3", .priority = WW_PRIORITY_LOW); /* opens none */
        told(&s, "");
        raise(&s, .id = 2, .zone = "W3-room1");
        told(&s, "incident 1 v1 opened by rule:smoke\n");
        assert_string_equal(text(&s, "incident 1", "zone"), "W3-room1");
        assert_string_equal(text(&s, "incident 1", "state"), "new");
        wait_for(&s, 5 * WW_MINUTE);
        raise(&s, .id = 3, .zone = "W3", .priority = WW_PRIORITY_LOW); /* but joins one */
        told(&s, "incident 1 v2 alarm-joined by rule:smoke\n");
        raise(&s, .id = 4, .zone = "W4");
        told(&s, "incident 2 v1 opened by rule:smoke\n");
        raise(&s, .id = 5, .zone = "W3", .hazard = WW_HAZARD_THEFT);
        told(&s, "incident 3 v1 opened by rule:smoke\n");
        restart(&s);
        wait_for(&s, 10 * WW_MINUTE - 1);
        raise(&s, .id = 6, .zone = "W3"); /* 10 min after the last one, less a microsecond */
        told(&s, "incident 1 v3 alarm-joined by rule:smoke\n");
        wait_for(&s, 10 * WW_MINUTE);
        raise(&s, .id = 7, .zone = "W3");
        told(&s, "incident 4 v1 opened by rule:smoke\n");
        assert_int_equal(number(&s, "incident 1", "alarm_count"), 3);
        assert_int_equal(number(&s, "incident 1", "cause_count"), 3);
        assert_int_equal(number(&s, "incident 1", "cause"), 2);
        live(&s, "incident 1\nincident 2\nincident 3\nincident 4\n");
        story_close(&s);
}

/* Without files each zone is a place, and an alarm without one gathers with its own rule. */
static void test_places(void **state) {
        struct story s;

        story_open(&s, NULL);
        raise(&s, .id = 1, .zone = "W3");
        raise(&s, .id = 2, .zone = "W3-room1");
        raise(&s, .id = 3, .rule = "link", .hazard = WW_HAZARD_SYSTEM);
        raise(&s, .id = 4, .rule = "clock", .hazard = WW_HAZARD_SYSTEM);
        raise(&s, .id = 5, .rule = "link", .hazard = WW_HAZARD_SYSTEM);
        told(&s, "incident 1 v1 opened by rule:smoke\nincident 2 v1 opened by rule:smoke\n"
                 "incident 3 v1 opened by rule:link\nincident 4 v1 opened by rule:clock\n"
                 "incident 3 v2 alarm-joined by rule:link\n");
        story_close(&s);
}

static void test_hidden_muted_exercise(void **state) {
        const struct of muted = { .id = 3, .zone = "W3", .priority = WW_PRIORITY_CRITICAL };
        struct story s;

        story_open(&s, gather);
        transition(&s, &(struct of){ .id = 1, .zone = "W3" }, WW_CAUSE_RAISE, NORMAL, HIDDEN, false);
        transition(&s, &muted, WW_CAUSE_RAISE, NORMAL, MUTED, false);
        told(&s, ""); /* a muted one opens none */
        raise(&s, .id = 2, .zone = "W3");
        transition(&s, &muted, WW_CAUSE_RAISE, NORMAL, MUTED, false);
        told(&s, "incident 1 v1 opened by rule:smoke\nincident 1 v2 alarm-joined by rule:smoke\n");
        assert_int_equal(number(&s, "incident 1", "cause_count"), 1);
        assert_string_equal(text(&s, "incident 1", "priority"), "high"); /* what nobody hears raises nothing */
        raise(&s, .id = 4, .zone = "W3", .exercise = true);
        told(&s, "incident 2 v1 opened by rule:smoke, exercise\n");
        transition(&s, &(struct of){ .id = 1, .zone = "W3" }, WW_CAUSE_SHELVING_ENDED, HIDDEN, UNACK, true);
        told(&s, "incident 1 v3 alarm-joined by rule:smoke\n");
        story_close(&s);
}

static void test_symptoms(void **state) {
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3", .asset = "gateway");
        raise(&s, .id = 2, .zone = "W3", .asset = "tag");
        told(&s, "incident 1 v1 opened by rule:smoke\nincident 1 v2 alarm-joined by rule:smoke\n");
        assert_int_equal(number(&s, "incident 1", "cause_count"), 1);
        refused(&s, OPERATOR, "{'cmd':'incident-cause','incident':1,'alarm':9,'cause':true}", "unknown");
        does(&s, OPERATOR, "{'cmd':'incident-cause','incident':1,'alarm':2,'cause':true}");
        does(&s, OPERATOR, "{'cmd':'incident-cause','incident':1,'alarm':1,'cause':false}");
        told(&s, "incident 1 v3 cause-told by ann\nincident 1 v4 symptom-told by ann\n");
        members_told(&s, "member 1 v1 joined by rule:smoke\nmember 2 v1 joined by rule:smoke\n"
                         "member 2 v2 cause-told by ann\nmember 1 v2 symptom-told by ann\n");
        assert_string_equal(text(&s, "member 2", "told_by"), "ann");
        assert_int_equal(number(&s, "incident 1", "cause_count"), 1);
        assert_int_equal(number(&s, "incident 1", "cause"), 2);
        restart(&s); /* what lies below a cause is looked up anew */
        does(&s, OPERATOR, "{'cmd':'incident-cause','incident':1,'alarm':1,'cause':true}");
        raise(&s, .id = 3, .zone = "W3", .asset = "tag");
        raise(&s, .id = 4, .zone = "W3");
        assert_int_equal(number(&s, "incident 1", "cause_count"), 3); /* all but 3 */
        story_close(&s);
}

/* Somebody has taken note when no alarm of it is unacknowledged; a rise of the priority asks again. */
static void test_acknowledged(void **state) {
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3");
        raise(&s, .id = 2, .zone = "W3");
        told(&s, "incident 1 v1 opened by rule:smoke\nincident 1 v2 alarm-joined by rule:smoke\n");
        acknowledge(&s, .id = 1, .zone = "W3");
        told(&s, "");
        restart(&s);
        acknowledge(&s, .id = 2, .zone = "W3");
        told(&s, "incident 1 v3 acknowledged by ann\n");
        assert_string_equal(text(&s, "incident 1", "acknowledged_by"), "ann");
        transition(&s, &(struct of){ .id = 2, .zone = "W3", .priority = WW_PRIORITY_CRITICAL }, WW_CAUSE_REGRADE, ACKED,
                   UNACK, true);
        told(&s, "incident 1 v4 priority-raised by rule:smoke\n");
        assert_true(json_is_null(json_object_get(body(&s, "incident 1"), "acknowledged_at")));
        acknowledge(&s, .id = 2, .zone = "W3", .priority = WW_PRIORITY_CRITICAL);
        told(&s, "incident 1 v5 acknowledged by ann\n");
        clear(&s, .id = 2, .zone = "W3", .priority = WW_PRIORITY_CRITICAL);
        told(&s, "");
        story_close(&s);
}

static void test_hold(void **state) {
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3");
        refused(&s, OPERATOR, "{'cmd':'incident-hold','incident':1,'until':'30m','reason':'x'}", "state");
        does(&s, OPERATOR, "{'cmd':'incident-take','incident':1}");
        refused(&s, OPERATOR, "{'cmd':'incident-hold','incident':1,'until':'30m'}", "reason-needed");
        refused(&s, OPERATOR, "{'cmd':'incident-hold','incident':1,'reason':'x'}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'incident-hold','incident':1,'until':'2h','reason':'x'}", "limit");
        does(&s, OPERATOR, "{'cmd':'incident-hold','incident':1,'until':'30m','reason':'waiting for the key'}");
        told(&s, "incident 1 v1 opened by rule:smoke\nincident 1 v2 taken by ann\nincident 1 v3 held by ann\n");
        restart(&s);
        wait_for(&s, 30 * WW_MINUTE);
        told(&s, "incident 1 v4 hold-ended by timer\n");
        assert_string_equal(text(&s, "incident 1", "state"), "in-progress");
        raise(&s, .id = 2, .zone = "W3"); /* too late for it */
        does(&s, OPERATOR, "{'cmd':'incident-take','incident':2}");
        does(&s, OPERATOR, "{'cmd':'incident-hold','incident':2,'until':'30m','reason':'x'}");
        raise(&s, .id = 3, .zone = "W3"); /* another alarm ends it */
        told(&s, "incident 2 v1 opened by rule:smoke\nincident 2 v2 taken by ann\nincident 2 v3 held by ann\n"
                 "incident 2 v4 alarm-joined by rule:smoke\n");
        assert_string_equal(text(&s, "incident 2", "state"), "in-progress");
        wait_for(&s, WW_HOUR);
        told(&s, "");
        story_close(&s);
}

static void test_resolve_close_reopen(void **state) {
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3", .priority = WW_PRIORITY_CRITICAL);
        does(&s, OPERATOR, "{'cmd':'note','incident':1,'text':'on my way'}");
        refused(&s, OPERATOR, "{'cmd':'incident-close','incident':1}", "state");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        refused(&s, OPERATOR, "{'cmd':'incident-close','incident':1}", "disposition-needed");
        does(&s, OPERATOR,
             "{'cmd':'dispose','incident':1,'code':'genuine-accident','done':'put out','reason':'toast'}");
        live(&s, "incident 1\nnote 1\ndisposition 1\n");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        live(&s, "");
        refused(&s, OPERATOR, "{'cmd':'note','incident':1,'text':'late'}", "state");
        refused(&s, OPERATOR, "{'cmd':'incident-reopen','incident':1,'reason':'x'}", "role");
        restart(&s);
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'still burning'}");
        live(&s, "incident 1\nnote 1\ndisposition 1\n");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        wait_for(&s, WW_DAY - 1);
        does(&s, OPERATOR, "{'cmd':'amend','note':1,'text':'it was the toaster'}");
        wait_for(&s, 1);
        refused(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'x'}", "unknown");
        told(&s, "incident 1 v1 opened by rule:smoke\nnote 1 v1 noted by ann\nincident 1 v2 resolved by ann\n"
                 "disposition 1 v1 disposed by ann\nincident 1 v3 disposed by ann\n"
                 "incident 1 v4 closed by ann, ended\nincident 1 v5 reopened by ann\nincident 1 v6 resolved by ann\n"
                 "incident 1 v7 closed by ann, ended\nnote 1 v2 amended by ann\n");
        raise(&s, .id = 2, .zone = "W3", .priority = WW_PRIORITY_HIGH); /* needs none */
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':2}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':2}");
        story_close(&s);
}

#define CLOSE(edition) "{'cmd':'incident-close','incident':1,'edition':" #edition "}"

/* As commands are taken now: what asks for attention is no closed case. Hidden alarms ask for none. */
static void test_close_unacknowledged(void **state) {
        const struct of shelved = { .id = 2, .zone = "W3" };
        struct story s;

        story_open(&s, gather);
        for (uint64_t id = 1; id <= 8; id++)
                raise(&s, .id = id, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        refused(&s, OPERATOR, CLOSE(1), "alarms-unacknowledged");
        assert_string_equal(json_string_value(json_object_get(json_object_get(s.answer, "error"), "text")),
                            "alarms of it are not acknowledged: 8, 7, 6, 5, 4 and 3 more");
        for (uint64_t id = 3; id <= 8; id++)
                acknowledge(&s, .id = id, .zone = "W3");
        transition(&s, &shelved, WW_CAUSE_SHELVE, UNACK, HIDDEN, false);
        restart(&s);
        refused(&s, OPERATOR, CLOSE(1), "alarms-unacknowledged");
        assert_string_equal(json_string_value(json_object_get(json_object_get(s.answer, "error"), "text")),
                            "alarms of it are not acknowledged: 1");
        transition(&s, &shelved, WW_CAUSE_SHELVING_ENDED, HIDDEN, UNACK, true); /* asks again: of another incident */
        acknowledge(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, CLOSE(1));
        assert_string_equal(text(&s, "incident 1", "state"), "closed");
        story_close(&s);
}

/* A command that was accepted before there was that restriction is accepted again when it is replayed. */
static void test_close_as_of_old(void **state) {
        static const char *const old[] = { "{'cmd':'incident-close','incident':1}", CLOSE(0), CLOSE(-1), CLOSE(99) };

        for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
                struct story s;

                story_open(&s, gather);
                raise(&s, .id = 1, .zone = "W3");
                does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
                does(&s, OPERATOR, old[i]);
                story_close(&s);
        }
}

/* What was resolved is not, if its alarm comes again. */
static void test_again_after_resolve(void **state) {
        const struct of again = { .id = 1, .zone = "W3" };
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        transition(&s, &again, WW_CAUSE_AGAIN, UNACK, UNACK, false);
        told(&s, "incident 1 v1 opened by rule:smoke\nincident 1 v2 resolved by ann\n");
        transition(&s, &again, WW_CAUSE_AGAIN, ACKED, UNACK, true);
        told(&s, "incident 2 v1 opened by rule:smoke\n");
        story_close(&s);
}

static void test_versions(void **state) {
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3");
        raise(&s, .id = 2, .zone = "W3"); /* a version, but nobody's act */
        does(&s, OPERATOR, "{'cmd':'incident-take','incident':1,'version':1}");
        s.actor = "bob";
        refused(&s, OPERATOR, "{'cmd':'incident-take','incident':1,'version':2}", "changed");
        does(&s, OPERATOR, "{'cmd':'incident-take','incident':1,'version':3}");
        assert_string_equal(text(&s, "incident 1", "owner"), "bob");
        story_close(&s);
}

static void test_manual(void **state) {
        struct story s;

        story_open(&s, gather);
        refused(&s, OPERATOR, "{'cmd':'incident-open','hazard':'flood','title':'x'}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'incident-open','hazard':'theft'}", "malformed");
        refused(&s, OPERATOR, "{'cmd':'incident-open','hazard':'theft','title':'x','zone':'W9'}", "malformed");
        refused(&s, ALARM_ROLE_AUDITOR, "{'cmd':'incident-open','hazard':'theft','title':'x'}", "role");
        does(&s, OPERATOR, "{'cmd':'incident-open','hazard':'theft','title':'Bag gone','zone':'W4','priority':'high'}");
        told(&s, "incident 1 v1 opened by ann\n");
        assert_string_equal(
                json_string_value(json_object_get(json_array_get(json_object_get(s.answer, "changes"), 0), "what")),
                "opened");
        raise(&s, .id = 1, .zone = "W4", .hazard = WW_HAZARD_THEFT); /* an alarm joins it */
        told(&s, "incident 1 v2 alarm-joined by rule:smoke\n");
        does(&s, OPERATOR, "{'cmd':'incident-open','hazard':'fire','title':'Drill','exercise':true}");
        told(&s, "incident 2 v1 opened by ann, exercise\n");
        story_close(&s);
}

/* The one that goes on takes over what weighs: priority, procedure, the alarms of its place that are still to come. */
static void test_merge_weight(void **state) {
        struct story s;

        story_open(&s, "procedures: [{procedure: fire, steps: [{step: call, text: Call}]}]\n");
        raise(&s, .id = 1, .zone = "W3", .priority = WW_PRIORITY_MEDIUM);
        does(&s, OPERATOR, "{'cmd':'incident-take','incident':1}");
        wait_for(&s, 40 * WW_MINUTE);
        raise(&s, .id = 2, .zone = "W3", .priority = WW_PRIORITY_CRITICAL, .procedure = "fire");
        buf_reset(&s.told);
        does(&s, OPERATOR, "{'cmd':'incident-merge','incident':2,'into':1,'reason':'one fire'}");
        told(&s, "incident 2 v2 merged by ann, ended\nincident 1 v3 merged-with by ann\n"
                 "step 2 v1 step-made by procedure\n");
        assert_string_equal(text(&s, "incident 1", "priority"), "critical");
        assert_true(json_is_null(json_object_get(body(&s, "incident 1"), "acknowledged_at")));
        restart(&s);
        raise(&s, .id = 3, .zone = "W3", .priority = WW_PRIORITY_MEDIUM);
        told(&s, "incident 1 v4 alarm-joined by rule:smoke\n");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        raise(&s, .id = 4, .zone = "W3");
        refused(&s, OPERATOR, "{'cmd':'incident-merge','incident':3,'into':1,'reason':'x'}", "state");
        story_close(&s);
}

/* Resolved, and opened again: its alarm, when it comes again, is in it once. */
static void test_reopened_alarm(void **state) {
        struct story s;

        story_open(&s, NULL);
        raise(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        does(&s, OPERATOR, "{'cmd':'dispose','incident':1,'code':'test','done':'x','reason':'x'}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'it smoulders'}");
        raise(&s, .id = 1, .zone = "W3");
        assert_int_equal(number(&s, "incident 1", "alarm_count"), 1);
        members_told(&s, "member 1 v1 joined by rule:smoke\n");
        story_close(&s);
}

/* One that is opened again does not take the alarms of the one that goes on. */
static void test_reopened_place(void **state) {
        struct story s;

        story_open(&s, NULL);
        raise(&s, .id = 1, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        wait_for(&s, WW_HOUR);
        raise(&s, .id = 2, .zone = "W3");
        does(&s, OPERATOR, "{'cmd':'dispose','incident':1,'code':'test','done':'x','reason':'x'}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'x'}");
        raise(&s, .id = 3, .zone = "W3");
        assert_int_equal(number(&s, "incident 2", "alarm_count"), 2);
        story_close(&s);
}

static void test_merge(void **state) {
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3");
        raise(&s, .id = 2, .zone = "W4");
        raise(&s, .id = 3, .zone = "W4", .exercise = true);
        refused(&s, OPERATOR, "{'cmd':'incident-merge','incident':1,'into':1,'reason':'x'}", "unknown");
        refused(&s, OPERATOR, "{'cmd':'incident-merge','incident':1,'into':3,'reason':'x'}", "unknown");
        does(&s, OPERATOR, "{'cmd':'incident-merge','incident':2,'into':1,'reason':'one fire'}");
        told(&s, "incident 1 v1 opened by rule:smoke\nincident 2 v1 opened by rule:smoke\n"
                 "incident 3 v1 opened by rule:smoke, exercise\n"
                 "incident 2 v2 merged by ann, ended\nincident 1 v2 merged-with by ann\n");
        assert_int_equal(number(&s, "incident 1", "alarm_count"), 2);
        assert_int_equal(number(&s, "incident 1", "cause_count"), 2);
        assert_int_equal(number(&s, "incident 2", "merged_into"), 1);
        members_told(&s, "member 1 v1 joined by rule:smoke\nmember 2 v1 joined by rule:smoke\n"
                         "member 3 v1 joined by rule:smoke, exercise\nmember 4 v1 moved by ann\n");
        assert_int_equal(number(&s, "member 4", "alarm"), 2);
        restart(&s);
        refused(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':2,'reason':'x'}", "state");
        acknowledge(&s, .id = 1, .zone = "W3");
        told(&s, "");
        acknowledge(&s, .id = 2, .zone = "W4"); /* now of incident 1 */
        told(&s, "incident 1 v3 acknowledged by ann\n");
        story_close(&s);
}

/* An incident holds so many alarms; the next one opens another. */
static void test_full(void **state) {
        struct story s;

        story_open(&s, gather);
        for (uint64_t id = 1; id <= INCIDENT_ALARMS + 1; id++)
                raise(&s, .id = id, .zone = "W3");
        live(&s, "incident 1\nincident 2\nflood 1\n");
        assert_int_equal(number(&s, "incident 1", "alarm_count"), INCIDENT_ALARMS);
        story_close(&s);
}

/* What an alarm costs that joins does not grow with the incident. */
static void test_small_records(void **state) {
        size_t first;
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3");
        raise(&s, .id = 2, .zone = "W3");
        first = json_dumpb(body(&s, "incident 1"), NULL, 0, 0);
        for (uint64_t id = 3; id <= INCIDENT_ALARMS; id++)
                raise(&s, .id = id, .zone = "W3");
        assert_int_equal(number(&s, "incident 1", "alarm_count"), INCIDENT_ALARMS);
        assert_true(json_dumpb(body(&s, "incident 1"), NULL, 0, 0) < first + 20); /* numbers have more digits */
        story_close(&s);
}

/* Members are live with their incident, and forgotten with it. */
static void test_members_live(void **state) {
        struct response_figures f;
        struct story s;

        story_open(&s, gather);
        raise(&s, .id = 1, .zone = "W3");
        raise(&s, .id = 2, .zone = "W3");
        response_figures(s.response, s.now, &f);
        assert_int_equal(f.subjects, 3);
        clear(&s, .id = 1, .zone = "W3"); /* over, but still of it */
        does(&s, OPERATOR, "{'cmd':'incident-cause','incident':1,'alarm':1,'cause':false}");
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        assert_int_equal(response_find(s.response, ww_change_key(WW_SUBJECT_MEMBER, 1), story_live, NULL), -ENOENT);
        restart(&s);
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'x'}");
        assert_int_equal(response_find(s.response, ww_change_key(WW_SUBJECT_MEMBER, 1), story_live, NULL), 0);
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        wait_for(&s, WW_DAY);
        response_figures(s.response, s.now, &f);
        assert_int_equal(f.subjects, 0);
        story_close(&s);
}

/* The oldest closed incident is forgotten when too many are kept. */
static void test_kept(void **state) {
        struct response_figures f;
        struct story s;

        story_open(&s, gather);
        for (unsigned i = 1; i <= INCIDENT_KEEP_MAX + 1; i++) {
                char request[80];

                does(&s, OPERATOR, "{'cmd':'incident-open','hazard':'theft','title':'x'}");
                (void)snprintf(request, sizeof request, "{'cmd':'incident-resolve','incident':%u}", i);
                does(&s, OPERATOR, request);
                (void)snprintf(request, sizeof request, "{'cmd':'incident-close','incident':%u}", i);
                does(&s, OPERATOR, request);
                wait_for(&s, WW_SECOND);
        }
        response_figures(s.response, s.now, &f);
        assert_int_equal(f.subjects, INCIDENT_KEEP_MAX);
        assert_int_equal(f.forgotten, 1);
        assert_int_equal(f.incidents, 0);
        refused(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1,'reason':'x'}", "unknown");
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':2,'reason':'x'}");
        story_close(&s);
}

/* --- the table: every state × every event --- */

/* An incident 1 in that state, of a fresh story. */
static void lead_to(struct story *s, enum incident_state state) {
        static const char *const ways[INCIDENT_STATES][4] = {
                [INCIDENT_IN_PROGRESS] = { "{'cmd':'incident-take','incident':1}" },
                [INCIDENT_ON_HOLD] = { "{'cmd':'incident-take','incident':1}",
                                       "{'cmd':'incident-hold','incident':1,'until':'30m','reason':'x'}" },
                [INCIDENT_RESOLVED] = { "{'cmd':'incident-resolve','incident':1}" },
                [INCIDENT_CLOSED] = { "{'cmd':'incident-resolve','incident':1}",
                                      "{'cmd':'incident-close','incident':1}" },
        };

        story_open(s, gather);
        raise(s, .id = 1, .zone = "W3");
        raise(s, .id = 2, .zone = "W4");
        for (size_t i = 0; ways[state][i]; i++)
                does(s, OPERATOR, ways[state][i]);
        assert_string_equal(text(s, "incident 1", "state"), incident_state_name(state));
}

static void test_table(void **state) {
        static const char *const acts[INCIDENT_EVENTS] = {
                [INCIDENT_TAKE] = "{'cmd':'incident-take','incident':1}",
                [INCIDENT_ASSIGN] = "{'cmd':'incident-assign','incident':1,'owner':'bob'}",
                [INCIDENT_HOLD] = "{'cmd':'incident-hold','incident':1,'until':'30m','reason':'x'}",
                [INCIDENT_RESUME] = "{'cmd':'incident-resume','incident':1}",
                [INCIDENT_RESOLVE] = "{'cmd':'incident-resolve','incident':1}",
                [INCIDENT_CLOSE] = "{'cmd':'incident-close','incident':1}",
                [INCIDENT_REOPEN] = "{'cmd':'incident-reopen','incident':1,'reason':'x'}",
                [INCIDENT_MERGE] = "{'cmd':'incident-merge','incident':1,'into':2,'reason':'x'}",
        };
        size_t tried = 0;

        for (enum incident_state from = 0; from < INCIDENT_STATES; from++)
                for (enum incident_event event = 0; event < INCIDENT_EVENTS; event++) {
                        const struct incident_edge *edge = &incident_edges[from][event];

                        for (unsigned role = 1; acts[event] && role <= ALARM_ROLE_ADMINISTRATOR; role <<= 1) {
                                bool person = role & (OPERATOR | SUPERVISOR);
                                struct story s;

                                lead_to(&s, from);
                                restart(&s);
                                if (edge->roles & role) {
                                        does(&s, role, acts[event]);
                                        restart(&s);
                                        assert_string_equal(text(&s, "incident 1", "state"),
                                                            incident_state_name(edge->to));
                                } else {
                                        refused(&s, role, acts[event],
                                                person && !edge->roles &&
                                                                !(event == INCIDENT_REOPEN && role == OPERATOR)
                                                        ? "state"
                                                        : "role");
                                }
                                tried++;
                                story_close(&s);
                        }
                }
        assert_int_equal(tried, INCIDENT_STATES * (INCIDENT_EVENTS - 1) * 6);
}

/* The event that is nobody's act: another alarm joins in each state that lets it, else it opens an incident of its own.
 */
static void test_table_alarm(void **state) {
        for (enum incident_state from = 0; from < INCIDENT_STATES; from++) {
                const struct incident_edge *edge = &incident_edges[from][INCIDENT_ALARM];
                struct story s;

                lead_to(&s, from);
                restart(&s);
                buf_reset(&s.told);
                raise(&s, .id = 3, .zone = "W3");
                restart(&s);
                assert_string_equal(text(&s, "incident 1", "state"),
                                    incident_state_name(edge->roles ? edge->to : from));
                assert_int_equal(number(&s, "incident 1", "alarm_count"), edge->roles ? 2 : 1);
                assert_int_equal(json_object_get(s.bodies, "incident 3") != NULL, !edge->roles);
                story_close(&s);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_gather),
                cmocka_unit_test(test_places),
                cmocka_unit_test(test_hidden_muted_exercise),
                cmocka_unit_test(test_symptoms),
                cmocka_unit_test(test_acknowledged),
                cmocka_unit_test(test_hold),
                cmocka_unit_test(test_resolve_close_reopen),
                cmocka_unit_test(test_close_unacknowledged),
                cmocka_unit_test(test_close_as_of_old),
                cmocka_unit_test(test_again_after_resolve),
                cmocka_unit_test(test_versions),
                cmocka_unit_test(test_manual),
                cmocka_unit_test(test_merge),
                cmocka_unit_test(test_merge_weight),
                cmocka_unit_test(test_reopened_alarm),
                cmocka_unit_test(test_reopened_place),
                cmocka_unit_test(test_full),
                cmocka_unit_test(test_small_records),
                cmocka_unit_test(test_members_live),
                cmocka_unit_test(test_kept),
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_table_alarm),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
