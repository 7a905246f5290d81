/* What is bounded, and what it costs: ten thousand incidents, alarms that flutter, queues that empty themselves. */
#include "story.h"

#include "response/response_internal.h"

static const char steps[] = "procedures:\n"
                            "  - procedure: lock\n"
                            "    steps:\n"
                            "      - step: lock\n"
                            "        text: Lock\n"
                            "        action: {topic: 'locks/{zone}/set', payload: x, confirm: {kind: lock.locked}}\n";

static struct response_figures figures(const struct story *s) {
        struct response_figures f;

        response_figures(s->response, s->now, &f);
        return f;
}

/* An alarm without a zone gathers with its own rule only: each its own incident. */
static void raise_alone(struct story *s, uint64_t id, enum ww_priority priority, bool clears) {
        char rule[32];

        (void)snprintf(rule, sizeof rule, "r%" PRIu64, id);
        raise(s, .id = id, .rule = rule, .priority = priority);
        if (clears)
                clear(s, .id = id, .rule = rule, .priority = priority);
        s->now++;
}

static bool is_open(const struct story *s, uint64_t id) {
        const struct subject *incident = subject_find(s->response, WW_SUBJECT_INCIDENT, id);

        return incident && !incident->ended;
}

/* Ten thousand are open. The next one closes a hundred: of those whose alarms are over the lowest, the oldest first. */
static void test_crowd(void **state) {
        struct story s;
        char first[80];

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= INCIDENT_OPEN_MAX; id++)
                raise_alone(&s, id, id <= 50 ? WW_PRIORITY_HIGH : WW_PRIORITY_MEDIUM, id <= 120);
        assert_int_equal(figures(&s).incidents, INCIDENT_OPEN_MAX);
        assert_int_equal(figures(&s).crowded, 0);
        refused(&s, OPERATOR, "{'cmd':'incident-open','hazard':'fire','title':'Smell'}", "limit");
        buf_reset(&s.told);
        raise_alone(&s, 20000, WW_PRIORITY_MEDIUM, false);
        buf_put_u8(&s.told, 0);
        (void)snprintf(first, sizeof first, "%.69s", (char *)s.told.p);
        assert_string_equal(first, "incident 51 v3 crowded-out by timer, ended\nincident 52 v3 crowded-out");
        assert_int_equal(figures(&s).incidents, INCIDENT_OPEN_MAX - 99);
        assert_int_equal(figures(&s).crowded, 100);
        assert_false(is_open(&s, 120)); /* the 70 medium ones, then 30 of the high ones, all of them over */
        assert_false(is_open(&s, 30));
        assert_true(is_open(&s, 31));
        assert_true(is_open(&s, 121));
        assert_true(is_open(&s, 10001));
        restart(&s);
        assert_int_equal(figures(&s).crowded, 100);
        does(&s, OPERATOR, "{'cmd':'incident-open','hazard':'fire','title':'Smell'}");
        story_close(&s);
}

/* Those that were closed first are forgotten first, over a restart, too. */
static void test_kept(void **state) {
        struct story s;
        char request[128];

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= INCIDENT_KEEP_MAX + 2; id++)
                raise_alone(&s, id, WW_PRIORITY_MEDIUM, false);
        for (uint64_t id = INCIDENT_KEEP_MAX + 2; id > 0; id--) {
                (void)snprintf(request, sizeof request, "{'cmd':'incident-resolve','incident':%" PRIu64 "}", id);
                does(&s, OPERATOR, request);
                (void)snprintf(request, sizeof request,
                               "{'cmd':'dispose','incident':%" PRIu64 ",'code':'test','done':'x','reason':'x'}", id);
                does(&s, OPERATOR, request);
                (void)snprintf(request, sizeof request, "{'cmd':'incident-close','incident':%" PRIu64 "}", id);
                does(&s, OPERATOR, request);
                s.now++;
                if (id == 500)
                        restart(&s);
        }
        assert_int_equal(figures(&s).forgotten, 2);
        assert_null(subject_find(s.response, WW_SUBJECT_INCIDENT, INCIDENT_KEEP_MAX + 2));
        assert_null(subject_find(s.response, WW_SUBJECT_INCIDENT, INCIDENT_KEEP_MAX + 1));
        assert_non_null(subject_find(s.response, WW_SUBJECT_INCIDENT, INCIDENT_KEEP_MAX));
        does(&s, SUPERVISOR, "{'cmd':'incident-reopen','incident':1000,'reason':'x'}");
        restart(&s);
        wait_for(&s, WW_DAY);
        assert_int_equal(figures(&s).forgotten, 2 + INCIDENT_KEEP_MAX - 1);
        assert_int_equal(figures(&s).incidents, 1);
        assert_int_equal(s.response->closed, 0);
        story_close(&s);
}

/* A command whose answer never came, in an incident that was closed: when it is forgotten, nothing waits any more. */
static void test_waiting_ends(void **state) {
        struct story s;

        story_open(&s, steps);
        raise(&s, .id = 1, .zone = "W3", .procedure = "lock");
        does(&s, OPERATOR, "{'cmd':'step-run','step':1}");
        assert_int_equal(figures(&s).waiting, 1);
        does(&s, OPERATOR, "{'cmd':'incident-resolve','incident':1}");
        does(&s, OPERATOR, "{'cmd':'dispose','incident':1,'code':'test','done':'x','reason':'x'}");
        does(&s, OPERATOR, "{'cmd':'incident-close','incident':1}");
        restart(&s);
        assert_int_equal(figures(&s).waiting, 1);
        wait_for(&s, WW_DAY);
        assert_int_equal(figures(&s).subjects, 0);
        assert_int_equal(figures(&s).waiting, 0);
        story_close(&s);
}

/* At the bound the one that has been still for longest goes; which that is, a restart does not change. */
static void test_flutters(void **state) {
        struct story s;

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= 25000; id++) {
                raise_alone(&s, id % 12000, WW_PRIORITY_LOW, true);
                if (id == 11000)
                        restart(&s);
        }
        assert_int_equal(HASH_COUNT(s.response->flood.flutters), 10000);
        restart(&s);
        wait_for(&s, 2 * WW_MINUTE);
        raise_alone(&s, 1, WW_PRIORITY_LOW, true);
        assert_int_equal(HASH_COUNT(s.response->flood.flutters), 1); /* what is old goes with the next one */
        story_close(&s);
}

/* Chatter is found among ten thousand others. */
static void test_chatter_in_a_storm(void **state) {
        struct story s;

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= 9000; id++)
                raise_alone(&s, id % 3000 == 0 ? 1 : id + 1, WW_PRIORITY_LOW, true);
        assert_int_equal(figures(&s).chattering, 1);
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_crowd),
                cmocka_unit_test(test_kept),
                cmocka_unit_test(test_waiting_ends),
                cmocka_unit_test(test_flutters),
                cmocka_unit_test(test_chatter_in_a_storm),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
