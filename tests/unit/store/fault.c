#include "store/outbox.h"
#include "store/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_faults(void **state) {
        static const struct {
                const char *sqlstate;
                int fault;
        } cases[] = {
                { "22021", WIRE_E_DATA },  /* character not in repertoire */
                { "23514", WIRE_E_DATA },  /* check violation */
                { "54000", WIRE_E_DATA },  /* index entry too large */
                { "P0001", WIRE_E_DATA },  /* raise in a trigger */
                { "40001", WIRE_E_RETRY }, /* serialization failure */
                { "40P01", WIRE_E_RETRY }, /* deadlock */
                { "40003", WIRE_E_DOWN },  /* completion unknown */
                { "55P03", WIRE_E_RETRY }, /* lock not available */
                { "55006", WIRE_E_DOWN },  /* object in use */
                { "57014", WIRE_E_RETRY }, /* cancelled */
                { "57P01", WIRE_E_DOWN },  /* admin shutdown */
                { "53100", WIRE_E_DOWN },  /* disk full */
                { "25006", WIRE_E_DOWN },  /* read only */
                { "42501", WIRE_E_DOWN },  /* not permitted */
                { "42P01", WIRE_E_DOWN },  /* no such table */
                { "08006", WIRE_E_DOWN },  /* connection failure */
                { "", WIRE_E_DOWN },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_int_equal(wire_fault(cases[i].sqlstate), cases[i].fault);
}

static void test_fault_row(void **state) {
        static const struct {
                const char *context;
                uint64_t row;
        } cases[] = {
                { "COPY event, line 777", 777 },
                { "COPY event, line 7, column time: \"x 9\"", 7 },
                { "COPY event, Zeile 12", 12 },
                { "PL/pgSQL function refuse() line 4 at RAISE\nCOPY message, line 105", 105 },
                { "SQL statement \"COPY a, line 3\"\nCOPY message, line 105", 105 },
                { "COPY event", 0 },
                { "COPY event, ", 0 },
                { "PL/pgSQL function derive() line 4 at RAISE", 0 },
                { "", 0 },
                { NULL, 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_int_equal(wire_fault_row(cases[i].context), cases[i].row);
}

static void test_outbox_order(void **state) {
        struct outbox o = OUTBOX_INIT;
        struct outbox_notice n;

        outbox_put(&o, "a", "database-lost", "s", "t");
        outbox_put(&o, "b", "database-back", "s", "t");
        outbox_put(&o, "a", "database-lost", "s", "again");
        assert_int_equal(o.n, 2);
        assert_true(outbox_next(&o, 0, 10, &n));
        assert_string_equal(n.id, "a");
        assert_string_equal(n.text, "t");
        assert_false(outbox_next(&o, 0, 10, &n)); /* b waits for its answer */
        assert_false(outbox_next(&o, 9, 11, &n)); /* sent at 10, after 9 */
        assert_true(outbox_next(&o, 10, 12, &n)); /* sent at 10, not after 10: again */
        assert_string_equal(n.id, "a");
        assert_true(outbox_answered(&o, "a"));
        assert_true(outbox_next(&o, 10, 12, &n));
        assert_string_equal(n.id, "b");
}

static void test_outbox_answer(void **state) {
        struct outbox o = OUTBOX_INIT;
        struct outbox_notice n;

        outbox_put(&o, "a", "x", "", "half of \xc3");
        outbox_put(&o, "b", "x", "", "");
        outbox_put(&o, "c", "x", "", "");
        assert_string_equal(o.notices[0].text, "half of ?");
        assert_true(outbox_answered(&o, "b"));
        assert_false(outbox_answered(&o, "b"));
        assert_true(outbox_next(&o, 0, 5, &n));
        assert_false(outbox_next(&o, 4, 5, &n));
        outbox_rewind(&o);
        assert_true(outbox_next(&o, 4, 6, &n));
        assert_string_equal(n.id, "a");
        assert_true(outbox_answered(&o, "a"));
        assert_true(outbox_next(&o, 4, 6, &n));
        assert_string_equal(n.id, "c");
}

static void test_outbox_bound(void **state) {
        static struct outbox o = OUTBOX_INIT;
        uint64_t dropped = 0;
        char id[16];

        for (int i = 0; i < OUTBOX_MAX + 3; i++) {
                (void)snprintf(id, sizeof id, "%d", i);
                outbox_put(&o, id, "x", "", "");
        }
        assert_int_equal(o.n, OUTBOX_MAX);
        assert_int_equal(outbox_waiting(&o, &dropped), OUTBOX_MAX);
        assert_int_equal(dropped, 3);
        assert_false(outbox_answered(&o, "256"));
        assert_true(outbox_answered(&o, "255"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_faults),       cmocka_unit_test(test_fault_row),
                cmocka_unit_test(test_outbox_order), cmocka_unit_test(test_outbox_answer),
                cmocka_unit_test(test_outbox_bound),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
