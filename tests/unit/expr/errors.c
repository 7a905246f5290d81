/* What is wrong, where, and the cure: one row per mistake. And random expressions: canonical text reads back the same.
 */
#include "bench.h"

struct row {
        const char *text;
        unsigned column;            /* the text starts at 5 */
        const char *message, *cure; /* parts of them; cure NULL = none */
};

static const struct row rows[] = {
        { "", 5, "an empty expression", "leave the key out" },
        { "n ==", 9, "ends where a value is missing", NULL },
        { "n == ==", 10, "found `==` where a value was expected", NULL },
        { "n = 3", 7, "`=`", "write `==`" },
        { "t && f", 7, "`&&`", "write `and`" },
        { "!t", 5, "`!`", "write `not`" },
        { "t AND f", 7, "`AND`", "write `and`" },
        { "n == null", 10, "`null`", "missing(x)" },
        { "n # 3", 7, "unexpected character `#`", "quotes" },
        { "(n == 3", 12, "ends where `)` is missing", "every `(`" },
        { "lower(s", 12, "ends where `,` or `)` is missing", "close the call" },
        { "n => 3", 7, "not a sign of this language: `=>`", "write `>=`" },
        { "n == 3)", 11, "found `)`", NULL },
        { "n 3", 7, "found `3` where an operator", "quotes" },
        { "1 < n < 9", 11, "found `<`", "comparisons do not chain" },
        { "s == \"abc", 10, "no end", "same quote" },
        { "s == \"a\\q\"", 12, "unknown escape `\\q`", "'…'" },
        { "n > 30x", 9, "neither a number nor a span: `30x`", "us, ms, s, m, h or d" },
        { "n > 1e999", 9, "too large", NULL },
        { "n == 3 and ful", 16, "unknown name `ful`", NULL },
        { "hlf > 1", 5, "unknown name `hlf`", "did you mean `half`?" },
        { "utf == '\xc3\xa4' and hlf > 1", 20, "unknown name `hlf`", "half" }, /* columns count characters */
        { "n-zero > 1", 5, "unknown name `n-zero`", NULL },
        { "t and forbidden", 11, "told by the scope", "leave it out" },
        { "starts_wth(s, s)", 5, "unknown function `starts_wth`", "did you mean `starts_with`?" },
        { "lower(s, s)", 5, "does not take 2 arguments", "lower(text)" },
        { "lower(n)", 11, "`lower` cannot take a number", "lower(text)" },
        { "min(1, 1s)", 12, "cannot take a span", "min(" },
        { "n + 1", 7, "a condition is wanted here, this is a number", "write a comparison" },
        { "s == 3", 7, "`==` cannot take a text and a number", "number(x)" },
        { "d > 3", 7, "`>` cannot take a span and a number", "spans have a unit" },
        { "d + s == d", 7, "`+` cannot take a span and a text", "unit" },
        { "now + now > now", 9, "cannot take an instant and an instant", NULL },
        { "t < f", 7, "`<` cannot take", "no order" },
        { "n and t", 5, "`and` takes conditions, this is a number", "write a comparison" },
        { "not s", 9, "`not` takes conditions", NULL },
        { "n in @staff", 7, "`in` cannot take", "texts" },
        { "s in @stuff", 10, "unknown list `@stuff`", "lists:" },
        { "s in s", 10, "found `s` where a list was expected", "x in [a, b]" },
        { "s == [a]", 10, "found `[`", "right of `in` only" },
        { "s in [lower(s)]", 16, "found `(`", "close the list" },
        { "n in [a]", 11, "never in a list", NULL },
        { "s not in [a]", 7, "found `not`", "not x in" },
        { "s matches 'a('", 18, "missing closing parenthesis", "behind a `\\`" },
        { "s matches role", 15, "takes a pattern in quotes", NULL },
        { "s matches '*'", 16, "does not follow a repeatable item", NULL },
        { "s matches '[z-a]'", 19, "out of order", NULL },
        { "s matches '((a{99}){99}){99}'", 33, "this pattern is wrong: `((a{99}){99}){99}`: ", NULL },
};

static int compile(struct arena *arena, const char *text, struct diag *d, const struct expr **ret) {
        return expr_compile(arena, ww_str(text), (struct diag_pos){ WW_STR("f"), 3, 5 }, &bench_scope, EXPR_BOOL, d,
                            ret);
}

static void test_rows(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const struct row *row = &rows[i];
                struct diag d = DIAG_INIT;
                const struct expr *e = NULL;
                const struct diag_message *m;

                if (compile(&arena, row->text, &d, &e) != DIAG_E_USER || d.n != 1)
                        fail_msg("%s: not refused, or not once", row->text);
                assert_null(e);
                m = &d.messages[0];
                assert_non_null(m->help);
                if (m->pos.line != 3 || m->pos.column != row->column || !strstr(m->text, row->message) ||
                    (row->cure && (!m->help || !strstr(m->help, row->cure))))
                        fail_msg("%s: %u: %s (%s)", row->text, m->pos.column, m->text, m->help ? m->help : "");
                diag_deinit(&d);
                arena_reset(&arena);
        }
}

