#include "store/escape.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_text(struct ww_str in, struct ww_str out) {
        _cleanup_buf_ struct buf b = BUF_INIT;

        escape_text(&b, in);
        assert_int_equal(b.error, 0);
        assert_int_equal(b.n, out.n);
        if (out.n)
                assert_memory_equal(b.p, out.p, out.n);
        assert_int_equal(escape_plain(in), ww_str_equal(in, out));
}

#define TEXT(in, out) assert_text(WW_STR(in), WW_STR(out))

static void test_plain(void **state) {
        assert_text(WW_STR_NONE, WW_STR_NONE);
        TEXT("zigbee2mqtt/ward3_door", "zigbee2mqtt/ward3_door");
        TEXT("\xc3\xa9 \xe7\x97\x85 \xf0\x9f\x9a\xa8\n", "\xc3\xa9 \xe7\x97\x85 \xf0\x9f\x9a\xa8\n");
        TEXT("\x7f\xc2\x80\xdf\xbf", "\x7f\xc2\x80\xdf\xbf");
        TEXT("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf");
}

static void test_hostile(void **state) {
        TEXT("\0", "\\000");
        TEXT("a\0b", "a\\000b");
        TEXT("\\", "\\\\");
        TEXT("C:\\dir", "C:\\\\dir");
        TEXT("\xff\xfe", "\\377\\376");
        TEXT("\xc3", "\\303");                            /* cut off */
        TEXT("\xe7\x97", "\\347\\227");                   /* cut off */
        TEXT("\xc0\xaf", "\\300\\257");                   /* overlong */
        TEXT("\xe0\x9f\xbf", "\\340\\237\\277");          /* overlong */
        TEXT("\xf0\x8f\xbf\xbf", "\\360\\217\\277\\277"); /* overlong */
        TEXT("\xed\xa0\x80", "\\355\\240\\200");          /* surrogate */
        TEXT("\xf4\x90\x80\x80", "\\364\\220\\200\\200"); /* above U+10FFFF */
        TEXT("\xc3\xa9\xa9", "\xc3\xa9\\251");
}

/* Each byte that is not plain is found at each place of a word and in its rest. */
static void test_every_place(void **state) {
        char text[40];

        for (size_t n = 1; n < sizeof text; n++) {
                for (size_t at = 0; at < n; at++) {
                        memset(text, 'a', n);
                        assert_true(escape_plain((struct ww_str){ text, n }));
                        text[at] = '\\';
                        assert_false(escape_plain((struct ww_str){ text, n }));
                        text[at] = '\0';
                        assert_false(escape_plain((struct ww_str){ text, n }));
                        text[at] = '\x80';
                        assert_false(escape_plain((struct ww_str){ text, n }));
                        text[at] = '\x7f';
                        assert_true(escape_plain((struct ww_str){ text, n }));
                }
        }
}

static void assert_json(struct ww_str in, const char *out) {
        _cleanup_buf_ struct buf b = BUF_INIT;

        escape_json(&b, in);
        assert_int_equal(b.n, strlen(out));
        assert_memory_equal(b.p, out, b.n);
}

static void test_json(void **state) {
        assert_json(WW_STR(""), "\"\"");
        assert_json(WW_STR("floor"), "\"floor\"");
        assert_json(WW_STR("a\"b\n\x01"), "\"a\\\"b\\u000a\\u0001\"");
        /* first the escape of the text, then that of JSON */
        assert_json(WW_STR("\\"), "\"\\\\\\\\\"");
        assert_json(WW_STR("\0\xff"), "\"\\\\000\\\\377\"");
}

/* A name is at most ESCAPE_CUT bytes long, and two long names that differ at their end stay different. */
static void test_name(void **state) {
        char a[3000], b[3000];
        _cleanup_buf_ struct buf x = BUF_INIT, y = BUF_INIT;

        memset(a, 'a', sizeof a);
        memcpy(b, a, sizeof b);
        b[sizeof b - 1] = 'b';
        escape_name(&x, (struct ww_str){ a, ESCAPE_CUT });
        assert_int_equal(x.n, ESCAPE_CUT);
        assert_memory_equal(x.p, a, ESCAPE_CUT);
        for (size_t n = ESCAPE_CUT + 1; n < sizeof a; n += 611) {
                buf_reset(&x);
                escape_name(&x, (struct ww_str){ a, n });
                assert_true(x.n <= ESCAPE_CUT);
                assert_true(escape_plain(buf_str(&x)));
        }
        buf_reset(&x);
        escape_name(&x, (struct ww_str){ a, sizeof a });
        escape_name(&y, (struct ww_str){ b, sizeof b });
        assert_false(ww_str_equal(buf_str(&x), buf_str(&y)));
}

/* The cut falls neither into a character nor into an escape, wherever it comes. */
static void test_name_cut(void **state) {
        for (size_t shift = 0; shift < 8; shift++) {
                char in[2000];
                _cleanup_buf_ struct buf out = BUF_INIT;

                memset(in, 'x', shift);
                for (size_t i = shift; i + 5 <= sizeof in; i += 5)
                        memcpy(in + i, "\xe7\x97\x85\xff\\", 5);
                escape_name(&out, (struct ww_str){ in, sizeof in - 8 });
                assert_true(out.n <= ESCAPE_CUT);
                for (size_t i = 0; i < out.n; i++) {
                        if (out.p[i] != '\\')
                                continue;
                        if (out.p[i + 1] == '\\')
                                i++;
                        else
                                for (int k = 1; k <= 3; k++, i++)
                                        assert_in_range(out.p[i + 1], '0', '7');
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_plain), cmocka_unit_test(test_hostile),  cmocka_unit_test(test_json),
                cmocka_unit_test(test_name),  cmocka_unit_test(test_name_cut), cmocka_unit_test(test_every_place),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
