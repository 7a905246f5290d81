/*
 * For tests and benchmarks of the store: a journal with known content, and the store and the migrations as the daemon
 * runs them.
 *
 *   store-driver fill DIR FIRST COUNT [KIND [BROKEN]]
 *                                              appends inputs FIRST … with their outputs, 1000 to a commit; BROKEN is
 * the seq of an input whose bytes are no record store-driver trim DIR UPTO                 deletes the front of the
 * journal store-driver id DIR store-driver store CONFIG [FD]             the worker, without a supervisor or with its
 * control pipe store-driver migrate CONFIG [DIR]
 *
 * What input FIRST + i is follows from its number alone (fill_one), so that the test can say what must arrive. KIND
 * `hostile` fills every field with what the wildest device could bring about; `events` gives only messages with one
 * event each: what a hospital mostly sends.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/log.h"
#include "journal/journal.h"
#include "store/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define COMMIT_EVERY 1000
#define MAP_SIZE     (UINT64_C(1) << 30)

/* a name with a NUL, a byte that is no UTF-8, a backslash, a quote and two real characters */
#define HOSTILE "d\0\xff\\\"\xc3\xa9\xe7\x97\x85"

static bool only_events, hostile_records;
static uint64_t broken;
static int64_t day_zero; /* this day, 00:00 UTC: input N was received N ms later */

static _printf_(3, 4) struct ww_str name_of(char *text, size_t size, const char *format, ...) {
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(text, size, format, ap);
        va_end(ap);
        return (struct ww_str){ text, (size_t)n };
}

static int put_output(struct journal *j, const struct ww_output *output) {
        _cleanup_buf_ struct buf record = BUF_INIT;
        int e = ww_output_encode(output, &record);

        return e ? e : journal_put_output(j, output->seq, output->n, buf_str(&record));
}

static int put_input(struct journal *j, const struct ww_input *input) {
        _cleanup_buf_ struct buf record = BUF_INIT;
        int e = ww_input_encode(input, &record);

        if (input->seq == broken)
                return journal_put_input(j, input->seq, WW_STR("this is no record"));
        return e ? e : journal_put_input(j, input->seq, buf_str(&record));
}

static int fill_event(struct journal *j, const struct ww_input *input, uint32_t n, bool hostile) {
        char device[32];
        const struct ww_attr attrs[] = {
                { .name = WW_STR("badge"), .value = ww_number((double)input->seq) },
                { .name = hostile ? WW_STR(HOSTILE) : WW_STR("floor"), .value = ww_string(WW_STR(HOSTILE)) },
        };
        struct ww_output output = {
                .seq = input->seq,
                .n = n,
                .type = WW_OUTPUT_EVENT,
                .event = {
                        .seq = input->seq,
                        .index = n,
                        .time = input->received - WW_SECOND,
                        .received = input->received,
                        .device_time = WW_TIME_NONE,
                        .kind = WW_STR("door.opened"),
                        .state = WW_STATE_ACTIVE,
                        .flags = hostile ? WW_EVENT_RETAINED | WW_EVENT_SUSPECT : 0,
                        .site = WW_STR("hospital"),
                        .zone = WW_STR("W3"),
                        .asset = WW_STR("door-w3-exit"),
                        .device = hostile ? WW_STR(HOSTILE) : name_of(device, sizeof device, "door-%" PRIu64, input->seq % 500),
                        .sensor = WW_STR("test/1"),
                        .value = ww_number((double)input->seq / 8),
                        .unit = WW_STR("celsius"),
                        .attrs = hostile || input->seq % 4 == 0 ? attrs : NULL,
                        .n_attrs = hostile || input->seq % 4 == 0 ? 2 : 0,
                },
        };

        return put_output(j, &output);
}

