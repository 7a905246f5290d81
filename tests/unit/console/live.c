/* Who sees what of the live state and its lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "console/live.h"

static const unsigned trusted = 0, technician = LIVE_COVERT | LIVE_AUDIT,
                      screen = LIVE_COVERT | LIVE_PEOPLE | LIVE_AUDIT;

static int set_up(void **state) {
        struct live *l;

        assert_int_equal(live_new(&l), 0);
        *state = l;
        return 0;
}

static int tear_down(void **state) {
        live_free(*state);
        return 0;
}

static void take(struct live *l, const char *text) {
        json_t *line = json_loads(text, 0, NULL);

        assert_non_null(line);
        assert_true(live_take(l, line));
        json_decref(line);
}

static bool line_is_shown(const struct live *l, unsigned hidden) {
        return !(live_line((struct live *)l, live_end(l) - 1)->hidden & hidden);
}

static bool text_has(struct live *l, unsigned hidden, const char *word) {
        uint64_t next;
        struct live_text *t = live_snapshot(l, hidden, &next);
        bool found;

        assert_non_null(t);
        found = memmem(t->text, t->n, word, strlen(word));
        live_text_unref(t);
        return found;
}

/* A dispatch says neither its hazard nor that it is covert, and may come before its incident. */
static void test_what_belongs_to_a_covert_incident_is_covert(void **state) {
        struct live *l = *state;
        json_t *all;

        take(l, "{\"live_change\":{\"subject\":\"dispatch\",\"id\":1,\"incident\":7,\"version\":1,\"body\":{\"text\":"
                "\"creep\"}}}");
        take(l, "{\"live_change\":{\"subject\":\"incident\",\"id\":7,\"incident\":7,\"version\":1,\"body\":{\"covert\":"
                "true}}}");
        take(l, "{\"live_change\":{\"subject\":\"dispatch\",\"id\":2,\"incident\":8,\"version\":1,\"body\":{\"text\":"
                "\"stroll\"}}}");
        take(l, "{\"live_end\":\"5.0\"}");
        assert_true(text_has(l, trusted, "creep"));
        assert_false(text_has(l, technician, "creep"));
        assert_true(text_has(l, technician, "stroll"));
        all = live_json(l, technician);
        assert_int_equal(json_array_size(json_object_get(all, "changes")), 1);
        json_decref(all);

        take(l, "{\"at\":\"6.0\",\"change\":{\"subject\":\"step\",\"id\":1,\"incident\":7,\"version\":1,\"body\":{}}}");
        assert_true(line_is_shown(l, trusted));
        assert_false(line_is_shown(l, technician));
        /* also when the incident is over */
        take(l, "{\"at\":\"7.0\",\"change\":{\"subject\":\"incident\",\"id\":7,\"incident\":7,\"version\":2,\"ended\":"
                "true,\"body\":{}}}");
        take(l, "{\"at\":\"8.0\",\"change\":{\"subject\":\"note\",\"id\":1,\"incident\":7,\"version\":1,\"body\":{}}}");
        assert_false(line_is_shown(l, technician));
}

/* What people are told of is of people, and of what it is about. */
static void test_a_notification_of_a_covert_alarm_is_covert(void **state) {
        struct live *l = *state;

        take(l, "{\"live_end\":\"5.0\"}");
        take(l, "{\"at\":\"6.0\",\"change\":{\"subject\":\"notification\",\"id\":1,\"incident\":9,\"version\":1,"
                "\"body\":{\"covert\":true,\"hazard\":\"panic\"}}}");
        assert_true(line_is_shown(l, trusted));
        assert_false(line_is_shown(l, technician));
        take(l, "{\"at\":\"7.0\",\"change\":{\"subject\":\"notification\",\"id\":2,\"incident\":10,\"version\":1,"
                "\"body\":{\"hazard\":\"fire\"}}}");
        assert_true(line_is_shown(l, technician));
        assert_false(line_is_shown(l, screen));
}

static void test_who_logged_in_is_for_the_audit(void **state) {
        struct live *l = *state;

        take(l, "{\"live_end\":\"5.0\"}");
        take(l, "{\"at\":\"6.0\",\"notice\":{\"seq\":6,\"notice\":{\"name\":\"login\",\"subject\":\"ann\",\"text\":"
                "\"\"}}}");
        assert_true(line_is_shown(l, trusted));
        assert_false(line_is_shown(l, LIVE_AUDIT));
        take(l, "{\"at\":\"7.0\",\"notice\":{\"seq\":7,\"notice\":{\"name\":\"log\",\"subject\":\"\",\"text\":\"\"}}}");
        assert_true(line_is_shown(l, LIVE_AUDIT));
        assert_false(line_is_shown(l, screen));
}

static void test_lines_of_before_know_their_incident_too(void **state) {
        struct live *l = *state;
        json_t *lines = json_loads(
                "[{\"at\":\"1.0\",\"change\":{\"subject\":\"incident\",\"id\":7,\"incident\":7,\"version\":1,\"body\":{"
                "\"covert\":true}}},"
                "{\"at\":\"2.0\",\"change\":{\"subject\":\"step\",\"id\":1,\"incident\":7,\"version\":1,\"body\":{}}}]",
                0, NULL);

        take(l, "{\"live_end\":\"5.0\"}");
        live_past(l, lines);
        json_decref(lines);
        assert_int_equal(live_end(l) - live_first(l), 2);
        for (uint64_t i = live_first(l); i < live_end(l); i++)
                assert_true(live_line(l, i)->hidden & LIVE_COVERT);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_what_belongs_to_a_covert_incident_is_covert, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_a_notification_of_a_covert_alarm_is_covert, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_who_logged_in_is_for_the_audit, set_up, tear_down),
                cmocka_unit_test_setup_teardown(test_lines_of_before_know_their_incident_too, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
