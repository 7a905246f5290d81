/*
 * What the pipeline makes of what is no message: notices and their alarms, a record that was set aside, blindness, and
 * reload records between two others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "notices.h"
#include "pipeline.h"

#define START (INT64_C(1767225600) * WW_SECOND) /* 2026-01-01T00:00:00Z */

static const char sensors[] = "sensor: numbers\n"
                              "version: 1\n"
                              "title: Numbers\n"
                              "source: tests\n"
                              "topics: [\"n/{device}\"]\n"
                              "attributes:\n"
                              "  number: number\n"
                              "messages:\n"
                              "  - message: numbered\n"
                              "    has: [number]\n"
                              "    events:\n"
                              "      - {kind: passage}\n"
                              "examples:\n"
                              "  - given:\n"
                              "      - {topic: n/d1, payload: '{\"number\":7}'}\n"
                              "    events:\n"
                              "      - {device: d1, kind: passage, attributes: {number: 7}}\n";

#define RULE(name, number)                                                                                             \
        "- rule: " name "\n"                                                                                           \
        "  title: " name "\n"                                                                                          \
        "  select: {x: {kind: passage, where: \"number == " number "\"}}\n"                                            \
        "  by: device\n"                                                                                               \
        "  raise: {hazard: theft, priority: medium}\n"                                                                 \
        "  examples:\n"                                                                                                \
        "    - given: [0s x D1 number=" number "]\n"                                                                   \
        "      alarms: [0s D1]\n"

/* three within a minute: has state between its events */
#define COUNTED                                                                                                        \
        "- rule: counted\n"                                                                                            \
        "  title: counted\n"                                                                                           \
        "  select: {x: {kind: passage, where: \"number == 3\"}}\n"                                                     \
        "  by: device\n"                                                                                               \
        "  within: 1m\n"                                                                                               \
        "  when: count(x) >= 3\n"                                                                                      \
        "  raise: {hazard: theft, priority: high}\n"                                                                   \
        "  examples:\n"                                                                                                \
        "    - given: [0s x D1 number=3]\n"                                                                            \
        "      alarms: []\n"

struct run {
        struct pipeline *pipeline;
        struct buf outputs;
        uint64_t seq;
        int64_t now;
        char told[4096]; /* "CAUSE rule; " in order */
        char notice[2048], subject[512], reason[64];
};

static int on_output(void *userdata, const struct ww_output *output) {
        struct run *run = userdata;
        size_t n = strlen(run->told);
        struct buf record = BUF_INIT;

        assert_int_equal(ww_output_encode(output, &record), 0);
        buf_put_str(&run->outputs, buf_str(&record));
        buf_deinit(&record);
        if (output->type == WW_OUTPUT_TRANSITION)
                (void)snprintf(run->told + n, sizeof run->told - n, "%s %.*s; ",
                               ww_cause_name(output->transition.cause), WW_STR_ARG(output->transition.alarm.rule));
        if (output->type == WW_OUTPUT_UNDECODED)
                (void)snprintf(run->reason, sizeof run->reason, "%.*s", WW_STR_ARG(output->undecoded.reason));
        if (output->type == WW_OUTPUT_NOTICE) {
                (void)snprintf(run->notice, sizeof run->notice, "%.*s", WW_STR_ARG(output->notice.text));
                (void)snprintf(run->subject, sizeof run->subject, "%.*s", WW_STR_ARG(output->notice.subject));
        }
        return 0;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static void fill(struct bundle *bundle, const char *rules) {
        assert_int_equal(bundle_add_text(bundle, BUNDLE_SENSORS, "s.yaml", ww_str(sensors)), 0);
        assert_int_equal(bundle_add_text(bundle, BUNDLE_RULES, "r.yaml", ww_str(rules)), 0);
        assert_int_equal(bundle_add_text(bundle, BUNDLE_SITE, "site.yaml", WW_STR("site: test\n")), 0);
        assert_int_equal(bundle_seal(bundle), 0);
}

static struct ruleset *compile(const char *rules) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct buf told = BUF_INIT;
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;

        fill(&bundle, rules);
        if (ruleset_compile(&ruleset, &bundle, true, &diag)) {
                diag_render(&diag, &told);
                print_error("%.*s\n", WW_STR_ARG(buf_str(&told)));
                fail();
        }
        buf_deinit(&told);
        diag_deinit(&diag);
        return ruleset;
}

