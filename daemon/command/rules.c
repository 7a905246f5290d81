/* `wardwatch rules --schema`: what an editor needs to know of the files, as JSON Schema. */
#include "base/diag.h"
#include "command/command_internal.h"
#include "command/schema.h"

#include <stdio.h>
#include <string.h>

enum {
        OPTION_SCHEMA,
};

static const struct command_option rules_options[] = {
        [OPTION_SCHEMA] = { "--schema", 0, NULL, "print the JSON Schema (2020-12) of the files" },
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

static int rules_run(const struct command_args *args) {
        const struct schema_kind *kind = args->argc ? kind_find(args->argv[0]) : &schema_kinds[0];

        if (!args->values[OPTION_SCHEMA]) {
                (void)fprintf(stderr, "wardwatch rules: say what to do\n  help: `wardwatch rules --schema`\n");
                return 2;
        }
        if (args->argc > 1) {
                (void)fprintf(stderr, "wardwatch rules: unexpected word `%s`\n  help: one schema at a time\n",
                              args->argv[1]);
                return 2;
        }
        return kind ? schema_put(kind) : kind_unknown(args->argv[0]);
}

const struct command command_rules = {
        .name = "rules",
        .synopsis = "rules --schema [rules|sensors|site|config]",
        .help = "print the JSON Schema of the files that are written by hand",
        .text = "An editor with a language server for YAML completes the words of the files by their schema, shows "
                "what "
                "they mean and marks what is none. The schema is made from the tables that the files are read by. It "
                "says how a file may look; what it means is said by `wardwatch check`. rules/README.md says how an "
                "editor is told of it.",
        .options = rules_options,
        .run = rules_run,
};
