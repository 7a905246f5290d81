#include "base/arena.h"
#include "base/buf.h"
#include "journal/record_json.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <wardwatch/record.h>
#include <xxhash.h>
// cmocka.h needs the ones above
#include <cmocka.h>

/* for tables: a compound literal is no constant */
#define TEXT(literal)                                                                                                  \
        { (literal), sizeof(literal) - 1 }

#define assert_str(a, b) assert_true(ww_str_equal((a), (b)))

static const struct ww_str binary = { "\0\xff\xfe{\"\n\x80", 7 };

static char huge_bytes[300000];

static struct ww_str huge(void) {
        memset(huge_bytes, 'x', sizeof huge_bytes);
        return (struct ww_str){ huge_bytes, sizeof huge_bytes };
}

static struct ww_alarm alarm_full(void) {
        return (struct ww_alarm){
                .id = UINT64_MAX,
                .rule = WW_STR("ward-door-forced"),
                .key = WW_STR("ward=W3"),
                .title = binary,
                .procedure = WW_STR("p"),
                .legal_basis = WW_STR("l"),
                .site = WW_STR("s"),
                .zone = WW_STR("z"),
                .asset = WW_STR("a"),
                .device = WW_STR("d"),
                .rule_hash = 0x8123456789abcdefu,
                .hazard = WW_HAZARD_SYSTEM,
                .klass = WW_CLASS_TAMPER,
                .priority = WW_PRIORITY_CRITICAL,
                .priority_unack = WW_PRIORITY_LOW,
                .regions = { true, false, true, WW_SHELVED_ONE_SHOT, false, true },
                .instant = true,
                .silenced = true,
                .exercise = true,
                .partial = true,
                .raised_count = UINT32_MAX,
                .version = 1ull << 63,
                .alarmed_version = 3,
                .raised_at = INT64_MAX,
                .changed_at = INT64_MIN + 1,
                .acknowledged_at = WW_TIME_NONE,
                .acknowledged_by = WW_STR("uid:1"),
                .shelved_until = WW_TIME_NEVER,
                .out_of_service_until = 0,
                .suppressed_by = WW_STR("x"),
                .work_order = WW_STR("w"),
        };
}

static void assert_alarm(const struct ww_alarm *a, const struct ww_alarm *b) {
        _cleanup_buf_ struct buf x = BUF_INIT;
        _cleanup_buf_ struct buf y = BUF_INIT;

        /* equal bytes: no field is lost, or the comparison of fields below would show it */
        assert_int_equal(ww_alarm_encode(a, &x), 0);
        assert_int_equal(ww_alarm_encode(b, &y), 0);
        assert_str(buf_str(&x), buf_str(&y));
        assert_true(a->id == b->id && a->rule_hash == b->rule_hash && a->hazard == b->hazard && a->klass == b->klass);
        assert_true(a->priority == b->priority && a->priority_unack == b->priority_unack);
        assert_true(a->regions.active == b->regions.active && a->regions.acknowledged == b->regions.acknowledged &&
                    a->regions.latched == b->regions.latched && a->regions.shelved == b->regions.shelved &&
                    a->regions.suppressed == b->regions.suppressed &&
                    a->regions.out_of_service == b->regions.out_of_service);
        assert_true(a->instant == b->instant && a->first_out == b->first_out && a->silenced == b->silenced &&
                    a->stale == b->stale && a->exercise == b->exercise && a->covert == b->covert &&
                    a->partial == b->partial);
        assert_true(a->raised_count == b->raised_count && a->version == b->version &&
                    a->alarmed_version == b->alarmed_version);
        assert_true(a->raised_at == b->raised_at && a->changed_at == b->changed_at &&
                    a->acknowledged_at == b->acknowledged_at && a->shelved_until == b->shelved_until &&
                    a->out_of_service_until == b->out_of_service_until);
        assert_str(a->title, b->title);
        assert_str(a->work_order, b->work_order);
        assert_str(a->acknowledged_by, b->acknowledged_by);
}

static const struct ww_attr attrs[] = {
        { TEXT("badge"), 0, { WW_STRING, .string = { "\0\xff", 2 } } },
        { TEXT(""), 0, { WW_MISSING } },
        { TEXT("null"), 0, { WW_NULL } },
        { TEXT("flag"), 0, { WW_BOOL, .boolean = true } },
        { TEXT("span"), 0, { WW_SPAN, .usec = INT64_MAX } },
        { TEXT("time"), 0, { WW_TIME, .usec = WW_TIME_NONE } },
        { TEXT("number"), 0, { WW_NUMBER, .number = -0.0 } },
};

