/* Every word of a value, and of a unit: what it makes of what devices send. */
#include "harness.h"

#define HEAD           "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n  - message: m\n    events:\n"
#define VALUE(words)   HEAD "      - {kind: unknown, value: {path: v, " words "}}\n"
#define STATE(words)   HEAD "      - {kind: door, state: {path: v, " words "}}\n"
#define MEASURE(words) HEAD "      - {kind: temperature, value: {path: v, " words "}}\n"

/* v as JSON, "" = not there; and the event that it gives: "kind text", "" = none, but nothing wrong, "!" = a bad field.
 */
struct row {
        const char *v, *told;
};

static void check_row(const char *types, const struct row *row) {
        _cleanup_harness_ struct harness h;
        char payload[256], told[512] = "";

        harness_init(&h, types, NULL);
        snprintf(payload, sizeof payload, *row->v ? "{\"v\":%s}" : "{}", row->v);
        if (harness_send(&h, "t/d", payload) == DECODE_E_BAD_FIELD)
                snprintf(told, sizeof told, "!");
        else if (h.n)
                snprintf(told, sizeof told, "%s %s", h.events[0].kind, h.events[0].text);
        if (strcmp(told, row->told) != 0)
                fail_msg("%s\n%s: `%s`, not `%s`", types + sizeof HEAD - 1, row->v, told, row->told);
}
#define CHECK(types, ...)                                                                                              \
        do {                                                                                                           \
                static const struct row rows[] = { __VA_ARGS__ };                                                      \
                for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                                                \
                        check_row(types, &rows[i]);                                                                    \
        } while (0)

static void test_map(void **state) {
        CHECK(STATE("map: {open: active, ajar: active, 1: active, closed: normal, '\"\"': ignore, \"*\": unknown}"),
              { "\"OPEN\"", "door.opened " }, { "\"Ajar\"", "door.opened " }, { "1.0", "door.opened " },
              { "\"closed\"", "door.closed " }, { "\"\"", "" }, { "\"broken\"", "door " }, { "null", "door " },
              { "", "" });
        CHECK(VALUE("map: {A: one, b: 2}"), { "\"a\"", "unknown one" }, { "\"B\"", "unknown 2" }, { "\"c\"", "!" });
        CHECK(VALUE("map: {A: one}, default: a"), { "", "unknown one" });
}

static void test_invert(void **state) {
        CHECK(STATE("invert: true"), { "true", "door.closed " }, { "\"off\"", "door.opened " }, { "0", "door.opened " },
              { "\"ajar\"", "door " });
        CHECK(VALUE("invert: true"), { "true", "unknown false" }, { "\"no\"", "unknown true" }, { "2", "!" });
}

static void test_as(void **state) {
        CHECK(VALUE("as: number"), { "\"80.00\"", "unknown 80" }, { "true", "unknown 1" }, { "\"x\"", "!" });
        CHECK(VALUE("as: boolean"), { "\"ON\"", "unknown true" }, { "0", "unknown false" }, { "\"x\"", "!" });
        CHECK(VALUE("as: string"), { "1234567890123456789", "unknown 1234567890123456789" },
              { "true", "unknown true" });
        CHECK(VALUE("scale: 0.1"), { "3", "unknown 0.3" }, { "\"203\"", "unknown 20.3" },
              { "1e300", "unknown 1e+299" });
        CHECK(VALUE("scale: 0.1, offset: -40"), { "\"400\"", "unknown 0" }, { "3", "unknown -39.7" });
        CHECK(VALUE("offset: 2"), { "\"x\"", "!" }, { "null", "unknown " });
}

/* What arithmetic leaves behind the digits is cut; what a device said is not. */
static void test_tidy(void **state) {
        static const struct {
                const char *payload;
                double value;
        } rows[] = {
                { "{\"v\":3}", 0.3 },
                { "{\"v\":-2031}", -203.1 },
                { "{\"v\":0.00000000123456789}", 0.00000000123456789 * 0.1 },
                { "{\"v\":12345678901.234567}", 12345678901.234567 * 0.1 },
        };
        _cleanup_harness_ struct harness h;

        harness_init(&h, MEASURE("scale: 0.1"), NULL);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                assert_int_equal(harness_send(&h, "t/d", rows[i].payload), 0);
                assert_true(h.events[0].number == rows[i].value);
        }
}

