/* Alarms through the stage's own door: detections, acts and timers on a virtual clock, saved and loaded at each step.
 */
#include "alarm/alarm.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the three above
#include <cmocka.h>
#include <stdio.h>

#define T(seconds) ((int64_t)(seconds)*WW_SECOND)

struct bench {
        struct alarms *a;
        struct buf log; /* one line a transition */
        struct ww_transition last;
        char rule[32], actor[64], order[32];
        bool reload; /* save and load before every step */
};

static int sink(void *userdata, const struct ww_transition *t) {
        struct bench *b = userdata;

        b->last = *t;
        (void)snprintf(b->actor, sizeof b->actor, "%.*s", WW_STR_ARG(t->actor));
        (void)snprintf(b->order, sizeof b->order, "%.*s", WW_STR_ARG(t->alarm.work_order));
        buf_printf(&b->log, "%ld %s %s p%d/%d v%lu a%lu n%u f%d %s by=%.*s%s\n", (long)t->alarm.id,
                   ww_cause_name(t->cause), ww_alarm_state_name(ww_alarm_state(&t->alarm.regions)),
                   (int)t->alarm.priority, (int)t->alarm.priority_unack, (unsigned long)t->alarm.version,
                   (unsigned long)t->alarm.alarmed_version, t->alarm.raised_count, t->alarm.first_out, b->actor,
                   WW_STR_ARG(t->alarm.acknowledged_by), t->annunciate ? " !" : "");
        return 0;
}

static void bench_init(struct bench *b, bool reload) {
        *b = (struct bench){ .reload = reload };
        assert_int_equal(alarms_new(&b->a, sink, b), 0);
}

static void bench_deinit(struct bench *b) {
        alarms_free(b->a);
        buf_deinit(&b->log);
}

