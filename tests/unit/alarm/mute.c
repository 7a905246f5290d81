/* Mutes, by stories: each is played undisturbed and with a restart before every step, and must come out the same. */
#include "story.h"

#define S(seconds) ((int64_t)(seconds)*WW_SECOND)

enum { UPS, GW, GW2, SUB, D1, D2, DUAL, DEEP, LONE };

static const struct ww_str children[] = { TEXT("device-offline"), TEXT("door-held") };
static const struct ww_str offline[] = { TEXT("controller-offline") };
static const uint32_t controllers[] = { GW, GW2, SUB };

/* 1: a controller mutes its devices */
#define CONTROLLER                                                                                                     \
        {                                                                                                              \
                .rule = TEXT("controller-offline"), .rules = children, .n_rules = 2, .under = true, .settle = S(10),   \
                .wait = S(2), .assets = controllers, .n_assets = 3                                                     \
        }
static const struct ww_mute controller[] = { CONTROLLER };

/* 2: so does the power, more slowly, and controllers too */
static const struct ww_mute power[] = {
        CONTROLLER,
        { .rule = TEXT("power-lost"),
          .hazards = 1u << WW_HAZARD_SYSTEM,
          .classes = 1u << WW_CLASS_GENERAL,
          .under = true,
          .settle = S(20),
          .wait = S(5),
          .any = true },
};

/* 3: an open door mutes theft everywhere, at once; 4: with a settle */
static const struct ww_mute everywhere[] = {
        { .rule = TEXT("open-day"), .hazards = 1u << WW_HAZARD_THEFT, .wait = S(2), .any = true },
};
static const struct ww_mute settling[] = {
        { .rule = TEXT("open-day"), .hazards = 1u << WW_HAZARD_THEFT, .settle = S(10), .wait = S(2), .any = true },
};

/* 5: one rule for everything that can be missed: those below mute none above */
static const struct ww_mute alike[] = {
        { .rule = TEXT("device-offline"),
          .rules = children,
          .n_rules = 1,
          .under = true,
          .settle = S(10),
          .any = true },
};

/* 6: what 1 is after a change of the site */
static const uint32_t moved[] = { 1 };
static const struct ww_mute controller_moved[] = {
        { .rule = TEXT("controller-offline"),
          .rules = children,
          .n_rules = 2,
          .under = true,
          .settle = S(10),
          .wait = S(2),
          .assets = moved,
          .n_assets = 1 },
};

/* 7: as 1, but it waits longer; 8: nothing that it mutes is below anything it opens for */
static const struct ww_mute slower[] = {
        { .rule = TEXT("controller-offline"),
          .rules = children,
          .n_rules = 2,
          .under = true,
          .settle = S(30),
          .wait = S(2),
          .any = true },
};
static const struct ww_mute nowhere[] = {
        { .rule = TEXT("controller-offline"),
          .rules = offline,
          .n_rules = 1,
          .under = true,
          .settle = S(10),
          .wait = S(2),
          .any = true },
};

static const struct story_table tables[] = {
        { controller, 1, NULL }, { power, 2, NULL },   { everywhere, 1, NULL },
        { settling, 1, NULL },   { alike, 1, NULL },   { controller_moved, 1, story_site_changed },
        { slower, 1, NULL },     { nowhere, 1, NULL },
};

struct row {
        const char *name;
        int table;
        const char *story, *expected;
};

static void play(const struct row *rows, size_t n) {
        for (size_t i = 0; i < n; i++)
                for (int reload = 0; reload < 2; reload++) {
                        struct story s;
                        const char *text;

                        story_init(&s, tables, false);
                        if (rows[i].table != 1)
                                story_other_mutes(&s, rows[i].table);
                        s.reload = reload;
                        text = story_play(&s, rows[i].story);
                        if (strcmp(text, rows[i].expected) != 0)
                                fail_msg("%s%s\nexpected:\n%s\ngot:\n%s", rows[i].name,
                                         reload ? " (with restarts)" : "", rows[i].expected, text);
                        story_deinit(&s);
                }
}

