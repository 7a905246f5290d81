/* What must not be stored: which bytes of a payload that is, and that the rest stays what it was. */
#include "journal/redact.h"
#include "harness.h"

#define TYPE(words)                                                                                                    \
        "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\n" words                                                      \
        "messages:\n  - message: m\n    has: [open]\n    events: [{kind: door, state: open}]\n"

/* the payload as it leaves */
static const char *left(struct harness *h, const char *payload) {
        static char text[4096];
        const struct ww_redaction redaction = decode_redaction(h->decode);

        assert_true(strlen(payload) < sizeof text);
        strcpy(text, payload);
        redact_payload(text, strlen(text), &redaction);
        return text;
}

static void expect(struct harness *h, int outcome, const char *payload, const char *expected) {
        assert_int_equal(harness_send(h, "t/d", payload), outcome);
        assert_string_equal(left(h, payload), expected);
}

static void test_values(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, TYPE("redact: [pin, data.code]\n"), NULL);
        expect(&h, 0, "{\"open\":1}", "{\"open\":1}");
        assert_int_equal(decode_redaction(h.decode).n, 0);
        expect(&h, 0, "{\"open\":1,\"pin\":\"4711\",\"x\":\"4711\"}", "{\"open\":1,\"pin\":\"****\",\"x\":\"4711\"}");
        expect(&h, 0, "{\"open\":1,\"pin\":4711,\"data\":{\"code\":7,\"b\":1}}",
               "{\"open\":1,\"pin\":\"**\",\"data\":{\"code\":0,\"b\":1}}");
        expect(&h, 0, "{\"open\":1,\"pin\":true,\"data\":{\"code\":-1.5e3}}",
               "{\"open\":1,\"pin\":\"**\",\"data\":{\"code\":\"****\"}}");
        expect(&h, 0, "{\"open\":1,\"pin\":null}", "{\"open\":1,\"pin\":null}");
        expect(&h, 0, "{\"open\":1,\"pin\":\"\"}", "{\"open\":1,\"pin\":\"\"}");
        /* escapes, a key that stands twice, a key that is written otherwise */
        expect(&h, 0, "{\"pin\":\"4\\u0037\\\"1\",\"open\":1,\"pin\":5}",
               "{\"pin\":\"**********\",\"open\":1,\"pin\":0}");
        expect(&h, 0, "{\"open\":1,\"p\\u0069n\":\"12\"}", "{\"open\":1,\"p\\u0069n\":\"**\"}");
        /* all that is below */
        expect(&h, 0, "{\"open\":1,\"pin\":{\"a\":[1,\"22\",null,{\"b\":333}]}}",
               "{\"open\":1,\"pin\":{\"a\":[0,\"**\",null,{\"b\":\"*\"}]}}");
}

/* An array stands for its elements, `*` for each key. */
static void test_many(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, TYPE("redact: [users.pin, by.*.pin, \"list[1]\"]\n"), NULL);
        expect(&h, 0, "{\"open\":1,\"users\":[{\"pin\":\"11\"},{\"pin\":\"22\",\"n\":3},4]}",
               "{\"open\":1,\"users\":[{\"pin\":\"**\"},{\"pin\":\"**\",\"n\":3},4]}");
        expect(&h, 0, "{\"open\":1,\"users\":{\"pin\":\"11\"},\"by\":{\"4\":{\"pin\":\"aa\"},\"5\":{\"pin\":\"bb\"}}}",
               "{\"open\":1,\"users\":{\"pin\":\"**\"},\"by\":{\"4\":{\"pin\":\"**\"},\"5\":{\"pin\":\"**\"}}}");
        expect(&h, 0, "{\"open\":1,\"by\":[{\"pin\":\"aa\"}],\"list\":[\"a\",\"b\",\"c\"]}",
               "{\"open\":1,\"by\":[{\"pin\":\"**\"}],\"list\":[\"a\",\"*\",\"c\"]}");
}

