#pragma once
/*
 * A pipeline on a virtual clock, with the sensor types, rules, site and response of the repository; what it tells is
 * kept. run_restart() puts the state through bytes into a fresh one, as a restart does.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "pipeline.h"

#define START (INT64_C(1767225600) * WW_SECOND) /* 2026-01-01T00:00:00Z */

struct run {
        struct pipeline *pipeline;
        struct buf outputs; /* every output record, in order, length-prefixed */
        uint64_t seq;
        int64_t now;
        size_t raised, transitions, events, undecoded, late;
        char rules[1024]; /* rules that raised, in order, each followed by a blank */
        char reply[2048];
        uint64_t last_alarm, last_version;
        char quality[512];       /* what was said of the quality of alarms: "SOURCE_LOST ward3_door; " */
        char changes[64 * 1024]; /* "incident opened, " in order */
        uint64_t keys[64];       /* of live subjects, as they were told */
        size_t n_keys;
};

static inline int on_output(void *userdata, const struct ww_output *output) {
        struct run *run = userdata;
        struct buf record = BUF_INIT;

        assert_int_equal(ww_output_encode(output, &record), 0);
        buf_put_str(&run->outputs, buf_str(&record));
        buf_deinit(&record);
        if (output->type == WW_OUTPUT_EVENT)
                run->events++;
        if (output->type == WW_OUTPUT_EVENT && output->event.flags & WW_EVENT_LATE)
                run->late++;
        if (output->type == WW_OUTPUT_UNDECODED)
                run->undecoded++;
        if (output->type == WW_OUTPUT_REPLY)
                (void)snprintf(run->reply, sizeof run->reply, "%.*s", WW_STR_ARG(output->reply.body));
        if (output->type == WW_OUTPUT_CHANGE) {
                size_t n = strlen(run->changes);

                (void)snprintf(run->changes + n, sizeof run->changes - n, "%s %.*s, ",
                               ww_subject_name(output->change.subject), WW_STR_ARG(output->change.what));
        }
        if (output->type == WW_OUTPUT_TRANSITION) {
                run->transitions++;
                run->last_alarm = output->transition.alarm.id;
                run->last_version = output->transition.alarm.version;
                if (output->transition.cause == WW_CAUSE_SOURCE_LOST ||
                    output->transition.cause == WW_CAUSE_SOURCE_BACK) {
                        size_t n = strlen(run->quality);

                        (void)snprintf(run->quality + n, sizeof run->quality - n, "%s %.*s; ",
                                       ww_cause_name(output->transition.cause),
                                       WW_STR_ARG(output->transition.alarm.device));
                }
                if (output->transition.cause == WW_CAUSE_RAISE) {
                        size_t n = strlen(run->rules);

                        run->raised++;
                        (void)snprintf(run->rules + n, sizeof run->rules - n, "%.*s ",
                                       WW_STR_ARG(output->transition.alarm.rule));
                }
        }
        return 0;
}

static inline int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static inline int on_live_change(void *userdata, uint64_t key) {
        struct run *run = userdata;

        if (run->n_keys < sizeof run->keys / sizeof *run->keys)
                run->keys[run->n_keys++] = key;
        return 0;
}

static inline void add(struct bundle *bundle, enum bundle_role role, const char *folder) {
        struct diag diag = DIAG_INIT;
        char path[512];

        (void)snprintf(path, sizeof path, "%s/rules/%s", getenv("WARDWATCH_SOURCE"), folder);
        assert_int_equal(bundle_add_path(bundle, role, path, &diag), 0);
        diag_deinit(&diag);
}

static inline struct ruleset *compile(bool run_examples) {
        struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        struct buf told = BUF_INIT;
        struct ruleset *ruleset = NULL;

        assert_non_null(getenv("WARDWATCH_SOURCE"));
        /* the example house's devices: to read all of them at each restart takes a minute */
        add(&bundle, BUNDLE_SENSORS, "sensors/zigbee2mqtt.yaml");
        add(&bundle, BUNDLE_SENSORS, "sensors/wardtag.yaml");
        add(&bundle, BUNDLE_SENSORS, "sensors/access-control.yaml");
        add(&bundle, BUNDLE_RULES, "hospital");
        add(&bundle, BUNDLE_SITE, "site");
        add(&bundle, BUNDLE_RESPONSE, "response");
        assert_int_equal(bundle_seal(&bundle), 0);
        if (ruleset_compile(&ruleset, &bundle, run_examples, &diag)) {
                diag_render(&diag, &told);
                print_error("%.*s\n", WW_STR_ARG(buf_str(&told)));
                fail();
        }
        buf_deinit(&told);
        diag_deinit(&diag);
        bundle_deinit(&bundle);
        return ruleset;
}

static inline void run_open(struct run *run) {
        const struct pipeline_sink sink = { run, on_output, on_live, NULL, on_live_change };

        *run = (struct run){ .now = START };
        assert_int_equal(pipeline_new(&run->pipeline, compile(true), START, &sink), 0);
}

static inline void run_close(struct run *run) {
        pipeline_free(run->pipeline);
        buf_deinit(&run->outputs);
}

/* The state goes through bytes into a fresh pipeline, as at a restart. */
static inline void run_restart(struct run *run) {
        const struct pipeline_sink sink = { run, on_output, on_live, NULL, on_live_change };
        struct pipeline *next = NULL;
        struct buf state = BUF_INIT;
        struct rd in;

        assert_int_equal(pipeline_save(run->pipeline, &state), 0);
        assert_int_equal(pipeline_new(&next, compile(false), run->now, &sink), 0);
        in = rd_init(buf_str(&state));
        assert_int_equal(pipeline_load(next, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        pipeline_free(run->pipeline);
        run->pipeline = next;
        buf_deinit(&state);
}

static inline void put(struct run *run, int64_t after, struct ww_input input) {
        int64_t to = run->now + after;

        /* as the engine does: a deadline with no other input becomes a time record */
        while (pipeline_deadline(run->pipeline) < to) {
                struct ww_input tick = { .type = WW_INPUT_TIME, .seq = ++run->seq };

                run->now = pipeline_deadline(run->pipeline) > run->now ? pipeline_deadline(run->pipeline) : run->now;
                tick.time = tick.received = run->now;
                assert_int_equal(pipeline_input(run->pipeline, &tick), 0);
        }
        run->now = to;
        input.seq = ++run->seq;
        input.time = input.received = to;
        assert_int_equal(pipeline_input(run->pipeline, &input), 0);
}

static inline void message(struct run *run, int64_t after, const char *topic, const char *payload) {
        put(run, after,
            (struct ww_input){ .type = WW_INPUT_MESSAGE,
                               .origin = WW_ORIGIN_BULK,
                               .topic = ww_str(topic),
                               .payload = ww_str(payload) });
}

static inline void command(struct run *run, int64_t after, const char *id, const char *body) {
        put(run, after,
            (struct ww_input){ .type = WW_INPUT_COMMAND,
                               .origin = WW_ORIGIN_SOCKET,
                               .topic = WW_STR("unix:test"),
                               .id = ww_str(id),
                               .payload = ww_str(body) });
}

static inline void acknowledge_last(struct run *run, const char *id) {
        char body[256];

        (void)snprintf(body, sizeof body,
                       "{\"cmd\":\"ack\",\"alarm\":%" PRIu64 ",\"version\":%" PRIu64
                       ",\"reason\":\"seen\",\"roles\":1}",
                       run->last_alarm, run->last_version);
        command(run, WW_SECOND, id, body);
}
