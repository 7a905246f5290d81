/* What matches, what is refused, and that a pattern and a subject chosen to be slow end at a bound. */
#include "expr/pattern.h"
#include <setjmp.h>
#include <stdarg.h>
// cmocka.h needs the two above
#include <cmocka.h>
#include <stdio.h>

struct row {
        const char *pattern, *subject;
        size_t n; /* of the subject, 0 = up to its NUL */
        int answer;
};

static const struct row rows[] = {
        { "oo", "Door", 0, 1 },
        { "^oo", "Door", 0, 0 },
        { "^[0-9A-Fa-f]{4,32}$", "04a3", 0, 1 },
        { "^[0-9A-Fa-f]{4,32}$", "04a3\n", 0, 0 }, /* $ is the very end */
        { "^a.b$", "a\nb", 0, 1 },
        { "", "", 0, 1 },
        { "^$", "", 0, 1 },
        { "^(card|fob) (?!0000)\\d{4}$", "fob 1234", 0, 1 },
        { "^(card|fob) (?!0000)\\d{4}$", "fob 0000", 0, 0 },
        { "(?i)ALARM", "fire alarm", 0, 1 },
        { "^(\\w+) \\1$", "open open", 0, 1 },
        { "^..$", "\xc3\xa4\xc3\xb6", 0, 1 }, /* characters, not bytes */
        { "^\\w$", "\xc3\xa4", 0, 0 },        /* \w is ASCII */
        { "^\xc3\xa4$", "\xc3\xa4", 0, 1 },
        { "b",
          "\xff\xfe"
          "b",
          0, 1 }, /* what is no UTF-8 matches nothing, what stands beside it does */
        { "^.",
          "\xff"
          "b",
          0, 0 },
        { ".", "\xc3", 0, 0 },
        { "^a.b$", "a\0b", 3, 1 },
        { "b", "a\0b", 3, 1 },
};

static const struct pattern *compiled(struct arena *arena, const char *text) {
        const struct pattern *p = NULL;
        const char *why = NULL;
        size_t at = 0;

        if (pattern_compile(arena, ww_str(text), &p, &why, &at))
                fail_msg("%s: %s at %zu", text, why ? why : "no memory", at);
        return p;
}

static void patterns_match(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row *row = &rows[i];
                struct ww_str subject = { row->subject, row->n ? row->n : strlen(row->subject) };
                int r = pattern_match(compiled(&arena, row->pattern), subject);

                if (r != row->answer)
                        fail_msg("row %zu, %s: %d", i, row->pattern, r);
        }
        assert_int_equal(pattern_match(compiled(&arena, "^$"), WW_STR_NONE), 1);
}

static void wrong_patterns_are_told(void **state) {
        static const struct {
                const char *text;
                size_t at;
                const char *why;
        } wrong[] = {
                { "a(", 2, "missing closing parenthesis" },
                { "*", 0, "does not follow a repeatable item" },
                { "[z-a]", 3, "out of order" },
                { "a\\C", 3, "\\C" },
                { "\\1", 1, "non-existent" },
                { "a\xff", 1, "UTF-8" },
                { "((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))", 33, "too deep" },
                { "(((a{99}){99}){99})", 19, "too large" },
        };
        _cleanup_arena_ struct arena arena = ARENA_INIT;

        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
                const struct pattern *p = NULL;
                const char *why = "";
                size_t at = 0;

                assert_int_equal(pattern_compile(&arena, ww_str(wrong[i].text), &p, &why, &at), PATTERN_E_WRONG);
                assert_null(p);
                if (!strstr(why, wrong[i].why) || at != wrong[i].at)
                        fail_msg("%s: %s at %zu", wrong[i].text, why, at);
        }
}

static void a_text_of_256_bytes_is_the_longest(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        char text[PATTERN_TEXT_MAX + 1];
        const struct pattern *p = NULL;
        const char *why = NULL;
        size_t at = 0;

        memset(text, 'a', sizeof text);
        assert_int_equal(pattern_compile(&arena, (struct ww_str){ text, PATTERN_TEXT_MAX }, &p, &why, &at), 0);
        assert_int_equal(pattern_match(p, (struct ww_str){ text, PATTERN_TEXT_MAX }), 1);
        assert_int_equal(pattern_match(p, (struct ww_str){ text, PATTERN_TEXT_MAX - 1 }), 0);
        assert_int_equal(pattern_compile(&arena, (struct ww_str){ text, PATTERN_TEXT_MAX + 1 }, &p, &why, &at),
                         PATTERN_E_WRONG);
        assert_int_equal(at, PATTERN_TEXT_MAX);
}

/* The usual patterns run over the longest subject to the end; one byte more is refused. */
static void a_subject_of_4_kib_is_the_longest(void **state) {
        static const char *const usual[] = { "x", "^.*[xy]", "a.*?x|ax", "^(a|b)*x", "^[^x]*x$", "^a(?:aa)*x" };
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        char subject[PATTERN_SUBJECT_MAX + 1];

        memset(subject, 'a', sizeof subject);
        for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
                const struct pattern *p = compiled(&arena, usual[i]);

                subject[PATTERN_SUBJECT_MAX - 1] = 'x';
                assert_int_equal(pattern_match(p, (struct ww_str){ subject, PATTERN_SUBJECT_MAX }), 1);
                subject[PATTERN_SUBJECT_MAX - 1] = 'a';
                assert_int_equal(pattern_match(p, (struct ww_str){ subject, PATTERN_SUBJECT_MAX }), 0);
                assert_int_equal(pattern_match(p, (struct ww_str){ subject, PATTERN_SUBJECT_MAX + 1 }), -E2BIG);
        }
}

/* Each would run for years, or, the last two, for seconds: a little at each byte. */
static void what_would_not_end_is_given_up(void **state) {
        static const char *const endless[] = {
                "^(a+)+$",
                "^(a|aa)+$",
                "^(a|a?)+$",
                "(.*)(.*)(.*)(.*)(.*)[xy]",
                "^((a{1,9}){1,9}){1,9}b?$",
                "(a*)*[xy]",
                "^(?:(?:a?){30}a{30})*$",
                "(?:(?=(a+))a*)*[xy]",
                "^(?<r>a(?&r)?a?)+[xy]",
                "(?:a[ab]){1,900}[xy]",
                "(?:a|b)*[xy]",
        };
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        char subject[PATTERN_SUBJECT_MAX];

        memset(subject, 'a', sizeof subject);
        subject[sizeof subject - 1] = '!';
        for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
                int r = pattern_match(compiled(&arena, endless[i]), (struct ww_str){ subject, sizeof subject });

                if (r != -ELOOP)
                        fail_msg("%s: %d", endless[i], r);
        }
}

/* An arena may be emptied under many patterns: nothing of theirs lies elsewhere (the sanitizer would tell). */
static void patterns_go_with_their_arena(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        char text[64];

        for (int i = 0; i < 300; i++) {
                (void)snprintf(text, sizeof text, "^(?<name>x|y){%d}(?:%d)?[[:alpha:]]$", i % 9 + 1, i);
                assert_int_equal(pattern_match(compiled(&arena, text), WW_STR("b")), 0);
                if (i % 50 == 49)
                        arena_reset(&arena);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(patterns_match),
                cmocka_unit_test(wrong_patterns_are_told),
                cmocka_unit_test(a_text_of_256_bytes_is_the_longest),
                cmocka_unit_test(a_subject_of_4_kib_is_the_longest),
                cmocka_unit_test(what_would_not_end_is_given_up),
                cmocka_unit_test(patterns_go_with_their_arena),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
