/* A device's own counter: the arithmetic of the window at its edges, and what messages make of it. */
#include "decode/numbering.h"
#include "harness.h"

#define TYPE(number)                                                                                                   \
        "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n  - message: m\n    number: " number              \
        "\n    events:\n      - {kind: button, value: b}\n      - {kind: door, state: open}\n"

static enum numbering_verdict judge(uint32_t last, uint32_t window, uint32_t number, uint64_t modulo,
                                    uint64_t *missing) {
        const struct numbering n = { last, window };

        return numbering_judge(&n, number, modulo, true, missing);
}

static void test_arithmetic(void **state) {
        static const struct {
                uint32_t last, window, number;
                uint64_t modulo;
                enum numbering_verdict verdict;
                uint64_t missing;
        } rows[] = {
                { 5, 1, 6, 256, NUMBERING_NEW, 0 },
                { 5, 1, 5, 256, NUMBERING_SEEN, 0 },
                { 5, 1, 8, 256, NUMBERING_NEW, 2 },
                { 255, 1, 0, 256, NUMBERING_NEW, 0 },
                { 254, 1, 1, 256, NUMBERING_NEW, 2 },
                /* half the circle is ahead, one more is behind */
                { 0, 1, 128, 256, NUMBERING_NEW, 127 },
                { 0, 1, 129, 256, NUMBERING_RESTART, 0 },
                /* the window's oldest, and the one before it */
                { 100, UINT32_MAX, 69, 256, NUMBERING_SEEN, 0 },
                { 100, UINT32_MAX, 68, 256, NUMBERING_RESTART, 0 },
                /* late, but never here */
                { 100, 1, 99, 256, NUMBERING_NEW, 0 },
                { 100, 5, 98, 256, NUMBERING_SEEN, 0 },
                { 1, 7, 255, 256, NUMBERING_SEEN, 0 },
                /* the smallest and the largest circle */
                { 0, 1, 1, 2, NUMBERING_NEW, 0 },
                { 1, 3, 0, 2, NUMBERING_NEW, 0 },
                { 1, 3, 1, 2, NUMBERING_SEEN, 0 },
                { 2, 1, 0, 3, NUMBERING_NEW, 0 },
                { UINT32_MAX, 1, 0, NUMBERING_MODULO_MAX, NUMBERING_NEW, 0 },
                { 0, 1, UINT32_MAX, NUMBERING_MODULO_MAX, NUMBERING_NEW, 0 },
                { 0, 1, UINT32_C(1) << 31, NUMBERING_MODULO_MAX, NUMBERING_NEW, (UINT64_C(1) << 31) - 1 },
                /* a counter from before a reload made the circle smaller */
                { 300, 1, 45, 256, NUMBERING_NEW, 0 },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                uint64_t missing;

                if (judge(rows[i].last, rows[i].window, rows[i].number, rows[i].modulo, &missing) != rows[i].verdict ||
                    missing != rows[i].missing)
                        fail_msg("row %zu", i);
        }
}

static void test_window(void **state) {
        struct numbering n = numbering_first(250);
        uint64_t missing;

        for (uint32_t i = 1; i < 40; i++) {
                const uint32_t number = (250 + i) % 256;

                assert_int_equal(numbering_judge(&n, number, 256, true, &missing), NUMBERING_NEW);
                numbering_take(&n, number, 256, NUMBERING_NEW);
        }
        assert_int_equal(n.last, 33);
        assert_int_equal(n.window, UINT32_MAX);
        numbering_take(&n, 65, 256, NUMBERING_NEW);
        assert_int_equal(n.window, 1);
        numbering_take(&n, 34, 256, NUMBERING_NEW);
        assert_int_equal(n.window, UINT32_C(1) << 31 | 1);
        assert_int_equal(n.last, 65);
        numbering_take(&n, 66, 256, NUMBERING_NEW);
        assert_int_equal(n.window, 3);
        assert_int_equal(numbering_judge(&n, 66, 256, false, &missing), NUMBERING_RESTART);
        numbering_take(&n, 3, 256, NUMBERING_RESTART);
        assert_int_equal(n.last, 3);
        assert_int_equal(n.window, 1);
        assert_int_equal(numbering_unpack(numbering_pack(n)).last, 3);
        assert_int_equal(numbering_unpack(numbering_pack(n)).window, 1);
}

