/* The file of the channels: what is read, what its defaults are, and what is refused with which cure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wardwatch/time.h>

#include "notify/channels.h"

static int load(struct channels *c, struct diag *d, const char *text, mode_t mode) {
        char path[] = "/tmp/ww-channels-XXXXXX";
        int fd = mkstemp(path), r;

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        close(fd);
        r = channels_load(c, path, "test", d);
        unlink(path);
        return r;
}

static void test_every_kind(void **state) {
        static const char text[] = "channels:\n"
                                   "  - channel: hook\n"
                                   "    kind: webhook\n"
                                   "    url: https://x.example.org/a\n"
                                   "    headers: {Authorization: Bearer x, X-Y: z}\n"
                                   "    secret: s\n"
                                   "    format: cap\n"
                                   "    timeout: 2s\n"
                                   "  - {channel: mail, kind: mail, url: 'smtps://m', from: w@x}\n"
                                   "  - {channel: bus, kind: mqtt, url: 'mqtts://b', topic: 'n/{recipient}', qos: 2}\n"
                                   "  - {channel: log, kind: syslog, url: 'unix:///dev/log'}\n"
                                   "  - {channel: sms, kind: command, argv: [/usr/bin/sms, -x]}\n"
                                   "  - {channel: desk, kind: screen}\n";
        struct channels c = { 0 };
        struct diag d = DIAG_INIT;

        assert_int_equal(load(&c, &d, text, 0600), 0);
        assert_int_equal(d.warnings, 0);
        assert_int_equal(c.n, 6);
        assert_string_equal(c.items[0].headers.items[0], "Authorization: Bearer x");
        assert_int_equal(c.items[0].headers.n, 2);
        assert_int_equal(c.items[0].format, CHANNEL_FORMAT_CAP);
        assert_int_equal(c.items[0].timeout, 2 * WW_SECOND);
        assert_string_equal(c.items[0].cap_sender, "wardwatch@test");
        assert_int_equal(c.items[1].tls, CHANNEL_TLS_REQUIRED);
        assert_int_equal(c.items[2].qos, 2);
        assert_int_equal(c.items[4].argv.n, 2);
        assert_ptr_equal(channels_find(&c, "desk"), &c.items[5]);
        assert_null(channels_find(&c, "horn"));
        channels_deinit(&c);
        diag_deinit(&d);
}

/* The table's own texts are right: a channel without any key has every default. */
static void test_defaults(void **state) {
        struct channels c = { 0 };
        struct diag d = DIAG_INIT;

        assert_int_equal(load(&c, &d, "channels: [{channel: a, kind: webhook, url: 'https://x'}]\n", 0600), 0);
        assert_int_equal(c.items[0].concurrency, 4);
        assert_int_equal(c.items[0].give_up_after, 15 * WW_MINUTE);
        assert_int_equal(c.items[0].retry_min, 2 * WW_SECOND);
        assert_string_equal(c.items[0].text, "{text}");
        for (size_t i = 0; i < channels_keys_n; i++)
                if (channels_keys[i].type == CHANNEL_KEY_NUMBER || channels_keys[i].type == CHANNEL_KEY_SPAN) {
                        int64_t value = *(const int64_t *)((const char *)&c.items[0] + channels_keys[i].offset);

                        assert_in_range(value, channels_keys[i].min, channels_keys[i].max);
                }
        channels_deinit(&c);
        diag_deinit(&d);
}

static void refused(const char *text, const char *message, const char *help) {
        struct channels c = { 0 };
        struct diag d = DIAG_INIT;

        assert_int_equal(load(&c, &d, text, 0600), DIAG_E_USER);
        assert_string_equal(d.messages[0].text, message);
        assert_string_equal(d.messages[0].help, help);
        assert_true(d.messages[0].pos.line > 0);
        channels_deinit(&c);
        diag_deinit(&d);
}

#define HOOK "kind: webhook, url: 'https://x'"

static void test_refused(void **state) {
        refused("channels: [{channel: a}]\n", "a channel needs `kind`", "name it: `kind: webhook`");
        refused("channels: [{channel: a, kind: webhok}]\n", "kind cannot be `webhok`", "did you mean `webhook`?");
        refused("channels: [{channel: a, " HOOK ", topic: x}]\n", "a webhook has no `topic`", "take it out");
        refused("channels: [{channel: a, " HOOK ", titel: x}]\n", "a channel: unknown key `titel`",
                "did you mean `title`?");
        refused("channels: [{channel: a, " HOOK ", title: '{zon}'}]\n", "title: unknown word `{zon}`",
                "did you mean `zone`?");
        refused("channels: [{channel: a, " HOOK ", title: \"a\\r\\nb\"}]\n", "title may not hold a line's end",
                "write it in one line");
        refused("channels: [{channel: a, " HOOK ", headers: {X: \"a\\nB: c\"}}]\n",
                "header `X` may not hold a line's end", "write it in one line");
        refused("channels: [{channel: a, " HOOK ", headers: {'X: y': b}}]\n", "a header cannot be named `X: y`",
                "letters, digits, `-`, `_` and `.`");
        refused("channels: [{channel: a, kind: webhook, url: 'ftp://x'}]\n",
                "channel `a`: its url does not begin with what a webhook has", "https:// http://");
        refused("channels: [{channel: a, kind: command, argv: [sms]}]\n", "channel `a`: `sms` is no whole path",
                "name it by its whole path");
        refused("channels: [{channel: a, kind: mail, url: 'smtps://m', from: 'a, b@c'}]\n",
                "channel `a`: `a, b@c` is no mail address", "write `name@example.org` alone");
        refused("channels: [{channel: a, " HOOK ", cap_sender: 'a b'}]\n", "channel `a`: a CAP sender cannot be `a b`",
                "leave out blanks, commas, `<` and `&`");
        refused("channels: [{channel: a, " HOOK "}, {channel: a, " HOOK "}]\n", "channel `a` is there twice",
                "give it another name");
        refused("channel: x\n", "a file of channels holds one list, `channels`",
                "write `channels:` and below it `- channel: NAME`");
}

static void test_mode(void **state) {
        struct channels c = { 0 };
        struct diag d = DIAG_INIT;

        assert_int_equal(load(&c, &d, "channels: []\n", 0640), DIAG_E_USER);
        assert_non_null(strstr(d.messages[0].text, "others can read it"));
        channels_deinit(&c);
        diag_deinit(&d);
}

static void test_in_the_clear(void **state) {
        struct channels c = { 0 };
        struct diag d = DIAG_INIT;

        assert_int_equal(load(&c, &d,
                              "channels: [{channel: a, kind: webhook, url: 'http://x.example.org'},"
                              " {channel: b, kind: webhook, url: 'http://localhost:1'}]\n",
                              0600),
                         0);
        assert_int_equal(d.warnings, 1);
        channels_deinit(&c);
        diag_deinit(&d);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_kind), cmocka_unit_test(test_defaults),     cmocka_unit_test(test_refused),
                cmocka_unit_test(test_mode),       cmocka_unit_test(test_in_the_clear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
