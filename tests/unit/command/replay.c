/* Lines of a recording as inputs, and two rule sets' alarms held against each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/buf.h"
#include "command/replay_compare.h"
#include "command/replay_line.h"

#include <string.h>

#define NINE (INT64_C(1769850000) * WW_SECOND) /* 2026-01-31T09:00:00Z */

/* ---- lines ---- */

static int read_line(const char *text, struct arena *arena, json_t **ret_json, struct ww_input *ret,
                     struct replay_line *ret_line) {
        *ret_json = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
        assert_non_null(*ret_json);
        return replay_line_input(*ret_json, arena, ret, ret_line);
}

static void every_shape_is_the_same_message(void **state) {
        static const char *const lines[] = {
                "{\"topic\": \"bulk/d1\", \"payload\": \"{\\\"n\\\":1}\", \"time\": \"2026-01-31T09:00:00Z\", "
                "\"retain\": true, "
                "\"dup\": true, \"seq\": 7}",
                "{\"topic\": \"bulk/d1\", \"payload\": {\"n\": 1}, \"time\": 1769850000, \"retain\": 1, \"dup\": 1, "
                "\"seq\": 7}",
                "{\"topic\": {\"base64\": \"YnVsay9kMQ==\"}, \"payload\": {\"base64\": \"eyJuIjoxfQ==\"}, \"time\": "
                "1769850000.0, "
                "\"flags\": [\"retained\", \"dup\"], \"seq\": 7}",
                "{\"in\": \"input\", \"record\": {\"seq\": 7, \"type\": \"message\", \"origin\": \"bulk\", \"flags\": "
                "[\"retained\", \"dup\"], \"mid\": 3, \"time\": \"2026-01-31T10:00:00+01:00\", \"received\": "
                "\"2026-01-31T09:00:00.000000Z\", \"topic\": \"bulk/d1\", \"id\": \"\", \"payload\": "
                "\"{\\\"n\\\":1}\"}}",
                "{\"journal\": 1, \"seq\": 7, \"received_at\": \"2026-01-31T09:00:00+00:00\", \"journal_time\": "
                "\"2026-01-31T09:00:00+00:00\", \"origin\": \"bulk\", \"retained\": true, \"duplicate\": true, "
                "\"skipped\": "
                "false, \"topic\": \"bulk/d\\\\061\", \"payload\": \"\\\\x7b226e223a317d\"}",
        };

        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
                _cleanup_arena_ struct arena arena = ARENA_INIT;
                struct replay_line line;
                struct ww_input input;
                json_t *json;

                assert_int_equal(read_line(lines[i], &arena, &json, &input, &line), 0);
                assert_true(line.timed && !line.concluded);
                assert_int_equal(input.seq, 7);
                assert_int_equal(input.type, WW_INPUT_MESSAGE);
                assert_int_equal(input.origin, WW_ORIGIN_BULK);
                assert_int_equal(input.flags, WW_INPUT_RETAINED | WW_INPUT_DUP);
                assert_int_equal(input.time, NINE);
                assert_int_equal(input.received, NINE);
                assert_true(ww_str_is(input.topic, "bulk/d1"));
                assert_true(ww_str_is(input.payload, "{\"n\":1}"));
                json_decref(json);
        }
}

static void what_was_concluded_is_no_input(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct replay_line line;
        struct ww_input input;
        json_t *json;

        assert_int_equal(
                read_line("{\"in\": \"output\", \"record\": {\"type\": \"event\"}}", &arena, &json, &input, &line), 0);
        assert_true(line.concluded && json_is_object(line.outcome));
        json_decref(json);
}

static void other_inputs_keep_their_kind(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct replay_line line;
        struct ww_input input;
        json_t *json;

        assert_int_equal(
                read_line("{\"seq\": 9, \"type\": \"command\", \"origin\": \"socket\", \"time\": 5, \"topic\": "
                          "\"0:root\", \"id\": \"x1\", \"payload\": \"{\\\"cmd\\\":\\\"ack\\\"}\"}",
                          &arena, &json, &input, &line),
                0);
        assert_int_equal(input.type, WW_INPUT_COMMAND);
        assert_int_equal(input.origin, WW_ORIGIN_SOCKET);
        assert_true(ww_str_is(input.id, "x1") && ww_str_is(input.topic, "0:root"));
        json_decref(json);
}