static int press(struct harness *h, const char *device, int number) {
        char topic[32], payload[64];

        snprintf(topic, sizeof topic, "t/%s", device);
        snprintf(payload, sizeof payload, "{\"n\":%d,\"b\":\"x\"}", number);
        return harness_send(h, topic, payload);
}

static void test_messages(void **state) {
        _cleanup_harness_ struct harness h;
        struct decode_figures figures;

        harness_init(&h, TYPE("{path: n, modulo: 256}"), NULL);
        assert_int_equal(press(&h, "d", 254), 0);
        assert_string_equal(harness_told(&h), "d button");
        assert_int_equal(press(&h, "d", 254), 0);
        assert_int_equal(h.n, 0);
        assert_int_equal(press(&h, "e", 254), 0);
        assert_string_equal(harness_told(&h), "e button");
        assert_int_equal(press(&h, "d", 1), 0);
        assert_string_equal(harness_told(&h), "d gap, d button");
        assert_int_equal(h.events[0].number, 2);
        assert_int_equal(h.events[0].n_attrs, 2);
        assert_string_equal(h.events[0].attrs[0].name, "first");
        assert_string_equal(h.events[0].attrs[0].text, "255");
        assert_string_equal(h.events[0].attrs[1].name, "last");
        assert_string_equal(h.events[0].attrs[1].text, "0");
        /* one of the missing comes late: it is told, once */
        press(&h, "d", 255);
        assert_string_equal(harness_told(&h), "d button");
        press(&h, "d", 255);
        assert_int_equal(h.n, 0);
        decode_figures(h.decode, &figures);
        assert_int_equal(figures.repeats, 2);
}

/* A number that goes back far, or that was here too long ago, is a device that began anew: nothing of it is lost. */
static void test_restart(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h, TYPE("{path: n, within: 1m}"), NULL);
        press(&h, "d", 1000);
        press(&h, "d", 0);
        assert_string_equal(harness_told(&h), "d button");
        press(&h, "d", 1);
        assert_string_equal(harness_told(&h), "d button");
        h.now += WW_MINUTE - 1;
        press(&h, "d", 0);
        assert_int_equal(h.n, 0);
        h.now += 1;
        press(&h, "d", 0);
        assert_string_equal(harness_told(&h), "d button");
        press(&h, "d", 1);
        assert_string_equal(harness_told(&h), "d button");
        press(&h, "d", 3);
        assert_string_equal(harness_told(&h), "d gap, d button");
}

static void test_retained_and_suspect(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n  - message: m\n    number: n\n"
                     "    check: payload.crc == 1\n    events:\n      - {kind: door, state: open}\n",
                     NULL);
        harness_send(&h, "t/d", "{\"n\":100,\"crc\":1,\"open\":1}");
        /* from before: no beginning, and no gap behind it */
        harness_send_bytes(&h, "t/d", WW_STR("{\"n\":10,\"crc\":1,\"open\":0}"), true);
        assert_string_equal(harness_told(&h), "d door.closed");
        harness_send(&h, "t/d", "{\"n\":101,\"crc\":1,\"open\":1}");
        assert_string_equal(harness_told(&h), "d door.opened");
        harness_send_bytes(&h, "t/d", WW_STR("{\"n\":101,\"crc\":1,\"open\":0}"), true);
        assert_int_equal(h.n, 0);
        /* a forged number moves nothing */
        harness_send(&h, "t/d", "{\"n\":5000,\"crc\":0,\"open\":0}");
        assert_string_equal(harness_told(&h), "d door.closed");
        harness_send(&h, "t/d", "{\"n\":102,\"crc\":1,\"open\":0}");
        assert_string_equal(harness_told(&h), "d door.closed");
}

