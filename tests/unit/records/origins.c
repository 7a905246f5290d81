/* What makes records, and does their acts, without a person: plans, events, other records, incidents. */
#include "story.h"

static const char plans[] = "records:\n"
                            "  - record: plan\n"
                            "    number: P-{n}\n"
                            "    fields:\n"
                            "      - {field: name, type: text, must: true}\n"
                            "      - {field: every, type: duration}\n"
                            "      - {field: hours, type: schedule}\n"
                            "      - {field: points, type: checklist}\n"
                            "    states: [{state: in-force}, {state: withdrawn, over: true}]\n"
                            "    acts: [{act: open, from: []}, {act: withdraw, to: withdrawn, takes: []}]\n"
                            "  - record: check\n"
                            "    number: C-{n}\n"
                            "    fields: [{field: name, type: text}, {field: by_when, type: time}]\n"
                            "    states: [{state: due}, {state: done, over: true}]\n"
                            "    acts: [{act: do, to: done}]\n"
                            "    clocks: [{clock: due, at: by_when, hazard: loss}]\n"
                            "    opens: [{plan: plan, every: every, fields: {name: name, by_when: end}}]\n"
                            "  - record: round\n"
                            "    number: R-{n}\n"
                            "    fields: [{field: points, type: checklist}, {field: by_when, type: time}]\n"
                            "    states: [{state: due}, {state: walked, over: true}]\n"
                            "    acts:\n"
                            "      - {act: scan, takes: [], check: points, done: walked, on: {kind: patrol.scanned}, "
                            "fields: {item: asset}}\n"
                            "    opens: [{plan: plan, schedule: hours, fields: {points: points, by_when: end}}]\n";

static void test_a_plan_makes_one_in_each_span(void **state) {
        struct story s;

        story_open(&s, plans);
        does(&s, OPERATOR, "plan", "open", NULL, "{'name': 'stairs', 'every': '1d'}", NULL);
        told(&s, "P-1 v1 in-force: open by ann\n");
        restart(&s);
        wait_for(&s, 1 * WW_DAY);
        told(&s, "C-1 v1 due: opened by timer\nP-1 v2 in-force: planned by timer\n");
        assert_string_equal(text(&s, "C-1", "by_when"), "2026-01-03T10:00:00.000000Z");
        wait_for(&s, 1 * WW_DAY);
        told(&s, "C-2 v1 due: opened by timer\nP-1 v3 in-force: planned by timer\nC-1 v2 due: due by timer\n");
        does(&s, OPERATOR, "plan", "withdraw", "P-1", "{}", NULL);
        told(&s, "P-1 v4 withdrawn: withdraw by ann, over\n");
        wait_for(&s, 3 * WW_DAY);
        told(&s, "C-2 v2 due: due by timer\n");
        story_close(&s);
}

/* After a long stop the last two days are made up for, no more. */
static void test_a_plan_catches_up(void **state) {
        struct records_figures f;
        struct story s;

        story_open(&s, plans);
        does(&s, OPERATOR, "plan", "open", NULL, "{'name': 'stairs', 'every': '1d'}", NULL);
        s.now += 30 * WW_DAY;
        assert_int_equal(records_time(s.records, s.now), 0);
        records_figures(s.records, &f);
        assert_int_equal(f.open, 1 + 1 + 2); /* the plan, the one that waited, two days */
        story_close(&s);
}

static void test_a_round_in_its_hours(void **state) {
        struct story s;

        story_open(&s, plans);
        does(&s, OPERATOR, "plan", "open", NULL, "{'name': 'night', 'hours': 'rounds', 'points': 'gate,roof'}", NULL);
        wait_for(&s, 12 * WW_HOUR); /* 22:00 */
        told(&s, "P-1 v1 in-force: open by ann\nR-1 v1 due: opened by timer\nP-1 v2 in-force: planned by timer\n");
        assert_string_equal(text(&s, "R-1", "by_when"), "2026-01-01T22:15:00.000000Z");
        event(&s, "patrol.scanned", "cellar", "W3", NULL); /* not on this round */
        told(&s, "");
        event(&s, "patrol.scanned", "gate", "W3", NULL);
        event(&s, "patrol.scanned", "roof", "W3", NULL);
        told(&s, "R-1 v2 due: scan by event\nR-1 v3 walked: scan by event, over\n");
        story_close(&s);
}