static void run_open(struct run *run, const char *rules) {
        const struct pipeline_sink sink = { run, on_output, on_live };

        *run = (struct run){ .now = START };
        assert_int_equal(pipeline_new(&run->pipeline, compile(rules), START, &sink), 0);
}

static void run_close(struct run *run) {
        pipeline_free(run->pipeline);
        buf_deinit(&run->outputs);
}

static int put(struct run *run, struct ww_input input) {
        input.seq = ++run->seq;
        run->now += WW_SECOND;
        input.time = input.received = run->now;
        return pipeline_input(run->pipeline, &input);
}

static void message(struct run *run, const char *topic, const char *payload, uint32_t flags) {
        assert_int_equal(put(run, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                                     .flags = flags,
                                                     .topic = ww_str(topic),
                                                     .payload = ww_str(payload) }),
                         0);
}

static void notice(struct run *run, const char *name, const char *body) {
        assert_int_equal(
                put(run, (struct ww_input){ .type = WW_INPUT_NOTICE, .topic = ww_str(name), .payload = ww_str(body) }),
                0);
}

static int reload(struct run *run, const char *rules) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf text = BUF_INIT;

        fill(&bundle, rules);
        assert_int_equal(bundle_encode(&bundle, &text), 0);
        return put(run, (struct ww_input){ .type = WW_INPUT_RELOAD, .payload = buf_str(&text) });
}

/* --- the table --- */

static void the_table_is_whole(void **state) {
        for (size_t i = 0; i < notice_kinds_n; i++) {
                const struct notice_kind *kind = &notice_kinds[i];
                size_t begins = 0, ends = 0;

                assert_ptr_equal(notice_find(ww_str(kind->name)), kind); /* so no name stands there twice */
                assert_int_equal(kind->rule == NULL, kind->form == NOTICE_RECORD);
                assert_true(kind->title && *kind->title);
                for (size_t k = 0; kind->rule && k < notice_kinds_n; k++) {
                        if (!notice_kinds[k].rule || strcmp(notice_kinds[k].rule, kind->rule) != 0)
                                continue;
                        begins += notice_kinds[k].form == NOTICE_BEGINS;
                        ends += notice_kinds[k].form == NOTICE_ENDS;
                }
                assert_int_equal(begins, ends);
                if (kind->rule)
                        assert_int_equal(strncmp(kind->rule, "system/", 7), 0); /* as no file's rule may be named */
        }
        assert_null(notice_find(WW_STR("no-such")));
        assert_null(notice_find(WW_STR_NONE));
}

/* Whoever is on duty is told of each what to do; an end with its beginning. */
static void each_notice_has_its_advice(void **state) {
        for (size_t i = 0; i < notice_kinds_n; i++) {
                const struct notice_advice *advice = notice_advice(&notice_kinds[i]);

                if (!advice)
                        fail_msg("%s: say in notices_advice.c what it means, and what to do", notice_kinds[i].name);
                assert_true(strlen(advice->means) > 20 && *advice->act);
        }
        for (size_t i = 0; i < notice_advices_n; i++) {
                assert_non_null(notice_find(ww_str(notice_advices[i].name)));
                assert_ptr_equal(notice_advice(notice_find(ww_str(notice_advices[i].name))), &notice_advices[i]);
        }
}

