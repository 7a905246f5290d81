#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "command/command.h"
#include "report/question.h"
#include <string.h>

static bool is_name(const char *name) {
        return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static void rows_are_whole(void **state) {
        const struct question *q;

        for (size_t i = 0; (q = question_at(i)); i++) {
                assert_true(is_name(q->name));
                assert_ptr_equal(question_find(q->name), q); /* no other question of that name comes first */
                assert_true(q->title[strlen(q->title) - 1] == '?');
                assert_true(!*q->answers || q->answers[strlen(q->answers) - 1] == '.');
                assert_null(strchr(q->sql, ';'));
                assert_null(strchr(q->sql, '$'));
        }
        assert_null(question_find("no-such-question"));
}

/* The words of each row are asked for by one of the parameters: a typing error would be sent to the server. */
static void every_variable_is_a_parameter(void **state) {
        const struct question *q;

        for (size_t i = 0; (q = question_at(i)); i++)
                for (const char *at = strstr(q->sql, ":'"); at; at = strstr(at + 2, ":'")) {
                        char name[32] = "";
                        size_t n = strcspn(at + 2, "'");

                        assert_true(n < sizeof name);
                        memcpy(name, at + 2, n);
                        if (question_param_find(name) == QUESTION_PARAMS)
                                fail_msg("%s: there is no parameter %s", q->name, name);
                }
}

/* `wardwatch query` puts its options' values at the places of the parameters. */
static void options_are_the_parameters(void **state) {
        extern const struct command command_query;

        for (int p = 0; p < QUESTION_PARAMS; p++) {
                assert_string_equal(command_query.options[p].name + 2, question_params[p].name);
                assert_string_equal(command_query.options[p].value, question_params[p].value);
        }
}

static char *composed(const char *sql, const char *const values[QUESTION_PARAMS], const char *ret_values[],
                      size_t *ret_n) {
        const struct question q = { "q", "?", "", "2 hours", sql };
        enum question_param missing;
        struct buf out = BUF_INIT;

        assert_int_equal(question_compose(&q, values, &out, ret_values, ret_n, &missing), 0);
        return (char *)out.p;
}

static void a_value_is_never_part_of_the_text(void **state) {
        const char *values[QUESTION_PARAMS] = { [QUESTION_ZONE] = "W3'; DROP TABLE event; --", [QUESTION_LIMIT] = "5" };
        const char *placed[QUESTION_PARAMS];
        size_t n;
        _cleanup_free_ char *sql = composed("a :'zone' b :'limit' c :'zone'", values, placed, &n);

        assert_string_equal(sql, "a $1::text b $2::bigint c $1::text");
        assert_int_equal(n, 2);
        assert_ptr_equal(placed[0], values[QUESTION_ZONE]);
        assert_ptr_equal(placed[1], values[QUESTION_LIMIT]);
}

static void what_is_not_given_has_a_fallback(void **state) {
        const char *values[QUESTION_PARAMS] = { NULL }, *placed[QUESTION_PARAMS];
        size_t n;
        _cleanup_free_ char *nothing = composed(":'from' :'to' :'zone'", values, placed, &n);
        _cleanup_free_ char *to = NULL;

        assert_string_equal(nothing, "(now()::timestamptz - interval '2 hours') now()::timestamptz ''::text");
        assert_int_equal(n, 0);
        values[QUESTION_TO] = "2026-01-01";
        to = composed(":'from' :'to'", values, placed, &n);
        assert_string_equal(to, "($1::timestamptz - interval '2 hours') $1::timestamptz");
}

static void what_must_be_given_is_named(void **state) {
        const struct question q = { "q", "?", "", NULL, ":'from' :'alarm'" };
        const char *values[QUESTION_PARAMS] = { NULL }, *placed[QUESTION_PARAMS];
        enum question_param missing = QUESTION_PARAMS;
        _cleanup_buf_ struct buf out = BUF_INIT;
        size_t n;

        assert_int_equal(question_compose(&q, values, &out, placed, &n, &missing), QUESTION_E_MISSING);
        assert_int_equal(missing, QUESTION_ALARM);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(rows_are_whole),
                cmocka_unit_test(every_variable_is_a_parameter),
                cmocka_unit_test(options_are_the_parameters),
                cmocka_unit_test(a_value_is_never_part_of_the_text),
                cmocka_unit_test(what_is_not_given_has_a_fallback),
                cmocka_unit_test(what_must_be_given_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
