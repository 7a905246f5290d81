/* `regrade: after`, by stories: each is played undisturbed and with a restart before every step. */
#include "story.h"

#define S(seconds) ((int64_t)(seconds)*WW_SECOND)

/* in no order: the stage sorts them */
static const struct ww_regrade_after rows[] = {
        { S(60), WW_PRIORITY_HIGH },
        { S(30), WW_PRIORITY_MEDIUM },
        { S(120), WW_PRIORITY_CRITICAL },
        { S(90), WW_PRIORITY_LOW },
};
static const struct ww_regrade_after soon[] = { { S(10), WW_PRIORITY_CRITICAL } };

static const struct ww_mute mutes[] = {
        { .rule = TEXT("controller-offline"), .under = true, .settle = S(10), .wait = S(2), .any = true },
};
static const struct story_table tables[] = { { mutes, 1, NULL } };

struct row {
        const char *name, *story, *expected;
};

#define RISES(at, to) at " 1 REGRADE UNACK " to " timer (nobody has acknowledged) !\n"
#define RAISED        "0s 1 RAISE UNACK low rule:door-held !\n"

static const struct row stories[] = {
        { "each row at its time, and none twice",
          "0s raise door-held lone\n"
          "29999ms\n"
          "10m\n",
          RAISED RISES("30s", "medium") RISES("1m", "high") RISES("2m", "critical") },
        { "stopped by the acknowledgement, which lowers nothing; counted anew when it is taken back",
          "0s raise door-held lone\n"
          "40s ack 1\n"
          "5m unack 1\n"
          "10m\n",
          RAISED RISES("30s", "medium") "40s 1 ACKNOWLEDGE ACKED medium ann\n"
                                        "5m 1 UNACKNOWLEDGE UNACK medium ann\n" RISES("6m", "high")
                                                RISES("7m", "critical") },
        { "acknowledged at the very instant: the timer was first",
          "0s raise door-held lone\n"
          "30s ack 1\n"
          "1m\n",
          RAISED RISES("30s", "medium") "30s 1 ACKNOWLEDGE ACKED medium ann\n" },
        { "an alarm that has cleared is not counted; the next raise counts from the beginning, on its floor",
          "0s raise door-held lone\n"
          "40s clear door-held lone\n"
          "5m raise door-held lone\n"
          "390s ack 1\n",
          RAISED RISES("30s", "medium") "40s 1 CLEAR RTNUN medium rule:door-held\n"
                                        "5m 1 RAISE UNACK medium rule:door-held !\n" RISES(
                                                "6m", "high") "390s 1 ACKNOWLEDGE ACKED high ann\n" },
        { "correlation grades above the floor, never below it until somebody has answered",
          "0s raise door-held lone\n"
          "31s regrade door-held lone low\n"
          "32s regrade door-held lone critical\n"
          "33s regrade door-held lone low\n"
          "34s ack 1\n"
          "35s regrade door-held lone low\n"
          "10m\n",
          RAISED RISES("30s", "medium") "32s 1 REGRADE UNACK critical rule:door-held !\n"
                                        "33s 1 REGRADE UNACK medium rule:door-held\n"
                                        "34s 1 ACKNOWLEDGE ACKED medium ann\n"
                                        "35s 1 REGRADE ACKED low rule:door-held\n" },
        { "a row that holds less than what holds changes nothing, but is a floor",
          "0s raise door-held lone high\n"
          "31s regrade door-held lone low\n"
          "65s\n",
          "0s 1 RAISE UNACK high rule:door-held !\n"
          "31s 1 REGRADE UNACK medium rule:door-held\n" RISES("1m", "high") },
        { "hidden, it is not counted",
          "0s raise door-held lone\n"
          "20s shelve 1\n"
          "3m\n",
          RAISED "20s 1 SHELVE SHLVD low ann\n"
                 "80s 1 SHELVING_ENDED UNACK low timer !\n" RISES("110s", "medium") RISES("140s", "high") },
        { "pending, it is not counted",
          "0s raise door-held d2 at 0s\n"
          "1m\n",
          "0s 1 RAISE DSUPR low rule:door-held by=controller-offline (pending)\n"
          "12s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n" RISES("42s",
                                                                                                        "medium") },
};

static void test_stories(void **state) {
        for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
                for (int reload = 0; reload < 2; reload++) {
                        struct story s;
                        const char *text;

                        story_init(&s, tables, reload);
                        s.after = rows;
                        s.n_after = 4;
                        text = story_play(&s, stories[i].story);
                        if (strcmp(text, stories[i].expected) != 0)
                                fail_msg("%s%s\nexpected:\n%s\ngot:\n%s", stories[i].name,
                                         reload ? " (with restarts)" : "", stories[i].expected, text);
                        story_deinit(&s);
                }
}

/* The rule has other rows after a reload: its next word brings them, and what is overdue is due. */
static void test_other_rows(void **state) {
        struct alarms_figures f;
        struct story s;

        story_init(&s, tables, false);
        story_row(&s, (char[]){ "0s raise door-held lone" });
        s.after = soon;
        s.n_after = 1;
        story_row(&s, (char[]){ "20s regrade door-held lone low" });
        assert_int_equal(alarms_find(s.alarms, 1)->priority, WW_PRIORITY_CRITICAL);
        alarms_figures(s.alarms, &f);
        assert_int_equal(f.regraded, 1);
        s.n_after = 0;
        story_row(&s, (char[]){ "21s regrade door-held lone low" });
        assert_int_equal(alarms_find(s.alarms, 1)->priority, WW_PRIORITY_CRITICAL); /* its floor stays */
        assert_int_equal(alarms_deadline(s.alarms), WW_TIME_NEVER);
        story_deinit(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_stories),
                cmocka_unit_test(test_other_rows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
