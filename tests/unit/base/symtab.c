#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/symtab.h"
#include <stdio.h>

static void names_keep_their_numbers(void **state) {
        _cleanup_(symtab_freep) struct symtab *t = NULL;
        char name[32];

        assert_int_equal(symtab_new(&t), 0);
        for (uint32_t i = 1; i <= 5000; i++) { /* through several growths of both tables */
                (void)snprintf(name, sizeof name, "name-%u", i);
                assert_int_equal(symtab_intern(t, ww_str(name)), i);
        }
        assert_int_equal(symtab_count(t), 5000);
        for (uint32_t i = 1; i <= 5000; i++) {
                (void)snprintf(name, sizeof name, "name-%u", i);
                assert_int_equal(symtab_intern(t, ww_str(name)), i);
                assert_int_equal(symtab_find(t, ww_str(name)), i);
                assert_string_equal(symtab_name(t, i).p, name);
        }
        assert_int_equal(symtab_count(t), 5000);
}

static void what_was_never_named_is_none(void **state) {
        _cleanup_(symtab_freep) struct symtab *t = NULL;

        assert_int_equal(symtab_new(&t), 0);
        assert_int_equal(symtab_find(t, WW_STR("x")), 0);
        assert_int_equal(symtab_find(t, WW_STR_NONE), 0);
        assert_int_equal(symtab_name(t, 0).n, 0);
        assert_int_equal(symtab_name(t, 1).n, 0);
        assert_string_equal(symtab_name(t, UINT32_MAX).p, "");
}

static void names_are_bytes(void **state) {
        _cleanup_(symtab_freep) struct symtab *t = NULL;
        uint32_t empty, nul;

        assert_int_equal(symtab_new(&t), 0);
        empty = symtab_intern(t, WW_STR(""));
        nul = symtab_intern(t, (struct ww_str){ "\0", 1 });
        assert_int_not_equal(empty, 0);
        assert_int_not_equal(empty, nul);
        assert_int_equal(symtab_intern(t, WW_STR_NONE), empty);
        assert_int_not_equal(symtab_intern(t, WW_STR("a")), symtab_intern(t, WW_STR("A")));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_keep_their_numbers),
                cmocka_unit_test(what_was_never_named_is_none),
                cmocka_unit_test(names_are_bytes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
