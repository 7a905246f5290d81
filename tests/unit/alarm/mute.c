/* Mutes in time: which of the two comes first, what is settled when, and what stands already. */
#include "mutes.h"

static void test_child_before_parent(void **state) {
        static const struct row rows[] = {
                { "the parent in time", 1,
                  "2s raise device-offline d2\n"
                  "11s raise controller-offline gw at 9s\n"
                  "60s\n",
                  CHILD("2s", "1") PARENT("11s", "2") GWMUTE("11s", "1", "2") },
                { "the parent at the very end of settle", 1,
                  "2s raise device-offline d2\n"
                  "12s raise controller-offline gw at 10s\n"
                  "60s\n",
                  CHILD("2s", "1") PARENT("12s", "2") GWMUTE("12s", "1", "2") },
                { "a moment later", 1,
                  "2s raise device-offline d2\n"
                  "12001ms raise controller-offline gw at 10001ms\n"
                  "60s\n",
                  CHILD("2s", "1") "12s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) "
                                   "!\n" PARENT("12001ms", "2") GWMUTE("12001ms", "1", "2") },
                { "the parent by a message of the instant at which it is settled: too late", 1,
                  "2s raise device-offline d2\n"
                  "12s raise controller-offline gw at 10s +message\n",
                  CHILD("2s", "1") "12s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) "
                                   "!\n" PARENT("12s", "2") GWMUTE("12s", "1", "2") },
                { "no parent", 1,
                  "2s raise device-offline d2\n"
                  "60s\n",
                  CHILD("2s",
                        "1") "12s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n" },
                { "the child clears before it is settled: nobody ever hears of it", 1,
                  "2s raise device-offline d2\n"
                  "5s clear device-offline d2\n"
                  "60s\n",
                  CHILD("2s",
                        "1") "5s 1 CLEAR DSUPR low rule:device-offline by=controller-offline (pending)\n"
                             "12s 1 UNSUPPRESS NORM low timer (was suppressed by controller-offline (pending))\n" },
                { "the parent comes and goes while the child is pending: it outlasts its episode", 1,
                  "2s raise device-offline d2\n"
                  "4s raise controller-offline gw\n"
                  "7s clear controller-offline gw at 5s\n"
                  "60s\n",
                  CHILD("2s", "1") PARENT("4s", "2") GWMUTE(
                          "4s", "1",
                          "2") "7s 2 CLEAR RTNUN low rule:controller-offline\n"
                               "17s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline asset=gw) !\n" },
        };

        PLAY(rows);
}

