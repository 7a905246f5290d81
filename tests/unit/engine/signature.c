/* Signatures of messages: where one begins, whether it is right, and whether its numbers were passed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "keyring.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wardwatch/time.h>

static const unsigned char key[SIGNATURE_KEY] = "0123456789abcdef0123456789abcde";

/* As a device makes it. */
static void sign(struct buf *out, const char *topic, const char *message, const char *numbers) {
        unsigned char mac[crypto_auth_hmacsha256_BYTES];
        char hex[2 * sizeof mac + 1];
        crypto_auth_hmacsha256_state state;

        buf_reset(out);
        buf_printf(out, "%s\nww1 %s", message, numbers);
        (void)crypto_auth_hmacsha256_init(&state, key, sizeof key);
        (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)topic, strlen(topic) + 1);
        (void)crypto_auth_hmacsha256_update(&state, out->p, out->n);
        (void)crypto_auth_hmacsha256_final(&state, mac);
        (void)sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
        buf_printf(out, " %s", hex);
        assert_int_equal(out->error, 0);
}

static void test_a_right_one(void **state) {
        _cleanup_buf_ struct buf payload = BUF_INIT;
        struct signature s;

        sign(&payload, "ward/3", "{\"a\":1}", "7 12");
        assert_true(signature_split(buf_str(&payload), &s));
        assert_true(ww_str_is(s.message, "{\"a\":1}"));
        assert_int_equal(s.boot, 7);
        assert_int_equal(s.number, 12);
        assert_true(signature_right(key, WW_STR("ward/3"), &s));
        assert_false(signature_right(key, WW_STR("ward/4"), &s));
        assert_false(signature_right((const unsigned char *)"another key of thirty-two bytes!", WW_STR("ward/3"), &s));
}

static void test_each_bit_counts(void **state) {
        _cleanup_buf_ struct buf payload = BUF_INIT;
        struct signature s;

        sign(&payload, "t", "on", "1 999999999999999999");
        for (size_t i = 0; i < payload.n * 8; i++) {
                payload.p[i / 8] ^= (unsigned char)(1 << i % 8);
                assert_false(signature_split(buf_str(&payload), &s) && signature_right(key, WW_STR("t"), &s));
                payload.p[i / 8] ^= (unsigned char)(1 << i % 8);
        }
        assert_true(signature_split(buf_str(&payload), &s) && signature_right(key, WW_STR("t"), &s));
}

static void test_what_is_none(void **state) {
#define MAC "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        static const char *const none[] = {
                "",
                "ww1",
                "\nww1 ",
                "a\nww1 1 2",
                "a\nww1 1 2 ",
                "ww1 1 2 " MAC,
                "a\nww1 01 2 " MAC,
                "a\nww1 1 02 " MAC,
                "a\nww1 1  2 " MAC,
                "a\nww1 -1 2 " MAC,
                "a\nww1 1 2 " MAC "0",
                "a\nww1 1 2 " MAC "\n",
                "a\nww1 1234567890123456789 2 " MAC,
                "a\nww1 1 2 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
                "a\nww2 1 2 " MAC,
        };
        struct signature s;

        for (size_t i = 0; i < sizeof none / sizeof *none; i++)
                assert_false(signature_split(ww_str(none[i]), &s));
        assert_false(signature_split(WW_STR_NONE, &s));
        assert_true(signature_split(WW_STR("\nww1 0 0 " MAC), &s));
        assert_int_equal(s.message.n, 0);
}

static enum signature_verdict judge(struct signature_numbers *n, const char *topic, uint64_t boot, uint64_t number,
                                    int64_t now, bool *tell) {
        const struct signature s = { .boot = boot, .number = number };
        enum signature_verdict verdict;

        assert_int_equal(signature_numbers_judge(n, ww_str(topic), &s, now, &verdict, tell), 0);
        return verdict;
}

static void test_numbers(void **state) {
        _cleanup_buf_ struct buf saved = BUF_INIT, again = BUF_INIT;
        struct signature_numbers *n, *copy;
        struct rd in;
        bool tell;

        assert_int_equal(signature_numbers_new(&n), 0);
        assert_int_equal(judge(n, "a", 1, 5, 0, &tell), SIGNATURE_NEW);
        assert_int_equal(judge(n, "a", 1, 5, 0, &tell), SIGNATURE_AGAIN);
        assert_int_equal(judge(n, "b", 1, 4, 0, &tell), SIGNATURE_NEW); /* another topic has its own */
        assert_int_equal(judge(n, "a", 1, 9, 0, &tell), SIGNATURE_NEW);
        assert_int_equal(judge(n, "a", 1, 8, WW_SECOND, &tell), SIGNATURE_OLD);
        assert_true(tell);
        assert_int_equal(judge(n, "a", 1, 7, 60 * WW_SECOND, &tell), SIGNATURE_OLD);
        assert_false(tell); /* once a minute */
        assert_int_equal(judge(n, "a", 1, 7, 61 * WW_SECOND, &tell), SIGNATURE_OLD);
        assert_true(tell);
        assert_int_equal(judge(n, "a", 2, 0, 0, &tell), SIGNATURE_NEW); /* it was started anew */
        assert_int_equal(judge(n, "a", 1, 100, 0, &tell), SIGNATURE_OLD);
        assert_int_equal(signature_numbers_save(n, &saved), 0);
        assert_int_equal(signature_numbers_new(&copy), 0);
        in = rd_init(buf_str(&saved));
        assert_int_equal(signature_numbers_load(copy, &in), 0);
        assert_int_equal(signature_numbers_save(copy, &again), 0);
        assert_true(ww_str_equal(buf_str(&saved), buf_str(&again)));
        assert_int_equal(judge(copy, "a", 1, 100, 0, &tell), SIGNATURE_OLD);
        in = rd_init((struct ww_str){ (const char *)saved.p, saved.n - 1 });
        assert_int_equal(signature_numbers_load(copy, &in), -EBADMSG);
        signature_numbers_free(copy);
        signature_numbers_free(n);
}

