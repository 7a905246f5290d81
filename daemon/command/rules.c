/* `wardwatch rules`: what the language of rules, sites and sensor types consists of, for people and for editors. */
#include "base/diag.h"
#include "command/command_internal.h"
#include "command/reference.h"
#include "command/schema.h"

#include <stdio.h>
#include <string.h>

enum {
        OPTION_REFERENCE,
        OPTION_SCHEMA,
};

static const struct command_option rules_options[] = {
        [OPTION_REFERENCE] = { "--reference", 0, NULL, "print every word of the language as Markdown" },
        [OPTION_SCHEMA] = { "--schema", 0, NULL,
                            "print the JSON Schema (2020-12) of rules, or of sensors, site or config" },
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

static int schema_put(const struct schema_kind *kind) {
        json_t *schema = kind->make();
        int r = schema ? json_dumpf(schema, stdout, JSON_INDENT(2)) : -1;

        json_decref(schema);
        return r == 0 && putchar('\n') != EOF ? 0 : 1;
}

static int rules_schema(const struct command_args *args) {
        const struct schema_kind *kind = args->argc ? kind_find(args->argv[0]) : &schema_kinds[0];

        if (args->argc > 1) {
                (void)fprintf(stderr, "wardwatch rules: unexpected word `%s`\n  help: one schema at a time\n",
                              args->argv[1]);
                return 2;
        }
        return kind ? schema_put(kind) : kind_unknown(args->argv[0]);
}

static int rules_run(const struct command_args *args) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        bool reference = args->values[OPTION_REFERENCE] != NULL, schema = args->values[OPTION_SCHEMA] != NULL;

        if (reference == schema || (reference && args->argc)) {
                (void)fputs("wardwatch rules: what shall be printed?\n"
                            "  help: write `wardwatch rules --reference`, or `wardwatch rules --schema`\n",
                            stderr);
                return 2;
        }
        if (schema)
                return rules_schema(args);
        reference_put(&text);
        return command_put(&text, false);
}

const struct command command_rules = {
        .name = "rules",
        .synopsis = "rules --reference|--schema [rules|sensors|site|config]",
        .help = "print the reference of the language of rules, sites and sensor types, or its JSON Schema",
        .text = "The reference has every word with what it takes, what holds without it, and what it means; kinds, "
                "functions, operators and limits. rules/README.md holds the same, behind an introduction and before a "
                "cookbook. By the schema an editor with a language server for YAML completes the words, shows what "
                "they mean and marks what is none; rules/README.md says how an editor is told of it. Both are made "
                "from the tables that the loaders use, so they are what this version knows. What a file means is said "
                "by `wardwatch check`.",
        .options = rules_options,
        .run = rules_run,
};
