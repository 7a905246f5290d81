/* Any text as an expression: compiles or is refused in words; what compiles prints, reads back the same, and ends. */
#include "expr/expr.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int name(void *userdata, struct ww_str n, struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        *ret = (struct expr_ref){ .slot = (uint32_t)n.n, .type = (enum expr_type)(n.n % 6) };
        return n.n > 12 ? EXPR_E_UNKNOWN : 0;
}

static int call(void *userdata, struct ww_str function, const struct expr_arg *args, size_t n, struct diag_pos pos,
                struct diag *d, struct expr_ref *ret) {
        *ret = (struct expr_ref){ .slot = (uint32_t)n, .type = EXPR_ANY };
        return function.n > 6 ? EXPR_E_UNKNOWN : 0;
}

static struct ww_value load(void *userdata, uint32_t slot, uint32_t sub) {
        return slot % 2 ? ww_number(slot) : ww_string(*(struct ww_str *)userdata);
}

static uint32_t list(void *userdata, struct ww_str n) {
        return n.n > 8 ? UINT32_MAX : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct expr_scope scope = { .name = name, .call = call, .list = list };
        struct ww_str text = { (const char *)data, size };
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        _cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
        struct expr_env env = { .userdata = &text, .load = load, .arena = &arena };
        struct diag d = DIAG_INIT;
        const struct expr *e, *again;

        if (expr_compile(&arena, text, (struct diag_pos){ WW_STR("f"), 1, 1 }, &scope, EXPR_ANY, &d, &e) == 0) {
                (void)expr_eval(e, &env);
                (void)expr_print(e, &first);
                /* the canonical text may be longer than a text may be */
                if (first.n <= 4096) {
                        if (expr_compile(&arena, buf_str(&first), (struct diag_pos){ WW_STR("f"), 1, 1 }, &scope,
                                         EXPR_ANY, &d, &again))
                                abort();
                        (void)expr_print(again, &second);
                        if (!ww_str_equal(buf_str(&first), buf_str(&second)))
                                abort();
                }
        } else if (d.errors == 0) {
                abort();
        }
        diag_deinit(&d);
        return 0;
}