static int fill_transition(struct journal *j, const struct ww_input *input, uint32_t n) {
        const struct ww_evidence evidence[] = {
                { WW_STR("exit"), input->seq, 0, input->received - WW_SECOND, WW_STR("door-1"), WW_STR("door.opened") },
                { WW_STR("tag"), input->seq, 1, input->received - WW_SECOND, WW_STR("tag-1"), WW_STR("door.opened") },
        };
        struct ww_output output = {
                .seq = input->seq,
                .n = n,
                .type = WW_OUTPUT_TRANSITION,
                .transition = {
                        .cause = WW_CAUSE_RAISE,
                        .old_regions = { .acknowledged = true },
                        .old_priority = WW_PRIORITY_HIGH,
                        .annunciate = true,
                        .actor = WW_STR("rule:test"),
                        .time = input->received - WW_SECOND,
                        .alarm = {
                                .id = input->seq,
                                .rule = WW_STR("test/infant"),
                                .key = WW_STR("ward=W3"),
                                .title = WW_STR("Test \xe7\x97\x85"),
                                .site = WW_STR("hospital"),
                                .zone = WW_STR("W3"),
                                .device = WW_STR("door-1"),
                                .rule_hash = UINT64_MAX - 1,
                                .hazard = WW_HAZARD_THEFT,
                                .klass = WW_CLASS_INFANT,
                                .priority = WW_PRIORITY_CRITICAL,
                                .priority_unack = WW_PRIORITY_CRITICAL,
                                .regions = { .active = true },
                                .raised_count = 1,
                                .version = 1,
                                .alarmed_version = 1,
                                .raised_at = input->received - WW_SECOND,
                                .changed_at = input->time,
                                .acknowledged_at = WW_TIME_NONE,
                                .shelved_until = WW_TIME_NONE,
                                .out_of_service_until = WW_TIME_NONE,
                        },
                        .evidence = evidence,
                        .n_evidence = 2,
                },
        };

        return put_output(j, &output);
}

static int fill_message(struct journal *j, struct ww_input *input) {
        char topic[48], payload[160];
        bool hostile = input->seq % 37 == 0;
        int e;

        input->type = WW_INPUT_MESSAGE;
        input->origin = WW_ORIGIN_BULK;
        input->topic = hostile ? WW_STR("dev/" HOSTILE)
                               : name_of(topic, sizeof topic, "dev/door-%" PRIu64, input->seq % 500);
        input->payload = name_of(payload, sizeof payload,
                                 "{\"number\": %" PRIu64
                                 ", \"contact\": false, \"battery\": 100, \"linkquality\": 132, "
                                 "\"voltage\": 3000, \"device_temperature\": 21}",
                                 input->seq);
        e = put_input(j, input);
        if (!e && input->seq % 10 == 0 && !only_events) {
                const struct ww_output output = {
                        .seq = input->seq,
                        .type = WW_OUTPUT_UNDECODED,
                        .undecoded = { WW_STR("bad-json"), WW_STR("test/1"), WW_STR(HOSTILE) },
                };
                return put_output(j, &output);
        }
        if (!e)
                e = fill_event(j, input, 0, hostile);
        if (!e && input->seq % 100 == 1 && !only_events)
                e = fill_transition(j, input, 1);
        return e;
}

static int fill_command(struct journal *j, struct ww_input *input) {
        char id[32];
        struct ww_output output = {
                .seq = input->seq,
                .type = WW_OUTPUT_REPLY,
                .reply = { name_of(id, sizeof id, "test-%" PRIu64, input->seq), true, WW_STR("{\"ok\":true}") },
        };
        int e;

        input->type = WW_INPUT_COMMAND;
        input->origin = WW_ORIGIN_SOCKET;
        input->topic = WW_STR("0:root");
        input->id = output.reply.id;
        input->payload = WW_STR("{\"cmd\":\"ack\",\"alarm\":1,\"reason\":\"tested\"}");
        e = put_input(j, input);
        return e ? e : put_output(j, &output);
}

