/*
 * The pipeline on a virtual clock, with the sensor types, rules and site of the repository: what a message becomes,
 * that the same inputs give the same outputs, and that a restart between any two of them changes nothing.
 */
#include "pipeline_run.h"

static void a_panic_button_raises_at_once(void **state) {
        struct run run;

        run_open(&run);
        message(&run, WW_SECOND, "zigbee2mqtt/0xa4c13899607febd1", "{\"action\":\"emergency\",\"battery\":100}");
        assert_true(run.raised >= 1);
        assert_non_null(strstr(run.rules, "panic"));
        run_close(&run);
}

static void what_nothing_explains_is_kept_and_said(void **state) {
        struct run run;

        run_open(&run);
        message(&run, WW_SECOND, "no/such/device", "{}");
        assert_int_equal(run.undecoded, 1);
        assert_int_equal(run.events, 0);
        run_close(&run);
}

/* A device without a network for a while: what it sends then is stored with its own time, and marked. */
static void what_comes_behind_the_watermark_is_marked(void **state) {
        static const int64_t ages[] = { WW_SECOND, 2 * WW_SECOND, 3 * WW_SECOND, 50 * WW_SECOND };
        struct run run;

        run_open(&run);
        for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
                char payload[256];

                (void)snprintf(payload, sizeof payload,
                               "{\"type\":\"access\",\"time\":%" PRId64 ",\"isKnown\":\"true\",\"access\":\"Always\","
                               "\"username\":\"x\",\"uid\":\"1234abcd\",\"hostname\":\"door-ward-3\"}",
                               (run.now + 100 * WW_SECOND - ages[i]) / WW_SECOND);
                message(&run, 100 * WW_SECOND, "rfid/send", payload);
        }
        assert_int_equal(run.events, 4);
        assert_int_equal(run.late, 2);
        run_close(&run);
}

static void acknowledge_twice_with_one_id_is_done_once(void **state) {
        struct run run;
        size_t before;
        char first[2048];

        run_open(&run);
        message(&run, WW_SECOND, "zigbee2mqtt/0xa4c13899607febd1", "{\"action\":\"emergency\"}");
        acknowledge_last(&run, "a1");
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        before = run.transitions;
        (void)snprintf(first, sizeof first, "%s", run.reply);
        assert_true(ww_str_is(pipeline_known_reply(run.pipeline, WW_STR("unix:test"), WW_STR("a1")), first));
        acknowledge_last(&run, "a2");
        assert_non_null(strstr(run.reply, "\"ok\":false"));
        assert_int_equal(run.transitions, before);
        run_close(&run);
}

static void hostile_commands_are_refused_in_words(void **state) {
        static const char *const bodies[] = {
                "",
                "[]",
                "{}",
                "{\"cmd\":\"ack\"}",
                "{\"cmd\":\"ack\",\"alarm\":\"x\"}",
                "{\"cmd\":\"no-such\",\"alarm\":1}",
                "{\"cmd\":\"notice\",\"name\":\"intake-lost\"}",
                "{\"cmd\":\"ack\",\"alarm\":-1,\"version\":-1}",
                "nonsense",
        };
        struct run run;

        run_open(&run);
        for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
                char id[16];

                (void)snprintf(id, sizeof id, "h%zu", i);
                run.reply[0] = 0;
                command(&run, WW_SECOND, id, bodies[i]);
                assert_non_null(strstr(run.reply, "\"ok\":false"));
                assert_non_null(strstr(run.reply, "\"cure\":"));
        }
        assert_int_equal(run.transitions, 0);
        run_close(&run);
}

