/* Posts that are to be manned: people come and go, hours begin and end, rules change; on a virtual clock. */
#include "response/response_internal.h"
#include "story.h"

static const char posts[] = "posts:\n"
                            "  - {post: control-room, title: Control room, zone: W3, persons: 2,\n"
                            "     manning: [{schedule: night, persons: 1}, {}]}\n"
                            "  - {post: gate, manning: [{schedule: night}]}\n"
                            "  - {post: lobby}\n";

static void begin(struct story *s) {
        story_open(s, posts);
        wait_for(s, 0);
        told(s, "post 1 v1 understaffed by timer\nevent control-room understaffed 0/2\n"
                "post 2 v1 manned by timer\nevent gate manned 0/0\n");
}

static size_t understaffed(const struct story *s) {
        struct response_figures f;

        response_figures(s->response, s->now, &f);
        return f.understaffed;
}

static void test_who_comes_and_who_goes(void **state) {
        struct story s;

        begin(&s);
        assert_int_equal(understaffed(&s), 1);
        does(&s, OPERATOR, "{'cmd':'shift-begin','post':'control-room'}");
        restart(&s); /* between the act and what comes of it, too */
        wait_for(&s, 0);
        told(&s, "shift 1 v1 begun by ann\npost 1 v2 changed by timer\n");
        assert_int_equal(number(&s, "post 1", "there"), 1);
        s.actor = "bob";
        does(&s, OPERATOR, "{'cmd':'shift-begin','post':'control-room'}");
        wait_for(&s, WW_MINUTE);
        told(&s, "shift 2 v1 begun by bob\npost 1 v3 manned by timer\nevent control-room manned 2/2\n");
        assert_string_equal(json_string_value(json_array_get(json_object_get(body(&s, "post 1"), "people"), 1)), "bob");
        assert_int_equal(understaffed(&s), 0);
        does(&s, OPERATOR, "{'cmd':'shift-end'}");
        wait_for(&s, WW_MINUTE);
        told(&s, "shift 2 v2 ended by bob, ended\npost 1 v4 understaffed by timer\n"
                 "event control-room understaffed 1/2\n");
        live(&s, "shift 1\npost 1\npost 2\n");
        story_close(&s);
}

/* A guard of the post counts while he is free there, and nobody counts twice. */
static void test_guards(void **state) {
        struct story s;

        begin(&s);
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'carl','status':'free','post':'control-room'}");
        does(&s, OPERATOR, "{'cmd':'shift-begin','post':'control-room'}");
        wait_for(&s, 0);
        told(&s, "guard 1 v1 added by ann\nshift 1 v1 begun by ann\npost 1 v2 manned by timer\n"
                 "event control-room manned 2/2\n");
        does(&s, OPERATOR, "{'cmd':'guard-status','name':'ann','status':'free','post':'control-room'}");
        wait_for(&s, 0);
        told(&s, "guard 2 v1 added by ann\n");
        raise(&s, .id = 1, .zone = "W3", .hazard = WW_HAZARD_FIRE);
        does(&s, OPERATOR, "{'cmd':'dispatch','incident':1,'guard':'carl'}");
        buf_reset(&s.told);
        wait_for(&s, 0);
        told(&s, "post 1 v3 understaffed by timer\nevent control-room understaffed 1/2\n");
        does(&s, OPERATOR, "{'cmd':'dispatch-cancel','dispatch':1,'reason':'not needed'}");
        buf_reset(&s.told);
        wait_for(&s, 0);
        told(&s, "post 1 v4 manned by timer\nevent control-room manned 2/2\n");
        story_close(&s);
}