static void what_cannot_be_read_says_why_and_what_to_do(void **state) {
        static const char *const lines[][2] = {
                { "[1]", "not an object" },
                { "{\"payload\": \"x\", \"time\": 1}", "a message without `topic`" },
                { "{\"topic\": \"a\", \"type\": \"massage\"}", "no such `type` of input" },
                { "{\"topic\": \"a\", \"time\": \"yesterday\"}",
                  "the time is neither RFC 3339 text nor seconds since 1970" },
                { "{\"topic\": \"a\", \"time\": -1}", "the time is neither RFC 3339 text nor seconds since 1970" },
                { "{\"topic\": {\"base64\": \"%\"}}", "`base64` holds other signs than base64 has" },
                { "{\"in\": \"input\", \"record\": 7}", "`record` is no object" },
                { "{\"topic\": \"a\", \"journal_time\": 1, \"payload\": \"7b\"}",
                  "a row of `message` with bytes that PostgreSQL did not write" },
        };

        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
                _cleanup_arena_ struct arena arena = ARENA_INIT;
                struct replay_line line;
                struct ww_input input;
                json_t *json;

                assert_int_equal(read_line(lines[i][0], &arena, &json, &input, &line), REPLAY_LINE_BAD);
                assert_string_equal(line.why, lines[i][1]);
                assert_true(line.cure && *line.cure);
                json_decref(json);
        }
}

static void postgresql_notations_give_the_bytes_back(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct ww_str bytes;

        assert_int_equal(replay_line_unescape(WW_STR("a\\\\b\\000\\377c"), &arena, &bytes), 0);
        assert_int_equal(bytes.n, 6);
        assert_memory_equal(bytes.p, "a\\b\0\377c", 6);
        assert_int_equal(replay_line_unescape(WW_STR("a\\0"), &arena, &bytes), -EBADMSG);
        assert_int_equal(replay_line_unescape(WW_STR("a\\777"), &arena, &bytes), -EBADMSG);
        assert_int_equal(replay_line_unhex(WW_STR("\\x00ff"), &arena, &bytes), 0);
        assert_int_equal(bytes.n, 2);
        assert_memory_equal(bytes.p, "\0\377", 2);
        assert_int_equal(replay_line_unhex(WW_STR("\\x0"), &arena, &bytes), -EBADMSG);
        assert_int_equal(replay_line_unhex(WW_STR("\\x0g"), &arena, &bytes), -EBADMSG);
}

/* ---- comparing ---- */

static int told(void *userdata, const struct replay_difference *d) {
        static const char *const names[] = { "same", "appears", "vanishes", "moves" };
        const struct ww_transition *t = d->now ? d->now : d->another;
        struct buf *out = userdata;

        buf_printf(out, "%s %s %.*s %.*s %d", names[d->change], d->ends ? "clear" : "raise", WW_STR_ARG(t->alarm.rule),
                   WW_STR_ARG(t->alarm.key), (int)((t->time - NINE) / WW_SECOND));
        if (d->change == 3)
                buf_printf(out, "→%d", (int)((d->another->time - NINE) / WW_SECOND));
        buf_puts(out, "\n");
        return 0;
}

