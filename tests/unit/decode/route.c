/* Topics that are remembered lead where they led the first time. */
#include "decode/run.h"
#include "harness.h"

#include "journal/redact.h"
#include <stdlib.h>

static const struct topic_pattern pattern;

static void test_table(void **state) {
        static const struct trie_binding two[] = { { 1, 2, &pattern }, { 3, 4, &pattern } };
        struct trie_binding many[ROUTE_BINDINGS_MAX + 1] = { 0 };
        struct routes routes = { 0 };
        char large[ROUTE_TOPIC_MAX + 1];
        const struct ww_str longest = { large, ROUTE_TOPIC_MAX }, longer = { large, ROUTE_TOPIC_MAX + 1 };
        const struct route *route;

        memset(large, 'x', sizeof large);
        assert_int_equal(routes_begin(&routes), 0);
        assert_null(routes_find(&routes, WW_STR("a/b"), 7));
        routes_note(&routes, WW_STR("a/b"), 7, two, 2, 2);
        route = routes_find(&routes, WW_STR("a/b"), 7);
        assert_non_null(route);
        assert_int_equal(route->n, 2);
        assert_memory_equal(route->bindings, two, sizeof two);
        assert_int_equal(route->secrets, 2);
        /* of one hash, and equally long */
        assert_null(routes_find(&routes, WW_STR("a/c"), 7));
        assert_null(routes_find(&routes, WW_STR("a/bb"), 7));
        routes_note(&routes, WW_STR("a/c"), 7 + ROUTES_MAX, NULL, 0, 0);
        assert_null(routes_find(&routes, WW_STR("a/b"), 7));
        route = routes_find(&routes, WW_STR("a/c"), 7 + ROUTES_MAX);
        assert_non_null(route);
        assert_int_equal(route->n, 0);

        routes_note(&routes, longest, 8, many, ROUTE_BINDINGS_MAX, 0);
        assert_non_null(routes_find(&routes, longest, 8));
        routes_note(&routes, longer, 9, two, 2, 0);
        assert_null(routes_find(&routes, longer, 9));
        routes_note(&routes, WW_STR("a"), 10, many, ROUTE_BINDINGS_MAX + 1, 0);
        assert_null(routes_find(&routes, WW_STR("a"), 10));
        routes_note(&routes, WW_STR(""), 11, two, 2, 0);
        assert_null(routes_find(&routes, WW_STR(""), 11));

        assert_int_equal(routes_begin(&routes), 0);
        assert_null(routes_find(&routes, longest, 8));
        routes_deinit(&routes);
}

#define MESSAGE "  messages:\n    - message: m\n      has: [open]\n      events: [{kind: door, state: open}]\n"
#define TYPES                                                                                                          \
        "- sensor: plain\n  version: 1\n  topics: [\"home/{device}/{what?}\", \"flat/{part}-{device}\"]\n" MESSAGE     \
        "- sensor: special\n  version: 1\n  topics: [\"home/{device:7}/state\", \"deep/{device+}\"]\n" MESSAGE

/* what the nth topic of a lot is like, and who speaks under it */
static void name(int n, char *topic, size_t size) {
        static const char *const before[] = { "home/", "home/", "flat/a-", "deep/", "nowhere/" };
        static const char *const behind[] = { "", "/state", "", "/x/y", "" };

        snprintf(topic, size, "%s%d%s", before[n % 5], n / 5, behind[n % 5]);
}

/* what was remembered of the message in hand */
static void forget(struct decode *d) {
        struct route **slot = &d->routes.slots[d->topic_states.low & (ROUTES_MAX - 1)];

        free(*slot);
        *slot = NULL;
}

