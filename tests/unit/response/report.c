/* Notifications of records: attempts, fallbacks, what reaches nobody, what is withdrawn; and no incident anywhere. */
#include "response/response_internal.h"
#include "story.h"

static const char yaml[] = "channels:\n"
                           "  - {channel: gateway, fallback: mail}\n"
                           "  - {channel: mail}\n"
                           "  - {channel: loud, overt: true, fallback: mail}\n"
                           "  - {channel: siren, overt: true}\n"
                           "recipients:\n"
                           "  - {recipient: police, address: {mail: \"police@example.org\"}}\n"
                           "  - {recipient: fire-brigade}\n";

static json_t *report_of(unsigned version, const char *to, const char *by, unsigned incident) {
        return json_pack(
                "{s:s, s:o, s:b, s:s, s:i, s:s, s:{s:[{s:s, s:s, s:s}], s:i, s:s, s:s, s:s, s:s, s:i}, s:o, s:s}",
                "actor", "ann", "by", json_loads(by, JSON_DECODE_ANY, NULL), "exercise", 0, "hazard", "theft",
                "incident", (int)incident, "priority", "high", "record", "fields", "field", "what", "title", "What",
                "value", "Burglary", "id", 7, "kind", "report", "kind_title", "Report", "number", "RE-1", "title",
                "Burglary", "version", (int)version, "to", json_loads(to, JSON_DECODE_ANY, NULL), "zone", "W3");
}

static void report(struct story *s, unsigned version, const char *to, const char *by, unsigned incident) {
        json_t *o = report_of(version, to, by, incident);

        assert_non_null(o);
        assert_int_equal(response_report(s->response, o, s->now), 0);
        json_decref(o);
}

static void over(struct story *s) {
        json_t *o = json_pack("{s:s, s:i}", "actor", "bob", "over", 7);

        assert_int_equal(response_report(s->response, o, s->now), 0);
        json_decref(o);
}

static void result(struct story *s, const char *key, unsigned attempt, bool ok, bool final) {
        char request[256];

        (void)snprintf(request, sizeof request,
                       "{'cmd':'notification-result','key':'%s','attempt':%u,'ok':%s,'final':%s,'answer':'said'}", key,
                       attempt, ok ? "true" : "false", final ? "true" : "false");
        does(s, WORKER, request);
}

static size_t kept(const struct story *s) {
        struct response_figures f;

        response_figures(s->response, s->now, &f);
        return f.subjects;
}

static void test_delivered(void **state) {
        struct story s;

        story_open(&s, yaml);
        report(&s, 3, "[\"police\"]", "[\"mail\"]", 0);
        told(&s, "notification 1 v1 due by ann\n");
        assert_string_equal(text(&s, "notification 1", "key"), "record-7.3-police/mail");
        assert_string_equal(text(&s, "notification 1", "address"), "police@example.org");
        assert_string_equal(text(&s, "notification 1", "title"), "RE-1: Burglary");
        assert_string_equal(text(&s, "notification 1", "text"), "Report RE-1: Burglary (W3)");
        assert_string_equal(text(&s, "notification 1", "hazard"), "theft");
        restart(&s);
        result(&s, "record-7.3-police/mail", 1, false, false);
        told(&s, "notification 1 v2 failed by ann\n");
        restart(&s);
        result(&s, "record-7.3-police/mail", 2, true, true);
        told(&s, "notification 1 v3 sent by ann, ended\n");
        assert_string_equal(text(&s, "notification 1", "answer"), "said");
        assert_int_equal(kept(&s), 0); /* PostgreSQL has it */
        refused(&s, WORKER, "{'cmd':'notification-result','key':'record-7.3-police/mail','attempt':3,'ok':true}",
                "unknown");
        story_close(&s);
}

/* The same act told twice, as a replay would, is one; another version is another one. */
static void test_again(void **state) {
        struct story s;

        story_open(&s, yaml);
        report(&s, 3, "[\"police\"]", "[\"mail\"]", 0);
        report(&s, 3, "[\"police\"]", "[\"mail\"]", 0);
        told(&s, "notification 1 v1 due by ann\n");
        report(&s, 5, "[\"police\"]", "[\"mail\"]", 0);
        told(&s, "notification 2 v1 due by ann\n");
        assert_string_equal(text(&s, "notification 2", "key"), "record-7.5-police/mail");
        result(&s, "record-7.5-police/mail", 1, true, true);
        told(&s, "notification 2 v2 sent by ann, ended\n");
        assert_int_equal(kept(&s), 1);
        story_close(&s);
}