static int fill_reload(struct journal *j, struct ww_input *input) {
        const struct ww_output ruleset = {
                .seq = input->seq,
                .type = WW_OUTPUT_RULESET,
                .ruleset = { WW_STR("00112233445566778899aabbccddeeff"), 1, 2, 3, 4, WW_TIME_NONE },
        };
        const struct ww_output notice = {
                .seq = input->seq,
                .n = 1,
                .type = WW_OUTPUT_NOTICE,
                .notice = { WW_STR("engine-started"), WW_STR("engine"), WW_STR("The engine has started.") },
        };
        int e;

        input->type = WW_INPUT_RELOAD;
        input->id = WW_STR("prime 1 1767225600000000");
        input->topic = WW_STR("{\"blind\":false,\"modes\":[],\"lists\":[]}");
        input->payload = WW_STR("rules: []\n");
        e = put_input(j, input);
        if (!e)
                e = put_output(j, &ruleset);
        return e ? e : put_output(j, &notice);
}

/* --- hostile: every field is whatever can stand in a record --- */

static uint64_t random_state;

static uint64_t random_next(void) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return random_state * UINT64_C(2685821657736338717);
}

/* Mostly short, sometimes as long as MQTT allows; half of them of ASCII, the rest of any bytes. */
static struct ww_str random_text(struct arena *arena) {
        static const size_t sizes[] = { 1, 8, 40, 300, 3000, 65535 };
        size_t n = random_next() % (sizes[random_next() % 6] + 1);
        char *p = arena_alloc(arena, n + 1);
        bool ascii = random_next() % 2;

        for (size_t i = 0; p && i < n; i++)
                p[i] = (char)(ascii ? ' ' + random_next() % 95 : random_next());
        return (struct ww_str){ p, p ? n : 0 };
}

static int64_t random_time(void) {
        static const int64_t times[] = {
                0, 1, -1, WW_TIME_NEVER, WW_TIME_NONE + 1, WW_TIME_NEVER - 1, WW_DAY * 365 * 10000
        };

        return random_next() % 2 ? times[random_next() % 7] : (int64_t)(random_next() >> 10);
}

static struct ww_value random_value(struct arena *arena) {
        static const double numbers[] = { 0,       -0.0, 1e308 * 10, -1e308 * 10,      5e-324,
                                          1.7e308, 0.1,  1e15,       -9007199254740993 };

        switch (random_next() % 7) {
        case 0:
                return ww_missing();
        case 1:
                return (struct ww_value){ .type = WW_NULL };
        case 2:
                return ww_bool(random_next() % 2);
        case 3:
                return ww_number(random_next() % 8 ? numbers[random_next() % 9] : (double)NAN);
        case 4:
                return ww_instant(random_time());
        case 5:
                return ww_span((int64_t)(random_next() >> 1));
        default:
                return ww_string(random_text(arena));
        }
}

static int fill_hostile_event(struct journal *j, const struct ww_input *input, struct arena *arena) {
        struct ww_attr attrs[12];
        struct ww_output output = {
                .seq = input->seq,
                .type = WW_OUTPUT_EVENT,
                .event = {
                        .time = random_time(),
                        .received = random_time(),
                        .device_time = random_next() % 2 ? WW_TIME_NONE : random_time(),
                        .kind = random_text(arena),
                        .state = WW_STATE_PULSE,
                        .flags = random_next() % 128,
                        .site = random_text(arena),
                        .zone = random_text(arena),
                        .asset = random_text(arena),
                        .device = random_text(arena),
                        .sensor = random_text(arena),
                        .value = random_value(arena),
                        .unit = random_text(arena),
                        .attrs = attrs,
                        .n_attrs = random_next() % 12,
                },
        };

        for (size_t i = 0; i < output.event.n_attrs; i++)
                attrs[i] = (struct ww_attr){ .name = random_text(arena), .value = random_value(arena) };
        return put_output(j, &output);
}

