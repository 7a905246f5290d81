/* How often those may ask who have no name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "console/quota.h"

#include <wardwatch/time.h>

static size_t taken(struct quota *q, const char *address, size_t times, int64_t now) {
        size_t n = 0;

        for (size_t i = 0; i < times; i++)
                n += quota_take(q, address, now);
        return n;
}

static void test_an_hour_s_worth_and_then_one_by_one(void **state) {
        _cleanup_(quota_freep) struct quota *q = NULL;
        int64_t now = 7 * WW_DAY;

        assert_int_equal(quota_new(&q, 4, 1000), 0);
        assert_int_equal(taken(q, "192.0.2.1", 10, now), 4);
        assert_int_equal(taken(q, "192.0.2.1", 10, now + 15 * WW_MINUTE - 1), 0);
        assert_int_equal(taken(q, "192.0.2.1", 10, now + 15 * WW_MINUTE), 1);
        assert_int_equal(taken(q, "192.0.2.2", 10, now), 4);               /* another's are another's */
        assert_int_equal(taken(q, "192.0.2.1", 10, now + 30 * WW_DAY), 4); /* nothing is saved up */
}

static void test_a_network_of_ipv6_is_one(void **state) {
        _cleanup_(quota_freep) struct quota *q = NULL;

        assert_int_equal(quota_new(&q, 2, 1000), 0);
        assert_true(quota_take(q, "2001:db8:1:2::1", WW_DAY));
        assert_true(quota_take(q, "2001:db8:1:2:ffff::9", WW_DAY));
        assert_false(quota_take(q, "2001:db8:1:2:aaaa:bbbb:cccc:dddd", WW_DAY));
        assert_true(quota_take(q, "2001:db8:1:3::1", WW_DAY));
}

static void test_all_together_and_many_addresses(void **state) {
        _cleanup_(quota_freep) struct quota *q = NULL;
        char address[32];
        size_t n = 0;

        assert_int_equal(quota_new(&q, 1, 3 * QUOTA_ADDRESSES), 0);
        for (size_t i = 0; i < 5 * QUOTA_ADDRESSES; i++) {
                (void)snprintf(address, sizeof address, "10.%zu.%zu.%zu", i >> 16, i >> 8 & 255, i & 255);
                n += quota_take(q, address, WW_DAY);
        }
        assert_int_equal(n, 3 * QUOTA_ADDRESSES); /* the bound in all holds, however many come */
        assert_false(quota_take(q, "192.0.2.1", WW_DAY));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_an_hour_s_worth_and_then_one_by_one),
                cmocka_unit_test(test_a_network_of_ipv6_is_one),
                cmocka_unit_test(test_all_together_and_many_addresses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
