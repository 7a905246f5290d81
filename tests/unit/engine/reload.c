/*
 * Reloads that are primed, on a virtual clock and with a journal in memory: what came before counts, whatever happens
 * in between, and a replay from any place gives what was written.
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
#define STEPS   250

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
                              "  - message: badge\n"
                              "    has: [badge]\n"
                              "    events: [{kind: access.denied}]\n"
                              "  - message: panic\n"
                              "    has: [panic]\n"
                              "    events: [{kind: panic}]\n"
                              "  - message: life\n"
                              "    has: [life]\n"
                              "    events: [{kind: device.heartbeat}]\n";

#define STANDS "lists:\n  staff: [b0]\nmodes:\n  night: {title: Night}\n"

/* two sites: in the second a door is somewhere else, and one is no asset any more */
static const char *const sites[] = {
        "site: test\nzones:\n  - {zone: A, title: A}\n  - {zone: B, title: B}\nassets:\n"
        "  - {asset: d1, device: d1, class: door, zone: A, held_limit: 20s}\n"
        "  - {asset: d2, device: d2, class: door, zone: B, held_limit: 20s}\n"
        "  - {asset: d3, device: d3, class: door, zone: B, held_limit: 20s}\n"
        "  - {asset: c1, device: c1, class: controller, zone: A, supervision: 90s}\n"
        "  - {asset: c2, device: c2, class: controller, zone: B, supervision: 90s}\n" STANDS,
        "site: test\nzones:\n  - {zone: A, title: A}\n  - {zone: B, title: B}\nassets:\n"
        "  - {asset: d1, device: d1, class: door, zone: A, held_limit: 20s}\n"
        "  - {asset: d2, device: d2, class: door, zone: A, held_limit: 40s}\n"
        "  - {asset: c1, device: c1, class: controller, zone: A, supervision: 90s}\n"
        "  - {asset: c2, device: c2, class: controller, zone: B, supervision: 90s}\n" STANDS,
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

static void keep(struct run *run, uint64_t seq, uint32_t n, bool output, struct buf *record) {
        assert_true(run->n < RECORDS);
        assert_int_equal(record->error, 0);
        run->items[run->n++] = (struct journal_item){ seq, n, output, buf_str(record) };
}

static int on_output(void *userdata, const struct ww_output *output) {
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

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static int on_prime(void *userdata, struct prime *prime, uint64_t from_seq, uint64_t before_seq) {
        struct run *run = userdata;
        const struct run *journal = run->against ? run->against : run;
        struct journal_batch batch = { .items = (struct journal_item *)journal->items, .n = journal->n };

        while (batch.n && batch.items->seq < from_seq) {
                batch.items++;
                batch.n--;
        }
        return prime_batch(prime, &batch, before_seq);
}

static struct pipeline_sink sink(struct run *run) {
        return (struct pipeline_sink){ run, on_output, on_live, on_prime };
}

/* --- rule sets --- */

static struct bundle bundle_of(const struct set *set) {
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

static struct ruleset *compile(const struct set *set) {
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

static struct run *run_new(struct set set) {
        struct run *run = calloc(1, sizeof *run);
        struct pipeline_sink to;

        assert_non_null(run);
        to = sink(run);
        run->now = START;
        run->set = set;
        assert_int_equal(pipeline_new(&run->pipeline, compile(&set), START, &to), 0);
        return run;
}

static void run_free(struct run *run) {
        pipeline_free(run->pipeline);
        for (size_t i = 0; i < run->n; i++)
                free((char *)(uintptr_t)run->items[i].record.p);
        free(run);
}

/* The state goes through bytes into a fresh pipeline, as at a restart. */
static struct pipeline *reborn(struct run *run, const struct pipeline *from, struct run *into) {
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

static void run_restart(struct run *run) {
        struct pipeline *next = reborn(run, run->pipeline, run);

        pipeline_free(run->pipeline);
        run->pipeline = next;
}

static void take(struct run *run, struct ww_input input) {
        struct buf record = BUF_INIT;

        input.seq = ++run->seq;
        input.time = input.received = run->now;
        run->inputs++;
        assert_int_equal(ww_input_encode(&input, &record), 0);
        keep(run, input.seq, 0, false, &record);
        assert_int_equal(pipeline_input(run->pipeline, &input), 0);
}

/* as the engine does: a deadline with no other input becomes a time record */
static void pass(struct run *run, int64_t after) {
        int64_t to = run->now + after;

        while (pipeline_deadline(run->pipeline) < to) {
                int64_t deadline = pipeline_deadline(run->pipeline);

                run->now = deadline > run->now ? deadline : run->now;
                take(run, (struct ww_input){ .type = WW_INPUT_TIME });
        }
        run->now = to;
}

static void message(struct run *run, int64_t after, const char *device, const char *payload) {
        char topic[32];

        (void)snprintf(topic, sizeof topic, "t/%s", device);
        pass(run, after);
        take(run, (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                     .origin = WW_ORIGIN_BULK,
                                     .topic = ww_str(topic),
                                     .payload = ww_str(payload) });
}

static void notice(struct run *run, int64_t after, const char *name) {
        pass(run, after);
        take(run, (struct ww_input){ .type = WW_INPUT_NOTICE, .topic = ww_str(name), .payload = WW_STR("{}") });
}

static void command(struct run *run, int64_t after, const char *body) {
        char id[32];

        (void)snprintf(id, sizeof id, "c%" PRIu64, run->seq);
        pass(run, after);
        take(run, (struct ww_input){ .type = WW_INPUT_COMMAND,
                                     .origin = WW_ORIGIN_SOCKET,
                                     .topic = WW_STR("unix:test"),
                                     .id = ww_str(id),
                                     .payload = ww_str(body) });
}

static void night(struct run *run, int64_t after, bool on) {
        command(run, after,
                on ? "{\"cmd\":\"mode\",\"name\":\"night\",\"on\":true,\"roles\":255}"
                   : "{\"cmd\":\"mode\",\"name\":\"night\",\"on\":false,\"roles\":255}");
}

static void staff(struct run *run, int64_t after, const char *badge, const char *more) {
        char body[256];

        (void)snprintf(body, sizeof body, "{\"cmd\":\"list\",\"name\":\"staff\",\"member\":\"%s\",\"roles\":255,%s}",
                       badge, more);
        command(run, after, body);
}

static uint64_t first_since(const struct run *run, int64_t since) {
        for (size_t i = 0; i < run->n; i++) {
                struct ww_input input;

                if (!run->items[i].output && ww_input_decode(run->items[i].record, run->items[i].seq, &input) == 0 &&
                    input.time >= since)
                        return input.seq;
        }
        return run->seq + 1;
}

/* As the engine does; `offered`: with what was compiled and primed beside the running pipeline, in two rounds. */
static void reload(struct run *run, int64_t after, struct set set, bool offered) {
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

/* --- stories --- */

static uint32_t next_random(uint32_t *state) {
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

static struct set set_random(uint32_t *seed) {
        struct set set = { .site = next_random(seed) % 4 == 0 };

        for (size_t i = 0; i < FORMS; i++)
                set.form[i] = next_random(seed) % 5 ? next_random(seed) % 2 : 2;
        return set;
}

static void step_message(struct run *run, int64_t after, uint32_t *seed) {
        static const char *const devices[] = { "d1", "d2", "d3", "c1", "c2" };
        char payload[64];

        switch (next_random(seed) % 5) {
        case 0:
                (void)snprintf(payload, sizeof payload, "{\"badge\":\"b%u\"}", next_random(seed) % 3);
                message(run, after, devices[next_random(seed) % 3], payload);
                return;
        case 1:
                message(run, after, devices[next_random(seed) % 3], "{\"door\":\"open\"}");
                return;
        case 2:
                message(run, after, devices[next_random(seed) % 3], "{\"door\":\"shut\"}");
                return;
        case 3:
                message(run, after, devices[3 + next_random(seed) % 2], "{\"life\":1}");
                return;
        default:
                message(run, after, devices[next_random(seed) % 3],
                        next_random(seed) % 6 ? "{\"door\":\"open\"}" : "{\"panic\":1}");
                return;
        }
}

struct place { /* of a replay's beginning */
        unsigned step;
        struct pipeline *pipeline;
        struct set set;
        int64_t now;
        size_t at;
        struct run *into;
};

static void step_command(struct run *run, int64_t after, uint32_t *seed) {
        static const char *const more[] = { "\"add\":true", "\"add\":false", "\"add\":true,\"until\":\"5m\"",
                                            "\"add\":7" };
        char badge[8];

        if (next_random(seed) % 2) {
                night(run, after, next_random(seed) % 2);
                return;
        }
        (void)snprintf(badge, sizeof badge, "b%u", next_random(seed) % 3);
        staff(run, after, badge, more[next_random(seed) % 4]);
}

/* `restart_every`: 0 = never. `from`: where the state is copied, NULL = nowhere. */
static void story(struct run *run, uint32_t seed, unsigned restart_every, bool offered, struct place *from) {
        for (unsigned i = 0; i < STEPS; i++) {
                int64_t after = (int64_t)(next_random(&seed) % 25) * WW_SECOND + WW_MSEC;
                uint32_t what = next_random(&seed) % 60;

                if (restart_every && i % restart_every == 0)
                        run_restart(run);
                if (from && i == from->step) {
                        from->pipeline = reborn(run, run->pipeline, from->into);
                        from->set = run->set;
                        from->now = run->now;
                        from->at = run->n;
                }
                if (what < 4)
                        reload(run, after, set_random(&seed), offered);
                else if (what < 6)
                        notice(run, after, what == 4 ? "intake-blind" : "intake-sighted");
                else if (what < 11)
                        step_command(run, after, &seed);
                else
                        step_message(run, after, &seed);
        }
}

static void assert_same(const struct run *a, const struct run *b) {
        for (size_t i = 0; i < a->n && i < b->n; i++) {
                assert_true(a->items[i].seq == b->items[i].seq && a->items[i].n == b->items[i].n &&
                            a->items[i].output == b->items[i].output);
                assert_int_equal(a->items[i].record.n, b->items[i].record.n);
                assert_memory_equal(a->items[i].record.p, b->items[i].record.p, a->items[i].record.n);
        }
        assert_int_equal(a->n, b->n);
}

/* What was written from `from` on, taken again by the state as it was there. */
static void replay(const struct run *written, struct place *from) {
        struct run *run = from->into;

        run->against = written;
        run->pipeline = from->pipeline;
        for (size_t i = from->at; i < written->n; i++) {
                struct ww_input input;

                if (written->items[i].output)
                        continue;
                assert_int_equal(ww_input_decode(written->items[i].record, written->items[i].seq, &input), 0);
                run->at = i + 1;
                assert_int_equal(pipeline_input(run->pipeline, &input), 0);
                assert_true(run->at == written->n || !written->items[run->at].output);
        }
}

static void reloads_anywhere_are_replayed_alike(void **state) {
        size_t primed = 0, opened = 0;

        for (uint32_t seed = 1; seed <= 16; seed++) {
                uint32_t random = seed * 77;
                struct set set = set_random(&random);
                struct place from = { .step = next_random(&random) % STEPS, .into = calloc(1, sizeof(struct run)) };
                struct run *calm = run_new(set), *unoffered = run_new(set), *shaken = run_new(set);

                assert_non_null(from.into);
                story(calm, seed, 0, true, &from);
                story(unoffered, seed, 0, false, NULL); /* each record is compiled and primed as it comes */
                story(shaken, seed, 1 + seed % 5, seed % 2, NULL);
                assert_same(calm, unoffered);
                assert_same(calm, shaken);
                replay(calm, &from);
                primed += calm->primed;
                opened += calm->opened;
                run_free(from.into);
                run_free(calm);
                run_free(unoffered);
                run_free(shaken);
        }
        assert_true(primed > 100);
        assert_true(opened > 40);
}

/* --- single points --- */

enum { COUNTING = 1, HELD = 2, SILENT = 4, MANY = 5, LONG = 6, NIGHT = 7, STAFF = 8 };

/* None but one, in that form. */
static struct set only(unsigned rule, unsigned form) {
        struct set set = { .site = 0 };

        for (size_t i = 0; i < FORMS; i++)
                set.form[i] = i == rule ? form : 2;
        return set;
}

static size_t causes(const struct run *run, enum ww_cause cause, const char *rule) {
        struct arena arena = ARENA_INIT;
        size_t n = 0;

        for (size_t i = 0; i < run->n; i++) {
                const struct journal_item *item = &run->items[i];
                struct ww_output output;

                if (!item->output || ww_output_decode(item->record, item->seq, item->n, &arena, &output))
                        continue;
                n += output.type == WW_OUTPUT_TRANSITION && output.transition.cause == cause &&
                     ww_str_is(output.transition.alarm.rule, rule);
        }
        arena_deinit(&arena);
        return n;
}

static void what_came_before_counts(void **state) {
        struct run *run = run_new(only(COUNTING, 2));

        message(run, WW_SECOND, "d1", "{\"badge\":\"b1\"}");
        message(run, WW_SECOND, "d1", "{\"badge\":\"b1\"}");
        reload(run, WW_SECOND, only(COUNTING, 1), true); /* three in 90 s */
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "counting"), 0);
        message(run, WW_SECOND, "d1", "{\"badge\":\"b1\"}");
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "counting"), 1);
        run_free(run);
}

static void a_level_that_is_on_opens_at_the_swap(void **state) {
        struct run *run = run_new(only(HELD, 2));

        message(run, WW_SECOND, "d1", "{\"door\":\"open\"}");
        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        message(run, WW_SECOND, "d2", "{\"door\":\"shut\"}");
        reload(run, 5 * WW_SECOND, only(HELD, 1), true); /* longer than `wait`: the closing is decided */
        assert_int_equal(run->opened, 1);
        message(run, WW_SECOND, "d1", "{\"door\":\"shut\"}");
        pass(run, 10 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_CLEAR, "held"), 1);
        run_free(run);
}

/* The next site knows where a device is; the event that was written did not. */
static void places_are_those_of_the_next_site(void **state) {
        struct run *run = run_new(only(HELD, 2));
        struct set set = only(HELD, 0);

        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        set.site = 1; /* there d2 may be held for 40 s, not 20 s */
        reload(run, 10 * WW_SECOND, set, true);
        pass(run, 15 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "held"), 0);
        pass(run, 30 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "held"), 1);
        run_free(run);
}