static const char visits[] =
        "records:\n"
        "  - record: visitor\n"
        "    number: V-{n}\n"
        "    fields:\n"
        "      - {field: badge, type: text, max: 8}\n"
        "      - {field: zones, type: zones}\n"
        "      - {field: until, type: time}\n"
        "      - {field: strays, type: log}\n"
        "    states: [{state: inside, list: {name: inside, member: badge}}, {state: left, over: true}]\n"
        "    acts:\n"
        "      - {act: permit, from: [], must: [zones]}\n"
        "      - {act: leave, to: left, on: {kind: visitor.left, match: {badge: badge}}}\n"
        "      - {act: stray, roles: [], log: strays, on: {kind: access.granted, match: {badge: badge}, unless: "
        "{zones: zone}}, fields: {zone: zone}}\n"
        "    opens: [{on: {kind: visitor.arrived}, fields: {badge: badge, zones: zone, until: \"=4h\"}}]\n"
        "  - record: note\n"
        "    number: N-{n}\n"
        "    read: [supervisor]\n"
        "    fields: [{field: what, type: text, must: true}]\n"
        "    states: [{state: open}, {state: raised, over: true}]\n"
        "    acts:\n"
        "      - {act: note, from: []}\n"
        "      - act: raise\n"
        "        roles: [supervisor]\n"
        "        to: raised\n"
        "        takes: []\n"
        "        makes: {record: report, fields: {what: what, of: number}, given: [to]}\n"
        "  - record: report\n"
        "    number: RE-{n}\n"
        "    fields: [{field: what, type: text, must: true}, {field: to, type: text, must: true}, {field: of, type: "
        "text}, {field: incident, type: incident}]\n"
        "    states: [{state: draft}, {state: sent, over: true}]\n"
        "    acts: [{act: send, to: sent, send: \"reports/{number}\"}]\n"
        "    opens: [{incident: {hazard: [fire], when: opened}, fields: {what: title, to: \"=fire brigade\", incident: "
        "incident}}]\n";

static void test_events_make_and_end_a_visit(void **state) {
        struct story s;

        story_open(&s, visits);
        event(&s, "visitor.arrived", "desk", "W3", "4711");
        told(&s, "V-1 v1 inside: opened by event\n");
        heard(&s, "inside has 4711\nrecord.opened V-1\n");
        restart(&s);
        event(&s, "access.granted", "door", "W3", "4711");
        event(&s, "access.granted", "door", "W3-room1", "4711"); /* lies in it */
        event(&s, "access.granted", "door", "W4", "4712");       /* somebody else */
        told(&s, "");
        event(&s, "access.granted", "door", "W4", "4711");
        told(&s, "V-1 v2 inside: stray by event\n");
        heard(&s, "record.changed V-1\n");
        refused(&s, OPERATOR, "visitor", "stray", "V-1", "{'zone': 'W4'}", NULL, "role", "role");
        event(&s, "visitor.left", "desk", "W3", "4712");
        told(&s, "");
        event(&s, "visitor.left", "desk", "W3", "4711");
        told(&s, "V-1 v3 left: leave by event, over\n");
        heard(&s, "inside has not 4711\nrecord.ended V-1\n");
        event(&s, "visitor.arrived", "desk", "W3", "a badge that is too long"); /* is cut */
        told(&s, "V-2 v1 inside: opened by event\n");
        assert_string_equal(text(&s, "V-2", "badge"), "a badge ");
        story_close(&s);
}

