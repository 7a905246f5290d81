/* `wardwatch rules`: what the language of rules, sites and sensor types consists of. */
#include "command/command_internal.h"
#include "command/reference.h"

#include <stdio.h>

enum {
        OPTION_REFERENCE,
};

static const struct command_option rules_options[] = {
        [OPTION_REFERENCE] = { "--reference", 0, NULL, "print every word of the language as Markdown" },
        { 0 },
};

static int rules_run(const struct command_args *args) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (args->argc || !args->values[OPTION_REFERENCE]) {
                (void)fputs("wardwatch rules: what shall be printed?\n  help: write `wardwatch rules --reference`\n",
                            stderr);
                return 2;
        }
        reference_put(&text);
        return command_put(&text, false);
}

const struct command command_rules = {
        .name = "rules",
        .synopsis = "rules --reference",
        .help = "print the reference of the language of rules, sites and sensor types",
        .text = "Every word with what it takes, what holds without it, and what it means; kinds, functions, operators "
                "and limits. It is made from the tables that the loaders use, so it is what this version knows. "
                "rules/README.md holds the same, behind an introduction and before a cookbook.",
        .options = rules_options,
        .run = rules_run,
};