/* Whoever reloads while the broker is away must not be told that everything is silent. */
static void nobody_is_silent_while_nothing_is_heard(void **state) {
        struct run *run = run_new(only(SILENT, 2));

        message(run, WW_SECOND, "c1", "{\"life\":1}");
        notice(run, WW_SECOND, "intake-blind");
        pass(run, 2 * WW_HOUR); /* longer than what is primed */
        reload(run, WW_SECOND, only(SILENT, 0), true);
        pass(run, 10 * WW_MINUTE);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "silent"), 0);
        notice(run, WW_SECOND, "intake-sighted");
        pass(run, 80 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "silent"), 0);
        pass(run, 20 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "silent"), 2);
        run_free(run);
}

/* Alarms of a rule that stays are events of the past for one that reads them. */
static void alarms_of_before_count(void **state) {
        struct run *run;
        struct set set = only(HELD, 1);

        run = run_new(set);
        message(run, WW_SECOND, "d1", "{\"door\":\"open\"}");
        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        set.form[MANY] = 1; /* three in 5 minutes */
        reload(run, WW_SECOND, set, true);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "many"), 0);
        message(run, WW_SECOND, "d3", "{\"door\":\"open\"}");
        pass(run, 10 * WW_SECOND);
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "many"), 1);
        run_free(run);
}

