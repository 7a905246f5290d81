/* What ingress_new() refuses, and a session that has not been started. */
#include "base/clock.h"
#include "ingress/ingress.h"
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const filters[] = { "dev/#" };

static struct ingress_options good(void) {
        return (struct ingress_options){ .name = "bulk",
                                         .host = "127.0.0.1",
                                         .port = 1883,
                                         .client_id = "ww-bulk",
                                         .filters = filters,
                                         .n_filters = 1,
                                         .fence_topic = "wardwatch/site/fence/bulk",
                                         .keepalive = 10 * WW_SECOND,
                                         .session_expiry = WW_HOUR,
                                         .backoff_min = WW_SECOND,
                                         .backoff_max = 30 * WW_SECOND,
                                         .batch = 100,
                                         .packet_max = 65536 };
}

static int on_message(void *userdata, struct ingress *i, const struct ingress_message *m) {
        fail_msg("a message without a broker");
        return 0;
}

static void on_state(void *userdata, struct ingress *i, enum ingress_state old, enum ingress_state state,
                     const char *why) {
        int *changes = userdata;

        assert_true(old != state);
        assert_non_null(why);
        (*changes)++;
}

static void on_nothing(void *userdata, struct ingress *i) {
        fail_msg("not expected without a broker");
}

static int changes;
static const struct ingress_sink sink = { .userdata = &changes,
                                          .message = on_message,
                                          .state = on_state,
                                          .connected = on_nothing,
                                          .session_lost = on_nothing,
                                          .readable = on_nothing };

static int try(const struct ingress_options *o) {
        struct event_base *base = event_base_new();
        struct ingress *i = NULL;
        int r = ingress_new(&i, base, o, &sink);

        assert_true(r == 0 ? i != NULL : i == NULL);
        ingress_free(i);
        event_base_free(base);
        return r;
}

static void test_good(void **state) {
        struct ingress_options o = good();

        assert_int_equal(try(&o), 0);
        o.n_filters = 0;
        assert_int_equal(try(&o), 0);
        o.user = o.password = "";
        assert_int_equal(try(&o), 0);
        o.batch = 65535;
        assert_int_equal(try(&o), 0);
}

#define REFUSED(field, value)                                                                                          \
        do {                                                                                                           \
                struct ingress_options o = good();                                                                     \
                o.field = value;                                                                                       \
                assert_int_equal(try(&o), -EINVAL);                                                                    \
        } while (0)

static void test_refused(void **state) {
        REFUSED(port, 0);
        REFUSED(port, 65536);
        REFUSED(host, "");
        REFUSED(client_id, "");
        REFUSED(batch, 0);
        REFUSED(batch, 65536);
        REFUSED(packet_max, 0);
        REFUSED(keepalive, 0);
        REFUSED(backoff_min, 0);
        REFUSED(backoff_max, WW_SECOND - 1);
        REFUSED(session_expiry, -1);
        REFUSED(fence_topic, "fence");
        REFUSED(fence_topic, "wardwatch/fence"); /* no site: all of wardwatch/ would be ours */
}

static void test_not_started(void **state) {
        struct ingress_options o = good();
        struct event_base *base = event_base_new();
        struct ingress_figures f;
        struct ingress *i = NULL;

        changes = 0;
        assert_int_equal(ingress_new(&i, base, &o, &sink), 0);
        assert_string_equal(ingress_name(i), "bulk");
        assert_int_equal(ingress_state(i), INGRESS_CLOSED);
        assert_int_equal(ingress_take(i, 10, clock_boot()), 0);
        assert_int_equal(ingress_release(i), 0);
        ingress_pause(i);
        ingress_resume(i, clock_boot());
        ingress_stop(i);
        ingress_figures(i, clock_boot(), &f);
        assert_int_equal(f.connects, 0);
        assert_int_equal(f.connected_for, 0);
        assert_string_equal(f.last_error, "");
        assert_int_equal(changes, 0);
        ingress_free(i);
        event_base_free(base);
}

static void test_paused_before_the_start(void **state) {
        struct ingress_options o = good();
        struct event_base *base = event_base_new();
        struct ingress *i = NULL;

        changes = 0;
        assert_int_equal(ingress_new(&i, base, &o, &sink), 0);
        ingress_pause(i);
        assert_int_equal(ingress_start(i, clock_boot()), 0);
        assert_int_equal(ingress_state(i), INGRESS_CLOSED);
        ingress_resume(i, clock_boot());
        assert_true(changes >= 1);
        ingress_free(i);
        event_base_free(base);
}

static void test_state_names(void **state) {
        assert_string_equal(ingress_state_name(INGRESS_CLOSED), "closed");
        assert_string_equal(ingress_state_name(INGRESS_CONNECTING), "connecting");
        assert_string_equal(ingress_state_name(INGRESS_CATCHING_UP), "catching up");
        assert_string_equal(ingress_state_name(INGRESS_LIVE), "live");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),        cmocka_unit_test(test_refused),
                cmocka_unit_test(test_not_started), cmocka_unit_test(test_paused_before_the_start),
                cmocka_unit_test(test_state_names),
        };

        return cmocka_run_group_tests_name("ingress/options", tests, NULL, NULL);
}
