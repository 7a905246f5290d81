/* What a user may have written: so many bytes at once, then so many a second, each for himself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <wardwatch/time.h>

#include "allowance.h"

#define ALICE 1000
#define BOB   1001
#define BURST (1024 * 1024)

static const struct allowance_rate RATE = { BURST, 65536 }, SLOW = { BURST, 4096 };

static size_t taken(struct allowance *a, uint64_t who, size_t bytes, struct allowance_rate rate, int64_t now) {
        size_t n = 0;

        while (allowance_take(a, who, bytes, rate, now))
                n++;
        return n * bytes;
}

static void test_burst_then_rate(void **state) {
        struct allowance a = { 0 };
        int64_t now = 1000 * WW_SECOND;

        assert_int_equal(taken(&a, ALICE, 1024, RATE, now), BURST);
        assert_false(allowance_take(&a, ALICE, 1, RATE, now));
        assert_int_equal(taken(&a, ALICE, 1024, RATE, now + WW_SECOND), 65536);
        assert_int_equal(taken(&a, ALICE, 1024, RATE, now + WW_HOUR), BURST); /* never more */
}

/* A question every µs loses none of what has grown since. */
static void test_small_steps(void **state) {
        struct allowance a = { 0 };
        size_t n = taken(&a, ALICE, 1, RATE, 0);

        for (int64_t now = 1; now <= WW_SECOND; now++)
                n += allowance_take(&a, ALICE, 1, RATE, now);
        assert_in_range(n, BURST + 65535, BURST + 65536);
}

static void test_each_for_himself(void **state) {
        struct allowance a = { 0 };

        assert_int_equal(taken(&a, ALICE, 4096, RATE, 0), BURST);
        assert_int_equal(taken(&a, BOB, 4096, RATE, 0), BURST);
        assert_false(allowance_take(&a, ALICE, 4096, RATE, 0));
}

static void test_another_rate(void **state) {
        struct allowance a = { 0 };

        assert_int_equal(taken(&a, ALICE, 1024, RATE, 0), BURST);
        assert_int_equal(taken(&a, ALICE, 1024, SLOW, WW_SECOND), 4096);
}

/* What came of a request has to fill up before the next one is taken. */
static void test_debt(void **state) {
        struct allowance a = { 0 };

        assert_true(allowance_take(&a, ALICE, 100, RATE, 0));
        allowance_charge(&a, ALICE, BURST + 65536 - 100);
        allowance_charge(&a, BOB, BURST);
        assert_false(allowance_take(&a, ALICE, 1, RATE, WW_SECOND));
        assert_int_equal(taken(&a, ALICE, 1024, RATE, 2 * WW_SECOND), 65536);
        assert_int_equal(taken(&a, BOB, 1024, RATE, 0), BURST); /* whom nobody knew owes nothing */
}

/* Others that come and go do not give back to whoever has used his up. */
static void test_more_users_than_are_kept(void **state) {
        struct allowance a = { 0 };

        assert_int_equal(taken(&a, ALICE, 4096, RATE, 0), BURST);
        for (uint64_t who = 2000; who < 2000 + 4 * ALLOWANCE_USERS; who++)
                assert_true(allowance_take(&a, who, 1, RATE, 0));
        assert_int_equal(a.n, ALLOWANCE_USERS);
        assert_false(allowance_take(&a, ALICE, 4096, RATE, 0));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_burst_then_rate),
                cmocka_unit_test(test_small_steps),
                cmocka_unit_test(test_each_for_himself),
                cmocka_unit_test(test_another_rate),
                cmocka_unit_test(test_debt),
                cmocka_unit_test(test_more_users_than_are_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