/* Undelivered is only what no channel has delivered, and only when all have ended. */
static void test_fallback(void **state) {
        struct story s;

        story_open(&s, yaml);
        report(&s, 1, "[\"police\", \"fire-brigade\"]", "[\"gateway\"]", 0);
        told(&s, "notification 1 v1 due by ann\nnotification 2 v1 due by ann\n");
        result(&s, "record-7.1-police/gateway", 1, false, false);
        told(&s, "notification 1 v2 failed by ann\nnotification 3 v1 due by ann\n");
        assert_string_equal(text(&s, "notification 3", "channel"), "mail");
        assert_string_equal(text(&s, "notification 3", "address"), "police@example.org");
        result(&s, "record-7.1-police/gateway", 2, false, true);
        told(&s, "notification 1 v3 given-up by ann, ended\n");
        restart(&s); /* what has ended still counts */
        result(&s, "record-7.1-police/mail", 1, true, true);
        told(&s, "notification 3 v2 sent by ann, ended\n");
        assert_int_equal(kept(&s), 1); /* that to the fire brigade */
        result(&s, "record-7.1-fire-brigade/gateway", 1, false, true);
        told(&s, "notification 2 v2 given-up by ann, ended\nnotification 4 v1 due by ann\n");
        result(&s, "record-7.1-fire-brigade/mail", 1, false, true);
        told(&s, "notification 4 v2 given-up by ann, ended\nnotification 4 v3 undelivered by ann, ended\n");
        assert_int_equal(kept(&s), 0);
        story_close(&s);
}

static void test_over(void **state) {
        struct story s;

        story_open(&s, yaml);
        report(&s, 1, "[\"police\"]", "[\"gateway\", \"mail\"]", 0);
        report(&s, 2, "[\"police\"]", "[\"mail\"]", 0);
        told(&s, "notification 1 v1 due by ann\nnotification 2 v1 due by ann\nnotification 3 v1 due by ann\n");
        over(&s);
        told(&s, "notification 1 v2 withdrawn by bob, ended\nnotification 2 v2 withdrawn by bob, ended\n"
                 "notification 3 v2 withdrawn by bob, ended\n");
        assert_int_equal(kept(&s), 0);
        over(&s);
        told(&s, "");
        story_close(&s);
}

static void test_covert(void **state) {
        struct story s;

        story_open(&s, yaml);
        raise(&s, .id = 1, .zone = "W3", .covert = true);
        buf_reset(&s.told);
        report(&s, 1, "[\"police\"]", "[\"loud\"]", 1);
        told(&s, "notification 1 v1 withheld by ann, ended\nnotification 2 v1 due by ann\n");
        assert_string_equal(text(&s, "notification 2", "text"), "COVERT: Report RE-1: Burglary (W3)");
        result(&s, "record-7.1-police/mail", 1, true, true);
        told(&s, "notification 2 v2 sent by ann, ended\n");
        story_close(&s);
}

/* What was not delivered when the incident became covert goes by the fallback; what was sent stays sent. */
static void test_covert_later(void **state) {
        struct story s;

        story_open(&s, yaml);
        raise(&s, .id = 1, .zone = "W3");
        report(&s, 1, "[\"police\", \"fire-brigade\"]", "[\"loud\"]", 1);
        report(&s, 2, "[\"police\"]", "[\"siren\", \"mail\"]", 1);
        report(&s, 3, "[\"police\"]", "[\"siren\"]", 0);
        result(&s, "record-7.1-fire-brigade/loud", 1, true, true);
        result(&s, "record-7.2-police/siren", 1, false, false); /* to be tried again */
        buf_reset(&s.told);
        raise(&s, .id = 2, .zone = "W3", .covert = true);
        told(&s, "incident 1 v2 alarm-joined by rule:smoke\nnotification 1 v2 withheld by rule:smoke, ended\n"
                 "notification 6 v1 due by rule:smoke\nnotification 3 v3 withheld by rule:smoke, ended\n");
        assert_string_equal(text(&s, "notification 6", "key"), "record-7.1-police/mail");
        assert_string_equal(text(&s, "notification 6", "text"), "COVERT: Report RE-1: Burglary (W3)");
        assert_true(json_is_true(json_object_get(body(&s, "notification 1"), "covert")));
        restart(&s);
        refused(&s, WORKER, "{'cmd':'notification-result','key':'record-7.1-police/loud','attempt':1,'ok':true}",
                "state");
        result(&s, "record-7.1-police/mail", 1, true, true);
        result(&s, "record-7.2-police/mail", 1, true, true);
        told(&s, "notification 6 v2 sent by ann, ended\nnotification 4 v2 sent by ann, ended\n");
        story_close(&s);
}

/* Without a fallback it reaches nobody, and the record hears of it at once. */
static void test_covert_in_vain(void **state) {
        struct story s;

        story_open(&s, yaml);
        raise(&s, .id = 1, .zone = "W3");
        report(&s, 1, "[\"police\"]", "[\"siren\"]", 1);
        buf_reset(&s.told);
        raise(&s, .id = 2, .zone = "W3", .covert = true);
        told(&s, "incident 1 v2 alarm-joined by rule:smoke\nnotification 1 v2 withheld by rule:smoke, ended\n"
                 "notification 1 v3 undelivered by rule:smoke, ended\n");
        story_close(&s);
}

