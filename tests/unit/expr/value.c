/* Text → canonical text = value, one row each. */
#include "bench.h"

#include "base/span.h"

struct row {
        const char *text, *value, *print; /* print NULL: as written */
};

static const struct row rows[] = {
        /* literals */
        { "1", "1", NULL },
        { "1.50", "1.5", "1.5" },
        { "1e3", "1000", "1000" },
        { "1e-3", "0.001", "0.001" },
        { "0.1", "0.1", NULL },
        { "1e300", "1e+300", "1e+300" },
        { "-3", "-3", NULL },
        { "- 3", "-3", "-3" },
        { "--3", "3", "3" },
        { "-n", "-7", NULL },
        { "--n", "7", NULL },
        { "true", "true", NULL },
        { "false", "false", NULL },
        { "\"a\"", "'a'", NULL },
        { "'a'", "'a'", "\"a\"" },
        { "'it''s'", "'it's'", "\"it's\"" },
        { "\"a\\\"b\\\\\"", "'a\"b\\'", NULL },
        { "\"\\x41\\n\"", "'A\n'", "\"A\\x0a\"" },
        { "''", "''", "\"\"" },
        { "30m", "30m", NULL },
        { "90s", "90s", NULL },
        { "60s", "1m", "1m" },
        { "1.5h", "90m", "90m" },
        { "250ms", "250ms", NULL },
        { "0s", "0s", NULL },
        { "-5m", "-5m", NULL },
        /* names and calls */
        { "n", "7", NULL },
        { "door.exit", "true", NULL },
        { "a.b[0].c", "1", NULL },
        { "x.\"0500<00\"", "2", NULL },
        { "open-day", "true", NULL },
        { "gone", "missing", NULL },
        { "void", "null", NULL },
        { "count(abc)", "3", NULL },
        { "count( a.b )", "3", "count(a.b)" },
        { "twice(n + 1)", "16", NULL },
        { "max(n)", "99", NULL },
        { "max(n, 9)", "9", NULL },
        /* arithmetic */
        { "1+2", "3", "1 + 2" },
        { "1 + 2 * 3", "7", NULL },
        { "(1 + 2) * 3", "9", NULL },
        { "10 - 4 - 3", "3", NULL },
        { "10 - (4 - 3)", "9", NULL },
        { "7 / 2", "3.5", NULL },
        { "7 % 4", "3", NULL },
        { "-7 % 4", "-3", NULL },
        { "1 / 0", "missing", NULL },
        { "1 % 0", "missing", NULL },
        { "n / zero", "missing", NULL },
        { "1e308 * 10", "missing", "1e+308 * 10" },
        { "gone + 1", "missing", NULL },
        { "1 - void", "missing", NULL },
        { "gone * gone", "missing", NULL },
        { "role + 1", "missing", NULL },
        { "-gone", "missing", NULL },
        { "1m + 30s", "90s", NULL },
        { "1m - 90s", "-30s", NULL },
        { "d * 2", "3m", NULL },
        { "2 * d", "3m", NULL },
        { "d / 2", "45s", NULL },
        { "d / 30s", "3", NULL },
        { "d / 0s", "missing", NULL },
        { "d % 1m", "30s", NULL },
        { "d / zero", "missing", NULL },
        { "100000d * 1000000", "missing", NULL },
        { "100000000d + 100000000d", "missing", NULL },
        { "now - since", "10m", NULL },
        { "now - since > 5m", "true", NULL },
        { "now - 1m > since", "true", NULL },
        { "now + gone", "missing", NULL },
        { "now - since == 10m", "true", NULL },
        /* comparison */
        { "n == 7", "true", NULL },
        { "n==7", "true", "n == 7" },
        { "n != 7", "false", NULL },
        { "n < 7", "false", NULL },
        { "n <= 7", "true", NULL },
        { "n > 7", "false", NULL },
        { "n >= 7", "true", NULL },
        { "n < 7.5", "true", NULL },
        { "s == \"Door\"", "true", NULL },
        { "s == Door", "true", "s == \"Door\"" },
        { "s < \"Dooz\"", "true", NULL },
        { "s < \"Doo\"", "false", NULL },
        { "empty == \"\"", "true", NULL },
        { "empty < \"a\"", "true", NULL },
        { "t == true", "true", NULL },
        { "t != f", "true", NULL },
        { "d == 90s", "true", NULL },
        { "d < 91s", "true", NULL },
        { "gone == 1", "false", NULL },
        { "gone != 1", "false", NULL },
        { "gone == gone", "false", NULL },
        { "gone < 1", "false", NULL },
        { "void == void", "false", NULL },
        { "void != 1", "false", NULL },
        { "not gone == 1", "true", NULL },
        { "not (void < 1)", "true", "not void < 1" },
        { "role == 3", "missing", NULL },
        { "not role == 3", "true", NULL },
        { "role != 3", "missing", NULL },
        { "any == 3", "true", NULL },
        { "any < s", "missing", NULL },
        /* a word beside a symbolic value */
        { "role == pharmacist", "true", "role == \"pharmacist\"" },
        { "role != pharmacist", "false", "role != \"pharmacist\"" },
        { "role == nurse", "false", "role == \"nurse\"" },
        { "role == door.opened", "false", "role == \"door.opened\"" },
        { "role == s", "false", NULL }, /* a name of the scope stays one */
        { "role == door.exit", "missing", NULL },
        { "lower(s) == door", "true", "lower(s) == \"door\"" },
        { "role == night-nurse", "false", "role == \"night-nurse\"" },
        /* lists */
        { "role in [nurse, pharmacist]", "true", "role in [\"nurse\", \"pharmacist\"]" },
        { "role in [nurse]", "false", "role in [\"nurse\"]" },
        { "role in []", "false", NULL },
        { "n in [1, 7]", "true", NULL },
        { "n in [-7, 8]", "false", NULL },
        { "d in [90s]", "true", NULL },
        { "any in [pharmacist, 3]", "true", "any in [\"pharmacist\", 3]" },
        { "gone in [a]", "false", "gone in [\"a\"]" },
        { "not role in [a]", "true", "not role in [\"a\"]" },
        { "role in @staff", "true", NULL },
        { "s in @staff", "false", NULL },
        { "gone in @staff", "false", NULL },
        { "any in @staff", "false", NULL },
        /* matches */
        { "s matches 'oo'", "true", "s matches \"oo\"" },
        { "s matches '^oo'", "false", "s matches \"^oo\"" },
        { "s matches '^[A-Z]o{2}r$'", "true", "s matches \"^[A-Z]o{2}r$\"" },
        { "role matches '^pharm|^nurse'", "true", "role matches \"^pharm|^nurse\"" },
        { "gone matches 'a'", "false", "gone matches \"a\"" },
        { "any matches '3'", "missing", "any matches \"3\"" },
        { "utf matches '^..$'", "true", "utf matches \"^..$\"" },
        { "s matches '\\d'", "false", "s matches \"\\\\d\"" },
        /* logic */
        { "t and f", "false", NULL },
        { "t or f", "true", NULL },
        { "not t", "false", NULL },
        { "not not t", "true", NULL },
        { "t or f and f", "true", NULL },
        { "(t or f) and f", "false", NULL },
        { "t and (f or t)", "true", NULL },
        { "t and (t and f)", "false", NULL },
        { "not (t and f)", "true", NULL },
        { "not t and f", "false", NULL },
        { "gone and t", "false", NULL },
        { "gone or t", "true", NULL },
        { "not gone", "true", NULL },
        { "not void", "true", NULL },
        { "any and t", "false", NULL },
        { "n == 7 and not f", "true", NULL },
        { "(n == 7) == t", "true", NULL },
        { "t == (n == 7)", "true", NULL },
        { "count(a) >= 3 or\n count(abc) >= 3", "true", "count(a) >= 3 or count(abc) >= 3" },
        /* functions */
        { "lower(s)", "'door'", NULL },
        { "upper(s)", "'DOOR'", NULL },
        { "lower(\"x\")", "'x'", NULL },
        { "lower(gone)", "missing", NULL },
        { "lower(any)", "missing", NULL },
        { "starts_with(s, \"Do\")", "true", NULL },
        { "starts_with(s, \"Doors\")", "false", NULL },
        { "starts_with(s, \"\")", "true", NULL },
        { "ends_with(s, \"or\")", "true", NULL },
        { "ends_with(s, \"Do\")", "false", NULL },
        { "contains(s, \"oo\")", "true", NULL },
        { "contains(s, empty)", "true", NULL },
        { "contains(empty, s)", "false", NULL },
        { "contains(gone, s)", "missing", NULL },
        { "length(s)", "4", NULL },
        { "length(utf)", "2", NULL },
        { "length(empty)", "0", NULL },
        { "abs(-3)", "3", NULL },
        { "abs(-3s)", "3s", NULL },
        { "abs(gone)", "missing", NULL },
        { "round(2.5)", "3", NULL },
        { "round(-2.5)", "-3", NULL },
        { "floor(-0.5)", "-1", NULL },
        { "ceil(0.5)", "1", NULL },
        { "min(3, 1, 2)", "1", NULL },
        { "max(3, 1, 2)", "3", NULL },
        { "min(1m, 30s)", "30s", NULL },
        { "min(any, 1s)", "missing", NULL },
        { "missing(gone)", "true", NULL },
        { "missing(void)", "true", NULL },
        { "missing(empty)", "false", NULL },
        { "number(\"12.5\")", "12.5", NULL },
        { "number(\"0x10\")", "missing", NULL },
        { "number(\" 1\")", "missing", NULL },
        { "number(\"inf\")", "missing", NULL },
        { "number(\"1e999\")", "missing", NULL },
        { "number(empty)", "missing", NULL },
        { "number(t)", "1", NULL },
        { "string(3.5)", "'3.5'", NULL },
        { "string(t)", "'true'", NULL },
        { "string(gone)", "missing", NULL },
        { "default(gone, 3)", "3", NULL },
        { "default(n, 3)", "7", NULL },
        { "default(void, default(gone, \"x\"))", "'x'", NULL },
};

