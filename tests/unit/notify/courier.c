/*
 * The courier with real programs: what it tries when, and in which order it tells of it. The loop runs until as many
 * reports have come as are expected.
 */
#include "told.h"

#include "base/clock.h"
#include "notify/courier.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct post {
        struct event_base *base;
        struct channels *channels;
        struct courier *courier;
        char dir[64], file[128];
        struct buf reports;
        size_t wanted;
        bool full; /* no room for reports */
};

static void on_report(void *userdata, const struct courier_report *report) {
        struct post *p = userdata;

        buf_printf(&p->reports, "%s#%u %s%s\n", report->key, report->attempt,
                   report->ok      ? "sent"
                   : report->final ? "refused"
                                   : "failed",
                   strncmp(report->answer, "not tried", 9) == 0 ? ", not tried" : "");
        if (--p->wanted == 0)
                (void)event_base_loopbreak(p->base);
}

static bool has_room(void *userdata) {
        const struct post *p = userdata;

        return !p->full;
}

/* `script` of the one channel, with the folder of the test as $0. */
static void post_open(struct post *p, const char *script, const char *more) {
        struct courier_options options = { .userdata = p, .report = on_report, .room = has_room };
        struct diag d = DIAG_INIT;
        FILE *f;

        *p = (struct post){ .dir = "/tmp/courier-XXXXXX" };
        assert_non_null(mkdtemp(p->dir));
        (void)snprintf(p->file, sizeof p->file, "%s/channels.yaml", p->dir);
        f = fopen(p->file, "w");
        assert_non_null(f);
        assert_true(fprintf(f,
                            "channels:\n  - channel: run\n    kind: command\n    argv: [/bin/sh, -c, '%s', '%s']\n"
                            "    retry_min: 10ms\n    retry_max: 10ms\n%s",
                            script, p->dir, more) > 0);
        assert_int_equal(fchmod(fileno(f), 0600), 0);
        assert_int_equal(fclose(f), 0);
        p->channels = calloc(1, sizeof *p->channels);
        assert_non_null(p->channels);
        assert_int_equal(channels_load(p->channels, p->file, "test", &d), 0);
        diag_deinit(&d);
        p->base = options.base = event_base_new();
        options.channels = p->channels;
        assert_int_equal(courier_new(&p->courier, &options), 0);
        courier_open(p->courier, true);
}

static void post_close(struct post *p) {
        char command[128];

        (void)courier_free(p->courier);
        channels_deinit(p->channels);
        free(p->channels);
        event_base_free(p->base);
        buf_deinit(&p->reports);
        (void)snprintf(command, sizeof command, "rm -r %s", p->dir);
        assert_int_equal(system(command), 0);
}

/* Notification `id` of incident 1; `earlier`: keys before it, as JSON. */
static void take(struct post *p, uint64_t id, const char *key, const char *priority, const char *earlier) {
        struct ww_change change = { .subject = WW_SUBJECT_NOTIFICATION, .id = id, .version = 1 };
        char body[512];

        (void)snprintf(body, sizeof body,
                       "{\"key\":\"%s\",\"channel\":\"run\",\"priority\":\"%s\",\"attempts\":0,\"earlier\":[%s]}", key,
                       priority, earlier);
        change.body = ww_str(body);
        assert_true(courier_take(p->courier, &change));
}

static void reported(struct post *p, size_t n, const char *lines) {
        p->wanted = n;
        (void)event_base_dispatch(p->base);
        buf_put_u8(&p->reports, 0);
        assert_string_equal((char *)p->reports.p, lines);
        buf_reset(&p->reports);
}

#define AFTER_A "{\"key\":\"a\",\"due_at\":\"2026-01-01T10:00:00Z\"}"

/* The most urgent one first, and of these the oldest. */
static void test_urgent_first(void **state) {
        struct post p;

        post_open(&p, "exit 0", "    concurrency: 1\n");
        take(&p, 1, "low", "low", "");
        take(&p, 2, "critical", "critical", "");
        take(&p, 3, "later", "critical", "");
        reported(&p, 3, "critical#1 sent\nlater#1 sent\nlow#1 sent\n");
        post_close(&p);
}

/* An update does not overtake its alert, however urgent it is; and while the alert fails it is told as failed at once,
 * so that its fallback need not wait. */
static void test_order(void **state) {
        struct post p;

        post_open(&p,
                  "read -r line; cd \"$0\"; case $line in *\\\"key\\\":\\\"a\\\"*) [ -e t ] || { touch t; exit 75; };; "
                  "esac",
                  "");
        take(&p, 2, "b", "critical", AFTER_A);
        take(&p, 1, "a", "low", "");
        reported(&p, 4, "a#1 failed\nb#1 failed, not tried\na#2 sent\nb#2 sent\n");
        post_close(&p);
}

/* What waits behind one that is over goes on. */
static void test_withdrawn(void **state) {
        struct ww_change over = { .subject = WW_SUBJECT_NOTIFICATION,
                                  .id = 1,
                                  .version = 2,
                                  .ended = true,
                                  .body = WW_STR("{\"key\":\"a\",\"channel\":\"run\"}") };
        struct post p;

        post_open(&p, "read -r line; case $line in *\\\"key\\\":\\\"a\\\"*) exit 75;; esac", "");
        take(&p, 1, "a", "low", "");
        reported(&p, 1, "a#1 failed\n");
        take(&p, 2, "b", "low", AFTER_A);
        assert_true(courier_take(p.courier, &over));
        reported(&p, 1, "b#1 sent\n");
        post_close(&p);
}

/* A channel that fails is left alone: the first attempt of what comes then is told at once. */
static void test_breaker(void **state) {
        struct post p;

        post_open(&p, "exit 75", "    breaker_failures: 1\n    breaker_pause: 1h\n");
        take(&p, 1, "a", "low", "");
        reported(&p, 1, "a#1 failed\n");
        take(&p, 2, "b", "low", "");
        reported(&p, 1, "b#1 failed, not tried\n");
        post_close(&p);
}

static void test_refused(void **state) {
        struct post p;

        post_open(&p, "exit 3", "");
        take(&p, 1, "a", "low", "");
        reported(&p, 1, "a#1 refused\n");
        post_close(&p);
}

/* Without room for its report no attempt begins. */
static void test_no_room(void **state) {
        struct post p;

        post_open(&p, "exit 0", "");
        p.full = true;
        take(&p, 1, "a", "low", "");
        (void)event_base_loop(p.base, EVLOOP_ONCE);
        assert_int_equal(p.reports.n, 0);
        p.full = false;
        reported(&p, 1, "a#1 sent\n");
        post_close(&p);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_urgent_first), cmocka_unit_test(test_order),   cmocka_unit_test(test_withdrawn),
                cmocka_unit_test(test_breaker),      cmocka_unit_test(test_refused), cmocka_unit_test(test_no_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
