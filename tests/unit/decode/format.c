/* Formats that are not JSON: what they take, what they refuse and where, and what paths find in them. */
#include "harness.h"

#define TYPE(format, body)                                                                                             \
        "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nformat: " format "\nmessages:\n  - message: m\n" body
#define VALUES(format, key) TYPE(format, "    events: [{kind: unknown, value: " key "}]\n")

/* The value that comes of each payload; NULL: the event has none. */
struct row {
        const char *payload, *value;
};

static void check_rows(const char *type, const struct row *rows, size_t n) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, type, NULL);
        for (size_t i = 0; i < n; i++) {
                int r = harness_send(&h, "t/d", rows[i].payload);

                if (r != 0 || h.n != 1 || strcmp(h.events[0].text, rows[i].value ? rows[i].value : "") != 0 ||
                    (h.events[0].value_type == WW_MISSING) != !rows[i].value)
                        fail_msg("row %zu: %d `%s`", i, r, h.n ? h.events[0].text : "no event");
        }
}
#define CHECK(type, ...)                                                                                               \
        do {                                                                                                           \
                static const struct row rows[] = { __VA_ARGS__ };                                                      \
                check_rows(type, rows, sizeof rows / sizeof *rows);                                                    \
        } while (0)

static void check_refused(const char *type, const char *payload, const char *why) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, type, NULL);
        assert_int_equal(harness_send(&h, "t/d", payload), DECODE_E_BAD_PAYLOAD);
        if (!ww_str_equal(h.report.detail, ww_str(why)))
                fail_msg("`%s`: %.*s", payload, WW_STR_ARG(h.report.detail));
}

static void test_pairs(void **state) {
        CHECK(VALUES("pairs", "open"), { "open=1,batt=82", "1" }, { "batt=82; open = yes ", "yes" },
              { "batt: 82\r\nopen: no\r\n", "no" }, { "open:", "" },
              { "a=1 open=\"Ward 3, \"\"left\"\"\" b=2", "Ward 3, \"left\"" }, { "open=1;open=2", "2" },
              { "a=1", NULL }, { ";;a=1;;", NULL }, { "open=a=b", "a=b" });
        CHECK(VALUES("{pairs: {between: \";\", is: \"=\"}}", "'\"mac id\"'"), { "mac id=00:11:22;x=1, 2", "00:11:22" },
              { "x=1; mac id = a b c ;y=", "a b c" }, { "mac id=;x=1", "" });
        check_refused(VALUES("pairs", "x"), "hello", "pairs: a key without a value at byte 5");
        check_refused(VALUES("pairs", "x"), "a=1 hello b=2", "pairs: a key without a value at byte 9");
        check_refused(VALUES("pairs", "x"), "=1", "pairs: a value without a key at byte 0");
        check_refused(VALUES("pairs", "x"), "a=\"1", "pairs: quotes without an end at byte 2");
        check_refused(VALUES("pairs", "x"), "a=\"1\"2", "pairs: something behind the quotes at byte 5");
        check_refused(VALUES("pairs", "x"), " ", "pairs: empty at byte 0");
        check_refused(VALUES("pairs", "x"), "a=\xff", "pairs: not UTF-8 text at byte 0");
}

#define LINE "{csv: {columns: [time, door, badge]}}"

static void test_csv_line(void **state) {
        CHECK(VALUES(LINE, "badge"), { "12:00,D3,0042", "0042" }, { "12:00,D3,0042\r\n", "0042" }, { "12:00,D3", NULL },
              { "12:00,D3,", "" }, { "12:00,\"D,3\",\"say \"\"x\"\"\",more", "say \"x\"" }, { "\"a\nb\",,7", "7" },
              { ",, 7 ", " 7 " });
        CHECK(VALUES("{csv: {columns: [a, b], separator: \"\\t\"}}", "b"), { "1\t2\t3", "2" }, { "1,0\t", "" });
        CHECK(VALUES("{csv: {header: true}}", "door"), { "time,door\n12:00,D3", "D3" }, { "door\r\nD4\r\n", "D4" });
        CHECK(VALUES("{csv: {header: true, columns: [a, b]}}", "b"), { "x,y\n1,2", "2" });
        check_refused(VALUES(LINE, "badge"), "a,\"b", "csv: quotes without an end at byte 2");
        check_refused(VALUES(LINE, "badge"), "a,\"b\"c", "csv: something behind the quotes at byte 5");
        check_refused(VALUES("{csv: {header: true}}", "door"), "time,door\n",
                      "csv: no line behind the header at byte 9");
        check_refused(VALUES(LINE, "badge"), "\n", "csv: empty at byte 0");
}

