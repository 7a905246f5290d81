/* Messages to events: which message it is, state and pulse, retained, time, sites, reload and snapshots. */
#include "decode/document.h"
#include "harness.h"

#define TYPE(body) "sensor: t\nversion: 3\ntopics: [\"t/{device}\"]\nmessages:\n  - message: m\n" body

static const char door[] = TYPE("    events:\n"
                                "      - {kind: door, state: open}\n");

static void test_state_changes(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, door, NULL);
        assert_int_equal(harness_send(&h, "t/d1", "{\"open\":true}"), 0);
        assert_string_equal(harness_told(&h), "d1 door.opened");
        assert_int_equal(h.events[0].flags, WW_EVENT_INITIAL);
        assert_string_equal(h.events[0].sensor, "t/3");
        assert_int_equal(harness_send(&h, "t/d1", "{\"open\":1}"), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "t/d2", "{\"open\":\"ON\"}"), 0);
        assert_string_equal(harness_told(&h), "d2 door.opened");
        assert_int_equal(harness_send(&h, "t/d1", "{\"open\":\"false\"}"), 0);
        assert_string_equal(harness_told(&h), "d1 door.closed");
        assert_int_equal(h.events[0].flags, 0);
        assert_int_equal(h.events[0].state, WW_STATE_NORMAL);
}

/* What fits no word is unknown, never closed; missing is no news; null is unknown. */
static void test_unknown(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, door, NULL);
        harness_send(&h, "t/d", "{\"open\":true}");
        assert_int_equal(harness_send(&h, "t/d", "{\"x\":1}"), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"open\":\"ajar\"}"), 0);
        assert_string_equal(harness_told(&h), "d door");
        assert_int_equal(h.events[0].state, WW_STATE_UNKNOWN);
        assert_int_equal(harness_send(&h, "t/d", "{\"open\":null}"), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"open\":\"\"}"), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"open\":{\"a\":1}}"), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"open\":true}"), 0);
        assert_string_equal(harness_told(&h), "d door.opened");
}

/* The mode in which a panel is armed is part of its state; which it is while the mode is not said, is not. */
static void test_with_value(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     TYPE("    events:\n"
                          "      - {kind: arm, state: {path: s, map: {off: normal, \"*\": active}}, value: mode, "
                          "changes_with_value: true}\n"
                          "      - {kind: arm.armed, where: payload.again == 1, value: mode}\n"),
                     NULL);
        harness_send(&h, "t/p", "{\"s\":\"on\"}");
        assert_string_equal(harness_told(&h), "p arm.armed");
        harness_send(&h, "t/p", "{\"s\":\"on\",\"mode\":\"home\"}");
        assert_string_equal(harness_told(&h), "p arm.armed");
        assert_int_equal(h.events[0].flags, 0);
        harness_send(&h, "t/p", "{\"s\":\"on\",\"mode\":\"home\"}");
        harness_send(&h, "t/p", "{\"s\":\"on\"}");
        assert_int_equal(h.n, 0);
        /* another entry of that state, which does not ask for the value, forgets none */
        harness_send(&h, "t/p", "{\"again\":1,\"mode\":\"home\"}");
        assert_int_equal(h.n, 0);
        harness_send_bytes(&h, "t/p", WW_STR("{\"s\":\"on\",\"mode\":\"home\"}"), true);
        assert_int_equal(h.n, 0);
        harness_send_bytes(&h, "t/p", WW_STR("{\"s\":\"on\",\"mode\":\"away\"}"), true);
        assert_string_equal(harness_told(&h), "p arm.armed");
        assert_string_equal(h.events[0].text, "away");
        assert_int_equal(h.events[0].flags, WW_EVENT_RETAINED);
        /* the value is the state's: one that comes back is heard with it */
        harness_send(&h, "t/p", "{\"s\":\"off\"}");
        assert_string_equal(harness_told(&h), "p arm.disarmed");
        harness_send(&h, "t/p", "{\"s\":\"on\",\"mode\":\"away\"}");
        assert_string_equal(harness_told(&h), "p arm.armed");
        harness_send(&h, "t/p", "{\"s\":\"on\",\"mode\":1}");
        harness_send(&h, "t/p", "{\"s\":\"on\",\"mode\":2}");
        assert_int_equal(h.n, 1);
        assert_true(h.events[0].number == 2);
}

