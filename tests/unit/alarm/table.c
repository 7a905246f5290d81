/*
 * Each of the eight states that people see × each event × each role, through the stage's own door, undisturbed and with
 * a restart before and after it: what is allowed leads where the table says, what is refused changes nothing.
 */
#include "alarm/machine.h"
#include "config/site.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the three above
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define T(seconds) ((int64_t)(seconds)*WW_SECOND)
#define BEGIN      T(1000)
#define NOW        T(2000)
#define REFUSED    WW_ALARM_STATE_MAX_

static const struct ww_mute mutes[] = {
        { .rule = { "mute", 4 }, .hazards = 1u << WW_HAZARD_THEFT, .any = true },
};

struct bench {
        struct alarms *a;
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        unsigned changes; /* of the alarm that is looked at */
        enum ww_cause last;
        bool restarts;
};

static int sink(void *userdata, const struct ww_transition *t) {
        struct bench *b = userdata;

        if (!ww_str_is(t->alarm.rule, "door"))
                return 0;
        b->changes++;
        b->last = t->cause;
        return 0;
}

static void bench_open(struct bench *b) {
        assert_int_equal(alarms_new(&b->a, sink, b), 0);
        assert_int_equal(alarms_set_mutes(b->a, mutes, 1, b->site, BEGIN), 0);
}

static void bench_init(struct bench *b, const char *site, bool restarts) {
        struct diag diag = DIAG_INIT;

        *b = (struct bench){ .restarts = restarts };
        assert_int_equal(bundle_add_text(&b->bundle, BUNDLE_SITE, "site.yaml", ww_str(site)), 0);
        assert_int_equal(bundle_seal(&b->bundle), 0);
        assert_int_equal(symtab_new(&b->symbols), 0);
        assert_int_equal(site_compile(&b->site, &b->bundle, b->symbols, &diag), 0);
        diag_deinit(&diag);
        bench_open(b);
}

static void bench_deinit(struct bench *b) {
        alarms_free(b->a);
        site_free(b->site);
        symtab_free(b->symbols);
        bundle_deinit(&b->bundle);
}