/* No message explains it, it cannot be read, or it is repeated: it is redacted all the same. */
static void test_outcomes(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, TYPE("redact: [pin]\n"), NULL);
        expect(&h, DECODE_E_UNMATCHED, "{\"pin\":\"4711\"}", "{\"pin\":\"****\"}");
        expect(&h, DECODE_E_BAD_PAYLOAD, "{\"pin\":\"4711\"", "\"***********\"");
        expect(&h, 0, "{\"open\":1,\"pin\":\"4711\"}", "{\"open\":1,\"pin\":\"****\"}");
        expect(&h, 0, "{\"open\":1,\"pin\":\"4711\"}", "{\"open\":1,\"pin\":\"****\"}");
        assert_int_equal(h.n, 0);
        assert_int_equal(harness_send(&h, "other", "{\"pin\":1}"), DECODE_E_NO_TYPE);
        assert_int_equal(decode_redaction(h.decode).n, 0);
        assert_true(decode_types_redact(h.types));
}

/* What a field with `redact: true` is made of, and what the message behind the one that fits says. */
static void test_fields(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n"
                     "  - message: a\n    fields: {code: {path: [pin, data.pin], redact: true}}\n    where: code == "
                     "\"9911\"\n"
                     "    events: [{kind: duress}]\n"
                     "  - {message: b, redact: puk, has: [open], events: [{kind: door, state: open}]}\n",
                     NULL);
        expect(&h, 0, "{\"pin\":\"9911\",\"puk\":5}", "{\"pin\":\"****\",\"puk\":0}");
        assert_string_equal(harness_told(&h), "d duress");
        expect(&h, 0, "{\"open\":1,\"data\":{\"pin\":\"1234\"}}", "{\"open\":1,\"data\":{\"pin\":\"****\"}}");
        assert_string_equal(harness_told(&h), "d door.opened");
}

/* A text is one value; more values than can be pointed at are all of it. */
static void test_whole(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_buf_ struct buf many = BUF_INIT;

        harness_init(
                &h,
                "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nformat: [json, text]\nredact: [payload]\nmessages:\n"
                "  - {message: m, events: [{kind: button}]}\n",
                NULL);
        expect(&h, 0, " 12 34 ", " ***** ");
        expect(&h, 0, "[1,\"b\"]", "[0,\"*\"]");
        buf_puts(&many, "[");
        for (int i = 0; i < 300; i++)
                buf_puts(&many, "1,");
        buf_printf(&many, "2]%c", 0);
        assert_int_equal(harness_send(&h, "t/d", (const char *)many.p), 0);
        assert_null(strpbrk(left(&h, (const char *)many.p), "12[,"));
}

/* Whatever bytes come, what is told lies in them, and a payload that was JSON still is. */
static void test_any_bytes(void **state) {
        static const char text[] =
                "{\"open\":1,\"users\":[{\"pin\":\"11\"},{\"pin\":[true,2,\"\\u0041\"]}],\"pin\":-3}";
        _cleanup_harness_ struct harness h;
        char bytes[sizeof text];

        harness_init(&h, TYPE("redact: [pin, users.pin]\n"), NULL);
        for (size_t i = 0; i + 1 < sizeof text; i++)
                for (int c = 1; c < 256; c += 7) {
                        struct ww_redaction redaction;
                        int before;

                        memcpy(bytes, text, sizeof text);
                        bytes[i] = (char)c;
                        before = harness_send_bytes(&h, "t/d", (struct ww_str){ bytes, sizeof text - 1 }, false);
                        redaction = decode_redaction(h.decode);
                        for (size_t k = 0; k < redaction.n; k++)
                                assert_true(redaction.spans[k].n == UINT32_MAX ||
                                            redaction.spans[k].at + redaction.spans[k].n < sizeof text);
                        redact_payload(bytes, sizeof text - 1, &redaction);
                        if (before == 0)
                                assert_int_equal(harness_send(&h, "t/d", bytes), 0);
                }
}