static void test_retained(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     TYPE("    events:\n"
                          "      - {kind: door, state: open}\n"
                          "      - {kind: panic, where: payload.press == 1}\n"
                          "      - {kind: temperature, value: temp}\n"
                          "      - {kind: tamper.detected, where: payload.tamper == 1, momentary: true}\n"),
                     NULL);
        /* first seen: the level, flagged; pulses and numbers are old news */
        harness_send_bytes(&h, "t/d", WW_STR("{\"open\":true,\"press\":1,\"temp\":20,\"tamper\":1}"), true);
        assert_string_equal(harness_told(&h), "d door.opened, d tamper.detected");
        assert_int_equal(h.events[0].flags, WW_EVENT_RETAINED | WW_EVENT_INITIAL);
        /* unchanged: nothing, however often the broker repeats it */
        for (int i = 0; i < 3; i++) {
                harness_send_bytes(&h, "t/d", WW_STR("{\"open\":true,\"press\":1,\"temp\":21,\"tamper\":1}"), true);
                assert_int_equal(h.n, 0);
        }
        /* changed while we were away */
        harness_send_bytes(&h, "t/d", WW_STR("{\"open\":false}"), true);
        assert_string_equal(harness_told(&h), "d door.closed");
        assert_int_equal(h.events[0].flags, WW_EVENT_RETAINED);
        /* live: all of it, and a momentary state each time */
        harness_send(&h, "t/d", "{\"open\":false,\"press\":1,\"temp\":21,\"tamper\":1}");
        assert_string_equal(harness_told(&h), "d panic, d temperature, d tamper.detected");
}

static void test_pulses(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     TYPE("    time: ts\n"
                          "    events:\n"
                          "      - {kind: credential, value: card, repeat_within: 2s}\n"),
                     NULL);
        harness_send(&h, "t/r", "{\"card\":\"A\"}");
        assert_int_equal(h.n, 1);
        h.now += 2 * WW_SECOND - 1;
        harness_send(&h, "t/r", "{\"card\":\"A\"}");
        assert_int_equal(h.n, 0);
        harness_send(&h, "t/r", "{\"card\":\"B\"}");
        assert_int_equal(h.n, 1);
        harness_send(&h, "t/other", "{\"card\":\"A\"}");
        assert_int_equal(h.n, 1);
        /* two seconds after the one that was told: outside */
        h.now += 1;
        harness_send(&h, "t/r", "{\"card\":\"A\"}");
        assert_int_equal(h.n, 1);
        assert_int_equal(h.events[0].state, WW_STATE_PULSE);
}

/* A drill's states are their own: the detector that was tested burns afterwards. */
static void test_exercise(void **state) {
        _cleanup_harness_ struct harness h;
        struct decode_message m;

        harness_init(&h, door, NULL);
        m = (struct decode_message){ .time = h.now,
                                     .received = h.now,
                                     .topic = WW_STR("t/d"),
                                     .payload = WW_STR("{\"open\":true}"),
                                     .exercise = true };
        assert_int_equal(decode_message(h.decode, &m, NULL), 0);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.events[0].flags, WW_EVENT_EXERCISE | WW_EVENT_INITIAL);
        harness_send(&h, "t/d", "{\"open\":true}");
        assert_int_equal(h.n, 1);
        assert_int_equal(h.events[0].flags, WW_EVENT_INITIAL);
}

