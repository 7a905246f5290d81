/* People through the whole pipeline: what they may, and what their shifts leave. */
#include "pipeline_run.h"

/* Nobody accepts what is open: what was acknowledged asks again, in the same turn. */
static void a_shift_that_nobody_accepts(void **state) {
        char ack[200];
        struct run run;

        run_open(&run);
        command(&run, WW_SECOND, "s1", "{\"cmd\":\"shift-begin\",\"post\":\"control-room\",\"roles\":1}");
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        message(&run, WW_SECOND, "zigbee2mqtt/w0_r1_smoke", "{\"smoke\":true}");
        (void)snprintf(ack, sizeof ack,
                       "{\"cmd\":\"ack\",\"alarm\":%llu,\"version\":%llu,\"reason\":\"seen\",\"roles\":1}",
                       (unsigned long long)run.last_alarm, (unsigned long long)run.last_version);
        command(&run, WW_SECOND, "s2", ack);
        assert_true(alarms_find(pipeline_alarms(run.pipeline), run.last_alarm)->regions.acknowledged);
        run_restart(&run);
        command(&run, WW_SECOND, "s3", "{\"cmd\":\"shift-end\",\"roles\":1}");
        assert_non_null(strstr(run.reply, "ended-unaccepted"));
        assert_false(alarms_find(pipeline_alarms(run.pipeline), run.last_alarm)->regions.acknowledged);
        run_close(&run);
}

/* What the socket grants by itself, and what the operator of that name may besides. */
static void roles_of_a_known_operator(void **state) {
        static const char opening[] = "{\"cmd\":\"incident-open\",\"hazard\":\"theft\",\"title\":\"x\",\"roles\":0}";
        struct run run;

        run_open(&run);
        command(&run, WW_SECOND, "r1", opening);
        assert_non_null(strstr(run.reply, "\"role\""));
        command(&run, WW_SECOND, "r2",
                "{\"cmd\":\"operator-add\",\"name\":\"unix:test\",\"may\":[\"operator\"],\"roles\":32}");
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        run_restart(&run);
        command(&run, WW_SECOND, "r3", opening);
        assert_non_null(strstr(run.reply, "\"ok\":true"));
        command(&run, WW_SECOND, "r4", "{\"cmd\":\"mode\",\"name\":\"drill\",\"on\":true,\"roles\":0}");
        assert_non_null(strstr(run.reply, "\"ok\":true")); /* other stages' verbs, too */
        command(&run, WW_SECOND, "r5", "{\"cmd\":\"operator-remove\",\"operator\":1,\"reason\":\"left\",\"roles\":32}");
        command(&run, WW_SECOND, "r6", opening);
        assert_non_null(strstr(run.reply, "\"role\""));
        run_close(&run);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_shift_that_nobody_accepts),
                cmocka_unit_test(roles_of_a_known_operator),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
