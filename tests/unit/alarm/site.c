/* What a site says of its alarms takes effect: expiry, limits, reasons, key areas, groups, and the end of a shift. */
#include "story.h"

#define S(seconds) ((int64_t)(seconds)*WW_SECOND)

#define ZONES                                                                                                          \
        "zones:\n"                                                                                                     \
        "  - {zone: house, type: building}\n"                                                                          \
        "  - {zone: W3, type: ward, in: house}\n"                                                                      \
        "  - {zone: W3-1, type: room, in: W3}\n"                                                                       \
        "  - {zone: W3-2, type: room, in: W3}\n"                                                                       \
        "  - {zone: W4, type: ward, in: house, key_area: true}\n"                                                      \
        "  - {zone: W4-1, type: room, in: W4}\n"                                                                       \
        "  - {zone: yard, type: outside}\n"                                                                            \
        "assets:\n"                                                                                                    \
        "  - {asset: a1, zone: W3-1}\n"                                                                                \
        "  - {asset: a2, zone: W3-2}\n"                                                                                \
        "  - {asset: b1, zone: W4-1}\n"                                                                                \
        "  - {asset: y1, zone: yard}\n"

static const char plain[] = ZONES;
static const char strict[] = ZONES "alarms:\n"
                                   "  acknowledge_expires: {low: 1m, critical: never}\n"
                                   "  shelve_max: {system: never, theft: 30m, default: 2h}\n"
                                   "  out_of_service_max: 1d\n"
                                   "  reason_required: [low]\n"
                                   "  first_out_by: [building]\n";

static const struct story_table tables[] = { { NULL, 0, plain }, { NULL, 0, strict } };

static const struct row {
        const char *name;
        int table;
        const char *story, *expected;
} rows[] = {
        { "an acknowledgement expires at its time, by its priority", 2,
          "1s raise r a1\n"
          "2s raise r a2 medium\n"
          "3s ack 1\n"
          "4s ack 2\n"
          "1h\n",
          "1s 1 RAISE UNACK low rule:r first !\n"
          "2s 2 RAISE UNACK medium rule:r !\n"
          "3s 1 ACKNOWLEDGE ACKED low ann\n"
          "4s 2 ACKNOWLEDGE ACKED medium ann\n"
          "63s 1 ACK_EXPIRED UNACK low timer !\n" },
        { "a reload that lets them expire: one that is overdue does at once", 1,
          "1s raise r a1\n"
          "2s ack 1\n"
          "10m mutes 2\n"
          "10m\n",
          "1s 1 RAISE UNACK low rule:r first !\n"
          "2s 1 ACKNOWLEDGE ACKED low ann\n"
          "10m 1 ACK_EXPIRED UNACK low timer !\n" },
        { "a shift ends, and nobody accepts what is open", 1,
          "1s raise r a1\n"
          "2s raise r a2\n"
          "3s ack 1\n"
          "4s raise r b1\n"
          "5s ack 3\n"
          "6s shelve 3\n"
          "7s unaccept\n"
          "8s unaccept\n"
          "2m\n",
          "1s 1 RAISE UNACK low rule:r first !\n"
          "2s 2 RAISE UNACK low rule:r !\n"
          "3s 1 ACKNOWLEDGE ACKED low ann\n"
          "4s 3 RAISE UNACK low rule:r first !\n"
          "5s 3 ACKNOWLEDGE ACKED low ann\n"
          "6s 3 SHELVE SHLVD low ann\n"
          "7s 1 SHIFT_ENDED UNACK low timer (nobody has accepted what was open) !\n"
          "66s 3 SHELVING_ENDED UNACK low timer !\n" },
        { "the first of a ward, of a zone that is in none, of another hazard", 1,
          "1s raise r a1\n"
          "2s raise r a2\n"
          "3s raise r b1\n"
          "4s raise r y1\n"
          "5s raise door-held a1\n"
          "6s raise r a1 +drill\n",
          "1s 1 RAISE UNACK low rule:r first !\n"
          "2s 2 RAISE UNACK low rule:r !\n"
          "3s 3 RAISE UNACK low rule:r first !\n"
          "4s 4 RAISE UNACK low rule:r first !\n"
          "5s 5 RAISE UNACK low rule:door-held first !\n"
          "6s 6 RAISE UNACK low rule:r first !\n" },
        { "the first when nothing of the group is active any more", 1,
          "1s raise r a1\n"
          "2s raise r a2\n"
          "3s clear r a1\n"
          "4s raise r a1\n"
          "5s clear r a1\n"
          "6s clear r a2\n"
          "7s raise r a2\n",
          "1s 1 RAISE UNACK low rule:r first !\n"
          "2s 2 RAISE UNACK low rule:r !\n"
          "3s 1 CLEAR RTNUN low rule:r\n"
          "4s 1 RAISE UNACK low rule:r !\n"
          "5s 1 CLEAR RTNUN low rule:r\n"
          "6s 2 CLEAR RTNUN low rule:r\n"
          "7s 2 RAISE UNACK low rule:r first !\n" },
        { "a reload groups by the building: what stands there counts", 1,
          "1s raise r a1\n"
          "2s mutes 2\n"
          "3s raise r b1\n"
          "4s mutes 1\n"
          "5s clear r b1\n"
          "6s raise r b1\n",
          "1s 1 RAISE UNACK low rule:r first !\n"
          "3s 2 RAISE UNACK low rule:r !\n"
          "5s 2 CLEAR RTNUN low rule:r\n"
          "6s 2 RAISE UNACK low rule:r first !\n" },
};