/* More topics than there are slots, each several times: the last ones found, the others found again or pushed out. */
static void test_again(void **state) {
        _cleanup_harness_ struct harness known, fresh;
        const int n = 3 * (int)ROUTES_MAX;
        int told = 0, unknown = 0;

        harness_init(&known, TYPES, NULL);
        harness_init(&fresh, TYPES, NULL);
        for (int i = 0; i < 4 * n; i++) {
                /* each topic, and the same once more at once or after a while */
                int which = i % 3 == 2 ? (i / 3 * 2 + i % 2 * 50) % n : i % n;
                char topic[64], payload[32];
                int outcome;

                name(which, topic, sizeof topic);
                snprintf(payload, sizeof payload, "{\"open\":%d}", i / n % 2);
                outcome = harness_send(&known, topic, payload);
                assert_int_equal(harness_send(&fresh, topic, payload), outcome);
                forget(fresh.decode);
                assert_int_equal(known.n, fresh.n);
                if (known.n) {
                        assert_string_equal(known.events[0].device, fresh.events[0].device);
                        assert_string_equal(known.events[0].sensor, fresh.events[0].sensor);
                }
                told += known.n != 0;
                unknown += outcome == DECODE_E_NO_TYPE;
        }
        assert_true(told > n);
        assert_true(unknown > n / 2);
}

/* Other types: what was remembered of the old ones is gone. */
static void test_swap(void **state) {
        _cleanup_harness_ struct harness h, other;

        harness_init(&h, TYPES, NULL);
        harness_init(&other, "- sensor: late\n  version: 1\n  topics: [\"nowhere/{device}\"]\n" MESSAGE, NULL);
        assert_int_equal(harness_send(&h, "home/7", "{\"open\":1}"), 0);
        assert_int_equal(harness_send(&h, "nowhere/7", "{\"open\":1}"), DECODE_E_NO_TYPE);
        assert_int_equal(decode_swap(h.decode, other.types), 0);
        assert_int_equal(harness_send(&h, "home/7", "{\"open\":0}"), DECODE_E_NO_TYPE);
        assert_int_equal(harness_send(&h, "nowhere/7", "{\"open\":1}"), 0);
        assert_int_equal(decode_swap(h.decode, h.types), 0);
}

static bool hides(struct harness *h, const char *payload, const char *expected) {
        struct ww_redaction redaction;
        char text[128];

        harness_send(h, "t/d", payload);
        redaction = decode_redaction(h->decode);
        snprintf(text, sizeof text, "%s", payload);
        redact_payload(text, strlen(text), &redaction);
        return strcmp(text, expected) == 0;
}

/* Which of a topic's messages have secrets is remembered, too, and more of them than a word has bits. */
static void secrets_of(size_t n) {
        _cleanup_buf_ struct buf types = BUF_INIT;
        _cleanup_harness_ struct harness h;

        buf_printf(&types, "- sensor: t\n  version: 1\n  topics: [\"t/{device}\"]\n  messages:\n");
        for (size_t i = 0; i < n; i++)
                buf_printf(&types,
                           "    - message: m%zu\n      match: {k: \"%zu\"}\n      redact: [%s%zu]\n"
                           "      events: [{kind: door, state: open}]\n",
                           i, i, i + 1 == n ? "pin" : "other", i);
        buf_put_u8(&types, 0);
        harness_init(&h, (const char *)types.p, NULL);
        for (int round = 0; round < 3; round++) {
                char payload[128], expected[128];

                snprintf(payload, sizeof payload, "{\"open\":1,\"k\":\"0\",\"pin%zu\":\"4711\",\"pin\":\"1\"}", n - 1);
                snprintf(expected, sizeof expected, "{\"open\":1,\"k\":\"0\",\"pin%zu\":\"****\",\"pin\":\"1\"}",
                         n - 1);
                assert_true(hides(&h, payload, expected));
                assert_true(hides(&h, "{\"other0\":\"4\"}", n == 1 ? "{\"other0\":\"4\"}" : "{\"other0\":\"*\"}"));
                assert_true(hides(&h, "{\"pin\":\"1\"}", "{\"pin\":\"1\"}"));
        }
}

static void test_secrets(void **state) {
        static const size_t counts[] = { 1, 2, 62, 63, 64, 65, 66, 130 };

        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
                secrets_of(counts[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_again),
                cmocka_unit_test(test_swap),
                cmocka_unit_test(test_secrets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