static void test_parent_before_child(void **state) {
        static const struct row rows[] = {
                { "muted at once, and announced when the mute has outlasted its episode", 1,
                  "2s raise controller-offline gw\n"
                  "4s raise device-offline d2\n"
                  "30s clear controller-offline gw at 28s\n"
                  "60s\n",
                  PARENT("2s",
                         "1") "4s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "30s 1 CLEAR RTNUN low rule:controller-offline\n"
                              "40s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline asset=gw) !\n" },
                { "the child clears first: nobody ever hears of it", 1,
                  "2s raise controller-offline gw\n"
                  "4s raise device-offline d2\n"
                  "8s clear device-offline d2\n"
                  "30s clear controller-offline gw\n"
                  "60s\n",
                  PARENT("2s",
                         "1") "4s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "8s 2 CLEAR DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "30s 1 CLEAR RTNUN low rule:controller-offline\n"
                              "40s 2 UNSUPPRESS NORM low timer (was suppressed by controller-offline asset=gw)\n" },
                { "a child in the last moment of settle, and one at its end", 1,
                  "2s raise controller-offline gw\n"
                  "10s clear controller-offline gw at 8s\n"
                  "19s raise device-offline d2 at 17999ms\n"
                  "19500ms raise door-held d1 at 18s\n"
                  "60s\n",
                  PARENT("2s",
                         "1") "10s 1 CLEAR RTNUN low rule:controller-offline\n"
                              "19s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "19500ms 3 RAISE DSUPR low rule:door-held by=controller-offline (pending)\n"
                              "20s 2 SUPPRESS DSUPR low timer by=controller-offline (pending)\n"
                              "29999ms 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) "
                              "!\n"
                              "30s 3 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n" },
                { "a second episode within settle: the child hears of nothing", 1,
                  "2s raise controller-offline gw\n"
                  "4s raise device-offline d2\n"
                  "10s clear controller-offline gw\n"
                  "15s raise controller-offline gw\n"
                  "60s\n",
                  PARENT("2s", "1") "4s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                                    "10s 1 CLEAR RTNUN low rule:controller-offline\n" PARENT("15s", "1") },
                { "the episode ends long ago, by a late event: at once", 1,
                  "2s raise controller-offline gw\n"
                  "4s raise device-offline d2\n"
                  "50s clear controller-offline gw at 20s\n",
                  PARENT("2s",
                         "1") "4s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "50s 1 CLEAR RTNUN low rule:controller-offline\n"
                              "50s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline asset=gw) !\n" },
                { "a late child of a time when the parent was down already", 1,
                  "20s raise controller-offline gw\n"
                  "50s raise device-offline d2 at 19s\n"
                  "60s\n",
                  PARENT("20s", "1") "50s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n" },
                { "a late child for which it is settled already", 1,
                  "50s raise device-offline d2 at 19s\n"
                  "60s\n",
                  "50s 1 RAISE UNACK low rule:device-offline !\n" },
                { "the rule of the parent is gone: its mute outlasts it", 1,
                  "2s raise controller-offline gw\n"
                  "4s raise device-offline d2\n"
                  "20s removed controller-offline gw at 20s\n"
                  "60s\n",
                  PARENT("2s",
                         "1") "4s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "20s 1 CONFIG_REMOVED RTNUN low rule:controller-offline !\n"
                              "32s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline asset=gw) !\n" },
        };

        PLAY(rows);
}

static void test_what_stands_already(void **state) {
        static const struct row rows[] = {
                { "an acknowledged alarm comes back unacknowledged, one that is over as it was", 1,
                  "2s raise device-offline d2\n"
                  "2s raise door-held d2\n"
                  "13s ack 1\n"
                  "14s clear door-held d2\n"
                  "20s raise controller-offline gw\n"
                  "30s clear controller-offline gw at 30s\n"
                  "60s\n",
                  CHILD("2s",
                        "1") "2s 2 RAISE DSUPR low rule:door-held by=controller-offline (pending)\n"
                             "12s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n"
                             "12s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n"
                             "13s 1 ACKNOWLEDGE ACKED low ann\n"
                             "14s 2 CLEAR RTNUN low rule:door-held\n" PARENT("20s", "3") GWMUTE("20s", "1", "3")
                                     GWMUTE("20s", "2", "3") "30s 3 CLEAR RTNUN low rule:controller-offline\n"
                                                             "42s 1 UNSUPPRESS UNACK low timer (was suppressed by "
                                                             "controller-offline asset=gw) !\n"
                                                             "42s 2 UNSUPPRESS RTNUN low timer (was suppressed by "
                                                             "controller-offline asset=gw)\n" },
                { "it follows episodes, not what operators do to the parent", 1,
                  "2s raise controller-offline gw\n"
                  "3s ack 1\n"
                  "4s raise device-offline d2\n"
                  "5s shelve 1\n"
                  "6s raise device-offline d1\n"
                  "70s\n",
                  PARENT("2s", "1") "3s 1 ACKNOWLEDGE ACKED low ann\n"
                                    "4s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                                    "5s 1 SHELVE SHLVD low ann\n"
                                    "6s 3 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                                    "65s 1 SHELVING_ENDED UNACK low timer !\n" },
                { "an instant mutes until its reset", 1,
                  "2s raise controller-offline gw +instant\n"
                  "3s ack 1\n"
                  "4s raise device-offline d2\n"
                  "20s reset 1\n"
                  "60s\n",
                  PARENT("2s",
                         "1") "3s 1 ACKNOWLEDGE ACKED low ann\n"
                              "4s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "20s 1 RESET NORM low ann\n"
                              "32s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline asset=gw) !\n" },
                { "a child raised again waits again; one that comes again to who had answered it, too", 1,
                  "2s raise device-offline d2\n"
                  "20s clear device-offline d2\n"
                  "30s raise device-offline d2\n"
                  "50s raise door-held d2 +instant\n"
                  "61s ack 2\n"
                  "70s again door-held d2 +instant\n"
                  "90s\n",
                  CHILD("2s",
                        "1") "12s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n"
                             "20s 1 CLEAR RTNUN low rule:device-offline\n" CHILD(
                                     "30s",
                                     "1") "40s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline "
                                          "(pending)) !\n"
                                          "50s 2 RAISE DSUPR low rule:door-held by=controller-offline (pending)\n"
                                          "1m 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline "
                                          "(pending)) !\n"
                                          "61s 2 ACKNOWLEDGE ACKED low ann\n"
                                          "70s 2 AGAIN DSUPR low rule:door-held by=controller-offline (pending)\n"
                                          "80s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline "
                                          "(pending)) !\n" },
        };

        PLAY(rows);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_child_before_parent),
                cmocka_unit_test(test_parent_before_child),
                cmocka_unit_test(test_what_stands_already),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
