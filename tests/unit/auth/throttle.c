/* Waits that grow and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "auth/throttle.h"

#define SECOND INT64_C(1000000)

/* One wrong attempt as soon as it is let; when that was. */
static int64_t guess(struct throttle *t, const char *name, const char *source, int64_t now) {
        int64_t at = throttle_at(t, name, source, now);

        throttle_result(t, name, source, false, at);
        return at;
}

static void test_grows(void **state) {
        static const int64_t waits[] = { 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30 };
        struct throttle *t;
        int64_t now = 1000 * SECOND;

        assert_int_equal(throttle_new(&t), 0);
        for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
                int64_t at = guess(t, "alice", "10.0.0.1", now);

                assert_int_equal(at - now, waits[i] * SECOND);
                now = at;
        }
        throttle_free(t);
}

/* Many sources that guess at one user hold the user up for no longer than one. */
static void test_never_locked_out(void **state) {
        struct throttle *t;
        int64_t now = 1000 * SECOND;
        char source[32];

        assert_int_equal(throttle_new(&t), 0);
        for (int i = 0; i < 10000; i++) {
                (void)snprintf(source, sizeof source, "10.0.%d.%d", i / 250, i % 250);
                throttle_result(t, "alice", source, false, now);
        }
        assert_true(throttle_at(t, "alice", "desk", now) - now <= THROTTLE_MAX);
        assert_int_equal(throttle_at(t, "bob", "desk", now), now);
        throttle_free(t);
}

/* Attempts that come at once go one behind the other. */
static void test_one_behind_the_other(void **state) {
        struct throttle *t;
        int64_t now = 1000 * SECOND, first, second;

        assert_int_equal(throttle_new(&t), 0);
        for (int i = 0; i < 5; i++)
                throttle_result(t, i % 2 ? "a" : "b", "tablet", false, now);
        first = throttle_at(t, "c", "tablet", now);
        second = throttle_at(t, "d", "tablet", now);
        assert_int_equal(first - now, 4 * SECOND);
        assert_int_equal(second - first, 4 * SECOND);
        throttle_free(t);
}

static void test_forgets(void **state) {
        struct throttle *t;
        int64_t now = 1000 * SECOND;

        assert_int_equal(throttle_new(&t), 0);
        for (int i = 0; i < 8; i++)
                now = guess(t, "alice", "x", now);
        throttle_result(t, "alice", "x", true, now);
        assert_int_equal(throttle_at(t, "alice", "y", now), now); /* the right password clears the user */
        assert_true(throttle_at(t, "bob", "x", now) > now);       /* and not the source, who may know but one */
        now += THROTTLE_FORGETS + 61 * SECOND;
        assert_int_equal(throttle_at(t, "bob", "x", now), now);
        throttle_free(t);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_grows),
                cmocka_unit_test(test_never_locked_out),
                cmocka_unit_test(test_one_behind_the_other),
                cmocka_unit_test(test_forgets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
