/* The table of what was heard last: growth, removal, the full table, snapshots. */
#include "decode/states.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct states_key key_of(uint32_t owner, const char *device, const char *kind, bool exercise) {
        return states_key(states_device(owner, ww_str(device), exercise), states_kind(ww_str(kind)));
}

static struct states_key numbered(unsigned i, const char *kind) {
        char device[32];

        snprintf(device, sizeof device, "device-%u", i);
        return key_of(7, device, kind, false);
}

static void put(struct states *s, unsigned i, int64_t heard, uint8_t state) {
        struct states_entry *e = states_add(s, numbered(i, "door"));

        assert_non_null(e);
        e->heard = heard;
        e->state = state;
        e->owner = i % 3;
}

static void test_keys_differ(void **state) {
        const struct states_key keys[] = {
                key_of(1, "ab", "c", false), key_of(1, "a", "bc", false), key_of(2, "ab", "c", false),
                key_of(1, "ab", "c", true),  key_of(1, "ab", "", false),  key_of(1, "", "abc", false),
                key_of(1, "c", "ab", false), key_of(1, "", "", false),    key_of(0, "x", "x", false),
                key_of(0, "y", "y", false),  key_of(0, "", "", false),    key_of(3, "ab", "c", false),
        };
        const size_t n = sizeof keys / sizeof *keys;

        for (size_t i = 0; i < n; i++)
                for (size_t j = i + 1; j < n; j++)
                        if (keys[i].low == keys[j].low || keys[i].high == keys[j].high)
                                fail_msg("%zu and %zu", i, j);
}

static void test_grow(void **state) {
        struct states s;

        states_init(&s, 100000);
        assert_null(states_find(&s, numbered(1, "door")));
        for (unsigned i = 0; i < 10000; i++)
                put(&s, i, i, i % 4);
        assert_int_equal(s.n, 10000);
        assert_int_equal(s.evicted, 0);
        for (unsigned i = 0; i < 10000; i++) {
                assert_non_null(states_find(&s, numbered(i, "door")));
                assert_int_equal(states_find(&s, numbered(i, "door"))->state, i % 4);
                assert_null(states_find(&s, numbered(i, "lock")));
        }
        states_deinit(&s);
}

/* A full table takes the newcomer, keeps its size, and lets go of something older. */
static void test_full(void **state) {
        struct states s;
        size_t found = 0;

        states_init(&s, 1000);
        for (unsigned i = 0; i < 5000; i++)
                put(&s, i, i, 1);
        assert_int_equal(s.n, 1000);
        assert_int_equal(s.evicted, 4000);
        for (unsigned i = 0; i < 5000; i++)
                found += states_find(&s, numbered(i, "door")) != NULL;
        assert_int_equal(found, 1000);
        /* the newest is always there, and the oldest thousand are gone but for a few */
        assert_non_null(states_find(&s, numbered(4999, "door")));
        found = 0;
        for (unsigned i = 0; i < 1000; i++)
                found += states_find(&s, numbered(i, "door")) != NULL;
        assert_in_range(found, 0, 50);
        states_deinit(&s);
}

static void test_full_of_one(void **state) {
        struct states s;

        states_init(&s, 1);
        for (unsigned i = 0; i < 100; i++) {
                put(&s, i, i, 1);
                assert_int_equal(s.n, 1);
                assert_non_null(states_find(&s, numbered(i, "door")));
        }
        states_deinit(&s);
}

static bool keep_two(void *userdata, uint32_t owner) {
        return owner != 1;
}

static void test_filter(void **state) {
        struct states s;

        states_init(&s, 1000);
        for (unsigned i = 0; i < 300; i++)
                put(&s, i, i, 1);
        assert_int_equal(states_filter(&s, keep_two, NULL), 0);
        assert_int_equal(s.n, 200);
        for (unsigned i = 0; i < 300; i++)
                assert_int_equal(states_find(&s, numbered(i, "door")) != NULL, i % 3 != 1);
        states_deinit(&s);
}

/* Loaded and saved behave alike, also in what a full table lets go. */
static void test_snapshot(void **state) {
        _cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT, third = BUF_INIT;
        struct states s, loaded;
        struct rd in;

        states_init(&s, 500);
        states_init(&loaded, 500);
        for (unsigned i = 0; i < 700; i++)
                put(&s, i, (int64_t)i * 1000 - 5, i % 4);
        states_save(&s, &first);
        in = rd_init(buf_str(&first));
        assert_int_equal(states_load(&loaded, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        for (unsigned i = 700; i < 1500; i++) {
                put(&s, i, i, 1);
                put(&loaded, i, i, 1);
        }
        states_save(&s, &second);
        states_save(&loaded, &third);
        assert_true(ww_str_equal(buf_str(&second), buf_str(&third)));
        states_deinit(&s);
        states_deinit(&loaded);
}

static void test_broken_snapshot(void **state) {
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        struct states s, loaded;

        states_init(&s, 500);
        for (unsigned i = 0; i < 20; i++)
                put(&s, i, i, 1);
        states_save(&s, &bytes);
        for (size_t n = 0; n < bytes.n; n++) {
                struct rd in = rd_init((struct ww_str){ (const char *)bytes.p, n });

                states_init(&loaded, 500);
                assert_int_equal(states_load(&loaded, &in), -EBADMSG);
                states_deinit(&loaded);
        }
        /* a byte turned over gives an error or some table, never a step outside */
        for (size_t i = 0; i < bytes.n * 8; i++) {
                struct rd in = rd_init(buf_str(&bytes));

                bytes.p[i / 8] ^= (uint8_t)(1u << (i % 8));
                states_init(&loaded, 500);
                if (states_load(&loaded, &in) == 0) {
                        assert_true(loaded.n <= 500);
                        put(&loaded, 100000, 1, 1);
                }
                states_deinit(&loaded);
                bytes.p[i / 8] ^= (uint8_t)(1u << (i % 8));
        }
        states_deinit(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_keys_differ),     cmocka_unit_test(test_grow),   cmocka_unit_test(test_full),
                cmocka_unit_test(test_full_of_one),     cmocka_unit_test(test_filter), cmocka_unit_test(test_snapshot),
                cmocka_unit_test(test_broken_snapshot),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
