/* `bytes`: fields at fixed places and tagged records, each type, and what lies beyond the end. */
#include "harness.h"

#define HEAD         "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nformat: hex\nmessages:\n  - message: m\n    bytes:\n"
#define FIELD(field) HEAD "      fields: {x: " field "}\n    events: [{kind: unknown, value: bytes.x}]\n"

/* The value of a field in these bytes. */
static void expect(const char *types, const char *hex, const char *value, enum ww_value_type type) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, NULL);
        assert_int_equal(harness_send(&h, "t/d", hex), 0);
        if (h.n != 1 || h.events[0].value_type != type || strcmp(h.events[0].text, value) != 0)
                fail_msg("%s in %s: `%s` (%d)", types + sizeof HEAD - 1, hex, h.events[0].text, h.events[0].value_type);
}
#define NUMBER(field, hex, value) expect(FIELD(field), hex, value, WW_NUMBER)
#define STRING(field, hex, value) expect(FIELD(field), hex, value, WW_STRING)
#define MISSING(field, hex)       expect(FIELD(field), hex, "", WW_MISSING)

static void test_integers(void **state) {
        NUMBER("{at: 0}", "ff00", "255");
        NUMBER("{at: 1, type: i8}", "00ff", "-1");
        NUMBER("{at: 0, type: u16}", "0102", "258");
        NUMBER("{at: 0, type: u16, order: little}", "0102", "513");
        NUMBER("{at: 0, type: i16}", "8000", "-32768");
        NUMBER("{at: 0, type: u24}", "ffffff", "16777215");
        NUMBER("{at: 0, type: i24, order: little}", "feffff", "-2");
        NUMBER("{at: 0, type: u32}", "ffffffff", "4294967295");
        NUMBER("{at: 0, type: i32}", "ffffffff", "-1");
        NUMBER("{at: 0, type: u64}", "0000000100000000", "4294967296");
        NUMBER("{at: 0, type: i64}", "8000000000000000", "-9.22337203685478e+18");
        NUMBER("{at: -1}", "010203", "3");
        NUMBER("{at: -2, type: u16}", "010203", "515");
        MISSING("{at: 2, type: u16}", "010203");
        MISSING("{at: -4}", "010203");
        MISSING("{at: 3}", "010203");
}

static void test_parts(void **state) {
        NUMBER("{at: 0, mask: 0x0f}", "a5", "5");
        NUMBER("{at: 0, mask: 0xf0}", "a5", "10");
        NUMBER("{at: 0, type: i16, mask: 0x0fff}", "0fff", "-1");
        NUMBER("{at: 0, type: i16, mask: 0xfff0}", "0010", "1");
        STRING("{at: 0, bit: 0}", "01", "true");
        STRING("{at: 0, bit: 7}", "7f", "false");
        STRING("{at: 0, type: u16, bit: 8}", "0100", "true");
        NUMBER("{at: 0, type: i16, scale: 0.1}", "00cb", "20.3");
        NUMBER("{at: 0, scale: 0.1, offset: -40}", "03", "-39.7");
}

static void test_others(void **state) {
        NUMBER("{at: 0, type: f32}", "41aa6666", "21.3");
        NUMBER("{at: 0, type: f32, order: little}", "6666aa41", "21.3");
        MISSING("{at: 0, type: f32}", "7fc00000");
        NUMBER("{at: 0, type: f64}", "4035800000000000", "21.5");
        MISSING("{at: 0, type: f64}", "7ff0000000000000");
        STRING("{at: 1, type: hex, length: 2}", "00ABcd01", "abcd");
        STRING("{at: 1, type: hex}", "00abcd01", "abcd01");
        STRING("{at: 0, type: hex, length: 2, order: little}", "abcd01", "cdab");
        MISSING("{at: 1, type: hex}", "00");
        STRING("{at: 0, type: text}", "4120420000", "A B");
        STRING("{at: 0, type: text, length: 3}", "412020", "A");
        MISSING("{at: 0, type: text}", "ff");
        NUMBER("{at: 0, type: bcd, length: 2}", "0142", "142");
        MISSING("{at: 0, type: bcd, length: 2}", "014a");
        MISSING("{at: 0, type: bcd, length: 2}", "01e2");
}

/* Identities keep their digits. */
static void test_digits(void **state) {
        static const char types[] = HEAD "      fields: {a: {at: 0, type: u64}, b: {at: 8, type: bcd}}\n"
                                         "    device: \"{bytes.a}/{bytes.b}\"\n    events: [{kind: panic}]\n";
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, NULL);
        assert_int_equal(harness_send(&h, "t/d", "ffffffffffffffff0042"), 0);
        assert_string_equal(harness_told(&h), "18446744073709551615/0042 panic");
}

/* The order of all numbers, but of no texts. */
static void test_order(void **state) {
        static const char types[] = HEAD
                "      order: little\n"
                "      fields: {a: {at: 0, type: u16}, b: {at: 0, type: u16, order: big}, c: {at: 0, type: hex}}\n"
                "    events: [{kind: unknown, value: \"{bytes.a} {bytes.b} {bytes.c}\"}]\n";

        expect(types, "0102", "513 258 0102", WW_STRING);
}

