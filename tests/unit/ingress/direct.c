/* Which packets go past the library, and what is read from them. */
#include "ingress/ingress_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct packet {
        const char *what;
        uint8_t head;
        const char *body;
        size_t n;
        struct ingress_message message; /* topic.p NULL: for the library */
};

#define BODY(text) text, sizeof(text) - 1
#define TEXT(literal)                                                                                                  \
        { literal, sizeof(literal) - 1 }

static const struct packet packets[] = {
        { "QoS 1", 0x32, BODY("\0\5dev/a\1\2\0on"), { .topic = TEXT("dev/a"), .payload = TEXT("on"), .mid = 0x102 } },
        { "QoS 0", 0x30, BODY("\0\5dev/a\0on"), { .topic = TEXT("dev/a"), .payload = TEXT("on") } },
        { "a redelivery, retained",
          0x3b,
          BODY("\0\5dev/a\0\1\0on"),
          { .topic = TEXT("dev/a"), .payload = TEXT("on"), .retained = true, .dup = true, .mid = 1 } },
        { "no payload", 0x32, BODY("\0\5dev/a\0\1\0"), { .topic = TEXT("dev/a"), .payload = TEXT(""), .mid = 1 } },
        { "properties are passed over",
          0x32,
          BODY("\0\5dev/a\0\1\5\2\0\0\0\7on"),
          { .topic = TEXT("dev/a"), .payload = TEXT("on"), .mid = 1 } },
        { .what = "QoS 2", .head = 0x34, BODY("\0\5dev/a\0\1\0on") },
        { .what = "QoS 3", .head = 0x36, BODY("\0\5dev/a\0\1\0on") },
        { .what = "a redelivery of QoS 0", .head = 0x38, BODY("\0\5dev/a\0on") },
        { .what = "PUBACK", .head = 0x40, BODY("\0\1") },
        { .what = "number 0", .head = 0x32, BODY("\0\5dev/a\0\0\0on") },
        { .what = "no topic (an alias)", .head = 0x32, BODY("\0\0\0\1\3\x23\0\1on") },
        { .what = "a wildcard", .head = 0x32, BODY("\0\5dev/#\0\1\0on") },
        { .what = "a topic that is not UTF-8", .head = 0x32, BODY("\0\5dev/\xff\0\1\0on") },
        { .what = "a NUL in the topic", .head = 0x32, BODY("\0\5dev\0a\0\1\0on") },
        { .what = "nothing", .head = 0x32, BODY("") },
        { .what = "a topic longer than the packet", .head = 0x32, BODY("\1\5dev/a\0\1\0on") },
        { .what = "ends in the number", .head = 0x32, BODY("\0\5dev/a\0") },
        { .what = "ends before the properties", .head = 0x32, BODY("\0\5dev/a\0\1") },
        { .what = "properties longer than the packet", .head = 0x32, BODY("\0\5dev/a\0\1\5\2\0\0\0") },
        { .what = "properties without an end of their length", .head = 0x32, BODY("\0\5dev/a\0\1\xff\xff\xff\xff\1") },
};

static void assert_text(struct ww_str a, struct ww_str b) {
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.p, b.p, a.n);
}

static void test_packets(void **state) {
        for (size_t k = 0; k < sizeof(packets) / sizeof(*packets); k++) {
                const struct packet *p = &packets[k];
                char *body = malloc(p->n + 1); /* its very end, for the sanitizer */
                struct ingress_message m;
                bool taken;

                assert_non_null(body);
                memcpy(body + 1, p->body, p->n);
                taken = direct_publish(p->head, (struct ww_str){ body + 1, p->n }, &m);
                if (taken != (p->message.topic.p != NULL))
                        fail_msg("%s: %s", p->what, taken ? "taken" : "left to the library");
                if (taken) {
                        assert_text(m.topic, p->message.topic);
                        assert_text(m.payload, p->message.payload);
                        assert_int_equal(m.mid, p->message.mid);
                        assert_int_equal(m.dup, p->message.dup);
                        assert_int_equal(m.retained, p->message.retained);
                }
                free(body);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_packets) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