static void test_hours(void **state) {
        struct story s;

        begin(&s);
        does(&s, OPERATOR, "{'cmd':'shift-begin','post':'control-room'}");
        wait_for(&s, 12 * WW_HOUR - 1); /* 22:00 is not yet */
        told(&s, "shift 1 v1 begun by ann\npost 1 v2 changed by timer\n");
        restart(&s);
        wait_for(&s, 1);
        told(&s, "post 1 v3 manned by timer\nevent control-room manned 1/1\n"
                 "post 2 v2 understaffed by timer\nevent gate understaffed 0/1\n");
        assert_string_equal(text(&s, "post 2", "since"), "2026-01-01T22:00:00.000000Z");
        wait_for(&s, 8 * WW_HOUR);
        told(&s, "post 1 v4 understaffed by timer\nevent control-room understaffed 1/2\n"
                 "post 2 v3 manned by timer\nevent gate manned 0/0\n");
        story_close(&s);
}

/* Rules that do not watch it any more end it, and what was raised of it. */
static void test_other_rules(void **state) {
        struct response_rules *before;
        struct story s, other;

        begin(&s);
        story_open(&other, "posts: [{post: control-room}, {post: gate, manning: [{persons: 3}]}]\n");
        before = s.rules;
        assert_int_equal(response_swap(s.response, other.rules, s.site, s.now), 0);
        s.rules = other.rules;
        wait_for(&s, 0);
        told(&s, "event control-room manned 0/2\npost 1 v2 unwatched by timer, ended\n"
                 "post 2 v2 understaffed by timer\nevent gate understaffed 0/3\n");
        live(&s, "post 2\n");
        restart(&s);
        assert_int_equal(response_swap(s.response, before, s.site, s.now), 0);
        s.rules = before;
        wait_for(&s, 0);
        told(&s, "post 3 v1 understaffed by timer\nevent control-room understaffed 0/2\n"
                 "post 2 v3 manned by timer\nevent gate manned 0/0\n");
        story_close(&s);
        story_close(&other);
}

static void test_nobody_watches(void **state) {
        struct story s;

        story_open(&s, "posts: [{post: control-room, persons: 2}]\n");
        assert_int_equal(response_deadline(s.response), WW_TIME_NEVER);
        does(&s, OPERATOR, "{'cmd':'shift-begin','post':'control-room'}");
        assert_int_equal(response_deadline(s.response), WW_TIME_NEVER);
        told(&s, "shift 1 v1 begun by ann\n");
        story_close(&s);
}

/* --- states of older versions --- */

static void put_head(struct buf *out, uint8_t version, size_t kinds) {
        buf_put_u8(out, version);
        for (size_t i = 0; i < kinds; i++)
                buf_put_var(out, i == WW_SUBJECT_INCIDENT ? 2 : 0); /* the second is forgotten */
        buf_put_var(out, 5);                                        /* changes so far; refused, forgotten, crowded */
        for (size_t i = 0; i < 3; i++)
                buf_put_var(out, 0);
}

/* One incident; its alarm 7 stands in it and asks; nothing is gathered, and there is no flood. */
static void put_incident(struct buf *out, const char *body) {
        buf_put_var(out, 1);
        buf_put_u8(out, WW_SUBJECT_INCIDENT);
        buf_put_var(out, 1); /* number, version, of none */
        buf_put_var(out, 5);
        buf_put_var(out, 0);
        buf_put_u8(out, 0);
        buf_put_time(out, START);
        buf_put_str(out, WW_STR("opened"));
        buf_put_str(out, WW_STR("rule:smoke"));
        buf_put_str(out, WW_STR(""));
        buf_put_str(out, ww_str(body));
        buf_put_var(out, 1);
        buf_put_var(out, 7);
        buf_put_var(out, 1);
        buf_put_u8(out, 1);
        for (size_t i = 0; i < 5; i++) /* gathered; flood: subject, peak, times, flutters */
                buf_put_var(out, 0);
}

