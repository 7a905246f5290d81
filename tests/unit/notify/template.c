/* Words in braces, and that nothing that stands for one can begin a line or turn the writing round. */
#include "told.h"

#include "notify/template.h"

static const char body[] = "{'key':'7-fire-1-chief-mail','channel':'mail','incident':7,'title':'Smoke!','zone':'W3',"
                           "'hazard':'fire','priority':'high','due_at':'2026-01-01T10:00:00.000000Z',"
                           "'recipient':'chief','exercise':true,'text':'incident 7, high, fire: Smoke! (W3)'}";

static void made(const char *text, const char *json, const char *want) {
        struct buf out = BUF_INIT;
        struct notification n;

        told_body(&n, json);
        template_put(ww_str(text), &n, WW_STR("https://x/7"), &out);
        assert_int_equal(out.error, 0);
        assert_int_equal(out.n, strlen(want));
        assert_memory_equal(out.p, want, out.n);
        buf_deinit(&out);
        notification_deinit(&n);
}

static void test_words(void **state) {
        made("{exercise} {priority}: {title} ({zone})", body, "EXERCISE high: Smoke! (W3)");
        made("{incident} {hazard} {at} {link} {recipient} {key} {news}", body,
             "7 fire 2026-01-01T10:00:00.000000Z https://x/7 chief 7-fire-1-chief-mail alert");
        made("{marks} {priority}{covert}", body, "EXERCISE high");
        made("{marks} {covert}", "{'key':'k','channel':'c','covert':true}", "COVERT COVERT");
        made("{marks}", "{'key':'k','channel':'c','covert':true,'exercise':true}", "EXERCISE COVERT");
        made("{text}", body, "incident 7, high, fire: Smoke! (W3)");
        made("{{title} {", body, "{title} {");
        made("a\nb", body, "a\nb"); /* the template's own lines stay */
}

static void test_injection(void **state) {
        made("{title}|", "{'key':'k','channel':'c','title':'x\\r\\nBcc: a@b\\u0085\\u2028\\u202e\\u2066y'}",
             "x  Bcc: a@b    y|");
}

static void test_values(void **state) {
        struct buf out = BUF_INIT;

        template_put_value(WW_STR("a\xff\xc3\xa4\x01\xe2\x80\xae\xc2\x85z"), 100, &out);
        assert_int_equal(out.n, strlen("a?\xc3\xa4   z"));
        assert_memory_equal(out.p, "a?\xc3\xa4   z", out.n);
        buf_reset(&out);
        template_put_value(WW_STR("aaa\xc3\xa4"), 4, &out); /* cut where a character ends */
        assert_int_equal(out.n, 3);
        buf_deinit(&out);
}

static void test_check(void **state) {
        struct diag d = DIAG_INIT;
        const struct diag_pos pos = { .file = WW_STR("f"), .line = 1, .column = 1 };

        assert_int_equal(template_check(WW_STR("{title} {{x} {text}"), pos, "title", &d), 0);
        assert_int_equal(template_check(WW_STR("{titel}"), pos, "title", &d), DIAG_E_USER);
        assert_string_equal(d.messages[0].text, "title: unknown word `{titel}`");
        assert_string_equal(d.messages[0].help, "did you mean `title`?");
        assert_int_equal(template_check(WW_STR("a { b"), pos, "title", &d), DIAG_E_USER);
        diag_deinit(&d);
}

static void test_news(void **state) {
        made("{news}", "{'key':'k','channel':'c','earlier':[{'key':'j','due_at':'x'}]}", "update");
        made("{news}", "{'key':'k','channel':'c','closed':true,'earlier':[{'key':'j','due_at':'x'}]}", "closed");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_words), cmocka_unit_test(test_injection), cmocka_unit_test(test_values),
                cmocka_unit_test(test_check), cmocka_unit_test(test_news),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