/* A suspect report is told, and does not make the true one a repeat. */
static void test_suspect(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, TYPE("    check: payload.sum == 7\n    events:\n      - {kind: smoke, state: s}\n"), NULL);
        harness_send(&h, "t/d", "{\"s\":1,\"sum\":6}");
        assert_int_equal(h.n, 1);
        assert_int_equal(h.events[0].flags, WW_EVENT_SUSPECT | WW_EVENT_INITIAL);
        harness_send(&h, "t/d", "{\"s\":1,\"sum\":7}");
        assert_int_equal(h.n, 1);
        assert_int_equal(h.events[0].flags, WW_EVENT_INITIAL);
        /* a check of what is not there fails */
        harness_send(&h, "t/d", "{\"s\":0}");
        assert_int_equal(h.n, 1);
        assert_int_equal(h.events[0].flags, WW_EVENT_SUSPECT);
        harness_send(&h, "t/d", "{\"s\":1,\"sum\":7}");
        assert_int_equal(h.n, 0);
}

static void test_time(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     TYPE("    time: {path: [ts, when], zone: \"+01:00\"}\n    delay: 1h\n"
                          "    events:\n      - {kind: test}\n"),
                     NULL);
        harness_send(&h, "t/d", "{\"ts\":1769846400}"); /* an hour ago */
        assert_int_equal(h.events[0].time, HARNESS_START - WW_HOUR);
        assert_int_equal(h.events[0].flags, 0);
        harness_send(&h, "t/d", "{\"ts\":1769846399.999999}");
        assert_int_equal(h.events[0].time, HARNESS_START);
        assert_int_equal(h.events[0].device_time, HARNESS_START - WW_HOUR - 1);
        assert_int_equal(h.events[0].flags, WW_EVENT_CLOCK_SKEW);
        harness_send(&h, "t/d", "{\"when\":\"2026-01-31T10:00:05\"}");
        assert_int_equal(h.events[0].time, HARNESS_START + 5 * WW_SECOND);
        harness_send(&h, "t/d", "{\"when\":\"2026-01-31T10:00:05.000001\"}");
        assert_int_equal(h.events[0].time, HARNESS_START);
        assert_int_equal(h.events[0].flags, WW_EVENT_CLOCK_SKEW);
        /* unreadable: as if its clock were wrong; nothing said: nothing flagged */
        harness_send(&h, "t/d", "{\"ts\":\"@0.13s\"}");
        assert_int_equal(h.events[0].flags, WW_EVENT_CLOCK_SKEW);
        assert_true(h.events[0].device_time == WW_TIME_NONE);
        harness_send(&h, "t/d", "{\"ts\":null}");
        assert_int_equal(h.events[0].flags, 0);
        harness_send(&h, "t/d", "{\"ts\":\"\"}");
        assert_int_equal(h.events[0].flags, 0);
        harness_send(&h, "t/d", "{}");
        assert_int_equal(h.events[0].flags, 0);
        assert_int_equal(h.events[0].time, HARNESS_START);
        assert_true(h.events[0].device_time == WW_TIME_NONE);
}

