/* Every state × every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <wardwatch/time.h>

#include "notify/breaker.h"

static void fails(struct breaker *b, int64_t now) {
        assert_true(breaker_allows(b, now));
        breaker_begins(b);
        breaker_ends(b, false, now);
}

static void test_opens_at_the_limit(void **state) {
        struct breaker b;

        breaker_init(&b, 3, WW_MINUTE);
        fails(&b, 1);
        fails(&b, 2);
        breaker_begins(&b);
        breaker_ends(&b, true, 3); /* in a row, that is */
        fails(&b, 4);
        fails(&b, 5);
        assert_int_equal(b.state, BREAKER_CLOSED);
        fails(&b, 6);
        assert_int_equal(b.state, BREAKER_OPEN);
        assert_false(breaker_allows(&b, 6));
        assert_int_equal(breaker_next(&b, 6), 6 + WW_MINUTE);
        assert_false(breaker_allows(&b, 5 + WW_MINUTE));
}

static void test_one_probe(void **state) {
        struct breaker b;

        breaker_init(&b, 1, WW_MINUTE);
        fails(&b, 0);
        assert_true(breaker_allows(&b, WW_MINUTE));
        assert_int_equal(b.state, BREAKER_HALF_OPEN);
        breaker_begins(&b);
        assert_false(breaker_allows(&b, WW_MINUTE + 1)); /* while it is on its way */
        assert_int_equal(breaker_next(&b, WW_MINUTE + 1), WW_TIME_NEVER);
        breaker_ends(&b, false, WW_MINUTE + 2);
        assert_int_equal(b.state, BREAKER_OPEN);
        assert_int_equal(breaker_next(&b, 0), 2 * WW_MINUTE + 2);
        assert_true(breaker_allows(&b, 3 * WW_MINUTE));
        breaker_begins(&b);
        breaker_ends(&b, true, 3 * WW_MINUTE);
        assert_int_equal(b.state, BREAKER_CLOSED);
        assert_int_equal(b.failures, 0);
        assert_int_equal(b.opened, 2);
}

/* Several were on their way when it opened: their failures do not put the end off. */
static void test_late_failures(void **state) {
        struct breaker b;

        breaker_init(&b, 1, WW_MINUTE);
        breaker_begins(&b);
        breaker_begins(&b);
        breaker_ends(&b, false, 0);
        breaker_ends(&b, false, 50);
        assert_int_equal(b.until, WW_MINUTE);
        assert_int_equal(b.opened, 1);
        breaker_ends(&b, true, 60); /* it works, after all */
        assert_true(breaker_allows(&b, 60));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_opens_at_the_limit),
                cmocka_unit_test(test_one_probe),
                cmocka_unit_test(test_late_failures),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