static void an_instant_stays_until_somebody_acts(void **state) {
        struct run run;
        const struct ww_alarm *alarm;

        run_open(&run, RULE("one", "1"));
        notice(&run, "snapshot-failed", "{\"text\":\"disk\"}");
        notice(&run, "snapshot-failed", "{\"text\":\"disk\"}");
        alarm = alarms_find(pipeline_alarms(run.pipeline), 1);
        assert_non_null(alarm);
        assert_true(alarm->instant && alarm->regions.active && !alarm->regions.acknowledged);
        assert_string_equal(run.told, "RAISE system/snapshot-failed; "); /* the repeat says nothing new */
        assert_null(alarms_find(pipeline_alarms(run.pipeline), 2));
        run_close(&run);
}

static void an_end_without_a_beginning_is_only_recorded(void **state) {
        struct run run;

        run_open(&run, RULE("one", "1"));
        notice(&run, "database-back", "{\"subject\":\"postgresql\"}");
        notice(&run, "unheard-of", "{\"text\":\"x\"}");
        notice(&run, "intake-lost", "no JSON at all");
        assert_string_equal(run.told, "RAISE system/intake-lost; ");
        run_close(&run);
}

static void long_words_are_cut_between_characters(void **state) {
        struct run run;
        char body[70000], *p = body;

        p += sprintf(p, "{\"subject\":\"x");
        for (int i = 0; i < 1000; i++)
                p += sprintf(p, "é");
        p += sprintf(p, "\",\"text\":\"");
        for (int i = 0; i < 20000; i++)
                p += sprintf(p, "€");
        (void)sprintf(p, "\"}");
        run_open(&run, RULE("one", "1"));
        notice(&run, "record-skipped", body);
        assert_int_equal(strlen(run.subject), 199); /* x and 99 whole characters of two bytes */
        assert_int_equal(strlen(run.notice), 999);  /* 333 of three */
        assert_true(alarms_find(pipeline_alarms(run.pipeline), 1)->title.n < 1400);
        run_close(&run);
}

/* --- a record that was set aside --- */

static void a_skipped_record_is_kept_told_and_not_decoded(void **state) {
        struct run run;

        run_open(&run, RULE("one", "1"));
        message(&run, "n/d1", "{\"number\":1}", WW_INPUT_SKIPPED);
        assert_string_equal(run.told, "RAISE system/record-skipped; ");
        assert_string_equal(run.reason, "skipped");
        assert_string_equal(run.subject, "n/d1");
        message(&run, "n/d1", "{\"number\":1}", 0);
        assert_string_equal(run.told, "RAISE system/record-skipped; RAISE one; ");
        run_close(&run);
}

/* --- a type that is not understood any more --- */

static void send(struct run *run, size_t n, const char *topic, const char *payload) {
        while (n--)
                message(run, topic, payload, 0);
}

/* Eight that were understood, and then eight that are not; it is told once, and ends with the last of its topics. */
static void a_drift_is_told(void **state) {
        struct run run;

        run_open(&run, RULE("one", "1"));
        send(&run, 9, "n/d1", "{\"number\":7}");
        send(&run, 8, "n/d2", "{\"number\":7}");
        send(&run, 7, "n/d3", "{\"number\":7}");
        send(&run, 7, "n/d1", "{\"value\":7}");
        send(&run, 100, "n/d3", "{\"value\":7}"); /* too little of it was ever understood */
        send(&run, 100, "n/d4", "{\"value\":7}"); /* nothing was */
        for (int i = 0; i < 9; i++)
                message(&run, "n/d1", "{\"value\":7}", WW_INPUT_RETAINED);
        assert_string_equal(run.told, "");
        message(&run, "n/d1", "no JSON", 0);
        assert_string_equal(run.told, "RAISE system/sensor-drift; ");
        assert_string_equal(run.subject, "numbers");
        assert_non_null(strstr(run.notice, "n/d1"));
        send(&run, 20, "n/d2", "{\"value\":7}");
        send(&run, 1, "n/d1", "{\"number\":7}");
        assert_string_equal(run.told, "RAISE system/sensor-drift; ");
        send(&run, 1, "n/d2", "{\"number\":7}");
        assert_string_equal(run.told, "RAISE system/sensor-drift; CLEAR system/sensor-drift; ");
        /* one that is understood in between is no drift */
        for (int i = 0; i < 10; i++) {
                send(&run, 7, "n/d1", "{\"value\":7}");
                send(&run, 1, "n/d1", "{\"number\":7}");
        }
        assert_string_equal(run.told, "RAISE system/sensor-drift; CLEAR system/sensor-drift; ");
        run_close(&run);
}