#define PLAY(rows)     play(rows, sizeof(rows) / sizeof *(rows))

#define CHILD(at, id)  at " " id " RAISE DSUPR low rule:device-offline by=controller-offline (pending)\n"
#define PARENT(at, id) at " " id " RAISE UNACK low rule:controller-offline !\n"
#define GWMUTE(at, id, by)                                                                                             \
        at " " id " SUPPRESS DSUPR low rule:controller-offline by=controller-offline asset=gw (muted by alarm " by ")" \
           "\n"

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

static void test_where(void **state) {
        static const struct row rows[] = {
                { "an asset that nothing can mute does not wait, nor does one that the site does not know", 1,
                  "2s raise device-offline lone\n"
                  "2s raise device-offline stranger\n"
                  "2s raise controller-offline gw\n"
                  "2s raise controller-offline sub\n",
                  "2s 1 RAISE UNACK low rule:device-offline !\n"
                  "2s 2 RAISE UNACK low rule:device-offline !\n" PARENT("2s", "3") PARENT("2s", "4") },
                { "a grandparent is enough, and the first one that mutes names it", 1,
                  "2s raise controller-offline gw\n"
                  "3s raise device-offline d1\n"
                  "4s raise controller-offline sub\n"
                  "5s clear controller-offline gw at 5s\n"
                  "60s\n",
                  PARENT("2s", "1") "3s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n" PARENT(
                          "4s",
                          "3") "5s 1 CLEAR RTNUN low rule:controller-offline\n"
                               "17s 2 SUPPRESS DSUPR low timer by=controller-offline asset=sub (muted by alarm 3)\n" },
                { "of two parents both must be down; a third generation hangs on them, too", 1,
                  "2s raise device-offline dual\n"
                  "2s raise device-offline deep\n"
                  "4s raise controller-offline gw\n"
                  "15s\n"
                  "20s raise controller-offline gw2\n"
                  "30s clear controller-offline gw at 30s\n"
                  "60s\n",
                  CHILD("2s", "1") CHILD("2s", "2") PARENT(
                          "4s",
                          "3") "12s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n"
                               "12s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) "
                               "!\n" PARENT("20s", "4") GWMUTE("20s", "1", "3")
                                       GWMUTE("20s", "2", "3") "30s 3 CLEAR RTNUN low rule:controller-offline\n"
                                                               "42s 1 UNSUPPRESS UNACK low timer (was suppressed by "
                                                               "controller-offline asset=gw) !\n"
                                                               "42s 2 UNSUPPRESS UNACK low timer (was suppressed by "
                                                               "controller-offline asset=gw) !\n" },
                { "two parents, and the power above both of them", 2,
                  "2s raise power-lost ups\n"
                  "8s raise device-offline deep\n"
                  "9s raise controller-offline gw\n"
                  "20s clear power-lost ups at 20s\n"
                  "100s\n",
                  "2s 1 RAISE UNACK low rule:power-lost !\n"
                  "8s 2 RAISE DSUPR low rule:device-offline by=power-lost asset=ups\n"
                  "9s 3 RAISE DSUPR low rule:controller-offline by=power-lost asset=ups\n"
                  "20s 1 CLEAR RTNUN low rule:power-lost\n"
                  "45s 2 UNSUPPRESS UNACK low timer (was suppressed by power-lost asset=ups) !\n"
                  "45s 3 UNSUPPRESS UNACK low timer (was suppressed by power-lost asset=ups) !\n" },
                { "a suppressed parent mutes all the same, and what is slower is waited for", 2,
                  "2s raise device-offline d2\n"
                  "3s raise controller-offline gw\n"
                  "8s raise power-lost ups\n"
                  "9s clear controller-offline gw at 9s\n"
                  "60s\n",
                  "2s 1 RAISE DSUPR low rule:device-offline by=power-lost (pending)\n"
                  "3s 2 RAISE DSUPR low rule:controller-offline by=power-lost (pending)\n" GWMUTE(
                          "3s", "1",
                          "2") "8s 3 RAISE UNACK low rule:power-lost !\n"
                               "8s 2 SUPPRESS DSUPR low rule:power-lost by=power-lost asset=ups (muted by alarm 3)\n"
                               "9s 2 CLEAR DSUPR low rule:controller-offline by=power-lost asset=ups\n"
                               "21s 1 SUPPRESS DSUPR low timer by=power-lost asset=ups (muted by alarm 3)\n" },
                { "one rule for all: those above mute those below, never themselves", 5,
                  "2s raise device-offline gw\n"
                  "3s raise device-offline d2\n"
                  "4s raise device-offline ups\n"
                  "30s\n",
                  "2s 1 RAISE DSUPR low rule:device-offline by=device-offline (pending)\n"
                  "3s 2 RAISE DSUPR low rule:device-offline by=device-offline asset=gw\n"
                  "4s 3 RAISE UNACK low rule:device-offline !\n"
                  "4s 1 SUPPRESS DSUPR low rule:device-offline by=device-offline asset=ups (muted by alarm 3)\n" },
        };

        PLAY(rows);
}