static void test_numbers_of_another_key(void **state) {
        struct signature_numbers *n;
        bool tell;

        assert_int_equal(signature_numbers_new(&n), 0);
        assert_int_equal(judge(n, "a/b", 9, 9, 0, &tell), SIGNATURE_NEW);
        assert_int_equal(judge(n, "a/b/c", 9, 9, 0, &tell), SIGNATURE_NEW);
        assert_int_equal(judge(n, "b", 9, 9, 0, &tell), SIGNATURE_NEW);
        signature_numbers_forget(n, WW_STR("a/+"));
        signature_numbers_forget(n, WW_STR("d/#"));
        assert_int_equal(judge(n, "a/b", 1, 1, 0, &tell), SIGNATURE_NEW);
        assert_int_equal(judge(n, "a/b/c", 1, 1, 0, &tell), SIGNATURE_OLD);
        assert_int_equal(judge(n, "b", 1, 1, 0, &tell), SIGNATURE_OLD);
        signature_numbers_forget(n, WW_STR("a/#"));
        assert_int_equal(judge(n, "a/b/c", 1, 1, 0, &tell), SIGNATURE_NEW);
        signature_numbers_free(n);
}

static void test_numbers_are_bounded(void **state) {
        struct signature_numbers *n;
        char topic[32];
        bool tell;

        assert_int_equal(signature_numbers_new(&n), 0);
        for (int i = 0; i <= SIGNATURE_TOPICS_MAX; i++) {
                (void)snprintf(topic, sizeof topic, "t/%d", i);
                assert_int_equal(judge(n, topic, 2, 1, 0, &tell), SIGNATURE_NEW);
        }
        assert_int_equal(judge(n, "t/1", 1, 1, 0, &tell), SIGNATURE_OLD);
        assert_int_equal(judge(n, "t/0", 1, 1, 0, &tell), SIGNATURE_NEW); /* the oldest was forgotten */
        signature_numbers_free(n);
}

static int load(struct keyring *k, const char *text, unsigned mode) {
        char path[] = "/tmp/wardwatch-keys-XXXXXX";
        struct diag d = DIAG_INIT;
        int fd = mkstemp(path), r;

        assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
        (void)close(fd);
        r = keyring_load(k, path, &d);
        assert_int_equal(r != 0, d.errors > 0);
        diag_deinit(&d);
        (void)unlink(path);
        return r;
}

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_the_file(void **state) {
        static const char *const wrong[] = {
                "a: b\n",
                "- device: a\n",
                "- {device: a, topics: [], key: " HEX "}\n",
                "- {device: a, topics: [a#], key: " HEX "}\n",
                "- {device: a, topics: [a], key: 00}\n",
                "- {device: a, topics: [a], key: " HEX ", more: 1}\n",
                "- a\n",
        };
        struct keyring k = { 0 };

        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
                assert_int_equal(load(&k, wrong[i], 0600), DIAG_E_USER);
        assert_int_equal(load(&k, "- {device: a, topics: [a], key: " HEX "}\n", 0644), DIAG_E_USER);
        assert_int_equal(load(&k,
                              "- {device: one, topics: [\"ward/3/#\", \"+/panic\"], key: " HEX "}\n"
                              "- {device: two, topics: [\"ward/#\"], unsigned: true, key: " HEX "}\n",
                              0600),
                         0);
        assert_int_equal(k.n, 2);
        assert_int_equal(k.devices[0].key[31], 0x1f);
        assert_string_equal(keyring_find(&k, WW_STR("ward/3/x"))->name, "one");
        assert_string_equal(keyring_find(&k, WW_STR("ward/3"))->name, "one");
        assert_string_equal(keyring_find(&k, WW_STR("b/panic"))->name, "one");
        assert_string_equal(keyring_find(&k, WW_STR("ward/33"))->name, "two");
        assert_true(keyring_find(&k, WW_STR("ward"))->unsigned_too);
        assert_null(keyring_find(&k, WW_STR("wards/3")));
        assert_null(keyring_find(&k, WW_STR("war")));
        keyring_deinit(&k);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_right_one),
                cmocka_unit_test(test_each_bit_counts),
                cmocka_unit_test(test_what_is_none),
                cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_numbers_of_another_key),
                cmocka_unit_test(test_numbers_are_bounded),
                cmocka_unit_test(test_the_file),
        };

        return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
