/*
 * A night in the hospital, on the virtual clock: an hour with fire, an infant, a panic button, a controller gone mad, a
 * drill, an acknowledgement that expires, a shelved alarm and a change of shift, by rules, a site and procedures of
 * its own (night_ground). night.txt beside this file is the whole record, a line for each input and each output;
 * WARDWATCH_UPDATE=1 writes it anew: read what it says as somebody would who was on duty.
 *
 * Then the same night once more with an engine that is killed at each tenth input: the state of five inputs before and
 * a replay of these five give the same bytes, and so does all that follows.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/span.h"
#include "config/file.h"
#include "pipeline.h"

#define GROUND "tests/unit/engine/night_ground/"
#define START  (INT64_C(1767402000) * WW_SECOND) /* 2026-01-03T01:00:00Z, 02:00 in the hospital */

/* --- the night --- */

struct act {
        const char *after; /* the act before */
        const char *who;   /* "mqtt", "engine", or a person with their role: "ann:1" */
        const char *what;  /* topic, name of a notice; "": a command, whose `cmd` says it */
        const char *body;
};

#define FORCED(door)                                                                                                   \
        "{\"type\":\"WARN\",\"src\":\"tamper\",\"desc\":\"Door was tampered!\",\"cmd\":\"event\",\"hostname\":\"" door \
        "\"}"
#define RESULT(key, ok) CMD("\"notification-result\",\"key\":\"" key "\",\"attempt\":1,\"ok\":" ok)
#define DOOR(door, is)                                                                                                 \
        "{\"type\":\"INFO\",\"src\":\"door\",\"desc\":\"Door " is "\",\"hostname\":\"" door "\",\"cmd\":\"event\"}"
#define ALIVE(door)                                                                                                    \
        { "/rfid/send", "{\"type\":\"heartbeat\",\"hostname\":\"" door "\"}" }
#define SEEN(tag)                                                                                                      \
        { "tags/gw-3/" tag, "{\"event\":\"seen\",\"ward\":\"W3\",\"class\":\"infant\"}" }
#define CMD(...) "{\"cmd\":" __VA_ARGS__ "}"