static void test_what_matches(void **state) {
        static const struct row rows[] = {
                { "another rule, another hazard", 1,
                  "2s raise controller-offline gw\n"
                  "3s raise battery-low d2\n",
                  PARENT("2s", "1") "3s 2 RAISE UNACK low rule:battery-low !\n" },
                { "a protected class is never muted, and never waits", 1,
                  "2s raise device-offline d2 +fire\n"
                  "3s raise controller-offline gw\n"
                  "4s raise door-held d2 +fire\n",
                  "2s 1 RAISE UNACK low rule:device-offline !\n" PARENT(
                          "3s", "2") "4s 3 RAISE UNACK low rule:door-held !\n" },
                { "a drill mutes drills only", 1,
                  "2s raise controller-offline gw +drill\n"
                  "3s raise device-offline d2\n"
                  "3s raise device-offline d2 +drill\n"
                  "20s\n",
                  PARENT("2s", "1")
                          CHILD("3s", "2") "3s 3 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                                           "13s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline "
                                           "(pending)) !\n" },
                { "everywhere and at once, and over when nothing can come of its time", 3,
                  "2s raise door-held lone\n"
                  "5s raise open-day gate at 3s\n"
                  "6s raise door-held stranger\n"
                  "7s raise device-offline lone\n"
                  "10s clear open-day gate at 8s\n"
                  "20s\n",
                  "2s 1 RAISE UNACK low rule:door-held !\n"
                  "5s 2 RAISE UNACK low rule:open-day !\n"
                  "5s 1 SUPPRESS DSUPR low rule:open-day by=open-day asset=gate (muted by alarm 2)\n"
                  "6s 3 RAISE DSUPR low rule:door-held by=open-day asset=gate\n"
                  "7s 4 RAISE UNACK low rule:device-offline !\n"
                  "10s 2 CLEAR RTNUN low rule:open-day\n"
                  "10s 1 UNSUPPRESS UNACK low timer (was suppressed by open-day asset=gate) !\n"
                  "10s 3 UNSUPPRESS UNACK low timer (was suppressed by open-day asset=gate) !\n" },
                { "everywhere, with a settle", 4,
                  "2s raise door-held stranger\n"
                  "20s\n",
                  "2s 1 RAISE DSUPR low rule:door-held by=open-day (pending)\n"
                  "12s 1 UNSUPPRESS UNACK low timer (was suppressed by open-day (pending)) !\n" },
                { "a raise after the end of the mute that still hides its alarm", 3,
                  "2s raise open-day gate\n"
                  "3s raise door-held lone\n"
                  "4s clear door-held lone\n"
                  "6s clear open-day gate at 6s\n"
                  "7s raise door-held lone at 7s\n"
                  "20s\n",
                  "2s 1 RAISE UNACK low rule:open-day !\n"
                  "3s 2 RAISE DSUPR low rule:door-held by=open-day asset=gate\n"
                  "4s 2 CLEAR DSUPR low rule:door-held by=open-day asset=gate\n"
                  "6s 1 CLEAR RTNUN low rule:open-day\n"
                  "7s 2 RAISE DSUPR low rule:door-held by=open-day asset=gate\n"
                  "7s 2 UNSUPPRESS UNACK low timer (was suppressed by open-day asset=gate) !\n" },
        };

        PLAY(rows);
}