static void test_values(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(
                &h,
                TYPE("    fields:\n"
                     "      pin: {path: code, redact: true}\n"
                     "      mode: {path: m, map: {A: away, \"1\": home, \"null\": none, '\"\"': empty, \"*\": other}}\n"
                     "    attributes:\n"
                     "      mode: mode\n"
                     "      id: \"{uuid}/{n[1]}\"\n"
                     "      big: {path: big, as: string}\n"
                     "      raw: x\n"
                     "      odd: '\"odd key\".\"a.b\"'\n"
                     "      site: {const: here}\n"
                     "      late: {path: late, default: 5}\n"
                     "    events:\n"
                     "      - {kind: temperature, value: {path: f, scale: 0.5, offset: -10}}\n"
                     "      - {kind: duress, where: pin == \"9999\"}\n"),
                NULL);
        harness_send(&h, "t/d",
                     "{\"code\":\"9999\",\"m\":\"a\",\"uuid\":\"u\",\"n\":[1,42],\"big\":9007199254740993,\"x\":null,"
                     "\"odd key\":{\"a.b\":\"\"},\"f\":\"61.0\"}");
        assert_string_equal(harness_told(&h), "d temperature, d duress");
        assert_true(h.events[0].number == 20.5);
        assert_string_equal(h.events[0].unit, "celsius");
        assert_int_equal(h.events[1].n_attrs, 7);
        assert_string_equal(h.events[1].attrs[0].text, "away");
        assert_string_equal(h.events[1].attrs[1].text, "u/42");
        assert_string_equal(h.events[1].attrs[2].text, "9007199254740993");
        assert_int_equal(h.events[1].attrs[3].type, WW_NULL);
        assert_int_equal(h.events[1].attrs[4].type, WW_STRING);
        assert_string_equal(h.events[1].attrs[4].text, "");
        assert_string_equal(h.events[1].attrs[5].text, "here");
        assert_string_equal(h.events[1].attrs[6].text, "5");
        /* a number finds its row, null and "" have rows of their own, a piece that is missing takes the template along
         */
        harness_send(&h, "t/d", "{\"m\":1.0,\"f\":0,\"uuid\":\"u\",\"n\":[1]}");
        assert_string_equal(h.events[0].attrs[0].text, "home");
        assert_string_equal(h.events[0].attrs[1].name, "site");
        harness_send(&h, "t/d", "{\"m\":null,\"f\":0}");
        assert_string_equal(h.events[0].attrs[0].text, "none");
        harness_send(&h, "t/d", "{\"m\":\"\",\"f\":0}");
        assert_string_equal(h.events[0].attrs[0].text, "empty");
        harness_send(&h, "t/d", "{\"m\":\"*\",\"f\":0}");
        assert_string_equal(h.events[0].attrs[0].text, "other");
}

/* The first one that fits; formats one after the other; what nobody knows is told why. */
/* A list is one text where `join` says so; what is no scalar in it has none; an empty list is no value. */
static void test_join(void **state) {
        _cleanup_harness_ struct harness h;
        char list[3 * 2048 + 64] = "{\"on\":1,\"z\":[", text[2049];

        harness_init(&h,
                     TYPE("    fields: {zones: {path: z, join: \",\"}, other: {path: z, join: \",\", default: none}}\n"
                          "    events:\n"
                          "      - {kind: door, state: on, value: zones, attributes: {all: other}}\n"
                          "      - {kind: panic, where: 'zones matches \"(^|,)b(,|$)\"'}\n"),
                     NULL);
        harness_send(&h, "t/1", "{\"on\":1,\"z\":[\"a\",7.50,null,{\"x\":1},[2],true,\"b\"]}");
        assert_string_equal(harness_told(&h), "1 door.opened, 1 panic");
        assert_string_equal(h.events[0].text, "a,7.50,true,b");
        assert_string_equal(h.events[0].attrs[0].text, "a,7.50,true,b");
        harness_send(&h, "t/2", "{\"on\":1,\"z\":[]}");
        assert_int_equal(h.events[0].value_type, WW_MISSING);
        assert_string_equal(h.events[0].attrs[0].text, "none");
        /* what is no list stands as it is */
        harness_send(&h, "t/3", "{\"on\":1,\"z\":\"b\"}");
        assert_string_equal(harness_told(&h), "3 door.opened, 3 panic");
        assert_string_equal(h.events[0].text, "b");
        /* bounded: the element that does not fit, and all behind it, are left out */
        memset(text, 'x', 2048);
        text[2048] = 0;
        for (int i = 0; i < 3; i++)
                snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", i ? "," : "", text);
        strcat(list, "]}");
        assert_int_equal(harness_send(&h, "t/4", list), 0);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.events[0].value_type, WW_STRING);
        assert_int_equal(strlen(h.events[0].text), sizeof h.events[0].text - 1);
}

