/* The flood: above 10 in 10 min it starts, below 5 it ends; and chatter. */
#include "story.h"

static void annunciate(struct story *s, uint64_t id, bool exercise) {
        raise(s, .id = id, .priority = WW_PRIORITY_LOW, .exercise = exercise); /* low: no incidents in the story */
}

static struct response_figures figures(const struct story *s) {
        struct response_figures f;

        response_figures(s->response, s->now, &f);
        return f;
}

static void test_flood(void **state) {
        struct story s;

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= 10; id++) {
                annunciate(&s, id, false);
                wait_for(&s, 10 * WW_SECOND);
        }
        for (uint64_t id = 11; id <= 30; id++)
                annunciate(&s, id, true); /* drills do not count */
        told(&s, "");
        assert_int_equal(figures(&s).rate, 10);
        assert_false(figures(&s).flood);
        annunciate(&s, 31, false); /* at 100 s */
        told(&s, "flood 1 v1 started by timer\n");
        restart(&s);
        wait_for(&s, 500 * WW_SECOND - 1); /* the first one is 10 min old in a moment */
        assert_int_equal(figures(&s).rate, 11);
        wait_for(&s, 1);
        assert_int_equal(figures(&s).rate, 10);
        assert_true(figures(&s).flood);
        wait_for(&s, 60 * WW_SECOND - 1); /* 5 are left: those at 60, 70, 80, 90, 100 s */
        assert_int_equal(figures(&s).rate, 5);
        told(&s, "");
        wait_for(&s, 1);
        assert_int_equal(figures(&s).rate, 4);
        told(&s, "flood 1 v2 ended by timer, ended\n");
        assert_int_equal(number(&s, "flood 1", "peak"), 11);
        assert_int_equal(figures(&s).subjects, 0);
        story_close(&s);
}

/* Twenty alarms ask again because somebody went: nothing happened, and it is no flood. */
static void test_shift_end(void **state) {
        struct story s;

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= 20; id++)
                transition(&s, &(struct of){ .id = id, .priority = WW_PRIORITY_LOW }, WW_CAUSE_SHIFT_ENDED, ACKED,
                           UNACK, true);
        assert_int_equal(figures(&s).rate, 0);
        told(&s, "");
        for (uint64_t id = 1; id <= 11; id++)
                annunciate(&s, id, false);
        told(&s, "flood 1 v1 started by timer\n");
        story_close(&s);
}

/* It lasts as long as they come, and another one has its own peak. */
static void test_prolonged(void **state) {
        struct story s;

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= 200; id++) {
                annunciate(&s, id, false);
                wait_for(&s, 20 * WW_SECOND);
        }
        told(&s, "flood 1 v1 started by timer\n");
        assert_int_equal(figures(&s).peak, 30);
        wait_for(&s, WW_HOUR);
        told(&s, "flood 1 v2 ended by timer, ended\n");
        for (uint64_t id = 201; id <= 211; id++)
                annunciate(&s, id, false);
        assert_int_equal(figures(&s).peak, 11);
        told(&s, "flood 2 v1 started by timer\n");
        story_close(&s);
}

/* More than are remembered: the rate is at least that. */
static void test_storm(void **state) {
        struct story s;

        story_open(&s, NULL);
        for (uint64_t id = 1; id <= 5000; id++)
                annunciate(&s, id, false);
        assert_int_equal(figures(&s).rate, 1024);
        wait_for(&s, 10 * WW_MINUTE);
        assert_int_equal(figures(&s).rate, 0);
        told(&s, "flood 1 v1 started by timer\nflood 1 v2 ended by timer, ended\n");
        story_close(&s);
}

static void test_chatter(void **state) {
        struct story s;

        story_open(&s, NULL);
        for (int i = 0; i < 3; i++) {
                assert_int_equal(figures(&s).chattering, 0);
                annunciate(&s, 1, false);
                wait_for(&s, 10 * WW_SECOND);
                clear(&s, .id = 1, .priority = WW_PRIORITY_LOW);
        }
        assert_int_equal(figures(&s).chattering, 1);
        restart(&s);
        wait_for(&s, 40 * WW_SECOND - 1);
        assert_int_equal(figures(&s).chattering, 1);
        wait_for(&s, 1); /* the first of the three is a minute old */
        assert_int_equal(figures(&s).chattering, 0);
        story_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_flood), cmocka_unit_test(test_shift_end), cmocka_unit_test(test_prolonged),
                cmocka_unit_test(test_storm), cmocka_unit_test(test_chatter),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