/* Other types may be the cure; if they are none it is told again. A restart changes nothing. */
static void a_drift_begins_anew_with_other_types(void **state) {
        struct pipeline_figures figures;
        struct run run, again;
        struct buf bytes = BUF_INIT;
        struct rd in;

        run_open(&run, RULE("one", "1"));
        send(&run, 8, "n/d1", "{\"number\":7}");
        send(&run, 8, "n/d1", "{\"value\":7}");
        assert_int_equal(pipeline_save(run.pipeline, &bytes), 0);
        run_open(&again, RULE("one", "1"));
        in = rd_init(buf_str(&bytes));
        assert_int_equal(pipeline_load(again.pipeline, &in), 0);
        again.seq = run.seq;
        again.now = run.now;
        pipeline_figures(again.pipeline, &figures);
        assert_int_equal(figures.decode.drifted, 1);
        assert_int_equal(reload(&again, RULE("two", "2")), 0);
        assert_string_equal(again.told, "CLEAR system/sensor-drift; ");
        send(&again, 1, "n/d1", "{\"value\":7}");
        assert_string_equal(again.told, "CLEAR system/sensor-drift; RAISE system/sensor-drift; ");
        send(&again, 1, "n/d1", "{\"number\":7}");
        assert_string_equal(again.told,
                            "CLEAR system/sensor-drift; RAISE system/sensor-drift; CLEAR system/sensor-drift; ");
        buf_deinit(&bytes);
        run_close(&run);
        run_close(&again);
}

/* --- blindness --- */

static void blindness_is_part_of_the_state(void **state) {
        struct run run, again;
        struct buf bytes = BUF_INIT;
        struct rd in;

        run_open(&run, RULE("one", "1"));
        assert_false(pipeline_blind(run.pipeline));
        notice(&run, "intake-blind", "{}");
        notice(&run, "intake-blind", "{}");
        assert_true(pipeline_blind(run.pipeline));
        assert_int_equal(pipeline_save(run.pipeline, &bytes), 0);
        run_open(&again, RULE("one", "1"));
        in = rd_init(buf_str(&bytes));
        assert_int_equal(pipeline_load(again.pipeline, &in), 0);
        assert_true(pipeline_blind(again.pipeline));
        notice(&run, "intake-sighted", "{}");
        assert_false(pipeline_blind(run.pipeline));
        buf_deinit(&bytes);
        run_close(&again);
        run_close(&run);
}

/* --- reload records --- */

static void other_rules_keep_the_state_of_those_that_stay(void **state) {
        struct run run;

        run_open(&run, COUNTED RULE("one", "1") RULE("two", "2"));
        message(&run, "n/d1", "{\"number\":1}", 0);
        message(&run, "n/d1", "{\"number\":2}", 0);
        message(&run, "n/d1", "{\"number\":3}", 0);
        message(&run, "n/d1", "{\"number\":3}", 0);
        assert_int_equal(reload(&run, COUNTED RULE("one", "1") RULE("four", "4")), 0);
        assert_string_equal(run.told, "RAISE one; RAISE two; CONFIG_REMOVED two; ");
        run.told[0] = 0;
        message(&run, "n/d1", "{\"number\":3}", 0); /* the third: two came before the reload */
        message(&run, "n/d1", "{\"number\":4}", 0);
        message(&run, "n/d1", "{\"number\":2}", 0);
        assert_string_equal(run.told, "RAISE counted; RAISE four; ");
        assert_true(alarms_find(pipeline_alarms(run.pipeline), 1)->regions.active);
        assert_false(alarms_find(pipeline_alarms(run.pipeline), 2)->regions.active);
        run_close(&run);
}