static void test_which(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(
                &h,
                "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n"
                "  - {message: gone, format: empty, ignore: true}\n"
                "  - {message: noise, match: {type: [log, debug]}, ignore: true}\n"
                "  - {message: a, match: {type: a, n: 1}, events: [{kind: test}]}\n"
                "  - {message: b, has: [b], lacks: [c], events: [{kind: button}]}\n"
                "  - {message: text, format: text, where: 'payload matches \"^[0-9]+$\"', events: [{kind: rf.code, "
                "value: payload}]}\n",
                NULL);
        assert_int_equal(harness_send(&h, "t/d", ""), 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"type\":\"debug\"}"), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"type\":\"a\",\"n\":1,\"b\":2}"), 0);
        assert_string_equal(harness_told(&h), "d test");
        assert_int_equal(harness_send(&h, "t/d", "{\"type\":\"a\",\"n\":2,\"b\":null}"), 0);
        assert_string_equal(harness_told(&h), "d button");
        assert_int_equal(harness_send(&h, "t/d", "{\"b\":1,\"c\":1}"), DECODE_E_UNMATCHED);
        assert_string_equal(decode_outcome_name(DECODE_E_UNMATCHED), "unmatched");
        assert_true(ww_str_is(h.report.sensor, "t/1"));
        assert_int_equal(harness_send(&h, "t/d", " 0012\n"), 0);
        assert_string_equal(h.events[0].text, "0012");
        assert_int_equal(harness_send(&h, "t/d", "abc"), DECODE_E_UNMATCHED);
        assert_int_equal(harness_send(&h, "t/d", "\xFF\xFE"), DECODE_E_BAD_PAYLOAD);
        assert_int_equal(harness_send(&h, "u/d", "1"), DECODE_E_NO_TYPE);
        assert_int_equal(h.report.sensor.n, 0);
        assert_int_equal(harness_send(&h, "t/d/e", "1"), DECODE_E_NO_TYPE);
        assert_int_equal(harness_send(&h, "t/\xFF", "1"), DECODE_E_BAD_PAYLOAD);
}

static void test_bad_fields(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     "sensor: t\nversion: 1\ntopics: [t]\ndevice: id\nmessages:\n"
                     "  - message: m\n    events:\n"
                     "      - {kind: humidity, value: h}\n"
                     "      - {kind: door, state: open, required: true}\n"
                     "      - {kind: temperature, value: temp}\n",
                     NULL);
        assert_int_equal(harness_send(&h, "t", "{\"open\":1}"), DECODE_E_BAD_FIELD);
        assert_int_equal(harness_send(&h, "t", "{\"id\":null,\"open\":1}"), DECODE_E_BAD_FIELD);
        assert_int_equal(harness_send(&h, "t", "{\"id\":\"\",\"open\":1}"), DECODE_E_BAD_FIELD);
        assert_int_equal(harness_send(&h, "t", "{\"id\":{},\"open\":1}"), DECODE_E_BAD_FIELD);
        assert_int_equal(h.n, 0);
        /* one bad field takes nothing else along: what can be told is told */
        assert_int_equal(harness_send(&h, "t", "{\"id\":7,\"h\":\"wet\",\"open\":1,\"temp\":20}"), DECODE_E_BAD_FIELD);
        assert_string_equal(harness_told(&h), "7 door.opened, 7 temperature");
        assert_true(strstr(h.report.detail.p, "humidity") != NULL);
        /* a number that no double holds is bad only where it is wanted */
        assert_int_equal(harness_send(&h, "t", "{\"id\":7,\"temp\":1e999,\"open\":0}"), DECODE_E_BAD_FIELD);
        assert_string_equal(harness_told(&h), "7 door.closed");
        assert_int_equal(harness_send(&h, "t", "{\"id\":7,\"other\":1e999,\"open\":1}"), 0);
        assert_int_equal(harness_send(&h, "t", "{\"id\":7,\"temp\":null,\"open\":0}"), 0);
        assert_int_equal(harness_send(&h, "t", "{\"id\":7}"), DECODE_E_BAD_FIELD);
}