static void show(struct ww_value v, struct buf *out) {
        char text[32];

        if (v.type == WW_SPAN)
                span_format(v.usec, text);
        switch (v.type) {
        case WW_MISSING:
                buf_puts(out, "missing");
                break;
        case WW_NULL:
                buf_puts(out, "null");
                break;
        case WW_BOOL:
                buf_puts(out, v.boolean ? "true" : "false");
                break;
        case WW_NUMBER:
                buf_printf(out, "%.15g", v.number);
                break;
        case WW_STRING:
                buf_printf(out, "'%.*s'", WW_STR_ARG(v.string));
                break;
        case WW_TIME:
                buf_printf(out, "time");
                break;
        case WW_SPAN:
                buf_puts(out, text);
                break;
        }
        buf_put_u8(out, 0);
}

static const struct expr *compile(struct arena *arena, const char *text) {
        struct diag d = DIAG_INIT;
        const struct expr *e = NULL;

        if (expr_compile(arena, ww_str(text), (struct diag_pos){ WW_STR("f"), 1, 1 }, &bench_scope, EXPR_ANY, &d, &e)) {
                print_message("# %s: %s\n", text, d.n ? d.messages[0].text : "?");
                diag_deinit(&d);
                return NULL;
        }
        assert_int_equal(d.n, 0);
        diag_deinit(&d);
        return e;
}