static void test_reloads(void **state) {
        static const struct row rows[] = {
                { "the mute is gone: what it hid is announced, what waited too", 1,
                  "2s raise controller-offline gw\n"
                  "3s raise device-offline d2\n"
                  "4s raise device-offline dual\n"
                  "5s mutes 0\n"
                  "60s\n",
                  PARENT("2s", "1") "3s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n" CHILD(
                          "4s",
                          "3") "5s 2 UNSUPPRESS UNACK low reload (was suppressed by controller-offline asset=gw) !\n"
                               "5s 3 UNSUPPRESS UNACK low reload (was suppressed by controller-offline (pending)) "
                               "!\n" },
                { "a mute that is new finds what is open and what stands already, and makes nothing wait", 0,
                  "2s raise controller-offline gw\n"
                  "3s raise device-offline d2\n"
                  "4s raise device-offline dual\n"
                  "5s mutes 1\n"
                  "60s\n",
                  PARENT("2s",
                         "1") "3s 2 RAISE UNACK low rule:device-offline !\n"
                              "4s 3 RAISE UNACK low rule:device-offline !\n"
                              "5s 2 SUPPRESS DSUPR low reload by=controller-offline asset=gw (muted by alarm 1)\n" },
                { "the same mutes: nothing", 1,
                  "2s raise controller-offline gw\n"
                  "3s raise device-offline d2\n"
                  "4s raise device-offline dual\n"
                  "5s mutes 1\n"
                  "20s\n",
                  PARENT("2s", "1") "3s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n" CHILD(
                          "4s", "3") "14s 3 UNSUPPRESS UNACK low timer (was suppressed by controller-offline "
                                     "(pending)) !\n" },
                { "another settle holds for those that wait", 1,
                  "2s raise device-offline d2\n"
                  "5s mutes 7\n"
                  "60s\n",
                  CHILD("2s",
                        "1") "32s 1 UNSUPPRESS UNACK low timer (was suppressed by controller-offline (pending)) !\n" },
                { "another site: the asset hangs on another controller now", 1,
                  "2s raise controller-offline gw\n"
                  "3s raise device-offline d2\n"
                  "4s raise device-offline lone\n"
                  "5s mutes 6\n"
                  "6s raise controller-offline gw2\n"
                  "60s\n",
                  PARENT("2s", "1") "3s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                                    "4s 3 RAISE UNACK low rule:device-offline !\n"
                                    "5s 2 SUPPRESS DSUPR low reload by=controller-offline (pending)\n" PARENT(
                                            "6s", "4") "6s 2 SUPPRESS DSUPR low rule:controller-offline "
                                                       "by=controller-offline asset=gw2 (muted by alarm 4)\n" },
                { "an episode that is over mutes on over a reload", 1,
                  "2s raise controller-offline gw\n"
                  "3s raise device-offline d2\n"
                  "4s clear controller-offline gw at 4s\n"
                  "5s mutes 1\n"
                  "60s\n",
                  PARENT("2s",
                         "1") "3s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n"
                              "4s 1 CLEAR RTNUN low rule:controller-offline\n"
                              "16s 2 UNSUPPRESS UNACK low timer (was suppressed by controller-offline asset=gw) !\n" },
                { "the mute matches something else now", 1,
                  "2s raise controller-offline gw\n"
                  "3s raise device-offline d2\n"
                  "3s raise controller-offline sub\n"
                  "5s mutes 8\n"
                  "60s\n",
                  PARENT("2s", "1") "3s 2 RAISE DSUPR low rule:device-offline by=controller-offline asset=gw\n" PARENT(
                          "3s",
                          "3") "5s 2 UNSUPPRESS UNACK low reload (was suppressed by controller-offline asset=gw) !\n"
                               "5s 3 SUPPRESS DSUPR low reload by=controller-offline asset=gw (muted by alarm 1)\n" },
        };

        PLAY(rows);
}

