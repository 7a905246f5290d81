/* `wardwatch sensors test`: the examples of sensor types; of one that fails, all that came instead. */
#include "command/examples_report.h"
#include "command/sensors.h"

static const char *nearest(void *userdata, struct ww_str name) {
        return decode_types_nearest(userdata, name);
}

static int test_types(struct examples_report *report, struct ruleset *ruleset) {
        const struct decode_examples examples = { .wanted = examples_report_wanted,
                                                  .failed = examples_report_failed,
                                                  .userdata = report };
        struct decode_examples_result result = { 0 };
        int r;

        examples_report_bundle(report, &ruleset->bundle);
        r = decode_types_examples(ruleset->types, &examples, &report->diag, &result);
        if (r < 0)
                return sensors_exit("test", r);
        if (examples_report_all_met(report, nearest, ruleset->types))
                return 2;
        return examples_report_end(report, r == 0, result.types, result.run, result.failed) ? 1 : r ? 1 : 0;
}

static int test_run(const struct command_args *args) {
        struct examples_report report;
        struct sensors s;
        int r = sensors_open(&s, "test", args);

        if (r)
                return r;
        r = examples_report_init(&report, args, "sensors test", "type") ? 1 : test_types(&report, s.rules);
        examples_report_deinit(&report);
        sensors_close(&s);
        return r;
}

const struct command command_sensors_test = {
        .name = "sensors test",
        .synopsis = "sensors test [TYPE|FILE…] [--json]",
        .help = "run the examples of types, and tell what came instead in those that fail",
        .text = "Plays the examples in the files of sensor types: all of them, or those of the named types (* stands "
                "for "
                "anything) and files. Of an example that fails it tells what was expected, what came, and of each "
                "message which type took it, why the others did not, what it gave and what it did not. Exit code 1 if "
                "one failed.",
        .run = test_run,
};
