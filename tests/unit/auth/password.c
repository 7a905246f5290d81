/* Which passwords are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/password.h"

static void test_taken(void **state) {
        static const char *const good[] = {
                "lamp river seven copper",
                "Der Nebel hebt sich langsam",
                "k7#mQz!p0Rv2xLw9",
                "\xe9\x9b\xa8\xe5\x90\x8e\xe7\x9a\x84\xe7\xaa\x97\xe6\x88\xb7\xe4\xb8\x8a\xe6\x9c\x89\xe5\x85\xad\xe5"
                "\x8f\xaa\xe7\xba\xa2\xe8\x89\xb2\xe7\x94\xb2\xe8\x99\xab\xe5\x9c\xa8\xe8\xb7\x91",
                "password of a very tall giraffe",
        };
        char why[160];

        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
                assert_true(password_good("alice", good[i], why, sizeof why));
}

static void test_refused(void **state) {
        static const char *const bad[] = {
                "",
                "fourteen chars",
                "\xe9\x9b\xa8\xe5\x90\x8e\xe7\x9a\x84\xe7\xaa\x97\xe6\x88\xb7", /* 15 bytes, 5 characters */
                "aaaaaaaaaaaaaaaaaaaa",
                "abcabcabcabcabcabc",
                "123456789012345",
                "qwertyuiopasdfghjkl",
                "lkjhgfdsapoiuytrewq",
                "PasswordPassword",
                "P4ssw0rdP4ssw0rd",
                "passwordpasswordpass",
                "Password-Password!1",
                "let me in, please",
                "wardwatch-wardwatch-7",
                "correct horse battery staple",
                "alice.alice.alice",
                "xx alice alice 1234",
        };
        char why[160], longest[300];

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                why[0] = 0;
                if (password_good("alice", bad[i], why, sizeof why))
                        fail_msg("taken: %s", bad[i]);
                assert_true(why[0] != 0);
        }
        for (size_t i = 0; i < sizeof longest; i++)
                longest[i] = (char)(i % 2 ? 'a' + (int)(i * 7 % 26) : 'b' + (int)(i * 11 % 25));
        longest[sizeof longest - 1] = 0;
        assert_false(password_good("alice", longest, why, sizeof why));
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_taken), cmocka_unit_test(test_refused) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
