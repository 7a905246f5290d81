/* Answers by the client's id: the first one stands, the oldest is forgotten, and a restart keeps them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "replies.h"

static void the_first_answer_stands(void **state) {
        _cleanup_(replies_freep) struct replies *r = NULL;

        assert_int_equal(replies_new(&r), 0);
        assert_int_equal(replies_find(r, WW_STR("ann"), WW_STR("a")).n, 0);
        assert_int_equal(replies_put(r, WW_STR("ann"), WW_STR("a"), WW_STR("one")), 0);
        assert_int_equal(replies_put(r, WW_STR("ann"), WW_STR("a"), WW_STR("two")), 0);
        assert_true(ww_str_is(replies_find(r, WW_STR("ann"), WW_STR("a")), "one"));
        assert_int_equal(replies_find(r, WW_STR("bob"), WW_STR("a")).n, 0); /* an id is its actor's own */
        assert_int_equal(replies_find(r, WW_STR("an"), WW_STR("na")).n, 0);
}

static void no_id_is_no_memory(void **state) {
        _cleanup_(replies_freep) struct replies *r = NULL;

        assert_int_equal(replies_new(&r), 0);
        assert_int_equal(replies_put(r, WW_STR("ann"), WW_STR(""), WW_STR("one")), 0);
        assert_int_equal(replies_find(r, WW_STR("ann"), WW_STR("")).n, 0);
}

static void put_numbered(struct replies *r, unsigned i) {
        char id[16];

        (void)snprintf(id, sizeof id, "%u", i);
        assert_int_equal(replies_put(r, WW_STR("ann"), ww_str(id), ww_str(id)), 0);
}

static void the_oldest_is_forgotten_first(void **state) {
        _cleanup_(replies_freep) struct replies *r = NULL;

        assert_int_equal(replies_new(&r), 0);
        for (unsigned i = 0; i < REPLIES_MAX; i++)
                put_numbered(r, i);
        assert_true(ww_str_is(replies_find(r, WW_STR("ann"), WW_STR("0")), "0"));
        put_numbered(r, REPLIES_MAX);
        assert_int_equal(replies_find(r, WW_STR("ann"), WW_STR("0")).n, 0);
        assert_true(ww_str_is(replies_find(r, WW_STR("ann"), WW_STR("1")), "1"));
}

static void a_snapshot_keeps_them_in_order(void **state) {
        _cleanup_(replies_freep) struct replies *r = NULL;
        _cleanup_(replies_freep) struct replies *again = NULL;
        _cleanup_buf_ struct buf out = BUF_INIT;
        struct rd in;

        assert_int_equal(replies_new(&r), 0);
        assert_int_equal(replies_new(&again), 0);
        for (unsigned i = 0; i < REPLIES_MAX; i++)
                put_numbered(r, i);
        assert_int_equal(replies_save(r, &out), 0);
        in = rd_init(buf_str(&out));
        assert_int_equal(replies_load(again, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        put_numbered(again, REPLIES_MAX);
        assert_int_equal(replies_find(again, WW_STR("ann"), WW_STR("0")).n, 0);
        assert_true(ww_str_is(replies_find(again, WW_STR("ann"), WW_STR("1")), "1"));
}

static void torn_bytes_are_refused(void **state) {
        _cleanup_(replies_freep) struct replies *r = NULL;
        _cleanup_(replies_freep) struct replies *again = NULL;
        _cleanup_buf_ struct buf out = BUF_INIT;

        assert_int_equal(replies_new(&r), 0);
        put_numbered(r, 1);
        assert_int_equal(replies_save(r, &out), 0);
        for (size_t n = 0; n < out.n; n++) {
                struct rd in = rd_init((struct ww_str){ (const char *)out.p, n });

                assert_int_equal(replies_new(&again), 0);
                assert_int_equal(replies_load(again, &in), -EBADMSG);
                again = replies_free(again);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_first_answer_stands),       cmocka_unit_test(no_id_is_no_memory),
                cmocka_unit_test(the_oldest_is_forgotten_first), cmocka_unit_test(a_snapshot_keeps_them_in_order),
                cmocka_unit_test(torn_bytes_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