static void step(struct bench *b) {
        _cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
        struct rd in;

        if (!b->reload)
                return;
        assert_int_equal(alarms_save(b->a, &first), 0);
        alarms_free(b->a);
        assert_int_equal(alarms_new(&b->a, sink, b), 0);
        in = rd_init(buf_str(&first));
        assert_int_equal(alarms_load(b->a, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        assert_int_equal(alarms_save(b->a, &second), 0);
        assert_true(ww_str_equal(buf_str(&first), buf_str(&second)));
}

static struct ww_detection detection(enum ww_detection_what what, const char *key, enum ww_priority priority) {
        return (struct ww_detection){
                .what = what,
                .rule = WW_STR("door-held"),
                .key = ww_str(key),
                .title = WW_STR("Door held"),
                .zone = WW_STR("W3"),
                .hazard = WW_HAZARD_THEFT,
                .priority = priority,
        };
}

static void detect(struct bench *b, const struct ww_detection *d, int64_t now) {
        static const struct ww_evidence evidence = { .seq = 7 };
        struct ww_detection with = *d;

        with.time = now;
        with.evidence = &evidence;
        with.n_evidence = 1;
        step(b);
        assert_int_equal(alarms_detection(b->a, &with, now), 0);
}

static void happens(struct bench *b, enum ww_detection_what what, const char *key, enum ww_priority p, int64_t now) {
        struct ww_detection d = detection(what, key, p);

        detect(b, &d, now);
}

static int act(struct bench *b, const struct alarm_act *given, int64_t now) {
        struct alarm_act with = *given;

        with.actor = with.actor.n ? with.actor : WW_STR("ann");
        with.roles = with.roles ? with.roles : ALARM_ROLE_SUPERVISOR | ALARM_ROLE_MAINTENANCE;
        step(b);
        return alarms_act(b->a, &with, now, NULL);
}

#define ACT(b, now, ...) act((b), &(struct alarm_act){ __VA_ARGS__ }, (now))

static void story(struct bench *b) {
        const struct ww_str why = WW_STR("seen");

        happens(b, WW_DETECTION_RAISE, "door=1", WW_PRIORITY_LOW, T(1));
        happens(b, WW_DETECTION_RAISE, "door=2", WW_PRIORITY_HIGH, T(2)); /* same group: not first-out */
        happens(b, WW_DETECTION_AGAIN, "door=1", WW_PRIORITY_LOW, T(3));
        assert_int_equal(ACT(b, T(4), .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 1), 0);
        happens(b, WW_DETECTION_REGRADE, "door=1", WW_PRIORITY_MEDIUM, T(5));
        assert_int_equal(ACT(b, T(6), .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 3), ALARM_E_CHANGED);
        assert_int_equal(ACT(b, T(6), .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 4), 0);
        happens(b, WW_DETECTION_CLEAR, "door=1", WW_PRIORITY_LOW, T(7)); /* NORM: forgotten */
        happens(b, WW_DETECTION_CLEAR, "door=2", WW_PRIORITY_HIGH, T(8));
        happens(b, WW_DETECTION_RAISE, "door=1", WW_PRIORITY_LOW, T(9)); /* another alarm, first-out now */
        assert_int_equal(ACT(b, T(10), .verb = WW_CAUSE_SHELVE, .alarm = 3, .until = T(20), .reason = why), 0);
        happens(b, WW_DETECTION_CLEAR, "door=1", WW_PRIORITY_LOW, T(11));
        happens(b, WW_DETECTION_RAISE, "door=1", WW_PRIORITY_LOW, T(12));
        step(b);
        assert_int_equal(alarms_deadline(b->a), T(20));
        assert_int_equal(alarms_time(b->a, T(20) - 1), 0);
        step(b);
        assert_int_equal(alarms_time(b->a, T(20)), 0);
        assert_int_equal(ACT(b, T(21), .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 2, .until = T(30), .reason = why,
                             .work_order = WW_STR("WO-1")),
                         0);
        step(b);
        assert_int_equal(alarms_time(b->a, T(40)), 0); /* overdue: fires at once */
        assert_int_equal(ACT(b, T(41), .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 2, .version = 1, .reason = why), 0);
        happens(b, WW_DETECTION_REMOVED, "door=1", WW_PRIORITY_LOW, T(42));
}

static const char story_log[] = "1 RAISE UNACK p1/1 v1 a1 n1 f1 rule:door-held by= !\n"
                                "2 RAISE UNACK p3/3 v1 a1 n1 f0 rule:door-held by= !\n"
                                "1 AGAIN UNACK p1/1 v2 a1 n1 f1 rule:door-held by=\n"
                                "1 ACKNOWLEDGE ACKED p1/1 v3 a1 n1 f1 ann by=ann\n"
                                "1 REGRADE UNACK p2/2 v4 a4 n1 f1 rule:door-held by=ann !\n"
                                "1 ACKNOWLEDGE ACKED p2/2 v5 a4 n1 f1 ann by=ann\n"
                                "1 CLEAR NORM p2/2 v6 a4 n1 f1 rule:door-held by=ann\n"
                                "2 CLEAR RTNUN p3/3 v2 a1 n1 f0 rule:door-held by=\n"
                                "3 RAISE UNACK p1/1 v1 a1 n1 f1 rule:door-held by= !\n"
                                "3 SHELVE SHLVD p1/1 v2 a1 n1 f1 ann by=\n"
                                "3 CLEAR SHLVD p1/1 v3 a1 n1 f1 rule:door-held by=\n"
                                "3 RAISE SHLVD p1/1 v4 a4 n2 f1 rule:door-held by=\n"
                                "3 SHELVING_ENDED UNACK p1/1 v5 a5 n2 f1 timer by= !\n"
                                "2 OUT_OF_SERVICE OOSRV p3/3 v3 a1 n1 f0 ann by=\n"
                                "2 RETURN_TO_SERVICE RTNUN p3/3 v4 a1 n1 f0 timer by=\n"
                                "2 ACKNOWLEDGE NORM p3/3 v5 a1 n1 f0 ann by=ann\n"
                                "3 CONFIG_REMOVED RTNUN p1/1 v6 a6 n2 f1 rule:door-held by= !\n";

static void test_story(void **state) {
        for (int reload = 0; reload < 2; reload++) {
                struct bench b;

                bench_init(&b, reload);
                story(&b);
                buf_put_u8(&b.log, 0);
                assert_string_equal((char *)b.log.p, story_log);
                bench_deinit(&b);
        }
}

struct refusal {
        struct alarm_act act;
        int result;
};

/* alarm 1: high, UNACK, version 2, alarmed at 1; alarm 2: fire; now = 10 s */
#define SAY .reason = { "x", 1 }
static const struct refusal refusals[] = {
        { { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 9, .version = 1, SAY }, ALARM_E_UNKNOWN },
        { { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 0, .version = 1, SAY }, ALARM_E_UNKNOWN },
        { { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, SAY }, ALARM_E_VERSION_NEEDED },
        { { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 3, SAY }, ALARM_E_CHANGED },
        { { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 2 }, ALARM_E_REASON_NEEDED },
        { { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 2, .reason = { " \t", sizeof(" \t") - 1 } },
          ALARM_E_REASON_NEEDED },
        { { .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 1, .version = 2, SAY, .roles = ALARM_ROLE_AUDITOR }, ALARM_E_ROLE },
        { { .verb = WW_CAUSE_UNACKNOWLEDGE, .alarm = 1 }, ALARM_E_STATE },
        { { .verb = WW_CAUSE_RESET, .alarm = 1, SAY }, ALARM_E_STATE },
        { { .verb = WW_CAUSE_UNSHELVE, .alarm = 1 }, ALARM_E_STATE },
        { { .verb = WW_CAUSE_RETURN_TO_SERVICE, .alarm = 1 }, ALARM_E_STATE },
        { { .verb = WW_CAUSE_RAISE, .alarm = 1 }, ALARM_E_STATE },
        { { .verb = WW_CAUSE_SUPPRESS, .alarm = 1 }, ALARM_E_STATE },
        { { .verb = WW_CAUSE_MAX_, .alarm = 1 }, ALARM_E_STATE },
        { { .verb = WW_CAUSE_SHELVE, .alarm = 2, .until = T(20), SAY }, ALARM_E_PROTECTED },
        { { .verb = WW_CAUSE_SHELVE, .alarm = 1, .until = T(20) }, ALARM_E_REASON_NEEDED },
        { { .verb = WW_CAUSE_SHELVE, .alarm = 1, SAY }, ALARM_E_LIMIT },
        { { .verb = WW_CAUSE_SHELVE, .alarm = 1, .until = T(10), SAY }, ALARM_E_LIMIT },
        { { .verb = WW_CAUSE_SHELVE, .alarm = 1, .until = T(10) + 8 * WW_HOUR + 1, SAY }, ALARM_E_LIMIT },
        { { .verb = WW_CAUSE_SHELVE, .alarm = 1, .until = WW_TIME_NONE, SAY }, ALARM_E_LIMIT },
        { { .verb = WW_CAUSE_SHELVE, .alarm = 1, .until = T(20), SAY, .roles = ALARM_ROLE_OPERATOR }, ALARM_E_ROLE },
        { { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, .until = T(20), SAY }, ALARM_E_WORK_ORDER_NEEDED },
        { { .verb = WW_CAUSE_OUT_OF_SERVICE, .alarm = 1, SAY, .work_order = { "w", sizeof("w") - 1 } }, ALARM_E_LIMIT },
        { { .verb = WW_CAUSE_OUT_OF_SERVICE,
            .alarm = 1,
            .until = T(20),
            SAY,
            .work_order = { "w", sizeof("w") - 1 },
            .roles = ALARM_ROLE_SUPERVISOR },
          ALARM_E_ROLE },
};

static void test_refusals_change_nothing(void **state) {
        struct ww_detection fire = detection(WW_DETECTION_RAISE, "door=2", WW_PRIORITY_LOW);
        struct bench b;
        size_t log;

        bench_init(&b, false);
        happens(&b, WW_DETECTION_RAISE, "door=1", WW_PRIORITY_HIGH, T(1));
        happens(&b, WW_DETECTION_AGAIN, "door=1", WW_PRIORITY_HIGH, T(1));
        fire.klass = WW_CLASS_FIRE;
        detect(&b, &fire, T(2));
        log = b.log.n;
        for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
                if (act(&b, &refusals[i].act, T(10)) != refusals[i].result)
                        fail_msg("refusal %zu", i);
        assert_int_equal(b.log.n, log);
        for (int i = 1; i < ALARM_E_MAX_; i++)
                assert_true(alarm_refusals[i].name && alarm_refusals[i].text && alarm_refusals[i].cure);
        assert_int_equal(ACT(&b, T(10), .verb = WW_CAUSE_ACKNOWLEDGE, .alarm = 2, .version = 1),
                         0); /* low: no reason */
        assert_int_equal(ACT(&b, T(10), .verb = WW_CAUSE_SHELVE, .alarm = 1, SAY, .until = T(10) + 8 * WW_HOUR), 0);
        bench_deinit(&b);
}

static void test_one_shot_ends_at_the_clear_or_at_the_limit(void **state) {
        struct bench b;

        bench_init(&b, false);
        happens(&b, WW_DETECTION_RAISE, "door=1", WW_PRIORITY_LOW, T(1));
        assert_int_equal(ACT(&b, T(2), .verb = WW_CAUSE_SHELVE, .alarm = 1, .one_shot = true, SAY), 0);
        assert_int_equal(alarms_deadline(b.a), T(2) + 8 * WW_HOUR);
        happens(&b, WW_DETECTION_CLEAR, "door=1", WW_PRIORITY_LOW, T(3));
        assert_int_equal(ww_alarm_state(&b.last.alarm.regions), WW_ALARM_RTNUN);
        assert_int_equal(alarms_deadline(b.a), WW_TIME_NEVER);
        bench_deinit(&b);
}

static void test_a_drill_is_another_alarm_and_another_group(void **state) {
        struct ww_detection drill = detection(WW_DETECTION_RAISE, "door=1", WW_PRIORITY_LOW);
        struct alarms_figures f;
        struct bench b;

        bench_init(&b, false);
        drill.flags = WW_DETECTION_EXERCISE;
        detect(&b, &drill, T(1));
        happens(&b, WW_DETECTION_RAISE, "door=1", WW_PRIORITY_LOW, T(2));
        assert_int_equal(b.last.alarm.id, 2);
        assert_true(b.last.alarm.first_out && !b.last.alarm.exercise);
        alarms_figures(b.a, &f);
        assert_int_equal(f.alarms, 2);
        assert_int_equal(f.active, 2);
        assert_int_equal(f.unacknowledged, 2);
        bench_deinit(&b);
}

static void test_what_says_nothing_new_leaves_no_trace(void **state) {
        struct bench b;

        bench_init(&b, false);
        for (int what = WW_DETECTION_CLEAR; what <= WW_DETECTION_REFUTED; what++)
                happens(&b, (enum ww_detection_what)what, "door=1", WW_PRIORITY_LOW, T(1));
        assert_int_equal(b.log.n, 0);
        bench_deinit(&b);
}

/* Many timers: each fires once, in order of time, then of id. */
static void test_timers_fire_in_order(void **state) {
        int64_t last = 0;
        struct bench b;
        unsigned fired = 0;

        bench_init(&b, false);
        for (unsigned i = 1; i <= 500; i++) {
                char key[16];

                (void)snprintf(key, sizeof key, "d=%u", i);
                happens(&b, WW_DETECTION_RAISE, key, WW_PRIORITY_LOW, T(1));
                assert_int_equal(
                        ACT(&b, T(1), .verb = WW_CAUSE_SHELVE, .alarm = i, SAY, .until = T(2 + i * 7919 % 100)), 0);
        }
        for (int64_t at; (at = alarms_deadline(b.a)) != WW_TIME_NEVER;) {
                uint64_t transitions, id = 0;
                struct alarms_figures f;

                alarms_figures(b.a, &f);
                transitions = f.transitions;
                assert_true(at > last);
                assert_int_equal(alarms_time(b.a, at), 0);
                alarms_figures(b.a, &f);
                assert_int_equal(f.transitions, transitions + 5);
                fired += 5;
                id = b.last.alarm.id;
                assert_true(id > 400);
                last = at;
        }
        assert_int_equal(fired, 500);
        bench_deinit(&b);
}

static void test_damaged_states_are_refused(void **state) {
        _cleanup_buf_ struct buf saved = BUF_INIT;
        struct bench b;

        bench_init(&b, false);
        happens(&b, WW_DETECTION_RAISE, "door=1", WW_PRIORITY_LOW, T(1));
        happens(&b, WW_DETECTION_RAISE, "door=2", WW_PRIORITY_LOW, T(1));
        assert_int_equal(alarms_save(b.a, &saved), 0);
        for (size_t n = 0; n < saved.n; n++) {
                struct rd in = rd_init((struct ww_str){ (char *)saved.p, n });

                alarms_free(b.a);
                assert_int_equal(alarms_new(&b.a, sink, &b), 0);
                assert_int_equal(alarms_load(b.a, &in), -EBADMSG);
        }
        for (size_t i = 0; i < saved.n; i++) { /* any byte: loads or is refused, never more */
                struct rd in = rd_init(buf_str(&saved));

                saved.p[i] ^= 0x55;
                alarms_free(b.a);
                assert_int_equal(alarms_new(&b.a, sink, &b), 0);
                assert_true(alarms_load(b.a, &in) <= 0);
                saved.p[i] ^= 0x55;
        }
        bench_deinit(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_story),
                cmocka_unit_test(test_refusals_change_nothing),
                cmocka_unit_test(test_one_shot_ends_at_the_clear_or_at_the_limit),
                cmocka_unit_test(test_a_drill_is_another_alarm_and_another_group),
                cmocka_unit_test(test_what_says_nothing_new_leaves_no_trace),
                cmocka_unit_test(test_timers_fire_in_order),
                cmocka_unit_test(test_damaged_states_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