/* Who may, what is well formed, and what there is: in this order, each with its cure. */
static void modes_and_lists_are_refused_in_words(void **state) {
        static const char *const rows[][3] = {
                { "{\"cmd\":\"mode\"}", "malformed", "`name` must be" },
                { "{\"cmd\":\"mode\",\"name\":5,\"on\":true,\"roles\":1}", "malformed", "`name` must be" },
                { "{\"cmd\":\"mode\",\"name\":\"\",\"on\":true,\"roles\":1}", "malformed", "`name` must be" },
                { "{\"cmd\":\"mode\",\"name\":\"x\",\"on\":1,\"roles\":1}", "malformed", "`on` must be" },
                { "{\"cmd\":\"mode\",\"name\":\"x\",\"on\":true,\"reason\":{},\"roles\":1}", "malformed", "`reason`" },
                { "{\"cmd\":\"mode\",\"name\":\"x\",\"on\":true}", "role", "operators and supervisors" },
                { "{\"cmd\":\"mode\",\"name\":\"x\",\"on\":true,\"roles\":60}", "role", "operators and supervisors" },
                { "{\"cmd\":\"mode\",\"name\":\"`\",\"on\":true,\"roles\":1}", "unknown-mode", "`modes:`" },
                { "{\"cmd\":\"list\",\"name\":\"maternity\",\"add\":true,\"roles\":2}", "malformed", "`member`" },
                { "{\"cmd\":\"list\",\"name\":\"maternity\",\"member\":\"m\",\"roles\":2}", "malformed", "`add`" },
                { "{\"cmd\":\"list\",\"name\":\"maternity\",\"member\":\"m\",\"add\":true,\"until\":\"soon\",\"roles\":"
                  "2}",
                  "malformed", "`until` must be" },
                { "{\"cmd\":\"list\",\"name\":\"maternity\",\"member\":\"m\",\"add\":true,\"until\":\"0s\",\"roles\":"
                  "2}",
                  "malformed", "no time ahead" },
                { "{\"cmd\":\"list\",\"name\":\"maternity\",\"member\":\"m\",\"add\":false,\"until\":\"2h\",\"roles\":"
                  "2}",
                  "malformed", "goes with adding" },
                { "{\"cmd\":\"list\",\"name\":\"maternity\",\"member\":\"m\",\"add\":true,\"roles\":1}", "role",
                  "supervisors and integrators" },
                { "{\"cmd\":\"list\",\"name\":\"maternty\",\"member\":\"m\",\"add\":true,\"roles\":2}", "unknown-list",
                  "did you mean `maternity`?" },
        };
        struct run run;

        run_open(&run);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                char id[16], name[64];

                (void)snprintf(id, sizeof id, "m%zu", i);
                (void)snprintf(name, sizeof name, "\"name\":\"%s\"", rows[i][1]);
                run.reply[0] = 0;
                command(&run, WW_SECOND, id, rows[i][0]);
                if (!strstr(run.reply, "\"ok\":false") || !strstr(run.reply, name) || !strstr(run.reply, rows[i][2]))
                        fail_msg("%s: %s", rows[i][0], run.reply);
        }
        assert_int_equal(run.transitions, 0);
        run_close(&run);
}

static void a_notice_pair_raises_and_clears(void **state) {
        struct run run;
        struct ww_input lost = { .type = WW_INPUT_NOTICE,
                                 .topic = WW_STR("intake-lost"),
                                 .payload = WW_STR("{\"subject\":\"bulk\",\"text\":\"refused\"}") };
        struct ww_input back = { .type = WW_INPUT_NOTICE,
                                 .topic = WW_STR("intake-back"),
                                 .payload = WW_STR("{\"subject\":\"bulk\",\"text\":\"\"}") };

        run_open(&run);
        put(&run, WW_SECOND, lost);
        assert_int_equal(run.raised, 1);
        assert_string_equal(run.rules, "system/intake-lost ");
        put(&run, WW_SECOND, back);
        assert_int_equal(run.transitions, 2);
        /* a fault of the system does not acknowledge itself either */
        assert_int_equal(ww_alarm_state(&alarms_find(pipeline_alarms(run.pipeline), 1)->regions), WW_ALARM_RTNUN);
        run_close(&run);
}

/* The bridge goes, and the detector's alarm cannot be trusted any more; a restart between does not make it good. */
static void an_alarm_is_stale_while_its_gateway_is_gone(void **state) {
        struct run run;

        run_open(&run);
        message(&run, WW_SECOND, "zigbee2mqtt/w0_r1_smoke", "{\"smoke\":true}");
        assert_int_equal(run.raised, 1);
        message(&run, WW_SECOND, "zigbee2mqtt/bridge/state", "{\"state\":\"offline\"}");
        assert_string_equal(run.quality, "SOURCE_LOST w0_r1_smoke; ");
        run_restart(&run);
        assert_true(alarms_find(pipeline_alarms(run.pipeline), 1)->stale);
        message(&run, WW_SECOND, "zigbee2mqtt/bridge/state", "{\"state\":\"online\"}");
        assert_string_equal(run.quality, "SOURCE_LOST w0_r1_smoke; SOURCE_BACK w0_r1_smoke; ");
        assert_false(alarms_find(pipeline_alarms(run.pipeline), 1)->stale);
        run_close(&run);
}