static const struct act night[] = {
        /* ann comes on duty, gus is on his round; a detector, then the call point beside it */
        { "1s", "ann:1", "", CMD("\"shift-begin\",\"post\":\"control-room\"") },
        { "1s", "ann:1", "", CMD("\"guard-status\",\"name\":\"gus\",\"status\":\"free\",\"zone\":\"lobby\"") },
        { "10s", "mqtt", "zigbee2mqtt/w1_r1_smoke", "{\"smoke\":true}" },
        { "20s", "mqtt", "zigbee2mqtt/w1_callpoint", "{\"action\":\"single\"}" },
        { "5s", "ann:1", "", CMD("\"ack\",\"alarm\":1,\"version\":1") },
        { "2s", "ann:1", "", CMD("\"ack\",\"alarm\":1,\"version\":1,\"reason\":\"camera shows smoke\"") },
        { "3s", "ann:1", "", CMD("\"ack\",\"alarm\":2,\"version\":1,\"reason\":\"camera shows smoke\"") },
        { "5s", "ann:1", "", CMD("\"incident-take\",\"incident\":1,\"version\":1") },
        { "5s", "ann:1", "", CMD("\"incident-take\",\"incident\":1,\"version\":3") },
        { "20s", "ann:1", "", CMD("\"step-done\",\"step\":1,\"text\":\"looked\"") },
        { "20s", "ann:1", "", CMD("\"step-done\",\"step\":3,\"text\":\"brigade is on its way\"") },
        { "5s", "ann:1", "", CMD("\"dispatch\",\"incident\":1,\"guard\":\"gus\",\"text\":\"bring a radio\"") },
        { "10s", "ann:1", "", CMD("\"note\",\"incident\":1,\"text\":\"A pillow on a lamp\"") },
        { "20s", "ann:1", "", CMD("\"arrived\",\"dispatch\":1") },
        /* an infant's tag leaves, and nobody with a badge goes out by the exit of its ward */
        { "1m", "mqtt", "tags/gw-3/infant-003", "{\"event\":\"left\",\"ward\":\"W3\",\"class\":\"infant\"}" },
        { "15s", "mqtt", "/rfid/send", DOOR("door-w3-exit", "Open") },
        { "4s", "ann:1", "", CMD("\"ack\",\"alarm\":3,\"version\":1,\"reason\":\"guard is running\"") },
        { "2s", "ann:1", "", CMD("\"step-run\",\"step\":9") },
        { "4s", "mqtt", "/rfid/send", DOOR("door-w3-exit", "Closed") },
        { "2s", "ann:1", "", CMD("\"event\",\"kind\":\"lock.locked\",\"zone\":\"W3\"") },
        { "9s", "bob:2", "", CMD("\"step-done\",\"step\":8,\"text\":\"her father has her\"") },
        { "9s", "ann:1", "", CMD("\"step-skip\",\"step\":10") },
        { "9s", "ann:1", "", CMD("\"step-skip\",\"step\":10,\"reason\":\"the tag was loose\"") },
        { "9s", "ann:1", "",
          CMD("\"dispose\",\"incident\":2,\"code\":\"false-procedure\",\"done\":\"tag fixed\",\"reason\":\"loose "
              "tag\"") },
        { "9s", "ann:1", "", CMD("\"incident-resolve\",\"incident\":2") },
        { "5s", "ann:1", "", CMD("\"incident-close\",\"incident\":2") },
        { "5s", "ann:1", "", CMD("\"approve\",\"approval\":1") },
        { "9s", "bob:2", "", CMD("\"approve\",\"approval\":1") },
        { "3s", "ann:1", "", CMD("\"incident-close\",\"incident\":2") },
        { "3s", "ann:1", "", CMD("\"reset\",\"alarm\":3,\"reason\":\"tag is on the infant again\"") },
        /* a panic button, covert: nobody takes it for a minute, and the head of security is told */
        { "1m", "mqtt", "zigbee2mqtt/w0_panic", "{\"action\":\"emergency\"}" },
        { "70s", "notify:0", "", RESULT("3/life/1/control-room/desk", "true") },
        { "5s", "notify:0", "",
          RESULT("3/life/2/head-of-security/mail", "false,\"final\":true,\"answer\":\"no route\"") },
        { "2s", "notify:0", "", RESULT("3/life/2/head-of-security/sms", "true") },
        { "5s", "ann:1", "", CMD("\"ack\",\"alarm\":4,\"version\":1,\"reason\":\"two guards sent\"") },
        { "5s", "ann:1", "", CMD("\"incident-take\",\"incident\":3") },
        /* the controller of the doors goes mad; a tamper contact cannot be shelved, a wet floor can */
        { "1m", "mqtt", "/rfid/send", FORCED("door-w2-exit") },
        { "5s", "bob:2", "", CMD("\"shelve\",\"alarm\":5,\"reason\":\"controller\",\"until\":\"30m\"") },
        { "5s", "bob:2", "", CMD("\"silence\",\"alarm\":5") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w2-stairs") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w1-exit") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w1-stairs") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w4-exit") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w4-stairs") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w0-exit") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w0-stairs") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-lobby") },
        { "5s", "mqtt", "zigbee2mqtt/w2_r1_leak", "{\"water_leak\":true}" },
        { "15s", "ann:1", "", CMD("\"shelve\",\"alarm\":16,\"reason\":\"floor is being mopped\",\"until\":\"20m\"") },
        { "9s", "bob:2", "", CMD("\"shelve\",\"alarm\":16,\"reason\":\"floor is being mopped\",\"until\":\"20h\"") },
        { "9s", "bob:2", "", CMD("\"shelve\",\"alarm\":16,\"reason\":\"floor is being mopped\",\"until\":\"20m\"") },
        { "9s", "bob:2", "", CMD("\"incident-merge\",\"incident\":5,\"into\":4,\"reason\":\"the same controller\"") },
        { "5s", "max:4", "", CMD("\"out-of-service\",\"alarm\":5,\"reason\":\"repair\",\"until\":\"8h\"") },
        { "5s", "max:4", "",
          CMD("\"out-of-service\",\"alarm\":5,\"reason\":\"repair\",\"work_order\":\"WO-17\",\"until\":\"8h\"") },
        { "5s", "mqtt", "/rfid/send", FORCED("door-w2-exit") },
        /* a drill: it is kept apart, and counts nowhere */
        { "11m", "bob:2", "", CMD("\"mode\",\"name\":\"drill\",\"on\":true,\"reason\":\"the yearly one\"") },
        { "5s", "mqtt", "zigbee2mqtt/w4_callpoint", "{\"action\":\"single\"}" },
        { "9s", "ann:1", "",
          CMD("\"incident-open\",\"hazard\":\"fire\",\"title\":\"Drill: stairs of "
              "W4\",\"zone\":\"W4\",\"exercise\":true") },
        { "3m", "bob:2", "", CMD("\"mode\",\"name\":\"drill\",\"on\":false,\"reason\":\"over\"") },
        /* the shift changes: carl takes over what ann had, and she goes when he has; the police are with the man, and
         * in five minutes it comes back */
        { "2m", "ann:1", "", CMD("\"dispatch-done\",\"dispatch\":1,\"text\":\"brigade has it\"") },
        { "5s", "carl:1", "", CMD("\"shift-begin\",\"post\":\"control-room\"") },
        { "5s", "ann:1", "", CMD("\"handover-offer\",\"to\":\"unix:carl\",\"text\":\"the brigade is still in W1\"") },
        { "5s", "ann:1", "", CMD("\"shift-end\"") },
        { "30s", "carl:1", "", CMD("\"handover-accept\",\"handover\":1,\"items\":\"all\"") },
        { "5s", "ann:1", "", CMD("\"shift-end\"") },
        { "5s", "carl:1", "", CMD("\"ack\",\"alarm\":4,\"version\":3,\"reason\":\"ann told me\"") },
        { "5s", "carl:1", "", CMD("\"ack\",\"alarm\":1,\"version\":3,\"reason\":\"ann told me\"") },
        { "5s", "carl:1", "", CMD("\"incident-hold\",\"incident\":3,\"until\":\"5m\",\"reason\":\"police on site\"") },
        /* the fire is out, and is reset; the panic was acknowledged half an hour ago, and at the end wants it again */
        { "10m", "mqtt", "zigbee2mqtt/w1_r1_smoke", "{\"smoke\":false}" },
        { "5s", "carl:1", "", CMD("\"reset\",\"alarm\":2,\"reason\":\"inspected with the brigade\"") },
        { "5s", "carl:1", "", CMD("\"incident-resolve\",\"incident\":1") },
        { "5s", "carl:1", "",
          CMD("\"incident-resolve\",\"incident\":1,\"force\":true,\"reason\":\"brigade has the rest\"") },
        { "5s", "bob:2", "",
          CMD("\"incident-resolve\",\"incident\":1,\"force\":true,\"reason\":\"brigade has the rest\"") },
        { "5s", "carl:1", "",
          CMD("\"dispose\",\"incident\":1,\"code\":\"genuine-accident\",\"done\":\"put out\",\"reason\":\"pillow on a "
              "lamp\"") },
        { "5s", "carl:1", "", CMD("\"incident-close\",\"incident\":1") },
        { "5s", "bob:2", "", CMD("\"incident-reopen\",\"incident\":1,\"reason\":\"it smoulders\"") },
        { "5s", "engine", "intake-lost", "{\"subject\":\"bulk\",\"text\":\"refused\"}" },
        { "5s", "engine", "intake-back", "{\"subject\":\"bulk\",\"text\":\"\"}" },
        { "24m", "mqtt", "zigbee2mqtt/nobody", "{}" },
};
#define ACTS (sizeof night / sizeof *night)