#define EACH "    for_each: payload\n    device: item.door\n    events: [{kind: credential, value: item.badge}]\n"

static void test_csv_lines(void **state) {
        static const char *const payloads[] = { "1,D1,A\n2,D2,B\r\n\r\n3,D3,C\n", "1,D1,A" };
        static const char *const told[] = { "D1 credential, D2 credential, D3 credential", "D1 credential" };
        _cleanup_harness_ struct harness h;

        harness_init(&h, TYPE("{csv: {columns: [time, door, badge], list: true}}", EACH), NULL);
        for (size_t i = 0; i < 2; i++) {
                assert_int_equal(harness_send(&h, "t/d", payloads[i]), 0);
                assert_string_equal(harness_told(&h), told[i]);
        }
        assert_string_equal(h.events[0].text, "A");
}

static void test_bytes(void **state) {
        CHECK(VALUES("hex", "payload"), { "00fF10", "00ff10" }, { "0x00ff10\n", "00ff10" }, { "00:ff:10", "00ff10" },
              { "00 ff-10", "00ff10" });
        CHECK(VALUES("base64", "payload"), { "AP8Q", "00ff10" }, { "+/8=", "fbff" }, { "-_8", "fbff" },
              { " qg==\r\n", "aa" });
        CHECK(VALUES("bytes", "payload"), { "\x01\xff x", "01ff2078" });
        check_refused(VALUES("hex", "payload"), "00f", "hex: not the hex of at most 16 KiB at byte 0");
        check_refused(VALUES("hex", "payload"), "open", "hex: not the hex of at most 16 KiB at byte 0");
        check_refused(VALUES("base64", "payload"), "a*b", "base64: not the base64 of at most 16 KiB at byte 0");
        check_refused(VALUES("bytes", "payload"), "", "bytes: empty at byte 0");
}

/* The bound of bytes: the last that fits, and one more. */
static void test_bytes_bound(void **state) {
        static char hex[2 * 16385];
        _cleanup_harness_ struct harness h;

        memset(hex, 'a', sizeof hex);
        harness_init(&h, VALUES("hex", "payload"), NULL);
        assert_int_equal(harness_send_bytes(&h, "t/d", (struct ww_str){ hex, 2 * 16384 }, false), 0);
        assert_int_equal(harness_send_bytes(&h, "t/d", (struct ww_str){ hex, sizeof hex }, false),
                         DECODE_E_BAD_PAYLOAD);
}

/* A list of formats is tried in order; the same one with other words is another. */
static void test_order(void **state) {
        static const char types[] = "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n"
                                    "  - message: a\n    format: [json, {pairs: {between: \";\"}}]\n    has: [x]\n"
                                    "    events: [{kind: unknown, value: x}]\n"
                                    "  - message: b\n    format: [{pairs: {between: \",\"}}, text]\n"
                                    "    events: [{kind: unknown, value: [y, payload]}]\n";
        static const struct row rows[] = {
                { "{\"x\":1}", "1" }, { "x=1;y=2", "1" }, { "z=1,y=2", "2" }, { "hello", "hello" }
        };
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, NULL);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                assert_int_equal(harness_send(&h, "t/d", rows[i].payload), 0);
                assert_string_equal(h.events[0].text, rows[i].value);
        }
}

/* Types with more formats than before: a reload makes room for their documents. */
static void test_reload(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_harness_ struct harness other;

        harness_init(&h, VALUES("json", "x"), NULL);
        harness_init(&other,
                     TYPE("[json, pairs, " LINE ", text]", "    events: [{kind: unknown, value: [x, payload]}]\n"),
                     NULL);
        assert_int_equal(decode_swap(h.decode, other.types), 0);
        assert_int_equal(harness_send(&h, "t/d", "x=1"), 0);
        assert_string_equal(h.events[0].text, "1");
        assert_int_equal(decode_swap(h.decode, h.types), 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"x\":2}"), 0);
        assert_string_equal(h.events[0].text, "2");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pairs),  cmocka_unit_test(test_csv_line),    cmocka_unit_test(test_csv_lines),
                cmocka_unit_test(test_bytes),  cmocka_unit_test(test_bytes_bound), cmocka_unit_test(test_order),
                cmocka_unit_test(test_reload),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
