/* Text of devices on a terminal: nothing to act on, and columns that hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "capture.h"
#include "command/plain.h"

static const char *shown(const char *s, size_t columns) {
        static char text[256];
        FILE *to = tmpfile();
        int saved;

        assert_non_null(to);
        saved = capture_begin(stdout, to);
        plain_put_column(s, columns);
        capture_end(stdout, to, saved, text, sizeof text);
        return text;
}

static void test_column(void **state) {
        (void)state;
        assert_string_equal(shown("W3", 4), "W3  ");
        assert_string_equal(shown("W345", 4), "W345");
        assert_string_equal(shown("W3456", 4), "W3456");
        assert_string_equal(shown("", 2), "  ");
        assert_string_equal(shown("Tür", 4), "Tür "); /* a character, not a byte, is a column */
        assert_string_equal(shown("a\033[2J", 6), "a.[2J ");
        assert_string_equal(shown("\302\233x", 3), ".x "); /* the CSI of two bytes becomes one point */
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_column) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
