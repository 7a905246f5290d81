/* Examples of rules, played with the alarm stage that a real alarm meets. */
#include "ruleset.h"
#include "stages.h"

struct trial {
        struct alarms *alarms;
        const struct correlate_rules *rules;
        const struct site *site;
        int64_t now; /* journal time */
};

static int trial_open(void **ret, const struct correlate_rules *rules, const struct site *site, int64_t now,
                      correlate_transition_sink sink, void *userdata) {
        struct trial *t = calloc(1, sizeof *t);
        int r = t ? alarms_new(&t->alarms, sink, userdata) : -ENOMEM;

        if (!r)
                r = stages_set_mutes(t->alarms, rules, site, now);
        if (r) {
                alarms_free(t ? t->alarms : NULL);
                free(t);
                return r;
        }
        t->rules = rules;
        t->site = site;
        t->now = now;
        *ret = t;
        return 0;
}

static void trial_close(void *stage) {
        struct trial *t = stage;

        alarms_free(t->alarms);
        free(t);
}

static int trial_time(void *stage, struct correlate *c, int64_t now) {
        struct trial *t = stage;

        struct stages stages = { .correlate = c, .alarms = t->alarms, .clock = &t->now };

        return stages_time(&stages, now);
}

static int trial_detection(void *stage, const struct ww_detection *d) {
        struct trial *t = stage;

        return alarms_detection(t->alarms, d, t->now);
}

static int trial_swap(void *stage) {
        struct trial *t = stage;

        return stages_set_mutes(t->alarms, t->rules, t->site, t->now);
}

/* ---- acts ---- */

struct wanted {
        struct ww_str rule, key;
        bool exercise;
        const struct ww_alarm *found;
};

static int is_wanted(void *userdata, const struct ww_alarm *alarm) {
        struct wanted *w = userdata;

        if (alarm->exercise == w->exercise && ww_str_equal(alarm->rule, w->rule) && ww_str_equal(alarm->key, w->key))
                w->found = alarm;
        return w->found != NULL;
}

static int trial_act(void *stage, enum ww_cause verb, struct ww_str rule, struct ww_str key, bool exercise,
                     const char **ret_refused) {
        struct trial *t = stage;
        struct wanted w = { rule, key, exercise, NULL };
        struct alarm_act act = {
                .verb = verb,
                .actor = WW_STR("example"),
                .reason = WW_STR("example"),
                .roles = ALARM_ROLE_OPERATOR,
        };
        int r;

        (void)alarms_each(t->alarms, is_wanted, &w);
        act.alarm = w.found ? w.found->id : 0;
        act.version = w.found ? w.found->version : 0;
        r = alarms_act(t->alarms, &act, t->now, NULL);
        if (r > 0)
                *ret_refused = w.found ? alarm_refusals[r].text : "there is no such alarm";
        return r < 0 ? r : 0;
}

int ruleset_test(const struct correlate_rules *rules, const struct correlate_examples *examples, struct diag *d,
                 struct correlate_examples_result *ret) {
        static const struct correlate_stage stage = {
                .open = trial_open,
                .close = trial_close,
                .time = trial_time,
                .detection = trial_detection,
                .act = trial_act,
                .swap = trial_swap,
        };
        struct correlate_examples staged = *examples;

        staged.stage = &stage;
        return correlate_rules_examples(rules, &staged, d, ret);
}

int ruleset_examples(const struct correlate_rules *rules, struct diag *d, size_t *ret_run) {
        struct correlate_examples_result result = { 0 };
        int r = ruleset_test(rules, &(struct correlate_examples){ .wanted = NULL }, d, &result);

        *ret_run = result.run;
        return r;
}
