#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include "base/metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

/* --- the text --- */

static const char *text_of(const struct metrics *m, struct buf *out) {
        buf_reset(out);
        metrics_text(m, out);
        buf_put_u8(out, '\0');
        assert_int_equal(out->error, 0);
        return (const char *)out->p;
}

static void an_empty_set_says_nothing(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        _cleanup_metrics_ struct metrics m = METRICS_INIT;

        assert_string_equal(text_of(&m, &out), "");
}

static void each_name_is_told_once_in_the_order_of_the_table(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        _cleanup_metrics_ struct metrics m = METRICS_INIT;

        metrics_put_of(&m, METRICS_RULE_SEEN, WW_STR("b"), 2);
        metrics_put(&m, METRICS_ENGINE_TURNS, 17);
        metrics_put_of(&m, METRICS_RULE_KEYS, WW_STR("b"), 1);
        metrics_put_of(&m, METRICS_RULE_SEEN, WW_STR("a"), 3);
        assert_string_equal(text_of(&m, &out),
                            "# HELP wardwatch_engine_turns_total turns that committed something\n"
                            "# TYPE wardwatch_engine_turns_total counter\n"
                            "wardwatch_engine_turns_total 17\n"
                            "# HELP wardwatch_rule_events_seen_total events that came to a selection of the rule "
                            "because kind and equalities fit; once for each selection\n"
                            "# TYPE wardwatch_rule_events_seen_total counter\n"
                            "wardwatch_rule_events_seen_total{rule=\"b\"} 2\n"
                            "wardwatch_rule_events_seen_total{rule=\"a\"} 3\n"
                            "# HELP wardwatch_rule_keys live keys of the rule\n"
                            "# TYPE wardwatch_rule_keys gauge\n"
                            "wardwatch_rule_keys{rule=\"b\"} 1\n");
}

/* The line of one value of the set. */
static void assert_line(const struct metrics *m, const char *line) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        const char *text = text_of(m, &out);
        size_t n = strlen(line);

        for (const char *p = text; *p; p = strchr(p, '\n') + 1)
                if (strncmp(p, line, n) == 0 && p[n] == '\n')
                        return;
        fail_msg("no line `%s` in:\n%s", line, text);
}

static void labels_are_escaped(void **state) {
        static const struct {
                const char *label, *line;
        } rows[] = {
                { "", "wardwatch_rule_keys{rule=\"\"} 1" },
                { "a\\b", "wardwatch_rule_keys{rule=\"a\\\\b\"} 1" },
                { "say \"x\"", "wardwatch_rule_keys{rule=\"say \\\"x\\\"\"} 1" },
                { "two\nlines\n", "wardwatch_rule_keys{rule=\"two\\nlines\\n\"} 1" },
                { "\\\"\n", "wardwatch_rule_keys{rule=\"\\\\\\\"\\n\"} 1" },
                { "Türöffner {a=1}", "wardwatch_rule_keys{rule=\"Türöffner {a=1}\"} 1" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                _cleanup_metrics_ struct metrics m = METRICS_INIT;

                metrics_put_of(&m, METRICS_RULE_KEYS, ww_str(rows[i].label), 1);
                assert_line(&m, rows[i].line);
        }
}

static void numbers_are_exact(void **state) {
        static const struct {
                double value;
                const char *text;
        } rows[] = {
                { 0, "0" },
                { 9, "9" },
                { 10, "10" },
                { 1234567890, "1234567890" },
                { 9007199254740991.0, "9007199254740991" },
                { 1e300, "1e+300" },
                { 0.5, "0.5" },
                { -3, "-3" },
                { 1700000000.25, "1700000000.25" },
                { 0.1 + 0.2, "0.30000000000000004" },
                { 0.009737, "0.009737" },
                { INFINITY, "+Inf" },
                { -INFINITY, "-Inf" },
        };

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                _cleanup_metrics_ struct metrics m = METRICS_INIT;
                char line[96];

                metrics_put(&m, METRICS_ENGINE_UP, rows[i].value);
                (void)snprintf(line, sizeof line, "wardwatch_engine_up_seconds %s", rows[i].text);
                assert_line(&m, line);
        }
}