/* Every eight minutes all doors and tags say that they live. */
#define BEAT (8 * WW_MINUTE)

static const struct {
        const char *topic, *body;
} beats[] = {
        ALIVE("door-w0-exit"), ALIVE("door-w0-stairs"), ALIVE("door-w1-exit"), ALIVE("door-w1-stairs"),
        ALIVE("door-w2-exit"), ALIVE("door-w2-stairs"), ALIVE("door-w3-exit"), ALIVE("door-w3-stairs"),
        ALIVE("door-w4-exit"), ALIVE("door-w4-stairs"), ALIVE("door-ph-exit"), ALIVE("door-lobby"),
        ALIVE("door-server"),  SEEN("infant-001"),      SEEN("infant-002"),    SEEN("infant-003"),
        SEEN("infant-004"),    SEEN("infant-005"),      SEEN("infant-006"),
};

/* --- the record --- */

struct run {
        struct pipeline *pipeline;
        struct buf lines;   /* for people */
        struct buf records; /* to the byte */
        size_t begun;       /* of the records: those of the inputs since the state was saved */
        uint64_t seq;
        int64_t now, beat;
        struct buf state; /* as saved last */
        struct ww_input inputs[4096];
        size_t saved_at, n; /* of the inputs: when the state was saved; all */
};

