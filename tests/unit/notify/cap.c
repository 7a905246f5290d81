/* Names, times, and what CAP makes of the news. The document as a whole: cap_rules.py. */
#include "told.h"

#include "notify/cap.h"

#include <stdio.h>
#include <wardwatch/time.h>

static void holds(const char *body, const char *part, bool there) {
        struct notification n;
        struct buf out = BUF_INIT;
        struct cap cap = { .notification = &n,
                           .sender = WW_STR("wardwatch@test"),
                           .title = WW_STR("a < b & c"),
                           .text = WW_STR("text"),
                           .sent = INT64_C(1767261600) * WW_SECOND };

        told_body(&n, body);
        assert_int_equal(cap_put(&cap, &out), 0);
        buf_put_u8(&out, 0);
        if ((strstr((const char *)out.p, part) != NULL) != there)
                fail_msg("%s: `%s` is %s", out.p, part, there ? "not there" : "there");
        buf_deinit(&out);
        notification_deinit(&n);
}

#define BEGIN "{'key':'5-fire-1-a b,c<d-cap','channel':'cap','incident':5,'due_at':'2026-01-01T10:00:00.123456Z'"

static void test_names(void **state) {
        holds(BEGIN "}", "<identifier>5-fire-1-a_b_c_d-cap</identifier>", true);
        holds(BEGIN "}", "<headline>a &lt; b &amp; c</headline>", true);
        assert_true(cap_name_good(WW_STR("wardwatch@x")));
        assert_false(cap_name_good(WW_STR("a b")));
        assert_false(cap_name_good(WW_STR("a&b")));
        assert_false(cap_name_good(WW_STR("")));
}

static void test_news(void **state) {
        static const char again[] = BEGIN ",'earlier':[{'due_at':'2026-01-01T09:00:00.000000Z','key':'5-fire-1-x-cap'},"
                                          "{'due_at':'2026-01-01T09:01:00.000000Z','key':'5-fire-2-x-cap'}]}";

        holds(BEGIN "}", "<msgType>Alert</msgType>", true);
        holds(BEGIN "}", "<references>", false);
        holds(BEGIN "}", "<status>Actual</status>", true);
        holds(BEGIN ",'exercise':true}", "<status>Exercise</status>", true);
        holds(BEGIN "}", "<restriction>covert", false);
        holds(BEGIN ",'covert':true}", "<scope>Restricted</scope><restriction>covert: nothing of it may be heard",
              true);
        holds(again, "<msgType>Update</msgType>", true);
        holds(again,
              "<references>wardwatch@test,5-fire-1-x-cap,2026-01-01T09:00:00-00:00 "
              "wardwatch@test,5-fire-2-x-cap,2026-01-01T09:01:00-00:00</references>",
              true);
        holds(BEGIN ",'closed':true}", "<msgType>Cancel</msgType>", true);
        holds(BEGIN "}", "<sent>2026-01-01T10:00:00-00:00</sent>", true);
}

static void test_hazards(void **state) {
        holds(BEGIN ",'hazard':'fire','priority':'critical'}", "<category>Fire</category>", true);
        holds(BEGIN ",'hazard':'theft','priority':'critical'}", "<category>Security</category>", true);
        holds(BEGIN ",'hazard':'fire','priority':'critical'}", "<severity>Extreme</severity>", true);
        holds(BEGIN "}", "<severity>Unknown</severity>", true);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_names), cmocka_unit_test(test_news),
                                            cmocka_unit_test(test_hazards) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