static const struct ww_evidence evidence[] = {
        { TEXT("exit"), UINT64_MAX, UINT32_MAX, INT64_MIN, TEXT("dev"), TEXT("door.opened") },
        { .seq = 0 },
};

static const struct ww_redact_span spans[] = { { 0, UINT32_MAX, WW_REDACT_TEXT }, { 7, 1, WW_REDACT_NUMBER } };

static struct ww_output output_of(enum ww_output_type type) {
        struct ww_output o = { .seq = 77, .n = 3, .type = type };

        switch (type) {
        case WW_OUTPUT_EVENT:
                o.event = (struct ww_event){ .seq = 77,
                                             .index = UINT32_MAX,
                                             .time = INT64_MIN + 1,
                                             .received = INT64_MAX,
                                             .device_time = WW_TIME_NONE,
                                             .kind = WW_STR("door.opened"),
                                             .state = WW_STATE_PULSE,
                                             .flags = WW_EVENT_INITIAL | WW_EVENT_RETAINED,
                                             .zone = binary,
                                             .device = huge(),
                                             .value = ww_number(HUGE_VAL),
                                             .unit = WW_STR("celsius"),
                                             .attrs = attrs,
                                             .n_attrs = sizeof attrs / sizeof *attrs };
                break;
        case WW_OUTPUT_TRANSITION:
                o.transition = (struct ww_transition){ .cause = WW_CAUSE_REFUTED,
                                                       .old_regions = { .active = true, .suppressed = true },
                                                       .old_priority = WW_PRIORITY_HIGH,
                                                       .annunciate = true,
                                                       .actor = WW_STR("rule:x"),
                                                       .reason = binary,
                                                       .time = 5,
                                                       .alarm = alarm_full(),
                                                       .evidence = evidence,
                                                       .n_evidence = 2,
                                                       .context = binary };
                break;
        case WW_OUTPUT_REPLY:
                o.reply = (struct ww_reply){ WW_STR("id"), true, huge() };
                break;
        case WW_OUTPUT_NOTICE:
                o.notice = (struct ww_notice){ WW_STR("broker-lost"), WW_STR_NONE, binary };
                break;
        case WW_OUTPUT_UNDECODED:
                o.undecoded = (struct ww_undecoded){ WW_STR("bad-json"), WW_STR(""), binary };
                break;
        case WW_OUTPUT_RULESET:
                o.ruleset = (struct ww_ruleset){ WW_STR("00112233445566778899aabbccddeeff"), 1, UINT32_MAX, 0, 4, 5 };
                break;
        case WW_OUTPUT_CHANGE:
                o.change = (struct ww_change){ .subject = WW_SUBJECT_FLOOD,
                                               .id = 7,
                                               .version = UINT64_MAX,
                                               .incident = 3,
                                               .exercise = true,
                                               .time = INT64_MIN + 1,
                                               .what = WW_STR("opened"),
                                               .actor = binary,
                                               .reason = huge(),
                                               .body = WW_STR("{\"state\":\"new\"}") };
                break;
        case WW_OUTPUT_REDACTION:
                o.redaction = (struct ww_redaction){ spans, 2 };
                break;
        case WW_OUTPUT_PUBLISH:
                o.publish = (struct ww_publish){ WW_STR("spBv1.0/g/NCMD/n"), binary, 1, true };
                break;
        }
        return o;
}

static void assert_event(const struct ww_event *a, const struct ww_event *b) {
        assert_true(a->seq == b->seq && a->index == b->index && a->time == b->time && a->received == b->received);
        assert_true(a->device_time == b->device_time && a->state == b->state && a->flags == b->flags);
        assert_int_equal(a->family, WW_FAMILY_NONE);
        assert_int_equal(a->asset_index, UINT32_MAX);
        assert_str(a->kind, b->kind);
        assert_str(a->zone, b->zone);
        assert_str(a->device, b->device);
        assert_str(a->unit, b->unit);
        assert_int_equal(a->value.type, b->value.type);
        assert_memory_equal(&a->value.number, &b->value.number, sizeof(double));
        assert_int_equal(a->n_attrs, b->n_attrs);
        assert_str(a->attrs[0].value.string, b->attrs[0].value.string);
        for (size_t i = 0; i < a->n_attrs; i++) {
                assert_str(a->attrs[i].name, b->attrs[i].name);
                assert_int_equal(a->attrs[i].value.type, b->attrs[i].value.type);
        }
        assert_int_equal(a->attrs[4].value.usec, INT64_MAX);
        assert_int_equal(a->attrs[5].value.usec, WW_TIME_NONE);
        assert_true(signbit(a->attrs[6].value.number));
}