static void check_row(const struct row *row, struct arena *arena) {
        _cleanup_buf_ struct buf value = BUF_INIT, text = BUF_INIT, again = BUF_INIT;
        const struct expr *e = compile(arena, row->text);

        if (!e)
                fail_msg("does not compile: %s", row->text);
        show(bench_eval(e, arena), &value);
        if (strcmp((char *)value.p, row->value) != 0)
                fail_msg("%s is %s", row->text, (char *)value.p);
        assert_int_equal(expr_print(e, &text), 0);
        buf_put_u8(&text, 0);
        assert_string_equal((char *)text.p, row->print ? row->print : row->text);
        e = compile(arena, (char *)text.p);
        assert_non_null(e);
        assert_int_equal(expr_print(e, &again), 0);
        buf_put_u8(&again, 0);
        assert_string_equal((char *)again.p, (char *)text.p);
        buf_reset(&value);
        show(bench_eval(e, arena), &value);
        assert_string_equal((char *)value.p, row->value);
}

static void test_rows(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                check_row(&rows[i], &arena);
                arena_reset(&arena);
        }
}

static void test_without_arena_functions_that_need_one_are_missing(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;

        assert_int_equal(bench_eval(compile(&arena, "lower(s)"), NULL).type, WW_MISSING);
        assert_int_equal(bench_eval(compile(&arena, "lower(role)"), NULL).type, WW_STRING);
        assert_int_equal(bench_eval(compile(&arena, "string(1)"), NULL).type, WW_MISSING);
}

static void count_refs(void *userdata, struct expr_ref ref, bool is_call) {
        ((int *)userdata)[is_call]++;
}

static void test_structure(void **state) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        const struct expr *e = compile(&arena, "count(a) >= 3 and n == 1 and t");
        int refs[2] = { 0 };

        assert_int_equal(expr_op_of(e), EXPR_OP_AND);
        assert_int_equal(expr_type_of(e), EXPR_BOOL);
        e = expr_child(expr_child(e, 0), 0);
        assert_int_equal(expr_op_of(e), EXPR_OP_GE);
        assert_int_equal(expr_op_of(expr_child(e, 0)), EXPR_OP_CALL);
        assert_int_equal(expr_ref_of(expr_child(e, 0)).slot, 1);
        assert_true(expr_constant(expr_child(e, 1)).number == 3);
        assert_null(expr_child(e, 2));
        assert_null(expr_child(NULL, 0));
        expr_each_ref(compile(&arena, "count(a) >= 3 and n == 1 and twice(n + 1) > 2"), count_refs, refs);
        assert_int_equal(refs[0], 2);
        assert_int_equal(refs[1], 2);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_without_arena_functions_that_need_one_are_missing),
                cmocka_unit_test(test_structure),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