static void longer_windows_say_when_they_are_whole(void **state) {
        struct run *run = run_new(only(LONG, 2));
        int64_t until;

        pass(run, 2 * WW_HOUR);
        assert_true(pipeline_partial_until(run->pipeline) == WW_TIME_NONE);
        reload(run, WW_SECOND, only(LONG, 0), true);
        until = pipeline_partial_until(run->pipeline);
        assert_true(until > run->now + 59 * WW_MINUTE && until <= run->now + 61 * WW_MINUTE);
        pass(run, 62 * WW_MINUTE);
        take(run, (struct ww_input){ .type = WW_INPUT_TIME });
        assert_true(pipeline_partial_until(run->pipeline) == WW_TIME_NONE);
        run_free(run);
}

/* What was switched long before, and within what is primed. */
static void modes_are_those_of_the_past(void **state) {
        struct run *run = run_new(only(NIGHT, 2));

        night(run, WW_SECOND, true);
        pass(run, 3 * WW_HOUR);
        message(run, WW_SECOND, "d1", "{\"door\":\"open\"}");
        night(run, WW_SECOND, false);
        message(run, WW_SECOND, "d2", "{\"door\":\"open\"}");
        reload(run, 5 * WW_SECOND, only(NIGHT, 0), true);
        assert_int_equal(run->opened, 1); /* d1 rose at night; the guard's fall clears nothing */
        night(run, WW_SECOND, true);
        pass(run, 5 * WW_SECOND);
        take(run, (struct ww_input){ .type = WW_INPUT_TIME });
        assert_int_equal(causes(run, WW_CAUSE_RAISE, "night"), 2);
        run_free(run);
}

