#pragma once
/* A scope with a few names of every type, and an environment that gives them values. */
#include "base/buf.h"
#include "expr/expr.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the three above
#include <cmocka.h>
#include <stdio.h>

struct name {
        const char *name;
        enum expr_type type;
        struct ww_value value;
};

static const struct name names[] = {
        { "n", EXPR_NUMBER, { .type = WW_NUMBER, .number = 7 } },
        { "half", EXPR_NUMBER, { .type = WW_NUMBER, .number = 0.5 } },
        { "zero", EXPR_NUMBER, { .type = WW_NUMBER, .number = 0 } },
        { "s", EXPR_STRING, { .type = WW_STRING, .string = { "Door", 4 } } },
        { "empty", EXPR_STRING, { .type = WW_STRING, .string = { "", 0 } } },
        { "t", EXPR_BOOL, { .type = WW_BOOL, .boolean = true } },
        { "f", EXPR_BOOL, { .type = WW_BOOL, .boolean = false } },
        { "d", EXPR_SPAN, { .type = WW_SPAN, .usec = 90 * WW_SECOND } },
        { "now", EXPR_TIME, { .type = WW_TIME, .usec = 1000 * WW_SECOND } },
        { "since", EXPR_TIME, { .type = WW_TIME, .usec = 400 * WW_SECOND } },
        { "role", EXPR_ANY, { .type = WW_STRING, .string = { "pharmacist", 10 } } },
        { "any", EXPR_ANY, { .type = WW_NUMBER, .number = 3 } },
        { "gone", EXPR_ANY, { .type = WW_MISSING } },
        { "void", EXPR_ANY, { .type = WW_NULL } },
        { "door.exit", EXPR_BOOL, { .type = WW_BOOL, .boolean = true } },
        { "a.b[0].c", EXPR_ANY, { .type = WW_NUMBER, .number = 1 } },
        { "x.\"0500<00\"", EXPR_ANY, { .type = WW_NUMBER, .number = 2 } },
        { "open-day", EXPR_BOOL, { .type = WW_BOOL, .boolean = true } },
        { "utf", EXPR_STRING, { .type = WW_STRING, .string = { "\xc3\xa4\xc3\xb6", 4 } } },
};
#define NAMES_N (sizeof names / sizeof *names)

static int bench_name(void *userdata, struct ww_str name, struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        for (size_t i = 0; i < NAMES_N; i++)
                if (ww_str_is(name, names[i].name)) {
                        *ret = (struct expr_ref){ .slot = (uint32_t)i, .type = names[i].type };
                        return 0;
                }
        if (ww_str_is(name, "forbidden"))
                return diag_error(d, pos, "leave it out", "told by the scope");
        return EXPR_E_UNKNOWN;
}

static int bench_call(void *userdata, struct ww_str function, const struct expr_arg *args, size_t n,
                      struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        if (ww_str_is(function, "count") && n == 1 && args[0].form == EXPR_ARG_NAME)
                *ret = (struct expr_ref){ .slot = 1, .sub = (uint32_t)args[0].name.n, .type = EXPR_NUMBER };
        else if (ww_str_is(function, "twice") && n == 1 && args[0].form == EXPR_ARG_EXPR)
                *ret = (struct expr_ref){ .slot = 2, .type = EXPR_NUMBER };
        else if (ww_str_is(function, "max") && n == 1)
                *ret = (struct expr_ref){ .slot = 1, .sub = 99, .type = EXPR_NUMBER };
        else
                return EXPR_E_UNKNOWN;
        return 0;
}

static uint32_t bench_list(void *userdata, struct ww_str name) {
        return ww_str_is(name, "staff") ? 5 : UINT32_MAX;
}

static struct ww_value bench_load(void *userdata, uint32_t slot, uint32_t sub) {
        return slot < NAMES_N ? names[slot].value : ww_missing();
}

static struct ww_value bench_run(void *userdata, uint32_t slot, uint32_t sub, const struct ww_value *args, size_t n) {
        if (slot == 2)
                return args[0].type == WW_NUMBER ? ww_number(args[0].number * 2) : ww_missing();
        return ww_number(sub); /* count(a): the length of its argument's name */
}

static bool bench_has(void *userdata, uint32_t list, struct ww_str member) {
        return list == 5 && ww_str_is(member, "pharmacist");
}

static const char *const bench_names[] = { "n",    "half", "zero",      "s",        "empty", "t",
                                           "f",    "d",    "now",       "since",    "role",  "any",
                                           "gone", "void", "door.exit", "open-day", "utf" };

static const struct expr_scope bench_scope = {
        .name = bench_name,
        .call = bench_call,
        .list = bench_list,
        .names = bench_names,
        .n_names = sizeof bench_names / sizeof *bench_names,
};

static struct ww_value bench_eval(const struct expr *e, struct arena *arena) {
        struct expr_env env = { .load = bench_load, .call = bench_run, .list_has = bench_has, .arena = arena };

        return expr_eval(e, &env);
}