/* The types that come along: what a bridge publishes of codes does not stay. */
static void test_shipped(void **state) {
        static const struct {
                const char *topic, *payload, *left;
        } cases[] = {
                { "alarmo/command", "{\"command\":\"disarm\",\"code\":\"0012\"}",
                  "{\"command\":\"disarm\",\"code\":\"****\"}" },
                { "homeassistant/alarm_control_panel/house/set", "DISARM 4711", "***********" },
                { "hall/alarm_control_panel/house/command", "{\"code\":\"4711\"}", "***************" },
                { "dsc/Set", "1D4711", "******" },
                { "qolsys/panel/control", "{\"event\":\"DISARM\",\"usercode\":\"4711\",\"session_token\":\"abc\"}",
                  "{\"event\":\"DISARM\",\"usercode\":\"****\",\"session_token\":\"***\"}" },
                { "qolsys/panel/session_token", "5f1e", "****" },
                { "texecom2mqtt/config", "{\"users\":[{\"number\":1,\"passcode\":\"4711\"}],\"zones\":[]}",
                  "{\"users\":[{\"number\":0,\"passcode\":\"****\"}],\"zones\":[]}" },
                { "paradox/definitions/users/Porter", "{\"code\":\"4711\"}", "***************" },
                { "paradox/control/partitions/A", "4711 arm", "********" },
                { "rtl_433/gw/events",
                  "{\"model\":\"SimpliSafe Keypad\",\"device\":\"1\",\"extradata\":\"Disarm Pin: 1\"}",
                  "{\"model\":\"SimpliSafe Keypad\",\"device\":\"1\",\"extradata\":\"*************\"}" },
                { "zigbee2mqtt/keypad", "{\"action\":\"disarm\",\"action_code\":\"4711\"}",
                  "{\"action\":\"disarm\",\"action_code\":\"****\"}" },
                { "zigbee2mqtt/lock", "{\"users\":{\"1\":{\"status\":\"enabled\",\"pin_code\":4711}}}",
                  "{\"users\":{\"1\":{\"status\":\"enabled\",\"pin_code\":\"**\"}}}" },
                { "zigbee2mqtt/lock/set", "{\"pin_code\":{\"user\":1,\"pin_code\":\"4711\"}}",
                  "{\"pin_code\":{\"user\":0,\"pin_code\":\"****\"}}" },
                { "zwave/front/user_code/endpoint_0/userCode/1", "{\"value\":\"4711\"}", "****************" },
                { "ws2m/AABB/pin", "{\"pin_valid\":false,\"pin\":\"4711\"}", "{\"pin_valid\":false,\"pin\":\"****\"}" },
                { "ws2m/AABB/set", "{\"pin\":\"4711\"}", "{\"pin\":\"****\"}" },
                { "/rfid/send", "{\"command\":\"userfile\",\"uid\":\"12\",\"pincode\":\"4711\"}",
                  "{\"command\":\"userfile\",\"uid\":\"12\",\"pincode\":\"****\"}" },
                { "/rfid/cmd", "{\"cmd\":\"adduser\",\"uid\":\"1234\",\"pincode\":\"4711\"}",
                  "{\"cmd\":\"adduser\",\"uid\":\"1234\",\"pincode\":\"****\"}" },
                { "v3/app/devices/d/join", "{\"join_accept\":{\"app_s_key\":{\"key\":\"0011\"}}}",
                  "{\"join_accept\":{\"app_s_key\":{\"key\":\"****\"}}}" },
                /* and what is none */
                { "alarmo/command", "ARM_AWAY", "ARM_AWAY" },
                { "zigbee2mqtt/bridge/devices", "[]", "[]" },
                { "qolsys/panel/availability", "online", "online" },
        };
        _cleanup_harness_ struct harness h;
        char types[512];

        snprintf(types, sizeof types, "%s/rules/sensors", getenv("WARDWATCH_SOURCE"));
        harness_begin(&h, NULL);
        assert_int_equal(bundle_add_path(&h.bundle, BUNDLE_SENSORS, types, &h.diag), 0);
        assert_int_equal(harness_compile(&h, false), 0);
        assert_int_equal(decode_new(&h.decode, h.types, harness_take, &h), 0);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const char *out;

                harness_send(&h, cases[i].topic, cases[i].payload);
                out = left(&h, cases[i].payload);
                if (strcmp(out, cases[i].left) != 0)
                        fail_msg("%s: wanted %s, got %s", cases[i].topic, cases[i].left, out);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),    cmocka_unit_test(test_many),    cmocka_unit_test(test_outcomes),
                cmocka_unit_test(test_fields),    cmocka_unit_test(test_shipped), cmocka_unit_test(test_whole),
                cmocka_unit_test(test_any_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
