/* What is an address, and what would be two, or a header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "notify/address.h"

static void test_mail(void **state) {
        static const char *const good[] = { "a@b", "head-of-security@example.org", "o'neil+alarm@x.example.org" };
        static const char *const bad[] = { "",      "a",       "@b",          "a@",    "a@b@c",
                                           "a b@c", "a@b,c@d", "a@b\r\nX: y", "<a@b>", "-f@b",
                                           "a@b\n", "\"a\"@b", "a@b>",        "a@b;c", "\xc3\xa4@b" };
        char longest[300];

        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
                assert_true(address_good(good[i]));
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                assert_false(address_good(bad[i]));
        memset(longest, 'a', sizeof longest);
        longest[2] = '@';
        longest[254] = 0;
        assert_true(address_good(longest));
        longest[254] = 'a';
        longest[255] = 0;
        assert_false(address_good(longest));
}

static void test_server(void **state) {
        static const struct {
                const char *url, *host, *port; /* host NULL: none */
        } rows[] = {
                { "udp://log.example.org", "log.example.org", "514" },
                { "udp://log.example.org:1514", "log.example.org", "1514" },
                { "tcp://[::1]:601/x", "::1", "601" },
                { "tcp://[fe80::1]", "fe80::1", "514" },
                { "unix:///dev/log", "/dev/log", "" },
                { "unix://dev/log", NULL, NULL },
                { "udp://", NULL, NULL },
                { "udp://:514", NULL, NULL },
                { "udp:x", NULL, NULL },
                { "udp://a:1234567", NULL, NULL },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                struct address_server server = { "", "" };

                assert_int_equal(address_server(rows[i].url, "514", &server), rows[i].host != NULL);
                if (rows[i].host) {
                        assert_string_equal(server.host, rows[i].host);
                        assert_string_equal(server.port, rows[i].port);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_mail), cmocka_unit_test(test_server) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