static void members_are_those_of_the_past(void **state) {
        struct run *run = run_new(only(STAFF, 2));

        staff(run, WW_SECOND, "b1", "\"add\":true");
        pass(run, 3 * WW_HOUR);
        for (int i = 0; i < 2; i++)
                for (char badge = '0'; badge < '3'; badge++)
                        message(run, WW_SECOND, "d1",
                                badge == '0'   ? "{\"badge\":\"b0\"}"
                                : badge == '1' ? "{\"badge\":\"b1\"}"
                                               : "{\"badge\":\"b2\"}");
        reload(run, 5 * WW_SECOND, only(STAFF, 0), true);
        assert_int_equal(run->opened, 2); /* b0 by the site's file, b1 by the command */
        run_free(run);
}

/* A record that says something else than it must is refused, and changes nothing. */
static void a_record_that_stood_on_nothing_is_refused(void **state) {
        struct run *run = run_new(only(HELD, 2));
        struct set set = only(HELD, 1);
        struct bundle bundle = bundle_of(&set);
        struct buf text = BUF_INIT;
        struct ww_input input = { .type = WW_INPUT_RELOAD,
                                  .seq = 1,
                                  .time = START,
                                  .id = WW_STR("prime 1 1767225600000000"),
                                  .topic = WW_STR("{no json") };

        assert_int_equal(bundle_encode(&bundle, &text), 0);
        input.payload = buf_str(&text);
        assert_int_equal(pipeline_input(run->pipeline, &input), -EBADMSG);
        assert_string_not_equal(pipeline_ruleset(run->pipeline)->bundle.hash, bundle.hash);
        input.topic = WW_STR("{\"blind\":false,\"modes\":[{\"name\":\"none\",\"on\":true}],\"lists\":[7]}");
        assert_int_equal(pipeline_input(run->pipeline, &input), 0);
        assert_string_equal(pipeline_ruleset(run->pipeline)->bundle.hash, bundle.hash);
        bundle_deinit(&bundle);
        buf_deinit(&text);
        run_free(run);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_came_before_counts),
                cmocka_unit_test(a_level_that_is_on_opens_at_the_swap),
                cmocka_unit_test(places_are_those_of_the_next_site),
                cmocka_unit_test(nobody_is_silent_while_nothing_is_heard),
                cmocka_unit_test(alarms_of_before_count),
                cmocka_unit_test(longer_windows_say_when_they_are_whole),
                cmocka_unit_test(modes_are_those_of_the_past),
                cmocka_unit_test(members_are_those_of_the_past),
                cmocka_unit_test(a_record_that_stood_on_nothing_is_refused),
                cmocka_unit_test(reloads_anywhere_are_replayed_alike),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