static void test_bit(void **state) {
        CHECK(VALUE("bit: 7"), { "128", "unknown true" }, { "127", "unknown false" }, { "\"128\"", "unknown true" },
              { "-1", "unknown true" }, { "1.5", "!" }, { "\"x\"", "!" }, { "true", "!" }, { "1e30", "!" },
              { "null", "unknown " }, { "", "unknown " });
        CHECK(STATE("bit: 0"), { "3", "door.opened " }, { "2", "door.closed " }, { "\"x\"", "door " }, { "", "" });
        CHECK(STATE("bit: 0, invert: true"), { "3", "door.closed " });
        CHECK(VALUE("bit: 63"), { "-1", "unknown true" }, { "9223372036854775808", "unknown true" });
}

static void test_mask(void **state) {
        CHECK(VALUE("mask: 0xf0"), { "165", "unknown 10" }, { "\"165\"", "unknown 10" }, { "0.5", "!" });
        CHECK(VALUE("mask: 0x0f, map: {5: five}"), { "165", "unknown five" });
        CHECK(VALUE("mask: 3, scale: 0.5"), { "7", "unknown 1.5" });
}

static void test_split(void **state) {
        CHECK(VALUE("split: {by: \":\", part: 1}"), { "\"a:b:c\"", "unknown b" }, { "\"a:\"", "unknown " },
              { "\"a\"", "unknown " }, { "12", "unknown " }, { "{}", "!" });
        CHECK(VALUE("split: {by: \" - \", part: -1}"), { "\"a - b\"", "unknown b" }, { "\"a\"", "unknown a" });
        CHECK(VALUE("split: {by: \":\", part: -3}"), { "\"a:b:c\"", "unknown a" }, { "\"b:c\"", "unknown " });
        CHECK(VALUE("split: {by: \".\", part: 1}, default: none"), { "1.50", "unknown 50" }, { "1", "unknown none" });
        CHECK(MEASURE("split: {by: \" \", part: 0}"), { "\"21.5 C\"", "temperature 21.5" }, { "\"C\"", "!" });
        CHECK(STATE("split: {by: \",\", part: 1}"), { "\"x,open\"", "door.opened " }, { "\"x\"", "" });
}

static void test_pattern(void **state) {
        CHECK(VALUE("pattern: \"^Zone([0-9]+)$\""), { "\"Zone17\"", "unknown 17" }, { "\"Zone\"", "unknown " },
              { "null", "unknown " }, { "[]", "!" });
        CHECK(VALUE("pattern: \"[0-9]+\""), { "\"ab12cd\"", "unknown 12" },
              { "1234567890123456789", "unknown 1234567890123456789" });
        CHECK(VALUE("pattern: \"a(b)?\""), { "\"ab\"", "unknown b" }, { "\"ac\"", "unknown " });
        CHECK(VALUE("pattern: \"(?i)(open|closed)\", map: {open: 1, closed: 0}"), { "\"door OPEN\"", "unknown 1" });
        CHECK(VALUE("pattern: \"id=(.*)\", split: {by: \";\", part: 0}, base: 16, mask: 0xf0"),
              { "\"id=A5;x\"", "unknown 10" });
        /* what a hostile text makes slow has no answer, and soon */
        CHECK(VALUE("pattern: \"(a+)+$\""), { "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", "!" });
}

static void test_base(void **state) {
        CHECK(VALUE("base: 16"), { "\"fF\"", "unknown 255" }, { "\"0x10\"", "unknown 16" }, { "10", "unknown 16" },
              { "\"\"", "!" }, { "\"fg\"", "!" }, { "\"-1\"", "!" }, { "\"11112222333344445\"", "!" });
        CHECK(VALUE("base: 2, bit: 2"), { "\"100\"", "unknown true" }, { "\"2\"", "!" });
        CHECK(VALUE("base: 36"), { "\"zz\"", "unknown 1295" });
}

