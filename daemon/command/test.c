/*
 * `wardwatch test`: the examples of rules, played with the real matcher and the real alarm stage on a virtual clock.
 * What fails is told with all that happened in it, because "expected an alarm, got none" is where the work begins.
 */
#include "command/examples_report.h"
#include "command/replay_side.h"
#include "command/socket.h"
#include "command/test_coverage.h"

#include <stdio.h>

enum { RULES, COVERAGE };

static const struct command_option test_options[] = {
        [RULES] = { "--rules", 0, "PATH", "rules of this file or folder, instead of the configuration's" },
        [COVERAGE] = { "--coverage", 0, NULL,
                       "then what is tried: rules by examples, kinds of events by rules; exit code 1 if a rule has no "
                       "near miss" },
        { 0 },
};

static const char *nearest(void *userdata, struct ww_str name) {
        return correlate_rule_nearest(userdata, name);
}

/* The last words. 0, 1, -errno. */
static int end(struct examples_report *report, const struct correlate_rules *rules,
               const struct correlate_examples_result *result, int r) {
        bool wanted = report->args->values[COVERAGE] != NULL;
        json_t *coverage = NULL;
        int lacking = 0;

        if (wanted && report->failures)
                lacking = test_coverage(report, rules, true, &coverage);
        report->extra = coverage;
        if (lacking >= 0 && examples_report_end(report, r == 0 && !lacking, result->rules, result->run, result->failed))
                r = 1;
        if (wanted && !report->failures)
                lacking = test_coverage(report, rules, false, NULL);
        return lacking ? lacking : r;
}

static int test_rules(struct examples_report *report, struct ruleset *ruleset) {
        const struct correlate_examples examples = { .wanted = examples_report_wanted,
                                                     .failed = examples_report_failed,
                                                     .userdata = report };
        struct correlate_examples_result result = { 0 };
        int r;

        examples_report_bundle(report, &ruleset->bundle);
        r = ruleset_test(ruleset->rules, &examples, &report->diag, &result);
        if (r >= 0 && !report->args->argc) {
                size_t ran;
                int records = record_kinds_examples(ruleset->records, &report->diag, &ran);

                r = records < 0 || !r ? records : r;
        }
        if (r < 0)
                return r;
        if (report->diag.n) /* of a rule without an example: nothing happened in it */
                examples_report_failed(report, WW_STR_NONE);
        r = r ? 1 : 0;
        if (examples_report_all_met(report, nearest, ruleset->rules))
                return 2;
        return end(report, ruleset->rules, &result, r);
}

static int test_configured(struct examples_report *report, const struct config *config) {
        struct ruleset *ruleset = NULL;
        int r = replay_side_rules(&ruleset, config, report->args->values[RULES]);

        r = r < 0 ? r : r ? 1 : test_rules(report, ruleset);
        examples_report_deinit(report);
        ruleset_free(ruleset);
        return r;
}

static int test_run(const struct command_args *args) {
        struct examples_report report;
        struct config config = { 0 };
        int r;

        if (examples_report_init(&report, args, "test", "rule") || socket_config(&config, args->config)) {
                examples_report_deinit(&report);
                return 1;
        }
        r = test_configured(&report, &config);
        if (r < 0)
                (void)fprintf(stderr, "wardwatch test: %s\n", strerror(-r));
        config_deinit(&config);
        return r < 0 ? 1 : r;
}

const struct command command_test = {
        .name = "test",
        .synopsis = "test [RULE|FILE…] [--rules PATH] [--coverage] [--json]",
        .help = "run the examples of rules, and tell what happened in those that fail",
        .text = "Plays the examples in the files of rules on a virtual clock, with the matcher and the alarm stage "
                "that run live: all of them, or those of the named rules (* stands for anything) and files. Of an "
                "example that fails it tells what was expected, what came, and all that happened: which event was "
                "taken by which selection, or in what it differed, what was counted, how far a sequence was, what it "
                "waited for, and what its guard said. Exit code 1 if one failed. With --coverage it tells by file how "
                "many "
                "examples and near misses the rules have (a near miss is an example in which something happens and "
                "nothing is raised), which rules have none, and which kinds of events no rule selects.",
        .options = test_options,
        .run = test_run,
};
