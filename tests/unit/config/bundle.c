#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "config/bundle.h"
#include "config/site.h"

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

                add(&a, (enum bundle_role)(i % 4 + 1), path, i % 7 ? "text\n" : "");
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

static int add_site(struct bundle *b, const char *path, const char *text, struct diag *d) {
        add(b, BUNDLE_SITE, path, text);
        return bundle_add_timezones(b, b->n - 1, d);
}

/* A journal is replayed with the data that it carries. */
static void a_time_zone_comes_along(void **state) {
        _cleanup_bundle_ struct bundle a = { 0 }, b = { 0 };
        _cleanup_(symtab_freep) struct symtab *symbols = NULL;
        _cleanup_(site_freep) struct site *site = NULL;
        _cleanup_buf_ struct buf bytes = BUF_INIT;
        struct diag d = DIAG_INIT;

        assert_int_equal(add_site(&a, "a.yaml", "timezone: Europe/Berlin\n", &d), 0);
        assert_int_equal(add_site(&a, "b.yaml", "zones: []\n", &d), 0);
        assert_int_equal(add_site(&a, "c.yaml", "timezone: Europe/Berlin\n", &d), 0);
        assert_int_equal(add_site(&a, "d.yaml", "timezone: [\n", &d), 0); /* told when it is compiled */
        add(&a, BUNDLE_RULES, "e.yaml", "timezone: Asia/Shanghai\n");
        assert_int_equal(bundle_add_timezones(&a, 0, &d), 0);
        assert_int_equal(a.n, 6);
        a.n = 4; /* without what is wrong in d.yaml */
        assert_int_equal(bundle_seal(&a), 0);
        assert_int_equal(bundle_encode(&a, &bytes), 0);
        assert_int_equal(bundle_decode(buf_str(&bytes), &b), 0);
        assert_int_equal(b.files[3].role, BUNDLE_TIMEZONE);
        assert_true(ww_str_is(b.files[3].path, "Europe/Berlin"));
        assert_memory_equal(b.files[3].text.p, "TZif", 4);
        assert_int_equal(symtab_new(&symbols), 0);
        assert_int_equal(site_compile(&site, &b, symbols, &d), 0);
        assert_int_equal(site_window_of(site, 0, WW_DAY).from, -WW_HOUR);
        diag_deinit(&d);
}

static void unknown_time_zones_are_told(void **state) {
        static const struct {
                const char *text, *message, *help;
        } rows[] = {
                { "timezone: Europe/Berlim\n", "unknown time zone `Europe/Berlim`", "did you mean `Europe/Berlin`?" },
                { "timezone: Shanghai\n", "unknown time zone `Shanghai`", "did you mean `Asia/Shanghai`?" },
                { "timezone: ../zoneinfo/UTC\n", "unknown time zone `../zoneinfo/UTC`", NULL },
                { "timezone: Europe\n", "unknown time zone `Europe`", NULL },
                { "timezone: /etc/localtime\n", "unknown time zone `/etc/localtime`",
                  "a name such as Europe/Berlin; the data is of the package tzdata" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                _cleanup_bundle_ struct bundle b = { 0 };
                struct diag d = DIAG_INIT;

                assert_int_equal(add_site(&b, "a.yaml", rows[i].text, &d), DIAG_E_USER);
                assert_int_equal(b.n, 1);
                assert_int_equal(d.messages[0].pos.line, 1);
                assert_int_equal(d.messages[0].pos.column, 11);
                assert_true(ww_str_is(d.messages[0].pos.file, "a.yaml"));
                assert_string_equal(d.messages[0].text, rows[i].message);
                if (rows[i].help)
                        assert_string_equal(d.messages[0].help, rows[i].help);
                diag_deinit(&d);
        }
}

static void data_of_no_use_is_told(void **state) {
        _cleanup_bundle_ struct bundle b = { 0 };
        _cleanup_(symtab_freep) struct symtab *symbols = NULL;
        struct site *site = NULL;
        struct diag d = DIAG_INIT;

        add(&b, BUNDLE_SITE, "a.yaml", "timezone: Europe/Berlin\n");
        add(&b, BUNDLE_TIMEZONE, "Europe/Berlin", "TZ");
        assert_int_equal(bundle_seal(&b), 0);
        assert_int_equal(symtab_new(&symbols), 0);
        assert_int_equal(site_compile(&site, &b, symbols, &d), DIAG_E_USER);
        assert_string_equal(d.messages[0].text,
                            "the data of time zone `Europe/Berlin` is of no use: it is no TZif file");
        assert_string_equal(d.messages[0].help, "install the package tzdata anew");
        diag_deinit(&d);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(order_of_adding_does_not_matter), cmocka_unit_test(a_bundle_goes_through_a_record),
                cmocka_unit_test(an_empty_bundle_is_one),          cmocka_unit_test(damaged_records_are_refused),
                cmocka_unit_test(a_time_zone_comes_along),         cmocka_unit_test(unknown_time_zones_are_told),
                cmocka_unit_test(data_of_no_use_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