/* Fire is silent for a day: the detector's own supervision says so, and the alarm that it left is doubtful. */
static void an_alarm_is_stale_while_its_asset_is_silent(void **state) {
        struct run run;

        run_open(&run);
        message(&run, WW_SECOND, "zigbee2mqtt/w0_r1_smoke", "{\"smoke\":true}");
        message(&run, 30 * WW_HOUR, "zigbee2mqtt/nobody", "{}");
        assert_non_null(strstr(run.rules, "device-silent"));
        assert_non_null(strstr(run.quality, "SOURCE_LOST w0_r1_smoke; ")); /* others of the site are silent, too */
        message(&run, WW_SECOND, "zigbee2mqtt/w0_r1_smoke", "{\"smoke\":true}");
        put(&run, WW_MINUTE, (struct ww_input){ .type = WW_INPUT_TIME });
        assert_non_null(strstr(run.quality, "SOURCE_BACK w0_r1_smoke; "));
        run_close(&run);
}

/* The site's key area takes two persons; the command names the other one. */
static void out_of_service_in_a_key_area_takes_two(void **state) {
        static const char one[] =
                "{\"cmd\":\"out-of-service\",\"alarm\":1,\"reason\":\"repair\",\"work_order\":\"WO-7\","
                "\"until\":\"2h\",\"roles\":4}";
        static const char two[] =
                "{\"cmd\":\"out-of-service\",\"alarm\":1,\"reason\":\"repair\",\"work_order\":\"WO-7\","
                "\"until\":\"2h\",\"second_person\":\"bob\",\"roles\":4}";
        struct run run;

        run_open(&run);
        message(&run, WW_SECOND, "zigbee2mqtt/ph_store_smoke", "{\"smoke\":true}");
        assert_int_equal(run.raised, 1);
        command(&run, WW_SECOND, "o1", one);
        assert_non_null(strstr(run.reply, "second-person-needed"));
        command(&run, WW_SECOND, "o2", two);
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        run_close(&run);
}

/* From the button to the closed incident; what belonged to it is live no more. */
static void an_incident_from_its_alarm_to_its_end(void **state) {
        struct run run;

        run_open(&run);
        message(&run, WW_SECOND, "zigbee2mqtt/w0_panic", "{\"action\":\"emergency\"}");
        message(&run, WW_MSEC, "no/such/device", "{}"); /* what is due at once fires before the next input */
        assert_string_equal(run.changes, "incident opened, step step-made, step step-made, step step-made, "
                                         "escalation begun, member joined, escalation step-fired, notification due, ");
        run.changes[0] = 0;
        command(&run, WW_SECOND, "1", "{\"cmd\":\"incident-take\",\"incident\":1,\"roles\":1}");
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        assert_non_null(strstr(run.reply, "\"id\":\"1\""));
        command(&run, WW_SECOND, "2", "{\"cmd\":\"step-done\",\"step\":1,\"roles\":1}");
        command(&run, WW_SECOND, "3", "{\"cmd\":\"incident-resolve\",\"incident\":1,\"roles\":1}");
        assert_non_null(strstr(run.reply, "steps-open"));
        command(&run, WW_SECOND, "4", "{\"cmd\":\"step-done\",\"step\":2,\"roles\":1}");
        command(&run, WW_SECOND, "5", "{\"cmd\":\"incident-resolve\",\"incident\":1,\"roles\":1}");
        command(&run, WW_SECOND, "6",
                "{\"cmd\":\"dispose\",\"incident\":1,\"code\":\"genuine-criminal\",\"done\":\"police\","
                "\"reason\":\"armed\",\"roles\":1}");
        run.n_keys = 0;
        command(&run, WW_SECOND, "7", "{\"cmd\":\"incident-close\",\"incident\":1,\"roles\":1}");
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        assert_int_equal(run.keys[0], ww_change_key(WW_SUBJECT_INCIDENT, 1));
        assert_int_equal(run.n_keys,
                         1 + 1 + 3 + 1 + 2 + 1); /* member, steps, ladder, notification and its end, disposition */
        for (size_t i = 0; i < run.n_keys; i++)
                assert_int_equal(response_find(pipeline_response(run.pipeline), run.keys[i], NULL, NULL), -ENOENT);
        run_close(&run);
}

