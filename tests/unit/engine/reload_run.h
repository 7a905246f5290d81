#pragma once
/*
 * Reloads that are primed, on a virtual clock and with a journal in memory: rule sets to choose from, and a run that
 * keeps what it took and concluded.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "pipeline.h"

#define START   (INT64_C(1767225600) * WW_SECOND) /* 2026-01-01T00:00:00Z */
#define RECORDS 20000

static const char sensors[] = "sensor: test\n"
                              "version: 1\n"
                              "title: Devices of the test\n"
                              "source: tests\n"
                              "topics: [\"t/{device}\"]\n"
                              "attributes: {badge: badge}\n"
                              "messages:\n"
                              "  - message: door\n"
                              "    has: [door]\n"
                              "    events: [{kind: door, state: {path: door, map: {open: active, shut: normal}}}]\n"
                              "  - message: bed\n" /* it never says that somebody lies in it again */
                              "    has: [left]\n"
                              "    events: [{kind: bed.left, restores_after: 40s}]\n"
                              "  - message: badge\n"
                              "    has: [badge]\n"
                              "    events: [{kind: access.denied}]\n"
                              "  - message: panic\n"
                              "    has: [panic]\n"
                              "    events: [{kind: panic}]\n"
                              "  - message: life\n"
                              "    has: [life]\n"
                              "    events: [{kind: device.heartbeat}]\n";

#define BED    "{kind: bed, nature: state, active: bed.left, normal: bed.occupied}"
#define STANDS "lists:\n  staff: [b0]\nmodes:\n  night: {title: Night}\n"

/* two sites: in the second a door is somewhere else, one is no asset any more, and a kind has another number */
static const char *const sites[] = {
        "site: test\nzones:\n  - {zone: A, title: A}\n  - {zone: B, title: B}\nassets:\n"
        "  - {asset: d1, device: d1, class: door, zone: A, held_limit: 20s}\n"
        "  - {asset: d2, device: d2, class: door, zone: B, held_limit: 20s}\n"
        "  - {asset: d3, device: d3, class: door, zone: B, held_limit: 20s}\n"
        "  - {asset: c1, device: c1, class: controller, zone: A, supervision: 90s}\n"
        "  - {asset: c2, device: c2, class: controller, zone: B, supervision: 90s}\nkinds: [" BED "]\n" STANDS,
        "site: test\nzones:\n  - {zone: A, title: A}\n  - {zone: B, title: B}\nassets:\n"
        "  - {asset: d1, device: d1, class: door, zone: A, held_limit: 20s}\n"
        "  - {asset: d2, device: d2, class: door, zone: A, held_limit: 40s}\n"
        "  - {asset: c1, device: c1, class: controller, zone: A, supervision: 90s}\n"
        "  - {asset: c2, device: c2, class: controller, zone: B, supervision: 90s}\nkinds: [{kind: a.first, nature: "
        "pulse}, " BED "]\n" STANDS,
};

#define RULE(name, body, raise) "- rule: " name "\n" body "  raise: {" raise "}\n"
#define DENIED                  "  select: {a: {kind: access.denied}}\n  by: badge\n"
#define DOOR                    "  select: {o: {kind: door.opened}}\n  by: device\n"
#define STEPS_OF(steps)                                                                                                \
        "  select: {a: {kind: access.denied}, o: {kind: door.opened}}\n  by: zone\n  sequence: [" steps                \
        "]\n  within: 60s\n"
#define THEFT "hazard: theft, priority: low"

