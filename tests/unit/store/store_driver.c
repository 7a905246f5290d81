/*
 * For tests and benchmarks of the store: a journal with known content, and the store and the migrations as the daemon
 * runs them.
 *
 *   store-driver fill DIR FIRST COUNT [KIND [BROKEN]]
 *                                              appends inputs FIRST … with their outputs, 1000 to a commit; BROKEN is the
 *                                              seq of an input whose bytes are no record
 *   store-driver trim DIR UPTO                 deletes the front of the journal
 *   store-driver id DIR
 *   store-driver store CONFIG [FD]             the worker, without a supervisor or with its control pipe
 *   store-driver migrate CONFIG [DIR]
 *
 * What input FIRST + i is follows from its number alone (fill_one), so that the test can say what must arrive. KIND
 * `events` gives only messages with one event each: what a hospital mostly sends.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/log.h"
#include "journal/journal.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define COMMIT_EVERY 1000
#define MAP_SIZE     (UINT64_C(1) << 30)

/* a name with a NUL, a byte that is no UTF-8, a backslash, a quote and two real characters */
#define HOSTILE "d\0\xff\\\"\xc3\xa9\xe7\x97\x85"

static bool only_events;
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
                .ruleset = { WW_STR("00112233445566778899aabbccddeeff"), 1, 2, 3, 4 },
        };
        const struct ww_output notice = {
                .seq = input->seq,
                .n = 1,
                .type = WW_OUTPUT_NOTICE,
                .notice = { WW_STR("engine-started"), WW_STR("engine"), WW_STR("The engine has started.") },
        };
        int e;

        input->type = WW_INPUT_RELOAD;
        input->payload = WW_STR("rules: []\n");
        e = put_input(j, input);
        if (!e)
                e = put_output(j, &ruleset);
        return e ? e : put_output(j, &notice);
}

/* 1: reload; then of every 50 one command and one time record; the rest are messages. */
static int fill_one(struct journal *j, uint64_t seq) {
        struct ww_input input = {
                .seq = seq,
                .time = day_zero + (int64_t)seq * WW_MSEC,
                .received = day_zero + (int64_t)seq * WW_MSEC,
        };

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