static void refused(struct arena *arena, const char *text) {
        struct diag d = DIAG_INIT;
        const struct expr *e;

        assert_int_equal(compile(arena, text, &d, &e), DIAG_E_USER);
        diag_deinit(&d);
}

static void accepted(struct arena *arena, const char *text) {
        struct diag d = DIAG_INIT;
        const struct expr *e;

        if (compile(arena, text, &d, &e))
                fail_msg("%s: %s", text, d.messages[0].text);
        assert_false(expr_type_of(e) != EXPR_BOOL);
}

/* `unit` n times, then `tail` */
static char *repeated(struct buf *b, const char *unit, unsigned n, const char *tail) {
        buf_reset(b);
        while (n--)
                buf_puts(b, unit);
        buf_puts(b, tail);
        buf_put_u8(b, 0);
        return (char *)b->p;
}

static void test_bounds(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf b = BUF_INIT;

        accepted(&arena, repeated(&b, "not ", 32, "t"));
        refused(&arena, repeated(&b, "not ", 33, "t"));
        accepted(&arena, repeated(&b, "t and ", 127, "t")); /* 255 parts */
        refused(&arena, repeated(&b, "t and ", 128, "t"));
        refused(&arena, repeated(&b, "(", 4000, "t"));
        refused(&arena, repeated(&b, "-", 4000, "1 == 1"));
        refused(&arena, repeated(&b, " ", 5000, "t"));
}

static uint32_t seed = 1;

static unsigned pick(unsigned n) {
        seed = seed * 1664525 + 1013904223;
        return (seed >> 16) % n;
}

static void grow(struct buf *b, enum expr_type want, unsigned depth);

static void grow_pair(struct buf *b, enum expr_type type, const char *op, unsigned depth) {
        buf_puts(b, "(");
        grow(b, type, depth);
        buf_printf(b, " %s ", op);
        grow(b, type, depth);
        buf_puts(b, ")");
}

/* A random text of the wanted type. */
static void grow(struct buf *b, enum expr_type want, unsigned depth) {
        static const char *const leaves[][4] = {
                [EXPR_BOOL] = { "t", "f", "true", "open-day" },
                [EXPR_NUMBER] = { "n", "-0.125", "any", "count(a.b)" },
                [EXPR_STRING] = { "s", "\"a\\\"\\x01\"", "role", "empty" },
                [EXPR_SPAN] = { "d", "90s", "-1.5h", "0s" },
        };
        static const char *const compare[] = { "==", "!=", "<", "<=", ">", ">=" };
        static const char *const calculate[] = { "+", "-", "*", "/", "%" };
        static const enum expr_type ordered[] = { EXPR_NUMBER, EXPR_STRING, EXPR_SPAN };

        if (depth == 0 || pick(8) == 0) {
                buf_puts(b, leaves[want][pick(4)]);
        } else if (want == EXPR_NUMBER) {
                if (pick(4) == 0) {
                        buf_puts(b, "-");
                        grow(b, want, depth - 1);
                } else {
                        grow_pair(b, want, calculate[pick(5)], depth - 1);
                }
        } else if (want == EXPR_SPAN) {
                grow_pair(b, want, pick(2) ? "+" : "-", depth - 1);
        } else if (want == EXPR_STRING) {
                buf_puts(b, "lower(");
                grow(b, want, depth - 1);
                buf_puts(b, ")");
        } else if (pick(3) == 0) {
                buf_puts(b, "(not ");
                grow(b, want, depth - 1);
                buf_puts(b, ")");
        } else if (pick(2)) {
                grow_pair(b, want, pick(2) ? "and" : "or", depth - 1);
        } else {
                grow_pair(b, ordered[pick(3)], compare[pick(6)], depth - 1);
        }
}

static bool same(struct ww_value a, struct ww_value b) {
        return a.type == b.type && (a.type != WW_BOOL || a.boolean == b.boolean);
}

static void test_random_expressions_print_to_a_fixpoint(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf b = BUF_INIT, first = BUF_INIT, second = BUF_INIT;
        unsigned compiled = 0;

        for (unsigned i = 0; i < 3000; i++) {
                struct diag d = DIAG_INIT;
                const struct expr *e, *again;

                buf_reset(&b);
                buf_reset(&first);
                buf_reset(&second);
                grow(&b, EXPR_BOOL, 1 + i % 6);
                buf_put_u8(&b, 0);
                if (compile(&arena, (char *)b.p, &d, &e) == 0) {
                        assert_int_equal(expr_print(e, &first), 0);
                        buf_put_u8(&first, 0);
                        if (compile(&arena, (char *)first.p, &d, &again))
                                fail_msg("%s\n%s\n%s", (char *)b.p, (char *)first.p, d.messages[0].text);
                        assert_int_equal(expr_print(again, &second), 0);
                        buf_put_u8(&second, 0);
                        assert_string_equal((char *)first.p, (char *)second.p);
                        assert_true(same(bench_eval(e, &arena), bench_eval(again, &arena)));
                        compiled++;
                }
                diag_deinit(&d);
                arena_reset(&arena);
        }
        assert_true(compiled > 2500); /* the others are too large */
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_random_expressions_print_to_a_fixpoint),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