static int fill_hostile_transition(struct journal *j, const struct ww_input *input, struct arena *arena) {
        const struct ww_evidence evidence = { random_text(arena), random_next() >> 1, (uint32_t)random_next() >> 1,
                                              random_time(),      random_text(arena), random_text(arena) };
        struct ww_output output = {
                .seq = input->seq,
                .n = 1,
                .type = WW_OUTPUT_TRANSITION,
                .transition = {
                        .cause = WW_CAUSE_REFUTED,
                        .old_priority = WW_PRIORITY_LOW,
                        .actor = random_text(arena),
                        .reason = random_text(arena),
                        .time = random_time(),
                        .alarm = {
                                .id = input->seq,
                                .rule = random_text(arena),
                                .key = random_text(arena),
                                .title = random_text(arena),
                                .procedure = random_text(arena),
                                .legal_basis = random_text(arena),
                                .site = random_text(arena),
                                .zone = random_text(arena),
                                .asset = random_text(arena),
                                .device = random_text(arena),
                                .rule_hash = random_next(),
                                .priority = WW_PRIORITY_LOW,
                                .priority_unack = WW_PRIORITY_LOW,
                                .regions = { true, true, true, WW_SHELVED_ONE_SHOT, true, true },
                                .raised_count = UINT32_MAX,
                                .version = 1,
                                .raised_at = random_time(),
                                .changed_at = random_time(),
                                .acknowledged_at = random_time(),
                                .acknowledged_by = random_text(arena),
                                .shelved_until = WW_TIME_NEVER,
                                .out_of_service_until = random_time(),
                                .suppressed_by = random_text(arena),
                                .work_order = random_text(arena),
                        },
                        .evidence = &evidence,
                        .n_evidence = 1,
                },
        };

        return put_output(j, &output);
}

static int fill_hostile_rest(struct journal *j, const struct ww_input *input, struct arena *arena) {
        const struct ww_output outputs[] = {
                { .n = 2, .type = WW_OUTPUT_REPLY, .reply = { random_text(arena), false, random_text(arena) } },
                { .n = 3,
                  .type = WW_OUTPUT_NOTICE,
                  .notice = { random_text(arena), random_text(arena), random_text(arena) } },
                { .n = 4,
                  .type = WW_OUTPUT_UNDECODED,
                  .undecoded = { random_text(arena), random_text(arena), random_text(arena) } },
                { .n = 5, .type = WW_OUTPUT_RULESET, .ruleset = { random_text(arena), UINT32_MAX, 0, 0, UINT32_MAX } },
                { .n = 6,
                  .type = WW_OUTPUT_CHANGE,
                  .change = { .subject = WW_SUBJECT_NOTE,
                              .id = 1,
                              .version = UINT64_MAX,
                              .time = random_time(),
                              .what = random_text(arena),
                              .actor = random_text(arena),
                              .reason = random_text(arena),
                              .body = random_text(arena) } },
                { .n = 7,
                  .type = WW_OUTPUT_CHANGE,
                  .change = { .subject = WW_SUBJECT_RECORD,
                              .id = 1,
                              .version = 1,
                              .time = random_time(),
                              .what = random_text(arena),
                              .actor = random_text(arena),
                              .reason = random_text(arena),
                              .body = WW_STR("{\"restricted\": true, \"kind\": \"case\"}") } },
        };
        int e = 0;

        for (size_t i = 0; i < sizeof outputs / sizeof *outputs && !e; i++) {
                struct ww_output output = outputs[i];

                output.seq = input->seq;
                e = put_output(j, &output);
        }
        return e;
}

static int fill_hostile(struct journal *j, uint64_t seq) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct ww_input input = {
                .seq = seq,
                .type = WW_INPUT_MESSAGE + seq % 5,
                .origin = WW_ORIGIN_BULK,
                .time = random_time(),
                .received = random_time(),
                .topic = random_text(&arena),
                .id = random_text(&arena),
                .payload = random_text(&arena),
        };
        int e;

        if (input.type == WW_INPUT_RELOAD) /* another one is no record */
                input.id = WW_STR("prime 18446744073709551615 -9223372036854775808");
        e = put_input(j, &input);
        if (!e)
                e = fill_hostile_event(j, &input, &arena);
        if (!e)
                e = fill_hostile_transition(j, &input, &arena);
        return e ? e : fill_hostile_rest(j, &input, &arena);
}

