/* Telling a redelivery from a new message: the window, the phase after a connect, and what ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redelivery.h"

static const struct ww_str topic = { "t", 1 };

static bool is(struct redelivery *r, uint16_t mid, const char *payload) {
        return redelivery_is(r, mid, topic, ww_str(payload));
}

static void note(struct redelivery *r, uint16_t mid, const char *payload) {
        redelivery_note(r, mid, topic, ww_str(payload));
}

static void what_was_never_taken_is_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 10), 0);
        assert_false(is(r, 1, "a"));
        assert_false(is(r, 0, ""));
}

static void committed_ones_are_known(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 10), 0);
        note(r, 1, "a");
        note(r, 2, "b");
        assert_true(is(r, 1, "a"));
        assert_false(is(r, 3, "c")); /* lost in the socket: has DUP, and is new */
        assert_true(is(r, 2, "b"));
        assert_true(is(r, 1, "a")); /* and at the next reconnect again */
}

static void same_identifier_with_other_bytes_is_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 10), 0);
        note(r, 1, "a");
        assert_false(is(r, 1, "b"));
}

static void same_bytes_under_another_identifier_are_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 10), 0);
        note(r, 1, "emergency");
        assert_false(is(r, 2, "emergency"));
}

static void same_bytes_on_another_topic_are_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 10), 0);
        note(r, 1, "a");
        assert_false(redelivery_is(r, 1, WW_STR("u"), WW_STR("a")));
}

static void a_new_session_forgets(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 10), 0);
        note(r, 1, "a");
        redelivery_forget(r);
        assert_false(is(r, 1, "a"));
}

static void the_window_is_half_open(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 3), 0);
        for (uint16_t mid = 1; mid <= 4; mid++)
                note(r, mid, "x");
        assert_true(is(r, 2, "x"));  /* third newest */
        assert_false(is(r, 1, "x")); /* fourth newest: outside */
}

static void an_identifier_that_came_round_is_the_newest_message(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 100), 0);
        note(r, 7, "old");
        note(r, 7, "new");
        assert_true(is(r, 7, "new"));
        assert_false(is(r, 7, "old"));
}

static void the_window_is_bounded(void **state) {
        struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 0), -EINVAL);
        assert_int_equal(redelivery_new(&r, REDELIVERY_WINDOW + 1), -EINVAL);
        assert_null(r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_never_taken_is_new),
                cmocka_unit_test(committed_ones_are_known),
                cmocka_unit_test(same_identifier_with_other_bytes_is_new),
                cmocka_unit_test(same_bytes_under_another_identifier_are_new),
                cmocka_unit_test(same_bytes_on_another_topic_are_new),
                cmocka_unit_test(a_new_session_forgets),
                cmocka_unit_test(the_window_is_half_open),
                cmocka_unit_test(an_identifier_that_came_round_is_the_newest_message),
                cmocka_unit_test(the_window_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
