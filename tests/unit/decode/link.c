/* Devices that go and come with their gateway, and what they say of themselves. */
#include "harness.h"

static const char types[] =
        "- sensor: z\n  version: 1\n  messages:\n"
        "    - {message: bridge, topics: [z/bridge/state], format: text, device: {const: bridge},\n"
        "       events: [{kind: device.link, state: {path: payload, map: {online: normal, offline: active}}, "
        "children: true}]}\n"
        "    - {message: link, topics: [\"z/{device}/availability\"], format: text, alive: false,\n"
        "       events: [{kind: device.link, state: {path: payload, map: {online: normal, offline: active}}}]}\n"
        "- sensor: other\n  version: 2\n  topics: [\"o/{device}\"]\n  format: text\n  messages:\n"
        "    - {message: m, events: [{kind: device.link, state: {path: payload, map: {online: normal, offline: "
        "active}}}]}\n";
static const char site[] = "zones: [{zone: w, title: W, type: ward}]\nassets:\n"
                           "  - {asset: gw, device: bridge, class: gateway}\n"
                           "  - {asset: a, device: a, zone: w, parent: gw}\n"
                           "  - {asset: shelf, parent: gw}\n"
                           "  - {asset: b, device: z/b, zone: w, parent: shelf}\n"
                           "  - {asset: c, device: other/c, parent: gw}\n"
                           "  - {asset: alone, device: alone}\n";

static void say(struct harness *h, const char *topic, const char *text, const char *expected) {
        assert_int_equal(harness_send(h, topic, text), 0);
        assert_string_equal(harness_told(h), expected);
}

static void say_retained(struct harness *h, const char *topic, const char *text, const char *expected) {
        assert_int_equal(harness_send_bytes(h, topic, ww_str(text), true), 0);
        assert_string_equal(harness_told(h), expected);
}

#define GONE "bridge device.offline, a device.offline, b device.offline, c device.offline"
#define BACK "bridge device.online, a device.online, b device.online, c device.online"

static void test_along(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, site);
        say(&h, "z/bridge/state", "online", "bridge device.online");
        say(&h, "z/bridge/state", "offline", GONE);
        assert_string_equal(h.events[1].attrs[0].name, "gateway");
        assert_string_equal(h.events[1].attrs[0].text, "gw");
        assert_string_equal(h.events[1].zone, "w");
        assert_string_equal(h.events[1].sensor, "z/1");
        assert_string_equal(h.events[2].asset, "b");
        assert_string_equal(h.events[3].sensor, "other/2");
        assert_int_equal(h.events[3].index, 3);
        say(&h, "z/bridge/state", "offline", "");
        say(&h, "z/bridge/state", "online", BACK);
        say(&h, "z/bridge/state", "online", "");
}

/* A child that said by itself that it is gone stays so; one that is heard is there. */
static void test_own_word(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, types, site);
        say(&h, "z/a/availability", "offline", "a device.offline");
        say(&h, "z/bridge/state", "offline", "bridge device.offline, b device.offline, c device.offline");
        /* it says so while it is gone with its gateway */
        say(&h, "z/b/availability", "offline", "");
        /* an old message is older than the gateway's end; a new one is not */
        say_retained(&h, "o/c", "online", "");
        say(&h, "o/c", "online", "c device.online");
        say(&h, "z/bridge/state", "online", "bridge device.online");
        say(&h, "z/a/availability", "online", "a device.online");
        say(&h, "z/b/availability", "online", "b device.online");
        say(&h, "z/bridge/state", "offline", GONE);
        say(&h, "z/bridge/state", "weird", "bridge device.link");
        say(&h, "z/bridge/state", "online", BACK);
}

/* Of two gateways the one that took it along brings it back. */
static void test_two(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     "sensor: z\nversion: 1\ntopics: [\"g/{device}\"]\nformat: text\nmessages:\n"
                     "  - {message: m, events: [{kind: device.link, state: {path: payload, map: {up: normal, down: "
                     "active}}, children: true}]}\n",
                     "assets:\n  - {asset: g1, device: g1}\n  - {asset: g2, device: g2}\n"
                     "  - {asset: x, device: x, parents: [g1, g2]}\n");
        say(&h, "g/g1", "down", "g1 device.offline, x device.offline");
        say(&h, "g/g2", "down", "g2 device.offline");
        say(&h, "g/g2", "up", "g2 device.online");
        say(&h, "g/g1", "up", "g1 device.online, x device.online");
}

static void test_snapshot(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        struct decode *loaded;
        struct rd in;

        harness_init(&h, types, site);
        say(&h, "z/bridge/state", "offline", GONE);
        assert_int_equal(decode_save(h.decode, &bytes), 0);
        assert_int_equal(decode_new(&loaded, h.types, harness_take, &h), 0);
        in = rd_init(buf_str(&bytes));
        assert_int_equal(decode_load(loaded, &in), 0);
        decode_free(h.decode);
        h.decode = loaded;
        say(&h, "z/bridge/state", "online", BACK);
}

/* More devices than a message may have events of its own, and more than may go at once. */
static void test_many(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_puts(&text, "assets:\n  - {asset: gw, device: bridge}\n");
        for (int i = 0; i < 4100; i++)
                buf_printf(&text, "  - {asset: x%d, device: x%d, parent: gw}\n", i, i);
        buf_put_u8(&text, 0);
        harness_init(&h, types, (const char *)text.p);
        assert_int_equal(harness_send(&h, "z/bridge/state", "offline"), DECODE_E_BAD_PAYLOAD);
        assert_int_equal(h.n, 4097);
        assert_int_equal(harness_send(&h, "z/bridge/state", "online"), 0);
        assert_int_equal(h.n, 4097);
}

static void test_described(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     "sensor: z\nversion: 1\ntopics: [z/devices]\nmessages:\n"
                     "  - message: m\n    for_each: payload\n    device: item.name\n    alive: false\n    events:\n"
                     "      - {kind: device.described, attributes: {model: item.model, manufacturer: item.m, "
                     "firmware: item.fw}}\n",
                     NULL);
        say_retained(&h, "z/devices", "[{\"name\":\"a\",\"model\":\"X1\"},{\"name\":\"b\",\"model\":\"X2\",\"fw\":1}]",
                     "a device.described, b device.described");
        assert_string_equal(h.events[0].attrs[0].text, "X1");
        assert_int_equal(h.events[0].flags, WW_EVENT_RETAINED);
        say_retained(&h, "z/devices", "[{\"name\":\"a\",\"model\":\"X1\"},{\"name\":\"b\",\"model\":\"X2\",\"fw\":1}]",
                     "");
        say(&h, "z/devices", "[{\"name\":\"a\",\"model\":\"X1\"},{\"name\":\"b\",\"model\":\"X2\",\"fw\":2}]",
            "b device.described");
        /* a value under another name is another description; so is one that is gone */
        say(&h, "z/devices", "[{\"name\":\"a\",\"m\":\"X1\"}]", "a device.described");
        say(&h, "z/devices", "[{\"name\":\"a\"}]", "a device.described");
        say(&h, "z/devices", "[{\"name\":\"a\",\"fw\":null}]", "a device.described");
        say(&h, "z/devices", "[{\"name\":\"a\",\"fw\":null}]", "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_along),    cmocka_unit_test(test_own_word), cmocka_unit_test(test_two),
                cmocka_unit_test(test_snapshot), cmocka_unit_test(test_many),     cmocka_unit_test(test_described),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