static void assert_transition(const struct ww_transition *a, const struct ww_transition *b) {
        assert_true(a->cause == b->cause && a->old_priority == b->old_priority && a->annunciate == b->annunciate);
        assert_true(a->old_regions.active && a->old_regions.suppressed && !a->old_regions.latched);
        assert_str(a->actor, b->actor);
        assert_str(a->reason, b->reason);
        assert_str(a->context, b->context);
        assert_alarm(&a->alarm, &b->alarm);
        assert_int_equal(a->n_evidence, 2);
        assert_true(a->evidence[0].seq == UINT64_MAX && a->evidence[0].index == UINT32_MAX &&
                    a->evidence[0].time == INT64_MIN);
        assert_str(a->evidence[0].kind, evidence[0].kind);
        assert_int_equal(a->evidence[1].role.n, 0);
}

static void assert_change(const struct ww_change *a, const struct ww_change *b) {
        assert_true(a->subject == b->subject && a->id == b->id && a->version == b->version);
        assert_true(a->incident == b->incident && a->exercise == b->exercise && a->ended == b->ended);
        assert_true(a->time == b->time);
        assert_str(a->what, b->what);
        assert_str(a->actor, b->actor);
        assert_str(a->reason, b->reason);
        assert_str(a->body, b->body);
}

static void assert_output(const struct ww_output *a, const struct ww_output *b) {
        assert_true(a->seq == b->seq && a->n == b->n && a->type == b->type);
        switch (a->type) {
        case WW_OUTPUT_EVENT:
                assert_event(&a->event, &b->event);
                break;
        case WW_OUTPUT_TRANSITION:
                assert_transition(&a->transition, &b->transition);
                break;
        case WW_OUTPUT_REPLY:
                assert_str(a->reply.id, b->reply.id);
                assert_true(a->reply.ok == b->reply.ok);
                assert_str(a->reply.body, b->reply.body);
                break;
        case WW_OUTPUT_NOTICE:
                assert_str(a->notice.name, b->notice.name);
                assert_str(a->notice.subject, b->notice.subject);
                assert_str(a->notice.text, b->notice.text);
                break;
        case WW_OUTPUT_UNDECODED:
                assert_str(a->undecoded.reason, b->undecoded.reason);
                assert_str(a->undecoded.sensor, b->undecoded.sensor);
                assert_str(a->undecoded.detail, b->undecoded.detail);
                break;
        case WW_OUTPUT_RULESET:
                assert_str(a->ruleset.hash, b->ruleset.hash);
                assert_true(a->ruleset.rules == b->ruleset.rules && a->ruleset.sensors == b->ruleset.sensors &&
                            a->ruleset.assets == b->ruleset.assets && a->ruleset.zones == b->ruleset.zones &&
                            a->ruleset.complete == b->ruleset.complete);
                break;
        case WW_OUTPUT_CHANGE:
                assert_change(&a->change, &b->change);
                break;
        case WW_OUTPUT_REDACTION:
                assert_int_equal(a->redaction.n, b->redaction.n);
                assert_memory_equal(a->redaction.spans, b->redaction.spans, sizeof spans);
                break;
        case WW_OUTPUT_PUBLISH:
                assert_str(a->publish.topic, b->publish.topic);
                assert_str(a->publish.payload, b->publish.payload);
                assert_true(a->publish.qos == b->publish.qos && a->publish.retain == b->publish.retain);
                break;
        }
}

static const struct ww_input input_full = { .seq = UINT64_MAX,
                                            .type = WW_INPUT_MESSAGE,
                                            .origin = WW_ORIGIN_SOCKET,
                                            .flags = WW_INPUT_RETAINED | WW_INPUT_DUP | WW_INPUT_SKIPPED |
                                                     WW_INPUT_SIGNED,
                                            .mid = UINT16_MAX,
                                            .time = INT64_MAX,
                                            .received = INT64_MIN + 1,
                                            .topic = TEXT("t"),
                                            .id = TEXT("i") };