static void test_for_each(void **state) {
        _cleanup_harness_ struct harness h;
        char payload[8192] = "{\"s\":[";

        harness_init(&h,
                     "sensor: t\nversion: 1\nmessages:\n"
                     "  - message: list\n    topics: [\"l/{gw}\"]\n    for_each: s\n    only: item.on != 2\n"
                     "    device: \"{topic.gw}/{item.id}\"\n    attributes: {n: key, gw: gw}\n"
                     "    events: [{kind: input, state: item.on}]\n"
                     "  - message: keys\n    topics: [k]\n    for_each: zones\n    device: key\n"
                     "    events: [{kind: input, state: item}]\n",
                     NULL);
        assert_int_equal(harness_send(&h, "l/g",
                                      "{\"gw\":\"G\",\"s\":[{\"id\":1,\"on\":1},{\"id\":2,\"on\":2},"
                                      "{\"id\":3,\"on\":0}]}"),
                         0);
        assert_string_equal(harness_told(&h), "g/1 input.active, g/3 input.inactive");
        assert_int_equal(h.events[1].index, 1);
        assert_string_equal(h.events[1].attrs[0].text, "2");
        assert_string_equal(h.events[1].attrs[1].text, "G");
        assert_int_equal(harness_send(&h, "k", "{\"zones\":{\"Front \\u00e4\":true,\"Back\":false}}"), 0);
        assert_string_equal(harness_told(&h), "Front \xC3\xA4 input.active, Back input.inactive");
        assert_int_equal(harness_send(&h, "k", "{\"zones\":{}}"), 0);
        assert_int_equal(harness_send(&h, "k", "{\"zones\":7}"), 0);
        assert_int_equal(harness_send(&h, "k", "{}"), 0);
        assert_int_equal(h.n, 0);
        /* no more than 256 events come of one message; what was not told is no repeat the next time */
        for (int i = 0; i < 300; i++)
                snprintf(payload + strlen(payload), sizeof payload - strlen(payload), "%s{\"id\":%d,\"on\":1}",
                         i ? "," : "", i);
        strcat(payload, "]}");
        assert_int_equal(harness_send(&h, "l/many", payload), DECODE_E_BAD_PAYLOAD);
        assert_int_equal(h.n, 256);
        assert_int_equal(harness_send(&h, "l/many", payload), 0);
        assert_int_equal(h.n, 44);
}

/* `n` elements in `s`, and 1,000 keys: around it, or in `o` beside it. */
static void steps_payload(char *out, bool around, int n) {
        size_t at = (size_t)sprintf(out, around ? "{" : "{\"o\":{");

        for (int i = 0; i < 1000; i++)
                at += (size_t)sprintf(out + at, "%s\"k%d\":1", i ? "," : "", i);
        at += (size_t)sprintf(out + at, around ? ",\"s\":[" : "},\"s\":[");
        for (int i = 0; i < n; i++)
                at += (size_t)sprintf(out + at, "%s%d", i ? "," : "", i % 2);
        sprintf(out + at, "]}");
}