static void test_origin(void **state) {
        CHECK(HEAD "      - {kind: unknown, value: {template: \"{v}/{topic.device}\", split: {by: \"/\", part: 1}}}\n",
              { "1", "unknown d" }, { "", "unknown " });
        CHECK(HEAD "      - {kind: unknown, value: {const: 7}}\n", { "", "unknown 7" });
        CHECK(HEAD "      - {kind: unknown, value: [w, v]}\n", { "1", "unknown 1" });
}

static void test_units(void **state) {
        static const struct {
                const char *words, *v, *told, *unit;
        } rows[] = {
                { "kind: temperature, unit: fahrenheit", "70.7", "21.5", "celsius" },
                { "kind: temperature, unit: fahrenheit", "-40", "-40", "celsius" },
                { "kind: temperature, unit: kelvin", "294.65", "21.5", "celsius" },
                { "kind: temperature, unit: celsius", "21.5", "21.5", "celsius" },
                { "kind: temperature", "21.5", "21.5", "celsius" },
                { "kind: battery.voltage, unit: millivolt", "\"3025\"", "3.025", "volt" },
                { "kind: pressure, unit: kilopascal", "101.325", "1013.25", "hectopascal" },
                { "kind: pressure, unit: bar", "1.5", "1500", "hectopascal" },
                { "kind: pressure, unit: psi", "1", "68.9475729316836", "hectopascal" },
                { "kind: distance, unit: centimeter", "250", "2.5", "meter" },
                { "kind: distance, unit: foot", "10", "3.048", "meter" },
                { "kind: water.level, unit: millimeter", "1", "0.001", "meter" },
                { "kind: energy, unit: watt_hour", "1500", "1.5", "kilowatt_hour" },
                { "kind: energy, unit: megajoule", "3.6", "1", "kilowatt_hour" },
                { "kind: current, unit: milliampere", "20", "0.02", "ampere" },
                { "kind: power.draw, unit: kilowatt", "2.2", "2200", "watt" },
                { "kind: wind.speed, unit: kilometer_per_hour", "36", "10", "meter_per_second" },
                { "kind: wind.speed, unit: mile_per_hour", "10", "4.4704", "meter_per_second" },
                { "kind: battery.level, unit: ratio", "0.57", "57", "percent" },
                /* no number, no measurement */ { "kind: voltage, unit: millivolt", "{\"x\":0}", NULL, NULL },
                /* not a unit of this kind: as it is said */
                { "kind: smoke.level, unit: raw", "3", "3", "raw" },
                { "kind: temperature, unit: millivolt", "3", "3", "millivolt" },
                { "kind: measurement, unit: millivolt", "3", "3", "millivolt" },
                { "kind: unknown, unit: millivolt", "3", "3", "millivolt" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                _cleanup_harness_ struct harness h;
                char types[512], payload[64];

                snprintf(types, sizeof types, HEAD "      - {%s, value: v}\n", rows[i].words);
                snprintf(payload, sizeof payload, "{\"v\":%s}", rows[i].v);
                harness_init(&h, types, NULL);
                assert_int_equal(harness_send(&h, "t/d", payload), rows[i].told ? 0 : DECODE_E_BAD_FIELD);
                assert_int_equal(h.n, rows[i].told != NULL);
                if (h.n && (strcmp(h.events[0].text, rows[i].told) != 0 || strcmp(h.events[0].unit, rows[i].unit) != 0))
                        fail_msg("%s: %s %s", rows[i].words, h.events[0].text, h.events[0].unit);
        }
}

/* A device's own scale comes first, then its unit. */
static void test_unit_behind_scale(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     HEAD "      - {kind: temperature, unit: fahrenheit, value: {path: v, scale: 0.1, offset: 2}}\n",
                     NULL);
        assert_int_equal(harness_send(&h, "t/d", "{\"v\":687}"), 0);
        assert_string_equal(h.events[0].text, "21.5");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_map),    cmocka_unit_test(test_invert),  cmocka_unit_test(test_as),
                cmocka_unit_test(test_tidy),   cmocka_unit_test(test_bit),     cmocka_unit_test(test_mask),
                cmocka_unit_test(test_split),  cmocka_unit_test(test_pattern), cmocka_unit_test(test_base),
                cmocka_unit_test(test_origin), cmocka_unit_test(test_units),   cmocka_unit_test(test_unit_behind_scale),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