static void restart(struct bench *b) {
        _cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
        unsigned changes = b->changes;
        struct rd in;

        if (!b->restarts)
                return;
        assert_int_equal(alarms_save(b->a, &first), 0);
        alarms_free(b->a);
        bench_open(b);
        in = rd_init(buf_str(&first));
        assert_int_equal(alarms_load(b->a, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        assert_int_equal(alarms_save(b->a, &second), 0);
        assert_true(ww_str_equal(buf_str(&first), buf_str(&second)));
        assert_int_equal(b->changes, changes);
}

static const struct ww_alarm *the_alarm(const struct bench *b) {
        for (uint64_t id = 1; id < 4; id++) {
                const struct ww_alarm *alarm = alarms_find(b->a, id);

                if (alarm && ww_str_is(alarm->rule, "door"))
                        return alarm;
        }
        return NULL;
}

static enum ww_alarm_state state_now(const struct bench *b) {
        const struct ww_alarm *alarm = the_alarm(b);

        return alarm ? ww_alarm_state(&alarm->regions) : WW_ALARM_NORM;
}

/* --- what happens --- */

static void detect(struct bench *b, const char *rule, enum ww_detection_what what, enum ww_priority priority,
                   int64_t now) {
        static const struct ww_evidence evidence = { .seq = 7 };
        struct ww_detection d = {
                .what = what,
                .flags = WW_DETECTION_MANUAL,
                .rule = ww_str(rule),
                .device = ww_str(rule),
                .hazard = ww_str_is(ww_str(rule), "door") ? WW_HAZARD_THEFT : WW_HAZARD_SYSTEM,
                .priority = priority,
                .time = now,
                .evidence = &evidence,
                .n_evidence = 1,
        };

        if (what == WW_DETECTION_RAISE && !ww_str_is(d.rule, "door"))
                d.flags = 0;
        assert_int_equal(alarms_detection(b->a, &d, now), 0);
        assert_int_equal(alarms_time(b->a, now), 0);
}

static int act_as(struct bench *b, enum ww_cause verb, unsigned roles, int64_t now) {
        const struct ww_alarm *alarm = the_alarm(b);
        const struct alarm_act act = {
                .verb = verb,
                .alarm = alarm ? alarm->id : 1,
                .version = alarm ? alarm->version : 1,
                .actor = WW_STR("unix:ann"),
                .reason = WW_STR("seen"),
                .roles = roles,
                .until = now + (verb == WW_CAUSE_SHELVE ? 2 * WW_HOUR : 3 * WW_HOUR),
                .work_order = WW_STR("WO-1"),
                .second_person = WW_STR("bob"),
        };

        return alarms_act(b->a, &act, now, NULL);
}

static void act(struct bench *b, enum ww_cause verb) {
        assert_int_equal(act_as(b, verb, ALARM_ROLE_ADMINISTRATOR, BEGIN), 0);
}

/* The eight states, each as it comes about; those that are hidden are active and unacknowledged beneath. */
static void come_to(struct bench *b, enum ww_alarm_state state) {
        if (state != WW_ALARM_NORM)
                detect(b, "door", WW_DETECTION_RAISE, WW_PRIORITY_MEDIUM, BEGIN);
        if (state == WW_ALARM_ACKED || state == WW_ALARM_LATCHED)
                act(b, WW_CAUSE_ACKNOWLEDGE);
        if (state == WW_ALARM_RTNUN || state == WW_ALARM_LATCHED)
                detect(b, "door", WW_DETECTION_CLEAR, WW_PRIORITY_MEDIUM, BEGIN);
        if (state == WW_ALARM_SHLVD)
                act(b, WW_CAUSE_SHELVE);
        if (state == WW_ALARM_DSUPR)
                detect(b, "mute", WW_DETECTION_RAISE, WW_PRIORITY_LOW, BEGIN);
        if (state == WW_ALARM_OOSRV)
                act(b, WW_CAUSE_OUT_OF_SERVICE);
        assert_int_equal(state_now(b), state);
}

static const struct {
        enum ww_cause cause;
        enum ww_detection_what what;
} detections[] = {
        { WW_CAUSE_RAISE, WW_DETECTION_RAISE },     { WW_CAUSE_AGAIN, WW_DETECTION_AGAIN },
        { WW_CAUSE_CLEAR, WW_DETECTION_CLEAR },     { WW_CAUSE_REGRADE, WW_DETECTION_REGRADE },
        { WW_CAUSE_REFUTED, WW_DETECTION_REFUTED }, { WW_CAUSE_CONFIG_REMOVED, WW_DETECTION_REMOVED },
};

/* What brings an event that is no act of people. */
static void happens(struct bench *b, enum ww_cause cause) {
        for (size_t i = 0; i < sizeof detections / sizeof *detections; i++)
                if (detections[i].cause == cause)
                        detect(b, "door", detections[i].what,
                               cause == WW_CAUSE_REGRADE ? WW_PRIORITY_HIGH : WW_PRIORITY_MEDIUM, NOW);
        if (cause == WW_CAUSE_SUPPRESS || cause == WW_CAUSE_UNSUPPRESS)
                detect(b, "mute", cause == WW_CAUSE_SUPPRESS ? WW_DETECTION_RAISE : WW_DETECTION_CLEAR, WW_PRIORITY_LOW,
                       NOW);
        if (cause == WW_CAUSE_SOURCE_LOST || cause == WW_CAUSE_SOURCE_BACK)
                assert_int_equal(alarms_source(b->a, WW_STR("door"), cause == WW_CAUSE_SOURCE_LOST, NOW), 0);
        if (cause == WW_CAUSE_ACK_EXPIRED)
                assert_int_equal(alarms_time(b->a, BEGIN + WW_HOUR), 0);
        if (cause == WW_CAUSE_SHELVING_ENDED)
                assert_int_equal(alarms_time(b->a, BEGIN + 2 * WW_HOUR), 0);
        if (cause == WW_CAUSE_SHIFT_ENDED)
                assert_int_equal(alarms_unaccept(b->a, NOW), 0);
}

/* --- the table --- */

enum {
        OPR = ALARM_ROLE_OPERATOR,
        SUP = ALARM_ROLE_SUPERVISOR,
        MNT = ALARM_ROLE_MAINTENANCE,
        ADM = ALARM_ROLE_ADMINISTRATOR,
        ROLES = 6,
};

/* `=`: it changes and stays in its state; `.`: refused, or nothing new */
struct row {
        enum ww_cause cause;
        unsigned roles; /* 0: no act of people */
        const char *to[WW_ALARM_STATE_MAX_];
};

/* clang-format off */
static const struct row rows[] = {
        /*                                            NORM     UNACK    ACKED    RTNUN      LATCHED  SHLVD    DSUPR    OOSRV */
        { WW_CAUSE_RAISE,             0,             { "UNACK", "=",     "=",     "UNACK",   "UNACK", "=",     "=",     "=" } },
        { WW_CAUSE_AGAIN,             0,             { "UNACK", "=",     "=",     "UNACK",   "UNACK", "=",     "=",     "=" } },
        { WW_CAUSE_CLEAR,             0,             { ".",     "RTNUN", "LATCHED", ".",     ".",     "=",     "=",     "=" } },
        { WW_CAUSE_REGRADE,           0,             { ".",     "=",     "UNACK", "=",       "=",     "=",     "=",     "=" } },
        { WW_CAUSE_ACKNOWLEDGE,       OPR|SUP|ADM,   { ".",     "ACKED", ".",     "LATCHED", ".",     "=",     "=",     "=" } },
        { WW_CAUSE_UNACKNOWLEDGE,     OPR|SUP|ADM,   { ".",     ".",     "UNACK", ".",       ".",     ".",     ".",     "." } },
        { WW_CAUSE_RESET,             OPR|SUP|ADM,   { ".",     ".",     ".",     ".",       "NORM",  ".",     ".",     "." } },
        { WW_CAUSE_ACK_EXPIRED,       0,             { ".",     ".",     "UNACK", ".",       ".",     ".",     ".",     "." } },
        { WW_CAUSE_SHELVE,            SUP|ADM,       { ".",     "SHLVD", "SHLVD", "SHLVD",   "SHLVD", ".",     ".",     "." } },
        { WW_CAUSE_UNSHELVE,          SUP|ADM,       { ".",     ".",     ".",     ".",       ".",     "ACKED", ".",     "." } },
        { WW_CAUSE_SHELVING_ENDED,    0,             { ".",     ".",     ".",     ".",       ".",     "UNACK", ".",     "." } },
        { WW_CAUSE_SUPPRESS,          0,             { ".",     "DSUPR", "DSUPR", "DSUPR",   "DSUPR", "DSUPR", ".",     "=" } },
        { WW_CAUSE_UNSUPPRESS,        0,             { ".",     ".",     ".",     ".",       ".",     ".",     "UNACK", "." } },
        { WW_CAUSE_OUT_OF_SERVICE,    MNT|ADM,       { ".",     "OOSRV", "OOSRV", "OOSRV",   "OOSRV", "OOSRV", "OOSRV", "." } },
        { WW_CAUSE_RETURN_TO_SERVICE, MNT|ADM,       { ".",     ".",     ".",     ".",       ".",     ".",     ".",     "UNACK" } },
        { WW_CAUSE_SILENCE,           OPR|SUP|ADM,   { ".",     "=",     ".",     "=",       ".",     ".",     ".",     "." } },
        { WW_CAUSE_SOURCE_LOST,       0,             { ".",     "=",     "=",     "=",       "=",     "=",     "=",     "=" } },
        { WW_CAUSE_SOURCE_BACK,       0,             { ".",     ".",     ".",     ".",       ".",     ".",     ".",     "." } },
        { WW_CAUSE_CONFIG_REMOVED,    0,             { ".",     "RTNUN", "RTNUN", ".",       ".",     "=",     "=",     "=" } },
        { WW_CAUSE_REFUTED,           0,             { ".",     "=",     "=",     "=",       "=",     "=",     "=",     "=" } },
        { WW_CAUSE_SHIFT_ENDED,       0,             { ".",     ".",     "UNACK", ".",       ".",     ".",     ".",     "." } },
};
/* clang-format on */

static enum ww_alarm_state target(const struct row *row, enum ww_alarm_state from) {
        const char *word = row->to[from];

        if (strcmp(word, ".") == 0)
                return REFUSED;
        for (int s = 0; s < WW_ALARM_STATE_MAX_; s++)
                if (strcmp(word, ww_alarm_state_name((enum ww_alarm_state)s)) == 0)
                        return (enum ww_alarm_state)s;
        assert_string_equal(word, "=");
        return from;
}

/* Only where an acknowledgement is to expire it does. */
static const char *site_of(enum ww_cause cause) {
        return cause == WW_CAUSE_ACK_EXPIRED ? "alarms: {acknowledge_expires: {medium: 1h}}\n" : "site: s\n";
}

static void check(const struct bench *b, const struct row *row, enum ww_alarm_state from, bool allowed,
                  const char *role) {
        enum ww_alarm_state to = allowed ? target(row, from) : REFUSED;
        unsigned changes = to == REFUSED ? 0 : 1;

        if (state_now(b) == (to == REFUSED ? from : to) && b->changes == changes && (!changes || b->last == row->cause))
                return;
        fail_msg("%s in %s by %s%s: %s after %u changes, not %s", ww_cause_name(row->cause), ww_alarm_state_name(from),
                 role, b->restarts ? " with restarts" : "", ww_alarm_state_name(state_now(b)), b->changes,
                 to == REFUSED ? "refused" : ww_alarm_state_name(to));
}

/* One cell: the state comes about, perhaps the daemon starts anew, the event, perhaps it starts anew. */
static void play(const struct row *row, enum ww_alarm_state from, int role, bool restarts) {
        unsigned roles = role < 0 ? 0 : 1u << role;
        bool allowed = row->roles ? row->roles & roles : role < 0;
        struct bench b;

        bench_init(&b, site_of(row->cause), restarts);
        come_to(&b, from);
        restart(&b);
        b.changes = 0;
        if (row->roles || role >= 0) {
                int r = act_as(&b, row->cause, roles, NOW);

                if (from == WW_ALARM_NORM)
                        assert_int_equal(r, ALARM_E_UNKNOWN);
                else if (!row->roles)
                        assert_int_equal(r, ALARM_E_STATE); /* nobody can bring it, whoever he is */
                else if (!allowed)
                        assert_int_equal(r, ALARM_E_ROLE);
                else
                        assert_int_equal(r, target(row, from) == REFUSED ? ALARM_E_STATE : 0);
        } else {
                happens(&b, row->cause);
        }
        restart(&b);
        check(&b, row, from, allowed, role < 0 ? "nobody" : alarm_role_names[role]);
        bench_deinit(&b);
}

static void test_every_cell(void **state) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                for (int from = 0; from < WW_ALARM_STATE_MAX_; from++)
                        for (int role = -1; role < ROLES; role++)
                                for (int restarts = 0; restarts < 2; restarts++)
                                        play(&rows[i], (enum ww_alarm_state)from, role, restarts);
        assert_int_equal(sizeof rows / sizeof *rows, WW_CAUSE_MAX_ - 1);
        assert_int_equal(alarm_role_names_n, ROLES);
}

/* What was lost comes back, in each state, also after a restart. */
static void test_a_source_that_comes_back(void **state) {
        for (int from = WW_ALARM_UNACK; from < WW_ALARM_STATE_MAX_; from++)
                for (int restarts = 0; restarts < 2; restarts++) {
                        struct bench b;

                        bench_init(&b, "site: s\n", restarts);
                        come_to(&b, (enum ww_alarm_state)from);
                        happens(&b, WW_CAUSE_SOURCE_LOST);
                        assert_true(the_alarm(&b)->stale);
                        restart(&b);
                        b.changes = 0;
                        happens(&b, WW_CAUSE_SOURCE_LOST); /* said twice */
                        assert_int_equal(b.changes, 0);
                        happens(&b, WW_CAUSE_SOURCE_BACK);
                        restart(&b);
                        assert_int_equal(b.changes, 1);
                        assert_false(the_alarm(&b)->stale);
                        assert_int_equal(state_now(&b), from);
                        bench_deinit(&b);
                }
}

/* The table that people read has every cell of this one. */
static void test_the_printed_table_knows_every_cell(void **state) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                assert_int_equal(alarm_act_row(rows[i].cause).roles, rows[i].roles);
                for (int from = 0; from < WW_ALARM_STATE_MAX_; from++) {
                        enum ww_alarm_state to = target(&rows[i], (enum ww_alarm_state)from);
                        unsigned sounds, states = machine_outcomes((enum ww_alarm_state)from, rows[i].cause, &sounds);

                        assert_true(to == REFUSED || states >> to & 1);
                        assert_true((sounds & states) == sounds);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_cell),
                cmocka_unit_test(test_a_source_that_comes_back),
                cmocka_unit_test(test_the_printed_table_knows_every_cell),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