static void the_same_rules_again_change_nothing(void **state) {
        struct run run;
        char hash[33];

        run_open(&run, RULE("one", "1"));
        message(&run, "n/d1", "{\"number\":1}", 0);
        memcpy(hash, pipeline_ruleset(run.pipeline)->bundle.hash, sizeof hash);
        assert_int_equal(reload(&run, RULE("one", "1")), 0);
        assert_string_equal(run.told, "RAISE one; ");
        assert_string_equal(pipeline_ruleset(run.pipeline)->bundle.hash, hash);
        run_close(&run);
}

static void a_record_that_is_no_bundle_is_told(void **state) {
        struct run run;

        run_open(&run, RULE("one", "1"));
        assert_int_equal(reload(&run, "- rule: broken\n"), -EBADMSG);
        assert_int_equal(put(&run, (struct ww_input){ .type = WW_INPUT_RELOAD, .payload = WW_STR("rubbish") }),
                         -EBADMSG);
        message(&run, "n/d1", "{\"number\":1}", 0); /* the old ones stand */
        assert_string_equal(run.told, "RAISE one; ");
        run_close(&run);
}

/* Live, the set was compiled beside the engine and offered; a replay compiles it from the record. */
static void offered_and_compiled_from_the_record_are_the_same(void **state) {
        struct run live, replay;

        run_open(&live, COUNTED RULE("one", "1"));
        run_open(&replay, COUNTED RULE("one", "1"));
        for (struct run *run = &live;; run = &replay) {
                message(run, "n/d1", "{\"number\":3}", 0);
                message(run, "n/d1", "{\"number\":1}", 0);
                if (run == &live)
                        pipeline_offer(run->pipeline, compile(COUNTED RULE("two", "2")), NULL);
                assert_int_equal(reload(run, COUNTED RULE("two", "2")), 0);
                message(run, "n/d1", "{\"number\":3}", 0);
                message(run, "n/d1", "{\"number\":3}", 0);
                message(run, "n/d1", "{\"number\":2}", 0);
                if (run == &replay)
                        break;
        }
        assert_string_equal(live.told, "RAISE one; CONFIG_REMOVED one; RAISE counted; RAISE two; ");
        assert_int_equal(live.outputs.n, replay.outputs.n);
        assert_memory_equal(live.outputs.p, replay.outputs.p, live.outputs.n);
        run_close(&live);
        run_close(&replay);
}

/* Offered, and never taken: nothing leaks, nothing changes. */
static void an_offer_that_no_record_takes_is_dropped(void **state) {
        struct run run;

        run_open(&run, RULE("one", "1"));
        pipeline_offer(run.pipeline, compile(RULE("two", "2")), NULL);
        pipeline_offer(run.pipeline, compile(RULE("four", "4")), NULL);
        message(&run, "n/d1", "{\"number\":1}", 0);
        assert_string_equal(run.told, "RAISE one; ");
        run_close(&run);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_table_is_whole),
                cmocka_unit_test(each_notice_has_its_advice),
                cmocka_unit_test(an_instant_stays_until_somebody_acts),
                cmocka_unit_test(an_end_without_a_beginning_is_only_recorded),
                cmocka_unit_test(long_words_are_cut_between_characters),
                cmocka_unit_test(a_skipped_record_is_kept_told_and_not_decoded),
                cmocka_unit_test(a_drift_is_told),
                cmocka_unit_test(a_drift_begins_anew_with_other_types),
                cmocka_unit_test(blindness_is_part_of_the_state),
                cmocka_unit_test(other_rules_keep_the_state_of_those_that_stay),
                cmocka_unit_test(the_same_rules_again_change_nothing),
                cmocka_unit_test(a_record_that_is_no_bundle_is_told),
                cmocka_unit_test(offered_and_compiled_from_the_record_are_the_same),
                cmocka_unit_test(an_offer_that_no_record_takes_is_dropped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