static void test_input(void **state) {
        const struct ww_str payloads[] = { WW_STR_NONE, binary, huge() };

        for (int type = WW_INPUT_MESSAGE; type <= WW_INPUT_NOTICE; type++)
                for (size_t i = 0; i < 3; i++) {
                        _cleanup_buf_ struct buf out = BUF_INIT;
                        struct ww_input in = input_full, back;

                        in.type = (enum ww_input_type)type;
                        in.payload = payloads[i];
                        if (type == WW_INPUT_RELOAD)
                                in.id = WW_STR("prime 7 -5");
                        buf_puts(&out, "before");
                        assert_int_equal(ww_input_encode(&in, &out), 0);
                        assert_int_equal(
                                ww_input_decode((struct ww_str){ (char *)out.p + 6, out.n - 6 }, in.seq, &back), 0);
                        assert_true(back.seq == in.seq && back.type == in.type && back.origin == in.origin &&
                                    back.flags == in.flags && back.mid == in.mid && back.time == in.time &&
                                    back.received == in.received);
                        assert_str(back.topic, in.topic);
                        assert_str(back.id, in.id);
                        assert_str(back.payload, in.payload);
                }
}

static void test_output(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;

        for (int type = WW_OUTPUT_EVENT; type <= WW_OUTPUT_REDACTION; type++) {
                _cleanup_buf_ struct buf out = BUF_INIT;
                struct ww_output o = output_of((enum ww_output_type)type), back;

                assert_int_equal(ww_output_encode(&o, &out), 0);
                assert_int_equal(ww_output_decode(buf_str(&out), 77, 3, &arena, &back), 0);
                assert_output(&back, &o);
        }
}

static void test_empty(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct ww_alarm alarm = { 0 }, alarm_back;

        assert_int_equal(ww_alarm_encode(&alarm, &out), 0);
        assert_int_equal(ww_alarm_decode(buf_str(&out), &alarm_back), 0);
        assert_alarm(&alarm_back, &alarm);
        for (int type = WW_OUTPUT_EVENT; type <= WW_OUTPUT_REDACTION; type++) {
                struct ww_output o = { .seq = 1, .type = (enum ww_output_type)type }, back;

                buf_reset(&out);
                assert_int_equal(ww_output_encode(&o, &out), 0);
                assert_int_equal(ww_output_decode(buf_str(&out), 1, 0, &arena, &back), 0);
                assert_int_equal(back.type, type);
        }
}

static void test_alarm(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct ww_alarm alarm = alarm_full(), back;

        assert_int_equal(ww_alarm_encode(&alarm, &out), 0);
        assert_int_equal(ww_alarm_decode(buf_str(&out), &back), 0);
        assert_alarm(&back, &alarm);
        buf_reset(&out);
        alarm.id = 7; /* alarms have the keys below those of subjects */
        assert_int_equal(ww_alarm_encode(&alarm, &out), 0);
        assert_int_equal(ww_live_check(buf_str(&out), 7), 0);
        assert_int_equal(ww_live_check(buf_str(&out), 8), RECORD_E_CHECKSUM);
}

/* A subject's live record stands beside the alarms', under a key of its own. */
static void test_live_change_s_key(void **state) {
        const struct ww_change change = output_of(WW_OUTPUT_CHANGE).change;
        const uint64_t key = ww_change_key(change.subject, change.id);
        _cleanup_buf_ struct buf out = BUF_INIT;

        assert_int_equal(ww_change_encode(&change, &out), 0);
        assert_int_equal(ww_live_check(buf_str(&out), key), 0);
        assert_int_equal(ww_live_check(buf_str(&out), key + 1), RECORD_E_CHECKSUM);
        assert_int_equal(ww_live_check(buf_str(&out), change.id), RECORD_E_MALFORMED);
}