static void what_does_not_exist_now_is_left_out(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        _cleanup_metrics_ struct metrics m = METRICS_INIT;

        metrics_put(&m, METRICS_STORE_CURSOR, NAN);
        assert_string_equal(text_of(&m, &out), "");
}

static void a_state_is_one_value_for_each_that_there_could_be(void **state) {
        static const char *const states[] = { "closed", "live" };
        _cleanup_metrics_ struct metrics m = METRICS_INIT;

        metrics_put_state(&m, METRICS_MQTT_STATE, WW_STR("bulk"), states, 2, 1);
        metrics_put_state(&m, METRICS_RELOAD_STATE, WW_STR_NONE, states, 2, 0);
        assert_line(&m, "wardwatch_mqtt_session_state{session=\"bulk\",state=\"closed\"} 0");
        assert_line(&m, "wardwatch_mqtt_session_state{session=\"bulk\",state=\"live\"} 1");
        assert_line(&m, "wardwatch_reload_state{state=\"closed\"} 1");
        assert_line(&m, "wardwatch_reload_state{state=\"live\"} 0");
}

static void a_process_knows_itself(void **state) {
        _cleanup_buf_ struct buf out = BUF_INIT;
        _cleanup_metrics_ struct metrics m = METRICS_INIT;
        const char *text;

        metrics_put_process(&m);
        text = text_of(&m, &out);
        for (size_t id = METRICS_BUILD_INFO; id <= METRICS_PROCESS_FILES_MAX; id++)
                assert_non_null(strstr(text, metrics_rows[id].name));
        assert_true(m.values[m.first[METRICS_PROCESS_MEMORY] - 1].value > 1e6);
        assert_true(m.values[m.first[METRICS_PROCESS_FILES] - 1].value >= 3);
        assert_true(m.values[m.first[METRICS_PROCESS_START] - 1].value > 1.6e9);
}

/* --- the status --- */

static void the_status_shows_the_same_values(void **state) {
        static const char *const states[] = { "closed", "live" };
        _cleanup_metrics_ struct metrics m = METRICS_INIT;
        json_t *root = json_object(), *wanted;

        metrics_put(&m, METRICS_ENGINE_TURNS, 17);
        metrics_put(&m, METRICS_ENGINE_BLIND, 1);
        metrics_put(&m, METRICS_ENGINE_TIME, 1700000000.25);
        metrics_put(&m, METRICS_JOURNAL_COMMIT_WORST, 0.002);
        metrics_put(&m, METRICS_SNAPSHOT_TIME, NAN);
        metrics_put_of(&m, METRICS_RULE_SEEN, WW_STR("r"), 3); /* nowhere in the status */
        metrics_put_of(&m, METRICS_RULESET_INFO, WW_STR("abc"), 1);
        metrics_put_of(&m, METRICS_MQTT_MESSAGES, WW_STR("a.b"), 4);
        metrics_put_state(&m, METRICS_MQTT_STATE, WW_STR("a.b"), states, 2, 1);
        metrics_put_state(&m, METRICS_RELOAD_STATE, WW_STR_NONE, states, 2, 0);
        assert_int_equal(metrics_status(&m, root), 0);
        wanted = json_pack("{s:i, s:b, s:s, s:{s:f, s:n}, s:{s:s}, s:{s:{s:i, s:s}}, s:{s:s}}", "turns", 17, "blind", 1,
                           "journal_time", "2023-11-14T22:13:20.250000Z", "journal", "commit_worst_ms", 2.0,
                           "snapshot_time", "rules", "hash", "abc", "sessions", "a.b", "messages", 4, "state", "live",
                           "reload", "state", "closed");
        assert_non_null(wanted);
        if (!json_equal(root, wanted)) {
                char *text = json_dumps(root, JSON_INDENT(2));

                fail_msg("%s", text);
        }
        json_decref(root);
        json_decref(wanted);
}

/* --- the table --- */