static void test_no_number(void **state) {
        static const char *const bad[] = { "-1", "256", "1.5", "\"x\"", "{}", "1e99" };
        _cleanup_harness_ struct harness h;

        harness_init(&h, TYPE("{path: n, modulo: 256}"), NULL);
        assert_int_equal(harness_send(&h, "t/d", "{\"b\":\"x\"}"), 0);
        assert_string_equal(harness_told(&h), "d button");
        assert_int_equal(harness_send(&h, "t/d", "{\"n\":null,\"b\":\"x\"}"), 0);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                char payload[64];

                snprintf(payload, sizeof payload, "{\"n\":%s,\"b\":\"x\"}", bad[i]);
                assert_int_equal(harness_send(&h, "t/d", payload), DECODE_E_BAD_FIELD);
                assert_string_equal(harness_told(&h), "d button");
        }
        assert_int_equal(harness_send(&h, "t/d", "{\"n\":\"7\",\"b\":\"x\"}"), 0);
        assert_int_equal(harness_send(&h, "t/d", "{\"n\":7,\"b\":\"x\"}"), 0);
        assert_int_equal(h.n, 0);
}

/* One message's number holds for all its elements; elements with numbers of their own are told apart. */
static void test_elements(void **state) {
        _cleanup_harness_ struct harness h;

        harness_init(&h,
                     "- sensor: t\n  version: 1\n  topics: [t]\n  messages:\n    - message: m\n      for_each: a\n"
                     "      device: item.d\n      number: n\n      events: [{kind: button, value: item.b}]\n"
                     "- sensor: u\n  version: 1\n  topics: [u]\n  messages:\n    - message: m\n      for_each: a\n"
                     "      device: item.d\n      number: item.n\n      events: [{kind: button, value: item.b}]\n",
                     NULL);
        harness_send(&h, "t", "{\"n\":1,\"a\":[{\"d\":\"p\"},{\"d\":\"q\"},{\"d\":\"p\"}]}");
        assert_string_equal(harness_told(&h), "p button, q button, p button");
        harness_send(&h, "t", "{\"n\":1,\"a\":[{\"d\":\"p\"},{\"d\":\"r\"}]}");
        assert_string_equal(harness_told(&h), "r button");
        harness_send(&h, "u", "{\"a\":[{\"d\":\"p\",\"n\":1},{\"d\":\"p\",\"n\":2},{\"d\":\"p\",\"n\":1}]}");
        assert_string_equal(harness_told(&h), "p button, p button");
}

static void test_snapshot(void **state) {
        _cleanup_harness_ struct harness h;
        _cleanup_(decode_freep) struct decode *loaded = NULL;
        _cleanup_buf_ struct buf bytes = BUF_INIT, again = BUF_INIT;
        struct rd in;

        harness_init(&h, TYPE("n"), NULL);
        press(&h, "d", 7);
        press(&h, "d", 9);
        assert_int_equal(decode_save(h.decode, &bytes), 0);
        assert_int_equal(decode_new(&loaded, h.types, harness_take, &h), 0);
        in = rd_init(buf_str(&bytes));
        assert_int_equal(decode_load(loaded, &in), 0);
        assert_int_equal(decode_save(loaded, &again), 0);
        assert_true(ww_str_equal(buf_str(&bytes), buf_str(&again)));
        decode_free(h.decode);
        h.decode = loaded;
        loaded = NULL;
        press(&h, "d", 7);
        assert_int_equal(h.n, 0);
        press(&h, "d", 8);
        assert_string_equal(harness_told(&h), "d button");
        press(&h, "d", 11);
        assert_string_equal(harness_told(&h), "d gap, d button");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_window),
                cmocka_unit_test(test_messages),   cmocka_unit_test(test_restart),
                cmocka_unit_test(test_no_number),  cmocka_unit_test(test_retained_and_suspect),
                cmocka_unit_test(test_elements),   cmocka_unit_test(test_snapshot),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
