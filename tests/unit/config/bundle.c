#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "config/bundle.h"

static void add(struct bundle *b, enum bundle_role role, const char *path, const char *text) {
        assert_int_equal(bundle_add_text(b, role, path, ww_str(text)), 0);
}

static void order_of_adding_does_not_matter(void **state) {
        _cleanup_bundle_ struct bundle a = { 0 }, b = { 0 }, c = { 0 };

        add(&a, BUNDLE_RULES, "r.yaml", "rules");
        add(&a, BUNDLE_SENSORS, "z.yaml", "types");
        add(&a, BUNDLE_SENSORS, "a.yaml", "types");
        assert_int_equal(bundle_seal(&a), 0);
        add(&b, BUNDLE_SENSORS, "a.yaml", "types");
        add(&b, BUNDLE_SENSORS, "z.yaml", "types");
        add(&b, BUNDLE_RULES, "r.yaml", "rules");
        assert_int_equal(bundle_seal(&b), 0);
        assert_string_equal(a.hash, b.hash);
        assert_int_equal(strlen(a.hash), 32);
        add(&c, BUNDLE_SENSORS, "a.yaml", "types");
        add(&c, BUNDLE_SENSORS, "z.yaml", "types.");
        add(&c, BUNDLE_RULES, "r.yaml", "rules");
        assert_int_equal(bundle_seal(&c), 0);
        assert_string_not_equal(a.hash, c.hash);
}

static void a_bundle_goes_through_a_record(void **state) {
        _cleanup_bundle_ struct bundle a = { 0 }, b = { 0 };
        _cleanup_buf_ struct buf bytes = BUF_INIT;

        for (int i = 0; i < 100; i++) {
                char path[8] = { 'p', (char)('0' + i / 10), (char)('0' + i % 10) };

                add(&a, (enum bundle_role)(i % 3 + 1), path, i % 7 ? "text\n" : "");
        }
        assert_int_equal(bundle_seal(&a), 0);
        assert_int_equal(bundle_encode(&a, &bytes), 0);
        assert_int_equal(bundle_decode(buf_str(&bytes), &b), 0);
        assert_int_equal(b.n, 100);
        assert_string_equal(a.hash, b.hash);
        for (size_t i = 0; i < b.n; i++) {
                assert_int_equal(a.files[i].role, b.files[i].role);
                assert_true(ww_str_equal(a.files[i].path, b.files[i].path));
                assert_true(ww_str_equal(a.files[i].text, b.files[i].text));
        }
        assert_true(ww_str_is(bundle_source(&b, WW_STR("p01")), "text\n"));
        assert_int_equal(bundle_source(&b, WW_STR("p0")).n, 0);
}

static void an_empty_bundle_is_one(void **state) {
        _cleanup_bundle_ struct bundle a = { 0 }, b = { 0 };
        _cleanup_buf_ struct buf bytes = BUF_INIT;

        assert_int_equal(bundle_seal(&a), 0);
        assert_int_equal(bundle_encode(&a, &bytes), 0);
        assert_int_equal(bundle_decode(buf_str(&bytes), &b), 0);
        assert_string_equal(a.hash, b.hash);
}

/* Each byte of an encoding changed, and each prefix: good or refused, and what is good is canonical. */
static void damaged_records_are_refused(void **state) {
        _cleanup_bundle_ struct bundle a = { 0 };
        _cleanup_buf_ struct buf bytes = BUF_INIT;

        add(&a, BUNDLE_SENSORS, "a", "one");
        add(&a, BUNDLE_RULES, "b", "two");
        assert_int_equal(bundle_seal(&a), 0);
        assert_int_equal(bundle_encode(&a, &bytes), 0);
        for (size_t n = 0; n < bytes.n; n++) {
                struct bundle b = { 0 };

                assert_int_equal(bundle_decode((struct ww_str){ (const char *)bytes.p, n }, &b), -EBADMSG);
                assert_null(b.files);
        }
        for (size_t i = 0; i < bytes.n; i++)
                for (int bit = 0; bit < 8; bit++) {
                        _cleanup_buf_ struct buf again = BUF_INIT;
                        _cleanup_bundle_ struct bundle b = { 0 };

                        bytes.p[i] ^= (uint8_t)(1 << bit);
                        if (bundle_decode(buf_str(&bytes), &b) == 0) {
                                assert_int_equal(bundle_encode(&b, &again), 0);
                                assert_true(ww_str_equal(buf_str(&again), buf_str(&bytes)));
                                assert_string_not_equal(a.hash, b.hash);
                        }
                        bytes.p[i] ^= (uint8_t)(1 << bit);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(order_of_adding_does_not_matter),
                cmocka_unit_test(a_bundle_goes_through_a_record),
                cmocka_unit_test(an_empty_bundle_is_one),
                cmocka_unit_test(damaged_records_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