/* Under its key among the live records, where an alarm's record is none of it. */
static void test_live_change(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct ww_output o = output_of(WW_OUTPUT_CHANGE);
        struct ww_alarm alarm;
        struct ww_change back;
        uint64_t key = ww_change_key(WW_SUBJECT_FLOOD, 7);

        assert_int_equal(ww_change_encode(&o.change, &out), 0);
        assert_int_equal(ww_change_decode(buf_str(&out), &back), 0);
        assert_change(&back, &o.change);
        assert_int_equal(ww_alarm_decode(buf_str(&out), &alarm), RECORD_E_MALFORMED);
        assert_int_equal(ww_change_key_subject(key), WW_SUBJECT_FLOOD);
        assert_int_equal(ww_change_key_id(key), 7);
        assert_int_equal(ww_change_key_subject(UINT64_C(1) << 40), 0);
        for (int i = 1; i < WW_SUBJECT_MAX_; i++) {
                enum ww_subject subject;

                assert_true(ww_subject_find(ww_str(ww_subject_name((enum ww_subject)i)), &subject));
                assert_int_equal(subject, i);
        }
}

static int decode_any(struct ww_str bytes) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct ww_input input;
        struct ww_output output;
        struct ww_alarm alarm;
        int a = ww_input_decode(bytes, 0, &input), b = ww_output_decode(bytes, 0, 0, &arena, &output);
        int c = ww_alarm_decode(bytes, &alarm);

        return a == 0 || b == 0 || c == 0 ? 0 : RECORD_E_CHECKSUM;
}

/* Every single bit, and every shorter length. */
static void assert_guarded(struct buf *record) {
        assert_int_equal(decode_any(buf_str(record)), 0);
        for (size_t bit = 0; bit < record->n * 8; bit++) {
                record->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_int_not_equal(decode_any(buf_str(record)), 0);
                record->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t n = 0; n < record->n; n++)
                assert_int_not_equal(decode_any((struct ww_str){ (char *)record->p, n }), 0);
        assert_int_equal(decode_any(buf_str(record)), 0);
}

static void test_every_bit(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct ww_input input = input_full;
        struct ww_alarm alarm = alarm_full();

        input.payload = binary;
        assert_int_equal(ww_input_encode(&input, &out), 0);
        assert_guarded(&out);
        buf_reset(&out);
        assert_int_equal(ww_alarm_encode(&alarm, &out), 0);
        assert_guarded(&out);
        for (int type = WW_OUTPUT_EVENT; type <= WW_OUTPUT_REDACTION; type++) {
                struct ww_output o = output_of((enum ww_output_type)type);

                if (type == WW_OUTPUT_EVENT)
                        o.event.device = binary; /* 300 kB in each bit would take a day */
                if (type == WW_OUTPUT_REPLY)
                        o.reply.body = binary;
                if (type == WW_OUTPUT_CHANGE)
                        o.change.reason = binary;
                buf_reset(&out);
                assert_int_equal(ww_output_encode(&o, &out), 0);
                assert_guarded(&out);
        }
}

static void test_key(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct ww_output o = output_of(WW_OUTPUT_NOTICE), back;
        struct ww_input input = input_full, input_back;

        assert_int_equal(ww_output_encode(&o, &out), 0);
        assert_int_equal(ww_output_decode(buf_str(&out), 78, 3, &arena, &back), RECORD_E_CHECKSUM);
        assert_int_equal(ww_output_decode(buf_str(&out), 77, 2, &arena, &back), RECORD_E_CHECKSUM);
        buf_reset(&out);
        assert_int_equal(ww_input_encode(&input, &out), 0);
        assert_int_equal(ww_input_decode(buf_str(&out), 1, &input_back), RECORD_E_CHECKSUM);
}

/* The head of another version over the first `n` bytes of a record. */
static struct ww_str as_version(struct buf *record, uint8_t version, size_t n) {
        uint64_t seed, sum;

        record->p[1] = version;
        seed = (uint64_t)record->p[0] | (uint64_t)version << 8 | (uint64_t)record->p[2] << 16;
        sum = XXH3_64bits_withSeed(record->p + WW_RECORD_HEAD, n - WW_RECORD_HEAD, seed);
        for (int i = 0; i < 8; i++)
                record->p[4 + i] = (uint8_t)(sum >> 8 * i);
        return (struct ww_str){ (char *)record->p, n };
}

/* Journals outlive the program that wrote them: a transition of version 1 ended with its evidence. */
static void test_older_and_newer_versions(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct ww_output o = output_of(WW_OUTPUT_TRANSITION), back;

        o.transition.context = WW_STR_NONE;
        assert_int_equal(ww_output_encode(&o, &out), 0);
        assert_int_equal(ww_output_decode(as_version(&out, 1, out.n - 1), 77, 3, &arena, &back), 0);
        assert_output(&back, &o);
        assert_int_equal(ww_output_decode(as_version(&out, 0, out.n), 77, 3, &arena, &back), RECORD_E_VERSION);
        assert_int_equal(ww_output_decode(as_version(&out, 5, out.n), 77, 3, &arena, &back), RECORD_E_VERSION);
}