static void test_stories(void **state) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                for (int reload = 0; reload < 2; reload++) {
                        struct story s;
                        const char *text;

                        story_init(&s, tables, false);
                        story_other_mutes(&s, rows[i].table);
                        s.reload = reload;
                        s.firsts = true;
                        text = story_play(&s, rows[i].story);
                        if (strcmp(text, rows[i].expected) != 0)
                                fail_msg("%s%s\nexpected:\n%s\ngot:\n%s", rows[i].name,
                                         reload ? " (with restarts)" : "", rows[i].expected, text);
                        story_deinit(&s);
                }
}

#define SAY .reason = TEXT("x")
#define WO  SAY, .work_order = TEXT("WO-1")

/* alarm 1: low, hazard system, in W3; 2: high, theft, in W3; 3: low, system, in a room of the key area W4 */
static const struct act {
        int table;
        struct alarm_act act;
        int result;
} acts[] = {
        { 1, { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 1 }, 0 },
        { 1, { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 2, .version = 1 }, ALARM_E_REASON_NEEDED },
        { 2, { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 1 }, ALARM_E_REASON_NEEDED },
        { 2, { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 2, .version = 1 }, 0 },
        { 1, { .verb = WW_CAUSE_SHELVE, .alarm = 1, SAY, .until = S(100) + 8 * WW_HOUR }, 0 },
        { 1, { .verb = WW_CAUSE_SHELVE, .alarm = 1, SAY, .until = S(101) + 8 * WW_HOUR }, ALARM_E_LIMIT },
        { 2, { .verb = WW_CAUSE_SHELVE, .alarm = 1, SAY, .until = S(200) }, ALARM_E_PROTECTED },
        { 2, { .verb = WW_CAUSE_SHELVE, .alarm = 1, SAY, .one_shot = true }, ALARM_E_PROTECTED },
        { 2, { .verb = WW_CAUSE_SHELVE, .alarm = 2, SAY, .until = S(100) + 30 * WW_MINUTE }, 0 },
        { 2, { .verb = WW_CAUSE_SHELVE, .alarm = 2, SAY, .until = S(101) + 30 * WW_MINUTE }, ALARM_E_LIMIT },
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, WO, .until = S(100) + 30 * WW_DAY }, 0 },
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, WO, .until = S(101) + 30 * WW_DAY }, ALARM_E_LIMIT },
        { 2, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, WO, .until = S(100) + WW_DAY }, 0 },
        { 2, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, WO, .until = S(101) + WW_DAY }, ALARM_E_LIMIT },
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, WO }, ALARM_E_LIMIT },
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, SAY, .until = S(200) }, ALARM_E_WORK_ORDER_NEEDED },
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 3, WO, .until = S(200) }, ALARM_E_SECOND_PERSON_NEEDED },
        { 1,
          { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 3, WO, .until = S(200), .second_person = TEXT(" ann ") },
          ALARM_E_SECOND_PERSON_NEEDED },
        { 1,
          { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 3, WO, .until = S(200), .second_person = TEXT("unix:ann") },
          ALARM_E_SECOND_PERSON_NEEDED },
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 3, WO, .until = S(200), .second_person = TEXT("bob") }, 0 },
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 3, WO, .until = S(200), .break_glass = true }, 0 },
        { 1,
          { .verb = WW_CAUSE_OUT_OF_SERVICE,
            .alarm = 3,
            .work_order = TEXT("W"),
            .until = S(200),
            .break_glass = true },
          ALARM_E_REASON_NEEDED },
        { 1,
          { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 3, .reason = TEXT("r"), .until = S(200), .break_glass = true },
          ALARM_E_WORK_ORDER_NEEDED },
        { 1,
          { .verb = WW_CAUSE_OUT_OF_SERVICE,
            .alarm = 3,
            WO,
            .until = S(200),
            .second_person = TEXT("bob"),
            .break_glass = true },
          0 },
        /* where one person is enough the glass stays whole */
        { 1, { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, WO, .until = S(200), .break_glass = true }, 0 },
};

/* What the record says of the second person: he who agreed, or that there was none. */
static const char *second_person_told(const struct alarm_act *act) {
        return act->second_person.n                  ? "unix:ann (second person: bob)"
               : act->break_glass && act->alarm == 3 ? "unix:ann (without a second person: glass broken)"
                                                     : "unix:ann";
}

static void test_acts(void **state) {
        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
                struct alarm_act act = acts[i].act;
                struct story s;
                size_t told;
                int r;

                story_init(&s, tables, false);
                story_other_mutes(&s, acts[i].table);
                (void)story_play(&s, "1s raise r a1\n2s raise door-held a2 high\n3s raise r b1\n100s\n");
                act.actor = WW_STR("unix:ann");
                act.roles = ALARM_ROLE_ADMINISTRATOR;
                told = s.out.n;
                r = alarms_act(s.alarms, &act, s.now, NULL);
                if (r != acts[i].result || (s.out.n == told) != (r != 0))
                        fail_msg("act %zu: %d, not %d", i, r, acts[i].result);
                if (act.verb == WW_CAUSE_OUT_OF_SERVICE && !r) {
                        buf_put_u8(&s.out, 0);
                        assert_non_null(strstr((char *)s.out.p + told, second_person_told(&act)));
                        if (!act.second_person.n && !(act.break_glass && act.alarm == 3))
                                assert_null(strstr((char *)s.out.p + told, "second person"));
                }
                story_deinit(&s);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_stories),
                cmocka_unit_test(test_acts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