/* 1: reload; then of every 50 one command and one time record; the rest are messages. */
static int fill_one(struct journal *j, uint64_t seq) {
        struct ww_input input = {
                .seq = seq,
                .time = day_zero + (int64_t)seq * WW_MSEC,
                .received = day_zero + (int64_t)seq * WW_MSEC,
        };

        if (hostile_records)
                return fill_hostile(j, seq);
        if (only_events)
                return fill_message(j, &input);
        if (seq == 1)
                return fill_reload(j, &input);
        if (seq % 50 == 2)
                return fill_command(j, &input);
        if (seq % 50 == 3) {
                input.type = WW_INPUT_TIME;
                return put_input(j, &input);
        }
        return fill_message(j, &input);
}

static int journal_fill_range(struct journal *j, uint64_t first, uint64_t count) {
        int e = 0;

        for (uint64_t i = 0; i < count && !e; i++) {
                if (i % COMMIT_EVERY == 0)
                        e = journal_begin(j);
                if (!e)
                        e = fill_one(j, first + i);
                if (!e && (i % COMMIT_EVERY == COMMIT_EVERY - 1 || i == count - 1))
                        e = journal_commit(j);
        }
        return e;
}

static int trim(struct journal *j, uint64_t upto) {
        size_t deleted = 0;
        int e;

        do
                e = journal_trim(j, upto, 100, &deleted);
        while (!e && deleted > 0);
        return e;
}

static int with_journal(int argc, char **argv) {
        const struct journal_options options = {
                .dir = argv[2], .size = MAP_SIZE, .writer = strcmp(argv[1], "id") != 0, .lock_wait = 2 * WW_SECOND
        };
        _cleanup_(journal_closep) struct journal *j = NULL;
        uint64_t first = argc > 3 ? strtoull(argv[3], NULL, 10) : 0, count = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
        int e = journal_open(&j, &options);

        day_zero = clock_wall() / WW_DAY * WW_DAY;
        hostile_records = argc > 5 && strcmp(argv[5], "hostile") == 0;
        random_state = first * 2654435761U + 1;
        broken = argc > 6 ? strtoull(argv[6], NULL, 10) : 0;
        only_events = argc > 5 && strcmp(argv[5], "events") == 0;
        if (!e && strcmp(argv[1], "fill") == 0)
                e = journal_fill_range(j, first, count);
        else if (!e && strcmp(argv[1], "trim") == 0)
                e = trim(j, first);
        else if (!e)
                (void)printf("%s %" PRIu64 " %" PRIu64 "\n", journal_id(j), journal_tail(j), journal_head(j));
        if (e)
                (void)fprintf(stderr, "store-driver: %s: %d\n", argv[1], e);
        return e ? 1 : 0;
}

static int with_config(int argc, char **argv) {
        struct diag diag = DIAG_INIT;
        struct config config = { 0 };
        _cleanup_buf_ struct buf text = BUF_INIT;
        int r = 1;

        log_init("store", LOG_LEVEL_INFO);
        if (config_load(&config, argv[2], &diag) == 0)
                r = strcmp(argv[1], "store") == 0 ? store_main(&config, argc > 3 ? atoi(argv[3]) : -1)
                                                  : store_migrate(&config, argc > 3 ? argv[3] : NULL, false) != 0;
        diag_render(&diag, &text);
        (void)fprintf(stderr, "%.*s", WW_STR_ARG(buf_str(&text)));
        diag_deinit(&diag);
        config_deinit(&config);
        return r;
}

int main(int argc, char **argv) {
        if (argc < 3)
                return 2;
        if (strcmp(argv[1], "store") == 0 || strcmp(argv[1], "migrate") == 0)
                return with_config(argc, argv);
        return with_journal(argc, argv);
}