/* What a person saw goes the way of all events. */
static void a_told_event_raises_like_a_device(void **state) {
        static const char *const wrong[][2] = {
                { "{\"cmd\":\"event\",\"kind\":\"panic\",\"roles\":8}", "\"name\":\"role\"" },
                { "{\"cmd\":\"event\",\"roles\":1}", "`kind` must be" },
                { "{\"cmd\":\"event\",\"kind\":\"panik\",\"roles\":1}", "one value of a kind" },
                { "{\"cmd\":\"event\",\"kind\":\"door\",\"roles\":1}", "one value of a kind" },
                { "{\"cmd\":\"event\",\"kind\":\"panic\",\"zone\":\"W99\",\"roles\":1}", "no zone of the site" },
                { "{\"cmd\":\"event\",\"kind\":\"panic\",\"value\":[],\"roles\":1}", "a number or a text" },
        };
        struct run run;

        run_open(&run);
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
                char id[16];

                (void)snprintf(id, sizeof id, "w%zu", i);
                command(&run, WW_SECOND, id, wrong[i][0]);
                assert_non_null(strstr(run.reply, wrong[i][1]));
        }
        assert_int_equal(run.events, 0);
        command(&run, WW_SECOND, "e",
                "{\"cmd\":\"event\",\"kind\":\"panic\",\"zone\":\"W3\",\"reason\":\"by telephone\",\"roles\":1}");
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        assert_int_equal(run.events, 1);
        assert_non_null(strstr(run.rules, "panic"));
        assert_non_null(strstr(run.changes, "incident opened"));
        run_close(&run);
}

/* --- the same inputs, undisturbed and with a restart before each --- */