/* the forms of each rule; "" = it is not there */
static const char *const forms[][3] = {
        { RULE("panic", "  select: {p: {kind: panic}}\n  by: device\n",
               "hazard: robbery, class: panic, priority: high"),
          RULE("panic", "  select: {p: {kind: panic}}\n  by: device\n",
               "hazard: robbery, class: panic, priority: critical"),
          "" },
        { RULE("counting", DENIED "  within: 60s\n  when: count(a) >= 2\n", THEFT),
          RULE("counting", DENIED "  within: 90s\n  when: count(a) >= 3\n", THEFT), "" },
        { RULE("held", DOOR "  hold: asset.held_limit\n", THEFT), RULE("held", DOOR, THEFT), "" },
        { RULE("after", STEPS_OF("a, o"), THEFT), RULE("after", STEPS_OF("a, not o, a"), THEFT), "" },
        { RULE("silent",
               "  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n"
               "  for: asset.supervision\n",
               "hazard: system, priority: high"),
          RULE("silent",
               "  select: {hb: {kind: device.heartbeat}}\n  each: assets(controller)\n  expect: hb\n  for: 2m\n",
               "hazard: system, priority: high"),
          "" },
        { RULE("many", "  select: {e: {kind: alarm.raised}}\n  within: 5m\n  when: count(e) >= 4\n",
               "hazard: disaster, priority: high"),
          RULE("many",
               "  select: {e: {kind: alarm.raised}}\n  within: 5m\n  when: count(e) >= 3\n  clear: {quiet: 1m}\n",
               "hazard: disaster, priority: high"),
          "" },
        { RULE("long", DENIED "  within: 2h\n  when: count(a) >= 9\n", THEFT),
          RULE("long", DENIED "  within: 3h\n  when: count(a) >= 8\n", THEFT), "" },
        { RULE("night", DOOR "  while: mode(night)\n", THEFT),
          RULE("night", DOOR "  while: mode(night)\n  hold: 5s\n", THEFT), "" },
        { RULE("staff",
               "  select: {a: {kind: access.denied, badge: \"@staff\"}}\n  by: badge\n  within: 10m\n  when: count(a) "
               ">= 2\n",
               THEFT),
          RULE("staff",
               "  select: {a: {kind: access.denied, badge: \"@staff\"}}\n  by: badge\n  within: 10m\n  when: count(a) "
               ">= 3\n",
               THEFT),
          "" },
        { RULE("left", "  select: {b: {kind: bed.left}}\n  by: device\n  hold: 15s\n", THEFT),
          RULE("left", "  select: {b: {kind: bed.left}}\n  by: device\n  hold: 30s\n", THEFT), "" },
        { RULE("back", "  select: {b: {kind: bed.occupied}}\n  by: zone\n  hold: 20s\n", THEFT),
          RULE("back", "  select: {b: {kind: bed.occupied}}\n  by: zone\n  hold: 25s\n", THEFT), "" },
};
#define FORMS (sizeof forms / sizeof *forms)

/* a set of rules: a digit for each rule, then the site */
struct set {
        unsigned form[FORMS], site;
};

struct run {
        struct pipeline *pipeline;
        struct set set;
        struct journal_item items[RECORDS]; /* what was taken and concluded, as in a journal */
        size_t n, inputs;
        uint64_t seq;
        int64_t now;
        size_t reloads, primed, opened; /* of them with a past; alarms that opened in the record of a reload */
        bool in_reload;
        const struct run *against; /* a replay: its outputs are compared with these … */
        size_t at;                 /* … from here on */
};

/* --- the journal --- */

static inline void keep(struct run *run, uint64_t seq, uint32_t n, bool output, struct buf *record) {
        assert_true(run->n < RECORDS);
        assert_int_equal(record->error, 0);
        run->items[run->n++] = (struct journal_item){ seq, n, output, buf_str(record) };
}

static inline int on_output(void *userdata, const struct ww_output *output) {
        struct run *run = userdata;
        struct buf record = BUF_INIT;

        assert_int_equal(ww_output_encode(output, &record), 0);
        if (run->against) {
                const struct journal_item *item = &run->against->items[run->at++];

                assert_true(run->at <= run->against->n);
                assert_true(item->output && item->seq == output->seq && item->n == output->n);
                assert_int_equal(item->record.n, record.n);
                assert_memory_equal(item->record.p, record.p, record.n);
                buf_deinit(&record);
        } else {
                keep(run, output->seq, output->n, true, &record);
        }
        run->opened += run->in_reload && output->type == WW_OUTPUT_TRANSITION &&
                       output->transition.cause == WW_CAUSE_RAISE;
        return 0;
}

