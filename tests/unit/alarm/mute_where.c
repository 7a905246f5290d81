/* Mutes in space: what is under what, which alarms match, and what becomes of both at a reload. */
#include "mutes.h"

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
        assert_true(saved.n > 0);
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
                cmocka_unit_test(test_where),   cmocka_unit_test(test_what_matches),
                cmocka_unit_test(test_reloads), cmocka_unit_test(test_an_episode_that_moves),
                cmocka_unit_test(test_figures), cmocka_unit_test(test_damaged_states_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
