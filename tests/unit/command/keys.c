/* Whose signature counts, and from when on it does not. */
#include "command/verify_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Keys are told apart by their first byte; nothing is signed here (tests/unit/store/proof.c). */
static struct proof_handover from_to(uint8_t key, uint8_t next) {
        return (struct proof_handover){ .key = { key }, .next = { next } };
}

static struct proof_checkpoint by(uint8_t key, uint64_t number, uint64_t since) {
        return (struct proof_checkpoint){ .number = number, .key = { key }, .since = since };
}

static const char *hex(uint8_t key) {
        static char text[2 * crypto_sign_PUBLICKEYBYTES + 1];
        const uint8_t bytes[crypto_sign_PUBLICKEYBYTES] = { key };

        return sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
}

/* 1 → 2 → 3, and 9 by itself. */
static struct verify_keys three(const char *wanted) {
        struct verify_keys k = { .wanted = wanted };
        const struct proof_handover handovers[] = { from_to(1, 2), from_to(2, 3), from_to(1, 2) };

        for (size_t i = 0; i < 3; i++)
                assert_int_equal(verify_keys_add(&k, &handovers[i]), 0);
        assert_int_equal(k.n, 2); /* said twice, known once */
        return k;
}

static void test_lead(void **state) {
        struct verify_keys k = three(NULL);
        const uint8_t keys[4][crypto_sign_PUBLICKEYBYTES] = { { 1 }, { 2 }, { 3 }, { 9 } };
        const bool leads[4][4] = { { false, true, true, false }, { false, false, true, false } };

        (void)state;
        for (size_t i = 0; i < 4; i++) {
                for (size_t j = 0; j < 4; j++) {
                        assert_int_equal(verify_keys_lead(&k, keys[i], keys[j]), leads[i][j]);
                        assert_int_equal(verify_keys_follow(&k, keys[i], keys[j]), leads[i][j] || i == j);
                }
        }
        verify_keys_deinit(&k);
}

/* Handovers in a circle say nothing, and end. */
static void test_circle(void **state) {
        struct verify_keys k = { 0 };
        const struct proof_handover handovers[] = { from_to(1, 2), from_to(2, 1) };
        const uint8_t one[crypto_sign_PUBLICKEYBYTES] = { 1 }, other[crypto_sign_PUBLICKEYBYTES] = { 9 };

        (void)state;
        for (size_t i = 0; i < 2; i++)
                assert_int_equal(verify_keys_add(&k, &handovers[i]), 0);
        assert_false(verify_keys_lead(&k, other, one));
        verify_keys_deinit(&k);
}

struct sifted {
        size_t kept;
        uint64_t unsigned_, retired;
};

static struct sifted sift(const char *wanted, const struct proof_checkpoint *given, size_t n) {
        struct verify_keys k = three(wanted);
        struct proof_checkpoint items[8];
        struct sifted s = { 0 };

        memcpy(items, given, n * sizeof *items);
        s.kept = verify_keys_sift(&k, items, n, &s.unsigned_, &s.retired);
        verify_keys_deinit(&k);
        return s;
}

static void assert_sifted(struct sifted s, size_t kept, uint64_t unsigned_, uint64_t retired) {
        assert_int_equal(s.kept, kept);
        assert_int_equal(s.unsigned_, unsigned_);
        assert_int_equal(s.retired, retired);
}

static void test_sift(void **state) {
        const struct proof_checkpoint all[] = { by(1, 1, 0), by(1, 2, 0), by(2, 3, 3), by(3, 4, 4), by(9, 5, 0) };
        const uint8_t named[] = { 1, 2, 3 };

        (void)state;
        for (size_t i = 0; i < sizeof named; i++)
                assert_sifted(sift(hex(named[i]), all, 5), 4, 1, 0);
        assert_sifted(sift(NULL, all, 5), 5, 0, 0);
        assert_sifted(sift(hex(9), all, 5), 1, 4, 0);
        assert_sifted(sift(hex(8), all, 5), 0, 5, 0);
}

static void test_retired(void **state) {
        const struct proof_checkpoint stolen[] = { by(1, 1, 0), by(2, 2, 2), by(1, 3, 0), by(3, 4, 4), by(2, 5, 2) };
        struct proof_checkpoint other[] = { by(1, 1, 0), by(2, 2, 2), by(1, 3, 0) };

        (void)state;
        assert_sifted(sift(hex(1), stolen, 5), 3, 0, 2);
        assert_sifted(sift(NULL, stolen, 5), 3, 0, 2);
        other[2].journal_id[0] = 7; /* numbers are each journal's own */
        assert_sifted(sift(hex(1), other, 3), 3, 0, 0);
}

/* All that the newer keys signed was left out: forerunners count only beside them. */
static void test_heirs_left_out(void **state) {
        const struct proof_checkpoint old[] = { by(1, 1, 0), by(1, 2, 0) };

        (void)state;
        assert_sifted(sift(hex(3), old, 2), 0, 2, 0);
        assert_sifted(sift(hex(1), old, 2), 2, 0, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lead),    cmocka_unit_test(test_circle),         cmocka_unit_test(test_sift),
                cmocka_unit_test(test_retired), cmocka_unit_test(test_heirs_left_out),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