/* Merged into a covert one it is covert, before it is sent and after. */
static void test_covert_merged(void **state) {
        struct story s;

        story_open(&s, yaml);
        raise(&s, .id = 1, .zone = "W3");
        raise(&s, .id = 2, .zone = "W4", .covert = true);
        report(&s, 1, "[\"police\"]", "[\"loud\"]", 1);
        buf_reset(&s.told);
        does(&s, OPERATOR, "{'cmd':'incident-merge','incident':1,'into':2,'reason':'one and the same'}");
        told(&s, "incident 1 v2 merged by ann, ended\nincident 2 v2 merged-with by ann\n"
                 "notification 1 v2 withheld by ann, ended\nnotification 2 v1 due by ann\n");
        report(&s, 2, "[\"police\"]", "[\"loud\"]", 1);
        told(&s, "notification 3 v1 withheld by ann, ended\nnotification 4 v1 due by ann\n");
        story_close(&s);
}

static void close_incident(struct story *s, unsigned incident) {
        static const char *const acts[] = {
                "'cmd':'incident-resolve'",
                "'cmd':'dispose','code':'test','done':'x','reason':'x'",
                "'cmd':'incident-close'",
        };

        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
                char request[128];

                (void)snprintf(request, sizeof request, "{%s,'incident':%u}", acts[i], incident);
                does(s, OPERATOR, request);
        }
}

/* A report that is written when the engine has forgotten the incident is as covert as it was; others are not. */
static void test_covert_forgotten(void **state) {
        struct story s;

        story_open(&s, yaml);
        raise(&s, .id = 1, .zone = "W3", .covert = true);
        raise(&s, .id = 2, .zone = "W4");
        does(&s, OPERATOR, "{'cmd':'incident-open','hazard':'theft','title':'x'}");
        does(&s, OPERATOR, "{'cmd':'incident-merge','incident':3,'into':1,'reason':'one and the same'}");
        close_incident(&s, 1);
        close_incident(&s, 2);
        wait_for(&s, WW_DAY);
        assert_int_equal(kept(&s), 0);
        restart(&s);
        buf_reset(&s.told);
        report(&s, 1, "[\"police\"]", "[\"loud\"]", 1);
        told(&s, "notification 1 v1 withheld by ann, ended\nnotification 2 v1 due by ann\n");
        assert_string_equal(text(&s, "notification 2", "text"), "COVERT: Report RE-1: Burglary (W3)");
        report(&s, 2, "[\"police\"]", "[\"loud\"]", 2);
        told(&s, "notification 3 v1 due by ann\n");
        report(&s, 3, "[\"police\"]", "[\"loud\"]", 3);
        told(&s, "notification 4 v1 withheld by ann, ended\nnotification 5 v1 due by ann\n");
        report(&s, 4, "[\"police\"]", "[\"loud\"]", 0);
        told(&s, "notification 6 v1 due by ann\n");
        story_close(&s);
}

/* When the numbers of the oldest are let go, all that is so old counts as covert, and nothing that is newer. */
static void test_covert_let_go(void **state) {
        struct response *r;
        struct story s;

        story_open(&s, yaml);
        r = s.response;
        r->covert.ids = calloc(COVERT_MAX, sizeof *r->covert.ids);
        assert_non_null(r->covert.ids);
        r->covert.n = r->covert.capacity = COVERT_MAX;
        for (size_t i = 0; i < COVERT_MAX; i++)
                r->covert.ids[i] = 10 + 2 * i;
        r->next_id[WW_SUBJECT_INCIDENT] = 100000;
        assert_false(covert_is(r, 9));
        raise(&s, .id = 1, .zone = "W3", .covert = true);
        assert_int_equal(covert_note(r, 100001), 0);
        assert_int_equal(covert_note(r, 100001), 0);
        for (uint64_t id = 1; id <= 10; id++)
                assert_true(covert_is(r, id));
        assert_false(covert_is(r, 11));
        assert_true(covert_is(r, 12));
        assert_int_equal(r->covert.n, COVERT_MAX);
        restart(&s);
        assert_true(covert_is(s.response, 10) && covert_is(s.response, 12) && !covert_is(s.response, 13));
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_delivered),        cmocka_unit_test(test_again),
                cmocka_unit_test(test_fallback),         cmocka_unit_test(test_over),
                cmocka_unit_test(test_covert),           cmocka_unit_test(test_covert_later),
                cmocka_unit_test(test_covert_in_vain),   cmocka_unit_test(test_covert_merged),
                cmocka_unit_test(test_covert_forgotten), cmocka_unit_test(test_covert_let_go),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
