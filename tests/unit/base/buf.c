#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/buf.h"
#include <math.h>

static void integers_go_through(void **state) {
        static const uint64_t numbers[] = { 0,        1,          127,       128,        16383,     16384,
                                            1u << 31, UINT32_MAX, INT64_MAX, 1ull << 63, UINT64_MAX };
        _cleanup_buf_ struct buf b = BUF_INIT;
        struct rd r;

        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
                buf_put_u8(&b, (uint8_t)numbers[i]);
                buf_put_u32(&b, (uint32_t)numbers[i]);
                buf_put_u64(&b, numbers[i]);
                buf_put_var(&b, numbers[i]);
                buf_put_time(&b, (int64_t)numbers[i]);
                buf_put_time(&b, -(int64_t)(numbers[i] >> 1));
        }
        assert_int_equal(b.error, 0);
        r = rd_init(buf_str(&b));
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
                assert_int_equal(rd_u8(&r), (uint8_t)numbers[i]);
                assert_int_equal(rd_u32(&r), (uint32_t)numbers[i]);
                assert_true(rd_u64(&r) == numbers[i]);
                assert_true(rd_var(&r) == numbers[i]);
                assert_true(rd_time(&r) == (int64_t)numbers[i]);
                assert_true(rd_time(&r) == -(int64_t)(numbers[i] >> 1));
        }
        assert_int_equal(rd_left(&r), 0);
        assert_false(r.failed);
}

static void values_go_through(void **state) {
        const struct ww_value values[] = {
                ww_missing(),
                { .type = WW_NULL },
                ww_bool(true),
                ww_bool(false),
                ww_number(-0.0),
                ww_number(1e308),
                ww_string(WW_STR("a\0b")),
                ww_string(WW_STR("")),
                ww_span(90 * WW_SECOND),
                ww_instant(WW_TIME_NONE),
        };
        const size_t n = sizeof values / sizeof *values;
        _cleanup_buf_ struct buf b = BUF_INIT;
        struct rd r;

        for (size_t i = 0; i < n; i++)
                buf_put_value(&b, values[i]);
        r = rd_init(buf_str(&b));
        for (size_t i = 0; i < n; i++) {
                struct ww_value v = rd_value(&r);

                assert_int_equal(v.type, values[i].type);
                if (v.type == WW_BOOL)
                        assert_int_equal(v.boolean, values[i].boolean);
                if (v.type == WW_NUMBER)
                        assert_memory_equal(&v.number, &values[i].number, sizeof v.number);
                if (v.type == WW_STRING)
                        assert_true(ww_str_equal(v.string, values[i].string));
                if (v.type == WW_SPAN || v.type == WW_TIME)
                        assert_true(v.usec == values[i].usec);
        }
        assert_int_equal(rd_left(&r), 0);
        assert_false(r.failed);
}

/* Every prefix of good bytes is bad, and after the failure nothing but zeros comes. */
static void short_bytes_fail_and_stay_failed(void **state) {
        _cleanup_buf_ struct buf b = BUF_INIT;

        buf_put_u32(&b, 0x01020304);
        buf_put_str(&b, WW_STR("hello"));
        buf_put_u64(&b, 0x0102030405060708);
        for (size_t n = 0; n < b.n; n++) {
                struct rd r = rd_init((struct ww_str){ (const char *)b.p, n });

                (void)rd_u32(&r);
                (void)rd_str(&r);
                (void)rd_u64(&r);
                assert_true(r.failed);
                assert_int_equal(rd_u8(&r), 0);
                assert_int_equal(rd_str(&r).n, 0);
                assert_int_equal(rd_value(&r).type, WW_MISSING);
        }
}

static void lying_bytes_are_found(void **state) {
        static const struct {
                const char *bytes;
                size_t n;
        } varints[] = {
                { "\x80", 1 },
                { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11 },
        };
        struct rd r;

        for (size_t i = 0; i < 2; i++) {
                r = rd_init((struct ww_str){ varints[i].bytes, varints[i].n });
                assert_true(rd_var(&r) == 0);
                assert_true(r.failed);
        }
        r = rd_init(WW_STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01xx")); /* a length of 2^64 - 1 */
        assert_int_equal(rd_str(&r).n, 0);
        assert_true(r.failed);
        r = rd_init(WW_STR("\x63")); /* no such type of value */
        assert_int_equal(rd_value(&r).type, WW_MISSING);
        assert_true(r.failed);
}

static void text_is_put(void **state) {
        _cleanup_buf_ struct buf b = BUF_INIT;

        buf_puts(&b, "a");
        buf_printf(&b, "%s-%d", "b", 7);
        buf_printf(&b, "%s", "");
        assert_true(ww_str_is(buf_str(&b), "ab-7"));
        buf_reset(&b);
        assert_int_equal(b.n, 0);
        buf_printf(&b, "%01000d", 1);
        assert_int_equal(b.n, 1000);
}

struct sink {
        uint64_t bytes, calls, largest;
        uint8_t next;
        int fail_at; /* call; 0 = never */
};

static int sink_flush(void *userdata, const void *bytes, size_t n) {
        struct sink *s = userdata;
        const uint8_t *p = bytes;

        s->calls++;
        if (s->fail_at && s->calls >= (uint64_t)s->fail_at)
                return -ENOSPC;
        for (size_t i = 0; i < n; i++)
                assert_int_equal(p[i], s->next++);
        s->bytes += n;
        s->largest = n > s->largest ? n : s->largest;
        return 0;
}

static void what_is_flushed_arrives_whole_and_in_pieces(void **state) {
        const uint64_t total = 5 * 1024 * 1024 + 3;
        struct sink sink = { 0 };
        struct buf b;

        buf_init_flush(&b, sink_flush, &sink);
        for (uint64_t i = 0; i < total; i++)
                buf_put_u8(&b, (uint8_t)i);
        assert_int_equal(buf_finish(&b), 0);
        assert_true(sink.bytes == total);
        assert_true(sink.calls >= 5);
        assert_true(sink.largest <= 2 * 1024 * 1024);
        buf_deinit(&b);
}

static void a_failed_flush_is_told_at_the_end(void **state) {
        struct sink sink = { .fail_at = 2 };
        struct buf b;

        buf_init_flush(&b, sink_flush, &sink);
        for (uint64_t i = 0; i < 4 * 1024 * 1024; i++)
                buf_put_u8(&b, (uint8_t)i);
        assert_int_equal(buf_finish(&b), -ENOSPC);
        assert_true(sink.calls == 2); /* and is not tried again */
        buf_deinit(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(integers_go_through),
                cmocka_unit_test(values_go_through),
                cmocka_unit_test(short_bytes_fail_and_stay_failed),
                cmocka_unit_test(lying_bytes_are_found),
                cmocka_unit_test(text_is_put),
                cmocka_unit_test(what_is_flushed_arrives_whole_and_in_pieces),
                cmocka_unit_test(a_failed_flush_is_told_at_the_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