static void put_time(struct buf *out, int64_t time) {
        int64_t of_day = time % WW_DAY;

        buf_printf(out, "%02d:%02d:%02d.%03d", (int)(of_day / WW_HOUR), (int)(of_day / WW_MINUTE % 60),
                   (int)(of_day / WW_SECOND % 60), (int)(of_day / WW_MSEC % 1000));
}

static void put_event(struct buf *out, const struct ww_event *e) {
        buf_printf(out, "%.*s %.*s", WW_STR_ARG(e->kind), WW_STR_ARG(e->device));
        if (e->zone.n)
                buf_printf(out, " in %.*s", WW_STR_ARG(e->zone));
        buf_puts(out, e->flags & WW_EVENT_EXERCISE ? ", exercise" : "");
        buf_puts(out, e->flags & WW_EVENT_INITIAL ? ", first" : "");
        buf_puts(out, e->flags & WW_EVENT_LATE ? ", late" : "");
}

static void put_transition(struct buf *out, const struct ww_transition *t) {
        const struct ww_alarm *a = &t->alarm;

        buf_printf(out, "%" PRIu64 " v%" PRIu64 " %s by %.*s: %s → %s, %s", a->id, a->version, ww_cause_name(t->cause),
                   WW_STR_ARG(t->actor), ww_alarm_state_name(ww_alarm_state(&t->old_regions)),
                   ww_alarm_state_name(ww_alarm_state(&a->regions)), ww_priority_name(a->priority));
        if (t->annunciate)
                buf_printf(out, ", sounds %s", ww_sound_name(ww_transition_sound(t)));
        buf_printf(out, "%s%s%s%s", a->covert ? ", covert" : "", a->exercise ? ", exercise" : "",
                   a->stale ? ", stale" : "", a->silenced ? ", silenced" : "");
        buf_printf(out, "; %.*s: %.*s", WW_STR_ARG(a->rule), WW_STR_ARG(a->title));
        if (t->reason.n)
                buf_printf(out, " (%.*s)", WW_STR_ARG(t->reason));
}

static void put_change(struct buf *out, const struct ww_change *c) {
        static const char *const members[] = { "state", "priority", "owner", "disposition", "step",
                                               "key",   "code",     "title", "cause_count" };
        json_t *body = json_loadb(c->body.p, c->body.n, 0, NULL);

        buf_printf(out, "%s %" PRIu64 " v%" PRIu64, ww_subject_name(c->subject), c->id, c->version);
        if (c->incident && c->subject != WW_SUBJECT_INCIDENT)
                buf_printf(out, " of %" PRIu64, c->incident);
        buf_printf(out, " %.*s by %.*s%s%s:", WW_STR_ARG(c->what), WW_STR_ARG(c->actor),
                   c->exercise ? ", exercise" : "", c->ended ? ", ended" : "");
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
                json_t *value = json_object_get(body, members[i]);

                if (json_string_length(value))
                        buf_printf(out, " %s=%s", members[i], json_string_value(value));
                else if (json_is_integer(value))
                        buf_printf(out, " %s=%" JSON_INTEGER_FORMAT, members[i], json_integer_value(value));
        }
        if (c->reason.n)
                buf_printf(out, " (%.*s)", WW_STR_ARG(c->reason));
        json_decref(body);
}

