/* The quality of alarms: whose device cannot be reached, and whose asset gives no sign of life; with and without
 * restarts. */
#include "story.h"

static const struct story_table tables[] = { { NULL, 0, NULL }, { NULL, 0, story_site_changed } };

static const struct row {
        const char *name, *story, *expected;
} rows[] = {
        { "a device that cannot be reached, and is back",
          "1s raise door-open d1\n"
          "2s raise door-held d1\n"
          "3s raise door-open d2\n"
          "4s lost d1\n"
          "5s lost d1\n"
          "6s back d1\n"
          "7s back d1\n",
          "1s 1 RAISE UNACK low rule:door-open !\n"
          "2s 2 RAISE UNACK low rule:door-held !\n"
          "3s 3 RAISE UNACK low rule:door-open !\n"
          "4s 1 SOURCE_LOST UNACK low source stale (d1 cannot be reached)\n"
          "4s 2 SOURCE_LOST UNACK low source stale (d1 cannot be reached)\n"
          "6s 1 SOURCE_BACK UNACK low source (d1 is back)\n"
          "6s 2 SOURCE_BACK UNACK low source (d1 is back)\n" },
        { "it ends by no absence: it stays as it stood, and can be acknowledged",
          "1s raise door-open d1\n"
          "2s lost d1\n"
          "3s ack 1\n"
          "4s clear door-open d1\n",
          "1s 1 RAISE UNACK low rule:door-open !\n"
          "2s 1 SOURCE_LOST UNACK low source stale (d1 cannot be reached)\n"
          "3s 1 ACKNOWLEDGE ACKED low ann stale\n"
          "4s 1 CLEAR NORM low rule:door-open stale\n" },
        { "raised of one that cannot be reached: stale at once, until it is back",
          "1s lost d1\n"
          "2s raise door-open d1\n"
          "3s back d1\n"
          "4s clear door-open d1\n"
          "5s lost d1\n"
          "6s raise door-open d1\n",
          "2s 1 RAISE UNACK low rule:door-open stale !\n"
          "3s 1 SOURCE_BACK UNACK low source (d1 is back)\n"
          "4s 1 CLEAR RTNUN low rule:door-open\n"
          "5s 1 SOURCE_LOST RTNUN low source stale (d1 cannot be reached)\n"
          "6s 1 RAISE UNACK low rule:door-open stale !\n" },
        { "what hangs on a lost gateway alone is lost with it, what has another way is not",
          "1s raise door-open d1\n"
          "2s raise door-open dual\n"
          "3s raise door-open deep\n"
          "4s raise door-open lone\n"
          "5s lost gw\n"
          "6s lost d1\n"
          "7s back gw\n"
          "8s back d1\n"
          "9s raise gw-silent gw +silent\n",
          "1s 1 RAISE UNACK low rule:door-open !\n"
          "2s 2 RAISE UNACK low rule:door-open !\n"
          "3s 3 RAISE UNACK low rule:door-open !\n"
          "4s 4 RAISE UNACK low rule:door-open !\n"
          "5s 1 SOURCE_LOST UNACK low source stale (gw cannot be reached)\n"
          "8s 1 SOURCE_BACK UNACK low source (d1 is back)\n"
          "9s 5 RAISE UNACK low rule:gw-silent !\n"
          "9s 1 SOURCE_LOST UNACK low rule:gw-silent stale (alarm 5: gw gives no sign of life)\n" },
        { "an asset that gives no sign of life",
          "1s raise door-open d1\n"
          "2s raise door-open d2\n"
          "3s raise device-silent d1 +silent\n"
          "4s raise door-held d1\n"
          "5s clear device-silent d1\n",
          "1s 1 RAISE UNACK low rule:door-open !\n"
          "2s 2 RAISE UNACK low rule:door-open !\n"
          "3s 3 RAISE UNACK low rule:device-silent !\n"
          "3s 1 SOURCE_LOST UNACK low rule:device-silent stale (alarm 3: d1 gives no sign of life)\n"
          "4s 4 RAISE UNACK low rule:door-held stale !\n"
          "5s 3 CLEAR RTNUN low rule:device-silent\n"
          "5s 1 SOURCE_BACK UNACK low rule:device-silent (alarm 3: d1 is heard again)\n"
          "5s 4 SOURCE_BACK UNACK low rule:device-silent (alarm 3: d1 is heard again)\n" },
        { "silent and not to be reached: back only when both are over",
          "1s raise door-open d1\n"
          "2s lost d1\n"
          "3s raise device-silent d1 +silent\n"
          "4s back d1\n"
          "5s removed device-silent d1\n",
          "1s 1 RAISE UNACK low rule:door-open !\n"
          "2s 1 SOURCE_LOST UNACK low source stale (d1 cannot be reached)\n"
          "3s 2 RAISE UNACK low rule:device-silent !\n"
          "5s 2 CONFIG_REMOVED RTNUN low rule:device-silent !\n"
          "5s 1 SOURCE_BACK UNACK low rule:device-silent (alarm 2: d1 is heard again)\n" },
        { "what tells of the loss is of no doubtful quality",
          "1s lost d1\n"
          "2s raise device-offline d1 +link\n"
          "3s raise device-silent d1 +silent\n"
          "4s back d1\n"
          "5s lost d1\n",
          "2s 1 RAISE UNACK low rule:device-offline !\n"
          "3s 2 RAISE UNACK low rule:device-silent !\n" },
        { "a reload takes the asset away, and brings it back",
          "1s raise door-open d1\n"
          "2s raise device-silent d1 +silent\n"
          "3s mutes 2\n"
          "4s mutes 1\n",
          "1s 1 RAISE UNACK low rule:door-open !\n"
          "2s 2 RAISE UNACK low rule:device-silent !\n"
          "2s 1 SOURCE_LOST UNACK low rule:device-silent stale (alarm 2: d1 gives no sign of life)\n"
          "3s 1 SOURCE_BACK UNACK low reload (the site has changed)\n"
          "4s 1 SOURCE_LOST UNACK low reload stale (the site has changed)\n" },
};

static void test_stories(void **state) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                for (int reload = 0; reload < 2; reload++) {
                        struct story s;
                        const char *text;

                        story_init(&s, tables, reload);
                        text = story_play(&s, rows[i].story);
                        if (strcmp(text, rows[i].expected) != 0)
                                fail_msg("%s%s\nexpected:\n%s\ngot:\n%s", rows[i].name,
                                         reload ? " (with restarts)" : "", rows[i].expected, text);
                        story_deinit(&s);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_stories),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