/* "A raise r k 5 low" of the first set, "B …" of the other */
static void add(struct replay_compare *c, const char *row) {
        char side, cause[16], rule[16], key[16], priority[16];
        struct ww_transition t = { .alarm = { .version = 1 } };
        int at;

        assert_int_equal(sscanf(row, "%c %15s %15s %15s %d %15s", &side, cause, rule, key, &at, priority), 6);
        t.cause = strcmp(cause, "raise") == 0   ? WW_CAUSE_RAISE
                  : strcmp(cause, "clear") == 0 ? WW_CAUSE_CLEAR
                                                : WW_CAUSE_ACKNOWLEDGE;
        t.time = t.alarm.changed_at = NINE + at * WW_SECOND;
        t.alarm.rule = ww_str(rule);
        t.alarm.key = ww_str(key);
        assert_true(ww_priority_find(ww_str(priority), &t.alarm.priority));
        assert_int_equal(replay_compare_until(c, t.time), 0);
        assert_int_equal(replay_compare_add(c, side == 'B', &t), 0);
}

static void compare_at(const char *const *rows, const char *expected, struct replay_compared *ret) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct replay_compare *c;

        assert_int_equal(replay_compare_new(&c, WW_MINUTE, told, &out), 0);
        for (; *rows; rows++)
                add(c, *rows);
        assert_int_equal(replay_compare_until(c, WW_TIME_NEVER), 0);
        replay_compare_result(c, ret);
        replay_compare_free(c);
        buf_put_u8(&out, 0);
        assert_string_equal((const char *)out.p, expected);
}
#define compare(expected, ret, ...) compare_at((const char *const[]){ __VA_ARGS__, NULL }, expected, ret)

static void what_is_equal_is_not_spoken_of(void **state) {
        struct replay_compared c;

        compare("", &c, "A raise r k 1 low", "B raise r k 1 low", "B raise r k 2 low", "A raise r k 2 low",
                "A clear r k 3 low", "B clear r k 3 low", "A ack r k 4 low");
        assert_int_equal(c.alarms[REPLAY_SAME], 2);
        assert_int_equal(c.ends, 0);
}

static void what_one_set_has_alone_appears_or_vanishes(void **state) {
        struct replay_compared c;

        compare("vanishes raise r k 1\nappears raise r l 2\n", &c, "A raise r k 1 low", "A clear r k 5 low",
                "B raise r l 2 low");
        assert_int_equal(c.alarms[REPLAY_VANISHES], 1);
        assert_int_equal(c.alarms[REPLAY_APPEARS], 1);
        assert_int_equal(c.ends, 0); /* it ends with the alarm that it belongs to */
}

static void what_comes_near_by_has_moved(void **state) {
        struct replay_compared c;

        compare("moves raise r k 1→3\nmoves raise s k 5→5\nmoves clear r k 9→20\n", &c, "A raise r k 1 low",
                "B raise r k 3 low", "A raise s k 5 low", "B raise s k 5 high", "A clear r k 9 low",
                "B clear r k 20 low");
        assert_int_equal(c.alarms[REPLAY_MOVED], 2);
        assert_int_equal(c.ends, 1);
        /* the nearest of two; and a minute is too far */
        compare("appears raise r k 10\nmoves raise r k 30→25\n", &c, "B raise r k 10 low", "B raise r k 25 low",
                "A raise r k 30 low");
}

static void what_is_a_minute_apart_is_no_move(void **state) {
        struct replay_compared c;

        compare("vanishes raise r k 0\nappears raise r k 60\n", &c, "A raise r k 0 low", "B raise r k 60 low");
        compare("moves raise r k 0→59\n", &c, "A raise r k 0 low", "B raise r k 59 low");
        /* it is told when the minute has passed, not at the end */
        compare("vanishes raise r k 0\nvanishes raise r k 200\n", &c, "A raise r k 0 low", "A raise r k 200 low");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_shape_is_the_same_message),
                cmocka_unit_test(what_was_concluded_is_no_input),
                cmocka_unit_test(other_inputs_keep_their_kind),
                cmocka_unit_test(what_cannot_be_read_says_why_and_what_to_do),
                cmocka_unit_test(postgresql_notations_give_the_bytes_back),
                cmocka_unit_test(what_is_equal_is_not_spoken_of),
                cmocka_unit_test(what_one_set_has_alone_appears_or_vanishes),
                cmocka_unit_test(what_comes_near_by_has_moved),
                cmocka_unit_test(what_is_a_minute_apart_is_no_move),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
