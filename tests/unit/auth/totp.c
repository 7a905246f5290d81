/* The second factor against the numbers of RFC 6238, appendix B (their last six digits), and RFC 4648's base32. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/totp.h"

static const uint8_t secret[] = "12345678901234567890";
#define N 20

static void test_rfc(void **state) {
        static const struct {
                int64_t time;
                uint32_t code;
        } rows[] = {
                { 59, 287082 },       { 1111111109, 81804 },  { 1111111111, 50471 },
                { 1234567890, 5924 }, { 2000000000, 279037 }, { INT64_C(20000000000), 353130 },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                assert_int_equal(totp_code(secret, N, (uint64_t)rows[i].time / TOTP_STEP), rows[i].code);
}

static void test_window(void **state) {
        uint64_t step;

        assert_true(totp_check(secret, N, 1111111109, "081804", 0, &step));
        assert_int_equal(step, 37037036);
        assert_true(totp_check(secret, N, 1111111109 + 30, "081804", 0, &step)); /* a clock that is behind */
        assert_true(totp_check(secret, N, 1111111109 - 30, "081804", 0, &step));
        assert_false(totp_check(secret, N, 1111111109 + 61, "081804", 0, &step));
        assert_false(totp_check(secret, N, 1111111109 - 61, "081804", 0, &step));
}

static void test_once(void **state) {
        uint64_t step = 0;

        assert_true(totp_check(secret, N, 1111111109, "081804", 0, &step));
        assert_false(totp_check(secret, N, 1111111110, "081804", step, &step));
        assert_true(totp_check(secret, N, 1111111111, "050471", step, &step)); /* the next step's */
}

static void test_malformed(void **state) {
        static const char *const codes[] = { "", "81804", "0081804", "08180a", " 81804", "-81804", "081804 " };
        uint64_t step;

        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
                assert_false(totp_check(secret, N, 1111111109, codes[i], 0, &step));
        assert_false(totp_check(secret, N, 0, "081804", 0, &step));
}

static void test_text(void **state) {
        char text[TOTP_TEXT_SIZE];

        totp_text((const uint8_t *)"foobarfoobarfoobarfo", text);
        assert_string_equal(text, "MZXW6YTBOJTG633CMFZGM33PMJQXEZTP");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rfc),       cmocka_unit_test(test_window), cmocka_unit_test(test_once),
                cmocka_unit_test(test_malformed), cmocka_unit_test(test_text),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