/* A payload of thousands of keys, asked for many: the message is given up, and says so; the next one is read. */
static void test_steps(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_free_ char *payload = calloc(1, 256 * 1024);

        harness_init(&h,
                     "sensor: t\nversion: 1\nmessages:\n"
                     "  - message: list\n    topics: [\"l/{gw}\"]\n    for_each: s\n    device: \"{topic.gw}/{key}\"\n"
                     "    events: [{kind: input, state: {path: [payload.nowhere, payload.o.nowhere, item]}}]\n",
                     NULL);
        assert_non_null(payload);
        steps_payload(payload, false, 250);
        assert_int_equal(harness_send(&h, "l/g", payload), DECODE_E_BAD_PAYLOAD);
        assert_true(ww_str_is(h.report.detail, "too many keys to look through"));
        /* two keys of the payload, once; then 1,000 for each element */
        assert_int_equal(h.n, (DOCUMENT_STEPS_MAX - 2) / 1000);
        /* the payload's own keys are gone through once, however often they are asked for */
        steps_payload(payload, true, 250);
        assert_int_equal(harness_send(&h, "l/other", payload), 0);
        assert_int_equal(h.n, 250);
        assert_int_equal(harness_send(&h, "l/g", "{\"s\":[1]}"), 0);
        assert_string_equal(harness_told(&h), "g/0 input.active");
}

static const char site[] = "zones:\n"
                           "  - {zone: W3, title: Ward 3, type: ward}\n"
                           "assets:\n"
                           "  - {asset: a1, device: d1, class: door, zone: W3}\n"
                           "  - {asset: a2, device: t/d2, class: door, zone: W3, kind: cabinet, inverted: true}\n"
                           "  - {asset: a3, device: d3, class: window, zone: W3, supervision: 4m}\n";

static void test_site(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     TYPE("    events:\n"
                          "      - {kind: contact, state: c, kind_by_class: {door: door}}\n"
                          "      - {kind: input, state: i, device: \"{topic.device}/in\"}\n"),
                     site);
        harness_send(&h, "t/d1", "{\"c\":1,\"i\":0}");
        assert_string_equal(harness_told(&h), "d1 door.opened, d1/in input.inactive");
        assert_string_equal(h.events[0].asset, "a1");
        assert_string_equal(h.events[0].zone, "W3");
        assert_string_equal(h.events[1].asset, "a1");
        harness_send(&h, "t/d2", "{\"c\":1}");
        assert_string_equal(harness_told(&h), "d2 cabinet.closed");
        assert_string_equal(h.events[0].asset, "a2");
        harness_send(&h, "t/d9", "{\"c\":1}");
        assert_string_equal(harness_told(&h), "d9 contact.opened");
        assert_string_equal(h.events[0].asset, "");
}

static void test_life(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, door, site);
        harness_send(&h, "t/d3", "{\"open\":0}");
        assert_string_equal(harness_told(&h), "d3 door.closed, d3 device.heartbeat");
        h.now += WW_MINUTE - 1;
        harness_send(&h, "t/d3", "{\"open\":0}");
        assert_int_equal(h.n, 0);
        h.now += 1;
        harness_send(&h, "t/d3", "{\"open\":0}");
        assert_string_equal(harness_told(&h), "d3 device.heartbeat");
        h.now += WW_HOUR;
        harness_send_bytes(&h, "t/d3", WW_STR("{\"open\":0}"), true);
        assert_int_equal(h.n, 0);
        harness_send(&h, "t/d1", "{\"open\":0}");
        assert_string_equal(harness_told(&h), "d1 door.closed");
}

/* One array inside the other, arrays and objects; what is around an element is reached through `parent`. */
static void test_nested(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(
                &h,
                "sensor: t\nversion: 1\ntopics: [t]\nmessages:\n  - message: m\n"
                "    for_each: [floors, item.zones, item.s]\n    only: item.on == 1\n"
                "    device: \"{parent.parent.name}/{parent.key}/{key}\"\n    events:\n"
                "      - {kind: button, value: parent.title, attributes: {floor: parent.parent.key, own: item.x}}\n",
                NULL);
        assert_int_equal(
                harness_send(&h, "t",
                             "{\"floors\":[{\"name\":\"F1\",\"zones\":{\"a\":{\"title\":\"A\",\"s\":[{\"on\":1},"
                             "{\"on\":0},{\"on\":1,\"x\":9}]},\"b\":{\"s\":5},\"c\":{\"title\":\"C\",\"s\":[]}}},"
                             "7,{\"name\":\"F2\",\"zones\":[{\"title\":\"D\",\"s\":{\"k\":{\"on\":1}}}]}]}"),
                0);
        assert_string_equal(harness_told(&h), "F1/a/0 button, F1/a/2 button, F2/0/k button");
        assert_string_equal(h.events[0].text, "A");
        assert_string_equal(h.events[0].attrs[0].text, "0");
        assert_string_equal(h.events[1].attrs[1].text, "9");
        assert_string_equal(h.events[2].attrs[0].text, "2");
        assert_string_equal(h.events[2].text, "D");
}