static bool ends_with(const char *text, const char *end) {
        size_t n = strlen(text), k = strlen(end);

        return n >= k && strcmp(text + n - k, end) == 0;
}

/* What Prometheus asks of a name: letters, a unit of the base at the end, `_total` for counters and nothing else. */
static void names_follow_the_conventions(void **state) {
        static const char *const abbreviated[] = { "_ms",      "_us",    "_s",   "_sec",    "_kb",  "_mb",
                                                   "_percent", "_count", "_sum", "_bucket", "_min", "_hours" };

        for (size_t i = 0; i < METRICS_N; i++) {
                const struct metrics_row *row = &metrics_rows[i];

                for (const char *p = row->name; *p; p++)
                        assert_true(islower((unsigned char)*p) || *p == '_');
                assert_true(strncmp(row->name, "wardwatch_", 10) == 0 || strncmp(row->name, "process_", 8) == 0);
                assert_int_equal(row->type == METRICS_COUNTER, ends_with(row->name, "_total"));
                assert_int_equal(row->kind == METRICS_INFO, ends_with(row->name, "_info"));
                if (row->kind == METRICS_MILLI)
                        assert_true(ends_with(row->name, "_seconds"));
                if (row->kind == METRICS_TIME)
                        assert_true(ends_with(row->name, "_timestamp_seconds"));
                for (size_t k = 0; k < sizeof abbreviated / sizeof *abbreviated; k++)
                        assert_false(ends_with(row->name, abbreviated[k]));
                assert_true(row->where && !(row->where & ~(unsigned)METRICS_ALL));
        }
}

static void rows_are_whole_and_their_own(void **state) {
        for (size_t i = 0; i < METRICS_N; i++) {
                const struct metrics_row *row = &metrics_rows[i];
                size_t labels = row->labels[0] != '\0';

                assert_true(row->help[0]);
                assert_null(strchr(row->help, '\n'));
                for (const char *p = row->labels; *p; p++)
                        labels += *p == ' ';
                assert_true(labels <= METRICS_LABELS_MAX);
                if (strchr(row->status, '%'))
                        assert_true(labels > 0);
                if (row->kind == METRICS_STATE || row->kind == METRICS_INFO)
                        assert_true(labels > 0);
                for (size_t k = 0; k < i; k++) {
                        assert_string_not_equal(metrics_rows[k].name, row->name);
                        assert_true(!row->status[0] || strcmp(metrics_rows[k].status, row->status) != 0);
                }
        }
}

static void the_kept_table_is_that_of_the_code(void **state) {
        const char *source = getenv("WARDWATCH_SOURCE");
        _cleanup_buf_ struct buf made = BUF_INIT, kept = BUF_INIT;
        char path[512], bytes[4096];
        size_t n;
        FILE *f;

        assert_non_null(source);
        (void)snprintf(path, sizeof path, "%s/contrib/prometheus/README.md", source);
        f = fopen(path, "re");
        assert_non_null(f);
        while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
                buf_put(&kept, bytes, n);
        assert_int_equal(fclose(f), 0);
        metrics_table(&made);
        buf_put_u8(&made, '\0');
        buf_put_u8(&kept, '\0');
        assert_int_equal(made.error | kept.error, 0);
        if (!strstr((const char *)kept.p, (const char *)made.p))
                fail_msg("contrib/prometheus/README.md does not hold what `wardwatch metrics --table` prints");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_empty_set_says_nothing),
                cmocka_unit_test(each_name_is_told_once_in_the_order_of_the_table),
                cmocka_unit_test(labels_are_escaped),
                cmocka_unit_test(numbers_are_exact),
                cmocka_unit_test(what_does_not_exist_now_is_left_out),
                cmocka_unit_test(a_state_is_one_value_for_each_that_there_could_be),
                cmocka_unit_test(a_process_knows_itself),
                cmocka_unit_test(the_status_shows_the_same_values),
                cmocka_unit_test(names_follow_the_conventions),
                cmocka_unit_test(rows_are_whole_and_their_own),
                cmocka_unit_test(the_kept_table_is_that_of_the_code),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