static void load(struct story *s, const struct buf *state) {
        struct rd in = rd_init(buf_str(state));

        assert_int_equal(response_load(s->response, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        assert_false(covert_is(s->response, 1));
        assert_true(covert_is(s->response, 2)); /* it may have been */
}

#define OLD_INCIDENT                                                                                                   \
        "{\"acknowledged_at\":null,\"acted_version\":1,\"alarm_count\":1,\"alarms\":[{\"asset\":\"tag\",\"cause\":"    \
        "true,"                                                                                                        \
        "\"device\":\"d\",\"id\":7,\"priority\":\"high\",\"raised_at\":\"2026-01-01T10:00:00.000000Z\",\"rule\":"      \
        "\"smoke\",\"title\":\"Smoke!\",\"told_by\":\"\"}],\"cause\":7,\"cause_count\":1,\"hazard\":\"fire\","         \
        "\"priority\":\"high\",\"state\":\"new\",\"zone\":\"W3\"}"

/* An incident of version 2 held its alarms: they become members, which is told, and it goes on as if they had been. */
static void test_a_state_with_alarms_in_their_incident(void **state) {
        struct buf old = BUF_INIT;
        struct story s;

        put_head(&old, 2, 14);
        put_incident(&old, OLD_INCIDENT);
        story_open(&s, posts);
        load(&s, &old);
        wait_for(&s, 0);
        members_told(&s, "member 1 v1 joined by timer\n");
        told(&s, "incident 1 v6 alarms-apart by timer\n"
                 "post 1 v1 understaffed by timer\nevent control-room understaffed 0/2\n"
                 "post 2 v1 manned by timer\nevent gate manned 0/0\n");
        assert_null(json_object_get(body(&s, "incident 1"), "alarms"));
        assert_int_equal(number(&s, "member 1", "alarm"), 7);
        assert_null(json_object_get(body(&s, "member 1"), "id"));
        restart(&s);
        does(&s, OPERATOR, "{'cmd':'incident-cause','incident':1,'alarm':7,'cause':false}");
        acknowledge(&s, .id = 7, .zone = "W3", .hazard = WW_HAZARD_FIRE);
        told(&s, "incident 1 v7 symptom-told by ann\nincident 1 v8 acknowledged by ann\n");
        buf_deinit(&old);
        story_close(&s);
}

static void test_a_state_without_posts(void **state) {
        for (size_t kinds = 15; kinds <= 16; kinds++) {
                struct buf old = BUF_INIT;
                struct story s;

                put_head(&old, 3, kinds);
                put_incident(&old, "{\"acted_version\":1,\"alarm_count\":0,\"hazard\":\"fire\",\"state\":\"new\","
                                   "\"zone\":\"W3\"}");
                story_open(&s, posts);
                load(&s, &old);
                wait_for(&s, 0);
                told(&s, "post 1 v1 understaffed by timer\nevent control-room understaffed 0/2\n"
                         "post 2 v1 manned by timer\nevent gate manned 0/0\n");
                live(&s, "incident 1\npost 1\npost 2\n");
                buf_deinit(&old);
                story_close(&s);
        }
}

static void test_a_state_of_a_version_to_come(void **state) {
        static const uint8_t versions[] = { 0, 1, 6, 255 };

        for (size_t i = 0; i < sizeof versions; i++) {
                struct buf other = BUF_INIT;
                struct story s;
                struct rd in;

                put_head(&other, versions[i], 15);
                put_incident(&other, "{}");
                story_open(&s, posts);
                in = rd_init(buf_str(&other));
                assert_int_equal(response_load(s.response, &in), -EBADMSG);
                buf_deinit(&other);
                story_close(&s);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_comes_and_who_goes),
                cmocka_unit_test(test_guards),
                cmocka_unit_test(test_hours),
                cmocka_unit_test(test_other_rules),
                cmocka_unit_test(test_nobody_watches),
                cmocka_unit_test(test_a_state_with_alarms_in_their_incident),
                cmocka_unit_test(test_a_state_without_posts),
                cmocka_unit_test(test_a_state_of_a_version_to_come),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
