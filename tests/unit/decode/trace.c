/* Whoever watches decoding hears which message it was and why, and changes nothing of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "harness.h"

static const char types[] = "sensor: t\n"
                            "version: 1\n"
                            "topics: ['t/{device}']\n"
                            "time: ts\n"
                            "attributes: {who: who}\n"
                            "messages:\n"
                            "  - message: gone\n"
                            "    format: empty\n"
                            "    ignore: true\n"
                            "  - message: log\n"
                            "    has: [log]\n"
                            "    lacks: [door]\n"
                            "    ignore: true\n"
                            "  - message: badge\n"
                            "    match: {type: [badge, card]}\n"
                            "    events:\n"
                            "      - {kind: access.granted, value: {path: [uid, card], as: string}}\n"
                            "  - message: list\n"
                            "    for_each: zones\n"
                            "    has: [zones]\n"
                            "    only: item.s != \"spare\"\n"
                            "    device: '{topic.device}/{key}'\n"
                            "    events:\n"
                            "      - {kind: door, state: {path: item.s, map: {open: active, shut: normal}}}\n"
                            "  - message: door\n"
                            "    where: payload.door >= 0\n"
                            "    events:\n"
                            "      - {kind: door, state: {path: door, invert: true}}\n"
                            "      - {kind: temperature, value: {path: t, as: number, scale: 0.5, offset: 1}}\n"
                            "      - {kind: panic, where: payload.sos == true, repeat_within: 1h}\n";

/* what was said, a line each */
struct watcher {
        char text[8192];
        size_t n;
};

static void _printf_(2, 3) put(struct watcher *w, const char *format, ...) {
        va_list args;

        va_start(args, format);
        w->n += (size_t)vsnprintf(w->text + w->n, sizeof w->text - w->n, format, args);
        va_end(args);
        assert_true(w->n < sizeof w->text);
}

static void hear(void *userdata, const struct decode_saying *s) {
        static const char *const names[] = { "candidate", "element", "entry" };
        struct watcher *w = userdata;

        put(w, "%s %.*s%s%.*s%s%.*s%s%.*s\n", names[s->type], WW_STR_ARG(s->message), s->good ? " yes" : " no",
            WW_STR_ARG(s->family), s->device.n ? " of " : "", WW_STR_ARG(s->device), s->why.n ? ": " : "",
            WW_STR_ARG(s->why));
        for (size_t i = 0; i < s->n_origins; i++) {
                const struct decode_origin *o = &s->origins[i];

                put(w, "  %.*s | %.*s | %.*s | %.*s | %.*s\n", WW_STR_ARG(o->field), WW_STR_ARG(o->path),
                    WW_STR_ARG(o->found), WW_STR_ARG(o->how), WW_STR_ARG(o->result));
        }
}

static void assert_said(struct harness *h, bool retained, const char *payload, const char *wanted) {
        struct watcher w = { .n = 0 };
        const struct decode_trace trace = { &w, hear };

        decode_trace(h->decode, &trace);
        assert_true(harness_send_bytes(h, "t/a", ww_str(payload), retained) >= 0);
        decode_trace(h->decode, NULL);
        assert_string_equal(w.text, wanted);
}

static void candidates_say_what_refused_them(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, NULL);
        assert_said(&h, false, "{\"log\":1}",
                    "candidate gone no: the payload is not `empty`: not empty at byte 0\n"
                    "candidate log yes: ignore\n");
        assert_said(&h, false, "{\"log\":1,\"door\":\"x\",\"type\":\"key\"}",
                    "candidate gone no: the payload is not `empty`: not empty at byte 0\n"
                    "candidate log no: `lacks: door`: it is there: \"x\"\n"
                    "candidate badge no: `match`: type is \"key\", and not badge or card\n"
                    "candidate list no: `has: zones`: it is not there\n"
                    "candidate door no: `where: payload.door >= 0` is not true; payload.door is \"x\"\n");
        assert_said(&h, false, "{",
                    "candidate gone no: the payload is not `empty`: not empty at byte 0\n"
                    "candidate log no: the payload is not `json`: ends too early at byte 1\n"
                    "candidate badge no: the payload is not `json`: ends too early at byte 1\n"
                    "candidate list no: the payload is not `json`: ends too early at byte 1\n"
                    "candidate door no: the payload is not `json`: ends too early at byte 1\n");
        assert_said(&h, false, "", "candidate gone yes: ignore\n");
}

#define BEFORE_BADGE                                                                                                   \
        "candidate gone no: the payload is not `empty`: not empty at byte 0\n"                                         \
        "candidate log no: `has: log`: it is not there\n"
#define BEFORE_DOOR                                                                                                    \
        BEFORE_BADGE "candidate badge no: `match`: type is nothing, and not badge or card\n"                           \
                     "candidate list no: `has: zones`: it is not there\n"
#define NOW "2026-01-31T09:00:00.000000Z"