static void test_one_record_makes_another(void **state) {
        struct story s;

        story_open(&s, visits);
        does(&s, OPERATOR, "note", "note", NULL, "{'what': 'unrest'}", NULL);
        refused(&s, OPERATOR, "note", "raise", "N-1", "{'to': 'police'}", NULL, "role", "role");
        refused(&s, SUPERVISOR, "note", "raise", "N-1", "{}", NULL, "incomplete", "`to` is missing");
        does(&s, SUPERVISOR, "note", "raise", "N-1", "{'to': 'police'}", NULL);
        told(&s, "N-1 v1 open: note by ann\nN-1 v2 raised: raise by ann, over\nRE-1 v1 draft: opened by ann\n");
        assert_string_equal(text(&s, "RE-1", "of"), "N-1");
        heard(&s, "record.opened N-1\nrecord.ended N-1\nrecord.opened RE-1\n");
        does(&s, OPERATOR, "report", "send", "RE-1", "{}", NULL);
        heard(&s, "record.ended RE-1\nsent reports/RE-1\n");
        story_close(&s);
}

static void incident(struct story *s, const char *what, const char *hazard, bool exercise) {
        _cleanup_buf_ struct buf body = BUF_INIT;
        struct ww_change c = { .subject = WW_SUBJECT_INCIDENT, .id = 7, .what = ww_str(what), .exercise = exercise };

        buf_printf(&body, "{\"hazard\":\"%s\",\"priority\":\"high\",\"title\":\"Smoke!\",\"zone\":\"W3\"}", hazard);
        c.body = buf_str(&body);
        assert_int_equal(records_incident(s->records, &c, &c, s->now), 0);
}

static void test_an_incident_makes_a_report_due(void **state) {
        struct story s;

        story_open(&s, visits);
        incident(&s, "taken", "fire", false);
        incident(&s, "opened", "theft", false);
        told(&s, "");
        incident(&s, "opened", "fire", false);
        told(&s, "RE-1 v1 draft: opened by incident\n");
        assert_string_equal(text(&s, "RE-1", "what"), "Smoke!");
        assert_int_equal(json_integer_value(field(&s, "RE-1", "incident")), 7);
        incident(&s, "opened", "fire", true);
        told(&s, ""); /* a drill is not reported */
        story_close(&s);
}

static int veiled(void *userdata, const struct ww_change *c) {
        json_t **ret = userdata;

        *ret = json_pack("{s:o, s:s}", "body", json_loadb(c->body.p, c->body.n, 0, NULL), "reason", "because");
        return 0;
}

static void test_what_is_restricted_is_veiled(void **state) {
        const struct records_who clerk = { WW_STR("ann"), OPERATOR, false, START };
        const struct records_who supervisor = { WW_STR("sue"), SUPERVISOR, false, START };
        json_t *o = NULL, *answer, *read = json_pack("{s:s, s:s}", "cmd", "record-read", "record", "N-1");
        struct story s;
        char *text;

        story_open(&s, visits);
        does(&s, OPERATOR, "note", "note", NULL, "{'what': 'unrest'}", NULL);
        assert_int_equal(records_find(s.records, ww_change_key(WW_SUBJECT_RECORD, 1), veiled, &o), 0);
        records_veil(o);
        text = json_dumps(o, 0);
        assert_null(strstr(text, "unrest"));
        assert_non_null(strstr(text, "N-1"));
        free(text);
        json_decref(o);
        assert_int_equal(records_command(s.records, read, &clerk, &answer), 0);
        assert_false(json_is_true(json_object_get(answer, "ok")));
        json_decref(answer);
        assert_int_equal(records_command(s.records, read, &supervisor, &answer), 0);
        assert_true(json_is_true(json_object_get(answer, "ok")));
        json_decref(answer);
        json_decref(read);
        story_close(&s);
}

/* --- what is sent by the notifier --- */

