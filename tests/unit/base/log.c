#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/log.h"
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* stderr goes to a file of the test's own while `body` runs; what came out is returned. */
static char *captured(void (*body)(void)) {
        static char text[256 * 1024];
        FILE *file = tmpfile();
        int saved = dup(STDERR_FILENO);
        size_t n;

        assert_non_null(file);
        assert_true(saved >= 0);
        assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
        body();
        assert_true(dup2(saved, STDERR_FILENO) >= 0);
        (void)close(saved);
        rewind(file);
        n = fread(text, 1, sizeof text - 1, file);
        text[n] = '\0';
        (void)fclose(file);
        return text;
}

static size_t lines_of(const char *text) {
        size_t n = 0;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

static void assert_matches(const char *text, const char *pattern) {
        regex_t re;

        assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
        if (regexec(&re, text, 0, NULL, 0) != 0)
                fail_msg("`%s` does not match `%s`", text, pattern);
        regfree(&re);
}

static void write_one(void) {
        log_init("engine", LOG_LEVEL_INFO);
        log_notice("broker-lost", "session=bulk", "connection refused by %s", "127.0.0.1");
}

static void a_line_has_its_form(void **state) {
        assert_matches(captured(write_one),
                       "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z engine "
                       "notice broker-lost session=bulk: connection refused by 127\\.0\\.0\\.1\n$");
}

static void write_levels(void) {
        log_init("engine", LOG_LEVEL_NOTICE);
        log_info("a", NULL, "not written");
        log_notice("b", NULL, "written");
        log_set_level(LOG_LEVEL_DEBUG);
        log_debug("c", NULL, "written");
        log_set_level(LOG_LEVEL_ERROR);
        log_warning("d", NULL, "not written");
        log_error("e", NULL, "written");
}

static void the_level_decides(void **state) {
        const char *text = captured(write_levels);

        assert_int_equal(lines_of(text), 3);
        assert_null(strstr(text, "not written"));
}

static void write_storm(void) {
        log_init("engine", LOG_LEVEL_INFO);
        for (int i = 0; i < 10000; i++)
                log_warning("same", "device=1", "the same line");
        for (int i = 0; i < 10000; i++)
                log_warning("differs", "device=1", "line %d", i);
        for (int i = 0; i < 1000; i++) { /* more names than there are slots */
                char event[32];

                (void)snprintf(event, sizeof event, "event-%d", i);
                log_warning(event, NULL, "once");
        }
}

static void a_storm_is_folded_and_counted(void **state) {
        const char *text = captured(write_storm);
        size_t folded = 0;

        assert_matches(text, "same device=1: the same line\n");
        assert_null(strstr(strstr(text, "same device=1") + 1, "same device=1"));
        for (const char *p = strstr(text, "more of these"); p; p = strstr(p + 1, "more of these"))
                folded++;
        assert_int_equal(folded, 2); /* their slots were needed by others: the counts are written */
        assert_matches(text, "warning same: 9999 more of these");
        assert_matches(text, "warning differs: 9980 more of these");
        assert_int_equal(lines_of(text), 1 + 20 + 1000 + 2);
}

static void write_hostile(void) {
        static char large[10000];

        memset(large, 'x', sizeof large - 1);
        log_init("engine", LOG_LEVEL_INFO);
        log_info("hostile",
                 "device=a\nb\x1b[31m\xc2\x9b"
                 "31m\xc3\x9b",
                 "line\nanother\r\x07");
        log_info("large", large, "%s", large);
}

static void no_device_forges_a_line(void **state) {
        const char *text = captured(write_hostile);

        assert_int_equal(lines_of(text), 2);
        assert_null(strstr(text, "\xc2\x9b"));     /* U+009B begins a sequence, too */
        assert_non_null(strstr(text, "\xc3\x9b")); /* and this is a letter */
        assert_null(strchr(text, '\x1b'));
        assert_null(strchr(text, '\r'));
        assert_matches(text, "device=a\\?b\\?\\[31m\\?\\?31m\xc3\x9b: line\\?another\\?\\?\n");
        assert_true(strlen(text) < 8192);
}

static void write_errno(void) {
        log_init("engine", LOG_LEVEL_INFO);
        errno = EPIPE;
        log_info("x", NULL, "y");
        assert_int_equal(errno, EPIPE);
}

static void errno_survives(void **state) {
        assert_int_equal(lines_of(captured(write_errno)), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_line_has_its_form),
                cmocka_unit_test(the_level_decides),
                cmocka_unit_test(a_storm_is_folded_and_counted),
                cmocka_unit_test(no_device_forges_a_line),
                cmocka_unit_test(errno_survives),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