static inline int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static inline int on_prime(void *userdata, struct prime *prime, uint64_t from_seq, uint64_t before_seq) {
        struct run *run = userdata;
        const struct run *journal = run->against ? run->against : run;
        struct journal_batch batch = { .items = (struct journal_item *)journal->items, .n = journal->n };

        while (batch.n && batch.items->seq < from_seq) {
                batch.items++;
                batch.n--;
        }
        return prime_batch(prime, &batch, before_seq);
}

static inline struct pipeline_sink sink(struct run *run) {
        return (struct pipeline_sink){ run, on_output, on_live, on_prime };
}

/* --- rule sets --- */

static inline struct bundle bundle_of(const struct set *set) {
        struct bundle bundle = { 0 };
        struct buf rules = BUF_INIT;

        for (size_t i = 0; i < FORMS; i++)
                buf_puts(&rules, forms[i][set->form[i]]);
        assert_int_equal(bundle_add_text(&bundle, BUNDLE_SENSORS, "sensors.yaml", ww_str(sensors)), 0);
        assert_int_equal(bundle_add_text(&bundle, BUNDLE_SITE, "site.yaml", ww_str(sites[set->site])), 0);
        if (rules.n)
                assert_int_equal(bundle_add_text(&bundle, BUNDLE_RULES, "rules.yaml", buf_str(&rules)), 0);
        assert_int_equal(bundle_seal(&bundle), 0);
        buf_deinit(&rules);
        return bundle;
}