static void put_reply(struct buf *out, const struct ww_reply *r) {
        json_t *body = json_loadb(r->body.p, r->body.n, 0, NULL);
        const char *text = json_string_value(json_object_get(json_object_get(body, "error"), "text"));

        buf_printf(out, "%s", r->ok ? "ok" : text ? text : "?");
        json_decref(body);
}

static void put_output(struct buf *out, const struct ww_output *o) {
        buf_printf(out, "    %" PRIu64 ".%u %s ", o->seq, o->n, ww_output_type_name(o->type));
        switch (o->type) {
        case WW_OUTPUT_EVENT:
                put_event(out, &o->event);
                break;
        case WW_OUTPUT_TRANSITION:
                put_transition(out, &o->transition);
                break;
        case WW_OUTPUT_REPLY:
                put_reply(out, &o->reply);
                break;
        case WW_OUTPUT_NOTICE:
                buf_printf(out, "%.*s %.*s", WW_STR_ARG(o->notice.name), WW_STR_ARG(o->notice.subject));
                break;
        case WW_OUTPUT_UNDECODED:
                buf_printf(out, "%.*s", WW_STR_ARG(o->undecoded.reason));
                break;
        case WW_OUTPUT_PUBLISH:
                buf_printf(out, "%.*s %.*s", WW_STR_ARG(o->publish.topic), WW_STR_ARG(o->publish.payload));
                break;
        case WW_OUTPUT_CHANGE:
                put_change(out, &o->change);
                break;
        case WW_OUTPUT_RULESET:
        case WW_OUTPUT_REDACTION:
                break;
        }
        buf_puts(out, "\n");
}