static void entries_say_where_each_field_is_from(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, NULL);
        assert_said(&h, false, "{\"type\":\"card\",\"card\":1234567890123456789,\"ts\":1769849999,\"who\":\"ann\"}",
                    BEFORE_BADGE "candidate badge yes\n"
                                 "entry badge yesaccess.granted of a\n"
                                 "  device | topic.device | \"a\" |  | a\n"
                                 "  value | card | 1234567890123456789 | as string | 1234567890123456789\n"
                                 "  time | ts | 1769849999 | auto | 2026-01-31T08:59:59.000000Z\n"
                                 "  who | who | \"ann\" |  | ann\n");
        assert_string_equal(harness_told(&h), "a access.granted");
        assert_said(&h, false, "{\"door\":1,\"t\":\"20\",\"ts\":17}",
                    BEFORE_DOOR
                    "candidate door yes\n"
                    "entry door yesdoor of a\n"
                    "  device | topic.device | \"a\" |  | a\n"
                    "  state | door | 1 | usual words, invert | normal\n"
                    "  time | ts | 17 | not believed: farther from the arrival than `delay`, or no time; the arrival "
                    "counts | " NOW "\n"
                    "  who | who |  |  | \n"
                    "entry door yestemperature of a\n"
                    "  device | topic.device | \"a\" |  | a\n"
                    "  value | t | \"20\" | as number, scale 0.5, offset 1 | 11\n"
                    "  time | ts | 17 | not believed: farther from the arrival than `delay`, or no time; the arrival "
                    "counts | " NOW "\n"
                    "  who | who |  |  | \n"
                    "entry door nopanic of a: `where: payload.sos == true` is not true; payload.sos is nothing\n"
                    "  device | topic.device | \"a\" |  | a\n"
                    "  value |  |  |  | \n"
                    "  time | ts | 17 | not believed: farther from the arrival than `delay`, or no time; the arrival "
                    "counts | " NOW "\n"
                    "  who | who |  |  | \n");
}

/* Only the lines of entries and elements, without their fields. */
static const char *outline(struct harness *h, bool retained, const char *payload) {
        static struct watcher w;
        static char lines[4096];
        const struct decode_trace trace = { &w, hear };
        size_t n = 0;

        w.n = 0;
        lines[0] = 0;
        decode_trace(h->decode, &trace);
        assert_true(harness_send_bytes(h, "t/a", ww_str(payload), retained) >= 0);
        decode_trace(h->decode, NULL);
        for (char *line = strtok(w.text, "\n"); line; line = strtok(NULL, "\n"))
                if (*line == 'e')
                        n += (size_t)snprintf(lines + n, sizeof lines - n, "%s\n", line);
        return lines;
}

static void silence_has_a_reason(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, NULL);
        assert_string_equal(outline(&h, false, "{\"door\":1,\"sos\":true,\"t\":\"warm\"}"),
                            "entry door yesdoor of a\n"
                            "entry door notemperature of a: \"warm\" of `t` is no number\n"
                            "entry door yespanic of a\n");
        assert_string_equal(outline(&h, false, "{\"door\":1,\"sos\":true}"),
                            "entry door nodoor of a: it is the state that was heard last of this device\n"
                            "entry door notemperature of a: nothing is at `t`\n"
                            "entry door nopanic of a: a repeat, within `repeat_within`\n");
        assert_string_equal(outline(&h, true, "{\"door\":0,\"t\":1,\"sos\":true}"),
                            "entry door yesdoor of a\n"
                            "entry door notemperature of a: the message is retained: it happened long ago\n"
                            "entry door nopanic of a: the message is retained: it happened long ago\n");
        assert_string_equal(outline(&h, false, "{\"zones\":{\"1\":{\"s\":\"open\"},\"2\":{\"s\":\"spare\"},\"3\":{}}}"),
                            "entry list yesdoor of a/1\n"
                            "element list no of 2: `only: item.s != \"spare\"` is not true; item.s is \"spare\"\n"
                            "element list no of 3: `only: item.s != \"spare\"` is not true; item.s is nothing\n");
}

/* ---- nothing changes ---- */

static const char *const messages[] = {
        "{\"door\":1,\"t\":2}",
        "{\"door\":1,\"sos\":true}",
        "{\"door\":0,\"sos\":true}",
        "{\"log\":1}",
        "{",
        "",
        "{\"type\":\"badge\"}",
        "{\"zones\":[{\"s\":\"open\"},{\"s\":\"spare\"},{\"s\":4}]}",
        "{\"x\":1}",
        "{\"door\":null}",
        "{\"type\":\"card\",\"uid\":{}}",
};

/* A payload of so many keys that the budget of look-ups ends within it. */
static char *many_keys(void) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_puts(&text, "{\"zones\":[");
        for (int i = 0; i < 900; i++)
                buf_printf(&text, "%s{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"s\":\"%s\"}", i ? "," : "",
                           i % 3 ? "spare" : "open");
        buf_puts(&text, "]}");
        return ww_str_copy(buf_str(&text));
}

static void assert_alike(struct harness *h, struct harness *watched, const char *payload, bool retained) {
        int r = harness_send_bytes(h, "t/a", ww_str(payload), retained);

        assert_int_equal(harness_send_bytes(watched, "t/a", ww_str(payload), retained), r);
        assert_int_equal(watched->n, h->n);
        assert_memory_equal(watched->events, h->events, sizeof *h->events * (h->n < 64 ? h->n : 64));
        if (r > 0)
                assert_true(ww_str_equal(watched->report.detail, h->report.detail));
}

static void hear_nothing(void *userdata, const struct decode_saying *s) {
        ++*(size_t *)userdata;
}

static void watching_changes_nothing(void **state) {
        _cleanup_harness_ struct harness h, watched;
        _cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT;
        _cleanup_free_ char *many = many_keys();
        size_t heard = 0;
        const struct decode_trace trace = { &heard, hear_nothing };

        harness_init(&h, types, NULL);
        harness_init(&watched, types, NULL);
        decode_trace(watched.decode, &trace);
        for (int round = 0; round < 3; round++) {
                for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
                        assert_alike(&h, &watched, messages[i], round == 1);
                assert_alike(&h, &watched, many, false);
        }
        assert_true(heard > 100);
        assert_int_equal(decode_save(h.decode, &a), 0);
        assert_int_equal(decode_save(watched.decode, &b), 0);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.p, b.p, a.n);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(candidates_say_what_refused_them),
                cmocka_unit_test(entries_say_where_each_field_is_from),
                cmocka_unit_test(silence_has_a_reason),
                cmocka_unit_test(watching_changes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