/* A ruleset of before ended with its zones. */
static void test_older_ruleset(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct ww_output o = output_of(WW_OUTPUT_RULESET), back;

        o.ruleset.complete = WW_TIME_NONE;
        assert_int_equal(ww_output_encode(&o, &out), 0);
        assert_int_equal(ww_output_decode(as_version(&out, 1, out.n - 1), 77, 3, &arena, &back), 0);
        assert_output(&back, &o);
        assert_true(back.ruleset.complete == WW_TIME_NONE);
}

/* What primed a reload is read only as it is written. */
static void test_prime(void **state) {
        static const struct ww_prime good[] = {
                { 1, 0 }, { UINT64_MAX, INT64_MIN }, { 12345678901234567890u, INT64_MAX }, { 7, -1 }
        };
        static const char *const bad[] = {
                "",
                "prime",
                "prime 1",
                "prime 0 5",
                "prime 01 5",
                "prime 1 05",
                "prime 1 5 ",
                " prime 1 5",
                "prime +1 5",
                "prime 1 +5",
                "prime 1 -0",
                "prime  1 5",
                "prime 1  5",
                "prime 1 5x",
                "prime 18446744073709551616 5",
                "Prime 1 5",
                "prime -1 5",
                "prime 1 9223372036854775808",
                "prime 1\t5",
                "prime 1 5 and so on, longer than any that there is: 0123456789012345678901234567890123456789",
        };
        _cleanup_buf_ struct buf out = BUF_INIT;
        char text[WW_PRIME_MAX];
        struct ww_prime prime;

        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                ww_prime_format(&good[i], text);
                assert_true(ww_prime_parse(ww_str(text), &prime));
                assert_true(prime.from_seq == good[i].from_seq && prime.from_time == good[i].from_time);
        }
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                struct ww_input input = { .seq = 1, .type = WW_INPUT_RELOAD, .id = ww_str(bad[i]) };

                assert_false(ww_prime_parse(ww_str(bad[i]), &prime));
                buf_reset(&out);
                assert_int_equal(ww_input_encode(&input, &out), 0);
                assert_int_equal(ww_input_decode(buf_str(&out), 1, &input), input.id.n ? RECORD_E_MALFORMED : 0);
        }
        assert_false(ww_prime_parse(WW_STR("prime 1 5\0"), &prime));
}

static void test_json(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        json_t *o = record_json_str(binary);

        assert_string_equal(json_string_value(json_object_get(o, "base64")), "AP/+eyIKgA==");
        json_decref(o);
        o = record_json_value(ww_number(NAN));
        assert_string_equal(json_string_value(o), "NaN");
        json_decref(o);
        o = record_json_time(WW_TIME_NONE);
        assert_true(json_is_null(o));
        json_decref(o);
        for (int type = WW_OUTPUT_EVENT; type <= WW_OUTPUT_REDACTION; type++) {
                struct ww_output output = output_of((enum ww_output_type)type);
                const char *name = ww_output_type_name(output.type);
                char *text;

                o = record_json_output(&output);
                assert_string_equal(json_string_value(json_object_get(o, "type")), name);
                assert_true(json_is_object(json_object_get(o, name)));
                text = json_dumps(o, 0);
                assert_non_null(text);
                free(text);
                json_decref(o);
        }
        o = record_json_input(&input_full);
        assert_string_equal(json_string_value(json_object_get(o, "type")), "message");
        assert_int_equal(json_array_size(json_object_get(o, "flags")), 4);
        json_decref(o);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_input),       cmocka_unit_test(test_output),
                cmocka_unit_test(test_live_change), cmocka_unit_test(test_empty),
                cmocka_unit_test(test_alarm),       cmocka_unit_test(test_live_change_s_key),
                cmocka_unit_test(test_key),         cmocka_unit_test(test_older_ruleset),
                cmocka_unit_test(test_prime),       cmocka_unit_test(test_json),
                cmocka_unit_test(test_every_bit),   cmocka_unit_test(test_older_and_newer_versions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