#define RECORDS(length)                                                                                                \
        HEAD "      order: little\n      records:\n        tag: 2\n" length "        rows:\n"                          \
             "          \"0175\": {battery: {type: u8}}\n"                                                             \
             "          \"0367\": {temperature: {type: i16, scale: 0.1}}\n"                                            \
             "          \"0400\": {open: {bit: 0}, low: {at: 0, bit: 1}, count: {type: u16}}\n"                        \
             "          \"ff0a\": {version: {type: hex}}\n"                                                            \
             "    fields:\n      b: {path: bytes.battery, default: \"-\"}\n"                                           \
             "      t: {path: bytes.temperature, default: \"-\"}\n"                                                    \
             "      o: {path: bytes.open, default: \"-\"}\n      l: {path: bytes.low, default: \"-\"}\n"               \
             "      c: {path: bytes.count, default: \"-\"}\n      v: {path: bytes.version, default: \"-\"}\n"          \
             "    events: [{kind: unknown, value: \"{b} {t} {o} {l} {c} {v}\"}]\n"

static void test_records(void **state) {
        static const struct {
                const char *hex, *plain, *sized; /* without and with a length in each record */
        } rows[] = {
                { "017564", "100 - - - - -", NULL },
                { "0175640367d700", "100 21.5 - - - -", NULL },
                { "0367d700017564", "100 21.5 - - - -", NULL },
                { "01756401753c", "60 - - - - -", NULL },      /* the last one counts */
                { "017564aaaa010175", "100 - - - - -", NULL }, /* unknown: the end */
                { "0175640367d7", "100 - - - - -", NULL },     /* cut off: the end */
                { "0175", "- - - - - -", "- - - - - -" },
                { "01", "- - - - - -", "- - - - - -" },
                { "0400030201017564", "100 - true true 258 -", NULL },
                { "ff0a01020304", "- - - - - 01020304", NULL },
                { "01750164", NULL, "100 - - - - -" },
                { "aaaa 03010203 0175 0164 0367 02d700", NULL, "100 21.5 - - - -" }, /* unknown: passed over */
                { "0367 01d7 0175 0164", NULL, "100 - - - - -" },                    /* too short for its field */
                { "0175 0264ff 0367 01d7", NULL, "100 - - - - -" },                  /* longer than its field */
                { "0175 00 0175 0105", NULL, "5 - - - - -" },
                { "0175 0164 aaaa 09 0102", NULL, "100 - - - - -" }, /* longer than what there is */
                { "ff0a 0201ff 0175 0164", NULL, "100 - - - - 01ff" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                if (rows[i].plain)
                        expect(RECORDS(""), rows[i].hex, rows[i].plain, WW_STRING);
                if (rows[i].sized)
                        expect(RECORDS("        length: 1\n"), rows[i].hex, rows[i].sized, WW_STRING);
        }
}

#define FROM                                                                                                           \
        "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n"                                                 \
        "  - message: press\n    bytes: {from: data, as: base64, records: {tag: 2, rows: {\"ff2e\": {press: {}}}}}\n"  \
        "    has: [bytes.press]\n    events: [{kind: panic, where: bytes.press > 0}]\n"                                \
        "  - message: other\n    bytes: {from: data, as: base64, fields: {all: {at: 0, type: hex}}}\n"                 \
        "    events: [{kind: unknown, value: bytes.all}]\n"

/* Bytes inside JSON: each message reads them in its own way, and a guard may ask for what they hold. */
static void test_from(void **state) {
        static char payload[8192], text[5000];
        const char *const payloads[] = { "{}", "{\"data\":null}", "{\"data\":\"*\"}", payload };
        _cleanup_harness_ struct harness h;

        harness_init(&h, FROM, NULL);
        assert_int_equal(harness_send(&h, "t/d", "{\"data\":\"/y4B\"}"), 0);
        assert_string_equal(harness_told(&h), "d panic");
        assert_int_equal(harness_send(&h, "t/d", "{\"data\":\"\\/y4A\"}"), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"data\":\"qg==\"}"), 0);
        assert_string_equal(harness_told(&h), "d unknown");
        assert_string_equal(h.events[0].text, "aa");
        /* missing, null, no base64, longer than a text may be */
        memset(text, 'A', sizeof text - 1);
        snprintf(payload, sizeof payload, "{\"data\":\"%s\"}", text);
        for (size_t i = 0; i < 4; i++) {
                assert_int_equal(harness_send(&h, "t/d", payloads[i]), 0);
                assert_string_equal(harness_told(&h), "d unknown");
                assert_int_equal(h.events[0].value_type, WW_MISSING);
        }
}

/* Of a list each element has bytes of its own. */
static void test_each(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     "sensor: t\nversion: 1\ntopics: [t]\nmessages:\n  - message: m\n    for_each: list\n"
                     "    device: item.id\n    bytes: {from: item.hex, as: hex, fields: {t: {at: 0, type: i8}}}\n"
                     "    events: [{kind: temperature, value: bytes.t}]\n",
                     NULL);
        assert_int_equal(harness_send(&h, "t",
                                      "{\"list\":[{\"id\":\"a\",\"hex\":\"15\"},{\"id\":\"b\"},"
                                      "{\"id\":\"c\",\"hex\":\"ff\"}]}"),
                         0);
        assert_string_equal(harness_told(&h), "a temperature, c temperature");
        assert_true(h.events[0].number == 21);
        assert_true(h.events[1].number == -1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_integers), cmocka_unit_test(test_parts), cmocka_unit_test(test_others),
                cmocka_unit_test(test_digits),   cmocka_unit_test(test_order), cmocka_unit_test(test_records),
                cmocka_unit_test(test_from),     cmocka_unit_test(test_each),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