static int on_output(void *userdata, const struct ww_output *output) {
        struct run *run = userdata;
        struct buf record = BUF_INIT;

        put_output(&run->lines, output);
        assert_int_equal(ww_output_encode(output, &record), 0);
        buf_put_var(&run->records, output->seq);
        buf_put_var(&run->records, output->n);
        buf_put_str(&run->records, buf_str(&record));
        buf_deinit(&record);
        return 0;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static void add(struct bundle *bundle, enum bundle_role role, const char *folder) {
        struct diag diag = DIAG_INIT;
        char path[512];

        (void)snprintf(path, sizeof path, "%s/%s", getenv("WARDWATCH_SOURCE"), folder);
        assert_int_equal(bundle_add_path(bundle, role, path, &diag), 0);
        diag_deinit(&diag);
}

static struct ruleset *compile(void) {
        static const char limits[] = "alarms: {acknowledge_expires: {critical: 30m}, shelve_max: {default: 8h}}\n";
        struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        struct buf told = BUF_INIT;
        struct ruleset *ruleset = NULL;

        assert_non_null(getenv("WARDWATCH_SOURCE"));
        add(&bundle, BUNDLE_SENSORS, "rules/sensors");
        add(&bundle, BUNDLE_RULES, GROUND "rules.yaml");
        add(&bundle, BUNDLE_SITE, GROUND "site");
        add(&bundle, BUNDLE_RESPONSE, GROUND "response");
        assert_int_equal(bundle_add_text(&bundle, BUNDLE_SITE, "night.yaml", ww_str(limits)), 0);
        assert_int_equal(bundle_seal(&bundle), 0);
        if (ruleset_compile(&ruleset, &bundle, false, &diag)) {
                diag_render(&diag, &told);
                print_error("%.*s\n", WW_STR_ARG(buf_str(&told)));
                fail();
        }
        buf_deinit(&told);
        diag_deinit(&diag);
        bundle_deinit(&bundle);
        return ruleset;
}

/* --- the engine, and its end --- */

static struct pipeline *engine_new(struct run *run, int64_t now) {
        const struct pipeline_sink sink = { run, on_output, on_live };
        struct pipeline *p;

        assert_int_equal(pipeline_new(&p, compile(), now, &sink), 0);
        return p;
}

static void save(struct run *run) {
        buf_reset(&run->state);
        assert_int_equal(pipeline_save(run->pipeline, &run->state), 0);
        run->saved_at = run->n;
        run->begun = run->records.n;
}

/* Killed; the one that follows loads the state and replays what came since: the same records, to the byte. */
static void crash(struct run *run) {
        struct run again = { .now = run->now };
        struct rd in = rd_init(buf_str(&run->state));
        const struct ww_str told = { (char *)run->records.p + run->begun, run->records.n - run->begun };

        again.pipeline = engine_new(run, START);
        assert_int_equal(pipeline_load(again.pipeline, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        pipeline_free(run->pipeline);
        run->pipeline = again.pipeline;
        again.records = run->records; /* what the replay says goes to a scratch of its own */
        again.lines = run->lines;
        run->records = (struct buf){ 0 };
        run->lines = (struct buf){ 0 };
        for (size_t i = run->saved_at; i < run->n; i++)
                assert_int_equal(pipeline_input(run->pipeline, &run->inputs[i]), 0);
        assert_int_equal(run->records.n, told.n);
        assert_memory_equal(run->records.p, told.p, told.n);
        buf_deinit(&run->records);
        buf_deinit(&run->lines);
        run->records = again.records;
        run->lines = again.lines;
}

static void input(struct run *run, struct ww_input one) {
        one.seq = ++run->seq;
        one.time = one.received = run->now;
        assert_true(run->n < sizeof run->inputs / sizeof *run->inputs);
        run->inputs[run->n++] = one;
        put_time(&run->lines, run->now);
        buf_printf(&run->lines, " %s %.*s %.*s\n", ww_input_type_name(one.type), WW_STR_ARG(one.topic),
                   WW_STR_ARG(one.payload));
        assert_int_equal(pipeline_input(run->pipeline, &one), 0);
}

/* As the engine does: a deadline with no other input becomes a time record. */
static void rest(struct run *run, int64_t to) {
        while (pipeline_deadline(run->pipeline) < to) {
                if (pipeline_deadline(run->pipeline) > run->now)
                        run->now = pipeline_deadline(run->pipeline);
                input(run, (struct ww_input){ .type = WW_INPUT_TIME });
        }
        run->now = to;
}

static void pass(struct run *run, int64_t to) {
        for (; run->beat < to; run->beat += BEAT) {
                rest(run, run->beat);
                for (size_t i = 0; i < sizeof beats / sizeof *beats; i++)
                        input(run, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                                      .origin = WW_ORIGIN_BULK,
                                                      .topic = ww_str(beats[i].topic),
                                                      .payload = ww_str(beats[i].body) });
        }
        rest(run, to);
}

/* The command as the journal has it: with the roles of its actor. The strings live as long as the run. */
static struct ww_input command_of(const struct act *act, size_t number, char **keep) {
        const char *colon = strchr(act->who, ':');
        char *actor = NULL, *body = NULL, *id = NULL;

        assert_true(asprintf(&actor, "unix:%.*s", (int)(colon - act->who), act->who) > 0);
        assert_true(asprintf(&body, "{\"roles\":%s,%s", colon + 1, act->body + 1) > 0);
        assert_true(asprintf(&id, "c%zu", number) > 0);
        keep[0] = actor;
        keep[1] = body;
        keep[2] = id;
        return (struct ww_input){ .type = WW_INPUT_COMMAND,
                                  .origin = WW_ORIGIN_SOCKET,
                                  .topic = ww_str(actor),
                                  .id = ww_str(id),
                                  .payload = ww_str(body) };
}

static struct ww_input input_of(const struct act *act, size_t number, char **keep) {
        if (strchr(act->who, ':'))
                return command_of(act, number, keep);
        return (struct ww_input){ .type = strcmp(act->who, "mqtt") == 0 ? WW_INPUT_MESSAGE : WW_INPUT_NOTICE,
                                  .origin = strcmp(act->who, "mqtt") == 0 ? WW_ORIGIN_BULK : 0,
                                  .topic = ww_str(act->what),
                                  .payload = ww_str(act->body) };
}

static void put_figures(struct run *run) {
        struct response_figures f;

        response_figures(pipeline_response(run->pipeline), run->now, &f);
        buf_printf(&run->lines,
                   "    figures: %zu incidents, %zu steps, %zu ladders, %zu notifications; rate %u, peak %u%s, %zu "
                   "chattering\n",
                   f.incidents, f.steps, f.ladders, f.notifications, f.rate, f.peak, f.flood ? ", a flood" : "",
                   f.chattering);
}

/* `crashes`: at each tenth input. */
static void live(struct run *run, bool crashes) {
        char *keep[ACTS][3] = { 0 };

        *run = (struct run){ .now = START, .beat = START + WW_MINUTE };
        run->pipeline = engine_new(run, START);
        save(run);
        for (size_t i = 0; i < ACTS; i++) {
                int64_t after;

                assert_int_equal(span_parse(ww_str(night[i].after), &after), 0);
                pass(run, run->now + after);
                if (crashes && i % 10 == 5)
                        save(run);
                if (crashes && i && i % 10 == 0)
                        crash(run);
                input(run, input_of(&night[i], i, keep[i]));
                put_figures(run);
        }
        pipeline_free(run->pipeline);
        buf_deinit(&run->state);
        for (size_t i = 0; i < ACTS; i++)
                for (size_t k = 0; k < 3; k++)
                        free(keep[i][k]);
}

static void run_free(struct run *run) {
        buf_deinit(&run->lines);
        buf_deinit(&run->records);
        free(run);
}

/* --- the tests --- */

static const char *golden(char path[static 512]) {
        (void)snprintf(path, 512, "%s/tests/unit/engine/night.txt", getenv("WARDWATCH_SOURCE"));
        return path;
}

static void write_golden(const struct buf *lines) {
        char path[512];
        FILE *file = fopen(golden(path), "w");

        assert_non_null(file);
        assert_int_equal(fwrite(lines->p, 1, lines->n, file), lines->n);
        assert_int_equal(fclose(file), 0);
}

/* Says the first line that differs. */
static void compare(const char *is, const char *wanted) {
        size_t line = 1;

        while (*is && *is == *wanted) {
                line += *is == '\n';
                is++;
                wanted++;
        }
        if (*is || *wanted)
                fail_msg("night.txt:%zu: from here on it is\n%.300s\nnot\n%.300s\n"
                         "WARDWATCH_UPDATE=1 writes it anew",
                         line, is, wanted);
}

static void test_the_record_of_a_night(void **state) {
        struct run *run = calloc(1, sizeof *run);
        char path[512], *kept = NULL;
        size_t n;

        assert_non_null(run);
        live(run, false);
        buf_put_u8(&run->lines, 0);
        if (getenv("WARDWATCH_UPDATE")) {
                run->lines.n--;
                write_golden(&run->lines);
        } else {
                assert_int_equal(file_read(golden(path), 1024 * 1024, &kept, &n), 0);
                compare((const char *)run->lines.p, kept);
        }
        free(kept);
        run_free(run);
}

static void test_killed_at_each_tenth_input(void **state) {
        struct run *whole = calloc(1, sizeof *whole), *killed = calloc(1, sizeof *killed);

        assert_true(whole && killed);
        live(whole, false);
        live(killed, true);
        buf_put_u8(&whole->lines, 0);
        buf_put_u8(&killed->lines, 0);
        compare((const char *)killed->lines.p, (const char *)whole->lines.p);
        assert_int_equal(killed->records.n, whole->records.n);
        assert_memory_equal(killed->records.p, whole->records.p, whole->records.n);
        run_free(whole);
        run_free(killed);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_record_of_a_night),
                cmocka_unit_test(test_killed_at_each_tenth_input),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