/* The same key with another asset: what it muted there is free, what is below the new one is not. */
static void test_an_episode_that_moves(void **state) {
        static const char zone[] = "zone=W3";
        struct story s;
        struct ww_detection d = { .rule = TEXT("controller-offline"),
                                  .key = ww_str(zone),
                                  .priority = WW_PRIORITY_LOW };
        struct alarms_figures f;

        story_init(&s, tables, false);
        story_row(&s, (char[]){ "2s raise device-offline d2" });
        story_row(&s, (char[]){ "13s raise device-offline d1" });
        d.what = WW_DETECTION_RAISE;
        d.asset = WW_STR("gw");
        assert_int_equal(alarms_detection(s.alarms, &d, s.now), 0);
        d.what = WW_DETECTION_CLEAR;
        assert_int_equal(alarms_detection(s.alarms, &d, s.now), 0);
        alarms_figures(s.alarms, &f);
        assert_int_equal(f.suppressed, 2);
        d.what = WW_DETECTION_RAISE;
        d.asset = WW_STR("sub");
        d.time = s.now;
        assert_int_equal(alarms_detection(s.alarms, &d, s.now), 0);
        assert_false(alarms_find(s.alarms, 1)->regions.suppressed);
        assert_true(alarms_find(s.alarms, 2)->regions.suppressed);
        alarms_figures(s.alarms, &f);
        assert_int_equal(f.muting, 1);
        assert_int_equal(f.pending, 0);
        story_restart(&s);
        story_deinit(&s);
}

static void test_figures(void **state) {
        struct alarms_figures f;
        struct story s;

        story_init(&s, tables, false);
        (void)story_play(&s,
                         "2s raise controller-offline gw\n3s raise device-offline d2\n4s raise device-offline dual\n");
        alarms_figures(s.alarms, &f);
        assert_int_equal(f.suppressed, 2);
        assert_int_equal(f.pending, 1);
        assert_int_equal(f.muting, 1);
        assert_int_equal(f.muted, 1);
        assert_int_equal(f.unacknowledged, 1);
        story_deinit(&s);
}

static void test_damaged_states_are_refused(void **state) {
        _cleanup_buf_ struct buf saved = BUF_INIT;
        struct story s;

        story_init(&s, tables, false);
        (void)story_play(&s,
                         "2s raise controller-offline gw\n3s raise device-offline d2\n4s raise device-offline dual\n"
                         "5s raise controller-offline sub\n6s clear controller-offline sub\n");
        assert_int_equal(alarms_save(s.alarms, &saved), 0);
        s.quiet = true;
        for (size_t i = 0; i < 2 * saved.n; i++) { /* each length, then each byte */
                struct rd in = rd_init((struct ww_str){ (char *)saved.p, i < saved.n ? i : saved.n });
                int r;

                saved.p[i % saved.n] ^= i < saved.n ? 0 : 0x55;
                alarms_free(s.alarms);
                assert_int_equal(alarms_new(&s.alarms, story_sink, &s), 0);
                assert_int_equal(story_set_mutes(&s), 0);
                r = alarms_load(s.alarms, &in);
                assert_true(i < saved.n ? r == -EBADMSG : r <= 0);
                saved.p[i % saved.n] ^= i < saved.n ? 0 : 0x55;
        }
        story_deinit(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_child_before_parent),
                cmocka_unit_test(test_parent_before_child),
                cmocka_unit_test(test_what_stands_already),
                cmocka_unit_test(test_where),
                cmocka_unit_test(test_what_matches),
                cmocka_unit_test(test_reloads),
                cmocka_unit_test(test_an_episode_that_moves),
                cmocka_unit_test(test_figures),
                cmocka_unit_test(test_damaged_states_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
