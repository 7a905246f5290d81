/* `wardwatch rules`: the words of the files that are written by hand; for people, and for an editor as JSON Schema. */
#include "base/diag.h"
#include "command/command_internal.h"
#include "command/reference.h"
#include "command/schema.h"

#include <stdio.h>
#include <string.h>

enum {
        OPTION_SCHEMA,
        OPTION_REFERENCE,
};

static const struct command_option rules_options[] = {
        [OPTION_SCHEMA] = { "--schema", 0, NULL, "print the JSON Schema (2020-12) of the files" },
        [OPTION_REFERENCE] = { "--reference", 0, NULL, "print every word with what it means, as Markdown" },
        { 0 },
};

static const struct schema_kind *kind_find(const char *name) {
        for (size_t i = 0; i < schema_kinds_n; i++)
                if (strcmp(schema_kinds[i].name, name) == 0)
                        return &schema_kinds[i];
        return NULL;
}

static int kind_unknown(const char *name) {
        const char *names[8];
        size_t n = 0;

        for (; n < schema_kinds_n && n < sizeof names / sizeof *names; n++)
                names[n] = schema_kinds[n].name;
        (void)fprintf(stderr, "wardwatch rules: there is no schema of `%s`\n  help: %s\n", name,
                      diag_suggest(ww_str(name), names, n));
        return 2;
}

static int rules_reference(void) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        reference_put(&text);
        return command_put(&text, false);
}

static int rules_run(const struct command_args *args) {
        const struct schema_kind *kind = args->argc ? kind_find(args->argv[0]) : &schema_kinds[0];
        bool reference = args->values[OPTION_REFERENCE];

        if (!args->values[OPTION_SCHEMA] == !reference) {
                (void)fprintf(stderr, "wardwatch rules: say what to do\n"
                                      "  help: `wardwatch rules --schema`, or `wardwatch rules --reference`\n");
                return 2;
        }
        if (args->argc > !reference) {
                (void)fprintf(stderr, "wardwatch rules: unexpected word `%s`\n  help: %s\n", args->argv[!reference],
                              reference ? "the reference is of all files" : "one schema at a time");
                return 2;
        }
        if (reference)
                return rules_reference();
        if (!kind)
                return kind_unknown(args->argv[0]);
        return command_put_json(kind->make(), JSON_INDENT(2)) ? 1 : 0;
}

const struct command command_rules = {
        .name = "rules",
        .synopsis = "rules --reference | --schema [rules|sensors|site|config]",
        .help = "print the words of the files that are written by hand",
        .text = "With --reference every word of rules, site and sensor types as Markdown: what it takes, what holds "
                "without it, what it means; rules/README.md ends with it. With --schema the JSON Schema, by which an "
                "editor with a language server for YAML completes the words, shows what they mean and marks what is "
                "none. Both are made from the tables that the files are read by. A schema says how a file may look; "
                "what it means is said by `wardwatch check`. rules/README.md says how an editor is told of it.",
        .options = rules_options,
        .run = rules_run,
};