static uint32_t next_random(uint32_t *state) {
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

/* `act` with the number in the place of `%u` */
#define INPUTS 9 /* kinds of inputs that the stories draw, three of which are acts */
#define ACTS   8

static void random_body(char *out, size_t size, const char *act, unsigned number) {
        const char *at = strstr(act, "%u");

        (void)snprintf(out, size, "%.*s%u%s", (int)(at - act), act, number, at + 2);
}

/* Which act it was. */
static unsigned random_act(struct run *run, int64_t after, uint32_t *seed, unsigned i) {
        static const char *const acts[] = {
                "{\"cmd\":\"incident-take\",\"incident\":%u,\"roles\":3}",
                "{\"cmd\":\"incident-hold\",\"incident\":%u,\"until\":\"2m\",\"reason\":\"x\",\"roles\":3}",
                "{\"cmd\":\"note\",\"incident\":%u,\"text\":\"x\",\"roles\":3}",
                "{\"cmd\":\"incident-resolve\",\"incident\":%u,\"force\":true,\"reason\":\"x\",\"roles\":3}",
                "{\"cmd\":\"dispose\",\"incident\":%u,\"code\":\"test\",\"done\":\"x\",\"reason\":\"x\",\"roles\":"
                "3}",
                "{\"cmd\":\"incident-close\",\"incident\":%u,\"roles\":3}",
                "{\"cmd\":\"incident-reopen\",\"incident\":%u,\"reason\":\"x\",\"roles\":3}",
                "{\"cmd\":\"step-done\",\"step\":%u,\"roles\":3}",
        };
        unsigned act = next_random(seed) % ACTS;
        char body[256], id[16];

        random_body(body, sizeof body, acts[act], next_random(seed) % 3 + 1);
        (void)snprintf(id, sizeof id, "r%u", i);
        command(run, after, id, body);
        return act;
}

/* A restart reads all rules anew, and costs as much as hundreds of inputs: so it comes behind each kind of input the
 * first two times, and now and then. */
struct shaker {
        unsigned seen[INPUTS + ACTS], restarts;
        uint32_t seed;
};

static void shake(struct shaker *s, struct run *run, unsigned kind) {
        if (!s || (s->seen[kind]++ >= 2 && next_random(&s->seed) % 16))
                return;
        run_restart(run);
        s->restarts++;
}

static void story(struct run *run, uint32_t seed, unsigned n, struct shaker *shaker) {
        static const char *const doors[] = { "door-ward-3", "pharmacy-door", "door-lab", "front-door" };

        for (unsigned i = 0; i < n; i++) {
                const char *door = doors[next_random(&seed) % 4];
                int64_t after = (int64_t)(next_random(&seed) % 40) * WW_SECOND + WW_MSEC;
                char payload[256], topic[64];

                unsigned kind = next_random(&seed) % INPUTS;

                switch (kind) {
                case 0:
                        (void)snprintf(payload, sizeof payload,
                                       "{\"type\":\"access\",\"isKnown\":\"false\",\"access\":\"Denied\",\"username\":"
                                       "\"Unknown\",\"uid\":\"b%u\",\"hostname\":\"%s\"}",
                                       next_random(&seed) % 2, door);
                        message(run, after, "/rfid/send", payload);
                        break;
                case 1:
                        (void)snprintf(payload, sizeof payload,
                                       "{\"type\":\"access\",\"isKnown\":\"true\",\"access\":\"Always\",\"username\":"
                                       "\"J. Smith\",\"uid\":\"b%u\",\"hostname\":\"%s\"}",
                                       next_random(&seed) % 2, door);
                        message(run, after, "/rfid/send", payload);
                        break;
                case 2:
                        (void)snprintf(topic, sizeof topic, "tags/gw1/T%u", next_random(&seed) % 3);
                        message(run, after, topic,
                                "{\"event\":\"left\",\"ward\":\"W3\",\"class\":\"infant\",\"rssi\":-61}");
                        break;
                case 3:
                        (void)snprintf(topic, sizeof topic, "zigbee2mqtt/smoke_%u", next_random(&seed) % 3);
                        message(run, after, topic, next_random(&seed) % 2 ? "{\"smoke\":true}" : "{\"smoke\":false}");
                        break;
                case 4:
                        message(run, after, "zigbee2mqtt/ward3_door",
                                next_random(&seed) % 2 ? "{\"contact\":true}" : "{\"contact\":false}");
                        break;
                case 5:
                case 6:
                case 7:
                        kind = INPUTS + random_act(run, after, &seed, i);
                        break;
                default:
                        message(run, after, "zigbee2mqtt/0xa4c13899607febd1", "{\"action\":\"emergency\"}");
                        break;
                }
                shake(shaker, run, kind);
        }
}

static void a_restart_anywhere_changes_nothing(void **state) {
        for (uint32_t seed = 1; seed <= 3; seed++) {
                struct shaker shaker = { .seed = seed };
                struct run calm, again, shaken;

                run_open(&calm);
                run_open(&again);
                run_open(&shaken);
                story(&calm, seed, 300, NULL);
                story(&again, seed, 300, NULL);
                story(&shaken, seed, 300, &shaker);
                print_message("seed %u: %u restarts\n", seed, shaker.restarts);
                assert_true(shaker.restarts > 2 * (INPUTS + ACTS - 4)); /* behind each kind of input */
                assert_true(calm.raised > 0);
                assert_non_null(strstr(calm.changes, "incident closed, "));
                assert_int_equal(calm.outputs.n, again.outputs.n);
                assert_memory_equal(calm.outputs.p, again.outputs.p, calm.outputs.n);
                if (calm.outputs.n != shaken.outputs.n)
                        print_error("seed %u: raised %s| with restarts: %s\n", seed, calm.rules, shaken.rules);
                assert_int_equal(calm.outputs.n, shaken.outputs.n);
                assert_memory_equal(calm.outputs.p, shaken.outputs.p, calm.outputs.n);
                run_close(&calm);
                run_close(&again);
                run_close(&shaken);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_panic_button_raises_at_once),
                cmocka_unit_test(what_nothing_explains_is_kept_and_said),
                cmocka_unit_test(what_comes_behind_the_watermark_is_marked),
                cmocka_unit_test(acknowledge_twice_with_one_id_is_done_once),
                cmocka_unit_test(hostile_commands_are_refused_in_words),
                cmocka_unit_test(modes_and_lists_are_refused_in_words),
                cmocka_unit_test(a_notice_pair_raises_and_clears),
                cmocka_unit_test(an_alarm_is_stale_while_its_gateway_is_gone),
                cmocka_unit_test(an_alarm_is_stale_while_its_asset_is_silent),
                cmocka_unit_test(out_of_service_in_a_key_area_takes_two),
                cmocka_unit_test(an_incident_from_its_alarm_to_its_end),
                cmocka_unit_test(a_told_event_raises_like_a_device),
                cmocka_unit_test(a_restart_anywhere_changes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