static inline struct ruleset *compile(const struct set *set) {
        struct bundle bundle = bundle_of(set);
        struct diag diag = DIAG_INIT;
        struct buf told = BUF_INIT;
        struct ruleset *ruleset = NULL;

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

/* --- a run --- */

static inline struct run *run_new(struct set set) {
        struct run *run = calloc(1, sizeof *run);
        struct pipeline_sink to;

        assert_non_null(run);
        to = sink(run);
        run->now = START;
        run->set = set;
        assert_int_equal(pipeline_new(&run->pipeline, compile(&set), START, &to), 0);
        return run;
}

static inline void run_free(struct run *run) {
        pipeline_free(run->pipeline);
        for (size_t i = 0; i < run->n; i++)
                free((char *)(uintptr_t)run->items[i].record.p);
        free(run);
}

/* The state goes through bytes into a fresh pipeline, as at a restart. */
static inline struct pipeline *reborn(struct run *run, const struct pipeline *from, struct run *into) {
        struct pipeline_sink to = sink(into);
        struct pipeline *next = NULL;
        struct buf state = BUF_INIT;
        struct rd in;

        assert_int_equal(pipeline_save(from, &state), 0);
        assert_int_equal(pipeline_new(&next, compile(&run->set), run->now, &to), 0);
        in = rd_init(buf_str(&state));
        assert_int_equal(pipeline_load(next, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        buf_deinit(&state);
        return next;
}

static inline void run_restart(struct run *run) {
        struct pipeline *next = reborn(run, run->pipeline, run);

        pipeline_free(run->pipeline);
        run->pipeline = next;
}

static inline void take(struct run *run, struct ww_input input) {
        struct buf record = BUF_INIT;

        input.seq = ++run->seq;
        input.time = input.received = run->now;
        run->inputs++;
        assert_int_equal(ww_input_encode(&input, &record), 0);
        keep(run, input.seq, 0, false, &record);
        assert_int_equal(pipeline_input(run->pipeline, &input), 0);
}

/* as the engine does: a deadline with no other input becomes a time record */
static inline void pass(struct run *run, int64_t after) {
        int64_t to = run->now + after;

        while (pipeline_deadline(run->pipeline) < to) {
                int64_t deadline = pipeline_deadline(run->pipeline);

                run->now = deadline > run->now ? deadline : run->now;
                take(run, (struct ww_input){ .type = WW_INPUT_TIME });
        }
        run->now = to;
}

static inline void message(struct run *run, int64_t after, const char *device, const char *payload) {
        char topic[32];

        (void)snprintf(topic, sizeof topic, "t/%s", device);
        pass(run, after);
        take(run, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                     .origin = WW_ORIGIN_BULK,
                                     .topic = ww_str(topic),
                                     .payload = ww_str(payload) });
}

static inline void notice(struct run *run, int64_t after, const char *name) {
        pass(run, after);
        take(run, (struct ww_input){ .type = WW_INPUT_NOTICE, .topic = ww_str(name), .payload = WW_STR("{}") });
}

static inline void command(struct run *run, int64_t after, const char *body) {
        char id[32];

        (void)snprintf(id, sizeof id, "c%" PRIu64, run->seq);
        pass(run, after);
        take(run, (struct ww_input){ .type = WW_INPUT_COMMAND,
                                     .origin = WW_ORIGIN_SOCKET,
                                     .topic = WW_STR("unix:test"),
                                     .id = ww_str(id),
                                     .payload = ww_str(body) });
}

static inline void night(struct run *run, int64_t after, bool on) {
        command(run, after,
                on ? "{\"cmd\":\"mode\",\"name\":\"night\",\"on\":true,\"roles\":255}"
                   : "{\"cmd\":\"mode\",\"name\":\"night\",\"on\":false,\"roles\":255}");
}

static inline void staff(struct run *run, int64_t after, const char *badge, const char *more) {
        char body[256];

        (void)snprintf(body, sizeof body, "{\"cmd\":\"list\",\"name\":\"staff\",\"member\":\"%s\",\"roles\":255,%s}",
                       badge, more);
        command(run, after, body);
}

static inline uint64_t first_since(const struct run *run, int64_t since) {
        for (size_t i = 0; i < run->n; i++) {
                struct ww_input input;

                if (!run->items[i].output && ww_input_decode(run->items[i].record, run->items[i].seq, &input) == 0 &&
                    input.time >= since)
                        return input.seq;
        }
        return run->seq + 1;
}

/* As the engine does; `offered`: with what was compiled and primed beside the running pipeline, in two rounds. */
static inline void reload(struct run *run, int64_t after, struct set set, bool offered) {
        struct bundle bundle = bundle_of(&set);
        struct buf text = BUF_INIT, stood = BUF_INIT;
        struct ruleset *next = compile(&set);
        struct prime *prime = NULL;
        struct ww_prime from;
        char id[WW_PRIME_MAX] = "";

        pass(run, after);
        from.from_time = run->now - 3 * WW_SECOND; /* compiling takes time */
        assert_int_equal(bundle_encode(&bundle, &text), 0);
        bundle_deinit(&bundle);
        assert_int_equal(prime_new(&prime, pipeline_ruleset(run->pipeline), next, from.from_time), 0);
        if (prime) {
                from.from_seq = first_since(run, prime_since(prime));
                assert_int_equal(pipeline_stood(run->pipeline, prime_since(prime), &stood), 0);
                assert_int_equal(prime_stand(prime, buf_str(&stood)), 0);
                assert_int_equal(on_prime(run, prime, from.from_seq, run->seq / 2), 0);
                assert_int_equal(
                        on_prime(run, prime, from.from_seq > run->seq / 2 ? from.from_seq : run->seq / 2, run->seq + 1),
                        0);
                ww_prime_format(&from, id);
                run->primed++;
        }
        if (offered) {
                pipeline_offer(run->pipeline, next, prime);
        } else {
                prime_free(prime);
                ruleset_free(next);
        }
        run->in_reload = true;
        run->set = set;
        take(run,
             (struct ww_input){
                     .type = WW_INPUT_RELOAD, .id = ww_str(id), .topic = buf_str(&stood), .payload = buf_str(&text) });
        run->in_reload = false;
        run->reloads++;
        buf_deinit(&text);
        buf_deinit(&stood);
}