static const char sendings[] =
        "records:\n"
        "  - record: report\n"
        "    number: RE-{n}\n"
        "    fields:\n"
        "      - {field: what, type: text, title: What, must: true}\n"
        "      - {field: whom, type: choice, words: [police, fire]}\n"
        "      - {field: answer, type: text}\n"
        "      - {field: zone, type: zone, title: Where}\n"
        "    states: [{state: draft}, {state: sent}, {state: lost}, {state: over, over: true}]\n"
        "    acts:\n"
        "      - {act: draft, from: []}\n"
        "      - {act: send, from: [draft, lost], to: sent, notify: {whom: whom, by: [web, mail], priority: high}}\n"
        "      - {act: copy, from: [sent], notify: {to: [archive, head], by: mail}}\n"
        "      - {act: lose, from: [sent], to: lost, roles: [], on: {kind: record.undelivered, match: {number: "
        "number}}}\n"
        "      - {act: arrive, from: [sent], roles: [], on: {kind: record.delivered, match: {number: number}}, fields: "
        "{answer: answer}}\n"
        "      - {act: give, takes: [whom], brings: [whom]}\n"
        "      - {act: file, to: over}\n";

static void notified(struct story *s, const char *what, uint64_t incident, bool ended) {
        const struct ww_change c = {
                .subject = WW_SUBJECT_NOTIFICATION,
                .what = ww_str(what),
                .incident = incident,
                .ended = ended,
                .body = WW_STR("{\"answer\":\"HTTP 200 taken\",\"attempts\":2,\"channel\":\"web\",\"exercise\":false,"
                               "\"key\":\"k\",\"recipient\":\"police\",\"record\":{\"id\":1,\"kind\":\"report\","
                               "\"number\":\"RE-1\",\"title\":\"Theft\"},\"zone\":\"W3\"}"),
        };

        assert_int_equal(records_notified(s->records, &c), 0);
}

static void test_what_people_are_sent(void **state) {
        struct story s;

        story_open(&s, sendings);
        does(&s, OPERATOR, "report", "draft", NULL, "{'what': 'Theft', 'zone': 'W3'}", NULL);
        heard(&s, "record.opened RE-1\n");
        does(&s, OPERATOR, "report", "send", "RE-1", "{'whom': 'police'}", NULL);
        heard(&s, "record.changed RE-1\nnotify police by web,mail: RE-1 v2 high What=Theft whom=police Where=W3\n");
        does(&s, OPERATOR, "report", "copy", "RE-1", "{}", NULL);
        heard(&s, "record.changed RE-1\n"
                  "notify archive,head by mail: RE-1 v3 medium What=Theft whom=police Where=W3\n");
        refused(&s, OPERATOR, "report", "give", "RE-1", "{}", NULL, "incomplete", "`whom` is missing");
        does(&s, OPERATOR, "report", "give", "RE-1", "{'whom': 'police'}", NULL);
        heard(&s, "record.changed RE-1\n");
        restart(&s);
        notified(&s, "failed", 0, false);  /* it is tried again */
        notified(&s, "given-up", 0, true); /* another channel may do it */
        notified(&s, "sent", 7, true);     /* an incident's */
        heard(&s, "");
        notified(&s, "undelivered", 0, true);
        heard(&s, "record.undelivered RE-1\n");
        notified(&s, "sent", 0, true);
        heard(&s, "record.delivered RE-1\n");
        does(&s, OPERATOR, "report", "file", "RE-1", "{}", NULL);
        heard(&s, "record.ended RE-1\nover 1\n");
        does(&s, OPERATOR, "report", "draft", NULL, "{'what': 'Theft'}", NULL);
        does(&s, OPERATOR, "report", "send", "RE-2", "{}", NULL); /* by hand */
        heard(&s, "record.opened RE-2\nrecord.changed RE-2\n");
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_plan_makes_one_in_each_span),
                cmocka_unit_test(test_a_plan_catches_up),
                cmocka_unit_test(test_a_round_in_its_hours),
                cmocka_unit_test(test_events_make_and_end_a_visit),
                cmocka_unit_test(test_one_record_makes_another),
                cmocka_unit_test(test_an_incident_makes_a_report_due),
                cmocka_unit_test(test_what_is_restricted_is_veiled),
                cmocka_unit_test(test_what_people_are_sent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
