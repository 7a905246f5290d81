/*
 * States that end by themselves, in the pipeline: their deadlines fire among those of the rules, in order, whether time
 * comes in one step or in many, before and after a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/span.h"
#include "pipeline.h"

#define START (INT64_C(1767225600) * WW_SECOND) /* 2026-01-01T00:00:00Z */

static const char sensors[] = "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n"
                              "  - {message: m, has: [m], events: [{kind: motion, state: m, restores_after: 30s}]}\n"
                              "  - {message: p, has: [p], events: [{kind: panic}]}\n";
/* motion for 20 s, and none for 10 s; each is told when the wait of 2 s for late events is over, too */
static const char rules[] = "- rule: still\n  select: {m: {kind: motion.detected}}\n  by: device\n  hold: 20s\n"
                            "  raise: {hazard: theft, priority: low}\n"
                            "- rule: ended\n  select: {m: {kind: motion.cleared}}\n  by: device\n  hold: 10s\n"
                            "  raise: {hazard: theft, priority: low}\n";

struct run {
        struct pipeline *pipeline;
        uint64_t seq;
        struct buf told; /* what was concluded, with its time since START */
};

static int on_output(void *userdata, const struct ww_output *output) {
        struct run *run = userdata;
        char span[32];

        if (output->type == WW_OUTPUT_EVENT) {
                assert_int_equal(output->event.seq, output->seq);
                span_format(output->event.time - START, span);
                buf_printf(&run->told, "%s %.*s%s\n", span, WW_STR_ARG(output->event.kind),
                           output->event.flags & WW_EVENT_LATE ? " late" : "");
        }
        if (output->type == WW_OUTPUT_TRANSITION) {
                span_format(output->transition.alarm.changed_at - START, span);
                buf_printf(&run->told, "%s %s %.*s\n", span, ww_cause_name(output->transition.cause),
                           WW_STR_ARG(output->transition.alarm.rule));
        }
        return 0;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static void open_run(struct run *run) {
        const struct pipeline_sink sink = { run, on_output, on_live };
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;

        assert_int_equal(bundle_add_text(&bundle, BUNDLE_SENSORS, "s.yaml", ww_str(sensors)), 0);
        assert_int_equal(bundle_add_text(&bundle, BUNDLE_RULES, "r.yaml", ww_str(rules)), 0);
        assert_int_equal(bundle_seal(&bundle), 0);
        if (ruleset_compile(&ruleset, &bundle, false, &diag))
                fail_msg("%s", diag.messages[0].text);
        diag_deinit(&diag);
        assert_int_equal(pipeline_new(&run->pipeline, ruleset, START, &sink), 0);
}

static void input(struct run *run, int64_t at, const char *payload) {
        struct ww_input in = { .type = payload ? WW_INPUT_MESSAGE : WW_INPUT_TIME,
                               .seq = ++run->seq,
                               .time = START + at * WW_SECOND,
                               .received = START + at * WW_SECOND,
                               .topic = WW_STR("t/d"),
                               .payload = ww_str(payload) };

        assert_int_equal(pipeline_input(run->pipeline, &in), 0);
}

/* As the engine does: a deadline with no other input becomes a time record. */
static void ticks(struct run *run, int64_t until) {
        while (pipeline_deadline(run->pipeline) < START + until * WW_SECOND) {
                struct ww_input in = { .type = WW_INPUT_TIME,
                                       .seq = ++run->seq,
                                       .time = pipeline_deadline(run->pipeline),
                                       .received = pipeline_deadline(run->pipeline) };

                assert_int_equal(pipeline_input(run->pipeline, &in), 0);
        }
}

static void restart(struct run *run) {
        struct pipeline *before = run->pipeline;
        _cleanup_buf_ struct buf state = BUF_INIT;
        struct rd in;

        assert_int_equal(pipeline_save(before, &state), 0);
        open_run(run);
        in = rd_init(buf_str(&state));
        assert_int_equal(pipeline_load(run->pipeline, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        pipeline_free(before);
}

/* Of each second what the story says; `step`: every second is an input, `again`: a restart after each. */
static const char *story(struct run *run, bool step, bool again) {
        *run = (struct run){ 0 };
        open_run(run);
        input(run, 0, "{\"m\":1}");
        for (int64_t at = 1; at < 60; at++) {
                if (at == 15)
                        input(run, at, "{\"m\":1}");
                else if (step)
                        ticks(run, at);
                if (again)
                        restart(run);
        }
        input(run, 60, "{\"p\":1}");
        pipeline_free(run->pipeline);
        buf_put_u8(&run->told, 0);
        return (const char *)run->told.p;
}

static void it_ends_at_its_deadline_among_the_others(void **state) {
        static const char expected[] = "0s motion.detected\n22s RAISE still\n45s motion.cleared\n47s CLEAR still\n"
                                       "57s RAISE ended\n1m panic\n";
        struct run run;

        assert_string_equal(story(&run, false, false), expected);
        buf_deinit(&run.told);
        assert_string_equal(story(&run, true, false), expected);
        buf_deinit(&run.told);
        assert_string_equal(story(&run, true, true), expected);
        buf_deinit(&run.told);
}

/* An input at the very instant comes behind what is due by it; of the rules' deadlines and its own the rules' go first.
 */
static void at_the_instant_the_deadline_goes_first(void **state) {
        struct run run = { 0 };

        open_run(&run);
        input(&run, 0, "{\"m\":1}");
        input(&run, 30, "{\"m\":1}");
        pipeline_free(run.pipeline);
        buf_put_u8(&run.told, 0);
        assert_string_equal((const char *)run.told.p,
                            "0s motion.detected\n22s RAISE still\n30s motion.cleared\n30s motion.detected\n");
        buf_deinit(&run.told);
}

static void the_deadline_is_known(void **state) {
        struct run run = { 0 };

        open_run(&run);
        input(&run, 0, "{\"m\":1}");
        ticks(&run, 23);
        assert_int_equal(pipeline_deadline(run.pipeline), START + 30 * WW_SECOND);
        pipeline_free(run.pipeline);
        buf_deinit(&run.told);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_ends_at_its_deadline_among_the_others),
                cmocka_unit_test(at_the_instant_the_deadline_goes_first),
                cmocka_unit_test(the_deadline_is_known),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