/* A decoder that was saved and loaded goes on as the one that was not. */
static void test_snapshot(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_(decode_freep) struct decode *loaded = NULL;
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        struct rd in;

        harness_init(&h, door, NULL);
        harness_send(&h, "t/d", "{\"open\":1}");
        assert_int_equal(decode_save(h.decode, &bytes), 0);
        assert_int_equal(decode_new(&loaded, h.types, harness_take, &h), 0);
        in = rd_init(buf_str(&bytes));
        assert_int_equal(decode_load(loaded, &in), 0);
        decode_free(h.decode);
        h.decode = loaded;
        loaded = NULL;
        harness_send(&h, "t/d", "{\"open\":1}");
        assert_int_equal(h.n, 0);
        harness_send(&h, "t/d", "{\"open\":0}");
        assert_string_equal(harness_told(&h), "d door.closed");
        in = rd_init(WW_STR("\x09"));
        assert_int_equal(decode_load(h.decode, &in), -EBADMSG);
}

/* Other types: the state of those that are still there stays. */
static void test_swap(void **state) {
        _cleanup_harness_ struct harness h, other;
        struct decode_figures figures;

        harness_init(&h,
                     "- sensor: t\n  version: 1\n  topics: [\"t/{device}\"]\n  messages:\n"
                     "    - {message: m, events: [{kind: door, state: open}]}\n"
                     "- sensor: gone\n  version: 1\n  topics: [\"g/{device}\"]\n  messages:\n"
                     "    - {message: m, events: [{kind: door, state: open}]}\n",
                     NULL);
        harness_init(&other, door, NULL);
        harness_send(&h, "t/d", "{\"open\":1}");
        harness_send(&h, "g/d", "{\"open\":1}");
        assert_int_equal(decode_swap(h.decode, other.types), 0);
        decode_figures(h.decode, &figures);
        assert_int_equal(figures.states, 2); /* the door, and that its topic is understood */
        harness_send(&h, "t/d", "{\"open\":1}");
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "g/d", "{\"open\":1}"), DECODE_E_NO_TYPE);
        decode_figures(h.decode, &figures);
        assert_int_equal(figures.messages, 4);
        assert_int_equal(figures.events, 2);
        assert_int_equal(figures.repeats, 1);
        assert_int_equal(figures.undecoded, 1);
        decode_free(h.decode);
        h.decode = NULL;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_state_changes), cmocka_unit_test(test_unknown),
                cmocka_unit_test(test_with_value),    cmocka_unit_test(test_retained),
                cmocka_unit_test(test_pulses),        cmocka_unit_test(test_exercise),
                cmocka_unit_test(test_suspect),       cmocka_unit_test(test_time),
                cmocka_unit_test(test_values),        cmocka_unit_test(test_which),
                cmocka_unit_test(test_bad_fields),    cmocka_unit_test(test_for_each),
                cmocka_unit_test(test_nested),        cmocka_unit_test(test_site),
                cmocka_unit_test(test_life),          cmocka_unit_test(test_steps),
                cmocka_unit_test(test_snapshot),      cmocka_unit_test(test_swap),
                cmocka_unit_test(test_join),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
